"""The list of all differences: written in parts by the workers, each sorted, and merged to one."""

import heapq
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from operator import attrgetter
from typing import NamedTuple

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.comparison.differences import Difference, as_json

_MOST_OPEN = 64
"""Parts that are merged at a time: a process may not open many files."""
_SEPARATOR = b"\t"


class ListParts(NamedTuple):
    """How the list is written."""

    folder: str
    """For the parts."""
    number: int
    """Of the parts. Each is sorted in memory."""


def part_of(one: Difference, number: int) -> int:
    """Returns which of so many parts a difference goes to: all of one name to the same."""
    return zlib.crc32(_name(one).encode()) % number


def write_part(differences: Iterable[Difference], folder: str) -> str:
    """Writes a part under a name of its own, because a runner may try twice. Returns its path."""
    return _write(map(list_line, sorted(differences, key=attrgetter("order"))), folder)


def list_line(one: Difference) -> bytes:
    """Returns a line of a part: the name that parts are divided and merged by, a tab, and the line of the list."""
    text = "\t".join(json.dumps(value, ensure_ascii=False) for value in (_name(one), as_json(one)))
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _name(one: Difference) -> str:
    return one.order[0].image


def merge_parts(parts: Sequence[str], folder: str) -> Iterator[bytes]:
    """Yields the lines of the list, sorted by name.

    Args:
        parts: their paths.
        folder: for what is merged of some of them, if they are many.
    """
    left = list(parts)
    while len(left) > _MOST_OPEN:
        some, left = left[:_MOST_OPEN], left[_MOST_OPEN:]
        left.append(_write(_merged(some), folder))
        FileSystems.delete(some)
    for line in _merged(left):
        yield line.partition(_SEPARATOR)[2]


def _merged(parts: Sequence[str]) -> Iterator[bytes]:
    with ExitStack() as stack:
        files = [
            stack.enter_context(FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED))
            for path in parts
        ]
        yield from heapq.merge(*(iter(file.readline, b"") for file in files), key=_name_in)


def _name_in(line: bytes) -> str:
    name: str = json.loads(line.partition(_SEPARATOR)[0])
    return name


def _write(lines: Iterable[bytes], folder: str) -> str:
    path = str(FileSystems.join(folder, f"{uuid.uuid4().hex}.part"))
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        for line in lines:
            file.write(line)
    return path
