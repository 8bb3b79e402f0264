"""The yardstick: the work of `shardbox build` in one plain Python process, with the same functions and without Beam.

It lists, matches by path, parses, probes, checks boxes, hashes, deduplicates, surveys, plans, splits, sorts, reads
again, checks the hash, encodes and writes with checksums. One core of one machine is all it can use.
"""

import argparse
import importlib.abc
import importlib.machinery
import os
import struct
import sys
import types
from collections import defaultdict


class _Without(types.ModuleType):
    """Stands in for a module of Beam, so that the loop does not pay a second for an import that it does not need."""

    def __getattr__(self, name: str) -> type:
        return type(name, (), {"register_coder": lambda *_: None, "UNCOMPRESSED": ""})


class _WithoutBeam(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        ours = name.partition(".")[0] == "apache_beam"
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if ours else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Without(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


sys.meta_path.insert(0, _WithoutBeam())

import google_crc32c  # noqa: E402

from beam_pipelines.deduplication import deduplicate  # noqa: E402
from beam_pipelines.encoding import encode_example, read_image  # noqa: E402
from beam_pipelines.examination import Examiner  # noqa: E402
from beam_pipelines.file_names import without_extension  # noqa: E402
from beam_pipelines.listing import FileSet  # noqa: E402
from beam_pipelines.planning import Wishes, make_plan  # noqa: E402
from beam_pipelines.records import Pair, Picture  # noqa: E402
from beam_pipelines.sharding import ShardId, shard_of  # noqa: E402
from beam_pipelines.survey import Survey  # noqa: E402
from beam_pipelines.writing import count_contents  # noqa: E402


def main() -> None:
    """Builds a dataset; `python benchmarks/plain_loop.py ANNOTATIONS IMAGES OUTPUT --num_shards 10`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotations")
    parser.add_argument("images")
    parser.add_argument("output")
    parser.add_argument("--num_shards", type=int, default=10)
    arguments = parser.parse_args()
    annotations = FileSet.of("annotations", [arguments.annotations])
    images = FileSet.of("images", [arguments.images])
    by_path = {without_extension(name): name for name, _ in images.names()}
    examiner = Examiner(annotations, images)
    pictures = [examiner.examine(Pair(name, by_path[without_extension(name)]))[0] for name, _ in annotations.names()]
    kept = [p for p in deduplicate(pictures, "keep") if isinstance(p, Picture)]
    survey = Survey()
    for picture in kept:
        survey.add(picture, 0)
    fractions = {"train": 0.8, "validation": 0.1, "test": 0.1}
    plan = make_plan(survey, Wishes(fractions, 0, None, "fail", arguments.num_shards, 2**28, 0.01, None))
    shards: dict[str, list[Picture]] = defaultdict(list)
    for picture in kept:
        shards[shard_of(picture, plan) or ""].append(picture)
    os.makedirs(arguments.output, exist_ok=True)
    for text, content in shards.items():
        write(os.path.join(arguments.output, ShardId.from_text(text).name), content, plan.labels, images)


def write(path: str, pictures: list[Picture], labels: dict[str, int], images: FileSet) -> None:
    """Writes one shard with TFRecord framing and a checksum of the whole file."""
    crc = 0
    with open(path, "wb") as file:
        for picture in sorted(pictures, key=lambda p: (p.key, p.image, p.annotation)):
            data = read_image(images.path(picture.image), picture)
            example = encode_example(picture, labels, data)
            length = struct.pack("<Q", len(example))
            record = b"".join((length, masked_crc(length), example, masked_crc(example)))
            crc = google_crc32c.extend(crc, record)
            file.write(record)
    count_contents(pictures)


def masked_crc(data: bytes) -> bytes:
    """Returns the checksum of TFRecord framing."""
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


if __name__ == "__main__":
    main()
