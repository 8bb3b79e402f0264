r"""What a build of any size costs: measured on small pictures here, and worked out for a cluster.

    python benchmarks/scaling.py measure --images 20000 100000 500000   # writes scaling_measured.json
    python benchmarks/scaling.py plan --images 100_000_000 --workers 50 --dollars_vcpu_hour 0.05

`measure` builds sets of small pictures in one process, and says how well the two smaller sizes foretell the largest.
`plan` prints time, shuffle, requests, memory and money for N images on M workers, and what breaks first. Every figure
that is not measured by `measure` is a flag, with a round default that is no offer of any cloud's.
"""

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
MEASURED = HERE / "scaling_measured.json"
BUCKETS = 4096
"""In which names and pictures are joined where the input is remote (`building._REMOTE_BUCKETS`)."""
PAGE = 1000
"""Names in one answer of S3's and Google's listing."""
SHARD_BYTES = 256 * 2**20
RENAMES_AT_ONCE = 64
"""By the one worker that finishes (`clients.CONNECTIONS`)."""
MANIFEST_BYTES = 150
"""Of one shard, in the manifest."""


class Point(NamedTuple):
    """What one build took, in one process."""

    images: int
    cpu: float
    """Seconds."""
    memory: float
    """Bytes, at the most."""
    shuffled: float
    """Bytes that went through group-by-keys."""


class Line(NamedTuple):
    """A cost that grows with the number of images."""

    start: float
    each: float

    def at(self, images: float) -> float:
        """Returns the cost of so many images."""
        return self.start + self.each * images


def line_through(first: Point, last: Point, field: str) -> Line:
    """Returns the line through two measurements."""
    low, high = getattr(first, field), getattr(last, field)
    each = (high - low) / (last.images - first.images)
    return Line(low - each * first.images, each)


def measure(arguments: argparse.Namespace) -> None:
    """Builds sets of several sizes, and keeps what they took."""
    points = []
    print("| images | CPU s | µs an image | peak MB | bytes shuffled an image |\n|---|---|---|---|---|")
    for images in sorted(arguments.images):
        data, output = arguments.folder / f"small-{images}", arguments.folder / "output"
        if not data.exists():
            generate = [HERE / "generate.py", "--output", data, "--images", images, "--kilobytes", arguments.kilobytes]
            subprocess.run([sys.executable, *map(str, generate)], check=True, stdout=subprocess.DEVNULL)
        points.append(point := build_once(data, output, images))
        print(
            f"| {images:,} | {point.cpu:.1f} | {point.cpu / images * 1e6:,.0f} | {point.memory / 1e6:,.0f} "
            f"| {point.shuffled / images:,.0f} |",
            flush=True,
        )
        shutil.rmtree(output, ignore_errors=True)
        if not arguments.keep:
            shutil.rmtree(data)
    if len(points) > 2:
        for field in ("cpu", "memory", "shuffled"):
            foretold = line_through(points[0], points[1], field).at(points[-1].images)
            print(f"{field} of {points[-1].images:,} images, foretold by the smaller two: {foretold:,.0f}", end="")
            print(f", measured {getattr(points[-1], field):,.0f} ({getattr(points[-1], field) / foretold - 1:+.1%})")
    found = {
        "machine": f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "date": time.strftime("%F"),
        "kilobytes": arguments.kilobytes,
        "points": [point._asdict() for point in points],
    }
    MEASURED.write_text(json.dumps(found, indent=1) + "\n")


def build_once(data: Path, output: Path, images: int) -> Point:
    """Builds a set in a process of its own, in which what is shuffled is counted."""
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, HERE / "shuffled_bytes.py", data / "Annotations", data / "JPEGImages", output]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    said = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the build of {data} failed:\n{said}")
    (told,) = (words for words in said.splitlines() if words.startswith("shuffled "))
    shuffled = int(told.split()[1].replace(",", ""))
    return Point(images, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, shuffled)


