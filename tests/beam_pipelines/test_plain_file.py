"""One plain file of records: what is in it, what is refused, and that nothing else is left."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from beam_pipelines import plain_file
from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.failures import DatasetError
from beam_pipelines.plain_file import build_file, rejects_path
from presentation.refusals import UsageError

from .made import contents, put
from .made_tables import LABEL_MAP, RACCOON_ROWS, RACCOONS, boxes_in, classic_boxes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path, "in/rows.csv", RACCOON_ROWS)
    put(tmp_path, "in/map.pbtxt", LABEL_MAP)
    (tmp_path / "out").mkdir()
    return tmp_path


def build_in(folder: Path, *flags: str, output: str = "out/a.tfrecord", overwrite=False, screen=None):
    options = parse_build_options(
        [
            *(f"--rows={folder}/in/rows.csv", f"--images={RACCOONS}", f"--label_map={folder}/in/map.pbtxt"),
            *("--output=unused", *flags),
        ]
    )
    return build_file(options, str(folder / output), overwrite, screen, None)


def refusal(folder: Path, *flags: str, error=UsageError, **named) -> str:
    before = contents(folder)
    with pytest.raises(error) as refused:
        build_in(folder, *flags, **named)
    assert contents(folder) == before
    return str(refused.value)


def put_bad_rows(folder: Path) -> None:
    put(folder, "in/rows.csv", RACCOON_ROWS + "raccoon-65.jpg,480,360,tail,9,5,9,8\nraccoon-65.jpg,480\n")


def test_a_file_holds_the_boxes_of_the_classic_script_and_nothing_is_beside_it(folder: Path):
    manifest = build_in(folder)
    assert set(contents(folder / "out")) == {"a.tfrecord"}
    assert boxes_in(folder / "out/a.tfrecord") == classic_boxes()
    (split,) = manifest.splits.items()
    assert (split[0], split[1].images, split[1].boxes) == ("all", 4, {"raccoon": 4, "tail": 1})
    assert split[1].bytes == (folder / "out/a.tfrecord").stat().st_size


def test_the_same_bytes_every_time(folder: Path):
    build_in(folder)
    build_in(folder, "--seed=3", output="out/b.tfrecord")
    assert (folder / "out/a.tfrecord").read_bytes() == (folder / "out/b.tfrecord").read_bytes()


def test_folders_above_the_file_are_made(folder: Path):
    build_in(folder, output="new/er/a.tfrecord")
    assert set(contents(folder / "new")) == {"er/a.tfrecord"}


def test_rejects_are_listed_beside_the_file(folder: Path):
    put_bad_rows(folder)
    manifest = build_in(folder, "--max_rejects=1")
    assert set(contents(folder / "out")) == {"a.tfrecord", "a.tfrecord.rejects.jsonl"}
    lines = (folder / "out/a.tfrecord.rejects.jsonl").read_text().splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["box_zero_area", "row_malformed"]
    assert manifest.rejects.counts == {"box_zero_area": 1, "row_malformed": 1}
    assert boxes_in(folder / "out/a.tfrecord") == classic_boxes()


def test_all_files_of_rejects_become_one(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("beam_pipelines.planning._REJECTS_PER_FILE", 1)
    rows = [f"lost-{number},1,1,raccoon,1,1,2,2\n" for number in range(9)]
    put(folder, "in/rows.csv", RACCOON_ROWS + "".join(rows))
    manifest = build_in(folder, "--max_rejects=1")
    assert len(manifest.rejects.files) > 1
    lines = (folder / "out/a.tfrecord.rejects.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["code"] for line in lines) == ["image_missing"] * 9


def test_overwrite_replaces_the_file_and_its_rejects(folder: Path):
    put_bad_rows(folder)
    build_in(folder, "--max_rejects=1")
    before = (folder / "out/a.tfrecord").read_bytes()
    put(folder, "in/rows.csv", "\n".join(RACCOON_ROWS.splitlines()[:3]) + "\n")
    build_in(folder, overwrite=True)
    assert set(contents(folder / "out")) == {"a.tfrecord"}
    assert (folder / "out/a.tfrecord").read_bytes() != before
    assert set(boxes_in(folder / "out/a.tfrecord")) == {"raccoon-157.jpg", "raccoon-65.jpg"}


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecord.rejects.jsonl"])
def test_what_is_there_stays(folder: Path, name: str):
    put(folder, f"out/{name}")
    assert refusal(folder) == (
        f"--output: '{folder}/out/{name}' exists: give another place, or replace it with --overwrite"
    )


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("rows", "output"),
    [
        ("in/rows.csv", "in/rows.csv"),
        ("in/rows.csv", "in/../in/rows.csv"),
        ("in", "in/rows.csv"),
        ("in/*.csv", "linked/rows.csv"),
        ("in/a.rejects.jsonl", "in/a"),
    ],
)
def test_rows_are_not_replaced(folder: Path, rows: str, output: str, overwrite: bool):
    put(folder, "in/a.rejects.jsonl", RACCOON_ROWS)
    (folder / "linked").symlink_to(folder / "in")
    lost = f"{output}.rejects.jsonl" if output == "in/a" else output
    assert refusal(folder, f"--rows={folder}/{rows}", output=output, overwrite=overwrite) == (
        f"--output would replace '{folder}/{lost}', which --rows reads: give another place"
    )


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_no_file(folder: Path, overwrite: bool):
    (folder / "out/a.tfrecord").mkdir()
    sentence = f"--output '{folder}/out/a.tfrecord' is a folder: give a file"
    assert refusal(folder, overwrite=overwrite) == sentence


def test_a_path_that_ends_like_a_folder_is_no_file(folder: Path):
    options = parse_build_options(["--rows=r", "--images=i", "--output=o"])
    with pytest.raises(UsageError) as refused:
        build_file(options, "out/", False, None, None)
    assert str(refused.value) == "--output 'out/' is a folder: give a file"


def test_wildcards_are_refused(folder: Path):
    assert refusal(folder, output="out/[a].tfrecord") == (
        f"--output '{folder}/out/[a].tfrecord' has a wildcard in it (one of * ? [ ]): give a path without"
    )


def test_rows_of_several_splits_are_refused(folder: Path):
    header, *rows = RACCOON_ROWS.splitlines()
    put(folder, "in/rows.csv", "\n".join([f"{header},subset", *(f"{row},train" for row in rows)]))
    assert refusal(folder) == (
        "--rows 'rows.csv' gives images to splits in its column 'subset', but all images go into one file: "
        "take `shardbox build`, or rename the column, which is ignored then"
    )


def test_a_class_that_the_label_map_lacks_leaves_nothing(folder: Path):
    put(folder, "in/map.pbtxt", "item { name: 'raccoon' id: 1 }")
    assert "1 class is not in the label map" in refusal(folder, error=DatasetError)
    assert "1 class is not in the label map" in refusal(folder, error=DatasetError, output="new/er/a.tfrecord")


def test_an_interrupt_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(options, *_):
        assert re.fullmatch(r"shardbox-temp-[0-9a-f]{32}", Path(options.output).name)
        assert Path(options.output).parent == folder / "out"
        put(Path(options.output), "deep/x")
        raise KeyboardInterrupt

    put(folder, "out/a.tfrecord", "old")
    monkeypatch.setattr(plain_file, "build", interrupted)
    refusal(folder, error=KeyboardInterrupt, overwrite=True)


def test_a_dry_run_writes_nothing(folder: Path):
    before = contents(folder)
    manifest = build_in(folder, "--dry_run")
    assert contents(folder) == before
    assert manifest.splits["all"].images == 4


def shown(folder: Path, *flags: str) -> list[str]:
    screen = Console(file=StringIO(), width=200)
    build_in(folder, *flags, screen=screen)
    return screen.file.getvalue().splitlines()


def test_what_is_shown(folder: Path):
    lines = shown(folder)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert cells == [
        *(["images", "4"], ["negatives", "0"], ["boxes", "5"], ["raccoon", "4"], ["tail", "1"], ["shards", "1"]),
        ["size", "70.3 KiB"],
        ["1", "duplicate_kept", "the same picture is in another example too, with other boxes"],
    ]
    sizes = r"4 images, 70\.3 KiB in 1 shard, \d+\.\d s \(\d+ images/s\), peak memory \d+\.\d [MG]iB"
    assert re.fullmatch(sizes, lines[-2])
    assert lines[-1] == f"{folder}/out/a.tfrecord"


def test_rejects_are_shown_with_where_they_are_listed(folder: Path):
    put_bad_rows(folder)
    lines = shown(folder, "--max_rejects=1")
    assert any("row_malformed" in line for line in lines)
    assert lines[-2:] == [rejects_path(f"{folder}/out/a.tfrecord"), f"{folder}/out/a.tfrecord"]
