"""A detector as a folder for those who work on with Keras: the network, its anchors, and how both become boxes."""

import os

import numpy as np

from trainer.export.description import Description
from trainer.export.files import DESCRIPTION_NAME, LABEL_MAP_NAME
from trainer.export.hub_preset import is_possible, save_hub_preset
from trainer.export.precision import in_float32
from trainer.network.detector import Detector

_README = """# A detector of Shardbox, for Keras

- `model.keras`: the network. It takes pictures on their squares (uint8 or float32, 0–255, [batch, {size}, {size}, 3])
  and gives `box_deltas` [batch, {anchors}, 4] and `class_logits` [batch, {anchors}, {classes}].
- `anchors.npy`: float32 [{anchors}, 4], the boxes (ymin, xmin, ymax, xmax) from which it measures, as fractions of the
  square.
- `label_map.pbtxt`: the classes; the k-th of them, by id, is the network's class k, from 0.
- `detector.json`: the same, and how pictures come onto the square (`resize`) and outputs become boxes (`decoding`).
{preset}
```python
import keras
import keras_hub  # the network's layers are its
import numpy as np

model = keras.saving.load_model("model.keras")
anchors = np.load("anchors.npy")
outputs = model(np.full((1, {size}, {size}, 3), 128, "uint8"))
boxes = keras.utils.bounding_boxes.decode_deltas_to_boxes(
    anchors, outputs["box_deltas"], anchor_format="yxyx", encoded_format="center_xywh", box_format="yxyx"
)
scores = keras.ops.sigmoid(outputs["class_logits"])
```
"""
_PRESET = """- `preset/`: the same network as KerasHub's own task, to be loaded with
  `keras_hub.models.RetinaNetObjectDetector.from_preset("preset")`, or to go on from with
  `shardbox-train fit --set model.preset=PATH/preset`.
"""


def save_keras_folder(detector: Detector, description: Description, output: str) -> bool:
    """Writes the folder.

    Args:
        detector: with its weights.
        description: what it is to be served with.
        output: a folder that is not there yet.

    Returns:
        whether a preset of KerasHub is in it.
    """
    os.makedirs(output)
    plain = in_float32(detector)
    for name in ("box_head", "class_head"):
        # What KerasHub 0.32 keeps of a head's input, it cannot read again; without, the head is built when called.
        plain.model.get_layer(name).get_build_config = lambda: None
    plain.model.save(os.path.join(output, "model.keras"))
    np.save(os.path.join(output, "anchors.npy"), detector.anchors)
    has_preset = is_possible(detector)
    if has_preset:
        save_hub_preset(plain, description, os.path.join(output, "preset"))
    sizes = {"size": detector.image_size, "anchors": len(detector.anchors), "classes": len(description.classes)}
    readme = _README.format(**sizes, preset=_PRESET if has_preset else "")
    for name, text in (
        (LABEL_MAP_NAME, description.label_map.to_pbtxt()),
        (DESCRIPTION_NAME, description.to_json()),
        ("README.md", readme),
    ):
        with open(os.path.join(output, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return has_preset
