"""Frames in memory: which column is what, whether its values can be that, and the table of fields that is staged.

A frame is a pandas.DataFrame, or any table that exports itself as an Arrow stream (polars, pyarrow, …). Columns are
converted whole; values are looked at one by one only in a column whose types are mixed.
"""

import numbers
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyarrow
import pyarrow.compute
from pyarrow import types

from beam_pipelines.rows.layout import MEASURES, RowOptions, find_layout

_PATHS = frozenset({"image", "mask"})

_LONGEST = 60
"""Characters of a value that are quoted."""

Values = Any
"""A pyarrow.Array or pyarrow.ChunkedArray; pyarrow has no types."""


class FrameError(ValueError):
    """A frame that cannot be used: a sentence for a person, which names the column."""


class Column(NamedTuple):
    """A column of a frame."""

    name: str
    field: str
    """What it holds, one of `layout.FIELDS`."""
    array: Values | None
    """None if its types are mixed, or none of Arrow's."""
    values: Callable[[], Sequence[Any]]
    """Returns them as Python's, None where one is missing."""
    place: Callable[[int], str]
    """Returns how a person finds the value that is counted from 0."""

    def refused(self, number: int, value: Any, wanted: str) -> FrameError:
        """Returns what to raise for a value that cannot be what the column is for."""
        plain = _plain(value)
        shown = repr(plain)
        shown = shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
        meaning = "" if self.name == self.field else f", the {self.field},"
        return FrameError(
            f"the column '{self.name}'{meaning} must hold {wanted}, "
            f"but {shown} at {self.place(number)} is of type {type(plain).__name__}"
        )

    def all_refused(self, array: Values, wanted: str) -> FrameError:
        """Returns what to raise for a column of a wrong type: it names the first value that is there."""
        number = pyarrow.compute.index(array.is_valid(), True).as_py()
        return self.refused(number, array[number].as_py(), wanted)


class Fields(NamedTuple):
    """The columns of a frame that are fields, named after them."""

    table: pyarrow.Table
    names: dict[str, str]
    """Field: what its column is called in the frame."""


def fields_of(frame: Any, options: RowOptions) -> Fields:
    """Returns the columns of a frame that are fields; others are left out.

    Args:
        frame: with a row for each box.
        options: which column is what, where the names do not tell.

    Raises:
        FrameError: no frame, without rows, or a column with values that cannot be what it is for.
        LayoutError: the names of the columns leave a doubt.
    """
    names, column_of, rows = _pandas(frame) if hasattr(frame, "iloc") else _arrow(frame)
    layout = find_layout(names, options)
    if not rows:
        raise FrameError("the frame has no row: give at least one")
    table = {field: _converted(column_of(field, place)) for field, place in layout.places.items()}
    return Fields(pyarrow.table(table), {field: layout.name_of(field) for field in table})


_Opened = tuple[list[str], Callable[[str, int], Column], int]


def _pandas(frame: Any) -> _Opened:
    if not hasattr(frame, "columns"):
        raise _no_frame(frame)
    names = [str(name) for name in frame.columns]

    def column_of(field: str, place: int) -> Column:
        series = frame.iloc[:, place]

        def values() -> list[Any]:
            missing = series.isna().to_numpy()
            plain = series.to_numpy(dtype=object)
            return [None if is_missing else value for value, is_missing in zip(plain, missing, strict=True)]

        def label(number: int) -> str:
            return f"index {_plain(frame.index[number])!r}"

        return Column(names[place], field, _as_array(series), values, label)

    return names, column_of, len(frame)


def _as_array(series: Any) -> Values | None:
    try:
        return pyarrow.array(series, from_pandas=True)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
        return None


def _arrow(frame: Any) -> _Opened:
    if not hasattr(frame, "__arrow_c_stream__"):
        raise _no_frame(frame)
    table = pyarrow.table(frame)

    def column_of(field: str, place: int) -> Column:
        array = table.column(place)
        return Column(table.column_names[place], field, array, array.to_pylist, lambda number: f"row {number + 1}")

    return table.column_names, column_of, table.num_rows


def _no_frame(value: Any) -> FrameError:
    return FrameError(
        f"a {type(value).__name__} is no table: give a pandas.DataFrame, or a table of polars, pyarrow or another "
        f"library that has __arrow_c_stream__"
    )


def _converted(column: Column) -> Values:
    array = column.array
    if array is not None and types.is_dictionary(array.type):
        column = column._replace(array=array.cast(array.type.value_type))
    if column.field in _PATHS:
        return _paths(column)
    if column.field in MEASURES:
        return _numbers(column)
    return _boxes(column) if column.field == "box" else _texts(column)


