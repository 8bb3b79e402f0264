"""docs/data_contract.md: its snippet runs, and its tables are those of the code."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from data_contract import example_pb2
from data_contract.features import EXTRA_FEATURES, FEATURES
from data_contract.label_map import LabelMap, read_label_map
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split

DOC = (Path(__file__).parents[2] / "docs" / "data_contract.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    """The first code block of a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", DOC, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def _example(number: int, png: bytes, classes: list[str]) -> example_pb2.Example:
    """An example with every feature of the table, all boxes alike."""
    values: dict[str, bytes | int | float] = {
        "image/encoded": png,
        "image/format": b"png",
        "image/height": 2,
        "image/width": 3,
        "image/filename": f"{number}.png".encode(),
        "image/source_id": str(number).encode(),
        "image/key/sha256": hashlib.sha256(png).hexdigest().encode(),
        "image/object/bbox/xmax": 1.0,
        "image/object/bbox/ymax": 0.5,
        "image/object/class/label": 1,
        "image/object/area": 3.0,
    }
    example = example_pb2.Example()
    for feature in FEATURES:
        kind = getattr(example.features.feature[feature.key], f"{feature.dtype}_list")
        kind.SetInParent()
        default = b"" if feature.dtype == "bytes" else 0
        if feature.shape == "scalar":
            kind.value.append(values[feature.key])
        elif feature.key == "image/object/class/text":
            kind.value.extend(name.encode() for name in classes)
        else:
            kind.value.extend(values.get(feature.key, default) for _ in classes)
    return example


def _write_dataset(folder: Path) -> None:
    """Two shards: an example with two boxes, and a negative; and a file that no reader may open."""
    import google_crc32c
    import tensorflow as tf

    png = tf.io.encode_png(tf.zeros([2, 3, 3], tf.uint8)).numpy()
    shards = []
    for number, classes in enumerate([["cat", "Würfel"], []]):
        path = folder / f"train-{number:05}-of-00002.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(_example(number, png, classes).SerializeToString(deterministic=True))
        content = path.read_bytes()
        shards.append(Shard(path.name, 1, len(content), f"{google_crc32c.value(content):08x}"))
    (folder / "train-00000-of-00009.tfrecord").write_bytes(b"left by another run")
    label_map = LabelMap.from_names(["cat", "Würfel"])
    pbtxt = label_map.to_pbtxt().encode()
    (folder / "label_map.pbtxt").write_bytes(pbtxt)
    size = sum(shard.bytes for shard in shards)
    manifest = Manifest(
        label_map=LabelMapFile("label_map.pbtxt", hashlib.sha256(pbtxt).hexdigest()),
        classes=label_map.ids,
        splits={"train": Split(2, 1, {"cat": 1, "Würfel": 1}, size, tuple(shards))},
    )
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")


def test_the_snippet_reads_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "OUT").mkdir()
    _write_dataset(tmp_path / "OUT")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(_block("python"), names)
    assert capsys.readouterr().out == (
        "b'0.png' (2, 3, 3) [b'cat' b'W\\xc3\\xbcrfel']\n"
        "b'1.png' (2, 3, 3) []\n"
    )  # fmt: skip
    last = names["example"]
    assert isinstance(last, dict)
    assert last.keys() == {feature.key for feature in FEATURES}


def test_the_tables_of_features_are_those_of_the_code():
    features = (*FEATURES, *(feature for extra in EXTRA_FEATURES.values() for feature in extra))
    rows = re.findall(r"^\| `(image/.*?)` \| (.*?) \| (.*?) \| (.*) \|$", DOC, flags=re.MULTILINE)
    assert rows == [(f.key, f.dtype, f.shape, f.meaning.replace("*", "\\*")) for f in features]


def test_the_table_of_the_manifest_has_every_field():
    table = DOC.partition("## Manifest")[2].partition("## ")[0]
    named = {name.split(".*")[0] for name in re.findall(r"^\| `([\w.*]+)` \|", table, flags=re.MULTILINE)}
    tree = json.loads(Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {}).to_json())
    rejects = {f"rejects.{name}" for name in tree.pop("rejects")}
    assert named == tree.keys() | rejects
    fields = re.findall(r"^\| `splits\.\*\.(\w+)` \|", table, flags=re.MULTILINE)
    assert sorted(fields) == sorted(Split.__dataclass_fields__)


def test_the_label_map_of_the_doc_is_how_one_is_written():
    found = re.search(r"^```\n(item \{.*?)^```$", DOC, flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    assert read_label_map(found[1]).to_pbtxt() == found[1]


def test_the_line_of_rejects_has_the_fields_of_its_table():
    line = _block("json")
    assert line.count("\n") == 1
    table = DOC.partition("## Rejects")[2].partition("| Level |")[0]
    assert list(json.loads(line)) == re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
