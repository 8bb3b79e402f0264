"""Presets: saved in a folder, loaded for other classes, not to be had."""

import json
import shutil
import socket
import time

import keras_hub
import numpy as np
import pytest
import requests

from trainer.failures import TrainingError
from trainer.network.building import build_detector, describe, rebuild
from trainer.network.presets import brings_anchors, load_preset
from trainer.settings import AnchorSettings, ModelSettings

from .made_presets import OFFSET, SCALE, SIZE, save_backbone, tiny_efficientnet, tiny_resnet, tiny_retinanet

PICTURES = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)
OWN_ANCHORS = AnchorSettings(size=4.0, scales=2, ratios=(0.5, 1.0))
CANNOT_REACH = (
    "If this machine cannot reach it, run this on one that can, bring the folder here and set model.preset to it:\n"
)


@pytest.fixture(scope="module")
def original():
    return tiny_retinanet()


@pytest.fixture(scope="module")
def folder(original, tmp_path_factory):
    path = tmp_path_factory.mktemp("presets") / "retinanet"
    original.save_to_preset(str(path))
    return str(path)


@pytest.fixture(scope="module")
def backbone_folder(tmp_path_factory):
    return save_backbone(tiny_resnet(), tmp_path_factory.mktemp("presets") / "resnet")


@pytest.fixture(scope="module")
def tuned(folder):
    return build_detector(ModelSettings(preset=folder, freeze_levels=2), SIZE, 3, seed=0)


def refusal(name: str) -> str:
    with pytest.raises(TrainingError) as refused:
        load_preset(name)
    return str(refused.value)


def assert_equal_weights(ours, theirs):
    assert all(np.array_equal(a, b) for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True))


def test_a_retinanet_keeps_all_but_its_class_logits(original, tuned):
    model = tuned.model
    assert (tuned.anchor_settings, tuned.architecture.levels, tuned.architecture.width) == (OWN_ANCHORS, (3, 6), 256)
    assert_equal_weights(model.get_layer("pyramid"), original.backbone.feature_pyramid)
    assert_equal_weights(model.get_layer("box_head"), original.box_head)
    class_head = model.get_layer("class_head")
    assert_equal_weights(class_head.conv_layers[0], original.classification_head.conv_layers[0])
    outputs, expected = model(PICTURES), original(PICTURES * np.float32(SCALE) + np.float32(OFFSET))
    np.testing.assert_allclose(outputs["box_deltas"], expected["bbox_regression"], atol=1e-5)
    kernel, bias = class_head.prediction_layer.get_weights()
    assert kernel.std() == pytest.approx(0.01, rel=0.05)
    np.testing.assert_allclose(bias, np.full(3 * 4, -np.log(99)), rtol=1e-5)
    assert outputs["class_logits"].shape == (2, 4 * (64 + 16 + 4 + 1), 3)


def test_what_is_trained_of_a_preset(tuned):
    names = sorted(variable.path for variable in tuned.backbone_variables)
    assert names == [f"stack{stage}_block0_{i}_conv/kernel" for stage in (1, 2, 3) for i in (0, 1, 2)]
    ids = {id(variable) for variable in tuned.model.trainable_variables}
    assert all(id(variable) in ids for variable in tuned.backbone_variables)
    before = [variable.numpy() for variable in tuned.model.non_trainable_variables]
    tuned.model(PICTURES, training=True)
    after = [variable.numpy() for variable in tuned.model.non_trainable_variables]
    assert all(map(np.array_equal, before, after))


def test_a_run_needs_the_preset_only_once(original, tuned, folder, tmp_path):
    moved = tmp_path / "moved"
    shutil.copytree(folder, moved)
    first = build_detector(ModelSettings(preset=str(moved), freeze_levels=2), SIZE, 3, seed=0)
    shutil.rmtree(moved)
    first.model.save_weights(tmp_path / "kept.weights.h5")
    again = rebuild(describe(first))
    again.model.load_weights(tmp_path / "kept.weights.h5")
    for name, values in tuned.model(PICTURES).items():
        np.testing.assert_array_equal(again.model(PICTURES)[name], values)
    assert [v.path for v in again.backbone_variables] == [v.path for v in tuned.backbone_variables]
    np.testing.assert_array_equal(again.anchors, tuned.anchors)


