"""What is refused before a job is handed over, because it cannot be reached or is not there."""

import socket

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipelines.remote_job import endpoints
from presentation.refusals import UsageError


def check(*flags):
    endpoints.check_endpoints(PipelineOptions(list(flags)))


def refusal(*flags):
    with pytest.raises(UsageError) as refused:
        check(*flags)
    return str(refused.value)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    monkeypatch.setattr(endpoints, "getproxies", dict)


@pytest.fixture
def port():
    """Of a server that answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_what_answers_is_taken(port):
    check("--runner=PortableRunner", f"--job_endpoint=localhost:{port}")
    for master in (f"localhost:{port}", f"http://localhost:{port}", f" http://127.0.0.1:{port}/ "):
        check("--runner=FlinkRunner", f"--flink_master={master}")


@pytest.mark.parametrize(
    "flags",
    [
        ("--runner=FlinkRunner", "--flink_master=[local]"),
        ("--runner=flinkrunner", "--flink_master=[auto]", "--flink_job_server_jar=https://x.org/y.jar"),
        ("--runner=FlinkRunner", "--flink_master=[local]", "--flink_job_server_jar=localhost:1"),  # Beam's, too
        ("--runner=PortableRunner", "--job_endpoint=embed"),
        ("--runner=PortableRunner", "--job_endpoint=unix:/tmp/socket"),
        ("--runner=PrismRunner",),
        ("--runner=PrismRunner", "--prism_location=gs://bucket/prism"),
        ("--runner=DataflowRunner",),
        ("--runner=SparkRunner",),
    ],
)
def test_what_cannot_be_asked_is_taken(flags):
    check(*flags)


def test_who_does_not_answer_is_refused(closed_port):
    place = f"localhost:{closed_port}"
    assert refusal("--runner=PortableRunner", f"--job_endpoint={place}") == (
        f"--job_endpoint '{place}' cannot be reached (Connection refused): does a job server run there?"
    )
    assert refusal("--runner=FlinkRunner", f"--flink_master=http://{place}") == (
        f"--flink_master 'http://{place}' cannot be reached (Connection refused): "
        "does the cluster run, and is its REST interface there?"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [(socket.gaierror(-2, "Name or service not known"), "Name or service not known"), (TimeoutError(), "no answer")],
)
def test_a_place_that_nobody_knows_or_that_never_answers(monkeypatch, error, reason):
    def connect(place, seconds):
        assert (place, seconds) == (("flink", 8081), 10.0)
        raise error

    monkeypatch.setattr(socket, "create_connection", connect)
    assert refusal("--runner=FlinkRunner", "--flink_master=flink") == (
        f"--flink_master 'flink' cannot be reached ({reason}): does the cluster run, and is its REST interface there?"
    )


@pytest.mark.parametrize("master", ["http://:8081", "localhost:many", "ftp://flink", "localhost:99999", "[::1"])
def test_what_is_no_address(master):
    assert refusal("--runner=FlinkRunner", f"--flink_master={master}") == (
        f"--flink_master '{master}' is no address: give HOST:PORT of the cluster's REST interface"
    )


def test_behind_a_proxy_a_job_server_is_not_asked(monkeypatch, closed_port):
    monkeypatch.setattr(endpoints, "getproxies", lambda: {"http": "http://proxy:3128"})
    check("--runner=PortableRunner", f"--job_endpoint=localhost:{closed_port}")


def test_a_job_server_that_is_given_asks_the_cluster_itself(port, closed_port):
    given = ("--runner=FlinkRunner", f"--flink_master=localhost:{closed_port}", f"--job_endpoint=localhost:{port}")
    check(*given)


def test_a_job_server_that_is_not_named():
    assert refusal("--runner=PortableRunner") == (
        "--runner=PortableRunner needs --job_endpoint=HOST:PORT, where a job server listens: "
        "give that, or the runner itself, --runner=FlinkRunner for one"
    )


def test_programs_that_are_not_there(tmp_path):
    (tmp_path / "there").touch()
    for flags in (
        ("--runner=FlinkRunner", "--flink_master=[local]", "--flink_job_server_jar"),
        ("--runner=PrismRunner", "--prism_location"),
    ):
        check(*flags, f"{tmp_path}/there")
        assert refusal(*flags, f"{tmp_path}/here") == f"{flags[-1]} '{tmp_path}/here' does not exist"
