"""Which annotation belongs to which image: the rounds one by one, then all of them in a pipeline."""

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.listing import FileSet
from beam_pipelines.matching import MatchImages, describe, match_by_name, match_by_path, unannotated
from beam_pipelines.records import ListedImage, Pair, Query, RecordError, Reject, Side, Tally

from .made import cat_object, pipeline_here, put, put_all, voc

NO_BASES = ((), ())


def images(*names, above=0):
    return [ListedImage(name, above) for name in names]


def queries(*names, above=0):
    return [Query(name, above) for name in names]


def test_match_by_path_below_each_root():
    listed = [ListedImage("JPEGImages/seq1/01.jpg", 11), *images("seq2/01.jpg")]
    asked = [Query("Annotations/seq1/01.xml", 12), *queries("seq3/01.xml")]
    assert match_by_path(listed, asked) == (
        [Pair("Annotations/seq1/01.xml", "JPEGImages/seq1/01.jpg")],
        queries("seq3/01.xml"),
        Side((ListedImage("JPEGImages/seq1/01.jpg", 11, True), ListedImage("seq2/01.jpg", 0)), ()),
    )


def test_match_by_path_wants_the_same_letters():
    assert match_by_path(images("A.jpg"), queries("a.xml"))[:2] == ([], queries("a.xml"))


def test_match_by_path_wants_a_single_image():
    pairs, left, rest = match_by_path(images("a.jpg", "a.png"), queries("a.xml"))
    assert (pairs, left, rest) == ([], queries("a.xml"), Side(tuple(images("a.jpg", "a.png")), ()))


@pytest.mark.parametrize("other", ["01.txt", "01.json"])
def test_other_files_beside_an_image_do_not_matter(other):
    assert match_by_path(images("01.jpg", other), queries("01.xml"))[0] == [Pair("01.xml", "01.jpg")]


def test_images_without_extension_match():
    pairs, left, _ = match_by_path(images("a", "frame.0001"), queries("a.xml", "frame.0001.xml"))
    assert (pairs, left) == ([Pair("a.xml", "a"), Pair("frame.0001.xml", "frame.0001")], [])


def test_two_annotations_may_have_one_image():
    listed = images("a.jpg")
    asked = [Query("one/a.xml", 4), Query("two/a.xml", 4)]
    pairs, left, rest = match_by_path(listed, asked)
    assert pairs == [Pair("one/a.xml", "a.jpg"), Pair("two/a.xml", "a.jpg")]
    assert (left, rest) == ([], Side((ListedImage("a.jpg", 0, True),), ()))


def test_match_by_the_filename_that_the_annotation_gives():
    asked = [Query("x.xml", 0, "C:\\Pictures\\Cat.JPG"), Query("y.xml", 0, "dog"), Query("z.xml", 0, "")]
    pairs, left, rejects, rest = match_by_name(images("a/cat.png", "b/dog.jpg"), asked, NO_BASES, last=False)
    assert pairs == [Pair("x.xml", "a/cat.png"), Pair("y.xml", "b/dog.jpg")]
    assert (left, rejects) == ([asked[2]], [])
    assert rest == Side((ListedImage("a/cat.png", 0, True), ListedImage("b/dog.jpg", 0, True)), ())


def test_match_by_the_annotations_own_name_in_the_last_round():
    asked = [Query("deep/Cat.xml", 0, "unknown.jpg"), Query("dog.xml", 0, "cat.jpg")]
    pairs, left, rejects, rest = match_by_name(images("cat.jpg"), asked, NO_BASES, last=True)
    assert (pairs, left, rejects) == ([Pair("deep/Cat.xml", "cat.jpg")], [asked[1]], [])
    assert rest == Side((ListedImage("cat.jpg", 0, True),), ())


def test_equal_candidates_are_rejected_by_name():
    asked = [Query("x.xml", 0, "01.jpg")]
    names = [f"{letter}/01.jpg" for letter in "abcdef"]
    for count, shown in (
        (2, "'a/01.jpg', 'b/01.jpg'"),
        (3, "'a/01.jpg', 'b/01.jpg', 'c/01.jpg'"),
        (6, "'a/01.jpg', 'b/01.jpg', 'c/01.jpg', …"),
    ):
        listed = images(*names[:count])
        message = f"several images fit equally well: {shown}"
        reject = Reject("image_ambiguous", "image", "x.xml", "", message)
        claimed = Side(tuple(image._replace(claimed=True) for image in listed))
        assert match_by_name(listed, asked, NO_BASES, last=False) == ([], [], [reject], claimed)


