"""What one plan of 620 000 tasks costs: the board of all its scopes, as known now and seen from a day.

    .venv/bin/python bench/milestones.py [--counties 2850] [--keep FOLDER]

Figures are invented. `floor` is reading the plan's events once. What the numbers mean and what they were: bench/README.md.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import sqlalchemy as sa

from wentong import postgres, warehouse
from wentong.settings import Settings

TOWNS, VILLAGES = 14, 16
"""Of every county, and of every town."""

TASKS = f"""
insert into ops.loads (load_id, kind, journal_seq, loaded_at)
values (1, 'register', 1, '2026-01-05'), (2, 'plan', 2, '2026-01-06'), (3, 'decision', 3, '2026-08-15');

insert into ops.submissions (
    submission_id, sha256, county_code, folder, file_name, size_bytes, file_modified_at, received_at, archive_name, journal_seq
)
values (1, repeat('0', 64), '110101000000', '', 'a.xlsx', 1, now(), now(), 'a', 4);

insert into core.dim_place (place_code, name, level, parent_code, kind, valid_from, from_load)
select county6 || '000000', '示例县', 3, null, 'county', date '1900-01-01', 1
from (select to_char(110000 + n / 98 * 100 + n % 98 + 1, 'FM000000') as county6 from generate_series(0, :counties - 1) as n) as c
union all
select county6 || to_char(100000 + t * 1000, 'FM000000'), '示例镇', 4, county6 || '000000', 'town', date '1900-01-01', 1
from (select to_char(110000 + n / 98 * 100 + n % 98 + 1, 'FM000000') as county6 from generate_series(0, :counties - 1) as n) as c,
    generate_series(1, {TOWNS}) as t;

insert into core.orgs (org_id, from_load) select n, 1 from generate_series(1, :counties * {TOWNS * VILLAGES}) as n;

insert into core.plans (
    plan_code, title, form_code, table_name, county_code, year, completion_stage, minimum_floor_area_m2, frozen_on, from_load
)
values ('nation', '示例计划(虚构)', '基文01', 'village_center', '000000000000', 2026, 'met_in_return', 200, '2026-01-01', 2);

insert into core.plan_milestones (plan_code, number, period, share_numerator, share_denominator, from_load)
values
('nation', 1, '2026Q1', 1, 2, 2), ('nation', 2, '2026Q2', 9, 10, 2), ('nation', 3, '2026Q3', 1, 1, 2),
('nation', 4, '2026Q4', null, null, 2);

insert into core.plan_tasks (plan_code, org_id, town_code, from_load)
select 'nation', row_number() over (order by town.place_code, v), town.place_code, 2
from core.dim_place as town, generate_series(1, {VILLAGES}) as v
where town.level = 4;

insert into core.acceptance_events (
    plan_code, org_id, kind, event_on, period, submission_id, sheet, row_number, from_load
)
select 'nation', org_id, 'accepted', date '2026-01-01' + cast(hashint8(org_id) & 255 as int), '2026Q1', 1, '', 1, 3
from core.plan_tasks
where hashint8(org_id) & 15 < 14
union all
select 'nation', org_id, 'regressed', date '2026-09-15', '2026Q3', 1, '', 1, 3 from core.plan_tasks where hashint8(org_id) & 31 = 3;

analyze
"""
QUESTIONS = {
    "floor: the plan's events, read once": "select kind, count(*) from core.acceptance_events where plan_code = 'nation' group by kind",
    "the board of all scopes": "select count(*), sum(short) from marts.milestones(3, '2026-08-15')",
    "the same of one county and its towns": (
        "select count(*), sum(short) from marts.milestones(3, '2026-08-15') where scope_code like '110101%'"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=2850)
    parser.add_argument("--keep", type=Path, help="folder that keeps the database, to use it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wentong-bench-") as folder:
        home = options.keep or Path(folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o755)  # as root the server runs as nobody, who must get there
        settings = replace(Settings.from_environment(), home=home, database_url=None, owner_database_url=None)
        with postgres.server(home), warehouse.engine(settings, "wentong_owner") as owner:
            warehouse.migrate(settings)
            with owner.begin() as connection:
                if not connection.scalar(sa.text("select exists (select from core.plans)")):
                    for statement in TASKS.split(";\n"):
                        connection.execute(sa.text(statement), {"counties": options.counties})
            with owner.connect() as connection:
                report(connection)


def report(connection: sa.Connection) -> None:
    tasks = connection.scalar(sa.text("select count(*) from core.plan_tasks"))
    print(f"{tasks} tasks\n\n| | s | CPU s | x floor |\n|---|---|---|---|")
    server = psutil.Process(connection.connection.driver_connection.info.backend_pid)  # type: ignore[union-attr]
    floor = 0.0
    for name, question in QUESTIONS.items():
        connection.execute(sa.text(question)).all()
        begun, cpu = time.perf_counter(), sum(server.cpu_times()[:2])
        connection.execute(sa.text(question)).all()
        wall, spent = time.perf_counter() - begun, sum(server.cpu_times()[:2]) - cpu
        floor = floor or wall
        print(f"| {name} | {wall:.2f} | {spent:.2f} | {wall / floor:.0f} |")


if __name__ == "__main__":
    main()
