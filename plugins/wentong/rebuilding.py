"""The proof that nothing is lost: what the archive has against what the tables have, and the tables made from it anew.

The journal has every input event and decision in order, the archive the files and the verdicts; from them the warehouse
is made again, history included. Damages are told in Chinese, a sentence each, with the damaged thing by name.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from wentong import postgres, releases, warehouse
from wentong.archive import Archive, Receipt
from wentong.bronze import bronze_path, read_bronze
from wentong.errors import WentongError
from wentong.forms import forms
from wentong.journal import Entry
from wentong.settings import Settings
from wentong.warehouse import (
    consequences,
    loads,
    obligations,
    programmes,
    register,
    relations,
    schema,
    submissions,
    waivers,
)
from wentong.warehouse.connections import lock_loads, take_load

NAMED = 20
"""Rows of one table that are named one by one."""
EVENTS: Mapping[str, tuple[str, Callable[[sa.Connection, Archive, Entry], object]]] = {
    "units_imported": ("register", register.apply_units),
    "plan_imported": ("plan", lambda connection, _, entry: programmes.apply_plan(connection, entry)),
    programmes.PLAN_CHANGED: ("plan", lambda connection, _, entry: programmes.apply_change(connection, entry)),
    "waive": ("decision", lambda connection, _, entry: waivers.apply_approval(connection, entry)),
    "extend": ("decision", lambda connection, _, entry: waivers.apply_approval(connection, entry)),
    "returns_expected": ("decision", lambda connection, _, entry: obligations.apply_expected(connection, entry)),
}
"""Events that take one load -> its kind, and how they take effect."""
NOT_REBUILT = {
    "ops.notifications", "ops.journal_position", "ops.audits", "ops.audit_results", "ops.audit_figures", "core.dim_form",
    "core.dim_period",
}  # fmt: skip
"""Tables about the running of a site, and those that `migrate` fills: they hold nothing that was reported."""
NOT_COMPARED = {"failed_at"}


def proofs(settings: Settings, engine: sa.Engine, archive: Archive, *, full: bool) -> Iterator[tuple[str, list[str]]]:
    """What is proved, step by step, each with the damages found; `full` makes the warehouse anew and compares it. After a
    damaged archive nothing else is looked at: it would prove nothing."""
    damages = list(damages_of_archive(archive))
    yield "流水链条连续,原件和审核记录逐字节一致", damages
    if damages:
        return
    yield "各表与历次入库时封存的一致", list(damages_of_tables(engine, archive))
    yield "发布的数据与发布时一致", list(releases.damages(engine, archive.journal, settings.releases))
    if full:
        yield (
            "按存档重建的数据仓库与现有的逐行一致,历史版本在内",
            list(damages_by_rebuilding(settings, engine, archive)),
        )


# ------------------------------------------------------------------------------------------------ the archive


def effective(archive: Archive) -> list[Entry]:
    """The journal's entries that took effect, in order.

    A process killed between its entry and its commit leaves one that came to nothing: the next that takes a load
    carries the same number. So with verdicts: the last one counts.
    """
    kept: list[Entry] = []
    next_load: float = float("inf")
    judged: set[str] = set()
    for entry in reversed(list(archive.journal.read())):
        if "load_id" in entry:
            if entry["load_id"] >= next_load:
                continue
            if entry["event"] != "sealed":
                next_load = entry["load_id"]
        if entry["event"] == "judged":
            rows = {number: sha256 for number, sha256 in entry["rows"].items() if number not in judged}
            judged |= rows.keys()
            entry = {**entry, "rows": rows}
        kept.append(entry)
    return kept[::-1]


def damages_of_archive(archive: Archive) -> Iterator[str]:
    """What is not as it was kept: the journal's first broken entry, originals and verdicts lost or changed."""
    if broken := archive.journal.verify():
        yield broken
        return
    yield from archive.damaged_originals()
    receipts = _receipts(archive)
    for entry in effective(archive):
        for number, sha256 in entry["rows"].items() if entry["event"] == "judged" else ():
            receipt = receipts[int(number)]
            path = bronze_path(archive.root, receipt.sha256, receipt.submission_id)
            name = f"{path.relative_to(archive.root)}(第{number}号 {receipt.file_name} 的审核记录)"
            try:
                if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                    yield f"{name}:与审核时写下的不一致"
            except OSError as error:
                yield f"{name}:{error.strerror}"


