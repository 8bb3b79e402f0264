"""The table of features."""

from data_contract.features import EXTRA_FEATURES, FEATURES, Feature


def test_every_feature_with_its_type_and_shape():
    assert [(feature.key, feature.dtype, feature.shape) for feature in FEATURES] == [
        ("image/encoded", "bytes", "scalar"),
        ("image/format", "bytes", "scalar"),
        ("image/height", "int64", "scalar"),
        ("image/width", "int64", "scalar"),
        ("image/filename", "bytes", "scalar"),
        ("image/source_id", "bytes", "scalar"),
        ("image/key/sha256", "bytes", "scalar"),
        ("image/object/bbox/xmin", "float", "list"),
        ("image/object/bbox/xmax", "float", "list"),
        ("image/object/bbox/ymin", "float", "list"),
        ("image/object/bbox/ymax", "float", "list"),
        ("image/object/class/text", "bytes", "list"),
        ("image/object/class/label", "int64", "list"),
        ("image/object/difficult", "int64", "list"),
        ("image/object/truncated", "int64", "list"),
        ("image/object/view", "bytes", "list"),
        ("image/object/is_crowd", "int64", "list"),
        ("image/object/area", "float", "list"),
    ]


def test_every_feature_that_only_some_datasets_have():
    assert {
        name: [(feature.key, feature.dtype, feature.shape) for feature in features]
        for name, features in EXTRA_FEATURES.items()
    } == {
        "labels": [("image/class/text", "bytes", "list"), ("image/class/label", "int64", "list")],
        "masks": [("image/object/mask", "bytes", "list")],
        "class_maps": [
            ("image/segmentation/class/encoded", "bytes", "scalar"),
            ("image/segmentation/class/format", "bytes", "scalar"),
        ],
    }


def test_every_key_stands_once():
    keys = [feature.key for feature in (*FEATURES, *(f for extra in EXTRA_FEATURES.values() for f in extra))]
    assert len(set(keys)) == len(keys)


def test_every_feature_says_what_it_means():
    for feature in (*FEATURES, *(f for extra in EXTRA_FEATURES.values() for f in extra)):
        assert feature.meaning.endswith(".")


def test_a_feature_read_from_a_manifest_equals_the_table():
    assert Feature("image/height", "int64", "scalar") == FEATURES[2]
