"""The SavedModel: what it gives, on what, and that it needs nothing but TensorFlow."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from data_contract.label_map import read_label_map
from trainer.decoding import detect_on_canvas
from trainer.export.description import read_description
from trainer.export.files import SAVED_MODEL
from trainer.export.prediction_log_pb2 import PredictionLog
from trainer.export.serving import ServedDetector, answer, export_saved_model
from trainer.input_pipeline.letterbox import boxes_from_canvas
from trainer.input_pipeline.pictures import decode_on_canvas
from trainer.network.building import build_detector

from .made_exports import CLASSES, DECODING, MODEL, SIZE, description, evaluate, picture, pixels, tiny_detector

ROOT = Path(__file__).parents[3]
PICTURES = {"photo.jpg": picture(150, 100), "other.png": picture(40, 90, 1, "PNG")}
OUTPUTS = ("detection_boxes", "detection_classes", "detection_names", "detection_scores", "num_detections")
ABSENT = ("keras", "keras_hub", "pydantic", "apache_beam", "beam_pipelines", "data_contract", "presentation", "trainer")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exports") / "served" / "1"
    export_saved_model(tiny_detector(), description(), str(path))
    return path


@pytest.fixture(scope="module")
def loaded(served: Path):
    return tf.saved_model.load(str(served))


def packages_without(names: Sequence[str], folder: Path) -> Path:
    """Fills a folder with links to all installed packages but some."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name.partition("-")[0].partition(".")[0] not in names and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


def evaluated(pictures: dict[str, bytes], resize: str = "letterbox") -> list[list[tuple[str, float, np.ndarray]]]:
    """Returns name, score and box in pixels of what is found on each picture, as `evaluate` finds it."""
    results = []
    for encoded in pictures.values():
        canvas, size = decode_on_canvas(tf.constant(encoded), SIZE, resize)
        found = evaluate()(canvas[tf.newaxis])
        boxes = boxes_from_canvas(found["boxes"], size[tf.newaxis], SIZE, resize)[0].numpy()
        count = int(found["counts"][0])
        names = [list(CLASSES)[k] for k in found["classes"][0, :count].numpy()]
        sides = np.tile(size.numpy(), 2)
        results.append(
            [(name, float(found["scores"][0, i]), boxes[i] * sides) for i, name in enumerate(names)],
        )
    return results


def assert_alike(found: list[list[tuple[str, float, np.ndarray]]], wanted: list[list[tuple[str, float, np.ndarray]]]):
    """Scores within 1e-4, boxes within 1e-4 of a picture of 150 pixels."""
    assert [[name for name, *_ in each] for each in found] == [[name for name, *_ in each] for each in wanted]
    for each, wish in zip(found, wanted, strict=True):
        np.testing.assert_allclose([score for _, score, _ in each], [score for _, score, _ in wish], rtol=0, atol=1e-4)
        np.testing.assert_allclose([box for *_, box in each], [box for *_, box in wish], rtol=0, atol=1e-4 * 150)


def as_found(outputs: dict[str, tf.Tensor]) -> list[list[tuple[str, float, np.ndarray]]]:
    values = {name: value.numpy() for name, value in outputs.items()}
    return [
        [
            (
                values["detection_names"][i, k].decode(),
                float(values["detection_scores"][i, k]),
                values["detection_boxes"][i, k],
            )
            for k in range(count)
        ]
        for i, count in enumerate(values["num_detections"])
    ]


def test_without_keras_and_this_package_it_gives_what_evaluate_gives(served: Path, tmp_path: Path):
    """The lines of docs/serving.md, where neither is installed."""
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)[0]
    code = re.sub(r"print\((.*)\)", r"results[picture].append((\1))", code.replace("served/1", str(served)))
    for name, data in PICTURES.items():
        (tmp_path / name).write_bytes(data)
    script = (
        "import importlib.util, json",
        f"assert not [name for name in {ABSENT} if importlib.util.find_spec(name)]",
        "results = [[], []]",
        code,
        "json.dump(results, open('results.json', 'w'))",
    )
    environment = {**os.environ, "PYTHONPATH": str(packages_without(ABSENT, tmp_path / "packages"))}
    subprocess.run([sys.executable, "-S", "-c", "\n".join(script)], cwd=tmp_path, env=environment, check=True)
    read = json.loads((tmp_path / "results.json").read_text())
    found = [
        [(name, score, np.array([ymin, xmin, ymax, xmax])) for name, score, (xmin, ymin, xmax, ymax) in each]
        for each in read
    ]
    wanted = evaluated(PICTURES)
    assert_alike(found, wanted)
    assert {name for each in wanted for name, *_ in each} == set(CLASSES), "else little was compared"
    assert min(map(len, wanted)) > 2


def test_the_signatures_are_as_documented(loaded):
    assert sorted(loaded.signatures) == ["image_tensor", "serving_default"]
    inputs = {name: sig.structured_input_signature[1] for name, sig in loaded.signatures.items()}
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs["serving_default"].items()} == {
        "image_bytes": (tf.string, [None])
    }
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs["image_tensor"].items()} == {
        "image_tensor": (tf.uint8, [None, None, None, 3])
    }
    most = DECODING.max_detections
    for signature in loaded.signatures.values():
        outputs = signature.structured_outputs
        assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in outputs.items()} == {
            "detection_boxes": (tf.float32, [None, most, 4]),
            "detection_scores": (tf.float32, [None, most]),
            "detection_classes": (tf.int64, [None, most]),
            "detection_names": (tf.string, [None, most]),
            "num_detections": (tf.int32, [None]),
        }


