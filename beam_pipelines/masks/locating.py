"""Where masks lie, and which of them a reference names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from beam_pipelines.file_names import is_remote, without_extension
from beam_pipelines.reading import read_file
from beam_pipelines.records import RecordError
from beam_pipelines.stores.presence import exists

CLASS_MAP = ""
"""Stands for the picture's class map among the files of masks; no path is empty."""
NUMBERED = "#0"
"""Stands for the picture's file of numbered objects; a path of this look would be a number."""

_NUMBER = re.compile("#([0-9]{1,9})")
_OUTSIDE = re.compile(r"/|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://|.*[\0\ud800-\udfff]", re.DOTALL)
"""What begins an absolute path, one with a drive letter or a scheme; and what no file system takes."""
_LONGEST = 80
"""Characters of a path that are quoted."""


@dataclass(frozen=True)
class MaskFolders:
    """The folders of masks, absolute or URLs; None for what is not wanted.

    Attributes:
        objects: of --masks: instance masks.
        class_maps: of --class_maps: the class of every pixel.
    """

    objects: str | None = None
    class_maps: str | None = None

    def wanted(self) -> bool:
        """Returns whether there is anything to read."""
        return self.objects is not None or self.class_maps is not None

    @property
    def are_remote(self) -> bool:
        """Whether any of them lies in a store."""
        return any(is_remote(folder) for folder in (self.objects, self.class_maps) if folder is not None)

    def likely(self, image: str, references: Iterable[str]) -> Iterator[str]:
        """Yields the paths at which a picture's masks most likely lie.

        Args:
            image: its path below the images' root.
            references: of its objects, in the way of `Box`.
        """
        name = files_of(image)[0]
        if self.class_maps is not None:
            yield join(self.class_maps, name)
        if self.objects is not None:
            for path in {name if number_of(reference) is not None else reference for reference in references}:
                yield join(self.objects, path)


def files_of(image: str) -> tuple[str, ...]:
    """Returns where the masks of a whole picture may lie below their folder, the best first.

    Args:
        image: its path below the images' root.
    """
    name = without_extension(image)
    return tuple(dict.fromkeys((f"{name}.png", f"{name.rsplit('/', 1)[-1]}.png")))


def parse_reference(text: str) -> str:
    """Returns what a row says of an object's mask in the way of `Box`: '#3', or a path with single forward slashes.

    Raises:
        RecordError: mask_missing for no text, mask_outside for a path that leaves the folder of masks.
    """
    text = text.strip().replace("\\", "/")
    if not text:
        raise RecordError("mask_missing", "the row names no mask: give the path of one below --masks, or leave the row")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    path = "/".join(parts).strip()
    # Windows drops blanks and dots at the end of a name, so that '.. ' is '..' too.
    hidden = not parts or any(not part.strip().rstrip(" .") for part in parts)
    # Of the path too: './C:a' begins with a drive as well.
    if hidden or _OUTSIDE.match(text) or _OUTSIDE.match(path):
        raise RecordError("mask_outside", f"the mask {quoted(text)} is no path below --masks: give one, without '..'")
    number = _NUMBER.fullmatch(path)
    return f"#{int(number[1])}" if number else path


def number_of(reference: str) -> int | None:
    """Returns the number of an object in its picture's file; None if the reference is the path of a mask."""
    found = _NUMBER.fullmatch(reference)
    return int(found[1]) if found else None


def join(folder: str, path: str) -> str:
    """Returns the path of a file below a folder."""
    return f"{folder.rstrip('/')}/{path}"


def read_if_there(path: str) -> bytes | None:
    """Like `read_file`, but returns None if there is no such file."""
    try:
        return read_file(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except Exception:
        # Every object store has an exception of its own for a file that is not there.
        if is_remote(path) and not exists(path):
            return None
        raise


def content_digest(data: bytes) -> bytes:
    """Returns the digest of one file's content."""
    return blake2b(data, digest_size=16).digest()


def digest_of(contents: Mapping[str, bytes], references: Iterable[str]) -> str:
    """Returns the digest of all files that a picture uses, '' if it uses none.

    Args:
        contents: the digest of each file; `CLASS_MAP`, `NUMBERED`, or the path of an object's own mask → digest.
        references: of the objects that are written, in any order.
    """
    used = {NUMBERED if number_of(reference) is not None else reference for reference in references}
    if CLASS_MAP in contents:
        used.add(CLASS_MAP)
    return blake2b(b"".join(contents[file] for file in sorted(used)), digest_size=8).hexdigest() if used else ""


def quoted(path: str) -> str:
    """Returns a path in quotes, cut to a length that a message can hold."""
    return repr(path if len(path) <= _LONGEST else f"{path[: _LONGEST - 1]}…")
