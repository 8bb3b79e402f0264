"""The steps as commands: what one writes the next one reads, and together they do what `build` does at once."""

from pathlib import Path

import pytest

from data_contract.manifest import read_manifest

from .made_sets import REAL, flags, good_set, mixed_set, write_set
from .shardbox_runs import Result, build, examples_of, name_of, records, shardbox, values

EIGHT = "filename,width,height,class,xmin,ymin,xmax,ymax"
SPLITS = "--splits=train=0.6,validation=0.2,test=0.2"


def step(*arguments: object) -> Result:
    """A command that must succeed."""
    result = shardbox(*arguments)
    assert (result.code, result.err) == (0, ""), result
    return result


def splits_of_tables(folder: Path) -> dict[str, str]:
    """The split of each image in the tables of a folder."""
    found: dict[str, str] = {}
    for table in folder.glob("*.csv"):
        header, *lines = table.read_text("utf-8").splitlines()
        assert header == EIGHT
        for line in lines:
            assert found.setdefault(line.split(",")[0], table.stem) == table.stem
    return found


def splits_of_dataset(folder: Path) -> dict[str, str]:
    """The split of each example's image."""
    return {name_of(example): name for name, examples in examples_of(folder).items() for example in examples}


@pytest.mark.parametrize("name", ["xml_to_csv", "label_map", "split_csv"])
def test_help_shows_every_flag_and_an_example(name: str):
    result = step(name, "--help")
    assert f"usage: shardbox {name} [-h]" in result.out
    assert "--output" in result.out
    assert f"\n  shardbox {name} --" in result.out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["xml_to_csv"], "--annotations and --output must be given"),
        (["split_csv", "--rows", "a.csv"], "--output must be given"),
        (
            ["label_map", "--output", "a"],
            "nothing says the classes: give one of --rows, --annotations and --from_classes",
        ),
        (["split_csv", "--row", "a.csv"], "unknown flag --row; did you mean --rows?"),
        (["label_map", "a.csv"], "unexpected argument 'a.csv'"),
    ],
)
def test_wrong_commands(given: list[str], message: str):
    assert shardbox(*given) == (2, "", f"shardbox: {message}\n")


def test_data_that_make_nothing(tmp_path: Path):
    table = tmp_path / "a.csv"
    table.write_text(f"{EIGHT}\n")
    message = f"shardbox: there is nothing to divide: --rows {table} holds no row below the header\n"
    assert shardbox("split_csv", "--rows", table, "--output", tmp_path / "out") == (1, "", message)


def test_the_steps_one_after_the_other_give_the_examples_of_build(tmp_path: Path):
    annotations, images = REAL / "raccoon" / "annotations", REAL / "raccoon" / "images"
    labels, splits, label_map = (tmp_path / name for name in ("labels.csv", "splits", "label_map.pbtxt"))
    step("xml_to_csv", "--annotations", annotations, "--output", labels, "--all_columns")
    step("split_csv", "--rows", labels, "--images", images, "--output", splits, "--eval_fraction=0.5", "--seed=3")
    step("label_map", "--rows", labels, "--output", label_map)
    for name in ("train", "eval"):
        flags_of_file = ("--rows", splits / f"{name}.csv", "--images", images, "--label_map", label_map)
        result = shardbox("csv_to_tfrecords", *flags_of_file, "--output", tmp_path / f"{name}.tfrecord")
        assert result.code == 0, result
    build(
        *("--annotations", annotations, "--images", images, "--output", tmp_path / "built"),
        *("--splits=train=0.5,eval=0.5", "--seed=3"),
    )
    assert label_map.read_bytes() == (tmp_path / "built" / "label_map.pbtxt").read_bytes()
    built = examples_of(tmp_path / "built")
    assert sum(map(len, built.values())) == 4
    for name, examples in built.items():
        made = [values(record) for record in records(tmp_path / f"{name}.tfrecord")]
        assert sorted(made, key=name_of) == sorted(examples, key=name_of)


@pytest.mark.parametrize("more", [[], ["--seed=5"], ["--group_by=^(scene.)/"]], ids=["plain", "seed", "group_by"])
def test_tables_are_divided_as_build_divides(tmp_path: Path, more: list[str]):
    """With copies under several names, groups, bad boxes and broken pictures."""
    folder = mixed_set(tmp_path / "set")
    build(*flags(folder, tmp_path / "built"), SPLITS, "--max_rejects=0.2", *more)
    labels, splits = tmp_path / "labels.csv", tmp_path / "splits"
    step("xml_to_csv", "--annotations", folder / "Annotations", "--output", labels)
    images = ("--images", folder / "JPEGImages", "--max_rejects=0.2")
    step("split_csv", "--rows", labels, "--output", splits, SPLITS, *images, *more)
    built, divided = splits_of_dataset(tmp_path / "built"), splits_of_tables(splits)
    assert {name: divided[name] for name in built} == built
    assert len(divided) - len(built) == 1  # a copy of a picture with the same boxes is one example, and has its rows
    run = read_manifest(tmp_path / "built")
    assert run.rejects.counts["image_truncated"] == run.rejects.counts["image_missing"] == 1
    rejects = (splits / "rejects.jsonl").read_text().splitlines()
    assert sorted(line.partition('"code": "')[2].partition('"')[0] for line in rejects) == [
        "image_missing",
        "image_truncated",
    ]


def test_steps_give_the_same_bytes_again(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(20))
    for again in ("1", "2"):
        labels = tmp_path / again / "labels.csv"
        step("xml_to_csv", "--annotations", folder / "Annotations", "--output", labels)
        step("split_csv", "--rows", labels, "--output", tmp_path / again / "splits")
        step("label_map", "--rows", tmp_path / again / "splits/*.csv", "--output", tmp_path / again / "map.pbtxt")
    for name in ("labels.csv", "splits/train.csv", "splits/eval.csv", "map.pbtxt"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    tables = [(tmp_path / "1" / "splits" / f"{name}.csv").read_text().splitlines()[1:] for name in ("train", "eval")]
    assert [len(lines) for lines in tables] == [16, 4]
