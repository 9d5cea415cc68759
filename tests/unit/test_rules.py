"""Every rule of every form that looks at one file: what breaks just this rule is found at its cell, and nothing else is.

The rows that break nothing are those of tests/pipeline/good_rows.py; each case changes what its rule is about.
"""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from good_rows import GOOD_ROWS, OTHER_VILLAGE, VILLAGE

from wentong import checks, judging, templates
from wentong.findings import Finding, finding_types
from wentong.forms import SCHEMAS, Form, Table, code_titles, forms
from wentong.periods import Period
from wentong.places import Place, Register
from wentong.returns import Judgement, Row
from wentong.thresholds import in_force

TOWN, COUNTY = "440783117000", "440783000000"
PERIODS = {"month": "2027-01", "quarter": "2027Q1", "year": "2026"}
TABLES = {table.name: (form, table) for form in forms().values() for table in form.tables}

Cells = dict[str, Any]
LISTED: dict[str, Cells] = {"unify_item": {"unify_item": next(iter(code_titles("unify_item")))}}
"""What a template fills in itself."""


@cache
def kaiping() -> Register:
    with open(SCHEMAS / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        return Register(
            Place(line["division_code"], line["name"], int(line["level"]), line["parent_code"], line["kind"])
            for line in csv.DictReader(stream)
        )


def unit_of(form: Form) -> str:
    return COUNTY if form.reported_by == "county" else TOWN


def row_of(table: Table, cells: Cells, number: int = 7, code: str | None = None) -> Row:
    """A row as reading leaves it: dates in ISO, measures as Decimal, what is None is a blank cell."""
    code = code or {"village": VILLAGE, "town": TOWN, "any": TOWN, "reporter": COUNTY}[table.unit]
    row = Row("Sheet1", number, table=table.name, division_code=code)
    row.town_code = COUNTY if code == COUNTY else TOWN
    for column, field in enumerate(table.stored, 1):
        value = cells.get(field.name)
        row.cells[field.name] = number, column, "" if value is None else str(value)
        if isinstance(value, date):
            value = value.isoformat()
        row.values[field.name] = Decimal(str(value)) if field.type == "number" and value is not None else value
        if value is None:
            row.states[field.name] = "blank"
    row.key = "|".join(str(row.values.get(name)) for name in table.item_key)
    return row


def judged(
    name: str, *changes: Cells, unit: str | None = None, period: str | None = None, codes: Sequence[str | None] = ()
) -> Judgement:
    """The verdict on a return with one good row per change, changed so."""
    form, table = TABLES[name]
    judgement = Judgement("file.xlsx", "0" * 64, "load", form.code, (name,), period or PERIODS[form.period])
    judgement.unit = unit or unit_of(form)
    good = LISTED.get(name, {}) | GOOD_ROWS[name][0]
    own = [*codes, *[None] * len(changes)]
    judgement.rows = [row_of(table, {**good, **cells}, 7 + n, own[n]) for n, cells in enumerate(changes)]
    checks.check([judgement], kaiping())
    return judgement


def said(judgement: Judgement) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.field) for finding in judgement.findings]


def sentences(findings: Sequence[Finding]) -> str:
    """All that is said; fails where a message lacks one of its words."""
    text = "\n".join(sentence for finding in findings for sentence in (finding.message, finding.fix))
    assert not set("{}") & set(text)
    for word in ("None", "nan", "“”", "是  ", "是 ,", "第行"):
        assert word not in text, text
    return text


# -- every rule --------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    table: str
    rule: int | None
    """Its place in the table's rules; None: what holds of every form without a declaration."""
    changes: Cells
    finding: str
    field: str
    words: str
    """Must stand in the message."""
    beside: Cells | None = None
    """A second row, of another village where the table is one of villages; it gets the same finding."""
    unit: str | None = None


