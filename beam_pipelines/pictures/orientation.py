"""Whether a picture with an EXIF orientation was annotated as it is seen or as it is stored."""

Settled = tuple[str, str]
"""(action, repair)"""

_APPLIED: Settled = ("apply", "orientation_applied")
_REMOVED: Settled = ("remove", "orientation_removed")
_ASSUMED: Settled = ("apply", "orientation_assumed")
_ROUNDING = 1.0
"""Pixels by which a box may overshoot a picture that it was drawn on; see the repair `box_rounded`."""


def settle(
    orientation: int,
    width: int,
    height: int,
    annotated: tuple[int, int],
    objects_extent: tuple[float, float],
) -> Settled:
    """Decides what happens to the orientation tag of a picture.

    The rule, from labelImg's history (its sizes are those of the upright picture since September 2020,
    and those of the stored one before): the annotated size tells which of the two was annotated. Where
    it cannot, the boxes may: those that fit only one of the two were drawn on that one. Mirrored and upside
    down pictures (2, 3, 4) have the same size either way; today's tools show every picture upright, and so
    that is assumed.

    Args:
        orientation: EXIF, 1..8.
        width: of the stored picture, in pixels.
        height: of the stored picture, in pixels.
        annotated: width and height that the annotation gives; zeros where it gives none.
        objects_extent: largest x and largest y of all boxes, in pixels; zeros if there are no boxes.

    Returns:
        (action, repair). Action: '' (nothing to do), 'apply' (turn the pixels upright) or 'remove' (turn
        the tag off, the pixels stay). Repair: the code of `rejects.REPAIRS`, or ''.
    """
    if not 2 <= orientation <= 8:
        return "", ""
    if orientation < 5 or width == height:
        return _ASSUMED
    if annotated == (height, width):
        return _APPLIED
    if annotated == (width, height):
        return _REMOVED
    x, y = objects_extent
    fits_stored = x <= width + _ROUNDING and y <= height + _ROUNDING
    fits_upright = x <= height + _ROUNDING and y <= width + _ROUNDING
    if fits_stored == fits_upright:
        return _ASSUMED
    return _APPLIED if fits_upright else _REMOVED
