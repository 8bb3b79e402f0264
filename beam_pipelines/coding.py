"""How records are encoded where they are shuffled."""

import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

from apache_beam.coders import Coder, registry

from beam_pipelines.records import Pair, Picture, Reject, Side, Tally

if TYPE_CHECKING:
    Outcome = Picture | Reject | Tally
else:

    class Outcome:
        """What comes out of looking at one input: a class, because Beam chooses coders by class."""


class RecordCoder(Coder):
    """NamedTuples by C pickle: a third of what Beam's own coder takes for them.

    Only our own workers write what is read here.
    """

    _kinds: tuple[type[NamedTuple], ...] = (Picture, Reject, Tally, Pair, Side)

    def encode(self, value: Any) -> bytes:
        """Returns the record's kind and its fields."""
        return pickle.dumps((self._kinds.index(type(value)), *value), 5)

    def decode(self, encoded: bytes) -> Any:
        """Returns an equal record."""
        kind, *fields = pickle.loads(encoded)  # noqa: S301 (written by `encode` in this very job)
        return self._kinds[kind]._make(fields)

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
