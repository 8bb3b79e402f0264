"""Small annotated sets for the tests of this folder, of made pictures and of the real ones in tests/data/voc."""

import shutil
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zlib import crc32

from PIL import Image, ImageOps

REAL = Path(__file__).parents[1] / "data" / "voc"
SIZE = (40, 30)
"""Of a made picture; width and height in pixels."""

Box = tuple[str, object, object, object, object]
"""(class, xmin, ymin, xmax, ymax), as they stand in the file."""

CAT: Box = ("cat", 4, 3, 20, 15)

OPTIONS = (
    "--splits=train=0.7,validation=0.15,test=0.15",
    r"--group_by=scene(\d)",
    "--num_shards=train=5,validation=2,test=2",
    "--unannotated=negative",
    "--max_rejects=0.2",
    "--seed=7",
)
"""For the mixed set: groups, given numbers of shards, negatives, and as many rejects as it has."""


def picture(name: str, mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A gradient with tiles whose colours spell its name: no two names give the same picture."""
    down = Image.linear_gradient("L").resize(size)
    across = Image.linear_gradient("L").rotate(90).resize(size)
    image = Image.merge("RGB", [down, across, ImageOps.invert(down)])
    for i, digit in enumerate(f"{crc32(name.encode()):016o}"):  # a tile of 8 × 8 pixels outlives JPEG
        image.paste((0, 0, 32 * int(digit)), (i % 4 * 8, i // 4 * 8, i % 4 * 8 + 8, i // 4 * 8 + 8))
    if mode == "RGBA":
        image.putalpha(across)
    return image.convert(mode)


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def jpeg(name: str, orientation: int = 0) -> bytes:
    """A picture's file, with an EXIF orientation if one is given."""
    if not orientation:
        return encoded(picture(name), quality=92)
    tags = Image.Exif()
    tags[0x0112] = orientation
    return encoded(picture(name), quality=92, exif=tags)


def voc_object(box: Box, more: str = "") -> str:
    name, *sides = box
    tags = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{tag}>{escape(str(side))}</{tag}>" for tag, side in zip(tags, sides, strict=True))
    return f"<object><name>{escape(name)}</name>{more}<bndbox>{inner}</bndbox></object>"


def voc_xml(
    filename: str, boxes: Iterable[Box] = (CAT,), size: tuple[object, object] | None = SIZE, path: str = ""
) -> str:
    """An annotation; `size` None leaves <size> out."""
    parts = [f"<annotation><filename>{escape(filename)}</filename>"]
    if path:
        parts.append(f"<path>{escape(path)}</path>")
    if size is not None:
        parts.append(f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>")
    return "".join([*parts, *map(voc_object, boxes), "</annotation>"])


def pair(name: str, **xml: object) -> dict[str, bytes]:
    """The two files of a picture that has nothing wrong with it, but what `xml` says."""
    return {
        f"JPEGImages/{name}.jpg": jpeg(name),
        f"Annotations/{name}.xml": voc_xml(f"{name}.jpg", **xml).encode(),  # type: ignore[arg-type]
    }


def good_set(number: int, classes: tuple[str, ...] = ("cat", "dog")) -> dict[str, bytes]:
    """So many pictures of the classes in turn."""
    files: dict[str, bytes] = {}
    for i in range(number):
        files |= pair(f"good-{i:03d}", boxes=[(classes[i % len(classes)], 4, 3, 20, 15)])
    return files


def write_set(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below a folder. Returns the folder."""
    for name in ("Annotations", "JPEGImages"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def flags(folder: Path, output: Path) -> list[str]:
    """The flags that name input and output of a set that `write_set` wrote."""
    return [
        f"--annotations={folder / 'Annotations'}",
        f"--images={folder / 'JPEGImages'}",
        f"--output={output}",
    ]


def mixed_set(folder: Path) -> Path:
    """A set with copies, groups, rejects, conversions and enough pictures for several shards."""
    files = good_set(24)
    files |= pair("cmyk") | {"JPEGImages/cmyk.jpg": encoded(picture("cmyk", "CMYK"))}
    files |= pair("bmp") | {"JPEGImages/bmp.jpg": encoded(picture("bmp"), "BMP")}
    files |= pair("turned", size=(30, 40)) | {"JPEGImages/turned.jpg": jpeg("turned", 6)}
    files |= pair("cut") | {"JPEGImages/cut.jpg": jpeg("cut")[:-40]}
    files |= pair("outside", boxes=[CAT, ("dog", 50, 3, 60, 15)])
    files |= pair("naïve café", boxes=[("naïve café", 0, 0, 41, 30)])
    files |= {"Annotations/alone.xml": voc_xml("alone.jpg").encode(), "JPEGImages/bare.jpg": jpeg("bare")}
    for scene in range(6):
        for frame in range(3):
            files |= pair(f"scene{scene}/frame{frame}", boxes=[("bird", 1 + frame, 2, 9, 9)])
    # The same picture in two scenes, in copies with the same and with other boxes.
    files |= {f"JPEGImages/scene{scene}/shared.jpg": jpeg("shared") for scene in (0, 1, 2)}
    for scene, sides in enumerate([(1, 2, 9, 9), (1, 2, 9, 9), (3, 2, 9, 9)]):
        files[f"Annotations/scene{scene}/shared.xml"] = voc_xml("shared.jpg", [("bird", *sides)]).encode()
    write_set(folder, files)
    for name in ("raccoon-65", "raccoon-98"):
        shutil.copy(REAL / f"raccoon/images/{name}.jpg", folder / "JPEGImages")
        shutil.copy(REAL / f"raccoon/annotations/{name}.xml", folder / "Annotations")
    return folder
