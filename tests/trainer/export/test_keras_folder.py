"""The folder for Keras: loaded as its README says, and as KerasHub loads presets."""

import os
import re
from pathlib import Path

import keras_hub
import numpy as np
import pytest

from data_contract.label_map import read_label_map
from trainer.boxes import decode_deltas
from trainer.export.description import read_description
from trainer.export.files import KERAS_FOLDER
from trainer.export.hub_preset import image_converter, is_possible
from trainer.export.keras_folder import save_keras_folder
from trainer.input_pipeline.letterbox import picture_on_canvas

from ..network.made_presets import save_backbone, tiny_efficientnet
from .made_exports import CLASSES, MODEL, SIZE, description, pixels, tiny_detector

WIDE = MODEL.model_copy(update={"width": 256})


def files(folder: Path) -> list[str]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert all(any(re.fullmatch(pattern, name) for pattern in KERAS_FOLDER.patterns) for name in names), names
    return names


def outputs_of(network: object, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(value) for value in network(images).values()]


def test_the_readme_loads_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "first"
    detector = tiny_detector()
    assert save_keras_folder(detector, description(), str(folder)) is False
    assert files(folder) == ["README.md", "anchors.npy", "detector.json", "label_map.pbtxt", "model.keras"]
    assert read_label_map((folder / "label_map.pbtxt").read_bytes()).ids == CLASSES
    assert read_description((folder / "detector.json").read_bytes()) == description()
    readme = (folder / "README.md").read_text("utf-8")
    assert "preset" not in readme

    monkeypatch.chdir(folder)
    [code] = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    loaded: dict = {}
    exec(compile(code, "README.md", "exec"), loaded)
    images = np.stack([pixels(SIZE, SIZE, seed) for seed in range(2)])
    for found, wanted in zip(outputs_of(loaded["model"], images), outputs_of(detector.model, images), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(loaded["anchors"], detector.anchors)
    wanted = decode_deltas(detector.model(np.full((1, SIZE, SIZE, 3), 128, "uint8"))["box_deltas"], detector.anchors)
    np.testing.assert_allclose(loaded["boxes"], wanted, rtol=1e-4, atol=1e-4)
    assert loaded["scores"].shape == (1, len(detector.anchors), len(CLASSES))


def test_a_network_of_keras_hubs_width_is_a_preset_too(tmp_path: Path):
    folder = tmp_path / "first"
    detector = tiny_detector(WIDE)
    assert save_keras_folder(detector, description(), str(folder)) is True
    assert [name for name in files(folder) if name.startswith("preset/")] == [
        "preset/config.json",
        "preset/image_converter.json",
        "preset/metadata.json",
        "preset/model.weights.h5",
        "preset/preprocessor.json",
        "preset/task.json",
        "preset/task.weights.h5",
    ]
    assert 'RetinaNetObjectDetector.from_preset("preset")' in (folder / "README.md").read_text("utf-8")

    task = keras_hub.models.RetinaNetObjectDetector.from_preset(os.fspath(folder / "preset"))
    image = pixels(SIZE, SIZE)[np.newaxis]
    found = task(task.preprocessor.image_converter(image))
    wanted = detector.model(image)
    np.testing.assert_allclose(found["bbox_regression"], wanted["box_deltas"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found["cls_logits"], wanted["class_logits"], rtol=0, atol=1e-4)
    anchors = np.concatenate([np.asarray(boxes) for boxes in task.anchor_generator(image).values()])
    np.testing.assert_allclose(anchors / SIZE, detector.anchors, atol=1e-6)


def test_a_backbone_whose_shape_has_another_name_is_a_preset_too(tmp_path: Path):
    backbone = save_backbone(tiny_efficientnet(), tmp_path / "efficientnet")
    detector = tiny_detector(WIDE.model_copy(update={"preset": str(backbone)}))
    assert save_keras_folder(detector, description(), str(tmp_path / "first")) is True
    task = keras_hub.models.RetinaNetObjectDetector.from_preset(os.fspath(tmp_path / "first/preset"))
    image = pixels(SIZE, SIZE)[np.newaxis]
    found, wanted = task(task.preprocessor.image_converter(image)), detector.model(image)
    np.testing.assert_allclose(found["bbox_regression"], wanted["box_deltas"], rtol=0, atol=1e-4)


def test_networks_that_keras_hub_does_not_have():
    beyond = WIDE.model_copy(update={"levels": (3, 5)})  # level 5 is not of the backbone, which has 2 to 4
    assert [is_possible(tiny_detector(model)) for model in (WIDE, MODEL, beyond)] == [True, False, False]


@pytest.mark.parametrize("resize", ["letterbox", "stretch"])
def test_keras_hubs_converter_comes_near_to_our_square(resize: str, tmp_path: Path):
    converter = image_converter(tiny_detector(WIDE), description(resize))
    picture = pixels(96, 96, 4)
    ours = picture_on_canvas(picture, SIZE, resize).numpy() / 127.5 - 1
    np.testing.assert_allclose(np.asarray(converter(picture[np.newaxis]))[0], ours, atol=0.02)
