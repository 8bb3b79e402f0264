"""Lists the files of one side (annotations or images) once; the stages after it only join names."""

import glob
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.filesystems import FileSystems

from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import extension, is_image_name, is_remote
from beam_pipelines.stores.name_ranges import NameRange, find_ranges, names_in
from beam_pipelines.stores.options import ensure_options
from beam_pipelines.stores.presence import exists
from beam_pipelines.stores.reaching import in_one_line, reach
from presentation.refusals import UsageError

_EXTENSIONS = {
    "annotations": (".xml", ".XML"),
    "rows": (".csv", ".tsv", ".parquet", ".pq", ".csv.gz", ".tsv.gz", ".CSV"),
    "images": (),
    "records": (),
}
"""By kind: what is taken of a folder; () for all files."""
_NEVER_IMAGES = frozenset({"thumbs.db", "desktop.ini"})


class Part(NamedTuple):
    """Of a listing, which one worker goes through."""

    pattern: str
    """Absolute."""
    names: NameRange


@dataclass(frozen=True)
class FileSet:
    """Files named by patterns or folders.

    Attributes:
        kind: 'annotations', 'rows', 'images' or 'records'; but for records, which need no flag, that of the flag.
        patterns: as given: glob patterns (`**` crosses folders), files, or folders (everything below them).
        absolute: the patterns as absolute paths or URLs.
        roots: for each pattern the folder it starts from.
        base: the deepest folder that holds all roots. Names of files are paths below it, so that they stay
            the same when the data move to another place.
        output: the dataset's folder, absolute: what lies in it is no input.
    """

    kind: str
    patterns: tuple[str, ...]
    absolute: tuple[str, ...]
    roots: tuple[str, ...]
    base: str
    output: str

    @classmethod
    def of(cls, kind: str, patterns: Iterable[str], output: str = "") -> "FileSet":
        """Resolves patterns against the working folder.

        Raises:
            UsageError: if they lie on different file systems.
        """
        given = tuple(patterns)
        absolute = tuple(_absolute(pattern) for pattern in given)
        roots = tuple(_root(pattern, kind) for pattern in absolute)
        return cls(kind, given, absolute, roots, _common(roots), _absolute(output) + "/" if output else "")

    def path(self, name: str) -> str:
        """Returns where the file that `names` calls `name` lies."""
        return f"{self.base}/{name}" if self.base != "/" else f"/{name}"

    def parts(self) -> list[Part | None]:
        """Divides the listing into parts that hold each file once; [None] if it must be gone through as a whole.

        Raises:
            UsageError: if the store does not answer.
        """
        prefixes = [_prefix(pattern) for pattern in self.absolute]
        nested = any(one.startswith(other) for one, other in permutations(prefixes, 2))
        if nested or not is_remote(self.base):
            return [None]
        ensure_options()
        parts: list[Part | None] = []
        for pattern, prefix in zip(self.absolute, prefixes, strict=True):
            with _or_refuse(pattern):
                ranges = find_ranges(prefix)
            if not ranges:
                return [None]
            parts += [Part(pattern, names) for names in ranges]
        return parts

    def names(self, part: Part | None = None) -> Iterator[tuple[str, int]]:
        """Yields (path below `base`, with forward slashes; length of its part above the pattern's own root).

        No file comes twice, even where patterns overlap. The order is that of the file system.

        Args:
            part: of the listing; None for all of it.
        """
        seen: set[str] | None = set() if len(self.absolute) > 1 and part is None else None
        start = len(self.base.rstrip("/")) + 1
        for pattern, root in zip(self.absolute, self.roots, strict=True):
            if part is not None and part.pattern != pattern:
                continue
            above = max(0, len(root.rstrip("/")) + 1 - start)
            output = self.output if self.output.startswith(root.rstrip("/") + "/") else ""
            for path in _paths(pattern, self.kind, part and part.names):
                if output and path.startswith(output):
                    continue
                if seen is not None:
                    if path in seen:
                        continue
                    seen.add(path)
                if self.kind != "images" or _may_be_image(path):
                    yield path[start:], above

    def check(self) -> None:
        """Refuses a pattern that matches nothing, or that lies in a store which cannot be reached.

        Raises:
            UsageError: naming the flag and the pattern.
        """
        flag = "" if self.kind == "records" else f"--{self.kind}"
        for given, pattern in zip(self.patterns, self.absolute, strict=True):
            reach(pattern, flag)
            if next(_paths(pattern, self.kind), None) is None:
                raise UsageError(f"{flag} '{given}' matches nothing{_nearest_existing(pattern)}".lstrip())


def _may_be_image(name: str) -> bool:
    return (
        not name.endswith((*_EXTENSIONS["annotations"], *_EXTENSIONS["rows"]))
        and name.rsplit("/", 1)[-1].lower() not in _NEVER_IMAGES
    )


