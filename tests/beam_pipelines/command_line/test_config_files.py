"""Flags of `shardbox build` from YAML files."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from beam_pipelines.command_line.config_files import parse_with_configs
from beam_pipelines.command_line.options import BuildOptions, parse_build_options
from beam_pipelines.rows.layout import RowOptions
from presentation.argument_parser import Parser
from presentation.refusals import UsageError

from ..made import FRACTIONS, put
from .made_options import NEEDED, PLAIN, ROWS, config, refusal

EXAMPLES = Path(__file__).parents[3] / "configs" / "dataset"


def with_config(tmp_path, text: str, *arguments) -> BuildOptions:
    return parse_build_options(["--config", config(tmp_path, text), *arguments])


def config_refusal(tmp_path, text: str) -> str:
    """What is said about a configuration file, without its path."""
    path = config(tmp_path, text)
    return refusal("--config", path, *NEEDED).replace(path, "F")


def test_a_configuration_is_a_list_of_flags(tmp_path):
    text = """
        annotations: a
        images: [i, j k]
        output: o
        splits: {train: 0.5, test: 0.5}
        num_shards: {train: 2}
        seed: 3
        max_rejects: 0.25
        overwrite: true
        dry_run: false
        label_map: null
        group_by: '^([^/]+)/'
        runner: DirectRunner
        direct_num_workers: 2
        streaming: true
        experiments: [x, y]
    """
    expected = replace(
        PLAIN,
        images=("i", "j k"),
        splits={"train": 0.5, "test": 0.5},
        num_shards={"train": 2},
        seed=3,
        max_rejects=0.25,
        overwrite=True,
        group_by="^([^/]+)/",
        beam=("--runner=DirectRunner", "--direct_num_workers=2", "--streaming", "--experiments=x", "--experiments=y"),
    )
    assert with_config(tmp_path, text) == expected


def test_the_command_line_wins(tmp_path):
    text = "seed: 3\nimages: [x, y]\nsplits: {all: 1}\nrunner: DirectRunner\n"
    expected = replace(PLAIN, seed=4, splits={"all": 1.0}, beam=("--runner=DirectRunner", "--runner=FnApiRunner"))
    assert with_config(tmp_path, text, *NEEDED, "--seed=4", "--runner=FnApiRunner") == expected


def test_of_two_configurations_the_later_wins(tmp_path):
    paths = [config(tmp_path, f"seed: {i}\nprobe: {p}", f"{i}.yaml") for i, p in enumerate(("structure", "decode"))]
    for arguments in (("--config", *paths), ("--config", paths[0], "--config", paths[1])):
        assert parse_build_options([*NEEDED, *arguments]) == replace(PLAIN, seed=1, probe="decode")
    assert parse_build_options([*NEEDED, "--config", *paths[::-1]]) == PLAIN


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_configuration(tmp_path, text):
    assert with_config(tmp_path, text, *NEEDED) == PLAIN


def test_the_examples_that_come_with_it():
    voc = parse_build_options([*NEEDED, "--config", str(EXAMPLES / "voc.yaml")])
    assert voc == replace(PLAIN, splits=FRACTIONS, seed=7, duplicates="merge")
    rows = parse_build_options([*ROWS, "--config", str(EXAMPLES / "rows.yaml")])
    assert (rows.row_options, rows.splits) == (RowOptions(), {"train": 0.9, "validation": 0.1})
    assert [path.name for path in sorted(EXAMPLES.iterdir())] == ["rows.yaml", "voc.yaml"]


def test_what_an_example_leaves_out_can_be_taken_in(tmp_path):
    text = (EXAMPLES / "rows.yaml").read_text("utf-8")
    whole = re.sub(r"^# (columns:|  image:|  label:|normalized:|masks:)", r"\1", text, flags=re.MULTILINE)
    options = with_config(tmp_path, whole, *ROWS)
    assert options.row_options.columns == (("image", "photo"), ("label", "species"))
    assert (options.row_options.normalized, options.masks) == (True, "masks")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed: 1", "--config 'F' has an unknown key 'sed'; did you mean seed?"),
        ("--seed: 1", "--config 'F' has an unknown key '--seed'; did you mean seed?"),
        ("config: x.yaml", "--config 'F' has an unknown key 'config'"),
        ("runer: x", "--config 'F' has an unknown key 'runer'; did you mean runner?"),
        ("zzz: 1", "--config 'F' has an unknown key 'zzz'"),
        ("1: 1", "--config 'F' has an unknown key '1'"),
        ("- seed", "--config 'F' must hold 'flag: value' lines"),
        ("seed", "--config 'F' must hold 'flag: value' lines"),
        ("seed: x", "argument --seed: 'x' is not a whole number"),
        ("seed: 1.5", "argument --seed: '1.5' is not a whole number"),
        ("seed: [1, 2]", "--config 'F': 'seed' takes one value, not a list"),
        ("seed: {a: 1}", "argument --seed: 'a=1' is not a whole number"),
        ("seed: true", "argument --seed: expected one argument"),
        ("overwrite: 'yes'", "argument --overwrite: ignored explicit argument 'yes'"),
        ("annotations: []", "argument --annotations: expected at least one argument"),
        ("images: [-x]", "argument --images: expected at least one argument"),
        ("columns: [image, label]", "--config 'F': 'columns' takes one value, not a list"),
        (
            "columns: {image: }",
            "argument --columns: 'image=' is not FIELD=HEADER, such as image=path,label=classes",
        ),
        (
            "split_lists: {train: }",
            "argument --split_lists: 'train=' is not NAME=FILE: write, for example, train=train.txt",
        ),
        ("split_lists: {train: [a.txt]}", "--config 'F': 'train' in 'split_lists' takes one value, not several"),
        ("columns: {a: b, c: {d: e}}", "--config 'F': 'c' in 'columns' takes one value, not several"),
        (
            "splits: {train: 0.5}",
            "argument --splits: The fractions in --splits 'train=0.5' add up to 0.5, not to 1: write train=1",
        ),
        ("a: b: c", "--config 'F' is not YAML: mapping values are not allowed here in \"F\", line 1, column 5"),
    ],
)
def test_wrong_configurations(tmp_path, text, message):
    assert config_refusal(tmp_path, text) == message


def test_a_configuration_that_cannot_be_read(tmp_path):
    path = str(tmp_path / "none.yaml")
    assert refusal(*NEEDED, "--config", path) == f"--config '{path}' cannot be read: No such file or directory"
    assert refusal(*NEEDED, "--config", str(tmp_path)) == f"--config '{tmp_path}' cannot be read: Is a directory"
    path = str(put(tmp_path, "bad.yaml", b"seed: \xff"))
    assert refusal(*NEEDED, "--config", path).startswith(f"--config '{path}' is not YAML: ")


def test_a_later_file_can_turn_off_what_an_earlier_one_set(tmp_path):
    first = config(tmp_path, "overwrite: true\ngroup_by: a\nseed: 3\n", "first.yaml")
    second = config(tmp_path, "overwrite: false\ngroup_by: null\nseed: 4\n", "second.yaml")
    options = parse_build_options(["--config", first, second, *NEEDED])
    assert (options.overwrite, options.group_by, options.seed) == (False, None, 4)


def test_rows_and_given_splits_in_a_configuration(tmp_path):
    text = """
        rows: [a.csv, 'b/*.parquet']
        images: i
        output: o
        columns: {image: path, label: the classes}
        box_format: xywh
        normalized: true
        split_lists: {train: a.txt, test: b.txt}
        strict_splits: true
    """
    assert with_config(tmp_path, text) == replace(
        PLAIN,
        annotations=(),
        rows=("a.csv", "b/*.parquet"),
        row_options=RowOptions((("image", "path"), ("label", "the classes")), "xywh", True),
        split_lists={"train": "a.txt", "test": "b.txt"},
        strict_splits=True,
    )


def test_another_command_with_configurations(tmp_path):
    parser = Parser()
    parser.add_argument("--rows", nargs="+")
    parser.add_argument("--config", nargs="+", action="extend")
    path = config(tmp_path, "rows: [a, b]\nrunner: DirectRunner\n")
    values, beam = parse_with_configs(parser, ["--config", path, "--streaming"])
    assert (values.rows, beam) == (["a", "b"], ("--runner=DirectRunner", "--streaming"))
    with pytest.raises(UsageError) as refused:
        parse_with_configs(parser, ["--config", config(tmp_path, "seed: 1")])
    assert str(refused.value).startswith(f"--config '{path}' has an unknown key 'seed'")


LISTS = "split_lists: {a: a.txt, b: b.txt}"


@pytest.mark.parametrize(
    ("text", "arguments", "changes"),
    [
        ("splits: {all: 1}", ("--split_by_folder",), {"split_by_folder": True}),
        (LISTS, ("--splits", "all=1"), {"splits": {"all": 1.0}}),
        ("split_by_folder: true", ("--split_lists=a=c.txt",), {"split_lists": {"a": "c.txt"}}),
        (LISTS, ("--split_lists", "b=c.txt"), {"split_lists": {"b": "c.txt"}}),
        (LISTS, (), {"split_lists": {"a": "a.txt", "b": "b.txt"}}),
        ("rows: r.csv", (), {}),
    ],
)
def test_the_command_line_wins_over_what_it_excludes(tmp_path, text, arguments, changes):
    assert with_config(tmp_path, text, *NEEDED, *arguments) == replace(PLAIN, **changes)


def test_rows_on_the_command_line_win_over_annotations(tmp_path):
    assert with_config(tmp_path, "annotations: b", *ROWS) == replace(PLAIN, annotations=(), rows=("r.csv",))


def test_a_later_file_wins_over_what_it_excludes(tmp_path):
    first, second = config(tmp_path, "splits: {all: 1}", "1.yaml"), config(tmp_path, LISTS, "2.yaml")
    off = config(tmp_path, "split_by_folder: false\nrows:\n", "off.yaml")
    lists = replace(PLAIN, split_lists={"a": "a.txt", "b": "b.txt"})
    all_in_one = replace(PLAIN, splits={"all": 1.0})
    assert parse_build_options([*NEEDED, "--config", first, second]) == lists
    assert parse_build_options([*NEEDED, "--config", second, first]) == all_in_one
    assert parse_build_options([*NEEDED, "--config", second, off]) == lists
    assert parse_build_options([*NEEDED[2:], "--config", config(tmp_path, "annotations: a"), off]) == PLAIN


def test_a_list_of_no_rows(tmp_path):
    path = config(tmp_path, "rows: []")
    assert refusal("--config", path, *NEEDED[2:]) == "argument --rows: expected at least one argument"


def test_flags_of_one_file_that_exclude_each_other(tmp_path):
    assert config_refusal(tmp_path, f"{LISTS}\nsplit_by_folder: true") == (
        "--split_lists and --split_by_folder exclude each other: each says which image goes to which split"
    )
    path = config(tmp_path, "annotations: a\nrows: [b, c]")
    assert refusal("--config", path, *NEEDED[2:]) == (
        "--annotations and --rows exclude each other: boxes come from XML files or from rows"
    )


def test_keys_of_the_job_server_for_flink(tmp_path):
    own = "object_reuse: true\nexecution_mode_for_batch: BATCH_FORCED\n"
    beam = ("--runner=FlinkRunner", "--object_reuse", "--execution_mode_for_batch=BATCH_FORCED")
    assert with_config(tmp_path, "runner: FlinkRunner\n" + own, *NEEDED).beam == beam
    # Which runner is meant may stand in another file, or on the command line.
    runner = config(tmp_path, "runner: flink", "runner.yaml")
    assert with_config(tmp_path, own, runner, *NEEDED).beam == (*beam[1:], "--runner=flink")
    assert with_config(tmp_path, own, *NEEDED, "--runner=flink").beam == (*beam[1:], "--runner=flink")
    wrong = config_refusal(tmp_path, "runner: FlinkRunner\nobject_reus: true\n")
    assert wrong == "--config 'F' has an unknown key 'object_reus'; did you mean object_reuse?"
    assert config_refusal(tmp_path, own) == "--config 'F' has an unknown key 'object_reuse'"


def test_keys_that_only_a_remote_runner_knows(tmp_path):
    text = "runner: SparkRunner\nsome_flag_of_spark: 1\n"
    assert with_config(tmp_path, text, *NEEDED).beam == ("--runner=SparkRunner", "--some_flag_of_spark=1")
    near = "--config 'F' has an unknown key 'overwrit'; did you mean overwrite?"
    assert config_refusal(tmp_path, text + "overwrit: true\n") == near
    assert config_refusal(tmp_path, text + "config: x\n").startswith("--config 'F' has an unknown key 'config'")


@pytest.mark.parametrize("flag", ["--environment_options", "--environment_option"])
def test_a_list_on_the_command_line_replaces_that_of_a_file(tmp_path, flag):
    text = "environment_options: [process_command=a, process_variables=b]\nexperiments: [x, y]\n"
    given = f"{flag}=process_command=c"
    assert with_config(tmp_path, text, *NEEDED, given).beam == ("--experiments=x", "--experiments=y", given)
