"""What holds for all tests, whatever machine they run on and whatever started them."""

import signal

from hypothesis import settings

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("shardbox", deadline=None)
settings.load_profile("shardbox")

# Where a shell started the tests with '&', or nohup did, these are ignored, by every process that a test starts too.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)
