"""The page as text, parsed as a browser parses it."""

import json
import re
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from lxml import html
from PIL import ImageColor

from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.report.hints import hints_of
from beam_pipelines.report.page import render_page
from beam_pipelines.report.sightings import ALL
from beam_pipelines.report.sketch import Sketch
from presentation.drawing.colours import contrast
from presentation.page.rendering import shown

from .made_page import (
    CLASSES,
    REJECTED,
    REJECTS,
    figure,
    made_figures,
    made_page,
    made_sketch,
    manifest_of,
    sighting,
)


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def one(page: html.HtmlElement, path: str) -> html.HtmlElement:
    (found,) = page.xpath(path)
    return found


def rows(page: html.HtmlElement, table: str) -> list[list[str]]:
    return [[words(cell) for cell in row] for row in page.xpath(f"//table[@id='{table}']/tbody/tr")]


def data_of(page: html.HtmlElement) -> dict:
    return json.loads(page.get_element_by_id("data").text)


@pytest.fixture(scope="module")
def text() -> str:
    return made_page()


@pytest.fixture(scope="module")
def page(text) -> html.HtmlElement:
    return parsed(text)


def test_the_same_arguments_give_the_same_page(text):
    assert made_page() == text


def test_the_order_of_mappings_does_not_matter(text):
    manifest = manifest_of(made_sketch(), CLASSES)
    turned = replace(
        manifest,
        options=dict(reversed(manifest.options.items())),
        seen=dict(reversed(manifest.seen.items())),
        classes=dict(reversed(CLASSES.items())),
    )
    backwards = dict(reversed(CLASSES.items()))
    assert made_page(manifest=turned, class_ids=backwards) == made_page(manifest=manifest)


def test_the_page_needs_nothing_but_itself(text, page):
    policy = one(page, "//meta[@http-equiv='Content-Security-Policy']").get("content")
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )
    addresses = page.xpath("//@src | //@href | //@srcset | //@action | //@poster | //@data")
    assert {re.split("[,#]", address)[0] for address in addresses} == {"", "data:", "data:image/jpeg;base64"}
    assert "sourceMappingURL" not in text
    assert not re.search(r"@import|url\(", "".join(page.xpath("//style/text()")))


def test_a_page_without_pictures_is_small():
    assert len(made_page(figures=[]).encode()) < 400_000


def test_header(page):
    assert (words(one(page, "//h1")), words(one(page, "//title"))) == ("Dataset report", "Dataset report")
    assert [(words(fact[0]), words(fact[1])) for fact in page.xpath("//dl[@class='facts']/div")] == [
        ("images", "40"),
        ("boxes", "83"),
        ("classes", "3"),
        ("splits", "3"),
        ("on disk", "80.0 KiB"),
    ]
    assert words(one(page, "//p[starts-with(., 'Made of')]")) == "Made of 43 annotations, 44 images."
    assert [words(item) for item in page.xpath("//section[@class='findings']//li")] == [
        "A remark of the job.",
        "5 objects or pictures were left out, where 43 annotations were given: see Rejects.",
        "Class 'كلب 狗' is without a box in split 'validation'.",
        "Class 'كلب 狗' is without a box in split 'test'.",
    ]


def test_one_of_each():
    sketch = Sketch()
    sketch.add("train", "f", [sighting(0, "cat")])
    sketch.left_out["boxes"] = 1
    manifest = manifest_of(sketch, {"cat": 1}, splits={}, options={}, seen={"annotations": 1, "images": 1})
    page = parsed(made_page(sketch=sketch, manifest=manifest, class_ids={"cat": 1}, figures=[]))
    assert [words(fact[0]) for fact in page.xpath("//dl[@class='facts']/div")] == [
        "image",
        "box",
        "class",
        "split",
        "on disk",
    ]
    assert words(one(page, "//p[starts-with(., 'Made of')]")) == "Made of 1 annotation, 1 image."
    assert words(one(page, "//section[@class='findings']")) == (
        "Worth knowing 1 box could not be counted: `shardbox verify` tells why."
    )
    assert words(one(page, "//summary[starts-with(., 'Label map')]")) == "Label map (1 class)"


