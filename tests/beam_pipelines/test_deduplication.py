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
    mark_leaks,
    share_signature,
)
from beam_pipelines.records import Picture, Reject, key_of, signature_of

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


def own_key(one: Picture) -> int:
    """Of a second example of the same image."""
    return key_of(one.sha256, one.image, f"{one.split}\0{one.annotation}")


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


def labelled(number: int, *labels: str, boxes=(), **changes) -> Picture:
    return copy(number, *boxes, **{"labels": labels, "signature": signature_of(boxes, labels), **changes})


def test_other_classes_of_the_image_are_another_annotation():
    first, second, twin = labelled(1, "cat"), labelled(2, "cat", "dog"), labelled(3, "cat")
    assert list(deduplicate([first, second, twin], "reject")) == [
        conflicting("2.xml", "2.jpg", "'1.jpg'"),
        identical("3.xml", "3.jpg", "'1.jpg'"),
        first,
    ]


def test_merge_unites_the_classes_of_the_image():
    parts = labelled(1, "dog", boxes=[CAT]), labelled(2, "cat", "dog"), labelled(3, "eel", boxes=[DOG])
    expected = labelled(1, "cat", "dog", "eel", boxes=[CAT, DOG], repairs=("boxes_merged",) * 2)
    assert list(deduplicate(parts, "merge")) == [expected]


MASKED = (*CAT[:-1], "#1")


def test_boxes_with_other_masks_are_other_boxes():
    """Though both say '#1': it is the number in two files."""
    copies = copy(1, MASKED, masks="aa"), copy(2, MASKED, masks="bb"), copy(3, MASKED, masks="aa")
    rejects = [conflicting("2.xml", "2.jpg", "'1.jpg'"), identical("3.xml", "3.jpg", "'1.jpg'")]
    assert list(deduplicate(copies, "reject")) == [*rejects, copies[0]]


@pytest.mark.parametrize("masks", ["aa", "bb"])
def test_masks_are_never_merged(masks):
    """A box would be written with a pixel's number in a file of another picture."""
    copies = copy(1, MASKED, masks="aa"), copy(2, (*DOG[:-1], "#2"), masks=masks)
    assert list(deduplicate(copies, "merge")) == [conflicting("2.xml", "2.jpg", "'1.jpg'"), copies[0]]


@pytest.mark.parametrize("policy", POLICIES)
def test_given_splits_are_settled_one_by_one_and_leaks_are_told(policy):
    train, twin = copy(1, CAT, split="train"), copy(2, CAT, split="train", repairs=("size_missing",))
    test = copy(3, CAT, split="test", repairs=("box_rounded",))
    assert list(deduplicate([train, twin, test], policy)) == [
        identical("2.xml", "2.jpg", "'1.jpg'"),
        train._replace(repairs=("leaked_copy",)),
        test._replace(leads=False, repairs=("box_rounded", "leaked_copy")),
    ]


def test_copies_within_one_given_split_are_no_leak():
    copies = [copy(1, CAT, split="train"), copy(2, DOG, split="train")]
    both = {"signature": "cat\0dog"}
    assert list(deduplicate(copies, "keep")) == [
        copies[0]._replace(**both),
        copies[1]._replace(**both, leads=False, repairs=("duplicate_kept",)),
    ]


def test_a_policy_holds_within_each_given_split():
    copies = [copy(1, CAT, split="b"), copy(2, DOG, split="b"), copy(3, CAT, split="a"), copy(4, DOG, split="a")]
    both = {"signature": "cat\0dog"}
    assert list(deduplicate(copies, "merge")) == [
        copy(1, CAT, DOG, **both, split="b", repairs=("boxes_merged", "leaked_copy")),
        copy(3, CAT, DOG, **both, split="a", leads=False, repairs=("boxes_merged", "leaked_copy")),
    ]


def test_an_image_in_several_splits_has_keys_of_its_own():
    """The first split by name has the key that the image would have alone."""
    image = copy(5, CAT)
    train, test, extra = (image._replace(split=split) for split in ("train", "test", "extra"))
    found = list(deduplicate([train, test, extra], "keep"))
    assert sorted((p.split, p.key) for p in found) == [
        ("extra", 5),
        ("test", own_key(test)),
        ("train", own_key(train)),
    ]
    assert sorted(p.leads for p in found) == [False, False, True]
    assert {p.repairs for p in found} == {("leaked_copy",)}


def test_an_image_with_several_annotations_has_keys_of_its_own():
    """The key of an image says nothing of its annotation, so the second needs another."""
    first, second = (copy(5, one, image="a.jpg", annotation=name) for one, name in ((CAT, "a.xml"), (DOG, "b.xml")))
    found = list(deduplicate([second, first], "keep"))
    assert sorted((p.annotation, p.key) for p in found) == [("a.xml", 5), ("b.xml", own_key(second))]


