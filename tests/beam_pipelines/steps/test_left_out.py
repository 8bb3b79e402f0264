"""What a step leaves out, in its file and on the screen."""

import json
from io import BytesIO, StringIO

from rich.console import Console

from beam_pipelines.records import Reject
from beam_pipelines.rejects import REMEDIES
from beam_pipelines.steps.left_out import LeftOut


class Disk:
    """Files by path."""

    def __init__(self) -> None:
        self.files: dict[str, BytesIO] = {}

    def create(self, path: str) -> BytesIO:
        assert path not in self.files
        self.files[path] = BytesIO()
        return self.files[path]


def shown(left_out: LeftOut) -> list[str]:
    screen = Console(file=StringIO(), width=100)
    left_out.show(screen)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_without_rejects_there_is_no_file_and_nothing_on_the_screen():
    disk = Disk()
    left_out = LeftOut("a.jsonl", disk.create)
    assert (disk.files, shown(left_out)) == ({}, [])


def test_rejects_are_written_as_they_come_and_counted_by_code():
    disk = Disk()
    left_out = LeftOut("a.jsonl", disk.create)
    left_out.add(Reject("row_malformed", "row", "a.csv", "", "the row has 2 cells, the header 8", row=7))
    left_out.add(Reject("image_missing", "image", "é.xml", "", "no \udce9"))
    left_out.add(Reject("row_malformed", "row", "a.csv", "", "the row has 3 cells, the header 8", row=9))
    lines = [json.loads(line) for line in disk.files["a.jsonl"].getvalue().decode().splitlines()]
    assert [(line["source"], line.get("line"), line["message"]) for line in lines] == [
        ("a.csv", 7, "the row has 2 cells, the header 8"),
        ("é.xml", None, "no \udce9"),
        ("a.csv", 9, "the row has 3 cells, the header 8"),
    ]
    assert left_out.survey.rejects == {("row", "row_malformed"): 2, ("image", "image_missing"): 1}
    title, _, first, second, _, place = shown(left_out)
    assert (title.strip(), place) == ("Rejects", "Listed in a.jsonl")
    for line, cells in ((first, ("2", "row_malformed")), (second, ("1", "image_missing"))):
        assert [cell.strip() for cell in line.strip("│").split("│")] == [*cells, REMEDIES[cells[1]]]
