"""Makes a Pascal VOC set of any size to measure with: real JPEGs of a wanted average size, one XML file each.

Some two hundred pictures are encoded; every image is one of them with its number in a comment, so that
all differ in content and all decode. The same arguments give the same bytes with the same Pillow and numpy.

    python benchmarks/generate.py --output set --images 20000 --kilobytes 44 --seed 1
"""

import argparse
import io
import random
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

CLASSES = ("cat", "dog", "person", "car", "bus", "bicycle", "chair", "bottle", "tree", "sign")
ORIGINALS = 200
SPREAD = 1 / 3  # of the sizes around their mean: 29 to 59 kB around 44
COMMENT_BYTES = 20  # marker, length and sixteen digits
BOX = """
\t<object>
\t\t<name>{}</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>{}</truncated>
\t\t<difficult>{}</difficult>
\t\t<bndbox>
\t\t\t<xmin>{}</xmin>
\t\t\t<ymin>{}</ymin>
\t\t\t<xmax>{}</xmax>
\t\t\t<ymax>{}</ymax>
\t\t</bndbox>
\t</object>"""
ANNOTATION = """<annotation>
\t<folder>JPEGImages</folder>
\t<filename>{}</filename>
\t<source>
\t\t<database>Synthetic</database>
\t</source>
\t<size>
\t\t<width>{}</width>
\t\t<height>{}</height>
\t\t<depth>3</depth>
\t</size>
\t<segmented>0</segmented>{}
</annotation>
"""


class Original(NamedTuple):
    """An encoded picture, and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def main() -> None:
    """Reads the command line and makes the set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the set")
    parser.add_argument("--images", type=int, default=20_000, help="how many (default: %(default)s)")
    parser.add_argument("--kilobytes", type=float, default=44, help="mean size (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another number, another set (default: %(default)s)")
    args = parser.parse_args()
    if args.images < 1 or args.kilobytes < 4:
        parser.error("a set needs at least one image, of at least 4 kilobytes")
    started = time.perf_counter()
    written = make_set(args.output, args.images, args.kilobytes * 1000, args.seed)
    print(
        f"{args.images} images, {written / 1e6:.0f} MB, {written / args.images / 1000:.1f} kB each,"
        f" in {time.perf_counter() - started:.0f} s: {args.output}"
    )


def make_set(output: Path, images: int, mean_bytes: float, seed: int) -> int:
    """Writes the set; returns the bytes of its images."""
    pictures, annotations = output / "JPEGImages", output / "Annotations"
    pictures.mkdir(parents=True, exist_ok=True)
    annotations.mkdir(parents=True, exist_ok=True)
    # Sizes evenly spread and all used equally often: the mean is what was asked for.
    count = min(ORIGINALS, images)
    originals = [
        encode_original(mean_bytes * (1 - SPREAD + 2 * SPREAD * (index + 0.5) / count), f"{seed}/{index}")
        for index in range(count)
    ]
    rng = random.Random(seed)
    rng.shuffle(originals)
    written = 0
    for index in range(images):
        original = originals[index % count]
        name = f"{index:06d}"
        jpeg = with_comment(original.jpeg, index)
        written += len(jpeg)
        (pictures / f"{name}.jpg").write_bytes(jpeg)
        (annotations / f"{name}.xml").write_bytes(voc_xml(f"{name}.jpg", original, rng).encode())
    return written


def encode_original(size: float, seed: str) -> Original:
    """A noisy picture of about the size of VOC's, saved in the quality that takes about `size` bytes."""
    rng = random.Random(seed)
    # At 44 kB as many pixels as VOC has; the area follows the size, so that the quality stays plausible.
    long_side = round(rng.uniform(375, 500) * (size / 44_000) ** 0.5)
    width, height = long_side, round(long_side * rng.choice((0.5625, 0.667, 0.75, 1.0)))
    noise = np.random.default_rng(rng.getrandbits(64))
    blotches = noise.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), dtype=np.uint8)
    smooth = Image.fromarray(blotches).resize((width, height), Image.Resampling.BICUBIC)
    grain = noise.normal(0, 12, (height, width, 3))
    picture = Image.fromarray(np.clip(np.asarray(smooth) + grain, 0, 255).astype(np.uint8))
    best, low, high = b"", 5, 97
    while low <= high:
        quality = (low + high) // 2
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        jpeg = buffer.getvalue()
        if abs(len(jpeg) + COMMENT_BYTES - size) < abs(len(best) + COMMENT_BYTES - size):
            best = jpeg
        low, high = (quality + 1, high) if len(jpeg) < size else (low, quality - 1)
    return Original(best, width, height)


def with_comment(jpeg: bytes, number: int) -> bytes:
    """The same picture, other content: a number in a comment (JPEG's COM segment) after the start marker."""
    return jpeg[:2] + b"\xff\xfe" + (2 + 16).to_bytes(2, "big") + b"%016d" % number + jpeg[2:]


def voc_xml(filename: str, picture: Original, rng: random.Random) -> str:
    """An annotation of one to eight boxes, each at least 5 pixels wide and high."""
    boxes = []
    for _ in range(rng.randint(1, 8)):
        xmin, ymin = rng.randrange(1, picture.width - 20), rng.randrange(1, picture.height - 20)
        xmax, ymax = rng.randrange(xmin + 5, picture.width), rng.randrange(ymin + 5, picture.height)
        flags = rng.randint(0, 1), rng.randint(0, 1)
        boxes.append(BOX.format(rng.choice(CLASSES), *flags, xmin, ymin, xmax, ymax))
    return ANNOTATION.format(filename, picture.width, picture.height, "".join(boxes))


if __name__ == "__main__":
    main()
