"""Official-looking workbooks for one unit and one form, and the hidden mark that says what a workbook is.

The layout is that of the paper forms (domain §3, common header and footer): title, form number and approval at the
right, unit and period, one header row with units in brackets, one row per unit (or blank rows), signatures. What is not
to be filled in is locked, without a password. Saving is reproducible: the same content gives the same bytes, so a file
written twice has one hash.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate, count, zip_longest
from math import ceil
from os import PathLike
from pathlib import Path
from typing import IO, Any
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from wentong import guidance
from wentong.forms import Field, Form, Table, code_titles
from wentong.marks import CHOICES_SHEET, GUIDE_TITLE, MARK_SHEET, REFERENCE_TITLE, ZERO_LINE
from wentong.periods import Period

DEMO_BANNER = "示例数据(虚构),仅供演示"
"""Stands in every sheet, receipt and table made from invented figures."""

SIGNATURES = {
    "head": "单位负责人", "reviewer": "审核人", "preparer": "填表人", "phone": "联系电话", "reported_on": "报出日期",
}  # fmt: skip

HEADER_ROW = 6
"""Where the headings stand; one row further down in ledgers, below the line to tick when nothing happened."""
LEDGER_ROWS = 40
REFERENCE_SHEET, GUIDE_SHEET = "上期数据(仅供参考)", "填表说明"
_PAGE_WIDTH = 220
"""Characters across a printed page before the print gets too small to read."""
_LEAST_WIDTH = 110
_LABEL_WIDTH = 34
"""Characters that a line of the head takes: form number and approval at the right, the unit at the left."""
_GUIDE_WIDTHS = (36, 10, 110)
_LONGEST_INLINE = 250
"""Excel takes 255 characters in a drop-down itself."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_x(?=[0-9A-Fa-f]{4}_)")
"""What looks like Excel's own escape for a character (_x0041_) would be read back as that character."""

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_THIN = Side(style="thin", color="FF7F7F7F")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CENTER = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_ONE_LINE = Alignment(horizontal="left", vertical="center")
_UNLOCKED = Protection(locked=False)
_HEADER_FILL = PatternFill("solid", fgColor="FFE8EEF4")
_GREY_FILL = PatternFill("solid", fgColor="FFD9D9D9")
_GREY = "FF7F7F7F"
_SONG, _HEI = "宋体", "黑体"


Row = Mapping[str, object]


def write_return(
    path: str | PathLike[str] | IO[bytes],
    form: Form,
    period: Period,
    unit_code: str,
    unit_title: str,
    rows: Mapping[str, Iterable[Row]],
    *,
    banner: str | None = None,
    signatures: Mapping[str, str] | None = None,
    last: Mapping[str, Iterable[Row]] | None = None,
    places: Sequence[str] = (),
) -> None:
    """Write a unit's return of a form, one sheet per table, to `path` (.xlsx) or a stream; without figures a template.

    `rows` and `last` (what the unit reported before, for reference; each row may name its `period`) map a table's name
    to rows, these map field names to values in the declared unit: numbers, `date`, codes of enums (built) or their
    titles, codes of sets joined by commas; any other text is written as it is, as text. Missing columns stay blank, 序号
    is counted, issued numbers are filled in, and tables that are filled in as things happen get blank rows. `signatures`
    maps head, reviewer, preparer, phone, reported_on to what is written in the footer. `places` are the names offered
    where a row may be about any of the unit's places.
    """
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    about = _Return(form, period, unit_code, unit_title, banner, signatures or {}, places)
    lists = _Lists()
    for table in form.tables:
        sheet = workbook.create_sheet(sheet_name(form, table))
        _Page(sheet, about, table, lists).write(rows.get(table.name, ()))
    known = {table.name: list((last or {}).get(table.name, ())) for table in form.tables}
    if any(known.values()):
        _write_reference(workbook.create_sheet(REFERENCE_SHEET), about, known)
    _write_guide(workbook.create_sheet(GUIDE_SHEET), about)
    lists.write(workbook)
    write_mark(workbook, {"form": form.code, "edition": form.edition, "unit": unit_code, "period": str(period)})
    workbook.security = WorkbookProtection(lockStructure=True)
    save(workbook, path)


