"""How much work a check is, and what is wrong beside the record files."""

from dataclasses import replace
from pathlib import Path

import pytest

from beam_pipelines.record_files.locating import RecordFile, find_records
from beam_pipelines.verification.findings import Finding
from beam_pipelines.verification.running import _weight, check_beside

from .test_pipeline import SET


@pytest.mark.parametrize(("decode", "weight"), [(False, 100), (True, 1200)])
def test_weight_of_a_dataset(decode: bool, weight: int):
    assert _weight(SET, 300, decode=decode) == weight


def test_weight_of_files_of_others(tmp_path: Path):
    """By their sizes; nothing is asked of remote ones."""
    (tmp_path / "a").write_bytes(bytes(150_000))
    here = RecordFile(str(tmp_path / "a"), "a", "a")
    others = replace(SET, manifest=None, files=(here, here, replace(here, path=str(tmp_path / "gone"))))
    assert _weight(others, None, decode=False) == 2
    assert _weight(others, None, decode=True) == 24
    assert _weight(replace(others, files=(here, replace(here, path="gs://b/a"))), None, decode=False) is None


def test_a_folder_without_a_manifest(tmp_path: Path):
    (tmp_path / "train-00000-of-00001.tfrecord").write_bytes(b"")
    assert list(check_beside(find_records([str(tmp_path)]))) == []
    (tmp_path / "run.json").write_bytes(b"")
    what = "no manifest: the dataset is not finished; wait for `shardbox build`, or run it again"
    expected = [Finding("manifest_unusable", "error", "manifest.json", -1, f"{tmp_path}: {what}")]
    assert list(check_beside(find_records([str(tmp_path)]))) == expected
    assert list(check_beside(find_records([f"{tmp_path}/*.tfrecord"]))) == []
