"""Small datasets, written record by record as the contract says, without the data job."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import google_crc32c
import tensorflow as tf
from PIL import Image, ImageDraw

from data_contract import features as keys
from data_contract.example_pb2 import Example
from data_contract.label_map import LabelMap
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split

CLASSES = {"circle": 1, "square": 2, "triangle": 3}
COLOURS = {"circle": (200, 60, 50), "square": (60, 150, 70), "triangle": (60, 80, 190)}


class Thing(NamedTuple):
    """An object; its box is (ymin, xmin, ymax, xmax) as fractions of its picture."""

    name: str
    box: tuple[float, float, float, float]
    difficult: int = 0
    is_crowd: int = 0
    label: int = 0
    """0: that of the label map."""


class Picture(NamedTuple):
    """A picture and what is on it."""

    encoded: bytes
    size: tuple[int, int]
    """Width and height, in pixels."""
    things: tuple[Thing, ...] = ()
    filename: str = ""
    format: str = "jpeg"


def drawn_picture(
    number: int, size: tuple[int, int] = (64, 64), most: int = 3, *, fewest: int = 1, format: str = "jpeg"
) -> Picture:
    """Returns a picture of some shapes in the colours of their classes on a dull ground; the same for equal numbers.

    Args:
        number: seeds what is on it.
        size: width and height, in pixels.
        most: shapes on it.
        fewest: shapes on it.
        format: 'jpeg' or 'png'.
    """
    rng = random.Random(number)
    ground = tuple(rng.randint(110, 190) for _ in range(3))
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    taken: list[tuple[float, float, float, float]] = []
    things = []
    for _ in range(rng.randint(fewest, most) * 5):
        side = rng.uniform(0.25, 0.5) * min(size)
        left, top = rng.uniform(0, size[0] - side), rng.uniform(0, size[1] - side)
        box = (left, top, left + side, top + side)
        if any(box[0] < o[2] and o[0] < box[2] and box[1] < o[3] and o[1] < box[3] for o in taken):
            continue
        taken.append(box)
        name = rng.choice(list(CLASSES))
        if name == "circle":
            draw.ellipse(box, COLOURS[name])
        elif name == "square":
            draw.rectangle(box, COLOURS[name])
        else:
            draw.polygon([(left + side / 2, top), (left, top + side), (left + side, top + side)], COLOURS[name])
        fractions = (box[1] / size[1], box[0] / size[0], box[3] / size[1], box[2] / size[0])
        things.append(Thing(name, fractions))
        if len(things) == most:
            break
    file = BytesIO()
    image.save(file, format.upper(), **({"quality": 95} if format == "jpeg" else {}))
    return Picture(file.getvalue(), size, tuple(things), f"{number:05d}.{format}", format)


def shapes_dataset(
    folder: Path, splits: Mapping[str, int], size: tuple[int, int] = (64, 64), *, shards: int = 2, seed: int = 0
) -> Path:
    """Writes a dataset of drawn pictures, so many in each split, and returns its folder."""
    pictures, number = {}, seed * 1_000_000
    for name, count in splits.items():
        pictures[name] = [drawn_picture(number + i, size) for i in range(count)]
        number += count
    return write_dataset(folder, pictures, shards=shards)


def write_dataset(
    folder: Path,
    splits: Mapping[str, Sequence[Picture]],
    classes: Mapping[str, int] = CLASSES,
    *,
    shards: int = 1,
) -> Path:
    """Writes a finished dataset: records in so many shards for each split, label map and manifest. Returns its folder.

    The `source_id` of the n-th picture of all is n, from 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    label_map = LabelMap.from_ids(classes).to_pbtxt().encode()
    (folder / "label_map.pbtxt").write_bytes(label_map)
    source_id, table = 0, {}
    for name, pictures in splits.items():
        files = []
        for index in range(shards):
            path = folder / f"{name}-{index:05d}-of-{shards:05d}.tfrecord"
            part = pictures[index * len(pictures) // shards : (index + 1) * len(pictures) // shards]
            with tf.io.TFRecordWriter(str(path)) as writer:
                for picture in part:
                    source_id += 1
                    writer.write(to_example(picture, source_id, classes).SerializeToString(deterministic=True))
            data = path.read_bytes()
            crc = int.from_bytes(google_crc32c.Checksum(data).digest(), "big")
            files.append(Shard(path.name, len(part), len(data), f"{crc:08x}"))
        boxes: dict[str, int] = dict.fromkeys(classes, 0)
        for picture in pictures:
            for thing in picture.things:
                boxes[thing.name] += 1
        negatives = sum(not picture.things for picture in pictures)
        table[name] = Split(len(pictures), negatives, boxes, sum(f.bytes for f in files), tuple(files))
    digest = hashlib.sha256(label_map).hexdigest()
    manifest = Manifest(LabelMapFile("label_map.pbtxt", digest), dict(classes), table)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    return folder


def to_example(picture: Picture, source_id: int, classes: Mapping[str, int] = CLASSES) -> Example:
    """Returns a picture as the data job writes it."""
    example = Example()
    feature = example.features.feature
    width, height = picture.size
    for key, value in (
        (keys.IMAGE_ENCODED, picture.encoded),
        (keys.IMAGE_FORMAT, picture.format.encode()),
        (keys.IMAGE_FILENAME, picture.filename.encode()),
        (keys.IMAGE_SOURCE_ID, str(source_id).encode()),
        (keys.IMAGE_SHA256, hashlib.sha256(picture.encoded).hexdigest().encode()),
    ):
        feature[key].bytes_list.value.append(value)
    feature[keys.IMAGE_HEIGHT].int64_list.value.append(height)
    feature[keys.IMAGE_WIDTH].int64_list.value.append(width)
    for key, i in ((keys.BOX_YMIN, 0), (keys.BOX_XMIN, 1), (keys.BOX_YMAX, 2), (keys.BOX_XMAX, 3)):
        feature[key].float_list.value.extend(thing.box[i] for thing in picture.things)
    sides = [(thing.box[2] - thing.box[0], thing.box[3] - thing.box[1]) for thing in picture.things]
    feature[keys.OBJECT_AREA].float_list.value.extend(down * height * across * width for down, across in sides)
    feature[keys.CLASS_TEXT].bytes_list.value.extend(thing.name.encode() for thing in picture.things)
    feature[keys.CLASS_LABEL].int64_list.value.extend(thing.label or classes[thing.name] for thing in picture.things)
    feature[keys.OBJECT_DIFFICULT].int64_list.value.extend(thing.difficult for thing in picture.things)
    feature[keys.OBJECT_TRUNCATED].int64_list.value.extend(0 for _ in picture.things)
    feature[keys.OBJECT_VIEW].bytes_list.value.extend(b"Unspecified" for _ in picture.things)
    feature[keys.OBJECT_IS_CROWD].int64_list.value.extend(thing.is_crowd for thing in picture.things)
    return example
