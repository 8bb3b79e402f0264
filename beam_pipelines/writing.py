"""Writes the shards: each by one worker, in the order of its keys, into a temporary folder.

Beam's own TFRecord sink opens, frames and closes; only how elements meet their shard is our own, because
`WriteToTFRecord` deals them out at random. Statistics are taken here too: the writer sees every example once.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter
from typing import Any, NamedTuple

import apache_beam as beam
import google_crc32c
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.pvalue import AsSingleton, PCollection, TaggedOutput

from beam_pipelines.coding import Batch, Outcome
from beam_pipelines.encoding import ExampleCoder
from beam_pipelines.merging import MergeParts
from beam_pipelines.planning import Plan
from beam_pipelines.progress import ProgressMark
from beam_pipelines.read_ahead import ReadAhead
from beam_pipelines.records import Picture, Reject
from beam_pipelines.report.sightings import Sighting
from beam_pipelines.report.sketch import Sketch
from beam_pipelines.sharding import REJECTS, ShardId, all_shards, shard_of
from beam_pipelines.stores.clients import prepare, write_empty
from beam_pipelines.survey import estimate_bytes

_NO_CRC = "00000000"
"""Of a shard that was only counted."""
_EMPTY_CRC = "00000000"
_SKETCHES = "sketches"


class Written(NamedTuple):
    """A shard that lies in the temporary folder, and what is in it."""

    shard: str
    """As `ShardId.text`."""
    path: str
    examples: int
    """Or lines, of a file of rejects."""
    bytes: int
    crc32c: str
    """Of the whole file, 8 hexadecimal digits."""
    negatives: int
    boxes: dict[str, int]
    """Class → boxes."""
    labels: dict[str, int]
    """Class → images, where whole images have classes."""
    repairs: dict[str, int]
    """Code → how many."""


class TFRecordShards(beam.io.WriteToTFRecord):
    """Beam's TFRecord writer for the shards of one split, each told by number which elements it holds."""

    def __init__(self, output: str, split: str, coder: ExampleCoder):
        self._split = split
        super().__init__(
            FileSystems.join(output, split),
            coder=coder,
            file_name_suffix=".tfrecord",
            compression_type=CompressionTypes.UNCOMPRESSED,
        )

    def write(
        self, temp: str, number: int, elements: Iterable[tuple[Picture, dict[str, int]]]
    ) -> tuple[str, int, str, list[int]]:
        """Writes one shard into the folder `temp`. Returns (path, bytes, crc32c, where each frame begins)."""
        name = f"{number:05d}-{uuid.uuid4().hex}"
        elements = iter(elements)
        first = list(islice(elements, 1))
        if not first:
            path = str(FileSystems.join(temp, f"{name}.{self._split}.tfrecord"))
            write_empty(path)
            return path, 0, _EMPTY_CRC, []
        prepare(temp)
        writer = self._sink.open_writer(temp, name)
        file = writer.temp_handle = _Checksummed(writer.temp_handle)
        offsets = []
        try:
            for element in chain(first, elements):
                offsets.append(file.bytes)
                writer.write(element)
            return writer.close(), file.bytes, file.crc32c, offsets
        except BaseException:
            # Python would close it some time, and say on the terminal that a full disk has no room for the rest.
            with suppress(Exception):
                file.close()
            raise


class _Checksummed:
    """A file that knows how many bytes were written to it, and their crc32c."""

    def __init__(self, file: Any):
        self._file = file
        self.bytes = 0
        self._crc = 0

    def write(self, data: bytes) -> None:
        self.bytes += len(data)
        self._crc = google_crc32c.extend(self._crc, data)
        self._file.write(data)

    def close(self) -> None:
        self._file.close()

    @property
    def crc32c(self) -> str:
        return f"{self._crc:08x}"


def count_contents(pictures: Iterable[Picture]) -> tuple[int, dict[str, int], dict[str, int], dict[str, int]]:
    """Returns (negatives, boxes of each class, images of each class, repairs by code) of some pictures."""
    negatives, boxes, labels, repairs = 0, Counter[str](), Counter[str](), Counter[str]()
    for picture in pictures:
        negatives += not (picture.boxes or picture.labels)
        for box in picture.boxes:
            boxes[box[0]] += 1
        labels.update(picture.labels)
        if picture.repairs:
            repairs.update(picture.repairs)
    return negatives, dict(boxes), dict(labels), dict(repairs)


def reject_line(reject: Reject) -> str:
    """Returns a reject as one line of JSON, as the data contract says."""
    line: dict[str, str | int] = {"source": reject.annotation}
    if reject.row:
        line["line"] = reject.row
    line |= {"image": reject.image, "code": reject.code, "level": reject.level, "message": reject.message}
    if reject.box:
        line["box"] = reject.box
    return json.dumps(line, ensure_ascii=False) + "\n"


def _write_rejects(temp: str, shard: ShardId, rejects: list[Reject]) -> tuple[str, int, str]:
    path = FileSystems.join(temp, f"{shard.number:05d}-{uuid.uuid4().hex}.{REJECTS}")
    if not rejects:
        write_empty(path)
        return path, 0, _EMPTY_CRC
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        checksummed = _Checksummed(file)
        for reject in sorted(rejects, key=attrgetter("annotation", "row", "image", "code", "message", "box")):
            checksummed.write(reject_line(reject).encode("utf-8", "backslashreplace"))
    return path, checksummed.bytes, checksummed.crc32c


