"""Which image an annotation means, where several have its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.candidates import (
    Candidates,
    bases_of,
    file_name,
    folders_of,
    nearest_to,
    real_images,
    shared_folders,
    stem,
)
from beam_pipelines.listing import FileSet
from beam_pipelines.records import Query


def best(names, name="01.xml", *, filename="", path="", folder="", image_base=(), annotation_base=()):
    folders = tuple(dict.fromkeys(f for f in (folders_of(path), folders_of(folder + "/x"), folders_of(filename)) if f))
    return Candidates(names, image_base, annotation_base).best(Query(name, 0, filename, folders))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a/B.JPG", "b"),
        ("C:\\pictures\\Cat 01.png", "cat 01"),
        ("a/frame.0001", "frame.0001"),
        ("frame.0001.jpg", "frame.0001"),
        ("", ""),
    ],
)
def test_stems(name, found):
    assert stem(name) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("C:\\Users\\Ann\\JPEGImages\\a.jpg", ("users", "ann", "jpegimages")),
        ("/data/./VOC//a.jpg", ("data", "voc")),
        ("gs://bucket/x/a.jpg", ("bucket", "x")),
        ("a.jpg", ()),
        ("", ()),
    ],
)
def test_folders(path, found):
    assert folders_of(path) == found
    assert folders_of(path, ("base",)) == ("base", *found)


def test_file_names():
    assert file_name("C:\\a\\B.JPG") == "b.jpg"
    assert file_name("x/B.png") == "b.png"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["b.jpg", "b.txt"], ["b.jpg"]),
        (["b.txt", "b.json"], ["b.json", "b.txt"]),
        (["b.png", "b.jpg", "b"], ["b.jpg", "b.png"]),
        (["b.txt", "b"], ["b"]),
        (["b.txt"], ["b.txt"]),
        ([], []),
    ],
)
def test_names_of_images_are_preferred(names, found):
    assert real_images(names) == found


def test_a_single_image_is_taken_wherever_it_is():
    assert best(["far/away/01.jpg"], "near/01.xml", path="C:\\other\\01.png") == ["far/away/01.jpg"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("C:\\Users\\Ann\\seq2\\01.jpg", "seq2/01.jpg"),
        ("/home/ann/SEQ1/01.png", "seq1/01.jpg"),
    ],
)
def test_the_annotated_path_decides(path, found):
    assert best(["seq1/01.jpg", "seq2/01.jpg"], path=path) == [found]


def test_the_longest_common_end_decides():
    names = ["a/x/y/01.jpg", "b/x/y/01.jpg", "c/y/01.jpg"]
    assert best(names, path="/disk/b/x/y/01.jpg") == ["b/x/y/01.jpg"]
    assert best(names, path="/disk/c/y/01.jpg") == ["c/y/01.jpg"]
    assert best(names, path="/disk/z/x/y/01.jpg") == ["a/x/y/01.jpg", "b/x/y/01.jpg"]


def test_the_folder_field_decides():
    assert best(["seq1/01.jpg", "seq2/01.jpg"], folder="seq2") == ["seq2/01.jpg"]


def test_folders_in_the_filename_decide():
    assert best(["seq1/01.jpg", "seq2/01.jpg"], filename="seq2\\01.jpg") == ["seq2/01.jpg"]


def test_the_annotations_own_folder_decides():
    assert best(["seq1/img/01.jpg", "seq2/img/01.jpg"], "seq2/01.xml") == ["seq2/img/01.jpg"]


def test_a_whole_file_name_goes_before_a_stem():
    names = ["far/01.png", "near/01.jpg"]
    assert best(names, "near/01.xml", filename="01.png") == ["far/01.png"]
    assert best(names, "near/01.xml", filename="01.bmp") == ["near/01.jpg"]


def test_the_base_counts_as_folders():
    names = ["images/01.jpg", "other/01.jpg"]
    found = best(names, "01.xml", path="/x/seq1/images/01.jpg", image_base=("seq1",), annotation_base=("labels",))
    assert found == ["images/01.jpg"]


def test_references_that_contradict_each_other_at_one_length_are_no_choice():
    assert best(["a/01.jpg", "b/01.jpg"], folder="a", path="/x/b/01.jpg") == ["a/01.jpg", "b/01.jpg"]


def test_what_is_equal_stays_several():
    assert best(["a/01.jpg", "b/01.jpg"], path="C:\\c\\01.jpg") == ["a/01.jpg", "b/01.jpg"]


@pytest.mark.parametrize(
    ("images", "annotations", "bases"),
    [
        ("/data/set/JPEGImages", "/data/set/Annotations", (("jpegimages",), ("annotations",))),
        ("/data/set", "/data/set", ((), ())),
        ("/data/set/images/2007", "/data/set", (("images", "2007"), ())),
        ("/a/images", "/b/images", (("a", "images"), ("b", "images"))),
        ("/Data/set/x", "/data/SET/y", (("x",), ("y",))),
        ("gs://bucket/set/images", "gs://bucket/set/labels", (("images",), ("labels",))),
        ("gs://bucket/images", "/images", (("bucket", "images"), ("images",))),
    ],
)
def test_bases_begin_below_what_both_have_in_common(images, annotations, bases):
    """So that the place of the data on the disk decides nothing."""
    sides = (FileSet("images", (), (), (), images, ""), FileSet("annotations", (), (), (), annotations, ""))
    assert bases_of(*sides) == bases


def test_shared_folders():
    assert shared_folders(("a", "b", "c"), ("a", "b", "d", "c")) == 2
    assert shared_folders(("a", "b"), ("a", "b", "c")) == 2
    assert shared_folders(("a",), ("b",)) == shared_folders((), ("a",)) == 0


def test_the_annotations_nearest_to_an_image():
    one, two, far = Query("a/b/1.xml", 0), Query("a/b/2.xml", 0), Query("c/1.xml", 0)
    assert nearest_to("b/1.jpg", [one, far, two], (("a",), ())) == [one, two]
    assert nearest_to("x/1.jpg", [one, far], ((), ())) == [one, far]
    assert nearest_to("x/1.jpg", [far], ((), ())) == [far]


def test_thousands_of_sequences_cost_no_more_than_their_depth():
    names = [f"set/seq{i:04d}/img/01.jpg" for i in range(3000)]
    candidates = Candidates(names, (), ())
    for i in range(0, 3000, 7):
        assert candidates.best(Query(f"set/seq{i:04d}/01.xml", 0)) == [f"set/seq{i:04d}/img/01.jpg"]
    # Of those that fit equally well a few are enough to tell a person.
    assert candidates.best(Query("01.xml", 0, "", (("elsewhere",),))) == names[:4]


FOLDERS = st.lists(st.sampled_from("abc"), max_size=3).map(lambda parts: "".join(f"{part}/" for part in parts))


@given(st.sets(FOLDERS, min_size=1, max_size=8), FOLDERS)
def test_an_image_beside_its_namesake_is_among_the_best(folders, place):
    names = sorted(f"{folder}01.jpg" for folder in {*folders, place})
    found = best(names, f"{place}01.xml")
    assert f"{place}01.jpg" in found or len(found) == 4
    others = [name.removesuffix("01.jpg") for name in found]
    assert all(other.endswith(place) and other.startswith(place) for other in others)


@given(st.sets(FOLDERS, min_size=1, max_size=8), FOLDERS, FOLDERS)
def test_nothing_depends_on_the_order_of_the_images(folders, place, path):
    names = sorted(f"{folder}01.jpg" for folder in folders)
    found = best(names, f"{place}01.xml", path=f"/x/{path}01.jpg")
    turned = best(names[::-1], f"{place}01.xml", path=f"/x/{path}01.jpg")
    assert len(turned) == len(found) > 0
    assert set(turned) == set(found) or len(found) == 4
    assert set(found) <= set(names)
