"""Marking: events and crossings follow from the returns, whenever and however often it runs."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_county import AT, COUNTY, TOWN_A, TOWN_B, Warehouse, mark, period_end

from wentong.milestones import Crossing, required

BUILT = {"build_status": "built", "floor_area_m2": 250}
EVENTS = """
select org_id, kind, event_on, period, submission_id, row_number, from_load, to_load
from core.acceptance_events
order by from_load, org_id, event_on, kind
"""
CROSSINGS = """
select scope_code, number, reached_on, accepted, required, from_load
from core.milestone_crossings
order by scope_code, number
"""


def test_a_crossing_is_returned_once(warehouse: Warehouse) -> None:
    assert mark(warehouse.engine, "plan_2026", AT) == []
    warehouse.report(TOWN_B, "2026Q1", {201: {**BUILT, "built_on": date(2026, 2, 3)}})
    assert mark(warehouse.engine, "plan_2026", AT) == [
        Crossing("plan_2026", TOWN_B, 1, date(2026, 2, 3), accepted=1, required=1, from_load=3)
    ]
    assert mark(warehouse.engine, "plan_2026", AT) == []
    warehouse.report(TOWN_B, "2026Q1", {201: {"build_status": "not_built"}})
    warehouse.report(TOWN_B, "2026Q1", {201: BUILT})
    assert mark(warehouse.engine, "plan_2026", AT) == [], "reached again is not reached for the first time"


def test_the_county_stands_first(warehouse: Warehouse) -> None:
    warehouse.report(TOWN_A, "2026Q1", {201: BUILT, 202: BUILT, 203: BUILT})
    warehouse.report(TOWN_B, "2026Q1", {201: BUILT, 202: BUILT})
    found = mark(warehouse.engine, "plan_2026", AT)
    assert [(c.scope_code, c.number) for c in found] == [
        (scope, number) for number in (1, 2, 3) for scope in (COUNTY, TOWN_A, TOWN_B)
    ]


def test_marking_twice_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.report(TOWN_A, "2026Q1", {201: BUILT, 202: {"build_status": "not_built"}})
    warehouse.report(TOWN_A, "2026Q2", {201: {"build_status": "not_built"}})
    mark(warehouse.engine, "plan_2026", AT)
    before = warehouse.rows(EVENTS)
    mark(warehouse.engine, "plan_2026", AT)
    assert warehouse.rows(EVENTS) == before
    assert len(before) == 2


def test_a_village_that_leaves_the_list_takes_its_events_along(warehouse: Warehouse) -> None:
    warehouse.report(TOWN_A, "2026Q1", {201: BUILT})
    mark(warehouse.engine, "plan_2026", AT)
    load = warehouse.next_load("decision")
    warehouse.do("update core.plan_tasks set to_load = :load where org_id = 4", load=load)
    mark(warehouse.engine, "plan_2026", AT)
    assert [(row["from_load"], row["to_load"]) for row in warehouse.rows(EVENTS)] == [(3, 4)]
    board = "select tasks, accepted from marts.coverage_board({}) where scope_level = 'county' and milestone_number = 1"
    assert warehouse.rows(board.format(3)) == [{"tasks": 5, "accepted": 1}]
    assert warehouse.rows(board.format(4)) == [{"tasks": 4, "accepted": 0}]


def test_analysts_read_marts_and_not_receipts(warehouse: Warehouse) -> None:
    warehouse.report(TOWN_A, "2026Q1", {201: BUILT})
    with warehouse.analyst.connect() as connection:
        for mart in connection.scalars(sa.text("select viewname from pg_views where schemaname = 'marts'")).all():
            connection.execute(sa.text(f"select * from marts.{mart}")).all()
        connection.execute(sa.text("select * from marts.milestones(3, '2026-03-31')")).all()
        assert connection.scalar(sa.text("select count(*) from marts.submission_matrix(3)")) == 6
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text("select * from ops.submissions"))


values = st.one_of(
    st.just({"build_status": "not_built"}),
    st.just({"build_status": None}),
    st.builds(
        lambda area, day, states: {
            "build_status": "built",
            "floor_area_m2": area,
            "built_on": day,
            "cell_states": dict.fromkeys(states, "contested"),
        },
        st.sampled_from([None, 199, 200, 300]),
        st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 9, 30))),
        st.sampled_from([(), (), (), ("_row",), ("books_total",)]),
    ),
)
villages = st.sampled_from([(TOWN_A, 201), (TOWN_A, 202), (TOWN_A, 203), (TOWN_B, 201), (TOWN_B, 202)])
reports = st.tuples(villages, st.sampled_from(["2026Q1", "2026Q2", "2026Q3"]), values, st.booleans())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(reports, min_size=1, max_size=12))
def test_history_does_not_depend_on_when_it_was_marked(migrated: Warehouse, story: list[Any]) -> None:
    """The same returns marked after some of them or once at the end; and both agree with a plain reading in Python."""

    def play(mark_after: Callable[[bool], bool]) -> tuple[Any, Any, Any]:
        migrated.empty()
        migrated.register()
        migrated.plan()
        for (town, number), period, row, chosen in story:
            migrated.report(town, period, {number: row})
            if mark_after(chosen):
                mark(migrated.engine, "plan_2026", AT)
        mark(migrated.engine, "plan_2026", AT)
        boards = [
            migrated.rows(
                "select scope_code, milestone_number, tasks, accepted, regressed, required, short "
                f"from marts.milestones({load}, '2026-12-31') order by 1, 2"
            )
            for load in range(2, 3 + len(story))
        ]
        return migrated.rows(EVENTS), migrated.rows(CROSSINGS), boards

    once = play(lambda chosen: False)
    assert play(lambda chosen: True) == once
    assert play(lambda chosen: chosen) == once

    rows: dict[tuple[str, int, str], dict[str, Any]] = {}
    for known, board in enumerate(once[2]):
        if known:
            (town, number), period, row, _ = story[known - 1]
            rows[town, number, period] = row
        for line in board:
            towns = (TOWN_A, TOWN_B) if line["scope_code"] == COUNTY else (line["scope_code"],)
            end = period_end(f"2026Q{line['milestone_number']}")
            states = [
                _state(rows, town, n, end)
                for town in towns
                for n in ((201, 202, 203) if town == TOWN_A else (201, 202))
            ]
            share = (Fraction(1, 2), Fraction(9, 10), Fraction(1))[line["milestone_number"] - 1]
            assert line["tasks"] == len(states)
            assert line["accepted"] == states.count("accepted") <= line["tasks"]
            assert line["regressed"] == states.count("regressed")
            assert line["required"] == required(share, len(states))
            assert line["short"] == max(0, line["required"] - line["accepted"])


def _state(rows: dict[tuple[str, int, str], dict[str, Any]], town: str, number: int, end: date) -> str | None:
    """The village's last event on or before a day, read from its rows one by one."""
    state: str | None = None
    shown: str | None = None
    relapse = date.min
    for period in ("2026Q1", "2026Q2", "2026Q3"):
        row = rows.get((town, number, period))
        if row is None or "_row" in row.get("cell_states", {}) or row["build_status"] is None:
            continue
        if row["build_status"] == "built" and row["floor_area_m2"] is None:
            continue
        last = period_end(period)
        is_met = row["build_status"] == "built" and row["floor_area_m2"] >= 200
        if is_met and state != "accepted":
            built = row["built_on"]
            on = built if built and relapse < built <= last else last
            state = "accepted"
        elif not is_met and state == "accepted":
            on = relapse = last
            state = "regressed"
        else:
            continue
        if on <= end:
            shown = state
    return shown


