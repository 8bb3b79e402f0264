"""Pictures on the disk."""

import errno
import os
from pathlib import Path

import pytest
from PIL import Image

from beam_pipelines.failures import DatasetError
from beam_pipelines.inspection.saving import check_target, save_picture
from presentation.refusals import UsageError

from .made_datasets import of_one_file

IMAGE = Image.linear_gradient("L").convert("RGB")


@pytest.mark.parametrize(("name", "format"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.JPEG", "JPEG")])
def test_what_is_written_can_be_opened(tmp_path: Path, name: str, format: str):
    for _ in range(2):
        save_picture(IMAGE, str(tmp_path / name), True)
        with Image.open(tmp_path / name) as opened:
            assert (opened.format, opened.size) == (format, (256, 256))
    assert os.listdir(tmp_path) == [name]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "a.png").write_bytes(b"as it was")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DatasetError) as caught:
        save_picture(IMAGE, str(tmp_path / "a.png"), True)
    assert caught.value.sentence == f"--draw '{tmp_path}/a.png' cannot be written: No space left on device"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"as it was"}


@pytest.mark.parametrize("size", [(65_501, 2), (2, 70_000)])
def test_what_a_jpeg_cannot_hold(tmp_path: Path, size: tuple[int, int]):
    image = Image.new("RGB", size)
    with pytest.raises(UsageError) as caught:
        save_picture(image, str(tmp_path / "a.jpg"), False)
    assert str(caught.value) == (
        f"--draw '{tmp_path}/a.jpg': a JPEG holds at most 65,500 pixels a side, and the picture is "
        f"{size[0]:,} × {size[1]:,}: give .png, or --long_side N"
    )
    save_picture(image, str(tmp_path / "a.png"), False)
    assert Image.open(tmp_path / "a.png").size == size
    save_picture(image.crop((0, 0, min(size[0], 65_500), 2)), str(tmp_path / "b.jpg"), False)
    assert sorted(os.listdir(tmp_path)) == ["a.png", "b.jpg"]


def test_what_took_the_place_meanwhile_stays(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"as it was")
    with pytest.raises(UsageError) as caught:
        save_picture(IMAGE, str(tmp_path / "a.png"), False)
    assert str(caught.value) == (
        f"--draw: '{tmp_path}/a.png' exists: give another place, or replace it with --overwrite"
    )
    assert (tmp_path / "a.png").read_bytes() == b"as it was"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{}", "--draw '{}' is a folder: give a file"),
        ("new/", "--draw 'new/' is a folder: give a file"),
        ("{}/a.gif", "--draw '{}/a.gif': pictures are written as .png, .jpg or .jpeg"),
        ("{}/a.pgn", "--draw '{}/a.pgn': pictures are written as .png, .jpg or .jpeg; did you mean .png?"),
        ("{}/a", "--draw '{}/a': pictures are written as .png, .jpg or .jpeg"),
        ("gs://b/a.png", "--draw 'gs://b/a.png' is not on a disk of this machine: give a file here, and copy it"),
        ("{}/no/a.png", "--draw '{}/no/a.png': there is no folder '{}/no': make it first, or give another place"),
        ("{}/old.png", "--draw: '{}/old.png' exists: give another place, or replace it with --overwrite"),
        ("{}/dangling.png", "--draw: '{}/dangling.png' exists: give another place, or replace it with --overwrite"),
        ("{}/records.png", "--draw would replace '{}/records.png', which is read: give another place"),
        ("{}/link.png", "--draw would replace '{}/link.png', which is read: give another place"),
    ],
)
def test_places_that_are_refused(tmp_path: Path, target: str, message: str):
    (tmp_path / "old.png").touch()
    (tmp_path / "records.png").touch()
    (tmp_path / "link.png").symlink_to("records.png")
    (tmp_path / "dangling.png").symlink_to("nowhere")
    records = of_one_file(tmp_path / "records.png")
    with pytest.raises(UsageError) as caught:
        check_target(target.replace("{}", str(tmp_path)), False, records)
    assert str(caught.value) == message.replace("{}", str(tmp_path))


def test_places_that_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "old.png").touch()
    monkeypatch.chdir(tmp_path)
    records = of_one_file(tmp_path / "a.record")
    check_target("new.jpg", False, records)
    check_target("old.png", True, records)
