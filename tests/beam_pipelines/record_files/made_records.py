"""Record files put together by hand, for the tests of what reads them."""

import struct
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import google_crc32c
from PIL import Image

from data_contract.example_pb2 import Example


def masked(data: bytes) -> bytes:
    """The checksum of the format, by the letter of tensorflow/core/lib/hash/crc32c.h."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17 & 0xFFFFFFFF)) + 0xA282EAD8) & 0xFFFFFFFF)


def frame(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def frames(*records: bytes) -> bytes:
    return b"".join(map(frame, records))


def example(features: Mapping[str, Iterable[object]]) -> bytes:
    """A serialized example; the type of a feature is that of its first value, none without values."""
    message = Example()
    for key, values in features.items():
        feature, listed = message.features.feature[key], list(values)
        kinds = {bytes: "bytes_list", float: "float_list", int: "int64_list"}
        if listed:
            getattr(feature, kinds[type(listed[0])]).value.extend(listed)
    return message.SerializeToString(deterministic=True)


def picture(size: tuple[int, int] = (40, 30), format: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, format)
    return out.getvalue()


def annotated(**changes: Iterable[object]) -> dict[str, Iterable[object]]:
    """The features of a picture with a cat and a dog, as classic scripts write them; keys with '__' for '/'."""
    plain: dict[str, Iterable[object]] = {
        "image/encoded": [picture()],
        "image/format": [b"jpeg"],
        "image/width": [40],
        "image/height": [30],
        "image/filename": [b"a.jpg"],
        "image/source_id": [b"a.jpg"],
        "image/object/bbox/xmin": [0.25, 0.0],
        "image/object/bbox/xmax": [0.75, 1.0],
        "image/object/bbox/ymin": [0.5, 0.125],
        "image/object/bbox/ymax": [1.0, 0.875],
        "image/object/class/text": [b"cat", b"dog"],
        "image/object/class/label": [1, 2],
    }
    return plain | {key.replace("__", "/"): values for key, values in changes.items()}


def write(path: Path, *records: bytes) -> Path:
    """Writes a record file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(frames(*records))
    return path
