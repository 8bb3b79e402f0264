"""What a step reads, in an order that no file system decides."""

from pathlib import Path

import pytest

from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from beam_pipelines.records import Annotation, Reject
from beam_pipelines.steps import sources
from beam_pipelines.steps.sources import Table, find_tables, read_annotations
from presentation.refusals import UsageError

from .made_steps import write_rows


def test_tables_come_in_the_given_order_and_those_of_a_pattern_by_name(tmp_path: Path):
    for name in ("b2", "b1", "a", "sub/c"):
        write_rows(tmp_path / f"{name}.csv")
    found = find_tables([f"{tmp_path}/b*.csv", f"{tmp_path}/sub/c.csv", f"{tmp_path}/*.csv"])
    assert found == [Table(f"{tmp_path}/{name}.csv", f"{name}.csv") for name in ("b1", "b2", "sub/c", "a")]


def test_a_table_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        find_tables([f"{tmp_path}/a.csv"])
    message = f"--rows '{tmp_path}/a.csv' matches nothing (the folder '{tmp_path}' exists and holds 0 entries)"
    assert str(caught.value) == message


def test_annotations_come_by_name_and_bad_ones_as_rejects(tmp_path: Path):
    for name, text in (("c.xml", "<annotation/>"), ("a.xml", "<svg/>"), ("sub/b.xml", "<annotation/>")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = list(read_annotations(FileSet.of("annotations", [str(tmp_path)])))
    empty = Annotation("", "", "", 0, 0, ())
    message = "the root element is <svg>, not <annotation>"
    assert found == [
        ("a.xml", 0, Reject("annotation_not_voc", "image", "a.xml", "", message)),
        ("c.xml", 0, empty),
        ("sub/b.xml", 0, empty),
    ]


def test_a_name_that_is_no_utf8_is_a_reject(tmp_path: Path):
    try:
        (tmp_path / "caf\udce9.xml").write_text("<annotation/>")
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    ((_, _, found),) = read_annotations(FileSet.of("annotations", [str(tmp_path)]))
    message = "the name of 'caf\\udce9.xml' is not valid UTF-8"
    assert found == Reject("name_not_utf8", "image", "caf\\udce9.xml", "", message)


def test_a_file_that_cannot_be_read_for_now_ends_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.xml").write_text("<annotation/>")

    def fail(path: str, _code: str) -> bytes:
        raise sources.ReadFailure(f"{path}: Stale file handle")

    monkeypatch.setattr(sources, "read_record", fail)
    with pytest.raises(DatasetError) as caught:
        list(read_annotations(FileSet.of("annotations", [str(tmp_path)])))
    assert caught.value.sentence == f"{tmp_path}/a.xml: Stale file handle: run the same command again"
