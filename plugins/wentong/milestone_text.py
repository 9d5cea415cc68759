"""What `wentong milestones` says, in Chinese: how far every plan is, what is still due, and by when.

The figures come from marts.milestones; nothing is counted again here. What the marts cannot say, for it needs the
calendar, is the pace: see `wentong.pace`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from wentong.deadlines import Calendar
from wentong.forms import code_titles
from wentong.milestones import LIGHTS, VERDICTS, percentage
from wentong.pace import OpenTask, Outlook, Schedule, Week, outlook, schedule
from wentong.periods import Period
from wentong.reports import SAMPLE_NOTE, Row, grid, plain_table

Outlooks = Mapping[tuple[str, str, int], Outlook]
"""Plan, scope and number of a milestone to come -> its outlook."""


def outlooks(rows: Iterable[Row], days: Iterable[Row], calendar: Calendar) -> Outlooks:
    """Of every milestone to come among rows of marts.milestones; `days` are those of marts.plan_days, with frozen_on."""
    by_day: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    began: dict[str, date] = {}
    for day in days:
        by_day[day["plan_code"], day["scope_code"]][day["day"]] = day["accepted"]
        began[day["plan_code"]] = day["frozen_on"]
    return {
        _key(row): outlook(
            row["tasks"],
            row["accepted_now"],
            row["next_due"],
            by_day[row["plan_code"], row["scope_code"]],
            began[row["plan_code"]],
            row["as_of"],
            row["period_end"],
            calendar,
        )
        for row in rows
        if row["required"] is not None and row["period_end"] > row["as_of"]
    }


# -- the table ---------------------------------------------------------------------------------------------------------


def coverage_table(rows: Iterable[Row], outlooks: Outlooks, sample: bool = False) -> str:
    """Rows of marts.milestones (one per plan, scope and milestone) as one table per plan.

    The area stands first, then the others by code; beside every rate stands how many are missing. A check without a
    share has no columns. Below stands what differs from the figures of the table (what was published, the list as
    changed, the other reading), and the pace that the next milestone asks for. `sample` labels it as invented data.
    """
    by_plan = groupby(sorted(rows, key=_order), key=lambda row: row["plan_code"])
    tables = [_plan_table(list(plan), outlooks, sample) for _, plan in by_plan]
    return "\n\n".join(tables) if tables else "还没有建设任务。"


def _order(row: Row) -> tuple[str, bool, str, int]:
    """By plan, the area before its parts, by milestone."""
    return row["plan_code"], row["scope_code"] != row["county_code"], row["scope_code"], row["milestone_number"]


def _plan_table(rows: Sequence[Row], outlooks: Outlooks, sample: bool) -> str:
    first, shared = rows[0], [row for row in rows if row["required"] is not None]
    of_area = [row for row in rows if row["scope_code"] == row["county_code"]]
    title = f"{first['plan_title']}  截至{_day(first['as_of'])}" + (f"  【{SAMPLE_NOTE}】" if sample else "")
    notes = [
        f"清单 {first['list_id']}:完成率 = 已达标 ÷ 任务清单数,各镇(街)按本镇清单取整计算要求。",
        *_silent(shared),
        *_late_or_lost(shared),
        *(_published(row) for row in rows if _is_restated(row)),
        *(_adjusted(row) for row in rows if _is_adjusted(row)),
        *(_rechecked(row) for row in of_area if _is_check_under_way(row)),
        _covered(of_area[-1]),
        *_outlook_lines(next_milestone(rows), outlooks),
    ]
    return "\n".join([title, *(_grid(shared) if shared else []), *notes])


def _grid(rows: Sequence[Row]) -> list[str]:
    milestones = sorted({(row["milestone_number"], row["period"], _share(row)) for row in rows})
    heading, subheading = ["镇(街)", "任务"], ["", ""]
    for _, period, share in milestones:
        heading += [f"{Period.parse(period).title}(累计{share})", "", "", "", ""]
        subheading += ["完成/任务", "完成率", "要求", "差距", "结论"]
    body = []
    for _, of_scope in groupby(rows, key=lambda row: row["scope_code"]):
        listed = list(of_scope)
        line = [_name(listed[0]), str(listed[0]["tasks"])]
        for row in listed:
            done, rate = _done(row["accepted"], row["tasks"]).split()
            line += [done, rate, str(row["required"]), f"差{row['short']}个", conclusion(row)]
        body.append(line)
    return grid(heading, subheading, body, [1, 1] + [5] * len(milestones))


def conclusion(row: Row) -> str:
    """`未达成 红`: verdict and light. A town without a return is not judged, an area only when nobody has reported; without
    tasks there is nothing to judge."""
    word = "未到期" if row["period_end"] > row["as_of"] else "—"
    if row["verdict"]:
        word = VERDICTS[row["verdict"]] if row["units_reported"] else "未报"
    return f"{word} {LIGHTS[row['light']]}" if row["light"] else word


# -- lines below it ----------------------------------------------------------------------------------------------------


def _silent(rows: Sequence[Row]) -> Iterator[str]:
    """Who has not reported, of the milestones whose day has come."""
    due = [r for r in rows if r["scope_level"] == "town" and r["verdict"] is not None and not r["is_reported"]]
    for _, period in sorted({(row["milestone_number"], row["period"]) for row in due}):
        names = [_name(row) for row in due if row["period"] == period]
        yield f"{Period.parse(period).title}未报:{_some(names)}(沿用以前已达标数)。"


def _late_or_lost(rows: Sequence[Row]) -> Iterator[str]:
    """Who reached a milestone too late, and when; who lost it again."""
    for _, period in sorted({(row["milestone_number"], row["period"]) for row in rows}):
        title = Period.parse(period).title
        found = [row for row in rows if row["period"] == period]
        if late := [row for row in found if row["verdict"] == "met_late"]:
            told = (
                f"{_name(row)}{row['period_end'] + timedelta(row['days_late'])}(迟{row['days_late']}天)" for row in late
            )
            yield f"{title}{VERDICTS['met_late']}:{'、'.join(told)}。"
        if lost := [row for row in found if row["verdict"] == "fell_back"]:
            told = (f"{_name(row)}{row['reached_on']}达到,现差{row['next_due']}个" for row in lost)
            yield f"{title}{VERDICTS['fell_back']}:{'、'.join(told)}。"


def _is_restated(row: Row) -> bool:
    """Whether anything came after the publication; the changes may cancel each other out in the sum."""
    if row["published_release"] is None:
        return False
    return row["published_tasks"] != row["tasks"] or any(row[name] for name in ("added_late", "corrected", "withdrawn"))


def _published(row: Row) -> str:
    """Both vintages (domain §4.3): what was published stands for ever."""
    return (
        f"{_where(row)}:公布数 {_done(row['published_accepted'], row['published_tasks'])}({row['published_release']}),"
        f"最新数 {_done(row['accepted'], row['tasks'])};"
        f"补报{row['added_late']}个、更正{row['corrected']}个、核减{row['withdrawn']}个。"
    )


def _is_adjusted(row: Row) -> bool:
    return (row["adjusted_accepted"], row["adjusted_tasks"]) != (row["accepted"], row["tasks"])


def _adjusted(row: Row) -> str:
    """The second line of domain §4.1; the frozen list stays the official one."""
    asked = "" if row["adjusted_required"] is None else f",要求{row['adjusted_required']},差{row['adjusted_short']}个"
    verdict = f",{VERDICTS[row['adjusted_verdict']]}" if row["adjusted_verdict"] else ""
    if row["adjusted_verdict"] == "fell_back":
        verdict += f"(现{row['adjusted_accepted_now']}个)"
    done = _done(row["adjusted_accepted"], row["adjusted_tasks"])
    return f"{_where(row)}:按调整后清单 {done}{asked}{verdict}(批准文号:{row['approvals']})。"


def _is_check_under_way(row: Row) -> bool:
    return row["required"] is None and Period.parse(row["period"]).first_day <= row["as_of"] and row["recheck_base"] > 0


def _rechecked(row: Row) -> str:
    """查漏补缺 (domain §4.6)."""
    return (
        f"{_where(row)}查漏补缺:应复查{row['recheck_base']}个,已复查{row['rechecked']}个"
        f"({percentage(row['rechecked'], row['recheck_base'])}),发现问题{row['defects_found']}个,已整改"
        f"{row['defects_closed']}个,回潮{row['regressed']}个;达标 {_done(row['accepted'], row['tasks'])}。"
    )


def _covered(row: Row) -> str:
    rate = percentage(row["covered_units"], row["due_units"])
    return f"覆盖口径:应设{row['due_units']}个,达标{row['covered_units']}个({rate})。"


# -- pace --------------------------------------------------------------------------------------------------------------


def next_milestone(rows: Iterable[Row]) -> list[Row]:
    """Of one plan's rows those of the milestone that comes next, or of the last one when all have come."""
    shared = [row for row in rows if row["required"] is not None]
    if not shared:
        return []
    ahead = [row["milestone_number"] for row in shared if row["period_end"] > row["as_of"]]
    number = min(ahead) if ahead else max(row["milestone_number"] for row in shared)
    return [row for row in shared if row["milestone_number"] == number]


