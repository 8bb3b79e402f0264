"""docs/migrating.md is true: its commands run, and the flags, arguments and codes that it names are there."""

import argparse
import csv
import inspect
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from beam_pipelines.command_line.flags import add_build_flags
from beam_pipelines.dataframe import write_tfrecords
from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.steps import csv_to_tfrecords, label_map, split_csv, xml_to_csv
from data_contract.features import FEATURES
from data_contract.manifest import read_manifest
from presentation.argument_parser import Parser

from .made_sets import REAL
from .shardbox_runs import ROOT, records, shardbox

TEXT = (ROOT / "docs" / "migrating.md").read_text("utf-8")
COPIES = 5
"""Of each of the four pictures: twenty divide as the document says."""

FLAGS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "build": add_build_flags,
    "csv_to_tfrecords": csv_to_tfrecords.add_flags,
    "label_map": label_map.add_flags,
    "split_csv": split_csv.add_flags,
    "xml_to_csv": xml_to_csv.add_flags,
}


def blocks() -> Iterator[tuple[str, str]]:
    """The language and the text of each fenced block."""
    fences = re.findall(r"^```(.*)\n((?:(?!```).*\n)*)```$", TEXT, re.MULTILINE)
    assert 2 * len(fences) == len(re.findall("^ *```", TEXT, re.MULTILINE))
    return iter(fences)


def commands(block: str) -> list[list[str]]:
    """The commands of a block of the shell, word by word."""
    return [shlex.split(line) for line in block.replace("\\\n", " ").splitlines()]


def table_cells() -> Iterator[tuple[str, list[str]]]:
    """The heading of each row of each table, and its cells."""
    heading = ""
    for line in TEXT.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("|") and not line.startswith(("|---", "| There |", "| What |")):
            yield heading, [cell.strip() for cell in line.strip("|").split("|")]


def write_scripts_folder(folder: Path) -> None:
    """What the classic scripts expect to find, and what they leave, made of copies of four pictures."""
    for name in ("annotations", "images"):
        (folder / name).mkdir(parents=True)
    for picture in sorted((REAL / "raccoon" / "images").iterdir()):
        xml = (REAL / "raccoon" / "annotations" / f"{picture.stem}.xml").read_text("utf-8")
        data = picture.read_bytes()
        assert data.startswith(b"\xff\xd8")
        for copy in range(COPIES):
            name = f"{picture.stem}-{copy}" if copy else picture.stem
            comment = b"\xff\xfe\x00\x03%d" % copy if copy else b""  # a segment of JPEG: another file, the same picture
            (folder / "images" / f"{name}.jpg").write_bytes(data[:2] + comment + data[2:])
            (folder / "annotations" / f"{name}.xml").write_text(xml.replace(picture.stem, name), "utf-8")
    write_voc(folder)
    write_tables(folder)


def write_voc(folder: Path) -> None:
    """The same as the folders of Pascal VOC, with one picture that no list names."""
    year = folder / "VOCdevkit" / "VOC2012"
    shutil.copytree(folder / "annotations", year / "Annotations")
    shutil.copytree(folder / "images", year / "JPEGImages")
    lists = year / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    names = sorted(path.stem for path in (folder / "annotations").iterdir())
    (lists / "train.txt").write_text("".join(f"{name}\n" for name in names[:15]))
    (lists / "val.txt").write_text("".join(f"{name}  1\n" for name in names[15:19]))


