"""Rows as a source: the same dataset as from XML, in whatever form the rows come, and what becomes of bad ones."""

import gzip
import random
import struct
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contract.manifest import read_manifest

from .made_rows import CLASSIC, FLAGS, HEIGHT, WIDTH, Row, as_csv, names_of, row, write_pictures, write_xml
from .shardbox_runs import (
    TWO_PROCESSES,
    boxes_of,
    build,
    digests,
    examples_of,
    in_a_process,
    name_of,
    reject_lines,
    shardbox,
    snapshot,
)

ODD = ("1", "True", "nan", "None", "NA", "1.0", "naïve café", "a, b")
"""Classes that look like something else."""


def made_rows() -> list[Row]:
    """Pictures with up to three boxes, in folders and out of them, and one without objects."""
    rows = [row(f"odd-{i}.jpg", name, 4, 3, 20, 15, difficult=i % 2, pose="Left") for i, name in enumerate(ODD)]
    rows += [
        row(f"seq{i % 2}/frame-{i}.jpg", ("cat", "dog")[j % 2], j + 0.5, 2, 9 + i, 9, truncated=j % 2)
        for i in range(8)
        for j in range(1 + i % 3)
    ]
    rows.append(row("naïve café.jpg", "cat", 0, 0, WIDTH, HEIGHT))
    rows.append(row("empty.jpg", ""))
    return rows


