"""Which image an entry of a list means, and what splits are called."""

import itertools
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beam_pipelines.candidates import stem
from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import extension, without_extension
from beam_pipelines.records import Entry, ListedImage
from beam_pipelines.splits.given import (
    Ambiguous,
    assign,
    check_names,
    image_name,
    order_of,
    split_of_folder,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a/B.JPG", "b"),
        ("a/b", "b"),
        ("b.xml", "b"),
        ("labels/b.txt", "b"),
        ("cat.v2", "cat.v2"),
        ("frame.0001", "frame.0001"),
        ("cat.v2.png", "cat.v2"),
    ],
)
def test_only_known_extensions_are_no_part_of_a_name(name, found):
    assert stem(image_name(name)) == found


def image(name: str, *splits: str, above: int = 0) -> ListedImage:
    return ListedImage(name, above, splits=splits)


def meant(name: str, *images: str, base: tuple[str, ...] = ()) -> str | list[str]:
    """The image that an entry means, or the candidates if there are several, or '' if there is none."""
    entry = Entry("train", name, "a.txt", 1)
    assigned = assign([image(i) for i in images], [entry], base)
    assert [i.name for i in assigned.images] == list(images)
    given_to = [i.name for i in assigned.images if i.splits]
    if assigned.missing:
        assert (given_to, assigned.missing, assigned.ambiguous) == ([], [entry], [])
        return ""
    if assigned.ambiguous:
        [(ambiguous, candidates)] = assigned.ambiguous
        assert (given_to, ambiguous) == ([], entry)
        return list(candidates)
    [name] = given_to
    return name


def test_nothing_is_assigned_to_nothing():
    assert assign([], []) == ([], [], [])
    assert assign([image("a.jpg")], []) == ([image("a.jpg")], [], [])


def test_images_get_all_their_splits_in_the_order_of_reading():
    images = [image("b.jpg"), image("a.jpg", "extra"), image("c.jpg")]
    entries = [Entry("test", "a", "t.txt", 1), Entry("train", "a", "r.txt", 1), Entry("train", "c.jpg", "r.txt", 2)]
    entries += [Entry("train", "a.jpg", "r.txt", 3), Entry("train", "z", "r.txt", 4)]
    assert assign(images, entries) == (
        [image("b.jpg"), image("a.jpg", "train", "test", "extra"), image("c.jpg", "train")],
        [Entry("train", "z", "r.txt", 4)],
        [],
    )


@pytest.mark.parametrize("name", ["01", "01.jpg", "01.png", "seq1/01", "./seq1/01.jpg", "data/x/../seq1/01.jpg"])
def test_a_single_image_is_named(name):
    assert meant(name, "seq1/01.jpg", "seq1/02.jpg") == "seq1/01.jpg"


def test_folders_decide():
    sequences = ["seq1/01.jpg", "seq2/01.jpg"]
    assert meant("seq2/01", *sequences) == "seq2/01.jpg"
    assert meant("SEQ2/01.JPG", *sequences) == "seq2/01.jpg"
    assert meant("seq2\\01.jpg", *sequences) == "seq2/01.jpg"
    assert meant("../seq2/01.jpg", *sequences) == "seq2/01.jpg"
    assert meant("seq2/lists/../01.jpg", *sequences) == "seq2/01.jpg"


def test_a_stem_of_several_sequences_is_no_choice():
    assert meant("01", "seq2/01.jpg", "seq1/01.jpg") == ["seq1/01.jpg", "seq2/01.jpg"]
    assert meant("x/01", "a/x/01.jpg", "b/x/01.jpg") == ["a/x/01.jpg", "b/x/01.jpg"]


def test_what_lies_just_there_comes_first():
    assert meant("01", "seq1/01.jpg", "01.jpg") == "01.jpg"
    assert meant("x/01.JPG", "a/x/01.jpg", "x/01.jpg") == "x/01.jpg"
    roots = [image("images/01.jpg", above=7), image("images/old/01.jpg", above=7)]
    entry = Entry("train", "01", "a.txt", 1)
    assert assign(roots, [entry]).images == [image("images/01.jpg", "train", above=7), roots[1]]