TOWN_ACCEPTED = {
    "task_stage": "town_accepted", "town_accepted_on": date(2026, 12, 15), "acceptance_doc_no": "验〔2026〕1号",
    "accepted_area_m2": 260, "acceptance_result": "met",
}  # fmt: skip
COUNTY_ACCEPTED = {**TOWN_ACCEPTED, "task_stage": "county_accepted", "county_accepted_on": date(2026, 12, 20)}
VERIFIED = {**COUNTY_ACCEPTED, "task_stage": "upper_verified", "upper_verified_on": date(2026, 12, 28)}
CLOSED = {
    "issue_state": "closed", "done_on": date(2027, 1, 20), "evidence_ids": "ZP-201", "verified_by": "何某",
    "closed_on": date(2027, 1, 25),
}  # fmt: skip
MAIN = {"network": "library", "network_role": "main", "books_total": 506000}
NOT_YET = {"task_stage": "installing", "built_on": None}
AGAIN = {"issue_id": "2027-Q1-002", "linked": "标准 3"}
NOT_MET = {"standard_claim": "not_met", "expected_on": date(2027, 6, 30), "measure": "补充藏书", "evidence_ids": None}
NOTHING = dict.fromkeys(name for name in GOOD_ROWS["village_center"][0] if name not in ("build_status", "remark"))
NOT_BUILT = {**NOTHING, "build_status": "not_built"}
VILLAGE_NAME = "泮南村委会"

