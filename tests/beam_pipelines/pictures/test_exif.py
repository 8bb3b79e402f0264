"""The orientation tag in an EXIF block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.pictures.exif import neutralised, orientation, orientation_at

from .made_pictures import exif


@pytest.mark.parametrize("value", range(2, 9))
def test_found_wherever_the_block_lies(value):
    block = exif(value).tobytes().removeprefix(b"Exif\0\0")
    data = b"before" + block + b"after"
    at = orientation_at(data, 6, 6 + len(block))
    assert orientation(data, at) == value
    assert orientation_at(neutralised(data, at), 6, 6 + len(block)) == 0


@pytest.mark.parametrize("value", [0, 1, 9, 262])
def test_upright_and_invalid_values_are_upright(value):
    block = exif(value).tobytes().removeprefix(b"Exif\0\0")
    at = orientation_at(block, 0, len(block))
    assert orientation(block, at) == 1
    assert neutralised(block, at) == block


@given(st.sampled_from([b"II*\0", b"MM\0*", b""]), st.binary(max_size=60))
def test_any_bytes_will_do(signature, rest):
    data = signature + rest
    assert 1 <= orientation(data, orientation_at(data, 0, len(data))) <= 8
