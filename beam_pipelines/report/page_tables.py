"""The tables of the page, and what in them is worth a remark."""

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import NamedTuple

from beam_pipelines.boxes import shortened
from beam_pipelines.report.page_data import ClassCounts, Overview, counted
from data_contract.manifest import Manifest

_SHIFT = 0.03
"""A split whose share of the images differs by so much from the one asked for is worth a remark."""
_MANY_REJECTS = 0.01
_NAMED = 5
_MOST_COMPARED = 6
"""Splits: more are the files of one set rather than sides of it, and need not hold every class."""
_CHANCE = 2
"""Standard deviations that chance is given."""
_NOTABLE = 0.2


class Balance(NamedTuple):
    """How much more or less often a class comes up in the images of a split than in all images."""

    deviation: float
    """0 for as often, -1 for never, 1 for twice as often."""
    notable: bool
    """Whether it is a fifth or more, and chance alone would hardly explain it."""


class SplitRow(NamedTuple):
    """One split; what only the manifest knows is None without one."""

    name: str
    images: int
    share: float
    """Of all images, 0..1."""
    asked: float | None
    """The share that was asked for."""
    negatives: int
    boxes: int
    bytes: int | None
    shards: int | None


class ClassRow(NamedTuple):
    """One class."""

    place: int
    """Among the classes, from 0."""
    counts: ClassCounts
    boxes: int
    images: int
    share: float
    """Of all boxes, 0..1; of all images, if there are no boxes."""
    balances: tuple[Balance | None, ...]
    """For each split; None if nothing can be said. Empty if there is one split."""


def split_rows(overview: Overview, manifest: Manifest | None, names: Mapping[str, str]) -> list[SplitRow]:
    """Returns a row for each split that is shown."""
    total = sum(overview.images)
    asked = _asked_shares(manifest)
    sizes, shards = dict.fromkeys(overview.splits, 0), dict.fromkeys(overview.splits, 0)
    for name, split in manifest.splits.items() if manifest else ():
        sizes[names[name]] += split.bytes
        shards[names[name]] += len(split.shards)
    return [
        SplitRow(
            name,
            images,
            images / total if total else 0.0,
            asked.get(name),
            negatives,
            boxes,
            sizes[name] if manifest else None,
            shards[name] if manifest else None,
        )
        for name, images, negatives, boxes in zip(
            overview.splits, overview.images, overview.negatives, overview.boxes, strict=True
        )
    ]


def _asked_shares(manifest: Manifest | None) -> dict[str, float]:
    """Returns split → share of the images that was asked for; without what is no share."""
    asked = manifest.options.get("splits") if manifest else None
    if not isinstance(asked, Mapping):
        return {}
    return {name: share for name, share in asked.items() if type(share) in (int, float) and 0 <= share <= 1}


def class_rows(overview: Overview) -> list[ClassRow]:
    """Returns a row for each of the most frequent classes."""
    total = sum(overview.boxes if overview.counts_boxes else overview.images)
    return [
        ClassRow(
            place,
            one,
            sum(one.boxes),
            sum(one.images),
            overview.frequency(one) / total if total else 0.0,
            balances_of(one.images, overview.images) if len(overview.splits) > 1 else (),
        )
        for place, one in enumerate(overview.listed)
    ]


def balances_of(images: Sequence[int], all_images: Sequence[int]) -> tuple[Balance | None, ...]:
    """Returns how the images of a class are spread over the splits, compared with all images.

    Chance is that of drawing as many images at random: a binomial distribution, of which two standard deviations and
    at least one image count as chance.

    Args:
        images: of each split, that have the class.
        all_images: of each split.
    """
    found, total = sum(images), sum(all_images)
    if not found:
        return (None,) * len(images)
    balances: list[Balance | None] = []
    for here, of_split in zip(images, all_images, strict=True):
        share = of_split / total
        expected = found * share
        if not expected:
            balances.append(None)
            continue
        chance = max(1.0, _CHANCE * sqrt(expected * (1 - share)))
        deviation = here / expected - 1
        balances.append(Balance(deviation, abs(deviation) >= _NOTABLE and abs(here - expected) > chance))
    return tuple(balances)


