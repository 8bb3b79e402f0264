"""Decides, from the survey, all that the writers must agree on: label map, splits, shards. Or refuses, in time."""

import math
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import Picture, Reject
from beam_pipelines.rejects import REMEDIES
from beam_pipelines.splits.assignment import SplitPlan, plan_splits, split_of
from beam_pipelines.splits.census import draw
from beam_pipelines.splits.fractions import explain_empty
from beam_pipelines.survey import SAMPLES, Survey
from data_contract.label_map import LabelMap

_REJECTS_PER_FILE = 100_000


@dataclass(frozen=True)
class Wishes:
    """What was asked for.

    Attributes:
        fractions: of each split, in the order of the output.
        seed: of the split.
        label_map: the given one; None to make one from the classes found, in alphabetical order.
        unknown_classes: 'fail' or 'drop': what becomes of classes that a given label map lacks.
        num_shards: of all splits together (int), or of each split named; None: by `shard_size`.
        shard_size: bytes a shard should have.
        max_rejects: largest fraction of images that may be rejected.
        group_by: as in `Examiner`.
    """

    fractions: dict[str, float]
    seed: int
    label_map: LabelMap | None
    unknown_classes: str
    num_shards: int | dict[str, int] | None
    shard_size: int
    max_rejects: float
    group_by: str | None


class Plan(NamedTuple):
    """What every worker knows about the whole dataset."""

    labels: dict[str, int]
    """Class name → id."""
    split: SplitPlan
    seed: int
    shards: dict[str, int]
    """Split → number of its shards, in the order of the output."""
    reject_files: int
    seen: dict[str, int]
    """What was seen in all: 'annotations', 'images', …"""
    rejects: dict[str, int]
    """Code → how many."""
    warnings: tuple[str, ...]
    """Sentences for a person."""

    def split_of(self, picture: Picture) -> str:
        """Returns the split of a picture, by its group."""
        return split_of(self.split, picture.signature, draw(picture.group, self.seed))


def make_plan(survey: Survey, wishes: Wishes) -> Plan:
    """Plans the dataset.

    Raises:
        DatasetError: if it would not be what was asked for.
    """
    _refuse_rejects(survey, wishes.max_rejects)
    if wishes.group_by is not None and survey.groups_not_found == survey.images:
        raise DatasetError(
            f"--group_by '{wishes.group_by}' matches none of {survey.images:,} image paths: "
            "it is a regular expression, searched in the path below --images"
        )
    label_map = _label_map(survey, wishes)
    split = plan_splits(survey.census, wishes.fractions)
    if split.empty_splits:
        raise DatasetError(explain_empty(survey.census.groups(), wishes.fractions, split.empty_splits))
    seen = {"annotations": 0, "images": 0, **survey.seen}
    rejects: dict[str, int] = {}
    for (_, code), count in survey.rejects.items():
        rejects[code] = rejects.get(code, 0) + count
    return Plan(
        labels=dict(label_map.ids),
        split=split,
        seed=wishes.seed,
        shards=count_shards(survey.bytes, wishes, split),
        reject_files=max(1, math.ceil(sum(rejects.values()) / _REJECTS_PER_FILE)),
        seen=dict(sorted(seen.items())),
        rejects=dict(sorted(rejects.items())),
        warnings=tuple(_warnings(survey, split)),
    )


def count_shards(total_bytes: int, wishes: Wishes, split: SplitPlan) -> dict[str, int]:
    """Returns the number of shards of each split: as given, else by size; at least one.

    A single number is shared out among the splits by their fractions.
    """
    groups = sum(split.groups.values())
    shards = {}
    for name, fraction in wishes.fractions.items():
        given = wishes.num_shards
        if isinstance(given, dict) and name in given:
            shards[name] = given[name]
        elif isinstance(given, int):
            shards[name] = max(1, round(fraction * given))
        else:
            shards[name] = max(1, math.ceil(total_bytes * split.groups[name] / groups / wishes.shard_size))
    return shards


def _refuse_rejects(survey: Survey, max_rejects: float) -> None:
    rejected = survey.rejected("image")
    total = rejected + survey.images
    if total == 0:
        raise DatasetError("there is nothing to write: no annotation was matched to an image")
    if survey.images and rejected / total <= max_rejects:
        return
    share = f"{rejected:,} of {total:,} images were rejected ({rejected / total:.1%})"
    if not survey.images:
        head = f"{share}: nothing is left to write"
    else:
        needed = math.ceil(rejected / total * 1000) / 1000
        head = f"{share}, more than --max_rejects={max_rejects:g} allows. Mend them, or allow --max_rejects={needed:g}"
    raise DatasetError("\n".join([head, *_reasons(survey)]))


def _reasons(survey: Survey) -> list[str]:
    lines = []
    counts = {code: n for (level, code), n in survey.rejects.items() if level == "image"}
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"  {code}: {count:,}. {REMEDIES[code]}")
        lines += [f"    {_where(reject)}: {reject.message}" for reject in survey.first(code)]
        if count > SAMPLES:
            lines.append(f"    … and {count - SAMPLES:,} more")
    return lines


def _where(reject: Reject) -> str:
    return " and ".join(f"'{name}'" for name in (reject.annotation, reject.image) if name)


def _label_map(survey: Survey, wishes: Wishes) -> LabelMap:
    if wishes.label_map is None:
        if not survey.boxes:
            raise DatasetError(
                f"none of {survey.images:,} images has a box, so there is no class to learn: "
                "check the annotations, or give a --label_map to write negatives alone"
            )
        return LabelMap.from_names(survey.boxes)
    missing = sorted(survey.boxes.keys() - wishes.label_map.ids.keys())
    if missing:
        lines = [f"  '{name}': {_boxes(survey.boxes[name])}{_nearest(name, wishes.label_map)}" for name in missing]
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


def _boxes(number: int) -> str:
    return f"{number:,} {'box' if number == 1 else 'boxes'}"


def _nearest(name: str, label_map: LabelMap) -> str:
    near = get_close_matches(name, label_map.ids, n=1)
    return f" (the map has '{near[0]}')" if near else ""


def _warnings(survey: Survey, split: SplitPlan) -> list[str]:
    lines = [
        f"class '{name}' is in no picture of split '{split_name}', and no fair way to change that was found"
        for name, split_name in split.uncovered
    ]
    if survey.groups_not_found:
        lines.append(
            f"--group_by does not match {survey.groups_not_found:,} of {survey.images:,} image paths: "
            "each of these pictures is a group of its own"
        )
    return lines
