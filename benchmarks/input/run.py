"""Shardbox's input pipeline beside its rivals', on the same record files: images a second and processor time.

    python benchmarks/input/run.py --data build/benchmark/dataset --model_garden_python build/model_garden/bin/python

Each contender is a process of its own, in turn with the others; shown are medians of the rounds, and the lowest and
highest. All read split train, shuffle 2,048 records at a time, decode, scale to a square that keeps proportions, flip
by chance, pad boxes to 100, and batch.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Runs all contenders, and prints a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a dataset of `shardbox build`")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--batch", default="16")
    parser.add_argument(
        "--seconds", default="10", help="of a contender in a round, after as much as 0.4 of it to warm up"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model_garden_python", help="of an environment with tf-models-official")
    values = parser.parse_args()
    ours = [sys.executable]
    contenders = {
        "Shardbox": [*ours, "shardbox_input.py"],
        "KerasHub": [*ours, "keras_hub_input.py"],
    }
    if values.model_garden_python:
        garden = [values.model_garden_python, "model_garden_input.py"]
        contenders["Model Garden"] = garden
        contenders["Model Garden, no anchors"] = [*garden, "--without_anchors"]
    for size in values.sizes:
        flags = ["--data", str(Path(values.data).resolve()), "--batch", values.batch, "--seconds", values.seconds]
        rounds = [
            {name: measure([*command, *flags, "--size", str(size)]) for name, command in contenders.items()}
            for _ in range(values.rounds)
        ]
        print_table(size, rounds)


def measure(command: list[str]) -> dict[str, float]:
    """Runs a contender. Returns what it printed."""
    python, script, *flags = command
    done = subprocess.run([python, str(HERE / script), *flags], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def print_table(size: int, rounds: list[dict[str, dict[str, float]]]) -> None:
    """Prints one line of Markdown for each contender."""
    first = next(iter(rounds[0]))
    print(f"\n| {size} px | images/s (lowest–highest) | CPU ms an image | Shardbox is faster by | less CPU by |")
    print("|---|---|---|---|---|")
    for name in rounds[0]:
        rates = [one[name]["images_per_second"] for one in rounds]
        times = [one[name]["cpu_ms"] for one in rounds]
        speed = statistics.median(one[first]["images_per_second"] / one[name]["images_per_second"] for one in rounds)
        work = statistics.median(one[name]["cpu_ms"] / one[first]["cpu_ms"] for one in rounds)
        spread = f"({min(rates):,.0f}–{max(rates):,.0f})"
        print(
            f"| {name} | {statistics.median(rates):,.0f} {spread} | {statistics.median(times):.2f} | {speed:.2f} | "
            f"{work:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
