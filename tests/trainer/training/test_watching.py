"""What is kept of a run's figures, also where it goes on."""

import csv

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from trainer.configuration import read_settings
from trainer.run_folder import RunFolder
from trainer.training.watching import Watch


@pytest.fixture
def run(tmp_path):
    (tmp_path / "events").mkdir()
    settings = read_settings([], [])
    return RunFolder(str(tmp_path), settings, settings, "data", "", {"cat": 1})


def watch(run, start):
    return Watch(run, Console(quiet=True), steps=100, start=start)


def rows(run):
    with open(run.file("metrics.csv"), newline="") as file:
        return [(row["step"], row["split"], row["loss"], row["mAP"]) for row in csv.DictReader(file)]


def events(run, split):
    """Returns (step, tag) of all that TensorBoard would show of a split."""
    found = []
    for path in sorted(tf.io.gfile.glob(run.file("events", split, "*"))):
        for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            found += [(event.step, value.tag) for value in event.summary.value]
    return found


def test_figures_and_pictures_are_kept(run):
    one = watch(run, 0)
    one.training(10, {"loss": 2.5, "input_wait": None})
    one.evaluation(10, "validation", {"mAP": 0.25, "mAP50": None}, [np.zeros((4, 6, 3), np.uint8)])
    one.close()
    assert rows(run) == [("10", "train", "2.5", ""), ("10", "validation", "", "0.25")]
    assert events(run, "train") == [(10, "loss")]
    assert events(run, "validation") == [(10, "mAP"), (10, "pictures/0")]


def test_steps_that_are_done_again_are_shown_once(run):
    one = watch(run, 0)
    for step in (10, 20, 30):
        one.training(step, {"loss": 1 / step})
    one.close()
    again = watch(run, 20)
    again.training(30, {"loss": 0.5})
    again.close()
    assert [row[0] for row in rows(run)] == ["10", "20", "30"]
    assert events(run, "train") == [(10, "loss"), (20, "loss"), (30, "loss")]


def test_what_was_cut_off_is_left_out(run):
    one = watch(run, 0)
    one.training(10, {"loss": 1.0})
    one.training(20, {"loss": 0.5})
    one.close()
    (path,) = tf.io.gfile.glob(run.file("events", "train", "*"))
    with open(path, "rb+") as file:
        file.truncate(file.seek(0, 2) - 3)
    with open(run.file("metrics.csv"), "a") as file:
        file.write("30,train,0.1")
    watch(run, 20).close()
    assert [row[0] for row in rows(run)] == ["10", "20"]
    assert events(run, "train") == [(10, "loss")]
