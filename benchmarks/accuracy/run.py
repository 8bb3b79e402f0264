r"""Our detector against TensorFlow Model Garden's RetinaNet: the same pictures, size, steps and batches, from scratch.

    python benchmarks/accuracy/run.py --data raccoon=DATASET:validation \
        --model_garden_python build/model_garden/bin/python

Each contender runs in an environment of its own; benchmarks/README.md tells how to make the rival's. Without
--model_garden_python only ours runs. Runs whose results are there already are not repeated.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Runs what is missing, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, metavar="NAME=DATASET:SPLIT", help="what to evaluate on")
    parser.add_argument("--output", type=Path, default=Path("build/accuracy"), metavar="DIR")
    parser.add_argument("--model_garden_python", metavar="FILE", help="the rival's interpreter")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--set", nargs="+", default=["model.levels=[3, 5]"], help="further settings of ours")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    print("| pictures | contender | mAP | mAP50 | each seed's mAP | CPU s |\n|---|---|---|---|---|---|")
    for given in args.data:
        name, _, place = given.partition("=")
        data, _, split = place.rpartition(":")
        contenders = {"Shardbox": run_ours}
        if args.model_garden_python:
            contenders["Model Garden"] = run_rival
        for contender, run in contenders.items():
            results = [result(args, f"{name}-{contender}", seed, run, (data, split)) for seed in args.seeds]
            print_row(name, contender, results)


def result(args: argparse.Namespace, label: str, seed: int, run, place: tuple[str, str]) -> dict:
    """Returns the figures of a run, which is made if it is not there."""
    path = args.output / f"{label.replace(' ', '_')}-{seed}.json"
    if not path.exists():
        before = os.times()
        began = time.monotonic()
        figures = run(args, path, seed, *place)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        path.write_text(
            json.dumps(figures | {"seconds": time.monotonic() - began, "cpu_seconds": cpu}, indent=1) + "\n"
        )
    return json.loads(path.read_text())


def run_ours(args: argparse.Namespace, path: Path, seed: int, data: str, split: str) -> dict:
    """Trains and evaluates with the commands that a user types."""
    command, folder = [sys.executable, "-m", "trainer"], path.with_suffix("")
    settings = [
        f"seed={seed}",
        f"input.image_size={args.size}",
        f"input.batch_size={args.batch}",
        f"training.steps={args.steps}",
        f"evaluation.split={split}",
    ]
    flags = ["--data", data, "--model_dir", folder, "--restart", "--set", *settings, *args.set]
    subprocess.run([*command, "fit", *map(str, flags)], check=True, stdout=subprocess.DEVNULL)
    evaluate = ["evaluate", "--model_dir", str(folder), "--checkpoint", "latest", "--output", str(folder / "figures")]
    subprocess.run([*command, *evaluate, "--overwrite"], check=True, stdout=subprocess.DEVNULL)
    figures = json.loads((folder / "figures" / "metrics.json").read_text())
    return {"mAP": figures["mAP"], "mAP50": figures["mAP50"]}


def run_rival(args: argparse.Namespace, path: Path, seed: int, data: str, split: str) -> dict:
    """Trains and evaluates Model Garden's RetinaNet."""
    figures = path.with_suffix(".figures.json")
    command = [args.model_garden_python, HERE / "model_garden.py", "--data", data, "--split", split, "--seed", seed]
    command += ["--size", args.size, "--steps", args.steps, "--batch", args.batch, "--output", figures]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return json.loads(figures.read_text())


def print_row(name: str, contender: str, results: list[dict]) -> None:
    """Prints a line of the table: means over the seeds."""
    mean = {figure: statistics.mean(one[figure] for one in results) for figure in ("mAP", "mAP50", "cpu_seconds")}
    each = ", ".join(f"{one['mAP']:.3f}" for one in results)
    print(
        f"| {name} | {contender} | {mean['mAP']:.3f} | {mean['mAP50']:.3f} | {each} | {mean['cpu_seconds']:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
