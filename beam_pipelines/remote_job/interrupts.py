"""Signals that would end the process are noted instead, so that no job is left running unseen."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from presentation.signals import handle

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """The signal that came, if one did. Another that comes before it was answered raises KeyboardInterrupt.

    Attributes:
        number: of the signal; None if none came since the last was answered.
        when_noted: called when one comes; None for nothing.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.when_noted: Callable[[], None] | None = None
        # Only the main thread may set who answers signals.
        numbers = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
        self._before = {number: signal.getsignal(number) for number in numbers}

    def listen(self) -> None:
        """Notes signals from now on; once more, where another has taken them meanwhile."""
        handle(self._note, *self._before)

    def answered(self) -> None:
        """Forgets the signal that came."""
        self.number = None

    def end(self) -> None:
        """Leaves signals to whom they were left before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.number is not None:
            raise KeyboardInterrupt
        self.number = number
        if self.when_noted:
            self.when_noted()


@contextmanager
def noted() -> Iterator[Interrupts]:
    """Notes signals instead of ending the process."""
    interrupts = Interrupts()
    interrupts.listen()
    try:
        yield interrupts
    finally:
        interrupts.end()
