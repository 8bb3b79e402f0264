"""Turns a picture into the bytes of its `tf.train.Example`, at the moment it is written."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apache_beam.coders import Coder

from beam_pipelines.failures import DatasetError
from beam_pipelines.file_names import is_remote
from beam_pipelines.listing import FileSet
from beam_pipelines.masks.locating import MaskFolders
from beam_pipelines.masks.writing import read_masks
from beam_pipelines.pictures.conversion import convert
from beam_pipelines.reading import read_file
from beam_pipelines.records import Box, Picture
from data_contract import features as keys
from data_contract.example_pb2 import Features

_DTYPES = {feature.key: feature.dtype for extra in keys.EXTRA_FEATURES.values() for feature in extra}


class ExampleCoder(Coder):
    """Late encode: the element is a picture's metadata, and its bytes are read when its record is written.

    Args:
        images: where image files are.
        extras: what examples have beside the features of all, keys of `EXTRA_FEATURES`.
        masks: where masks are; None if none are wanted.
    """

    def __init__(self, images: FileSet, extras: tuple[str, ...] = (), masks: MaskFolders | None = None):
        self._images = images
        self.extras = extras
        self._masks = masks

    def encode(self, value: tuple[Picture, dict[str, int]]) -> bytes:
        """Returns the serialized example of (picture, ids of the classes).

        Raises:
            DatasetError: if the image is not the one that was probed.
        """
        picture, labels = value
        data = read_image(self._images.path(picture.image), picture)
        return encode_example(picture, labels, data, self._more(picture, labels) if self.extras else ())

    def _more(self, picture: Picture, labels: dict[str, int]) -> list[tuple[str, Sequence[int] | Sequence[bytes]]]:
        """Returns (key, values) of the features that only some datasets have."""
        more: list[tuple[str, Sequence[int] | Sequence[bytes]]] = []
        if "labels" in self.extras:
            more.append((keys.IMAGE_CLASS_TEXT, [name.encode() for name in picture.labels]))
            more.append((keys.IMAGE_CLASS_LABEL, [labels[name] for name in picture.labels]))
        if self._masks is not None:
            masks, class_map = read_masks(self._masks, picture.image, picture.boxes, picture.masks)
            if "masks" in self.extras:
                more.append((keys.OBJECT_MASK, masks))
            if class_map is not None:
                more += [(keys.CLASS_MAP_ENCODED, [class_map]), (keys.CLASS_MAP_FORMAT, [b"png"])]
        return more

    def files(self, picture: Picture) -> Iterator[str]:
        """Yields the paths that `encode` will read, as far as they are known."""
        yield self._images.path(picture.image)
        if self._masks is not None:
            yield from self._masks.likely(picture.image, (box[-1] for box in picture.boxes))

    @property
    def reads_ahead(self) -> bool:
        """Whether some of them lie in a store, where to read is to wait."""
        return is_remote(self._images.base) or (self._masks is not None and self._masks.are_remote)

    def is_deterministic(self) -> bool:
        """The same picture gives the same bytes."""
        return True


def read_image(path: str, picture: Picture) -> bytes:
    """Returns the bytes of a picture's file, which must still be those that the probe saw.

    Raises:
        DatasetError: naming the file, if it has changed or vanished since.
    """
    try:
        data = read_file(path)
    except FileNotFoundError:
        raise DatasetError(f"'{path}' was there when the job began and is gone now: run the job again") from None
    if hashlib.sha256(data).hexdigest() != picture.sha256:
        raise DatasetError(f"'{path}' was changed while the job ran: run it again when nobody writes there")
    return data


def encode_example(
    picture: Picture,
    labels: dict[str, int],
    data: bytes,
    more: Iterable[tuple[str, Sequence[int] | Sequence[bytes]]] = (),
) -> bytes:
    """Returns the serialized `tf.train.Example` of a picture.

    Args:
        picture: what is known of it.
        labels: class name → id.
        data: the content of its file.
        more: (key, values) of further features.
    """
    sha256 = picture.sha256
    if picture.conversion:
        data = convert(data, picture.conversion)
        sha256 = hashlib.sha256(data).hexdigest()
    names, xmins, ymins, xmaxs, ymaxs, difficult, truncated, views, is_crowd, areas, _ = _columns(picture.boxes)
    width, height = picture.width, picture.height
    features = Features()
    feature = features.feature
    for key, integers in (
        (keys.IMAGE_HEIGHT, (height,)),
        (keys.IMAGE_WIDTH, (width,)),
        (keys.CLASS_LABEL, [labels[name] for name in names]),
        (keys.OBJECT_DIFFICULT, difficult),
        (keys.OBJECT_TRUNCATED, truncated),
        (keys.OBJECT_IS_CROWD, is_crowd),
    ):
        feature[key].int64_list.value.extend(integers)
    for key, texts in (
        (keys.IMAGE_FORMAT, (picture.format,)),
        (keys.IMAGE_FILENAME, (picture.image,)),
        (keys.IMAGE_SOURCE_ID, (str(picture.key),)),
        (keys.IMAGE_SHA256, (sha256,)),
        (keys.CLASS_TEXT, names),
        (keys.OBJECT_VIEW, views),
    ):
        feature[key].bytes_list.value.extend([text.encode() for text in texts])
    measured = [
        area or (b[3] - b[1]) * width * ((b[4] - b[2]) * height) for area, b in zip(areas, picture.boxes, strict=True)
    ]
    for key, floats in (
        (keys.BOX_XMIN, xmins),
        (keys.BOX_YMIN, ymins),
        (keys.BOX_XMAX, xmaxs),
        (keys.BOX_YMAX, ymaxs),
        (keys.OBJECT_AREA, measured),
    ):
        feature[key].float_list.value.extend(floats)
    for key, values in more:  # of the type of the table, also where there is no value
        getattr(feature[key], f"{_DTYPES[key]}_list").value.extend(values)
    return _with_image(features.SerializeToString(deterministic=True), data)


def _columns(boxes: tuple[Box, ...]) -> tuple[tuple[Any, ...], ...]:
    """Returns the fields of the boxes, one tuple for each field."""
    return tuple(zip(*boxes, strict=True)) if boxes else ((),) * 11


def _with_image(features: bytes, image: bytes) -> bytes:
    """Returns Example{features + the entry of the image}, the one large copy being that into the result.

    An entry of a protobuf map is a message {1: key, 2: value} in a repeated field, so it can be appended.
    """
    name = keys.IMAGE_ENCODED.encode()
    in_list = b"\x0a" + _varint(len(image))  # BytesList.value
    in_feature = b"\x0a" + _varint(len(in_list) + len(image))  # Feature.bytes_list
    size = len(in_feature) + len(in_list) + len(image)
    entry = b"\x0a" + _varint(len(name)) + name + b"\x12" + _varint(size) + in_feature + in_list
    head = b"\x0a" + _varint(len(entry) + len(image)) + entry  # Features.feature
    return b"".join((b"\x0a", _varint(len(features) + len(head) + len(image)), features, head, image))


def _varint(number: int) -> bytes:
    """Returns a protobuf varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
