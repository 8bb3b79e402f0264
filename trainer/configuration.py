"""Settings from YAML files and from the command line."""

import argparse
import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from presentation.refusals import UsageError
from presentation.suggestions import did_you_mean
from trainer.augmentation.settings import Operation
from trainer.settings import Settings

Tree = dict[str, Any]

_OPERATIONS: tuple[type[BaseModel], ...] = get_args(get_args(Operation)[0])


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """Adds --config and --set."""
    parser.add_argument(
        "--config", nargs="+", action="extend", default=[], metavar="FILE", help="settings; later files win"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="one setting, such as optimizer.learning_rate=0.002; wins over files",
    )


def settings_from(values: argparse.Namespace) -> Settings:
    """Returns what the flags of `add_settings_flags` say.

    Raises:
        UsageError: naming what is wrong, where it stands, and the nearest right one.
    """
    return read_settings(values.config, values.set)


def read_settings(files: Sequence[str], changes: Sequence[str] = ()) -> Settings:
    """Reads files of settings, and single ones over them.

    Args:
        files: YAML; of a key that stands in several, the last counts, section by section.
        changes: such as 'optimizer.learning_rate=0.002'; the value is YAML.

    Raises:
        UsageError: naming what is wrong, where it stands, and the nearest right one.
    """
    tree: Tree = {}
    sources: dict[str, str] = {}
    for path in files:
        of_file = _read_file(path)
        sources |= dict.fromkeys(_keys(of_file), path)
        tree = _merged(tree, of_file)
    for change in changes:
        of_change = _read_change(change)
        sources |= dict.fromkeys(_keys(of_change), f"--set {change}")
        tree = _merged(tree, of_change)
    return check_settings(tree, sources)


def check_settings(tree: Tree, sources: Mapping[str, str] | None = None) -> Settings:
    """Makes settings of a tree of plain values.

    Args:
        tree: as a YAML file has it.
        sources: dotted key → where it was given, for messages.

    Raises:
        UsageError: naming each value that is wrong, and the nearest right one.
    """
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        findings = [dict(one) for one in error.errors(include_url=False)]
        lines = [
            _sentence(one, sources or {}) + _alternative(one, findings)
            for one in findings
            if not _is_other_choice(one, findings)
        ]
        raise UsageError("\n".join(dict.fromkeys(lines))) from None


def to_yaml(settings: Settings) -> str:
    """Returns settings as a file that `read_settings` reads; every value is in it."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def changed_keys(settings: Settings, others: Settings) -> list[str]:
    """Returns the dotted keys whose values differ."""
    one, other = (_flat(each.model_dump(mode="json")) for each in (settings, others))
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]


def _read_file(path: str) -> Tree:
    try:
        with open(path, encoding="utf-8") as file:
            tree = yaml.safe_load(file)
    except OSError as error:
        raise UsageError(f"--config '{path}' cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--config '{path}' is no text in UTF-8") from None
    except yaml.YAMLError as error:
        raise UsageError(f"--config '{path}' is no YAML: {' '.join(str(error).split())}") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict) or not all(isinstance(key, str) for key in tree):
        raise UsageError(f"--config '{path}' holds no settings: lines such as 'seed: 1' are wanted")
    return tree


def _read_change(change: str) -> Tree:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"--set '{change}': KEY=VALUE is wanted, such as optimizer.learning_rate=0.002")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise UsageError(f"--set '{change}': '{text}' is no value in YAML") from None
    for part in reversed(key.strip().split(".")):
        value = {part: value}
    return dict(value)


def _merged(tree: Tree, over: Mapping[str, Any]) -> Tree:
    merged = dict(tree)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _keys(tree: Mapping[str, Any], above: str = "") -> list[str]:
    """Returns all dotted keys, sections included."""
    keys = []
    for key, value in tree.items():
        keys.append(f"{above}{key}")
        if isinstance(value, dict):
            keys += _keys(value, f"{above}{key}.")
    return keys


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {key: value}
    return {k: v for name, below in value.items() for k, v in _flat(below, f"{key}.{name}" if key else name).items()}


def _alternative(error: Mapping[str, Any], all_errors: Sequence[Mapping[str, Any]]) -> str:
    """Returns what may stand there instead of a word, if anything."""
    if error["type"] != "literal_error":
        return ""
    wishes = [_wish(one["type"], one.get("ctx", {}), one["msg"]) for one in _instead_of(error, all_errors)]
    return f", or {wishes[0].removesuffix(' is wanted')}" if wishes else ""


def _is_other_choice(error: Mapping[str, Any], all_errors: Sequence[Mapping[str, Any]]) -> bool:
    """Tells whether a finding is about a choice that was not meant.

    Where a word or a section may stand, both complain. A section means the section, all else the word.
    """
    if error["type"] == "literal_error":
        return isinstance(error["input"], dict) and bool(_instead_of(error, all_errors))
    words = [one for one in all_errors if one["type"] == "literal_error" and not isinstance(one["input"], dict)]
    return any(error in _instead_of(word, all_errors) for word in words)


def _instead_of(word: Mapping[str, Any], all_errors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns what was found wrong with a value that might have been another thing than a word."""
    *place, kind = word["loc"]
    if not str(kind).startswith("literal["):
        return []
    return [one for one in all_errors if one["type"] != "literal_error" and list(one["loc"][: len(place)]) == place]


