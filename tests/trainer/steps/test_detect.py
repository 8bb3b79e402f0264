"""The command `detect`: what it writes, says and refuses."""

import json
import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from beam_pipelines.voc_xml import parse_voc
from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from trainer.detection import running
from trainer.steps import detect

from ..detection.made_exports import write_export
from ..detection.made_pictures import encoded, spotted, turned


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_export(tmp_path_factory.mktemp("exports") / "1")


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos/sub").mkdir(parents=True)
    Path("photos/10.jpg").write_bytes(encoded(spotted(40, 30)))
    Path("photos/9.png").write_bytes(encoded(spotted(80, 60), "PNG"))
    Path("photos/sub/phone.jpg").write_bytes(turned(spotted(40, 30), 8))


def run(exported: Path, *arguments: object) -> tuple[int, list[str]]:
    """Runs the command with flags as they are typed. Returns its exit code and the lines on a screen."""
    parser = Parser()
    detect.add_flags(parser)
    screen = Console(file=StringIO(), width=100, highlight=False)
    given = ("--model", exported, "--images", "photos", "--output", "found", *arguments)
    code = detect.run(parser.parse_all([str(argument) for argument in given]), screen)
    return code, [line.strip() for line in screen.file.getvalue().splitlines() if line.strip()]


def refused(exported: Path, *arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        run(exported, *arguments)
    return str(caught.value)


def files() -> list[str]:
    return sorted(path.relative_to("found").as_posix() for path in Path("found").rglob("*") if path.is_file())


def lines() -> list[dict]:
    return [json.loads(line) for line in Path("found/detections.jsonl").read_text("utf-8").splitlines()]


def test_drawings_and_lines(exported: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(running.time, "monotonic", iter([0.0, 1.5]).__next__)
    code, said = run(exported)
    assert code == 0
    assert said == [
        "class   id   detections   pictures",
        "──────────────────────────────────",
        "dog      3            3          3",
        "3 detections with a score of 0.3 or more on 3 of 3 pictures, 2.0 pictures/s",
        "found/detections.jsonl: a line for each picture",
        "look at found/9.png",
    ]
    assert files() == ["10.jpg", "9.png", "detections.jsonl", "sub/phone.jpg"]
    assert [(one["file"], one["width"], one["height"], one["detections"]) for one in lines()] == [
        (name, width, height, [{"class": "dog", "id": 3, "score": 0.9, "box": box}])
        for name, width, height, box in (
            ("9.png", 80, 60, [20.0, 15.0, 40.0, 45.0]),
            ("10.jpg", 40, 30, [10.0, 7.5, 20.0, 22.5]),
            ("sub/phone.jpg", 40, 30, [10.0, 7.5, 20.0, 22.5]),
        )
    ]
    with Image.open("found/sub/phone.jpg") as drawn:
        assert drawn.size == (480, 360)


def test_annotations_for_labelimg(exported: Path):
    code, said = run(exported, "--write", "voc", "--no_drawings", "--min_score", "0.15", "--batch_size", "2")
    assert code == 0
    assert said[-2:] == [
        "found/detections.jsonl: a line for each picture",
        "found/annotations: annotations for labelImg",
    ]
    assert files() == ["annotations/10.xml", "annotations/9.xml", "annotations/sub/phone.xml", "detections.jsonl"]
    phone = parse_voc(Path("found/annotations/sub/phone.xml").read_bytes())
    assert (phone.filename, phone.width, phone.height) == ("phone.jpg", 40, 30)
    assert [one[:5] for one in phone.objects] == [("dog", "10", "8", "20", "22"), ("cät", "1", "1", "40", "30")]

    Path("found/annotations/9.xml").write_text("corrected by a person")
    assert refused(exported, "--write", "voc") == (
        "--output 'found' holds 'detections.jsonl' already: give another folder, or replace it with --overwrite"
    )
    Path("found/detections.jsonl").unlink()
    assert refused(exported, "--write", "voc", "--no_drawings") == (
        "--output 'found' holds 'annotations/9.xml' already: give another folder, or replace it with --overwrite"
    )
    assert Path("found/annotations/9.xml").read_text() == "corrected by a person"
    assert run(exported, "--write", "voc", "--overwrite")[0] == 0
    assert len(parse_voc(Path("found/annotations/9.xml").read_bytes()).objects) == 1


def test_a_picture_that_cannot_be_read_is_left_out(exported: Path):
    Path("photos/a_text.jpg").write_text("hello")
    Path("photos/cut.jpg").write_bytes(encoded(spotted(400, 300))[:2000])
    code, said = run(exported)
    assert code == 1
    assert said[0] == "left out: photos/a_text.jpg: it is no JPEG, PNG, BMP, GIF, TIFF or WebP"
    assert said[1].startswith("left out: photos/cut.jpg: TensorFlow cannot decode it: ")
    assert [one["file"] for one in lines()] == ["9.png", "10.jpg", "sub/phone.jpg"]
    assert "cut.jpg" not in files()


def test_a_drawing_that_fails_takes_no_line_with_it(exported: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> bytes:
        raise OSError("broken data stream")

    monkeypatch.setattr(running, "drawing", fail)
    code, said = run(exported)
    assert code == 0
    assert said[0] == "not drawn: photos/9.png: broken data stream"
    assert len(lines()) == 3


def test_a_run_that_is_interrupted_leaves_no_lines(exported: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "drawing", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(exported)
    assert files() == []


def test_scores_that_the_export_does_not_give(exported: Path):
    _, said = run(exported, "--min_score", "0.05", "--no_drawings")
    assert said[0] == "this export gives nothing with a score below 0.1, whatever --min_score says"


def test_the_output_folder_is_no_input(exported: Path):
    assert run(exported, "--output", "photos/found")[0] == 0
    assert run(exported, "--output", "photos/found", "--overwrite")[0] == 0
    assert not Path("photos/found/found").exists()


def test_the_examples_are_commands():
    document = (Path(__file__).parents[3] / "docs" / "serving.md").read_text("utf-8")
    commands = re.findall(r"^ *shardbox-train detect (.+)$", document + detect.EXAMPLE, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        parser = Parser()
        detect.add_flags(parser)
        parser.parse_all(shlex.split(command))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--min_score", "1.5"), "--min_score 1.5: a number from 0 to 1 is wanted"),
        (("--min_score", "nan"), "--min_score nan: a number from 0 to 1 is wanted"),
        (("--min_score", "much"), "--min_score much: a number from 0 to 1 is wanted"),
        (("--batch_size", "0"), "--batch_size 0: a whole number from 1 is wanted"),
        (("--batch_size", "8.5"), "--batch_size 8.5: a whole number from 1 is wanted"),
        (
            ("--model", "photos/10.jpg"),
            "--model 'photos/10.jpg' is a file: give the folder of `shardbox-train export --output`",
        ),
        (
            ("--output", "photos"),
            "--images 'photos': all of it lies in --output 'photos': give another --output",
        ),
    ],
)
def test_what_is_refused(given: tuple[str, ...], sentence: str, exported: Path):
    assert refused(exported, *given) == sentence
    assert not Path("found").exists()
