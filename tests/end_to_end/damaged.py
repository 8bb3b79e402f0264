"""Damage done to a dataset on purpose, and exactly what `shardbox verify` must find of each."""

import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c

from beam_pipelines.record_files.framing import masked_crc
from beam_pipelines.verification.findings import Finding
from data_contract.example_pb2 import Example
from data_contract.manifest import Manifest, read_manifest

from .shardbox_runs import records, values

ALL = -1


def framed(record: bytes) -> bytes:
    """A record as it stands in a file."""
    head = struct.pack("<Q", len(record))
    return b"".join((head, struct.pack("<I", masked_crc(head)), record, struct.pack("<I", masked_crc(record))))


def write_records(path: Path, content: Iterable[bytes]) -> None:
    path.write_bytes(b"".join(map(framed, content)))


def changed(record: bytes, **lists: object) -> bytes:
    """An example with other values under some keys.

    Args:
        record: the example.
        lists: (type, values) by the key with `__` for `/` and without 'image/'; None removes the key.
    """
    example = Example.FromString(record)
    for name, value in lists.items():
        key = "image/" + name.replace("__", "/")
        example.features.feature.pop(key, None)
        if value is not None:
            dtype, content = value  # type: ignore[misc]
            getattr(example.features.feature[key], f"{dtype}_list").value.extend(content)
    return example.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class Dataset:
    """A dataset that is to be damaged."""

    folder: Path

    @property
    def manifest(self) -> Manifest:
        return read_manifest(self.folder)

    def shard(self, split: str, number: int) -> str:
        return self.manifest.splits[split].shards[number].name

    def path(self, name: str) -> Path:
        return self.folder / name

    def records(self, name: str) -> list[bytes]:
        return list(records(self.folder / name))

    def examples(self, name: str) -> list[dict[str, list[Any]]]:
        return [values(record) for record in self.records(name)]

    def ids(self, name: str) -> list[int]:
        return [int(example["image/source_id"][0]) for example in self.examples(name)]

    def damage(self, name: str, at: int, mask: int = 1) -> None:
        """Flips bits of one byte."""
        data = bytearray(self.path(name).read_bytes())
        data[at] ^= mask
        self.path(name).write_bytes(data)

    def cut(self, name: str, size: int) -> None:
        self.path(name).write_bytes(self.path(name).read_bytes()[:size])

    def offset(self, name: str, record: int) -> int:
        """Of the frame of a record."""
        return sum(16 + len(one) for one in self.records(name)[:record])

    def rewrite(self, name: str, content: Sequence[bytes], *, told: bool = True) -> None:
        """Writes another shard; `told`: the manifest says so, as a faulty writer's would."""
        write_records(self.path(name), content)
        if told:
            data = self.path(name).read_bytes()
            told_of = {"examples": len(content), "bytes": len(data), "crc32c": f"{google_crc32c.value(data):08x}"}
            self.edit_shard(name, told_of)

    def edit_shard(self, name: str, fields: Mapping[str, object]) -> None:
        """Changes what the manifest says of a shard, and the sums."""

        def edit(tree: dict[str, Any]) -> None:
            for split in tree["splits"].values():
                for shard in split["shards"]:
                    if shard["name"] == name:
                        shard.update(fields)
                split["images"] = sum(shard["examples"] for shard in split["shards"])
                split["bytes"] = sum(shard["bytes"] for shard in split["shards"])

        self.edit_manifest(edit)

    def edit_manifest(self, edit: Callable[[dict[str, Any]], None]) -> None:
        path = self.folder / "manifest.json"
        tree = json.loads(path.read_text("utf-8"))
        edit(tree)
        path.write_text(json.dumps(tree), "utf-8")

    def change(self, name: str, record: int, *, told: bool = True, **lists: object) -> None:
        """Changes one example of a shard, see `changed`."""
        content = self.records(name)
        content[record] = changed(content[record], **lists)
        self.rewrite(name, content, told=told)

    def put_picture(self, name: str, record: int, content: bytes, *, digest: bool = True) -> None:
        """Puts other bytes for the picture of an example."""
        more = {"key__sha256": ("bytes", [hashlib.sha256(content).hexdigest().encode()])} if digest else {}
        self.change(name, record, encoded=("bytes", [content]), **more)


def error(code: str, file: str, record: int, message: str) -> Finding:
    return Finding(code, "error", file, record, message)


def warning(code: str, file: str, record: int, message: str) -> Finding:
    return Finding(code, "warning", file, record, message)


Damage = Callable[[Dataset], list[Finding]]
"""Damages a dataset. Returns what must be found, in its order."""

DAMAGES: dict[str, Damage] = {}
"""By the name of the function, with blanks."""


def damage(function: Damage) -> Damage:
    DAMAGES[function.__name__.replace("_", " ")] = function
    return function
