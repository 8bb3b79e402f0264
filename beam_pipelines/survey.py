"""What the whole of the input looks like: gathered once, in bounded memory, before anything is written."""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest

import apache_beam as beam

from beam_pipelines.coding import Outcome
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
            self.bytes += outcome.size + _EXAMPLE_BYTES + _BOX_BYTES * len(outcome.boxes)
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


class TakeSurvey(beam.CombineFn):
    """Merges outcomes into one `Survey`."""

    def __init__(self, seed: int):
        self._seed = seed

    def create_accumulator(self) -> Survey:
        """Returns an empty survey."""
        return Survey()

    def add_input(self, survey: Survey, outcome: Outcome) -> Survey:
        """Counts one outcome."""
        survey.add(outcome, self._seed)
        return survey

    def merge_accumulators(self, surveys: Iterable[Survey]) -> Survey:
        """Adds all counts."""
        merged = Survey()
        for survey in surveys:
            merged.merge(survey)
        return merged

    def extract_output(self, survey: Survey) -> Survey:
        """Returns the survey itself."""
        return survey
