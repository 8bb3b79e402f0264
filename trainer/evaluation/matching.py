"""Which detection finds which object, at an IoU of at least .50, whatever the classes: for people to look at."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from trainer.evaluation.overlaps import overlaps, shares_within
from trainer.evaluation.pictures import Flags, Floats, Found, Integers, Truth

IOU = 0.5


class Matching(NamedTuple):
    """Of one picture with k detections. It holds from any score on: those above do not depend on those below."""

    objects: Integers
    """[k]: the object that a detection takes; -1: none."""
    ignored: Flags
    """[k]: whether it takes none, but lies on a difficult object or in a crowd of its class. Nothing is counted."""


def match(truth: Truth, found: Found) -> Matching:
    """Lets detections choose objects, the highest score first, of equal ones the first.

    Each takes the object that it overlaps most of those that are left: one of its own class if there is one; else it
    is ignored if it lies on a difficult object of its class, or half in a crowd of it; else one of another class.
    """
    objects = np.full(len(found.scores), -1, np.int64)
    ignored = np.zeros(len(found.scores), bool)
    if not len(found.scores) or not len(truth.labels):
        return Matching(objects, ignored)
    near = overlaps(found.boxes, truth.boxes)
    same = found.labels[:, None] == truth.labels[None, :]
    near_own = np.where(same, near, 0.0)
    within = np.where(same & truth.is_crowd, shares_within(found.boxes, truth.boxes), 0.0)
    excused = np.any(((near_own >= IOU) & truth.difficult) | (within >= IOU), axis=1)
    touching = np.any(near >= IOU, axis=1)
    free = truth.counted.copy()
    for i in _by_score(found.scores, touching | excused):
        own = _best(near_own[i], free)
        if own < 0 and excused[i]:
            ignored[i] = True
            continue
        objects[i] = own if own >= 0 else _best(near[i], free)
        if objects[i] >= 0:
            free[objects[i]] = False
    return Matching(objects, ignored)


def match_all(truths: Iterable[Truth], founds: Iterable[Found]) -> list[Matching]:
    """Matches the pictures one by one; both are in the same order."""
    return [match(truth, found) for truth, found in zip(truths, founds, strict=True)]


def _by_score(scores: Floats, chosen: Flags) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    numbers: list[int] = order[chosen[order]].tolist()
    return numbers


def _best(near: Floats, free: Flags) -> int:
    """Returns the free object that is overlapped most, the first of equal ones; -1 if none is overlapped enough."""
    left = np.where(free, near, 0.0)
    best = int(left.argmax())
    return best if left[best] >= IOU else -1
