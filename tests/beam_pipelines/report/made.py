"""Sightings and records for the tests of this folder."""

import io
import struct
from pathlib import Path

from PIL import Image

from beam_pipelines.record_files.framing import masked_crc
from beam_pipelines.report.sightings import Sighting
from data_contract.example_pb2 import Example


def sighting(rank, boxes=(), labels=(), *, width=400, height=200, number=0) -> Sighting:
    return Sighting(rank, width, height, boxes, labels, number, 1000 * number)


def jpeg(width: int = 40, height: int = 20, grey: int = 128) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (grey, grey, grey)).save(file, "JPEG")
    return file.getvalue()


def example(**features: object) -> bytes:
    """A record; keys are written with '__' for '/', and values tell their type."""
    message = Example()
    for key, values in features.items():
        feature = message.features.feature["image/" + key.replace("__", "/")]
        for value in values if isinstance(values, list) else [values]:
            kind = {str: "bytes", bytes: "bytes", int: "int64", float: "float"}[type(value)]
            getattr(feature, f"{kind}_list").value.append(value.encode() if isinstance(value, str) else value)
    return message.SerializeToString(deterministic=True)


def boxes(*given: tuple[str, float, float, float, float]) -> dict[str, list]:
    """Features of objects."""
    names, *sides = zip(*given, strict=True) if given else ((), (), (), (), ())
    return {
        "object__class__text": list(names),
        **{
            f"object__bbox__{side}": list(values)
            for side, values in zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)
        },
    }


def frame(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def record_file(path: Path, *records: bytes) -> Path:
    path.write_bytes(b"".join(map(frame, records)))
    return path