ROWS = made_rows()
FULL = (*CLASSIC, *FLAGS)
SHORT = ("filename", "class", *CLASSIC[4:])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures of `ROWS`."""
    folder = tmp_path_factory.mktemp("rows")
    write_pictures(folder / "images", names_of(ROWS))
    return folder


def run(place: Path, output: Path, *tables: Path, more: tuple[str, ...] = ()) -> Path:
    build("--rows", *tables, "--images", place / "images", "--output", output, "--num_shards=5", *more)
    return output


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def full(place: Path) -> Path:
    """The dataset of the table with all columns."""
    return run(place, place / "full", written(place / "full.csv", as_csv(ROWS, FULL)))


@pytest.fixture(scope="module")
def classic(place: Path) -> Path:
    """The dataset of the table with the columns of the classic script."""
    return run(place, place / "classic", written(place / "classic.csv", as_csv(ROWS)))


def test_the_same_as_from_xml(place: Path, full: Path, tmp_path: Path):
    """All bytes of the examples, where the table has all that the XML says."""
    xml = write_xml(tmp_path / "xml", ROWS)
    build("--annotations", xml, "--images", place / "images", "--output", tmp_path / "out", "--num_shards=5")
    ours, theirs = digests(full), digests(tmp_path / "out")
    for name in ("manifest.json", "report/index.html"):  # rows were counted
        assert ours.pop(name) != theirs.pop(name)
    assert ours == theirs
    one, other = read_manifest(full), read_manifest(tmp_path / "out")
    assert (one.splits, one.repairs, one.remarks) == (other.splits, other.repairs, other.remarks)
    assert one.seen == other.seen | {"rows": len(ROWS)}
    assert one.seen == {"annotations": 18, "images": 18, "rows": 25}


def test_without_the_flags_of_objects_only_these_differ(full: Path, classic: Path):
    theirs = {"image/object/difficult": 0, "image/object/truncated": 0, "image/object/view": b"Unspecified"}
    expected = examples_of(full)
    for split in expected.values():
        for example in split:
            for key, value in theirs.items():
                example[key] = [value] * len(example[key])
    assert examples_of(classic) == expected != examples_of(full)


def test_what_rows_say_is_in_the_examples(full: Path):
    found = {name_of(example): boxes_of(example) for split in examples_of(full).values() for example in split}
    expected = {
        name: sorted(normalised(one) for one in ROWS if one["filename"] == name and one["class"])
        for name in names_of(ROWS)
    }
    assert found == expected
    assert set(read_manifest(full).classes) == {*ODD, "cat", "dog"}


def normalised(one: Row) -> tuple[Any, ...]:
    return (one["class"], *(float32(one[s] / of) for s, of in zip(CLASSIC[4:], (WIDTH, HEIGHT) * 2, strict=True)))


def float32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def in_one_cell(one: Row, end: str = "") -> dict[str, Any]:
    sides = [str(one[side]) for side in CLASSIC[4:]]
    return {**one, "path": one["filename"], "classes": one["class"], "bb": ",".join(sides) if sides[0] else ""}


def renamed(names: str) -> Callable[[], bytes]:
    """A table of the columns image, class and sides under other names."""
    header = names.split(",")
    rows = [dict(zip(header, (one[name] for name in SHORT), strict=True)) for one in ROWS]
    return lambda: as_csv(rows, header)


def box_cells(before: str, between: str, after: str) -> Callable[[], bytes]:
    cells = ({**in_one_cell(one), "bb": before + in_one_cell(one)["bb"].replace(",", between) + after} for one in ROWS)
    return lambda: as_csv(cells, ("path", "classes", "bb"))


@pytest.mark.parametrize(
    "table",
    [
        box_cells("", ",", ""),
        box_cells("[", ", ", "]"),
        renamed("path,classes,x1,y1,x2,y2"),
        renamed("image,label,left,top,right,bottom"),
    ],
    ids=["path,classes,bb", "box as JSON", "path,classes,x1,y1,x2,y2", "image,label"],
)
def test_known_headers(table: Callable[[], bytes], place: Path, classic: Path, tmp_path: Path):
    assert digests(run(place, tmp_path / "out", written(tmp_path / "t.csv", table()))) == digests(classic)


def test_columns_that_are_told(place: Path, classic: Path, tmp_path: Path):
    table = written(tmp_path / "t.csv", renamed("which,what,a,b,c,d")())
    told = "image=which,label=what,xmin=a,ymin=b,xmax=c,ymax=d"
    ours, theirs = digests(run(place, tmp_path / "out", table, more=(f"--columns={told}",))), digests(classic)
    for name in ("manifest.json", "report/index.html"):
        assert ours.pop(name) != theirs.pop(name)
    assert ours == theirs
    options = read_manifest(tmp_path / "out").options
    assert options["columns"] == dict(pair.split("=") for pair in told.split(","))


def shuffled(rows: list[Row]) -> list[Row]:
    return random.Random(3).sample(rows, len(rows))


def as_compressed(folder: Path) -> list[Path]:
    return [written(folder / "t.csv.gz", gzip.compress(as_csv(shuffled(ROWS))))]


def as_excel_saves_it(folder: Path) -> list[Path]:
    return [written(folder / "t.csv", b"\xef\xbb\xbf" + as_csv(shuffled(ROWS), CLASSIC, ";", "\r\n") + b"\r\n\r\n")]


def as_parquet(folder: Path) -> list[Path]:
    """In row groups, the boxes as lists, with a column that is none of ours."""
    rows = [one if one["class"] else {**one, "class": None} for one in shuffled(ROWS)]
    columns: dict[str, Any] = {name: [one[name] for one in rows] for name in CLASSIC[:4]}
    boxes = [[float(one[s]) for s in CLASSIC[4:]] if one["class"] else None for one in rows]
    columns |= {"bbox": pa.array(boxes, pa.list_(pa.float32())), "bytes": [b"x"] * len(rows)}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / "t.parquet", row_group_size=7)
    return [folder / "t.parquet"]


def as_several_files(folder: Path) -> list[Path]:
    """Rows of one image are in several of them, in CSV and Parquet; patterns and folders name them."""
    rows = shuffled(ROWS)
    written(folder / "a/1.csv", as_csv(rows[:6]))
    written(folder / "a/deep/2.csv", as_csv(rows[6:12], CLASSIC[::-1], "\t"))
    written(folder / "b/3.tsv", as_csv(rows[12:18], SHORT, "|"))
    rest = {name: [str(one[name]) for one in rows[18:]] for name in SHORT}
    pq.write_table(pa.table(rest), folder / "b/4.parquet")
    return [folder / "a", folder / "b/*.tsv", folder / "b/4.parquet"]


@pytest.mark.parametrize("form", [as_compressed, as_excel_saves_it, as_parquet, as_several_files])
def test_the_same_bytes_in_another_form(form: Callable[[Path], list[Path]], place: Path, classic: Path, tmp_path: Path):
    assert digests(run(place, tmp_path / "out", *form(tmp_path / "tables"))) == digests(classic)


@pytest.mark.parametrize("format", ["xywh", "cxcywh"])
def test_box_formats(format: str, place: Path, classic: Path, tmp_path: Path):
    """The same boxes up to rounding: in pixels, and in fractions."""
    rows = [with_extent(one, format, fractions=format == "cxcywh") for one in ROWS]
    table = written(tmp_path / "t.csv", as_csv(rows, ("filename", "class", *"abwh")))
    columns = "x=a,y=b,w=w,h=h" if format == "xywh" else "cx=a,cy=b,w=w,h=h"
    more = (f"--columns={columns}", f"--box_format={format}", *(["--normalized"] if format == "cxcywh" else []))
    run(place, tmp_path / "out", table, more=more)
    ours, theirs = examples_of(tmp_path / "out"), examples_of(classic)
    for name, split in theirs.items():
        for one, other in zip(ours[name], split, strict=True):
            for key in other:
                near = pytest.approx(other[key], abs=1e-6, rel=1e-5) if "bbox" in key or "area" in key else other[key]
                assert one[key] == near, key


def with_extent(one: Row, format: str, fractions: bool) -> dict[str, Any]:
    if not one["class"]:
        return {**one, **dict.fromkeys("abwh", "")}
    xmin, ymin, xmax, ymax = (one[side] for side in CLASSIC[4:])
    numbers = [xmin, ymin, xmax - xmin, ymax - ymin]
    if format == "cxcywh":
        numbers[:2] = [(xmin + xmax) / 2, (ymin + ymax) / 2]
    scales = (WIDTH, HEIGHT) * 2 if fractions else (1,) * 4
    return {**one, **dict(zip("abwh", (n / s for n, s in zip(numbers, scales, strict=True)), strict=True))}


BAD = f"""\
{",".join(CLASSIC)},group,iscrowd,area
good.jpg,40,30,cat,4,3,20,15,,1,33.5
good.jpg,40,30,cat
,40,30,cat,4,3,20,15,,0,
good.jpg,40,30,,4,3,20,15,,0,
good.jpg,40,30,cat,,,,,,0,
good.jpg,40,30,"cat,4,3,20,15,,0,

