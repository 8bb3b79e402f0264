"""Listings and lists of splits, sorted by the stem of the names in them."""

import pytest
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines.buckets import ListEntries, ListFiles, bucket_of, in_buckets, join
from beam_pipelines.listing import FileSet
from beam_pipelines.records import Annotation, Entry, ListedImage, Query, Reject, Sheet, Side

from .made import pipeline_here, put, put_all
from .made_sorted_store import SortedStore, set_up

SHEET = Sheet(Annotation("a.jpg", "", "", 0, 0, ()), "a.csv", 1, "")


@pytest.mark.parametrize("other", ["seq/Cat.JPG", "C:\\x\\CAT", "cat.xml", "deep/er/cat.png"])
def test_a_stem_has_one_bucket(other):
    assert bucket_of(other, 1000) == bucket_of("cat.jpg", 1000)


def test_buckets_are_all_used():
    assert {bucket_of(f"{i}.jpg", 16) for i in range(500)} == set(range(16))


def test_listings_are_dealt_out():
    names = [("a/cat.jpg", 2), ("a/dog.jpg", 2), ("b/CAT.png", 2)]
    cats = Side(images=(ListedImage("a/cat.jpg", 2), ListedImage("b/CAT.png", 2)))
    dogs = Side(images=(ListedImage("a/dog.jpg", 2),))
    assert list(in_buckets(names, "images", 64)) == [(bucket_of("cat", 64), cats), (bucket_of("dog", 64), dogs)]
    assert list(in_buckets([("cat.xml", 0)], "annotations", 64)) == [
        (bucket_of("cat", 64), Side(queries=(Query("cat.xml", 0),)))
    ]


@pytest.mark.parametrize(("kind", "annotation", "image"), [("annotations", True, False), ("images", False, True)])
def test_a_name_that_is_no_utf8_is_rejected(kind, annotation, image):
    name, shown = b"caf\xe9.jpg".decode("utf-8", "surrogateescape"), "caf\\udce9.jpg"
    message = f"the name of '{shown}' is not valid UTF-8"
    expected = Reject("name_not_utf8", "image", shown * annotation, shown * image, message)
    assert list(in_buckets([(name, 0)], kind, 8)) == [expected]


def test_letters_beyond_ascii_are_names_too():
    assert list(in_buckets([("naïve café.jpg", 0)], "images", 1)) == [
        (0, Side(images=(ListedImage("naïve café.jpg", 0),)))
    ]


def test_a_long_listing_travels_in_parts():
    names = [(f"{i:04}/a.jpg", 0) for i in range(2500)]
    parts = [side for _, side in in_buckets(names, "images", 4)]
    assert [len(side.images) for side in parts] == [1000, 1000, 500]
    assert [image.name for side in parts for image in side.images] == [name for name, _ in names]


def test_join_brings_all_together():
    a, b, query = ListedImage("a.jpg", 0), ListedImage("b.jpg", 0), Query("a.xml", 0)
    entries = Entry("train", "a", "train.txt", 1), Entry("test", "a", "test.txt", 1)
    sides = [
        Side(images=(a,), entries=entries[:1]),
        Side(queries=(query,)),
        Side(images=(b,), sheets=(SHEET,), entries=entries[1:]),
    ]
    assert join(sides) == Side((a, b), (query,), (SHEET,), entries)
    assert join([Side()]) == Side()


def assert_listed(transform, names, rejects=()):
    with pipeline_here() as pipeline:
        found, outcomes = pipeline | transform
        assert_that(found, equal_to(names), label="names")
        assert_that(outcomes, equal_to(list(rejects)), label="outcomes")


def test_annotations_are_listed(tmp_path):
    put_all(tmp_path, "one/a.xml", "one/A.xml", "one/b.jpg")
    files = FileSet.of("annotations", [str(tmp_path / "one"), str(tmp_path / "*.xml")])
    with pipeline_here() as pipeline:
        found, _ = pipeline | ListFiles(files, 8)

        def check(sides):
            [(bucket, side)] = sides
            assert bucket == bucket_of("a", 8)
            assert side._replace(queries=()) == Side()
            assert sorted(side.queries) == [Query("one/A.xml", 4), Query("one/a.xml", 4)]

        assert_that(found, check)


