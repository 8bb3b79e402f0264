"""Which layers of a backbone a level takes with it."""

import keras
import pytest

from trainer.network.backbones import feature_maps
from trainer.network.freezing import freeze, layers_up_to

from .made_presets import SIZE, tiny_efficientnet, tiny_resnet


def trained(backbone: keras.Model) -> list[str]:
    return [variable.path.rsplit("/", 1)[0] for variable in backbone.trainable_variables]


STAGES = {
    2: ["stack0_block0_1_conv", "stack0_block0_2_conv"],
    3: ["stack1_block0_1_conv", "stack1_block0_0_conv", "stack1_block0_2_conv"],
    4: ["stack2_block0_1_conv", "stack2_block0_0_conv", "stack2_block0_2_conv"],
    5: ["stack3_block0_1_conv", "stack3_block0_0_conv", "stack3_block0_2_conv"],
}


@pytest.mark.parametrize("levels", [0, 1, 2, 3, 5])
def test_levels_of_a_resnet_from_the_picture_on(levels):
    backbone = tiny_resnet()
    freeze(backbone, feature_maps(backbone, SIZE), levels, SIZE)
    stem = ["conv1_conv"] if levels == 0 else []
    assert sorted(trained(backbone)) == sorted(
        stem + [name for level, names in STAGES.items() if level > levels for name in names]
    )


def test_batch_norms_stand_still_though_the_model_is_called_for_training():
    backbone = tiny_resnet()
    freeze(backbone, feature_maps(backbone, SIZE), 0, SIZE)
    before = backbone.get_weights()
    backbone(keras.random.uniform((2, SIZE, SIZE, 3)), training=True)
    assert all((old == new).all() for old, new in zip(before, backbone.get_weights(), strict=True))


def test_layers_within_layers():
    backbone = tiny_efficientnet()
    norms = sum(isinstance(layer, keras.layers.BatchNormalization) for layer in backbone._flatten_layers())
    assert norms > sum(isinstance(layer, keras.layers.BatchNormalization) for layer in backbone.layers)
    freeze(backbone, feature_maps(backbone, SIZE), 0, SIZE)
    assert not any("gamma" in variable.path for variable in backbone.trainable_variables)
    maps = feature_maps(backbone, SIZE)
    frozen = [len(layers_up_to(backbone, maps, level, SIZE)) for level in (0, 1, 2, 3, 4, 5)]
    assert frozen == sorted(frozen)
    assert frozen[0] == 0
    assert frozen[4] == frozen[5] == len(keras.Model(backbone.inputs, maps[4]).layers)
