"""The job that compares records: its result and its list are files."""

import json
from pathlib import Path
from typing import Any

import pytest
from google_crc32c import value as crc32c

from beam_pipelines.comparison.differences import as_json, difference_of
from beam_pipelines.comparison.images import Image
from beam_pipelines.comparison.list_parts import ListParts, merge_parts
from beam_pipelines.comparison.pipeline import CompareRecords
from beam_pipelines.comparison.tally import Tally
from beam_pipelines.record_files.locating import RecordFile, find_records
from data_contract.features import FEATURES

from ..made import pipeline_here
from .made_images import example, image, write_dataset

KEYS = frozenset(feature.key for feature in FEATURES)


def read(name: str, content: str, split: str) -> Image:
    """The image that `example` makes, as it is read."""
    return image(name, f"{crc32c(content.encode()):064x}", split=split)


# Copies, an image that another one of its content leaves to its path, and images of one dataset alone.
DIFFERENCES = [
    difference_of(read("a.jpg", "1", "train"), read("a.jpg", "2", "val")),
    difference_of(read("b.jpg", "3", "train"), read("c.jpg", "3", "val")),
    difference_of(read("d.jpg", "3", "train"), None),
    difference_of(None, read("e.jpg", "4", "val")),
]


@pytest.fixture
def shards(tmp_path: Path) -> list[tuple[RecordFile, ...]]:
    before = [example(f"{name}.jpg", content) for name, content in ("a1", "b3", "d3", "f5")]
    after = [example(f"{name}.jpg", content) for name, content in ("a2", "c3", "e4")]
    found = [
        write_dataset(tmp_path / "before", {"1": ("train", before[:2]), "2": ("train", before[2:3])}),
        write_dataset(tmp_path / "after", {"1": ("val", after)}),
    ]
    return [find_records([str(folder)]).files for folder in found]


def run(job: CompareRecords) -> dict[str, Any]:
    with pipeline_here() as pipeline:
        pipeline | job
    result: dict[str, Any] = json.loads(Path(job.output).read_text("utf-8"))
    return result


@pytest.mark.parametrize(("buckets", "parts"), [(1, 1), (64, 3)])
def test_neither_buckets_nor_parts_change_what_is_found(shards, tmp_path, buckets, parts):
    tally = Tally()
    for one in DIFFERENCES:
        tally.add(one)
    (tmp_path / "parts").mkdir()
    wanted = ListParts(str(tmp_path / "parts"), buckets)
    result = run(CompareRecords(*shards, KEYS, buckets, str(tmp_path / "result.json"), wanted))
    assert result["tally"] == tally.as_json()
    assert len(result["parts"]) == parts
    assert result["parts"] == sorted(str(path) for path in (tmp_path / "parts").iterdir())
    lines = [json.loads(line) for line in merge_parts(result["parts"], str(tmp_path))]
    assert lines == [as_json(one) for one in DIFFERENCES]


def test_without_a_list(shards, tmp_path):
    output = tmp_path / "result.json"
    result = run(CompareRecords(shards[0], shards[0], KEYS, 16, str(output), None))
    assert result == {"tally": Tally().as_json(), "parts": []}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["after", "before", "result.json"]
