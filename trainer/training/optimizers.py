"""Optimizers: Muon for convolutions, AdamW, SGD, with what all of them share.

Keras clips the gradients of each replica, and sums them over the replicas only then. Here the train step has summed
them before, so that clipping sees the gradients of the global batch; what Keras would sum again is left as it is.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from trainer.settings import OptimizerSettings

_WARMUP_START = 0.1
"""Of the learning rate."""
_RMS = 0.2
"""Of Muon's update, so that one learning rate suits it and Adam: Liu et al. 2025, "Muon is Scalable for LLM Training",
section 2.2."""


class _SharedBehaviour:
    """Gradients come summed; some variables have a lower rate."""

    _rates: dict[int, float]

    def set_rates(self, variables: Sequence[Any], rate: float) -> None:
        """Gives some variables a part of the learning rate."""
        self._rates = {self._key(variable): rate for variable in variables}

    def _rate_of(self, variable: Any) -> float:
        rates: dict[int, float] = getattr(self, "_rates", {})
        return rates.get(self._key(variable), 1.0)

    def _key(self, variable: Any) -> int:
        return self._get_variable_index(variable)  # type: ignore[attr-defined,no-any-return]

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        return grads_and_vars

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Moves a variable, by its own part of the learning rate."""
        super().update_step(gradient, variable, learning_rate * self._rate_of(variable))  # type: ignore[misc]


class AdamW(_SharedBehaviour, keras.optimizers.Adam):
    """Adam with decoupled weight decay."""


class Momentum(_SharedBehaviour, keras.optimizers.SGD):
    """Stochastic gradient descent with momentum."""


class ConvolutionMuon(_SharedBehaviour, keras.optimizers.Muon):
    """Muon for the kernels of convolutions, each as a matrix [height · width · in, out]; Adam for all else.

    Keras' Muon takes matrices alone. Adam also moves the first convolution, which sees pixels, and the last ones of
    the heads, which give logits and deltas: Jordan et al. 2024, "Muon: An optimizer for hidden layers".
    """

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4 or variable.shape[2] == 3 or "logits" in variable.path

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, gradient + m * (self.momentum - 1))
        wanted = tf.convert_to_tensor(gradient + self.momentum * m if self.nesterov else m)
        matrix = tf.reshape(wanted, [-1, variable.shape[-1]])
        step = self.zeropower_via_newtonschulz5(matrix, self.ns_steps)
        scale = _RMS * max(matrix.shape) ** 0.5
        self.assign_sub(variable, tf.reshape(step, variable.shape) * (tf.cast(lr, step.dtype) * scale))


def learning_rate_schedule(settings: OptimizerSettings, steps: int) -> Any:
    """Returns the learning rate by step: up from a tenth while warming up, then down along a cosine, or as it is.

    Args:
        settings: rate, `warmup_steps` and `schedule`.
        steps: of the whole run.
    """
    if settings.schedule == "constant":
        if not settings.warmup_steps:
            return settings.learning_rate
        start, end = settings.learning_rate * _WARMUP_START, settings.learning_rate
        return keras.optimizers.schedules.PolynomialDecay(start, settings.warmup_steps, end)
    return keras.optimizers.schedules.CosineDecay(
        settings.learning_rate * _WARMUP_START if settings.warmup_steps else settings.learning_rate,
        steps - settings.warmup_steps,
        warmup_target=settings.learning_rate if settings.warmup_steps else None,
        warmup_steps=settings.warmup_steps,
    )


def make_optimizer(
    settings: OptimizerSettings,
    steps: int,
    variables: Sequence[Any],
    backbone: Sequence[Any] = (),
    precision: str = "float32",
) -> Any:
    """Makes an optimizer, with its variables; within the scope of a strategy.

    Args:
        settings: what kind, and how fast.
        steps: of the whole run.
        variables: trainable ones, all of them.
        backbone: those that move at `backbone_rate`.
        precision: Keras' dtype policy; losses are scaled for mixed_float16, whose small gradients would vanish.
    """
    shared: dict[str, Any] = {
        "learning_rate": learning_rate_schedule(settings, steps),
        "global_clipnorm": settings.clip_norm or None,
        "weight_decay": settings.weight_decay or None,
    }
    if settings.ema:
        shared |= {"use_ema": True, "ema_momentum": settings.ema}
    if settings.name == "muon":
        decay = settings.weight_decay or None
        optimizer = ConvolutionMuon(adam_lr_ratio=1.0, adam_weight_decay=decay, **shared)
    elif settings.name == "adamw":
        optimizer = AdamW(**shared)
    else:
        optimizer = Momentum(momentum=settings.momentum, nesterov=settings.momentum > 0, **shared)
    # Norms and biases are not decayed: they are few, and zero means nothing for them.
    optimizer.exclude_from_weight_decay(var_list=[variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    optimizer.set_rates(backbone, settings.backbone_rate)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(variables)
    return optimizer
