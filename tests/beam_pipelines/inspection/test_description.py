"""What is said of a record."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.inspection.description import Description, describe
from beam_pipelines.inspection.objects import Objects
from beam_pipelines.inspection.selection import Found, Wish, select
from beam_pipelines.record_files.framing import Frame
from beam_pipelines.record_files.locating import RecordFile, RecordSet, find_records

from ..record_files.made_records import annotated, example, picture
from ..record_files.test_views import KNOWN, VALUES
from .made_datasets import of_one_file, record, write_dataset
from .test_values import entry, field

PICTURE = picture()
PLACE = "a.record: record 5, series other"
OBJECTS = Objects(
    2,
    ("#", "class", "pixels", "size", "normalised"),
    (
        ("0", "cat (1)", "10  15 30   30", "20 × 15", "0.2500 0.5000 0.7500 1.0000"),
        ("1", "dog (2)", " 0 3.8 40 26.2", "40 × 22.5", "0.0000 0.1250 1.0000 0.8750"),
    ),
    (),
)
NO_OBJECTS = Objects(0, (), (), ())
LACKING = (
    "Features that are not there: image/key/sha256, image/object/difficult, image/object/truncated, "
    "image/object/view, image/object/is_crowd, image/object/area."
)


def described(data: bytes, records: RecordSet | None = None) -> Description:
    records = records or of_one_file("/x/a.record", {})
    return describe(Found(records.files[0], Frame(5, 0, data), 5), records)


def changed(**changes: object) -> Description:
    return described(example(annotated(**changes)))


def test_a_record_of_a_classic_script():
    data = example(annotated())
    assert described(data) == Description(
        PLACE,
        {
            "record": f"{len(data):,} bytes",
            "picture": f"JPEG, 40 × 30 pixels, {len(PICTURE):,} bytes",
            "file name": "a.jpg",
            "source_id": "a.jpg",
            "sha256": "none",
        },
        OBJECTS,
        (),
        (LACKING,),
    )


def test_a_record_of_a_dataset(tmp_path: Path):
    records = find_records([str(write_dataset(tmp_path))])
    found = next(select(records, Wish(split="test")))
    description = describe(found, records)
    assert description.place == "test-00000-of-00001.tfrecord: record 0 of 0 to 1, split test"
    assert description.facts["file name"] == "seq/006.jpg"
    assert description.objects == Objects(
        1, OBJECTS.headers, (("0", "horse (3)", "10 7.5 30 22.5", "20 × 15", "0.2500 0.2500 0.7500 0.7500"),), ()
    )
    assert description.remarks == (LACKING,)


def test_all_that_a_dataset_may_have():
    description = changed(
        image__key__sha256=[hashlib.sha256(PICTURE).hexdigest().encode()],
        image__class__text=[b"night", b"rain"],
        image__class__label=[7, 8],
        image__segmentation__class__encoded=[b"\x89PNG\r\n\x1a\n\xff"],
        image__segmentation__class__format=[b"png"],
        image__object__difficult=[0, 0],
        image__object__truncated=[0, 0],
        image__object__view=[b"Left", b"Rear"],
        image__object__is_crowd=[0, 0],
        image__object__area=[1.0, 2.0],
    )
    assert {what: description.facts[what] for what in ("sha256", "classes", "class map")} == {
        "sha256": hashlib.sha256(PICTURE).hexdigest(),
        "classes": "night (7), rain (8)",
        "class map": "<9 bytes, PNG>",
    }
    assert (description.others, description.remarks) == ((), ())
    assert "stated" not in description.facts


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"image__format": [b"png"]}, {"stated": "format png, width 40, height 30"}),
        ({"image__width": [4000]}, {"stated": "format jpeg, width 4000, height 30"}),
        ({"image__height": []}, {"stated": "format jpeg, width 40, height (0 values, without a type)"}),
        (
            {"image__height": [30.0], "image__width": [1, 2]},
            {"stated": "format jpeg, width 1, 2 (2 values, int64), height 30.0 (1 value, float)"},
        ),
        ({"image__filename": [b"a\x1b[31m"]}, {"file name": r"'a\x1b[31m'"}),
        ({"image__filename": [b"a", b"b"]}, {"file name": "'a', 'b' (2 values, bytes)"}),
        ({"image__source_id": [17]}, {"source_id": "17 (1 value, int64)"}),
        ({"image__class__label": [1, 2]}, {"classes": "text none, label 1, 2"}),
        ({"image__class__text": [b"a"], "image__class__label": []}, {"classes": "text 'a', label none"}),
        ({"image__class__text": [], "image__class__label": []}, {"classes": "text none, label none"}),
        (
            {"image__encoded": [PICTURE, b"x"]},
            {"picture": f"JPEG, 40 × 30 pixels, {len(PICTURE):,} bytes; it is the first of 2 values"},
        ),
        (
            {"image__encoded": [picture(format="PNG")]},
            {
                "picture": f"PNG, 40 × 30 pixels, {len(picture(format='PNG')):,} bytes",
                "stated": "format jpeg, width 40, height 30",
            },
        ),
        (
            {"image__encoded": [b"<html>"]},
            {
                "picture": "6 bytes; image_not_an_image: The content (6 bytes) is an HTML page, as a download that "
                "failed leaves it.",
                "stated": "format jpeg, width 40, height 30",
            },
        ),
        (
            {"image__encoded": [5]},
            {"picture": "5 (1 value, int64)", "stated": "format jpeg, width 40, height 30"},
        ),
    ],
)
def test_facts_that_are_not_as_they_should_be(changes: dict, facts: dict[str, str]):
    plain = described(example(annotated())).facts
    found = changed(**changes).facts
    order = ("picture", "stated", "file name", "source_id", "sha256", "classes")
    assert {what: found[what] for what in order if found.get(what) != plain.get(what)} == facts


def test_a_picture_that_is_cut_off():
    found = changed(image__encoded=[PICTURE[:-100]])
    assert found.facts["picture"].startswith(f"JPEG, {len(PICTURE) - 100:,} bytes; image_truncated: The JPEG ")
    assert found.objects == OBJECTS  # by the size that the record states


def test_a_picture_that_was_turned():
    data = (
        PICTURE[:2]
        + bytes.fromhex("ffe1002245786966000049492a0008000000010012010300010000000600000000000000")
        + PICTURE[2:]
    )
    shown = changed(image__encoded=[data]).facts["picture"]
    assert shown == f"JPEG, 40 × 30 pixels, {len(data):,} bytes; EXIF orientation 6, which TensorFlow ignores"


def test_other_features_and_those_of_a_wrong_type():
    description = changed(
        zoo=[1.5] * 30,
        image__object__class__label=[1.0, 2.0],
        image__key__sha256=[b"0" * 64],
        **{"a\x1b": [b"text"], "none": []},
    )
    assert description.others == (
        ("a\N{REPLACEMENT CHARACTER}", "bytes", "1", "'text'"),
        ("image/object/class/label", "float", "2", "1.0, 2.0"),
        ("none", "none", "0", ""),
        ("zoo", "float", "30", ", ".join(["1.5"] * 24) + ", …"),
    )
    assert description.remarks[:2] == (
        "image/object/class/label holds float, not int64.",
        f"The sha256 of the picture is {hashlib.sha256(PICTURE).hexdigest()}.",
    )


@pytest.mark.parametrize(
    ("data", "content", "others", "remarks"),
    [
        (b"", "no features", (), ()),
        (b"plain text", "the record is no tf.train.Example: 'plain text'", (), ()),
        (PICTURE, f"the record is no tf.train.Example: <{len(PICTURE):,} bytes, JPEG>", (), ()),
        (b"\x1a\x02hi", r"no features; is it a tf.train.Example? '\x1a\x02hi'", (), ()),
        (
            example({"id": [b"v"]}) + field(2, entry(b"rgb", b"", b"") + entry(b"audio", b"")),
            "a tf.train.SequenceExample; what follows is its context; steps of its lists: audio: 1, rgb: 2",
            (("id", "bytes", "1", "'v'"),),
            ("There is nothing of a picture in it.",),
        ),
        (example({"x": [1]}), None, (("x", "int64", "1", "1"),), ("There is nothing of a picture in it.",)),
    ],
)
def test_records_of_other_kinds(data: bytes, content: str | None, others: tuple, remarks: tuple):
    facts = {"record": f"{len(data):,} bytes"} | ({} if content is None else {"content": content})
    assert described(data) == Description(PLACE, facts, None, others, remarks)


def test_a_damaged_record():
    records = RecordSet("/x", (RecordFile("/x/a", "a\x07", "b"),), None, "", {})
    frame = Frame(17, 123456, b"", "record_corrupt", "the 9 bytes of the record have another checksum")
    assert describe(Found(records.files[0], frame, 17), records) == Description(
        "a\N{REPLACEMENT CHARACTER}: record 17, series b",
        {
            "damaged": "record_corrupt: the 9 bytes of the record have another checksum",
            "offset": "byte 123,456",
        },
    )


def test_the_features_that_a_manifest_promises(tmp_path: Path):
    records = find_records([str(write_dataset(tmp_path))])
    bare = described(example({"image/encoded": [PICTURE]}), records)
    assert bare.place == "train-00000-of-00004.tfrecord: record 5 of 0 to 2, split train"
    assert bare.facts["stated"] == "format none, width none, height none"
    assert bare.objects == NO_OBJECTS
    (lacking,) = bare.remarks
    assert lacking.startswith("Features that are not there: image/format, image/height, ")
    assert described(record(1)).objects == NO_OBJECTS


@given(st.dictionaries(st.one_of(st.sampled_from(KNOWN), st.text(max_size=5)), VALUES))
def test_nothing_makes_it_fail(features: dict):
    description = described(example(features))
    texts = [description.place, *description.facts.values(), *description.remarks]
    texts += [cell for row in description.others for cell in row]
    assert all(text.isprintable() for text in texts)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(data: bytes):
    described(data)
