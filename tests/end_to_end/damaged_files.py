"""Damage done to the files of a dataset and to what lies beside them, see `damaged`."""

import gzip
import json
from pathlib import Path
from typing import Any

import google_crc32c

from beam_pipelines.verification.findings import Finding

from .damaged import ALL, Dataset, damage, error, warning


@damage
def shard_cut_off_in_a_record(data: Dataset) -> list[Finding]:
    name = data.shard("train", 1)
    size, at = len(data.records(name)[5]), data.offset(name, 5)
    data.cut(name, at + 12 + size - 100)
    lost = f"the file ends 104 bytes before the end of the record of {size:,} bytes"
    return [error("file_truncated", name, 5, f"{lost}; 5 of the file's 8 records are whole")]


@damage
def shard_cut_off_in_a_header(data: Dataset) -> list[Finding]:
    name = data.shard("train", 1)
    data.cut(name, data.offset(name, 1) + 7)
    message = "the file ends within a record's header, 7 bytes long; 1 of the file's 8 records is whole"
    return [error("file_truncated", name, 1, message)]


@damage
def shard_cut_off_between_two_records(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    data.cut(name, data.offset(name, 4))
    message = "it holds 4 records, all whole, and the manifest says 7; is it a shard of another run?"
    return [error("file_differs", name, ALL, message)]


@damage
def shard_emptied(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.cut(name, 0)
    return [error("file_empty", name, ALL, "it is empty, and the manifest says 6 records")]


@damage
def bit_flipped_in_the_data(data: Dataset) -> list[Finding]:
    name = data.shard("train", 2)
    size = len(data.records(name)[3])
    data.damage(name, data.offset(name, 3) + 500)
    message = f"the {size:,} bytes of the record have another checksum than the one stored with them"
    return [error("record_corrupt", name, 3, message)]


@damage
def bit_flipped_in_a_length(data: Dataset) -> list[Finding]:
    name = data.shard("train", 2)
    at, size = data.offset(name, 3), len(data.records(name)[3])
    data.damage(name, at + 1)
    message = f"the length of the record at byte {at:,} is damaged; {size + 16:,} bytes up to the next one are lost"
    return [error("record_length_corrupt", name, 3, f"{message}; 7 of the file's 8 records are whole")]


@damage
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


@damage
def shard_missing(data: Dataset) -> list[Finding]:
    name = data.shard("validation", 0)
    data.path(name).unlink()
    return [error("file_missing", name, ALL, "there is no such file")]


@damage
def shard_is_a_folder(data: Dataset) -> list[Finding]:
    name = data.shard("validation", 0)
    data.path(name).unlink()
    data.path(name).mkdir()
    return [error("file_unreadable", name, ALL, "it cannot be read: Is a directory")]


@damage
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


@damage
def shard_compressed(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.path(name).write_bytes(gzip.compress(data.path(name).read_bytes(), mtime=0))
    return [error("file_compressed", name, ALL, "it is compressed by GZIP")]


@damage
def shard_is_a_text(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.path(name).write_text("<html>404 Not Found</html>")
    message = "none of its 26 bytes begin a TFRecord; none of the file's 6 records are whole"
    return [error("not_tfrecord", name, 0, message)]


@damage
def foreign_record_file(data: Dataset) -> list[Finding]:
    name = "train-00003-of-00004.tfrecord"
    data.path(name).write_bytes(data.path(data.shard("train", 0)).read_bytes())
    return [error("unnamed_record_file", name, ALL, "a record file that the manifest does not name")]


@damage
def other_foreign_files(data: Dataset) -> list[Finding]:
    temp = f"shardbox-temp-{'0123456789abcdef' * 2}"
    data.path(temp).mkdir()
    data.path("notes.txt").write_text("bought milk")
    data.path("report").mkdir(exist_ok=True)
    for name in ("index.html", "notes.txt", "a.tfrecord"):
        data.path(f"report/{name}").write_text("<p>bought milk</p>")
    return [
        *(
            warning("unnamed_file", name, ALL, "the manifest does not name it")
            for name in ("notes.txt", "report/a.tfrecord", "report/notes.txt")
        ),
        warning("unfinished_run", temp, ALL, "the folder of a run that did not end"),
    ]


@damage
def label_map_changed(data: Dataset) -> list[Finding]:
    text = data.path("label_map.pbtxt").read_text("utf-8")
    data.path("label_map.pbtxt").write_text(text.replace("cat", "cow").replace("id: 2", "id: 3"), "utf-8")
    message = "'cat' is missing; 'cow' is not in the manifest; 'dog' has id 3 instead of 2"
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@damage
def label_map_reformatted(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").write_text("item { id: 1 name: 'cat' } item { id: 2 name: 'dog' }", "utf-8")
    message = "its bytes were changed; its classes are still the same"
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@damage
def label_map_is_no_label_map(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").write_bytes(b"cat, dog")
    message = (
        'it cannot be read: Line 1, column 1 of the label map cannot be read: Message type "StringIntLabelMap" '
        "has no field named \"cat\". Items are written like item { name: 'cat' id: 1 }"
    )
    return [error("label_map_differs", "label_map.pbtxt", ALL, message)]


@damage
def label_map_missing(data: Dataset) -> list[Finding]:
    data.path("label_map.pbtxt").unlink()
    return [error("label_map_missing", "label_map.pbtxt", ALL, "there is no such file")]


@damage
def rejects_cut_off(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.cut(file.name, file.bytes - 10)
    message = f"it holds 0 lines in {file.bytes - 10:,} bytes, and the manifest says 1 in {file.bytes:,}"
    return [error("rejects_differ", file.name, ALL, message)]


@damage
def rejects_edited(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.damage(file.name, 20)
    crc = google_crc32c.value(data.path(file.name).read_bytes())
    message = f"its checksum is {crc:08x}, and the manifest says {file.crc32c}"
    return [error("rejects_differ", file.name, ALL, message)]


def _rewrite_rejects(data: Dataset, content: bytes) -> str:
    """Writes another file of rejects, as a faulty writer would. Returns its name."""
    (file,) = data.manifest.rejects.files
    data.path(file.name).write_bytes(content)
    told = {"lines": content.count(b"\n"), "bytes": len(content), "crc32c": f"{google_crc32c.value(content):08x}"}

    def edit(tree: dict[str, Any]) -> None:
        tree["rejects"]["files"][0].update(told)
        tree["rejects"]["counts"] = {"image_missing": told["lines"]}

    data.edit_manifest(edit)
    return file.name


@damage
def rejects_of_other_codes(data: Dataset) -> list[Finding]:
    """Also one of a code that is very long."""
    lines = [{"code": "image_missing"}, {"code": "box_outside"}, {"code": "x\n" * 500}]
    _rewrite_rejects(data, "".join(f"{json.dumps(line)}\n" for line in lines).encode())
    long = "x\N{REPLACEMENT CHARACTER}" * 39 + "x…"
    counted = (("box_outside", 0, 1), (long, 0, 1), ("image_missing", 3, 1))
    messages = [f"it counts {stated} rejects of '{code}', and there are {found}" for code, stated, found in counted]
    return [error("manifest_differs", "manifest.json", ALL, message) for message in messages]


@damage
def rejects_that_are_none(data: Dataset) -> list[Finding]:
    name = _rewrite_rejects(data, b'{"code": "image_missing"}\n["code"]\n{"code": 3}\n{"code": "\xff"}\n')
    return [error("reject_invalid", name, ALL, "line 2 is no JSON object with a code")]


@damage
def reject_of_many_brackets(data: Dataset) -> list[Finding]:
    name = _rewrite_rejects(data, b"[" * 100_000 + b"\n")
    return [error("reject_invalid", name, ALL, "line 1 is no JSON object with a code")]


@damage
def reject_without_an_end(data: Dataset) -> list[Finding]:
    name = _rewrite_rejects(data, b'{"code": "' + b"x" * 2**24 + b'"}\n')
    return [error("reject_invalid", name, ALL, "line 1 is longer than 16,777,216 bytes")]


@damage
def rejects_missing(data: Dataset) -> list[Finding]:
    (file,) = data.manifest.rejects.files
    data.path(file.name).unlink()
    return [error("rejects_missing", file.name, ALL, "there is no such file")]


@damage
def manifest_missing(data: Dataset) -> list[Finding]:
    data.path("manifest.json").unlink()
    what = "no manifest: the dataset is not finished; wait for `shardbox build`, or run it again"
    return [error("manifest_unusable", "manifest.json", ALL, f"{data.folder}: {what}")]


@damage
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


@damage
def manifest_of_a_wrong_count(data: Dataset) -> list[Finding]:
    name = data.shard("test", 0)
    data.edit_shard(name, {"examples": 8})
    return [error("manifest_differs", name, ALL, "it holds 7 records, and the manifest says 8")]


@damage
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


@damage
def manifest_of_other_classes(data: Dataset) -> list[Finding]:
    def edit(tree: dict[str, Any]) -> None:
        tree["classes"]["bird"] = 3

    data.edit_manifest(edit)
    message = "its classes are not those of label_map.pbtxt: 'bird' is missing"
    return [error("manifest_differs", "manifest.json", ALL, message)]