def _receipts(archive: Archive) -> dict[int, Receipt]:
    found = (Receipt.from_entry(entry) for entry in archive.journal.read() if entry["event"] == "received")
    return {receipt.submission_id: receipt for receipt in found}


# ------------------------------------------------------------------------------------------------- the tables


def damages_of_tables(engine: sa.Engine, archive: Archive) -> Iterator[str]:
    """Where the tables are not what their loads made them, by table and load."""
    with engine.connect() as connection:
        entries = effective(archive)
        last = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(schema.loads.c.load_id), 0))) or 0
        seals = [entry for entry in entries if entry["event"] == "sealed" and entry["last_load"] <= last]
        causes = _causes(archive, entries)
        by_load = consequences.digests_by_load(connection, 1, last)
        for entry in seals:
            first, to = entry["load_id"], entry["last_load"]
            for name in _unlike(consequences.combined(by_load, first, to), entry["digests"]):
                span = f"第{first}次" if first == to else f"第{first}至{to}次"
                names = "、".join(causes.get(load_id, "") for load_id in range(first, min(to, first + 4) + 1))
                yield f"{name}:{span}入库的行被改动({names});用 wentong verify --full 查明是哪些行"


def _unlike(found: consequences.Seal, sealed: consequences.Seal) -> list[str]:
    """The tables of which two seals differ."""
    return sorted(name for name in found.keys() | sealed.keys() if found.get(name) != sealed.get(name))


def _causes(archive: Archive, entries: list[Entry]) -> dict[int, str]:
    """Load -> what it was, for people."""
    names = {receipt.submission_id: receipt.file_name for receipt in _receipts(archive).values()}
    titles = {
        "units_imported": "名录导入",
        "plan_imported": "计划导入",
        "plan_changed": "任务清单变动",
        "waive": "豁免",
        "extend": "缓报",
    }
    found = {}
    for entry in entries:
        if entry["event"] == "loaded":
            for load_id, (_, _, submission_id) in enumerate(entry["turns"], start=entry["load_id"]):
                found[load_id] = f"第{submission_id}号 {names.get(submission_id, '')}"
        elif entry["event"] in EVENTS and "load_id" in entry:
            found[entry["load_id"]] = titles.get(entry["event"], "报送安排")
    return found


def replay(engine: sa.Engine, archive: Archive, until_load: float = float("inf")) -> Iterator[str]:
    """Let everything in the journal take effect again in an empty warehouse, with the verdicts as they were given.

    Yields a sentence where a load does not come out as it was sealed. `until_load`: later ones are left out. Raises
    WentongError for a journal of a version that did not number its loads.
    """
    receipts = _receipts(archive)
    position: Entry | None = None
    for entry in effective(archive):
        with engine.begin() as connection:
            position = entry
            match entry["event"]:
                case "judged":
                    verdicts = {
                        int(number): read_bronze(archive.root, receipts[int(number)].sha256, int(number))
                        for number in entry["rows"]
                    }
                    if verdicts:
                        submissions.apply_judgements(connection, verdicts, datetime.fromisoformat(entry["at"]))
                case "answered":
                    submissions.apply_answers(connection, entry)
                case "told":
                    relations.apply_told(connection, entry)
                case "loaded" if entry["load_id"] <= until_load:
                    lock_loads(connection)
                    loads.apply_loads(connection, archive.root, entry)
                case "sealed" if entry["load_id"] <= until_load:
                    found = consequences.digests(connection, entry["load_id"], entry["last_load"])
                    for name in _unlike(found, entry["digests"]):
                        yield f"{name}:第{entry['load_id']}次入库重做的结果与当时不同"
                case event if event in EVENTS and "load_id" not in entry:
                    raise WentongError(
                        f"Entry {entry['seq']} of the journal was written by a version that did not number its loads: "
                        "what came before it cannot be made again."
                    )
                case event if event in EVENTS and entry["load_id"] <= until_load:
                    kind, apply = EVENTS[event]
                    lock_loads(connection)
                    take_load(connection, kind, entry["load_id"], entry)
                    apply(connection, archive, entry)
                case _:
                    submissions.take_up(connection, [entry])
    if position:
        with engine.begin() as connection:
            submissions.note_position(connection, list(archive.journal.read(after=position["seq"] - 1))[-1])


