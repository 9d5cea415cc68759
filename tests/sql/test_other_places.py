"""What other places published about the same work (domain §1.3): what may be counted, and out of what."""

from datetime import date

import pytest
from small_county import AT, COUNTY, TOWN_A, TOWN_B, Warehouse, mark
from sqlalchemy.exc import IntegrityError

from wentong.milestones import percentage

PLACES = """
insert into core.dim_place (place_code, name, level, parent_code, kind, valid_from, from_load)
select place_code, name, level, parent_code, kind, date '2016-01-01', :load
from (
    select :county as place_code, '县' as name, 3 as level, cast(null as text) as parent_code, 'county' as kind
    union all
    select town, '镇' || left(town, 9), 4, :county, 'town' from unnest(cast(:towns as text[])) as town
    union all
    select left(town, 9) || to_char(n / 2, 'fm000'), '村' || n, 5, town, 'village'
    from generate_series(2, :villages + 1) as n
    cross join lateral (select (cast(:towns as text[]))[1 + n % cardinality(cast(:towns as text[]))]) as of (town)
) as place
"""
ORGS = """
insert into core.orgs (org_id, from_load) select n, :load from generate_series(1, :villages) as n;
insert into core.dim_org (org_id, org_type, place_code, name, owes_returns, valid_from, from_load)
select row_number() over (order by place_code), 'village_center', place_code, name, false, valid_from, from_load
from core.dim_place where level = 5
"""
CENTRES = """
insert into core.fct_village_center (
    org_id, division_code, town_code, county_code, period, row_key, build_status, floor_area_m2, cell_states,
    submission_id, sheet, row_number, confirmed_by, from_load
)
select
    org.org_id, org.place_code, place.parent_code, :county, '2017Q4', '',
    case when org.org_id <= :built then 'built' when org.org_id <= :begun then 'under_construction' else 'not_built' end,
    200, '{}', :submission, '表', org.org_id, :submission, :load
from core.dim_org as org
join core.dim_place as place on org.place_code = place.place_code
"""
PROFILES = """
insert into personal.fct_village_profile (
    org_id, division_code, town_code, county_code, period, row_key, is_demonstration_point, cell_states,
    submission_id, sheet, row_number, confirmed_by, from_load
)
select
    org_id, division_code, town_code, county_code, '2017', '',
    case when org_id <= :points then 'yes' else 'no' end, '{}', submission_id, sheet, row_number, confirmed_by, from_load
from core.fct_village_center
"""


def register(warehouse: Warehouse, villages: int) -> None:
    """A county with so many villages in two towns."""
    about = {"load": warehouse.next_load("register"), "villages": villages}
    warehouse.do(PLACES, county=COUNTY, towns=[TOWN_A, TOWN_B], **about)
    for statement in ORGS.split(";"):
        warehouse.do(statement, **about)


def test_what_is_being_built_is_not_built_and_demonstration_points_are_not_added(empty_warehouse: Warehouse) -> None:
    """河源, January 2018: of 1 436 villages 320 built, 81 demonstration points included, and 406 begun."""
    register(empty_warehouse, 1436)
    submission = empty_warehouse.submit(TOWN_A, "2017Q4")
    load = empty_warehouse.next_load("return", submission)
    empty_warehouse.do(CENTRES, county=COUNTY, built=320, begun=726, submission=submission, load=load)
    empty_warehouse.do(PROFILES, points=81)
    found = empty_warehouse.rows(
        "select indicator_code, numerator, denominator, round(value, 2) as value from marts.indicators "
        "where level = 'county' and indicator_code in ('FA06', 'FA07', 'FA08') order by indicator_code"
    )
    assert [tuple(map(str, row.values())) for row in found] == [
        ("FA06", "320", "None", "320.00"), ("FA07", "320", "1436", "22.28"), ("FA08", "81", "None", "81.00"),
    ]  # fmt: skip
    states = empty_warehouse.rows("select build_status, count(*) as n from marts.village_center group by 1 order by 1")
    assert {row["build_status"]: row["n"] for row in states} == {
        "built": 320, "under_construction": 406, "not_built": 710,
    }  # fmt: skip


