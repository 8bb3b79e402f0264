"""Masks and class maps over a picture."""

import pytest
from PIL import Image

from beam_pipelines.drawing.canvas import Canvas
from beam_pipelines.drawing.masks import paint_class_map, paint_mask
from presentation.drawing.colours import colour_of_number

from ..pictures.made_pictures import encoded, gradient
from .made_views import shape

GREY, RED = (100, 100, 100), (250, 0, 0)
FILLED = (168, 55, 55)
"""Of RED on GREY, 115 of 255."""
SIZE = (40, 30)


def canvas(size=SIZE, stored=SIZE):
    return Canvas(Image.new("RGB", size, GREY), stored)


def masked(mask, **sizes):
    painted = canvas(**sizes)
    paint_mask(painted, mask, RED)
    return painted.image


def row(picture, y, columns):
    return [picture.getpixel((x, y)) for x in columns]


@pytest.mark.parametrize("value", [1, 7, 255])
def test_a_mask_is_filled_and_has_a_contour(value):
    picture = masked(shape(SIZE, (10, 8, 20, 24), value))
    assert row(picture, 16, range(9, 14)) == [GREY, RED, RED, FILLED, FILLED]
    assert row(picture, 16, range(16, 21)) == [FILLED, FILLED, RED, RED, GREY]
    assert [picture.getpixel((15, y)) for y in (7, 8, 9, 10)] == [GREY, RED, RED, FILLED]


def test_a_mask_over_all_of_the_picture():
    picture = masked(shape(SIZE, (0, 0, *SIZE)))
    assert row(picture, 15, (0, 1, 2, 37, 38, 39)) == [RED, RED, FILLED, FILLED, RED, RED]


def test_a_mask_goes_along_with_the_size_of_the_drawing():
    picture = masked(shape(SIZE, (10, 8, 20, 24)), size=(80, 60))
    assert row(picture, 32, (19, 20, 21, 22, 39, 40)) == [GREY, RED, RED, FILLED, RED, GREY]
    picture = masked(shape((400, 300), (100, 80, 200, 240)), stored=(400, 300))
    assert row(picture, 16, (9, 10, 15, 20)) == [GREY, RED, FILLED, GREY]


@pytest.mark.parametrize(
    "mask",
    [
        b"",
        b"no PNG",
        shape(SIZE, (0, 0, 0, 0)),
        shape((41, 30), (5, 5, 20, 20)),
        shape(SIZE, (5, 5, 20, 20))[:60],
        encoded(gradient("RGB"), "PNG"),
        encoded(gradient("L"), "JPEG"),
    ],
)
def test_what_is_no_mask_is_left_out(mask):
    assert masked(mask).tobytes() == canvas().image.tobytes()
    painted = canvas()
    paint_class_map(painted, mask)
    assert painted.image.tobytes() == canvas().image.tobytes()


@pytest.mark.parametrize("size", [SIZE, (80, 60)])
def test_a_class_map_has_the_colours_of_the_classes(size):
    numbers = Image.new("L", SIZE)
    for left, number in ((5, 1), (15, 2), (25, 255)):
        numbers.paste(number, (left, 5, left + 10, 25))
    painted = canvas(size)
    paint_class_map(painted, encoded(numbers, "PNG"))
    mixed = [
        tuple(round((own * 115 + under * 140) / 255) for own, under in zip(colour_of_number(number), GREY, strict=True))
        for number in (1, 2)
    ]
    factor = size[0] // SIZE[0]
    assert row(painted.image, 15 * factor, [x * factor for x in (4, 5, 14, 15, 24, 25, 34, 39)]) == [
        *(GREY, mixed[0], mixed[0], mixed[1]),
        *(mixed[1], GREY, GREY, GREY),
    ]