DATES, MISSING, HELD = "dates_out_of_order", "missing_for_status", "held_and_attended_differ"
CASES = [
    # built in
    Case("village_profile", None, {"resident_population": None}, "required_missing", "resident_population", "“常住人口”没有填写"),
    Case("village_profile", None, {"resident_population": 0}, "below_limit", "resident_population", "不能小于1人"),
    Case("village_profile", None, {"computer_count": -1}, "negative_number", "computer_count", "不能小于0"),
    Case("town_station", None, {"books_total": 2000001}, "above_limit", "books_total", "最大值2000000册"),
    Case("activity", None, {"attendance": 0}, "below_limit", "attendance", "不能小于1人次"),
    # 基文01
    Case("village_center", 0, {"floor_area_m2": None}, "required_missing", "floor_area_m2", "“建筑面积”没有填写"),
    Case("village_center", 1, {**NOT_BUILT, "books_total": 5}, "not_built_with_figures", "build_status", "图书藏量"),
    Case("village_center", 1, {**NOT_BUILT, "built_on": "2018-03"}, "not_built_with_figures", "build_status", "建成日期"),
    Case("village_center", 2, {"activity_sessions": 0}, "attendance_without_sessions", "activity_attendance", "参加人次是 480"),
    Case("village_center", 2, {"activity_sessions": None}, "attendance_without_sessions", "activity_attendance", "场次是0或没有填"),
    Case("village_center", 3, {"floor_area_m2": 49.5}, "unusual_value", "floor_area_m2", "49.5平方米,一般在 50—1500"),
    Case("village_center", 3, {"floor_area_m2": 1501}, "unusual_value", "floor_area_m2", "1501平方米"),
    Case("village_center", 4, {"floor_area_m2": 0}, "built_with_zero", "floor_area_m2", "“建筑面积”是0"),
    Case("village_center", 4, {"weekly_open_hours": 0}, "built_with_zero", "weekly_open_hours", "“每周开放时间”是0"),
    Case("village_center", 6, {"weekly_open_hours": 19.5}, "open_hours_unusual", "weekly_open_hours", "19.5 小时,一般在 20—84"),
    Case("village_center", 6, {"weekly_open_hours": 85}, "open_hours_unusual", "weekly_open_hours", "85 小时"),
    # 基文01A
    *(
        Case("village_profile", 0, {name: None}, MISSING, name, "“是否有农家书屋(社区书屋)”是“是”")
        for name in ("books_total", "books_catalogued", "books_added_ytd")
    ),
    Case("village_profile", 1, {"books_catalogued": 1801}, "above_other", "books_catalogued", "多于“年末图书藏量”的 1800册"),
    Case("village_profile", 3, {"stipend_yuan_per_month": 300}, "not_in_force", "stipend_yuan_per_month", "本期执行的标准是 700 元"),
    Case("village_profile", 4, {"books_total": 299, "books_catalogued": 200}, "few_books", "books_total", "299 册,少于 300 册"),
    Case("village_profile", 5, {"books_total": 1499, "books_catalogued": 200}, "books_below_usual", "books_total", "不少于 1500 册"),
    # 基文02
    Case("town_station", 0, {"grade_round": None}, MISSING, "grade_round", "“站等级”是“一级”"),
    Case("town_station", 1, {"books_catalogued": 12001}, "above_other", "books_catalogued", "多于“期末藏书”的 12000册"),
    Case("town_station", 2, {"full_time_staff": 7}, "above_other", "full_time_staff", "多于“期末从业人员”的 6人"),
    Case("town_station", 3, {"authorised_staff": 7}, "above_other", "authorised_staff", "多于“期末从业人员”的 6人"),
    Case("town_station", 4, {"activity_sessions_q": 0}, HELD, "activity_attendance_q", "却是 0"),
    Case("town_station", 5, {"training_classes_q": 0}, HELD, "trainees_q", "却是 0"),
    Case("town_station", 6, {"exhibitions_q": 0}, HELD, "exhibition_visits_q", "却是 0"),
    Case("town_station", 7, {"activity_attendance_q": 11}, HELD, "activity_sessions_q", "是 12,"),
    Case("town_station", 8, {"trainees_q": 0}, HELD, "training_classes_q", "却是 0"),
    Case("town_station", 9, {"exhibition_visits_q": 1}, HELD, "exhibitions_q", "却是 1"),
    Case("town_station", 10, {"activity_attendance_q": 59}, "attendance_per_session_unusual", "activity_attendance_q", "场均 4.92 人次"),
    Case("town_station", 10, {"activity_attendance_q": 36001}, "attendance_per_session_unusual", "activity_attendance_q", "3000.08 人次"),
    Case("town_station", 11, {"trainees_q": 14}, "trainees_per_class_unusual", "trainees_q", "每班平均 4.67 人次,一般在 5—300"),
    Case("town_station", 12, {"days_open_q": 91}, "days_above_period", "days_open_q", "91 天,本期只有 90 天"),
    Case("town_station", 13, {"fund_paid_ytd_yuan": 50001}, "paid_above_allocated", "fund_paid_ytd_yuan", "50001 元,超过到位资金 50000 元"),
    Case("town_station", 27, {"rural_film_screenings_q": 271}, "films_unusual", "rural_film_screenings_q", "应为 90 场次,最多 270 场次"),
    # 基文03
    Case("activity", 0, {"started_on": "2027-01-09"}, DATES, "started_on", "(2027-01-09)晚于“结束日期”(2027-01-08)"),
    Case("activity", 1, {"started_on": "2026-12-31", "ended_on": "2026-12-31"}, "outside_period", "ended_on", "不在2027年1月内"),
    Case("activity", 2, {"sessions": 4}, "many_sessions_a_day", "sessions", "1天填了 4 场次,一天一般不超过 3 场次"),
    Case("activity", 4, {"evidence_ids": None}, "evidence_missing", "evidence_ids", "“水口镇 元宵灯谜会 2027-01-08”没有"),
    # 基文04
    Case("construction_task", 0, {"planned_start_on": "2026-12-01"}, DATES, "planned_start_on", "晚于“计划完工日期”"),
    Case("construction_task", 1, {"planned_complete_on": "2027-03-01"}, DATES, "planned_complete_on", "晚于“计划验收日期”"),
    Case("construction_task", 2, {"works_started_on": "2026-12-02"}, DATES, "works_started_on", "晚于“建成日期”"),
    Case("construction_task", 3, {**TOWN_ACCEPTED, "built_on": "2026-12-16"}, DATES, "built_on", "晚于“镇(街)验收日期”"),
    Case("construction_task", 4, {**COUNTY_ACCEPTED, "county_accepted_on": "2026-11"}, DATES, "town_accepted_on", "晚于“县", unit=COUNTY),
    Case("construction_task", 5, {**VERIFIED, "upper_verified_on": "2026-12-19"}, DATES, "county_accepted_on", "晚于“上级", unit=COUNTY),
    Case("construction_task", 6, {"works_started_on": None}, MISSING, "works_started_on", "“当前阶段”是“建成”,但没有"),
    Case("construction_task", 7, {"built_on": None}, MISSING, "built_on", "但没有填写“建成日期”"),
    Case("construction_task", 8, {**TOWN_ACCEPTED, "town_accepted_on": None}, MISSING, "town_accepted_on", "“镇街验收”"),
    Case("construction_task", 9, {**COUNTY_ACCEPTED, "county_accepted_on": None}, MISSING, "county_accepted_on", "“县级验收”", unit=COUNTY),
    Case("construction_task", 10, {**VERIFIED, "upper_verified_on": None}, MISSING, "upper_verified_on", "“上级复核”", unit=COUNTY),
    Case("construction_task", 11, {"task_stage": "installing"}, "filled_for_status", "built_on", "“施工安装”,却填写了"),
    Case("construction_task", 11, {**NOT_YET, "town_accepted_on": "2027"}, "filled_for_status", "town_accepted_on", "(2027)"),
    Case("construction_task", 12, {"town_accepted_on": "2026-12-20"}, "filled_for_status", "town_accepted_on", "“当前阶段”是“建成”"),
    *(
        Case("construction_task", 13, {**TOWN_ACCEPTED, name: None}, "acceptance_incomplete", name, "“当前阶段”是“镇街验收”,但缺少")
        for name in ("acceptance_doc_no", "accepted_area_m2", "acceptance_result")
    ),
    Case("construction_task", 14, TOWN_ACCEPTED, "document_used_twice", "acceptance_doc_no", "在第8行也填了", beside=TOWN_ACCEPTED),
    Case("construction_task", 15, {**TOWN_ACCEPTED, "accepted_area_m2": 199.5}, "below_standard", "accepted_area_m2", "低于标准 200"),
    Case("construction_task", 16, {"task_stage": "regressed"}, MISSING, "regression_reason", "“当前阶段”是“回潮”"),
    Case("construction_task", 17, {"invested_yuan": None}, MISSING, "invested_yuan", "没有填写“累计投入资金”"),
    Case("construction_task", 18, {"responsible_person": None}, "nobody_responsible", "responsible_person", f"“{VILLAGE_NAME}”没有"),
    Case("construction_task", 19, {"responsible_person": "张 某"}, "same_person", "responsible_person", "“镇(街)责任领导”填的是"),
    # 基文05
    Case("standard_item", 0, {"standard_claim": None}, MISSING, "standard_claim", "没有填写“自评”"),
    Case("standard_item", 1, {"evidence_ids": None}, "claimed_without_evidence", "evidence_ids", "“标准序号1”自评达标"),
    Case("standard_item", 2, {"threshold_value": 1.3}, "claim_contradicts_value", "threshold_value", "“本期值”是 1.2,“标准值”是 1.3"),
    Case("standard_item", 3, {**NOT_MET, "expected_on": None}, MISSING, "expected_on", "“自评”是“未达标”"),
    Case("standard_item", 3, {**NOT_MET, "measure": None}, MISSING, "measure", "没有填写“措施”"),
    Case("standard_item", 4, {**NOT_MET, "is_veto": "yes"}, "veto_item_not_met", "standard_claim", "目前自评“未达标”"),
    # 基文06
    Case("issue_ledger", 0, {"due_on": "2027-01-04"}, DATES, "found_on", "晚于“整改时限”(2027-01-04)"),
    Case("issue_ledger", 1, {"done_on": "2027-01-04"}, DATES, "found_on", "晚于“整改完成日期”(2027-01-04)"),
    Case("issue_ledger", 2, {**CLOSED, "done_on": "2027-01-26"}, DATES, "done_on", "晚于“销号日期”(2027-01-25)"),
    Case("issue_ledger", 3, {"closed_on": "2027-01-04"}, DATES, "found_on", "晚于“销号日期”(2027-01-04)"),
    *(
        Case("issue_ledger", 4, {**CLOSED, name: None}, "closing_incomplete", name, "填了“已销号”,但没有填写")
        for name in ("done_on", "evidence_ids", "verified_by", "closed_on")
    ),
    Case("issue_ledger", 5, {**CLOSED, "verified_by": "林某"}, "same_person", "verified_by", "“核查人”和“责任人”"),
    Case("issue_ledger", 6, {"due_on": "2027-04-06"}, "due_too_far", "due_on", "有 91 天,超过 90 天"),
    Case("issue_ledger", 7, {"issue_state": "extended"}, MISSING, "extension_doc", "“整改状态”是“延期”"),
    Case("issue_ledger", 8, {"linked": "标准3"}, "issue_entered_twice", "linked", "2027-Q1-001”与第8行的", beside=AGAIN),
    # 基文07, 基文08
    Case("network_member", 0, {**MAIN, "books_catalogued": 506001}, "above_other", "books_catalogued", "多于“总馆藏书”的 506000册"),
    *(
        Case("network_member", 1, {name: 6}, "filled_for_status", name, "“网络角色”是“分馆”")
        for name in ("books_total", "books_catalogued", "local_database_count")
    ),
    Case("joint_meeting", 0, {"held_on": "2026-12-31"}, "outside_period", "held_on", "不在2027年第1季度内"),
    Case("grade_award", 0, {"published_on": None}, MISSING, "published_on", "“评定等级”是“一级”"),
    Case("grade_award", 0, {"document_no": None}, MISSING, "document_no", "没有填写“公布文号”"),
    Case("fund_line", 0, {"fund_paid_ytd_yuan": 100001}, "paid_above_allocated", "fund_paid_ytd_yuan", "100001 元,超过到位资金 100000 元"),
]  # fmt: skip


