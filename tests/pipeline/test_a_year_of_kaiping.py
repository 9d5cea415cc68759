"""A year of Kaiping's returns, in real workbooks: the same receipts come to the same history, in whatever batches they
are dealt with and however often that is killed. Figures and what befalls the towns and villages are invented."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import openpyxl
import psutil
import psycopg
import pytest
import sqlalchemy as sa
from good_rows import GOOD_ROWS

from wentong import pipeline, postgres, rebuilding, warehouse
from wentong.archive import Archive
from wentong.forms import SCHEMAS, Form, find_form
from wentong.periods import CHINA, Period
from wentong.places import Place, Register
from wentong.settings import Settings
from wentong.templates import write_return
from wentong.warehouse import Approval, consequences

pytestmark = pytest.mark.slow

SHUIKOU, TANGKOU, CHIKAN, BAIHE, XIANGANG = (f"440783{town}000" for town in (117, 108, 109, 110, 111))
MERGED, SUCCESSOR, CLOSED = "440783117201", "440783117202", "440783108234"
CENTERS, ACTIVITIES = find_form("基文01"), find_form("基文03")
SIGNED = {"head": "甲", "reviewer": "乙", "preparer": "丙", "reported_on": "2026年7月6日"}
NOT_BUILT = {**dict.fromkeys(GOOD_ROWS["village_center"][0]), "build_status": "not_built"}
LIST = "division_code,name,parent_code,level,kind,owes_returns,valid_from,status,change,successors"
KILLS = 6
"""Of each of the three collections."""


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 9, tzinfo=CHINA)


def rows(settings: Settings, sql: str, **binds: object) -> list[tuple[Any, ...]]:
    with warehouse.engine(settings, "wentong_owner") as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


# -- what the towns hand in --------------------------------------------------------------------------------------------


class Dropped(NamedTuple):
    """A file that is put into the folder of its town."""

    town: str
    name: str
    content: bytes


class Kaiping:
    """The sample county, and the workbooks of its towns."""

    def __init__(self, places: list[Place]) -> None:
        self.name = {place.code: place.name for place in places}
        self.villages = {
            town.code: [village.code for village in Register(places).villages(town.code)]
            for town in Register(places).towns("440783000000")
        }

    def centers(
        self,
        town: str,
        period: str,
        name: str = "",
        also: tuple[str, ...] = (),
        without: tuple[str, ...] = (),
        **changes: Mapping[str, object],
    ) -> Dropped:
        """基文01 with a row for every village. `changes` are those of a village, by the last digits of its code."""
        quarter = int(period[-1])
        reported = []
        for number, code in enumerate([*self.villages[town], *also]):
            figures = {
                "floor_area_m2": 190 + 5 * int(code[-2:]),
                "books_total": 1500 + 10 * int(code[-2:]),
                "activity_sessions": 2 + (number + quarter) % 5,
                "activity_attendance": 40 * (3 + (number + quarter) % 5),
            }
            named = {"village_name": self.name[code], "division_code": code}
            changed = changes.get(f"village_{code[-3:]}", {})
            if code not in without:
                reported.append({**GOOD_ROWS["village_center"][0], **figures, **named, **changed})
        return self._return(CENTERS, town, period, name, {"village_center": reported})

    def activities(self, town: str, period: str, *days: int, name: str = "") -> Dropped:
        """基文03 with an activity on each of these days; with none, a report that there was none."""
        month = Period.parse(period).first_day
        held = [
            {
                **GOOD_ROWS["activity"][0],
                "organiser_name": self.name[town],
                "organiser_code": town,
                "activity_id": f"AC-{town}-{period}-{day:03}",
                "title": f"{day}日文艺演出",
                "started_on": month.replace(day=day),
                "ended_on": month.replace(day=day),
            }
            for day in days
        ]
        made = self._return(ACTIVITIES, town, period, name, {"activity": held})
        return made if days else made._replace(content=_nothing_happened(made.content))

    def _return(self, form: Form, town: str, period: str, name: str, rows: Mapping[str, Any]) -> Dropped:
        stream = io.BytesIO()
        title = f"开平市{self.name[town]}"
        write_return(stream, form, Period.parse(period), town, title, rows, signatures=SIGNED)
        return Dropped(self.name[town], f"{name or f'{form.code}_{period}'}.xlsx", stream.getvalue())


def _nothing_happened(content: bytes) -> bytes:
    """The workbook with 本期无活动 ticked."""
    workbook = openpyxl.load_workbook(io.BytesIO(content))
    line = next(c for row in workbook.worksheets[0] for c in row if "本期无活动" in str(c.value))
    line.value = str(line.value).replace("(  )", "(√)").replace("(  )", "(√)")
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def first_half(kaiping: Kaiping) -> list[Dropped]:
    """Handed in until July, in this order."""
    original = kaiping.centers(TANGKOU, "2026Q1", "塘口一季度")
    corrected = kaiping.centers(TANGKOU, "2026Q1", "塘口一季度(更正)", village_220={"books_total": 2222})
    return [
        kaiping.centers(SHUIKOU, "2026Q1"),
        original,
        corrected,
        original._replace(name="塘口一季度(以此为准).xlsx"),
        kaiping.centers(CHIKAN, "2026Q1", "赤坎2026年第二季度"),  # held: its title says the first
        kaiping.centers(BAIHE, "2026Q1", "百合2026年第三季度"),  # held
        kaiping.centers(XIANGANG, "2026Q1", village_220=NOT_BUILT, village_221={"books_total": "很多"}),
        kaiping.activities(SHUIKOU, "2026-04", 11, 25),
        kaiping.activities(SHUIKOU, "2026-05"),
        Dropped(kaiping.name[TANGKOU], "扫描件.xlsx", b"%PDF-1.4"),
        kaiping.centers(TANGKOU, "2026Q2"),
        kaiping.centers(XIANGANG, "2026Q2"),
    ]


def third_quarter(kaiping: Kaiping) -> list[Dropped]:
    """Handed in until October, with what comes late and what is put right."""
    waived = {"weekly_open_hours": 0}
    return [
        kaiping.centers(SHUIKOU, "2026Q2", "水口二季度(补报)"),
        kaiping.centers(SHUIKOU, "2026Q3", village_203=NOT_BUILT),  # with the village that is no more
        kaiping.centers(TANGKOU, "2026Q3", without=(CLOSED,), village_221=waived, village_222={"floor_area_m2": 777}),
        kaiping.activities(SHUIKOU, "2026-04", 25, name="四月活动(更正)"),
        kaiping.centers(BAIHE, "2026Q1", "百合一季度"),
        kaiping.centers(CHIKAN, "2026Q3"),
        kaiping.centers(XIANGANG, "2026Q1", "蚬冈一季度(更正)", village_221={"books_total": 3000}),
    ]


def fourth_quarter(kaiping: Kaiping) -> list[Dropped]:
    """Handed in until January, with corrections that go back to spring."""
    of_both = tuple(kaiping.villages[XIANGANG])
    return [
        kaiping.centers(XIANGANG, "2026Q3"),  # it was there on the last of September
        kaiping.centers(BAIHE, "2026Q4", also=of_both),
        kaiping.centers(SHUIKOU, "2026Q4", without=(MERGED,)),
        kaiping.centers(TANGKOU, "2026Q2", "塘口二季度(更正)", village_222={"floor_area_m2": 777}),
        kaiping.activities(SHUIKOU, "2026-05", 30, name="五月活动(补报)"),
        kaiping.centers(TANGKOU, "2026Q1", "塘口一季度(再更正)", village_223={"books_total": 4000}),
    ]


# -- what the county decides -------------------------------------------------------------------------------------------


def decide(settings: Settings, name: str, kind: Literal["release", "return"], now: datetime) -> None:
    ((number,),) = rows(settings, "select submission_id from ops.submissions where file_name = :name", name=name)
    with warehouse.engine(settings) as engine:
        warehouse.decide(engine, Archive(settings.archive).journal, number, kind, "已电话核实", "王局长", now)
    pipeline.tell_decision(settings, now, number, kind, "已电话核实")
    pipeline.load(settings, now)


def bring_in(settings: Settings, lines: list[str], now: datetime) -> None:
    path = settings.home / "名录.csv"
    path.write_text("\n".join([LIST, *lines]), encoding="utf-8")
    with warehouse.engine(settings) as engine:
        warehouse.import_units(engine, Archive(settings.archive), path, now)


def in_summer(settings: Settings, kaiping: Kaiping) -> None:
    """One village is merged into its neighbour, one is gone; a centre may be closed for repairs."""
    bring_in(
        settings,
        [
            f"{MERGED},{kaiping.name[MERGED]},{SHUIKOU},5,village,no,2026-08-01,closed,merged,{SUCCESSOR}",
            f"{CLOSED},{kaiping.name[CLOSED]},{TANGKOU},5,village,no,2026-08-01,closed,closed,",
        ],
        at(8, 3),
    )
    repairs = Approval("维修", "王局长", at(8, 4))
    about = (CENTERS, "440783108221", Period.parse("2026Q3"), "weekly_open_hours", date(2026, 12, 31))
    with warehouse.engine(settings) as engine:
        warehouse.waive(engine, Archive(settings.archive).journal, "built_with_zero", *about, repairs)


def in_autumn(settings: Settings, kaiping: Kaiping) -> None:
    """A town gets more time, and its neighbour is merged into it with all its villages."""
    more_time = Approval("并镇", "王局长", at(10, 14))
    pipeline.extend(settings, CENTERS, BAIHE, Period.parse("2026Q4"), date(2027, 1, 20), more_time)
    kinds = dict(rows(settings, "select place_code, kind from core.dim_place where to_load is null"))
    moved = [
        f"{code},{kaiping.name[code]},{BAIHE},5,{kinds[code]},no,2026-10-01,,," for code in kaiping.villages[XIANGANG]
    ]
    closed = f"{XIANGANG},{kaiping.name[XIANGANG]},440783000000,4,town,yes,2026-10-01,closed,merged,{BAIHE}"
    bring_in(settings, [closed, *moved], at(10, 15))


# -- how files are dealt with ------------------------------------------------------------------------------------------

Collect = Callable[[Settings, datetime], object]


def one_by_one(settings: Settings, now: datetime) -> None:
    for batch in pipeline.receive(replace(settings, batch_size=1), now):
        pipeline.judge(settings, now, batch)
        pipeline.answer(settings, now, batch)
        pipeline.load(settings, now)
        pipeline.build(settings, now)
        pipeline.mark(settings, now)


COLLECTOR = """\
import os, sys
from datetime import datetime
from wentong import checks, pipeline
from wentong.settings import Settings
for now in sys.stdin:
    if not (child := os.fork()):
        os.setsid()
        print(os.getpid(), flush=True)
        os.dup2(2, 1)
        pipeline.collect(Settings.from_environment(), datetime.fromisoformat(now.strip()))
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Collects at each time that it reads, in a child; prints the child's number and, when it has ended, its exit status.
Imports, which take seconds, are done once."""


def with_kills(settings: Settings, now: datetime) -> None:
    """By a process that is killed with all its children when it has written some entries into the journal, again and
    again, and by one that comes to its end."""
    environment = {"PATH": "", "WENTONG_HOME": str(settings.home), "WENTONG_DATABASE_URL": str(settings.database_url)}
    command = [sys.executable, "-c", COLLECTOR]
    chance = random.Random(now.toordinal())
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as collector:
        assert collector.stdin
        assert collector.stdout
        for count in [*(chance.randint(1, 8) for _ in range(KILLS)), sys.maxsize]:
            wanted = _entries(settings) + count
            print(now.isoformat(), file=collector.stdin, flush=True)
            process = int(collector.stdout.readline())
            while psutil.pid_exists(process) and _entries(settings) < wanted:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
            with suppress(ProcessLookupError):  # it has come to its end
                os.killpg(process, signal.SIGKILL)
            status = int(collector.stdout.readline())
            if status == 0:
                return
            assert status == -signal.SIGKILL


def _entries(settings: Settings) -> int:
    return Archive(settings.archive).journal.path.read_bytes().count(b"\n")


WAYS: dict[str, Collect] = {"in one batch": pipeline.collect, "one by one": one_by_one, "with kills": with_kills}


# -- the year ----------------------------------------------------------------------------------------------------------


class Year(NamedTuple):
    """A site at the end of the year, and what was known in July."""

    settings: Settings
    july: int
    known_in_july: dict[str, list[tuple[Any, ...]]]


def drop(settings: Settings, files: list[Dropped], now: datetime) -> None:
    """Put files into the share, each changed a minute after the one before, the last one an hour ago."""
    for number, file in enumerate(files):
        path = settings.share / "开平市" / "收件箱" / file.town / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        changed = (now - timedelta(hours=1, minutes=len(files) - number)).timestamp()
        os.utime(path, (changed, changed))


def known(settings: Settings, load_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the marts say as known at a load."""
    marts = rows(
        settings,
        "select proname from pg_catalog.pg_proc where pronamespace = 'marts'::regnamespace"
        " and pg_get_function_identity_arguments(oid) = 'known_at bigint' order by 1",
    )
    return {
        name: rows(settings, f"select to_jsonb(m)::text from marts.{name}({load_id}) as m order by 1")
        for (name,) in marts
    }


