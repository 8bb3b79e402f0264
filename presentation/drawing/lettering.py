"""Text in pictures: in Pillow's own font, because the fonts of machines differ, and what that font can show."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from PIL import ImageFont

LONGEST = 32
"""Characters of a class's name in a drawing."""
UNKNOWN = "?"
"""Stands for a class without a name, and for one that can neither be written nor numbered."""

_NO_CHARACTER = "\U0010ffff"
_PLAIN = str.maketrans(
    {
        **{"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"},
        **{"đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"},
        **{"\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{NO-BREAK SPACE}": " ", "\N{HYPHEN}": "-"},
    }
)
"""Letters and marks that Unicode does not take apart."""


@lru_cache(maxsize=32)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Returns Pillow's own scalable font.

    Args:
        size: pixels, from 1.
    """
    found = ImageFont.load_default(size)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType: install it from a wheel")
    # Raqm would come and go with a library of the machine.
    return found.font_variant(layout_engine=ImageFont.Layout.BASIC)


def label_text(name: str, ids: Mapping[str, int]) -> str:
    """Returns how a class is named in drawings, whose font knows ASCII and little else.

    Accents are left out, long names cut. A name that cannot be written is replaced by '#3' for its id,
    or by '?'; where the result is not the name, a caller may want to print a legend.

    Args:
        name: of the class.
        ids: class name → id, of the label map.
    """
    text = _writable(name.strip(" "))
    if not text:
        return f"#{ids[name]}" if name in ids else UNKNOWN
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def caption_text(text: str) -> str:
    """Returns a text with a question mark for every character that cannot be written."""
    return "".join(_writable(character) or UNKNOWN for character in unicodedata.normalize("NFC", text))


def fitted(text: str, size: int, width: int) -> str:
    """Returns a text shortened in its middle, as both ends of a path tell much.

    Args:
        text: of characters that the font has.
        size: of the font, in pixels.
        width: pixels that there are.

    Returns:
        '' if not even '…' fits.
    """
    if _width(text, size) <= width:
        return text
    fewest, most = 0, len(text)
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if _width(_halved(text, middle), size) <= width:
            fewest = middle
        else:
            most = middle - 1
    shortened = _halved(text, fewest)
    return shortened if _width(shortened, size) <= width else ""


def _halved(text: str, count: int) -> str:
    """Returns the first and the last characters, so many together, with '…' between them."""
    end = count // 2
    return f"{text[: count - end]}…{text[len(text) - end :]}"


def _width(text: str, size: int) -> float:
    return font(size).getlength(text)


def _writable(text: str) -> str:
    """Returns a text in characters that the font has; '' if there is one without any likeness."""
    composed = unicodedata.normalize("NFC", text)
    if all(map(_is_drawn, composed)):
        return composed
    bare = "".join(c for c in unicodedata.normalize("NFD", composed.translate(_PLAIN)) if not unicodedata.combining(c))
    return bare if all(map(_is_drawn, bare)) else ""


@lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    """Tells whether the font has a glyph: it draws one and the same box for all that it lacks."""
    # Whatever the font has for it, a line feed would begin a second line.
    return character.isprintable() and _glyph(character) != _glyph(_NO_CHARACTER)


def _glyph(character: str) -> tuple[bytes, float]:
    return bytes(font(24).getmask(character)), font(24).getlength(character)
