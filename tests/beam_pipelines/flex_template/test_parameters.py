"""Flags as parameters of a template, and back."""

import json

import pytest

from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.flex_template.parameters import as_flags, describe_template
from presentation.refusals import UsageError

from ...end_to_end.shardbox_runs import ROOT

PLACES = ("--annotations=gs://b/a", "--images=gs://b/i", "--output=gs://b/o")


def test_the_file_is_that_of_the_flags():
    written = json.loads((ROOT / "docker/flex_template_metadata.json").read_text("utf-8"))
    assert written == describe_template(), "make template-metadata"


def test_every_flag_that_a_template_can_have_is_a_parameter():
    parameters = {parameter["name"]: parameter for parameter in describe_template()["parameters"]}
    options = vars(parse_build_options([*PLACES]))
    of_rows = {"columns", "box_format", "normalized"}
    assert set(parameters) - {"sdk_container_image"} == set(options) - {"row_options", "beam", "dry_run"} | of_rows
    assert [name for name, parameter in parameters.items() if not parameter["isOptional"]] == ["images", "output"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("annotations", {"paramType": "TEXT"}),
        ("output", {"paramType": "GCS_WRITE_FOLDER"}),
        ("masks", {"paramType": "GCS_READ_FOLDER"}),
        ("label_map", {"paramType": "GCS_READ_FILE"}),
        ("overwrite", {"paramType": "BOOLEAN", "defaultValue": "false"}),
        ("seed", {"paramType": "TEXT", "defaultValue": "0"}),
        ("shard_size", {"paramType": "TEXT", "defaultValue": "256MiB", "helpText": "default: 256MiB"}),
        ("num_shards", {"paramType": "TEXT"}),
        (
            "unannotated",
            {
                "paramType": "ENUM",
                "defaultValue": "skip",
                "enumOptions": [{"value": word, "label": word} for word in ("skip", "negative")],
            },
        ),
    ],
)
def test_what_the_form_asks_for(name, expected):
    found = next(parameter for parameter in describe_template()["parameters"] if parameter["name"] == name)
    assert found | expected == found
    assert ("defaultValue" in found) == ("defaultValue" in expected)


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        (["--seed=7"], ["--seed=7"]),
        (["--overwrite=true", "--strict_splits=false", "--no_report="], ["--overwrite"]),
        (["--annotations=gs://b/a,gs://b/c"], ["--annotations", "gs://b/a", "gs://b/c"]),
        (["--splits=train=0.8,test=0.2"], ["--splits=train=0.8,test=0.2"]),
        (["--label_map=", "--rows="], []),
        (["--region=europe-west4", "--no_use_public_ips"], ["--region=europe-west4", "--no_use_public_ips"]),
        (["--config=x.yaml", "--overwrite"], ["--config=x.yaml", "--overwrite"]),
    ],
)
def test_a_parameter_becomes_a_flag(given, flags):
    assert as_flags(given) == flags


def test_all_defaults_are_those_of_the_command():
    form = [
        f"--{parameter['name']}={parameter['defaultValue']}"
        for parameter in describe_template()["parameters"]
        if "defaultValue" in parameter
    ]
    assert parse_build_options([*PLACES, *as_flags(form)]) == parse_build_options(PLACES)


def test_neither_true_nor_false():
    with pytest.raises(UsageError) as refusal:
        as_flags(["--overwrite=yes"])
    assert str(refusal.value) == "--overwrite 'yes' is not true or false"
