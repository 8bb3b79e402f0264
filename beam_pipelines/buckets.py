"""Where names meet: listings sorted into buckets by the stem of the file name.

A bucket holds all images of some stems, and all that looks for them: annotations, rows, entries of lists. One listing
of each side suffices, whatever the names of folders are.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.candidates import stem
from beam_pipelines.coding import Outcome
from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet, Part
from beam_pipelines.records import Entry, ListedImage, Query, Reject, Side
from beam_pipelines.splits.given import image_name, split_of_folder
from beam_pipelines.splits.lists import read_list

_MOST_NAMES = 1000
"""Of a listing that travel as one element."""


def bucket_of(name: str, buckets: int) -> int:
    """Returns the bucket in which all files of this name's stem meet."""
    return zlib.crc32(stem(name).encode()) % buckets


def in_buckets(names: Iterable[tuple[str, int]], kind: str, buckets: int) -> Iterator[tuple[int, Side] | Reject]:
    """Sorts a listing into buckets: one element for many names, because an element costs more than a name."""
    found: dict[int, list[tuple[str, int]]] = {}
    for name, above in names:
        if not name.isascii() and not _is_utf8(name):
            printable = name.encode("utf-8", "backslashreplace").decode()
            annotation, image = (printable, "") if kind == "annotations" else ("", printable)
            yield Reject("name_not_utf8", "image", annotation, image, f"the name of '{printable}' is not valid UTF-8")
            continue
        bucket = bucket_of(name, buckets)
        listed = found.setdefault(bucket, [])
        listed.append((name, above))
        if len(listed) == _MOST_NAMES:  # a listing of any length passes through
            yield bucket, _side(kind, found.pop(bucket))
    for bucket, listed in found.items():
        yield bucket, _side(kind, listed)


def _side(kind: str, listed: list[tuple[str, int]]) -> Side:
    if kind == "annotations":
        return Side(queries=tuple(Query(*item) for item in listed))
    return Side(images=tuple(ListedImage(*item) for item in listed))


def join(sides: Iterable[Side]) -> Side:
    """Brings together what lies in one bucket."""
    fields = zip(*sides, strict=True)
    return Side(*(tuple(chain.from_iterable(parts)) for parts in fields))


@dataclass
class _List(beam.DoFn):
    files: FileSet
    buckets: int
    by_folder: bool

    def process(self, part: Part | None) -> Iterator[Any]:
        for item in in_buckets(self.files.names(part), self.files.kind, self.buckets):
            if isinstance(item, Reject):
                yield TaggedOutput("outcomes", item)
            elif self.by_folder:
                bucket, side = item
                given = (image._replace(splits=_of_folder(image)) for image in side.images)
                yield bucket, side._replace(images=tuple(given))
            else:
                yield item


def _parts(_: None, files: FileSet) -> list[Part | None]:
    return files.parts()


def _of_folder(image: ListedImage) -> tuple[str, ...]:
    split = split_of_folder(image.name, image.above)
    return (split,) if split else ()


@dataclass
class ListFiles(beam.PTransform):
    """Lists annotations or images. Returns (names by the bucket of their stem, outcomes: rejects).

    Attributes:
        files: which.
        buckets: as in `MatchImages`.
        by_folder: whether each image belongs to the split that its first folder names.
    """

    files: FileSet
    buckets: int
    by_folder: bool = False

    def expand(self, pipeline: beam.Pipeline) -> tuple[PCollection, PCollection]:
        """On one worker for a disk; on many for a store, where what tells the names is waiting."""
        parts = pipeline | "Once" >> beam.Create([None], reshuffle=False)
        if is_remote(self.files.base):
            parts = parts | "Divide" >> beam.FlatMap(_parts, self.files) | "Deal out" >> beam.Reshuffle()
        listed = parts | "List" >> beam.ParDo(_List(self.files, self.buckets, self.by_folder)).with_output_types(
            tuple[int, Side], outcomes=Outcome
        ).with_outputs("outcomes", main="names")
        return listed.names, listed.outcomes


class _ReadEntries(beam.DoFn):
    def __init__(self, buckets: int):
        self._buckets = buckets

    def process(self, element: tuple[str, str]) -> Iterator[tuple[int, Side]]:
        split, path = element
        found: dict[int, list[Entry]] = {}
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            for entry in read_list(split, path, file):
                bucket = bucket_of(image_name(entry.name), self._buckets)
                entries = found.setdefault(bucket, [])
                entries.append(entry)
                if len(entries) == _MOST_NAMES:
                    yield bucket, Side(entries=tuple(found.pop(bucket)))
        for bucket, rest in found.items():
            yield bucket, Side(entries=tuple(rest))


@dataclass
class ListEntries(beam.PTransform):
    """Reads lists of splits. Returns their entries by the bucket of the images that they could mean.

    Attributes:
        lists: (split, path).
        buckets: as in `MatchImages`.
    """

    lists: tuple[tuple[str, str], ...]
    buckets: int

    def expand(self, pipeline: beam.Pipeline) -> PCollection:
        """One worker a list."""
        lists = pipeline | "Lists" >> beam.Create(self.lists, reshuffle=False)
        return lists | "Read lists" >> beam.ParDo(_ReadEntries(self.buckets)).with_output_types(tuple[int, Side])


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
