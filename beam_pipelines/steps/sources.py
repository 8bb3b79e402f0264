"""What a step reads: annotation files and tables, one after the other, in an order that no file system decides."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from beam_pipelines.reading import ReadFailure, read_record
from beam_pipelines.records import Annotation, RecordError, Reject
from beam_pipelines.voc_xml import parse_voc


class Table(NamedTuple):
    """A file of rows."""

    path: str
    """To open it."""
    source: str
    """Path below the folder that holds all tables; names it in rejects."""


def read_annotations(files: FileSet) -> Iterator[tuple[str, int, Annotation | Reject]]:
    """Yields (name, `above` as in `FileSet.names`, what the file says) of every annotation file, sorted by name.

    Raises:
        DatasetError: if a file cannot be read now, but perhaps later.
    """
    for name, above in sorted(files.names()):
        try:
            yield name, above, _read_annotation(files, name)
        except RecordError as error:
            yield name, above, Reject(error.code, "image", _printable(name), "", error.message)
        except ReadFailure as error:
            raise DatasetError(f"{error}: run the same command again") from None


def find_tables(patterns: Sequence[str]) -> list[Table]:
    """Returns the files of --rows in the order of the patterns, those of one pattern by name; none twice.

    Raises:
        UsageError: if a pattern matches nothing.
    """
    together = FileSet.of("rows", patterns)
    together.check()
    start = len(together.base.rstrip("/")) + 1
    found: dict[str, Table] = {}
    for pattern in patterns:
        files = FileSet.of("rows", [pattern])
        for name, _ in sorted(files.names()):
            path = files.path(name)
            found.setdefault(path, Table(path, path[start:]))
    return list(found.values())


def _read_annotation(files: FileSet, name: str) -> Annotation:
    if _printable(name) != name:
        raise RecordError("name_not_utf8", f"the name of '{_printable(name)}' is not valid UTF-8")
    return parse_voc(read_record(files.path(name), "annotation_unreadable"))


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
