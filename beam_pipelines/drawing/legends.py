"""What is told beside a picture: which classes it numbers, and which its font cannot name."""

from collections.abc import Iterable, Mapping

from beam_pipelines.drawing.lettering import label_text
from beam_pipelines.record_files.views import ExampleView
from beam_pipelines.wording import printable


def ids_of(view: ExampleView, class_ids: Mapping[str, int]) -> dict[str, int]:
    """Returns class name → id: of the record itself where no label map names a class.

    Args:
        view: the record.
        class_ids: class name → id, of the label map.
    """
    return {one.name: one.label for one in view.objects if one.name and one.label} | dict(class_ids)


def legend(names: Iterable[str], ids: Mapping[str, int]) -> list[str]:
    """Returns a line for each class that is not called by its name in a picture, whose font lacks most letters."""
    shown = {name: label_text(name, ids) for name in sorted(set(names) - {""})}
    return [f"'{text}' in the picture is {printable(name)}" for name, text in shown.items() if text != name.strip(" ")]
