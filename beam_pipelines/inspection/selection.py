"""Finds the records that a person means, and reads no more than it must."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from beam_pipelines.failures import DatasetError
from beam_pipelines.inspection.criteria import Criteria, Search, among
from beam_pipelines.inspection.values import kind_of
from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile, RecordSet
from beam_pipelines.record_files.opening import UnreadableFileError
from beam_pipelines.record_files.reading import read_frames, read_start
from presentation.refusals import UsageError
from presentation.wording import printable


@dataclass(frozen=True)
class Wish:
    """Which records are asked for."""

    split: str | None = None
    index: int | None = None
    """Among those that all else leaves, from 0; below 0 from the end; None for the first, or for any if several."""
    count: int = 1
    criteria: Criteria = field(default_factory=Criteria)


@dataclass(frozen=True)
class Found:
    """A record that was asked for."""

    file: RecordFile
    frame: Frame
    index: int
    """Which one it is of all that fit: the same wish with this index finds it alone."""


def select(records: RecordSet, wish: Wish) -> Iterator[Found]:
    """Yields the records that a person asks for: as many as there are, but at least one.

    Raises:
        UsageError: if there is none; with the nearest right value.
        DatasetError: if a file cannot be read, or is none of TFRecords.
    """
    files = _files_of(records, wish.split)
    if wish.criteria.given:
        yield from _matching(records, files, wish)
    elif all(file.expected for file in files):
        yield from _counted(files, wish)
    else:
        yield from _in_order(files, wish)


def _files_of(records: RecordSet, split: str | None) -> tuple[RecordFile, ...]:
    if split is None:
        return records.files
    names = list(records.manifest.splits) if records.manifest else list(dict.fromkeys(f.split for f in records.files))
    if split not in names:
        raise UsageError(f"--split '{split}': there is no such split{among(split, names)}")
    return tuple(file for file in records.files if file.split == split)


def _counted(files: Sequence[RecordFile], wish: Wish) -> Iterator[Found]:
    """Yields records of files that the manifest has counted: others are not opened."""
    ends = list(accumulate(file.expected.examples if file.expected else 0 for file in files))
    total = ends[-1] if ends else 0
    if not total:
        raise DatasetError(_nothing_in(files))
    for i, numbers in _places(ends, wish).items():
        yield from _numbered(files[i], set(numbers), ends[i - 1] if i else 0)


def _places(ends: Sequence[int], wish: Wish) -> dict[int, list[int]]:
    """Returns which records of which files are meant.

    Args:
        ends: for each file how many records there are up to its last.
        wish: what is asked for.
    """
    total = ends[-1]
    count = min(wish.count, total)
    if wish.index is None and count > 1:
        # Records lie in the order of a hash: the first ones of a shard are as good a sample as any, and read first.
        shares = Counter(bisect_right(ends, i * total // count) for i in range(count))
        return {i: list(range(share)) for i, share in sorted(shares.items())}
    first = wish.index or 0
    first += total if first < 0 else 0
    if not 0 <= first < total:
        raise UsageError(_out_of_range(wish, total))
    places: dict[int, list[int]] = {}
    for position in range(first, min(first + count, total)):
        i = bisect_right(ends, position)
        places.setdefault(i, []).append(position - (ends[i - 1] if i else 0))
    return places


def _numbered(file: RecordFile, wanted: set[int], begin: int) -> Iterator[Found]:
    """Yields the records of a file with some numbers; `begin` are those in the files before it."""
    seen = 0
    for frame in _frames(file):
        seen += 1
        if frame.number in wanted:
            yield Found(file, frame, begin + frame.number)
            wanted.remove(frame.number)
            if not wanted:
                return
    if file.expected:
        raise DatasetError(
            f"'{printable(file.name)}' ends after {seen:,} of the {file.expected.examples:,} records that the manifest "
            "counts: `shardbox verify` tells what is wrong with it"
        )


def _in_order(files: Sequence[RecordFile], wish: Wish) -> Iterator[Found]:
    first, seen = wish.index or 0, 0
    if first < 0:
        raise UsageError(f"--index {first} counts from the end, which only a manifest tells: give a number from 0")
    for file in files:
        for frame in _frames(file):
            if first <= seen:
                yield Found(file, frame, seen)
            seen += 1
            if seen == first + wish.count:
                return
    if not seen:
        raise DatasetError(_nothing_in(files))
    if first >= seen:
        raise UsageError(_out_of_range(wish, seen))


def _matching(records: RecordSet, files: Sequence[RecordFile], wish: Wish) -> Iterator[Found]:
    first, matched = wish.index or 0, 0
    if first < 0:
        raise UsageError(f"--index {first} counts from the end, which takes a split alone: give a number from 0")
    search = Search(wish.criteria, records)
    for file in search.ordered(files):
        for frame in _frames(file):
            if not search.takes(frame):
                continue
            if first <= matched:
                yield Found(file, frame, matched)
            matched += 1
            if matched == first + wish.count:
                return
    if not matched:
        raise UsageError(f"{search.nothing_found()}{among(*search.nearest())}{search.passed_over()}")
    if first >= matched:
        raise UsageError(f"{_out_of_range(wish, matched)}{search.passed_over()}")


def _out_of_range(wish: Wish, total: int) -> str:
    where = "" if wish.split is None else f" in split '{printable(wish.split)}'"
    fitting = " that fit" if wish.criteria.given else ""
    if total == 1:
        return f"--index {wish.index}: there is one record{fitting.replace('fit', 'fits')}{where}, which has number 0"
    return f"--index {wish.index}: there are {total:,} records{fitting}{where}, 0 to {total - 1:,}"


def _nothing_in(files: Sequence[RecordFile]) -> str:
    if len(files) == 1:
        return f"'{printable(files[0].name)}' holds no record: it is empty"
    return f"none of the {len(files):,} files holds a record: they are empty"


def _frames(file: RecordFile) -> Iterator[Frame]:
    """Yields the frames of a file.

    Raises:
        DatasetError: if it cannot be read, or is no TFRecord file.
    """
    try:
        for frame in read_frames(file.path):
            if frame.code == "not_tfrecord":
                looks = kind_of(read_start(file.path))
                what = f"its content is {looks}" if looks else frame.message
                raise DatasetError(f"'{printable(file.name)}' is no TFRecord file: {printable(what)}")
            yield frame
    except UnreadableFileError as error:
        raise DatasetError(str(error)) from None
