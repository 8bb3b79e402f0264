"""What becomes of boxes: the rules one by one, and what holds for any input."""

import math
import random
import struct
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beam_pipelines.boxes import BoxReject, Frame, check_boxes, object_text
from beam_pipelines.records import AnnotatedObject, Box
from beam_pipelines.rejects import REMEDIES, REPAIRS

REST = (0, 0, "Unspecified", 0, 0, "")
"""Of a box, beside class and sides, where the annotation says nothing."""


def annotated(*sides: object, name: str = "raccoon", **fields: object) -> AnnotatedObject:
    return AnnotatedObject(name, *map(str, sides), **fields)


def one_box(
    one: AnnotatedObject, width: int = 100, height: int = 50, normalized: bool = False
) -> tuple[Box, list[str]]:
    boxes, rejects, repairs = check_boxes([one], width, height, normalized)
    assert rejects == []
    assert len(boxes) == 1
    return boxes[0], repairs


def one_reject(one: AnnotatedObject, width: int = 100, height: int = 50, normalized: bool = False) -> tuple[str, str]:
    """Its code and message; the object comes back as it was."""
    boxes, rejects, repairs = check_boxes([one], width, height, normalized)
    assert (boxes, repairs) == ((), [])
    [(code, message, rejected)] = rejects
    assert rejected == one
    return code, message


def float32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


def test_a_box_is_divided_by_the_size_and_nothing_else():
    one = annotated(25, 10, 75, 50, name=" naïve café ", difficult="1", truncated="0", pose="Left")
    assert one_box(one) == (("naïve café", 0.25, float32(0.2), 0.75, 1.0, 1, 0, "Left", 0, 0, ""), [])


def test_the_whole_picture_is_a_box():
    assert one_box(annotated(0, "0.0", "100.0", 50)) == (("raccoon", 0, 0, 1, 1, *REST), [])


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
    assert one_reject(annotated(*sides)) == (code, message)


@pytest.mark.parametrize("sides", [(50, 10, 50 + 1e-9, 20), (-5, 10, 1e-50, 20)], ids=["drawn so", "left by clipping"])
def test_a_box_that_vanishes_in_float32_has_no_area(sides):
    message = "the box is too thin for float32 in a picture of 100 × 50 pixels"
    assert one_reject(annotated(*sides)) == ("box_zero_area", message)


def test_an_object_without_class_is_rejected():
    assert one_reject(annotated(1, "", 3, 4, name=" ")) == ("class_missing", "the object has no class name")


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (annotated(81, 88, 522, 408), "raccoon xmin=81 ymin=88 xmax=522 ymax=408"),
        (annotated(" 1", "", "drei", "4", name=" "), "? xmin=1 ymin=? xmax=drei ymax=4"),
        (annotated(1, 2, 3, "4" * 50, name="n" * 50), f"{'n' * 39}… xmin=1 ymin=2 xmax=3 ymax={'4' * 39}…"),
    ],
)
def test_an_object_in_a_line(one: AnnotatedObject, text: str):
    assert object_text(one) == text


@pytest.mark.parametrize(
    ("size", "normalized", "frame"),
    [
        ((40, 30), False, Frame(40, 30, 1.0)),
        ((40, 20), True, Frame(1, 1, 0.05)),
        ((10, 20), True, Frame(1, 1, 0.1)),
        ((1, 1), True, Frame(1, 1, 1.0)),
    ],
)
def test_frames(size: tuple[int, int], normalized: bool, frame: Frame):
    assert Frame.of(*size, normalized=normalized) == frame


def test_normalised_sides_stay_what_they_are():
    one = annotated(0.1, "0.25", 0.5, 1)
    assert one_box(one, normalized=True) == (("raccoon", float32(0.1), 0.25, 0.5, 1.0, *REST), [])


