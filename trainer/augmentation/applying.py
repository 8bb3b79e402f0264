"""Operations, one after another, on a picture and its boxes: what training does with each picture it draws."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import tensorflow as tf

from trainer.augmentation.colour import recoloured
from trainer.augmentation.cropping import crop, scale_jitter
from trainer.augmentation.cutout import cut_out
from trainer.augmentation.mosaic import mosaic
from trainer.augmentation.settings import Colour, Crop, Cutout, Flip, Mosaic, Operation, Rotate90, ScaleJitter
from trainer.augmentation.turning import flip, rotate90
from trainer.augmentation.views import WHOLE, View, settled, view_of

Sample = dict[str, tf.Tensor]
PARTNERS = 3
"""Other pictures that a mosaic needs."""

_CHANGES: Mapping[type[Operation], Callable[[View, tf.Tensor, Any], View]] = {
    Flip: flip,
    Rotate90: rotate90,
    Crop: crop,
    ScaleJitter: scale_jitter,
    Colour: recoloured,
    Cutout: cut_out,
}
"""What each operation does with one view; a mosaic wants several."""


def needs_partners(operations: Sequence[Operation]) -> bool:
    """Returns whether `augment` must be given other pictures, too."""
    return any(isinstance(operation, Mosaic) and operation.probability > 0 for operation in operations)


def augment(sample: Sample, key: tf.Tensor, operations: Sequence[Operation], partners: Sequence[Sample] = ()) -> Sample:
    """Applies operations in their order, each with its probability.

    Equal arguments give equal results: all random numbers come from the key. Objects of which too little is left, as
    the operation says, become regions to ignore, and boxes of less than a pixel are gone: their label is -1, also
    between others.

    Args:
        sample: `image` uint8 [size, size, 3], `boxes` float32 [M, 4] (ymin, xmin, ymax, xmax) as fractions of the
            image, `labels` int32 [M]: class from 0, -1 for no box, -2 for a region to ignore. `picture` float32 [4], if
            it is there, says which part of the image is picture, and the rest padding. Shapes are static; other entries
            stay as they are.
        key: int32 [2], of this picture and this time.
        operations: what may happen.
        partners: `PARTNERS` other samples of the same shapes, if `needs_partners`.

    Returns:
        The sample, changed; boxes are within 0 and 1.
    """
    if needs_partners(operations) and len(partners) != PARTNERS:
        raise ValueError(f"a mosaic needs {PARTNERS} partners, and {len(partners)} were given")
    view, *others = (
        view_of(one["image"], one["boxes"], one["labels"], one.get("picture", WHOLE)) for one in (sample, *partners)
    )
    view = settled(_changed(view, key, operations, others))
    changed = {"image": view.image, "boxes": view.boxes, "labels": view.labels, "picture": view.picture}
    return {name: changed.get(name, value) for name, value in sample.items()}


def _changed(view: View, key: tf.Tensor, operations: Sequence[Operation], others: Sequence[View]) -> View:
    for position, operation in enumerate(operations):
        before = [one for one in operations[:position] if not isinstance(one, Mosaic)]
        view = _perhaps(view, tf.random.fold_in(key, position), operation, before, others)
    return view


def _perhaps(
    view: View, key: tf.Tensor, operation: Operation, before: Sequence[Operation], others: Sequence[View]
) -> View:
    """Applies an operation with its probability.

    Args:
        view: what is seen.
        key: int32 [2].
        operation: what to do.
        before: what a mosaic does with the other pictures first.
        others: those pictures.
    """
    whether, how = tf.unstack(tf.random.split(key, 2))

    def change() -> View:
        if isinstance(operation, Mosaic):
            keys = tf.unstack(tf.random.split(how, 1 + PARTNERS))
            changed = [_changed(other, own, before, ()) for other, own in zip(others, keys[1:], strict=True)]
            return mosaic([view, *changed], keys[0], operation)
        return _CHANGES[type(operation)](view, how, operation)

    if operation.probability in (0, 1):
        return change() if operation.probability else view
    return cast(View, tf.cond(tf.random.stateless_uniform([], whether) < operation.probability, change, lambda: view))