def damages_by_rebuilding(settings: Settings, engine: sa.Engine, archive: Archive) -> Iterator[str]:
    """Make the warehouse anew on a server of its own and compare it with the present one, row by row."""
    with engine.connect() as connection:
        last = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(schema.loads.c.load_id), 0))) or 0
    with _scratch(settings) as scratch, warehouse.engine(scratch) as anew:
        yield from replay(anew, archive, last)
        for table in _compared_tables():
            yield from _differences(table, engine, anew)


def rebuild(settings: Settings, archive: Archive) -> Iterator[str]:
    """Make the warehouse anew from the archive. Yields what replay does. Raises WentongError when it holds something."""
    with warehouse.engine(settings) as engine:
        with engine.connect() as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(schema.loads)):
                raise WentongError(
                    "The warehouse holds loads: it is only made anew where it is empty. Rename or drop the database first."
                )
        yield from replay(engine, archive)


@contextmanager
def _scratch(settings: Settings) -> Iterator[Settings]:
    """An empty warehouse on a server of its own, gone afterwards."""
    settings.home.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="verify-", dir=settings.home))
    try:
        home.chmod(0o755)  # as root the server runs as nobody, who must get there
        with postgres.server(home):
            scratch = replace(settings, home=home, database_url=None, owner_database_url=None)
            warehouse.migrate(scratch)
            yield scratch
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _compared_tables() -> list[sa.Table]:
    of_forms = [schema.form_table(table) for form in forms().values() for table in form.tables]
    fixed = [table for name, table in sorted(schema.metadata.tables.items()) if name not in NOT_REBUILT]
    return [table for table in (*of_forms, *fixed) if list(table.primary_key.columns)]


def _differences(table: sa.Table, present: sa.Engine, anew: sa.Engine) -> Iterator[str]:
    """Rows that only one side has, or that differ, by their key; the first of them one by one."""
    columns = [column for column in table.columns if column.name not in NOT_COMPARED]
    whole = sa.func.hashtextextended(sa.cast(sa.func.row(*columns), sa.Text), 0)
    digest = sa.select(sa.func.count(), sa.func.sum(sa.cast(whole, sa.Numeric))).select_from(table)
    with present.connect() as one, anew.connect() as other:
        if one.execute(digest).one() == other.execute(digest).one():
            return
        key = [column.name for column in table.primary_key.columns]
        pairs = _merged(_ordered(one, table, columns, key), _ordered(other, table, columns, key), key)
        count = 0
        for was, now in pairs:
            if was == now:
                continue
            count += 1
            if count <= NAMED:
                yield _said(table, key, was, now)
        if count > NAMED:
            yield f"{table.fullname}:共{count}行与存档不符,以上是前{NAMED}行"


Kept = Mapping[str, Any]


def _ordered(connection: sa.Connection, table: sa.Table, columns: list[Any], key: list[str]) -> Iterator[Kept]:
    by_text = [sa.collate(sa.cast(table.c[name], sa.Text), "C") for name in key]
    found = connection.execution_options(yield_per=5000).execute(sa.select(*columns).order_by(*by_text))
    return (dict(row) for row in found.mappings())


def _merged(present: Iterator[Kept], anew: Iterator[Kept], key: list[str]) -> Iterator[tuple[Kept | None, Kept | None]]:
    """Rows of both sides by key; None where a side has none."""

    def of(row: Kept) -> list[bytes]:
        return [str(row[name]).encode() for name in key]

    one, other = next(present, None), next(anew, None)
    while one is not None or other is not None:
        if other is None or (one is not None and of(one) < of(other)):
            yield one, None
            one = next(present, None)
        elif one is None or of(other) < of(one):
            yield None, other
            other = next(anew, None)
        else:
            yield one, other
            one, other = next(present, None), next(anew, None)


def _said(table: sa.Table, key: list[str], was: Kept | None, now: Kept | None) -> str:
    known = was or now or {}
    name = f"{table.fullname} [{', '.join(f'{column}={known[column]}' for column in key)}]"
    if was is None:
        return f"{name}:表中缺这一行"
    if now is None:
        return f"{name}:存档里没有这一行"
    changed = (
        f"{column} 表中为 {was[column]!s},按存档应为 {now[column]!s}" for column in was if was[column] != now[column]
    )
    return f"{name}:{';'.join(changed)}"
