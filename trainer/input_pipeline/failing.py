"""Why reading failed: TensorFlow's errors name neither the file nor the picture, so these are looked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import tensorflow as tf

from data_contract import features as keys
from presentation.wording import counted, printable
from trainer.dataset_folder import DatasetFolder
from trainer.failures import TrainingError
from trainer.input_pipeline.records import classes_of, parse_records
from trainer.input_pipeline.tracing import as_written

_NOT_OF_INPUT = (tf.errors.ResourceExhaustedError, tf.errors.CancelledError, tf.errors.OutOfRangeError)


@contextmanager
def explained(dataset: DatasetFolder, split: str) -> Iterator[None]:
    """Turns what TensorFlow raises while records are read into a sentence.

    Args:
        dataset: that is read.
        split: its part.

    Raises:
        TrainingError: naming the file or the picture.
    """
    try:
        yield
    except tf.errors.OpError as error:
        sentence = explain_input_error(error, dataset, split)
        if sentence is None:
            raise
        raise TrainingError(sentence) from None


def explain_input_error(error: tf.errors.OpError, dataset: DatasetFolder, split: str) -> str | None:
    """Returns a sentence about an error that was raised by reading records; the culprit is looked for.

    That takes as long as it takes to read the records before it, and to decode them if it is a picture.

    Args:
        error: of TensorFlow.
        dataset: that was read.
        split: its part.

    Returns:
        None if the error is about something else, such as too little memory.
    """
    if isinstance(error, _NOT_OF_INPUT) or is_lost_machine(error):
        return None
    paths = dataset.shard_paths(split)
    examples = [shard.examples for shard in dataset.split(split).shards if shard.examples]
    looks = (
        (tf.strings.length, _about_file),
        (_source_id, _about_record),
        (lambda record: _classes(record, dataset), _about_label),
        (_decoded, _about_picture),
    )
    for look, about in looks:
        found = _first_failing(paths, look)
        if found:
            return about(found, dataset)
    missing = _first_incomplete(paths, examples)
    if missing:
        return missing
    return f"split '{split}' of {dataset.path} cannot be read ({_first_line(error)})"


def is_lost_machine(error: tf.errors.OpError) -> bool:
    """Tells whether an error says that another of the machines that train together no longer answers.

    It may be raised by whatever waits for the device next.
    """
    return "Collective ops is aborted" in str(error.message)


class _Failing(NamedTuple):
    path: str
    number: int
    """Of the record in the file, from 0."""
    error: tf.errors.OpError


def _first_failing(paths: Sequence[str], look: Callable[[tf.Tensor], Any]) -> _Failing | None:
    for path in paths:
        number = 0
        try:
            for _ in tf.data.TFRecordDataset(path).map(as_written(look), num_parallel_calls=tf.data.AUTOTUNE):
                number += 1
        except tf.errors.OpError as error:
            return _Failing(path, number, error)
    return None


def _first_incomplete(paths: Sequence[str], examples: Sequence[int]) -> str:
    """Returns a sentence about the first file that does not hold so many records; '' if there is none."""
    for path, expected in zip(paths, examples, strict=True):
        there = sum(1 for _ in tf.data.TFRecordDataset(path))
        if there != expected:
            return (
                f"{path} holds {counted(there, 'record')}, and the manifest says {expected:,}: copy the whole dataset "
                "again, or build it again"
            )
    return ""


def _source_id(record: tf.Tensor) -> tf.Tensor:
    return parse_records(record[tf.newaxis])["source_ids"]


def _classes(record: tf.Tensor, dataset: DatasetFolder) -> tf.Tensor:
    return classes_of(parse_records(record[tf.newaxis])["label_ids"], dataset.class_ids).flat_values


def _decoded(record: tf.Tensor) -> tf.Tensor:
    encoded = parse_records(record[tf.newaxis])["encoded"][0]
    return tf.shape(tf.io.decode_image(encoded, channels=3, expand_animations=False))


def _about_file(found: _Failing, dataset: DatasetFolder) -> str:
    if isinstance(found.error, tf.errors.NotFoundError):
        return f"{found.path} is missing: copy the whole dataset again, or build it again"
    if isinstance(found.error, tf.errors.DataLossError):
        whole = counted(found.number, "record")
        return (
            f"{found.path} is damaged after {whole}: `shardbox verify {dataset.path}` tells more; copy the file again, "
            "or build the dataset again"
        )
    return f"{found.path} cannot be read ({_first_line(found.error)})"


def _about_record(found: _Failing, dataset: DatasetFolder) -> str:
    return (
        f"record {found.number:,} of {found.path} is not what docs/data_contract.md says ({_first_line(found.error)}): "
        f"`shardbox verify {dataset.path}` tells more"
    )


def _about_label(found: _Failing, dataset: DatasetFolder) -> str:
    ids, labels = dataset.class_ids, parse_records(_record(found)[tf.newaxis])["label_ids"].flat_values
    unknown = next(int(label) for label in labels.numpy() if label not in ids)
    there = ", ".join(map(str, ids[:12])) + (f", … {ids[-1]}" if len(ids) > 12 else "")
    return (
        f"{_picture(found)} has an object with label id {unknown}, and the label map has {there}: "
        f"`shardbox verify {dataset.path}` finds all of them; build the dataset again with the right label map"
    )


def _about_picture(found: _Failing, dataset: DatasetFolder) -> str:
    return (
        f"{_picture(found)} cannot be decoded: `shardbox verify {dataset.path} --decode` finds all such pictures; "
        "replace the file and build the dataset again"
    )


def _picture(found: _Failing) -> str:
    example = tf.train.Example.FromString(_record(found).numpy()).features.feature
    name, source_id = (example[key].bytes_list.value[0] for key in (keys.IMAGE_FILENAME, keys.IMAGE_SOURCE_ID))
    where = f"source_id {source_id.decode()}, record {found.number:,} of {found.path}"
    return printable(f"'{name.decode('utf-8', 'replace')}' ({where})")


def _record(found: _Failing) -> tf.Tensor:
    return next(iter(tf.data.TFRecordDataset(found.path).skip(found.number)))


def _first_line(error: tf.errors.OpError) -> str:
    return printable(str(error.message).strip().partition("\n")[0])[:200]
