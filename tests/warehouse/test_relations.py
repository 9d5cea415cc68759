"""Rules that look beyond the file: what they find, what lets them pass, and that they follow from the rows alone."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sites import A1, A2, A3, AT, B1, COUNTY, FORM, TABLE, TOWN_A, TOWN_B, UNITS, Databases, Site, row, row_of

from wentong import answers, warehouse
from wentong.archive import Archive
from wentong.forms import find_form, forms
from wentong.periods import Period
from wentong.returns import Row
from wentong.warehouse import relations

Found = list[tuple[str, str, str, str]]


def center(period: str, code: str = A1, **values: Any) -> tuple[str, Row]:
    return period, row(code, **values)


def profile(period: str, code: str = A1, **values: Any) -> tuple[str, Row]:
    return period, row_of("village_profile", code, **values)


def station(period: str, code: str = TOWN_A, **values: Any) -> tuple[str, Row]:
    return period, row_of("town_station", code, **values)


def event(period: str, code: str = TOWN_A, **values: Any) -> tuple[str, Row]:
    usual = {
        "title": "广场舞", "started_on": f"{period}-05", "ended_on": f"{period}-05", "venue": "广场", "activity_kind": "performance",
        "activity_mode": "in_person", "sessions": 1, "attendance": 100,
    }  # fmt: skip
    return period, row_of("activity", code, **{**usual, **values})


def task(period: str, code: str = A1, **values: Any) -> tuple[str, Row]:
    return period, row_of("construction_task", code, **values)


def standard(period: str, **values: Any) -> tuple[str, Row]:
    return period, row_of("standard_item", COUNTY, item_no=12, **values)


def cost(period: str, payer: str, amount: int, total: int | None, tier: str = "first") -> tuple[str, Row]:
    values = {"cost_option": "甲方案", "option_tier": tier, "payer": payer}
    return period, row_of("option_cost", COUNTY, payer_amount_yuan=amount, tier_total_yuan=total, **values)


def submit(site: Site, *said: tuple[str, Row]) -> list[int]:
    """One return per table, period and town; their numbers, in order of receipt."""
    numbers = []
    for (period, town), group in itertools.groupby(said, key=lambda one: (one[0], one[1].town_code)):
        for _, rows in itertools.groupby((one for _, one in group), key=lambda one: one.table):
            numbers.append(site.submit(*rows, period=period, unit=town))
    return numbers


def found(site: Site) -> Found:
    """Unit, period, finding and field of every open finding."""
    return site.rows(
        "select org.place_code, found.period, found.code, found.field from ops.relation_findings as found "
        "inner join core.dim_org as org on found.org_id = org.org_id where found.to_load is null "
        "order by org.place_code, found.period, found.code, found.field"
    )


def messages(site: Site) -> list[str]:
    open_ones = "select message from ops.relation_findings where to_load is null order by org_id, period, code, field"
    return [message for (message,) in site.rows(open_ones)]


RULES: list[tuple[str, list[tuple[str, Row]], list[tuple[str, str, str, str]], str]] = [
    # change_within
    (
        "floor area, previous",
        [center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q2", floor_area_m2=Decimal("213.5"))],
        [(A1, "2026Q2", "floor_area_changed", "floor_area_m2")],
        "“甲一村”的面积由 200 变为 213.5 平方米。",
    ),
    (
        "a flow against the period before",
        [station("2027Q1", facility_visits_q=1000), station("2027Q2", facility_visits_q=1510)],
        [(TOWN_A, "2027Q2", "changed_much", "facility_visits_q")],
        "“甲镇”的“本季到站人次”是 1510人次,比2027年第1季度的 1000人次增加51%。",
    ),
    (
        "a flow against last year",
        [station("2027Q1", loans_q=1000), station("2028Q1", loans_q=400)],
        [(TOWN_A, "2028Q1", "changed_much", "loans_q")],
        "“甲镇”的“本季外借册次”是 400册次,比2027年第1季度的 1000册次减少60%。",
    ),
    (
        "both at once are said once, against the period before",
        [
            station("2027Q1", loans_q=1000),
            station("2027Q4", loans_q=900),
            station("2028Q1", loans_q=400),
        ],
        [(TOWN_A, "2028Q1", "changed_much", "loans_q")],
        "“甲镇”的“本季外借册次”是 400册次,比2027年第4季度的 900册次减少56%。",
    ),
    (
        "staff",
        [station("2027Q1", staff_total=10), station("2027Q2", staff_total=21)],
        [(TOWN_A, "2027Q2", "staff_changed", "staff_total")],
        "“甲镇”的“期末从业人员”由 10 人变为 21 人。",
    ),
    # accumulates
    (
        "year to date in the first period",
        [station("2027Q1", activity_sessions_q=5, activity_sessions_ytd=6)],
        [(TOWN_A, "2027Q1", "year_to_date_differs", "activity_sessions_ytd")],
        "“甲镇”的“本年累计组织文艺活动场次”是 6场次,应为上期累计 0+本期 5=5场次。",
    ),
    (
        "year to date later on",
        [
            station("2027Q1", trainees_q=40, trainees_ytd=40),
            station("2027Q2", trainees_q=50, trainees_ytd=91),
        ],
        [(TOWN_A, "2027Q2", "year_to_date_differs", "trainees_ytd")],
        "“甲镇”的“本年累计培训人次”是 91人次,应为上期累计 40+本期 50=90人次。",
    ),
    # never_back, stays
    (
        "a stage before the last one",
        [task("2027-01", task_stage="installing"), task("2027-02", task_stage="purchasing")],
        [(A1, "2027-02", "stage_went_back", "task_stage")],
        "“甲一村”上期是“施工安装”,本期变为“采购”,进度不能倒退。",
    ),
    (
        "no longer built, after a gap",
        [center("2026Q1", build_status="built"), center("2026Q3", build_status="under_construction")],
        [(A1, "2026Q3", "no_longer_built", "build_status")],
        "“甲一村”以前已建成,本期填“在建”。",
    ),
    (
        "a standard lost",
        [standard("2027-01", standard_claim="met"), standard("2027-02", standard_claim="not_met")],
        [(COUNTY, "2027-02", "standard_lost", "standard_claim")],
        "“标准序号12”上期自评达标,本期改为“未达标”。",
    ),
    # balances
    (
        "books that came and went",
        [
            profile("2026", books_total=1000),
            profile("2027", books_total=1100, books_added_ytd=200, books_removed_ytd=50),
        ],
        [(A1, "2027", "balance_differs", "books_total")],
        "“甲一村”的“年末图书藏量”是 1100册,与“上年末 1000+本年新增图书 200-本年剔除图书 50=1150”不符,差 50册。",
    ),
    # equals_sum
    (
        "sessions of the ledger",
        [
            event("2027-01", sessions=2),
            event("2027-01", A1, title="村晚", sessions=7),
            event("2027-03", sessions=1),
            event("2027-03", title="线上", activity_mode="online", sessions=7),
            event("2027-02", title="培训", activity_kind="training", sessions=7),
            event("2027-04", sessions=7),
            station("2027Q1", activity_sessions_q=5),
        ],
        [(TOWN_A, "2027Q1", "ledger_sum_differs", "activity_sessions_q")],
        "“甲镇”的“本季组织文艺活动场次”是 5场次,活动台账合计 3场次,相差 2场次。",
    ),
    (
        "attendance of the ledger, which came after the return",
        [station("2027Q1", activity_attendance_q=300), event("2027-01", attendance=120)],
        [(TOWN_A, "2027Q1", "ledger_sum_differs", "activity_attendance_q")],
        "“甲镇”的“本季活动参加人次”是 300人次,活动台账合计 120人次,相差 180人次。",
    ),
    (
        "payers of a tier",
        [cost("2027Q1", "县", 60, 100), cost("2027Q1", "镇", 30, None)],
        [(COUNTY, "2027Q1", "tier_total_differs", "tier_total_yuan")],
        "“甲方案 第一层次 县”的“本层次合计金额”是 100 元,各出资单位相加是 90 元,相差 10 元。",
    ),
    # needs_elsewhere
    (
        "a demonstration point that is not built, by its latest return of the year",
        [
            center("2026Q2", build_status="built"),
            center("2026Q3", build_status="under_construction"),
            profile("2026", is_demonstration_point="yes"),
        ],
        [
            (A1, "2026", "demonstration_not_built", "is_demonstration_point"),
            (A1, "2026Q3", "no_longer_built", "build_status"),
        ],
        "“甲一村”标为示范点,但季报的“是否建成”是“在建”。",
    ),
    (
        "built without rooms",
        [center("2026Q3", build_status="built"), profile("2026", function_room_count=0)],
        [(A1, "2026Q3", "built_without_rooms", "build_status")],
        "“甲一村”填报已建成,但基础情况年报的“功能室数”是 0,少于 1 间。",
    ),
    (
        "accepted but not built",
        [task("2027-03", task_stage="town_accepted"), center("2027Q1", build_status="under_construction")],
        [(A1, "2027-03", "accepted_but_not_built", "task_stage")],
        "“甲一村”的“当前阶段”是“镇街验收”,但季报的“是否建成”是“在建”。",
    ),
    # reported_once
    (
        "one event reported by two units",
        [event("2027-01", A1), event("2027-01", B1)],
        [(A1, "2027-01", "activity_reported_twice", ""), (B1, "2027-01", "activity_reported_twice", "")],
        "活动“广场舞”(2027-01-05,广场)与“乙一村”已报的一条相同。",
    ),
    # unit_slip
    (
        "ten times its last value",
        [station("2027Q1", books_total=3000), station("2027Q2", books_total=34000)],
        [(TOWN_A, "2027Q2", "unit_slip", "books_total")],
        "“甲镇”的“期末藏书”是 34000册,约为2027年第1季度填报的 3000册的 10 倍。",
    ),
    (
        "a ten-thousandth of its last value",
        [station("2027Q1", fund_paid_ytd_yuan=300000), station("2027Q2", fund_paid_ytd_yuan=30)],
        [(TOWN_A, "2027Q2", "unit_slip", "fund_paid_ytd_yuan")],
        "“甲镇”的“专项资金累计支付”是 30元,约为2027年第1季度填报的 300000元的 0.0001 倍。",
    ),
]

PASSED: list[tuple[str, list[tuple[str, Row]]]] = [
    ("the same area", [center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q2", floor_area_m2=Decimal("200.0"))]),
    ("a small area", [center("2026Q1", floor_area_m2=Decimal(12)), center("2026Q2", floor_area_m2=Decimal(19))]),
    ("not the period before", [center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q3", floor_area_m2=Decimal(210))]),
    ("no area", [center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q2")]),
    ("of another village", [center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q2", A2, floor_area_m2=Decimal(210))]),
    ("just within", [station("2027Q1", facility_visits_q=1000), station("2027Q2", facility_visits_q=1500)]),
    ("less than 20 more", [station("2027Q1", loans_q=20), station("2027Q2", loans_q=39)]),
    ("few of the staff", [station("2027Q1", staff_total=4), station("2027Q2", staff_total=12)]),
    ("year to date", [station("2027Q1", trainees_q=40, trainees_ytd=40),
                      station("2027Q2", trainees_q=50, trainees_ytd=90)]),
    ("year to date after a gap", [station("2027Q1", trainees_q=40, trainees_ytd=40),
                                  station("2027Q3", trainees_q=50, trainees_ytd=150)]),
    ("year to date of the new year", [station("2027Q4", trainees_q=40, trainees_ytd=900),
                                      station("2028Q1", trainees_q=50, trainees_ytd=50)]),
    ("a stage further on", [task("2027-01", task_stage="purchasing"), task("2027-02", task_stage="installing")]),
    ("into a stage outside the order", [task("2027-01", task_stage="built"), task("2027-02", task_stage="suspended")]),
    ("out of one", [task("2027-01", task_stage="suspended"), task("2027-02", task_stage="sited")]),
    ("built still", [center("2026Q1", build_status="built"), center("2026Q2", build_status="built")]),
    ("a standard met still", [standard("2027-01", standard_claim="met"), standard("2027-02", standard_claim="met")]),
    ("books that balance", [profile("2026", books_total=1000),
                            profile("2027", books_total=1150, books_added_ytd=200, books_removed_ytd=50)]),
    ("books of two years ago", [profile("2025", books_total=1000),
                                profile("2027", books_total=9, books_added_ytd=2, books_removed_ytd=1)]),
    ("no removals known", [profile("2026", books_total=1000), profile("2027", books_total=1100, books_added_ytd=200)]),
    ("a sum that is right", [event("2027-01", sessions=2), event("2027-03", sessions=1),
                             station("2027Q1", activity_sessions_q=3, activity_attendance_q=200)]),
    ("nothing in the ledger", [event("2027-01", A1), event("2027-04"), station("2027Q1", activity_sessions_q=3)]),
    ("a sum of what is not known", [event("2027-01", sessions=2, attendance=None), station("2027Q1", activity_attendance_q=3)]),
    ("payers of another tier", [cost("2027Q1", "县", 100, 100),
                                cost("2027Q1", "镇", 3, None, "second")]),
    ("no demonstration point", [center("2026Q2", build_status="under_construction"),
                                profile("2026", is_demonstration_point="no")]),
    ("built, as the year says", [center("2026Q3", build_status="built"), profile("2026", function_room_count=1)]),
    ("rooms of an earlier year", [profile("2025", function_room_count=0), center("2026Q3", build_status="built")]),
    ("not reported there", [task("2027-03", task_stage="town_accepted"),
                            center("2027Q1", A2, build_status="under_construction")]),
    ("accepted before the quarter is over", [center("2026Q4", build_status="under_construction"),
                                             task("2027-01", task_stage="town_accepted")]),
    ("another place", [event("2027-01", A1), event("2027-01", B1, venue="礼堂")]),
    ("another month", [event("2027-01", A1), event("2027-02", B1)]),
    ("half of it", [station("2027Q1", books_total=3000), station("2027Q2", books_total=15000)]),
    ("a hundredfold", [station("2027Q1", books_total=3000), station("2027Q2", books_total=300000)]),
    ("too few", [station("2027Q1", volunteer_count=4), station("2027Q2", volunteer_count=40)]),
    ("the year begins anew", [station("2027Q4", fund_paid_ytd_yuan=300000), station("2028Q1", fund_paid_ytd_yuan=30000)]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected", "message"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_what_is_found(site: Site, said: list[tuple[str, Row]], expected: Found, message: str) -> None:
    site.load(*submit(site, *said))
    assert found(site) == expected
    assert message in messages(site)


@pytest.mark.parametrize("said", [p[1] for p in PASSED], ids=[p[0] for p in PASSED])
def test_what_passes(site: Site, said: list[tuple[str, Row]]) -> None:
    site.load(*submit(site, *said))
    assert found(site) == []


def test_every_kind_that_is_declared_is_evaluated() -> None:
    for form in forms().values():
        for table in form.tables:
            for rule in table.rules:
                if rule.is_relation and (rule.kind != "on_list" or table.unit == "village"):
                    assert relations._of_rule(form, table, rule), f"{table.name}: {rule.kind}"


def test_what_passes_only_because_of_its_state(site: Site) -> None:
    """A withheld value is no value: neither it nor what follows it is compared."""
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(200))))
    site.load(*submit(site, center("2026Q2", states={"floor_area_m2": "withheld"})))
    site.load(*submit(site, center("2026Q3", floor_area_m2=Decimal(300))))
    assert found(site) == []


# ---------------------------------------------------------------------------------------- lists, locks, thresholds


def listed(site: Site, *codes: str, year: int = 2027) -> None:
    """A plan whose list holds these villages."""
    folder = site.archive.root.parent
    plan = {
        "code": f"plan_{year}", "title": "建设任务", "year": year, "county_code": COUNTY, "document": "示例", "form": FORM,
        "frozen_on": f"{year}-01-01", "table": TABLE, "completion_stage": "met_in_return", "minimum_floor_area_m2": 100,
        "task_list": "list.csv", "milestones": [{"number": 1, "period": f"{year}Q4", "share": "1/1"}],
    }  # fmt: skip
    (folder / "plan.yml").write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    (folder / "list.csv").write_text("\n".join(["division_code", *codes]), encoding="utf-8")
    warehouse.import_plan(site.engine, site.archive.journal, folder / "plan.yml", None, AT, "批文1号")


def test_the_task_list(site: Site) -> None:
    listed(site, A1, A2, B1)
    site.load(*submit(site, task("2027-01", A1), task("2027-01", A3), task("2027-01", B1)))
    assert found(site) == [(TOWN_A, "2027-01", "task_list_differs", "")]
    assert messages(site) == ["任务表多出1条、缺少1条:甲三社区、甲二村。"]
    listed(site, A1, A3, B1)
    assert found(site) == []
    site.load(*submit(site, task("2026-12", A2)))  # before the plan
    assert found(site) == []


def test_dates_reported_after_their_period_was_locked(site: Site) -> None:
    form = find_form("基文04")
    for month in ("2027-01", "2027-02", "2027-03"):
        site.expect((form.code, month, date(2027, 4, 1)))
    with site.engine.begin() as connection:
        connection.execute(sa.text("update core.fct_obligation set review = 'locked' where period = '2027-01'"))
    site.load(
        *submit(
            site,
            task("2027-01", A2, town_accepted_on="2027-01-12"),
            task("2027-02", A1, town_accepted_on="2027-01-12"),
            task("2027-02", A2, town_accepted_on="2027-01-12"),
            task("2027-02", A3, town_accepted_on="2027-02-12"),
            task("2027-03", A1, town_accepted_on="2027-01-12"),
            task("2027-03", A3, town_accepted_on="2027-02-12"),
        )
    )
    assert found(site) == [(A1, "2027-02", "accepted_in_locked_period", "town_accepted_on")]
    assert messages(site) == ["“甲一村”的“镇(街)验收日期”(2027-01-12)在已公布的2027年1月内,属于补报。"]


def test_the_threshold_of_the_smallest_area_counts(empty_site: Site) -> None:
    """Guangxi wants 160 m², Kaiping 200."""
    for county, least in (("450102", 160), ("440783", 200)):
        empty_site.register(UNITS.replace("990001", county))
        village = A1.replace("990001", county)
        enough = A2.replace("990001", county)
        said = [
            task("2027-03", village, task_stage="town_accepted"),
            task("2027-03", enough, task_stage="town_accepted"),
            center("2027Q1", village, build_status="built", floor_area_m2=Decimal(least) - Decimal("0.5")),
            center("2027Q1", enough, build_status="built", floor_area_m2=Decimal(least)),
        ]
        empty_site.load(*submit(empty_site, *said))
        expected = (village, "2027-03", "accepted_but_too_small", "task_stage")
        assert [one for one in found(empty_site) if one[0].startswith(county)] == [expected]
        assert f"季报的建筑面积只有 {least - 0.5} 平方米(标准 {least} 平方米)。" in messages(empty_site)[0]
        empty_site.load(
            *submit(empty_site, center("2027Q1", village, build_status="built", floor_area_m2=Decimal(900)))
        )


MANY = "".join(f"9900011002{n:02},甲{n}村,{TOWN_A},5,village,no,\n" for n in range(4, 12))


def test_peers_stand_in_for_a_value_before(site: Site) -> None:
    site.register(UNITS + MANY)
    codes = [A1, A2, A3, *(f"9900011002{n:02}" for n in range(4, 8))]
    first = [center("2026Q1", code, books_total=1000 + n) for n, code in enumerate(codes[:5])]
    slip = center("2026Q1", codes[6], books_total=10_000)
    site.load(*submit(site, *first[:4], slip))
    assert found(site) == []  # four others are too few
    site.load(*submit(site, *first, slip))
    assert found(site) == [(codes[6], "2026Q1", "unit_slip", "books_total")]
    assert messages(site)[0].endswith("的“图书藏量”是 10000册,约为本县各单位中间值 1002.5册的 10 倍。")
    relation = "select told_at from ops.relation_findings where to_load is null"
    with site.engine.begin() as connection:
        connection.execute(sa.text("update ops.relation_findings set told_at = now()"))
    ((told_at,),) = site.rows(relation)
    site.load(*submit(site, center("2026Q1", codes[5], books_total=900)))  # the median moves: not told again
    assert site.rows(relation) == [(told_at,)]
    assert site.rows("select count(*) from ops.relation_findings") == [(2,)]


# ---------------------------------------------------------------------------------------------- history of findings


def test_what_is_corrected_is_closed_and_a_repeat_changes_nothing(site: Site) -> None:
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(200))))
    faulty = center("2026Q2", floor_area_m2=Decimal(300))
    site.load(*submit(site, faulty))
    versions = "select field, params ->> 'last', from_load, to_load from ops.relation_findings order by from_load"
    assert site.rows(versions) == [("floor_area_m2", "200", 3, None)]
    site.load(*submit(site, faulty))
    site.load(*submit(site, center("2026Q2", floor_area_m2=Decimal("300.0"), books_total=1)))
    assert site.rows(versions) == [("floor_area_m2", "200", 3, None)]
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(210))))  # the earlier period is corrected
    assert site.rows(versions) == [("floor_area_m2", "200", 3, 6), ("floor_area_m2", "210", 6, None)]
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(300))))
    assert site.rows(versions) == [("floor_area_m2", "200", 3, 6), ("floor_area_m2", "210", 6, 7)]
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(210))))
    assert site.rows(versions)[2:] == [("floor_area_m2", "210", 8, None)]


def test_rows_that_are_withdrawn_take_their_findings_with_them(site: Site) -> None:
    site.load(*submit(site, event("2027-01", A1), event("2027-01", B1)))
    assert len(found(site)) == 2
    site.load(site.submit(form="基文03", tables=["activity"], period="2027-01", unit=TOWN_B, is_zero=True))
    assert found(site) == []


SAID = [
    center("2026Q1", floor_area_m2=Decimal(200), build_status="built"),
    center("2026Q2", floor_area_m2=Decimal(300), build_status="under_construction"),
    center("2026Q2", floor_area_m2=Decimal(200), build_status="built"),
    center("2026Q4", floor_area_m2=Decimal(2000), build_status="built"),
    profile("2026", function_room_count=0, is_demonstration_point="yes"),
    profile("2026", function_room_count=3, is_demonstration_point="yes"),
    event("2027-01"),
    event("2027-01", B1),
    station("2027Q1", activity_sessions_q=2, activity_sessions_ytd=3),
    station("2027Q2", activity_sessions_q=30, activity_sessions_ytd=33, staff_total=5),
    task("2027-01", task_stage="built"),
    task("2027-02", task_stage="town_accepted"),
    center("2027Q1", floor_area_m2=Decimal(20), build_status="under_construction"),
]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(SAID), cuts=st.sets(st.integers(1, len(SAID) - 1), max_size=5))
def test_what_is_open_does_not_depend_on_batches(
    databases: Databases,
    migrated: str,
    tmp_path_factory: pytest.TempPathFactory,
    order: list[tuple[str, Row]],
    cuts: set[int],
) -> None:
    def told(*batches: slice) -> list[Any]:
        databases.empty(migrated)
        archive = Archive(tmp_path_factory.mktemp("story") / "archive")
        with warehouse.engine(databases.settings(migrated)) as engine:
            site = Site(databases.settings(migrated), archive, engine)
            site.register(UNITS)
            numbers = [number for one in order for number in submit(site, one)]
            for batch in batches:
                site.load(*numbers[batch])
            return site.rows(
                "select org_id, period, code, field, message from ops.relation_findings where to_load is null "
                "order by org_id, period, code, field"
            )

    ends = [0, *sorted(cuts), len(order)]
    at_once = told(slice(None))
    assert told(*(slice(start, end) for start, end in itertools.pairwise(ends))) == at_once


# ------------------------------------------------------------------------------------------------- what they do


def test_a_contested_centre_does_not_count_while_it_is(site: Site) -> None:
    listed(site, A1, year=2026)
    site.expect((FORM, "2026Q3", date(2026, 10, 12)))
    built = center("2026Q3", build_status="built", floor_area_m2=Decimal(300))
    events = "select kind, from_load, to_load from core.acceptance_events order by from_load"
    label = "select label from marts.submission_matrix where unit_name = '甲镇' and form_code = '基文01'"

    def state() -> tuple[list[Any], list[Any]]:
        return site.rows(events), site.rows(label)

    site.load(*submit(site, built))
    assert state() == ([("accepted", 4, None)], [("已报",)])
    site.load(*submit(site, profile("2026", function_room_count=0)))
    assert state() == ([("accepted", 4, 5)], [("待改正",)])
    site.load(*submit(site, profile("2026", function_room_count=2)))
    assert state() == ([("accepted", 4, 5), ("accepted", 6, None)], [("已报",)])


def test_nor_does_one_that_was_contested_in_the_batch_that_brought_it(site: Site) -> None:
    listed(site, A1, year=2026)
    built = center("2026Q3", build_status="built", floor_area_m2=Decimal(300))
    numbers = submit(site, profile("2026", function_room_count=0), built, center("2026Q3", A2, books_total=1))
    site.load(*numbers)
    assert site.rows("select * from core.acceptance_events") == []


def test_senders_are_told_once(site: Site, tmp_path: Path) -> None:
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(200), build_status="built")))
    site.load(
        *submit(
            site,
            center("2026Q2", floor_area_m2=Decimal(230), build_status="built"),
            profile("2026", function_room_count=0),
        )
    )
    untold = warehouse.untold_relations(site.engine)
    assert [(one.submission_id, one.finding.code) for one in untold] == [
        (2, "built_without_rooms"), (3, "built_without_rooms"), (3, "floor_area_changed"),
    ]  # fmt: skip
    told = [one.finding for one in untold if one.submission_id == 3]
    path = answers.tell_relations(tmp_path, tmp_path / "回执", "甲镇 季报.xlsx", 3, told, AT)
    assert path.name == "表间核对_甲镇 季报_第3号.txt"
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "文统 表间核对",
        "",
        "回执号:第3号",
        "文件名:甲镇 季报.xlsx",
        "时间:2026-10-08 17:00:00",
        "结果:这份表已入库;与以前各期、其他报表和其他单位的数据核对后,发现2处。",
        "存疑的1处暂不计入,请改正写错的那张表,重新放入收件箱。",
        "请核对的1处:写错了的改正后重新放入收件箱;属实的在“备注”栏写明原因。",
        "",
        "存疑,暂不计入:1处(已建成却没有功能室 1)",
        "1. 【存疑,暂不计入】表!第5行:“甲一村”填报已建成,但基础情况年报的“功能室数”是 0,少于 1 间。请核对两张表,改正较错的一处。",
        "请核对:1处(面积变了 1)",
        "2. 【请核对】表!第5行:“甲一村”的面积由 200 变为 230 平方米。"
        "请说明原因(新建、扩建、拆迁或重新测量)并附材料;填错的请更正。",
    ]
    warehouse.note_told(site.engine, site.archive.journal, untold[:1], AT)
    assert [one.submission_id for one in warehouse.untold_relations(site.engine)] == [3, 3]
    warehouse.note_told(site.engine, site.archive.journal, untold, AT)
    assert warehouse.untold_relations(site.engine) == []


def test_analysts_do_not_read_them(site: Site, databases: Databases, migrated: str) -> None:
    url = databases.url("wentong_analyst", migrated)
    analyst = sa.create_engine(url)
    with analyst.connect() as connection, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        connection.execute(sa.text("select * from ops.relation_findings"))
    analyst.dispose()


# ------------------------------------------------------------------------- what is explained, and what is waived


def state(site: Site) -> list[tuple[Any, ...]]:
    return site.rows(
        "select code, explanation, waiver_id from ops.relation_findings where to_load is null order by code"
    )


def test_a_remark_explains_a_warning_and_nobody_is_told(site: Site) -> None:
    said = [
        center("2026Q1", floor_area_m2=Decimal(200)),
        center("2026Q2", floor_area_m2=Decimal(213), remark="情况属实,扩建"),
    ]
    site.load(*submit(site, *said))
    assert state(site) == [("floor_area_changed", "情况属实,扩建", None)]
    assert warehouse.untold_relations(site.engine) == []


@pytest.mark.parametrize(
    ("remark", "explanation"), [("示范点", None), ("待核实", None), ("经核实为扩建", "经核实为扩建"), (None, None)]
)
def test_a_later_remark_explains_too_and_may_be_taken_back(
    site: Site, remark: str | None, explanation: str | None
) -> None:
    site.load(*submit(site, center("2026Q1", floor_area_m2=Decimal(200)), center("2026Q2", floor_area_m2=Decimal(213))))
    for written, expected in ((remark, explanation), ("情况属实", "情况属实"), (None, None)):
        site.load(*submit(site, center("2026Q2", floor_area_m2=Decimal(213), remark=written)))
        assert state(site) == [("floor_area_changed", expected, None)]


def test_an_error_is_not_explained_away(site: Site) -> None:
    built = center("2026Q1", build_status="built", floor_area_m2=Decimal(200), remark="情况属实")
    site.load(*submit(site, built, profile("2026", function_room_count=0)))
    assert state(site) == [("built_without_rooms", None, None)]


def test_a_waiver_lets_it_pass_until_its_day(site: Site) -> None:
    approval = warehouse.Approval("老房子,合用", "县局", AT)
    form, until = find_form(FORM), AT.date()
    number = warehouse.waive(
        site.engine,
        site.archive.journal,
        "built_without_rooms",
        form,
        A1,
        Period.parse("2026Q1"),
        None,
        until,
        approval,
    )
    built = [center("2026Q1", code, build_status="built", floor_area_m2=Decimal(200)) for code in (A1, A2)]
    profiles = [profile("2026", code, function_room_count=0) for code in (A1, A2)]
    site.load(*submit(site, *built, *profiles))
    assert sorted(state(site), key=repr) == [("built_without_rooms", None, number), ("built_without_rooms", None, None)]
    assert [one.finding.params["village"] for one in warehouse.untold_relations(site.engine)] == ["甲二村"]
    again = center("2026Q1", build_status="built", floor_area_m2=Decimal(200), books_total=1)
    warehouse.load(site.engine, site.archive.root, submit(site, again), AT + timedelta(days=1))
    assert state(site) == [("built_without_rooms", None, None)] * 2
