"""Calls of `write_tfrecords` that cannot be, and the flags that say the same as one that can."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beam_pipelines.dataframe.call import FrameCall, check_call, label_map_text
from beam_pipelines.rows.layout import RowOptions
from data_contract.label_map import Label, LabelMap
from presentation.refusals import UsageError

PLAIN = FrameCall(
    frames="a frame",
    output="out",
    label_map=None,
    images=None,
    columns=None,
    box_format="xyxy",
    normalized=False,
    masks=None,
    splits=None,
    strict_splits=False,
    seed=0,
    group_by=None,
    num_shards=None,
    unknown_classes="fail",
    unannotated="skip",
    duplicates="keep",
    probe="structure",
    max_rejects=0.01,
    overwrite=False,
    progress=True,
    beam=(),
)
TWO = {"train": "a frame", "test": "another"}


def refusal(function, *arguments) -> str:
    with pytest.raises(UsageError) as refused:
        function(*arguments)
    return str(refused.value)


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecords", "a.record", "a.TFRecord", "out/a.b.record"])
def test_one_file_is_known_by_its_name(name):
    assert replace(PLAIN, output=name).is_plain
    assert replace(PLAIN, output=Path(name)).is_plain


@pytest.mark.parametrize("name", ["out", "tfrecord", "out.tfrecord/", "a.tfrecord.gz"])
def test_anything_else_is_a_folder(name):
    assert not replace(PLAIN, output=name).is_plain


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"frames": TWO},
        {"splits": {"train": 0.5, "test": 0.5}},
        {"images": "images"},
        {"images": Path("images")},
        {"images": ["a", Path("b")]},
        {"output": "a.tfrecord", "label_map": {"cat": 1}},
        {"output": "a.tfrecord", "label_map": "map.pbtxt"},
    ],
)
def test_calls_that_can_be(changes):
    check_call(replace(PLAIN, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"beam": "--runner=FlinkRunner"},
            "beam must be a list of flags, not the text '--runner=FlinkRunner': write beam=['--runner=FlinkRunner']",
        ),
        *(
            (
                {"images": nothing},
                "images is empty: give a folder or patterns, or leave it out: "
                "then rows hold paths as they can be opened",
            )
            for nothing in ([], (), "")
        ),
        ({"frames": {}}, "frames is empty: give a frame for each split, such as {'train': …, 'test': …}"),
        ({"frames": {1: "f"}}, "frames has the key 1, but splits are named by text: write '1'"),
        (
            {"frames": {"a,b": "f"}},
            "frames: 'a,b' cannot name a split, because it begins the names of files: "
            "use a letter, then letters, digits, - and _, for example a_b",
        ),
        (
            {"frames": {"train": "f", "Train": "f"}},
            "frames: The split 'Train' is named twice in --splits ('train', 'Train'): name it once",
        ),
        (
            {"frames": TWO, "splits": {"train": 1.0}},
            "splits share out the images of one frame, but frames are given by split: leave splits out",
        ),
        (
            {"frames": TWO, "columns": {"split": "subset"}},
            "columns names a column for split, but frames are given by split: leave it out",
        ),
        (
            {"frames": TWO, "output": "a.record"},
            "the frames of several splits make a dataset folder, but output 'a.record' is one file: "
            "give a folder, or call once for each frame",
        ),
        (
            {"output": "a.tfrecord", "label_map": {"cat": 1}, "splits": {"all": 1.0}},
            "splits is for a dataset folder, but output 'a.tfrecord' is one file: leave it out, or give a folder",
        ),
        (
            {"output": "a.tfrecord", "label_map": {"cat": 1}, "num_shards": 2},
            "num_shards is for a dataset folder, but output 'a.tfrecord' is one file: leave it out, or give a folder",
        ),
        (
            {"output": "a.tfrecord"},
            "label_map must be given for one file, which alone does not tell its classes: "
            "write label_map={'cat': 1, …}, or give the path of a label_map.pbtxt",
        ),
    ],
)
def test_calls_that_cannot_be(changes, sentence):
    assert refusal(check_call, replace(PLAIN, **changes)) == sentence


def test_row_options():
    call = replace(PLAIN, columns={"image": "path", "label": 3}, box_format="xywh", normalized=True)
    assert call.row_options() == RowOptions((("image", "path"), ("label", "3")), "xywh", True)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"columns": {"lable": "classes"}},
            "columns: 'lable' is not a field: take one of image, label, box, width, height, difficult, truncated, "
            "pose, is_crowd, area, group, split, mask, xmin, ymin, xmax, ymax, x, y, w, h, cx, cy; did you mean label?",
        ),
        ({"box_format": "xyhw"}, "box_format: 'xyhw' is not one of xyxy, xywh, cxcywh; did you mean xywh?"),
        ({"box_format": None}, "box_format: 'None' is not one of xyxy, xywh, cxcywh"),
    ],
)
def test_row_options_that_cannot_be(changes, sentence):
    assert refusal(replace(PLAIN, **changes).row_options) == sentence


def test_flags_of_a_plain_call():
    assert PLAIN.flags(["/t/frame.parquet"], ["/i"], None) == [
        *("--rows", "/t/frame.parquet", "--images", "/i", "--output=out", "--seed=0", "--unknown_classes=fail"),
        *("--unannotated=skip", "--duplicates=keep", "--probe=structure", "--max_rejects=0.01"),
    ]


def test_flags_of_a_call_with_everything():
    call = replace(
        PLAIN,
        output=Path("out"),
        masks=Path("m"),
        splits={"train": 0.75, "test": 0.25},
        strict_splits=True,
        seed=7,
        group_by="(a)",
        num_shards={"train": 2, "test": 1},
        overwrite=True,
        beam=["--direct_num_workers=2"],
    )
    assert call.flags(["/t/a", "/t/b"], ["/i", "/j"], "map") == [
        *("--rows", "/t/a", "/t/b", "--images", "/i", "/j", "--output=out", "--label_map=map"),
        *("--masks=m", "--splits=train=0.75,test=0.25"),
        *("--group_by=(a)", "--num_shards=train=2,test=1", "--seed=7", "--unknown_classes=fail"),
        *("--unannotated=skip", "--duplicates=keep", "--probe=structure", "--max_rejects=0.01"),
        *("--strict_splits", "--overwrite", "--direct_num_workers=2"),
    ]


@pytest.mark.parametrize("given", [None, "map.pbtxt", Path("map.pbtxt")])
def test_a_label_map_that_is_a_file_or_none_has_no_text(given):
    assert label_map_text(given) is None


@pytest.mark.parametrize(
    "given",
    [{"cat": 1, "dog": 2}, {"dog": np.int64(2), "cat": np.uint8(1)}, LabelMap((Label("cat", 1), Label("dog", 2)))],
)
def test_label_maps(given):
    assert label_map_text(given) == LabelMap.from_ids({"cat": 1, "dog": 2}).to_pbtxt()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"cat": 0},
            "label_map: Item 1 of the label map ('cat') has id 0, which is reserved for the background: "
            "number classes from 1, without it.",
        ),
        (
            {"cat": 1, "dog": 1},
            "label_map: Item 2 of the label map ('dog') has id 1, which item 1 has too: "
            "give each class an id of its own.",
        ),
        (
            {"cat": "1"},
            "label_map: Item 1 of the label map ('cat') has id '1', which is no whole number: number classes from 1.",
        ),
        (
            {"cat": 1.0},
            "label_map: Item 1 of the label map ('cat') has id 1.0, which is no whole number: number classes from 1.",
        ),
        (
            {"cat": True},
            "label_map: Item 1 of the label map ('cat') has id True, which is no whole number: number classes from 1.",
        ),
        (
            {"cat": -1},
            "label_map: Item 1 of the label map ('cat') has id -1: number classes from 1, up to 2147483647.",
        ),
        ({1: 1}, "label_map has the class 1 (id 1), but classes are text: write '1'"),
        ({None: 4}, "label_map has the class None (id 4), but classes are text: write 'None'"),
        ({}, "label_map: The label map has no item: add one for each class, like item { name: 'cat' id: 1 }."),
        (
            ["cat", "dog"],
            "label_map is a list: give class → id, such as {'cat': 1}, or the path of a label map",
        ),
    ],
)
def test_label_maps_that_cannot_be(given, sentence):
    assert refusal(label_map_text, given) == sentence
