"""Reading values out of a manifest's JSON, which may come from a stranger.

Every complaint names the place of the value, such as `splits.train.shards[3].bytes`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class ManifestError(ValueError):
    """A manifest that cannot be used; the message names the place, quotes the value and says what to do."""


def check_file_name(name: str, path: str) -> None:
    """Raises ManifestError unless `name` is that of a file right inside the dataset's folder.

    A manifest must not make its reader open anything else: no separators of any system, no way up,
    no drive letter or URL scheme, no control characters.
    """
    if name in ("", ".", "..") or re.search(r"[/\\:\x00-\x1f\x7f]", name):
        raise ManifestError(f"{path} is {name!r}: only a plain name of a file inside the dataset's folder is allowed.")


@dataclass(frozen=True)
class Field:
    """A value of the JSON and where it stands.

    Every method raises ManifestError if the value is of another type than it returns.
    """

    value: Any
    path: str = ""

    def __getitem__(self, name: str) -> "Field":
        """The field `name` of an object."""
        fields = self._typed(dict, "an object")
        path = f"{self.path}.{name}" if self.path else name
        if name not in fields:
            raise ManifestError(f"{path} is missing: build the dataset again, or restore its manifest.")
        return Field(fields[name], path)

    def fields(self) -> Iterator[tuple[str, "Field"]]:
        """The names and fields of an object whose names are data, in their order."""
        for name in self._typed(dict, "an object"):
            yield name, self[name]

    def items(self) -> Iterator["Field"]:
        """The items of an array."""
        for index, item in enumerate(self._typed(list, "an array")):
            yield Field(item, f"{self.path}[{index}]")

    def mapping(self) -> dict[str, Any]:
        """An object of any JSON."""
        return dict(self._typed(dict, "an object"))

    def counts(self) -> dict[str, int]:
        """An object of counts."""
        return {name: count.count() for name, count in self.fields()}

    def integer(self) -> int:
        """A whole number; true and false are none."""
        return int(self._typed(int, "a whole number"))

    def count(self) -> int:
        """A whole number, not negative."""
        number = self.integer()
        if number < 0:
            raise ManifestError(f"{self.path} is {number}: a count is not negative.")
        return number

    def text(self) -> str:
        """A string."""
        return str(self._typed(str, "a string"))

    def one_of(self, *choices: str) -> str:
        """A string out of `choices`."""
        text = self.text()
        if text not in choices:
            raise ManifestError(f"{self.path} is {text!r}: expected one of {', '.join(choices)}.")
        return text

    def digest(self, digits: int) -> str:
        """A string of that many lower-case hexadecimal digits."""
        text = self.text()
        if not re.fullmatch(f"[0-9a-f]{{{digits}}}", text):
            raise ManifestError(f"{self.path} is {text!r}: expected {digits} lower-case hexadecimal digits.")
        return text

    def _typed(self, kind: type, wanted: str) -> Any:
        # type() and not isinstance(), because True is an int to Python and no count to JSON.
        if type(self.value) is not kind:
            raise ManifestError(f"{self.path or 'The manifest'} is {self._quoted()}: expected {wanted}.")
        return self.value

    def _quoted(self) -> str:
        """The value as JSON would show it, short enough for a sentence."""
        if isinstance(self.value, dict):
            return "an object"
        if isinstance(self.value, list):
            return "an array"
        text = json.dumps(self.value, ensure_ascii=False)
        return text if len(text) <= 80 else text[:77] + "..."
