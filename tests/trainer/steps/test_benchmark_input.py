"""`shardbox-train benchmark_input`."""

import argparse

import pytest
from rich.console import Console

from presentation.argument_parser import Parser
from presentation.refusals import UsageError
from tests.trainer.made_datasets import shapes_dataset
from trainer.failures import TrainingError
from trainer.input_pipeline import caching, measuring
from trainer.steps import benchmark_input

SETTINGS = ["--set", "input.image_size=32", "input.batch_size=2", "input.max_boxes=4", "augmentation=[]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(shapes_dataset(tmp_path_factory.mktemp("shapes"), {"train": 4, "test": 3}, (40, 32)))


@pytest.fixture(autouse=True)
def one_round(monkeypatch):
    monkeypatch.setattr(measuring, "_ROUNDS", 1)


def printed(*given):
    parser = Parser()
    benchmark_input.add_flags(parser)
    screen = Console(width=80, record=True, quiet=False, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    benchmark_input.run(parser.parse_all(given), screen)
    return screen.export_text().splitlines()


def test_a_table_of_rates(folder):
    lines = printed("--data", folder, "--seconds", "0.03", *SETTINGS)
    assert lines[0] == "4 images of split train at 32 px (letterbox), batches of 2"
    assert lines[1].split() == ["what", "images/s", "CPU", "ms", "of", "decode", "and", "scale"]
    names = [line[: lines[1].index("images/s")].strip() for line in lines[2:]]
    assert [name.rstrip(" 0123456789,") for name in names] == ["decode", "decode and scale", "pipeline", "memory"]
    assert lines[2].split()[-2] == "1.00"
    assert lines[3].split()[-1] == "1.00"


def test_another_split_too_large_for_memory(folder, monkeypatch):
    monkeypatch.setattr(caching, "free_memory", lambda: 0)
    lines = printed("--data", folder, "--split", "test", "--seconds", "0.03", *SETTINGS)
    assert lines[0] == "3 images of split test at 32 px (letterbox), batches of 2"
    assert lines[-1] == "not measured from memory: the pictures would take 9.3 KiB of it"
    assert len(lines) == 6


@pytest.mark.parametrize("given", ["0", "-1", "ten", "nan", "3601"])
def test_a_time_that_is_none(given):
    with pytest.raises(UsageError) as failure:
        benchmark_input.run(argparse.Namespace(seconds=given), Console(quiet=True))
    assert str(failure.value) == f"--seconds {given}: a number above 0, up to 3600, is wanted"


def test_a_split_that_is_not_there(folder):
    with pytest.raises(TrainingError, match=r"has no split 'valid': it has train, test$"):
        printed("--data", folder, "--split", "valid", *SETTINGS)
