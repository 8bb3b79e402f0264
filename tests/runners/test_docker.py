"""The images of docker/, as far as that can be told without building them: no engine runs where these tests do."""

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
import yaml

from ..end_to_end.shardbox_runs import ROOT
from .reference import cannot

FILES = sorted((ROOT / "docker").glob("*Dockerfile"))
HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"


def lint(path: Path) -> "subprocess.CompletedProcess[str]":
    """hadolint, which parses strictly, lints the shell inside too, and here forgives nothing."""
    if not HADOLINT.exists():
        cannot("hadolint is not installed (make runners)")
    flags = ["--no-color", "--failure-threshold", "style"]
    return subprocess.run([HADOLINT, *flags, path], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_linter_is_content(path: Path) -> None:
    done = lint(path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("COPY configs configs", "COPPY configs configs"),
        ("&& shardbox --version", "&& cd $PLACE"),
        (" AS worker", " AS"),
    ],
)
def test_the_linter_sees_mistakes(right: str, wrong: str, tmp_path: Path) -> None:
    text = (ROOT / "docker/Dockerfile").read_text("utf-8")
    assert right in text
    path = tmp_path / "Dockerfile"
    path.write_text(text.replace(right, wrong))
    assert lint(path).returncode != 0


def instructions(path: Path) -> list[tuple[str, str]]:
    """(word, rest) of every line that is one; none here goes on in the next."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert not any(line.endswith("\\") for line in lines)
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def copied(path: Path) -> list[str]:
    """What is copied from the build context."""
    rests = [rest for word, rest in instructions(path) if word == "COPY" and not rest.startswith("--from")]
    return [source for rest in rests for source in rest.split()[:-1]]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what .dockerignore lets through: it leaves all out, but what it names."""
    folder = tmp_path_factory.mktemp("context")
    first, *rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    everywhere = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    named = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert len(everywhere) + len(named) == len(rules)
    for name in named:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*everywhere))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_copied_is_there(path: Path, context: Path) -> None:
    for source in copied(path):
        assert (context / source).exists(), source


def test_the_context_holds_the_whole_package(context: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, context], check=True)
    (wheel,) = tmp_path.glob("shardbox-*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    ours = {"beam_pipelines", "data_contract", "presentation", "trainer"}
    tracked = subprocess.run(["git", "ls-files", *ours], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kinds = (".py", ".js", ".css", ".jinja", ".html")
    assert {name for name in tracked.split() if name.endswith(kinds)} <= inside


def test_one_release_of_beam_and_of_flink() -> None:
    values = dict(
        rest.split("=") for word, rest in instructions(ROOT / "docker/Dockerfile") if word == "ARG" and "=" in rest
    )
    locked = re.search(r"^apache-beam==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert locked
    assert values["BEAM"] == locked[1]
    cluster = next(yaml.safe_load_all((ROOT / "deploy/kubernetes/flink/cluster.yaml").read_text("utf-8")))
    assert cluster["spec"]["flinkVersion"] == f"v{values['FLINK'].replace('.', '_')}"


def test_what_the_manifests_name_is_in_the_images() -> None:
    """Paths below /opt/shardbox, which is the working folder of all images."""
    lines = [line for path in FILES for line in instructions(path)]
    assert {rest for word, rest in lines if word == "WORKDIR"} == {"/opt/shardbox"}
    made = {source.rpartition("/")[2] for path in FILES for source in copied(path)}
    made |= {rest.split()[-1].rpartition("/")[2] for word, rest in lines if word == "ADD"}
    texts = [path.read_text("utf-8") for path in (ROOT / "deploy/kubernetes").rglob("*.yaml")]
    texts += [rest for word, rest in lines if word == "ENV"]
    named = {name for text in texts for name in re.findall(r"/opt/shardbox/([\w.-]+)", text)}
    assert {"configs", "launch.py", "flink-job-server.jar"} <= named <= made


def test_who_runs() -> None:
    """The image of Dataflow runs as root, and says why; the others never."""
    users: dict[str, str] = {}
    for path in FILES:
        stage = path.name
        for word, rest in instructions(path):
            if word == "FROM":
                stage = rest.partition(" AS ")[2] or path.name
            if word == "USER":
                users[stage] = rest
    assert users == {"worker": "10001:10001", "trainer.Dockerfile": "10001:10001"}
