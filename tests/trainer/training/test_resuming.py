"""A run that is killed goes on exactly."""

import signal
import subprocess
import time

import numpy as np
import pytest

from ..made_datasets import shapes_dataset
from ..shardbox_train_runs import TINY, command, fit, metrics, weights

pytestmark = pytest.mark.training
STEPS = ("training.steps=24", "training.checkpoint_every=6", "training.evaluate_every=12", "training.log_every=3")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return shapes_dataset(tmp_path_factory.mktemp("data"), {"train": 14, "validation": 3})


@pytest.fixture(scope="module")
def unbroken(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    done = fit(data, folder, *STEPS)
    assert done.returncode == 0, done.stderr
    return folder


def kill_after(step, data, folder):
    """Starts a run and kills it once its CSV tells of a step."""
    changes = (*TINY, *STEPS)
    started = subprocess.Popen(
        command("fit", "--data", data, "--model_dir", folder, changes=changes),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and started.poll() is None:
            if (folder / "metrics.csv").exists() and int(([{"step": 0}, *metrics(folder)])[-1]["step"]) >= step:
                break
            time.sleep(0.005)
        assert started.poll() is None, "the run was over before it could be killed"
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()


def test_after_kill_9_the_same_command_goes_on_as_if_nothing_had_been(data, unbroken, tmp_path):
    folder = tmp_path / "killed"
    kill_after(9, data, folder)
    done = fit(data, folder, *STEPS)
    assert done.returncode == 0, done.stderr
    assert "going on from step 6\n" in done.stdout or "going on from step 12\n" in done.stdout
    assert metrics(folder) == metrics(unbroken)
    for which in ("latest", "best"):
        found, wanted = weights(folder, which), weights(unbroken, which)
        assert found.keys() == wanted.keys()
        for name in wanted:
            np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_a_run_that_is_over_stays_as_it_is(data, unbroken):
    before = weights(unbroken)
    done = fit(data, unbroken, *STEPS)
    assert done.returncode == 0, done.stderr
    assert all(np.array_equal(before[name], value) for name, value in weights(unbroken).items())


def test_ctrl_c_says_how_to_go_on(data, tmp_path):
    folder = tmp_path / "stopped"
    started = subprocess.Popen(
        command("fit", "--data", data, "--model_dir", folder, changes=(*TINY, "training.steps=100000")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not ((folder / "metrics.csv").exists() and metrics(folder)):
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert (started.returncode, said) == (
        130,
        "shardbox-train: interrupted; the same command goes on from the last checkpoint\n",
    )
