"""Shards as they lie in the temporary folder, and what is counted on the way."""

import hashlib
import json
import pickle
from pathlib import Path

import google_crc32c
import pytest
from apache_beam import Create, Map
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines.coding import Batch, Outcome
from beam_pipelines.encoding import ExampleCoder, encode_example
from beam_pipelines.listing import FileSet
from beam_pipelines.planning import make_plan
from beam_pipelines.records import Tally
from beam_pipelines.sharding import shard_of
from beam_pipelines.writing import TFRecordShards, WriteShards, Written, count_contents, reject_line

from .made import box, contents, picture, pictures, pipeline_here, put, reject, survey_of, wishes

LABELS = {"cat": 1}


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def test_contents_are_counted():
    found = [
        picture(boxes=(box("cat"), box("cat", 0.0), box("dog")), repairs=("box_rounded", "box_rounded")),
        picture(boxes=()),
        picture(boxes=(), repairs=("size_missing", "box_rounded")),
        picture(boxes=(), labels=("cat", "eel")),
        picture(labels=("cat",)),
    ]
    assert count_contents(found) == (
        2,
        {"cat": 3, "dog": 1},
        {"cat": 2, "eel": 1},
        {"box_rounded": 3, "size_missing": 1},
    )
    assert count_contents([]) == (0, {}, {}, {})


def test_a_reject_is_a_line_of_json():
    line = reject_line(reject(annotation="é.xml", image="a.jpg", message='quotes " and\nbreaks'))
    assert line == (
        '{"source": "é.xml", "image": "a.jpg", "code": "image_missing", "level": "image", '
        '"message": "quotes \\" and\\nbreaks"}\n'
    )
    with_box = json.loads(reject_line(reject(level="box", code="box_outside", box="cat xmin=1")))
    assert list(with_box) == ["source", "image", "code", "level", "message", "box"]
    assert with_box["box"] == "cat xmin=1"


def test_a_reject_of_a_row_names_its_line():
    assert reject_line(reject(annotation="a.csv", row=7, level="row", code="row_malformed", message="no")) == (
        '{"source": "a.csv", "line": 7, "image": "", "code": "row_malformed", "level": "row", "message": "no"}\n'
    )


def images_of(folder, found):
    """Gives every picture a file of its own content; returns the pictures as that makes them."""
    made = []
    for p in found:
        data = f"content of {p.image}".encode()
        put(folder, p.image, data)
        made.append(p._replace(sha256=hashlib.sha256(data).hexdigest(), size=len(data)))
    return made


