"""Shards that are read, or only looked at, and what is wrong with them."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from apache_beam.io.filesystem import BeamIOError, FileMetadata

from beam_pipelines.comparison import shards
from beam_pipelines.comparison.shards import check_sizes, read_images
from beam_pipelines.failures import DatasetError
from beam_pipelines.record_files.locating import RecordFile, find_records
from data_contract.features import FEATURES

from .made_images import example, framed, write_dataset

KEYS = frozenset(feature.key for feature in FEATURES)


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


def size_failure(file: RecordFile, folder: object = "/") -> str:
    with pytest.raises(DatasetError) as caught:
        check_sizes(str(folder), [file])
    return caught.value.sentence


def test_of_sizes_nothing_else_is_looked_at(tmp_path):
    file = shard(tmp_path)
    path = Path(file.path)
    path.write_bytes(bytes(path.stat().st_size))
    check_sizes(str(tmp_path), [file])
    check_sizes(str(tmp_path), [])


def test_a_shard_that_is_cut_off(tmp_path):
    file = shard(tmp_path)
    assert file.expected is not None
    Path(file.path).write_bytes(bytes(1234))
    assert size_failure(file) == (
        f"'{file.path}' holds 1,234 bytes, and its dataset's manifest says {file.expected.bytes:,}; "
        "`shardbox verify` tells more"
    )
    Path(file.path).unlink()
    assert size_failure(file) == (
        f"'{file.path}' cannot be read: No such file or directory; `shardbox verify` tells more"
    )


def test_remote_shards_are_listed_once(tmp_path, monkeypatch):
    file = shard(tmp_path)
    assert file.expected is not None
    remote = replace(file, path="gs://b/d/a.tfrecord")
    size, asked = file.expected.bytes, []

    def match(patterns: list[str]) -> list[SimpleNamespace]:
        asked.extend(patterns)
        return [SimpleNamespace(metadata_list=[FileMetadata("gs://b/d/a.tfrecord", size)])]

    monkeypatch.setattr(shards.FileSystems, "match", match)
    check_sizes("gs://b/d/", [])
    assert asked == []
    check_sizes("gs://b/d/", [remote, remote])
    assert asked == ["gs://b/d/*"]
    size = 7
    assert size_failure(remote, "gs://b/d") == (
        f"'gs://b/d/a.tfrecord' holds 7 bytes, and its dataset's manifest says {file.expected.bytes:,}; "
        "`shardbox verify` tells more"
    )
    lost = replace(remote, path="gs://b/d/b.tfrecord", name="b.tfrecord")
    assert size_failure(lost, "gs://b/d") == (
        "'gs://b/d/b.tfrecord' cannot be read: No such file or directory; `shardbox verify` tells more"
    )


def test_a_remote_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    def match(_: list[str]) -> None:
        raise BeamIOError("no permission")

    monkeypatch.setattr(shards.FileSystems, "match", match)
    assert size_failure(shard(tmp_path), "gs://b/d") == (
        "'gs://b/d' cannot be listed: no permission with exceptions None; `shardbox verify` tells more"
    )
