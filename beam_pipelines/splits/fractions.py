"""The fractions of the splits: from text, as whole numbers, and what to say when they cannot be had."""

import math
import re
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence

RESOLUTION = 1_000_000
"""Fractions count in millionths: whole numbers give every machine the same plan."""

RESERVED = frozenset({"label_map", "manifest", "rejects", "report", "run"})
"""Names of other files in a dataset's folder."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def parse_fractions(text: str) -> dict[str, float]:
    """Reads `train=0.8,validation=0.1,test=0.1` or `all=1`.

    Returns:
        The fraction of each split, in the order of the text; their sum is 1 within a millionth.

    Raises:
        ValueError: with a sentence for a person that quotes the value and says what to write.
    """
    fractions: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not number:
            raise ValueError(
                f"'{part.strip()}' in --splits '{text}' is not NAME=NUMBER: write, for example, {_guess(part)}"
            )
        check_name(name, fractions)
        fractions[name] = _parse_number(name, number)
    total = math.fsum(fractions.values())
    if abs(total - 1) > 1.0000001 / RESOLUTION:  # the sum itself is rounded
        raise ValueError(
            f"The fractions in --splits '{text}' add up to {total:.9g}, not to 1: write {format_fractions(fractions)}"
        )
    return fractions


def _guess(part: str) -> str:
    name, number = _NAME.search(part), re.search(r"(?<![0-9])[01]?\.[0-9]+", part)
    return f"{name[0] if name else 'train'}={number[0] if number else '0.8'}"


def check_name(name: str, earlier: Mapping[str, float]) -> None:
    """Refuses a name that cannot be a split's, or that differs from an earlier one at most in case.

    Raises:
        ValueError: with a sentence for a person that quotes the name and says what to write.
    """
    if not _NAME.fullmatch(name):
        nearest = re.sub(r"^[^A-Za-z]+", "", re.sub(r"[^A-Za-z0-9_-]+", "_", name)).strip("_") or "train"
        raise ValueError(
            f"'{name}' cannot name a split, because it begins the names of files: "
            f"use a letter, then letters, digits, - and _, for example {nearest}"
        )
    if name.lower() in RESERVED:
        raise ValueError(f"'{name}' cannot name a split, because a file of the dataset has that name: use {name}_split")
    for other in earlier:
        if other.lower() == name.lower():  # one file where the file system ignores case
            raise ValueError(f"The split '{name}' is named twice in --splits ('{other}', '{name}'): name it once")


def _parse_number(name: str, number: str) -> float:
    if percentage := re.fullmatch(r"([0-9]+\.?[0-9]*)\s*%", number):
        fraction = float(percentage[1]) / 100
        raise ValueError(f"'{name}={number}' is a percentage: write the fraction, {name}={fraction:.6g}")
    try:
        fraction = float(number)
    except ValueError:
        raise ValueError(f"'{number}' in '{name}={number}' is not a number: write, for example, {name}=0.8") from None
    if not math.isfinite(fraction) or fraction < 1 / RESOLUTION:
        raise ValueError(
            f"'{name}={number}' is not a fraction between {1 / RESOLUTION:.6f} and 1: "
            f"write, for example, {name}=0.1, or leave {name} out"
        )
    return fraction


def format_fractions(fractions: Mapping[str, float]) -> str:
    """Returns the text that `parse_fractions` reads, normalised to a sum of 1."""
    weights = weights_of(fractions)
    return ",".join(
        f"{name}={weight / sum(weights):.6f}".rstrip("0").rstrip(".")
        for name, weight in zip(fractions, weights, strict=True)
    )


def weights_of(fractions: Mapping[str, float]) -> tuple[int, ...]:
    """Returns the fractions as whole numbers of a common measure, at least 1 each, without a common divisor.

    Their sum is a divisor of `RESOLUTION`, so that 0.8, 0.1 and 0.1 are 8, 1 and 1.
    """
    total = math.fsum(fractions.values())
    weights = [max(1, round(fraction / total * RESOLUTION)) for fraction in fractions.values()]
    weights[weights.index(max(weights))] += RESOLUTION - sum(weights)
    divisor = math.gcd(*weights)
    return tuple(weight // divisor for weight in weights)


class Turns:
    """Deals out the positions 0, 1, 2, … of a line to splits, so that every stretch gets its shares.

    A position p goes to the split with the greatest deficit weight / sum * (p + 1) - positions already given;
    the first one wins a tie. Before it is given the deficits add up to 1, so that the greatest is above 0:
    none ever falls to -1, none rises to the number of splits less 1. After as many positions as the weights
    add up to, the deficits are whole numbers above -1 that add up to 0, that is 0: the turns repeat from
    there, and one round answers for a line of any length.
    """

    def __init__(self, weights: Sequence[int], length: int):
        """Deals out one round.

        Args:
            weights: of the splits, whole numbers above 0.
            length: the last position that will be asked for; saves work where it is short of a round.
        """
        self._weights = weights
        self._round = sum(weights)
        self._given = [array("Q") for _ in weights]
        due = [0] * len(weights)  # deficits, times the sum of the weights
        for position in range(min(self._round, length)):
            due = [deficit + weight for deficit, weight in zip(due, weights, strict=True)]
            split = due.index(max(due))
            due[split] -= self._round
            self._given[split].append(position)

    def before(self, position: int) -> list[int]:
        """Returns how many of the positions below this one each split has got."""
        rounds, rest = divmod(position, self._round)
        return [
            rounds * weight + bisect_left(given, rest) for weight, given in zip(self._weights, self._given, strict=True)
        ]


def explain_empty(groups: int, fractions: Mapping[str, float], empty: Sequence[str]) -> str:
    """Returns a sentence for a person: which splits would be empty, and which fractions work.

    Args:
        groups: number of leak groups in the whole dataset (pictures, where none belong together).
        fractions: of the splits, as they were asked for.
        empty: names of the splits that no group would go to.
    """
    pictures = "1 picture" if groups == 1 else f"{groups} pictures"
    if groups == 0:
        return f"No picture is left to fill the splits {_join(list(fractions))}"
    if groups < len(fractions):
        return f"{pictures} (a group counts as one) cannot fill {len(fractions)} splits: use --splits all=1"
    return (
        f"{pictures} (a group counts as one) leave the {'splits' if len(empty) > 1 else 'split'} {_join(empty)} "
        f"of --splits {format_fractions(fractions)} empty: every fraction must be at least {1 / groups:.3g}, "
        f"for example --splits {format_fractions(_nearest_fractions(groups, fractions))}; or use --splits all=1"
    )


def _nearest_fractions(groups: int, fractions: Mapping[str, float]) -> dict[str, float]:
    """Returns fractions with few digits that leave no split empty; there must be a group for each split."""
    largest = max(fractions, key=fractions.__getitem__)
    for digits in range(1, 7):
        scale = 10**digits
        if digits < 6 and 2 * scale < groups:
            continue  # a fraction of one digit less would be more than twice as much as is needed
        # The last resort rounds down: then all shares are within a millionth of 1 group or more, which is
        # near enough for the deficits of `Turns` to come out as the same whole numbers.
        least = max(1, -(-scale // groups) if digits < 6 else scale // groups)
        parts = {name: max(least, round(fraction * scale)) for name, fraction in fractions.items()}
        parts[largest] += scale - sum(parts.values())
        if parts[largest] >= least and all(Turns(weights_of(parts), groups).before(groups)):
            return {name: part / scale for name, part in parts.items()}
    return dict.fromkeys(fractions, 1 / len(fractions))


def _join(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
