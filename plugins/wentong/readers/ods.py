"""ods and fods: OpenDocument spreadsheets of LibreOffice and of WPS.

Rows and cells are stored once and said to repeat, up to the edge of the sheet; what is repeated a million times has content
only by accident and is refused. Values stand beside the text that was shown for them: the value counts, the text is what an
error or a never-calculated formula is known by.
"""

import io
import re
from typing import IO, Final

from lxml import etree

from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import cells, safe_xml
from wentong.readers.cells import MAX_COLUMN, MAX_ROW, MAX_TEXT
from wentong.readers.dates import dated, hundredths, iso_moment
from wentong.readers.parts import Parts

_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_SPREADSHEET: Final = _OFFICE + "spreadsheet"
_SHEET, _COLUMN, _ROW, _CELL = (_TABLE + name for name in ("table", "table-column", "table-row", "table-cell"))
_PARAGRAPH: Final = _TEXT + "p"

_ERROR_TEXT: Final = re.compile(r"#(REF|N/A|NAME|VALUE|DIV/0|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?|Err:\d+|#{3,}")
_DURATION: Final = re.compile(r"-?PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")


def read(parts: Parts) -> Book:
    if "meta-inf/manifest.xml" in parts and b"encryption-data" in parts.read("meta-inf/manifest.xml"):
        raise Unreadable("encrypted_file")
    with parts.stream("content.xml") as stream:
        book = Book("ods", _sheets(stream))
    if any(name.startswith("basic/") and name.endswith(".xml") and "/script-l" not in name for name in parts.infos):
        book.notices.append("macros_ignored")
    return book


def read_flat(text: str) -> Book:
    """The same in one XML file (.fods)."""
    return Book("ods", _sheets(io.BytesIO(safe_xml.plain_utf8(text))))


def _sheets(stream: IO[bytes]) -> list[Sheet]:
    hidden_styles: set[str] = set()
    sheets: list[Sheet] = []
    row = column = depth = 0
    spreadsheet = False
    for event, element in safe_xml.events(stream, _SPREADSHEET, _STYLE + "style", _SHEET, _COLUMN, _ROW):
        tag = element.tag
        if tag == _SPREADSHEET:
            spreadsheet = True
        elif tag == _SHEET:
            # tables within cells, drawings or tracked changes are no sheets
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1:
                style = element.get(_TABLE + "style-name", "")
                sheets.append(Sheet(element.get(_TABLE + "name", ""), visible=style not in hidden_styles))
                row = column = 0
        elif event == "start":
            continue
        elif tag == _STYLE + "style":
            if any(child.get(_TABLE + "display") == "false" for child in element):
                hidden_styles.add(element.get(_STYLE + "name", ""))
        elif depth != 1 or not spreadsheet:
            continue
        elif tag == _COLUMN:
            repeated = _repeated(element, "columns")
            if element.get(_TABLE + "visibility", "visible") != "visible":
                sheets[-1].hidden_columns.update(range(column + 1, min(column + repeated, MAX_COLUMN) + 1))
            column += repeated
        else:
            row += _fill_row(element, row, sheets)
    if not spreadsheet:
        raise Unreadable("not_a_spreadsheet", kind="OpenDocument文档")
    return sheets


def _repeated(element: etree._Element, what: str) -> int:
    number = element.get(f"{_TABLE}number-{what}-repeated")
    return 1 if number is None else cells.index(number)


def _fill_row(element: etree._Element, above: int, sheets: list[Sheet]) -> int:
    """Put one stored row, which may stand for many, below the row `above`; returns how many it stands for."""
    sheet = sheets[-1]
    repeated = _repeated(element, "rows")
    found: list[tuple[int, int, Cell]] = []  # column, how many times, what
    column = 0
    for node in element:
        times = _repeated(node, "columns")
        if node.tag == _CELL:
            cell = _cell(node)
            if cell is not None:
                found.append((column, times, cell))
            if node.get(_TABLE + "number-columns-spanned") or node.get(_TABLE + "number-rows-spanned"):
                down, right = (
                    cells.index(node.get(f"{_TABLE}number-{what}-spanned", "1")) for what in ("rows", "columns")
                )
                sheet.merged.append((above + 1, column + 1, above + down, column + right))
        column += times
    if found:
        cells.guard_size(sheets, repeated * sum(times for _, times, _ in found))
        if above + repeated > MAX_ROW or found[-1][0] + found[-1][1] > MAX_COLUMN:
            raise Unreadable("damaged_file")
        for row in range(above + 1, above + repeated + 1):
            for first, times, cell in found:
                for column in range(first + 1, first + times + 1):
                    sheet.cells[row, column] = cell
    if element.get(_TABLE + "visibility", "visible") != "visible":
        sheet.hidden_rows.update(range(above + 1, min(above + repeated, MAX_ROW) + 1))
    return repeated


def _cell(node: etree._Element) -> Cell | None:
    formula = node.get(_TABLE + "formula") is not None
    kind = node.get(_OFFICE + "value-type")
    paragraphs = [_shown(child) for child in node if child.tag == _PARAGRAPH]
    shown = "\n".join(paragraphs)
    if node.get(_CALC + "value-type") == "error" or (formula and _ERROR_TEXT.fullmatch(shown)):
        return cells.error(shown or "#VALUE!", formula)
    if kind in ("float", "percentage", "currency"):
        found = cells.number(node.get(_OFFICE + "value", shown).strip(), formula)
        if kind == "percentage" and isinstance(found.value, int | float):
            return hundredths(found.value, formula)
        return found
    if kind == "date":
        return iso_moment(node.get(_OFFICE + "date-value", shown), formula)
    if kind == "time":
        return _duration(node.get(_OFFICE + "time-value", shown), formula)
    if kind == "boolean":
        return cells.boolean(node.get(_OFFICE + "boolean-value", shown).lower() == "true", formula)
    if formula and kind is None and not paragraphs:  # a calculated empty text leaves an empty paragraph
        return cells.UNCALCULATED
    return cells.text(shown or node.get(_OFFICE + "string-value", ""), formula)


def _duration(text: str, formula: bool) -> Cell:
    match = _DURATION.fullmatch(text)
    if not match or text.startswith("-"):
        return Cell(text, "text", text, formula)
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return dated((hours * 3600 + minutes * 60 + seconds) / 86_400, "elapsed", False, formula)


def _shown(paragraph: etree._Element) -> str:
    """A paragraph as seen: explicit spaces, tabs and breaks resolved, without notes and ruby."""
    if not len(paragraph):
        return paragraph.text or ""
    pieces = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == _TEXT + "s":
            pieces.append(" " * min(cells.index(child.get(_TEXT + "c", "1")), MAX_TEXT))
        elif child.tag == _TEXT + "tab":
            pieces.append("\t")
        elif child.tag == _TEXT + "line-break":
            pieces.append("\n")
        elif child.tag not in (_OFFICE + "annotation", _TEXT + "ruby-text", _TEXT + "note"):
            pieces.append(_shown(child))
        pieces.append(child.tail or "")
    return "".join(pieces)
