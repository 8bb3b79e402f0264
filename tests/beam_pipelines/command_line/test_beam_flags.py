"""Flags of Beam beside those of `shardbox build`, and those that nobody knows."""

from dataclasses import replace

import pytest

from beam_pipelines.command_line.beam_flags import beam_flags, parse_with_beam, runner_in
from beam_pipelines.command_line.options import parse_build_options
from presentation.argument_parser import Parser
from presentation.refusals import UsageError

from .made_options import NEEDED, PLAIN, config, refusal


def test_flags_of_every_area_of_beam():
    assert {"--runner", "--direct_num_workers", "--temp_location", "--experiments", "--streaming"} < beam_flags()


def test_another_command_with_flags_of_beam():
    parser = Parser()
    parser.add_argument("--rows", required=True)
    values, beam = parse_with_beam(parser, ["--runner", "DirectRunner", "--rows=r.csv", "--direct_num_workers=2"])
    assert (vars(values), beam) == ({"rows": "r.csv"}, ("--runner", "DirectRunner", "--direct_num_workers=2"))
    for given, message in (
        (["--row", "r.csv"], "unknown flag --row; did you mean --rows?"),
        (["--runner=DirectRunner"], "--rows must be given"),
    ):
        with pytest.raises(UsageError) as refused:
            parse_with_beam(parser, given)
        assert str(refused.value) == message


@pytest.mark.parametrize(
    ("given", "places", "beam"),
    [
        (["a", "--json", "b"], ["a", "b"], ()),
        (["--json", "a", "b"], ["a", "b"], ()),
        (["--runner", "DirectRunner", "a", "--json"], ["a"], ("--runner", "DirectRunner")),
        (["a", "--direct_num_workers", "2", "b", "--json"], ["a", "b"], ("--direct_num_workers", "2")),
        (["--direct_num_workers=2", "a", "--json"], ["a"], ("--direct_num_workers=2",)),
        (["--streaming", "a", "--json"], ["a"], ("--streaming",)),
        (["a", "--json", "--runner"], ["a"], ("--runner",)),
    ],
)
def test_places_between_flags_of_beam(given, places, beam):
    parser = Parser()
    parser.add_argument("places", nargs="*")
    parser.add_argument("--json", action="store_true")
    values, found = parse_with_beam(parser, given)
    assert (values.places, values.json, found) == (places, True, beam)


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
    given = ("--runner=SparkRunner", "--some_flag_of_spark", "1")
    assert parse_build_options([*NEEDED, *given]).beam == given
    assert refusal(*NEEDED, "--runner=DirectRunner", *given[1:]) == "unknown flag --some_flag_of_spark"
    # What is nearly one of our own was meant to be it.
    assert refusal(*NEEDED, given[0], "--overwrit") == "unknown flag --overwrit; did you mean --overwrite?"


@pytest.mark.parametrize("runner", ["FlinkRunner", "flink", "apache_beam.runners.portability.flink_runner.FlinkRunner"])
def test_flags_of_the_job_server_for_flink(runner):
    given = (f"--runner={runner}", "--execution_mode_for_batch=BATCH_FORCED", "--parallelism=2")
    assert parse_build_options([*NEEDED, *given]).beam == given
    assert refusal(*NEEDED, given[0], "--paralelism=2") == "unknown flag --paralelism; did you mean --parallelism?"
    near = "unknown flag --execution_mode; did you mean --execution_mode_for_batch?"
    assert refusal(*NEEDED, given[0], "--execution_mode=BATCH") == near
    assert refusal(*NEEDED, "--runner=PrismRunner", given[1]) == "unknown flag --execution_mode_for_batch"


@pytest.mark.parametrize(
    ("arguments", "runner"),
    [
        (["--runner=flink"], "flink"),
        (["--seed=1", "--runner", "flink", "--streaming"], "flink"),
        (["--runner=prism", "--runner=flink"], "flink"),
        (["--runner"], ""),
        (["--seed=1"], ""),
    ],
)
def test_which_runner_is_asked_for(arguments, runner):
    assert runner_in(arguments) == runner
