"""Tables divided as a person asks for it, and what the person is told."""

import json
import re
import shutil
from pathlib import Path

import pytest

from beam_pipelines.rejects import REMEDIES
from beam_pipelines.steps import split_csv
from beam_pipelines.steps.split_csv import parse_eval_fraction

from .made_steps import BAD_ROW, BAD_ROW_IS, HEADER, names_in, refused, run, write_rows

PICTURES = Path(__file__).parents[2] / "data" / "pictures"
ROWS = [
    f"{i:02d}.jpg,40,30,{name},1,2,{side},4" for i in range(20) for name in ("cat", "dog")[: i % 4] for side in (9, 8)
]


def images_in(path: Path) -> set[str]:
    return {line.split(",")[0] for line in path.read_text().splitlines()[1:]}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_fifth_of_the_images_is_to_evaluate_with(tmp_path: Path):
    table, output = write_rows(tmp_path / "a.csv", *ROWS), tmp_path / "splits"
    lines = run(split_csv, "--rows", table, "--output", output)
    assert names_in(output) == ["eval.csv", "train.csv"]
    assert len(images_in(output / "eval.csv")) == 3
    assert not images_in(output / "eval.csv") & images_in(output / "train.csv")
    parts = [(output / name).read_text().splitlines() for name in ("train.csv", "eval.csv")]
    for part in parts:
        assert part[0] == HEADER
        assert part[1:] == [line for line in ROWS if line in part]
    assert sorted(parts[0][1:] + parts[1][1:]) == sorted(ROWS)
    assert [cells(line) for line in lines if line.startswith("│")] == [
        ["rows", "40", "10", "50"],
        ["images", "12", "3", "15"],
        ["with cat", "12", "3", "15"],
        ["with dog", "8", "2", "10"],
    ]
    advice = f"shardbox label_map --rows {table} --output label_map.pbtxt"
    assert lines[-1] == f"{output}: train.csv, eval.csv; next: {advice}"


def test_the_seed_decides_and_the_order_of_rows_does_not(tmp_path: Path):
    given, turned = write_rows(tmp_path / "a.csv", *ROWS), write_rows(tmp_path / "b.csv", *ROWS[::-1])
    for name, table, seed in (("1", given, 0), ("2", turned, 0), ("3", given, 1)):
        run(split_csv, "--rows", table, "--output", tmp_path / name, "--seed", seed)
    first, second, third = (images_in(tmp_path / name / "eval.csv") for name in ("1", "2", "3"))
    assert first == second != third


@pytest.mark.parametrize(
    ("flags", "numbers"),
    [
        (["--eval_fraction=0.5"], {"train": 8, "eval": 7}),
        (["--splits=a=0.6,b=0.2,c=0.2"], {"a": 9, "b": 3, "c": 3}),
        (["--splits=all=1"], {"all": 15}),
    ],
)
def test_fractions(tmp_path: Path, flags: list[str], numbers: dict[str, int]):
    run(split_csv, "--rows", write_rows(tmp_path / "a.csv", *ROWS), "--output", tmp_path / "out", *flags)
    found = {path.stem: len(images_in(path)) for path in (tmp_path / "out").iterdir()}
    assert found.keys() == numbers.keys()
    assert all(abs(found[name] - number) <= 1 for name, number in numbers.items())
    assert sum(found.values()) == 15


def test_groups_by_expression_stay_whole(tmp_path: Path):
    rows = [f"s{i % 9}/{i}.jpg,40,30,cat,1,2,3,4" for i in range(45)] + ["x.jpg,40,30,cat,1,2,3,4"]
    table, output = write_rows(tmp_path / "a.csv", *rows), tmp_path / "out"
    lines = run(split_csv, "--rows", table, "--output", output, "--group_by=^(s.)/")
    train, evaluation = ({image.split("/")[0] for image in images_in(output / f"{n}.csv")} for n in ("train", "eval"))
    assert not train & evaluation
    assert len(train | evaluation) == 10
    assert lines[-2] == "--group_by does not match 1 of 46 image paths: each of these images is a group of its own"


def test_groups_of_a_column_stay_whole(tmp_path: Path):
    rows = [f"{i}.jpg,40,30,cat,1,2,3,4,p{i % 9}" for i in range(45)]
    table = write_rows(tmp_path / "a.csv", *rows, header=f"{HEADER},patient")
    run(split_csv, "--rows", table, "--output", tmp_path / "out")
    found = ({int(image[:-4]) % 9 for image in images_in(tmp_path / "out" / f"{n}.csv")} for n in ("train", "eval"))
    train, evaluation = found
    assert not train & evaluation
    assert len(train | evaluation) == 9


