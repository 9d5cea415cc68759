"""Official-looking workbooks for one town and one form, and the hidden mark that says what a workbook is.

The layout is that of the paper forms (domain §3, common header and footer): title, form number and approval at the
right, unit and period, one header row with units in brackets, one row per village, signatures. Saving is reproducible:
the same content gives the same bytes, so a file written twice has one hash.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from math import ceil
from os import PathLike
from pathlib import Path
from typing import IO, Any
from unicodedata import east_asian_width
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from wentong.forms import Field, Form, Table, code_titles
from wentong.marks import MARK_SHEET
from wentong.periods import Period

TO_FILL = "〔待主管部门填写〕"
"""What only the authority that approves a form can say is never invented."""

DEMO_BANNER = "示例数据(虚构),仅供演示"
"""Stands in every sheet, receipt and table made from invented figures."""

SIGNATURES = {
    "head": "单位负责人", "reviewer": "审核人", "preparer": "填表人", "phone": "联系电话", "reported_on": "报出日期",
}  # fmt: skip

HEADER_ROW = 6
FIRST_ROW = HEADER_ROW + 1
_RIGHT_BLOCK = 4
"""Columns at the right that hold form number and approval."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_x(?=[0-9A-Fa-f]{4}_)")
"""What looks like Excel's own escape for a character (_x0041_) would be read back as that character."""

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_THIN = Side(style="thin", color="FF7F7F7F")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CENTER = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
_HEADER_FILL = PatternFill("solid", fgColor="FFE8EEF4")
_SONG, _HEI = "宋体", "黑体"


def write_return(
    path: str | PathLike[str] | IO[bytes],
    form: Form,
    table: Table,
    period: Period,
    town_code: str,
    town_name: str,
    county_name: str,
    rows: Iterable[Mapping[str, object]],
    *,
    banner: str | None = None,
    signatures: Mapping[str, str] | None = None,
) -> None:
    """Write one town's return of one form table, one row per village, to `path` (.xlsx) or a stream.

    `rows` map field names to values in the declared unit: numbers, `date`, codes of enums (built) or their titles; any
    other text is written as it is, as text. `signatures` maps head, reviewer, preparer, phone, reported_on to what is
    written in the footer. Missing columns stay blank, 序号 is counted.
    """
    workbook = Workbook()
    sheet: Worksheet = workbook.worksheets[0]
    sheet.title = form.code
    fields = return_fields(table)
    _write_head(sheet, form, period, len(fields), f"{county_name}{town_name}", town_code, banner)
    _write_header_row(sheet, fields)
    last_row = _write_rows(sheet, fields, rows)
    _write_signatures(sheet, last_row + 2, len(fields), signatures or {})
    _offer_choices(sheet, fields, last_row)
    _set_page(sheet, len(fields))
    write_mark(workbook, {"form": form.code, "edition": form.edition, "unit": town_code, "period": str(period)})
    save(workbook, path)


def return_fields(table: Table) -> tuple[Field, ...]:
    """The columns of a single town's workbook: all but the town, which the head names."""
    return tuple(f for f in table.fields if f.role != "town")


def heading(field: Field) -> str:
    """A column's official heading with its unit on a second line: 建筑面积(平方米)."""
    return f"{field.title}\n({field.unit})" if field.unit else field.title


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


# -- parts of a return -------------------------------------------------------------------------------------------------


def _write_head(
    sheet: Worksheet, form: Form, period: Period, width: int, unit_name: str, unit_code: str, banner: str | None
) -> None:
    split = width - _RIGHT_BLOCK
    _merged(sheet, 1, 1, split, f"《{form.title}》", Font(name=_HEI, size=16, bold=True), _CENTER)
    if banner:
        _merged(sheet, 2, 1, split, banner, Font(name=_HEI, size=13, bold=True, color="FFC00000"), _CENTER)
    right = (f"表号:{form.code}", f"制定机关:{TO_FILL}", f"批准文号:{TO_FILL}", f"有效期至:{TO_FILL}")
    for row, text in enumerate(right, 1):
        _merged(sheet, row, split + 1, width, text)
    middle = split // 2
    _merged(sheet, 4, 1, middle, f"填报单位(盖章):{unit_name}")
    _merged(sheet, 4, middle + 1, split, f"统一编码:{unit_code}")
    _merged(sheet, 5, 1, middle, f"报告期:{period.title}")
    _merged(sheet, 5, middle + 1, split, "计量单位:见各栏")
    sheet.row_dimensions[1].height = 26


