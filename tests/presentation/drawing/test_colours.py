"""Colours of classes."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation.drawing.colours import BLACK, WHITE, colour_of, colour_of_number, contrast, hex_of, ink_on, seen_on

IDS = {"cat": 1, "dog": 2, "zebra": 91}

# G. M. Machado et al. (2009), severity 1.0, on linear RGB.
SIGHTS = (
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)
# B. Ottosson, A perceptual color space for image processing (2020).
TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_OKLAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def as_seen(colours):
    """The colours in OKLab, one array a kind of sight."""
    values = np.array(colours).T / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    cones = [np.cbrt(np.array(TO_CONES) @ np.clip(np.array(sight) @ linear, 0, 1)) for sight in SIGHTS]
    return [(np.array(TO_OKLAB) @ one).T for one in cones]


def least_distance(colours):
    return min(np.linalg.norm(one - other) for seen in as_seen(colours) for one, other in combinations(seen, 2))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat", "#e69f00"),
        ("dog", "#56b4e9"),
        ("zebra", "#e69f00"),
        ("猫", "#ab73e3"),
        ("", "#e3e3ab"),
        ("\ud800", "#8c1c38"),
    ],
)
def test_a_class_has_one_colour(name, expected):
    assert hex_of(colour_of(name, IDS)) == expected


def test_an_id_decides_and_not_the_name():
    assert colour_of("猫", {"猫": 2}) == colour_of("dog", IDS) == colour_of_number(2)


@pytest.mark.parametrize(("classes", "distance"), [(7, 0.075), (10, 0.075), (20, 0.05), (30, 0.03)])
def test_colour_blind_people_tell_the_first_classes_apart(classes, distance):
    assert least_distance([colour_of_number(number) for number in range(1, classes + 1)]) > distance


def test_ninety_classes_have_colours_of_their_own():
    assert len({colour_of_number(number) for number in range(1, 91)}) == 90


@given(st.integers(-(2**40), 2**40))
def test_every_number_has_a_colour_that_is_not_black_or_white(number):
    colour = colour_of_number(number)
    assert all(0 <= value <= 255 for value in colour)
    assert min(contrast(colour, BLACK), contrast(colour, WHITE)) > 1.1


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_can_be_read_on_every_colour(colour):
    assert contrast(ink_on(colour), colour) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(BLACK, WHITE, 21.0), (WHITE, BLACK, 21.0), (WHITE, WHITE, 1.0), ((119, 119, 119), WHITE, 4.48)],
)
def test_the_contrast_is_that_of_the_web(one, other, expected):
    assert round(contrast(one, other), 2) == expected


@pytest.mark.parametrize("ground", [WHITE, (26, 30, 34)])
@pytest.mark.parametrize("number", range(1, 91))
def test_a_line_of_any_class_is_seen_on_a_page(ground, number):
    colour = colour_of_number(number)
    seen = seen_on(ground, colour)
    assert contrast(seen, ground) >= 3
    assert (seen == colour) == (contrast(colour, ground) >= 3)
