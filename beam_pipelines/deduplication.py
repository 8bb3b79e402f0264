"""Finds pictures of equal content, and keeps them, or their groups, on one side of every split."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsSingleton, PCollection, TaggedOutput

from beam_pipelines.coding import Batch, in_batches
from beam_pipelines.records import Box, Picture, Reject, key_of, signature_of

POLICIES = ("keep", "merge", "reject")


def deduplicate(pictures: Iterable[Picture], policy: str) -> Iterator[Picture | Reject]:
    """Settles pictures of equal content.

    Same boxes: the first by key stays. An unannotated copy of an annotated picture goes: it would be a false negative.
    Other boxes, by policy: 'keep' leaves all, 'merge' unites the boxes into the first, 'reject' leaves the first.

    Where the pictures were given to splits, each split is settled by itself, and pictures in several are marked.

    Args:
        pictures: all pictures of some contents, in any order.
        policy: one of `POLICIES`.
    """
    ordered = sorted(pictures, key=attrgetter("sha256", "split", "key", "image", "annotation"))
    for _, same in groupby(ordered, attrgetter("sha256")):
        copies = list(same)
        if len(copies) == 1:
            yield copies[0]
            continue
        kept = []
        for _, of_split in groupby(copies, attrgetter("split")):
            for outcome in _settle(list(of_split), policy):
                if isinstance(outcome, Picture):
                    kept.append(outcome)
                else:
                    yield outcome
        yield from share_signature(_with_keys_of_their_own(mark_leaks(kept, "leaked_copy")))


def mark_leaks(pictures: Iterable[Picture], code: str) -> list[Picture]:
    """Counts `code` for each picture of some that belong together, if they were given to more than one split."""
    members = list(pictures)
    if len({picture.split for picture in members}) < 2:
        return members
    return [m if "leaked_copy" in m.repairs else m._replace(repairs=(*m.repairs, code)) for m in members]


def _with_keys_of_their_own(pictures: list[Picture]) -> Iterator[Picture]:
    """Tells examples of the same image apart, of which several annotations or splits make more than one."""
    images: set[str] = set()
    for picture in pictures:
        if picture.image in images:
            more = f"{picture.split}\0{picture.annotation}"
            yield picture._replace(key=key_of(picture.sha256, picture.image, more))
        else:
            images.add(picture.image)
            yield picture


def _settle(copies: list[Picture], policy: str) -> Iterator[Picture | Reject]:
    annotated = [p for p in copies if p.annotation]
    ranked = annotated + [p for p in copies if not p.annotation]
    first, kept = ranked[0], [ranked[0]]
    for picture in ranked[1:]:
        twin = next((k for k in kept if _same_boxes(k, picture)), None)
        if twin is not None:
            yield _duplicate("identical", picture, twin)
        elif not picture.annotation:
            yield _duplicate("conflicting", picture, first)
        elif policy == "keep":
            kept.append(picture._replace(repairs=(*picture.repairs, "duplicate_kept")))
        elif policy == "merge" and _drawn_alike(picture, first) and not picture.masks:
            kept[0] = kept[0]._replace(
                boxes=_united(kept[0].boxes, picture.boxes),
                labels=tuple(sorted({*kept[0].labels, *picture.labels})),
                repairs=(*kept[0].repairs, *picture.repairs, "boxes_merged"),
            )
        else:
            yield _duplicate("conflicting", picture, first)
    yield from kept


def _same_boxes(one: Picture, other: Picture) -> bool:
    annotated = attrgetter("boxes", "labels", "masks")
    return annotated(one) == annotated(other) and (not one.boxes or _drawn_alike(one, other))


def _united(first: tuple[Box, ...], other: tuple[Box, ...]) -> tuple[Box, ...]:
    """Returns the boxes of both; of boxes with equal class and coordinates the first, with its flags."""
    by_place: dict[tuple[object, ...], Box] = {}
    for box in (*first, *other):
        by_place.setdefault(box[:5], box)
    return tuple(sorted(by_place.values()))


def _drawn_alike(one: Picture, other: Picture) -> bool:
    """Whether both were annotated on the same pixels: one of them may have been turned by its EXIF tag."""
    drawn = attrgetter("width", "height", "conversion", "masks")
    return bool(drawn(one) == drawn(other))


def _duplicate(kind: str, picture: Picture, kept: Picture) -> Reject:
    relation = "and boxes" if kind == "identical" else "with other boxes"
    named = f"'{kept.image}'" + (f" annotated by '{kept.annotation}'" if kept.image == picture.image else "")
    message = f"the same picture {relation} as {named}"
    return Reject(f"duplicate_{kind}", "duplicate", picture.annotation, picture.image, message)


def share_signature(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """Gives all pictures of one group the classes of the group, and makes the first its leader."""
    members = sorted(pictures, key=attrgetter("key", "image", "annotation"))
    signature = signature_of(
        (box for member in members for box in member.boxes), (label for member in members for label in member.labels)
    )
    for i, member in enumerate(members):
        yield member._replace(signature=signature, leads=i == 0)


def links_between_groups(pictures: Iterable[Picture]) -> Iterator[tuple[str, str]]:
    """Yields pairs of groups that hold the same picture, and so must not be parted."""
    for _, same in groupby(sorted(pictures, key=attrgetter("sha256")), attrgetter("sha256")):
        groups = sorted({p.group for p in same})
        yield from ((groups[0], other) for other in groups[1:])


class UniteGroups(beam.CombineFn):
    """Union-find over links: each linked group → the first name among all that hang together with it."""

    def create_accumulator(self) -> dict[str, str]:
        """Returns no links."""
        return {}

    def add_input(self, parents: dict[str, str], link: tuple[str, str]) -> dict[str, str]:
        """Joins the two groups of a link under the smaller root, which makes the result independent of order."""
        low, high = sorted(_root(parents, name) for name in link)
        if low != high:
            parents[high] = low
        return parents

    def merge_accumulators(self, many: Iterable[dict[str, str]]) -> dict[str, str]:
        """Adds all links of all accumulators."""
        merged: dict[str, str] = {}
        for parents in many:
            for link in parents.items():
                self.add_input(merged, link)
        return merged

    def extract_output(self, parents: dict[str, str]) -> dict[str, str]:
        """Returns group → root, for groups that are not their own root."""
        return {name: _root(parents, name) for name in parents}


def _root(parents: dict[str, str], name: str) -> str:
    while name in parents:
        parent = parents[name]
        parents[name] = parents.get(parent, parent)  # halves the way: a chain would cost its square
        name = parents[name]
    return name


class _Deduplicate(beam.DoFn):
    def __init__(self, policy: str, grouped: bool):
        self._policy, self._grouped = policy, grouped

    def process(self, element: tuple[int, Iterable[Picture]]) -> Iterator[Any]:
        pictures = list(element[1])
        if self._grouped:
            for link in links_between_groups(pictures):
                yield TaggedOutput("links", link)
        settled = list(deduplicate(pictures, self._policy))
        yield from in_batches([outcome for outcome in settled if isinstance(outcome, Picture)])
        for outcome in settled:
            if isinstance(outcome, Reject):
                yield TaggedOutput("rejects", outcome)


def _by_content(picture: Picture, buckets: int) -> tuple[int, Picture]:
    return int(picture.sha256[:8], 16) % buckets, picture


def _by_group(pictures: Batch, buckets: int, roots: dict[str, str]) -> Iterator[tuple[int, Picture]]:
    for picture in pictures:
        group = roots.get(picture.group, picture.group)
        yield zlib.crc32(group.encode()) % buckets, picture._replace(group=group)


def _of_group(_: int, pictures: Iterable[Picture]) -> Iterator[tuple[Picture, ...]]:
    groups = groupby(sorted(pictures, key=attrgetter("group")), attrgetter("group"))
    shared = [picture for _, members in groups for picture in share_signature(mark_leaks(members, "leaked_group"))]
    yield from in_batches(shared)


@dataclass
class DeduplicatePictures(beam.PTransform):
    """Settles pictures of equal content. Returns (batches of pictures, rejects).

    Attributes:
        policy: one of `POLICIES`.
        buckets: how many parts the pictures are compared in; it changes no result.
        grouped: whether groups are wider than equal content (`--group_by`).
    """

    policy: str
    buckets: int
    grouped: bool

    def expand(self, pictures: PCollection) -> tuple[PCollection, PCollection]:
        """One shuffle of pictures by content; with groups a second, by group."""
        keyed = tuple[int, Picture]
        settled = (
            pictures
            | "Bucket by content" >> beam.Map(_by_content, self.buckets).with_output_types(keyed)
            | "Bring equal pictures together" >> beam.GroupByKey()
            | "Settle duplicates"
            >> beam.ParDo(_Deduplicate(self.policy, self.grouped))
            .with_output_types(Batch, links=tuple[str, str], rejects=Reject)
            .with_outputs("links", "rejects", main="pictures")
        )
        if not self.grouped:
            return settled.pictures, settled.rejects
        roots = AsSingleton(settled.links | "Unite groups" >> beam.CombineGlobally(UniteGroups()))
        shared = (
            settled.pictures
            | "Bucket by group" >> beam.FlatMap(_by_group, self.buckets, roots).with_output_types(keyed)
            | "Bring groups together" >> beam.GroupByKey()
            | "Share classes within groups" >> beam.FlatMapTuple(_of_group).with_output_types(Batch)
        )
        return shared, settled.rejects
