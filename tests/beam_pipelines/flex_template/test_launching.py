"""A job that is left for a launcher; tests/runners/test_dataflow.py runs one that was."""

import pytest

from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.flex_template.launching import leave_job, template_location
from presentation.refusals import UsageError

PLACES = ("--annotations=a", "--images=i", "--output=o")


def test_a_launcher_is_known_by_its_flag():
    assert template_location(("--runner=DataflowRunner", "--template_location=gs://b/job")) == "gs://b/job"
    assert template_location(("--runner=DataflowRunner",)) is None
    assert template_location(()) is None


def test_a_dry_run_needs_somebody_who_waits():
    with pytest.raises(UsageError) as refusal:
        leave_job(parse_build_options([*PLACES, "--dry_run", "--template_location=gs://b/job"]))
    assert str(refusal.value) == (
        "--dry_run waits for what the job finds out, and --template_location for no job: drop one"
    )