class Plan(NamedTuple):
    """What a build on a cluster costs."""

    rows: dict[str, str]
    limits: dict[str, tuple[float, float]]
    """What could break: how much of it there is, and how much there may be."""
    dollars: dict[str, float]


def plan_build(wishes: argparse.Namespace, measured: dict[str, Any]) -> Plan:
    """Works out a build.

    Args:
        wishes: the flags of `plan`.
        measured: as `measure` wrote it.
    """
    points = [Point(**point) for point in measured["points"]]
    cpu, memory, shuffle = (line_through(points[0], points[-1], field) for field in ("cpu", "memory", "shuffled"))
    images, cores = wishes.images, wishes.workers * wishes.cores
    read = images * wishes.kilobytes * 1000
    # Beyond the small pictures of the measurement, bytes cost what hashing, checksums and copying take.
    more = max(0.0, wishes.kilobytes - measured["kilobytes"]) * wishes.microseconds_kilobyte * 1e-6
    cpu_seconds = images * (cpu.each + more)
    waiting = images * wishes.reads * wishes.latency_ms / 1000 / wishes.read_ahead
    shards = max(wishes.workers, math.ceil(read / wishes.shard_mebibytes / 2**20))
    listing = math.ceil(images * wishes.listed / PAGE)
    requests = {
        "read": images * wishes.reads,
        "list": listing,
        "write": shards * (1 + math.ceil(read / shards / wishes.part_bytes)),
        "copy and delete": shards * 2,
    }
    listing_seconds = listing * wishes.list_ms / 1000 / min(cores, wishes.listing_ranges)
    copy_seconds = wishes.latency_ms / 1000 + read / shards / wishes.copy_bytes_second
    finish_seconds = math.ceil(shards / RENAMES_AT_ONCE) * copy_seconds
    work = max(cpu_seconds, waiting) / cores + cpu.start
    wall = listing_seconds + work + finish_seconds
    bucket = largest_bucket(images, BUCKETS)
    metadata = shuffle.each * 2  # of one image in memory, encoded and decoded
    limits = {
        "listing, s": (listing_seconds, wishes.patience),
        "finish by one worker, s": (finish_seconds, wishes.patience),
        "largest bucket of a join, bytes": (bucket * metadata, wishes.worker_memory / 4),
        "largest shard's metadata, bytes": (images / shards * metadata, wishes.worker_memory / 4),
        "manifest, bytes": (shards * MANIFEST_BYTES, 2.0**27),
        "memory of the local runner, bytes": (memory.at(images), wishes.local_memory),
    }
    dollars = {
        "workers": wall / 3600 * cores * wishes.dollars_vcpu_hour,
        "shuffle": images * shuffle.each / 2**30 * wishes.dollars_shuffle_gib,
        "reading": (requests["read"]) / 1000 * wishes.dollars_read_1000,
        "listing and writing": (requests["list"] + requests["write"] + shards) / 1000 * wishes.dollars_write_1000,
    }
    rows = {
        "images": f"{images:,}, {read / 1e12:,.2f} TB",
        "workers": f"{wishes.workers:,} of {wishes.cores} cores",
        "shards": f"{shards:,}",
        "listing": f"{listing_seconds / 60:,.1f} min on {min(cores, wishes.listing_ranges):,} cores",
        "work": f"{work / 60:,.1f} min on all ({'CPU' if cpu_seconds > waiting else 'waiting for reads'})",
        "finish": f"{finish_seconds / 60:,.1f} min on one worker",
        "in all": f"{wall / 3600:,.2f} h, {images / wall:,.0f} images/s",
        "shuffled": f"{images * shuffle.each / 2**30:,.1f} GiB, {images * shuffle.each / read:.2%} of the pictures",
        "requests": ", ".join(f"{count:,} to {what}" for what, count in requests.items()),
    }
    return Plan(rows, limits, dollars)


