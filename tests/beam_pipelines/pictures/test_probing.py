"""What a picture is, and whether TensorFlow reads it as it is seen."""

import struct
import warnings
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from beam_pipelines.pictures import probing
from beam_pipelines.pictures.conversion import convert, plan_conversion
from beam_pipelines.pictures.probing import extension_differs, probe
from beam_pipelines.records import RecordError
from beam_pipelines.rejects import REMEDIES, REPAIRS

from .made_pictures import FILES, SIZE, chunk, encoded, gradient, gray_16, opened, raw_png, turned

FRAMES = {"save_all": True, "append_images": [gradient().rotate(90), gradient().rotate(180)]}
TRANSLUCENT = gradient("RGBA")

KEPT = {
    "jpeg": encoded(gradient(), "JPEG"),
    "jpeg gray": encoded(gradient("L"), "JPEG"),
    "jpeg progressive": encoded(gradient(), "JPEG", progressive=True),
    "jpeg 4:4:4 with restarts": encoded(gradient(), "JPEG", subsampling=0, restart_marker_blocks=2),
    "jpeg in RGB": encoded(gradient(), "JPEG", keep_rgb=True),
    "jpeg real": (FILES / "raccoon-151.jpg").read_bytes(),
    "jpeg real gray": (FILES / "raccoon-150.jpg").read_bytes(),
    "png 1 bit": encoded(gradient("1"), "PNG"),
    "png gray": encoded(gradient("L"), "PNG"),
    "png gray 2 bits": raw_png(4, 2, 2, 0, b"\0\x1b\0\xe4"),
    "png gray interlaced": raw_png(2, 2, 8, 0, b"\0\x10\0\x20\0\x30\x40", interlace=1),
    "png palette": encoded(gradient("P"), "PNG"),
    "png palette 4 bits": encoded(gradient().quantize(16), "PNG", bits=4),
    "png palette with a hole": encoded(gradient("P"), "PNG", transparency=bytes(range(256))),
    "png gray with a hole": encoded(gradient("L"), "PNG", transparency=100),
    "png": encoded(gradient(), "PNG"),
    "png gray and alpha": encoded(gradient("LA"), "PNG"),
    "png alpha": encoded(TRANSLUCENT, "PNG"),
}
REENCODED = {
    "jpeg cmyk": encoded(gradient("CMYK"), "JPEG"),
    "jpeg arithmetic": (FILES / "arithmetic.jpg").read_bytes(),
    "jpeg lossless gray": (FILES / "lossless_gray.jpg").read_bytes(),
    "jpeg lossless": (FILES / "lossless_rgb.jpg").read_bytes(),
    "png 16 bits": gray_16(),
    **{f"bmp {mode}": encoded(gradient(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")},
    **{f"gif {mode}": encoded(gradient(mode), "GIF") for mode in ("L", "P", "RGBA")},
    "gif animated": encoded(gradient("P"), "GIF", **FRAMES),
    **{f"tiff {mode}": encoded(gradient(mode), "TIFF") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")},
    **{f"tiff {name}": encoded(gradient(), "TIFF", compression=name) for name in ("tiff_lzw", "jpeg", "zstd")},
    "tiff fax": encoded(gradient("1"), "TIFF", compression="group4"),
    "tiff big": encoded(gradient(), "TIFF", big_tiff=True),
    "tiff 16 bits": gray_16("TIFF"),
    "tiff 16 bits, big-endian": gray_16("TIFF", "I;16B"),
    "tiff pages": encoded(gradient(), "TIFF", **FRAMES),
    "webp": encoded(gradient(), "WEBP"),
    "webp lossless": encoded(gradient(), "WEBP", lossless=True),
    "webp alpha": encoded(TRANSLUCENT, "WEBP"),
    "webp animated": encoded(gradient(), "WEBP", **FRAMES),
    **{f"{format} turned": turned(format, 6) for format in ("JPEG", "PNG", "TIFF", "WEBP")},
}
EVERYTHING = KEPT | REENCODED


def refusal(data: bytes, decode: bool = False) -> str:
    with pytest.raises(RecordError) as refused:
        probe(data, decode)
    assert refused.value.code in REMEDIES
    assert refused.value.message.endswith(".")
    return refused.value.code


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.mark.parametrize("name", KEPT)
def test_kept_pictures_are_kept(name):
    found = probe(KEPT[name])
    assert found == probe(KEPT[name], decode=True)
    assert found[:3] == (name.split()[0], *opened(KEPT[name]).size)
    assert found[3:] == (1, "", False, found.format == "png")


@pytest.mark.parametrize("name", KEPT)
def test_tensorflow_reads_kept_pictures_as_pillow_does(tf, name):
    data = KEPT[name]
    image = opened(data)
    image.info.pop("transparency", None)
    seen = np.asarray(image.convert("RGB"), np.int16)
    decoders = [tf.io.decode_image, tf.io.decode_jpeg if probe(data).format == "jpeg" else tf.io.decode_png]
    for decoder in decoders:
        read = decoder(data, channels=3).numpy().astype(np.int16)
        apart = np.abs(read - seen)
        # JPEG: TensorFlow takes the fast inverse transform, Pillow the accurate one.
        assert apart.max() <= (12 if probe(data).format == "jpeg" else 0)
        assert apart.mean() < 1


def test_tensorflow_drops_alpha_and_low_bytes(tf):
    assert (tf.io.decode_png(KEPT["png alpha"], channels=3).numpy() == np.asarray(gradient())).all()
    low = np.frombuffer(opened(gray_16()).tobytes(), "<u2").reshape(SIZE[::-1])
    assert (tf.io.decode_png(gray_16(), channels=1).numpy()[..., 0] == low >> 8).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jpeg cmyk", ("jpeg", *SIZE, 1, "reencoded_color", False, False)),
        ("jpeg arithmetic", ("jpeg", 24, 16, 1, "reencoded_format", False, False)),
        ("jpeg lossless", ("jpeg", 24, 16, 1, "reencoded_format", False, True)),
        ("png 16 bits", ("png", *SIZE, 1, "reencoded_depth", False, True)),
        ("bmp RGB", ("bmp", *SIZE, 1, "reencoded_format", False, True)),
        ("gif P", ("gif", *SIZE, 1, "reencoded_format", False, True)),
        ("gif animated", ("gif", *SIZE, 1, "reencoded_format", True, True)),
        ("tiff RGB", ("tiff", *SIZE, 1, "reencoded_format", False, True)),
        ("tiff jpeg", ("tiff", *SIZE, 1, "reencoded_format", False, False)),
        ("tiff pages", ("tiff", *SIZE, 1, "reencoded_format", True, True)),
        ("webp", ("webp", *SIZE, 1, "reencoded_format", False, False)),
        ("webp lossless", ("webp", *SIZE, 1, "reencoded_format", False, True)),
        ("webp alpha", ("webp", *SIZE, 1, "reencoded_format", False, True)),
        ("webp animated", ("webp", *SIZE, 1, "reencoded_format", True, False)),
        ("JPEG turned", ("jpeg", *SIZE, 6, "", False, False)),
        ("PNG turned", ("png", *SIZE, 6, "", False, True)),
        ("TIFF turned", ("tiff", *SIZE, 6, "reencoded_format", False, True)),
        ("WEBP turned", ("webp", *SIZE, 6, "reencoded_format", False, False)),
    ],
)
def test_reencoded_and_turned_pictures(name, expected):
    assert probe(REENCODED[name]) == expected
    assert expected[4] in REPAIRS or not expected[4]


def test_further_frames_of_a_png_are_noticed():
    assert probe(encoded(gradient(), "PNG", **FRAMES)).first_frame_only


@pytest.mark.parametrize("name", EVERYTHING)
def test_prefixes_are_refused(name):
    data = EVERYTHING[name]
    # What follows the first frame is not asked for; nor are a few bytes of padding and end marks.
    end = 200 if probe(data).first_frame_only else len(data) - 6
    for size in range(0, end, max(1, end // 150)):
        refusal(data[:size])


@pytest.mark.parametrize("name", [name for name in EVERYTHING if name.startswith(("jpeg", "png"))])
def test_any_lost_byte_of_a_jpeg_or_png_is_noticed(name):
    assert refusal(EVERYTHING[name][:-1]) == "image_truncated"


@given(
    st.sampled_from(sorted(EVERYTHING)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=6),
    st.booleans(),
)
def test_damage_is_refused_or_can_be_converted(name, flips, decode):
    damaged = bytearray(EVERYTHING[name])
    for place, bits in flips:
        damaged[int(place * len(damaged))] ^= bits
    data = bytes(damaged)
    accepted = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with suppress(RecordError):
            accepted.append(probe(data, decode))
    for found in accepted:
        for action in ("", "apply", "remove") if found.orientation > 1 else ("",):
            conversion, format, width, height = plan_conversion(found, action)
            assert probe(convert(data, conversion))[:3] == (format, width, height)


def test_decoding_finds_what_headers_do_not_tell():
    tables = KEPT["jpeg"].index(b"\xff\xdb")
    jpeg = KEPT["jpeg"][:tables] + KEPT["jpeg"][KEPT["jpeg"].index(b"\xff\xc0") :]
    png = raw_png(200, 200, 8, 0, b"\0\x10\x20")
    for data in (jpeg, png):
        assert probe(data)
        assert refusal(data, decode=True) in ("image_corrupt", "image_truncated")


def test_a_picture_that_may_be_turned_is_decoded_at_once():
    at = REENCODED["JPEG turned"].index(b"\xff\xdb")
    assert refusal(REENCODED["JPEG turned"][:at] + REENCODED["JPEG turned"].partition(b"\xff\xc0")[2]) != ""


def giant_jpeg(width: int, height: int) -> bytes:
    at = KEPT["jpeg"].index(b"\xff\xc0") + 5
    return KEPT["jpeg"][:at] + struct.pack(">HH", height, width) + KEPT["jpeg"][at + 4 :]


def patched(name: str, at: int, value: bytes) -> bytes:
    return EVERYTHING[name][:at] + value + EVERYTHING[name][at + len(value) :]


@pytest.mark.parametrize(
    "data",
    [
        giant_jpeg(13378, 13378),
        giant_jpeg(65501, 2),
        raw_png(13378, 13378, 1, 0, b""),
        raw_png(1_000_001, 1, 1, 0, b""),
        patched("bmp RGB", 18, struct.pack("<ii", 60000, 60000)),
        patched("gif P", 6, b"\xff\xff\xff\xff"),
        patched("webp animated", REENCODED["webp animated"].index(b"VP8X") + 12, b"\xff\xff\0\xfe\xff\0"),
    ],
)
def test_more_than_tensorflow_reads(data):
    assert refusal(data) == "image_too_large"


def test_the_largest_pictures_that_tensorflow_reads():
    assert probe(giant_jpeg(13377, 13377))[1:3] == (13377, 13377)
    assert probe(raw_png(1_000_000, 178, 1, 0, b""))[1:3] == (1_000_000, 178)


def test_tensorflow_draws_the_line_where_we_do(tf):
    rows = b"\0" * (125_001 * 1)
    assert tf.io.decode_png(raw_png(1_000_000, 1, 1, 0, rows), channels=1).shape[1] == 1_000_000
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.decode_png(raw_png(1_000_001, 1, 1, 0, rows + b"\0"), channels=1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.decode_jpeg(giant_jpeg(13378, 13378))


def test_pillows_own_limit_raises_no_warning(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 700)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in EVERYTHING:
            probe(EVERYTHING[name], decode=True)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert refusal(REENCODED["tiff RGB"]) == "image_too_large"


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_pixels_without_an_8_bit_form_are_unsupported(mode):
    image = Image.new("LAB", SIZE) if mode == "LAB" else gradient(mode)
    assert refusal(encoded(image, "TIFF")) == "image_unsupported"


def test_pillow_running_out_of_memory_is_no_crash(monkeypatch):
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(probing.decoding, "_plain", exhausted)
    assert refusal(REENCODED["bmp RGB"]) == "image_too_large"


@pytest.mark.parametrize(
    ("name", "format", "differs"),
    [
        ("a.jpg", "jpeg", False),
        ("a.JPEG", "jpeg", False),
        ("a.jfif", "jpeg", False),
        ("a.jpe", "jpeg", False),
        ("a.tif", "tiff", False),
        ("a.jpg", "png", True),
        ("dir.png/a.jpg", "jpeg", False),
        ("a.heic", "jpeg", True),
        ("a", "png", False),
        ("frame.0001", "png", False),
        (".jpg", "png", False),
    ],
)
def test_extensions(name, format, differs):
    assert extension_differs(name, format) is differs


def test_an_unknown_ancillary_chunk_changes_nothing():
    assert probe(raw_png(2, 1, 8, 0, b"\0\1\2", chunk(b"prVt", b"x"))) == ("png", 2, 1, 1, "", False, True)
