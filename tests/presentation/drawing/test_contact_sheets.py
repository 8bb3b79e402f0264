"""Sheets of pictures."""

import pytest
from PIL import Image

from presentation.drawing.contact_sheets import contact_sheet

GROUND, RED, WHITE = (72, 72, 72), (250, 0, 0), (255, 255, 255)


def tile(size=(40, 30), colour=RED, mode="RGB"):
    return Image.new("RGB", size, colour).convert(mode)


@pytest.mark.parametrize(
    ("count", "columns", "expected"),
    [
        (1, None, (124, 69)),
        (2, None, (236, 69)),
        (2, 1, (124, 126)),
        (2, 5, (236, 69)),
        (7, None, (348, 183)),
        (100, None, (1132, 582)),
    ],
)
def test_a_grid(count, columns, expected):
    sheet = contact_sheet([(tile(), "")] * count, columns, tile=100)
    assert (sheet.size, sheet.mode) == (expected, "RGB")
    assert sheet.getchannel(0).histogram()[250] == count * 40 * 30


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((200, 10), (12, 12, 112, 17)),
        ((10, 200), (59, 12, 64, 112)),
        ((100_000, 1), (12, 12, 112, 13)),
        ((300, 300), (12, 12, 112, 112)),
        ((20, 10), (52, 12, 72, 22)),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pictures_of_all_sizes(size, expected, mode):
    sheet = contact_sheet([(tile(size, WHITE, mode), "")], tile=100)
    assert sheet.convert("L").point(lambda value: 255 * (value > 100)).getbbox() == expected


def test_pictures_stand_on_their_captions():
    sheet = contact_sheet([(tile((100, 100)), "a"), (tile((100, 20)), "b")], tile=100)
    assert [sheet.getpixel((150, y)) for y in (12, 91, 92, 111, 112)] == [GROUND, GROUND, RED, RED, GROUND]


@pytest.mark.parametrize("caption", ["1.jpg", "a/very/long/path/of/a/picture/" * 9, "猫/😀\n\x1b[31m.jpg"])
def test_captions_keep_below_their_picture(caption):
    sheet = contact_sheet([(tile(), ""), (tile(), caption), (tile(), "")], columns=3, tile=100)
    left, top, right, bottom = sheet.convert("L").point(lambda value: 255 * (value > 200)).getbbox()
    assert 124 <= left < right <= 224
    assert 42 <= top < bottom <= 57


def test_the_same_sheet_twice():
    tiles = [(tile((60, n)), f"{n}.jpg") for n in range(1, 30)]
    assert contact_sheet(tiles).tobytes() == contact_sheet(tiles).tobytes()
