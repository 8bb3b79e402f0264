"""Examples drawn."""

from hashlib import sha256
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from beam_pipelines.drawing.pictures import draw_example, ids_of
from beam_pipelines.record_files.views import ObjectView, parse_features, view_example
from beam_pipelines.records import RecordError
from presentation.drawing.colours import BLACK, WHITE, colour_of, contrast

from ..pictures.made_pictures import FILES, encoded, gradient
from ..record_files.made_records import annotated, example
from .made_views import plain, shape, view

IDS = {"cat": 1, "dog": 2, "indigo": 8}
ORANGE, SKY, INDIGO = (colour_of(name, IDS) for name in IDS)
GREY = (90, 90, 90)
CAT = ObjectView("cat", 1, 0.25, 0.25, 0.5, 0.75)
DOG = ObjectView("dog", 2, 0.6, 0.3, 0.9, 0.9)


def drawn(*objects, ground=GREY, size=(400, 300), **options):
    return draw_example(view(plain(ground, size), objects), IDS, **options)


def colours_in(picture, left, top, right, bottom):
    return {colour for _, colour in picture.crop((left, top, right, bottom)).getcolors(1 << 20)}


def count(picture, colour):
    return sum(number for number, found in picture.getcolors(1 << 20) if found == colour)


def test_a_box_with_its_label():
    picture = drawn(CAT)
    assert (picture.mode, picture.size) == ("RGB", (400, 300))
    for place in [(99, 200), (200, 200), (150, 74), (150, 225)]:
        assert picture.getpixel(place) == ORANGE
    assert colours_in(picture, 102, 77, 198, 223) == {GREY}  # inside
    assert colours_in(picture, 204, 0, 400, 300) == {GREY}
    assert colours_in(picture, 0, 0, 400, 50) == {GREY}
    label = colours_in(picture, 97, 53, 121, 71)
    assert {ORANGE, BLACK} < label
    assert GREY not in label


def test_a_box_lies_where_it_lies_at_every_size():
    for long_side, scale in ((200, 0.5), (800, 2)):
        picture = drawn(CAT, long_side=long_side)
        assert picture.size == (400 * scale, 300 * scale)
        assert picture.getpixel((int(100 * scale) - 1, int(200 * scale))) == ORANGE
        assert picture.getpixel((int(200 * scale), int(200 * scale))) == ORANGE


@pytest.mark.parametrize("ground", [BLACK, WHITE, ORANGE, INDIGO, (1, 2, 3), (250, 251, 252)])
@pytest.mark.parametrize("name", ["cat", "dog", "indigo", "unknown"])
def test_lines_and_labels_are_seen_on_every_ground(ground, name):
    picture = drawn(CAT._replace(name=name), ground=ground)
    for place in [(96, 150, 102, 151), (150, 222, 151, 228), (105, 55, 120, 70)]:
        assert max(contrast(colour, ground) for colour in colours_in(picture, *place)) >= sqrt(4.5)


def test_small_boxes_lie_on_top():
    around = ObjectView("dog", 2, 0.2, 0.2, 0.8, 0.8)
    inner = ObjectView("cat", 1, 0.2, 0.5, 0.4, 0.7)
    assert drawn(inner, around).tobytes() == drawn(around, inner).tobytes()
    assert drawn(inner, around).getpixel((79, 180)) == ORANGE


def test_equal_boxes_are_all_seen():
    picture = drawn(CAT, CAT._replace(name="dog"))
    assert [picture.getpixel((x, 200)) for x in range(97, 107)] == [
        *(BLACK, ORANGE, ORANGE, BLACK),
        *(BLACK, SKY, SKY, BLACK, GREY, GREY),
    ]


def test_flags_are_named_where_there_is_room():
    wide = ObjectView("cat", 1, 0.1, 0.4, 0.9, 0.9)

    def width_of_label(one):
        picture = drawn(one).crop((0, 108, 400, 112))
        return count(picture, ORANGE) + count(picture, BLACK)

    bare, crowd = width_of_label(wide), width_of_label(wide._replace(is_crowd=1))
    everything = width_of_label(wide._replace(is_crowd=1, difficult=1, truncated=1))
    assert bare < crowd < everything
    narrow = wide._replace(xmax=0.15)
    assert width_of_label(narrow) < width_of_label(narrow._replace(is_crowd=1)) < crowd


def test_one_class_is_emphasised():
    picture = drawn(CAT, DOG, only="dog")
    assert [picture.getpixel((x, 200)) for x in range(98, 102)] == [GREY, BLACK, ORANGE, GREY]
    assert count(picture, ORANGE) < 2 * (100 + 150)  # no label
    assert picture.getpixel((239, 200)) == SKY
    assert picture.getpixel((239, 75)) == SKY  # of the label
    masked = DOG._replace(mask=shape((400, 300), (240, 90, 360, 270)))
    assert drawn(CAT, masked, only="cat").getpixel((300, 180)) == GREY


