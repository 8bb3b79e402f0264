"""Rows as they are read by any number of workers: Beam's own sources, each part of a file by itself.

A row is known by where it begins, because a worker that reads a part of a file does not know how many lines stand
before it. The few rows that are rejected are counted in the end (`NumberRejects`).
"""

import glob
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import apache_beam as beam
import pyarrow.parquet as pq
from apache_beam.coders import BytesCoder
from apache_beam.io.filebasedsource import ReadAllFiles
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.parquetio import _ParquetSource, _ParquetUtils
from apache_beam.io.textio import _TextSource
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.coding import Outcome
from beam_pipelines.garbage import search_rarely
from beam_pipelines.listing import FileSet
from beam_pipelines.records import RecordError, Reject, Side, Tally
from beam_pipelines.rows.layout import Layout
from beam_pipelines.rows.parsing import RowParser, decode_line, split_cells
from beam_pipelines.rows.reading import open_text, telling_failures
from beam_pipelines.rows.sheets import Sheets
from beam_pipelines.rows.tables import rows_of_table
from beam_pipelines.windows import outside_of_windows

_PART = 2**24
"""Bytes of a file that are read at once by one worker."""
_LINES = 1000
"""Rows that travel from source to parser as one element."""
_BLOCK = 2**20


@dataclass(frozen=True)
class Tables:
    """Files of rows.

    Attributes:
        files: which files.
        layouts: of each, by its name below the base of `files`.
        parquet: the names of those that are Parquet; the others are text.
    """

    files: FileSet
    layouts: dict[str, Layout]
    parquet: frozenset[str] = frozenset()

    @property
    def texts(self) -> frozenset[str]:
        """The names of those that are text."""
        return frozenset(self.layouts) - self.parquet

    def name_of(self, path: str) -> str:
        """Returns the name of the file at a path."""
        return path.replace("\\", "/")[len(self.files.base.rstrip("/")) + 1 :]

    def has(self, field: str) -> bool:
        """Returns whether any of the tables has a column for a field."""
        return any(layout.has(field) for layout in self.layouts.values())

    @property
    def have_boxes(self) -> bool:
        """Whether any of the tables has boxes."""
        return any(layout.has_boxes for layout in self.layouts.values())

    @property
    def have_labels(self) -> bool:
        """Whether any of the tables gives classes to whole images."""
        return not all(layout.has_boxes for layout in self.layouts.values())


class _LinesOfText(_TextSource):
    """Beam's text source, which also tells where each line begins. Yields (path, [(offset, line), …])."""

    def open_file(self, file_name: str) -> AbstractContextManager[Any]:
        return open_text(file_name)

    def read_records(self, file_name: str, range_tracker: Any) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
        lines: list[tuple[int, bytes]] = []
        with telling_failures(file_name):
            for line in super().read_records(file_name, range_tracker):
                lines.append((range_tracker.last_record_start, line))
                if len(lines) == _LINES:
                    yield file_name, lines
                    lines = []
        if lines:
            yield file_name, lines


class _RowGroups(_ParquetSource):
    """Beam's Parquet source, which also tells the number of each row. Yields (path, [(number, cells), …])."""

    def __init__(self, path: str, layout: Layout):
        super().__init__(_pattern(path), columns=[layout.header[place] for place in layout.places.values()])
        self._layout = layout

    def read_records(self, file_name: str, range_tracker: Any) -> Iterator[tuple[str, list[tuple[int, list[str]]]]]:
        with telling_failures(file_name):
            first_rows = self._first_rows(file_name)
            for table in super().read_records(file_name, range_tracker):
                rows = enumerate(rows_of_table(table, self._layout), first_rows[range_tracker.last_record_start])
                while part := list(islice(rows, _LINES)):
                    yield file_name, part

    def _first_rows(self, file_name: str) -> dict[int, int]:
        """Returns the number of the first row of each row group, by the offset of the group."""
        first, first_rows = 1, {}
        with self.open_file(file_name) as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):
                first_rows[_ParquetUtils.get_offset(parquet, group)] = first
                first += parquet.metadata.row_group(group).num_rows
        return first_rows


def _open_text(path: str, tables: "Tables") -> _LinesOfText:
    skipped = {"validate": False, "skip_header_lines": 1}
    return _LinesOfText(_pattern(path), 0, CompressionTypes.AUTO, True, BytesCoder(), **skipped)


def _open_parquet(path: str, tables: "Tables") -> _RowGroups:
    return _RowGroups(path, tables.layouts[tables.name_of(path)])


def _pattern(path: str) -> str:
    """Returns a pattern that only this path fits: Beam takes each path for a pattern."""
    return glob.escape(path)


