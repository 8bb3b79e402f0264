"""Where files go, and what is in the way."""

from pathlib import Path

import pytest

from presentation.refusals import UsageError
from trainer.detection.finding import PictureFile
from trainer.detection.outputs import Places, plan

A, B = PictureFile("photos/a.jpg", "a.jpg"), PictureFile("photos/sub/b.webp", "sub/b.webp")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for picture in (A, B):
        Path(picture.path).parent.mkdir(parents=True, exist_ok=True)
        Path(picture.path).touch()


def planned(*pictures: PictureFile, output: str = "found", overwrite: bool = False) -> dict[PictureFile, Places]:
    return plan(pictures, output, draws=True, annotates=True, overwrite=overwrite)


def refused(*pictures: PictureFile, output: str = "found", overwrite: bool = False) -> str:
    with pytest.raises(UsageError) as caught:
        planned(*pictures, output=output, overwrite=overwrite)
    return str(caught.value)


def test_the_places():
    assert planned(A, B) == {
        A: Places("found/a.jpg", "found/annotations/a.xml"),
        B: Places("found/sub/b.webp.png", "found/annotations/sub/b.xml"),
    }
    assert plan([A], "found", draws=False, annotates=True, overwrite=False) == {
        A: Places(None, "found/annotations/a.xml")
    }
    assert plan([A], "found", draws=True, annotates=False, overwrite=False) == {A: Places("found/a.jpg", None)}
    assert not Path("found").exists()


@pytest.mark.parametrize("there", ["detections.jsonl", "a.jpg", "annotations/a.xml"])
def test_what_is_there_stays_without_overwrite(there: str):
    path = Path("found") / there
    path.parent.mkdir(parents=True)
    path.touch()
    assert refused(A) == (
        f"--output 'found' holds '{there}' already: give another folder, or replace it with --overwrite"
    )
    assert planned(A, overwrite=True)
    Path("found/other.txt").touch()
    assert planned(B, output="found/b")


def test_pictures_are_never_replaced():
    assert refused(A, output="photos", overwrite=True) == (
        "--output 'photos' would replace 'photos/a.jpg', which --images reads: give another folder"
    )
    Path("found").mkdir()
    Path("found/a.jpg").symlink_to(Path("photos/a.jpg").absolute())
    assert "would replace 'found/a.jpg', which --images reads" in refused(A, overwrite=True)


def test_two_pictures_of_one_name():
    png = PictureFile("photos/a.png", "a.png")
    assert refused(A, png) == (
        "'photos/a.jpg' and 'photos/a.png' would both write 'found/annotations/a.xml': rename one of them, "
        "or give them one after the other, with an --output for each"
    )
    assert plan([A, png], "found", draws=True, annotates=False, overwrite=False)
    drawn = PictureFile("photos/sub/b.webp.png", "sub/b.webp.png")
    assert "would both write 'found/sub/b.webp.png'" in refused(B, drawn)


def test_places_that_cannot_be():
    Path("file").touch()
    assert refused(A, output="file") == "--output 'file' is a file: give a folder"
    assert refused(A, output="s3://bucket") == (
        "--output 's3://bucket' is not on a disk of this machine: give a folder here, and copy it"
    )
    Path("found/a.jpg").mkdir(parents=True)
    assert refused(A, overwrite=True) == (
        "--output 'found': 'found/a.jpg' is a folder where a file would be: give another folder"
    )
