"""Which file an outcome goes to."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.planning import make_plan
from beam_pipelines.records import Tally
from beam_pipelines.sharding import REJECTS, ShardId, all_shards, shard_of

from .made import picture, pictures, reject, sha, splits_of, survey_of, wishes

FOUND = pictures(100)
PLAN = make_plan(survey_of(FOUND), wishes(num_shards={"train": 8, "validation": 1, "test": 2}))


def in_one_split(shards: int):
    return PLAN._replace(
        split=make_plan(survey_of(FOUND), wishes(fractions={"all": 1.0})).split, shards={"all": shards}
    )


@pytest.mark.parametrize(
    ("shard", "name", "text"),
    [
        (ShardId("train", 0, 10), "train-00000-of-00010.tfrecord", "train:0:10"),
        (ShardId("my-split_2", 99998, 99999), "my-split_2-99998-of-99999.tfrecord", "my-split_2:99998:99999"),
        (ShardId(REJECTS, 0, 1), "rejects-00000-of-00001.jsonl", "rejects:0:1"),
    ],
)
def test_names(shard, name, text):
    assert (shard.name, shard.text) == (name, text)
    assert ShardId.from_text(text) == shard


def test_all_shards_in_the_order_of_the_output():
    assert list(all_shards(PLAN._replace(reject_files=2))) == [
        *(ShardId("train", i, 8) for i in range(8)),
        ShardId("validation", 0, 1),
        ShardId("test", 0, 2),
        ShardId("test", 1, 2),
        ShardId("rejects", 0, 2),
        ShardId("rejects", 1, 2),
    ]


def test_every_outcome_goes_to_a_shard_of_its_split():
    splits = splits_of(PLAN, FOUND)
    places = {p.image: ShardId.from_text(shard_of(p, PLAN)) for p in FOUND}
    assert {image: place.family for image, place in places.items()} == splits
    assert set(places.values()) <= set(all_shards(PLAN))
    assert len({place for place in places.values() if place.family == "train"}) == 8


def test_tallies_are_not_written():
    assert shard_of(Tally("images", 1), PLAN) is None


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1), st.integers(1, 99_999))
def test_shards_follow_each_other_as_keys_do(keys, shards):
    plan = in_one_split(shards)
    numbers = [ShardId.from_text(shard_of(picture(key=key), plan)).number for key in sorted(keys)]
    assert numbers == sorted(numbers)
    assert all(0 <= number < shards for number in numbers)
    assert numbers == [key * shards // 2**63 for key in sorted(keys)]


@pytest.mark.parametrize(("key", "number"), [(0, 0), (2**62 - 1, 0), (2**62, 1), (2**63 - 1, 1)])
def test_borders(key, number):
    assert shard_of(picture(key=key), in_one_split(2)) == f"all:{number}:2"


def test_rejects_of_one_annotation_are_in_one_file():
    plan = PLAN._replace(reject_files=7)
    rejects = [reject(annotation=f"{i}.xml") for i in range(500)] + [
        reject(annotation="", image=f"{i}.jpg") for i in range(500)
    ]
    places = Counter(shard_of(r, plan) for r in rejects)
    assert set(places) == {f"rejects:{i}:7" for i in range(7)}
    for r in rejects[:500:50]:
        assert shard_of(r._replace(code="box_outside", image="x.jpg", box="cat"), plan) == shard_of(r, plan)


def test_a_reject_without_any_name_has_a_place_too():
    assert shard_of(reject(annotation="", image=""), PLAN) == "rejects:0:1"


def test_copies_may_be_in_other_shards_but_not_in_other_splits():
    copies = [picture(key=key, sha256=sha(1), group=sha(1)) for key in (0, 2**63 - 1)]
    places = [ShardId.from_text(shard_of(p, PLAN)) for p in copies]
    assert len({place.family for place in places}) == 1