def live(settings: Settings, collect: Collect, kaiping: Kaiping, files: list[list[Dropped]]) -> Year:
    summer, autumn, winter = at(7, 8), at(10, 12), at(1, 11, 2027)
    drop(settings, files[0], summer)
    collect(settings, summer)
    decide(settings, "赤坎2026年第二季度.xlsx", "release", at(7, 9))
    decide(settings, "百合2026年第三季度.xlsx", "return", at(7, 9))
    ((july,),) = rows(settings, "select max(load_id) from ops.loads")
    known_in_july = known(settings, july)
    in_summer(settings, kaiping)
    drop(settings, files[1], autumn)
    collect(settings, autumn)
    in_autumn(settings, kaiping)
    drop(settings, files[2], winter)
    collect(settings, winter)
    return Year(settings, july, known_in_july)


@pytest.fixture(scope="module")
def sites(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Settings]:
    """A site for each way to collect, with the sample county and its plan."""

    def url(role: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{server.passwords[role]}@127.0.0.1:{server.port}/{database}"

    made: dict[str, Settings] = {}
    for number, way in enumerate(WAYS):
        database = f"year_{number}"
        with psycopg.connect(url("postgres", "postgres").replace("+psycopg", ""), autocommit=True) as connection:
            source = "template year_0" if made else ""
            connection.execute(f"create database {database} owner wentong_owner {source}".encode())
        home = tmp_path_factory.mktemp("year")
        for parent in (home, home.parent):
            parent.chmod(0o755)  # as root a server may run as nobody, who must get there
        settings = replace(
            Settings.from_environment(),
            home=home,
            share=home / "share",
            archive=home / "archive",
            database_url=url("wentong_etl", database),
            owner_database_url=url("wentong_owner", database),
        )
        if not made:
            warehouse.migrate(settings)
        made[way] = settings
    for settings in made.values():
        kept = Archive(settings.archive)
        with warehouse.engine(settings) as engine:
            warehouse.import_units(engine, kept, SCHEMAS / "units" / "440783.csv", at(1, 5))
            warehouse.import_plan(engine, kept.journal, SCHEMAS / "plans" / "kaiping_2026.yml", None, at(1, 5))
    return made


@pytest.fixture(scope="module")
def years(sites: dict[str, Settings]) -> Iterator[dict[str, Year]]:
    with warehouse.engine(sites["with kills"]) as engine:
        kaiping = Kaiping(warehouse.read_places(engine))
    files = [first_half(kaiping), third_quarter(kaiping), fourth_quarter(kaiping)]
    with ThreadPoolExecutor(1) as beside:
        killed = beside.submit(live, sites["with kills"], with_kills, kaiping, files)
        lived = {way: live(sites[way], WAYS[way], kaiping, files) for way in ("in one batch", "one by one")}
        yield {**lived, "with kills": killed.result()}


# -- what must hold ----------------------------------------------------------------------------------------------------


def test_the_history_follows_from_the_receipts_alone(years: dict[str, Year]) -> None:
    """Every table, load by load. Rows are compared with each other once for a whole batch: what would have been found and
    settled within one was never known. So of these findings the open ones are compared, and by what they say."""
    by_way: dict[str, dict[str, object]] = {}
    for way, (settings, *_) in years.items():
        with warehouse.engine(settings) as engine, engine.connect() as connection:
            last = connection.scalar(sa.text("select max(load_id) from ops.loads"))
            by_way[way] = dict(consequences.digests_by_load(connection, 1, last))
        found = by_way[way].pop("ops.relation_findings")
        assert found
        by_way[way]["open findings"] = rows(
            settings,
            "select table_name, period, org_id, row_key, field, code, submission_id, params from ops.relation_findings"
            " where to_load is null order by 1, 2, 3, 4, 5, 6",
        )
    assert {len(loads) for loads in by_way.values()} == {len(by_way["in one batch"])}
    for way, digests in by_way.items():
        for table, by_load in by_way["in one batch"].items():
            assert digests[table] == by_load, (way, table)
    tables = {"core.fct_village_center", "core.fct_activity", "core.fct_obligation", "core.acceptance_events"}
    assert tables | {"core.milestone_crossings", "core.dim_org"} <= by_way["in one batch"].keys()


def test_every_sender_is_answered_alike(years: dict[str, Year]) -> None:
    said = {}
    for way, (settings, *_) in years.items():
        county = settings.share / "开平市"
        said[way] = {path.relative_to(county) for path in (county / "回执").rglob("*") if path.is_file()}
        told = rows(settings, "select answer_path from ops.submissions")
        assert len(told) == 25
        assert {Path(path).relative_to("开平市") for (path,) in told} <= said[way]
        assert [path for path in (county / "收件箱").rglob("*") if path.is_file() and "已收" not in path.parts] == []
    assert said["in one batch"] == said["one by one"] == said["with kills"]


def test_nothing_is_lost_by_kills(years: dict[str, Year]) -> None:
    settings = years["with kills"].settings
    with warehouse.engine(settings) as engine:
        found = list(rebuilding.proofs(settings, engine, Archive(settings.archive), full=True))
    assert [damages for _, damages in found] == [[]] * 4


@pytest.mark.parametrize("way", WAYS)
def test_what_was_known_in_july_stays_as_it_was(years: dict[str, Year], way: str) -> None:
    settings, july, known_in_july = years[way]
    known_now = known(settings, july)
    assert {name for name in known_in_july if known_now[name] != known_in_july[name]} == set()
    (today,) = rows(settings, "select max(load_id) from ops.loads")
    changed = {name for name, said in known(settings, *today).items() if said != known_in_july[name]}
    assert changed >= {"coverage_board", "indicators", "submission_matrix", "town_totals", "village_center", "places"}


def test_it_was_that_year(years: dict[str, Year]) -> None:
    """What befell the county is in the tables."""
    settings = years["with kills"].settings
    outcomes = dict(rows(settings, "select coalesce(decision, outcome), count(*) from ops.submissions group by 1"))
    assert outcomes == {"load": 22, "released": 1, "returned": 1, "reject": 1}
    released = "select distinct town_code from core.fct_village_center where submission_id = 5"
    assert rows(settings, released) == [(CHIKAN,)]
    books = "select books_total, to_load is null from core.fct_village_center where division_code = '440783108220'"
    versions = rows(settings, f"{books} and period = '2026Q1' order by from_load")
    assert versions == [(1700, False), (2222, False), (1700, True)]
    held = "select period, extract(day from ended_on) from core.fct_activity where to_load is null order by 1"
    assert rows(settings, held) == [("2026-04", 25), ("2026-05", 30)]
    assert rows(settings, "select count(*) from core.fct_activity") == [(3,)]
    waived = "select submission_id from ops.findings where code = 'built_with_zero' and waiver_id is not null"
    assert rows(settings, waived) == [(15,)]


def test_the_merged_village_counts_until_july_and_its_successor_from_then_on(years: dict[str, Year]) -> None:
    settings = years["with kills"].settings
    reported = (
        "select period, division_code from marts.village_center"
        " where division_code = any(:codes) and period in ('2026Q2', '2026Q3') order by 1, 2"
    )
    found = rows(settings, reported, codes=[MERGED, SUCCESSOR])
    assert found == [("2026Q2", MERGED), ("2026Q2", SUCCESSOR), ("2026Q3", SUCCESSOR)]
    counted = "select map, period, villages_reported from marts.town_totals where town_code = :town"
    villages = {(on, period): count for on, period, count in rows(settings, counted, town=SHUIKOU)}
    for on in ("as_reported", "today"):
        assert [villages[on, f"2026Q{quarter}"] for quarter in (1, 2, 3, 4)] == [30, 30, 29, 29]


def test_the_merged_town_is_on_the_map_of_then(years: dict[str, Year]) -> None:
    settings = years["with kills"].settings
    counted = "select map, town_code, villages_reported from marts.town_totals where period = '2026Q2'"
    found = {(on, town): count for on, town, count in rows(settings, counted)}
    assert found["as_reported", XIANGANG] == found["today", BAIHE] == 12
    assert not {("as_reported", BAIHE), ("today", XIANGANG)} & found.keys()


def test_what_is_closed_owes_nothing_from_then_on(years: dict[str, Year]) -> None:
    settings = years["with kills"].settings
    duties = "select period, duty from marts.submission_matrix where form_code = '基文01' and unit_code = :town"
    found = {town: dict(rows(settings, duties, town=town)) for town in (XIANGANG, BAIHE)}
    assert (found[XIANGANG]["2026Q3"], found[XIANGANG]["2026Q4"]) == ("due", "not_applicable")
    assert found[BAIHE]["2026Q4"] == "extended"
    listed = "select period from marts.roster where form_code = '基文01' and division_code = :code order by 1"
    assert rows(settings, listed, code=CLOSED) == [("2026Q1",), ("2026Q2",)]
