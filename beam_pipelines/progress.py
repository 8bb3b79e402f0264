"""How far the work is, across threads and processes of one machine.

Beam's local runner tells nothing before it ends. Each worker therefore keeps a count in a small file of a folder that
the command watches. Beam's counters hold the same numbers, for those who watch a remote runner.
"""

import os
import struct
import uuid
from typing import Any

from apache_beam.metrics import Metrics

COUNTERS = "shardbox"
"""Namespace of Beam's counters."""
STAGES = {"examine": "looking at pictures", "write": "writing examples"}
_EVERY = 64  # a file is touched once in so many records: below 0.1 µs a record


class ProgressMark:
    """Counts what one worker has done of one stage.

    Args:
        folder: where the count is kept; None to count nothing.
        stage: one of `STAGES`.
    """

    def __init__(self, folder: str | None, stage: str):
        self._folder = folder
        self._stage = stage
        self._count = 0
        self._file: int | None = None
        self._counter = Metrics.counter(COUNTERS, f"{stage}/pictures")
        self._counted = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_count": 0, "_counted": 0, "_file": None}

    def __del__(self) -> None:
        if self._file is not None:
            os.close(self._file)

    def add(self) -> None:
        """Counts one record."""
        self._count += 1
        if self._count % _EVERY == 0:
            self.flush()

    def flush(self) -> None:
        """Makes the count visible."""
        self._counter.inc(self._count - self._counted)
        self._counted = self._count
        if self._folder is None:
            return
        if self._file is None:
            path = os.path.join(self._folder, f"{self._stage}-{uuid.uuid4().hex}")
            try:
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT)
            except OSError:  # the watcher has gone: the work matters, the bar does not
                self._folder = None
                return
        os.pwrite(self._file, struct.pack("<Q", self._count), 0)


def read_progress(folder: str) -> dict[str, int]:
    """Returns how many records each stage has done so far."""
    counts = dict.fromkeys(STAGES, 0)
    for entry in os.scandir(folder):
        stage = entry.name.partition("-")[0]
        with open(entry.path, "rb") as file:
            content = file.read(8)
        if stage in counts and len(content) == 8:
            counts[stage] += struct.unpack("<Q", content)[0]
    return counts
