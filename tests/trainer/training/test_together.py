"""Several devices and machines train as one does."""

import json
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from ..made_datasets import shapes_dataset
from ..shardbox_train_runs import TINY, command, fit, metrics, weights

pytestmark = pytest.mark.training
STEPS = (
    "training.steps=4",
    "training.checkpoint_every=2",
    "input.cache=memory",
    "optimizer.ema=0.9",
    "optimizer.warmup_steps=1",
)
TOLERANCE = 2e-3
"""Largest difference of a weight, absolute and relative, after four steps: sums over replicas are rounded in
another order, and Muon and Adam enlarge what is small."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return shapes_dataset(tmp_path_factory.mktemp("data"), {"train": 14, "validation": 3})


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "alone"
    done = fit(data, folder, *STEPS)
    assert done.returncode == 0, done.stderr
    return weights(folder)


def assert_alike(found, wanted, tolerance):
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_allclose(found[name], wanted[name], rtol=tolerance, atol=tolerance, err_msg=name)


def free_ports(count):
    """Returns ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start_machines(data, folder, *changes):
    """Starts a training on two machines, which are processes here."""
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    return [
        subprocess.Popen(
            command("fit", "--data", data, "--model_dir", folder, changes=(*TINY, *changes)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})},
        )
        for index in range(2)
    ]


def test_two_machines_end_with_the_weights_of_one(data, alone, tmp_path):
    folder = tmp_path / "run"
    started = start_machines(data, folder, *STEPS)
    chief, other = end_well(started)
    assert "devices: 2 devices on 2 machines, float32\n" in chief
    assert "devices" not in other  # the chief alone tells
    assert_alike(weights(folder), alone, TOLERANCE)


@pytest.mark.parametrize("killed", [0, 1])
def test_a_machine_that_dies_ends_the_others_with_a_sentence(data, tmp_path, killed):
    folder = tmp_path / "run"
    started = start_machines(data, folder, "training.steps=100000", "training.log_every=1", "input.cache=memory")
    await_steps(folder, started)
    started[killed].kill()
    said = [process.communicate(timeout=300) for process in started]
    assert started[1 - killed].returncode == 1
    assert said[1 - killed][1] == (
        "shardbox-train: another machine of this training no longer answers: its own output tells why. The same "
        "command on all machines goes on from the last checkpoint\n"
    )


def await_steps(folder, started, steps=3):
    """Waits until so many steps are told of."""
    until = time.monotonic() + 300
    while time.monotonic() < until and all(process.poll() is None for process in started):
        if (folder / "metrics.csv").exists() and len((folder / "metrics.csv").read_text().splitlines()) > steps:
            return
        time.sleep(0.2)
    raise AssertionError([process.poll() for process in started])


RESUMED = (
    "training.steps=10",
    "training.checkpoint_every=4",
    "training.log_every=1",
    "input.cache=none",
    "optimizer.accumulate=2",
    "optimizer.ema=0.9",
)


def test_machines_that_are_killed_go_on_as_if_nothing_had_been(data, tmp_path):
    """Also the mean of the weights, and the place in a stream of which a step takes two batches."""
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    end_well(start_machines(data, unbroken, *RESUMED))
    started = start_machines(data, killed, *RESUMED)
    await_steps(killed, started, 5)
    for process in started:
        process.kill()
        process.communicate()
    first, _ = end_well(start_machines(data, killed, *RESUMED))
    assert "going on from step 4\n" in first or "going on from step 8\n" in first
    assert metrics(killed) == metrics(unbroken)
    found, wanted = weights(killed), weights(unbroken)
    assert found.keys() == wanted.keys()
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def end_well(started):
    """Returns what machines that have nothing to complain of said, the chief first."""
    said = [process.communicate(timeout=400) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    return [out for out, _ in said]


MIRRORED = """
import sys
import time
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from trainer.cli import main

sys.exit(main(sys.argv[1:]))
"""


def test_two_devices_of_a_machine_end_with_the_weights_of_one(data, alone, tmp_path):
    folder = tmp_path / "run"
    flags = ["fit", "--data", data, "--model_dir", folder]
    changes = (*TINY, *STEPS, "training.distribution=mirrored")
    done = subprocess.run(
        [sys.executable, "-c", MIRRORED, *flags, "--set", *changes],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "devices: 2 devices, float32\n" in done.stdout
    assert_alike(weights(folder), alone, TOLERANCE)
