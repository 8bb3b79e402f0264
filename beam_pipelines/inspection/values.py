"""Values of an example as text for a person: shortened, and as they are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet  # type: ignore[import-not-found]

from beam_pipelines.pictures.signatures import format_of
from beam_pipelines.records import RecordError

_MOST_VALUES = 24
_LONGEST_TEXT = 200
_LONGEST_LIST = 400
_SHORT = 80
"""Characters of a text that is shown even if it needs escapes."""
_BYTES_FIELD = 2
"""The wire type of bytes, texts and messages (protobuf)."""


def values_text(dtype: str, values: Sequence[Any]) -> str:
    """Returns the values of a feature, the first ones if there are many.

    >>> values_text("bytes", (b"cat", b"dog"))
    "'cat', 'dog'"
    """
    parts: list[str] = []
    for value in values[:_MOST_VALUES]:
        parts.append(value_text(dtype, value))
        if sum(map(len, parts)) > _LONGEST_LIST:
            break
    return ", ".join(parts) + (", …" if len(parts) < len(values) else "")


def value_text(dtype: str, value: Any) -> str:
    """Returns one value of a feature."""
    if dtype == "bytes":
        return bytes_text(value)
    return float_text(value) if dtype == "float" else str(value)


def float_text(value: float) -> str:
    """Returns a float32 with the digits that it has."""
    return str(np.float32(value))


def bytes_text(value: bytes) -> str:
    """Returns a text in quotes, with escapes for what cannot be printed; of other bytes their number and kind."""
    text = _decoded(value)
    if text is not None:
        return f"{text[:_LONGEST_TEXT]!r}{_rest_of(text)}"
    picture = picture_format(value)
    return f"<{len(value):,} bytes, {picture}>" if picture else f"<{len(value):,} bytes>"


def plain_text(value: bytes) -> str:
    """Like `bytes_text`, but without quotes where it is clear without them what the text is."""
    text = _decoded(value)
    if text and text.isprintable() and text == text.strip():
        return f"{text[:_LONGEST_TEXT]}{_rest_of(text)}"
    return bytes_text(value)


def _decoded(value: bytes) -> str | None:
    """Returns a text that a person can read; None if the bytes are none, or long and with control characters."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    is_text = len(text) <= _SHORT or all(character.isprintable() or character in "\n\r\t" for character in text)
    return text if is_text else None


def _rest_of(text: str) -> str:
    return "" if len(text) <= _LONGEST_TEXT else f"… ({len(text):,} characters)"


def picture_format(data: bytes) -> str:
    """Returns 'JPEG', 'PNG' and so on, by content; '' for what is no picture that is known here."""
    try:
        return format_of(data).upper()
    except RecordError:
        return ""


def kind_of(start: bytes) -> str:
    """Returns what the content of a file is that begins so, such as 'a ZIP archive'; '' if it is too short to tell."""
    try:
        return f"a {format_of(start).upper()} picture"
    except RecordError as error:
        # Sentences on a whole file of a picture: what they say of its kind is wanted alone.
        if error.code == "image_not_an_image":
            return error.message.partition(" bytes) is ")[2].removesuffix(".")
        return error.message.removeprefix("The file is ").partition(":")[0] if error.code == "image_unsupported" else ""


def pixels_text(value: float) -> str:
    """Returns a coordinate in pixels, to a tenth.

    >>> pixels_text(12.0), pixels_text(12.34)
    ('12', '12.3')
    """
    if not math.isfinite(value) or abs(value) >= 1e6:
        return f"{value:.6g}"
    return f"{round(value, 1) + 0:.1f}".removesuffix(".0")  # + 0: no minus before 0


def fraction_text(value: float) -> str:
    """Returns a normalised coordinate with four digits, or with all of them where those would hide something.

    >>> fraction_text(0.25), fraction_text(1.0000001192092896)
    ('0.2500', '1.0000001')
    """
    short = f"{value:.4f}"
    hides = not 0 <= value <= 1 or (short in ("0.0000", "1.0000") and value not in (0, 1))
    return float_text(value) if hides else short


def sequence_lists(data: bytes) -> dict[str, int] | None:
    """Returns the number of steps of each list of a tf.train.SequenceExample; None if the record is none.

    As an Example, it would seem to be one with the features of its context alone.
    """
    try:
        lists = [entry for content in _fields(data, 2) for entry in _fields(content, 1)]
        return {
            plain_text(key): len(_fields(b"".join(_fields(entry, 2)), 1))
            for entry in lists
            for key in _fields(entry, 1)
        } or None
    except DecodeError:
        return None


def _fields(message: bytes, number: int) -> list[bytes]:
    """Returns the content of a message's fields of one number, if they are of bytes, texts or messages."""
    found = UnknownFieldSet(Empty.FromString(message))
    return [field.data for field in found if field.field_number == number and field.wire_type == _BYTES_FIELD]
