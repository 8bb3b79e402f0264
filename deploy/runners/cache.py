"""Where what was fetched for the runners stays: outside the clone, so that a fresh one has it at once."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn


def cache_folder() -> Path:
    """Returns the folder: $SHARDBOX_CACHE, or shardbox in the user's folder of caches."""
    given = os.environ.get("SHARDBOX_CACHE")
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(given) if given else Path(user) / "shardbox"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """Returns the path of a file or folder in the cache, which is made if it is not there.

    Args:
        name: in the cache; it must change with what would be made.
        make: makes it at the path that it is given. What it has left there when it fails is removed.
    """
    target = cache_folder() / name
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{name}-") as folder:
            part = Path(folder, name)
            make(part)
            try:
                part.rename(target)
            except OSError:
                if not target.exists():  # else another process was faster
                    raise
    return target


def need(program: str, use: str) -> str:
    """Returns the path of a program, or ends with a sentence that says what it is needed for."""
    path = shutil.which(program)
    return path if path is not None else give_up(f"there is no '{program}', which {use}")


def say(sentence: str) -> None:
    """Tells a person what is done; the result alone goes to the standard output."""
    sys.stderr.write(sentence + "\n")


def give_up(reason: str) -> NoReturn:
    """Ends the program with a sentence for a person."""
    sys.exit(reason)
