"""Annotation files to the table that the classic script makes, and to what it lost."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.records import AnnotatedObject, Annotation
from beam_pipelines.rows.layout import RowOptions
from beam_pipelines.rows.reading import read_layout, read_rows
from beam_pipelines.steps import xml_to_csv
from beam_pipelines.steps.xml_to_csv import image_name, rows_of

from .made_steps import HEADER, names_in, refused, run

REAL = Path(__file__).parents[2] / "data" / "voc" / "raccoon" / "annotations"

CAT = AnnotatedObject("cat", "1", "2.50", "30", "40", "0", "1", "Left")
PLAIN = Annotation("a.jpg", "", "", 40, 30, (CAT,))


def xml(filename: str = "a.jpg", objects: str = "", size: str = "<size><width>40</width><height>30</height></size>"):
    return f"<annotation><filename>{filename}</filename>{size}{objects}</annotation>"


def an_object(name: str = "cat", sides: tuple = (1, 2, 3, 4), more: str = "") -> str:
    tags = zip(("xmin", "ymin", "xmax", "ymax"), sides, strict=True)
    box = "".join(f"<{tag}>{side}</{tag}>" for tag, side in tags)
    return f"<object><name>{name}</name>{more}<bndbox>{box}</bndbox></object>"


def write(folder: Path, **files: str) -> Path:
    """Writes annotations below a folder; '__' in a name stands for '/'."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("filename", "name", "above", "image"),
    [
        ("a.jpg", "a.xml", 0, "a.jpg"),
        ("a.jpg", "seq1/b.xml", 0, "seq1/a.jpg"),
        ("a.jpg", "Annotations/seq1/b.xml", len("Annotations/"), "seq1/a.jpg"),
        ("a.jpg", "Annotations/b.xml", len("Annotations/"), "a.jpg"),
        ("C:\\Users\\Ann\\a.jpg", "b.xml", 0, "a.jpg"),
        ("/home/ann/a.jpg", "seq1/b.xml", 0, "seq1/a.jpg"),
        ("a", "b.xml", 0, "a"),
        ("", "seq1/frame.0001.xml", 0, "seq1/frame.0001"),
        ("images/", "b.xml", 0, "b"),
        ("two\nlines.jpg", "b.xml", 0, "two lines.jpg"),
    ],
)
def test_the_image_is_called_as_the_annotation_says_in_its_own_folder(filename: str, name: str, above: int, image: str):
    assert image_name(PLAIN._replace(filename=filename), name, above) == image


@pytest.mark.parametrize(
    ("annotation", "all_columns", "rows"),
    [
        (PLAIN, False, [("a", 40, 30, "cat", "1", "2.50", "30", "40")]),
        (PLAIN, True, [("a", 40, 30, "cat", "1", "2.50", "30", "40", "1", "0", "Left")]),
        (PLAIN._replace(objects=()), False, [("a", 40, 30, "", "", "", "", "")]),
        (PLAIN._replace(objects=()), True, [("a", 40, 30, "", "", "", "", "", "", "", "")]),
        (
            PLAIN._replace(width=0, height=0, objects=(CAT._replace(name="big\n cat", xmin=""), CAT)),
            False,
            [("a", 0, 0, "big cat", "", "2.50", "30", "40"), ("a", 0, 0, "cat", "1", "2.50", "30", "40")],
        ),
    ],
)
def test_each_object_is_a_row(annotation: Annotation, all_columns: bool, rows: list):
    assert rows_of(annotation, "a", all_columns) == rows


def test_the_real_ones_are_what_the_classic_script_writes(tmp_path: Path):
    """The rows are those of raccoon_labels.csv, which lies beside the annotations where they come from."""
    table = tmp_path / "labels.csv"
    lines = run(xml_to_csv, "--annotations", REAL, "--output", table)
    assert table.read_text() == (
        f"{HEADER}\n"
        "raccoon-157.jpg,220,229,raccoon,1,1,144,209\n"
        "raccoon-65.jpg,480,360,raccoon,123,27,338,284\n"
        "raccoon-84.jpg,303,166,raccoon,31,6,197,163\n"
        "raccoon-98.jpg,480,360,raccoon,108,31,351,308\n"
    )
    assert names_in(tmp_path) == ["labels.csv"]
    assert lines[-1] == (
        f"{table}: 4 boxes of 1 class in 4 images; next: shardbox split_csv --rows {table} --output splits"
    )


