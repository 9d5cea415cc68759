"""What the county approves: findings that it lets pass (豁免), and returns that may come later (缓报).

Each takes a load: what is contested, and by when a return is owed, is another from then on.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from wentong.errors import WentongError
from wentong.findings import finding_types
from wentong.forms import Form, find_form
from wentong.journal import Entry, Journal
from wentong.periods import CHINA, Period
from wentong.settling import Waiver
from wentong.warehouse.connections import begin_load, query, storable
from wentong.warehouse.consequences import keep_obligations, seal, settle
from wentong.warehouse.register import read_places
from wentong.warehouse.relations import Scope
from wentong.warehouse.schema import extensions, waivers


class Approval(NamedTuple):
    """Who approved something, and why."""

    reason: str
    by: str
    at: datetime


def waive(
    engine: sa.Engine,
    journal: Journal,
    code: str,
    form: Form,
    unit_code: str,
    period: Period,
    field: str | None,
    until: date,
    approval: Approval,
) -> int:
    """Let findings of one type pass until a last day: of files judged from now on, and of comparisons between rows at
    once. Returns the waiver's number.

    Raises WentongError, saying what to write, when such findings cannot be waived or something named is not known.
    """
    kind = finding_types().get(code)
    if kind is None:
        raise WentongError(f"There is no finding {code}; include/schemas/finding_types.csv lists them.")
    if not kind.can_be_waived:
        raise WentongError(
            f"{code} ({kind.title}) cannot be waived: it keeps a value, a row or the file out, and must be mended. "
            "Warnings and contested values can."
        )
    if field is not None and field not in (names := {f.name for table in form.tables for f in table.fields}):
        raise WentongError(f"{form.code} has no field {field}; it has {', '.join(sorted(names))}.")
    _check_scope(engine, form, unit_code, period, approval)
    if until < approval.at.astimezone(CHINA).date():
        raise WentongError(f"A waiver until {until} would have ended already; name a later day.")
    payload = {"code": code, "field": field, "until": until.isoformat(), **_scope(form, unit_code, period, approval)}
    return _append(engine, journal, "waive", payload, approval.at)


def extend(
    engine: sa.Engine,
    journal: Journal,
    form: Form,
    unit_code: str,
    period: Period,
    until: date,
    approval: Approval,
) -> int:
    """Approve that one unit's return comes later; returns the extension's number.

    Raises WentongError, saying why, when the unit does not owe it (`open_obligations` comes first), or the new day is
    not later than the one it has.
    """
    _check_scope(engine, form, unit_code, period, approval)
    owed = {"form_code": form.code, "unit_code": unit_code, "period": str(period)}
    with engine.connect() as connection:
        due_on = connection.execute(query("due_on"), owed).scalar()
    if due_on is None:
        raise WentongError(f"{unit_code} does not owe {form.code} for {period}; there is nothing to extend.")
    if until <= due_on:
        raise WentongError(f"{form.code} for {period} is due on {due_on}; an extension needs a later day than that.")
    payload = {"until": until.isoformat(), **_scope(form, unit_code, period, approval)}
    return _append(engine, journal, "extend", payload, approval.at)


def waivers_in_force(connection: sa.Connection, at: datetime) -> list[Waiver]:
    """The waivers by which files are judged at a moment, in order of their numbers."""
    in_force = sa.select(*(waivers.c[name] for name in Waiver.__slots__)).where(
        waivers.c.approved_at <= at, waivers.c.valid_until >= at.astimezone(CHINA).date()
    )
    return [Waiver(*row) for row in connection.execute(in_force.order_by(waivers.c.waiver_id))]


def approvals_in_force(engine: sa.Engine, at: datetime) -> list[dict[str, Any]]:
    """Waivers and extensions in force: one row each, in order of their numbers; of an extension `code` is null."""
    with engine.connect() as connection:
        found = connection.execute(query("approvals_in_force"), {"at": at, "today": at.astimezone(CHINA).date()})
        return [dict(row) for row in found.mappings()]


def apply_approval(connection: sa.Connection, entry: Entry) -> None:
    """Let a journaled waiver or extension take effect."""
    row = {
        **{name: entry[name] for name in ("form_code", "unit_code", "period")},
        "reason": storable(entry["reason"]),  # a terminal of another encoding gives what is no text
        "approved_by": storable(entry["by"]),
        "approved_at": datetime.fromisoformat(entry["at"]),
    }
    until = date.fromisoformat(entry["until"])
    if entry["event"] == "waive":
        own = {"waiver_id": entry["seq"], "code": entry["code"], "field": entry["field"], "valid_until": until}
        connection.execute(waivers.insert(), {**row, **own})
        county_code = f"{entry['unit_code'][:6]}000000"
        touched = {Scope(table.name, county_code, entry["period"]) for table in find_form(entry["form_code"]).tables}
    else:
        own = {"extension_id": entry["seq"], "due_on": until}
        connection.execute(extensions.insert(), {**row, **own})
        keep_obligations(connection, entry["load_id"], "extended")
        touched = set()
    settle(connection, entry["load_id"], touched, row["approved_at"])


def _append(engine: sa.Engine, journal: Journal, event: str, payload: Mapping[str, Any], at: datetime) -> int:
    with engine.begin() as connection:
        entry = begin_load(connection, journal, "decision", event, payload, at)
        apply_approval(connection, entry)
        seal(connection, journal, entry["load_id"], at)
    return int(entry["seq"])


def _scope(form: Form, unit_code: str, period: Period, approval: Approval) -> dict[str, str]:
    return {
        "form_code": form.code,
        "unit_code": unit_code,
        "period": str(period),
        "reason": approval.reason.strip(),
        "by": approval.by.strip(),
    }


def _check_scope(engine: sa.Engine, form: Form, unit_code: str, period: Period, approval: Approval) -> None:
    if not (approval.reason.strip() and approval.by.strip()):
        raise WentongError("An approval needs a reason and the name of who gives it.")
    if period.kind != form.period:
        raise WentongError(f"{form.code} is a return for a {form.period}; {period} is a {period.kind}.")
    if all(place.code != unit_code or place.level < 3 for place in read_places(engine)):
        raise WentongError(f"{unit_code} is no county, town or village of the register.")
