"""The objects of an example as rows of a table, whatever its lists hold."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from beam_pipelines.inspection.values import fraction_text, pixels_text, plain_text, value_text
from beam_pipelines.record_files.views import Values, short_name
from data_contract import features as keys
from presentation.wording import printable

NOTHING = "–"
"""Where a list is too short, or of another type than can be reckoned with."""
_SIDES = (keys.BOX_XMIN, keys.BOX_YMIN, keys.BOX_XMAX, keys.BOX_YMAX)
_FLAGS = {keys.OBJECT_DIFFICULT: "difficult", keys.OBJECT_TRUNCATED: "truncated", keys.OBJECT_IS_CROWD: "crowd"}
OBJECT_KEYS = (
    *_SIDES,
    *(keys.CLASS_TEXT, keys.CLASS_LABEL),
    *_FLAGS,
    *(keys.OBJECT_VIEW, keys.OBJECT_AREA, keys.OBJECT_MASK),
)
_ALL_ROWS = 200
"""Objects that are listed."""


class Objects(NamedTuple):
    """A table of objects."""

    total: int
    headers: tuple[str, ...]
    """Of the columns for which the record has anything. Boxes are xmin, ymin, xmax and ymax."""
    rows: tuple[tuple[str, ...], ...]
    """Of the first objects, if there are very many."""
    remarks: tuple[str, ...]


def read_objects(
    features: Mapping[str, Values], class_names: Mapping[int, str], size: tuple[int, int] | None
) -> Objects:
    """Returns the objects of an example.

    Args:
        features: as `parse_features` returns them.
        class_names: id → name, of the label map.
        size: width and height of the picture in pixels, if they are known.
    """
    lists = {key: features[key] for key in OBJECT_KEYS if key in features}
    lengths = {key: len(values) for key, (_, values) in lists.items()}
    count = max(lengths.values(), default=0)
    rows = [_row(i, lists, class_names, size) for i in range(min(count, _ALL_ROWS))]
    for name in ("pixels", "normalised"):
        _align(rows, name)
    headers = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    remarks = []
    if len({length for length in lengths.values() if length}) > 1 or (count and 0 in lengths.values()):
        told = ", ".join(f"{key.removeprefix('image/object/')} {length:,}" for key, length in lengths.items())
        remarks.append(f"The lists of the objects have unequal lengths: {told}.")
    if count > len(rows):
        remarks.append(f"{count - len(rows):,} more objects are not listed.")
    return Objects(count, tuple(headers), tuple(tuple(row[name] for name in headers) for row in rows), tuple(remarks))


def _row(
    i: int, lists: Mapping[str, Values], class_names: Mapping[int, str], size: tuple[int, int] | None
) -> dict[str, str]:
    """Returns header → cell of one object; '' in columns for which there is nothing to say."""
    sides = [_number(lists, key, i) for key in _SIDES]
    known = any(key in lists for key in _SIDES)
    width, height = size or (None, None)
    pixels = [_scaled(side, scale) for side, scale in zip(sides, (width, height) * 2, strict=True)]
    extent = [_scaled(_difference(sides[j + 2], sides[j]), scale) for j, scale in enumerate((width, height))]
    return {
        "#": str(i),
        "class": _class(lists, i, class_names),
        "pixels": " ".join(map(_pixels, pixels)) if known else "",
        "size": " × ".join(map(_pixels, extent)) if known else "",
        "normalised": " ".join(map(_fraction, sides)) if known else "",
        "flags": ", ".join((*_flags(lists, i), *_faults(sides))),
        "view": _cell(lists, keys.OBJECT_VIEW, i),
        "area": _area(lists, i),
        "mask": _cell(lists, keys.OBJECT_MASK, i),
    }


def _align(rows: list[dict[str, str]], name: str) -> None:
    """Puts the numbers of a column's cells below each other."""
    cells = [row[name].split() for row in rows]
    widths = [max(map(len, numbers)) for numbers in zip(*cells, strict=True)]
    for row, numbers in zip(rows, cells, strict=True):
        row[name] = " ".join(number.rjust(width) for number, width in zip(numbers, widths, strict=True))


def _value(lists: Mapping[str, Values], key: str, i: int) -> tuple[str, Any]:
    """Returns (dtype, value) of one object; ('', None) if there is none."""
    dtype, values = lists.get(key, ("", ()))
    return (dtype, values[i]) if i < len(values) else ("", None)


def _number(lists: Mapping[str, Values], key: str, i: int) -> float | None:
    dtype, value = _value(lists, key, i)
    return float(value) if dtype in ("float", "int64") else None


def _cell(lists: Mapping[str, Values], key: str, i: int) -> str:
    """Returns a value, '' for a feature that is not there."""
    dtype, value = _value(lists, key, i)
    if not dtype:
        return NOTHING if key in lists else ""
    return plain_text(value) if dtype == "bytes" else value_text(dtype, value)


def _class(lists: Mapping[str, Values], i: int, class_names: Mapping[int, str]) -> str:
    text, label = _cell(lists, keys.CLASS_TEXT, i), _cell(lists, keys.CLASS_LABEL, i)
    dtype, number = _value(lists, keys.CLASS_LABEL, i)
    known = class_names.get(number) if dtype == "int64" else None
    if known is not None and keys.CLASS_TEXT not in lists:
        text = printable(short_name(known))
    elif known is not None and known.encode() != _value(lists, keys.CLASS_TEXT, i)[1]:
        label += f", by the label map {printable(short_name(known))}"
    return f"{text} ({label})".strip() if label else text


def _area(lists: Mapping[str, Values], i: int) -> str:
    dtype, value = _value(lists, keys.OBJECT_AREA, i)
    if dtype != "float" or not math.isfinite(value) or abs(value) >= 1e12:
        return _cell(lists, keys.OBJECT_AREA, i)
    return f"{value:,.1f}".removesuffix(".0")


def _flags(lists: Mapping[str, Values], i: int) -> list[str]:
    cells = {name: _cell(lists, key, i) for key, name in _FLAGS.items()}
    return [name if cell == "1" else f"{name} {cell}" for name, cell in cells.items() if cell not in ("", "0")]


def _faults(sides: list[float | None]) -> list[str]:
    """Returns what is wrong with a box."""
    whole = [side for side in sides if side is not None]
    if len(whole) < 4:
        return []
    if not all(map(math.isfinite, whole)):
        return ["not finite"]
    xmin, ymin, xmax, ymax = whole
    faults = {
        "reversed": xmin > xmax or ymin > ymax,
        "empty": xmin == xmax or ymin == ymax,
        "beyond the picture": min(whole) < 0 or max(whole) > 1,
    }
    return [name for name, is_so in faults.items() if is_so]


def _difference(high: float | None, low: float | None) -> float | None:
    return None if high is None or low is None else high - low


def _scaled(value: float | None, scale: int | None) -> float | None:
    return None if value is None or scale is None else value * scale


def _pixels(value: float | None) -> str:
    return NOTHING if value is None else pixels_text(value)


def _fraction(value: float | None) -> str:
    return NOTHING if value is None else fraction_text(value)
