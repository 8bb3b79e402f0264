"""Groups of flags that commands share: each can stand alone, and what its values become."""

import pytest

from beam_pipelines.command_line import flags
from beam_pipelines.rows.layout import RowOptions
from presentation.argument_parser import Parser
from presentation.refusals import UsageError


def defaults(add) -> dict[str, object]:
    """The values of a group of flags of which none is given."""
    parser = Parser()
    add(parser)
    return vars(parser.parse_all([]))


GROUPS = {
    flags.add_annotations_flag: {"annotations": None},
    flags.add_rows_flag: {"rows": None},
    flags.add_images_flag: {"images": None},
    flags.add_row_flags: {"columns": None, "box_format": None, "normalized": False},
    flags.add_mask_flags: {"masks": None, "class_maps": None},
    flags.add_class_flags: {"label_map": None, "unknown_classes": "fail"},
    flags.add_split_flags: {
        "splits": None,
        "split_lists": None,
        "split_by_folder": False,
        "strict_splits": False,
        "seed": 0,
        "group_by": None,
    },
    flags.add_seed_flag: {"seed": 0},
    flags.add_group_by_flag: {"group_by": None},
    flags.add_shard_flags: {"num_shards": None, "shard_size": 2**28},
    flags.add_doubt_flags: {"unannotated": "skip", "duplicates": "keep", "probe": "structure", "max_rejects": 0.01},
}


@pytest.mark.parametrize("add", GROUPS, ids=lambda add: add.__name__)
def test_each_group_stands_alone(add):
    assert defaults(add) == GROUPS[add]


def test_the_flags_of_build_are_those_of_the_groups():
    places = {"output": None, "overwrite": False, "config": None, "dry_run": False, "no_report": False}
    expected = places | {name: value for group in GROUPS.values() for name, value in group.items()}
    assert defaults(flags.add_build_flags) == expected


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ([], RowOptions((), "xyxy", False)),
        (["--box_format=xywh"], RowOptions((), "xywh", False)),
        (
            ["--columns", "image=a b,label=c", "--normalized"],
            RowOptions((("image", "a b"), ("label", "c")), "xyxy", True),
        ),
    ],
)
def test_how_rows_are_to_be_read(given, options):
    parser = Parser()
    flags.add_row_flags(parser)
    assert flags.row_options(parser.parse_all(given)) == options


def test_how_rows_are_to_be_read_that_are_not_given():
    parser = Parser()
    flags.add_rows_flag(parser)
    flags.add_row_flags(parser)
    assert flags.row_options(parser.parse_all([])) == RowOptions()
    with pytest.raises(UsageError) as refused:
        flags.row_options(parser.parse_all(["--normalized"]))
    assert str(refused.value) == (
        "--normalized tells how to read --rows, which are not given: leave it out, or give --rows"
    )
