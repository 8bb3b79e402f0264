"""What is decided before anything is written, and every sentence that refuses a dataset."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.failures import DatasetError
from beam_pipelines.planning import count_shards, make_plan
from beam_pipelines.records import Picture, Tally
from beam_pipelines.rejects import REMEDIES
from data_contract.label_map import LabelMap

from .made import FRACTIONS, box, picture, pictures, reject, sha, splits_of, survey_of, wishes

MAP = LabelMap.from_ids({"cat": 3, "dog": 7})


def refusal(outcomes, **changes):
    with pytest.raises(DatasetError) as refused:
        make_plan(survey_of(outcomes), wishes(**changes))
    return refused.value.sentence


def missing(number, start=0, **changes):
    return [reject(annotation=f"{i:03}.xml", **changes) for i in range(start, start + number)]


BAD_BOXES = (
    "2 of 12 boxes were rejected (17%): pictures of which none is left count as negatives, which they may not be"
)


def test_a_few_bad_boxes_are_worth_no_remark():
    bad = [reject(code="box_outside", level="box")]
    assert make_plan(survey_of(pictures(10) + bad), wishes()).remarks == ()


def test_a_set_of_which_no_box_is_left_is_refused():
    found = [reject(code="box_outside", level="box", message="x from 50 to 60")] * 2
    assert refusal(pictures(10, boxes=(), signature="") + found) == (
        "none of 2 boxes can be used\n"
        f"  box_outside: 2. {REMEDIES['box_outside']}\n"
        "    'a.xml': x from 50 to 60\n"
        "    'a.xml': x from 50 to 60"
    )


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
        (BAD_BOXES,),
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
    assert refusal([Tally("images", 4)]) == "there is nothing to write: no annotation or row was matched to an image"


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


def test_too_many_rejected_rows():
    """Rows and images each have their own share."""
    rows = [
        reject(
            code="box_missing", level="row", annotation="a.csv", image="", row=i, message="the row has a class, no box"
        )
        for i in (12, 3, 44, 5)
    ]
    image = reject(annotation="a.csv", image="x.jpg", row=9)
    outcomes = [*pictures(99), image, *rows, Tally("rows", 300)]
    assert refusal(outcomes) == (
        "4 of 300 rows were rejected (1.3%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.014\n"
        f"  box_missing: 4. {REMEDIES['box_missing']}\n"
        "    'a.csv' line 3: the row has a class, no box\n"
        "    'a.csv' line 5: the row has a class, no box\n"
        "    'a.csv' line 12: the row has a class, no box\n"
        "    … and 1 more\n"
        f"  image_missing: 1. {REMEDIES['image_missing']}\n"
        "    'a.csv' line 9 and 'x.jpg': no image file is named so: not 'a'"
    )
    assert make_plan(survey_of([*outcomes, Tally("rows", 100)]), wishes()).rejects == {
        "box_missing": 4,
        "image_missing": 1,
    }
    assert make_plan(survey_of(outcomes), wishes(max_rejects=0.014)).seen == {
        "annotations": 0,
        "images": 0,
        "rows": 300,
    }


def test_every_row_was_rejected():
    rows = [
        reject(code="row_malformed", level="row", annotation="a.csv", row=2, message="3 cells, 8 columns"),
        reject(code="class_missing", level="row", annotation="a.csv", row=3, message="a box and no class"),
        reject(code="class_missing", level="box", annotation="a.csv", image="x.jpg", row=4, message="no class name"),
    ]
    assert refusal([*rows, Tally("rows", 3)], max_rejects=1.0) == (
        "not one image is left: nothing is left to write\n"
        f"  class_missing: 1. {REMEDIES['class_missing']}\n"
        "    'a.csv' line 4 and 'x.jpg': no class name\n"
        f"  class_missing: 1. {REMEDIES['class_missing']}\n"
        "    'a.csv' line 3: a box and no class\n"
        f"  row_malformed: 1. {REMEDIES['row_malformed']}\n"
        "    'a.csv' line 2: 3 cells, 8 columns"
    )


def test_no_picture_is_in_a_given_split():
    """Entries of lists do not hide pictures that cannot be found, and the other way round."""
    unlisted = reject(code="not_in_a_split", level="unlisted", image="a.jpg", message="none names it")
    entry = reject(level="unlisted", annotation="train.txt", image="b", row=1, message="no such image")
    assert refusal([unlisted, entry], fractions=None, splits=("train",)) == (
        "not one image is left: nothing is left to write\n"
        f"  image_missing: 1. {REMEDIES['image_missing']}\n"
        "    'train.txt' line 1 and 'b': no such image\n"
        f"  not_in_a_split: 1. {REMEDIES['not_in_a_split']}\n"
        "    'a.xml' and 'a.jpg': none names it"
    )
    assert refusal([unlisted, entry, reject(annotation="z.xml")], fractions=None, splits=("train",)) == (
        "1 of 1 images were rejected (100.0%): nothing is left to write\n"
        f"  image_missing: 1. {REMEDIES['image_missing']}\n"
        "    'z.xml': no image file is named so: not 'a'\n"
        f"  image_missing: 1. {REMEDIES['image_missing']}\n"
        "    'train.txt' line 1 and 'b': no such image\n"
        f"  not_in_a_split: 1. {REMEDIES['not_in_a_split']}\n"
        "    'a.xml' and 'a.jpg': none names it"
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
    assert make_plan(survey_of(found), wishes(group_by="x")).remarks == (
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


def labelled(number, *labels):
    return pictures(number, boxes=(), labels=labels, signature="\0".join(labels))


def test_classes_of_whole_images_are_in_the_label_map():
    found = [*labelled(10, "eel", "ant"), picture(sha256=sha(99), group=sha(99), boxes=(box("cat"),))]
    assert make_plan(survey_of(found), wishes()).labels == {"ant": 1, "cat": 2, "eel": 3}


def test_classes_of_whole_images_that_the_label_map_lacks():
    found = [*labelled(1200, "Cat"), picture(sha256="0" * 64, boxes=(box("dot"),), labels=("dot", "bird"))]
    assert refusal(found, label_map=MAP) == (
        "3 classes are not in the label map:\n"
        "  'Cat': 1,200 images (the map has 'cat')\n"
        "  'bird': 1 image\n"
        "  'dot': 1 box (the map has 'dog')\n"
        "Add them to the label map, or drop their boxes with --unknown_classes=drop."
    )


def given_to(**counts) -> list[Picture]:
    """So many pictures of every split."""
    names = [split for split, count in counts.items() for _ in range(count)]
    return [p._replace(split=split) for p, split in zip(pictures(len(names)), names, strict=True)]


def plan_of(outcomes, **changes):
    return make_plan(survey_of(outcomes), wishes(**{"fractions": None} | changes))


def test_given_splits_are_as_they_were_given():
    found = given_to(test=2, train=5, extra=1)
    plan = plan_of(found)
    assert plan._replace(labels={}) == (
        *({}, None, 0, {"train": 1, "test": 1, "extra": 1}, 1),
        {"annotations": 0, "images": 0},
        {},
        (),
    )
    assert list(plan.shards) == ["train", "test", "extra"]
    assert splits_of(plan, found) == {p.image: p.split for p in found}


def test_lists_have_the_order_in_which_they_were_given():
    assert list(plan_of(given_to(test=2, train=5), splits=("test", "train")).shards) == ["test", "train"]


@pytest.mark.parametrize(
    ("counts", "splits", "sentence"),
    [
        (
            {"train": 3},
            ("train", "test"),
            "no picture was given to split 'test': check the names in its list",
        ),
        (
            {"test": 3},
            ("train", "val", "test"),
            "no picture was given to splits 'train', 'val': check the names in its list",
        ),
    ],
)
def test_a_list_that_gives_nothing_is_refused(counts, splits, sentence):
    assert refusal(given_to(**counts), fractions=None, splits=splits) == sentence


@pytest.mark.parametrize(
    ("splits", "sentence"),
    [
        (
            ["my train"],
            "In the given splits 'my train' cannot name a split, because it begins the names of files: "
            "use a letter, then letters, digits, - and _, for example my_train",
        ),
        (
            ["rejects"],
            "In the given splits 'rejects' cannot name a split, because a file of the dataset has that name: "
            "use rejects_split",
        ),
        (
            ["Test", "test", "test"],
            "In the given splits 'Test' (1×) and 'test' (2×) differ only in case: write the name of a split in one way",
        ),
        (
            [f"s{i:02}" for i in range(21)],
            "In the given splits there are 21 different names ('s00', 's01', 's02', …), but at most 20 splits "
            "can be given: is it the right one?",
        ),
    ],
)
def test_names_that_no_split_can_have(splits, sentence):
    found = [p._replace(split=split) for p, split in zip(pictures(len(splits)), splits, strict=True)]
    assert refusal(found, fractions=None) == sentence


LEAKING = [
    picture(image="a.jpg", split="train", repairs=("leaked_copy",)),
    picture(image="b.jpg", split="test", repairs=("leaked_copy",)),
    *(
        picture(sha256=sha(i + 10), group="g", image=f"{i:02}.jpg", repairs=("leaked_group",))._replace(
            split="validation" if i == 30 else "train"
        )
        for i in range(31)
    ),
]
LEAKS = (
    "the given splits share pictures or groups, so results on one of them will look better than they are",
    "  'b.jpg' (test), 'a.jpg' (train)",
    "  '00.jpg' (train), '30.jpg' (validation)",
)


def test_leaks_between_given_splits_are_told():
    first, *others = LEAKS
    assert plan_of(LEAKING).remarks == (f"{first}; --strict_splits refuses that", *others)


def test_leaks_between_given_splits_are_refused_if_that_is_wanted():
    assert refusal(LEAKING, fractions=None, strict_splits=True) == "--strict_splits: " + "\n".join(LEAKS)


def test_splits_without_leaks_are_strict():
    assert plan_of(given_to(train=3, test=1), strict_splits=True).remarks == ()


def test_of_many_leaks_the_first_are_told():
    found = [
        picture(sha256=sha(i), group=sha(i), image=f"{i:02}-{split}.jpg", split=split, repairs=("leaked_copy",))
        for i in range(40)
        for split in ("train", "test")
    ]
    assert plan_of(found).remarks[1:] == tuple(
        f"  '{i:02}-test.jpg' (test), '{i:02}-train.jpg' (train)" for i in range(3)
    )


def test_a_group_of_which_one_picture_is_known_is_not_named():
    """The last of those that are kept may have lost its others."""
    found = [
        picture(group=group, image=f"{group}-{split}.jpg", split=split, repairs=("leaked_group",))
        for group, splits in (("a", "123456"), ("b", "12345"), ("c", "12"))
        for split in splits
    ]
    found = [p._replace(split=f"s{p.split}") for p in found]
    assert plan_of(found).remarks[1:] == tuple(
        "  " + ", ".join(f"'{group}-{i}.jpg' (s{i})" for i in range(1, 5)) for group in "ab"
    )


def test_of_a_group_in_many_splits_four_are_named():
    found = [picture(group="g", image=f"{split}.jpg", split=split, repairs=("leaked_group",)) for split in "fedcba"]
    assert plan_of(found).remarks[1:] == ("  'a.jpg' (a), 'b.jpg' (b), 'c.jpg' (c), 'd.jpg' (d)",)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"train": 1, "val": 1, "test": 1}),
        ({"num_shards": 10}, {"train": 8, "val": 1, "test": 1}),
        ({"num_shards": 2}, {"train": 2, "val": 1, "test": 1}),
        ({"num_shards": {"test": 3, "val": 2}}, {"train": 1, "val": 2, "test": 3}),
        ({"num_shards": {"test": 3}, "shard_size": 1660 * 7}, {"train": 12, "val": 2, "test": 3}),
        ({"shard_size": 1660 * 80}, {"train": 1, "val": 1, "test": 1}),
        ({"shard_size": 1660 * 80 - 1}, {"train": 2, "val": 1, "test": 1}),
    ],
)
def test_numbers_of_shards_of_given_splits(changes, expected):
    """By the bytes of each: 80, 10 and 10 records of 1660."""
    assert plan_of(given_to(test=10, train=80, val=10), **changes).shards == expected


@pytest.mark.parametrize(("name", "near"), [("trian", "; did you mean train?"), ("x", "")])
def test_shards_of_a_split_that_is_not_there(name, near):
    assert refusal(given_to(train=3, test=1), fractions=None, num_shards={"test": 1, name: 2}) == (
        f"--num_shards names split '{name}', but pictures were given to test, train{near}"
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


def test_a_class_that_a_split_lacks_is_no_remark():
    """The summary tells it of every dataset, from what was written."""
    signatures = ["a\0b", "b\0c", "a\0c"]
    found = [p._replace(signature=s) for p, s in zip(pictures(3), signatures, strict=True)]
    plan = make_plan(survey_of(found), wishes(fractions={"train": 0.5, "test": 0.5}))
    assert plan.split.uncovered
    assert plan.remarks == ()


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
