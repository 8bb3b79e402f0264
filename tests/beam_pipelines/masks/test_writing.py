"""Masks as they are written, and files that changed since they were checked."""

import os

import pytest

from beam_pipelines.failures import DatasetError
from beam_pipelines.masks import MaskFolders, check_masks, read_masks

from .made_masks import FIRST, HEIGHT, NUMBERS, SECOND, WIDTH, annotated, folders, masked, png, values_of

NAME = "seq/a.jpg"
VOC = png(NUMBERS, "P")
CLASSES = tuple(tuple({0: 0, 1: 8, 2: 12, 255: 255}[value] for value in row) for row in NUMBERS)
ROWS = {"1.png": png(FIRST, "1"), "m/2.png": png(SECOND, "P")}


def checked(found: MaskFolders, *masks: str, of_rows: bool = False) -> str:
    """The digest for one box of each mask."""
    objects = [annotated(mask if of_rows else "") for mask in masks]
    check = check_masks(found, NAME, objects, WIDTH, HEIGHT, of_rows=of_rows)
    assert check.rejects == ()
    return check.digest(map(masked, masks))


def written(found: MaskFolders, masks: list[str], digest: str):
    pngs, class_map = read_masks(found, NAME, [masked(mask) for mask in masks], digest)
    return [values_of(data) for data in pngs], class_map and values_of(class_map)


def refusal(found: MaskFolders, masks: list[str], digest: str) -> str:
    with pytest.raises(DatasetError) as refused:
        read_masks(found, NAME, [masked(mask) for mask in masks], digest)
    return refused.value.sentence


@pytest.mark.parametrize("order", [["#1", "#2"], ["#2", "#1"]])
@pytest.mark.parametrize("name", ["seq/a.png", "a.png"])
def test_masks_come_in_the_order_of_the_boxes(tmp_path, order, name):
    found = folders(tmp_path, {name: VOC}, {name: png(CLASSES, "P")})
    expected = {"#1": FIRST, "#2": SECOND}
    assert written(found, order, checked(found, "#1", "#2")) == ([expected[mask] for mask in order], CLASSES)


def test_the_files_of_rows(tmp_path):
    found = folders(tmp_path, ROWS)
    masks = ["m/2.png", "1.png", "m/2.png"]
    assert written(found, masks, checked(found, *masks, of_rows=True)) == ([SECOND, FIRST, SECOND], None)


def test_a_mixture(tmp_path):
    found = folders(tmp_path, {**ROWS, "a.png": VOC})
    masks = ["1.png", "#2"]
    assert written(found, masks, checked(found, *masks, of_rows=True)) == ([FIRST, SECOND], None)


def test_boxes_that_were_left_out_after_the_check_are_not_missed(tmp_path):
    found = folders(tmp_path, ROWS)
    objects = [annotated("1.png"), annotated("m/2.png")]
    check = check_masks(found, NAME, objects, WIDTH, HEIGHT, of_rows=True)
    os.remove(tmp_path / "masks/m/2.png")
    assert written(found, ["1.png"], check.digest([masked("1.png")])) == ([FIRST], None)


def test_no_masks(tmp_path):
    assert read_masks(MaskFolders(), NAME, [masked("")], "") == ([], None)
    assert read_masks(folders(tmp_path, {}), NAME, [], "") == ([], None)
    only_map = folders(tmp_path, None, {"a.png": png(CLASSES)})
    assert written(only_map, [""], checked(only_map)) == ([], CLASSES)


def test_a_mask_that_changed(tmp_path):
    found = folders(tmp_path, ROWS)
    digest = checked(found, "1.png", of_rows=True)
    folders(tmp_path, {"1.png": png(SECOND, "1")})
    assert refusal(found, ["1.png"], digest) == (
        f"'{tmp_path}/masks/1.png' was changed while the job ran: run it again when nobody writes there"
    )


def test_a_file_of_masks_that_changed(tmp_path):
    found = folders(tmp_path, {"a.png": VOC})
    digest = checked(found, "#1")
    folders(tmp_path, {"a.png": b"junk"})
    assert refusal(found, ["#1"], digest) == (
        f"'{tmp_path}/masks/seq/a.png' or '{tmp_path}/masks/a.png' was changed while the job ran:"
        " run it again when nobody writes there"
    )
    folders(tmp_path, {"a.png": VOC})
    assert written(found, ["#1"], digest) == ([FIRST], None)
    folders(tmp_path, {"seq/a.png": png(FIRST)})  # goes before the one that was checked
    assert refusal(found, ["#1"], digest).startswith(f"'{tmp_path}/masks/seq/a.png' or")


@pytest.mark.parametrize(("kind", "name"), [("masks", "1.png"), ("masks", "m/2.png"), ("maps", "a.png")])
def test_one_of_several_files_that_changed(tmp_path, kind, name):
    found = folders(tmp_path, ROWS, {"a.png": VOC})
    masks = ["1.png", "m/2.png"]
    digest = checked(found, *masks, of_rows=True)
    (tmp_path / kind / name).write_bytes(png(NUMBERS))
    assert refusal(found, masks, digest) == (
        "one of the 3 files of masks of 'seq/a.jpg' was changed while the job ran:"
        " run it again when nobody writes there"
    )


def test_files_that_vanished(tmp_path):
    found = folders(tmp_path, ROWS, {"a.png": VOC})
    digest = checked(found, "1.png", of_rows=True)
    os.remove(tmp_path / "masks/1.png")
    assert refusal(found, ["1.png"], digest) == (
        f"'{tmp_path}/masks/1.png' was there when the job began and is gone now: run the job again"
    )
    folders(tmp_path, ROWS)
    os.remove(tmp_path / "maps/a.png")
    assert refusal(found, ["1.png"], digest) == (
        f"'{tmp_path}/maps/seq/a.png' or '{tmp_path}/maps/a.png' was there when the job began and is gone now:"
        " run the job again"
    )


def test_the_same_files_give_the_same_bytes(tmp_path):
    boxes = [masked("#2"), masked("#1")]
    found = [folders(tmp_path / part, {"a.png": VOC}, {"a.png": VOC}) for part in "ab"]
    digests = [checked(one, "#1", "#2") for one in found]
    assert digests[0] == digests[1]
    assert read_masks(found[0], NAME, boxes, digests[0]) == read_masks(found[1], NAME, boxes, digests[1])


def test_tensorflow_decodes_the_values(tmp_path):
    tf = pytest.importorskip("tensorflow")
    found = folders(tmp_path, {"a.png": VOC}, {"a.png": png(CLASSES, "P")})
    pngs, class_map = read_masks(found, NAME, [masked("#2"), masked("#1")], checked(found, "#1", "#2"))
    for data, expected in ((pngs[0], SECOND), (pngs[1], FIRST), (class_map, CLASSES)):
        for decode in (tf.io.decode_png, tf.io.decode_image):
            assert decode(data, channels=1)[..., 0].numpy().tolist() == [list(row) for row in expected]
            assert decode(data).shape == (HEIGHT, WIDTH, 1)
