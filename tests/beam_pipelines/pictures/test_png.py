"""The chunks of a PNG."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import PngImagePlugin

from beam_pipelines.pictures.png import pixels_only, scan, untagged
from beam_pipelines.records import RecordError

from .made_pictures import SIZE, chunk, encoded, gradient, gray_16, opened, raw_png, turned

PLAIN = encoded(gradient(), "PNG")
TURNED = turned("PNG", 6)
ROWS = b"\0\x10\x20\0\x30\x40"
END = chunk(b"IEND", b"")


def refusal(data: bytes) -> str:
    with pytest.raises(RecordError) as refused:
        scan(data)
    return refused.value.code


@pytest.mark.parametrize(
    ("mode", "depth", "color"), [("1", 1, 0), ("L", 8, 0), ("RGB", 8, 2), ("P", 8, 3), ("LA", 8, 4), ("RGBA", 8, 6)]
)
def test_size_depth_and_colour(mode, depth, color):
    assert scan(encoded(gradient(mode), "PNG")) == (*SIZE, depth, color, False, 0)


def test_sixteen_bits():
    assert scan(gray_16()).depth == 16


def test_further_frames_are_noticed():
    frames = {"save_all": True, "append_images": [gradient().rotate(90)]}
    assert scan(encoded(gradient(), "PNG", **frames)).animated
    assert not scan(PLAIN).animated


@pytest.mark.parametrize("orientation", range(2, 9))
def test_orientation_is_found_and_turned_off(orientation):
    data = turned("PNG", orientation)
    assert data[scan(data).orientation_at] == orientation
    changed = untagged(data)
    assert scan(changed).orientation_at == 0
    assert len(changed) == len(data)
    assert opened(changed).getexif()[0x0112] == 1
    assert opened(changed).tobytes() == opened(data).tobytes()


def test_nothing_to_turn_off():
    assert untagged(PLAIN) == PLAIN


@pytest.mark.parametrize("data", [PLAIN, TURNED])
def test_every_proper_prefix_is_cut_off(data):
    assert {refusal(data[:size]) for size in range(8, len(data))} == {"image_truncated"}


def test_what_follows_the_end_does_no_harm():
    assert scan(PLAIN + b"junk") == scan(PLAIN)


@given(st.integers(8, len(PLAIN) - 1), st.integers(0, 7))
def test_every_flipped_bit_is_found(at, bit):
    assert refusal(PLAIN[:at] + bytes((PLAIN[at] ^ 1 << bit,)) + PLAIN[at + 1 :]) in (
        "image_truncated",
        "image_corrupt",
    )


def test_a_flipped_bit_in_the_pixels_is_named():
    at = PLAIN.index(b"IDAT") + 20
    with pytest.raises(RecordError, match="'IDAT' at byte 33 does not match its checksum"):
        scan(PLAIN[:at] + bytes((PLAIN[at] ^ 1,)) + PLAIN[at + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        raw_png(0, 2, 8, 0, ROWS),
        raw_png(2**31, 2, 8, 0, ROWS),
        raw_png(2, 2, 3, 0, ROWS),
        raw_png(2, 2, 8, 5, ROWS),
        raw_png(2, 2, 8, 0, ROWS, interlace=2),
        raw_png(2, 2, 8, 3, ROWS),
        raw_png(2, 2, 8, 0, ROWS, chunk(b"IHDR", bytes(13))),
        raw_png(2, 2, 8, 0, ROWS, chunk(b"QQQQ", b"")),
        raw_png(2, 2, 8, 0, ROWS, chunk(b"IDAT", b""), chunk(b"tEXt", b"a\0b")),
        raw_png(2, 2, 8, 0, ROWS)[:33] + END,
        PLAIN[:8] + chunk(b"CgBI", bytes(4)) + PLAIN[8:],
        PLAIN[:8] + END,
    ],
)
def test_impossible_structures_are_corrupt(data):
    assert refusal(data) == "image_corrupt"


def test_pixels_only_drops_what_pillow_stumbles_over():
    text = PngImagePlugin.PngInfo()
    text.add_text("workflow", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    data = encoded(gradient(), "PNG", pnginfo=text)
    with pytest.raises(ValueError, match="too large"):
        opened(data)
    assert opened(pixels_only(data)).tobytes() == gradient().tobytes()


def test_pixels_only_takes_the_default_image_of_an_apng():
    frames = [gradient().rotate(90), gradient().rotate(180)]
    data = encoded(gradient(), "PNG", save_all=True, append_images=frames, default_image=True)
    assert opened(pixels_only(data)).tobytes() == gradient().tobytes()


def test_pixels_only_keeps_the_transparency_of_a_palette():
    data = encoded(gradient("P"), "PNG", transparency=3)
    assert opened(pixels_only(data)).info["transparency"] is not None
    assert "transparency" not in opened(pixels_only(raw_png(2, 2, 4, 0, ROWS[:2] * 2, chunk(b"tRNS", b"\0\1")))).info
