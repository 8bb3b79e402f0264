"""Lines of tables divided among files: whole images, whole groups, each line as it is."""

import gzip
from array import array
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.failures import DatasetError
from beam_pipelines.records import AnnotatedObject, Row
from beam_pipelines.rows.layout import RowOptions
from beam_pipelines.splits.assignment import plan_splits, split_of
from beam_pipelines.splits.census import Census, draw
from beam_pipelines.steps.division import NOWHERE, Source, copy_lines, divide, open_sources, read_images
from beam_pipelines.steps.leak_groups import Images
from beam_pipelines.steps.left_out import LeftOut
from beam_pipelines.steps.sources import Table
from presentation.refusals import UsageError

from .made_steps import BAD_ROW, HEADER, write_rows

HALVES = {"train": 0.5, "eval": 0.5}


def opened(*paths: Path) -> list[Source]:
    return open_sources([Table(str(path), path.name) for path in paths], RowOptions())


def grouped(*groups: str | None, classes: str = "cat") -> Images:
    """Images of one class in these groups."""
    images = Images()
    for number in range(len(groups)):
        images.add(Row(f"{number}.jpg", object=AnnotatedObject(classes, "1", "2", "3", "4")), "a.csv")
    images.groups = list(groups)
    return images


def split(content: bytes, path: Path, where: dict[str, int], outputs: int = 2) -> list[bytes]:
    """Divides a table by the names of its images. Returns the content of each output."""
    path.write_bytes(content)
    sources = opened(path)
    images = Images()
    read_images(sources, images, LeftOut("", lambda _: BytesIO()))
    places = array("H", (where[image] for image in images.numbers))
    files = [BytesIO() for _ in range(outputs)]
    copy_lines(sources, places, files)
    return [file.getvalue() for file in files]


def test_each_line_goes_where_its_image_goes_as_it_is(tmp_path: Path):
    header = b"\xef\xbb\xbfimage;label\r\n"
    first = [b'"a.jpg"; "big; cat"\r\n', b"a.jpg;  dog \n", b"caf\xe9.jpg;cat\r\n"]
    second = [b"b.jpg;1.0\r\n", b'"b.jpg";""\n']
    blanks_and_bad = [b"\r\n", b"only\n", b"   \n", b'"open;x\n']
    lines = [
        first[0],
        blanks_and_bad[0],
        second[0],
        blanks_and_bad[1],
        first[1],
        blanks_and_bad[2],
        second[1],
        first[2],
    ]
    content = header + b"".join([*lines, blanks_and_bad[3], b"b.jpg;last"])
    found = split(content, tmp_path / "a.csv", {"a.jpg": 0, "café.jpg": 0, "b.jpg": 1})
    assert found == [header + b"".join(first), header + b"".join(second) + b"b.jpg;last\n"]


def test_lines_of_an_image_that_is_left_out_go_nowhere(tmp_path: Path):
    found = split(b"image,label\na,1\nb,2\na,3\n", tmp_path / "a.csv", {"a": NOWHERE, "b": 0}, outputs=1)
    assert found == [b"image,label\nb,2\n"]


def test_tables_follow_each_other_under_one_header(tmp_path: Path):
    one, other = write_rows(tmp_path / "1.csv", "a,1,1,x,1,2,3,4"), tmp_path / "2.csv.gz"
    other.write_bytes(gzip.compress(f"{HEADER}\r\na,1,1,y,1,2,3,4\nb,1,1,x,1,2,3,4\n".encode()))
    empty = write_rows(tmp_path / "3.csv")
    sources = opened(one, other, empty)
    images = Images()
    assert read_images(sources, images, LeftOut("", lambda _: BytesIO())) == 3
    files = [BytesIO(), BytesIO()]
    assert copy_lines(sources, array("H", [0, 1]), files) == [2, 1]
    assert [file.getvalue().decode() for file in files] == [
        f"{HEADER}\na,1,1,x,1,2,3,4\na,1,1,y,1,2,3,4\n",
        f"{HEADER}\nb,1,1,x,1,2,3,4\n",
    ]


LINE = st.sampled_from([b"a,1", b"b,2", b"c,3", b'"a",4', b"", b" ", b"bad", b"b,5\r"])


