"""Plans in the warehouse: importing one with its frozen list, and the approved changes of that list.

Both are input events: they go into the journal first and take effect from there, as one load each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from wentong.errors import DeclarationError, WentongError
from wentong.journal import Entry, Journal
from wentong.plans import Plan, kept_of, load_plan, load_task_list, plan_from
from wentong.warehouse.connections import begin_load, lock_loads, query
from wentong.warehouse.consequences import seal, settle
from wentong.warehouse.migrate import keep_periods
from wentong.warehouse.relations import listed_scopes
from wentong.warehouse.schema import (
    plan_milestones,
    plan_phases,
    plan_scorecard,
    plan_standards,
    plan_targets,
    plan_tasks,
    plans,
)

PLAN_CHANGED = "plan_changed"
Kind = Literal["remove", "add", "withdraw"]
"""remove: off the adjusted list from a day on (撤并, 动迁 …). add: onto it. withdraw: an earlier change was made in error."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    plan_code: str
    tasks: int
    added: int
    removed: int
    load_id: int | None
    """None: everything was there already, nothing was changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """An approved change of a plan's adjusted list: of one village."""

    plan_code: str
    kind: Kind
    division_code: str
    effective_on: date | None
    """From which day; None where a change is withdrawn."""
    approval_no: str
    """Number of the document that approves it: without one a village stays in the denominator (domain §4.1)."""
    why: str
    into_code: str | None = None
    """The village with which it was merged."""


def import_plan(
    engine: sa.Engine, journal: Journal, plan_path: Path, list_path: Path | None, at: datetime, why: str | None = None
) -> Imported:
    """Take a plan and its frozen list into the journal and the warehouse, as one new load.

    `list_path` None means the list that ships beside the plan. The same plan and list again change nothing. A frozen
    list is not replaced in passing: a plan that is there already and differs is refused unless `why` names the approval.
    The other villages of the area on the day of freezing are kept as the baseline of the coverage reading. Raises
    DeclarationError naming the line for a village that is unknown or not of the plan's area.
    """
    plan = load_plan(plan_path)
    path = list_path or plan.task_list
    if plan.form and path is None:
        raise DeclarationError(f"{plan_path.name}: name the frozen list under task_list or give it beside the plan")
    if path and not plan.form:
        raise DeclarationError(f"{plan_path.name}: a plan without a form to follow its tasks by has no list")
    tasks = load_task_list(path) if path else {}
    with engine.begin() as connection:
        lock_loads(connection)  # two imports at once: the second finds what the first brought
        _villages(connection, plan.county_code, path.name if path else "", tasks)
        present = sa.select(plans.c.plan_code).where(plans.c.plan_code == plan.code, plans.c.to_load.is_(None))
        if connection.scalar(present):
            listed = set(connection.scalars(query("listed_tasks"), {"plan_code": plan.code}))
            if listed == tasks.keys() and _is_kept(connection, plan):
                return Imported(plan.code, len(tasks), 0, 0, None)
            if not why:
                added, removed = len(tasks.keys() - listed), len(listed - tasks.keys())
                what = f"{added} added, {removed} removed" if added or removed else "the plan's own terms differ"
                raise WentongError(
                    f"the frozen list of {plan.code} is imported already and this one differs ({what}); "
                    "to replace it say why, with the approval number"
                )
        payload = {"plan": kept_of(plan), "tasks": list(tasks), "list": path.name if path else "", "why": why}
        if plan.form and plan.reading == "task":
            payload["baseline"] = _baseline(connection, plan, tasks)
        entry = begin_load(connection, journal, "plan", "plan_imported", payload, at)
        done = apply_plan(connection, entry)
        seal(connection, journal, entry["load_id"], at)
        return done


def apply_plan(connection: sa.Connection, entry: Entry) -> Imported:
    """Put a journaled plan into the warehouse: what is new or changed begins, what is absent ends, nothing is deleted."""
    plan, load_id = plan_from(entry["plan"]), entry["load_id"]
    periods = [part.period for part in plan.milestones] + [part.period for part in plan.targets]
    keep_periods(connection, [str(period) for period in periods])
    for table, rows in _rows_of(plan).items():
        _keep(connection, table, plan.code, rows, load_id)
    listed = {code: line for line, code in enumerate(entry["tasks"], start=2)}
    baseline = {code: line for line, code in enumerate(entry.get("baseline", ()), start=2)}
    removed = added = 0
    for role, codes in ((None, listed), ("baseline", baseline)):
        villages = _villages(connection, plan.county_code, entry["list"], codes).values()
        binds = {
            "plan_code": plan.code, "role": role, "from_load": load_id,
            "org_ids": [org_id for org_id, _ in villages], "town_codes": [town for _, town in villages],
        }  # fmt: skip
        ended = connection.scalars(query("end_plan_tasks"), binds).all()
        begun = connection.execute(query("begin_plan_tasks"), binds).rowcount
        if role is None:
            removed, added = ended.count(None), begun
    _settle(connection, plan.county_code, entry)
    return Imported(plan.code, len(listed), added, removed, load_id)


