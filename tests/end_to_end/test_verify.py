"""`shardbox verify` on good datasets, on damaged ones, and on record files of other programs."""

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from PIL import Image

from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.running import verify
from beam_pipelines.verification.verdict import Verdict

from . import damaged_examples, damaged_files, damaged_identity
from .damaged import DAMAGES, Dataset, error, warning, write_records
from .damaged_examples import pixels_damaged
from .made_rows import CLASSIC, as_csv, names_of, row, write_pictures
from .made_sets import SIZE, encoded, flags, good_set, jpeg, pair, picture, voc_object, voc_xml, write_set
from .shardbox_runs import TWO_PROCESSES, Result, build, shardbox

SHARDS = ("--splits=train=0.6,validation=0.2,test=0.2", "--num_shards=train=3,validation=2,test=1", "--no_report")
TIME = re.compile(r"\d+\.\d s( \([\d,]+ records/s\))?")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """36 pictures in six shards, and one reject."""
    folder = tmp_path_factory.mktemp("good")
    write_set(folder / "set", good_set(36) | {"Annotations/alone.xml": b"<annotation/>"})
    build(*flags(folder / "set", folder / "out"), *SHARDS, "--max_rejects=0.1")
    return folder / "out"


@pytest.fixture
def copied(good: Path, tmp_path: Path) -> Iterator[Dataset]:
    folder = Path(shutil.copytree(good, tmp_path / "out"))
    yield Dataset(folder)
    shutil.rmtree(folder)


def out_of(result: Result) -> list[str]:
    """The lines of the screen, without what depends on the clock."""
    return [line.rstrip() for line in TIME.sub("TIME", result.out).splitlines()]


def records_of(verdict: Verdict) -> dict[str, int]:
    return {name: contents.records for name, contents in verdict.splits.items()}


# good datasets


@pytest.mark.parametrize("more", [(), ("--decode",)])
def test_nothing_is_wrong_with_a_good_dataset(more: tuple[str, ...], good: Path):
    result = shardbox("verify", good, *more)
    assert (result.code, result.err) == (0, "")
    lines = out_of(result)
    assert lines[0] == f"{good}: dataset"
    assert [line.strip("│").split() for line in lines if "│" in line] == [
        ["train", "│", "3", "│", "22", "│", "0", "│", "22", "│", "31.7", "KiB"],
        ["validation", "│", "2", "│", "7", "│", "0", "│", "7", "│", "10.0", "KiB"],
        ["test", "│", "1", "│", "7", "│", "0", "│", "7", "│", "10.1", "KiB"],
        ["all", "│", "6", "│", "36", "│", "0", "│", "36", "│", "51.8", "KiB"],
    ]
    assert lines[-2:] == [
        "checked 36 records in 6 files, 51.8 KiB, TIME",
        "whole: 36 records in 6 files, nothing wrong",
    ]


def test_the_manifest_may_be_named_instead_of_its_folder(good: Path):
    assert verify([str(good / "manifest.json")]) == verify([str(good)])


ROWS = [
    *(row(f"{i}.jpg", ("cat", "dog")[i % 2], mask=f"{i}.png") for i in range(6)),
    row("two.jpg", "cat", mask="two.png"),
    row("two.jpg", "dog", 2, 2, 30, 30, mask="two.png"),
    row("none.jpg", "", mask=""),
]


def png(value: int, size: tuple[int, int] = SIZE, mode: str = "L") -> bytes:
    image = Image.new(mode, size)
    image.paste(value, (4, 3, 20, 15))
    return encoded(image, "PNG")