def test_the_base_counts_as_folders():
    images = ["01.jpg", "seq1/01.jpg"]
    assert meant("/home/ann/images/01.jpg", *images, base=("home", "ann", "images")) == "01.jpg"
    assert meant("images/seq1/01.jpg", *images, base=("Home", "Ann", "Images")) == "seq1/01.jpg"


def test_case_decides_only_where_names_differ_in_it():
    assert meant("a", "x/a.jpg", "y/A.jpg") == "x/a.jpg"
    assert meant("A", "x/a.jpg", "y/A.jpg") == "y/A.jpg"
    assert meant("X/A", "x/a.jpg", "y/A.jpg") == "x/a.jpg"
    assert meant("A", "x/a.jpg", "y/a.jpg") == ["x/a.jpg", "y/a.jpg"]


def test_the_extension_decides():
    pictures = ["x/01.jpg", "x/01.png", "y/01.png"]
    assert meant("x/01.png", *pictures) == "x/01.png"
    assert meant("x/01.JPG", *pictures) == "x/01.jpg"
    assert meant("01.jpg", *pictures) == "x/01.jpg"
    assert meant("x/01", *pictures) == ["x/01.jpg", "x/01.png"]
    assert meant("x/01.bmp", *pictures) == ["x/01.jpg", "x/01.png"]
    assert meant("y/01.jpg", *pictures) == "y/01.png"


def test_annotations_beside_images_are_no_images():
    assert meant("01", "images/01.jpg", "labels/01.txt") == "images/01.jpg"
    assert meant("labels/01.txt", "images/01.jpg", "labels/01.txt") == "images/01.jpg"
    assert meant("01", "01.json") == ""


def test_names_of_images_are_preferred():
    assert meant("01", "x/01", "y/01.jpg") == "y/01.jpg"
    assert meant("x/01", "x/01", "y/01.jpg") == "x/01"
    assert meant("01", "x/01") == "x/01"
    many = [f"x{i}/01" for i in range(9)]
    assert meant("01", *many, "y/01.jpg") == "y/01.jpg"


def test_a_dot_in_a_name_is_no_extension():
    assert meant("cat.v2", "cat.jpg", "cat.v2.jpg") == "cat.v2.jpg"
    assert meant("cat.v2", "cat.jpg") == ""
    assert meant("x/cat.v2", "x/cat.v2.jpg", "y/cat.v2.jpg") == "x/cat.v2.jpg"


def test_moved_data_fit_by_the_longest_end_in_folders():
    images = ["train/seq1/01.jpg", "train/seq2/01.jpg", "val/seq2/01.jpg"]
    assert meant("C:\\old\\Train\\seq2\\01.png", *images) == "train/seq2/01.jpg"
    assert meant("/old/seq1/01.jpg", *images) == "train/seq1/01.jpg"
    assert meant("gs://old/seq2/01.jpg", *images) == ["train/seq2/01.jpg", "val/seq2/01.jpg"]
    assert meant("/old/01.jpg", *images) == images
    assert meant("/old/01.jpg", "new/01.png") == "new/01.png"


def test_a_lost_namesake_gives_its_split_to_nobody():
    images = [image("seq1/01.jpg"), image("seq2/02.jpg")]
    mine, lost = Entry("train", "seq1/01.jpg", "r.txt", 1), Entry("test", "seq2/01.jpg", "t.txt", 1)
    assert assign(images, [lost, mine]) == ([image("seq1/01.jpg", "train"), images[1]], [lost], [])
    moved = [mine._replace(name="/old/seq1/01.jpg"), lost._replace(name="/old/seq2/01.jpg")]
    assert assign(images, moved) == ([image("seq1/01.jpg", "train"), images[1]], [moved[1]], [])


