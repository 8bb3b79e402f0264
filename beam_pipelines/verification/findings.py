"""What can be found wrong, how serious that is, and what its owner can do about it."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from presentation.wording import printable

FINDINGS = {
    # the folder of a dataset
    "manifest_unusable": "Copy manifest.json again from where the dataset came from, or build the dataset again.",
    "manifest_differs": "The manifest counts otherwise than its files: build the dataset again.",
    "label_map_missing": "Copy the label map again, or build the dataset again.",
    "label_map_differs": "The label map was changed after the build: copy it again, or build with --label_map.",
    "rejects_missing": "Copy the file of rejects again; training does not need it.",
    "rejects_differ": "The file of rejects was changed: copy it again; training does not need it.",
    "reject_invalid": "A line of the rejects is no JSON object with a code, as text: build the dataset again.",
    "unnamed_record_file": "The manifest does not name it, but whoever globs the folder reads it: move it away.",
    "unnamed_file": "The manifest does not name it, and no reader opens it: move it away if nobody needs it.",
    "unfinished_run": "Left by a run of `shardbox build` that did not end: delete it if none is at work.",
    # files
    "file_missing": "Copy the file again; without it the dataset is incomplete.",
    "file_unreadable": "Check the permissions of the file and the disk, then verify again.",
    "file_empty": "The file holds nothing: copy it again, or leave it out.",
    "file_truncated": "The file is cut off: copy it again from its source.",
    "file_compressed": "Readers of a dataset take files as they are: decompress it.",
    "file_differs": "Its records are whole, but others than the manifest says: copy the file again.",
    "file_misplaced": "Another shard lies under its name: give both back their names.",
    "not_tfrecord": "No TFRecord file: move it away, or copy it again from its source.",
    "record_corrupt": "Bytes of the record were changed: copy the file again, and check the disk and the memory.",
    "record_length_corrupt": "Bytes between records were changed: copy the file again, and check the disk.",
    # examples
    "record_not_an_example": "Its writer did not write tf.train.Example messages: ask for the format.",
    "not_a_detection_example": "It holds no picture under image/encoded: another task's records, or other keys.",
    "feature_missing": "Its writer left out what the manifest lists: build the dataset again.",
    "feature_unlisted": "The manifest does not list the feature: readers pass over it.",
    "feature_dtype": "Readers stop at a feature of another type: mend the program that wrote it.",
    "feature_count": "Readers stop where one value is due and there are none or several: mend the writer.",
    "lists_unequal": "Each object needs one value under each key: mend the program that wrote it.",
    "boxes_unsorted": "Objects are sorted by class name, xmin, ymin, xmax and ymax: build the dataset again.",
    "labels_unsorted": "Classes of the whole image are sorted by name, each once: build the dataset again.",
    # classes
    "class_unknown": "The label map has no such id: take the label map that belongs to the records.",
    "class_text_differs": "Readers of ids and readers of names see different classes: write both from one label map.",
    "class_not_positive": "Ids start from 1, and 0 is the background: readers drop or confuse the object.",
    "classes_disagree": "The records were written with different label maps: write them again with one.",
    # boxes
    "box_not_finite": "A coordinate is not a finite number, and a loss would not be either: mend the writer.",
    "box_reversed": "A minimum is larger than its maximum: mend the annotation.",
    "box_empty": "The box has no width or no height: mend the annotation.",
    "box_overshoots": "The box reaches over the edge of the picture: clip it to 0..1.",
    "box_outside": "The box lies outside the picture, or is in pixels: divide by width and height.",
    "flag_invalid": "difficult, truncated and is_crowd are 0 or 1: mend the writer.",
    "area_invalid": "An area is a finite number above 0, in square pixels: mend the writer.",
    # pictures
    "image_empty": "The record holds no bytes of the picture: write it again.",
    "image_not_an_image": "image/encoded holds no picture: write the bytes of the image file there.",
    "image_truncated": "The picture was cut off before the record was written: write it again from its source.",
    "image_corrupt": "The picture was damaged before the record was written: write it again from its source.",
    "image_too_large": "TensorFlow decodes less than 2**29 values: scale the picture and its boxes down.",
    "image_unsupported": "Readers cannot decode this kind of picture: save it as 8-bit JPEG or PNG.",
    "image_not_portable": "Readers decode this kind of picture differently: save it as 8-bit RGB JPEG or PNG.",
    "image_rotated": "Readers pass over the EXIF rotation: turn the pixels, and check the boxes.",
    "image_size_differs": "Readers that trust width and height misplace the boxes: mend the writer.",
    "image_format_differs": "Readers that trust image/format fail: state what the bytes are.",
    "sha256_differs": "The picture was exchanged after its SHA-256 was taken: write it again from its source.",
    "mask_unreadable": "A mask is a PNG with one channel of 8 bits: write it again.",
    "mask_size_differs": "The mask has not the size of the picture: write it again.",
    "mask_values": "A mask holds 1 where its object is, and else 0: write it again.",
    # identity
    "source_id_invalid": "image/source_id is a decimal number below 2**63, as text: mend the writer.",
    "source_id_repeated": "Evaluations count examples of one source_id once: give each its own.",
    "source_id_unsorted": "Shards are sorted by source_id: build the dataset again.",
    "shard_wrong": "Files of two runs were mixed, or a writer put the record there: build the dataset again.",
    "split_leak": "What is measured on a picture that was trained on says nothing: take it out of one side.",
    # whatever else
    "unexpected": "A fault of Shardbox that this record brought out: please report it with the file.",
}
"""Code of a finding: what to do about it."""

_WARNINGS = frozenset({"unnamed_file", "unfinished_run", "feature_unlisted"})
_WARNINGS_OF_OTHERS = frozenset(
    {
        *("class_unknown", "class_text_differs", "class_not_positive", "classes_disagree"),
        *("box_overshoots", "flag_invalid", "area_invalid"),
        *("image_not_portable", "image_rotated", "image_format_differs", "sha256_differs"),
        *("source_id_repeated", "split_leak", "file_empty"),
    }
)
"""What a dataset promises, and files of other programs do not."""

_LONGEST_QUOTE = 80
_LONGEST_MESSAGE = 1000

_KEPT = 20
"""Places of one code in one file that are told."""


class Finding(NamedTuple):
    """Something that is wrong."""

    code: str
    """One of `FINDINGS`."""
    severity: str
    """'error' or 'warning'."""
    file: str
    """Its name in the dataset, or as in `RecordFile.name`."""
    record: int
    """From 0; -1 for the file as a whole."""
    message: str
    """What was found, with the value quoted."""


def severity_of(code: str, *, of_dataset: bool) -> str:
    """Returns 'error' or 'warning'."""
    return "warning" if code in _WARNINGS or (code in _WARNINGS_OF_OTHERS and not of_dataset) else "error"


def quoted(value: str | bytes) -> str:
    """Returns a value of a file as messages quote it: short, and without control characters.

    >>> quoted(b"cat")
    "'cat'"
    """
    # A character has up to four bytes.
    text = value[: 4 * (_LONGEST_QUOTE + 1)].decode("utf-8", "replace") if isinstance(value, bytes) else value
    text = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
    return f"'{printable(text)}'"


class Findings:
    """Findings of a part of the files, in bounded memory: they can be merged in any order."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[int, list[tuple[int, str]]]] = {}
        """(file, code, severity) → how many, and the first of them by their records."""

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, finding: Finding, times: int = 1) -> None:
        """Takes one in, which stands for so many."""
        code, severity, file, record, message = finding
        self._add((file, code, severity), times, ((record, printable(message[:_LONGEST_MESSAGE])),))

    def merge(self, other: "Findings") -> None:
        """Takes in those of another part."""
        for key, (count, places) in other._found.items():
            self._add(key, count, places)

    def _add(self, key: tuple[str, str, str], count: int, places: Iterable[tuple[int, str]]) -> None:
        before, kept = self._found.get(key, (0, []))
        for place in places:
            if len(kept) < _KEPT or place < kept[-1]:
                insort(kept, place)
        del kept[_KEPT:]
        self._found[key] = (before + count, kept)

    def discard(self, file: str, code: str) -> None:
        """Forgets those of one code in one file."""
        for key in [key for key in self._found if key[:2] == (file, code)]:
            del self._found[key]

    def count(self, file: str, code: str) -> int:
        """Returns how many there are of one code in one file."""
        return sum(count for key, (count, _) in self._found.items() if key[:2] == (file, code))

    def counts(self) -> dict[tuple[str, str], int]:
        """Returns how many there are of each (code, severity), sorted."""
        counts: dict[tuple[str, str], int] = {}
        for (_, code, severity), (count, _) in sorted(self._found.items()):
            counts[code, severity] = counts.get((code, severity), 0) + count
        return dict(sorted(counts.items()))

    def in_order(self, order: Mapping[str, int]) -> list[Finding]:
        """Returns those that were kept, by file, record and code.

        Args:
            order: name of a file → its place; those without one come first, by name.
        """
        return sorted(self, key=lambda one: (order.get(one.file, -1), one.file, one.record, one.code, *one))

    def __iter__(self) -> Iterator[Finding]:
        for (file, code, severity), (_, places) in self._found.items():
            for record, message in places:
                yield Finding(code, severity, file, record, message)

    def as_json(self) -> list[Any]:
        """Returns all that is in it as plain JSON."""
        return [[*key, count, places] for key, (count, places) in sorted(self._found.items())]

    @classmethod
    def from_json(cls, content: Iterable[Any]) -> "Findings":
        """The reverse of `as_json`."""
        findings = cls()
        for file, code, severity, count, places in content:
            findings._found[file, code, severity] = (count, [(record, message) for record, message in places])
        return findings
