"""From the network's output to boxes: the best candidates, non-maximum suppression, voting."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from trainer.boxes import area, decode_deltas, overlap
from trainer.network.detector import Detector
from trainer.settings import DecodingSettings

Detections = dict[str, tf.Tensor]
"""'boxes' float32 [B, K, 4] as fractions of the canvas, clipped to it; 'scores' float32 [B, K], descending;
'classes' int32 [B, K] from 0; 'counts' int32 [B]: so many of the K are there, the others are 0."""


def detect_on_canvas(detector: Detector, settings: DecodingSettings) -> Callable[[tf.Tensor], Detections]:
    """Returns a function from pictures uint8 [B, S, S, 3] to `Detections`."""

    @tf.function(reduce_retracing=True)
    def detect(images: tf.Tensor) -> Detections:
        return decode(detector.model(images, training=False), detector.anchors, settings)

    return detect  # type: ignore[no-any-return]


def decode(outputs: dict[str, tf.Tensor], anchors: np.ndarray, settings: DecodingSettings) -> Detections:
    """Makes `Detections` of what the network says.

    Each box that non-maximum suppression keeps becomes the mean of its class's candidates that overlap it, weighted
    by a power of their scores (box voting: Gidaris & Komodakis 2015, section 5.2).

    Args:
        outputs: 'box_deltas' [B, A, 4] and 'class_logits' [B, A, C], of any float type.
        anchors: float32 [A, 4], fractions of the canvas.
        settings: thresholds.
    """
    scores = tf.sigmoid(tf.cast(outputs["class_logits"], tf.float32))
    count = min(settings.candidates, len(anchors))
    best = tf.math.top_k(tf.reduce_max(scores, axis=-1), count).indices
    scores = tf.gather(scores, best, batch_dims=1)
    deltas = tf.gather(tf.cast(outputs["box_deltas"], tf.float32), best, batch_dims=1)
    boxes = decode_deltas(deltas, tf.gather(tf.constant(anchors, tf.float32), best))
    boxes = tf.clip_by_value(boxes, 0.0, 1.0)
    scores = tf.where(area(boxes)[..., tf.newaxis] > 0, scores, 0.0)  # some lie beside the canvas
    kept = tf.image.combined_non_max_suppression(
        boxes[:, :, tf.newaxis],
        scores,
        max_output_size_per_class=settings.max_detections,
        max_total_size=settings.max_detections,
        iou_threshold=settings.nms_iou,
        score_threshold=settings.score_threshold,
        clip_boxes=False,
    )
    classes = tf.cast(kept.nmsed_classes, tf.int32)
    voted = vote(kept.nmsed_boxes, classes, boxes, scores, settings)
    there = tf.sequence_mask(kept.valid_detections, settings.max_detections)
    return {
        "boxes": tf.where(there[..., tf.newaxis], voted, 0.0),
        "scores": kept.nmsed_scores,
        "classes": classes,
        "counts": kept.valid_detections,
    }


def vote(
    kept: tf.Tensor, classes: tf.Tensor, boxes: tf.Tensor, scores: tf.Tensor, settings: DecodingSettings
) -> tf.Tensor:
    """Returns float32 [B, K, 4]: each kept box as the weighted mean of the candidates that overlap it."""
    if settings.voting_iou >= 1:
        return kept
    votes = tf.gather(tf.transpose(scores, [0, 2, 1]), classes, batch_dims=1) ** settings.voting_power
    agree = overlap(kept[:, :, tf.newaxis], boxes[:, tf.newaxis]) >= settings.voting_iou
    votes = tf.where(agree, votes, 0.0)
    total = tf.reduce_sum(votes, axis=-1, keepdims=True)
    return tf.where(total > 0, tf.matmul(votes, boxes) / tf.maximum(total, 1e-12), kept)
