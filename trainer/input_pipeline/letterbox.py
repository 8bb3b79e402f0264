"""How a picture of any size becomes the square that the network sees, and boxes go there and back.

'letterbox' scales the picture until its longer side fills the square, and pads below or to the right of it;
'stretch' fills the square. Input, evaluation and the exported detector all use these functions.
"""

import tensorflow as tf

PADDING = 128
"""Value of the pixels beside a picture: about 0 once pixels are normalised, as convolutions pad."""


def picture_on_canvas(image: tf.Tensor, size: int, resize: str) -> tf.Tensor:
    """Returns a picture on its square.

    Args:
        image: uint8 [height, width, 3].
        size: side of the square, in pixels.
        resize: 'letterbox' or 'stretch'.

    Returns:
        uint8 [size, size, 3].
    """
    return scaled_on_canvas(image, tf.stack(scaled_size(tf.shape(image)[:2], size, resize)), size)


def scaled_on_canvas(image: tf.Tensor, target: tf.Tensor, size: int) -> tf.Tensor:
    """Returns a picture of any size, scaled, on a square.

    Where it shrinks to less than half, each pixel is the mean of those that it stands for; else it is bilinear.

    Args:
        image: uint8 [h, w, 3].
        target: int32 [2], height and width of the picture on the square.
        size: side of the square, in pixels.

    Returns:
        uint8 [size, size, 3].
    """
    # From float32 the kernel is twice as fast as from uint8; a half is added before, so that the cast rounds.
    pixels = tf.cast(image, tf.float32)[tf.newaxis] + 0.5
    scaled = tf.cond(
        tf.reduce_any(tf.shape(image)[:2] > 2 * target),
        lambda: tf.raw_ops.ResizeArea(images=pixels, size=target),
        lambda: tf.raw_ops.ResizeBilinear(images=pixels, size=target, half_pixel_centers=True),
    )
    beside = tf.pad((size - target)[:, tf.newaxis], [[0, 1], [1, 0]])
    canvas = tf.pad(tf.cast(scaled[0], tf.uint8), beside, constant_values=PADDING)
    return tf.ensure_shape(canvas, [size, size, 3])


def scaled_size(original: tf.Tensor, size: int, resize: str) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns height and width that a picture has on its square, in whole pixels.

    Args:
        original: int32 [..., 2], height and width.
        size: side of the square, in pixels.
        resize: 'letterbox' or 'stretch'.

    Returns:
        int32 [...] each, from 1 to `size`.
    """
    sides = tf.cast(original, tf.float64)
    if resize == "stretch":
        whole = tf.fill(tf.shape(sides)[:-1], size)
        return whole, whole
    scale = size / tf.reduce_max(sides, axis=-1, keepdims=True)
    scaled = tf.clip_by_value(tf.cast(tf.round(sides * scale), tf.int32), 1, size)
    return scaled[..., 0], scaled[..., 1]


def boxes_to_canvas(boxes: tf.Tensor, original: tf.Tensor, size: int, resize: str) -> tf.Tensor:
    """Returns boxes as fractions of the square, from fractions of the picture.

    Args:
        boxes: float32 [..., n, 4].
        original: int32 [..., 2], height and width of the picture.
        size: side of the square, in pixels.
        resize: 'letterbox' or 'stretch'.
    """
    return boxes * _part_of_canvas(original, size, resize)


def boxes_from_canvas(boxes: tf.Tensor, original: tf.Tensor, size: int, resize: str) -> tf.Tensor:
    """Returns boxes as fractions of the picture, clipped to it, from fractions of the square. See `boxes_to_canvas`."""
    return tf.clip_by_value(boxes / _part_of_canvas(original, size, resize), 0.0, 1.0)


def _part_of_canvas(original: tf.Tensor, size: int, resize: str) -> tf.Tensor:
    """Returns float32 [..., 1, 4]: which part of the square's sides the picture takes."""
    height, width = scaled_size(original, size, resize)
    part = tf.cast(tf.stack([height, width, height, width], axis=-1), tf.float32) / size
    return part[..., tf.newaxis, :]
