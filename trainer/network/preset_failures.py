"""Why a preset cannot be had, for a person."""

import os
from collections.abc import Iterable, Iterator

from presentation.suggestions import did_you_mean
from presentation.wording import printable

_LONGEST_REASON = 300


def explain_failure(name: str, error: Exception) -> str:
    """Returns the sentence for a preset that could not be loaded: the cause, and what to do without network."""
    sentence = f"model.preset '{printable(name)}' cannot be loaded: {_reason(error)}"
    if os.path.isdir(name):
        return f"{sentence}; save it again with KerasHub's save_to_preset"
    if not any(isinstance(cause, OSError) for cause in _causes(error)):
        return sentence
    return (
        f"{sentence}\n"
        "If this machine cannot reach it, run this on one that can, bring the folder here and set model.preset to it:\n"
        f'  python -c "{_download(name)}"'
    )


def explain_unknown(name: str, known: Iterable[str]) -> str:
    """Returns the sentence for a name that is neither a preset nor a folder."""
    near = did_you_mean(name, ["small", *sorted(known)])
    return (
        f"model.preset '{printable(name)}' is neither 'small', nor a folder, nor a preset of KerasHub with feature maps"
        + (near or " (such as retinanet_resnet50_fpn_coco, resnet_50_imagenet or efficientnet_b0_ra_imagenet)")
    )


def explain_unsuitable(name: str, kind: str = "") -> str:
    """Returns the sentence for a preset of a model that has no feature maps for a pyramid.

    Args:
        name: of the preset.
        kind: its class, if that is known.
    """
    return (
        f"model.preset '{printable(name)}' is {f'a {kind}' if kind else 'of a model'} without feature maps for a "
        "pyramid: take a RetinaNet, ResNet, EfficientNet, CSPNet or DenseNet"
    )


def explain_converter(name: str) -> str:
    """Returns the sentence for a preset that does not say how pictures are normalised."""
    return (
        f"model.preset '{printable(name)}' has no image_converter.json, which says how pictures are normalised: save "
        "it too, with keras_hub.layers.ImageConverter(scale=…, offset=…).save_to_preset(…) of the values it was "
        "trained with"
    )


def _download(name: str) -> str:
    name = printable(name).replace("\\", "").replace("'", "").replace('"', "")
    load = f".from_preset('{name}').save_to_preset('preset')"
    if "retinanet" in name.lower():
        return f"import keras_hub; keras_hub.models.RetinaNetObjectDetector{load}"
    return f"import keras_hub; keras_hub.models.Backbone{load}; keras_hub.layers.ImageConverter{load}"


def _reason(error: Exception) -> str:
    """Returns what the operating system said, if it did, else the first line of the error."""
    said = [cause.strerror for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror]
    lines = str(error).strip().splitlines()
    reason = str(said[-1]) if said else f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"
    reason = printable(reason)
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
