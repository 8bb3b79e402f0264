"""Which column of a table holds what: known from the header, or told by --columns.

Where two columns could be the same field nothing is guessed: the person is asked.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from beam_pipelines.rows.spellings import (
    SIDE_SPELLINGS,
    SPELLINGS,
    is_numbered,
    known_spellings,
    look_like_a_box,
    places_of,
    side_in,
    side_spellings,
    sides_of,
    spelling_of,
)
from presentation.suggestions import did_you_mean

BOX_FORMATS = ("xyxy", "xywh", "cxcywh")

SIDES = {
    "xyxy": ("xmin", "ymin", "xmax", "ymax"),
    "xywh": ("x", "y", "w", "h"),
    "cxcywh": ("cx", "cy", "w", "h"),
}
"""The four fields of a box in each of the formats, in the order of a box cell."""

FIELDS = (*dict.fromkeys((*SPELLINGS, *(side for sides in SIDES.values() for side in sides))),)
"""All that a column can be."""

MEASURES = frozenset({"width", "height", "area", *(side for sides in SIDES.values() for side in sides)})
"""Fields that are measures; all others are text, of which 1.0 means 1, because missing values make floats of it."""

_EXAMPLE = "filename,width,height,class,xmin,ymin,xmax,ymax"

_LONGEST = 200
"""Characters of a header that are quoted."""
_MOST_LISTED = 8
"""Columns that a sentence names."""


class LayoutError(ValueError):
    """A header that cannot be understood: a sentence for a person."""


class RowOptions(NamedTuple):
    """What a person says about the tables."""

    columns: tuple[tuple[str, str], ...] = ()
    """Fields, each with the name of the column that holds it."""
    box_format: str = "xyxy"
    """One of `BOX_FORMATS`: two corners; a corner and the extent; the centre and the extent."""
    normalized: bool = False
    """Whether boxes are fractions of the image's size, not pixels."""


class Layout(NamedTuple):
    """Which column of a table holds which field."""

    places: dict[str, int]
    """Field: index of its column."""
    header: tuple[str, ...]
    """Of all columns, as they stand in the file."""
    delimiter: str
    """Between two cells; ',' for Parquet too."""
    options: RowOptions

    @property
    def has_boxes(self) -> bool:
        """Whether rows are boxes; else a row is a class of the whole image."""
        return "box" in self.places or SIDES[self.options.box_format][0] in self.places

    def has(self, field: str) -> bool:
        """Whether there is a column for a field."""
        return field in self.places

    def name_of(self, field: str) -> str:
        """The header of a field's column."""
        return self.header[self.places[field]].strip()


def parse_columns(text: str) -> tuple[tuple[str, str], ...]:
    """Parses 'image=path,label=classes,xmin=x1' as fields with the header of their column.

    Raises:
        ValueError: quoting what is wrong.
    """
    columns: dict[str, str] = {}
    for part in text.split(","):
        field, equals, name = (piece.strip() for piece in part.partition("="))
        if not (field and equals and name):
            raise ValueError(f"'{part.strip()}' is not FIELD=HEADER, such as image=path,label=classes")
        if field not in FIELDS:
            near = did_you_mean(field, FIELDS)
            raise ValueError(f"'{field}' is not a field: take one of {', '.join(FIELDS)}{near}")
        if field in columns:
            raise ValueError(f"'{text}' gives {field} twice: name it once")
        columns[field] = name
    return tuple(columns.items())


