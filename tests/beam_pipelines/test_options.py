"""The flags of `shardbox build`: what they become, and the sentence for each way to get them wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from beam_pipelines.failures import UsageError
from beam_pipelines.options import BuildOptions, parse_build_options

from .made import FRACTIONS, put

NEEDED = ("--annotations", "a", "--images", "i", "--output", "o")
PLAIN = BuildOptions(
    annotations=("a",),
    images=("i",),
    output="o",
    label_map=None,
    unknown_classes="fail",
    splits=FRACTIONS,
    seed=0,
    group_by=None,
    num_shards=None,
    shard_size=2**28,
    unannotated="skip",
    duplicates="keep",
    probe="structure",
    max_rejects=0.01,
    overwrite=False,
    dry_run=False,
    beam=(),
)
"""Every flag at its default."""

EXAMPLE = Path(__file__).parents[2] / "configs" / "dataset" / "voc.yaml"


def refusal(*arguments) -> str:
    with pytest.raises(UsageError) as refused:
        parse_build_options(list(arguments))
    return str(refused.value)


def config(tmp_path, text: str, name="flags.yaml") -> str:
    return str(put(tmp_path, name, text))


def with_config(tmp_path, text: str, *arguments) -> BuildOptions:
    return parse_build_options(["--config", config(tmp_path, text), *arguments])


def config_refusal(tmp_path, text: str) -> str:
    """What is said about a configuration file, without its path."""
    path = config(tmp_path, text)
    return refusal("--config", path, *NEEDED).replace(path, "F")


def test_defaults():
    assert parse_build_options(NEEDED) == PLAIN
    assert list(parse_build_options(NEEDED).splits) == list(FRACTIONS)


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
        *("--max_rejects", "0.5", "--overwrite", "--dry_run"),
    ]
    expected = BuildOptions(
        annotations=("a/*.xml", "b"),
        images=("i", "j"),
        output="o",
        label_map="m.pbtxt",
        unknown_classes="drop",
        splits={"all": 1.0},
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
        beam=(),
    )
    assert parse_build_options(arguments) == expected
    assignments = [f"{flag}={value}" for flag, value in zip(arguments[8:-2:2], arguments[9:-2:2], strict=True)]
    assert parse_build_options([*arguments[:8], *assignments]) == replace(expected, overwrite=False, dry_run=False)


def test_options_that_shape_data_hold_no_path():
    assert replace(PLAIN, label_map="m.pbtxt", seed=3).that_shape_data() == {
        "duplicates": "keep",
        "group_by": None,
        "label_map_given": True,
        "num_shards": None,
        "probe": "structure",
        "seed": 3,
        "shard_size": 2**28,
        "splits": FRACTIONS,
        "unannotated": "skip",
        "unknown_classes": "fail",
    }


def test_flags_that_must_be_given():
    assert refusal() == "--annotations and --images and --output must be given"
    assert refusal(*NEEDED[2:]) == "--annotations must be given"
    assert refusal(*NEEDED[:4]) == "--output must be given"
    assert refusal("--dry_run", *NEEDED[:2]) == "--images and --output must be given"
    assert refusal("--output", "", *NEEDED[:4]) == "--output must be given"


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
        (("--output",), "argument --output: expected one argument"),
        (("--images",), "argument --images: expected at least one argument"),
        (("--overwrite=yes",), "argument --overwrite: ignored explicit argument 'yes'"),
        (("--config",), "argument --config: expected at least one argument"),
    ],
)
def test_wrong_values(arguments, message):
    assert refusal(*NEEDED, *arguments) == message


@pytest.mark.parametrize(
    ("flag", "near"),
    [
        ("--anotations", "; did you mean --annotations?"),
        ("--split", "; did you mean --splits?"),
        ("--shards", "; did you mean --shard_size?"),
        ("--runer=DirectRunner", "; did you mean --runner?"),
        ("--direct_num_worker", "; did you mean --direct_num_workers?"),
        ("--zzz", ""),
        ("-z", ""),
    ],
)
def test_unknown_flags(flag, near):
    assert refusal(*NEEDED, flag) == f"unknown flag {flag.partition('=')[0]}{near}"


def test_flags_are_not_abbreviated():
    assert refusal(*NEEDED, "--overwrit") == "unknown flag --overwrit; did you mean --overwrite?"


@pytest.mark.parametrize(
    "arguments",
    [
        ("stray", *NEEDED),
        (*NEEDED, "stray"),
        (*NEEDED, "--runner=DirectRunner", "stray"),
        (*NEEDED, "--runner", "DirectRunner", "stray"),
        ("--direct_num_workers", "2", "stray", *NEEDED),
    ],
)
def test_stray_arguments(arguments):
    assert refusal(*arguments) == "unexpected argument 'stray'"


def test_a_stray_argument_is_no_part_of_a_configuration(tmp_path):
    path = config(tmp_path, "images: [i, j]")
    assert refusal("stray", *NEEDED, "--config", path) == "unexpected argument 'stray'"


def test_beam_flags_pass_through():
    given = ("--runner", "DirectRunner", "--direct_num_workers=2", "--experiments=a", "--experiments=b", "--streaming")
    assert parse_build_options([*given, *NEEDED]) == replace(PLAIN, beam=given)
    assert parse_build_options([*NEEDED, *given]) == replace(PLAIN, beam=given)


def test_flags_that_only_a_remote_runner_knows_pass_through():
    given = ("--runner=FlinkRunner", "--some_flag_of_flink", "1")
    assert parse_build_options([*NEEDED, *given]).beam == given
    assert refusal(*NEEDED, "--runner=DirectRunner", *given[1:]) == "unknown flag --some_flag_of_flink"
    # What is nearly one of our own was meant to be it.
    assert refusal(*NEEDED, given[0], "--overwrit") == "unknown flag --overwrit; did you mean --overwrite?"


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


def test_the_example_that_comes_with_it():
    found = parse_build_options([*NEEDED, "--config", str(EXAMPLE)])
    assert found == replace(PLAIN, seed=7, duplicates="merge")


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


def test_shards_of_a_split_that_is_not_there():
    assert refusal(*NEEDED, "--num_shards", "trian=3,test=1") == (
        "--num_shards names split 'trian', but --splits has train, validation, test; did you mean train?"
    )
    assert parse_build_options([*NEEDED, "--num_shards", "test=1"]).num_shards == {"test": 1}


def test_a_later_file_can_turn_off_what_an_earlier_one_set(tmp_path):
    first = config(tmp_path, "overwrite: true\ngroup_by: a\nseed: 3\n", "first.yaml")
    second = config(tmp_path, "overwrite: false\ngroup_by: null\nseed: 4\n", "second.yaml")
    options = parse_build_options(["--config", first, second, *NEEDED])
    assert (options.overwrite, options.group_by, options.seed) == (False, None, 4)
