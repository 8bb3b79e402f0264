"""Which devices train together, and in what precision."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import keras
import tensorflow as tf

from trainer.failures import TrainingError
from trainer.settings import TrainingSettings

_FAST_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
"""Flags of processors that multiply bfloat16 in one instruction."""
_AMPERE = (8, 0)
"""Compute capability from which on NVIDIA's GPUs do."""


@dataclass(frozen=True)
class Devices:
    """What trains together.

    Args:
        strategy: of TensorFlow.
        kind: of it.
        index: of this machine among those that train together.
        machines: how many they are.
        precision: Keras' dtype policy.
        xla: whether steps are compiled by XLA.
    """

    strategy: Any
    kind: Literal["one_device", "mirrored", "multi_worker"]
    index: int
    machines: int
    precision: str
    xla: bool

    @property
    def is_chief(self) -> bool:
        """Whether this machine writes files and evaluates."""
        return self.index == 0

    @property
    def replicas(self) -> int:
        """Devices of all machines."""
        return int(self.strategy.num_replicas_in_sync)

    def describe(self) -> str:
        """Returns what trains, as a person reads it."""
        count = f"{self.replicas} devices" if self.replicas > 1 else _device_name()
        machines = f" on {self.machines} machines" if self.machines > 1 else ""
        return f"{count}{machines}, {self.precision}{', XLA' if self.xla else ''}"

    def check_batch(self, batch_size: int) -> None:
        """Refuses batches that the devices cannot share.

        Raises:
            TrainingError: telling the nearest sizes.
        """
        if batch_size % self.replicas:
            lower = batch_size // self.replicas * self.replicas
            near = " or ".join(str(size) for size in (lower, lower + self.replicas) if size)
            raise TrainingError(
                f"input.batch_size {batch_size} cannot be shared by {self.replicas} devices: take {near}"
            )


def choose_devices(settings: TrainingSettings, precision: str | None = None) -> Devices:
    """Chooses what trains together, and sets Keras' precision.

    Args:
        settings: what was asked for.
        precision: that of a run which goes on; None for the settings' own.

    Raises:
        TrainingError: the settings ask for what this machine does not have, or TF_CONFIG cannot be read.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if settings.require_gpu and not gpus:
        raise TrainingError(
            "training.require_gpu is set, but TensorFlow sees no GPU: install its CUDA libraries "
            "(pip install 'tensorflow[and-cuda]'), check `nvidia-smi`, or leave training.require_gpu out"
        )
    for gpu in gpus:
        with suppress(RuntimeError):  # it is set already, and the GPU in use
            tf.config.experimental.set_memory_growth(gpu, True)
    machines, index = _cluster()
    kind = settings.distribution
    if kind == "auto":
        kind = "multi_worker" if machines > 1 else "mirrored" if len(gpus) > 1 else "one_device"
    if kind == "multi_worker" and machines == 0:
        raise TrainingError(
            "training.distribution is multi_worker, but TF_CONFIG names no machines: set it on each of them, "
            'such as {"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
        )
    if kind != "multi_worker" and machines > 1:
        raise TrainingError(
            f"training.distribution is {kind}, but TF_CONFIG names {machines} machines: leave out one of the two"
        )
    if precision is None:
        precision = settings.precision if settings.precision != "auto" else _fast_precision(gpus)
    keras.config.set_dtype_policy(precision)
    together = kind == "multi_worker"
    devices = Devices(_strategy(kind), kind, index if together else 0, machines if together else 1, precision, False)
    if settings.xla is True and devices.replicas > 1:
        raise TrainingError(
            f"training.xla is set, but XLA does not compile what {devices.replicas} devices exchange: "
            "take training.xla: auto"
        )
    xla = settings.xla if settings.xla != "auto" else bool(gpus) and devices.replicas == 1
    return replace(devices, xla=xla)


def _strategy(kind: str) -> Any:
    if kind == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if kind == "mirrored":
        logical = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in logical])
    return tf.distribute.get_strategy()


def _cluster() -> tuple[int, int]:
    """Returns how many machines TF_CONFIG names, 0 for none, and which of them this one is.

    Raises:
        TrainingError: it cannot be read.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text:
        return 0, 0
    try:
        config = json.loads(text)
        cluster = config.get("cluster", {})
        chiefs, workers = len(cluster.get("chief", [])), len(cluster.get("worker", []))
        task = config.get("task", {})
        kind, index = task.get("type", "worker"), int(task.get("index", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise TrainingError(f"TF_CONFIG cannot be read ({error}): {text}") from None
    if unknown := set(cluster) - {"chief", "worker"}:
        raise TrainingError(f"TF_CONFIG names machines of kind '{min(unknown)}': only chief and worker train together")
    place = index if kind == "chief" else chiefs + index
    if chiefs + workers and not 0 <= place < chiefs + workers:
        raise TrainingError(f"TF_CONFIG: there is no {kind} {index} among the {chiefs + workers} machines it names")
    return chiefs + workers, place


def _fast_precision(gpus: list[Any]) -> str:
    """Returns mixed_bfloat16 where the machine multiplies it faster than float32, which it is as accurate as here."""
    if gpus:
        found = [tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus]
        return "mixed_bfloat16" if min(found) >= _AMPERE else "float32"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return "float32"
    return "mixed_bfloat16" if _FAST_BFLOAT16 & set(flags.split()) else "float32"


def _device_name() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU ({os.cpu_count()} cores)"
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))
