"""Excel 2007 and later: xlsx and xlsm, Strict ones too, and what other programs make of them.

What goes wrong in other readers and must not here: an error (`#REF!`) or a formula that a program wrote without calculating
it comes out as a blank or a 0; one cell in XFD1048576 allocates seventeen thousand million; texts of cells without the
optional addresses shift. Prefixes of namespaces vary, so tags are matched without them.
"""

import re
from collections.abc import Iterator
from typing import IO, Final

from lxml import etree

from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import cells, safe_xml
from wentong.readers.cells import MAX_CELLS, MAX_COLUMN, MAX_ROW
from wentong.readers.dates import DateStyle, date_style, iso_moment
from wentong.readers.excel import Workbook
from wentong.readers.parts import Parts

_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read(parts: Parts, main: str, relations: dict[str, tuple[str, str]]) -> Book:
    """[ECMA-376] The package whose workbook is the part `main`; `relations` are id -> (kind, part) of that."""
    root = safe_xml.parse(parts.read(main))
    workbook = Workbook()
    for kind, part in relations.values():
        if kind == "sharedstrings" and part in parts:
            workbook.strings = _shared_strings(parts, part)
        elif kind == "styles" and part in parts:
            workbook.styles = _styles(safe_xml.parse(parts.read(part)))
    for element in root.iter("{*}workbookPr", "{*}calcPr"):
        workbook.date1904 |= _true(element.get("date1904"))
        workbook.stale |= _true(element.get("fullCalcOnLoad"))
    sheets: list[Sheet] = []
    for element in _below(root, "{*}sheets", "{*}sheet"):
        identity = next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")
        kind, part = relations.get(identity, ("", ""))
        if kind == "worksheet":
            visible = element.get("state", "visible") == "visible"
            sheet = Sheet(element.get("name", ""), visible=visible, date1904=workbook.date1904)
            sheets.append(sheet)
            with parts.stream(part) as stream:
                _fill_sheet(stream, parts.size(part), sheet, workbook, sheets)
        elif identity and not kind:  # without identity it is a module of macros
            raise Unreadable("damaged_file")
    return Book("xlsx", sheets)


def _true(flag: str | None) -> bool:
    return flag in ("1", "true", "on")


def _below(root: etree._Element, group: str, tag: str) -> Iterator[etree._Element]:
    for parent in root.iterchildren(group):
        yield from parent.iterchildren(tag)


def _styles(root: etree._Element) -> dict[str | int, DateStyle]:
    codes = {
        cells.index(element.get("numFmtId")): element.get("formatCode", "")
        for element in _below(root, "{*}numFmts", "{*}numFmt")
    }
    numbers = [cells.index(element.get("numFmtId", "0")) for element in _below(root, "{*}cellXfs", "{*}xf")]
    known = {number: date_style(number, codes.get(number)) for number in set(numbers)}
    return {str(index): known[number] for index, number in enumerate(numbers) if known[number]}


# --- texts ------------------------------------------------------------------------------------------------------------


def _shared_strings(parts: Parts, part: str) -> list[Cell | None]:
    strings: list[Cell | None] = []
    with parts.stream(part) as stream:
        for element in safe_xml.elements(stream, parts.size(part), "{*}si"):
            strings.append(cells.text(_rich_text(element)))
            if len(strings) > MAX_CELLS:
                raise Unreadable("unsafe_file", reason="单元格过多")
    return strings


