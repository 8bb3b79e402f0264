"""How the headers of tables spell their columns.

Only spellings that are unambiguous in tables of boxes; letter case, blanks, '_' and '-' do not matter.
"""

import re
from collections.abc import Collection, Sequence

SPELLINGS = {
    "image": [
        "image",
        "img",
        "imagepath",
        "imgpath",
        "imagefile",
        "imagename",
        "imgname",
        "imagefilename",
        "filename",
        "filepath",
        "file",
        "path",
    ],
    "label": ["label", "labels", "class", "classes", "classname", "labelname", "category", "categoryname"],
    "box": ["box", "bb", "bbox", "bndbox", "boundingbox"],
    "width": ["width", "imagewidth", "imgwidth"],
    "height": ["height", "imageheight", "imgheight"],
    "difficult": ["difficult", "isdifficult"],
    "truncated": ["truncated", "istruncated"],
    "pose": ["pose"],
    "is_crowd": ["iscrowd"],
    "area": ["area"],
    "group": ["group", "groupid", "patient", "patientid", "sequence", "sequenceid"],
    "split": ["split", "subset", "set"],
    "mask": ["mask", "maskpath", "maskfile"],
}
"""Field: how headers spell it, as `spelling_of` gives it."""

_EXTENT = {
    "w": ["w", "boxw", "bboxw", "boxwidth", "bboxwidth"],
    "h": ["h", "boxh", "bboxh", "boxheight", "bboxheight"],
}

SIDE_SPELLINGS: dict[str, dict[str, list[str]]] = {
    "xyxy": {
        "xmin": ["xmin", "x1", "left", "xtl", "boxxmin", "bboxxmin", "boxx1", "bboxx1"],
        "ymin": ["ymin", "y1", "top", "ytl", "boxymin", "bboxymin", "boxy1", "bboxy1"],
        "xmax": ["xmax", "x2", "right", "xbr", "boxxmax", "bboxxmax", "boxx2", "bboxx2"],
        "ymax": ["ymax", "y2", "bottom", "ybr", "boxymax", "bboxymax", "boxy2", "bboxy2"],
    },
    "xywh": {
        "x": ["x", "xmin", "left", "boxx", "bboxx"],
        "y": ["y", "ymin", "top", "boxy", "bboxy"],
        **_EXTENT,
    },
    "cxcywh": {
        "cx": ["cx", "xcenter", "xcentre", "centerx", "centrex", "boxcx", "bboxcx"],
        "cy": ["cy", "ycenter", "ycentre", "centery", "centrey", "boxcy", "bboxcy"],
        **_EXTENT,
    },
}
"""Box format: field: how headers spell it."""


def spelling_of(name: str) -> str:
    """Returns a header as the tables of spellings write it."""
    return re.sub(r"[\s_-]+", "", name).lower()


def places_of(names: Sequence[str], spellings: Collection[str]) -> list[int]:
    """Returns the indices of the columns whose header is one of some spellings."""
    return [place for place, name in enumerate(names) if spelling_of(name) in spellings]
