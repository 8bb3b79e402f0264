"""What an exported detector says of itself, in a file that people and programs read."""

from typing import Literal

from pydantic import ValidationError

from data_contract.label_map import LabelMap
from trainer.settings import DecodingSettings, Section


class DescriptionError(ValueError):
    """The text describes no detector that this version knows; the message says why."""


class Description(Section):
    """An exported detector, but for its network."""

    format_version: Literal[1] = 1
    classes: dict[str, int]
    """Name → id of the label map, in the order of the ids; the network's class k is the k-th of them, from 0."""
    image_size: int
    """Side of the square that the network sees, in pixels."""
    resize: Literal["letterbox", "stretch"]
    """How a picture comes onto that square."""
    decoding: DecodingSettings
    """How the network's output became boxes."""

    @property
    def label_map(self) -> LabelMap:
        """The classes as TensorFlow's tools read them."""
        return LabelMap.from_ids(self.classes)

    def to_json(self) -> str:
        """Returns the text of `files.DESCRIPTION_NAME`."""
        return self.model_dump_json(indent=2) + "\n"


def read_description(text: str | bytes) -> Description:
    """Reads what `to_json` wrote.

    Raises:
        DescriptionError: it did not write this.
    """
    try:
        return Description.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DescriptionError(f"{place}: {first['msg']}" if place else first["msg"]) from None