def looked_at(table: Table, number: int) -> set[str]:
    rule = table.rules[number]
    return {rule.fields[-1]} if rule.kind == "unique" else set(rule.fields)


@pytest.mark.parametrize("name", list(TABLES))
def test_good_rows_break_no_rule(name: str) -> None:
    judgement = judged(name, {})
    assert said(judgement) == []
    assert set(judgement.rows[0].states.values()) <= {"blank"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.table}-{case.rule}-{case.field}")
def test_what_breaks_one_rule_is_found_and_nothing_else(case: Case) -> None:
    _, table = TABLES[case.table]
    judgement = _judged(case)
    count = 2 if case.beside else 1
    assert said(judgement) == [(case.finding, case.field)] * count
    assert case.words in sentences(judgement.findings)
    assert [f.row for f in judgement.findings] == [7, 8][:count]
    assert judgement.findings[0].col == judgement.rows[0].cells[case.field][1]
    if case.rule is not None:
        assert (table.rules[case.rule].finding, table.rules[case.rule].is_relation) == (case.finding, False)
        expected_fields = (
            table.rules[case.rule].when if table.rules[case.rule].about_row else looked_at(table, case.rule)
        )
        assert case.field in expected_fields
    _effect_is_that_of_its_type(case, table, judgement.rows[0])


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.rule is not None], ids=lambda case: f"{case.table}-{case.rule}-{case.field}"
)
def test_it_is_this_rule_that_finds_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    form, table = TABLES[case.table]
    rules = tuple(rule for number, rule in enumerate(table.rules) if number != case.rule)
    without = replace(form, tables=(replace(table, rules=rules),))
    monkeypatch.setattr(checks, "find_form", lambda _: without)
    assert (case.finding, case.field) not in said(_judged(case))


