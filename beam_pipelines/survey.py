"""What the whole of the input looks like: gathered once, in bounded memory, before anything is written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

from beam_pipelines.coding import Batch, Outcome
from beam_pipelines.records import Picture, Reject
from beam_pipelines.splits.census import Census, draw

SAMPLES = 3
"""So many rejects of each code are shown to a person."""
_EXAMPLE_BYTES = 600  # what an example holds beside the image and its boxes
_BOX_BYTES = 60


class Survey:
    """Counts over pictures, rejects and tallies; surveys of parts can be merged in any order."""

    def __init__(self) -> None:
        self.census = Census()
        self.images = 0
        self.bytes = 0
        """Estimate of all record bytes."""
        self.boxes: Counter[str] = Counter()
        """Boxes of each class."""
        self.groups_not_found = 0
        """Images that --group_by does not match."""
        self.rejects: Counter[tuple[str, str]] = Counter()
        """Rejects by (level, code)."""
        self.samples: dict[str, list[Reject]] = {}
        """The first few rejects of each code, by name."""
        self.seen: Counter[str] = Counter()
        """Sums of tallies."""

    def add(self, outcome: Outcome, seed: int) -> None:
        """Counts one outcome."""
        if isinstance(outcome, Picture):
            if outcome.leads:
                self.census.add(outcome.signature, draw(outcome.group, seed))
            self.images += 1
            self.bytes += estimate_bytes(outcome)
            for box in outcome.boxes:
                self.boxes[box[0]] += 1
            if "group_not_found" in outcome.repairs:
                self.groups_not_found += 1
        elif isinstance(outcome, Reject):
            self.rejects[outcome.level, outcome.code] += 1
            samples = self.samples.setdefault(outcome.code, [])
            samples.append(outcome)
            if len(samples) > 20 * SAMPLES:
                self.samples[outcome.code] = nsmallest(SAMPLES, samples)
        else:
            self.seen[outcome.name] += outcome.number

    def merge(self, other: "Survey") -> None:
        """Adds all counts of another survey."""
        self.census.merge(other.census)
        self.images += other.images
        self.bytes += other.bytes
        self.boxes.update(other.boxes)
        self.groups_not_found += other.groups_not_found
        self.rejects.update(other.rejects)
        for code, samples in other.samples.items():
            self.samples[code] = nsmallest(SAMPLES, [*self.samples.get(code, []), *samples])
        self.seen.update(other.seen)

    def first(self, code: str) -> list[Reject]:
        """Returns up to `SAMPLES` rejects of a code, always the same ones."""
        return nsmallest(SAMPLES, self.samples.get(code, []))

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


class MergeSurveys(beam.CombineFn):
    """Adds surveys of parts."""

    def create_accumulator(self) -> Survey:
        """Returns an empty survey."""
        return Survey()

    def add_input(self, survey: Survey, other: Survey) -> Survey:
        """Adds one part."""
        survey.merge(other)
        return survey

    def merge_accumulators(self, surveys: Iterable[Survey]) -> Survey:
        """Adds all parts."""
        merged = Survey()
        for survey in surveys:
            merged.merge(survey)
        return merged

    def extract_output(self, survey: Survey) -> Survey:
        """Returns the survey itself."""
        return survey


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
        return parts | "All parts" >> beam.Flatten() | "Merge" >> beam.CombineGlobally(MergeSurveys())

    def _parts(self) -> beam.PTransform:
        return beam.ParDo(_SurveyBatches(self.seed)).with_output_types(Survey)
