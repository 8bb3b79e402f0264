"""The files of exports: their names, and by which of them an export is known again."""

import re
from typing import NamedTuple

DESCRIPTION_NAME = "detector.json"
LABEL_MAP_NAME = "label_map.pbtxt"
WARMUP_NAME = "assets.extra/tf_serving_warmup_requests"
"""Where TensorFlow Serving looks for requests to warm up with."""


class ExportFolder(NamedTuple):
    """What a folder that an export wrote holds."""

    description: str
    """Path of the file that describes it."""
    patterns: tuple[str, ...]
    """Regular expressions of the paths of all files in it."""


SAVED_MODEL = ExportFolder(
    f"assets/{DESCRIPTION_NAME}",
    (
        r"(saved_model|fingerprint)\.pb",
        r"variables/variables\.(index|data-\d{5}-of-\d{5})",
        rf"assets/({re.escape(DESCRIPTION_NAME)}|{re.escape(LABEL_MAP_NAME)})",
        re.escape(WARMUP_NAME),
    ),
)
KERAS_FOLDER = ExportFolder(
    DESCRIPTION_NAME,
    (
        rf"model\.keras|anchors\.npy|README\.md|{re.escape(DESCRIPTION_NAME)}|{re.escape(LABEL_MAP_NAME)}",
        r"preset/\w+(\.weights)?\.(json|h5)",
    ),
)
