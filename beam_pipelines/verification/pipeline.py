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
from beam_pipelines.verification.tally import Tally

_TALLIES = "tallies"


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

    def repeats(self, bucket: int, parcels: Iterable[bytes]) -> Tally:
        """Returns what repeats in one bucket."""
        tally = Tally()
        found = find_repeats(
            bucket, parcels, self.sides, of_dataset=self.rules.of_dataset, leaks_known=self.leaks_known
        )
        tally.findings.merge(found)
        return tally


def check_here(plan: Plan) -> Tally:
    """Checks all files in this process, without a runner: the same result, sooner where there is little to read."""
    tally, parcels = Tally(plan.rules.most_names), dict[int, list[bytes]]()
    for task in plan.tasks:
        for one in check_file(task, plan.rules, plan.shards):
            if isinstance(one, Tally):
                tally.merge(one)
            else:
                parcels.setdefault(one[0], []).append(one[1])
    for bucket, contents in parcels.items():
        tally.merge(plan.repeats(bucket, contents))
    return tally


class _CheckFile(beam.DoFn):
    def __init__(self, plan: Plan, progress: str | None):
        self._plan = plan
        self._progress = ProgressMark(progress, "examine")

    def process(self, task: Task) -> Iterator[Any]:
        for one in check_file(task, self._plan.rules, self._plan.shards, self._progress.add):
            yield TaggedOutput(_TALLIES, one) if isinstance(one, Tally) else one
        self._progress.flush()


class _MergeTallies(beam.CombineFn):
    def __init__(self, most_names: int):
        self._most_names = most_names

    def create_accumulator(self) -> Tally:
        return Tally(self._most_names)

    def add_input(self, tally: Tally, other: Tally) -> Tally:
        tally.merge(other)
        return tally

    def merge_accumulators(self, tallies: Iterable[Tally]) -> Tally:
        merged = self.create_accumulator()
        for tally in tallies:
            merged.merge(tally)
        return merged

    def extract_output(self, tally: Tally) -> Tally:
        return tally


def _find_repeats(element: tuple[int, Iterable[bytes]], plan: Plan) -> Iterator[Tally]:
    tally = plan.repeats(*element)
    if tally.findings:
        yield tally


def _write(tally: Tally, path: str) -> str:
    write_text(path, json.dumps(tally.as_json()))
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
        check = beam.ParDo(_CheckFile(self.plan, self.progress)).with_output_types(tuple[int, bytes], tallies=Tally)
        checked = (
            root
            | "Name every file" >> beam.Create(self.plan.tasks)
            | "Spread the files" >> beam.Reshuffle()
            | "Check records" >> check.with_outputs(_TALLIES, main="parcels")
        )
        repeats = (
            checked.parcels
            | "Bring equal ones together" >> beam.GroupByKey()
            | "Find repeats" >> beam.FlatMap(_find_repeats, self.plan).with_output_types(Tally)
        )
        return (
            (checked.tallies, repeats)
            | "Take both" >> beam.Flatten()
            | "Merge findings" >> beam.CombineGlobally(_MergeTallies(self.plan.rules.most_names))
            | "Write the result" >> beam.Map(_write, self.result).with_output_types(str)
        )
