"""Input and output in object stores: the same bytes as on a disk, nothing left over, and sentences for what fails."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from google_crc32c import value as crc32c

from beam_pipelines.listing import FileSet
from beam_pipelines.stores.options import use_options
from data_contract.label_map import LabelMap
from data_contract.manifest import REPORT_NAME, Manifest

from ..end_to_end.shardbox_runs import ROOT, TWO_PROCESSES, Result, build, digests, said, shardbox
from . import store_servers
from .reference import OPTIONS, Wanted, tell
from .store_servers import S3, Azure, Store, free_port

IN_MEMORY = "--direct_running_mode=in_memory"
PATIENCE = 400
"""Seconds: these servers are slow, and other tests may run beside."""
QUICK = 120.0
"""Seconds in which a person must be told that something cannot work, on a machine that has other work."""
KILLER = Path(__file__).with_name("killed_on_s3.py")


def run(*arguments: object, program: tuple[object, ...] = ("-m", "beam_pipelines"), **environment: str) -> Result:
    """Runs the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, *map(str, program), *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200", "AWS_EC2_METADATA_DISABLED": "true", "NO_GCE_CHECK": "true"} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Result(done.returncode, done.stdout, said(done.stderr))


def on(store: Store, *arguments: object) -> Result:
    """Runs the command in a process of its own, as somebody would who uses that store."""
    return run(*arguments, *store.flags, **store.environment)


Here = Callable[..., Result]
"""Runs the command in this process, with the variables of a store: some seconds sooner, and more where much is run."""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    def run_here(store: Store, *arguments: object) -> Result:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        return shardbox(*arguments)

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    return run_here


def places(store: Store) -> list[str]:
    """The flags for the common input, which the fixture has uploaded."""
    return [f"--annotations={store.bucket}/set/Annotations", f"--images={store.bucket}/set/JPEGImages"]


