"""Annotation files as people have them: every flavour, encoding and fault."""

import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.records import AnnotatedObject, Annotation, RecordError
from beam_pipelines.rejects import REMEDIES, REPAIRS
from beam_pipelines.voc_xml import parse_voc

LABELIMG = b"""<annotation verified="yes">
\t<folder>images</folder>
\t<filename>raccoon-1.jpg</filename>
\t<path>C:\\Users\\me\\images\\raccoon-1.jpg</path>
\t<source>
\t\t<database>Unknown</database>
\t</source>
\t<size>
\t\t<width>650</width>
\t\t<height>417</height>
\t\t<depth>3</depth>
\t</size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>raccoon</name>
\t\t<pose>Frontal</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>1</difficult>
\t\t<bndbox>
\t\t\t<xmin>81</xmin>
\t\t\t<ymin>88</ymin>
\t\t\t<xmax>522</xmax>
\t\t\t<ymax>408</ymax>
\t\t</bndbox>
\t</object>
</annotation>
"""
RACCOON = AnnotatedObject("raccoon", "81", "88", "522", "408", "1", "0", "Frontal")
CAFE = "<annotation><filename>naïve café.jpg</filename></annotation>"


def named(xml: str, encoding: str) -> bytes:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{xml}'.encode()


def failure(data: bytes) -> tuple[str, str]:
    with pytest.raises(RecordError) as caught:
        parse_voc(data)
    assert caught.value.code in REMEDIES
    return caught.value.code, caught.value.message


def test_reads_what_labelimg_writes():
    path = "C:\\Users\\me\\images\\raccoon-1.jpg"
    assert parse_voc(LABELIMG) == Annotation("raccoon-1.jpg", "images", path, 650, 417, (RACCOON,))


def test_fields_are_found_by_name_in_any_order():
    xml = b"""<annotation><object><bndbox><ymax>4.5</ymax><xmax>3</xmax><ymin>2</ymin><xmin>1</xmin></bndbox>
        <difficult>0</difficult><name> two words </name></object>
        <size><depth/><height>20</height><width>10</width></size><filename>a.jpg</filename></annotation>"""
    one = AnnotatedObject("two words", "1", "2", "3", "4.5", "0")
    assert parse_voc(xml) == Annotation("a.jpg", "", "", 10, 20, (one,))


def test_what_is_missing_is_empty():
    assert parse_voc(b"<annotation/>") == Annotation("", "", "", 0, 0, ())
    xml = b"<annotation><filename/><size/><object/><object><bndbox/></object></annotation>"
    nothing = AnnotatedObject("", "", "", "", "")
    assert parse_voc(xml) == Annotation("", "", "", 0, 0, (nothing, nothing))


def test_boxes_of_parts_are_not_the_objects():
    """VOC 2012 boxes the head and hands of a person inside its <object>."""
    box = "<bndbox><xmin>{0}</xmin><ymin>{0}</ymin><xmax>{0}</xmax><ymax>{0}</ymax></bndbox>"
    part = f"<part><name>head</name>{box.format(9)}</part>"
    before, after = f"{part}{box.format(1)}", f"{box.format(1)}{part}"
    for inside in (before, after):
        xml = f"<annotation><object><name>person</name>{inside}</object></annotation>"
        assert parse_voc(xml.encode()).objects == (AnnotatedObject("person", "1", "1", "1", "1"),)
    xml = f"<annotation><object><name>person</name>{part}</object></annotation>"
    assert parse_voc(xml.encode()).objects == (AnnotatedObject("person", "", "", "", ""),)


def test_rotated_boxes_and_polygons_are_no_box():
    xml = b"<annotation><object><name>a</name><robndbox><cx>1</cx></robndbox></object></annotation>"
    assert parse_voc(xml).objects == (AnnotatedObject("a", "", "", "", ""),)


@pytest.mark.parametrize(
    ("text", "pixels"),
    [("800", 800), ("800.0", 800), (" 7 ", 7), ("", 0), ("-3", 0), ("None", 0), ("nan", 0), ("inf", 0)],
)
def test_sizes(text: str, pixels: int):
    xml = f"<annotation><size><width>{text}</width><height>{text}</height></size></annotation>"
    assert parse_voc(xml.encode())[3:5] == (pixels, pixels)


def test_a_size_of_absurdly_many_digits_is_unreadable():
    xml = b"<annotation><size><width>" + b"9" * 5000 + b"</width></size></annotation>"
    assert parse_voc(xml).width == 0


@pytest.mark.parametrize(
    "xml",
    [
        '<annotation xmlns="urn:voc"><object><name>a</name></object></annotation>',
        '<v:annotation xmlns:v="urn:voc"><v:object><v:name>a</v:name></v:object></v:annotation>',
        "<Annotation><Object><Name>a</Name></Object></Annotation>",
        "<annotation><Object><Name>a</Name></Object></annotation>",
    ],
)
def test_namespaces_and_capitals_do_not_matter(xml: str):
    assert [one.name for one in parse_voc(xml.encode()).objects] == ["a"]


def test_comments_instructions_and_cdata():
    xml = b"<annotation><!-- me --><filename>a<!-- b -->c<?pi?></filename><?pi?><object><!-- c --><name>"
    xml += b"<![CDATA[a<b]]></name></object></annotation>"
    found = parse_voc(xml)
    assert (found.filename, found.objects[0].name) == ("ac", "a<b")


