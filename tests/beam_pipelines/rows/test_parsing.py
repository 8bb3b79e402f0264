"""Rows as people write them: cells, boxes in every spelling, and what is said of rows that are none."""

import csv
import io
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.records import AnnotatedObject, RecordError, Row
from beam_pipelines.rows.layout import RowOptions, find_layout
from beam_pipelines.rows.parsing import RowParser, decode_line, split_cells

CLASSIC = "filename,width,height,class,xmin,ymin,xmax,ymax"
RACCOON = "raccoon-1.jpg,650,417,raccoon,81,88,522,408"

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


def parse(header: str, line: str, box_format: str = "xyxy") -> Row:
    """Parses the line 7 of 'rows.csv', with '|' between cells."""
    layout = find_layout(header.split(","), RowOptions((), box_format), "|")
    return RowParser(layout, "rows.csv").parse(line.split("|"), 7)


def box(*sides: str) -> Row:
    """The row of a box of the class 'cat' in 'a.jpg'."""
    return Row("a.jpg", object=AnnotatedObject("cat", *sides, source="rows.csv", row=7))


def failure(header: str, line: str, box_format: str = "xyxy") -> tuple[str, str]:
    with pytest.raises(RecordError) as caught:
        parse(header, line, box_format)
    return caught.value.code, caught.value.message


def test_a_classic_row():
    one = AnnotatedObject("raccoon", "81", "88", "522", "408", source="rows.csv", row=7)
    assert parse(CLASSIC, RACCOON.replace(",", "|")) == Row("raccoon-1.jpg", 650, 417, one)


def test_every_field_finds_its_place():
    header = "mask,area,iscrowd,pose,truncated,difficult,group,split,ymax,xmax,ymin,xmin,label,height,width,image"
    line = "m/1.png|12.5|1|Left|0|True|p7|train|4|3|2|1|cat|30|40|a.jpg"
    one = AnnotatedObject("cat", "1", "2", "3", "4", "True", "0", "Left", "1", "12.5", "m/1.png", "rows.csv", 7)
    assert parse(header, line) == Row("a.jpg", 40, 30, one, "", "train", "p7")


def test_cells_are_stripped():
    assert parse("path,class,x1,y1,x2,y2", " a.jpg\t|  cat | 1| 2 |3 | 4\r") == box("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("images\\a b.jpg", "images/a b.jpg"),
        ("./a.jpg", "a.jpg"),
        (".\\x\\a.jpg", "x/a.jpg"),
        ("././/./a.jpg", "a.jpg"),
        ("../a.jpg", "../a.jpg"),
        ("/a/./b.jpg", "/a/./b.jpg"),
        (".a.jpg", ".a.jpg"),
        ("C:\\me\\a.jpg", "C:/me/a.jpg"),
    ],
)
def test_paths_have_forward_slashes(text: str, image: str):
    row = parse("image,label,bb,mask", f"{text}|cat|1,2,3,4|{text}")
    assert row.image == image
    assert row.object
    assert row.object.mask == image


@pytest.mark.parametrize("name", ["1", "1.0", "True", "nan", "NA", "null", "None", "-", "0", "two words", "naïve"])
def test_a_class_is_text_whatever_it_looks_like(name: str):
    one = parse("path,classes,bb", f"a.jpg|{name}|1,2,3,4").object
    assert one
    assert one.name == name
    assert parse("image,label", f"a.jpg|{name}") == Row("a.jpg", label=name)


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("800", 800), ("800.0", 800), (" 7 ", 7), ("", 0), ("-3", 0), ("x", 0), ("nan", 0), ("inf", 0), ("9" * 5000, 0)],
)
def test_sizes(text: str, pixels: int):
    assert parse("image,width,height,label", f"a.jpg|{text}|{text}|cat") == Row("a.jpg", pixels, pixels, label="cat")


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5,3e2,-4",
        "1 2.5 3e2 -4",
        "[1, 2.5, 3e2, -4]",
        "(1,2.5,3e2,-4)",
        "[ 1  2.5  3e2 -4 ]",
        "1;2.5;3e2;-4",
        "1 ; 2.5,\t3e2  -4",
        "[[1, 2.5, 3e2, -4]]",
    ],
)
def test_box_cells(text: str):
    assert parse("path,classes,bb", f"a.jpg|cat|{text}") == box("1", "2.5", "3e2", "-4")


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,4,5", "abc", "{}", "[1,2,3,4],[5,6,7,8]"])
def test_box_cells_without_four_numbers(text: str):
    message = f"the column 'bb' is {text!r}: write four numbers, xmin,ymin,xmax,ymax"
    assert failure("path,classes,bb", f"a.jpg|cat|{text}") == ("row_malformed", message)


