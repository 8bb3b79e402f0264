"""The classic way, to measure against: XML to a table to one TFRecord file, in one process.

Follows the two scripts that most tutorials since 2017 share (datitran/raccoon_dataset, `xml_to_csv.py` and
`generate_tfrecord.py`), written afresh: ElementTree, a pandas frame of one row a box, its groups by file
name, TensorFlow's file reads, PIL for the size, `tf.train.Example`. Three things differ, so that it runs on
any set and its work is comparable: fields are found by name, not by position; class ids come from the sorted
names in the table; pictures without boxes are left out, as there, because they have no row.

    python benchmarks/classic_script.py ANNOTATIONS IMAGES OUTPUT.tfrecord
"""

import argparse
import io
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from PIL import Image

COLUMNS = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax")


def main() -> None:
    """Reads the command line, converts, and says how fast."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", type=Path, metavar="ANNOTATIONS", help="folder of VOC XML files")
    parser.add_argument("images", type=Path, metavar="IMAGES", help="folder of the JPEGs")
    parser.add_argument("output", type=Path, metavar="OUTPUT", help="TFRecord file to write")
    parser.add_argument("--csv", type=Path, help="write the table here and read it back, as the two scripts do")
    args = parser.parse_args()
    try:
        import pandas as pd  # noqa: PLC0415
        import tensorflow as tf  # noqa: PLC0415
    except ImportError as error:
        sys.exit(f"The classic script needs {error.name}: install pandas and tensorflow beside Shardbox.")
    started = time.perf_counter()
    table = pd.DataFrame(xml_to_rows(args.annotations), columns=list(COLUMNS))
    if args.csv:
        table.to_csv(args.csv, index=False)
        table = pd.read_csv(args.csv, dtype={"class": str})
    label_map = {name: number for number, name in enumerate(sorted(table["class"].unique()), start=1)}
    examples = 0
    with tf.io.TFRecordWriter(str(args.output)) as writer:
        for filename, rows in table.groupby("filename"):
            writer.write(example(tf, args.images / filename, rows, label_map).SerializeToString())
            examples += 1
    seconds = time.perf_counter() - started
    print(f"{examples} examples in {seconds:.1f} s without imports, {examples / seconds:.0f} a second")


def xml_to_rows(annotations: Path) -> list[tuple[str | int, ...]]:
    """One row a box, in pixels, as in `COLUMNS`."""
    rows: list[tuple[str | int, ...]] = []
    for file in sorted(annotations.glob("*.xml")):
        root = ET.parse(file).getroot()
        size = number(root, "size/width"), number(root, "size/height")
        for member in root.findall("object"):
            box = [number(member, f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")]
            rows.append((root.findtext("filename", ""), *size, member.findtext("name", ""), *box))
    return rows


def number(element: ET.Element, path: str) -> int:
    """The whole number that stands at a path."""
    return int(element.findtext(path, ""))


def example(tf: Any, image: Path, rows: Any, label_map: dict[str, int]) -> Any:
    """The `tf.train.Example` of one image and the rows of its boxes."""
    with tf.io.gfile.GFile(str(image), "rb") as file:
        encoded = file.read()
    width, height = Image.open(io.BytesIO(encoded)).size
    boxes: dict[str, list[float]] = {"xmin": [], "xmax": [], "ymin": [], "ymax": []}
    names: list[str] = []
    for _, row in rows.iterrows():
        for side, values in boxes.items():
            values.append(row[side] / (width if side.startswith("x") else height))
        names.append(row["class"])
    filename = image.name.encode()
    features = {
        "image/height": integers(tf, [height]),
        "image/width": integers(tf, [width]),
        "image/filename": texts(tf, [filename]),
        "image/source_id": texts(tf, [filename]),
        "image/encoded": texts(tf, [encoded]),
        "image/format": texts(tf, [b"jpg"]),
        **{f"image/object/bbox/{side}": floats(tf, values) for side, values in boxes.items()},
        "image/object/class/text": texts(tf, [name.encode() for name in names]),
        "image/object/class/label": integers(tf, [label_map[name] for name in names]),
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def integers(tf: Any, values: list[int]) -> Any:
    """A feature of whole numbers."""
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def floats(tf: Any, values: list[float]) -> Any:
    """A feature of float32 numbers."""
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def texts(tf: Any, values: list[bytes]) -> Any:
    """A feature of byte strings."""
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


if __name__ == "__main__":
    main()
