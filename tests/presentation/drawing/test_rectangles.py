"""Boxes of fractions as rectangles of pixels."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation.drawing.boxes import LabelledBox
from presentation.drawing.rectangles import Rectangle, visible_part


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ((0.1, 0.2, 0.5, 0.6), (10, 10, 50, 30)),
        ((0.5, 0.6, 0.1, 0.2), (10, 10, 50, 30)),  # reversed
        ((0.0, 0.0, 1.0, 1.0), (0, 0, 100, 50)),
        ((-3.0, 0.2, 0.5, 7.0), (0, 10, 50, 50)),
        ((-inf, 0.2, inf, 0.6), (0, 10, 100, 30)),
        ((1e308, -1e308, 0.5, 0.6), (50, 0, 100, 30)),
        ((0.5, 0.5, 0.501, 0.501), (50, 25, 51, 26)),
        ((0.9999, 0.9999, 1.0, 1.0), (99, 49, 100, 50)),
        ((-1.0, -1.0, 1e-9, 1e-9), (0, 0, 1, 1)),
        ((nan, 0.2, 0.5, 0.6), None),
        ((0.1, 0.2, 0.5, nan), None),
        ((0.3, 0.2, 0.3, 0.6), None),
        ((0.0, 0.0, 0.0, 0.0), None),
        ((1.0, 0.2, 1.5, 0.6), None),
        ((10.0, 20.0, 50.0, 60.0), None),  # pixels
        ((inf, 0.2, inf, 0.6), None),
    ],
)
def test_what_is_seen_of_a_box(sides, expected):
    assert visible_part(LabelledBox("cat", *sides), (100, 50)) == expected


@given(st.tuples(*[st.floats()] * 4), st.integers(1, 5000), st.integers(1, 5000))
def test_what_is_seen_lies_in_the_picture(sides, width, height):
    box = visible_part(LabelledBox("cat", *sides), (width, height))
    assert box is None or (0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height)


@pytest.mark.parametrize(
    ("other", "expected"),
    [((9, 9, 20, 20), True), ((10, 0, 20, 10), False), ((0, 10, 10, 20), False), ((2, 2, 3, 3), True)],
)
def test_half_open_rectangles_meet_in_a_pixel(other, expected):
    one = Rectangle(0, 0, 10, 10)
    assert (one.meets(Rectangle(*other)), Rectangle(*other).meets(one)) == (expected, expected)