@given(st.lists(LINE), st.sampled_from([b"", b"\n"]))
def test_no_line_is_lost_doubled_or_moved(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes):
    """Whatever blank and bad lines stand between them, and however the file ends."""
    content = b"\n".join([b"image,label", *lines]) + end
    found = split(content, tmp_path_factory.mktemp("table") / "a.csv", {"a": 0, "b": 1, "c": 0})
    expected = [[line for line in lines if line[:1] in names] for names in ((b"a", b"c", b'"'), (b"b",))]
    assert found == [
        b"image,label\n" + b"".join(line + b"\n" for line in of_split if line != b"bad") for of_split in expected
    ]


@pytest.mark.parametrize("changed", ["image,label\na,1\n", "image,label\na,1\nb,2\nb,3\n"])
def test_a_table_that_changed_meanwhile_is_refused(tmp_path: Path, changed: str):
    path = tmp_path / "a.csv"
    path.write_text("image,label\na,1\nb,2\n")
    sources = opened(path)
    read_images(sources, Images(), LeftOut("", lambda _: BytesIO()))
    path.write_text(changed)
    with pytest.raises(DatasetError) as caught:
        copy_lines(sources, array("H", [0, 0]), [BytesIO()])
    assert caught.value.sentence == f"--rows '{path}' was changed while it was read: run the command again"


def test_bad_rows_are_left_out_with_their_lines(tmp_path: Path):
    sources = opened(write_rows(tmp_path / "a.csv", "a,1,1,x,1,2,3,4", "", BAD_ROW, "a,1,1,x,1,2,3,4"))
    left_out = LeftOut("", lambda _: BytesIO())
    images = Images()
    assert read_images(sources, images, left_out) == 3
    assert [reject.row for reject in left_out.survey.first("row", "row_without_image")] == [4]
    assert images.numbers == {"a": 0}


def test_groups_stay_whole_and_go_where_their_draw_says():
    names = [f"g{i % 40}" for i in range(100)]
    images = grouped(*names, None)
    places = divide(images, HALVES, seed=7)
    census = Census()
    for name in set(names):
        census.add("cat", draw(name, 7))
    plan = plan_splits(census, HALVES)
    assert list(places) == [*(list(HALVES).index(split_of(plan, "cat", draw(n, 7))) for n in names), NOWHERE]
    assert sum(len({places[i] for i in range(100) if names[i] == name}) for name in set(names)) == 40


def test_a_group_has_the_classes_of_all_its_images():
    """A class that each of two groups has, one of them in its second image only, is in both halves."""
    for seed in range(8):
        images = grouped("g", "g", "h", "i")
        images.classes = [("ape",), ("dog",), ("dog",), ("cat",)]
        places = divide(images, HALVES, seed)
        assert places[0] == places[1] != places[2]


def test_the_order_of_images_and_classes_decides_nothing():
    images = grouped(*(f"g{i}" for i in range(50)))
    images.classes = [("cat", "dog") if i % 3 else ("dog",) for i in range(50)]
    places = divide(images, HALVES, seed=1)
    images.groups.reverse()
    images.classes = [classes[::-1] for classes in images.classes[::-1]]
    assert list(divide(images, HALVES, seed=1)) == list(places)[::-1]


def test_a_split_that_would_be_empty_is_refused():
    with pytest.raises(DatasetError) as caught:
        divide(grouped("a"), HALVES, seed=0)
    sentence = "1 picture (a group counts as one) cannot fill 2 splits: use --splits all=1"
    assert caught.value.sentence == sentence


def test_parquet_is_referred_to_build(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"image": ["a"], "label": ["b"]}), path)
    with pytest.raises(UsageError) as caught:
        opened(path)
    assert str(caught.value) == (
        f"--rows '{path}' is Parquet, of which no lines can be copied: "
        "`shardbox build --rows … --splits …` divides it on its way into a dataset"
    )


@pytest.mark.parametrize("header", ["image;label", "label,image", "image,label,more"])
def test_another_header_is_refused(tmp_path: Path, header: str):
    one = write_rows(tmp_path / "1.csv", header="image,label")
    other = write_rows(tmp_path / "2.csv", header=header)
    with pytest.raises(UsageError) as caught:
        opened(one, other)
    assert str(caught.value) == (
        f"--rows '{other}' has the header '{header}', but '{one}' has 'image,label': give tables with the same header"
    )
