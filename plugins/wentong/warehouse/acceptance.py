"""Acceptance events and crossings of milestones: what follows for plans from the accepted rows, by SQL for all tasks at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from wentong.milestones import Crossing
from wentong.plans import EVENT_TABLES
from wentong.warehouse.connections import statement
from wentong.warehouse.schema import milestone_crossings, plans


def bring_up_to_date(
    connection: sa.Connection, counties: Collection[str] | None, at: datetime, since: int = 0
) -> list[Crossing]:
    """Derive the events of plans from what changed after load `since` and record the milestones that are reached for the first
    time; only those are returned. Repeating it changes nothing.

    Of the plans of these counties and of the prefectures above them (None: of all). `since` 0: after the last events.
    """
    wanted = sa.select(plans.c.plan_code).where(plans.c.to_load.is_(None), plans.c.form_code.is_not(None))
    if counties is not None:
        areas = {*counties, *(f"{county[:4]}00000000" for county in counties)}
        wanted = wanted.where(plans.c.county_code.in_(areas))
    plan_codes = connection.scalars(wanted.order_by(plans.c.plan_code)).all()
    if not plan_codes:
        return []
    derive_events(connection, plan_codes, since)
    return record_crossings(connection, plan_codes, at)


def mark(engine: sa.Engine, at: datetime) -> list[Crossing]:
    """`bring_up_to_date` for every plan, in a transaction of its own: what an earlier version of Wentong left undone."""
    with engine.begin() as connection:
        return bring_up_to_date(connection, None, at)


def derive_events(connection: sa.Connection, plan_codes: Sequence[str], since: int = 0) -> None:
    """Bring the acceptance events of plans in line with what changed after load `since` (0: after the last events). Can run
    twice.

    Events carry the load that made them known, however many loads have come since.
    """
    binds = {"plan_codes": list(plan_codes), "since": since}
    _take_turn(connection)
    connection.execute(sa.text("set local work_mem = '128MB'"))
    connection.execute(statement("acceptance", "moments"), binds)
    if connection.scalar(sa.text("select exists (select from moments)")):
        connection.execute(sa.text("analyze moments"))
        connection.execute(statement("acceptance", "statements"))
        for table in EVENT_TABLES:
            connection.execute(statement("acceptance", table))
        connection.execute(sa.text("analyze statements"))
        connection.execute(statement("acceptance", "derive"), binds)
        connection.execute(sa.text("analyze derived_events"))
        connection.execute(statement("acceptance", "close"))
        connection.execute(statement("acceptance", "add"))
        connection.execute(sa.text("drop table derived_events, statements"))
    connection.execute(sa.text("drop table moments"))


def record_crossings(connection: sa.Connection, plan_codes: Sequence[str], at: datetime) -> list[Crossing]:
    """Record the milestones that the acceptance events of plans reach for the first time.

    Returns the new crossings only: by plan and milestone the county first, then towns by code. Can run twice.
    """
    _take_turn(connection)
    # it expects one crossing where there may be thousands, and would walk all events for each of them
    connection.execute(sa.text("set local enable_nestloop = off"))
    binds = {"plan_codes": list(plan_codes)}
    found = connection.execute(statement("acceptance", "crossings"), binds).mappings().all()
    connection.execute(sa.text("set local enable_nestloop = on"))
    if found:
        connection.execute(milestone_crossings.insert(), [{**row, "recorded_at": at} for row in found])
    return [Crossing(**row) for row in found]


def _take_turn(connection: sa.Connection) -> None:
    """One transaction at a time."""
    connection.execute(sa.text("select pg_advisory_xact_lock(hashtext('wentong.mark'))"))
