"""The acceptance standards of a demonstration zone, with the numbers of 盘锦 (domain §4.9)."""

from datetime import date
from typing import Any

import pytest
from small_county import COUNTY, TOWN_A, Warehouse

PREFECTURE = "990000000000"
PLAN_STATUS = ["met"] * 28 + ["on_course"] * 32 + ["needs_effort"] * 34


@pytest.fixture
def zone(warehouse: Warehouse) -> Warehouse:
    """94 standards of a prefecture, 19/20 of which the prefecture must have passed; its own unit has reported for May."""
    load = warehouse.report(TOWN_A, "2026Q1", {})
    plan = {"plan_code": "zone", "title": "示例创建", "county_code": PREFECTURE, "year": 2026}
    terms = {"pass_numerator": 19, "pass_denominator": 20, "verified_by": "prefecture"}
    warehouse.insert("core.plans", {**plan, **terms, "frozen_on": date(2026, 5, 1), "from_load": load})
    for n, status in enumerate(PLAN_STATUS):
        numbers = {"item_no": n + 1, "task_no": n * 7 // 94 + 1, "indicator_no": n * 32 // 94 + 1}
        listed = {"plan_code": "zone", **numbers, "title": f"标准{n + 1}", "is_veto": False, "from_load": load}
        warehouse.insert("core.plan_standards", listed)
        passed = {"prefecture_verified": "passed" if status == "met" else None, "county_verified": "failed"}
        report_on(warehouse, n + 1, "2026-05", standard_plan_status=status, responsible_unit=f"单位{n % 27}", **passed)
    return warehouse


def report_on(warehouse: Warehouse, item_no: int, period: str, **said: Any) -> None:
    """A row about a standard, as of the last load."""
    (known,) = warehouse.rows("select max(load_id) as load from ops.loads")
    about = {"org_id": 1, "division_code": COUNTY, "town_code": COUNTY, "county_code": COUNTY, "row_key": str(item_no)}
    source = {
        "submission_id": 1,
        "sheet": "表",
        "row_number": item_no + 4,
        "confirmed_by": 1,
        "from_load": known["load"],
    }
    row = {**about, "item_no": item_no, "period": period, **said, "cell_states": {}, **source}
    warehouse.insert("personal.fct_standard_item", row)


def whole(warehouse: Warehouse, period: str) -> dict[str, Any]:
    found = "select * from marts.standards_board where part_kind = 'programme' and period = :period"
    (row,) = warehouse.rows(found, period=period)
    return row


def test_all_that_is_on_course_is_not_enough(zone: Warehouse) -> None:
    row = whole(zone, "2026-05")
    assert [row[name] for name in ("items", "met", "on_course", "needs_effort")] == [94, 28, 32, 34]
    assert (row["verified"], row["required"], row["short"], row["slack"]) == (28, 90, 62, 4)
    assert (row["on_course_missing"], f"{row['hard_share']:.4f}", row["light"]) == (30, "0.8824", "red")


def test_tasks_and_units_add_up_and_have_requirements_of_their_own(zone: Warehouse) -> None:
    parts = zone.rows(
        "select part_kind, count(*) as parts, sum(items) as items, sum(verified) as verified, sum(required) as required "
        "from marts.standards_board where period = '2026-05' group by part_kind order by part_kind"
    )
    assert [(row["part_kind"], row["parts"], row["items"], row["verified"]) for row in parts] == [
        ("programme", 1, 94, 28), ("task", 7, 94, 28), ("unit", 27, 94, 28),
    ]  # fmt: skip
    assert [row["required"] for row in parts] == [90, 94, 94]  # ceilings of 13 or 14, of 3 or 4: every one of them


@pytest.mark.parametrize(("hard", "is_met", "short"), [(29, False, 1), (30, True, 0)])
def test_thirty_of_the_hard_ones_decide(zone: Warehouse, hard: int, is_met: bool, short: int) -> None:
    """89 of 94 print as 95 % and are not enough: integers are compared."""
    for item_no in range(29, 61 + hard):
        report_on(zone, item_no, "2026-06", standard_plan_status="met", prefecture_verified="passed")
    row = whole(zone, "2026-06")
    assert (row["verified"], row["short"], row["is_met"]) == (60 + hard, short, is_met)
    assert row["light"] == ("green" if is_met else "yellow")


def test_a_silent_month_keeps_what_was_verified_and_has_no_light(zone: Warehouse) -> None:
    row = whole(zone, "2026-06")
    assert (row["verified"], row["is_reported"], row["light"]) == (28, False, "grey")


def test_an_open_veto_standard_fails_everything(zone: Warehouse) -> None:
    zone.do("update core.plan_standards set is_veto = true where item_no = 94")
    for item_no in range(29, 91):
        report_on(zone, item_no, "2026-06", standard_plan_status="met", prefecture_verified="passed")
    row = whole(zone, "2026-06")
    assert (row["verified"], row["short"], row["veto_failed"], row["is_met"], row["light"]) == (90, 0, 1, False, "red")
    gaps = zone.rows("select item_no, is_veto, next_step from marts.standards_gaps where is_latest order by item_no")
    assert [gap["item_no"] for gap in gaps] == [91, 92, 93, 94]
    assert gaps[-1] == {"item_no": 94, "is_veto": True, "next_step": "确定措施和预计达标日期"}


def test_what_was_known_before_a_report_stays_to_be_seen(zone: Warehouse) -> None:
    before = zone.next_load("register")
    zone.next_load("register")
    for item_no in range(29, 91):
        report_on(zone, item_no, "2026-06", standard_plan_status="met", prefecture_verified="passed")
    known = "select verified, is_reported from marts.standards_board({}) where part_kind = 'programme' and period = '2026-06'"
    assert zone.rows(known.format(before)) == [{"verified": 28, "is_reported": False}]
    assert zone.rows(known.format(before + 1)) == [{"verified": 90, "is_reported": True}]
