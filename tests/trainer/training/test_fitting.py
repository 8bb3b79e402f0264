"""What `shardbox-train fit` does with the data, the folder and the numbers it meets."""

import json
import re

import pytest
import tensorflow as tf
from rich.console import Console

from trainer.configuration import read_settings
from trainer.failures import TrainingError
from trainer.run_folder import RunFolder
from trainer.training import fitting

from ..made_datasets import CLASSES, Picture, Thing, drawn_picture, shapes_dataset, write_dataset
from ..shardbox_train_runs import TINY, fit, metrics, run

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return shapes_dataset(tmp_path_factory.mktemp("data"), {"train": 200, "validation": 40})


def test_a_detector_learns_and_tells_how_it_goes(data, tmp_path):
    folder = tmp_path / "run"
    done = fit(
        data, folder, "training.steps=150", "training.evaluate_every=75", "input.batch_size=8",
        "training.precision=auto", "model.anchors=auto", "model.filters=[64, 64, 64]", "model.width=64",
        "augmentation=[{name: flip}]",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = metrics(folder)
    evaluated = [row for row in rows if row["split"] == "validation"]
    assert [row["step"] for row in evaluated] == ["75", "150"]
    assert float(evaluated[-1]["mAP50"]) > 0.9
    trained = [row for row in rows if row["split"] == "train"]
    assert [int(row["step"]) for row in trained] == [20, 40, 60, 75, 80, 100, 120, 140, 150]
    assert float(trained[-1]["loss"]) < 0.3 * float(trained[0]["loss"])
    best = RunFolder.open(str(folder)).told("best")
    assert best["mAP"] == pytest.approx(max(float(row["mAP"]) for row in evaluated), abs=1e-6)
    lines = done.stdout.splitlines()
    assert lines[1] == f"200 pictures to train on, {boxes_of(data)} boxes"
    assert lines[-3].startswith(f"best: mAP {best['mAP']:.3f} on validation, at step ")
    assert done.stderr == ""
    assert_events(folder / "events/train", {"loss", "loss_classes", "loss_boxes", "learning_rate", "input_wait"})
    assert_events(folder / "events/validation", {"mAP", "mAP50", "pictures/0"})


def boxes_of(data):
    return sum(json.loads((data / "manifest.json").read_text())["splits"]["train"]["boxes"].values())


def assert_events(folder, tags):
    (file,) = folder.iterdir()
    found = {
        value.tag
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
        for value in tf.compat.v1.Event.FromString(record).summary.value
    }
    assert tags <= found


def test_a_loss_that_is_no_number_is_told_with_the_pictures(data, tmp_path):
    done = fit(
        data, tmp_path / "run", "training.steps=6", "optimizer.name=sgd", "optimizer.learning_rate=1e30",
        "optimizer.clip_norm=0", "optimizer.warmup_steps=0", "training.log_every=2",
    )  # fmt: skip
    assert done.returncode == 1
    sentence = done.stderr
    what = r"(loss of the (classes|boxes)|gradients' norm)"
    assert re.match(rf"shardbox-train: step [12]: the {what} is no number", sentence)
    assert sentence.endswith("`shardbox verify` checks the dataset\n")
    ids = sentence.split("source_ids ")[1].split(".")[0].split(", ")
    assert len(ids) == 4
    assert all(1 <= int(one) <= 200 for one in ids)
    assert not list((tmp_path / "run/checkpoints").iterdir())


def test_too_little_memory_is_told_with_what_to_change(data, tmp_path, monkeypatch):
    def too_little(_batches):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nand more")

    monkeypatch.setattr(fitting, "make_train_step", lambda *_: too_little)
    with pytest.raises(TrainingError) as raised:
        fitting.fit(str(data), str(tmp_path / "run"), read_settings([], TINY), Console(quiet=True))
    assert str(raised.value) == (
        "the device ran out of memory with input.batch_size 4 and input.image_size 64: halve the batch and double "
        "optimizer.accumulate, take smaller pictures, a smaller model, or training.precision=mixed_bfloat16 "
        "(OOM when allocating tensor)"
    )


def test_settings_of_another_run_are_refused_and_restart_begins_anew(data, tmp_path):
    folder = tmp_path / "run"
    steps = ("training.steps=4", "training.log_every=2")
    assert fit(data, folder, *steps).returncode == 0
    done = fit(data, folder, *steps, "seed=1")
    assert (done.returncode, done.stderr) == (
        1,
        f"shardbox-train: {folder} holds a run with other settings (seed): give another --model_dir, "
        "the settings of that run, or --restart to train anew\n",
    )
    first = metrics(folder)
    changes = (*TINY, *steps, "seed=1")
    done = run("fit", "--data", data, "--model_dir", folder, "--restart", changes=changes)
    assert done.returncode == 0, done.stderr
    assert [row["step"] for row in metrics(folder)] == [row["step"] for row in first]
    assert metrics(folder) != first


REFUSALS = {
    "no dataset": ("no such folder; give the folder that `shardbox build` wrote to.", ()),
    "no split": (
        "has no split 'training': it has train, validation; did you mean train?",
        ("training.split=training",),
    ),
    "no evaluation split": ("has no split 'tests': it has train, validation", ("evaluation.split=tests",)),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_data_that_cannot_be_trained_on(data, tmp_path, case):
    sentence, changes = REFUSALS[case]
    done = fit(tmp_path / "nowhere" if case == "no dataset" else data, tmp_path / "run", *changes)
    assert done.returncode == 1
    assert done.stderr.startswith("shardbox-train: ")
    assert done.stderr.endswith(f"{sentence}\n")
    assert done.stderr.count("\n") == 1


def test_a_folder_with_other_files_is_not_taken_for_a_run(data, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    done = fit(data, tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        f"shardbox-train: --model_dir {tmp_path} holds other files (letters.txt): give a folder that is empty or new\n",
    )


def test_a_dataset_is_never_taken_for_a_run(data, tmp_path):
    before = sorted(path.name for path in data.iterdir())
    done = run("fit", "--data", data, "--model_dir", data, "--restart", changes=TINY)
    assert (done.returncode, done.stderr) == (
        1,
        f"shardbox-train: --model_dir {data} is the folder of a dataset: give one of its own\n",
    )
    assert sorted(path.name for path in data.iterdir()) == before


def test_a_dataset_without_boxes_is_refused(tmp_path):
    empty = [drawn_picture(number)._replace(things=()) for number in range(3)]
    data = write_dataset(tmp_path / "data", {"train": empty, "validation": empty})
    done = fit(data, tmp_path / "run")
    assert (done.returncode, done.stderr) == (
        1,
        f"shardbox-train: split 'train' of {data} has no box to train on: a detector needs boxes\n",
    )


def test_a_class_that_no_anchor_suits_is_told_before_training(tmp_path):
    pictures = [drawn_picture(number) for number in range(4)]
    tiny = Picture(pictures[0].encoded, (64, 64), (Thing("square", (0.5, 0.5, 0.52, 0.52)),), "tiny.jpg")
    only_circles = [
        picture._replace(things=tuple(thing._replace(name="circle") for thing in picture.things))
        for picture in pictures
    ]
    data = write_dataset(tmp_path / "data", {"train": [*only_circles, tiny], "validation": pictures[:1]})
    done = fit(data, tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "shardbox-train: no box of class 'square' has an anchor that overlaps it by 0.5 (loss.positive_iou), so that "
        "it would not be learnt: its sides are 1 to 1 px on the network's square of 64 px (median 1)"
    )


def test_a_label_outside_of_the_label_map_is_told_with_its_picture(tmp_path):
    good, wrong = drawn_picture(1), drawn_picture(2)
    wrong = wrong._replace(things=(wrong.things[0]._replace(label=9),), filename="wrong.jpg")
    data = write_dataset(tmp_path / "data", {"train": [good, wrong], "validation": [good]})
    done = fit(data, tmp_path / "run")
    assert done.returncode == 1
    assert "9" in done.stderr
    assert "wrong.jpg" in done.stderr
    assert done.stderr.count("\n") == 1
    assert set(CLASSES.values()) == {1, 2, 3}
