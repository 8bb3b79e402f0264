"""What a picture is, whether it is whole, and whether TensorFlow's decoders read it as it is seen."""

import os.path
from typing import NamedTuple

from beam_pipelines.pictures import decoding, exif, jpeg, png, signatures

_EXTENSIONS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".mpo"), "jpeg"),
    **dict.fromkeys((".png", ".apng"), "png"),
    **dict.fromkeys((".bmp", ".dib"), "bmp"),
    ".gif": "gif",
    **dict.fromkeys((".tif", ".tiff"), "tiff"),
    ".webp": "webp",
    **dict.fromkeys((".heic", ".heif", ".avif", ".jp2", ".jxl", ".ico", ".tga", ".psd", ".svg"), ""),
}
"""Extension of a picture: its format, '' for one that is not read here."""


class Probe(NamedTuple):
    """What there is to know of a picture without its pixels."""

    format: str
    """'jpeg', 'png', 'bmp', 'gif', 'tiff' or 'webp', by content."""
    width: int
    """Pixels, as stored."""
    height: int
    """Pixels, as stored."""
    orientation: int
    """EXIF, 1..8; 1 if there is none, or an invalid one."""
    reencode: str
    """Why it must be re-encoded: 'reencoded_format', 'reencoded_color' or 'reencoded_depth'; '' if not."""
    first_frame_only: bool
    """True if there are further frames or pages."""
    lossless: bool
    """True if re-encoding it as a JPEG would lose what it holds: the target is PNG."""


def probe(data: bytes, decode: bool = False) -> Probe:
    """Examines a picture.

    Kept as they are: JPEG with 8 bits a channel, Huffman-coded, of 1 or 3 channels; PNG with up to 8 bits.
    `tf.io.decode_image(channels=3)` gives their pixels as Pillow's `convert("RGB")` does (JPEG within the
    few units between two inverse transforms). It drops an alpha channel without blending, shows what a
    transparent pixel hides, and gives the high byte of 16 bits a channel; 16-bit PNG is re-encoded
    nevertheless, because other readers clip it or hand on 16 bits. CMYK is, because TensorFlow and others
    differ on whether it is inverted.

    These two are known by their headers and judged whole by their structure: a JPEG by its segments and its
    end marker, a PNG by its checksums. Everything else, and all that may be turned upright, is decoded here
    to the last pixel, so that a conversion cannot fail while shards are written.

    Args:
        data: the bytes of the file.
        decode: whether to decode a JPEG or a PNG that is kept as well. libjpeg fills damaged stretches
            in and says nothing of it; only damage that it cannot get over is found.

    Raises:
        RecordError: image_empty, image_not_an_image, image_truncated, image_corrupt, image_too_large or
            image_unsupported, with a sentence that lacks only the path.
    """
    format = signatures.format_of(data)
    if format == "jpeg":
        return _probe_jpeg(data, decode)
    if format == "png":
        return _probe_png(data, decode)
    decoded = decoding.decode(data, format)
    width, height = decoded.image.size
    several = decoded.several_frames
    return Probe(format, width, height, decoded.orientation, "reencoded_format", several, decoded.lossless)


def _probe_jpeg(data: bytes, decode: bool) -> Probe:
    width, height, components, frame, orientation_at = jpeg.scan(data)
    decoding.check_size(width, height, jpeg.MAX_SIDE)
    orientation = data[orientation_at] if orientation_at else exif.UPRIGHT
    reencode = ""
    if components == 4:
        reencode = "reencoded_color"
    elif frame not in jpeg.KEPT_FRAMES:
        reencode = "reencoded_format"
    if decode or reencode or orientation_at:
        decoding.decode(data, "jpeg")
    return Probe("jpeg", width, height, orientation, reencode, False, frame == jpeg.LOSSLESS)


def _probe_png(data: bytes, decode: bool) -> Probe:
    header = png.scan(data)
    decoding.check_size(header.width, header.height)
    orientation = exif.orientation(data, header.orientation_at)
    reencode = "reencoded_depth" if header.depth > 8 else ""
    if decode:
        png.check_pixels(data)
    if decode or reencode or header.orientation_at:
        decoding.decode(data, "png")
    return Probe("png", header.width, header.height, orientation, reencode, header.animated, True)


def extension_differs(name: str, format: str) -> bool:
    """Tells whether a file name's extension is that of another kind of picture.

    Args:
        name: a file name or path.
        format: of `Probe`.

    Returns:
        False also for no extension and for what is none ('frame.0001').
    """
    return _EXTENSIONS.get(os.path.splitext(name)[1].lower(), format) != format
