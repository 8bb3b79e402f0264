"""What a mask's PNG stores, in every mode in which people save it."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from beam_pipelines.masks.values import check_png, encode, read_numbers, read_shape, shape_of
from beam_pipelines.records import RecordError

from ..pictures.made_pictures import chunk, encoded, gradient, raw_png
from .made_masks import FIRST, HEIGHT, NUMBERS, SECOND, WIDTH, packed, png, values_of

PLTE = chunk(b"PLTE", bytes(range(100, 112)) * 4)
SHAPE = tuple(tuple(int(value > 0) for value in row) for row in NUMBERS)
SMALL = tuple(tuple(min(value, 3) for value in row) for row in NUMBERS)


def numbers(data: bytes) -> tuple[tuple[int, ...], ...]:
    check_png(data, WIDTH, HEIGHT, numbers=True)
    return values_of(encode(read_numbers(data)))


def shape(data: bytes) -> tuple[tuple[int, ...], ...]:
    check_png(data, WIDTH, HEIGHT, numbers=False)
    return values_of(encode(read_shape(data)))


def refusal(data: bytes, read=numbers) -> tuple[str, str]:
    with pytest.raises(RecordError) as refused:
        read(data)
    return refused.value.code, refused.value.message


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(NUMBERS), NUMBERS),
        (png(NUMBERS, "P"), NUMBERS),
        (png(NUMBERS, "P", transparency=0), NUMBERS),
        (png(NUMBERS, "L", transparency=2), NUMBERS),
        (png(NUMBERS, "I;16"), NUMBERS),
        (png(FIRST, "1"), FIRST),
        (png(FIRST, "P", bits=1), FIRST),
        (packed(FIRST, 1, 3, PLTE), FIRST),
        (packed(SMALL, 2, 3, PLTE), SMALL),
        (packed(SMALL, 4, 3, PLTE), SMALL),
        (packed(NUMBERS, 8, 3, PLTE), NUMBERS),  # 255 is beyond the palette
    ],
    ids=lambda value: "" if isinstance(value, tuple) else f"depth {value[24]}, colour {value[25]}",
)
def test_numbers_are_those_of_the_file(data, expected):
    assert numbers(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        *(png(NUMBERS, mode) for mode in ("L", "P", "I;16")),
        png(SHAPE, "1"),
        packed(SHAPE, 1, 0),
        packed(SMALL, 2, 0),
        packed(SMALL, 4, 0),
        packed(SMALL, 4, 3, PLTE),
        png([[value * 256 for value in row] for row in SHAPE], "I;16"),
        png([[value * 65535 for value in row] for row in SHAPE], "I;16"),
    ],
)
def test_a_shape_is_whatever_is_not_0(data):
    assert shape(data) == SHAPE


def test_an_interlaced_file():
    # 1 × 1 pixel: the first of seven passes holds it.
    data = raw_png(1, 1, 8, 0, b"\0\7", interlace=1)
    check_png(data, 1, 1, numbers=True)
    assert values_of(encode(read_numbers(data))) == ((7,),)


def test_large_texts_do_no_harm():
    text = chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(1 << 21)))
    assert numbers(packed(FIRST, 1, 3, PLTE, text)) == FIRST


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "RGB colours"),
        ("RGBA", "RGB colours with an alpha channel"),
        ("LA", "grey with an alpha channel"),
    ],
)
@pytest.mark.parametrize("read", [numbers, shape])
def test_colours_are_no_numbers(mode, kind, read):
    assert refusal(png(NUMBERS, mode), read) == (
        "mask_unreadable",
        f"holds {kind} instead of numbers: save it as a palette or grey PNG",
    )


@pytest.mark.parametrize("depth", [2, 4])
def test_grey_of_few_bits_could_be_two_numbers(depth):
    assert refusal(packed(SMALL, depth, 0)) == (
        "mask_unreadable",
        f"holds grey of {depth} bits, which programs read as different numbers: save it with 8 bits",
    )


@pytest.mark.parametrize("highest", [256, 1000, 65535])
def test_numbers_above_255(highest):
    assert refusal(png(((0, highest, 1, 2, 3, 4),) * 4, "I;16")) == (
        "mask_unreadable",
        f"holds the number {highest}: save it with 8 bits, numbers up to 254",
    )


@pytest.mark.parametrize("read", [numbers, shape])
@pytest.mark.parametrize("size", [(5, 4), (6, 5), (4, 6), (60000, 60000)])
def test_other_sizes_are_refused_before_they_are_inflated(size, read):
    width, height = size
    data = raw_png(width, height, 8, 0, b"")
    assert refusal(data, read) == (
        "mask_size_differs",
        f"has {width} × {height} pixels, its picture 6 × 4: save it at the picture's size",
    )


def test_a_size_that_no_picture_has():
    data = raw_png(60000, 60000, 8, 0, b"")
    with pytest.raises(RecordError) as refused:
        check_png(data, 60000, 60000, numbers=True)
    assert (refused.value.code, refused.value.message) == (
        "mask_unreadable",
        "cannot be used: the picture has 60000 x 60000 pixels; TensorFlow reads up to 178956970 pixels,"
        " and 1000000 a side",
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has 0 bytes: copy it again from its source"),
        (encoded(gradient("L"), "JPEG"), "is a JPEG picture: save it as a palette or grey PNG"),
        (encoded(gradient("L"), "BMP"), "is a BMP picture: save it as a palette or grey PNG"),
        (b"no picture", "cannot be used: the content (10 bytes) is text that begins with 'no picture'"),
        (png(NUMBERS)[:4], "cannot be used: the file ends after 4 bytes, amid a picture's first bytes"),
        (png(NUMBERS)[:60], "cannot be used: the PNG has no end marker: it is cut off after 60 bytes"),
        (
            raw_png(WIDTH, HEIGHT, 8, 0, bytes(21)),
            "cannot be used: the PNG's pixel data ends after 21 of 28 bytes",
        ),
        (
            raw_png(WIDTH, HEIGHT, 8, 0, b"\7" + bytes(27)),
            "cannot be decoded: unrecognized data stream contents when reading image file",
        ),
    ],
)
def test_files_that_are_no_masks(data, message):
    assert refusal(data) == ("mask_unreadable", message)


@given(st.integers(0, 200))
def test_every_proper_prefix_is_refused(size):
    data = png(NUMBERS, "P", optimize=True)
    code, _ = refusal(data[: min(size, len(data) - 1)])
    assert code == "mask_unreadable"


def test_where_a_number_stands():
    found = read_numbers(png(NUMBERS, "P"))
    assert [values_of(encode(shape_of(found, number))) for number in (1, 2)] == [FIRST, SECOND]
    assert shape_of(found, 3).getbbox() is None


@given(st.lists(st.integers(0, 255), min_size=4, max_size=64), st.sampled_from(["L", "P"]), st.integers(1, 254))
def test_a_number_is_where_it_was_and_values_survive(flat, mode, number):
    rows = [flat[i : i + 4] for i in range(0, len(flat) - len(flat) % 4, 4)]
    found = read_numbers(png(rows, mode))
    assert values_of(encode(found)) == tuple(map(tuple, rows))
    expected = tuple(tuple(int(value == number) for value in row) for row in rows)
    assert values_of(encode(shape_of(found, number))) == expected


def test_the_same_values_give_the_same_bytes():
    assert encode(read_numbers(png(NUMBERS, "P"))) == encode(read_numbers(png(NUMBERS, "L", compress_level=1)))
    image = Image.new("L", (3, 2))
    image.info["gamma"] = 0.45
    image.info["dpi"] = (72, 72)
    assert encode(image) == encode(Image.new("L", (3, 2)))
