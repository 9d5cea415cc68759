"""xls: the records of Excel 97–2003, as WPS writes them too (.et), and of Excel 5/95.

Well-kept readers stop at damaged names, comments or runs of fonts, which are of no interest here; and they tell neither
which cells are formulas nor whether those were ever calculated. Before Excel 97 text is bytes of a code page that is often
stated wrongly: read with the wrong one, names of villages become other characters. It is believed only if it is Chinese and
fits; otherwise the sender is asked to save the file anew.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import cells
from wentong.readers.dates import DateStyle, date_style
from wentong.readers.excel import Workbook, or_damaged, packed_number, truth_or_error

# the records that carry content, by their names in [MS-XLS]
_BOF, _EOF, _CONTINUE = 0x809, 0x0A, 0x3C
_FILE_PASS, _CODE_PAGE, _DATE_1904, _FORMAT, _XF, _BOUND_SHEET, _SST = 0x2F, 0x42, 0x22, 0x41E, 0xE0, 0x85, 0xFC
_ROW, _COL_INFO, _MERGED_CELLS = 0x208, 0x7D, 0xE5
_NUMBER, _RK, _MUL_RK, _BOOL_ERR, _LABEL, _R_STRING, _LABEL_SST = 0x203, 0x27E, 0xBD, 0x205, 0x204, 0xD6, 0xFD
_FORMULA, _STRING = 0x06, 0x207

_CHINESE_PAGES: Final = {936: "gb18030", 950: "cp950", 54936: "gb18030"}


@dataclass(slots=True)
class _Workbook(Workbook):
    """What the cells of an xls workbook refer to."""

    unicode: bool = True
    """Excel 97 and later. Before, text is in bytes of a code page."""
    code_page: int = 0
    summary: bool = True
    """Whether the program that wrote the file left a summary, as all office programs do."""

    def short_text(self, body: bytes, at: int, size: str = "<H") -> str:
        """A text within one record, led by its length as `size` packs it."""
        (length,) = struct.unpack_from(size, body, at)
        at += struct.calcsize(size)
        if self.unicode:
            wide = body[at] & 1
            data = body[at + 1 : at + 1 + (length << wide)]
            if len(data) < length << wide:
                raise Unreadable("damaged_file")
            return data.decode("utf-16-le" if wide else "latin-1", "replace")
        data = body[at : at + length]
        if data.isascii():
            return data.decode("ascii")
        # the page is often stated wrongly; only a Chinese one that fits is believed
        try:
            return data.decode(_CHINESE_PAGES[self.code_page])
        except (KeyError, UnicodeDecodeError) as error:
            raise Unreadable("old_format") from error


def read(stream: bytes, summary: bool) -> Book:
    """[MS-XLS] Excel 97–2003 (also WPS .et) and Excel 5/95, the records that carry content.

    `summary` says whether the file has one, as all office programs write it.
    """
    if stream[:2] != b"\x09\x08":
        raise Unreadable("old_format" if stream[:1] == b"\x09" else "damaged_file")

    def parse() -> Book:
        workbook = _Workbook(unicode=stream[4:6] == b"\x00\x06", summary=summary)
        sheets: list[Sheet] = []
        for sheet, start in _globals(stream, workbook):
            sheets.append(sheet)
            _fill_sheet(stream, start, sheet, workbook)
            cells.guard_size(sheets)
        return Book("xls", sheets)

    return or_damaged(parse)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Number, body and continuations of the records of one substream, without those of the charts embedded in it."""
    depth = 0
    held: tuple[int, bytes, list[bytes]] | None = None
    while True:
        number, length = struct.unpack_from("<HH", stream, at)
        at += 4 + length
        if at > len(stream):
            raise Unreadable("damaged_file")
        body = stream[at - length : at]
        if number == _CONTINUE and held:
            held[2].append(body)
            continue
        if held:
            yield held
        held = (number, body, []) if depth == 1 or number == _BOF else None
        if number == _BOF:
            depth += 1
        elif number == _EOF:
            depth -= 1
            if depth <= 0:
                return


def _globals(stream: bytes, workbook: _Workbook) -> list[tuple[Sheet, int]]:
    """The worksheets and where each begins; fills `workbook`."""
    sheets: list[tuple[Sheet, int]] = []
    codes: dict[int, str] = {}
    formats: list[int] = []
    bounds: list[bytes] = []
    for number, body, more in _records(stream, 0):
        if number == _FILE_PASS:
            raise Unreadable("encrypted_file")
        if number == _CODE_PAGE:
            (workbook.code_page,) = struct.unpack_from("<H", body)
        elif number == _DATE_1904:
            workbook.date1904 = body[0] == 1
        elif number == _FORMAT:
            (code,) = struct.unpack_from("<H", body)
            wide = workbook.unicode and body[4] & 1  # its length is often wrong and does not matter
            codes[code] = body[5 if workbook.unicode else 3 :].decode("utf-16-le" if wide else "latin-1", "replace")
        elif number == _XF:
            formats.append(struct.unpack_from("<H", body, 2)[0])
        elif number == _BOUND_SHEET and body[5] & 0x0F == 0:
            bounds.append(body)
        elif number == _SST:
            workbook.strings = [cells.text(text) for text in _strings([body[8:], *more])]
    for body in bounds:
        (start,) = struct.unpack_from("<I", body)
        name = workbook.short_text(body, 6, "<B")
        sheets.append((Sheet(name, visible=body[4] & 3 == 0, date1904=workbook.date1904), start))
    for index, code in enumerate(formats):
        workbook.styles[index] = date_style(code, codes.get(code))
    return sheets