@pytest.mark.parametrize(
    ("sides", "clipped", "repair"),
    [
        ((-0.02, 0, 0.5, 1), (0, 0, 0.5, 1), "box_rounded"),  # a pixel of the shorter side
        ((0, 0, 1.01, 1.0199), (0, 0, 1, 1), "box_rounded"),
        ((0, 0, 1.0201, 1), (0, 0, 1, 1), "box_clipped"),
        ((-0.03, 0, 0.5, 1), (0, 0, 0.5, 1), "box_clipped"),
    ],
)
def test_overshoot_of_normalised_sides(sides, clipped, repair):
    box, repairs = one_box(annotated(*sides), normalized=True)
    assert (box[1:5], repairs) == (clipped, [repair])


@pytest.mark.parametrize(
    ("sides", "code", "message"),
    [
        ((10, 0, 20, 1), "box_outside", "x from 10 to 20 in normalised coordinates, which end at 1"),
        ((0, -1, 1, 0), "box_outside", "y from -1 to 0 in normalised coordinates, which end at 1"),
        ((0.5, 0, 0.2, 1), "box_reversed", "xmin 0.5 is larger than xmax 0.2"),
        (
            (0.5, 0, 0.5 + 1e-9, 1),
            "box_zero_area",
            "the box is too thin for float32 in normalised coordinates, which end at 1",
        ),
    ],
)
def test_rejects_of_normalised_sides(sides, code: str, message: str):
    assert one_reject(annotated(*sides), normalized=True) == (code, message)


FRACTIONS = (0, 0.25, 0.5, 1)


def test_rows_in_fractions_of_the_picture_are_not_taken_for_pixels():
    message = "all sides are from 0 to 1, as if they were fractions of the picture"
    assert one_reject(annotated(*FRACTIONS, source="a.csv", row=2)) == ("box_not_in_pixels", message)


@pytest.mark.parametrize(
    ("one", "size", "normalized"),
    [
        (annotated(*FRACTIONS), (100, 50), False),  # VOC's boxes are in pixels
        (annotated(*FRACTIONS, source="a.csv"), (100, 50), True),
        (annotated(*FRACTIONS, source="a.csv"), (1, 50), True),
        (annotated(*FRACTIONS, source="a.csv"), (1, 1), False),  # the same in pixels
        (annotated(0, 0, 1, 1.5, source="a.csv"), (100, 50), False),
    ],
)
def test_small_sides_that_are_what_they_say(one: AnnotatedObject, size: tuple[int, int], normalized: bool):
    assert one_box(one, *size, normalized)[1] == []


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
    assert (box[5:], found) == ((value, value, *REST[2:]), repairs)
    box, found = one_box(annotated(0, 0, 1, 1, is_crowd=text))
    assert (box[5:], found) == ((*REST[:3], value, *REST[4:]), repairs[1:])


@pytest.mark.parametrize(
    ("text", "area", "repairs"),
    [
        ("", 0, []),
        ("0", 0, []),
        (" 12.5 ", 12.5, []),
        ("0.1", float32(0.1), []),
        ("1e38", float32(1e38), []),
        ("1e39", 0, ["area_unreadable"]),  # beyond float32
        ("-1", 0, ["area_unreadable"]),
        ("nan", 0, ["area_unreadable"]),
        ("inf", 0, ["area_unreadable"]),
        ("large", 0, ["area_unreadable"]),
    ],
)
def test_areas(text: str, area: float, repairs: list[str]):
    box, found = one_box(annotated(0, 0, 1, 1, area=text))
    assert (box[5:], found) == ((*REST[:4], area, ""), repairs)


@pytest.mark.parametrize("mask", ["#3", "masks/a b.png"])
def test_where_a_mask_is_passes_through(mask: str):
    assert one_box(annotated(0, 0, 1, 1, mask=mask))[0][5:] == (*REST[:5], mask)


