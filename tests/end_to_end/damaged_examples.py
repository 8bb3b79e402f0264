"""Damage done to what stands in examples, see `damaged`."""

import hashlib
import struct
import zlib

from beam_pipelines.verification.findings import Finding

from .damaged import ALL, Dataset, damage, error, warning
from .made_sets import encoded, jpeg, picture


@damage
def record_is_no_example(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    content = data.records(name)
    content[2] = b"\xff not a message"
    data.rewrite(name, content)
    return [error("record_not_an_example", name, 2, "the record is no tf.train.Example")]


@damage
def feature_missing(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, format=None, object__area=None)
    return [error("feature_missing", name, 1, "image/format, image/object/area are missing")]


@damage
def feature_of_another_type(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("float", [1.0]))
    message = "image/object/class/label holds float values instead of int64"
    return [error("feature_dtype", name, 1, message)]


@damage
def scalar_with_two_values_and_one_with_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, width=("int64", [40, 40]), filename=("bytes", []))
    message = "image/width holds 2 values instead of one; image/filename holds 0 values instead of one"
    return [error("feature_count", name, 1, message)]


@damage
def feature_that_the_manifest_does_not_list(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, colour=("bytes", [b"red"]))
    return [warning("feature_unlisted", name, 1, "'image/colour' is not in the manifest's list")]


@damage
def lists_of_unequal_length(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__difficult=("int64", [0, 0]), object__bbox__ymax=("float", []))
    return [
        error(
            "lists_unequal",
            name,
            1,
            "image/object/bbox/ymax holds 0 values, and image/object/bbox/xmin 1; "
            "image/object/difficult holds 2 values, and image/object/bbox/xmin 1",
        )
    ]


@damage
def label_out_of_the_map(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("int64", [7]), object__class__text=("bytes", [b"dog"]))
    return _recounted(
        data, [error("class_unknown", name, 1, "object 0 has label 7 ('dog'), which the label map does not have")]
    )


@damage
def label_and_text_of_two_classes(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, object__class__label=("int64", [1]), object__class__text=("bytes", [b"dog\x1b[2J"]))
    message = "object 0 has label 1, which is 'cat', and text 'dog\N{REPLACEMENT CHARACTER}[2J'"
    return _recounted(data, [error("class_text_differs", name, 1, message)])


def _recounted(data: Dataset, findings: list[Finding]) -> list[Finding]:
    """Lets the manifest count the classes of train as they are now."""
    counts: dict[str, int] = {}
    for shard in data.manifest.splits["train"].shards:
        for example in data.examples(shard.name):
            for text in example["image/object/class/text"]:
                counts[text.decode()] = counts.get(text.decode(), 0) + 1
    known = {name: count for name, count in counts.items() if name in data.manifest.classes}
    data.edit_manifest(lambda tree: tree["splits"]["train"].update(boxes=known))
    strange = sum(counts.values()) - sum(known.values())
    message = f"in train, it counts 0 boxes of a class that it does not have, and there are {strange}"
    unknown = [error("manifest_differs", "manifest.json", ALL, message)] if strange else []
    return unknown + findings


@damage
def boxes_that_are_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    nan = float("nan")
    for record, side, value in ((0, "xmin", 0.75), (1, "ymin", nan), (2, "xmax", 1.25), (3, "ymin", 0.5)):
        data.change(name, record, **{f"object__bbox__{side}": ("float", [value])})
    data.change(name, 4, object__bbox__xmin=("float", [4.0]), object__bbox__xmax=("float", [20.0]))
    called = [f"object 0 ('{example['image/object/class/text'][0].decode()}')" for example in data.examples(name)]
    return [
        error("box_reversed", name, 0, f"{called[0]} has xmin 0.75 above xmax 0.5"),
        error("box_not_finite", name, 1, f"{called[1]} has ymin nan"),
        error("box_overshoots", name, 2, f"{called[2]} has xmax 1.25, where 0 to 1 is the picture"),
        error("box_empty", name, 3, f"{called[3]} has ymin and ymax 0.5"),
        error("box_outside", name, 4, f"{called[4]} has xmax 20, where 0 to 1 is the picture"),
    ]


@damage
def flags_and_areas_that_are_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 0, object__difficult=("int64", [2]), object__is_crowd=("int64", [-1]))
    data.change(name, 1, object__area=("float", [0.0]))
    called = [f"object 0 ('{example['image/object/class/text'][0].decode()}')" for example in data.examples(name)]
    return [
        error("flag_invalid", name, 0, f"{called[0]} has difficult 2 (and 1 more)"),
        error("area_invalid", name, 1, f"{called[1]} has area 0"),
    ]


@damage
def width_wrong(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, width=("int64", [41]))
    return [error("image_size_differs", name, 1, "image/width is 41, and the picture's 40")]


@damage
def format_wrong(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.change(name, 1, format=("bytes", [b"png"]))
    return [error("image_format_differs", name, 1, "image/format is 'png', and the picture a JPEG")]


@damage
def picture_cut_off(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    cut = data.examples(name)[1]["image/encoded"][0][:-200]
    data.put_picture(name, 1, cut, digest=False)
    message = f"the JPEG has no end marker: it is cut off after {len(cut)} bytes"
    return [error("image_truncated", name, 1, message)]


@damage
def picture_that_is_none(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.put_picture(name, 1, b"")
    data.put_picture(name, 2, b"<svg/>")
    return [
        error("image_empty", name, 1, "the image file has 0 bytes"),
        error("image_not_an_image", name, 2, "the content (6 bytes) is an SVG drawing"),
    ]


@damage
def picture_of_another_kind(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    data.put_picture(name, 1, encoded(picture("x", "CMYK")))
    data.put_picture(name, 2, jpeg("y", orientation=3))
    return [
        error("image_not_portable", name, 1, "the JPEG is in CMYK, or in another colour model of four channels"),
        error("image_rotated", name, 2, "the JPEG has the EXIF orientation 3"),
    ]


@damage
def picture_exchanged(data: Dataset) -> list[Finding]:
    name = data.shard("train", 0)
    stated = data.examples(name)[1]["image/key/sha256"][0].decode()
    other = jpeg("another")
    data.put_picture(name, 1, other, digest=False)
    digest = hashlib.sha256(other).hexdigest()
    return [error("sha256_differs", name, 1, f"image/key/sha256 is '{stated}', and the picture's {digest}")]


def pixels_damaged(data: Dataset) -> list[Finding]:
    """What is found with --decode alone: nothing but the pixels tells of it."""
    name = data.shard("train", 0)
    content = encoded(picture("pixels"), "PNG")
    at = content.index(b"IDAT")
    rows = b"IDAT" + zlib.compress(bytes(15 * (1 + 3 * 40)))
    half = content[: at - 4] + struct.pack(">I", len(rows) - 4) + rows + struct.pack(">I", zlib.crc32(rows))
    data.change(name, 1, format=("bytes", [b"png"]))
    data.put_picture(name, 1, half + content[content.index(b"IEND") - 4 :])
    return [error("image_truncated", name, 1, "the PNG's pixel data ends after 1815 of 3630 bytes")]
