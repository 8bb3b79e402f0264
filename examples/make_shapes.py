"""Draws a small annotated picture set, as somebody with labelImg would leave it: a set to try Shardbox on.

Circles, squares and triangles lie on plain-coloured cloth; DIR/JPEGImages holds the pictures and
DIR/Annotations a Pascal VOC file for each. The same seed gives the same pictures.

    python examples/make_shapes.py --output shapes --images 60 --seed 7
"""

import argparse
import io
import math
import random
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from PIL import Image, ImageChops, ImageDraw, ImageFilter

CLASSES = ("circle", "square", "triangle")
SIZES = ((320, 240), (320, 240), (320, 214), (300, 240), (240, 320))
CLOTHS = ("#d9cfc1", "#c5cdd3", "#cfd6c4", "#d8c8c8", "#b9c4bd", "#cdc6d6", "#8f9aa3", "#a89f91")
COLOURS = ("#c8443c", "#e0873a", "#e3b93f", "#5d9a57", "#3f8f93", "#3f6aa8", "#7a5aa3", "#c05f8d")

SMOOTH = 3  # pictures are drawn this many times larger, and scaled down
MOST_COVERED = 0.3  # of a shape's box, by the box of one other

Colour = tuple[int, int, int]
PixelBox = tuple[int, int, int, int]
Points = list[tuple[float, float]]
Sizes = tuple[tuple[int, int], ...]


class Shape(NamedTuple):
    """A shape on a picture; its box is in whole pixels, 1-based at the left and top, as labelImg's."""

    name: str
    colour: Colour
    points: Points
    box: PixelBox


def main() -> None:
    """Reads the command line and makes the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the set")
    parser.add_argument("--images", type=int, default=60, help="how many pictures (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="another number, another set (default: %(default)s)")
    parser.add_argument("--size", metavar="WxH", help="pixels of every picture (default: several sizes near 320x240)")
    parser.add_argument("--faults", action="store_true", help="add mistakes for the data job to find")
    args = parser.parse_args()
    if args.images < 1:
        parser.error(f"--images={args.images}: a set needs at least one picture")
    sizes = SIZES
    if args.size:
        sides = args.size.split("x")
        if len(sides) != 2 or not all(side.isdigit() and 120 <= int(side) <= 4000 for side in sides):
            parser.error(f"--size={args.size}: WIDTHxHEIGHT is wanted, each from 120 to 4000, such as 200x200")
        sizes = ((int(sides[0]), int(sides[1])),)
    make_set(args.output, args.images, args.seed, sizes)
    if args.faults:
        add_faults(args.output)
    print(f"{args.images} pictures and their annotations are in {args.output}")


def make_set(output: Path, images: int, seed: int, sizes: Sizes = SIZES) -> None:
    """Writes `images` pictures with their annotations below `output`."""
    for folder in ("JPEGImages", "Annotations"):
        (output / folder).mkdir(parents=True, exist_ok=True)
    for index in range(images):
        name = f"shapes-{index + 1:04d}"
        # One generator a picture: a larger set begins with the pictures of a smaller one.
        rng = random.Random(f"{seed}/{index}")
        size = rng.choice(sizes)
        # The first pictures show something; after them, one in fifteen shows nothing but cloth.
        shapes = place_shapes(rng, size, 0 if index % 15 == 11 else rng.randint(1, 5))
        picture = draw_picture(rng, size, shapes)
        picture.save(output / "JPEGImages" / f"{name}.jpg", quality=92)
        boxes = [(shape.name, shape.box) for shape in shapes]
        xml = voc_xml(f"{name}.jpg", size, boxes, verified=index % 3 == 0)
        (output / "Annotations" / f"{name}.xml").write_text(xml, encoding="utf-8", newline="\n")


def place_shapes(rng: random.Random, size: tuple[int, int], count: int) -> list[Shape]:
    """Up to `count` shapes, the lowest first, none of which hides much of another."""
    shapes: list[Shape] = []
    for _ in range(count * 10):
        shape = random_shape(rng, size)
        if all(max(covered(shape.box, other.box), covered(other.box, shape.box)) < MOST_COVERED for other in shapes):
            shapes.append(shape)
        if len(shapes) == count:
            break
    return shapes


def random_shape(rng: random.Random, size: tuple[int, int]) -> Shape:
    """A shape that reaches over the edge of its picture by a few pixels at most."""
    name = rng.choice(CLASSES)
    radius = rng.choice((16, 22, 30, 40, 52)) * rng.uniform(0.9, 1.1)
    x, y = (rng.uniform(radius - 6, side - radius + 6) for side in size)
    corners = {"circle": 90, "square": 4, "triangle": 3}[name]
    first = {"circle": 0.0, "square": 45.0, "triangle": -90.0}[name] + rng.uniform(-18, 18)
    angles = [math.radians(first + 360 * corner / corners) for corner in range(corners)]
    points = [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]
    xs, ys = zip(*points, strict=True)
    box = (
        max(1, math.floor(min(xs))),
        max(1, math.floor(min(ys))),
        min(size[0], math.ceil(max(xs))),
        min(size[1], math.ceil(max(ys))),
    )
    return Shape(name, varied(rng, rng.choice(COLOURS), 12), points, box)


def covered(box: PixelBox, other: PixelBox) -> float:
    """The part of a box that another box covers."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    return max(0, width) * max(0, height) / ((box[2] - box[0]) * (box[3] - box[1]))


def varied(rng: random.Random, colour: str, by: int) -> Colour:
    """A colour `#rrggbb`, each channel of it up to `by` brighter or darker."""
    channels = bytes.fromhex(colour[1:])
    red, green, blue = (min(255, max(0, channel + rng.randint(-by, by))) for channel in channels)
    return red, green, blue


