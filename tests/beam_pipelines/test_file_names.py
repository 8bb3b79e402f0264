"""What names tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.file_names import extension, is_image_name, is_remote, without_extension


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jpg", "jpg"),
        ("dir/A.JPEG", "jpeg"),
        ("a.b.png", "png"),
        ("a", ""),
        (".jpg", ""),
        ("dir.d/a", ""),
        ("a.", ""),
        ("frame.0001", ""),
        ("a.mp3", "mp3"),
        ("a.longer", ""),
        ("a.b c", ""),
    ],
)
def test_extensions(name, found):
    assert extension(name) == found
    assert without_extension(name) == (name[: -len(found) - 1] if found else name)


@given(st.text(max_size=12))
def test_an_extension_is_the_end_of_its_name(name):
    found = extension(name)
    rest = without_extension(name)
    assert name[: len(rest)] == rest
    assert name[len(rest) :].lower() == (f".{found}" if found else "")
    assert bool(rest.rpartition("/")[2]) or not found


@pytest.mark.parametrize(
    ("name", "taken"),
    [("a.jpg", True), ("a.TIFF", True), ("a", False), ("frame.0001", False), ("a.txt", False), ("a.xml", False)],
)
def test_image_names(name, taken):
    assert is_image_name(name) is taken


@pytest.mark.parametrize(("path", "remote"), [("gs://b/x", True), ("/gs/x", False), ("C:\\x", False)])
def test_remote_paths(path, remote):
    assert is_remote(path) is remote