def test_entries_that_fit_equally_well_all_count():
    entries = [Entry("train", "/a/x/01.jpg", "r.txt", 1), Entry("test", "/b/x/01.jpg", "t.txt", 1)]
    assert assign([image("x/01.jpg")], entries) == ([image("x/01.jpg", "train", "test")], [], [])


def test_what_is_left_comes_in_the_order_of_the_lists():
    lines = list(itertools.product(["r.txt", "t.txt"], [2, 10, 11]))
    names = {"a": "y", "b": "z"}
    several = [Entry("train", name, source, line) for source, line in lines for name in names]
    lost = [Entry("train", name, source, line) for source, line in lines for name in names.values()]
    images = [image(f"{folder}/{name}.jpg") for folder in "uv" for name in names]
    assigned = assign(images, random.Random(1).sample(several + lost, len(several + lost)))
    assert assigned.missing == lost
    assert assigned.ambiguous == [Ambiguous(entry, (f"u/{entry.name}.jpg", f"v/{entry.name}.jpg")) for entry in several]


def test_thousands_of_sequences_cost_no_more_than_their_depth():
    images = [image(f"set/seq{i:04d}/img/01.jpg") for i in range(3000)]
    entries = [Entry("train", f"/old/seq{i:04d}/img/01", "a.txt", i) for i in range(3000)]
    bare = Entry("test", "01", "b.txt", 1)
    assigned = assign(images, [*entries, bare])
    assert {i.splits for i in assigned.images} == {("train",)}
    assert assigned.ambiguous == [Ambiguous(bare, tuple(i.name for i in images[:4]))]


PLACES = st.lists(st.sampled_from(["a", "A", "b"]), max_size=3).map(lambda parts: "".join(f"{part}/" for part in parts))
FILES = st.sampled_from(["x.jpg", "X.jpg", "x.png", "x", "x.txt", "y.jpg"])
NAMES = st.builds("".join, st.tuples(PLACES, FILES))
ENTRIES = st.builds(Entry, st.sampled_from(["train", "test", "more"]), NAMES, st.just("a.txt"), st.integers(1, 9))
BASES = st.lists(st.sampled_from(["a", "B"]), max_size=2).map(tuple)


def by_rule(name: str, images: list[str], base: tuple[str, ...]) -> tuple[int, list[str]]:
    """The rule of `assign`, one image after the other. Returns (folders that fit, the images that fit so)."""
    pictures = [i for i in images if extension(i) != "txt" and stem(i) == stem(name)]
    *folders, _ = name.split("/")
    forms = [name, without_extension(name)]
    rules = [(99, form, whole, case) for form in forms for whole in (True, False) for case in (str, str.lower)]
    for start in range(1, len(folders) + 1):
        rules += [(len(folders) - start, "/".join(f.split("/")[start:]), False, str.lower) for f in forms]
    for depth, wanted, whole, case in rules:
        found = []
        for picture in pictures:
            path = picture if whole else "/".join((*base, picture))
            ends = [case(f"/{path}"), case(f"/{without_extension(path)}")]
            if any(end == case(f"/{wanted}") or (not whole and end.endswith(case(f"/{wanted}"))) for end in ends):
                found.append(picture)
        if found:
            return depth, sorted([i for i in found if extension(i)] or found)[:4]
    return 0, []


