"""Objects as rows, whatever the lists of the record are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.inspection.objects import Objects, read_objects
from beam_pipelines.record_files.views import parse_features, short_name

from ..record_files.made_records import annotated, example
from ..record_files.test_views import KNOWN, VALUES

NAMES = {1: "cat", 2: "dog", 3: "horse"}
HEADERS = ("#", "class", "pixels", "size", "normalised")


def objects(size: tuple[int, int] | None = (40, 30), **changes: object) -> Objects:
    features = annotated(**{f"image__object__{key}": values for key, values in changes.items()})
    return read_objects(parse_features(example(features)), NAMES, size)


def cells(header: str, found: Objects) -> list[str]:
    """A column; empty if it is not there."""
    return [row[found.headers.index(header)] for row in found.rows] if header in found.headers else []


def test_the_columns_of_a_classic_script():
    cat = ("0", "cat (1)", "10  15 30   30", "20 × 15", "0.2500 0.5000 0.7500 1.0000")
    dog = ("1", "dog (2)", " 0 3.8 40 26.2", "40 × 22.5", "0.0000 0.1250 1.0000 0.8750")
    assert objects() == Objects(2, HEADERS, (cat, dog), ())


def test_every_column():
    found = objects(
        difficult=[1, 0],
        truncated=[1, 0],
        is_crowd=[0, 2],
        view=[b"Left", b""],
        area=[1234.5, 7.0],
        mask=[b"a", b"\xff"],
    )
    assert found.headers == (*HEADERS, "flags", "view", "area", "mask")
    assert [row[5:] for row in found.rows] == [
        ("difficult, truncated", "Left", "1,234.5", "a"),
        ("crowd 2", "''", "7", "<1 bytes>"),
    ]
    assert found.remarks == ()


def test_without_a_size_there_are_no_pixels():
    assert cells("pixels", objects(None)) == ["– – – –"] * 2
    assert cells("size", objects(None)) == ["– × –"] * 2


def test_no_objects():
    empty = {f"bbox__{side}": [] for side in ("xmin", "ymin", "xmax", "ymax")} | {"class__text": [], "class__label": []}
    assert objects(**empty) == read_objects({}, NAMES, (40, 30)) == Objects(0, (), (), ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"class__text": [b"cat", b"puppy"]}, ["cat (1)", "puppy (2, by the label map dog)"]),
        ({"class__label": [9, -1]}, ["cat (9)", "dog (-1)"]),
        ({"class__label": [1.0, math.nan]}, ["cat (1.0)", "dog (nan)"]),
        ({"class__text": [b"", b"\x1b[0m"], "class__label": [8, 9]}, ["'' (8)", r"'\x1b[0m' (9)"]),
        ({"class__text": [1, 2]}, ["1 (1, by the label map cat)", "2 (2, by the label map dog)"]),
        ({"class__text": []}, ["– (1, by the label map cat)", "– (2, by the label map dog)"]),
    ],
)
def test_classes(changes: dict, expected: list[str]):
    assert cells("class", objects(**changes)) == expected


def test_names_of_the_label_map_where_there_are_ids_alone():
    features = parse_features(example({"image/object/class/label": [1, 9]}))
    found = read_objects(features, NAMES, None)
    assert found == Objects(2, ("#", "class"), (("0", "cat (1)"), ("1", "(9)")), ())


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"bbox__xmin": [0.9, 0.0]}, ["reversed", ""]),
        ({"bbox__ymin": [1.0, 0.0]}, ["empty", ""]),
        ({"bbox__xmax": [1.5, 1.0], "bbox__ymin": [-0.5, 0.0]}, ["beyond the picture", ""]),
        ({"bbox__xmin": [3.0, 0.0]}, ["reversed, beyond the picture", ""]),
        ({"bbox__xmin": [math.nan, math.inf]}, ["not finite", "not finite"]),
        ({"difficult": [1, 0], "bbox__xmin": [0.75, 0.0]}, ["difficult, empty", ""]),
        (
            {"difficult": [1.0, 0.0], "truncated": [b"yes", b""]},
            ["difficult 1.0, truncated yes", "difficult 0.0, truncated ''"],
        ),
    ],
)
def test_faults(changes: dict, faults: list[str]):
    assert cells("flags", objects(**changes)) == faults


def test_bad_numbers_are_shown_as_they_are():
    found = objects(bbox__xmin=[math.nan, -1e30], bbox__xmax=[1.0000001192092896, 0.5], area=[math.inf, 1e20])
    assert cells("pixels", found) == ["   nan  15 40   30", "-4e+31 3.8 20 26.2"]
    assert cells("normalised", found) == ["   nan 0.5000 1.0000001 1.0000", "-1e+30 0.1250    0.5000 0.8750"]
    assert cells("size", found) == ["nan × 15", "4e+31 × 22.5"]
    assert cells("area", found) == ["inf", "1e+20"]


def test_lists_of_unequal_length():
    found = objects(bbox__xmin=[0.5], class__label=[1, 2, 3], view=[])
    assert found == Objects(
        3,
        (*HEADERS, "view"),
        (
            ("0", "cat (1)", "20  15 30   30", "10 × 15", "0.5000 0.5000 0.7500 1.0000", "–"),
            ("1", "dog (2)", " – 3.8 40 26.2", "– × 22.5", "     – 0.1250 1.0000 0.8750", "–"),
            ("2", "– (3, by the label map horse)", " –   –  –    –", "– × –", "     –      –      –      –", "–"),
        ),
        (
            "The lists of the objects have unequal lengths: bbox/xmin 1, bbox/ymin 2, bbox/xmax 2, bbox/ymax 2, "
            "class/text 2, class/label 3, view 0.",
        ),
    )


def test_an_empty_list_is_told_where_others_are_not():
    assert objects(view=[]).remarks == (
        "The lists of the objects have unequal lengths: bbox/xmin 2, bbox/ymin 2, bbox/xmax 2, bbox/ymax 2, "
        "class/text 2, class/label 2, view 0.",
    )


def test_very_many_objects():
    sides = {f"bbox__{side}": [0.5] * 1234 for side in ("xmin", "ymin", "xmax", "ymax")}
    found = objects(**sides, class__text=[b"cat"] * 1234, class__label=[1] * 1234)
    assert (found.total, len(found.rows), found.remarks) == (1234, 200, ("1,034 more objects are not listed.",))


@given(st.dictionaries(st.sampled_from(KNOWN), VALUES), st.sampled_from([None, (0, 0), (-5, 2**63 - 1), (40, 30)]))
def test_nothing_makes_it_fail(features: dict, size: tuple[int, int] | None):
    found = read_objects(parse_features(example(features)), NAMES, size)
    assert all(len(row) == len(found.headers) for row in found.rows)
    assert all(cell.isprintable() for row in found.rows for cell in row)


def test_long_names_of_the_label_map_are_shortened():
    names = {1: "a" * 300, 2: "b" * 300}
    features = annotated(image__object__class__text=[b"cat", names[2].encode()])
    found = read_objects(parse_features(example(features)), names, None)
    assert [row[1] for row in found.rows] == [
        f"cat (1, by the label map {short_name(names[1])})",
        f"{'b' * 200}… (300 characters) (2)",
    ]
    del features["image/object/class/text"]
    found = read_objects(parse_features(example(features)), names, None)
    assert [row[1] for row in found.rows] == [f"{short_name(names[1])} (1)", f"{short_name(names[2])} (2)"]
