"""Waivers and extensions: data with a reason, an approver and an end; the journal brings them back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sites import A1, A2, AT, COUNTY, FORM, TOWN_A, TOWN_B, ZONE, Site, row

from wentong import warehouse
from wentong.errors import WentongError
from wentong.findings import Finding
from wentong.forms import find_form
from wentong.periods import Period
from wentong.returns import Judgement
from wentong.settling import settle
from wentong.warehouse import Approval

PERIOD, DUE, LATER = Period.parse("2026Q3"), date(2026, 10, 14), date(2026, 10, 21)
APPROVAL = Approval(" 全镇停电 ", "王局长", AT)


def waive(site: Site, code: str = "built_with_zero", unit: str = TOWN_A, **more: Any) -> int:
    terms = {"form": find_form(FORM), "period": PERIOD, "field": None, "until": LATER, "approval": APPROVAL, **more}
    return warehouse.waive(site.engine, site.archive.journal, code, unit_code=unit, **terms)


def extend(site: Site, unit: str = TOWN_A, **more: Any) -> int:
    terms = {"form": find_form(FORM), "period": PERIOD, "until": LATER, "approval": APPROVAL, **more}
    return warehouse.extend(site.engine, site.archive.journal, unit_code=unit, **terms)


def expect(site: Site) -> None:
    site.expect((FORM, str(PERIOD), DUE))


def duties(site: Site) -> list[tuple[Any, ...]]:
    return site.rows("select unit_code, duty, due_on, label from marts.submission_matrix order by unit_code")


EXTENDED = [(TOWN_A, "extended", LATER, "缓报(已批准)"), (TOWN_B, "due", DUE, "未报")]


def test_a_reason_from_a_terminal_of_another_encoding_stops_nothing(site: Site) -> None:
    waive(site, approval=Approval("停电\udcd6", "王\udcd6", AT))
    warehouse.reconcile(site.engine, site.archive.journal)
    assert site.rows("select reason, approved_by from ops.waivers") == [("停电?", "王?")]


def test_a_waiver_holds_from_its_approval_to_its_last_day(site: Site) -> None:
    number = waive(site, field="floor_area_m2")

    def in_force(days: int) -> list[int]:
        with site.engine.connect() as connection:
            found = warehouse.waivers_in_force(connection, AT + timedelta(days=days))
        assert [w.waiver_id for w in found] == [
            r["approval_id"] for r in warehouse.approvals_in_force(site.engine, AT + timedelta(days=days))
        ]
        return [w.waiver_id for w in found]

    assert [in_force(days) for days in (-1, 0, 13, 14)] == [[], [number], [number], []]
    entry, _ = site.archive.journal.read(after=number - 1)
    assert (entry["event"], entry["reason"], entry["by"], entry["until"]) == (
        "waive",
        "全镇停电",
        "王局长",
        "2026-10-21",
    )


def test_an_extension_moves_the_last_day_of_one_unit(site: Site) -> None:
    expect(site)
    extend(site)
    assert duties(site) == EXTENDED
    overdue = "select unit_code, label from marts.overdue_list(3, :day) order by unit_code"
    assert site.rows(overdue, day=date(2026, 10, 15)) == [(TOWN_B, "未报")]
    assert site.rows(overdue, day=date(2026, 10, 22)) == [(TOWN_A, "缓报期已过"), (TOWN_B, "未报")]
    expect(site)
    assert duties(site) == EXTENDED
    extend(site, until=LATER + timedelta(days=1))
    assert duties(site)[0][2] == LATER + timedelta(days=1)
    listed = warehouse.approvals_in_force(site.engine, AT)
    assert [(r["code"], r["unit_name"], r["valid_until"]) for r in listed] == [
        (None, "甲镇", LATER), (None, "甲镇", LATER + timedelta(days=1))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"code": "no_such"}, "There is no finding no_such"),
        ({"code": "number_expected"}, r"number_expected \(应填数字\) cannot be waived"),
        ({"code": "unknown_village"}, "cannot be waived"),
        ({"code": "period_conflict"}, "cannot be waived"),
        ({"field": "height"}, "基文01 has no field height; it has activity_attendance"),
        ({"unit": "990009000000"}, "990009000000 is no county, town or village of the register"),
        ({"period": Period.parse("2026-09")}, "基文01 is a return for a quarter; 2026-09 is a month"),
        ({"until": date(2026, 10, 7)}, "A waiver until 2026-10-07 would have ended already"),
        ({"approval": Approval(" ", "王", AT)}, "An approval needs a reason"),
        ({"approval": Approval("停电", "", AT)}, "the name of who gives it"),
    ],
)
def test_waivers_that_are_refused(site: Site, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(WentongError, match=message):
        waive(site, **terms)
    assert [entry["event"] for entry in site.archive.journal.read() if entry["event"] in ("waive", "extend")] == []


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"unit": ZONE}, f"{ZONE} does not owe 基文01 for 2026Q3; there is nothing to extend"),
        ({"unit": COUNTY}, "does not owe"),
        ({"period": Period.parse("2026Q4")}, "does not owe"),
        ({"until": DUE}, "基文01 for 2026Q3 is due on 2026-10-14; an extension needs a later day"),
        ({"approval": Approval("停电", " ", AT)}, "An approval needs a reason"),
    ],
)
def test_extensions_that_are_refused(site: Site, terms: dict[str, Any], message: str) -> None:
    expect(site)
    with pytest.raises(WentongError, match=message):
        extend(site, **terms)
    assert [entry["event"] for entry in site.archive.journal.read() if entry["event"] in ("waive", "extend")] == []


def test_what_is_settled_is_recorded_and_is_no_open_error(site: Site) -> None:
    expect(site)
    number = waive(site, unit=A1)
    receipt = site.hand_in()
    words = {"village": "村", "label": "建筑面积", "value": "20", "unit": "㎡", "low": "50", "high": "1500"}
    found = [
        Finding("built_with_zero", "表", 5, 4, "floor_area_m2", "0", words),
        Finding("built_with_zero", "表", 6, 4, "floor_area_m2", "0", words),
        Finding("unusual_value", "表", 6, 4, "floor_area_m2", "20", words),
    ]
    rows = [row(A1, number=5, books_total=1), row(A2, number=6, books_total=1, remark="情况属实,新建")]
    verdict = Judgement("x", receipt.sha256, "load", FORM, ("village_center",), "2026Q3", TOWN_A, "xlsx", rows, found)
    with site.engine.connect() as connection:
        settle([verdict], warehouse.waivers_in_force(connection, AT))
    site.load(site.record(receipt, verdict))
    assert site.rows("select row_number, code, explanation, waiver_id from ops.findings order by finding_number") == [
        (6, "built_with_zero", None, None), (5, "built_with_zero", None, number), (6, "unusual_value", "情况属实,新建", None),
    ]  # fmt: skip
    assert site.rows("select open_errors from core.fct_obligation where submission_id is not null") == [(1,)]
    assert warehouse.to_mend(site.engine, [receipt.submission_id]) == {receipt.submission_id: 1}


def test_a_countys_own_form_is_the_countys_whatever_units_it_lists(site: Site) -> None:
    """基文06 lists problems of towns; only the county owes it."""
    form = find_form("基文06")
    site.expect((form.code, "2027-01", DUE))
    assert site.rows("select unit_code, form_title from marts.submission_matrix") == [(COUNTY, form.title)]
    issue = replace(row(None), table="issue_ledger", town_code=TOWN_A, values={}, states={})
    receipt = site.hand_in()
    verdict = Judgement("x", receipt.sha256, "load", form.code, ("issue_ledger",), "2027-01", COUNTY, "xlsx", [issue])
    site.record(receipt, verdict)
    assert site.rows("select unit_code, rows_accepted from ops.submission_scopes") == [(COUNTY, 1)]


def test_a_report_of_nothing_is_a_report(site: Site) -> None:
    expect(site)
    receipt = site.hand_in()
    verdict = Judgement("x", receipt.sha256, "load", FORM, ("village_center",), "2026Q3", TOWN_A, "xlsx", is_zero=True)
    site.load(site.record(receipt, verdict))
    assert duties(site) == [(TOWN_A, "due", DUE, "零报(已确认)"), (TOWN_B, "due", DUE, "未报")]
    load = site.rows("select max(load_id) from ops.loads")[0][0]
    overdue = "select unit_code from marts.overdue_list(:load, :day)"
    assert site.rows(overdue, load=load, day=date(2026, 10, 22)) == [(TOWN_B,)]


def test_status_shows_the_latest_period_due_of_every_form(site: Site) -> None:
    for code, period, due in (
        ("基文01", "2026Q2", date(2026, 7, 7)), ("基文01", "2026Q3", DUE), ("基文01", "2026Q4", date(2027, 1, 8)),
        ("基文03", "2026-09", date(2026, 10, 10)), ("基文01A", "2025", date(2026, 1, 15)), ("基文06", "2027-01", date(2027, 2, 4)),
    ):  # fmt: skip
        site.expect((code, period, due))

    def shown(period: str | None = None) -> list[tuple[str, str, str]]:
        rows = warehouse.matrix(site.engine, date(2026, 10, 15), period)
        return [(r["form_code"], r["period"], r["unit_code"]) for r in rows]

    assert shown() == [
        (form, period, town)
        for form, period in (("基文01", "2026Q3"), ("基文01A", "2025"), ("基文03", "2026-09"))
        for town in (TOWN_A, TOWN_B)
    ]
    assert shown("2027-01") == [("基文06", "2027-01", COUNTY)]
