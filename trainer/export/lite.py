"""A detector for TensorFlow Lite (LiteRT): from one square of pixels to boxes on it, with built-in operations only."""

import re

import numpy as np
import tensorflow as tf

from trainer.boxes import area, decode_deltas
from trainer.decoding import Detections, vote
from trainer.export.description import Description
from trainer.export.precision import in_float32
from trainer.failures import TrainingError
from trainer.network.detector import Detector
from trainer.settings import DecodingSettings


def lite_model(detector: Detector, description: Description) -> bytes:
    """Returns the content of a .tflite file.

    Its signature 'serving_default' takes `image` uint8 [1, S, S, 3], a picture on its square, and gives `boxes`
    float32 [1, K, 4] (ymin, xmin, ymax, xmax) as fractions of the square, `scores` float32 [1, K], descending,
    `classes` int32 [1, K] from 0 (the k-th of the label map), and `count` int32 [1]: so many of the K are there.

    Args:
        detector: of any precision; in the file it calculates in float32.
        description: what it is to be served with.

    Raises:
        TrainingError: the network has an operation that TensorFlow Lite does not have.
    """
    plain = in_float32(detector)
    size = detector.image_size

    @tf.function(input_signature=[tf.TensorSpec([1, size, size, 3], tf.uint8, name="image")])
    def detect(image: tf.Tensor) -> Detections:
        found = decode_with_builtins(plain.model(image, training=False), plain.anchors, description.decoding)
        return {
            "boxes": found["boxes"],
            "scores": found["scores"],
            "classes": found["classes"],
            "count": found["counts"],
        }

    module = tf.Module()
    module.weights = [variable.value for variable in plain.model.variables]
    converter = tf.lite.TFLiteConverter.from_concrete_functions([detect.get_concrete_function()], module)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    try:
        return bytes(converter.convert())
    except Exception as error:  # TensorFlow keeps the class of what it raises here to itself
        raise TrainingError(
            f"this network cannot become a TensorFlow Lite model ({_reason(str(error))}): leave out --tflite"
        ) from error


def _reason(message: str) -> str:
    """Returns which operations are missing, if the converter's message names some, or its first line."""
    missing = sorted(set(re.findall(r"'(tf\.\w+)' op is neither a custom op nor a flex op", message)))
    if missing:
        return f"it has no operation {', '.join(missing)}"
    return next((line for line in message.splitlines() if line.strip()), "no reason is given")


def decode_with_builtins(outputs: dict[str, tf.Tensor], anchors: np.ndarray, settings: DecodingSettings) -> Detections:
    """Does for one picture what `trainer.decoding.decode` does, with operations that TensorFlow Lite has.

    It has none that suppresses in every class by itself. So the boxes of each class are moved beside the square, to a
    place of their own where they overlap no others.

    Args:
        outputs: 'box_deltas' float32 [1, A, 4] and 'class_logits' float32 [1, A, C].
        anchors: float32 [A, 4], fractions of the square.
        settings: thresholds.
    """
    scores = tf.sigmoid(outputs["class_logits"][0])
    best = tf.math.top_k(tf.reduce_max(scores, axis=-1), min(settings.candidates, len(anchors))).indices
    scores = tf.gather(scores, best)
    boxes = decode_deltas(tf.gather(outputs["box_deltas"][0], best), tf.gather(tf.constant(anchors, tf.float32), best))
    boxes = tf.clip_by_value(boxes, 0.0, 1.0)
    candidates, class_count = scores.shape
    beside = 2.0 * np.arange(class_count, dtype=np.float32).repeat(candidates)[:, np.newaxis]
    places = tf.tile(boxes, [class_count, 1]) + beside
    # TensorFlow Lite chooses a box without area again and again: it does not overlap itself.
    by_class = tf.where(area(places) > 0, tf.reshape(tf.transpose(scores), [-1]), 0.0)
    kept = tf.raw_ops.NonMaxSuppressionV4(
        boxes=places,
        scores=by_class,
        max_output_size=settings.max_detections,
        iou_threshold=settings.nms_iou,
        score_threshold=settings.score_threshold,
        pad_to_max_output_size=True,
    )
    there = tf.range(settings.max_detections) < kept.valid_outputs
    classes = tf.where(there, kept.selected_indices // candidates, 0)
    chosen = tf.gather(boxes, kept.selected_indices % candidates)
    voted = vote(chosen[tf.newaxis], classes[tf.newaxis], boxes[tf.newaxis], scores[tf.newaxis], settings)
    return {
        "boxes": tf.where(there[:, tf.newaxis], voted[0], 0.0)[tf.newaxis],
        "scores": tf.where(there, tf.gather(by_class, kept.selected_indices), 0.0)[tf.newaxis],
        "classes": classes[tf.newaxis],
        "counts": kept.valid_outputs[tf.newaxis],
    }
