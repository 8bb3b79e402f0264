"""Counts over all of the input, in any order and any number of parts."""

import pickle

from apache_beam import Create, Map
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.coding import Batch
from beam_pipelines.merging import MergeParts
from beam_pipelines.records import Tally
from beam_pipelines.survey import SAMPLES, Leak, Survey, TakeSurvey

from .made import box, picture, pipeline_here, reject, sha, survey_of


def facts(survey: Survey) -> dict:
    """All that a survey tells."""
    survey.census.settle()
    return {
        "census": sorted((signature, count, list(draws)) for signature, count, draws in survey.census.signatures()),
        "images": survey.images,
        "bytes": survey.bytes,
        "boxes": dict(survey.boxes),
        "labels": dict(survey.labels),
        "given": dict(survey.given),
        "given_bytes": dict(survey.given_bytes),
        "leaks": survey.leaks,
        "groups_not_found": survey.groups_not_found,
        "rejects": dict(survey.rejects),
        "first": {kind: survey.first(*kind) for kind in sorted(survey.samples)},
        "rejected": {level: survey.rejected(level) for level in ("image", "box", "duplicate", "unlisted")},
        "seen": dict(survey.seen),
    }


OUTCOMES = [
    picture(boxes=(box("cat"), box("cat", 0.0), box("dog")), signature="cat\0dog", repairs=("group_not_found",) * 2),
    picture(sha256=sha(2), group="g", boxes=(), signature="", size=10),
    picture(sha256=sha(3), group="g", leads=False, boxes=(), signature=""),
    reject(),
    reject(annotation="b.xml"),
    reject(code="box_outside", level="box", box="cat"),
    reject(code="duplicate_identical", level="duplicate"),
    reject(level="unlisted", annotation="train.txt", row=7),
    Tally("annotations", 3),
    Tally("annotations", 4),
    Tally("images", 5),
]
LEAKED = ("leaked_copy",)
GIVEN = [
    picture(labels=("cat", "eel"), boxes=(), split="train", size=10, repairs=LEAKED),
    picture(labels=("cat",), split="test", image="b.jpg", repairs=LEAKED),
    picture(sha256=sha(2), group="g", split="train", image="c.jpg", repairs=("leaked_group",)),
    picture(sha256=sha(3), group="g", split="train", image="d.jpg", repairs=("leaked_group",)),
    picture(sha256=sha(4), group="g", split="test", image="e.jpg", leads=False, repairs=("leaked_group",)),
    picture(sha256=sha(5), group=sha(5), split="train", image="f.jpg"),
]


def test_everything_is_counted():
    found = facts(survey_of(OUTCOMES))
    [negative, animals] = found.pop("census")
    assert (negative[:2], animals[:2]) == (("", 1), ("cat\0dog", 1))
    assert found == {
        "images": 3,
        "bytes": 1000 + 10 + 1000 + 3 * 600 + 3 * 60,
        "boxes": {"cat": 2, "dog": 1},
        **{"labels": {}, "given": {}, "given_bytes": {}, "leaks": []},
        "groups_not_found": 1,
        "rejects": {
            ("image", "image_missing"): 2,
            ("box", "box_outside"): 1,
            ("duplicate", "duplicate_identical"): 1,
            ("unlisted", "image_missing"): 1,
        },
        "first": {
            ("box", "box_outside"): [OUTCOMES[5]],
            ("duplicate", "duplicate_identical"): [OUTCOMES[6]],
            ("image", "image_missing"): OUTCOMES[3:5],
            ("unlisted", "image_missing"): [OUTCOMES[7]],
        },
        "rejected": {"image": 2, "box": 1, "duplicate": 1, "unlisted": 1},
        "seen": {"annotations": 7, "images": 5},
    }


def test_pictures_that_were_given_to_splits_are_counted():
    found = facts(survey_of(GIVEN))
    assert found.pop("census") == []
    assert found == {
        "images": 6,
        "bytes": 5 * 1000 + 10 + 6 * 600 + 5 * 60,
        "boxes": {"cat": 5},
        "labels": {"cat": 2, "eel": 1},
        "given": {"train": 4, "test": 2},
        "given_bytes": {"train": 2 * 1000 + 10 + 1000 + 4 * 600 + 3 * 60, "test": 2 * (1000 + 600 + 60)},
        "leaks": [
            Leak(sha(1), "test", "b.jpg"),
            Leak(sha(1), "train", "a.jpg"),
            Leak("g", "test", "e.jpg"),
            Leak("g", "train", "c.jpg"),
        ],
        **{"groups_not_found": 0, "rejects": {}, "first": {}},
        **{"rejected": {"image": 0, "box": 0, "duplicate": 0, "unlisted": 0}, "seen": {}},
    }


