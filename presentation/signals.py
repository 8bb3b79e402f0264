"""What becomes of a command that is told to end."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any


def handle(handler: Callable[[int, FrameType | None], Any] | signal.Handlers, *numbers: signal.Signals) -> None:
    """Sets who answers signals, but for those that are ignored, as nohup wishes, and a shell for what '&' starts.

    Args:
        handler: as `signal.signal` takes it.
        numbers: of the signals.
    """
    for number in numbers:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def end_silently_on_ctrl_c() -> None:
    """Lets Ctrl-C end the process without a word, for as long as there is nothing to clean up nor to tell.

    A command takes a moment to load, and Python would show where it was meanwhile.
    """
    handle(signal.SIG_DFL, signal.SIGINT)
