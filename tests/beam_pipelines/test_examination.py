"""What becomes of a pair of files: whole pictures, from small real files."""

import hashlib

import pytest
from apache_beam import Create
from apache_beam.testing.util import assert_that, equal_to

from beam_pipelines.coding import Batch
from beam_pipelines.examination import ExaminePictures, Examiner
from beam_pipelines.masks.checking import check_masks
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.progress import read_progress
from beam_pipelines.records import AnnotatedObject, Annotation, Pair, Picture, RecordError, Reject, key_of

from .made import cat_object, examiner, pipeline_here, put, voc
from .masks.made_masks import png
from .pictures.made_pictures import SIZE, encoded, gradient, raw_png, turned

JPEG = encoded(gradient(), "JPEG")
PNG = encoded(gradient(), "PNG")
CAT = ("cat", 0.25, 0.20000000298023224, 0.75, 0.800000011920929, 0, 0, "Unspecified", 0, 0, "")


@pytest.fixture
def folder(tmp_path):
    """Both sides exist."""
    for side in ("annotations", "images"):
        (tmp_path / side).mkdir()
    return tmp_path


def pair_of(folder, data: bytes, annotation: str | None = None, image="a.jpg"):
    put(folder, f"images/{image}", data)
    if annotation is None:
        return Pair("", image)
    put(folder, "annotations/a.xml", annotation)
    return Pair("a.xml", image)


def expected(pair: Pair, data: bytes, **changes) -> Picture:
    sha256 = hashlib.sha256(data).hexdigest()
    plain = Picture(
        key=key_of(sha256, pair.image),
        sha256=sha256,
        image=pair.image,
        annotation=pair.annotation,
        width=SIZE[0],
        height=SIZE[1],
        size=len(data),
        format="jpeg",
        conversion="",
        group=sha256,
        signature="cat",
        leads=True,
        boxes=(CAT,),
        repairs=(),
    )
    return plain._replace(**changes)


NO_BOXES = {"boxes": (), "signature": ""}


def test_a_plain_pair(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), filename="A.png", size=SIZE))
    assert examiner(folder).examine(pair) == (expected(pair, JPEG), [])


def test_a_png_named_jpg(folder):
    pair = pair_of(folder, PNG, voc(cat_object(), size=SIZE))
    found = expected(pair, PNG, format="png", repairs=("extension_differs",))
    assert examiner(folder).examine(pair) == (found, [])


def test_an_image_without_annotation(folder):
    pair = pair_of(folder, JPEG)
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, **NO_BOXES), [])


def test_an_annotation_without_objects(folder):
    pair = pair_of(folder, JPEG, voc(size=SIZE))
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, **NO_BOXES), [])


@pytest.mark.parametrize(
    ("size", "repair"),
    [(None, "size_missing"), ((0, 0), "size_missing"), ((SIZE[0], 0), "size_missing"), ((30, 40), "size_differs")],
)
def test_sizes_that_are_not_the_pictures(folder, size, repair):
    pair = pair_of(folder, JPEG, voc(cat_object(), size=size))
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, repairs=(repair,)), [])


def test_a_filename_of_another_picture(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), filename="b.jpg", size=SIZE))
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, repairs=("filename_differs",)), [])


def test_all_repairs_of_a_picture(folder):
    text = voc(cat_object(xmax=40.5), cat_object(xmax=45, name="dog"), filename="b.jpg")
    pair = pair_of(folder, encoded(gradient("CMYK"), "JPEG"), text.replace("dog", "d\xf6g"), image="a.png")
    path = folder / "annotations/a.xml"
    path.write_bytes(path.read_text().encode("cp1252"))
    boxes = (("cat", *CAT[1:3], 1.0, *CAT[4:]), ("dög", *CAT[1:3], 1.0, *CAT[4:]))
    repairs = (
        *("encoding_assumed", "filename_differs", "extension_differs", "reencoded_color", "size_missing"),
        *("box_clipped", "box_rounded"),
    )
    data = (folder / "images/a.png").read_bytes()
    changes = {"boxes": boxes, "signature": "cat\0dög", "repairs": repairs, "conversion": "plain_jpeg"}
    assert examiner(folder).examine(pair) == (expected(pair, data, **changes), [])


