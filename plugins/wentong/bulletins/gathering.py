"""Facts of a bulletin, read from the marts as known at a load. What is counted is counted there; only days are laid out here."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, TypeVar

from sqlalchemy import Connection, text

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
from wentong.errors import WentongError
from wentong.pace import OpenTask, outlook, schedule
from wentong.periods import CHINA, Period

Fact = TypeVar("Fact", Event, Gap, Standing, StandardsPart, StandardGap, Target, Phase, BranchScore, IssueCount, Issue)


def gather(
    connection: Connection,
    plan_code: str,
    period: Period,
    known_at: int,
    today: date,
    seal: Seal | None,
    is_sample: bool,
) -> Bulletin:
    """Everything a bulletin says about a plan and a period, as known at a load.

    The figures are those of the period's last day, or of the load's day where that comes first. `today` is the date of
    the bulletin, `seal` the journal's last entry. Raises WentongError when there is no such plan, or the period had not
    begun by then.
    """

    def rows(sql: str, **more: Any) -> Sequence[Any]:
        return connection.execute(text(sql), {"plan_code": plan_code, "known_at": known_at, **more}).mappings().all()

    def facts(kind: type[Fact], sql: str, **more: Any) -> tuple[Fact, ...]:
        """Rows whose columns are the fields of a fact."""
        columns = ", ".join(field.name for field in fields(kind))
        return tuple(kind(**_exact(row)) for row in rows(sql.format(columns=columns), **more))

    found = rows(_PLAN)
    if not found:
        raise WentongError(f"There is no plan {plan_code} as known at load {known_at}.")
    plan = Plan(**found[0])
    known_on: datetime = rows(_LOAD)[0]["loaded_at"]
    known_day = known_on.astimezone(CHINA).date()
    if known_day < period.first_day:
        raise WentongError(f"{period} had not begun yet at load {known_at} ({known_day}).")
    as_of = min(period.last_day, known_day)
    area = f"{plan.area_code[:4] if plan.area_level == 'prefecture' else plan.area_code[:6]}%"
    milestones = tuple(Milestone(row["number"], Period.parse(row["period"]), _share(row)) for row in rows(_MILESTONES))
    standings = facts(Standing, _STANDINGS, as_of=as_of)
    accepted = {row["day"]: row["accepted"] for row in rows(_DAYS, scope_code=plan.area_code)}
    whole = {one.milestone_number: one for one in standings if one.scope_code == plan.area_code}
    focus = _focus(milestones, period)
    after = next((one for one in milestones if one.share is not None and one.period.last_day > known_day), None)
    ahead = None
    if after is not None:
        there = [one for one in facts(Standing, _STANDINGS, as_of=known_day) if one.milestone_number == after.number]
        ahead = _ahead(plan, after, there, accepted, facts(Gap, _GAPS, number=after.number), known_day)
    standards = facts(StandardsPart, _STANDARDS, as_of=as_of)
    return Bulletin(
        plan=plan,
        period=period,
        as_of=as_of,
        known_at=known_at,
        known_on=known_on,
        issued_on=today,
        is_sample=is_sample,
        release=_release(rows(_RELEASE, period=str(period))),
        milestones=milestones,
        focus=focus,
        standings=standings,
        trend=tuple(_trend(milestones, whole, accepted, as_of)) if whole else (),
        ahead=ahead,
        gaps=facts(Gap, _GAPS, number=focus),
        late_returns=tuple(_late_return(row) for row in rows(_OVERDUE, area=area, day=known_day, **_days(period))),
        quality=tuple(_quality(row, plan) for row in rows(_QUALITY, area=area, period=str(period))),
        events=facts(Event, _EVENTS, first_day=period.first_day, day=known_day),
        standards=standards,
        standard_gaps=facts(StandardGap, _STANDARD_GAPS, period=standards[0].period) if standards else (),
        targets=facts(Target, _TARGETS, as_of=as_of),
        phases=facts(Phase, _PHASES),
        branches=facts(BranchScore, _BRANCHES, period=str(period)),
        issue_counts=facts(IssueCount, _ISSUE_COUNTS, area=area),
        issues=facts(Issue, _ISSUES, area=area, day=known_day),
        seal=seal,
    )


def current_plans(connection: Connection, period: Period, known_at: int) -> list[str]:
    """Codes of the plans that run in a period, from the freezing of the list to the end of the plan's year or last phase."""
    binds = {"known_at": known_at, **_days(period)}
    return list(connection.scalars(text(_CURRENT_PLANS), binds))