def _is_text(kind: pyarrow.DataType) -> bool:
    tests = (types.is_null, types.is_string, types.is_large_string, types.is_string_view)
    return any(test(kind) for test in tests)


def _is_number(kind: pyarrow.DataType) -> bool:
    return any(test(kind) for test in (types.is_integer, types.is_floating, types.is_decimal))


def _paths(column: Column) -> Values:
    wanted = "paths, as text or pathlib.Path"
    if column.array is None:
        texts = []
        for number, value in enumerate(column.values()):
            path = os.fspath(value) if isinstance(value, os.PathLike) else value
            if not isinstance(path, str | None):
                raise column.refused(number, value, wanted)
            texts.append(path)
        return _strings(column, texts)
    if not _is_text(column.array.type):
        raise column.all_refused(column.array, wanted)
    return column.array.cast(pyarrow.string())


def _texts(column: Column) -> Values:
    """Numbers and booleans of one type stay what they are: as in a Parquet file, their text is made when it is read."""
    wanted = "text, whole numbers or booleans"
    if column.array is None:
        texts = [
            None if value is None else _text(column, number, value) for number, value in enumerate(column.values())
        ]
        return _strings(column, texts)
    kind = column.array.type
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind):
        return _without_halves(column.array)
    if not _is_text(kind):
        raise column.all_refused(column.array, wanted)
    return column.array.cast(pyarrow.string())


def _text(column: Column, number: int, value: Any) -> str:
    plain = _plain(value)
    if isinstance(plain, float) and plain.is_integer():
        return str(int(plain))
    if not isinstance(plain, str | bool | int | float):
        raise column.refused(number, value, "text, whole numbers or booleans")
    return str(plain)


def _numbers(column: Column) -> Values:
    wanted = "numbers"
    if column.array is None:
        sides = []
        for number, value in enumerate(column.values()):
            if value is not None and not _is_real(value):
                raise column.refused(number, value, wanted)
            sides.append(None if value is None else float(value))
        return pyarrow.array(sides, pyarrow.float64())
    kind = column.array.type
    if types.is_null(kind) or types.is_decimal(kind):
        return column.array.cast(pyarrow.float64())
    if _is_text(kind) and column.array.null_count < len(column.array):
        raise column.all_refused(column.array, f"{wanted} (pandas.to_numeric makes them of text)")
    if not _is_number(kind):
        raise column.all_refused(column.array, wanted)
    return _without_halves(column.array)


def _without_halves(array: Values) -> Values:
    return array.cast(pyarrow.float32()) if types.is_float16(array.type) else array


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(_plain(value), bool)


_BOX = "four numbers, such as [10, 20, 110, 220], or text, such as '10,20,110,220'"


def _boxes(column: Column) -> Values:
    """A box without numbers is no box: so frames say that an image has no objects."""
    array = column.array
    if array is None:
        texts = [
            None if value is None else _box_text(column, number, value) for number, value in enumerate(column.values())
        ]
        return _strings(column, texts)
    kind = array.type
    if _is_text(kind):
        return array.cast(pyarrow.string())
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if not (is_list and (types.is_null(kind.value_type) or _is_number(kind.value_type))):
        raise column.all_refused(array, _BOX)
    lengths = pyarrow.compute.list_value_length(array)
    has_box = pyarrow.compute.equal(lengths, 4)
    wrong = pyarrow.compute.index(pyarrow.compute.or_(has_box, pyarrow.compute.equal(lengths, 0)), False).as_py()
    if wrong >= 0:
        raise column.refused(wrong, array[wrong].as_py(), _BOX)
    number = kind.value_type if types.is_integer(kind.value_type) else pyarrow.float64()
    return pyarrow.compute.if_else(has_box, array.cast(pyarrow.list_(number)), None)


def _box_text(column: Column, number: int, value: Any) -> str | None:
    """The text of one box, in a column of lists and texts."""
    if isinstance(value, str):
        return value
    try:
        sides = list(value)
    except TypeError:
        sides = [value]
    if len(sides) not in (0, 4) or not all(side is None or _is_real(side) for side in sides):
        raise column.refused(number, value, _BOX)
    return ",".join("nan" if side is None else repr(_plain(side)) for side in sides) or None


def _strings(column: Column, texts: Sequence[str | None]) -> Values:
    try:
        return pyarrow.array(texts, pyarrow.string())
    except UnicodeEncodeError:
        for number, text in enumerate(texts):
            if text is not None and _is_broken(text):
                raise column.refused(number, text, "Unicode text") from None
        raise


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _plain(value: Any) -> Any:
    """Returns Python's own value for one of numpy's."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value
