"""Which examples a report shows, and how they are drawn."""

import io
from base64 import b64encode
from itertools import count

import pytest
from PIL import Image

from beam_pipelines.report.gallery import LONG_SIDE, choose, draw_figures
from beam_pipelines.report.page import Figure
from beam_pipelines.report.sightings import EXTREMES, Sample
from beam_pipelines.report.sketch import Sketch

from .made import boxes, example, jpeg, sighting

CAT = ("cat", 0.0, 0.0, 0.25, 0.5)
DOG = ("dog", 0.5, 0.5, 0.75, 0.75)


def sketch_of(*splits) -> Sketch:
    """Of (split, sightings), each in a file named after it."""
    sketch = Sketch()
    for split, sightings in splits:
        sketch.add(split, f"{split}-0", sightings)
    return sketch


def test_examples_of_a_class_come_from_every_split_in_turn():
    sketch = sketch_of(
        ("test", [sighting(n, (CAT,), number=n) for n in (1, 2)]),
        ("train", [sighting(n, (CAT,), number=n) for n in range(10, 20)]),
    )
    chosen = [choice.sample for choice in choose(sketch, ["train", "test"]) if choice.place == "class"]
    assert [(sample.split, sample.rank) for sample in chosen] == [
        ("train", 10), ("test", 1), ("train", 11), ("test", 2), ("train", 12), ("train", 13),
    ]  # fmt: skip


def test_a_picture_of_two_classes_is_shown_once():
    sketch = sketch_of(("train", [sighting(1, (CAT, DOG))]))
    assert [choice.place for choice in choose(sketch, ["train"])] == [*EXTREMES, "class"]


def test_negatives_are_shown_last():
    sketch = sketch_of(("train", [sighting(n, number=n) for n in range(9)]))
    assert [(choice.place, choice.sample.rank) for choice in choose(sketch, ["train"])] == [
        ("negative", n) for n in range(4)
    ]


def test_the_oddest_of_all_splits():
    sketch = sketch_of(*((f"s{split}", [sighting(10 * split, (DOG,) * split, number=0)]) for split in (1, 2, 3, 4, 5)))
    crowded = [choice for choice in choose(sketch, ["s1"]) if choice.place == "most_crowded"]
    assert [choice.extreme.value for choice in crowded] == [5, 4, 3]


def test_of_many_classes_the_most_frequent_are_shown():
    number = count()
    pictures = [
        sighting(next(number), ((f"class {name:03}", 0.1, 0.1, 0.5, 0.5),) * 2, number=0)
        for name in range(300)
        for _ in range(2 if name >= 200 else 1)
    ]
    chosen = choose(sketch_of(("train", pictures)), ["train"])
    assert len(chosen) <= 72
    names = [choice.name for choice in chosen if choice.place == "class"]
    assert names == [f"class {name:03}" for name in range(200, 200 + len(names))]
    assert len(names) > 50


def record(n: int) -> bytes:
    return example(
        encoded=jpeg(400, 200, n), filename=f"{n}.jpg", width=400, height=200, **boxes(CAT[:5], ("dog", *DOG[1:]))
    )


def test_figures(tmp_path):
    sketch = sketch_of(("train", [sighting(n, (CAT, DOG), number=n) for n in range(3)]))
    asked = []

    def read(file, places):
        asked.append((file, list(places)))
        return [(number, record(number)) for number, _ in places]

    figures = draw_figures(choose(sketch, ["train"]), {1: "cat", 2: "dog"}, read)
    assert asked == [("train-0", [(0, 0), (1, 1000), (2, 2000)])]
    assert len(figures) == len(EXTREMES) * 3 + 3
    for figure in figures:
        with Image.open(io.BytesIO(figure.jpeg)) as drawing:
            assert drawing.format == "JPEG"
            assert drawing.size == (figure.width, figure.height) == (LONG_SIDE, LONG_SIDE // 2)
    first = figures[0]._replace(jpeg=b"")
    sample = Sample(0, "train", "train-0", 0, 0)
    assert first == Figure(
        "largest", sample, ("cat", "dog"), "0.jpg", "cat: 12% of the picture", LONG_SIDE, LONG_SIDE // 2, b""
    )
    notes = {figure.place: figure.note for figure in figures[::-1]}
    assert notes == {
        "largest": "cat: 12% of the picture",
        "smallest": "dog: 5,000 square pixels",
        "thinnest": "dog: 2.0 times as long as wide",
        "most_crowded": "2 boxes",
        "class": "",
    }


def test_what_cannot_be_drawn_says_why():
    sketch = sketch_of(("train", [sighting(1, number=0), sighting(2, number=1)]))
    records = {0: example(encoded=b"no picture", filename="x.jpg"), 1: example(encoded=jpeg()[:-50], filename="y.jpg")}
    read = lambda _, places: [(number, records[number]) for number, _ in places]  # noqa: E731
    figures = draw_figures(choose(sketch, ["train"]), {}, read)
    assert [(figure.title, figure.jpeg, figure.width) for figure in figures] == [("x.jpg", b"", 0), ("y.jpg", b"", 0)]
    assert figures[0].note.startswith("cannot be drawn: ")
    assert figures[1].note.startswith("cannot be drawn: ")


def test_records_that_are_damaged_are_not_shown():
    sketch = sketch_of(("train", [sighting(n, number=n) for n in range(3)]))
    figures = draw_figures(choose(sketch, ["train"]), {}, lambda _, places: [(1, record(1))])
    assert [figure.sample.number for figure in figures] == [1]


@pytest.mark.parametrize("allowed", [0, 5000])
def test_drawings_stop_where_the_page_gets_too_large(monkeypatch, allowed):
    monkeypatch.setattr("beam_pipelines.report.gallery._MOST_CHARACTERS", allowed)
    sketch = sketch_of(("train", [sighting(n, number=n) for n in range(4)]))
    figures = draw_figures(
        choose(sketch, ["train"]), {}, lambda _, places: [(number, record(number)) for number, _ in places]
    )
    assert sum(len(b64encode(figure.jpeg)) for figure in figures) <= allowed + 4 * len(figures)
    assert len(figures) < 4
