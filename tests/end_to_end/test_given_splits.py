"""Splits that people bring along: by a column of rows, by lists, by folders. They are respected to the letter."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from data_contract.manifest import read_manifest

from .made_rows import CLASSIC, Row, as_csv, names_of, row, write_pictures, write_xml
from .made_sets import jpeg
from .shardbox_runs import build, digests, examples_of, name_of, reject_lines, shardbox, snapshot

LEAK = "the given splits share pictures or groups, so results on one of them will look better than they are"
WHERE = "; --strict_splits refuses that"


def images_of(output: Path) -> dict[str, list[str]]:
    """Split → its images, in the order of the manifest."""
    return {split: sorted(map(name_of, examples)) for split, examples in examples_of(output).items()}


def put_rows(folder: Path, rows: list[Row], *more: str) -> list[object]:
    """Writes a table and its pictures. Returns the flags that name them."""
    write_pictures(folder / "images", names_of(rows))
    (folder / "rows.csv").write_bytes(as_csv(rows, (*CLASSIC, *more)))
    return ["--rows", folder / "rows.csv", "--images", folder / "images"]


def put_lists(folder: Path, lists: Mapping[str, str]) -> str:
    """Writes lists. Returns the flag that names them."""
    for split, text in lists.items():
        (folder / f"{split}.txt").write_text(text, "utf-8")
    return "--split_lists=" + ",".join(f"{split}={folder / split}.txt" for split in lists)


LEAKY = [
    *(row(f"{i}.jpg", "cat", subset=("Train", "val2017", "test", "extra")[i % 4], group=f"g{i}") for i in range(12)),
    row("both.jpg", "cat", 1, 1, 9, 9, subset="Train", group="b"),
    row("both.jpg", "dog", 2, 2, 8, 8, subset="test", group="b"),
    row("left.jpg", "dog", subset="Train", group="shared"),
    row("right.jpg", "dog", subset="val2017", group="shared"),
    row("none.jpg", "dog", subset="", group=""),
]
LEAK_LINES = ["  'both.jpg' (Train), 'both.jpg' (test)", "  'left.jpg' (Train), 'right.jpg' (val2017)"]


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("column")
    build(*put_rows(folder, LEAKY, "subset", "group"), f"--output={folder / 'out'}", "--num_shards=9")
    return folder


def test_a_column_is_respected(leaky: Path):
    found = images_of(leaky / "out")
    assert list(found.items()) == [
        ("Train", ["0.jpg", "4.jpg", "8.jpg", "both.jpg", "left.jpg"]),
        ("val2017", ["1.jpg", "5.jpg", "9.jpg", "right.jpg"]),
        ("test", ["10.jpg", "2.jpg", "6.jpg", "both.jpg"]),
        ("extra", ["11.jpg", "3.jpg", "7.jpg"]),
    ]
    options = read_manifest(leaky / "out").options
    assert (options["split_source"], options["splits"]) == ("column", {})


def test_an_image_in_two_splits_is_two_examples(leaky: Path):
    """Each with the boxes of all its rows, and a source_id of its own."""
    found = [
        (split, example["image/object/class/text"], example["image/source_id"])
        for split, examples in examples_of(leaky / "out").items()
        for example in examples
        if name_of(example) == "both.jpg"
    ]
    assert [one[:2] for one in found] == [("Train", [b"cat", b"dog"]), ("test", [b"cat", b"dog"])]
    ids = [e["image/source_id"][0] for split in examples_of(leaky / "out").values() for e in split]
    assert len(set(ids)) == len(ids) == 16


def test_leaks_are_reported(leaky: Path, tmp_path: Path):
    manifest = read_manifest(leaky / "out")
    assert manifest.remarks == (LEAK + WHERE, *LEAK_LINES)
    assert manifest.repairs == {"leaked_copy": 2, "leaked_group": 2}
    given = ("--rows", leaky / "rows.csv", "--images", leaky / "images")
    shown = build(*given, f"--output={tmp_path / 'out'}", "--dry_run").out.splitlines()
    assert any("leaked_copy" in line and "the same picture was given to another split too" in line for line in shown)
    assert any("leaked_group" in line for line in shown)
    at = shown.index(LEAK + WHERE)
    assert shown[at : at + 3] == [LEAK + WHERE, *LEAK_LINES]


def test_leaks_are_refused(leaky: Path, tmp_path: Path):
    given = ("--rows", leaky / "rows.csv", "--images", leaky / "images", f"--output={tmp_path / 'out'}")
    result = shardbox("build", *given, "--strict_splits")
    assert result == (1, "", "\n".join([f"shardbox: --strict_splits: {LEAK}", *LEAK_LINES, ""]))
    assert not (tmp_path / "out").exists()


def test_what_is_in_no_split_is_told_and_does_not_count(leaky: Path):
    """It is 1 of 17 images, more than --max_rejects allows."""
    message = "none of the given splits names it"
    line = {"source": "rows.csv", "image": "none.jpg", "code": "not_in_a_split", "level": "unlisted"}
    assert reject_lines(leaky / "out") == [line | {"message": message}]


LISTED = [row(f"{folder}/{i:06d}.jpg", "cat") for folder in ("day", "night") for i in range(5)] + [row("naïve.jpg")]
VOC = {
    "test": "night/000004  1\n000002 -1\n\nday/000004.xml 0\n",
    "train": "day/000000 1\nnight/000000.jpg 1\nday/000001  0\nlost 1\n000001 1\n",
    "val": "C:\\pics\\night\\000001.JPG 1\nnaïve -1\nday/000003 1\n",
}


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From XML, with lists in the format of VOC's `ImageSets/Main`."""
    folder = tmp_path_factory.mktemp("lists")
    given = put_rows(folder, LISTED)
    write_xml(folder / "xml", LISTED)
    build("--annotations", folder / "xml", *given[2:], f"--output={folder / 'out'}", put_lists(folder, VOC))
    return folder


