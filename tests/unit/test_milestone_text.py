"""What the console says of a plan, on the golden scenario of domain §4.8 and on a county with a silent town."""

import json
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from wentong.deadlines import china
from wentong.milestone_text import (
    as_json,
    coverage_table,
    outlooks,
    schedule_as_json,
    schedule_text,
    town_schedules,
)
from wentong.milestones import required
from wentong.periods import Period
from wentong.reports import width

COUNTY, SANBU, SHUIKOU = "440783000000", "440783001000", "440783117000"
CODES = {"开平市": COUNTY, "三埠街道": SANBU, "水口镇": SHUIKOU}
SHARES = {1: (1, 2), 2: (9, 10), 3: (1, 1), 4: (None, None)}
TODAY = date(2026, 7, 12)


def day(name: str, on: date, accepted: int) -> dict[str, Any]:
    """A row of marts.plan_days."""
    known = {"plan_code": "p", "scope_code": CODES[name], "frozen_on": date(2026, 1, 1)}
    return {**known, "day": on, "accepted": accepted}


FROZEN = [day("开平市", date(2026, 1, 1), 0)]


def scope(name: str, number: int, tasks: int, accepted: int, *, as_of: date = TODAY, **more: Any) -> dict[str, Any]:
    """A row of marts.milestones; what is not given is as in a plan without changes, published figures or relapses."""
    period = Period.quarter(2026, number)
    share = SHARES[number]
    asked = required(Fraction(share[0], share[1]), tasks) if share[0] and share[1] else None
    short = None if asked is None else max(0, asked - accepted)
    has_come = period.last_day <= as_of and asked is not None
    verdict = ("not_met" if short else "met") if has_come else None
    level = "county" if name.endswith("市") else "town"
    return {
        "plan_code": "p",
        "plan_title": "开平市建设任务",
        "county_code": COUNTY,
        "scope_code": CODES[name],
        "scope_name": name,
        "scope_level": level,
        "as_of": as_of,
        "milestone_number": number,
        "period": str(period),
        "period_end": period.last_day,
        "share_numerator": share[0],
        "share_denominator": share[1],
        "tasks": tasks,
        "built": accepted,
        "gross": accepted,
        "regressed": 0,
        "accepted": accepted,
        "required": asked,
        "short": short,
        "adjusted_tasks": tasks,
        "adjusted_accepted": accepted,
        "adjusted_required": asked,
        "adjusted_short": short,
        "approvals": None,
        "due_units": tasks + 2,
        "covered_units": accepted + 2,
        "accepted_now": accepted,
        "adjusted_accepted_now": accepted,
        "published_release": None,
        "published_tasks": None,
        "published_accepted": None,
        "added_late": None,
        "corrected": None,
        "withdrawn": None,
        "verdict": verdict,
        "adjusted_verdict": verdict,
        "reached_on": None,
        "days_late": None,
        "carried": 0,
        "next_due": short,
        "light": None,
        "recheck_base": None,
        "units_due": 2 if level == "county" else 1,
        "units_reported": 2 if level == "county" else 1,
        "is_reported": True,
        "list_id": "p@2",
        **more,
    }


BOARD = [
    scope("水口镇", 1, 29, 15),
    scope("三埠街道", 1, 17, 8),
    scope("开平市", 1, 46, 23),
    scope("水口镇", 2, 29, 15, light="grey", units_reported=0, is_reported=False),
    scope("三埠街道", 2, 17, 17, light="green"),
    scope("开平市", 2, 46, 32, light="red", units_reported=1, is_reported=False),
    scope("水口镇", 3, 29, 15, carried=12, built=18, light="grey"),
    scope("三埠街道", 3, 17, 17, light="green"),
    scope("开平市", 3, 46, 32, carried=10, light="red"),
    scope("开平市", 4, 46, 32),
]


