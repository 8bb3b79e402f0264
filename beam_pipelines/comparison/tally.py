"""Counts of differences and a few of them, merged in any order to the same result."""

from collections import Counter
from collections.abc import Iterable
from heapq import nsmallest
from typing import Any

from beam_pipelines.comparison.differences import KINDS, Difference, as_json, changed_labels
from beam_pipelines.comparison.images import Box

SAMPLES = 10
BOX_KINDS = ("added", "removed", "moved", "attributes", "with_added_images", "with_removed_images")
"""What is counted of boxes for each class; boxes that changed their class are counted by both."""


class Tally:
    """Counts of differences, and the first of each kind by name."""

    def __init__(self) -> None:
        self.kinds = Counter[str]()
        """Images of each kind; one image may be of several."""
        self.moves = Counter[tuple[str, str]]()
        """(split before, split after) → images."""
        self.boxes = Counter[tuple[str, str]]()
        """(one of `BOX_KINDS`, class) → boxes."""
        self.reclassified = Counter[tuple[str, str]]()
        """(class before, class after) → boxes."""
        self.labels = Counter[tuple[str, str]]()
        """('added' or 'removed', class) → images that were in both datasets."""
        self.samples: dict[str, list[Difference]] = {}
        """Kind → the first differences."""

    def add(self, one: Difference) -> None:
        """Counts a difference."""
        self.kinds.update(one.kinds)
        for kind in one.kinds:
            samples = self.samples.get(kind, [])
            if len(samples) < SAMPLES or one.order < samples[-1].order:
                self.samples[kind] = _first([*samples, one])
        if one.before is None or one.after is None:
            for image in one.sides:
                self.boxes.update((f"with_{one.kinds[0]}_images", box[0]) for box in image.boxes)
            return
        if "moved" in one.kinds:
            self.moves[one.before.split, one.after.split] += 1
        for change in one.boxes:
            self._count_box(change.kind, change.before, change.after)
        for kind, names in zip(("added", "removed"), changed_labels(one), strict=True):
            self.labels.update((kind, name) for name in names)

    def merge(self, other: "Tally") -> None:
        """Adds another tally."""
        for mine, theirs in zip(self._counters(), other._counters(), strict=True):
            mine.update(theirs)
        for kind, samples in other.samples.items():
            self.samples[kind] = _first([*self.samples.get(kind, ()), *samples])

    def as_json(self) -> dict[str, Any]:
        """Returns it as plain JSON values, all in an order that depends on nothing but the differences."""
        names = sorted({name for _, name in self.boxes})
        return {
            "images": {kind: self.kinds[kind] for kind in KINDS},
            "moves": _listed(self.moves, "images"),
            "boxes": {
                kind: {name: self.boxes[kind, name] for name in names if self.boxes[kind, name]} for kind in BOX_KINDS
            },
            "reclassified": _listed(self.reclassified, "boxes"),
            "labels": {
                kind: {name: number for (of, name), number in sorted(self.labels.items()) if of == kind}
                for kind in ("added", "removed")
            },
            "samples": {kind: [as_json(one) for one in self.samples.get(kind, ())] for kind in KINDS},
        }

    def _counters(self) -> tuple[Counter[Any], ...]:
        return self.kinds, self.moves, self.boxes, self.reclassified, self.labels

    def _count_box(self, kind: str, before: Box | None, after: Box | None) -> None:
        if kind == "class" and before and after:
            self.reclassified[before[0], after[0]] += 1
        else:
            box = before or after
            assert box is not None
            self.boxes[kind, box[0]] += 1


def _first(differences: Iterable[Difference]) -> list[Difference]:
    return nsmallest(SAMPLES, differences, key=lambda one: one.order)


def _listed(counts: Counter[tuple[str, str]], what: str) -> list[dict[str, Any]]:
    return [{"before": before, "after": after, what: number} for (before, after), number in sorted(counts.items())]
