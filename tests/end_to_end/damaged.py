"""Damage done to a dataset on purpose, and exactly what `shardbox verify` must find of each."""

import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c

from beam_pipelines.record_files.framing import masked_crc
from beam_pipelines.verification.findings import Finding
from data_contract.example_pb2 import Example
from data_contract.manifest import Manifest, read_manifest

from .made_sets import encoded, jpeg, picture
from .shardbox_runs import records, values

ALL = -1


def framed(record: bytes) -> bytes:
    """A record as it stands in a file."""
    head = struct.pack("<Q", len(record))
    return b"".join((head, struct.pack("<I", masked_crc(head)), record, struct.pack("<I", masked_crc(record))))


def write_records(path: Path, content: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(map(framed, content)))


def changed(record: bytes, **lists: object) -> bytes:
    """An example with other values under some keys.

    Args:
        record: the example.
        lists: (type, values) by the key with `__` for `/` and without 'image/'; None removes the key.
    """
    example = Example.FromString(record)
    for name, value in lists.items():
        key = "image/" + name.replace("__", "/")
        example.features.feature.pop(key, None)
        if value is not None:
            dtype, content = value  # type: ignore[misc]
            getattr(example.features.feature[key], f"{dtype}_list").value.extend(content)
    return example.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class Dataset:
    """A dataset that is to be damaged."""

    folder: Path

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.folder)

    def shard(self, split: str, number: int) -> str:
        return self.manifest.splits[split].shards[number].name

    def path(self, name: str) -> Path:
        return self.folder / name

    def records(self, name: str) -> list[bytes]:
        return list(records(self.folder / name))

    def examples(self, name: str) -> list[dict[str, list[Any]]]:
        return [values(record) for record in self.records(name)]

    def ids(self, name: str) -> list[int]:
        return [int(example["image/source_id"][0]) for example in self.examples(name)]

    def damage(self, name: str, at: int, mask: int = 1) -> None:
        """Flips bits of one byte."""
        data = bytearray(self.path(name).read_bytes())
        data[at] ^= mask
        self.path(name).write_bytes(data)

    def cut(self, name: str, size: int) -> None:
        self.path(name).write_bytes(self.path(name).read_bytes()[:size])

    def offset(self, name: str, record: int) -> int:
        """Of the frame of a record."""
        return sum(16 + len(one) for one in self.records(name)[:record])

    def rewrite(self, name: str, content: Sequence[bytes], *, told: bool = True) -> None:
        """Writes another shard; `told`: the manifest says so, as a faulty writer's would."""
        write_records(self.path(name), content)
        if told:
            data = self.path(name).read_bytes()
            told_of = {"examples": len(content), "bytes": len(data), "crc32c": f"{google_crc32c.value(data):08x}"}
            self.edit_shard(name, told_of)

    def edit_shard(self, name: str, fields: Mapping[str, object]) -> None:
        """Changes what the manifest says of a shard, and the sums."""

        def edit(tree: dict[str, Any]) -> None:
            for split in tree["splits"].values():
                for shard in split["shards"]:
                    if shard["name"] == name:
                        shard.update(fields)
                split["images"] = sum(shard["examples"] for shard in split["shards"])
                split["bytes"] = sum(shard["bytes"] for shard in split["shards"])

        self.edit_manifest(edit)

    def edit_manifest(self, edit: Callable[[dict[str, Any]], None]) -> None:
        path = self.folder / "manifest.json"
        tree = json.loads(path.read_text("utf-8"))
        edit(tree)
        path.write_text(json.dumps(tree), "utf-8")

    def change(self, name: str, record: int, *, told: bool = True, **lists: object) -> None:
        """Changes one example of a shard, see `changed`."""
        content = self.records(name)
        content[record] = changed(content[record], **lists)
        self.rewrite(name, content, told=told)


def error(code: str, file: str, record: int, message: str) -> Finding:
    return Finding(code, "error", file, record, message)


