"""Masks of objects and class maps of pictures: where they lie, what they hold, and how they are written."""

from beam_pipelines.masks.checking import MaskCheck, Sides, check_masks, count_differing
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.masks.writing import read_masks

__all__ = ["MaskCheck", "MaskFolders", "Sides", "check_masks", "count_differing", "read_masks"]