def test_descriptions():
    text = voc(filename="Seq2\\01.jpg", folder="JPEGImages", path="D:\\data\\Seq2\\01.jpg")
    assert describe(Query("01.xml", 0), text.encode()) == Query(
        "01.xml", 0, "Seq2\\01.jpg", (("data", "seq2"), ("jpegimages",), ("seq2",))
    )
    assert describe(Query("a/01.xml", 2), voc().encode()) == Query("a/01.xml", 2)
    with pytest.raises(RecordError) as refused:
        describe(Query("01.xml", 0), b"")
    assert refused.value.code == "annotation_empty"


NAMES = st.lists(
    st.tuples(st.sampled_from(["", "a/", "b/", "a/b/"]), st.sampled_from(["01", "02", "03"])), unique=True, max_size=10
)


@given(NAMES, NAMES)
def test_no_annotation_is_lost_and_none_guessed(listed, asked):
    found = images(*(f"{folder}{name}.jpg" for folder, name in listed))
    wanted = queries(*(f"{folder}{name}.xml" for folder, name in asked))
    pairs, left, rest = match_by_path(found, wanted)
    assert {p.annotation for p in pairs} | {q.name for q in left} == {q.name for q in wanted}
    assert all(pair.annotation[:-4] == pair.image[:-4] for pair in pairs)
    more, missing, rejects, last = match_by_name(list(rest.images), left, NO_BASES, last=True)
    assert sorted([p.annotation for p in more] + [q.name for q in missing] + [r.annotation for r in rejects]) == sorted(
        q.name for q in left
    )
    assert all(p.annotation.rpartition("/")[2][:-4] == p.image.rpartition("/")[2][:-4] for p in more)
    assert {i.name for i in last.images if i.matched} == {p.image for p in pairs + more}


def test_pairs_know_the_splits_of_their_images():
    """In every round."""
    listed = [ListedImage("a.jpg", 0, splits=("train", "test")), ListedImage("b.jpg", 0), *images("c/d.jpg")]
    by_path, left, rest = match_by_path(listed, [*queries("a.xml", "b.xml"), Query("x.xml", 0, "a.jpg")])
    assert by_path == [Pair("a.xml", "a.jpg", ("train", "test")), Pair("b.xml", "b.jpg")]
    assert rest.images[0] == ListedImage("a.jpg", 0, True, ("train", "test"))
    assert match_by_name(rest.images, left, NO_BASES, last=False)[0] == [Pair("x.xml", "a.jpg", ("train", "test"))]


def test_images_without_annotation_keep_their_splits():
    listed = [
        ListedImage("a.jpg", 0, splits=("test",)),
        ListedImage("b.jpg", 0, True, ("test",)),
        *images("c.png", "d.txt", "e"),
    ]
    assert list(unannotated(listed, "negative")) == [(Pair("", "a.jpg", ("test",)), Pair("", "c.png"))]
    [tally] = unannotated(listed, "skip")
    assert (tally.tag, tally.value) == ("outcomes", Tally("images_without_annotation", 2))
    assert list(unannotated(listed[1:2], "skip")) == []


def matched(annotations, pictures, *, expected, tallies, buckets=3, unannotated="skip", runner="FnApiRunner", **given):
    """Asserts on pairs, and on rejects and the sums of tallies, of a whole matching."""
    sides = FileSet.of("annotations", annotations), FileSet.of("images", pictures)
    with pipeline_here(runner) as pipeline:
        batches, outcomes = pipeline | "Match images" >> MatchImages(*sides, buckets, unannotated, **given)
        pairs = batches | "Pairs" >> beam.FlatMap(tuple)
        assert_that(pairs, equal_to(expected), label="pairs")
        rejects = outcomes | beam.Filter(lambda o: isinstance(o, Reject)).with_output_types(Reject)
        counts = (
            outcomes
            | "Tallies" >> beam.Filter(lambda o: isinstance(o, Tally)).with_output_types(Tally)
            | beam.Map(tuple).with_output_types(tuple[str, int])
            | beam.CombinePerKey(sum)
        )
        assert_that(rejects, equal_to([t for t in tallies if isinstance(t, Reject)]), label="rejects")
        assert_that(counts, equal_to([t for t in tallies if not isinstance(t, Reject)]), label="counts")


