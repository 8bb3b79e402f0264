"""What is refused in a manifest, and in which words."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contract.manifest import (
    Manifest,
    ManifestError,
)

TEXT = (Path(__file__).parent / "manifest.json").read_text(encoding="utf-8")


def edited(edit: Callable[[dict[str, Any]], object]) -> str:
    """The text after a change of its tree."""
    tree = json.loads(TEXT)
    edit(tree)
    return json.dumps(tree)


def refusal(text: str) -> str:
    """The message with which a text is refused."""
    with pytest.raises(ManifestError) as caught:
        Manifest.from_json(text)
    return str(caught.value)


def _paths(node: Any, path: str = "") -> list[tuple[str, list[Any]]]:
    """Every required field of the text: its path in a message, and the keys that lead to it."""
    found: list[tuple[str, list[Any]]] = []
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else key
        found.append((path + step, [key]))
        if path + step not in ("options", "features[0]"):
            found += [(deeper, [key, *keys]) for deeper, keys in _paths(child, path + step)]
    return found


FIELDS = _paths(json.loads(TEXT))
DATA = r"(classes|repairs|seen|rejects\.counts|splits\.\w+\.(boxes|labels)|splits)\.\w+|.*\]"
"""Names that are data, and items of arrays: nobody misses one."""


@pytest.mark.parametrize(("path", "keys"), [field for field in FIELDS if not re.fullmatch(DATA, field[0])])
def test_a_missing_field_is_named(path: str, keys: list[Any]):
    def remove(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        del tree[keys[-1]]

    assert refusal(edited(remove)) == f"{path} is missing: build the dataset again, or restore its manifest."


@pytest.mark.parametrize(("path", "keys"), FIELDS)
@pytest.mark.parametrize("wrong", [True, None, 1.0])
def test_a_field_of_a_wrong_type_is_named(path: str, keys: list[Any], wrong: Any):
    def spoil(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = wrong

    assert re.fullmatch(
        re.escape(f"{path} is {json.dumps(wrong)}: expected ") + r"(an object|an array|a string|a whole number)\.",
        refusal(edited(spoil)),
    )


def _shard(tree: dict[str, Any], index: int = 1) -> dict[str, Any]:
    shard: dict[str, Any] = tree["splits"]["train"]["shards"][index]
    return shard


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda tree: _shard(tree).update(bytes=-1),
            "splits.train.shards[1].bytes is -1: a count is not negative.",
        ),
        (
            lambda tree: _shard(tree).update(bytes={}),
            "splits.train.shards[1].bytes is an object: expected a whole number.",
        ),
        (
            lambda tree: _shard(tree).update(crc32c="DEADBEEF"),
            "splits.train.shards[1].crc32c is 'DEADBEEF': expected 8 lower-case hexadecimal digits.",
        ),
        (
            lambda tree: tree["label_map"].update(sha256="ab"),
            "label_map.sha256 is 'ab': expected 64 lower-case hexadecimal digits.",
        ),
        (
            lambda tree: tree["features"][1].update(dtype="int32"),
            "features[1].dtype is 'int32': expected one of bytes, int64, float.",
        ),
        (
            lambda tree: tree["features"][1].update(shape="ragged"),
            "features[1].shape is 'ragged': expected one of scalar, list.",
        ),
        (
            lambda tree: tree["splits"]["train"].update(images=4),
            "splits.train.images is 4, but the files hold 3 examples: build the dataset again.",
        ),
        (
            lambda tree: tree["splits"]["train"].update(bytes=31),
            "splits.train.bytes is 31, but the files hold 30 bytes: build the dataset again.",
        ),
        (
            lambda tree: tree["splits"]["train"].update(negatives=4),
            "splits.train.negatives is 4 of 3 images: build the dataset again.",
        ),
        (
            lambda tree: tree["splits"]["train"]["boxes"].update(dog=1),
            "splits.train.boxes counts 'dog', which is not in classes: build the dataset again.",
        ),
        (
            lambda tree: tree["splits"]["train"]["labels"].update(dog=1),
            "splits.train.labels counts 'dog', which is not in classes: build the dataset again.",
        ),
        (
            lambda tree: tree["remarks"].append(7),
            "remarks[2] is 7: expected a string.",
        ),
        (
            lambda tree: tree["rejects"]["counts"].update(b=1),
            "rejects.counts is 4, but the files hold 3 lines: build the dataset again.",
        ),
        (
            lambda tree: tree["classes"].update({"猫": 2}),
            "classes: Item 2 of the label map ('猫') has id 2, which item 1 has too: give each class an id of its own.",
        ),
        (
            lambda tree: _shard(tree).update(name="train-00000-of-00002.tfrecord"),
            "splits.train.shards[1].name is 'train-00000-of-00002.tfrecord', and so is splits.train.shards[0].name: "
            "each file is named once.",
        ),
        (
            lambda tree: _shard(tree).update(name="manifest.json"),
            "splits.train.shards[1].name is 'manifest.json', and so is the manifest itself: each file is named once.",
        ),
        (
            lambda tree: tree.update(format_version=2),
            "format_version is 2, newer than 1: update Shardbox to read this dataset.",
        ),
        (
            lambda tree: tree.update(format_version=0),
            "format_version is 0, older than 1: build the dataset again with this Shardbox.",
        ),
    ],
)
def test_what_is_refused(edit: Callable[[dict[str, Any]], object], message: str):
    assert refusal(edited(edit)) == message


def test_another_version_is_told_before_its_other_fields():
    assert refusal('{"format_version": 2}').startswith("format_version is 2, newer than 1")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/etc/passwd", "../x", "a/b", "a\\b", "C:x", "C:\\x", "gs://b/x", "file:x", "a\0b", "a\nb"],
)
@pytest.mark.parametrize("path", ["label_map.file", "splits.train.shards[1].name", "rejects.files[0].name"])
def test_a_manifest_cannot_point_out_of_its_folder(path: str, name: str):
    def point(tree: dict[str, Any]) -> None:
        places = {
            "label_map.file": tree["label_map"],
            "splits.train.shards[1].name": _shard(tree),
            "rejects.files[0].name": tree["rejects"]["files"][0],
        }
        places[path][path.rpartition(".")[2]] = name

    assert refusal(edited(point)) == (
        f"{path} is {name!r}: only a plain name of a file inside the dataset's folder is allowed."
    )


@pytest.mark.parametrize("text", ["", "{", "\ufeff{}", "[" * 100_000, "1" * 5000])
def test_what_is_not_json(text: str):
    message = refusal(text)
    assert message.startswith("not JSON (")
    assert message.endswith("): restore the file or build the dataset again.")


@pytest.mark.parametrize(("text", "found"), [("[]", "an array"), ('"x"', '"x"'), ("null", "null")])
def test_json_that_is_no_object(text: str, found: str):
    assert refusal(text) == f"The manifest is {found}: expected an object."


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(FIELDS), json_values)
def test_no_value_anywhere_breaks_the_reader(field: tuple[str, list[Any]], value: Any):
    tree = json.loads(TEXT)
    place = tree
    for key in field[1][:-1]:
        place = place[key]
    place[field[1][-1]] = value
    try:
        manifest = Manifest.from_json(json.dumps(tree))
    except ManifestError:
        return
    assert Manifest.from_json(manifest.to_json()) == manifest
