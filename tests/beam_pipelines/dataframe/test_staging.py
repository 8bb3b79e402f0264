"""Tables from memory as files, and the folder that all their images lie below."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beam_pipelines.dataframe.staging import place_images, staging_folder, write_parquet
from presentation.refusals import UsageError


def placed(*columns: list[str | None]) -> tuple[str, list[list[str | None]]]:
    """(base, paths of each table)."""
    base, tables = place_images([pa.table({"image": pa.array(column, pa.string())}) for column in columns])
    return base, [table.column("image").to_pylist() for table in tables]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([["a/b/x.jpg", "a/c/x.jpg", "./a/b/x.jpg"]], ("a", [["b/x.jpg", "c/x.jpg", "b/x.jpg"]])),
        ([["x.jpg"]], ("", [["x.jpg"]])),
        ([["a/x.jpg"], ["a/y.jpg"]], ("a", [["x.jpg"], ["y.jpg"]])),
        ([["a/x.jpg"], ["a/b/y.jpg"]], ("a", [["x.jpg"], ["b/y.jpg"]])),
        ([["a/b/../x.jpg"]], ("a", [["x.jpg"]])),
        ([["a\\b\\x.jpg ", " a/b/y.jpg"]], ("a/b", [["x.jpg", "y.jpg"]])),
        ([["a/x.jpg", None, "", "/"]], ("a", [["x.jpg", None, None, None]])),
        ([["a/b/x.jpg", "a/b/"]], ("a", [["b/x.jpg", "b"]])),
        ([[None, ""]], ("", [[None, None]])),
    ],
)
def test_paths_are_told_below_the_deepest_folder_that_holds_them_all(columns, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    base, paths = placed(*columns)
    assert (os.path.relpath(base, tmp_path).removeprefix("."), paths) == expected
    assert os.path.isabs(base)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["/data/x.jpg", "/data/y/x.jpg"], ("/data", [["x.jpg", "y/x.jpg"]])),
        (["/data/x.jpg", "/other/x.jpg"], ("/", [["data/x.jpg", "other/x.jpg"]])),
        (["~/x.jpg", "/x.jpg"], ("/", [[f"{os.getcwd()[1:]}/~/x.jpg", "x.jpg"]])),
        (["gs://b/x/1.jpg", "gs://b/y/../z/1.jpg"], ("gs://b/", [["x/1.jpg", "z/1.jpg"]])),
        (["gs://b/x/1.jpg", "gs://b/x/y/2.jpg"], ("gs://b/x", [["1.jpg", "y/2.jpg"]])),
    ],
)
def test_absolute_paths(column, expected):
    assert placed(column) == expected


@example([[".."] * 4])  # the root
@given(st.lists(st.lists(st.sampled_from(["a", "b", "..", "."]), max_size=4), min_size=1, max_size=5))
def test_a_path_below_the_base_is_the_path_given(folders):
    column = ["/".join(["/r/r/r/r", *parts, "x.jpg"]) for parts in folders]
    base, (paths,) = placed(column)
    assert [os.path.normpath(os.path.join(base, path)) for path in paths] == [os.path.normpath(path) for path in column]
    assert not any(".." in path.split("/") for path in paths)
    assert os.path.commonpath([os.path.join(base, os.path.dirname(path)) for path in paths]) == base


@pytest.mark.parametrize(
    ("column", "pair"),
    [
        (["gs://b/1.jpg", "/data/2.jpg"], "'/data' and in 'gs://b'"),
        (["gs://b/1.jpg", "gs://c/2.jpg"], "'gs://b' and in 'gs://c'"),
    ],
)
def test_images_in_places_apart_are_refused(column, pair):
    with pytest.raises(UsageError) as refused:
        placed(column)
    assert str(refused.value) == f"images in {pair} have no folder in common: copy them to one place"


def test_parquet_has_parts_for_several_workers(tmp_path: Path):
    table = pa.table({"image": pa.array(["a", "b"] * 60_000).dictionary_encode(), "xmin": range(120_000)})
    write_parquet(table, f"{tmp_path}/rows.parquet")
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(3)] == [50_000, 50_000, 20_000]
    assert {field.name: str(field.type) for field in file.schema_arrow} == {"image": "string", "xmin": "int64"}
    assert file.read().to_pydict() == table.to_pydict()


def test_files_are_staged_on_this_machine_for_the_local_runner():
    with staging_folder(()) as folder:
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)


def test_staged_files_go_when_a_run_fails():
    def fail_in(folder: str) -> None:
        Path(folder, "rows.parquet").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), staging_folder(("--runner=DirectRunner",)) as folder:
        fail_in(folder)
    assert not os.path.exists(folder)


def test_files_are_staged_below_temp_location_for_workers_elsewhere(tmp_path: Path):
    flags = ("--runner=FlinkRunner", f"--temp_location={tmp_path}")
    with staging_folder(flags) as folder:
        assert os.path.dirname(folder) == str(tmp_path)
        write_parquet(pa.table({"image": ["a"]}), f"{folder}/rows.parquet")
        assert [path.name for path in tmp_path.rglob("*.parquet")] == ["rows.parquet"]
    assert list(tmp_path.iterdir()) == []


def test_workers_elsewhere_need_a_place():
    with pytest.raises(UsageError) as refused, staging_folder(("--runner=FlinkRunner",)):
        pass
    assert str(refused.value) == (
        "frames in memory on a remote runner need --temp_location, a folder where its workers can read them"
    )
