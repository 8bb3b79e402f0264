"""Checks the records of one file, one after the other, and counts what is in them."""

import hashlib

from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.record_files.views import parse_features
from beam_pipelines.records import RecordError, shard_number
from beam_pipelines.verification import readers
from beam_pipelines.verification.examples import Features, Problem, Rules, check_example, only, values
from beam_pipelines.verification.findings import quoted
from beam_pipelines.verification.picture_checks import check_picture
from beam_pipelines.verification.repeats import NO_ID, Marks
from beam_pipelines.verification.tally import MOST_PAIRS, OTHER_NAMES, Tally, count_names
from data_contract import features as keys

_NO_COUNTS = ("record_not_an_example", "feature_dtype", "lists_unequal", "feature_missing", "unexpected")
"""What leaves boxes uncounted."""
_LONGEST_NAME = 200
"""Characters of a class's name that are kept, where no label map has it."""


class RecordCheck:
    """What is known of a file's records while they are read.

    Args:
        file: that they stand in.
        shard: its number in its split, from 0, and how many shards the split has.
        rules: what examples are measured by.
        tally: counts what is in them.
        marks: takes note of what may stand in other records too.
    """

    def __init__(self, file: RecordFile, shard: tuple[int, int], rules: Rules, tally: Tally, marks: Marks):
        self._file, self._shard, self._rules = file, shard, rules
        self._tally, self._marks = tally, marks
        self._contents = tally.split(file.split)
        self._last_id = -1

    def problems(self, record: int, data: bytes) -> list[Problem]:
        """Returns what is wrong with a whole record, and counts what is in it.

        Args:
            record: from 0.
            data: its bytes.
        """
        try:
            problems = self._judge(record, data)
        except MemoryError:
            raise
        except Exception as error:
            problems = [("unexpected", f"{type(error).__name__}: {error}")]
        self._contents.damaged |= any(code in _NO_COUNTS for code, _ in problems)
        return problems

    def _judge(self, record: int, data: bytes) -> list[Problem]:
        try:
            features = parse_features(data)
        except RecordError as error:
            for reader in () if self._rules.of_dataset else readers.READERS:
                self._tally.remark(reader, readers.NO, error.message, self._file.name, record)
            return [(error.code, error.message)]
        problems = check_example(features, self._rules)
        picture = check_picture(features, self._rules)
        problems += picture.problems
        number = self._number(features, problems)
        if picture.digest:
            self._marks.add(record, picture.digest, number)
        self._count(features)
        if not self._rules.of_dataset:
            self._note_classes(features, record)
            for remark in readers.judge(features, picture.format):
                self._tally.remark(*remark, self._file.name, record)
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
            problems.append(("source_id_invalid", f"{keys.IMAGE_SOURCE_ID} is {quoted(stated)}"))
            return NO_ID
        if number < self._last_id:
            problems.append(("source_id_unsorted", f"source_id {number} comes after {self._last_id}"))
        self._last_id = number
        due, (place, total) = shard_number(number, self._shard[1]), self._shard
        if due != place:
            problems.append(("shard_wrong", f"source_id {number} belongs to shard {due} of {total}"))
        return number

    def _count(self, features: Features) -> None:
        contents, names, most = self._contents, self._rules.class_names, self._rules.most_names
        contents.records += 1
        objects = len(values(features, keys.BOX_XMIN, "float"))
        labels = values(features, keys.CLASS_LABEL, "int64")
        texts = values(features, keys.CLASS_TEXT, "bytes")
        count_names(
            contents.boxes,
            map(self._name_of, texts[:objects])
            if texts
            else [names.get(label, f"class {label}") for label in labels[:objects]],
            most,
        )
        whole = set(map(self._name_of, values(features, keys.IMAGE_CLASS_TEXT, "bytes")))
        count_names(contents.labels, whole, most)
        contents.negatives += not (objects or whole)

    def _name_of(self, text: bytes) -> str:
        """Returns the name under which a class is counted."""
        known = self._rules.known.get(text)
        if known is not None:
            return known
        if self._rules.of_dataset:
            return OTHER_NAMES
        # A character has up to four bytes.
        name = text[: 4 * (_LONGEST_NAME + 1)].decode("utf-8", "replace")
        return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"

    def _note_classes(self, features: Features, record: int) -> None:
        """Notes where each name and id of a class are first seen together."""
        labels, texts = values(features, keys.CLASS_LABEL, "int64"), values(features, keys.CLASS_TEXT, "bytes")
        classes = self._tally.classes
        if len(texts) == len(labels) and len(classes) < MOST_PAIRS:
            for pair in zip(map(self._name_of, texts), labels, strict=True):
                if len(classes) < MOST_PAIRS:
                    classes.setdefault(pair, (self._file.name, record))
