"""One row of a table: from the cells of a line to a `Row`, without judging what its box says.

This is the hot path of tables: 2 to 3 µs a row.
"""

import csv
import functools
import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from sys import intern
from typing import Any

from beam_pipelines.boxes import shortened
from beam_pipelines.records import AnnotatedObject, RecordError, Row
from beam_pipelines.rows.layout import SIDES, Layout

_BOM = b"\xef\xbb\xbf"

_IMAGE_FIELDS = ("image", "width", "height", "label", "split", "group")
_OBJECT_FIELDS = ("difficult", "truncated", "pose", "is_crowd", "area", "mask")

_new = tuple.__new__
"""Makes a NamedTuple of a tuple in half the time of calling its class."""

_HERE = re.compile(r"(\./+)+")
"""The folder itself, at the start of a path."""

_BETWEEN = re.compile(r"\s*[,;]\s*|\s+")
"""What separates the numbers of a box cell."""


def decode_line(line: bytes) -> tuple[str, bool]:
    """Returns the text of a line without its end and a byte order mark, and whether its encoding was assumed.

    That is UTF-8, else what Windows writes (cp1252), where five bytes that it does not define become U+FFFD.
    """
    line = line.rstrip(b"\r\n")
    if line.startswith(_BOM):
        line = line[len(_BOM) :]
    try:
        return line.decode(), False
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace"), True


def split_cells(line: str, delimiter: str) -> list[str]:
    """Splits one line into its cells; a cell in double quotes may hold the delimiter.

    Raises:
        RecordError: `row_malformed`, if the quotes do not pair.
    """
    if '"' not in line:
        return line.split(delimiter)
    if line.count('"') % 2:  # in the line where such a cell ends, csv would take what is before its end for a cell
        message = f"a quoted cell that goes on in the next line is not supported: {shortened(line)!r}"
        raise RecordError("row_malformed", message)
    try:
        return next(csv.reader([line], _dialect(delimiter)))
    except csv.Error as error:
        raise RecordError("row_malformed", f"the quotes are not those of CSV ({error}): {shortened(line)!r}") from None


@functools.cache
def _dialect(delimiter: str) -> Any:
    """How cells are quoted. Made once: it takes a third of the time of a line."""
    return csv.reader([], delimiter=delimiter, skipinitialspace=True, strict=True).dialect


