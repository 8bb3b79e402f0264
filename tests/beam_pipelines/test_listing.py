"""Which files a pattern or folder names, and how names are read."""

import os
from itertools import chain, count, islice

import pytest
from apache_beam.io.filesystem import FileMetadata

from beam_pipelines.failures import DatasetError
from beam_pipelines.listing import FileSet
from presentation.refusals import UsageError

from . import made_store
from .made import put_all
from .made_sorted_store import SortedStore, set_up


def listed(kind, *patterns, output=""):
    return sorted(FileSet.of(kind, map(str, patterns), str(output)).names())


def refusal(kind, *patterns):
    with pytest.raises(UsageError) as refused:
        FileSet.of(kind, map(str, patterns)).check()
    return str(refused.value)


def test_a_folder_means_all_below_it(tmp_path):
    put_all(tmp_path, "a.xml", "b/c.XML", "b/d/e.xml", "b/f.txt", "b/g.jpg", ".hidden.xml", ".cache/h.xml")
    assert listed("annotations", tmp_path) == [("a.xml", 0), ("b/c.XML", 0), ("b/d/e.xml", 0)]


def test_a_folder_of_images_holds_whatever_is_no_annotation(tmp_path):
    put_all(tmp_path, "a.jpg", "b/c", "b/d.xml", "b/E.XML", "Thumbs.db", "b/desktop.ini", "b/.DS_Store", "notes.txt")
    assert listed("images", tmp_path) == [("a.jpg", 0), ("b/c", 0), ("notes.txt", 0)]


def test_a_folder_of_rows_holds_tables(tmp_path):
    names = ["a.csv", "b/c.parquet", "d.tsv", "e.pq", "f.csv.gz", "g.tsv.gz", "h.CSV"]
    put_all(tmp_path, *names, "notes.txt", "i.gz", "j.xml", ".hidden.csv")
    assert listed("rows", tmp_path) == [(name, 0) for name in names]
    # All that a pattern matches was asked for, whatever its extension.
    assert listed("rows", tmp_path / "*.txt") == [("notes.txt", 0)]


def test_patterns_cross_folders_only_if_told(tmp_path):
    put_all(tmp_path, "a.xml", "b/c.xml", "b/d/e.xml", "b/f.txt")
    assert listed("annotations", tmp_path / "*.xml") == [("a.xml", 0)]
    assert listed("annotations", tmp_path / "**/*.xml") == [("a.xml", 0), ("b/c.xml", 0), ("b/d/e.xml", 0)]
    # All that a pattern matches was asked for, whatever its extension.
    assert listed("annotations", tmp_path / "b/*") == [("c.xml", 0), ("f.txt", 0)]


def test_a_single_file(tmp_path):
    put_all(tmp_path, "b/c.xml", "b/d[1].xml")
    assert listed("annotations", tmp_path / "b/c.xml") == [("c.xml", 0)]
    assert listed("annotations", tmp_path / "b/d[1].xml") == [("d[1].xml", 0)]


def test_several_patterns_have_a_common_base_and_no_file_twice(tmp_path):
    put_all(tmp_path, "one/Annotations/a.xml", "two/Annotations/a.xml", "two/Annotations/deep/b.xml")
    patterns = [tmp_path / "one/Annotations", tmp_path / "two/Annotations", tmp_path / "two/Annotations/deep/*.xml"]
    files = FileSet.of("annotations", map(str, patterns))
    assert files.base == str(tmp_path)
    assert sorted(files.names()) == [
        ("one/Annotations/a.xml", len("one/Annotations/")),
        ("two/Annotations/a.xml", len("two/Annotations/")),
        ("two/Annotations/deep/b.xml", len("two/Annotations/")),
    ]
    assert {os.path.isfile(files.path(name)) for name, _ in files.names()} == {True}


