"""What is compared of an example."""

import hashlib

from beam_pipelines.comparison.images import Image, image_of
from beam_pipelines.record_files.views import parse_features, view_example
from data_contract.features import CLASS_MAP_ENCODED, FEATURES, OBJECT_MASK

from .made_images import example

KEYS = frozenset(feature.key for feature in FEATURES)


def view(**changes: object):
    return view_example(parse_features(example("a.jpg", boxes=[("cat", 0.25, 0.5, 0.75, 1.0)], **changes)), {})


def test_all_that_is_compared():
    seen = view()
    assert image_of(seen, "val", KEYS) == Image(
        image="a.jpg",
        split="val",
        sha256=seen.sha256,
        width=40,
        height=30,
        boxes=(("cat", 0.25, 0.5, 0.75, 1.0, 0, 0, "Unspecified", 0, 300.0, ""),),
        labels=(),
        class_map="",
    )


def test_only_what_both_datasets_have():
    (one,) = view().objects
    full = view()._replace(
        objects=(one._replace(difficult=1, truncated=1, view="Left", is_crowd=1, mask=b"mask"),),
        class_map=b"map",
        labels=("sunny", "calm"),
    )
    place = ("cat", 0.25, 0.5, 0.75, 1.0)
    bare = image_of(full, "train", set())
    assert (bare.boxes, bare.labels, bare.class_map) == (((*place, 0, 0, "", 0, 0.0, ""),), ("calm", "sunny"), "")
    whole = image_of(full, "train", KEYS | {OBJECT_MASK, CLASS_MAP_ENCODED})
    mask, class_map = (hashlib.sha256(data).hexdigest()[:16] for data in (b"mask", b"map"))
    assert (whole.boxes, whole.class_map) == (((*place, 1, 1, "Left", 1, 300.0, mask),), class_map)


def test_a_record_without_digest_and_path():
    bare = view()._replace(sha256="", filename="", source_id="17", encoded=b"picture")
    found = image_of(bare, "train", KEYS)
    assert (found.image, found.sha256) == ("17", hashlib.sha256(b"picture").hexdigest())
