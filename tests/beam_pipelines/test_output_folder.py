"""Whose files lie in the output folder, and which of them may go."""

import json
import os
import threading

import pytest
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.failures import DatasetError
from beam_pipelines.output_folder import (
    Predecessor,
    clear_for,
    drop_temps,
    inspect_output,
    make_folder,
    place_all,
    place_text,
    remove_folder,
    remove_if_empty,
    swap_began,
    temp_folder,
    write_text,
)
from data_contract.manifest import LabelMapFile, Manifest, RejectFile, Rejects, Shard, Split
from presentation.refusals import UsageError

from .made import contents, put

TEMP = "shardbox-temp-" + "0a" * 16
SHARD = "train-00000-of-00001.tfrecord"
MANIFEST = Manifest(
    label_map=LabelMapFile("label_map.pbtxt", "0" * 64),
    classes={"cat": 1},
    splits={"train": Split(0, 0, {}, 0, (Shard(SHARD, 0, 0, "00000000"),))},
    rejects=Rejects((RejectFile("rejects-00000-of-00001.jsonl", 0, 0, "00000000"),), {}),
)
REPORT = "report/index.html"
DATASET = ("label_map.pbtxt", "manifest.json", "rejects-00000-of-00001.jsonl", REPORT, "run.json", SHARD)


def refusal(output, overwrite=True):
    with pytest.raises(UsageError) as refused:
        inspect_output(str(output), overwrite)
    return str(refused.value)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def dataset(output):
    for name in DATASET:
        put(output, name)
    put(output, "manifest.json", MANIFEST.to_json())
    return output


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_new_or_empty_folder_holds_nothing(output, overwrite):
    assert inspect_output(str(output), overwrite) == Predecessor()
    output.mkdir()
    assert inspect_output(str(output), overwrite) == Predecessor()


def test_a_file_is_no_folder(output):
    output.write_text("x")
    assert refusal(output) == refusal(output, overwrite=False) == f"--output '{output}' is a file: give a folder"


def test_a_dataset_is_replaced_only_if_told(dataset):
    assert refusal(dataset, overwrite=False) == (
        f"--output '{dataset}' is not empty, it holds a dataset: give a new folder; --overwrite replaces it"
    )
    assert inspect_output(str(dataset), overwrite=True) == Predecessor(DATASET)


def test_what_a_dataset_lacks_is_not_named(dataset):
    (dataset / "run.json").unlink()
    assert inspect_output(str(dataset), overwrite=True) == Predecessor(tuple(n for n in DATASET if n != "run.json"))


def test_a_path_below_the_working_folder(dataset, monkeypatch):
    monkeypatch.chdir(dataset.parent)
    assert inspect_output("out", overwrite=True) == inspect_output("./out/", overwrite=True) == Predecessor(DATASET)


def test_other_files_are_never_replaced(output):
    put(output, "thesis.tex")
    assert refusal(output, overwrite=False) == (
        f"--output '{output}' is not empty, it holds other files: give a new folder"
    )
    assert refusal(output) == (
        f"--output '{output}' holds 1 entry that no manifest of Shardbox names ('thesis.tex'): "
        "--overwrite deletes only its own files; give another folder"
    )


def test_other_files_beside_a_dataset(dataset):
    for i in range(7):
        put(dataset, f"photo {i}.jpg")
    shown = ", ".join(f"'photo {i}.jpg'" for i in range(5))
    assert refusal(dataset) == (
        f"--output '{dataset}' holds 7 entries that no manifest of Shardbox names ({shown}, …): "
        "--overwrite deletes only its own files; give another folder"
    )


def test_hidden_files_and_folders_are_files_of_others_too(dataset):
    put(dataset, ".git/HEAD")
    assert "('.git')" in refusal(dataset)


@pytest.mark.parametrize(
    "name",
    ["../thesis.tex", "/etc/passwd", "..", "sub/thesis.tex", "..\\thesis.tex", "C:x", "gs://bucket/x", "\u0000"],
)
def test_a_manifest_that_names_files_elsewhere_is_no_manifest(dataset, name):
    put(dataset.parent, "thesis.tex")
    text = MANIFEST.to_json().replace(SHARD, json.dumps(name)[1:-1])
    put(dataset, "manifest.json", text)
    before = contents(dataset.parent)
    assert "that no manifest of Shardbox names" in refusal(dataset)
    assert contents(dataset.parent) == before


@pytest.mark.parametrize("text", ["", "{}", "not JSON", "[1]", '{"format_version": 99}', b"\xff"])
def test_a_manifest_of_something_else(output, text):
    put(output, "manifest.json", text)
    assert refusal(output) == (
        f"--output '{output}' holds 1 entry that no manifest of Shardbox names ('manifest.json'): "
        "--overwrite deletes only its own files; give another folder"
    )


def test_a_folder_that_a_manifest_names_is_no_file_of_ours(dataset):
    (dataset / SHARD).unlink()
    put(dataset, f"{SHARD}/photo.jpg")
    assert f"('{SHARD}')" in refusal(dataset)


