"""Who is expected to return what: rows of core.fct_obligation. How they stand follows in `consequences`."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from wentong.forms import find_form
from wentong.journal import Entry, Journal
from wentong.warehouse.connections import begin_load, lock_loads, query
from wentong.warehouse.consequences import keep_obligations, seal, settle
from wentong.warehouse.migrate import keep_periods

REPORTERS = {"village": "village_center", "town": "town_station", "county": "county_bureau"}
"""Level that reports a form -> type of organisation that owes it."""
Expected = tuple[str, str, date]
"""A form, a period, and the day on which its returns are due."""


def open_obligations(
    engine: sa.Engine, journal: Journal, expected: Collection[Expected], at: datetime, county_code: str | None = None
) -> int:
    """Expect returns from every organisation that owes them (of one county, or of all). Returns how many were added.

    Those that are expected already keep what they have. Returns received and extensions approved earlier are counted
    at once.
    """
    with engine.begin() as connection:
        lock_loads(connection)
        missing = [one for one in expected if _is_missing(connection, one, county_code)]
        if not missing:
            return 0
        returns = [[form_code, period, str(due_on)] for form_code, period, due_on in sorted(missing)]
        payload = {"returns": returns, "county_code": county_code}
        entry = begin_load(connection, journal, "decision", "returns_expected", payload, at)
        added = apply_expected(connection, entry)
        seal(connection, journal, entry["load_id"], at)
    return added


def apply_expected(connection: sa.Connection, entry: Entry) -> int:
    """Let a journaled expectation take effect; returns how many obligations it added."""
    load_id = entry["load_id"]
    added = sum(
        expect(connection, (form_code, period, date.fromisoformat(due_on)), load_id, entry["county_code"])
        for form_code, period, due_on in entry["returns"]
    )
    keep_obligations(connection, load_id, "extended")
    settle(connection, load_id, (), datetime.fromisoformat(entry["at"]))
    return added


def expect(connection: sa.Connection, expected: Expected, load_id: int, county_code: str | None = None) -> int:
    """Expect one return from everybody who owes it and is not expected to yet; returns how many."""
    _, _, due_on = expected
    columns = "org_id, county_code, form_code, period, due_on, from_load"
    added = sa.text(
        f"insert into core.fct_obligation ({columns}) "
        "select missing.org_id, missing.county_code, :form_code, :period, :due_on, :load_id "
        f"from ({query('missing_obligations')}) as missing"
    )
    binds = {**_missing(connection, expected, county_code), "due_on": due_on, "load_id": load_id}
    return connection.execute(added, binds).rowcount


def _is_missing(connection: sa.Connection, expected: Expected, county_code: str | None) -> bool:
    missing = sa.text(f"select exists ({query('missing_obligations')})")
    return bool(connection.scalar(missing, _missing(connection, expected, county_code)))


def _missing(connection: sa.Connection, expected: Expected, county_code: str | None) -> dict[str, Any]:
    """What the query of what is missing asks for, after seeing to it that the calendar has the period."""
    form_code, period, _ = expected
    keep_periods(connection, [period])
    org_type = REPORTERS[find_form(form_code).reported_by]
    return {"form_code": form_code, "period": period, "org_type": org_type, "county_code": county_code}
