"""Brings the rows of an image together with its file: which of the listed images does a row's path mean?

Rows and images meet by the stem of the image's name, so that one shuffle suffices for both: the rows of an image find
each other, and their file.
"""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from beam_pipelines.buckets import ListEntries, ListFiles, join
from beam_pipelines.candidates import Bases, Candidates, bases_of, file_name, folders_of, real_images, stem
from beam_pipelines.coding import Batch, Outcome, in_batches
from beam_pipelines.file_names import extension, is_image_name, without_extension
from beam_pipelines.listing import FileSet
from beam_pipelines.matching import unannotated
from beam_pipelines.records import Annotation, ListedImage, Pair, Query, RecordError, Reject, Sheet, Side, Tally
from beam_pipelines.rows.sheets import completed, unite
from beam_pipelines.rows.sources import ReadRows, Tables
from beam_pipelines.splits.given import assign, not_found


def match_paths(
    images: Iterable[ListedImage], paths: Iterable[str], bases: Bases = ((), ())
) -> tuple[dict[str, str], dict[str, RecordError]]:
    """Finds for each path that rows give the image that it means.

    The path below the images' root comes first, with or without its extension; then the image of the same stem whose
    folders end most like those of the path. Two paths that mean the same image are taken for two images, one of which
    is missing, unless one ends with the other.

    Args:
        images: of one bucket, or all.
        paths: as rows give them.
        bases: folders above the names of images, and of tables.

    Returns:
        Path → name of its image, and path → `image_missing` or `image_ambiguous`.
    """
    by_path: dict[str, list[str]] = {}
    by_stem: dict[str, list[str]] = {}
    for image in images:
        by_stem.setdefault(stem(image.name), []).append(image.name)
        if is_image_name(image.name) or not extension(image.name):
            by_path.setdefault(without_extension(image.name[image.above :]), []).append(image.name)
    candidates = {key: Candidates(real_images(names), *bases) for key, names in by_stem.items()}
    claims: dict[str, list[str]] = {}
    refused: dict[str, RecordError] = {}
    for path in sorted(set(paths)):
        exact = real_images(by_path.get(without_extension(posixpath.normpath(path)), []))
        wanted = candidates.get(stem(path))
        if len(exact) == 1:
            claims.setdefault(exact[0], []).append(path)
        elif wanted is None:
            refused[path] = RecordError("image_missing", f"no image file is named so: not '{path}'")
        else:
            best = wanted.best(Query("", 0, path, (folders_of(path),)))
            if len(best) == 1:
                claims.setdefault(best[0], []).append(path)
            else:
                shown = ", ".join(f"'{name}'" for name in best[:3]) + (", …" if len(best) > 3 else "")
                refused[path] = RecordError("image_ambiguous", f"several images fit '{path}' equally well: {shown}")
    found: dict[str, str] = {}
    for name, claimants in claims.items():
        kept = _that_agree(name, claimants, bases[0])
        found |= dict.fromkeys(kept, name)
        for path in claimants:
            if path not in kept:
                message = f"its image is missing: '{name}', the only one of this name, belongs to '{kept[0]}'"
                refused[path] = RecordError("image_missing", f"'{path}': {message}")
    return found, refused


def _that_agree(name: str, paths: list[str], base: tuple[str, ...]) -> list[str]:
    """Returns those of several paths that end most like an image's: all of them if each ends as the image does.

    One with another extension is another image, unless none has the right one.
    """
    if len(paths) == 1:
        return paths
    folders = folders_of(name, base)
    theirs = {path: folders_of(path) for path in paths}
    shared = {path: _common_end(folders, theirs[path]) for path in paths}
    ranked = sorted(paths, key=lambda path: -shared[path])
    wanted = file_name(name) if file_name(name) in map(file_name, paths) else file_name(ranked[0])
    named = [path for path in ranked if file_name(path) == wanted or not extension(path)]
    whole = [path for path in named if shared[path] == min(len(folders), len(theirs[path]))]
    # Of an image in no folder that is known, a path with folders may mean any namesake.
    return [path for path in whole if shared[path] or not theirs[path]] or named[:1]


