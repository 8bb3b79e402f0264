"""Label maps from tables, from annotations, from names, and on top of other label maps."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.rejects import REMEDIES
from beam_pipelines.steps import label_map
from beam_pipelines.steps.label_map import extended, parse_classes
from data_contract.label_map import MAX_ID, Label, LabelMap, LabelMapError, read_label_map

from .made_steps import BAD_ROW, BAD_ROW_IS, names_in, refused, run, write_rows

DOG, CAT, FOX = (f"{i}.jpg,40,30,{name},1,2,3,4" for i, name in enumerate(("dog", "cat", "fox")))


def ids(path: Path) -> dict[str, int]:
    return read_label_map(path.read_bytes()).ids


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


@pytest.mark.parametrize(
    ("text", "names"),
    [("upper,lower,full", ("upper", "lower", "full")), (" a , b c ", ("a", "b c")), ("1", ("1",)), ("é,É", ("é", "É"))],
)
def test_names_are_parsed_in_their_order(text: str, names: tuple[str, ...]):
    assert parse_classes(text) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,,b", "'a,,b' has an empty name: write names with a comma between them, such as upper,lower"),
        ("a, ", "'a, ' has an empty name: write names with a comma between them, such as upper,lower"),
        ("a,b,a", "'a,b,a' has the name 'a' twice: name it once"),
    ],
)
def test_names_that_are_wrong(text: str, message: str):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_classes(text)


def test_new_classes_come_behind_the_highest_id():
    kept = LabelMap((Label("fox", 7, "Fox"), Label("cat", 2)))
    found = extended(kept, ["dog", "cat", "ape"])
    assert found == LabelMap((Label("cat", 2), Label("fox", 7, "Fox"), Label("dog", 8), Label("ape", 9)))


@given(
    st.dictionaries(st.text("abc", min_size=1), st.integers(1, 99)), st.lists(st.text("abc", min_size=1), unique=True)
)
def test_kept_ids_stay_and_every_class_has_one(given_ids: dict[str, int], names: list[str]):
    if len(set(given_ids.values())) < len(given_ids) or not (given_ids or names):
        return
    found = extended(LabelMap.from_ids(given_ids) if given_ids else None, names).ids
    assert {name: found[name] for name in given_ids} == given_ids
    new = [found[name] for name in names if name not in given_ids]
    first = max(given_ids.values(), default=0) + 1
    assert new == list(range(first, first + len(new)))
    assert found.keys() == given_ids.keys() | set(names)


def test_ids_end_somewhere():
    with pytest.raises(LabelMapError):
        extended(LabelMap((Label("a", MAX_ID),)), ["b"])


def test_rows_give_classes_in_alphabetical_order_whatever_theirs_is(tmp_path: Path):
    one, other = write_rows(tmp_path / "1.csv", DOG, CAT, DOG), write_rows(tmp_path / "2.csv", FOX, "9.jpg,40,30,,,,,")
    output = tmp_path / "map.pbtxt"
    lines = run(label_map, "--rows", one, other, "--output", output)
    assert output.read_text() == LabelMap.from_names(["cat", "dog", "fox"]).to_pbtxt()
    assert [cells(line) for line in lines if line.startswith("│")] == [
        ["1", "cat", "1"],
        ["2", "dog", "2"],
        ["3", "fox", "1"],
    ]
    advice = f"shardbox build --rows {one} {other} --images images --label_map {output} --output dataset"
    assert lines[-1] == f"{output}: 3 classes; next: {advice}"
    run(label_map, "--rows", other, one, "--output", tmp_path / "again.pbtxt")
    assert (tmp_path / "again.pbtxt").read_bytes() == output.read_bytes()


def test_parquet_and_classes_of_whole_images(tmp_path: Path):
    table = pa.table({"path": ["a.jpg", "b.jpg"], "kind": ["True", "1"]})
    pq.write_table(table, tmp_path / "a.parquet")
    run(label_map, "--rows", tmp_path / "a.parquet", "--columns=label=kind", "--output", tmp_path / "map.pbtxt")
    assert ids(tmp_path / "map.pbtxt") == {"1": 1, "True": 2}


def test_annotations_give_classes(tmp_path: Path):
    for name, classes in (("a", ("dog", "cat")), ("b", ("dog", ""))):
        objects = "".join(f"<object><name>{one}</name></object>" for one in classes)
        (tmp_path / f"{name}.xml").write_text(f"<annotation>{objects}</annotation>")
    lines = run(label_map, "--annotations", tmp_path, "--output", tmp_path / "map.pbtxt")
    assert ids(tmp_path / "map.pbtxt") == {"cat": 1, "dog": 2}
    assert [cells(line) for line in lines if line.startswith("│")] == [["1", "cat", "1"], ["2", "dog", "2"]]
    assert f"--annotations {tmp_path} --images images" in lines[-1]


def test_names_from_the_command_line_keep_their_order(tmp_path: Path):
    lines = run(label_map, "--from_classes", "upper,[b]lower", "--output", tmp_path / "map.pbtxt")
    assert ids(tmp_path / "map.pbtxt") == {"upper": 1, "[b]lower": 2}
    assert [cells(line) for line in lines if line.startswith("│")] == [["1", "upper"], ["2", "[b]lower"]]


@pytest.mark.parametrize(
    ("flags", "order"), [(["--rows={}/a.csv"], "cat,dog"), (["--from_classes=dog,cat"], "dog,cat")]
)
def test_a_label_map_is_extended(tmp_path: Path, flags: list[str], order: str):
    write_rows(tmp_path / "a.csv", DOG, CAT)
    old = LabelMap((Label("fox", 5, "Red fox"), Label("ape", 3)))
    (tmp_path / "old.pbtxt").write_text(old.to_pbtxt())
    placed = [flag.replace("{}", str(tmp_path)) for flag in flags]
    lines = run(label_map, *placed, "--keep", tmp_path / "old.pbtxt", "--output", tmp_path / "map.pbtxt")
    first, second = order.split(",")
    found = read_label_map((tmp_path / "map.pbtxt").read_bytes())
    assert found == LabelMap((*old.labels, Label(first, 6), Label(second, 7)))
    assert lines[-2] == "2 classes of --keep not found here, and kept: 'ape', 'fox'"


def test_a_label_map_may_be_extended_in_place(tmp_path: Path):
    path = tmp_path / "map.pbtxt"
    run(label_map, "--from_classes=b", "--output", path)
    run(label_map, "--from_classes=a,b", "--keep", path, "--output", path, "--overwrite")
    assert ids(path) == {"b": 1, "a": 2}


@pytest.mark.parametrize(
    ("flags", "output", "lost", "kind"),
    [
        (["--rows={}/a.csv"], "a.csv", "a.csv", "rows"),
        (["--rows={}/*.csv"], "a.csv", "a.csv", "rows"),
        (["--rows={}/b.rejects.jsonl"], "b", "b.rejects.jsonl", "rows"),
        (["--annotations={}/a.xml"], "a.xml", "a.xml", "annotations"),
        (["--annotations={}"], "a.xml", "a.xml", "annotations"),
    ],
)
def test_what_is_read_is_not_replaced(tmp_path: Path, flags: list[str], output: str, lost: str, kind: str):
    for name in ("a.csv", "b.rejects.jsonl"):
        write_rows(tmp_path / name, DOG)
    (tmp_path / "a.xml").write_text("<annotation><object><name>cat</name></object></annotation>")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    placed = [flag.replace("{}", str(tmp_path)) for flag in flags]
    assert refused(label_map, *placed, "--output", tmp_path / output, "--overwrite") == (
        f"--output would replace '{tmp_path}/{lost}', which --{kind} reads: give another place"
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_of_many_classes_the_first_are_shown(tmp_path: Path):
    names = ",".join(f"c{i:02d}" for i in range(32))
    lines = run(label_map, "--from_classes", names, "--output", tmp_path / "map.pbtxt")
    rows = [cells(line) for line in lines if line.startswith("│")]
    assert rows[-2:] == [["30", "c29"], ["…", "2 more"]]
    assert len(ids(tmp_path / "map.pbtxt")) == 32


def test_bad_rows_are_listed(tmp_path: Path):
    table = write_rows(tmp_path / "a.csv", DOG, BAD_ROW)
    output = tmp_path / "map.pbtxt"
    lines = run(label_map, "--rows", table, "--output", output, "--max_rejects=0.5")
    assert ids(output) == {"dog": 1}
    (reject,) = [json.loads(line) for line in Path(f"{output}.rejects.jsonl").read_text().splitlines()]
    assert (reject["source"], reject["code"], reject["message"]) == (
        "a.csv",
        "row_without_image",
        BAD_ROW_IS,
    )
    assert f"Listed in {output}.rejects.jsonl" in lines
    message = (
        "1 of 2 rows were rejected (50.0%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.5\n"
        f"  row_without_image: 1. {REMEDIES['row_without_image']}\n"
        f"    'a.csv' line 3: {BAD_ROW_IS}"
    )
    assert refused(label_map, "--rows", table, "--output", tmp_path / "b.pbtxt") == message


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--from_classes=a"], "--output must be given"),
        (["--output={}/map"], "nothing says the classes: give one of --rows, --annotations and --from_classes"),
        (
            ["--rows={}/a.csv", "--from_classes=a", "--output={}/map"],
            "--rows and --from_classes are given: give one of --rows, --annotations and --from_classes",
        ),
        (
            ["--from_classes=a,a", "--output={}/map"],
            "argument --from_classes: 'a,a' has the name 'a' twice: name it once",
        ),
        (
            ["--from_classes=a", "--output={}/a.csv"],
            "--output: '{}/a.csv' exists: give another place, or replace it with --overwrite",
        ),
        (
            ["--from_classes=a", "--keep={}/no", "--output={}/map"],
            "--keep '{}/no' cannot be read: No such file or directory",
        ),
        (
            ["--from_classes=a", "--keep={}/a.csv", "--output={}/map"],
            "--keep '{}/a.csv': Line 1, column 1 of the label map cannot be read: "
            'Message type "StringIntLabelMap" has no field named "filename". '
            "Items are written like item { name: 'cat' id: 1 }.",
        ),
        (
            ["--from_classes=a", "--keep={}/full.pbtxt", "--output={}/map"],
            "Item 2 of the label map ('a') has id 2147483648: number classes from 1, up to 2147483647.",
        ),
        (
            ["--rows={}/a.csv", "--output={}/map"],
            "none of 1 rows has a class, so there is nothing to map: check --rows",
        ),
        (
            ["--annotations={}/a.xml", "--output={}/map"],
            "none of 1 annotations has a class, so there is nothing to map: check --annotations",
        ),
        (
            ["--rows={}/b.csv", "--output={}/map"],
            "--rows '{}/b.csv' matches nothing (the folder '{}' exists and holds 3 entries)",
        ),
        (
            ["--rows={}/a.csv", "--columns=label=kind", "--output={}/map"],
            "--rows '{}/a.csv': the header 'filename,width,height,class,xmin,ymin,xmax,ymax' has no column 'kind', "
            "which --columns gives for label",
        ),
    ],
)
def test_refusals(tmp_path: Path, flags: list[str], message: str):
    write_rows(tmp_path / "a.csv", "a.jpg,40,30,,,,,")
    (tmp_path / "a.xml").write_text("<annotation/>")
    (tmp_path / "full.pbtxt").write_text(LabelMap((Label("z", MAX_ID),)).to_pbtxt())
    placed = [flag.replace("{}", str(tmp_path)) for flag in flags]
    assert refused(label_map, *placed) == message.replace("{}", str(tmp_path))
    assert names_in(tmp_path) == ["a.csv", "a.xml", "full.pbtxt"]