class RowParser:
    """Parses the rows of one table.

    Args:
        layout: which column is what.
        source: the table's path, as objects and rejects name it.
    """

    def __init__(self, layout: Layout, source: str):
        self._layout = layout
        self._source = intern(source)
        self._number_of_cells = len(layout.header)
        self._has_boxes = layout.has_boxes
        self._in_one_cell = layout.has("box")
        self._box_format = layout.options.box_format
        sides = ("box",) * 4 if self._in_one_cell else SIDES[self._box_format]
        self._image_fields = self._picker(_IMAGE_FIELDS)
        self._object_fields = self._picker((*sides, *_OBJECT_FIELDS))

    def _picker(self, fields: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """Picks fields of cells; one that has no column is the empty cell that `parse` puts behind the last."""
        picker: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(
            *(self._layout.places.get(field, self._number_of_cells) for field in fields)
        )
        return picker

    def parse(self, cells: Sequence[str], row: int) -> Row:
        """Reads one row.

        Sides of boxes stay the text of the file, except that those which the box format lacks are computed;
        what is no number stays as it is, to be named when boxes are judged.

        Args:
            cells: of all columns, in the order of the header.
            row: which row it is, see `Row`.

        Raises:
            RecordError: `row_malformed`, `row_without_image`, `class_missing` or `box_missing`.
        """
        if len(cells) != self._number_of_cells:
            raise self._wrong_number(len(cells))
        texts = (*map(str.strip, cells), "")
        image, width, height, name, split, group = self._image_fields(texts)
        if "\\" in image or image.startswith("./"):
            image = _tidy_path(image)
        if not image:
            raise RecordError("row_without_image", f"{self._name_of('image')} is empty: name the image of the row")
        name = intern(name)
        one, label = (self._object(name, texts, row), "") if self._has_boxes else (None, name)
        return _new(Row, (intern(image), _pixels(width), _pixels(height), one, label, intern(split), intern(group)))

    def _object(self, name: str, texts: Sequence[str], row: int) -> AnnotatedObject | None:
        """The object of a row; None if it has neither class nor box.

        Raises:
            RecordError: `row_malformed`, `class_missing` or `box_missing`.
        """
        a, b, c, d, difficult, truncated, pose, is_crowd, area, mask = self._object_fields(texts)
        if self._in_one_cell:
            a, b, c, d = self._sides_of_cell(a)
        if not (a or b or c or d):
            if not name:
                return None
            message = f"the class is {shortened(name)!r} and the box is empty: fill in both, or none for no object"
            raise RecordError("box_missing", message)
        if not name:
            raise RecordError("class_missing", f"{self._name_of('label')} is empty: give the box a class")
        if self._box_format != "xyxy":
            centred = self._box_format == "cxcywh"
            (a, c), (b, d) = _ends(a, c, centred), _ends(b, d, centred)
        if "\\" in mask or mask.startswith("./"):
            mask = _tidy_path(mask)
        return _new(
            AnnotatedObject,
            (name, a, b, c, d, difficult, truncated, pose, is_crowd, area, mask, self._source, row),
        )

    def image_of(self, cells: Sequence[str]) -> str:
        """Returns the image of a row that cannot be parsed; '' if that cannot be told either."""
        if len(cells) != self._number_of_cells:
            return ""
        return _tidy_path(cells[self._layout.places["image"]].strip())

    def _sides_of_cell(self, text: str) -> Sequence[str]:
        """The four numbers of a box cell, as text; four empty ones if the cell is empty.

        Raises:
            RecordError: `row_malformed`, if there are not four.
        """
        bare = text.strip("[]() \t")
        if not bare:
            return "", "", "", ""
        parts = _BETWEEN.split(bare)
        if len(parts) != len(SIDES[self._box_format]):
            sides = ",".join(SIDES[self._box_format])
            message = f"{self._name_of('box')} is {shortened(text)!r}: write four numbers, {sides}"
            raise RecordError("row_malformed", message)
        return parts

    def _name_of(self, field: str) -> str:
        return f"the column {self._layout.name_of(field)!r}"

    def _wrong_number(self, number: int) -> RecordError:
        cells = "1 cell" if number == 1 else f"{number} cells"
        delimiter = self._layout.delimiter
        if number > self._number_of_cells:
            advice = f"write a cell that holds a {delimiter!r} in double quotes"
        else:
            advice = f"write a {delimiter!r} for an empty cell too"
        message = f"the row has {cells}, the header {self._number_of_cells}: {advice}"
        return RecordError("row_malformed", message)


def _tidy_path(path: str) -> str:
    """A path with forward slashes and without './' at its start."""
    path = path.replace("\\", "/")
    here = _HERE.match(path)
    return path[here.end() :] if here else path


@functools.lru_cache(maxsize=4096)  # half the time: few sizes, many rows
def _pixels(text: str) -> int:
    """A size in pixels; 0 if it is missing, negative or no number."""
    try:
        return int(text) if text.isdecimal() else max(0, int(float(text)))  # pandas writes "800.0"
    except (ValueError, OverflowError):
        return 0


def _ends(start: str, extent: str, centred: bool) -> tuple[str, str]:
    """Both ends of an axis; a text that is no number stays, at the end that it belongs to."""
    try:
        first = float(start)
        length = float(extent)
    except ValueError:
        return start, extent
    if centred:
        return repr(first - length / 2), repr(first + length / 2)
    return start, repr(first + length)
