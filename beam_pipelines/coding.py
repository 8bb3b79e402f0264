"""How records are encoded where they are shuffled."""

import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from apache_beam.coders import Coder, registry

from beam_pipelines.records import Pair, Picture, Reject, Side, Tally

T = TypeVar("T")

if TYPE_CHECKING:
    Outcome = Picture | Reject | Tally
else:

    class Outcome:
        """What comes out of looking at one input: a class, because Beam chooses coders by class."""


_BATCH = 256
_SHA256, _GROUP = Picture._fields.index("sha256"), Picture._fields.index("group")


def in_batches(records: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Yields records in tuples that travel as one element: an element costs a runner more than what is in it."""
    for start in range(0, len(records), _BATCH):
        yield tuple(records[start : start + _BATCH])


class RecordCoder(Coder):
    """NamedTuples by C pickle: a third of what Beam's own coder takes for them.

    Only our own workers write what is read here.
    """

    _kinds: tuple[type[NamedTuple], ...] = (Picture, Reject, Tally, Pair, Side)

    def encode(self, value: Any) -> bytes:
        """Returns the record's kind and its fields."""
        fields = list(value)
        if type(value) is Picture:  # a digest is half as long as its digits, and most groups are the digest
            if value.group == value.sha256:
                fields[_GROUP] = None
            fields[_SHA256] = bytes.fromhex(value.sha256)
        return pickle.dumps((self._kinds.index(type(value)), fields), 5)

    def decode(self, encoded: bytes) -> Any:
        """Returns an equal record."""
        index, fields = pickle.loads(encoded)  # noqa: S301 (written by `encode` in this very job)
        kind = self._kinds[index]
        if kind is Picture:
            fields[_SHA256] = fields[_SHA256].hex()
            if fields[_GROUP] is None:
                fields[_GROUP] = fields[_SHA256]
        return kind._make(fields)

    def estimate_size(self, value: Any) -> int:
        """Beam samples sizes by encoding, unless told otherwise."""
        return 400

    def is_deterministic(self) -> bool:
        """False: a record is never a key."""
        return False

    def to_type_hint(self) -> type:
        """The type that stands for all records."""
        return Outcome  # type: ignore[return-value]


for _type in (Outcome, Picture, Reject, Tally, Pair, Side):
    registry.register_coder(_type, RecordCoder)
