"""A small county and what a test does to the warehouse.

The county 示例县 has two towns: 甲镇 (villages 201-203, and 204, which met the standard long ago and is on no list) and
乙镇 (201, 202). The plan `plan_2026` lists five villages and asks for 1/2, 9/10 and 1/1 at the end of the first three quarters.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from psycopg.types.json import Jsonb

from wentong.milestones import Crossing
from wentong.periods import Period
from wentong.warehouse.acceptance import derive_events, record_crossings
from wentong.warehouse.consequences import keep_obligations

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 7, 1, 9, tzinfo=CHINA)
COUNTY, TOWN_A, TOWN_B = "990001000000", "990001001000", "990001002000"
FORM = "基文01"


class Warehouse:
    """What a test does to the warehouse, in few words. Loads and submissions are numbered as they come."""

    def __init__(self, owner: sa.Engine, engine: sa.Engine, analyst: sa.Engine) -> None:
        self.owner, self.engine, self.analyst = owner, engine, analyst
        self.submissions = 0

    def rows(self, sql: str, **binds: Any) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(sql), binds).mappings()]

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        with self.engine.begin() as connection:
            for row in rows:
                given = {key: Jsonb(value) if isinstance(value, dict) else value for key, value in row.items()}
                names, binds = ", ".join(given), ", ".join(f":{name}" for name in given)
                connection.execute(sa.text(f"insert into {table} ({names}) values ({binds})"), given)

    def next_load(self, kind: str, submission_id: int | None = None) -> int:
        known: int = self.rows("select coalesce(max(load_id), 0) as last from ops.loads")[0]["last"]
        load = {"load_id": known + 1, "kind": kind, "submission_id": submission_id, "journal_seq": 10_000 + known}
        self.insert("ops.loads", {**load, "loaded_at": AT + timedelta(minutes=known)})
        return known + 1

    def register(self) -> None:
        """The small county's places, organisations and obligations of 2026."""
        load = {"valid_from": date(2023, 1, 1), "from_load": self.next_load("register")}
        places = [(COUNTY, "示例县", 3, None, "county")]
        places += [(town, name, 4, COUNTY, "town") for town, name in ((TOWN_A, "甲镇"), (TOWN_B, "乙镇"))]
        places += [(f"990001001{n}", f"甲{n - 200}村", 5, TOWN_A, "village") for n in (201, 202, 203, 204)]
        places += [(f"990001002{n}", f"乙{n - 200}村", 5, TOWN_B, "village") for n in (201, 202)]
        types = {3: "county_bureau", 4: "town_station", 5: "village_center"}
        for org_id, (code, name, level, parent, kind) in enumerate(places, start=1):
            place = {"place_code": code, "name": name, "level": level, "parent_code": parent, "kind": kind}
            org = {
                "org_id": org_id,
                "org_type": types[level],
                "place_code": code,
                "name": name,
                "owes_returns": level == 4,
            }
            self.insert("core.dim_place", {**place, **load})
            self.insert("core.orgs", {"org_id": org_id, "from_load": load["from_load"]})
            self.insert("core.dim_org", {**org, **load})
        for period, due in (("2026Q1", "2026-04-08"), ("2026Q2", "2026-07-07"), ("2026Q3", "2026-10-13")):
            for org_id in (2, 3):
                row = {"org_id": org_id, "county_code": COUNTY, "form_code": FORM, "period": period}
                known = {"due_on": date.fromisoformat(due), "from_load": load["from_load"]}
                self.insert("core.fct_obligation", {**row, **known})

    def plan(self) -> None:
        """The plan and its frozen list of five villages."""
        load = self.next_load("plan")
        plan = {"plan_code": "plan_2026", "title": "示例县建设任务", "form_code": FORM, "table_name": "village_center"}
        terms = {"county_code": COUNTY, "year": 2026, "completion_stage": "met_in_return", "minimum_floor_area_m2": 200}
        self.insert("core.plans", {**plan, **terms, "frozen_on": date(2026, 1, 1), "from_load": load})
        for number, share in enumerate(((1, 2), (9, 10), (1, 1)), start=1):
            row = {"plan_code": "plan_2026", "number": number, "period": f"2026Q{number}", "from_load": load}
            self.insert("core.plan_milestones", {**row, "share_numerator": share[0], "share_denominator": share[1]})
        for org_id, town in ((4, TOWN_A), (5, TOWN_A), (6, TOWN_A), (8, TOWN_B), (9, TOWN_B)):
            row = {"plan_code": "plan_2026", "org_id": org_id, "town_code": town, "from_load": load}
            self.insert("core.plan_tasks", row)

    def submit(self, town: str, period: str, outcome: str = "load", open_errors: int = 0, **more: Any) -> int:
        """A receipt with its verdict; nothing is loaded. Returns its number."""
        self.submissions += 1
        receipt = {
            "submission_id": self.submissions,
            "journal_seq": 1000 + self.submissions,
            "sha256": f"{self.submissions:064x}",
            "county_code": COUNTY,
            "folder": "",
            "file_name": f"{self.submissions}.xlsx",
            "size_bytes": 1,
            "file_modified_at": AT,
            "received_at": AT,
            "judged_at": AT,
            "archive_name": f"{self.submissions:064x}.xlsx",
            "outcome": outcome,
            "form_code": FORM,
            "table_names": ["village_center"],
            "period": period,
            "unit_code": town,
        }
        self.insert("ops.submissions", {**receipt, **more})
        scope = {"submission_id": self.submissions, "unit_code": town, "form_code": FORM, "period": period}
        counts = {"rows_accepted": 1, "rows_quarantined": 0, "open_errors": open_errors}
        self.insert("ops.submission_scopes", {**scope, **counts})
        return self.submissions

    def report(self, town: str, period: str, villages: Mapping[int, Mapping[str, Any]], open_errors: int = 0) -> int:
        """A return that is loaded: villages by the last three digits of their codes. Returns the load."""
        submission = self.submit(town, period, open_errors=open_errors)
        load = self.next_load("return", submission)
        self.do("update ops.submissions set load_id = :load, loaded_at = :at where submission_id = :n",
                load=load, at=AT, n=submission)  # fmt: skip
        for line, (number, values) in enumerate(villages.items(), start=4):
            code = f"{town[:9]}{number}"
            org = self.rows("select org_id from core.dim_org where place_code = :code", code=code)[0]["org_id"]
            self.do("update core.fct_village_center set to_load = :load where org_id = :org and period = :period "
                    "and to_load is null", load=load, org=org, period=period)  # fmt: skip
            row = {"org_id": org, "division_code": code, "town_code": town, "county_code": COUNTY, "period": period}
            source = {"submission_id": submission, "sheet": "Sheet1", "row_number": line, "confirmed_by": submission}
            self.insert("core.fct_village_center", {**row, **values, **source, "from_load": load})
        with self.engine.begin() as connection:
            keep_obligations(connection, load)
        return load

    def do(self, sql: str, **binds: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(sql), binds)

    def empty(self) -> None:
        tables = self.rows(
            "select string_agg(format('%I.%I', schemaname, tablename), ', ') as names from pg_tables "
            "where schemaname in ('ops', 'core', 'personal') and tablename not in ('alembic_version', 'dim_period', 'dim_form')"
        )
        with self.owner.begin() as connection:
            connection.execute(sa.text(f"truncate {tables[0]['names']} restart identity"))
        self.submissions = 0


def period_end(period: str) -> date:
    return Period.parse(period).last_day


def mark(engine: sa.Engine, plan_code: str, at: datetime) -> list[Crossing]:
    """Bring a plan up to date, as every load does."""
    with engine.begin() as connection:
        derive_events(connection, [plan_code])
        return record_crossings(connection, [plan_code], at)
