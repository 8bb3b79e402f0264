"""The input pipeline of KerasHub's guide on RetinaNet, with its layers of Keras for pictures and boxes.

guides/keras_hub/object_detection_retinanet.py of keras-io: resizing with padding, at most 100 boxes, batches. What is
added: records instead of files and XML, a shuffle, and the layer that flips, as Shardbox's pipeline has them.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf
import timing

FORMAT = "yxyx"
SIDES = ("ymin", "xmin", "ymax", "xmax")


def parse(record: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns a decoded picture, and its boxes in pixels."""
    features = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/object/class/label": tf.io.RaggedFeature(tf.int64),
        **{f"image/object/bbox/{side}": tf.io.RaggedFeature(tf.float32) for side in SIDES},
    }
    example = tf.io.parse_single_example(record, features)
    image = tf.io.decode_jpeg(example["image/encoded"], channels=3)
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    boxes = tf.stack([example[f"image/object/bbox/{side}"] for side in SIDES], axis=-1)
    boxes = keras.utils.bounding_boxes.convert_format(
        boxes, source="rel_yxyx", target=FORMAT, height=height, width=width
    )
    labels = tf.cast(example["image/object/class/label"] - 1, tf.int32)
    return {"images": image, "bounding_boxes": {"boxes": boxes, "labels": labels}}


def batches(data: Path, size: int, batch: int) -> tf.data.Dataset:
    """Returns endless batches."""
    resizing = keras.layers.Resizing(
        height=size, width=size, interpolation="bilinear", pad_to_aspect_ratio=True, bounding_box_format=FORMAT
    )
    flip = keras.layers.RandomFlip("horizontal", bounding_box_format=FORMAT)
    most = keras.layers.MaxNumBoundingBoxes(max_number=100, bounding_box_format=FORMAT)
    files = tf.data.Dataset.from_tensor_slices(timing.shards(data))
    made = files.interleave(tf.data.TFRecordDataset, num_parallel_calls=tf.data.AUTOTUNE).shuffle(2048).repeat()
    for step in (parse, resizing, flip, most):
        made = made.map(step, num_parallel_calls=tf.data.AUTOTUNE)
    return made.batch(batch, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


if __name__ == "__main__":
    timing.main(batches)