naïve.jpg,40,30,dog,one,3,20,15,,0,
good.jpg,40,30,cat,4,nan,20,15,,0,
good.jpg,40,30,cat,20,3,4,15,,0,
good.jpg,40,30,cat,40,3,60,15,,0,
good.jpg,40,30,cat,4,3,20,3,,0,
good.jpg,40,30,cat,0.1,0.1,0.5,0.5,,0,
gone.jpg,40,30,cat,4,3,20,15,,0,
gone.jpg,40,30,cat,4,3,20,15,,0,
../outside.jpg,40,30,cat,4,3,20,15,,0,
C:\\pics\\day\\twin.jpg,40,30,cat,4,3,20,15,,0,
dusk/twin.jpg,40,30,cat,4,3,20,15,,0,
here/lone.jpg,40,30,cat,4,3,20,15,,0,
there/lone.jpg,40,30,dog,4,3,20,15,,0,
ext.png,40,30,cat,4,3,20,15,,maybe,-7
cut.jpg,40,30,cat,4,3,20,15,,0,
apart.jpg,40,30,cat,4,3,20,15,p2,0,
apart.jpg,40,30,cat,4,3,20,15,p1,0,
../../x/good.jpg,40,30,dog,1,1,9,9,,0,
"""


def lost(line: int, code: str, message: str, image: str = "", **more: object) -> dict[str, object]:
    head: dict[str, object] = {"source": "bad.csv", "line": line, "image": image, "code": code}
    return head | {"level": "image" if image else "row", "message": message} | more


def lost_box(line: int, code: str, message: str, box: str, image: str = "good.jpg") -> dict[str, object]:
    return lost(line, code, message, image, level="box", box=box)


WHY = [
    lost(3, "row_malformed", "the row has 4 cells, the header 11: write a ',' for an empty cell too"),
    lost(4, "row_without_image", "the column 'filename' is empty: name the image of the row"),
    lost(5, "class_missing", "the column 'class' is empty: give the box a class", "good.jpg", level="row"),
    lost(
        *(6, "box_missing", "the class is 'cat' and the box is empty: fill in both, or none for no object"),
        *("good.jpg",),
        level="row",
    ),
    lost(
        7,
        "row_malformed",
        "a quoted cell that goes on in the next line is not supported: 'good.jpg,40,30,\"cat,4,3,20,15,,0,'",
    ),
    lost_box(9, "box_not_a_number", "xmin is 'one'", "dog xmin=one ymin=3 xmax=20 ymax=15", "naïve.jpg"),
    lost_box(10, "box_not_a_number", "ymin is 'nan'", "cat xmin=4 ymin=nan xmax=20 ymax=15"),
    lost_box(11, "box_reversed", "xmin 20 is larger than xmax 4", "cat xmin=20 ymin=3 xmax=4 ymax=15"),
    lost_box(12, "box_outside", "x from 40 to 60 in a picture of 40 × 30 pixels", "cat xmin=40 ymin=3 xmax=60 ymax=15"),
    lost_box(13, "box_zero_area", "ymin 3 and ymax 3 are equal", "cat xmin=4 ymin=3 xmax=20 ymax=3"),
    lost_box(
        14,
        "box_not_in_pixels",
        "all sides are from 0 to 1, as if they were fractions of the picture",
        "cat xmin=0.1 ymin=0.1 xmax=0.5 ymax=0.5",
    ),
    lost(15, "image_missing", "no image file is named so: not 'gone.jpg'", "gone.jpg"),
    lost(17, "image_missing", "no image file is named so: not '../outside.jpg'", "../outside.jpg"),
    lost(
        19,
        "image_ambiguous",
        "several images fit 'dusk/twin.jpg' equally well: 'day/twin.jpg', 'night/twin.jpg'",
        "dusk/twin.jpg",
    ),
    lost(
        21,
        "image_missing",
        "'there/lone.jpg': its image is missing: 'lone.jpg', the only one of this name, belongs to 'here/lone.jpg'",
        "there/lone.jpg",
    ),
    lost(24, "rows_disagree", "the rows of one image name different groups: 'p1' and 'p2'", "apart.jpg"),
    lost(
        26,
        "image_missing",
        "'../../x/good.jpg': its image is missing: 'good.jpg', the only one of this name, belongs to 'good.jpg'",
        "../../x/good.jpg",
    ),
    lost(2, "row_without_image", "the column 'filename' is empty: name the image of the row", source="bad.parquet"),
    lost_box(
        3, "box_reversed", "xmin 9.5 is larger than xmax 9.0", "dog xmin=9.5 ymin=9.5 xmax=9.0 ymax=9.0", "naïve.jpg"
    )
    | {"source": "bad.parquet"},
]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table of bad rows, its pictures, and its dataset."""
    folder = tmp_path_factory.mktemp("bad")
    names = ["good.jpg", "naïve.jpg", "ext.jpg", "day/twin.jpg", "night/twin.jpg", "lone.jpg", "apart.jpg", "cut.jpg"]
    images = write_pictures(folder / "images", [*names, "unnamed.jpg"])
    (images / "cut.jpg").write_bytes((images / "cut.jpg").read_bytes()[:-40])
    write_pictures(folder, ["outside.jpg"])
    written(folder / "bad.csv", BAD.encode())
    sides = {side: [4.0, None, 9.5] for side in CLASSIC[4:6]} | {side: [20.0, None, 9.0] for side in CLASSIC[6:]}
    columns = {"filename": ["naïve.jpg", None, "naïve.jpg"], "class": ["cat", None, "dog"]} | sides
    pq.write_table(pa.table(columns), folder / "bad.parquet", row_group_size=2)
    build(*of_bad(folder, folder / "out"))
    return folder


