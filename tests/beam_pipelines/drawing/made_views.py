"""Examples to draw, made with Pillow."""

from collections.abc import Iterable

from PIL import Image

from beam_pipelines.record_files.views import ExampleView, ObjectView

from ..pictures.made_pictures import encoded


def plain(colour: object, size: tuple[int, int] = (400, 300)) -> bytes:
    """A picture of one colour."""
    return encoded(Image.new("RGB", size, colour), "PNG", compress_level=1)


def view(picture: bytes, objects: Iterable[ObjectView] = (), class_map: bytes = b"") -> ExampleView:
    return ExampleView(picture, "", 0, 0, "", "", "", tuple(objects), (), class_map)


def shape(size: tuple[int, int], box: tuple[int, int, int, int], value: int = 1) -> bytes:
    """A mask or a class map with a value in a rectangle, and 0 elsewhere."""
    values = Image.new("L", size)
    values.paste(value, box)
    return encoded(values, "PNG")
