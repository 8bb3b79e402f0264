"""The label map: class names and the ids that stand for them in examples.

Its text form is TensorFlow's `StringIntLabelMap`, written and read by protobuf itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from google.protobuf import text_format

from data_contract import string_int_label_map_pb2

MAX_ID = 2**31 - 1
"""`StringIntLabelMapItem.id` is an int32."""

_EXAMPLE = "item { name: 'cat' id: 1 }"


class LabelMapError(ValueError):
    """A label map that cannot be used; the message quotes the value and says what to do."""


@dataclass(frozen=True)
class Label:
    """One class.

    Args:
        name: what annotations call it; unique in a map.
        id: from 1 to `MAX_ID`; unique in a map.
        display_name: what a person is shown; the name, if it is not given.
    """

    name: str
    id: int
    display_name: str = ""

    def __post_init__(self) -> None:
        if not self.display_name:
            object.__setattr__(self, "display_name", self.name)


@dataclass(frozen=True)
class LabelMap:
    """The classes of a dataset, sorted by id, checked when it is made.

    Raises:
        LabelMapError: there is no class; a name or an id is doubled, missing or out of range.
    """

    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        _check(self.labels)
        object.__setattr__(self, "labels", tuple(sorted(self.labels, key=lambda label: label.id)))

    @classmethod
    def from_names(cls, names: Iterable[str]) -> "LabelMap":
        """Numbers the names from 1 in the order of `in_order`; a name may come more than once.

        Raises:
            LabelMapError: there is no name, or a name is empty.
        """
        return cls(tuple(Label(name, number) for number, name in enumerate(in_order(names), start=1)))

    @classmethod
    def from_ids(cls, ids: Mapping[str, int]) -> "LabelMap":
        """Takes name -> id as it is.

        Raises:
            LabelMapError: see `LabelMap`.
        """
        return cls(tuple(Label(name, number) for name, number in ids.items()))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Name -> id, in the order of the ids."""
        return {label.name: label.id for label in self.labels}

    @cached_property
    def names(self) -> dict[int, str]:
        """Id -> name, in the order of the ids."""
        return {label.id: label.name for label in self.labels}

    @cached_property
    def display_names(self) -> dict[int, str]:
        """Id -> display name, in the order of the ids."""
        return {label.id: label.display_name for label in self.labels}

    def to_pbtxt(self) -> str:
        """Writes name, id and display_name of every class, sorted by id; letters stay readable.

        Both names, because most readers take `name`, and some take `display_name`.
        """
        message = string_int_label_map_pb2.StringIntLabelMap()
        for label in self.labels:
            message.item.add(name=label.name, id=label.id, display_name=label.display_name)
        return text_format.MessageToString(message, as_utf8=True)


def in_order(names: Iterable[str]) -> list[str]:
    """Returns names, each once, in the order of their code points; if all are whole numbers, in that of numbers.

    >>> in_order(["cat", "10", "9"]), in_order(["10", "9", "1"])
    (['10', '9', 'cat'], ['1', '9', '10'])
    """
    unique = sorted(set(names))
    numbers = all(name.isascii() and name.isdigit() for name in unique)
    return sorted(unique, key=int) if numbers else unique


def read_label_map(text: str | bytes) -> LabelMap:
    """Reads the text form; a byte order mark is skipped, bytes are UTF-8.

    An item that has only a display_name is named by it. Keypoints, hierarchy and LVIS fields are
    understood and dropped.

    Raises:
        LabelMapError: not the text form of a label map (line and column are named); see also `LabelMap`.
    """
    message = _parse(_decode(text))
    labels = []
    for position, item in enumerate(message.item, start=1):
        name = item.name or item.display_name
        if not item.HasField("id"):
            raise LabelMapError(f"Item {position} of the label map ({name!r}) has no id: give it one, from 1.")
        labels.append(Label(name, item.id, item.display_name))
    return LabelMap(tuple(labels))


def _decode(text: str | bytes) -> str:
    """Bytes to text, without a byte order mark."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelMapError(
            f"The label map is not UTF-8: byte {text[error.start : error.start + 1]!r} at offset {error.start}. "
            f"Save it as UTF-8 text."
        ) from None


def _parse(text: str) -> string_int_label_map_pb2.StringIntLabelMap:
    """Protobuf's own parser, its complaint turned into a sentence."""
    try:
        return text_format.Parse(text, string_int_label_map_pb2.StringIntLabelMap())
    except text_format.ParseError as error:
        line, column = error.GetLine(), error.GetColumn()
        reason = str(error).removeprefix(f"{line}:{column} : ").rstrip(".").replace("shardbox.", "")
        raise LabelMapError(
            f"Line {line}, column {column} of the label map cannot be read: {reason}. "
            f"Items are written like {_EXAMPLE}."
        ) from None


def _check(labels: tuple[Label, ...]) -> None:
    """Raises LabelMapError at the first label, in the order given, that cannot stand in a map."""
    if not labels:
        raise LabelMapError(f"The label map has no item: add one for each class, like {_EXAMPLE}.")
    names: dict[str, int] = {}
    ids: dict[int, int] = {}
    for position, label in enumerate(labels, start=1):
        item = f"Item {position} of the label map ({label.name!r})"
        _check_label(label, item)
        if label.name in names:
            raise LabelMapError(f"{item} has the name of item {names[label.name]}: rename or delete one of the two.")
        if label.id in ids:
            raise LabelMapError(
                f"{item} has id {label.id}, which item {ids[label.id]} has too: give each class an id of its own."
            )
        names[label.name] = ids[label.id] = position


def _check_label(label: Label, item: str) -> None:
    """Raises LabelMapError, opening with `item`, for a name or an id that no map may hold."""
    if not label.name:
        raise LabelMapError(f"{item} has no name, only id {label.id!r}: give it the name that annotations use.")
    try:
        (label.name + label.display_name).encode()
    except UnicodeEncodeError:
        raise LabelMapError(f"{item} has a name that is no Unicode text: correct the name's encoding.") from None
    # bool is an int to Python, and True would pass as id 1.
    if type(label.id) is not int:
        raise LabelMapError(f"{item} has id {label.id!r}, which is no whole number: number classes from 1.")
    if label.id == 0:
        raise LabelMapError(
            f"{item} has id 0, which is reserved for the background: number classes from 1, without it."
        )
    if not 0 < label.id <= MAX_ID:
        raise LabelMapError(f"{item} has id {label.id}: number classes from 1, up to {MAX_ID}.")