@pytest.mark.parametrize(("sides", "flags"), [("1,2,3,4", []), ("0.1,0.2,0.3,0.4", ["--normalized"])])
def test_copies_stay_together_if_the_images_are_given(tmp_path: Path, sides: str, flags: list[str]):
    (tmp_path / "images").mkdir()
    for i in range(8):
        shutil.copy(PICTURES / "raccoon-150.jpg", tmp_path / "images" / f"{i}.jpg")
    shutil.copy(PICTURES / "raccoon-151.jpg", tmp_path / "images" / "8.jpg")
    table = write_rows(tmp_path / "a.csv", *(f"{i}.jpg,40,30,cat,{sides}" for i in range(9)))
    where = ["--images", tmp_path / "images", "--output", tmp_path / "out"]
    lines = run(split_csv, "--rows", table, *where, "--eval_fraction=0.5", *flags)
    parts = [images_in(tmp_path / "out" / name) for name in ("train.csv", "eval.csv")]
    assert sorted(parts, key=len) == [{"8.jpg"}, {f"{i}.jpg" for i in range(8)}]
    with_cat = [cells(line) for line in lines if line.startswith("│")][-1]
    assert with_cat == ["with cat", *(str(len(part)) for part in parts), "9"]  # boxes in the wrong unit are none


def test_rows_of_missing_images_and_bad_rows_are_listed(tmp_path: Path):
    (tmp_path / "images").mkdir()
    for i in (0, 1):
        shutil.copy(PICTURES / f"raccoon-15{i}.jpg", tmp_path / "images" / f"{i}.jpg")
    rows = [
        "0.jpg,40,30,cat,1,2,3,4",
        "lost.jpg,40,30,cat,1,2,3,4",
        BAD_ROW,
        "1.jpg,40,30,cat,1,2,3,4",
        "lost.jpg,,,,,,,",
    ]
    flags = ["--rows", write_rows(tmp_path / "a.csv", *rows), "--images", tmp_path / "images", "--eval_fraction=0.5"]
    lines = run(split_csv, *flags, "--output", tmp_path / "out", "--max_rejects=0.4")
    assert sorted([*images_in(tmp_path / "out" / "train.csv"), *images_in(tmp_path / "out" / "eval.csv")]) == [
        "0.jpg",
        "1.jpg",
    ]
    rejects = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert rejects == [
        {
            "source": "a.csv",
            "line": 4,
            "image": "",
            "code": "row_without_image",
            "level": "row",
            "message": BAD_ROW_IS,
        },
        {
            "source": "a.csv",
            "line": 3,
            "image": "lost.jpg",
            "code": "image_missing",
            "level": "image",
            "message": "no image file is named so: not 'lost.jpg'",
        },
    ]
    assert f"Listed in {tmp_path}/out/rejects.jsonl" in lines
    message = (
        "1 of 3 images were rejected (33.3%), more than --max_rejects=0.01 allows. "
        "Mend them, or allow --max_rejects=0.334\n"
        f"  image_missing: 1. {REMEDIES['image_missing']}\n"
        "    'a.csv' line 3 and 'lost.jpg': no image file is named so: not 'lost.jpg'\n"
        f"  row_without_image: 1. {REMEDIES['row_without_image']}\n"
        f"    'a.csv' line 4: {BAD_ROW_IS}"
    )
    assert refused(split_csv, *flags, "--output", tmp_path / "no") == message
    assert not (tmp_path / "no").exists()


def test_overwrite_replaces_its_own_and_names_what_stays(tmp_path: Path):
    table, output = write_rows(tmp_path / "a.csv", *ROWS), tmp_path / "out"
    run(split_csv, "--rows", table, "--output", output, "--splits=train=0.8,test=0.2")
    (output / "rejects.jsonl").write_text("old")
    lines = run(split_csv, "--rows", table, "--output", output, "--overwrite")
    assert names_in(output) == ["eval.csv", "test.csv", "train.csv"]
    assert lines[-2] == f"{output} holds tables that were not written now: 'test.csv'."
    assert not images_in(output / "eval.csv") & images_in(output / "train.csv")


def test_a_column_of_splits_is_told_not_to_count(tmp_path: Path):
    rows = [f"{line},train" for line in ROWS]
    table = write_rows(tmp_path / "a.csv", *rows, header=f"{HEADER},subset")
    lines = run(split_csv, "--rows", table, "--output", tmp_path / "out")
    assert lines[-2] == (
        "The column 'subset' decided nothing here and was copied; `shardbox build --rows` takes it for given splits."
    )