@pytest.fixture(scope="module")
def extras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with masks, class maps, classes of whole images and negatives."""
    folder = tmp_path_factory.mktemp("extras")
    write_pictures(folder / "images", [*names_of(ROWS), "whole.jpg"])
    (folder / "rows.csv").write_bytes(as_csv(ROWS, (*CLASSIC, "mask")))
    (folder / "labels.csv").write_text("filename,class\nwhole.jpg,dog\n")
    for kind in ("masks", "maps"):
        (folder / kind).mkdir()
        for name in (*names_of(ROWS), "whole.jpg"):
            (folder / kind / name).with_suffix(".png").write_bytes(png(7))
    tables = ["--rows", folder / "rows.csv", folder / "labels.csv", f"--images={folder / 'images'}"]
    masks = [f"--masks={folder / 'masks'}", f"--class_maps={folder / 'maps'}"]
    build(*tables, *masks, f"--output={folder / 'out'}", "--splits=all=1", "--num_shards=1", "--no_report")
    return folder / "out"


def test_nothing_is_wrong_with_masks_labels_and_negatives(extras: Path):
    verdict = verify([str(extras)], decode=True)
    assert verdict.findings == ()
    content = verdict.splits["all"]
    assert (content.records, content.negatives, content.boxes, content.labels) == (
        9,
        1,
        {"cat": 4, "dog": 4},
        {"dog": 1},
    )


def test_nothing_is_wrong_with_copies_that_are_kept(tmp_path: Path):
    copies = pair("one") | {
        f"Annotations/again/{i}.xml": pair("one", boxes=[("dog", i, 1, 20, 20)])["Annotations/one.xml"] for i in (1, 2)
    }
    files = good_set(8) | copies | {f"JPEGImages/again/{i}.jpg": jpeg("one") for i in (1, 2)}
    write_set(tmp_path / "set", files)
    build(*flags(tmp_path / "set", tmp_path / "out"), "--duplicates=keep", *SHARDS)
    assert Dataset(tmp_path / "out").manifest.repairs == {"duplicate_kept": 2, "filename_differs": 2}
    assert verify([str(tmp_path / "out")]).findings == ()


def test_nothing_is_wrong_with_copies_that_are_merged(tmp_path: Path):
    """Also where boxes are equal but for their flags, and annotated in any order."""
    drawn = [("dog", 1, 1, 20, 20), ("cat", 1, 1, 20, 20), ("éléphant", 1, 1, 9, 9), ("dog", 1, 1, 20, 19)]
    more = "<difficult>1</difficult><truncated>1</truncated><pose>Left</pose>"
    flagged = "".join(voc_object(box, more if i % 2 else "") for i, box in enumerate([*drawn, *drawn, drawn[0]]))
    annotation = voc_xml("one.jpg", [("Z", 0, 0, 9, 9)]).replace("</annotation>", f"{flagged}</annotation>")
    files = {
        "JPEGImages/one.jpg": jpeg("one"),
        "Annotations/one.xml": annotation.encode(),
        "JPEGImages/again/one.jpg": jpeg("one"),
        "Annotations/again/one.xml": voc_xml("one.jpg", [("cat", 0, 0, 5, 5), ("dog", 2, 1, 20, 20)]).encode(),
        "JPEGImages/kept/two.jpg": jpeg("two"),
        "Annotations/kept/two.xml": annotation.replace("one.jpg", "two.jpg").encode(),
    }
    write_set(tmp_path / "set", good_set(8, ("cat", "dog", "éléphant", "Z")) | files)
    build(*flags(tmp_path / "set", tmp_path / "out"), "--duplicates=merge", "--splits=all=1", "--no_report")
    data = Dataset(tmp_path / "out")
    assert data.manifest.repairs == {"boxes_merged": 1}
    (name,) = (shard.name for shard in data.manifest.splits["all"].shards)
    objects = {
        example["image/filename"][0].decode(): (example["image/object/class/text"], example["image/object/difficult"])
        for example in data.examples(name)
    }
    texts, difficult = objects["kept/two.jpg"]
    assert (len(texts), sum(difficult)) == (10, 4)
    assert verify([str(data.folder)]).findings == ()


def test_leaks_of_given_splits_are_warned_of(tmp_path: Path):
    """Whoever built the dataset was told, and wanted it so."""
    rows = [row(f"{i}.jpg", "cat", split=("train", "val")[i % 2]) for i in range(4)]
    rows += [row("both.jpg", "cat", split=split) for split in ("train", "val")]
    write_pictures(tmp_path / "images", names_of(rows))
    (tmp_path / "rows.csv").write_bytes(as_csv(rows, (*CLASSIC, "split")))
    places = [f"--rows={tmp_path / 'rows.csv'}", f"--images={tmp_path / 'images'}", f"--output={tmp_path / 'out'}"]
    build(*places, "--num_shards=train=1,val=1", "--no_report")
    data = Dataset(tmp_path / "out")
    first, other = data.shard("train", 0), data.shard("val", 0)
    at, to = (
        next(i for i, example in enumerate(data.examples(name)) if example["image/filename"] == [b"both.jpg"])
        for name in (first, other)
    )
    result = shardbox("verify", data.folder)
    assert result.code == 0
    assert out_of(result)[-1] == "whole: 6 records in 2 files, 1 warning"
    message = f"the same picture as record {at} of {first}"
    assert verify([str(data.folder)]).findings == (warning("split_leak", other, to, message),)


# damage

LOST = {
    **{"shard cut off in a record": 3, "shard cut off in a header": 7, "shard cut off between two records": 3},
    **{"shard emptied": 6, "bit flipped in the data": 1, "bit flipped in a length": 1, "shard is a text": 6},
    "bits flipped in two records and a third shard missing": 2 + 1 + 8,
    **dict.fromkeys(("shard missing", "shard is a folder"), 3),
    **{"record is no example": 1, "shards of other numbers": 2},
    **dict.fromkeys(("record twice", "example in two splits"), -1),
}
"""Damage: records that are lost by it; of all other damage none."""


def test_there_is_enough_damage():
    assert {damage.__module__ for damage in DAMAGES.values()} == {
        module.__name__ for module in (damaged_files, damaged_examples, damaged_identity)
    }
    assert len(DAMAGES) >= 50
    assert LOST.keys() <= DAMAGES.keys()


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_nothing_else(name: str, copied: Dataset):
    """All of it, once, and in order; what is whole elsewhere is still counted."""
    expected: list[Finding] = DAMAGES[name](copied)
    verdict = verify([str(copied.folder)])
    assert list(verdict.findings) == expected
    assert verdict.records == 36 - LOST.get(name, 0)


def test_damage_that_the_pixels_alone_tell_of(copied: Dataset):
    expected = pixels_damaged(copied)
    assert verify([str(copied.folder)]).findings == ()
    assert list(verify([str(copied.folder)], decode=True).findings) == expected


def test_a_shard_of_another_run(copied: Dataset, good: Path, tmp_path: Path):
    """Its records are whole, and some of them stand in other shards too."""
    build(*flags(good.parent / "set", tmp_path / "other"), *SHARDS, "--max_rejects=0.1", "--seed=1")
    other = Dataset(tmp_path / "other")
    name = copied.shard("test", 0)
    shutil.copy(other.path(name), copied.path(name))
    splits = copied.manifest.splits
    places = {
        number: (record, shard.name)
        for split in ("train", "validation")
        for shard in splits[split].shards
        for record, number in enumerate(copied.ids(shard.name))
    }
    expected = [
        error("split_leak", name, record, "the same picture as record {} of {}".format(*places[number]))
        for record, number in enumerate(copied.ids(name))
        if number in places
    ]
    verdict = verify([str(copied.folder)])
    count = len(copied.records(name))
    size = copied.path(name).stat().st_size
    said = f"it holds {count} records, all whole, and the manifest says 7"
    if count == 7:
        said = f"it holds 7 records in {size:,} bytes, all whole, and the manifest says {splits['test'].bytes:,}"
    assert len(expected) > 1
    assert list(verdict.findings) == [
        error("file_differs", name, -1, f"{said}; is it a shard of another run?"),
        *expected,
    ]


def mask_of_another_size(data: Dataset, name: str) -> list[Finding]:
    data.change(name, 1, segmentation__class__encoded=("bytes", [png(7, (40, 31))]))
    return [error("mask_size_differs", name, 1, "the class map has 40 × 31 pixels, its picture 40 × 30")]


def mask_of_colours(data: Dataset, name: str) -> list[Finding]:
    masks = [png(1, mode="RGB") if mask else mask for mask in _masks(data, name)]
    data.change(name, _two(data, name), object__mask=("bytes", masks))
    message = "the mask of object 0 has not one channel of 8 bits (and 1 more)"
    return [error("mask_unreadable", name, _two(data, name), message)]


def mask_that_is_no_png(data: Dataset, name: str) -> list[Finding]:
    data.change(name, _two(data, name), object__mask=("bytes", [jpeg("x"), _masks(data, name)[1][:50]]))
    message = "the mask of object 0 is no PNG (and 1 more)"
    return [error("mask_unreadable", name, _two(data, name), message)]


def masks_too_few(data: Dataset, name: str) -> list[Finding]:
    data.change(name, _two(data, name), object__mask=("bytes", _masks(data, name)[:1]))
    message = "image/object/mask holds 1 values, and image/object/bbox/xmin 2"
    return [error("lists_unequal", name, _two(data, name), message)]


def class_map_said_to_be_something_else(data: Dataset, name: str) -> list[Finding]:
    data.change(name, 1, segmentation__class__format=("bytes", [b"raw"]))
    return [error("mask_unreadable", name, 1, "image/segmentation/class/format is 'raw' and not 'png'")]


def labels_that_disagree(data: Dataset, name: str) -> list[Finding]:
    at = next(i for i, example in enumerate(data.examples(name)) if example["image/class/text"])
    data.change(name, at, **{"class__label": ("int64", [1])})
    message = "class 0 of the image has label 1, which is 'cat', and text 'dog'"
    return [error("class_text_differs", name, at, message)]


def objects_in_another_order(data: Dataset, name: str) -> list[Finding]:
    example = data.examples(name)[_two(data, name)]
    lists = {key: content[::-1] for key, content in example.items() if key.startswith("image/object/")}
    types = {str: "bytes", bytes: "bytes", int: "int64", float: "float"}
    changes = {
        key.removeprefix("image/").replace("/", "__"): (types[type(content[0])], content)
        for key, content in lists.items()
    }
    data.change(name, _two(data, name), **changes)
    message = "object 1 ('cat') is to stand before object 0 ('dog')"
    return [error("boxes_unsorted", name, _two(data, name), message)]


def labels_in_another_order(data: Dataset, name: str) -> list[Finding]:
    at = next(i for i, example in enumerate(data.examples(name)) if example["image/class/text"])
    data.change(name, at, **{"class__text": ("bytes", [b"dog", b"cat"]), "class__label": ("int64", [2, 1])})
    data.edit_manifest(lambda tree: tree["splits"]["all"].update(labels={"cat": 1, "dog": 1}))
    return [error("labels_unsorted", name, at, "class 1 of the image ('cat') is to stand before 'dog'")]


def label_twice(data: Dataset, name: str) -> list[Finding]:
    at = next(i for i, example in enumerate(data.examples(name)) if example["image/class/text"])
    data.change(name, at, **{"class__text": ("bytes", [b"dog", b"dog"]), "class__label": ("int64", [2, 2])})
    return [error("labels_unsorted", name, at, "class 1 of the image ('dog') is to stand there once")]


def mask_with_other_values(data: Dataset, name: str) -> list[Finding]:
    """Only by decoding."""
    data.change(name, _two(data, name), object__mask=("bytes", [png(1), png(9)]))
    return [error("mask_values", name, _two(data, name), "the mask of object 1 holds values from 0 to 9")]


def _two(data: Dataset, name: str) -> int:
    return next(i for i, one in enumerate(data.examples(name)) if len(one["image/object/class/text"]) == 2)


def _masks(data: Dataset, name: str) -> list[bytes]:
    return data.examples(name)[_two(data, name)]["image/object/mask"]


@pytest.mark.parametrize(
    ("damage", "decode"),
    [
        (mask_of_another_size, False),
        (mask_of_colours, False),
        (mask_that_is_no_png, False),
        (masks_too_few, False),
        (class_map_said_to_be_something_else, False),
        (labels_that_disagree, False),
        (objects_in_another_order, False),
        (labels_in_another_order, False),
        (label_twice, False),
        (mask_with_other_values, True),
    ],
)
def test_damage_to_masks_and_labels(
    damage: Callable[[Dataset, str], list[Finding]], decode: bool, extras: Path, tmp_path: Path
):
    data = Dataset(Path(shutil.copytree(extras, tmp_path / "out")))
    expected = damage(data, data.shard("all", 0))
    if decode:
        assert verify([str(data.folder)]).findings == ()
    assert list(verify([str(data.folder)], decode=decode).findings) == expected


# the command


def test_the_same_with_any_number_of_processes(copied: Dataset):
    for name in ("bits flipped in two records and a third shard missing", "example in two splits", "record twice"):
        DAMAGES[name](copied)
    expected = verify([str(copied.folder)])
    assert {one.code for one in expected.findings} > {"record_corrupt", "file_missing", "split_leak"}
    assert verify([str(copied.folder)], beam=["--runner=DirectRunner"]) == expected
    runs = [shardbox("verify", copied.folder, "--json", *flags) for flags in ((), TWO_PROCESSES)]
    assert runs[0].out == runs[1].out
    assert {run.code for run in runs} == {1}


def test_json(copied: Dataset):
    DAMAGES["width wrong"](copied)
    DAMAGES["other foreign files"](copied)
    result = shardbox("verify", copied.folder, "--json")
    assert (result.code, result.err) == (1, "")
    boxes = {name: dict(split.boxes) for name, split in copied.manifest.splits.items()}
    sizes = {name: split.bytes for name, split in copied.manifest.splits.items()}
    temp = f"shardbox-temp-{'0123456789abcdef' * 2}"
    assert json.loads(result.out) == {
        "folder": str(copied.folder),
        "dataset": True,
        "whole": False,
        "errors": 1,
        "warnings": 4,
        "files": 6,
        "records": 36,
        "bytes": sum(sizes.values()),
        "splits": {
            name: {
                "files": files,
                "records": records,
                "bytes": sizes[name],
                "negatives": 0,
                "boxes": boxes[name],
                "labels": {},
            }
            for name, files, records in (("train", 3, 22), ("validation", 2, 7), ("test", 1, 7))
        },
        "counts": {"image_size_differs": 1, "unfinished_run": 1, "unnamed_file": 3},
        "findings": [
            *(
                {
                    "code": "unnamed_file",
                    "severity": "warning",
                    "file": name,
                    "record": None,
                    "message": "the manifest does not name it",
                }
                for name in ("notes.txt", "report/a.tfrecord", "report/notes.txt")
            ),
            {
                "code": "unfinished_run",
                "severity": "warning",
                "file": temp,
                "record": None,
                "message": "the folder of a run that did not end",
            },
            {
                "code": "image_size_differs",
                "severity": "error",
                "file": copied.shard("train", 0),
                "record": 1,
                "message": "image/width is 41, and the picture's 40",
            },
        ],
        "readers": {},
    }


def test_what_a_terminal_is_shown_of_damage(copied: Dataset):
    DAMAGES["label and text of two classes"](copied)
    DAMAGES["other foreign files"](copied)
    result = shardbox("verify", copied.folder)
    assert result.code == 1
    assert "\x1b" not in result.out
    lines = out_of(result)
    assert [line for line in lines if line in ("Contents", "Errors", "Warnings", "Readers")] == [
        "Contents",
        "Errors",
        "Warnings",
    ]
    assert any(
        "object 0 has label 1, which is 'cat', and text 'dog\N{REPLACEMENT CHARACTER}[2J'" in line for line in lines
    )
    assert any("class_text_differs: Readers of ids and readers of names see different" in line for line in lines)
    assert lines[-1] == "not whole: 2 errors of 2 kinds, 4 warnings"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing to verify: give the folder of a dataset, or files of records"),
        (("{good}", "--decod"), "unknown flag --decod; did you mean --decode?"),
        (("{empty}/none",), "'{empty}/none' matches nothing (the folder '{empty}' exists and holds 0 entries)"),
        (
            ("{empty}",),
            "'{empty}' matches nothing (the folder '{empty}' exists and holds 0 entries)",
        ),
        (
            ("{good}", "--runner=DaskRunner"),
            "--runner 'DaskRunner' computes only a part of a job like this one, and says nothing of it",
        ),
        (
            ("{good}", "--runner=FlinkRunner"),
            "verify on a remote runner needs --temp_location, where its result can be left",
        ),
    ],
)
def test_what_cannot_be_verified(arguments: tuple[str, ...], sentence: str, good: Path, tmp_path: Path):
    places = {"good": good, "empty": tmp_path}
    result = shardbox("verify", *(argument.format(**places) for argument in arguments))
    assert result == Result(2, "", f"shardbox: {sentence.format(**places)}\n")


# files of others


def classic(name: str, boxes: list[tuple[str, int, float, float, float, float]], **changes: Any) -> tf.train.Example:
    """What the script of datitran/raccoon_dataset, `generate_tfrecord.py`, writes of a picture."""

    def texts(values: list[bytes]) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    def integers(values: list[int]) -> tf.train.Feature:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    sides = {side: [box[2 + i] for box in boxes] for i, side in enumerate(("xmin", "ymin", "xmax", "ymax"))}
    features = {
        "image/height": integers([SIZE[1]]),
        "image/width": integers([SIZE[0]]),
        "image/filename": texts([name.encode()]),
        "image/source_id": texts([name.encode()]),
        "image/encoded": texts([changes.pop("encoded", jpeg(name))]),
        "image/format": texts([b"jpg"]),
        **{
            f"image/object/bbox/{side}": tf.train.Feature(float_list=tf.train.FloatList(value=values))
            for side, values in sides.items()
        },
        "image/object/class/text": texts([box[0].encode() for box in boxes]),
        "image/object/class/label": integers([box[1] for box in boxes]),
        **changes,
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


RACCOON = ("raccoon", 1, 0.1, 0.2, 0.5, 0.6)


def write_classic(path: Path, examples: list[tf.train.Example], compression: str = "") -> Path:
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for example in examples:
            writer.write(example.SerializeToString())
    return path


def test_the_file_of_a_classic_script(tmp_path: Path):
    """What it lacks for one reader or another is told, and is no damage."""
    path = write_classic(
        tmp_path / "train.record", [classic(f"raccoon-{i}.jpg", [RACCOON] * (1 + i)) for i in range(3)]
    )
    result = shardbox("verify", path)
    assert (result.code, result.err) == (0, "")
    garden = "its evaluation stops, because image/source_id is no number of 64 bits "
    garden += "(3 times, first in record 0 of train.record)"
    train = "it reads datasets with a manifest.json, which `shardbox build` makes from annotations and images"
    rows = [
        ("TF Model Garden", "yes, but", garden),
        ("Object Detection API", "yes", ""),
        ("Datumaro", "no", "there is no label_map.pbtxt beside the files"),
        ("FiftyOne", "yes", ""),
        ("shardbox-train", "no", train),
    ]
    width = len(garden)

    def line(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (size + 2) for size in (20, 8, width)) + right

    table = [f"│ {name:20} │ {verdict:8} │ {why:{width}} │" for name, verdict, why in rows]
    between = line("├", "┼", "┤")
    size = f"{path.stat().st_size / 1024:.1f} KiB"
    assert out_of(result) == [
        f"{tmp_path}: record files without a manifest",
        "Contents",
        "┏━━━━━━━┳━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━┓",
        "┃       ┃ files ┃ records ┃ negatives ┃ boxes ┃    size ┃",
        "┡━━━━━━━╇━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━┩",
        f"│ train │     1 │       3 │         0 │     6 │ {size} │",
        "└───────┴───────┴─────────┴───────────┴───────┴─────────┘",
        "Readers",
        line("┌", "┬", "┐"),
        *[part for row in table for part in (row, between)][:-1],
        line("└", "┴", "┘"),
        f"checked 3 records in 1 file, {size}, TIME",
        "whole: 3 records in 1 file, nothing wrong",
    ]


def test_files_of_others_with_a_label_map_beside_them(tmp_path: Path):
    """Which is only likely to be theirs, so what does not fit it is a warning."""
    (tmp_path / "label_map.pbtxt").write_text("item { id: 1 name: 'cat' }")
    write_classic(tmp_path / "a.tfrecord", [classic("1", [RACCOON]), classic("2", [("cat", 2, 0, 0, 1, 1)])])
    assert verify([str(tmp_path / "a.tfrecord")]).findings == (
        warning("class_text_differs", "a.tfrecord", 0, "object 0 has label 1, which is 'cat', and text 'raccoon'"),
        warning("class_unknown", "a.tfrecord", 1, "object 0 has label 2 ('cat'), which the label map does not have"),
    )


def test_what_is_odd_in_files_of_others(tmp_path: Path):
    rotated = jpeg("turned", orientation=6)
    odd = [
        classic("over.jpg", [("cat", 1, -0.01, 0.2, 0.5, 1.02), ("cat", 0, 0, 0, 1, 1)]),
        classic("over.jpg", [("dog", 1, 0.5, 0.5, 0.6, 0.6)]),
        classic("pixels.jpg", [("cat", 1, 4, 3, 20, 15)]),
        classic("turned.jpg", [], encoded=rotated),
    ]
    train = [classic("a.jpg", [RACCOON]), classic("over.jpg", [])]
    write_classic(tmp_path / "odd.record-00000-of-00002", odd)
    write_classic(tmp_path / "train.record", train)
    (tmp_path / "odd.record-00001-of-00002").write_bytes(b"")
    first, second, third = "odd.record-00000-of-00002", "odd.record-00001-of-00002", "train.record"
    assert verify([str(tmp_path / "*rec*")]).findings == (
        warning("box_overshoots", first, 0, "object 0 ('cat') has ymax 1.02, where 0 to 1 is the picture"),
        warning("class_not_positive", first, 0, "object 1 has label 0 ('cat'), where ids start from 1"),
        warning("classes_disagree", first, 0, "'cat' has id 0 here, and elsewhere 1"),
        warning("classes_disagree", first, 0, "'cat' has id 1 here, and elsewhere 0"),
        warning("classes_disagree", first, 1, "id 1 is 'dog' here, and elsewhere 'cat', 'raccoon'"),
        warning("source_id_repeated", first, 1, f"it has the source_id of record 0 of {first}, and the same picture"),
        error("box_outside", first, 2, "object 0 ('cat') has xmax 20, where 0 to 1 is the picture"),
        warning("image_rotated", first, 3, "the JPEG has the EXIF orientation 6"),
        warning("file_empty", second, -1, "it holds no record"),
        warning("classes_disagree", third, 0, "id 1 is 'raccoon' here, and elsewhere 'cat', 'dog'"),
        warning("split_leak", third, 1, f"the same picture as record 0 of {first}"),
    )


def test_a_compressed_file_of_others(tmp_path: Path):
    path = write_classic(tmp_path / "a.tfrecord.gz", [classic("a.jpg", [RACCOON])], "GZIP")
    verdict = verify([str(path)])
    assert (verdict.findings, verdict.records) == ((), 1)
    packed = "the file is compressed by GZIP (in a.tfrecord.gz)"
    assert {name: (one.verdict, packed in one.because) for name, one in verdict.readers.items()} == {
        **dict.fromkeys(("TF Model Garden", "Object Detection API", "Datumaro", "FiftyOne"), ("no", True)),
        "shardbox-train": ("no", False),
    }


def test_a_compressed_file_that_is_cut_off(tmp_path: Path):
    whole = write_classic(tmp_path / "whole", [classic("a.jpg", [RACCOON]), classic("b.jpg", [RACCOON])])
    path = tmp_path / "a.tfrecord.gz"
    path.write_bytes(gzip.compress(whole.read_bytes(), mtime=0)[:-30])
    (finding,) = verify([str(path)]).findings
    assert finding[:4] == ("file_truncated", "error", "a.tfrecord.gz", 1)
    assert finding.message.startswith("the GZIP stream breaks off within record 1: ")


def test_records_that_are_no_detection_examples(tmp_path: Path):
    numbers = tf.train.Feature(int64_list=tf.train.Int64List(value=[1]))
    example = tf.train.Example(features=tf.train.Features(feature={"label": numbers, "x": numbers}))
    path = tmp_path / "a.tfrecord"
    write_records(path, [example.SerializeToString(), b"\xffnone", b""])
    assert verify([str(path)]).findings == (
        error("not_a_detection_example", "a.tfrecord", 0, "there is no image/encoded; it has 'label', 'x'"),
        error("record_not_an_example", "a.tfrecord", 1, "the record is no tf.train.Example"),
        error("not_a_detection_example", "a.tfrecord", 2, "there is no image/encoded; it has no feature at all"),
    )


def test_a_picture_in_a_format_that_tensorflow_does_not_read(tmp_path: Path):
    webp = BytesIO()
    picture("w").save(webp, "WEBP")
    path = write_classic(tmp_path / "a.tfrecord", [classic("a.webp", [RACCOON], encoded=webp.getvalue())])
    verdict = verify([str(path)])
    assert verdict.findings == (
        warning("image_format_differs", "a.tfrecord", 0, "image/format is 'jpg', and the picture a WEBP"),
        warning(
            "image_not_portable", "a.tfrecord", 0, "the WEBP is not stored as baseline or progressive JPEG, nor as PNG"
        ),
    )
    why = "a picture is a WEBP, which TensorFlow does not decode as one (in record 0 of a.tfrecord)"
    assert verdict.readers["FiftyOne"].because == (why,)


def test_a_folder_of_files_of_others(tmp_path: Path):
    """It has no manifest, and nothing is wrong with that."""
    write_classic(tmp_path / "fam" / "a.tfrecord", [classic("a.jpg", [RACCOON])])
    by_name = shardbox("verify", tmp_path / "fam" / "*.tfrecord")
    by_folder = shardbox("verify", tmp_path / "fam")
    assert (by_folder.code, by_folder.err) == (0, "")
    assert out_of(by_folder) == out_of(by_name)
    assert out_of(by_folder)[-1] == "whole: 1 record in 1 file, nothing wrong"


def test_cameras_are_no_splits(tmp_path: Path):
    for side in ("left", "right"):
        write_classic(tmp_path / f"cam-{side}.tfrecord", [classic("a.jpg", [RACCOON])])
    assert verify([str(tmp_path)]).findings == (
        warning("split_leak", "cam-right.tfrecord", 0, "the same picture as record 0 of cam-left.tfrecord"),
    )


def test_texts_of_others_are_shortened(tmp_path: Path):
    """Also the names of classes, and of features."""
    long = "x" * 5000
    example = classic("a.jpg", [RACCOON, (f"{long}\n", 1, 0, 0, 1, 2)])
    example.features.feature["image/format"].bytes_list.value[:] = [long.encode()]
    odd = tf.train.Example()
    odd.features.feature[long].int64_list.value.append(1)
    write_classic(tmp_path / "a.tfrecord", [example, odd])
    short = "x" * 79 + "…"
    verdict = verify([str(tmp_path / "a.tfrecord")])
    assert verdict.findings == (
        warning("box_overshoots", "a.tfrecord", 0, f"object 1 ('{short}') has ymax 2, where 0 to 1 is the picture"),
        warning("classes_disagree", "a.tfrecord", 0, f"id 1 is 'raccoon' here, and elsewhere '{short}'"),
        warning("classes_disagree", "a.tfrecord", 0, f"id 1 is '{short}' here, and elsewhere 'raccoon'"),
        warning("image_format_differs", "a.tfrecord", 0, f"image/format is '{short}', and the picture a JPEG"),
        error("not_a_detection_example", "a.tfrecord", 1, f"there is no image/encoded; it has '{short}'"),
    )
    assert verdict.splits["a"].boxes == {"raccoon": 1, "x" * 199 + "…": 1}


def test_names_that_are_no_utf8_are_valid_json(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.tfrecord")
    write_classic(tmp_path / "a", [classic("a.jpg", [RACCOON])])
    (tmp_path / name).write_bytes((tmp_path / "a").read_bytes()[:-10])
    result = shardbox("verify", tmp_path / "*.tfrecord", "--json")
    tree = json.loads(result.out)
    assert result.out.encode().isascii()
    assert re.search(r"(?<!\\)\\ud[89a-f]", result.out) is None
    assert [one["file"] for one in tree["findings"]] == [r"caf\udce9.tfrecord"]
    assert list(tree["splits"]) == [r"caf\udce9"]