def sheet_name(form: Form, table: Table) -> str:
    """基文01; in a form of several tables 基文07 会议和培训."""
    if len(form.tables) == 1:
        return form.code
    return re.sub(r"[\[\]:*?/\\]", "", f"{form.code} {table.title}")[:31]


def columns(table: Table, *, of_county: bool = False) -> tuple[Field, ...]:
    """The columns of a unit's workbook: all that are still asked for; not the town in that of a town, whose head names it."""
    return tuple(f for f in table.fields if not f.retired and (of_county or f.role != "town"))


def heading(field: Field) -> str:
    """A column's official heading with its unit on a second line: 建筑面积(平方米)."""
    return f"{field.title}\n({field.unit})" if field.unit else field.title


def issued_number(table: Table, unit_code: str, period: Period, number: int) -> str:
    """The number that a template issues to its row: kind of thing, unit, period, row: AC-440783117000-202701-001."""
    return f"{table.name[:2].upper()}-{unit_code}-{str(period).replace('-', '')}-{number:03}"


# -- the mark ----------------------------------------------------------------------------------------------------------


def write_mark(workbook: Workbook, mark: Mapping[str, str]) -> None:
    """Add `mark` to the workbook's hidden mark, keeping keys that are there and not in `mark`; "" empties an entry."""
    if MARK_SHEET in workbook.sheetnames:
        sheet: Any = workbook[MARK_SHEET]
    else:
        sheet = workbook.create_sheet(MARK_SHEET)
    sheet.sheet_state = "veryHidden"
    rows = {str(sheet.cell(row, 1).value): row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value}
    for key, value in mark.items():
        row = rows.setdefault(key, max(rows.values(), default=0) + 1)
        put_text(sheet.cell(row, 1), key)
        put_text(sheet.cell(row, 2), value)


# -- cells and packages ------------------------------------------------------------------------------------------------


def put_text(cell: Any, text: str) -> None:
    """Write text as text: never a formula, a number or an error, and never a character that XML cannot hold."""
    kept = _ESCAPE.sub("_x005F_x", printable(text)[:32767])
    cell._value, cell.data_type = kept or None, "s"  # past openpyxl's guessing of types
    if text[:1] in tuple("=+-@"):
        cell.quotePrefix = True  # Excel keeps it as text even after an edit


def printable(text: str) -> str:
    """The text with what no workbook can hold (control characters, lone surrogates) shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def text_width(text: str) -> int:
    """Columns a text takes: Chinese characters count twice."""
    return sum(2 if east_asian_width(c) in "WFA" else 1 for c in text)


_MERGED = re.compile(rb"(?:<mergeCell [^>]*/>)+")


def _in_order(found: re.Match[bytes]) -> bytes:
    """Merged ranges sorted: openpyxl keeps them in a set."""
    return b"".join(sorted(re.findall(rb"<mergeCell [^>]*/>", found[0])))


class _Package(ZipFile):
    """A zip whose entries carry a fixed date, each passed through `edit` on its way in."""

    def __init__(self, target: Any, edit: Callable[[str, bytes], bytes] | None) -> None:
        super().__init__(target, "w", ZIP_DEFLATED)
        self._edit = edit

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        name = str(zinfo_or_arcname)
        content = data.encode("utf-8") if isinstance(data, str) else bytes(data)
        if name.startswith("xl/worksheets/sheet"):
            content = _MERGED.sub(_in_order, content)
        entry = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = ZIP_DEFLATED
        super().writestr(entry, self._edit(name, content) if self._edit else content)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        self.writestr(arcname, Path(filename).read_bytes())


def save(
    workbook: Workbook, target: str | PathLike[str] | IO[bytes], edit: Callable[[str, bytes], bytes] | None = None
) -> None:
    """Save a workbook so that the same content gives the same bytes. `edit(part name, bytes)` may change a part."""
    if workbook.properties.created is None or workbook.properties.creator == "openpyxl":
        workbook.properties.created, workbook.properties.creator = _SOME_DAY, "文统"
    workbook.properties.modified = workbook.properties.created
    ExcelWriter(workbook, _Package(target, edit)).save()


# -- a sheet of a return -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Return:
    """What all sheets of a workbook share."""

    form: Form
    period: Period
    unit_code: str
    unit_title: str
    banner: str | None
    signatures: Mapping[str, str]
    places: Sequence[str]

    @property
    def of_county(self) -> bool:
        return self.unit_code.endswith("000000")

    def columns(self, table: Table) -> tuple[Field, ...]:
        return columns(table, of_county=self.of_county)

    def is_locked(self, table: Table, field: Field) -> bool:
        """Whether the cells of a column are not the sender's to fill in."""
        if field.filled_by == "county" and not self.of_county:
            return True
        if field.role == "ignored":
            return True
        return table.is_listed and (field.role != "value" or field.name in table.item_key)


