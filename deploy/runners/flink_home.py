"""Prints the path of a Flink distribution: `python deploy/runners/flink_home.py`.

It comes from the Python package index alone, through pip and so through its settings: the source archive of
`apache-flink-libraries` holds Flink's own libraries, the wheel of `apache-flink` its scripts and settings. Neither is
installed: `apache-flink` would bring an old Beam with it.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from cache import give_up, made_once, need, say

FLINK = "1.19.3"
FLINK_LINE = FLINK.rpartition(".")[0]
_BLOCK = 2**20


def find_flink_home() -> Path:
    """Returns the folder that holds bin, conf and lib, which is made if need be."""
    need("java", "runs Flink")
    try:
        return made_once(f"flink-{FLINK}", _assemble)
    except subprocess.CalledProcessError as error:
        give_up(f"Flink {FLINK} cannot be had from the package index: {error.stderr.strip()[-500:]}")


def _assemble(home: Path) -> None:
    say(f"Flink {FLINK} is fetched from the package index ...")
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        _download(folder, "--no-binary", "apache-flink-libraries")
        _download(folder, "--only-binary", "apache-flink")
        (libraries,) = Path(folder).glob("*.tar.gz")
        (wheel,) = Path(folder).glob("*.whl")
        _unpack_libraries(libraries, home)
        _unpack_scripts(wheel, home)


def _download(folder: str, kind: str, package: str) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    wanted = [kind, ":all:", "--dest", folder, f"{package}=={FLINK}"]
    subprocess.run([*pip, *wanted], check=True, capture_output=True, text=True)


def _unpack_libraries(archive: Path, home: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            _, *parts = PurePosixPath(member.name).parts
            if member.isfile() and parts[:2] in (["deps", "lib"], ["deps", "bin"]) and ".." not in parts:
                target = home.joinpath(*parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None  # it is a file
                with source, target.open("wb") as file:
                    shutil.copyfileobj(source, file, _BLOCK)


def _unpack_scripts(wheel: Path, home: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = PurePosixPath(name).parts
            if parts[:1] == ("pyflink",) and parts[1:2] in (("bin",), ("conf",)) and len(parts) == 3:
                target = home / parts[1] / parts[2]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
                if parts[1] == "bin":
                    target.chmod(0o755)


if __name__ == "__main__":
    print(find_flink_home())
