"""The model for TensorFlow Lite: built-in operations, and the same boxes."""

import re
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from trainer.decoding import decode
from trainer.export import lite
from trainer.export.lite import decode_with_builtins, lite_model
from trainer.failures import TrainingError
from trainer.input_pipeline.letterbox import picture_on_canvas
from trainer.settings import DecodingSettings

from .made_exports import CLASSES, DECODING, SIZE, description, evaluate, pixels, tiny_detector

ROOT = Path(__file__).parents[3]
PLAIN = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES


@pytest.fixture(scope="module")
def model() -> bytes:
    return lite_model(tiny_detector(), description())


def interpreter(model: bytes) -> tf.lite.Interpreter:
    with pytest.warns(UserWarning, match="deprecated"):
        return tf.lite.Interpreter(model_content=model, experimental_op_resolver_type=PLAIN)


def test_it_has_built_in_operations_only(model: bytes):
    names = {one["op_name"] for one in interpreter(model)._get_ops_details()}
    assert "NON_MAX_SUPPRESSION_V4" in names
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", name) and name != "CUSTOM" for name in names), names


def test_its_signature_is_as_documented(model: bytes):
    detect = interpreter(model).get_signature_runner("serving_default")
    [(name, told)] = detect.get_input_details().items()
    assert (name, told["dtype"], told["shape"].tolist()) == ("image", np.uint8, [1, SIZE, SIZE, 3])
    found = detect(image=np.zeros((1, SIZE, SIZE, 3), np.uint8))
    most = DECODING.max_detections
    assert {name: (value.dtype, value.shape) for name, value in found.items()} == {
        "boxes": (np.float32, (1, most, 4)),
        "scores": (np.float32, (1, most)),
        "classes": (np.int32, (1, most)),
        "count": (np.int32, (1,)),
    }


@pytest.mark.parametrize("seed", range(4))
def test_it_finds_what_the_saved_model_finds(seed: int, model: bytes):
    square = picture_on_canvas(tf.constant(pixels(90, 70, seed)), SIZE, "letterbox").numpy()[np.newaxis]
    found = interpreter(model).get_signature_runner()(image=square)
    wanted = evaluate()(square)
    assert found["count"].tolist() == wanted["counts"].numpy().tolist() != [0]
    assert found["classes"].tolist() == wanted["classes"].numpy().tolist()
    for name in ("boxes", "scores"):
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        DecodingSettings(max_detections=7),
        DecodingSettings(score_threshold=0.9, max_detections=50),
        DecodingSettings(score_threshold=1.0),
        DecodingSettings(candidates=5, nms_iou=0.1),
        DecodingSettings(voting_iou=1.0, nms_iou=0.9),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_decoding_is_that_of_decode(settings: DecodingSettings, seed: int):
    random = np.random.default_rng(seed)
    corners = random.uniform(0.0, 0.6, (60, 2))  # none of the boxes lies beside the square
    anchors = np.concatenate([corners, corners + random.uniform(0.2, 0.5, (60, 2))], axis=1).astype(np.float32)
    outputs = {
        "box_deltas": tf.constant(random.normal(0, 0.1, (1, 60, 4)), tf.float32),
        "class_logits": tf.constant(random.normal(0, 2, (1, 60, 5)), tf.float32),
    }
    found, wanted = decode_with_builtins(outputs, anchors, settings), decode(outputs, anchors, settings)
    assert found.keys() == wanted.keys()
    for name in ("classes", "counts"):
        assert found[name].numpy().tolist() == wanted[name].numpy().tolist()
    for name in ("boxes", "scores"):
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=1e-5)


def test_boxes_without_area_are_not_found():
    """TensorFlow's own operation takes one once, TensorFlow Lite's as often as there is room."""
    anchors = np.array([[0.0, 0.0, 0.2, 0.5], [0.0, 0.0, 1e-7, 0.5], [0.5, 0.5, 0.9, 0.9]], np.float32)
    settings = DecodingSettings(max_detections=5)

    @tf.function(input_signature=[tf.TensorSpec([1, 3, 4]), tf.TensorSpec([1, 3, 2])])
    def decoded(deltas: tf.Tensor, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        return decode_with_builtins({"box_deltas": deltas, "class_logits": logits}, anchors, settings)

    model = tf.lite.TFLiteConverter.from_concrete_functions([decoded.get_concrete_function()], tf.Module()).convert()
    deltas = np.zeros((1, 3, 4), np.float32)
    deltas[0, 0, 1] = -2.0  # above the square
    logits = np.array([[[3.0, -9.0], [-9.0, 2.0], [-9.0, 1.0]]], np.float32)
    found = interpreter(model).get_signature_runner()(deltas=deltas, logits=logits)
    assert found["counts"].tolist() == [1]
    np.testing.assert_allclose(found["boxes"][0, 0], [0.5, 0.5, 0.9, 0.9], atol=1e-6)


def test_a_network_that_does_not_convert_is_told(monkeypatch: pytest.MonkeyPatch):
    class Odd:
        variables = ()

        def __call__(self, images: tf.Tensor, *, training: bool) -> dict[str, tf.Tensor]:
            one = tf.cast(tf.reshape(images, [1, -1, 4])[:, :9], tf.float32)
            return {"box_deltas": tf.math.betainc(one, one, one), "class_logits": tf.math.igamma(one, one)[..., :3]}

    odd = SimpleNamespace(model=Odd(), image_size=SIZE, anchors=np.tile([0.0, 0.0, 1.0, 1.0], (9, 1)))
    monkeypatch.setattr(lite, "in_float32", lambda detector: detector)
    with pytest.raises(TrainingError) as caught:
        lite_model(odd, description())
    assert str(caught.value) == (
        "this network cannot become a TensorFlow Lite model (it has no operation tf.Betainc, tf.Igamma): "
        "leave out --tflite"
    )


def test_the_lines_of_the_document(
    model: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "serving.md").read_text("utf-8"), re.DOTALL)[1]
    for name in ("ai_edge_litert", "ai_edge_litert.interpreter"):
        module = ModuleType(name)
        module.Interpreter = lambda path: interpreter(Path(path).read_bytes())
        monkeypatch.setitem(__import__("sys").modules, name, module)
    monkeypatch.chdir(tmp_path)
    Path("first.tflite").write_bytes(model)
    Image.fromarray(pixels(90, 70)).save("photo.jpg", format="PNG")
    exec(compile(code, "docs/serving.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    square = picture_on_canvas(tf.constant(pixels(90, 70)), SIZE, "letterbox").numpy()[np.newaxis]
    wanted = evaluate()(square)
    assert len(printed) == int(wanted["counts"][0]) > 2
    for line, box in zip(printed, wanted["boxes"][0].numpy(), strict=False):
        name, score, *sides = line.replace("[", "").replace("]", "").replace(",", "").split()
        assert int(name) in range(len(CLASSES))
        assert 0 < float(score) < 1
        # Pillow's scaling differs from TensorFlow's by a little.
        xmin, ymin, xmax, ymax = map(float, sides)
        np.testing.assert_allclose([ymin, xmin, ymax, xmax], box * 64 / 50 * 70, atol=1.0)
        break
