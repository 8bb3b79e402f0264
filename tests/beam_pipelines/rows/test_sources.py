"""Tables read in parts by Beam's sources: every row once, and every rejected row with the number of its line."""

import gzip
import pickle
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.io.range_trackers import OffsetRangeTracker
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.buckets import bucket_of
from beam_pipelines.coding import Outcome
from beam_pipelines.failures import sentence_of
from beam_pipelines.listing import FileSet
from beam_pipelines.records import Reject, Tally
from beam_pipelines.rows import sources
from beam_pipelines.rows.layout import RowOptions
from beam_pipelines.rows.reading import is_parquet, read_layout
from beam_pipelines.rows.sources import NumberRejects, ReadRows, Tables, line_numbers

from ..made import picture, pipeline_here, put

HEADER = "image,label,xmin,ymin,xmax,ymax"
BUCKETS = 4


class Read(NamedTuple):
    """What came of tables, whatever the parts."""

    rows: list[tuple[str, int, str, str]]
    """(file, row, image, xmin) of each object, sorted."""
    rejects: list[tuple[str, int, str]]
    """(file, row, code), sorted."""
    tallies: dict[str, int]


def tables_of(*paths: Path) -> Tables:
    files = FileSet.of("rows", [str(path) for path in paths])
    names = sorted(name for name, _ in files.names())
    layouts = {name: read_layout(files.path(name), RowOptions()) for name in names}
    return Tables(files, layouts, frozenset(name for name in names if is_parquet(files.path(name))))


def read(*paths: Path, numbered: bool = False) -> Read:
    """Reads tables in a pipeline; rejects with their offsets, or with the numbers of their lines."""
    tables = tables_of(*paths)
    with tempfile.TemporaryDirectory() as folder:
        with pipeline_here() as pipeline:
            sheets, others = pipeline | ReadRows(tables, BUCKETS)
            if numbered:
                others = others | NumberRejects(tables)
            assert_that(sheets | beam.FlatMap(_rows_of), partial(_keep, f"{folder}/rows"), "rows")
            assert_that(others, partial(_keep, f"{folder}/others"), "others")
        rows, outcomes = (pickle.loads(Path(folder, name).read_bytes()) for name in ("rows", "others"))
    tallies: Counter[str] = Counter()
    for one in outcomes:
        if isinstance(one, Tally):
            tallies[one.name] += one.number
    rejects = sorted((one.annotation, one.row, one.code) for one in outcomes if isinstance(one, Reject))
    return Read(sorted(rows), rejects, dict(tallies))


def _keep(path: str, found: list[Any]) -> None:
    """Writes elements down: a list of this process does not reach the pipeline."""
    Path(path).write_bytes(pickle.dumps(found))


def _rows_of(element: tuple[int, Any]) -> list[tuple[str, int, str, str]]:
    bucket, side = element
    found = []
    for sheet in side.sheets:
        assert bucket == bucket_of(sheet.annotation.filename, BUCKETS)
        assert sheet.spoiled or sheet.row == min(one.row for one in sheet.annotation.objects)
        found += [(one.source, one.row, sheet.annotation.filename, one.xmin) for one in sheet.annotation.objects]
    return found


def made_table(number: int, end: str = "\n") -> tuple[str, list[tuple[str, int, str, str]]]:
    """A table of rows of many lengths with blank lines between, and what must be read of it."""
    text, expected = HEADER + end, []
    for i in range(number):
        image = f"{'é' * (i % 5)}{i % 7}.jpg"
        expected.append(("rows.csv", len(text.encode()), image, str(i)))
        text += f"{image},cat,{i},0,{i + 1},1{end}" + (end, " " + end, "")[min(i % 6, 2)]
    return text, expected


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("part", [3, 64, 1000])
def test_every_row_of_a_table_in_parts(part: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "_PART", part)
    text, expected = made_table(9 if part < 64 else 60, end)
    path = put(tmp_path, "rows.csv", text)
    assert read(path) == Read(sorted(expected), [], {"rows": len(expected)})


