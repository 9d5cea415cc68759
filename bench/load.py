"""What loading costs: a national quarter of 基文01, then one town's correction, for as many quarters as asked for.

    .venv/bin/python bench/load.py [--counties 2850] [--quarters 3] [--keep FOLDER]

Every step is told with its time by the clock and the server's processor time. What the numbers mean and what they were:
bench/README.md.
"""

import argparse
import hashlib
import itertools
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from wentong import pipeline, postgres, warehouse
from wentong.archive import Receipt
from wentong.periods import CHINA
from wentong.returns import Judgement, Row
from wentong.settings import INCLUDE, Settings
from wentong.warehouse import migrate
from wentong.warehouse.migrate import keep_periods

TOWNS, VILLAGES = 14, 16
"""Of every county, and of every town: 2850 counties have 39 900 towns and 638 400 villages."""
FIRST_RECEIPT = 1_000_000
"""Beyond every number that the bench's own journal reaches."""

REGISTER = """
create temporary table counties as
select county, to_char(110000 + county / 98 * 100 + county % 98 + 1, 'FM000000') as county6
from generate_series(0, :counties - 1) as county;

insert into ops.loads (load_id, kind, journal_seq, loaded_at) values (1, 'register', 900000, now()), (2, 'plan', 900001, now());

insert into core.dim_place (place_code, name, level, parent_code, kind, valid_from, from_load)
select distinct left(county6, 4) || '00000000', '示例市', 2, cast(null as text), 'prefecture', date '1900-01-01', 1 from counties
union all
select county6 || '000000', '示例县' || county, 3, left(county6, 4) || '00000000', 'county', date '1900-01-01', 1 from counties
union all
select county6 || to_char(100000 + t * 1000, 'FM000000'), '示例镇' || t, 4, county6 || '000000', 'town', date '1900-01-01', 1
from counties, generate_series(1, :towns) as t
union all
select county6 || to_char(100000 + t * 1000 + 200 + v, 'FM000000'), '示例村' || v, 5,
    county6 || to_char(100000 + t * 1000, 'FM000000'), 'village', date '1900-01-01', 1
from counties, generate_series(1, :towns) as t, generate_series(1, :villages) as v;

insert into core.orgs (org_id, from_load)
select row_number() over (order by place_code), 1 from core.dim_place where level > 2;

insert into core.dim_org (org_id, org_type, place_code, name, owes_returns, valid_from, from_load)
select
    row_number() over (order by place_code),
    case level when 3 then 'county_bureau' when 4 then 'town_station' else 'village_center' end,
    place_code, name, level = 4, valid_from, 1
from core.dim_place
where level > 2;

insert into core.plans (
    plan_code, title, form_code, table_name, county_code, year, completion_stage, minimum_floor_area_m2, frozen_on, from_load
)
select county6, '示例计划', '基文01', 'village_center', county6 || '000000', 2026, 'built', 90, date '2026-01-01', 2 from counties;

insert into core.plan_milestones (plan_code, number, period, share_numerator, share_denominator, from_load)
select county6, 1, '2026Q2', 1, 2, 2 from counties union all select county6, 2, '2026Q4', 9, 10, 2 from counties;

insert into core.plan_tasks (plan_code, org_id, town_code, from_load)
select left(place_code, 6), org_id, left(place_code, 9) || '000', 2 from core.dim_org where org_type = 'village_center';
"""
"""An invented register, with a plan of every county for all its villages."""