def test_many_remarks_are_cut_short():
    manifest = manifest_of(made_sketch(), CLASSES, remarks=tuple(f"Remark {number}." for number in range(30)))
    items = parsed(made_page(manifest=manifest)).xpath("//section[@class='findings']//li")
    assert [words(item) for item in items[-2:]] == ["Remark 19.", "… and 12 more remarks."]
    manifest = manifest_of(made_sketch(), CLASSES, remarks=tuple(f"Remark {number}." for number in range(19)))
    assert words(parsed(made_page(manifest=manifest)).xpath("//section[@class='findings']//li")[-1]) == (
        "… and 1 more remark."
    )


def test_tables_of_splits_and_classes(page):
    assert rows(page, "split-table") == [
        ["train", "32", "80%", "80%", "67", "2.1", "3", "1", "64.0 KiB"],
        ["validation", "4", "10%", "10%", "8", "2.0", "0", "1", "8.0 KiB"],
        ["test", "4", "10%", "10%", "8", "2.0", "0", "1", "8.0 KiB"],
    ]
    assert rows(page, "class-table") == [
        ["dog", "2", "40", "48%", "20", "32 ±0%", "4 ±0%", "4 ±0%"],
        ["cat", "1", "36", "43%", "36", "28 −3%", "4 +11%", "4 +11%"],
        ["كلب 狗", "3", "7", "8.4%", "7", "7 +25%", "0 −100%", "0 −100%"],
    ]


def test_pictures(page):
    tiles = page.xpath("//section[@id='gallery']/div[@class='gallery']/figure")
    assert [(words(tile), tile.get("data-split"), tile.get("data-classes").split()) for tile in tiles] == [
        ("cat pictures/train/1.jpg train-00000-of-00001.tfrecord, record 1", "0", ["1"]),
        ("cat dog pictures/test/0.jpg test-00000-of-00001.tfrecord, record 0", "2", ["1", "0"]),
        (
            "the picture ends too early cat pictures/validation/3.jpg validation-00000-of-00001.tfrecord, record 3",
            "1",
            ["1"],
        ),
        (
            "كلب 狗 cat dog pictures/train/0.jpg train-00000-of-00001.tfrecord, record 0",
            "0",
            ["2", "1", "0"],
        ),
    ]
    assert len(page.xpath("//section[@id='gallery']//div[@class='group']//figure")) == 1
    notes = [words(note) for note in page.xpath("//section[@id='oddest']//figcaption/strong")]
    assert notes == ["note of largest", "note of smallest", "note of thinnest", "note of most_crowded"]
    image = page.xpath("//section[@id='gallery']//img")[0]
    assert {name: image.get(name) for name in ("width", "height", "loading", "decoding", "alt")} == {
        "width": "64",
        "height": "48",
        "loading": "lazy",
        "decoding": "async",
        "alt": "cat",
    }


@pytest.mark.parametrize(
    ("file", "quoted", "last"),
    [
        ("my file; rm -rf.tfrecord", "'my file; rm -rf.tfrecord'", "my file; rm -rf.tfrecord"),
        ("coco/a.tfrecord", "coco/a.tfrecord", "a.tfrecord"),  # it is told where the command is to be run
        ("--draw", "./--draw", "--draw"),
    ],
)
def test_a_file_of_any_name_is_quoted_in_the_command(file, quoted, last):
    odd = figure("class", "train", 3, "cat")
    odd = odd._replace(sample=odd.sample._replace(file=file))
    page = parsed(made_page(figures=[odd]))
    assert one(page, "//button/@data-command") == f"shardbox show {quoted} --index 3"
    assert words(one(page, "//*[@class='where']")) == f"train · {last}, record 3"


