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


def _of_box(*sides: str) -> list[str]:
    return [f"{box}{side}" for side in sides for box in ("box", "bbox")]


_EXTENT = {
    "w": ["w", "boxw", "bboxw", "boxwidth", "bboxwidth"],
    "h": ["h", "boxh", "bboxh", "boxheight", "bboxheight"],
}

SIDE_SPELLINGS: dict[str, dict[str, list[str]]] = {
    "xyxy": {
        "xmin": ["xmin", "minx", "x1", "left", "xtl", *_of_box("xmin", "minx", "x1", "left")],
        "ymin": ["ymin", "miny", "y1", "top", "ytl", *_of_box("ymin", "miny", "y1", "top")],
        "xmax": ["xmax", "maxx", "x2", "right", "xbr", *_of_box("xmax", "maxx", "x2", "right")],
        "ymax": ["ymax", "maxy", "y2", "bottom", "ybr", *_of_box("ymax", "maxy", "y2", "bottom")],
    },
    "xywh": {
        "x": ["x", "xmin", "minx", "left", *_of_box("x", "left")],
        "y": ["y", "ymin", "miny", "top", *_of_box("y", "top")],
        **_EXTENT,
    },
    "cxcywh": {
        "cx": ["cx", "xcenter", "xcentre", "centerx", "centrex", "boxcx", "bboxcx"],
        "cy": ["cy", "ycenter", "ycentre", "centery", "centrey", "boxcy", "bboxcy"],
        **_EXTENT,
    },
}
"""Box format: field: how headers spell it."""

_COUNTED_FROM_0 = [{f"{box}{side}" for side in ("x0", "y0", "x1", "y1")} for box in ("", "box", "bbox")]

_HORIZONTAL = ("left", "right", "width", "column", "col", "x", "w")
_VERTICAL = ("top", "bottom", "upper", "lower", "height", "row", "y", "h")
_PIECE = "|".join((*_HORIZONTAL, *_VERTICAL, "min", "max", "center", "centre", "start", "end", "c"))
_SIDE_WORD = re.compile(rf"(?:bb|b?box)?((?:{_PIECE})+)")


def spelling_of(name: str) -> str:
    """Returns a header as the tables of spellings write it."""
    return re.sub(r"[\s_-]+", "", name).lower()


def known_spellings() -> set[str]:
    """Returns all of them."""
    fields = (SPELLINGS, *SIDE_SPELLINGS.values())
    return {spelling for spellings in fields for known in spellings.values() for spelling in known}


def side_spellings(box_format: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Returns field: how a header spells it. 'x1' is the second corner where there is an 'x0'."""
    spellings = SIDE_SPELLINGS[box_format]
    given = {spelling_of(name) for name in names}
    if any(corners <= given for corners in _COUNTED_FROM_0):
        return {
            field: [re.sub(r"[12]$", lambda digit: str(int(digit[0]) - 1), one) for one in ones]
            for field, ones in spellings.items()
        }
    return spellings


def sides_of(names: Sequence[str], box_format: str) -> dict[str, str]:
    """Returns the four sides that a header has of a box format, each with its column's name; else nothing."""
    found = {}
    for side, spellings in side_spellings(box_format, names).items():
        size = {"w": ["width"], "h": ["height"]}.get(side, [])
        places = places_of(names, spellings) or places_of(names, size)
        if not places:
            return {}
        found[side] = names[places[0]]
    return found


def is_numbered(name: str) -> bool:
    """Returns whether a column is the horizontal place of one of several corners, such as 'x1'."""
    return re.fullmatch(r"(?:b?box)?x\d+", spelling_of(name)) is not None


def side_in(name: str) -> str:
    """Returns what a name says of a side of a box: '' if nothing.

    >>> side_in("Roi.X1"), side_in("faceMinX"), side_in("photographer")
    ('x1', 'minx', '')
    """
    found = ""
    after_side = False
    for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name):
        side = _SIDE_WORD.fullmatch(word.lower())
        if side:
            found += side[1]
        elif after_side and word.isdigit():
            found += word
        after_side = side is not None
    return found


def look_like_a_box(sides: Sequence[str]) -> bool:
    """Returns whether what names say of sides, as `side_in` gives it, could be all four sides of a box."""
    said = [set(re.findall(_PIECE, side)) for side in sides]
    across, down = ([not pieces.isdisjoint(words) for pieces in said] for words in (_HORIZONTAL, _VERTICAL))
    either = sum(
        not pieces.isdisjoint(("min", "max")) and not (x or y) for pieces, x, y in zip(said, across, down, strict=True)
    )
    return sum(map(bool, sides)) >= 4 and min(sum(across), sum(down)) + either >= 2


def places_of(names: Sequence[str], spellings: Collection[str]) -> list[int]:
    """Returns the indices of the columns whose header is one of some spellings."""
    return [place for place, name in enumerate(names) if spelling_of(name) in spellings]
