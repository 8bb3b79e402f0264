"""Pictures of equal content, under every policy, and groups that hang together by them."""

from itertools import pairwise

import pytest
from apache_beam import Create, FlatMap
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.deduplication import (
    POLICIES,
    DeduplicatePictures,
    UniteGroups,
    deduplicate,
    links_between_groups,
    share_signature,
)
from beam_pipelines.records import Picture, Reject, signature_of

from .made import box, picture, pipeline_here, sha

CAT, DOG = box("cat"), box("dog")


def copy(number: int, *boxes, **changes) -> Picture:
    """A picture of the one content, with a key and names of its own."""
    plain = {"key": number, "image": f"{number}.jpg", "annotation": f"{number}.xml", "boxes": tuple(sorted(boxes))}
    return picture(**{**plain, "signature": signature_of(boxes), **changes})


def identical(annotation: str, image: str, kept: str) -> Reject:
    return Reject("duplicate_identical", "duplicate", annotation, image, f"the same picture and boxes as {kept}")


def conflicting(annotation: str, image: str, kept: str) -> Reject:
    message = f"the same picture with other boxes as {kept}"
    return Reject("duplicate_conflicting", "duplicate", annotation, image, message)


@pytest.mark.parametrize("policy", POLICIES)
def test_other_pictures_are_left_alone(policy):
    others = [picture(sha256=sha(1), boxes=(CAT,)), picture(sha256=sha(2), boxes=(DOG,), leads=True)]
    assert list(deduplicate(others, policy)) == others
    assert list(deduplicate([], policy)) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_of_twins_the_first_by_key_stays(policy):
    twins = [copy(3, CAT), copy(1, CAT), copy(2, CAT)]
    expected = [identical("2.xml", "2.jpg", "'1.jpg'"), identical("3.xml", "3.jpg", "'1.jpg'"), copy(1, CAT)]
    assert list(deduplicate(twins, policy)) == expected


def test_two_annotations_of_one_file_are_told_apart_by_name():
    twins = [copy(1, CAT), copy(2, CAT, image="1.jpg"), copy(3, DOG, image="1.jpg")]
    assert list(deduplicate(twins, "reject")) == [
        identical("2.xml", "1.jpg", "'1.jpg' annotated by '1.xml'"),
        conflicting("3.xml", "1.jpg", "'1.jpg' annotated by '1.xml'"),
        copy(1, CAT),
    ]


def test_keep_leaves_all_with_the_classes_of_all():
    both = {"signature": "cat\0dog"}
    assert list(deduplicate([copy(2, DOG, repairs=("box_rounded",)), copy(1, CAT)], "keep")) == [
        copy(1, CAT, **both),
        copy(2, DOG, **both, leads=False, repairs=("box_rounded", "duplicate_kept")),
    ]


def test_keep_still_drops_twins_of_each():
    assert list(deduplicate([copy(1, CAT), copy(2, DOG), copy(3, DOG), copy(4, CAT)], "keep")) == [
        identical("3.xml", "3.jpg", "'2.jpg'"),
        identical("4.xml", "4.jpg", "'1.jpg'"),
        copy(1, CAT, signature="cat\0dog"),
        copy(2, DOG, signature="cat\0dog", leads=False, repairs=("duplicate_kept",)),
    ]


def test_merge_unites_the_boxes_in_the_first():
    one, two = copy(1, CAT, DOG, repairs=("box_rounded",)), copy(2, CAT, box("eel"), repairs=("size_missing",))
    repairs = ("box_rounded", "size_missing", "boxes_merged")
    assert list(deduplicate([two, one], "merge")) == [copy(1, CAT, DOG, box("eel"), repairs=repairs)]


def test_merge_keeps_the_first_of_boxes_that_differ_in_flags_alone():
    hard = (*CAT[:5], 1, 1, "Left")
    merged = copy(1, CAT, DOG, repairs=("boxes_merged",))
    assert list(deduplicate([copy(1, CAT), copy(2, hard, DOG)], "merge")) == [merged]


def test_merge_with_a_picture_that_was_annotated_as_empty():
    assert list(deduplicate([copy(1), copy(2, CAT)], "merge")) == [copy(1, CAT, repairs=("boxes_merged",))]


