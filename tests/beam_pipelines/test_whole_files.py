"""Files that are there whole or not at all, whatever happens meanwhile."""

import os
from pathlib import Path

import pytest

from beam_pipelines import whole_files
from beam_pipelines.listing import FileSet
from beam_pipelines.whole_files import refuse_inputs, refuse_place, written_whole
from presentation.refusals import UsageError

from .steps.made_steps import names_in


def refusal(*paths: object, overwrite: bool = False, inputs: list[FileSet] | tuple = (), flag: str = "--output") -> str:
    given = [str(path) for path in paths]
    with pytest.raises(UsageError) as caught, written_whole(given, overwrite, inputs, flag) as create:
        create(given[-1])
    return str(caught.value)


def fail(paths: list[str], failure: type[BaseException], overwrite: bool = False) -> None:
    """Fails in the midst of writing."""
    with written_whole(paths, overwrite) as create:
        for path in paths:
            create(path).write(b"half")
        raise failure


def test_files_come_when_the_block_ends(tmp_path: Path):
    first, second = (str(tmp_path / "new" / "folder" / name) for name in ("a", "b"))
    with written_whole([first, second], overwrite=False) as create:
        create(first).write(b"1")
        create(second).write(b"2")
        assert not os.path.exists(first)
        assert not os.path.exists(second)
        assert len(names_in(tmp_path)) == 4  # two folders, two parts
    assert names_in(tmp_path) == ["new", "new/folder", "new/folder/a", "new/folder/b"]
    assert [Path(path).read_bytes() for path in (first, second)] == [b"1", b"2"]


def test_files_have_the_permissions_of_any_new_file(tmp_path: Path):
    with written_whole([str(tmp_path / "a")], overwrite=False) as create:
        create(str(tmp_path / "a"))
    (tmp_path / "plain").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_nothing_stays_of_a_failure(tmp_path: Path, failure: type[BaseException]):
    path = str(tmp_path / "new" / "folder" / "a")
    with pytest.raises(failure):
        fail([path], failure)
    assert names_in(tmp_path) == []