def _judged(case: Case) -> Judgement:
    rows = [case.changes, *([case.beside] if case.beside else [])]
    codes = (VILLAGE, OTHER_VILLAGE) if TABLES[case.table][1].unit == "village" else ()
    return judged(case.table, *rows, unit=case.unit, codes=codes)


def _effect_is_that_of_its_type(case: Case, table: Table, row: Row) -> None:
    effect = finding_types()[case.finding].effect
    before = row_of(table, {**GOOD_ROWS[table.name][0], **case.changes})
    others: Sequence[str] = ()
    if case.rule is not None:
        others = (*table.rules[case.rule].others, *table.rules[case.rule].when)
    if effect == "withhold" and before.values[case.field] is not None:
        assert (row.values[case.field], row.states[case.field]) == (None, "withheld")
    else:
        assert row.values == before.values
    contested = {name for name, state in row.states.items() if state == "contested"}
    assert contested == ({case.field, *others} if effect == "contest" else set())
    assert row.status == ("quarantine" if effect == "quarantine" else "accept")


def test_every_rule_has_a_case() -> None:
    covered = {(case.table, case.rule, case.field) for case in CASES}
    for table_name, (_, table) in TABLES.items():
        for number, rule in enumerate(table.rules):
            if rule.is_relation:
                continue
            fields = list(rule.when)[:1] if rule.about_row else looked_at(table, number)
            for name in fields:
                assert (table_name, number, name) in covered, f"{table_name}, rule {number} ({rule.kind}): {name}"


@pytest.mark.parametrize("name", list(NOTHING))
def test_every_figure_of_a_centre_that_is_not_built_is_named(name: str) -> None:
    judgement = judged("village_center", {**NOT_BUILT, name: GOOD_ROWS["village_center"][0][name]})
    assert ("not_built_with_figures", "build_status") in said(judgement)
    assert TABLES["village_center"][1].field(name).title in judgement.findings[0].message


