"""Pictures rewritten so that every reader sees what the annotator saw."""

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from beam_pipelines.pictures.conversion import CONVERSIONS, convert, plan_conversion
from beam_pipelines.pictures.probing import Probe, probe

from .made_pictures import FILES, SIZE, encoded, exif, gradient, gray_16, opened, raw_png, turned

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def difference(left: Image.Image, right: Image.Image) -> int:
    assert left.size == right.size
    assert left.mode == right.mode
    return int(np.abs(np.asarray(left, np.int16) - np.asarray(right, np.int16)).max())


def written(data: bytes, action: str = "") -> tuple[str, Image.Image]:
    """Converts as the job does, and holds the plan to its word."""
    conversion, format, width, height = plan_conversion(probe(data), action)
    assert conversion in ("", *CONVERSIONS)
    out = convert(data, conversion)
    assert out == convert(data, conversion)
    found = probe(out, decode=True)
    assert (found.format, found.width, found.height) == (format, width, height)
    assert (found.reencode, found.orientation) == ("", 1)
    return conversion, opened(out)


@pytest.mark.parametrize(
    ("probed", "action", "plan"),
    [
        (("jpeg", 40, 30, 1, "", False, False), "", ("", "jpeg", 40, 30)),
        (("png", 40, 30, 6, "", False, True), "remove", ("untag", "png", 40, 30)),
        (("jpeg", 40, 30, 6, "", False, False), "apply", ("upright_jpeg", "jpeg", 30, 40)),
        (("jpeg", 40, 30, 3, "", False, False), "apply", ("upright_jpeg", "jpeg", 40, 30)),
        (("png", 40, 30, 8, "", False, True), "apply", ("upright_png", "png", 30, 40)),
        (("png", 40, 30, 6, "reencoded_depth", False, True), "remove", ("plain_png", "png", 40, 30)),
        (("webp", 40, 30, 6, "reencoded_format", False, False), "apply", ("upright_jpeg", "jpeg", 30, 40)),
        (("webp", 40, 30, 6, "reencoded_format", False, False), "", ("plain_jpeg", "jpeg", 40, 30)),
        (("tiff", 40, 30, 1, "reencoded_format", True, True), "", ("plain_png", "png", 40, 30)),
    ],
)
def test_plans(probed, action, plan):
    assert plan_conversion(Probe(*probed), action) == plan


def test_what_is_kept_is_the_same_bytes():
    data = encoded(gradient(), "JPEG")
    assert convert(data, "") is data


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize(("format", "target"), [("JPEG", "jpeg"), ("PNG", "png"), ("TIFF", "png"), ("WEBP", "jpeg")])
def test_applied_orientation_is_what_pillow_shows(format, target, orientation):
    data = turned(format, orientation)
    conversion, image = written(data, "apply")
    assert conversion == f"upright_{target}"
    assert not image.getexif()
    expected = ImageOps.exif_transpose(opened(data)).convert("RGB")
    assert difference(image, expected) <= (6 if target == "jpeg" else 0)


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_removed_orientation_touches_no_pixel(format, orientation):
    data = turned(format, orientation)
    conversion, image = written(data, "remove")
    assert conversion == "untag"
    assert image.getexif()[0x0112] == 1
    assert image.tobytes() == opened(data).tobytes()
    assert ImageOps.exif_transpose(image).tobytes() == image.tobytes()
    assert len(convert(data, "untag")) == len(data)


@pytest.mark.parametrize("format", ["TIFF", "WEBP"])
def test_removed_orientation_of_a_reencoded_picture(format):
    _, image = written(turned(format, 6), "remove")
    assert difference(image, gradient()) <= (20 if format == "WEBP" else 0)


