"""Statistics of record files: those of a dataset, and of others."""

import hashlib

import pytest
from apache_beam.testing.util import assert_that

from beam_pipelines.failures import DatasetError
from beam_pipelines.record_files.locating import RecordFile
from beam_pipelines.report.sightings import ALL, Sample
from beam_pipelines.report.sketch import Sketch
from beam_pipelines.report.sketching import SketchRecords, fold_series, sketch_file

from ..made import pipeline_here
from .made import boxes, example, jpeg, record_file, sighting
from .test_sketch import state

NAN = float("nan")


def file_of(tmp_path, *records, name="train-0", split="train") -> RecordFile:
    return RecordFile(str(record_file(tmp_path / name, *records)), name, split)


def test_records_of_a_dataset(tmp_path):
    records = [
        example(source_id="30", width=400, height=200, **boxes(("cat", 0.0, 0.0, 0.25, 0.5))),
        example(source_id="10", width=400, height=200, class__text=["indoors"]),
        example(source_id="20", width=400, height=200),
    ]
    expected = Sketch()
    offsets = [0, len(records[0]) + 16, len(records[0]) + len(records[1]) + 32]
    sightings = [
        sighting(30, (("cat", 0.0, 0.0, 0.25, 0.5),), number=0),
        sighting(10, labels=("indoors",), number=1),
        sighting(20, number=2),
    ]
    expected.add("train", "train-0", [s._replace(offset=at) for s, at in zip(sightings, offsets, strict=True)])
    assert state(sketch_file(file_of(tmp_path, *records), {}, is_dataset=True)) == state(expected)


@pytest.mark.parametrize(
    ("is_dataset", "source_id"), [(False, "7"), (True, "photo.jpg"), (True, "-1"), (True, "²"), (True, str(2**63))]
)
def test_pictures_of_others_are_ranked_by_their_content(tmp_path, is_dataset, source_id):
    picture = jpeg()
    file = file_of(tmp_path, example(source_id=source_id, encoded=picture, width=40, height=20))
    sketch = sketch_file(file, {}, is_dataset)
    rank = int(hashlib.sha256(picture).hexdigest()[:16], 16) >> 1
    assert sketch.samples == {("train", ALL): [Sample(rank, "train", "train-0", 0, 0)]}


def test_what_a_record_does_not_say(tmp_path):
    """Without a size that of the picture counts; classes are named by their ids; a box without a class has a name."""
    sides = {k: v for k, v in boxes(("", 0.0, 0.0, 0.5, 0.5), ("", 0.5, 0.5, 1.0, 1.0)).items() if "bbox" in k}
    nameless = example(encoded=jpeg(40, 20), object__class__label=[2, 9], **sides)
    silent = example(encoded=jpeg(40, 20), **sides)
    sketch = sketch_file(file_of(tmp_path, nameless, silent), {2: "dog"}, is_dataset=False)
    assert sketch.exact_sizes["train"] == {(40, 20): 2}
    counts = {name: sketch.counts_of("boxes", name=name)[0] for _, name in sketch.cells}
    assert counts == {ALL: 4, "dog": 1, "class 9": 1, "without a class": 2}


def test_ids_are_those_of_the_records(tmp_path):
    sides = boxes(("cat", 0.0, 0.0, 0.5, 0.5), ("dog", 0.5, 0.5, 1.0, 1.0))
    records = [example(width=4, height=2, object__class__label=ids, **sides) for ids in ([3, 0], [2, 7])]
    file = file_of(tmp_path, *records)
    assert sketch_file(file, {}, is_dataset=False).class_ids == {"cat": 2, "dog": 7}
    assert sketch_file(file, {}, is_dataset=True).class_ids == {}


