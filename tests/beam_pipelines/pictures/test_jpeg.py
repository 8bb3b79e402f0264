"""The headers of a JPEG."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.pictures.jpeg import scan, untagged
from beam_pipelines.records import RecordError

from .made_pictures import FILES, SIZE, encoded, exif, gradient, turned, with_segment

PLAIN = encoded(gradient(), "JPEG")
PROGRESSIVE = encoded(gradient(), "JPEG", progressive=True)
TURNED = turned("JPEG", 6)
REAL = (FILES / "raccoon-151.jpg").read_bytes()


def refusal(data: bytes) -> str:
    with pytest.raises(RecordError) as refused:
        scan(data)
    return refused.value.code


def tiff_block(order: str, kind: int, count: int, value: int) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    make = struct.pack(order + "HHII", 0x010F, 2, 4, 0)
    short = struct.pack(order + "HHIHH", 0x0112, kind, count, value, 0)
    return head + struct.pack(order + "H", 2) + make + short + struct.pack(order + "I", 0)


@pytest.mark.parametrize(
    ("data", "components", "frame"),
    [
        (PLAIN, 3, 0xC0),
        (PROGRESSIVE, 3, 0xC2),
        (encoded(gradient("L"), "JPEG"), 1, 0xC0),
        (encoded(gradient("CMYK"), "JPEG"), 4, 0xC0),
        (encoded(gradient(), "JPEG", restart_marker_rows=1), 3, 0xC0),
    ],
)
def test_size_channels_and_kind(data, components, frame):
    assert scan(data) == (*SIZE, components, frame, 0)


def test_real_pictures():
    assert scan(REAL)[:4] == (225, 225, 3, 0xC0)
    assert scan((FILES / "raccoon-150.jpg").read_bytes())[:4] == (275, 183, 1, 0xC0)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(10))
def test_orientation_is_found_and_turned_off(order, orientation):
    data = with_segment(PLAIN, 0xE1, b"Exif\0\0" + tiff_block(order, 3, 1, orientation))
    at = scan(data).orientation_at
    if not 2 <= orientation <= 8:
        assert at == 0
        assert untagged(data) == data
        return
    assert data[at] == orientation
    changed = untagged(data)
    assert [i for i in range(len(data)) if data[i] != changed[i]] == [at]
    assert scan(changed).orientation_at == 0


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"junk", tiff_block("<", 4, 1, 6)])
def test_a_damaged_exif_block_is_no_orientation(block):
    assert scan(with_segment(PLAIN, 0xE1, b"Exif\0\0" + block)).orientation_at == 0


def test_a_directory_does_not_reach_beyond_its_segment():
    whole = tiff_block("<", 3, 1, 6)
    start = with_segment(b"\xff\xd8", 0xE1, b"Exif\0\0" + whole[:24])
    assert scan(start + whole[24:] + PLAIN[2:]) == scan(PLAIN)


def test_other_app1_segments_are_passed_over():
    data = with_segment(TURNED, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
    assert data[scan(data).orientation_at] == 6


@pytest.mark.parametrize("data", [PLAIN, PROGRESSIVE, TURNED])
def test_every_proper_prefix_is_cut_off(data):
    assert {refusal(data[:size]) for size in range(3, len(data))} == {"image_truncated"}


@given(st.integers(3, len(REAL) - 1))
def test_a_prefix_of_a_real_picture_is_cut_off(size):
    assert refusal(REAL[:size]) == "image_truncated"


def test_the_end_of_a_thumbnail_is_not_the_end():
    thumbnail = encoded(gradient(size=(8, 6)), "JPEG")
    data = with_segment(PLAIN, 0xE1, b"Exif\0\0" + tiff_block("<", 3, 1, 1) + thumbnail)
    assert scan(data)[:2] == SIZE
    assert refusal(data[:-2]) == "image_truncated"
    assert refusal(data[: data.index(thumbnail) + len(thumbnail)]) == "image_truncated"


@pytest.mark.parametrize("junk", [b"\0" * 300, b"\r\n", PLAIN, b"SEFH\1\2\3"])
def test_what_a_camera_appends_does_no_harm(junk):
    assert scan(PLAIN + junk) == scan(PLAIN)


def test_zeros_instead_of_the_end_are_no_end():
    assert refusal(PLAIN[:-200] + bytes(200)) == "image_truncated"


@pytest.mark.parametrize("between", [b"\xff\xff\xff", b"\0\0", b"stray", b"\xff\0", b"\xff\xd0", b"\xff\x01"])
def test_what_libjpeg_skips_between_segments_is_skipped(between):
    tables = PLAIN.index(b"\xff\xdb")
    assert scan(PLAIN[:tables] + between + PLAIN[tables:]) == scan(PLAIN)


def frame_changed(at: int, value: bytes) -> bytes:
    start = PLAIN.index(b"\xff\xc0") + at
    return PLAIN[:start] + value + PLAIN[start + len(value) :]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame_changed(4, b"\x0c"), "image_unsupported"),
        (frame_changed(1, b"\xc5"), "image_unsupported"),
        (frame_changed(1, b"\xcb"), "image_unsupported"),
        (with_segment(PLAIN, 0xDE, b""), "image_unsupported"),
        (frame_changed(5, b"\0\0"), "image_corrupt"),
        (frame_changed(9, b"\2"), "image_corrupt"),
        (frame_changed(1, b"\xc4"), "image_corrupt"),
        (PLAIN[:2] + b"\xff\xd8" + PLAIN[2:], "image_corrupt"),
        (PLAIN[:2] + b"\xff\xd9" + PLAIN[2:], "image_corrupt"),
        (PLAIN[:2] + b"\xff\x42" + PLAIN[2:], "image_corrupt"),
        (PLAIN[:2] + b"\xff\xe0\0\1" + PLAIN[2:], "image_corrupt"),
        (with_segment(PLAIN, 0xC0, PLAIN[PLAIN.index(b"\xff\xc0") + 4 :][:15]), "image_corrupt"),
        ((FILES / "twelve_bit.jpg").read_bytes(), "image_unsupported"),
    ],
)
def test_refusals(data, code):
    assert refusal(data) == code


def test_two_channels_are_unsupported():
    frame = bytes((8, 0, 30, 0, 40, 2, 1, 0x11, 0, 2, 0x11, 0))
    data = with_segment(b"\xff\xd8\xff\xda\0\2\xff\xd9", 0xC0, frame)
    assert refusal(data) == "image_unsupported"


@given(st.lists(st.tuples(st.integers(3, len(TURNED) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_raises_nothing_else(changes):
    data = bytearray(TURNED)
    for at, value in changes:
        data[at] = value
    with suppress(RecordError):
        scan(bytes(data))


def test_exif_of_pillow_is_read():
    data = encoded(gradient(), "JPEG", exif=exif(8))
    assert data[scan(data).orientation_at] == 8
