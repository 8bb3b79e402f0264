"""What is taken for what, from the score on at which that is worth looking at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trainer.evaluation.matching import Matching
from trainer.evaluation.pictures import Flags, Floats, Found, Truth

BACKGROUND = -1
"""In place of a class: no object, or no detection."""
BINS = 20
"""Of scores, from 0 to 1."""

_SCORE_WITHOUT_MATCHES = 0.5


@dataclass(frozen=True)
class Cell:
    """So many objects of the class `truth` were found as `found`; `BACKGROUND`: nothing there, or missed."""

    truth: int
    found: int
    count: int


@dataclass(frozen=True)
class Confusion:
    """Of the detections from a score on."""

    score: float
    """The lowest that is looked at: that with the best F1, the highest of equal ones; 0.5 if no detection is right."""
    precision: float | None
    """Share of the detections that find an object and name its class; None without detections."""
    recall: float | None
    """Share of the objects that are found as what they are; None without objects."""
    f1: float | None
    """Harmonic mean of both; None without objects."""
    cells: tuple[Cell, ...]
    """In the order of their classes, `BACKGROUND` last; those with a count of 0 are left out."""
    right_by_score: tuple[int, ...]
    """Of all detections: those that find an object and name its class, by score, in `BINS` equal bins."""
    wrong_by_score: tuple[int, ...]
    """The others, but for those that do not count."""


def confuse(truths: Sequence[Truth], founds: Sequence[Found], matchings: Sequence[Matching]) -> Confusion:
    """Returns what is taken for what.

    Args:
        truths: of each picture.
        founds: of the same pictures, in the same order.
        matchings: of the same.
    """
    parts = list(zip(truths, founds, matchings, strict=True))
    right = np.concatenate([np.zeros(0, bool), *(is_right(*part)[~part[2].ignored] for part in parts)])
    scores = np.concatenate([np.zeros(0), *(part[1].scores[~part[2].ignored] for part in parts)])
    objects = int(sum(truth.counted.sum() for truth in truths))
    score = _best_score(scores, right, objects)
    chosen = scores >= score
    hits, detections = int(right[chosen].sum()), int(chosen.sum())
    counts = Counter(pair for part in parts for pair in _pairs(*part, score))
    return Confusion(
        score,
        hits / detections if detections else None,
        hits / objects if objects else None,
        2 * hits / (detections + objects) if objects else None,
        tuple(Cell(*pair, counts[pair]) for pair in sorted(counts, key=_background_last)),
        _histogram(scores[right]),
        _histogram(scores[~right]),
    )


def is_right(truth: Truth, found: Found, matching: Matching) -> Flags:
    """Returns [k]: whether a detection finds an object and names its class."""
    if not len(truth.labels):
        return np.zeros(len(found.scores), bool)
    taken: Flags = (matching.objects >= 0) & (truth.labels[matching.objects] == found.labels)
    return taken


def _best_score(scores: Floats, right: Flags, objects: int) -> float:
    if not right.any():
        return _SCORE_WITHOUT_MATCHES
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    f1 = 2 * np.cumsum(right[order]) / (np.arange(1, len(order) + 1) + objects)
    is_last_of_equals = np.append(ordered[1:] != ordered[:-1], True)
    return float(ordered[np.where(is_last_of_equals, f1, -1.0).argmax()])


def _pairs(truth: Truth, found: Found, matching: Matching, score: float) -> Iterator[tuple[int, int]]:
    """Yields (class of the object, class of the detection) for each of them that counts."""
    missed = truth.counted.copy()
    labels = truth.labels.tolist()
    chosen = (found.scores >= score) & ~matching.ignored
    for label, number in zip(found.labels[chosen].tolist(), matching.objects[chosen].tolist(), strict=True):
        yield (labels[number] if number >= 0 else BACKGROUND), label
        if number >= 0:
            missed[number] = False
    for label in truth.labels[missed].tolist():
        yield label, BACKGROUND


def _background_last(pair: tuple[int, int]) -> tuple[tuple[bool, int], ...]:
    return tuple((label == BACKGROUND, label) for label in pair)


def _histogram(scores: Floats) -> tuple[int, ...]:
    return tuple(np.bincount(np.clip(scores * BINS, 0, BINS - 1).astype(np.int64), minlength=BINS).tolist())
