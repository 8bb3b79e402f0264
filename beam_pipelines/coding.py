"""How records are encoded where they are shuffled."""

import pickle
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from apache_beam.coders import Coder, registry

from beam_pipelines.records import Pair, Picture, Reject, Side, Tally

T = TypeVar("T")

if TYPE_CHECKING:
    Outcome = Picture | Reject | Tally
    Batch = tuple[Any, ...]
else:

    class Outcome:
        """What comes out of looking at one input: a class, because Beam chooses coders by class."""

    class Batch:
        """Some records that travel as one element."""


_KINDS: tuple[type[Any], ...] = (Picture, Reject, Tally, Pair, Side)
_SHA256, _GROUP = Picture._fields.index("sha256"), Picture._fields.index("group")
_BATCH = 256


def in_batches(records: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Yields records in batches: an element costs a runner more than what is in it."""
    for start in range(0, len(records), _BATCH):
        yield tuple(records[start : start + _BATCH])


def _pack(record: Any) -> tuple[Any, ...]:
    """Returns a record's kind and its fields."""
    kind = type(record)
    if kind is not Picture:
        return (_KINDS.index(kind), *record)
    fields = [0, *record]
    if record.group == record.sha256:  # most groups are the digest, and that is half as long as its digits
        fields[1 + _GROUP] = None
    fields[1 + _SHA256] = bytes.fromhex(record.sha256)
    return tuple(fields)


def _unpack(packed: tuple[Any, ...]) -> Any:
    index, *fields = packed
    kind = _KINDS[index]
    if kind is Picture:
        fields[_SHA256] = fields[_SHA256].hex()
        if fields[_GROUP] is None:
            fields[_GROUP] = fields[_SHA256]
    return kind._make(fields)


class RecordCoder(Coder):
    """One record by C pickle: a third of what Beam's own coder takes for a NamedTuple.

    Only our own workers write what is read here.
    """

    def encode(self, value: Any) -> bytes:
        """Returns the pickled fields."""
        return pickle.dumps(_pack(value), 5)

    def decode(self, encoded: bytes) -> Any:
        """Returns an equal record."""
        return _unpack(pickle.loads(encoded))  # noqa: S301 (written by `encode` in this very job)

    def estimate_size(self, value: Any) -> int:
        """Beam samples sizes by encoding, unless told otherwise."""
        return 400

    def is_deterministic(self) -> bool:
        """False: a record is never a key."""
        return False

    def to_type_hint(self) -> type:
        """The type that stands for all records."""
        return Outcome  # type: ignore[return-value]


class BatchCoder(RecordCoder):
    """A batch by one pickle, in which equal strings are written once."""

    def encode(self, value: Batch) -> bytes:
        """Returns the pickled fields of all records."""
        return pickle.dumps([_pack(record) for record in value], 5)

    def decode(self, encoded: bytes) -> Batch:
        """Returns equal records."""
        return tuple(map(_unpack, pickle.loads(encoded)))  # noqa: S301 (written by `encode` in this very job)

    def estimate_size(self, value: Batch) -> int:
        """Beam samples sizes by encoding, unless told otherwise."""
        return 400 * len(value)

    def to_type_hint(self) -> type:
        """The type that stands for all batches."""
        return Batch


registry.register_coder(Batch, BatchCoder)
for _type in (Outcome, *_KINDS):
    registry.register_coder(_type, RecordCoder)
