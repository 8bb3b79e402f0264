"""Finding and opening the manifest of a folder."""

import io
import os
from pathlib import Path

import pytest

from data_contract.manifest import (
    Manifest,
    ManifestError,
    read_manifest,
)

TEXT = (Path(__file__).parent / "manifest.json").read_text(encoding="utf-8")
MANIFEST = Manifest.from_json(TEXT)


def test_reading_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "manifest.json").write_text(TEXT, encoding="utf-8")
    assert read_manifest(tmp_path) == MANIFEST
    assert read_manifest(f"{tmp_path}/") == MANIFEST
    monkeypatch.chdir(tmp_path)
    assert read_manifest("") == MANIFEST


def test_reading_through_another_opener():
    calls = []

    def open_file(path: str, mode: str) -> io.BytesIO:
        calls.append((path, mode))
        return io.BytesIO(TEXT.encode())

    assert read_manifest("gs://bucket/dataset", open_file) == MANIFEST
    assert calls == [("gs://bucket/dataset/manifest.json", "rb")]


def test_no_folder(tmp_path: Path):
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path}/none: no such folder; give the folder that `shardbox build` wrote to."


def test_a_folder_that_is_not_finished(tmp_path: Path):
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: no manifest: the dataset is not finished; wait for `shardbox build`, or run it again."
    )


def test_a_file_instead_of_a_folder(tmp_path: Path):
    file = tmp_path / "train-00000-of-00001.tfrecord"
    file.touch()
    with pytest.raises(ManifestError) as caught:
        read_manifest(file)
    assert str(caught.value) == f"{file}: a file; give the dataset's folder, not one of its files."


def test_a_manifest_that_cannot_be_opened(tmp_path: Path):
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/manifest.json could not be read ([Errno 21] Is a directory: '{tmp_path}/manifest.json'): "
        "check its permissions and the disk."
    )


def test_an_object_store_with_exceptions_of_its_own():
    class NotFoundError(Exception):
        pass

    def open_file(path: str, mode: str) -> io.BytesIO:
        raise NotFoundError("no such object")

    with pytest.raises(ManifestError) as caught:
        read_manifest("gs://bucket/dataset", open_file)
    assert str(caught.value) == (
        "gs://bucket/dataset/manifest.json could not be read (no such object): no such folder, or no manifest: "
        "the dataset is not finished; wait for `shardbox build`, or run it again."
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "not UTF-8 text ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte)"),
        (b"", "not JSON (Expecting value: line 1 column 1 (char 0))"),
        (b'{"format_version": 7}', "format_version is 7, newer than 1"),
    ],
)
def test_complaints_name_the_file(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        read_manifest(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}{os.sep}manifest.json: {message}")
