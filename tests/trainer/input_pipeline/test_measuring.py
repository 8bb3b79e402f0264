"""What the benchmark of the input measures."""

import pytest

from tests.trainer.made_datasets import shapes_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline import caching, measuring
from trainer.input_pipeline.measuring import measure_input
from trainer.settings import Settings

ALWAYS = ["decode", "decode and scale", "pipeline"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(str(shapes_dataset(tmp_path_factory.mktemp("shapes"), {"train": 12}, (40, 32))))


def told(*augmentation):
    values = {"input": {"image_size": 32, "batch_size": 4, "max_boxes": 5}, "augmentation": augmentation}
    return Settings.model_validate(values)


@pytest.mark.parametrize(
    ("augmentation", "free", "expected"),
    [
        ((), 0, ALWAYS),
        (({"name": "flip"},), 2**40, [*ALWAYS, "pipeline + augmentation", "memory", "memory + augmentation"]),
    ],
)
def test_what_is_measured(dataset, monkeypatch, augmentation, free, expected):
    monkeypatch.setattr(caching, "free_memory", lambda: free)
    monkeypatch.setattr(measuring, "_ROUNDS", 1)
    rates = list(measure_input(dataset, told(*augmentation), 0.03))
    assert [rate.name for rate in rates] == expected
    assert all(rate.images > 0 and rate.milliseconds > 0 for rate in rates)


def test_a_split_that_cannot_be_read(tmp_path):
    folder = shapes_dataset(tmp_path, {"train": 3}, (40, 32), shards=1)
    dataset = open_dataset(str(folder))
    (folder / "train-00000-of-00001.tfrecord").unlink()
    with pytest.raises(TrainingError, match=r"train-00000-of-00001.tfrecord is missing: "):
        list(measure_input(dataset, told(), 0.03))