@pytest.mark.parametrize(
    "data",
    [
        CAFE.encode(),
        CAFE.encode("utf-8-sig"),
        CAFE.encode("utf-16"),
        named(CAFE, "UTF-8"),
        named(CAFE, "utf-16").decode().encode("utf-16"),
        named(CAFE, "iso-8859-1").decode().encode("latin-1"),
        named(CAFE, "windows-1252").decode().encode("cp1252"),
        b"\n \n" + named(CAFE, "UTF-8"),
        b"\xef\xbb\xbf\r\n" + named(CAFE, "UTF-8"),
    ],
)
def test_encodings_that_are_declared_need_no_repair(data: bytes):
    found = parse_voc(data)
    assert (found.filename, found.repairs) == ("naïve café.jpg", ())


@pytest.mark.parametrize(
    "data",
    [
        named(CAFE, "utf-16"),
        named(CAFE, "us-ascii"),
        named(CAFE, "klingon"),
        CAFE.encode("cp1252"),
        named(CAFE, "utf-8").decode().encode("cp1252"),
        b"\n\n" + named(CAFE, "utf-16"),
        CAFE.encode("utf-16-le"),
        CAFE.encode("utf-16-be"),
    ],
)
def test_encodings_that_are_not_declared_are_assumed(data: bytes):
    found = parse_voc(data)
    assert (found.filename, found.repairs) == ("naïve café.jpg", ("encoding_assumed",))
    assert found.repairs[0] in REPAIRS


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe \0", b"\0" * 100])
def test_files_without_content(data: bytes):
    assert failure(data) == ("annotation_empty", f"no text in {len(data)} bytes")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<annotation>\n<filename>a & b</filename>", "line 2, column 14: a bare '&' (XML writes it as &amp;)"),
        (b"\n\n<annotation>\n<a></b>", "line 4, column 8: Opening and ending tag mismatch: a and b"),
        (b'{"shapes": []}', "line 1, column 1: this is not XML, which starts with '<'"),
        (LABELIMG[:200], "line 9, column 5: "),
        # the second attempt fails too: the first attempt's reason is told
        (named("<annotation>", "klingon"), "line 1, column 39: Unsupported encoding: klingon"),
    ],
)
def test_malformed_files_name_line_and_column(data: bytes, message: str):
    code, told = failure(data)
    assert code == "annotation_malformed"
    assert told.startswith(message)
    assert ", line" not in told


def test_other_xml_is_named():
    assert failure(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == (
        "annotation_not_voc",
        "the root element is <svg>, not <annotation>",
    )


def test_entities_are_never_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for declared in (f'SYSTEM "file://{secret}"', '"expanded"'):
        xml = f"<!DOCTYPE a [<!ENTITY x {declared}>]>\n<annotation><filename>a&x;b</filename></annotation>"
        code, message = failure(xml.encode())
        assert code == "annotation_malformed"
        assert message.startswith("line 2, column 1: the entity &x; is not expanded")
    xml = f'<!DOCTYPE a SYSTEM "file://{secret}" [<!ENTITY % x SYSTEM "file://{secret}"> %x;]>{CAFE}'
    assert parse_voc(xml.encode()).filename == "naïve café.jpg"  # declared, but not used


BOMB = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from beam_pipelines.records import RecordError
from beam_pipelines.voc_xml import parse_voc

levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
wide = '<!ENTITY w "' + "x" * 5_000_000 + '">'
uses = "&w;" * 1_500_000
for entities, text in ((levels, "&e11;"), (wide, uses)):
    for place in (f"<annotation><filename>{text}</filename></annotation>", f'<annotation a="{text}"/>'):
        bomb = f'<!DOCTYPE a [<!ENTITY e0 "lol">{entities}]>{place}'.encode()
        try:
            assert len(parse_voc(bomb).filename) < 10
            print("harmless")
        except RecordError as error:
            print(error.code)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="needs resource limits")
def test_entity_bombs_stay_small():
    done = subprocess.run([sys.executable, "-c", BOMB], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["annotation_malformed"] * 4, done.stderr


def test_one_parser_serves_many_threads():
    broken = LABELIMG.replace(b"</name>", b"</nam>")
    expected = parse_voc(LABELIMG), failure(broken)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: (parse_voc(LABELIMG), failure(broken)), range(400)))
    assert found == [expected] * 400


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda noise: LABELIMG[:300] + noise + LABELIMG[300:]))
def test_any_bytes_parse_or_fail_as_a_record(data: bytes):
    try:
        found = parse_voc(data)
    except RecordError:
        return
    assert isinstance(found, Annotation)
    assert all(isinstance(text, str) for one in found.objects for text in one[:8])


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20).map(str.strip)


@given(TEXT, TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_survives(filename: str, name: str, encoding: str):
    def escape(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\ufffe", "").replace("\uffff", "")

    xml = f"<annotation><filename>{escape(filename)}</filename><object><name>{escape(name)}</name></object>"
    found = parse_voc((xml + "</annotation>").encode(encoding))
    for text, original in ((found.filename, filename), (found.objects[0].name, name)):
        assert text == original.replace("\ufffe", "").replace("\uffff", "").strip()
