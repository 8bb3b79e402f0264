"""`shardbox-train export`: a training run → a detector that runs without this package."""

import argparse
import os
import shlex

from pydantic import ValidationError
from rich.console import Console

from presentation.refusals import UsageError
from presentation.terminal import say
from presentation.wording import counted, readable_size
from trainer.export.files import KERAS_FOLDER, SAVED_MODEL
from trainer.export.placing import check_file, check_folder, placed
from trainer.settings import DecodingSettings

EXAMPLE = """examples:
  shardbox-train export --model_dir runs/first --output served/1
  shardbox-train export --model_dir runs/first --output served/2 --checkpoint latest --score_threshold 0.3
  shardbox-train export --model_dir runs/first --keras first-keras --tflite first.tflite

--output becomes a SavedModel from the bytes of pictures to boxes in pixels, with a label map and warm-up requests;
TensorFlow Serving takes the highest number in the folder above it. docs/serving.md tells how each form is used.
"""

_DECODING = ("score_threshold", "nms_iou", "max_detections")
"""Settings that an export may have other values of than its run."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of this command."""
    parser.add_argument("--model_dir", required=True, metavar="DIR", help="the training run")
    parser.add_argument(
        "--checkpoint",
        choices=("best", "latest"),
        default="best",
        help="which weights: of the best evaluation, or of the last step (default: %(default)s)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace exports that are there")
    forms = parser.add_argument_group("what to write, one or more")
    forms.add_argument("--output", metavar="DIR", help="a SavedModel, such as served/1")
    forms.add_argument("--keras", metavar="DIR", help="a folder with model.keras, and a preset of KerasHub if it fits")
    forms.add_argument("--tflite", metavar="FILE.tflite", help="a model for TensorFlow Lite (LiteRT)")
    decoding = parser.add_argument_group("from the network's output to boxes (default: as in the run)")
    decoding.add_argument("--score_threshold", metavar="SHARE", help="detections with a lower score are left out")
    decoding.add_argument("--nms_iou", metavar="SHARE", help="of two that overlap so far, the worse one is left out")
    decoding.add_argument("--max_detections", metavar="N", help="most detections of a picture")


def run(values: argparse.Namespace, screen: Console) -> None:
    """Writes the exports, and says where they are.

    Raises:
        UsageError, TrainingError: with a sentence for a person.
    """
    changes = {name: value for name in _DECODING if (value := getattr(values, name)) is not None}
    _with_changes(DecodingSettings(), changes)
    _check_places(values)
    # TensorFlow takes seconds to load.
    from trainer.export.keras_folder import save_keras_folder  # noqa: PLC0415
    from trainer.export.lite import lite_model  # noqa: PLC0415
    from trainer.export.serving import describe_export, export_saved_model  # noqa: PLC0415
    from trainer.run_folder import RunFolder  # noqa: PLC0415

    folder = RunFolder.open(values.model_dir)
    detector = folder.load_detector(values.checkpoint)
    decoding = _with_changes(folder.settings.decoding, changes)
    resize = folder.settings.input.resize
    description = describe_export(detector, decoding, resize, folder.class_names, folder.class_ids)
    if values.output:
        with placed(values.output) as part:
            export_saved_model(detector, description, part)
        say(screen, _told_saved_model(values.output, len(description.classes)))
    if values.keras:
        with placed(values.keras) as part:
            has_preset = save_keras_folder(detector, description, part)
        preset = "with a preset of KerasHub" if has_preset else "without a preset of KerasHub, which has other networks"
        say(screen, f"{values.keras}: model.keras, {preset}, {_size(values.keras)}")
    if values.tflite:
        model = lite_model(detector, description)
        with placed(values.tflite) as part, open(part, "xb") as file:
            file.write(model)
        say(screen, f"{values.tflite}: for TensorFlow Lite, built-in operations only, {_size(values.tflite)}")


def _with_changes(decoding: DecodingSettings, changes: dict[str, str]) -> DecodingSettings:
    """Returns settings with other values, as texts.

    Raises:
        UsageError: quoting the one that is wrong.
    """
    try:
        return DecodingSettings.model_validate({**decoding.model_dump(), **changes})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        wish = "a whole number from 1" if name == "max_detections" else "a number from 0 to 1"
        raise UsageError(f"--{name} {changes[name]}: {wish} is wanted") from None


def _check_places(values: argparse.Namespace) -> None:
    given = {f"--{name}": getattr(values, name) for name in ("output", "keras", "tflite") if getattr(values, name)}
    if not given:
        raise UsageError("nothing to write: give --output DIR, --keras DIR or --tflite FILE.tflite")
    for flag, path in given.items():
        for other, above in given.items():
            if other != flag and _lies_in(path, above):
                raise UsageError(f"{flag} '{path}' lies in {other} '{above}': give each a place of its own")
        if flag == "--tflite":
            check_file(path, flag, ".tflite", values.overwrite)
        else:
            check_folder(path, flag, SAVED_MODEL if flag == "--output" else KERAS_FOLDER, values.overwrite)


def _lies_in(path: str, above: str) -> bool:
    path, above = os.path.realpath(path), os.path.realpath(above)
    return path == above or path.startswith(os.path.join(above, ""))


def _told_saved_model(path: str, classes: int) -> str:
    name = os.path.basename(os.path.abspath(path))
    hint = "" if name.isdecimal() else f"; TensorFlow Serving wants a number as its name, such as {path}/1"
    advice = f"shardbox-train detect --model {shlex.quote(path)} --images 'photos/*.jpg' --output found"
    return f"{path}: SavedModel of {counted(classes, 'class', 'classes')}, {_size(path)}{hint}; next: {advice}"


def _size(path: str) -> str:
    files = (
        [path] if os.path.isfile(path) else [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]
    )
    return readable_size(sum(map(os.path.getsize, files)))
