"""Bad input that makes no dataset at all: one sentence, an exit code, and nothing that was written or changed."""

import errno
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import pytest
from apache_beam.io.localfilesystem import LocalFileSystem

from data_contract.manifest import read_manifest

from .made_sets import flags, good_set, jpeg, pair, voc_xml, write_set
from .shardbox_runs import PATIENCE, ROOT, TWO_PROCESSES, Result, build, command, in_a_process, said, shardbox, snapshot

FULL = "shardbox: The disk is full: free some space and run the same command again.\n"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files, which is empty after every command."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def twelve(tmp_path: Path) -> Path:
    """A set of twelve pictures, six of each class."""
    return write_set(tmp_path / "set", good_set(12))


def refused(folder: Path, output: Path, *more: object) -> Result:
    """A run that must leave everything as it was."""
    before = snapshot(folder.parent)
    result = shardbox("build", *flags(folder, output), *more)
    assert snapshot(folder.parent) == before
    return result


def test_class_not_in_the_map(tmp_path: Path):
    files = good_set(12) | pair("x", boxes=[("Dog", 1, 1, 9, 9), ("fox", 1, 1, 9, 9)])
    folder = write_set(tmp_path / "set", files | pair("y", boxes=[("fox", 1, 1, 9, 9)]))
    label_map = tmp_path / "map.pbtxt"
    label_map.write_text('item { name: "cat" id: 1 } item { name: "dog" id: 2 }')
    message = (
        "shardbox: 2 classes are not in the label map:\n"
        "  'Dog': 1 box (the map has 'dog')\n"
        "  'fox': 2 boxes\n"
        "Add them to the label map, or drop their boxes with --unknown_classes=drop.\n"
    )
    assert refused(folder, tmp_path / "out", f"--label_map={label_map}") == (1, "", message)


def test_workers_stay_silent_in_a_process_of_their_own(tmp_path: Path, twelve: Path):
    """What Beam's workers print goes round Python's own sys.stderr."""
    done = in_a_process(*flags(twelve, tmp_path / "out"), "--group_by=video(.)", *TWO_PROCESSES)
    message = (
        "shardbox: --group_by 'video(.)' matches none of 12 image paths: it is a regular expression, "
        "searched in the path below --images\n"
    )
    assert done == (1, "", message)


def test_output_is_a_file(tmp_path: Path, twelve: Path):
    file = tmp_path / "file"
    file.write_text("x")
    message = f"shardbox: --output '{file}' is a file: give a folder\n"
    assert refused(twelve, file) == (2, "", message)


