"""Pairs what is alike, so that it does not matter which of the two sides comes first."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])


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
