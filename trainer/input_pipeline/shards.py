"""Streams of serialized records: in their order, or shuffled by epoch."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from trainer.input_pipeline.tracing import as_written

_FILES_AT_A_TIME = 8
"""A constant: the order of the records must not depend on the machine."""
_READ_BUFFER = 2 * 2**20


def records(paths: Sequence[str]) -> tf.data.Dataset:
    """Returns the serialized records of files, in their order."""
    return _read(list(paths))


def first_records(paths: Sequence[str], counts: Sequence[int], share: float) -> tf.data.Dataset:
    """Returns the first records of each file, serialized.

    Args:
        paths: the files.
        counts: records in each.
        share: of each, from 0 to 1, rounded up.
    """
    wanted = [math.ceil(count * share) for count in counts]
    files = tf.data.Dataset.from_tensor_slices((list(paths), tf.constant(wanted, tf.int64)))
    read = files.interleave(
        as_written(lambda path, most: _read(path).take(most)),
        cycle_length=min(len(paths), _FILES_AT_A_TIME),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return read.apply(tf.data.experimental.assert_cardinality(sum(wanted)))


def shuffled_records(paths: Sequence[str], count: int, buffer: int, seed: int, start: int = 0) -> tf.data.Dataset:
    """Returns an endless stream of serialized records, which goes through the files epoch after epoch.

    Args:
        paths: the files.
        count: records in them together.
        buffer: records that are shuffled at a time.
        seed: with the epoch's number, fixes the epoch's order of files and records.
        start: position in the stream to begin at. Epochs before it are not read; records before it are not parsed.
    """
    first, done = divmod(start, count)
    names = tf.constant(list(paths))

    @as_written
    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        key = tf.stack([tf.constant(seed, tf.int64), number])
        files = tf.data.Dataset.from_tensor_slices(tf.random.experimental.stateless_shuffle(names, key))
        read = files.interleave(
            as_written(_read),
            cycle_length=min(len(paths), _FILES_AT_A_TIME),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        # Of this function's graph alone: else the program's global seed would take part in the shuffle.
        tf.random.set_seed(1)
        order = tf.random.stateless_uniform([], key, maxval=2**62, dtype=tf.int64)
        read = read.apply(tf.data.experimental.assert_cardinality(count))
        mixed = read.shuffle(min(buffer, count), seed=order, reshuffle_each_iteration=False)
        return mixed.skip(tf.where(number == first, tf.constant(done, tf.int64), 0))

    return tf.data.Dataset.range(first, tf.int64.max).flat_map(epoch)


def _read(paths: Any) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(paths, buffer_size=_READ_BUFFER)
