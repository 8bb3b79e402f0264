"""An example as a picture: what is on it, where, and of which class."""

from collections.abc import Mapping

from PIL import Image

from beam_pipelines.drawing.canvas import read_canvas
from beam_pipelines.drawing.masks import paint_class_map, paint_mask
from beam_pipelines.record_files.views import ExampleView, ObjectView
from presentation.drawing.boxes import LabelledBox, draw_boxes
from presentation.drawing.colours import colour_of

_FLAGS = ("crowd", "difficult", "truncated")


def ids_of(view: ExampleView, class_ids: Mapping[str, int]) -> dict[str, int]:
    """Returns class name → id: of the record itself where no label map names a class.

    Args:
        view: the record.
        class_ids: class name → id, of the label map.
    """
    return {one.name: one.label for one in view.objects if one.name and one.label} | dict(class_ids)


def draw_example(
    view: ExampleView, ids: Mapping[str, int], long_side: int | None = None, only: str | None = None
) -> Image.Image:
    """Draws the masks, the boxes and the classes of an example on its picture.

    Args:
        view: the example; what cannot be drawn of its objects is left out.
        ids: class name → id, of the label map.
        long_side: pixels of the drawing's longer side; None for the picture's own, a multiple if it is tiny.
        only: a class to emphasise; others are drawn thin, without mask and label.

    Returns:
        In the mode RGB.

    Raises:
        RecordError: as `signatures.format_of` and `decoding.decode`, if the picture cannot be decoded.
    """
    canvas = read_canvas(view.encoded, long_side)
    for one in view.objects:
        if only in (None, one.name):
            paint_mask(canvas, one.mask, colour_of(one.name, ids))
    if not any(one.mask for one in view.objects):
        paint_class_map(canvas, view.class_map)
    draw_boxes(canvas.image, [_labelled(one, only) for one in view.objects], ids)
    return canvas.image


def _labelled(one: ObjectView, only: str | None) -> LabelledBox:
    raised = zip(_FLAGS, (one.is_crowd, one.difficult, one.truncated), strict=True)
    remarks = tuple(name for name, value in raised if value)
    return LabelledBox(one.name, one.xmin, one.ymin, one.xmax, one.ymax, remarks, only in (None, one.name))
