"""The boxes of one picture: from an annotator's text to normalised numbers that every reader can rely on.

No coordinate is shifted by one: labelImg clamps minima to 1 but leaves maxima alone, so "1-based" would
narrow boxes that are right.
"""

import math
import struct
from collections.abc import Sequence
from sys import intern
from typing import NamedTuple

from beam_pipelines.records import AnnotatedObject, Box, RecordError

_FLOAT32 = struct.Struct("<4f")

_FLAGS = {"": 0, "0": 0, "1": 1, "false": 0, "true": 1, "0.0": 0, "1.0": 1}
"""The last two are what pandas makes of flags in a column with gaps."""

_SIDES = ("xmin", "ymin", "xmax", "ymax")

_LITTLE = 1.01
"""Of rows, a box with no side beyond it is taken for fractions of the picture, which rounding may bring above 1."""

_LARGEST = 2.0**127
"""Bound of areas: float32 holds them."""

_LONGEST = 40
"""Characters of a text that are quoted."""


class Frame(NamedTuple):
    """What the coordinates of a picture's boxes are measured in.

    >>> Frame.of(40, 30, normalized=False), Frame.of(40, 30, normalized=True)
    (Frame(right=40, bottom=30, pixel=1.0), Frame(right=1, bottom=1, pixel=0.03333333333333333))
    """

    right: int
    """Coordinate of the picture's right edge; that of the left is 0."""
    bottom: int
    """Coordinate of the picture's lower edge; that of the upper is 0."""
    pixel: float
    """Length of a pixel, of the longer side of one if they differ."""

    @classmethod
    def of(cls, width: int, height: int, normalized: bool) -> "Frame":
        """Returns the frame of a picture of so many pixels."""
        return cls(1, 1, 1 / min(width, height)) if normalized else cls(width, height, 1.0)


class BoxReject(NamedTuple):
    """An object that is no box, and why."""

    code: str
    message: str
    object: AnnotatedObject


def check_boxes(
    objects: Sequence[AnnotatedObject], width: int, height: int, normalized: bool = False
) -> tuple[tuple[Box, ...], list[BoxReject], list[str]]:
    """Judges, mends and normalises the objects of one picture.

    Every object becomes a box or a reject; equal boxes all stay. The results do not depend on the order of
    the objects, because rows of a table come in any order.

    Args:
        objects: as the annotator saw them in the picture.
        width: of that picture, in pixels, at least 1.
        height: of that picture, in pixels, at least 1.
        normalized: whether the coordinates are fractions of width and height; else they are pixels.

    Returns:
        The boxes, sorted, with coordinates that are exact in float32; the rejects; the codes of the repairs, at most
        one for the coordinates of a box and one for each of its other fields.
    """
    boxes: list[Box] = []
    rejects: list[BoxReject] = []
    repairs: list[str] = []
    frame = Frame.of(width, height, normalized)
    for one in objects:
        try:
            boxes.append(_box(one, frame, repairs))
        except RecordError as error:
            rejects.append(BoxReject(error.code, error.message, one))
    boxes.sort()
    rejects.sort()
    repairs.sort()
    return tuple(boxes), rejects, repairs


def _box(one: AnnotatedObject, frame: Frame, repairs: list[str]) -> Box:
    """The box of one object; adds to `repairs` only if the box is kept.

    Raises:
        RecordError: `class_missing`, or one of those that begin with `box_`.
    """
    name, xmin_text, ymin_text, xmax_text, ymax_text, difficult, truncated, pose, is_crowd, area, mask, source, _ = one
    name = name.strip()
    if not name:
        raise RecordError("class_missing", "the object has no class name")
    try:
        xmin, ymin, xmax, ymax = float(xmin_text), float(ymin_text), float(xmax_text), float(ymax_text)
    except ValueError:
        raise _unreadable(one) from None
    repair = ""
    right, bottom, pixel = frame
    if source and xmin < xmax < _LITTLE and ymin < ymax < _LITTLE and pixel == 1 and right > 1 < bottom:
        raise RecordError("box_not_in_pixels", "all sides are from 0 to 1, as if they were fractions of the picture")
    if not (0 <= xmin < xmax <= right and 0 <= ymin < ymax <= bottom):  # NaN is neither
        repair = _judged(one, (xmin, ymin, xmax, ymax), frame)
        xmin, ymin, xmax, ymax = max(xmin, 0.0), max(ymin, 0.0), min(xmax, right), min(ymax, bottom)
    # + 0.0 makes 0.0 of -0.0, which is equal but other bytes.
    xmin, ymin, xmax, ymax = _FLOAT32.unpack(
        _FLOAT32.pack(xmin / right + 0.0, ymin / bottom + 0.0, xmax / right, ymax / bottom)
    )
    if xmin >= xmax or ymin >= ymax:
        raise RecordError("box_zero_area", f"the box is too thin for float32 in {_extent(frame)}")
    if repair:
        repairs.append(repair)
    # One string for all equal names: a record that is pickled then holds each of them once.
    return (
        intern(name),
        xmin,
        ymin,
        xmax,
        ymax,
        _flag(difficult, repairs),
        _flag(truncated, repairs),
        intern(pose.strip() or "Unspecified"),
        _flag(is_crowd, repairs) if is_crowd else 0,
        _area(area, repairs) if area else 0,
        mask,
    )


