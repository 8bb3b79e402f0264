"""`shardbox show`, as it is typed and as it is seen."""

import os
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from beam_pipelines.record_files.views import short_name
from beam_pipelines.steps import show
from presentation.argument_parser import Parser

from ..inspection.made_datasets import record, write_dataset
from ..record_files.made_records import annotated, example, frames, picture, write
from .made_steps import names_in, refused

PICTURE = picture((100, 50))


def shown(*arguments: object, width: int = 80, expected: int = 0) -> list[str]:
    """Runs the step, with such an exit code. Returns the lines on a screen of so many columns."""
    parser = Parser()
    show.add_flags(parser)
    screen = Console(file=StringIO(), width=width, highlight=False)
    code = show.run(parser.parse_all([str(argument) for argument in arguments]), screen)
    assert code == expected
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def full(**changes: object) -> bytes:
    """A record with all that a table of objects can have."""
    plain = {
        "image__encoded": [PICTURE],
        "image__width": [100],
        "image__height": [50],
        "image__object__difficult": [0, 1],
        "image__object__truncated": [0, 1],
        "image__object__is_crowd": [0, 0],
        "image__object__view": [b"Left", b"Unspecified"],
        "image__object__area": [1250.0, 3750.0],
        "more": [0.5, 0.25],
    }
    return example(annotated(**(plain | changes)))


def test_a_record(tmp_path: Path):
    path = write(tmp_path / "a.record", full())
    assert shown(path) == [
        "a.record: record 0, series a",
        f"record     {len(full()):,} bytes",
        f"picture    JPEG, 100 × 50 pixels, {len(PICTURE):,} bytes",
        "file name  a.jpg",
        "source_id  a.jpg",
        "sha256     none",
        "",
        "2 objects, boxes as xmin ymin xmax ymax",
        "            pixels                             size  flags",
        "#  class    normalised                         area  view",
        "─────────────────────────────────────────────────────────────────────────",
        "0  cat (1)  25  25  75   50                 50 × 25",
        "            0.2500 0.5000 0.7500 1.0000       1,250  Left",
        "1  dog (2)   0 6.2 100 43.8              100 × 37.5  difficult, truncated",
        "            0.0000 0.1250 1.0000 0.8750       3,750  Unspecified",
        "",
        "1 other feature",
        "key   type   number  values",
        "──────────────────────────────",
        "more  float       2  0.5, 0.25",
        "",
        "Features that are not there: image/key/sha256.",
    ]


def test_screens_of_other_widths(tmp_path: Path):
    path = write(tmp_path / "a.record", full(image__object__mask=[b"\x89PNG\r\n\x1a\n\xff", b""]))
    boxes = (
        "25  25  75   50     50 × 25  0.2500 0.5000 0.7500 1.0000",
        " 0 6.2 100 43.8  100 × 37.5  0.0000 0.1250 1.0000 0.8750",
    )
    assert shown(path, width=140)[8:12] == [
        f"#  class    pixels                 size  normalised                   flags{'view':>21}          area  mask",
        "─" * 126,
        f"0  cat (1)  {boxes[0]}                        Left         1,250  <9 bytes, PNG>",
        f"1  dog (2)  {boxes[1]}  difficult, truncated  Unspecified  3,750  ''",
    ]
    assert shown(path, width=76)[8:17] == [
        "   class           pixels                             size  flags",
        "#  mask            normalised                         area  view",
        "─" * 76,
        "0  cat (1)         25  25  75   50                 50 × 25",
        "   <9 bytes, PNG>  0.2500 0.5000 0.7500 1.0000       1,250  Left",
        "1  dog (2)          0 6.2 100 43.8              100 × 37.5  difficult,",
        "   ''              0.0000 0.1250 1.0000 0.8750       3,750  truncated",
        "                                                            Unspecified",
        "",
    ]
    assert max(map(len, shown(path, width=40)[8:-3])) <= 40


def test_a_dataset(tmp_path: Path):
    write_dataset(tmp_path)
    lines = shown(tmp_path, "--class", "dog", "--index=1")
    assert lines[0] == "train-00003-of-00004.tfrecord: record 0 of 0 to 1, split train"
    assert lines[3] == "file name  seq/012.jpg"
    assert shown(f"{tmp_path}/manifest.json", "--source_id", str(12 << 59)) == lines
    assert shown(tmp_path, "--filename", "012.jpg", "--split=train") == lines
    assert shown(tmp_path, "--index=-4") == lines


def test_names_are_no_markup_and_no_control_characters(tmp_path: Path):
    path = write(
        tmp_path / "[red]x.record",
        full(image__object__class__text=[b"[bold]a[/bold]", b":smile:\x1b[31m"], image__filename=[b"\x07[/x]"]),
    )
    lines = shown(path, width=200)
    assert (lines[0], lines[3]) == ("[red]x.record: record 0, series [red]x", r"file name  '\x07[/x]'")
    assert [line.split("  ")[1] for line in lines if line.startswith(("0  ", "1  "))] == [
        "[bold]a[/bold] (1)",
        r"':smile:\x1b[31m' (2)",
    ]


