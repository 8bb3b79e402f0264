"""Images and small datasets for the tests of this folder."""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from google_crc32c import value as crc32c

from beam_pipelines.comparison.images import Box, Image
from beam_pipelines.encoding import encode_example
from beam_pipelines.record_files.framing import masked_crc
from data_contract.features import FEATURES, Feature
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split

from ..made import box as box_record
from ..made import picture

SIZE = (40, 30)
"""Of an image, in pixels."""


def box(name: str = "cat", xmin: float = 0.25, ymin: float = 0.5, xmax: float = 0.75, ymax: float = 1.0) -> Box:
    return (name, xmin, ymin, xmax, ymax, 0, 0, "Unspecified", 0, 0.0, "")


def image(name: str = "a.jpg", content: str = "1", boxes: Iterable[Box] = (), **changes: object) -> Image:
    plain = Image(name, "train", content, *SIZE, tuple(sorted(boxes)), (), "")
    return plain._replace(**changes)


def example(
    name: str,
    content: str = "",
    boxes: Iterable[tuple[Any, ...]] = (),
    classes: Mapping[str, int] | None = None,
    **changes: object,
) -> bytes:
    """The record of a picture whose bytes are `content`, or its name; of boxes the first fields are enough."""
    data = (content or name).encode()
    of = picture(
        image=name,
        sha256=f"{crc32c(data):064x}",
        boxes=tuple(sorted((*one, *box_record()[len(one) :]) for one in boxes)),
    )
    return encode_example(of._replace(**changes), dict(classes or {"cat": 1, "dog": 2}), data)


def framed(records: Iterable[bytes]) -> bytes:
    parts = []
    for record in records:
        length = struct.pack("<Q", len(record))
        parts += [length, struct.pack("<I", masked_crc(length)), record, struct.pack("<I", masked_crc(record))]
    return b"".join(parts)


def write_dataset(
    folder: Path,
    shards: Mapping[str, tuple[str, list[bytes]]],
    *,
    boxes: Mapping[str, Mapping[str, int]] | None = None,
    classes: Mapping[str, int] | None = None,
    features: tuple[Feature, ...] = FEATURES,
    options: Mapping[str, object] | None = None,
) -> Path:
    """Writes a dataset without building it. Returns its folder.

    Args:
        folder: where.
        shards: name → (split, records).
        boxes: split → class → number, as the manifest tells.
        classes: name → id.
        features: those that the manifest lists.
        options: likewise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    of_split: dict[str, list[Shard]] = {}
    for name, (split, records) in shards.items():
        data = framed(records)
        (folder / name).write_bytes(data)
        of_split.setdefault(split, []).append(Shard(name, len(records), len(data), f"{crc32c(data):08x}"))
    manifest = Manifest(
        LabelMapFile("label_map.pbtxt", "0" * 64),
        classes or {"cat": 1, "dog": 2},
        {
            split: Split(
                images=sum(shard.examples for shard in of),
                negatives=0,
                boxes=(boxes or {}).get(split, {}),
                bytes=sum(shard.bytes for shard in of),
                shards=tuple(of),
            )
            for split, of in of_split.items()
        },
        options=options or {},
        features=features,
    )
    (folder / "manifest.json").write_text(manifest.to_json())
    return folder
