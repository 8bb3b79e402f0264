"""Outlines of boxes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from presentation.drawing.colours import BLACK, WHITE, colour_of_number, contrast
from presentation.drawing.outlines import draw_outline, draw_thin_outline, frame_of, inset, line_width
from presentation.drawing.rectangles import Rectangle

ORANGE, INDIGO = colour_of_number(1), colour_of_number(8)
GREY = (90, 90, 90)


def outlined(box, *, size=(100, 80), width=2, colour=ORANGE, ground=GREY, draw=draw_outline):
    picture = Image.new("RGB", size, ground)
    more = (width, size) if draw is draw_outline else ()
    draw(ImageDraw.Draw(picture), Rectangle(*box), colour, *more)
    return picture


def across(picture, row, columns):
    return [picture.getpixel((column, row)) for column in columns]


@pytest.mark.parametrize(
    ("size", "expected"), [((32, 32), 2), ((500, 375), 2), ((1280, 720), 4), ((4000, 6000), 19), ((1, 1), 2)]
)
def test_lines_grow_with_the_picture(size, expected):
    assert line_width(size) == expected


def test_a_line_lies_around_its_box_between_halos():
    picture = outlined((20, 10, 60, 50))
    assert across(picture, 30, range(16, 23)) == [GREY, BLACK, ORANGE, ORANGE, BLACK, GREY, GREY]
    assert across(picture, 30, range(58, 64)) == [GREY, BLACK, ORANGE, ORANGE, BLACK, GREY]
    assert [picture.getpixel((40, row)) for row in range(6, 12)] == [GREY, BLACK, ORANGE, ORANGE, BLACK, GREY]
    assert frame_of(Rectangle(20, 10, 60, 50), 2, picture.size) == (17, 7, 63, 53)


def test_a_dark_line_has_a_white_halo():
    assert across(outlined((20, 10, 60, 50), colour=INDIGO), 30, range(17, 21)) == [WHITE, INDIGO, INDIGO, WHITE]


def test_at_the_borders_the_line_lies_inside():
    picture = outlined((0, 0, 100, 80))
    assert across(picture, 40, range(4)) == [ORANGE, ORANGE, BLACK, GREY]
    assert across(picture, 40, range(96, 100)) == [GREY, BLACK, ORANGE, ORANGE]
    assert frame_of(Rectangle(0, 0, 100, 80), 2, picture.size) == (0, 0, 100, 80)


def test_a_box_of_two_pixels_shows_them():
    assert across(outlined((20, 10, 22, 12)), 10, range(16, 26)) == [
        *(GREY, BLACK, ORANGE, ORANGE, GREY),
        *(GREY, ORANGE, ORANGE, BLACK, GREY),
    ]


def test_a_thin_line_lies_within_its_box():
    picture = outlined((20, 10, 60, 50), draw=draw_thin_outline)
    assert across(picture, 30, range(18, 22)) == [GREY, BLACK, ORANGE, GREY]


@pytest.mark.parametrize(
    ("box", "times", "expected"),
    [
        ((20, 10, 60, 50), 0, (20, 10, 60, 50)),
        ((20, 10, 60, 50), 1, (24, 14, 56, 46)),
        ((20, 10, 60, 50), 4, (36, 26, 44, 34)),
        ((20, 10, 60, 50), 5, (20, 10, 60, 50)),
        ((20, 10, 22, 12), 1, (20, 10, 22, 12)),
    ],
)
def test_equal_boxes_lie_in_each_other(box, times, expected):
    assert inset(Rectangle(*box), times, 2) == expected


@given(st.integers(1, 90), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_line_is_seen_on_every_ground(number, ground):
    colour = colour_of_number(number)
    picture = outlined((20, 10, 60, 50), colour=colour, ground=ground)
    seen = {picture.getpixel((column, 30)) for column in range(17, 21)}
    assert max(contrast(one, ground) for one in seen) >= math.sqrt(4.5)


@st.composite
def boxes(draw):
    size = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    left, top = draw(st.integers(0, size[0] - 1)), draw(st.integers(0, size[1] - 1))
    box = left, top, draw(st.integers(left + 1, size[0])), draw(st.integers(top + 1, size[1]))
    return size, box, draw(st.integers(1, 30))


@given(boxes())
def test_nothing_is_drawn_outside_the_frame(made):
    size, box, width = made
    picture = outlined(box, size=size, width=width)
    frame = frame_of(Rectangle(*box), width, size)
    assert frame == frame.clipped(size)
    picture.paste(GREY, frame)
    assert picture.tobytes() == Image.new("RGB", size, GREY).tobytes()
