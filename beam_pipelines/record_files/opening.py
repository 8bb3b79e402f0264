"""Opens record files wherever they lie, and fails in one way if they cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.file_names import is_remote
from beam_pipelines.stores.clients import prepare
from presentation.wording import printable


class UnreadableFileError(OSError):
    """A file that cannot be read, on a disk or in a store of any kind. Its text is a sentence for a person.

    `filename` is its path, `strerror` the reason, and `errno` that of the system, or None.
    """

    def __str__(self) -> str:
        return printable(f"'{self.filename}' cannot be read: {self.strerror}")


class MissingFileError(UnreadableFileError, FileNotFoundError):
    """A file that is not there. Of some stores this is not told."""


class OpenFile:
    """A file that is open for reading, without a buffer on a disk; as a stream and a context manager.

    Raises:
        UnreadableFileError: by this and all methods.
    """

    def __init__(self, path: str):
        self._path = path
        prepare(path)
        with _failing_in_one_way(path):
            self._file: IO[bytes] = (
                FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
                if is_remote(path)
                else open(path, "rb", buffering=0)  # noqa: SIM115 (closed by __exit__)
            )

    def read(self, size: int, /) -> bytes:
        """Returns up to `size` bytes; none at the end."""
        with _failing_in_one_way(self._path):
            return self._file.read(size)

    def seek(self, offset: int) -> None:
        """Goes to a byte, counted from the start."""
        with _failing_in_one_way(self._path):
            self._file.seek(offset)

    def __enter__(self) -> "OpenFile":
        return self

    def __exit__(self, *_: object) -> None:
        with _failing_in_one_way(self._path):
            self._file.close()


@contextmanager
def _failing_in_one_way(path: str) -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        # Stores have exceptions of their own, which have no class in common.
        if not (isinstance(error, OSError) or is_remote(path)):
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        kind = MissingFileError if isinstance(error, FileNotFoundError) else UnreadableFileError
        raise kind(getattr(error, "errno", None), reason, path) from error