# -- what is not known is not wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("activity", {"started_on": "2027-01", "ended_on": "2027-01-08"}),
        ("activity", {"started_on": "2026-12-31", "ended_on": "2027"}),
        ("construction_task", {"works_started_on": "2026", "built_on": "2026-03"}),
        ("construction_task", {"planned_complete_on": None, "planned_accept_on": "2020"}),
        ("issue_ledger", {"found_on": "2027-01", "due_on": "2027-05-01"}),
        ("joint_meeting", {"held_on": "2027"}),
        ("joint_meeting", {"held_on": "2027-03"}),
        ("village_profile", {"stipend_yuan_per_month": None}),
        ("standard_item", {"item_value": None}),
        ("town_station", {"grade": "ungraded", "grade_round": None}),
        ("village_center", {"activity_sessions": 0, "activity_attendance": 0}),
        ("village_center", {**NOT_BUILT, "activity_attendance": 0}),
    ],
)
def test_as_far_as_it_is_known_it_may_be_right(name: str, changes: Cells) -> None:
    assert {code for code, _ in said(judged(name, changes))} <= {"required_missing"}


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("activity", {"started_on": "2027-02", "ended_on": "2027-01-08"}, "dates_out_of_order"),
        ("construction_task", {"works_started_on": "2027", "built_on": "2026-12"}, "dates_out_of_order"),
        ("joint_meeting", {"held_on": "2026"}, "outside_period"),
        ("issue_ledger", {"due_on": "2027-08"}, "due_too_far"),
    ],
)
def test_what_is_known_in_part_may_still_be_wrong(name: str, changes: Cells, code: str) -> None:
    assert [c for c, _ in said(judged(name, changes))] == [code]


@pytest.mark.parametrize("state", ["unknown", "masked", "withheld", "not_applicable"])
@pytest.mark.parametrize("name", ["floor_area_m2", "weekly_open_hours", "activity_sessions", "build_status"])
def test_states_without_a_value_break_no_rule(state: str, name: str) -> None:
    form, table = TABLES["village_center"]
    row = row_of(table, {**GOOD_ROWS["village_center"][0], name: None})
    row.states[name] = state
    judgement = Judgement("f", "0" * 64, "load", form.code, (table.name,), "2026Q3", TOWN, rows=[row])
    checks.check([judgement], kaiping())
    assert said(judgement) == []
    assert row.states == {"remark": "blank", name: state}


def test_a_required_blank_is_not_zero() -> None:
    """Missing sessions are said at the sessions, and not again at those who came."""
    assert said(judged("town_station", {"activity_sessions_q": None})) == [("required_missing", "activity_sessions_q")]


def test_approximate_values_are_compared() -> None:
    form, table = TABLES["town_station"]
    row = row_of(table, {**GOOD_ROWS[table.name][0], "full_time_staff": 7})
    row.states["full_time_staff"] = "approximate"
    judgement = Judgement("f", "0" * 64, "load", form.code, (table.name,), "2027Q1", TOWN, rows=[row])
    checks.check([judgement], kaiping())
    assert said(judgement) == [("above_other", "full_time_staff")]


# -- a cell is said once -----------------------------------------------------------------------------------------------


def test_what_an_error_explains_is_not_said_again() -> None:
    """More sessions than visitors, and so few of them for each session; a figure beyond its limit is compared no more."""
    assert said(judged("town_station", {"activity_attendance_q": 10})) == [("held_and_attended_differ", "activity_sessions_q")]  # fmt: skip
    assert said(judged("town_station", {"full_time_staff": 501})) == [("above_limit", "full_time_staff")]
    assert said(judged("village_center", {"weekly_open_hours": -1})) == [("negative_number", "weekly_open_hours")]


def test_two_contradictions_are_two_findings() -> None:
    broken = {"full_time_staff": 7, "authorised_staff": 8}
    assert said(judged("town_station", broken)) == [("above_other", "full_time_staff"), ("above_other", "authorised_staff")]  # fmt: skip


def test_a_missing_key_is_not_said_twice() -> None:
    form, table = TABLES["activity"]
    row = row_of(table, {**GOOD_ROWS["activity"][0], "title": None})
    row.status, row.key = "quarantine", ""
    line, column, raw = row.cells["title"]
    key_missing = Finding("key_missing", row.sheet, line, column, "title", raw, {"label": "活动名称"})
    judgement = Judgement("f", "0" * 64, "load", form.code, (table.name,), "2027-01", TOWN, rows=[row])
    judgement.findings.append(key_missing)
    checks.check([judgement], kaiping())
    assert said(judgement) == [("key_missing", "title")]


# -- small numbers, places, years, levels ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sessions", "attendance", "codes"),
    [
        (0, 0, []),
        (1, 4, ["attendance_per_session_unusual"]),
        (1, 5, []),
        (1, 3000, []),
        (1, 3001, ["attendance_per_session_unusual"]),
        (0, 4, ["held_and_attended_differ"]),
        (1, 0, ["held_and_attended_differ"]),
    ],
)
def test_ratios_want_something_on_both_sides(sessions: int, attendance: int, codes: list[str]) -> None:
    changes = {"activity_sessions_q": sessions, "activity_attendance_q": attendance}
    assert [code for code, _ in said(judged("town_station", changes))] == codes


