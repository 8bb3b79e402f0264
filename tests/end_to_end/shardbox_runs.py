"""Runs of the command `shardbox`, and a look at what they left, for the tests of this folder and of the contract."""

import contextlib
import hashlib
import io
import json
import logging
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from beam_pipelines.cli import main
from data_contract.example_pb2 import Example
from data_contract.manifest import Manifest, read_manifest

ROOT = Path(__file__).parents[2]
TWO_PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
PATIENCE = 120
"""Seconds that no command here comes near; a test that waits longer has failed."""


_HOW_FAR = re.compile(r"^(looking at pictures|writing examples): \d.*\n|^\d+ of \d+ tasks\n", re.MULTILINE)


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def said(err: str) -> str:
    """What a command said, but for the lines about how far it was, which come where a machine has much to do."""
    return _HOW_FAR.sub("", err)


def shardbox(*arguments: object) -> Result:
    """Runs the command in this process: a second and a half sooner than in one of its own."""
    out, err = io.StringIO(), io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    caught = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    columns = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "200"
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        for number, handler in caught.items():
            signal.signal(number, handler)
        logging.root.handlers[:], logging.root.level = handlers, level
        os.environ.pop("COLUMNS")
        if columns is not None:
            os.environ["COLUMNS"] = columns
    return Result(code, out.getvalue(), said(err.getvalue()))


def build(*arguments: object) -> Result:
    """`shardbox build`, which must succeed."""
    result = shardbox("build", *arguments)
    assert result.code == 0, result
    return result


def command(*arguments: object) -> list[str]:
    """The command line of `shardbox build` in a process of its own."""
    return [sys.executable, "-m", "beam_pipelines", "build", *map(str, arguments)]


def in_a_process(*arguments: object, cwd: Path = ROOT, **environment: str) -> Result:
    """Runs `shardbox build` in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=os.environ | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Result(done.returncode, done.stdout, said(done.stderr))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, but of run.json."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Content of every file below a folder, and None for every folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def records(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file, read by the letter of the format."""
    data, at = path.read_bytes(), 0
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        yield data[at + 12 : at + 12 + size]
        at += 16 + size
    assert at == len(data)


def values(record: bytes) -> dict[str, list[Any]]:
    """The features of an example: key → values."""
    features = Example.FromString(record).features.feature
    return {key: list(getattr(feature, feature.WhichOneof("kind")).value) for key, feature in features.items()}


def examples_of(folder: Path, manifest: Manifest | None = None) -> dict[str, list[dict[str, list[Any]]]]:
    """All examples of a dataset by split, in the order of the manifest."""
    splits = (manifest or read_manifest(folder)).splits
    return {
        name: [values(record) for shard in split.shards for record in records(folder / shard.name)]
        for name, split in splits.items()
    }


def reject_lines(folder: Path) -> list[dict[str, str]]:
    """All lines of all files of rejects."""
    files = read_manifest(folder).rejects.files
    return [json.loads(line) for file in files for line in (folder / file.name).read_text("utf-8").splitlines()]


def boxes_of(example: Mapping[str, list[Any]]) -> list[tuple[str, float, float, float, float]]:
    """(class, xmin, ymin, xmax, ymax) of every object, normalised."""
    sides = (example[f"image/object/bbox/{side}"] for side in ("xmin", "ymin", "xmax", "ymax"))
    return list(zip((t.decode() for t in example["image/object/class/text"]), *sides, strict=True))


def name_of(example: Mapping[str, list[Any]]) -> str:
    """The path of an example's image."""
    return str(example["image/filename"][0].decode())
