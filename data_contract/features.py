"""The features of one example: the table that the encoder, the manifest and the trainer share."""

from dataclasses import dataclass, field
from typing import Literal

Dtype = Literal["bytes", "int64", "float"]
"""The list of `shardbox.Feature` that holds the values: bytes_list, int64_list or float_list (float32)."""

Shape = Literal["scalar", "list"]
"""'scalar': exactly one value. 'list': any number; under image/object/ one for each object, none for a negative."""

IMAGE_ENCODED = "image/encoded"
IMAGE_FORMAT = "image/format"
IMAGE_HEIGHT = "image/height"
IMAGE_WIDTH = "image/width"
IMAGE_FILENAME = "image/filename"
IMAGE_SOURCE_ID = "image/source_id"
IMAGE_SHA256 = "image/key/sha256"
BOX_XMIN = "image/object/bbox/xmin"
BOX_XMAX = "image/object/bbox/xmax"
BOX_YMIN = "image/object/bbox/ymin"
BOX_YMAX = "image/object/bbox/ymax"
CLASS_TEXT = "image/object/class/text"
CLASS_LABEL = "image/object/class/label"
OBJECT_DIFFICULT = "image/object/difficult"
OBJECT_TRUNCATED = "image/object/truncated"
OBJECT_VIEW = "image/object/view"
OBJECT_IS_CROWD = "image/object/is_crowd"
OBJECT_AREA = "image/object/area"
OBJECT_MASK = "image/object/mask"
IMAGE_CLASS_TEXT = "image/class/text"
IMAGE_CLASS_LABEL = "image/class/label"
CLASS_MAP_ENCODED = "image/segmentation/class/encoded"
CLASS_MAP_FORMAT = "image/segmentation/class/format"


@dataclass(frozen=True)
class Feature:
    """What stands under one key of an example."""

    key: str
    dtype: Dtype
    shape: Shape
    meaning: str = field(default="", compare=False)
    """One line for a person; a manifest does not carry it."""


FEATURES = (
    Feature(IMAGE_ENCODED, "bytes", "scalar", "The picture: a whole JPEG or PNG file."),
    Feature(IMAGE_FORMAT, "bytes", "scalar", "What image/encoded is: 'jpeg' or 'png'."),
    Feature(IMAGE_HEIGHT, "int64", "scalar", "Pixels, of the decoded picture."),
    Feature(IMAGE_WIDTH, "int64", "scalar", "Pixels, of the decoded picture."),
    Feature(IMAGE_FILENAME, "bytes", "scalar", "Path of the image file below the images' root, with '/'."),
    Feature(IMAGE_SOURCE_ID, "bytes", "scalar", "Unique in the dataset: a decimal number below 2**63, as text."),
    Feature(IMAGE_SHA256, "bytes", "scalar", "SHA-256 of image/encoded: 64 hexadecimal digits."),
    Feature(BOX_XMIN, "float", "list", "Left edge, divided by the width."),
    Feature(BOX_XMAX, "float", "list", "Right edge, divided by the width."),
    Feature(BOX_YMIN, "float", "list", "Upper edge, divided by the height."),
    Feature(BOX_YMAX, "float", "list", "Lower edge, divided by the height."),
    Feature(CLASS_TEXT, "bytes", "list", "Class name, as in the label map, UTF-8."),
    Feature(CLASS_LABEL, "int64", "list", "Class id, as in the label map, from 1."),
    Feature(OBJECT_DIFFICULT, "int64", "list", "1 if the annotator marked the object as difficult, else 0."),
    Feature(OBJECT_TRUNCATED, "int64", "list", "1 if the object goes on beyond its box, else 0."),
    Feature(OBJECT_VIEW, "bytes", "list", "Pose, as annotated, such as 'Frontal'; 'Unspecified' if unknown."),
    Feature(OBJECT_IS_CROWD, "int64", "list", "1 if the box holds a crowd instead of one object, else 0."),
    Feature(OBJECT_AREA, "float", "list", "Area in square pixels, as annotated; else that of the box."),
)
"""Every feature that all examples of this format have, in the order of the documentation."""

EXTRA_FEATURES = {
    "labels": (
        Feature(IMAGE_CLASS_TEXT, "bytes", "list", "Names of the classes of the whole image."),
        Feature(IMAGE_CLASS_LABEL, "int64", "list", "Ids of the same classes, as in the label map."),
    ),
    "masks": (Feature(OBJECT_MASK, "bytes", "list", "A PNG of the image's size: 1 where the object is, else 0."),),
    "class_maps": (
        Feature(CLASS_MAP_ENCODED, "bytes", "scalar", "A PNG of the image's size: each pixel's class; 255: none."),
        Feature(CLASS_MAP_FORMAT, "bytes", "scalar", "'png'."),
    ),
}
"""What all examples of a dataset have beside these, if it was built with it; its manifest lists them."""