def of_bad(folder: Path, output: Path) -> list[object]:
    given = ["--rows", folder / "bad.csv", folder / "bad.parquet", "--images", folder / "images", "--output", output]
    return [*given, "--max_rejects=1", "--splits=all=1", "--unannotated=negative"]


def test_bad_rows_are_rejected_with_their_lines(bad: Path):
    found = reject_lines(bad / "out")
    (cut,) = [one for one in found if one["code"] == "image_truncated"]
    assert {"source": "bad.csv", "image": "cut.jpg", "level": "image"}.items() <= cut.items()
    rest = [one for one in found if one is not cut]
    assert sorted(rest, key=itemgetter("source", "line")) == WHY


def test_the_other_rows_stay(bad: Path):
    examples = {name_of(example): example for example in examples_of(bad / "out")["all"]}
    cat = ("cat", *(float32(side) for side in (4 / 40, 3 / 30, 20 / 40, 15 / 30)))
    assert {name: boxes_of(example) for name, example in examples.items()} == {
        "good.jpg": [cat],
        "naïve.jpg": [("cat", *(float32(side) for side in (4 / 40, 4 / 30, 20 / 40, 20 / 30)))],
        "day/twin.jpg": [cat],
        "lone.jpg": [cat],
        "ext.jpg": [cat],
        "unnamed.jpg": [],
    }
    more = [examples[name][f"image/object/{key}"] for name in ("good.jpg", "ext.jpg") for key in ("is_crowd", "area")]
    assert more == [[1], [33.5], [0], [pytest.approx(16 * 12)]]


