"""Which image a row's path means: paths of this machine and of others, and paths that want the same image."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.listing import FileSet
from beam_pipelines.records import (
    AnnotatedObject,
    Annotation,
    ListedImage,
    Pair,
    RecordError,
    Reject,
    Sheet,
    Tally,
)
from beam_pipelines.rows.layout import RowOptions
from beam_pipelines.rows.matching import MatchRows, match_paths, match_sheets
from beam_pipelines.rows.reading import read_layout
from beam_pipelines.rows.sources import Tables

from ..made import pipeline_here, put

NO_BASES = ((), ())
JPEG_IMAGES = (("jpegimages",), ())


def images(*names: str, above: int = 0) -> list[ListedImage]:
    return [ListedImage(name, above) for name in names]


def messages(refused: dict[str, RecordError]) -> dict[str, tuple[str, str]]:
    return {path: (error.code, error.message) for path, error in refused.items()}


def belongs(path: str, image: str, other: str) -> dict[str, tuple[str, str]]:
    message = f"'{path}': its image is missing: '{image}', the only one of this name, belongs to '{other}'"
    return {path: ("image_missing", message)}


@pytest.mark.parametrize(
    ("path", "image"),
    [
        ("a.jpg", "a.jpg"),
        ("seq1/a.jpg", "seq1/a.jpg"),
        ("seq1/a", "seq1/a.jpg"),
        ("seq1/a.png", "seq1/a.jpg"),
        ("seq1/../a.jpg", "a.jpg"),
        ("/home/ann/set/seq1/a.jpg", "seq1/a.jpg"),
        ("C:/Users/Ann/SEQ1/A.JPG", "seq1/a.jpg"),
        ("seq2/b.jpeg", "seq2/b.PNG"),
        ("b", "seq2/b.PNG"),
        ("elsewhere/B.png", "seq2/b.PNG"),
        ("../../etc/b.png", "seq2/b.PNG"),
        ("frame.0001", "frame.0001"),
    ],
)
def test_what_a_path_means(path, image):
    listed = images("a.jpg", "seq1/a.jpg", "seq2/b.PNG", "frame.0001", "frame.0002")
    assert match_paths(listed, [path]) == ({path: image}, {})


def test_the_path_below_the_patterns_root():
    listed = [ListedImage("one/a.jpg", 4), ListedImage("two/a.jpg", 0)]
    assert match_paths(listed, ["a.jpg"]) == ({"a.jpg": "one/a.jpg"}, {})


def test_the_extension_decides_between_two():
    listed = images("a.jpg", "a.png", "a.txt")
    assert match_paths(listed, ["a.jpg", "a.png"]) == ({"a.jpg": "a.jpg", "a.png": "a.png"}, {})


def test_no_image_of_the_name():
    found, refused = match_paths(images("a.jpg"), ["x/b.jpg"])
    assert found == {}
    assert messages(refused) == {"x/b.jpg": ("image_missing", "no image file is named so: not 'x/b.jpg'")}


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["1/a.jpg", "2/a.jpg"], "'1/a.jpg', '2/a.jpg'"),
        (["1/a.jpg", "2/a.jpg", "3/a.jpg", "4/a.jpg"], "'1/a.jpg', '2/a.jpg', '3/a.jpg', …"),
    ],
)
def test_several_images_fit_equally_well(names, shown):
    found, refused = match_paths(images(*names), ["9/a.jpg"])
    assert found == {}
    assert messages(refused) == {"9/a.jpg": ("image_ambiguous", f"several images fit '9/a.jpg' equally well: {shown}")}


@pytest.mark.parametrize(
    ("image", "paths", "bases"),
    [
        ("seq/a.jpg", ["a.jpg", "seq/a.jpg", "seq/a"], NO_BASES),
        ("seq/a.jpg", ["/home/ann/seq/a.jpg", "C:/bob/seq/A.JPG"], NO_BASES),
        ("a.jpg", ["JPEGImages/a.jpg", "a.jpg", "/data/JPEGImages/a.jpg"], JPEG_IMAGES),
        ("a.jpg", ["a", "A.jpg"], NO_BASES),
        ("seq/a.jpg", ["seq/a.png", "a.png"], NO_BASES),
    ],
)
def test_paths_that_mean_the_same_image(image, paths, bases):
    assert match_paths(images(image), paths, bases) == (dict.fromkeys(paths, image), {})


@pytest.mark.parametrize(
    ("image", "kept", "lost", "bases"),
    [
        ("seq/a.jpg", "seq/a.jpg", "other/a.jpg", NO_BASES),
        ("a.jpg", "a.jpg", "x/a.jpg", NO_BASES),
        ("a.jpg", "a.jpg", "x/a.jpg", JPEG_IMAGES),
        ("a.jpg", "x/a.jpg", "y/a.jpg", NO_BASES),
        ("a.jpg", "x/a.jpg", "y/a.jpg", JPEG_IMAGES),
        ("a.jpg", "x/jpegimages/a.jpg", "x/a.jpg", JPEG_IMAGES),
        ("day/seq/a.jpg", "seq/a.jpg", "night/seq/a.jpg", NO_BASES),
        ("a.jpg", "a.jpg", "a.png", NO_BASES),
        ("seq/a.jpg", "a.jpg", "seq/a.png", NO_BASES),
        ("a.jpg", "a.bmp", "a.png", NO_BASES),
    ],
)
def test_paths_of_two_images_of_which_one_is_missing(image, kept, lost, bases):
    """Its boxes must not land on a namesake."""
    found, refused = match_paths(images(image), [lost, kept], bases)
    assert found == {kept: image}
    assert messages(refused) == belongs(lost, image, kept)


def test_a_path_that_means_nothing_leaves_the_others_alone():
    found, refused = match_paths(images("a/x.jpg", "b/x.jpg"), ["a/x.jpg", "b/x.jpg", "x.jpg"])
    assert found == {"a/x.jpg": "a/x.jpg", "b/x.jpg": "b/x.jpg"}
    assert list(messages(refused)) == ["x.jpg"]


PATHS = st.lists(st.sampled_from(["a.jpg", "x/a.jpg", "y/a.jpg", "x/a.png", "a", "b.jpg", "C:/x/a.jpg"]), max_size=7)


@given(PATHS, st.permutations(["a.jpg", "x/a.jpg", "x/y/a.jpg", "b.png"]), st.integers(0, 4))
def test_every_path_gets_an_image_or_a_reason_in_any_order(paths, names, number):
    listed = names[:number]
    found, refused = match_paths(images(*listed), paths)
    assert found.keys() | refused.keys() == set(paths)
    assert not found.keys() & refused.keys()
    assert set(found.values()) <= set(listed)
    again, refused_again = match_paths(images(*sorted(listed)), paths[::-1])
    assert (again, messages(refused_again)) == (found, messages(refused))


def sheet(image: str, row: int = 1, split: str = "", source: str = "rows.csv", group: str = "") -> Sheet:
    one = AnnotatedObject("cat", "1", "2", "3", "4", source=source, row=row)
    return Sheet(Annotation(image, "", "", 0, 0, (one,), group=group), source, row, split)


def test_sheets_of_one_image_make_a_pair():
    parts = [sheet("seq/a.jpg", 2), sheet("a.jpg", 1), sheet("b.jpg", 3, source="more.csv")]
    pairs, rejects, annotated = match_sheets(images("seq/a.jpg", "b.jpg", "c.jpg"), parts, NO_BASES)
    one, two, three = (part.annotation for part in parts)
    both = two._replace(objects=two.objects + one.objects)
    assert pairs == [Pair("rows.csv", "seq/a.jpg", (), both), Pair("more.csv", "b.jpg", (), three)]
    assert (rejects, annotated) == ([], {"seq/a.jpg", "b.jpg"})


def test_a_pair_for_each_split_with_the_rows_of_all():
    """A part of the boxes would be a wrong picture."""
    parts = [sheet("a.jpg", 1, "train"), sheet("a.jpg", 2, "test"), sheet("a.jpg", 3, "train")]
    parts[1] = parts[1]._replace(annotation=parts[1].annotation._replace(labels=("indoor",)))
    other = parts[1].annotation.objects[0]._replace(name="dog")
    parts[1] = parts[1]._replace(annotation=parts[1].annotation._replace(objects=(other, *parts[2].annotation.objects)))
    pairs, rejects, _ = match_sheets(images("a.jpg"), parts, NO_BASES)
    found = [(p.splits, [(one.name, one.row) for one in p.rows.objects], p.rows.labels) for p in pairs]
    assert found == [
        (("train",), [("cat", 1), ("cat", 3), ("dog", 2)], ("indoor",)),
        (("test",), [("dog", 2), ("cat", 3)], ("indoor",)),
    ]
    assert rejects == []


def test_images_of_bad_rows_are_annotated():
    spoiled = Sheet(Annotation("a.jpg", "", "", 0, 0, ()), "rows.csv", 4, "", spoiled=True)
    lost = spoiled._replace(annotation=spoiled.annotation._replace(filename="lost.jpg"))
    assert match_sheets(images("a.jpg", "b.jpg"), [spoiled, lost], NO_BASES) == ([], [], {"a.jpg"})
    pairs, rejects, annotated = match_sheets(images("a.jpg"), [spoiled, sheet("a.jpg", 5)], NO_BASES)
    assert (pairs, rejects) == ([Pair("rows.csv", "a.jpg", (), sheet("a.jpg", 5).annotation)], [])
    assert annotated == {"a.jpg"}


def test_images_that_an_ambiguous_row_may_mean_are_annotated():
    _, rejects, annotated = match_sheets(images("x/1.jpg", "y/1.jpg", "2.jpg"), [sheet("1.jpg")], NO_BASES)
    assert [reject.code for reject in rejects] == ["image_ambiguous"]
    assert annotated == {"x/1.jpg", "y/1.jpg"}


def test_an_image_of_which_only_some_rows_name_a_split_is_rejected():
    """In a split it would lack boxes."""
    parts = [sheet("a.jpg", 1, "train"), sheet("a.jpg", 4), sheet("x/a.jpg", 3), sheet("b.jpg", 5, "test")]
    pairs, rejects, _ = match_sheets(images("x/a.jpg", "b.jpg"), parts, NO_BASES)
    message = "some rows of the image name a split and others, as this one, none"
    assert [pair.image for pair in pairs] == ["b.jpg"]
    assert rejects == [Reject("rows_disagree", "image", "rows.csv", "x/a.jpg", message, row=3)]


def test_the_splits_of_the_image_count_if_rows_give_none():
    listed = [ListedImage("a.jpg", 0, splits=("train", "test"))]
    assert [p.splits for p in match_sheets(listed, [sheet("a.jpg")], NO_BASES)[0]] == [("train", "test")]


def test_an_image_without_file_is_rejected_once_by_its_first_row():
    parts = [sheet("x.jpg", 9), sheet("x.jpg", 4), sheet("x.jpg", 1, source="z.csv")]
    message = "no image file is named so: not 'x.jpg'"
    assert match_sheets(images("a.jpg"), parts, NO_BASES) == (
        [],
        [Reject("image_missing", "image", "rows.csv", "x.jpg", message, row=4)],
        set(),
    )


def test_an_image_whose_rows_disagree_is_rejected():
    parts = [sheet("a.jpg", 7, group="p1"), sheet("a.jpg", 5, group="p2")]
    message = "the rows of one image name different groups: 'p1' and 'p2'"
    assert match_sheets(images("a.jpg"), parts, NO_BASES) == (
        [],
        [Reject("rows_disagree", "image", "rows.csv", "a.jpg", message, row=5)],
        {"a.jpg"},
    )


def test_paths_are_images_where_none_are_listed():
    pairs, rejects, _ = match_sheets(None, [sheet("deep/x.jpg")], NO_BASES)
    assert (pairs, rejects) == ([Pair("rows.csv", "deep/x.jpg", (), sheet("deep/x.jpg").annotation)], [])


@pytest.mark.parametrize("unannotated", ["skip", "negative"])
def test_match_rows_in_a_pipeline(unannotated: str, tmp_path: Path):
    table = put(tmp_path, "rows.csv", "image,label,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,3,4\ngone.jpg,cat,1,2,3,4\n")
    for name in ("a.jpg", "alone.jpg", "other.jpg"):
        put(tmp_path, f"images/{name}")
    put(tmp_path, "train.txt", "a.jpg\nalone.jpg\nnowhere.jpg\n")
    files = FileSet.of("rows", [str(table)])
    tables = Tables(files, {"rows.csv": read_layout(str(table), RowOptions())})
    given = (("train", str(tmp_path / "train.txt")),)
    match = MatchRows(tables, FileSet.of("images", [str(tmp_path / "images")]), 1, unannotated, lists=given)
    one = AnnotatedObject("cat", "1", "2", "3", "4", source="rows.csv", row=32)
    expected = [Pair("rows.csv", "a.jpg", ("train",), Annotation("a.jpg", "", "", 0, 0, (one,)))]
    if unannotated == "negative":
        expected += [Pair("", "alone.jpg", ("train",)), Pair("", "other.jpg", ())]
    lost = "no image file is named so: not 'gone.jpg'"
    unlisted = "split 'train' lists it, and no image file is named so"
    outcomes = [
        Reject("image_missing", "image", "rows.csv", "gone.jpg", lost, row=50),
        Reject("image_missing", "unlisted", str(tmp_path / "train.txt"), "nowhere.jpg", unlisted, row=3),
        Tally("rows", 2),
    ]
    with pipeline_here() as pipeline:
        pairs, others = pipeline | match
        assert_that(pairs | beam.FlatMap(list), equal_to(expected), "pairs")

        def as_told(found):
            rejects = [one for one in found if isinstance(one, Reject)]
            sums: dict[str, int] = {}
            for one in found:
                if isinstance(one, Tally):
                    sums[one.name] = sums.get(one.name, 0) + one.number
            assert sorted(rejects) == sorted(o for o in outcomes if isinstance(o, Reject))
            alone = {} if unannotated == "negative" else {"images_without_annotation": 2}
            assert sums == {"rows": 2, "annotations": 2, "images": 3, **alone}

        assert_that(others, as_told, "outcomes")