def _sentence(error: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    """Words one finding of pydantic."""
    path = [str(part) for part in error["loc"]]
    place = _place(error["loc"])
    kind, value, told = error["type"], error["input"], error.get("ctx", {})
    source = next((f" ({sources[key]})" for key in _prefixes(path) if key in sources), "")
    if kind == "extra_forbidden":
        return f"there is no setting '{place}'{source}{_nearest_setting(path)}"
    if kind == "union_tag_invalid":
        names = [name.strip(" '") for name in str(told["expected_tags"]).split(",")]
        near = did_you_mean(str(told["tag"]), names)
        return f"{place}: there is no '{told['tag']}'{source}; there are {', '.join(names)}{near}"
    if kind == "union_tag_not_found":
        return f"{place}{source} lacks its name: such as {{name: flip, probability: 0.5}}"
    if kind == "missing":
        return f"{place} is missing{source}"
    if kind == "value_error":
        reason = str(told.get("error", error["msg"]))
        return f"{place}: {reason}{source}" if place else f"{reason}{source}"
    return f"{place} is {value!r}{source}: {_wish(kind, told, error['msg'])}{_nearest_value(value, told)}"


def _place(location: Sequence[str | int]) -> str:
    """Returns where a value stands, such as augmentation[0].probability."""
    text = ""
    before: str | int = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        # pydantic names the member of a union too: by its type, or an operation by its name.
        elif part[:1].islower() and not part.startswith("literal[") and not isinstance(before, int):
            text += f".{part}" if text else part
        before = part
    return text


def _prefixes(path: Sequence[str]) -> list[str]:
    """Returns the dotted keys of a path, the longest first."""
    return [".".join(path[:count]) for count in range(len(path), 0, -1)]


def _wish(kind: str, told: Mapping[str, Any], message: str) -> str:
    """Returns what was wanted, as a person reads it."""
    wishes = {
        "greater_than_equal": "at least {ge:g}",
        "greater_than": "more than {gt:g}",
        "less_than_equal": "at most {le:g}",
        "less_than": "less than {lt:g}",
        "multiple_of": "a multiple of {multiple_of}",
        "literal_error": "{expected}",
        "int_parsing": "a whole number",
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_parsing": "a number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "bool_parsing": "true or false",
        "bool_type": "true or false",
        "string_type": "text",
        "tuple_type": "a list",
        "too_short": "a list of at least {min_length} values",
        "too_long": "a list of at most {max_length} values",
        "model_type": "a section with keys",
        "model_attributes_type": "a section with keys",
    }
    wish = wishes.get(kind)
    return f"{wish.format(**told)} is wanted" if wish else message


def _nearest_value(value: Any, told: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or "expected" not in told:
        return ""
    return did_you_mean(value, [word.strip(" '") for word in str(told["expected"]).replace(" or ", ",").split(",")])


def _nearest_setting(path: Sequence[str]) -> str:
    """Returns the nearest key of the same section, else the nearest of all, as a question."""
    if path[0] == "augmentation":  # [place in the list, name of the operation, key]
        operation = next(model for model in _OPERATIONS if model.model_fields["name"].default == path[2])
        return did_you_mean(path[3], operation.model_fields)
    everything = _all_settings(Settings)
    section = [key for key in everything if key.rpartition(".")[0] == ".".join(path[:-1])]
    own = difflib.get_close_matches(path[-1], [key.rpartition(".")[2] for key in section], n=1, cutoff=0.6)
    if own:
        return f"; did you mean {'.'.join([*path[:-1], own[0]])}?"
    elsewhere = [key for key in everything if key.rpartition(".")[2] == path[-1]]
    return f"; did you mean {elsewhere[0]}?" if elsewhere else did_you_mean(".".join(path), everything)


def _all_settings(model: type[BaseModel], above: str = "") -> list[str]:
    """Returns all dotted keys of a model."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(above + name)
        for kind in _members(field.annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys += _all_settings(kind, f"{above}{name}.")
    return keys


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, type(int | str)) else (annotation,)
