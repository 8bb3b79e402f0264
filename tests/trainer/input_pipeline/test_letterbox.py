"""Pictures and boxes on the square, and back."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from trainer.input_pipeline.letterbox import (
    PADDING,
    boxes_from_canvas,
    boxes_to_canvas,
    picture_on_canvas,
    scaled_on_canvas,
    scaled_size,
)


def on_canvas(image, size, resize="letterbox"):
    return picture_on_canvas(tf.constant(image, tf.uint8), size, resize).numpy()


def test_a_picture_of_the_squares_size_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    np.testing.assert_array_equal(on_canvas(image, 32), image)


def test_a_letterboxed_picture_is_padded_below_or_to_the_right():
    image = np.full((20, 40, 3), 7, np.uint8)
    expected = np.full((32, 32, 3), PADDING, np.uint8)
    expected[:16] = 7
    np.testing.assert_array_equal(on_canvas(image, 32), expected)
    np.testing.assert_array_equal(on_canvas(image.transpose(1, 0, 2), 32), expected.transpose(1, 0, 2))


def test_a_stretched_picture_fills_the_square():
    np.testing.assert_array_equal(on_canvas(np.full((20, 40, 3), 7), 32, "stretch"), np.full((32, 32, 3), 7))


def test_pixels_are_rounded():
    image = np.zeros((64, 64, 3), np.uint8)
    image[::2] = [1, 3, 255]  # the means of two rows are 0.5, 1.5, 127.5
    np.testing.assert_array_equal(on_canvas(image, 32), np.broadcast_to([1, 2, 128], (32, 32, 3)))


@pytest.mark.parametrize("shrink", [2, 3, 8])
def test_a_shrinking_picture_becomes_the_means_of_its_pixels(shrink):
    image = np.random.default_rng(1).integers(0, 256, (32 * shrink, 32 * shrink, 3), np.uint8)
    means = image.reshape(32, shrink, 32, shrink, 3).mean((1, 3))
    np.testing.assert_allclose(on_canvas(image, 32), means, atol=0.501)


def test_a_smaller_version_of_a_picture_takes_the_place_of_the_picture():
    small = np.full((8, 16, 3), 7, np.uint8)
    expected = np.full((32, 32, 3), PADDING, np.uint8)
    expected[:15, :30] = 7
    actual = scaled_on_canvas(tf.constant(small), tf.constant([15, 30]), 32)
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize(
    ("original", "resize", "expected"),
    [
        ([300, 400], "letterbox", (192, 256)),
        ([400, 300], "letterbox", (256, 192)),
        ([10, 20], "letterbox", (128, 256)),
        ([1, 4000], "letterbox", (1, 256)),
        ([300, 400], "stretch", (256, 256)),
    ],
)
def test_the_size_on_the_square(original, resize, expected):
    assert tuple(int(side) for side in scaled_size(tf.constant(original), 256, resize)) == expected


def test_sizes_of_a_batch():
    heights, widths = scaled_size(tf.constant([[300, 400], [400, 300]]), 256, "letterbox")
    assert (heights.numpy().tolist(), widths.numpy().tolist()) == ([192, 256], [256, 192])


def test_boxes_go_to_the_part_of_the_square_that_the_picture_takes():
    boxes = boxes_to_canvas(tf.constant([[0.5, 0.25, 1.0, 1.0]]), tf.constant([300, 400]), 256, "letterbox")
    np.testing.assert_allclose(boxes, [[0.375, 0.25, 0.75, 1.0]])


def test_boxes_of_the_padding_are_clipped_to_the_picture():
    boxes = boxes_from_canvas(tf.constant([[0.375, 0.25, 0.9, 1.1]]), tf.constant([300, 400]), 256, "letterbox")
    np.testing.assert_allclose(boxes, [[0.5, 0.25, 1.0, 1.0]])


share = st.floats(0, 1, width=32)


@given(
    st.tuples(share, share, share, share),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.sampled_from(["letterbox", "stretch"]),
)
def test_boxes_come_back_from_the_square(box, height, width, resize):
    original = tf.constant([height, width])
    there = boxes_to_canvas(tf.constant([box]), original, 64, resize)
    assert float(tf.reduce_max(there)) <= 1
    np.testing.assert_allclose(boxes_from_canvas(there, original, 64, resize), [box], atol=1e-5)
