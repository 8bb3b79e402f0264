"""Prints the path of Beam's job server for Flink: `python deploy/runners/flink_job_server.py`.

The published jar is taken where it can be had: the one that $SHARDBOX_FLINK_JOB_SERVER names, the one that Beam has
fetched before, or the one of Maven's repository, through `mvn` and so through the mirror of its settings. Elsewhere
it is put together from the libraries in flink_job_server.xml. Its name tells which it is.
"""

import hashlib
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from cache import cache_folder, give_up, made_once, need, say
from flink_home import FLINK_LINE
from jars import merge_jars

_BEAM = version("apache-beam")
_PUBLISHED = f"beam-runners-flink-{FLINK_LINE}-job-server"
_LIBRARIES = Path(__file__).with_name("flink_job_server.xml")
_MAIN = "org.apache.beam.runners.flink.FlinkJobServerDriver"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"


def find_job_server() -> Path:
    """Returns the path of the jar, which is fetched or made if need be."""
    given = os.environ.get("SHARDBOX_FLINK_JOB_SERVER")
    if given:
        return Path(given) if Path(given).is_file() else give_up(f"SHARDBOX_FLINK_JOB_SERVER='{given}' is no file")
    name = f"{_PUBLISHED}-{_BEAM}.jar"
    beams = Path.home() / ".apache_beam/cache/jars" / name
    merged = f"{_PUBLISHED}-from-libraries-{_digest()}.jar"
    for path in (beams, cache_folder() / name, cache_folder() / merged):
        if path.is_file():
            return path
    need("mvn", "fetches Beam's job server for Flink")
    try:
        return made_once(name, _fetch_published)
    except subprocess.CalledProcessError as error:
        say(f"{name} cannot be had, and is put together from its libraries: {_reason(error)}")
    try:
        return made_once(merged, _merge_libraries)
    except subprocess.CalledProcessError as error:
        give_up(f"the libraries of Beam's job server for Flink cannot be had: {_reason(error)}")


def _digest() -> str:
    return hashlib.sha256(_LIBRARIES.read_bytes()).hexdigest()[:12]


def _fetch_published(target: Path) -> None:
    artifact = f"-Dartifact=org.apache.beam:{_PUBLISHED}:{_BEAM}"
    _maven(f"{_COPY}:copy", artifact, f"-DoutputDirectory={target.parent}", "-Dmdep.useBaseVersion=true")


def _merge_libraries(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = (f"{_COPY}:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}")
        _maven("-f", str(_LIBRARIES), *copy)
        jars = sorted(Path(folder).glob("*.jar"), key=lambda path: (not path.name.startswith("beam-"), path.name))
        say(f"{len(jars)} libraries become one jar ...")
        merge_jars(jars, target, _MAIN)


def _maven(*arguments: str) -> None:
    subprocess.run(["mvn", "-B", "-q", *arguments], check=True, capture_output=True, text=True)


def _reason(error: subprocess.CalledProcessError) -> str:
    """Returns the first sentence of Maven's many lines."""
    line = next((line for line in (error.stdout + error.stderr).splitlines() if "ERROR" in line), "Maven failed")
    return line.partition("ERROR] ")[2].partition(" -> [Help")[0]


if __name__ == "__main__":
    print(find_job_server())
