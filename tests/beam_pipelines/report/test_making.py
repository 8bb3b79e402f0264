"""What a report tells of rejects."""

import json

from beam_pipelines.report.making import sample_rejects
from beam_pipelines.report.page import RejectSample
from data_contract.manifest import LabelMapFile, Manifest, RejectFile, Rejects


def line(code: str, number: int, **more: object) -> str:
    fields = {"source": f"{number}.xml", "image": "", "code": code, "level": "image", "message": "…"}
    return json.dumps(fields | more) + "\n"


def test_the_first_rejects_of_each_code_are_taken(tmp_path):
    (tmp_path / "a").write_text("".join(line("image_missing", n) for n in range(5)))
    (tmp_path / "b").write_text(
        line("image_missing", 6) + line("row_malformed", 7, line=12, image="x.jpg") + line("box_outside", 8)
    )
    manifest = Manifest(
        LabelMapFile("label_map.pbtxt", "0" * 64),
        {"cat": 1},
        {},
        rejects=Rejects(
            (RejectFile("a", 5, 1, "00000000"), RejectFile("b", 3, 1, "00000000")),
            {"box_outside": 1, "image_missing": 6, "row_malformed": 1},
        ),
    )
    assert sample_rejects(manifest, lambda name: str(tmp_path / name)) == [
        *(RejectSample("image_missing", f"{n}.xml", 0, "", "…") for n in range(3)),
        RejectSample("row_malformed", "7.xml", 12, "x.jpg", "…"),
        RejectSample("box_outside", "8.xml", 0, "", "…"),
    ]


def test_no_more_lines_are_read_than_needed(tmp_path):
    """A file that is not opened need not be there."""
    (tmp_path / "a").write_text("".join(line("image_missing", n) for n in range(3)))
    files = (RejectFile("a", 3, 1, "00000000"), RejectFile("b", 3, 1, "00000000"))
    rejects = Rejects(files, {"image_missing": 6})
    manifest = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {}, rejects=rejects)
    assert len(sample_rejects(manifest, lambda name: str(tmp_path / name))) == 3


def test_lines_that_are_no_rejects_are_passed_over(tmp_path):
    bad = [
        "{",
        "[1]",
        '"text"',
        '{"code": "image_missing"}',
        line("image_missing", 1, line="x"),
        line("image_missing", 2, image=3),
    ]
    (tmp_path / "a").write_text(
        "".join(text.rstrip() + "\n" for text in bad) + "x" * 200_000 + "\n" + line("image_missing", 7)
    )
    rejects = Rejects((RejectFile("gone", 1, 1, "00000000"), RejectFile("a", 8, 1, "00000000")), {"image_missing": 9})
    manifest = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {}, rejects=rejects)
    assert sample_rejects(manifest, lambda name: str(tmp_path / name)) == [
        RejectSample("image_missing", "7.xml", 0, "", "…")
    ]


def test_no_rejects(tmp_path):
    (tmp_path / "a").write_text("")
    rejects = Rejects((RejectFile("a", 0, 0, "00000000"),), {})
    manifest = Manifest(LabelMapFile("label_map.pbtxt", "0" * 64), {"cat": 1}, {}, rejects=rejects)
    assert sample_rejects(manifest, lambda name: str(tmp_path / name)) == []
