"""Rectangles that hide parts of a picture."""

import tensorflow as tf

from trainer.augmentation.settings import Cutout
from trainer.augmentation.views import View, settled, without_hidden
from trainer.input_pipeline import letterbox


def cut_out(view: View, key: tf.Tensor, settings: Cutout) -> View:
    """Returns a view with grey rectangles on it; objects that they hide become regions to ignore.

    Args:
        view: what is seen.
        key: int32 [2].
        settings: how many, and how large.
    """
    view = settled(view)
    side = view.image.shape[0]
    numbers = tf.random.stateless_uniform([settings.count, 4], key)
    smallest, largest = settings.size
    half = (smallest + numbers[:, 2:] * (largest - smallest)) / 2
    rectangles = tf.round(tf.concat([numbers[:, :2] - half, numbers[:, :2] + half], axis=-1) * side)
    visible = view.visible * (1 - hidden_share(view.boxes, rectangles / side))
    return without_hidden(
        view._replace(image=_painted(view.image, rectangles), visible=visible), settings.minimum_visible
    )


def hidden_share(boxes: tf.Tensor, rectangles: tf.Tensor) -> tf.Tensor:
    """Returns which share of each box is hidden by rectangles that may overlap.

    Args:
        boxes: float32 [M, 4].
        rectangles: float32 [K, 4], in the same unit.

    Returns:
        float32 [M]; 0 for boxes without area.
    """
    # The edges of the rectangles divide the plane into cells, each of which is wholly hidden or not at all.
    shared, inside = [], []
    for low, high in ((0, 2), (1, 3)):
        edges = tf.sort(tf.concat([rectangles[:, low], rectangles[:, high]], axis=0))
        starts, ends = edges[:-1], edges[1:]
        shared.append(tf.maximum(tf.minimum(boxes[:, high, None], ends) - tf.maximum(boxes[:, low, None], starts), 0.0))
        inside.append(_is_inside((starts + ends) / 2, rectangles[:, low], rectangles[:, high]))
    is_hidden = tf.cast(tf.matmul(inside[0], inside[1], transpose_a=True) > 0, tf.float32)
    sides = boxes[:, 2:] - boxes[:, :2]
    hidden = tf.reduce_sum(tf.matmul(shared[0], is_hidden) * shared[1], axis=-1)
    return tf.clip_by_value(tf.math.divide_no_nan(hidden, sides[:, 0] * sides[:, 1]), 0.0, 1.0)


def _painted(image: tf.Tensor, rectangles: tf.Tensor) -> tf.Tensor:
    """Returns a picture with grey rectangles.

    Args:
        image: uint8 [size, size, 3].
        rectangles: float32 [K, 4], in whole pixels.
    """
    side = image.shape[0]
    centres = tf.range(side, dtype=tf.float32) + 0.5
    rows = _is_inside(centres, rectangles[:, 0], rectangles[:, 2])
    columns = tf.repeat(_is_inside(centres, rectangles[:, 1], rectangles[:, 3]), 3, axis=-1)
    is_hidden = tf.matmul(rows, columns, transpose_a=True) > 0
    flat = tf.where(is_hidden, tf.constant(letterbox.PADDING, tf.uint8), tf.reshape(image, [side, 3 * side]))
    return tf.reshape(flat, image.shape)


def _is_inside(places: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor) -> tf.Tensor:
    """Returns float32 [K, n], 1 or 0: whether each of n places lies between each of K pairs of edges."""
    return tf.cast((places >= starts[:, tf.newaxis]) & (places < ends[:, tf.newaxis]), tf.float32)
