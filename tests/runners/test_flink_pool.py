"""The pods of deploy/kubernetes as processes of this machine: a TaskManager, its pool of workers, and the command.

Commands, flags and profile are those of the manifests; only ports and places are this machine's.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import yaml

from ..end_to_end.shardbox_runs import ROOT, command, digests
from .flink_cluster import FlinkCluster, artefact, flink_cluster
from .kubernetes_manifests import named
from .reference import Wanted, tell
from .store_servers import free_port

PATIENCE = 400
"""Seconds for a job on a machine of two cores that has other work."""


@contextmanager
def workers(port: int, log: Path) -> Iterator[None]:
    """Runs what the side-car runs."""
    (container,) = named("FlinkDeployment", "shardbox-flink")["spec"]["taskManager"]["podTemplate"]["spec"][
        "containers"
    ]
    here = {"python": sys.executable, "--service_port=50000": f"--service_port={port}"}
    worker = "/usr/local/bin/shardbox-worker"
    program = Path(sys.executable).with_name("shardbox-worker")
    line = [here.get(item, item.replace(worker, str(program))) for item in (*container["command"], *container["args"])]
    with log.open("wb") as output, subprocess.Popen(line, stdout=output, stderr=output) as process:
        try:
            yield
        finally:
            process.terminate()


def profile(cluster: FlinkCluster, port: int, jar: Path, folder: Path) -> Path:
    """Writes the runner's profile of the manifests, with this machine's addresses. Returns its path."""
    settings = yaml.safe_load(named("ConfigMap", "shardbox-build")["data"]["runner.yaml"])
    here = {
        "flink_master": cluster.address,
        "flink_job_server_jar": str(jar),
        "environment_config": f"localhost:{port}",
    }
    assert here.keys() <= settings.keys()
    path = folder / "runner.yaml"
    path.write_text(yaml.safe_dump(settings | here))
    return path


def test_a_pool_beside_a_task_manager(wanted: Wanted, tmp_path: Path) -> None:
    jar, home, port = artefact("flink_job_server"), artefact("flink_home"), free_port()
    output = tmp_path / "dataset"
    with flink_cluster(tmp_path / "cluster", task_managers=1) as cluster, workers(port, tmp_path / "workers.log"):
        configs = ["--config", ROOT / "configs/dataset/voc.yaml", profile(cluster, port, jar, tmp_path)]
        done = subprocess.run(
            command(
                *configs, *wanted.flags(output), "--duplicates=keep"
            ),  # which the profile of the data has otherwise
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (done, (tmp_path / "workers.log").read_text()[-3000:])
    found = digests(output)
    release = f"{home.name.replace('-', ' ').capitalize()}, Beam {version('apache-beam')}, {jar.stem}"
    tell("Flink, a pool of workers", release, found)
    assert found == wanted.digests
