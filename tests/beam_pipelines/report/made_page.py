"""What a page is made of: a small dataset of three splits, with numbers that are easy to check."""

from io import BytesIO
from typing import Any

from PIL import Image

from beam_pipelines.report.hints import hints_of
from beam_pipelines.report.page import Figure, RejectSample, render_page
from beam_pipelines.report.sightings import EXTREMES, Sample, Sighting
from beam_pipelines.report.sketch import Sketch
from data_contract.manifest import LabelMapFile, Manifest, RejectFile, Rejects, Shard, Split

CLASSES = {"cat": 1, "dog": 2, "كلب 狗": 3}
SPLITS = {"train": 32, "validation": 4, "test": 4}
"""Split → its images."""


def sighting(number: int, *names: str, width: int = 640, height: int = 480, labels: tuple[str, ...] = ()) -> Sighting:
    """An image with a box of each of these classes, of different sizes and at different places."""
    boxes = []
    for place, name in enumerate(names):
        left, top, side = 0.1 * (place % 7), 0.05 * (number % 9), 0.02 * (1 + number % 12) * (1 + place % 2)
        boxes.append((name, left, top, left + side, top + side))
    return Sighting(number, width, height, boxes, labels, number, 1000 * number)


def shard_of(split: str) -> str:
    return f"{split}-00000-of-00001.tfrecord"


def made_sketch() -> Sketch:
    """One cat in every image but each eighth, two dogs in every other; the third class is in train alone."""
    sketch = Sketch()
    for split, images in SPLITS.items():
        sightings = []
        for number in range(images):
            names = ["cat"] if number % 8 != 7 else []
            names += ["dog", "dog"] if number % 2 == 0 else []
            names += ["كلب 狗"] if split == "train" and number % 5 == 0 else []
            sightings.append(sighting(number, *names, width=640 if number % 3 else 500))
        sketch.add(split, shard_of(split), sightings)
    return sketch


def manifest_of(sketch: Sketch, classes: dict[str, int], **changes: Any) -> Manifest:
    splits = {}
    for split in dict.fromkeys([*SPLITS, *(split for split, _ in sketch.cells)]):
        images, negatives = (sketch.counts_of(field, split)[0] for field in ("images", "negatives"))
        boxes = {name: sketch.counts_of("boxes", split, name)[0] for name in classes}
        shards = (Shard(shard_of(split), images, 2048 * images, "0" * 8),)
        splits[split] = Split(images, negatives, boxes, 2048 * images, shards)
    plain: dict[str, Any] = {
        "label_map": LabelMapFile("label_map.pbtxt", "0" * 64),
        "classes": classes,
        "splits": splits,
        "options": {"seed": 7, "splits": {"train": 0.8, "validation": 0.1, "test": 0.1}, "group_by": None},
        "seen": {"annotations": 43, "images": 44},
    }
    return Manifest(**(plain | changes))


REJECTS = Rejects((RejectFile("rejects-00000-of-00001.jsonl", 5, 900, "0" * 8),), {"box_outside": 4, "image_empty": 1})
REPAIRED = {"box_clipped": 1234, "size_differs": 2}
REJECTED = (
    RejectSample("box_outside", "a/1.xml", 12, "a/1.jpg", "'dog' lies at (700, 0, 800, 9), outside the picture"),
    RejectSample("image_empty", "b.xml", 0, "b.jpg", "0 bytes"),
)


def jpeg(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return file.getvalue()


def figure(place: str, split: str, number: int, *names: str, **changes: Any) -> Figure:
    sample = Sample(number, split, shard_of(split), number, 1000 * number)
    drawing = jpeg(f"rgb({9 * len(split) % 256}, {9 * number}, 128)")
    plain = Figure(place, sample, names, f"pictures/{split}/{number}.jpg", "", 64, 48, drawing)
    return plain._replace(**changes)


def made_figures() -> list[Figure]:
    return [
        figure("class", "train", 0, "cat", "dog", "كلب 狗"),
        figure("class", "train", 1, "cat"),
        figure("class", "test", 0, "cat", "dog"),
        figure("class", "validation", 3, "cat", jpeg=b"", note="the picture ends too early"),
        figure("negative", "train", 7),
        *(figure(kind, "train", 4, "cat", "dog", note=f"note of {kind}") for kind in EXTREMES),
    ]


def made_page(**changes: Any) -> str:
    """The page of all that is above."""
    sketch = changes.pop("sketch", None) or made_sketch()
    plain = {
        "manifest": manifest_of(
            made_sketch(), CLASSES, rejects=REJECTS, repairs=REPAIRED, remarks=("A remark of the job.",)
        ),
        "class_ids": CLASSES,
        "sketch": sketch,
        "figures": made_figures(),
        "rejects": REJECTED,
        "hints": hints_of(sketch),
    }
    return render_page(**(plain | changes))
