"""`shardbox build` over small real sets and made ones: what comes out, flag by flag."""

import re
import struct
import zlib
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from PIL import Image

from beam_pipelines.records import key_of
from data_contract.label_map import Label, LabelMap
from data_contract.manifest import Manifest, read_manifest

from .made_sets import CAT, REAL, encoded, flags, good_set, jpeg, mixed_set, pair, picture, write_set
from .shardbox_runs import (
    ROOT,
    TWO_PROCESSES,
    boxes_of,
    build,
    examples_of,
    in_a_process,
    name_of,
    reject_lines,
    shardbox,
    snapshot,
)

Boxes = list[tuple[str, float, float, float, float]]


class RealSet(NamedTuple):
    """A real set: patterns as they are given, and which XML file speaks of which picture."""

    annotations: tuple[str, ...]
    images: tuple[str, ...]
    picture_of: dict[str, str]
    """XML file → path of the picture as it is called in the dataset."""


SETS = {
    "raccoon": RealSet(
        ("raccoon/annotations/*.xml",),
        ("raccoon/images",),
        {f"raccoon/annotations/raccoon-{n}.xml": f"raccoon-{n}.jpg" for n in (65, 84, 98, 157)},
    ),
    "tutorial_windows": RealSet(
        ("tutorial_windows",),
        ("tutorial_windows",),
        {
            f"tutorial_windows/{name}.xml": f"{name}.jpg"
            for name in ("test/IMG_20181228_102745", "train/IMG_20181228_102206", "train/IMG_20181228_104027")
        },
    ),
    "toy_formats": RealSet(
        ("toy_formats/pascalvoc_format", "toy_formats/toyexample/gts_vocpascal_format"),
        ("toy_formats/images", "toy_formats/toyexample/images"),
        {f"toy_formats/pascalvoc_format/2007_000{n}.xml": f"images/2007_000{n}.jpg" for n in ("032", 243, 862)}
        | {
            f"toy_formats/toyexample/gts_vocpascal_format/{name}.xml": f"toyexample/images/{name}.jpg"
            for name in ("2008_006599", "2010_004175")
        },
    ),
    "imagenet_format": RealSet(
        ("toy_formats/imagenet_format/Annotations",),
        ("toy_formats/images",),
        {f"toy_formats/imagenet_format/Annotations/2007_000{n}.xml": f"2007_000{n}.jpg" for n in (243, 862)},
    ),
}


def of_set(chosen: RealSet, output: Path) -> list[object]:
    annotations, images = ([REAL / pattern for pattern in patterns] for patterns in chosen[:2])
    return ["--annotations", *annotations, "--images", *images, "--output", output]


