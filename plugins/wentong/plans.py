"""Plans: what was promised, for which villages, by when; and the acceptance events that show how far it is.

A plan is a YAML file of include/schemas/plans and a frozen list of villages. Importing one is an input event: it goes
into the journal first. Events and crossings are derived by SQL (include/sql/queries) for all tasks at once.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from sqlalchemy import Connection, Engine, text

from wentong.errors import DeclarationError, WentongError
from wentong.forms import SCHEMAS, find_form
from wentong.journal import Entry, Journal
from wentong.periods import Period
from wentong.warehouse.connections import begin_load, lock_loads
from wentong.warehouse.consequences import seal, settle
from wentong.warehouse.migrate import keep_periods
from wentong.warehouse.relations import listed_scopes


@dataclass(frozen=True, slots=True)
class Milestone:
    """A cumulative share of the list, due at the end of a period."""

    number: int
    period: Period
    share: Fraction | None
    """None: a check without a share of its own (第四季度查漏补缺)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One file of include/schemas/plans."""

    code: str
    title: str
    year: int
    county_code: str
    document: str
    """Which document sets the task."""
    frozen_on: date
    form: str
    table: str
    """Form and table whose rows show completion."""
    completion_stage: str
    minimum_floor_area_m2: Decimal
    milestones: tuple[Milestone, ...]
    task_list: Path | None = None
    """The frozen list that ships beside the plan."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    plan_code: str
    tasks: int
    added: int
    removed: int
    load_id: int | None
    """None: everything was there already, nothing was changed."""


