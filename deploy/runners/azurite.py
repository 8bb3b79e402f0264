"""Prints the path of azurite's server of blobs, a stand-in for Azure: `python deploy/runners/azurite.py`.

It is Microsoft's own, a package of npm.
"""

import subprocess
from pathlib import Path

from cache import give_up, made_once, need, say

VERSION = "3.35.0"


def find_azurite() -> Path:
    """Returns the path of the program, which is installed if need be."""
    need("node", "runs azurite")
    try:
        return made_once(f"azurite-{VERSION}", _install) / "node_modules/.bin/azurite-blob"
    except subprocess.CalledProcessError as error:
        give_up(f"azurite {VERSION} cannot be installed: {error.stderr.strip()[-500:]}")


def _install(folder: Path) -> None:
    npm = need("npm", "installs azurite")
    say(f"azurite {VERSION} is installed ...")
    folder.mkdir()
    quiet = ["--silent", "--no-audit", "--no-fund"]
    command = [npm, "install", "--prefix", str(folder), *quiet, f"azurite@{VERSION}"]
    subprocess.run(command, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    print(find_azurite())
