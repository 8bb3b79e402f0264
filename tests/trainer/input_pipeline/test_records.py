"""From serialized examples to tensors."""

import numpy as np
import pytest
import tensorflow as tf

from tests.trainer.made_datasets import Picture, Thing, to_example
from trainer.input_pipeline.records import classes_of, padded_targets, parse_records, training_labels

BOX, SMALL, LARGE = (0.25, 0.5, 0.5, 1.0), (0.0, 0.0, 0.125, 0.125), (0.0, 0.0, 1.0, 1.0)


def parsed(*pictures):
    examples = [to_example(picture, number).SerializeToString() for number, picture in enumerate(pictures, 7)]
    return parse_records(tf.constant(examples))


def picture(*things, filename="a.jpg"):
    return Picture(b"bytes of a picture", (40, 30), things, filename)


def test_everything_of_a_record():
    several = picture(Thing("square", BOX, difficult=1), Thing("circle", LARGE, is_crowd=1), filename="b/c.jpg")
    actual = {name: value.numpy() for name, value in parsed(several).items() if name != "areas"}
    boxes, label_ids, difficult, is_crowd = (
        actual.pop(name) for name in ("boxes", "label_ids", "difficult", "is_crowd")
    )
    np.testing.assert_array_equal(boxes[0], [BOX, LARGE])
    assert [label_ids.tolist(), difficult.tolist(), is_crowd.tolist()] == [[[2, 1]], [[True, False]], [[False, True]]]
    assert {name: value.tolist() for name, value in actual.items()} == {
        "encoded": [b"bytes of a picture"],
        "filenames": [b"b/c.jpg"],
        "source_ids": [7],
        "original_sizes": [[30, 40]],
    }
    assert parsed(several)["areas"].to_list() == [[0.125 * 1200, 1200.0]]


def test_pictures_of_a_batch_have_as_many_objects_as_they_like():
    one, none, two = picture(Thing("circle", BOX)), picture(), picture(Thing("circle", BOX), Thing("square", LARGE))
    batch = parsed(one, none, two)
    assert batch["label_ids"].to_list() == [[1], [], [1, 2]]
    assert [len(boxes) for boxes in batch["boxes"].to_list()] == [1, 0, 2]


def test_bytes_that_are_no_example():
    with pytest.raises(tf.errors.InvalidArgumentError):
        parse_records(tf.constant([b"no example"]))


def test_classes_are_counted_in_the_order_of_their_ids():
    ids = tf.ragged.constant([[3, 70], [], [5]], dtype=tf.int64)
    assert classes_of(ids, (3, 5, 70)).to_list() == [[0, 2], [], [1]]


@pytest.mark.parametrize("unknown", [0, -1, 4, 71, 2**40])
def test_an_id_that_is_not_in_the_label_map(unknown):
    ids = tf.ragged.constant([[3], [unknown]], dtype=tf.int64)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a label id is not in the label map"):
        classes_of(ids, (3, 5, 70))


@pytest.mark.parametrize(("ignore_difficult", "expected"), [(False, [[1, 0, -2]]), (True, [[1, -2, -2]])])
def test_crowds_and_difficult_objects(ignore_difficult, expected):
    things = (Thing("square", BOX), Thing("circle", BOX, difficult=1), Thing("circle", BOX, is_crowd=1))
    assert training_labels(parsed(picture(*things)), (1, 2, 3), ignore_difficult).to_list() == expected


def test_boxes_are_padded():
    batch = parsed(picture(Thing("square", BOX)), picture())
    targets = padded_targets(batch["boxes"], training_labels(batch, (1, 2, 3), False), 2)
    assert targets["labels"].numpy().tolist() == [[1, -1], [-1, -1]]
    np.testing.assert_array_equal(targets["boxes"], [[BOX, [0] * 4], [[0] * 4] * 2])


def test_of_too_many_boxes_the_largest_stay():
    few = picture(Thing("triangle", SMALL), Thing("circle", BOX))
    many = picture(Thing("circle", SMALL), Thing("square", BOX), Thing("triangle", LARGE), Thing("square", SMALL))
    batch = parsed(few, many)
    targets = padded_targets(batch["boxes"], training_labels(batch, (1, 2, 3), False), 2)
    assert [sorted(labels) for labels in targets["labels"].numpy().tolist()] == [[0, 2], [1, 2]]
    assert targets["labels"][1].numpy().tolist() == [2, 1]
    np.testing.assert_array_equal(targets["boxes"][1], [LARGE, BOX])
