"""A dataset that is replaced, and runs that are killed, interrupted or fail on the way: no mixture, no rest."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from google_crc32c import value as crc32c
from PIL import Image

from data_contract.manifest import Manifest, ManifestError, read_manifest

from .made_sets import encoded, flags, good_set, mixed_set, pair, voc_xml, write_set
from .shardbox_runs import PATIENCE, ROOT, TWO_PROCESSES, build, command, digests, said, shardbox, snapshot

KILLER = Path(__file__).with_name("killed_runs.py")
SOON = 20.0
"""Seconds in which all processes of a run must be gone."""
INTERRUPTED = "shardbox: interrupted; the dataset was not finished\n"


def assert_whole(folder: Path, manifest: Manifest) -> None:
    """Every file that the manifest names is there, and is the one it means."""
    shards = [shard for split in manifest.splits.values() for shard in split.shards]
    found = [(path := folder / file.name).stat().st_size for file in (*shards, *manifest.rejects.files)]
    assert found == [file.bytes for file in (*shards, *manifest.rejects.files)]
    sums = [f"{crc32c((folder / file.name).read_bytes()):08x}" for file in (*shards, *manifest.rejects.files)]
    assert sums == [file.crc32c for file in (*shards, *manifest.rejects.files)]
    assert path.parent == folder


def assert_nothing_but_the_dataset(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert_whole(folder, manifest)
    ours = {"manifest.json", "run.json", "report", "report/index.html"}
    assert set(snapshot(folder)) == {*manifest.files(), *ours}


class Replaced(NamedTuple):
    """What runs left that were killed while they replaced a dataset."""

    folder: Path
    old: dict[str, str]
    new: dict[str, str]
    left: list[Path]
    """After a kill before the first operation on the folder, before the second, and so on; the last run was whole."""


OLD = ("--splits=train=0.5,test=0.5", "--max_rejects=0.2")
NEW = ("--splits=all=1", "--num_shards=2", "--max_rejects=0.2")


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> Replaced:
    folder = tmp_path_factory.mktemp("killed")
    files = good_set(12) | {"Annotations/lost.xml": voc_xml("lost.jpg").encode()}
    given = flags(write_set(folder / "set", files), folder / "new")
    build(*given[:2], f"--output={folder / 'out'}", *OLD)
    build(*given, *NEW)
    old = digests(folder / "out")
    for name in ("left", "temporary"):
        (folder / name).mkdir()
    done = subprocess.run(
        [sys.executable, KILLER, folder / "out", folder / "left", *given[:2], *NEW],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder / "temporary")},
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,  # for some thirty runs
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done
    return Replaced(folder, old, digests(folder / "new"), sorted((folder / "left").iterdir()))


class TestKilledAtAnyMoment:
    """As kill -9 does, before each operation on the output folder in turn; other shards take the old ones' place."""

    def test_a_reader_finds_the_old_dataset_or_none_or_the_new_one(self, replaced: Replaced):
        found = []
        for folder in replaced.left:
            try:
                assert_whole(folder, read_manifest(folder))
            except ManifestError as error:
                found.append(str(error).removeprefix(f"{folder}: ").partition(":")[0])
            else:
                files = digests(folder)
                assert files["manifest.json"] in (replaced.old["manifest.json"], replaced.new["manifest.json"])
                found.append("old" if files["manifest.json"] == replaced.old["manifest.json"] else "new")
        # In this order, each of them for several operations.
        assert [name for name, _ in itertools.groupby(found)] == ["old", "no manifest", "new"]
        assert min(found.count("old"), found.count("no manifest"), found.count("new")) >= 3

    def test_the_old_dataset_is_whole_until_its_manifest_goes(self, replaced: Replaced):
        for folder in replaced.left:
            if digests(folder).get("manifest.json") == replaced.old["manifest.json"]:
                files = {name: digest for name, digest in digests(folder).items() if "shardbox-temp-" not in name}
                assert files == replaced.old

    def test_a_run_that_is_not_killed_leaves_the_new_dataset(self, replaced: Replaced):
        assert digests(replaced.left[-1]) == replaced.new
        assert_nothing_but_the_dataset(replaced.left[-1])

    def test_overwrite_mends_it(self, replaced: Replaced):
        given = flags(replaced.folder / "set", Path())[:2]
        for folder in replaced.left[1:-1:3]:
            build(*given, f"--output={folder}", "--overwrite", *NEW)
            assert digests(folder) == replaced.new
            assert_nothing_but_the_dataset(folder)

    def test_without_overwrite_it_is_refused(self, replaced: Replaced):
        folder = next(left for left in replaced.left[8:] if not (left / "manifest.json").exists())
        before = snapshot(folder)
        message = (
            f"shardbox: --output '{folder}' is not empty, it holds an unfinished run: "
            "give a new folder; --overwrite replaces it\n"
        )
        given = flags(replaced.folder / "set", folder)
        assert shardbox("build", *given, *NEW) == (2, "", message)
        assert snapshot(folder) == before

    def test_a_foreign_file_beside_a_rest_is_not_deleted(self, replaced: Replaced):
        folder = next(left for left in replaced.left[8:] if not (left / "manifest.json").exists())
        (folder / "notes.txt").write_text("mine")
        before = snapshot(folder)
        given = flags(replaced.folder / "set", folder)
        result = shardbox("build", *given, *NEW, "--overwrite")
        assert (result.code, "('notes.txt')" in result.err) == (2, True)
        assert snapshot(folder) == before
        (folder / "notes.txt").unlink()


