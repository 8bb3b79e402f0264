"""What a DoFn yields when its bundle ends has no window of an element to be in."""

from typing import Any

from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.window import GlobalWindows


def outside_of_windows(item: Any) -> Any:
    """Returns an output of `finish_bundle`, tagged or not, in the one window that there is."""
    if isinstance(item, TaggedOutput):
        return TaggedOutput(item.tag, GlobalWindows.windowed_value(item.value))
    return GlobalWindows.windowed_value(item)