def test_a_damaged_record(tmp_path: Path):
    path = write(tmp_path / "a.record", record(0, "cat"), record(1, "dog"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    damage = "another checksum than the one stored with them"
    size, start = len(record(1, "dog")), len(frames(record(0, "cat")))
    assert shown(path, "--index=1", expected=1) == [
        "a.record: record 1, series a",
        f"damaged    record_corrupt: the {size:,} bytes of the record have {damage}",
        f"offset     byte {start:,}",
    ]
    target = tmp_path / "a.png"
    assert refused(show, path, "--index=1", "--draw", target) == (
        f"a.record, record 1, cannot be drawn: the {size:,} bytes of the record have {damage}"
    )
    assert names_in(tmp_path) == ["a.record"]


@pytest.mark.parametrize(
    ("flags", "size"),
    [
        ([], (400, 200)),
        (["--long_side=50"], (50, 25)),
        (["--long_side=1000"], (1000, 500)),
        (["--class=cat"], (400, 200)),
    ],
)
def test_a_drawing(tmp_path: Path, flags: list[str], size: tuple[int, int]):
    path = write(tmp_path / "a.record", full())
    lines = shown(path, "--draw", tmp_path / "a.png", *flags)
    assert lines == [*shown(path), f"{tmp_path}/a.png: {size[0]:,} × {size[1]:,} pixels"]
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.size == size
        assert np.ptp(np.asarray(drawn.convert("RGB"), int), axis=2).max() > 50  # the picture alone is grey
    assert names_in(tmp_path) == ["a.png", "a.record"]


def test_a_class_that_is_looked_for_is_emphasised(tmp_path: Path):
    path = write(tmp_path / "a.record", full())
    for name, flags in {"all": [], "cat": ["--class=cat"], "dog": ["--class=dog"]}.items():
        shown(path, "--draw", tmp_path / f"{name}.png", *flags)
        shown(path, "--draw", tmp_path / f"{name}-sheet.png", "--contact_sheet=1", *flags)
    for kind in ("", "-sheet"):
        assert len({(tmp_path / f"{name}{kind}.png").read_bytes() for name in ("all", "cat", "dog")}) == 3


def test_a_drawing_replaces_another_only_if_it_may(tmp_path: Path):
    path = write(tmp_path / "a.record", full())
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    assert refused(show, path, "--draw", target) == (
        f"--draw: '{target}' exists: give another place, or replace it with --overwrite"
    )
    assert target.read_bytes() == b"old"
    shown(path, "--draw", target, "--overwrite")
    first = target.read_bytes()
    shown(path, "--draw", target, "--overwrite")
    assert target.read_bytes() == first != b"old"


def test_names_that_the_font_lacks_are_told(tmp_path: Path):
    path = write(tmp_path / "a.record", full(image__object__class__text=["猫".encode(), b"dog"]))
    assert shown(path, "--draw", tmp_path / "a.png")[-2:] == [
        "'#1' in the picture is 猫",
        f"{tmp_path}/a.png: 400 × 200 pixels",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image__encoded": []}, "the record holds no picture in image/encoded"),
        (
            {"image__encoded": [b"\0"]},
            "The content (1 bytes) is nothing but zero bytes, as an interrupted copy leaves them.",
        ),
    ],
)
def test_what_cannot_be_drawn_is_shown_nevertheless(tmp_path: Path, changes: dict, reason: str):
    path = write(tmp_path / "a.record", full(**changes))
    assert refused(show, path, "--draw", tmp_path / "a.png") == f"a.record, record 0, cannot be drawn: {reason}"
    assert shown(path)[0] == "a.record: record 0, series a"
    assert names_in(tmp_path) == ["a.record"]


def test_a_contact_sheet_of_a_dataset(tmp_path: Path):
    write_dataset(tmp_path / "set")
    target = tmp_path / "sheet.png"
    assert shown(tmp_path / "set", "--contact_sheet=4", "--draw", target) == [
        "0: seq/000.jpg: cat (train-00000-of-00004.tfrecord, record 0)",
        "1: seq/001.jpg: dog (train-00000-of-00004.tfrecord, record 1)",
        "4: seq/012.jpg: dog (train-00003-of-00004.tfrecord, record 0)",
        "6: seq/006.jpg: horse (test-00000-of-00001.tfrecord, record 0)",
        f"{target}: {Image.open(target).width:,} × {Image.open(target).height:,} pixels",
    ]
    assert shown(tmp_path / "set", "--contact_sheet=3", "--index=2", "--draw", target, "--overwrite")[:-1] == [
        "2: seq/003.jpg: cat ×2 (train-00000-of-00004.tfrecord, record 2)",
        "3: seq/004.jpg: no objects (train-00001-of-00004.tfrecord, record 0)",
        "4: seq/012.jpg: dog (train-00003-of-00004.tfrecord, record 0)",
    ]
    lines = shown(tmp_path / "set", "--contact_sheet=9", "--class=dog", "--draw", target, "--overwrite")
    assert lines[:-1] == [
        "0: seq/001.jpg: dog (train-00000-of-00004.tfrecord, record 1)",
        "1: seq/012.jpg: dog (train-00003-of-00004.tfrecord, record 0)",
        "There are no more such records.",
    ]


def test_a_long_class_is_found_by_its_name_and_by_what_other_commands_call_it(tmp_path: Path):
    name = "raccoon " * 30
    path = write(tmp_path / "a.record", full(), full(image__object__class__text=[name.encode(), b"dog"]))
    lines = shown(path, "--index=1")
    for asked in (name, short_name(name)):
        assert shown(path, "--class", asked, "--draw", tmp_path / "a.png", "--overwrite")[:-2] == lines
        assert refused(show, path, "--class", asked, "--index=1").startswith("--index 1: there is one record that fits")


def test_a_picture_that_is_too_long_for_a_jpeg(tmp_path: Path):
    wide = full(image__encoded=[picture((66_000, 1), "PNG")])
    path = write(tmp_path / "a.record", wide)
    target = tmp_path / "a.jpg"
    assert refused(show, path, "--draw", target).startswith(f"--draw '{target}': a JPEG holds at most 65,500 pixels")
    assert names_in(tmp_path) == ["a.record"]
    assert shown(path, "--draw", target, "--long_side=1000")[-1] == f"{target}: 1,000 × 1 pixels"


def test_tiles_of_a_contact_sheet_have_the_size_that_is_asked_for(tmp_path: Path):
    path = write(tmp_path / "a.record", full(), full(), full())
    widths = []
    for side in (100, 200):
        shown(path, "--contact_sheet=3", f"--long_side={side}", "--draw", tmp_path / f"{side}.jpg")
        with Image.open(tmp_path / f"{side}.jpg") as sheet:
            widths.append(sheet.width)
    assert widths[1] - widths[0] == 200


def test_a_contact_sheet_leaves_out_what_cannot_be_drawn(tmp_path: Path):
    bad, labelled = full(image__encoded=[]), full(image__class__text=[b"night"], image__filename=[])
    path = write(tmp_path / "a.record", bad, b"no example", labelled)
    target = tmp_path / "sheet.jpg"
    assert shown(path, "--contact_sheet=3", "--draw", target)[:-1] == [
        "0: left out: the record holds no picture in image/encoded (a.record, record 0)",
        "1: left out: the record is no tf.train.Example (a.record, record 1)",
        "2: no file name: cat, dog, night (a.record, record 2)",
    ]
    target.unlink()
    assert refused(show, path, "--contact_sheet=2", "--draw", target) == (
        f"none of 2 records can be drawn, and '{target}' was not written"
    )
    assert names_in(tmp_path) == ["a.record"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "nothing to show: give the folder of a dataset, or record files"),
        (["{}", "--contact_sheet=3"], "--contact_sheet says how to draw: give --draw FILE.png, too"),
        (["{}", "--long_side=3"], "--long_side says how to draw: give --draw FILE.png, too"),
        (["{}", "--overwrite"], "--overwrite says how to draw: give --draw FILE.png, too"),
        (["{}", "--draw=a.png", "--long_side=15"], "--long_side 15: give a number of pixels from 16 to 16384"),
        (["{}", "--draw=a.png", "--long_side=0"], "--long_side 0: give a number of pixels from 16 to 16384"),
        (["{}", "--draw=a.png", "--contact_sheet=0"], "--contact_sheet 0: give a number of records from 1 to 976"),
        (["{}", "--draw=a.png", "--contact_sheet=977"], "--contact_sheet 977: give a number of records from 1 to 976"),
        (
            ["{}", "--draw=a.png", "--contact_sheet=26", "--long_side=2000"],
            "--contact_sheet 26: give a number of records from 1 to 25, or take a smaller --long_side",
        ),
        (["{}", "--index=one"], "argument --index: 'one' is not a whole number"),
        (["{}", "--idx=1"], "unknown flag --idx; did you mean --index?"),
        (["{}", "--draw=a.gif"], "--draw 'a.gif': pictures are written as .png, .jpg or .jpeg"),
        (["{}/no"], "'{}/no' matches nothing (the folder '{}' exists and holds 1 entry)"),
    ],
)
def test_refusals(tmp_path: Path, flags: list[str], message: str):
    write(tmp_path / "a.record", full())
    given = [flag.replace("{}", str(tmp_path)) for flag in flags]
    assert refused(show, *given) == message.replace("{}", str(tmp_path))
    assert os.listdir(tmp_path) == ["a.record"]
