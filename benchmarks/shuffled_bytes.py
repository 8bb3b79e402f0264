"""Counts what a build shuffles, beside the bytes of its images.

    python benchmarks/shuffled_bytes.py ANNOTATIONS IMAGES OUTPUT

Every group-by-key of Beam's local runner puts its encoded input through one method; this counts it.
"""

import sys
from pathlib import Path

from apache_beam.runners.portability.fn_api_runner.execution import GroupingBuffer

from beam_pipelines.cli import main

shuffled = 0
_append = GroupingBuffer.append


def _count(self: GroupingBuffer, elements: bytes) -> None:
    global shuffled  # noqa: PLW0603 (a counter for one run)
    shuffled += len(elements)
    _append(self, elements)


if __name__ == "__main__":
    annotations, images, output = sys.argv[1:]
    GroupingBuffer.append = _count
    flags = ["--annotations", annotations, "--images", images, "--output", output]
    code = main(["build", *flags, "--direct_running_mode=in_memory"])
    size = sum(path.stat().st_size for path in Path(images).rglob("*") if path.is_file())
    print(f"shuffled {shuffled:,} bytes, {shuffled / size:.2%} of {size:,} bytes of images")
    sys.exit(code)
