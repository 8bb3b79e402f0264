"""Values as text."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.inspection.values import (
    bytes_text,
    float_text,
    fraction_text,
    kind_of,
    picture_format,
    pixels_text,
    plain_text,
    sequence_lists,
    values_text,
)

from ..record_files.made_records import example, frames, picture


def field(number: int, content: bytes) -> bytes:
    """A field of a message, by the letter of protobuf; for contents of less than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def entry(name: bytes, *steps: bytes) -> bytes:
    """An entry of the map of a SequenceExample's lists."""
    return field(1, field(1, name) + field(2, b"".join(field(1, step) for step in steps)))


@pytest.mark.parametrize(
    ("dtype", "values", "text"),
    [
        ("int64", (1, -2), "1, -2"),
        ("float", (0.1, math.nan, -math.inf), "0.1, nan, -inf"),
        ("bytes", (b"cat", b"it's", b""), "'cat', \"it's\", ''"),
        ("", (), ""),
        ("int64", tuple(range(30)), ", ".join(map(str, range(24))) + ", …"),
        ("bytes", (b"x" * 190,) * 5, ", ".join(["'" + "x" * 190 + "'"] * 3) + ", …"),
    ],
)
def test_values(dtype: str, values: tuple, text: str):
    assert values_text(dtype, values) == text


@pytest.mark.parametrize(
    ("value", "quoted", "plain"),
    [
        (b"a cat.jpg", "'a cat.jpg'", "a cat.jpg"),
        ("Straße 猫".encode(), "'Straße 猫'", "Straße 猫"),
        (b"", "''", "''"),
        (b" a", "' a'", "' a'"),
        (b"a\nb", r"'a\nb'", r"'a\nb'"),
        (b"a\x1b[31m", r"'a\x1b[31m'", r"'a\x1b[31m'"),
        ("\u202eabc".encode(), r"'\u202eabc'", r"'\u202eabc'"),
        (b"\xff\xfe\xfd", "<3 bytes>", "<3 bytes>"),
        (b"\0" * 1234, "<1,234 bytes>", "<1,234 bytes>"),
        (b"x" * 201, "'" + "x" * 200 + "'… (201 characters)", "x" * 200 + "… (201 characters)"),
        (b"line\n" * 50, repr("line\n" * 40) + "… (250 characters)", repr("line\n" * 40) + "… (250 characters)"),
        (picture(format="PNG"), f"<{len(picture(format='PNG')):,} bytes, PNG>", None),
    ],
)
def test_bytes(value: bytes, quoted: str, plain: str | None):
    assert (bytes_text(value), plain_text(value)) == (quoted, plain or quoted)


@given(st.binary(max_size=300) | st.text(max_size=90).map(lambda text: text.encode("utf-8", "replace")))
def test_no_text_can_do_harm_to_a_terminal(value: bytes):
    assert bytes_text(value).isprintable()
    assert plain_text(value).isprintable()


@given(st.floats(width=32))
def test_floats_keep_their_digits(value: float):
    back = struct.unpack("f", struct.pack("f", float(float_text(value))))[0]
    assert back == value or math.isnan(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (48.00001, "48"), (-0.01, "0"), (12.345, "12.3"), (-7.25, "-7.2"), (1e9, "1e+09"), (math.nan, "nan")],
)
def test_pixels(value: float, text: str):
    assert pixels_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0000"), (1.0, "1.0000"), (0.33333334, "0.3333"), (1e-05, "1e-05"), (0.99999, "0.99999"), (-0.5, "-0.5"),
     (1.5, "1.5"), (math.inf, "inf"), (math.nan, "nan")],
)  # fmt: skip
def test_fractions(value: float, text: str):
    assert fraction_text(value) == text


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (picture(), "a JPEG picture"),
        (b"PK\3\4 and so on", "a ZIP archive (or an Office document)"),
        (b"<?xml version='1.0'?>", "an XML document"),
        (b"filename,width\n", "text that begins with 'filename,width'"),
        (b"PAR1\x15\0\x15\0", "of no known kind: it begins with the bytes 50 41 52 31 15 00 15 00"),
        (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
        (bytes(512), "nothing but zero bytes, as an interrupted copy leaves them"),
        (b"", ""),
        (b"\x89PN", ""),
    ],
)
def test_kinds_of_files(start: bytes, kind: str):
    assert kind_of(start) == kind


@pytest.mark.parametrize(("data", "format"), [(picture(), "JPEG"), (b"BM", ""), (b"", "")])
def test_formats(data: bytes, format: str):
    assert picture_format(data) == format


def test_lists_of_a_sequence():
    lists = field(2, entry(b"rgb", b"a", b"bc", b"") + entry(b"audio", b"x") + entry(b"none"))
    assert sequence_lists(lists) == {"rgb": 3, "audio": 1, "none": 0}
    assert sequence_lists(example({"id": [1]}) + lists) == {"rgb": 3, "audio": 1, "none": 0}


@pytest.mark.parametrize(
    "data", [b"", b"plain text", example({"id": [1]}), picture(), frames(b"a"), field(2, b"\xff\xff")]
)
def test_what_is_no_sequence(data: bytes):
    assert sequence_lists(data) is None


@given(st.binary(max_size=60))
def test_no_bytes_make_the_look_for_a_sequence_fail(data: bytes):
    sequence_lists(data)
