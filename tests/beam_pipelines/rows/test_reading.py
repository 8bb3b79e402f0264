"""Tables as files: headers, lines and rows from every kind of file that people give."""

import gzip
import random
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import AnnotatedObject, Reject, Row
from beam_pipelines.rows.layout import Layout, RowOptions, find_layout
from beam_pipelines.rows.reading import is_parquet, read_layout, read_rows
from presentation.refusals import UsageError

CLASSIC = "filename,width,height,class,xmin,ymin,xmax,ymax"
RACCOONS = f"""{CLASSIC}
raccoon-63.jpg,600,400,raccoon,74,107,280,290
raccoon-63.jpg,600,400,raccoon,227,93,403,298
raccoon-60.jpg,273,185,raccoon,58,33,197,127
"""
PATHS = b"path,classes,bb\n"


def raccoon(image: str, width: int, height: int, *sides: str, row: int) -> Row:
    return Row(image, width, height, AnnotatedObject("raccoon", *sides, source="labels.csv", row=row))


ROWS = [
    raccoon("raccoon-63.jpg", 600, 400, "74", "107", "280", "290", row=2),
    raccoon("raccoon-63.jpg", 600, 400, "227", "93", "403", "298", row=3),
    raccoon("raccoon-60.jpg", 273, 185, "58", "33", "197", "127", row=4),
]


def read(path: Path) -> list[Row | Reject]:
    return list(read_rows(str(path), "labels.csv", read_layout(str(path), RowOptions())))


def written(folder: Path, content: bytes, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(path: Path) -> str:
    """What is said of a table, less the words that all sentences begin with."""
    with pytest.raises(UsageError) as caught:
        read_layout(str(path), RowOptions())
    beginning = f"--rows '{path}': "
    assert str(caught.value).startswith(beginning)
    return str(caught.value).removeprefix(beginning)


@pytest.mark.parametrize(
    "content",
    [
        RACCOONS.encode(),
        RACCOONS.strip().encode(),
        RACCOONS.encode("utf-8-sig"),
        RACCOONS.replace("\n", "\r\n").encode(),
        RACCOONS.replace(",", ";").encode(),
        RACCOONS.replace(",", "\t").encode(),
        RACCOONS.replace(",", " , ").encode(),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in RACCOONS.split()).encode(),
    ],
)
def test_the_classic_table(tmp_path, content):
    assert read(written(tmp_path, content)) == ROWS


@pytest.mark.parametrize("name", ["labels.csv.gz", "labels.CSV.GZ"])
def test_compressed_tables(tmp_path, name):
    lines = RACCOONS.encode().splitlines(keepends=True)
    parts = gzip.compress(b"".join(lines[:2])) + gzip.compress(b"".join(lines[2:]))
    assert read(written(tmp_path, parts, name)) == ROWS


def test_the_layout_of_a_text(tmp_path):
    options = RowOptions((("label", "what"),), "xywh")
    path = written(tmp_path, "\ufeffpath;what;bbox\r\n".encode())
    layout = Layout({"box": 2, "image": 0, "label": 1}, ("path", "what", "bbox"), ";", options)
    assert read_layout(str(path), options) == layout
    assert read_layout(str(path), options).places == layout.places


def test_bad_rows_are_rejects_with_the_number_of_their_line(tmp_path):
    lines = [b"a.jpg,cat,1 2 3 4", b"", b"b.jpg,cat", b" \r", b'"c', b'.jpg",cat,1 2 3 4', b"d.jpg,,", b"caf\xe9.jpg,,"]
    assert read(written(tmp_path, PATHS + b"\n".join(lines))) == [
        Row("a.jpg", object=AnnotatedObject("cat", "1", "2", "3", "4", source="labels.csv", row=2)),
        Reject(
            "row_malformed",
            "row",
            "labels.csv",
            "",
            "the row has 2 cells, the header 3: write a ',' for an empty cell too",
            row=4,
        ),
        Reject(
            "row_malformed",
            "row",
            "labels.csv",
            "",
            "a quoted cell that goes on in the next line is not supported: '\"c'",
            row=6,
        ),
        Reject(
            "row_malformed",
            "row",
            "labels.csv",
            "",
            "a quoted cell that goes on in the next line is not supported: '.jpg\",cat,1 2 3 4'",
            row=7,
        ),
        Row("d.jpg"),
        Row("café.jpg"),
    ]


def test_a_line_without_end_is_one_reject(tmp_path):
    path = written(tmp_path, PATHS + b"x" * (3 * 2**20) + b"\na.jpg,,\n" + b"," * (2**20 + 1))
    message = "the line is longer than 1048576 bytes"
    assert read(path) == [
        Reject("row_malformed", "row", "labels.csv", "", message, row=2),
        Row("a.jpg"),
        Reject("row_malformed", "row", "labels.csv", "", message, row=4),
    ]


def test_lines_are_whole_whatever_is_read_at_once(tmp_path):
    names = [f"{number}{'x' * (number % 1000)}.jpg" for number in range(5000)]
    path = written(tmp_path, PATHS + "".join(f"{name},,\n" for name in names).encode())
    assert path.stat().st_size > 2 * 2**20
    assert read(path) == [Row(name) for name in names]


@pytest.mark.parametrize("lines", [8000, 1])
def test_memory_does_not_grow_with_the_file(tmp_path, lines):
    line = b"x" * (2**24 // lines) + b",cat,1 2 3 4\n"
    path = written(tmp_path, PATHS + line * lines)
    rows = read_rows(str(path), "labels.csv", read_layout(str(path), RowOptions()))
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows) == lines
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