@pytest.mark.parametrize("name", ["out[1]", "out*", "out?"])
def test_a_name_that_is_a_pattern_is_refused(tmp_path, name, monkeypatch):
    """Beam's file systems would rename and delete what it matches, in other folders."""
    expected = f"--output '{tmp_path}/{name}' has a wildcard in it (one of * ? [ ]): give a folder without"
    assert refusal(tmp_path / name) == refusal(tmp_path / name, overwrite=False) == expected
    (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / name)
    assert refusal("data") == "--output 'data' has a wildcard in it (one of * ? [ ]): give a folder without".replace(
        "'data'", f"'{tmp_path}/{name}/data'"
    )


def test_temporary_folders_of_runs_that_did_not_end(output):
    put(output, f"{TEMP}/train/00000-x")
    assert refusal(output, overwrite=False) == (
        f"--output '{output}' is not empty, it holds an unfinished run: give a new folder; --overwrite replaces it"
    )
    assert inspect_output(str(output), overwrite=True) == Predecessor((), (TEMP,))


@pytest.mark.parametrize("name", ["shardbox-temp-x", "shardbox-temp-" + "A" * 32, TEMP + "0", "x" + TEMP])
def test_names_that_only_look_like_ours(output, name):
    put(output, f"{name}/x")
    assert f"('{name}')" in refusal(output)


def test_files_of_a_run_that_stopped_in_the_middle(output):
    for name in (SHARD, "label_map.pbtxt"):
        put(output, name)
    put(output, f"{TEMP}/finish.json", json.dumps([SHARD, "label_map.pbtxt", "manifest.json", "../x", "a\\b", ".."]))
    assert inspect_output(str(output), overwrite=True) == Predecessor(("label_map.pbtxt", SHARD), (TEMP,))
    put(output, "thesis.tex")
    assert "('thesis.tex')" in refusal(output)


@pytest.mark.parametrize("text", ["", "[", '["train-00000', "\0"])
def test_a_note_that_was_cut_off_names_nothing(dataset, text):
    put(dataset, f"{TEMP}/finish.json", text)
    assert inspect_output(str(dataset), overwrite=True) == Predecessor(DATASET, (TEMP,))
    (dataset / "manifest.json").unlink()
    assert "holds 5 entries" in refusal(dataset)


def test_a_report_folder_with_more_than_ours_is_not_ours(dataset):
    put(dataset, "report/notes.md")
    assert "holds 1 entry that no manifest of Shardbox names ('report/notes.md')" in refusal(dataset)


def test_what_a_killed_report_has_left_is_ours(dataset):
    part = f"{REPORT}.part-{'0a' * 16}"
    put(dataset, part)
    assert inspect_output(str(dataset), overwrite=True) == Predecessor(tuple(sorted([*DATASET, part])))
    (dataset / "manifest.json").unlink()
    assert f"'{part}'" in refusal(dataset)


def test_a_report_that_is_a_link_is_not_ours(dataset, tmp_path):
    (dataset / REPORT).unlink()
    (dataset / "report").rmdir()
    put(tmp_path, "elsewhere/index.html", "mine")
    (dataset / "report").symlink_to(tmp_path / "elsewhere")
    assert "('report')" in refusal(dataset)
    clear_for(str(dataset), str(dataset), Predecessor(("manifest.json",)), [])
    assert (tmp_path / "elsewhere/index.html").read_text() == "mine"


def test_an_empty_report_folder_counts_for_nothing(output):
    (output / "report").mkdir(parents=True)
    assert inspect_output(str(output), overwrite=False) == Predecessor()


def test_a_report_is_placed_in_a_folder_of_its_own(tmp_path):
    (tmp_path / "temp").mkdir()
    place_text(str(tmp_path), REPORT, "page", str(tmp_path / "temp"))
    assert contents(tmp_path) == {REPORT: b"page", "temp/": b""}


def test_the_temporary_folder_lies_in_the_output():
    assert temp_folder("/data/out", "ab") == "/data/out/shardbox-temp-ab"


def test_folders_are_made_once(tmp_path):
    assert make_folder(str(tmp_path / "a/b")) is True
    put(tmp_path, "a/b/c")
    assert make_folder(str(tmp_path / "a/b")) is False
    assert contents(tmp_path) == {"a/b/c": b"x"}


def test_a_folder_that_cannot_be_made(tmp_path):
    put(tmp_path, "file")
    with pytest.raises(UsageError) as refused:
        make_folder(str(tmp_path / "file/out"))
    assert str(refused.value) == f"cannot write to '{tmp_path}/file/out': Not a directory"


def test_folders_are_removed_with_all_that_is_in_them(tmp_path):
    put(tmp_path, "a/b/c")
    put(tmp_path, "d/e")
    remove_if_empty(str(tmp_path / "a"))
    remove_folder(str(tmp_path / "a"))
    remove_folder(str(tmp_path / "a"))
    assert contents(tmp_path) == {"d/e": b"x"}
    (tmp_path / "d/e").unlink()
    remove_if_empty(str(tmp_path / "d"))
    remove_if_empty(str(tmp_path / "d"))
    assert os.listdir(tmp_path) == []