def write_tables(folder: Path) -> None:
    """Tables of the classic scripts and a file like those of COCO."""
    result = shardbox("xml_to_csv", "--annotations", folder / "annotations", "--output", folder / "all.csv")
    assert result.code == 0, result
    header, *lines = (folder / "all.csv").read_text("utf-8").splitlines(keepends=True)
    for name, of_test in (("train", False), ("test", True)):  # the last copies are to test with
        part = [line for line in lines if (f"-{COPIES - 1}.jpg" in line) == of_test]
        (folder / f"{name}_labels.csv").write_text("".join([header, *part]), "utf-8")
    images = {path.name: number for number, path in enumerate(sorted((folder / "images").iterdir()), start=1)}
    boxes = []
    for number, row in enumerate(csv.DictReader([header, *lines])):
        xmin, ymin, xmax, ymax = (int(row[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
        size = (xmax - xmin, ymax - ymin)
        more = {"bbox": [xmin, ymin, *size], "area": size[0] * size[1], "iscrowd": number % 2, "category_id": 18}
        boxes.append({"id": number, "image_id": images[row["filename"]], **more})
    coco = {
        "images": [{"id": number, "file_name": name} for name, number in images.items()],
        "annotations": boxes,
        "categories": [{"id": 18, "name": "raccoon"}],
    }
    (folder / "instances.json").write_text(json.dumps(coco))


def test_every_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_scripts_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    for language, block in blocks():
        if language == "python":
            exec(compile(block, "docs/migrating.md", "exec"), {})
            continue
        assert language == "shell"
        for program, *arguments in commands(block):
            if program == "shardbox":
                result = shardbox(*arguments)
                assert result.code == 0, (arguments, result)
            else:
                subprocess.run([program, *arguments], check=True)
    files = {path.name: len(list(records(path))) for path in tmp_path.glob("*.*record")}
    assert files == {
        **{"train.tfrecord": 15, "eval.tfrecord": 5, "train.record": 16},
        **{"boxes.tfrecord": 2, "coco.tfrecord": 20},
    }
    datasets = {path.parent.name: read_manifest(path.parent) for path in tmp_path.glob("*/manifest.json")}
    images = {name: {split: made.images for split, made in one.splits.items()} for name, one in datasets.items()}
    assert images == {
        "dataset": {"train": 15, "eval": 5},
        "voc_dataset": {"train": 15, "val": 4},
        "by_hand": {"train": 16, "test": 4},
        "divided": {"train": 15, "test": 5},
    }
    assert {name: made.rejects.counts for name, made in datasets.items() if made.rejects.counts} == {
        "voc_dataset": {"not_in_a_split": 1}
    }


def test_flags_of_the_tables_are_those_of_the_command_before_them():
    known = {}
    for name, add_flags in FLAGS.items():
        parser = Parser()
        add_flags(parser)
        known[name] = parser.flags()
    seen = 0
    for heading, cells in table_cells():
        if heading != "Which flag is which":
            continue
        name = ""
        for span in re.findall("`([^`]+)`", cells[-1]):
            name = found[1] if (found := re.match(r"shardbox (\w+)", span)) else name
            for flag in re.findall(r"--\w+", span):
                assert flag in known[name], (cells, flag)
                seen += 1
    assert seen > 40


def test_arguments_of_python_are_those_of_the_function():
    table = TEXT.partition("by hand**\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)=", table))
    assert named == {"label_map", "columns", "box_format", "normalized", "splits", "num_shards"}
    assert named <= set(inspect.signature(write_tfrecords).parameters)


def test_codes_and_features_are_those_of_the_program():
    rows = [cells for heading, cells in table_cells() if heading == "What comes out differently"]
    assert {len(cells) for cells in rows} == {3}
    last_cells = " ".join(cells[-1] for cells in rows)
    codes = re.findall(r"`((?:box|duplicate|orientation|reencoded)_\w+)`", last_cells)
    assert len(codes) == 9
    assert set(codes) <= set(REMEDIES) | set(REPAIRS)
    keys = {feature.key for feature in FEATURES}
    assert set(re.findall(r"`(image/[\w/]+)`", TEXT)) <= keys
    for name in ("difficult", "truncated", "view", "is_crowd", "area"):
        assert f"image/object/{name}" in keys
    flags = set(re.findall(r"`(--\w+)", last_cells))
    parsers = [Parser() for _ in FLAGS]
    for parser, add_flags in zip(parsers, FLAGS.values(), strict=True):
        add_flags(parser)
    assert flags <= set().union(*(parser.flags() for parser in parsers))
