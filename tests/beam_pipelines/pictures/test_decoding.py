"""Pillow behind its door."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from beam_pipelines.pictures.decoding import check_size, decode
from beam_pipelines.records import RecordError

from .made_pictures import SIZE, encoded, exif, gradient


@pytest.mark.parametrize(("width", "height"), [(1, 1), (13377, 13377), (178, 1_000_000), (178_956_970 // 2000, 2000)])
def test_sizes_that_tensorflow_reads(width, height):
    check_size(width, height)


@pytest.mark.parametrize(("width", "height", "side"), [(13378, 13378, 10**6), (1, 1_000_001, 10**6), (65501, 1, 65500)])
def test_sizes_that_it_does_not_read(width, height, side):
    with pytest.raises(RecordError, match=f"{width} x {height} pixels") as refused:
        check_size(width, height, side)
    assert refused.value.code == "image_too_large"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_pixels_come_as_stored_with_their_orientation(format):
    data = encoded(gradient(), format, exif=exif(6))
    decoded = decode(data, format.lower())
    assert decoded.image.size == SIZE
    assert decoded.image.info == {}
    assert decoded.orientation == 6


def test_threads_leave_the_warning_filters_alone():
    before = list(warnings.filters)
    data = encoded(gradient("P"), "GIF")
    with ThreadPoolExecutor(8) as threads:
        decoded = list(threads.map(lambda _: decode(data, "gif"), range(200)))
    assert len(decoded) == 200
    assert list(warnings.filters) == before


@pytest.mark.parametrize("tail", [b"", b"\0" * 3])
def test_what_pillow_raises_is_told_apart(tail):
    gif = encoded(gradient("P"), "GIF")
    with pytest.raises(RecordError) as refused:
        decode(gif[:900] + tail, "gif")
    assert refused.value.code == "image_truncated"
    with pytest.raises(RecordError) as refused:
        decode(b"\0" * 40 + tail, "bmp")
    assert refused.value.code == "image_corrupt"
