"""Measures what rows cost: time, and memory a row, of `shardbox build --rows`, of `split_csv`, and from a DataFrame.

    python benchmarks/rows.py --images 20000 --rows 200000 2000000

The pictures stay the same for every number of rows, so that what the peaks differ by is what rows take. `--without`
leaves contenders out. Every run is a process of its own; see README.md.
"""

import argparse
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from run import Cost, measure

HERE = Path(__file__).parent
CLASSES = ("cat", "dog", "person", "car", "bus", "bicycle", "chair", "bottle", "tree", "sign")
FROM_FRAME = """
import sys
import pandas
from beam_pipelines.dataframe import write_tfrecords
frame = pandas.read_parquet(sys.argv[1])
write_tfrecords(frame, sys.argv[3], images=sys.argv[2], splits={"all": 1.0}, progress=False,
                beam=["--direct_running_mode=in_memory"])
"""


def make_table(path: Path, rows: int, images: int) -> None:
    """Writes so many rows over so many images, in an order by chance, as CSV and as Parquet; boxes are small."""
    rng = random.Random(rows)
    order = [index % images for index in range(rows)]
    rng.shuffle(order)
    with path.open("w") as file:
        file.write("path,classes,x1,y1,x2,y2\n")
        for index in order:
            x, y = rng.randrange(30), rng.randrange(20)
            sides = f"{x},{y},{x + rng.randrange(5, 40)},{y + rng.randrange(5, 30)}"
            file.write(f"JPEGImages/{index:06d}.jpg,{rng.choice(CLASSES)},{sides}\n")
    to_parquet = "import sys, pandas; pandas.read_csv(sys.argv[1]).to_parquet(sys.argv[2])"
    subprocess.run([sys.executable, "-c", to_parquet, str(path), str(path.with_suffix(".parquet"))], check=True)


def contenders(table: Path, images: Path, output: Path) -> dict[str, list[str]]:
    """Returns the command of each contender."""
    build = [sys.executable, "-m", "beam_pipelines", "build", "--images", str(images), "--output", str(output)]
    build += ["--splits=all=1", "--direct_running_mode=in_memory"]
    parquet = str(table.with_suffix(".parquet"))
    return {
        "build from CSV": [*build, "--rows", str(table)],
        "build from Parquet": [*build, "--rows", parquet],
        "write_tfrecords from a DataFrame": [sys.executable, "-c", FROM_FRAME, parquet, str(images), str(output)],
        "split_csv": [sys.executable, "-m", "beam_pipelines", "split_csv", f"--rows={table}", f"--output={output}"],
    }


def main() -> None:
    """Prints one table for all numbers of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--kilobytes", type=float, default=5, help="mean size of an image (default: %(default)s)")
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 2_000_000])
    parser.add_argument("--runs", type=int, default=3, help="counted runs of each contender")
    parser.add_argument("--without", nargs="*", default=[], help="contenders to leave out")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "benchmark", help="for sets and output")
    arguments = parser.parse_args()
    data = arguments.folder / f"small-{arguments.images}"
    if not data.exists():
        size = ["--images", str(arguments.images), "--kilobytes", str(arguments.kilobytes)]
        subprocess.run([sys.executable, str(HERE / "generate.py"), "--output", str(data), *size], check=True)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%F')}")
    costs: dict[str, dict[int, Cost]] = {}
    output = arguments.folder / "output"
    for rows in arguments.rows:
        table = arguments.folder / f"rows-{rows}-{arguments.images}.csv"
        if not table.exists():
            make_table(table, rows, arguments.images)
        chosen = contenders(table, data / "JPEGImages", output)
        measured: dict[str, list[Cost]] = {}
        for round_number in range(arguments.runs + 1):
            for name, command in chosen.items():
                if name not in arguments.without:
                    cost = measure(command, output)
                    if round_number or arguments.runs == 0:
                        measured.setdefault(name, []).append(cost)
        for name, runs in measured.items():
            costs.setdefault(name, {})[rows] = Cost(*(statistics.median(column) for column in zip(*runs, strict=True)))
    print(f"\n{report(costs, arguments.images)}")
    shutil.rmtree(output, ignore_errors=True)


def report(costs: dict[str, dict[int, Cost]], images: int) -> str:
    """Returns medians as Markdown, with what memory a row takes between the smallest and the largest table."""
    numbers = sorted(next(iter(costs.values())))
    heads = "".join(f" {n:,} rows: wall s | CPU s | peak MB |" for n in numbers)
    lines = [f"| {images:,} images |{heads} KB a row more |", "|---|" + "---|" * (3 * len(numbers) + 1)]
    for name, by_rows in costs.items():
        cells = "".join(f" {by_rows[n].wall:.1f} | {by_rows[n].cpu:.1f} | {by_rows[n].memory:.0f} |" for n in numbers)
        low, high = numbers[0], numbers[-1]
        growth = (by_rows[high].memory - by_rows[low].memory) * 1000 / (high - low) if high > low else 0
        lines.append(f"| {name} |{cells} {growth:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