def words(text: str) -> list[str]:
    """The lines of a table with single blanks."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_coverage_table() -> None:
    table = coverage_table(BOARD, outlooks(BOARD, FROZEN, china()), sample=True)
    lines = table.splitlines()
    assert lines[0] == "开平市建设任务  截至2026年7月12日  【示例数据(虚构)】"
    assert "2026年第1季度(累计50%)" in lines[2]
    assert "2026年第2季度(累计90%)" in lines[2]
    assert words(table)[5:8] == [
        "开平市 │ 46 │ 23/46 50.0% 23 差0个 达成 │ 32/46 69.6% 42 差10个 未达成 红 │ 32/46 69.6% 46 差14个 未到期 红",
        "三埠街道 │ 17 │ 8/17 47.1% 9 差1个 未达成 │ 17/17 100.0% 16 差0个 达成 绿 │ 17/17 100.0% 17 差0个 未到期 绿",
        "水口镇 │ 29 │ 15/29 51.7% 15 差0个 达成 │ 15/29 51.7% 27 差12个 未报 灰 │ 15/29 51.7% 29 差14个 未到期 灰",
    ]
    assert "2026年第2季度未报:水口镇(沿用以前已达标数)。" in table
    assert "覆盖口径:应设48个,达标34个(70.8%)。" in table
    assert "虚构" not in coverage_table(BOARD, outlooks(BOARD, FROZEN, china()))


def test_columns_line_up() -> None:
    lines = coverage_table(BOARD, outlooks(BOARD, FROZEN, china())).splitlines()
    bars = [[width(line[:at]) for at, sign in enumerate(line) if sign == "│"] for line in lines if "│" in line]
    assert len(bars) == 5
    assert all(above == below for above, below in pairwise(bars))


def test_pace_and_forecast_stand_below() -> None:
    """58 working days and two months and 19/31 are left on 12 July."""
    days = [
        *FROZEN,
        day("开平市", date(2026, 3, 31), 23),
        day("开平市", date(2026, 5, 9), 29),
        day("开平市", date(2026, 6, 30), 32),
        day("水口镇", date(2026, 3, 20), 15),
    ]
    lines = coverage_table(BOARD, outlooks(BOARD, days, china())).splitlines()
    at = lines.index("到2026年9月30日,还有58个工作日:")
    assert lines[at + 1 :] == [
        "  开平市还要14个(上一节点结转10个),每月6个(未取整5.36),每个工作日0.24个;届时32、39、46个。",
        "  水口镇还要14个(上一节点结转12个),每月6个(未取整5.36),每个工作日0.24个;届时15、15、15个;建成待验收3个。",
        "  已够要求:三埠街道。",
        "  “届时”是预测,不是统计数:按最近各月最慢、居中、最快的进度推算"
        "(开平市2026年4月净增0个、2026年5月净增6个、2026年6月净增3个)。",
    ]


def test_too_young_for_a_forecast() -> None:
    early = [scope(name, 1, tasks, 3, as_of=date(2026, 2, 27)) for name, tasks in (("开平市", 46), ("水口镇", 29))]
    table = coverage_table(early, outlooks(early, FROZEN, china()))
    assert "不足两个完整的月,不作预测。" in table
    assert "届时" not in table


def test_when_no_working_day_is_left_and_when_the_day_has_come() -> None:
    last = [scope("开平市", 3, 46, 44, as_of=date(2026, 9, 30))]
    assert "2026年9月30日已到,现在还差:开平市2个。" in coverage_table(last, outlooks(last, FROZEN, china()))
    met = [scope("开平市", 3, 46, 46, as_of=date(2026, 10, 5))]
    assert "2026年9月30日已到,现在都达到要求。" in coverage_table(met, outlooks(met, FROZEN, china()))
    period = {"period": "2026-10", "period_end": date(2026, 10, 7)}
    holiday = [scope("开平市", 3, 46, 44, as_of=date(2026, 9, 30), **period, verdict=None)]
    assert "开平市还要2个,已没有工作日" in coverage_table(holiday, outlooks(holiday, FROZEN, china()))


def test_a_year_without_a_table_of_holidays_is_said() -> None:
    period = {"period": "2027Q1", "period_end": date(2027, 3, 31)}
    rows = [scope("开平市", 3, 46, 44, as_of=date(2026, 11, 30), **period, verdict=None)]
    assert "放假安排尚未公布" in coverage_table(rows, outlooks(rows, FROZEN, china()))
    assert "放假安排尚未公布" not in coverage_table(BOARD, outlooks(BOARD, FROZEN, china()))


def golden() -> list[dict[str, Any]]:
    """Domain §4.8 as known at the end of the year."""
    end = date(2026, 12, 31)
    late = {"published_release": "2026Q1-1", "published_tasks": 20, "published_accepted": 9, "added_late": 1}
    return [
        scope("开平市", 1, 20, 10, as_of=end, verdict="met_by_late_reports", light="green", corrected=0, withdrawn=0, **late),
        scope("开平市", 2, 20, 16, as_of=end, light="yellow"),
        scope("开平市", 3, 20, 19, as_of=end, light="yellow", adjusted_tasks=19, adjusted_accepted=19, adjusted_required=19,
              adjusted_short=0, adjusted_verdict="fell_back", adjusted_accepted_now=18, approvals="开民发〔2026〕8号", next_due=2),
        scope("开平市", 4, 20, 18, as_of=end, regressed=1, adjusted_tasks=19, adjusted_accepted=18, approvals="开民发〔2026〕8号",
              recheck_base=19, rechecked=19, defects_found=2, defects_closed=1),
    ]  # fmt: skip


def test_the_golden_scenario_shows_both_vintages_both_lists_and_the_check() -> None:
    rows = golden()
    text = coverage_table(rows, outlooks(rows, FROZEN, china()))
    assert "10/20 50.0% 10 差0个 补报后达成 绿 │ 16/20 80.0% 18 差2个 未达成 黄" in "\n".join(words(text))
    assert text.splitlines()[-6:] == [
        "开平市2026年第1季度:公布数 9/20 45.0%(2026Q1-1),最新数 10/20 50.0%;补报1个、更正0个、核减0个。",
        "开平市2026年第3季度:按调整后清单 19/19 100.0%,要求19,差0个,达成后回落(现18个)(批准文号:开民发〔2026〕8号)。",
        "开平市2026年第4季度:按调整后清单 18/19 94.7%(批准文号:开民发〔2026〕8号)。",
        "开平市2026年第4季度查漏补缺:应复查19个,已复查19个(100.0%),发现问题2个,已整改1个,回潮1个;达标 18/20 90.0%。",
        "覆盖口径:应设22个,达标20个(90.9%)。",
        "2026年9月30日已到,现在还差:开平市2个。",
    ]


def test_changes_after_the_publication_are_shown_even_where_they_cancel_out() -> None:
    published = {"published_release": "2026Q1-1", "published_tasks": 20, "published_accepted": 10, "corrected": 0}
    rows = [scope("开平市", 1, 20, 10, **published, added_late=1, withdrawn=1)]
    assert "补报1个、更正0个、核减1个。" in coverage_table(rows, {})
    rows = [scope("开平市", 1, 20, 10, **published, added_late=0, withdrawn=0)]
    assert "公布数" not in coverage_table(rows, {})


def test_a_town_without_tasks_is_not_judged() -> None:
    rows = [scope("开平市", 3, 20, 16, as_of=TODAY), scope("水口镇", 3, 0, 0), scope("水口镇", 1, 0, 0, verdict=None)]
    rows.append(scope("开平市", 1, 20, 10))
    text = coverage_table(rows, outlooks(rows, FROZEN, china()))
    assert "水口镇 │ 0 │ 0/0 — 0 差0个 — │ 0/0 — 0 差0个 未到期" in words(text)
    assert "已够要求" not in text


def test_late_and_lost_milestones_say_when() -> None:
    rows = [
        scope("开平市", 1, 46, 23),
        scope("三埠街道", 1, 17, 8, verdict="met_late", reached_on=date(2026, 4, 15), days_late=15),
        scope("水口镇", 1, 29, 14, verdict="fell_back", reached_on=date(2026, 3, 20)),
    ]
    lines = coverage_table(rows, {}).splitlines()
    assert "2026年第1季度延期达成:三埠街道2026-04-15(迟15天)。" in lines
    assert "2026年第1季度达成后回落:水口镇2026-03-20达到,现差1个。" in lines


def test_no_plan() -> None:
    assert coverage_table([], {}) == schedule_text([], [], china()) == "还没有建设任务。"


# -- backward schedule -------------------------------------------------------------------------------------------------


def gap(number: int, planned_on: date | None, town: str = "水口镇", **more: Any) -> dict[str, Any]:
    return {
        "plan_code": "p",
        "milestone_number": 3,
        "role": "task",
        "is_removed": False,
        "approval_no": None,
        "town_code": CODES[town],
        "town_name": town,
        "division_code": f"440783117{number}",
        "village_name": f"{number}村",
        "reason": "在建",
        "task_stage": "installing",
        "planned_accept_on": planned_on,
        "next_step": "建成",
        **more,
    }


def test_schedule_of_a_town() -> None:
    today = date(2026, 9, 16)
    rows = [
        scope("水口镇", 3, 20, 16, as_of=today),
        scope("三埠街道", 3, 17, 17, as_of=today),
        scope("开平市", 3, 37, 33, as_of=today),
    ]
    gaps = [
        gap(201, date(2026, 9, 1)),
        gap(202, date(2026, 9, 22)),
        gap(203, None),
        gap(204, date(2026, 10, 20)),
    ]
    text = schedule_text(rows, gaps, china())
    assert words(text)[:11] == [
        "开平市建设任务 倒排进度 截至2026年9月16日",
        "",
        "水口镇:到2026年9月30日要求20个,还要4个,剩10个工作日。",
        "周 起止 工作日 应完成 累计应完成 累计计划 缺 计划验收",
        "2026-W38 09-17—09-20 3 2 2 1 1 201村(已逾期,09-01)",
        "2026-W39 09-21—09-27 4 1 3 2 1 202村(09-22)",
        "2026-W40 09-28—09-30 3 1 4 2 2",
        "按计划日期到期差2个。",
        "计划在节点以后:204村(10-20)。",
        "没有计划验收日期:203村。",
        "",
    ]
    assert words(text)[11:] == [
        "已够2026年9月30日的要求:三埠街道。",
        "",
        "清单内未完成4个:",
        "镇(街) 村(社区) 现状 阶段 计划验收 逾期 下一步",
        "水口镇 201村 在建 施工安装 2026-09-01 15天 建成",
        "水口镇 202村 在建 施工安装 2026-09-22 建成",
        "水口镇 204村 在建 施工安装 2026-10-20 建成",
        "水口镇 203村 在建 施工安装 建成",
    ]


def test_villages_off_the_list_and_outside_it_are_not_scheduled() -> None:
    rows = [scope("水口镇", 3, 20, 18, as_of=date(2026, 9, 16))]
    off = gap(205, date(2026, 9, 20), is_removed=True, approval_no="开民发〔2026〕8号")
    outside = gap(206, None, role="baseline", reason="未报", task_stage=None, next_step="催报")
    earlier = gap(207, date(2026, 6, 1), milestone_number=2)
    gaps = [gap(204, date(2026, 9, 18)), off, outside, earlier]
    (_, made), *more = town_schedules(rows, gaps, china())
    assert not more
    assert [task.name for task in made.tasks] == ["204村"]
    assert words(schedule_text(rows, gaps, china()))[-8:] == [
        "清单内未完成2个:",
        "镇(街) 村(社区) 现状 阶段 计划验收 逾期 下一步",
        "水口镇 204村 在建 施工安装 2026-09-18 建成",
        "水口镇 205村 已核减(开民发〔2026〕8号) 施工安装 2026-09-20",
        "",
        "清单外未达标1个:",
        "镇(街) 村(社区) 现状 阶段 计划验收 逾期 下一步",
        "水口镇 206村 未报 催报",
    ]


def test_planned_too_late_says_until_when() -> None:
    rows = [scope("水口镇", 3, 20, 19, as_of=date(2026, 9, 16))]
    gaps = [gap(204, date(2026, 10, 20))]
    assert "按计划日期到期差1个,到2026年10月20日才够。" in schedule_text(rows, gaps, china())


def test_without_any_planned_date_only_the_line_is_shown() -> None:
    rows = [scope("水口镇", 3, 20, 18, as_of=date(2026, 9, 27))]
    gaps = [gap(201, None), gap(202, None)]
    assert words(schedule_text(rows, gaps, china()))[2:6] == [
        "水口镇:到2026年9月30日要求20个,还要2个,剩3个工作日。",
        "周 起止 工作日 应完成 累计应完成",
        "2026-W40 09-28—09-30 3 2 2",
        "各村都没有计划验收日期。",
    ]


def test_after_the_day_there_are_no_weeks() -> None:
    rows = [scope("水口镇", 3, 20, 19, as_of=date(2026, 10, 16))]
    gaps = [gap(204, date(2026, 9, 20))]
    text = schedule_text(rows, gaps, china())
    assert "水口镇:到2026年9月30日要求20个,还要1个,期限已到。" in text
    assert "W4" not in text


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_has_fractions_and_decimals() -> None:
    found = outlooks(BOARD, FROZEN, china())
    ahead = json.loads(json.dumps(as_json(BOARD[6], found), default=str))
    assert {**BOARD[6], "as_of": "2026-07-12", "period_end": "2026-09-30"}.items() <= ahead.items()
    assert (ahead["due_per_working_day"], ahead["due_per_working_day_decimal"]) == ("7/29", "0.2414")
    assert (ahead["due_per_month"], ahead["due_per_month_rounded_up"], ahead["months_left"]) == ("434/81", 6, "81/31")
    assert (ahead["forecast_fastest"], ahead["net_by_month"]) == ("15", {"2026-04": 0, "2026-05": 0, "2026-06": 0})
    past = as_json(BOARD[0], found)
    assert set(past) == set(ahead)
    assert past["months_left"] is past["forecast_median_decimal"] is past["working_days_left"] is None


def test_json_of_a_schedule() -> None:
    rows = [scope("水口镇", 3, 20, 19, as_of=date(2026, 9, 16))]
    ((row, made),) = town_schedules(rows, [gap(204, date(2026, 10, 20)), gap(201, date(2026, 9, 1))], china())
    told = json.loads(json.dumps(schedule_as_json(row, made), default=str))
    assert (told["scope_code"], told["next_due"], told["shortage"], told["enough_on"]) == (SHUIKOU, 1, 0, "2026-09-01")
    assert (told["overdue"], told["later"], told["undated"]) == (["440783117201"], ["440783117204"], [])
    assert told["weeks"][0] == {
        "week": "2026-W38", "first_day": "2026-09-17", "last_day": "2026-09-20", "working_days": 3, "needed": 1,
        "needed_by_then": 1, "planned": ["440783117201"], "planned_by_then": 1, "short": 0,
    }  # fmt: skip
    assert sum(week["needed"] for week in told["weeks"]) == 1