def test_a_number_that_a_box_cell_lacks_is_for_the_judge_of_boxes_to_name():
    assert parse("path,classes,bb", "a.jpg|cat|[1,,null,4]") == box("1", "", "null", "4")


def test_a_box_cell_is_told_in_its_own_format_and_cut():
    message = f"the column 'bbox' is '{'1 ' * 19}1…': write four numbers, cx,cy,w,h"
    assert failure("path,classes,bbox", f"a.jpg|cat|{'1 ' * 40}", "cxcywh") == ("row_malformed", message)


@pytest.mark.parametrize("text", ["", " ", "[]", "[ ]", "()", ",,,"])
def test_a_row_without_class_and_box_is_an_image_without_objects(text: str):
    assert parse("path,classes,bb,split,group", f"a.jpg||{text}|test|g") == Row("a.jpg", split="test", group="g")
    assert parse("path,classes,x1,y1,x2,y2", "a.jpg|||||") == Row("a.jpg")
    assert parse("image,label", "a.jpg|") == Row("a.jpg")


@pytest.mark.parametrize(
    ("line", "box_format", "sides"),
    [
        ("10|20|30|40", "xyxy", ("10", "20", "30", "40")),
        ("10|20|30|40", "xywh", ("10", "20", "40.0", "60.0")),
        ("10|20|30|41", "cxcywh", ("-5.0", "-0.5", "25.0", "40.5")),
        ("0.5|0.5|0.2|1", "cxcywh", ("0.4", "0.0", "0.6", "1.0")),
        ("0.1|.5|0.2|1e-1", "xywh", ("0.1", ".5", "0.30000000000000004", "0.6")),
        # what is no number is for the judge of boxes to name
        ("10||30|40", "xyxy", ("10", "", "30", "40")),
        ("10|x|30|40", "xywh", ("10", "x", "40.0", "40")),
        ("10|20|30|", "xywh", ("10", "20", "40.0", "")),
        ("|20|30|4", "cxcywh", ("", "18.0", "30", "22.0")),
        ("inf|nan|1|1", "xywh", ("inf", "nan", "inf", "nan")),
    ],
)
def test_box_formats(line: str, box_format: str, sides: tuple[str, ...]):
    names = {"xyxy": "x1,y1,x2,y2", "xywh": "x,y,w,h", "cxcywh": "cx,cy,w,h"}[box_format]
    assert parse(f"image,label,{names}", f"a.jpg|cat|{line}", box_format) == box(*sides)
    if "||" not in line and not line.startswith("|") and not line.endswith("|"):
        assert parse("image,label,bb", f"a.jpg|cat|{line.replace('|', ' ')}", box_format) == box(*sides)


@pytest.mark.parametrize(
    ("header", "line", "code", "message"),
    [
        (
            CLASSIC,
            "a.jpg|1|1|cat|1|1|1",
            "row_malformed",
            "the row has 7 cells, the header 8: write a '|' for an empty cell too",
        ),
        (CLASSIC, "", "row_malformed", "the row has 1 cell, the header 8: write a '|' for an empty cell too"),
        (
            "path,classes,bb",
            "a.jpg|cat|1|2|3|4",
            "row_malformed",
            "the row has 6 cells, the header 3: write a cell that holds a '|' in double quotes",
        ),
        (
            "path,classes,bb",
            "  |cat|1,2,3,4",
            "row_without_image",
            "the column 'path' is empty: name the image of the row",
        ),
        (
            "path,classes,bb",
            "./|cat|1,2,3,4",
            "row_without_image",
            "the column 'path' is empty: name the image of the row",
        ),
        (
            "path,classes,bb",
            "a.jpg| |1,2,3,4",
            "class_missing",
            "the column 'classes' is empty: give the box a class",
        ),
        (
            CLASSIC,
            "a.jpg|1|1||||5|",
            "class_missing",
            "the column 'class' is empty: give the box a class",
        ),
        (
            "path,classes,bb",
            "a.jpg|cat|",
            "box_missing",
            "the class is 'cat' and the box is empty: fill in both, or none for no object",
        ),
        (
            CLASSIC,
            f"a.jpg|1|1|{'c' * 50}||||",
            "box_missing",
            f"the class is '{'c' * 39}…' and the box is empty: fill in both, or none for no object",
        ),
    ],
)
def test_rows_that_are_refused(header: str, line: str, code: str, message: str):
    assert failure(header, line) == (code, message)


