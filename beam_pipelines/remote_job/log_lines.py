"""A text file whose lines go to the log."""

import io
import logging

_log = logging.getLogger(__name__)


class LogLines(io.TextIOBase):
    """What is written here is logged."""

    def writable(self) -> bool:
        """Returns True."""
        return True

    def write(self, text: str) -> int:
        """Logs text that is more than white space."""
        if text.strip():
            _log.info("%s", text.rstrip())
        return len(text)
