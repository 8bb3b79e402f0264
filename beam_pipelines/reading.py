"""Reads whole small files, fast from a local disk, and from stores perhaps ahead of time."""

import errno
import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future

from beam_pipelines.file_names import is_remote
from beam_pipelines.records import RecordError
from beam_pipelines.stores.clients import read_object
from beam_pipelines.stores.presence import exists

_PASSING = {
    errno.EAGAIN,
    errno.EINTR,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ESTALE,
    errno.ETIMEDOUT,
}


class ReadFailure(Exception):  # noqa: N818 (what failed is the reading, not the program)
    """A file could not be read now; a runner that tries again may succeed."""


class _Ahead(threading.local):
    """What was read, or is being read, of the record that this thread works on: path → content."""

    reads: Mapping[str, Future[bytes]] = {}


_ahead = _Ahead()


def take_from(reads: Mapping[str, Future[bytes]]) -> None:
    """Lets `read_file` take these in this thread, and wait for them, instead of reading them itself."""
    _ahead.reads = reads


def read_file(path: str) -> bytes:
    """Returns the content of a file.

    Raises:
        OSError: if it cannot be read; in a store, whatever its client raises.
    """
    if is_remote(path):
        read = _ahead.reads.get(path)
        return read_object(path) if read is None else read.result()
    # A third of the time of open(): no buffer, no codec. Not blocking, or a named pipe would hang the job.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        size = os.fstat(descriptor).st_size
        content = os.read(descriptor, size)
        while len(content) < size:  # one call reads at most 2 GiB
            more = os.read(descriptor, size - len(content))
            if not more:
                break
            content += more
        return content
    finally:
        os.close(descriptor)


def read_record(path: str, code: str, missing: str = "") -> bytes:
    """Like `read_file`, for a file that may be left out.

    Args:
        path: of the file.
        code: of the reject, if it cannot be read.
        missing: of the reject, if there is no such file; '' for `code`.

    Raises:
        RecordError: if it cannot be read, today or tomorrow; with the system's reason.
        ReadFailure: if another try may succeed: the same input must not give another dataset for that.
    """
    try:
        return read_file(path)
    except Exception as error:
        if missing and _is_missing(path, error):
            raise RecordError(missing, "there is no such file") from None
        if isinstance(error, ValueError) and not is_remote(path):  # a NUL in the path
            raise RecordError(code, f"cannot be read: {error}") from None
        if not isinstance(error, OSError) or is_remote(path) or error.errno in _PASSING:
            raise ReadFailure(f"{path}: {error}") from error
        raise RecordError(code, f"cannot be read: {error.strerror or error}") from None


def _is_missing(path: str, error: Exception) -> bool:
    if isinstance(error, FileNotFoundError) or not is_remote(path):
        return isinstance(error, FileNotFoundError)
    try:
        return not exists(path)
    except Exception:  # the store does not answer: another try may succeed
        return False
