"""The flags of `shardbox build`: what they become, and the sentence for each way to get them wrong."""

from dataclasses import replace

import pytest

from beam_pipelines.command_line.options import BuildOptions, parse_build_options
from beam_pipelines.rows.layout import FIELDS, RowOptions

from ..made import FRACTIONS
from .made_options import NEEDED, PLAIN, ROWS, refusal


def test_defaults():
    assert parse_build_options(NEEDED) == PLAIN
    assert PLAIN.fractions == FRACTIONS
    assert list(PLAIN.fractions) == list(FRACTIONS)
    assert parse_build_options(ROWS) == replace(PLAIN, annotations=(), rows=("r.csv",))


def test_every_flag():
    arguments = [
        *("--annotations", "a/*.xml", "b", "--images", "i", "j", "--output", "o", "--label_map", "m.pbtxt"),
        *("--unknown_classes", "drop", "--splits", "all=1", "--seed", "-7", "--group_by", "^(.)"),
        *(
            "--num_shards",
            "all=3",
            "--shard_size",
            "1MiB",
            "--unannotated",
            "negative",
            "--duplicates",
            "merge",
            "--probe",
            "decode",
        ),
        *("--max_rejects", "0.5", "--masks", "m", "--class_maps", "c"),
        *("--overwrite", "--dry_run", "--no_report"),
    ]
    expected = BuildOptions(
        annotations=("a/*.xml", "b"),
        rows=(),
        images=("i", "j"),
        output="o",
        row_options=RowOptions(),
        masks="m",
        class_maps="c",
        label_map="m.pbtxt",
        unknown_classes="drop",
        splits={"all": 1.0},
        split_lists=None,
        split_by_folder=False,
        strict_splits=False,
        seed=-7,
        group_by="^(.)",
        num_shards={"all": 3},
        shard_size=2**20,
        unannotated="negative",
        duplicates="merge",
        probe="decode",
        max_rejects=0.5,
        overwrite=True,
        dry_run=True,
        no_report=True,
        beam=(),
    )
    assert parse_build_options(arguments) == expected
    assignments = [f"{flag}={value}" for flag, value in zip(arguments[8:-3:2], arguments[9:-3:2], strict=True)]
    assert parse_build_options([*arguments[:8], *assignments]) == replace(
        expected, overwrite=False, dry_run=False, no_report=False
    )


def test_every_flag_of_rows_and_given_splits():
    arguments = [*("--rows", "a.csv", "b/*.parquet"), *ROWS[2:], "--columns", "image=path,label=classes"]
    arguments += ["--box_format", "cxcywh", "--normalized", "--split_by_folder", "--strict_splits"]
    expected = replace(
        PLAIN,
        annotations=(),
        rows=("a.csv", "b/*.parquet"),
        row_options=RowOptions((("image", "path"), ("label", "classes")), "cxcywh", True),
        split_by_folder=True,
        strict_splits=True,
    )
    assert parse_build_options(arguments) == expected


def test_lists_of_splits_keep_their_order():
    options = parse_build_options([*NEEDED, "--split_lists", "test=b.txt,train=a.txt", "--strict_splits"])
    assert options == replace(PLAIN, split_lists={"train": "a.txt", "test": "b.txt"}, strict_splits=True)
    assert list(options.split_lists) == ["test", "train"]


SHAPES = {
    "box_format": "xyxy",
    "class_maps": False,
    "columns": {},
    "duplicates": "keep",
    "group_by": None,
    "label_map_given": False,
    "masks": False,
    "normalized": False,
    "num_shards": None,
    "probe": "structure",
    "seed": 0,
    "shard_size": 2**28,
    "split_source": "fractions",
    "splits": FRACTIONS,
    "unannotated": "skip",
    "unknown_classes": "fail",
}


@pytest.mark.parametrize(
    ("changes", "shapes"),
    [
        ({}, {}),
        ({"label_map": "m.pbtxt", "seed": 3}, {"label_map_given": True, "seed": 3}),
        ({"masks": "m"}, {"masks": True}),
        ({"class_maps": "c"}, {"class_maps": True}),
        ({"splits": {"all": 1.0}}, {"splits": {"all": 1.0}}),
        ({"split_lists": {"a": "a.txt"}, "strict_splits": True}, {"split_source": "lists", "splits": {}}),
        ({"split_by_folder": True}, {"split_source": "folders", "splits": {}}),
        (
            {"rows": ("r.csv",), "row_options": RowOptions((("image", "path"),), "xywh", True)},
            {"columns": {"image": "path"}, "box_format": "xywh", "normalized": True},
        ),
    ],
)
def test_options_that_shape_data_hold_no_path(changes, shapes):
    assert replace(PLAIN, **changes).that_shape_data() == SHAPES | shapes


def test_flags_that_must_be_given():
    assert refusal() == "--annotations (or --rows), --images and --output must be given"
    assert refusal(*NEEDED[2:]) == "--annotations (or --rows) must be given"
    assert refusal(*NEEDED[:4]) == "--output must be given"
    assert refusal(*ROWS[:2], *ROWS[4:]) == "--images must be given"
    assert refusal("--dry_run", *NEEDED[:2]) == "--images and --output must be given"
    assert refusal("--output", "", *NEEDED[:4]) == "--output must be given"


