"""Where exports go: a folder or a file is there whole or not at all, and replaces nothing but another export."""

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from presentation.refusals import UsageError
from trainer.export.description import DescriptionError, read_description
from trainer.export.files import ExportFolder


def check_folder(path: str, flag: str, kind: ExportFolder, overwrite: bool) -> None:
    """Refuses a folder that an export cannot become.

    Args:
        path: where it is to be.
        flag: that named it, for messages.
        kind: what an export of this form holds.
        overwrite: whether another export may be replaced.

    Raises:
        UsageError: it is no place for a folder, or it is there and holds anything but an export.
    """
    _check_place(path, flag)
    if not os.path.lexists(path):
        return
    if not os.path.isdir(path):
        raise UsageError(f"{flag} '{path}' is a file: give a folder")
    present = sorted(_files_below(path))
    if not present:
        return
    foreign = [name for name in present if not any(re.fullmatch(pattern, name) for pattern in kind.patterns)]
    if foreign or not _describes(os.path.join(path, kind.description)):
        shown = ", ".join(f"'{name}'" for name in (foreign or present)[:3])
        raise UsageError(
            f"{flag} '{path}' holds what no export of Shardbox wrote ({shown}), and is left as it is: "
            "give another folder"
        )
    if not overwrite:
        raise UsageError(f"{flag} '{path}' holds an export: give another folder, or replace it with --overwrite")


def check_file(path: str, flag: str, ending: str, overwrite: bool) -> None:
    """Refuses a file that an export cannot become.

    Args:
        path: where it is to be.
        flag: that named it, for messages.
        ending: that its name must have.
        overwrite: whether a file that is there may be replaced.

    Raises:
        UsageError: it is no place for a file, its name ends otherwise, or there is one.
    """
    _check_place(path, flag)
    if not path.endswith(ending):
        raise UsageError(f"{flag} '{path}' does not end in {ending}: write {flag} {os.path.splitext(path)[0]}{ending}")
    if os.path.isdir(path):
        raise UsageError(f"{flag} '{path}' is a folder: give a file")
    if os.path.lexists(path) and not overwrite:
        raise UsageError(f"{flag} '{path}' exists: give another file, or replace it with --overwrite")


def _check_place(path: str, flag: str) -> None:
    if "://" in path:
        raise UsageError(f"{flag} '{path}' is not on a disk of this machine: give a place here, and copy it")
    above = os.path.dirname(os.path.abspath(path))
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not os.path.isdir(above):
        raise UsageError(f"{flag} '{path}' cannot be written: '{above}' is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UsageError(f"{flag} '{path}' cannot be written: nothing may be written to '{above}'")


@contextmanager
def placed(path: str) -> Iterator[str]:
    """Gives a path for a new folder or file, which takes its place when the block ends well.

    What was there is replaced; folders above are made. Servers that watch the folder above see no number as the name
    of what is not finished.

    Args:
        path: where it is to be.
    """
    target = os.path.realpath(path)
    above, name = os.path.split(target)
    os.makedirs(above, exist_ok=True)
    mark = uuid.uuid4().hex
    part, old = (os.path.join(above, f".{kind}-{mark}-{name}") for kind in ("part", "old"))
    try:
        yield part
        if os.path.lexists(target):
            os.rename(target, old)
        try:
            os.rename(part, target)
        except OSError:
            with suppress(FileNotFoundError):
                os.rename(old, target)
            raise
    finally:
        for rest in (part, old):
            _remove(rest)


def _remove(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)


def _files_below(folder: str) -> Iterator[str]:
    """Yields the paths of all files and links below a folder, relative to it."""
    for above, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        for name in files + links:
            yield os.path.relpath(os.path.join(above, name), folder).replace(os.sep, "/")


def _describes(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            read_description(file.read())
    except (OSError, DescriptionError):
        return False
    return True
