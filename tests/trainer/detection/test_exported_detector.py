"""A loaded export, and what is not one."""

from pathlib import Path

import pytest
import tensorflow as tf

from trainer.detection.exported_detector import ExportedDetector
from trainer.failures import TrainingError

from .made_exports import found_on, write_export
from .made_pictures import encoded, spotted


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_export(tmp_path_factory.mktemp("exports") / "1")


def rounded(detections: tuple) -> list:
    return [(one.name, one.id, round(one.score, 6), one.box) for one in detections]


def test_it_finds_what_the_model_finds(exported: Path):
    detector = ExportedDetector(str(exported))
    results = detector.detect([encoded(spotted(40, 30)), encoded(spotted(16, 64), "PNG")])
    assert [rounded(found) for found in results] == [list(found_on(40, 30)), list(found_on(16, 64))]
    with pytest.raises(tf.errors.InvalidArgumentError):
        detector.detect([b"no picture"])


def test_a_damaged_export(exported: Path, tmp_path: Path):
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes((exported / "saved_model.pb").read_bytes()[:500])
    with pytest.raises(TrainingError) as caught:
        ExportedDetector(str(tmp_path / "1"))
    assert str(caught.value).startswith(f"{tmp_path}/1 cannot be loaded: ")
    assert str(caught.value).endswith(": export it again")
    assert "\n" not in str(caught.value)


def test_another_model(tmp_path: Path):
    module = tf.Module()
    module.double = tf.function(lambda image_bytes: {"num_detections": image_bytes}, [tf.TensorSpec([None], tf.string)])
    tf.saved_model.save(module, str(tmp_path), signatures=module.double)
    with pytest.raises(TrainingError) as caught:
        ExportedDetector(str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path} is another model: it does not give "
        "detection_boxes, detection_classes, detection_names, detection_scores"
    )
