"""Files as an exported detector takes them: TensorFlow sees what a person sees."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageFile

from trainer.detection import preparing
from trainer.detection.preparing import PictureError, Prepared, prepare

from .made_pictures import SPOT, encoded, spotted, turned


def seen_by_tensorflow(prepared: Prepared) -> np.ndarray:
    """Returns uint8 [height, width, 3]."""
    image = tf.io.decode_image(prepared.encoded, channels=3, expand_animations=False).numpy()
    assert image.shape == (prepared.height, prepared.width, 3)
    return image


def assert_spotted(image: np.ndarray, tolerance: int = 12) -> None:
    height, width = image.shape[:2]
    assert (width, height) == (40, 30)
    assert np.abs(image[4, 5].astype(int) - SPOT).max() <= tolerance
    for y, x in ((4, 35), (25, 5), (25, 35)):
        assert np.abs(image[y, x].astype(int) - 120).max() <= tolerance


@pytest.mark.parametrize(
    ("format", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), *(("PNG", mode) for mode in ("RGB", "RGBA", "L", "LA", "P", "1"))],
)
def test_what_tensorflow_reads_rightly_stays_as_it_is(format: str, mode: str):
    data = encoded(spotted(mode=mode), format)
    assert prepare(data) == Prepared(data, 40, 30)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_pictures_are_turned_as_the_camera_noted(orientation: int, format: str):
    prepared = prepare(turned(spotted(), orientation, format))
    assert (prepared.width, prepared.height) == (40, 30)
    assert_spotted(seen_by_tensorflow(prepared))


@pytest.mark.parametrize(
    ("format", "mode"),
    [("BMP", "RGB"), ("GIF", "P"), ("TIFF", "RGB"), ("WEBP", "RGB"), ("WEBP", "RGBA"), ("JPEG", "CMYK")],
)
def test_other_formats_and_colours_are_written_anew(format: str, mode: str):
    prepared = prepare(encoded(spotted(mode=mode), format))
    assert prepared.encoded.startswith(b"BM")
    assert_spotted(seen_by_tensorflow(prepared), 25)


def test_of_sixteen_bits_the_upper_ones_count():
    values = np.full((30, 40), 0x8034, np.uint16)
    big_endian = Image.frombytes("I;16B", (40, 30), values.astype(">u2").tobytes())
    for data in (
        encoded(Image.fromarray(values), "PNG"),
        encoded(Image.fromarray(values), "TIFF"),
        encoded(big_endian, "TIFF"),
    ):
        assert np.unique(seen_by_tensorflow(prepare(data))).tolist() == [0x80]


def test_of_an_animation_the_first_frame_counts():
    data = encoded(spotted(mode="P"), "GIF", save_all=True, append_images=[Image.new("P", (40, 30))])
    assert_spotted(seen_by_tensorflow(prepare(data)))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"no picture", "it is no JPEG, PNG, BMP, GIF, TIFF or WebP"),
        (encoded(spotted(), "PPM"), "it is no JPEG, PNG, BMP, GIF, TIFF or WebP"),
    ],
)
def test_what_is_no_picture(data: bytes, reason: str):
    with pytest.raises(PictureError) as caught:
        prepare(data)
    assert str(caught.value) == reason


def test_a_broken_file_is_told():
    with pytest.raises(PictureError, match=r"^it cannot be decoded: "):
        prepare(encoded(spotted(400, 300), "WEBP")[:200])


def test_a_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch):
    data = encoded(spotted(), "BMP")
    monkeypatch.setattr(preparing, "_MOST_PIXELS", 1199)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(PictureError) as caught:
        prepare(data)
    assert str(caught.value) == "it has 40 × 30 pixels, and at most 1,199 are read"


def test_what_pillow_takes_for_a_bomb_is_told_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(PictureError, match=r"^it cannot be decoded: Image size \(1200 pixels\) exceeds limit"):
        prepare(encoded(spotted()))
