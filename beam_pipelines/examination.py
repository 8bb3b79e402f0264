"""Looks at one pair of annotation and image: parse, probe, check boxes, in one step.

One step, because each of the three would otherwise cost a hop for every image; the functions stay their own.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.boxes import BoxReject, check_boxes, object_text
from beam_pipelines.candidates import stem
from beam_pipelines.coding import Batch
from beam_pipelines.file_names import is_remote
from beam_pipelines.garbage import search_rarely
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.checking import MaskCheck, check_masks, count_differing
from beam_pipelines.masks.locating import MaskFolders, parse_reference
from beam_pipelines.pictures.conversion import plan_conversion
from beam_pipelines.pictures.orientation import settle
from beam_pipelines.pictures.probing import Probe, extension_differs, probe
from beam_pipelines.progress import ProgressMark
from beam_pipelines.read_ahead import ReadAhead
from beam_pipelines.reading import ReadFailure, read_record
from beam_pipelines.records import AnnotatedObject, Annotation, Pair, Picture, RecordError, Reject, key_of, signature_of
from beam_pipelines.voc_xml import parse_voc
from beam_pipelines.windows import outside_of_windows

_NOTHING = Annotation("", "", "", 0, 0, ())


@dataclass(frozen=True)
class Examiner:
    """What looking at a pair needs to know.

    Attributes:
        annotations: where annotation files, or files of rows, are.
        images: where image files are.
        decode: whether every picture is decoded to its last pixel.
        group_by: a regular expression on the path of an image; its first group names the leak group. None: the
            content of the picture is its group, unless its rows name another.
        classes: the classes that may stay; others are rejected box by box. None: all.
        normalized: whether coordinates are fractions of the picture's size; else they are pixels.
        given_splits: whether pictures were given to splits, and those that were not are left out.
        masks: where masks are; None if none are wanted.
    """

    annotations: FileSet
    images: FileSet
    decode: bool = False
    group_by: str | None = None
    classes: frozenset[str] | None = None
    normalized: bool = False
    given_splits: bool = False
    masks: MaskFolders | None = None

    @property
    def reads_ahead(self) -> bool:
        """Whether some of the files lie in a store, where to read is to wait."""
        folders = self.annotations.base, self.images.base
        return any(map(is_remote, folders)) or (self.masks is not None and self.masks.are_remote)

    def files(self, pair: Pair) -> Iterator[str]:
        """Yields the paths that `examine` will read, as far as they are known."""
        if self.given_splits and not pair.splits:
            return
        if pair.annotation and pair.rows is None:
            yield self.annotations.path(pair.annotation)
        yield self.images.path(pair.image)
        if self.masks is not None:
            yield from self.masks.likely(pair.image, ("#1",) if pair.rows is None else _masks_of(pair.rows))

    def examine(self, pair: Pair) -> tuple[Picture, list[Reject]]:
        """Returns the picture, and the boxes that had to be left out.

        Raises:
            RecordError: if the image cannot become an example.
        """
        annotation = pair.rows or _NOTHING
        if pair.annotation and pair.rows is None:
            annotation = parse_voc(read_record(self.annotations.path(pair.annotation), "annotation_unreadable"))
        data = read_record(self.images.path(pair.image), "image_unreadable", missing="image_missing")
        probed = probe(data, self.decode)
        repairs = [*annotation.repairs, *_oddities(pair, annotation, probed)]
        action = ""
        if probed.orientation != 1:
            annotated = annotation.width, annotation.height
            extent = (0.0, 0.0) if self.normalized else _extent(annotation.objects)
            action, repair = settle(probed.orientation, probed.width, probed.height, annotated, extent)
            repairs.append(repair)
        conversion, encoded_format, width, height = plan_conversion(probed, action)
        if pair.annotation and (annotation.width, annotation.height) != (width, height):
            if annotation.width and annotation.height:
                repairs.append("size_differs")
            elif pair.rows is None:  # many tables have no columns for it
                repairs.append("size_missing")
        masks = self._check_masks(pair, annotation.objects, width, height)
        labels, objects, unknown = self._of_known_classes(annotation.labels, masks.objects)
        boxes, rejects, box_repairs = check_boxes(objects, width, height, self.normalized)
        rejects += [BoxReject(*reject) for reject in masks.rejects]
        repairs += box_repairs
        repairs += ["mask_differs"] * count_differing(boxes, masks.extents)
        if annotation.objects and not boxes and not labels and rejects:
            repairs.append("negative_after_rejects")
        sha256 = hashlib.sha256(data).hexdigest()
        picture = Picture(
            key=key_of(sha256, pair.image),
            sha256=sha256,
            image=pair.image,
            annotation=pair.annotation,
            width=width,
            height=height,
            size=len(data),
            format=encoded_format,
            conversion=conversion,
            group=annotation.group or self._group(pair.image, sha256, repairs),
            signature=signature_of(boxes, labels),
            leads=True,
            boxes=boxes,
            repairs=tuple(repairs),
            labels=labels,
            masks=masks.digest(boxes),
        )
        return picture, [_box_reject(pair, reject) for reject in (*rejects, *unknown)]

    def _of_known_classes(
        self, labels: tuple[str, ...], objects: tuple[AnnotatedObject, ...]
    ) -> tuple[tuple[str, ...], tuple[AnnotatedObject, ...], list[BoxReject]]:
        """Returns (classes of the image, objects, rejects of the others)."""
        labels = tuple(sorted(set(labels)))
        if self.classes is None:
            return labels, objects, []
        strange = [one for one in objects if one.name and one.name not in self.classes]
        boxless = [AnnotatedObject(label, "", "", "", "") for label in labels if label not in self.classes]
        return (
            tuple(label for label in labels if label in self.classes),
            tuple(one for one in objects if not one.name or one.name in self.classes),
            [
                BoxReject("class_unknown", f"class '{one.name}' is not in the label map", one)
                for one in (*strange, *boxless)
            ],
        )

    def _check_masks(self, pair: Pair, objects: tuple[AnnotatedObject, ...], width: int, height: int) -> MaskCheck:
        if self.masks is None:
            return MaskCheck(objects, (), {}, {})
        return check_masks(self.masks, pair.image, objects, width, height, of_rows=pair.rows is not None)

    def _group(self, image: str, sha256: str, repairs: list[str]) -> str:
        if self.group_by is None:
            return sha256
        found = re.search(self.group_by, image)
        group: str | None = found[found.re.groups and 1] if found else None  # None too for a group left out by `?`
        if group is None:
            repairs.append("group_not_found")
            return sha256
        return group


def _masks_of(rows: Annotation) -> Iterator[str]:
    """Yields what the rows of an image say of masks, where it can be understood."""
    for one in rows.objects:
        with suppress(RecordError):
            yield parse_reference(one.mask)


def _oddities(pair: Pair, annotation: Annotation, probed: Probe) -> Iterator[str]:
    """Yields the codes of what is odd about a picture's file and its name."""
    if annotation.filename and stem(annotation.filename) != stem(pair.image):
        yield "filename_differs"
    if extension_differs(pair.image, probed.format):
        yield "extension_differs"
    if probed.reencode:
        yield probed.reencode
    if probed.first_frame_only:
        yield "first_frame_only"