def test_images_are_listed_with_the_split_of_their_folder(tmp_path):
    """The first below the root that the pattern starts from."""
    put_all(tmp_path / "set", "train/a.jpg", "val/deep/b.jpg", "c.jpg")
    files = FileSet.of("images", [str(tmp_path / "set")])
    listed = {name: ListedImage(name, 0) for name in ("train/a.jpg", "val/deep/b.jpg", "c.jpg")}
    given = {"train/a.jpg": ("train",), "val/deep/b.jpg": ("val",), "c.jpg": ()}
    assert bucket_of("a", 64) != bucket_of("b", 64) != bucket_of("c", 64)
    for by_folder in (True, False):
        images = [image._replace(splits=given[name] if by_folder else ()) for name, image in listed.items()]
        sides = [(bucket_of(image.name, 64), Side(images=(image,))) for image in images]
        assert_listed(ListFiles(files, 64, by_folder), sides)


def test_folders_above_the_root_are_no_splits(tmp_path):
    put_all(tmp_path, "one/train/a.jpg", "two/b.jpg")
    files = FileSet.of("images", [str(tmp_path / "one"), str(tmp_path / "two")])
    images = [ListedImage("one/train/a.jpg", 4, splits=("train",)), ListedImage("two/b.jpg", 4)]
    sides = [(bucket_of(image.name, 64), Side(images=(image,))) for image in images]
    assert_listed(ListFiles(files, 64, True), sides)


def test_a_store_is_listed_part_by_part(monkeypatch):
    store = set_up(monkeypatch, SortedStore([f"x/{letter}/{i}.jpg" for letter in "ab" for i in range(4)], page=3))
    files = FileSet.of("images", ["fake://bucket/x"])
    parts = []
    names = FileSet.names
    monkeypatch.setattr(FileSet, "names", lambda self, part: parts.append(part.names) or names(self, part))
    with pipeline_here() as pipeline:
        found, _ = pipeline | ListFiles(files, 1)

        def check(sides):
            found = [image.name for _, side in sides for image in side.images]
            assert sorted(found) == [name.removeprefix("x/") for name in store.all]

        assert_that(found, check)
    assert len(set(parts)) == len(parts) == len(store.all)


@pytest.mark.parametrize("by_folder", [False, True])
def test_names_that_cannot_be_are_rejected_on_the_side(tmp_path, monkeypatch, by_folder):
    files = FileSet.of("images", [str(tmp_path)])
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    monkeypatch.setattr("beam_pipelines.listing.FileSet.names", lambda *_: iter([(name, 0)]))
    shown = "caf\\udce9.jpg"
    reject = Reject("name_not_utf8", "image", "", shown, f"the name of '{shown}' is not valid UTF-8")
    with pipeline_here("BundleBasedDirectRunner") as pipeline:
        found, outcomes = pipeline | ListFiles(files, 8, by_folder)
        assert_that(found, equal_to([]), label="names")
        assert_that(outcomes, equal_to([reject]), label="outcomes")


def assert_entries(lists, sides, buckets=1000):
    with pipeline_here() as pipeline:
        assert_that(pipeline | ListEntries(lists, buckets), equal_to(sides))


def test_entries_meet_the_images_they_could_mean(tmp_path):
    train = str(put(tmp_path, "train.txt", "seq/Cat\nseq/cat.JPG\n\nframe.0001\ncat.v2\n"))
    test = str(put(tmp_path, "test.txt", "cat.xml 1\n"))
    entries = {
        "cat.jpg": (Entry("train", "seq/Cat", train, 1), Entry("train", "seq/cat.JPG", train, 2)),
        "frame.0001.jpg": (Entry("train", "frame.0001", train, 4),),
        "cat.v2.jpg": (Entry("train", "cat.v2", train, 5),),
    }
    sides = [(bucket_of(name, 1000), Side(entries=found)) for name, found in entries.items()]
    sides.append((bucket_of("cat.jpg", 1000), Side(entries=(Entry("test", "cat.xml", test, 1),))))
    assert_entries((("train", train), ("test", test)), sides)


def test_a_long_list_travels_in_parts(tmp_path):
    path = str(put(tmp_path, "all.txt", "".join(f"{i}/a.jpg\n" for i in range(2500))))
    entries = [Entry("all", f"{i}/a.jpg", path, i + 1) for i in range(2500)]
    cuts = (0, 1000), (1000, 2000), (2000, 2500)
    assert_entries((("all", path),), [(0, Side(entries=tuple(entries[start:end]))) for start, end in cuts], buckets=1)
