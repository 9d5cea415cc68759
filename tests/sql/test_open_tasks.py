"""What `wentong milestones` asks the warehouse: milestones, days and open villages, seen from any day."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from small_county import AT, TOWN_A, TOWN_B, Warehouse, mark

from wentong import warehouse as views
from wentong.deadlines import china
from wentong.milestone_text import coverage_table, outlooks, schedule_text, town_schedules

D = date.fromisoformat


def built(day: str, area: int = 200) -> dict[str, Any]:
    return {"build_status": "built", "floor_area_m2": area, "built_on": D(day)}


@pytest.fixture
def county(warehouse: Warehouse) -> Warehouse:
    """甲1村 done in February; 甲2村 in May, lost in the third quarter; 甲3村 in August. 乙镇 is silent until September."""
    warehouse.report(TOWN_A, "2026Q1", {201: built("2026-02-10"), 202: {"build_status": "not_built"}})
    warehouse.report(TOWN_A, "2026Q2", {202: built("2026-05-12"), 203: {"build_status": "under_construction"}})
    warehouse.report(TOWN_A, "2026Q3", {202: built("2026-05-12", area=150), 203: built("2026-08-05")})
    warehouse.report(TOWN_B, "2026Q3", {201: built("2026-09-20"), 202: {"build_status": "not_built"}})
    mark(warehouse.engine, "plan_2026", AT)
    return warehouse


@pytest.mark.parametrize("day", ["2026-01-31", "2026-02-10", "2026-06-15", "2026-08-20", "2026-09-30", "2026-11-02"])
def test_as_many_villages_are_open_as_are_not_accepted(county: Warehouse, day: str) -> None:
    rows = views.coverage(county.engine, as_of=D(day))
    found = views.open_tasks(county.engine, as_of=D(day))
    assert {row["as_of"] for row in rows} == {D(day)}
    by_town = Counter((one["town_code"], one["milestone_number"]) for one in found if one["role"] == "task")
    towns = [row for row in rows if row["scope_level"] == "town"]
    assert len(towns) == 6
    for row in towns:
        assert by_town[row["scope_code"], row["milestone_number"]] == row["tasks"] - row["accepted_now"]


def test_what_is_open_on_a_day(county: Warehouse) -> None:
    found = views.open_tasks(county.engine, as_of=D("2026-06-15"))
    assert [(one["village_name"], one["reason"]) for one in found if one["milestone_number"] == 3] == [
        ("甲3村", "此后达标"),
        ("乙1村", "此后达标"),
        ("乙2村", "未建成"),
    ]
    assert views.open_tasks(county.engine, "no_such_plan") == []


def test_as_known_before(county: Warehouse) -> None:
    """Load 3 is the first return: nothing of May or August is known."""
    rows = views.coverage(county.engine, None, 3, D("2026-06-15"))
    assert {row["accepted_now"] for row in rows if row["scope_level"] == "county"} == {1}
    days = views.plan_days(county.engine, None, 3)
    assert {(day["day"], day["accepted"]) for day in days if day["scope_code"] == TOWN_A} == {
        (D("2026-01-01"), 0),
        (D("2026-02-10"), 1),
    }
    assert {day["frozen_on"] for day in days} == {D("2026-01-01")}
    reasons = {one["village_name"]: one["reason"] for one in views.open_tasks(county.engine, None, 3, D("2026-06-15"))}
    assert reasons == {"甲2村": "未建成", "甲3村": "未报", "乙1村": "未报", "乙2村": "未报"}


def test_without_a_day_it_is_that_of_the_load(county: Warehouse) -> None:
    assert {row["as_of"] for row in views.coverage(county.engine)} == {AT.date()}


def test_the_console_says_it(county: Warehouse) -> None:
    """Two of five are accepted on 15 June, five are needed by the end of June; three of them still are."""
    rows = views.coverage(county.engine, as_of=D("2026-06-15"))
    table = coverage_table(rows, outlooks(rows, views.plan_days(county.engine), china()))
    assert "示例县建设任务  截至2026年6月15日" in table
    (at,) = (n for n, line in enumerate(table.splitlines()) if line == "到2026年6月30日,还有10个工作日:")
    told = table.splitlines()[at + 1 :]
    assert told[0].startswith("  示例县还要3个(上一节点结转2个),每月3个,每个工作日0.30个;届时2、2、2个")
    assert "2026年3月净增0个、2026年4月净增0个、2026年5月净增1个" in told[-1]
    tasks = views.open_tasks(county.engine, as_of=D("2026-06-15"))
    assert {made.next_due for _, made in town_schedules(rows, tasks, china())} == {1, 2}
    assert "清单内未完成3个:" in schedule_text(rows, tasks, china())


def test_a_village_off_the_list_is_marked_from_its_day_on(county: Warehouse) -> None:
    load = county.next_load("decision")
    change = "removed_on = date '2026-08-30', change_reason = '撤并', approval_no = '示民发〔2026〕8号'"
    county.do(f"update core.plan_tasks set {change}, from_load = :load where org_id = 9", load=load)
    for day, is_removed in (("2026-08-29", False), ("2026-08-30", True)):
        found = {one["village_name"]: one for one in views.open_tasks(county.engine, as_of=D(day))}
        assert found["乙2村"]["is_removed"] is is_removed
        rows = views.coverage(county.engine, as_of=D(day))
        schedules = {
            row["scope_code"]: made
            for row, made in town_schedules(rows, views.open_tasks(county.engine, as_of=D(day)), china())
        }
        names = [task.name for task in schedules[TOWN_B].tasks]
        assert ("乙2村" in names) is not is_removed
