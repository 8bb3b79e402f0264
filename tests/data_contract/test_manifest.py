"""The manifest: its exact text, and that everything comes back."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contract.features import Feature
from data_contract.manifest import (
    LabelMapFile,
    Manifest,
    ManifestError,
    RejectFile,
    Rejects,
    Shard,
    Split,
)

MANIFEST = Manifest(
    label_map=LabelMapFile("label_map.pbtxt", "ab" * 32),
    classes={"猫": 1, "Würfel": 2},
    splits={
        "train": Split(
            images=3,
            negatives=1,
            boxes={"猫": 2, "Würfel": 1},
            bytes=30,
            shards=(
                Shard("train-00000-of-00002.tfrecord", 1, 10, "0000000a"),
                Shard("train-00001-of-00002.tfrecord", 2, 20, "deadbeef"),
            ),
            labels={"猫": 1},
        ),
        "test": Split(0, 0, {}, 0, (Shard("test-00000-of-00001.tfrecord", 0, 0, "00000000"),)),
    },
    options={"seed": 0, "splits": {"train": 0.5, "test": None}, "group_by": ["z", "a", True]},
    rejects=Rejects((RejectFile("rejects-00000-of-00001.jsonl", 3, 99, "01234567"),), {"box_outside": 2, "a": 1}),
    repairs={"size_missing": 4},
    seen={"images": 5, "annotations": 6},
    remarks=("naïve", "two\nlines"),
    features=(Feature("image/encoded", "bytes", "scalar"), Feature("image/object/area", "float", "list")),
)

TEXT = (Path(__file__).parent / "manifest.json").read_text(encoding="utf-8")


def edited(edit: Callable[[dict[str, Any]], object]) -> str:
    """The text after a change of its tree."""
    tree = json.loads(TEXT)
    edit(tree)
    return json.dumps(tree)


def test_the_text_is_exact():
    assert MANIFEST.to_json() == TEXT


def test_what_is_written_is_read():
    manifest = Manifest.from_json(TEXT)
    assert manifest == MANIFEST
    assert list(manifest.splits) == ["train", "test"]


def test_the_order_of_other_fields_does_not_matter():
    shuffled = replace(MANIFEST, classes={"Würfel": 2, "猫": 1}, seen={"annotations": 6, "images": 5})
    assert shuffled.to_json() == TEXT


def test_fields_of_later_shardboxes_are_skipped():
    text = edited(lambda tree: (tree.update(later=1), tree["splits"]["train"]["shards"][0].update(later={})))
    assert Manifest.from_json(text) == MANIFEST


def test_files_are_all_that_the_manifest_vouches_for():
    assert MANIFEST.files() == [
        "label_map.pbtxt",
        "train-00000-of-00002.tfrecord",
        "train-00001-of-00002.tfrecord",
        "test-00000-of-00001.tfrecord",
        "rejects-00000-of-00001.jsonl",
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values), st.lists(st.text(min_size=1), unique=True))
def test_any_options_and_any_names_come_back(options: dict[str, Any], splits: list[str]):
    manifest = replace(MANIFEST, options=options, splits={name: Split(0, 0, {}, 0, ()) for name in splits})
    back = Manifest.from_json(manifest.to_json())
    assert back == manifest
    assert list(back.splits) == splits


def test_a_manifest_that_contradicts_itself_cannot_be_made():
    with pytest.raises(ManifestError, match=r"^splits\.all\.images is 1, but the files hold 0 examples"):
        replace(MANIFEST, splits={"all": Split(1, 0, {}, 0, ())})
