"""What the command line, the pages and the demonstration show: rows of marts and counts of ops, as dictionaries."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa

from wentong.errors import WentongError
from wentong.forms import Table
from wentong.periods import CHINA
from wentong.warehouse.connections import query
from wentong.warehouse.schema import form_table, loads

Rows = list[dict[str, Any]]


def known_at(connection: sa.Connection, text: str | None) -> int:
    """The load number that `--known-at` means: one itself, the last one until a time (ISO, China's clock; a day alone:
    until its end), or (None) the last of all. Raises WentongError when there is none such."""
    last = connection.scalar(sa.select(sa.func.max(loads.c.load_id)))
    if text is None:
        return last or 0
    if text.isdecimal():
        if not 1 <= int(text) <= (last or 0):
            raise WentongError(f"There is no load {text}; the last one is {last or 'not there yet'}.")
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise WentongError(
            f"{text!r} is neither a load number nor a time; write 17, 2026-10-12 or 2026-10-12T09:30."
        ) from error
    if len(text) == len("2026-10-12"):
        moment = datetime.combine(moment, time.max)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
    found: int | None = connection.scalar(sa.select(sa.func.max(loads.c.load_id)).where(loads.c.loaded_at <= moment))
    if found is None:
        raise WentongError(f"Nothing was known yet at {text}.")
    return found


def coverage(
    engine: sa.Engine, plan_code: str | None = None, known_at: int | None = None, as_of: date | None = None
) -> Rows:
    """Rows of marts.milestones: one per plan, scope and milestone, as known at a load number (None: now) and seen from a
    day (None: that of the load)."""
    with engine.connect() as connection:
        connection.execute(sa.text("set local work_mem = '128MB'"))  # a plan may have hundreds of thousands of tasks
        connection.execute(sa.text("set local jit = off"))  # compiling takes longer than a county's question
        binds = {"plan_code": plan_code, "known_at": known_at, "as_of": as_of}
        return [dict(row) for row in connection.execute(query("coverage"), binds).mappings()]


def plan_days(engine: sa.Engine, plan_code: str | None = None, known_at: int | None = None) -> Rows:
    """Rows of marts.plan_days as known at a load number (None: now), with the day on which the plan's list was frozen."""
    return _rows(engine, "plan_days", plan_code=plan_code, known_at=known_at)


def open_tasks(
    engine: sa.Engine, plan_code: str | None = None, known_at: int | None = None, as_of: date | None = None
) -> Rows:
    """Villages not accepted on a day (None: that of the load), as known at a load number (None: now): one row per plan,
    milestone and village, with its reason, stage, planned date and next step as in marts.gap_list."""
    return _rows(engine, "open_tasks", plan_code=plan_code, known_at=known_at, as_of=as_of)


def matrix(engine: sa.Engine, today: date, period: str | None = None) -> Rows:
    """Rows of marts.submission_matrix of one period (None: the latest due of every form): one per unit that owes a form."""
    return _rows(engine, "matrix", period=period, today=today)


def held(engine: sa.Engine) -> Rows:
    """Files held and not decided: one row each, with the reason, in order of receipt."""
    return _rows(engine, "held_submissions")


def issues(engine: sa.Engine, today: date, county_code: str | None = None, only_open: bool = False) -> Rows:
    """Rows of marts.issue_board as of a day: one per problem, the longest overdue first; of one county, or of all."""
    return _rows(engine, "issues", today=today, county_code=county_code, only_open=only_open)


def to_mend(engine: sa.Engine, submission_ids: Sequence[int]) -> dict[int, int]:
    """Submission -> how many of its findings somebody must mend; those without any are left out."""
    rows = _rows(engine, "to_mend", submission_ids=list(submission_ids))
    return {row["submission_id"]: row["findings"] for row in rows}


def progress(engine: sa.Engine) -> dict[str, int]:
    """How many submissions were received, judged, answered and loaded, how many are to load, and each outcome."""
    (row,) = _rows(engine, "progress")
    return row


def last_changes(engine: sa.Engine) -> dict[str, datetime]:
    """Period -> when accepted rows of it last changed."""
    return {row["period"]: row["loaded_at"] for row in _rows(engine, "last_changes")}


def ask(engine: sa.Engine, sql: str) -> Rows:
    """The rows of any one statement that only reads what analysts may. Raises WentongError with what the database says
    against it."""
    with engine.connect() as connection:
        connection.exec_driver_sql("set transaction read only; set local role wentong_analyst")
        try:
            found = connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
            names = list(found.keys())
            if repeated := next((name for name in names if names.count(name) > 1), None):
                raise WentongError(f"Two columns are called {repeated}: give one another name with `as`.")
            return [dict(row) for row in found.mappings()]
        except (sa.exc.DBAPIError, sa.exc.ResourceClosedError) as error:
            raise WentongError(f"The warehouse says: {str(getattr(error, 'orig', error)).strip()}") from error


def last_rows(engine: sa.Engine, table: Table, unit_code: str, before: date) -> Rows:
    """The rows that a town's or a county's latest return for an earlier period holds now: place, period, states, and the
    fields that do not name persons."""
    fields = ", ".join(
        field.name for field in table.stored if not field.personal
    )  # checked identifiers, as the table's name is
    text = query("last_rows").text.replace(":facts", f"core.{form_table(table).name}").replace(":fields", fields)
    with engine.connect() as connection:
        found = connection.execute(sa.text(text), {"unit_code": unit_code, "first_day": before})
        return [dict(row) for row in found.mappings()]


def _rows(engine: sa.Engine, name: str, **binds: Any) -> Rows:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query(name), binds).mappings()]
