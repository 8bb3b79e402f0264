"""Whether what a runner is told to use is there: Beam would tell of it in words of its own, and minutes later."""

import os
import re
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies

from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    PipelineOptions,
    PortableOptions,
    PrismRunnerOptions,
    StandardOptions,
)

from beam_pipelines.command_line.beam_flags import full_name
from beam_pipelines.remote_job.flink import FlinkJob
from presentation.refusals import UsageError

_SECONDS = 10.0
_PORTS = {"http": 8081, "https": 443}
"""Of Flink's REST interface, where none is given."""


def check_endpoints(options: PipelineOptions) -> None:
    """Refuses a runner whose cluster, job server or program is not there.

    Args:
        options: of the job.

    Raises:
        UsageError: quoting the flag.
    """
    runner = full_name(str(options.view_as(StandardOptions).runner))
    endpoint = options.view_as(PortableOptions).job_endpoint
    if endpoint:
        _check_job_endpoint(endpoint)
    elif runner == "portablerunner":
        raise UsageError(
            "--runner=PortableRunner needs --job_endpoint=HOST:PORT, where a job server listens: "
            "give that, or the runner itself, --runner=FlinkRunner for one"
        )
    elif runner == "flinkrunner":
        flink = options.view_as(FlinkRunnerOptions)
        _check_program("--flink_job_server_jar", flink.flink_job_server_jar)
        _check_flink_master(str(flink.flink_master))
    elif runner == "prismrunner":
        _check_program("--prism_location", options.view_as(PrismRunnerOptions).prism_location)


def _check_job_endpoint(endpoint: str) -> None:
    place = re.fullmatch(r"([^\s:/]+):(\d+)", endpoint)
    if place and not getproxies():  # gRPC knows other kinds of names, and goes through proxies
        _check_answer("--job_endpoint", endpoint, place[1], int(place[2]), "does a job server run there?")


def _check_flink_master(master: str) -> None:
    job = FlinkJob.of(master, "")
    if job is None:
        return
    try:
        place = urlsplit(job.address)
        host, port = place.hostname, place.port or _PORTS[place.scheme]
    except (ValueError, KeyError):
        host, port = None, 0
    if not host:
        raise UsageError(f"--flink_master '{master}' is no address: give HOST:PORT of the cluster's REST interface")
    _check_answer("--flink_master", master, host, port, "does the cluster run, and is its REST interface there?")


def _check_answer(flag: str, given: str, host: str, port: int, question: str) -> None:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = "no answer" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or error
        raise UsageError(f"{flag} '{given}' cannot be reached ({reason}): {question}") from None


def _check_program(flag: str, path: str | None) -> None:
    if path and ":" not in path and not os.path.exists(path):  # neither a URL nor HOST:PORT
        raise UsageError(f"{flag} '{path}' does not exist")
