"""Where masks lie, and that no reference leaves their folder."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beam_pipelines.masks.locating import (
    CLASS_MAP,
    NUMBERED,
    MaskFolders,
    content_digest,
    digest_of,
    files_of,
    join,
    number_of,
    parse_reference,
    quoted,
    read_if_there,
)
from beam_pipelines.reading import ReadFailure, read_record
from beam_pipelines.records import RecordError

from ..made import put


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(RecordError) as refused:
        parse_reference(text)
    return refused.value.code, refused.value.message


@pytest.mark.parametrize(
    ("image", "files"),
    [
        ("a.jpg", ("a.png",)),
        ("seq/2007_000032.jpg", ("seq/2007_000032.png", "2007_000032.png")),
        ("seq.v2/frame.0001", ("seq.v2/frame.0001.png", "frame.0001.png")),
        ("a/b/c.d.JPEG", ("a/b/c.d.png", "c.d.png")),
    ],
)
def test_the_files_of_a_picture(image, files):
    assert files_of(image) == files


@pytest.mark.parametrize(
    ("text", "reference", "number"),
    [
        ("a.png", "a.png", None),
        (" seq\\b\\a 1.png ", "seq/b/a 1.png", None),
        ("./a//b/./c.png", "a/b/c.png", None),
        ("é/..a/b...png", "é/..a/b...png", None),
        ("#3.png", "#3.png", None),
        ("#", "#", None),
        ("#٣", "#٣", None),
        ("scene:1/a.png", "scene:1/a.png", None),
        ("#3", "#3", 3),
        ("#007", "#7", 7),
        ("./#3", "#3", 3),
        ("./ a.png", "a.png", None),
        ("#0", "#0", 0),
        ("#999999999", "#999999999", 999999999),
    ],
)
def test_what_a_row_says(text, reference, number):
    assert (parse_reference(text), number_of(reference)) == (reference, number)
    assert parse_reference(reference) == reference


@pytest.mark.parametrize(
    "text",
    [
        "..",
        "../a.png",
        "a/../../b.png",
        "a/..",
        "a\\..\\..\\b.png",
        "a/.. /b.png",
        "a/. ./b.png",
        "/etc/passwd",
        "//server/share/a.png",
        "\\\\server\\share\\a.png",
        "C:\\masks\\a.png",
        "c:a.png",
        "./C:a.png",
        "a/\t/b.png",
        "a/\t../b.png",
        "file:///etc/passwd",
        "gs://bucket/a.png",
        "http+x://host/a.png",
        "a\0.png",
        "a\nb\0.png",
        "a\ud800.png",
        ".",
        "./",
    ],
)
def test_paths_that_leave_the_folder(text):
    tidy = text.strip().replace("\\", "/")
    assert refusal(text) == ("mask_outside", f"the mask {tidy!r} is no path below --masks: give one, without '..'")


@pytest.mark.parametrize("text", ["", " \t"])
def test_a_row_without_a_mask(text):
    assert refusal(text) == (
        "mask_missing",
        "the row names no mask: give the path of one below --masks, or leave the row",
    )


@given(st.text(st.sampled_from("./\\ab:#0\0 ~C"), max_size=12) | st.text(max_size=12))
@example("x/\n/../a")
@example("./ a")
@example("./C:a")
@example("./\t/a")
def test_no_reference_leads_out_of_the_folder(text):
    try:
        reference = parse_reference(text)
    except RecordError:
        return
    folder = "/masks/of all"
    assert os.path.abspath(join(folder, reference)) == f"{folder}/{reference}"
    assert parse_reference(reference) == reference
    assert reference not in (CLASS_MAP, ".", "..")
    assert "\0" not in reference


@pytest.mark.parametrize(
    ("folder", "path"), [("/m", "/m/a.png"), ("/m/", "/m/a.png"), ("gs://b", "gs://b/a.png"), ("/", "/a.png")]
)
def test_paths_below_a_folder(folder, path):
    assert join(folder, "a.png") == path


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (MaskFolders(), False),
        (MaskFolders("/m"), True),
        (MaskFolders(None, "/c"), True),
        (MaskFolders("/m", "/c"), True),
    ],
)
def test_whether_masks_are_wanted(found, wanted):
    assert found.wanted() is wanted


def test_a_file_that_is_not_there(tmp_path):
    path = put(tmp_path, "a.png", b"mask")
    assert read_if_there(str(path)) == b"mask"
    assert read_if_there(str(tmp_path / "b.png")) is None
    assert read_if_there(f"{path}/b.png") is None
    with pytest.raises(IsADirectoryError):
        read_if_there(str(tmp_path))


@pytest.mark.parametrize("there", [True, False])
def test_a_remote_file_that_cannot_be_read(monkeypatch, there):
    def fail(path):
        raise ValueError("404 or worse")

    monkeypatch.setattr("beam_pipelines.reading.read_object", fail)
    monkeypatch.setattr("beam_pipelines.reading.exists", lambda path: there)
    monkeypatch.setattr("beam_pipelines.masks.locating.exists", lambda path: there)
    if there:
        with pytest.raises(ValueError, match="404 or worse"):
            read_if_there("gs://bucket/a.png")
        with pytest.raises(ReadFailure):
            read_record("gs://bucket/a.png", "mask_unreadable")
    else:
        assert read_if_there("gs://bucket/a.png") is None


CONTENTS = {file: content_digest(file.encode()) for file in (CLASS_MAP, NUMBERED, "a.png", "b/c.png")}


def test_the_digest_is_of_the_files_in_use():
    assert digest_of({}, []) == ""
    assert digest_of({NUMBERED: b"1", "a.png": b"2"}, []) == ""
    whole = digest_of(CONTENTS, ["#2", "b/c.png", "a.png", "#1", "a.png"])
    assert whole == digest_of(dict(reversed(CONTENTS.items())), ["a.png", "#9", "b/c.png"])
    assert len(whole) == 16
    used = [[], ["#1"], ["a.png"], ["b/c.png"], ["#1", "a.png"], ["a.png", "b/c.png"], ["#1", "a.png", "b/c.png"]]
    assert len({digest_of(CONTENTS, references) for references in used}) == len(used)


@pytest.mark.parametrize("file", CONTENTS)
def test_the_digest_follows_every_file(file):
    changed = CONTENTS | {file: content_digest(b"other")}
    references = ["#1", "a.png", "b/c.png"]
    assert digest_of(changed, references) != digest_of(CONTENTS, references)


def test_long_paths_are_cut():
    assert quoted("a" * 80) == repr("a" * 80)
    assert quoted("a" * 81) == repr("a" * 79 + "…")