def test_flags_that_the_table_has_no_column_for_are_told(tmp_path: Path):
    marked = [f"<{tag}>{text}</{tag}>" for tag, text in (("truncated", 1), ("difficult", "True"), ("pose", "Left"))]
    unmarked = "<truncated>0</truncated><difficult>false</difficult><pose>Unspecified</pose>"
    objects = "".join(an_object(more=more) for more in (*marked, unmarked, ""))
    write(tmp_path, a=xml(objects=objects))
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")
    assert lines[:-1] == ["3 objects marked as truncated or difficult, or with a pose: --all_columns keeps that"]
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "all.csv", "--all_columns")
    assert len(lines) == 1
    assert (tmp_path / "all.csv").read_text().splitlines() == [
        f"{HEADER},truncated,difficult,pose",
        "a.jpg,40,30,cat,1,2,3,4,1,,",
        "a.jpg,40,30,cat,1,2,3,4,,True,",
        "a.jpg,40,30,cat,1,2,3,4,,,Left",
        "a.jpg,40,30,cat,1,2,3,4,0,false,Unspecified",
        "a.jpg,40,30,cat,1,2,3,4,,,",
    ]


def test_an_image_without_objects_is_not_lost(tmp_path: Path):
    write(tmp_path, a=xml(objects=an_object()), b=xml("b.jpg"))
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == f"{HEADER}\na.jpg,40,30,cat,1,2,3,4\nb.jpg,40,30,,,,,\n"
    assert lines[0].startswith(f"{tmp_path}/a.csv: 1 box of 1 class in 2 images (1 without objects); next: ")


def test_equal_names_in_two_folders_stay_apart_and_in_one_are_told(tmp_path: Path):
    write(tmp_path, seq1__a=xml("a.jpg"), seq2__a=xml("a.jpg"), seq2__b=xml("a.jpg"))
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")
    images = [line.split(",")[0] for line in (tmp_path / "a.csv").read_text().splitlines()[1:]]
    assert images == ["seq1/a.jpg", "seq2/a.jpg", "seq2/a.jpg"]
    assert lines[0] == (
        "1 annotation of an image that another one is of, such as 'seq2/b.xml' and 'seq2/a.xml' of 'seq2/a.jpg': "
        "their rows together are read as one image"
    )


@pytest.mark.parametrize(
    ("files", "remark"),
    [
        (
            {"seq__r1": "r2.jpg", "seq__r2": "R2.JPG", "r3": "C:\\x\\r4.png", "r5": ""},
            "2 annotations name another image in <filename> than their own name, such as 'r3.xml' of 'r4.png': "
            "rows follow <filename>, while `shardbox build` takes an image of the annotation's own name first",
        ),
        (
            {"seq__r1": "r2.jpg"},
            "1 annotation names another image in <filename> than its own name, such as 'seq/r1.xml' of 'seq/r2.jpg': "
            "rows follow <filename>, while `shardbox build` takes an image of the annotation's own name first",
        ),
    ],
)
def test_annotations_that_name_another_image_are_told(tmp_path: Path, files: dict[str, str], remark: str):
    write(tmp_path, **{name: xml(filename) for name, filename in files.items()})
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")
    assert remark in lines


