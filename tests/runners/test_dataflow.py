"""The unmodified DataflowRunner, against a stand-in of Google Cloud on this machine (see dataflow_service)."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import pytest
import yaml
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners import create_runner
from apache_beam.runners.runner import PipelineState
from google.protobuf import json_format

from beam_pipelines.building import describe_job
from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.inputs import find_inputs
from beam_pipelines.output_folder import Predecessor
from data_contract.manifest import read_manifest

from ..end_to_end.shardbox_runs import PATIENCE, ROOT, Result, command, digests, in_a_process
from .dataflow_service import PROJECT, Dataflow, Job, google_cloud
from .reference import OPTIONS, Wanted, cannot, tell

PROFILE = ROOT / "configs/runners/dataflow.yaml"
IMAGE = "europe-west4-docker.pkg.dev/my-project/shardbox/dataflow:0.1.0"


@pytest.fixture(scope="module", autouse=True)
def _gcp() -> None:
    try:
        import_module("google.cloud.dataflow_v1beta3")
    except ImportError:
        cannot("Beam's extra gcp is not installed (make runners)")


@pytest.fixture(scope="module")
def cloud(wanted: Wanted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataflow]:
    with google_cloud(tmp_path_factory.mktemp("cloud")) as service:
        service.store.upload(wanted.source, "voc")
        yield service


def places(cloud: Dataflow, name: str) -> list[str]:
    """Where everything lies, in the bucket."""
    bucket = cloud.store.bucket
    return [
        f"--annotations={bucket}/voc/Annotations",
        f"--images={bucket}/voc/JPEGImages",
        f"--output={bucket}/{name}",
        f"--temp_location={bucket}/temp",
        f"--staging_location={bucket}/staging",
    ]


def asked(cloud: Dataflow, name: str, *flags: str) -> list[str]:
    """The command line after `build`, with the profile."""
    return [f"--config={PROFILE}", *places(cloud, name), *OPTIONS, *cloud.flags, *flags]


def build_on(cloud: Dataflow, name: str, *flags: str) -> Result:
    """`shardbox build` on the service."""
    return in_a_process(*asked(cloud, name, *flags), **cloud.store.environment)


class Run(NamedTuple):
    """A build that succeeded."""

    result: Result
    job: Job
    folder: Path
    """A copy of the dataset."""


@pytest.fixture(scope="module")
def run(cloud: Dataflow, tmp_path_factory: pytest.TempPathFactory) -> Run:
    result = build_on(cloud, "dataset")
    assert result.code == 0, result
    return Run(result, cloud.jobs[-1], cloud.store.download("dataset", tmp_path_factory.mktemp("run") / "dataset"))


def test_the_same_bytes(run: Run, wanted: Wanted) -> None:
    found = digests(run.folder)
    tell("Dataflow (offline)", f"Beam {version('apache-beam')}", found)
    assert found == wanted.digests
    assert run.job.state == "JOB_STATE_DONE"


def test_a_person_is_told_where_the_job_is(run: Run, cloud: Dataflow) -> None:
    page = f"https://console.cloud.google.com/dataflow/jobs/europe-west4/{run.job.id}?project={PROJECT}"
    assert page in run.result.err
    assert f"{cloud.store.bucket}/dataset/manifest.json" in run.result.out


def sent(job: Job) -> Any:
    """What the driver sent of a job, as the service reads it."""
    from google.cloud import dataflow_v1beta3 as messages

    return messages.Job(json_format.ParseDict(job.description, messages.Job.pb()()))


def test_what_the_profile_says_reaches_the_service(run: Run) -> None:
    from google.cloud.dataflow_v1beta3 import AutoscalingAlgorithm, JobType

    profile = yaml.safe_load(PROFILE.read_text("utf-8"))
    job = sent(run.job)
    assert job.type_ == JobType.JOB_TYPE_BATCH
    assert job.labels == dict(label.split("=") for label in profile["labels"])
    assert set(profile["experiments"]) <= set(job.environment.experiments)
    (workers,) = job.environment.worker_pools
    assert workers.machine_type == profile["machine_type"]
    assert workers.num_workers == profile["num_workers"]
    assert workers.disk_size_gb == profile["disk_size_gb"]
    scaling = workers.autoscaling_settings
    assert scaling.max_num_workers == profile["max_num_workers"]
    assert profile["autoscaling_algorithm"] == "THROUGHPUT_BASED"
    assert scaling.algorithm == AutoscalingAlgorithm.AUTOSCALING_ALGORITHM_BASIC  # the service's word for it
    (image,) = workers.sdk_harness_container_images
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert image.container_image.endswith(f"/beam_{python}_sdk:{version('apache-beam')}")


def test_what_is_staged(run: Run, cloud: Dataflow) -> None:
    options = run.job.description["environment"]["sdkPipelineOptions"]["options"]
    prefix = options["pipelineUrl"].removeprefix(f"{cloud.store.bucket}/").rpartition("/")[0]
    staged = {name.removeprefix(f"{prefix}/") for name in cloud.store.names(prefix)}
    assert staged == {"pipeline.pb", "workflow.tar.gz", "submission_environment_dependencies.txt"}
    with tarfile.open(fileobj=io.BytesIO(cloud.store.get(f"{prefix}/workflow.tar.gz"))) as package:
        names = {name.partition("/")[2] for name in package.getnames()}
    assert {"beam_pipelines/pipeline.py", "data_contract/manifest.py", "presentation/suggestions.py"} <= names
    assert not any(name.startswith(("benchmarks/", "docs/", "tests/data/")) for name in names)


def test_the_counters(run: Run, cloud: Dataflow, monkeypatch: pytest.MonkeyPatch) -> None:
    from apache_beam.runners.dataflow.dataflow_metrics import DataflowMetrics
    from apache_beam.runners.dataflow.internal.apiclient import DataflowApplicationClient

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.store.environment["STORAGE_EMULATOR_HOST"])
    options = PipelineOptions([*cloud.flags, "--region=europe-west4", "--no_auth"])
    found = DataflowMetrics(DataflowApplicationClient(options)).all_metrics(run.job.id)
    counts = {one.key.metric.name: (one.attempted, one.committed) for one in found}
    images = sum(split.images for split in read_manifest(run.folder).splits.values())
    assert counts["write/pictures"] == (images, images)
    assert counts["examine/pictures"] >= counts["write/pictures"]


def test_the_service_fails_the_job(cloud: Dataflow) -> None:
    cloud.refusal = (
        "Workflow failed. Causes: The job failed because quota check failed: "
        "In-use IP addresses quota in region europe-west4 is exhausted."
    )
    result = build_on(cloud, "failed", f"--sdk_container_image={IMAGE}")
    assert result.code == 1
    assert "In-use IP addresses quota in region europe-west4 is exhausted." in result.err
    assert "Traceback" not in result.err
    (workers,) = sent(cloud.jobs[-1]).environment.worker_pools
    assert [image.container_image for image in workers.sdk_harness_container_images] == [IMAGE]
    assert cloud.store.names("failed/") == []


def test_the_data_are_refused(cloud: Dataflow) -> None:
    result = build_on(cloud, "refused", "--max_rejects=0")
    assert result.code == 1
    assert "--max_rejects" in result.err
    assert "Traceback" not in result.err
    assert cloud.jobs[-1].state == "JOB_STATE_FAILED"
    assert cloud.store.names("refused/") == []


def test_a_dry_run_shows_the_table_and_leaves_nothing(cloud: Dataflow, run: Run) -> None:
    before = set(cloud.store.names(""))
    result = build_on(cloud, "dry", "--dry_run")
    assert result.code == 0, result
    assert cloud.jobs[-1].state == "JOB_STATE_DONE"
    told, wanted = (text.partition("images, ")[0].splitlines() for text in (result.out, run.result.out))
    (at,) = (number for number, line in enumerate(wanted) if "size" in line)
    assert "size, about" in told.pop(at)
    del wanted[at]
    assert told == wanted
    new = set(cloud.store.names("")) - before
    assert {name.partition("/")[0] for name in new} == {"staging"}, new


@pytest.mark.parametrize("state", ["JOB_STATE_PENDING", "JOB_STATE_RUNNING"], ids=["not yet known", "known"])
def test_an_interrupted_command_cancels_its_job(cloud: Dataflow, state: str) -> None:
    """Also one of which the command knows nothing yet, for the service has taken it just now."""
    known = len(cloud.jobs)
    process = subprocess.Popen(
        command(*asked(cloud, "interrupted")),
        cwd=ROOT,
        env=os.environ | cloud.store.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE
    while len(cloud.jobs) == known or cloud.jobs[-1].state != state:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, errors
    assert cloud.jobs[-1].state == "JOB_STATE_CANCELLED"
    assert cloud.store.names("interrupted/") == []


def test_a_flex_template(cloud: Dataflow, wanted: Wanted, tmp_path: Path) -> None:
    """The launcher's part: it starts the program with the parameters, and hands over the job that it finds then."""
    location = f"{cloud.store.bucket}/launches/job_object"
    of_launcher = [f"--template_location={location}", "--runner=DataflowRunner", "--job_name=launched"]
    parameters = ["--overwrite=false", "--no_report=", "--region=europe-west4", *cloud.flags, *of_launcher]
    parameters += [f"--setup_file={ROOT / 'setup.py'}"]
    done = subprocess.run(
        [sys.executable, ROOT / "docker/launch.py", *places(cloud, "launched"), *OPTIONS, *parameters],
        cwd=tmp_path,
        env=os.environ | cloud.store.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done
    assert cloud.store.names("launched/") == []
    job = cloud.create(json.loads(cloud.store.get("launches/job_object")))
    end = time.monotonic() + PATIENCE
    while job.state in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert job.state == "JOB_STATE_DONE", job.messages
    assert digests(cloud.store.download("launched", tmp_path / "dataset")) == wanted.digests


def test_the_template_is_what_the_service_reads() -> None:
    from google.cloud.dataflow_v1beta3 import TemplateMetadata

    text = (ROOT / "docker/flex_template_metadata.json").read_text("utf-8")
    read = TemplateMetadata(json_format.Parse(text, TemplateMetadata.pb()()))  # which takes no unknown field
    assert {parameter.name for parameter in read.parameters if not parameter.is_optional} == {"images", "output"}


def options_of(*flags: str) -> PipelineOptions:
    """What Beam is told by a command with the profile."""
    places = ("--annotations=gs://my-bucket/a", "--images=gs://my-bucket/i", "--output=gs://my-bucket/o")
    return PipelineOptions(list(parse_build_options([f"--config={PROFILE}", *places, *flags]).beam))


@pytest.fixture
def _no_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps Beam's validators from asking Google about a bucket that is nobody's."""
    monkeypatch.setattr(GoogleCloudOptions, "_warn_if_soft_delete_policy_enabled", lambda *_: None)


@pytest.mark.usefixtures("_no_bucket")
def test_beam_finds_nothing_wrong_with_the_profile() -> None:
    assert PipelineOptionsValidator(options_of(), create_runner("DataflowRunner")).validate() == []


@pytest.mark.usefixtures("_no_bucket")
@pytest.mark.parametrize(
    ("flag", "mistake"),
    [
        ("--project=My Project", "Invalid Project ID (My Project)"),
        ("--job_name=Build_1", "Invalid job_name (Build_1)"),
        ("--num_workers=40", "num_workers (40) cannot exceed max_num_workers (20)"),
    ],
)
def test_beam_finds_what_is_wrong(flag: str, mistake: str) -> None:
    found = PipelineOptionsValidator(options_of(flag), create_runner("DataflowRunner")).validate()
    assert len(found) == 1
    assert found[0].startswith(mistake)


@pytest.mark.usefixtures("_no_bucket")
def test_the_dry_run_of_beam(wanted: Wanted, tmp_path: Path) -> None:
    """Beam's own --dry_run, which the command's hides: the job is checked and translated, and goes nowhere."""
    flags: list[Any] = wanted.flags(tmp_path / "dataset")
    build = parse_build_options(flags)  # of local files, which the command refuses for Dataflow
    beam_flags = parse_build_options([f"--config={PROFILE}", *flags]).beam
    pipeline = beam.Pipeline(options=PipelineOptions([*beam_flags, "--dry_run=True"]))
    pipeline | "Build" >> describe_job(build, find_inputs(build), Predecessor(), None)
    result = pipeline.run()
    assert result.state == PipelineState.DONE
    steps = {step.unique_name for step in result.job.proto_pipeline.components.transforms.values()}
    assert {"Build/Match images", "Build/Examine pictures", "Build/Plan or refuse", "Build/Finish"} <= steps
    assert result.job.options.view_as(GoogleCloudOptions).region == "europe-west4"
    assert not (tmp_path / "dataset").exists()
