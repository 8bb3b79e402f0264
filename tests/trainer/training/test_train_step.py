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
    losses = [float(step((batch(0),)).numpy().sum()) for _ in range(10)]
    assert losses[-1] < 0.8 * losses[0]


def test_twice_the_same_batch_makes_the_step_of_one(plain):
    losses, weights = trained((batch(0), batch(0)))
    np.testing.assert_allclose(losses, plain[0], rtol=1e-5)
    for found, wanted in zip(weights, plain[1], strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_two_batches_make_the_mean_of_their_steps(plain):
    _, start = trained((batch(0),), "optimizer.learning_rate=1e-30", "optimizer.clip_norm=0")
    one, other, both = (
        trained(batches, "optimizer.clip_norm=0", "optimizer.momentum=0")[1]
        for batches in ((batch(0),), (batch(1),), (batch(0), batch(1)))
    )
    for begun, a, b, mean in zip(start, one, other, both, strict=True):
        np.testing.assert_allclose(mean - begun, ((a - begun) + (b - begun)) / 2, atol=2e-6)


@pytest.mark.parametrize(
    ("changes", "precision"), [(["training.xla=true"], "float32"), ([], "mixed_bfloat16"), ([], "mixed_float16")]
)
def test_compiled_or_in_half_precision_the_step_is_about_the_same(plain, changes, precision):
    losses, weights = trained((batch(0),), *changes, precision=precision)
    tolerance = 1e-4 if precision == "float32" else 0.05
    np.testing.assert_allclose(losses, plain[0], rtol=tolerance)
    moved = np.concatenate([(found - wanted).ravel() for found, wanted in zip(weights, plain[1], strict=True)])
    assert np.abs(moved).max() < 0.02
    assert all(weight.dtype == np.float32 for weight in weights)