def test_bad_rows_are_counted(bad: Path):
    manifest = read_manifest(bad / "out")
    assert manifest.seen["rows"] == BAD.count("\n") - 2 + 3
    assert manifest.repairs == {"area_unreadable": 1, "flag_unreadable": 1}


def test_max_rejects_counts_rows(place: Path, tmp_path: Path):
    table = written(tmp_path / "t.csv", as_csv(ROWS) + b"\n\nodd-1.jpg,cat\n,40,30,cat,1,1,5,5\nx\ny\nz\n")
    before = snapshot(tmp_path)
    given = ("build", "--rows", table, "--images", place / "images", "--output", tmp_path / "out")
    result = shardbox(*given, "--max_rejects=0.16")
    head = "shardbox: 5 of 30 rows were rejected (16.7%), more than --max_rejects=0.16 allows. "
    message = f"""\
{head}Mend them, or allow --max_rejects=0.167
  row_malformed: 4. The row cannot be read: mend it at the line given.
    't.csv' line 31: the row has 1 cell, the header 8: write a ',' for an empty cell too
    't.csv' line 32: the row has 1 cell, the header 8: write a ',' for an empty cell too
    't.csv' line 33: the row has 1 cell, the header 8: write a ',' for an empty cell too
    … and 1 more
  row_without_image: 1. The row does not say which image it is about: fill in the path.
    't.csv' line 30: the column 'filename' is empty: name the image of the row
"""
    assert result == (1, "", message)
    assert snapshot(tmp_path) == before


def test_two_processes(bad: Path, tmp_path: Path):
    """Of text and Parquet, with rejects whose lines are counted."""
    done = in_a_process(*of_bad(bad, tmp_path / "out"), *TWO_PROCESSES)
    assert done.code == 0, done
    assert digests(tmp_path / "out") == digests(bad / "out")