def findings(overview: Overview, manifest: Manifest | None, left_out: Mapping[str, int]) -> Iterator[str]:
    """Yields a sentence for each thing that a person should know before using the dataset.

    Args:
        overview: of all splits and classes.
        manifest: of the dataset; None for record files of others.
        left_out: 'records' and 'boxes' that could not be counted.
    """
    # A damaged place in a file may stand for many records: only the manifest knows how many.
    records = sum(s.images for s in manifest.splits.values()) - sum(overview.images) if manifest else 0
    lost = {"records": max(records, left_out.get("records", 0)), "boxes": left_out.get("boxes", 0)}
    parts = [counted(number, what) for what, number in lost.items() if number]
    if parts:
        yield f"{' and '.join(parts)} could not be counted: `shardbox verify` tells why."
    if manifest:
        yield from manifest.remarks
        yield from _shifted_shares(manifest)
        yield from _many_rejects(manifest)
    for split, images in zip(overview.splits, overview.images, strict=True):
        if not images:
            yield f"Split '{split}' has no image."
    absent = [one.name for one in overview.classes if not any(one.images)]
    if absent:
        yield f"{_names(absent)} in the label map, but in no image."
    if len(overview.splits) <= _MOST_COMPARED:
        yield from _lacking(overview)
        yield from _off_balance(overview)


def _lacking(overview: Overview) -> Iterator[str]:
    """Yields a remark on each split that lacks classes."""
    noun = "box" if overview.counts_boxes else "image"
    for place, split in enumerate(overview.splits):
        lacking = [one.name for one in overview.classes if any(one.images) and not one.images[place]]
        if lacking and overview.images[place]:
            yield f"{_names(lacking)} without {'a' if noun == 'box' else 'an'} {noun} in split '{split}'."


def _shifted_shares(manifest: Manifest) -> Iterator[str]:
    """Yields a remark if the splits hold other shares of the images than were asked for."""
    total = sum(split.images for split in manifest.splits.values())
    asked = _asked_shares(manifest)
    shares = {name: split.images / total for name, split in manifest.splits.items()} if total else {}
    if set(asked) != set(shares):
        return
    if any(abs(share - asked[name]) >= _SHIFT for name, share in shares.items()):
        found = ", ".join(f"{name} {share:.0%} instead of {asked[name]:.0%}" for name, share in shares.items())
        yield f"The splits hold {found} of the images: each class is to be in each split, and groups stay whole."


def _many_rejects(manifest: Manifest) -> Iterator[str]:
    rejected, given = sum(manifest.rejects.counts.values()), manifest.seen.get("annotations", 0)
    if rejected and rejected >= _MANY_REJECTS * given:
        what = "object or picture was" if rejected == 1 else "objects or pictures were"
        share = f", where {counted(given, 'annotations')} {'was' if given == 1 else 'were'} given" if given else ""
        yield f"{rejected:,} {what} left out{share}: see Rejects."


def _off_balance(overview: Overview) -> Iterator[str]:
    """Yields a remark on classes that are spread over the splits as chance would hardly do it."""
    if len(overview.splits) < 2:
        return
    uneven = [
        one.name
        for one in overview.classes
        if all(one.images) and any(b and b.notable for b in balances_of(one.images, overview.images))
    ]
    if uneven:
        yield f"{_names(uneven)} spread unevenly over the splits: see the balance in the table of classes."


def _names(names: Sequence[str]) -> str:
    """Returns the subject of a sentence and its verb, with the first few of the names."""
    quoted = [f"'{shortened(name)}'" for name in names[:_NAMED]]
    if len(names) == 1:
        return f"Class {quoted[0]} is"
    if len(names) > _NAMED:
        return f"{len(names):,} classes ({', '.join(quoted)} and so on) are"
    return f"Classes {', '.join(quoted[:-1])} and {quoted[-1]} are"
