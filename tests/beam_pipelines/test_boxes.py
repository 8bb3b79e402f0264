"""What becomes of boxes: the rules one by one, and what holds for any input."""

import math
import random
import struct
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beam_pipelines.boxes import check_boxes
from beam_pipelines.records import AnnotatedObject, Box
from beam_pipelines.rejects import REMEDIES, REPAIRS


def annotated(*sides: object, name: str = "raccoon", difficult: str = "", truncated: str = "", pose: str = ""):
    return AnnotatedObject(name, *map(str, sides), difficult, truncated, pose)


def one_box(one: AnnotatedObject, width: int = 100, height: int = 50) -> tuple[Box, list[str]]:
    boxes, rejects, repairs = check_boxes([one], width, height)
    assert rejects == []
    assert len(boxes) == 1
    return boxes[0], repairs


def one_reject(one: AnnotatedObject, width: int = 100, height: int = 50) -> tuple[str, str, str]:
    boxes, rejects, repairs = check_boxes([one], width, height)
    assert (boxes, repairs) == ((), [])
    assert len(rejects) == 1
    return rejects[0]


def float32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def test_a_box_is_divided_by_the_size_and_nothing_else():
    one = annotated(25, 10, 75, 50, name=" naïve café ", difficult="1", truncated="0", pose="Left")
    assert one_box(one) == (("naïve café", 0.25, float32(0.2), 0.75, 1.0, 1, 0, "Left"), [])


def test_the_whole_picture_is_a_box():
    assert one_box(annotated(0, "0.0", "100.0", 50)) == (("raccoon", 0, 0, 1, 1, 0, 0, "Unspecified"), [])


@pytest.mark.parametrize("name", ["1", "true", 'a"b', "a\nb", "猫"])
def test_class_names_are_text(name: str):
    assert one_box(annotated(0, 0, 1, 1, name=name))[0][0] == name


@pytest.mark.parametrize(
    ("sides", "clipped", "repair"),
    [
        ((-1, 0, 50, 50), (0, 0, 0.5, 1), "box_rounded"),
        ((0, 0, 101, 50), (0, 0, 1, 1), "box_rounded"),
        ((0, 0, "100.000000000001", 50), (0, 0, 1, 1), "box_rounded"),
        ((0, -0.5, 50, 50.5), (0, 0, 0.5, 1), "box_rounded"),
        ((-1.5, 0, 50, 50), (0, 0, 0.5, 1), "box_clipped"),
        ((-1, 0, 50, 52), (0, 0, 0.5, 1), "box_clipped"),
        ((-1e300, "-1e300", "1e300", 1e300), (0, 0, 1, 1), "box_clipped"),
    ],
)
def test_overshoot_is_clipped_and_counted_once(sides, clipped, repair):
    box, repairs = one_box(annotated(*sides))
    assert box[1:5] == clipped
    assert repairs == [repair]


@pytest.mark.parametrize(
    ("sides", "code", "message"),
    [
        (("", "", "", ""), "box_missing", "the object has no upright box"),
        (("1", "", "3", "4"), "box_not_a_number", "ymin is missing"),
        (("1", "2", "drei", "4"), "box_not_a_number", "xmax is 'drei'"),
        (("1", "2", "3,5", "4"), "box_not_a_number", "xmax is '3,5'"),
        (("nan", "2", "3", "4"), "box_not_a_number", "xmin is 'nan'"),
        (("1", "2", "3", "inf"), "box_not_a_number", "ymax is 'inf'"),
        (("1", "2", "3", "1e999"), "box_not_a_number", "ymax is '1e999'"),
        (("1", "2", "x" * 99, "4"), "box_not_a_number", f"xmax is '{'x' * 39}…'"),
        ((30, 10, 20, 20), "box_reversed", "xmin 30 is larger than xmax 20"),
        ((10, "20.50", 20, 10), "box_reversed", "ymin 20.50 is larger than ymax 10"),
        ((10, 10, "10.0", 20), "box_zero_area", "xmin 10 and xmax 10.0 are equal"),
        ((10, 10, 20, 10), "box_zero_area", "ymin 10 and ymax 10 are equal"),
        ((100, 0, 120, 10), "box_outside", "x from 100 to 120 in a picture of 100 × 50 pixels"),
        ((0, -9, 10, 0), "box_outside", "y from -9 to 0 in a picture of 100 × 50 pixels"),
    ],
)
def test_rejects_quote_the_offending_value(sides, code: str, message: str):
    found_code, found_message, described = one_reject(annotated(*sides))
    assert (found_code, found_message) == (code, message)
    assert described.startswith("raccoon xmin=")


def test_a_box_that_vanishes_in_float32_has_no_area():
    thin = annotated(50, 10, 50 + 1e-9, 20)
    assert one_reject(thin)[0] == "box_zero_area"
    left_by_clipping = annotated(-5, 10, 1e-50, 20)
    assert one_reject(left_by_clipping)[0] == "box_zero_area"


