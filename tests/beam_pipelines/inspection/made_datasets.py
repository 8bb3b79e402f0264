"""Small datasets of which a test knows every record."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from beam_pipelines.record_files.locating import RecordFile, RecordSet
from data_contract.label_map import LabelMap
from data_contract.manifest import LabelMapFile, Manifest, Shard, Split

from ..record_files.made_records import annotated, example, frames

CLASSES = {"cat": 1, "dog": 2, "horse": 3, "zebra": 4}


def record(number: int, *classes: str, **changes: object) -> bytes:
    """The record 'seq/00<number>.jpg' with an object of each class; its source_id is its number times 2**59."""
    count = len(classes)
    sides = {f"image__object__bbox__{side}": [value] * count for side, value in zip(
        ("xmin", "ymin", "xmax", "ymax"), (0.25, 0.25, 0.75, 0.75), strict=True)}  # fmt: skip
    named = {
        "image__filename": [f"seq/{number:03d}.jpg".encode()],
        "image__source_id": [str(number << 59).encode()],
        "image__object__class__text": [name.encode() for name in classes],
        "image__object__class__label": [CLASSES[name] for name in classes],
    }
    return example(annotated(**(sides | named | changes)))


SPLITS: Mapping[str, Sequence[Sequence[bytes]]] = {
    "train": (
        (record(0, "cat"), record(1, "dog"), record(3, "cat", "cat")),
        (record(4),),
        (),
        (record(12, "dog"), record(15, "cat")),
    ),
    "test": ((record(6, "horse"), record(7, "cat")),),
}
"""Split → shards → records. A record lies in the shard that its source_id asks for."""
ORDER = (0, 1, 3, 4, 12, 15, 6, 7)
"""The numbers of the records of SPLITS."""


def manifest_of(splits: Mapping[str, Sequence[Sequence[bytes]]]) -> Manifest:
    """What `build` would say of such splits; sizes are not what they should be."""
    boxes = {"train": {"cat": 4, "dog": 2}, "test": {"horse": 1, "cat": 1}}
    return Manifest(
        label_map=LabelMapFile("label_map.pbtxt", "0" * 64),
        classes=CLASSES,
        splits={
            split: Split(
                images=sum(map(len, shards)),
                negatives=0,
                boxes=boxes[split],
                bytes=0,
                shards=tuple(
                    Shard(f"{split}-{i:05d}-of-{len(shards):05d}.tfrecord", len(records), 0, "0" * 8)
                    for i, records in enumerate(shards)
                ),
            )
            for split, shards in splits.items()
        },
    )


def contents_of(folder: str) -> dict[str, bytes]:
    """Path → content of the files of a dataset of SPLITS."""
    manifest = manifest_of(SPLITS)
    shards = {
        f"{folder}/{shard.name}": frames(*records)
        for split, content in manifest.splits.items()
        for shard, records in zip(content.shards, SPLITS[split], strict=True)
    }
    return shards | {
        f"{folder}/manifest.json": manifest.to_json().encode(),
        f"{folder}/label_map.pbtxt": LabelMap.from_ids(CLASSES).to_pbtxt().encode(),
    }


def write_dataset(folder: Path) -> Path:
    """Writes a dataset of SPLITS."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents_of(str(folder)).items():
        Path(path).write_bytes(content)
    return folder


def of_one_file(path: Path | str, class_names: Mapping[int, str] | None = None) -> RecordSet:
    """A file of another program."""
    folder, _, name = str(path).rpartition("/")
    return RecordSet(folder, (RecordFile(str(path), name, "other"),), None, "", dict(class_names or {}))
