"""Web pages named .xls: the commonest export of office systems. Each table with content of its own is a sheet.

Everything is text; what a browser would show counts, so white space is one space and hidden elements are left out. Tables
are used for layout, one inside a cell of another. A page cut short would be mended by the parser, so tags are counted first.
"""

import re
from typing import Final

from lxml import etree

from wentong.grid import Book, Sheet, Unreadable
from wentong.readers import cells, safe_xml
from wentong.readers.cells import MAX_COLUMN, MAX_ROW, Placing

_BLOCKS: Final = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr"}


def read(text: str) -> Book:
    """Tables of a web page, one sheet for each that has content of its own; rows are its <tr> counted from 1."""
    opened, closed = (sum(1 for _ in re.finditer(tag, text, re.I)) for tag in (r"<table\b", r"</table\b"))
    if not opened:
        raise Unreadable("not_a_spreadsheet", kind="网页")
    if opened > closed:  # libxml2 would mend it and lose what is missing
        raise Unreadable("damaged_file")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, huge_tree=False)
    root = etree.fromstring(safe_xml.plain_utf8(text), parser)
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise Unreadable("unsafe_file", reason="结构嵌套过深或文字过长")
    sheets: list[Sheet] = []
    for table in root.iter("table"):
        sheet = Sheet("")
        sheets.append(sheet)
        _fill_sheet(table, sheet)
        cells.guard_size(sheets)
        if not sheet.cells:
            sheets.pop()
    return Book("html", sheets or [Sheet("")])


def _fill_sheet(table: etree._Element, sheet: Sheet) -> None:
    placing = Placing(sheet)
    for tr in table.iter("tr"):
        if next(tr.iterancestors("table"), None) is not table:
            continue  # of a table within a cell
        placing.row += 1
        placing.column = 0
        if _is_hidden(tr):
            sheet.hidden_rows.add(placing.row)
        for node in tr.iterchildren("td", "th"):
            placing.column = placing.free(placing.column + 1)
            right, down = _span(node, "colspan", MAX_COLUMN), _span(node, "rowspan", MAX_ROW)
            placing.put(cells.text(_shown(node)), right, down)
    clipped = ((top, left, min(bottom, placing.row), right) for top, left, bottom, right in sheet.merged)
    sheet.merged = [area for area in clipped if area[:2] != area[2:]]


def _span(node: etree._Element, key: str, most: int) -> int:
    """How many further rows or columns the cell takes."""
    digits = re.match(r"\s*(\d{1,6})", node.get(key, ""))
    return min(max(int(digits[1]) - 1, 0), most) if digits else 0


def _is_hidden(node: etree._Element) -> bool:
    style = node.get("style", "").replace(" ", "").lower()
    return "display:none" in style or node.get("hidden") is not None


def _shown(node: etree._Element) -> str:
    """Text of a cell as a browser shows it, without the tables in it."""
    pieces: list[str] = []

    def collect(element: etree._Element) -> None:
        pieces.append(re.sub(r"\s+", " ", element.text or ""))
        for child in element:
            tag = child.tag
            if tag == "br":
                pieces.append("\n")
            elif isinstance(tag, str) and tag not in ("table", "script", "style") and not _is_hidden(child):
                if tag in _BLOCKS:
                    pieces.append("\n")
                collect(child)
                if tag in _BLOCKS:
                    pieces.append("\n")
            pieces.append(re.sub(r"\s+", " ", child.tail or ""))

    collect(node)
    lines = (line.strip() for line in "".join(pieces).replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip("\n")