def _merged(
    sheet: Worksheet, row: int, first: int, last: int, text: str, font: Font | None = None, align: Alignment = _LEFT
) -> None:
    cell: Any = sheet.cell(row, first)
    put_text(cell, text)
    cell.font, cell.alignment = font or Font(name=_SONG, size=11), align
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _write_header_row(sheet: Worksheet, fields: tuple[Field, ...]) -> None:
    for column, field in enumerate(fields, 1):
        cell: Any = sheet.cell(HEADER_ROW, column)
        put_text(cell, heading(field))
        cell.font, cell.alignment = Font(name=_HEI, size=11, bold=True), _CENTER
        cell.border, cell.fill = _BOX, _HEADER_FILL
        sheet.column_dimensions[get_column_letter(column)].width = _column_width(field)
    sheet.row_dimensions[HEADER_ROW].height = 56


def _column_width(field: Field) -> float:
    if field.role == "ignored":
        return 6
    if field.role in ("place_name", "place_code"):
        return {"place_name": 22, "place_code": 16}[field.role]
    return {"date": 13, "text": 30}.get(field.type, 11)


def _write_rows(sheet: Worksheet, fields: tuple[Field, ...], rows: Iterable[Mapping[str, object]]) -> int:
    """Write the villages' rows; returns the last row written (the header row if there is none)."""
    number = 0
    font = Font(name=_SONG, size=11)
    for number, row in enumerate(rows, 1):
        for column, field in enumerate(fields, 1):
            cell: Any = sheet.cell(HEADER_ROW + number, column)
            _put(cell, field, number if field.role == "ignored" else row.get(field.name))
            cell.font, cell.border = font, _BOX
            cell.alignment = _LEFT if field.type == "text" and field.role in ("place_name", "value") else _CENTER
        texts = ((row.get(field.name), _column_width(field)) for field in fields)
        lines = max((ceil(text_width(text) / width) for text, width in texts if isinstance(text, str)), default=1)
        sheet.row_dimensions[HEADER_ROW + number].height = 18 + 14 * (max(lines, 1) - 1)
    return HEADER_ROW + number


def _put(cell: Any, field: Field, value: object) -> None:
    """One value in the declared unit; the number format is set for blank cells too, as stewards will type into them."""
    cell.number_format = _number_format(field)
    if isinstance(value, str):
        put_text(cell, code_titles(field.codes).get(value, value) if field.codes else value)
    elif value is not None:
        cell.value = value
        cell.number_format = _number_format(field)  # assigning a date resets it
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"


def _number_format(field: Field) -> str:
    if field.role == "place_code":
        return "@"
    return {"count": "0", "date": "yyyy-mm-dd"}.get(field.type, "General")


def _write_signatures(sheet: Worksheet, row: int, width: int, signatures: Mapping[str, str]) -> None:
    share = width / len(SIGNATURES)
    for number, (key, title) in enumerate(SIGNATURES.items()):
        first, last = round(number * share) + 1, round((number + 1) * share)
        _merged(sheet, row, first, last, f"{title}:{signatures.get(key, '')}")


def _offer_choices(sheet: Worksheet, fields: tuple[Field, ...], last_row: int) -> None:
    """A drop-down for every column with a code list."""
    for column, field in enumerate(fields, 1):
        if field.codes and last_row > HEADER_ROW:
            titles = list(code_titles(field.codes).values())
            choice = DataValidation(type="list", formula1=f'"{",".join(titles)}"', allow_blank=True)
            choice.errorTitle, choice.error = field.title, f"请填{'、'.join(titles)}之一"
            letter = get_column_letter(column)
            choice.add(f"{letter}{FIRST_ROW}:{letter}{last_row}")
            sheet.add_data_validation(choice)


def _set_page(sheet: Any, width: int) -> None:
    """Landscape A4, one page wide, the header row on every page; names and headings stay when scrolling."""
    sheet.freeze_panes = sheet.cell(FIRST_ROW, min(3, width)).coordinate
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.print_options.horizontalCentered = True
    sheet.oddFooter.center.text = "第 &P 页,共 &N 页"
