"""What planning a split needs to know about the whole dataset, counted in bounded memory.

A census sees every leak group once: its signature (the sorted names of its classes joined by NUL, '' for a
group without boxes) and its draw (its place on a line of 2**62 places). Its content depends neither on the
order in which groups were added nor on how they were dealt out to censuses that were merged later.
"""

import hashlib
from array import array
from collections.abc import Iterator

LINE = 1 << 62
"""Number of places on the line of draws; below 2**63, where Beam's coders encode an int fastest."""

LIMIT = 1024
"""The lowest draws that are remembered of one signature."""

MAX_SIGNATURES = 200_000
"""Signatures that are counted one by one; the rest are folded into one heap."""


def draw(group: str, seed: int) -> int:
    """Returns the place of a leak group on the line, in [0, LINE).

    Args:
        group: name of the group; it alone decides, with the seed.
        seed: any int of 128 bits, signed.
    """
    salt = seed.to_bytes(16, "big", signed=True)
    name = group.encode("utf-8", "surrogatepass")  # a group may come from a path that is no UTF-8
    return int.from_bytes(hashlib.blake2b(name, digest_size=8, salt=salt, person=b"split").digest(), "big") >> 2


def classes_of(signature: str) -> list[str]:
    """Returns the class names in a signature, sorted; none for a group without boxes."""
    return signature.split("\0") if signature else []


class Census:
    """Counts groups per signature and per class; can be merged and pickled.

    Per signature it keeps the exact number of groups and their `LIMIT` lowest draws. At most
    `MAX_SIGNATURES` signatures are kept, those with the lowest marks (a hash): a signature with one of the
    lowest marks of all has one of the lowest in every part as well, so that none that is kept in the end was
    ever dropped on the way and its count is exact (the argument of the k-minimum-values sketch; Bar-Yossef et
    al., "Counting distinct elements in a data stream", 2002). What is dropped is folded into counts per
    class, so that those stay exact too. Both prunings are lazy: they run when the signatures are a quarter
    too many, or the draws of one signature twice too many.
    """

    __slots__ = ("_bar", "_draws", "_folded_classes", "_folded_groups", "_forgotten")

    def __init__(self) -> None:
        self._draws: dict[str, array[int]] = {}
        self._forgotten: dict[str, int] = {}  # draws that were pruned, by signature: counts are the sums
        self._folded_classes: dict[str, int] = {}
        self._folded_groups = 0
        self._bar: bytes | None = None  # no mark above it is kept in the end; None if none is known

    @property
    def folded_groups(self) -> int:
        """Number of groups whose signature was folded away; final after `settle`."""
        return self._folded_groups

    @property
    def folded_classes(self) -> dict[str, int]:
        """Among them, the number of groups that hold each class; final after `settle`."""
        return self._folded_classes

    def add(self, signature: str, draw: int) -> None:
        """Counts a group. Each group must be added exactly once."""
        draws = self._draws.get(signature)
        if draws is None:
            self._meet(signature, draw)
            return
        draws.append(draw)
        if len(draws) > 2 * LIMIT:
            self._forget(signature)

    def merge(self, other: "Census") -> None:
        """Adds all that another census has counted; the other stays as it is."""
        for signature, draws in other._draws.items():
            mine = self._draws.get(signature)
            if mine is None:
                self._draws[signature] = draws[:]
                continue
            mine.extend(draws)
            if len(mine) > 2 * LIMIT:
                self._forget(signature)
        _add_counts(self._forgotten, other._forgotten)
        _add_counts(self._folded_classes, other._folded_classes)
        self._folded_groups += other._folded_groups
        self._bar = min(filter(None, (self._bar, other._bar)), default=None)
        if self._crowded():
            self._fold()

    def settle(self) -> None:
        """Prunes whatever lazy pruning has left over; draws are sorted then. Changes no later result."""
        if len(self._draws) > MAX_SIGNATURES:
            self._fold()
        for signature in self._draws:
            self._forget(signature)

    def signatures(self) -> Iterator[tuple[str, int, "array[int]"]]:
        """Yields every kept signature, its number of groups and its known draws; settled if `settle` was called.

        The draws are the `LIMIT` lowest, ascending, and all of them if the signature has no more groups.
        """
        for signature, draws in self._draws.items():
            yield signature, len(draws) + self._forgotten.get(signature, 0), draws

    def classes(self) -> dict[str, int]:
        """Returns the exact number of groups that hold each class."""
        counts = dict(self._folded_classes)
        for signature, count, _ in self.signatures():
            for name in classes_of(signature):
                counts[name] = counts.get(name, 0) + count
        return counts

    def groups(self) -> int:
        """Returns the exact number of groups."""
        return self._folded_groups + sum(count for _, count, _ in self.signatures())

    def _meet(self, signature: str, draw: int) -> None:
        """Counts a group of a signature that is not kept (yet)."""
        if self._bar is not None and _mark(signature) > self._bar:
            self._fold_away(signature, 1)
            return
        self._draws[signature] = array("Q", (draw,))
        if self._crowded():
            self._fold()

    def _crowded(self) -> bool:
        return len(self._draws) > MAX_SIGNATURES + MAX_SIGNATURES // 4

    def _forget(self, signature: str) -> None:
        """Sorts the draws of a signature and drops all but the lowest."""
        draws = sorted(self._draws[signature])
        surplus = len(draws) - LIMIT
        if surplus > 0:
            self._forgotten[signature] = self._forgotten.get(signature, 0) + surplus
        self._draws[signature] = array("Q", draws[:LIMIT])

    def _fold(self) -> None:
        """Keeps only the signatures with the lowest marks. There must be too many."""
        marks = {signature: _mark(signature) for signature in self._draws}
        ranked = sorted(marks, key=marks.__getitem__)
        self._bar = marks[ranked[MAX_SIGNATURES - 1]]
        for signature in ranked[MAX_SIGNATURES:]:
            self._fold_away(signature, len(self._draws.pop(signature)) + self._forgotten.pop(signature, 0))

    def _fold_away(self, signature: str, count: int) -> None:
        self._folded_groups += count
        for name in classes_of(signature):
            self._folded_classes[name] = self._folded_classes.get(name, 0) + count


def _mark(signature: str) -> bytes:
    """Returns a hash of the signature; 16 bytes, so that no two are equal."""
    return hashlib.blake2b(signature.encode("utf-8", "surrogatepass"), digest_size=16, person=b"mark").digest()


def _add_counts(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count
