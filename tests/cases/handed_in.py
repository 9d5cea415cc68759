"""How the stories of this folder write down a file that a town office handed in."""

import io
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spreadsheet_files
import writers
from openpyxl import Workbook
from openpyxl.utils import column_index_from_string, range_boundaries

Lines = list[list[Any]]
TODAY = "2026-11-22"


@dataclass(frozen=True)
class HandedIn:
    """One file as it lies in the share. The defaults are those of a town that keeps to the rules."""

    content: bytes
    name: str = "水口镇2026年3季度.xlsx"
    folders: tuple[str, ...] = ("水口镇",)
    period: str | None = None
    """What `wentong check --period` was given."""
    unit: str | None = None


def lines(text: str) -> Lines:
    """A table drawn with `|`: figures are numbers, a leading ' makes them text, \\n breaks a line, a blank is no cell."""
    return [[_cell(part.strip()) for part in line.split("|")] for line in text.strip("\n").splitlines()]


def _cell(text: str) -> Any:
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    return text.removeprefix("'").replace("\\n", "\n") or None


@dataclass(frozen=True)
class Sheet:
    """One worksheet: its name, its lines from `first_row` and `first_column` on, merged ranges and what is hidden."""

    text: str
    name: str = "Sheet1"
    merged: tuple[str, ...] = ()
    first_row: int = 1
    first_column: int = 1
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[str, ...] = ()
    state: str = "visible"
    finish: Callable[[Any], None] | None = None
    """Anything else to be done to the worksheet."""


def workbook(*sheets: Sheet | str) -> bytes:
    """An .xlsx of these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for given in sheets:
        sheet = Sheet(given) if isinstance(given, str) else given
        worksheet: Any = book.create_sheet(sheet.name)
        for row, line in enumerate(lines(sheet.text), sheet.first_row):
            for column, value in enumerate(line, sheet.first_column):
                if value is not None:
                    cell = worksheet.cell(row, column)
                    cell.value = value
                    if isinstance(value, str) and value.startswith("="):
                        cell.data_type = "s"
        for area in sheet.merged:
            worksheet.merge_cells(area)
        for row in sheet.hidden_rows:
            worksheet.row_dimensions[row].hidden = True
        for column in sheet.hidden_columns:
            worksheet.column_dimensions[column].hidden = True
        worksheet.sheet_state = sheet.state
        if sheet.finish:
            sheet.finish(worksheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def saved(write: Callable[[writers.Book], bytes], *sheets: Sheet) -> bytes:
    """The same sheets in another format: `saved(writers.xls, …)`."""
    return write(writers.Book([_page(sheet) for sheet in sheets]))


def _page(sheet: Sheet) -> writers.Sheet:
    return writers.Sheet(
        sheet.name,
        {
            (row, column): value
            for row, line in enumerate(lines(sheet.text), sheet.first_row)
            for column, value in enumerate(line, sheet.first_column)
        },
        [_corners(area) for area in sheet.merged],
        set(sheet.hidden_rows),
        {column_index_from_string(column) for column in sheet.hidden_columns},
        sheet.state != "visible",
    )


def _corners(area: str) -> tuple[int, int, int, int]:
    first_column, first_row, last_column, last_row = range_boundaries(area)
    return first_row, first_column, last_row, last_column


def xlsb(text: str) -> bytes:
    """The same table as a binary workbook with the one sheet 表一."""
    records = []
    for row, line in enumerate(lines(text)):
        records.append(spreadsheet_files.binary_record(0, struct.pack("<IIHBB4x", row, 0, 300, 0, 0)))
        for column, value in enumerate(line):
            place = struct.pack("<II", column, 0)
            if isinstance(value, str):
                records.append(spreadsheet_files.binary_record(6, place + spreadsheet_files.wide(value)))
            elif value is not None:
                records.append(spreadsheet_files.binary_record(5, place + struct.pack("<d", value)))
    return spreadsheet_files.xlsb(*records)


def csv(text: str, encoding: str = "utf-8-sig") -> bytes:
    """The same table as a text file; no cell may hold a comma."""
    return "\r\n".join(",".join("" if v is None else str(v) for v in line) for line in lines(text)).encode(encoding)


def html(text: str) -> bytes:
    """The same table as the web page that office systems call .xls."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{'' if v is None else v}</td>" for v in line) + "</tr>" for line in lines(text)
    )
    return f'<html><head><meta charset="utf-8"></head><body><table>{rows}</table></body></html>'.encode()


def full_width(text: str) -> str:
    """ASCII punctuation and digits as Chinese input methods type them."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c != "|" else c for c in text)


def written(folder: Path, handed: HandedIn) -> Path:
    path = folder / "content"
    path.write_bytes(handed.content)
    return path


TITLE = "基层综合性文化服务中心情况季报"
HEADINGS = (
    "序号 | 村(社区)名称 | 行政区划代码 | 是否建成 | 建筑面积(平方米) | 室外广场(活动场地)面积(平方米) | 图书藏量(册) | 阅览座位数(个)"
    " | 专职管理员人数(人) | 每周开放时间(小时) | 本季度活动场次(场次) | 参加人次(人次) | 志愿者人数(人) | 建成日期 | 备注"
)
"""The official headings in the official order."""
SIGNED = "单位负责人:陈一 | | 审核人:李二 | | 填表人:黄三 | | 报出日期:2026年10月8日"
NAMES = (
    "人民社区居委会", "新市社区居委会", "东方红社区居委会", "振华墟社区居委会", "渔业社区居委会", "永安村委会", "泮南村委会", "泮村村委会",
    "黎村村委会", "永乐村委会", "唐联村委会", "红花村委会", "后溪村委会", "新风村委会", "龙东村委会", "海燕村委会", "开锋村委会",
    "宝锋村委会", "联竹村委会", "桥溪村委会", "风采村委会", "寺前村委会", "新屋村委会", "向阳村委会", "开庄村委会", "开新村委会",
    "冈中村委会", "红进村委会", "金山村委会", "新美村委会",
)  # fmt: skip
"""The villages of 水口镇 in the order of the register."""


def built(number: int, name: str, code: Any = "", area: Any = 200, remark: str = "") -> str:
    """One official line of a finished centre with plain figures."""
    figures = [number, name, code, "已建成", area, 300, 1500, 24, 1, 42, 3, 120, 12, "2018-03-05", remark]
    return " | ".join(str(figure) for figure in figures)


def official(*rows: str, head: Sequence[str] = (), foot: Sequence[str] = (SIGNED,)) -> str:
    """A town's sheet as the form wants it: title, unit and period, headings, rows, signatures."""
    top = head or (TITLE, "填报单位(盖章):水口镇 | | | | 报告期:2026年第3季度")
    return "\n".join([*top, HEADINGS, *rows, *foot])
