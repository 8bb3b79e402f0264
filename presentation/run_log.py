"""Where everything goes that libraries and workers say while a command runs, for whoever asks for it."""

import contextlib
import os
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator


class Log:
    """A text file that never fails: on a full disk the log stops, and the sentence for a person still comes."""

    def __init__(self) -> None:
        """Makes the file, in the folder for temporary files.

        Raises:
            OSError: if that is not possible.
        """
        self._file, self.name = tempfile.mkstemp(prefix="shardbox-", suffix=".log")
        self.kept = False
        """Whether the file stays when the log is closed."""
        self._is_open = True
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Appends text; what does not fit is lost, and what threads say after the log is closed."""
        data = text.encode("utf-8", "backslashreplace")
        with self._lock, contextlib.suppress(OSError):
            if self._is_open:  # the number of a closed file soon is another's
                os.write(self._file, data)

    def flush(self) -> None:
        """Does nothing: all that was written is in the file."""

    def close(self) -> None:
        """Closes the file, and deletes it unless it is to be kept."""
        with self._lock, contextlib.suppress(OSError):
            if self._is_open:
                self._is_open = False
                os.close(self._file)
            if not self.kept:
                os.unlink(self.name)

    @contextlib.contextmanager
    def takes_stderr(self) -> Iterator[None]:
        """Sends here what worker processes, libraries and dying threads say on stderr; `sys.stderr` stays."""
        hook, threading.excepthook = threading.excepthook, self._note
        try:
            with self._takes_descriptor():
                yield
        finally:
            threading.excepthook = hook

    def _note(self, died: threading.ExceptHookArgs) -> None:
        self.write("".join(traceback.format_exception(died.exc_value)))

    @contextlib.contextmanager
    def _takes_descriptor(self) -> Iterator[None]:
        try:
            saved = os.dup(2)
        except OSError:  # the command was started without a stderr
            yield
            return
        stderr, own = sys.stderr, sys.__stderr__
        with contextlib.ExitStack() as opened:
            if own is not None and stderr is own:
                sys.stderr = opened.enter_context(
                    open(os.dup(2), "w", buffering=1, encoding=own.encoding, errors=own.errors)
                )
            os.dup2(self._file, 2)
            try:
                yield
            finally:
                os.dup2(saved, 2)
                os.close(saved)
                sys.stderr = stderr
