"""What the whole of the input looks like: gathered once, in bounded memory, before anything is written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from beam_pipelines.coding import Batch, Outcome
from beam_pipelines.merging import MergeParts
from beam_pipelines.records import Picture, Reject
from beam_pipelines.splits.census import Census, draw

SAMPLES = 3
"""So many rejects of each code are shown to a person."""
_LEAKS = 4 * SAMPLES
_EXAMPLE_BYTES = 600  # what an example holds beside the image and its boxes
_BOX_BYTES = 60


class Leak(NamedTuple):
    """A picture that stands in more than one split, or whose group does."""

    group: str
    split: str
    image: str


class Survey:
    """Counts over pictures, rejects and tallies; surveys of parts can be merged in any order."""

    def __init__(self) -> None:
        self.census = Census()
        self.images = 0
        self.bytes = 0
        """Estimate of all record bytes."""
        self.boxes: Counter[str] = Counter()
        """Boxes of each class."""
        self.labels: Counter[str] = Counter()
        """Images of each class, where whole images have classes."""
        self.given: Counter[str] = Counter()
        """Images that were given to each split."""
        self.given_bytes: Counter[str] = Counter()
        """Estimate of their record bytes."""
        self.leaks: list[Leak] = []
        """The first few groups that stand in more than one of the given splits: the first picture in each."""
        self.groups_not_found = 0
        """Images that --group_by does not match."""
        self.rejects: Counter[tuple[str, str]] = Counter()
        """Rejects by (level, code)."""
        self.samples: dict[tuple[str, str], list[Reject]] = {}
        """The first few rejects of each level and code, by name."""
        self.seen: Counter[str] = Counter()
        """Sums of tallies."""

    def add(self, outcome: Outcome, seed: int) -> None:
        """Counts one outcome."""
        if isinstance(outcome, Picture):
            if outcome.leads and not outcome.split:
                self.census.add(outcome.signature, draw(outcome.group, seed))
            self.images += 1
            self.bytes += estimate_bytes(outcome)
            for box in outcome.boxes:
                self.boxes[box[0]] += 1
            self.labels.update(outcome.labels)
            if outcome.split:
                self._add_given(outcome)
            if "group_not_found" in outcome.repairs:
                self.groups_not_found += 1
        elif isinstance(outcome, Reject):
            kind = outcome.level, outcome.code
            self.rejects[kind] += 1
            samples = self.samples.setdefault(kind, [])
            samples.append(outcome)
            if len(samples) > 20 * SAMPLES:
                self.samples[kind] = nsmallest(SAMPLES, samples)
        else:
            self.seen[outcome.name] += outcome.number

    def _add_given(self, picture: Picture) -> None:
        self.given[picture.split] += 1
        self.given_bytes[picture.split] += estimate_bytes(picture)
        if "leaked_copy" in picture.repairs or "leaked_group" in picture.repairs:
            self._add_leaks([Leak(picture.group, picture.split, picture.image)])

    def _add_leaks(self, leaks: Iterable[Leak]) -> None:
        first: dict[tuple[str, str], Leak] = {}
        for leak in sorted([*self.leaks, *leaks]):
            first.setdefault((leak.group, leak.split), leak)
        self.leaks = list(first.values())[:_LEAKS]

    def merge(self, other: "Survey") -> None:
        """Adds all counts of another survey."""
        self.census.merge(other.census)
        self.images += other.images
        self.bytes += other.bytes
        self.boxes.update(other.boxes)
        self.labels.update(other.labels)
        self.given.update(other.given)
        self.given_bytes.update(other.given_bytes)
        self._add_leaks(other.leaks)
        self.groups_not_found += other.groups_not_found
        self.rejects.update(other.rejects)
        for kind, samples in other.samples.items():
            self.samples[kind] = nsmallest(SAMPLES, [*self.samples.get(kind, []), *samples])
        self.seen.update(other.seen)

    def first(self, level: str, code: str) -> list[Reject]:
        """Returns up to `SAMPLES` rejects of a level and code, always the same ones."""
        return nsmallest(SAMPLES, self.samples.get((level, code), []))

    def rejected(self, level: str) -> int:
        """Returns how many rejects of a level there are."""
        return sum(n for (of_level, _), n in self.rejects.items() if of_level == level)


def estimate_bytes(picture: Picture) -> int:
    """Returns about how large the record of a picture will be."""
    return picture.size + _EXAMPLE_BYTES + _BOX_BYTES * len(picture.boxes)


class _SurveyBatches(beam.DoFn):
    """Surveys what one worker sees at a time; fused with the stage before, so that nothing travels."""

    def __init__(self, seed: int):
        self._seed = seed

    def start_bundle(self) -> None:
        self._survey = Survey()

    def process(self, outcomes: Batch) -> None:
        for outcome in outcomes:
            self._survey.add(outcome, self._seed)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        yield GlobalWindows.windowed_value(self._survey)


@dataclass
class TakeSurvey(beam.PTransform):
    """Surveys batches of pictures, and rejects and tallies. Returns one survey.

    Attributes:
        seed: of the split.
    """

    seed: int

    def expand(self, inputs: tuple[PCollection, PCollection]) -> PCollection:
        """Surveys part by part where the parts are, then merges."""
        pictures, others = inputs
        alone = others | "One by one" >> beam.Map(lambda outcome: (outcome,)).with_output_types(Batch)
        parts = [pictures | "Survey pictures" >> self._parts(), alone | "Survey others" >> self._parts()]
        return parts | "All parts" >> beam.Flatten() | "Merge" >> beam.CombineGlobally(MergeParts(Survey))

    def _parts(self) -> beam.PTransform:
        return beam.ParDo(_SurveyBatches(self.seed)).with_output_types(Survey)
