"""Steps: what they change, and how they add up."""

import numpy as np
import pytest
import tensorflow as tf

from trainer.configuration import read_settings
from trainer.network.building import build_detector
from trainer.training.devices import choose_devices
from trainer.training.optimizers import make_optimizer
from trainer.training.train_step import make_train_step

pytestmark = pytest.mark.training
SMALL = [
    "input.image_size=32",
    "model.filters=[64, 64, 64]",
    "model.width=32",
    "model.levels=[3, 3]",
    "model.anchors={size: 2, scales: 1, ratios: [1.0]}",
    "optimizer.name=sgd",
    "optimizer.warmup_steps=0",
    "optimizer.learning_rate=0.01",
]


@pytest.fixture(autouse=True)
def _precision_stays():
    import keras

    yield
    keras.config.set_dtype_policy("float32")


def batch(seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 0.5, (2, 3, 2))
    return {
        "images": tf.constant(rng.integers(0, 256, (2, 32, 32, 3)), tf.uint8),
        "boxes": tf.constant(np.concatenate([low, low + 0.4], -1), tf.float32),
        "labels": tf.constant(rng.integers(0, 3, (2, 3)), tf.int32),
        "source_ids": tf.constant([1, 2], tf.int64),
    }


def trained(batches, *changes, precision="float32"):
    """Returns the losses and the weights after one step."""
    settings = read_settings([], [*SMALL, f"training.precision={precision}", *changes])
    devices = choose_devices(settings.training)
    detector = build_detector(settings.model, 32, 3, 0)
    variables = detector.model.trainable_variables
    optimizer = make_optimizer(settings.optimizer, 100, variables, precision=devices.precision)
    losses = make_train_step(detector, optimizer, settings.loss, devices)(batches)
    return losses.numpy(), [variable.numpy() for variable in variables]


@pytest.fixture(scope="module")
def plain():
    return trained((batch(0),))


def test_a_step_lowers_the_loss_of_its_batch():
    settings = read_settings([], [*SMALL, "training.precision=float32"])
    detector = build_detector(settings.model, 32, 3, 0)
    optimizer = make_optimizer(settings.optimizer, 100, detector.model.trainable_variables)
    step = make_train_step(detector, optimizer, settings.loss, choose_devices(settings.training))
    losses = [float(step((batch(0),)).numpy()[:2].sum()) for _ in range(10)]
    assert losses[-1] < 0.8 * losses[0]


def halves(whole):
    return tuple({name: value[i : i + 1] for name, value in whole.items()} for i in range(2))


def test_the_halves_of_a_batch_make_the_step_of_the_whole():
    # BatchNorm sees each half alone, so what it has learnt before decides here, and nothing else.
    whole = batch(0)
    settings = read_settings([], [*SMALL, "training.precision=float32", "optimizer.momentum=0"])
    found = []
    for batches in ((whole,), halves(whole)):
        detector = build_detector(settings.model, 32, 3, 0)
        for layer in detector.model._flatten_layers():
            if type(layer).__name__ == "BatchNormalization":
                layer.trainable = False
        optimizer = make_optimizer(settings.optimizer, 100, detector.model.trainable_variables)
        step = make_train_step(detector, optimizer, settings.loss, choose_devices(settings.training))
        figures = step(batches).numpy()
        found.append((figures, [variable.numpy() for variable in detector.model.trainable_variables]))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-4)
    for one, other in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "precision"), [(["training.xla=true"], "float32"), ([], "mixed_bfloat16"), ([], "mixed_float16")]
)
def test_compiled_or_in_half_precision_the_step_is_about_the_same(plain, changes, precision):
    losses, weights = trained((batch(0),), *changes, precision=precision)
    tolerance = 1e-4 if precision == "float32" else 0.05
    np.testing.assert_allclose(losses[:2], plain[0][:2], rtol=tolerance)
    moved = np.concatenate([(found - wanted).ravel() for found, wanted in zip(weights, plain[1], strict=True)])
    assert np.abs(moved).max() < 0.02
    assert all(weight.dtype == np.float32 for weight in weights)