def _paths(pattern: str, kind: str, names: NameRange | None = None) -> Iterator[str]:
    if is_remote(pattern):
        yield from _remote_paths(pattern, kind, names)
    elif os.path.isdir(pattern):
        yield from _files_below(pattern, _EXTENSIONS[kind])
    elif os.path.isfile(pattern):
        yield pattern
    else:
        yield from (path for path in glob.iglob(pattern, recursive=True) if not os.path.isdir(path))


def _remote_paths(pattern: str, kind: str, names: NameRange | None) -> Iterator[str]:
    folder = not glob.has_magic(pattern)
    for path in _match(pattern.rstrip("/") + "/**" if folder else pattern, names):
        hidden = any(part.startswith(".") for part in path[len(pattern) :].split("/")) if folder else False
        if path.endswith("/"):  # some programs leave an empty object for a folder
            continue
        if not hidden and not (folder and _EXTENSIONS[kind] and not path.endswith(_EXTENSIONS[kind])):
            yield path
    begins = names is None or not names.after
    if folder and begins and not pattern.endswith("/") and exists(pattern):
        yield pattern


def _prefix(pattern: str) -> str:
    """Returns how the URLs begin of all that a pattern of a store means."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0] if glob.has_magic(pattern) else pattern.rstrip("/") + "/"


def _match(pattern: str, names: NameRange | None) -> Iterator[str]:
    """Lists through Beam, page by page where the store has no folders: a hundred million names are never held at once.

    Raises:
        UsageError: if the file system is not known or does not answer.
    """
    with _or_refuse(pattern):
        system = FileSystems.get_filesystem(pattern)
        if names is None and (not glob.has_magic(pattern) or system.has_dirs()):
            found: Iterable[FileMetadata] = FileSystems.match([pattern])[0].metadata_list
        else:
            # What `match` itself does, but for the list that it makes.
            prefix = _prefix(pattern)
            listed = system._list(prefix) if names is None else _metadata(names_in(prefix, names))
            found = system.match_files(listed, pattern)
        yield from (metadata.path for metadata in found)


def _metadata(paths: Iterable[str]) -> Iterator[FileMetadata]:
    return (FileMetadata(path, 0) for path in paths)


@contextmanager
def _or_refuse(pattern: str) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # the clients have no class of exceptions in common
        raise UsageError(f"'{pattern}' cannot be listed: {in_one_line(error)}") from None


def _cannot_list(error: OSError) -> None:
    raise DatasetError(f"the folder '{error.filename}' cannot be listed: {error.strerror}")


def _files_below(folder: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """scandir, through os.walk, is nine times faster than FileSystems.match on a local disk."""
    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=_cannot_list, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:  # a symbolic link that leads back
            folders.clear()
            continue
        seen.add(real)
        # Sorted, because of two ways into one folder the first names its files.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and (not suffixes or name.endswith(suffixes)):
                yield f"{here}/{name}"


def _root(pattern: str, kind: str) -> str:
    """Returns the folder that a pattern starts from: what stands before its first wildcard."""
    if not is_remote(pattern):
        if os.path.isdir(pattern):
            return pattern
        if os.path.isfile(pattern):
            return os.path.dirname(pattern) or "."
    elif not glob.has_magic(pattern) and not _names_a_file(pattern, kind):
        return pattern.rstrip("/")
    parts = pattern.replace(os.sep, "/").split("/")
    literal = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
    return "/".join(parts[:literal]) or ("/" if pattern.startswith("/") else ".")


def _names_a_file(url: str, kind: str) -> bool:
    """Returns whether a URL without a wildcard is that of one file, by its name: most stores know no folders.

    Should it be a folder after all, its files are found and only their names are longer.
    """
    if kind == "images":
        return is_image_name(url)
    if kind == "rows":  # tables have extensions of many kinds, and folders of tables none
        return extension(url) != ""
    return url.endswith(_EXTENSIONS[kind] or "\0")


def _absolute(path: str) -> str:
    return path if is_remote(path) else os.path.abspath(path).replace(os.sep, "/")


def _common(roots: tuple[str, ...]) -> str:
    if not any(is_remote(root) for root in roots):
        return os.path.commonpath(roots).replace(os.sep, "/")
    if not all(is_remote(root) for root in roots) or len({tuple(root.split("/")[:3]) for root in roots}) > 1:
        raise UsageError(f"the patterns of one flag must be in one bucket or on one disk, got {', '.join(roots)}")
    scheme, _, _ = roots[0].partition("://")
    return f"{scheme}://" + posixpath.commonpath([root.partition("://")[2] for root in roots])


def _nearest_existing(pattern: str) -> str:
    """Returns ' (…)', which says how far the path exists; '' for remote paths."""
    if is_remote(pattern):
        return ""
    root = _root(pattern, "")
    if os.path.isdir(root):
        count = sum(1 for _ in os.scandir(root))
        return f" (the folder '{root}' exists and holds {count} {'entry' if count == 1 else 'entries'})"
    while root and root not in (".", "/") and not os.path.isdir(root):
        root = os.path.dirname(root)
    return f" (of its path only '{root or '.'}' exists)"
