"""What is said at the end."""

from io import StringIO

from rich.console import Console

from trainer.detection.finding import PictureFile
from trainer.detection.results import Detection, PictureResult
from trainer.detection.tally import Tally
from trainer.export.description import Description

from .made_exports import DESCRIPTION

DOG, CAT = (Detection(name, number, 0.5, (1.0, 1.0, 2.0, 2.0)) for name, number in DESCRIPTION.classes.items())


def picture(name: str) -> PictureFile:
    return PictureFile(f"photos/{name}", name)


def shown(tally: Tally, seconds: float = 2.0) -> list[str]:
    screen = Console(file=StringIO(), width=80)
    tally.show(screen, seconds)
    return [line.strip() for line in screen.file.getvalue().splitlines() if line.strip()]


def test_a_table_of_classes():
    tally = Tally(DESCRIPTION, 0.3)
    for name, detections in (("a", (DOG, DOG, CAT)), ("b", ()), ("c", (DOG, DOG, DOG))):
        tally.add(picture(name), PictureResult(name, 10, 10, detections))
    assert shown(tally) == [
        "class   id   detections   pictures",
        "──────────────────────────────────",
        "dog      3            5          2",
        "cät      7            1          1",
        "6 detections with a score of 0.3 or more on 2 of 3 pictures, 1.5 pictures/s",
    ]
    assert tally.fullest == picture("a")


def test_nothing_found():
    tally = Tally(DESCRIPTION, 0.5)
    tally.add(picture("a"), PictureResult("a", 10, 10, ()))
    assert shown(tally) == ["0 detections with a score of 0.5 or more on 0 of 1 picture, 0.5 pictures/s"]
    assert tally.fullest is None


def test_names_from_files_bring_nothing_to_the_terminal():
    evil = Description.model_validate({**DESCRIPTION.model_dump(), "classes": {"[red]\x1b[2J": 1}})
    tally = Tally(evil, 0.3)
    tally.add(picture("a"), PictureResult("a", 10, 10, (Detection("[red]\x1b[2J", 1, 0.5, (1.0, 1.0, 2.0, 2.0)),)))
    tally.add_unreadable(picture("[b]\x1b"), "it is \x07")
    tally.add_undrawn(picture("c"), "no")
    lines = shown(tally)
    assert lines[:2] == ["left out: photos/[b]�: it is �", "not drawn: photos/c: no"]
    assert lines[4].split() == ["[red]�[2J", "1", "1", "1"]
    assert tally.unreadable == 1
