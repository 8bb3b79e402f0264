"""A TIFF's first directory, before a decoder meets it."""

from io import BytesIO

import pytest
from PIL.TiffImagePlugin import TiffImageFile

from beam_pipelines.pictures.tiff import check_directory, check_pixel_data
from beam_pipelines.records import RecordError

from .made_pictures import encoded, gradient

PLAIN = encoded(gradient(), "TIFF")
BIG = encoded(gradient(), "TIFF", big_tiff=True)
COMPRESSED = encoded(gradient("1"), "TIFF", compression="group4")


@pytest.mark.parametrize("data", [PLAIN, BIG, COMPRESSED])
def test_a_whole_file_passes(data):
    check_directory(data)
    check_pixel_data(data, TiffImageFile(BytesIO(data)))


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:4],
        PLAIN[:9],
        PLAIN[:60],
        BIG[:10],
        BIG[:60],
        COMPRESSED[:300],
        b"MM\0*\xff\xff\xff\xff\0\0",
        BIG[:8] + b"\xff" * 20,
    ],
)
def test_a_directory_beyond_the_end_is_cut_off(data):
    with pytest.raises(RecordError) as refused:
        check_directory(data)
    assert refused.value.code == "image_truncated"


def test_pixels_beyond_the_end_are_cut_off():
    with pytest.raises(RecordError, match="cut off after 3700 bytes") as refused:
        check_pixel_data(PLAIN[:3700], TiffImageFile(BytesIO(PLAIN)))
    assert refused.value.code == "image_truncated"


@pytest.mark.parametrize("tags", [{254: 1}, {50706: b"\1\4\0\0"}])
def test_camera_raw_files_are_unsupported(tags):
    data = encoded(gradient(), "TIFF", tiffinfo=tags)
    with pytest.raises(RecordError) as refused:
        check_pixel_data(data, TiffImageFile(BytesIO(data)))
    assert refused.value.code == "image_unsupported"