def test_of_leaks_the_first_are_kept():
    """Of a group of many pictures one in each split, so that it is seen to leak."""
    frames = [
        picture(group=f"{group:02}", image=f"{group:02}/{i:03}.jpg", split="train" if i < 50 else "test")._replace(
            repairs=("leaked_group",)
        )
        for group in range(20)
        for i in range(100)
    ]
    leaks = [
        Leak(f"{group:02}", split, f"{group:02}/{i:03}.jpg")
        for group in range(6)
        for split, i in (("test", 50), ("train", 0))
    ]
    assert survey_of(frames).leaks == survey_of(frames[::-1]).leaks == leaks


def test_nothing_is_counted():
    assert (
        facts(Survey())
        == facts(survey_of([]))
        == {
            **{"census": [], "images": 0, "bytes": 0, "boxes": {}, "groups_not_found": 0, "rejects": {}, "first": {}},
            **{"labels": {}, "given": {}, "given_bytes": {}, "leaks": []},
            **{"rejected": {"image": 0, "box": 0, "duplicate": 0, "unlisted": 0}, "seen": {}},
        }
    )
    assert Survey().first("image", "image_missing") == []


def test_another_seed_draws_otherwise():
    one, other = (facts(survey_of(OUTCOMES, seed)) for seed in (1, 2))
    assert one.pop("census") != other.pop("census")
    assert one == other


@given(
    st.lists(st.sampled_from([*OUTCOMES, *GIVEN]), max_size=30).flatmap(
        lambda o: st.tuples(st.just(o), st.permutations(o))
    ),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_parts_in_any_order_make_the_same_survey(outcomes_and_order, cuts):
    outcomes, shuffled = outcomes_and_order
    merge = MergeParts(Survey)
    ends = sorted(cuts)
    accumulators = []
    for start, end in zip([0, *ends], [*ends, len(shuffled)], strict=True):
        accumulator = merge.create_accumulator()
        for part in (shuffled[start:end:2], shuffled[start + 1 : end : 2]):
            accumulator = merge.add_input(accumulator, survey_of(part, 7))
        accumulators.append(pickle.loads(pickle.dumps(accumulator)))
    merged = merge.extract_output(merge.merge_accumulators(accumulators))
    assert facts(merged) == facts(survey_of(outcomes, 7))


def test_the_first_rejects_are_shown_and_the_others_forgotten():
    rejects = [reject(annotation=f"{i:05}.xml") for i in range(2000)]
    survey = survey_of(rejects[::-1])
    kind = "image", "image_missing"
    other = survey_of([reject(annotation=f"{i:05}.xml", image="a") for i in range(1, 2000)])
    assert survey.first(*kind) == rejects[:SAMPLES]
    assert len(survey.samples[kind]) <= 20 * SAMPLES
    other.merge(survey)
    assert other.first(*kind) == [rejects[0], rejects[1], reject(annotation="00001.xml", image="a")]
    assert other.rejected("image") == 3999


def test_in_a_pipeline():
    batches = [tuple(OUTCOMES[:2]), (), tuple(OUTCOMES[2:3])]
    with pipeline_here() as pipeline:
        inputs = (
            pipeline | "Pictures" >> Create(batches).with_output_types(Batch),
            pipeline | "Others" >> Create(OUTCOMES[3:]),
        )
        assert_that(inputs | TakeSurvey(5) | Map(facts), equal_to([facts(survey_of(OUTCOMES, 5))]))


def test_in_a_pipeline_without_a_picture():
    with pipeline_here() as pipeline:
        inputs = pipeline | "Pictures" >> Create([]).with_output_types(Batch), pipeline | "Others" >> Create([])
        assert_that(inputs | TakeSurvey(0) | Map(facts), equal_to([facts(Survey())]))