def test_reject_leaves_the_first():
    assert list(deduplicate([copy(2, DOG), copy(1, CAT), copy(3, DOG)], "reject")) == [
        conflicting("2.xml", "2.jpg", "'1.jpg'"),
        conflicting("3.xml", "3.jpg", "'1.jpg'"),
        copy(1, CAT),
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_an_unannotated_copy_is_no_negative(policy):
    """Even where its key comes first."""
    copies = [copy(1, annotation=""), copy(2, CAT)]
    assert list(deduplicate(copies, policy)) == [conflicting("", "1.jpg", "'2.jpg'"), copy(2, CAT)]


@pytest.mark.parametrize("policy", POLICIES)
def test_unannotated_copies_are_twins_of_each_other_and_of_negatives(policy):
    alone = [copy(2, annotation=""), copy(1, annotation="")]
    assert list(deduplicate(alone, policy)) == [identical("", "2.jpg", "'1.jpg'"), copy(1, annotation="")]
    assert list(deduplicate([*alone, copy(3)], policy)) == [
        identical("", "1.jpg", "'3.jpg'"),
        identical("", "2.jpg", "'3.jpg'"),
        copy(3),
    ]


TURNED = {"conversion": "upright_jpeg", "width": 30, "height": 40}


def test_copies_that_are_written_differently_are_not_merged():
    """One was annotated upright, the other as it is stored: their boxes are of other pixels."""
    stored, upright = copy(1, CAT, conversion="untag"), copy(2, DOG, **TURNED)
    assert list(deduplicate([upright, stored], "merge")) == [conflicting("2.xml", "2.jpg", "'1.jpg'"), stored]
    kept = [outcome for outcome in deduplicate([upright, stored], "keep") if isinstance(outcome, Picture)]
    assert [(p.image, p.conversion) for p in kept] == [("1.jpg", "untag"), ("2.jpg", "upright_jpeg")]


@pytest.mark.parametrize("policy", ["merge", "reject"])
def test_equal_numbers_in_other_pixels_are_other_boxes(policy):
    stored, upright = copy(1, CAT, conversion="untag"), copy(2, CAT, **TURNED)
    assert list(deduplicate([stored, upright], policy)) == [conflicting("2.xml", "2.jpg", "'1.jpg'"), stored]


def test_pictures_without_boxes_are_twins_however_they_are_turned():
    stored, upright = copy(1, conversion="untag"), copy(2, **TURNED)
    assert list(deduplicate([stored, upright], "keep")) == [identical("2.xml", "2.jpg", "'1.jpg'"), stored]


BOXES = st.lists(st.sampled_from([CAT, DOG, box("cat", 0.0)]), max_size=2, unique=True)
COPIES = st.lists(st.tuples(BOXES, st.booleans(), st.integers(1, 2)), max_size=7).map(
    lambda drawn: [
        copy(i, *(boxes if annotated else ()), annotation=f"{i}.xml" if annotated else "", sha256=sha(content))
        for i, (boxes, annotated, content) in enumerate(drawn)
    ]
)


@given(COPIES.flatmap(lambda copies: st.tuples(st.just(copies), st.permutations(copies))), st.sampled_from(POLICIES))
def test_nothing_is_lost_and_order_is_nothing(copies_and_order, policy):
    copies, shuffled = copies_and_order
    outcomes = list(deduplicate(copies, policy))
    assert list(deduplicate(shuffled, policy)) == outcomes
    kept = [outcome for outcome in outcomes if isinstance(outcome, Picture)]
    rejected = {outcome.image for outcome in outcomes if isinstance(outcome, Reject)}
    merged = sum(p.repairs.count("boxes_merged") for p in kept)
    assert len(kept) + len(rejected) + merged == len(copies)
    assert not rejected & {p.image for p in kept}
    for content in {p.sha256 for p in copies}:
        same = [p for p in kept if p.sha256 == content]
        assert [p.leads for p in same] == [True] + [False] * (len(same) - 1)
        assert len({p.signature for p in same}) == 1
        if policy != "keep":
            assert len(same) == 1
        if policy != "reject":
            # All boxes are in the dataset.
            drawn = {b for p in copies if p.sha256 == content for b in p.boxes}
            assert {b for p in same for b in p.boxes} == drawn


def test_share_signature():
    members = [copy(2, DOG, CAT), copy(1), copy(3, CAT)]
    assert list(share_signature(members)) == [
        copy(1, signature="cat\0dog"),
        copy(2, CAT, DOG, signature="cat\0dog", leads=False),
        copy(3, CAT, signature="cat\0dog", leads=False),
    ]


def test_links():
    pictures = [
        picture(sha256=sha(1), group="b"),
        picture(sha256=sha(2), group="z"),
        picture(sha256=sha(1), group="a"),
        picture(sha256=sha(1), group="c"),
        picture(sha256=sha(1), group="a"),
        picture(sha256=sha(3), group="z"),
    ]
    assert list(links_between_groups(pictures)) == [("a", "b"), ("a", "c")]


LINKS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20).map(
    lambda pairs: [tuple(sorted((f"{a:02}", f"{b:02}"))) for a, b in pairs if a != b]
)


