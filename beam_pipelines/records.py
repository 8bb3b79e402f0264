"""What travels between the stages of the data job, and the one way in which a record fails.

Records are NamedTuples of plain values, boxes are plain tuples: they are what a shuffle encodes fastest.
No record holds the bytes of an image.
"""

from collections.abc import Iterable
from typing import NamedTuple

Box = tuple[str, float, float, float, float, int, int, str]
"""(class name, xmin, ymin, xmax, ymax, difficult, truncated, view).

Coordinates are normalised by the picture's size, are exact in float32, and hold
0 <= xmin < xmax <= 1 and 0 <= ymin < ymax <= 1. `difficult` and `truncated` are 0 or 1.
"""


class RecordError(Exception):
    """A record that cannot go on.

    Args:
        code: one of `rejects.REMEDIES`.
        message: a sentence for a person, with the offending value quoted.
    """

    def __init__(self, code: str, message: str):
        super().__init__(code, message)
        self.code = code
        self.message = message


class Reject(NamedTuple):
    """Something that did not make it into the dataset, and why."""

    code: str
    """One of `rejects.REMEDIES`."""
    level: str
    """What was left out: 'image', 'box', or 'duplicate' (a picture that another example holds)."""
    annotation: str
    """Path below the annotations' root, with forward slashes; '' if there is none."""
    image: str
    """Path below the images' root, with forward slashes; '' if it is not known."""
    message: str
    """A sentence for a person."""
    box: str = ""
    """The object as it was annotated, for a reject of level 'box'."""


class Tally(NamedTuple):
    """A number of things that were seen and need no record of their own."""

    name: str
    number: int


class ListedImage(NamedTuple):
    """An image file of the listing."""

    name: str
    """Path below the images' base."""
    above: int
    """Length of the part of `name` that lies above the pattern's own root."""
    matched: bool = False
    """Whether an annotation was already matched to it."""


class Query(NamedTuple):
    """An annotation that looks for its image."""

    name: str
    """Path below the annotations' base."""
    above: int
    filename: str = ""
    """What the annotation says of its image, once it was read."""
    folders: tuple[tuple[str, ...], ...] = ()
    """Paths of folders in which the image may lie, in lower case."""


class Side(NamedTuple):
    """Some images and some queries that lie in one bucket."""

    images: tuple[ListedImage, ...]
    queries: tuple[Query, ...]


class Pair(NamedTuple):
    """An annotation and the image file that it was matched to; paths below their roots."""

    annotation: str
    """'' for an image without annotation that is wanted as a negative."""
    image: str


class AnnotatedObject(NamedTuple):
    """One object of an annotation file, as its text says; '' where a field is missing."""

    name: str
    xmin: str
    ymin: str
    xmax: str
    ymax: str
    difficult: str = ""
    truncated: str = ""
    pose: str = ""


class Annotation(NamedTuple):
    """One annotation file, parsed but not judged."""

    filename: str
    """Of the image, as the annotator's program wrote it; may lack its extension; '' if missing."""
    folder: str
    path: str
    """Of the image, on the annotator's machine; often with backslashes; '' if missing."""
    width: int
    """Pixels; 0 if missing or unreadable."""
    height: int
    """Pixels; 0 if missing or unreadable."""
    objects: tuple[AnnotatedObject, ...]
    repairs: tuple[str, ...] = ()
    """Codes of `rejects.REPAIRS`, one for each time something was mended."""


class Picture(NamedTuple):
    """An image that was probed, with its checked boxes: what becomes one example."""

    key: int
    """Below 2**63, from content and names: order within a shard, the shard, and `image/source_id`."""
    sha256: str
    """Of the image file, as 64 hexadecimal digits."""
    image: str
    """Path below the images' root, with forward slashes."""
    annotation: str
    """Path below the annotations' root, with forward slashes; '' if there is none."""
    width: int
    """Pixels, as a reader of the example sees it (after a conversion)."""
    height: int
    """Pixels, as a reader of the example sees it (after a conversion)."""
    size: int
    """Bytes of the image file."""
    format: str
    """Of the encoded image in the example: 'jpeg' or 'png'."""
    conversion: str
    """'' if the file's own bytes are written, else one of `conversion.CONVERSIONS`."""
    group: str
    """Pictures of one group are on one side of every split."""
    signature: str
    """The classes of the picture's group, sorted and joined by NUL; '' if it has none."""
    leads: bool
    """True for exactly one picture of every group, which stands for the group when the split is planned."""
    boxes: tuple[Box, ...]
    """Sorted."""
    repairs: tuple[str, ...]
    """Codes of `rejects.REPAIRS`, one for each time something was mended."""


def signature_of(boxes: Iterable[Box]) -> str:
    """Returns the classes of some boxes, sorted and joined by NUL; '' without boxes."""
    return "\0".join(sorted({box[0] for box in boxes}))
