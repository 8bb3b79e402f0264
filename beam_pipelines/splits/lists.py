"""Lists of splits: text files that name a picture on each line, such as those of VOC's `ImageSets/Main`."""

import codecs
import io
import string
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from beam_pipelines.file_names import is_image_name
from beam_pipelines.records import Entry
from presentation.refusals import UsageError

_BLANKS = string.whitespace + "\ufeff"
"""Around a line; byte order marks are at the start of a file, and inside where lists were put together."""

_LONGEST_LINE = 32_767
"""Characters; no file system has longer paths."""

_ADVICE = "save it as UTF-8 text with the name of one picture a line"


def read_list(split: str, source: str, file: BinaryIO) -> Iterator[Entry]:
    """Reads the list of one split: names, paths, or a list of VOC's `ImageSets/Main`.

    In VOC's lists a number says whether the picture holds a class; it belongs to the split either way. As `frame 1` may
    also be a name, numbers are left off only where every line of the file ends in -1, 0 or 1, and after the extension
    of an image.

    Args:
        split: its name.
        source: path of the list as it was given.
        file: read twice, so that a list of any length passes through; must be seekable.

    Returns:
        The entries in the order of the list, read as they are asked for.

    Raises:
        UsageError: at once, if the file is empty or no text. Text is UTF-8 or, if it is not, cp1252.
    """
    what = f"The list '{source}' of the split {split}"
    encoding, numbered = _recognise(what, file)
    return _entries(split, source, _lines(what, file, encoding), numbered)


def _recognise(what: str, file: BinaryIO) -> tuple[str, bool]:
    """Returns the encoding of a list, and whether all of its lines end in a number as VOC's do."""
    file.seek(0)
    if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise UsageError(f"{what} is UTF-16: {_ADVICE}")
    for encoding in ("utf-8", "cp1252"):
        try:
            return encoding, _is_numbered(what, _lines(what, file, encoding))
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{what} is no text: {_ADVICE}")


def _lines(what: str, file: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    """Yields the number and the text of each line that is not blank."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding)
    try:
        for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE + 1), ""), start=1):
            if "\0" in line:
                raise UsageError(f"{what} is UTF-16 or no text (a NUL byte in line {number}): {_ADVICE}")
            if len(line) > _LONGEST_LINE:
                raise UsageError(f"{what} has more than {_LONGEST_LINE} characters in line {number}: {_ADVICE}")
            if stripped := line.strip(_BLANKS):
                yield number, stripped
    finally:
        if not file.closed:
            text.detach()  # or it would close the file


def _is_numbered(what: str, lines: Iterator[tuple[int, str]]) -> bool:
    last = ["", ""]
    numbered = True
    for _, line in lines:
        parts = line.rsplit(None, 1)
        numbered = numbered and len(parts) == 2 and parts[1] in ("-1", "0", "1")
        # VOC gives a picture one number: `frame 0` and `frame 1` are names.
        numbered = numbered and (parts[0] != last[0] or parts[1] == last[1])
        last = parts
    if last == ["", ""]:
        raise UsageError(f"{what} is empty: write the name of one picture a line")
    return numbered


def _entries(split: str, source: str, lines: Iterator[tuple[int, str]], numbered: bool) -> Iterator[Entry]:
    for number, line in lines:
        name, *tail = line.rsplit(None, 1)
        if tail and not numbered and not (is_image_name(name) and tail[0].removeprefix("-").isdecimal()):
            name = line
        if len(name) > 2 and name[0] == name[-1] == '"':  # as Windows copies a path
            name = name[1:-1]
        name = name.replace("\\", "/")
        while name.startswith("./"):
            name = name[2:].lstrip("/")
        yield Entry(split, name, source, number)