@pytest.mark.parametrize(
    ("anchors", "kept"),
    [(AnchorSettings(size=2.0, scales=2, ratios=(0.7, 1.4)), True), (AnchorSettings(scales=1, ratios=(1.0,)), False)],
    ids=["as many", "fewer"],
)
def test_other_anchors(original, folder, anchors, kept):
    built = build_detector(ModelSettings(preset=folder, anchors=anchors), SIZE, 3, seed=0)
    box_head = built.model.get_layer("box_head")
    assert_equal_weights(box_head.conv_layers[0], original.box_head.conv_layers[0])
    assert built.anchor_settings == anchors
    if kept:
        assert_equal_weights(box_head.prediction_layer, original.box_head.prediction_layer)
    else:
        assert box_head.prediction_layer.kernel.numpy().std() == pytest.approx(0.01, rel=0.05)


def test_a_retinanet_at_another_size(tuned, folder):
    larger = build_detector(ModelSettings(preset=folder, freeze_levels=2), 96, 3, seed=0)
    assert_equal_weights(larger.model, tuned.model)
    assert larger.model.output["box_deltas"].shape == (None, 4 * (144 + 36 + 9 + 4), 4) == (None, *larger.anchors.shape)


def test_a_retinanet_without_heads(original, tmp_path):
    folder = save_backbone(original.backbone, tmp_path / "pyramid")
    built = build_detector(ModelSettings(preset=folder), SIZE, 1, seed=0)
    assert not brings_anchors(folder)
    assert_equal_weights(built.model.get_layer("pyramid"), original.backbone.feature_pyramid)
    assert (built.architecture.levels, built.architecture.width, built.architecture.head_layers) == ((3, 6), 256, 1)


def test_a_backbone_gets_a_pyramid_and_heads_of_the_settings(backbone_folder):
    model = ModelSettings(preset=backbone_folder, levels=(3, 4), width=32, head_layers=2)
    built, again = (build_detector(model, SIZE, 2, seed=1) for _ in range(2))
    original = keras_hub.models.Backbone.from_preset(backbone_folder)
    kept = {variable.path: variable.numpy() for variable in original.weights}
    used = built.model.get_layer("backbone").weights
    assert len(used) > 20
    assert all(np.array_equal(variable.numpy(), kept[variable.path]) for variable in used)
    assert (built.architecture.width, built.architecture.head_layers, built.architecture.group_norm) == (32, 2, True)
    assert built.architecture.scale == (1 / 255,)
    assert_equal_weights(again.model, built.model)
    assert not brings_anchors(backbone_folder)


def test_another_family_is_built_again_from_its_description(tmp_path):
    folder = save_backbone(tiny_efficientnet(), tmp_path / "efficientnet")
    built = build_detector(ModelSettings(preset=folder, width=32, freeze_levels=1), SIZE, 2, seed=1)
    again = rebuild(describe(built))
    again.model.set_weights(built.model.get_weights())
    np.testing.assert_array_equal(again.model(PICTURES)["box_deltas"], built.model(PICTURES)["box_deltas"])


def test_names_are_told_apart_without_a_network():
    assert [brings_anchors(name) for name in ("small", "resnet_50_imagenet", "retinanet_resnet50_fpn_v2_coco")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "retinanet_resnet50",
            "model.preset 'retinanet_resnet50' is neither 'small', nor a folder, nor a preset of KerasHub with feature "
            "maps; did you mean retinanet_resnet50_fpn_coco?",
        ),
        (
            "qqq",
            "model.preset 'qqq' is neither 'small', nor a folder, nor a preset of KerasHub with feature maps (such as "
            "retinanet_resnet50_fpn_coco, resnet_50_imagenet or efficientnet_b0_ra_imagenet)",
        ),
        (
            "bert_base_en",
            "model.preset 'bert_base_en' is of a model without feature maps for a pyramid: take a RetinaNet, ResNet, "
            "EfficientNet, CSPNet or DenseNet",
        ),
        (
            "kaggle://keras/resnet",
            "model.preset 'kaggle://keras/resnet' cannot be loaded: ValueError: Unexpected Kaggle preset. Kaggle model "
            "handles should have the form kaggle://{org}/{model}/keras/{variant}[/{version}]. For example, "
            "'kaggle://username/bert/keras/bert_base_en' or 'kaggle://username/bert/keras/bert_base_en/1' (to specify "
            "a version). Received: preset=kaggle://keras/resnet",
        ),
        (
            "hf://a b",
            "model.preset 'hf://a b' cannot be loaded: HFValidationError: Repo id must use alphanumeric chars, '-', "
            "'_' or '.'. The name cannot start or end with '-' or '.' and the maximum length is 96: 'a b'.",
        ),
    ],
    ids=["nearly", "unknown", "no pictures", "kaggle", "hugging face"],
)
def test_names_that_are_no_preset(name, sentence):
    assert refusal(name) == sentence


