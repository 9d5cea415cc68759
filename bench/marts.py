"""What the marts cost: one county and quarter out of the village rows of a nation, against a bare index scan of its rows.

    .venv/bin/python bench/marts.py [--villages 620000] [--keep FOLDER]

Every view in the schema marts that knows counties is asked for one, as an analyst asks it, and for one period if
it has one. What the numbers mean and what they were: bench/README.md.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg

from wentong import postgres, warehouse
from wentong.forms import Field, code_titles, forms
from wentong.periods import CHINA
from wentong.settings import Settings
from wentong.warehouse import acceptance, migrate
from wentong.warehouse.schema import form_table

PERIOD = "2026Q3"
PERIODS = {"quarter": PERIOD, "month": "2026-09", "year": "2026"}
"""Kind of period -> the one of which there are returns; a mart is asked for the first of which it has rows."""
LIMIT = 60
"""Seconds after which a mart is given up."""

PLACES = """
create temporary table towns as
select
    row_number() over (order by county, town) as n,
    county as county_number,
    town,
    to_char(110000 + county / 98 * 100 + county %% 98 + 1, 'FM000000') as county6,
    to_char(110000 + county / 98 * 100 + county %% 98 + 1, 'FM000000') || to_char(100 + town, 'FM000') as town9
from generate_series(0, %(counties)s - 1) as county, generate_series(0, 13) as town;

insert into ops.submissions (
    submission_id, sha256, county_code, folder, file_name, size_bytes, file_modified_at, received_at, archive_name,
    journal_seq
)
select n, lpad(to_hex(n), 64, '0'), county6 || '000000', '', '季报.xlsx', 1, now(), now(), '', n
from towns;

insert into ops.loads (load_id, kind, submission_id, journal_seq, loaded_at) values (1, 'register', null, 9000000, now());
insert into ops.loads (load_id, kind, submission_id, journal_seq, loaded_at)
select submission_id + 1, 'return', submission_id, submission_id, now() from ops.submissions;

insert into core.dim_place (place_code, name, level, parent_code, kind, valid_from, from_load)
select distinct left(county6, 4) || '00000000', '示例市', 2, cast(null as text), 'prefecture', date '1900-01-01', 1 from towns
union all
select distinct county6 || '000000', '示例县' || county_number, 3, left(county6, 4) || '00000000', 'county', date '1900-01-01', 1
from towns
union all
select town9 || '000', '示例镇' || town, 4, county6 || '000000', 'town', date '1900-01-01', 1 from towns
union all
select town9 || to_char(200 + v, 'FM000'), '示例村' || v, 5, town9 || '000', 'village', date '1900-01-01', 1
from towns, generate_series(1, 16) as v;

insert into core.orgs (org_id, from_load)
select row_number() over (order by place_code), 1 from core.dim_place where level > 2;
insert into core.dim_org (org_id, org_type, place_code, name, owes_returns, valid_from, from_load)
select
    row_number() over (order by place_code),
    case level when 3 then 'county_bureau' when 4 then 'town_station' else 'village_center' end,
    place_code, name, level = 4, valid_from, 1
from core.dim_place
where level > 2;
"""
REPORTS = """
insert into core.fct_village_center (
    org_id, division_code, town_code, county_code, period, build_status, floor_area_m2, outdoor_area_m2, books_total,
    full_time_staff, weekly_open_hours, activity_sessions, activity_attendance, volunteer_count, submission_id, sheet,
    row_number, confirmed_by, from_load, cell_states
)
select
    org.org_id, org.place_code, left(org.place_code, 9) || '000', left(org.place_code, 6) || '000000', %(period)s,
    case when org.org_id %% 10 > 0 then 'built' else 'under_construction' end, 100 + org.org_id %% 400, 500,
    1500 + org.org_id %% 99, 1, 35, org.org_id %% 7, org.org_id %% 7 * 40, 5, sent.n, 'Sheet1', 7, sent.n, sent.n + 1,
    case when org.org_id %% 20 = 0 then jsonb '{"built_on": "blank", "activity_sessions": "contested"}'
        else jsonb '{"built_on": "blank"}' end
from core.dim_org as org
inner join towns as sent on left(org.place_code, 9) = sent.town9
where org.org_type = 'village_center';

insert into ops.relation_findings (
    form_code, table_name, period, org_id, field, code, town_code, county_code, severity, params, message, fix, submission_id,
    sheet, row_number, from_load
)
select
    '基文01', 'village_center', report.period, report.org_id, 'floor_area_m2', 'floor_area_changed', report.town_code,
    report.county_code, 'error', '{}', '', '', report.submission_id, report.sheet, report.row_number, report.from_load
from core.fct_village_center as report
where report.org_id %% 50 = 0;

