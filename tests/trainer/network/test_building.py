"""The small network: its shapes, what it starts from, and that it can be built again."""

import keras
import numpy as np
import pytest

from trainer.failures import TrainingError
from trainer.network.anchors import anchors_for
from trainer.network.building import build_detector, describe, rebuild
from trainer.settings import AnchorSettings, ModelSettings

ANCHORS = AnchorSettings(size=2.5, scales=2, ratios=(0.5, 1.0))
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def small(**values) -> ModelSettings:
    return ModelSettings(**{"anchors": ANCHORS, **values})


@pytest.fixture(scope="module")
def detector():
    return build_detector(small(), 64, 3, seed=5)


def test_outputs_line_up_with_the_anchors(detector):
    outputs = detector.model(PICTURES)
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {
        "box_deltas": (2, 320, 4),
        "class_logits": (2, 320, 3),
    }
    assert (detector.image_size, detector.anchor_settings, detector.backbone_variables) == (64, ANCHORS, ())
    np.testing.assert_array_equal(detector.anchors, anchors_for(ANCHORS, (3, 4), 64))


@pytest.mark.parametrize(
    ("levels", "cells"),
    [((2, 3), (16, 8)), ((4, 4), (4,)), ((3, 7), (8, 4, 2, 1, 1))],
    ids=str,
)
def test_levels_beyond_the_backbones(levels, cells):
    built = build_detector(small(levels=levels, filters=(64, 32, 32)), 64, 1, seed=0)
    assert built.model.output["class_logits"].shape == (None, sum(4 * side * side for side in cells), 1)
    assert len(built.anchors) == sum(4 * side * side for side in cells)


def test_pixels_are_normalised_inside_whatever_their_type(detector):
    as_bytes, as_floats = (detector.model(PICTURES.astype(kind))["box_deltas"] for kind in (np.uint8, np.float32))
    np.testing.assert_array_equal(as_bytes, as_floats)
    scaled = detector.model.get_layer("normalisation")(np.float32([[[[0, 127.5, 255]]]]))
    np.testing.assert_allclose(scaled, [[[[-1, 0, 1]]]], atol=1e-6)


def test_every_class_starts_at_a_hundredth_and_every_box_at_its_anchor(detector):
    outputs = detector.model(PICTURES)
    likely = 1 / (1 + np.exp(-np.asarray(outputs["class_logits"])))
    assert 0.008 < likely.mean() < 0.012
    assert likely.max() < 0.05
    assert np.abs(np.asarray(outputs["box_deltas"]).mean()) < 0.1


def test_what_the_heads_start_from(detector):
    for name, bias in (("box_head", 0.0), ("class_head", -np.log(99))):
        head = detector.model.get_layer(name)
        kernel = head.conv_layers[0].kernel.numpy()
        assert kernel.std() == pytest.approx(np.sqrt(2 / (9 * 64)), rel=0.05)  # He et al.
        last = head.prediction_layer
        assert last.kernel.numpy().std() == pytest.approx(0.01, rel=0.05)
        np.testing.assert_allclose(last.bias.numpy(), np.full(last.bias.shape, bias), rtol=1e-5)


def test_equal_seeds_make_equal_weights_whatever_was_built_before(detector):
    keras.utils.set_random_seed(99)
    keras.layers.Conv2D(8, 3).build((None, 8, 8, 3))
    again = build_detector(small(), 64, 3, seed=5)
    other = build_detector(small(), 64, 3, seed=6)
    assert all(map(np.array_equal, detector.model.get_weights(), again.model.get_weights()))
    kernels = [
        (ours.numpy(), theirs.numpy())
        for ours, theirs in zip(detector.model.weights, other.model.weights, strict=True)
        if ours.path.endswith("kernel")
    ]
    assert len(kernels) == 17
    assert not any(np.array_equal(ours, theirs) for ours, theirs in kernels)


def test_no_two_kernels_start_alike(detector):
    kernels = [variable.numpy().tobytes() for variable in detector.model.weights if variable.path.endswith("kernel")]
    assert len(set(kernels)) == len(kernels)


def test_building_leaves_the_generators_of_others_alone():
    keras.utils.set_random_seed(1)
    expected = np.random.random(), float(keras.random.uniform(()))
    keras.utils.set_random_seed(1)
    build_detector(small(filters=(64, 32, 32), levels=(3, 3)), 32, 1, seed=0)
    assert np.random.random() == expected[0]


def test_a_detector_is_built_again_from_its_description(detector, tmp_path):
    for variable in detector.model.weights:
        if "moving" in variable.path:
            variable.assign(np.random.default_rng(1).uniform(0.5, 1.5, variable.shape))
    detector.model.save_weights(tmp_path / "kept.weights.h5")
    again = rebuild(describe(detector))
    again.model.load_weights(tmp_path / "kept.weights.h5")
    for name, values in detector.model(PICTURES).items():
        np.testing.assert_array_equal(again.model(PICTURES)[name], values)
    assert again.architecture == detector.architecture
    np.testing.assert_array_equal(again.anchors, detector.anchors)


def test_mixed_precision_computes_in_half_and_keeps_weights_whole():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        built = build_detector(small(filters=(64, 32, 32), levels=(3, 3)), 32, 1, seed=0)
        outputs = built.model(PICTURES[:, :32, :32])
    finally:
        keras.config.set_dtype_policy(policy)
    assert {tensor.dtype.name for tensor in outputs.values()} == {"bfloat16"}
    assert {variable.dtype for variable in built.model.trainable_variables} == {"float32"}
    assert built.anchors.dtype == np.float32
    assert built.model.get_layer("normalisation").compute_dtype == "float32"


@pytest.mark.parametrize(
    ("values", "size", "sentence"),
    [
        (
            {"filters": (32, 64, 64)},
            64,
            "model.filters [32, 64, 64] begin with 32: the first must be 64",
        ),
        (
            {"levels": (6, 7)},
            128,
            "model.levels [6, 7] begin at 6, but the backbone has levels 2 to 5: begin at one of them",
        ),
        (
            {"levels": (3, 5)},
            80,
            "input.image_size 80 is no multiple of 32, the cell of level 5: take 64 or 96",
        ),
        (
            {"freeze_levels": 2},
            64,
            "model.freeze_levels 2 freezes a preset's backbone, and model.preset 'small' has none: set it to 0",
        ),
    ],
    ids=["filters", "levels", "size", "freezing"],
)
def test_what_is_refused(values, size, sentence):
    with pytest.raises(TrainingError) as refused:
        build_detector(small(**values), size, 1, seed=0)
    assert str(refused.value) == sentence


def test_a_description_names_a_backbone_and_nothing_else():
    described = describe(build_detector(small(filters=(64, 32, 32), levels=(3, 3)), 32, 1, seed=0))
    with pytest.raises(TrainingError) as refused:
        rebuild(described.replace("keras_hub>ResNetBackbone", "keras_hub>BertBackbone"))
    assert str(refused.value) == (
        "'keras_hub>BertBackbone' is no backbone of KerasHub that a feature pyramid can stand on"
    )
