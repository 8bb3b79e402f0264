"""How other people's programs read a dataset: the features that each asks for, and what it makes of them.

The specifications are facts of those programs, put down from their sources: TensorFlow Model Garden,
`official/vision/dataloaders/tf_example_decoder.py` and `segmentation_input.py`; the Object Detection API,
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


MODEL_GARDEN_WITH_MASKS: dict[str, Any] = MODEL_GARDEN | {"image/object/mask": several(tf.string)}

MODEL_GARDEN_SEGMENTATION: dict[str, Any] = {
    "image/encoded": optional(tf.string, ""),
    "image/height": optional(tf.int64, 0),
    "image/width": optional(tf.int64, 0),
    "image/segmentation/class/encoded": optional(tf.string, ""),
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


def as_masks(record: tf.Tensor) -> tf.Tensor:
    """The masks that a Model Garden model is fed: one of the picture's size for each object."""
    tensors = parsed(record, MODEL_GARDEN_WITH_MASKS)
    size = [tensors["image/height"], tensors["image/width"]]

    def decode(mask: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_png(mask, channels=1, dtype=tf.uint8)
        return tf.ensure_shape(tf.squeeze(image, axis=-1), [None, None])

    masks = tensors["image/object/mask"]
    if tf.size(masks) == 0:
        return tf.zeros([0, *size], tf.uint8)
    return tf.map_fn(decode, masks, fn_output_signature=tf.uint8)


def as_class_map(record: tf.Tensor) -> tf.Tensor:
    """The class of every pixel that a Model Garden segmentation model is fed."""
    tensors = parsed(record, MODEL_GARDEN_SEGMENTATION)
    image = tf.io.decode_image(tensors["image/segmentation/class/encoded"], channels=1)
    image.set_shape([None, None, 1])
    return tf.squeeze(image, axis=-1)