def _focus(milestones: Sequence[Milestone], period: Period) -> int:
    """The milestone that is due at the end of the period, else the next one; after all of them the last."""
    ahead = [one for one in milestones if one.period.last_day >= period.last_day]
    return (
        min(ahead, key=lambda one: one.period.last_day).number if ahead else milestones[-1].number if milestones else 0
    )


def _share(row: Mapping[str, Any]) -> Fraction | None:
    return Fraction(row["share_numerator"], row["share_denominator"]) if row["share_denominator"] else None


def _exact(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Fraction(value) if isinstance(value, Decimal) else value for name, value in row.items()}


def _trend(
    milestones: Sequence[Milestone], whole: Mapping[int, Standing], accepted: Mapping[date, int], as_of: date
) -> Iterator[TrendDay]:
    """The ends of the months from the plan's first milestone's beginning to its last one, and the day of the bulletin."""
    line = [(milestones[0].period.first_day - timedelta(days=1), 0)]
    line += [(one.period.last_day, whole[one.number].required or 0) for one in milestones if one.share is not None]
    days = {as_of} if line[0][0] < as_of <= line[-1][0] else set()
    day = line[0][0]
    while day < line[-1][0]:
        day = _month_end(day + timedelta(days=1))
        days.add(day)
    for day in sorted(days):
        known = [since for since in accepted if since <= day]
        reached = (accepted[max(known)] if known else 0) if day <= as_of else None
        yield TrendDay(day, reached, _target(line, day))


def _target(line: Sequence[tuple[date, int]], day: date) -> Fraction:
    """Where the line through the milestones stands on a day: by days from one to the next (domain §4.4)."""
    for (begin, before), (end, after) in pairwise(line):
        if day <= end:
            return before + (after - before) * Fraction((day - begin).days, (end - begin).days)
    return Fraction(line[-1][1])


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _ahead(
    plan: Plan,
    after: Milestone,
    standings: Sequence[Standing],
    accepted: Mapping[date, int],
    gaps: Sequence[Gap],
    day: date,
) -> Ahead | None:
    """From the standings at the next milestone, the area's net acceptances by day, and who is open there."""
    area = next((one for one in standings if one.scope_code == plan.area_code), None)
    if area is None:
        return None
    tasks: dict[str, list[OpenTask]] = defaultdict(list)
    for gap in gaps:
        if gap.role == "task":
            task = OpenTask(gap.division_code, gap.village_name or gap.division_code, gap.planned_accept_on)
            tasks[gap.town_code].append(task)
    until = day, after.period.last_day, china()
    return Ahead(
        day,
        area,
        outlook(area.tasks, area.accepted_now, area.next_due or 0, accepted, plan.frozen_on, *until),
        tuple(
            (one.scope_name, schedule(one.next_due, tasks[one.scope_code], *until))
            for one in sorted(standings, key=lambda one: one.scope_code)
            if one.scope_level == "town" and one.next_due
        ),
    )


def _late_return(row: Mapping[str, Any]) -> LateReturn:
    kept = {key: row[key] for key in ("unit_name", "form_code", "form_title", "due_on", "label")}
    return LateReturn(**kept, period=Period.parse(row["period"]), days_late=row["days_late"])


def _quality(row: Mapping[str, Any], plan: Plan) -> Quality:
    return Quality(
        row["scope_name"],
        row["scope_code"] == plan.area_code,
        row["returns_due"],
        row["returns_in_time"],
        row["returns_late"],
        row["returns_missing"],
        row["returns_sent_back"],
        row["values_withheld"],
        row["values_contested"],
        None if row["score"] is None else Fraction(row["score"]),
    )


def _release(rows: Sequence[Mapping[str, Any]]) -> Release | None:
    return Release(**rows[0]) if rows else None


def _days(period: Period) -> dict[str, date]:
    return {"first_day": period.first_day, "last_day": period.last_day}


_PLAN = """
select
    plan.plan_code as code,
    plan.title,
    coalesce(plan.document, '') as document,
    plan.frozen_on,
    plan.county_code as area_code,
    coalesce(place.name, plan.county_code) as area_name,
    case when right(plan.county_code, 8) = '00000000' then 'prefecture' else 'county' end as area_level
from core.plans as plan
left join marts.places(:known_at) as place on plan.county_code = place.place_code
where
    plan.plan_code = :plan_code
    and plan.from_load <= :known_at
    and (plan.to_load is null or plan.to_load > :known_at)
"""

