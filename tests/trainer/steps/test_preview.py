"""Tests of `shardbox-train preview`."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from trainer.configuration import read_settings
from trainer.failures import TrainingError
from trainer.steps import preview as step

from ..made_datasets import Picture, Thing, drawn_picture, shapes_dataset, write_dataset

SMALL = ("input.image_size=32", "input.max_boxes=4", "input.batch_size=4")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shapes_dataset(tmp_path_factory.mktemp("shapes"), {"train": 8, "test": 2})


def flags(*given: Any) -> argparse.Namespace:
    parser = Parser()
    step.add_flags(parser)
    return parser.parse_all([str(each) for each in given])


def said(*given: Any) -> list[str]:
    """Runs the command in this process. Returns the lines that it prints."""
    screen = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: SIM115
    step.run(flags(*given), screen)
    return screen.export_text().splitlines()


def refused(*given: Any) -> str:
    with pytest.raises((UsageError, TrainingError)) as caught:
        said(*given)
    return str(caught.value)


def test_a_sheet_of_changed_pictures(data: Path, tmp_path: Path) -> None:
    lines = said("--data", data, "--output", tmp_path / "sheet.png", "--count", 4, "--long_side", 100, "--set", *SMALL)
    assert lines[0] == "augmentation: flip (0.5), scale_jitter (1), colour (0.5)"
    assert lines[1].startswith("4 pictures: ")
    assert lines[1].endswith(" objects, 0 regions to ignore")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert lines[2:] == [f"{tmp_path}/sheet.png: {sheet.width} × {sheet.height} pixels"]
        assert sheet.width == 2 * 96 + 3 * 12  # two columns, each picture enlarged threefold
        assert len(np.unique(np.asarray(sheet).reshape(-1, 3), axis=0)) > 50
    assert os.listdir(tmp_path) == ["sheet.png"]


def test_variants_stand_beside_the_picture(data: Path, tmp_path: Path) -> None:
    told = ("--data", data, "--output", tmp_path / "sheet.jpg", "--count", 3, "--variants", 3, "--split", "test")
    lines = said(*told, "--long_side", 32, "--set", *SMALL, "augmentation=[]")
    assert lines[0] == "augmentation: none"
    assert lines[1].startswith("2 pictures, each as it is and 3 times changed: ")  # there are no more
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert (sheet.format, sheet.width) == ("JPEG", 4 * 32 + 5 * 12)


def test_what_is_shown_is_what_training_sees(data: Path) -> None:
    from trainer.dataset_folder import open_dataset
    from trainer.input_pipeline.training import training_batches
    from trainer.preview import preview

    settings = read_settings([], [*SMALL, "seed=3", "augmentation=[{name: flip}, {name: crop}]", "input.cache=none"])
    dataset = open_dataset(str(data))
    batches = list(training_batches(dataset, settings).take(2).as_numpy_iterator())
    of_training = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    shown = preview(dataset, settings, 8)
    of_variants = preview(dataset, settings, 8, variants=2)
    for place in range(8):
        labels = of_training["labels"][place]
        for one in (shown[place], of_variants[3 * place + 1]):
            assert (one.image == of_training["images"][place]).all()
            assert (one.boxes == of_training["boxes"][place][labels != -1]).all()
            assert (one.labels == labels[labels != -1]).all()
            assert one.caption.endswith(f"{of_training['source_ids'][place] - 1:05d}.jpeg")
        plain = of_variants[3 * place]
        assert plain.caption == shown[place].caption
        assert plain.labels.size
    variants = zip(of_variants[1::3], of_variants[2::3], strict=True)
    assert any((one.image != other.image).any() for one, other in variants)


def test_a_mosaic_has_other_pictures_for_partners(data: Path, tmp_path: Path) -> None:
    from trainer.dataset_folder import open_dataset
    from trainer.preview import preview

    changes = (*SMALL, "augmentation=[{name: mosaic, probability: 1, centre: [0.5, 0.5]}]")
    for one in preview(open_dataset(str(data)), read_settings([], changes), 4):
        image = one.image
        quarters = [image[:16, :16], image[:16, 16:], image[16:, :16], image[16:, 16:]]
        assert len({quarter.tobytes() for quarter in quarters}) == 4
    few = shapes_dataset(tmp_path / "data", {"train": 2}, shards=1)
    lines = said("--data", few, "--output", tmp_path / "sheet.png", "--set", *changes)
    assert lines[0] == "augmentation: mosaic (1)"
    assert lines[1].startswith("2 pictures: ")


def test_regions_to_ignore_are_thin(tmp_path: Path) -> None:
    from trainer.dataset_folder import open_dataset
    from trainer.preview import draw_preview, preview

    things = (Thing("circle", (0.25, 0.25, 0.75, 0.75), difficult=1), Thing("square", (0.1, 0.1, 0.9, 0.9), is_crowd=1))
    grey = drawn_picture(1, most=1)
    dataset = open_dataset(
        str(write_dataset(tmp_path, {"train": [Picture(grey.encoded, grey.size, things, "", "jpeg")]}))
    )
    settings = read_settings([], [*SMALL, "augmentation=[]"])
    drawings = []
    for difficult, ignored in (("train", 1), ("ignore", 2)):
        told = settings.model_copy(update={"input": settings.input.model_copy(update={"difficult": difficult})})
        (one,) = preview(dataset, told, 5)
        assert one.caption == "source_id 1"
        assert (one.labels == -2).sum() == ignored
        drawings.append(np.asarray(draw_preview(one, dataset, 256)).astype(int))
    assert drawings[0].shape == (256, 256, 3)
    bare = one.image.repeat(8, axis=0).repeat(8, axis=1)
    bold, thin = ((drawing != bare).any(axis=-1).sum() for drawing in drawings)
    assert thin < 0.75 * bold
    changed = (drawings[0] != drawings[1]).any(axis=-1)
    assert changed[60:70, 100:156].any()  # the upper edge of the circle
    assert not changed[20:30, 100:156].any()  # that of the crowd


def test_classes_that_the_font_lacks_are_told(tmp_path: Path) -> None:
    picture = drawn_picture(1)._replace(things=(Thing("浣熊", (0.2, 0.2, 0.8, 0.8)),))
    data = write_dataset(tmp_path / "data", {"train": [picture]}, {"浣熊": 4})
    lines = said("--data", data, "--output", tmp_path / "sheet.png", "--set", *SMALL)
    assert lines[2] == "'#4' in the picture is 浣熊"


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    broken = drawn_picture(1)._replace(encoded=b"\xff\xd8\xff no picture")
    data = write_dataset(tmp_path / "data", {"train": [drawn_picture(0), broken]})
    sentence = refused("--data", data, "--output", tmp_path / "sheet.png", "--set", *SMALL)
    assert sentence.startswith(
        f"'00001.jpeg' (source_id 2, record 1 of {data}/train-00000-of-00001.tfrecord) cannot be"
    )
    assert not (tmp_path / "sheet.png").exists()


def test_of_a_split_that_is_not_there(data: Path, tmp_path: Path) -> None:
    sentence = refused("--data", data, "--output", tmp_path / "sheet.png", "--split", "tests")
    assert sentence == f"{data} has no split 'tests': it has train, test; did you mean test?"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("folder", "--output 'folder' is a folder: give a file"),
        ("new/", "--output 'new/' is a folder: give a file"),
        ("there.png", "--output: 'there.png' exists: give another place, or replace it with --overwrite"),
        ("sheet.pgn", "--output 'sheet.pgn': pictures are written as .png, .jpg or .jpeg; did you mean .png?"),
        ("sheet", "--output 'sheet': pictures are written as .png, .jpg or .jpeg"),
        (
            "nowhere/sheet.png",
            "--output 'nowhere/sheet.png': there is no folder 'nowhere': make it first, or give another place",
        ),
        (
            "gs://bucket/sheet.png",
            "--output 'gs://bucket/sheet.png' is not on a disk of this machine: give a file here, and copy it",
        ),
        (
            "data/sheet.png",
            "--output 'data/sheet.png' lies in the folder of a dataset, which is for its own files: give another",
        ),
    ],
)
def test_a_wrong_place_is_refused(output: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("folder", "data"):
        (tmp_path / folder).mkdir()
    for file in ("there.png", "data/manifest.json"):
        (tmp_path / file).write_text("as it was")
    assert refused("--data", "data", "--output", output) == sentence
    assert (tmp_path / "there.png").read_text() == "as it was"


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    path = tmp_path / "sheet.png"
    assert refused("--data", "data", "--output", path) == (
        f"--output '{path}': nothing can be written to the folder '{tmp_path}': give another place"
    )


def test_a_full_disk(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, "write_whole", full)
    path = tmp_path / "sheet.png"
    assert refused("--data", data, "--output", path, "--count", 1, "--set", *SMALL) == (
        f"--output '{path}' cannot be written: No space left on device"
    )


def test_a_file_is_replaced_when_told_so(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    path.write_text("old")
    said("--data", data, "--output", path, "--overwrite", "--count", 1, "--set", *SMALL)
    with Image.open(path) as sheet:
        assert sheet.format == "PNG"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--count", "0"), "--count 0: a whole number from 1 to 10,000 is wanted"),
        (("--count", "many"), "--count many: a whole number from 1 to 10,000 is wanted"),
        (("--count=-3",), "--count -3: a whole number from 1 to 10,000 is wanted"),
        (("--variants", "101"), "--variants 101: a whole number from 0 to 100 is wanted"),
        (("--long_side", "8"), "--long_side 8: a whole number from 32 to 4,096 is wanted"),
        (
            ("--count", "400", "--variants", "3"),
            "1,600 pictures of 400 pixels are too many for a sheet, which has room for 625: "
            "take a smaller --count or --long_side",
        ),
        (
            ("--set", "augmentation=[{name: mosiac}]"),
            "augmentation[0]: there is no 'mosiac' (--set augmentation=[{name: mosiac}]); "
            "there are flip, rotate90, crop, scale_jitter, colour, mosaic, cutout; did you mean mosaic?",
        ),
    ],
)
def test_wrong_flags_are_refused(given: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    assert refused("--data", "data", "--output", tmp_path / "sheet.png", *given) == sentence


def test_flags_are_refused_before_tensorflow_is_loaded(tmp_path: Path) -> None:
    told = f"['preview', '--data', 'data', '--output', '{tmp_path}/sheet.gif']"
    program = f"import sys; from trainer.cli import main; code = main({told}); print(code, 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "2 False\n"
    assert done.stderr == (
        f"shardbox-train: --output '{tmp_path}/sheet.gif': pictures are written as .png, .jpg or .jpeg\n"
    )
