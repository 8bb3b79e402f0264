"""The page of an evaluation: its text."""

import json
import time

import lxml.html
import pytest

from trainer.evaluation.page import MOST_CHARACTERS, Drawing, figure, render_page
from trainer.evaluation.pictures import make_found, make_truth

from .made_evaluation import NAMES, SIZE, drawings_of, evaluation_of, hostile_evaluation, many_classes


@pytest.fixture(scope="module")
def page():
    evaluation = evaluation_of()
    return lxml.html.document_fromstring(render_page(evaluation, drawings_of(evaluation)))


def _texts(page, path):
    return [" ".join(one.text_content().split()) for one in page.xpath(path)]


def test_figures(page):
    assert _texts(page, "//h1") == ["Evaluation on validation"]
    assert _texts(page, "//p[@class='kind']") == ["best weights, step 300"]
    assert _texts(page, "//dl[@class='facts']/div") == [
        "mAP0.752", "mAP500.752", "mAP750.752", "AR1000.750", "VOC mAP500.750",
    ]  # fmt: skip
    assert _texts(page, "//header/p") == ["4 pictures with 6 objects to find, of 3 classes; 8 detections."]


def test_table_of_classes(page):
    rows = [[" ".join(cell.text_content().split()) for cell in row] for row in page.xpath("//*[@id='class-table']//tr")]
    assert rows == [
        ["Class", "Id", "Objects", "AP", "AP50", "AP75", "AR100", "VOC AP50", "Precision", "Recall"],
        ["dog", "2", "4", *["0.505"] * 3, "0.500", "0.500", "1.000", "0.500"],
        ["cat", "3", "2", *["1.000"] * 7],
        [NAMES[2], "7", "0", *["–"] * 7],
        ["All classes", "", "6", *["0.752"] * 3, "0.750", "0.750", "1.000", "0.667"],
    ]


def test_table_of_confusions(page):
    rows = [
        [" ".join(cell.text_content().split()) for cell in row] for row in page.xpath("//*[@id='confusion-table']//tr")
    ]
    assert rows == [
        ["", "dog", "cat", "missed"],
        ["dog", "2", "·", "2"],
        ["cat", "·", "2", "·"],
        ["nothing there", "·", "·", ""],
    ]
    cell = page.xpath("//*[@id='confusion-table']//td[@title='2 of 4 objects of dog: missed']")[0]
    assert (cell.get("class"), cell.get("style")) == ("wrong", "--part:50%")


def test_pictures(page):
    tiles = page.xpath("//figure[@class='tile']")
    assert [_texts(tile, ".//strong")[0] for tile in tiles] == ["1 missed", "1 missed"]
    assert [_texts(tile, ".//*[@class='path']")[0] for tile in tiles] == ["a/confused.jpg", "missed.jpg"]
    assert [tile.get("data-classes") for tile in tiles] == ["0", "0"]
    assert [button.get("data-command") for button in page.xpath("//button[@class='picture']")] == [
        f"shardbox show . --split validation --source_id {2**62}",
        "shardbox show . --split validation --source_id 13",
    ]
    assert all(image.get("src").startswith("data:image/jpeg;base64,") for image in page.xpath("//figure//img"))


def test_nothing_can_be_fetched(page):
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'; img-src data:; ")
    assert {address[:5] for address in page.xpath("//@src | //link/@href")} == {"data:"}
    assert page.xpath("//script/@src") == []


def test_the_same_text_for_equal_evaluations():
    first, second = evaluation_of(), evaluation_of()
    assert render_page(first, drawings_of(first)) == render_page(second, drawings_of(second))


def test_hostile_names():
    evaluation = hostile_evaluation()
    text = render_page(evaluation, drawings_of(evaluation))
    page = lxml.html.document_fromstring(text)
    assert len(page.xpath("//script")) == 7
    assert page.xpath("//img[@onerror] | //b[contains(., 'rm -rf')]") == []
    data = json.loads(page.xpath("//script[@id='data']")[0].text)
    assert [one["name"] for one in data["classes"]] == [
        "</script><script>alert(1)</script>", "a&class=b#c=d<!--", "\u2028'\"`", "��evil", "x" * 119 + "…",
    ]  # fmt: skip
    assert page.xpath("//button[@class='picture']/@data-command") == [
        """shardbox show . --split '<b>'"'"'; rm -rf #' --source_id 1"""
    ]
    assert "\x00" not in text
    assert "\u202e" not in text


def test_without_objects_pictures_or_drawings():
    nothing = evaluation_of([make_truth(1, "a.jpg", SIZE, [], [])], [make_found(1, [], [], [])], ["dog"], [1])
    page = lxml.html.document_fromstring(render_page(nothing, []))
    assert _texts(page, "//p[@class='nothing' and not(@id)]") == [
        "There is nothing to confuse: neither objects nor detections.",
        "There is no picture with a mistake.",
    ]
    assert set(_texts(page, "//dl[@class='facts']//dd")) == {"–"}
    none = evaluation_of([], [], [], [])
    page = lxml.html.document_fromstring(render_page(none, []))
    assert _texts(page, "//p[@class='nothing' and not(@id)]")[-1] == "There are no pictures."
    evaluation = evaluation_of()
    missing = [Drawing(0, 0, b"", "cannot be drawn: truncated")] * len(evaluation.worst)
    page = lxml.html.document_fromstring(render_page(evaluation, missing))
    assert _texts(page, "//div[@class='picture missing']") == ["cannot be drawn: truncated"] * 2


def test_drawings_have_limited_room():
    evaluation = evaluation_of()
    large = [Drawing(9, 9, bytes(MOST_CHARACTERS * 3 // 4 - 100)), Drawing(9, 9, bytes(200))]
    page = lxml.html.document_fromstring(render_page(evaluation, large))
    assert _texts(page, "//figure//*[@class='path']") == ["a/confused.jpg"]


def test_many_classes_and_pictures_make_a_small_page_soon():
    evaluation = many_classes(600, 300)
    began = time.process_time()
    text = render_page(evaluation, drawings_of(evaluation))
    assert time.process_time() - began < 4
    assert len(text) < 3_000_000 - MOST_CHARACTERS
    page = lxml.html.document_fromstring(text)
    assert len(page.xpath("//*[@id='class-table']/tbody/tr")) == 500
    assert "The table holds the 500 classes with the most objects of 600; metrics.json holds all." in text


def test_figure():
    assert [figure(value) for value in (None, 0.0, 1.0, 0.12345)] == ["–", "0.000", "1.000", "0.123"]