def test_it_is_said_where_the_command_is_to_be_run(page):
    assert words(page.get_element_by_id("command-place")) == "In the dataset’s folder, this command shows the record:"
    others = parsed(made_page(manifest=None))
    assert words(others.get_element_by_id("command-place")) == (
        "In the folder of the record files, this command shows the record:"
    )


def test_a_drawing_that_is_shown_twice_is_in_the_page_once(page):
    twice = [one for one in made_figures() if one.place in ("smallest", "negative")]
    twice.append(twice[0]._replace(place="class"))
    again = parsed(made_page(figures=twice))
    found = [(image.get("id"), image.get("data-same"), "src" in image.attrib) for image in again.xpath("//main//img")]
    assert found == [("drawing-0", None, True), (None, "drawing-0", False), ("drawing-1", None, True)]
    assert again.xpath("//noscript/a/@href") == ["#drawing-0"]
    assert [image.get("data-same") for image in page.xpath("//section[@id='oddest']//img")] == [
        None,
        *["drawing-4"] * 3,
    ]


def test_hints(page):
    hints = hints_of(made_sketch())
    small = [[words(cell) for cell in row][:2] for row in page.xpath("//table[@id='small-table']/tbody/tr")]
    assert [size for size, _ in small] == [f"{size.training_size:,} px" for size in hints.sizes]
    drawn = [
        (float(box.get("width")), float(box.get("height"))) for box in page.xpath("//section[@id='training']//rect")
    ]
    assert drawn == list(reversed(hints.anchors))
    scope: dict = {}
    exec(one(page, "//section[@id='training']//pre").text_content(), scope)
    assert (scope["anchors"], scope["aspect_ratios"]) == (list(hints.anchors), list(hints.aspect_ratios))
    section = words(page.get_element_by_id("training"))
    assert all(remark in section for remark in hints.remarks)


def test_repairs_and_rejects_with_what_to_do(page):
    repairs = [[words(cell) for cell in row] for row in page.xpath("//section[@id='repairs']//tbody/tr")]
    assert repairs == [
        ["1,234", "box_clipped", REPAIRS["box_clipped"]],
        ["2", "size_differs", REPAIRS["size_differs"]],
    ]
    rejects = page.xpath("//details[@class='reject']")
    assert [words(one.find("summary")) for one in rejects] == [
        f"4 box_outside {REMEDIES['box_outside']}",
        f"1 image_empty {REMEDIES['image_empty']}",
    ]
    assert [[words(item) for item in one.xpath(".//li")] for one in rejects] == [
        [
            "a/1.xml, line 12 – a/1.jpg'dog' lies at (700, 0, 800, 9), outside the picture",
            "… and 3 more.",
        ],
        ["b.xml – b.jpg0 bytes"],
    ]


def test_codes_of_another_version():
    manifest = manifest_of(made_sketch(), CLASSES, repairs={"of_tomorrow": 3})
    assert "of_tomorrow" in words(parsed(made_page(manifest=manifest)).get_element_by_id("repairs"))


def test_details(page):
    footer = page.get_element_by_id("options")
    assert [[words(cell) for cell in row] for row in footer.xpath("(.//table)[1]//tr")] == [
        ["group_by", "null"],
        ["seed", "7"],
        ["splits", '{"test": 0.1, "train": 0.8, "validation": 0.1}'],
    ]
    assert [[words(cell) for cell in row] for row in footer.xpath("(.//table)[2]/tbody/tr")] == [
        ["1", "cat"],
        ["2", "dog"],
        ["3", "كلب 狗"],
    ]


def test_the_licences_travel_with_the_page(page):
    licences = [element.text for element in page.xpath("//pre[@class='licence']")]
    assert [text.split("Copyright")[1].splitlines()[0] for text in licences] == [
        " (c) 2014-2024 Chart.js Contributors",
        " (c) 2019-2025 Jukka Kurkela",
    ]


