"""Rows of one image put together: a sheet for each stretch of rows, and in the end one for each image and split."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import attrgetter

from beam_pipelines.buckets import bucket_of
from beam_pipelines.records import AnnotatedObject, Annotation, RecordError, Row, Sheet, Side

_MANY = 50_000
"""Rows that are held while a part of a file is read."""


class _Open:
    """A sheet that rows are still added to."""

    __slots__ = ("labels", "objects", "place", "size")

    def __init__(self, row: Row, source: str, number: int):
        self.size = row.width, row.height
        self.place = source, number
        self.labels: list[str] = []
        self.objects: list[AnnotatedObject] = []


class Sheets:
    """Gathers rows by image and split.

    Args:
        buckets: in which sheets are handed on.
    """

    def __init__(self, buckets: int):
        self._buckets = buckets
        self._open: dict[tuple[str, str, str], _Open] = {}
        self._spoiled: dict[str, tuple[str, int]] = {}
        self._rows = 0

    def add(self, row: Row, source: str, number: int) -> None:
        """Adds one row of the file `source`."""
        key = row.image, row.split, row.group
        sheet = self._open.get(key)
        if sheet is None:
            sheet = self._open[key] = _Open(row, source, number)
        # Rows come in any order, of which nothing may depend.
        sheet.place = min(sheet.place, (source, number))
        sheet.size = _size_of(sheet.size, (row.width, row.height))
        if row.object is not None:
            sheet.objects.append(row.object)
        elif row.label:
            sheet.labels.append(row.label)
        self._rows += 1

    def spoil(self, image: str, source: str, number: int) -> None:
        """Notes that a row of an image was rejected."""
        self._spoiled[image] = min(self._spoiled.get(image, (source, number)), (source, number))
        self._rows += 1

    @property
    def are_many(self) -> bool:
        """Whether it is time to hand them on."""
        return self._rows >= _MANY

    def flush(self) -> Iterator[tuple[int, Side]]:
        """Yields all sheets by bucket, and begins anew."""
        by_bucket: dict[int, list[Sheet]] = {}
        for (image, split, group), sheet in self._open.items():
            annotation = Annotation(image, "", "", *sheet.size, tuple(sheet.objects), (), tuple(sheet.labels), group)
            bucket = bucket_of(image, self._buckets)
            by_bucket.setdefault(bucket, []).append(Sheet(annotation, *sheet.place, split))
        for image, place in self._spoiled.items():
            nothing = Sheet(Annotation(image, "", "", 0, 0, ()), *place, "", spoiled=True)
            by_bucket.setdefault(bucket_of(image, self._buckets), []).append(nothing)
        self._open, self._spoiled, self._rows = {}, {}, 0
        for bucket, sheets in by_bucket.items():
            yield bucket, Side(sheets=tuple(sheets))


def unite(sheets: Iterable[Sheet]) -> Sheet:
    """Returns one sheet of several of the same image and split.

    Raises:
        RecordError: `rows_disagree`, if they name different groups.
    """
    ordered = sorted(sheets, key=attrgetter("source", "row"))
    first = ordered[0]
    groups = sorted({sheet.annotation.group for sheet in ordered})
    if len(groups) > 1:
        named = " and ".join(f"'{group}'" for group in groups[:2])
        raise RecordError("rows_disagree", f"the rows of one image name different groups: {named}")
    if len(ordered) == 1:
        return first
    width, height = reduce(_size_of, ((s.annotation.width, s.annotation.height) for s in ordered))
    whole = first.annotation._replace(
        width=width,
        height=height,
        objects=tuple(one for sheet in ordered for one in sheet.annotation.objects),
        labels=tuple(label for sheet in ordered for label in sheet.annotation.labels),
    )
    return first._replace(annotation=whole)


def _size_of(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Returns the size of an image that two rows state: of two sizes the smaller, of which neither side is 0."""
    return one if one == other else min(one, other, key=lambda size: (0 in size, size))


def completed(own: Annotation, others: Iterable[Annotation]) -> Annotation:
    """Returns an annotation with what others say of the same image besides."""
    known = {one[:-2] for one in own.objects}  # but for where the row stands
    new: dict[tuple[object, ...], AnnotatedObject] = {}
    labels: set[str] = set(own.labels)
    for annotation in others:
        labels.update(annotation.labels)
        for one in annotation.objects:
            if one[:-2] not in known:
                new[one[:-2]] = min(one, new.get(one[:-2], one))
    return own._replace(objects=(*own.objects, *sorted(new.values())), labels=tuple(sorted(labels)))
