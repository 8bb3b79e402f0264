"""Which devices train together."""

import json

import pytest

from trainer.failures import TrainingError
from trainer.settings import TrainingSettings
from trainer.training.devices import Devices, _cluster, choose_devices

WORKERS = {"worker": ["a:1", "b:1"]}


@pytest.fixture(autouse=True)
def _precision_stays():
    import keras

    yield
    keras.config.set_dtype_policy("float32")


def test_one_device_without_a_gpu():
    devices = choose_devices(TrainingSettings(precision="float32"))
    assert (devices.kind, devices.replicas, devices.is_chief, devices.precision, devices.xla) == (
        "one_device", 1, True, "float32", False,
    )  # fmt: skip
    assert devices.describe().startswith("CPU (")


def test_the_precision_of_a_run_that_goes_on_is_kept():
    import keras

    assert choose_devices(TrainingSettings(), "mixed_bfloat16").precision == "mixed_bfloat16"
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_a_gpu_that_is_demanded_and_not_there():
    with pytest.raises(TrainingError) as raised:
        choose_devices(TrainingSettings(require_gpu=True))
    assert str(raised.value) == (
        "training.require_gpu is set, but TensorFlow sees no GPU: install its CUDA libraries "
        "(pip install 'tensorflow[and-cuda]'), check `nvidia-smi`, or leave training.require_gpu out"
    )


def test_several_machines_without_their_names(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(TrainingError) as raised:
        choose_devices(TrainingSettings(distribution="multi_worker"))
    assert str(raised.value) == (
        "training.distribution is multi_worker, but TF_CONFIG names no machines: set it on each of them, "
        'such as {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
    )


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"cluster": WORKERS, "task": {"type": "worker", "index": 1}}, (2, 1)),
        ({"cluster": WORKERS | {"chief": ["c:1"]}, "task": {"type": "chief", "index": 0}}, (3, 0)),
        ({"cluster": WORKERS | {"chief": ["c:1"]}, "task": {"type": "worker", "index": 1}}, (3, 2)),
        ({}, (0, 0)),
    ],
)
def test_the_place_among_machines(monkeypatch, config, place):
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    assert _cluster() == place


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "TF_CONFIG cannot be read (Expecting property name enclosed in double quotes: "
              "line 1 column 2 (char 1)): {"),
        ("[]", "TF_CONFIG cannot be read ('list' object has no attribute 'get'): []"),
        ('{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}}',
         "TF_CONFIG names machines of kind 'ps': only chief and worker train together"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"index": 3}}',
         "TF_CONFIG: there is no worker 3 among the 1 machines it names"),
    ],
)  # fmt: skip
def test_a_wrong_tf_config(monkeypatch, text, sentence):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(TrainingError) as raised:
        _cluster()
    assert str(raised.value) == sentence


class Three:
    """A strategy of three devices, as far as it is asked."""

    num_replicas_in_sync = 3


@pytest.mark.parametrize(("batch", "near"), [(8, "6 or 9"), (2, "3")])
def test_a_batch_that_devices_cannot_share(batch, near):
    devices = Devices(Three(), "mirrored", 0, 1, "float32", False)
    devices.check_batch(9)
    with pytest.raises(TrainingError) as raised:
        devices.check_batch(batch)
    assert str(raised.value) == f"input.batch_size {batch} cannot be shared by 3 devices: take {near}"


def test_one_device_where_tf_config_names_several_machines(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": WORKERS, "task": {"type": "worker", "index": 0}}))
    with pytest.raises(TrainingError) as raised:
        choose_devices(TrainingSettings(distribution="one_device"))
    assert str(raised.value) == (
        "training.distribution is one_device, but TF_CONFIG names 2 machines: leave out one of the two"
    )
