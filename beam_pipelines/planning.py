"""Decides, from the survey, all that the writers must agree on: label map, splits, shards. Or refuses, in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import NamedTuple

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import Picture, Reject
from beam_pipelines.rejects import REMEDIES
from beam_pipelines.splits.assignment import SplitPlan, plan_splits, split_of
from beam_pipelines.splits.census import draw
from beam_pipelines.splits.fractions import explain_empty
from beam_pipelines.splits.given import check_names, order_of
from beam_pipelines.survey import SAMPLES, Survey
from data_contract.label_map import LabelMap
from presentation.suggestions import did_you_mean

_REJECTS_PER_FILE = 100_000
_MANY_BAD_BOXES = 0.1
"""A share of rejected boxes above it is worth a remark."""
_LEAK = "the given splits share pictures or groups, so results on one of them will look better than they are"


@dataclass(frozen=True)
class Wishes:
    """What was asked for.

    Attributes:
        fractions: of each split, in the order of the output; None if pictures were given to splits.
        splits: names of splits that must not be empty, in the order of the output, where they were given.
        seed: of the split.
        label_map: the given one; None to make one from the classes found, in alphabetical order.
        unknown_classes: 'fail' or 'drop': what becomes of classes that a given label map lacks.
        num_shards: of all splits together (int), or of each split named; None: by `shard_size`.
        shard_size: bytes a shard should have.
        max_rejects: largest fraction of images that may be rejected.
        group_by: as in `Examiner`.
        strict_splits: whether a picture in more than one of the given splits is refused, or its group.
    """

    fractions: dict[str, float] | None
    seed: int
    label_map: LabelMap | None
    unknown_classes: str
    num_shards: int | dict[str, int] | None
    shard_size: int
    max_rejects: float
    group_by: str | None
    splits: tuple[str, ...] = ()
    strict_splits: bool = False


class Plan(NamedTuple):
    """What every worker knows about the whole dataset."""

    labels: dict[str, int]
    """Class name → id."""
    split: SplitPlan | None
    """None if pictures were given to splits."""
    seed: int
    shards: dict[str, int]
    """Split → number of its shards, in the order of the output."""
    reject_files: int
    seen: dict[str, int]
    """What was seen in all: 'annotations', 'images', …"""
    rejects: dict[str, int]
    """Code → how many."""
    remarks: tuple[str, ...]
    """Sentences for a person."""

    def split_of(self, picture: Picture) -> str:
        """Returns the split of a picture: the one it was given to, else by its group."""
        if self.split is None:
            return picture.split
        return split_of(self.split, picture.signature, draw(picture.group, self.seed))


def make_plan(survey: Survey, wishes: Wishes) -> Plan:
    """Plans the dataset.

    Raises:
        DatasetError: if it would not be what was asked for.
    """
    refuse_rejects(survey, wishes.max_rejects)
    refuse_groups(survey, wishes.group_by, "below --images")
    _refuse_no_boxes(survey)
    label_map = _label_map(survey, wishes)
    split = None if wishes.fractions is None else _divide(survey, wishes.fractions)
    shards = _given_shards(survey, wishes) if split is None else count_shards(survey.bytes, wishes, split)
    seen = {"annotations": 0, "images": 0, **survey.seen}
    rejects: dict[str, int] = {}
    for (_, code), count in survey.rejects.items():
        rejects[code] = rejects.get(code, 0) + count
    return Plan(
        labels=dict(label_map.ids),
        split=split,
        seed=wishes.seed,
        shards=shards,
        reject_files=max(1, math.ceil(sum(rejects.values()) / _REJECTS_PER_FILE)),
        seen=dict(sorted(seen.items())),
        rejects=dict(sorted(rejects.items())),
        remarks=tuple(_remarks(survey)),
    )


def _divide(survey: Survey, fractions: dict[str, float]) -> SplitPlan:
    split = plan_splits(survey.census, fractions)
    if split.empty_splits:
        raise DatasetError(explain_empty(survey.census.groups(), fractions, split.empty_splits))
    return split


def count_shards(total_bytes: int, wishes: Wishes, split: SplitPlan) -> dict[str, int]:
    """Returns the number of shards of each split: as given, else by size; at least one.

    A single number is shared out among the splits by their fractions.
    """
    fractions = wishes.fractions or {}
    groups = sum(split.groups.values())
    return {
        name: _shards(wishes, name, fraction, total_bytes * split.groups[name] / groups)
        for name, fraction in fractions.items()
    }


def _given_shards(survey: Survey, wishes: Wishes) -> dict[str, int]:
    """Returns the number of shards of each given split, a single number being shared out by their bytes.

    Raises:
        DatasetError: if a split is empty, has no name for files, or shares a picture although that is not wanted.
    """
    empty = [name for name in wishes.splits if not survey.given[name]]
    if empty:
        raise DatasetError(f"no picture was given to {_listed('split', empty)}: check the names in its list")
    check_names(survey.given, "the given splits")
    if wishes.strict_splits and survey.leaks:
        raise DatasetError("\n".join([f"--strict_splits: {_LEAK}", *_leak_lines(survey)]))
    if isinstance(wishes.num_shards, dict):
        for name in wishes.num_shards:
            if name not in survey.given:
                has = ", ".join(sorted(survey.given))
                near = did_you_mean(name, survey.given)
                raise DatasetError(f"--num_shards names split '{name}', but pictures were given to {has}{near}")
    sizes = survey.given_bytes
    total = sum(sizes.values())
    names = wishes.splits or order_of(survey.given)
    return {name: _shards(wishes, name, sizes[name] / total, sizes[name]) for name in names}


def _shards(wishes: Wishes, name: str, share: float, size: float) -> int:
    given = wishes.num_shards
    if isinstance(given, dict) and name in given:
        return given[name]
    if isinstance(given, int):
        return max(1, round(share * given))
    return max(1, math.ceil(size / wishes.shard_size))


def refuse_rejects(survey: Survey, max_rejects: float, noun: str = "images") -> None:
    """Refuses to go on if nothing is left, or less than was asked for.

    Args:
        survey: of all that was looked at.
        max_rejects: as in `Wishes`.
        noun: what the survey counts as images.

    Raises:
        DatasetError: with the reasons, and with files that show them.
    """
    rejected = survey.rejected("image")
    total = rejected + survey.images
    if total == 0 and not survey.rejects:
        raise DatasetError("there is nothing to write: no annotation or row was matched to an image")
    if not survey.images:
        share = _share(rejected, total, noun) if rejected else "not one image is left"
        raise DatasetError("\n".join([f"{share}: nothing is left to write", *_reasons(survey)]))
    rows = survey.rejected("row")
    for count, of, what in ((rejected, total, noun), (rows, survey.seen["rows"], "rows")):
        if count and count / of > max_rejects:
            needed = math.ceil(count / of * 1000) / 1000
            head = f"{_share(count, of, what)}, more than --max_rejects={max_rejects:g} allows. "
            head += f"Mend them, or allow --max_rejects={needed:g}"
            raise DatasetError("\n".join([head, *_reasons(survey)]))


def _refuse_no_boxes(survey: Survey) -> None:
    """Refuses a dataset of nothing but pictures whose boxes were rejected."""
    bad = sum(n for (level, code), n in survey.rejects.items() if level == "box" and code != "class_unknown")
    if bad and not survey.boxes and not survey.labels:
        raise DatasetError("\n".join([f"none of {bad:,} boxes can be used", *_reasons(survey)]))


def refuse_groups(survey: Survey, group_by: str | None, where: str) -> None:
    """Refuses a --group_by that matches no image; `where` says which part of a path it is searched in.

    Raises:
        DatasetError: quoting it.
    """
    if group_by is not None and survey.groups_not_found == survey.images:
        raise DatasetError(
            f"--group_by '{group_by}' matches none of {survey.images:,} image paths: "
            f"it is a regular expression, searched in the path {where}"
        )


def _share(count: int, of: int, what: str) -> str:
    return f"{count:,} of {of:,} {what} were rejected ({count / of:.1%})"


def _reasons(survey: Survey) -> list[str]:
    lines = []
    levels = ("image", "row") if survey.boxes or survey.labels else ("image", "row", "box", "unlisted")
    counts = {kind: count for kind, count in survey.rejects.items() if kind[0] in levels}
    for (level, code), count in sorted(counts.items(), key=lambda item: (-item[1], item[0][::-1])):
        lines.append(f"  {code}: {count:,}. {REMEDIES[code]}")
        lines += [f"    {_where(reject)}: {reject.message}" for reject in survey.first(level, code)]
        if count > SAMPLES:
            lines.append(f"    … and {count - SAMPLES:,} more")
    return lines


def _where(reject: Reject) -> str:
    place = "row" if reject.annotation.lower().endswith((".parquet", ".pq")) else "line"
    line = f" {place} {reject.row}" if reject.row else ""
    names = [f"'{reject.annotation}'{line}"] if reject.annotation else []
    return " and ".join([*names, *([f"'{reject.image}'"] if reject.image else [])])


def _label_map(survey: Survey, wishes: Wishes) -> LabelMap:
    names = survey.boxes.keys() | survey.labels.keys()
    if wishes.label_map is None:
        if not names:
            raise DatasetError(
                f"none of {survey.images:,} images has a box, so there is no class to learn: "
                "check the annotations, or give a --label_map to write negatives alone"
            )
        return LabelMap.from_names(names)
    missing = sorted(names - wishes.label_map.ids.keys())
    if missing:
        lines = [f"  '{name}': {_uses(survey, name)}{_nearest(name, wishes.label_map)}" for name in missing]
        raise DatasetError(
            "\n".join(
                [
                    f"{len(missing)} {'class is' if len(missing) == 1 else 'classes are'} not in the label map:",
                    *lines,
                    "Add them to the label map, or drop their boxes with --unknown_classes=drop.",
                ]
            )
        )
    return wishes.label_map


def _uses(survey: Survey, name: str) -> str:
    boxes, images = survey.boxes[name], survey.labels[name]
    if boxes or not images:
        return f"{boxes:,} {'box' if boxes == 1 else 'boxes'}"
    return f"{images:,} {'image' if images == 1 else 'images'}"


def _nearest(name: str, label_map: LabelMap) -> str:
    near = get_close_matches(name, label_map.ids, n=1)
    return f" (the map has '{near[0]}')" if near else ""


def _remarks(survey: Survey) -> list[str]:
    lines = []
    if survey.leaks:
        lines += [f"{_LEAK}; --strict_splits refuses that", *_leak_lines(survey)]
    boxes, bad = survey.boxes.total(), survey.rejected("box")
    if bad > _MANY_BAD_BOXES * (boxes + bad):
        lines.append(
            f"{bad:,} of {boxes + bad:,} boxes were rejected ({bad / (boxes + bad):.0%}): "
            "pictures of which none is left count as negatives, which they may not be"
        )
    if survey.groups_not_found:
        lines.append(
            f"--group_by does not match {survey.groups_not_found:,} of {survey.images:,} image paths: "
            "each of these pictures is a group of its own"
        )
    return lines


def _leak_lines(survey: Survey) -> list[str]:
    """Returns a line for each of the first groups that leak, with its pictures."""
    lines = []
    for _, members in groupby(survey.leaks, lambda leak: leak.group):
        leaks = list(members)
        if len({leak.split for leak in leaks}) > 1:  # the list may end in the midst of a group
            lines.append("  " + ", ".join(f"'{leak.image}' ({leak.split})" for leak in leaks[:4]))
    return lines[:SAMPLES]


def _listed(noun: str, names: Sequence[str]) -> str:
    quoted = ", ".join(f"'{name}'" for name in names)
    return f"{noun}{'s' if len(names) > 1 else ''} {quoted}"
