"""Batches to evaluate on: each picture of a split once, in the order of the records."""

from typing import Any

import tensorflow as tf

from trainer.dataset_folder import DatasetFolder
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.input_pipeline.records import PADDING, classes_of, parse_records
from trainer.input_pipeline.shards import records
from trainer.input_pipeline.tracing import as_written
from trainer.settings import Settings

_RAGGED = {"boxes": 0.0, "labels": PADDING, "is_crowd": False, "difficult": False, "areas": 0.0}


def evaluation_batches(dataset: DatasetFolder, split: str, settings: Settings, batch_size: int) -> tf.data.Dataset:
    """Returns the pictures of a split.

    Args:
        dataset: where they are read from.
        split: its name.
        settings: `settings.input` is used.
        batch_size: pictures of a batch; the last may have fewer.

    Returns:
        Dicts of images uint8 [b, size, size, 3]; original_sizes int32 [b, 2] (height, width); source_ids int64 [b];
        filenames string [b]; and for each object, padded to the most of the batch: boxes float32 [b, n, 4], fractions
        of the original picture, labels int32 [b, n] (−1: padding), is_crowd and difficult bool [b, n], areas float32
        [b, n] in square pixels.

    Raises:
        TrainingError: the dataset has no such split.
    """
    calls = settings.input.parallel_calls or tf.data.AUTOTUNE

    @as_written
    def parse(serialized: tf.Tensor) -> dict[str, Any]:
        parsed = parse_records(serialized)
        parsed["labels"] = classes_of(parsed.pop("label_ids"), dataset.class_ids)
        most = tf.maximum(tf.reduce_max(parsed["labels"].row_lengths()), 1)  # unbatch breaks down on sides of 0
        shapes = {name: tf.stack([-1, most, 4] if name == "boxes" else [-1, most]) for name in _RAGGED}
        return {
            name: value.to_tensor(_RAGGED[name], shape=shapes[name]) if name in _RAGGED else value
            for name, value in parsed.items()
        }

    @as_written
    def decode(sample: dict[str, Any]) -> dict[str, Any]:
        image, original = decode_on_canvas(sample["encoded"], settings.input.image_size, settings.input.resize)
        rest = {name: value for name, value in sample.items() if name != "encoded"}
        return rest | {"images": image, "original_sizes": original}

    options = tf.data.Options()
    options.deterministic = True
    parsed = records(dataset.shard_paths(split)).batch(batch_size).map(parse, num_parallel_calls=calls)
    # The same pictures are batched again, so that their rows are of one length.
    decoded = parsed.unbatch().map(decode, num_parallel_calls=calls).batch(batch_size)
    return decoded.with_options(options).prefetch(tf.data.AUTOTUNE)
