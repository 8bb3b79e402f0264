"""Many drawings on one sheet, for looking them through."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from presentation.drawing.colours import Colour
from presentation.drawing.lettering import caption_text, fitted, font

_GROUND: Colour = (72, 72, 72)
"""Neutral, and apart from both a white and a black page."""
_INK: Colour = (255, 255, 255)
_GAP = 12
"""Pixels between two pictures and around all."""


def contact_sheet(tiles: Sequence[tuple[Image.Image, str]], columns: int | None = None, tile: int = 320) -> Image.Image:
    """Puts pictures on a grid, each right above its caption.

    Args:
        tiles: (picture, caption); at least one.
        columns: of the grid; None for about as many as rows.
        tile: pixels of the longer side of a picture; larger ones are reduced, and their text with them.

    Returns:
        In the mode RGB. Rows are as high as their highest picture.
    """
    columns = min(columns or math.ceil(math.sqrt(len(tiles))), len(tiles))
    size = max(10, tile // 22)
    line = round(size * 1.5)
    pictures = [_reduced(picture, tile) for picture, _ in tiles]
    heights = [
        max(picture.height for picture in pictures[start : start + columns])
        for start in range(0, len(pictures), columns)
    ]
    width = columns * (tile + _GAP) + _GAP
    sheet = Image.new("RGB", (width, sum(heights) + len(heights) * (line + _GAP) + _GAP), _GROUND)
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for row, height in enumerate(heights):
        for column in range(min(columns, len(tiles) - row * columns)):
            i, left = row * columns + column, _GAP + column * (tile + _GAP)
            picture = pictures[i]
            sheet.paste(picture, (left + (tile - picture.width) // 2, top + height - picture.height))
            caption = fitted(caption_text(tiles[i][1]), size, tile)
            draw.text((left + tile / 2, top + height + line / 2), caption, _INK, font(size), anchor="mm")
        top += height + line + _GAP
    return sheet


def _reduced(picture: Image.Image, tile: int) -> Image.Image:
    factor = tile / max(picture.size)
    if factor >= 1:
        return picture
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
