"""Frames in, TFRecords out: what is in them, what is said of what cannot be, and what is left as it was."""

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from unittest import mock

import pandas as pd
import pyarrow as pa
import pytest

from beam_pipelines.dataframe.writing import in_python, write_tfrecords
from data_contract.manifest import Manifest, read_manifest

from ..made import contents
from ..made_tables import CLASSES, RACCOONS, boxes_in, classic_boxes, draw_pictures, examples_in, raccoon_frame

BOX = [10, 6, 30, 24]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with six pictures."""
    draw_pictures(tmp_path, *(f"p/{number}.png" for number in range(6)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def frame(number: int = 6, start: int = 0, **columns) -> pd.DataFrame:
    """A cat on each of the pictures."""
    paths = [f"p/{i}.png" for i in range(start, start + number)]
    return pd.DataFrame({"path": paths, "classes": "cat", "bb": [BOX] * number}).assign(**columns)


def write(frames, output="out", label_map=None, **named) -> Manifest:
    return write_tfrecords(frames, output, label_map, progress=False, **named)


def refusal(frames, output="out", label_map=None, **named) -> str:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        write(frames, output, label_map, **named)
    assert type(refused.value) is ValueError
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)
    return str(refused.value)


def labels(manifest: Manifest) -> dict[str, int]:
    """Class → boxes, of all splits."""
    return {name: sum(split.boxes.get(name, 0) for split in manifest.splits.values()) for name in manifest.classes}


def rejects_of(folder: Path, manifest: Manifest) -> list[dict[str, object]]:
    lines = [line for file in manifest.rejects.files for line in (folder / file.name).read_text().splitlines()]
    return [json.loads(line) for line in lines]


def test_frames_by_split_become_a_dataset_of_these_splits(here: Path):
    frames = {"train": frame(3), "validation": frame(2, 3, classes="dog"), "test": frame(1, 5)}
    manifest = write(frames, label_map={"dog": 7, "cat": 3})
    assert manifest == read_manifest(here / "out")
    assert manifest.classes == {"cat": 3, "dog": 7}
    assert {name: (split.images, split.boxes) for name, split in manifest.splits.items()} == {
        "train": (3, {"cat": 3}),
        "validation": (2, {"dog": 2}),
        "test": (1, {"cat": 1}),
    }
    sides = (0.25, pytest.approx(0.2), 0.75, pytest.approx(0.8))
    (shard,) = manifest.splits["validation"].shards
    assert boxes_in(here / "out" / shard.name) == {"3.png": [("dog", *sides)], "4.png": [("dog", *sides)]}


def test_one_frame_is_shared_out(here: Path):
    manifest = write(frame(), splits={"train": 0.5, "test": 0.5}, num_shards={"train": 2, "test": 1}, seed=5)
    assert {name: (split.images, len(split.shards)) for name, split in manifest.splits.items()} == {
        "train": (3, 2),
        "test": (3, 1),
    }
    assert (manifest.options["seed"], manifest.options["splits"]) == (5, {"train": 0.5, "test": 0.5})


def test_a_column_of_one_frame_gives_the_splits(here: Path):
    manifest = write(frame(subset=["a", "b"] * 3))
    assert {name: split.images for name, split in manifest.splits.items()} == {"a": 3, "b": 3}


def test_a_column_for_the_split_does_not_count_where_frames_are_given_by_split(here: Path):
    both = frame(split=["a", "b"] * 3)
    manifest = write({name: both[both["split"] == name] for name in ("b", "a")} | {"c": frame(1)})
    assert {name: split.images for name, split in manifest.splits.items()} == {"a": 3, "b": 3, "c": 1}


def test_a_column_called_split_may_be_another_field(here: Path):
    table = frame(2).rename(columns={"classes": "split"})
    assert write({"train": table}, columns={"label": "split"}).splits["train"].boxes == {"cat": 2}


def test_one_file_holds_the_boxes_of_the_classic_script(tmp_path: Path):
    manifest = write(raccoon_frame(), tmp_path / "a.record", CLASSES)
    assert set(contents(tmp_path)) == {"a.record"}
    assert boxes_in(tmp_path / "a.record") == classic_boxes()
    assert {name: split.images for name, split in manifest.splits.items()} == {"all": 4}


@pytest.mark.parametrize("kind", ["lists", "text", "normalized", "xywh", "arrow", "categories"])
def test_other_spellings_of_the_same_boxes(kind: str, tmp_path: Path):
    table = raccoon_frame()
    sides = ["xmin", "ymin", "xmax", "ymax"]
    named = {}
    if kind in ("lists", "text"):
        boxes = table[sides].to_numpy().tolist()
        table = table.drop(columns=sides).assign(bb=boxes if kind == "lists" else [str(box) for box in boxes])
    elif kind == "normalized":
        for side in sides:
            table[side] /= table["width" if side[0] == "x" else "height"]
        named = {"normalized": True}
    elif kind == "xywh":
        table = table.assign(w=table.xmax - table.xmin, h=table.ymax - table.ymin).drop(columns=["xmax", "ymax"])
        named = {"box_format": "xywh"}
    elif kind == "arrow":
        table = pa.table({name: table[name].to_numpy() for name in table.columns})
    else:
        table = table.assign(**{"class": table["class"].astype("category")})
    write(table, tmp_path / "a.tfrecord", CLASSES, **named)
    assert boxes_in(tmp_path / "a.tfrecord") == classic_boxes()


def test_rows_of_one_split_may_become_one_file(here: Path):
    write(frame(split="train"), "a.tfrecord", {"cat": 1})
    assert len(examples_in(here / "a.tfrecord")) == 6


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1, 2, 1, 2, 1, 1], {"1": 4, "2": 2}),
        ([1.0, 2.0, 1.0, 2.0, 1.0, 1.0], {"1": 4, "2": 2}),
        ([True, False, True, True, True, True], {"False": 1, "True": 5}),
        (["nan", "NA", "1", 1, True, 2.0], {"1": 2, "2": 1, "NA": 1, "True": 1, "nan": 1}),
        (pd.Categorical([10, 9, 10, 10, 10, 10]), {"10": 5, "9": 1}),
    ],
)
def test_classes_are_text(here: Path, values, names):
    assert labels(write(frame(classes=values), splits={"all": 1})) == names


def test_rows_without_class_and_box_are_images_without_objects(here: Path):
    table = frame(classes=["cat"] * 5 + [None], bb=[BOX] * 5 + [None])
    manifest = write({"train": table})
    assert (manifest.splits["train"].images, manifest.splits["train"].negatives) == (6, 1)
    assert manifest.rejects.counts == {}


def test_rows_without_any_box_are_classes_of_images(here: Path):
    manifest = write({"train": frame(2).drop(columns="bb")})
    (shard,) = manifest.splits["train"].shards
    (first, _) = examples_in(here / "out" / shard.name)
    assert first["image/class/text"] == [b"cat"]


def test_paths_of_any_kind(here: Path):
    paths = [Path("p/0.png"), "./p/1.png", str(here / "p/2.png"), here / "p/3.png", "p\\4.png", "p/../p/5.png"]
    manifest = write({"train": frame(path=paths)})
    (shard,) = manifest.splits["train"].shards
    assert set(boxes_in(here / "out" / shard.name)) == {f"{number}.png" for number in range(6)}


def test_images_are_found_below_their_folder(here: Path):
    table = frame(path=[f"C:\\data\\{number}.png" for number in range(6)])
    manifest = write({"train": table}, images=here / "p")
    assert manifest.splits["train"].images == 6
    files = ["p/0.*", "p/1.png", "p/2.png"]
    manifest = write(frame(2), "more", images=files, unannotated="negative", splits={"all": 1})
    assert (manifest.splits["all"].images, manifest.splits["all"].negatives) == (3, 1)


def test_bad_rows_are_rejects_with_their_place_in_the_frame(here: Path):
    boxes = [BOX, [30, 6, 10, 24], [10, 6, float("nan"), 24], BOX, BOX]
    paths = ["p/0.png", "p/1.png", "p/2.png", None, "p/4.png"]
    table = frame(5, path=paths, bb=boxes, classes=["cat"] * 4 + [None])
    manifest = write({"train": table.iloc[::-1], "test": frame(1)}, max_rejects=1)
    assert {(line["code"], line["line"], line["message"]) for line in rejects_of(here / "out", manifest)} == {
        ("class_missing", 1, "the column 'classes' is empty: give the box a class"),
        ("row_without_image", 2, "the column 'path' is empty: name the image of the row"),
        ("box_not_a_number", 3, "xmax is 'nan'"),
        ("box_reversed", 4, "xmin 30 is larger than xmax 10"),
    }
    assert {line["source"] for line in rejects_of(here / "out", manifest)} == {"train.parquet"}


def test_columns_that_are_called_differently_are_told_as_fields(here: Path):
    frames = {"train": frame(5), "test": frame(1, 5, classes=None).rename(columns={"classes": "category"})}
    manifest = write(frames, max_rejects=1)
    (line,) = rejects_of(here / "out", manifest)
    assert line["message"] == "the column 'label' is empty: give the box a class"


def test_an_image_that_is_not_there_is_a_reject(here: Path):
    manifest = write(
        {"train": frame(5, path=["p/0.png", "p/1.png", "p/lost.png", "p/3.png", "p/4.png"])}, max_rejects=1
    )
    (line,) = rejects_of(here / "out", manifest)
    assert (line["code"], line["image"]) == ("image_missing", "lost.png")


def test_leaks_between_frames_can_be_refused(here: Path):
    frames = {"train": frame(3), "test": frame(3, 2)}
    assert "test" in refusal(frames, strict_splits=True)
    assert write(frames).splits["test"].images == 3


IMAGE = "the column 'path', the image, must hold paths, as text or pathlib.Path, but 3 at index 1 is of type int"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"frames": frame(2, path=["a", 3])}, IMAGE),
        ({"frames": {"train": frame(1), "test": frame(2, path=["a", 3])}}, f"frames['test']: {IMAGE}"),
        ({"frames": {"train": frame(1), "test": frame(0)}}, "frames['test']: the frame has no row: give at least one"),
        (
            {"frames": {"train": frame(1), "test": frame(1, difficult=1)}},
            "frames['train'] and frames['test'] differ in the columns for difficult: give both the same columns",
        ),
        (
            {"frames": frame(2).drop(columns="classes")},
            "the header 'path,bb' has no column for the label: give columns={'label': '…'}",
        ),
        (
            {"frames": frame(2).rename(columns={"path": "my image"}), "columns": {"label": "class"}},
            "the header 'my image,classes,bb' has no column 'class', which columns gives for label; "
            "did you mean classes?",
        ),
        (
            {"frames": frame(2).assign(x=1, y=1, w=1, h=1).drop(columns="bb")},
            "the header 'path,classes,x,y,w,h' has no xmin, ymin, xmax, ymax but x, y, w, h: give box_format='xywh'",
        ),
        (
            {"frames": frame(2).assign(x=1, y=1, width=1, height=1).drop(columns="bb")},
            "the header 'path,classes,x,y,width,height' has no xmin, ymin, xmax, ymax but x, y, width, height: "
            "give box_format='xywh' columns={'w': 'width', 'h': 'height'}",
        ),
        (
            {"frames": frame(2).set_axis([0, 1, 2], axis=1)},
            "the list of columns '0,1,2' looks like data: it must be a header, such as "
            "filename,width,height,class,xmin,ymin,xmax,ymax",
        ),
        ({"frames": frame(6), "output": "p"}, "output 'p' is not empty, it holds other files: give a new folder"),
        (
            {"frames": frame(6), "label_map": {"dog": 1}},
            "1 class is not in the label map:\n  'cat': 6 boxes\n"
            "Add them to the label map, or drop their boxes with unknown_classes='drop'.",
        ),
        (
            {"frames": frame(6), "label_map": {"cat": 0}},
            "label_map: Item 1 of the label map ('cat') has id 0, which is reserved for the background: "
            "number classes from 1, without it.",
        ),
        (
            {"frames": frame(6), "duplicates": "kep"},
            "duplicates: 'kep' is not one of keep, merge, reject; did you mean keep?",
        ),
        (
            {"frames": frame(6), "max_rejects": 2},
            "max_rejects: '2' is not a fraction from 0 to 1, such as 0.01; did you mean 0.02?",
        ),
        (
            {"frames": frame(6), "images": "p/*.jpg"},
            "images 'p/*.jpg' matches nothing (the folder 'HERE/p' exists and holds 6 entries)",
        ),
        (
            {"frames": frame(6), "label_map": Path("map.pbtxt")},
            "label_map 'map.pbtxt' cannot be read: No such file or directory",
        ),
        (
            {"frames": frame(6), "beam": ["--runner=FlinkRunner"]},
            "frames in memory on a remote runner need --temp_location, a folder where its workers can read them",
        ),
        ({"frames": frame(6), "beam": ["--runer=FlinkRunner"]}, "unknown flag --runer; did you mean --runner?"),
        (
            {"frames": frame(6, split=["a", "b"] * 3), "output": "a.tfrecord", "label_map": {"cat": 1}},
            "the rows are of 2 splits (a, b), but output 'a.tfrecord' is one file: "
            "give the rows of one split, or a folder as output",
        ),
        (
            {"frames": frame(6, subset=["a", "b"] * 3), "splits": {"a": 1.0}},
            "the frame gives images to splits in its column 'subset', and so does splits: leave one of them out "
            "(a column is ignored when it is renamed)",
        ),
        (
            {"frames": {"train": frame(6, patient="x")}, "group_by": "(.)"},
            "frames['train'] names groups in its column 'patient', and so does group_by: leave one of them out",
        ),
        (
            {"frames": frame(6, mask="x.png")},
            "the frame has masks in its column 'mask': give masks, the folder below which their files lie",
        ),
        (
            {"frames": frame(6), "masks": "p"},
            "masks is given, and the frame has no column that says which mask an object has: "
            "name it, columns={'mask': 'HEADER'}",
        ),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(here: Path, arguments, sentence):
    before = contents(here)
    assert refusal(**arguments) == sentence.replace("HERE", str(here))
    assert contents(here) == before


def test_overwrite(here: Path):
    write(frame(3), "a.tfrecord", {"cat": 1})
    assert refusal(frame(3), "a.tfrecord", {"cat": 1}) == (
        "output: 'a.tfrecord' exists: give another place, or replace it with overwrite=True"
    )
    write(frame(4), "a.tfrecord", {"cat": 1}, overwrite=True)
    assert len(examples_in(here / "a.tfrecord")) == 4
    write({"train": frame(3)})
    assert refusal({"train": frame(3)}) == (
        "output 'out' is not empty, it holds a dataset: give a new folder; overwrite=True replaces it"
    )
    assert write({"train": frame(4)}, overwrite=True).splits["train"].images == 4


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError("KeyboardInterrupt [while running 'Build/…']")])
def test_an_interrupt_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch, error: object):
    def interrupted(*_, **__):
        raise error

    monkeypatch.setattr(tempfile, "tempdir", str(here / "t"))
    (here / "t").mkdir()
    before = contents(here)
    monkeypatch.setattr("beam_pipelines.building.run_pipeline", interrupted)
    for output in ("out", "new/a.tfrecord"):
        with pytest.raises(KeyboardInterrupt):
            write(frame(), output, {"cat": 1})
        assert contents(here) == before


def test_an_error_that_nobody_foresaw_comes_as_it_is(here: Path, monkeypatch: pytest.MonkeyPatch):
    error = RuntimeError("what is this")
    monkeypatch.setattr("beam_pipelines.building.run_pipeline", mock.Mock(side_effect=error))
    with pytest.raises(RuntimeError) as raised:
        write(frame())
    assert raised.value is error


def test_nothing_is_said_by_other_processes(here: Path, capfd: pytest.CaptureFixture[str]):
    manifest = write(frame(), beam=["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    assert sum(split.images for split in manifest.splits.values()) == 6
    assert capfd.readouterr() == ("", "")


def test_the_process_is_left_as_it_was(here: Path, capfd: pytest.CaptureFixture[str]):
    def state() -> tuple[object, ...]:
        handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
        return (
            *(logging.root.handlers[:], logging.root.level, logging.root.filters[:], handlers),
            *(sys.stdout, sys.stderr, os.getcwd(), dict(os.environ), threading.active_count()),
        )

    before = state()
    write({"train": frame(3)})
    refusal({"train": frame(3)})
    assert state() == before
    assert capfd.readouterr() == ("", "")


def test_a_table_is_shown(here: Path, capsys: pytest.CaptureFixture[str]):
    write_tfrecords({"train": frame(3)}, "out")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].strip() == "Dataset"
    assert lines[-2:] == ["out/manifest.json", "out/report/index.html"]


ALONE = """
import logging, sys
import pyarrow
from beam_pipelines.dataframe import write_tfrecords
assert not {"apache_beam", "pandas"} & set(sys.modules)
table = pyarrow.table({"path": ["p/0.png", "p/1.png"], "classes": ["cat", "cat"], "bb": ["1,2,3,4", "1,2,3,4"]})
write_tfrecords({"train": table}, "out", progress=False)
assert (logging.root.handlers, logging.root.level) == ([], logging.WARNING)
"""


def test_nothing_is_said_nor_set_up_by_the_first_import_of_beam(here: Path):
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", ALONE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("give --columns image=my path,xmin=x 1", "give columns={'image': 'my path', 'xmin': 'x 1'}"),
        ("give --box_format xywh --columns w=width", "give box_format='xywh' columns={'w': 'width'}"),
        ("ask for fewer with --num_shards", "ask for fewer with num_shards"),
        ("argument --seed: 'x' is not a whole number", "seed: 'x' is not a whole number"),
        ("--max_rejects=0.5 --duplicates=merge --overwrite", "max_rejects=0.5 duplicates='merge' overwrite=True"),
        ("    'frame.parquet' row 3 and 'a.jpg': no", "    the frame, row 3 and 'a.jpg': no"),
        ("    'train.parquet' row 3: no", "    frames['train'] row 3: no"),
        ("--runner 'x' is not known", "--runner 'x' is not known"),
    ],
)
def test_sentences_in_terms_of_python(sentence, expected):
    assert in_python(sentence) == expected


def test_raccoons_are_where_the_tests_say():
    assert {path.name for path in RACCOONS.iterdir()} == set(classic_boxes())