def test_exclusions_need_an_approval(empty_warehouse: Warehouse) -> None:
    """双台子区, December 2020: 44 centres of 50 units, 除6个动迁区域外全覆盖."""
    register(empty_warehouse, 50)
    load = empty_warehouse.next_load("plan")
    plan = {"plan_code": "coverage", "title": "全覆盖", "form_code": "基文01", "table_name": "village_center"}
    terms = {"county_code": COUNTY, "year": 2020, "completion_stage": "met_in_return", "minimum_floor_area_m2": 200}
    listed = {**plan, **terms, "reading": "coverage", "frozen_on": date(2020, 1, 1), "from_load": load}
    empty_warehouse.insert("core.plans", listed)
    whole = {"share_numerator": 1, "share_denominator": 1, "period": "2020Q4"}
    empty_warehouse.insert("core.plan_milestones", {"plan_code": "coverage", "number": 1, **whole, "from_load": load})
    submission = empty_warehouse.submit(TOWN_A, "2020Q4")
    for org_id in range(1, 51):
        task = {"plan_code": "coverage", "org_id": org_id, "town_code": TOWN_A if org_id % 2 else TOWN_B}
        moved = (
            {"removed_on": date(2020, 6, 1), "change_reason": "动迁", "approval_no": "双政批1号"} if org_id > 44 else {}
        )
        empty_warehouse.insert("core.plan_tasks", {**task, **moved, "from_load": load})
        if org_id <= 44:
            event = {"plan_code": "coverage", "org_id": org_id, "kind": "accepted", "event_on": date(2020, 3, 1)}
            source = {"period": "2020Q1", "submission_id": submission, "sheet": "表", "row_number": org_id + 4}
            empty_warehouse.insert("core.acceptance_events", {**event, **source, "from_load": load})
    (board,) = empty_warehouse.rows("select * from marts.coverage_board where scope_level = 'county'")
    assert (board["accepted"], board["tasks"], board["is_met"]) == (44, 50, False)  # 88 %
    assert (board["adjusted_accepted"], board["adjusted_tasks"], board["adjusted_is_met"]) == (44, 44, True)
    assert board["approvals"] == "双政批1号"
    with pytest.raises(IntegrityError, match="changes_are_approved"):
        empty_warehouse.do("update core.plan_tasks set approval_no = null where org_id = 50")


@pytest.mark.parametrize(
    ("villages", "built", "begun", "rates", "missing"),
    [
        (1436, 320, 726, ("22.3%", "50.6%"), 1116),  # 河源: 710 not begun
        (502, 173, 173, ("34.5%", "34.5%"), 329),  # 盘锦, all that is due
    ],
)
def test_all_that_is_due_is_on_the_board(
    empty_warehouse: Warehouse, villages: int, built: int, begun: int, rates: tuple[str, str], missing: int
) -> None:
    """A list of every village: what is begun shows as begun, and never in the numerator."""
    register(empty_warehouse, villages)
    load = empty_warehouse.next_load("plan")
    plan = {"plan_code": "coverage", "title": "全覆盖", "form_code": "基文01", "table_name": "village_center"}
    terms = {"county_code": COUNTY, "year": 2018, "completion_stage": "met_in_return", "minimum_floor_area_m2": 200}
    listed = {**plan, **terms, "reading": "coverage", "frozen_on": date(2018, 1, 1), "from_load": load}
    empty_warehouse.insert("core.plans", listed)
    whole = {"share_numerator": 1, "share_denominator": 1, "period": "2018Q4"}
    empty_warehouse.insert("core.plan_milestones", {"plan_code": "coverage", "number": 1, **whole, "from_load": load})
    tasks = (
        "insert into core.plan_tasks (plan_code, org_id, town_code, from_load) select 'coverage', org_id, "
        "left(place_code, 9) || '000', :load from core.dim_org"
    )
    empty_warehouse.do(tasks, load=load)
    submission = empty_warehouse.submit(TOWN_A, "2017Q4")
    load = empty_warehouse.next_load("return", submission)
    empty_warehouse.do(CENTRES, county=COUNTY, built=built, begun=begun, submission=submission, load=load)
    mark(empty_warehouse.engine, "coverage", AT)
    (board,) = empty_warehouse.rows(
        "select * from marts.milestones(:load, '2018-10-15') where scope_level = 'county'", load=load
    )
    counts = ("tasks", "due_units", "accepted", "covered_units", "built", "started", "next_due")
    assert [board[name] for name in counts] == [villages, villages, built, built, built, begun, missing]
    assert (percentage(board["accepted"], villages), percentage(board["started"], villages)) == rates
    assert built < board["scheduled"] < built + (villages - built) / 2, (
        "the line begins at what met the standard before"
    )
    assert board["tasks"] - board["started"] == villages - begun