def test_a_foreign_file_beside_a_dataset_is_not_deleted(tmp_path: Path):
    given = flags(write_set(tmp_path / "set", good_set(12)), tmp_path / "out")
    build(*given)
    (tmp_path / "out/train-00000-of-00009.tfrecord").write_text("another program's")
    before = snapshot(tmp_path)
    message = (
        f"shardbox: --output '{tmp_path / 'out'}' holds 1 entry that no manifest of Shardbox names "
        "('train-00000-of-00009.tfrecord'): --overwrite deletes only its own files; give another folder\n"
    )
    assert shardbox("build", *given, "--overwrite") == (2, "", message)
    assert snapshot(tmp_path) == before


def test_another_number_of_shards_leaves_no_old_ones(tmp_path: Path):
    given = flags(write_set(tmp_path / "set", good_set(12)), tmp_path / "out")
    build(*given, "--num_shards=train=7,validation=1,test=2")
    build(*given, "--num_shards=train=2,validation=1,test=1", "--overwrite")
    assert_nothing_but_the_dataset(tmp_path / "out")
    build(*given[:2], f"--output={tmp_path / 'fresh'}", "--num_shards=train=2,validation=1,test=1")
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def test_a_run_that_fails_leaves_the_old_dataset_byte_for_byte(tmp_path: Path):
    """The picture vanishes between the examination and the writing, when the first shards are there already."""
    folder = mixed_set(tmp_path / "set")
    given = (*flags(folder, tmp_path / "out"), "--max_rejects=0.2", "--splits=all=1", "--num_shards=9")
    build(*given)
    before = snapshot(tmp_path / "out")
    (folder / "Annotations/more.xml").write_text(voc_xml("lost-too.jpg"))
    head = "shardbox: 3 of "
    result = shardbox("build", *given, "--overwrite", "--max_rejects=0.01")
    assert (result.code, result.out, result.err[: len(head)]) == (1, "", head)
    assert snapshot(tmp_path / "out") == before


