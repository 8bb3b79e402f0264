"""A page of one file from its template: styles, scripts and licences inside it, and text that cannot harm it."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

LICENCES = {"Chart.js": "chart.js-LICENSE.md", "chartjs-chart-matrix": "chartjs-chart-matrix-LICENSE"}
"""What draws the charts → file of its licence in `presentation/vendor`."""

_LONGEST_NAME = 120


def environment() -> Environment:
    """Returns the environment of a page's template: all that is put in is escaped, and nothing may be missing.

    It has the filters `grouped`, `share` and `class_name`; `tojson` is compact.
    """
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    made.filters |= {"grouped": "{:,}".format, "share": share, "class_name": class_name}
    return made


def asset(package: str, name: str) -> Any:
    """Returns a style or a script of our own as it is.

    Args:
        package: that holds it.
        name: of the file.
    """
    return Markup(files(package).joinpath(name).read_text("utf-8"))  # noqa: S704 (our own files)


def licences(names: Sequence[str]) -> list[tuple[str, str]]:
    """Returns (name, text of the licence) of libraries in the page, see `LICENCES`."""
    return [(name, files("presentation").joinpath("vendor", LICENCES[name]).read_text("utf-8")) for name in names]


def shown(text: str) -> str:
    """Returns text without characters that a page cannot hold, or that reorder what stands around them."""
    return text.translate(_NOT_SHOWN).encode("utf-8", "replace").decode()


def shown_name(name: str) -> str:
    """Returns the name of a class as a page writes it: of a very long one the beginning."""
    return shown(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")


def class_name(name: str) -> str:
    """Returns the name of a class as a page writes it, or that it has none."""
    return shown_name(name) or "(no class)"


def share(value: float) -> str:
    """Returns a share as a person reads it.

    >>> share(0.5), share(0.034), share(0.0004), share(0)
    ('50%', '3.4%', '< 0.1%', '0%')
    """
    if value <= 0:
        return "0%"
    if value < 0.001:
        return "< 0.1%"
    return f"{value * 100:.0f}%" if value >= 0.0995 else f"{value * 100:.1f}%"


_NOT_SHOWN = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"
)
"""Control characters but tab and line breaks, and those of bidirectional overrides and isolates."""
