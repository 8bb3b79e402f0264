"""The settings, and the page that tells of them."""

from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from trainer.augmentation.settings import Operation
from trainer.settings import AnchorSettings, Settings

PAGE = Path(__file__).parents[2] / "docs/training.md"
START, END = (
    "<!-- settings: the test of this page writes what should stand here if it does not -->",
    "<!-- end of settings -->",
)


def rows(model: type[BaseModel], above: str) -> list[str]:
    """Returns a line of a table for each setting of a section."""
    lines = []
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        is_name = name == "name" and not above.startswith("optimizer.")
        if isinstance(default, BaseModel) or is_name or name == "augmentation":
            continue
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        lines.append(f"| `{above}{name}` | {shown(default, field.annotation)} | {meaning} |")
    return lines


def shown(default: Any, annotation: Any) -> str:
    text = list(default) if isinstance(default, tuple) else default
    choices = [word for part in parts(annotation) if get_origin(part) is Literal for word in get_args(part)]
    others = [str(word) for word in choices if word != default]
    return f"`{str(text).lower() if isinstance(text, bool) else text}`" + (
        f" (or {', '.join(others)})" if others else ""
    )


def default_of(operation: BaseModel) -> str:
    values = {key: getattr(operation, key) for key in ("name", *sorted(operation.model_fields_set))}
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    return yaml.safe_dump(plain, default_flow_style=True, sort_keys=False).strip()


def parts(annotation: Any) -> tuple[Any, ...]:
    return (
        get_args(annotation)
        if isinstance(annotation, UnionType) or get_origin(annotation) not in (None, Literal)
        else (annotation,)
    )


def tables() -> str:
    """Returns what the page should say."""
    head = ["| setting | default | meaning |", "|---|---|---|"]
    lines = [*head, *rows(Settings, "")]
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lines += rows(field.annotation, f"{name}.")
            if name == "model":
                lines += rows(AnchorSettings, "model.anchors.")
    text = "\n".join(lines) + "\n\n### Operations of `augmentation`\n\n"
    text += "They are applied in the order of the list, each with its `probability`. Without a list, these are:\n\n"
    defaults = "".join(f"  - {default_of(one)}\n" for one in Settings().augmentation)
    text += f"```yaml\naugmentation:\n{defaults}```\n\n"
    operations = get_args(get_args(Operation)[0])
    table = ["| operation | its settings | what it does |", "|---|---|---|"]
    for operation in operations:
        told = [
            f"`{name}: {list(f.default) if isinstance(f.default, tuple) else f.default}`"
            for name, f in operation.model_fields.items()
            if name != "name"
        ]
        purpose = " ".join((operation.__doc__ or "").split())
        table.append(f"| `{operation.model_fields['name'].default}` | {', '.join(told)} | {purpose} |")
    return text + "\n".join(table)


def test_the_page_tells_of_every_setting():
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(START)
    found, after = rest.split(END)
    wanted = f"\n{tables()}\n"
    if found != wanted:
        PAGE.write_text(before + START + wanted + END + after, encoding="utf-8")
    assert found == wanted, "docs/training.md was written anew: look at it and commit it"


@pytest.mark.parametrize("model", [type(getattr(Settings(), name)) for name in Settings.model_fields][1:])
def test_every_setting_is_described(model):
    if issubclass(model, BaseModel):
        assert [name for name, field in model.model_fields.items() if not field.description] == []
