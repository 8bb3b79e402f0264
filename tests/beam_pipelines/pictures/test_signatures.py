"""What a file is, by its first bytes."""

import pytest

from beam_pipelines.pictures.signatures import format_of
from beam_pipelines.records import RecordError

from .made_pictures import encoded, gradient


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_formats_are_known_by_content(format):
    assert format_of(encoded(gradient(), format)) == format.lower()


@pytest.mark.parametrize("start", [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"])
def test_tiff_of_either_byte_order_and_offset_size(start):
    assert format_of(start + bytes(20)) == "tiff"


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"", "image_empty", "0 bytes"),
        (b"\xff\xd8", "image_truncated", "after 2 bytes"),
        (b"\x89PNG", "image_truncated", "after 4 bytes"),
        (b"RIFF\x10\x20", "image_truncated", "after 6 bytes"),
        (b"BM\x10\x20\0\0", "image_truncated", "after 6 bytes"),
        (bytes(4096), "image_not_an_image", "zero bytes"),
        (b"\xef\xbb\xbfbox 1 2 3 4\n", "image_not_an_image", "text"),
        ("ein Bär ".encode() * 100, "image_not_an_image", "text that begins with 'ein Bär"),
        (("x" + "ä" * 400).encode(), "image_not_an_image", "text"),
        (b"BMW M3, red, 1986", "image_not_an_image", "text that begins with 'BMW"),
        (b"\r\n<!DOCTYPE html><html>404", "image_not_an_image", "HTML"),
        (b"<?xml version='1.0'?><annotation/>", "image_not_an_image", "XML"),
        (b"<?xml version='1.0'?><svg/>", "image_not_an_image", "SVG"),
        (b"%PDF-1.7\n%\xe2\xe3", "image_not_an_image", "PDF"),
        (b"PK\3\4\x14\0", "image_not_an_image", "ZIP"),
        (b"version https://git-lfs.github.com/spec/v1\n", "image_not_an_image", "git lfs pull"),
        (b"\0\0\0\x18ftypisom\0\0", "image_not_an_image", "video"),
        (b"\x93NUMPY\x01\0", "image_not_an_image", "93 4e 55 4d"),
        (b"\0\0\0\x18ftypheic\0\0", "image_unsupported", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0", "image_unsupported", "AVIF"),
        (b"8BPS\0\1", "image_unsupported", "Photoshop"),
        (b"\0\0\0\x0cjP  \r\n", "image_unsupported", "JPEG 2000"),
    ],
)
def test_other_content_is_refused_with_what_it_looks_like(data, code, said):
    with pytest.raises(RecordError) as refused:
        format_of(data)
    assert refused.value.code == code
    assert said in refused.value.message
