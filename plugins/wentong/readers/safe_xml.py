"""XML from strangers, parsed safely and in flat memory; whatever reads XML reads it here.

Nothing outside the file is fetched and no entity is expanded: no spreadsheet program writes a DOCTYPE, bombs need one.
Sheets formatted down to row 1 048 576 are common: their empty cells are cut from the stream before the parser sees them.
"""

import re
from collections.abc import Iterator
from typing import IO, Final, Literal

from lxml import etree

from wentong.grid import Unreadable
from wentong.readers.cells import MAX_TEXT

_OPTIONS: Final = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
}
_DOCTYPES: Final = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_EMPTY_CELLS: Final = re.compile(rb'<c r="[^<>]*/>(?=<c r="|</row>)')
_EMPTY_ROWS: Final = re.compile(rb'<row r="[^<>]*(?:/>|></row>)(?=<row r="|</sheetData>)')
_SMALL: Final = 1 << 20

_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>")
_FORBIDDEN: Final = re.compile(
    r"&#0*(?:[0-8]|1[124-9]|2\d|3[01]|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));|[\x00-\x08\x0b\x0c\x0e-\x1f]"
)


def parse(data: bytes) -> etree._Element:
    """The root of a whole document."""
    _refuse_doctype(data)
    root = etree.fromstring(data, etree.XMLParser(**_OPTIONS))  # type: ignore[arg-type]
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding not foreseen above
        raise _foreign_definition()
    return root


def elements(stream: IO[bytes], size: int, *tags: str) -> Iterator[etree._Element]:
    """The elements of the given tags in the order in which they end, in flat memory however long the stream is.

    `size` is about how many bytes there are. Ask each element what you want to know at once: it is emptied afterwards.
    """
    if size <= _SMALL:  # twice as fast; nested elements, of which there are none here, would come in another order
        yield from parse(stream.read()).iter(*tags)
        return
    for _, element in events(stream, *tags, kinds=("end",)):
        yield element


def events(
    stream: IO[bytes], *tags: str, kinds: tuple[Literal["start", "end"], ...] = ("start", "end")
) -> Iterator[tuple[str, etree._Element]]:
    """Beginnings and ends of the elements of the given tags; complete at the end, and emptied afterwards."""
    for event, element in etree.iterparse(_Guarded(stream), events=kinds, tag=tags, **_OPTIONS):
        yield event, element
        if event == "end":
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]


def local(element: etree._Element) -> str:
    """The name of an element without its namespace, of which programs use several for the same thing."""
    return str(element.tag).rpartition("}")[2]


def plain_utf8(text: str) -> bytes:
    """The document without its declaration: decoded here, since what it declares (gb2312) is often too narrow.

    Excel writes control characters as references that XML forbids (`&#7;`): they become question marks.
    """
    text = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    return _FORBIDDEN.sub("\ufffd", text).encode()


class _Guarded:
    """A stream of XML that ends at a DOCTYPE and leaves out styled-empty cells and rows, which may be millions.

    An empty cell goes only if the next one states its own address, so that no other cell moves. Markup that could
    contain a look-alike (CDATA) stops the filter.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.rest, self.filtering = stream, b"", True

    def read(self, size: int = -1) -> bytes:
        while True:
            chunk = self.stream.read(1 << 20)
            data = self.rest + chunk
            cut = data.rfind(b"<") if chunk else len(data)
            if cut > 0 or not chunk:
                break
            self.rest = data
            if len(data) > 10 * MAX_TEXT + (1 << 20):
                raise Unreadable("unsafe_file", reason="单元格中的文字过长")
        data, self.rest = data[:cut], data[cut:]
        _refuse_doctype(data)
        self.filtering = self.filtering and b"<![" not in data
        if self.filtering and b"<c " in data:
            if b"/><c " in data or b"/></row>" in data:
                data = _EMPTY_CELLS.sub(b"", data)
            data = _EMPTY_ROWS.sub(b"", data)
        return data


def _refuse_doctype(data: bytes) -> None:
    if any(doctype in data for doctype in _DOCTYPES):
        raise _foreign_definition()


def _foreign_definition() -> Unreadable:
    return Unreadable("unsafe_file", reason="含有外部定义")


def fault(error: etree.XMLSyntaxError) -> Unreadable:
    """What the sender hears. libxml2 reports its own limits and an exhausted memory as syntax errors, too."""
    message = str(error.msg or "").lower()
    if "memory" in message:
        raise MemoryError(message) from error
    if "unknown error" in message:  # what remains of running out of memory within the HTML parser
        return Unreadable("unsafe_file", reason="内容过大")
    if "huge" in message or "buffer size limit" in message:
        return Unreadable("unsafe_file", reason="单元格中的文字过长")
    if "entity" in message and ("loop" in message or "amplification" in message):
        return _foreign_definition()
    if "depth" in message:
        return Unreadable("unsafe_file", reason="结构嵌套过深")
    return Unreadable("damaged_file")
