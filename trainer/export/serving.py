"""A detector as a SavedModel: from the bytes of pictures to boxes on them, without this package or Keras."""

import os
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory

import tensorflow as tf

from trainer.decoding import Detections, decode
from trainer.export.description import Description
from trainer.export.files import DESCRIPTION_NAME, LABEL_MAP_NAME, WARMUP_NAME
from trainer.export.warmup_requests import write_warmup_requests
from trainer.input_pipeline.letterbox import boxes_from_canvas, picture_on_canvas
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.network.detector import Detector
from trainer.settings import DecodingSettings

Answer = dict[str, tf.Tensor]
"""'detection_boxes' float32 [B, K, 4]: (ymin, xmin, ymax, xmax) in pixels of each picture; 'detection_scores' float32
[B, K], descending; 'detection_classes' int64 [B, K]: ids of the label map; 'detection_names' string [B, K];
'num_detections' int32 [B]: so many of the K are there, the others are 0 and ''."""


class ServedDetector(tf.Module):
    """A detector with everything around it as graphs.

    Args:
        detector: with its weights.
        description: what is around it.
        folder: holds the label map and the description as files, until the module is saved.
    """

    def __init__(self, detector: Detector, description: Description, folder: str):
        super().__init__(name="detector")
        self._detector = detector
        self._description = description
        # Of the network only the variables: a SavedModel with Keras' own objects in it would load slowly, and
        # differently where Keras is installed.
        self.weights = [variable.value for variable in detector.model.variables]
        self.label_map = tf.saved_model.Asset(os.path.join(folder, LABEL_MAP_NAME))
        self.description = tf.saved_model.Asset(os.path.join(folder, DESCRIPTION_NAME))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def from_bytes(self, image_bytes: tf.Tensor) -> Answer:
        """Detects objects on pictures of any sizes: JPEG, PNG, BMP or GIF files."""
        size, resize = self._description.image_size, self._description.resize
        return self._answer(*self._each(lambda encoded: decode_on_canvas(encoded, size, resize), image_bytes))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.uint8, name="image_tensor")])
    def from_pixels(self, image_tensor: tf.Tensor) -> Answer:
        """Detects objects on pictures of one size that are decoded already, in RGB."""
        size, resize = self._description.image_size, self._description.resize
        return self._answer(
            *self._each(lambda image: (picture_on_canvas(image, size, resize), tf.shape(image)[:2]), image_tensor)
        )

    def _each(
        self, place: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]], pictures: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the squares uint8 [B, S, S, 3] and the pictures' own sizes int32 [B, 2]."""
        size = self._description.image_size
        kinds = (tf.TensorSpec([size, size, 3], tf.uint8), tf.TensorSpec([2], tf.int32))
        return tf.map_fn(place, pictures, fn_output_signature=kinds)  # type: ignore[no-any-return]

    def _answer(self, canvases: tf.Tensor, sizes: tf.Tensor) -> Answer:
        outputs = self._detector.model(canvases, training=False)
        found = decode(outputs, self._detector.anchors, self._description.decoding)
        return answer(found, sizes, self._description)


def answer(found: Detections, sizes: tf.Tensor, description: Description) -> Answer:
    """Returns detections on squares as detections on the pictures themselves, with the label map's names.

    Args:
        found: as `decode` returns them.
        sizes: int32 [B, 2], height and width of each picture.
        description: the classes, and how the pictures came onto the squares.
    """
    fractions = boxes_from_canvas(found["boxes"], sizes, description.image_size, description.resize)
    sides = tf.cast(tf.tile(sizes, [1, 2]), tf.float32)[:, tf.newaxis]
    there = tf.sequence_mask(found["counts"], description.decoding.max_detections)
    ids = tf.constant(list(description.classes.values()), tf.int64)
    names = tf.constant([name.encode() for name in description.classes])
    return {
        "detection_boxes": tf.where(there[..., tf.newaxis], fractions * sides, 0.0),
        "detection_scores": tf.where(there, found["scores"], 0.0),
        "detection_classes": tf.where(there, tf.gather(ids, found["classes"]), 0),
        "detection_names": tf.where(there, tf.gather(names, found["classes"]), ""),
        "num_detections": found["counts"],
    }


def describe_export(
    detector: Detector, decoding: DecodingSettings, resize: str, class_names: Sequence[str], class_ids: Sequence[int]
) -> Description:
    """Returns what an export says of itself.

    Args:
        detector: the network.
        decoding: from its output to boxes.
        resize: 'letterbox' or 'stretch'.
        class_names: the k-th is the network's class k, from 0.
        class_ids: of these classes, in the label map.
    """
    classes = dict(zip(class_names, class_ids, strict=True))
    values = {"classes": classes, "image_size": detector.image_size, "resize": resize, "decoding": decoding}
    return Description.model_validate(values)


def export_saved_model(detector: Detector, description: Description, output: str) -> None:
    """Writes a detector as a SavedModel, with its label map, its description and requests to warm up with.

    Signatures: 'serving_default' (image_bytes: string [B]) and 'image_tensor' (image_tensor: uint8
    [B, height, width, 3]), both to `Answer`.

    Args:
        detector: with its weights.
        description: what it is to be served with.
        output: a folder that is not there yet, or empty.
    """
    with TemporaryDirectory(prefix="shardbox-") as folder:
        _write(os.path.join(folder, LABEL_MAP_NAME), description.label_map.to_pbtxt())
        _write(os.path.join(folder, DESCRIPTION_NAME), description.to_json())
        module = ServedDetector(detector, description, folder)
        signatures = {"serving_default": module.from_bytes, "image_tensor": module.from_pixels}
        tf.saved_model.save(module, output, signatures=signatures)
    warmup = os.path.join(output, WARMUP_NAME)
    os.makedirs(os.path.dirname(warmup))
    write_warmup_requests(warmup)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
