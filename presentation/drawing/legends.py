"""What is told beside a picture: which classes its font cannot name."""

from collections.abc import Iterable, Mapping

from presentation.drawing.lettering import label_text
from presentation.wording import printable


def legend(names: Iterable[str], ids: Mapping[str, int]) -> list[str]:
    """Returns a line for each class that is not called by its name in a picture, whose font lacks most letters."""
    shown = {name: label_text(name, ids) for name in sorted(set(names) - {""})}
    return [f"'{text}' in the picture is {printable(name)}" for name, text in shown.items() if text != name.strip(" ")]
