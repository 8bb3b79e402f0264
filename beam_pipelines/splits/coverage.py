"""Brings every class to every split: moves single groups where the plain division left a class out."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

SURE = 40.0
"""Expected groups from which a split counts as holding a class though no group is known to be there.

Each group falls there or not by a hash of its own: none does with a probability of at most exp(-40) = 4e-18.
"""

DEPTH = 3
"""Moves that one move may need in turn, because it takes the last group of another class away."""

TRIES = 2000
"""Moves that are tried for one class and split before it is given up."""


class Stratum(NamedTuple):
    """The groups of one signature, divided."""

    signature: str
    classes: tuple[str, ...]
    draws: "array[int]"
    """The lowest, ascending; all of them if there are as many as groups."""
    ends: tuple[int, ...]
    """Number of groups in the first split of the line, in the first two, …, in all; in the order of draws."""


class _Move(NamedTuple):
    draw: int
    source: int
    target: int
    stratum: Stratum
    first: bool
    """Whether the group was until now where the plain division had put it."""


class Coverage:
    """Which class is in which split, and the moves that make it so.

    A class is served if it has at least as many groups as there are splits. Only groups with a known draw
    can be moved. Groups with few classes are preferred, then low draws, from the split with most known groups
    of the class. A move must leave every served class in the split it takes the group from; where it does
    not, the gap is closed by a move in turn, up to `DEPTH` of them one after the other.
    """

    def __init__(
        self,
        line: Sequence[str],
        strata: Sequence[Stratum],
        class_groups: Mapping[str, int],
        folded: Mapping[str, Sequence[float]],
    ):
        """Counts.

        Args:
            line: names of the splits, in the order of the ends of strata.
            strata: of all kept signatures.
            class_groups: number of groups of each class.
            folded: expected groups of each class in each split that no stratum counts.
        """
        self._moves: list[_Move] = []
        # By signature and split: groups that left it for the first time, and the draws of those that arrived.
        self._left: dict[tuple[str, int], int] = {}
        self._arrived: dict[tuple[str, int], list[int]] = {}
        self._line = line
        # Served classes only, the rarest first.
        ranked = sorted((count, name) for name, count in class_groups.items() if count >= len(line))
        self._known = {name: [0] * len(line) for _, name in ranked}
        self._expected = {name: list(folded.get(name, [0.0] * len(line))) for _, name in ranked}
        self._strata = strata
        self._strata_of: dict[str, list[Stratum]] = {}  # filled when a class is missing somewhere
        for stratum in strata:
            self._count(stratum)
        self._tries = 0

    def improve(self) -> None:
        """Moves groups until every served class is in every split, or until nothing helps."""
        if not self.missing():
            return
        for stratum in sorted(self._strata, key=lambda stratum: (len(stratum.classes), stratum.draws[0])):
            for name in stratum.classes:
                self._strata_of.setdefault(name, []).append(stratum)
        for depth in range(DEPTH + 1):
            for name in self._known:
                for target in range(len(self._line)):
                    if not self._holds(name, target):
                        self._tries = TRIES
                        self._bring(name, target, depth)

    def moves(self) -> list[tuple[int, int, int]]:
        """Returns (draw, source, target) in the order in which groups were moved; splits as indices in the line."""
        return [(move.draw, move.source, move.target) for move in self._moves]

    def missing(self) -> tuple[tuple[str, str], ...]:
        """Returns (class, split) wherever a served class is missing."""
        return tuple(
            (name, split)
            for name in self._known
            for place, split in enumerate(self._line)
            if not self._holds(name, place)
        )

    def _count(self, stratum: Stratum) -> None:
        served = [name for name in stratum.classes if name in self._known]
        known, start = len(stratum.draws), 0
        for split, end in enumerate(stratum.ends):
            seen = min(end, known) - min(start, known)
            for name in served:
                self._known[name][split] += seen
                self._expected[name][split] += end - start - seen
            start = end

    def _holds(self, name: str, split: int) -> bool:
        return self._known[name][split] > 0 or self._expected[name][split] >= SURE

    def _bring(self, name: str, target: int, depth: int) -> bool:
        """Brings a group of the class to the split. Returns False, with nothing changed, if it cannot be done."""
        for stratum, source in self._candidates(name, target):
            gaps = [
                other
                for other in stratum.classes
                if other in self._known and self._known[other][source] == 1 and self._expected[other][source] < SURE
            ]
            if gaps and not depth:
                continue
            self._tries -= 1
            if self._tries < 0:
                return False
            before = len(self._moves)
            self._move(stratum, source, target)
            # One class that is brought may bring another.
            if all(self._holds(gap, source) or self._bring(gap, source, depth - 1) for gap in gaps):
                return True
            while len(self._moves) > before:
                self._undo()
        return False

    def _candidates(self, name: str, target: int) -> Iterator[tuple[Stratum, int]]:
        known = self._known[name]
        sources = sorted((split for split in range(len(known)) if split != target), key=lambda split: -known[split])
        for stratum in self._strata_of.get(name, ()):
            for source in sources:
                if self._next_rank(stratum, source) is not None or self._arrived.get((stratum.signature, source)):
                    yield stratum, source

    def _next_rank(self, stratum: Stratum, source: int) -> int | None:
        """Returns the rank of the lowest draw that still is where the plain division put it, if it is known."""
        start = stratum.ends[source - 1] if source else 0
        rank = start + self._left.get((stratum.signature, source), 0)
        return rank if rank < min(stratum.ends[source], len(stratum.draws)) else None

    def _move(self, stratum: Stratum, source: int, target: int) -> None:
        rank = self._next_rank(stratum, source)
        first = rank is not None
        draw = self._arrived[stratum.signature, source].pop() if rank is None else stratum.draws[rank]
        self._moves.append(_Move(draw, source, target, stratum, first))
        self._arrived.setdefault((stratum.signature, target), []).append(draw)
        self._shift(self._moves[-1], 1)

    def _undo(self) -> None:
        move = self._moves.pop()
        self._arrived[move.stratum.signature, move.target].pop()
        if not move.first:
            self._arrived[move.stratum.signature, move.source].append(move.draw)
        self._shift(move, -1)

    def _shift(self, move: _Move, by: int) -> None:
        if move.first:
            place = move.stratum.signature, move.source
            self._left[place] = self._left.get(place, 0) + by
        for name in move.stratum.classes:
            if name in self._known:
                self._known[name][move.source] -= by
                self._known[name][move.target] += by
