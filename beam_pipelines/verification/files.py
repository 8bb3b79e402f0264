"""Checks one file of records from its first byte to its last, and goes on behind whatever is wrong."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from beam_pipelines.listing import is_remote
from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.record_files.reading import RecordReader
from beam_pipelines.record_files.views import parse_features
from beam_pipelines.records import RecordError, shard_number
from beam_pipelines.verification import readers
from beam_pipelines.verification.examples import Features, Problem, Rules, check_example, only, text_of, values
from beam_pipelines.verification.findings import Finding, severity_of
from beam_pipelines.verification.pictures import check_picture
from beam_pipelines.verification.repeats import NO_ID, Marks
from beam_pipelines.verification.report import MOST_PAIRS, Report
from data_contract import features as keys

_NO_COUNTS = ("record_not_an_example", "feature_dtype", "lists_unequal", "feature_missing", "unexpected")
"""What leaves boxes uncounted."""


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
) -> Iterator[tuple[int, bytes] | Report]:
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
    yield check.report


class _FileCheck:
    """What is known of a file while it is read."""

    def __init__(self, task: Task, rules: Rules):
        self._task, self._rules = task, rules
        self._file = task.file
        self.report = Report()
        self._contents = self.report.split(task.file.split)
        self.marks = Marks(task.index)
        self._frames = 0
        self._damaged: list[Frame] = []
        self._last_id = -1

    def _find(self, code: str, record: int, message: str) -> None:
        severity = severity_of(code, of_dataset=self._rules.of_dataset)
        self.report.findings.add(Finding(code, severity, self._file.name, record, message))

    def take(self, frame: Frame) -> None:
        """Checks one record."""
        self._frames += 1
        if frame.code:
            self._damaged.append(frame)
            return
        try:
            problems = self._judge(frame)
        except MemoryError:
            raise
        except Exception as error:
            problems = [("unexpected", f"{type(error).__name__}: {error}")]
        for code, message in problems:
            self._find(code, frame.number, message)
            self._contents.damaged |= code in _NO_COUNTS

    def _judge(self, frame: Frame) -> list[Problem]:
        """Returns what is wrong with a whole record, and counts what is in it."""
        try:
            features = parse_features(frame.data)
        except RecordError as error:
            return [(error.code, error.message)]
        problems = check_example(features, self._rules)
        picture = check_picture(features, self._rules)
        problems += picture.problems
        number = self._number(features, problems)
        if picture.digest:
            self.marks.add(frame.number, picture.digest, number)
        self._count(features, frame.number)
        if not self._rules.of_dataset:
            for remark in readers.judge(features, picture.format):
                self.report.remark(*remark, self._file.name, frame.number)
        return problems

    def _number(self, features: Features, problems: list[Problem]) -> int:
        """Returns what must differ between examples; adds to `problems`."""
        stated = only(features, keys.IMAGE_SOURCE_ID, "bytes")
        if stated is None or not (stated or self._rules.of_dataset):
            return NO_ID
        if not self._rules.of_dataset:
            text = self._file.split.encode("utf-8", "surrogateescape") + b"\0" + stated
            return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1
        number = int(stated) if stated.isdigit() and len(stated) < 20 else NO_ID
        if number >= 2**63:
            problems.append(("source_id_invalid", f"{keys.IMAGE_SOURCE_ID} is '{text_of(stated[:40])}'"))
            return NO_ID
        if number < self._last_id:
            problems.append(("source_id_unsorted", f"source_id {number} comes after {self._last_id}"))
        self._last_id = number
        place = shard_number(number, self._task.total)
        if place != self._task.number:
            problems.append(("shard_wrong", f"source_id {number} belongs to shard {place} of {self._task.total}"))
        return number

    def _count(self, features: Features, record: int) -> None:
        contents, names = self._contents, self._rules.class_names
        contents.records += 1
        objects = len(values(features, keys.BOX_XMIN, "float"))
        labels = values(features, keys.CLASS_LABEL, "int64")
        texts = [text_of(text) for text in values(features, keys.CLASS_TEXT, "bytes")]
        contents.boxes.update(
            texts[:objects] if texts else (names.get(label, f"class {label}") for label in labels[:objects])
        )
        whole = {text_of(text) for text in values(features, keys.IMAGE_CLASS_TEXT, "bytes")}
        contents.labels.update(whole)
        contents.negatives += not (objects or whole)
        if not self._rules.of_dataset and len(texts) == len(labels):
            for pair in zip(texts, labels, strict=True):
                if len(self.report.classes) < MOST_PAIRS:
                    self.report.classes.setdefault(pair, (self._file.name, record))

    def unreadable(self, error: Exception) -> None:
        """Ends with a file that could not be read to its end."""
        missing = isinstance(error, FileNotFoundError)
        reason = getattr(error, "strerror", None) or error
        message = "there is no such file" if missing else f"it cannot be read: {reason}"
        self._contents.damaged = True
        if self._frames:
            self._contents.files += 1
            message += f", after {self._frames:,} records"
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
            self._tell_damaged(f"; {count} of the file's {expected.examples:,} records {_are(whole)} whole")
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
                self.report.remark(name, readers.NO, "the file is damaged", self._file.name, frame.number)

    def _remark_file(self, reader: RecordReader) -> None:
        """Says of files of others what readers want of a file as a whole."""
        if not self._frames:
            self._find("file_empty", -1, "it holds no record")
        if reader.compression:
            why = f"the file is compressed by {reader.compression}"
            for name in readers.READERS:
                self.report.remark(name, readers.NO, why, self._file.name, -1)

    def _compare(self, reader: RecordReader, shards: Mapping[tuple[int, str], str]) -> None:
        """Compares a file of whole records with what the manifest says of it."""
        expected = self._file.expected
        assert expected is not None
        if (reader.bytes, reader.crc32c) == (expected.bytes, expected.crc32c):
            if self._frames != expected.examples:
                self._contents.damaged = True
                message = f"it holds {_records(self._frames)}, and the manifest says {expected.examples:,}"
                self._find("manifest_differs", -1, message)
            return
        self._contents.damaged = True
        if not self._frames:
            self._find("file_empty", -1, f"it is empty, and the manifest says {_records(expected.examples)}")
            return
        other = shards.get((reader.bytes, reader.crc32c))
        if other is not None:
            self._find("file_misplaced", -1, f"its content is that of {other}")
        else:
            self._find("file_differs", -1, _difference(self._frames, reader, expected.examples, expected.bytes))
        findings = self.report.findings
        if other is not None or 2 * findings.count(self._file.name, "shard_wrong") > self._frames:
            findings.discard(self._file.name, "shard_wrong")  # no news of a file that is another


def _difference(count: int, reader: RecordReader, examples: int, size: int) -> str:
    guess = "; is it a shard of another run?"
    if count != examples:
        return f"it holds {_records(count)}, all whole, and the manifest says {examples:,}{guess}"
    if reader.bytes != size:
        return f"it holds {_records(count)} in {reader.bytes:,} bytes, all whole, and the manifest says {size:,}{guess}"
    return f"its {_records(count)} are whole, but its checksum {reader.crc32c} is not that of the manifest{guess}"


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def tasks_of(files: tuple[RecordFile, ...]) -> list[Task]:
    """Returns what is to be done for the files of a dataset or of others, in their order."""
    totals = Counter(file.split for file in files)
    seen: Counter[str] = Counter()
    tasks = []
    for index, file in enumerate(files):
        tasks.append(Task(file, index, seen[file.split], totals[file.split]))
        seen[file.split] += 1
    return tasks