def load_plan(path: Path) -> Plan:
    """Read and check one plan file. Raises DeclarationError naming the file, the place and what to write."""
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeclarationError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path.name}: not valid YAML in UTF-8: {error}") from error
    if isinstance(declared, dict) and isinstance(declared.get("frozen_on"), date):
        declared["frozen_on"] = declared["frozen_on"].isoformat()
    schema = json.loads((SCHEMAS / "plan.schema.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    problems = sorted(checker.iter_errors(declared), key=lambda e: list(map(str, e.path)))
    if problems:
        place = "/".join(str(step) for step in problems[0].absolute_path) or "top level"
        raise DeclarationError(f"{path.name}, at {place}: {problems[0].message}")
    plan = _plan(declared, path.parent)
    _check(path, plan)
    return plan


def _plan(declared: Mapping[str, Any], folder: Path | None = None) -> Plan:
    """A plan from its YAML, or from a journal entry."""
    listed = declared.get("task_list")
    return Plan(
        **{key: declared[key] for key in ("code", "title", "year", "county_code", "document", "form", "table")},
        frozen_on=date.fromisoformat(declared["frozen_on"]),
        completion_stage=declared["completion_stage"],
        minimum_floor_area_m2=Decimal(str(declared["minimum_floor_area_m2"])),
        milestones=tuple(
            Milestone(m["number"], Period.parse(m["period"]), Fraction(m["share"]) if m.get("share") else None)
            for m in declared["milestones"]
        ),
        task_list=folder / listed if folder and listed else None,
    )


def _declared(plan: Plan) -> dict[str, Any]:
    """The other way round: what the journal keeps of a plan."""
    return {
        **{key: getattr(plan, key) for key in ("code", "title", "year", "county_code", "document", "form", "table")},
        "frozen_on": plan.frozen_on.isoformat(),
        "completion_stage": plan.completion_stage,
        "minimum_floor_area_m2": format(plan.minimum_floor_area_m2.normalize(), "f"),
        "milestones": [
            {"number": m.number, "period": str(m.period), "share": str(m.share) if m.share is not None else None}
            for m in plan.milestones
        ],
    }


def _check(path: Path, plan: Plan) -> None:
    """What the JSON schema cannot say."""
    try:
        form = find_form(plan.form)
    except DeclarationError as error:
        raise DeclarationError(f"{path.name}, form: {error}") from error
    if plan.table not in [table.name for table in form.tables]:
        raise DeclarationError(f"{path.name}, table: {form.code} has no table {plan.table}")
    share = Fraction(0)
    for number, milestone in enumerate(plan.milestones, start=1):
        where = f"{path.name}, milestone {milestone.number}"
        if milestone.number != number:
            raise DeclarationError(f"{where}: number the milestones 1, 2, 3 … in order of time")
        if milestone.period.last_day.year != plan.year:
            raise DeclarationError(f"{where}: {milestone.period} does not end in {plan.year}")
        if number > 1 and milestone.period.last_day <= plan.milestones[number - 2].period.last_day:
            raise DeclarationError(f"{where}: {milestone.period} does not end after the milestone before")
        if milestone.share is not None:
            if not share <= milestone.share <= 1:
                raise DeclarationError(f"{where}: shares are cumulative and at most 1/1, not {milestone.share}")
            share = milestone.share


def load_task_list(path: Path) -> dict[str, int]:
    """Village code -> line of the file. Reads the column division_code; the other columns are for people.

    Raises DeclarationError naming the line for a code that is not 12 digits or comes twice.
    """
    tasks: dict[str, int] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if "division_code" not in (rows.fieldnames or ()):
                raise DeclarationError(f"{path.name}, line 1: a task list needs the column division_code")
            for row in rows:
                code = (row["division_code"] or "").strip()
                if not (len(code) == 12 and code.isascii() and code.isdigit()):
                    raise DeclarationError(f"{path.name}, line {rows.line_num}: {code!r} is no code of 12 digits")
                if code in tasks:
                    raise DeclarationError(
                        f"{path.name}, line {rows.line_num}: {code} is on the list already, in line {tasks[code]}"
                    )
                tasks[code] = rows.line_num
    except OSError as error:
        raise DeclarationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: save the list as CSV in UTF-8") from error
    if not tasks:
        raise DeclarationError(f"{path.name}: the list is empty")
    return tasks


def import_plan(
    engine: Engine, journal: Journal, plan_path: Path, list_path: Path | None, at: datetime, why: str | None = None
) -> Imported:
    """Take a plan and its frozen list into the journal and the warehouse, as one new load.

    `list_path` None means the list that ships beside the plan. The same plan and list again change nothing. A frozen
    list is not replaced in passing: a plan that is there already and differs is refused unless `why` names the approval.
    Raises DeclarationError naming the line for a village that is unknown or not the county's.
    """
    plan = load_plan(plan_path)
    path = list_path or plan.task_list
    if path is None:
        raise DeclarationError(f"{plan_path.name}: name the frozen list under task_list or give it beside the plan")
    tasks = load_task_list(path)
    with engine.begin() as connection:
        lock_loads(connection)  # two imports at once: the second finds what the first brought
        _villages(connection, plan, path.name, tasks)
        known = _stored(connection, plan.code)
        if known:
            if known == (_declared(plan), set(tasks)):
                return Imported(plan.code, len(tasks), 0, 0, None)
            if not why:
                added, removed = len(tasks.keys() - known[1]), len(known[1] - tasks.keys())
                what = f"{added} added, {removed} removed" if added or removed else "the plan's own terms differ"
                raise WentongError(
                    f"the frozen list of {plan.code} is imported already and this one differs ({what}); "
                    "to replace it say why, with the approval number"
                )
        payload = {"plan": _declared(plan), "tasks": list(tasks), "list": path.name, "why": why}
        entry = begin_load(connection, journal, "plan", "plan_imported", payload, at)
        done = apply_plan(connection, entry)
        seal(connection, journal, entry["load_id"], at)
        return done


def apply_plan(connection: Connection, entry: Entry) -> Imported:
    """Put a journaled plan into the warehouse: what is new or changed begins, what is absent ends, nothing is deleted."""
    plan, load_id = _plan(entry["plan"]), entry["load_id"]
    codes = {code: line for line, code in enumerate(entry["tasks"], start=2)}
    villages = _villages(connection, plan, entry["list"], codes)
    keep_periods(connection, [str(milestone.period) for milestone in plan.milestones])
    terms = {**_plan_row(plan), "from_load": load_id}
    connection.execute(text(_END_PLAN), terms)
    connection.execute(text(_BEGIN_PLAN), terms)
    numbers = {"plan_code": plan.code, "from_load": load_id, "numbers": [m.number for m in plan.milestones]}
    connection.execute(text(_END_MILESTONES), numbers)
    for milestone in plan.milestones:
        row = {**_milestone_row(plan.code, milestone), "from_load": load_id}
        connection.execute(text(_END_MILESTONE), row)
        connection.execute(text(_BEGIN_MILESTONE), row)
    listed = {"plan_code": plan.code, "from_load": load_id, "org_ids": [org for org, _ in villages.values()]}
    removed = connection.execute(text(_END_TASKS), listed).rowcount
    towns = {"town_codes": [town for _, town in villages.values()]}
    added = connection.execute(text(_BEGIN_TASKS), {**listed, **towns}).rowcount
    touched = listed_scopes(connection, plan.county_code)
    settle(connection, load_id, touched, datetime.fromisoformat(entry["at"]), [plan.county_code])
    return Imported(plan.code, len(codes), added, removed, load_id)


def codes(engine: Engine) -> list[str]:
    """The codes of all plans in the warehouse, in order."""
    with engine.connect() as connection:
        return list(
            connection.scalars(text("select plan_code from core.plans where to_load is null order by plan_code"))
        )


def _villages(
    connection: Connection, plan: Plan, list_name: str, tasks: Mapping[str, int]
) -> dict[str, tuple[int, str]]:
    """Village code -> (organisation, town). Raises DeclarationError for the first line that names no such village."""
    found = connection.execute(text(_FIND_VILLAGES), {"codes": list(tasks), "county_code": plan.county_code}).all()
    villages = {row.place_code: row for row in found}
    for code, line in tasks.items():
        village = villages.get(code)
        if village is None or village.org_id is None:
            reason = f"there is no village {code} in the register"
        elif not village.is_of_county:
            reason = f"{code} {village.name} does not belong to {plan.county_code}"
        elif not village.town_owes_returns:
            reason = f"{code} {village.name} belongs to a unit that owes no returns, so it cannot be a task"
        else:
            continue
        raise DeclarationError(f"{list_name}, line {line}: {reason}")
    return {code: (villages[code].org_id, villages[code].parent_code) for code in tasks}


def _stored(connection: Connection, plan_code: str) -> tuple[dict[str, Any], set[str]] | None:
    """The plan and its list as the warehouse has them now, in the words of the journal."""
    binds = {"plan_code": plan_code}
    row = connection.execute(text(_READ_PLAN), binds).mappings().one_or_none()
    if row is None:
        return None
    milestones: Sequence[Any] = connection.execute(text(_READ_MILESTONES), binds).all()
    plan = _plan(
        {
            **row,
            "frozen_on": row["frozen_on"].isoformat(),
            "milestones": [{"number": m.number, "period": m.period, "share": m.share} for m in milestones],
        }
    )
    return _declared(plan), set(connection.scalars(text(_READ_TASKS), binds))


def _plan_row(plan: Plan) -> dict[str, Any]:
    return {
        "plan_code": plan.code,
        "title": plan.title,
        "form_code": find_form(plan.form).code,
        "table_name": plan.table,
        "county_code": plan.county_code,
        "year": plan.year,
        "completion_stage": plan.completion_stage,
        "minimum_floor_area_m2": plan.minimum_floor_area_m2,
        "frozen_on": plan.frozen_on,
        "document": plan.document,
    }


def _milestone_row(plan_code: str, milestone: Milestone) -> dict[str, Any]:
    return {
        "plan_code": plan_code,
        "number": milestone.number,
        "period": str(milestone.period),
        "share_numerator": milestone.share.numerator if milestone.share is not None else None,
        "share_denominator": milestone.share.denominator if milestone.share is not None else None,
    }


_FIND_VILLAGES = """
select
    village.place_code,
    village.name,
    village.parent_code,
    center.org_id,
    town.parent_code = :county_code as is_of_county,
    coalesce(station.owes_returns, false) as town_owes_returns
from core.dim_place as village
inner join core.dim_place as town on village.parent_code = town.place_code and town.to_load is null
left join core.dim_org as center
    on village.place_code = center.place_code and center.org_type = 'village_center' and center.to_load is null
left join core.dim_org as station
    on town.place_code = station.place_code and station.org_type = 'town_station' and station.to_load is null
where village.place_code = any(:codes) and village.to_load is null and village.level = 5
order by village.valid_from, town.valid_from, center.valid_from, station.valid_from
"""

_READ_PLAN = """
select
    plan_code as code, title, form_code as form, table_name as "table", county_code, year, completion_stage,
    minimum_floor_area_m2, frozen_on, document
from core.plans
where plan_code = :plan_code and to_load is null
"""

_READ_MILESTONES = """
select number, period, cast(share_numerator as text) || '/' || cast(share_denominator as text) as share
from core.plan_milestones
where plan_code = :plan_code and to_load is null
order by number
"""

_READ_TASKS = """
select distinct on (task.org_id) org.place_code -- the code of the day on which the list was frozen
from core.plan_tasks as task
inner join core.plans as build_plan on task.plan_code = build_plan.plan_code and build_plan.to_load is null
inner join core.dim_org as org on task.org_id = org.org_id and org.to_load is null
where task.plan_code = :plan_code and task.to_load is null
order by task.org_id, org.valid_from <= build_plan.frozen_on desc, abs(org.valid_from - build_plan.frozen_on)
"""

_END_PLAN = """
update core.plans
set to_load = :from_load
where
    plan_code = :plan_code
    and to_load is null
    and (
        title, form_code, table_name, county_code, year, completion_stage, minimum_floor_area_m2, frozen_on, document
    ) is distinct from (
        :title, :form_code, :table_name, :county_code, :year, :completion_stage, :minimum_floor_area_m2, :frozen_on,
        :document
    )
"""

_BEGIN_PLAN = """
insert into core.plans (
    plan_code, title, form_code, table_name, county_code, year, completion_stage, minimum_floor_area_m2, frozen_on,
    document, from_load
)
select
    :plan_code, :title, :form_code, :table_name, :county_code, :year, :completion_stage, :minimum_floor_area_m2,
    :frozen_on, :document, :from_load
where not exists (select 1 from core.plans where plan_code = :plan_code and to_load is null)
"""

_END_MILESTONES = """
update core.plan_milestones
set to_load = :from_load
where plan_code = :plan_code and to_load is null and number <> all(cast(:numbers as smallint[]))
"""

_END_MILESTONE = """
update core.plan_milestones
set to_load = :from_load
where
    plan_code = :plan_code
    and number = :number
    and to_load is null
    and (period, share_numerator, share_denominator) is distinct from (
        cast(:period as text), cast(:share_numerator as int), cast(:share_denominator as int)
    )
"""

_BEGIN_MILESTONE = """
insert into core.plan_milestones (plan_code, number, period, share_numerator, share_denominator, from_load)
select
    :plan_code, :number, :period, cast(:share_numerator as int), cast(:share_denominator as int), :from_load
where not exists (
    select 1 from core.plan_milestones where plan_code = :plan_code and number = :number and to_load is null
)
"""

_END_TASKS = """
update core.plan_tasks
set to_load = :from_load
where plan_code = :plan_code and to_load is null and org_id <> all(:org_ids)
"""

_BEGIN_TASKS = """
insert into core.plan_tasks (plan_code, org_id, town_code, from_load)
select :plan_code, listed.org_id, listed.town_code, :from_load
from unnest(cast(:org_ids as bigint[]), cast(:town_codes as text[])) as listed (org_id, town_code)
where not exists (
    select 1 from core.plan_tasks as task
    where task.plan_code = :plan_code and task.org_id = listed.org_id and task.to_load is null
)
"""
