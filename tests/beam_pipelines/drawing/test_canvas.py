"""Pictures to draw on."""

import pytest
from PIL import Image, ImageChops

from beam_pipelines.drawing.canvas import read_canvas
from beam_pipelines.records import RecordError

from ..pictures.made_pictures import FILES, SIZE, encoded, gradient, gray_16, opened, raw_png, turned


@pytest.mark.parametrize(
    ("size", "long_side", "expected"),
    [
        ((32, 20), None, (320, 200)),
        ((300, 200), None, (600, 400)),
        ((320, 10), None, (320, 10)),
        ((900, 600), None, (900, 600)),
        ((1, 1), None, (320, 320)),
        ((900, 600), 300, (300, 200)),
        ((200, 300), 600, (400, 600)),
        ((200, 300), 450, (300, 450)),
        ((900, 1), 300, (300, 1)),
    ],
)
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_the_size_of_the_drawing(size, long_side, expected, format):
    canvas = read_canvas(encoded(gradient(size=size), format), long_side)
    assert (canvas.image.size, canvas.image.mode, canvas.size) == (expected, "RGB", size)


def test_tiny_pictures_become_squares():
    picture = gradient(size=(40, 20))
    enlarged = read_canvas(encoded(picture, "PNG"), None).image
    assert enlarged.tobytes() == picture.resize((320, 160), Image.Resampling.NEAREST).tobytes()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (encoded(gradient("L"), "PNG"), gradient("L").convert("RGB")),
        (encoded(gradient("RGBA"), "PNG"), gradient()),  # what a transparent pixel hides
        (encoded(gradient("LA"), "PNG"), gradient("L").convert("RGB")),
        (encoded(gradient("P"), "PNG", transparency=3), gradient("P").convert("RGB")),
        (encoded(gradient("P"), "GIF"), gradient("P").convert("RGB")),
        (encoded(gradient(), "BMP"), gradient()),
        (gray_16(), Image.frombytes("L", SIZE, (bytes(range(256)) * 10)[1:2400:2])),
        (encoded(gradient("CMYK"), "JPEG"), None),
        (turned("JPEG", 6), None),
        (turned("PNG", 6), gradient()),
    ],
    ids=["L", "RGBA", "LA", "P", "GIF", "BMP", "16 bits", "CMYK", "turned JPEG", "turned PNG"],
)
def test_pixels_are_those_that_tensorflow_shows(data, expected):
    expected = (expected or opened(data)).convert("RGB").resize((320, 240), Image.Resampling.NEAREST)
    assert read_canvas(data, None).image.tobytes() == expected.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("long_side", [100, 200, 399])
def test_a_jpeg_that_is_decoded_small_looks_the_same(mode, long_side):
    data = encoded(gradient(size=(801, 603)).convert(mode), "JPEG", quality=95)
    canvas = read_canvas(data, long_side)
    whole = opened(data).convert("RGB").resize(canvas.image.size, Image.Resampling.BILINEAR)
    assert max(high for _, high in ImageChops.difference(canvas.image, whole).getextrema()) <= 6
    assert canvas.size == (801, 603)


@pytest.mark.parametrize("long_side", [None, 10])
def test_a_drawing_takes_nothing_but_pixels_along(long_side):
    data = encoded(gradient(size=(400, 300)), "JPEG", icc_profile=b"x" * 200, comment=b"secret", dpi=(72, 72))
    assert read_canvas(data, long_side).image.info == {}


@pytest.mark.parametrize("name", ["arithmetic.jpg", "lossless_rgb.jpg", "lossless_gray.jpg"])
def test_rare_jpegs(name):
    assert max(read_canvas((FILES / name).read_bytes(), 8).image.size) == 8


BROKEN = encoded(gradient(size=(400, 300)), "JPEG")


@pytest.mark.parametrize("long_side", [None, 10])
@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "image_empty", "The image file has 0 bytes."),
        (b"some text", "image_not_an_image", "The content (9 bytes) is text that begins with 'some text'."),
        (BROKEN[:900], "image_truncated", "The JPEG has no end marker: it is cut off after 900 bytes."),
        (
            raw_png(20000, 20000, 8, 2, b""),
            "image_too_large",
            "The picture has 20000 x 20000 pixels; TensorFlow reads up to 178956970 pixels, and 1000000 a side.",
        ),
        (
            BROKEN.replace(b"\x01\x2c\x01\x90", b"\xff\xdc\xff\xdc", 1),
            "image_too_large",
            "The picture has 65500 x 65500 pixels; TensorFlow reads up to 178956970 pixels, and 1000000 a side.",
        ),
    ],
)
def test_what_cannot_be_decoded(data, code, message, long_side):
    with pytest.raises(RecordError) as refused:
        read_canvas(data, long_side)
    assert (refused.value.code, refused.value.message) == (code, message)
