"""Which images must not be parted: by what rows say, by their paths, and by their content."""

import shutil
from pathlib import Path

import pytest

from beam_pipelines.examination import Examiner
from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from beam_pipelines.reading import ReadFailure
from beam_pipelines.records import AnnotatedObject, Row
from beam_pipelines.steps import leak_groups
from beam_pipelines.steps.leak_groups import Images, group_by_content, group_by_path
from beam_pipelines.steps.left_out import LeftOut

PICTURES = Path(__file__).parents[2] / "data" / "pictures"


class Kept(LeftOut):
    """Rejects without a file."""

    def __init__(self) -> None:
        super().__init__("", lambda _: None)  # type: ignore[arg-type, return-value]
        self.rejects = []

    def add(self, reject) -> None:
        self.survey.add(reject, seed=0)
        self.rejects.append(reject)


def row(image: str, name: str = "cat", group: str = "", sides: tuple = ("1", "2", "30", "40"), line: int = 0) -> Row:
    return Row(image, 40, 30, AnnotatedObject(name, *sides, row=line), "", "", group)


def images_of(*rows: Row, with_objects: bool = False) -> Images:
    images = Images(with_objects)
    for one in rows:
        images.add(one, "a.csv")
    return images


def test_images_are_numbered_as_they_come_and_have_each_class_once():
    images = Images()
    label, nothing = Row("b.jpg", label="dog"), Row("c.jpg")
    rows = [row("a.jpg"), label, row("a.jpg", "ape"), nothing, row("a.jpg"), label]
    assert [images.add(one, "a.csv") for one in rows] == [0, 1, 0, 2, 0, 1]
    assert images.numbers == {"a.jpg": 0, "b.jpg": 1, "c.jpg": 2}
    assert images.classes == [("cat", "ape"), ("dog",), ()]


def test_rows_are_kept_for_a_look_at_the_picture():
    one = AnnotatedObject("cat", "1", "2.50", "", "40", "1", "0", "Left", "1", "7.5", "mask.png", "a.csv", 9)
    images = images_of(Row("a.jpg", 40, 30, one), Row("a.jpg", 50, 60, label="dog"), with_objects=True)
    (sheet,) = images.sheets("a.jpg")
    assert (sheet.source, sheet.row, sheet.split) == ("a.csv", 9, "")
    kept = one._replace(mask="", row=0)
    assert sheet.annotation == leak_groups.Annotation("a.jpg", "", "", 40, 30, (kept,), (), ("dog",), "")


def test_the_group_is_what_rows_name_or_the_path():
    images, left_out = images_of(row("a.jpg", group="g"), row("b.jpg"), row("a.jpg", group="g")), Kept()
    group_by_path(images, None, left_out)
    assert images.groups == ["g", "b.jpg"]
    assert (left_out.survey.images, left_out.survey.groups_not_found) == (2, 0)


@pytest.mark.parametrize(
    ("pattern", "groups", "not_found"),
    [
        ("(s[0-9])/", ["s1", "s1", "s2", "frame.jpg"], 1),
        ("s[0-9]", ["s1", "s1", "s2", "frame.jpg"], 1),
        ("^(x)?s", ["s1/1.jpg", "s1/2.jpg", "s2/1.jpg", "frame.jpg"], 4),
    ],
)
def test_the_group_is_what_the_expression_finds(pattern: str, groups: list[str], not_found: int):
    images, left_out = images_of(*map(row, ("s1/1.jpg", "s1/2.jpg", "s2/1.jpg", "frame.jpg"))), Kept()
    group_by_path(images, pattern, left_out)
    assert (images.groups, left_out.survey.groups_not_found) == (groups, not_found)