def test_boxes_that_cannot_stay(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), cat_object(xmin=50, xmax=60), cat_object(xmax="x"), size=SIZE))
    described = "cat xmin=50 ymin=6 xmax=60 ymax=24", "cat xmin=10 ymin=6 xmax=x ymax=24"
    messages = "x from 50 to 60 in a picture of 40 × 30 pixels", "xmax is 'x'"
    assert examiner(folder).examine(pair) == (
        expected(pair, JPEG),
        [
            Reject("box_not_a_number", "box", "a.xml", "a.jpg", messages[1], described[1]),
            Reject("box_outside", "box", "a.xml", "a.jpg", messages[0], described[0]),
        ],
    )


def test_a_picture_that_lost_every_box_is_a_negative(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(xmin=30), size=SIZE))
    message, described = "xmin 30 and xmax 30 are equal", "cat xmin=30 ymin=6 xmax=30 ymax=24"
    found = expected(pair, JPEG, **NO_BOXES, repairs=("negative_after_rejects",))
    reject = Reject("box_zero_area", "box", "a.xml", "a.jpg", message, described)
    assert examiner(folder).examine(pair) == (found, [reject])


def test_classes_that_may_not_stay_go_box_by_box(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), cat_object(name="dog"), cat_object(name="eel"), size=SIZE))
    picture, rejects = examiner(folder, classes=frozenset({"cat", "fox"})).examine(pair)
    assert picture == expected(pair, JPEG)
    assert [r._replace(box="") for r in rejects] == [
        Reject("class_unknown", "box", "a.xml", "a.jpg", f"class '{name}' is not in the label map")
        for name in ("dog", "eel")
    ]
    assert all(r.box.startswith(name) for r, name in zip(rejects, ("dog", "eel"), strict=True))


def test_a_picture_of_unwanted_classes_is_a_negative_without_repair(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), size=SIZE))
    picture, rejects = examiner(folder, classes=frozenset({"dog"})).examine(pair)
    assert picture == expected(pair, JPEG, **NO_BOXES)
    assert [r.code for r in rejects] == ["class_unknown"]


@pytest.mark.parametrize(
    ("annotated", "changes"),
    [
        ((30, 40), {"width": 30, "height": 40, "conversion": "upright_jpeg", "repairs": ("orientation_applied",)}),
        ((40, 30), {"width": 40, "height": 30, "conversion": "untag", "repairs": ("orientation_removed",)}),
        (
            None,
            {
                **{"width": 30, "height": 40, "conversion": "upright_jpeg"},
                "repairs": ("orientation_assumed", "size_missing"),
            },
        ),
    ],
)
def test_orientation(folder, annotated, changes):
    data = turned("JPEG", 6)
    pair = pair_of(folder, data, voc(cat_object(15, 15, 30, 30), size=annotated))
    width, height = changes["width"], changes["height"]
    [box] = examiner(folder).examine(pair)[0].boxes
    assert box[:5] == pytest.approx(("cat", 15 / width, 15 / height, 30 / width, 30 / height))
    assert examiner(folder).examine(pair) == (expected(pair, data, boxes=(box,), **changes), [])


@pytest.mark.parametrize(
    ("extent", "repair"),
    [((25, 38), "orientation_applied"), ((38, 25), "orientation_removed"), ((25, 25), "orientation_assumed")],
)
def test_boxes_tell_how_a_turned_picture_was_annotated(folder, extent, repair):
    boxes = cat_object(xmax=extent[0]), cat_object(ymax=extent[1]), cat_object(xmax="?")
    pair = pair_of(folder, turned("JPEG", 6), voc(*boxes))
    picture, rejects = examiner(folder).examine(pair)
    assert picture.repairs == (repair, "size_missing")
    assert [r.code for r in rejects] == ["box_not_a_number"]


