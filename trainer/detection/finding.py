"""Which pictures are meant by patterns, folders and files."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from presentation.wording import counted

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")
"""Of files that are taken for pictures; one that is given by its own name may have any."""


class PictureFile(NamedTuple):
    """A picture to look at."""

    path: str
    """Where it lies, as it was given."""
    name: str
    """Its path below the folder that holds all pictures, with '/'; it never leads out of a folder."""


def find_pictures(given: Sequence[str], output: str) -> list[PictureFile]:
    """Finds pictures, each once, in the order in which a person counts: 2.jpg before 10.jpg.

    Args:
        given: patterns ('**' stands for any folders), folders with all below them, and files.
        output: a folder whose content is left out: an earlier run may have written it.

    Raises:
        UsageError: one of `given` stands for nothing.
    """
    found: dict[str, str] = {}
    roots = []
    inside = os.path.join(os.path.realpath(output), "")
    for item in given:
        root, paths = _expanded(item)
        roots.append(os.path.abspath(root))
        outside = [path for path in paths if not os.path.realpath(path).startswith(inside)]
        if paths and not outside:
            raise UsageError(f"--images '{item}': all of it lies in --output '{output}': give another --output")
        if not outside:
            raise UsageError(_nothing(item, root))
        found |= {os.path.abspath(path): path for path in outside}
    base = os.path.commonpath([*roots, *map(os.path.dirname, found)])  # a pattern with '..' leads out of its root
    pictures = [PictureFile(path, os.path.relpath(at, base).replace(os.sep, "/")) for at, path in found.items()]
    return sorted(pictures, key=lambda picture: _natural(picture.name))


def _expanded(item: str) -> tuple[str, list[str]]:
    """Returns the folder that everything meant lies in, and the files."""
    if re.match(r"[a-z][a-z0-9]+://", item):
        raise UsageError(f"--images '{item}' is not on a disk of this machine: copy the pictures here")
    if os.path.isdir(item):
        return item, list(_pictures_below(item))
    if os.path.lexists(item):
        return os.path.dirname(item) or ".", [item]
    if glob.has_magic(item):
        return _fixed_part(item), [
            path for path in glob.glob(item, recursive=True) if _is_picture(path) and os.path.isfile(path)
        ]
    folder, name = os.path.split(item)
    near = did_you_mean(name, sorted(os.listdir(folder or "."))) if os.path.isdir(folder or ".") else ""
    raise UsageError(f"--images '{item}': there is no such file or folder{near}")


def _pictures_below(folder: str) -> Iterator[str]:
    """Yields the pictures in a folder and below it, but for hidden folders."""
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(above, name) for name in names if _is_picture(name) and not name.startswith("."))


def _is_picture(path: str) -> bool:
    return path.lower().endswith(ENDINGS)


def _fixed_part(pattern: str) -> str:
    """Returns the folder before the first wildcard."""
    parts = pattern.split("/")
    count = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:count]) or ("/" if pattern.startswith("/") else ".")


def _nothing(item: str, root: str) -> str:
    """Words that nothing was found."""
    if os.path.isdir(item):
        return f"--images '{item}': there is no picture in it or below ({', '.join(ENDINGS)})"
    if not os.path.isdir(root):
        above, name = os.path.split(root)
        near = did_you_mean(name, sorted(os.listdir(above or "."))) if os.path.isdir(above or ".") else ""
        return f"--images '{item}': there is no folder '{root}'{near}"
    files = sorted(name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name)))
    example = next((name for name in files if _is_picture(name)), files[0] if files else "")
    holds = f"'{root}' holds {counted(len(files), 'file')}, such as '{example}'" if files else f"'{root}' holds no file"
    return f"--images '{item}' matches no picture: {holds}"


def _natural(name: str) -> list[tuple[int, str]]:
    """Returns what sorts by numbers in the name; the name itself comes last, so that no two are equal."""
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name.lower())]
    return [*parts, (-1, name)]