@dataclass
class Spent:
    """What was spent since it was made, step by step, in order of first use."""

    engine: sa.Engine
    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0, 0]))

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note the statements of one block; what lies between two of them is Python's, or the COPY's."""
        begun = last = time.perf_counter()
        backend: psutil.Process | None = None
        last_cpu = 0.0

        def tick(step: str) -> None:
            nonlocal last, last_cpu
            now, cpu = time.perf_counter(), sum(backend.cpu_times()[:2]) if backend else 0.0
            spent = self.steps[step]
            spent[0] += now - last
            spent[1] += cpu - last_cpu
            spent[2] += 1
            last, last_cpu = now, cpu

        after = "Python before"

        def before_execute(connection: sa.Connection, cursor: Any, *rest: object) -> None:
            nonlocal backend, last_cpu
            if backend is None:
                backend = psutil.Process(cursor.connection.info.backend_pid)
                last_cpu = sum(backend.cpu_times()[:2])
            tick(after)

        def after_execute(connection: sa.Connection, cursor: Any, statement: str, *rest: object) -> None:
            nonlocal after
            lines = (re.split("%[(]|:", line)[0] for line in statement.splitlines())
            step = next(filter(None, map(NAMES.get, lines)), None) or " ".join(statement.split()[:4])
            tick(step)
            after = "COPY of the bronze rows" if step == "staging/incoming_rows" else "Python, journal, commit"

        events = (("before_cursor_execute", before_execute), ("after_cursor_execute", after_execute))
        for name, listener in events:
            sa.event.listen(self.engine, name, listener)
        try:
            yield
        finally:
            tick(after)
            for name, listener in events:
                sa.event.remove(self.engine, name, listener)
        self.steps["all"] = [last - begun, sum(spent[1] for spent in self.steps.values()), 1]


NAMES = {
    path.read_text(encoding="utf-8").splitlines()[0].split(":")[0]: f"{path.parent.name}/{path.stem}"
    for path in sorted((INCLUDE / "sql").glob("*/*.sql"))
    if path.parent.name != "marts"
}
"""First line of a statement, up to what is filled in -> where it stands."""


def return_of(places: list[tuple[str, str]], quarter: str, sha256: str, unit: str, changed: int = 0) -> Judgement:
    """A verdict on the rows of these villages (code, town); invented figures, of which a fifth change by the quarter."""
    chance = random.Random(unit)
    moved = random.Random(unit + quarter + str(changed))
    rows = []
    for number, (code, town) in enumerate(places, start=7):
        sessions = chance.randrange(20, 40) + (moved.random() < 0.2)
        values: dict[str, Any] = {
            "build_status": "built" if chance.random() < 0.8 else "under_construction",
            "floor_area_m2": Decimal(chance.randrange(200, 900)) / 2 + (changed if number == 7 else 0),
            "outdoor_area_m2": Decimal(chance.randrange(300, 1500)),
            "books_total": chance.randrange(1500, 6000),
            "reading_seats": chance.randrange(10, 60),
            "full_time_staff": chance.randrange(1, 4),
            "weekly_open_hours": Decimal(chance.choice((35, 40, 42, 49, 56))),
            "activity_sessions": sessions,
            "activity_attendance": sessions * 40,
            "volunteer_count": chance.randrange(3, 40),
        }
        states = {"built_on": "blank", "remark": "blank"}
        rows.append(
            Row(
                "Sheet1",
                number,
                "accept",
                code,
                town,
                {**values, "built_on": None, "remark": None},
                states,
                {},
                "village_center",
            )
        )
    return Judgement("季报.xlsx", sha256, "load", "基文01", ("village_center",), quarter, unit, "xlsx", rows=rows)


def hand_in(
    engine: sa.Engine,
    archive: Path,
    returns: dict[str, list[tuple[str, str]]],
    quarter: str,
    numbers: Iterator[int],
    at: datetime,
    changed: int = 0,
) -> None:
    """Receive returns of these units and give each its verdict."""
    waiting = iter(returns.items())
    while part := list(itertools.islice(waiting, 200)):  # as many as the pipeline judges together, or fewer
        receipts, judged = [], {}
        for unit, places in part:
            number = next(numbers)
            sha256 = hashlib.sha256(str(number).encode()).hexdigest()
            receipts.append(
                Receipt(
                    submission_id=number,
                    journal_seq=FIRST_RECEIPT + number,
                    sha256=sha256,
                    archive_name="",
                    county_code=f"{unit[:6]}000000",
                    county_name=None,
                    folder=unit,
                    file_name="季报.xlsx",
                    path="",
                    inbox="",
                    size_bytes=1,
                    modified_ns=0,
                    received_at=at,
                    share="示例",
                )
            )
            judged[number] = return_of(places, quarter, sha256, unit, changed)
        warehouse.record_receipts(engine, receipts)
        warehouse.record_judgements(engine, archive, judged, at)


def tell(title: str, spent: Spent, floor: float) -> None:
    """Print where the time went, what took most first; what took less than a hundredth is left out."""
    wall, cpu, _ = spent.steps.pop("all")
    print(f"\n| {title} | s | x COPY | server CPU s | times |\n|---|---|---|---|---|")
    print(f"| all | {wall:.2f} | {wall / floor:.1f} | {cpu:.2f} | |")
    for step, (seconds, own, times) in sorted(spent.steps.items(), key=lambda one: -one[1][0]):
        if seconds > wall / 100:
            print(f"| {step} | {seconds:.2f} | {seconds / floor:.1f} | {own:.2f} | {times} |", flush=True)


def copied(engine: sa.Engine) -> float:
    """The floor: seconds of a plain COPY of one quarter's rows into a table without indexes or conditions."""
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        some = "select * from core.fct_village_center where period = (select min(period) from core.fct_village_center)"
        with cursor.copy(f"copy ({some}) to stdout") as copy:
            data = [bytes(block) for block in copy]
        cursor.execute("create temporary table plain as select * from core.fct_village_center limit 0")
        begun = time.perf_counter()
        with cursor.copy("copy plain from stdin") as copy:
            for block in data:
                copy.write(block)
        spent = time.perf_counter() - begun
        cursor.execute("drop table plain")
    return spent


