"""Parquet's typed columns as the text cells of the same table in CSV."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from beam_pipelines.rows.layout import MEASURES, Layout, LayoutError
from beam_pipelines.rows.parsing import decode_line

_BATCH = 4096
"""Rows that are held as text at once."""


def rows_of_table(table: pa.Table, layout: Layout) -> Iterator[list[str]]:
    """Yields the cells of every row of a table, as many as the layout has columns.

    Missing values and NaN are empty cells, and so are columns that are no field: the table may lack those.
    """
    names = [(field, place, layout.header[place]) for field, place in layout.places.items()]
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns: list[Sequence[str]] = [[""] * batch.num_rows] * len(layout.header)
        for field, place, name in names:
            columns[place] = _cells(batch.column(name), field)
        yield from map(list, zip(*columns, strict=True))


def check_types(schema: pa.Schema, layout: Layout) -> None:
    """Checks that every column is of a type that can hold its field.

    Raises:
        LayoutError: naming the first column that is not, and its type.
    """
    for field, place in layout.places.items():
        name = layout.header[place]
        kind = schema.field(name).type
        if kinds.is_dictionary(kind):
            kind = kind.value_type
        if kinds.is_null(kind) or _is_text(kind) or _fits(kind, field):
            continue
        wanted = "a list of four numbers" if field == "box" else "numbers" if field in MEASURES else "text"
        raise LayoutError(f"the column '{name}' is of the type {kind}, which cannot be the {field}: make it {wanted}")


def _fits(kind: pa.DataType, field: str) -> bool:
    """Whether a type that is not text can hold a field."""
    if field == "box":
        size = kind.list_size if kinds.is_fixed_size_list(kind) else 4
        return _is_list(kind) and size == 4 and _is_number(kind.value_type)
    return _is_number(kind) or (kinds.is_boolean(kind) and field not in MEASURES and field != "image")


def _cells(column: pa.Array, field: str) -> Sequence[str]:
    """One column as text."""
    kind = column.type
    if kinds.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = kind.value_type
    if _is_list(kind):
        return _list_cells(column)
    if kinds.is_floating(kind) or kinds.is_decimal(kind):
        return [_number_text(value, whole=field not in MEASURES) for value in _shortest(column)]
    values = column.to_pylist()
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        return [value or "" for value in values]
    return [_text(value) for value in values]


def _list_cells(column: pa.Array) -> Sequence[str]:
    """Lists of numbers as "x1,y1,x2,y2"; one without any number is empty."""
    cells = []
    numbers = iter([_number_text(value, whole=False) for value in _shortest(pc.list_flatten(column))])
    for length in pc.list_value_length(column).to_pylist():
        parts = [next(numbers) for _ in range(length or 0)]
        cells.append(",".join(part or "nan" for part in parts) if any(parts) else "")
    return cells


def _shortest(column: pa.Array) -> list[Any]:
    """Values of which the repr is the shortest text that gives the same number in the column's own type."""
    if kinds.is_float32(column.type) or kinds.is_float16(column.type):
        column = column.cast(pa.float32())
        return [None if text is None else float(text) for text in column.cast(pa.string()).to_pylist()]
    values: list[Any] = column.to_pylist()
    return values


def _number_text(value: Any, whole: bool) -> str:
    """A number as text; `whole` writes 1.0 as "1"."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if whole and math.isfinite(value) and value == int(value):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return decode_line(value)[0] if isinstance(value, bytes) else str(value)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (
            kinds.is_string,
            kinds.is_large_string,
            kinds.is_string_view,
            kinds.is_binary,
            kinds.is_large_binary,
            kinds.is_binary_view,
            kinds.is_fixed_size_binary,
        )
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind))