@pytest.mark.slow
def test_marking_a_large_plan(empty_warehouse: Warehouse) -> None:
    """Three quarters of returns for 60 000 villages."""
    count = 60_000
    empty_warehouse.register()
    empty_warehouse.plan()
    for kind in range(3):
        empty_warehouse.submit(TOWN_A, f"2026Q{kind + 1}")
        load = empty_warehouse.next_load("return", kind + 1)
        empty_warehouse.do("update ops.submissions set load_id = :load, loaded_at = :at where submission_id = :n",
                           load=load, at=AT, n=kind + 1)  # fmt: skip
    with empty_warehouse.owner.begin() as connection:
        for statement in (
            "insert into core.orgs (org_id, from_load) select 100 + n, 1 from generate_series(1, :count) as n",
            "insert into core.plan_tasks (plan_code, org_id, town_code, from_load) select 'plan_2026', 100 + n, "
            "lpad(cast(n / 40 as text), 12, '0'), 2 from generate_series(1, :count) as n",
            "insert into core.fct_village_center (org_id, division_code, town_code, county_code, period, build_status, "
            "floor_area_m2, submission_id, sheet, row_number, confirmed_by, from_load) "
            "select 100 + n, lpad(cast(n as text), 12, '0'), lpad(cast(n / 40 as text), 12, '0'), '990001000000', "
            "'2026Q' || q, case when n % 3 < q then 'built' else 'not_built' end, 250, q, 's', 1, q, 2 + q "
            "from generate_series(1, :count) as n, generate_series(1, 3) as q",
        ):
            connection.execute(sa.text(statement), {"count": count})
        for table in ("core.orgs", "core.plan_tasks", "core.fct_village_center"):
            connection.execute(sa.text(f"analyze {table}"))
    mark(empty_warehouse.engine, "plan_2026", AT)
    assert mark(empty_warehouse.engine, "plan_2026", AT) == []
    latest = "(select max(load_id) from ops.loads)"
    result = empty_warehouse.rows(
        f"select * from marts.milestones({latest}, '2026-12-31') where scope_level = 'county' order by period"
    )
    assert [row["accepted"] for row in result] == [20_000, 40_000, 60_000]
