"""The flags of `shardbox build` as parameters of a template, and back.

A parameter is a name and a text. Dataflow's console asks for them in a form, and its launcher gives them to the program
as `--name=text`.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from beam_pipelines.command_line.flags import add_build_flags
from presentation.refusals import UsageError

NAME = "Shardbox: annotated pictures to sharded TFRecords"
_NOT_OFFERED = {
    "--config",  # there are no files of the person's in the launcher
    "--dry_run",  # the launcher does not wait for what a job finds out
}
_REQUIRED = {"--images", "--output"}
_FOR_WORKERS = {
    "name": "sdk_container_image",
    "label": "Image of the workers",
    "helpText": "the template's own image, so that workers need not install anything as they start",
    "isOptional": True,
    "paramType": "TEXT",
    "groupName": "workers",
}


def describe_template() -> dict[str, Any]:
    """Returns the template's metadata, as `gcloud dataflow flex-template build --metadata-file` takes them."""
    return {
        "name": NAME,
        "description": "Builds a dataset of Pascal VOC annotations, or of rows of boxes, and images (shardbox build).",
        "parameters": [_describe(title, action) for title, action in _offered()] + [_FOR_WORKERS],
    }


def as_flags(given: Sequence[str]) -> list[str]:
    """Returns the command line after `build` for what a launcher gave.

    Args:
        given: `--name=text` for each parameter, and flags of Beam.

    Raises:
        UsageError: quoting a parameter that should be true or false, and is not.
    """
    actions = {action.option_strings[0]: action for _, action in _offered()}
    flags: list[str] = []
    for item in given:
        flag, equals, text = item.partition("=")
        action = actions.get(flag)
        if action is None or not equals:
            flags.append(item)
        elif action.nargs == 0:
            flags += [flag] if _is_true(flag, text) else []
        elif text:  # a field of the form that was left empty
            flags += [flag, *text.split(",")] if action.nargs == "+" else [item]
    return flags


def _offered() -> Iterator[tuple[str, argparse.Action]]:
    """Returns each flag that can be a parameter, with the title of its group."""
    parser = argparse.ArgumentParser(add_help=False)
    add_build_flags(parser)
    for group in parser._action_groups:
        for action in group._group_actions:
            if action.option_strings[0] not in _NOT_OFFERED:
                yield group.title or "", action


def _describe(title: str, action: argparse.Action) -> dict[str, Any]:
    flag = action.option_strings[0]
    help_text = (action.help or "") % {"default": action.default}
    parameter = {
        "name": action.dest,
        "label": action.dest.replace("_", " ").capitalize(),
        "helpText": help_text + ("; several with commas between" if action.nargs == "+" else ""),
        "isOptional": flag not in _REQUIRED,
        "groupName": title,
    }
    choices = _choices(action)
    if action.nargs == 0:
        return parameter | {"paramType": "BOOLEAN", "defaultValue": "false"}
    if choices:
        options = [{"value": choice, "label": choice} for choice in choices]
        default = {"defaultValue": action.default} if action.default else {}
        return parameter | {"paramType": "ENUM", "enumOptions": options} | default
    default = {"defaultValue": str(action.default)} if action.default is not None else {}
    return parameter | {"paramType": _place(flag, action)} | default


def _choices(action: argparse.Action) -> list[str]:
    """Returns the words of a flag that takes one of some, which its help shows as `this|that`."""
    words = str(action.metavar or "").split("|")
    return words if len(words) > 1 and all(word.isidentifier() and word.islower() for word in words) else []


def _place(flag: str, action: argparse.Action) -> str:
    """Returns how the console asks for a value: with a browser of Cloud Storage, if it is one place there."""
    if action.nargs is not None:  # several, or patterns
        return "TEXT"
    if action.metavar == "DIR":
        return "GCS_WRITE_FOLDER" if flag == "--output" else "GCS_READ_FOLDER"
    return "GCS_READ_FILE" if action.metavar == "FILE" else "TEXT"


def _is_true(flag: str, text: str) -> bool:
    if text.lower() not in ("true", "false", ""):
        raise UsageError(f"{flag} '{text}' is not true or false")
    return text.lower() == "true"
