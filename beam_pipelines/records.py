"""What travels between the stages of the data job, and the one way in which a record fails.

Records are NamedTuples of plain values, boxes are plain tuples: they are what a shuffle encodes fastest.
No record holds the bytes of an image.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

Box = tuple[str, float, float, float, float, int, int, str, int, float, str]
"""(class name, xmin, ymin, xmax, ymax, difficult, truncated, view, is_crowd, area, mask).

Coordinates are normalised by the picture's size, are exact in float32, and hold
0 <= xmin < xmax <= 1 and 0 <= ymin < ymax <= 1. `difficult`, `truncated` and `is_crowd` are 0 or 1. `area` is in
square pixels, 0 for that of the box. `mask` says where the object's mask is: '' for none, '#3' for the pixels of value
3 in the picture's file of instance masks, else the path of a file of its own, below the folder of masks.
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
    """What was left out: 'image', 'box', 'row' (of a table), 'duplicate' (a picture that another example holds), or
    'unlisted' (a picture that the given splits do not name, or a name of theirs that no picture has)."""
    annotation: str
    """Path below the annotations' root, with forward slashes; '' if there is none. Of rows: the path of their file."""
    image: str
    """Path below the images' root, with forward slashes; '' if it is not known."""
    message: str
    """A sentence for a person."""
    box: str = ""
    """The object as it was annotated, for a reject of level 'box'."""
    row: int = 0
    """Which row of its file, see `Row`; 0 if it was no row."""


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
    splits: tuple[str, ...] = ()
    """To which it was given, by a list or by its folder."""
    claimed: bool = False
    """Whether an annotation may be meant for it, but for another image as well."""


class Query(NamedTuple):
    """An annotation that looks for its image."""

    name: str
    """Path below the annotations' base."""
    above: int
    filename: str = ""
    """What the annotation says of its image, once it was read."""
    folders: tuple[tuple[str, ...], ...] = ()
    """Paths of folders in which the image may lie, in lower case."""


class AnnotatedObject(NamedTuple):
    """One object, as the text of its annotation says; '' where a field is missing."""

    name: str
    xmin: str
    ymin: str
    xmax: str
    ymax: str
    difficult: str = ""
    truncated: str = ""
    pose: str = ""
    is_crowd: str = ""
    area: str = ""
    """Square pixels."""
    mask: str = ""
    """As in `Box`."""
    source: str = ""
    """The file of rows that it stands in; '' in an annotation file of its own."""
    row: int = 0
    """Which row of that file, see `Row`."""


class Row(NamedTuple):
    """One row of a table: an object, a class of a whole image, or an image without objects.

    A row is known by its file and a number: in text the offset of its first byte, in Parquet its place from 1.
    """

    image: str
    """Its path as the row gives it, with forward slashes."""
    width: int = 0
    """Of the image in pixels; 0 if missing or unreadable."""
    height: int = 0
    """Of the image in pixels; 0 if missing or unreadable."""
    object: AnnotatedObject | None = None
    """None for a class of the whole image, and for an image without objects."""
    label: str = ""
    """A class of the whole image."""
    split: str = ""
    """To which the image was given."""
    group: str = ""
    """Of images that belong together."""


class Annotation(NamedTuple):
    """The annotation of one image, parsed but not judged."""

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
    labels: tuple[str, ...] = ()
    """Classes of the whole image."""
    group: str = ""
    """Of images that belong together, as rows give it."""


class Sheet(NamedTuple):
    """Some rows of one image, or all."""

    annotation: Annotation
    """`filename` is the image's path as the rows give it."""
    source: str
    """The file of the first of the rows."""
    row: int
    """Of the first, see `Row`."""
    split: str
    """To which the rows give the image; '' if they do not."""
    spoiled: bool = False
    """Whether it stands for rows that were rejected: their image is annotated, but not known how."""


class Entry(NamedTuple):
    """A line of a list that gives images to a split."""

    split: str
    name: str
    """Of the image, as it is listed, with forward slashes."""
    source: str
    """The list's file."""
    line: int
    """From 1."""


class Side(NamedTuple):
    """Some images, and what looks for them, that lie in one bucket."""

    images: tuple[ListedImage, ...] = ()
    queries: tuple[Query, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    entries: tuple[Entry, ...] = ()


class Pair(NamedTuple):
    """An annotation and the image file that it was matched to; paths below their roots."""

    annotation: str
    """'' for an image without annotation that is wanted as a negative. Of rows: the path of their file."""
    image: str
    splits: tuple[str, ...] = ()
    """To which the image was given."""
    rows: Annotation | None = None
    """What the rows of the image say; None if the annotation is a file of its own."""


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
    labels: tuple[str, ...] = ()
    """Classes of the whole image, sorted, each once."""
    split: str = ""
    """To which the picture was given; '' if the plan decides."""
    masks: str = ""
    """Digest of the files that its masks and class map are in; '' if it has none."""


def key_of(sha256: str, image: str, more: str = "") -> int:
    """Returns an example's key, below 2**63: from content and name, so that copies have keys of their own.

    Args:
        sha256: of the image file.
        image: its path below the images' root.
        more: what tells this example from others of the same image.
    """
    text = f"{sha256}\0{image}\0{more}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def shard_number(key: int, count: int) -> int:
    """Returns which of so many shards an example belongs to: ⌊key / 2**63 · count⌋ (as in TFDS).

    So the keys of one shard follow those of the shard before it.
    """
    return key * count >> 63


def signature_of(boxes: Iterable[Box], labels: Iterable[str] = ()) -> str:
    """Returns the classes of some boxes and images, sorted and joined by NUL; '' if there are none."""
    return "\0".join(sorted({box[0] for box in boxes}.union(labels)))