def _area(text: str, repairs: list[str]) -> float:
    """An area in square pixels, exact in float32; 0 if that is not what the text says."""
    try:
        area = float(text)
    except ValueError:
        area = math.nan
    if not 0 <= area < _LARGEST:
        repairs.append("area_unreadable")
        return 0
    (exact,) = struct.unpack("<f", struct.pack("<f", area))
    return float(exact)


def _flag(text: str, repairs: list[str]) -> int:
    value = _FLAGS.get(text)
    if value is None:
        value = _FLAGS.get(text.strip().lower())
    if value is None:
        repairs.append("flag_unreadable")
        return 0
    return value


def _judged(one: AnnotatedObject, sides: tuple[float, float, float, float], frame: Frame) -> str:
    """The repair with which a box that is not wholly within its picture may stay.

    Raises:
        RecordError: if it may not: `box_not_a_number`, `box_reversed`, `box_zero_area`, `box_outside`.
    """
    if not all(map(math.isfinite, sides)):
        raise _unreadable(one)
    xmin, ymin, xmax, ymax = sides
    for axis, low, high, size, texts in (
        ("x", xmin, xmax, frame.right, one[1:5:2]),
        ("y", ymin, ymax, frame.bottom, one[2:5:2]),
    ):
        low_text, high_text = (shortened(text.strip()) for text in texts)
        if low > high:
            raise RecordError("box_reversed", f"{axis}min {low_text} is larger than {axis}max {high_text}")
        if low == high:
            raise RecordError("box_zero_area", f"{axis}min {low_text} and {axis}max {high_text} are equal")
        if high <= 0 or low >= size:
            raise RecordError("box_outside", f"{axis} from {low_text} to {high_text} in {_extent(frame)}")
    # Up to a pixel is nothing but rounding, or counting from 1.
    overshoot = max(-xmin, -ymin, xmax - frame.right, ymax - frame.bottom)
    return "box_rounded" if overshoot <= frame.pixel else "box_clipped"


def _extent(frame: Frame) -> str:
    if frame.pixel == 1:
        return f"a picture of {frame.right} × {frame.bottom} pixels"
    return "normalised coordinates, which end at 1"


def _unreadable(one: AnnotatedObject) -> RecordError:
    """What to raise when a coordinate is missing or no finite number: names the first of them."""
    texts = dict(zip(_SIDES, one[1:5], strict=True))
    missing = [side for side, text in texts.items() if not text.strip()]
    if len(missing) == len(_SIDES):
        return RecordError("box_missing", "the object has no upright box")
    for side, text in texts.items():
        if not _is_finite(text):
            message = f"{side} is missing" if side in missing else f"{side} is {shortened(text)!r}"
            return RecordError("box_not_a_number", message)
    raise AssertionError(f"every coordinate is finite: {texts}")


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def shortened(text: str) -> str:
    """Returns a text as a message quotes it: of a long one the beginning."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def object_text(one: AnnotatedObject) -> str:
    """Returns one object in a line: `raccoon xmin=81 ymin=88 xmax=522 ymax=408`, with '?' for what is missing."""
    sides = (f"{side}={shortened(text.strip()) or '?'}" for side, text in zip(_SIDES, one[1:5], strict=True))
    return " ".join((shortened(one.name.strip()) or "?", *sides))