def test_a_folder_that_was_there_stays(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    path = str(tmp_path / "mine" / "a")
    with pytest.raises(RuntimeError):
        fail([path], RuntimeError)
    assert names_in(tmp_path) == ["mine"]


def test_what_was_there_outlives_a_failure(tmp_path: Path):
    paths = [str(tmp_path / name) for name in ("a", "b")]
    for path in paths:
        Path(path).write_text("old")
    with pytest.raises(RuntimeError):
        fail(paths, RuntimeError, overwrite=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "old"}


def test_overwrite_takes_away_what_this_run_has_none_of(tmp_path: Path):
    rejects, table = (str(tmp_path / name) for name in ("rejects", "table"))
    for path in (rejects, table):
        Path(path).write_text("old")
    with written_whole([rejects, table], overwrite=True) as create:
        create(table).write(b"new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"table": "new"}


def test_files_of_two_runs_never_look_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The last file goes first and comes last."""
    paths = [str(tmp_path / name) for name in ("train", "eval")]
    for path in paths:
        Path(path).write_text("old")
    seen = []
    replace = os.replace

    def watched(source: str, target: str) -> None:
        seen.append({path.name: path.read_text() for path in tmp_path.iterdir() if path.suffix != ".part"})
        replace(source, target)

    monkeypatch.setattr(whole_files.os, "replace", watched)
    with written_whole(paths, overwrite=True) as create:
        for path in paths:
            create(path).write(b"new")
    assert seen == [{"train": "old"}, {"train": "new"}]


def test_a_single_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a"
    path.write_text("old")
    seen = []
    replace = os.replace
    monkeypatch.setattr(whole_files.os, "replace", lambda *paths: (seen.append(path.read_text()), replace(*paths)))
    with written_whole([f"{path}.rejects.jsonl", str(path)], overwrite=True) as create:
        create(str(path)).write(b"new")
    assert (seen, path.read_text()) == (["old"], "new")


def test_an_existing_file_is_refused(tmp_path: Path):
    path = tmp_path / "a"
    path.write_text("old")
    assert refusal(path) == f"--output: '{path}' exists: give another place, or replace it with --overwrite"
    assert path.read_text() == "old"


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("kind", ["rows", "annotations"])
@pytest.mark.parametrize("pattern", ["in/a.csv", "in/a.*", "in/**", "linked/a.csv", "link.csv"])
@pytest.mark.parametrize("path", ["in/a.csv", "in/../in/a.csv", "linked/a.csv", "link.csv"])
def test_an_input_is_refused(tmp_path: Path, path: str, pattern: str, kind: str, overwrite: bool):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("mine")
    (tmp_path / "linked").symlink_to("in")
    (tmp_path / "link.csv").symlink_to("in/a.csv")
    before = names_in(tmp_path)
    given = f"{tmp_path}/{path}"
    inputs = [FileSet.of("rows", [f"{tmp_path}/other.csv"]), FileSet.of(kind, [f"{tmp_path}/{pattern}"])]
    sentence = f"--output would replace '{given}', which --{kind} reads: give another place"
    assert refusal(given, tmp_path / "new", overwrite=overwrite, inputs=inputs) == sentence
    assert refusal(tmp_path / "new", given, overwrite=overwrite, inputs=inputs) == sentence
    assert names_in(tmp_path) == before
    assert (tmp_path / "in" / "a.csv").read_text() == "mine"


def test_files_beside_the_inputs_are_written(tmp_path: Path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("old")
    path = str(tmp_path / "b.csv")
    with written_whole([path], overwrite=True, inputs=[FileSet.of("rows", [str(tmp_path / "a.csv")])]) as create:
        create(path).write(b"new")
    assert [(tmp_path / name).read_text() for name in ("a.csv", "b.csv")] == ["old", "new"]


def test_inputs_are_not_listed_if_there_is_nothing_to_lose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(FileSet, "names", lambda _: pytest.fail("listed"))
    refuse_inputs([f"{tmp_path}/new.csv"], [FileSet.of("rows", [str(tmp_path)])])


def test_a_file_of_rejects_that_exists_is_refused(tmp_path: Path):
    rejects = tmp_path / "a.rejects.jsonl"
    rejects.write_text("old")
    message = f"--output: '{rejects}' exists: give another place, or replace it with --overwrite"
    assert refusal(rejects, tmp_path / "a") == message
    assert names_in(tmp_path) == ["a.rejects.jsonl"]


@pytest.mark.parametrize("end", ["", "/"])
def test_a_folder_is_refused(tmp_path: Path, end: str):
    for path in (f"{tmp_path}{end}", f"{tmp_path}/new/"):
        assert refusal(path, overwrite=True) == f"--output '{path}' is a folder: give a file"


def test_a_remote_file_is_refused():
    message = "--output 'gs://b/a.csv' is not on a disk of this machine: give a file here, and copy it"
    assert refusal("gs://b/a.csv") == message


def test_a_folder_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    path = tmp_path / "file" / "a"
    assert refusal(path) == f"--output: cannot write to '{path}': Not a directory"


def test_every_refusal_names_the_flag(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("x")
    files = FileSet.of("rows", [str(file)])
    assert [
        refusal(file, flag="--list"),
        refusal(tmp_path, flag="--list"),
        refusal("gs://b/a", flag="--list"),
        refusal(file / "a", flag="--list"),
        refusal(file, flag="--list", overwrite=True, inputs=[files]),
    ] == [
        f"--list: '{file}' exists: give another place, or replace it with --overwrite",
        f"--list '{tmp_path}' is a folder: give a file",
        "--list 'gs://b/a' is not on a disk of this machine: give a file here, and copy it",
        f"--list: cannot write to '{file}/a': Not a directory",
        f"--list would replace '{file}', which --rows reads: give another place",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path):
    tmp_path.chmod(0o500)
    assert refusal(tmp_path / "a") == f"--output: cannot write to '{tmp_path}/a': Permission denied"


def test_only_what_was_announced_is_opened_and_only_once(tmp_path: Path):
    path, other = str(tmp_path / "a"), str(tmp_path / "b")
    for wrong in (path, other):
        with written_whole([path], overwrite=True) as create:
            create(path)
            with pytest.raises(ValueError, match=f"^'{wrong}' is not to be written, or is being written$"):
                create(wrong)
    assert names_in(tmp_path) == ["a"]


def test_the_folder_of_a_dataset_is_no_place(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    for name in ("manifest.json", "new.csv"):
        with pytest.raises(UsageError) as refused:
            refuse_place(str(tmp_path / name), overwrite=True)
        assert str(refused.value) == (
            f"--output '{tmp_path / name}' lies in the folder of a dataset, which is for its own files: give another"
        )
