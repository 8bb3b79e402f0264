"""`shardbox diff` as a command: its exit codes, and what it refuses."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from beam_pipelines.steps import diff
from presentation.refusals import UsageError

from ..comparison.made_images import example, write_dataset


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "one", {"a.tfrecord": ("train", [example("a.jpg")])})


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "other", {"a.tfrecord": ("train", [example("a.jpg")])}, options={"seed": 1})


def run(*arguments: object) -> tuple[int, str]:
    screen, progress_screen = (Console(file=StringIO(), width=100, highlight=False) for _ in range(2))
    code = diff.run([str(argument) for argument in arguments], screen, progress_screen)
    return code, screen.file.getvalue()  # type: ignore[attr-defined]


def refused(*arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        run(*arguments)
    return str(caught.value)


def test_no_difference(one):
    sentence = "No difference: the same 1 image in the same splits, with the same annotations.\n"
    assert run(one, one) == (0, sentence)
    code, text = run(one, f"{one}/manifest.json", "--json")
    assert (code, json.loads(text)["differ"]) == (0, False)


def test_a_difference(one, other):
    code, text = run(one, other)
    assert (code, "│ seed   │      – │     1 │" in text) == (1, True)
    code, text = run(one, other, "--json")
    assert (code, json.loads(text)["options"]) == (1, {"seed": {"after": 1}})


def test_a_terminal_is_told_how_much_there_is_to_read(one, tmp_path):
    other = write_dataset(
        tmp_path / "other",
        {"a.tfrecord": ("train", [example("a.jpg")]), "b.tfrecord": ("train", [example("b.jpg"), example("c.jpg")])},
    )
    screen = Console(file=StringIO(), width=100, highlight=False)
    terminal = Console(file=StringIO(), width=100, force_terminal=True)
    assert diff.run([str(one), str(one)], screen, terminal) == 0
    assert terminal.file.getvalue() == ""  # type: ignore[attr-defined]
    assert diff.run([str(one), str(other)], screen, terminal) == 1
    sentence = "Reading 2 records in 1 shard; 1 equal in both datasets\n"
    assert terminal.file.getvalue() == sentence  # type: ignore[attr-defined]


def test_an_empty_list(one, other, tmp_path):
    target = tmp_path / "changes.jsonl"
    code, text = run(one, other, "--list", target)
    assert (code, text.splitlines()[-1], target.read_bytes()) == (1, f"Listed in {target}", b"")
    assert refused(one, other, "--list", target) == (
        f"--list: '{target}' exists: give another place, or replace it with --overwrite"
    )
    target.write_text("old")
    assert run(one, other, "--list", target, "--overwrite", "--json")[0] == 1
    assert target.read_bytes() == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changes.jsonl", "one", "other"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give the folders of two datasets: there are 0"),
        (["{one}"], "give the folders of two datasets: there are 1"),
        (["{one}", "{one}", "{one}"], "give the folders of two datasets: there are 3"),
        (["{one}", "{one}", "--lsit=x"], "unknown flag --lsit; did you mean --list?"),
        (
            ["{one}", "{one}/a.tfrecord"],
            "{one}/a.tfrecord: a file; give the dataset's folder, not one of its files.",
        ),
        (
            ["{tmp}/bare", "{one}"],
            "{tmp}/bare: no manifest: the dataset is not finished; wait for `shardbox build`, or run it again.",
        ),
        (
            ["{one}", "{tmp}/none"],
            "{tmp}/none: no such folder; give the folder that `shardbox build` wrote to.",
        ),
        (
            ["{one}", "{tmp}/others"],
            "{tmp}/others: no manifest: the dataset is not finished; wait for `shardbox build`, or run it again.",
        ),
        (["{one}", "{one}", "--list={tmp}"], "--list '{tmp}' is a folder: give a file"),
        (["{one}", "{one}", "--list={tmp}/x/"], "--list '{tmp}/x/' is a folder: give a file"),
        (
            ["{one}", "{one}", "--list={one}/a.tfrecord", "--overwrite"],
            "--list '{one}/a.tfrecord' is in the folder of a dataset: give another place",
        ),
        (
            ["{one}", "{one}", "--list=gs://bucket/x.jsonl"],
            "--list 'gs://bucket/x.jsonl' is not on a disk of this machine: give a file here, and copy it",
        ),
        (
            ["{one}", "{one}", "--list={tmp}/others/a.tfrecord/x.jsonl"],
            "--list: cannot write to '{tmp}/others/a.tfrecord/x.jsonl': Not a directory",
        ),
    ],
)
def test_refusals(one, tmp_path, arguments, sentence):
    for name in ("bare", "others"):
        (tmp_path / name).mkdir()
    (tmp_path / "others" / "a.tfrecord").write_bytes(b"")
    places = {"one": one, "tmp": tmp_path}
    assert refused(*(argument.format(**places) for argument in arguments)) == sentence.format(**places)


def test_a_damaged_dataset_is_not_one_that_differs(one, other, tmp_path):
    damaged = write_dataset(tmp_path / "damaged", {"a.tfrecord": ("train", [example("b.jpg")])})
    (damaged / "a.tfrecord").unlink()
    target = tmp_path / "changes.jsonl"
    assert refused(one, damaged, "--list", target) == (
        f"'{damaged}/a.tfrecord' cannot be read: No such file or directory; `shardbox verify` tells more"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged", "one", "other"]