def _extent(objects: tuple[AnnotatedObject, ...]) -> tuple[float, float]:
    """Returns how far to the right and down the boxes reach, in pixels; (0, 0) without a readable one."""
    right = down = 0.0
    for item in objects:
        try:
            right, down = max(right, float(item.xmax)), max(down, float(item.ymax))
        except ValueError:
            continue
    return right, down


class _Examine(beam.DoFn):
    def __init__(self, examiner: Examiner, progress: str | None):
        self._examiner = examiner
        self._progress = ProgressMark(progress, "examine")

    def setup(self) -> None:
        search_rarely()  # in worker processes too

    def start_bundle(self) -> None:
        self._ahead = ReadAhead(self._examiner.files) if self._examiner.reads_ahead else None

    def process(self, pairs: Batch) -> Iterator[Any]:
        if self._ahead is None:
            for pair in pairs:
                yield from self._examine(pair)
                self._progress.add()
            return
        with self._ahead.kept():
            for pair in pairs:
                for earlier in self._ahead.add(pair):
                    yield from self._examine(earlier)
                    self._progress.add()

    def _examine(self, pair: Pair) -> Iterator[Any]:
        if self._examiner.given_splits and not pair.splits:
            message = "none of the given splits names it"
            yield TaggedOutput("rejects", Reject("not_in_a_split", "unlisted", pair.annotation, pair.image, message))
            return
        try:
            picture, rejects = self._examiner.examine(pair)
        except RecordError as error:
            yield _rejected(pair, error.code, error.message)
        except (ReadFailure, MemoryError):
            raise  # for the runner to try again
        except Exception as error:
            yield _rejected(pair, "unexpected", f"{type(error).__name__}: {error}")
        else:
            for split in pair.splits or ("",):
                yield picture._replace(split=split)
            for reject in rejects:
                yield TaggedOutput("rejects", reject)

    def finish_bundle(self) -> Iterator[Any]:
        if self._ahead is not None:
            with self._ahead:
                for pair in self._ahead.rest():
                    yield from map(outside_of_windows, self._examine(pair))
                    self._progress.add()
        self._progress.flush()


def _box_reject(pair: Pair, reject: BoxReject) -> Reject:
    code, message, one = reject
    return Reject(code, "box", one.source or pair.annotation, pair.image, message, object_text(one), one.row)


def _rejected(pair: Pair, code: str, message: str) -> TaggedOutput:
    return TaggedOutput("rejects", Reject(code, "image", pair.annotation, pair.image, message))


@dataclass
class ExaminePictures(beam.PTransform):
    """Turns batches of pairs into pictures. Returns (pictures, rejects).

    Attributes:
        examiner: how to look at a pair.
        progress: a folder on this machine that is told how far the work is; None if nobody watches.
    """

    examiner: Examiner
    progress: str | None = None

    def expand(self, pairs: PCollection) -> tuple[PCollection, PCollection]:
        """Fused with the matching: nothing is shuffled."""
        examine = beam.ParDo(_Examine(self.examiner, self.progress)).with_output_types(Picture, rejects=Reject)
        examined = pairs | "Parse, probe and check boxes" >> examine.with_outputs("rejects", main="pictures")
        return examined.pictures, examined.rejects