def test_names_do_not_depend_on_the_working_folder(tmp_path, monkeypatch):
    put_all(tmp_path, "data/a.xml", "data/b/c.xml")
    absolute = listed("annotations", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert listed("annotations", "data") == listed("annotations", "./data/") == absolute
    monkeypatch.chdir(tmp_path / "data")
    assert listed("annotations", ".") == listed("annotations", "../data") == absolute
    assert listed("annotations", "*.xml") == [("a.xml", 0)]


def test_the_root_of_the_disk_is_a_base(monkeypatch):
    assert FileSet.of("images", ["/"]).path("a.jpg") == "/a.jpg"


def test_what_lies_in_the_output_is_no_input(tmp_path):
    put_all(tmp_path, "a.jpg", "out/train.tfrecord", "output/b.jpg")
    assert listed("images", tmp_path, output=tmp_path / "out") == [("a.jpg", 0), ("output/b.jpg", 0)]


def test_images_may_be_given_from_inside_the_output(tmp_path):
    put_all(tmp_path, "out/pictures/a.jpg")
    assert listed("images", tmp_path / "out/pictures", output=tmp_path / "out") == [("a.jpg", 0)]


def test_links_are_followed_once(tmp_path):
    put_all(tmp_path, "data/a.jpg", "far/b.jpg")
    (tmp_path / "data/back").symlink_to(tmp_path / "data")
    (tmp_path / "data/linked").symlink_to(tmp_path / "far")
    assert listed("images", tmp_path / "data") == [("a.jpg", 0), ("linked/b.jpg", 0)]


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    put_all(tmp_path, "a.jpg", "b/c.jpg", "one/d.jpg")
    assert refusal("annotations", tmp_path / "*.xml") == (
        f"--annotations '{tmp_path}/*.xml' matches nothing (the folder '{tmp_path}' exists and holds 3 entries)"
    )
    assert refusal("annotations", tmp_path / "one") == (
        f"--annotations '{tmp_path}/one' matches nothing (the folder '{tmp_path}/one' exists and holds 1 entry)"
    )
    assert refusal("rows", tmp_path / "b") == (
        f"--rows '{tmp_path}/b' matches nothing (the folder '{tmp_path}/b' exists and holds 1 entry)"
    )
    assert refusal("images", tmp_path / "b", tmp_path / "no/such/*.jpg") == (
        f"--images '{tmp_path}/no/such/*.jpg' matches nothing (of its path only '{tmp_path}' exists)"
    )


def test_patterns_that_match_pass(tmp_path):
    put_all(tmp_path, "a.jpg")
    FileSet.of("images", [str(tmp_path), str(tmp_path / "a.jpg"), str(tmp_path / "*.jpg")]).check()


def test_one_flag_one_place():
    assert FileSet.of("images", ["gs://bucket/a/*.jpg", "gs://bucket/b"]).base == "gs://bucket"
    assert FileSet.of("images", ["gs://bucket/a/x", "gs://bucket/a/y/*"]).base == "gs://bucket/a"
    for patterns, roots in (
        (["gs://one/a", "gs://two/a"], "gs://one/a, gs://two/a"),
        (["gs://one/a", "/"], "gs://one/a, /"),
    ):
        with pytest.raises(UsageError) as refused:
            FileSet.of("images", patterns)
        assert str(refused.value) == f"the patterns of one flag must be in one bucket or on one disk, got {roots}"


def test_of_two_ways_into_a_folder_the_first_by_name_counts(tmp_path):
    put_all(tmp_path, "data/m/a.jpg")
    for link in ("z", "b"):
        (tmp_path / "data" / link).symlink_to(tmp_path / "data/m")
    assert listed("images", tmp_path / "data") == [("b/a.jpg", 0)]


def test_a_dangling_link_is_listed_by_a_pattern_as_in_a_folder(tmp_path):
    put_all(tmp_path, "x/1.xml")
    (tmp_path / "x/2.xml").symlink_to(tmp_path / "nowhere")
    both = [("1.xml", 0), ("2.xml", 0)]
    assert listed("annotations", tmp_path / "x/*.xml") == both
    assert listed("annotations", tmp_path / "x") == both


def test_a_folder_that_cannot_be_listed_ends_the_job(tmp_path, monkeypatch):
    put_all(tmp_path, "a.jpg", "closed/b.jpg")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError) as failure:
        listed("images", tmp_path)
    assert failure.value.sentence == f"the folder '{tmp_path}/closed' cannot be listed: Permission denied"


@pytest.fixture
def store(tmp_path):
    """A folder as a store, in which some program left an empty object for it."""
    put_all(tmp_path, "rows/a.csv", "rows/b/c.csv", "rows/notes.txt", "x/a.jpg", "x/.hidden/b.jpg")
    return f"fake://{tmp_path}"


