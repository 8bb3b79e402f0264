"""How other people's programs read a dataset: the features that each asks for, and what it makes of them.

The specifications are facts of those programs, put down from their sources: TensorFlow Model Garden,
`official/vision/dataloaders/tf_example_decoder.py`; the Object Detection API,
`research/object_detection/data_decoders/tf_example_decoder.py`; FiftyOne, `fiftyone/utils/tf.py`; Datumaro,
`plugins/data_formats/tf_detection_api/base.py`.
"""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

BOX_SIDES = tuple(f"image/object/bbox/{side}" for side in ("xmin", "xmax", "ymin", "ymax"))


def required(dtype: tf.DType) -> tf.io.FixedLenFeature:
    """A single value, without which the reader fails."""
    return tf.io.FixedLenFeature([], dtype)


def optional(dtype: tf.DType, default: object) -> tf.io.FixedLenFeature:
    """A single value with a default that would hide its absence."""
    return tf.io.FixedLenFeature([], dtype, default)


def several(dtype: tf.DType) -> tf.io.VarLenFeature:
    return tf.io.VarLenFeature(dtype)


MODEL_GARDEN: dict[str, Any] = {
    "image/encoded": required(tf.string),
    "image/source_id": required(tf.string),
    "image/height": optional(tf.int64, -1),
    "image/width": optional(tf.int64, -1),
    **dict.fromkeys(BOX_SIDES, several(tf.float32)),
    "image/object/class/label": several(tf.int64),
    "image/object/area": several(tf.float32),
    "image/object/is_crowd": several(tf.int64),
}

OBJECT_DETECTION_API: dict[str, Any] = {
    "image/encoded": optional(tf.string, ""),
    "image/format": optional(tf.string, "jpeg"),
    "image/filename": optional(tf.string, ""),
    "image/key/sha256": optional(tf.string, ""),
    "image/source_id": optional(tf.string, ""),
    "image/height": optional(tf.int64, 1),
    "image/width": optional(tf.int64, 1),
    "image/class/text": several(tf.string),
    "image/class/label": several(tf.int64),
    "image/class/confidence": several(tf.float32),
    "image/neg_category_ids": several(tf.int64),
    "image/not_exhaustive_category_ids": several(tf.int64),
    **dict.fromkeys(BOX_SIDES, several(tf.float32)),
    "image/object/class/label": several(tf.int64),
    "image/object/class/text": several(tf.string),
    "image/object/area": several(tf.float32),
    "image/object/is_crowd": several(tf.int64),
    "image/object/difficult": several(tf.int64),
    "image/object/group_of": several(tf.int64),
    "image/object/weight": several(tf.float32),
}

FIFTYONE: dict[str, Any] = {
    **dict.fromkeys(("image/height", "image/width"), required(tf.int64)),
    **dict.fromkeys(("image/filename", "image/source_id", "image/encoded", "image/format"), required(tf.string)),
    **dict.fromkeys(BOX_SIDES, tf.io.FixedLenSequenceFeature([], tf.float32, allow_missing=True)),
    "image/object/class/text": tf.io.FixedLenSequenceFeature([], tf.string, allow_missing=True),
    "image/object/class/label": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True),
}

DATUMARO: dict[str, Any] = {
    **dict.fromkeys(("image/filename", "image/source_id", "image/encoded", "image/format"), required(tf.string)),
    **dict.fromkeys(("image/height", "image/width"), required(tf.int64)),
    "image/key/sha256": several(tf.string),
    **dict.fromkeys(BOX_SIDES, several(tf.float32)),
    "image/object/class/label": several(tf.int64),
    "image/object/class/text": several(tf.string),
    "image/object/mask": several(tf.string),
}


def parsed(record: tf.Tensor, features: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Parses a record as these readers do: lists become dense, and an absent key leaves an empty one."""
    tensors = tf.io.parse_single_example(record, features)
    return {key: dense(tensor) if isinstance(tensor, tf.SparseTensor) else tensor for key, tensor in tensors.items()}


def dense(tensor: tf.SparseTensor) -> tf.Tensor:
    return tf.sparse.to_dense(tensor, default_value="" if tensor.dtype == tf.string else 0)


def as_model_garden(record: tf.Tensor) -> dict[str, tf.Tensor]:
    """What a Model Garden model is fed: boxes as [ymin, xmin, ymax, xmax], the id of the picture as a number."""
    tensors = parsed(record, MODEL_GARDEN)
    image = tf.io.decode_image(tensors["image/encoded"], channels=3)
    image.set_shape([None, None, 3])
    sides = [tensors[f"image/object/bbox/{side}"] for side in ("ymin", "xmin", "ymax", "xmax")]
    return {
        "image": image,
        "source_id": tf.strings.to_number(tensors["image/source_id"], tf.int64),
        "height": tensors["image/height"],
        "width": tensors["image/width"],
        "boxes": tf.stack(sides, axis=-1),
        "classes": tensors["image/object/class/label"],
        "areas": tensors["image/object/area"],
        "is_crowd": tf.cast(tensors["image/object/is_crowd"], tf.bool),
    }
