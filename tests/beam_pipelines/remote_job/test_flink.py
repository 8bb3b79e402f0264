"""What is read from Flink's REST interface, here a stand-in that answers as Flink 1.19 does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from beam_pipelines.remote_job.flink import FlinkJob

EXAMINE, WRITE = "Examine.shardbox.examine/pictures", "Write.shardbox.write/pictures"
ANSWERS = {
    "/jobs/overview": {
        "jobs": [
            {"jid": "a", "name": "shardbox-build-1-root", "start-time": 1, "tasks": {"total": 9, "finished": 9}},
            {"jid": "b", "name": "shardbox-build-1-root", "start-time": 2, "tasks": {"total": 1200, "finished": 3}},
            {"jid": "c", "name": "another", "start-time": 3, "tasks": {"total": 1, "finished": 0}},
        ]
    },
    "/jobs/b": {"vertices": [{"id": "v1"}, {"id": "v2"}]},
    "/jobs/b/vertices/v1/subtasks/metrics": [{"id": EXAMINE}, {"id": "numRecordsIn"}],
    "/jobs/b/vertices/v2/subtasks/metrics": [{"id": WRITE}],
    "/jobs/b/vertices/v1/subtasks/metrics?get=Examine.shardbox.examine%2Fpictures&agg=sum": [
        {"id": EXAMINE, "sum": 64.0}
    ],
    "/jobs/b/vertices/v2/subtasks/metrics?get=Write.shardbox.write%2Fpictures&agg=sum": [{"id": WRITE, "sum": 8.0}],
}


class Flink(BaseHTTPRequestHandler):
    """A JobManager."""

    def do_GET(self):
        body = json.dumps(ANSWERS[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
    assert job.counts() == {"examine": 64, "write": 8}


def test_a_job_that_is_not_there_yet(address):
    job = FlinkJob.of(f"http://{address}/", "shardbox-build-2")
    assert (job.tasks(), job.counts()) == ("", {})


@pytest.mark.parametrize("master", ["[local]", "[auto]", " [local] "])
def test_a_cluster_in_the_process_has_no_interface(master):
    assert FlinkJob.of(master, "x") is None


def test_nothing_but_http_is_asked():
    with pytest.raises(ValueError, match="'file:///etc' is no address of HTTP"):
        FlinkJob("file:///etc", "x").tasks()
