"""What becomes of a whole file of one of the forms: which form and unit, and what a tick means."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from wentong.evidence import period_of
from wentong.forms import SCHEMAS, find_form
from wentong.judging import Incoming, draft
from wentong.marks import is_zero_line
from wentong.periods import Period
from wentong.places import Place, Register
from wentong.returns import Judgement
from wentong.templates import write_return
from wentong.warehouse.submissions import _scopes

COUNTY, TOWN, OTHER_TOWN = "440783000000", "440783117000", "440783115000"
VILLAGE = "440783117001"
TODAY = date(2027, 5, 6)
SIGNED = {"head": "陈一", "reviewer": "李二", "preparer": "黄三", "reported_on": "2027年4月7日"}
EVENT = {
    "title": "灯谜会",
    "started_on": date(2027, 1, 8),
    "ended_on": date(2027, 1, 8),
    "sessions": 1,
    "attendance": 60,
}
ISSUE = {"issue_state": "registered", "found_on": date(2027, 1, 5), "description": "面积不足"}
MEMBER = {"unit_name": "开平市图书馆", "network": "library", "network_role": "main", "member_status": "confirmed"}


@pytest.fixture(scope="module")
def register() -> Register:
    with open(SCHEMAS / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if int(row["level"]) >= 3]
    return Register(
        Place(row["division_code"], row["name"], int(row["level"]), row["parent_code"], row["kind"]) for row in rows
    )


def write(path: Path, form: str, period: str, unit: str, title: str, **rows: list[dict[str, Any]]) -> Path:
    write_return(path, find_form(form), Period.parse(period), unit, title, rows, signatures=SIGNED)
    return path


def judged(path: Path, register: Register, name: str = "报表.xlsx") -> Judgement:
    return draft(Incoming(path, name, "0" * 64, (), COUNTY), register, TODAY)


def units(judgement: Judgement) -> list[tuple[str, str | None]]:
    return [(row.status, row.division_code) for row in judgement.rows]


def codes(judgement: Judgement) -> set[str]:
    return {finding.code for finding in judgement.findings}


def test_the_town_column_of_a_countys_ledger_counts(tmp_path: Path, register: Register) -> None:
    rows = [
        {**ISSUE, "issue_id": "1", "town_name": "水口镇", "unit_name": register.by_code[VILLAGE].name},
        {**ISSUE, "issue_id": "2", "town_name": "水口镇"},
        {**ISSUE, "issue_id": "3"},
        {**ISSUE, "issue_id": "4", "town_name": "水口镇", "unit_name": "开平市图书馆"},
        {**ISSUE, "issue_id": "5", "town_name": "月山镇", "unit_name": "水口镇综合文化站"},
        {**ISSUE, "issue_id": "6", "town_name": "水囗囗镇"},
    ]
    judgement = judged(write(tmp_path / "a", "基文06", "2027-01", COUNTY, "开平市", issue_ledger=rows), register)
    assert units(judgement) == [
        ("accept", VILLAGE), ("accept", TOWN), ("accept", COUNTY), ("accept", COUNTY), ("quarantine", None),
        ("quarantine", None),
    ]  # fmt: skip


def test_a_village_nobody_knows_is_not_its_town(tmp_path: Path, register: Register) -> None:
    names = ("水口镇龙糖村", "开平市龙糖村委会", "水口镇龙糖村文化室", "水口镇第二小学")
    rows = [{**ISSUE, "issue_id": str(n), "unit_name": name} for n, name in enumerate(names)]
    rows.append({**ISSUE, "issue_id": "9", "division_code": "4.40783E+11"})
    judgement = judged(write(tmp_path / "a", "基文06", "2027-01", COUNTY, "开平市", issue_ledger=rows), register)
    unknown = ("quarantine", None)
    assert units(judgement) == [unknown, unknown, unknown, ("accept", TOWN), unknown]


def test_a_station_without_a_town_is_not_the_countys(tmp_path: Path, register: Register) -> None:
    rows: list[dict[str, Any]] = [{"staff_total": 3}, {"staff_total": 4, "station_name": "水口镇"}]
    judgement = judged(write(tmp_path / "a", "基文02", "2027Q1", COUNTY, "开平市", town_station=rows), register)
    assert units(judgement) == [("quarantine", None), ("accept", TOWN)]


def test_a_title_that_ends_like_a_total_is_a_row(tmp_path: Path, register: Register) -> None:
    rows = [{**EVENT, "title": title} for title in ("年度成果汇总", "其中", "合计")]
    judgement = judged(write(tmp_path / "a", "基文03", "2027-01", TOWN, "开平市水口镇", activity=rows), register)
    assert [row.values["title"] for row in judgement.rows] == ["年度成果汇总", "其中"]


def test_another_form_in_the_file_is_named(tmp_path: Path, register: Register) -> None:
    first = openpyxl.load_workbook(
        write(tmp_path / "a.xlsx", "基文03", "2027-01", TOWN, "开平市水口镇", activity=[EVENT])
    )
    task = {"village_name": register.by_code[VILLAGE].name, "division_code": VILLAGE, "task_stage": "not_started"}
    path = write(tmp_path / "b.xlsx", "基文04", "2027-01", TOWN, "开平市水口镇", construction_task=[task])
    source, copy = openpyxl.load_workbook(path).worksheets[0], first.create_sheet("任务")
    for line in source.iter_rows():
        for cell in line:
            copy.cell(cell.row, cell.column).value = cell.value
    first.save(tmp_path / "both.xlsx")
    judgement = judged(tmp_path / "both.xlsx", register)
    assert (judgement.form, [f.sheet for f in judgement.findings if f.code == "other_form"]) == ("基文03", ["任务"])


@pytest.mark.parametrize(("is_ticked", "tables"), [(False, 3), (True, 4)])
def test_a_tick_is_about_the_ledger_of_its_sheet(
    tmp_path: Path, register: Register, is_ticked: bool, tables: int
) -> None:
    path = write(tmp_path / "a.xlsx", "基文07", "2027Q1", COUNTY, "开平市", network_member=[MEMBER])
    workbook = openpyxl.load_workbook(path)
    line: Any = workbook["基文07 会议和培训"]["A6"]
    line.value = line.value.replace("(  )", "(√)" if is_ticked else "(  )")
    workbook.save(path)
    judgement = judged(path, register)
    assert (judgement.outcome, judgement.is_zero, "zero_with_rows" in codes(judgement)) == ("load", False, False)
    assert ("joint_meeting" in judgement.tables, len(judgement.tables)) == (is_ticked, tables)


def test_problems_without_relapse_are_no_report_of_nothing(tmp_path: Path, register: Register) -> None:
    rows = [{**ISSUE, "issue_id": "1", "reopen_count": 0}]
    judgement = judged(write(tmp_path / "a", "基文06", "2027-01", COUNTY, "开平市", issue_ledger=rows), register)
    assert (len(judgement.rows), judgement.is_zero) == (1, False)


@pytest.mark.parametrize("text", ["(√)", "( √ )", ":☑是□否", ":是", "(是)", "【✓】", "√", ":√是□否"])
def test_a_tick(text: str) -> None:
    assert is_zero_line(f"本期无活动{text}")


@pytest.mark.parametrize("text", ["", "(  )", "□是□否", ":□是 ☑否", "(是/否)", ":否", ":☑否"])
def test_no_tick(text: str) -> None:
    assert not is_zero_line(f"本期无活动{text}")


@pytest.mark.parametrize("assumed", ["2026-02", "2026"])
def test_a_period_of_another_kind_is_not_assumed(assumed: str) -> None:
    period, finding = period_of([], Period.parse(assumed), TODAY, "quarter")
    assert (period, finding and finding.code) == (None, "period_unknown")


def test_towns_side_by_side_each_have_their_scope(tmp_path: Path, register: Register) -> None:
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.worksheets[0]
    sheet["A1"], sheet["A2"] = "开平市基层综合性文化服务中心情况季报", "报告期:2026年第3季度"
    headings = ("所属镇(街)", "村(社区)名称", "是否建成", "建筑面积", "图书藏量")
    for left, code in ((1, TOWN), (7, OTHER_TOWN)):
        for column, text in enumerate(headings, left):
            sheet.cell(4, column, text)
        for line, village in enumerate(register.villages(code)[:2], 5):
            said = (register.by_code[code].name, village.name, "已建成", 260, 1800)
            for column, value in enumerate(said, left):
                sheet.cell(line, column, value)
    workbook.save(tmp_path / "a.xlsx")
    judgement = judged(tmp_path / "a.xlsx", register)
    accepted = {scope["unit_code"]: scope["rows_accepted"] for scope in _scopes(1, judgement)}
    assert accepted == {COUNTY: 0, TOWN: 2, OTHER_TOWN: 2}


def test_what_a_county_leaves_blank_in_its_towns_columns_is_not_said(tmp_path: Path, register: Register) -> None:
    """A county adds the day of its own acceptance to the towns' table; its blanks take nothing away and miss nothing."""
    name = register.by_code[VILLAGE].name
    task = {
        "village_name": name,
        "division_code": VILLAGE,
        "county_accepted_on": date(2027, 1, 20),
        "task_stage": "built",
    }
    judgement = judged(write(tmp_path / "a", "基文04", "2027-01", COUNTY, "开平市", construction_task=[task]), register)
    (row,) = judgement.rows
    assert row.values["county_accepted_on"] == "2027-01-20"
    assert row.states["invested_yuan"] == row.states["town_leader"] == "not_theirs"
    assert "county_accepted_on" not in row.states