def test_a_picture_that_vanishes_fails_the_run_and_leaves_the_old_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = write_set(tmp_path / "set", good_set(12))
    given = (*flags(folder, tmp_path / "out"), "--splits=all=1", "--num_shards=4")
    build(*given)
    before = snapshot(tmp_path / "out")
    from beam_pipelines import encoding

    read, gone = encoding.read_file, []

    def read_until_gone(path: str) -> bytes:
        gone.append(path)
        if len(gone) == 12:
            Path(path).unlink()
        return read(path)

    monkeypatch.setattr(encoding, "read_file", read_until_gone)
    result = shardbox("build", *given, "--overwrite")
    message = f"shardbox: '{gone[-1]}' was there when the job began and is gone now: run the job again\n"
    assert result == (1, "", message)
    assert snapshot(tmp_path / "out") == before


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set that takes seconds to examine, and again to write: pictures without content, but many pixels."""
    files = good_set(12)
    large = encoded(Image.new("1", (5000, 5000)), "BMP")
    for i in range(8):
        name = f"large-{i}"
        files |= pair(name, size=(5000, 5000)) | {f"JPEGImages/{name}.jpg": large + bytes([i])}
    return write_set(tmp_path_factory.mktemp("slow") / "set", files)


def wait_for(seen: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Waits until something is seen; the process must not end meanwhile."""
    end = time.monotonic() + PATIENCE
    while not seen():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.002)


def group_is_gone(group: int) -> bool:
    """Whether no process of a group runs any more; a container may keep the dead ones in its list."""
    if Path("/proc/self/stat").exists():
        return not any(fields[2] == str(group) and fields[0] != "Z" for fields in process_states())
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def process_states() -> Iterator[list[str]]:
    """State, parent, group and so on of each process (proc(5))."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield stat.read_text(errors="replace").rpartition(")")[2].split()


@pytest.fixture
def started(slow: Path, tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `shardbox build` over the slow set, as the leader of a group of processes that is killed in the end."""
    processes = []

    def start(*more: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command(*flags(slow, tmp_path / "out"), "--splits=all=1", "--num_shards=4", *more),
            cwd=ROOT,
            start_new_session=True,
            env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    (tmp_path / "temporary").mkdir()
    yield start
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def ctrl_c(process: int) -> None:
    """Reaches every process of a terminal's group."""
    os.killpg(process, signal.SIGINT)


def terminate(process: int) -> None:
    """Reaches the command alone."""
    os.kill(process, signal.SIGTERM)


EXAMINING, WRITING = "shardbox-temp-*", "shardbox-temp-*/*.tfrecord"
IN_MEMORY: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("mode", "marker", "send"),
    [
        (IN_MEMORY, EXAMINING, ctrl_c),
        (IN_MEMORY, WRITING, ctrl_c),
        (IN_MEMORY, WRITING, terminate),
        (TWO_PROCESSES, WRITING, ctrl_c),
        (TWO_PROCESSES, WRITING, terminate),
    ],
    ids=[
        "Ctrl-C while examining",
        "Ctrl-C while writing",
        "SIGTERM while writing",
        "Ctrl-C with 2 processes",
        "SIGTERM with 2 processes",
    ],
)
def test_interrupted(
    mode: tuple[str, ...],
    marker: str,
    send: Callable[[int], None],
    started: Callable[..., "subprocess.Popen[str]"],
    tmp_path: Path,
):
    output = tmp_path / "out"
    process = started(*mode)
    wait_for(lambda: any(output.glob(marker)), process)
    send(process.pid)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, said(err)) == (130, "", INTERRUPTED)
    end = time.monotonic() + SOON
    while not group_is_gone(process.pid):
        assert time.monotonic() < end, "worker processes go on"
        time.sleep(0.01)
    assert not output.exists() or snapshot(output) == {}
    assert list((tmp_path / "temporary").iterdir()) == []


def test_killed_with_its_workers(started: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, slow: Path):
    """As kill -9 does to a whole group of processes, while two of them write."""
    output = tmp_path / "out"
    process = started(*TWO_PROCESSES)
    wait_for(lambda: any(output.glob(WRITING)), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    with pytest.raises(ManifestError, match="no manifest: the dataset is not finished"):
        read_manifest(output)
    for large in slow.glob("*/large-*"):
        large.unlink()
    build(*flags(slow, output), "--overwrite")
    assert_nothing_but_the_dataset(output)
