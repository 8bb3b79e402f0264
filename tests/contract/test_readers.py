"""Every example of a dataset, as the programs of others read it."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from data_contract.manifest import Manifest, read_manifest

from ..end_to_end.made_sets import flags, mixed_set, pair, write_set
from ..end_to_end.shardbox_runs import build, examples_of
from .readers import (
    DATUMARO,
    FIFTYONE,
    MODEL_GARDEN,
    OBJECT_DETECTION_API,
    as_model_garden,
    parsed,
)

Record = dict[str, Any]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several shards, some of them empty; negatives, conversions, PNGs, many boxes and odd class names."""
    folder = mixed_set(tmp_path_factory.mktemp("contract") / "set")
    many = [("ant", i % 15, i // 15, i % 15 + 20, i // 15 + 15) for i in range(150)]
    odd = [(name, 4, 3, 20, 15) for name in ("1", "true", 'a"b', "naïve café")]
    write_set(folder, pair("many", boxes=many) | pair("odd", boxes=odd) | pair("nothing", boxes=[]))
    output = folder.parent / "out"
    more = ("--max_rejects=0.2", "--unannotated=negative", "--num_shards=train=3,validation=30,test=2")
    build(*flags(folder, output), *more)
    return output


@pytest.fixture(scope="module")
def manifest(dataset: Path) -> Manifest:
    return read_manifest(dataset)


@pytest.fixture(scope="module")
def records(dataset: Path, manifest: Manifest) -> list[bytes]:
    """All records, in the order of the manifest, by TensorFlow's own reader, which checks every CRC."""
    shards = [str(dataset / shard.name) for split in manifest.splits.values() for shard in split.shards]
    return [record.numpy() for record in tf.data.TFRecordDataset(shards)]


@pytest.fixture(scope="module")
def examples(dataset: Path) -> list[Record]:
    """The same examples, read without TensorFlow."""
    return [example for split in examples_of(dataset).values() for example in split]


def by_reader(records: list[bytes], features: dict[str, Any]) -> list[Record]:
    """What tf.data yields: parsed in a graph, as a reader's input pipeline is."""
    data = tf.data.Dataset.from_tensor_slices(records).map(lambda record: parsed(record, features))
    return list(data.as_numpy_iterator())


def test_the_dataset_has_something_to_read(manifest: Manifest, records: list[bytes]):
    assert len(records) == sum(split.images for split in manifest.splits.values()) > 50
    assert sum(split.negatives for split in manifest.splits.values()) == 2
    assert manifest.repairs.keys() >= {"orientation_applied", "reencoded_color", "reencoded_format"}
    assert any(shard.examples == 0 for split in manifest.splits.values() for shard in split.shards)


@pytest.mark.parametrize(
    "features",
    [MODEL_GARDEN, OBJECT_DETECTION_API, FIFTYONE, DATUMARO],
    ids=["Model Garden", "Object Detection API", "FiftyOne", "Datumaro"],
)
def test_a_reader_sees_every_value_under_its_keys(
    features: dict[str, Any], records: list[bytes], examples: list[Record]
):
    """A key that the format does not have comes out empty."""
    for found, example in zip(by_reader(records, features), examples, strict=True):
        assert found.keys() == features.keys()
        for key, value in found.items():
            values = [value] if isinstance(features[key], tf.io.FixedLenFeature) else list(value)
            assert values == example.get(key, [])


def test_only_features_that_the_format_does_not_have_are_absent():
    known = {feature["key"] for feature in json.loads(_any_manifest())["features"]}
    asked = {*MODEL_GARDEN, *OBJECT_DETECTION_API, *FIFTYONE, *DATUMARO}
    assert asked - known == {
        *("image/class/text", "image/class/label", "image/class/confidence"),
        *("image/neg_category_ids", "image/not_exhaustive_category_ids"),
        *("image/object/group_of", "image/object/weight", "image/object/mask"),
    }
    assert known - asked == {"image/object/truncated", "image/object/view"}


def _any_manifest() -> str:
    from data_contract.manifest import LabelMapFile

    return Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {}).to_json()


def test_what_a_model_garden_model_is_fed(records: list[bytes], examples: list[Record]):
    data = tf.data.Dataset.from_tensor_slices(records).map(as_model_garden)
    ids = []
    for found, example in zip(data.as_numpy_iterator(), examples, strict=True):
        height, width = found["height"], found["width"]
        assert found["image"].shape == (height, width, 3)
        assert found["image"].dtype == np.uint8
        count = len(example["image/object/class/text"])
        assert found["boxes"].shape == (count, 4)
        assert found["classes"].shape == found["areas"].shape == found["is_crowd"].shape == (count,)
        ymin, xmin, ymax, xmax = found["boxes"].T
        assert ((ymin >= 0) & (ymin < ymax) & (ymax <= 1) & (xmin >= 0) & (xmin < xmax) & (xmax <= 1)).all()
        np.testing.assert_allclose(found["areas"], (ymax - ymin) * height * ((xmax - xmin) * width), rtol=1e-5)
        assert not found["is_crowd"].any()
        ids.append(int(found["source_id"]))
    assert len(set(ids)) == len(ids)
    assert min(ids) >= 0


def test_pictures_are_what_their_example_says(records: list[bytes]):
    formats = set()
    for found in by_reader(records, OBJECT_DETECTION_API):
        encoded = found["image/encoded"]
        formats.add(found["image/format"])
        decode = {b"jpeg": tf.io.decode_jpeg, b"png": tf.io.decode_png}[found["image/format"]]
        size = (found["image/height"], found["image/width"], 3)
        assert decode(encoded, channels=3).shape == tf.io.decode_image(encoded, channels=3).shape == size
        assert found["image/key/sha256"].decode() == hashlib.sha256(encoded).hexdigest()
        assert encoded.startswith({b"jpeg": b"\xff\xd8\xff", b"png": b"\x89PNG"}[found["image/format"]])
    assert formats == {b"jpeg", b"png"}


def test_tensorflows_own_example_reads_the_same(records: list[bytes], examples: list[Record]):
    """And its own serialisation holds no byte that ours has not: the wire format is the same."""
    for record, example in zip(records, examples, strict=True):
        message = tf.train.Example.FromString(record)
        features = message.features.feature
        kinds = {key: getattr(feature, feature.WhichOneof("kind")) for key, feature in features.items()}
        assert {key: list(kind.value) for key, kind in kinds.items()} == example
        assert len(message.SerializeToString()) == len(record)


def test_every_example_has_every_feature_of_the_manifest(manifest: Manifest, records: list[bytes]):
    kinds = {"bytes": "bytes_list", "int64": "int64_list", "float": "float_list"}
    expected = {feature.key: kinds[feature.dtype] for feature in manifest.features}
    scalars = {feature.key for feature in manifest.features if feature.shape == "scalar"}
    for record in records:
        features = tf.train.Example.FromString(record).features.feature
        assert {key: feature.WhichOneof("kind") for key, feature in features.items()} == expected
        counts = {key: len(getattr(feature, expected[key]).value) for key, feature in features.items()}
        objects = counts["image/object/class/text"]
        assert counts == {key: 1 if key in scalars else objects for key in expected}


@pytest.fixture(scope="module")
def upstream_items(dataset: Path) -> list[tuple[str, int, str]]:
    """(name, id, display name) as protobuf reads them by TensorFlow's own declaration of the message."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="object_detection/protos/string_int_label_map.proto", package="object_detection.protos", syntax="proto2"
    )
    item = file.message_type.add(name="StringIntLabelMapItem")
    for number, (name, kind) in enumerate(
        (("name", field.TYPE_STRING), ("id", field.TYPE_INT32), ("display_name", field.TYPE_STRING)), start=1
    ):
        item.field.add(name=name, number=number, label=field.LABEL_OPTIONAL, type=kind)
    file.message_type.add(name="StringIntLabelMap").field.add(
        name="item",
        number=1,
        label=field.LABEL_REPEATED,
        type=field.TYPE_MESSAGE,
        type_name=".object_detection.protos.StringIntLabelMapItem",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    whole = pool.FindMessageTypeByName("object_detection.protos.StringIntLabelMap")
    text = (dataset / "label_map.pbtxt").read_text("utf-8")
    message = text_format.Parse(text, message_factory.GetMessageClass(whole)())
    return [(entry.name, entry.id, entry.display_name) for entry in message.item]


def test_the_label_map_is_readable_by_upstreams_declaration(
    upstream_items: list[tuple[str, int, str]], manifest: Manifest
):
    names = ["1", 'a"b', "ant", "bird", "cat", "dog", "naïve café", "raccoon", "true"]
    assert upstream_items == [(name, number, name) for number, name in enumerate(names, start=1)]
    assert manifest.classes == {name: number for name, number, _ in upstream_items}


def test_texts_and_ids_of_the_examples_agree_with_the_label_map(
    upstream_items: list[tuple[str, int, str]], records: list[bytes]
):
    ids = {name: number for name, number, _ in upstream_items}
    seen = set()
    for found in by_reader(records, DATUMARO):
        texts = [text.decode() for text in found["image/object/class/text"]]
        assert list(found["image/object/class/label"]) == [ids[text] for text in texts]
        seen.update(texts)
    assert seen == set(ids)


def test_crcs_are_checked(dataset: Path, manifest: Manifest, tmp_path: Path):
    """The test above would be worth nothing if TensorFlow passed over a wrong byte."""
    shard = max(manifest.splits["train"].shards, key=lambda shard: shard.bytes)
    damaged = bytearray((dataset / shard.name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / shard.name).write_bytes(damaged)
    with pytest.raises(tf.errors.DataLossError):
        list(tf.data.TFRecordDataset(str(tmp_path / shard.name)))


def test_shards_without_examples_are_readable(dataset: Path, manifest: Manifest):
    empty = [str(dataset / s.name) for split in manifest.splits.values() for s in split.shards if not s.examples]
    assert len(empty) > 10
    assert list(tf.data.TFRecordDataset(empty)) == []


def test_each_shard_holds_what_the_manifest_says(dataset: Path, manifest: Manifest):
    for split in manifest.splits.values():
        for shard in split.shards:
            records = list(tf.data.TFRecordDataset(str(dataset / shard.name)))
            assert (len(records), (dataset / shard.name).stat().st_size) == (shard.examples, shard.bytes)


def test_the_code_in_the_data_contract_reads_the_dataset(
    dataset: Path,
    manifest: Manifest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    document = Path(__file__).parents[2] / "docs/data_contract.md"
    code = document.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    assert 'folder = "OUT"' in code
    shutil.copytree(dataset, tmp_path / "OUT")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(document), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if "(30, 40, 3)" in line or ", 3) [" in line]) == manifest.splits["train"].images
