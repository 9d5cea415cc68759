"""What the monthly returns of 基文04 say about a task, read into events (domain §4.2): what is an acceptance and what is not."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from small_county import AT, COUNTY, TOWN_A, Warehouse, mark

ACCEPTED = {
    "task_stage": "town_accepted", "works_started_on": date(2026, 1, 10), "built_on": date(2026, 2, 20),
    "town_accepted_on": date(2026, 3, 5), "county_accepted_on": date(2026, 3, 20), "acceptance_result": "met",
    "acceptance_doc_no": "验字1号",
}  # fmt: skip
BEGUN, BUILT, MET = ("started", date(2026, 1, 10)), ("built", date(2026, 2, 20)), ("accepted", date(2026, 3, 20))
LOOKED_AT = {"rechecked_on": date(2026, 5, 20)}
LOST = {**LOOKED_AT, "recheck_result": "not_met"}
FOUND = ("rechecked", date(2026, 5, 20))
FELL = ("regressed", date(2026, 5, 20))


def story(warehouse: Warehouse, stage: str, months: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, date]]:
    """The events of a village that its months' rows come to, in order of their days."""
    load = warehouse.next_load("plan")
    plan = {"plan_code": "tasks", "title": "任务", "form_code": "基文04", "table_name": "construction_task"}
    terms = {"county_code": COUNTY, "year": 2026, "completion_stage": stage, "minimum_floor_area_m2": 200}
    warehouse.insert("core.plans", {**plan, **terms, "frozen_on": date(2026, 1, 1), "from_load": load})
    milestones = [("2026Q2", 1, 1), ("2026Q4", None, None)]
    for number, (period, numerator, denominator) in enumerate(milestones, start=1):
        share = {"share_numerator": numerator, "share_denominator": denominator}
        row = {"plan_code": "tasks", "number": number, "period": period, "from_load": load}
        warehouse.insert("core.plan_milestones", {**row, **share})
    warehouse.insert("core.plan_tasks", {"plan_code": "tasks", "org_id": 4, "town_code": TOWN_A, "from_load": load})
    for month, values in months.items():
        submission = warehouse.submit(TOWN_A, month, form_code="基文04", table_names=["construction_task"])
        load = warehouse.next_load("return", submission)
        warehouse.do("insert into core.dim_period (period, kind, first_day, last_day, title) "
                     "select :month, 'month', :first, cast(:first as date) + interval '1 month - 1 day', :month "
                     "where not exists (select from core.dim_period where period = :month)",
                     month=month, first=f"{month}-01")  # fmt: skip
        row = {
            "org_id": 4,
            "division_code": "990001001201",
            "town_code": TOWN_A,
            "county_code": COUNTY,
            "period": month,
        }
        source = {"submission_id": submission, "sheet": "表", "row_number": 4, "confirmed_by": submission}
        warehouse.insert("personal.fct_construction_task", {**row, **source, **values, "from_load": load})
    mark(warehouse.engine, "tasks", AT)
    events = "select kind, event_on from core.acceptance_events where plan_code = 'tasks' order by event_on, kind"
    return [(row["kind"], row["event_on"]) for row in warehouse.rows(events)]


@pytest.mark.parametrize(
    ("months", "events"),
    [
        ({"2026-03": ACCEPTED}, [BEGUN, BUILT, MET]),
        ({"2026-03": {**ACCEPTED, "county_accepted_on": None}}, [BEGUN, BUILT]),
        ({"2026-03": {**ACCEPTED, "acceptance_doc_no": None}}, [BEGUN, BUILT]),
        ({"2026-03": {**ACCEPTED, "acceptance_result": "to_be_mended"}}, [BEGUN, BUILT]),
        ({"2026-03": ACCEPTED, "2026-04": {"task_stage": "regressed"}},
         [BEGUN, BUILT, MET, ("regressed", date(2026, 4, 30))]),
        ({"2026-03": ACCEPTED, "2026-05": LOST}, [BEGUN, BUILT, MET, FOUND, FELL]),
        ({"2026-03": ACCEPTED, "2026-05": {**LOOKED_AT, "recheck_result": "met"}}, [BEGUN, BUILT, MET, FOUND]),
        ({"2026-05": {**LOOKED_AT, "recheck_result": "met"}}, [FOUND]),
        ({"2026-05": {**LOOKED_AT, "recheck_result": "met"}, "2026-06": {**ACCEPTED, "county_accepted_on": date(2026, 6, 1)}},
         [BEGUN, BUILT, FOUND, ("accepted", date(2026, 6, 1))]),
        ({"2026-03": ACCEPTED, "2026-05": LOST, "2026-07": {"rechecked_on": date(2026, 7, 2), "recheck_result": "met"}},
         [BEGUN, BUILT, MET, FOUND, FELL, ("accepted", date(2026, 7, 2)), ("rechecked", date(2026, 7, 2))]),
        ({"2026-03": ACCEPTED, "2026-05": LOST, "2026-07": {**ACCEPTED, "county_accepted_on": date(2026, 7, 15)}},
         [BEGUN, BUILT, MET, FOUND, FELL, ("accepted", date(2026, 7, 15))]),
        ({"2026-05": LOST}, [FOUND]),
    ],
)  # fmt: skip
def test_what_the_months_come_to(
    warehouse: Warehouse, months: dict[str, dict[str, Any]], events: list[tuple[str, date]]
) -> None:
    assert story(warehouse, "county_accepted", months) == sorted(events, key=lambda event: (event[1], event[0]))


@pytest.mark.parametrize(
    ("stage", "day"),
    [("town_accepted", date(2026, 3, 5)), ("county_accepted", date(2026, 3, 20)), ("upper_verified", None)],
)
def test_the_stage_that_completes_a_task(warehouse: Warehouse, stage: str, day: date | None) -> None:
    found = story(warehouse, stage, {"2026-03": ACCEPTED})
    assert [on for kind, on in found if kind == "accepted"] == ([day] if day else [])


def test_an_acceptance_on_the_day_of_the_defect_does_not_close_it(warehouse: Warehouse) -> None:
    """Found not to meet the standard on the very day on which it was accepted: it stands open."""
    day = date(2026, 7, 15)
    accepted = {**ACCEPTED, "county_accepted_on": day, "rechecked_on": day, "recheck_result": "not_met"}
    assert story(warehouse, "county_accepted", {"2026-07": accepted})[2:] == [
        ("accepted", day), ("rechecked", day), ("regressed", day),
    ]  # fmt: skip
    (row,) = warehouse.rows(
        "select * from marts.milestones((select max(load_id) from ops.loads), '2026-12-31') "
        "where plan_code = 'tasks' and milestone_number = 2 and scope_level = 'county'"
    )
    counts = ("gross", "accepted", "regressed_now", "defects_found", "defects_closed")
    assert [row[name] for name in counts] == [1, 0, 1, 1, 0]