class _Page:
    """One table on its sheet: head, header row, rows, signatures."""

    def __init__(self, sheet: Worksheet, about: _Return, table: Table, lists: "_Lists") -> None:
        self.sheet, self.about, self.table, self.lists = sheet, about, table, lists
        self.fields = about.columns(table)
        self.widths = _widths(table, self.fields)
        self.pages = _pages(self.widths)
        # The head of a wide table stays on its first page.
        self.head = self._columns_up_to(sum(self.widths) / self.pages, 3, len(self.fields))
        self.has_zero_line = table.resubmission == "ledger" and not table.is_listed
        self.header_row = HEADER_ROW + self.has_zero_line

    def write(self, rows: Iterable[Row]) -> None:
        self._write_head()
        self._write_header_row()
        last_row = self._write_rows(self._with_blank_rows(rows))
        self._write_signatures(last_row + 2)
        self._limit_input(last_row)
        self._set_page()
        _protect(self.sheet, open_rows=not self.table.is_listed)

    def _write_head(self) -> None:
        form, about, head = self.about.form, self.about, self.head
        split = self._columns_up_to(sum(self.widths[:head]) - _LABEL_WIDTH, 2, head - 1)
        self._merged(1, 1, split, f"《{form.title}》", Font(name=_HEI, size=16, bold=True), _CENTER)
        if about.banner:
            self._merged(2, 1, split, about.banner, Font(name=_HEI, size=13, bold=True, color="FFC00000"), _CENTER)
        right = [f"表号:{form.code}", *(f"{label}:{text}" for label, text in form.headers_to_fill.items())]
        for row, text in enumerate(right, 1):
            self._merged(row, split + 1, head, text)
        needed = 1 + sum(total < _LABEL_WIDTH for total in accumulate(self.widths))
        middle = self._columns_up_to(sum(self.widths[:split]) / 2, min(needed, split - 1), split - 1)
        self._merged(4, 1, middle, f"填报单位(盖章):{about.unit_title}")
        self._merged(4, middle + 1, split, f"统一编码:{about.unit_code}")
        self._merged(5, 1, middle, f"报告期:{about.period.title}")
        self._merged(5, middle + 1, split, "计量单位:见各栏")
        self.sheet.row_dimensions[1].height = 26
        if self.has_zero_line:
            self._merged(HEADER_ROW, 1, head, f"本期没有发生的,请在括号内打√:{ZERO_LINE}(  )", locked=False)

    def _columns_up_to(self, width: float, least: int, most: int) -> int:
        """How many columns from the left fit into a width."""
        return min(max(least, sum(total <= width + 0.01 for total in accumulate(self.widths))), most)

    def _merged(
        self,
        row: int,
        first: int,
        last: int,
        text: str,
        font: Font | None = None,
        align: Alignment = _LEFT,
        locked: bool = True,
    ) -> None:
        cell: Any = self.sheet.cell(row, first)
        put_text(cell, text)
        cell.font, cell.alignment = font or Font(name=_SONG, size=11), align
        if last > first:
            self.sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
        if not locked:
            for column in range(first, last + 1):
                self.sheet.cell(row, column).protection = _UNLOCKED

    def _write_header_row(self) -> None:
        for column, (field, width) in enumerate(zip(self.fields, self.widths, strict=True), 1):
            cell: Any = self.sheet.cell(self.header_row, column)
            put_text(cell, heading(field))
            _as_header(cell)
            self.sheet.column_dimensions[get_column_letter(column)].width = width
        self.sheet.row_dimensions[self.header_row].height = _header_height(self.fields, self.widths)

    def _with_blank_rows(self, rows: Iterable[Row]) -> list[Row]:
        """In tables that are filled in as things happen: blank rows below, and numbers for those that have none."""
        given = list(rows)
        if self.table.is_listed:
            return given
        given += [{} for _ in range(LEDGER_ROWS - len(given))]
        key = self.table.issued_key
        if key is None:
            return given
        numbers = (issued_number(self.table, self.about.unit_code, self.about.period, n) for n in count(1))
        taken = {row.get(key) for row in given}
        free = (number for number in numbers if number not in taken)
        return [row if row.get(key) else {**row, key: next(free)} for row in given]

    def _write_rows(self, rows: Sequence[Row]) -> int:
        """Returns the last row written (the header row if there is none)."""
        styles = [self._style(field) for field in self.fields]
        for number, row in enumerate(rows, 1):
            values = [number if field.role == "ignored" else row.get(field.name) for field in self.fields]
            texts = zip(values, self.widths, strict=True)
            lines = max((ceil(text_width(text) / width) for text, width in texts if isinstance(text, str)), default=1)
            self.sheet.row_dimensions[self.header_row + number].height = 18 + 14 * (max(lines, 1) - 1)
            for column, (field, value, style) in enumerate(zip(self.fields, values, styles, strict=True), 1):
                _put(self.sheet.cell(self.header_row + number, column), field, value, style)
        return self.header_row + len(rows)

    def _style(self, field: Field) -> Any:
        """The look of a column's cells, blank ones too, as stewards will type into them."""
        cell: Any = self.sheet.cell(self.header_row + 1, self.fields.index(field) + 1)
        cell.font, cell.border = Font(name=_SONG, size=11), _BOX
        cell.alignment = _LEFT if field.type in ("text", "set") and field.role in ("place_name", "value") else _CENTER
        cell.number_format = _number_format(self.table, field)
        if not self.about.is_locked(self.table, field):
            cell.protection = _UNLOCKED
        elif field.filled_by:
            cell.fill = _GREY_FILL
        return cell._style

    def _write_signatures(self, row: int) -> None:
        in_line = len(SIGNATURES) if self.head > 2 * len(SIGNATURES) else 3
        ends = list(accumulate(self.widths[: self.head]))
        cuts = [0]
        for number in range(1, in_line):  # equal shares, as far as whole columns make them
            within = range(cuts[-1] + 1, self.head - in_line + number + 1)
            share = ends[-1] * number / in_line
            cuts.append(min((abs(ends[n - 1] - share), n) for n in within)[1])
        cuts.append(self.head)
        for number, (key, title) in enumerate(SIGNATURES.items()):
            line, place = divmod(number, in_line)
            text = f"{title}:{self.about.signatures.get(key, '')}"
            self._merged(row + line, cuts[place] + 1, cuts[place + 1], text, locked=False)

    def _limit_input(self, last_row: int) -> None:
        """Drop-downs, limits and hints for the cells that are the sender's to fill in."""
        for column, field in enumerate(self.fields, 1):
            if self.about.is_locked(self.table, field) or last_row == self.header_row:
                continue
            words = self.about.places if field.role == "place_name" else ()
            words = guidance.choices(field) if field.type == "enum" else words
            found = guidance.validation(
                self.table, field, self.about.period, self.lists.formula(words) if words else None
            )
            if found:
                letter = get_column_letter(column)
                found.add(f"{letter}{self.header_row + 1}:{letter}{last_row}")
                self.sheet.add_data_validation(found)

    def _set_page(self) -> None:
        """Landscape A4, the header row on every page; names and headings stay when scrolling."""
        sheet: Any = self.sheet
        names = (n for n, field in enumerate(self.fields, 1) if field.role == "place_name")
        frozen = next(names, min(2, len(self.fields) - 1)) + 1
        sheet.freeze_panes = sheet.cell(self.header_row + 1, frozen).coordinate
        _set_paper(sheet, self.pages)
        sheet.print_title_rows = f"{self.header_row}:{self.header_row}"
        if self.pages > 1:
            sheet.print_title_cols = f"A:{get_column_letter(frozen - 1)}"


