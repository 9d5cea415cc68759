"""SpreadsheetML 2003: one XML file, mostly named .xls, as statistical and office systems export it.

Cells state their address only after a gap, and neither those below a merged cell. The declared encoding is often narrower
than the text. Control characters, which XML forbids, are written all the same.
"""

import io
from typing import Final

from lxml import etree

from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import cells, safe_xml
from wentong.readers.cells import MAX_COLUMN, MAX_ROW, Placing
from wentong.readers.dates import iso_moment

_SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_SHEET, _COLUMN, _ROW = (_SS + name for name in ("Worksheet", "Column", "Row"))
_VISIBLE: Final = "{urn:schemas-microsoft-com:office:excel}Visible"


def read(text: str) -> Book:
    sheets: list[Sheet] = []
    column = 0  # the last one described
    for event, element in safe_xml.events(io.BytesIO(safe_xml.plain_utf8(text)), _SHEET, _COLUMN, _ROW, _VISIBLE):
        if event == "start":
            if element.tag == _SHEET:
                sheets.append(Sheet(element.get(_SS + "Name", "")))
                placing, column = Placing(sheets[-1]), 0
        elif not sheets:
            raise Unreadable("damaged_file")  # rows of no sheet
        elif element.tag == _COLUMN:
            first, column = _span(element, column)
            if element.get(_SS + "Hidden") == "1" or element.get(_SS + "Width") == "0":
                sheets[-1].hidden_columns.update(range(first, min(column, MAX_COLUMN) + 1))
        elif element.tag == _ROW:
            placing.row, last = _span(element, placing.row)
            if element.get(_SS + "Hidden") == "1" or element.get(_SS + "Height") == "0":
                sheets[-1].hidden_rows.update(range(placing.row, min(last, MAX_ROW) + 1))
            _fill_row(element, placing)
            cells.guard_size(sheets)
            placing.row = last
        elif element.tag == _VISIBLE:
            sheets[-1].visible = not (element.text or "").startswith("Sheet")  # SheetHidden, SheetVeryHidden
    return Book("xml", sheets)


def _span(element: etree._Element, before: int) -> tuple[int, int]:
    """First and last of the rows or columns that one element describes; it follows the one before unless it says so."""
    first = cells.index(element.get(_SS + "Index") or str(before + 1))
    return first, first + cells.index(element.get(_SS + "Span", "0"))


def _fill_row(element: etree._Element, placing: Placing) -> None:
    placing.column = 0
    for node in element.iterfind("{*}Cell"):
        placing.column = cells.index(node.get(_SS + "Index") or str(placing.free(placing.column + 1)))
        right, down = (cells.index(node.get(_SS + key, "0")) for key in ("MergeAcross", "MergeDown"))
        if placing.row + down > MAX_ROW:
            raise Unreadable("damaged_file")
        placing.put(_cell(node), right, down)


def _cell(node: etree._Element) -> Cell | None:
    formula = node.get(_SS + "Formula") is not None
    data = node.find("{*}Data")
    if data is None:
        return cells.UNCALCULATED if formula else None
    kind, text = data.get(_SS + "Type"), "".join(str(piece) for piece in data.itertext())
    if kind == "Number" and text.strip():
        return cells.number(text.strip(), formula)
    if kind == "DateTime":
        return iso_moment(text.strip(), formula)
    if kind == "Boolean" and text.strip() in ("0", "1"):
        return cells.boolean(text.strip() == "1", formula)
    if kind == "Error":
        return cells.error(text or "#VALUE!", formula)
    return cells.text(text, formula)
