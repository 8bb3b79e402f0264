"""What a job reads, found before it starts, and every sentence that refuses it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_pipelines.command_line.options import BuildOptions, parse_build_options
from beam_pipelines.inputs import Inputs, find_inputs
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.rows.layout import RowOptions, find_layout
from beam_pipelines.rows.sources import Tables
from data_contract.label_map import LabelMap
from presentation.refusals import UsageError

from .made import put, put_all, voc

CLASSIC = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
BOXES = "path,classes,bb\n"
LABELS = "image,label\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with an annotation and an image."""
    put(tmp_path, "xml/a.xml", voc())
    put_all(tmp_path, "img/a.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def options(*flags: str) -> BuildOptions:
    """Of annotations, unless rows are given."""
    given = flags if "--rows" in flags else ("--annotations", "xml", *flags)
    return parse_build_options([*given, "--images", "img", "--output", "out"])


def of_rows(folder: Path, header: str, *flags: str) -> BuildOptions:
    """Of the table 'a.csv' with that header."""
    put(folder, "a.csv", header)
    return options("--rows", "a.csv", *flags)


def refusal(found: BuildOptions, image_base: str | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        find_inputs(found, image_base)
    return str(refused.value)


def expected(**changes: object) -> Inputs:
    plain = {
        "annotations": FileSet.of("annotations", ["xml"], "out"),
        "images": FileSet.of("images", ["img"], "out"),
        "tables": None,
        "images_listed": True,
        "lists": (),
        "split_source": "fractions",
        "masks": None,
        "label_map": None,
    }
    return Inputs(**(plain | changes))


def test_annotations_and_images(folder):
    found = find_inputs(options())
    assert found == expected()
    assert (found.grouped_by_rows, found.extras) == (False, ())


def test_a_label_map(folder):
    label_map = LabelMap.from_ids({"cat": 3})
    put(folder, "map.pbtxt", label_map.to_pbtxt())
    assert find_inputs(options("--label_map", "map.pbtxt")) == expected(label_map=label_map)


def test_tables_are_read_as_their_headers_say(folder):
    """Of whatever layouts, text and Parquet, in the order of their names."""
    put(folder, "rows/b.csv", CLASSIC)
    put(folder, "rows/deep/c.tsv", "path;classes;x1;y1;x2;y2\n")
    put(folder, "rows/d.csv", LABELS)
    (folder / "rows/a").mkdir()
    pq.write_table(pa.table({"image": ["a.jpg"], "label": ["cat"], "bbox": ["1,2,3,4"]}), folder / "rows/a/e.parquet")
    found = find_inputs(options("--rows", "rows"))
    files = FileSet.of("rows", ["rows"], "out")
    plain = RowOptions()
    layouts = {
        "a/e.parquet": find_layout(["image", "label", "bbox"], plain),
        "b.csv": find_layout(CLASSIC.strip().split(","), plain),
        "d.csv": find_layout(["image", "label"], plain),
        "deep/c.tsv": find_layout(["path", "classes", "x1", "y1", "x2", "y2"], plain, ";"),
    }
    tables = Tables(files, layouts, frozenset({"a/e.parquet"}))
    assert found == expected(annotations=files, tables=tables)
    assert list(found.tables.layouts) == list(layouts)
    assert (found.grouped_by_rows, found.extras) == (False, ("labels",))


@pytest.mark.parametrize(
    ("header", "flags", "extras"),
    [
        (CLASSIC, (), ()),
        (LABELS, (), ("labels",)),
        ("path,classes,bb,mask\n", ("--masks", "m"), ("masks",)),
        (CLASSIC, ("--class_maps", "c"), ("class_maps",)),
        ("image,label,mask\n", ("--masks", "m", "--class_maps", "c"), ("labels", "masks", "class_maps")),
    ],
)
def test_what_examples_have_beside_the_features_of_all(folder, header, flags, extras):
    for name in "mc":
        (folder / name).mkdir()
    assert find_inputs(of_rows(folder, header, *flags)).extras == extras


def test_folders_of_masks_are_absolute(folder, monkeypatch):
    (folder / "m").mkdir()
    monkeypatch.setattr("beam_pipelines.inputs.reach", lambda path, flag, listed: None)
    found = find_inputs(options("--masks", "m", "--class_maps", "gs://bucket/maps"))
    assert found == expected(masks=MaskFolders(str(folder / "m"), "gs://bucket/maps"))
    assert found.extras == ("masks", "class_maps")


@pytest.mark.parametrize(
    ("header", "flags", "source"),
    [
        (CLASSIC, (), "fractions"),
        (CLASSIC, ("--splits", "all=1"), "fractions"),
        (CLASSIC, ("--split_by_folder",), "folders"),
        ("path,classes,bb,split\n", (), "column"),
        ("path,classes,bb,subset\n", ("--strict_splits",), "column"),
    ],
)
def test_where_splits_of_rows_come_from(folder, header, flags, source):
    found = find_inputs(of_rows(folder, header, *flags))
    assert (found.split_source, found.lists) == (source, ())


def test_lists_of_splits(folder):
    put(folder, "train.txt", "a\n")
    put(folder, "test.txt", "b 1\n")
    found = find_inputs(options("--split_lists", "test=test.txt,train=train.txt", "--strict_splits"))
    assert found == expected(lists=(("test", "test.txt"), ("train", "train.txt")), split_source="lists")
    rows = find_inputs(of_rows(folder, CLASSIC, "--split_lists", "train=train.txt"))
    assert (rows.lists, rows.split_source) == ((("train", "train.txt"),), "lists")


def test_splits_by_folder(folder):
    assert find_inputs(options("--split_by_folder")) == expected(split_source="folders")


@pytest.mark.parametrize(("header", "grouped"), [(BOXES, False), ("path,classes,bb,group\n", True)])
def test_groups_of_rows(folder, header, grouped):
    assert find_inputs(of_rows(folder, header)).grouped_by_rows is grouped


def test_rows_may_name_all_images(folder):
    """Then none is listed, and it is no matter that --images matches nothing."""
    found = find_inputs(of_rows(folder, BOXES), str(folder / "elsewhere"))
    place = str(folder / "elsewhere")
    assert found.images == FileSet("images", (place,), (place,), (place,), place, "")
    assert found.images_listed is False


# What is refused.


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ("--annotations", "no/*.xml", "--images", "img"),
            "--annotations 'no/*.xml' matches nothing (of its path only '{0}' exists)",
        ),
        (
            ("--rows", "empty", "--images", "img"),
            "--rows 'empty' matches nothing (the folder '{0}/empty' exists and holds 0 entries)",
        ),
        (
            ("--annotations", "xml", "--images", "empty"),
            "--images 'empty' matches nothing (the folder '{0}/empty' exists and holds 0 entries)",
        ),
    ],
)
def test_nothing_to_read(folder, flags, sentence):
    (folder / "empty").mkdir()
    assert refusal(parse_build_options([*flags, "--output", "out"])) == sentence.format(folder)