def test_unwritable_output(tmp_path: Path, twelve: Path):
    (tmp_path / "file").write_text("x")
    output = tmp_path / "file" / "out"
    assert refused(twelve, output) == (2, "", f"shardbox: cannot write to '{output}': Not a directory\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_without_permission(tmp_path: Path, twelve: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    result = refused(twelve, closed / "out")
    assert result == (2, "", f"shardbox: cannot write to '{closed / 'out'}': Permission denied\n")


def test_output_not_empty(tmp_path: Path, twelve: Path):
    output = tmp_path / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    head = f"shardbox: --output '{output}'"
    message = f"{head} is not empty, it holds other files: give a new folder\n"
    assert refused(twelve, output) == (2, "", message)
    message = (
        f"{head} holds 1 entry that no manifest of Shardbox names ('notes.txt'): "
        "--overwrite deletes only its own files; give another folder\n"
    )
    assert refused(twelve, output, "--overwrite") == (2, "", message)


def test_output_holds_a_dataset(tmp_path: Path, twelve: Path):
    output = tmp_path / "out"
    build(*flags(twelve, output))
    message = (
        f"shardbox: --output '{output}' is not empty, it holds a dataset: give a new folder; --overwrite replaces it\n"
    )
    assert refused(twelve, output) == (2, "", message)


@pytest.mark.parametrize(
    ("flag", "pattern", "where"),
    [
        ("annotations", "Annotations/*.xlm", "the folder '{set}/Annotations' exists and holds 12 entries"),
        ("images", "JPEGImages/*.png", "the folder '{set}/JPEGImages' exists and holds 12 entries"),
        ("images", "JPGImages/*.jpg", "of its path only '{set}' exists"),
        ("images", "JPGImages", "the folder '{set}' exists and holds 2 entries"),
    ],
)
def test_pattern_matches_nothing(flag: str, pattern: str, where: str, tmp_path: Path, twelve: Path):
    given = f"{twelve}/{pattern}"
    message = f"shardbox: --{flag} '{given}' matches nothing ({where.format(set=twelve)})\n"
    assert refused(twelve, tmp_path / "out", f"--{flag}={given}") == (2, "", message)


def test_no_image_at_all(tmp_path: Path):
    folder = write_set(tmp_path / "set", {})
    where = f"the folder '{folder}/Annotations' exists and holds 0 entries"
    message = f"shardbox: --annotations '{folder}/Annotations' matches nothing ({where})\n"
    assert refused(folder, tmp_path / "out") == (2, "", message)


@pytest.mark.parametrize("number", [1, 2])
def test_1_and_2_images_in_all(number: int, tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(number))
    pictures = "1 picture" if number == 1 else "2 pictures"
    message = f"shardbox: {pictures} (a group counts as one) cannot fill 3 splits: use --splits all=1\n"
    assert refused(folder, tmp_path / "out") == (1, "", message)
    build(*flags(folder, tmp_path / "out"), "--splits=all=1")
    assert {name: split.images for name, split in read_manifest(tmp_path / "out").splits.items()} == {"all": number}


def test_2_images_fill_2_splits(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(2))
    build(*flags(folder, tmp_path / "out"), "--splits=train=0.5,test=0.5")
    splits = read_manifest(tmp_path / "out").splits
    assert {name: split.images for name, split in splits.items()} == {"train": 1, "test": 1}


def test_split_too_small_for_a_single_image(tmp_path: Path):
    """A class with as many pictures as there are splits would be brought to each; here every picture has its own."""
    twelve = write_set(tmp_path / "set", good_set(12, tuple("abcdefghijkl")))
    message = (
        "shardbox: 12 pictures (a group counts as one) leave the split test of --splits train=0.99,test=0.01 empty: "
        "every fraction must be at least 0.0833, for example --splits train=0.9,test=0.1; or use --splits all=1\n"
    )
    assert refused(twelve, tmp_path / "out", "--splits=train=0.99,test=0.01") == (1, "", message)
    build(*flags(twelve, tmp_path / "out"), "--splits=train=0.9,test=0.1")  # what the message says


def test_nothing_matches(tmp_path: Path):
    files = {f"Annotations/{i}.xml": voc_xml("lost.jpg").encode() for i in range(5)} | {"JPEGImages/b.jpg": jpeg("b")}
    message = (
        "shardbox: 5 of 5 images were rejected (100.0%): nothing is left to write\n"
        "  image_missing: 5. No image file has this name: check --images, or rename one of the two.\n"
        "    '0.xml': no image file is named so: neither 'lost.jpg' nor '0'\n"
        "    '1.xml': no image file is named so: neither 'lost.jpg' nor '1'\n"
        "    '2.xml': no image file is named so: neither 'lost.jpg' nor '2'\n"
        "    … and 2 more\n"
    )
    assert refused(write_set(tmp_path / "set", files), tmp_path / "out") == (1, "", message)


def test_more_rejects_than_allowed(tmp_path: Path):
    files = good_set(12) | {"Annotations/lost.xml": voc_xml("lost.jpg").encode()}
    folder = write_set(tmp_path / "set", files)
    message = (
        "shardbox: 1 of 13 images were rejected (7.7%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.077\n"
        "  image_missing: 1. No image file has this name: check --images, or rename one of the two.\n"
        "    'lost.xml': no image file is named so: neither 'lost.jpg' nor 'lost'\n"
    )
    assert refused(folder, tmp_path / "out") == (1, "", message)
    build(*flags(folder, tmp_path / "out"), "--max_rejects=0.077")  # what the message says


def test_rejected_boxes_are_no_rejected_images(tmp_path: Path):
    """--max_rejects counts images."""
    folder = write_set(tmp_path / "set", good_set(12) | pair("x", boxes=[("cat", 9, 1, 1, 9)] * 50))
    build(*flags(folder, tmp_path / "out"), "--max_rejects=0")
    assert read_manifest(tmp_path / "out").rejects.counts == {"box_reversed": 50}


def test_no_box_at_all(tmp_path: Path):
    files: dict[str, bytes] = {}
    for i in range(4):
        files |= pair(f"empty-{i}", boxes=[])
    message = (
        "shardbox: none of 4 images has a box, so there is no class to learn: "
        "check the annotations, or give a --label_map to write negatives alone\n"
    )
    assert refused(write_set(tmp_path / "set", files), tmp_path / "out") == (1, "", message)


def test_full_disk(tmp_path: Path, twelve: Path):
    """A real one: a file system of 16 KiB, in a name space of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = [shutil.which("unshare") or "", "--map-root-user", "--mount"]
    mount = f"mount -t tmpfs -o size=16k none {disk}"
    if not alone[0] or subprocess.run([*alone, "sh", "-c", mount], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system in a name space")
    script = f'{mount} && "$@"; code=$?; ls -A {disk}; exit $code'
    done = subprocess.run(
        [*alone, "sh", "-c", script, "sh", *command(*flags(twelve, disk / "out"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout, said(done.stderr)) == (1, "", FULL)


def test_file_larger_than_allowed(tmp_path: Path, twelve: Path):
    """The log of the run cannot grow either, which must not hide the reason."""
    output = tmp_path / "out"
    done = subprocess.run(
        command(*flags(twelve, output)),
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    message = "shardbox: A file grew larger than the disk or a limit allows: take a smaller --shard_size.\n"
    assert (done.returncode, done.stdout, said(done.stderr)) == (1, "", message)
    assert not output.exists()


class FullFile(FileIO):
    """A file on a disk without space."""

    def write(self, _data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("which", [".train.tfrecord", ".rejects", "finish.json"])
def test_disk_is_full_when_it_comes_to(which: str, tmp_path: Path, twelve: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing of a dataset that was there has gone by then."""
    output = tmp_path / "out"
    build(*flags(twelve, output))
    (twelve / "Annotations/lost.xml").write_text(voc_xml("lost.jpg"))
    fill_up_at(which, monkeypatch)
    assert refused(twelve, output, "--overwrite", "--max_rejects=1") == (1, "", FULL)


@pytest.mark.parametrize("which", ["label_map.pbtxt", "manifest.json"])
def test_disk_is_full_at_the_very_end(which: str, tmp_path: Path, twelve: Path, monkeypatch: pytest.MonkeyPatch):
    """The folder is no dataset then, and --overwrite mends it."""
    output = tmp_path / "out"
    with monkeypatch.context() as full:
        fill_up_at(which, full)
        assert shardbox("build", *flags(twelve, output)) == (1, "", FULL)
    assert not (output / "manifest.json").exists()
    build(*flags(twelve, output), "--overwrite")
    expected = {*read_manifest(output).files(), "manifest.json", "run.json", "report"}
    assert {path.name for path in output.iterdir()} == expected


def test_no_room_for_the_report(tmp_path: Path, twelve: Path, monkeypatch: pytest.MonkeyPatch):
    """The dataset is whole all the same."""
    output = tmp_path / "out"
    with monkeypatch.context() as full:
        fill_up_at("index.html", full)
        result = shardbox("build", *flags(twelve, output))
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[-1] == f"The report could not be made: `shardbox report {output}` tells why."
    assert not (output / "report").exists()
    assert read_manifest(output).splits["train"].images > 0


def fill_up_at(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the disk be full for files with such a path."""
    path_open = LocalFileSystem._path_open

    def open_full(self: LocalFileSystem, path: str, mode: str, *more: object, **named: object) -> object:
        if which in path and mode == "wb":
            return FullFile(path, "wb")
        return path_open(self, path, mode, *more, **named)

    monkeypatch.setattr(LocalFileSystem, "_path_open", open_full)
