"""Does what Dataflow's workers do with a job, in this process and on Beam's local runner.

It takes nothing but what was staged: the pipeline's proto, and the package of our code, which is installed into a
folder of its own and imported from there. Only the steps' environment is another one: this process, not containers.

    python staged_job.py gs://BUCKET/…/pipeline.pb FOLDER

writes FOLDER/counters.json: [namespace, name, step, value] of every counter.
"""

import hashlib
import importlib
import json
import subprocess
import sys
from pathlib import Path

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns, python_urns
from apache_beam.portability.api import beam_runner_api_pb2 as api
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

PACKAGE = "workflow.tar.gz"
"""What Beam calls the package that it makes of --setup_file."""


def main(location: str, folder: Path) -> None:
    """Runs the job whose proto lies at `location`."""
    with FileSystems.open(location) as file:
        job = api.Pipeline.FromString(file.read())
    for environment in job.components.environments.values():
        for artifact in environment.dependencies:
            fetch(artifact, folder)
        environment.urn = python_urns.EMBEDDED_PYTHON
        environment.payload = b""
        del environment.dependencies[:]
    if (folder / PACKAGE).exists():
        import_from(install(folder / PACKAGE, folder / "site"))
    # What the driver checked for Dataflow, such as windows without a trigger, is nothing to be checked again.
    result = FnApiRunner().run_via_runner_api(job, PipelineOptions(["--allow_unsafe_triggers"]))
    counters = [
        (found.key.metric.namespace, found.key.metric.name, found.key.step, found.result)
        for found in result.metrics().query()["counters"]
    ]
    (folder / "counters.json").write_text(json.dumps(counters))


def fetch(artifact: api.ArtifactInformation, folder: Path) -> None:
    """Fetches a staged file to a folder, under the name that it has on a worker."""
    assert artifact.type_urn == common_urns.artifact_types.URL.urn, artifact
    assert artifact.role_urn == common_urns.artifact_roles.STAGING_TO.urn, artifact
    place = api.ArtifactUrlPayload.FromString(artifact.type_payload)
    with FileSystems.open(place.url, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == place.sha256, place.url
    role = api.ArtifactStagingToRolePayload.FromString(artifact.role_payload)
    (folder / role.staged_name).write_bytes(data)


def install(package: Path, site: Path) -> Path:
    """Installs a package, but nothing that it needs, and makes no use of a network. Returns the folder with it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", site, package], check=True)
    return site


def import_from(site: Path) -> None:
    """Lets our code be imported from a folder, and not from the checkout that the tests run on."""
    sys.path.insert(0, str(site))
    for name in ("beam_pipelines", "data_contract"):
        assert Path(importlib.import_module(name).__file__ or "").is_relative_to(site)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
