"""Merges what was counted part by part."""

from collections.abc import Iterable
from typing import Any, Protocol

import apache_beam as beam


class Mergeable(Protocol):
    """What the counts of two parts can be added to."""

    def merge(self, other: Any) -> None:
        """Adds what another one holds."""


class MergeParts(beam.CombineFn):
    """Merges parts to one whole.

    Args:
        empty: the class of the parts, which makes one that holds nothing.
    """

    def __init__(self, empty: type[Mergeable]):
        self._empty = empty

    def create_accumulator(self) -> Any:
        """Returns an empty whole."""
        return self._empty()

    def add_input(self, whole: Any, part: Any) -> Any:
        """Adds one part."""
        whole.merge(part)
        return whole

    def merge_accumulators(self, wholes: Iterable[Any]) -> Any:
        """Adds all of them to an empty one, so that none is changed."""
        merged = self._empty()
        for whole in wholes:
            merged.merge(whole)
        return merged

    def extract_output(self, whole: Any) -> Any:
        """Returns the whole itself."""
        return whole
