"""`shardbox build` on a real Flink: embedded in Beam's job server, and a cluster of several JVMs, one of which dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.portability.flink_runner import FlinkJarJobServer

from beam_pipelines.command_line.beam_flags import beam_flags
from beam_pipelines.command_line.flink_flags import FLINK_FLAGS

from ..end_to_end.made_sets import encoded, flags, pair, picture, write_set
from ..end_to_end.shardbox_runs import ROOT, Result, build, command, digests, said, shardbox, snapshot
from .flink_cluster import FlinkCluster, artefact, flink_cluster
from .reference import Wanted, tell
from .terminal import interrupt_and_wait_on

PROFILES = ROOT / "configs/runners"
PATIENCE = 900
"""Seconds for a job on a machine of two cores that has other work."""
OPTIONS_OF_FLINK = ("FlinkPipelineOptions", ".PortablePipelineOptions", ".ManualDockerEnvironmentOptions")
"""Ends of the names of Java's interfaces."""
LARGER = 240
"""Pictures that take several seconds to write, because each is converted."""


class Flink(NamedTuple):
    """What all tests here need, wherever Flink runs."""

    job_server: Path
    release: str
    """What was run, for the table at the end."""

    def flags(self, profile: str) -> list[str]:
        """The command line for a profile of configs/runners."""
        return [f"--config={PROFILES / profile}.yaml", f"--flink_job_server_jar={self.job_server}"]


@pytest.fixture(scope="module")
def flink() -> Flink:
    home, jar = artefact("flink_home"), artefact("flink_job_server")
    return Flink(jar, f"{home.name.replace('-', ' ').capitalize()}, Beam {version('apache-beam')}, {jar.stem}")


@pytest.fixture(scope="module")
def cluster(flink: Flink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlinkCluster]:
    with flink_cluster(tmp_path_factory.mktemp("flink") / "cluster", task_managers=2) as running:
        yield running


