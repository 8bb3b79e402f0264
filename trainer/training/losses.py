"""What is trained: which anchor is to find which object, and how far the network is from that.

Focal loss: Lin et al. 2017, "Focal Loss for Dense Object Detection". Matching by overlap: the same, section 4.1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from trainer.boxes import area, encode_deltas, intersection
from trainer.input_pipeline.records import IGNORED, PADDING
from trainer.settings import LossSettings

BACKGROUND, LEFT_ALONE = -1, -2


class Targets(NamedTuple):
    """What the network should say for each anchor."""

    deltas: tf.Tensor
    """float32 [B, A, 4]; of use where the label is a class."""
    labels: tf.Tensor
    """int32 [B, A]: the class from 0, `BACKGROUND` or `LEFT_ALONE`."""


class Losses(NamedTuple):
    """Sums over a batch, divided by the number of anchors that are to find an object, in all that makes a step."""

    classes: tf.Tensor
    boxes: tf.Tensor


def make_targets(boxes: tf.Tensor, labels: tf.Tensor, anchors: np.ndarray, settings: LossSettings) -> Targets:
    """Matches anchors with objects.

    Args:
        boxes: float32 [B, M, 4], fractions of the canvas.
        labels: int32 [B, M]: the class from 0, −1 for padding, −2 for a region to ignore.
        anchors: float32 [A, 4], fractions of the canvas.
        settings: `positive_iou` and `negative_iou`.
    """
    anchors = tf.constant(anchors, tf.float32)
    boxes, labels = _without_padding(boxes, labels)
    shared = intersection(anchors[tf.newaxis, :, tf.newaxis], boxes[:, tf.newaxis])
    of_anchor = area(anchors)[tf.newaxis, :, tf.newaxis]
    overlaps = shared / tf.maximum(of_anchor + area(boxes)[:, tf.newaxis] - shared, 1e-12)
    overlaps = tf.where(labels[:, tf.newaxis] >= 0, overlaps, -1.0)
    best = tf.reduce_max(overlaps, axis=-1)
    which = tf.argmax(overlaps, axis=-1, output_type=tf.int32)
    matched = tf.where(
        best >= settings.positive_iou,
        tf.gather(labels, which, batch_dims=1),
        tf.where(best < settings.negative_iou, BACKGROUND, LEFT_ALONE),
    )
    # A region to ignore is no union: an anchor that lies in it by half is left alone, however small.
    inside = tf.where((labels == IGNORED)[:, tf.newaxis], shared / tf.maximum(of_anchor, 1e-12), 0.0)
    ignored = (tf.reduce_max(inside, axis=-1) >= 0.5) & (matched == BACKGROUND)
    matched = tf.where(ignored, LEFT_ALONE, matched)
    return Targets(encode_deltas(tf.gather(boxes, which, batch_dims=1), anchors), matched)


def _without_padding(boxes: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Leaves out the places where no picture of the batch has a box, but for the first: most of them, usually."""
    used = tf.concat([[True], tf.reduce_any(labels != PADDING, axis=0)[1:]], axis=0)
    return tf.boolean_mask(boxes, used, axis=1), tf.boolean_mask(labels, used, axis=1)


def count_found(targets: Sequence[Targets]) -> tf.Tensor:
    """Returns how many anchors are to find an object, in all batches of a step on all replicas: float32, at least 1."""
    count = tf.add_n([tf.reduce_sum(tf.cast(each.labels >= 0, tf.float32)) for each in targets])
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync > 1:
        count = context.all_reduce(tf.distribute.ReduceOp.SUM, count)
    return tf.maximum(count, 1.0)


def detection_losses(
    outputs: dict[str, tf.Tensor], targets: Targets, count: tf.Tensor, settings: LossSettings
) -> Losses:
    """Returns the losses of one batch on this replica, in float32.

    Their sum over batches and replicas is the loss of the step, and so is the sum of their gradients exactly.

    Args:
        outputs: 'box_deltas' [B, A, 4] and 'class_logits' [B, A, C], of any float type.
        targets: of the same anchors.
        count: as `count_found` returns it.
        settings: weights and shapes.
    """
    logits = tf.cast(outputs["class_logits"], tf.float32)
    deltas = tf.cast(outputs["box_deltas"], tf.float32)
    found = tf.cast(targets.labels >= 0, tf.float32)
    counted = tf.cast(targets.labels != LEFT_ALONE, tf.float32)[..., tf.newaxis]
    wanted = tf.one_hot(targets.labels, logits.shape[-1])
    classes = tf.reduce_sum(_focal(logits, wanted, settings) * counted) / count
    distances = tf.reduce_mean(_huber(targets.deltas - deltas, settings.huber_delta), axis=-1)
    return Losses(classes, settings.box_weight * tf.reduce_sum(distances * found) / count)


def _focal(logits: tf.Tensor, wanted: tf.Tensor, settings: LossSettings) -> tf.Tensor:
    """Focal loss, elementwise."""
    likely = tf.sigmoid(logits)
    # Not 0: the slope of its power may be infinite there, and infinity times 0 is no number.
    missing = tf.maximum(wanted * (1 - likely) + (1 - wanted) * likely, 1e-7)
    weight = wanted * settings.focal_alpha + (1 - wanted) * (1 - settings.focal_alpha)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits)
    return weight * missing**settings.focal_gamma * entropy


def _huber(error: tf.Tensor, delta: float) -> tf.Tensor:
    """Huber loss, elementwise: quadratic up to `delta`, linear beyond."""
    size = tf.abs(error)
    return tf.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))