class _Parse(beam.DoFn):
    """Turns parts of tables into sheets by bucket, and tells of rows that it cannot read."""

    def __init__(self, tables: Tables, buckets: int):
        self._tables, self._buckets = tables, buckets

    def setup(self) -> None:
        search_rarely()
        self._parsers: dict[str, RowParser] = {}

    def start_bundle(self) -> None:
        self._sheets = Sheets(self._buckets)
        self._count = self._assumed = 0

    def process(self, element: tuple[str, Iterable[tuple[int, bytes | list[str]]]]) -> Iterator[Any]:
        path, rows = element
        name = self._tables.name_of(path)
        parser = self._parsers.get(name)
        if parser is None:
            parser = self._parsers[name] = RowParser(self._tables.layouts[name], name)
        for number, content in rows:
            if not content or (isinstance(content, bytes) and content.isspace()):
                continue
            self._count += 1
            cells: list[str] = []
            try:
                cells = self._cells(content, name)
                row = parser.parse(cells, number)
            except RecordError as error:
                image = parser.image_of(cells)
                yield TaggedOutput("outcomes", Reject(error.code, "row", name, image, error.message, row=number))
                if image:
                    self._sheets.spoil(image, name, number)
            else:
                self._sheets.add(row, name, number)
        if self._sheets.are_many:
            yield from self._sheets.flush()

    def _cells(self, content: bytes | list[str], name: str) -> list[str]:
        if isinstance(content, list):
            return content
        text, assumed = decode_line(content)
        self._assumed += assumed
        return split_cells(text, self._tables.layouts[name].delimiter)

    def finish_bundle(self) -> Iterator[Any]:
        tallies = {"rows": self._count, "rows_encoding_assumed": self._assumed}
        outcomes = [TaggedOutput("outcomes", Tally(name, number)) for name, number in tallies.items() if number]
        for item in (*self._sheets.flush(), *outcomes):
            yield outside_of_windows(item)


@dataclass
class ReadRows(beam.PTransform):
    """Reads tables. Returns (sheets of rows by the bucket of their image, outcomes: rejects and tallies).

    Attributes:
        tables: which.
        buckets: as in `MatchImages`.
    """

    tables: Tables
    buckets: int

    def expand(self, pipeline: beam.Pipeline) -> tuple[PCollection, PCollection]:
        """Text and Parquet, each by Beam's source for it, and parsed where they are read."""
        texts = self._read(pipeline, "text", self.tables.texts, _open_text)
        parquet = self._read(pipeline, "Parquet", self.tables.parquet, _open_parquet)
        sheets = (texts.sheets, parquet.sheets) | "All sheets" >> beam.Flatten()
        return sheets, (texts.outcomes, parquet.outcomes) | "Bad rows" >> beam.Flatten()

    def _read(
        self, pipeline: beam.Pipeline, kind: str, names: Iterable[str], source: Callable[..., Any]
    ) -> beam.pvalue.DoOutputsTuple:
        patterns = [_pattern(self.tables.files.path(name)) for name in sorted(names)]
        listed = pipeline | f"Tables of {kind}" >> beam.Create(patterns, reshuffle=False).with_output_types(str)
        opening = partial(source, tables=self.tables)
        parse = beam.ParDo(_Parse(self.tables, self.buckets))
        typed = parse.with_output_types(tuple[int, Side], outcomes=Outcome).with_outputs("outcomes", main="sheets")
        read = listed | f"Read {kind}" >> ReadAllFiles(True, CompressionTypes.AUTO, _PART, 0, opening)
        return read | f"Parse rows of {kind}" >> typed


def line_numbers(blocks: Iterable[bytes], starts: Iterable[int]) -> dict[int, int]:
    """Returns for each place in a text on which line it stands, counted from 1.

    Args:
        blocks: the whole text, in order.
        starts: offsets of bytes.
    """
    numbers: dict[int, int] = {}
    waiting = sorted(set(starts), reverse=True)
    offset, lines = 0, 1
    for block in blocks:
        at = 0
        while waiting and waiting[-1] < offset + len(block):
            place = waiting.pop() - offset
            lines += block.count(b"\n", at, place)
            numbers[offset + place] = lines
            at = place
        lines += block.count(b"\n", at)
        offset += len(block)
        if not waiting:
            break
    return numbers


class _Number(beam.DoFn):
    def __init__(self, tables: Tables):
        self._tables = tables

    def process(self, element: tuple[str, Iterable[Reject]]) -> Iterator[Reject]:
        name, found = element
        rejects = list(found)
        with FileSystems.open(self._tables.files.path(name)) as file:
            numbers = line_numbers(iter(lambda: file.read(_BLOCK), b""), (reject.row for reject in rejects))
        for reject in rejects:
            yield reject._replace(row=numbers[reject.row])


def _by_table(outcome: Outcome, tables: Tables) -> Iterator[Any]:
    # What is unlisted has the line of a list, which may be called as a table is.
    if isinstance(outcome, Reject) and outcome.row and outcome.level != "unlisted":
        name = outcome.annotation
        if name in tables.texts:
            yield TaggedOutput("unnumbered", (name, outcome))
            return
    yield outcome


@dataclass
class NumberRejects(beam.PTransform):
    """Gives rejects of rows the numbers of their lines: reads each text that has such rows once more, to count.

    Attributes:
        tables: that rows come from.
    """

    tables: Tables

    def expand(self, outcomes: PCollection) -> PCollection:
        """One shuffle of those rejects, by file; everything else passes."""
        sort = beam.FlatMap(_by_table, self.tables).with_output_types(Outcome, unnumbered=tuple[str, Reject])
        parted = outcomes | "Find rejected rows" >> sort.with_outputs("unnumbered", main="others")
        numbered = (
            parted.unnumbered
            | "Bring files together" >> beam.GroupByKey()
            | "Count lines" >> beam.ParDo(_Number(self.tables)).with_output_types(Outcome)
        )
        return (parted.others, numbered) | "All outcomes" >> beam.Flatten()
