"""What is told beside pictures."""

from beam_pipelines.drawing.legends import ids_of, legend
from beam_pipelines.record_files.views import parse_features, view_example

from ..record_files.made_records import annotated, example


def test_ids_are_those_of_the_label_map_else_those_of_the_record():
    features = annotated(image__object__class__text=[b"cat", b"eel"], image__object__class__label=[5, 6])
    view = view_example(parse_features(example(features)), {})
    assert ids_of(view, {"cat": 1, "dog": 2}) == {"cat": 1, "dog": 2, "eel": 6}
    without = annotated(image__object__class__label=[])
    assert ids_of(view_example(parse_features(example(without)), {}), {}) == {}


def test_the_legend_tells_what_a_picture_cannot():
    assert legend(["cat", "猫", "café", "", "собака", "a\x1b"], {"猫": 3, "собака": 4, "a\x1b": 5}) == [
        "'#5' in the picture is a\N{REPLACEMENT CHARACTER}",
        "'cafe' in the picture is café",
        "'#4' in the picture is собака",
        "'#3' in the picture is 猫",
    ]