def test_texts_are_placed_whole(tmp_path):
    put(tmp_path, "manifest.json", "old")
    (tmp_path / "temp").mkdir()
    place_text(str(tmp_path), "manifest.json", "naïve\n", str(tmp_path / "temp"))
    assert contents(tmp_path) == {"manifest.json": "naïve\n".encode(), "temp/": b""}
    write_text(str(tmp_path / "x.gz"), "plain")
    assert (tmp_path / "x.gz").read_bytes() == b"plain"


def test_clearing_deletes_the_predecessor_alone(dataset):
    temp = dataset / TEMP
    temp.mkdir()
    put(dataset, "photo.jpg")
    assert not swap_began(str(temp))
    new = ["label_map.pbtxt", "train-00000-of-00002.tfrecord"]
    clear_for(str(dataset), str(temp), Predecessor(DATASET), new)
    assert swap_began(str(temp))
    assert contents(dataset) == {
        "photo.jpg": b"x",
        f"{TEMP}/finish.json": json.dumps(sorted({*DATASET, *new})).encode(),
        f"{TEMP}/cleared": b"yes",
    }
    put(dataset, "label_map.pbtxt", "new")
    clear_for(str(dataset), str(temp), Predecessor(DATASET), new)
    assert (dataset / "label_map.pbtxt").read_text() == "new"


def test_the_manifest_goes_first(dataset, monkeypatch):
    temp = dataset / TEMP
    temp.mkdir()
    deleted = []

    def delete(paths):
        deleted.extend(paths)

    monkeypatch.setattr("beam_pipelines.output_folder.FileSystems.delete", delete)
    clear_for(str(dataset), str(temp), Predecessor(DATASET), [])
    rest = [str(dataset / name) for name in DATASET if name != "manifest.json"]
    assert deleted == [str(dataset / "manifest.json"), *rest]


def test_all_temporary_folders_go_at_the_end(dataset):
    stale = "shardbox-temp-" + "f" * 32
    for name in (f"{TEMP}/a", f"{stale}/b", "shardbox-temp-of-others/c"):
        put(dataset, name)
    drop_temps(str(dataset), str(dataset / TEMP), Predecessor((), (stale,)))
    assert sorted(contents(dataset)) == sorted([*DATASET, "shardbox-temp-of-others/c"])


def test_a_shard_that_is_gone_saves_the_predecessor(dataset):
    temp = dataset / TEMP
    temp.mkdir()
    before = contents(dataset)
    lost = str(temp / "train/00000-x.train.tfrecord")
    with pytest.raises(DatasetError) as failure:
        clear_for(str(dataset), str(temp), Predecessor(DATASET), [], [lost])
    assert failure.value.sentence == f"'{lost}' was written and is gone: did something else clean up '{dataset}'?"
    assert contents(dataset) == before


@pytest.mark.parametrize("theirs", ["manifest.json", f"shardbox-temp-{'0' * 32}/x"])
def test_another_run_in_the_same_folder_is_not_mixed_with(tmp_path, theirs):
    temp = tmp_path / TEMP
    temp.mkdir()
    put(tmp_path, theirs)
    before = contents(tmp_path)
    with pytest.raises(DatasetError) as failure:
        clear_for(str(tmp_path), str(temp), Predecessor(), [])
    sentence = f"another run has written to '{tmp_path}' meanwhile: give each run a folder of its own"
    assert failure.value.sentence == sentence
    assert contents(tmp_path) == before


FILES = {f"{number}-x.{split}": f"{split}-{number}" for number in range(70) for split in ("train", "test")}


@pytest.fixture
def finished(output):
    """Files in the temporary folder: path → name in the dataset."""
    return {str(put(output, f"{TEMP}/{path}", path)): name for path, name in FILES.items()}


@pytest.mark.parametrize("done", [0, 1, 69, 140])
def test_files_get_their_names_wherever_an_attempt_before_stopped(output, finished, done):
    for path, name in list(finished.items())[:done]:
        os.rename(path, output / name)
    for _ in range(2):
        place_all(str(output), str(output / TEMP), finished)
        assert contents(output) == {**{name: path.encode() for path, name in FILES.items()}, f"{TEMP}/": b""}


def test_a_file_that_is_in_neither_place_stops_it(output, finished):
    path = str(output / TEMP / "7-x.test")
    os.unlink(path)
    before = contents(output)
    with pytest.raises(DatasetError) as failure:
        place_all(str(output), str(output / TEMP), finished)
    assert failure.value.sentence == f"'{path}' was written and is gone: did something else clean up '{output}'?"
    assert contents(output) == before


def test_files_are_placed_at_the_same_time(output, finished, monkeypatch):
    rename, all_there = FileSystems.rename, threading.Barrier(64)

    def wait_for_the_others(*paths):
        all_there.wait(60)
        rename(*paths)

    monkeypatch.setattr(FileSystems, "rename", wait_for_the_others)
    place_all(str(output), str(output / TEMP), finished)
    assert sorted(os.listdir(output)) == sorted([*FILES.values(), TEMP])
