"""Measures what reading ahead is worth where every read waits: whole builds, from a file system that is slow.

    python benchmarks/remote_reading.py --images 20000 --images_without 1000

The file system is a Beam file system of its own, `slow://`: files of this machine, each read of which first waits for
as long as an object store's answer takes. One worker process; the dataset is written to the disk.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from apache_beam.io.filesystem import FileMetadata, FileSystem
from apache_beam.io.localfilesystem import LocalFileSystem

HERE = Path(__file__).parent
WAIT = "SLOW_MILLISECONDS"
"""Environment variable: how long a read waits."""


class SlowFileSystem(LocalFileSystem):
    """Files of this machine as slow://PATH, without folders, as in an object store."""

    @classmethod
    def scheme(cls) -> str:
        """Of the URLs."""
        return "slow"

    def has_dirs(self) -> bool:
        """Returns False, as object stores do."""
        return False

    def join(self, basepath: str, *paths: str) -> str:
        """Joins parts of a URL."""
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        """Returns the folder of a URL, and the name in it."""
        head, _, tail = path.rpartition("/")
        return head, tail

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for folder, _, names in os.walk(_local(dir_or_prefix)):
            for name in names:
                path = os.path.join(folder, name)
                yield FileMetadata(f"slow://{path}", os.path.getsize(path))

    def open(self, path: str, *options: Any, **more: Any) -> Any:
        """Opens a file after a while."""
        time.sleep(float(os.environ[WAIT]) / 1000)
        return super().open(_local(path), *options, **more)

    def exists(self, path: str) -> bool:
        """Returns whether there is a file."""
        return os.path.isfile(_local(path))

    def metadata(self, path: str) -> FileMetadata:
        """Returns what a listing says of a file."""
        return FileMetadata(path, os.path.getsize(_local(path)))


def _local(path: str) -> str:
    return path.removeprefix("slow://")


def build(flags: list[str], ahead: bool) -> int:
    """Runs `shardbox build` in this process, where the file system is known."""
    assert SlowFileSystem in FileSystem.get_all_subclasses()
    from beam_pipelines.cli import main  # noqa: PLC0415 (the program that measures does not need it)
    from beam_pipelines.encoding import ExampleCoder  # noqa: PLC0415
    from beam_pipelines.examination import Examiner  # noqa: PLC0415

    arguments = ["build", *flags, "--direct_running_mode=in_memory", "--no_report"]
    if ahead:
        return main(arguments)
    with mock.patch.object(Examiner, "reads_ahead", False), mock.patch.object(ExampleCoder, "reads_ahead", False):
        return main(arguments)


def make_links(data: Path, folder: Path, images: int) -> Path:
    """Makes a set of the first pictures of another, without copying them."""
    for side in ("Annotations", "JPEGImages"):
        (folder / side).mkdir(parents=True)
        for path in sorted((data / side).iterdir())[:images]:
            (folder / side / path.name).symlink_to(path.resolve())
    return folder


def measure(data: Path, images: int, wait: float, ahead: bool) -> str:
    """Runs one build in a process of its own. Returns a row of the table."""
    with tempfile.TemporaryDirectory() as temporary:
        few = make_links(data, Path(temporary) / "set", images)
        start = time.perf_counter()
        subprocess.run(
            [
                *(sys.executable, __file__, "--child", "ahead" if ahead else "one by one"),
                *(f"--annotations=slow://{few}/Annotations", f"--images=slow://{few}/JPEGImages"),
                *(f"--output={temporary}/out", "--num_shards=10"),
            ],
            env=os.environ | {WAIT: str(wait)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        wall = time.perf_counter() - start
    how = "ahead" if ahead else "one file after the other"
    return f"| {how} | {wait:g} | {images:,} | {wall:.1f} | {images / wall:,.0f} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000, help="with reading ahead (default: %(default)s)")
    parser.add_argument("--images_without", type=int, default=1_000, help="without (default: %(default)s)")
    parser.add_argument("--milliseconds", type=float, default=20, help="that a read waits (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "build" / "benchmark", help="for the set")
    arguments = parser.parse_args()
    data = arguments.folder / f"voc-{max(20_000, arguments.images)}"
    if not data.exists():
        generate = [sys.executable, str(HERE / "generate.py"), "--output", str(data)]
        subprocess.run([*generate, "--images", str(max(20_000, arguments.images))], check=True)
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%F')}\n")
    print("| files are read | ms a read | images | wall s | images/s |\n|---|---|---|---|---|")
    print(measure(data, arguments.images_without, arguments.milliseconds, ahead=False), flush=True)
    print(measure(data, arguments.images_without, arguments.milliseconds, ahead=True), flush=True)
    print(measure(data, arguments.images, arguments.milliseconds, ahead=True), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.exit(build(sys.argv[3:], ahead=sys.argv[2] == "ahead"))
    main()