def test_several_frames(folder):
    data = encoded(gradient("P"), "GIF", save_all=True, append_images=[gradient("P").rotate(90)])
    pair = pair_of(folder, data, voc(cat_object(), size=SIZE), image="a.gif")
    changes = {"format": "png", "conversion": "plain_png", "repairs": ("reencoded_format", "first_frame_only")}
    assert examiner(folder).examine(pair) == (expected(pair, data, **changes), [])


def refusal(pair, looking: Examiner):
    with pytest.raises(RecordError) as refused:
        looking.examine(pair)
    return refused.value.code, refused.value.message


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "image_empty"), (b"hello", "image_not_an_image"), (JPEG[:-30], "image_truncated")],
)
def test_pictures_that_cannot_become_examples(folder, data, code):
    assert refusal(pair_of(folder, data, voc(cat_object())), examiner(folder))[0] == code


def test_files_that_cannot_be_read(folder):
    put(folder, "annotations/a.xml", voc(cat_object()))
    put(folder, "images/a.jpg", JPEG)
    gone = "cannot be read: No such file or directory"
    assert refusal(Pair("b.xml", "a.jpg"), examiner(folder)) == ("annotation_unreadable", gone)
    assert refusal(Pair("a.xml", "b.jpg"), examiner(folder)) == ("image_missing", "there is no such file")
    (folder / "images/b.jpg").mkdir()
    assert refusal(Pair("a.xml", "b.jpg"), examiner(folder))[0] == "image_unreadable"


def test_only_decoding_finds_lost_rows(folder):
    data = raw_png(200, 200, 8, 0, b"\0\x10\x20")
    pair = pair_of(folder, data, image="a.png")
    changes = {"width": 200, "height": 200, "format": "png"}
    assert examiner(folder).examine(pair) == (expected(pair, data, **NO_BOXES, **changes), [])
    assert refusal(pair, examiner(folder, decode=True))[0] == "image_truncated"


@pytest.mark.parametrize(
    ("pattern", "group"),
    [
        (r"^([^/]+)/", "seq1"),
        (r"seq\d", "seq1"),
        (r"seq(x*)", ""),
        (r"frame(\d)_(\d)", "2"),
    ],
)
def test_groups(folder, pattern, group):
    pair = pair_of(folder, JPEG, voc(cat_object(), size=SIZE), image="seq1/frame2_3.jpg")
    assert examiner(folder, group_by=pattern).examine(pair) == (expected(pair, JPEG, group=group), [])


@pytest.mark.parametrize("pattern", ["patient-([0-9]+)", r"(patient)?a\.jpg"])
def test_a_path_that_has_no_group(folder, pattern):
    pair = pair_of(folder, JPEG, voc(cat_object(), size=SIZE))
    found = expected(pair, JPEG, repairs=("group_not_found",))
    assert examiner(folder, group_by=pattern).examine(pair) == (found, [])


def row_cat(row=1, name="cat", sides=(10, 6, 30, 24), **fields) -> AnnotatedObject:
    """An object as a row of the table 'b.csv' gives it."""
    return AnnotatedObject(name, *map(str, sides), source="b.csv", row=row, **fields)


def rows_of(folder, *objects: AnnotatedObject, splits=(), data=JPEG, size=(0, 0), **fields) -> Pair:
    """An image whose rows begin in the table 'a.csv', which is not there: rows are read before."""
    put(folder, "images/a.jpg", data)
    return Pair("a.csv", "a.jpg", splits, Annotation("x/a.jpg", "", "", *size, objects, **fields))


