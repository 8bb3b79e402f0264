"""The masks of one picture, judged when the picture is examined; nothing of their pixels travels."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image

from beam_pipelines.masks import values
from beam_pipelines.masks.locating import (
    CLASS_MAP,
    NUMBERED,
    MaskFolders,
    content_digest,
    digest_of,
    files_of,
    join,
    number_of,
    parse_reference,
    quoted,
    read_if_there,
)
from beam_pipelines.reading import read_record
from beam_pipelines.records import AnnotatedObject, Box, RecordError

Sides = tuple[float, float, float, float]
"""(xmin, ymin, xmax, ymax), edges of pixels, normalised by the picture's size."""

LEAST_IOU = 0.5
"""Below it a box and a mask are not taken for one object: VOC's bound for a detection to be right."""


class MaskCheck(NamedTuple):
    """What the masks of a picture are."""

    objects: tuple[AnnotatedObject, ...]
    """Those that have their mask, or need none; `mask` as in `Box`."""
    rejects: tuple[tuple[str, str, AnnotatedObject], ...]
    """(code, sentence, object) of those that should have a mask and do not, sorted."""
    extents: dict[str, Sides]
    """`mask` of an object: the box around its pixels."""
    contents: dict[str, bytes]
    """Of `locating.digest_of`."""

    def digest(self, boxes: Iterable[Box]) -> str:
        """Returns the digest of the files that are read to write these boxes; '' if there are none."""
        return digest_of(self.contents, (box[-1] for box in boxes if box[-1]))


class _Numbered(NamedTuple):
    """A picture's file of numbered pixels."""

    name: str
    numbers: Image.Image
    digest: bytes


def check_masks(
    folders: MaskFolders, image: str, objects: Sequence[AnnotatedObject], width: int, height: int, *, of_rows: bool
) -> MaskCheck:
    """Reads and judges the masks of one picture.

    Args:
        folders: where masks are. Without a folder for those of objects, no object has one.
        image: the picture's path below the images' root.
        objects: all that are annotated, in the order of the annotation: their places are their numbers.
        width: of the picture as a reader of the example sees it, in pixels.
        height: of that picture, in pixels.
        of_rows: whether the objects say themselves where their masks are.

    Raises:
        RecordError: mask_missing, mask_unreadable or mask_size_differs, for a file of the whole picture.
        ReadFailure: if another try may succeed.
    """
    size = width, height
    contents: dict[str, bytes] = {}
    if folders.class_maps is not None:
        contents[CLASS_MAP] = _file_of_picture(folders.class_maps, "class_maps", "class map", image, size).digest
    if folders.objects is None:
        return MaskCheck(tuple(one._replace(mask="") for one in objects), (), {}, contents)
    references = [_reference(one, place, of_rows) for place, one in enumerate(objects, 1)]
    numbered = None
    if any(isinstance(found, str) and number_of(found) is not None for found in references):
        numbered = _file_of_picture(folders.objects, "masks", "file of masks", image, size)
        contents[NUMBERED] = numbered.digest
    judged: dict[str, Sides | RecordError] = {}
    kept, rejects = [], []
    for one, found in zip(objects, references, strict=True):
        result: Sides | str | RecordError = found
        if isinstance(found, str):
            if found not in judged:
                judged[found] = _judge(folders.objects, found, numbered, size, contents)
            result = judged[found]
        if isinstance(result, RecordError):
            rejects.append((result.code, result.message, one))
        else:
            kept.append(one._replace(mask=str(found)))
    extents = {reference: extent for reference, extent in judged.items() if not isinstance(extent, RecordError)}
    return MaskCheck(tuple(kept), tuple(sorted(rejects)), extents, contents)


def count_differing(boxes: Iterable[Box], extents: Mapping[str, Sides]) -> int:
    """Counts the boxes whose overlap with the box around their mask is below `LEAST_IOU`.

    Args:
        boxes: normalised; those without a mask that was checked do not count.
        extents: of `MaskCheck`.
    """
    return sum(_iou(box[1:5], extents[box[-1]]) < LEAST_IOU for box in boxes if box[-1] in extents)


def _iou(one: Sides, other: Sides) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((xmax - xmin) * (ymax - ymin) for xmin, ymin, xmax, ymax in (one, other))
    return shared / (areas - shared)


def _reference(one: AnnotatedObject, place: int, of_rows: bool) -> str | RecordError:
    try:
        return parse_reference(one.mask) if of_rows else f"#{place}"
    except RecordError as error:
        return error


def _judge(
    folder: str, reference: str, numbered: _Numbered | None, size: tuple[int, int], contents: dict[str, bytes]
) -> Sides | RecordError:
    """Returns how far a mask reaches, or why it cannot be used; adds to `contents`."""
    try:
        number = number_of(reference)
        if number is None or numbered is None:
            return _judge_file(folder, reference, size, contents)
        return _judge_number(numbered, number)
    except RecordError as error:
        return error


def _judge_number(numbered: _Numbered, number: int) -> Sides:
    name = quoted(numbered.name)
    if not 0 < number < values.VOID:
        raise RecordError(
            "mask_empty",
            f"object {number} cannot be in {name}: numbers are 1 to {values.VOID - 1}, {values.VOID} is void",
        )
    return _extent(values.shape_of(numbered.numbers, number), f"no pixel of {name} has the value {number}")


def _judge_file(folder: str, path: str, size: tuple[int, int], contents: dict[str, bytes]) -> Sides:
    what = f"the mask {quoted(path)}"
    data = _content(join(folder, path), what)
    if data is None:
        raise RecordError("mask_missing", f"{what} is not below --masks: add it, or leave the row out")
    shape = _pixels(data, what, size, values.read_shape, numbers=False)
    extent = _extent(shape, f"{what} has no pixel other than 0")
    contents[path] = content_digest(data)
    return extent


def _file_of_picture(folder: str, flag: str, kind: str, image: str, size: tuple[int, int]) -> _Numbered:
    """Reads the first file that there is for a picture.

    Raises:
        RecordError: mask_missing, mask_unreadable or mask_size_differs.
    """
    names = files_of(image)
    for name in names:
        what = f"the {kind} {quoted(name)}"
        data = _content(join(folder, name), what)
        if data is not None:
            return _Numbered(name, _pixels(data, what, size, values.read_numbers, numbers=True), content_digest(data))
    sought = " or ".join(map(quoted, names))
    raise RecordError("mask_missing", f"the {kind} {sought} is not below --{flag}: add it, or leave the image out")


def _content(path: str, what: str) -> bytes | None:
    """Returns the content of a file, None if there is no such file.

    Raises:
        RecordError: mask_unreadable.
        ReadFailure: if another try may succeed.
    """
    try:
        return read_if_there(path)
    except Exception:
        with _named(what):
            return read_record(path, "mask_unreadable")  # tells which failures are those of the file


def _pixels(
    data: bytes, what: str, size: tuple[int, int], read: Callable[[bytes], Image.Image], *, numbers: bool
) -> Image.Image:
    with _named(what):
        values.check_png(data, *size, numbers=numbers)
        return read(data)


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Says in a failure's message which file failed."""
    try:
        yield
    except RecordError as error:
        raise RecordError(error.code, f"{what} {error.message}") from None


def _extent(shape: Image.Image, if_empty: str) -> Sides:
    """Returns the box around the pixels that are not 0.

    Raises:
        RecordError: mask_empty.
    """
    bounds = shape.getbbox()
    if bounds is None:
        raise RecordError("mask_empty", if_empty)
    left, top, right, bottom = bounds
    return left / shape.width, top / shape.height, right / shape.width, bottom / shape.height
