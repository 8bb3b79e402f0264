"""Tables of boxes of real and of made pictures, and what is in a file of records, for the tests of this folder."""

import csv
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from data_contract.example_pb2 import Example

RACCOONS = Path(__file__).parents[1] / "data" / "voc" / "raccoon" / "images"

RACCOON_ROWS = """filename,width,height,class,xmin,ymin,xmax,ymax
raccoon-157.jpg,220,229,raccoon,1,1,144,209
raccoon-65.jpg,480,360,raccoon,123,27,338,284
raccoon-84.jpg,303,166,raccoon,31,6,197,163
raccoon-98.jpg,480,360,raccoon,108,31,351,308
raccoon-84.jpg,303,166,tail,7,11,13,17
"""
"""As the classic script xml_to_csv.py wrote them, and one more."""

CLASSES = {"raccoon": 1, "tail": 2}
LABEL_MAP = "item { name: 'raccoon' id: 1 } item { name: 'tail' id: 2 }"

Boxes = dict[str, list[tuple[str, float, float, float, float]]]
"""Picture → (class, xmin, ymin, xmax, ymax), sorted."""


def classic_boxes() -> Boxes:
    """The boxes that the classic script generate_tfrecord.py would write for `RACCOON_ROWS`."""
    boxes: Boxes = {}
    for row in csv.DictReader(RACCOON_ROWS.splitlines()):
        width, height = int(row["width"]), int(row["height"])
        sides = (
            *(int(row["xmin"]) / width, int(row["ymin"]) / height),
            *(int(row["xmax"]) / width, int(row["ymax"]) / height),
        )
        boxes.setdefault(row["filename"], []).append((row["class"], *map(float, np.float32(sides))))
    return {name: sorted(found) for name, found in boxes.items()}


def raccoon_frame(**changes: Any) -> pd.DataFrame:
    """`RACCOON_ROWS`, with paths that can be opened."""
    table = pd.DataFrame(list(csv.DictReader(RACCOON_ROWS.splitlines())))
    for side in ("width", "height", "xmin", "ymin", "xmax", "ymax"):
        table[side] = table[side].astype(int)
    table["filename"] = [str(RACCOONS / name) for name in table["filename"]]
    return table.assign(**changes)


def draw_pictures(folder: Path, *names: str) -> None:
    """Pictures of 40 × 30 pixels, each of a colour of its own."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (number, 7 * number % 256, 50)).save(path, quality=90)


def examples_in(path: Path) -> list[dict[str, list[Any]]]:
    """The features of every example in a file of records: key → values."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<Q", data, at)
        features = Example.FromString(data[at + 12 : at + 12 + size]).features.feature
        found.append({key: list(getattr(one, one.WhichOneof("kind")).value) for key, one in features.items()})
        at += 16 + size
    return found


def boxes_in(path: Path) -> Boxes:
    """The boxes of every example in a file of records; no picture comes twice."""
    boxes: Boxes = {}
    for example in examples_in(path):
        sides = (example[f"image/object/bbox/{side}"] for side in ("xmin", "ymin", "xmax", "ymax"))
        names = (text.decode() for text in example["image/object/class/text"])
        name = example["image/filename"][0].decode()
        assert name not in boxes
        boxes[name] = sorted(zip(names, *sides, strict=True))
    return boxes