def test_rows_are_taken_as_they_come(folder):
    """Without a size they lack nothing: many tables have no columns for it."""
    pair = rows_of(folder, row_cat(is_crowd="1", area="9"))
    crowd = (*CAT[:8], 1, 9, "")
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, boxes=(crowd,)), [])


@pytest.mark.parametrize(
    ("size", "repairs"), [(SIZE, ()), ((SIZE[0], 0), ()), ((30, 40), ("size_differs",)), ((39, 30), ("size_differs",))]
)
def test_sizes_that_rows_give(folder, size, repairs):
    pair = rows_of(folder, row_cat(), size=size)
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, repairs=repairs), [])


def test_repairs_of_rows_stay(folder):
    pair = rows_of(folder, row_cat(area="?"), repairs=("encoding_assumed",))
    assert examiner(folder).examine(pair) == (
        expected(pair, JPEG, repairs=("encoding_assumed", "area_unreadable")),
        [],
    )


def test_rows_that_are_no_boxes_are_named_one_by_one(folder):
    pair = rows_of(folder, row_cat(7, sides=(0, 0, 1, 1)), row_cat(8, sides=(30, 6, 30, 24)), row_cat(9))
    picture, rejects = examiner(folder).examine(pair)
    assert picture == expected(pair, JPEG)
    assert rejects == [
        Reject(
            *("box_not_in_pixels", "box", "b.csv", "a.jpg"),
            "all sides are from 0 to 1, as if they were fractions of the picture",
            "cat xmin=0 ymin=0 xmax=1 ymax=1",
            7,
        ),
        Reject(
            *("box_zero_area", "box", "b.csv", "a.jpg", "xmin 30 and xmax 30 are equal"),
            "cat xmin=30 ymin=6 xmax=30 ymax=24",
            8,
        ),
    ]


def test_normalised_rows(folder):
    pair = rows_of(folder, row_cat(sides=(0.25, 0.2, 0.75, 0.8)))
    assert examiner(folder, normalized=True).examine(pair) == (expected(pair, JPEG), [])


def test_normalised_rows_do_not_tell_how_a_turned_picture_was_annotated(folder):
    """In pixels a box that goes 38 to the right would."""
    data = turned("JPEG", 6)
    pixels = rows_of(folder, row_cat(sides=(10, 6, 38, 24)), data=data)
    fractions = rows_of(folder, row_cat(sides=(0.25, 0.2, 1, 0.8)), data=data)
    assert examiner(folder).examine(pixels)[0].repairs == ("orientation_removed",)
    assert examiner(folder, normalized=True).examine(fractions)[0].repairs == ("orientation_assumed",)


def test_classes_of_a_whole_image(folder):
    pair = rows_of(folder, labels=("dog", "cat", "dog"))
    found = expected(pair, JPEG, boxes=(), labels=("cat", "dog"), signature="cat\0dog")
    assert examiner(folder).examine(pair) == (found, [])


def test_classes_of_boxes_and_of_the_image_make_one_signature(folder):
    pair = rows_of(folder, row_cat(), labels=("barn",))
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, labels=("barn",), signature="barn\0cat"), [])


def test_classes_of_a_whole_image_that_may_not_stay(folder):
    pair = rows_of(folder, row_cat(5, "eel"), labels=("dog", "cat"))
    picture, rejects = examiner(folder, classes=frozenset({"cat"})).examine(pair)
    assert picture == expected(pair, JPEG, boxes=(), labels=("cat",))
    assert rejects == [
        Reject(
            *("class_unknown", "box", "b.csv", "a.jpg", "class 'eel' is not in the label map"),
            "eel xmin=10 ymin=6 xmax=30 ymax=24",
            5,
        ),
        Reject(
            *("class_unknown", "box", "a.csv", "a.jpg", "class 'dog' is not in the label map"),
            "dog xmin=? ymin=? xmax=? ymax=?",
        ),
    ]