def test_groups_stay_on_one_side(tmp_path: Path):
    rows = [row(f"{i}.jpg", patient=f"p{i % 6}") for i in range(24)]
    images = write_pictures(tmp_path / "images", names_of(rows))
    table = written(tmp_path / "t.csv", as_csv(rows, (*CLASSIC, "patient")))
    build("--rows", table, "--images", images, "--output", tmp_path / "out", "--splits=train=0.5,test=0.5")
    sides = {
        split: {int(name_of(one).removesuffix(".jpg")) % 6 for one in examples}
        for split, examples in examples_of(tmp_path / "out").items()
    }
    assert sides["train"] | sides["test"] == set(range(6))
    assert not sides["train"] & sides["test"]
    assert {len(side) for side in sides.values()} == {3}


SAMPLE = b"image,label,bbox,split,group,mask\n"


@pytest.mark.parametrize(
    ("table", "more", "message"),
    [
        (
            SAMPLE,
            ("--splits=all=1",),
            "--rows 't.csv' gives images to splits in its column 'split', and so does --splits: "
            "leave one of them out (a column is ignored when it is renamed)",
        ),
        (
            SAMPLE,
            ("--split_by_folder",),
            "--rows 't.csv' gives images to splits in its column 'split', and so does --split_by_folder: "
            "leave one of them out (a column is ignored when it is renamed)",
        ),
        (
            SAMPLE,
            ("--split_lists=train=t.csv",),
            "--rows 't.csv' gives images to splits in its column 'split', and so does --split_lists: "
            "leave one of them out (a column is ignored when it is renamed)",
        ),
        (
            b"image,label,bbox,Patient ID\n",
            ("--group_by=(.)",),
            "--rows 't.csv' names groups in its column 'Patient ID', and so does --group_by: leave one of them out",
        ),
        (
            SAMPLE,
            (),
            "--rows 't.csv' has masks in its column 'mask': give --masks, the folder below which their files lie",
        ),
        (
            b"image,label,bbox\n",
            ("--masks=.",),
            "--masks is given, and --rows 't.csv' has no column that says which mask an object has: "
            "name it, --columns mask=HEADER",
        ),
        (b"image,label\n", ("--normalized",), "--normalized is given, and no table has boxes"),
        (
            b"image,label,bbox\n",
            ("--strict_splits",),
            "--strict_splits is for splits that are given, and no table has a column for the split",
        ),
        (
            b"image,label,bbox\n",
            ("--annotations=.",),
            "--annotations and --rows exclude each other: boxes come from XML files or from rows",
        ),
        (
            b"image,label,bbox\n",
            ("--columns=image=pfad",),
            "--rows '{folder}/t.csv': the header 'image,label,bbox' has no column 'pfad', "
            "which --columns gives for image",
        ),
        (b"", (), "--rows '{folder}/t.csv': the file is empty"),
        (
            b"1.jpg,cat,1,2,3,4\n",
            (),
            "--rows '{folder}/t.csv': the first line '1.jpg,cat,1,2,3,4' looks like data: "
            "it must be a header, such as filename,width,height,class,xmin,ymin,xmax,ymax",
        ),
    ],
)
def test_what_is_refused_at_once(table: bytes, more: tuple[str, ...], message: str, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "t.csv", table)
    write_pictures(tmp_path / "images", ["a.jpg"])
    before = snapshot(tmp_path)
    result = shardbox("build", "--rows", "t.csv", "--images", "images", "--output", "out", *more)
    assert result == (2, "", f"shardbox: {message.format(folder=path.parent)}\n")
    assert snapshot(tmp_path) == before


def test_a_header_without_rows(tmp_path: Path):
    table = written(tmp_path / "t.csv", b"image,label,bbox\n")
    images = write_pictures(tmp_path / "images", ["a.jpg"])
    result = shardbox("build", "--rows", table, "--images", images, "--output", tmp_path / "out")
    message = "shardbox: there is nothing to write: no annotation or row was matched to an image\n"
    assert result == (1, "", message)