def test_equal_texts_are_one_object():
    first, second = (parse("image,label,bb,split,group", "x/a.jpg|two words|1,2,3,4|train|g 1") for _ in range(2))
    assert first.object
    assert second.object
    assert first.image is second.image
    assert first.split is second.split
    assert first.group is second.group
    assert first.object.name is second.object.name
    assert first.object.source is second.object.source
    assert parse("image,label", "a|two words").label is first.object.name


def test_a_row_travels():
    row = parse(CLASSIC, RACCOON.replace(",", "|"))
    copy = pickle.loads(pickle.dumps(row))
    assert copy == row
    assert (type(copy), type(copy.object)) == (Row, AnnotatedObject)


@pytest.mark.parametrize(
    ("line", "text", "assumed"),
    [
        (b"a,b\n", "a,b", False),
        (b"a,b\r\n", "a,b", False),
        (b"\xef\xbb\xbfa", "a", False),
        ("naïve café".encode(), "naïve café", False),
        ("naïve – café €".encode("cp1252"), "naïve – café €", True),
        (b"\xef\xbb\xbf\xe9\x81", "é\N{REPLACEMENT CHARACTER}", True),
        (b"", "", False),
    ],
)
def test_decode_line(line: bytes, text: str, assumed: bool):
    assert decode_line(line) == (text, assumed)


@pytest.mark.parametrize(
    ("line", "delimiter", "cells"),
    [
        ("a,b,,c", ",", ["a", "b", "", "c"]),
        ("a;b,c", ";", ["a", "b,c"]),
        ("", ",", [""]),
        ('a,cat,"1,2,3,4"', ",", ["a", "cat", "1,2,3,4"]),
        ('a, cat, "1,2,3,4"', ",", ["a", "cat", "1,2,3,4"]),
        ('"a ""b"" c";d', ";", ['a "b" c', "d"]),
        ('a\t"b\tc"', "\t", ["a", "b\tc"]),
        ('5" by 3",b', ",", ['5" by 3"', "b"]),
        ('""', ",", [""]),
    ],
)
def test_split_cells(line: str, delimiter: str, cells: list[str]):
    assert split_cells(line, delimiter) == cells


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('a,"b', "a quoted cell that goes on in the next line is not supported: 'a,\"b'"),
        ('b",c', "a quoted cell that goes on in the next line is not supported: 'b\",c'"),
        (f'"{"x" * 50}', f"a quoted cell that goes on in the next line is not supported: '\"{'x' * 38}…'"),
        ('"a"b,c', "the quotes are not those of CSV (',' expected after '\"'): '\"a\"b,c'"),
    ],
)
def test_quotes_that_are_refused(line: str, message: str):
    with pytest.raises(RecordError) as caught:
        split_cells(line, ",")
    assert (caught.value.code, caught.value.message) == ("row_malformed", message)


@given(st.lists(TEXT, min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_what_csv_writes_is_split_again(cells: list[str], delimiter: str):
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerow(cells)
    line, assumed = decode_line(written.getvalue().encode())
    assert not assumed
    assert [cell.strip() for cell in split_cells(line, delimiter)] == [cell.strip() for cell in cells]


@given(TEXT, TEXT, TEXT, st.sampled_from(["xyxy", "xywh", "cxcywh"]))
def test_any_cells_parse_or_fail_as_a_record(image: str, label: str, cell: str, box_format: str):
    layout = find_layout(["image", "label", "box"], RowOptions((), box_format))
    try:
        row = RowParser(layout, "rows.csv").parse([image, label, cell], 7)
    except RecordError:
        return
    assert row.image
    assert not row.label
    assert row.object is None or all(isinstance(text, str) for text in row.object[:12])


@given(*[st.integers(-(10**6), 10**6)] * 2, *[st.integers(0, 10**6)] * 2)
def test_corners_of_whole_numbers_are_exact(x: int, y: int, w: int, h: int):
    corner = parse("image,label,x,y,w,h", f"a.jpg|cat|{x}|{y}|{w}|{h}", "xywh").object
    centre = parse("image,label,cx,cy,w,h", f"a.jpg|cat|{x + w / 2}|{y + h / 2}|{w}|{h}", "cxcywh").object
    assert corner
    assert centre
    assert [float(side) for side in corner[1:5]] == [x, y, x + w, y + h] == [float(side) for side in centre[1:5]]
