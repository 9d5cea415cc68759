"""Templates from outside: what a steward finds in the workbook, and what comes back from it."""

import csv
import io
import os
import shutil
import subprocess
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from openpyxl import load_workbook

from wentong import checks, guidance, issuing, judging, readers
from wentong.declarations import load_form
from wentong.forms import Form, Table, find_form, forms
from wentong.marks import (
    CHOICES_SHEET,
    GUIDE_TITLE,
    MARK_SHEET,
    REFERENCE_TITLE,
    ZERO_LINE,
    is_reference_sheet,
    read_mark,
)
from wentong.periods import Period
from wentong.places import Place, Register
from wentong.returns import Judgement
from wentong.settings import INCLUDE
from wentong.templates import (
    DEMO_BANNER,
    GUIDE_SHEET,
    HEADER_ROW,
    LEDGER_ROWS,
    REFERENCE_SHEET,
    columns,
    sheet_name,
)

TOWN, COUNTY = "440783117000", "440783000000"
PERIODS = {"month": Period.parse("2027-01"), "quarter": Period.parse("2027Q1"), "year": Period.parse("2027")}
TODAY = date(2028, 1, 5)

LEDGERS = """\
code: 示例09
name: example
title: 示例活动和会议月报
edition: "2027"
period: month
first_period: 2027-01
reported_by: REPORTER
due: {working_days: 4}
headers_to_fill: {制定机关: 〔待主管部门填写〕}
tables:
  - name: activity
    title: 活动
    grain: one row per activity
    key: [unit, title, started_on, period]
    issued_key: activity_id
    unit: any
    resubmission: ledger
    fields:
      - {name: number, title: 序号, role: ignored}
      - {name: activity_id, title: 活动编号}
      - {name: organiser, title: 主办单位, role: place_name}
      - {name: organiser_code, title: 主办单位编码, role: place_code}
      - {name: title, title: 活动名称, required: true}
      - {name: started_on, title: 开始日期, type: date, required: true}
      - {name: kinds, title: 活动类型(可多选), type: set, codes: activity_kind}
      - {name: checked, title: 县级核查, type: enum, codes: check_result, filled_by: county}
      - {name: old, title: 旧栏目, retired: true}
      - {name: remark, title: 备注}
  - name: items
    title: 统一事项/落实
    grain: one row per item
    key: [unit, item, period]
    unit: reporter
    resubmission: roll
    fields:
      - {name: number, title: 序号, role: ignored}
      - {name: item, title: 统一事项, type: enum, codes: unify_item}
      - {name: units, title: 单位数, type: count, unit: 个, minimum: 1}
      - {name: money, title: 经费, type: number, minimum: -5, maximum: 1000000}
"""


