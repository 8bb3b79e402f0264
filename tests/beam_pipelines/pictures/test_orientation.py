"""Was the picture annotated as it is seen or as it is stored?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.pictures.orientation import settle
from beam_pipelines.rejects import REPAIRS

APPLIED = ("apply", "orientation_applied")
REMOVED = ("remove", "orientation_removed")
ASSUMED = ("apply", "orientation_assumed")
NO_SIZE, NO_BOXES = (0, 0), (0.0, 0.0)


def test_upright_pictures_need_nothing():
    assert settle(1, 640, 480, (480, 640), (480.0, 640.0)) == ("", "")


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize(
    ("annotated", "extent", "expected"),
    [
        ((480, 640), NO_BOXES, APPLIED),
        ((640, 480), NO_BOXES, REMOVED),
        ((480, 640), (600.0, 400.0), APPLIED),  # the size outweighs the boxes
        (NO_SIZE, NO_BOXES, ASSUMED),
        (NO_SIZE, (400.0, 400.0), ASSUMED),
        (NO_SIZE, (400.0, 600.0), APPLIED),
        (NO_SIZE, (600.0, 400.0), REMOVED),
        (NO_SIZE, (600.0, 600.0), ASSUMED),
        (NO_SIZE, (481.0, 641.0), APPLIED),  # overshooting by a pixel is rounding
        ((1000, 1000), (600.0, 400.0), REMOVED),
        ((480, 0), (400.0, 600.0), APPLIED),
    ],
)
def test_quarter_turns(orientation, annotated, extent, expected):
    assert settle(orientation, 640, 480, annotated, extent) == expected


def test_a_square_tells_nothing():
    assert settle(6, 500, 500, (500, 500), (400.0, 300.0)) == ASSUMED


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_half_turns_and_mirrors_keep_the_size(orientation):
    assert settle(orientation, 640, 480, (640, 480), (600.0, 400.0)) == ASSUMED


SIDES = st.integers(1, 5000)


@given(st.integers(-1, 10), SIDES, SIDES, st.tuples(SIDES, SIDES), st.tuples(st.floats(), st.floats()))
def test_every_answer_is_known(orientation, width, height, annotated, extent):
    action, repair = settle(orientation, width, height, annotated, extent)
    assert action in ("", "apply", "remove")
    assert (repair in REPAIRS) == bool(action)
