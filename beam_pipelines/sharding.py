"""Which file an outcome goes to."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from beam_pipelines.coding import Outcome
from beam_pipelines.planning import Plan
from beam_pipelines.records import Picture, Reject, shard_number

REJECTS = "rejects"
"""Rejects are written like one more split."""


class ShardId(NamedTuple):
    """One file of the dataset.

    Its elements meet under the text of it, because a runner groups best by text.
    """

    family: str
    """Name of a split, or `REJECTS`."""
    number: int
    """From 0."""
    total: int
    """Shards of this family."""

    @property
    def name(self) -> str:
        """The file's name in the dataset."""
        suffix = ".jsonl" if self.family == REJECTS else ".tfrecord"
        return f"{self.family}-{self.number:05d}-of-{self.total:05d}{suffix}"

    @property
    def text(self) -> str:
        """The key under which its elements meet."""
        return f"{self.family}:{self.number}:{self.total}"

    @classmethod
    def from_text(cls, text: str) -> "ShardId":
        """The reverse of `text`."""
        family, number, count = text.split(":")
        return cls(family, int(number), int(count))


def all_shards(plan: Plan) -> Iterator[ShardId]:
    """Yields every shard of the dataset, whether anything falls into it or not, in the order of the output."""
    for family, count in (*plan.shards.items(), (REJECTS, plan.reject_files)):
        for number in range(count):
            yield ShardId(family, number, count)


def shard_of(outcome: Outcome, plan: Plan) -> str | None:
    """Returns the text of the shard that an outcome belongs to; None for one that is not written."""
    if isinstance(outcome, Picture):
        split = plan.split_of(outcome)
        count = plan.shards[split]
        return f"{split}:{shard_number(outcome.key, count)}:{count}"
    if isinstance(outcome, Reject):
        number = zlib.crc32((outcome.annotation or outcome.image).encode("utf-8", "replace")) % plan.reject_files
        return f"{REJECTS}:{number}:{plan.reject_files}"
    return None