def test_what_cannot_be_counted_is_told(tmp_path):
    good = ("cat", 0.0, 0.0, 0.5, 0.5)
    bad = [
        ("cat", NAN, 0.0, 1.0, 1.0),
        ("cat", 0.5, 0.0, 0.5, 1.0),
        ("cat", 0.0, 0.0, 1.5, 1.0),
        ("x", -0.5, 0.0, 1.0, 1.0),
    ]
    file = file_of(
        tmp_path,
        example(width=40, height=20, **boxes(good, *bad)),
        b"\xff\xff",
        example(encoded=b"no picture, no size"),
        example(width=40, height=20),
    )
    data = bytearray((tmp_path / "train-0").read_bytes())
    data[-1] ^= 1
    (tmp_path / "train-0").write_bytes(data)
    sketch = sketch_file(file, {}, is_dataset=False)
    assert sketch.left_out == {"records": 3, "boxes": 4}
    assert sketch.counts_of("boxes") == [1]
    assert sketch.counts_of("images") == [1]


def test_a_picture_whose_objects_cannot_be_counted_is_no_negative(tmp_path):
    bad = example(width=40, height=20, **boxes(("cat", 0.0, 0.0, 30.0, 15.0)))
    sketch = sketch_file(file_of(tmp_path, bad, example(width=40, height=20)), {}, is_dataset=False)
    assert sketch.counts_of("negatives") == [1]
    assert [sample.number for sample in sketch.samples["train", ALL]] == [1]


def test_a_file_of_no_records(tmp_path):
    assert state(sketch_file(file_of(tmp_path), {}, is_dataset=True)) == state(Sketch())


def test_many_records_are_counted_in_parts(tmp_path, monkeypatch):
    records = [example(source_id=str(n), width=40, height=20, **boxes(("cat", 0.0, 0.0, 0.5, 0.5))) for n in range(7)]
    whole = state(sketch_file(file_of(tmp_path, *records), {}, is_dataset=True))
    monkeypatch.setattr("beam_pipelines.report.sketching._BATCH", 3)
    assert state(sketch_file(file_of(tmp_path, *records), {}, is_dataset=True)) == whole


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DatasetError) as refused:
        sketch_file(RecordFile(str(tmp_path / "x"), "train-0", "train"), {}, is_dataset=True)
    assert refused.value.sentence == (
        f"'{tmp_path}/x' cannot be read: No such file or directory; `shardbox verify` tells more"
    )


def test_of_strangers_not_every_name_is_counted_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("beam_pipelines.report.sketching._MOST_NAMES", 2)
    sides = (0.0, 0.0, 0.5, 0.5)
    records = [example(width=4, height=2, **boxes((name, *sides), ("b", *sides))) for name in "abcde"]
    names = {name for _, name in sketch_file(file_of(tmp_path, *records), {}, is_dataset=False).cells}
    assert names == {ALL, "a", "b", "other classes"}
    names = {name for _, name in sketch_file(file_of(tmp_path, *records), {}, is_dataset=True).cells}
    assert names == {ALL, *"abcde"}


def test_many_series_of_files_share_a_split():
    files = [RecordFile(f"/{n:02}", f"{n:02}", f"series {n:02}") for n in range(14)]
    splits = [file.split for file in fold_series(files[::-1])][::-1]
    assert splits == [*(f"series {n:02}" for n in range(11)), *["3 other series"] * 3]
    assert fold_series(files[:12]) == tuple(files[:12])


def test_in_a_pipeline(tmp_path):
    files = (
        file_of(tmp_path, *(example(source_id=str(n), width=40, height=20) for n in range(3)), name="a", split="train"),
        file_of(tmp_path, example(source_id="9", width=40, height=20), name="b", split="test"),
    )
    expected = Sketch()
    for file in files:
        expected.merge(sketch_file(file, {}, is_dataset=True))

    def check(sketches):
        [sketch] = sketches
        assert state(sketch) == state(expected)
        assert sketch.counts_of("images", "train") == [3]

    with pipeline_here() as pipeline:
        assert_that(pipeline | SketchRecords(files, {}, is_dataset=True), check)