@pytest.fixture
def mess(tmp_path):
    """Every round has something to do."""
    put(tmp_path, "annotations/seq1/01.xml", voc())  # by path
    put(tmp_path, "annotations/seq2/01.xml", voc())
    put(tmp_path, "annotations/renamed.xml", voc(filename="02.jpg"))  # by <filename>
    put(tmp_path, "annotations/elsewhere.xml", voc(filename="05", path="C:\\cam\\seq2\\05.jpg"))  # by <path>
    put(tmp_path, "annotations/deep/03.xml", voc(filename="gone.jpg"))  # by its own name
    put(tmp_path, "annotations/nowhere.xml", voc(filename="Gone.jpg"))
    put(tmp_path, "annotations/nameless.xml", voc())
    put(tmp_path, "annotations/twice.xml", voc(filename="04.jpg"))
    put(tmp_path, "annotations/broken.xml", "<annotation>")
    put_all(
        tmp_path / "images",
        *("seq1/01.jpg", "seq2/01.jpg", "02.jpg", "seq1/05.jpg", "seq2/05.jpg", "03.png", "a/04.jpg", "b/04.jpg"),
        *("alone.jpg", "alone.txt", "alone"),
    )
    return [str(tmp_path / "annotations")], [str(tmp_path / "images")]


PAIRS = [
    Pair("seq1/01.xml", "seq1/01.jpg"),
    Pair("seq2/01.xml", "seq2/01.jpg"),
    Pair("renamed.xml", "02.jpg"),
    Pair("elsewhere.xml", "seq2/05.jpg"),
    Pair("deep/03.xml", "03.png"),
]
OUTCOMES = [
    Reject("image_missing", "image", "nowhere.xml", "", "no image file is named so: neither 'gone.jpg' nor 'nowhere'"),
    Reject("image_missing", "image", "nameless.xml", "", "no image file is named so: not 'nameless'"),
    Reject(*("image_ambiguous", "image", "twice.xml", ""), "several images fit equally well: 'a/04.jpg', 'b/04.jpg'"),
    Reject(
        "annotation_malformed", "image", "broken.xml", "", "line 1, column 13: Premature end of data in tag annotation"
    ),
    ("annotations", 9),
    ("images", 11),
]
ALONE = ["a/04.jpg", "b/04.jpg", "seq1/05.jpg", "alone.jpg"]
CLAIMED = ("a/04.jpg", "b/04.jpg")
"""By an annotation of which it is not clear: negatives they are not."""


@pytest.mark.parametrize(("buckets", "runner"), [(1, "FnApiRunner"), (64, "BundleBasedDirectRunner")])
def test_the_whole_ladder(mess, buckets, runner):
    outcomes = [*OUTCOMES, ("images_without_annotation", len(ALONE))]
    matched(*mess, buckets=buckets, runner=runner, expected=PAIRS, tallies=outcomes)


def test_images_without_annotation_can_be_negatives(mess):
    negatives = [Pair("", name) for name in ALONE if name not in CLAIMED]
    matched(*mess, unannotated="negative", expected=PAIRS + negatives, tallies=OUTCOMES)


def test_lists_of_splits_give_images_to_them(mess, tmp_path):
    """An entry that means no image, or several, is told with its line."""
    train = put(tmp_path, "train.txt", "seq1/01\n02.jpg\n\nnowhere.jpg\n")
    test = put(tmp_path, "test.txt", "02\n04.jpg\nalone.jpg\n")
    splits = {"seq1/01.jpg": ("train",), "02.jpg": ("train", "test")}
    pairs = [pair._replace(splits=splits.get(pair.image, ())) for pair in PAIRS]
    alone = [name for name in ALONE if name not in CLAIMED]
    negatives = [Pair("", name, ("test",) if name == "alone.jpg" else ()) for name in alone]
    missing = "split 'train' lists it, and no image file is named so"
    ambiguous = "split 'test' lists it, and several images fit equally well: 'a/04.jpg', 'b/04.jpg'"
    rejects = [
        Reject("image_missing", "unlisted", str(train), "nowhere.jpg", missing, row=4),
        Reject("image_ambiguous", "unlisted", str(test), "04.jpg", ambiguous, row=2),
    ]
    lists = (("train", str(train)), ("test", str(test)))
    found = {"expected": pairs + negatives, "tallies": [*OUTCOMES, *rejects]}
    matched(*mess, unannotated="negative", lists=lists, **found)


