"""`python counted.py FILE build …`: the command `shardbox`, which leaves the counters of its job in FILE as JSON."""

import json
import sys
from collections import Counter
from pathlib import Path

import apache_beam as beam
from apache_beam.metrics import monitoring_infos
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.portability.api import beam_job_api_pb2
from apache_beam.runners.portability.portable_runner import PipelineResult as PortablePipelineResult
from apache_beam.runners.runner import PipelineResult

from beam_pipelines.cli import main

kept: list[PipelineResult] = []


class _Kept(beam.Pipeline):
    def run(self, *arguments: object, **named: object) -> PipelineResult:
        kept.append(super().run(*arguments, **named))
        return kept[-1]


def counters() -> dict[str, int]:
    """Returns what the job has counted, over all of its steps."""
    counted = Counter[str]()
    result = kept[-1]
    if isinstance(result, PortablePipelineResult):
        # A step that Flink runs in several places has several counters of one name, of which Beam keeps the last.
        asked = beam_job_api_pb2.GetJobMetricsRequest(job_id=result._job_id)
        for info in result._job_service.GetJobMetrics(asked).metrics.committed:
            if monitoring_infos.is_counter(info) and info.labels.get("NAMESPACE") == "shardbox":
                counted[info.labels["NAME"]] += monitoring_infos.extract_metric_result_map_value(info)
    else:
        for counter in result.metrics().query(MetricsFilter().with_namespace("shardbox"))["counters"]:
            counted[counter.key.metric.name] += counter.result
    return dict(sorted(counted.items()))


if __name__ == "__main__":
    beam.Pipeline = _Kept
    code = main(sys.argv[2:])
    if not code:
        Path(sys.argv[1]).write_text(json.dumps(counters()))
    sys.exit(code)
