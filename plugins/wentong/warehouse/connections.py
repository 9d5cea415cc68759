"""How to reach the warehouse, and what every change of it shares: the load number and the SQL texts."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Literal

import psycopg.sql
import sqlalchemy as sa

from wentong import postgres
from wentong.errors import EnvironmentProblem
from wentong.journal import Entry, Journal
from wentong.settings import INCLUDE, Settings
from wentong.warehouse.schema import loads

Role = Literal["wentong_owner", "wentong_etl", "wentong_analyst"]
LOADING = 0x77656E01
"""Advisory lock under which load numbers are taken, so that they follow commits."""


@contextmanager
def engine(settings: Settings, role: Role = "wentong_etl") -> Iterator[sa.Engine]:
    """The warehouse as one role: the configured database, or the embedded server for as long as the block lasts.

    Raises EnvironmentProblem, in one sentence, if no server answers.
    """
    if settings.database_url is None:
        with postgres.server(settings.home) as server, _connected(server.url(role)) as found:
            yield found
    else:
        owner = settings.owner_database_url if role == "wentong_owner" else None
        with _connected(owner or settings.database_url) as found:
            yield found


@contextmanager
def _connected(url: str) -> Iterator[sa.Engine]:
    address = sa.make_url(url)
    if address.get_backend_name() in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    options = {"options": "-c timezone=Asia/Shanghai", "application_name": "wentong", "connect_timeout": 10}
    made = sa.create_engine(address, connect_args=options)
    try:
        try:
            made.connect().close()
        except sa.exc.OperationalError as error:
            raise EnvironmentProblem(
                f"The warehouse at {address.host}:{address.port} does not answer: {str(error.orig).strip().splitlines()[0]}"
            ) from error
        yield made
    finally:
        made.dispose()


def query(name: str) -> sa.TextClause:
    """The statement of include/sql/queries/<name>.sql."""
    return statement("queries", name)


@cache
def statement(folder: str, name: str) -> sa.TextClause:
    """The statement of include/sql/<folder>/<name>.sql, which takes binds."""
    return sa.text((INCLUDE / "sql" / folder / f"{name}.sql").read_text(encoding="utf-8"))


def run(
    connection: sa.Connection, folder: str, name: str, slots: Mapping[str, str] | None = None
) -> sa.CursorResult[Any]:
    """Run include/sql/<folder>/<name>.sql, whose `:words` are filled with what follows from the form."""
    return connection.exec_driver_sql(filled(folder, name, slots or {}), execution_options={"no_parameters": True})


def filled(folder: str, name: str, slots: Mapping[str, str]) -> str:
    """The text of include/sql/<folder>/<name>.sql with what stands for its `:words`."""
    text = (INCLUDE / "sql" / folder / f"{name}.sql").read_text(encoding="utf-8")
    return re.sub(r"(?<![:\w]):(\w+)", lambda found: slots.get(found[1], found[0]), text)


def begin_load(
    connection: sa.Connection,
    journal: Journal,
    kind: Literal["register", "plan", "decision"],
    event: str,
    payload: Mapping[str, Any],
    at: datetime,
) -> Entry:
    """Note an event in the journal and take the next load number for it, which the entry carries as `load_id`.

    Others that change what is known wait until this transaction ends. An entry whose transaction came to nothing is
    void: the next one that takes effect carries the same number (`rebuilding.effective`).
    """
    load_id = lock_loads(connection) + 1
    entry = journal.note(event, {**payload, "load_id": load_id}, at)
    take_load(connection, kind, load_id, entry)
    return entry


def take_load(connection: sa.Connection, kind: str, load_id: int, entry: Entry) -> None:
    """Give a load its row, as an entry of the journal says."""
    row = {"load_id": load_id, "kind": kind, "journal_seq": entry["seq"]}
    connection.execute(loads.insert(), {**row, "loaded_at": datetime.fromisoformat(entry["at"])})


def lock_loads(connection: sa.Connection) -> int:
    """Wait for the turn to change what is known, until the end of this transaction. Returns the last load number."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOADING)))
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(loads.c.load_id), 0))) or 0)


def literal(value: str | bool) -> str:
    """A text, or true or false, as SQL writes it."""
    return psycopg.sql.Literal(value).as_string()


def storable(text: str) -> str:
    """Text the database can hold; file names and cells may contain NUL and bytes that are no text."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