@pytest.mark.parametrize(
    ("name", "filename"),
    [("r1", "r1.jpg"), ("r1", "other/R1.png"), ("r1", "r1"), ("r1", ""), ("frame.0001", "frame.0001"), ("a.b", "")],
)
def test_annotations_that_name_their_own_image_are_not(tmp_path: Path, name: str, filename: str):
    write(tmp_path, **{name: xml(filename)})
    assert len(run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")) == 1


@pytest.mark.parametrize("annotations", ["in", "in/*.xml", "in/a.xml"])
def test_annotations_are_not_replaced(tmp_path: Path, annotations: str):
    write(tmp_path / "in", a=xml())
    path = tmp_path / "in" / "a.xml"
    assert refused(xml_to_csv, "--annotations", tmp_path / annotations, "--output", path, "--overwrite") == (
        f"--output would replace '{path}', which --annotations reads: give another place"
    )
    assert path.read_text() == xml()


def test_what_cannot_be_a_row_is_rejected(tmp_path: Path):
    nameless, boxless = an_object(""), "<object><name>cat</name><polygon/></object>"
    write(tmp_path, bad="<annotation", half=xml("half.jpg", nameless + boxless + an_object()), none=xml("n", boxless))
    output = tmp_path / "a.csv"
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", output, "--max_rejects=0.5")
    assert output.read_text() == f"{HEADER}\nhalf.jpg,40,30,cat,1,2,3,4\nn,40,30,,,,,\n"
    rejects = [json.loads(line) for line in Path(f"{output}.rejects.jsonl").read_text().splitlines()]
    assert rejects[0].pop("message").startswith("line 1, column 12: ")
    assert rejects == [
        {"source": "bad.xml", "image": "", "code": "annotation_malformed", "level": "image"},
        {
            "source": "half.xml",
            "image": "half.jpg",
            "code": "class_missing",
            "level": "box",
            "message": "the object has no class name",
            "box": "? xmin=1 ymin=2 xmax=3 ymax=4",
        },
        {
            "source": "half.xml",
            "image": "half.jpg",
            "code": "box_missing",
            "level": "box",
            "message": "the object has no upright box",
            "box": "cat xmin=? ymin=? xmax=? ymax=?",
        },
        {
            "source": "none.xml",
            "image": "n",
            "code": "box_missing",
            "level": "box",
            "message": "the object has no upright box",
            "box": "cat xmin=? ymin=? xmax=? ymax=?",
        },
    ]
    assert f"Listed in {output}.rejects.jsonl" in lines


def test_an_assumed_encoding_is_told(tmp_path: Path):
    (tmp_path / "a.xml").write_bytes(xml("caf\xe9.jpg").encode("cp1252"))
    lines = run(xml_to_csv, "--annotations", tmp_path, "--output", tmp_path / "a.csv")
    assert lines[0] == "1 time encoding_assumed: the file declares no encoding that fits, or a wrong one"
    assert (tmp_path / "a.csv").read_text("utf-8").splitlines()[1] == "café.jpg,40,30,,,,,"


def test_too_many_rejects_leave_nothing(tmp_path: Path):
    write(tmp_path / "set", a=xml(), b="<svg/>")
    message = (
        "1 of 2 annotations were rejected (50.0%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.5\n"
        "  annotation_not_voc: 1. Not a Pascal VOC annotation: keep other XML files out of --annotations.\n"
        "    'b.xml': the root element is <svg>, not <annotation>"
    )
    assert refused(xml_to_csv, "--annotations", tmp_path / "set", "--output", tmp_path / "a.csv") == message
    assert names_in(tmp_path) == ["set", "set/a.xml", "set/b.xml"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--annotations and --output must be given"),
        (["--annotations={}"], "--output must be given"),
        (
            ["--annotations={}/*.xlm", "--output={}/a.csv"],
            "--annotations '{}/*.xlm' matches nothing (the folder '{}' exists and holds 2 entries)",
        ),
        (["--annotations={}", "--output={}"], "--output '{}' is a folder: give a file"),
        (
            ["--annotations={}", "--output={}/old.csv"],
            "--output: '{}/old.csv' exists: give another place, or replace it with --overwrite",
        ),
        (
            ["--annotations={}", "--output={}/a.xml"],
            "--output would replace '{}/a.xml', which --annotations reads: give another place",
        ),
        (
            ["--annotations={}", "--output={}/a.csv", "--max_rejects=1%"],
            "argument --max_rejects: '1%' is not a fraction from 0 to 1, such as 0.01; did you mean 0.01?",
        ),
        (
            ["--annotations={}", "--output={}/a.csv", "--all_colums"],
            "unknown flag --all_colums; did you mean --all_columns?",
        ),
    ],
)
def test_refusals(tmp_path: Path, flags: list[str], message: str):
    write(tmp_path, a=xml())
    (tmp_path / "old.csv").touch()
    placed = [flag.replace("{}", str(tmp_path)) for flag in flags]
    assert refused(xml_to_csv, *placed) == message.replace("{}", str(tmp_path))
    assert names_in(tmp_path) == ["a.xml", "old.csv"]


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=9).map(str.strip)
OBJECTS = st.lists(st.tuples(CELL.filter(bool), st.integers(0, 99).map(str)), max_size=3)


@given(st.lists(st.tuples(CELL.filter(lambda text: text not in ("", ".") and not set(text) & set("/\\")), OBJECTS)))
def test_the_table_reads_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, images: list):
    """Whatever the names hold: commas, quotes, letters of any script."""
    table = tmp_path_factory.mktemp("table") / "a.csv"
    written = []
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = xml_to_csv.csv.writer(file, lineterminator="\n")
        writer.writerow(xml_to_csv.COLUMNS)
        for image, objects in images:
            found = tuple(AnnotatedObject(name, side, side, side, side) for name, side in objects)
            writer.writerows(rows_of(PLAIN._replace(objects=found), image, all_columns=False))
            written += [(image, name, side) for name, side in objects] or [(image, "", "")]
    rows = read_rows(str(table), "a.csv", read_layout(str(table), RowOptions()))
    assert [(r.image, r.object.name if r.object else "", r.object.xmin if r.object else "") for r in rows] == written
