"""What was published (发布): names for loads. Noted in the journal first and brought back from it by `reconcile`."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wentong.errors import WentongError
from wentong.journal import Entry
from wentong.warehouse.migrate import keep_periods
from wentong.warehouse.schema import loads, releases

EVENT = "published"
"""Of the journal: {name, period, known_at, title, by, sha256}; `known_at` is the load, which it does not take itself."""


def record(connection: sa.Connection, entry: Entry) -> None:
    """Give a journal entry its row; one that has its row is left alone."""
    keep_periods(connection, [entry["period"]])
    row = {
        **{name: entry[name] for name in ("name", "period", "title", "sha256")},
        "load_id": entry["known_at"],
        "published_at": datetime.fromisoformat(entry["at"]),
        "published_by": entry["by"],
        "journal_seq": entry["seq"],
    }
    connection.execute(insert(releases).values(row).on_conflict_do_nothing())


def read_releases(connection: sa.Connection, period: str | None = None) -> list[dict[str, Any]]:
    """The rows of ops.releases, of one period or all, in order of publication."""
    wanted = sa.true() if period is None else releases.c.period == period
    found = connection.execute(sa.select(releases).where(wanted).order_by(releases.c.journal_seq))
    return [dict(row) for row in found.mappings()]


def load_of(connection: sa.Connection, text: str) -> int:
    """The load that a release is pinned to, by its name, or a load number. Raises WentongError when there is none."""
    named = {row["name"]: row["load_id"] for row in read_releases(connection)}
    if text in named:
        return int(named[text])
    if text.isdecimal() and connection.scalar(sa.select(loads.c.load_id).where(loads.c.load_id == int(text))):
        return int(text)
    raise WentongError(f"There is no release or load {text}; published are: {', '.join(named) or 'none yet'}.")
