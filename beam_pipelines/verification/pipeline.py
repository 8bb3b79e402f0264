"""The check as a job: each file is read once, on one worker; of its records a few bytes meet those of others."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.output_folder import write_text
from beam_pipelines.progress import ProgressMark
from beam_pipelines.record_files.locating import RecordSet
from beam_pipelines.verification.examples import Rules, rules_of_others
from beam_pipelines.verification.files import Task, check_file, tasks_of
from beam_pipelines.verification.repeats import Side, find_repeats
from beam_pipelines.verification.report import Report

_REPORTS = "reports"


@dataclass(frozen=True)
class Plan:
    """What is checked, and against what."""

    tasks: tuple[Task, ...]
    rules: Rules
    shards: Mapping[tuple[int, str], str]
    """(bytes, crc32c) of each shard of the dataset → its name."""
    leaks_known: bool
    """Whether the manifest tells of equal pictures in given splits."""

    @classmethod
    def of(cls, found: RecordSet, *, decode: bool) -> "Plan":
        """Plans the check of some files.

        Args:
            found: the files.
            decode: whether every picture is decoded.
        """
        manifest = found.manifest
        if manifest is None:
            rules = rules_of_others(found.class_names, decode=decode)
            return cls(tuple(tasks_of(found.files)), rules, {}, leaks_known=False)
        rules = Rules(manifest.features, found.class_names, of_dataset=True, decode=decode)
        shards = [shard for split in manifest.splits.values() for shard in split.shards]
        return cls(
            tuple(tasks_of(found.files)),
            rules,
            {(shard.bytes, shard.crc32c): shard.name for shard in shards},
            leaks_known=bool(manifest.repairs.get("leaked_copy")),
        )

    @property
    def sides(self) -> tuple[Side, ...]:
        """What is to be known of each file to tell of its records."""
        return tuple(Side(task.file.name, task.file.split) for task in self.tasks)

    def repeats(self, bucket: int, parcels: Iterable[bytes]) -> Report:
        """Returns what repeats in one bucket."""
        report = Report()
        found = find_repeats(
            bucket, parcels, self.sides, of_dataset=self.rules.of_dataset, leaks_known=self.leaks_known
        )
        report.findings.merge(found)
        return report


def check_here(plan: Plan) -> Report:
    """Checks all files in this process, without a runner: the same result, sooner where there is little to read."""
    report, parcels = Report(), dict[int, list[bytes]]()
    for task in plan.tasks:
        for one in check_file(task, plan.rules, plan.shards):
            if isinstance(one, Report):
                report.merge(one)
            else:
                parcels.setdefault(one[0], []).append(one[1])
    for bucket, contents in parcels.items():
        report.merge(plan.repeats(bucket, contents))
    return report


class _CheckFile(beam.DoFn):
    def __init__(self, plan: Plan, progress: str | None):
        self._plan = plan
        self._progress = ProgressMark(progress, "examine")

    def process(self, task: Task) -> Iterator[Any]:
        for one in check_file(task, self._plan.rules, self._plan.shards, self._progress.add):
            yield TaggedOutput(_REPORTS, one) if isinstance(one, Report) else one
        self._progress.flush()


class _MergeReports(beam.CombineFn):
    def create_accumulator(self) -> Report:
        return Report()

    def add_input(self, report: Report, other: Report) -> Report:
        report.merge(other)
        return report

    def merge_accumulators(self, reports: Iterable[Report]) -> Report:
        merged = Report()
        for report in reports:
            merged.merge(report)
        return merged

    def extract_output(self, report: Report) -> Report:
        return report


def _find_repeats(element: tuple[int, Iterable[bytes]], plan: Plan) -> Iterator[Report]:
    report = plan.repeats(*element)
    if report.findings:
        yield report


def _write(report: Report, path: str) -> str:
    write_text(path, json.dumps(report.as_json()))
    return path


@dataclass
class CheckRecords(beam.PTransform):
    """Checks all files, and writes what was found to a small file of JSON. Returns its path.

    Attributes:
        plan: what is checked.
        result: the file to write.
        progress: the folder for `ProgressMark`; None for none.
    """

    plan: Plan
    result: str
    progress: str | None = None

    def expand(self, root: beam.Pipeline) -> PCollection:
        """One shuffle: of the marks of all records, by the content of their pictures and by their numbers."""
        check = beam.ParDo(_CheckFile(self.plan, self.progress)).with_output_types(tuple[int, bytes], reports=Report)
        checked = (
            root
            | "Name every file" >> beam.Create(self.plan.tasks)
            | "Spread the files" >> beam.Reshuffle()
            | "Check records" >> check.with_outputs(_REPORTS, main="parcels")
        )
        repeats = (
            checked.parcels
            | "Bring equal ones together" >> beam.GroupByKey()
            | "Find repeats" >> beam.FlatMap(_find_repeats, self.plan).with_output_types(Report)
        )
        return (
            (checked.reports, repeats)
            | "Take both" >> beam.Flatten()
            | "Merge findings" >> beam.CombineGlobally(_MergeReports())
            | "Write the result" >> beam.Map(_write, self.result).with_output_types(str)
        )