def test_record_files_of_others():
    page = parsed(made_page(manifest=None, class_ids={}, rejects=()))
    assert not page.xpath("//section[@id='repairs'] | //section[@id='rejects']")
    assert rows(page, "split-table")[0] == ["train", "32", "80%", "67", "2.1", "3"]
    assert [row[1] for row in rows(page, "class-table")] == ["–", "–", "–"]
    assert {words(fact[0]) for fact in page.xpath("//dl[@class='facts']/div")} == {
        "images",
        "boxes",
        "classes",
        "splits",
    }


def test_many_files_of_others_are_counted_as_one():
    sketch = Sketch()
    for number in range(40):
        sketch.add(f"{number:02d}.record", f"{number:02d}.record", [sighting(0, "cat"), sighting(1, "cat")])
    figures = [figure("class", "39.record", 0, "cat")]
    page = parsed(made_page(sketch=sketch, manifest=None, class_ids={}, figures=figures))
    assert rows(page, "split-table")[-1] == ["29 others", "58", "72%", "58", "1.0", "0"]
    assert data_of(page)["boxes"] == [2] * 11 + [58]
    assert one(page, "//figure/@data-split") == "11"
    assert page.xpath("//dl[@class='facts']/div[dt='splits']/dd/text()") == ["40"]


def test_no_images_at_all():
    page = parsed(render_page(None, {}, Sketch(), [], [], hints_of(Sketch())))
    assert [words(one(page, f"//table[@id='{name}']/tbody")) for name in ("split-table", "class-table")] == [
        "There is no split.",
        "There is no class.",
    ]
    assert words(page.xpath("//section[@id='training']//p")[0]) == "There are no boxes to learn from."


def test_classes_of_whole_images_alone():
    sketch = Sketch()
    sketch.add("train", "f", [sighting(0, labels=("cat", "dog")), sighting(1, labels=("cat",)), sighting(2)])
    page = parsed(made_page(sketch=sketch, manifest=None, figures=[]))
    assert rows(page, "class-table") == [["cat", "1", "2", "67%"], ["dog", "2", "1", "33%"], ["كلب 狗", "3", "0", "0%"]]
    assert data_of(page)["unit"] == "images"
    assert "Images per class" in words(page.get_element_by_id("classes-card"))


def palettes(text: str) -> list[dict[str, tuple[int, int, int]]]:
    """The colours of each theme, by their names."""
    blocks = re.findall(r"color-scheme: \w+;(.*?)}", text, re.DOTALL)
    assert len(blocks) == 3
    return [
        {name: ImageColor.getrgb(value) for name, value in re.findall(r"--([\w-]+): (#\w+);", block)}
        for block in blocks
    ]


def test_colours_can_be_read(text):
    light, dark, dark_of_the_machine = palettes(text)
    assert dark == dark_of_the_machine
    for colours in (light, dark):
        for ground in ("ground", "card", "faint"):
            for ink in ("text", "quiet", "accent", "more", "less"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        for ink, ground in (("notice", "notice-ground"), ("text", "notice-ground"), ("accent", "accent-ground")):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        for number in range(6):
            assert contrast(colours[f"split-{number}"], colours["card"]) >= 3, number


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]></style><img src=x onerror=alert(1)>",
    "a\u2028b\u2029c",
    "\"'`&amp;<b>",
    "{{ 7 * 7 }}{% raw %}",
    "\x00\x1b[31m\u202e\ud800",
    "' onmouseover='alert(1)",
]


def named(name: str) -> str:
    """A page on which everything that can come from a file is called so."""
    sketch = Sketch()
    sketch.add(name, name, [sighting(0, name, labels=(name,))])
    return made_page(
        manifest=manifest_of(
            made_sketch(), CLASSES, rejects=REJECTS, remarks=(name,), options={"columns": {"image": name}}
        ),
        class_ids={name: 1},
        sketch=sketch,
        figures=[
            figure("class", name, 0, name, title=name, note=name),
            figure("negative", name, 0, jpeg=b"", note=name),
        ],
        rejects=[reject._replace(source=name, image=name, message=name) for reject in REJECTED],
    )


