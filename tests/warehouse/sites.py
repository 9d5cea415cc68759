"""A site of tests: a warehouse with its archive, a small register, and few words to hand in returns."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from wentong import postgres, warehouse
from wentong.archive import Archive, Receipt
from wentong.findings import Finding
from wentong.forms import Table, find_form, forms
from wentong.returns import Judgement, Outcome, Row, RowStatus, Value
from wentong.settings import Settings
from wentong.warehouse import schema

AT = datetime(2026, 10, 8, 9, tzinfo=UTC)
COUNTY, TOWN_A, TOWN_B, ZONE = "990001000000", "990001100000", "990001101000", "990001400000"
A1, A2, A3, B1, B2 = "990001100201", "990001100202", "990001100203", "990001101201", "990001101202"
FORM, TABLE = "基文01", "village_center"
UNITS = f"""\
division_code,name,parent_code,level,kind,owes_returns,aliases
{COUNTY},示例县,,3,county,no,
{TOWN_A},甲镇,{COUNTY},4,town,yes,
{TOWN_B},乙镇,{COUNTY},4,town,yes,
{ZONE},开发区,{COUNTY},4,special_zone,no,
{A1},甲一村,{TOWN_A},5,village,no,老甲一 甲壹村
{A2},甲二村,{TOWN_A},5,village,no,
{A3},甲三社区,{TOWN_A},5,community,no,
{B1},乙一村,{TOWN_B},5,village,no,
{B2},乙二村,{TOWN_B},5,village,no,
"""


def row(
    code: str | None,
    status: RowStatus = "accept",
    states: dict[str, str] | None = None,
    number: int = 5,
    **values: Value,
) -> Row:
    """A row of a return; fields that are not given are blank."""
    names = [f.name for f in find_form(FORM).tables[0].stored]
    blank = {name: "blank" for name in names if values.get(name) is None}
    return Row(
        "表",
        number,
        status,
        code,
        f"{code[:9]}000" if code else None,
        {name: values.get(name) for name in names},
        {**blank, **(states or {})},
        table=TABLE,
    )


def row_of(
    table_name: str,
    code: str,
    status: RowStatus = "accept",
    states: dict[str, str] | None = None,
    number: int = 5,
    **values: Value,
) -> Row:
    """A row of any table; fields that are not given are blank."""
    _, table = table_of(table_name)
    given = {f.name: values.pop(f.name, None) for f in table.stored}
    assert not values, f"{table_name} has no field {', '.join(values)}"
    blank = {name: "blank" for name, value in given.items() if value is None}
    issued = given.get(table.issued_key or "")
    key = str(issued) if issued else "|".join(str(given[name]) for name in table.item_key)
    states = {**blank, **(states or {})}
    return Row("表", number, status, code, f"{code[:9]}000", given, states, table=table_name, key=key)


def table_of(table_name: str) -> tuple[str, Table]:
    """The code of the form that has a table, and the table."""
    found = [(form.code, table) for form in forms().values() for table in form.tables if table.name == table_name]
    return found[0]


@dataclass
class Site:
    """A warehouse with its archive."""

    settings: Settings
    archive: Archive
    engine: Engine
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def register(self, units: str, at: datetime = AT) -> warehouse.UnitsImported:
        """Import a list of units."""
        path = self.archive.root.with_name("units.csv")
        path.write_text(units, encoding="utf-8")
        return warehouse.import_units(self.engine, self.archive, path, at)

    def hand_in(self, folder: str = "甲镇", name: str = "季报.xlsx", content: bytes | None = None) -> Receipt:
        """A receipt in the archive, the journal and the database."""
        number = next(self._numbers)
        content = content or str(number).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        original = self.archive.original(f"{sha256[:2]}/{sha256}.xlsx")
        original.parent.mkdir(parents=True, exist_ok=True)
        original.write_bytes(content)
        payload: dict[str, Any] = {
            "submission_id": number + 1,
            "sha256": sha256, "archive_name": f"{sha256[:2]}/{sha256}.xlsx", "county_code": COUNTY, "county_name": "示例县",
            "folder": folder, "file_name": name, "path": f"收件箱/{folder}/{name}", "inbox": "收件箱", "size_bytes": number,
            "modified_ns": 1_790_000_000_000_000_000, "share": "/share",
        }  # fmt: skip
        received_at = AT + timedelta(minutes=number)
        receipt = Receipt.from_entry(self.archive.journal.note("received", payload, received_at))
        warehouse.record_receipts(self.engine, [receipt])
        return receipt

    def judge(
        self,
        receipt: Receipt,
        *rows: Row,
        outcome: Outcome = "load",
        period: str | None = "2026Q3",
        unit: str | None = TOWN_A,
        findings: Sequence[Finding] = (),
        form: str | None = FORM,
        tables: Sequence[str] = (TABLE,),
        is_zero: bool = False,
    ) -> int:
        """Give a verdict. Form and tables are those of the rows, if they are of another one."""
        if rows and rows[0].table != TABLE:
            tables = tuple(dict.fromkeys(each.table for each in rows))
            form, _ = table_of(tables[0])
        judgement = Judgement(
            receipt.file_name,
            receipt.sha256,
            outcome,
            form,
            tuple(tables) if form else (),
            period,
            unit,
            "xlsx",
            list(rows),
            list(findings),
            is_zero=is_zero,
        )
        return self.record(receipt, judgement)

    def record(self, receipt: Receipt, judgement: Judgement) -> int:
        """Record a verdict."""
        warehouse.record_judgements(self.engine, self.archive.root, {receipt.submission_id: judgement}, AT)
        return receipt.submission_id

    def submit(self, *rows: Row, **verdict: Any) -> int:
        """A judged submission; its number."""
        return self.judge(self.hand_in(), *rows, **verdict)

    def expect(self, *returns: tuple[str, str, date], county_code: str | None = None) -> int:
        """Expect returns: form, period, due day."""
        return warehouse.open_obligations(self.engine, self.archive.journal, returns, AT, county_code)

    def load(self, *submission_ids: int) -> list[warehouse.Loaded]:
        return warehouse.load(self.engine, self.archive.root, submission_ids, AT)

    def rows(self, sql: str, **binds: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(found) for found in connection.execute(sa.text(sql), binds)]

    def history(self, *fields: str, states: bool = False) -> list[tuple[Any, ...]]:
        """Village, fields, (states), submission, from_load, to_load of every version. Plain blanks are not shown."""
        columns = ", ".join(("division_code", *fields, "cell_states", "submission_id", "from_load", "to_load"))
        found = self.rows(f"select {columns} from core.fct_village_center order by division_code, from_load")
        at = 1 + len(fields)
        return [
            (
                *version[:at],
                *([{k: v for k, v in version[at].items() if v != "blank"}] if states else []),
                *version[at + 1 :],
            )
            for version in found
        ]

    def everything(self) -> str:
        """All versions with all columns, to compare two histories."""
        found = self.rows("select to_jsonb(f) from core.fct_village_center as f order by org_id, period, from_load")
        return "\n".join(json.dumps(version, sort_keys=True) for (version,) in found)


@dataclass
class Databases:
    """Makes databases on the test server, besides the one of the site that other tests use."""

    server: postgres.Server
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def settings(self, database: str) -> Settings:
        return replace(
            Settings.from_environment(),
            database_url=self.url("wentong_etl", database),
            owner_database_url=self.url("wentong_owner", database),
        )

    def make(self) -> str:
        name = f"test_warehouse_{next(self._numbers)}"
        self._run("postgres", f"create database {name} owner wentong_owner")
        return name

    def drop(self, name: str) -> None:
        self._run("postgres", f"drop database {name} with (force)")

    def empty(self, name: str) -> None:
        """Delete all rows but what `migrate` put there. Quicker than a new database, or truncating."""
        of_forms = [schema.form_table(table) for form in forms().values() for table in form.tables]
        tables = [
            table.fullname
            for table in (*schema.metadata.sorted_tables, *of_forms)
            if table not in (schema.dim_form, schema.dim_period)
        ]
        deletes = "; ".join(f"delete from {table}" for table in tables)
        self._run(name, f"begin; set local session_replication_role = replica; {deletes}; commit")

    def _run(self, database: str, statements: str) -> None:
        with psycopg.connect(self.url("postgres", database).replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statements.encode())

    def url(self, role: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{self.server.passwords[role]}@127.0.0.1:{self.server.port}/{database}"
