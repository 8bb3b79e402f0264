"""Rows of one image put together: a sheet for each stretch of rows, and in the end one for each image and split."""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from beam_pipelines.buckets import bucket_of
from beam_pipelines.records import AnnotatedObject, Annotation, RecordError, Row, Sheet, Side

_MANY = 50_000
"""Rows that are held while a part of a file is read."""


class _Open:
    """A sheet that rows are still added to."""

    __slots__ = ("height", "labels", "objects", "row", "source", "width")

    def __init__(self, row: Row, source: str, number: int):
        self.width, self.height = row.width, row.height
        self.source, self.row = source, number
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
        self._rows = 0

    def add(self, row: Row, source: str, number: int) -> None:
        """Adds one row of the file `source`."""
        key = row.image, row.split, row.group
        sheet = self._open.get(key)
        if sheet is None:
            sheet = self._open[key] = _Open(row, source, number)
        if row.object is not None:
            sheet.objects.append(row.object)
        elif row.label:
            sheet.labels.append(row.label)
        self._rows += 1

    @property
    def are_many(self) -> bool:
        """Whether it is time to hand them on."""
        return self._rows >= _MANY

    def flush(self) -> Iterator[tuple[int, Side]]:
        """Yields all sheets by bucket, and begins anew."""
        by_bucket: dict[int, list[Sheet]] = {}
        for (image, split, group), sheet in self._open.items():
            annotation = Annotation(
                image, "", "", sheet.width, sheet.height, tuple(sheet.objects), (), tuple(sheet.labels), group
            )
            bucket = bucket_of(image, self._buckets)
            by_bucket.setdefault(bucket, []).append(Sheet(annotation, sheet.source, sheet.row, split))
        self._open, self._rows = {}, 0
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
    sizes = [s.annotation for s in ordered if s.annotation.width and s.annotation.height] or [first.annotation]
    whole = first.annotation._replace(
        width=sizes[0].width,
        height=sizes[0].height,
        objects=tuple(one for sheet in ordered for one in sheet.annotation.objects),
        labels=tuple(label for sheet in ordered for label in sheet.annotation.labels),
    )
    return first._replace(annotation=whole)
