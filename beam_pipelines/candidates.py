"""Which of several images of one name an annotation means, and which of several annotations has an image."""

from beam_pipelines.file_names import extension, is_image_name, without_extension
from beam_pipelines.listing import FileSet
from beam_pipelines.records import Query

Bases = tuple[tuple[str, ...], tuple[str, ...]]
"""Folders above the names of images and of annotations, below what both have in common."""


def stem(name: str) -> str:
    """Returns the lower-case file name without folders and extension; backslashes separate folders too."""
    return without_extension(name.replace("\\", "/").rsplit("/", 1)[-1]).lower()


def folders_of(path: str, base: tuple[str, ...] = ()) -> tuple[str, ...]:
    r"""Returns the folders of a path in lower case, drive letter and backslashes understood.

    >>> folders_of("C:\\Users\\Ann\\JPEGImages\\a.jpg")
    ('users', 'ann', 'jpegimages')
    """
    parts = path.replace("\\", "/").lower().split("/")[:-1]
    return (*base, *(part for part in parts if part and part != "." and not part.endswith(":")))


def file_name(name: str) -> str:
    """Returns the lower-case last part of a path."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].lower()


def real_images(names: list[str]) -> list[str]:
    """Prefers names of images, then names without extension: `01.jpg`, `01`, `01.txt`. Returns the best, sorted."""
    if len(names) < 2:
        return names
    named = [name for name in names if is_image_name(name)]
    return sorted(named or [name for name in names if not extension(name)] or names)


class Candidates:
    """The images of one stem, indexed so that a query costs the depth of its folders, not the number of images.

    Video frames of thousands of sequences share their stems.

    Args:
        names: paths of the images below the images' base.
        image_base: folders of that base.
        annotation_base: folders of the annotations' base.
    """

    def __init__(self, names: list[str], image_base: tuple[str, ...], annotation_base: tuple[str, ...]):
        self.names = names
        self._image_base = image_base
        self._annotation_base = annotation_base
        self._index: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}

    def best(self, query: Query) -> list[str]:
        """Returns the images that fit best, two of them or more if they fit equally well."""
        if len(self.names) == 1:
            return self.names
        if not self._index:
            self._build()
        own = folders_of(query.name, self._annotation_base)
        tiers = [file_name(query.filename), ""] if query.filename else [""]
        tier = next(t for t in tiers if (t, (), ()) in self._index)
        references = [*query.folders, own]
        for length in range(max(len(r) for r in references), -1, -1):
            ends = sorted({r[len(r) - length :] for r in references if len(r) >= length})
            found = [self._nearest(tier, end, own) for end in ends if (tier, end, ()) in self._index]
            if found:
                return found[0] if all(f == found[0] for f in found) else sorted({n for f in found for n in f})
        return self.names

    def _nearest(self, tier: str, end: tuple[str, ...], own: tuple[str, ...]) -> list[str]:
        lengths = range(len(own), -1, -1)
        return next(self._index[key] for n in lengths if (key := (tier, end, own[:n])) in self._index)

    def _build(self) -> None:
        for name in self.names:
            folders = folders_of(name, self._image_base)
            ends = [folders[i:] for i in range(len(folders) + 1)]
            starts = [folders[:i] for i in range(len(folders) + 1)]
            for tier in {"", file_name(name)}:
                for end in ends:
                    for start in starts:
                        kept = self._index.setdefault((tier, end, start), [])
                        if len(kept) < 4:  # two would do; more make a better message
                            kept.append(name)


def bases_of(images: FileSet, annotations: FileSet) -> Bases:
    """Returns the folders above the names of both, below what they have in common.

    So that the place of the data on the disk decides nothing.
    """
    above_images, above_annotations = (folders_of(files.base + "/") for files in (images, annotations))
    common = shared_folders(above_images, above_annotations)
    return above_images[common:], above_annotations[common:]


def nearest_to(image: str, queries: list[Query], bases: Bases) -> list[Query]:
    """Returns the annotations that lie nearest to an image in the tree of folders; all of them if equally near."""
    if len(queries) < 2:
        return queries
    folders = folders_of(image, bases[0])
    shared = [shared_folders(folders, folders_of(query.name, bases[1])) for query in queries]
    return [query for query, length in zip(queries, shared, strict=True) if length == max(shared)]


def shared_folders(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Returns how many folders two paths have in common, from the top."""
    differing = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
