"""The program that a runner starts its workers with, against a small stand-in of the runner's service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_grpc
from apache_beam.portability.api import endpoints_pb2 as endpoints
from google.protobuf import json_format, text_format
from google.protobuf.struct_pb2 import Struct

from beam_pipelines import worker

OPTIONS = {"beam:option:parallelism:v1": "2"}


class Runner(provision_grpc.ProvisionServiceServicer):
    """Answers one worker, and keeps which."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    def GetProvisionInfo(self, request, context):  # noqa: N802
        self.asked.append(dict(context.invocation_metadata()))
        options = json_format.ParseDict(OPTIONS, Struct())
        info = provision.ProvisionInfo(pipeline_options=options, runner_capabilities=["a", "b"])
        info.control_endpoint.url = "localhost:2"
        return provision.GetProvisionInfoResponse(info=info)


@pytest.fixture
def runner() -> Iterator[tuple[Runner, str]]:
    server, servicer = grpc.server(ThreadPoolExecutor(1)), Runner()
    provision_grpc.add_ProvisionServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(None)


def test_a_worker_learns_its_job_from_the_runner(runner, monkeypatch):
    servicer, address = runner
    found: list[dict[str, str]] = []
    environment: dict[str, str] = {}
    monkeypatch.setattr(worker.os, "environ", environment)
    monkeypatch.setattr(worker.sdk_worker_main, "main", lambda _: found.append(dict(environment)))
    given = ["--id=5-1", f"--provision_endpoint={address}", "--logging_endpoint=localhost:1", "--control_endpoint=no"]
    assert worker.main([*given, "--artifact_endpoint=localhost:3", "--something_new=1"]) == 0
    assert servicer.asked[0]["worker_id"] == "5-1"
    (variables,) = found
    urls = [
        text_format.Parse(variables[f"{name}_API_SERVICE_DESCRIPTOR"], endpoints.ApiServiceDescriptor()).url
        for name in ("LOGGING", "CONTROL")
    ]
    assert urls == ["localhost:1", "localhost:2"]  # where the runner says nothing, the command line holds
    assert json_format.Parse(variables["PIPELINE_OPTIONS"], Struct()) == json_format.ParseDict(OPTIONS, Struct())
    assert (variables["WORKER_ID"], variables["RUNNER_CAPABILITIES"]) == ("5-1", "a b")
    assert not {"STATUS_API_SERVICE_DESCRIPTOR", "SEMI_PERSISTENT_DIRECTORY"} & set(variables)


def test_what_a_runner_may_add():
    arguments = worker._parse(["--id=1", "--provision_endpoint=x", "--semi_persist_dir=/tmp/x"])
    info = provision.ProvisionInfo()
    info.status_endpoint.url = "localhost:4"
    variables = worker.worker_environment(arguments, info)
    assert variables["SEMI_PERSISTENT_DIRECTORY"] == "/tmp/x"
    assert (
        text_format.Parse(variables["STATUS_API_SERVICE_DESCRIPTOR"], endpoints.ApiServiceDescriptor()).url
        == "localhost:4"
    )


def test_the_command_is_not_for_people(capsys):
    with pytest.raises(SystemExit) as left:
        worker.main([])
    assert left.value.code == 2
    assert "the following arguments are required: --id, --provision_endpoint" in capsys.readouterr().err
