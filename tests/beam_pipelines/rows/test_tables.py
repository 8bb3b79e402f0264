"""Columns of Parquet as the cells of CSV: every type, missing values, and types that cannot be what they are for."""

import decimal
import math
import struct
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.rows.layout import LayoutError, RowOptions, find_layout
from beam_pipelines.rows.tables import check_types, rows_of_table

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
FLOATS32 = st.floats(allow_nan=False, allow_infinity=False, width=32)


def rows(table: pa.Table) -> list[list[str]]:
    layout = find_layout(table.column_names, RowOptions())
    check_types(table.schema, layout)
    return list(rows_of_table(table, layout))


def column(name: str, values: Any) -> list[str]:
    """One column of a table as text."""
    table = {"image": pa.array(["a"] * len(values)), "label": pa.array(["b"] * len(values))}
    table[name] = values
    if name == "xmin":
        table |= dict.fromkeys(("ymin", "xmax", "ymax"), values)
    place = list(table).index(name)
    return [cells[place] for cells in rows(pa.table(table))]


def refusal(field: str, kind: pa.DataType) -> str:
    sides = [("xmin", pa.int8()), ("ymin", pa.int8()), ("xmax", pa.int8()), ("ymax", pa.int8())]
    fields = {"image": pa.string(), "label": pa.string(), **dict(sides if field == "xmin" else []), field: kind}
    schema = pa.schema(list(fields.items()))
    with pytest.raises(LayoutError) as caught:
        check_types(schema, find_layout(schema.names, RowOptions()))
    return str(caught.value)


def test_a_table_is_the_cells_of_the_same_csv():
    table = pa.table(
        {
            "note": pa.array([{"a": 1}, None]),
            "path": ["a.jpg", "b.jpg"],
            "width": pa.array([640, None], pa.int32()),
            "classes": ["cat", None],
            "x1": pa.array([1.5, math.nan]),
            "y1": pa.array([2, None], pa.uint8()),
            "x2": ["3", None],
            "y2": pa.array([4.25, None], pa.float32()),
            "difficult": [True, False],
        }
    )
    assert rows(table) == [
        ["", "a.jpg", "640", "cat", "1.5", "2", "3", "4.25", "True"],
        ["", "b.jpg", "", "", "", "", "", "", "False"],
    ]


def test_a_table_may_lack_the_columns_that_are_no_field():
    layout = find_layout(["note", "image", "other", "label"], RowOptions())
    table = pa.table({"label": ["cat"], "image": ["a"]})
    assert list(rows_of_table(table, layout)) == [["", "a", "", "cat"]]


def test_long_and_sliced_tables_lose_nothing():
    boxes = [[float(n)] * 4 if n % 3 else None for n in range(10_000)]
    table = pa.table({"image": [f"{n}" for n in range(10_000)], "label": ["a"] * 10_000, "box": boxes})
    expected = [[f"{n}", "a", ",".join([f"{n}.0"] * 4) if n % 3 else ""] for n in range(10_000)]
    assert rows(table) == expected
    assert rows(table.slice(4095, 5000)) == expected[4095:9095]
    assert rows(pa.concat_tables([table.slice(0, 3), table.slice(3)])) == expected
    assert rows(table.slice(0, 0)) == []