def make(settings: Settings, counties: int) -> None:
    migrate(settings)
    with warehouse.engine(settings, "wentong_owner") as owner, owner.begin() as connection:
        keep_periods(connection, ["2025Q4", "2026Q1", "2026Q2", "2026Q3", "2026Q4"])
        numbers = {"counties": counties, "towns": TOWNS, "villages": VILLAGES}
        for statement in REGISTER.split(";\n"):
            if statement.strip():
                used = {name: number for name, number in numbers.items() if f":{name}" in statement}
                connection.execute(sa.text(statement), used)
    with warehouse.engine(settings, "wentong_owner") as owner, owner.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("vacuum analyze"))


def villages_of(engine: sa.Engine) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("select place_code, parent_code from core.dim_place where level = 5 order by place_code")
        )
        for code, town in rows:
            found[f"{code[:6]}000000"].append((code, town))
    return found


def run(settings: Settings, quarters: int) -> None:
    with warehouse.engine(settings) as engine:
        counties = villages_of(engine)
        own = next(iter(counties.values()))
        town = {own[0][1]: [place for place in own if place[1] == own[0][1]]}
        numbers = itertools.count(1)
        for quarter in range(1, quarters + 1):
            period, at = f"2026Q{quarter}", datetime(2026, quarter * 3, 28, tzinfo=CHINA)
            hand_in(engine, settings.archive, counties, period, numbers, at)
            spent = load(engine, settings, at)
            floor = copied(engine)
            print(f"\nplain COPY of a quarter: {floor:.2f} s")
            tell(f"{period}, {sum(map(len, counties.values()))} rows", spent, floor)
            analyze(settings)
            hand_in(engine, settings.archive, town, period, numbers, at, changed=quarter)
            tell(f"{period}, a town's correction", load(engine, settings, at), floor)
        tell("nothing to do", load(engine, settings, at), floor)


def load(engine: sa.Engine, settings: Settings, at: datetime) -> Spent:
    """What the pipeline does to load, but for telling senders what was found."""
    spent = Spent(engine)
    with spent.noted():
        pipeline._expect_ended(engine, settings, at)
        warehouse.load(engine, settings.archive, warehouse.pending(engine, "load"), at, pipeline._due_on)
    return spent


def analyze(settings: Settings) -> None:
    """What the server does by itself soon after, vacuum apart."""
    with warehouse.engine(settings, "wentong_owner") as owner, owner.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("analyze"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=2850)
    parser.add_argument("--quarters", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="new folder, to look at the database afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wentong-bench-") as folder:
        home = options.keep or Path(folder)
        home.mkdir(exist_ok=True)
        home.chmod(0o755)  # as root the server runs as nobody, who must get there
        settings = replace(
            Settings.from_environment(),
            home=home,
            archive=home / "archive",
            database_url=None,
            owner_database_url=None,
        )
        with postgres.server(home):
            make(settings, options.counties)
            run(settings, options.quarters)


if __name__ == "__main__":
    main()
