"""Reads the files of the next records while one is worked on, where reading is waiting: in stores, not on a disk.

Threads read; nothing else is done in them. Who works on a record calls `read_file` as always, and gets what was read
ahead, or the exception that it ended in: order, results and failures are those of reading one file after the other.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, TypeVar

from beam_pipelines.file_names import is_remote
from beam_pipelines.reading import take_from
from beam_pipelines.stores.clients import CONNECTIONS, read_object

Item = TypeVar("Item")

MOST_BYTES = 2**27
"""Of all files that are read or wait, but for the one record that may be larger."""
_GUESS = 2**21
"""Bytes of a record's files, as long as none has been seen."""


class ReadAhead(Generic[Item]):
    """The records whose files are read, or wait for their turn. A context manager: no thread outlives it.

    Args:
        files: of a record: the paths that will be read for it, as far as they are known. Those that are not remote
            are not read ahead.
        threads: that read.
        most_bytes: of files together.
        read: reads one file.
    """

    def __init__(
        self,
        files: Callable[[Item], Iterable[str]],
        threads: int = CONNECTIONS,
        most_bytes: int = MOST_BYTES,
        read: Callable[[str], bytes] = read_object,
    ):
        self._files, self._read = files, read
        self._most, self._most_bytes = 2 * threads, most_bytes
        self._pool = ThreadPoolExecutor(threads, "read-ahead")
        self._waiting: deque[tuple[Item, dict[str, Future[bytes]], int]] = deque()
        self._bytes = 0
        self._largest = 0

    def add(self, item: Item, size: int | None = None) -> Iterator[Item]:
        """Begins to read for one more record. Yields those before it whose turn has come, in order.

        While a record is out, and no longer, its files are those that `read_file` gives to this thread.

        Args:
            item: the record.
            size: bytes of its files; None if nobody knows: they are taken for as large as the largest so far.
        """
        size = size if size is not None else self._largest or _GUESS
        while self._waiting and (len(self._waiting) >= self._most or self._bytes + size > self._most_bytes):
            yield from self._first()
        reads = {path: self._pool.submit(self._read, path) for path in self._files(item) if is_remote(path)}
        self._waiting.append((item, reads, size))
        self._bytes += size
        while self._waiting and all(read.done() for read in self._waiting[0][1].values()):
            yield from self._first()

    def rest(self) -> Iterator[Item]:
        """Yields the records that are left."""
        while self._waiting:
            yield from self._first()

    def over(self, items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[Item]:
        """Yields records that are known beforehand, as `add` and `rest` do."""
        for item in items:
            yield from self.add(item, size(item))
        yield from self.rest()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Closes if the block fails, and only then: who goes on in another call closes later."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives up what was not read yet, and waits for the threads."""
        take_from({})
        self._waiting.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> "ReadAhead[Item]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _first(self) -> Iterator[Item]:
        item, reads, size = self._waiting.popleft()
        take_from(reads)
        try:
            yield item
        finally:
            take_from({})
        self._bytes -= size
        found = sum(len(read.result()) for read in reads.values() if read.done() and not read.exception())
        self._largest = max(self._largest, found)
