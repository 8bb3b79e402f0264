"""Runs `shardbox build` on S3, and kills it right before one of the requests by which it writes below its output.

`python killed_on_s3.py REQUEST OUTPUT FLAG…`. Requests are counted from the first that finalisation makes, its note of
what it is about to do; whoever is killed later than the last of them has finished. Prints how many there were.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient

from beam_pipelines.cli import main

WRITES = {"CopyObject", "DeleteObject", "DeleteObjects", "PutObject", "CompleteMultipartUpload"}
"""Requests after which a store is another than before."""
FIRST = "finish.json.part"
"""How the name of the object ends with which finalisation begins."""


class Counted:
    """Counts requests, and lets this process die right before one of them."""

    def __init__(self, last: int, call: Callable[..., Any]):
        self._last, self._call = last, call
        self._lock = threading.Lock()
        self.count = -1
        """Of those that were made, from the first of finalisation on."""

    def __get__(self, client: Any, _: object) -> Callable[..., Any]:
        return lambda *arguments: self.make(client, *arguments)

    def make(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Makes a request, or dies."""
        with self._lock:
            if operation in WRITES:
                if self.count >= 0 or parameters.get("Key", "").endswith(FIRST):
                    self.count += 1
                if self.count > self._last:
                    os.kill(os.getpid(), signal.SIGKILL)
            return self._call(client, operation, parameters)


if __name__ == "__main__":
    counted = Counted(int(sys.argv[1]), BaseClient._make_api_call)
    BaseClient._make_api_call = counted
    code = main(["build", f"--output={sys.argv[2]}", *sys.argv[3:]])
    sys.stdout.write(f"{counted.count}\n")
    sys.exit(code)
