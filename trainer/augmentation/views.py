"""A part of a picture with the boxes that are on it: what operations that move things work on.

Windows and boxes are (ymin, xmin, ymax, xmax), as fractions. Where such operations follow each other, only the window
moves, and pixels are resampled once.
"""

from typing import NamedTuple

import tensorflow as tf

from trainer.boxes import area
from trainer.input_pipeline import letterbox
from trainer.input_pipeline.records import IGNORED, PADDING

WHOLE = (0.0, 0.0, 1.0, 1.0)


class View(NamedTuple):
    """A part of a picture, seen through a window, that fills the square in front of the network."""

    image: tf.Tensor
    """uint8 [size, size, 3]."""
    window: tf.Tensor
    """float32 [4]: what of the image is seen; it may reach beyond it."""
    picture: tf.Tensor
    """float32 [4]: which part of the image may be seen; beside it is padding."""
    boxes: tf.Tensor
    """float32 [M, 4], as fractions of the window."""
    labels: tf.Tensor
    """int32 [M]: class from 0, `PADDING` or `IGNORED`."""
    visible: tf.Tensor
    """float32 [M]: how much of each box's first area was neither cut off nor hidden."""


def view_of(image: tf.Tensor, boxes: tf.Tensor, labels: tf.Tensor, picture: tf.Tensor = WHOLE) -> View:
    """Returns the view of a whole image. See `View`."""
    return View(image, tf.constant(WHOLE), tf.convert_to_tensor(picture), boxes, labels, tf.ones_like(boxes[:, 0]))


def mirrored(view: View, direction: str) -> View:
    """Returns the mirror image.

    Args:
        view: what to mirror.
        direction: 'horizontal' or 'vertical'.
    """
    flip = tf.image.flip_left_right if direction == "horizontal" else tf.image.flip_up_down
    window, picture, boxes = (_mirrored(each, direction) for each in (view.window, view.picture, view.boxes))
    return _cleared(view._replace(image=flip(view.image), window=window, picture=picture, boxes=boxes))


def transposed(view: View) -> View:
    """Returns the picture mirrored at its diagonal: rows become columns."""
    boxes = (view.window, view.picture, view.boxes)
    window, picture, boxes = (tf.gather(each, (1, 0, 3, 2), axis=-1) for each in boxes)
    return view._replace(image=tf.transpose(view.image, (1, 0, 2)), window=window, picture=picture, boxes=boxes)


def picture_in(view: View) -> tf.Tensor:
    """Returns float32 [4]: which part of a view is picture, as fractions of the view."""
    return tf.clip_by_value(_relative_to(view.picture, view.window), 0.0, 1.0)


def seen_through(view: View, window: tf.Tensor, minimum_visible: float, pixels: tf.Tensor | None = None) -> View:
    """Returns what a window shows of a view, enlarged or reduced to fill the square.

    Boxes are clipped to it. Those that are less than a pixel high or wide then are gone.

    Args:
        view: what to look at.
        window: float32 [4], as fractions of the view; what it shows beyond is padding.
        minimum_visible: objects of which less is left become regions to ignore.
        pixels: float32 [2], height and width of what the window shows; None for the image's.
    """
    if pixels is None:
        pixels = tf.cast(tf.shape(view.image)[:2], tf.float32)
    whole = _relative_to(view.boxes, window)
    boxes = tf.clip_by_value(whole, 0.0, 1.0)
    visible = view.visible * tf.math.divide_no_nan(area(boxes), area(whole))
    is_gone = tf.reduce_any((boxes[:, 2:] - boxes[:, :2]) * pixels < 1.0, axis=-1)
    absolute, seen = _absolute(window, view.window), view.picture
    moved = view._replace(
        window=absolute,
        picture=tf.concat([tf.maximum(seen[:2], absolute[:2]), tf.minimum(seen[2:], absolute[2:])], axis=0),
        boxes=boxes,
        labels=tf.where(is_gone, PADDING, view.labels),
        visible=visible,
    )
    return _cleared(without_hidden(moved, minimum_visible))


