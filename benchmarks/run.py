"""Measures `shardbox build` beside the plain loop and a classic script, all in one run, and prints a table.

    python benchmarks/run.py --images 20000 --runs 5

Every contender runs as a process of its own, in turn, after one round to warm up the disk cache. The environment
is compiled by `make setup`.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CLASSIC = str(HERE / "classic_script.py")


class Cost(NamedTuple):
    """What one run of one contender took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, of the process and all its children."""
    memory: float
    """MB, of the largest process."""


def contenders(data: Path, output: Path) -> dict[str, list[str]]:
    """Returns the command of each contender."""
    annotations, images = str(data / "Annotations"), str(data / "JPEGImages")
    build = [sys.executable, "-m", "beam_pipelines", "build", "--annotations", annotations, "--images", images]
    build += ["--output", str(output), "--num_shards", "10"]
    classic = [sys.executable, CLASSIC, annotations, images, str(output) + ".tfrecord"]
    return {
        "plain loop": [sys.executable, str(HERE / "plain_loop.py"), annotations, images, str(output)],
        "shardbox, one process": [*build, "--direct_running_mode=in_memory"],
        "shardbox, two processes": [*build, "--direct_running_mode=multi_processing", "--direct_num_workers=2"],
        "classic script": classic,
    }


def measure(command: list[str], output: Path) -> Cost:
    """Runs a command to its end, with nothing in its output folder."""
    shutil.rmtree(output, ignore_errors=True)
    Path(str(output) + ".tfrecord").unlink(missing_ok=True)
    os.sync()  # the pages that the last contender wrote are not this one's debt
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=HERE.parent)
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{complaint.decode()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def table(costs: dict[str, list[Cost]], images: int) -> str:
    """Returns the medians as Markdown; the ratio is that of walls, pair by pair with the plain loop."""
    lines = [
        f"| {images:,} images | wall s (lowest–highest) | of the plain loop | CPU s | peak MB | images/s |",
        "|---|---|---|---|---|---|",
    ]
    loop = costs["plain loop"]
    for name, runs in costs.items():
        walls = [run.wall for run in runs]
        wall = statistics.median(walls)
        ratio = statistics.median(run.wall / beside.wall for run, beside in zip(runs, loop, strict=True))
        cpu, memory = (statistics.median(getattr(run, field) for run in runs) for field in ("cpu", "memory"))
        lines.append(
            f"| {name} | {wall:.1f} ({min(walls):.1f}–{max(walls):.1f}) | {ratio:.2f} | {cpu:.1f} | {memory:.0f} "
            f"| {images / wall:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Prints one table for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[20_000], help="sizes of the sets")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each contender")
    parser.add_argument("--without", nargs="*", default=[], help="contenders to leave out")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "benchmark", help="for sets and output")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%F')}")
    for count in arguments.images:
        data, output = arguments.folder / f"voc-{count}", arguments.folder / "output"
        if not data.exists():
            generate = [sys.executable, str(HERE / "generate.py"), "--output", str(data), "--images", str(count)]
            subprocess.run(generate, check=True)
        chosen = {k: v for k, v in contenders(data, output).items() if k not in arguments.without}
        costs: dict[str, list[Cost]] = {name: [] for name in chosen}
        for round_number in range(arguments.runs + 1):
            for name, command in chosen.items():
                cost = measure(command, output)
                if round_number:
                    costs[name].append(cost)
        print(f"\n{table(costs, count)}", flush=True)
    shutil.rmtree(output, ignore_errors=True)
    Path(str(output) + ".tfrecord").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