@pytest.mark.parametrize("name", ["label", "image", "split", "group", "difficult"])
@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(["1", None, "nan", ""]), ["1", "", "nan", ""]),
        (pa.array(["a", None], pa.large_string()), ["a", ""]),
        (pa.array(["a", None], pa.string_view()), ["a", ""]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", "", "a"]),
        (pa.array([b"na\xc3\xafve", b"na\xefve", None]), ["naïve", "naïve", ""]),
        (pa.array([b"ab", None], pa.binary(2)), ["ab", ""]),
        (pa.array([1, None, -3]), ["1", "", "-3"]),
        (pa.array([1.0, math.nan, None, 2.5, -math.inf]), ["1", "", "", "2.5", "-inf"]),
        (pa.array([0.1, 7, None], pa.float32()), ["0.1", "7", ""]),
        (pa.array([1.5, 7, math.nan], pa.float16()), ["1.5", "7", ""]),
        (pa.array([decimal.Decimal("3.00"), None, decimal.Decimal("0.10")]), ["3", "", "0.10"]),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_columns_of_text(name: str, values: pa.Array, texts: list[str]):
    assert column(name, values) == texts


def test_truth_as_text():
    assert column("label", pa.array([True, None, False])) == ["True", "", "False"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([1.0, math.nan, None, math.inf]), ["1.0", "", "", "inf"]),
        (pa.array([0.1, 2.0, None, 16777216], pa.float32()), ["0.1", "2.0", "", "16777216.0"]),
        (pa.array([1.5, None], pa.float16()), ["1.5", ""]),
        (pa.array([1, None, 2**64 - 1], pa.uint64()), ["1", "", "18446744073709551615"]),
        (pa.array([decimal.Decimal("1.50")]), ["1.50"]),
        (pa.array(["1e3", None]), ["1e3", ""]),
    ],
)
def test_columns_of_numbers(values: pa.Array, texts: list[str]):
    assert column("xmin", values) == texts


BOXES = [[0.1, 2, 3, 4], None, [5, 6, 7, 8]]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(BOXES, pa.list_(pa.float64())), ["0.1,2.0,3.0,4.0", "", "5.0,6.0,7.0,8.0"]),
        (pa.array(BOXES, pa.list_(pa.float32())), ["0.1,2.0,3.0,4.0", "", "5.0,6.0,7.0,8.0"]),
        (pa.array(BOXES, pa.large_list(pa.float32())), ["0.1,2.0,3.0,4.0", "", "5.0,6.0,7.0,8.0"]),
        (pa.array(BOXES, pa.list_(pa.float32(), 4)), ["0.1,2.0,3.0,4.0", "", "5.0,6.0,7.0,8.0"]),
        (pa.array([[1, 2, 3, 4], [], [5]], pa.list_(pa.int16())), ["1,2,3,4", "", "5"]),
        (pa.array([[1.0, None, math.nan, 4], [None] * 4, [math.nan]]), ["1.0,nan,nan,4.0", "", ""]),
        (pa.array(["1,2,3,4", None]), ["1,2,3,4", ""]),
    ],
)
def test_columns_of_boxes(values: pa.Array, texts: list[str]):
    assert column("box", values) == texts


@given(st.lists(FLOATS, max_size=5), st.lists(FLOATS32, max_size=5))
def test_numbers_survive_as_text(doubles: list[float], singles: list[float]):
    assert [float(text) for text in column("xmin", pa.array(doubles, pa.float64()))] == doubles
    texts = column("xmin", pa.array(singles, pa.float32()))
    assert [struct.unpack("f", struct.pack("f", float(text)))[0] for text in texts] == singles


@pytest.mark.parametrize(
    ("field", "kind", "sentence"),
    [
        ("image", pa.struct([("a", pa.int8())]), "struct<a: int8>, which cannot be the image: make it text"),
        ("image", pa.bool_(), "bool, which cannot be the image: make it text"),
        ("label", pa.list_(pa.string()), "list<item: string>, which cannot be the label: make it text"),
        ("split", pa.date32(), "date32[day], which cannot be the split: make it text"),
        ("xmin", pa.timestamp("s"), "timestamp[s], which cannot be the xmin: make it numbers"),
        ("width", pa.bool_(), "bool, which cannot be the width: make it numbers"),
        ("area", pa.list_(pa.float32()), "list<item: float>, which cannot be the area: make it numbers"),
        ("box", pa.float32(), "float, which cannot be the box: make it a list of four numbers"),
        ("box", pa.list_(pa.int8(), 5), "{list}, which cannot be the box: make it a list of four numbers"),
        ("box", pa.list_(pa.string()), "list<item: string>, which cannot be the box: make it a list of four numbers"),
        (
            "group",
            pa.dictionary(pa.int8(), pa.timestamp("s")),
            "timestamp[s], which cannot be the group: make it text",
        ),
    ],
)
def test_types_that_are_refused(field: str, kind: pa.DataType, sentence: str):
    assert refusal(field, kind) == f"the column '{field}' is of the type {sentence.format(list=kind)}"
