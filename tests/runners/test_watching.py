"""The command watches a job that another process runs: Beam's own job server, in Python."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from apache_beam.runners.portability.local_job_service import LocalJobServicer

from ..end_to_end.shardbox_runs import command, digests, in_a_process, said
from .reference import Wanted

# The server's own threads complain when the command hangs up.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
NAME = "--job_name=nightly"


@pytest.fixture
def flags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Flags that hand the job to a server of this process, for workers in the command's own."""
    server = LocalJobServicer(str(tmp_path_factory.mktemp("staging")))
    port = server.start_grpc_server(0)
    yield ["--runner=PortableRunner", f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK", NAME]
    server.stop()


def test_a_job_elsewhere_is_named_and_leaves_the_same_bytes(wanted: Wanted, flags: list[str], tmp_path: Path) -> None:
    done = in_a_process(*wanted.flags(tmp_path / "dataset"), *flags)
    assert (done.code, done.err) == (0, "job 'nightly' runs on PortableRunner\n"), done
    assert digests(tmp_path / "dataset") == wanted.digests


def test_the_first_cause_of_a_failure_is_told(wanted: Wanted, flags: list[str], tmp_path: Path) -> None:
    refused = in_a_process(*wanted.flags(tmp_path / "dataset"), "--max_rejects=0", *flags)
    assert refused.code == 1
    assert refused.err.splitlines()[0] == "job 'nightly' runs on PortableRunner"
    assert refused.err.splitlines()[1].startswith("shardbox: 2 of 54 images were rejected")
    assert "more than --max_rejects=0 allows" in refused.err
    assert "Traceback" not in refused.err
    assert not (tmp_path / "dataset").exists()


def test_ctrl_c_cancels_the_job_and_leaves_nothing(wanted: Wanted, flags: list[str], tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(*wanted.flags(tmp_path / "dataset"), *flags), stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "job 'nightly' runs on PortableRunner\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert said(err).splitlines() == [
        "cancelling job 'nightly' …",
        "job 'nightly' was cancelled",
        "shardbox: interrupted; the dataset was not finished",
    ]
    assert not (tmp_path / "dataset").exists()