def _outlook_lines(rows: Sequence[Row], outlooks: Outlooks) -> Iterator[str]:
    """How many the next milestone still asks for, how fast, and where the last months lead; one line a scope."""
    if not rows:
        return
    day = _day(rows[0]["period_end"])
    if rows[0]["period_end"] <= rows[0]["as_of"]:
        owing = [f"{_name(row)}{row['next_due']}个" for row in rows if row["next_due"]]
        yield f"{day}已到,现在还差:{'、'.join(owing)}。" if owing else f"{day}已到,现在都达到要求。"
        return
    found = {row["scope_code"]: outlooks[_key(row)] for row in rows}
    area = found[rows[0]["scope_code"]]
    yield f"到{day},还有{area.pace.working_days}个工作日:" + _provisional(area)
    for row in rows:
        if row["next_due"]:
            yield f"  {_name(row)}{_due(row, found[row['scope_code']])}。"
    if met := [_name(row) for row in rows if row["tasks"] and not row["next_due"]]:
        yield f"  已够要求:{'、'.join(met)}。"
    if area.forecast:
        months = "、".join(f"{month.title}净增{net}个" for month, net in area.by_month)
        yield f"  “届时”是预测,不是统计数:按最近各月最慢、居中、最快的进度推算({_name(rows[0])}{months})。"
    else:
        yield "  不足两个完整的月,不作预测。"


