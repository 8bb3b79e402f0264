"""From bytes to the square."""

from io import BytesIO

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.trainer.made_datasets import drawn_picture, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.input_pipeline.pictures import decode_on_canvas, read_pictures

decode = tf.function(decode_on_canvas, autograph=False)


def gradient(width, height):
    """A picture without sharp edges, which all formats hold nearly alike."""
    across, down = np.meshgrid(np.linspace(20, 220, width), np.linspace(30, 200, height))
    return Image.fromarray(np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8))


def encoded(image, form, **options):
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "GIF"])
def test_all_formats_come_onto_the_square_alike(form):
    options = {"quality": 95, "subsampling": 0} if form == "JPEG" else {}
    canvas, original = decode(tf.constant(encoded(gradient(120, 80), form, **options)), 64, "letterbox")
    assert (canvas.shape, canvas.dtype, original.numpy().tolist()) == ((64, 64, 3), tf.uint8, [80, 120])
    expected = np.asarray(gradient(64, 43)).astype(int)
    np.testing.assert_allclose(canvas[:43], expected, atol=20 if form == "GIF" else 5)  # a GIF has 256 colours
    assert (canvas[43:].numpy() == 128).all()


def test_of_a_gif_the_first_frame_is_taken():
    first, second = (Image.new("RGB", (40, 40), colour) for colour in ("red", "blue"))
    canvas, _ = decode(tf.constant(encoded(first, "GIF", save_all=True, append_images=[second])), 32, "letterbox")
    np.testing.assert_array_equal(canvas, np.broadcast_to([255, 0, 0], (32, 32, 3)))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_every_picture_has_three_channels(mode):
    canvas, _ = decode(tf.constant(encoded(gradient(40, 40).convert(mode), "PNG")), 32, "letterbox")
    assert canvas.shape == (32, 32, 3)


# Shrinking by 2, 4 and 8 is left to the decoder of JPEG, by others it is not; 1001 is no multiple of 8.
@pytest.mark.parametrize("sides", [(96, 72), (200, 150), (300, 200), (640, 480), (1001, 601), (1200, 400), (160, 999)])
@pytest.mark.parametrize("resize", ["letterbox", "stretch"])
def test_a_jpeg_that_shrinks_while_it_is_decoded_looks_like_one_that_shrinks_afterwards(sides, resize):
    image = gradient(*sides)
    small, original = decode(tf.constant(encoded(image, "JPEG", quality=95)), 64, resize)
    exact, _ = decode(tf.constant(encoded(image, "PNG")), 64, resize)
    assert original.numpy().tolist() == [sides[1], sides[0]]
    np.testing.assert_allclose(small, exact.numpy().astype(int), atol=5)


def test_details_that_the_square_can_show_stay():
    stripes = Image.fromarray(np.tile(np.uint8([0, 0, 255, 255]), (64, 16)))
    canvas, _ = decode(tf.constant(encoded(stripes, "JPEG", quality=95)), 32, "letterbox")
    assert canvas.numpy()[:, ::2].max() < 55
    assert canvas.numpy()[:, 1::2].min() > 200


def test_an_edge_stays_where_it_is_when_a_jpeg_shrinks():
    """Of 505 = 8 · 63 + 1 columns, a decoder that shrinks by 8 makes 64; the last stands for one alone: too far off."""
    image = Image.new("L", (505, 505))
    image.paste(255, (400, 0, 505, 505))
    canvas, _ = decode(tf.constant(encoded(image, "JPEG", quality=95)), 63, "letterbox")
    row = canvas[31, :, 0].numpy() / 255
    assert 63 - row.sum() == pytest.approx(400 / 505 * 63, abs=0.5)


def test_bytes_that_are_no_picture():
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode(tf.constant(b"\xff\xd8\xff no picture"), 32, "letterbox")


def test_reading_some_pictures_of_a_split(tmp_path):
    pictures = [drawn_picture(number) for number in range(6)]
    dataset = open_dataset(str(write_dataset(tmp_path, {"train": pictures[:4], "test": pictures[4:]}, shards=2)))
    expected = {4: pictures[3].encoded, 2: pictures[1].encoded}
    assert read_pictures(dataset, "train", [4, 2, 5]) == expected
    assert read_pictures(dataset, "test", [5]) == {5: pictures[4].encoded}
    assert read_pictures(dataset, "test", []) == {}