@pytest.fixture
def folders(tmp_path):
    """Output, temporary folder in it, and images."""
    for name in ("out/temp", "images"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path / "out", tmp_path / "out/temp", tmp_path / "images"


def writer_for(output, images, split="train"):
    return TFRecordShards(str(output), split, coder_of(images))


def coder_of(images):
    return ExampleCoder(FileSet.of("images", [str(images)]))


def test_a_shard_is_a_tfrecord_file(tf, folders):
    output, temp, images = folders
    found = images_of(images, pictures(3))
    writer = pickle.loads(pickle.dumps(writer_for(output, images)))  # as a worker gets it
    path, size, crc32c, offsets = writer.write(str(temp), 7, ((p, LABELS) for p in found))
    data = Path(path).read_bytes()
    assert path.startswith(f"{temp}/00007-")
    assert (size, crc32c) == (len(data), f"{google_crc32c.value(data):08x}")
    records = [record.numpy() for record in tf.data.TFRecordDataset(path)]
    assert records == [encode_example(p, LABELS, (images / p.image).read_bytes()) for p in found]
    assert offsets == [0, len(records[0]) + 16, len(records[0]) + len(records[1]) + 32]


def test_an_empty_shard(folders):
    output, temp, images = folders
    path, size, crc32c, offsets = writer_for(output, images).write(str(temp), 0, [])
    assert (size, crc32c, offsets) == (0, "00000000", [])
    assert contents(temp) == {path.removeprefix(f"{temp}/"): b""}


def inputs_of(pipeline, found, others, plan):
    """Pictures come in batches, one of them empty."""
    batches = [tuple(found[:4]), (), tuple(found[4:])]
    pictures = pipeline | "Pictures" >> Create(batches).with_output_types(Batch)
    return pictures, pipeline | "Others" >> Create(others).with_output_types(Outcome), pipeline | Create([plan])


REJECTS = [
    reject(annotation="b.xml"),
    reject(annotation="a.xml", image="z.jpg"),
    reject(annotation="a.xml", code="box_outside", level="box", box="cat xmin=1", message="é"),
    reject(annotation="", image="caf\\xe9.jpg"),
    *(reject(annotation="a.csv", row=row, level="row", code="row_malformed") for row in (10, 9)),
]


def test_in_a_pipeline(tf, folders):
    """Shards sorted by key, a shard without an example, rejects sorted by name; what was written is what is told."""
    output, temp, images = folders
    found = images_of(images, [p._replace(repairs=("box_rounded",)) for p in pictures(12)])
    found.append(found[3]._replace(boxes=(), key=found[3].key + 1, leads=False, repairs=()))
    plan = make_plan(survey_of(found), wishes(num_shards={"train": 40, "validation": 1, "test": 1}))

    def check(all_written):
        expected = {}
        for shard in [f"train:{i}:40" for i in range(40)] + ["validation:0:1", "test:0:1"]:
            inside = sorted([p for p in found if shard_of(p, plan) == shard], key=lambda p: p.key)
            expected[shard] = (len(inside), *count_contents(inside))
            [one] = [w for w in all_written if w.shard == shard]
            records = [record.numpy() for record in tf.data.TFRecordDataset(one.path)]
            assert records == [encode_example(p, LABELS, (images / p.image).read_bytes()) for p in inside]
        expected["rejects:0:1"] = (6, 0, {}, {}, {})
        assert {w.shard: (w.examples, w.negatives, w.boxes, w.labels, w.repairs) for w in all_written} == expected
        assert any(count == 0 for count, *_ in expected.values())
        assert sum(count for count, *_ in expected.values()) == 13 + 6
        for one in all_written:
            data = Path(one.path).read_bytes()
            assert (one.bytes, one.crc32c) == (len(data), f"{google_crc32c.value(data):08x}")
        [path] = [w.path for w in all_written if w.shard == "rejects:0:1"]
        lines = Path(path).read_text(encoding="utf-8")
        assert lines == "".join(reject_line(REJECTS[i]) for i in (3, 5, 4, 2, 1, 0))

    def check_sketch(sketches):
        [sketch] = sketches
        assert sketch.counts_of("images") == [13]
        assert sketch.counts_of("boxes", name="cat") == [12]
        assert sketch.counts_of("negatives") == [1]
        for (split, _), samples in sketch.samples.items():
            for sample in samples:
                [picture] = [p for p in found if p.key == sample.rank]
                family, number, count = shard_of(picture, plan).split(":")
                assert (split, sample.file) == (family, f"{family}-{int(number):05d}-of-{int(count):05d}.tfrecord")

    with pipeline_here() as pipeline:
        inputs = inputs_of(pipeline, found[::-1], [*REJECTS, Tally("images", 13)], plan)
        shards, sketch = inputs | WriteShards(str(output), str(temp), coder_of(images), report=True)
        assert_that(shards, check)
        assert_that(sketch, check_sketch, "Check the sketch")


def test_a_preview_counts_and_writes_nothing(folders):
    """Sizes are estimates: of the files, and what an example holds beside them."""
    output, _, images = folders
    found = [p._replace(boxes=(box(), box("cat", 0.0)), labels=("cat",)) for p in pictures(10)]
    plan = make_plan(survey_of(found), wishes(fractions={"all": 1.0}, num_shards=2))
    before = contents(output)
    with pipeline_here() as pipeline:
        inputs = inputs_of(pipeline, found, REJECTS, plan)
        shards, sketch = inputs | WriteShards(str(output), None, coder_of(images))
        nothing = {"path": "", "crc32c": "00000000"}
        counts = {"negatives": 0, "boxes": {}, "labels": {}, "repairs": {}}
        half = {**counts, "bytes": 5 * (1000 + 600 + 2 * 60), "examples": 5, "boxes": {"cat": 10}, "labels": {"cat": 5}}
        rejects = {**counts, "bytes": 0, "examples": 6}
        expected = [
            Written(shard=shard, **nothing, **facts)
            for shard, facts in (("all:0:2", half), ("all:1:2", half), ("rejects:0:1", rejects))
        ]
        assert_that(shards, equal_to(expected))
        assert_that(sketch | Map(lambda sketch: sketch.counts_of("images")), equal_to([[0]]), "Check the sketch")
    assert contents(output) == before
