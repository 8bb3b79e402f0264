"""Pascal VOC annotation files, as labelImg, CVAT and the VOC challenge write them.

Fields are found by name, never by position, and only where VOC has them: the `<part>` of an object is no
object, and its box is not the object's.
"""

import functools
import re

from lxml import etree

from beam_pipelines.records import AnnotatedObject, Annotation, RecordError

_BLANKS = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
"""All that a file without content is made of: blanks, byte order marks, NULs (after a full disk)."""

_DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]*\?>")

_PLACE = re.compile(r",? line \d+(, column \d+)?")
"""Where the parser says that it is, several times in one message."""

_PLAINER = {
    "xmlParseEntityRef: no name": "a bare '&' (XML writes it as &amp;)",
    "Start tag expected, '<' not found": "this is not XML, which starts with '<'",
}
"""The parser's reasons that say little to somebody who annotates pictures."""


def parse_voc(data: bytes) -> Annotation:
    """Reads one annotation, without judging what it says.

    Nothing beyond `data` is opened, and entities are not expanded, so that a hostile file costs no more
    than its size. Encodings are what XML says; where a file is unreadable only because it declares
    the wrong one or none, UTF-8 is tried, then what Windows writes (cp1252), and `encoding_assumed` counted.

    Args:
        data: the bytes of the file.

    Returns:
        The annotation: text without surrounding blanks, sizes in pixels, objects in the file's order.

    Raises:
        RecordError: `annotation_empty`, `annotation_malformed` (with line and column) or
            `annotation_not_voc`.
    """
    repairs: tuple[str, ...] = ()
    try:
        root = etree.fromstring(_trimmed(data), _parser())
    except etree.XMLSyntaxError as error:
        if not data.strip(_BLANKS):
            raise RecordError("annotation_empty", f"no text in {len(data)} bytes") from None
        assumed = _parsed_with_assumed_encoding(data)
        if assumed is None:
            raise RecordError("annotation_malformed", _reason(error, data)) from None
        root, repairs = assumed, ("encoding_assumed",)
    if root.getroottree().docinfo.internalDTD is not None:
        _refuse_entities(root)
    if root.tag != "annotation":
        _make_tags_plain(root)
        if root.tag != "annotation":
            message = f"the root element is <{root.tag}>, not <annotation>"
            raise RecordError("annotation_not_voc", message)
    return _annotation(root, repairs)


@functools.cache
def _parser() -> etree.XMLParser:
    """The parser of this process. Making one takes 3 µs of 35; lxml locks it between threads."""
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_blank_text=True,  # 3 µs a file, and no field is blank text
        remove_comments=True,
        remove_pis=True,
    )


def _annotation(root: etree._Element, repairs: tuple[str, ...]) -> Annotation:
    fields: dict[str, str] = {}
    size: dict[str, str] = {}
    objects = []
    for child in root:
        tag = child.tag
        if tag == "object":
            objects.append(_object(child))
        elif tag == "size":
            size = {field.tag: (field.text or "").strip() for field in child}
        else:
            fields[tag] = (child.text or "").strip()
    if not objects and any(_plain(tag) == "object" for tag in fields):
        _make_tags_plain(root)  # <Object>: not a picture without objects
        return _annotation(root, repairs)
    return Annotation(
        fields.get("filename", ""),
        fields.get("folder", ""),
        fields.get("path", ""),
        _pixels(size.get("width", "")),
        _pixels(size.get("height", "")),
        tuple(objects),
        repairs,
    )


def _object(element: etree._Element) -> AnnotatedObject:
    fields: dict[str, str] = {}
    box: dict[str, str] = {}
    for child in element:
        tag = child.tag
        if tag == "bndbox":
            for side in child:
                box[side.tag] = (side.text or "").strip()
        else:
            fields[tag] = (child.text or "").strip()
    return AnnotatedObject(
        fields.get("name", ""),
        box.get("xmin", ""),
        box.get("ymin", ""),
        box.get("xmax", ""),
        box.get("ymax", ""),
        fields.get("difficult", ""),
        fields.get("truncated", ""),
        fields.get("pose", ""),
    )


def _pixels(text: str) -> int:
    """A size in pixels; 0 if it is missing, negative or no number."""
    try:
        return int(text) if text.isdecimal() else max(0, int(float(text)))  # some programs write "800.0"
    except (ValueError, OverflowError):
        return 0


def _plain(tag: object) -> str:
    """A tag in lower case, without its namespace."""
    return str(tag).rpartition("}")[2].lower()


def _make_tags_plain(root: etree._Element) -> None:
    for element in root.iter(etree.Element):
        element.tag = _plain(element.tag)


def _refuse_entities(root: etree._Element) -> None:
    """Refuses text with gaps in it: an entity of the file's own is not expanded.

    Raises:
        RecordError: `annotation_malformed`, if the document refers to an entity.
    """
    for entity in root.iter(etree.Entity):
        parent = entity.getparent()
        line = parent.sourceline if parent is not None else 1
        message = f"line {line}, column 1: the entity {entity.text} is not expanded here: write its text"
        raise RecordError("annotation_malformed", message)


def _trimmed(data: bytes) -> bytes:
    """The document without blanks before it, which XML forbids and editors leave."""
    if data.startswith(b"\xef\xbb\xbf"):  # says UTF-8, whatever the document declares: it stays
        return data[:3] + data[3:].lstrip()
    return data.lstrip()


def _parsed_with_assumed_encoding(data: bytes) -> etree._Element | None:
    """The root, as it reads when the declared encoding is ignored; None if that does not help either."""
    wide = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(data[:2])
    for encoding in (wide,) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = _DECLARATION.sub("", data.decode(encoding))
            return etree.fromstring(text.strip().encode(), _parser())
        except (UnicodeError, etree.XMLSyntaxError):
            continue
    return None


def _reason(error: etree.XMLSyntaxError, data: bytes) -> str:
    """Where and why the parser gave up, counted in the file as it lies on the disk."""
    line, column = error.position
    reason = _PLACE.sub("", error.msg).strip()
    blanks = data[: len(data) - len(_trimmed(data))]
    line += blanks.count(b"\n")
    return f"line {line}, column {column}: {_PLAINER.get(reason, reason)}"
