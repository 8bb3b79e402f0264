"""Batches to train on: an endless stream that is a function of the seed and the step."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from trainer.augmentation.applying import PARTNERS, Sample, augment, needs_partners
from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.caching import load_samples, resolve_cache, sample_at, shuffled_rows
from trainer.input_pipeline.samples import calls, decode_sample, parsed_samples
from trainer.input_pipeline.shards import shuffled_records
from trainer.input_pipeline.tracing import as_written
from trainer.settings import Settings

_MOST_SHUFFLED = 2 * 2**30
"""Bytes of records in the buffer, where `shuffle_buffer` would be more."""


def training_batches(
    dataset: DatasetFolder, settings: Settings, *, steps_done: int = 0, workers: tuple[int, int] = (0, 1)
) -> tf.data.Dataset:
    """Returns the endless stream of batches.

    Args:
        dataset: where the split `settings.training.split` is read from.
        settings: all of them; the same ones give the same stream.
        steps_done: batches to leave out: the stream goes on as it would have after so many.
        workers: (index, count) of one of several processes, which reads every count-th picture of each batch, from
            the index-th on.

    Returns:
        Dicts of images uint8 [b, size, size, 3]; boxes float32 [b, max_boxes, 4], fractions of the square, padded
        with 0; labels int32 [b, max_boxes], −1 for padding and −2 for a region to ignore; source_ids int64 [b]. b is
        the batch size over the number of processes.

    Raises:
        TrainingError: the dataset has no such split.
        ValueError: the processes cannot share the batch evenly.
    """
    index, count = workers
    if settings.input.batch_size % count:
        raise ValueError(f"{count} processes cannot share a batch of {settings.input.batch_size} evenly")
    batch = settings.input.batch_size // count
    first = steps_done * settings.input.batch_size
    stream, make = _source(dataset, settings, first, workers)
    grouped = needs_partners(settings.augmentation)
    if grouped:
        stream = with_partners(stream.map(as_written(make), calls(settings.input)), batch)

    @as_written
    def change(position: tf.Tensor, given: Any) -> Sample:
        sample, *partners = given if grouped else (make(given),)
        key = tf.stack([tf.constant(settings.seed), tf.cast(position % 2**31, tf.int32)])
        return augment(sample, key, settings.augmentation, partners) if settings.augmentation else sample

    positions = tf.data.Dataset.range(first + index, tf.int64.max, count)
    samples = tf.data.Dataset.zip((positions, stream)).map(change, calls(settings.input))
    batches = samples.batch(batch, drop_remainder=True).map(as_written(_named))
    options = tf.data.Options()
    options.deterministic = True
    return batches.with_options(options).prefetch(tf.data.AUTOTUNE)


def _named(batch: Sample) -> Sample:
    return {"images": batch["image"], **{name: batch[name] for name in ("boxes", "labels", "source_ids")}}


def _source(
    dataset: DatasetFolder, settings: Settings, first: int, workers: tuple[int, int]
) -> tuple[tf.data.Dataset, Callable[[Any], Sample]]:
    """Returns what stands at the positions of a process, from one on which a batch begins, and what makes samples."""
    split, seed = dataset.split(settings.training.split), settings.seed
    index, count = workers
    if resolve_cache(dataset, settings) == "memory":
        loaded = load_samples(dataset, settings)
        rows = shuffled_rows(split.images, seed, first).shard(count, index)
        return rows, lambda row: sample_at(loaded, row)
    paths = dataset.shard_paths(settings.training.split)
    buffer = min(settings.input.shuffle_buffer, max(1, _MOST_SHUFFLED * split.images // max(1, split.bytes)))
    records = shuffled_records(paths, split.images, buffer, seed, first).shard(count, index)
    parsed = parsed_samples(records, dataset.class_ids, settings.input)
    return parsed, lambda sample: decode_sample(sample, settings.input)


def with_partners(samples: tf.data.Dataset, batch: int) -> tf.data.Dataset:
    """Returns each sample with those in its place of the next batches, as a tuple of 1 + `PARTNERS`.

    Which they are does not depend on the number of processes that share the batches.

    Args:
        samples: of this process.
        batch: so many are this process's part of a batch.
    """
    batches = samples.batch(batch, drop_remainder=True)
    empty = tf.nest.map_structure(lambda spec: tf.zeros(spec.shape, spec.dtype), batches.element_spec)

    @as_written
    def slide(last: tuple[Sample, ...], new: Sample) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
        group = (*last, new)
        return group[1:], group

    return batches.scan((empty,) * PARTNERS, slide).skip(PARTNERS).unbatch()
