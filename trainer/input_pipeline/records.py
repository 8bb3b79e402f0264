"""What a record holds for the trainer: batches of serialized examples become dense tensors."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from data_contract import features as keys

Parsed = dict[str, Any]

PADDING = -1
"""Label of a row without an object."""
IGNORED = -2
"""Label of a region that is neither object nor background."""

_SIDES = (keys.BOX_YMIN, keys.BOX_XMIN, keys.BOX_YMAX, keys.BOX_XMAX)
_SCALARS = {
    keys.IMAGE_ENCODED: tf.string,
    keys.IMAGE_HEIGHT: tf.int64,
    keys.IMAGE_WIDTH: tf.int64,
    keys.IMAGE_FILENAME: tf.string,
    keys.IMAGE_SOURCE_ID: tf.string,
}
_LISTS = {
    **dict.fromkeys(_SIDES, tf.float32),
    keys.CLASS_LABEL: tf.int64,
    keys.OBJECT_DIFFICULT: tf.int64,
    keys.OBJECT_IS_CROWD: tf.int64,
    keys.OBJECT_AREA: tf.float32,
}
_FEATURES = {key: tf.io.FixedLenFeature([], dtype) for key, dtype in _SCALARS.items()} | {
    key: tf.io.RaggedFeature(dtype) for key, dtype in _LISTS.items()
}


def parse_records(serialized: tf.Tensor) -> Parsed:
    """Parses a batch of examples.

    Args:
        serialized: string [b].

    Returns:
        encoded string [b], filenames string [b], source_ids int64 [b], original_sizes int32 [b, 2] (height, width);
        ragged, for each object: boxes float32 [b, n, 4] (ymin, xmin, ymax, xmax; fractions of the picture), label_ids
        int64, difficult and is_crowd bool, areas float32 [b, n].

    Raises:
        tf.errors.InvalidArgumentError: a record is no such example.
    """
    example = tf.io.parse_example(serialized, _FEATURES)
    ids = example[keys.CLASS_LABEL]
    of_objects = {key: example[key].flat_values for key in _LISTS}
    sides = tf.stack([of_objects[key] for key in _SIDES], axis=-1)
    return {
        "encoded": example[keys.IMAGE_ENCODED],
        "filenames": example[keys.IMAGE_FILENAME],
        "source_ids": tf.strings.to_number(example[keys.IMAGE_SOURCE_ID], tf.int64),
        "original_sizes": tf.cast(tf.stack([example[keys.IMAGE_HEIGHT], example[keys.IMAGE_WIDTH]], axis=-1), tf.int32),
        "boxes": ids.with_flat_values(sides),
        "label_ids": ids,
        "difficult": ids.with_flat_values(of_objects[keys.OBJECT_DIFFICULT] > 0),
        "is_crowd": ids.with_flat_values(of_objects[keys.OBJECT_IS_CROWD] > 0),
        "areas": ids.with_flat_values(of_objects[keys.OBJECT_AREA]),
    }


def classes_of(label_ids: tf.RaggedTensor, class_ids: Sequence[int]) -> tf.RaggedTensor:
    """Returns, ragged int32, which class each object is, from 0.

    Args:
        label_ids: ragged int64.
        class_ids: all ids of the label map, ascending.

    Raises:
        tf.errors.InvalidArgumentError: an id is not in the label map.
    """
    known = tf.constant(list(class_ids), tf.int64)
    ids = label_ids.flat_values
    found = tf.minimum(tf.searchsorted(known, ids), len(class_ids) - 1)
    tf.Assert(tf.reduce_all(tf.gather(known, found) == ids), ["a label id is not in the label map", ids])
    return label_ids.with_flat_values(found)


def training_labels(parsed: Parsed, class_ids: Sequence[int], ignore_difficult: bool) -> tf.RaggedTensor:
    """Returns, ragged int32, the class of each object, from 0; `IGNORED` for crowds and, if told so, difficult ones."""
    labels = classes_of(parsed["label_ids"], class_ids)
    ignored = parsed["is_crowd"].flat_values
    if ignore_difficult:
        ignored = ignored | parsed["difficult"].flat_values
    return labels.with_flat_values(tf.where(ignored, IGNORED, labels.flat_values))


def padded_targets(boxes: tf.RaggedTensor, labels: tf.RaggedTensor, max_boxes: int) -> dict[str, tf.Tensor]:
    """Returns boxes float32 [b, max_boxes, 4], padded with 0, and labels int32 [b, max_boxes], with `PADDING`.

    Of a picture with more objects, the largest stay.
    """
    boxes, labels = tf.cond(
        tf.reduce_any(labels.row_lengths() > max_boxes),
        lambda: _largest_first(boxes, labels),
        lambda: (boxes, labels),
    )
    return {
        "boxes": tf.ensure_shape(boxes.to_tensor(shape=[None, max_boxes, 4]), [None, max_boxes, 4]),
        "labels": tf.ensure_shape(labels.to_tensor(PADDING, shape=[None, max_boxes]), [None, max_boxes]),
    }


def _largest_first(boxes: tf.RaggedTensor, labels: tf.RaggedTensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
    sides = boxes.flat_values[:, 2:] - boxes.flat_values[:, :2]
    by_area = tf.argsort(sides[:, 0] * sides[:, 1], direction="DESCENDING", stable=True)
    order = tf.gather(by_area, tf.argsort(tf.gather(boxes.value_rowids(), by_area), stable=True))
    return (
        boxes.with_flat_values(tf.gather(boxes.flat_values, order)),
        labels.with_flat_values(tf.gather(labels.flat_values, order)),
    )
