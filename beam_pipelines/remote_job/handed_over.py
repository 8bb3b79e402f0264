"""What is known of a job once a runner elsewhere has it: its name, where it is looked at, how far it is."""

import copy
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apache_beam.metrics.metric import MetricsFilter
from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
)
from apache_beam.runners.runner import PipelineResult, PipelineState

from beam_pipelines.command_line.beam_flags import full_name
from beam_pipelines.progress import COUNTERS, STAGES
from beam_pipelines.remote_job.flink import FlinkJob


@dataclass(frozen=True)
class HandedOver:
    """A job on a runner elsewhere.

    Attributes:
        name: of the job.
        runner: that has it.
        result: Beam's handle of it.
        page: where a browser shows it; '' if there is no such place, or it is not known.
        flink: the same job as Flink's own interface tells of it; None on another runner, or where it has none.
    """

    name: str
    runner: str
    result: PipelineResult
    page: str = ""
    flink: FlinkJob | None = None

    def progress(self) -> str:
        """Returns how far the job is, for a person; '' if that is not known yet."""
        if self.flink is not None:
            return self.flink.tasks()
        counts = self._counts()
        return ", ".join(f"{text}: {counts[stage]:,}" for stage, text in STAGES.items() if counts[stage])

    def cancel(self) -> None:
        """Asks the runner to cancel the job, which takes it a moment."""
        if self.flink is not None:
            self.flink.cancel()  # Beam's job server would only forget it
        else:
            self.result.cancel()

    def is_over(self) -> bool:
        """Tells whether the job has ended, however it did."""
        return self.flink.is_over() if self.flink is not None else PipelineState.is_terminal(self.result.state)

    def _counts(self) -> Counter[str]:
        """Returns how many pictures are through each stage, as far as the runner tells while it works."""
        # A handle of a portable runner asks once and keeps the answer.
        found = copy.copy(self.result).metrics().query(MetricsFilter().with_namespace(COUNTERS))["counters"]
        counts = Counter[str]()
        for one in found:  # of each step that has such a counter
            counts[one.key.metric.name.partition("/")[0]] += one.attempted or one.committed or 0
        return counts


def name_job(options: PipelineOptions, purpose: str) -> None:
    """Gives a job a name by which a person finds it among others, if it was given none.

    Args:
        options: of the job, which are changed.
        purpose: the command that starts it.
    """
    of_job = options.view_as(GoogleCloudOptions)
    if not of_job.job_name:
        of_job.job_name = f"shardbox-{purpose.replace('_', '-')}-{datetime.now(UTC):%Y%m%d-%H%M%S}"


def hand_over(result: PipelineResult, options: PipelineOptions) -> HandedOver:
    """Returns what is known of a job that has just been started.

    Args:
        result: what Beam returned.
        options: of the job, after `name_job`.
    """
    runner = str(options.view_as(StandardOptions).runner)
    cloud = options.view_as(GoogleCloudOptions)
    name = str(cloud.job_name)
    if full_name(runner) == "dataflowrunner":
        return HandedOver(name, runner, result, page=_dataflow_page(result, cloud))
    if full_name(runner) == "flinkrunner":
        flink = FlinkJob.of(str(options.view_as(FlinkRunnerOptions).flink_master), name)
        return HandedOver(name, runner, result, page=flink.page if flink else "", flink=flink)
    return HandedOver(name, runner, result)


def _dataflow_page(result: Any, cloud: GoogleCloudOptions) -> str:
    return f"https://console.cloud.google.com/dataflow/jobs/{cloud.region}/{result.job_id()}?project={cloud.project}"
