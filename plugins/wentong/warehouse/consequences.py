"""What follows from a change of what is known, in the transaction of that change; and the seal that ends it.

Whatever is read as known at a load is complete when the load is, and never another afterwards: findings that compare
rows, how obligations stand, acceptance events and crossings are written with it. The seal is the digest of every row
that the loads of the transaction began or ended, in the journal: who edits the tables cannot edit that too.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa

from wentong.forms import forms
from wentong.journal import Journal
from wentong.warehouse import acceptance
from wentong.warehouse.connections import run
from wentong.warehouse.relations import Scope, relate_rules
from wentong.warehouse.schema import form_table, metadata

Seal = Mapping[str, str]
"""Table -> SHA-256 of the rows that a transaction began or ended there; tables without any are left out."""
NOT_SEALED = {"confirmed_by", "told_at", "explanation"}
"""Columns that may be filled in later, and say nothing about figures."""


def settle(
    connection: sa.Connection, first_load: int, touched: Collection[Scope], at: datetime, counties: Collection[str] = ()
) -> None:
    """Bring everything that follows up to date after the loads of this transaction, the first of which is `first_load`.

    `touched` are the scopes of which rows changed; `counties` those whose plans changed beside them.
    """
    relate_rules(connection, touched, first_load - 1)
    keep_obligations(connection, first_load)
    changed = {scope.county_code for scope in touched} | set(counties)
    acceptance.bring_up_to_date(connection, changed, at, first_load - 1)


def keep_obligations(connection: sa.Connection, first_load: int, because: str = "states") -> None:
    """Write the versions of obligations that a statement of include/sql/obligations finds for these loads."""
    top_load = connection.scalar(sa.text("select max(load_id) from ops.loads"))
    run(connection, "obligations", because, {"first_load": str(first_load), "top_load": str(top_load)})
    run(connection, "obligations", "write")


def seal(connection: sa.Connection, journal: Journal, first_load: int, at: datetime) -> None:
    """Note in the journal what the loads of this transaction, from `first_load` on, changed. The last thing before it ends."""
    last_load = connection.scalar(sa.text("select max(load_id) from ops.loads"))
    payload = {"load_id": first_load, "last_load": last_load, "digests": digests(connection, first_load, last_load)}
    journal.append("sealed", payload, at)


def digests(connection: sa.Connection, first_load: int, last_load: int) -> Seal:
    """The seal of these loads as the tables have it now."""
    return combined(digests_by_load(connection, first_load, last_load), first_load, last_load)


def digests_by_load(connection: sa.Connection, first_load: int, last_load: int) -> dict[str, dict[int, str]]:
    """Table -> load -> SHA-256 of the rows that it began or ended there; loads without any are left out."""
    lines = " union all ".join(
        f"select '{table.fullname}' as table_name, load_id, line from ({_lines(table, first_load, last_load)}) as lines"
        for table in sealed_tables()
    )
    found: dict[str, dict[int, str]] = {}
    for row in run(connection, "queries", "digests", {"lines": lines}):
        found.setdefault(row.table_name, {})[row.load_id] = row.digest
    return found


def combined(by_load: Mapping[str, Mapping[int, str]], first_load: int, last_load: int) -> Seal:
    """One digest of these loads for every table to which they did something."""
    seals = {}
    for name, digests_of in by_load.items():
        parts = [digests_of[load_id] for load_id in range(first_load, last_load + 1) if load_id in digests_of]
        if parts:
            seals[name] = hashlib.sha256("".join(parts).encode()).hexdigest()
    return seals


def sealed_tables() -> Iterator[sa.Table]:
    """The tables whose rows are known from a load on: those of the forms and of history, ops.loads included."""
    for form in forms().values():
        yield from (form_table(table) for table in form.tables)
    for name in sorted(metadata.tables):
        if "from_load" in metadata.tables[name].c:
            yield metadata.tables[name]


def _lines(table: sa.Table, first_load: int, last_load: int) -> str:
    """The rows of a table that these loads began, and the keys of those that they ended, as text. Empty columns at the end do
    not count, so a form may gain fields."""
    own = ", ".join(column.name for column in table.columns if column.name not in {"to_load", *NOT_SEALED})
    key = ", ".join(column.name for column in table.primary_key.columns)
    begun = f"select from_load as load_id, '+' || rtrim(cast(row({own}) as text), ',)') as line from {table.fullname}"
    ended = f"select to_load as load_id, '-' || cast(row({key}) as text) as line from {table.fullname}"
    span = f"between {first_load} and {last_load}"
    only_begun = f"{begun} where from_load {span}"
    return f"{only_begun} union all {ended} where to_load {span}" if "to_load" in table.c else only_begun
