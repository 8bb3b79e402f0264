"""What holds for a command before it is loaded."""

import signal


def end_silently_on_ctrl_c() -> None:
    """Lets Ctrl-C end the process without a word, for as long as there is nothing to clean up nor to tell.

    A command takes a moment to load, and Python would show where it was meanwhile. One that Ctrl-C does not reach, as
    a shell wishes for what it starts with '&', stays so.
    """
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
