"""Decoded pictures kept in memory, and the order in which they are drawn."""

import math
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.failing import explained
from trainer.input_pipeline.memory import free_memory
from trainer.input_pipeline.samples import calls, decode_sample, parsed_samples
from trainer.input_pipeline.shards import records
from trainer.input_pipeline.tracing import as_written
from trainer.settings import Settings

_SHARE = 0.25
"""Of the free memory, that the pictures may take."""
_BATCH = 32
_ALIGNMENT = 64
"""Of TensorFlow's tensors, in bytes."""


def resolve_cache(dataset: DatasetFolder, settings: Settings) -> Literal["memory", "none"]:
    """Returns where decoded pictures are kept: as the settings say, 'auto' by what memory is free now."""
    if settings.input.cache != "auto":
        return settings.input.cache
    return "memory" if cache_bytes(dataset, settings) <= _SHARE * free_memory() else "none"


def cache_bytes(dataset: DatasetFolder, settings: Settings) -> int:
    """Returns what the decoded pictures of the training split take."""
    picture = 3 * settings.input.image_size**2 + 20 * settings.input.max_boxes + 24
    return dataset.split(settings.training.split).images * picture


def load_samples(dataset: DatasetFolder, settings: Settings) -> dict[str, Any]:
    """Decodes all pictures of the training split. Returns tensors as in a batch of all, in the order of the records.

    Raises:
        TrainingError: a record is damaged, or its picture cannot be decoded.
    """
    split = settings.training.split
    count = dataset.split(split).images
    stream = parsed_samples(records(dataset.shard_paths(split)), dataset.class_ids, settings.input)
    stream = stream.map(as_written(lambda parsed: decode_sample(parsed, settings.input)), calls(settings.input))
    whole = {name: _empty(count, spec) for name, spec in stream.element_spec.items()}
    stream = stream.apply(tf.data.experimental.assert_cardinality(count))
    with explained(dataset, split):
        for number, batch in enumerate(stream.batch(_BATCH).as_numpy_iterator()):
            for name, values in batch.items():
                whole[name][number * _BATCH :][: len(values)] = values
    return {name: tf.experimental.dlpack.from_dlpack(array.__dlpack__()) for name, array in whole.items()}


def _empty(count: int, spec: tf.TensorSpec) -> np.ndarray:
    """Returns an array that TensorFlow can use as it is, so that the pictures are in memory once."""
    dtype = np.dtype(spec.dtype.as_numpy_dtype)
    size = count * math.prod(spec.shape) * dtype.itemsize
    raw = np.empty(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    whole: np.ndarray = raw[start : start + size].view(dtype)
    return whole.reshape(count, *spec.shape)


def shuffled_rows(count: int, seed: int, start: int = 0) -> tf.data.Dataset:
    """Returns an endless stream of numbers below `count`: epoch after epoch, all of them, in an order of its own.

    Args:
        count: of the loaded samples.
        seed: with the epoch's number, fixes the epoch's order.
        start: position in the stream to begin at.
    """
    first, done = divmod(start, count)

    @as_written
    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        key = tf.stack([tf.constant(seed, tf.int64), number])
        order = tf.random.experimental.stateless_shuffle(tf.range(count), key)
        return tf.data.Dataset.from_tensor_slices(order[tf.where(number == first, done, 0) :])

    return tf.data.Dataset.range(first, tf.int64.max).flat_map(epoch)


def sample_at(loaded: dict[str, Any], row: tf.Tensor) -> dict[str, Any]:
    """Returns one of the loaded samples."""
    return {name: tf.gather(values, row) for name, values in loaded.items()}
