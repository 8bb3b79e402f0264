"""Tables of rows for the tests of this folder, and the same annotations as XML."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .made_sets import SIZE, jpeg, voc_object

WIDTH, HEIGHT = SIZE
CLASSIC = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")
FLAGS = ("difficult", "truncated", "pose")

Row = Mapping[str, Any]
"""Header → value."""


def row(filename: str, name: str = "cat", *sides: object, **more: object) -> dict[str, Any]:
    """A row of the classic table, with further columns; no sides and no name for an image without objects."""
    texts = dict(zip(CLASSIC[4:], sides or (("",) * 4 if not name else (4, 3, 20, 15)), strict=True))
    plain = dict.fromkeys(FLAGS[:2], 0) | {"pose": "Unspecified"}
    return {"filename": filename, "width": WIDTH, "height": HEIGHT, "class": name} | texts | plain | more


def as_csv(rows: Iterable[Row], header: Sequence[str] = CLASSIC, delimiter: str = ",", end: str = "\n") -> bytes:
    """A table of the columns of a header."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows([one[name] for name in header] for one in rows)
    return out.getvalue().encode()


def names_of(rows: Iterable[Row]) -> list[str]:
    """The images of rows, each once."""
    return list(dict.fromkeys(str(one["filename"]) for one in rows))


def write_pictures(folder: Path, names: Iterable[str]) -> Path:
    """Writes JPEGs of these names. Returns their folder."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(name))
    return folder


def write_xml(folder: Path, rows: Sequence[Row]) -> Path:
    """Writes the same annotations as Pascal VOC. Returns their folder."""
    for name in names_of(rows):
        objects = [_object(one) for one in rows if one["filename"] == name and one["class"]]
        size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
        path = (folder / name).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<annotation><filename>{Path(name).name}</filename>{size}{''.join(objects)}</annotation>")
    return folder


def _object(one: Row) -> str:
    sides = (one[side] for side in CLASSIC[4:])
    return voc_object((one["class"], *sides), "".join(f"<{tag}>{one[tag]}</{tag}>" for tag in FLAGS))  # type: ignore[arg-type]
