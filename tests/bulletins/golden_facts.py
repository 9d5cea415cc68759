"""The golden scenario of domain §4.8 as the facts of bulletins: 20 tasks in three towns (8+7+5), 50/90/100."""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from wentong.bulletins.facts import (
    Ahead,
    BranchScore,
    Bulletin,
    Event,
    Gap,
    Issue,
    IssueCount,
    LateReturn,
    Milestone,
    Phase,
    Plan,
    Quality,
    Release,
    Seal,
    StandardGap,
    StandardsPart,
    Standing,
    Target,
    TrendDay,
)
from wentong.deadlines import china
from wentong.pace import OpenTask, outlook, schedule
from wentong.periods import CHINA, Period

AREA = "990100000000"
TOWNS = ("990100001000", "990100002000", "990100003000")
HOSTILE = "#eval(1)<b>&*村*]"
"""A name that would be markup if anybody pasted it."""

PLAN = Plan(
    "golden_2018",
    "基层综合性文化服务中心建设任务",
    "示例市政府办〔2018〕3号",
    date(2018, 1, 1),
    AREA,
    "示例市",
    "county",
)
MILESTONES = (
    Milestone(1, Period.parse("2018Q1"), Fraction(1, 2)),
    Milestone(2, Period.parse("2018Q2"), Fraction(9, 10)),
    Milestone(3, Period.parse("2018Q3"), Fraction(1)),
    Milestone(4, Period.parse("2018Q4"), None),
)


