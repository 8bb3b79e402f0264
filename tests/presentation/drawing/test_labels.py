"""Places of labels."""

from itertools import combinations
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation.drawing.labels import place_labels
from presentation.drawing.rectangles import Rectangle

PICTURE = (200, 100)
SIZE = (20, 10)


def placed(*boxes, groups=None, sizes=None, picture=PICTURE):
    rectangles = [Rectangle(*box) for box in boxes]
    places = place_labels(rectangles, groups or range(len(boxes)), sizes or [SIZE] * len(boxes), picture)
    return [place and tuple(place) for place in places]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((50, 40, 90, 80), (50, 30, 70, 40)),  # above
        ((190, 40, 200, 80), (180, 30, 200, 40)),  # above, pushed into the picture
        ((50, 5, 90, 80), (50, 5, 70, 15)),  # inside
        ((0, 0, 200, 100), (0, 0, 20, 10)),
        ((50, 5, 60, 80), (50, 80, 70, 90)),  # below
        ((50, 0, 60, 100), (60, 0, 80, 10)),  # beside, on the right
        ((185, 0, 195, 100), (165, 0, 185, 10)),  # beside, on the left
    ],
)
def test_the_places_in_their_order(box, expected):
    assert placed(box) == [expected]


def test_a_box_without_a_place_around_it_is_covered():
    assert placed((0, 0, 30, 12), picture=(30, 12), sizes=[SIZE]) == [(0, 0, 20, 10)]


def test_equal_boxes_have_their_labels_side_by_side():
    box = (50, 40, 90, 80)
    assert placed(box, box, box, box) == [(50, 30, 70, 40), (70, 30, 90, 40), (50, 40, 70, 50), (70, 40, 90, 50)]


def test_larger_boxes_choose_first():
    assert placed((50, 40, 60, 50), (50, 40, 90, 80)) == [(50, 50, 70, 60), (50, 30, 70, 40)]


@pytest.mark.parametrize("size", [(201, 10), (20, 101)])
def test_a_label_larger_than_the_picture_is_left_out(size):
    assert placed((0, 0, 200, 100), (50, 40, 90, 80), sizes=[size, SIZE]) == [None, (50, 30, 70, 40)]


def test_a_fifth_of_the_picture_is_covered_and_each_group_is_named():
    boxes = [(10 * i, 50, 10 * i + 10, 100 - i) for i in range(19)] + [(195, 98, 199, 99)]
    places = placed(*boxes, groups=["cat"] * 19 + ["dog"], sizes=[(10, 50)] * 20)
    assert [place is not None for place in places] == [True] * 7 + [False] * 12 + [True]


def test_the_first_label_may_cover_more():
    assert placed((0, 0, 30, 30), (5, 5, 9, 9), sizes=[(28, 12)] * 2, picture=(30, 30)) == [(0, 0, 28, 12), None]


@st.composite
def crowds(draw):
    picture = draw(st.integers(1, 300)), draw(st.integers(1, 300))

    def stretch(length):
        start = draw(st.integers(0, length - 1))
        return start, draw(st.integers(start + 1, length))

    boxes = []
    for _ in range(draw(st.integers(0, 25))):
        (left, right), (top, bottom) = stretch(picture[0]), stretch(picture[1])
        boxes.append(Rectangle(left, top, right, bottom))
    side = st.integers(1, 60)
    return boxes, [draw(st.tuples(side, side)) for _ in boxes], picture


@given(crowds())
def test_labels_lie_in_the_picture_and_apart(crowd):
    boxes, sizes, picture = crowd
    places = place_labels(boxes, [0] * len(boxes), sizes, picture)
    assert len(places) == len(boxes)
    for place, size in zip(places, sizes, strict=True):
        if place:
            assert (place.width, place.height) == size
            assert place == place.clipped(picture)
    assert not any(one.meets(other) for one, other in combinations(filter(None, places), 2))
    assert places == place_labels(boxes, [0] * len(boxes), sizes, picture)


def test_two_thousand_boxes_are_no_work():
    boxes = [Rectangle(x, y, x + 30, y + 30) for x in range(0, 500, 10) for y in range(0, 400, 10)]
    start = process_time()
    place_labels(boxes, range(2000), [(8, 5)] * 2000, (530, 430))
    assert process_time() - start < 1
