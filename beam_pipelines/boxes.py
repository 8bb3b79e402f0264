"""The boxes of one picture: from an annotator's text to normalised numbers that every reader can rely on.

No coordinate is shifted by one: labelImg clamps minima to 1 but leaves maxima alone, so "1-based" would
narrow boxes that are right.
"""

import math
import struct
from collections.abc import Sequence
from sys import intern

from beam_pipelines.records import AnnotatedObject, Box, RecordError

_FLOAT32 = struct.Struct("<4f")

_FLAGS = {"": 0, "0": 0, "1": 1, "false": 0, "true": 1}

_SIDES = ("xmin", "ymin", "xmax", "ymax")

_ROUNDING = 1.0
"""Pixels by which a coordinate may overshoot and still be nothing but rounding or counting from 1."""

_LONGEST = 40
"""Characters of a text that are quoted."""


def check_boxes(
    objects: Sequence[AnnotatedObject], width: int, height: int
) -> tuple[tuple[Box, ...], list[tuple[str, str, str]], list[str]]:
    """Judges, mends and normalises the objects of one picture.

    Every object becomes a box or a reject; equal boxes all stay. The results do not depend on the order of
    the objects, because rows of a table come in any order.

    Args:
        objects: in pixels of the picture as the annotator saw it.
        width: of that picture, in pixels, at least 1.
        height: of that picture, in pixels, at least 1.

    Returns:
        The boxes, sorted, with coordinates that are exact in float32; for every reject its code, a sentence
        and the object as text; the codes of the repairs, at most one for the coordinates of a box and one
        for each of its two flags.
    """
    boxes: list[Box] = []
    rejects: list[tuple[str, str, str]] = []
    repairs: list[str] = []
    for one in objects:
        try:
            boxes.append(_box(one, width, height, repairs))
        except RecordError as error:
            rejects.append((error.code, error.message, object_text(one)))
    boxes.sort()
    rejects.sort()
    repairs.sort()
    return tuple(boxes), rejects, repairs


def _box(one: AnnotatedObject, width: int, height: int, repairs: list[str]) -> Box:
    """The box of one object; adds to `repairs` only if the box is kept.

    Raises:
        RecordError: `class_missing`, or one of those that begin with `box_`.
    """
    name, xmin_text, ymin_text, xmax_text, ymax_text, difficult, truncated, pose = one
    name = name.strip()
    if not name:
        raise RecordError("class_missing", "the object has no class name")
    try:
        xmin, ymin, xmax, ymax = float(xmin_text), float(ymin_text), float(xmax_text), float(ymax_text)
    except ValueError:
        raise _unreadable(one) from None
    repair = ""
    if not (0 <= xmin < xmax <= width and 0 <= ymin < ymax <= height):  # NaN is neither
        repair = _judged(one, (xmin, ymin, xmax, ymax), width, height)
        xmin, ymin, xmax, ymax = max(xmin, 0.0), max(ymin, 0.0), min(xmax, width), min(ymax, height)
    # + 0.0 makes 0.0 of -0.0, which is equal but other bytes.
    xmin, ymin, xmax, ymax = _FLOAT32.unpack(
        _FLOAT32.pack(xmin / width + 0.0, ymin / height + 0.0, xmax / width, ymax / height)
    )
    if xmin >= xmax or ymin >= ymax:
        message = f"the box is too thin for float32 in a picture of {width} × {height} pixels"
        raise RecordError("box_zero_area", message)
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
    )


def _flag(text: str, repairs: list[str]) -> int:
    value = _FLAGS.get(text)
    if value is None:
        value = _FLAGS.get(text.strip().lower())
    if value is None:
        repairs.append("flag_unreadable")
        return 0
    return value


def _judged(one: AnnotatedObject, sides: tuple[float, float, float, float], width: int, height: int) -> str:
    """The repair with which a box that is not wholly within its picture may stay.

    Raises:
        RecordError: if it may not: `box_not_a_number`, `box_reversed`, `box_zero_area`, `box_outside`.
    """
    if not all(map(math.isfinite, sides)):
        raise _unreadable(one)
    xmin, ymin, xmax, ymax = sides
    for axis, low, high, size, texts in (
        ("x", xmin, xmax, width, one[1:5:2]),
        ("y", ymin, ymax, height, one[2:5:2]),
    ):
        low_text, high_text = (_quoted(text.strip()) for text in texts)
        if low > high:
            raise RecordError("box_reversed", f"{axis}min {low_text} is larger than {axis}max {high_text}")
        if low == high:
            raise RecordError("box_zero_area", f"{axis}min {low_text} and {axis}max {high_text} are equal")
        if high <= 0 or low >= size:
            message = f"{axis} from {low_text} to {high_text} in a picture of {width} × {height} pixels"
            raise RecordError("box_outside", message)
    overshoot = max(-xmin, -ymin, xmax - width, ymax - height)
    return "box_rounded" if overshoot <= _ROUNDING else "box_clipped"


def _unreadable(one: AnnotatedObject) -> RecordError:
    """What to raise when a coordinate is missing or no finite number: names the first of them."""
    texts = dict(zip(_SIDES, one[1:5], strict=True))
    missing = [side for side, text in texts.items() if not text.strip()]
    if len(missing) == len(_SIDES):
        return RecordError("box_missing", "the object has no upright box")
    for side, text in texts.items():
        if not _is_finite(text):
            message = f"{side} is missing" if side in missing else f"{side} is {_quoted(text)!r}"
            return RecordError("box_not_a_number", message)
    raise AssertionError(f"every coordinate is finite: {texts}")


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _quoted(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def object_text(one: AnnotatedObject) -> str:
    """Returns one object in a line: `raccoon xmin=81 ymin=88 xmax=522 ymax=408`, with '?' for what is missing."""
    sides = (f"{side}={_quoted(text.strip()) or '?'}" for side, text in zip(_SIDES, one[1:5], strict=True))
    return " ".join((_quoted(one.name.strip()) or "?", *sides))
