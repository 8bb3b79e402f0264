"""`shardbox-worker`: a Beam worker on a machine without containers, started by the runner itself.

Flink's TaskManagers call it where the job says `--environment_type=PROCESS` and
`--environment_options=process_command=shardbox-worker`. It does what `boot` does in Beam's images, except that it
installs nothing: Shardbox must be installed beside it, in the version of the job.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

import grpc
from apache_beam.portability.api import beam_provision_api_pb2 as provision
from apache_beam.portability.api import beam_provision_api_pb2_grpc as provision_grpc
from apache_beam.portability.api import endpoints_pb2 as endpoints
from apache_beam.runners.worker import sdk_worker_main
from google.protobuf import json_format

_PATIENCE = 60
"""Seconds within which the runner must say what the worker is to do."""


def main(given: Sequence[str] | None = None) -> int:
    """Works until the runner ends it.

    Args:
        given: the command line, which is Beam's contract with the program that starts a worker.
    """
    arguments = _parse(sys.argv[1:] if given is None else given)
    info = ask_runner(arguments.provision_endpoint, arguments.id)
    os.environ.update(worker_environment(arguments, info))
    sdk_worker_main.main([])
    return 0


def _parse(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="shardbox-worker", description="A Beam worker; the runner starts it.")
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    for name in ("logging", "control", "artifact"):
        parser.add_argument(f"--{name}_endpoint", default="")
    parser.add_argument("--semi_persist_dir", default="")
    return parser.parse_known_args(given)[0]


def ask_runner(endpoint: str, worker: str) -> provision.ProvisionInfo:
    """Returns what the runner tells a worker about its job.

    Args:
        endpoint: HOST:PORT of the runner's provision service.
        worker: the id that the runner has given to this worker.
    """
    with grpc.insecure_channel(endpoint) as channel:
        service = provision_grpc.ProvisionServiceStub(channel)
        request = provision.GetProvisionInfoRequest()
        return service.GetProvisionInfo(request, metadata=[("worker_id", worker)], timeout=_PATIENCE).info


def worker_environment(arguments: argparse.Namespace, info: provision.ProvisionInfo) -> Mapping[str, str]:
    """Returns the variables that Beam's worker looks at.

    Args:
        arguments: of the command line; where the runner says otherwise, the runner is right.
        info: what the runner has told.
    """
    logging = info.logging_endpoint.url or arguments.logging_endpoint
    control = info.control_endpoint.url or arguments.control_endpoint
    variables = {
        "WORKER_ID": arguments.id,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "LOGGING_API_SERVICE_DESCRIPTOR": str(endpoints.ApiServiceDescriptor(url=logging)),
        "CONTROL_API_SERVICE_DESCRIPTOR": str(endpoints.ApiServiceDescriptor(url=control)),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    if info.status_endpoint.url:
        variables["STATUS_API_SERVICE_DESCRIPTOR"] = str(info.status_endpoint)
    if arguments.semi_persist_dir:
        variables["SEMI_PERSISTENT_DIRECTORY"] = arguments.semi_persist_dir
    return variables


if __name__ == "__main__":
    sys.exit(main())