def united(links, cuts=()):
    """As a runner does it: parts are added up one by one, then merged."""
    unite = UniteGroups()
    parts, start = [], 0
    for end in [*sorted(cuts), len(links)]:
        part = unite.create_accumulator()
        for link in links[start:end]:
            part = unite.add_input(part, link)
        parts.append(part)
        start = max(start, end)
    return unite.extract_output(unite.merge_accumulators(parts))


def components(links):
    """Group → the first of all that hang together with it, the slow way."""
    together = {name: {name} for link in links for name in link}
    for a, b in links:
        whole = together[a] | together[b]
        together |= dict.fromkeys(whole, whole)
    return {name: min(others) for name, others in together.items() if min(others) != name}


@given(LINKS.flatmap(lambda links: st.tuples(st.just(links), st.permutations(links))), st.sets(st.integers(0, 20)))
def test_groups_are_united_in_any_order(links_and_order, cuts):
    links, shuffled = links_and_order
    assert united(links) == components(links)
    assert united(shuffled, [min(cut, len(links)) for cut in cuts]) == components(links)


def test_a_chain_of_thousands_of_groups():
    names = [f"{i:05}" for i in range(20_000)]
    links = list(pairwise(names))[::-1]
    assert united(links, [1000]) == dict.fromkeys(names[1:], "00000")


def test_in_a_pipeline():
    pictures = [copy(1, CAT), copy(2, CAT), copy(3, DOG), picture(sha256=sha(2), image="other.jpg")]
    with pipeline_here() as pipeline:
        batches, rejects = pipeline | Create(pictures) | DeduplicatePictures("keep", 4, grouped=False)
        both = {"signature": "cat\0dog"}
        expected = [copy(1, CAT, **both), copy(3, DOG, **both, leads=False, repairs=("duplicate_kept",)), pictures[3]]
        assert_that(batches | FlatMap(tuple), equal_to(expected), label="kept")
        assert_that(rejects, equal_to([identical("2.xml", "2.jpg", "'1.jpg'")]), label="rejects")


def test_in_a_pipeline_with_groups():
    """Scan 1 is in a and c, scan 2 in c and d: all three are one group. Group e stands alone."""
    pictures = [
        picture(key=1, sha256=sha(1), image="1", group="c", boxes=(CAT,)),
        picture(key=2, sha256=sha(1), image="2", group="a", boxes=(DOG,), signature="dog"),
        picture(key=3, sha256=sha(2), image="3", group="d", boxes=(CAT,)),
        picture(key=4, sha256=sha(2), image="4", group="c", boxes=(CAT,)),
        picture(key=5, sha256=sha(3), image="5", group="d", boxes=(), signature=""),
        picture(key=6, sha256=sha(4), image="6", group="e", boxes=(DOG,), signature="dog"),
        picture(key=7, sha256=sha(5), image="7", group="e", boxes=(DOG,), signature="dog"),
    ]
    shared = {"group": "a", "signature": "cat\0dog"}
    expected = [
        pictures[0]._replace(**shared),
        pictures[1]._replace(**shared, leads=False, repairs=("duplicate_kept",)),
        pictures[2]._replace(**shared, leads=False),
        pictures[4]._replace(**shared, leads=False),
        pictures[5],
        pictures[6]._replace(leads=False),
    ]
    with pipeline_here() as pipeline:
        batches, rejects = pipeline | Create(pictures) | DeduplicatePictures("keep", 4, grouped=True)
        assert_that(batches | FlatMap(tuple), equal_to(expected), label="kept")
        assert_that(rejects, equal_to([identical("a.xml", "4", "'3'")]), label="rejects")