def test_equal_boxes_stay_and_all_is_sorted():
    good = [annotated(1, 1, 2, 2, name=name) for name in "baab"]
    bad = [annotated(3, 1, 2, 2, name="b"), annotated(3, 1, 2, 2, name="a"), annotated(1, 1, 1, 1, name="z")]
    mended = [annotated(-1, 1, 2, 2, name="c"), annotated(1, 1, 2, 2, name="c", difficult="?")]
    everything = good + bad + mended
    boxes, rejects, repairs = expected = check_boxes(everything, 10, 10)
    assert [box[0] for box in boxes] == ["a", "a", "b", "b", "c", "c"]
    assert rejects == [
        BoxReject("box_reversed", "xmin 3 is larger than xmax 2", bad[1]),
        BoxReject("box_reversed", "xmin 3 is larger than xmax 2", bad[0]),
        BoxReject("box_zero_area", "xmin 1 and xmax 1 are equal", bad[2]),
    ]
    assert repairs == ["box_rounded", "flag_unreadable"]
    random.Random(1).shuffle(everything)
    assert check_boxes(everything, 10, 10) == expected


def test_no_objects_are_no_boxes():
    assert check_boxes([], 10, 10) == ((), [], [])


# What holds for any input.

SIZE = st.integers(1, 40_000)
NUMBER = st.integers(-50, 3_000).map(str) | st.floats().map(repr) | st.floats(-10, 3_000).map(repr)
FIELD = NUMBER | st.text(max_size=8)
TEXT = st.text(max_size=5)
ANY_OBJECT = st.builds(
    AnnotatedObject, TEXT, *[FIELD] * 4, *[TEXT] * 4, FIELD, TEXT, st.sampled_from(["", "a.csv"]), st.integers(0, 9)
)
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


@given(st.lists(ANY_OBJECT, max_size=6), SIZE, SIZE, st.booleans())
def test_nothing_is_lost_and_every_box_is_valid(
    objects: list[AnnotatedObject], width: int, height: int, normalized: bool
):
    boxes, rejects, repairs = check_boxes(objects, width, height, normalized)
    assert len(boxes) + len(rejects) == len(objects)
    assert list(boxes) == sorted(boxes)
    for name, xmin, ymin, xmax, ymax, difficult, truncated, view, is_crowd, area, mask in boxes:
        assert 0 <= xmin < xmax <= 1
        assert 0 <= ymin < ymax <= 1
        for side in (xmin, ymin, xmax, ymax):
            assert float32(side) == side
            assert math.copysign(1, side) == 1
        assert difficult in (0, 1)
        assert truncated in (0, 1)
        assert name.strip() == name != ""
        assert view.strip() == view != ""
        assert is_crowd in (0, 1)
        assert 0 <= area == float32(area)
        assert mask in {one.mask for one in objects}
    for code, message, one in rejects:
        assert code in REMEDIES
        assert message
        assert one in objects
        assert len(object_text(one)) < 250
    assert set(repairs) <= set(REPAIRS)
    assert len(repairs) <= 5 * len(boxes)


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


@given(inside())
def test_fractions_and_pixels_are_the_same_boxes(case: tuple[AnnotatedObject, int, int]):
    """Up to the rounding of the division, which is done once more here."""
    one, width, height = case
    sides = [float(text) / size for text, size in zip(one[1:5], (width, height) * 2, strict=True)]
    ((_, *fractions, _, _, _, _, _, _),), _, _ = check_boxes([annotated(*sides)], width, height, normalized=True)
    ((_, *pixels, _, _, _, _, _, _),), _, _ = check_boxes([one], width, height)
    assert fractions == pytest.approx(pixels, rel=2**-23, abs=2**-149)


@given(st.lists(ANY_OBJECT, max_size=6), SIZE, SIZE)
def test_checking_again_changes_nothing(objects: list[AnnotatedObject], width: int, height: int):
    boxes, _, _ = check_boxes(objects, width, height)
    again = [
        AnnotatedObject(
            name, *(repr(side * size) for side, size in zip(sides, (width, height) * 2, strict=True)),
            str(difficult), str(truncated), view, str(is_crowd), str(area), mask,
        )
        for name, *sides, difficult, truncated, view, is_crowd, area, mask in boxes
    ]  # fmt: skip
    assert check_boxes(again, width, height) == (boxes, [], [])


@given(st.lists(ANY_OBJECT, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_objects_does_not_matter(objects: list[AnnotatedObject], source: random.Random):
    shuffled = source.sample(objects, len(objects))
    assert check_boxes(shuffled, 640, 480) == check_boxes(objects, 640, 480)