@pytest.fixture(scope="module", params=["s3", "gcs", "azure"])
def store(request: pytest.FixtureRequest, wanted: Wanted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the common input below `set`."""
    start: Callable[[Path], AbstractContextManager[Store]] = getattr(store_servers, request.param)
    with start(tmp_path_factory.mktemp(request.param)) as running:
        running.upload(wanted.source, "set")
        yield running


@pytest.fixture(scope="module")
def s3(wanted: Wanted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """A bucket with the common input below `set`."""
    with store_servers.s3(tmp_path_factory.mktemp("s3")) as running:
        running.upload(wanted.source, "set")
        yield running


NAMES = {"s3": "S3", "gs": "GCS", "azfs": "Azure"}


@pytest.fixture(scope="module")
def built(store: Store) -> str:
    """The name of a dataset in its store."""
    result = on(store, "build", *places(store), f"--output={store.bucket}/out/data", *OPTIONS, IN_MEMORY)
    assert (result.code, result.err) == (0, "")
    return "out/data"


class TestDataset:
    """Built once in each store, and then looked at in several ways."""

    def test_it_is_the_one_of_the_disk(self, store: Store, built: str, wanted: Wanted, tmp_path: Path) -> None:
        found = digests(store.download(built, tmp_path / "copy"))
        tell(f"{NAMES[store.scheme]}, local runner", store.release, found)
        assert found == wanted.digests

    def test_nothing_else_is_left(self, store: Store, built: str, wanted: Wanted) -> None:
        assert sorted(store.names("out/")) == sorted(f"{built}/{name}" for name in (*wanted.digests, "run.json"))
        assert not isinstance(store, S3) or store.uploads() == []

    def test_its_keys_are_not_told(self, store: Store, built: str) -> None:
        told = store.get(f"{built}/run.json").decode()
        assert "not-a-secret" not in told
        assert Azure.key not in told

    def test_it_is_whole(self, store: Store, built: str, here: Here) -> None:
        result = here(store, "verify", f"{store.bucket}/{built}", "--json", IN_MEMORY, *store.flags)
        assert result.code == 0, result
        assert json.loads(result.out)["findings"] == []

    def test_a_record_is_shown(self, store: Store, built: str, here: Here) -> None:
        """Without Beam's flags: `show` takes none, and the store's variables do."""
        result = here(store, "show", f"{store.bucket}/{built}", "--index=3")
        assert (result.code, ".jpg" in result.out) == (0, True), result

    def test_it_is_no_other_than_the_one_of_the_disk(
        self, store: Store, built: str, wanted: Wanted, here: Here, tmp_path: Path
    ) -> None:
        changes = tmp_path / "changes.jsonl"
        flags = [wanted.folder, f"{store.bucket}/{built}", f"--list={changes}", IN_MEMORY, *store.flags]
        assert here(store, "diff", *flags).code == 0
        assert changes.read_bytes() == b""

    def test_its_page_is_made_anew(self, store: Store, built: str, here: Here) -> None:
        before, page = store.get(f"{built}/{REPORT_NAME}"), f"{store.bucket}/again/page.html"
        for flags in ("--overwrite",), (f"--output={page}",):
            result = here(store, "report", f"{store.bucket}/{built}", *flags, IN_MEMORY, *store.flags)
            assert (result.code, result.err) == (0, "")
        assert store.get(f"{built}/{REPORT_NAME}") == before
        assert store.names("again/") == ["again/page.html"]

    def test_it_is_not_replaced_unasked(self, store: Store, built: str, here: Here) -> None:
        before = store.names("")
        output = f"{store.bucket}/{built}"
        result = here(store, "build", *places(store), f"--output={output}", *OPTIONS, IN_MEMORY, *store.flags)
        message = f"shardbox: --output '{output}' is not empty, it holds a dataset: give a new folder; --overwrite"
        assert (result.code, result.err[: len(message)]) == (2, message)
        assert store.names("") == before

    def test_another_takes_its_place(self, store: Store, built: str, wanted: Wanted, tmp_path: Path) -> None:
        """Of two worker processes, and with fewer shards."""
        output = f"--output={store.bucket}/{built}"
        result = on(store, "build", *places(store), output, *OPTIONS, "--num_shards=1", "--overwrite", *TWO_PROCESSES)
        assert (result.code, result.err) == (0, "")
        found = digests(store.download(built, tmp_path / "copy"))
        names = {name for name in wanted.digests if "-of-0" not in name}
        shards = {f"{split}-00000-of-00001.tfrecord" for split in ("train", "validation", "test")}
        assert set(found) == names | shards | {"rejects-00000-of-00001.jsonl"}


def test_single_files_of_a_store(store: Store, here: Here, tmp_path: Path) -> None:
    """A table, lists of splits and a label map, each named by its own path."""
    rows = ["filename,width,height,class,xmin,ymin,xmax,ymax"]
    rows += [f"good-{number:03d}.jpg,40,30,cat,4,3,20,15" for number in range(8)]
    store.put("tables/boxes.csv", "\n".join(rows).encode())
    lists = {"train": range(6), "test": range(6, 8)}
    for split, numbers in lists.items():
        store.put(f"tables/{split}.txt", "".join(f"good-{number:03d}\n" for number in numbers).encode())
    store.put("tables/map.pbtxt", LabelMap.from_ids({"cat": 5}).to_pbtxt().encode())
    at = f"{store.bucket}/tables"
    flags = [
        f"--rows={at}/boxes.csv",
        f"--images={store.bucket}/set/JPEGImages",
        f"--split_lists=train={at}/train.txt,test={at}/test.txt",
        f"--label_map={at}/map.pbtxt",
        "--no_report",
        IN_MEMORY,
    ]
    result = here(store, "build", *flags, f"--output={tmp_path / 'out'}", *store.flags)
    assert (result.code, result.err) == (0, "")
    manifest = Manifest.from_json((tmp_path / "out/manifest.json").read_text())
    assert manifest.classes == {"cat": 5}
    assert {name: split.images for name, split in manifest.splits.items()} == {"train": 6, "test": 2}


def test_a_listing_of_several_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a store lists from any name on, in ranges side by side: none is lost at a border."""
    names = {f"many/{letter}/IMG_{number:05d}.jpg" for letter in "aä" for number in range(550)} | {"many/a/IMG_00"}
    for name in sorted(names):
        store.put(name, b"")
    for variable, value in store.environment.items():
        monkeypatch.setenv(variable, value)
    use_options(store.flags)
    files = FileSet.of("images", [f"{store.bucket}/many"])
    files.check()
    parts = files.parts()
    assert (len(parts) > 1) == (store.scheme != "azfs")
    found = [name for part in parts for name, _ in files.names(part)]
    assert sorted(f"many/{name}" for name in found) == sorted(names)
    assert sorted(name for name, _ in files.names()) == sorted(found)


def refusal(result: Result) -> str:
    assert (result.code, result.out) == (2, ""), result
    assert result.err.count("\n") == 1
    return result.err.removeprefix("shardbox: ").rstrip("\n")


class TestWhatCannotWork:
    """One sentence, soon: by itself, Beam would try for minutes."""

    @pytest.fixture(autouse=True)
    def soon(self) -> Iterator[None]:
        start = time.monotonic()
        yield
        assert time.monotonic() - start < QUICK

    def test_a_bucket_that_is_not_there(self, store: Store, here: Here) -> None:
        there = places(store)
        wrong = store.bucket.replace("pictures", "no-pictures")
        kind = "container" if isinstance(store, Azure) else "bucket"
        flags = (there[0], f"--images={wrong}/a", f"--output={store.bucket}/new", *store.flags)
        message = refusal(here(store, "build", *flags))
        assert message.startswith(f"--images '{wrong}/a' cannot be reached: there is no {kind} 'no-pictures' (")
        message = refusal(here(store, "build", *there, f"--output={wrong}/new", *store.flags))
        assert message.startswith(f"--output '{wrong}/new' cannot be reached: there is no {kind} 'no-pictures' (")
        message = refusal(here(store, "verify", f"{wrong}/data", *store.flags))
        assert message.startswith(f"'{wrong}/data' cannot be reached: there is no {kind} 'no-pictures' (")

    def test_a_path_that_holds_nothing(self, store: Store, here: Here) -> None:
        nothing = f"{store.bucket}/nothing"
        flags = (f"--annotations={nothing}", f"--images={store.bucket}/set", f"--output={store.bucket}/new")
        assert refusal(here(store, "build", *flags, *store.flags)) == f"--annotations '{nothing}' matches nothing"

    def test_a_server_that_is_not_there(self, store: Store, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
        port = str(free_port())
        elsewhere = {name: _other_port(value, port) for name, value in store.environment.items()}
        monkeypatch.setattr(store, "environment", elsewhere)
        flags = [_other_port(flag, port) for flag in store.flags]
        message = refusal(here(store, "build", *places(store), f"--output={store.bucket}/new", *flags))
        assert "cannot be reached: the store does not answer (" in message
        assert message.endswith("): is there a network, and is the endpoint right?")


def _other_port(text: str, port: str) -> str:
    head, found, tail = text.partition("http://127.0.0.1:")
    return f"{head}{found}{port}{tail.lstrip('0123456789')}" if found else text


def test_without_credentials(wanted: Wanted, tmp_path: Path) -> None:
    places = [f"--images={wanted.source}/JPEGImages", f"--output={tmp_path / 'out'}"]
    nobody = {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "HOME": str(tmp_path)}
    start = time.monotonic()
    message = refusal(run("build", "--annotations=s3://pictures/a", *places, **nobody))
    assert message == (
        "--annotations 's3://pictures/a' cannot be reached: access is refused (Unable to locate credentials): "
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run `aws configure`, or give --s3_access_key_id and "
        "--s3_secret_access_key"
    )
    message = refusal(run("build", "--annotations=azfs://account/pictures/a", *places, **nobody))
    assert message.startswith("--annotations 'azfs://account/pictures/a' cannot be reached: access is refused (")
    assert message.endswith(
        "): set AZURE_STORAGE_CONNECTION_STRING, or run `az login` and give --blob_service_endpoint"
    )
    assert time.monotonic() - start < QUICK


@pytest.fixture(scope="module")
def older(s3: S3) -> dict[str, bytes]:
    """A dataset of other options in the same bucket: name → content."""
    flags = ("--splits=train=0.5,test=0.5", "--max_rejects=0.2", "--num_shards=train=3,test=1", IN_MEMORY)
    build(*places(s3), f"--output={s3.bucket}/older", *flags, *s3.flags)
    return {name.removeprefix("older/"): s3.get(name) for name in s3.names("older/")}


class TestKilledWhileItFinishes:
    """As kill -9 does, right before one of the requests that finish a dataset in S3."""

    def killed(self, s3: S3, request: int, output: str, *flags: str) -> Result:
        arguments = (request, f"{s3.bucket}/{output}", *places(s3), *OPTIONS, IN_MEMORY, *s3.flags, *flags)
        return run(*arguments, program=(KILLER,), **s3.environment)

    @pytest.mark.parametrize("request_number", [0, 5, 8, 11, 15, 19, 22, 25, 28, 31])
    def test_the_same_command_mends_it(
        self, s3: S3, wanted: Wanted, older: dict[str, bytes], request_number: int, tmp_path: Path
    ) -> None:
        """Into a new folder, and over an older dataset, in turn."""
        output, old = f"killed-{request_number}", older if request_number % 2 else {}
        for name, data in old.items():
            s3.put(f"{output}/{name}", data)
        result = self.killed(s3, request_number, output, "--overwrite")
        assert result.code == -9, result
        found = {name.removeprefix(f"{output}/"): s3.get(name) for name in s3.names(f"{output}/")}
        self.assert_no_mixture(found, wanted, old)
        given = (*places(s3), f"--output={s3.bucket}/{output}", *OPTIONS, IN_MEMORY, "--overwrite", *s3.flags)
        build(*given)
        assert digests(s3.download(output, tmp_path / "copy")) == wanted.digests
        assert s3.uploads() == []

    def assert_no_mixture(self, found: dict[str, bytes], wanted: Wanted, older: dict[str, bytes]) -> None:
        """Where there is a manifest, all that it names is there, and is its own."""
        if "manifest.json" not in found:
            return
        manifest = Manifest.from_json(found["manifest.json"].decode())
        expected = (wanted.folder / "manifest.json").read_bytes()
        assert found["manifest.json"] in (expected, older.get("manifest.json"))
        files = [shard for split in manifest.splits.values() for shard in split.shards]
        for file in (*files, *manifest.rejects.files):
            assert f"{crc32c(found[file.name]):08x}" == file.crc32c