def _due(row: Row, found: Outlook) -> str:
    """`还要4个(上一节点结转2个),每月2个(未取整1.33),每个工作日0.06个;届时16、18、20个;建成待验收3个`"""
    carried = f"(上一节点结转{row['carried']}个)" if row["carried"] else ""
    parts = [f"还要{row['next_due']}个{carried}"]
    pace = found.pace
    if pace.per_month is None or pace.per_working_day is None:
        parts[0] += ",已没有工作日"
    else:
        exact = "" if pace.per_month.denominator == 1 else f"(未取整{decimal(pace.per_month, '0.01')})"
        per_day = decimal(pace.per_working_day, "0.01")
        parts[0] += f",每月{pace.per_month_rounded_up}个{exact},每个工作日{per_day}个"
    if made := found.forecast:
        parts.append(f"届时{int(made.slowest)}、{int(made.median)}、{int(made.fastest)}个")
    if waiting := row["built"] - row["gross"]:
        parts.append(f"建成待验收{waiting}个")
    return ";".join(parts)


def _provisional(found: Outlook) -> str:
    return "(放假安排尚未公布的年份只按周末推算)" if found.pace.is_provisional else ""


# -- backward schedule -------------------------------------------------------------------------------------------------


def town_schedules(rows: Iterable[Row], villages: Sequence[Row], calendar: Calendar) -> Iterator[tuple[Row, Schedule]]:
    """Every town's row of its plan's next milestone, and how it gets there.

    `villages` are rows of the query open_tasks. One that was taken off the list is nobody's task any more, though the
    frozen list still counts it.
    """
    tasks: dict[tuple[str, str, int], list[OpenTask]] = defaultdict(list)
    for village in villages:
        if village["role"] == "task" and not village["is_removed"]:
            task = OpenTask(village["division_code"], village["village_name"], village["planned_accept_on"])
            tasks[village["plan_code"], village["town_code"], village["milestone_number"]].append(task)
    for _, plan in groupby(sorted(rows, key=_order), key=lambda row: row["plan_code"]):
        for row in next_milestone(plan):
            if row["scope_level"] == "town":
                yield row, schedule(row["next_due"], tasks[_key(row)], row["as_of"], row["period_end"], calendar)