def change_plan(engine: sa.Engine, journal: Journal, changes: Sequence[Change], by: str, at: datetime) -> int:
    """Take approved changes of adjusted lists into the journal and the warehouse, as one load, whose number is returned.

    The frozen list stays: figures are given on both. Raises WentongError naming the village that cannot be changed so.
    """
    with engine.begin() as connection:
        lock_loads(connection)
        villages = [(change.plan_code, change.division_code) for change in changes]
        for change in changes:
            if villages.count((change.plan_code, change.division_code)) > 1:
                raise WentongError(f"{change.plan_code}, {change.division_code}: it is named twice; write it once")
            _check_change(connection, change)
        kept = [{**asdict(c), "effective_on": c.effective_on.isoformat() if c.effective_on else None} for c in changes]
        entry = begin_load(connection, journal, "plan", PLAN_CHANGED, {"changes": kept, "by": by}, at)
        apply_change(connection, entry)
        seal(connection, journal, entry["load_id"], at)
        return int(entry["load_id"])


def apply_change(connection: sa.Connection, entry: Entry) -> None:
    """Let journaled changes of a list take effect: each ends the village's row and begins another."""
    counties = set()
    for kept in entry["changes"]:
        plan = _current_plan(connection, kept["plan_code"])
        counties.add(plan.county_code)
        codes = {code: 0 for code in (kept["division_code"], kept["into_code"]) if code}
        villages = _villages(connection, plan.county_code, "plan change", codes)
        org_id, town_code = villages[kept["division_code"]]
        of_village = (plan_tasks.c.plan_code == plan.plan_code) & (plan_tasks.c.org_id == org_id)
        versions = connection.execute(
            sa.select(plan_tasks).where(of_village).order_by(plan_tasks.c.from_load)
        ).mappings()
        history = [dict(row) for row in versions]
        approved = {"approval_no": kept["approval_no"], "change_reason": kept["why"]}
        if kept["kind"] == "withdraw":
            begun = [row for row in history if row["approval_no"] is None][-1:]
        elif kept["kind"] == "remove":
            into = villages[kept["into_code"]][0] if kept["into_code"] else None
            off = {**approved, "removed_on": kept["effective_on"], "into_org_id": into}
            begun = [{**row, **off} for row in history if row["to_load"] is None]
        else:
            village = {"plan_code": plan.plan_code, "org_id": org_id, "town_code": town_code}
            begun = [{**village, **approved, "role": "added", "added_on": kept["effective_on"]}]
        ended = plan_tasks.update().where(of_village, plan_tasks.c.to_load.is_(None))
        connection.execute(ended.values(to_load=entry["load_id"]))
        for row in begun:
            connection.execute(plan_tasks.insert(), {**row, "from_load": entry["load_id"], "to_load": None})
    for county_code in sorted(counties):
        _settle(connection, county_code, entry)


# ----------------------------------------------------------------------------------------------------- parts


def _settle(connection: sa.Connection, county_code: str, entry: Entry) -> None:
    touched = listed_scopes(connection, county_code)
    settle(connection, entry["load_id"], touched, datetime.fromisoformat(entry["at"]), [county_code])


def _check_change(connection: sa.Connection, change: Change) -> None:
    plan = _current_plan(connection, change.plan_code)
    what = f"{change.plan_code}, {change.division_code}"
    if not plan.form_code:
        raise WentongError(f"{change.plan_code} has no task list")
    if not change.approval_no.strip() or not change.why.strip():
        raise WentongError(f"{what}: a change of the list needs the number of its approval and a reason")
    codes = {code: 0 for code in (change.division_code, change.into_code) if code}
    org_id, _ = _villages(connection, plan.county_code, "plan change", codes)[change.division_code]
    of_village = (plan_tasks.c.plan_code == plan.plan_code) & (plan_tasks.c.org_id == org_id)
    current = sa.select(plan_tasks).where(of_village, plan_tasks.c.to_load.is_(None))
    row = connection.execute(current).one_or_none()
    is_listed = row is not None and row.role != "baseline"
    if change.kind == "withdraw":
        if row is None or row.approval_no is None:
            raise WentongError(f"{what}: there is no change to withdraw")
        return
    if change.effective_on is None or change.effective_on < plan.frozen_on:
        raise WentongError(f"{what}: changes take effect from the day of freezing on, {plan.frozen_on}")
    if change.into_code == change.division_code:
        raise WentongError(f"{what}: a village is not merged with itself")
    if change.kind == "remove" and not is_listed:
        raise WentongError(f"{what}: it is not on the list")
    if change.kind == "remove" and row is not None and row.removed_on is not None:
        raise WentongError(f"{what}: it is off the list from {row.removed_on} on already ({row.approval_no})")
    if change.kind == "remove" and row is not None and row.added_on and change.effective_on <= row.added_on:
        raise WentongError(f"{what}: it is on the list from {row.added_on} on ({row.approval_no}); withdraw that")
    if change.kind == "add" and is_listed:
        raise WentongError(f"{what}: it is on the list already")


