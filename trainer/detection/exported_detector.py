"""An exported detector, loaded: TensorFlow alone is needed for it."""

from collections.abc import Sequence

import tensorflow as tf

from trainer.detection.results import Detection
from trainer.failures import TrainingError

_OUTPUTS = {"detection_boxes", "detection_scores", "detection_classes", "detection_names", "num_detections"}


class ExportedDetector:
    """A SavedModel of `shardbox-train export`.

    Args:
        path: of its folder.

    Raises:
        TrainingError: TensorFlow cannot load it, or it is another model.
    """

    def __init__(self, path: str):
        try:
            # A signature holds its model weakly.
            self._model = tf.saved_model.load(path)
            self._detect = self._model.signatures["serving_default"]
        except (OSError, KeyError, ValueError, tf.errors.OpError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise TrainingError(f"{path} cannot be loaded: {reason}: export it again") from None
        missing = _OUTPUTS - set(self._detect.structured_outputs)
        if missing:
            raise TrainingError(f"{path} is another model: it does not give {', '.join(sorted(missing))}")

    def detect(self, pictures: Sequence[bytes]) -> list[tuple[Detection, ...]]:
        """Returns what is found on each picture, the best first.

        Args:
            pictures: files that TensorFlow reads, upright.

        Raises:
            tf.errors.InvalidArgumentError: one of them is none.
        """
        found = {name: value.numpy() for name, value in self._detect(image_bytes=tf.constant(list(pictures))).items()}
        return [
            tuple(
                Detection(
                    name.decode(), int(number), float(score), (float(xmin), float(ymin), float(xmax), float(ymax))
                )
                for name, number, score, (ymin, xmin, ymax, xmax) in zip(
                    *(found[f"detection_{part}"][i][:count] for part in ("names", "classes", "scores", "boxes")),
                    strict=True,
                )
            )
            for i, count in enumerate(found["num_detections"])
        ]
