"""Datasets in stores that TensorFlow does not read."""

import sys
from pathlib import Path

import fsspec
import pytest

from tests.trainer.made_datasets import drawn_picture, write_dataset
from trainer.dataset_folder import open_dataset
from trainer.failures import TrainingError
from trainer.remote_dataset import cache_folder, is_copied

URL = "memory://bucket/made"
PICTURES = [drawn_picture(number, (32, 32)) for number in range(4)]
FIRST, SECOND = (f"train-0000{number}-of-00002.tfrecord" for number in (0, 1))


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A dataset in a store, as a mapping of its files."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_dataset(tmp_path / "made", {"train": PICTURES, "test": PICTURES[:1]}, shards=2)
    system = fsspec.filesystem("memory")
    system.store.clear()
    for file in folder.iterdir():
        system.pipe(f"/bucket/made/{file.name}", file.read_bytes())
    yield system
    system.store.clear()


def cached():
    return sorted(path.name for path in Path(cache_folder()).rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data", False),
        ("/data/out", False),
        ("gs://bucket/data", False),
        ("s3://bucket/data", True),
        ("az://container/data", True),
        ("memory://data", True),
    ],
)
def test_what_is_copied(path, expected):
    assert is_copied(path) is expected


def test_files_are_copied_when_their_split_is_read(store, tmp_path):
    lines = []
    dataset = open_dataset(URL, lines.append)
    assert (dataset.path, dataset.class_names, cached()) == (URL, ("circle", "square", "triangle"), [])
    paths = dataset.shard_paths("train")
    assert cached() == [FIRST, SECOND]
    assert [Path(path).read_bytes() for path in paths] == [
        (tmp_path / "made" / name).read_bytes() for name in (FIRST, SECOND)
    ]
    folder = f"{tmp_path}/cache/shardbox/{dataset.sha256[:16]}"
    sizes = [f"{shard.bytes / 1024:.1f} KiB" for shard in dataset.split("train").shards]
    assert lines == [
        f"copying {name} ({size}, {number} of 2) to {folder}"
        for number, (name, size) in enumerate(zip((FIRST, SECOND), sizes, strict=True), 1)
    ]


def test_what_is_there_is_not_copied_again(store):
    expected = open_dataset(URL).shard_paths("train")
    lines = []
    store.rm(f"/bucket/made/{SECOND}")
    assert open_dataset(URL, lines.append).shard_paths("train") == expected
    assert lines == []


def test_a_copy_that_was_cut_off_is_made_again(store):
    first = Path(open_dataset(URL).shard_paths("train")[0])
    whole = first.read_bytes()
    first.write_bytes(whole[:-1])
    lines = []
    open_dataset(URL, lines.append).shard_paths("train")
    assert first.read_bytes() == whole
    assert len(lines) == 1


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data[:-1] + b"x"])
def test_a_file_that_is_not_what_the_manifest_says(store, change):
    path = f"/bucket/made/{FIRST}"
    data = store.cat(path)
    store.pipe(path, change(data))
    with pytest.raises(TrainingError) as failure:
        open_dataset(URL).shard_paths("train")
    assert str(failure.value) == (
        f"{URL}/{FIRST} is not what the manifest says (there are {len(change(data)):,} bytes instead of {len(data):,}, "
        "or others): copy the whole dataset there again"
    )
    assert cached() == []


def test_a_file_that_is_missing(store):
    store.rm(f"/bucket/made/{FIRST}")
    with pytest.raises(TrainingError, match=rf"^{URL}/{FIRST} cannot be copied to this machine \(.*\)$"):
        open_dataset(URL).shard_paths("train")
    assert cached() == []


def test_a_dataset_that_is_not_there(store):
    with pytest.raises(TrainingError, match=r"^memory://bucket/none/manifest.json could not be read "):
        open_dataset("memory://bucket/none")


def test_a_store_of_which_the_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(TrainingError) as failure:
        open_dataset("s3://bucket/data")
    assert str(failure.value) == (
        "s3://bucket/data/manifest.json needs packages that are missing: pip install fsspec s3fs; or copy the folder "
        "to this machine (aws s3 sync) and give that"
    )


def test_a_kind_of_store_that_nobody_knows():
    with pytest.raises(TrainingError) as failure:
        open_dataset("nowhere://data")
    assert str(failure.value) == (
        "nowhere://data/manifest.json cannot be read (Protocol not known: nowhere): copy the folder to this machine "
        "and give that"
    )


def test_a_folder_for_copies_that_cannot_be_made(store, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    dataset = open_dataset(URL)
    with pytest.raises(TrainingError) as failure:
        dataset.shard_paths("train")
    assert str(failure.value) == (
        f"{tmp_path}/file/shardbox/{dataset.sha256[:16]}, where copies of remote files are kept, cannot be made (Not a "
        "directory): set XDG_CACHE_HOME to a folder with room"
    )


def test_copies_are_kept_in_the_home_folder(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_folder() == "/home/someone/.cache/shardbox"
