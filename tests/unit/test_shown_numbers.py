"""What a number format shows is what the sender wrote: percent, month only, days of the 1904 calendar."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from wentong import readers, values
from wentong.forms import find_form
from wentong.grid import Cell, Sheet

TABLE = find_form("基文01").tables[0]


def read(path: Path, value: object, number_format: str, *, date1904: bool = False) -> tuple[Cell, Sheet]:
    workbook = openpyxl.Workbook()
    if date1904:
        workbook.epoch = CALENDAR_MAC_1904
    workbook.active["A1"] = value
    workbook.active["A1"].number_format = number_format
    workbook.save(path)
    (sheet,) = readers.read(path, path.name).sheets
    return sheet.cells[1, 1], sheet


@pytest.mark.parametrize(("number_format", "shown"), [("0%", "35%"), ("0.0%", "35%"), ('0"%"', "0.35")])
def test_percent_is_no_number_of_things(tmp_path: Path, number_format: str, shown: str) -> None:
    cell, _ = read(tmp_path / "a.xlsx", 0.35, number_format)
    assert cell.raw == shown
    parsed = values.parse(cell, TABLE.field("weekly_open_hours"))
    assert (parsed.state == "withheld") is shown.endswith("%")


@pytest.mark.parametrize("number_format", ['yyyy"年"m"月"', "yyyy-mm", "mmm-yy"])
def test_a_month_is_known_to_the_month(tmp_path: Path, number_format: str) -> None:
    """Excel turns 2018年3月 into 1 March and a format: the day was never written."""
    cell, _ = read(tmp_path / "a.xlsx", date(2018, 3, 1), number_format)
    parsed = values.parse(cell, TABLE.field("built_on"))
    assert (parsed.value, parsed.state) == ("2018-03", "partial_date")


@pytest.mark.parametrize(("date1904", "day"), [(False, "2019-03-22"), (True, "2023-03-23")])
def test_a_bare_number_counts_days_of_its_calendar(tmp_path: Path, date1904: bool, day: str) -> None:
    cell, sheet = read(tmp_path / "a.xlsx", 43546, "General", date1904=date1904)
    assert sheet.date1904 is date1904
    assert values.parse(cell, TABLE.field("built_on"), date1904=sheet.date1904).value == day