def _pages(widths: Sequence[float]) -> int:
    """How many pages a table is printed across."""
    return max(1, ceil(sum(widths) / _PAGE_WIDTH))


def _set_paper(sheet: Any, pages_wide: int = 1) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages_wide, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = pages_wide == 1
    sheet.oddFooter.center.text = "第 &P 页,共 &N 页"


def _protect(sheet: Worksheet, *, open_rows: bool = False) -> None:
    """Lock what is not for filling in, without a password: a slip is prevented, nobody is kept out."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # False: allowed
    sheet.protection.insertRows = not open_rows


def _header_height(fields: Sequence[Field], widths: Sequence[float]) -> float:
    """Points that the longest heading takes, three lines at least."""
    lines = (
        sum(ceil(text_width(part) / (width - 1)) for part in heading(field).split("\n"))
        for field, width in zip(fields, widths, strict=True)
    )
    return 11 + 15 * max(3, *lines)


def _as_header(cell: Any) -> None:
    cell.font, cell.alignment = Font(name=_HEI, size=11, bold=True), _CENTER
    cell.border, cell.fill = _BOX, _HEADER_FILL


def _widths(table: Table, fields: Sequence[Field]) -> list[float]:
    """Widths of the columns in characters; those of a narrow table fill the page."""
    last_text = next((f.name for f in reversed(table.stored) if f.type == "text"), "")
    widths = [30.0 if field.name == last_text else _column_width(table, field) for field in fields]
    return [width * max(1.0, _LEAST_WIDTH / sum(widths)) for width in widths]


def _column_width(table: Table, field: Field) -> float:
    if field.role == "ignored":
        return 6
    if field.role != "value":
        return {"place_name": 22, "place_code": 16, "town": 12}[field.role]
    if field.name == table.issued_key:
        return 28
    if field.type == "enum" and field.name in table.item_key:
        return 30
    return {"date": 13, "text": 18, "set": 30}.get(field.type, 11)


def _put(cell: Any, field: Field, value: object, style: Any) -> None:
    """One value in the declared unit."""
    if isinstance(value, str):
        cell._style = copy(style)
        put_text(cell, shown(field, value))
        return
    if value is not None:
        cell.value = value
    cell._style = copy(style)  # after the value, as assigning a date changes the format
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"


def shown(field: Field, value: str) -> str:
    """A text as stewards read it: 已建成 for built, 阅览、展览 for several codes."""
    if not field.codes:
        return value
    if field.type == "set" and not value:
        return "无"
    titles = code_titles(field.codes)
    return "、".join(titles.get(word, word) for word in (value.split(",") if field.type == "set" else [value]))


def _number_format(table: Table, field: Field) -> str:
    if field.role == "place_code" or field.name == table.issued_key:
        return "@"
    return {"count": "0", "date": "yyyy-mm-dd"}.get(field.type, "General")


class _Lists:
    """The lists behind the drop-downs: short ones stand in the drop-down itself, others on a very hidden sheet."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, ...], int] = {}

    def formula(self, words: Sequence[str]) -> str:
        inline = ",".join(words)
        if len(inline) <= _LONGEST_INLINE and not any(set(word) & set(',"') for word in words):
            return f'"{inline}"'
        letter = get_column_letter(self._columns.setdefault(tuple(words), len(self._columns) + 1))
        return f"'{CHOICES_SHEET}'!${letter}$1:${letter}${len(words)}"

    def write(self, workbook: Workbook) -> None:
        if not self._columns:
            return
        sheet: Any = workbook.create_sheet(CHOICES_SHEET)
        for words, column in self._columns.items():
            for row, word in enumerate(words, 1):
                put_text(sheet.cell(row, column), word)
        sheet.sheet_state = "veryHidden"
        _protect(sheet)