def test_a_group_that_rows_name(folder):
    pair = rows_of(folder, row_cat(), group="patient 7")
    assert examiner(folder).examine(pair) == (expected(pair, JPEG, group="patient 7"), [])


WIDTH, HEIGHT = SIZE
NUMBERS = [[1 if 10 <= x < 30 and 6 <= y < 24 else 2 if x < 4 else 0 for x in range(WIDTH)] for y in range(HEIGHT)]
"""The cat is object 1; object 2 is a stripe at the left."""


def mask_folders(folder, **files: bytes) -> MaskFolders:
    for kind in ("masks", "maps"):
        (folder / kind).mkdir(exist_ok=True)
    for name, data in files.items():
        put(folder, f"{name}/a.png", data)
    return MaskFolders(
        str(folder / "masks") if "masks" in files else None, str(folder / "maps") if "maps" in files else None
    )


def test_masks_of_voc_are_known_by_the_place_of_the_object(folder):
    """The first object is rejected, and the number of the second stays 2; its box is not where its mask is."""
    folders = mask_folders(folder, masks=png(NUMBERS, "P"))
    pair = pair_of(folder, JPEG, voc(cat_object(xmin=30), cat_object(), size=SIZE))
    looking = examiner(folder, masks=folders)
    box = (*CAT[:10], "#2")
    digest = check_masks(folders, "a.jpg", [AnnotatedObject("", "", "", "", "")] * 2, *SIZE, of_rows=False).digest(
        [box]
    )
    message, described = "xmin 30 and xmax 30 are equal", "cat xmin=30 ymin=6 xmax=30 ymax=24"
    assert digest
    assert looking.examine(pair) == (
        expected(pair, JPEG, boxes=(box,), masks=digest, repairs=("mask_differs",)),
        [Reject("box_zero_area", "box", "a.xml", "a.jpg", message, described)],
    )


def test_a_dropped_class_leaves_the_numbers_of_masks_alone(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(name="eel"), cat_object(xmin=0, xmax=4, ymin=0, ymax=30), size=SIZE))
    looking = examiner(folder, masks=mask_folders(folder, masks=png(NUMBERS, "P")), classes=frozenset({"cat"}))
    picture, rejects = looking.examine(pair)
    assert [(box[0], box[-1]) for box in picture.boxes] == [("cat", "#2")]
    assert picture.repairs == ()
    assert [(reject.code, reject.box.split()[0]) for reject in rejects] == [("class_unknown", "eel")]


def test_an_object_without_its_mask_is_rejected(folder):
    pair = pair_of(folder, JPEG, voc(cat_object(), cat_object(), cat_object(), size=SIZE))
    picture, rejects = examiner(folder, masks=mask_folders(folder, masks=png(NUMBERS))).examine(pair)
    assert [box[-1] for box in picture.boxes] == ["#1", "#2"]
    assert picture.repairs == ("mask_differs",)
    assert rejects == [
        Reject(
            *("mask_empty", "box", "a.xml", "a.jpg", "no pixel of 'a.png' has the value 3"),
            "cat xmin=10 ymin=6 xmax=30 ymax=24",
        )
    ]


def test_masks_that_rows_name(folder):
    folders = mask_folders(folder, masks=png([[int(v == 1) for v in row] for row in NUMBERS]))
    objects = row_cat(2, mask="./a.png"), row_cat(3, mask="gone.png"), row_cat(4, mask="../a.png"), row_cat(5)
    picture, rejects = examiner(folder, masks=folders).examine(rows_of(folder, *objects))
    assert picture.boxes == ((*CAT[:10], "a.png"),)
    assert picture.repairs == ()
    assert [(reject.code, reject.annotation, reject.row) for reject in rejects] == [
        ("mask_missing", "b.csv", 3),
        ("mask_missing", "b.csv", 5),
        ("mask_outside", "b.csv", 4),
    ]


