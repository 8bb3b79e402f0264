"""Files that are there whole or not at all."""

import os
import uuid
from collections.abc import Callable


def write_whole(path: str, data: bytes) -> None:
    """Writes a file beside its place, and gives it its name when it is finished."""
    make_whole(path, lambda part: _write(part, data))


def make_whole(path: str, make: Callable[[str], None]) -> None:
    """Lets `make` write a file beside its place, under a name with the same ending, and gives it its name then."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, f"part-{uuid.uuid4().hex}-{name}")
    try:
        make(part)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def _write(path: str, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