def test_a_label_map_that_cannot_be_used(folder):
    assert refusal(options("--label_map", "no.pbtxt")) == (
        "--label_map 'no.pbtxt' cannot be read: No such file or directory"
    )
    put(folder, "empty.pbtxt", "")
    assert refusal(options("--label_map", "empty.pbtxt")) == (
        "--label_map 'empty.pbtxt': The label map has no item: add one for each class, like item { name: 'cat' id: 1 }."
    )


def test_a_table_that_cannot_be_used(folder):
    """Its whole path is named, for there may be many."""
    put(folder, "rows/a.csv", BOXES)
    put(folder, "rows/b.csv", "")
    assert refusal(options("--rows", "rows")) == f"--rows '{folder}/rows/b.csv': the file is empty"


@pytest.mark.parametrize(
    ("flags", "flag"),
    [
        (("--splits", "all=1"), "--splits"),
        (("--split_lists", "train=train.txt"), "--split_lists"),
        (("--split_by_folder",), "--split_by_folder"),
    ],
)
def test_splits_that_are_given_twice(folder, flags, flag):
    put(folder, "train.txt", "a\n")
    assert refusal(of_rows(folder, "path,classes,bb,Subset\n", *flags)) == (
        f"--rows 'a.csv' gives images to splits in its column 'Subset', and so does {flag}: "
        "leave one of them out (a column is ignored when it is renamed)"
    )


def test_groups_that_are_given_twice(folder):
    assert refusal(of_rows(folder, "path,classes,bb,group\n", "--group_by", "x")) == (
        "--rows 'a.csv' names groups in its column 'group', and so does --group_by: leave one of them out"
    )


def test_masks_without_their_folder(folder):
    assert refusal(of_rows(folder, "path,classes,bb,mask\n")) == (
        "--rows 'a.csv' has masks in its column 'mask': give --masks, the folder below which their files lie"
    )


def test_a_folder_of_masks_that_no_row_names(folder):
    (folder / "m").mkdir()
    assert refusal(of_rows(folder, BOXES, "--masks", "m")) == (
        "--masks is given, and --rows 'a.csv' has no column that says which mask an object has: "
        "name it, --columns mask=HEADER"
    )


def test_fractions_without_boxes(folder):
    assert refusal(of_rows(folder, LABELS, "--normalized")) == "--normalized is given, and no table has boxes"


@pytest.mark.parametrize("flag", ["--masks", "--class_maps"])
def test_a_folder_of_masks_that_is_none(folder, flag):
    put(folder, "m.png")
    for path, what in (("no", "does not exist"), ("m.png", "is a file")):
        assert refusal(options(flag, path)) == f"{flag} '{path}' {what}: give the folder in which the PNG files lie"


def test_strict_splits_that_are_not_given(folder):
    assert refusal(of_rows(folder, BOXES, "--strict_splits")) == (
        "--strict_splits is for splits that are given, and no table has a column for the split"
    )


def test_shards_of_splits_that_rows_do_not_have(folder):
    """Options cannot tell: a column could have given splits of any name."""
    flags = ("--num_shards", "trian=3")
    assert refusal(of_rows(folder, BOXES, *flags)) == (
        "--num_shards names split 'trian', but --splits has train, validation, test; did you mean train?"
    )
    assert find_inputs(of_rows(folder, "path,classes,bb,split\n", *flags)).split_source == "column"


def test_a_list_that_cannot_be_used(folder):
    assert refusal(options("--split_lists", "train=no.txt")) == (
        "--split_lists train='no.txt' cannot be read: No such file or directory"
    )
    put(folder, "empty.txt", "\n")
    assert refusal(options("--split_lists", "train=empty.txt")) == (
        "--split_lists: The list 'empty.txt' of the split train is empty: write the name of one picture a line"
    )


def test_what_dataflows_workers_cannot_see_is_refused_before_anything_is_listed():
    assert refusal(options("--runner=DataflowRunner")) == (
        "--annotations 'xml' is on a disk of this machine, which Dataflow's workers do not see: "
        "copy it to a bucket, and give gs://BUCKET/…"
    )