def test_masks_lie_under_boxes_and_in_place_of_the_class_map():
    mask = shape((400, 300), (0, 0, 400, 300))
    numbers = shape((400, 300), (300, 0, 400, 300), 2)
    tinted = draw_example(view(plain(GREY), [CAT], numbers), IDS)
    assert tinted.getpixel((350, 150)) != GREY
    assert tinted.getpixel((250, 150)) == GREY
    masked = draw_example(view(plain(GREY), [CAT._replace(mask=mask)], numbers), IDS)
    assert masked.getpixel((350, 150)) == masked.getpixel((250, 150)) != GREY
    assert masked.getpixel((99, 200)) == ORANGE


@pytest.mark.parametrize("size", [(32, 32), (1, 1), (1, 500), (500, 1), (24, 900), (1000, 30), (3000, 2000)])
def test_pictures_of_all_sizes(size):
    whole = ObjectView("cat", 1, 0.0, 0.0, 1.0, 1.0)
    tiny = ObjectView("dog", 2, 0.5, 0.5, 0.5 + 2 / size[0], 0.5 + 2 / size[1])
    picture = drawn(whole, tiny, size=size)
    assert min(max(picture.size), 320) == 320
    assert ORANGE in colours_in(picture, 0, 0, *picture.size)


def test_three_hundred_boxes_leave_most_of_the_picture_to_be_seen():
    boxes = [
        ObjectView(f"class {i % 7}", 0, x / 640, y / 480, (x + 20) / 640, (y + 16) / 480, truncated=1)
        for i in range(300)
        for x, y in [((i * 37) % 610, (i * 91) % 460)]
    ]
    picture = drawn(*boxes, size=(640, 480))
    assert count(picture, GREY) > 640 * 480 / 4
    assert len({colour_of(one.name, IDS) for one in boxes} & colours_in(picture, 0, 0, 640, 480)) == 7


def test_the_same_bytes_twice():
    data = (FILES / "raccoon-150.jpg").read_bytes()
    example = view(data, [CAT, DOG, CAT, ObjectView("猫", 0, 0.0, 0.0, 0.2, 0.2)])
    first, again = (sha256(draw_example(example, IDS, 320).tobytes()).hexdigest() for _ in range(2))
    assert first == again


def test_an_example_without_objects_is_its_picture():
    picture = gradient(size=(400, 300))
    assert draw_example(view(encoded(picture, "PNG")), {}).tobytes() == picture.tobytes()


sides = st.floats() | st.floats(-0.5, 1.5) | st.sampled_from([0.0, 1.0, 0.5])
flags = st.integers(-(2**63), 2**63 - 1)
garbage = st.builds(
    ObjectView,
    st.text() | st.just("cat"),
    flags,
    *[sides] * 4,
    difficult=flags,
    truncated=flags,
    is_crowd=flags,
    area=st.floats(),
    mask=st.binary(max_size=20) | st.just(shape((40, 30), (3, 3, 9, 9))),
)
PICTURE = plain(GREY, (40, 30))


@given(st.lists(garbage, max_size=8), st.sampled_from([None, 1, 7, 100]), st.sampled_from([None, "cat"]))
def test_garbage_is_drawn_as_far_as_it_can_be(objects, long_side, only):
    picture = draw_example(view(PICTURE, objects, b"garbage"), IDS, long_side, only)
    assert picture.size == {None: (320, 240), 1: (1, 1), 7: (7, 5), 100: (100, 75)}[long_side]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The image file has 0 bytes."),
        (PICTURE[:60], "The PNG has no end marker: it is cut off after 60 bytes."),
    ],
)
def test_a_picture_that_cannot_be_decoded(data, message):
    with pytest.raises(RecordError) as refused:
        draw_example(view(data, [CAT]), IDS)
    assert refused.value.message == message


def test_a_large_jpeg_is_not_decoded_in_full(monkeypatch):
    monkeypatch.setattr("beam_pipelines.pictures.decoding.decode", None)
    example = view(encoded(Image.new("RGB", (2000, 1500), GREY), "JPEG"), [CAT])
    assert draw_example(example, IDS, 320).size == (320, 240)


def test_ids_are_those_of_the_label_map_else_those_of_the_record():
    features = annotated(image__object__class__text=[b"cat", b"eel"], image__object__class__label=[5, 6])
    view = view_example(parse_features(example(features)), {})
    assert ids_of(view, {"cat": 1, "dog": 2}) == {"cat": 1, "dog": 2, "eel": 6}
    without = annotated(image__object__class__label=[])
    assert ids_of(view_example(parse_features(example(without)), {}), {}) == {}
