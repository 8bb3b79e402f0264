"""What was counted and found in some of the files; that of all files is merged in any order."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from beam_pipelines.verification.findings import Findings

MOST_NAMES = 10_000
"""Names of classes that are counted one by one, where no label map says which there are."""
OTHER_NAMES = "(other names)"
"""Stands for all others."""
MOST_PAIRS = 10_000
"""(name, id) of classes that are remembered."""

Remarks = dict[tuple[str, str, str], tuple[int, str, int]]
"""(reader, 'no' or 'but', why) → (examples, file and record of the first)."""


def count_names(counts: Counter[str], names: Iterable[str], most: int) -> None:
    """Counts names, in bounded memory; what is left at the end is to be cut by `bound_names`."""
    counts.update(names)
    if len(counts) > 2 * most:
        bound_names(counts, most)


def bound_names(counts: Counter[str], most: int) -> None:
    """Counts all but the first so many names, in their order, as `OTHER_NAMES`.

    The first of all names are among the first of every part of them: whatever the parts and their order, those that
    stay are the same, and counted in full.
    """
    if len(counts) > most:
        rest = sorted(counts.keys() - {OTHER_NAMES})[most:]
        if rest:
            counts[OTHER_NAMES] += sum(counts.pop(name) for name in rest)


@dataclass
class Contents:
    """What was counted in the files of one split."""

    files: int = 0
    """Those that could be opened."""
    records: int = 0
    """Those that are whole examples."""
    bytes: int = 0
    negatives: int = 0
    """Examples without an object and without a class of the whole image."""
    boxes: Counter[str] = field(default_factory=Counter)
    """Class name → objects."""
    labels: Counter[str] = field(default_factory=Counter)
    """Class name → examples that have it as a class of the whole image."""
    damaged: bool = False
    """Whether a file or a record is not as it should be, so that the counts cannot be those of the manifest."""

    def add(self, other: "Contents") -> None:
        """Takes in those of other files."""
        self.files += other.files
        self.records += other.records
        self.bytes += other.bytes
        self.negatives += other.negatives
        self.boxes.update(other.boxes)
        self.labels.update(other.labels)
        self.damaged |= other.damaged

    def as_json(self) -> dict[str, Any]:
        """Returns all of it as plain JSON."""
        return asdict(self) | {"boxes": dict(sorted(self.boxes.items())), "labels": dict(sorted(self.labels.items()))}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Contents":
        """The reverse of `as_json`."""
        return cls(**{**content, "boxes": Counter(content["boxes"]), "labels": Counter(content["labels"])})


class Tally:
    """What was counted and found.

    Args:
        most_names: names of classes that are counted one by one.
    """

    def __init__(self, most_names: int = MOST_NAMES) -> None:
        self._most_names = most_names
        self.splits: dict[str, Contents] = {}
        self.findings = Findings()
        self.readers: Remarks = {}
        self.classes: dict[tuple[str, int], tuple[str, int]] = {}
        """(name, id) of a class → file and record of the first object that has both; of files without a manifest."""

    def split(self, name: str) -> Contents:
        """Returns what is counted of a split."""
        return self.splits.setdefault(name, Contents())

    def remark(self, reader: str, level: str, why: str, file: str, record: int) -> None:
        """Notes that a reader stops at an example, or loses some of it; called in the order of the records."""
        count, first, number = self.readers.get((reader, level, why), (0, file, record))
        self.readers[reader, level, why] = (count + 1, first, number)

    def merge(self, other: "Tally") -> None:
        """Takes in what was found in other files."""
        for name, contents in other.splits.items():
            merged = self.split(name)
            merged.add(contents)
            bound_names(merged.boxes, self._most_names)
            bound_names(merged.labels, self._most_names)
        self.findings.merge(other.findings)
        for key, (count, file, record) in other.readers.items():
            before, first, number = self.readers.get(key, (0, file, record))
            self.readers[key] = (before + count, *min((file, record), (first, number)))
        for pair, where in other.classes.items():
            self.classes[pair] = min(where, self.classes.get(pair, where))
        if len(self.classes) > MOST_PAIRS:
            self.classes = dict(sorted(self.classes.items())[:MOST_PAIRS])

    def as_json(self) -> dict[str, Any]:
        """Returns all of it as plain JSON."""
        return {
            "splits": {name: contents.as_json() for name, contents in sorted(self.splits.items())},
            "findings": self.findings.as_json(),
            "readers": [[*key, *value] for key, value in sorted(self.readers.items())],
            "classes": [[*pair, *where] for pair, where in sorted(self.classes.items())],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Tally":
        """The reverse of `as_json`."""
        tally = cls()
        tally.splits = {name: Contents.from_json(contents) for name, contents in content["splits"].items()}
        tally.findings = Findings.from_json(content["findings"])
        tally.readers = {(name, level, why): tuple(rest) for name, level, why, *rest in content["readers"]}
        tally.classes = {(name, number): tuple(where) for name, number, *where in content["classes"]}
        return tally
