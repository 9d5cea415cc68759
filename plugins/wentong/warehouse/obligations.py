"""Who owes which return, and how it stands."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from wentong.forms import Form
from wentong.warehouse.connections import query
from wentong.warehouse.migrate import keep_periods

REPORTERS = {"village": "village_center", "town": "town_station", "county": "county_bureau"}
"""Level that reports a form -> type of organisation that owes it."""


def open_obligations(engine: sa.Engine, form: Form, period: str, due_on: date, county_code: str | None = None) -> int:
    """Expect a form from every organisation that owes returns (of one county, or of all). Returns how many were added.

    Those that are expected already keep what they have. Returns received and extensions approved earlier are counted
    at once.
    """
    with engine.begin() as connection:
        keep_periods(connection, [period])
        binds = {
            "form_code": form.code,
            "period": period,
            "due_on": due_on,
            "org_type": REPORTERS[form.reported_by],
            "county_code": county_code,
        }
        added = connection.execute(query("open_obligations"), binds).rowcount
        connection.execute(query("extend_obligations"))
        connection.execute(
            query("relate_obligations"), {"form_code": form.code, "period": period, "submission_ids": None}
        )
    return added


def relate(engine: sa.Engine, submission_ids: Sequence[int] | None = None) -> None:
    """Bring the obligations that these submissions speak of (None: all) up to what was judged, decided and loaded.

    The latest return decides: received (judged, not loaded yet), held, returned, accepted, with its open errors. Only
    state changes, never a value; repeating it changes nothing.
    """
    ids = None if submission_ids is None else list(submission_ids)
    with engine.begin() as connection:
        connection.execute(query("relate_obligations"), {"form_code": None, "period": None, "submission_ids": ids})