# -- the sheets for reading only ---------------------------------------------------------------------------------------


def _write_reference(sheet: Any, about: _Return, last: Mapping[str, Sequence[Row]]) -> None:
    """上期数据: what the unit reported before, table below table, grey."""
    row = _write_reading_title(sheet, REFERENCE_TITLE, about)
    widths: list[float] = []
    for table in about.form.tables:
        rows = last[table.name]
        if not rows:
            continue
        fields = [f for f in about.columns(table) if f.role != "ignored" and not f.personal]
        own = _widths(table, fields)
        widths = [max(pair) for pair in zip_longest(widths, own, fillvalue=0.0)]
        period = rows[0].get("period")
        put_text(
            sheet.cell(row, 1),
            table.title + (f"({Period.parse(str(period)).title})" if isinstance(period, str) else ""),
        )
        sheet.cell(row, 1).font = Font(name=_HEI, size=11, bold=True, color=_GREY)
        for column, field in enumerate(fields, 1):
            cell = sheet.cell(row + 1, column)
            put_text(cell, heading(field))
            _as_header(cell)
            cell.font = Font(name=_HEI, size=11, color=_GREY)
        sheet.row_dimensions[row + 1].height = _header_height(fields, own)
        for number, values in enumerate(rows, row + 2):
            for column, field in enumerate(fields, 1):
                cell = sheet.cell(number, column)
                cell.font, cell.border = Font(name=_SONG, size=11, color=_GREY), _BOX
                cell.alignment = _LEFT if field.type in ("text", "set") else _CENTER
                cell.number_format = _number_format(table, field)
                _put(cell, field, values.get(field.name), cell._style)
        row += len(rows) + 3
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _set_paper(sheet, _pages(widths))
    _protect(sheet)


