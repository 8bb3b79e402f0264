"""Lays tables from memory where the job reads them: Parquet files in a temporary folder."""

import os
import posixpath
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

import pyarrow
import pyarrow.compute
import pyarrow.parquet
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.file_names import is_remote
from beam_pipelines.running import choose_runner
from beam_pipelines.shared_folder import shared_folder
from presentation.refusals import UsageError

_NEED = "frames in memory on a remote runner need --temp_location, a folder where its workers can read them"
_ROWS_AT_ONCE = 50_000
"""Of one row group, which is what one worker reads of a Parquet file."""


def staging_folder(beam: Sequence[str]) -> AbstractContextManager[str]:
    """Returns a temporary folder that the workers of a run can read: on this machine, or below --temp_location.

    Args:
        beam: flags for Beam.

    Raises:
        UsageError: if workers are elsewhere and no --temp_location is given.
    """
    return shared_folder(choose_runner(beam, None), _NEED)


def write_parquet(table: pyarrow.Table, path: str) -> None:
    """Writes a table in parts that several workers can share."""
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        pyarrow.parquet.write_table(
            table, file, row_group_size=_ROWS_AT_ONCE, compression="zstd", compression_level=1, store_schema=False
        )


def place_images(tables: Sequence[pyarrow.Table]) -> tuple[str, list[pyarrow.Table]]:
    """Returns the deepest folder that holds all images, and the tables with paths below it.

    Args:
        tables: the column 'image' holds paths, absolute or relative to the working folder.

    Raises:
        UsageError: if there is no such folder.
    """
    columns = [_Paths(table.column("image")) for table in tables]
    folders = {parent: _absolute(parent) for paths in columns for parent in paths.parents_with_images()}
    base = _common(sorted(set(folders.values())))
    start = len(base.rstrip("/")) + 1
    below = {parent: f"{folder[start:]}/" if folder[start:] else "" for parent, folder in folders.items()}
    return base, [
        table.set_column(table.column_names.index("image"), "image", paths.moved(below))
        for table, paths in zip(tables, columns, strict=True)
    ]


class _Paths:
    """A column of paths, taken apart: the many rows of one image, and the many images of one folder, are done once."""

    def __init__(self, column: pyarrow.ChunkedArray):
        compute = pyarrow.compute
        texts = compute.replace_substring(compute.utf8_trim_whitespace(column), "\\", "/")
        rows = compute.utf8_rtrim(texts, "/").combine_chunks().dictionary_encode()
        self._rows = rows.indices
        self._names = compute.replace_substring_regex(rows.dictionary, "(?s)^.*/", "")
        self._parents = compute.replace_substring_regex(rows.dictionary, "[^/]*$", "").dictionary_encode()

    def parents_with_images(self) -> list[str]:
        """Returns each folder that holds an image, as it is written."""
        numbers = self._parents.indices.filter(pyarrow.compute.not_equal(self._names, "")).unique()
        return [str(parent) for parent in self._parents.dictionary.take(numbers).to_pylist()]

    def moved(self, below: dict[str, str]) -> pyarrow.DictionaryArray:
        """Returns the column with other folders; one without the name of an image is empty."""
        prefixes = [below.get(parent) for parent in self._parents.dictionary.to_pylist()]
        folders = pyarrow.array(prefixes, pyarrow.string()).take(self._parents.indices)
        paths = pyarrow.compute.binary_join_element_wise(folders, self._names, "")
        has_name = pyarrow.compute.not_equal(self._names, "")
        return pyarrow.DictionaryArray.from_arrays(self._rows, pyarrow.compute.if_else(has_name, paths, None))


def _absolute(folder: str) -> str:
    if not is_remote(folder):
        return os.path.abspath(folder).replace(os.sep, "/")
    scheme, _, path = folder.partition("://")
    return f"{scheme}://{posixpath.normpath(path)}"


def _common(folders: Sequence[str]) -> str:
    if not folders:
        return os.getcwd()
    roots = {re.match(r"(\w[\w.+-]*://[^/]*)?", folder)[0]: folder for folder in folders}  # type: ignore[index]
    if len(roots) > 1:
        one, other, *_ = roots.values()
        raise UsageError(f"images in '{one}' and in '{other}' have no folder in common: copy them to one place")
    (root,) = roots
    return root + posixpath.commonpath([folder[len(root) :] or "/" for folder in folders])
