"""The glue between the command line of `shardbox build` and the job."""

import argparse

import pytest
from rich.console import Console

from beam_pipelines.command_line.flags import add_build_flags
from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.steps import build as step
from presentation.argument_parser import Parser
from presentation.refusals import UsageError


def test_the_command_line_becomes_options(monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(step, "build", lambda *given: calls.append(given))
    given = ["--annotations", "a", "--images", "i", "--output", "o", "--runner=DirectRunner"]
    screen, progress_screen = Console(), Console(stderr=True)
    step.run(given, screen, progress_screen)
    assert calls == [(parse_build_options(given), screen, progress_screen)]


def test_a_wrong_command_line_builds_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(step, "build", None)
    with pytest.raises(UsageError, match=r"^--images and --output must be given$"):
        step.run(["--annotations", "a"], Console(), Console())


def test_its_flags():
    parser, expected = Parser(), argparse.ArgumentParser(add_help=False)
    step.add_flags(parser)
    add_build_flags(expected)
    assert parser.format_help().partition("\n\n")[2] == expected.format_help().partition("\n\n")[2]


def test_its_examples_can_be_parsed():
    text = step.EXAMPLE.replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.startswith("  shardbox build ")]
    parsed = [parse_build_options(line.replace("'", "").split()[2:]) for line in lines]
    assert [(options.annotations, options.rows, options.output) for options in parsed] == [
        (("voc/Annotations/*.xml",), (), "out"),
        ((), ("boxes.csv",), "out"),
    ]
