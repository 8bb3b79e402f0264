"""The command `export`: what it writes, says and refuses."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
import tensorflow as tf
from rich.console import Console

from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from trainer.export.description import Description, read_description
from trainer.failures import TrainingError
from trainer.network.detector import Detector
from trainer.run_folder import RunFolder
from trainer.settings import InputSettings, Settings
from trainer.steps import export

from ..export.made_exports import CLASSES, DECODING, MODEL, SIZE, picture, tiny_detector


def run(*arguments: object) -> list[str]:
    """Runs the command with flags as they are typed. Returns the lines on a screen."""
    parser = Parser()
    export.add_flags(parser)
    screen = Console(file=StringIO(), width=100, highlight=False)
    export.run(parser.parse_all([str(argument) for argument in arguments]), screen)
    return screen.file.getvalue().splitlines()


def refused(*arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        run(*arguments)
    return str(caught.value)


def save_nothing(_detector: Detector, _description: Description, output: str) -> bool:
    Path(output).mkdir()
    (Path(output) / "new").write_bytes(bytes(1024))
    return False


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has its best weights, and no latest ones."""
    path = tmp_path_factory.mktemp("runs") / "first"
    settings = Settings(input=InputSettings(image_size=SIZE, resize="stretch"), model=MODEL, decoding=DECODING)
    folder = RunFolder(str(path), settings, settings, "dataset", "0" * 64, CLASSES)
    folder.save(tiny_detector())
    folder.save_weights(tiny_detector(), "best", {"step": 3, "mAP": 0.5, "split": "validation"})
    return path


def test_all_three_forms(model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "trainer.export.lite.lite_model", lambda *_: bytes(1024)
    )  # it takes as long as all else together
    given = ("--model_dir", model_dir, "--output", "served/1", "--keras", "first-keras", "--tflite", "lite/a.tflite")
    lines = run(*given, "--score_threshold", "0.4", "--max_detections", "6")
    assert [re.sub(r"\d+\.\d [KM]iB", "SIZE", line) for line in lines] == [
        "served/1: SavedModel of 3 classes, SIZE; next: "
        "shardbox-train detect --model served/1 --images 'photos/*.jpg' --output found",
        "first-keras: model.keras, without a preset of KerasHub, which has other networks, SIZE",
        "lite/a.tflite: for TensorFlow Lite, built-in operations only, SIZE",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first-keras", "lite", "served"]
    assert [path.name for path in (tmp_path / "lite").iterdir()] == ["a.tflite"]
    told = read_description(Path("served/1/assets/detector.json").read_bytes())
    assert told.resize == "stretch"
    assert told.decoding == DECODING.model_copy(update={"score_threshold": 0.4, "max_detections": 6})
    found = tf.saved_model.load("served/1").signatures["serving_default"](image_bytes=tf.constant([picture(80, 60)]))
    count = int(found["num_detections"][0])
    assert found["detection_scores"].shape == (1, 6)
    assert count > 0
    assert min(found["detection_scores"][0, :count].numpy()) >= 0.4

    assert refused(*given) == (
        "--output 'served/1' holds an export: give another folder, or replace it with --overwrite"
    )
    monkeypatch.setattr("trainer.export.serving.export_saved_model", save_nothing)
    run("--model_dir", model_dir, "--output", "served/1", "--overwrite")
    assert [path.name for path in Path("served/1").iterdir()] == ["new"]


def test_a_name_that_tensorflow_serving_passes_over(model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("trainer.export.serving.export_saved_model", save_nothing)
    [line] = run("--model_dir", model_dir, "--output", tmp_path / "served")
    assert f"; TensorFlow Serving wants a number as its name, such as {tmp_path}/served/1; next: " in line


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((), "nothing to write: give --output DIR, --keras DIR or --tflite FILE.tflite"),
        (("--output", "a", "--score_threshold", "2"), "--score_threshold 2: a number from 0 to 1 is wanted"),
        (("--output", "a", "--nms_iou", "x"), "--nms_iou x: a number from 0 to 1 is wanted"),
        (("--output", "a", "--max_detections", "0"), "--max_detections 0: a whole number from 1 is wanted"),
        (("--output", "a", "--max_detections", "1.5"), "--max_detections 1.5: a whole number from 1 is wanted"),
        (("--output", "a", "--keras", "a"), "--output 'a' lies in --keras 'a': give each a place of its own"),
        (
            ("--output", "a", "--tflite", "a/b.tflite"),
            "--tflite 'a/b.tflite' lies in --output 'a': give each a place of its own",
        ),
        (("--tflite", "a.lite"), "--tflite 'a.lite' does not end in .tflite: write --tflite a.tflite"),
        (
            ("--output", "a", "--checkpoint", "last"),
            "argument --checkpoint: invalid choice: 'last' (choose from 'best', 'latest')",
        ),
    ],
)
def test_what_is_refused_before_anything_is_read(
    given: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert refused("--model_dir", "no_run", *given) == sentence
    assert list(tmp_path.iterdir()) == []


def test_the_examples_are_commands():
    document = (Path(__file__).parents[3] / "docs" / "serving.md").read_text("utf-8")
    commands = re.findall(r"^ *shardbox-train export (.+)$", document + export.EXAMPLE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        parser = Parser()
        export.add_flags(parser)
        parser.parse_all(shlex.split(command))


def test_a_run_without_such_weights_leaves_nothing(model_dir: Path, tmp_path: Path):
    with pytest.raises(TrainingError, match="has no latest weights yet"):
        run("--model_dir", model_dir, "--output", tmp_path / "served" / "1", "--checkpoint", "latest")
    assert list(tmp_path.iterdir()) == []