TABLE = pa.table(
    {
        "image": ["a.jpg", "b.jpg", None],
        "label": pa.array([1.0, None, 2.0]),
        "bbox": pa.array([[0.1, 2, 3, 4], None, [1, 2, 3, 4]], pa.list_(pa.float32())),
        "note": pa.array([{"a": 1}] * 3),
    }
)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.PQ", "rows", "rows.csv"])
def test_parquet(tmp_path, name):
    path = tmp_path / name
    pq.write_table(TABLE, path, row_group_size=2)
    assert is_parquet(str(path))
    layout = find_layout(["image", "label", "bbox", "note"], RowOptions())
    assert read_layout(str(path), RowOptions()) == layout
    assert list(read_rows(str(path), "labels.csv", layout)) == [
        Row("a.jpg", object=AnnotatedObject("1", "0.1", "2.0", "3.0", "4.0", source="labels.csv", row=1)),
        Row("b.jpg"),
        Reject(
            "row_without_image",
            "row",
            "labels.csv",
            "",
            "the column 'image' is empty: name the image of the row",
            row=3,
        ),
    ]


def test_rows_of_parquet_are_numbered_through(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"image": ["a"] * 9000, "label": ["b"] * 8999 + [None]}), path, row_group_size=5000)
    pq.write_table(pa.table({"image": ["a"] * 9000 + [""], "label": ["b"] * 9001}), path, row_group_size=5000)
    rows = list(read_rows(str(path), "labels.csv", read_layout(str(path), RowOptions())))
    assert rows[:9000] == [Row("a", label="b")] * 9000
    assert [row.row for row in rows[9000:] if isinstance(row, Reject)] == [9001]


def test_what_is_called_parquet_is_not_opened_to_tell(tmp_path):
    assert is_parquet(str(tmp_path / "none.Parquet"))


def test_text_is_no_parquet(tmp_path):
    assert not is_parquet(str(written(tmp_path, RACCOONS.encode())))
    assert not is_parquet(str(written(tmp_path, b"")))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "the file is empty"),
        ("a.csv", b"\nimage,label\n", f"the first line is empty: it must be a header, such as {CLASSIC}"),
        ("a.csv", RACCOONS.encode("utf-16"), "this is UTF-16: save it as UTF-8"),
        ("a.csv", b"\xfe\xff" + RACCOONS.encode("utf-16-be"), "this is UTF-16: save it as UTF-8"),
        ("a.csv", RACCOONS.encode("utf-16-le"), "this is UTF-16: save it as UTF-8"),
        ("a.csv", RACCOONS.encode("utf-16-be"), "this is UTF-16: save it as UTF-8"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n", "this is not text: give CSV or Parquet"),
        ("a.csv", b"\0\1\2abc\n", "this is not text: give CSV or Parquet"),
        ("a.csv", b"PK\x03\x04\x14\0", "this is a workbook or another ZIP file: save the table as CSV"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "this is an Excel workbook: save the table as CSV"),
        ("a.csv", gzip.compress(RACCOONS.encode(), mtime=0), "this is compressed: let its name end in .gz"),
        ("a.csv", RACCOONS.replace("\n", "\r").encode(), "its lines end with CR alone: save it with LF or CRLF"),
        ("a.csv", b"a," * 2**20, "its first line is longer than 1048576 bytes: it must be a header"),
        (
            "a.csv",
            b'image,"label\n',
            "the first line cannot be read: a quoted cell that goes on in the next line is not supported: "
            "'image,\"label'",
        ),
        ("a.csv", b"image,what\n", "the header 'image,what' has no column for the label: give --columns label=…"),
        ("a.csv.gz", RACCOONS.encode(), "cannot be read: Not a gzipped file (b'fi')"),
        ("a.parquet", b"", "cannot be read: Parquet file size is 0 bytes"),
        (
            "a.parquet",
            b"PAR1" + b"x" * 100,
            "cannot be read: Parquet magic bytes not found in footer. Either the file is corrupted or this is not a "
            "parquet file.",
        ),
    ],
)
def test_files_that_are_refused(tmp_path, name, content, sentence):
    assert refusal(written(tmp_path, content, name)) == sentence


def test_files_that_are_not_there_are_refused(tmp_path):
    assert refusal(tmp_path / "none.csv") == "cannot be read: No such file or directory"
    assert refusal(tmp_path / "none.parquet") == "cannot be read: No such file or directory"
    assert refusal(tmp_path) == "cannot be read: Is a directory"


def test_types_of_parquet_are_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"image": pa.array([{"a": 1}]), "label": ["a"]}), path)
    assert refusal(path) == (
        "the column 'image' is of the type struct<a: int64>, which cannot be the image: make it text"
    )


def test_a_file_that_was_cut_off_is_not_taken_for_a_whole_one(tmp_path):
    noise = random.Random(1)
    lines = b"".join(b"%s.jpg,,\n" % noise.randbytes(200).hex().encode() for _ in range(10_000))
    packed = gzip.compress(PATHS + lines)
    path = written(tmp_path, packed[: len(packed) // 2], "labels.csv.gz")
    layout = read_layout(str(path), RowOptions())
    with pytest.raises(DatasetError) as caught:
        list(read_rows(str(path), "labels.csv", layout))
    assert caught.value.sentence == (
        f"--rows '{path}': cannot be read: Compressed file ended before the end-of-stream marker was reached"
    )


def test_a_file_that_went_away(tmp_path):
    path = written(tmp_path, RACCOONS.encode())
    layout = read_layout(str(path), RowOptions())
    path.unlink()
    with pytest.raises(DatasetError) as caught:
        list(read_rows(str(path), "labels.csv", layout))
    assert caught.value.sentence == f"--rows '{path}': cannot be read: No such file or directory"
