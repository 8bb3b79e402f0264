"""What is decided before anything is written, and every sentence that refuses a dataset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.failures import DatasetError
from beam_pipelines.planning import count_shards, make_plan
from beam_pipelines.records import Tally
from beam_pipelines.rejects import REMEDIES
from data_contract.label_map import LabelMap

from .made import FRACTIONS, box, picture, pictures, reject, splits_of, survey_of, wishes

MAP = LabelMap.from_ids({"cat": 3, "dog": 7})


def refusal(outcomes, **changes):
    with pytest.raises(DatasetError) as refused:
        make_plan(survey_of(outcomes), wishes(**changes))
    return refused.value.sentence


def missing(number, start=0, **changes):
    return [reject(annotation=f"{i:03}.xml", **changes) for i in range(start, start + number)]


def test_a_plan():
    found = pictures(10)
    outcomes = [
        *found,
        reject(code="box_outside", level="box"),
        reject(code="box_outside", level="box"),
        reject(code="duplicate_identical", level="duplicate"),
        *(Tally("images", 5), Tally("images_without_annotation", 3), Tally("annotations", 11)),
    ]
    plan = make_plan(survey_of(outcomes, 5), wishes(seed=5))
    assert plan._replace(split=None) == (
        *({"cat": 1}, None, 5, {"train": 1, "validation": 1, "test": 1}, 1),
        {"annotations": 11, "images": 5, "images_without_annotation": 3},
        {"box_outside": 2, "duplicate_identical": 1},
        (),
    )
    assert plan.split.groups == {"train": 8, "validation": 1, "test": 1}
    names = list(splits_of(plan, found).values())
    assert {name: names.count(name) for name in FRACTIONS} == plan.split.groups


def test_what_was_seen_is_counted_from_nothing():
    assert make_plan(survey_of(pictures(10)), wishes()).seen == {"annotations": 0, "images": 0}


def test_classes_are_numbered_by_code_point():
    names = ["zebra", "Zoo", "naïve café", 'a"b', "1", "true", "Ärger"]
    found = pictures(10, boxes=tuple(box(name) for name in names))
    plan = make_plan(survey_of(found), wishes())
    assert list(plan.labels.items()) == [
        *[("1", 1), ("Zoo", 2), ('a"b', 3), ("naïve café", 4), ("true", 5), ("zebra", 6), ("Ärger", 7)]
    ]


def test_a_given_label_map_is_taken_whole():
    assert make_plan(survey_of(pictures(10)), wishes(label_map=MAP)).labels == {"cat": 3, "dog": 7}


def test_a_group_is_on_one_side():
    found = [p._replace(group=f"scene {i // 4}", leads=i % 4 == 0) for i, p in enumerate(pictures(40))]
    plan = make_plan(survey_of(found), wishes())
    names = list(splits_of(plan, found).values())
    assert all(len(set(names[i : i + 4])) == 1 for i in range(0, 40, 4))
    assert set(names) == set(FRACTIONS)


def test_another_seed_makes_other_splits():
    found = pictures(40)
    plans = [make_plan(survey_of(found, seed), wishes(seed=seed)) for seed in (1, 1, 2)]
    splits = [splits_of(plan, found) for plan in plans]
    assert splits[0] == splits[1] != splits[2]


@pytest.mark.parametrize(("number", "files"), [(0, 1), (100_000, 1), (100_001, 2)])
def test_files_of_rejects(number, files):
    survey = survey_of(pictures(10))
    survey.rejects["box", "box_outside"] = number
    assert make_plan(survey, wishes()).reject_files == files


def test_nothing_was_matched():
    assert refusal([Tally("images", 4)]) == "there is nothing to write: no annotation was matched to an image"


def test_too_many_rejects():
    outcomes = [*pictures(6), *missing(5, image="x.jpg"), reject(code="annotation_empty", message="no text in 0 bytes")]
    assert refusal(outcomes) == (
        "6 of 12 images were rejected (50.0%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.5\n"
        f"  image_missing: 5. {REMEDIES['image_missing']}\n"
        "    '000.xml' and 'x.jpg': no image file is named so: not 'a'\n"
        "    '001.xml' and 'x.jpg': no image file is named so: not 'a'\n"
        "    '002.xml' and 'x.jpg': no image file is named so: not 'a'\n"
        "    … and 2 more\n"
        f"  annotation_empty: 1. {REMEDIES['annotation_empty']}\n"
        "    'a.xml': no text in 0 bytes"
    )


def test_everything_was_rejected_whatever_is_allowed():
    assert refusal([reject(code="image_empty", annotation="", image="a.jpg", message="0 bytes")], max_rejects=1.0) == (
        "1 of 1 images were rejected (100.0%): nothing is left to write\n"
        f"  image_empty: 1. {REMEDIES['image_empty']}\n"
        "    'a.jpg': 0 bytes"
    )


def test_boxes_and_duplicates_are_no_rejected_images():
    boxes = missing(50, code="box_outside", level="box")
    copies = missing(50, code="duplicate_identical", level="duplicate")
    assert make_plan(survey_of([*pictures(10), *boxes, *copies]), wishes(max_rejects=0.0)).rejects == {
        "box_outside": 50,
        "duplicate_identical": 50,
    }


@given(st.integers(1, 300), st.integers(1, 300))
def test_the_share_that_is_named_is_enough(kept, rejected):
    survey = survey_of(pictures(1)[:1])
    survey.images, survey.rejects["image", "image_missing"] = kept, rejected
    one = wishes(fractions={"all": 1.0}, max_rejects=0.0)
    with pytest.raises(DatasetError) as refused:
        make_plan(survey, one)
    named = float(refused.value.sentence.splitlines()[0].rpartition("=")[2])
    make_plan(survey, wishes(fractions={"all": 1.0}, max_rejects=named))
    with pytest.raises(DatasetError):
        make_plan(survey, wishes(fractions={"all": 1.0}, max_rejects=max(0.0, named - 0.001) * 0.999))


@given(st.integers(1, 99))
def test_exactly_as_many_rejects_as_allowed(percent):
    survey = survey_of(pictures(1))
    survey.images, survey.rejects["image", "image_missing"] = 100 - percent, percent
    plan = make_plan(survey, wishes(fractions={"all": 1.0}, max_rejects=percent / 100))
    assert plan.rejects == {"image_missing": percent}


def test_group_by_that_matches_nothing():
    found = pictures(1200, repairs=("group_not_found",))
    assert refusal(found, group_by="seq(.)") == (
        "--group_by 'seq(.)' matches none of 1,200 image paths: "
        "it is a regular expression, searched in the path below --images"
    )


def test_group_by_that_does_not_match_all():
    found = [*pictures(10)[1:], picture(sha256="0" * 64, group="0", repairs=("group_not_found",))]
    assert make_plan(survey_of(found), wishes(group_by="x")).warnings == (
        "--group_by does not match 1 of 10 image paths: each of these pictures is a group of its own",
    )


def test_no_class_at_all():
    found = pictures(1500, boxes=(), signature="")
    assert refusal(found) == (
        "none of 1,500 images has a box, so there is no class to learn: "
        "check the annotations, or give a --label_map to write negatives alone"
    )
    assert make_plan(survey_of(found), wishes(label_map=MAP)).labels == {"cat": 3, "dog": 7}


def test_classes_that_the_label_map_lacks():
    names = ["cat", "Cat", "bird", "bird"]
    assert refusal(pictures(600, boxes=tuple(box(name) for name in names)), label_map=MAP) == (
        "2 classes are not in the label map:\n"
        "  'Cat': 600 boxes (the map has 'cat')\n"
        "  'bird': 1,200 boxes\n"
        "Add them to the label map, or drop their boxes with --unknown_classes=drop."
    )


def test_one_class_that_the_label_map_lacks():
    assert refusal([*pictures(10), picture(boxes=(box("Dog"),))], label_map=MAP) == (
        "1 class is not in the label map:\n"
        "  'Dog': 1 box (the map has 'dog')\n"
        "Add them to the label map, or drop their boxes with --unknown_classes=drop."
    )


def test_a_split_that_would_be_empty():
    assert refusal(pictures(2)) == "2 pictures (a group counts as one) cannot fill 3 splits: use --splits all=1"
    assert refusal(pictures(1), fractions={"train": 0.5, "test": 0.5}) == (
        "1 picture (a group counts as one) cannot fill 2 splits: use --splits all=1"
    )
    assert refusal(pictures(5, boxes=(box(), box("dog")), signature=""), fractions={"train": 0.95, "test": 0.05}) == (
        "5 pictures (a group counts as one) leave the split test of --splits train=0.95,test=0.05 empty: "
        "every fraction must be at least 0.2, for example --splits train=0.8,test=0.2; or use --splits all=1"
    )


def test_a_class_that_a_split_lacks_is_told():
    signatures = ["a\0b", "b\0c", "a\0c"]
    found = [p._replace(signature=s) for p, s in zip(pictures(3), signatures, strict=True)]
    [warning] = make_plan(survey_of(found), wishes(fractions={"train": 0.5, "test": 0.5})).warnings
    assert warning in {
        f"class '{name}' is in no picture of split '{split}', and no fair way to change that was found"
        for name in "abc"
        for split in ("train", "test")
    }


def shards(number, size=1000, **changes):
    found = pictures(number, size=size - 600 - 60)
    plan = make_plan(survey_of(found), wishes())
    return count_shards(survey_of(found).bytes, wishes(**changes), plan.split)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"num_shards": 10}, {"train": 8, "validation": 1, "test": 1}),
        ({"num_shards": 100}, {"train": 80, "validation": 10, "test": 10}),
        ({"num_shards": 1}, {"train": 1, "validation": 1, "test": 1}),
        ({"num_shards": {"train": 5, "test": 2, "validation": 3}}, {"train": 5, "validation": 3, "test": 2}),
        ({"num_shards": {"test": 7}, "shard_size": 20_000}, {"train": 4, "validation": 1, "test": 7}),
        ({"shard_size": 80_000}, {"train": 1, "validation": 1, "test": 1}),
        ({"shard_size": 79_999}, {"train": 2, "validation": 1, "test": 1}),
        ({"shard_size": 3_000}, {"train": 27, "validation": 4, "test": 4}),
    ],
)
def test_numbers_of_shards(changes, expected):
    found = shards(100, **changes)
    assert found == expected
    assert list(found) == list(FRACTIONS)
