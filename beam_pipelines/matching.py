"""Joins the two listings: which image file does an annotation speak of?

No file is looked up by its path. Both sides are listed once and joined by file name stem, and only names travel:

1. the path below each side's root, without extension: `Annotations/seq1/01.xml` meets `JPEGImages/seq1/01.jpg`;
2. the stem of `<filename>`;
3. the stem of the annotation file itself.

Where a stem belongs to several images, the annotation goes to the one whose folders end most like those that the
annotation names (`<path>`, `<folder>`, its own); among equals, to the one nearest to it in the tree of folders.
What is still equal is rejected: a picture with another picture's boxes is worse than a picture less.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.buckets import ListEntries, ListFiles, bucket_of, join
from beam_pipelines.candidates import (
    Bases,
    Candidates,
    bases_of,
    file_name,
    folders_of,
    nearest_to,
    real_images,
    stem,
)
from beam_pipelines.coding import Batch, Outcome, in_batches
from beam_pipelines.file_names import extension, is_image_name, without_extension
from beam_pipelines.listing import FileSet
from beam_pipelines.reading import read_record
from beam_pipelines.records import ListedImage, Pair, Query, RecordError, Reject, Side, Tally
from beam_pipelines.splits.given import assign, not_found, with_splits
from beam_pipelines.voc_xml import parse_voc


def match_by_path(
    images: Sequence[ListedImage], queries: Sequence[Query], bases: Bases = ((), ())
) -> tuple[list[Pair], list[Query], Side]:
    """Matches by the path below each root. Returns (pairs, queries that found none, the images for what follows).

    `bases` are the folders above the names of images and of annotations.
    """
    by_path: dict[str, list[str]] = {}
    for image in images:
        if is_image_name(image.name) or not extension(image.name):
            by_path.setdefault(without_extension(image.name[image.above :]), []).append(image.name)
    claims: dict[str, list[Query]] = {}
    left: list[Query] = []
    for query in queries:
        candidates = real_images(by_path.get(without_extension(query.name[query.above :]), []))
        if len(candidates) == 1:
            claims.setdefault(candidates[0], []).append(query)
        else:
            left.append(query)
    pairs = []
    for name, claimants in claims.items():
        nearest = nearest_to(name, claimants, bases)
        pairs += [Pair(query.name, name) for query in nearest]
        left += [query for query in claimants if query not in nearest]
    return with_splits(pairs, images), left, Side(images=_mark(images, claims.keys()))


def match_by_name(
    images: Sequence[ListedImage], queries: Sequence[Query], bases: Bases, last: bool
) -> tuple[list[Pair], list[Query], list[Reject], Side]:
    """Matches by stem: of `<filename>`, or, in the `last` round, of the annotation file.

    An image that has the annotation's own name and belongs to another annotation is not given away twice: there are
    two sequences whose frames are named alike, and one lacks this picture.

    Returns (pairs, queries that found none, rejects, the images for what follows).
    """
    by_stem: dict[str, list[str]] = {}
    if queries:
        for image in images:
            by_stem.setdefault(stem(image.name), []).append(image.name)
    candidates = {key: Candidates(real_images(names), *bases) for key, names in by_stem.items()}
    claims: dict[str, list[Query]] = {}
    left, rejects = [], []
    doubtful: set[str] = set()
    for query in queries:
        wanted = candidates.get(stem(query.name if last else query.filename))
        if wanted is None:
            left.append(query)
            continue
        best = wanted.best(query)
        if len(best) == 1:
            claims.setdefault(best[0], []).append(query)
        else:
            rejects.append(_ambiguous(query, best))
            doubtful |= set(by_stem[stem(query.name if last else query.filename)])
    taken = {image.name for image in images if image.matched}
    pairs = []
    for name, claimants in claims.items():
        alike = [query for query in claimants if stem(query.name) == stem(name)]
        theirs = [] if name in taken else nearest_to(name, alike, bases)
        lost = [query for query in alike if query not in theirs]
        rejects += [_taken(query, name) for query in lost]
        pairs += [Pair(query.name, name) for query in claimants if query not in lost]
    matched = {pair.image for pair in pairs}
    claimed = tuple(i._replace(claimed=True) if i.name in doubtful else i for i in images) if doubtful else images
    return with_splits(pairs, images), left, rejects, Side(images=_mark(claimed, matched))


def describe(query: Query, data: bytes) -> Query:
    """Adds to a query what its annotation file says about the image.

    Raises:
        RecordError: as `parse_voc`.
    """
    annotation = parse_voc(data)
    named = [folders_of(annotation.path), folders_of(annotation.folder + "/x"), folders_of(annotation.filename)]
    return query._replace(filename=annotation.filename, folders=tuple(dict.fromkeys(f for f in named if f)))


def _mark(images: Sequence[ListedImage], matched: Collection[str]) -> tuple[ListedImage, ...]:
    if not matched:
        return tuple(images)
    return tuple(i._replace(matched=True) if i.name in matched else i for i in images)


def _ambiguous(query: Query, best: list[str]) -> Reject:
    shown = ", ".join(f"'{name}'" for name in best[:3]) + (", …" if len(best) > 3 else "")
    return Reject("image_ambiguous", "image", query.name, "", f"several images fit equally well: {shown}")


def _taken(query: Query, image: str) -> Reject:
    message = f"its image is missing: the only one of this name, '{image}', belongs to another annotation"
    return Reject("image_missing", "image", query.name, "", message)


def _missing(query: Query) -> Reject:
    names = dict.fromkeys(n for n in (file_name(query.filename), without_extension(file_name(query.name))) if n)
    shown = " nor ".join(f"'{name}'" for name in names)
    negation = "neither" if len(names) > 1 else "not"
    return Reject("image_missing", "image", query.name, "", f"no image file is named so: {negation} {shown}")


def unannotated(images: Iterable[ListedImage], policy: str) -> Iterator[Any]:
    """Yields what becomes of images without annotation: batches of pairs, or a tally of 'outcomes'."""
    alone = [image for image in images if not image.matched and is_image_name(image.name)]
    if policy == "negative":  # not those that an annotation may be meant for
        yield from in_batches([Pair("", image.name, image.splits) for image in alone if not image.claimed])
    elif alone:
        yield TaggedOutput("outcomes", Tally("images_without_annotation", len(alone)))


class _MatchByPath(beam.DoFn):
    """Emits pairs, and on the side what the next round needs; reads the annotations that are left."""

    def __init__(self, annotations: FileSet, buckets: int, bases: Bases):
        self._annotations, self._buckets, self._bases = annotations, buckets, bases

    def process(self, element: tuple[int, Iterable[Side]]) -> Iterator[Any]:
        bucket, sides = element
        side = join(sides)
        assigned = assign(side.images, side.entries, self._bases[0])
        images, queries = assigned.images, side.queries
        pairs, left, rest = match_by_path(images, queries, self._bases)
        yield from in_batches(pairs)
        for reject in not_found(assigned):
            yield TaggedOutput("outcomes", reject)
        yield TaggedOutput("next", (bucket, rest))
        yield TaggedOutput("outcomes", Tally("annotations", len(queries)))
        yield TaggedOutput("outcomes", Tally("images", len(images)))
        for query in left:
            try:
                read = describe(query, read_record(self._annotations.path(query.name), "annotation_unreadable"))
            except RecordError as error:
                yield TaggedOutput("outcomes", Reject(error.code, "image", query.name, "", error.message))
            else:
                yield TaggedOutput("next", (bucket_of(read.filename, self._buckets), Side(queries=(read,))))


@dataclass
class _MatchByName(beam.DoFn):
    bases: Bases
    buckets: int
    last: bool
    unannotated: str

    def process(self, element: tuple[int, Iterable[Side]]) -> Iterator[Any]:
        bucket, sides = element
        side = join(sides)
        pairs, left, rejects, rest = match_by_name(side.images, side.queries, self.bases, self.last)
        yield from in_batches(pairs)
        for reject in rejects:
            yield TaggedOutput("outcomes", reject)
        if not self.last:
            yield TaggedOutput("next", (bucket, rest))
            for query in left:
                yield TaggedOutput("next", (bucket_of(query.name, self.buckets), Side(queries=(query,))))
            return
        for query in left:
            yield TaggedOutput("outcomes", _missing(query))
        yield from unannotated(rest.images, self.unannotated)


@dataclass
class MatchImages(beam.PTransform):
    """Lists annotations and images and matches them. Returns (batches of pairs, outcomes: rejects and tallies).

    Attributes:
        annotation_files: where annotations are.
        image_files: where images are.
        buckets: how many parts the names are joined in; it changes no result.
        unannotated: 'skip' or 'negative': what becomes of images without annotation.
        lists: of splits: (split, path).
        by_folder: whether each image belongs to the split that its first folder names.
    """

    annotation_files: FileSet
    image_files: FileSet
    buckets: int
    unannotated: str
    lists: tuple[tuple[str, str], ...] = ()
    by_folder: bool = False

    def expand(self, pipeline: beam.Pipeline) -> tuple[PCollection, PCollection]:
        """Three rounds, each a shuffle of names; the second and third are nearly empty when folders agree."""
        listed = [
            pipeline | "List annotations" >> ListFiles(self.annotation_files, self.buckets),
            pipeline | "List images" >> ListFiles(self.image_files, self.buckets, self.by_folder),
        ]
        sides = [names for names, _ in listed]
        if self.lists:
            sides.append(pipeline | "Read lists of splits" >> ListEntries(self.lists, self.buckets))
        bases = bases_of(self.image_files, self.annotation_files)
        by_path = self._round(sides, "path", _MatchByPath(self.annotation_files, self.buckets, bases))
        by_filename = self._round([by_path.next], "<filename>", self._by_name(bases, last=False))
        by_stem = self._round([by_filename.next], "annotation's name", self._by_name(bases, last=True))
        rounds = [by_path, by_filename, by_stem]
        pairs = [r.main for r in rounds] | "All pairs" >> beam.Flatten()
        outcomes = [*(rejects for _, rejects in listed), *(r.outcomes for r in rounds)]
        return pairs, outcomes | "Unmatched" >> beam.Flatten()

    def _by_name(self, bases: Bases, last: bool) -> beam.DoFn:
        return _MatchByName(bases, self.buckets, last, self.unannotated)

    @staticmethod
    def _round(sides: list[PCollection], by: str, match: beam.DoFn) -> beam.pvalue.DoOutputsTuple:
        joined = sides | f"Bring together for {by}" >> beam.Flatten() | f"Join for {by}" >> beam.GroupByKey()
        return joined | f"Match by {by}" >> _do(match, Batch)


def _do(do_fn: beam.DoFn, main_type: type) -> beam.PTransform:
    typed = beam.ParDo(do_fn).with_output_types(main_type, next=tuple[int, Side], outcomes=Outcome)
    return typed.with_outputs("next", "outcomes", main="main")
