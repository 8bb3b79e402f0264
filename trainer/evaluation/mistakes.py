"""The pictures on which a detector errs most."""

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainer.evaluation.matching import Matching
from trainer.evaluation.pictures import Found, Truth


class Mistakes(NamedTuple):
    """On one picture, from a score on."""

    picture: int
    """Its place among all that were evaluated."""
    source_id: int
    filename: str
    missed: int
    """Objects that nothing finds."""
    confused: int
    """Objects that are found as another class."""
    false_alarms: int
    """Detections that find nothing."""
    wrong_scores: float
    """Of the detections that find nothing or another class, together."""
    classes: tuple[int, ...]
    """Of the objects and detections that are concerned, ascending."""

    @property
    def total(self) -> int:
        """How many there are."""
        return self.missed + self.confused + self.false_alarms


def worst(
    truths: Sequence[Truth], founds: Sequence[Found], matchings: Sequence[Matching], score: float, most: int
) -> list[Mistakes]:
    """Returns the pictures with the most mistakes; of equal ones those with the higher scores of wrong detections.

    Args:
        truths: of each picture.
        founds: of the same pictures, in the same order.
        matchings: of the same.
        score: detections below it are left out.
        most: pictures that are returned; those without mistakes are not.
    """
    found = (one for one in _mistakes(truths, founds, matchings, score) if one.total)
    return heapq.nsmallest(most, found, key=lambda one: (-one.total, -one.wrong_scores, one.picture))


def _mistakes(
    truths: Sequence[Truth], founds: Sequence[Found], matchings: Sequence[Matching], score: float
) -> Iterator[Mistakes]:
    for i, (truth, found, matching) in enumerate(zip(truths, founds, matchings, strict=True)):
        chosen = found.scores >= score
        takes = chosen & (matching.objects >= 0)
        is_false = chosen & (matching.objects < 0) & ~matching.ignored
        taken = matching.objects[takes]
        is_other = truth.labels[taken] != found.labels[takes]
        missed = truth.counted.copy()
        missed[taken] = False
        concerned = (
            truth.labels[missed], truth.labels[taken][is_other], found.labels[takes][is_other], found.labels[is_false]
        )  # fmt: skip
        yield Mistakes(
            i,
            truth.source_id,
            truth.filename,
            int(missed.sum()),
            int(is_other.sum()),
            int(is_false.sum()),
            float(found.scores[takes][is_other].sum() + found.scores[is_false].sum()),
            tuple(sorted({label for labels in concerned for label in labels.tolist()})),
        )