def _rich_text(element: etree._Element) -> str:
    """Text of a string item or inline string: its runs, without the phonetic ones."""
    if len(element) == 1 and element[0].tag.endswith("}t"):
        return _unescape(element[0].text or "")
    pieces: list[str] = []
    for child in element:
        name = safe_xml.local(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces += [run.text or "" for run in child if safe_xml.local(run) == "t"]
    return _unescape("".join(pieces))


def _unescape(text: str) -> str:
    """`_x000D_` is how OOXML writes characters that XML cannot carry."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # two escapes may be the halves of one character; a lone half or a NUL could not be stored anywhere
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


# --- sheets -----------------------------------------------------------------------------------------------------------


def _fill_sheet(stream: IO[bytes], size: int, sheet: Sheet, workbook: Workbook, sheets: list[Sheet]) -> None:
    row = 0
    for element in safe_xml.elements(stream, size, "{*}row", "{*}col", "{*}mergeCell"):
        name = safe_xml.local(element)
        if name == "row":
            stated = element.get("r")
            row = cells.index(stated) if stated else row + 1
            if row > MAX_ROW or row == 0:
                raise Unreadable("damaged_file")
            if _true(element.get("hidden")) or element.get("ht") == "0":
                sheet.hidden_rows.add(row)
            _fill_row(element, row, sheet, workbook)
            if len(sheet.cells) > MAX_CELLS // 8:
                cells.guard_size(sheets)
        elif name == "col":
            if _true(element.get("hidden")) or element.get("width") == "0":
                last = min(cells.index(element.get("max")), MAX_COLUMN)
                sheet.hidden_columns.update(range(cells.index(element.get("min")), last + 1))
        else:
            first, _, second = element.get("ref", "").replace("$", "").partition(":")
            sheet.merged.append((*_address(first), *_address(second or first)))
    cells.guard_size(sheets)


_USUAL_CELL: Final = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?'
    r'(?:/>|>(?:<v>([^<&]+)</v>|<is><t(?: xml:space="preserve")?>([^<&]+)</t></is>)</c>)'
)
"""A cell as programs write nearly all: blank, or with one value or text and no formula, as lxml serialises it."""


def _fill_row(element: etree._Element, row: int, sheet: Sheet, workbook: Workbook) -> None:
    """The cells of one row: where most of the time of reading goes.

    An object for every element is what costs; so a row is written out again and taken apart as text where nothing but
    usual cells is in it, one after the other.
    """
    text = etree.tostring(element, encoding="utf-8", with_tail=False).decode()
    parts = _USUAL_CELL.split(text)
    if len(parts) == 1 or any(parts[7:-1:7]) or parts[-1] != "</row>" or parts[0].rfind("<") != 0:
        _fill_unusual_row(element, row, sheet, workbook)
        return
    filled, numbers, styles = sheet.cells, workbook.numbers, workbook.styles
    groups = (parts[group::7] for group in range(1, 7))
    for letters, digits, written_style, kind, stored, inline in zip(*groups, strict=True):
        style = written_style or "0"
        if stored:
            if style not in styles and (kind is None or kind == "n"):
                cell = numbers.get(stored) or _cell(kind, style, stored, None, False, workbook)
                if cell:
                    numbers[stored] = cell
            else:
                cell = _cell(kind, style, stored, None, False, workbook)
        elif inline:
            cell = _cell(kind, style, None, _unescape(inline), False, workbook)
        else:  # a blank
            continue
        if cell is not None:
            line, column = int(digits), _COLUMNS.get(letters) or _column(letters)
            if column > MAX_COLUMN or not 0 < line <= MAX_ROW or (line, column) in filled:
                raise Unreadable("damaged_file")
            filled[line, column] = cell


def _fill_unusual_row(element: etree._Element, row: int, sheet: Sheet, workbook: Workbook) -> None:
    """The cells of one row, whatever they are and whatever stands between them."""
    filled, numbers, styles = sheet.cells, workbook.numbers, workbook.styles
    namespace = element.tag[:-3]
    tag_v, tag_f, tag_is = namespace + "v", namespace + "f", namespace + "is"
    digits = str(row)
    width = -len(digits)
    at_row, column = row, 0
    for node in element:
        address = node.get("r")
        if address is None:
            at_row, column = row, column + 1
        elif address[width:] == digits and address[:width] in _COLUMNS:
            at_row, column = row, _COLUMNS[address[:width]]
        else:  # the cell's own address wins, as in Excel
            at_row, column = _address(address)
        stored: str | None = None
        inline: str | None = None
        formula = False
        for child in node:
            tag = child.tag
            if tag == tag_v:
                stored = child.text or ""
            elif tag == tag_is:
                inline = _rich_text(child)
            elif tag == tag_f:
                formula = True
        if stored is None and inline is None and not formula:
            continue
        kind, style = node.get("t"), node.get("s", "0")
        if stored and not formula and (kind is None or kind == "n") and style not in styles:
            cell = numbers.get(stored) or _cell(kind, style, stored, inline, formula, workbook)
            if cell:
                numbers[stored] = cell
        else:
            cell = _cell(kind, style, stored, inline, formula, workbook)
        if cell is not None:
            _put(filled, at_row, column, cell)


def _put(filled: dict[tuple[int, int], Cell], row: int, column: int, cell: Cell) -> None:
    if column > MAX_COLUMN or not 0 < row <= MAX_ROW or (row, column) in filled:
        raise Unreadable("damaged_file")
    filled[row, column] = cell


def _cell(
    kind: str | None, style_index: str, text: str | None, inline: str | None, formula: bool, workbook: Workbook
) -> Cell | None:
    """One cell from its type, style, stored value, inline string, and whether it has a formula."""
    if kind == "s" and text:
        cell = workbook.string(cells.index(text.strip()))
        return cell._replace(formula=True) if cell and formula else cell
    if kind == "inlineStr" and inline is not None:
        return cells.text(inline, formula)
    if kind in ("str", "inlineStr", "s"):
        if text is None and formula:
            return cells.UNCALCULATED
        return cells.text(_unescape(text or ""), formula)
    text = (text or "").strip()
    if not text:
        return cells.UNCALCULATED if formula else None
    if kind == "e":
        return cells.error(text, formula)
    if kind == "b" and text in ("0", "1", "true", "false"):
        return cells.boolean(text in ("1", "true"), formula)
    if kind == "d":
        return iso_moment(text, formula)
    return workbook.numeric(cells.number(text, formula), workbook.styles.get(style_index, ""))


_COLUMNS: Final[dict[str, int]] = {}
"""Letters of columns met so far -> number. There are 16 384 that count and not many more of three letters."""


def _address(address: str) -> tuple[int, int]:
    """Row and column of `AB12`."""
    letters = address.rstrip("0123456789")
    return cells.index(address[len(letters) :]), _COLUMNS.get(letters) or _column(letters)


def _column(letters: str) -> int:
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise Unreadable("damaged_file")
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    _COLUMNS[letters] = number
    return number
