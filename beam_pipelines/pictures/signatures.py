"""What a file is, from its first bytes; extensions are not asked."""

from beam_pipelines.records import RecordError

JPEG = b"\xff\xd8\xff"
"""The three bytes by which TensorFlow recognises a JPEG (tensorflow, decode_image_op.cc)."""
PNG = b"\x89PNG\r\n\x1a\n"

_SIGNATURES = {
    JPEG: "jpeg",
    PNG: "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
}
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)

_UNSUPPORTED = {
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"8BPS": "a Photoshop document",
    b"\0\0\1\0": "a Windows icon",
    b"FUJIFILMCCD-RAW": "a camera's raw file",
    b"IIRO": "a camera's raw file",
    b"IIU\0": "a camera's raw file",
}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "a HEIC picture"),
    **dict.fromkeys((b"avif", b"avis"), "an AVIF picture"),
    b"crx ": "a camera's raw file (CR3)",
}
_OTHERS = {
    b"%PDF": "a PDF document",
    b"PK\3\4": "a ZIP archive (or an Office document)",
    b"\x1f\x8b": "a gzip archive",
    b"version https://git-lfs": "a Git LFS pointer: fetch the picture with `git lfs pull`",
    b"\0\0\0\1Bud1": "a macOS .DS_Store file",
    b"\x7fELF": "a program",
    b"MZ": "a Windows program",
    b"\0\5\x16\7": "a macOS resource fork (a `._` file), which holds no picture",
}


def format_of(data: bytes) -> str:
    """Names the format of a picture.

    Returns:
        'jpeg', 'png', 'bmp', 'gif', 'tiff' or 'webp'.

    Raises:
        RecordError: image_empty, image_truncated (too short to tell), image_unsupported (a picture of another
            format), image_not_an_image; the message says what the content looks like.
    """
    if data.startswith(JPEG):
        return "jpeg"
    for signature, format in _SIGNATURES.items():
        if data.startswith(signature):
            return format
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    # "BM" alone also begins texts: the size of the second header decides.
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    raise _refusal(data)


def _refusal(data: bytes) -> RecordError:
    """Says why content is none of the six formats."""
    size, brand = len(data), data[8:12]
    if not data:
        return RecordError("image_empty", "The image file has 0 bytes.")
    cut = (size < 12 and data.startswith(b"RIFF")) or (size < 18 and data.startswith(b"BM") and b"\0" in data)
    if cut or any(signature.startswith(data) for signature in _SIGNATURES):
        return RecordError("image_truncated", f"The file ends after {size} bytes, amid a picture's first bytes.")
    unsupported = next((name for start, name in _UNSUPPORTED.items() if data.startswith(start)), "")
    if data[4:8] == b"ftyp":
        unsupported = _BRANDS.get(brand, "")
    if unsupported:
        return RecordError("image_unsupported", f"The file is {unsupported}: export it as JPEG or PNG.")
    return RecordError("image_not_an_image", f"The content ({size} bytes) is {_described(data)}.")


def _described(data: bytes) -> str:
    """Says what content that is no picture looks like, for a person."""
    for signature, name in _OTHERS.items():
        if data.startswith(signature):
            return name
    if data[4:8] == b"ftyp":
        return "a video or another media file"
    if not data.strip(b"\0"):
        return "nothing but zero bytes, as an interrupted copy leaves them"
    return _described_text(data[:512]) or f"of no known kind: it begins with the bytes {data[:8].hex(' ')}"


def _described_text(start: bytes) -> str:
    """Says what kind of text begins so; '' if it is none."""
    head = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page, as a download that failed leaves it"
    if b"<svg" in head:
        return "an SVG drawing"
    if head.startswith(b"<?xml"):
        return "an XML document"
    text = start.decode("utf-8", "ignore")
    # A character of up to four bytes may be cut off at the end, which leaves three that are ignored.
    if len(text.encode()) < len(start) - 3 or any(c < " " and not c.isspace() for c in text):
        return ""
    return f"text that begins with {text.strip()[:40]!r}"