def without_hidden(view: View, minimum_visible: float) -> View:
    """Returns a view where objects of which less than `minimum_visible` is left are regions to ignore."""
    is_hidden = (view.labels >= 0) & (view.visible < minimum_visible)
    return view._replace(labels=tf.where(is_hidden, IGNORED, view.labels))


def settled(view: View) -> View:
    """Returns the same view with pixels of its own, so that its window is whole."""
    is_whole = tf.reduce_all(view.window == tf.constant(WHOLE))
    side = tf.shape(view.image)[0]
    image = tf.cond(is_whole, lambda: view.image, lambda: resampled(view, side, side))
    image = tf.ensure_shape(image, view.image.shape)
    return view._replace(image=image, window=tf.constant(WHOLE), picture=picture_in(view))


def resampled(view: View, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Returns the pixels of a view.

    Args:
        view: what is seen.
        height: int32, in pixels.
        width: int32, in pixels.

    Returns:
        uint8 [height, width, 3]; bilinear, with antialiasing where the picture shrinks, as in front of the network.
    """
    pixels = tf.cast(tf.stack([height, width]), tf.float32)
    sides = view.window[2:] - view.window[:2]
    first, last = _pixels_of(picture_in(view), pixels)
    part = tf.raw_ops.ScaleAndTranslate(
        images=view.image[tf.newaxis],
        size=last - first,
        scale=pixels / (sides * tf.cast(tf.shape(view.image)[:2], tf.float32)),
        translation=-view.window[:2] / sides * pixels - tf.cast(first, tf.float32),
        kernel_type="triangle",
        antialias=True,
    )[0]
    return _padded(tf.cast(part + 0.5, tf.uint8), first, height, width)


def with_padding(view: View) -> View:
    """Returns a view of which everything beside the picture is padding, whatever it was."""
    size = tf.shape(view.image)[0]
    first, last = _pixels_of(view.picture, tf.cast(tf.stack([size, size]), tf.float32))
    part = view.image[first[0] : last[0], first[1] : last[1]]
    return view._replace(image=tf.ensure_shape(_padded(part, first, size, size), view.image.shape))


def _pixels_of(picture: tf.Tensor, pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the first rows and columns of a picture and those behind its last: int32 [2] each, at least 1 apart.

    They are the pixels whose centre clearly lies in it: elsewhere, resampling finds nothing and returns black.

    Args:
        picture: float32 [4], as fractions of an image.
        pixels: float32 [2], height and width of the image.
    """
    first = tf.clip_by_value(tf.math.ceil(picture[:2] * pixels - 0.499), 0.0, pixels - 1)
    last = tf.clip_by_value(tf.math.floor(picture[2:] * pixels + 0.499), first + 1, pixels)
    return tf.cast(first, tf.int32), tf.cast(last, tf.int32)


def _padded(part: tf.Tensor, first: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Returns an image of a height and a width that is padding beside a part from the pixel `first` on."""
    rest = tf.stack([height, width]) - tf.shape(part)[:2] - first
    paddings = tf.concat([tf.stack([first, rest], axis=-1), tf.zeros([1, 2], tf.int32)], axis=0)
    return tf.pad(part, paddings, constant_values=letterbox.PADDING)


def _cleared(view: View) -> View:
    """Returns a view whose places without a box hold 0, as at first."""
    return view._replace(boxes=tf.where(view.labels[:, tf.newaxis] == PADDING, 0.0, view.boxes))


def _mirrored(boxes: tf.Tensor, direction: str) -> tf.Tensor:
    ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=-1)
    if direction == "horizontal":
        return tf.stack([ymin, 1 - xmax, ymax, 1 - xmin], axis=-1)
    return tf.stack([1 - ymax, xmin, 1 - ymin, xmax], axis=-1)


def _relative_to(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Returns boxes as fractions of a window."""
    corner, sides = window[:2], window[2:] - window[:2]
    return (boxes - tf.tile(corner, [2])) / tf.tile(sides, [2])


def _absolute(window: tf.Tensor, outer: tf.Tensor) -> tf.Tensor:
    """Returns a window, given as fractions of another, as fractions of what that one is of."""
    corner, sides = outer[:2], outer[2:] - outer[:2]
    return tf.tile(corner, [2]) + window * tf.tile(sides, [2])
