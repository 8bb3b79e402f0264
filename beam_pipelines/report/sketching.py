"""Takes the statistics of record files that are there already."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import apache_beam as beam
from apache_beam.pvalue import PCollection

from beam_pipelines.failures import DatasetError
from beam_pipelines.merging import MergeParts
from beam_pipelines.pictures.probing import probe
from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.record_files.opening import UnreadableFileError
from beam_pipelines.record_files.reading import read_frames
from beam_pipelines.record_files.views import ExampleView, ObjectView, parse_features, view_example
from beam_pipelines.records import RecordError
from beam_pipelines.report.sightings import Sighting
from beam_pipelines.report.sketch import Sketch

_BATCH = 4096
_MOST_SERIES = 12
_MOST_NAMES = 2_000
"""Of classes in a file of others; what comes after them is counted as one."""
_OTHER_NAMES = "other classes"


def sketch_file(file: RecordFile, class_names: dict[int, str], is_dataset: bool) -> Sketch:
    """Returns the statistics of a record file. What cannot be counted is told in `left_out`.

    Args:
        file: the file.
        class_names: id → name, for records that hold ids alone.
        is_dataset: whether a manifest names it, so that its examples have numbers made of their content.

    Raises:
        DatasetError: if the file cannot be read.
    """
    sketch = Sketch()
    sightings: list[Sighting] = []
    known: set[str] = set()
    for frame in _frames_of(file):
        if frame.code:
            sketch.left_out["records"] += 1
            continue
        try:
            view = view_example(parse_features(frame.data), class_names)
            view = view if is_dataset else _bounded(view, known)
            boxes, unusable = _valid_boxes(view.objects)
            for one in () if is_dataset else view.objects:
                if one.label > 0 and one.name:
                    sketch.class_ids[one.name] = min(one.label, sketch.class_ids.get(one.name, one.label))
            sketch.left_out["boxes"] += unusable
            width, height = _size_of(view)
        except RecordError:
            sketch.left_out["records"] += 1
            continue
        rank = _rank_of(view, is_dataset)
        labels = tuple(dict.fromkeys(view.labels))
        sightings.append(Sighting(rank, width, height, boxes, labels, frame.number, frame.offset, unusable > 0))
        if len(sightings) == _BATCH:
            sketch.add(file.split, file.name, sightings)
            sightings = []
    sketch.add(file.split, file.name, sightings)
    sketch.left_out = +sketch.left_out
    return sketch


def _frames_of(file: RecordFile) -> Iterator[Frame]:
    try:
        yield from read_frames(file.path)
    except UnreadableFileError as error:
        raise DatasetError(f"{error}; `shardbox verify` tells more") from None


def _bounded(view: ExampleView, known: set[str]) -> ExampleView:
    """Returns a stranger's example with one name for all classes that come after the first few thousand."""

    def name_of(name: str) -> str:
        if len(known) < _MOST_NAMES:
            known.add(name)
        return name if name in known else _OTHER_NAMES

    objects = tuple(one._replace(name=name_of(one.name)) for one in view.objects)
    return view._replace(objects=objects, labels=tuple(map(name_of, view.labels)))


def fold_series(files: Sequence[RecordFile]) -> tuple[RecordFile, ...]:
    """Returns files of others with one split for all series beyond the first few by name.

    Each split takes memory for each class, and no page shows hundreds of them.
    """
    series = sorted({file.split for file in files})
    if len(series) <= _MOST_SERIES:
        return tuple(files)
    kept = set(series[: _MOST_SERIES - 1])
    rest = f"{len(series) - len(kept):,} other series"
    return tuple(file if file.split in kept else replace(file, split=rest) for file in files)


def _valid_boxes(objects: tuple[ObjectView, ...]) -> tuple[list[tuple[str, float, float, float, float]], int]:
    """Returns the boxes that can be counted, and the number of others."""
    boxes = [
        (one.name or "without a class", one.xmin, one.ymin, one.xmax, one.ymax)
        for one in objects
        if 0 <= one.xmin < one.xmax <= 1 and 0 <= one.ymin < one.ymax <= 1
    ]
    return boxes, len(objects) - len(boxes)


def _size_of(view: ExampleView) -> tuple[int, int]:
    """Returns (width, height) in pixels: as the record states it, else as the picture has it.

    Raises:
        RecordError: if neither tells it.
    """
    if view.width > 0 and view.height > 0:
        return view.width, view.height
    found = probe(view.encoded)
    return found.width, found.height


def _rank_of(view: ExampleView, is_dataset: bool) -> int:
    if is_dataset and view.source_id.isascii() and view.source_id.isdecimal() and int(view.source_id) < 2**63:
        return int(view.source_id)
    return int.from_bytes(hashlib.sha256(view.encoded).digest()[:8], "big") >> 1


@dataclass
class SketchRecords(beam.PTransform):
    """Takes the statistics of some record files. Returns one `Sketch`.

    Attributes:
        files: the files.
        class_names: as in `sketch_file`.
        is_dataset: as in `sketch_file`.
    """

    files: tuple[RecordFile, ...]
    class_names: dict[int, str] = field(default_factory=dict)
    is_dataset: bool = False

    def expand(self, pipeline: beam.Pipeline) -> PCollection:
        """One file at a time, wherever there is a worker for it."""
        files = self.files if self.is_dataset else fold_series(self.files)
        named = pipeline | "Name record files" >> beam.Create(files, reshuffle=False)
        spread = named | "Spread files" >> beam.Reshuffle()
        parts = spread | "Read records" >> beam.FlatMap(self._sketches).with_output_types(Sketch)
        return parts | "Merge statistics" >> beam.CombineGlobally(MergeParts(Sketch))

    def _sketches(self, file: RecordFile) -> Iterator[Sketch]:
        yield sketch_file(file, self.class_names, self.is_dataset)