def held(name: str, place: str, kind: str, period: str) -> tuple[float, ...]:
    days = Period.parse(period)
    return in_force(name, place, kind, days.first_day, days.last_day)


@pytest.mark.parametrize(
    ("place", "kind", "period", "values"),
    [
        ("440783", "village", "2026", (700,)),
        ("440783", "village", "2017", (300,)),
        ("440783", "community", "2018Q1", (700,)),
        ("440783", "town", "2016", (800,)),
        ("440783", "village", "2013", ()),
        ("440784", "village", "2026", ()),
    ],
)
def test_stipend_by_place_kind_and_year(place: str, kind: str, period: str, values: tuple[float, ...]) -> None:
    assert held("stipend_yuan_per_month", place, kind, period) == values


@pytest.mark.parametrize(
    ("place", "kind", "period", "values"),
    [
        ("210102", "community", "2026", (200,)),
        ("210102", "village", "2026", (90,)),
        ("211103", "village", "2026", (200,)),
        ("450923", "community", "2015", (160,)),
        ("440783", "village", "2026-12", (200,)),
        ("440783", "village", "2025-12", ()),
        ("110101", "village", "2026", ()),
    ],
)
def test_floor_area_by_place_kind_and_year(place: str, kind: str, period: str, values: tuple[float, ...]) -> None:
    assert held("village_floor_area_m2", place, kind, period) == values


def test_the_most_specific_place_wins() -> None:
    assert held("village_function_rooms", "210102", "village", "2026") == (4,)
    assert held("village_function_rooms", "440783", "village", "2026") == (1,)


def test_no_threshold_no_finding() -> None:
    small = {**TOWN_ACCEPTED, "accepted_area_m2": 50}
    assert said(judged("construction_task", small, period="2025-12")) == []
    assert said(judged("construction_task", {**small, "acceptance_result": "not_met"})) == []
    assert said(judged("village_profile", {"stipend_yuan_per_month": 300}, period="2017")) == []


@pytest.mark.parametrize(("unit", "codes"), [(COUNTY, ["missing_for_status"]), (TOWN, [])])
def test_what_the_county_fills_in_is_not_asked_of_towns(unit: str, codes: list[str]) -> None:
    judgement = judged("construction_task", {**COUNTY_ACCEPTED, "county_accepted_on": None}, unit=unit)
    assert [code for code, _ in said(judgement)] == codes
    judgement = judged("construction_task", {**COUNTY_ACCEPTED, "county_accepted_on": "2026-12-01"}, unit=unit)
    assert [code for code, _ in said(judgement)] == ["dates_out_of_order"] * len(codes)


def test_the_same_document_in_another_return_is_not_seen_here() -> None:
    first, second = (judged("construction_task", TOWN_ACCEPTED) for _ in range(2))
    checks.check([first, second], kaiping())
    assert said(first) == said(second) == []


def test_the_same_issue_of_another_unit_or_a_closed_one_is_none() -> None:
    linked = {"linked": "标准3"}
    assert said(judged("issue_ledger", linked, {**linked, "issue_id": "2"}, codes=(TOWN, VILLAGE))) == []
    assert said(judged("issue_ledger", linked, {**linked, **CLOSED, "issue_id": "2"})) == []


@pytest.mark.parametrize(("period", "days"), [("2027Q1", 90), ("2028Q1", 91), ("2027Q2", 91), ("2027Q3", 92)])
def test_days_of_the_quarter(period: str, days: int) -> None:
    assert said(judged("town_station", {"days_open_q": days}, period=period)) == []
    if days < 92:
        assert said(judged("town_station", {"days_open_q": days + 1}, period=period)) == [("days_above_period", "days_open_q")]  # fmt: skip


# -- from the workbook -------------------------------------------------------------------------------------------------

