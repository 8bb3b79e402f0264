"""Pairs what is alike in two datasets: images by their content and then by their path.

It does not matter which of the two sides comes first.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from beam_pipelines.comparison.images import Image

Pair = tuple[Image | None, Image | None]
"""(before, after), one of them None for an image that the other dataset lacks."""

T = TypeVar("T", bound=tuple[Any, ...])
_Steps = Sequence[Callable[[Image], Hashable]]

# Images that are equal in all that is compared come first. That is why shards which are equal in both datasets need
# not be read: their images would find each other, and leave to the others what these find without them.
_OF_EQUAL_CONTENT: _Steps = (
    attrgetter("image", "split", "content"),
    attrgetter("image", "split"),
    attrgetter("image", "content"),
    attrgetter("image"),
    attrgetter("split", "content"),
    attrgetter("content"),
    attrgetter("split"),
    lambda _: None,
)
_OF_EQUAL_PATH: _Steps = (attrgetter("split"), lambda _: None)


def pair_up(
    before: Iterable[T], after: Iterable[T], alike: Callable[[T], Hashable]
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """Pairs things of two sides that have the same key, in the order of each side.

    Args:
        before: one side, sorted.
        after: the other side, sorted.
        alike: returns the key of a thing.

    Returns:
        The pairs; what is left of each side, sorted.
    """
    waiting: dict[Hashable, deque[T]] = defaultdict(deque)
    for other in after:
        waiting[alike(other)].append(other)
    pairs: list[tuple[T, T]] = []
    left: list[T] = []
    for one in before:
        others = waiting[alike(one)]
        if others:
            pairs.append((one, others.popleft()))
        else:
            left.append(one)
    return pairs, left, sorted(other for others in waiting.values() for other in others)


def match_copies(before: Iterable[Image], after: Iterable[Image]) -> tuple[list[Pair], list[Image], list[Image]]:
    """Matches images of the same content: where there are several, those of the same path, annotation and split first.

    Returns:
        Pairs whose two sides are not equal; what is left of each side.
    """
    pairs, left, right = _match(before, after, _OF_EQUAL_CONTENT)
    return [pair for pair in pairs if pair[0] != pair[1]], left, right


def match_namesakes(before: Iterable[Image], after: Iterable[Image]) -> list[Pair]:
    """Matches images of the same path, of which none has the content of another, those of the same split first.

    Returns:
        Pairs, and what is left of each side beside None.
    """
    pairs, left, right = _match(before, after, _OF_EQUAL_PATH)
    return [*pairs, *((image, None) for image in left), *((None, image) for image in right)]


def _match(
    before: Iterable[Image], after: Iterable[Image], steps: _Steps
) -> tuple[list[Pair], list[Image], list[Image]]:
    matched: list[Pair] = []
    left, right = sorted(before), sorted(after)
    for alike in steps:
        pairs, left, right = pair_up(left, right, alike)
        matched += pairs
    return matched, left, right
