"""Pictures that stand in two splits, and numbers that two examples share: what only all records together tell.

Of each record 36 bytes travel, twice: to where all pictures of one content meet, and to where all of one number do.
Where a file repeats one of them over and over, only the first few do, and how many more there are.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from beam_pipelines.verification.findings import Finding, Findings, severity_of

_MARK = struct.Struct("<16sQIII")
_MARKS = np.dtype([("high", "<u8"), ("low", "<u8"), ("id", "<u8"), ("file", "<u4"), ("record", "<u4"), ("more", "<u4")])
"""`more`: how many equal ones of the file follow it, and were left behind."""
_BUCKETS = 256
"""Of contents, and as many of numbers: of 100 million records 400,000 meet in one."""
_MOST_HELD = 2**16
_MOST_EQUAL = 32
"""Of what was held; more than the places of one code in one file that are told."""

NO_ID = 2**64 - 1
"""Of an example without a number."""


class Side(NamedTuple):
    """What is to be known of a file to tell of its records."""

    name: str
    split: str


class Marks:
    """Gathers what travels, and gives it away in parcels: one for many records."""

    def __init__(self, file: int):
        self._file = file
        self._parcels: dict[int, bytearray] = {}
        self._held = 0

    def add(self, record: int, digest: bytes, number: int) -> None:
        """Notes a record.

        Args:
            record: from 0.
            digest: of its picture's bytes.
            number: below 2**64, equal for examples that must not be equal; `NO_ID` for none.
        """
        mark = _MARK.pack(digest[:16], number, self._file, record, 0)
        self._parcels.setdefault(digest[0], bytearray()).extend(mark)
        if number != NO_ID:
            self._parcels.setdefault(_BUCKETS + number % _BUCKETS, bytearray()).extend(mark)
        self._held += 1

    @property
    def is_full(self) -> bool:
        """Whether it is time to take the parcels."""
        return self._held >= _MOST_HELD

    def take(self) -> Iterator[tuple[int, bytes]]:
        """Yields (bucket, packed marks), and forgets them."""
        parcels, self._parcels, self._held = self._parcels, {}, 0
        for bucket, content in parcels.items():
            yield bucket, _thinned(bucket, bytes(content))


def _thinned(bucket: int, content: bytes) -> bytes:
    """Returns packed marks of one file, of equal ones only the first."""
    if len(content) <= _MOST_EQUAL * _MARK.size:
        return content
    ordered = _ordered(np.frombuffer(content, _MARKS), _fields_of(bucket))
    keep = np.ones(len(ordered), bool)
    for start, end in _equal(ordered, _fields_of(bucket)):
        last = start + _MOST_EQUAL
        if end > last:
            keep[last:end] = False
            ordered["more"][last - 1] = end - last
    return ordered[keep].tobytes()


def find_repeats(
    bucket: int, parcels: Iterable[bytes], sides: tuple[Side, ...], *, of_dataset: bool, leaks_known: bool
) -> Findings:
    """Finds what repeats among the records of one bucket.

    The later of two records is told, in the order of the files. An equal picture with an equal number in another
    split is a leak, and not told twice.

    Args:
        bucket: of `Marks.take`.
        parcels: all that lie in it, in any order.
        sides: of the files, by their numbers.
        of_dataset: whether the files have a manifest.
        leaks_known: whether the manifest tells of equal pictures in given splits.
    """
    marks = np.frombuffer(b"".join(parcels), _MARKS)
    findings = Findings()
    tell = _leaks if bucket < _BUCKETS else _shared
    ordered = _ordered(marks, _fields_of(bucket))
    for start, end in _equal(ordered, _fields_of(bucket)):
        for one, more in tell(ordered[start:end], sides, of_dataset, leaks_known):
            findings.add(one, 1 + more)
    return findings


def _fields_of(bucket: int) -> tuple[str, ...]:
    """Returns what is equal in marks of one bucket that are to be told of."""
    return ("high", "low") if bucket < _BUCKETS else ("id",)


def _ordered(marks: npt.NDArray[np.void], fields: tuple[str, ...]) -> npt.NDArray[np.void]:
    """Returns marks with those together that are equal in some fields, in the order of files and records."""
    return marks[np.lexsort([marks[name] for name in ("record", "file", *fields)])]


def _equal(ordered: npt.NDArray[np.void], fields: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yields where marks that are equal in some fields begin and end, where there are several."""
    same = np.ones(max(len(ordered) - 1, 0), bool)
    for name in fields:
        same &= ordered[name][1:] == ordered[name][:-1]
    bounds = np.flatnonzero(np.diff(np.concatenate(([False], same, [False])).astype(np.int8)))
    for start, end in bounds.reshape(-1, 2):
        yield int(start), int(end) + 1


def _leaks(
    group: npt.NDArray[np.void], sides: tuple[Side, ...], of_dataset: bool, leaks_known: bool
) -> Iterator[tuple[Finding, int]]:
    """Yields (finding, how many more it stands for)."""
    first = group[0]
    origin = sides[first["file"]]
    severity = "warning" if leaks_known else severity_of("split_leak", of_dataset=of_dataset)
    for mark in group[1:]:
        side = sides[mark["file"]]
        if side.split != origin.split:
            message = f"the same picture as {_place(first, sides)}"
            yield Finding("split_leak", severity, side.name, int(mark["record"]), message), int(mark["more"])


def _shared(
    group: npt.NDArray[np.void], sides: tuple[Side, ...], of_dataset: bool, leaks_known: bool
) -> Iterator[tuple[Finding, int]]:
    """Yields (finding, how many more it stands for)."""
    first = group[0]
    severity = severity_of("source_id_repeated", of_dataset=of_dataset)
    for mark in group[1:]:
        side = sides[mark["file"]]
        same_picture = bool(mark["high"] == first["high"] and mark["low"] == first["low"])
        if same_picture and side.split != sides[first["file"]].split and not leaks_known:
            continue
        number = f" {mark['id']}" if of_dataset else ""
        picture = "the same" if same_picture else "another"
        message = f"it has the source_id{number} of {_place(first, sides)}, and {picture} picture"
        finding = Finding("source_id_repeated", severity, side.name, int(mark["record"]), message)
        yield finding, int(mark["more"])


def _place(mark: np.void, sides: tuple[Side, ...]) -> str:
    return f"record {mark['record']} of {sides[mark['file']].name}"
