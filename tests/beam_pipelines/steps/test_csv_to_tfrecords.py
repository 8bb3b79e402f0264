"""`shardbox csv_to_tfrecords`: its flags, and what they have in common with those of `shardbox build`."""

import argparse
import shlex
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.steps.csv_to_tfrecords import EXAMPLE, add_flags, parse_file_options, run
from presentation.refusals import UsageError

from ..made_tables import LABEL_MAP, RACCOON_ROWS, RACCOONS, boxes_in, classic_boxes

NEEDED = ("--rows=r.csv", "--images=i", "--label_map=m.pbtxt", "--output=a.tfrecord")


def refusal(*given: str) -> str:
    with pytest.raises(UsageError) as refused:
        parse_file_options(given)
    return str(refused.value)


def test_flags_mean_what_they_mean_to_build():
    given = (
        *NEEDED,
        *("--columns=image=path", "--box_format=xywh", "--normalized", "--masks=m", "--class_maps=c"),
        *("--unknown_classes=drop", "--duplicates=merge", "--probe=decode", "--max_rejects=0.5"),
        *("--unannotated=negative", "--overwrite", "--dry_run", "--direct_num_workers=2"),
    )
    assert parse_file_options(given) == parse_build_options(given)


def test_flags_of_a_file(tmp_path: Path):
    config = tmp_path / "flags.yaml"
    config.write_text("rows: [r.csv]\nimages: i\nlabel_map: m.pbtxt\noutput: a.tfrecord\n")
    assert parse_file_options([f"--config={config}"]) == parse_build_options(NEEDED)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((), "--rows, --images and --output must be given"),
        (("--dry_run",), "--rows and --images must be given"),
        (NEEDED[:2], "--output must be given"),
        (
            (*NEEDED[:2], NEEDED[3]),
            "--label_map must be given, because a record file alone does not tell its classes: "
            "make one with `shardbox label_map --rows r.csv --output label_map.pbtxt`",
        ),
        (
            ("--rows", "my rows.csv", "b.csv", *NEEDED[1:2], NEEDED[3]),
            "--label_map must be given, because a record file alone does not tell its classes: "
            "make one with `shardbox label_map --rows 'my rows.csv' b.csv --output label_map.pbtxt`",
        ),
        (
            (*NEEDED, "--splits=all=1"),
            "--splits is a flag of `shardbox build`, and says nothing of one file: leave it out",
        ),
        (
            (*NEEDED, "--num_shards", "2"),
            "--num_shards is a flag of `shardbox build`, and says nothing of one file: leave it out",
        ),
        ((*NEEDED, "--colums=image=path"), "unknown flag --colums; did you mean --columns?"),
        (("r.csv", *NEEDED), "unexpected argument 'r.csv'"),
        (
            (*NEEDED, "--box_format=xyhw"),
            "argument --box_format: 'xyhw' is not one of xyxy, xywh, cxcywh; did you mean xywh?",
        ),
    ],
)
def test_what_is_refused(given, sentence):
    assert refusal(*given) == sentence


def test_a_file_of_flags_may_not_hold_others(tmp_path: Path):
    config = tmp_path / "flags.yaml"
    config.write_text("num_shards: 3\n")
    assert refusal(*NEEDED, f"--config={config}").startswith(f"--config '{config}' has an unknown key 'num_shards'")


def run_in(folder: Path, *given: str) -> str:
    screen = Console(file=StringIO(), width=200)
    run(given, screen, Console(file=StringIO()))
    return screen.file.getvalue()


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.csv").write_text(RACCOON_ROWS)
    (tmp_path / "label_map.pbtxt").write_text(LABEL_MAP)
    (tmp_path / "images").symlink_to(RACCOONS)
    lines = EXAMPLE.splitlines()
    command = shlex.split(lines[1])
    assert (lines[0], command[:2]) == ("example:", ["shardbox", "csv_to_tfrecords"])
    shown = run_in(tmp_path, *command[2:])
    assert shown.splitlines()[-1] == "train.tfrecord"
    assert boxes_in(tmp_path / "train.tfrecord") == classic_boxes()
    with pytest.raises(UsageError) as refused:
        run_in(tmp_path, *command[2:])
    assert str(refused.value) == (
        "--output: 'train.tfrecord' exists: give another place, or replace it with --overwrite"
    )
    run_in(tmp_path, *command[2:], "--overwrite")


def test_a_dry_run_writes_nothing(tmp_path: Path):
    (tmp_path / "rows.csv").write_text(RACCOON_ROWS)
    (tmp_path / "map.pbtxt").write_text(LABEL_MAP)
    flags = (f"--rows={tmp_path}/rows.csv", f"--images={RACCOONS}", f"--label_map={tmp_path}/map.pbtxt")
    shown = run_in(tmp_path, *flags, "--dry_run")
    assert shown.splitlines()[-1] == "Dry run: nothing was written."
    assert {path.name for path in tmp_path.iterdir()} == {"rows.csv", "map.pbtxt"}


def test_every_flag_has_help():
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert all(action.help for action in parser._actions)
    assert "%(" not in parser.format_help()