def test_mark_leaks():
    train, other = copy(1, split="train"), copy(2, split="train", repairs=("size_missing",))
    known = copy(3, split="test", repairs=("leaked_copy",))
    assert mark_leaks([train, other], "leaked_group") == [train, other]
    assert mark_leaks([copy(1), copy(2)], "leaked_group") == [copy(1), copy(2)]
    assert mark_leaks(iter([train, other, known]), "leaked_group") == [
        train._replace(repairs=("leaked_group",)),
        other._replace(repairs=("size_missing", "leaked_group")),
        known,
    ]


BOXES = st.lists(st.sampled_from([CAT, DOG, box("cat", 0.0)]), max_size=2, unique=True)
LABELS = st.sampled_from([(), ("cat",), ("cat", "eel")])
COPIES = st.lists(st.tuples(BOXES, LABELS, st.booleans(), st.integers(1, 2)), max_size=7).map(
    lambda drawn: [
        copy(i, *boxes, annotation=f"{i}.xml", labels=labels, sha256=sha(content))
        if annotated
        else copy(i, annotation="", sha256=sha(content))
        for i, (boxes, labels, annotated, content) in enumerate(drawn)
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
            named = {name for p in copies if p.sha256 == content for name in p.labels}
            assert {name for p in same for name in p.labels} == named


SPLIT_COPIES = st.lists(
    st.tuples(BOXES, st.sampled_from(["a", "b", "c"]), st.integers(1, 3), st.integers(1, 2)), max_size=8, unique_by=str
).map(
    lambda drawn: [
        copy(key_of(sha(content), f"{content}.jpg"), *boxes, sha256=sha(content), split=split)._replace(
            image=f"{content}.jpg", annotation=f"{number}.xml"
        )
        for number, (boxes, split, _, content) in enumerate(drawn)
    ]
)


@given(
    SPLIT_COPIES.flatmap(lambda copies: st.tuples(st.just(copies), st.permutations(copies))), st.sampled_from(POLICIES)
)
def test_every_example_of_given_splits_has_a_key_of_its_own(copies_and_order, policy):
    copies, shuffled = copies_and_order
    outcomes = list(deduplicate(copies, policy))
    assert list(deduplicate(shuffled, policy)) == outcomes
    kept = [outcome for outcome in outcomes if isinstance(outcome, Picture)]
    assert len({p.key for p in kept}) == len(kept)
    assert {(p.split, p.sha256) for p in kept} == {(p.split, p.sha256) for p in copies}
    for content in {p.sha256 for p in copies}:
        same = [p for p in kept if p.sha256 == content]
        leaks = len({p.split for p in same}) > 1
        assert [("leaked_copy" in p.repairs) for p in same] == [leaks] * len(same)
        assert sorted(p.leads for p in same) == [False] * (len(same) - 1) + [True]


def test_share_signature():
    members = [copy(2, DOG, CAT), copy(1), labelled(3, "eel", boxes=[CAT])]
    shared = {"signature": "cat\0dog\0eel"}
    assert list(share_signature(members)) == [
        copy(1, **shared),
        copy(2, CAT, DOG, **shared, leads=False),
        labelled(3, "eel", boxes=[CAT], **shared, leads=False),
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


def test_in_a_pipeline_with_groups_that_were_given_to_splits():
    """Group g is in two splits, by pictures of its own; copies in two splits are told as such alone."""
    frames = [
        picture(key=i, sha256=sha(i), image=f"{i}.jpg", annotation=f"{i}.xml", group="g", split=split)
        for i, split in enumerate(["train", "train", "test"], 1)
    ]
    copies = [
        picture(key=i, sha256=sha(9), image=f"{i}.jpg", annotation=f"{i}.xml", group="h", split=split)
        for i, split in enumerate(["train", "test"], 4)
    ]
    alone = [
        picture(key=i, sha256=sha(i), image=f"{i}.jpg", annotation=f"{i}.xml", group="i", split="test") for i in (6, 7)
    ]
    expected = [
        frames[0]._replace(repairs=("leaked_group",)),
        frames[1]._replace(repairs=("leaked_group",), leads=False),
        frames[2]._replace(repairs=("leaked_group",), leads=False),
        copies[0]._replace(repairs=("leaked_copy",)),
        copies[1]._replace(repairs=("leaked_copy",), leads=False),
        alone[0],
        alone[1]._replace(leads=False),
    ]
    with pipeline_here() as pipeline:
        given_pictures = pipeline | Create([*frames, *copies, *alone])
        batches, rejects = given_pictures | DeduplicatePictures("keep", 4, grouped=True)
        assert_that(batches | FlatMap(tuple), equal_to(expected), label="kept")
        assert_that(rejects, equal_to([]), label="rejects")