def test_folders_of_images_give_them_to_splits(tmp_path):
    for name in ("train/1", "val/x/2", "3"):
        put(tmp_path, f"labels/{name}.xml", voc(cat_object()))
    put_all(tmp_path / "images", "train/1.jpg", "val/x/2.jpg", "3.jpg")
    expected = [
        Pair("train/1.xml", "train/1.jpg", ("train",)),
        Pair("val/x/2.xml", "val/x/2.jpg", ("val",)),
        Pair("3.xml", "3.jpg"),
    ]
    sides = [str(tmp_path / "labels")], [str(tmp_path / "images")]
    matched(*sides, by_folder=True, expected=expected, tallies=[("annotations", 3), ("images", 3)])


def test_several_folders_of_one_layout(tmp_path):
    """The same names in both, side by side: the nearest image is meant."""
    for camera in ("left", "right"):
        put(tmp_path, f"{camera}/labels/01.xml", voc(cat_object(), filename="01.jpg"))
        put_all(tmp_path, f"{camera}/pictures/01.jpg")
    annotations, pictures = (
        [str(tmp_path / f"{c}/{kind}") for c in ("left", "right")] for kind in ("labels", "pictures")
    )
    expected = [Pair(f"{camera}/labels/01.xml", f"{camera}/pictures/01.jpg") for camera in ("left", "right")]
    matched(annotations, pictures, expected=expected, tallies=[("annotations", 2), ("images", 2)])


@pytest.mark.parametrize("place", ["seq2", "other"])
def test_the_place_on_the_disk_decides_nothing(tmp_path, place):
    """A folder above both sides may be named as one in <path>."""
    put(tmp_path, f"{place}/annotations/x.xml", voc(filename="01.jpg", path="/cam/seq2/images/01.jpg"))
    put_all(tmp_path / place / "images", "01.jpg", "images/01.jpg")
    message = "several images fit equally well: '01.jpg', 'images/01.jpg'"
    reject = Reject("image_ambiguous", "image", "x.xml", "", message)
    tallies = [reject, ("annotations", 1), ("images", 2), ("images_without_annotation", 2)]
    sides = [str(tmp_path / place / "annotations")], [str(tmp_path / place / "images")]
    matched(*sides, expected=[], tallies=tallies)


def test_an_annotation_that_cannot_be_read_is_rejected(tmp_path, monkeypatch):
    put(tmp_path, "annotations/x.xml", voc(filename="01.jpg"))
    put_all(tmp_path / "images", "01.jpg")

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("beam_pipelines.reading.read_file", denied)
    reject = Reject("annotation_unreadable", "image", "x.xml", "", "cannot be read: Permission denied")
    tallies = [reject, ("annotations", 1), ("images", 1), ("images_without_annotation", 1)]
    sides = [str(tmp_path / "annotations")], [str(tmp_path / "images")]
    matched(*sides, runner="BundleBasedDirectRunner", expected=[], tallies=tallies)


def test_of_annotations_with_one_path_the_nearest_have_the_image():
    """Two roots on each side, and the second lacks a picture: it must not get that of the first."""
    listed = [ListedImage("A/img/2.jpg", 6)]
    asked = [Query("A/ann/2.xml", 6), Query("B/ann/2.xml", 6)]
    pairs, left, rest = match_by_path(listed, asked)
    assert (pairs, left) == ([Pair("A/ann/2.xml", "A/img/2.jpg")], [asked[1]])
    assert rest == Side((listed[0]._replace(matched=True),), ())


@pytest.mark.parametrize("last", [False, True])
def test_an_image_of_another_annotation_is_not_given_away_by_name(last):
    """Two sequences have frames of the same names, and one lacks this picture."""
    listed = [ListedImage("a/1.jpg", 0, True)]
    lost = Query("b/1.xml", 0, "1.jpg")
    message = "its image is missing: the only one of this name, 'a/1.jpg', belongs to another annotation"
    reject = Reject("image_missing", "image", "b/1.xml", "", message)
    assert match_by_name(listed, [lost], NO_BASES, last) == ([], [], [reject], Side(tuple(listed), ()))


def test_an_annotation_of_another_name_may_speak_of_a_taken_image():
    listed = [ListedImage("a/1.jpg", 0, True)]
    pairs, left, rejects, _ = match_by_name(listed, [Query("b/again.xml", 0, "1.jpg")], NO_BASES, last=False)
    assert (pairs, left, rejects) == ([Pair("b/again.xml", "a/1.jpg")], [], [])


def test_a_file_of_another_kind_is_no_match_by_path():
    asked = queries("labels/01.xml")
    assert match_by_path(images("labels/01.txt", "images/01.jpg"), asked)[:2] == ([], asked)
