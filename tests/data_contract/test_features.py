"""The table of features."""

from data_contract.features import FEATURES, Feature


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


def test_every_feature_says_what_it_means():
    assert [feature.key for feature in FEATURES if not feature.meaning.endswith(".")] == []


def test_a_feature_read_from_a_manifest_equals_the_table():
    assert Feature("image/height", "int64", "scalar") == FEATURES[2]
