"""Checks one file of records from its first byte to its last, and goes on behind whatever is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from beam_pipelines.file_names import is_remote
from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.record_files.reading import RecordReader
from beam_pipelines.verification import readers
from beam_pipelines.verification.examples import Rules
from beam_pipelines.verification.findings import Finding, severity_of
from beam_pipelines.verification.records import RecordCheck
from beam_pipelines.verification.repeats import Marks
from beam_pipelines.verification.tally import Tally
from presentation.wording import counted


@dataclass(frozen=True)
class Task:
    """One file that is to be checked."""

    file: RecordFile
    index: int
    """From 0, in the order of all files."""
    number: int = 0
    """From 0, of the shard in its split."""
    total: int = 1
    """Shards of its split."""


def check_file(
    task: Task, rules: Rules, shards: Mapping[tuple[int, str], str], on_record: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, bytes] | Tally]:
    """Yields parcels of `repeats.Marks`, and at last what was found.

    Args:
        task: which file.
        rules: what its examples are measured by.
        shards: (bytes, crc32c) of each shard of the dataset → its name.
        on_record: called after each record.
    """
    check = _FileCheck(task, rules)
    reader = RecordReader(task.file.path)
    frames = reader.frames()
    failure: Exception | None = None
    while True:
        try:
            frame = next(frames, None)
        except Exception as error:
            if not (isinstance(error, OSError) or is_remote(task.file.path)):
                raise
            failure = error
            break
        if frame is None:
            break
        check.take(frame)
        on_record()
        if check.marks.is_full:
            yield from check.marks.take()
    if failure is not None:
        check.unreadable(failure)
    else:
        check.finish(reader, shards)
    yield from check.marks.take()
    yield check.tally


class _FileCheck:
    """What is known of a file while it is read."""

    def __init__(self, task: Task, rules: Rules):
        self._file, self._rules = task.file, rules
        self.tally = Tally(rules.most_names)
        self._contents = self.tally.split(task.file.split)
        self.marks = Marks(task.index)
        self._records = RecordCheck(task.file, (task.number, task.total), rules, self.tally, self.marks)
        self._frames = 0
        self._damaged: list[Frame] = []

    def _find(self, code: str, record: int, message: str) -> None:
        severity = severity_of(code, of_dataset=self._rules.of_dataset)
        self.tally.findings.add(Finding(code, severity, self._file.name, record, message))

    def take(self, frame: Frame) -> None:
        """Checks one record."""
        self._frames += 1
        if frame.code:
            self._damaged.append(frame)
            return
        for code, message in self._records.problems(frame.number, frame.data):
            self._find(code, frame.number, message)

    def unreadable(self, error: Exception) -> None:
        """Ends with a file that could not be read to its end."""
        missing = isinstance(error, FileNotFoundError)
        reason = getattr(error, "strerror", None) or error
        message = "there is no such file" if missing else f"it cannot be read: {reason}"
        self._contents.damaged = True
        if self._frames:
            self._contents.files += 1
            message += f", after {counted(self._frames, 'record')}"
        self._find("file_missing" if missing else "file_unreadable", -1, message)
        self._tell_damaged("")

    def finish(self, reader: RecordReader, shards: Mapping[tuple[int, str], str]) -> None:
        """Judges the file as a whole, once it was read to its end."""
        self._contents.files += 1
        self._contents.bytes += reader.bytes
        expected = self._file.expected
        if expected is None:
            self._tell_damaged("")
            self._remark_file(reader)
            return
        whole = self._frames - len(self._damaged)
        count = "none" if not whole else f"{whole:,}"
        if self._damaged:
            verb = "is" if whole == 1 else "are"
            self._tell_damaged(f"; {count} of the file's {expected.examples:,} records {verb} whole")
        if reader.compression:
            self._contents.damaged = True
            self._find("file_compressed", -1, f"it is compressed by {reader.compression}")
        elif not self._damaged:
            self._compare(reader, shards)

    def _tell_damaged(self, sum_up: str) -> None:
        """Tells of damaged records; what is left of the file is told with the last that loses others."""
        self._contents.damaged |= bool(self._damaged)
        *_, last = [i for i, frame in enumerate(self._damaged) if frame.code != "record_corrupt"] or [-1]
        for i, frame in enumerate(self._damaged):
            self._find(frame.code, frame.number, frame.message + (sum_up if i == last else ""))
            for name in readers.READERS if not self._rules.of_dataset else ():
                self.tally.remark(name, readers.NO, "the file is damaged", self._file.name, frame.number)

    def _remark_file(self, reader: RecordReader) -> None:
        """Says of files of others what readers want of a file as a whole."""
        if not self._frames:
            self._find("file_empty", -1, "it holds no record")
        if reader.compression:
            why = f"the file is compressed by {reader.compression}"
            for name in readers.READERS:
                self.tally.remark(name, readers.NO, why, self._file.name, -1)

    def _compare(self, reader: RecordReader, shards: Mapping[tuple[int, str], str]) -> None:
        """Compares a file of whole records with what the manifest says of it."""
        expected = self._file.expected
        assert expected is not None
        if (reader.bytes, reader.crc32c) == (expected.bytes, expected.crc32c):
            if self._frames != expected.examples:
                self._contents.damaged = True
                message = f"it holds {counted(self._frames, 'record')}, and the manifest says {expected.examples:,}"
                self._find("manifest_differs", -1, message)
            return
        self._contents.damaged = True
        if not self._frames:
            self._find("file_empty", -1, f"it is empty, and the manifest says {counted(expected.examples, 'record')}")
            return
        other = shards.get((reader.bytes, reader.crc32c))
        if other is not None:
            self._find("file_misplaced", -1, f"its content is that of {other}")
        else:
            self._find("file_differs", -1, _difference(self._frames, reader, expected.examples, expected.bytes))
        findings = self.tally.findings
        if other is not None or 2 * findings.count(self._file.name, "shard_wrong") > self._frames:
            findings.discard(self._file.name, "shard_wrong")  # no news of a file that is another


def _difference(count: int, reader: RecordReader, examples: int, size: int) -> str:
    records, guess = counted(count, "record"), "; is it a shard of another run?"
    if count != examples:
        return f"it holds {records}, all whole, and the manifest says {examples:,}{guess}"
    if reader.bytes != size:
        return f"it holds {records} in {reader.bytes:,} bytes, all whole, and the manifest says {size:,}{guess}"
    return f"its {records} are whole, but its checksum {reader.crc32c} is not that of the manifest{guess}"


def tasks_of(files: tuple[RecordFile, ...]) -> list[Task]:
    """Returns what is to be done for the files of a dataset or of others, in their order."""
    totals = Counter(file.split for file in files)
    seen: Counter[str] = Counter()
    tasks = []
    for index, file in enumerate(files):
        tasks.append(Task(file, index, seen[file.split], totals[file.split]))
        seen[file.split] += 1
    return tasks