def warning(code: str, file: str, record: int, message: str) -> Finding:
    return Finding(code, "warning", file, record, message)


Damage = Callable[[Dataset], list[Finding]]
"""Damages a dataset. Returns what must be found, in its order."""

DAMAGES: dict[str, Damage] = {}
"""By the name of the function, with blanks."""


def _damage(function: Damage) -> Damage:
    DAMAGES[function.__name__.replace("_", " ")] = function
    return function


# files


@_damage
def shard_cut_off_in_a_record(data: Dataset) -> list[Finding]:
    name = data.shard("train", 1)
    size, at = len(data.records(name)[5]), data.offset(name, 5)
    data.cut(name, at + 12 + size - 100)
    lost = f"the file ends 104 bytes before the end of the record of {size:,} bytes"
    return [error("file_truncated", name, 5, f"{lost}; 5 of the file's 8 records are whole")]


@_damage
def shard_cut_off_in_a_header(data: Dataset) -> list[Finding]:
    name = data.shard("train", 1)
    data.cut(name, data.offset(name, 1) + 7)
    message = "the file ends within a record's header, 7 bytes long; 1 of the file's 8 records is whole"
    return [error("file_truncated", name, 1, message)]


@_damage
def shard_cut_off_between_two_records(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    data.cut(name, data.offset(name, 4))
    message = "it holds 4 records, all whole, and the manifest says 7; is it a shard of another run?"
    return [error("file_differs", name, ALL, message)]


@_damage
def shard_emptied(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.cut(name, 0)
    return [error("file_empty", name, ALL, "it is empty, and the manifest says 6 records")]


@_damage
def bit_flipped_in_the_data(data: Dataset) -> list[Finding]:
    name = data.shard("train", 2)
    size = len(data.records(name)[3])
    data.damage(name, data.offset(name, 3) + 500)
    message = f"the {size:,} bytes of the record have another checksum than the one stored with them"
    return [error("record_corrupt", name, 3, message)]


@_damage
def bit_flipped_in_a_length(data: Dataset) -> list[Finding]:
    name = data.shard("train", 2)
    at, size = data.offset(name, 3), len(data.records(name)[3])
    data.damage(name, at + 1)
    message = f"the length of the record at byte {at:,} is damaged; {size + 16:,} bytes up to the next one are lost"
    return [error("record_length_corrupt", name, 3, f"{message}; 7 of the file's 8 records are whole")]


@_damage
def bits_flipped_in_two_records_and_a_third_shard_missing(data: Dataset) -> list[Finding]:
    first, second, third = (data.shard("train", i) for i in range(3))
    sizes = [len(data.records(first)[i]) for i in (0, 4)]
    for record in (0, 4):
        data.damage(first, data.offset(first, record) + 40)
    size = len(data.records(second)[7])
    data.damage(second, data.offset(second, 7) + 40)
    data.path(third).unlink()

    def message(size: int) -> str:
        return f"the {size:,} bytes of the record have another checksum than the one stored with them"

    return [
        error("record_corrupt", first, 0, message(sizes[0])),
        error("record_corrupt", first, 4, message(sizes[1])),
        error("record_corrupt", second, 7, message(size)),
        error("file_missing", third, ALL, "there is no such file"),
    ]


@_damage
def shard_missing(data: Dataset) -> list[Finding]:
    name = data.shard("validation", 0)
    data.path(name).unlink()
    return [error("file_missing", name, ALL, "there is no such file")]


@_damage
def shard_is_a_folder(data: Dataset) -> list[Finding]:
    name = data.shard("validation", 0)
    data.path(name).unlink()
    data.path(name).mkdir()
    return [error("file_unreadable", name, ALL, "it cannot be read: Is a directory")]


@_damage
def shards_swapped(data: Dataset) -> list[Finding]:
    one, other = data.shard("train", 0), data.shard("validation", 1)
    spare = data.path("spare")
    data.path(one).rename(spare)
    data.path(other).rename(data.path(one))
    spare.rename(data.path(other))
    return [
        error("file_misplaced", one, ALL, f"its content is that of {other}"),
        error("file_misplaced", other, ALL, f"its content is that of {one}"),
    ]


@_damage
def shard_compressed(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.path(name).write_bytes(gzip.compress(data.path(name).read_bytes(), mtime=0))
    return [error("file_compressed", name, ALL, "it is compressed by GZIP")]


@_damage
def shard_is_a_text(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.path(name).write_text("<html>404 Not Found</html>")
    message = "none of its 26 bytes begin a TFRecord; none of the file's 6 records are whole"
    return [error("not_tfrecord", name, 0, message)]


# the folder


@_damage
def foreign_record_file(data: Dataset) -> list[Finding]:
    name = "train-00003-of-00004.tfrecord"
    data.path(name).write_bytes(data.path(data.shard("train", 0)).read_bytes())
    return [error("unnamed_record_file", name, ALL, "a record file that the manifest does not name")]


@_damage
def other_foreign_files(data: Dataset) -> list[Finding]:
    temp = f"shardbox-temp-{'0123456789abcdef' * 2}"
    data.path(temp).mkdir()
    data.path("notes.txt").write_text("bought milk")
    data.path("report").mkdir(exist_ok=True)
    return [
        warning("unnamed_file", "notes.txt", ALL, "the manifest does not name it"),
        warning("unfinished_run", temp, ALL, "the folder of a run that did not end"),
    ]


@_damage
def label_map_changed(data: Dataset) -> list[Finding]:
    text = data.path("label_map.pbtxt").read_text("utf-8")
    data.path("label_map.pbtxt").write_text(text.replace("cat", "cow").replace("id: 2", "id: 3"), "utf-8")
    message = "'cat' is missing; 'cow' is not in the manifest; 'dog' has id 3 instead of 2"
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@_damage
def label_map_reformatted(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").write_text("item { id: 1 name: 'cat' } item { id: 2 name: 'dog' }", "utf-8")
    message = "its bytes were changed; its classes are still the same"
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@_damage
def label_map_is_no_label_map(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").write_bytes(b"cat, dog")
    message = (
        'it cannot be read: Line 1, column 1 of the label map cannot be read: Message type "StringIntLabelMap" '
        "has no field named \"cat\". Items are written like item { name: 'cat' id: 1 }"
    )
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@_damage
def label_map_missing(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").unlink()
    return [error("label_map_missing", "label_map.pbtxt", ALL, "there is no such file")]


@_damage
def rejects_cut_off(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.cut(file.name, file.bytes - 10)
    message = f"it holds 0 lines in {file.bytes - 10:,} bytes, and the manifest says 1 in {file.bytes:,}"
    return [error("rejects_differ", file.name, ALL, message)]


@_damage
def rejects_edited(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.damage(file.name, 20)
    crc = google_crc32c.value(data.path(file.name).read_bytes())
    message = f"its checksum is {crc:08x}, and the manifest says {file.crc32c}"
    return [error("rejects_differ", file.name, ALL, message)]


@_damage
def rejects_missing(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.path(file.name).unlink()
    return [error("rejects_missing", file.name, ALL, "there is no such file")]


@_damage
def manifest_missing(data: Dataset) -> list[Finding]:
    data.path("manifest.json").unlink()
    what = "no manifest: the dataset is not finished; wait for `shardbox build`, or run it again"
    return [error("manifest_unusable", "manifest.json", ALL, f"{data.folder}: {what}")]


@_damage
def manifest_cut_off(data: Dataset) -> list[Finding]:
    data.cut("manifest.json", 100)
    said = _said_of_json(data.path("manifest.json"))
    what = f"not JSON ({said}): restore the file or build the dataset again"
    return [error("manifest_unusable", "manifest.json", ALL, f"{data.folder}/manifest.json: {what}")]


def _said_of_json(path: Path) -> str:
    try:
        json.loads(path.read_text("utf-8"))
    except ValueError as error:
        return str(error)
    raise AssertionError(path)


@_damage
def manifest_of_a_wrong_count(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    data.edit_shard(name, {"examples": 8})
    return [error("manifest_differs", name, ALL, "it holds 7 records, and the manifest says 8")]


@_damage
def manifest_of_wrong_contents(data: Dataset) -> list[Finding]:
    boxes = dict(data.manifest.splits["train"].boxes)

    def edit(tree: dict[str, Any]) -> None:
        tree["splits"]["train"].update(boxes={"cat": boxes["cat"] + 1, "dog": boxes["dog"]}, negatives=2)
        tree["splits"]["test"]["labels"] = {"dog": 4}

    data.edit_manifest(edit)
    cats = f"in train, it counts {boxes['cat'] + 1} boxes of 'cat', and there are {boxes['cat']}"
    return [
        error("manifest_differs", "manifest.json", ALL, "in test, it counts 4 images labelled 'dog', and there are 0"),
        error("manifest_differs", "manifest.json", ALL, cats),
        error("manifest_differs", "manifest.json", ALL, "in train, it counts 2 negatives, and there are 0"),
    ]


@_damage
def manifest_of_other_classes(data: Dataset) -> list[Finding]:
    def edit(tree: dict[str, Any]) -> None:
        tree["classes"]["bird"] = 3

    data.edit_manifest(edit)
    message = "its classes are not those of label_map.pbtxt: 'bird' is missing"
    return [error("manifest_differs", "manifest.json", ALL, message)]


# examples


@_damage
def record_is_no_example(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    content = data.records(name)
    content[2] = b"\xff not a message"
    data.rewrite(name, content)
    return [error("record_not_an_example", name, 2, "the record is no tf.train.Example")]


@_damage
def feature_missing(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, format=None, object__area=None)
    return [error("feature_missing", name, 1, "image/format, image/object/area are missing")]


@_damage
def feature_of_another_type(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("float", [1.0]))
    message = "image/object/class/label holds float values instead of int64"
    return [error("feature_dtype", name, 1, message)]


@_damage
def scalar_with_two_values_and_one_with_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, width=("int64", [40, 40]), filename=("bytes", []))
    message = "image/width holds 2 values instead of one; image/filename holds 0 values instead of one"
    return [error("feature_count", name, 1, message)]


@_damage
def feature_that_the_manifest_does_not_list(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, colour=("bytes", [b"red"]))
    return [warning("feature_unlisted", name, 1, "'image/colour' is not in the manifest's list")]


@_damage
def lists_of_unequal_length(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__difficult=("int64", [0, 0]), object__bbox__ymax=("float", []))
    return [
        error(
            "lists_unequal",
            name,
            1,
            "image/object/bbox/ymax holds 0 values, and image/object/bbox/xmin 1; "
            "image/object/difficult holds 2 values, and image/object/bbox/xmin 1",
        )
    ]


@_damage
def label_out_of_the_map(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("int64", [7]), object__class__text=("bytes", [b"dog"]))
    return _recounted(
        data, [error("class_unknown", name, 1, "object 0 has label 7 ('dog'), which the label map does not have")]
    )


@_damage
def label_and_text_of_two_classes(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("int64", [1]), object__class__text=("bytes", [b"dog\x1b[2J"]))
    message = "object 0 has label 1, which is 'cat', and text 'dog\x1b[2J'"
    return _recounted(data, [error("class_text_differs", name, 1, message)])


def _recounted(data: Dataset, findings: list[Finding]) -> list[Finding]:
    """Lets the manifest count the classes of train as they are now."""
    counts: dict[str, int] = {}
    for shard in data.manifest.splits["train"].shards:
        for example in data.examples(shard.name):
            for text in example["image/object/class/text"]:
                counts[text.decode()] = counts.get(text.decode(), 0) + 1
    known = {name: count for name, count in counts.items() if name in data.manifest.classes}
    data.edit_manifest(lambda tree: tree["splits"]["train"].update(boxes=known))
    unknown = [
        error(
            "manifest_differs", "manifest.json", ALL, f"in train, it counts 0 boxes of '{name}', and there are {count}"
        )
        for name, count in counts.items()
        if name not in known
    ]
    return unknown + findings


@_damage
def boxes_that_are_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    nan = float("nan")
    for record, side, value in ((0, "xmin", 0.75), (1, "ymin", nan), (2, "xmax", 1.25), (3, "ymin", 0.5)):
        data.change(name, record, **{f"object__bbox__{side}": ("float", [value])})
    data.change(name, 4, object__bbox__xmin=("float", [4.0]), object__bbox__xmax=("float", [20.0]))
    called = [f"object 0 ('{example['image/object/class/text'][0].decode()}')" for example in data.examples(name)]
    return [
        error("box_reversed", name, 0, f"{called[0]} has xmin 0.75 above xmax 0.5"),
        error("box_not_finite", name, 1, f"{called[1]} has ymin nan"),
        error("box_overshoots", name, 2, f"{called[2]} has xmax 1.25, where 0 to 1 is the picture"),
        error("box_empty", name, 3, f"{called[3]} has ymin and ymax 0.5"),
        error("box_outside", name, 4, f"{called[4]} has xmax 20, where 0 to 1 is the picture"),
    ]


@_damage
def flags_and_areas_that_are_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 0, object__difficult=("int64", [2]), object__is_crowd=("int64", [-1]))
    data.change(name, 1, object__area=("float", [0.0]))
    called = [f"object 0 ('{example['image/object/class/text'][0].decode()}')" for example in data.examples(name)]
    return [
        error("flag_invalid", name, 0, f"{called[0]} has difficult 2 (and 1 more)"),
        error("area_invalid", name, 1, f"{called[1]} has area 0"),
    ]


# pictures


@_damage
def width_wrong(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, width=("int64", [41]))
    return [error("image_size_differs", name, 1, "image/width is 41, and the picture's 40")]


@_damage
def format_wrong(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, format=("bytes", [b"png"]))
    return [error("image_format_differs", name, 1, "image/format is 'png', and the picture a JPEG")]


def _with_picture(data: Dataset, name: str, record: int, content: bytes, *, digest: bool = True) -> None:
    more = {"key__sha256": ("bytes", [hashlib.sha256(content).hexdigest().encode()])} if digest else {}
    data.change(name, record, encoded=("bytes", [content]), **more)


@_damage
def picture_cut_off(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    cut = data.examples(name)[1]["image/encoded"][0][:-200]
    _with_picture(data, name, 1, cut, digest=False)
    message = f"the JPEG has no end marker: it is cut off after {len(cut)} bytes"
    return [error("image_truncated", name, 1, message)]


@_damage
def picture_that_is_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    _with_picture(data, name, 1, b"")
    _with_picture(data, name, 2, b"<svg/>")
    return [
        error("image_empty", name, 1, "the image file has 0 bytes"),
        error("image_not_an_image", name, 2, "the content (6 bytes) is an SVG drawing"),
    ]


@_damage
def picture_of_another_kind(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    _with_picture(data, name, 1, encoded(picture("x", "CMYK")))
    _with_picture(data, name, 2, jpeg("y", orientation=3))
    return [
        error("image_not_portable", name, 1, "the JPEG is in CMYK, or in another colour model of four channels"),
        error("image_rotated", name, 2, "the JPEG has the EXIF orientation 3"),
    ]


@_damage
def picture_exchanged(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    stated = data.examples(name)[1]["image/key/sha256"][0].decode()
    other = jpeg("another")
    _with_picture(data, name, 1, other, digest=False)
    digest = hashlib.sha256(other).hexdigest()
    return [error("sha256_differs", name, 1, f"image/key/sha256 is '{stated}', and the picture's {digest}")]


# identity


@_damage
def source_id_that_is_no_number(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, source_id=("bytes", [b"good-001.jpg"]))
    data.change(name, 2, source_id=("bytes", [str(2**63).encode()]))
    return [
        error("source_id_invalid", name, 1, "image/source_id is 'good-001.jpg'"),
        error("source_id_invalid", name, 2, "image/source_id is '9223372036854775808'"),
    ]


@_damage
def record_twice(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    content, number = data.records(name), data.ids(name)[2]
    data.rewrite(name, [*content[:3], content[2], *content[3:]], told=False)
    message = "it holds 8 records, all whole, and the manifest says 7; is it a shard of another run?"
    same = f"it has the source_id {number} of record 2 of {name}, and the same picture"
    return [error("file_differs", name, ALL, message), error("source_id_repeated", name, 3, same)]


@_damage
def records_unsorted(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    content, ids = data.records(name), data.ids(name)
    data.rewrite(name, [*content[:3], content[4], content[3], *content[5:]])
    return [error("source_id_unsorted", name, 4, f"source_id {ids[3]} comes after {ids[4]}")]


@_damage
def record_of_another_shard(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 0), data.shard("train", 2)
    moved, *rest = data.records(home)
    number = data.ids(home)[0]
    data.rewrite(home, rest)
    data.rewrite(name, [moved, *data.records(name)])
    return [error("shard_wrong", name, 0, f"source_id {number} belongs to shard 0 of 3")]


@_damage
def shards_of_other_numbers(data: Dataset) -> list[Finding]:
    """As of another run: that most of their records belong elsewhere is no news then."""
    one, other = data.shard("train", 0), data.shard("train", 2)
    content = {name: data.records(name) for name in (one, other)}
    data.rewrite(one, content[other][1:], told=False)
    data.rewrite(other, content[one][1:], told=False)
    guess = "is it a shard of another run?"
    return [
        error("file_differs", one, ALL, f"it holds 7 records, all whole, and the manifest says 6; {guess}"),
        error("file_differs", other, ALL, f"it holds 5 records, all whole, and the manifest says 8; {guess}"),
    ]


@_damage
def picture_in_two_splits(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 1), data.shard("test", 0)
    copied = data.examples(home)[4]["image/encoded"][0]
    _with_picture(data, name, 5, copied)
    return [error("split_leak", name, 5, f"the same picture as record 4 of {home}")]


@_damage
def example_in_two_splits(data: Dataset) -> list[Finding]:
    home, name = data.shard("train", 0), data.shard("test", 0)
    data.rewrite(name, [*data.records(name)[:1], data.records(home)[1], *data.records(name)[1:]])
    recount = data.manifest.splits["test"].boxes | {}
    kind = data.examples(home)[1]["image/object/class/text"][0].decode()
    data.edit_manifest(lambda tree: tree["splits"]["test"].update(boxes={**recount, kind: recount[kind] + 1}))
    return [error("split_leak", name, 1, f"the same picture as record 1 of {home}")]


def pixels_damaged(data: Dataset) -> list[Finding]:
    """What is found with --decode alone: nothing but the pixels tells of it."""
    name = data.shard("train", 0)
    content = encoded(picture("pixels"), "PNG")
    at = content.index(b"IDAT")
    rows = b"IDAT" + zlib.compress(bytes(15 * (1 + 3 * 40)))
    half = content[: at - 4] + struct.pack(">I", len(rows) - 4) + rows + struct.pack(">I", zlib.crc32(rows))
    data.change(name, 1, format=("bytes", [b"png"]))
    _with_picture(data, name, 1, half + content[content.index(b"IEND") - 4 :])
    return [error("image_truncated", name, 1, "the PNG's pixel data ends after 1815 of 3630 bytes")]
