"""Columns of frames: what they become, and which are refused."""

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from beam_pipelines.dataframe.fields import FrameError, fields_of
from beam_pipelines.rows.layout import LayoutError, RowOptions

PLAIN = {"path": ["a.jpg", "b.jpg", "c.jpg"], "classes": ["cat", "dog", "cat"], "bb": ["1,2,3,4"] * 3}
SIDES = ("xmin", "ymin", "xmax", "ymax")
FIELDS = {"path": "image", "classes": "label", "bb": "box"}
NAN = float("nan")


def frame(**columns) -> pd.DataFrame:
    """Three rows; the sides take the place of the box if one of them is given."""
    content = PLAIN | columns
    if SIDES[0] in columns:
        content = {side: [1, 2, 3] for side in SIDES} | content
        del content["bb"]
    return pd.DataFrame(content, index=["i", "j", "k"])


def converted(**columns) -> tuple[str, list[object]]:
    """(type, values) of the one column given, as it is staged."""
    (name,) = columns
    column = fields_of(frame(**columns), RowOptions()).table.column(FIELDS.get(name, name))
    return str(column.type), column.to_pylist()


def refusal(table, options: RowOptions = RowOptions()) -> str:  # noqa: B008
    with pytest.raises(FrameError) as refused:
        fields_of(table, options)
    return str(refused.value)


def test_a_frame_becomes_a_table_of_its_fields():
    table, names = fields_of(frame(notes=["x", object(), None]), RowOptions())
    assert names == {"box": "bb", "image": "path", "label": "classes"}
    assert table.to_pydict() == {"box": PLAIN["bb"], "image": PLAIN["path"], "label": PLAIN["classes"]}


def test_columns_can_be_told():
    table = frame().rename(columns={"path": "where", "classes": 7})
    options = RowOptions((("image", "where"), ("label", "7")))
    found, names = fields_of(table, options)
    assert names == {"box": "bb", "image": "where", "label": "7"}
    assert found.to_pydict() == {"box": PLAIN["bb"], "image": PLAIN["path"], "label": PLAIN["classes"]}


