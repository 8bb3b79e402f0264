"""What is known of a job that a runner elsewhere has."""

import re
from types import SimpleNamespace

import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from beam_pipelines.remote_job.flink import FlinkJob
from beam_pipelines.remote_job.handed_over import hand_over, name_job


def named(*flags, purpose="build"):
    options = PipelineOptions(list(flags))
    name_job(options, purpose)
    return options


def name_of(options):
    return options.view_as(GoogleCloudOptions).job_name


def test_a_job_has_a_name_that_every_runner_takes():
    assert re.fullmatch(r"shardbox-csv-to-tfrecords-\d{8}-\d{6}", name_of(named(purpose="csv_to_tfrecords")))
    assert name_of(named("--job_name=nightly")) == "nightly"


RESULT = SimpleNamespace(job_id=lambda: "2026-11-22_1")


@pytest.mark.parametrize(
    ("flags", "page", "flink"),
    [
        (
            ("--runner=DataflowRunner", "--region=europe-west1", "--project=zoo"),
            "https://console.cloud.google.com/dataflow/jobs/europe-west1/2026-11-22_1?project=zoo",
            None,
        ),
        (
            ("--runner=FlinkRunner", "--flink_master=flink:8081"),
            "http://flink:8081",
            FlinkJob("http://flink:8081", "nightly"),
        ),
        (("--runner=FlinkRunner", "--flink_master=[local]"), "", None),
        (("--runner=PortableRunner", "--job_endpoint=localhost:1"), "", None),
    ],
)
def test_where_a_job_is_looked_at(flags, page, flink):
    job = hand_over(RESULT, named("--job_name=nightly", *flags))
    assert (job.name, job.page, job.flink) == ("nightly", page, flink)
    assert job.runner == flags[0].partition("=")[2]


class Counted:
    """A portable runner's handle: it keeps the first answer."""

    def __init__(self):
        self.counts = {"examine/pictures": 0}
        self._kept = None

    def metrics(self):
        self._kept = self._kept or dict(self.counts)
        return self

    def query(self, _filter):
        return {
            "counters": [
                SimpleNamespace(key=SimpleNamespace(metric=SimpleNamespace(name=name)), attempted=count, committed=None)
                for name, count in (*self._kept.items(), ("examine/pictures", 1))
            ]
        }


def test_figures_are_those_of_now():
    result = Counted()
    job = hand_over(result, named("--runner=PortableRunner"))
    assert job.progress() == "looking at pictures: 1"
    result.counts = {"examine/pictures": 11_999, "write/pictures": 64}
    assert job.progress() == "looking at pictures: 12,000, writing examples: 64"


def test_flinks_own_figures_are_taken_where_it_has_an_interface(monkeypatch):
    monkeypatch.setattr(FlinkJob, "tasks", lambda _: "3 of 8 tasks")
    job = hand_over(RESULT, named("--runner=FlinkRunner", "--flink_master=flink:8081"))
    assert job.progress() == "3 of 8 tasks"
