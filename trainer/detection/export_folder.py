"""Whether a folder is an export of `shardbox-train export`: seen before TensorFlow is loaded."""

import os

from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from trainer.export.description import Description, DescriptionError, read_description
from trainer.export.files import SAVED_MODEL

_GRAPH = "saved_model.pb"


def describe_folder(path: str) -> Description:
    """Returns what an export says of itself.

    Raises:
        UsageError: the folder holds no export; what it may hold instead is told.
    """
    if "://" in path:
        raise UsageError(f"--model '{path}' is not on a disk of this machine: copy the folder here")
    if os.path.isfile(path):
        raise UsageError(f"--model '{path}' is a file: give the folder of `shardbox-train export --output`")
    if not os.path.isdir(path):
        above, name = os.path.split(path.rstrip("/"))
        raise UsageError(f"--model '{path}': there is no such folder{did_you_mean(name, _folders_in(above or '.'))}")
    if not os.path.isfile(os.path.join(path, _GRAPH)):
        raise UsageError(f"--model '{path}' {_what_it_is(path)}")
    try:
        with open(os.path.join(path, SAVED_MODEL.description), "rb") as file:
            return read_description(file.read())
    except FileNotFoundError:
        reason = f"it has no {SAVED_MODEL.description}"
    except (OSError, DescriptionError) as error:
        reason = f"{SAVED_MODEL.description} cannot be read: {error}"
    raise UsageError(f"--model '{path}' is no SavedModel of `shardbox-train export`: {reason}")


def _what_it_is(path: str) -> str:
    versions = sorted(int(name) for name in os.listdir(path) if name.isdecimal() and _holds_graph(path, name))
    if versions:
        return f"holds one export or several: give --model {os.path.join(path, str(versions[-1]))}"
    if os.path.isfile(os.path.join(path, "run.json")):
        return (
            "is a training run: export it first, with "
            f"shardbox-train export --model_dir {path} --output served/1, and give --model served/1"
        )
    if os.path.isfile(os.path.join(path, "model.keras")):
        return "is an export for Keras: give the folder of `shardbox-train export --output`"
    return f"holds no SavedModel (no {_GRAPH}): give the folder of `shardbox-train export --output`"


def _folders_in(path: str) -> list[str]:
    if not os.path.isdir(path):
        return []
    return sorted(name for name in os.listdir(path) if os.path.isdir(os.path.join(path, name)))


def _holds_graph(path: str, name: str) -> bool:
    return os.path.isfile(os.path.join(path, name, _GRAPH))