def test_names_that_leave_a_doubt_are_refused():
    with pytest.raises(LayoutError) as refused:
        fields_of(pd.DataFrame({"path": [], "sort": [], "bb": []}), RowOptions())
    assert str(refused.value) == "the header 'path,sort,bb' has no column for the label: give --columns label=…"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b", None], ["a", "b", None]),
        ([Path("a"), "b/c.jpg", NAN], ["a", "b/c.jpg", None]),
        ([Path("/x/a"), Path("b"), Path("c")], ["/x/a", "b", "c"]),
        (pd.array(["a", pd.NA, "c"], dtype="string"), ["a", None, "c"]),
        (pd.Categorical(["a", "b", "a"]), ["a", "b", "a"]),
        (np.array(["a", "b", "c"]), ["a", "b", "c"]),
        ([None, None, None], [None, None, None]),
    ],
)
def test_paths(values, expected):
    assert converted(path=values) == ("string", expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["nan", "1", None], ("string", ["nan", "1", None])),
        ([1, 2, 3], ("int64", [1, 2, 3])),
        ([1.0, NAN, 2.5], ("double", [1.0, None, 2.5])),
        ([True, False, None], ("bool", [True, False, None])),
        (np.array([True, False, True]), ("bool", [True, False, True])),
        (pd.array([1, pd.NA, 3], dtype="Int8"), ("int8", [1, None, 3])),
        (pd.Categorical(["a", "b", "a"]), ("string", ["a", "b", "a"])),
        (pd.Categorical([2, 1, 2]), ("int64", [2, 1, 2])),
        (pd.Categorical([2, "a", 2]), ("string", ["2", "a", "2"])),
        # Of mixed types, which no Parquet file holds, the text is made here.
        ([1, "a", True], ("string", ["1", "a", "True"])),
        ([1.0, "1", 2.5], ("string", ["1", "1", "2.5"])),
        ([np.int64(3), np.str_("a"), np.bool_(False)], ("string", ["3", "a", "False"])),
        ([1, True, pd.NA], ("string", ["1", "True", None])),
        ([float("inf"), "a", pd.NaT], ("string", ["inf", "a", None])),
    ],
)
def test_classes(values, expected):
    assert converted(classes=pd.Series(values, index=["i", "j", "k"])) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3], ("int64", [1, 2, 3])),
        ([1, NAN, 2.5], ("double", [1.0, None, 2.5])),
        (np.array([0.1, 0.2, 0.3], np.float32), ("float", [np.float32(x) for x in (0.1, 0.2, 0.3)])),
        (np.array([0.5, 0.25, 1], np.float16), ("float", [0.5, 0.25, 1.0])),
        (pd.array([1, pd.NA, 3], dtype="Int64"), ("int64", [1, None, 3])),
        ([Decimal("1.5"), None, Decimal("2.5")], ("double", [1.5, None, 2.5])),
        ([2**70, 1, None], ("double", [2.0**70, 1.0, None])),
        ([None, None, None], ("double", [None, None, None])),
        (pd.Categorical([3, 1, 3]), ("int64", [3, 1, 3])),
    ],
)
def test_sides(values, expected):
    assert converted(xmin=pd.Series(values, index=["i", "j", "k"])) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1,2,3,4", "[1, 2, 3, 4]", None], ("string", ["1,2,3,4", "[1, 2, 3, 4]", None])),
        ([[1, 2, 3, 4], None, []], ("list<item: int64>", [[1, 2, 3, 4], None, None])),
        ([[1, 2, 3, 4], (1, 2.5, 3, 4), np.array([1, 2, 3, 4])], [[1, 2, 3, 4], [1, 2.5, 3, 4], [1, 2, 3, 4]]),
        ([np.array([1, 2, 3, 4], np.float32), None, []], [[1, 2, 3, 4], None, None]),
        ([[1, 2.5, NAN, 4], [1, 2, None, 4], NAN], [[1, 2.5, None, 4], [1, 2, None, 4], None]),
        ([[], [], []], [None, None, None]),
        ([None, None, None], ("string", [None, None, None])),
        ([[1, 2, None, 4.5], "1,2,3,4", []], ("string", ["1,2,nan,4.5", "1,2,3,4", None])),
        ([[np.int64(1), 2, 3, 4], "1,2,3,4", None], ("string", ["1,2,3,4", "1,2,3,4", None])),
    ],
)
def test_boxes(values, expected):
    if isinstance(expected, list):
        kind, found = converted(bb=values)
        assert kind == "list<item: double>"
        assert [None if b is None else [None if x != x else x for x in b] for b in found] == expected  # noqa: PLR0124
    else:
        assert converted(bb=values) == expected


