"""Feature maps of KerasHub's families, and that a backbone can be made again for another size."""

import json

import numpy as np
import pytest

from trainer.failures import TrainingError
from trainer.network.backbones import describe_backbone, feature_maps, make_backbone, pyramid_inputs

from .made_presets import tiny_darknet, tiny_efficientnet, tiny_resnet


@pytest.mark.parametrize(
    ("make", "levels"),
    [
        (tiny_resnet, [2, 3, 4, 5]),
        (tiny_efficientnet, [1, 2, 3, 4]),
        (tiny_darknet, [1, 2, 3, 4, 5]),  # KerasHub's 'P2' to 'P6'
    ],
    ids=["resnet", "efficientnet", "darknet"],
)
def test_levels_are_what_the_sizes_say_and_backbones_are_made_again(make, levels):
    backbone = make()
    assert list(feature_maps(backbone, 64)) == levels
    name, config = describe_backbone(backbone)
    again = make_backbone(name, json.loads(json.dumps(config)), 96)
    assert {level: tensor.shape[1] for level, tensor in feature_maps(again, 96).items()} == {
        level: 96 // 2**level for level in levels
    }
    again.set_weights(backbone.get_weights())
    same_size = make_backbone(name, config, 64)
    same_size.set_weights(backbone.get_weights())
    picture = np.random.default_rng(0).uniform(size=(1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_array_equal(same_size(picture), backbone(picture))


def test_no_feature_maps_at_all():
    with pytest.raises(TrainingError) as refused:
        pyramid_inputs({}, (3, 4), 64)
    assert str(refused.value) == (
        "model.levels [3, 4] begin at 3, but the backbone has no feature maps for a pyramid: take another preset, a "
        "ResNet for example"
    )


@pytest.mark.parametrize(("levels", "taken"), [((3, 4), [3, 4]), ((3, 7), [3, 4, 5]), ((5, 5), [5])], ids=str)
def test_the_pyramid_takes_what_there_is(levels, taken):
    assert list(pyramid_inputs({2: None, 3: None, 4: None, 5: None}, levels, 64)) == taken


def test_a_picture_smaller_than_the_last_cell():
    with pytest.raises(TrainingError) as refused:
        pyramid_inputs({3: None, 4: None, 5: None}, (3, 5), 24)
    assert str(refused.value) == "input.image_size 24 is no multiple of 32, the cell of level 5: take 32"
