"""From the bytes of a picture to the square that the network sees: one way for training, evaluation and serving."""

from collections.abc import Collection
from functools import partial

import tensorflow as tf

from data_contract import features as keys
from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.letterbox import scaled_on_canvas, scaled_size
from trainer.input_pipeline.shards import records
from trainer.input_pipeline.tracing import as_written

_RATIOS = (1, 2, 4, 8)
"""By which a JPEG decoder can shrink a picture while it decodes, and be faster for it."""


def decode_on_canvas(encoded: tf.Tensor, size: int, resize: str) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a picture on its square, and its own size.

    Args:
        encoded: string scalar: a JPEG, PNG, BMP or GIF file (of a GIF, the first frame).
        size: side of the square, in pixels.
        resize: 'letterbox' or 'stretch'.

    Returns:
        uint8 [size, size, 3], and int32 [2]: height and width of the picture.

    Raises:
        tf.errors.InvalidArgumentError: the bytes are no such picture.
    """
    image, original, target = tf.cond(
        tf.io.is_jpeg(encoded),
        lambda: _decode_jpeg(encoded, size, resize),
        lambda: _decode_other(encoded, size, resize),
    )
    return scaled_on_canvas(image, target, size), original


def _decode_jpeg(encoded: tf.Tensor, size: int, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Returns a picture, its height and width, and those on the square.

    The picture is as small as the decoder makes it cheaply, but not smaller than on the square.
    """
    original = tf.io.extract_jpeg_shape(encoded)[:2]
    target = tf.stack(scaled_size(original, size, resize))
    ratios = tf.constant(_RATIOS[1:])[:, tf.newaxis]
    reduced = (original + ratios - 1) // ratios
    # The last pixels of a row may stand for less of the picture than the others: so far is its edge off.
    surplus = (reduced * ratios - original) * target
    fits = (reduced >= target) & (2 * surplus <= original)
    level = tf.reduce_sum(tf.cast(tf.reduce_all(fits, axis=1), tf.int32))
    decoders = [partial(tf.io.decode_jpeg, encoded, channels=3, ratio=ratio) for ratio in _RATIOS]
    return tf.switch_case(level, decoders), original, target


def _decode_other(encoded: tf.Tensor, size: int, resize: str) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    image = tf.ensure_shape(tf.io.decode_image(encoded, channels=3, expand_animations=False), [None, None, 3])
    original = tf.shape(image)[:2]
    return image, original, tf.stack(scaled_size(original, size, resize))


def read_pictures(dataset: DatasetFolder, split: str, source_ids: Collection[int]) -> dict[int, bytes]:
    """Returns the encoded bytes of some pictures of a split, by `source_id`; those that are not there are left out."""
    if not source_ids:
        return {}
    wanted = tf.constant([str(number) for number in source_ids], tf.string)
    features = {key: tf.io.FixedLenFeature([], tf.string) for key in (keys.IMAGE_SOURCE_ID, keys.IMAGE_ENCODED)}
    found: dict[int, bytes] = {}
    stream = records(dataset.shard_paths(split)).map(
        as_written(lambda record: tf.io.parse_single_example(record, features)), num_parallel_calls=tf.data.AUTOTUNE
    )
    for example in stream.filter(as_written(lambda example: tf.reduce_any(example[keys.IMAGE_SOURCE_ID] == wanted))):
        found[int(example[keys.IMAGE_SOURCE_ID].numpy())] = example[keys.IMAGE_ENCODED].numpy()
        if len(found) == len(set(source_ids)):
            break
    return found
