"""`shardbox build` on Prism, Beam's portable local runner."""

from importlib.metadata import version
from pathlib import Path

from ..end_to_end.shardbox_runs import PATIENCE, ROOT, command, digests, in_a_process, snapshot
from .flink_cluster import artefact
from .reference import Wanted, tell
from .terminal import interrupt_and_wait_on


def test_prism_leaves_the_same_bytes(wanted: Wanted, tmp_path: Path) -> None:
    prism, output = artefact("prism"), tmp_path / "dataset"
    profile = ROOT / "configs/runners/prism.yaml"
    result = in_a_process(*wanted.flags(output), f"--config={profile}", f"--prism_location={prism}")
    assert result.code == 0, result
    tell("Prism", f"Beam {version('apache-beam')}", digests(output))
    assert digests(output) == wanted.digests
    assert snapshot(output).keys() == snapshot(wanted.folder).keys()


def test_a_person_who_presses_ctrl_c_may_go_on_waiting(wanted: Wanted, tmp_path: Path) -> None:
    """A terminal interrupts Prism, too, which the job needs."""
    prism, output = artefact("prism"), tmp_path / "dataset"
    profile = ROOT / "configs/runners/prism.yaml"
    job = command(*wanted.flags(output), f"--config={profile}", f"--prism_location={prism}", "--job_name=nightly")
    interrupt_and_wait_on(job, "Cancel the job 'nightly' on PrismRunner? [y/n] (n)", PATIENCE)
    assert digests(output) == wanted.digests