insert into ops.submission_scopes (
    submission_id, unit_code, form_code, period, rows_accepted, rows_quarantined, open_errors
)
select n, town9 || '000', '基文01', %(period)s, 16, 0, 0 from towns;

insert into core.fct_obligation (
    org_id, county_code, form_code, period, due_on, submission, submission_id, submitted_at, from_load
)
select
    org.org_id, left(org.place_code, 6) || '000000', '基文01', %(period)s, date '2026-10-15', 'accepted', sent.n, now(),
    sent.n + 1
from core.dim_org as org
inner join towns as sent on left(org.place_code, 9) = sent.town9
where org.org_type = 'town_station';
"""
"""Invented figures: counties of 14 towns with 16 villages each, all of which reported. Of one row in twenty a figure is
contested by its file, of one in fifty by a comparison."""

OTHER_REPORTS = """
insert into {facts} (
    org_id, division_code, town_code, county_code, period, row_key, {fields}, submission_id, sheet, row_number, confirmed_by,
    from_load
)
select
    org.org_id, org.place_code, {town}, left(org.place_code, 6) || '000000', '{period}', {row_key}, {values},
    sent.n, 'Sheet1', 7, sent.n, sent.n + 1
from core.dim_org as org
inner join towns as sent
    on sent.town9 = left(org.place_code, 6) || case when org.org_type = 'county_bureau' then '101' else substr(org.place_code, 7, 3) end
cross join generate_series(1, {rows}) as row_of_unit
where org.org_type = '{organisations}'
"""
"""Rows of any other form table: ROWS for a unit that may have several."""
ROWS = 2
VALUES = {
    "count": "5 + {turn} % 200",
    "number": "5 + {turn} % 200",
    "date": "date '2026-07-01' + cast({turn} % 80 as int)",
    "text": "'示例' || {turn} % 1000",
}
"""Type of a field -> what is invented for it; what tells rows apart goes by the number of the row alone."""
ORGANISATIONS = {"village": "village_center", "town": "town_station", "county": "county_bureau"}
"""Level -> type of the organisations there."""

PLANS = """
insert into core.plans (
    plan_code, title, form_code, table_name, county_code, year, completion_stage, minimum_floor_area_m2, frozen_on, from_load
)
select distinct county6, '示例计划', '基文01', 'village_center', county6 || '000000', 2026, 'built', 90, date '2026-01-01', 1
from towns;
insert into core.plan_milestones (plan_code, number, period, share_numerator, share_denominator, from_load)
select plan_code, 1, '2026Q2', 1, 2, 1 from core.plans union all select plan_code, 2, '2026Q4', 9, 10, 1 from core.plans;
insert into core.plan_tasks (plan_code, org_id, town_code, from_load)
select left(place_code, 6), org_id, left(place_code, 9) || '000', 1 from core.dim_org where org_type = 'village_center'
"""

VIEWS = """
select
    view.relname as name,
    array_agg(cast(attribute.attname as text)) as columns
