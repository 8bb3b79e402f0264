"""The figures of the steps since they were last looked at, read all at once: reading waits for the device."""

import time

import numpy as np
import tensorflow as tf

from trainer.training.train_step import Batches


class Window:
    """The steps since the figures were last read."""

    def __init__(self) -> None:
        self._figures: list[tf.Tensor] = []
        self._batches: list[Batches] = []
        self._began = time.monotonic()
        self.waited = 0.0

    def waiting(self) -> "_Waiting":
        """Times what is done in its block as waiting for input."""
        return _Waiting(self)

    def add(self, figures: tf.Tensor, batches: Batches) -> None:
        """Remembers what a step returned; its pictures by their ids alone."""
        self._figures.append(figures)
        self._batches.append(tuple(batch["source_ids"] for batch in batches))

    def latest_loss(self) -> float:
        """Returns the loss of the latest step, once it is done."""
        return float(tf.reduce_sum(self._figures[-1][:2]))

    def figures(self) -> np.ndarray:
        """Returns float32 [steps, 3]: the losses of the classes and of the boxes, and the gradients' norm."""
        return np.stack([value.numpy() for value in self._figures])

    def source_ids(self, number: int) -> list[int]:
        """Returns the ids of the pictures that this machine took for a step of the window."""
        parts = [part for batch in self._batches[number] for part in getattr(batch, "values", (batch,))]
        return [int(one) for part in parts for one in part.numpy()]

    def speed(self, images_a_step: int) -> dict[str, float]:
        """Returns how fast the steps were."""
        seconds = max(time.monotonic() - self._began, 1e-9)
        return {
            "images_per_second": len(self._figures) * images_a_step / seconds,
            "input_wait": min(1.0, self.waited / seconds),
        }


class _Waiting:
    def __init__(self, window: Window):
        self._window = window

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._window.waited += time.monotonic() - self._began


def explain_no_number(figures: np.ndarray, window: Window, step: int) -> str:
    """Returns a sentence about the first step of a window whose figures are no numbers.

    Args:
        figures: as `Window.figures` returns them.
        window: that they are of.
        step: the last of the window.
    """
    number = int(np.argmax(~np.isfinite(figures).all(axis=1)))
    names = ("the loss of the classes", "the loss of the boxes", "the gradients' norm")
    wrong = [name for name, value in zip(names, figures[number], strict=True) if not np.isfinite(value)]
    ids = window.source_ids(number)
    shown = ", ".join(str(one) for one in ids[:16]) + (", …" if len(ids) > 16 else "")
    return (
        f"step {step - len(figures) + number + 1}: {wrong[0]} is no number. The pictures of the batch have the "
        f"source_ids {shown}. What was learnt since the last checkpoint was not kept. Take a lower "
        "optimizer.learning_rate, more optimizer.warmup_steps or training.precision=float32; `shardbox verify` checks "
        "the dataset"
    )