def _current_plan(connection: sa.Connection, plan_code: str) -> Any:
    found = sa.select(plans).where(plans.c.plan_code == plan_code, plans.c.to_load.is_(None))
    plan = connection.execute(found).one_or_none()
    if plan is None:
        raise WentongError(f"there is no plan {plan_code}; import it first")
    return plan


def _villages(
    connection: sa.Connection, area_code: str, list_name: str, tasks: Mapping[str, int]
) -> dict[str, tuple[int, str]]:
    """Village code -> (organisation, town). Raises DeclarationError for the first line that names no such village."""
    binds = {"codes": list(tasks), "area_code": area_code}
    villages = {row.place_code: row for row in connection.execute(query("villages_of_list"), binds)}
    for code, line in tasks.items():
        village = villages.get(code)
        if village is None or village.org_id is None:
            reason = f"there is no village {code} in the register"
        elif not village.is_of_area:
            reason = f"{code} {village.name} does not belong to {area_code}"
        elif not village.town_owes_returns:
            reason = f"{code} {village.name} belongs to a unit that owes no returns, so it cannot be a task"
        else:
            continue
        raise DeclarationError(f"{list_name}{f', line {line}' if line else ''}: {reason}")
    return {code: (villages[code].org_id, villages[code].parent_code) for code in tasks}


def _baseline(connection: sa.Connection, plan: Plan, tasks: Iterable[str]) -> list[str]:
    """The other villages that should have a centre: those of the area on the day of freezing."""
    binds = {"area_code": plan.county_code, "frozen_on": plan.frozen_on}
    listed = set(tasks)
    return [code for code in connection.scalars(query("villages_of_area"), binds) if code not in listed]


def _rows_of(plan: Plan) -> dict[sa.Table, list[dict[str, Any]]]:
    """What the tables hold of a plan, its list apart."""
    terms = {
        "title": plan.title,
        "form_code": plan.form,
        "table_name": plan.table,
        "county_code": plan.county_code,
        "year": plan.year,
        "completion_stage": plan.completion_stage,
        "minimum_floor_area_m2": plan.minimum_floor_area_m2,
        "frozen_on": plan.frozen_on,
        "document": plan.document,
        "issued_on": plan.issued_on,
        "reading": plan.reading if plan.reading != "task" else None,
        "lights": plan.lights if plan.lights != "p1" else None,
        "pass_numerator": plan.standards.pass_share.numerator if plan.standards else None,
        "pass_denominator": plan.standards.pass_share.denominator if plan.standards else None,
        "verified_by": plan.standards.verified_by if plan.standards else None,
    }
    milestones = [
        {
            "number": m.number,
            "period": str(m.period),
            "share_numerator": m.share.numerator if m.share is not None else None,
            "share_denominator": m.share.denominator if m.share is not None else None,
        }
        for m in plan.milestones
    ]
    return {
        plans: [terms],
        plan_milestones: milestones,
        plan_phases: [asdict(phase) for phase in plan.phases],
        plan_standards: [asdict(item) for item in plan.standards.items] if plan.standards else [],
        plan_targets: [{**asdict(target), "period": str(target.period)} for target in plan.targets],
        plan_scorecard: [asdict(line) for line in plan.scorecard],
    }


def _is_kept(connection: sa.Connection, plan: Plan) -> bool:
    """Whether the tables hold just this plan, its list apart."""
    return all(_changes(connection, table, plan.code, rows) == ([], []) for table, rows in _rows_of(plan).items())


def _keep(
    connection: sa.Connection, table: sa.Table, plan_code: str, rows: Sequence[Mapping[str, Any]], load_id: int
) -> None:
    """Make these the current rows of a plan in a table: those that differ end, those that are new begin."""
    ended, begun = _changes(connection, table, plan_code, rows)
    for key in ended:
        this = sa.and_(table.c.to_load.is_(None), *(table.c[name] == value for name, value in key.items()))
        connection.execute(table.update().where(this).values(to_load=load_id))
    if begun:
        connection.execute(table.insert(), [{**row, "from_load": load_id} for row in begun])


def _changes(
    connection: sa.Connection, table: sa.Table, plan_code: str, rows: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Keys of the current rows that differ, and the rows that are new."""
    names = [column.name for column in table.primary_key.columns if column.name != "from_load"]
    wanted = [{"plan_code": plan_code, **row} for row in rows]
    of_plan = sa.select(table).where(table.c.plan_code == plan_code, table.c.to_load.is_(None))
    current = [
        {name: value for name, value in row.items() if name not in ("from_load", "to_load")}
        for row in connection.execute(of_plan).mappings()
    ]
    ended = [{name: row[name] for name in names} for row in current if row not in wanted]
    return ended, [row for row in wanted if row not in current]
