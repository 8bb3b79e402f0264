"""The examples in configs/runners: the runners take every option in them, and a misspelt one is refused."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, StandardOptions
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners import create_runner

from beam_pipelines.command_line.beam_flags import beam_flags
from beam_pipelines.command_line.flink_flags import FLINK_FLAGS
from beam_pipelines.command_line.options import parse_build_options
from beam_pipelines.running import choose_runner

from .made_options import NEEDED, refusal

CONFIGS = Path(__file__).parents[3] / "configs"
PROFILES = sorted((CONFIGS / "runners").glob("*.yaml"))
LEFT_OUT = re.compile(r"^# (?=[a-z_]+:( |$)|  - )", re.MULTILINE)
"""What stands before an option that a profile only shows."""


@pytest.fixture(params=PROFILES, ids=lambda path: path.stem)
def profile(request) -> Path:
    return request.param


def flags_of(*configs: Path) -> tuple[str, ...]:
    return parse_build_options(["--config", *map(str, configs), *NEEDED]).beam


def shown(profile: Path) -> Iterator[tuple[str, object]]:
    """The options of a profile that begin with a '#'; of each alone, because one may stand in another's place."""
    lines = profile.read_text().splitlines()
    for number, line in enumerate(lines):
        if LEFT_OUT.match(line):
            more = [later for later in lines[number + 1 :][:1] if later.startswith("#   - ")]
            content = yaml.safe_load("\n".join(LEFT_OUT.sub("", part) for part in [line, *more]))
            yield from content.items() if isinstance(content, dict) else ()


def test_the_runners_that_are_offered():
    assert {path.stem for path in PROFILES} == {"local", "flink_local", "flink_cluster", "dataflow", "prism"}


def test_the_runner_takes_every_option(profile, monkeypatch):
    if profile.stem == "dataflow":
        pytest.importorskip("google.cloud.storage", reason="apache-beam[gcp] is not installed")
        # It would ask Google for the bucket, and for who we are.
        monkeypatch.setattr(GoogleCloudOptions, "_warn_if_soft_delete_policy_enabled", lambda *_: None)
    flags = choose_runner(flags_of(CONFIGS / "dataset/voc.yaml", profile), None)
    options = PipelineOptions(list(flags))
    runner = create_runner(options.view_as(StandardOptions).runner)
    assert PipelineOptionsValidator(options, runner).validate() == []
    read = options.get_all_options()
    for key, value in yaml.safe_load(profile.read_text()).items():
        assert read[key] in (value, str(value))


def test_the_runner_knows_every_option_that_is_shown(profile):
    runner = str(yaml.safe_load(profile.read_text())["runner"])
    for key, value in shown(profile):
        assert f"--{key}" in beam_flags(runner)
        if f"--{key}" not in FLINK_FLAGS:
            values = value if isinstance(value, list) else [value]
            options = PipelineOptions([f"--{key}" if one is True else f"--{key}={one}" for one in values])
            assert options.get_all_options(drop_default=True)


def test_a_misspelt_option_is_refused(profile, tmp_path):
    for key in yaml.safe_load(profile.read_text()):
        wrong = shutil.copy(profile, tmp_path)
        Path(wrong).write_text(re.sub(f"^{key}:", f"{key}x:", profile.read_text(), flags=re.MULTILINE))
        assert f"unknown key '{key}x'; did you mean {key}?" in refusal("--config", str(wrong), *NEEDED)


def test_a_later_file_wins_over_an_earlier_one(profile):
    chosen = PipelineOptions(list(flags_of(CONFIGS / "runners/local.yaml", profile))).view_as(StandardOptions).runner
    assert chosen == yaml.safe_load(profile.read_text())["runner"]
