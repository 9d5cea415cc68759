"""Acceptance events and crossings of milestones: what follows for plans from the accepted rows, by SQL for all tasks at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from wentong.errors import DeclarationError, WentongError
from wentong.milestones import Crossing
from wentong.warehouse.connections import query
from wentong.warehouse.schema import milestone_crossings, plans


def bring_up_to_date(connection: sa.Connection, counties: Collection[str] | None, at: datetime) -> list[Crossing]:
    """Derive the events of these counties' plans (None: of all) and record the milestones that are reached for the first
    time; only those are returned. Repeating it changes nothing."""
    wanted = sa.select(plans.c.plan_code).where(plans.c.to_load.is_(None)).order_by(plans.c.plan_code)
    if counties is not None:
        wanted = wanted.where(plans.c.county_code.in_(counties))
    plan_codes = connection.scalars(wanted).all()
    if not plan_codes:
        return []
    derive_events(connection, plan_codes)
    return record_crossings(connection, plan_codes, at)


def mark(engine: sa.Engine, at: datetime) -> list[Crossing]:
    """`bring_up_to_date` for every plan, in a transaction of its own: what an earlier version of Wentong left undone."""
    with engine.begin() as connection:
        return bring_up_to_date(connection, None, at)


def derive_events(connection: sa.Connection, plan_codes: Sequence[str]) -> None:
    """Bring the acceptance events of plans in line with the accepted returns. Can run twice.

    Events carry the load that made them known, however many loads have come since the last run.
    """
    binds = {"plan_codes": list(plan_codes)}
    _take_turn(connection)
    connection.execute(sa.text("set local work_mem = '128MB'"))
    wanted = sa.select(plans.c.plan_code, plans.c.table_name)
    tables = dict(connection.execute(wanted.where(plans.c.plan_code.in_(plan_codes), plans.c.to_load.is_(None))).all())
    for plan_code in plan_codes:
        if plan_code not in tables:
            raise WentongError(f"there is no plan {plan_code}; import it first")
        if tables[plan_code] != "village_center":
            raise DeclarationError(
                f"plan {plan_code}: acceptance cannot be derived from the table {tables[plan_code]} yet"
            )
    derived = sa.text(f"create temporary table derived_events on commit drop as {query('derive_acceptance_events')}")
    connection.execute(derived, binds)
    if connection.scalar(sa.text("select exists (select from derived_events)")):
        connection.execute(sa.text("analyze derived_events"))
        connection.execute(query("close_acceptance_events"))
        connection.execute(query("add_acceptance_events"))
    connection.execute(sa.text("drop table derived_events"))


def record_crossings(connection: sa.Connection, plan_codes: Sequence[str], at: datetime) -> list[Crossing]:
    """Record the milestones that the acceptance events of plans reach for the first time.

    Returns the new crossings only: by plan and milestone the county first, then towns by code. Can run twice.
    """
    _take_turn(connection)
    # it expects one crossing where there may be thousands, and would walk all events for each of them
    connection.execute(sa.text("set local enable_nestloop = off"))
    found = connection.execute(query("find_milestone_crossings"), {"plan_codes": list(plan_codes)}).mappings().all()
    connection.execute(sa.text("set local enable_nestloop = on"))
    if found:
        connection.execute(milestone_crossings.insert(), [{**row, "recorded_at": at} for row in found])
    return [Crossing(**row) for row in found]


def _take_turn(connection: sa.Connection) -> None:
    """One transaction at a time."""
    connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('wentong.mark'))"))
