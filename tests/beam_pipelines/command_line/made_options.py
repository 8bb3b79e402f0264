"""Options of `shardbox build` for the tests of this folder."""

import pytest

from beam_pipelines.command_line.options import BuildOptions, parse_build_options
from beam_pipelines.rows.layout import RowOptions
from presentation.refusals import UsageError

from ..made import put

NEEDED = ("--annotations", "a", "--images", "i", "--output", "o")
ROWS = ("--rows", "r.csv", "--images", "i", "--output", "o")
PLAIN = BuildOptions(
    annotations=("a",),
    rows=(),
    images=("i",),
    output="o",
    row_options=RowOptions(),
    masks=None,
    class_maps=None,
    label_map=None,
    unknown_classes="fail",
    splits=None,
    split_lists=None,
    split_by_folder=False,
    strict_splits=False,
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
    no_report=False,
    beam=(),
)
"""Every flag at its default, but for `NEEDED`."""


def refusal(*arguments) -> str:
    with pytest.raises(UsageError) as refused:
        parse_build_options(list(arguments))
    return str(refused.value)


def config(tmp_path, text: str, name="flags.yaml") -> str:
    return str(put(tmp_path, name, text))
