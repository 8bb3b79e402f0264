"""The programs that fetch Flink's job server and Prism, with stand-ins for Maven and Go."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[2] / "deploy/runners"
BEAM = version("apache-beam")
PUBLISHED = f"beam-runners-flink-1.19-job-server-{BEAM}.jar"
HAS_PUBLISHED = f"""
case "$*" in
    *:copy\\ *) for word in "$@"; do case $word in -DoutputDirectory=*) touch "${{word#*=}}/{PUBLISHED}";; esac; done;;
esac
"""
HAS_LIBRARIES = """
case "$*" in
    *:copy\\ *) echo '[ERROR] Failed to find it -> [Help 1]'; exit 1;;
    *) for word in "$@"; do case $word in -DoutputDirectory=*) cp "$JARS"/*.jar "${word#*=}";; esac; done;;
esac
"""
HAS_NOTHING = "echo '[ERROR] No network -> [Help 1]'; exit 1"
BUILDS = 'test "$1 $2" = "install github.com/apache/beam/sdks/v2/go/cmd/prism@v{}" && echo built > "$GOBIN/prism"'


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """A folder with an empty home, an empty cache, and `bin`, which alone holds programs beside the shell's own."""
    for name in ("home", "cache", "bin"):
        (tmp_path / name).mkdir()
    for name in ("sh", "cp", "touch"):
        (tmp_path / "bin" / name).symlink_to(
            next(p for p in map(Path, (f"/bin/{name}", f"/usr/bin/{name}")) if p.exists())
        )
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHARDBOX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("SHARDBOX_FLINK_JOB_SERVER", raising=False)
    return tmp_path


def put_program(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(name: str) -> tuple[int, str, str]:
    """Returns (exit code, standard output, standard error), both without the last line break."""
    done = subprocess.run([sys.executable, PROGRAMS / f"{name}.py"], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_the_published_job_server_is_taken_where_it_can_be_had(machine):
    put_program(machine, "mvn", HAS_PUBLISHED)
    found = (0, str(machine / "cache" / PUBLISHED), "")
    assert run("flink_job_server") == found
    (machine / "bin/mvn").unlink()
    assert run("flink_job_server") == found  # from the cache
    assert os.listdir(machine / "cache") == [PUBLISHED]


def test_elsewhere_the_job_server_is_put_together(machine, monkeypatch):
    jars = machine / "jars"
    jars.mkdir()
    content = {
        "other.jar": {
            "a/Same.class": "other's",
            "META-INF/services/x": "two",
            "META-INF/SIGNED.SF": "",
            "c/C.class": "",
        },
        "beam-a.jar": {"a/Same.class": "beam's", "META-INF/services/x": "one", "module-info.class": "", "b/": ""},
    }
    for name, entries in content.items():
        with zipfile.ZipFile(jars / name, "w") as jar:
            for entry, text in {"META-INF/MANIFEST.MF": name, **entries}.items():
                jar.writestr(entry, text)
    monkeypatch.setenv("JARS", str(jars))
    put_program(machine, "mvn", HAS_LIBRARIES)
    code, path, said = run("flink_job_server")
    assert (code, said.splitlines()) == (
        0,
        [
            f"{PUBLISHED} cannot be had, and is put together from its libraries: Failed to find it",
            "2 libraries become one jar ...",
        ],
    )
    assert Path(path).name.startswith("beam-runners-flink-1.19-job-server-from-libraries-")
    with zipfile.ZipFile(path) as jar:
        assert sorted(jar.namelist()) == ["META-INF/MANIFEST.MF", "META-INF/services/x", "a/Same.class", "c/C.class"]
        assert jar.read("META-INF/services/x") == b"one\ntwo\n"
        assert jar.read("a/Same.class") == b"beam's"
        assert b"Main-Class: org.apache.beam.runners.flink.FlinkJobServerDriver\n" in jar.read("META-INF/MANIFEST.MF")
    assert run("flink_job_server") == (0, path, "")
    assert os.listdir(machine / "cache") == [Path(path).name]


def test_a_job_server_that_is_there(machine, monkeypatch):
    beams = machine / "home/.apache_beam/cache/jars" / PUBLISHED
    beams.parent.mkdir(parents=True)
    beams.touch()
    assert run("flink_job_server") == (0, str(beams), "")
    monkeypatch.setenv("SHARDBOX_FLINK_JOB_SERVER", str(beams))
    assert run("flink_job_server") == (0, str(beams), "")
    monkeypatch.setenv("SHARDBOX_FLINK_JOB_SERVER", "none.jar")
    assert run("flink_job_server") == (1, "", "SHARDBOX_FLINK_JOB_SERVER='none.jar' is no file")


def test_what_cannot_be_had_is_said_in_a_sentence(machine):
    assert run("flink_job_server") == (1, "", "there is no 'mvn', which fetches Beam's job server for Flink")
    assert run("flink_home") == (1, "", "there is no 'java', which runs Flink")
    assert run("prism") == (1, "", "there is no 'go', which builds Prism")
    put_program(machine, "mvn", HAS_NOTHING)
    code, _, said = run("flink_job_server")
    last = "the libraries of Beam's job server for Flink cannot be had: No network"
    assert (code, said.splitlines()[-1]) == (1, last)
    put_program(machine, "go", "echo no network >&2; exit 1")
    code, _, said = run("prism")
    assert (code, said.splitlines()[-1]) == (1, f"Prism {BEAM} cannot be built: no network")
    assert os.listdir(machine / "cache") == []


def test_prism_is_built_once(machine):
    put_program(machine, "go", BUILDS.format(BEAM))
    path = machine / f"cache/prism-{BEAM}"
    assert run("prism") == (0, str(path), f"Prism {BEAM} is built ...")
    assert path.read_text() == "built\n"
    assert run("prism") == (0, str(path), "")
