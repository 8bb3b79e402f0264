"""Settings from files and from the command line."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from presentation.refusals import UsageError
from trainer.configuration import changed_keys, check_settings, read_settings, to_yaml
from trainer.settings import AnchorSettings, Settings

CONFIGS = sorted(Path(__file__).parents[2].glob("configs/training/*.yaml"))


def test_nothing_given_means_the_defaults():
    assert read_settings([]) == Settings()


def test_later_files_win_section_by_section_and_single_settings_over_them(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("seed: 3\noptimizer: {learning_rate: 0.5, name: sgd}\nmodel: {anchors: {size: 3}}\n")
    second.write_text("optimizer:\n  learning_rate: 1e-3\nmodel: {levels: [3, 5]}\n")
    settings = read_settings([str(first), str(second)], ["optimizer.warmup_steps=7", "model.anchors.scales=2"])
    assert settings.seed == 3
    assert settings.optimizer == Settings().optimizer.model_copy(
        update={"learning_rate": 0.001, "name": "sgd", "warmup_steps": 7}
    )
    assert settings.model.levels == (3, 5)
    assert settings.model.anchors == AnchorSettings(size=3, scales=2)


def test_an_empty_file_changes_nothing(tmp_path):
    empty = tmp_path / "empty.yaml"
    empty.write_text("# nothing\n")
    assert read_settings([str(empty)]) == Settings()


SENTENCES = {
    "optimiser.learning_rate=1": "there is no setting 'optimiser' (…); did you mean optimizer?",
    "optimizer.clip_nor=1": "there is no setting 'optimizer.clip_nor' (…); did you mean optimizer.clip_norm?",
    "learning_rate=1": "there is no setting 'learning_rate' (…); did you mean optimizer.learning_rate?",
    "model.ratios=1": "there is no setting 'model.ratios' (…); did you mean model.anchors.ratios?",
    "zzz=1": "there is no setting 'zzz' (…)",
    "optimizer.learning_rate=-1": "optimizer.learning_rate is -1 (…): more than 0 is wanted",
    "optimizer.learning_rate=fast": "optimizer.learning_rate is 'fast' (…): a number is wanted",
    "optimizer.learning_rate=.inf": "optimizer.learning_rate is inf (…): a finite number is wanted",
    "optimizer.ema=1": "optimizer.ema is 1 (…): less than 1 is wanted",
    "optimizer={name: rms, learning_rate: 0}": (
        "optimizer.name is 'rms' (…): 'muon', 'adamw' or 'sgd' is wanted\n"
        "optimizer.learning_rate is 0 (…): more than 0 is wanted"
    ),
    "optimizer.name=adam": "optimizer.name is 'adam' (…): 'muon', 'adamw' or 'sgd' is wanted; did you mean adamw?",
    "seed=x": "seed is 'x' (…): a whole number is wanted",
    "seed=-1": "seed is -1 (…): at least 0 is wanted",
    "input.batch_size=2.5": "input.batch_size is 2.5 (…): a whole number is wanted",
    "input.image_size=100": "input.image_size 100 is no multiple of 32",
    "input.image_size=9999": "input.image_size is 9999 (…): at most 4096 is wanted",
    "model=3": "model is 3 (…): a section with keys is wanted",
    "model.width=40": "model.width is 40 (…): a multiple of 32 is wanted",
    "model.levels=[5, 3]": "model: levels [5, 3]: the first is above the last (…)",
    "model.levels=[3]": "model.levels[1] is missing (…)",
    "model.levels=3": "model.levels is 3 (…): a list is wanted",
    "model.anchors=small": "model.anchors is 'small' (…): 'auto' is wanted, or a section with keys",
    "model.anchors={size: -1}": "model.anchors.size is -1 (…): more than 0 is wanted",
    "model.anchors={ratios: []}": "model.anchors.ratios is [] (…): a list of at least 1 values is wanted",
    "training.xla=maybe": "training.xla is 'maybe' (…): 'auto' is wanted, or true or false",
    "training.require_gpu=perhaps": "training.require_gpu is 'perhaps' (…): true or false is wanted",
    "training.steps=10": "optimizer.warmup_steps 50 leaves nothing of training.steps 10",
    "loss.negative_iou=0.6": "loss: negative_iou 0.6 is above positive_iou 0.5 (…)",
    "augmentation=[{probability: 3}]": "augmentation[0] (…) lacks its name: such as {name: flip, probability: 0.5}",
    "augmentation=[{name: crop, minimum_iu: 1}]": "there is no setting 'augmentation[0].minimum_iu' (…); "
    "did you mean minimum_iou?",
    "augmentation=[{name: flip, angle: 1}]": "there is no setting 'augmentation[0].angle' (…)",
    "augmentation=[{name: flip, probability: 3}]": "augmentation[0].probability is 3 (…): at most 1 is wanted",
}


@pytest.mark.parametrize("change", SENTENCES)
def test_what_cannot_be_is_refused_with_the_nearest_right_one(change):
    with pytest.raises(UsageError) as raised:
        read_settings([], [change])
    assert str(raised.value).replace(f"--set {change}", "…") == SENTENCES[change]


def test_an_unknown_operation_is_refused_with_those_there_are():
    with pytest.raises(UsageError) as raised:
        read_settings([], ["augmentation=[{name: flop}]"])
    assert re.fullmatch(
        r"augmentation\[0\]: there is no 'flop' \(--set .*\); there are flip, .*; did you mean flip\?",
        str(raised.value),
    )


def test_a_wrong_value_of_a_file_is_told_with_the_file(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("seed: -5\ninput: {resize: leterbox}\n")
    with pytest.raises(UsageError) as raised:
        read_settings([str(path)])
    assert str(raised.value) == (
        f"seed is -5 ({path}): at least 0 is wanted\n"
        f"input.resize is 'leterbox' ({path}): 'letterbox' or 'stretch' is wanted; did you mean letterbox?"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"seed: [1", "--config '…' is no YAML: while parsing a flow sequence"),
        (b"- 1\n", "--config '…' holds no settings: lines such as 'seed: 1' are wanted"),
        (b"1: 2\n", "--config '…' holds no settings: lines such as 'seed: 1' are wanted"),
        (b"\xff\xfe", "--config '…' is no text in UTF-8"),
        (b"seed: !!python/object/apply:os.getcwd []\n", "--config '…' is no YAML: could not determine a constructor"),
        (None, "--config '…' cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_holds_no_settings(tmp_path, content, sentence):
    path = tmp_path / "run.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as raised:
        read_settings([str(path)])
    assert str(raised.value).replace(str(path), "…").startswith(sentence)


@pytest.mark.parametrize("change", ["seed", "=3", ""])
def test_a_change_without_a_key_or_value(change):
    with pytest.raises(UsageError) as raised:
        read_settings([], [change])
    assert str(raised.value) == f"--set '{change}': KEY=VALUE is wanted, such as optimizer.learning_rate=0.002"


def test_settings_written_are_read_as_they_were(tmp_path):
    settings = read_settings([], ["model.anchors={size: 2.5}", "training.xla=false", "augmentation=[]", "seed=9"])
    path = tmp_path / "settings.yaml"
    path.write_text(to_yaml(settings))
    assert read_settings([str(path)]) == settings
    assert check_settings(settings.model_dump(mode="json")) == settings


@given(st.sampled_from(sorted(SENTENCES)))
def test_no_change_leads_to_anything_but_a_sentence(change):
    key, _, value = change.partition("=")
    for mutilated in (f"{key}.x={value}", f"{key}={value}[", f"{key}={{a: 1}}", f"{key}=null"):
        try:
            read_settings([], [mutilated])
        except UsageError as error:
            sentence = str(error)
        else:
            sentence = "accepted"
        assert sentence


def test_what_differs_between_two_runs():
    others = read_settings([], ["seed=1", "optimizer.name=sgd"])
    assert changed_keys(Settings(), Settings()) == []
    assert changed_keys(Settings(), others) == ["seed", "optimizer.name"]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_example_files_are_right_and_tell_of_every_section(path):
    read_settings([str(path)])
    sections = set(yaml.safe_load(path.read_text()))
    assert sections <= set(Settings.model_fields)
    assert path.read_text().startswith("# ")