from pg_class as view
inner join pg_attribute as attribute on view.oid = attribute.attrelid
where view.relnamespace = 'marts'::regnamespace and view.relkind = 'v'
group by view.relname
order by view.relname
"""
OF_COUNTY = {"county_code": "{}000000", "plan_code": "{}", "scope_code": "{}000000"}
"""Column of a mart by which a county is found, in this order -> how it is written there, from its first six digits."""


@contextmanager
def connected(server: postgres.Server, role: str) -> Iterator[psycopg.Connection[Any]]:
    where = f"host=127.0.0.1 port={server.port} dbname=wentong user={role} password={server.passwords[role]}"
    with psycopg.connect(where, autocommit=True, prepare_threshold=None) as connection:  # planned anew each time
        yield connection


def fill(settings: Settings, server: postgres.Server, villages: int) -> None:
    begun = time.perf_counter()
    with connected(server, "postgres") as connection:
        if connection.execute("select exists (select from ops.loads)").fetchone() != (True,):
            with psycopg.ClientCursor(connection) as cursor, connection.transaction():
                cursor.execute("set local session_replication_role = replica")  # foreign keys hold by design
                cursor.execute(PLACES, {"counties": max(1, round(villages / 224))})
                cursor.execute("analyze towns; analyze core.dim_org; analyze core.dim_place")
                cursor.execute(REPORTS, {"period": PERIOD})
                for statement in other_reports():
                    cursor.execute(statement)
                cursor.execute(PLANS)
            with warehouse.engine(settings) as engine:
                acceptance.mark(engine, datetime.now(CHINA))
            connection.execute("vacuum analyze")
            print(f"made in {time.perf_counter() - begun:.0f} s")


def other_reports() -> Iterator[str]:
    """What fills the form tables besides that of 基文01, whose figures the indicators are made of."""
    for form in forms().values():
        for table in form.tables:
            if table.name != "village_center":
                level = table.unit if table.unit in ORGANISATIONS else form.reported_by
                key = [value_of(field, is_key=True) for field in map(table.field, table.item_key)]
                yield OTHER_REPORTS.format(
                    facts=form_table(table).fullname,
                    fields=", ".join(field.name for field in table.stored),
                    town="org.place_code" if level != "village" else "left(org.place_code, 9) || '000'",
                    period=PERIODS[form.period],
                    row_key=f"concat_ws('|', {', '.join(key)})" if key else "''",
                    values=", ".join(value_of(field, field.name in table.item_key) for field in table.stored),
                    rows=ROWS if key else 1,
                    organisations=ORGANISATIONS[level],
                )


def value_of(field: Field, is_key: bool) -> str:
    """Any value that the field may have."""
    turn = "row_of_unit" if is_key else "(org.org_id * 7 + row_of_unit)"
    if field.codes:
        codes = list(code_titles(field.codes))
        return f"(array{codes})[1 + {turn} % {len(codes)}]"
    return VALUES[field.type].format(turn=turn)


class Spent(NamedTuple):
    wall_ms: float
    """Least of all runs, with planning and fetching."""
    cpu_ms: float
    """Processor time of the server per run, with planning."""
    rows: int


def measure(connection: psycopg.Connection[Any], query: str) -> Spent:
    """Ask again and again for a second, at least twice."""
    backend = psutil.Process(connection.info.backend_pid)
    walls: list[float] = []
    rows = len(connection.execute(query).fetchall())  # into the caches
    before = sum(backend.cpu_times()[:2])
    while len(walls) < 2 or sum(walls) < 1000:
        begun = time.perf_counter()
        connection.execute(query).fetchall()
        walls.append((time.perf_counter() - begun) * 1000)
    cpu = sum(backend.cpu_times()[:2]) - before
    return Spent(min(walls), cpu * 1000 / len(walls), rows)


def whole_scans(connection: psycopg.Connection[Any], query: str) -> str:
    """The tables of more than 1000 rows that are read from end to end."""
    found: set[str] = set()

    def look(node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan" and node["Actual Loops"] and node["Plan Rows"] > 1000:
            found.add(node["Relation Name"])
        for below in node.get("Plans", ()):
            look(below)

    ((plans,),) = connection.execute(f"explain (analyze, timing off, format json) {query}").fetchall()
    look(plans[0]["Plan"])
    return ", ".join(sorted(found))


def question(connection: psycopg.Connection[Any], name: str, columns: list[str], county: str) -> str | None:
    """What is asked of a mart: a county's rows, of a period in which there are any; None of one that knows no counties."""
    key = next((column for column in OF_COUNTY if column in columns), None)
    if key is None:
        return None
    query = f"select * from marts.{name} where {key} = '{OF_COUNTY[key].format(county)}'"
    questions = [*(f"{query} and period = '{period}'" for period in PERIODS.values() if "period" in columns), query]
    return next((one for one in questions if connection.execute(f"{one} limit 1").fetchone()), query)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=620_000)
    parser.add_argument("--keep", type=Path, help="folder that keeps the database, to use it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wentong-bench-") as folder:
        home = options.keep or Path(folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o755)  # as root the server runs as nobody, who must get there
        settings = replace(Settings.from_environment(), home=home, database_url=None, owner_database_url=None)
        with postgres.server(home) as server:
            migrate(settings)
            fill(settings, server, options.villages)
            with connected(server, "wentong_analyst") as connection:
                report(connection)


def report(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"set statement_timeout = '{LIMIT}s'")
    ((county,),) = connection.execute("select left(min(county_code), 6) from core.fct_village_center").fetchall()
    floor = measure(
        connection,
        f"select * from core.fct_village_center where county_code = '{county}000000' and period = '{PERIOD}'",
    )
    print("| | ms | CPU ms | x floor | rows | read from end to end |\n|---|---|---|---|---|---|")
    print(f"| floor: the county's rows by the index | {floor.wall_ms:.1f} | {floor.cpu_ms:.1f} | 1 | {floor.rows} | |")
    for name, columns in connection.execute(VIEWS).fetchall():
        try:
            query = question(connection, name, columns, county)
            if query is None:
                continue
            spent = measure(connection, query)
            times = spent.cpu_ms / floor.cpu_ms
            scanned = whole_scans(connection, query)
            print(
                f"| {name} | {spent.wall_ms:.1f} | {spent.cpu_ms:.1f} | {times:.0f} | {spent.rows} | {scanned} |",
                flush=True,
            )
        except psycopg.Error as error:  # too slow, or not for analysts
            print(f"| {name} | {str(error).splitlines()[0]} | | | | |", flush=True)


if __name__ == "__main__":
    main()
