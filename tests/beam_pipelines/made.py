"""Records and small files for the tests of this folder."""

from pathlib import Path

from apache_beam.testing.test_pipeline import TestPipeline

from beam_pipelines.examination import Examiner
from beam_pipelines.listing import FileSet
from beam_pipelines.planning import Plan, Wishes
from beam_pipelines.records import Box, Picture, Reject
from beam_pipelines.survey import Survey

FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}


def box(name: str = "cat", xmin: float = 0.25, ymin: float = 0.5, xmax: float = 0.75, ymax: float = 1.0) -> Box:
    return name, xmin, ymin, xmax, ymax, 0, 0, "Unspecified", 0, 0, ""


def sha(number: int) -> str:
    return f"{number:064x}"


def picture(**changes: object) -> Picture:
    """A picture with one cat, in a group of its own, unless told otherwise."""
    plain = Picture(
        key=1 << 62,
        sha256=sha(1),
        image="a.jpg",
        annotation="a.xml",
        width=40,
        height=30,
        size=1000,
        format="jpeg",
        conversion="",
        group=sha(1),
        signature="cat",
        leads=True,
        boxes=(box(),),
        repairs=(),
    )
    return plain._replace(**changes)


def pictures(number: int, **changes: object) -> list[Picture]:
    """Pictures of other content each, their keys spread evenly."""
    return [
        picture(key=(i << 63) // number, sha256=sha(i), group=sha(i), image=f"{i}.jpg", annotation=f"{i}.xml")._replace(
            **changes
        )
        for i in range(number)
    ]


def reject(**changes: object) -> Reject:
    plain = Reject("image_missing", "image", "a.xml", "", "no image file is named so: not 'a'")
    return plain._replace(**changes)


def survey_of(outcomes: list, seed: int = 0) -> Survey:
    survey = Survey()
    for outcome in outcomes:
        survey.add(outcome, seed)
    return survey


def wishes(**changes: object) -> Wishes:
    plain = {
        "fractions": FRACTIONS,
        "seed": 0,
        "label_map": None,
        "unknown_classes": "fail",
        "num_shards": None,
        "shard_size": 2**28,
        "max_rejects": 0.01,
        "group_by": None,
    }
    return Wishes(**(plain | changes))


def splits_of(plan: Plan, found: list[Picture]) -> dict[str, str]:
    """Image → its split."""
    return {p.image: plan.split_of(p) for p in found}


def pipeline_here(runner: str = "FnApiRunner") -> TestPipeline:
    """A pipeline in this process."""
    return TestPipeline(runner=runner)


def put(folder: Path, name: str, content: bytes | str = b"x") -> Path:
    """Writes a file, and the folders above it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def put_all(folder: Path, *names: str) -> None:
    for name in names:
        put(folder, name)


def contents(folder: Path) -> dict[str, bytes]:
    """Path below the folder → content, of every file; folders without a file as 'name/' → b''."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    empty = {f"{p.relative_to(folder)}/": b"" for p in folder.rglob("*") if p.is_dir() and not any(p.iterdir())}
    return found | empty


def cat_object(xmin: object = 10, ymin: object = 6, xmax: object = 30, ymax: object = 24, name: str = "cat") -> str:
    sides = f"<xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax><ymax>{ymax}</ymax>"
    return f"<object><name>{name}</name><bndbox>{sides}</bndbox></object>"


def voc(
    *objects: str, filename: str = "", path: str = "", folder: str = "", size: tuple[int, int] | None = None
) -> str:
    """The text of an annotation."""
    fields = {"filename": filename, "path": path, "folder": folder}
    lines = [f"<{name}>{text}</{name}>" for name, text in fields.items() if text]
    if size:
        lines.append(f"<size><width>{size[0]}</width><height>{size[1]}</height></size>")
    return f"<annotation>{''.join(lines)}{''.join(objects)}</annotation>"


def examiner(folder: Path, **changes: object) -> Examiner:
    """Over `folder`/annotations and `folder`/images."""
    annotations = FileSet.of("annotations", [str(folder / "annotations")])
    return Examiner(annotations, FileSet.of("images", [str(folder / "images")]), **changes)