def test_rows_that_name_two_groups_leave_their_image_out():
    rows = [row("a.jpg", group="g", line=2), row("b.jpg", group="g"), row("a.jpg", line=4), row("a.jpg", group="h")]
    images, left_out = images_of(*rows), Kept()
    group_by_path(images, None, left_out)
    assert images.groups == [None, "g"]
    message = "the rows of one image name different groups: '' and 'g'"
    (reject,) = left_out.rejects
    assert (reject.code, reject.level, reject.annotation, reject.image, reject.message, reject.row) == (
        *("rows_disagree", "image", "a.csv", "a.jpg"),
        *(message, 2),
    )
    assert left_out.survey.images == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, of which one has a copy; and one that is cut off."""
    for name, source in (("one/a.jpg", 150), ("two/copy.jpg", 150), ("two/b.jpg", 151)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PICTURES / f"raccoon-{source}.jpg", tmp_path / name)
    (tmp_path / "cut.jpg").write_bytes((PICTURES / "raccoon-150.jpg").read_bytes()[:-40])
    return tmp_path


def examiner(folder: Path, group_by: str | None = None) -> Examiner:
    return Examiner(FileSet.of("rows", ["a.csv"]), FileSet.of("images", [str(folder)]), group_by=group_by)


def test_copies_are_one_group_under_whichever_names(folder: Path):
    images = images_of(row("C:/x/one/a.jpg"), row("copy.jpg", "dog"), row("two/b.jpg"), with_objects=True)
    left_out = Kept()
    group_by_content(images, examiner(folder), left_out)
    first, second, third = images.groups
    assert first == second != third
    assert [len(group) for group in (first, third)] == [64, 64]
    assert (images.classes, left_out.rejects, left_out.survey.images) == ([("cat",), ("dog",), ("cat",)], [], 3)


def test_groups_of_which_two_hold_one_picture_are_one(folder: Path):
    images = images_of(*map(row, ("one/a.jpg", "two/copy.jpg", "two/b.jpg")), with_objects=True)
    group_by_content(images, examiner(folder, "^(one|two)/"), Kept())
    assert images.groups == ["one", "one", "one"]


def test_the_classes_are_those_of_good_boxes(folder: Path):
    bad = row("two/b.jpg", "ape", sides=("9", "2", "3", "4"))
    images = images_of(row("two/b.jpg"), bad, row("two/b.jpg", "bee"), with_objects=True)
    group_by_content(images, examiner(folder), Kept())
    assert images.classes == [("bee", "cat")]


def test_two_paths_of_one_image_are_one_image(folder: Path):
    images = images_of(row("two/b.jpg"), row("b.jpg", "dog"), with_objects=True)
    left_out = Kept()
    group_by_content(images, examiner(folder), left_out)
    assert images.groups[0] == images.groups[1]
    assert (images.classes, left_out.survey.images) == ([("cat", "dog"), ("cat", "dog")], 1)


def test_images_that_are_missing_or_broken_are_left_out(folder: Path):
    lost, cut = row("lost.jpg", line=3), row("cut.jpg", line=4)
    images, left_out = images_of(lost, cut, lost, row("two/b.jpg"), with_objects=True), Kept()
    group_by_content(images, examiner(folder), left_out)
    assert images.groups[:2] == [None, None]
    missing, truncated = left_out.rejects
    message = "no image file is named so: not 'lost.jpg'"
    assert missing == leak_groups.Reject("image_missing", "image", "a.csv", "lost.jpg", message, row=3)
    assert (truncated.code, truncated.level, truncated.image, truncated.row) == (
        "image_truncated",
        "image",
        "cut.jpg",
        4,
    )
    assert left_out.survey.images == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(ZeroDivisionError("no"), "unexpected"), (leak_groups.RecordError("image_empty", "no"), "image_empty")],
)
def test_a_fault_costs_one_image(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str):
    images, left_out = images_of(row("two/b.jpg"), with_objects=True), Kept()

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Examiner, "examine", fail)
    group_by_content(images, examiner(folder), left_out)
    assert [reject.code for reject in left_out.rejects] == [code]


def test_an_image_that_cannot_be_read_for_now_ends_the_step(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise ReadFailure("/images/b.jpg: Stale file handle")

    monkeypatch.setattr(Examiner, "examine", fail)
    with pytest.raises(DatasetError) as caught:
        group_by_content(images_of(row("two/b.jpg"), with_objects=True), examiner(folder), Kept())
    assert caught.value.sentence == "/images/b.jpg: Stale file handle: run the same command again"