def test_a_folder_without_a_preset(tmp_path):
    assert refusal(str(tmp_path)) == (
        f"model.preset: {tmp_path} has no config.json: give a folder that KerasHub's save_to_preset wrote"
    )


def test_a_folder_of_something_else(tmp_path):
    config = {"module": "keras_hub", "class_name": "VGGBackbone", "registered_name": "keras_hub>VGGBackbone"}
    (tmp_path / "config.json").write_text(json.dumps({**config, "config": {}}))
    assert refusal(str(tmp_path)) == (
        f"model.preset '{tmp_path}' is a VGGBackbone without feature maps for a pyramid: take a RetinaNet, ResNet, "
        "EfficientNet, CSPNet or DenseNet"
    )


def test_a_folder_that_does_not_say_how_pictures_are_normalised(tmp_path):
    folder = save_backbone(tiny_efficientnet(), tmp_path / "bare", converter=False)
    assert refusal(folder) == (
        f"model.preset '{folder}' has no image_converter.json, which says how pictures are normalised: save it too, "
        "with keras_hub.layers.ImageConverter(scale=…, offset=…).save_to_preset(…) of the values it was trained with"
    )


def test_a_folder_that_is_damaged(backbone_folder, tmp_path):
    damaged = tmp_path / "damaged"
    shutil.copytree(backbone_folder, damaged)
    (damaged / "model.weights.h5").write_bytes(b"no weights")
    message = refusal(str(damaged))
    assert message.startswith(f"model.preset '{damaged}' cannot be loaded: ")
    assert message.endswith("; save it again with KerasHub's save_to_preset")
    assert "\n" not in message


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """Neither a network, nor what was loaded before."""

    def refuse(*_):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (
            "retinanet_resnet50_fpn_coco",
            "keras_hub.models.RetinaNetObjectDetector.from_preset('retinanet_resnet50_fpn_coco')"
            ".save_to_preset('preset')",
        ),
        (
            "resnet_18_imagenet",
            "keras_hub.models.Backbone.from_preset('resnet_18_imagenet').save_to_preset('preset'); "
            "keras_hub.layers.ImageConverter.from_preset('resnet_18_imagenet').save_to_preset('preset')",
        ),
        (
            "hf://timm/resnet18.a1_in1k",
            "keras_hub.models.Backbone.from_preset('hf://timm/resnet18.a1_in1k').save_to_preset('preset'); "
            "keras_hub.layers.ImageConverter.from_preset('hf://timm/resnet18.a1_in1k').save_to_preset('preset')",
        ),
    ],
    ids=["detector", "backbone", "hugging face"],
)
def test_without_a_network_there_is_a_sentence_at_once(no_network, name, command):
    start = time.monotonic()
    message = refusal(name)
    assert time.monotonic() - start < 10
    assert message == (
        f"model.preset '{name}' cannot be loaded: Name or service not known\n{CANNOT_REACH}"
        f'  python -c "import keras_hub; {command}"'
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (requests.HTTPError("403 Client Error.\n\nYou don't have permission"), "HTTPError: 403 Client Error."),
        (TimeoutError(), "TimeoutError: no reason given"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
    ids=["forbidden", "timeout", "full disk"],
)
def test_whatever_goes_wrong_with_a_download_is_one_sentence(monkeypatch, error, said):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("kagglehub.model_download", fail)
    first, second = refusal("resnet_18_imagenet").split("\n", 1)
    assert first == f"model.preset 'resnet_18_imagenet' cannot be loaded: {said}"
    assert second.startswith(CANNOT_REACH)