_CURRENT_PLANS = """
select plan.plan_code
from core.plans as plan
left join
    (
        select plan_code, max(last_day) as last_day
        from core.plan_phases
        where from_load <= :known_at and (to_load is null or to_load > :known_at)
        group by plan_code
    ) as phase
    on plan.plan_code = phase.plan_code
where
    plan.from_load <= :known_at
    and (plan.to_load is null or plan.to_load > :known_at)
    and plan.frozen_on <= :last_day
    and greatest(make_date(plan.year, 12, 31), phase.last_day) >= :first_day
order by plan.plan_code
"""

_LOAD = "select loaded_at from ops.loads where load_id = :known_at"

_MILESTONES = """
select number, period, share_numerator, share_denominator
from core.plan_milestones
where plan_code = :plan_code and from_load <= :known_at and (to_load is null or to_load > :known_at)
order by number
"""

_STANDINGS = """
select {columns}
from marts.milestones(:known_at, :as_of)
where plan_code = :plan_code
order by milestone_number, scope_code
"""

_DAYS = """
select day, accepted
from marts.plan_days(:known_at)
where plan_code = :plan_code and scope_code = :scope_code
"""

_GAPS = """
select {columns}
from marts.gap_list(:known_at) as gap
left join
    lateral (
        select report.responsible_person
        from personal.fct_construction_task as report
        where
            report.division_code = gap.division_code
            and report.period = gap.reported_period
            and gap.task_stage is not null
            and report.from_load <= :known_at
            and (report.to_load is null or report.to_load > :known_at)
    ) as report
    on true
where gap.plan_code = :plan_code and gap.milestone_number = :number
order by gap.days_late desc nulls last, gap.town_code, gap.division_code
"""

_EVENTS = """
select {columns}
from marts.milestone_events(:known_at, :day)
where plan_code = :plan_code and event_on >= :first_day
order by event_on, scope_code, milestone_number
"""

_OVERDUE = """
select overdue.unit_name, overdue.form_code, overdue.form_title, overdue.period, overdue.due_on, overdue.days_late, overdue.label
from marts.overdue_list(:known_at, :day) as overdue
inner join core.dim_period as period on overdue.period = period.period
where overdue.county_code like :area and period.last_day between :first_day and :last_day
order by overdue.form_code, period.last_day, overdue.due_on, overdue.unit_code
"""

_QUALITY = """
select
    scope_code, scope_name, returns_due, returns_in_time, returns_late, returns_missing, returns_sent_back,
    values_withheld, values_contested, score
from marts.quality_scorecard(:known_at)
where county_code like :area and period = :period and scope_level <> 'county_own'
order by scope_level, scope_code
"""

_RELEASE = """
select name, load_id, published_at
from ops.releases
where period = :period and load_id <= :known_at
order by load_id = :known_at desc, journal_seq
limit 1
"""

_STANDARDS = """
select {columns}
from marts.standards_board(:known_at) as board
where
    board.plan_code = :plan_code
    and board.period_end = (
        select max(latest.period_end)
        from marts.standards_board(:known_at) as latest
        where latest.plan_code = :plan_code and latest.period_end <= :as_of
    )
order by array_position(array['programme', 'task', 'unit'], board.part_kind), board.part
"""

_STANDARD_GAPS = """
select {columns}
from marts.standards_gaps(:known_at)
where plan_code = :plan_code and period = :period
order by is_veto desc, item_no
"""

_TARGETS = """
select {columns}
from (
    select distinct on (board.target_number) board.*
    from marts.target_board(:known_at) as board
    where board.plan_code = :plan_code
    order by board.target_number, board.period_end <= :as_of desc, board.period_end desc
) as latest
order by target_number
"""

_PHASES = "select {columns} from marts.plan_phases(:known_at) where plan_code = :plan_code order by phase_number"

_BRANCHES = """
select distinct {columns}
from marts.branch_scorecard(:known_at)
where plan_code = :plan_code and period = :period
order by rank, total_points desc, town_name
"""

_ISSUE_COUNTS = """
select {columns}
from marts.issue_summary(:known_at)
where county_code like :area
order by county_code, scope_level, scope_code
"""

_ISSUES = """
select {columns}
from marts.issue_board(:known_at, :day)
where county_code like :area and not is_settled
order by days_overdue desc nulls last, due_on, issue_id
"""
