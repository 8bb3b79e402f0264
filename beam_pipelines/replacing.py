"""Another thing in the place of one of a module's, for a while: where Beam has no option for what is wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    """Puts a value in the place of a module's attribute, and takes it away again.

    Args:
        module: which.
        name: of the attribute.
        value: for a while.
    """
    original = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, original)