@pytest.fixture(scope="module")
def register() -> Register:
    with open(INCLUDE / "schemas" / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        return Register(
            Place(
                r["division_code"], r["name"], int(r["level"]), r["parent_code"], r["kind"], r["owes_returns"] == "yes"
            )
            for r in csv.DictReader(stream)
        )


@pytest.fixture(params=["town", "county"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Form:
    """A form of a ledger and a list, as a town or the county reports it."""
    path = tmp_path / "example.yml"
    path.write_text(LEDGERS.replace("REPORTER", request.param), encoding="utf-8")
    return load_form(path)


@pytest.fixture(params=list(forms()))
def form(request: pytest.FixtureRequest) -> Form:
    return find_form(request.param)


def reported(table: Table) -> list[dict[str, Any]]:
    """A row of the period before, as the warehouse has it, about the first village of the town."""
    samples = {"count": 4711, "number": 320.5, "date": date(2026, 9, 1), "text": "上期的话"}
    values = {f.name: samples.get(f.type) for f in table.stored}
    return [{"division_code": "440783117001", "period": "2026Q4", "row_key": "", "cell_states": {}, **values}]


def template(register: Register, form: Form, banner: str | None = None) -> bytes:
    unit = register.by_code[TOWN if form.reported_by == "town" else COUNTY]
    return issuing.template(register, form, unit, PERIODS[form.period], reported, banner)


def opened(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def read(content: bytes, folder: Path) -> Any:
    (folder / "template.xlsx").write_bytes(content)
    return readers.read(folder / "template.xlsx", "template.xlsx")


def header_row(table: Table) -> int:
    return HEADER_ROW + (table.resubmission == "ledger" and not table.is_listed)


def column(form: Form, table: Table, name: str) -> int:
    fields = columns(table, of_county=form.reported_by == "county")
    return next(n for n, f in enumerate(fields, 1) if f.name == name)


# -- every declared form ---------------------------------------------------------------------------------------------


def test_a_valid_package_that_is_the_same_every_time(form: Form, register: Register) -> None:
    content = template(register, form)
    assert content == template(register, form)
    with ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        for name in package.namelist():
            etree.fromstring(package.read(name))
    workbook = opened(content)
    assert all(len(name) <= 31 for name in workbook.sheetnames)
    assert workbook.sheetnames[: len(form.tables)] == [sheet_name(form, table) for table in form.tables]
    limits = [limit for sheet in workbook.worksheets for limit in sheet.data_validations.dataValidation]
    for limit in limits:  # beyond these Excel repairs the file
        assert len(limit.promptTitle) <= 32
        assert len(limit.prompt) <= 255
        assert len(limit.error or "") <= 255
        assert len(limit.formula1 or "") <= 257
        assert limit.errorStyle in (None, "warning"), "不详 may be written anywhere"


def test_the_mark_says_what_it_is(form: Form, register: Register, tmp_path: Path) -> None:
    book = read(template(register, form), tmp_path)
    unit = TOWN if form.reported_by == "town" else COUNTY
    period = str(PERIODS[form.period])
    assert read_mark(book) == {"form": form.code, "edition": form.edition, "unit": unit, "period": period}


def test_only_what_is_to_be_filled_in_is_open(form: Form, register: Register) -> None:
    workbook = opened(template(register, form))
    assert all(
        sheet.protection.sheet and not sheet.protection.password for sheet in workbook if sheet.title != MARK_SHEET
    )
    assert workbook.security.lockStructure
    for table in form.tables:
        sheet, first = workbook[sheet_name(form, table)], header_row(table) + 1
        assert not sheet.protection.formatColumns, "False: allowed"
        assert sheet.protection.insertRows is table.is_listed
        assert all(cell.protection.locked for row in sheet.iter_rows(max_row=HEADER_ROW - 1) for cell in row)
        for number, field in enumerate(columns(table, of_county=form.reported_by == "county"), 1):
            cell, heading = sheet.cell(first, number), sheet.cell(first - 1, number)
            assert heading.value == (f"{field.title}\n({field.unit})" if field.unit else field.title)
            assert heading.protection.locked
            given = table.is_listed and (field.role != "value" or field.name in table.item_key)
            theirs = field.filled_by == "county" and form.reported_by == "town"
            assert cell.protection.locked == (given or theirs or field.role == "ignored"), field.name


def test_every_choice_and_figure_is_limited_with_a_hint(form: Form, register: Register) -> None:
    workbook = opened(template(register, form))
    kinds = {"count": "whole", "number": "decimal", "date": "date", "enum": "list", "set": None}
    for table in form.tables:
        sheet = workbook[sheet_name(form, table)]
        limits = {next(iter(limit.sqref.ranges)).min_col: limit for limit in sheet.data_validations.dataValidation}
        for number, field in enumerate(columns(table, of_county=form.reported_by == "county"), 1):
            if sheet.cell(header_row(table) + 1, number).protection.locked:
                assert number not in limits
            elif field.type in kinds and field.role == "value":
                assert limits[number].type == kinds[field.type]
                assert limits[number].promptTitle == field.title
                assert (
                    not field.is_number or (field.minimum or 0) > 0 or "没有填0,不清楚填“不详”" in limits[number].prompt
                )


def test_nothing_of_another_town(form: Form, register: Register) -> None:
    if form.reported_by == "county":
        return
    own = {TOWN, *(village.code for village in register.villages(TOWN))}
    others = [place for place in register.by_code.values() if place.level > 3 and place.code not in own]
    with ZipFile(io.BytesIO(template(register, form))) as package:
        text = "\n".join(package.read(name).decode() for name in package.namelist())
    assert "440783117" in text
    assert [place.code for place in others if place.code[:9] in text and place.code[:9] != TOWN[:9]] == []
    assert [place.name for place in others if place.level == 4 and place.name in text] == []


def test_the_sheets_for_reading_are_known(form: Form, register: Register, tmp_path: Path) -> None:
    book = read(template(register, form, DEMO_BANNER), tmp_path)
    for_reading = {sheet.name: sheet.cells[1, 1].raw for sheet in book.sheets if is_reference_sheet(sheet)}
    assert for_reading == {REFERENCE_SHEET: REFERENCE_TITLE, GUIDE_SHEET: GUIDE_TITLE}
    visible = [sheet for sheet in book.sheets if sheet.visible]
    assert all(DEMO_BANNER in {cell.raw for cell in sheet.cells.values()} for sheet in visible)
    (guide,) = [sheet for sheet in book.sheets if sheet.name == GUIDE_SHEET]
    texts = {cell.raw for cell in guide.cells.values()}
    assert {f.title for table in form.tables for f in columns(table)} <= texts


@pytest.fixture(scope="module")
def through_libreoffice(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the template of every form as `in/<form>.xlsx`, and what LibreOffice makes of it: .xlsx and .pdf."""
    office = shutil.which("soffice")
    if office is None and os.geteuid() != 0:
        pytest.skip("LibreOffice is not installed; `make test` installs it for root only")
    assert office, "deploy/test-tools.sh installs it"
    folder = tmp_path_factory.mktemp("office")
    (folder / "in").mkdir()
    for form in forms().values():
        (folder / "in" / f"{form.code}.xlsx").write_bytes(template(register, form))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = sorted(map(str, (folder / "in").iterdir()))
    for ending in ("xlsx", "pdf"):
        command = [office, profile, "--headless", "--convert-to", ending, "--outdir", str(folder), *files]
        subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.mark.slow
def test_opens_in_libreoffice(form: Form, through_libreoffice: Path) -> None:
    """Saved again by LibreOffice it has the same cells, limits and mark; and it prints."""
    before, after = through_libreoffice / "in" / f"{form.code}.xlsx", through_libreoffice / f"{form.code}.xlsx"
    assert after.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    ours, theirs = readers.read(before, "t.xlsx"), readers.read(after, "t.xlsx")
    assert read_mark(theirs) == read_mark(ours)
    for mine, other in zip(ours.sheets, theirs.sheets, strict=True):
        assert {at: cell.raw for at, cell in other.cells.items()} == {at: cell.raw for at, cell in mine.cells.items()}
    limits = [[len(sheet.data_validations.dataValidation) for sheet in load_workbook(path)] for path in (before, after)]
    assert limits[0] == limits[1]


# -- 基文01 there and back ---------------------------------------------------------------------------------------------


def filled(content: bytes, form: Form) -> bytes:
    """A template of 基文01 as a careful steward fills it in."""
    workbook = opened(content)
    sheet, (table,) = workbook[form.code], form.tables
    figures = {
        "build_status": "已建成", "floor_area_m2": 320.5, "outdoor_area_m2": 800, "books_total": 2000, "reading_seats": 20,
        "full_time_staff": 1, "weekly_open_hours": 42, "activity_sessions": 3, "activity_attendance": 150,
        "volunteer_count": 12, "built_on": date(2020, 5, 1), "remark": "情况属实",
    }  # fmt: skip
    names = [cell.value for cell in sheet["B"][HEADER_ROW:] if cell.border.left.style and cell.value]
    for row in range(HEADER_ROW + 1, HEADER_ROW + 1 + len(names)):
        for name, value in figures.items():
            cell = sheet.cell(row, column(form, table, name))
            assert not cell.protection.locked
            cell.value = value
    signed = {
        "单位负责人:": "示例甲",
        "审核人:": "示例乙",
        "填表人:": "示例丙",
        "联系电话:": "0750-0000000",
        "报出日期:": "2027-04-02",
    }
    for row in sheet.iter_rows(min_row=HEADER_ROW + 1 + len(names)):
        for cell in row:
            if cell.value:
                assert not cell.protection.locked
                cell.value += signed[cell.value]
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def judge(content: bytes, register: Register, folder: Path) -> Judgement:
    path = folder / "filled.xlsx"
    path.write_bytes(content)
    file = judging.Incoming(path, "基文01_2027Q1.xlsx", sha256(content).hexdigest(), ("水口镇",), COUNTY)
    verdict = judging.draft(file, register, TODAY)
    checks.check([verdict], register)
    return verdict


def test_villages_stand_there_by_name_and_code(register: Register) -> None:
    form = find_form("基文01")
    sheet = opened(template(register, form))[form.code]
    villages = register.villages(TOWN)
    rows = sheet.iter_rows(min_row=HEADER_ROW + 1, max_row=HEADER_ROW + len(villages), max_col=3, values_only=True)
    assert list(rows) == [(n, village.name, village.code) for n, village in enumerate(villages, 1)]
    texts = [cell.value for row in sheet.iter_rows(max_row=HEADER_ROW - 1) for cell in row if cell.value]
    assert {"填报单位(盖章):开平市水口镇", f"统一编码:{TOWN}", "报告期:2027年第1季度"} <= set(texts)


def test_a_filled_template_loads_without_a_finding(register: Register, tmp_path: Path) -> None:
    form = find_form("基文01")
    verdict = judge(filled(template(register, form), form), register, tmp_path)
    assert verdict.findings == []
    assert (verdict.outcome, verdict.form, verdict.period, verdict.unit) == ("load", "基文01", "2027Q1", TOWN)
    assert len(verdict.rows) == len(register.villages(TOWN))
    assert {row.values["books_total"] for row in verdict.rows} == {2000}, "last period's 4711 is no data"


def test_a_blank_template_is_no_return(register: Register, tmp_path: Path) -> None:
    verdict = judge(template(register, find_form("基文01")), register, tmp_path)
    assert [finding.code for finding in verdict.findings] == ["blank_template"]


def test_figures_before_stand_aside_in_grey(register: Register) -> None:
    sheet = opened(template(register, find_form("基文01")))[REFERENCE_SHEET]
    values = {cell.value: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert {REFERENCE_TITLE, "基层综合性文化服务中心(2026年第4季度)", 4711, 320.5, "上期的话"} <= set(values)
    assert values[4711].font.color.rgb == "FF7F7F7F"
    assert all(cell.protection.locked for cell in values.values())


def test_without_figures_before_there_is_no_such_sheet(register: Register) -> None:
    form = find_form("基文01")
    unit = register.by_code[TOWN]
    workbook = opened(issuing.template(register, form, unit, PERIODS["quarter"], lambda table: []))
    assert workbook.sheetnames == [form.code, GUIDE_SHEET, MARK_SHEET]


# -- ledgers, lists and what the county fills in -----------------------------------------------------------------------


def test_a_ledger_has_numbered_blank_rows_and_a_line_to_tick(ledgers: Form, register: Register) -> None:
    content = template(register, ledgers)
    sheet, table = opened(content)["示例09 活动"], ledgers.tables[0]
    unit = TOWN if ledgers.reported_by == "town" else COUNTY
    tick = sheet.cell(HEADER_ROW, 1)
    assert ZERO_LINE in tick.value
    assert not tick.protection.locked
    assert sheet.cell(HEADER_ROW + 1, 2).value == "活动编号"
    numbers = [sheet.cell(HEADER_ROW + 1 + n, column(ledgers, table, "activity_id")).value for n in range(1, 42)]
    assert numbers[:LEDGER_ROWS] == [f"AC-{unit}-202701-{n:03}" for n in range(1, LEDGER_ROWS + 1)]
    assert numbers[LEDGER_ROWS] is None
    assert "旧栏目" not in [cell.value for cell in sheet[HEADER_ROW + 1]]


def test_a_list_has_a_row_for_every_code(ledgers: Form, register: Register) -> None:
    workbook = opened(template(register, ledgers))
    sheet = workbook["示例09 统一事项落实"]
    (table,) = ledgers.tables[1:]
    titles = guidance.choices(table.field("item"))
    assert [sheet.cell(HEADER_ROW + n, 2).value for n in range(1, len(titles) + 1)] == titles
    limits = {limit.promptTitle: limit for limit in sheet.data_validations.dataValidation}
    assert (limits["单位数"].operator, limits["单位数"].formula1) == ("greaterThanOrEqual", "1")
    assert (limits["经费"].type, limits["经费"].formula1, limits["经费"].formula2) == ("decimal", "-5", "1000000")


def test_what_the_county_fills_in_is_grey_for_a_town(ledgers: Form, register: Register) -> None:
    cell = opened(template(register, ledgers))["示例09 活动"].cell(
        HEADER_ROW + 2, column(ledgers, ledgers.tables[0], "checked")
    )
    of_town = ledgers.reported_by == "town"
    assert cell.protection.locked == of_town
    assert (cell.fill.patternType == "solid") == of_town


def test_the_places_of_the_unit_are_offered(ledgers: Form, register: Register) -> None:
    """A town's stand in the drop-down itself; a county's are too many and stand on a very hidden sheet."""
    workbook = opened(template(register, ledgers))
    (offered,) = [d for d in workbook["示例09 活动"].data_validations.dataValidation if d.promptTitle == "主办单位"]
    if ledgers.reported_by == "town":
        names = offered.formula1.strip('"').split(",")
        assert names == ["水口镇", *(village.name for village in register.villages(TOWN))]
    else:
        names = [cell.value for cell in workbook[CHOICES_SHEET]["A"]]
        assert offered.formula1 == f"'{CHOICES_SHEET}'!$A$1:$A${len(names)}"
        assert workbook[CHOICES_SHEET].sheet_state == "veryHidden"
        assert {"开平市", "水口镇", register.villages(TOWN)[0].name} <= set(names)


def test_several_choices_are_explained(ledgers: Form, register: Register) -> None:
    workbook = opened(template(register, ledgers))
    (hint,) = [d for d in workbook["示例09 活动"].data_validations.dataValidation if "可多选" in d.promptTitle]
    assert hint.type is None
    assert hint.prompt.startswith("可以填几项,用顿号隔开:演出、比赛")
