"""Which files are meant, what they are called, and in which order they come."""

import os
from pathlib import Path

import pytest

from presentation.refusals import UsageError
from trainer.detection.finding import find_pictures


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        *("photos/10.jpg", "photos/2.JPG", "photos/notes.txt", "photos/.hidden.jpg", "photos/.cache/a.jpg"),
        *("photos/trip/a.png", "photos/trip/b.webp", "more/x.jpeg", "more/[1].jpg", "texts/a.txt", "odd.dat"),
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("empty").mkdir()


def found(*given: str, output: str = "found") -> list[tuple[str, str]]:
    return [tuple(picture) for picture in find_pictures(given, output)]


@pytest.mark.parametrize(
    ("given", "pictures"),
    [
        (
            ["photos"],
            [
                ("photos/2.JPG", "2.JPG"),
                ("photos/10.jpg", "10.jpg"),
                ("photos/trip/a.png", "trip/a.png"),
                ("photos/trip/b.webp", "trip/b.webp"),
            ],
        ),
        (["photos/*.jpg"], [("photos/10.jpg", "10.jpg")]),
        (["photos/*"], [("photos/2.JPG", "2.JPG"), ("photos/10.jpg", "10.jpg")]),
        (["photos/**/*.png"], [("photos/trip/a.png", "trip/a.png")]),
        (["*/x.*"], [("more/x.jpeg", "more/x.jpeg")]),
        (["odd.dat"], [("odd.dat", "odd.dat")]),
        (["photos/trip/a.png"], [("photos/trip/a.png", "a.png")]),
        (["photos/*/../10.jpg"], [("photos/trip/../10.jpg", "10.jpg")]),
        (["photos/t*/../../more/x.jpeg"], [("photos/trip/../../more/x.jpeg", "more/x.jpeg")]),
        (["more/[1].jpg"], [("more/[1].jpg", "[1].jpg")]),
        (
            ["photos/trip", "more/x.jpeg", "photos/trip/a.png"],
            [
                ("more/x.jpeg", "more/x.jpeg"),
                ("photos/trip/a.png", "photos/trip/a.png"),
                ("photos/trip/b.webp", "photos/trip/b.webp"),
            ],
        ),
    ],
)
def test_what_is_meant(given: list[str], pictures: list[tuple[str, str]]):
    assert found(*given) == pictures


def test_names_lead_nowhere_else(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir("photos/trip")
    assert [name for _, name in found("../10.jpg", "../../more")] == ["more/[1].jpg", "more/x.jpeg", "photos/10.jpg"]


def test_an_absolute_pattern(tmp_path: Path):
    assert found(f"{tmp_path}/more/*.jpeg") == [(f"{tmp_path}/more/x.jpeg", "x.jpeg")]


def test_what_an_earlier_run_wrote_is_left_out():
    assert [name for _, name in found("photos", output="photos/trip")] == ["2.JPG", "10.jpg"]
    with pytest.raises(UsageError) as caught:
        found("photos/trip/a.png", output="photos/trip")
    assert str(caught.value) == (
        "--images 'photos/trip/a.png': all of it lies in --output 'photos/trip': give another --output"
    )


def test_folders_called_like_pictures_are_no_pictures():
    os.mkdir("photos/album.jpg")
    assert found("photos/*.jpg") == [("photos/10.jpg", "10.jpg")]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("photos/20.jpg", "--images 'photos/20.jpg': there is no such file or folder; did you mean 10.jpg?"),
        ("nowhere/20.jpg", "--images 'nowhere/20.jpg': there is no such file or folder"),
        ("phtos/*.jpg", "--images 'phtos/*.jpg': there is no folder 'phtos'; did you mean photos?"),
        (
            "photos/*.jpeg",
            "--images 'photos/*.jpeg' matches no picture: 'photos' holds 4 files, such as '.hidden.jpg'",
        ),
        ("texts/*", "--images 'texts/*' matches no picture: 'texts' holds 1 file, such as 'a.txt'"),
        ("empty/*", "--images 'empty/*' matches no picture: 'empty' holds no file"),
        (
            "texts",
            "--images 'texts': there is no picture in it or below (.jpg, .jpeg, .png, .bmp, .gif, .tif, .tiff, .webp)",
        ),
        (
            "gs://bucket/*.jpg",
            "--images 'gs://bucket/*.jpg' is not on a disk of this machine: copy the pictures here",
        ),
    ],
)
def test_what_stands_for_nothing(given: str, sentence: str):
    with pytest.raises(UsageError) as caught:
        found("photos", given)
    assert str(caught.value) == sentence
