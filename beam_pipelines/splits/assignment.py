"""Which leak group goes to which split: planned once from a census, then asked for every picture."""

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import NamedTuple

from beam_pipelines.splits.census import LINE, Census, classes_of
from beam_pipelines.splits.coverage import Coverage, Stratum
from beam_pipelines.splits.fractions import Turns, weights_of


class SplitPlan(NamedTuple):
    """Decides for any group; small enough to be sent to every worker."""

    names: tuple[str, ...]
    """Of the splits, in the user's order."""
    line: tuple[str, ...]
    """The same names in the order in which the splits lie on the line of draws: the smallest first."""
    cuts: dict[str, tuple[int, ...]]
    """By signature: the draws at which the second, third, … split on the line begins."""
    default_cuts: tuple[int, ...]
    """For every other signature."""
    pinned: dict[int, int]
    """Draws of groups that were moved for the sake of a class, to an index in `line`."""
    groups: dict[str, int]
    """Groups in each split: exact for ends of splits among the known draws of a signature, expected for others."""
    uncovered: tuple[tuple[str, str], ...]
    """(class, split): a class with at least as many groups as splits of which no group is known to be in that split."""
    empty_splits: tuple[str, ...]
    """Splits that would hold no group."""


def split_of(plan: SplitPlan, signature: str, draw: int) -> str:
    """Returns the split of a group."""
    place = plan.pinned.get(draw)
    if place is None:
        place = bisect_right(plan.cuts.get(signature, plan.default_cuts), draw)
    return plan.line[place]


def plan_splits(census: Census, fractions: Mapping[str, float]) -> SplitPlan:
    """Divides all groups in the given fractions, each signature and as far as possible each class alike.

    The signatures are laid one after the other on a line of positions, those of rare classes first, and
    `Turns` deals out the positions: any stretch, and so any signature, nearly any class and the whole, is
    within about one group of its share. How many positions of its stretch each split got is how many of the
    signature's groups it gets, in the order of their draws. Where a signature has more groups than the
    census knows draws of, an end of a split beyond them is put where it is expected; as the smallest splits
    come first on the line, it is the large ones that vary.

    Then classes that miss a split are brought there (`Coverage`).

    Args:
        census: of all groups; it is settled here.
        fractions: of the splits by name, each above 0; their sum is taken as 1.
    """
    census.settle()
    names = tuple(fractions)
    weights = weights_of(fractions)
    order = sorted(range(len(names)), key=lambda split: weights[split])
    line = tuple(names[split] for split in order)
    classes = census.classes()
    strata, folded = _lay_out(census, classes, weights, order)
    coverage = Coverage(line, strata, classes, _shares_of_folded(census, weights, order))
    coverage.improve()

    groups = dict(zip(line, _sizes(strata, folded, coverage.moves()), strict=True))
    return SplitPlan(
        names=names,
        line=line,
        cuts=_cut_all(strata),
        default_cuts=_cut(_running_sums([weights[split] for split in order]), array("Q")),
        pinned={draw: target for draw, _, target in coverage.moves()},
        groups={name: groups[name] for name in names},
        uncovered=coverage.missing(),
        empty_splits=tuple(name for name in names if not groups[name]),
    )


def _lay_out(
    census: Census, classes: Mapping[str, int], weights: Sequence[int], order: Sequence[int]
) -> tuple[list[Stratum], tuple[int, ...]]:
    """Returns the strata with their ranks, and the ranks of the heap of folded groups.

    The strata lie in the order of their rarest class, negatives last. Among those of one class chance decides,
    by their lowest draws: an order that repeats from class to class would meet the turns, which repeat too, and
    give all the pictures of a frequent class to one split.

    Args:
        census: settled.
        classes: number of groups of each class.
        weights: of the splits in the user's order.
        order: indices of the splits as they lie on the line.
    """
    entries = []
    for signature, count, draws in census.signatures():
        names = tuple(map(sys.intern, classes_of(signature)))  # a name is in thousands of signatures
        rarest = min([(classes[name], name) for name in names], default=(0, ""))
        entries.append((not names, rarest, draws[0], signature, names, count, draws))
    entries.sort(key=itemgetter(0, 1, 2, 3))

    turns = Turns(weights, census.groups())
    strata = []
    position, given = 0, [0] * len(weights)
    for *_, signature, names, count, draws in entries:
        position += count
        now = turns.before(position)
        strata.append(Stratum(signature, names, draws, _running_sums([now[i] - given[i] for i in order])))
        given = now
    now = turns.before(position + census.folded_groups)
    return strata, _running_sums([now[i] - given[i] for i in order])


def _sizes(strata: Sequence[Stratum], folded: Sequence[int], moves: Sequence[tuple[int, int, int]]) -> list[int]:
    """Returns the number of groups in each split of the line."""
    totals = [sum(ends) for ends in zip(*(stratum.ends for stratum in strata), folded, strict=True)]
    sizes = [end - start for start, end in pairwise([0, *totals])]
    for _, source, target in moves:
        sizes[source] -= 1
        sizes[target] += 1
    return sizes


def _shares_of_folded(census: Census, weights: Sequence[int], order: Sequence[int]) -> dict[str, list[float]]:
    """Returns how many folded groups of each class are expected in each split of the line."""
    shares = [weights[split] / sum(weights) for split in order]
    return {name: [share * count for share in shares] for name, count in census.folded_classes.items()}


def _cut_all(strata: Iterable[Stratum]) -> dict[str, tuple[int, ...]]:
    same: dict[tuple[int, ...], tuple[int, ...]] = {}  # a group that is alone in its signature: few variants
    cuts = {}
    for signature, _, draws, ends in strata:
        mine = _cut(ends, draws)
        cuts[signature] = same.setdefault(mine, mine) if len(draws) == 1 else mine
    return cuts


def _cut(ends: Sequence[int], draws: "array[int]") -> tuple[int, ...]:
    """Returns the draws that separate the splits of one signature.

    Args:
        ends: number of groups in the first split of the line, in the first two, …, in all.
        draws: the lowest of the signature, ascending.
    """
    known, count = len(draws), ends[-1]
    cuts = []
    for end in ends[:-1]:
        if end in (0, count):
            cuts.append(0 if end == 0 else LINE)
        elif end <= known:
            cuts.append(draws[end - 1] + 1)
        else:  # the other draws are spread evenly over the rest of the line
            rest = draws[-1] + 1 if known else 0
            cuts.append(rest + (LINE - rest) * (end - known) // (count - known))
    return tuple(cuts)


def _running_sums(numbers: Iterable[int]) -> tuple[int, ...]:
    return tuple(accumulate(numbers))
