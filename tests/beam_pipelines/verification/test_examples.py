"""One example against the table of its features, its classes and its boxes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.verification.examples import Rules, check_example, rules_of_others
from data_contract.features import EXTRA_FEATURES, FEATURES

NAMES = {1: "cat", 2: "dog"}
STRICT = Rules(FEATURES, NAMES, of_dataset=True)
LENIENT = rules_of_others({})
BOX = "image/object/bbox/"

WHOLE: dict[str, tuple[str, tuple[Any, ...]]] = {
    "image/encoded": ("bytes", (b"x",)),
    "image/format": ("bytes", (b"jpeg",)),
    "image/height": ("int64", (30,)),
    "image/width": ("int64", (40,)),
    "image/filename": ("bytes", (b"a.jpg",)),
    "image/source_id": ("bytes", (b"1",)),
    "image/key/sha256": ("bytes", (b"0" * 64,)),
    f"{BOX}xmin": ("float", (0.25, 0.0)),
    f"{BOX}xmax": ("float", (0.5, 1.0)),
    f"{BOX}ymin": ("float", (0.25, 0.0)),
    f"{BOX}ymax": ("float", (0.5, 1.0)),
    "image/object/class/text": ("bytes", (b"cat", b"dog")),
    "image/object/class/label": ("int64", (1, 2)),
    "image/object/difficult": ("int64", (0, 1)),
    "image/object/truncated": ("int64", (0, 1)),
    "image/object/view": ("bytes", (b"", b"")),
    "image/object/is_crowd": ("int64", (0, 1)),
    "image/object/area": ("float", (1.0, 2.0)),
}


def test_nothing_is_wrong():
    assert check_example(WHOLE, STRICT) == []
    assert check_example(WHOLE, LENIENT) == []


def test_a_negative_of_empty_lists():
    empty = {key: (dtype, () if "object" in key else content) for key, (dtype, content) in WHOLE.items()}
    assert check_example(empty, STRICT) == []


@pytest.mark.parametrize(
    ("changes", "strict", "lenient"),
    [
        (
            {"image/format": ("", ()), "image/object/view": ("bytes", ())},
            [
                ("feature_missing", "image/format is missing"),
                ("lists_unequal", "image/object/view holds 0 values, and image/object/bbox/xmin 2"),
            ],
            [],
        ),
        (
            {f"{BOX}ymin": ("float", (float("inf"), float("nan")))},
            [("box_not_finite", "object 0 ('cat') has ymin inf (and 1 more)")],
            [("box_not_finite", "object 0 ('cat') has ymin inf (and 1 more)")],
        ),
        (
            {f"{BOX}xmin": ("float", (-0.5, 0.0)), f"{BOX}xmax": ("float", (-0.25, 1.0))},
            [("box_outside", "object 0 ('cat') has xmin -0.5, where 0 to 1 is the picture")],
            [("box_outside", "object 0 ('cat') has xmin -0.5, where 0 to 1 is the picture")],
        ),
        (
            {f"{BOX}xmax": ("float", (3.0, 1.5))},
            [
                ("box_outside", "object 0 ('cat') has xmax 3, where 0 to 1 is the picture"),
                ("box_overshoots", "object 1 ('dog') has xmax 1.5, where 0 to 1 is the picture"),
            ],
            [
                ("box_outside", "object 0 ('cat') has xmax 3, where 0 to 1 is the picture"),
                ("box_overshoots", "object 1 ('dog') has xmax 1.5, where 0 to 1 is the picture"),
            ],
        ),
        (
            {f"{BOX}ymin": ("float", ())},
            [("lists_unequal", "image/object/bbox/ymin holds 0 values, and image/object/bbox/xmin 2")],
            [("lists_unequal", "image/object/bbox/ymin holds 0 values, and image/object/bbox/xmin 2")],
        ),
        (
            {"image/object/class/text": ("bytes", (b"cat", b"cat"))},
            [("class_text_differs", "object 1 has label 2, which is 'dog', and text 'cat'")],
            [],
        ),
        (
            {"image/object/class/label": ("int64", (0, -3)), "image/object/class/text": ("bytes", (b"\xff",))},
            [
                ("lists_unequal", "image/object/class/text holds 1 values, and image/object/bbox/xmin 2"),
                ("class_unknown", "object 0 has label 0, which the label map does not have (and 1 more)"),
            ],
            [
                ("lists_unequal", "image/object/class/text holds 1 values, and image/object/bbox/xmin 2"),
                ("class_not_positive", "object 0 has label 0, where ids start from 1 (and 1 more)"),
            ],
        ),
        (
            {"image/object/mask": ("float", (0.0, 1.0))},
            [("feature_unlisted", "'image/object/mask' is not in the manifest's list")],
            [],
        ),
        (
            {"image/object/area": ("float", (float("nan"), float("inf")))},
            [("area_invalid", "object 0 ('cat') has area nan (and 1 more)")],
            [("area_invalid", "object 0 ('cat') has area nan (and 1 more)")],
        ),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], strict: list[tuple[str, str]], lenient: list[tuple[str, str]]):
    assert check_example(WHOLE | changes, STRICT) == strict
    assert check_example(WHOLE | changes, LENIENT) == lenient


def test_masks_of_a_dataset_are_pngs():
    rules = Rules((*FEATURES, *EXTRA_FEATURES["masks"]), NAMES, of_dataset=True)
    example = WHOLE | {"image/object/mask": ("float", (0.0, 1.0))}
    assert check_example(example, rules) == [("feature_dtype", "image/object/mask holds float values instead of bytes")]


def test_what_is_no_detection_example():
    told = "there is no image/encoded; it has 'a', 'b', 'c' and 2 more"
    assert check_example(dict.fromkeys("abcde", ("int64", (1,))), LENIENT) == [("not_a_detection_example", told)]


side = st.floats(width=32) | st.sampled_from([0.0, 0.5, 1.0])


@given(st.tuples(side, side, side, side))
def test_a_box_is_found_wrong_exactly_if_it_is(sides: tuple[float, float, float, float]):
    xmin, ymin, xmax, ymax = sides
    example = {
        key: (dtype, content[:1] if key.startswith("image/object") else content)
        for key, (dtype, content) in WHOLE.items()
    }
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True):
        example[f"{BOX}{name}"] = ("float", (value,))
    right = 0 <= xmin < xmax <= 1 and 0 <= ymin < ymax <= 1
    problems = check_example(example, STRICT)
    assert len(problems) == (0 if right else 1)
    assert {code for code, _ in problems} <= {
        *("box_not_finite", "box_reversed", "box_empty", "box_outside", "box_overshoots"),
    }