def skeleton(page: html.HtmlElement) -> list[tuple[object, list[str]]]:
    return [(element.tag, sorted(element.keys())) for element in page.iter()]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_breaks_out(name):
    text = named(name)
    page = parsed(text)
    tame = "ta/me" if "/" in name else "tame"  # of a file, the last part of its path is shown
    assert skeleton(page) == skeleton(parsed(named(tame)))
    assert data_of(page)["classes"][0]["name"] == data_of(page)["splits"][-1] == shown(name)
    assert not set(text) & {"\x00", "\x1b", "\u202e", "\ud800"}


def test_thousands_of_classes():
    ids = {f"class {number:04d}": number for number in range(1, 2001)}
    sketch = Sketch()
    for split in ("train", "test"):
        sightings = [sighting(number, name, *list(ids)[: number % 6]) for number, name in enumerate(ids)]
        sketch.add(split, split, sightings)
    start = perf_counter()
    text = made_page(sketch=sketch, manifest=None, class_ids=ids, figures=made_figures())
    assert perf_counter() - start < 5
    assert len(text.encode()) < 1_500_000
    page = parsed(text)
    assert len(rows(page, "class-table")) == len(data_of(page)["classes"]) == 500
    assert {len(cells) for cells in data_of(page)["cells"]} == {101}
    classes = words(page.get_element_by_id("classes"))
    assert "The table holds the 500 most frequent of 2,000 classes." in classes
    assert "The 100 most frequent classes have charts of their own here; pick one in the filter." in words(
        page.get_element_by_id("charts")
    )
    assert "The first 500 of them; all are in the label map's file." in words(page.get_element_by_id("options"))


def dense_sketch(splits: int, classes: int, name: str) -> Sketch:
    """Many images of many sizes, with boxes of each class in every bin."""
    cell = np.random.default_rng(1).integers(10_000, 99_999, 400)
    source = Sketch()
    source.add(
        "s", "f", [sighting(number, "cat", width=100 + 50 * number, height=90 + 60 * number) for number in range(64)]
    )
    length = len(source.cells["s", ALL])
    sketch = Sketch()
    for split in [f"split-{number:02d}" for number in range(splits)]:
        sketch.image_sizes[split], sketch.exact_sizes[split] = (
            source.image_sizes["s"] * 1000 + 1000,
            source.exact_sizes["s"],
        )
        for cls in (ALL, *(f"{name} {number:04d}" for number in range(classes))):
            sketch.cells[split, cls] = cell[:length]
    return sketch


@pytest.mark.parametrize(
    ("splits", "classes", "name", "listed", "charted"),
    [
        (3, 1200, "class", 500, 40),
        (3, 80, "class", 80, 55),
        (12, 100, "class", 100, 7),
        (12, 300, "class", 200, 3),
        (3, 1200, "x" * 300, 500, 5),
    ],
    ids=lambda value: str(value)[:9],
)
def test_a_page_is_never_larger_than_3_megabytes(splits, classes, name, listed, charted):
    sketch = dense_sketch(splits, classes, name)
    names = sorted({cls for _, cls in sketch.cells} - {ALL})
    drawing = bytes(range(256)) * 77
    figures = [
        figure("class", "split-00", number, *names[:20], jpeg=b"%02d" % number + drawing) for number in range(72)
    ]
    assert 1_880_000 < sum(len(one.jpeg) * 4 // 3 for one in figures) < 1_900_000
    ids = {name: number for number, name in enumerate(names, 1)}
    manifest = manifest_of(sketch, {"cat": 1}, splits={})
    text = made_page(sketch=sketch, manifest=manifest, class_ids=ids, figures=figures, hints=hints_of(Sketch()))
    assert len(text.encode()) <= 3_000_000
    page = parsed(text)
    data = data_of(page)
    assert len(page.get_element_by_id("data").text) < 500_000
    assert len(rows(page, "class-table")) == len(data["classes"]) == listed
    assert len({len(cells) for cells in data["cells"]}) == 1
    assert charted <= len(data["cells"][0]) - 1 <= charted + 9
