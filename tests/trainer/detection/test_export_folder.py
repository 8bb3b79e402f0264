"""What --model may be, and what it is taken for if it is something else."""

from pathlib import Path

import pytest

from presentation.refusals import UsageError
from trainer.detection.export_folder import describe_folder

from .made_exports import DESCRIPTION


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        *("served/1/saved_model.pb", "served/2/saved_model.pb", "served/10/saved_model.pb", "served/11/notes"),
        *("other/saved_model.pb", "broken/saved_model.pb", "run/run.json", "keras/model.keras", "photos/a.jpg"),
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    for folder, text in (("served/1", DESCRIPTION.to_json()), ("broken", "{}")):
        (Path(folder) / "assets").mkdir()
        (Path(folder) / "assets" / "detector.json").write_text(text)


def test_an_export():
    assert describe_folder("served/1") == DESCRIPTION
    assert describe_folder("served/1/") == DESCRIPTION


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("servd", "--model 'servd': there is no such folder; did you mean served?"),
        ("nowhere/at/all", "--model 'nowhere/at/all': there is no such folder"),
        (
            "photos/a.jpg",
            "--model 'photos/a.jpg' is a file: give the folder of `shardbox-train export --output`",
        ),
        ("served", "--model 'served' holds one export or several: give --model served/10"),
        (
            "run",
            "--model 'run' is a training run: export it first, with "
            "shardbox-train export --model_dir run --output served/1, and give --model served/1",
        ),
        (
            "keras",
            "--model 'keras' is an export for Keras: give the folder of `shardbox-train export --output`",
        ),
        (
            "photos",
            "--model 'photos' holds no SavedModel (no saved_model.pb): "
            "give the folder of `shardbox-train export --output`",
        ),
        (
            "other",
            "--model 'other' is no SavedModel of `shardbox-train export`: it has no assets/detector.json",
        ),
        (
            "broken",
            "--model 'broken' is no SavedModel of `shardbox-train export`: "
            "assets/detector.json cannot be read: classes: Field required",
        ),
        ("gs://bucket/1", "--model 'gs://bucket/1' is not on a disk of this machine: copy the folder here"),
    ],
)
def test_what_is_none(path: str, sentence: str):
    with pytest.raises(UsageError) as caught:
        describe_folder(path)
    assert str(caught.value) == sentence
