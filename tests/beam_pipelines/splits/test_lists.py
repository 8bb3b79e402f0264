"""Lists of splits as people have them."""

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.records import Entry
from beam_pipelines.splits.lists import read_list
from presentation.refusals import UsageError

ADVICE = "save it as UTF-8 text with the name of one picture a line"


def listed(data: bytes) -> list[tuple[int, str]]:
    """The lines and names of a list."""
    entries = list(read_list("train", "lists/train.txt", io.BytesIO(data)))
    assert {entry[::2] for entry in entries} == {("train", "lists/train.txt")}
    return [(entry.line, entry.name) for entry in entries]


def names(data: bytes) -> list[str]:
    return [name for _, name in listed(data)]


def refusal(data: bytes) -> str:
    with pytest.raises(UsageError) as caught:
        read_list("train", "lists/train.txt", io.BytesIO(data))
    return str(caught.value)


def test_entries_know_where_they_stand():
    assert list(read_list("test", "a/b.txt", io.BytesIO(b"\n2007_000027\n"))) == [
        Entry("test", "2007_000027", "a/b.txt", 2)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"000001\n000002\n",
        b"000001 -1\n000002  0\n",
        b"000001  1\n000002 -1",
        b"000001\t1\r\n000002 \t 0 \r\n",
        b"\xef\xbb\xbf000001\r\n000002\r\n",
        b"000001\r000002\r",
        b"  000001\n000002  \n",
    ],
)
def test_lists_of_voc(data):
    assert listed(data) == [(1, "000001"), (2, "000002")]


def test_blank_lines_count_and_names_may_come_twice():
    assert listed(b"\n\na\n \t\na\r\n\r\nb") == [(3, "a"), (5, "a"), (7, "b")]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("data/obj/train/a.jpg", "data/obj/train/a.jpg"),
        ("./images/a.jpg", "images/a.jpg"),
        (".//./images/a.jpg", "images/a.jpg"),
        ("../images/a.jpg", "../images/a.jpg"),
        ("/home/ann/a.jpg", "/home/ann/a.jpg"),
        ("C:\\Users\\Ann\\my photo.jpg", "C:/Users/Ann/my photo.jpg"),
        ('"C:\\Users\\Ann\\my photo.jpg"', "C:/Users/Ann/my photo.jpg"),
        ("frame 1.jpg", "frame 1.jpg"),
        ("frame 17", "frame 17"),
        ("a.jpg 17", "a.jpg"),
        ("a.jpg  -3", "a.jpg"),
        ("a.jpg x", "a.jpg x"),
        ("a.txt 17", "a.txt 17"),
        ("1", "1"),
        ("naïve café.jpg", "naïve café.jpg"),
        ('"', '"'),
    ],
)
def test_paths(line, name):
    assert names(f"{line}\n".encode()) == [name]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"my photo 1\nother -1", ["my photo", "other"]),
        (b"a.jpg 1\nb.jpg 0", ["a.jpg", "b.jpg"]),
        (b"frame 1\nframe 1", ["frame", "frame"]),
        (b"frame 0\nframe 1", ["frame 0", "frame 1"]),
        (b"frame 1\nframe 2", ["frame 1", "frame 2"]),
        (b"frame 1\nother", ["frame 1", "other"]),
        (b"frame 1\nb.jpg 1", ["frame", "b.jpg"]),
        (b"frame 1\nb.jpg 1\nc", ["frame 1", "b.jpg", "c"]),
    ],
)
def test_the_whole_file_tells_numbers_from_names(data, found):
    assert names(data) == found


def test_what_windows_writes():
    assert names("naïve café.jpg\r\nb.jpg".encode("cp1252")) == ["naïve café.jpg", "b.jpg"]
    assert names(b"a.jpg\n\xef\xbb\xbfb.jpg\n") == ["a.jpg", "b.jpg"]  # `type a.txt b.txt`


@pytest.mark.parametrize("data", [b"", b"\n \r\n\t", b"\xef\xbb\xbf\n"])
def test_an_empty_list_is_refused(data):
    expected = "The list 'lists/train.txt' of the split train is empty: write the name of one picture a line"
    assert refusal(data) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a.jpg\n".encode("utf-16"), "is UTF-16"),
        ("\ufeff画.jpg\n".encode("utf-16-be"), "is UTF-16"),
        ("a.jpg\n".encode("utf-16-le"), "is UTF-16 or no text (a NUL byte in line 1)"),
        (b"a\nb\0\n", "is UTF-16 or no text (a NUL byte in line 2)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is UTF-16 or no text (a NUL byte in line 3)"),
        (b"a\n\x81\n", "is no text"),
        (b"a\n" + b"b" * 40_000, "has more than 32767 characters in line 2"),
    ],
)
def test_what_is_no_text_is_refused(data, reason):
    assert refusal(data) == f"The list 'lists/train.txt' of the split train {reason}: {ADVICE}"


def test_the_longest_line():
    assert names(b"b" * 32_767) == ["b" * 32_767]


def test_a_list_is_read_as_it_is_asked_for():
    file = io.BytesIO(b"".join(b"%06d\n" % i for i in range(100_000)))
    entries = read_list("train", "a.txt", file)
    assert [entry.name for entry in itertools.islice(entries, 3)] == ["000000", "000001", "000002"]
    assert file.tell() < 100_000
    del entries
    assert not file.closed


@given(
    st.lists(st.text("ab/\\ .é", min_size=1).map(lambda t: f"x{t}x"), min_size=1), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_every_line_is_an_entry(texts, end):
    found = listed(end.join(texts).encode())
    assert found == [(i, text.replace("\\", "/")) for i, text in enumerate(texts, 1)]
