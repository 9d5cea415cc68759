"""What the marts cost: one county and quarter out of the village rows of a nation, against a bare index scan of its rows.

    .venv/bin/python bench/marts.py [--villages 620000] [--keep FOLDER]

Every view in the schema marts that has a county_code is asked for one county, as an analyst asks it, and for one period if
it has one. What the numbers mean and what they were: bench/README.md.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import psycopg

from wentong import postgres
from wentong.settings import Settings
from wentong.warehouse import migrate

PERIOD = "2026Q3"
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

insert into core.fct_town_station (
    org_id, division_code, town_code, county_code, period, floor_area_m2, staff_total, full_time_staff, volunteer_count,
    activity_sessions_q, activity_attendance_q, books_total, rural_film_screenings_ytd, is_interlending_connected,
    weekly_open_hours, days_open_q, submission_id, sheet, row_number, confirmed_by, from_load
)
select
    org.org_id, org.place_code, org.place_code, left(org.place_code, 6) || '000000', %(period)s, 600, 5, 3, 40, 12, 3600, 9000, 40,
    'yes', 42, 80, sent.n, 'Sheet1', 7, sent.n, sent.n + 1
from core.dim_org as org
inner join towns as sent on left(org.place_code, 9) = sent.town9
where org.org_type = 'town_station';

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

VIEWS = """
select
    view.relname as name,
    array_agg(attribute.attname) && array['period'::name] as has_period
from pg_class as view
inner join pg_attribute as attribute on view.oid = attribute.attrelid
where view.relnamespace = 'marts'::regnamespace and view.relkind = 'v'
group by view.relname
having 'county_code' = any(array_agg(attribute.attname))
order by view.relname
"""


@contextmanager
def connected(server: postgres.Server, role: str) -> Iterator[psycopg.Connection[Any]]:
    where = f"host=127.0.0.1 port={server.port} dbname=wentong user={role} password={server.passwords[role]}"
    with psycopg.connect(where, autocommit=True, prepare_threshold=None) as connection:  # planned anew each time
        yield connection


def fill(server: postgres.Server, villages: int) -> None:
    begun = time.perf_counter()
    with connected(server, "postgres") as connection:
        if connection.execute("select exists (select from ops.loads)").fetchone() != (True,):
            with psycopg.ClientCursor(connection) as cursor, connection.transaction():
                cursor.execute("set local session_replication_role = replica")  # foreign keys hold by design
                cursor.execute(PLACES, {"counties": max(1, round(villages / 224))})
                cursor.execute("analyze towns; analyze core.dim_org; analyze core.dim_place")
                cursor.execute(REPORTS, {"period": PERIOD})
            connection.execute("vacuum analyze")
            print(f"made in {time.perf_counter() - begun:.0f} s")


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
            fill(server, options.villages)
            with connected(server, "wentong_analyst") as connection:
                report(connection)


def report(connection: psycopg.Connection[Any]) -> None:
    connection.execute(f"set statement_timeout = '{LIMIT}s'")
    ((county,),) = connection.execute("select min(county_code) from core.fct_village_center").fetchall()
    of_county, of_both = f"county_code = '{county}'", f"county_code = '{county}' and period = '{PERIOD}'"
    floor = measure(connection, f"select * from core.fct_village_center where {of_both}")
    print("| | ms | CPU ms | x floor | rows | read from end to end |\n|---|---|---|---|---|---|")
    print(f"| floor: the county's rows by the index | {floor.wall_ms:.1f} | {floor.cpu_ms:.1f} | 1 | {floor.rows} | |")
    for name, has_period in connection.execute(VIEWS).fetchall():
        query = f"select * from marts.{name} where {of_both if has_period else of_county}"
        try:
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