SIGNED = {"head": "甲", "reviewer": "乙", "preparer": "丙", "reported_on": "2027年4月2日"}
WORKBOOKS = [
    (
        "village_center",
        {"weekly_open_hours": 0},
        "built_with_zero",
        "weekly_open_hours",
        f"“{VILLAGE_NAME}”填报已建成,但“每周开放时间”是0。",
    ),
    (
        "village_profile",
        {"stipend_yuan_per_month": 300},
        "not_in_force",
        "stipend_yuan_per_month",
        f"“{VILLAGE_NAME}”的“月补助标准”是 300 元,本期执行的标准是 700 元。",
    ),
    (
        "town_station",
        {"rural_film_screenings_q": 300},
        "films_unusual",
        "rural_film_screenings_q",
        "“水口镇”的“本季农村公益电影放映场次”是 300 场次;30 个村(社区)每村每月1场,本期应为 90 场次,最多 270 场次。",
    ),
    ("activity", {"sessions": 5}, "many_sessions_a_day", "sessions", "1天填了 5 场次,一天一般不超过 3 场次。"),
    ("construction_task", {"works_started_on": "2026年12月"}, None, None, ""),
    (
        "construction_task",
        {"works_started_on": "2026年12月3日"},
        "dates_out_of_order",
        "works_started_on",
        f"“{VILLAGE_NAME}”的“实际开工日期”(2026-12-03)晚于“建成日期”(2026-12-01)。",
    ),
    (
        "standard_item",
        {"threshold_value": 2},
        "claim_contradicts_value",
        "threshold_value",
        "“标准序号1”的“本期值”是 1.2,“标准值”是 2,与自评“达标”不一致。",
    ),
    (
        "issue_ledger",
        {"issue_state": "closed", "done_on": "2027-01-20"},
        "closing_incomplete",
        "closed_on",
        "问题“水口镇 2027-Q1-001”填了“已销号”,但没有填写“销号日期”。",
    ),
    (
        "joint_meeting",
        {"held_on": date(2026, 12, 30)},
        "outside_period",
        "held_on",
        "“联席会议 2026-12-30”的“召开日期”(2026-12-30)不在2027年第1季度内。",
    ),
    (
        "fund_line",
        {"fund_paid_ytd_yuan": 100001},
        "paid_above_allocated",
        "fund_paid_ytd_yuan",
        "累计支付 100001 元,超过到位资金 100000 元。",
    ),
]


def test_a_workbook_of_every_form() -> None:
    assert {TABLES[name][0].code for name, *_ in WORKBOOKS} == set(forms())


def drafted(name: str, changes: Cells, folder: Path, signed: Mapping[str, str] = SIGNED) -> tuple[Judgement, Path]:
    """The verdict on the template of a form, filled in with one row, as the pipeline reaches it."""
    form, table = TABLES[name]
    unit, period = unit_of(form), Period.parse(PERIODS[form.period])
    places: dict[str, Cells] = {
        "village": {"village_name": VILLAGE_NAME, "division_code": VILLAGE},
        "town": {"division_code": TOWN},
    }
    row = {**GOOD_ROWS[name][0], **places.get(table.unit, {}), **changes}
    path = folder / "return.xlsx"
    title = "开平市" if unit == COUNTY else "开平市水口镇"
    templates.write_return(path, form, period, unit, title, {name: [row]}, signatures=signed)
    incoming = judging.Incoming(path, path.name, hashlib.sha256(path.read_bytes()).hexdigest(), (), COUNTY)
    judgement = judging.draft(incoming, kaiping(), date(2027, 4, 6))
    checks.check([judgement], kaiping())
    return judgement, path


@pytest.mark.parametrize(("name", "changes", "code", "field", "message"), WORKBOOKS)
def test_the_message_stands_at_the_cell(
    name: str, changes: Cells, code: str | None, field: str | None, message: str, tmp_path: Path
) -> None:
    judgement, path = drafted(name, changes, tmp_path)
    _, table = TABLES[name]
    assert judgement.outcome == "load", sentences(judgement.findings)
    found = {f.field: f for f in judgement.findings if f.code == code}
    if code is None or field is None:
        assert not [f for f in judgement.findings if f.severity == "error"]
        return
    sheet: Any = openpyxl.load_workbook(path)[found[field].sheet]
    heading = templates.heading(table.field(field))
    at_heading = next(cell for line in sheet.iter_rows() for cell in line if cell.value == heading)
    row = next(row for row in judgement.rows if row.table == name)
    assert found[field].cell == f"{at_heading.column_letter}{row.row}"
    assert message in found[field].message
    sentences(judgement.findings)


def test_who_fills_it_in_does_not_answer_for_it(tmp_path: Path) -> None:
    judgement, _ = drafted("village_center", {}, tmp_path, {**SIGNED, "preparer": "甲"})
    (finding,) = [f for f in judgement.findings if f.code == "same_signer"]
    assert finding.message == "表尾的填表人和单位负责人都写的是“甲”。"
    judgement, _ = drafted("village_center", {}, tmp_path)
    assert "same_signer" not in {f.code for f in judgement.findings}
