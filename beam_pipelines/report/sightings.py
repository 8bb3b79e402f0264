"""Examples as they pass by, and those of them that are remembered."""

from collections.abc import Sequence
from typing import Any, NamedTuple

ALL = ""
"""In place of a class: all of them together."""
EXTREMES = ("largest", "smallest", "thinnest", "most_crowded")
"""Which pictures are odd: by the share of the picture that a box takes, by a box's area in pixels, by the longer side
of a box divided by the shorter, by the number of boxes."""


class Sighting(NamedTuple):
    """An example that passes by."""

    rank: int
    """Below 2**63, from its content: samples are those with the lowest."""
    width: int
    height: int
    """Pixels."""
    boxes: Sequence[tuple[Any, ...]]
    """(class name, xmin, ymin, xmax, ymax, …), normalised and valid as the data contract says."""
    labels: Sequence[str]
    """Classes of the whole image, each once."""
    number: int
    """Of its record in the file, from 0."""
    offset: int
    """Of its frame in the file, in bytes."""
    has_others: bool = False
    """Whether it has objects that cannot be counted, and so is no negative."""


class Sample(NamedTuple):
    """An example that was chosen, and where its record is."""

    rank: int
    split: str
    file: str
    number: int
    offset: int


class Extreme(NamedTuple):
    """An odd example. The lowest are the oddest."""

    order: float
    """What extremes are sorted by: `value`, negative where the highest is the oddest."""
    sample: Sample
    value: float
    """See `EXTREMES`."""
    name: str
    """Class of the box; '' for the most crowded picture."""