def _common_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def match_sheets(
    images: Sequence[ListedImage] | None, sheets: Iterable[Sheet], bases: Bases
) -> tuple[list[Pair], list[Reject], set[str]]:
    """Puts the rows of each image together and finds its file.

    Args:
        images: of one bucket; None if the paths of rows are those of the images.
        sheets: of the same bucket.
        bases: as for `match_paths`.

    Returns:
        A pair for each image and split that rows give it to, with all that any of its rows say; a reject for each
        image that has no file or whose rows contradict each other; the names of images that are annotated, or may be.
    """
    by_path: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        by_path.setdefault(sheet.annotation.filename, []).append(sheet)
    found, refused = ({path: path for path in by_path}, {}) if images is None else match_paths(images, by_path, bases)
    splits = {image.name: image.splits for image in images or () if image.splits}
    rejects = []
    for path, error in refused.items():
        if not all(sheet.spoiled for sheet in by_path[path]):  # its rows are rejects already
            rejects.append(_reject(min(by_path[path], key=_place), path, error))
    by_image: dict[tuple[str, str], list[Sheet]] = {}
    for path, name in found.items():
        for sheet in by_path[path]:
            if not sheet.spoiled:
                by_image.setdefault((name, sheet.split), []).append(sheet)
    pairs: list[Pair] = []
    torn = {name for name, split in by_image if split and (name, "") in by_image}
    for (name, split), parts in by_image.items():
        if name in torn:
            if not split:
                error = RecordError(
                    "rows_disagree", "some rows of the image name a split and others, as this one, none"
                )
                rejects.append(_reject(min(parts, key=_place), name, error))
            continue
        try:
            whole = unite(parts)
        except RecordError as error:
            rejects.append(_reject(min(parts, key=_place), name, error))
        else:
            pairs.append(Pair(whole.source, name, (split,) if split else splits.get(name, ()), whole.annotation))
    doubtful = {stem(path) for path, error in refused.items() if error.code == "image_ambiguous"}
    annotated = {*found.values(), *(image.name for image in images or () if stem(image.name) in doubtful)}
    return _with_all_rows(pairs), rejects, annotated


def _with_all_rows(pairs: list[Pair]) -> list[Pair]:
    """Returns pairs of which those of one image in several splits have the rows of all: none is a part of a picture."""
    by_image: dict[str, list[Annotation]] = {}
    for pair in pairs:
        if pair.rows is not None:
            by_image.setdefault(pair.image, []).append(pair.rows)
    return [
        pair._replace(rows=completed(pair.rows, (rows for rows in by_image[pair.image] if rows is not pair.rows)))
        if pair.rows is not None and len(by_image[pair.image]) > 1
        else pair
        for pair in pairs
    ]


def _place(sheet: Sheet) -> tuple[str, int]:
    return sheet.source, sheet.row


def _reject(sheet: Sheet, image: str, error: RecordError) -> Reject:
    return Reject(error.code, "image", sheet.source, image, error.message, row=sheet.row)


@dataclass
class _MatchSheets(beam.DoFn):
    bases: Bases
    unannotated: str
    listed: bool

    def process(self, element: tuple[int, Iterable[Side]]) -> Iterator[Any]:
        side = join(element[1])
        assigned = assign(side.images, side.entries, self.bases[0])
        pairs, rejects, annotated = match_sheets(assigned.images if self.listed else None, side.sheets, self.bases)
        yield from in_batches(pairs)
        for reject in (*rejects, *not_found(assigned)):
            yield TaggedOutput("outcomes", reject)
        matched = {pair.image for pair in pairs}
        yield TaggedOutput("outcomes", Tally("annotations", len(matched) + len(rejects)))
        yield TaggedOutput("outcomes", Tally("images", len(side.images) if self.listed else len(matched)))
        yield from unannotated((i for i in assigned.images if i.name not in annotated), self.unannotated)


@dataclass
class MatchRows(beam.PTransform):
    """Reads tables, lists images and matches them. Returns like `MatchImages`.

    Attributes:
        tables: of rows.
        image_files: where images are.
        buckets: how many parts the names are joined in; it changes no result.
        unannotated: 'skip' or 'negative': what becomes of images without rows.
        lists: of splits: (split, path).
        by_folder: whether each image belongs to the split that its first folder names.
        listed: whether images are listed; else the paths of rows lie below the images' base, and name all there are.
    """

    tables: Tables
    image_files: FileSet
    buckets: int
    unannotated: str
    lists: tuple[tuple[str, str], ...] = ()
    by_folder: bool = False
    listed: bool = True

    def expand(self, pipeline: beam.Pipeline) -> tuple[PCollection, PCollection]:
        """One shuffle, of rows and of names."""
        sheets, outcomes = pipeline | "Read rows" >> ReadRows(self.tables, self.buckets)
        sides, others = [sheets], [outcomes]
        if self.listed:
            images, rejects = pipeline | "List images" >> ListFiles(self.image_files, self.buckets, self.by_folder)
            sides.append(images)
            others.append(rejects)
        if self.lists:
            sides.append(pipeline | "Read lists of splits" >> ListEntries(self.lists, self.buckets))
        match = _MatchSheets(bases_of(self.image_files, self.tables.files), self.unannotated, self.listed)
        joined = sides | "Bring together by name" >> beam.Flatten() | "Join by name" >> beam.GroupByKey()
        typed = beam.ParDo(match).with_output_types(Batch, outcomes=Outcome).with_outputs("outcomes", main="pairs")
        matched = joined | "Match rows to images" >> typed
        return matched.pairs, [*others, matched.outcomes] | "Unmatched rows" >> beam.Flatten()