def _write_guide(sheet: Any, about: _Return) -> None:
    """填表说明: how to hand in, then what every column asks for."""
    row = _write_reading_title(sheet, GUIDE_TITLE, about)
    for number, sentence in enumerate(guidance.HAND_IN, 1):
        row = _write_line(sheet, row, [f"{number}. {sentence}"])
    for table in about.form.tables:
        row += 1
        if len(about.form.tables) > 1:
            row = _write_line(sheet, row, [f"工作表“{sheet_name(about.form, table)}”"], bold=True)
        row = _write_line(sheet, row, ["栏目", "单位", "要求"], header=True)
        for field in about.columns(table):
            asked = guidance.requirement(table, field, about.period, locked=about.is_locked(table, field))
            row = _write_line(sheet, row, [field.title, field.unit or "", asked], boxed=True)
    for letter, width in zip("ABC", _GUIDE_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _set_paper(sheet)
    _protect(sheet)


def _write_reading_title(sheet: Any, title: str, about: _Return) -> int:
    """The first lines of a sheet for reading; returns the next row."""
    row = _write_line(sheet, 1, [title], bold=True)
    if about.banner:
        row = _write_line(sheet, row, [about.banner], bold=True)
        sheet.cell(row - 1, 1).font = Font(name=_HEI, size=12, bold=True, color="FFC00000")
    return row + 1


def _write_line(
    sheet: Any, row: int, texts: Sequence[str], *, bold: bool = False, boxed: bool = False, header: bool = False
) -> int:
    """Texts side by side, a lone one across the page; returns the next row."""
    for column, text in enumerate(texts, 1):
        cell = sheet.cell(row, column)
        put_text(cell, text)
        cell.font = Font(name=_HEI if bold else _SONG, size=12 if bold else 11, bold=bold)
        cell.alignment = _LEFT if boxed or header else _ONE_LINE
        if boxed:
            cell.border = _BOX
        if header:
            _as_header(cell)
    if boxed:
        lines = max(ceil(text_width(text) / (width - 2)) for text, width in zip(texts, _GUIDE_WIDTHS, strict=True))
        sheet.row_dimensions[row].height = 4 + 15 * max(1, lines)
    else:
        sheet.row_dimensions[row].height = 22
    return row + 1