def test_an_object_without_class_is_rejected():
    expected = ("class_missing", "the object has no class name", "? xmin=1 ymin=? xmax=3 ymax=4")
    assert one_reject(annotated(1, "", 3, 4, name=" ")) == expected


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ("", 0, []),
        ("0", 0, []),
        (" 1 ", 1, []),
        ("True", 1, []),
        ("FALSE", 0, []),
        ("Unspecified", 0, ["flag_unreadable"] * 2),
        ("2", 0, ["flag_unreadable"] * 2),
    ],
)
def test_flags(text: str, value: int, repairs: list[str]):
    box, found = one_box(annotated(0, 0, 1, 1, difficult=text, truncated=text))
    assert (box[5:7], found) == ((value, value), repairs)


def test_equal_boxes_stay_and_all_is_sorted():
    good = [annotated(1, 1, 2, 2, name=name) for name in "baab"]
    bad = [annotated(3, 1, 2, 2, name="b"), annotated(3, 1, 2, 2, name="a"), annotated(1, 1, 1, 1, name="z")]
    mended = [annotated(-1, 1, 2, 2, name="c"), annotated(1, 1, 2, 2, name="c", difficult="?")]
    everything = good + bad + mended
    boxes, rejects, repairs = expected = check_boxes(everything, 10, 10)
    assert [box[0] for box in boxes] == ["a", "a", "b", "b", "c", "c"]
    assert [text.split()[0] for _, _, text in rejects] == ["a", "b", "z"]
    assert repairs == ["box_rounded", "flag_unreadable"]
    random.Random(1).shuffle(everything)
    assert check_boxes(everything, 10, 10) == expected


def test_no_objects_are_no_boxes():
    assert check_boxes([], 10, 10) == ((), [], [])


# What holds for any input.

SIZE = st.integers(1, 40_000)
NUMBER = st.integers(-50, 3_000).map(str) | st.floats().map(repr) | st.floats(-10, 3_000).map(repr)
FIELD = NUMBER | st.text(max_size=8)
ANY_OBJECT = st.builds(AnnotatedObject, st.text(max_size=5), *[FIELD] * 4, *[st.text(max_size=5)] * 3)
FRACTION = st.floats(0, 1)


@st.composite
def inside(draw: st.DrawFn) -> tuple[AnnotatedObject, int, int]:
    """An object wholly within its picture, at least a hundredth of a pixel wide and high."""
    width, height = draw(SIZE), draw(SIZE)
    sides: list[float] = []
    for size in (width, height):
        low, high = sorted(draw(FRACTION) * size for _ in range(2))
        assume(high - low >= 0.01)
        sides += [low, high]
    return annotated(sides[0], sides[2], sides[1], sides[3]), width, height


@given(st.lists(ANY_OBJECT, max_size=6), SIZE, SIZE)
def test_nothing_is_lost_and_every_box_is_valid(objects: list[AnnotatedObject], width: int, height: int):
    boxes, rejects, repairs = check_boxes(objects, width, height)
    assert len(boxes) + len(rejects) == len(objects)
    assert list(boxes) == sorted(boxes)
    for name, xmin, ymin, xmax, ymax, difficult, truncated, view in boxes:
        assert 0 <= xmin < xmax <= 1
        assert 0 <= ymin < ymax <= 1
        for side in (xmin, ymin, xmax, ymax):
            assert float32(side) == side
            assert math.copysign(1, side) == 1
        assert difficult in (0, 1)
        assert truncated in (0, 1)
        assert name.strip() == name != ""
        assert view.strip() == view != ""
    for code, message, described in rejects:
        assert code in REMEDIES
        assert message
        assert len(described) < 250
    assert set(repairs) <= set(REPAIRS)
    assert len(repairs) <= 3 * len(boxes)


@given(inside())
def test_a_box_inside_stays_within_one_unit_of_float32(case: tuple[AnnotatedObject, int, int]):
    one, width, height = case
    boxes, rejects, repairs = check_boxes([one], width, height)
    assert (len(boxes), rejects, repairs) == (1, [], [])
    for text, side, size in zip(one[1:5], boxes[0][1:5], (width, height) * 2, strict=True):
        exact = Fraction(text) / size
        assert abs(Fraction(side) - exact) <= max(exact * Fraction(1, 2**23), Fraction(1, 2**149))


@given(inside(), st.integers(0, 8))
def test_a_larger_copy_of_the_picture_has_the_same_boxes(case: tuple[AnnotatedObject, int, int], power: int):
    one, width, height = case
    factor = 2**power
    larger = annotated(*(float(text) * factor for text in one[1:5]))
    assert check_boxes([larger], width * factor, height * factor) == check_boxes([one], width, height)


@given(st.lists(ANY_OBJECT, max_size=6), SIZE, SIZE)
def test_checking_again_changes_nothing(objects: list[AnnotatedObject], width: int, height: int):
    boxes, _, _ = check_boxes(objects, width, height)
    again = [
        AnnotatedObject(
            name, *(repr(side * size) for side, size in zip(sides, (width, height) * 2, strict=True)),
            str(difficult), str(truncated), view,
        )
        for name, *sides, difficult, truncated, view in boxes
    ]  # fmt: skip
    assert check_boxes(again, width, height) == (boxes, [], [])


@given(st.lists(ANY_OBJECT, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(objects: list[AnnotatedObject], source: random.Random):
    shuffled = source.sample(objects, len(objects))
    assert check_boxes(shuffled, 640, 480) == check_boxes(objects, 640, 480)