def test_the_parts_are_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """More than one worker could read the table of the test above."""
    opened: list[tuple[int, int]] = []
    of_beam = sources._TextSource.read_records

    def spy(self: Any, file_name: str, range_tracker: Any) -> Any:
        opened.append((range_tracker.start_position(), range_tracker.stop_position()))
        return of_beam(self, file_name, range_tracker)

    monkeypatch.setattr(sources._TextSource, "read_records", spy)
    monkeypatch.setattr(sources, "_PART", 100)
    text, expected = made_table(20)
    assert len(read(put(tmp_path, "rows.csv", text)).rows) == len(expected)
    opened.sort()
    assert len(opened) == 5
    assert [0, *(stop for _, stop in opened)] == [*(start for start, _ in opened), len(text.encode())]


def test_more_rows_than_travel_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "_LINES", 7)
    monkeypatch.setattr("beam_pipelines.rows.sheets._MANY", 10)
    text, expected = made_table(50)
    assert read(put(tmp_path, "rows.csv", text)).rows == sorted(expected)


def test_a_last_line_without_end(tmp_path: Path):
    text, expected = made_table(3)
    assert read(put(tmp_path, "rows.csv", text.rstrip())).rows == sorted(expected)


@pytest.mark.parametrize("text", [HEADER, HEADER + "\n", HEADER + "\n\n \r\n"])
def test_a_header_alone(text: str, tmp_path: Path):
    assert read(put(tmp_path, "rows.csv", text)) == Read([], [], {})


def test_a_byte_order_mark_and_another_encoding(tmp_path: Path):
    body = f"{HEADER}\n".encode("utf-8-sig") + "é.jpg,cat,1,2,3,4\n".encode("cp1252") + "ü.jpg,cat,2,2,3,4\n".encode()
    found = read(put(tmp_path, "rows.csv", body))
    assert found.rows == [("rows.csv", 35, "é.jpg", "1"), ("rows.csv", 53, "ü.jpg", "2")]
    assert found.tallies == {"rows": 2, "rows_encoding_assumed": 1}


def test_paths_are_no_patterns(tmp_path: Path):
    """Beam takes every path for a pattern."""
    body = f"{HEADER}\n%s.jpg,cat,1,2,3,4\n"
    one = put(tmp_path, "fold[1]/a*.csv", body % "a")
    put(tmp_path, "fold[1]/ab.csv", body % "b")
    put(tmp_path, "fold1/a*.csv", body % "c")
    tables = Tables(FileSet("rows", (), (), (), str(one.parent), ""), {"a*.csv": read_layout(str(one), RowOptions())})
    with pipeline_here() as pipeline:
        sheets, _ = pipeline | ReadRows(tables, 1)
        images = sheets | beam.FlatMap(lambda element: [sheet.annotation.filename for sheet in element[1].sheets])
        assert_that(images, equal_to(["a.jpg"]))


BAD = {3: "row_without_image", 6: "row_malformed", 8: "class_missing", 9: "row_malformed"}
"""Line of `bad_table` → code."""


def bad_table(end: str, last: str) -> bytes:
    lines = [
        HEADER,
        "naïve café.jpg,cat,1,2,3,4",
        ",cat,1,2,3,4",
        "",
        "日本.jpg,犬,1,2,3,4",
        "a.jpg,cat,1,2",
        "",
        "a.jpg,,1,2,3,4",
        'a.jpg,"cat,1,2,3,4',
    ]
    return (end.join(lines) + last).encode()


