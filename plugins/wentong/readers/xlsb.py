"""xlsb, Excel's binary workbook: the package of an xlsx with records of bytes in place of XML.

Some sheets use "short" records, which leave out the column: it is the one after the cell before. Readers that do not know
them put the figures of a row into other columns or lose them, silently.
"""

import struct
from collections.abc import Iterator

from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import cells
from wentong.readers.cells import MAX_COLUMN, MAX_ROW
from wentong.readers.dates import DateStyle, date_style
from wentong.readers.excel import Workbook, or_damaged, packed_number, truth_or_error
from wentong.readers.parts import Parts

# the records that carry content, after their names in [MS-XLSB]; the first eleven have short forms, 12 to 18
_BLANK, _RK, _ERROR, _BOOL, _REAL, _STRING, _SHARED, _FMLA_STRING, _FMLA_NUMBER, _FMLA_BOOL, _FMLA_ERROR = range(1, 12)
_FIRST_SHORT, _LAST_SHORT, _RICH_STRING = 12, 18, 62
_BEGIN_SHEET_DATA, _END_SHEET_DATA, _ROW, _COL_INFO, _MERGE_CELL = 145, 146, 0, 60, 176
_SST_ITEM, _WORKBOOK_PROPERTIES, _BUNDLED_SHEET = 19, 153, 156
_BEGIN_CELL_XFS, _END_CELL_XFS, _XF, _FORMAT = 617, 618, 47, 44


def read(parts: Parts, main: str, relations: dict[str, tuple[str, str]]) -> Book:
    """[MS-XLSB], the records that carry content. Cells of "short" records (12–18) stand right of the cell before."""

    def parse() -> Book:
        workbook = Workbook()
        for kind, part in relations.values():
            if kind == "sharedstrings" and part in parts:
                workbook.strings = [
                    cells.text(_wide(record, 1)) for number, record in _records(parts.read(part)) if number == _SST_ITEM
                ]
            elif kind == "styles" and part in parts:
                workbook.styles = _styles(parts.read(part))
        sheets: list[Sheet] = []
        pending: list[tuple[Sheet, str]] = []
        for number, record in _records(parts.read(main)):
            if number == _WORKBOOK_PROPERTIES:
                workbook.date1904 = bool(record[0] & 1)
            elif number == _BUNDLED_SHEET:
                state, _, length = struct.unpack_from("<III", record)
                kind, part = relations.get(record[12 : 12 + 2 * length].decode("utf-16-le"), ("", ""))
                if kind == "worksheet":
                    pending.append((Sheet(_wide(record, 12 + 2 * length), visible=state == 0), part))
                elif not kind:
                    raise Unreadable("damaged_file")
        for sheet, part in pending:
            sheet.date1904 = workbook.date1904
            sheets.append(sheet)
            _fill_sheet(parts.read(part), sheet, workbook)
            cells.guard_size(sheets)
        return Book("xlsb", sheets)

    return or_damaged(parse)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(data)
    while at < end:
        number = data[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        if at + length > end:
            raise Unreadable("damaged_file")
        yield number, data[at : at + length]
        at += length


def _wide(record: bytes, at: int) -> str:
    (length,) = struct.unpack_from("<I", record, at)
    if at + 4 + 2 * length > len(record):
        raise Unreadable("damaged_file")
    return record[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace")


def _styles(data: bytes) -> dict[str | int, DateStyle]:
    codes: dict[int, str] = {}
    styles: dict[str | int, DateStyle] = {}
    inside, index = False, 0
    for number, record in _records(data):
        if number == _FORMAT:
            codes[struct.unpack_from("<H", record)[0]] = _wide(record, 2)
        elif number in (_BEGIN_CELL_XFS, _END_CELL_XFS):
            inside = number == _BEGIN_CELL_XFS
        elif number == _XF and inside:
            (code,) = struct.unpack_from("<H", record, 2)
            styles[index] = date_style(code, codes.get(code))
            index += 1
    return styles


def _fill_sheet(data: bytes, sheet: Sheet, workbook: Workbook) -> None:
    row = column = 0
    inside = False
    for number, record in _records(data):
        if number in (_BEGIN_SHEET_DATA, _END_SHEET_DATA):
            inside = number == _BEGIN_SHEET_DATA
        elif inside and (_BLANK <= number <= _LAST_SHORT or number == _RICH_STRING):
            if _FIRST_SHORT <= number <= _LAST_SHORT:
                number -= _FIRST_SHORT - _BLANK
                column, at = column + 1, 4
            else:
                column, at = struct.unpack_from("<I", record)[0] + 1, 8
            if not (0 < row <= MAX_ROW and column <= MAX_COLUMN):
                raise Unreadable("damaged_file")
            style = workbook.styles.get(int.from_bytes(record[at - 4 : at - 1], "little"), "")
            cell = _cell(number, record, at, style, workbook)
            if cell is not None:
                sheet.cells[row, column] = cell
        elif inside and number == _ROW:
            row, column = struct.unpack_from("<I", record)[0] + 1, 0
            if record[11] & 0x10:
                sheet.hidden_rows.add(row)
        elif number == _COL_INFO:
            first, last = struct.unpack_from("<II", record)
            if record[16] & 1:
                sheet.hidden_columns.update(range(first + 1, min(last + 1, MAX_COLUMN) + 1))
        elif number == _MERGE_CELL:
            first, last, left, right = struct.unpack_from("<IIII", record)
            sheet.merged.append((first + 1, left + 1, last + 1, right + 1))


def _cell(number: int, record: bytes, at: int, style: DateStyle, workbook: Workbook) -> Cell | None:
    """One cell by its record, whose value begins at `at`."""
    formula = _FMLA_STRING <= number <= _FMLA_ERROR
    if number == _BLANK:
        return None
    if number == _SHARED:
        return workbook.string(struct.unpack_from("<I", record, at)[0])
    if number in (_STRING, _FMLA_STRING, _RICH_STRING):
        return cells.text(_wide(record, at + (number == _RICH_STRING)), formula)
    if number in (_ERROR, _FMLA_ERROR):
        return truth_or_error(record[at], True, formula)
    if number in (_BOOL, _FMLA_BOOL):
        return truth_or_error(record[at], False, formula)
    (stored,) = struct.unpack_from("<i" if number == _RK else "<d", record, at)
    return workbook.numeric(cells.binary(packed_number(stored) if number == _RK else stored, formula), style)
