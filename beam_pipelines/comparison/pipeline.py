"""Compares the records of two datasets, however many they are."""

import json
import pickle
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.coders import Coder, registry
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsIter, PCollection, TaggedOutput

from beam_pipelines.comparison.differences import Difference, differences_of
from beam_pipelines.comparison.images import Image
from beam_pipelines.comparison.list_parts import ListParts, part_of, write_part
from beam_pipelines.comparison.pairing import match_copies, match_namesakes
from beam_pipelines.comparison.shards import read_images
from beam_pipelines.comparison.tally import Tally
from beam_pipelines.merging import MergeParts
from beam_pipelines.record_files.locating import RecordFile

Side = tuple[bool, Image]
"""(whether it is of the dataset after, image)."""


class PickleCoder(Coder):
    """What travels, by C pickle. Only our own workers write what is read here."""

    def encode(self, value: Any) -> bytes:
        """Returns the pickled value."""
        return pickle.dumps(value, 5)

    def decode(self, encoded: bytes) -> Any:
        """Returns an equal value."""
        return pickle.loads(encoded)  # noqa: S301 (written by `encode` in this very job)

    def is_deterministic(self) -> bool:
        """False: nothing of this kind is a key."""
        return False


for _type in (Difference, Image):
    registry.register_coder(_type, PickleCoder)


@dataclass
class CompareRecords(beam.PTransform):
    """Reads shards of two datasets, and writes a JSON file of what differs in their images.

    What travels is metadata: no bytes of pictures.

    Attributes:
        before: shards of the one dataset.
        after: shards of the other.
        features: keys of those that both datasets have.
        buckets: how many parts the images are compared in; it changes no result.
        output: the JSON file: 'tally' as `Tally` writes it, and 'parts', the paths of the parts of the list.
        list_parts: how the list is written; None if none is wanted.
    """

    before: tuple[RecordFile, ...]
    after: tuple[RecordFile, ...]
    features: frozenset[str]
    buckets: int
    output: str
    list_parts: ListParts | None

    def expand(self, pipeline: beam.Pipeline) -> PCollection:
        """One shuffle of images by content, one of what is left by path."""
        files = [(late, file) for late, of in ((False, self.before), (True, self.after)) for file in of]
        keyed = tuple[int, tuple[bool, Image]]
        copies = (
            pipeline
            | "List shards" >> beam.Create(files)
            | "Spread shards" >> beam.Reshuffle()
            | "Read examples" >> beam.FlatMap(_read, self.features, self.buckets).with_output_types(keyed)
            | "Bring equal pictures together" >> beam.GroupByKey()
            | "Match equal pictures"
            >> beam.ParDo(_MatchCopies(self.buckets))
            .with_output_types(Difference, left=keyed)
            .with_outputs("left", main="differences")
        )
        namesakes = (
            copies.left
            | "Bring equal paths together" >> beam.GroupByKey()
            | "Match equal paths" >> beam.FlatMapTuple(_of_paths).with_output_types(Difference)
        )
        differences = (copies.differences, namesakes) | "All differences" >> beam.Flatten().with_output_types(
            Difference
        )
        return (
            differences
            | "Count differences" >> beam.CombineGlobally(_CountDifferences())
            | "Write result" >> beam.Map(_write_result, self.output, AsIter(self._list(pipeline, differences)))
        )

    def _list(self, pipeline: beam.Pipeline, differences: PCollection) -> PCollection:
        """Returns the paths of the parts of the list."""
        if self.list_parts is None:
            return pipeline | "No list" >> beam.Create([], reshuffle=False).with_output_types(str)
        return (
            differences
            | "Divide the list" >> beam.Map(_by_name, self.list_parts.number).with_output_types(tuple[int, Difference])
            | "Bring parts of the list together" >> beam.GroupByKey()
            | "Write parts of the list" >> beam.Map(_write_part, self.list_parts.folder).with_output_types(str)
        )


def _read(shard: tuple[bool, RecordFile], features: frozenset[str], buckets: int) -> Iterator[tuple[int, Side]]:
    late, file = shard
    for image in read_images(file, features):
        yield zlib.crc32(image.sha256.encode()) % buckets, (late, image)


class _MatchCopies(beam.DoFn):
    """Yields differences of images of the same content; the output 'left' has those without a partner, by path."""

    def __init__(self, buckets: int):
        self._buckets = buckets

    def process(self, keyed: tuple[int, Iterable[Side]]) -> Iterator[Any]:
        """Settles one bucket."""
        for before, after in _sides_of(keyed[1], "sha256"):
            pairs, *left = match_copies(before, after)
            yield from differences_of(pairs)
            for late, images in enumerate(left):
                for image in images:
                    bucket = zlib.crc32(image.image.encode()) % self._buckets
                    yield TaggedOutput("left", (bucket, (bool(late), image)))


def _of_paths(_: int, images: Iterable[Side]) -> Iterator[Difference]:
    for before, after in _sides_of(images, "image"):
        yield from differences_of(match_namesakes(before, after))


def _sides_of(images: Iterable[Side], field: str) -> Iterator[tuple[list[Image], list[Image]]]:
    """Yields the images before and after that have the same value in a field."""
    sides: dict[str, tuple[list[Image], list[Image]]] = defaultdict(lambda: ([], []))
    for late, image in images:
        sides[getattr(image, field)][late].append(image)
    yield from sides.values()


class _CountDifferences(MergeParts):
    """Counts differences."""

    def __init__(self) -> None:
        super().__init__(Tally)

    def add_input(self, tally: Tally, one: Difference) -> Tally:
        """Counts one."""
        tally.add(one)
        return tally


def _by_name(one: Difference, parts: int) -> tuple[int, Difference]:
    return part_of(one, parts), one


def _write_part(keyed: tuple[int, Iterable[Difference]], folder: str) -> str:
    return write_part(keyed[1], folder)


def _write_result(tally: Tally, path: str, parts: Iterable[str]) -> None:
    text = json.dumps({"tally": tally.as_json(), "parts": sorted(parts)}, ensure_ascii=False)
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