def boxes_in_xml(path: Path) -> Boxes:
    """What an annotation says, read by the standard library, divided by the size that it gives, in float32."""
    root = ElementTree.parse(path).getroot()
    width, height = (float(root.findtext(f"size/{side}", "")) for side in ("width", "height"))
    boxes = []
    for item in root.iter("object"):
        left, top, right, bottom = (
            float(item.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")
        )
        sides = struct.pack("<4f", left / width, top / height, right / width, bottom / height)
        boxes.append((item.findtext("name", ""), *struct.unpack("<4f", sides)))
    return sorted(boxes)


@pytest.mark.parametrize("name", SETS)
def test_counts_and_boxes_are_those_of_the_xml_files(name: str, tmp_path: Path):
    chosen = SETS[name]
    build(*of_set(chosen, tmp_path), "--splits=all=1")
    manifest, examples = read_manifest(tmp_path), examples_of(tmp_path)["all"]
    expected = {picture: boxes_in_xml(REAL / xml) for xml, picture in chosen.picture_of.items()}
    found = {name_of(example): boxes_of(example) for example in examples}
    assert found == expected
    counts = Counter(box[0] for boxes in expected.values() for box in boxes)
    (split,) = manifest.splits.values()
    assert (split.images, split.negatives, split.boxes) == (len(expected), 0, counts)
    assert manifest.classes == {name: number for number, name in enumerate(sorted(counts), start=1)}
    assert manifest.rejects.counts == {}
    assert manifest.repairs == ({"duplicate_kept": 1} if name == "raccoon" else {})
    for example in examples:
        (found_at,) = REAL.glob(f"{name.replace('imagenet_format', 'toy_formats')}/**/{Path(name_of(example)).name}")
        (data,) = example["image/encoded"]
        assert data == found_at.read_bytes()
        assert Image.open(BytesIO(data)).size == (example["image/width"][0], example["image/height"][0])


def test_two_annotations_of_the_same_pictures_in_two_flavours(tmp_path: Path):
    """With floats and whole numbers, in another order: the same boxes; only one flavour knows what is truncated."""
    flavours = ("pascalvoc_format", "imagenet_format/Annotations")
    both = [REAL / f"toy_formats/{flavour}/2007_000{n}.xml" for flavour in flavours for n in (243, 862)]
    build("--annotations", *both, "--images", REAL / "toy_formats/images", "--output", tmp_path, "--splits=all=1")
    manifest = read_manifest(tmp_path)
    assert (manifest.rejects.counts, manifest.repairs) == ({"duplicate_identical": 1}, {"duplicate_kept": 1})
    names = sorted(name_of(example) for example in examples_of(tmp_path)["all"])
    assert names == ["2007_000243.jpg", "2007_000862.jpg", "2007_000862.jpg"]


RACCOONS = SETS["raccoon"]
TWICE = ("raccoon-65", "raccoon-98")
"""One picture under two names, with a box each that differ."""


@pytest.mark.parametrize("policy", ["keep", "merge", "reject"])
def test_duplicates(policy: str, tmp_path: Path):
    build(*of_set(RACCOONS, tmp_path), "--splits=all=1", f"--duplicates={policy}")
    boxes = {name: boxes_in_xml(REAL / f"raccoon/annotations/{name}.xml") for name in TWICE}
    examples = [e for e in examples_of(tmp_path)["all"] if Path(name_of(e)).stem in TWICE]
    sha256 = examples[0]["image/key/sha256"][0].decode()
    first, second = sorted(TWICE, key=lambda name: key_of(sha256, f"{name}.jpg"))
    expected = {
        "keep": {f"{name}.jpg": boxes[name] for name in TWICE},
        "merge": {f"{first}.jpg": sorted(boxes[first] + boxes[second])},
        "reject": {f"{first}.jpg": boxes[first]},
    }[policy]
    assert {name_of(e): boxes_of(e) for e in examples} == expected
    repairs = {"keep": {"duplicate_kept": 1}, "merge": {"boxes_merged": 1}, "reject": {}}[policy]
    assert read_manifest(tmp_path).repairs == repairs
    message = f"the same picture with other boxes as '{first}.jpg'"
    line = {"source": f"{second}.xml", "image": f"{second}.jpg", "code": "duplicate_conflicting"}
    lines = [line | {"level": "duplicate", "message": message}] if policy == "reject" else []
    assert reject_lines(tmp_path) == lines


def table(out: str) -> list[str]:
    """The first table of what the command prints, without the row of sizes: a dry run can only estimate them."""
    lines = out.splitlines()
    end = next(i for i, line in enumerate(lines) if line.startswith("└"))
    return [line.split() for line in lines[:end] if not line.startswith(("│ size", "┏", "┡"))]


def test_a_dry_run_prints_the_same_table_and_writes_nothing(tmp_path: Path):
    folder = mixed_set(tmp_path / "set")
    given = (*flags(folder, tmp_path / "out"), "--max_rejects=0.2")
    before = snapshot(tmp_path)
    dry = build(*given, "--dry_run")
    assert snapshot(tmp_path) == before
    real = build(*given)
    assert table(dry.out) == table(real.out)
    assert [row[1] for row in table(dry.out)[2:]] == [
        *("images", "negatives", "boxes", "bird", "cat", "dog", "naïve", "raccoon", "shards")
    ]
    assert dry.out.splitlines()[-1] == "Dry run: nothing was written."
    paths = [str(tmp_path / "out" / name) for name in ("manifest.json", "report/index.html")]
    assert real.out.splitlines()[-2:] == paths


def test_a_dry_run_needs_no_output(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    before = snapshot(tmp_path)
    build(*flags(folder, Path())[:2], "--dry_run")
    assert snapshot(tmp_path) == before


def test_a_dry_run_leaves_what_is_in_the_output_alone(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("mine")
    before = snapshot(tmp_path)
    build(*flags(folder, tmp_path / "out"), "--dry_run")
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("config", sorted((ROOT / "configs/dataset").glob("*.yaml")), ids=lambda path: path.name)
def test_configuration_examples_run(config: Path, tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    given = flags(folder, tmp_path / "out")
    if config.name == "rows.yaml":
        table = tmp_path / "labels.csv"
        assert shardbox("xml_to_csv", given[0], f"--output={table}").code == 0
        given[0] = f"--rows={table}"
    build(f"--config={config}", *given)
    manifest = read_manifest(tmp_path / "out")
    images = {name: split.images for name, split in manifest.splits.items()}
    seed, duplicates = manifest.options["seed"], manifest.options["duplicates"]
    assert (images, seed, duplicates) == {
        "rows.yaml": ({"train": 10, "validation": 2}, 0, "keep"),
        "voc.yaml": ({"train": 8, "validation": 2, "test": 2}, 7, "merge"),
    }[config.name]


def test_the_command_line_wins_over_a_configuration(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    config = tmp_path / "mine.yaml"
    config.write_text("splits: {train: 0.5, test: 0.5}\nseed: 3\nnum_shards: {train: 2}\n")
    build(f"--config={config}", *flags(folder, tmp_path / "out"), "--seed=4")
    manifest = read_manifest(tmp_path / "out")
    assert manifest.options["seed"] == 4
    shards = {name: len(split.shards) for name, split in manifest.splits.items()}
    assert shards == {"train": 2, "test": 1}


def test_groups_stay_together_even_where_equal_pictures_link_them(tmp_path: Path):
    """Scenes 0, 1 and 2 show one picture; whoever parted them would train on what is tested."""
    folder = mixed_set(tmp_path / "set")
    output = tmp_path / "out"
    build(*flags(folder, output), r"--group_by=^(scene\d)/", "--max_rejects=0.2", "--splits=a=0.4,b=0.3,c=0.3")
    sides: dict[str, set[str]] = {}
    for split, examples in examples_of(output).items():
        for example in examples:
            sides.setdefault(name_of(example).partition("/")[0], set()).add(split)
    scenes = {name: splits for name, splits in sides.items() if name.startswith("scene")}
    assert [len(splits) for splits in scenes.values()] == [1] * 6
    assert scenes["scene0"] == scenes["scene1"] == scenes["scene2"]
    assert set.union(*scenes.values()) == {"a", "b", "c"}  # four groups in three splits
    assert sides["raccoon-65.jpg"] == sides["raccoon-98.jpg"]


def test_no_picture_is_in_two_splits(tmp_path: Path):
    folder = mixed_set(tmp_path / "set")
    build(*flags(folder, tmp_path / "out"), "--max_rejects=0.2", "--splits=a=0.4,b=0.3,c=0.3")
    pictures = [
        {example["image/encoded"][0] for example in examples} for examples in examples_of(tmp_path / "out").values()
    ]
    assert [len(split) > 5 for split in pictures] == [True] * 3
    assert len(set.union(*pictures)) == sum(map(len, pictures))


def shards_of(output: Path) -> dict[str, int]:
    return {name: len(split.shards) for name, split in read_manifest(output).splits.items()}


@pytest.mark.parametrize(
    ("given", "shards"),
    [
        (["--num_shards=10"], {"train": 8, "validation": 1, "test": 1}),
        (["--num_shards=train=3,test=2"], {"train": 3, "validation": 1, "test": 2}),
        (["--shard_size=4KB"], {"train": 3, "validation": 1, "test": 1}),
        (["--splits=all=1", "--num_shards=4"], {"all": 4}),
    ],
)
def test_shards(given: list[str], shards: dict[str, int], tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    build(*flags(folder, tmp_path / "out"), *given)
    assert shards_of(tmp_path / "out") == shards
    keys = [
        [int(example["image/source_id"][0]) for example in examples]
        for examples in examples_of(tmp_path / "out").values()
    ]
    assert sum(map(len, keys)) == 12
    assert keys == [sorted(split) for split in keys]  # and so are the keys of each shard
    assert len({key for split in keys for key in split}) == 12


def test_a_given_label_map_is_kept_as_it_is(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(6))
    given = LabelMap((Label("dog", 7, "a dog"), Label("cat", 90), Label("zebra", 2)))
    (tmp_path / "map.pbtxt").write_text(given.to_pbtxt())
    build(*flags(folder, tmp_path / "out"), f"--label_map={tmp_path / 'map.pbtxt'}", "--splits=all=1")
    assert (tmp_path / "out/label_map.pbtxt").read_text() == given.to_pbtxt()
    manifest = read_manifest(tmp_path / "out")
    assert manifest.classes == {"zebra": 2, "dog": 7, "cat": 90}
    assert manifest.splits["all"].boxes == {"cat": 3, "dog": 3}
    labels = Counter(label for example in examples_of(tmp_path / "out")["all"] for label in labels_of(example))
    assert labels == {("cat", 90): 3, ("dog", 7): 3}


def labels_of(example: dict[str, list[Any]]) -> list[tuple[str, int]]:
    texts = [text.decode() for text in example["image/object/class/text"]]
    return list(zip(texts, example["image/object/class/label"], strict=True))


def test_unknown_classes_are_dropped_box_by_box(tmp_path: Path):
    files = good_set(2, ("cat",)) | pair("x", boxes=[CAT, ("fox", 1, 2, 9, 9)]) | pair("y", boxes=[("fox", 1, 2, 9, 9)])
    folder = write_set(tmp_path / "set", files)
    (tmp_path / "map.pbtxt").write_text("item { name: 'cat' id: 3 }")
    wanted = (f"--label_map={tmp_path / 'map.pbtxt'}", "--unknown_classes=drop", "--max_rejects=0")
    build(*flags(folder, tmp_path / "out"), *wanted, "--splits=all=1")
    split = read_manifest(tmp_path / "out").splits["all"]
    assert (split.images, split.negatives, split.boxes) == (4, 1, {"cat": 3})
    assert reject_lines(tmp_path / "out") == [
        {
            "source": f"{name}.xml",
            "image": f"{name}.jpg",
            "code": "class_unknown",
            "level": "box",
            "message": "class 'fox' is not in the label map",
            "box": "fox xmin=1 ymin=2 xmax=9 ymax=9",
        }
        for name in ("x", "y")
    ]


@pytest.mark.parametrize("unannotated", ["skip", "negative"])
def test_pictures_without_annotation(unannotated: str, tmp_path: Path):
    bare = {f"JPEGImages/bare-{i}.jpg": jpeg(f"bare {i}") for i in range(3)}
    copy = {"JPEGImages/copy.jpg": jpeg("good-000")}  # of an annotated picture: as a negative it would be a lie
    folder = write_set(tmp_path / "set", good_set(4) | bare | copy | {"JPEGImages/notes.txt": b"no picture"})
    result = build(*flags(folder, tmp_path / "out"), f"--unannotated={unannotated}", "--splits=all=1")
    manifest = read_manifest(tmp_path / "out")
    (split,) = manifest.splits.values()
    negative = unannotated == "negative"
    assert (split.images, split.negatives) == ((7, 3) if negative else (4, 0))
    assert manifest.rejects.counts == ({"duplicate_conflicting": 1} if negative else {})
    hint = "4 images without annotation left out; --unannotated=negative takes them as negatives."
    assert (hint in result.out.splitlines()) == (not negative)


def damaged_png() -> bytes:
    """A PNG whose checksums are right, and whose pixels end after a third: TensorFlow refuses it, Pillow does not."""
    whole = encoded(picture("damaged"), "PNG")
    head = whole[: whole.index(b"IDAT") - 4]
    pixels = b"IDAT" + zlib.compress(b"\0" * (40 * 3 + 1) * 10)
    block = struct.pack(">I", len(pixels) - 4) + pixels + struct.pack(">I", zlib.crc32(pixels))
    return head + block + whole[whole.index(b"IEND") - 4 :]


def test_decoding_finds_damage_that_the_structure_hides(tmp_path: Path):
    files = good_set(4) | pair("damaged") | {"JPEGImages/damaged.png": damaged_png()}
    del files["JPEGImages/damaged.jpg"]
    given = flags(write_set(tmp_path / "set", files), Path())[:2]
    build(*given, f"--output={tmp_path / 'one'}", "--splits=all=1", "--max_rejects=0.2")
    build(*given, f"--output={tmp_path / 'two'}", "--splits=all=1", "--max_rejects=0.2", "--probe=decode")
    assert read_manifest(tmp_path / "one").splits["all"].images == 5
    assert read_manifest(tmp_path / "two").splits["all"].images == 4
    line = {"source": "damaged.xml", "image": "damaged.png", "code": "image_truncated", "level": "image"}
    message = "The PNG's pixel data ends after 1210 of 3630 bytes."
    assert reject_lines(tmp_path / "two") == [line | {"message": message}]


SPY = """
import sys

class Spy:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras", "trainer"):
            with open({seen!r}, "a") as seen:
                print(name, file=seen)
            raise ImportError("the data job must do without " + name)

sys.meta_path.insert(0, Spy())
with open({started!r}, "a") as started:
    print(sys.argv, file=started)
"""


@pytest.mark.parametrize("mode", [(), TWO_PROCESSES], ids=["in_memory", "multi_processing"])
def test_no_process_imports_tensorflow(mode: tuple[str, ...], tmp_path: Path):
    """Python runs a module of the name sitecustomize, if there is one, at the start of every process."""
    folder = mixed_set(tmp_path / "set")
    seen, started = tmp_path / "seen", tmp_path / "started"
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy/sitecustomize.py").write_text(SPY.format(seen=str(seen), started=str(started)))
    given = (*flags(folder, tmp_path / "out"), "--max_rejects=0.2", "--probe=decode", *mode)
    done = in_a_process(*given, PYTHONPATH=str(tmp_path / "spy"))
    assert (done.code, done.err) == (0, "")
    assert not seen.exists(), seen.read_text()
    assert len(started.read_text().splitlines()) == (3 if mode else 1)  # the spy was there, in the workers too
    assert read_manifest(tmp_path / "out").splits["train"].images > 30


def test_what_the_terminal_shows(tmp_path: Path):
    """In a process of its own, by `python -m beam_pipelines`."""
    folder = write_set(tmp_path / "set", good_set(11) | pair("cut") | {"JPEGImages/cut.jpg": jpeg("cut")[:-9]})
    result = in_a_process(*flags(folder, Path("out")), "--max_rejects=0.1", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (result.code, result.err) == (0, "")
    manifest = read_manifest(tmp_path / "out")
    lines = result.out.splitlines()
    rows = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in lines if line.startswith("│")]
    assert rows[:5] == [
        row("images", [split.images for split in manifest.splits.values()]),
        row("negatives", [0, 0, 0]),
        row("boxes", [sum(split.boxes.values()) for split in manifest.splits.values()]),
        row("cat", [split.boxes.get("cat", 0) for split in manifest.splits.values()]),
        row("dog", [split.boxes.get("dog", 0) for split in manifest.splits.values()]),
    ]
    assert rows[-1] == ["1", "image_truncated", "The picture ends too early: copy it again from its source."]
    last = r"11 images, [\d.]+ KiB in 3 shards, [\d.]+ s \(\d+ images/s\), peak memory [\d.]+ [MG]iB"
    assert re.fullmatch(last, lines[-3])
    assert lines[-2:] == ["out/manifest.json", "out/report/index.html"]


def row(label: str, counts: list[int]) -> list[str]:
    return [label, *map(str, counts), str(sum(counts))]


def test_run_json_tells_how_it_was_made(tmp_path: Path):
    import json

    folder = write_set(tmp_path / "set", good_set(12))
    build(*flags(folder, tmp_path / "out"), "--direct_num_workers=1")
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["images"] == str(folder / "JPEGImages")
    assert run["annotations"] == str(folder / "Annotations")
    assert run["runner"][0] == "--direct_num_workers=1"
    assert run.keys() == {
        *("started", "seconds", "peak_memory_bytes", "runner", "annotations", "images"),
        *("shardbox", "apache_beam", "python"),
    }


def test_nothing_of_the_manifest_depends_on_where_the_data_are(tmp_path: Path):
    folder = write_set(tmp_path / "set", good_set(12))
    build(*flags(folder, tmp_path / "out"))
    text = (tmp_path / "out/manifest.json").read_text()
    assert str(tmp_path) not in text
    assert Manifest.from_json(text).to_json() == text