def test_lists_are_respected(listed: Path):
    """In the order of the flag."""
    assert list(images_of(listed / "out").items()) == [
        ("test", ["day/000004.jpg", "night/000004.jpg"]),
        ("train", ["day/000000.jpg", "day/000001.jpg", "night/000000.jpg"]),
        ("val", ["day/000003.jpg", "naïve.jpg", "night/000001.jpg"]),
    ]


def unlisted(source: Path, line: int, name: str, why: str) -> dict[str, object]:
    code = "image_missing" if why.startswith("no image") else "image_ambiguous"
    head: dict[str, object] = {"source": str(source), "line": line, "image": name, "code": code}
    return head | {"level": "unlisted", "message": f"split '{source.stem}' lists it, and {why}"}


def test_entries_that_name_nothing_and_images_that_are_in_no_list(listed: Path):
    """None of them counts for --max_rejects."""
    fit = "several images fit equally well: 'day/{0}.jpg', 'night/{0}.jpg'"
    expected: list[dict[str, object]] = [
        unlisted(listed / "test.txt", 2, "000002", fit.format("000002")),
        unlisted(listed / "train.txt", 4, "lost", "no image file is named so"),
        unlisted(listed / "train.txt", 5, "000001", fit.format("000001")),
    ]
    left = ("day/000002", "night/000002", "night/000003")
    tail = {"code": "not_in_a_split", "level": "unlisted", "message": "none of the given splits names it"}
    expected += [{"source": f"{name}.xml", "image": f"{name}.jpg"} | tail for name in left]
    assert reject_lines(listed / "out") == expected
    manifest = read_manifest(listed / "out")
    assert manifest.rejects.counts == {"image_ambiguous": 2, "image_missing": 1, "not_in_a_split": 3}
    assert manifest.remarks == ()


