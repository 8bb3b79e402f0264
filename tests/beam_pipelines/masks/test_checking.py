"""Which objects have a mask, and which pictures cannot have any."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.masks import MaskFolders, check_masks, count_differing
from beam_pipelines.masks.locating import CLASS_MAP, NUMBERED, content_digest, digest_of
from beam_pipelines.reading import ReadFailure
from beam_pipelines.records import RecordError

from ..made import put
from .made_masks import EXTENTS, FIRST, HEIGHT, NUMBERS, SECOND, WIDTH, annotated, folders, masked, packed, png

NAME = "seq/a.jpg"
VOC = png(NUMBERS, "P")
CAT, DOG = annotated(), annotated(name="dog")


def check(found, objects, *, of_rows=False, image=NAME, size=(WIDTH, HEIGHT)):
    return check_masks(found, image, objects, *size, of_rows=of_rows)


def refusal(found, objects=(CAT,), **changes) -> tuple[str, str]:
    with pytest.raises(RecordError) as refused:
        check(found, objects, **changes)
    assert type(refused.value) is RecordError
    return refused.value.code, refused.value.message


@pytest.mark.parametrize("name", ["seq/a.png", "a.png"])
def test_objects_have_the_numbers_of_their_places(tmp_path, name):
    found = check(folders(tmp_path, {name: VOC}), (CAT, DOG))
    assert found == (
        (CAT._replace(mask="#1"), DOG._replace(mask="#2")),
        (),
        EXTENTS,
        {NUMBERED: content_digest(VOC)},
    )


def test_the_path_of_the_picture_goes_before_its_name_alone(tmp_path):
    found = check(folders(tmp_path, {"a.png": b"", "seq/a.png": VOC}), (CAT,))
    assert found.contents == {NUMBERED: content_digest(VOC)}


def test_an_object_that_is_in_no_pixel(tmp_path):
    found = check(folders(tmp_path, {"a.png": VOC}), (CAT, DOG, DOG))
    assert found.objects == (CAT._replace(mask="#1"), DOG._replace(mask="#2"))
    assert found.rejects == (("mask_empty", "no pixel of 'a.png' has the value 3", DOG),)
    assert found.extents == EXTENTS


def test_void_is_no_object(tmp_path):
    found = check(folders(tmp_path, {"a.png": png([[254] * 3 + [255] * 3] * 4)}), (CAT,) * 256)
    assert [one.mask for one in found.objects] == ["#254"]
    assert found.extents == {"#254": (0.0, 0.0, 0.5, 1.0)}
    assert [reject for reject in found.rejects if "cannot" in reject[1]] == [
        ("mask_empty", f"object {number} cannot be in 'a.png': numbers are 1 to 254, 255 is void", CAT)
        for number in (255, 256)
    ]
    assert len(found.rejects) == 255


def test_an_image_without_objects_needs_no_file_of_masks(tmp_path):
    assert check(folders(tmp_path, {}), ()) == ((), (), {}, {})


def test_without_a_folder_no_object_has_a_mask(tmp_path):
    objects = (annotated("../x.png"), CAT)
    assert check(MaskFolders(), objects, of_rows=True) == ((CAT, CAT), (), {}, {})
    found = check(folders(tmp_path, None, {"a.png": VOC}), objects, of_rows=True)
    assert found == ((CAT, CAT), (), {}, {CLASS_MAP: content_digest(VOC)})


def test_the_files_that_rows_name(tmp_path):
    files = {"m/1.png": png(FIRST, "1"), "m/2.png": png(SECOND, "P"), "a.png": VOC}
    objects = tuple(map(annotated, ["m\\2.png", "./m/1.png", "m/2.png", "#02"]))
    found = check(folders(tmp_path, files), objects, of_rows=True)
    assert [one.mask for one in found.objects] == ["m/2.png", "m/1.png", "m/2.png", "#2"]
    assert found.rejects == ()
    assert found.extents == {"m/2.png": EXTENTS["#2"], "m/1.png": EXTENTS["#1"], "#2": EXTENTS["#2"]}
    assert found.contents == {
        "m/1.png": content_digest(files["m/1.png"]),
        "m/2.png": content_digest(files["m/2.png"]),
        NUMBERED: content_digest(VOC),
    }


REJECTS = {
    "": ("mask_missing", "the row names no mask: give the path of one below --masks, or leave the row"),
    "x.png": ("mask_missing", "the mask 'x.png' is not below --masks: add it, or leave the row out"),
    "../x.png": ("mask_outside", "the mask '../x.png' is no path below --masks: give one, without '..'"),
    "folder": ("mask_unreadable", "the mask 'folder' cannot be read: Is a directory"),
    "cut.png": (
        "mask_unreadable",
        "the mask 'cut.png' cannot be used: the PNG has no end marker: it is cut off after 33 bytes",
    ),
    "rgb.png": (
        "mask_unreadable",
        "the mask 'rgb.png' holds RGB colours instead of numbers: save it as a palette or grey PNG",
    ),
    "large.png": (
        "mask_size_differs",
        "the mask 'large.png' has 7 × 4 pixels, its picture 6 × 4: save it at the picture's size",
    ),
    "empty.png": ("mask_empty", "the mask 'empty.png' has no pixel other than 0"),
    "#0": ("mask_empty", "object 0 cannot be in 'a.png': numbers are 1 to 254, 255 is void"),
    "#9": ("mask_empty", "no pixel of 'a.png' has the value 9"),
}


@pytest.mark.parametrize("twice", [1, 2])
def test_objects_without_a_usable_mask_go_and_others_stay(tmp_path, twice):
    files = {
        "good.png": png(FIRST),
        "folder/x.png": b"",
        "cut.png": png(FIRST)[:33],
        "rgb.png": png(FIRST, "RGB"),
        "large.png": png([[1] * 7] * 4),
        "empty.png": png([[0] * 6] * 4),
        "a.png": VOC,
    }
    objects = [annotated(mask) for mask in REJECTS] * twice
    found = check(folders(tmp_path, files), [annotated("good.png"), *objects], of_rows=True)
    assert found.objects == (annotated("good.png"),)
    assert found.rejects == tuple(sorted((*REJECTS[one.mask], one) for one in objects))
    assert found.extents == {"good.png": EXTENTS["#1"]}
    assert found.contents == {"good.png": content_digest(files["good.png"]), NUMBERED: content_digest(VOC)}


FAILURES = [
    ({}, "mask_missing", "the {} 'seq/a.png' or 'a.png' is not below --{}: add it, or leave the image out"),
    ({"a.png": b""}, "mask_unreadable", "the {} 'a.png' has 0 bytes: copy it again from its source"),
    (
        {"seq/a.png": png(NUMBERS, "RGBA"), "a.png": VOC},
        "mask_unreadable",
        "the {} 'seq/a.png' holds RGB colours with an alpha channel instead of numbers:"
        " save it as a palette or grey PNG",
    ),
    (
        {"a.png": packed(FIRST, 4, 0)},
        "mask_unreadable",
        "the {} 'a.png' holds grey of 4 bits, which programs read as different numbers: save it with 8 bits",
    ),
    (
        {"a.png": png([[300] * 6] * 4, "I;16")},
        "mask_unreadable",
        "the {} 'a.png' holds the number 300: save it with 8 bits, numbers up to 254",
    ),
    ({"a.png/x": b""}, "mask_unreadable", "the {} 'a.png' cannot be read: Is a directory"),
    (
        {"a.png": png([[1] * 6] * 5)},
        "mask_size_differs",
        "the {} 'a.png' has 6 × 5 pixels, its picture 6 × 4: save it at the picture's size",
    ),
]


@pytest.mark.parametrize(("files", "code", "message"), FAILURES, ids=lambda value: value if type(value) is str else "")
def test_what_concerns_the_whole_picture(tmp_path, files, code, message):
    assert refusal(folders(tmp_path / "1", files)) == (code, message.format("file of masks", "masks"))
    assert refusal(folders(tmp_path / "2", files), [annotated("#1")], of_rows=True)[0] == code
    assert refusal(folders(tmp_path / "3", None, files), ()) == (code, message.format("class map", "class_maps"))


def test_a_picture_without_a_folder_is_sought_under_one_name(tmp_path):
    assert refusal(folders(tmp_path, {}), image="a.jpg") == (
        "mask_missing",
        "the file of masks 'a.png' is not below --masks: add it, or leave the image out",
    )


def test_what_may_pass_is_for_the_runner_to_try_again(tmp_path, monkeypatch):
    def fail(path, flags):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), path)

    found = folders(tmp_path, {"a.png": VOC})
    monkeypatch.setattr(os, "open", fail)
    for of_rows in (True, False):
        with pytest.raises(ReadFailure, match=r"a\.png: .*Stale"):
            check(found, [annotated("a.png")], of_rows=of_rows)


def test_a_link_may_lead_elsewhere(tmp_path):
    elsewhere = put(tmp_path, "elsewhere.png", VOC)
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/a.png").symlink_to(elsewhere)
    assert check(folders(tmp_path, {}), (CAT,)).extents == {"#1": EXTENTS["#1"]}


def test_a_file_is_decoded_once(tmp_path, monkeypatch):
    from beam_pipelines.masks import values

    decoded = []
    read = values._decoded
    monkeypatch.setattr(values, "_decoded", lambda data: decoded.append(data) or read(data))
    check(folders(tmp_path, {"a.png": VOC}), [CAT] * 20)
    assert len(decoded) == 1
    check(folders(tmp_path, {"b.png": png(FIRST)}), [annotated("b.png")] * 20, of_rows=True)
    assert len(decoded) == 2


def test_the_digest_is_of_what_the_kept_boxes_use(tmp_path):
    files = {"1.png": png(FIRST), "2.png": png(SECOND), "a.png": VOC}
    found = check(folders(tmp_path, files, {"a.png": VOC}), list(map(annotated, ["1.png", "2.png"])), of_rows=True)
    assert found.digest([masked("2.png"), masked("1.png")]) == digest_of(found.contents, ["1.png", "2.png"])
    assert found.digest([masked("2.png")]) == digest_of({k: found.contents[k] for k in (CLASS_MAP, "2.png")}, ["2.png"])
    assert found.digest([]) == digest_of({CLASS_MAP: content_digest(VOC)}, [])
    only_map = check(folders(tmp_path, None, {"a.png": VOC}), [CAT])
    assert only_map.digest([masked("")]) == found.digest([])
    assert check(MaskFolders(), [CAT]).digest([masked("")]) == ""


@pytest.mark.parametrize(
    ("sides", "differs"),
    [
        ((0.0, 0.0, 0.5, 0.5), 0),
        ((0.0, 0.0, 1.0, 0.5), 0),  # half of it is the mask's
        ((0.0, 0.0, 1.0, 0.50390625), 1),
        ((0.0, 0.0, 0.25, 0.5), 0),
        ((0.0, 0.0, 0.2421875, 0.5), 1),
        ((0.25, 0.0, 0.75, 0.5), 1),
        ((0.5, 0.5, 1.0, 1.0), 1),
        ((0.625, 0.625, 1.0, 1.0), 1),
    ],
)
def test_boxes_that_are_not_around_their_mask(sides, differs):
    extents = {"#1": (0.0, 0.0, 0.5, 0.5), "#2": (0.0, 0.0, 1.0, 1.0)}
    assert count_differing([masked("#1", sides), masked(""), masked("#2", (0.0, 0.0, 1.0, 1.0))], extents) == differs


def test_every_differing_box_counts():
    extents = {"#1": (0.0, 0.0, 0.5, 0.5)}
    assert count_differing([masked("#1", (0.5, 0.5, 1.0, 1.0))] * 3, extents) == 3
    assert count_differing([], extents) == 0
    assert count_differing([masked("m/1.png"), masked("")], extents) == 0


@given(st.data())
def test_an_extent_is_the_box_around_its_pixels(tmp_path_factory, data):
    left, top = data.draw(st.integers(0, WIDTH - 1)), data.draw(st.integers(0, HEIGHT - 1))
    right, bottom = data.draw(st.integers(left + 1, WIDTH)), data.draw(st.integers(top + 1, HEIGHT))
    rows = [[int(left <= x < right and top <= y < bottom) for x in range(WIDTH)] for y in range(HEIGHT)]
    found = check(folders(tmp_path_factory.mktemp("m"), {"a.png": png(rows)}), (CAT,))
    sides = left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT
    assert found.extents == {"#1": sides}
    assert count_differing([masked("#1", sides)], found.extents) == 0
