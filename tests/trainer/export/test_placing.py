"""Exports replace exports and nothing else, and are there whole or not at all."""

import os
from pathlib import Path

import pytest

from presentation.refusals import UsageError
from trainer.export.description import Description
from trainer.export.files import KERAS_FOLDER, SAVED_MODEL
from trainer.export.placing import check_file, check_folder, placed
from trainer.settings import DecodingSettings

DESCRIPTION = Description(classes={"dog": 1}, image_size=64, resize="stretch", decoding=DecodingSettings())
FILES = (
    *("saved_model.pb", "fingerprint.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"),
    *("assets/label_map.pbtxt", "assets.extra/tf_serving_warmup_requests"),
)


def write(folder: Path, *names: str, description: str = "assets/detector.json") -> Path:
    """Writes what an export as a SavedModel holds, and files of other names."""
    for name in (*FILES, *names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    if description:
        (folder / description).write_text(DESCRIPTION.to_json())
    return folder


def refused(path: object, *, overwrite: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        check_folder(str(path), "--output", SAVED_MODEL, overwrite)
    return str(caught.value)


def test_new_and_empty_folders_are_places(tmp_path: Path):
    (tmp_path / "empty" / "below").mkdir(parents=True)
    for name in ("new", "new/1", "empty"):
        check_folder(str(tmp_path / name), "--output", SAVED_MODEL, overwrite=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_an_export_is_replaced_only_when_told(tmp_path: Path):
    path = write(tmp_path / "1")
    assert refused(path) == f"--output '{path}' holds an export: give another folder, or replace it with --overwrite"
    check_folder(str(path), "--output", SAVED_MODEL, overwrite=True)


def test_what_others_wrote_is_never_replaced(tmp_path: Path):
    foreign = write(tmp_path / "1", "notes.txt", "assets/vocabulary.txt")
    ending = "and is left as it is: give another folder"
    assert refused(foreign, overwrite=True) == (
        f"--output '{foreign}' holds what no export of Shardbox wrote ('assets/vocabulary.txt', 'notes.txt'), {ending}"
    )
    other = write(tmp_path / "2", description="")
    shown = "'assets.extra/tf_serving_warmup_requests', 'assets/label_map.pbtxt', 'fingerprint.pb'"
    assert refused(other, overwrite=True) == (
        f"--output '{other}' holds what no export of Shardbox wrote ({shown}), {ending}"
    )
    linked = write(tmp_path / "3")
    (linked / "variables" / "more").symlink_to(tmp_path)
    assert "('variables/more')" in refused(linked, overwrite=True)


def test_the_other_form_is_foreign(tmp_path: Path):
    path = write(tmp_path / "1")
    with pytest.raises(UsageError, match="holds what no export of Shardbox wrote"):
        check_folder(str(path), "--keras", KERAS_FOLDER, overwrite=True)


def test_places_that_cannot_be(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    assert refused(tmp_path / "file") == f"--output '{tmp_path}/file' is a file: give a folder"
    assert refused(tmp_path / "file" / "1") == (
        f"--output '{tmp_path}/file/1' cannot be written: '{tmp_path}/file' is a file"
    )
    assert refused("gs://bucket/1") == (
        "--output 'gs://bucket/1' is not on a disk of this machine: give a place here, and copy it"
    )


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    path = tmp_path / "new" / "1"
    assert refused(path) == f"--output '{path}' cannot be written: nothing may be written to '{tmp_path}'"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.lite", "--tflite 'a.lite' does not end in .tflite: write --tflite a.tflite"),
        ("folder.tflite", "--tflite 'folder.tflite' is a folder: give a file"),
        (
            "there.tflite",
            "--tflite 'there.tflite' exists: give another file, or replace it with --overwrite",
        ),
    ],
)
def test_files_that_cannot_be(name: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("folder.tflite").mkdir()
    Path("there.tflite").write_text("x")
    with pytest.raises(UsageError) as caught:
        check_file(name, "--tflite", ".tflite", overwrite=False)
    assert str(caught.value) == sentence
    check_file("there.tflite", "--tflite", ".tflite", overwrite=True)
    check_file("new.tflite", "--tflite", ".tflite", overwrite=False)


def test_what_is_made_takes_its_place_at_the_end(tmp_path: Path):
    target = tmp_path / "served" / "1"
    with placed(str(target)) as part:
        write(Path(part))
        assert not target.exists()
        # TensorFlow Serving takes what has a number as its name.
        assert not Path(part).name.isdecimal()
        assert Path(part).parent == target.parent
    assert sorted(os.listdir(tmp_path / "served")) == ["1"]
    assert (target / "saved_model.pb").read_text() == "x"


def test_what_was_there_goes(tmp_path: Path):
    target = write(tmp_path / "1", "variables/variables.data-00001-of-00002")
    with placed(str(target)) as part:
        write(Path(part))
    assert sorted(os.listdir(tmp_path)) == ["1"]
    assert not (target / "variables/variables.data-00001-of-00002").exists()


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path):
    target = write(tmp_path / "1", "variables/old")

    def fail() -> None:
        with placed(str(target)) as part:
            write(Path(part))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert sorted(os.listdir(tmp_path)) == ["1"]
    assert (target / "variables/old").exists()


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with placed(str(tmp_path / "link")) as part:
        write(Path(part))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "saved_model.pb").exists()


def test_a_file_takes_its_place_too(tmp_path: Path):
    target = tmp_path / "below" / "a.tflite"
    for text in ("one", "two"):
        with placed(str(target)) as part:
            Path(part).write_text(text)
    assert target.read_text() == "two"
    assert os.listdir(target.parent) == ["a.tflite"]
