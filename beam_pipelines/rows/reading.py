"""Opens tables through Beam's file systems: their header, and their rows one after the other."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import RecordError, Reject, Row
from beam_pipelines.rows.layout import Layout, LayoutError, RowOptions, find_delimiter, find_layout
from beam_pipelines.rows.parsing import RowParser, decode_line, split_cells
from beam_pipelines.rows.tables import check_types, rows_of_table
from presentation.refusals import UsageError

_PARQUET = b"PAR1"

_LONGEST_LINE = 2**20
"""Bytes."""

_BLOCK = 2**20
"""Bytes that are read at once."""

_SAMPLE = 1024
"""Bytes by which text is told from other files."""

_BATCH = 4096
"""Rows of a Parquet file that are held at once."""

_OTHER_FILES = {
    b"PK\x03\x04": "this is a workbook or another ZIP file: save the table as CSV",
    b"\xd0\xcf\x11\xe0": "this is an Excel workbook: save the table as CSV",
    b"\x1f\x8b": "this is compressed: let its name end in .gz",
    b"\xff\xfe": "this is UTF-16: save it as UTF-8",
    b"\xfe\xff": "this is UTF-16: save it as UTF-8",
}
"""How files begin that are no table in text: what to say."""


def is_parquet(path: str) -> bool:
    """Returns whether a table is Parquet, by its extension or else by its first bytes.

    Raises:
        Exception: whichever its file system does, if it cannot be read.
    """
    if path.lower().endswith((".parquet", ".pq")):
        return True
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        return bool(file.read(len(_PARQUET)) == _PARQUET)


def read_layout(path: str, options: RowOptions) -> Layout:
    """Reads the header of a table and finds what its columns are.

    Raises:
        UsageError: if it cannot be read, or is not a table that can be understood.
    """
    try:
        return _parquet_layout(path, options) if is_parquet(path) else _text_layout(path, options)
    except LayoutError as error:
        raise UsageError(f"--rows '{path}': {error}") from None
    except Exception as error:  # each file system raises its own
        raise UsageError(f"--rows '{path}': {_why(error)}") from None


def read_rows(path: str, source: str, layout: Layout) -> Iterator[Row | Reject]:
    """Yields what every row says, in the file's order; a row that cannot be read is a reject.

    Rows are numbered as people count them: lines from 1, which is the header; of Parquet, rows from 1.

    Args:
        path: to open.
        source: how rows and rejects name the file.
        layout: of this file.

    Raises:
        DatasetError: if the file cannot be read to its end.
    """
    parser = RowParser(layout, source)
    for number, line in _numbered(path, layout):
        try:
            if isinstance(line, list):
                yield parser.parse(line, number)
            elif number > 1 and not line.isspace():
                yield parser.parse(_cells(line, layout.delimiter), number)
        except RecordError as error:
            yield Reject(error.code, "row", source, "", error.message, row=number)


def _text_layout(path: str, options: RowOptions) -> Layout:
    """The layout of a table in text.

    Raises:
        LayoutError: if its first line is no header that can be understood.
    """
    if CompressionTypes.detect_compression_type(path) not in (CompressionTypes.UNCOMPRESSED, CompressionTypes.GZIP):
        raise LayoutError("of compressed files only .gz is read: decompress it, or compress it with gzip")
    with open_text(path) as file:
        head = file.read(_BLOCK)
        while head and b"\n" not in head and len(head) < _LONGEST_LINE:
            more = file.read(_BLOCK)
            if not more:
                break
            head += more
    if not head:
        raise LayoutError("the file is empty")
    for beginning, sentence in _OTHER_FILES.items():
        if head.startswith(beginning):
            raise LayoutError(sentence)
    first, _, _ = head.partition(b"\n")
    if b"\0" in head[:_SAMPLE]:
        raise LayoutError(_OTHER_FILES[b"\xff\xfe"] if _is_utf16(first) else "this is not text: give CSV or Parquet")
    if len(first) >= _LONGEST_LINE:
        raise LayoutError(f"its first line is longer than {_LONGEST_LINE} bytes: it must be a header")
    header, _ = decode_line(first)
    if "\r" in header:
        raise LayoutError("its lines end with CR alone: save it with LF or CRLF")
    delimiter = find_delimiter(header)
    try:
        return find_layout(split_cells(header, delimiter), options, delimiter)
    except RecordError as error:
        raise LayoutError(f"the first line cannot be read: {error.message}") from None


def _parquet_layout(path: str, options: RowOptions) -> Layout:
    """The layout of a Parquet file.

    Raises:
        LayoutError: if its columns cannot be understood, or are of types that cannot be what they are for.
    """
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        schema = pq.read_schema(file)
    layout = find_layout(schema.names, options)
    check_types(schema, layout)
    return layout


def _is_utf16(text: bytes) -> bool:
    """Whether every other byte is NUL, as in plain text of 16 bits a letter."""
    return not any(text[0::2]) or not any(text[1::2])


def _numbered(path: str, layout: Layout) -> Iterator[tuple[int, Any]]:
    """Yields lines as bytes, or the cells of rows of Parquet, each with its number.

    Raises:
        DatasetError: if reading fails.
    """
    with telling_failures(path):
        yield from _parquet_rows(path, layout) if is_parquet(path) else text_lines(path)


@contextmanager
def telling_failures(path: str) -> Iterator[None]:
    """Says which table could not be read, and why.

    Raises:
        DatasetError: instead of whatever was raised.
    """
    try:
        yield
    except Exception as error:  # each file system raises its own
        raise DatasetError(f"--rows '{path}': {_why(error)}") from None


@contextmanager
def open_text(path: str) -> Iterator[Any]:
    """Opens a file, decompressed as its extension says."""
    if CompressionTypes.detect_compression_type(path) != CompressionTypes.GZIP:
        with FileSystems.open(path) as file:
            yield file
        return
    # Not Beam's own: it takes a file that was cut off for a whole one.
    with (
        FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file,
        gzip.GzipFile(fileobj=file) as text,
    ):
        yield text


def text_lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yields the lines of a file with their numbers; of one that is too long the beginning."""
    number = 0
    rest = b""
    with open_text(path) as file:
        while block := file.read(_BLOCK):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()[: _LONGEST_LINE + 1]
            for line in lines:
                number += 1
                yield number, line or b"\n"
    if rest:
        yield number + 1, rest


def _cells(line: bytes, delimiter: str) -> list[str]:
    """The cells of one line.

    Raises:
        RecordError: `row_malformed`.
    """
    if len(line) > _LONGEST_LINE:
        raise RecordError("row_malformed", f"the line is longer than {_LONGEST_LINE} bytes")
    text, _ = decode_line(line)
    return split_cells(text, delimiter)


def _parquet_rows(path: str, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yields the cells of the rows of a Parquet file with their numbers."""
    number = 0
    names = [layout.header[place] for place in layout.places.values()]
    with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        for batch in pq.ParquetFile(file).iter_batches(_BATCH, columns=names):
            for cells in rows_of_table(pa.Table.from_batches([batch]), layout):
                number += 1
                yield number, cells


def _why(error: Exception) -> str:
    """Why a file could not be read, in one line."""
    reason = getattr(error, "strerror", None) or (str(error).splitlines() or [type(error).__name__])[0]
    return f"cannot be read: {reason}"
