"""The colour of a class: the same in every drawing and page, and told apart by colour-blind people too."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from PIL import ImageColor

Colour = tuple[int, int, int]
"""Red, green and blue, 0..255 (sRGB)."""

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

_PALETTE = (
    *("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"),
    *("#332288", "#99ddff", "#882255"),
    *("#9900ff", "#006600", "#6600cc", "#cc0099", "#99cc99", "#00ff99", "#ff00ff", "#cc0033", "#663300", "#cc33cc"),
    *("#cccc66", "#ff3366", "#00cc33", "#ff66cc", "#99ffcc", "#990099", "#0000ff", "#cc99ff", "#999933", "#0099ff"),
)
"""First those of M. Okabe and K. Ito, Color Universal Design (jfly.uni-koeln.de/color, 2008), without black.

Then three of P. Tol, Colour Schemes (SRON/EPS/TN/09-002, 2021), and then those that lie farthest from all
before them for the four kinds of sight: colours of equal steps, distances in OKLab, sight after
G. M. Machado et al., A Physiologically-based Model for Simulation of Color Vision Deficiency (2009).
"""

_TONES = ((0.0, WHITE), (0.45, WHITE), (0.45, BLACK))
"""How much of what is mixed into the palette: as it is, then lighter, then darker."""


def colour_of(name: str, ids: Mapping[str, int]) -> Colour:
    """Returns the colour of a class: by its id, or by a hash of its name if it has none.

    Classes 1 to 90 have colours of their own; beyond, they repeat.

    Args:
        name: of the class.
        ids: class name → id, of the label map.
    """
    number = ids.get(name)
    if number is None:
        return colour_of_number(1 + int.from_bytes(sha256(name.encode("utf-8", "replace")).digest()[:4], "big"))
    return colour_of_number(number)


def colour_of_number(number: int) -> Colour:
    """Returns the colour of a class by its id, from 1."""
    turn, place = divmod(number - 1, len(_PALETTE))
    share, other = _TONES[turn % len(_TONES)]
    red, green, blue = ImageColor.getrgb(_PALETTE[place])[:3]
    return _mixed((red, green, blue), other, share)


def hex_of(colour: Colour) -> str:
    """Returns a colour as a web page writes it.

    >>> hex_of((230, 159, 0))
    '#e69f00'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)


@lru_cache(maxsize=256)
def ink_on(colour: Colour) -> Colour:
    """Returns black or white, whichever is easier to read on a colour: their contrast is at least 4.58 : 1."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, colour))


def seen_on(ground: Colour, colour: Colour) -> Colour:
    """Returns a colour, darker or lighter where a line of it would be hard to see: their contrast is at least 3 : 1.

    That is what WCAG 2.2 wants of graphical objects (1.4.11).

    Args:
        ground: what the line is drawn on.
        colour: as it would be.
    """
    steps = (_mixed(colour, ink_on(ground), step / 20) for step in range(21))
    return next(mixed for mixed in steps if contrast(mixed, ground) >= 3)


def contrast(one: Colour, other: Colour) -> float:
    """Returns the contrast of two colours, 1..21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _mixed(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(one * (1 - share) + two * share) for one, two in zip(colour, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    """Returns the relative luminance, 0..1 (WCAG 2.2)."""
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
