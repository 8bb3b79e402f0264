"""Prints the path of Prism, Beam's portable local runner: `python deploy/runners/prism.py`.

It is built from source by Go, through the module proxy of Go's settings. Without Go, Beam fetches a built one.
"""

import os
import subprocess
from importlib.metadata import version
from pathlib import Path

from cache import give_up, made_once, need, say

_BEAM = version("apache-beam")


def find_prism() -> Path:
    """Returns the path of the program, which is built if need be."""
    try:
        return made_once(f"prism-{_BEAM}", _build)
    except subprocess.CalledProcessError as error:
        give_up(f"Prism {_BEAM} cannot be built: {error.stderr.strip()[-500:]}")


def _build(target: Path) -> None:
    go = need("go", "builds Prism")
    say(f"Prism {_BEAM} is built ...")
    module = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{_BEAM}"
    environment = os.environ | {"GOBIN": str(target.parent)}
    subprocess.run([go, "install", module], check=True, capture_output=True, text=True, env=environment)
    (target.parent / "prism").rename(target)


if __name__ == "__main__":
    print(find_prism())