@pytest.mark.parametrize(("text", "fraction"), [("0.2", 0.2), ("1e-3", 0.001)])
def test_a_fraction_to_evaluate_with(text: str, fraction: float):
    assert parse_eval_fraction(text) == fraction


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "'0' leaves nothing for eval: give a fraction between 0 and 1, such as 0.2"),
        ("1.0", "'1.0' leaves nothing for train: give a fraction between 0 and 1, such as 0.2"),
        ("20", "'20' is not a fraction from 0 to 1, such as 0.01; did you mean 0.2?"),
    ],
)
def test_a_fraction_that_leaves_nothing(text: str, message: str):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_eval_fraction(text)


EXPRESSION = "it is a regular expression, searched in the path"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--rows and --output must be given"),
        (["--rows={}/a.csv"], "--output must be given"),
        (
            ["--rows={}/a.csv", "--output={}/out", "--splits=a=1", "--eval_fraction=0.2"],
            "--eval_fraction and --splits are given: give one of them",
        ),
        (
            ["--rows={}/a.csv", "--output={}/out", "--eval_fraction=0"],
            "argument --eval_fraction: '0' leaves nothing for eval: give a fraction between 0 and 1, such as 0.2",
        ),
        (
            ["--rows={}/b.csv", "--output={}/out"],
            "--rows '{}/b.csv' matches nothing (the folder '{}' exists and holds 6 entries)",
        ),
        (["--rows={}/a.csv", "--output={}/a.csv"], "--output '{}/a.csv' is a file: give a folder"),
        (
            ["--rows={}/train.csv", "--output={}", "--overwrite"],
            "--output would replace '{}/train.csv', which --rows reads: give another place",
        ),
        (
            ["--rows={}/a.csv", "--output={}"],
            "--output: '{}/train.csv' exists: give another place, or replace it with --overwrite",
        ),
        (
            ["--rows={}/a.csv", "--output=gs://bucket/out"],
            "--output 'gs://bucket/out' is not on a disk of this machine: give a folder here, and copy it",
        ),
        (
            ["--rows={}/empty.csv", "--output={}/out"],
            "there is nothing to divide: --rows {}/empty.csv holds no row below the header",
        ),
        (
            ["--rows={}/a.csv", "--output={}/out", "--group_by=video(.)"],
            f"--group_by 'video(.)' matches none of 15 image paths: {EXPRESSION} that the rows give",
        ),
        (
            ["--rows={}/one.csv", "--images={}/0.jpg", "--output={}/out", "--group_by=video(.)"],
            f"--group_by 'video(.)' matches none of 1 image paths: {EXPRESSION} below --images",
        ),
        (
            ["--rows={}/group.csv", "--output={}/out", "--group_by=(.)"],
            "--rows '{}/group.csv' names groups in its column 'group', and so does --group_by: "
            "leave one of them out (a column is ignored when it is renamed)",
        ),
        (
            ["--rows={}/a.csv", "--images={}/*.png", "--output={}/out"],
            "--images '{}/*.png' matches nothing (the folder '{}' exists and holds 6 entries)",
        ),
        (
            ["--rows={}/one.csv", "--output={}/out"],
            "1 picture (a group counts as one) cannot fill 2 splits: use --splits all=1",
        ),
        (
            ["--rows={}/a.csv", "--output={}/out", "--eval_fraction=0.001"],
            "15 pictures (a group counts as one) leave the split eval of --splits train=0.999,eval=0.001 empty: every "
            "fraction must be at least 0.0667, for example --splits train=0.9,eval=0.1; or use --splits all=1",
        ),
    ],
)
def test_refusals(tmp_path: Path, flags: list[str], message: str):
    # Each image of a.csv has a class of its own: none can be brought to each split.
    write_rows(tmp_path / "a.csv", *(f"{i}.jpg,40,30,c{i},1,2,3,4" for i in range(15)))
    write_rows(tmp_path / "one.csv", "0.jpg,40,30,cat,1,2,3,4")
    write_rows(tmp_path / "train.csv", *ROWS)
    write_rows(tmp_path / "empty.csv")
    write_rows(tmp_path / "group.csv", "a,b,c", header="image,label,group")
    shutil.copy(PICTURES / "raccoon-150.jpg", tmp_path / "0.jpg")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    placed = [flag.replace("{}", str(tmp_path)) for flag in flags]
    assert refused(split_csv, *placed) == message.replace("{}", str(tmp_path))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
