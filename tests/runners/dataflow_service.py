"""A stand-in of Google Cloud on this machine: Dataflow's REST service v1b3, beside the emulator of Cloud Storage.

It has `jobs.create`, `get`, `update` and `list`, `messages.list` and `getMetrics`, as the unmodified DataflowRunner
calls them. A job that is created is run at once by `staged_job` from what was staged, so that its states, messages and
counters are those of work that was really done. All of it listens on 127.0.0.1.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .store_servers import GCS, gcs

PROJECT = "shardbox-tests"
REGION = "europe-west4"
_CANCELLED = 5
"""JOB_STATE_CANCELLED: the driver sends states as the numbers that they have in the protocol."""
_STAGED_JOB = Path(__file__).with_name("staged_job.py")


class Job:
    """A job of the service.

    Args:
        description: as the driver sent it.
        number: of the job.
    """

    def __init__(self, description: dict[str, Any], number: int):
        self.description = description
        self.id = f"2026-01-01_00_00_00-{number}"
        self.state = "JOB_STATE_PENDING"
        self.messages: list[dict[str, str]] = []
        self.counters: list[tuple[str, str, str, int]] = []
        self.process: subprocess.Popen[str] | None = None

    def tell(self, importance: str, text: str) -> None:
        """Adds a message for whoever watches the job."""
        message = {"id": f"{len(self.messages)}", "time": _now(), "messageText": text}
        self.messages.append(message | {"messageImportance": importance})

    def fail(self, text: str) -> None:
        """Ends the job as the service does when it gives up."""
        self.tell("JOB_MESSAGE_ERROR", text)
        self.state = "JOB_STATE_FAILED"

    def cancel(self) -> None:
        """Ends the job because somebody wishes so."""
        self.state = "JOB_STATE_CANCELLED"
        self.kill()

    def kill(self) -> None:
        """Ends the work on the job."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()

    def resource(self) -> dict[str, Any]:
        """Returns the job as the service shows it."""
        shown = {key: self.description[key] for key in ("name", "type", "clientRequestId")}
        return shown | {"id": self.id, "projectId": PROJECT, "location": REGION, "currentState": self.state}

    def metrics(self) -> dict[str, Any]:
        """Returns the counters as the service tells them: each as it was counted, and as it is committed."""
        found = [
            {"name": {"origin": "user", "name": name, "context": context | {"namespace": namespace, "step": step}}}
            | {"scalar": value}
            for namespace, name, step, value in self.counters
            for context in ({}, {"tentative": "true"})
        ]
        return {"metricTime": _now(), "metrics": found}


class Dataflow:
    """The service.

    Args:
        folder: for what the jobs need while they run.
        store: where they find what was staged, their input, and a place for their output.
    """

    def __init__(self, folder: Path, store: GCS):
        self.folder = folder
        self.store = store
        self.jobs: list[Job] = []
        self.refusal = ""
        """If set: what the service says of the next job, which it fails before it begins."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.flags = (f"--dataflow_endpoint=http://localhost:{self._server.server_port}", f"--project={PROJECT}")
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops the service, and jobs that still run."""
        self._server.shutdown()
        self._server.server_close()
        for job in self.jobs:
            job.kill()

    def create(self, description: dict[str, Any]) -> Job:
        """Takes a job and begins to run it."""
        job = Job(description, len(self.jobs) + 1)
        self.jobs.append(job)
        threading.Thread(target=self._run, args=(job, self.refusal), daemon=True).start()
        self.refusal = ""
        return job

    def find(self, job_id: str) -> Job:
        """Returns the job with an id."""
        return next(job for job in self.jobs if job.id == job_id)

    def _run(self, job: Job, refusal: str) -> None:
        time.sleep(1)  # the driver never sees a job that has ended before it was taken
        if job.state == "JOB_STATE_CANCELLED":
            return
        if refusal:
            job.fail(refusal)
            return
        folder = self.folder / job.id
        folder.mkdir()
        location = job.description["environment"]["sdkPipelineOptions"]["options"]["pipelineUrl"]
        job.process = subprocess.Popen(
            [sys.executable, _STAGED_JOB, location, folder],
            cwd=folder,
            env=os.environ | self.store.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        job.state = "JOB_STATE_RUNNING"
        job.tell("JOB_MESSAGE_BASIC", "Worker pool is starting.")
        _, errors = job.process.communicate()
        if job.state == "JOB_STATE_CANCELLED":
            return
        if job.process.returncode:
            # A worker's error comes with its whole traceback.
            job.fail(errors[errors.rfind("Traceback (most recent call last)") :])
            return
        job.counters = [tuple(found) for found in json.loads((folder / "counters.json").read_text())]
        job.state = "JOB_STATE_DONE"


@contextmanager
def google_cloud(folder: Path) -> Iterator[Dataflow]:
    """Runs the stand-ins of Dataflow and of Cloud Storage, with an empty bucket."""
    with gcs(folder) as store:
        service = Dataflow(folder, store)
        try:
            yield service
        finally:
            service.close()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _handler_of(service: Dataflow) -> type[BaseHTTPRequestHandler]:
    jobs = re.compile(rf"/v1b3/projects/{PROJECT}/locations/{REGION}/jobs(?:/([^/]+)(?:/(messages|metrics))?)?")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self._found() == (None, None):
                self._answer(service.create(json.loads(self._body())).resource())
            else:
                self._unknown()

        def do_PUT(self) -> None:
            match self._found():
                case (str(job_id), None):
                    job = service.find(job_id)
                    if json.loads(self._body()).get("requestedState") == _CANCELLED:
                        job.cancel()
                    self._answer(job.resource())
                case _:
                    self._unknown()

        def do_GET(self) -> None:
            match self._found():
                case (None, None):
                    self._answer({"jobs": [job.resource() for job in service.jobs]})
                case (str(job_id), None):
                    self._answer(service.find(job_id).resource())
                case (str(job_id), "messages"):
                    self._answer({"jobMessages": service.find(job_id).messages})
                case (str(job_id), "metrics"):
                    self._answer(service.find(job_id).metrics())
                case _:
                    self._unknown()

        def _found(self) -> tuple[str | None, str | None] | None:
            found = jobs.fullmatch(urlsplit(self.path).path)
            return found and (found[1], found[2])

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _unknown(self) -> None:
            self._answer({"error": {"code": 404, "message": f"{self.command} {self.path}", "status": "NOT_FOUND"}}, 404)

        def _answer(self, content: dict[str, Any], code: int = 200) -> None:
            data = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Says nothing."""

    return Handler