@pytest.mark.parametrize("format", ["BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_lossless_pictures_become_equal_pngs(format, mode):
    data = encoded(gradient(mode), format)
    conversion, image = written(data)
    source = opened(data)
    assert conversion == "plain_png"
    seen = "RGBA" if image.mode == "RGBA" else "RGB"
    assert image.convert(seen).tobytes() == source.convert(seen).tobytes()
    assert (image.mode == "RGBA") == (mode == "RGBA" and format == "TIFF")


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_kept(mode):
    for data in (encoded(gradient(mode), "TIFF"), encoded(gradient(mode), "PNG", exif=exif(3))):
        _, image = written(data, "apply" if probe(data).orientation == 3 else "")
        assert image.mode == mode
        expected = gradient(mode) if data[:1] != b"\x89" else gradient(mode).rotate(180)
        assert image.tobytes() == expected.tobytes()


@pytest.mark.parametrize("hole", [7, bytes(range(256))])
def test_the_hole_of_a_palette_becomes_alpha(hole):
    data = encoded(gradient("P"), "PNG", transparency=hole, exif=exif(3))
    _, image = written(data, "apply")
    assert image.tobytes() == opened(data).convert("RGBA").rotate(180).tobytes()


@pytest.mark.parametrize(("format", "mode", "first"), [("PNG", "I;16", 1), ("TIFF", "I;16", 1), ("TIFF", "I;16B", 0)])
def test_sixteen_bits_keep_their_high_byte(format, mode, first):
    _, image = written(gray_16(format, mode))
    assert image.mode == "L"
    assert image.tobytes() == (bytes(range(256)) * 10)[first : 2 * SIZE[0] * SIZE[1] : 2]


@pytest.mark.parametrize(("color", "mode"), [(2, "RGB"), (6, "RGBA")])
def test_sixteen_bits_in_several_channels(color, mode):
    channels = len(mode)
    values = bytes(range(2 * channels * 2))
    _, image = written(raw_png(2, 1, 16, color, b"\0" + values))
    assert image.mode == mode
    assert image.tobytes() == values[::2]


def test_cmyk_keeps_its_colours():
    ink = Image.new("CMYK", SIZE, (0, 200, 255, 30))
    for data in (encoded(ink, "JPEG", quality=95), encoded(ink, "TIFF")):
        _, image = written(data)
        assert difference(image, Image.new("RGB", SIZE, (225, 49, 0))) <= 4


@pytest.mark.parametrize("name", ["arithmetic", "lossless_rgb", "lossless_gray"])
def test_rare_jpegs_are_written_anew(name):
    data = (FILES / f"{name}.jpg").read_bytes()
    conversion, image = written(data)
    lossless = name.startswith("lossless")
    assert conversion == ("plain_png" if lossless else "plain_jpeg")
    assert difference(image, opened(data)) <= (0 if lossless else 6)


@pytest.mark.parametrize("format", ["GIF", "TIFF", "WEBP"])
def test_the_first_frame_is_taken(format):
    data = encoded(gradient(), format, save_all=True, append_images=[gradient().rotate(180)], lossless=True)
    assert probe(data).first_frame_only
    _, image = written(data)
    assert image.tobytes() == opened(data).convert("RGB").tobytes()


def test_jpegs_are_written_with_all_their_colour():
    image = opened(convert(turned("JPEG", 6), "upright_jpeg"))
    assert image.layer[0][1:3] == image.layer[1][1:3] == (1, 1)
    assert "progressive" not in image.info


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_colour_profile_stays_with_its_channels(format):
    with_profile = {"icc_profile": SRGB, "exif": exif(6)}
    assert written(encoded(gradient(), format, **with_profile), "apply")[1].info["icc_profile"] == SRGB
    gray = encoded(gradient("L"), format, **with_profile)
    assert "icc_profile" not in written(gray, "apply")[1].info


def test_the_profile_of_inks_is_dropped():
    inks = SRGB[:16] + b"CMYK" + SRGB[20:]
    assert "icc_profile" not in written(encoded(gradient("CMYK"), "JPEG", icc_profile=inks))[1].info


def test_no_metadata_is_carried_over():
    data = encoded(gradient(), "JPEG", exif=exif(6), comment=b"secret", dpi=(300, 300))
    out = convert(data, "upright_jpeg")
    assert b"secret" not in out
    assert b"Exif" not in out


def test_a_picture_wider_than_a_jpeg_may_be_becomes_a_png(monkeypatch):
    data = encoded(gradient(), "TIFF", compression="jpeg")
    assert written(data)[0] == "plain_jpeg"
    monkeypatch.setattr("beam_pipelines.pictures.jpeg.MAX_SIDE", SIZE[0] - 1)
    assert written(data)[0] == "plain_png"


def test_tensorflow_reads_every_conversion():
    tf = pytest.importorskip("tensorflow")
    for data, action in (
        (turned("JPEG", 6), "apply"),
        (turned("PNG", 6, "RGBA"), "apply"),
        (turned("JPEG", 6), "remove"),
        (turned("PNG", 6), "remove"),
        (gray_16(), ""),
        (encoded(gradient("CMYK"), "JPEG"), ""),
        (encoded(gradient("P"), "GIF"), ""),
    ):
        conversion, _, width, height = plan_conversion(probe(data), action)
        out = convert(data, conversion)
        read = tf.io.decode_image(out, channels=3).numpy()
        assert read.shape == (height, width, 3)
        assert np.abs(read.astype(int) - np.asarray(opened(out).convert("RGB"), int)).max() <= 4
