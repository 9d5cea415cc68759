"""What a figure comes from, as the tables know it: rows of ops.lineage, files, findings. All as known at a load."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from wentong.warehouse.connections import query

Rows = list[dict[str, Any]]


class Unit(NamedTuple):
    """A place of the register and the organisation that reports for it."""

    unit_code: str
    unit_name: str
    level: int
    parent_code: str | None
    org_id: int | None


class Scope(NamedTuple):
    """Whose rows are meant: one organisation's, or those of a town or a county; None: any."""

    org_id: int | None = None
    town_code: str | None = None
    county_code: str | None = None


def find_unit(connection: sa.Connection, code: str, known_at: int) -> Unit | None:
    """The unit of a code (12 digits); None if the register did not have it."""
    found = connection.execute(query("traced_unit"), {"code": code, "known_at": known_at}).one_or_none()
    return Unit(*found) if found else None


def cells(
    connection: sa.Connection,
    table_name: str,
    period: str,
    fields: Sequence[str],
    scope: Scope,
    known_at: int,
    *,
    row_key: str | None = None,
    is_present: bool = False,
) -> Rows:
    """Values of these fields: one row per unit, row key, field and version, newest first; with `is_present` those that
    held. `to_load` is None where it had not happened yet."""
    binds = {
        **scope._asdict(),
        "table_name": table_name,
        "period": period,
        "fields": list(fields),
        "known_at": known_at,
        "row_key": row_key,
        "is_present": is_present,
    }
    return _rows(connection, "traced_cells", **binds)


def names(connection: sa.Connection, codes: Collection[str], known_at: int) -> dict[str, str]:
    """Code -> name of places."""
    found = connection.execute(query("traced_names"), {"unit_codes": sorted(codes), "known_at": known_at})
    return {row.place_code: row.name for row in found}


def files(connection: sa.Connection, submission_ids: Collection[int]) -> Rows:
    """These files: receipt, place, load, decision; one row each."""
    return _rows(connection, "traced_files", submission_ids=sorted(submission_ids))


def findings(connection: sa.Connection, submission_ids: Collection[int], row_numbers: Collection[int]) -> Rows:
    """What was found in these rows of these files."""
    return _rows(connection, "traced_findings", submission_ids=sorted(submission_ids), row_numbers=sorted(row_numbers))


def relations(
    connection: sa.Connection,
    table_name: str,
    period: str,
    fields: Sequence[str],
    org_ids: Collection[int],
    known_at: int,
) -> Rows:
    """What comparing rows with others found about these fields of these organisations; open ones have no `to_load`."""
    binds = {"table_name": table_name, "period": period, "fields": list(fields), "org_ids": sorted(org_ids)}
    return _rows(connection, "traced_relations", known_at=known_at, **binds)


def mentions(
    connection: sa.Connection, form_code: str, period: str, unit_codes: Collection[str], known_at: int
) -> Rows:
    """The files that speak for one of these towns and counties, whatever became of them: number, outcome, decision."""
    binds = {"form_code": form_code, "period": period, "unit_codes": sorted(unit_codes), "known_at": known_at}
    return _rows(connection, "traced_mentions", **binds)


def registered(
    connection: sa.Connection, unit_code: str, level: str, day: date, known_at: int, kinds: Sequence[str] = ()
) -> list[str]:
    """Codes of the villages or towns (`level`) of a unit that rates are taken of on a day."""
    binds = {"unit_code": unit_code, "county_code": county_of(unit_code), "level": level, "day": day}
    found = connection.execute(
        query("traced_registered"), {**binds, "known_at": known_at, "kinds": list(kinds) or None}
    )
    return list(found.scalars())


def indicator(connection: sa.Connection, code: str, unit: Unit, level: str, period: str, known_at: int) -> Rows:
    """An indicator of a unit: numerator, denominator, value; one row per item."""
    return _rows(connection, "traced_indicators", **_of_indicator(code, unit, level, period), known_at=known_at)


def parts(
    connection: sa.Connection, code: str, unit: Unit, level: str, period: str, known_at: int, *, adds_up: bool
) -> Rows:
    """What every row of a return contributes to an indicator of a unit; of a town its villages' rows if it `adds_up`."""
    binds = _of_indicator(code, unit, level, period)
    return _rows(connection, "traced_parts", **binds, known_at=known_at, adds_up=adds_up)


def _of_indicator(code: str, unit: Unit, level: str, period: str) -> dict[str, str]:
    county_code = county_of(unit.unit_code)
    binds = {"unit_code": unit.unit_code, "county_code": county_code, "level": level}
    return {**binds, "indicator_code": code, "period": period}


def milestones(connection: sa.Connection, plan_code: str, known_at: int) -> Rows:
    """The coverage of a plan, seen from the day of the load: one row per scope and milestone."""
    return _rows(connection, "coverage", plan_code=plan_code, known_at=known_at, as_of=None)


def tasks(connection: sa.Connection, plan_code: str, number: int, unit_code: str, known_at: int) -> Rows:
    """The villages of a plan's list in a county or town, with the event that decides at a milestone: one row each."""
    binds = {"plan_code": plan_code, "number": number, "unit_code": unit_code, "known_at": known_at}
    return _rows(connection, "traced_tasks", **binds)


def county_of(code: str) -> str:
    """The county of a place, by the first digits of its code."""
    return f"{code[:6]}000000"


def _rows(connection: sa.Connection, name: str, **binds: Any) -> Rows:
    return [dict(row) for row in connection.execute(query(name), binds).mappings()]