IMAGE = "the column 'path', the image, must hold paths, as text or pathlib.Path, but "
LABEL = "the column 'classes', the label, must hold text, whole numbers or booleans, but "
SIDE = "the column 'xmin' must hold numbers, but "
BOX = (
    "the column 'bb', the box, must hold four numbers, such as [10, 20, 110, 220], "
    "or text, such as '10,20,110,220', but "
)


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("path", [None, 17, 3], IMAGE + "17.0 at index 'j' is of type float"),
        ("path", [1, 2, 3], IMAGE + "1 at index 'i' is of type int"),
        ("path", ["a", Path("b"), 3], IMAGE + "3 at index 'k' is of type int"),
        ("path", ["a", np.int64(3), None], IMAGE + "3 at index 'j' is of type int"),
        ("path", [b"a", b"b", None], IMAGE + "b'a' at index 'i' is of type bytes"),
        ("classes", ["a", ("b", "c"), None], LABEL + "('b', 'c') at index 'j' is of type tuple"),
        ("classes", [None, ["b"], ["c"]], LABEL + "['b'] at index 'j' is of type list"),
        (
            "classes",
            [datetime.date(2026, 1, 1)] * 3,
            LABEL + "datetime.date(2026, 1, 1) at index 'i' is of type date",
        ),
        ("xmin", [1, 2, "3"], SIDE + "'3' at index 'k' is of type str"),
        ("xmin", [None, True, False], SIDE + "True at index 'j' is of type bool"),
        ("xmin", [1, True, 3], SIDE + "True at index 'j' is of type bool"),
        ("xmin", [1, 2j, 3], SIDE + "(1+0j) at index 'i' is of type complex"),
        ("xmin", [[1], None, None], SIDE + "[1] at index 'i' is of type list"),
        (
            "xmin",
            [None, "10", "20"],
            "the column 'xmin' must hold numbers (pandas.to_numeric makes them of text), "
            "but '10' at index 'j' is of type str",
        ),
        ("bb", [[1, 2, 3, 4], [1, 2, 3], None], BOX + "[1, 2, 3] at index 'j' is of type list"),
        ("bb", [None, 7, 8], BOX + "7.0 at index 'j' is of type float"),
        ("bb", ["1,2,3,4", [1, 2], None], BOX + "[1, 2] at index 'j' is of type list"),
        ("bb", ["1,2,3,4", 7, None], BOX + "7 at index 'j' is of type int"),
        ("bb", ["1,2,3,4", [1, 2, 3, "4"], None], BOX + "[1, 2, 3, '4'] at index 'j' is of type list"),
        ("bb", [["1", "2", "3", "4"]] * 3, BOX + "['1', '2', '3', '4'] at index 'i' is of type list"),
        ("bb", [list(range(40))] * 3, BOX + f"{str(list(range(40)))[:59]}… at index 'i' is of type list"),
    ],
)
def test_a_column_that_cannot_be_what_it_is_for_is_refused(column, values, sentence):
    assert refusal(frame(**{column: pd.Series(values, index=["i", "j", "k"])})) == sentence


def test_a_path_that_is_no_unicode_is_refused():
    table = frame(path=pd.Series(["a", "\udcff.jpg", None], index=["i", "j", "k"], dtype=object))
    sentence = "the column 'path', the image, must hold Unicode text, but '\\udcff.jpg' at index 'j' is of type str"
    assert refusal(table) == sentence


def test_an_index_of_numbers_is_told_as_numbers():
    table = frame(path=["a", "b", 3]).set_index(pd.Index([10, 20, 30]))
    assert refusal(table) == IMAGE + "3 at index 30 is of type int"


def test_a_frame_without_rows_is_refused():
    assert refusal(frame().iloc[:0]) == "the frame has no row: give at least one"


@pytest.mark.parametrize(("value", "kind"), [([1], "list"), (pd.Series([1]), "Series"), (None, "NoneType")])
def test_what_is_no_table_is_refused(value, kind):
    assert refusal(value) == (
        f"a {kind} is no table: give a pandas.DataFrame, or a table of polars, pyarrow or another library that has "
        "__arrow_c_stream__"
    )


class Streaming:
    """A table of a library that is not known here."""

    def __init__(self, table: pa.Table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


def test_any_table_that_streams_arrow_is_taken():
    table = pa.table(
        {
            "path": pa.array(["a", None], pa.string_view()),
            "classes": pa.array(["cat", "dog"]).dictionary_encode(),
            "bb": pa.array([[1, 2, 3, 4], None], pa.list_(pa.int32(), 4)),
            "subset": pa.array(["x", "y"], pa.large_string()),
        }
    )
    assert fields_of(Streaming(table), RowOptions()).table.to_pydict() == {
        "box": [[1.0, 2.0, 3.0, 4.0], None],
        "image": ["a", None],
        "label": ["cat", "dog"],
        "split": ["x", "y"],
    }


def test_a_table_without_an_index_tells_the_row():
    table = pa.table({"path": pa.array([None, 3]), "classes": ["a", "b"], "bb": [[1, 2, 3, 4], None]})
    assert refusal(table) == IMAGE + "3 at row 2 is of type int"
