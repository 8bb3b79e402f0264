"""Drawings of what is found."""

import io

import numpy as np
import pytest
from PIL import Image

from presentation.drawing.colours import colour_of_number
from trainer.detection.drawings import drawing, drawing_name
from trainer.detection.preparing import prepare
from trainer.detection.results import PictureResult

from .made_exports import DESCRIPTION, found_on
from .made_pictures import encoded, spotted, turned


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("a.jpg", "a.jpg"),
        ("sub/a.JPEG", "sub/a.JPEG"),
        ("a.Png", "a.Png"),
        ("a.webp", "a.webp.png"),
        ("a.tif", "a.tif.png"),
        ("odd", "odd.png"),
    ],
)
def test_a_drawing_is_called_like_its_picture(name: str, drawn: str):
    assert drawing_name(name) == drawn


def drawn(data: bytes, name: str) -> Image.Image:
    prepared = prepare(data)
    result = PictureResult(name, prepared.width, prepared.height, found_on(prepared.width, prepared.height)[:1])
    return Image.open(io.BytesIO(drawing(prepared, result, DESCRIPTION)))


def has_colour(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Tells whether a dog's colour is somewhere in a part of the picture."""
    part = np.asarray(image.convert("RGB").crop(box), int)
    return bool((np.abs(part - colour_of_number(3)).max(axis=-1) < 40).any())


@pytest.mark.parametrize(("name", "format"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "PNG")])
def test_boxes_are_drawn_on_a_picture_of_its_own_size(name: str, format: str):
    image = drawn(encoded(spotted(640, 480), "PNG"), name)
    assert (image.format, image.size) == (format, (640, 480))
    assert has_colour(image, (150, 200, 165, 280))  # its left side is at 160
    assert has_colour(image, (315, 200, 330, 280))
    assert not has_colour(image, (200, 200, 300, 280))
    assert not has_colour(image, (400, 0, 640, 480))


def test_small_pictures_are_enlarged():
    assert drawn(encoded(spotted(40, 30)), "a.jpg").size == (480, 360)


def test_the_drawing_is_upright():
    image = drawn(turned(spotted(640, 480), 6), "a.jpg")
    assert image.size == (640, 480)
    assert image.getexif() == {}
    assert image.getpixel((20, 20))[0] > 180 > image.getpixel((600, 20))[0]
