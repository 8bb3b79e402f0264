"""Where the labels of boxes go: geometry alone."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from presentation.drawing.rectangles import Rectangle

_CELLS = 24
"""Of the picture's longer side: labels are looked up by cells, so that a thousand take no million comparisons."""


_MOST_COVERED = 0.2
"""Of the picture: where boxes crowd, labels would hide it."""


def place_labels(
    boxes: Sequence[Rectangle], groups: Sequence[Hashable], sizes: Sequence[tuple[int, int]], picture: tuple[int, int]
) -> list[Rectangle | None]:
    """Finds a place for the label of each box, wholly in the picture and over no other label.

    The largest box of each group chooses first, then the others, by size: above the box, inside it, below it,
    beside it. A fifth of the picture may be covered; the first label may be larger.

    Args:
        boxes: in the picture.
        groups: what each box belongs to, such as its class.
        sizes: width and height of each label, in pixels.
        picture: width and height, in pixels.

    Returns:
        A place for each box; None where there is none.
    """
    places: list[Rectangle | None] = [None] * len(boxes)
    taken = _Taken(max(picture) // _CELLS + 1)
    left = _MOST_COVERED * picture[0] * picture[1]
    for i in _in_turn(boxes, groups):
        width, height = sizes[i]
        if width > picture[0] or height > picture[1] or (taken and width * height > left):
            continue
        places[i] = next((place for place in _candidates(boxes[i], sizes[i], picture) if taken.add(place)), None)
        if places[i]:
            left -= width * height
    return places


def _in_turn(boxes: Sequence[Rectangle], groups: Sequence[Hashable]) -> list[int]:
    """Returns the order in which boxes choose."""
    by_size = sorted(range(len(boxes)), key=lambda i: -boxes[i].area)
    largest: dict[Hashable, int] = {}
    for i in by_size:
        largest.setdefault(groups[i], i)
    return sorted(by_size, key=lambda i: largest[groups[i]] != i)


def _candidates(box: Rectangle, size: tuple[int, int], picture: tuple[int, int]) -> Iterator[Rectangle]:
    """Yields places within the picture, the best first; the label is no larger than the picture."""
    width, height = size
    roomy = width <= box.width and 2 * height <= box.height
    rows = [box.top - height, *((box.top, box.bottom - height) if roomy else ()), box.bottom]
    for top in rows:
        for left in (box.left, box.right - width):
            if 0 <= top <= picture[1] - height:
                yield _at(min(max(left, 0), picture[0] - width), top, size)
    beside = [min(max(top, 0), picture[1] - height) for top in (box.top, box.bottom - height)]
    for top in beside:
        for left in (box.right, box.left - width):
            if 0 <= left <= picture[0] - width:
                yield _at(left, top, size)
    if not roomy and height <= box.height:
        yield _at(min(max(box.left, 0), picture[0] - width), beside[0], size)


def _at(left: int, top: int, size: tuple[int, int]) -> Rectangle:
    return Rectangle(left, top, left + size[0], top + size[1])


class _Taken:
    """The places that are taken, by the cells of a grid that they touch."""

    def __init__(self, cell: int):
        self._cell = cell
        self._places: dict[tuple[int, int], list[Rectangle]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, place: Rectangle) -> bool:
        """Takes a place; False if some of it is taken."""
        cells = [
            (x, y)
            for x in range(place.left // self._cell, (place.right - 1) // self._cell + 1)
            for y in range(place.top // self._cell, (place.bottom - 1) // self._cell + 1)
        ]
        if any(place.meets(other) for cell in cells for other in self._places.get(cell, ())):
            return False
        for cell in cells:
            self._places[cell].append(place)
        return True
