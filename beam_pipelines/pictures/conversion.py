"""Pictures rewritten so that every reader sees what the annotator saw."""

from io import BytesIO

from PIL import Image

from beam_pipelines.pictures import decoding, jpeg, png, signatures
from beam_pipelines.pictures.probing import Probe

CONVERSIONS = ("untag", "upright_jpeg", "upright_png", "plain_jpeg", "plain_png")
"""untag: the orientation tag is turned off in place, no pixel is touched.
upright_*: decoded, turned upright, and encoded.
plain_*: decoded, and encoded as stored.
"""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation: what turns the picture upright (EXIF 2.32, 4.6.4)."""


def plan_conversion(probe: Probe, action: str) -> tuple[str, str, int, int]:
    """Chooses how a picture is written.

    Args:
        probe: of the picture.
        action: of `orientation.settle`: '', 'apply' or 'remove'.

    Returns:
        (conversion, format, width, height): '' or one of `CONVERSIONS`; then the written picture's format,
        'jpeg' or 'png', and its size in pixels.
    """
    upright = action == "apply"
    turned = upright and probe.orientation >= 5
    width, height = (probe.height, probe.width) if turned else (probe.width, probe.height)
    if not probe.reencode and not upright:
        return "untag" if action else "", probe.format, width, height
    target = "png" if probe.lossless else "jpeg"
    return f"{'upright' if upright else 'plain'}_{target}", target, width, height


def convert(data: bytes, conversion: str) -> bytes:
    """Rewrites a picture that `probing.probe` accepted.

    JPEG is written with quality 95 and all colour samples (4:4:4), PNG with Pillow's standard compression;
    neither carries EXIF. A colour profile stays if the channels it is for did. The same version of Pillow
    gives the same bytes.

    Args:
        data: the bytes of the file.
        conversion: of `plan_conversion`.

    Raises:
        RecordError: if `data` is not what was probed.
    """
    if not conversion:
        return data
    format = signatures.format_of(data)
    if conversion == "untag":
        return jpeg.untagged(data) if format == "jpeg" else png.untagged(data)
    decoded = decoding.decode(data, format)
    image = decoded.image
    way, target = conversion.split("_")
    if way == "upright" and decoded.orientation in _TURNS:
        image = image.transpose(_TURNS[decoded.orientation])
    out = BytesIO()
    if target == "jpeg":
        image.save(out, "JPEG", quality=95, subsampling=0, icc_profile=decoded.icc_profile)
    else:
        image.save(out, "PNG", icc_profile=decoded.icc_profile)
    return out.getvalue()