def draw_picture(rng: random.Random, size: tuple[int, int], shapes: list[Shape]) -> Image.Image:
    """The shapes with soft shadows on cloth, in light that falls from one side."""
    picture = cloth(rng, size)
    large = (size[0] * SMOOTH, size[1] * SMOOTH)
    for shape in shapes:
        mask = Image.new("L", large)
        ImageDraw.Draw(mask).polygon([(x * SMOOTH, y * SMOOTH) for x, y in shape.points], fill=255)
        mask = mask.resize(size, Image.Resampling.BOX)
        shadow = Image.new("L", size)
        shadow.paste(mask, (2, 3))
        shadow = shadow.filter(ImageFilter.GaussianBlur(3)).point(lambda value: value // 3)
        picture.paste((25, 25, 35), mask=shadow)
        picture.paste(lit(shape.colour, size, shape.box), mask=mask)
    # A camera's noise, the same in all three channels.
    grain = Image.frombytes("L", size, rng.randbytes(size[0] * size[1])).point(lambda value: 122 + value // 21)
    return ImageChops.overlay(picture, Image.merge("RGB", [grain] * 3))


def cloth(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """A background of one colour: unevenly lit, blotched, and woven."""
    picture = Image.new("RGB", size, varied(rng, rng.choice(CLOTHS), 5))
    for cell, strength in ((160, 5), (40, 12), (9, 18)):
        few = (size[0] // cell + 1, size[1] // cell + 1)
        spots = Image.frombytes("L", few, rng.randbytes(few[0] * few[1]))
        spots = spots.resize(size, Image.Resampling.BICUBIC).point(lambda value, s=strength: 128 + (value - 128) // s)
        picture = ImageChops.overlay(picture, Image.merge("RGB", [spots] * 3))
    threads = Image.new("L", (4, 4), 128)
    threads.putdata([133, 128, 123, 128, 128, 123, 128, 133, 123, 128, 133, 128, 128, 133, 128, 123])
    weave = Image.new("L", size)
    for x in range(0, size[0], 4):
        for y in range(0, size[1], 4):
            weave.paste(threads, (x, y))
    return ImageChops.overlay(picture, Image.merge("RGB", [weave] * 3))


def lit(colour: Colour, size: tuple[int, int], box: PixelBox) -> Image.Image:
    """A picture of one colour that is lighter at the upper left of `box` than at its lower right."""
    across = (box[2] - box[0] + 14, box[3] - box[1] + 14)
    light = Image.frombytes("L", (2, 2), bytes((168, 130, 130, 92))).resize(across, Image.Resampling.BICUBIC)
    whole = Image.new("L", size, 128)
    whole.paste(light, (box[0] - 7, box[1] - 7))
    return ImageChops.overlay(Image.new("RGB", size, colour), Image.merge("RGB", [whole] * 3))


def voc_xml(filename: str, size: tuple[int, int], objects: list[tuple[str, PixelBox]], *, verified: bool) -> str:
    """An annotation, letter by letter as labelImg 1.8.6 saves it (`libs/pascal_voc_io.py`)."""
    width, height = size
    lines = [
        '<annotation verified="yes">' if verified else "<annotation>",
        "\t<folder>JPEGImages</folder>",
        f"\t<filename>{escape(filename)}</filename>",
        f"\t<path>C:\\Users\\ana\\Desktop\\shapes\\JPEGImages\\{escape(filename)}</path>",
        "\t<source>\n\t\t<database>Unknown</database>\n\t</source>",
        f"\t<size>\n\t\t<width>{width}</width>\n\t\t<height>{height}</height>\n\t\t<depth>3</depth>\n\t</size>",
        "\t<segmented>0</segmented>",
    ]
    for name, (xmin, ymin, xmax, ymax) in objects:
        truncated = int(xmin == 1 or ymin == 1 or xmax == width or ymax == height)
        lines += [
            "\t<object>",
            f"\t\t<name>{escape(name)}</name>\n\t\t<pose>Unspecified</pose>",
            f"\t\t<truncated>{truncated}</truncated>\n\t\t<difficult>0</difficult>",
            f"\t\t<bndbox>\n\t\t\t<xmin>{xmin}</xmin>\n\t\t\t<ymin>{ymin}</ymin>",
            f"\t\t\t<xmax>{xmax}</xmax>\n\t\t\t<ymax>{ymax}</ymax>\n\t\t</bndbox>",
            "\t</object>",
        ]
    return "\n".join([*lines, "</annotation>\n"])


def add_faults(output: Path) -> None:
    """Adds three mistakes: a box to mend, a picture in two versions to settle, an annotation to reject."""
    copied = (output / "JPEGImages" / "shapes-0001.jpg").read_bytes()
    with Image.open(io.BytesIO(copied)) as picture:
        size = picture.size
    over_the_edge = Shape("square", (200, 68, 60), [(260, 90), (330, 90), (330, 150), (260, 150)], (260, 90, 321, 150))
    encoded = io.BytesIO()
    draw_picture(random.Random("faults"), SIZES[0], [over_the_edge]).save(encoded, "JPEG", quality=92)
    elsewhere = [("circle", (10, 10, 60, 60))]
    for name, data, of_size, objects in (
        ("fault-over-the-edge", encoded.getvalue(), SIZES[0], [(over_the_edge.name, over_the_edge.box)]),
        ("fault-copied-picture", copied, size, elsewhere),
        ("fault-lost-picture", None, size, elsewhere),
    ):
        if data:
            (output / "JPEGImages" / f"{name}.jpg").write_bytes(data)
        xml = voc_xml(f"{name}.jpg", of_size, objects, verified=False)
        (output / "Annotations" / f"{name}.xml").write_text(xml, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
