"""What is read from Flink's REST interface, here a stand-in that answers as Flink 1.19 does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from beam_pipelines.remote_job.flink import FlinkJob

ANSWERS = {
    "/jobs/overview": {
        "jobs": [
            {"jid": "a", "name": "shardbox-build-1-root", "start-time": 1, "tasks": {"total": 9, "finished": 9}},
            {"jid": "b", "name": "shardbox-build-1-root", "start-time": 2, "tasks": {"total": 1200, "finished": 3}},
            {"jid": "c", "name": "another", "start-time": 3, "tasks": {"total": 1, "finished": 0}},
        ]
    },
}


class Flink(BaseHTTPRequestHandler):
    """A JobManager."""

    def do_GET(self):
        body = json.dumps(ANSWERS[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PATCH(self):
        assert self.path == "/jobs/b?mode=cancel"
        ANSWERS["/jobs/overview"]["jobs"][1]["state"] = "CANCELED"
        self.send_response(202)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Flink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_latest_job_of_the_name_is_read(address):
    job = FlinkJob.of(address, "shardbox-build-1")
    assert job.page == f"http://{address}"
    assert job.tasks() == "3 of 1,200 tasks"


def test_the_cluster_itself_is_asked_to_cancel(address, monkeypatch):
    jobs = ANSWERS["/jobs/overview"]["jobs"]
    monkeypatch.setitem(jobs[1], "state", "RUNNING")
    job = FlinkJob.of(address, "shardbox-build-1")
    assert not job.is_over()
    job.cancel()
    assert job.is_over()
    missing = FlinkJob.of(address, "shardbox-build-2")
    missing.cancel()
    assert not missing.is_over()


def test_a_job_that_is_not_there_yet(address):
    job = FlinkJob.of(f"http://{address}/", "shardbox-build-2")
    assert job.tasks() == ""


@pytest.mark.parametrize("master", ["[local]", "[auto]", " [local] "])
def test_a_cluster_in_the_process_has_no_interface(master):
    assert FlinkJob.of(master, "x") is None


def test_nothing_but_http_is_asked():
    with pytest.raises(ValueError, match="'file:///etc' is no address of HTTP"):
        FlinkJob("file:///etc", "x").tasks()