@pytest.mark.parametrize(
    ("kind", "pattern", "base", "names"),
    [
        ("rows", "rows/a.csv", "/rows", {"a.csv"}),
        ("rows", "rows/notes.txt", "/rows", {"notes.txt"}),
        ("rows", "rows", "/rows", {"a.csv", "b/c.csv"}),
        ("rows", "rows/", "/rows", {"a.csv", "b/c.csv"}),
        ("rows", "rows/*.csv", "/rows", {"a.csv"}),
        ("images", "x/a.jpg", "/x", {"a.jpg"}),
        ("images", "x", "/x", {"a.jpg"}),
    ],
)
def test_one_file_of_a_store_and_a_folder(store, kind, pattern, base, names):
    files = FileSet.of(kind, [f"{store}/{pattern}"])
    files.check()
    assert (files.base, {name for name, _ in files.names()}) == (store + base, names)
    assert {files.path(name) for name in names} == {f"{store}{base}/{name}" for name in names}


def test_a_folder_that_is_called_like_a_file(store, tmp_path):
    put_all(tmp_path, "odd.csv/a.csv")
    files = FileSet.of("rows", [f"{store}/odd.csv"])
    assert [name for name, _ in files.names()] == ["odd.csv/a.csv"]
    assert files.path("odd.csv/a.csv") == f"{store}/odd.csv/a.csv"


def test_a_store_is_listed_as_its_names_are_wanted(monkeypatch):
    listed = []

    def endless(_self, prefix):
        for number in count():
            listed.append(number)
            yield FileMetadata(f"{prefix}{number}.jpg", 1)

    monkeypatch.setattr(made_store.FakeStore, "_list", endless)
    files = FileSet.of("images", ["fake://bucket/pictures/**"])
    files.check()
    assert [name for name, _ in islice(files.names(), 2)] == ["0.jpg", "1.jpg"]
    assert len(listed) < 6


PICTURES = {"one/a.jpg": 4, "one/b/c.jpg": 4, "one/notes.xml": None, "one/.hidden/d.jpg": None, "two/e.jpg": 4}
"""Of a store: name → what stands above its own root; None for what is no picture."""


@pytest.fixture
def sorted_store(monkeypatch):
    """A store whose pages hold two names, and whose listings are divided whenever that can be."""
    folders = ["pictures/one/", "pictures/two"]
    return set_up(monkeypatch, SortedStore([*(f"pictures/{name}" for name in PICTURES), *folders], page=2))


def urls(*patterns):
    return [f"fake://bucket/pictures/{pattern}" for pattern in patterns]


def test_parts_of_a_listing_hold_every_file_once(sorted_store):
    files = FileSet.of("images", urls("one", "two"), "fake://bucket/pictures/out")
    parts = files.parts()
    assert [part.pattern for part in parts] == urls("one", "one", "one", "one", "two")
    found = [list(files.names(part)) for part in parts]
    assert [len(names) for names in found] == [0, 1, 1, 0, 1]
    wanted = [(name, above) for name, above in PICTURES.items() if above is not None]
    assert list(chain(*found)) == wanted


def test_patterns_are_divided_too(sorted_store):
    files = FileSet.of("images", urls("*/*.jpg"))
    assert len(files.parts()) > 2
    assert {name for part in files.parts() for name, _ in files.names(part)} == {"one/a.jpg", "two/e.jpg"}


@pytest.mark.parametrize("patterns", [urls("one", "one/b"), urls("one", "*/a.jpg"), urls("one", "one"), ["/here"]])
def test_what_overlaps_or_is_on_a_disk_is_not_divided(sorted_store, patterns):
    assert FileSet.of("images", patterns).parts() == [None]


def test_a_store_that_lists_from_the_start_only_is_not_divided(store):
    assert FileSet.of("images", [f"{store}/x"]).parts() == [None]


def test_a_store_that_does_not_answer_refuses_to_be_divided(sorted_store, monkeypatch):
    monkeypatch.setattr(sorted_store, "page", lambda *_: 1 / 0)
    with pytest.raises(UsageError) as refused:
        FileSet.of("images", urls("one")).parts()
    assert str(refused.value) == "'fake://bucket/pictures/one' cannot be listed: division by zero"
