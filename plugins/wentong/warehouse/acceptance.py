"""Acceptance events and crossings of milestones: what follows for plans from the accepted rows, by SQL for all tasks at once."""

from collections.abc import Collection
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
    new: list[Crossing] = []
    for plan_code in connection.scalars(wanted).all():
        derive_events(connection, plan_code)
        new += record_crossings(connection, plan_code, at)
    return new


def mark(engine: sa.Engine, at: datetime) -> list[Crossing]:
    """`bring_up_to_date` for every plan, in a transaction of its own: what an earlier version of Wentong left undone."""
    with engine.begin() as connection:
        return bring_up_to_date(connection, None, at)


def derive_events(connection: sa.Connection, plan_code: str) -> None:
    """Bring a plan's acceptance events in line with the accepted returns. Can run twice.

    Events carry the load that made them known, however many loads have come since the last run.
    """
    binds = {"plan_code": plan_code}
    _take_turn(connection, plan_code)
    connection.execute(sa.text("set local work_mem = '128MB'"))
    wanted = sa.text("select table_name from core.plans where plan_code = :plan_code and to_load is null")
    table = connection.scalar(wanted, binds)
    if table is None:
        raise WentongError(f"there is no plan {plan_code}; import it first")
    if table != "village_center":
        raise DeclarationError(f"plan {plan_code}: acceptance cannot be derived from the table {table} yet")
    derived = sa.text(f"create temporary table derived_events on commit drop as {query('derive_acceptance_events')}")
    connection.execute(derived, binds)
    if connection.scalar(sa.text("select exists (select from derived_events)")):
        connection.execute(sa.text("analyze derived_events"))
        connection.execute(query("close_acceptance_events"))
        connection.execute(query("add_acceptance_events"))
    connection.execute(sa.text("drop table derived_events"))


def record_crossings(connection: sa.Connection, plan_code: str, at: datetime) -> list[Crossing]:
    """Record the milestones that a plan's acceptance events reach for the first time.

    Returns the new crossings only: the county first, then towns by code. Can run twice.
    """
    _take_turn(connection, plan_code)
    # it expects one crossing where there may be thousands, and would walk all events for each of them
    connection.execute(sa.text("set local enable_nestloop = off"))
    found = connection.execute(query("find_milestone_crossings"), {"plan_code": plan_code}).mappings().all()
    connection.execute(sa.text("set local enable_nestloop = on"))
    if found:
        rows = [{"plan_code": plan_code, **row, "recorded_at": at} for row in found]
        connection.execute(milestone_crossings.insert(), rows)
    return [Crossing(plan_code=plan_code, **row) for row in found]


def _take_turn(connection: sa.Connection, plan_code: str) -> None:
    """One transaction at a time for one plan."""
    turn = sa.text("select pg_advisory_xact_lock(hashtext('wentong.mark'), hashtext(:plan_code))")
    connection.execute(turn, {"plan_code": plan_code})