@pytest.mark.parametrize("part", [29, 10_000])
def test_line_numbers_of_rejects(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of lines that end with LF and CRLF, the last with and without, after letters of several bytes, compressed."""
    monkeypatch.setattr(sources, "_PART", part)
    monkeypatch.setattr(sources, "_BLOCK", 16)
    paths, expected = [], []
    for i, (end, last) in enumerate([("\n", ""), ("\n", "\n"), ("\r\n", ""), ("\r\n", "\r\n")]):
        for name in (f"{i}.csv", f"{i}.csv.gz", f"{i}.CSV.GZ"):
            body = bad_table(end, last)
            paths.append(put(tmp_path, name, gzip.compress(body) if name.lower().endswith("gz") else body))
            expected += [(name, line, code) for line, code in BAD.items()]
    assert read(*paths, numbered=True).rejects == sorted(expected)


def test_the_whole_of_a_reject(tmp_path: Path):
    tables = tables_of(put(tmp_path, "rows.csv", f"{HEADER}\n\na.jpg,cat,1,2\n"))
    message = "the row has 4 cells, the header 6: write a ',' for an empty cell too"
    with pipeline_here() as pipeline:
        _, others = pipeline | ReadRows(tables, 1)
        rejects = others | NumberRejects(tables) | beam.Filter(lambda one: isinstance(one, Reject))
        assert_that(rejects, equal_to([Reject("row_malformed", "row", "rows.csv", "", message, row=3)]))


def test_only_rejects_of_texts_are_numbered(tmp_path: Path):
    """Rows of Parquet have their numbers, lines of lists too, even if a list is called as a table is."""
    text = put(tmp_path, "rows.csv", f"{HEADER}\na.jpg,cat,1,2\n")
    parquet = put(tmp_path, "rows.parquet")
    pq.write_table(pa.table({"image": ["a.jpg"], "label": ["cat"], "bbox": [[1.0, 2, 3, 4]]}), parquet)
    tables = tables_of(text, parquet)
    plain = Reject("row_malformed", "row", "rows.csv", "", "why", row=32)
    of_box = plain._replace(code="box_reversed", level="box", image="a.jpg")
    others = [
        plain._replace(annotation="rows.parquet", row=7),
        plain._replace(code="image_missing", level="unlisted", row=900),
        plain._replace(code="image_truncated", level="image", row=0),
        Tally("rows", 3),
        picture(),
    ]
    expected = [plain._replace(row=2), of_box._replace(row=2), *others]
    with pipeline_here() as pipeline:
        outcomes = pipeline | beam.Create([plain, of_box, *others]).with_output_types(Outcome)
        found = outcomes | NumberRejects(tables)
        assert_that(found, equal_to(expected))


def parquet_of(number: int, **more: list[Any]) -> pa.Table:
    return pa.table(
        {
            "image": [f"{i % 7}.jpg" if i % 10 else None for i in range(number)],
            "label": ["cat"] * number,
            "bbox": [[float(i), 0.0, i + 1.0, 1.0] for i in range(number)],
            **more,
        }
    )


@pytest.mark.parametrize(("rows_in_a_group", "part"), [(3, 100), (3, 1000), (1000, 300)])
def test_parquet_in_parts(rows_in_a_group: int, part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "_PART", part)
    monkeypatch.setattr(sources, "_LINES", 4)
    path = put(tmp_path, "rows.parquet")
    pq.write_table(parquet_of(25), path, row_group_size=rows_in_a_group)
    expected = [("rows.parquet", i + 1, f"{i % 7}.jpg", f"{float(i)}") for i in range(25) if i % 10]
    rejects = [("rows.parquet", number, "row_without_image") for number in (1, 11, 21)]
    assert read(path, numbered=True) == Read(sorted(expected), rejects, {"rows": 25})


@pytest.mark.parametrize("table", [parquet_of(0), parquet_of(0).slice(0, 0)])
def test_parquet_without_rows(table: pa.Table, tmp_path: Path):
    path = put(tmp_path, "rows.parquet")
    pq.write_table(table, path)
    assert read(path) == Read([], [], {})


def test_only_the_columns_that_are_wanted_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Some tables hold the pictures too."""
    seen: list[list[str]] = []
    of_parquet = sources.rows_of_table

    def spy(table: pa.Table, layout: Any) -> Any:
        seen.append(sorted(table.column_names))
        return of_parquet(table, layout)

    monkeypatch.setattr(sources, "rows_of_table", spy)
    path = put(tmp_path, "rows.parquet")
    pq.write_table(parquet_of(3, bytes=[b"x", b"y", b"z"]), path)
    assert len(read(path).rows) == 2
    assert seen == [["bbox", "image", "label"]]


def test_tables_of_several_kinds_and_layouts(tmp_path: Path):
    """Each by its own header and delimiter; Parquet is known by its content too."""
    paths = [
        put(tmp_path, "a/rows.csv", f"{HEADER}\na.jpg,cat,1,2,3,4\n"),
        put(tmp_path, "b/rows.csv", "path;classes;bb\nb.jpg;cat;2,2,3,4\n"),
        put(tmp_path, "c/rows.csv"),
        put(tmp_path, "d/rows.tsv", "classes\timage\tx1\ty1\tx2\ty2\nx\td.jpg\t4\t2\t3\t4\ny\t\t1\t2\t3\t4\n"),
    ]
    pq.write_table(parquet_of(2), paths[2])
    assert read(*paths, numbered=True) == Read(
        [
            ("a/rows.csv", 32, "a.jpg", "1"),
            ("b/rows.csv", 16, "b.jpg", "2"),
            ("c/rows.csv", 2, "1.jpg", "1.0"),
            ("d/rows.tsv", 26, "d.jpg", "4"),
        ],
        [("c/rows.csv", 1, "row_without_image"), ("d/rows.tsv", 3, "row_without_image")],
        {"rows": 6},
    )


def test_what_tables_have(tmp_path: Path):
    boxes = put(tmp_path, "boxes.csv", f"{HEADER},split\n")
    labels = put(tmp_path, "labels.csv", "image,label\n")
    both, first, second = tables_of(boxes, labels), tables_of(boxes), tables_of(labels)
    assert [tables.have_boxes for tables in (both, first, second)] == [True, True, False]
    assert [tables.have_labels for tables in (both, first, second)] == [True, False, True]
    assert [tables.has("split") for tables in (both, first, second)] == [True, True, False]
    assert both.name_of(str(tmp_path / "labels.csv")) == "labels.csv"


def refusal(path: Path, damage: Callable[[], None]) -> str | None:
    """What a person reads if a table turns out to be damaged once it is read."""
    tables = tables_of(path)
    damage()
    with pytest.raises(Exception, match="--rows") as caught, pipeline_here() as pipeline:
        pipeline | ReadRows(tables, 1)
    return sentence_of(caught.value)


def test_a_compressed_table_that_was_cut_off(tmp_path: Path):
    """Beam's own file system would take it for a whole one."""
    noise = random.Random(1).randbytes(3000).hex()
    whole = gzip.compress(f"{HEADER}\na.jpg,{noise},1,2,3,4\n".encode())
    path = put(tmp_path, "rows.csv.gz", whole)
    reason = "cannot be read: Compressed file ended before the end-of-stream marker was reached"
    assert refusal(path, lambda: put(tmp_path, path.name, whole[:-9])) == f"--rows '{path}': {reason}"


def test_a_parquet_file_that_is_damaged(tmp_path: Path):
    path = put(tmp_path, "rows.parquet")
    pq.write_table(parquet_of(50), path)
    data = path.read_bytes()
    sentence = refusal(path, lambda: put(tmp_path, path.name, data[:10] + b"\xff" * 40 + data[50:]))
    assert sentence is not None
    assert sentence.startswith(f"--rows '{path}': cannot be read: ")


def test_a_table_that_is_gone(tmp_path: Path):
    path = put(tmp_path, "rows.csv", f"{HEADER}\na.jpg,cat,1,2,3,4\n")
    source = sources._open_text(str(path), tables_of(path))
    path.unlink()
    with pytest.raises(Exception, match="--rows") as caught:
        list(source.read_records(str(path), OffsetRangeTracker(0, 100)))
    assert sentence_of(caught.value) == f"--rows '{path}': cannot be read: No such file or directory"


def test_line_numbers():
    assert line_numbers([b"a\nbc\n", b"\n", b"d\ne"], [0, 2, 6, 8]) == {0: 1, 2: 2, 6: 4, 8: 5}
    assert line_numbers([b"a\n"], []) == {}


def test_line_numbers_read_no_further_than_needed():
    blocks = iter([b"a\nb\n", b"c\nd\n", b"e\n"])
    assert line_numbers(blocks, [6]) == {6: 4}
    assert list(blocks) == [b"e\n"]


@given(st.text(alphabet="ab\n\ré", max_size=60), st.integers(1, 70), st.data())
def test_line_numbers_are_those_of_an_editor(text: str, size: int, data: st.DataObject):
    whole = text.encode()
    starts = data.draw(st.lists(st.integers(0, max(0, len(whole) - 1)), max_size=5)) if whole else []
    blocks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert line_numbers(blocks, starts) == {at: whole[:at].count(b"\n") + 1 for at in starts}
