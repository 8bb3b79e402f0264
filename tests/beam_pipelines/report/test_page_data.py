"""Numbers of the page."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.report.page_data import (
    MOST_SPLITS,
    by_class,
    chart_data,
    order_of_splits,
    overview_of,
    packed,
    shown_splits,
    united,
)
from beam_pipelines.report.sightings import ALL
from beam_pipelines.report.sketch import Sketch
from presentation.page.rendering import shown

from .made_page import CLASSES, SPLITS, made_sketch, sighting

FIELDS = ("areas", "under_32", "sizes", "aspects", "positions", "per_image")


def unpacked(counts: list[int]) -> list[int]:
    return [value for count in counts for value in ([0] * -count if count < 0 else [count])]


@given(st.lists(st.integers(0, 3)))
def test_packed_counts_can_be_unpacked(counts):
    found = packed(counts)
    assert unpacked(found) == counts
    assert not any(one < 0 and other < 0 for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("named", "found", "expected"),
    [
        (["b", "a"], {"a", "b"}, ("b", "a")),
        (["train"], {"test", "extra", "validation"}, ("train", "validation", "test", "extra")),
        ([], {"test", "b", "a", "val", "train"}, ("train", "val", "test", "a", "b")),
    ],
)
def test_order_of_splits(named, found, expected):
    assert order_of_splits(named, found) == expected


def test_a_few_splits_have_their_own_names_and_many_have_one():
    few = [f"s{number}" for number in range(MOST_SPLITS)]
    assert shown_splits(few) == {name: name for name in few}
    many = [*few, "x", "y"]
    assert shown_splits(many) == {name: name for name in few[:-1]} | dict.fromkeys(["s11", "x", "y"], "3 others")


def test_united_counts_are_those_of_all_splits_together():
    sketch = made_sketch()
    whole = united(sketch, {"train": "all", "validation": "all", "test": "test"})
    for field in (*FIELDS, "boxes", "images", "negatives"):
        for name in (ALL, "dog"):
            of_two = [
                sum(p) for p in zip(*(sketch.counts_of(field, s, name) for s in ("train", "validation")), strict=True)
            ]
            assert whole.counts_of(field, "all", name) == of_two
    assert whole.exact_sizes["all"] == sketch.exact_sizes["train"] + sketch.exact_sizes["validation"]
    assert np.array_equal(whole.image_sizes["test"], sketch.image_sizes["test"])


def test_an_overview_has_the_most_frequent_class_first():
    sketch = made_sketch()
    overview = overview_of(sketch, tuple(SPLITS), {**CLASSES, "absent": 9})
    assert (overview.splits, overview.images, overview.negatives) == (
        ("train", "validation", "test"),
        (32, 4, 4),
        (3, 0, 0),
    )
    assert [(one.name, one.class_id, one.boxes, one.images) for one in overview.classes] == [
        ("dog", 2, (32, 4, 4), (16, 2, 2)),
        ("cat", 1, (28, 4, 4), (28, 4, 4)),
        ("كلب 狗", 3, (7, 0, 0), (7, 0, 0)),
        ("absent", 9, (0, 0, 0), (0, 0, 0)),
    ]
    assert overview.counts_boxes


def test_classes_without_boxes_are_counted_by_images():
    sketch = Sketch()
    sketch.add("train", "f", [sighting(0, labels=("a", "b")), sighting(1, labels=("b",))])
    overview = overview_of(sketch, ("train",), {})
    assert not overview.counts_boxes
    assert [(one.name, one.class_id, overview.frequency(one)) for one in overview.classes] == [
        ("b", None, 2),
        ("a", None, 1),
    ]


def test_the_numbers_of_the_charts_are_those_of_the_sketch():
    sketch = made_sketch()
    overview = overview_of(sketch, tuple(SPLITS), CLASSES)
    data = chart_data(sketch, overview)
    names = [ALL, *(one["name"] for one in data["classes"])]
    assert names == [ALL, "dog", "cat", "كلب 狗"]
    for split, cells in zip(SPLITS, data["cells"], strict=True):
        for name, cell in zip(names, cells, strict=True):
            assert {field: unpacked(cell[field]) for field in cell} == {
                field: sketch.counts_of(field, split, name) for field in FIELDS
            }
    assert data["exact_sizes"] == [
        [[640, 480, 21], [500, 480, 11]],
        [[500, 480, 2], [640, 480, 2]],
        [[500, 480, 2], [640, 480, 2]],
    ]
    assert [unpacked(sizes) for sizes in data["image_sizes"]] == [
        sketch.image_sizes[split].ravel().tolist() for split in SPLITS
    ]
    assert (data["unit"], data["splits"], data["images"], data["boxes"]) == ("boxes", [*SPLITS], [32, 4, 4], [67, 8, 8])


def test_sizes_that_are_too_many_are_not_listed():
    sketch = Sketch()
    sketch.add("train", "f", [sighting(number, width=100 + number) for number in range(100)])
    assert chart_data(sketch, overview_of(sketch, ("train",), {}))["exact_sizes"] == [None]


def test_a_class_that_is_not_there_has_no_cells():
    assert by_class(made_sketch())["unheard of"].counts_of("boxes", "train", "unheard of") == [0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, كلب 狗 é\t\n", "plain, كلب 狗 é\t\n"),
        ("a\0b\x1b[31m\x9b", "a\ufffdb\ufffd[31m\ufffd"),
        ("\u202egpj.exe\u2066", "\ufffdgpj.exe\ufffd"),
        ("\ud800", "?"),
    ],
)
def test_characters_that_a_page_cannot_hold_are_replaced(text, expected):
    assert shown(text) == expected