def sketch_of(shard: ShardId, pictures: Sequence[Picture], offsets: Sequence[int]) -> Sketch:
    """Returns the statistics of a shard.

    Args:
        shard: which.
        pictures: in the order of its records.
        offsets: where the frame of each begins.
    """
    sketch = Sketch()
    places = enumerate(zip(pictures, offsets, strict=True))
    sketch.add(
        shard.family,
        shard.name,
        [Sighting(p.key, p.width, p.height, p.boxes, p.labels, number, offset) for number, (p, offset) in places],
    )
    return sketch


class _WriteShard(beam.DoFn):
    def __init__(self, output: str, coder: ExampleCoder, temp: str | None, report: bool, progress: str | None):
        self._output, self._coder, self._temp, self._report = output, coder, temp, report
        self._progress = ProgressMark(progress, "write")

    def process(self, element: tuple[str, Iterable[Batch]], plan: Plan) -> Iterator[Written | TaggedOutput]:
        text, batches = element
        shard = ShardId.from_text(text)
        found = [outcome for batch in batches for outcome in batch]
        if shard.family == REJECTS:
            path, size, crc32c = _write_rejects(self._temp, shard, found) if self._temp else ("", 0, _NO_CRC)
            yield Written(text, path, len(found), size, crc32c, 0, {}, {}, {})
            return
        pictures = sorted(found, key=attrgetter("key", "image", "annotation"))
        if self._temp:
            path, size, crc32c, offsets = self._write(shard, pictures, plan.labels)
            if self._report:
                yield TaggedOutput(_SKETCHES, sketch_of(shard, pictures, offsets))
        else:
            path, size, crc32c = "", sum(map(estimate_bytes, pictures)), _NO_CRC
        yield Written(text, path, len(pictures), size, crc32c, *count_contents(pictures))

    def _write(
        self, shard: ShardId, pictures: list[Picture], labels: dict[str, int]
    ) -> tuple[str, int, str, list[int]]:
        assert self._temp is not None
        shards = TFRecordShards(self._output, shard.family, self._coder)
        if not self._coder.reads_ahead:
            written = shards.write(self._temp, shard.number, self._elements(pictures, labels))
        else:
            with ReadAhead(self._coder.files) as ahead:
                in_turn = ahead.over(pictures, attrgetter("size"))
                written = shards.write(self._temp, shard.number, self._elements(in_turn, labels))
        self._progress.flush()
        return written

    def _elements(
        self, pictures: Iterable[Picture], labels: dict[str, int]
    ) -> Iterator[tuple[Picture, dict[str, int]]]:
        for picture in pictures:
            yield picture, labels
            self._progress.add()


def _to_shards(outcomes: Batch, plan: Plan) -> Iterator[tuple[str, Batch]]:
    by_shard: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        shard = shard_of(outcome, plan)
        if shard is not None:
            by_shard.setdefault(shard, []).append(outcome)
    for shard, content in by_shard.items():
        yield shard, tuple(content)


@dataclass
class WriteShards(beam.PTransform):
    """Writes batches of pictures, and rejects, into shards of the temporary folder.

    Returns one `Written` a shard, and one `Sketch` of all, which is empty if none is wanted.

    Attributes:
        output: the dataset's folder.
        temp: the temporary folder in it; None to count only, and write nothing.
        coder: turns a picture into its record.
        report: whether a sketch is wanted.
        progress: as in `ExaminePictures`.
    """

    output: str
    temp: str | None
    coder: ExampleCoder
    report: bool = False
    progress: str | None = None

    def expand(self, inputs: tuple[PCollection, PCollection, PCollection]) -> tuple[PCollection, PCollection]:
        """One shuffle of metadata by shard; every shard gets a batch, if an empty one, so that all are written."""
        pictures, others, plan = inputs
        keyed = tuple[str, Batch]
        side = AsSingleton(plan)
        contents = (
            pictures | "Choose splits and shards" >> beam.FlatMap(_to_shards, side).with_output_types(keyed),
            others | "Choose files of rejects" >> beam.FlatMap(_one_to_shard, side).with_output_types(keyed),
            plan | "Name every shard" >> beam.FlatMap(_every_shard).with_output_types(keyed),
        )
        do_fn = _WriteShard(self.output, self.coder, self.temp, self.report, self.progress)
        write = beam.ParDo(do_fn, side).with_output_types(Written, **{_SKETCHES: Sketch})
        shards = contents | "Shards and their contents" >> beam.Flatten() | "Bring shards together" >> beam.GroupByKey()
        written, sketches = shards | "Write shards" >> write.with_outputs(_SKETCHES, main="written")
        return written, sketches | "Merge statistics" >> beam.CombineGlobally(MergeParts(Sketch))


def _one_to_shard(outcome: Outcome, plan: Plan) -> Iterator[tuple[str, Batch]]:
    return _to_shards((outcome,), plan)


def _every_shard(plan: Plan) -> Iterator[tuple[str, Batch]]:
    for shard in all_shards(plan):
        yield shard.text, ()