@given(st.lists(NAMES, unique=True, max_size=8), st.lists(ENTRIES, max_size=8), BASES, st.randoms())
@example(["x.jpg"], [Entry("train", "a/x", "a.txt", 1), Entry("test", "x", "a.txt", 2)], (), random.Random(0))
def test_each_image_gets_exactly_the_splits_of_the_entries_that_mean_it(paths, entries, base, chance):
    claims: dict[str, list[tuple[int, Entry]]] = {}
    missing, ambiguous = [], []
    for entry in entries:
        depth, found = by_rule(entry.name, paths, base)
        if len(found) == 1:
            claims.setdefault(found[0], []).append((depth, entry))
        elif found:
            ambiguous.append(Ambiguous(entry, tuple(found)))
        else:
            missing.append(entry)
    splits = {}
    for path, claimants in claims.items():
        deepest = max(depth for depth, _ in claimants)
        splits[path] = {entry.split for depth, entry in claimants if depth == deepest}
        missing += [entry for depth, entry in claimants if depth < deepest]

    images = [image(path) for path in paths]
    assigned = assign(iter(images), iter(entries), base)
    assert [i._replace(splits=()) for i in assigned.images] == images
    assert {i.name: set(i.splits) for i in assigned.images if i.splits} == splits
    assert all(i.splits == order_of(i.splits) for i in assigned.images)
    assert sorted(assigned.missing) == sorted(missing)
    assert sorted(assigned.ambiguous) == sorted(ambiguous)

    chance.shuffle(images)
    again = assign(images, chance.sample(entries, len(entries)), base)
    assert sorted(again.images) == sorted(assigned.images)
    assert again[1:] == assigned[1:]


@pytest.mark.parametrize(
    ("name", "above", "split"),
    [
        ("train/a.jpg", 0, "train"),
        ("train/x/a.jpg", 0, "train"),
        ("data/train/x/a.jpg", 5, "train"),
        ("data/a.jpg", 5, ""),
        ("a.jpg", 0, ""),
    ],
)
def test_the_first_folder_is_the_split(name, above, split):
    assert split_of_folder(name, above) == split


USUAL = ["Train", "training", "dev", "eval", "VAL", "val2017", "valid", "validation_1", "test", "test-dev", "TESTING"]


def test_splits_are_read_in_the_usual_order():
    names = [*USUAL, "2017train", "all", "Minival", "tester", "trainval"]
    assert order_of([*names[::-1], "all"]) == tuple(names)
    assert order_of([]) == ()
    assert order_of(["b", "a", "A", "B"]) == ("A", "a", "B", "b")
    spellings = sorted(map("".join, itertools.product("aA", "bB", "cC", "dD")))
    assert order_of(spellings[::-1]) == tuple(spellings)


@given(st.lists(st.sampled_from([*USUAL, "a", "A", "trainval", ""])), st.randoms())
def test_the_order_of_splits_is_one(names, chance):
    assert order_of(chance.sample(names, len(names))) == order_of(names)
    assert sorted(order_of(names)) == sorted(set(names))


def refused(names: dict[str, int], what: str = "the column 'subset'") -> str:
    with pytest.raises(DatasetError) as caught:
        check_names(names, what)
    return caught.value.sentence


def test_names_of_splits_pass():
    check_names({}, "the column 'subset'")
    check_names({"": 7, "train": 10, "val-2": 1}, "the column 'subset'")
    check_names({f"s{i}": 1 for i in range(20)} | {"": 1}, "the column 'subset'")


def test_names_that_cannot_be_those_of_splits_are_refused():
    assert refused({"train": 3, "my split": 1}) == (
        "In the column 'subset' 'my split' cannot name a split, because it begins the names of files: "
        "use a letter, then letters, digits, - and _, for example my_split"
    )
    assert refused({"Manifest": 1}, "the folders of --images") == (
        "In the folders of --images 'Manifest' cannot name a split, because a file of the dataset has that name: "
        "use Manifest_split"
    )


def test_names_that_differ_only_in_case_are_refused():
    assert refused({"train": 90, "test": 10, "Train": 2}) == (
        "In the column 'subset' 'Train' (2×) and 'train' (90×) differ only in case: "
        "write the name of a split in one way"
    )


def test_many_names_are_hardly_splits():
    assert refused({f"IMG {i:02d}": 1 for i in range(1234)} | {"train": 1}) == (
        "In the column 'subset' there are 1235 different names ('train', 'IMG 00', 'IMG 01', …), "
        "but at most 20 splits can be given: is it the right one?"
    )
