"""The same input and the same options give the same bytes in every file but run.json, however the job is run."""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from beam_pipelines import listing
from data_contract.manifest import read_manifest

from .made_sets import OPTIONS, flags, mixed_set
from .shardbox_runs import TWO_PROCESSES, build, digests, in_a_process


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_set(tmp_path_factory.mktemp("mixed") / "set")


@pytest.fixture(scope="module")
def first(made: Path) -> Path:
    """The dataset that all others must equal."""
    output = made.parent / "first"
    build(*flags(made, output), *OPTIONS)
    return output


def test_the_set_has_something_to_get_wrong(first: Path):
    manifest = read_manifest(first)
    assert manifest.rejects.counts == {
        "box_outside": 1,
        "duplicate_identical": 1,
        "image_missing": 1,
        "image_truncated": 1,
    }
    assert manifest.repairs == {
        "box_rounded": 1,
        "duplicate_kept": 2,
        "extension_differs": 1,
        "group_not_found": 32,
        "orientation_applied": 1,
        "reencoded_color": 1,
        "reencoded_format": 1,
    }
    assert {name: len(split.shards) for name, split in manifest.splits.items()} == {
        "train": 5,
        "validation": 2,
        "test": 2,
    }
    assert sum(shard.examples > 1 for split in manifest.splits.values() for shard in split.shards) >= 5
    assert len(digests(first)) == 5 + 2 + 2 + 3 + 1
    assert (first / "report/index.html").stat().st_size > 300_000


def test_twice(made: Path, first: Path, tmp_path: Path):
    build(*flags(made, tmp_path), *OPTIONS)
    assert digests(tmp_path) == digests(first)


def test_another_listing_order(made: Path, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the system lists comes in another order, folders and files, each time it is asked."""
    walk, shuffled = os.walk, random.Random(1)
    orders: list[tuple[str, ...]] = []

    def walk_shuffled(*arguments: object, **named: object) -> Iterator[tuple[str, list[str], list[str]]]:
        for here, folders, files in walk(*arguments, **named):  # type: ignore[call-overload]
            shuffled.shuffle(folders)
            shuffled.shuffle(files)
            orders.append(tuple(files))
            yield here, folders, files

    monkeypatch.setattr(listing.os, "walk", walk_shuffled)
    build(*flags(made, tmp_path), *OPTIONS)
    assert len(set(orders)) > len({frozenset(files) for files in orders})  # it did come in other orders
    assert digests(tmp_path) == digests(first)


def test_files_made_in_another_order(made: Path, first: Path, tmp_path: Path):
    for path in sorted(made.rglob("*"), reverse=True):
        if path.is_file():
            copy = tmp_path / "set" / path.relative_to(made)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    build(*flags(tmp_path / "set", tmp_path / "out"), *OPTIONS)
    assert digests(tmp_path / "out") == digests(first)


def test_patterns_instead_of_folders(made: Path, first: Path, tmp_path: Path):
    patterns = ["--annotations", f"{made}/Annotations/**/*.xml", f"{made}/Annotations/*.xml"]
    build(*patterns, "--images", f"{made}/JPEGImages", "--output", tmp_path, *OPTIONS)
    assert digests(tmp_path) == digests(first)


def test_data_in_another_place(made: Path, first: Path, tmp_path: Path):
    """Below folders whose names come up in annotations too."""
    place = tmp_path / "datitran" / "images" / "scene1"
    shutil.copytree(made, place)
    build(*flags(place, tmp_path / "out"), *OPTIONS)
    assert digests(tmp_path / "out") == digests(first)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_another_working_folder_and_hash_seed(hash_seed: str, made: Path, first: Path, tmp_path: Path):
    copy = shutil.copytree(made, tmp_path / "set")
    done = in_a_process(*flags(Path("set"), Path("out")), *OPTIONS, cwd=copy.parent, PYTHONHASHSEED=hash_seed)
    assert done.code == 0, done.err
    assert digests(tmp_path / "out") == digests(first)


@pytest.mark.parametrize(
    "mode",
    [TWO_PROCESSES, ("--direct_running_mode=multi_threading", "--direct_num_workers=3")],
    ids=["2 processes", "3 threads"],
)
def test_more_workers(mode: tuple[str, ...], made: Path, first: Path, tmp_path: Path):
    done = in_a_process(*flags(made, tmp_path), *OPTIONS, *mode)
    assert done.code == 0, done.err
    assert digests(tmp_path) == digests(first)


def test_another_number_of_buckets(made: Path, first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """How finely names and pictures are joined depends on their number, and on whether it is known."""
    monkeypatch.setattr("beam_pipelines.building._count_local", lambda *_: None)
    build(*flags(made, tmp_path), *OPTIONS, "--direct_num_workers=1")
    assert digests(tmp_path) == digests(first)


@pytest.mark.parametrize("option", ["--seed=8", "--duplicates=merge", "--num_shards=9", "--probe=decode"])
def test_other_options_give_another_manifest(option: str, made: Path, first: Path, tmp_path: Path):
    """The digests are not equal because nothing matters."""
    build(*flags(made, tmp_path), *OPTIONS, option)
    assert digests(tmp_path)["manifest.json"] != digests(first)["manifest.json"]