def find_delimiter(line: str) -> str:
    r"""Returns which of ',', ';', '\t' and '|' stands most often in a header, quoted parts left out; ',' if none."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(",;\t|", key=bare.count)


def find_layout(header: Sequence[str], options: RowOptions, delimiter: str = ",") -> Layout:
    """Finds the field of every column; columns that are no field are ignored.

    Args:
        header: the names of all columns.
        options: what the person says; a column named there is not guessed at.
        delimiter: only noted in the result.

    Raises:
        LayoutError: if it is not clear what a column is, or one that is needed is missing.
    """
    names = [name.strip() for name in header]
    _check_names(names, options)
    places = _told(names, options)
    sides = SIDES[options.box_format]
    wanted = {**SPELLINGS, **side_spellings(options.box_format, names)}
    if "box" in places:
        wanted = SPELLINGS
    elif any(side in places for side in sides):
        del wanted["box"]
    _check_size(names, options, places)
    told = places
    places = told | _guessed(names, wanted, told)
    _check_box(names, options, places)
    _check_corners(names, places, told)
    if not any(field in places for field in ("box", *sides)):
        _check_no_box(names, options, places, told)
    for field in ("image", "label"):
        if field not in places:
            example = _example(names, (field,), wanted, places)
            raise LayoutError(f"the header '{_shown(names)}' has no column for the {field}: give {example}")
    return Layout(dict(sorted(places.items())), tuple(header), delimiter, options)


def _check_names(names: Sequence[str], options: RowOptions) -> None:
    """Refuses headers that are none, and names that stand for two columns; columns without a name are ignored."""
    if not any(names):
        raise LayoutError(f"the first line is empty: it must be a header, such as {_EXAMPLE}")
    known = known_spellings()
    told = {name for _, name in options.columns}
    if not any(spelling_of(name) in known or name in told for name in names) and any(map(_is_number, names)):
        raise LayoutError(f"the first line '{_shown(names)}' looks like data: it must be a header, such as {_EXAMPLE}")
    for name in names:
        if name and names.count(name) > 1:
            raise LayoutError(f"the header '{_shown(names)}' has the column '{name}' twice: rename one of them")


def _told(names: Sequence[str], options: RowOptions) -> dict[str, int]:
    """The places of the fields that --columns names."""
    places = {}
    sides = SIDES[options.box_format]
    for field, name in options.columns:
        if name not in names:
            near = did_you_mean(name, filter(None, names))
            raise LayoutError(
                f"the header '{_shown(names)}' has no column '{name}', which --columns gives for {field}{near}"
            )
        if field not in SPELLINGS and field not in sides:
            raise LayoutError(
                f"--columns gives {field}, but the sides of --box_format {options.box_format} are {', '.join(sides)}"
            )
        places[field] = names.index(name)
    if "box" in places and any(side in places for side in sides):
        raise LayoutError("--columns gives both the box and its sides: give one of the two")
    return places


def _guessed(names: Sequence[str], wanted: Mapping[str, Collection[str]], told: Mapping[str, int]) -> dict[str, int]:
    """The places of the fields that are known from the header, less those that were told."""
    places = {}
    for field, spellings in wanted.items():
        if field in told:
            continue
        found = [place for place in places_of(names, spellings) if place not in told.values()]
        if len(found) > 1:
            both = " and ".join(f"'{names[place]}'" for place in found)
            raise LayoutError(
                f"the columns {both} could each be the {field}: say which, for example "
                f"--columns {field}={names[found[0]]}"
            )
        if found:
            places[field] = found[0]
    return places


def _check_size(names: Sequence[str], options: RowOptions, told: Mapping[str, int]) -> None:
    """Refuses `x,y,width,height`, where the size may be that of the box or of the image."""
    others = [other for other in BOX_FORMATS if other != options.box_format]
    if options.box_format == "xyxy" or "box" in told or any(sides_of(names, other) for other in others):
        return
    corner = SIDES[options.box_format][:2]
    spellings = SIDE_SPELLINGS[options.box_format]
    if not all(side in told or places_of(names, spellings[side]) for side in corner):
        return
    for extent, size in (("w", "width"), ("h", "height")):
        unclear = [place for place in places_of(names, [size]) if place not in told.values()]
        if unclear and extent not in told and not places_of(names, spellings[extent]):
            raise LayoutError(
                f"the column '{names[unclear[0]]}' may be that of the box or of the image: "
                f"give --columns w=…,h=… for the extent of the box"
            )


def _check_box(names: Sequence[str], options: RowOptions, places: Mapping[str, int]) -> None:
    """Refuses a box that is there twice, in part, or in another format."""
    sides = SIDES[options.box_format]
    here = [side for side in sides if side in places]
    if "box" in places and here:
        box, column = names[places["box"]], names[places[here[0]]]
        raise LayoutError(
            f"the box is in the column '{box}' and in '{column}' and others: say which, for example --columns box={box}"
        )
    if "box" in places or len(here) == len(sides):
        return
    for other in BOX_FORMATS:
        found = sides_of(names, other) if other != options.box_format else {}
        if found:
            columns = ",".join(
                f"{side}={name}" for side, name in found.items() if spelling_of(name) in ("width", "height")
            )
            advice = f"--box_format {other}" + (f" --columns {columns}" if columns else "")
            raise LayoutError(
                f"the header '{_shown(names)}' has no {', '.join(sides)} but {', '.join(found.values())}: give {advice}"
            )
    if here:
        missing = [side for side in sides if side not in places]
        example = _example(names, missing, side_spellings(options.box_format, names), places)
        raise LayoutError(
            f"the header '{_shown(names)}' has {', '.join(here)} of the box and no {', '.join(missing)}: give {example}"
        )


def _check_corners(names: Sequence[str], places: Mapping[str, int], told: Mapping[str, int]) -> None:
    """Refuses a polygon, or a box whose corners are counted in a way that is not clear."""
    corners = [name for name in names if is_numbered(name)]
    guessed = [names[places[side]] for side in ("xmin", "xmax") if side in places and side not in told]
    if len(corners) > 2 and any(name in corners for name in guessed):
        raise LayoutError(
            f"the header '{_shown(names)}' has more than two corners ({_listed(corners)}): say which two are those of "
            f"the box, with --columns xmin=…,ymin=…,xmax=…,ymax=…"
        )


def _check_no_box(
    names: Sequence[str], options: RowOptions, places: Mapping[str, int], told: Mapping[str, int]
) -> None:
    """Refuses to take a table for one of classes if other columns may be the sides of boxes."""
    sizes = ("width", "height")  # of the image or of the box
    taken = {place for field, place in places.items() if field in told or spelling_of(names[place]) not in sizes}
    sides = ["" if place in taken else side_in(name) for place, name in enumerate(names)]
    if not look_like_a_box(sides):
        return
    expected = SIDES[options.box_format]
    advice = f"--columns {','.join(f'{side}=…' for side in expected)}"
    for box_format in (options.box_format, *BOX_FORMATS):
        found = sides_of(sides, box_format)
        if found:
            columns = ",".join(f"{side}={names[sides.index(said)]}" for side, said in found.items())
            other = "" if box_format == options.box_format else f"--box_format {box_format} "
            advice = f"{other}--columns {columns}"
            break
    columns = _listed([name for name, side in zip(names, sides, strict=True) if side])
    raise LayoutError(
        f"the header '{_shown(names)}' has no {', '.join(expected)}, but {columns} look like sides of a box: "
        f"give {advice}"
    )


def _example(
    names: Sequence[str], fields: Sequence[str], wanted: Mapping[str, Collection[str]], places: Mapping[str, int]
) -> str:
    """The --columns to give for missing fields, with the nearest columns that are free."""
    free = {spelling_of(name): name for place, name in enumerate(names) if name and place not in places.values()}
    parts = []
    for field in fields:
        near = [key for spelling in wanted[field] for key in get_close_matches(spelling, free, n=1, cutoff=0.7)]
        parts.append(f"{field}={free.pop(near[0]) if near else '…'}")
    return f"--columns {','.join(parts)}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_LISTED]) + (", …" if len(names) > _MOST_LISTED else "")


def _shown(names: Sequence[str]) -> str:
    text = ",".join(names)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