def test_lists_for_rows(listed: Path, tmp_path: Path):
    """The shards are those of the XML."""
    given = ["--rows", listed / "rows.csv", "--images", listed / "images", f"--output={tmp_path / 'out'}"]
    build(*given, put_lists(listed, VOC), "--strict_splits")
    ours, theirs = digests(tmp_path / "out"), digests(listed / "out")
    shards = [name for name in theirs if name.endswith(".tfrecord")]
    assert len(shards) == 3
    assert {name: ours[name] for name in shards} == {name: theirs[name] for name in shards}
    lines = {one["image"]: one for one in reject_lines(listed / "out")}
    for one in reject_lines(tmp_path / "out"):
        expected = lines.pop(one["image"])
        assert one == expected | ({"source": "rows.csv"} if one["code"] == "not_in_a_split" else {})
    assert lines == {}


def test_a_list_that_is_called_as_the_table_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Lines of the one are not those of the other."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tables").mkdir()
    rows = [row(f"{i}.jpg") for i in range(3)]
    write_pictures(tmp_path / "images", names_of(rows))
    (tmp_path / "tables/all.txt").write_bytes(as_csv(rows) + b"2.jpg,40\n")
    (tmp_path / "all.txt").write_text("0.jpg\n1.jpg\n\n2.jpg\ngone.jpg\n")
    given = ("--rows=tables/all.txt", "--images=images", "--output=out", "--split_lists=all=all.txt")
    build(*given, "--max_rejects=0.3")
    assert [(one["source"], one["line"], one["code"]) for one in reject_lines(tmp_path / "out")] == [
        ("all.txt", 5, "row_malformed"),
        ("all.txt", 5, "image_missing"),
    ]
    assert images_of(tmp_path / "out") == {"all": ["0.jpg", "1.jpg", "2.jpg"]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of splits, with a picture in two of them, one beside them, and one that has no rows."""
    folder = tmp_path_factory.mktemp("folders")
    names = ["validation/a.jpg", "train/deep/b.jpg", "train/c.jpg", "beside.jpg", "test/train/d.jpg"]
    rows = [row(name) for name in names]
    given = put_rows(folder, rows)
    (folder / "images/test/copy.jpg").write_bytes(jpeg("train/c.jpg"))
    write_pictures(folder / "images", ["train/without.jpg"])
    more = ("--split_by_folder", "--unannotated=negative", "--num_shards=train=2")
    build(*given, f"--output={folder / 'out'}", *more)
    return folder


def test_folders_are_respected(folders: Path):
    assert list(images_of(folders / "out").items()) == [
        ("train", ["train/c.jpg", "train/deep/b.jpg", "train/without.jpg"]),
        ("validation", ["validation/a.jpg"]),
        ("test", ["test/copy.jpg", "test/train/d.jpg"]),
    ]
    assert [one["image"] for one in reject_lines(folders / "out")] == ["beside.jpg"]
    manifest = read_manifest(folders / "out")
    assert (manifest.options["split_source"], manifest.splits["train"].negatives) == ("folders", 1)
    assert len(manifest.splits["train"].shards) == 2


def test_a_copy_in_another_folder_is_a_leak(folders: Path, tmp_path: Path):
    line = "  'test/copy.jpg' (test), 'train/c.jpg' (train)"
    assert read_manifest(folders / "out").remarks == (LEAK + WHERE, line)
    given = ("--rows", folders / "rows.csv", "--images", folders / "images", f"--output={tmp_path / 'out'}")
    result = shardbox("build", *given, "--split_by_folder", "--unannotated=negative", "--strict_splits")
    assert result == (1, "", f"shardbox: --strict_splits: {LEAK}\n{line}\n")


@pytest.mark.parametrize(
    ("lists", "more", "message"),
    [
        (
            {"train": "0\n1\n", "val": "gone\n", "test": "lost 1\n"},
            (),
            "no picture was given to splits 'val', 'test': check the names in its list",
        ),
        (
            {"train": "0\n1\n", "val": "gone\n"},
            ("--max_rejects=1",),
            "no picture was given to split 'val': check the names in its list",
        ),
        (
            {"train": "a\n", "val": "b\n"},
            (),
            "not one image is left: nothing is left to write\n"
            "  image_missing: 2. No image file has this name: check --images, or rename one of the two.\n"
            "    '{folder}/train.txt' line 1 and 'a': split 'train' lists it, and no image file is named so\n"
            "    '{folder}/val.txt' line 1 and 'b': split 'val' lists it, and no image file is named so\n"
            "  not_in_a_split: 2. None of the given splits names it: add it to one "
            "(--split_by_folder: put it into a folder).\n"
            "    'rows.csv' and '0.jpg': none of the given splits names it\n"
            "    'rows.csv' and '1.jpg': none of the given splits names it",
        ),
    ],
    ids=["two empty splits", "an empty split", "nothing"],
)
def test_splits_without_a_picture(lists: dict[str, str], more: tuple[str, ...], message: str, tmp_path: Path):
    given = put_rows(tmp_path, [row("0.jpg"), row("1.jpg", "dog")])
    flag = put_lists(tmp_path, lists)
    before = snapshot(tmp_path)
    result = shardbox("build", *given, f"--output={tmp_path / 'out'}", flag, *more)
    assert result == (1, "", f"shardbox: {message.format(folder=tmp_path)}\n")
    assert snapshot(tmp_path) == before


def test_names_that_differ_only_in_case(tmp_path: Path):
    given = put_rows(tmp_path, [row("0.jpg", split="train"), row("1.jpg", split="Train")], "split")
    result = shardbox("build", *given, f"--output={tmp_path / 'out'}")
    message = (
        "In the given splits 'Train' (1×) and 'train' (1×) differ only in case: write the name of a split in one way"
    )
    assert result == (1, "", f"shardbox: {message}\n")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            ("--split_lists=train={folder}/none.txt",),
            "--split_lists train='{folder}/none.txt' cannot be read: No such file or directory",
        ),
        (
            ("--split_lists=train={folder}/empty.txt",),
            "--split_lists: The list '{folder}/empty.txt' of the split train is empty: "
            "write the name of one picture a line",
        ),
        (
            ("--split_lists=train={folder}/a.txt", "--split_by_folder"),
            "--split_lists and --split_by_folder exclude each other: each says which image goes to which split",
        ),
        (
            ("--split_lists=train={folder}/a.txt", "--num_shards=tain=2"),
            "--num_shards names split 'tain', but --split_lists has train; did you mean train?",
        ),
        (
            ("--splits=all=1", "--strict_splits"),
            "--strict_splits refuses leaks between splits that are given, which --splits never makes: "
            "leave it out, or give --split_lists or --split_by_folder",
        ),
    ],
)
def test_what_is_refused_at_once(more: tuple[str, ...], message: str, tmp_path: Path):
    given = put_rows(tmp_path, [row("0.jpg")])
    (tmp_path / "empty.txt").write_text("\n \n")
    before = snapshot(tmp_path)
    more = tuple(flag.format(folder=tmp_path) for flag in more)
    result = shardbox("build", *given, f"--output={tmp_path / 'out'}", *more)
    assert result == (2, "", f"shardbox: {message.format(folder=tmp_path)}\n")
    assert snapshot(tmp_path) == before


def test_num_shards_for_a_split_that_no_row_gives(tmp_path: Path):
    given = put_rows(tmp_path, [row("0.jpg", split="train")], "split")
    result = shardbox("build", *given, f"--output={tmp_path / 'out'}", "--num_shards=trian=2")
    message = "--num_shards names split 'trian', but pictures were given to train; did you mean train?"
    assert result == (1, "", f"shardbox: {message}\n")
