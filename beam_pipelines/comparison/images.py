"""What is compared of an example: all but the bytes of its picture."""

import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

from beam_pipelines.record_files.views import ExampleView, ObjectView
from data_contract import features as keys

ATTRIBUTES = ("difficult", "truncated", "view", "is_crowd", "area", "mask")
"""What a box has beside its class and its place; the mask as a digest of its file."""
Box = tuple[Any, ...]
"""(class name, xmin, ymin, xmax, ymax, *ATTRIBUTES), the coordinates normalised."""

_KEYS = {
    "difficult": keys.OBJECT_DIFFICULT,
    "truncated": keys.OBJECT_TRUNCATED,
    "view": keys.OBJECT_VIEW,
    "is_crowd": keys.OBJECT_IS_CROWD,
    "area": keys.OBJECT_AREA,
    "mask": keys.OBJECT_MASK,
}
_NOTHING: dict[str, Any] = {"view": "", "area": 0.0, "mask": ""}
_DIGITS = 16
"""Of digests of masks, 64 bits."""


class Image(NamedTuple):
    """One example."""

    image: str
    """Path below the images' root."""
    split: str
    sha256: str
    """Of the picture."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    boxes: tuple[Box, ...]
    """Sorted."""
    labels: tuple[str, ...]
    """Classes of the whole image, sorted."""
    class_map: str
    """A digest; '' if there is none."""

    @property
    def content(self) -> tuple[Any, ...]:
        """What was annotated."""
        return self.boxes, self.labels, self.class_map


def image_of(view: ExampleView, split: str, features: Collection[str]) -> Image:
    """Returns what is compared of an example.

    Args:
        view: what it says.
        split: that it is in.
        features: keys of those that both datasets have.
    """
    attributes = [name for name in ATTRIBUTES if _KEYS[name] in features]
    return Image(
        image=view.filename or view.source_id,
        split=split,
        sha256=view.sha256 or hashlib.sha256(view.encoded).hexdigest(),
        width=view.width,
        height=view.height,
        boxes=tuple(sorted(_box(one, attributes) for one in view.objects)),
        labels=tuple(sorted(view.labels)),
        class_map=_digest(view.class_map) if keys.CLASS_MAP_ENCODED in features else "",
    )


def _box(one: ObjectView, attributes: Collection[str]) -> Box:
    more = {name: getattr(one, name) if name in attributes else _NOTHING.get(name, 0) for name in ATTRIBUTES}
    if more["mask"]:
        more["mask"] = _digest(more["mask"])
    return (one.name, one.xmin, one.ymin, one.xmax, one.ymax, *more.values())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS] if data else ""
