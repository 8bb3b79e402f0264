"""The local runner in several processes."""

from importlib.metadata import version
from pathlib import Path

from ..end_to_end.shardbox_runs import TWO_PROCESSES, build, digests
from .reference import Wanted, tell


def test_two_processes_leave_the_same_bytes(wanted: Wanted, tmp_path: Path) -> None:
    build(*wanted.flags(tmp_path / "dataset"), *TWO_PROCESSES)
    found = digests(tmp_path / "dataset")
    tell("local, multi_processing", f"Beam {version('apache-beam')}", found)
    assert found == wanted.digests
