"""Files that are there whole or not at all: written beside their place, and renamed when all of them are finished."""

import errno
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from data_contract.manifest import MANIFEST_NAME
from presentation.refusals import UsageError


@contextmanager
def written_whole(
    paths: Sequence[str], overwrite: bool, inputs: Iterable[FileSet] = (), flag: str = "--output"
) -> Iterator[Callable[[str], BinaryIO]]:
    """Gives a function that opens one of `paths` for writing; the files take their names when the block ends well.

    Those that were not opened are deleted then if they are there: they would tell of an earlier run. Where there are
    several, the last goes first and comes last, so that files of two runs never look like those of one.

    Args:
        paths: of the files.
        overwrite: whether files that are there are replaced.
        inputs: what is read meanwhile, and stays.
        flag: that named them, for messages.

    Raises:
        UsageError: if one of them is an input, exists and `overwrite` is not set, or cannot be written.
    """
    refuse_inputs(paths, inputs, flag)
    for path in reversed(paths):  # the last is what a person asked for
        refuse_place(path, overwrite, flag)
    parts: dict[str, BinaryIO] = {}
    folders: list[str] = []

    def create(path: str) -> BinaryIO:
        if path not in paths or path in parts:
            raise ValueError(f"'{path}' is not to be written, or is being written")
        try:
            folders.extend(_make_folders(os.path.dirname(os.path.abspath(path))))
            parts[path] = open(f"{path}.{uuid.uuid4().hex}.part", "xb")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise UsageError(f"{flag}: cannot write to '{path}': {error.strerror}") from None
        return parts[path]

    try:
        yield create
        for file in parts.values():
            file.close()
        _place(paths, parts)
    finally:
        for file in parts.values():
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                os.unlink(file.name)
        for folder in reversed(folders):
            with suppress(OSError):  # what was written lies in it, or something else
                os.rmdir(folder)


def refuse_inputs(paths: Iterable[str], inputs: Iterable[FileSet], flag: str = "--output") -> None:
    """Refuses to write to files that are read.

    Raises:
        UsageError: naming the file and the flag that reads it.
    """
    there = {os.path.realpath(path): path for path in paths if is_remote(path) or os.path.isfile(path)}
    if not there:
        return  # nothing to lose, and inputs may take long to list
    for files in inputs:
        for name, _ in files.names():
            path = there.get(os.path.realpath(files.path(name)))
            if path is not None:
                raise UsageError(f"{flag} would replace '{path}', which --{files.kind} reads: give another place")


def refuse_place(path: str, overwrite: bool, flag: str = "--output") -> None:
    """Refuses a place where no file can be, or where one is that stays.

    Raises:
        UsageError: naming the place, and what to do.
    """
    if is_remote(path):
        raise UsageError(f"{flag} '{path}' is not on a disk of this machine: give a file here, and copy it")
    if os.path.isdir(path) or path.endswith("/"):
        raise UsageError(f"{flag} '{path}' is a folder: give a file")
    if os.path.exists(os.path.join(os.path.dirname(path), MANIFEST_NAME)):
        raise UsageError(f"{flag} '{path}' lies in the folder of a dataset, which is for its own files: give another")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{flag}: '{path}' exists: give another place, or replace it with --overwrite")


def _make_folders(path: str) -> list[str]:
    """Makes a folder and those above it. Returns the new ones, the highest first."""
    new: list[str] = []
    above = path
    while not os.path.isdir(above) and above != os.path.dirname(above):
        if os.path.lexists(above):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), above)
        new.insert(0, above)
        above = os.path.dirname(above)
    os.makedirs(path, exist_ok=True)
    return new


def _place(paths: Sequence[str], parts: dict[str, BinaryIO]) -> None:
    if len(parts) > 1:
        _remove(paths[-1])
    for path in paths:
        if path in parts:
            os.replace(parts[path].name, path)
        else:
            _remove(path)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