def test_decoded_pictures_give_the_same(loaded):
    encoded = picture(150, 100, format="PNG")
    from_bytes = loaded.signatures["serving_default"](image_bytes=tf.constant([encoded] * 2))
    from_pixels = loaded.signatures["image_tensor"](image_tensor=tf.constant(np.stack([pixels(150, 100)] * 2)))
    for name in OUTPUTS:
        np.testing.assert_array_equal(from_bytes[name], from_pixels[name])


@pytest.mark.parametrize("format", ["BMP", "GIF"])
def test_other_formats(format: str, loaded):
    found = loaded.signatures["serving_default"](image_bytes=tf.constant([picture(30, 20, 2, format)]))
    assert found["num_detections"].numpy().tolist() != [0]


def test_an_empty_batch(loaded):
    for signature, empty in (
        ("serving_default", {"image_bytes": tf.constant([], tf.string)}),
        ("image_tensor", {"image_tensor": tf.zeros([0, 5, 6, 3], tf.uint8)}),
    ):
        found = loaded.signatures[signature](**empty)
        most = DECODING.max_detections
        shapes = {name: value.shape.as_list() for name, value in found.items()}
        assert shapes == {
            name: {"boxes": [0, most, 4], "detections": [0]}.get(name.split("_")[1], [0, most]) for name in OUTPUTS
        }


def test_bytes_that_are_no_picture_fail_the_request(loaded):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        loaded.signatures["serving_default"](image_bytes=tf.constant([PICTURES["photo.jpg"], b"no picture"]))


def test_rows_behind_the_last_detection_are_empty():
    found = {
        "boxes": tf.constant([[[0.0, 0.0, 0.25, 0.5], [0.1, 0.1, 0.2, 0.2]]]),
        "scores": tf.constant([[0.5, 0.4]]),
        "classes": tf.constant([[2, 1]]),
        "counts": tf.constant([1]),
    }
    told = description().model_copy(update={"decoding": DECODING.model_copy(update={"max_detections": 2})})
    values = {name: value.numpy().tolist() for name, value in answer(found, tf.constant([[100, 200]]), told).items()}
    assert values == {
        "detection_boxes": [[[0.0, 0.0, 50.0, 100.0], [0.0, 0.0, 0.0, 0.0]]],
        "detection_scores": [[0.5, 0.0]],
        "detection_classes": [[5, 0]],
        "detection_names": [["träd".encode(), b""]],
        "num_detections": [1],
    }


def test_the_files(served: Path, loaded):
    names = sorted(path.relative_to(served).as_posix() for path in served.rglob("*") if path.is_file())
    assert names == [
        "assets.extra/tf_serving_warmup_requests",
        "assets/detector.json",
        "assets/label_map.pbtxt",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]
    assert all(any(re.fullmatch(pattern, name) for pattern in SAVED_MODEL.patterns) for name in names)
    assert read_label_map((served / "assets/label_map.pbtxt").read_bytes()).ids == CLASSES
    assert read_description((served / "assets/detector.json").read_bytes()) == description()
    assert loaded.label_map.asset_path.numpy().decode() == str(served / "assets" / "label_map.pbtxt")
    assert b"/tmp" not in (served / "saved_model.pb").read_bytes(), "a path of the machine that exported"


def test_tensorflow_serving_can_answer_the_warmup_requests(served: Path):
    """As it does: a session on the graph, fed with what the requests hold, under the signatures' names."""
    records = tf.data.TFRecordDataset(str(served / "assets.extra/tf_serving_warmup_requests"))
    requests = [PredictionLog.FromString(record.numpy()).predict_log.request for record in records]
    answered = []
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(served))
        for request in requests:
            signature = graph.signature_def[request.model_spec.signature_name]
            values = {
                signature.inputs[name].name: tf.make_ndarray(type(tf.make_tensor_proto(0)).FromString(value))
                for name, value in request.inputs.items()
            }
            outputs = session.run({name: output.name for name, output in signature.outputs.items()}, values)
            answered.append((request.model_spec.signature_name, len(outputs["num_detections"])))
    assert answered == [("serving_default", 1), ("serving_default", 2), ("image_tensor", 1)]


def test_a_model_of_mixed_precision(tmp_path: Path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build_detector(MODEL, SIZE, len(CLASSES), seed=3)
    finally:
        keras.config.set_dtype_policy("float32")
    mixed.model.set_weights(tiny_detector().model.get_weights())
    told = description("stretch")
    module = ServedDetector(mixed, told, str(tmp_path))
    found = module.from_bytes(tf.constant(list(PICTURES.values())))
    squares, sizes = zip(
        *(decode_on_canvas(tf.constant(data), SIZE, "stretch") for data in PICTURES.values()), strict=True
    )
    wanted = answer(detect_on_canvas(mixed, DECODING)(tf.stack(squares)), tf.stack(sizes), told)
    assert found["detection_scores"].dtype == tf.float32
    assert_alike(as_found(found), as_found(wanted))
    plain = [score for each in evaluated(PICTURES, "stretch") for _, score, _ in each]
    assert [score for each in as_found(found) for _, score, _ in each] != plain, "it calculates in bfloat16"