def schedule_text(rows: Iterable[Row], villages: Sequence[Row], calendar: Calendar, sample: bool = False) -> str:
    """What every town must have accepted in which week until its plan's next milestone, and which villages are open.

    `rows` are those of marts.milestones, `villages` those of the query open_tasks. Towns that have enough are only named.
    """
    by_plan = groupby(town_schedules(rows, villages, calendar), key=lambda found: found[0]["plan_code"])
    parts = ["\n".join(_schedule_lines(list(plan), villages, sample)) for _, plan in by_plan]
    return "\n\n".join(parts) if parts else "还没有建设任务。"


def _schedule_lines(towns: Sequence[tuple[Row, Schedule]], villages: Sequence[Row], sample: bool) -> Iterator[str]:
    first = towns[0][0]
    yield f"{first['plan_title']}  倒排进度  截至{_day(first['as_of'])}" + (f"  【{SAMPLE_NOTE}】" if sample else "")
    for row, made in towns:
        if made.next_due:
            yield from ("", *_town_lines(row, made))
    if met := [_name(row) for row, made in towns if row["tasks"] and not made.next_due]:
        yield f"\n已够{_day(first['period_end'])}的要求:{'、'.join(met)}。"
    for role, title in (("task", "清单内未完成"), ("added", "调整增加、未完成"), ("baseline", "清单外未达标")):
        found = [village for village in villages if village["role"] == role and _is_of(village, first)]
        if found:
            yield f"\n{title}{len(found)}个:"
            yield plain_table(_village(village, first["as_of"]) for village in sorted(found, key=_by_plan_date))


def _is_of(village: Row, row: Row) -> bool:
    return (village["plan_code"], village["milestone_number"]) == (row["plan_code"], row["milestone_number"])


def _by_plan_date(village: Row) -> tuple[str, date, str]:
    return village["town_code"], village["planned_accept_on"] or date.max, village["division_code"]


def _village(village: Row, today: date) -> Row:
    """A village as a line of the table."""
    planned = village["planned_accept_on"]
    return {
        "镇(街)": village["town_name"],
        "村(社区)": village["village_name"],
        "现状": f"已核减({village['approval_no']})" if village["is_removed"] else village["reason"],
        "阶段": code_titles("task_stage").get(village["task_stage"]),
        "计划验收": planned,
        "逾期": f"{(today - planned).days}天" if planned and planned < today else None,
        "下一步": None if village["is_removed"] else village["next_step"],
    }


def _town_lines(row: Row, made: Schedule) -> Iterator[str]:
    begin = f"{_name(row)}:到{_day(made.period_end)}要求{row['required']}个,还要{made.next_due}个"
    if not made.weeks:
        yield f"{begin},期限已到。"
        return
    has_dates = len(made.undated) < len(made.tasks)
    yield f"{begin},剩{sum(week.working_days for week in made.weeks)}个工作日。"
    yield plain_table(_week(week, made, has_dates) for week in made.weeks if week.needed or week.planned)
    if not has_dates:
        yield "各村都没有计划验收日期。"
        return
    if made.shortage:
        enough = f",到{_day(made.enough_on)}才够" if made.enough_on else ""
        yield f"按计划日期到期差{made.shortage}个{enough}。"
    if made.later:
        yield f"计划在节点以后:{'、'.join(_planned(task, made) for task in made.later)}。"
    if made.undated:
        yield f"没有计划验收日期:{_some([task.name for task in made.undated], '个')}。"