def _strings(pieces: list[bytes]) -> list[str]:
    """The table of strings. Where a cut between records falls into a text, its width is stated anew."""
    strings: list[str] = []
    data = b"".join(pieces)
    cuts: list[int] = []
    for piece in pieces[:-1]:
        cuts.append((cuts[-1] if cuts else 0) + len(piece))
    cuts.append(len(data))
    at = cut = 0
    while at + 3 <= len(data):
        length, flags = struct.unpack_from("<HB", data, at)
        at += 3
        runs = extra = 0
        if flags & 8:
            (runs,) = struct.unpack_from("<H", data, at)
            at += 2
        if flags & 4:
            (extra,) = struct.unpack_from("<I", data, at)
            at += 4
        text = ""
        wide = flags & 1
        while True:
            while cuts[cut] < at:
                cut += 1
            room = (cuts[cut] - at) >> wide
            take = min(length, room)
            text += data[at : at + (take << wide)].decode("utf-16-le" if wide else "latin-1", "replace")
            at += take << wide
            length -= take
            if not length or at >= len(data):
                break
            wide = data[at] & 1
            at += 1
        if length:
            break  # the file ends here; a cell that needs it will say so
        strings.append(text)
        at += 4 * runs + extra
    return strings


def _fill_sheet(stream: bytes, start: int, sheet: Sheet, workbook: _Workbook) -> None:
    filled = sheet.cells
    waiting: tuple[int, int] | None = None  # the formula whose text comes in a record of its own
    for number, body, more in _records(stream, start):
        if number in (_NUMBER, _RK, _LABEL_SST, _LABEL, _R_STRING, _BOOL_ERR, _FORMULA):
            row, column, style_index = struct.unpack_from("<HHH", body)
            at = (row + 1, column + 1)
            style = workbook.styles.get(style_index, "")
            cell: Cell | None
            if number == _LABEL_SST:
                cell = workbook.string(struct.unpack_from("<I", body, 6)[0])
            elif number in (_LABEL, _R_STRING):
                cell = cells.text(workbook.short_text(body, 6))
            elif number == _BOOL_ERR:
                cell = truth_or_error(body[6], bool(body[7]))
            elif number == _FORMULA:
                cell = _formula(body, style, workbook)
                waiting = at if body[12:14] == b"\xff\xff" and body[6] == 0 else None
            else:
                (value,) = struct.unpack_from("<d" if number == _NUMBER else "<i", body, 6)
                cell = workbook.numeric(cells.binary(value if number == _NUMBER else packed_number(value)), style)
            if cell is not None:
                filled[at] = cell
        elif number == _MUL_RK:
            row, column = struct.unpack_from("<HH", body)
            for index, at_number in enumerate(range(4, len(body) - 2, 6)):
                style_index, packed = struct.unpack_from("<Hi", body, at_number)
                cell = workbook.numeric(cells.binary(packed_number(packed)), workbook.styles.get(style_index, ""))
                filled[row + 1, column + index + 1] = cell
        elif number == _STRING and waiting:
            long = _strings([body, *more])[0] if workbook.unicode else workbook.short_text(body + b"".join(more), 0)
            cell = cells.text(long, formula=True)
            if cell is not None:
                filled[waiting] = cell
            else:
                del filled[waiting]
            waiting = None
        elif number == _ROW:
            if body[12] & 0x20:
                sheet.hidden_rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif number == _COL_INFO:
            first, last, width, _, options = struct.unpack_from("<HHHHH", body)
            if options & 1 or width == 0:
                sheet.hidden_columns.update(range(first + 1, min(last, 255) + 2))
        elif number == _MERGED_CELLS:
            for index in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<HHHH", body, 2 + 8 * index)
                sheet.merged.append((top + 1, left + 1, bottom + 1, right + 1))


def _formula(body: bytes, style: DateStyle, workbook: _Workbook) -> Cell | None:
    """A formula by its cached result.

    Libraries that write formulas without calculating them leave traces: POI a 0 with the sole flag "calculate on load",
    xlwt an empty text in a file without a summary. A text result comes in the next record; until then there is none.
    """
    result, (flags,) = body[6:14], struct.unpack_from("<H", body, 14)
    if result[6:] != b"\xff\xff":
        if result == bytes(8) and flags & 3 == 2:
            return cells.UNCALCULATED
        return workbook.numeric(cells.binary(struct.unpack("<d", result)[0], True), style)
    if result[0] in (1, 2):
        return truth_or_error(result[2], result[0] == 2, True)
    if result[0] == 3 and workbook.summary:
        return None
    return cells.UNCALCULATED