def test_a_picture_without_its_class_map_is_rejected(folder):
    looking = examiner(folder, masks=mask_folders(folder, maps=png(NUMBERS)))
    pair = pair_of(folder, JPEG, voc(cat_object(), size=SIZE))
    picture, rejects = looking.examine(pair)
    assert picture == expected(pair, JPEG, masks=picture.masks)
    assert (bool(picture.masks), rejects) == (True, [])
    (folder / "maps/a.png").unlink()
    message = "the class map 'a.png' is not below --class_maps: add it, or leave the image out"
    assert refusal(pair, looking) == ("mask_missing", message)


def test_masks_that_nobody_asked_for_are_not_looked_for(folder):
    pair = rows_of(folder, row_cat())
    assert examiner(folder).examine(pair)[0].masks == ""


def assert_examined(looking: Examiner, pairs: list[Pair], found: list[Picture], rejected: list[Reject]) -> None:
    with pipeline_here() as pipeline:
        batch = pipeline | Create([tuple(pairs)]).with_output_types(Batch)
        pictures, rejects = batch | ExaminePictures(looking)
        assert_that(pictures, equal_to(found), label="pictures")
        assert_that(rejects, equal_to(rejected), label="rejects")


def test_a_picture_comes_once_for_every_split_it_was_given_to(folder):
    """And its rejects once, as it was annotated once."""
    pair = rows_of(folder, row_cat(), row_cat(2, sides=(9, 1, 0, 2)), splits=("train", "test"))
    found = expected(pair, JPEG)
    described = "cat xmin=9 ymin=1 xmax=0 ymax=2"
    reject = Reject("box_reversed", "box", "b.csv", "a.jpg", "xmin 9 is larger than xmax 0", described, 2)
    both = [found._replace(split="train"), found._replace(split="test")]
    assert_examined(examiner(folder, given_splits=True), [pair], both, [reject])


def test_a_picture_that_no_split_names_is_left_out_unread(folder):
    pairs = [Pair("gone.xml", "gone.jpg"), rows_of(folder, row_cat()), Pair("", "b.jpg")]
    message = "none of the given splits names it"
    rejects = [
        Reject("not_in_a_split", "unlisted", "gone.xml", "gone.jpg", message),
        Reject("not_in_a_split", "unlisted", "a.csv", "a.jpg", message),
        Reject("not_in_a_split", "unlisted", "", "b.jpg", message),
    ]
    assert_examined(examiner(folder, given_splits=True), pairs, [], rejects)


def test_in_a_pipeline(folder, monkeypatch):
    good = pair_of(folder, JPEG, voc(cat_object(), cat_object(name=""), size=SIZE))
    put(folder, "images/bad.jpg", b"hello")
    put(folder, "images/odd.jpg", encoded(gradient("L"), "JPEG"))
    pairs = [good, Pair("", "bad.jpg"), Pair("", "odd.jpg")]

    def break_down(name, _):
        if name == "odd.jpg":
            raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("beam_pipelines.examination.extension_differs", break_down)
    progress = folder / "progress"
    progress.mkdir()
    with pipeline_here() as pipeline:
        batches = pipeline | Create([tuple(pairs[:2]), tuple(pairs[2:])]).with_output_types(Batch)
        pictures, rejects = batches | ExaminePictures(examiner(folder), str(progress))
        assert_that(pictures, equal_to([expected(good, JPEG)]), label="pictures")
        expected_rejects = [
            Reject(
                *("class_missing", "box", "a.xml", "a.jpg", "the object has no class name"),
                "? xmin=10 ymin=6 xmax=30 ymax=24",
            ),
            Reject(
                "image_not_an_image", "image", "", "bad.jpg", "The content (5 bytes) is text that begins with 'hello'."
            ),
            Reject("unexpected", "image", "", "odd.jpg", "ZeroDivisionError: division by zero"),
        ]
        assert_that(rejects, equal_to(expected_rejects), label="rejects")
    assert read_progress(str(progress)) == {"examine": 3, "write": 0}
