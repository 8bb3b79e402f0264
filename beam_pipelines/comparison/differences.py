"""What changed in one image, in words and as a line of JSON."""

import math
from collections import Counter
from typing import Any, NamedTuple

from beam_pipelines.comparison.boxes import BoxChange, compare_boxes
from beam_pipelines.comparison.images import ATTRIBUTES, Box, Image
from beam_pipelines.comparison.pairing import Pair

KINDS = {
    "added": "added",
    "removed": "removed",
    "renamed": "renamed: the same picture",
    "replaced": "replaced: another picture",
    "moved": "moved to another split",
    "boxes": "boxes changed",
    "labels": "classes of the image changed",
    "class_map": "class map changed",
}
"""What may happen to an image, and how a person is told."""
_AREA = -len(ATTRIBUTES) + ATTRIBUTES.index("area")


class Difference(NamedTuple):
    """What changed in one image."""

    kinds: tuple[str, ...]
    """Of `KINDS`, in their order, at least one."""
    before: Image | None
    after: Image | None
    boxes: tuple[BoxChange, ...] = ()
    """None of an image that was added or removed."""

    @property
    def sides(self) -> list[Image]:
        """The image before and after, as far as it was there."""
        return [image for image in (self.before, self.after) if image is not None]

    @property
    def order(self) -> list[Image]:
        """What differences are sorted by: names first. It does not matter which dataset comes first."""
        return sorted(self.sides)


def difference_of(before: Image | None, after: Image | None) -> Difference:
    """Returns what changed in an image, of which at least one side is there and the two are not equal."""
    if before is None or after is None:
        return Difference(("added" if before is None else "removed",), before, after)
    boxes = compare_boxes(*_comparable(before, after))
    happened = {
        "renamed": before.sha256 == after.sha256 and before.image != after.image,
        "replaced": before.sha256 != after.sha256,
        "moved": before.split != after.split,
        "boxes": bool(boxes),
        "labels": before.labels != after.labels,
        "class_map": before.class_map != after.class_map,
    }
    return Difference(tuple(kind for kind in KINDS if happened.get(kind)), before, after, tuple(boxes))


def _comparable(before: Image, after: Image) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """Returns the boxes of both; without areas, which are in pixels, if one picture is larger than the other."""
    if (before.width, before.height) == (after.width, after.height):
        return before.boxes, after.boxes
    left, right = (tuple((*box[:_AREA], 0.0, *box[_AREA + 1 :]) for box in image.boxes) for image in (before, after))
    return left, right


def differences_of(pairs: list[Pair]) -> list[Difference]:
    """Returns what changed in images, of which the two sides are not equal."""
    found = [difference_of(*pair) for pair in pairs]
    return [one for one in found if one.kinds]


def changed_labels(one: Difference) -> tuple[list[str], list[str]]:
    """Returns the classes of the whole image that were added, and those that were removed."""
    if one.before is None or one.after is None:
        return [], []
    before, after = Counter(one.before.labels), Counter(one.after.labels)
    return sorted((after - before).elements()), sorted((before - after).elements())


def as_json(one: Difference) -> dict[str, Any]:
    """Returns a difference as it stands in the list: boxes in pixels."""
    tree: dict[str, Any] = {
        "kinds": list(one.kinds),
        "before": _side(one.before, one.kinds),
        "after": _side(one.after, one.kinds),
    }
    if one.boxes and one.before and one.after:
        tree["boxes"] = [_box_change(change, one.before, one.after) for change in one.boxes]
    added, removed = changed_labels(one)
    if added or removed:
        tree["labels"] = {"added": added, "removed": removed}
    return tree


def _side(image: Image | None, kinds: tuple[str, ...]) -> dict[str, Any] | None:
    if image is None:
        return None
    size = {"size": [image.width, image.height]} if "replaced" in kinds else {}
    return {"image": image.image, "split": image.split, **size}


def _box_change(change: BoxChange, before: Image, after: Image) -> dict[str, Any]:
    changed = () if None in change[1:] else _changed_attributes(change)
    return {
        "kind": change.kind,
        "before": _box(change.before, before, changed),
        "after": _box(change.after, after, changed),
    }


def _changed_attributes(change: BoxChange) -> tuple[str, ...]:
    """Returns the names of attributes that differ; a box that was moved has another area, as everybody knows."""
    sides = zip(ATTRIBUTES, *(box[-len(ATTRIBUTES) :] for box in change[1:] if box is not None), strict=True)
    different = [name for name, one, other in sides if one != other]
    return tuple(name for name in different if name != "area" or change.kind == "attributes")


def _box(box: Box | None, image: Image, attributes: tuple[str, ...]) -> dict[str, Any] | None:
    if box is None:
        return None
    name, *sides = box[:5]
    pixels = [_pixels(side, size) for side, size in zip(sides, (image.width, image.height) * 2, strict=True)]
    values = dict(zip(ATTRIBUTES, box[-len(ATTRIBUTES) :], strict=True))
    return {"class": name, "box": pixels, **{key: values[key] for key in attributes}}


def _pixels(side: float, size: int) -> float | None:
    return round(side * size, 2) if math.isfinite(side) else None