def standing(scope: str, name: str, tasks: int, accepted: int, number: int = 1, **more: Any) -> Standing:
    """A scope whose adjusted list is the frozen one, unless `more` says otherwise."""
    share = MILESTONES[number - 1].share
    required = None if share is None else -(-tasks * share.numerator // share.denominator)
    short = None if required is None else max(0, required - accepted)
    gross = accepted + more.get("regressed", 0)
    facts: dict[str, Any] = {
        "scope_code": scope, "scope_name": name, "scope_level": "county" if scope == AREA else "town",
        "milestone_number": number, "tasks": tasks, "started": min(tasks, gross + 3), "built": min(tasks, gross + 1),
        "gross": gross, "regressed": 0, "accepted": accepted, "required": required, "short": short,
        "adjusted_tasks": tasks, "adjusted_accepted": accepted, "adjusted_required": required, "adjusted_short": short,
        "approvals": None, "due_units": tasks + 4, "covered_units": accepted + 4, "accepted_now": accepted,
        "published_release": None, "published_tasks": None, "published_accepted": None, "added_late": None,
        "corrected": None, "withdrawn": None, "verdict": "not_met" if short else "met",
        "adjusted_verdict": "not_met" if short else "met", "reached_on": None, "adjusted_reached_on": None,
        "days_late": None, "carried": 0, "next_due": short, "light": "yellow" if short else "green",
        "rechecked": None, "recheck_base": None, "defects_found": None, "defects_closed": None,
        "units_due": 3 if scope == AREA else 1, "units_reported": 2 if scope == AREA else 1, "is_reported": scope != AREA,
        "list_id": "golden_2018@2",
    }  # fmt: skip
    return Standing(**facts | more)


def gap(number: int, name: str, **more: Any) -> Gap:
    facts: dict[str, Any] = {
        "town_code": TOWNS[0], "town_name": "甲镇", "division_code": f"99010000120{number}", "village_name": name,
        "role": "task", "removed_on": None, "approval_no": None, "reason": "在建", "task_stage": None,
        "planned_accept_on": None, "days_late": None, "next_step": "建成",
    }  # fmt: skip
    return Gap(**facts | more)


def first_quarter() -> Bulletin:
    """2018Q1 before publication: 9 of 20 accepted, one short."""
    gaps = [
        gap(
            number,
            f"甲{number}村",
            task_stage="installing",
            planned_accept_on=date(2018, 3, 20 + number),
            days_late=21 - number,
        )
        for number in range(1, 5)
    ]
    days = date(2018, 3, 31), date(2018, 6, 30)
    tasks = [OpenTask(f"990100001{n}", f"甲{n}村", date(2018, 3 + n, 20)) for n in range(1, 5)]
    owing = (("甲镇", 4, tasks), ("乙镇", 4, []), (HOSTILE, 3, []))
    return Bulletin(
        plan=PLAN,
        period=Period.parse("2018Q1"),
        as_of=date(2018, 3, 31),
        known_at=57,
        known_on=datetime(2018, 4, 10, 9, 30, tzinfo=CHINA),
        issued_on=date(2018, 4, 10),
        is_sample=True,
        release=None,
        milestones=MILESTONES,
        focus=1,
        standings=(
            standing(AREA, "示例市", 20, 9, carried=0),
            standing(TOWNS[0], "甲镇", 8, 4),
            standing(TOWNS[1], "乙镇", 7, 3),
            standing(TOWNS[2], HOSTILE, 5, 2, is_reported=False, units_reported=0, light="grey"),
            standing(AREA, "示例市", 20, 9, 2, carried=1, next_due=9, verdict=None, adjusted_verdict=None),
        ),
        trend=(
            TrendDay(date(2018, 1, 31), 2, Fraction(310, 90)),
            TrendDay(date(2018, 2, 28), 5, Fraction(590, 90)),
            TrendDay(date(2018, 3, 31), 9, Fraction(10)),
            TrendDay(date(2018, 4, 30), None, Fraction(10) + Fraction(8 * 30, 91)),
            TrendDay(date(2018, 5, 31), None, Fraction(10) + Fraction(8 * 61, 91)),
            TrendDay(date(2018, 6, 30), None, Fraction(18)),
        ),
        ahead=Ahead(
            days[0],
            standing(AREA, "示例市", 20, 9, 2, carried=1, next_due=9, verdict=None, adjusted_verdict=None),
            outlook(
                20,
                9,
                9,
                {date(2018, 1, 20): 2, date(2018, 2, 9): 5, date(2018, 3, 20): 9},
                PLAN.frozen_on,
                *days,
                china(),
            ),
            tuple((name, schedule(due, tasks, *days, china())) for name, due, tasks in owing),
        ),
        gaps=(
            *gaps,
            gap(
                5,
                HOSTILE,
                reason="未报",
                next_step="催报",
                removed_on=date(2018, 8, 30),
                approval_no="示例市文〔2018〕45号",
            ),
            gap(6, "丙村", role="baseline", reason="未报", next_step="催报"),
        ),
        late_returns=(
            LateReturn(
                HOSTILE,
                "基文01",
                "基层综合性文化服务中心(支馆)基本情况",
                Period.parse("2018Q1"),
                date(2018, 4, 9),
                1,
                "未报",
            ),
        ),
        quality=(
            Quality("示例市", True, 3, 1, 1, 1, 2, 4, 1, Fraction(823, 10)),
            Quality("甲镇", False, 1, 1, 0, 0, 0, 0, 0, None),
        ),
        events=(Event(date(2018, 3, 29), "甲镇", 1, "crossed", 8, 4, 4),),
        standards=(),
        standard_gaps=(),
        targets=(),
        phases=(),
        branches=(),
        issue_counts=(),
        issues=(),
        seal=Seal(203, "5f1d7a84e6f94f3e0c5a" + "0" * 44),
    )


def first_quarter_restated() -> Bulletin:
    """The same quarter after publication, when a report of an acceptance of 29 March had come in."""
    facts = first_quarter()
    published = {
        "published_release": "2018Q1-1", "published_tasks": 20, "published_accepted": 9, "added_late": 1, "corrected": 0,
        "withdrawn": 0, "verdict": "met_by_late_reports", "reached_on": date(2018, 3, 29),
    }  # fmt: skip
    area, *others = facts.standings
    late = replace(area, accepted=10, gross=10, built=11, short=0, adjusted_accepted=10, adjusted_short=0, **published)
    release = Release("2018Q1-1", 57, datetime(2018, 4, 10, 10, tzinfo=CHINA))
    return replace(facts, known_at=61, release=release, standings=(late, *others))


def year_end() -> Bulletin:
    """2018Q4: 19 rechecked, two defects found, one closed; one village is off the adjusted list."""
    facts = first_quarter()
    adjusted = {
        "adjusted_tasks": 19,
        "approvals": "示例市文〔2018〕45号",
        "adjusted_accepted": 18,
        "adjusted_required": None,
    }
    area = standing(
        AREA, "示例市", 20, 18, 4, regressed=1, recheck_base=19, rechecked=19, defects_found=2, defects_closed=1,
        verdict=None, adjusted_verdict=None, light=None, next_due=None, carried=None, adjusted_short=None, **adjusted,
    )  # fmt: skip
    published = {"published_release": "2018Q1-1", "published_tasks": 20, "published_accepted": 9, "added_late": 1}
    first = standing(AREA, "示例市", 20, 10, **published, verdict="met_by_late_reports", reached_on=date(2018, 3, 29))
    second = standing(AREA, "示例市", 20, 16, 2, verdict="met_late", reached_on=date(2018, 9, 10), days_late=72)
    merged = {"adjusted_tasks": 19, "adjusted_accepted": 19, "adjusted_verdict": "fell_back"}
    third = standing(AREA, "示例市", 20, 19, 3, **merged)
    return replace(
        facts, period=Period.parse("2018Q4"), as_of=date(2018, 12, 31), focus=4, is_sample=False,
        standings=(area, first, second, third),
        known_at=99, trend=(), ahead=None,
    )  # fmt: skip


def standards_only() -> Bulletin:
    """A programme of 94 standards without a task list (domain §4.9): 28 verified of 90 required."""
    facts = first_quarter()
    parts = (("programme", "全部标准", 94, 28, 32, 34, 90), ("task", "任务1", 12, 5, 4, 3, 12))
    return replace(
        facts, milestones=(), focus=0, standings=(), trend=(), ahead=None, gaps=(), events=(),
        standards=tuple(
            StandardsPart(kind, part, "2018-03", items, met + 2, met, 2, course, effort, needed, needed - met, 0, 1, False, "red")
            for kind, part, items, met, course, effort, needed in parts
        ),
        standard_gaps=(StandardGap(17, f"人均藏书{HOSTILE}", True, None, date(2018, 3, 1), 30, "明确责任单位"),),
        targets=(
            Target("人均公共图书馆藏书", "must", "册/人", Fraction(1), "2027Q4", "2018Q1", Fraction(10174, 10000), None, True, "green"),
            Target("人均编目藏书", "stretch", "册/人", Fraction(1), "2027Q4", "2018Q1", None, "未报", None, "grey"),
        ),
        phases=(Phase(1, "方案制定", date(2017, 11, 1), date(2017, 12, 31), "已结束", True, None),),
        branches=(BranchScore("甲镇", Fraction(873, 10), 100, 100, 1, None), BranchScore("乙镇", Fraction(40), 70, 100, None, "场次")),
        issue_counts=(IssueCount("示例市", "county", 5, 2, 1, 3, 1, 0),),
        issues=(Issue("WT-1", "甲1村", "设备损坏", "甲镇文化站", date(2018, 3, 1), 30, "red", "没有佐证"),),
    )  # fmt: skip


def prefecture() -> Bulletin:
    """The same tasks in two counties of a prefecture."""
    facts = first_quarter()
    area = "990100000000"
    counties = (("990101000000", "东县", 12, 6), ("990102000000", "西县", 8, 3))
    towns = (("990101001000", "甲镇", 12, 6), ("990102001000", "乙镇", 8, 3))
    return replace(
        facts,
        plan=replace(PLAN, area_level="prefecture"),
        standings=(
            standing(area, "示例市", 20, 9, scope_level="prefecture"),
            *(standing(code, name, tasks, met, scope_level="county") for code, name, tasks, met in counties),
            *(standing(code, name, tasks, met) for code, name, tasks, met in towns),
        ),
    )