@pytest.fixture(scope="module")
def counted(wanted: Wanted, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What Beam's counters say of the common dataset on the local runner."""
    folder = tmp_path_factory.mktemp("counted")
    return run_counted(folder, *wanted.flags(folder / "dataset"))


def start(*arguments: object) -> subprocess.Popen[str]:
    """The program `counted` in a process group of its own, so that what it starts can be ended with it."""
    program = [sys.executable, Path(__file__).with_name("counted.py"), *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "200"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        program, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """Waits for a command. If it takes too long, or the tests are ended, its job server goes with it."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Result(process.returncode, out, said(err))


def run_counted(folder: Path, *arguments: object) -> dict[str, int]:
    """`shardbox build`, which must succeed. Returns the counters of its job."""
    result = finish(start(folder / "counters.json", "build", *arguments))
    assert result.code == 0, result
    return dict(json.loads((folder / "counters.json").read_text()))


def test_the_flags_that_only_the_job_server_knows(flink: Flink) -> None:
    server = FlinkJarJobServer(PipelineOptions([f"--flink_job_server_jar={flink.job_server}"]))
    try:
        request = beam_job_api_pb2.DescribePipelineOptionsRequest()
        described = server.start().DescribePipelineOptions(request, timeout=PATIENCE).options
    finally:
        server.stop()
    own = {f"--{option.name}" for option in described if option.group.endswith(OPTIONS_OF_FLINK)}
    assert own >= FLINK_FLAGS
    assert FLINK_FLAGS.isdisjoint(beam_flags())


def test_the_embedded_cluster(flink: Flink, wanted: Wanted, counted: dict[str, int], tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    counters = run_counted(tmp_path, *wanted.flags(output), *flink.flags("flink_local"))
    tell("Flink, embedded", flink.release, digests(output))
    assert digests(output) == wanted.digests
    assert snapshot(output).keys() == snapshot(wanted.folder).keys()
    assert counters == counted


def test_a_refusal_on_flink_is_the_same_sentence(flink: Flink, wanted: Wanted, tmp_path: Path) -> None:
    output = tmp_path / "dataset"
    job = [*wanted.flags(output), "--max_rejects=0", *flink.flags("flink_local"), "--job_name=strict"]
    refused = finish(start(tmp_path / "counters.json", "build", *job))
    here = shardbox("build", *wanted.flags(output), "--max_rejects=0")
    assert (refused.code, here.code) == (1, 1)
    assert refused.err == f"job 'strict' runs on FlinkRunner\n{here.err}"
    assert not output.exists()


def test_a_person_who_presses_ctrl_c_may_go_on_waiting(flink: Flink, wanted: Wanted, tmp_path: Path) -> None:
    """A terminal interrupts Beam's job server, too, which the job needs."""
    output = tmp_path / "dataset"
    job = command(*wanted.flags(output), *flink.flags("flink_local"), "--job_name=nightly")
    interrupt_and_wait_on(job, "Cancel the job 'nightly' on FlinkRunner? [y/n] (n)", PATIENCE)
    assert digests(output) == wanted.digests


def test_a_cluster_of_two_task_managers(
    flink: Flink, cluster: FlinkCluster, wanted: Wanted, counted: dict[str, int], tmp_path: Path
) -> None:
    output = tmp_path / "dataset"
    counters = run_counted(
        tmp_path, *wanted.flags(output), *flink.flags("flink_cluster"), f"--flink_master={cluster.address}"
    )
    tell("Flink, a JobManager and two TaskManagers", flink.release, digests(output))
    assert digests(output) == wanted.digests
    assert snapshot(output).keys() == snapshot(wanted.folder).keys()
    assert counters == counted
    assert len(cluster.task_managers_of(cluster.last_job())) == 2
    assert shardbox("verify", output).code == 0


def test_a_job_that_is_cancelled_ends_on_the_cluster(
    flink: Flink, cluster: FlinkCluster, wanted: Wanted, tmp_path: Path
) -> None:
    output, master = tmp_path / "dataset", f"--flink_master={cluster.address}"
    job = command(*wanted.flags(output), *flink.flags("flink_cluster"), master, "--job_name=nightly")
    process = subprocess.Popen(job, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == f"job 'nightly' runs on FlinkRunner: http://{cluster.address}\n"
        states = wait_for_state(cluster, "RUNNING")
        process.send_signal(signal.SIGTERM)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    done = finish(process)
    assert (done.code, done.err.splitlines()) == (
        130,
        [
            "cancelling job 'nightly' …",
            "job 'nightly' was cancelled",
            "shardbox: interrupted; the dataset was not finished",
        ],
    )
    assert list(states) == ["nightly"]
    assert wait_for_state(cluster, "CANCELED") == {"nightly": "CANCELED"}
    assert not output.exists()


def wait_for_state(cluster: FlinkCluster, state: str) -> dict[str, str]:
    """Waits until the job that began last is in a state. Returns that: name → state."""
    deadline = time.monotonic() + PATIENCE
    while True:
        jobs = cluster.get("/jobs/overview")["jobs"]
        last = max(jobs, key=lambda job: job["start-time"], default=None)
        if last is not None and last["name"] == "nightly" and last["state"] == state:
            return {last["name"]: last["state"]}
        assert time.monotonic() < deadline, jobs
        time.sleep(0.2)


def test_a_task_manager_dies_while_shards_are_written(flink: Flink, cluster: FlinkCluster, tmp_path: Path) -> None:
    source, expected, output = (tmp_path / name for name in ("set", "expected", "dataset"))
    files: dict[str, bytes] = {}
    for number in range(LARGER):
        name = f"large-{number:03d}"
        files |= pair(name) | {f"JPEGImages/{name}.jpg": encoded(picture(name, "CMYK", (1200, 900)))}
    write_set(source, files)
    more = ("--num_shards=12", "--seed=3")
    build(*flags(source, expected), *more)
    master = f"--flink_master={cluster.address}"
    process = start(
        tmp_path / "counters.json", "build", *flags(source, output), *more, *flink.flags("flink_cluster"), master
    )
    try:
        wait_for_shards(output, process)
        cluster.kill_task_manager(0)
        assert not (output / "manifest.json").exists()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    result = finish(process)
    assert result.code == 0, result
    exceptions = cluster.get(f"/jobs/{cluster.last_job()}/exceptions")["exceptionHistory"]["entries"]
    assert exceptions  # it was this job's TaskManager
    tell("Flink, a TaskManager killed (a larger set)", flink.release, digests(output))
    assert digests(output) == digests(expected)
    assert snapshot(output).keys() == snapshot(expected).keys()
    assert shardbox("verify", output).code == 0


def wait_for_shards(output: Path, process: subprocess.Popen[str]) -> None:
    """Waits until the first shard of a running job has something in it."""
    deadline = time.monotonic() + PATIENCE
    while not any(path.stat().st_size for path in output.glob("shardbox-temp-*/*.tfrecord") if path.is_file()):
        assert process.poll() is None, finish(process)
        assert time.monotonic() < deadline
        time.sleep(0.02)
