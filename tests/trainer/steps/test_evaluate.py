"""`shardbox-train evaluate`, with a detector that was not trained and one that is never wrong."""

import json

import numpy as np
import pytest
import tensorflow as tf

from trainer.cli import main
from trainer.configuration import read_settings
from trainer.dataset_folder import open_dataset
from trainer.evaluation import evaluating
from trainer.input_pipeline.evaluation import evaluation_batches
from trainer.input_pipeline.letterbox import boxes_to_canvas
from trainer.network.building import build_detector
from trainer.run_folder import RunFolder
from trainer.settings import AnchorSettings

from ..made_datasets import Picture, Thing, drawn_picture, write_dataset

SMALL = ["input.image_size=32", "model.filters=[64, 64, 64]", "model.width=32", "model.levels=[3, 3]"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Pictures of several sizes; a crowd, a difficult object, one picture without any."""
    validation = [drawn_picture(n, size) for n, size in enumerate([(64, 40), (32, 48), (70, 70)])]
    special = (Thing("circle", (0, 0, 0.5, 0.5), is_crowd=1), Thing("square", (0.5, 0.5, 1, 1), difficult=1))
    validation.append(drawn_picture(9, (48, 48))._replace(things=special))
    splits = {
        "train": [drawn_picture(20)],
        "validation": validation,
        "empty": [drawn_picture(30)._replace(things=())],
        "damaged": [Picture(b"no picture", (64, 64), (Thing("circle", (0, 0, 1, 1)),), "x.jpeg")],
        "../x": [drawn_picture(31)],
    }
    return write_dataset(tmp_path_factory.mktemp("data") / "out", splits)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, data):
    """A run whose latest weights were never trained; it has no best ones."""
    dataset = open_dataset(str(data))
    settings = read_settings([], SMALL)
    model = settings.model.model_copy(update={"anchors": AnchorSettings(scales=1, ratios=(1.0,))})
    detector = build_detector(model, 32, 3, 0)
    path = tmp_path_factory.mktemp("runs") / "first"
    run = RunFolder(str(path), settings, settings, str(data), dataset.sha256, dict(dataset.manifest.classes))
    run.save(detector)
    run.save_weights(detector, "latest", {"step": 7})
    return path


def _evaluate(run_folder, *flags, checkpoint="latest"):
    return main(["evaluate", "--model_dir", str(run_folder), "--checkpoint", checkpoint, *map(str, flags)])


@pytest.fixture
def perfect(monkeypatch, data):
    """A detector that finds all that is there, on the square that the network sees, of the validation split."""
    batches = iter(evaluation_batches(open_dataset(str(data)), "validation", read_settings([], SMALL), 16))

    def detect(images):
        batch = next(batches)
        np.testing.assert_array_equal(images, batch["images"])
        there = batch["labels"] >= 0
        return {
            "boxes": boxes_to_canvas(batch["boxes"], batch["original_sizes"], 32, "letterbox"),
            "scores": tf.where(there, 0.9, 0.0),
            "classes": tf.maximum(batch["labels"], 0),
            "counts": tf.reduce_sum(tf.cast(there, tf.int32), axis=1),
        }

    monkeypatch.setattr(evaluating, "detect_on_canvas", lambda _detector, _settings: detect)


@pytest.fixture
def wrong(monkeypatch):
    """A detector that sees a circle on the whole of every picture."""

    def detect(images):
        count = len(images)
        return {
            "boxes": tf.ones([count, 1, 4]) * [0.0, 0.0, 1.0, 1.0],
            "scores": tf.fill([count, 1], 0.75),
            "classes": tf.zeros([count, 1], tf.int32),
            "counts": tf.ones([count], tf.int32),
        }

    monkeypatch.setattr(evaluating, "detect_on_canvas", lambda _detector, _settings: detect)


def test_perfect_detector(run_folder, data, perfect, capsys, tmp_path):
    assert _evaluate(run_folder, "--output", tmp_path / "found") == 0

    told = json.loads((tmp_path / "found/metrics.json").read_text())
    objects = sum(len(drawn_picture(n, size).things) for n, size in enumerate([(64, 40), (32, 48), (70, 70)]))
    assert {name: told[name] for name in ("split", "checkpoint", "step", "pictures", "objects", "worst")} == {
        "split": "validation",
        "checkpoint": "latest",
        "step": 7,
        "pictures": 4,
        "objects": objects,
        "worst": [],
    }
    assert (told["mAP"], told["voc_mAP50"], told["crowds"], told["difficult"]) == (1.0, 1.0, 1, 1)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"latest weights of step 7 on validation: 4 pictures, {objects} objects"
    assert any(line.startswith("all ") and "1.000  1.000  1.000" in line for line in lines)
    assert lines[-2:] == [str(tmp_path / "found/index.html"), str(tmp_path / "found/metrics.json")]


def test_untrained_detector_makes_the_same_files_twice(run_folder, tmp_path, capsys):
    flags = ("--set", "decoding.score_threshold=0.0", "decoding.max_detections=5")
    assert _evaluate(run_folder, *flags) == 0
    folder = run_folder / "evaluation/validation"
    assert _evaluate(run_folder, *flags, "--output", tmp_path) == 0

    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "metrics.json"]
    for name in ("index.html", "metrics.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    told = json.loads((folder / "metrics.json").read_text())
    assert told["decoding"]["score_threshold"] == 0.0
    assert told["detections"] == 4 * 5
    assert 1 <= len(told["worst"]) <= 4
    page = (folder / "index.html").read_text()
    assert page.count("data:image/jpeg;base64,") == len(told["worst"])


def test_split_without_a_box(run_folder, wrong, capsys):
    assert _evaluate(run_folder, "--split", "empty") == 0

    told = json.loads((run_folder / "evaluation/empty/metrics.json").read_text())
    assert (told["objects"], told["mAP"], told["voc_mAP50"], told["confusion"]["recall"]) == (0, None, None, None)
    assert (told["detections"], told["confusion"]["precision"], len(told["worst"])) == (1, 0.0, 1)
    assert "There is no object to find in this split, and so nothing to measure." in capsys.readouterr().out


def test_what_cannot_be_done(run_folder, data, tmp_path, capsys):
    def refused(code, *flags, **options):
        assert _evaluate(run_folder, *flags, **options) == code
        return capsys.readouterr().err.removeprefix("shardbox-train: ").rstrip("\n")

    assert refused(1, checkpoint="best") == (
        f"{run_folder} has no best weights yet: no evaluation has given a mAP; give --checkpoint latest"
    )
    assert refused(1, "--split", "tset") == (
        f"{data} has no split 'tset': it has train, validation, empty, damaged, ../x"
    )
    assert refused(1, "--split", "../x") == "split '../x' cannot be the name of a folder: give --output"
    damaged = refused(1, "--split", "damaged")
    assert damaged.startswith("'x.jpeg' (source_id 7")
    assert ") cannot be decoded: " in damaged
    other = write_dataset(tmp_path / "other", {"validation": [drawn_picture(1)]}, {"circle": 1, "square": 2, "dog": 4})
    assert refused(1, "--data", other) == (
        f"the label map of {other} (circle: 1, square: 2, dog: 4) is not the one that {run_folder} was trained with "
        "(circle: 1, square: 2, triangle: 3)"
    )
    assert refused(2, "--set", "optimizer.learning_rate=1", "decoding.nms_iou=0.4") == (
        "--set optimizer: the detector was trained with it; only decoding.… and evaluation.… can be changed now"
    )
    assert refused(2, "--set", "decoding.nms_iuo=1") == (
        "there is no setting 'decoding.nms_iuo' (--set decoding.nms_iuo=1); did you mean decoding.nms_iou?"
    )
    (tmp_path / "metrics.json").write_text("{}")
    assert refused(2, "--output", tmp_path) == (
        f"{tmp_path}/metrics.json is there already: give another --output, or --overwrite"
    )
    assert refused(2, "--output", tmp_path / "metrics.json") == (
        f"--output '{tmp_path}/metrics.json' is a file: give the name of a folder"
    )
    assert (tmp_path / "metrics.json").read_text() == "{}"
    below = tmp_path / "metrics.json/below"
    assert (
        refused(2, "--output", below) == f"'{below}' cannot be made a folder (Not a directory): give another --output"
    )
    assert refused(2, "--output", "gs://bucket/figures") == (
        "--output 'gs://bucket/figures' is not on a disk of this machine: give a folder here, and copy it"
    )


def test_what_is_there_is_replaced_if_that_is_asked_for(run_folder, wrong, tmp_path, capsys):
    (tmp_path / "metrics.json").write_text("{}")
    assert _evaluate(run_folder, "--output", tmp_path, "--overwrite") == 0
    assert json.loads((tmp_path / "metrics.json").read_text())["format_version"] == 1


def test_settings_of_the_command_line_go_before_those_of_the_run(run_folder, monkeypatch, capsys):
    seen = {}

    def note(_run, _dataset, settings, which, _progress):
        seen.update(settings=settings, which=which)
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluating, "evaluate", note)
    assert _evaluate(run_folder, "--set", "decoding.nms_iou=0.4", "--split", "train") == 130
    settings = RunFolder.open(str(run_folder)).settings
    assert seen["settings"] == settings.model_copy(
        update={
            "decoding": settings.decoding.model_copy(update={"nms_iou": 0.4}),
            "evaluation": settings.evaluation.model_copy(update={"split": "train"}),
        }
    )
    assert seen["which"] == "latest"


def test_picture_that_cannot_be_drawn(run_folder, wrong, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evaluating, "read_pictures", lambda *_: {})
    flags = ("--output", tmp_path)
    assert _evaluate(run_folder, *flags) == 0
    assert "cannot be drawn: it is not there any more" in (tmp_path / "index.html").read_text()

    def refuse(*_, **__):
        raise OSError("truncated")

    monkeypatch.setattr(evaluating, "read_pictures", lambda _data, _split, ids: dict.fromkeys(ids, b""))
    monkeypatch.setattr(evaluating, "draw_detections", refuse)
    assert _evaluate(run_folder, *flags, "--overwrite") == 0
    assert "cannot be drawn: truncated" in (tmp_path / "index.html").read_text()


def test_out_of_memory(run_folder, monkeypatch, capsys):
    def refuse(_images):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    monkeypatch.setattr(evaluating, "detect_on_canvas", lambda _detector, _settings: refuse)
    assert _evaluate(run_folder) == 1
    assert capsys.readouterr().err == (
        "shardbox-train: the device ran out of memory with evaluation.batch_size 16: take a smaller one\n"
    )
