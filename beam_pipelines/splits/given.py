"""Splits that people bring along: lists of names, folders, names of splits."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from beam_pipelines.candidates import real_images, stem
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import IMAGE_EXTENSIONS, extension, is_image_name, without_extension
from beam_pipelines.records import Entry, ListedImage, Pair, Reject
from beam_pipelines.splits.fractions import check_name

_ANNOTATIONS = frozenset({"json", "txt", "xml"})
"""Extensions of files that may lie beside images, or be listed in their place."""

_KNOWN_EXTENSIONS = IMAGE_EXTENSIONS | _ANNOTATIONS | {"avif", "heic", "jp2", "pgm", "ppm"}
"""What a list may put after the name of a picture; anything else is a part of the name."""

_MOST_SHOWN = 4
"""Of images that fit equally well. Two would do; more make a better message."""

_FULL = sys.maxsize
"""The depth of an image whose path ends with the whole entry."""

_MOST_SPLITS = 20

_WORDS = (
    ("train", "training"),
    ("val", "valid", "validation", "dev", "eval", "evaluation"),
    ("test", "testing"),
)
"""How the names of the usual splits begin, in the order in which people read them."""


class Ambiguous(NamedTuple):
    """An entry that could mean several images."""

    entry: Entry
    candidates: tuple[str, ...]
    """The first four of them, sorted."""


class Assigned(NamedTuple):
    """What became of images and entries."""

    images: list[ListedImage]
    """All of them in their order, with their splits in the order of `order_of`."""
    missing: list[Entry]
    """Those that fit no image, by list and line."""
    ambiguous: list[Ambiguous]
    """By list and line."""


def image_name(name: str) -> str:
    """Returns a path whose stem is that of the images an entry may mean: `cat.v2` has no extension.

    Entries meet images in the bucket of this path.
    """
    return name if extension(name) in _KNOWN_EXTENSIONS else f"{name}.jpg"


def assign(images: Iterable[ListedImage], entries: Iterable[Entry], base: tuple[str, ...] = ()) -> Assigned:
    """Gives images to the splits of the entries that name them.

    An entry means the image whose path ends with it: with its extension before without, as written before in lower
    case, and where several end so, the one that is just there below the base or the pattern's root. If no path ends
    with the whole entry, as when it is the path on another machine, the longest end in folders decides, and the
    image goes to the entries that fit it best: what was listed beside a lost namesake is not put in its place.

    Args:
        images: all those of the stems of the entries.
        entries: all those that could mean these images.
        base: folders above the names of the images.
    """
    listed = list(images)
    wanted: dict[str, list[Entry]] = {}
    for entry in entries:
        wanted.setdefault(stem(image_name(entry.name)), []).append(entry)
    by_stem: dict[str, list[ListedImage]] = {}
    for image in listed if wanted else ():
        if (key := stem(image.name)) in wanted:
            by_stem.setdefault(key, []).append(image)
    given: dict[str, set[str]] = {}
    missing: list[Entry] = []
    ambiguous: list[Ambiguous] = []
    for key, namesakes in wanted.items():
        claims: dict[str, list[tuple[int, Entry]]] = {}
        places = _Places(by_stem.get(key, []), base)
        for entry in namesakes:
            depth, found = places.find(entry.name)
            if len(found) > 1:
                ambiguous.append(Ambiguous(entry, tuple(found)))
            elif found:
                claims.setdefault(found[0], []).append((depth, entry))
            else:
                missing.append(entry)
        for name, claimants in claims.items():
            deepest = max(depth for depth, _ in claimants)
            given[name] = {entry.split for depth, entry in claimants if depth == deepest}
            missing += [entry for depth, entry in claimants if depth < deepest]
    return Assigned(
        [i._replace(splits=order_of((*i.splits, *given[i.name]))) if i.name in given else i for i in listed],
        sorted(missing, key=_place),
        sorted(ambiguous, key=lambda item: _place(item.entry)),
    )


def _place(entry: Entry) -> tuple[str, int, str, str]:
    return entry.source, entry.line, entry.split, entry.name


class _Places:
    """The images of one stem, indexed so that an entry costs the depth of its folders, not the number of images.

    Keys are ends of paths, each with and without extension; after a slash, paths below the base and the root.
    """

    def __init__(self, images: list[ListedImage], base: tuple[str, ...]):
        pictures = [image for image in images if extension(image.name) not in _ANNOTATIONS]
        self._images = sorted(pictures, key=lambda image: (not is_image_name(image.name), image.name))
        self._base = base
        self._exact: dict[str, list[str]] = {}
        self._lower: dict[str, list[str]] = {}

    def find(self, name: str) -> tuple[int, list[str]]:
        """Returns how many folders of an entry fit, or `_FULL`, and the images that fit so; no image, if none could."""
        if not self._images:
            return 0, []
        parts = _parts(name)
        if len(self._images) == 1:
            return self._depth(parts), [self._images[0].name]
        if not self._lower:
            self._build()
        return next((depth, real_images(index[key])) for depth, index, key in self._keys(parts) if key in index)

    def _keys(self, parts: tuple[str, ...]) -> Iterator[tuple[int, dict[str, list[str]], str]]:
        """Yields (depth, index, key), the best first. The last is the stem, which all images here have."""
        bare = (*parts[:-1], without_extension(image_name(parts[-1])))
        for form in ("/".join(parts), "/".join(bare)):
            for key in (f"/{form}", form):
                yield _FULL, self._exact, key
                yield _FULL, self._lower, key.lower()
        for start in range(1, len(parts)):
            for ending in (parts[start:], bare[start:]):
                yield len(ending) - 1, self._lower, "/".join(ending).lower()

    def _depth(self, parts: tuple[str, ...]) -> int:
        theirs = (*self._base, *_parts(self._images[0].name)[:-1])
        depth = 0
        for one, other in zip(reversed(parts[:-1]), reversed(theirs), strict=False):
            if one.lower() != other.lower():
                break
            depth += 1
        return _FULL if depth == len(parts) - 1 else depth

    def _build(self) -> None:
        for image in self._images:
            parts = (*self._base, *_parts(image.name))
            keys = {"/".join(parts[start:]) for start in range(len(parts))}
            keys |= {f"/{image.name}", f"/{image.name[image.above :]}"}
            keys |= {without_extension(key) for key in keys}
            for index, ends in ((self._exact, keys), (self._lower, {key.lower() for key in keys})):
                for end in ends:
                    kept = index.setdefault(end, [])
                    if len(kept) < _MOST_SHOWN:
                        kept.append(image.name)


def _parts(path: str) -> tuple[str, ...]:
    """Returns the folders and the file name of a path without what depends on the machine: drive, `.`, `..`."""
    *folders, file = path.replace("\\", "/").split("/")
    kept: list[str] = []
    for folder in folders:
        if folder == "..":
            kept = kept[:-1]
        elif folder not in ("", ".") and not folder.endswith(":"):
            kept.append(folder)
    return (*kept, file)


def with_splits(pairs: list[Pair], images: Iterable[ListedImage]) -> list[Pair]:
    """Returns pairs with the splits that their images were given to."""
    splits = {image.name: image.splits for image in images if image.splits}
    return [pair._replace(splits=splits.get(pair.image, ())) for pair in pairs] if splits else pairs


def not_found(assigned: Assigned) -> Iterator[Reject]:
    """Yields a reject for every entry of a list of a split that means no image, or could mean several."""
    for entry in assigned.missing:
        message = f"split '{entry.split}' lists it, and no image file is named so"
        yield Reject("image_missing", "unlisted", entry.source, entry.name, message, row=entry.line)
    for entry, candidates in assigned.ambiguous:
        shown = ", ".join(f"'{name}'" for name in candidates)
        message = f"split '{entry.split}' lists it, and several images fit equally well: {shown}"
        yield Reject("image_ambiguous", "unlisted", entry.source, entry.name, message, row=entry.line)


def split_of_folder(name: str, above: int) -> str:
    """Returns the first folder of an image below the root its pattern started from; '' if it lies in the root."""
    return name[above:].rpartition("/")[0].partition("/")[0]


def order_of(names: Iterable[str]) -> tuple[str, ...]:
    """Returns names of splits, each once, as people read them: training, validation, test, then others by name.

    >>> order_of(["test", "val2017", "extra", "Train"])
    ('Train', 'val2017', 'test', 'extra')
    """
    return tuple(sorted(set(names), key=lambda name: (_rank(name), name.lower(), name)))


def _rank(name: str) -> int:
    word = re.split(r"[^a-z]", name.lower())[0]
    return next((rank for rank, words in enumerate(_WORDS) if word in words), len(_WORDS))


def check_names(names: Mapping[str, int], what: str) -> None:
    """Refuses names that cannot be those of splits.

    Args:
        names: how often each was found; '' stands for no split, and passes.
        what: where they were found, such as "the column 'subset'".

    Raises:
        DatasetError: quoting those that cannot stay.
    """
    ordered = [name for name in order_of(names) if name]
    if len(ordered) > _MOST_SPLITS:
        first = ", ".join(f"'{name}'" for name in ordered[:3])
        raise DatasetError(
            f"In {what} there are {len(ordered)} different names ({first}, …), but at most {_MOST_SPLITS} splits "
            f"can be given: is it the right one?"
        )
    earlier: dict[str, str] = {}
    for name in ordered:
        other = earlier.setdefault(name.lower(), name)
        if other != name:  # one file where the file system ignores case
            raise DatasetError(
                f"In {what} '{other}' ({names[other]}×) and '{name}' ({names[name]}×) differ only in case: "
                f"write the name of a split in one way"
            )
        try:
            check_name(name, {})
        except ValueError as error:
            raise DatasetError(f"In {what} {error}") from None
