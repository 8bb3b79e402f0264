"""Datasets as the trainer opens them."""

import hashlib
import json

import pytest

from tests.trainer.made_datasets import drawn_picture, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError

PICTURES = [drawn_picture(number, (32, 32)) for number in range(3)]


def opened(folder, splits, classes=None, **options):
    return open_dataset(str(write_dataset(folder, splits, *([classes] if classes else []), **options)))


def test_classes_are_in_the_order_of_their_ids(tmp_path):
    classes = {"circle": 30, "triangle": 4, "square": 7}
    dataset = opened(tmp_path, {"train": PICTURES}, classes)
    assert (dataset.class_names, dataset.class_ids) == (("triangle", "square", "circle"), (4, 7, 30))


def test_the_files_of_a_split(tmp_path):
    dataset = opened(tmp_path, {"train": PICTURES, "test": PICTURES[:1]}, shards=2)
    assert dataset.shard_paths("train") == [f"{tmp_path}/train-0000{n}-of-00002.tfrecord" for n in (0, 1)]
    assert dataset.shard_paths("test") == [f"{tmp_path}/test-00001-of-00002.tfrecord"]  # the other one is empty
    assert dataset.split("train").images == 3


def test_the_digest_of_the_manifest(tmp_path):
    dataset = opened(tmp_path, {"train": PICTURES})
    assert dataset.sha256 == hashlib.sha256((tmp_path / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("trian", "{0} has no split 'trian': it has train, val; did you mean train?"),
        ("x", "{0} has no split 'x': it has train, val"),
        ("val", "split 'val' of {0} has no pictures: build the dataset with others in it"),
    ],
)
def test_a_split_that_cannot_be_used(tmp_path, name, sentence):
    dataset = opened(tmp_path, {"train": PICTURES, "val": []})
    with pytest.raises(TrainingError) as failure:
        dataset.shard_paths(name)
    assert str(failure.value) == sentence.format(tmp_path)


@pytest.mark.parametrize(
    ("splits", "wanted", "expected"),
    [
        (("train", "test", "validation"), "auto", "validation"),
        (("train", "test", "val"), "auto", "val"),
        (("train", "test"), "auto", "test"),
        (("train", "test", "val"), "test", "test"),
        (("train",), "train", "train"),
    ],
)
def test_the_split_to_evaluate_on(tmp_path, splits, wanted, expected):
    assert opened(tmp_path, dict.fromkeys(splits, PICTURES)).evaluation_split(wanted) == expected


def test_an_empty_split_is_not_evaluated_on(tmp_path):
    assert opened(tmp_path, {"validation": [], "test": PICTURES}).evaluation_split("auto") == "test"


def test_no_split_to_evaluate_on(tmp_path):
    dataset = opened(tmp_path, {"train": PICTURES, "val": []})
    with pytest.raises(TrainingError) as failure:
        dataset.evaluation_split("auto")
    assert str(failure.value) == (
        f"{tmp_path} has no split to evaluate on (it has 'train', 'val'): build it with --splits "
        "train=0.8,validation=0.2, or name one: evaluation.split"
    )


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(TrainingError) as failure:
        open_dataset(f"{tmp_path}/none")
    assert str(failure.value) == f"{tmp_path}/none: no such folder; give the folder that `shardbox build` wrote to."


def test_a_folder_without_a_manifest(tmp_path):
    with pytest.raises(TrainingError) as failure:
        open_dataset(str(tmp_path))
    assert str(failure.value) == (
        f"{tmp_path}: no manifest: the dataset is not finished; wait for `shardbox build`, or run it again."
    )


def test_a_manifest_of_another_version(tmp_path):
    write_dataset(tmp_path, {"train": PICTURES})
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format_version": 2}))
    with pytest.raises(TrainingError) as failure:
        open_dataset(str(tmp_path))
    assert str(failure.value) == (f"{file}: format_version is 2, newer than 1: update Shardbox to read this dataset.")
