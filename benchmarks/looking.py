"""Measures what looking costs: the report at the end of `shardbox build`, and `report` and `verify` alone.

    python benchmarks/looking.py --images 20000 100000 --runs 3

Builds with and without the report take turns, in one process and in two; every run is a process of its own.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from run import Cost, measure

HERE = Path(__file__).parent
MODES = {
    "one process": ["--direct_running_mode=in_memory"],
    "two processes": ["--direct_running_mode=multi_processing", "--direct_num_workers=2"],
}


def rounds(commands: Mapping[str, list[str]], output: Path, runs: int) -> dict[str, list[Cost]]:
    """Runs all commands in turn, so many times after one round to warm up."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            cost = measure(command, output)
            if number:
                costs[name].append(cost)
    return costs


def line(name: str, costs: list[Cost], images: int, more: str) -> str:
    """Returns a row of the table: medians."""
    wall, cpu, memory = (statistics.median(getattr(cost, field) for cost in costs) for field in Cost._fields)
    walls = [cost.wall for cost in costs]
    spread = f"{wall:.1f} ({min(walls):.1f}–{max(walls):.1f})"
    return f"| {name} | {spread} | {cpu:.1f} | {memory:.0f} | {images / wall:,.0f} | {more} |"


def more_by(field: str, with_report: list[Cost], without: list[Cost]) -> float:
    """Returns by which share the report adds to a figure: the median of the pairs."""
    pairs = zip(with_report, without, strict=True)
    return statistics.median(getattr(one, field) / getattr(other, field) - 1 for one, other in pairs)


def compare_builds(data: Path, folder: Path, images: int, runs: int) -> None:
    """Prints the rows of builds with and without the report."""
    build = [sys.executable, "-m", "beam_pipelines", "build", "--annotations", str(data / "Annotations")]
    build += ["--images", str(data / "JPEGImages"), "--output", str(folder / "output"), "--num_shards", "10"]
    for mode, flags in MODES.items():
        commands = {"with": [*build, *flags], "without": [*build, *flags, "--no_report"]}
        costs = rounds(commands, folder / "output", runs)
        wall, cpu = (more_by(field, costs["with"], costs["without"]) for field in ("wall", "cpu"))
        print(line(f"build, {mode}, --no_report", costs["without"], images, ""))
        print(line(f"build, {mode}", costs["with"], images, f"wall {wall:+.1%}, CPU {cpu:+.1%}"), flush=True)


def look(data: Path, folder: Path, images: int, runs: int) -> None:
    """Prints the rows of the commands that read a finished dataset."""
    dataset = folder / "dataset"
    shutil.rmtree(dataset, ignore_errors=True)
    shardbox = [sys.executable, "-m", "beam_pipelines"]
    places = ["--annotations", str(data / "Annotations"), "--images", str(data / "JPEGImages"), "--num_shards", "10"]
    subprocess.run([*shardbox, "build", *places, "--output", str(dataset)], check=True, stdout=subprocess.DEVNULL)
    page = (dataset / "report" / "index.html").stat().st_size
    commands = {
        f"{name}, {mode}": [*shardbox, *command, *flags]
        for mode, flags in MODES.items()
        for name, command in {
            "report": ["report", str(dataset)],
            "verify": ["verify", str(dataset)],
            "verify --decode": ["verify", str(dataset), "--decode"],
        }.items()
    }
    for name, costs in rounds(commands, folder / "output", runs).items():
        print(line(name, costs, images, f"page {page / 1e6:.2f} MB" if name.startswith("report") else ""), flush=True)
    shutil.rmtree(dataset)


def main() -> None:
    """Prints one table for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[20_000], help="sizes of the sets")
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each contender")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "benchmark", help="for sets and output")
    parser.add_argument("--only", choices=["builds", "looks"], help="leave the other part out")
    arguments = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%F')}")
    for count in arguments.images:
        data = arguments.folder / f"voc-{count}"
        if not data.exists():
            generate = [sys.executable, str(HERE / "generate.py"), "--output", str(data), "--images", str(count)]
            subprocess.run(generate, check=True)
        print(f"\n| {count:,} images | wall s (lowest–highest) | CPU s | peak MB | images/s | the report adds |")
        print("|---|---|---|---|---|---|")
        if arguments.only != "looks":
            compare_builds(data, arguments.folder, count, arguments.runs)
        if arguments.only != "builds":
            look(data, arguments.folder, count, arguments.runs)
    shutil.rmtree(arguments.folder / "output", ignore_errors=True)


if __name__ == "__main__":
    main()
