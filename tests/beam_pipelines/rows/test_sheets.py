"""Rows of one image on sheets: whatever the order and the parts they come in, the same sheet in the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.buckets import bucket_of
from beam_pipelines.records import AnnotatedObject, Annotation, RecordError, Row, Sheet, Side
from beam_pipelines.rows import sheets as module
from beam_pipelines.rows.sheets import Sheets, unite


def one(row: int, name: str = "cat", source: str = "rows.csv") -> AnnotatedObject:
    return AnnotatedObject(name, "1", "2", "3", "4", source=source, row=row)


def boxed(row: int, image: str = "a.jpg", **fields: object) -> Row:
    return Row(image, object=one(row), **fields)  # type: ignore[arg-type]


def sheet(*rows: int, image: str = "a.jpg", source: str = "rows.csv", split: str = "", **fields: object) -> Sheet:
    objects = tuple(one(row, source=source) for row in rows)
    plain = Annotation(image, "", "", 0, 0, objects)
    return Sheet(plain._replace(**fields), source, rows[0] if rows else 1, split)  # type: ignore[arg-type]


def flushed(gathered: Sheets) -> list[Sheet]:
    return [each for _, side in gathered.flush() for each in side.sheets]


def gathered(*rows: Row, buckets: int = 8) -> Sheets:
    """Sheets that hold rows, numbered from 1."""
    result = Sheets(buckets)
    for number, row in enumerate(rows, 1):
        result.add(row, "rows.csv", number)
    return result


def test_rows_of_an_image_share_a_sheet():
    rows = [boxed(1), boxed(2, "b.jpg"), boxed(3)]
    assert flushed(gathered(*rows, buckets=1)) == [sheet(1, 3), sheet(2, image="b.jpg")]


def test_sheets_go_to_the_buckets_of_their_images():
    found = dict(gathered(boxed(1), boxed(2, "seq/b.jpg"), buckets=1000).flush())
    assert found == {
        bucket_of("a", 1000): Side(sheets=(sheet(1),)),
        bucket_of("b", 1000): Side(sheets=(sheet(2, image="seq/b.jpg"),)),
    }


def test_one_sheet_for_each_split_and_group():
    rows = [boxed(1, split="train"), boxed(2, split="test"), boxed(3, split="train", group="p1"), boxed(4)]
    assert flushed(gathered(*rows)) == [
        sheet(1, split="train"),
        sheet(2, split="test"),
        sheet(3, split="train", group="p1"),
        sheet(4),
    ]


def test_classes_of_a_whole_image():
    (found,) = flushed(gathered(Row("a.jpg", label="day"), Row("a.jpg", label="rain")))
    assert found == Sheet(Annotation("a.jpg", "", "", 0, 0, (), labels=("day", "rain")), "rows.csv", 1, "")


def test_a_row_without_object_makes_a_sheet_without_objects():
    (found,) = flushed(gathered(Row("a.jpg", 40, 30)))
    assert found == Sheet(Annotation("a.jpg", "", "", 40, 30, ()), "rows.csv", 1, "")


def test_flushing_begins_anew(monkeypatch):
    monkeypatch.setattr(module, "_MANY", 2)
    sheets = gathered(boxed(1))
    assert not sheets.are_many
    sheets.add(boxed(2), "rows.csv", 2)
    assert sheets.are_many
    assert flushed(sheets) == [sheet(1, 2)]
    assert not sheets.are_many
    assert flushed(sheets) == []


def test_unite_one():
    assert unite([sheet(1, 2)]) == sheet(1, 2)


def test_unite_by_source_and_row():
    parts = [sheet(9, source="b.csv"), sheet(7, 8), sheet(3), sheet(5, source="a.csv")]
    united = unite(parts)
    assert [(each.source, each.row) for each in united.annotation.objects] == [
        ("a.csv", 5),
        ("b.csv", 9),
        ("rows.csv", 3),
        ("rows.csv", 7),
        ("rows.csv", 8),
    ]
    assert (united.source, united.row) == ("a.csv", 5)


@given(st.permutations(range(6)))
def test_the_order_of_parts_does_not_matter(order):
    parts = [sheet(row, source=f"{row % 2}.csv", width=row, height=row, labels=(f"l{row}",)) for row in range(6)]
    assert unite([parts[i] for i in order]) == unite(parts)


def test_unite_takes_the_first_size_that_is_whole():
    parts = [sheet(1), sheet(2, width=40), sheet(3, width=50, height=20), sheet(4, width=60, height=70)]
    annotation = unite(parts).annotation
    assert (annotation.width, annotation.height) == (50, 20)


def test_unite_without_any_size():
    annotation = unite([sheet(1), sheet(2, height=7)]).annotation
    assert (annotation.width, annotation.height) == (0, 0)


def test_unite_puts_labels_together():
    assert unite([sheet(2, labels=("b",)), sheet(1, labels=("a", "c"))]).annotation.labels == ("a", "c", "b")


@pytest.mark.parametrize(
    ("groups", "named"),
    [(["p2", "p1"], "'p1' and 'p2'"), (["p1", ""], "'' and 'p1'"), (["c", "b", "a"], "'a' and 'b'")],
)
def test_rows_that_name_different_groups(groups, named):
    with pytest.raises(RecordError) as caught:
        unite([sheet(row, group=group) for row, group in enumerate(groups, 1)])
    expected = ("rows_disagree", f"the rows of one image name different groups: {named}")
    assert (caught.value.code, caught.value.message) == expected
