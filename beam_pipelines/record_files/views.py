"""What a person, a drawing or a statistic wants of an example, read leniently: records of other programs too.

A text of a stranger may have any length, and comes again on every page and in every table: `short_name` bounds those
of classes, views and formats to 200 characters, `short_path` file names and ids to 1,000.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError

from beam_pipelines.records import RecordError
from data_contract import features as keys
from data_contract.example_pb2 import Example

_LONGEST_NAME = 200
_LONGEST_PATH = 1000
_DIGITS = 12

Values = tuple[str, tuple[Any, ...]]
"""('bytes', 'int64', 'float' or '' for a feature without a list, values)."""


class ObjectView(NamedTuple):
    """One object of an example. Coordinates as they stand there: normalised, but nothing is promised of them."""

    name: str
    """Of its class, see `short_name`; 'class 3' if only its id is known, '' if not even that."""
    label: int
    """Id of its class; 0 if it is not known."""
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: int = 0
    truncated: int = 0
    view: str = ""
    is_crowd: int = 0
    area: float = 0.0
    """Square pixels; 0 if it is not known."""
    mask: bytes = b""
    """A PNG of the picture's size, not 0 where the object is; empty if there is none."""


class ExampleView(NamedTuple):
    """One example, as far as it could be understood."""

    encoded: bytes
    format: str
    """As the record states it, see `short_name`."""
    width: int
    """Pixels, as the record states it; 0 if it does not."""
    height: int
    """Pixels, as the record states it; 0 if it does not."""
    filename: str
    """See `short_path`."""
    source_id: str
    """See `short_path`."""
    sha256: str
    objects: tuple[ObjectView, ...]
    labels: tuple[str, ...]
    """Classes of the whole image, see `short_name`; 'class 3' where only an id is known."""
    class_map: bytes
    """A PNG of the picture's size; empty if there is none."""


def short_name(name: str) -> str:
    """Returns a name of a class as views have it: of at most 200 characters.

    A longer one ends in '…' and the first digits of its SHA-256, so that different names stay different.
    """
    return _shortened(name, _LONGEST_NAME)


def short_path(path: str) -> str:
    """Returns the name of a file as views have it: like `short_name`, of at most 1,000 characters."""
    return _shortened(path, _LONGEST_PATH)


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most - 1 - _DIGITS]}…{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def parse_features(data: bytes) -> dict[str, Values]:
    """Parses the content of a record. Returns key → (dtype, values), sorted by key.

    Raises:
        RecordError: record_not_an_example.
    """
    try:
        features = Example.FromString(data).features.feature
    except DecodeError:
        raise RecordError("record_not_an_example", "the record is no tf.train.Example") from None
    return {key: _values(feature) for key, feature in sorted(features.items())}


def _values(feature: Any) -> Values:
    kind = feature.WhichOneof("kind")
    return (kind.removesuffix("_list"), tuple(getattr(feature, kind).value)) if kind else ("", ())


def view_example(features: Mapping[str, Values], class_names: Mapping[int, str]) -> ExampleView:
    """Returns what an example says, with nothing where it says nothing.

    Args:
        features: as `parse_features` returns them.
        class_names: id → name, for records that hold ids alone.
    """
    reader = _Reader(features)
    return ExampleView(
        encoded=reader.first(keys.IMAGE_ENCODED, b""),
        format=_text(reader.first(keys.IMAGE_FORMAT, b"")),
        width=reader.first(keys.IMAGE_WIDTH, 0),
        height=reader.first(keys.IMAGE_HEIGHT, 0),
        filename=short_path(_decoded(reader.first(keys.IMAGE_FILENAME, b""))),
        source_id=short_path(_decoded(reader.first(keys.IMAGE_SOURCE_ID, b""))),
        sha256=_text(reader.first(keys.IMAGE_SHA256, b"")),
        objects=_objects(reader, class_names),
        labels=_labels(reader, class_names),
        class_map=reader.first(keys.CLASS_MAP_ENCODED, b""),
    )


class _Reader:
    """Values of a type that is expected; those of another are as good as missing."""

    def __init__(self, features: Mapping[str, Values]):
        self._features = features

    def all(self, key: str, default: Any) -> tuple[Any, ...]:
        """Returns the values of a key that have the type of `default`."""
        values = self._features.get(key, ("", ()))[1]
        return values if values and type(values[0]) is type(default) else ()

    def first(self, key: str, default: Any) -> Any:
        """Returns the first value of a key."""
        values = self.all(key, default)
        return values[0] if values else default

    def column(self, key: str, default: Any, length: int) -> tuple[Any, ...]:
        """Returns so many values of a key, if it has them."""
        values = self.all(key, default)
        return values if len(values) == length else (default,) * length


def _labels(reader: _Reader, class_names: Mapping[int, str]) -> tuple[str, ...]:
    names = tuple(map(_text, reader.all(keys.IMAGE_CLASS_TEXT, b"")))
    labels = reader.all(keys.IMAGE_CLASS_LABEL, 0)
    return tuple(filter(None, names or (_name_of(label, class_names) for label in labels)))


def _objects(reader: _Reader, class_names: Mapping[int, str]) -> tuple[ObjectView, ...]:
    sides = [reader.all(key, 0.0) for key in (keys.BOX_XMIN, keys.BOX_YMIN, keys.BOX_XMAX, keys.BOX_YMAX)]
    length = len(sides[0])
    if any(len(side) != length for side in sides):
        return ()
    labels = reader.column(keys.CLASS_LABEL, 0, length)
    texts = map(_text, reader.column(keys.CLASS_TEXT, b"", length))
    return tuple(
        map(
            ObjectView,
            (text or _name_of(label, class_names) for text, label in zip(texts, labels, strict=False)),
            labels,
            *sides,
            reader.column(keys.OBJECT_DIFFICULT, 0, length),
            reader.column(keys.OBJECT_TRUNCATED, 0, length),
            map(_text, reader.column(keys.OBJECT_VIEW, b"", length)),
            reader.column(keys.OBJECT_IS_CROWD, 0, length),
            reader.column(keys.OBJECT_AREA, 0.0, length),
            reader.column(keys.OBJECT_MASK, b"", length),
        )
    )


def _name_of(label: int, class_names: Mapping[int, str]) -> str:
    return short_name(class_names.get(label, "")) or (f"class {label}" if label else "")


def _text(value: bytes) -> str:
    return short_name(_decoded(value))


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "replace")
