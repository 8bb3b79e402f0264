"""How far the nearest anchors overlap objects of which only the size is known.

An object lies anywhere in the square, and anchors only on their grids: each size is tried in several places.
"""

import math
from dataclasses import dataclass

import numpy as np

from trainer.settings import AnchorSettings


@dataclass(frozen=True)
class AnchorGrid:
    """Anchors of one shape.

    Args:
        height: in pixels.
        width: in pixels.
        rows: float64 [r], ascending: where their centres are, in pixels.
        columns: float64 [c], ascending.
    """

    height: float
    width: float
    rows: np.ndarray
    columns: np.ndarray


def grids_of(settings: AnchorSettings, levels: tuple[int, int], image_size: int) -> list[AnchorGrid]:
    """Returns what `anchor_grids` returns of the anchors that KerasHub makes of some settings, without making them.

    Args:
        settings: sizes and ratios.
        levels: first and last level of the pyramid.
        image_size: side of the square, in pixels.
    """
    shapes: dict[tuple[float, float], np.ndarray] = {}
    for level in range(levels[0], levels[1] + 1):
        cells = math.ceil(image_size / 2**level)
        centres = np.arange(cells, dtype=np.float64) * (image_size // cells)
        for scale in range(settings.scales):
            side = int(2**level * settings.size * 2 ** (scale / settings.scales))
            for ratio in settings.ratios:
                root = np.sqrt(np.float32(ratio))
                height, width = (float(2 * np.round(np.float32(side) * part / 2)) for part in (root, 1 / root))
                shapes[height, width] = np.union1d(shapes.get((height, width), centres), centres)
    grids = [AnchorGrid(height, width, centres, centres) for (height, width), centres in shapes.items()]
    return _sorted(grids)


def anchor_grids(anchors: np.ndarray, image_size: int) -> list[AnchorGrid]:
    """Returns the anchors of a square by shape, from the smallest to the largest area.

    Args:
        anchors: float32 [A, 4], (ymin, xmin, ymax, xmax) as fractions of the square.
        image_size: its side, in pixels.
    """
    pixels = np.round(anchors.astype(np.float64) * image_size, 3)
    sides = np.round(pixels[:, 2:] - pixels[:, :2], 3)
    centres = (pixels[:, 2:] + pixels[:, :2]) / 2
    shapes, which = np.unique(sides, axis=0, return_inverse=True)
    grids = [
        AnchorGrid(float(height), float(width), *(np.unique(centres[which.ravel() == i, axis]) for axis in (0, 1)))
        for i, (height, width) in enumerate(shapes)
    ]
    return _sorted(grids)


def _sorted(grids: list[AnchorGrid]) -> list[AnchorGrid]:
    return sorted(grids, key=lambda grid: (grid.height * grid.width, grid.height))


def overlaps(grids: list[AnchorGrid], sizes: np.ndarray, image_size: int, places: int) -> np.ndarray:
    """Returns the overlap (IoU) of objects with the best anchor of each grid.

    Args:
        grids: of `anchor_grids`.
        sizes: [n, 2], height and width, in pixels.
        image_size: side of the square, in pixels.
        places: in how many places each object is tried.

    Returns:
        float64 [grids, n, places].
    """
    heights, widths = (sizes[:, i, np.newaxis].astype(np.float64) for i in (0, 1))
    down, across = _places(places)
    rows = heights / 2 + down * np.maximum(image_size - heights, 0)
    columns = widths / 2 + across * np.maximum(image_size - widths, 0)
    found = np.empty((len(grids), *rows.shape))
    for i, grid in enumerate(grids):
        shared = _shared(heights, grid.height, _distance(rows, grid.rows))
        shared *= _shared(widths, grid.width, _distance(columns, grid.columns))
        found[i] = shared / (heights * widths + grid.height * grid.width - shared)
    return found


def centres(grids: list[AnchorGrid], sizes: np.ndarray, image_size: int, least: float) -> np.ndarray:
    """Returns from how many cells objects are overlapped enough, on average over all places, on all levels together.

    Two boxes share f(dy) · g(dx), where f falls evenly from the smaller height, and g from the smaller width, once the
    distance of their centres exceeds half the difference of their sides. That product has to reach
    least / (1 + least) of both areas; the region of (dy, dx) where it does is integrated in closed form, and divided by
    the area of a cell.

    Args:
        grids: of `anchor_grids`.
        sizes: [n, 2], height and width, in pixels.
        image_size: side of the square, in pixels.
        least: overlap (IoU) that is enough.

    Returns:
        float64 [n].
    """
    heights, widths = (sizes[:, i].astype(np.float64) for i in (0, 1))
    by_stride: dict[float, np.ndarray] = {}
    for grid in grids:
        low, narrow = np.minimum(heights, grid.height), np.minimum(widths, grid.width)
        needed = least / (1 + least) * (heights * widths + grid.height * grid.width)
        across, room = widths + grid.width, low * narrow
        level = np.abs(heights - grid.height) / 2 * (across - 2 * needed / low)
        falling = across * (low - needed / narrow) - 2 * needed * np.log(np.maximum(room / needed, 1))
        stride = float(grid.rows[1] - grid.rows[0]) if len(grid.rows) > 1 else float(image_size)
        found = np.where(room > needed, 2 * (level + falling), 0) / stride**2
        by_stride[stride] = np.maximum(by_stride.get(stride, found), found)
    return np.asarray(sum(by_stride.values()))


def _places(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns points spread evenly over the unit square (Roberts' R2 sequence, a fixed one)."""
    ratio = 1.32471795724474602596
    steps = np.arange(1, count + 1)
    return (0.5 + steps / ratio) % 1, (0.5 + steps / ratio**2) % 1


def _distance(points: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Returns how far points are from the nearest of a grid."""
    after = np.clip(np.searchsorted(grid, points), 1, max(len(grid) - 1, 1))
    nearest = np.minimum(np.abs(points - grid[after - 1]), np.abs(points - grid[np.minimum(after, len(grid) - 1)]))
    return np.asarray(nearest)


def _shared(side: np.ndarray, other: float, distance: np.ndarray) -> np.ndarray:
    """Returns how much of each other two intervals cover whose centres are so far apart."""
    return np.asarray(np.clip((side + other) / 2 - distance, 0, np.minimum(side, other)))
