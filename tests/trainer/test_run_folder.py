"""The folder of a run: written, read again, refused."""

import numpy as np
import pytest

from trainer.configuration import read_settings
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.network.building import build_detector
from trainer.run_folder import RunFolder
from trainer.settings import AnchorSettings

from .made_datasets import shapes_dataset

SMALL = ["input.image_size=32", "model.filters=[64, 64, 64]", "model.width=32", "model.levels=[3, 3]"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(str(shapes_dataset(tmp_path_factory.mktemp("data"), {"train": 2, "validation": 1}, (32, 32))))


@pytest.fixture(scope="module")
def detector():
    settings = read_settings([], SMALL)
    model = settings.model.model_copy(update={"anchors": AnchorSettings(scales=1, ratios=(1.0,))})
    return build_detector(model, 32, 3, 0)


def folder_of(path, dataset, changes=()):
    settings = read_settings([], [*SMALL, *changes])
    classes = dict(dataset.manifest.classes)
    return RunFolder(str(path), settings, settings, dataset.path, dataset.sha256, classes)


def test_a_folder_is_read_as_it_was_written(tmp_path, dataset, detector):
    run = folder_of(tmp_path / "run", dataset, ["seed=4"])
    run.save(detector)
    assert RunFolder.open(str(tmp_path / "run")) == run
    assert read_settings([run.file("settings.yaml")]) == run.settings
    assert (run.class_names, run.class_ids) == (("circle", "square", "triangle"), (1, 2, 3))
    run.check_continues(dataset, run.given)


def test_weights_come_back_into_the_same_network(tmp_path, dataset, detector):
    run = folder_of(tmp_path / "run", dataset)
    run.save(detector)
    with pytest.raises(TrainingError) as raised:
        run.load_detector("latest")
    assert str(raised.value) == f"{run.path} has no latest weights yet: run `shardbox-train fit` to its end"
    run.save_weights(detector, "latest", {"step": 3})
    images = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
    wanted, found = detector.model(images), run.load_detector("latest").model(images)
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name])
    assert (run.told("latest"), run.step_of("latest"), run.told("best")) == ({"step": 3}, 3, {})
    assert [path.name for path in (tmp_path / "run/weights").iterdir()] == ["latest.weights.h5"]


def test_no_folder_of_a_run(tmp_path):
    (tmp_path / "other").mkdir()
    for path, there in ((tmp_path / "other", "holds no training run"), (tmp_path / "none", "is no folder")):
        with pytest.raises(TrainingError) as raised:
            RunFolder.open(str(path))
        assert str(raised.value) == f"{path} {there}: give the --model_dir of `shardbox-train fit`"


def test_a_dataset_has_a_run_json_too(tmp_path):
    (tmp_path / "run.json").write_text('{"seconds": 3}')
    assert not RunFolder.exists(str(tmp_path))
    with pytest.raises(TrainingError) as raised:
        RunFolder.open(str(tmp_path))
    assert str(raised.value) == (
        f"{tmp_path}/run.json is not of a training run: give the --model_dir of `shardbox-train fit`"
    )


def test_weights_that_no_mean_precision_chose(tmp_path, dataset, detector):
    run = folder_of(tmp_path / "run", dataset)
    run.save(detector)
    run.save_weights(detector, "latest", {"step": 3})
    assert (run.step_of("latest"), run.step_of("best")) == (3, None)
    with pytest.raises(TrainingError) as raised:
        run.load_detector("best")
    assert str(raised.value) == (
        f"{run.path} has no best weights yet: no evaluation has given a mAP; give --checkpoint latest"
    )


def test_a_folder_of_another_version(tmp_path):
    (tmp_path / "run.json").write_text('{"format_version": 9, "settings": {}, "given": {}}')
    with pytest.raises(TrainingError) as raised:
        RunFolder.open(str(tmp_path))
    assert str(raised.value) == f"{tmp_path}/run.json is of format 9, not 1: train again"


def test_a_run_does_not_go_on_with_settings_that_change_what_it_learns(tmp_path, dataset):
    run = folder_of(tmp_path / "run", dataset)
    given = read_settings([], [*SMALL, "optimizer.name=sgd", "seed=1", "training.log_every=3", "decoding.nms_iou=0.4"])
    with pytest.raises(TrainingError) as raised:
        run.check_continues(dataset, given)
    assert str(raised.value) == (
        f"{run.path} holds a run with other settings (seed, optimizer.name): "
        "give another --model_dir, the settings of that run, or --restart to train anew"
    )
    run.check_continues(dataset, read_settings([], [*SMALL, "training.log_every=3", "decoding.nms_iou=0.4"]))


def test_a_run_does_not_go_on_with_another_dataset(tmp_path, dataset):
    run = folder_of(tmp_path / "run", dataset)
    other = open_dataset(str(shapes_dataset(tmp_path / "other", {"train": 3, "validation": 1}, (32, 32))))
    with pytest.raises(TrainingError) as raised:
        run.check_continues(other, run.given)
    assert str(raised.value) == (
        f"{run.path} was trained on another dataset ({dataset.path}): train it on that, or give another --model_dir"
    )


def test_another_label_map_is_refused(tmp_path, dataset):
    run = folder_of(tmp_path / "run", dataset)
    other = RunFolder(run.path, run.settings, run.given, run.dataset_path, run.dataset_sha256, {"cat": 1, "dog": 5})
    with pytest.raises(TrainingError) as raised:
        other.check_classes(dataset)
    assert str(raised.value) == (
        f"the label map of {dataset.path} (circle: 1, square: 2, triangle: 3) is not the one that {run.path} "
        "was trained with (cat: 1, dog: 5)"
    )