def largest_bucket(images: int, buckets: int) -> int:
    """Returns how many images the fullest of some buckets has when a hash deals them out: drawn, with a fixed seed."""
    return int(np.random.default_rng(0).multinomial(images, np.full(buckets, 1 / buckets)).max())


def plan(arguments: argparse.Namespace) -> None:
    """Prints a plan, and what breaks first as the set grows."""
    measured = json.loads(MEASURED.read_text())
    found = plan_build(arguments, measured)
    print(f"measured on {measured['date']}: {measured['machine']}\n")
    for name, text in found.rows.items():
        print(f"{name:10} {text}")
    total = sum(found.dollars.values())
    print(f"{'money':10} {total:,.2f} dollars, {total / arguments.images * 1e6:,.2f} per million images")
    for name, dollars in found.dollars.items():
        print(f"{'':10} {dollars:,.2f} {name}")
    print("\nwhat grows with the number of images, and where it breaks:")
    for name, (there, most) in sorted(found.limits.items(), key=lambda item: -item[1][0] / item[1][1]):
        images = breaks_at(arguments, measured, name)
        print(f"{name:36} {there:18,.0f} of {most:18,.0f}: breaks at about {images:,} images")


def breaks_at(arguments: argparse.Namespace, measured: dict[str, Any], name: str) -> int:
    """Returns the number of images, to two digits, from which a limit is passed with the same shards' size."""
    low, high = 1, 10**13
    while high / low > 1.01:
        images = int((low * high) ** 0.5)
        there, most = plan_build(argparse.Namespace(**{**vars(arguments), "images": images}), measured).limits[name]
        low, high = (low, images) if there > most else (images, high)
    return int(float(f"{low:.1e}"))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    measuring = commands.add_parser("measure", help="build sets of small pictures here")
    measuring.add_argument("--images", type=int, nargs="+", default=[20_000, 100_000, 500_000])
    measuring.add_argument("--kilobytes", type=float, default=5, help="of a picture (default: %(default)s)")
    measuring.add_argument("--folder", type=Path, default=HERE.parent / "build" / "benchmark")
    measuring.add_argument("--keep", action="store_true", help="leave the sets for the next time")
    measuring.set_defaults(run=measure)
    planning = commands.add_parser(
        "plan", help="work out a build", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    planning.set_defaults(run=plan)
    for flag, default, meaning in (
        ("images", 1_000_000, "how many"),
        ("workers", 10, "machines"),
        ("cores", 4, "of each"),
        ("kilobytes", 44.0, "of a picture"),
        ("shard_mebibytes", 256, "of a shard"),
        ("listed", 2, "names listed for each image: its own and its annotation's"),
        ("reads", 3, "of each image: its annotation, the examination, the writer"),
        ("latency_ms", 20.0, "of a read"),
        ("list_ms", 50.0, "of a page of 1,000 names"),
        ("listing_ranges", 256, "of names, listed side by side; 1 for Azure (`name_ranges.ENOUGH`)"),
        ("read_ahead", 64, "reads under way in each worker process"),
        ("microseconds_kilobyte", 8.0, "of CPU for each further kilobyte of a picture"),
        ("part_bytes", 16 * 2**20, "of one request of an upload"),
        ("copy_bytes_second", 250e6, "at which a store copies one object to another name"),
        ("worker_memory", 2**34, "bytes of a worker"),
        ("local_memory", 2**34, "bytes of the one machine, without a cluster"),
        ("patience", 3600.0, "seconds that some may be busy while all others wait"),
        ("dollars_vcpu_hour", 0.05, "price"),
        ("dollars_shuffle_gib", 0.01, "price"),
        ("dollars_read_1000", 0.0004, "price"),
        ("dollars_write_1000", 0.005, "price"),
    ):
        planning.add_argument(f"--{flag}", type=type(default), default=default, help=meaning)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