def _week(week: Week, made: Schedule, has_dates: bool) -> Row:
    """A week as a line of the table; where no village has a date there is nothing to compare with."""
    line = {
        "周": week.label,
        "起止": f"{week.first_day:%m-%d}—{week.last_day:%m-%d}",
        "工作日": week.working_days,
        "应完成": week.needed,
        "累计应完成": week.needed_by_then,
    }
    planned = {
        "累计计划": week.planned_by_then,
        "缺": week.short or None,
        "计划验收": "、".join(_planned(task, made) for task in week.planned),
    }
    return line | planned if has_dates else line


def _planned(task: OpenTask, made: Schedule) -> str:
    """`甲村(已逾期,06-30)`: the year is the schedule's unless it is written."""
    assert task.planned_on
    day = f"{task.planned_on:{'%m-%d' if task.planned_on.year == made.today.year else '%Y-%m-%d'}}"
    return f"{task.name}({'已逾期,' if task in made.overdue else ''}{day})"


# -- JSON --------------------------------------------------------------------------------------------------------------


def as_json(row: Row, outlooks: Outlooks) -> dict[str, Any]:
    """The row of the mart with its outlook: fractions exact, as `3/7`, and as decimals; null for what is not to come."""
    found = outlooks.get(_key(row))
    pace, made = (found.pace, found.forecast) if found else (None, None)
    fractions = {
        "months_left": pace.months if pace else None,
        "due_per_working_day": pace.per_working_day if pace else None,
        "due_per_month": pace.per_month if pace else None,
        "forecast_slowest": made.slowest if made else None,
        "forecast_median": made.median if made else None,
        "forecast_fastest": made.fastest if made else None,
    }
    decimals = {
        f"{name}_decimal": None if exact is None else decimal(exact, "0.0001") for name, exact in fractions.items()
    }
    return {
        **row,
        "working_days_left": pace.working_days if pace else None,
        "is_provisional": pace.is_provisional if pace else None,
        "due_per_month_rounded_up": pace.per_month_rounded_up if pace else None,
        "net_by_month": {str(month): net for month, net in found.by_month} if found else None,
        **{name: None if exact is None else str(exact) for name, exact in fractions.items()},
        **decimals,
    }


def schedule_as_json(row: Row, made: Schedule) -> dict[str, Any]:
    """A town's schedule; villages by their codes."""

    def codes(tasks: Iterable[OpenTask]) -> list[str]:
        return [task.code for task in tasks]

    scope = ("plan_code", "scope_code", "scope_name", "milestone_number", "period", "period_end", "as_of", "required")
    return {
        **{name: row[name] for name in scope},
        "next_due": made.next_due,
        "weeks": [
            {"week": week.label, **asdict(week), "short": week.short, "planned": codes(week.planned)}
            for week in made.weeks
        ],
        "overdue": codes(made.overdue),
        "later": codes(made.later),
        "undated": codes(made.undated),
        "shortage": made.shortage,
        "enough_on": made.enough_on,
    }


# -- words -------------------------------------------------------------------------------------------------------------


def _key(row: Row) -> tuple[str, str, int]:
    return row["plan_code"], row["scope_code"], row["milestone_number"]


def _name(row: Row) -> str:
    return str(row["scope_name"] or row["scope_code"])


def _where(row: Row) -> str:
    return f"{_name(row)}{Period.parse(row['period']).title}"


def _some(names: Sequence[str], counted: str = "个镇(街)") -> str:
    return "、".join(names) if len(names) < 6 else f"{'、'.join(names[:5])}等{len(names)}{counted}"


def _done(accepted: int, tasks: int) -> str:
    return f"{accepted}/{tasks} {percentage(accepted, tasks)}"


def _share(row: Row) -> str:
    return percentage(row["share_numerator"], row["share_denominator"]).replace(".0%", "%")


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def decimal(value: Fraction, places: str) -> Decimal:
    """Half up."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(places), rounding=ROUND_HALF_UP)
