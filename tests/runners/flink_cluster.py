"""A Flink session cluster on this machine: a JobManager and several TaskManagers, each a JVM of its own.

All ports are bound to 127.0.0.1, and a signal that ends the tests ends the JVMs too.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import yaml

from ..end_to_end.shardbox_runs import ROOT
from .reference import cannot

SETTINGS = ROOT / "deploy/runners/flink_settings.yaml"
START = 180
"""Seconds that a cluster may need to come up, on a machine that has other work."""
STOP = 20
SLOTS = 4
"""Of each TaskManager: enough for a whole job after another one is lost."""


def artefact(name: str) -> Path:
    """Returns what a program of deploy/runners finds or makes, and skips the test if it cannot."""
    done = subprocess.run(
        [sys.executable, ROOT / f"deploy/runners/{name}.py"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        cannot(done.stderr.strip().rpartition("\n")[2])
    return Path(done.stdout.strip())


class FlinkCluster:
    """A session cluster that runs; see `flink_cluster`."""

    def __init__(self, home: Path, folder: Path):
        self._home, self._folder = home, folder
        self._jvms: dict[str, subprocess.Popen[bytes]] = {}
        self.address = f"127.0.0.1:{_free_port()}"
        """Of the JobManager's REST service."""

    def start(self, task_managers: int) -> None:
        """Starts all JVMs and waits until they have found each other."""
        for name in ("conf", "log", "tmp"):
            (self._folder / name).mkdir(parents=True)
        shutil.copytree(self._home / "conf", self._folder / "conf", dirs_exist_ok=True)
        (self._folder / "conf/config.yaml").write_text(yaml.safe_dump(self._settings()))
        self._launch("jobmanager")
        for number in range(task_managers):
            self._launch("taskmanager", number)
        deadline = time.monotonic() + START
        while not self._is_complete(task_managers):
            dead = [name for name, jvm in self._jvms.items() if jvm.poll() is not None]
            if dead or time.monotonic() > deadline:
                logs = [(self._folder / f"log/{name}.out").read_text()[-2000:] for name in dead or self._jvms]
                raise RuntimeError("\n".join(["the cluster is not up", *logs]))
            time.sleep(0.5)

    def stop(self) -> None:
        """Ends all JVMs."""
        for jvm in self._jvms.values():
            if jvm.poll() is None:
                jvm.terminate()
        for jvm in self._jvms.values():
            try:
                jvm.wait(STOP)
            except subprocess.TimeoutExpired:
                jvm.kill()

    def get(self, path: str) -> Any:
        """Returns what the JobManager's REST service says."""
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as answer:
            return json.load(answer)

    def last_job(self) -> str:
        """Returns the id of the job that began last."""
        return str(max(self.get("/jobs/overview")["jobs"], key=lambda job: job["start-time"])["jid"])

    def task_managers_of(self, job: str) -> set[str]:
        """Returns the TaskManagers that a job has used."""
        vertices = self.get(f"/jobs/{job}")["vertices"]
        tasks = [task for vertex in vertices for task in self.get(f"/jobs/{job}/vertices/{vertex['id']}")["subtasks"]]
        return {task["taskmanager-id"] for task in tasks}

    def kill_task_manager(self, number: int) -> None:
        """Ends a TaskManager as a power cut would."""
        self._jvms[f"taskmanager-{number}"].send_signal(signal.SIGKILL)

    def _is_complete(self, task_managers: int) -> bool:
        try:
            return bool(self.get("/overview")["taskmanagers"] == task_managers)
        except OSError:
            return False

    def _settings(self) -> dict[str, object]:
        shipped = dict(_flat(yaml.safe_load((self._home / "conf/config.yaml").read_text())))
        places = (
            *("jobmanager.rpc.address", "jobmanager.bind-host", "rest.address", "rest.bind-address"),
            *("taskmanager.host", "taskmanager.bind-host"),
        )
        return {
            **shipped,
            **yaml.safe_load(SETTINGS.read_text()),
            **dict.fromkeys(places, "127.0.0.1"),
            "jobmanager.rpc.port": _free_port(),
            "blob.server.port": _free_port(),
            "rest.port": int(self.address.rpartition(":")[2]),
            "rest.bind-port": int(self.address.rpartition(":")[2]),
            "io.tmp.dirs": str(self._folder / "tmp"),
            "web.upload.dir": str(self._folder / "upload"),
            "taskmanager.numberOfTaskSlots": SLOTS,
            "taskmanager.load-balance.mode": "SLOTS",  # else one TaskManager would get all the work
            "heartbeat.interval": 2000,  # a lost TaskManager is missed soon
            "heartbeat.timeout": 8000,
        }

    def _launch(self, kind: str, number: int = 0) -> None:
        name = f"{kind}-{number}"
        environment = os.environ | {
            # The workers inherit it: `shardbox-worker` is the one beside the Python of these tests.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "FLINK_CONF_DIR": str(self._folder / "conf"),
            "FLINK_LOG_DIR": str(self._folder / "log"),
            "FLINK_PID_DIR": str(self._folder),
        }
        # The script ends in an `exec`: its process becomes the JVM. On Linux that goes with the tests, even if they
        # are killed.
        tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        command = [*tied, "nice", "bash", str(self._home / f"bin/{kind}.sh"), "start-foreground"]
        with (self._folder / f"log/{name}.out").open("wb") as log:
            self._jvms[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )


@contextmanager
def flink_cluster(folder: Path, task_managers: int) -> Iterator[FlinkCluster]:
    """A cluster with its files in a folder that does not exist yet; all of it is gone in the end."""
    cluster = FlinkCluster(artefact("flink_home"), folder)
    with _ended_by_signals():
        try:
            cluster.start(task_managers)
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP unwind the tests, as Ctrl-C does, so that no JVM is left behind."""

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _flat(settings: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Flink takes nested and dotted names, but not both for one setting."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
