"""The notebook runs from its first cell to its last, and leaves the datasets that it speaks of."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from data_contract.manifest import read_manifest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(EXAMPLES / "dataframe.ipynb", as_version=4)


@pytest.fixture(scope="module")
def ran(notebook: nbformat.NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list]:
    """(working folder, code cells with their outputs)."""
    folder = tmp_path_factory.mktemp("notebook")
    shutil.copy(EXAMPLES / "make_shapes.py", folder)
    copy = nbformat.from_dict(notebook)
    NotebookClient(copy, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return folder, [cell for cell in copy.cells if cell.cell_type == "code"]


def outputs(cell: nbformat.NotebookNode, kind: str = "text/plain") -> list[str]:
    return [output["data"][kind] for output in cell.outputs if kind in output.get("data", {})]


def test_it_is_stored_without_outputs(notebook: nbformat.NotebookNode):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


def test_it_leaves_a_dataset_and_a_file(ran: tuple[Path, list]):
    folder, cells = ran
    manifest = read_manifest(folder / "dataset")
    assert manifest.classes == {"circle": 1, "square": 2, "triangle": 3}
    assert {name: split.images for name, split in manifest.splits.items()} == {"train": 32, "validation": 8}
    assert manifest.rejects.counts == {}
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {
        *("dataset", "make_shapes.py", "pictures", "train.tfrecord"),
    }
    rows = [int(number) for number in outputs(cells[1])[-1].strip("()").split(",")]
    assert [sum(manifest.splits[name].boxes.values()) for name in ("train", "validation")] == rows
    assert outputs(cells[4]) == ["32"]


def test_it_shows_a_table_of_what_was_written_and_a_picture_with_boxes(ran: tuple[Path, list]):
    _, cells = ran
    shown = "".join(outputs(cells[2]))
    assert "Dataset" in shown
    assert "circle" in shown
    assert not [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert outputs(cells[-1], "image/png")
