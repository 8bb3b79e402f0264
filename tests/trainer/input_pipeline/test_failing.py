"""What a person is told when reading fails."""

import pytest
import tensorflow as tf

from tests.trainer.made_datasets import drawn_picture, to_example, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline.evaluation import evaluation_batches
from trainer.input_pipeline.failing import explain_input_error, explained
from trainer.settings import Settings

SETTINGS = Settings.model_validate({"input": {"image_size": 32}})
NAME = "train-00001-of-00002.tfrecord"
"""Of the shard that is damaged: the last two of four pictures."""


@pytest.fixture
def folder(tmp_path):
    pictures = [drawn_picture(number, (32, 32)) for number in range(4)]
    return write_dataset(tmp_path / "made", {"train": pictures}, shards=2)


def failure(folder):
    """Reads a split to its end, and returns what a person is told."""
    dataset = open_dataset(str(folder))
    with pytest.raises(TrainingError) as told, explained(dataset, "train"):
        list(evaluation_batches(dataset, "train", SETTINGS, 2))
    return str(told.value)


def rewrite(folder, change):
    """Replaces the records of the shard."""
    path = str(folder / NAME)
    changed = change([record.numpy() for record in tf.data.TFRecordDataset(path)])
    with tf.io.TFRecordWriter(path) as writer:
        for record in changed:
            writer.write(record)


def test_a_file_that_is_missing(folder):
    (folder / NAME).unlink()
    assert failure(folder) == f"{folder}/{NAME} is missing: copy the whole dataset again, or build it again"


def test_a_file_that_is_cut_off(folder):
    data = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(data[:-20])
    assert failure(folder) == (
        f"{folder}/{NAME} is damaged after 1 record: `shardbox verify {folder}` tells more; copy the file again, or "
        "build the dataset again"
    )


def test_a_record_that_is_no_example(folder):
    rewrite(folder, lambda records: [records[0], b"no example"])
    sentence = failure(folder)
    assert sentence.startswith(f"record 1 of {folder}/{NAME} is not what docs/data_contract.md says (")
    assert sentence.endswith(f"): `shardbox verify {folder}` tells more")
    assert "\n" not in sentence


def test_a_picture_that_cannot_be_decoded(folder):
    truncated = drawn_picture(9, (64, 64))
    truncated = truncated._replace(encoded=truncated.encoded[:300], filename="photos/träge.jpg")
    rewrite(folder, lambda records: [records[0], to_example(truncated, 17).SerializeToString()])
    assert failure(folder) == (
        f"'photos/träge.jpg' (source_id 17, record 1 of {folder}/{NAME}) cannot be decoded: `shardbox verify {folder} "
        "--decode` finds all such pictures; replace the file and build the dataset again"
    )


def test_a_name_that_would_move_the_cursor(folder):
    odd = drawn_picture(9, (32, 32))._replace(encoded=b"none", filename="a\x1b[2Jb.jpg")
    rewrite(folder, lambda records: [to_example(odd, 17).SerializeToString()] * 2)
    assert failure(folder).startswith("'a\N{REPLACEMENT CHARACTER}[2Jb.jpg' (source_id 17, record 0 of ")


def test_fewer_records_than_the_manifest_says(folder):
    rewrite(folder, lambda records: records[:1])
    dataset = open_dataset(str(folder))
    error = tf.errors.FailedPreconditionError(None, None, "fewer")
    assert explain_input_error(error, dataset, "train") == (
        f"{folder}/{NAME} holds 1 record, and the manifest says 2: copy the whole dataset again, or build it again"
    )


def test_an_error_that_cannot_be_found_again(folder):
    error = tf.errors.UnavailableError(None, None, "the store is busy\nand so on")
    dataset = open_dataset(str(folder))
    expected = f"split 'train' of {folder} cannot be read (the store is busy)"
    assert explain_input_error(error, dataset, "train") == expected


def test_an_error_that_is_not_of_the_input_stays_as_it_is(folder):
    dataset = open_dataset(str(folder))
    with pytest.raises(tf.errors.ResourceExhaustedError), explained(dataset, "train"):
        raise tf.errors.ResourceExhaustedError(None, None, "too little memory")
