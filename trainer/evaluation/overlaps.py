"""How far boxes overlap. Boxes are (ymin, xmin, ymax, xmax); their edges are lines between pixels, without width."""

import numpy as np

from trainer.evaluation.pictures import Floats


def overlaps(boxes: Floats, others: Floats) -> Floats:
    """Returns intersection over union of each box with each other one, [k, n]; 0 where both have no area."""
    common = _common_areas(boxes, others)
    union = _areas(boxes)[:, None] + _areas(others)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def shares_within(boxes: Floats, regions: Floats) -> Floats:
    """Returns which share of each box lies in each region, [k, n]; 0 for boxes without area."""
    common = _common_areas(boxes, regions)
    own = np.broadcast_to(_areas(boxes)[:, None], common.shape)
    return np.divide(common, own, out=np.zeros_like(common), where=own > 0)


def _common_areas(boxes: Floats, others: Floats) -> Floats:
    first = np.maximum(boxes[:, None, :2], others[None, :, :2])
    last = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    sides: Floats = np.maximum(last - first, 0.0)
    return sides[..., 0] * sides[..., 1]


def _areas(boxes: Floats) -> Floats:
    sides: Floats = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0)
    return sides[:, 0] * sides[:, 1]
