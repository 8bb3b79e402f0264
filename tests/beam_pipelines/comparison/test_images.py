"""What is compared of an example, and shards that cannot be read."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from beam_pipelines.comparison.images import Image, image_of, read_images
from beam_pipelines.failures import DatasetError
from beam_pipelines.record_files.locating import RecordFile, find_records
from beam_pipelines.record_files.views import parse_features, view_example
from data_contract.features import CLASS_MAP_ENCODED, FEATURES, OBJECT_MASK

from .made_images import example, framed, write_dataset

KEYS = frozenset(feature.key for feature in FEATURES)


def view(**changes: object):
    return view_example(parse_features(example("a.jpg", boxes=[("cat", 0.25, 0.5, 0.75, 1.0)], **changes)), {})


def test_all_that_is_compared():
    seen = view()
    assert image_of(seen, "val", KEYS) == Image(
        image="a.jpg",
        split="val",
        sha256=seen.sha256,
        width=40,
        height=30,
        boxes=(("cat", 0.25, 0.5, 0.75, 1.0, 0, 0, "Unspecified", 0, 300.0, ""),),
        labels=(),
        class_map="",
    )


def test_only_what_both_datasets_have():
    (one,) = view().objects
    full = view()._replace(
        objects=(one._replace(difficult=1, truncated=1, view="Left", is_crowd=1, mask=b"mask"),),
        class_map=b"map",
        labels=("sunny", "calm"),
    )
    place = ("cat", 0.25, 0.5, 0.75, 1.0)
    bare = image_of(full, "train", set())
    assert (bare.boxes, bare.labels, bare.class_map) == (((*place, 0, 0, "", 0, 0.0, ""),), ("calm", "sunny"), "")
    whole = image_of(full, "train", KEYS | {OBJECT_MASK, CLASS_MAP_ENCODED})
    mask, class_map = (hashlib.sha256(data).hexdigest()[:16] for data in (b"mask", b"map"))
    assert (whole.boxes, whole.class_map) == (((*place, 1, 1, "Left", 1, 300.0, mask),), class_map)


def test_a_record_without_digest_and_path():
    bare = view()._replace(sha256="", filename="", source_id="17", encoded=b"picture")
    found = image_of(bare, "train", KEYS)
    assert (found.image, found.sha256) == ("17", hashlib.sha256(b"picture").hexdigest())


def shard(folder: Path) -> RecordFile:
    (file,) = find_records([str(write_dataset(folder, {"a.tfrecord": ("val", [example("a"), example("b")])}))]).files
    return file


def failure(file: RecordFile) -> str:
    with pytest.raises(DatasetError) as caught:
        list(read_images(file, KEYS))
    return caught.value.sentence


def test_reads_a_shard(tmp_path):
    assert [(one.image, one.split) for one in read_images(shard(tmp_path), KEYS)] == [("a", "val"), ("b", "val")]


def test_a_damaged_record(tmp_path):
    file = shard(tmp_path)
    data = bytearray(Path(file.path).read_bytes())
    size = len(example("a"))
    data[-8] ^= 1
    Path(file.path).write_bytes(data)
    assert failure(file) == (
        f"record 1 of '{file.path}' is damaged: the {size} bytes of the record have another checksum than the one "
        "stored with them; `shardbox verify` tells more"
    )


def test_a_record_that_is_no_example(tmp_path):
    file = shard(tmp_path)
    Path(file.path).write_bytes(framed([example("a"), b"\xff"]))
    assert failure(file) == (
        f"record 1 of '{file.path}' cannot be read: the record is no tf.train.Example; `shardbox verify` tells more"
    )


def test_a_shard_that_is_missing(tmp_path):
    file = shard(tmp_path)
    Path(file.path).unlink()
    assert failure(file) == f"'{file.path}' cannot be read: No such file or directory; `shardbox verify` tells more"


def test_a_shard_of_another_run(tmp_path):
    file = shard(tmp_path)
    assert file.expected is not None
    sentence = f"'{file.path}' is not the file that its dataset's manifest describes; `shardbox verify` tells more"
    assert failure(replace(file, expected=replace(file.expected, crc32c="00000000"))) == sentence
    Path(file.path).write_bytes(framed([example("a")]))
    assert failure(file) == sentence
