"""Geometry of boxes (ymin, xmin, ymax, xmax), in tensors of any unit."""

import tensorflow as tf


def area(boxes: tf.Tensor) -> tf.Tensor:
    """Returns the areas [...] of boxes [..., 4]; 0 for reversed ones."""
    return tf.maximum(boxes[..., 2] - boxes[..., 0], 0.0) * tf.maximum(boxes[..., 3] - boxes[..., 1], 0.0)


def intersection(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Returns the areas that boxes share with others, broadcast: [..., n, 1, 4] and [..., 1, m, 4] make [..., n, m]."""
    top_left = tf.maximum(boxes[..., :2], others[..., :2])
    bottom_right = tf.minimum(boxes[..., 2:], others[..., 2:])
    sides = tf.maximum(bottom_right - top_left, 0.0)
    return sides[..., 0] * sides[..., 1]


def overlap(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Returns intersection over union, broadcast as `intersection`; 0 where both are empty."""
    shared = intersection(boxes, others)
    return shared / tf.maximum(area(boxes) + area(others) - shared, 1e-12)


def encode_deltas(boxes: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
    """Returns what a network predicts of boxes: how they lie to their anchors.

    (dx, dy) in the anchor's sides, (log dw, log dh): Faster R-CNN's (Ren et al. 2015, section 3.1.2), in the order of
    KerasHub's 'center_xywh'.

    Args:
        boxes: float32 [..., 4]; sides under a 10,000th of the picture count as that.
        anchors: float32 [..., 4], in the same unit.

    Returns:
        float32 [..., 4].
    """
    cy, cx, height, width = _centred(anchors)
    to_y, to_x, to_height, to_width = _centred(boxes)
    scales = tf.math.log(tf.maximum(to_width, 1e-4) / width), tf.math.log(tf.maximum(to_height, 1e-4) / height)
    return tf.stack([(to_x - cx) / width, (to_y - cy) / height, *scales], axis=-1)


def decode_deltas(deltas: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
    """Returns the boxes that deltas mean: the inverse of `encode_deltas`. Sides grow at most 54-fold (e^4)."""
    cy, cx, height, width = _centred(anchors)
    y, x = deltas[..., 1] * height + cy, deltas[..., 0] * width + cx
    half_height = tf.exp(tf.minimum(deltas[..., 3], 4.0)) * height / 2
    half_width = tf.exp(tf.minimum(deltas[..., 2], 4.0)) * width / 2
    return tf.stack([y - half_height, x - half_width, y + half_height, x + half_width], axis=-1)


def _centred(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns centre y and x, height and width."""
    ymin, xmin, ymax, xmax = tf.unstack(boxes, axis=-1)
    return (ymin + ymax) / 2, (xmin + xmax) / 2, ymax - ymin, xmax - xmin