def test_annotations_and_rows_exclude_each_other():
    assert refusal(*NEEDED, "--rows", "r.csv") == (
        "--annotations and --rows exclude each other: boxes come from XML files or from rows"
    )


@pytest.mark.parametrize("given", [("--columns", "image=path"), ("--box_format=xyxy",), ("--normalized",)])
def test_how_to_read_rows_that_are_not_given(given):
    assert refusal(*NEEDED, *given) == (
        f"{given[0].partition('=')[0]} tells how to read --rows, which are not given: leave it out, or give --rows"
    )
    assert parse_build_options([*ROWS, *given]).rows == ("r.csv",)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (("--splits=all=1", "--split_by_folder"), "--splits and --split_by_folder"),
        (("--split_lists=a=a.txt", "--splits=all=1"), "--splits and --split_lists"),
        (("--split_lists=a=a.txt", "--split_by_folder"), "--split_lists and --split_by_folder"),
    ],
)
@pytest.mark.parametrize("needed", [NEEDED, ROWS])
def test_ways_to_split_exclude_each_other(needed, given, named):
    assert refusal(*needed, *given) == f"{named} exclude each other: each says which image goes to which split"


def test_strict_splits_need_splits_that_are_given():
    message = (
        "--strict_splits refuses leaks between splits that are given, which --splits never makes: "
        "leave it out, or give --split_lists or --split_by_folder"
    )
    assert refusal(*NEEDED, "--strict_splits") == message
    assert refusal(*NEEDED, "--strict_splits", "--splits=all=1") == message
    assert refusal(*ROWS, "--strict_splits", "--splits=all=1") == message
    # Rows may have a column of splits.
    assert parse_build_options([*ROWS, "--strict_splits"]).strict_splits


def test_a_dry_run_needs_no_output():
    assert parse_build_options([*NEEDED[:4], "--dry_run"]) == replace(PLAIN, output="", dry_run=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "x"), "argument --seed: 'x' is not a whole number"),
        (
            ("--max_rejects", "5"),
            "argument --max_rejects: '5' is not a fraction from 0 to 1, such as 0.01; did you mean 0.05?",
        ),
        (("--shard_size", "big"), "argument --shard_size: 'big' is not a size, such as 256MiB, 100MB or 1GiB"),
        (
            ("--duplicates", "merg"),
            "argument --duplicates: 'merg' is not one of keep, merge, reject; did you mean merge?",
        ),
        (("--probe", "full"), "argument --probe: 'full' is not one of structure, decode"),
        (
            ("--unannotated", "negatives"),
            "argument --unannotated: 'negatives' is not one of skip, negative; did you mean negative?",
        ),
        (("--unknown_classes", "ignore"), "argument --unknown_classes: 'ignore' is not one of fail, drop"),
        (
            ("--num_shards", "0"),
            "argument --num_shards: '0' is not a number of shards: from 1 to 99999, or SPLIT=NUMBER,…",
        ),
        (
            ("--splits", "train=80%"),
            "argument --splits: 'train=80%' is a percentage: write the fraction, train=0.8",
        ),
        (
            ("--group_by", "["),
            "argument --group_by: '[' is not a regular expression: unterminated character set at position 0",
        ),
        (
            ("--columns", "imge=path"),
            f"argument --columns: 'imge' is not a field: take one of {', '.join(FIELDS)}; did you mean image?",
        ),
        (
            ("--box_format", "xyhw"),
            "argument --box_format: 'xyhw' is not one of xyxy, xywh, cxcywh; did you mean xywh?",
        ),
        (
            ("--split_lists", "train"),
            "argument --split_lists: 'train' is not NAME=FILE: write, for example, train=train.txt",
        ),
        (("--split_by_folder=yes",), "argument --split_by_folder: ignored explicit argument 'yes'"),
        (("--rows",), "argument --rows: expected at least one argument"),
        (("--masks",), "argument --masks: expected one argument"),
        (("--output",), "argument --output: expected one argument"),
        (("--images",), "argument --images: expected at least one argument"),
        (("--overwrite=yes",), "argument --overwrite: ignored explicit argument 'yes'"),
        (("--config",), "argument --config: expected at least one argument"),
    ],
)
def test_wrong_values(arguments, message):
    assert refusal(*NEEDED, *arguments) == message


def test_shards_of_a_split_that_is_not_there():
    asked = ("--num_shards", "trian=3,test=1")
    message = "--num_shards names split 'trian', but --splits has train, validation, test; did you mean train?"
    assert refusal(*NEEDED, *asked) == message
    assert refusal(*ROWS, "--splits=train=0.9,test=0.1", *asked) == (
        "--num_shards names split 'trian', but --splits has train, test; did you mean train?"
    )
    assert refusal(*NEEDED, "--split_lists=a=a.txt,test=b.txt", *asked) == (
        "--num_shards names split 'trian', but --split_lists has a, test"
    )
    assert parse_build_options([*NEEDED, "--num_shards", "test=1"]).num_shards == {"test": 1}


@pytest.mark.parametrize("given", [(*NEEDED, "--split_by_folder"), ROWS, (*ROWS, "--split_by_folder")])
def test_shards_of_splits_that_are_found_later(given):
    assert parse_build_options([*given, "--num_shards", "a=3"]).num_shards == {"a": 3}
