"""Every fault of a single picture or annotation that the data job must reject or mend, with what must become of it.

All of them lie in one set, so that one run meets them together.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps

from beam_pipelines.records import key_of

from .made_sets import CAT, SIZE, Box, encoded, jpeg, pair, picture, voc_object, voc_xml

UPRIGHT, TURNED = SIZE, SIZE[::-1]
PARSER_SAYS = re.compile(r"line 1, column \d+: \S.+")
"""A message in the words of libxml2, which change from version to version."""

Line = dict[str, str | re.Pattern[str]]


@dataclass(frozen=True)
class Made:
    """An example that must come of a case.

    Attributes:
        image: path of the image file.
        boxes: in pixels, in the order of the example.
        size: of the picture in the example.
        format: 'jpeg' or 'png'.
        own_bytes: whether the example holds the file as it is.
        upright: whether the picture looks as its EXIF tag says; if not, as it is stored.
    """

    image: str
    boxes: tuple[Box, ...] = (CAT,)
    size: tuple[int, int] = SIZE
    format: str = "jpeg"
    own_bytes: bool = True
    upright: bool = True

    def seen(self, data: bytes) -> Image.Image:
        """The picture of a file as it was annotated."""
        image = Image.open(BytesIO(data))
        return (ImageOps.exif_transpose(image) if self.upright else image).convert("RGB")


@dataclass(frozen=True)
class Case:
    """A fault, the files that show it, and what must come of them.

    Attributes:
        name: in the words of the issue.
        files: path below the set → content.
        made: examples, sorted by image.
        rejects: lines in the file of rejects, sorted by annotation and image.
        repairs: codes.
    """

    name: str
    files: dict[str, bytes]
    made: tuple[Made, ...] = ()
    rejects: tuple[Line, ...] = ()
    repairs: tuple[str, ...] = ()

    def owns(self, folder: str, name: str) -> bool:
        return f"{folder}/{name}" in self.files


def _lost(name: str, code: str, message: str | re.Pattern[str], image: str | None = None, level: str = "image") -> Line:
    image = f"{name}.jpg" if image is None else image
    return {"source": f"{name}.xml", "image": image, "code": code, "level": level, "message": message}


def _lost_box(name: str, code: str, message: str, box: str) -> Line:
    return _lost(name, code, message, level="box") | {"box": box}


def _places() -> Iterable[Case]:
    lost = "no image file is named so: neither 'missing.jpg' nor 'missing'"
    yield Case(
        "image missing",
        {"Annotations/missing.xml": voc_xml("missing.jpg").encode()},
        rejects=(_lost("missing", "image_missing", lost, image=""),),
    )
    yield Case(
        "image renamed together with its XML",
        {"JPEGImages/renamed.jpg": jpeg("renamed"), "Annotations/renamed.xml": voc_xml("IMG_0001.jpg").encode()},
        (Made("renamed.jpg"),),
        repairs=("filename_differs",),
    )
    yield Case(
        "XML renamed, <filename> right",
        {"JPEGImages/kept-name.jpg": jpeg("kept"), "Annotations/new-name.xml": voc_xml("kept-name.jpg").encode()},
        (Made("kept-name.jpg"),),
    )
    yield Case(
        "<filename> without extension",
        {"JPEGImages/bare.jpg": jpeg("bare"), "Annotations/of-bare.xml": voc_xml("bare").encode()},
        (Made("bare.jpg"),),
    )
    yield Case(
        "image file without extension",
        {"JPEGImages/plain": jpeg("plain"), "Annotations/plain.xml": voc_xml("plain.jpg").encode()},
        (Made("plain"),),
    )
    yield Case(
        "image in another folder",
        {"JPEGImages/deep/down/far.jpg": jpeg("far"), "Annotations/far.xml": voc_xml("far.jpg").encode()},
        (Made("deep/down/far.jpg"),),
    )
    dog: Box = ("dog", 1, 2, 9, 9)
    yield Case(
        "same name in two folders",
        {
            "JPEGImages/day/same.jpg": jpeg("day"),
            "JPEGImages/night/same.jpg": jpeg("night"),
            "Annotations/day/same.xml": voc_xml("same.jpg").encode(),
            "Annotations/night/same.xml": voc_xml("same.jpg", [dog]).encode(),
        },
        (Made("day/same.jpg"), Made("night/same.jpg", (dog,))),
    )
    both = "several images fit equally well: 'left/unclear.jpg', 'right/unclear.jpg'"
    yield Case(
        "same name in two folders, and nothing tells which",
        {
            "JPEGImages/left/unclear.jpg": jpeg("left"),
            "JPEGImages/right/unclear.jpg": jpeg("right"),
            "Annotations/unclear.xml": voc_xml("unclear.jpg").encode(),
        },
        rejects=(_lost("unclear", "image_ambiguous", both, image=""),),
    )
    yield Case(
        "drive-letter path",
        {
            "JPEGImages/cam1/drive.jpg": jpeg("drive 1"),
            "JPEGImages/cam2/drive.jpg": jpeg("drive 2"),
            "Annotations/drive.xml": voc_xml("drive.jpg", path=r"D:\photos\cam2\drive.jpg").encode(),
        },
        (Made("cam2/drive.jpg"),),
    )
    yield Case(
        "backslash path",
        {
            "JPEGImages/cam1/slash.jpg": jpeg("slash 1"),
            "JPEGImages/cam2/slash.jpg": jpeg("slash 2"),
            "Annotations/slash.xml": voc_xml(r"cam1\slash.jpg").encode(),
        },
        (Made("cam1/slash.jpg"),),
    )


def _one_box(name: str, sides: tuple[object, ...], code: str, message: str, text: str) -> Case:
    """A picture with a box that is rejected beside one that is not."""
    key = name.replace(" ", "-")
    files = pair(key, boxes=[CAT, ("dog", *sides)])
    return Case(name, files, (Made(f"{key}.jpg"),), (_lost_box(key, code, message, text),))


def _boxes() -> Iterable[Case]:
    yield _one_box(
        "box outside",
        (50, 3, 60, 15),
        "box_outside",
        "x from 50 to 60 in a picture of 40 × 30 pixels",
        "dog xmin=50 ymin=3 xmax=60 ymax=15",
    )
    yield _one_box(
        "box reversed",
        (4, 15, 20, 3),
        "box_reversed",
        "ymin 15 is larger than ymax 3",
        "dog xmin=4 ymin=15 xmax=20 ymax=3",
    )
    yield _one_box(
        "box of zero area",
        (7, 3, 7, 15),
        "box_zero_area",
        "xmin 7 and xmax 7 are equal",
        "dog xmin=7 ymin=3 xmax=7 ymax=15",
    )
    yield _one_box(
        "box with NaN", (4, "nan", 20, 15), "box_not_a_number", "ymin is 'nan'", "dog xmin=4 ymin=nan xmax=20 ymax=15"
    )
    dog: Box = ("dog", 4.25, 3.5, 20.75, 15.125)
    yield Case("box of floats", pair("floats", boxes=[dog]), (Made("floats.jpg", (dog,)),))
    over: Box = ("dog", 4, 3, "40.000000000001", 15)
    yield Case(
        "box over by 1e-12",
        pair("hair", boxes=[over]),
        (Made("hair.jpg", (("dog", 4, 3, 40, 15),)),),
        repairs=("box_rounded",),
    )
    yield Case(
        "box half outside",
        pair("half", boxes=[("dog", -10, 3, 20, 45)]),
        (Made("half.jpg", (("dog", 0, 3, 20, 30),)),),
        repairs=("box_clipped",),
    )
    yield Case(
        "only box outside",
        pair("only", boxes=[("dog", 1, 40, 9, 50)]),
        (Made("only.jpg", ()),),
        (
            _lost_box(
                "only",
                "box_outside",
                "y from 40 to 50 in a picture of 40 × 30 pixels",
                "dog xmin=1 ymin=40 xmax=9 ymax=50",
            ),
        ),
        ("negative_after_rejects",),
    )
    yield Case("no objects", pair("nothing", boxes=[]), (Made("nothing.jpg", ()),))
    names = ("1", 'a"b', "naïve café", "true")
    odd: tuple[Box, ...] = tuple((name, 4, 3, 20, 15) for name in names)
    yield Case('class names 1, true, naïve café, a"b', pair("names", boxes=odd[::-1]), (Made("names.jpg", odd),))
    many: tuple[Box, ...] = tuple(("ant", i % 15, i // 15, i % 15 + 20, i // 15 + 15) for i in range(150))
    many = tuple(sorted(many))
    yield Case("more than 100 boxes", pair("many", boxes=many), (Made("many.jpg", many),))


def _pictures() -> Iterable[Case]:
    cut = jpeg("truncated")[:-100]
    yield Case(
        "picture truncated",
        pair("truncated") | {"JPEGImages/truncated.jpg": cut},
        rejects=(
            _lost("truncated", "image_truncated", f"The JPEG has no end marker: it is cut off after {len(cut)} bytes."),
        ),
    )
    yield Case(
        "picture empty",
        pair("empty") | {"JPEGImages/empty.jpg": b""},
        rejects=(_lost("empty", "image_empty", "The image file has 0 bytes."),),
    )
    yield Case(
        "text file named .jpg",
        pair("text") | {"JPEGImages/text.jpg": b"404 Not Found\n"},
        rejects=(
            _lost("text", "image_not_an_image", "The content (14 bytes) is text that begins with '404 Not Found'."),
        ),
    )
    yield Case(
        "PNG named .jpg",
        pair("png") | {"JPEGImages/png.jpg": encoded(picture("png"), "PNG")},
        (Made("png.jpg", format="png"),),
        repairs=("extension_differs",),
    )
    for mode, format, repairs in (
        ("L", "JPEG", ()),
        ("L", "PNG", ()),
        ("P", "PNG", ()),
        ("RGBA", "PNG", ()),
        ("CMYK", "JPEG", ("reencoded_color",)),
    ):
        title = {"L": "gray", "P": "palette"}.get(mode, mode)
        key = f"{title.lower()}.{format.lower()}"
        yield Case(
            f"{title} {format}",
            {
                f"JPEGImages/{key}": encoded(picture(key, mode), format),
                f"Annotations/of-{title.lower()}-{format.lower()}.xml": voc_xml(key).encode(),
            },
            (Made(key, format=format.lower(), own_bytes=not repairs),),
            repairs=repairs,
        )
    for format, target in (("BMP", "png"), ("GIF", "png"), ("TIFF", "png"), ("WEBP", "jpeg")):
        key = f"other.{format.lower()}"
        yield Case(
            format,
            {
                f"JPEGImages/{key}": encoded(picture(key), format),
                f"Annotations/of-{format.lower()}.xml": voc_xml(key).encode(),
            },
            (Made(key, format=target, own_bytes=False),),
            repairs=("reencoded_format",),
        )


def _sizes() -> Iterable[Case]:
    for title, size, repair in (
        ("0", (0, 0), "size_missing"),
        ("missing", None, "size_missing"),
        ("transposed", TURNED, "size_differs"),
        ("wrong", (400, 300), "size_differs"),
    ):
        yield Case(f"<size> {title}", pair(f"size-{title}", size=size), (Made(f"size-{title}.jpg"),), repairs=(repair,))
    for orientation in range(1, 9):
        size = UPRIGHT if orientation < 5 else TURNED
        key = f"exif-{orientation}"
        repairs = () if orientation == 1 else ("orientation_applied" if orientation > 4 else "orientation_assumed",)
        yield Case(
            f"EXIF {orientation}",
            pair(key, size=size) | {f"JPEGImages/{key}.jpg": jpeg(key, orientation)},
            (Made(f"{key}.jpg", size=size, own_bytes=orientation == 1),),
            repairs=repairs,
        )
        if orientation > 4:
            key += "-stored"
            yield Case(
                f"EXIF {orientation}, annotated as stored",
                pair(key) | {f"JPEGImages/{key}.jpg": jpeg(key, orientation)},
                (Made(f"{key}.jpg", own_bytes=False, upright=False),),
                repairs=("orientation_removed",),
            )


def _copies() -> Iterable[Case]:
    other: Box = ("cat", 5, 3, 21, 15)
    data = jpeg("two")
    for title, boxes in (("same", CAT), ("different", other)):
        key = f"two-{title}"
        yield _copied(
            f"two XMLs for one image, {title} boxes",
            jpeg(key),
            [(f"{key}.xml", f"{key}.jpg", CAT), (f"again-{key}.xml", f"{key}.jpg", boxes)],
        )
        yield _copied(
            f"the same picture twice, {title} boxes",
            data + title.encode(),  # after the end marker: another content, the same pixels
            [(f"{n}-{title}.xml", f"{n}-{title}.jpg", box) for n, box in (("first", CAT), ("second", boxes))],
        )


def _copied(name: str, data: bytes, copies: list[tuple[str, str, Box]]) -> Case:
    """A picture that comes twice: as (annotation, image, box)."""
    sha256 = hashlib.sha256(data).hexdigest()
    files = {f"JPEGImages/{image}": data for _, image, _ in copies}
    files |= {f"Annotations/{source}": voc_xml(image, [box]).encode() for source, image, box in copies}
    first, second = sorted(copies, key=lambda copy: (key_of(sha256, copy[1]), copy))
    if first[2] != second[2]:
        made = tuple(Made(image, (box,)) for _, image, box in sorted(copies, key=lambda copy: copy[1:]))
        return Case(name, files, made, repairs=("duplicate_kept",))
    twin = f"'{first[1]}'" + (f" annotated by '{first[0]}'" if first[1] == second[1] else "")
    reject = {"source": second[0], "image": second[1], "code": "duplicate_identical", "level": "duplicate"}
    return Case(name, files, (Made(first[1]),), (reject | {"message": f"the same picture and boxes as {twin}"},))


def _xml(
    name: str,
    key: str,
    xml: bytes,
    *,
    message: str | re.Pattern[str] = "",
    code: str = "",
    repairs: tuple[str, ...] = (),
) -> Case:
    """A picture whose annotation has something wrong with it: a class 'naïve café', or a reject."""
    files = {f"JPEGImages/{key}.jpg": jpeg(key), f"Annotations/{key}.xml": xml}
    if code:
        return Case(name, files, rejects=(_lost(key, code, message),))
    return Case(name, files, (Made(f"{key}.jpg", (("naïve café", 4, 3, 20, 15),)),), repairs=repairs)


def _annotations() -> Iterable[Case]:
    def text(key: str) -> str:
        return voc_xml(f"{key}.jpg", [("naïve café", 4, 3, 20, 15)])

    malformed = "annotation_malformed"
    yield _xml("XML empty", "xml-empty", b"", message="no text in 0 bytes", code="annotation_empty")
    yield _xml(
        "XML blank", "xml-blank", b"\xef\xbb\xbf \r\n\0\0", message="no text in 8 bytes", code="annotation_empty"
    )
    cut = text("xml-cut").encode()[:-20]
    yield _xml("XML cut", "xml-cut", cut, message=PARSER_SAYS, code=malformed)
    yield _xml(
        "XML of another kind",
        "xml-other",
        b"<kml/>",
        message="the root element is <kml>, not <annotation>",
        code="annotation_not_voc",
    )
    yield _xml("UTF-16", "utf-16", f'<?xml version="1.0" encoding="UTF-16"?>{text("utf-16")}'.encode("utf-16"))
    latin = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text("latin-1")}'.encode("latin-1")
    yield _xml("Latin-1", "latin-1", latin)
    yield _xml("Latin-1, not declared", "latin", text("latin").encode("latin-1"), repairs=("encoding_assumed",))
    yield _xml("BOM", "bom", b"\xef\xbb\xbf" + text("bom").encode())
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE annotation [<!ENTITY l0 "lol">{laughs}<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    for name, key, entities in (
        ("entity", "entity", "&l0;"),
        ("external entity", "external", "&file;"),
    ):
        xml = doctype + text(key).replace("naïve café", entities)
        reason = f"line 1, column 1: the entity {entities} is not expanded here: write its text"
        yield _xml(name, key, xml.encode(), message=reason, code=malformed)
    xml = doctype + text("laughs").replace("naïve café", "&l9;")
    yield _xml("billion laughs", "laughs", xml.encode(), message=PARSER_SAYS, code=malformed)
    xml = doctype + text("flood").replace("</annotation>", f"<note>{'&l0;' * 2_600_000}</note></annotation>")
    yield _xml("10 MB of entities", "flood", xml.encode(), message=PARSER_SAYS, code=malformed)


def _without_flags() -> Case:
    """Only real annotators' programs write difficult and truncated always, and 0 or 1."""
    unreadable = voc_object(("cat", 4, 3, 20, 15), "<difficult>maybe</difficult><truncated>1</truncated>")
    xml = voc_xml("flags.jpg", []).replace("</annotation>", f"{unreadable}</annotation>")
    files = {"JPEGImages/flags.jpg": jpeg("flags"), "Annotations/flags.xml": xml.encode()}
    return Case("flags that are neither 0 nor 1", files, (Made("flags.jpg"),), repairs=("flag_unreadable",))


CASES = (
    *_places(),
    *_boxes(),
    *_pictures(),
    *_sizes(),
    *_copies(),
    *_annotations(),
    _without_flags(),
)
