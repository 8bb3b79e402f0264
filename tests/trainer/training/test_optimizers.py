"""Optimizers against their formulas."""

import keras
import numpy as np
import pytest

from trainer.settings import OptimizerSettings
from trainer.training.optimizers import learning_rate_schedule, make_optimizer


def variables():
    rng = np.random.default_rng(0)
    shapes = {"stem": (7, 7, 3, 8), "kernel": (3, 3, 8, 16), "class_head/logits_layer": (3, 3, 16, 4), "bias": (16,)}
    return {
        name: keras.Variable(rng.normal(size=shape), dtype="float32", name=name.split("/")[-1])
        for name, shape in shapes.items()
    }


def apply(settings, gradients, steps=1, **options):
    """Returns the changes of each variable by so many equal steps at a constant rate."""
    there = variables()
    there["class_head/logits_layer"]._path = "class_head/logits_layer"
    before = {name: variable.numpy() for name, variable in there.items()}
    backbone = [there[name] for name in options.pop("backbone", ())]
    optimizer = make_optimizer(settings, 1000, list(there.values()), backbone, **options)
    for _ in range(steps):
        optimizer.apply([keras.ops.convert_to_tensor(gradients[name]) for name in there], list(there.values()))
    return {name: variable.numpy() - before[name] for name, variable in there.items()}


def gradients(scale=1.0):
    rng = np.random.default_rng(1)
    return {
        name: (scale * rng.normal(size=variable.shape)).astype(np.float32) for name, variable in variables().items()
    }


def constant(**settings):
    return OptimizerSettings(**({"schedule": "constant", "warmup_steps": 0, "clip_norm": 0.0} | settings))


def test_muon_makes_kernels_steps_orthogonal_and_leaves_the_rest_to_adam():
    changes = apply(constant(name="muon", learning_rate=0.01), gradients())
    matrix = changes["kernel"].reshape(-1, 16) / (0.01 * 0.2 * 72**0.5)
    values = np.linalg.svd(matrix, compute_uv=False)
    assert values.min() > 0.6
    assert values.max() < 1.3  # five steps of Newton and Schulz are no more exact
    for name in ("stem", "class_head/logits_layer", "bias"):
        np.testing.assert_allclose(np.abs(changes[name]), 0.01, rtol=0.05)  # Adam's first step


def test_muons_step_points_down():
    changes, slopes = apply(constant(name="muon"), gradients()), gradients()
    assert all(np.sum(changes[name] * slopes[name]) < 0 for name in changes)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_weights_decay_but_norms_and_biases_do_not(name):
    none = {name: np.zeros_like(value) for name, value in gradients().items()}
    settings = constant(name=name, learning_rate=0.1, weight_decay=0.01)
    there = {name: variable.numpy() for name, variable in variables().items()}
    changes = apply(settings, none)
    np.testing.assert_allclose(changes["kernel"], -0.001 * there["kernel"], rtol=1e-3, atol=1e-7)
    assert not changes["bias"].any()


def test_a_backbone_moves_at_its_own_rate():
    settings = constant(name="sgd", learning_rate=0.1, momentum=0.0, backbone_rate=0.25)
    changes, slopes = apply(settings, gradients(), backbone=["stem"]), gradients()
    np.testing.assert_allclose(changes["stem"], -0.025 * slopes["stem"], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(changes["kernel"], -0.1 * slopes["kernel"], rtol=1e-4, atol=1e-6)


def test_all_gradients_together_are_clipped():
    settings = constant(name="sgd", learning_rate=1.0, momentum=0.0, clip_norm=1.0)
    changes = apply(settings, gradients(100.0))
    assert np.sqrt(sum((change**2).sum() for change in changes.values())) == pytest.approx(1.0, rel=1e-4)


def test_losses_are_scaled_for_half_precision_and_steps_are_not():
    settings = constant(name="sgd", learning_rate=0.1, momentum=0.0)
    there = list(variables().values())
    optimizer = make_optimizer(settings, 10, there, precision="mixed_float16")
    assert float(optimizer.scale_loss(1.0)) == 2.0**15
    before, slopes = [variable.numpy() for variable in there], list(gradients().values())
    optimizer.apply([keras.ops.convert_to_tensor(2.0**15 * slope) for slope in slopes], there)
    for variable, was, slope in zip(there, before, slopes, strict=True):
        np.testing.assert_allclose(variable.numpy(), was - 0.1 * slope, rtol=1e-4, atol=1e-5)


def test_the_mean_of_the_weights_follows_them():
    there = list(variables().values())
    settings = constant(name="sgd", learning_rate=0.1, momentum=0.0, ema=0.9)
    optimizer = make_optimizer(settings, 10, there)
    after = []
    for _ in range(2):
        optimizer.apply([keras.ops.convert_to_tensor(slope) for slope in gradients().values()], there)
        after.append([variable.numpy() for variable in there])
    for average, first, second in zip(optimizer._model_variables_moving_average, *after, strict=True):
        np.testing.assert_allclose(average.numpy(), 0.9 * first + 0.1 * second, rtol=1e-4, atol=1e-6)


def test_rates_warm_up_from_a_tenth_and_go_down_along_a_cosine():
    rate = learning_rate_schedule(OptimizerSettings(learning_rate=1.0, warmup_steps=10), 110)
    shown = [float(rate(step)) for step in (0, 5, 10, 60, 110)]
    np.testing.assert_allclose(shown, [0.1, 0.55, 1.0, 0.5, 0.0], atol=1e-6)


def test_rates_stay_if_they_are_to():
    rate = learning_rate_schedule(OptimizerSettings(learning_rate=1.0, warmup_steps=10, schedule="constant"), 110)
    np.testing.assert_allclose(
        [float(rate(step)) for step in (0, 5, 10, 60, 200)], [0.1, 0.55, 1.0, 1.0, 1.0], atol=1e-6
    )
    assert learning_rate_schedule(constant(learning_rate=0.5), 10) == 0.5
