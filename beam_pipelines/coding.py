"""How records are encoded where they are shuffled."""

import pickle
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

from apache_beam.coders import Coder, registry

from beam_pipelines.records import AnnotatedObject, Annotation, Box, Pair, Picture, Reject, Sheet, Side, Tally

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
_SHA256, _GROUP, _BOXES = (Picture._fields.index(name) for name in ("sha256", "group", "boxes"))
_OBJECTS = Annotation._fields.index("objects")
_SIDE, _SHEETS = _KINDS.index(Side), Side._fields.index("sheets")
_BATCH = 256


def in_batches(records: Sequence[T]) -> Iterator[tuple[T, ...]]:
    """Yields records in batches: an element costs a runner more than what is in it."""
    for start in range(0, len(records), _BATCH):
        yield tuple(records[start : start + _BATCH])


def _pack(record: Any) -> tuple[Any, ...]:
    """Returns a record's kind and its fields, shorter where there may be many."""
    kind = type(record)
    if kind is Picture:
        fields = [0, *record]
        if record.group == record.sha256:  # most groups are the digest, and that is half as long as its digits
            fields[1 + _GROUP] = None
        fields[1 + _SHA256] = bytes.fromhex(record.sha256)
        fields[1 + _BOXES] = _pack_boxes(record.boxes)
        return tuple(fields)
    if kind is Side:
        return (_SIDE, record.images, record.queries, _pack_sheets(record.sheets), record.entries)
    return (_KINDS.index(kind), *record)


def _unpack(packed: tuple[Any, ...]) -> Any:
    index, *fields = packed
    kind = _KINDS[index]
    if kind is Picture:
        fields[_SHA256] = fields[_SHA256].hex()
        if fields[_GROUP] is None:
            fields[_GROUP] = fields[_SHA256]
        fields[_BOXES] = _unpack_boxes(fields[_BOXES])
    elif kind is Side:
        fields[_SHEETS] = _unpack_sheets(fields[_SHEETS])
    return kind._make(fields)


def _pack_boxes(boxes: tuple[Box, ...]) -> tuple[Any, ...]:
    """Returns (number, columns), the coordinates as float32, which they are exact in: a third of the bytes."""
    if not boxes:
        return ()
    name, xmin, ymin, xmax, ymax, *others = zip(*boxes, strict=True)
    sides = struct.pack(f"<{4 * len(boxes)}f", *xmin, *ymin, *xmax, *ymax)
    return (len(boxes), sides, *_shortened([name, *others]))


def _unpack_boxes(packed: tuple[Any, ...]) -> tuple[Box, ...]:
    if not packed:
        return ()
    number, sides, *shortened = packed
    numbers = struct.unpack(f"<{4 * number}f", sides)
    name, *others = _lengthened(shortened, number)
    coordinates = [numbers[start : start + number] for start in range(0, 4 * number, number)]
    return tuple(zip(name, *coordinates, *others, strict=True))


def _pack_sheets(sheets: tuple[Sheet, ...]) -> tuple[Any, ...]:
    """Returns (number, columns of the sheets, number of objects, columns of the objects)."""
    if not sheets:
        return ()
    annotations, *others = zip(*sheets, strict=True)
    fields = list(zip(*annotations, strict=True))
    objects = tuple(chain.from_iterable(fields[_OBJECTS]))
    fields[_OBJECTS] = tuple(map(len, fields[_OBJECTS]))
    columns = _shortened(zip(*objects, strict=True))
    return len(sheets), _shortened([*fields, *others]), len(objects), columns


def _unpack_sheets(packed: tuple[Any, ...]) -> tuple[Sheet, ...]:
    if not packed:
        return ()
    number, shortened, number_of_objects, columns = packed
    fields = _lengthened(shortened, number)
    objects = map(AnnotatedObject._make, zip(*_lengthened(columns, number_of_objects), strict=True))
    fields[_OBJECTS] = [tuple(islice(objects, count)) for count in fields[_OBJECTS]]
    end = len(Annotation._fields)
    annotations = map(Annotation._make, zip(*fields[:end], strict=True))
    return tuple(map(Sheet, annotations, *fields[end:]))


def _shortened(columns: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Returns each column, or a list with its only value if all are equal."""
    return [[column[0]] if column.count(column[0]) == len(column) else column for column in columns]


def _lengthened(columns: Iterable[Any], number: int) -> list[Any]:
    return [column * number if isinstance(column, list) else column for column in columns]


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
