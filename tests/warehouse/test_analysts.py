"""What analysts may read and do: everything here is tried as they would, through accounts that `wentong grant` makes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sites import A1, AT, COUNTY, TOWN_A, Databases, Site, row
from sqlalchemy.engine import Connection, Engine

from wentong import postgres, warehouse
from wentong.archive import Archive
from wentong.errors import WentongError
from wentong.forms import Field, code_titles, forms
from wentong.warehouse.schema import form_table

OTHER_COUNTY, OTHER_TOWN, OTHER_VILLAGE = "990002000000", "990002100000", "990002100201"
PLACES = f"""\
division_code,name,parent_code,level,kind,owes_returns,aliases
{COUNTY},示例县,,3,county,no,
{TOWN_A},甲镇,{COUNTY},4,town,yes,
{A1},甲一村,{TOWN_A},5,village,no,
{OTHER_COUNTY},邻县,,3,county,no,
{OTHER_TOWN},丙镇,{OTHER_COUNTY},4,town,yes,
{OTHER_VILLAGE},丙一村,{OTHER_TOWN},5,village,no,
"""
PERSON = "张三丰"
PASSWORD = "long enough for a test"
TABLES = [(form, table) for form in forms().values() for table in form.tables]
REGISTER = {
    "core.dim_place", "core.dim_org", "core.place_alias", "core.place_succession", "core.orgs",
    "marts.places", "marts.place_versions", "marts.present_places", "marts.registered_units",
}  # fmt: skip
"""Names and codes of places are open to every analyst."""


@pytest.fixture(scope="module")
def counties(databases: Databases, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two counties; each has a row in every form table, with names of persons, an obligation, and a plan of one task."""
    databases.empty(migrated)
    archive = tmp_path_factory.mktemp("analysts") / "archive"
    settings = replace(databases.settings(migrated), archive=archive)
    with warehouse.engine(settings) as engine:
        yield filled_site(Site(settings, Archive(archive), engine))


def filled_site(site: Site) -> Site:
    site.register(PLACES)
    submission = site.submit(row(A1, books_total=3))
    (loaded,) = site.load(submission)
    with warehouse.engine(site.settings, "wentong_owner") as owner, owner.begin() as connection:
        for town, village in ((TOWN_A, A1), (OTHER_TOWN, OTHER_VILLAGE)):
            fill(connection, town, village, loaded.load_id, submission)
    return site


def fill(connection: Connection, town: str, village: str, load_id: int, submission_id: int) -> None:
    county = f"{village[:6]}000000"
    org_id = connection.scalar(
        sa.text("select org_id from core.dim_org where place_code = :village"), {"village": village}
    )
    town_id = connection.scalar(sa.text("select org_id from core.dim_org where place_code = :town"), {"town": town})
    plan = f"plan_{village[:6]}"
    for form, table in TABLES:
        place = {"org_id": org_id, "division_code": village, "town_code": town, "county_code": county}
        place["period"] = {"month": "2026-06", "quarter": "2026Q2", "year": "2026"}[form.period]
        source = {"submission_id": submission_id, "sheet": "表", "row_number": 9, "confirmed_by": submission_id}
        values = {field.name: value_of(field) for field in table.stored}
        insert(
            connection, form_table(table).fullname, {**place, **source, **values, "row_key": "键", "from_load": load_id}
        )
    duty = {
        "org_id": town_id,
        "county_code": county,
        "form_code": "基文01",
        "period": "2026Q2",
        "due_on": date(2026, 7, 7),
    }
    insert(connection, "core.fct_obligation", {**duty, "from_load": load_id})
    terms = {"plan_code": plan, "from_load": load_id}
    insert(connection, "core.plans", {
        **terms, "title": "任务", "form_code": "基文01", "table_name": "village_center", "county_code": county, "year": 2026,
        "completion_stage": "met_in_return", "frozen_on": date(2026, 1, 1),
    })  # fmt: skip
    share = {"share_numerator": 1, "share_denominator": 1}
    insert(connection, "core.plan_milestones", {**terms, "number": 1, "period": "2026Q2", **share})
    insert(connection, "core.plan_tasks", {**terms, "org_id": org_id, "town_code": town})
    event = {"kind": "accepted", "event_on": date(2026, 7, 7), "period": "2026Q2", "submission_id": submission_id}
    insert(connection, "core.acceptance_events", {**terms, "org_id": org_id, **event, "sheet": "表", "row_number": 9})
    insert(connection, "core.milestone_crossings", {
        **terms, "scope_code": county, "number": 1, "reached_on": date(2026, 7, 7), "accepted": 1, "required": 1, "recorded_at": AT,
    })  # fmt: skip
    insert(connection, "ops.evidence", {
        "evidence_id": int(village[:6]), "evidence_number": "ZP-001", "county_code": county, "folder": "", "file_name": "ZP-001.jpg",
        "share": "/share", "path": f"{county}/佐证/ZP-001.jpg", "size_bytes": 1, "modified_ns": 1, "sha256": "0" * 64,
        "archive_name": "x.jpg", "received_at": AT,
    })  # fmt: skip


def value_of(field: Field) -> Any:
    if field.personal:
        return PERSON
    if field.codes:
        return next(iter(code_titles(field.codes)))
    return {"count": 1, "number": 1, "date": date(2026, 5, 5)}.get(
        field.type, "ZP-001" if field.name == "evidence_ids" else "文字"
    )


def insert(connection: Connection, table: str, values: dict[str, Any]) -> None:
    given = {key: Jsonb(value) if isinstance(value, dict) else value for key, value in values.items()}
    names, binds = ", ".join(given), ", ".join(f":{name}" for name in given)
    connection.execute(sa.text(f"insert into {table} ({names}) values ({binds})"), given)


@contextmanager
def analyst(databases: Databases, site: Site, *counties: str, name: str = "li_fang") -> Iterator[Engine]:
    """An account of these counties, or of all, for as long as the block lasts."""
    with warehouse.engine(site.settings, "wentong_owner") as owner:
        warehouse.grant_analyst(owner, name, counties, PASSWORD)
        engine = sa.create_engine(
            f"postgresql+psycopg://{name}:{PASSWORD}@127.0.0.1:{databases.server.port}/{owner.url.database}"
        )
        try:
            yield engine
        finally:
            engine.dispose()
            warehouse.revoke_analyst(owner, name)


def readable(connection: Connection) -> list[str]:
    """Every table and view outside PostgreSQL's own schemas of which the account may read all columns."""
    found = connection.scalars(sa.text(
        "select cast(cast(oid as regclass) as text) from pg_class where relkind in ('r', 'v', 'm', 'p', 'f') "
        "and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) "
        "and has_schema_privilege(relnamespace, 'usage') and has_table_privilege(oid, 'select') order by 1"
    ))  # fmt: skip
    return list(found)


def functions(connection: Connection) -> list[str]:
    """A call of every mart as known at the last load, and of each plan's."""
    found = connection.execute(sa.text(
        "select proname, cast(cast(proargtypes as regtype[]) as text[]) from pg_proc "
        "where pronamespace = 'marts'::regnamespace and proretset"
    ))  # fmt: skip
    given = {
        "bigint": "(select max(load_id) from ops.loads)",
        "date": "date '2026-12-01'",
        "date[]": "array[date '2026-12-01']",
    }
    plans = [f"'plan_{county[:6]}'" for county in (COUNTY, OTHER_COUNTY)]
    return [
        f"marts.{name}({', '.join({**given, 'text': plan}[word] for word in types)})"
        for name, types in found
        for plan in (plans if "text" in types else plans[:1])
    ]


def everything(connection: Connection) -> dict[str, str]:
    """Whatever the account can read, as text, by table, view or call."""
    return {
        source: "\n".join(connection.scalars(sa.text(f"select cast(to_jsonb(found) as text) from {source} as found")))
        for source in (*readable(connection), *functions(connection))
    }


def test_a_county_sees_its_own_figures_and_no_other_ones(databases: Databases, counties: Site) -> None:
    with analyst(databases, counties) as engine, engine.connect() as connection:
        all_counties = everything(connection)
    with analyst(databases, counties, COUNTY) as engine, engine.connect() as connection:
        own = everything(connection)
        others = connection.scalars(sa.text("select org_id from core.dim_org where place_code like '990002%'")).all()
    assert all_counties.keys() == own.keys()
    of_others = re.compile(rf'990002|"org_id": ({"|".join(map(str, others))})\b')
    with_others = {source for source, text in all_counties.items() if of_others.search(text)}
    figures = {f"core.fct_{table.name}" for _, table in TABLES}
    figures |= {
        f"core.{name}" for name in ("fct_obligation", "plans", "plan_tasks", "acceptance_events", "milestone_crossings")
    }
    figures |= {
        f"marts.{name}" for name in ("observations", "village_center", "coverage_board", "task_progress", "gap_list")
    }
    figures |= {f"marts.{name}" for name in ("submission_matrix", "overdue_list", "evidence_claims")}
    assert figures - with_others == set()
    assert {source for source in figures if not own[source]} == set()
    assert {
        source for source, text in own.items() if of_others.search(text) and source.partition("(")[0] not in REGISTER
    } == set()


def test_names_of_persons_are_nowhere(databases: Databases, counties: Site) -> None:
    assert PERSON in str(counties.rows("select to_jsonb(f) from personal.fct_issue_ledger as f"))
    for _, table in TABLES:  # what a template shows for reference
        last = warehouse.last_rows(counties.engine, table, TOWN_A, date(2027, 12, 31))
        assert last
        assert PERSON not in str(last)
    with analyst(databases, counties) as engine, engine.connect() as connection:
        assert [source for source, text in everything(connection).items() if PERSON in text] == []
        for field, name in (
            (field.name, form_table(table).fullname)
            for _, table in TABLES for field in table.stored if field.personal
        ):  # fmt: skip
            for source in (name, name.replace("personal.", "core.")):
                with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|does not exist"):
                    connection.execute(sa.text(f"select {field} from {source}"))
                connection.rollback()
        assert connection.scalar(sa.text("select count(*) from pg_stats where attname = 'responsible_person'")) == 0


def test_an_account_writes_nothing_and_makes_nothing(databases: Databases, counties: Site) -> None:
    with analyst(databases, counties, COUNTY) as engine, engine.connect() as connection:
        assert connection.scalar(sa.text("show default_transaction_read_only")) == "on"
        may = "insert, update, delete, truncate, references, trigger, maintain"
        assert connection.scalars(sa.text(
            "select cast(oid as regclass) from pg_class where relnamespace <> 'pg_catalog'::regnamespace and "
            f"(has_table_privilege(oid, '{may}') or has_any_column_privilege(oid, 'insert, update, references'))"
        )).all() == []  # fmt: skip
        assert (
            connection.scalars(
                sa.text("select nspname from pg_namespace where has_schema_privilege(oid, 'create')")
            ).all()
            == []
        )
        connection.rollback()
        for statement in (
            "update core.fct_village_center set books_total = 0",
            "insert into ops.analyst_counties values ('li_fang', '990002000000')",
            "create table public.mine (n int)",
            "create function marts.f() returns int language sql as 'select 1'",
            "set role wentong_analyst",
            "set role wentong_county_analyst",
            "alter role li_fang createrole",
            "grant wentong_analyst to li_fang",
            "set session_replication_role = replica",
        ):
            connection.execute(sa.text("set transaction read write"))
            with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be|Only roles"):
                connection.execute(sa.text(statement))
            connection.rollback()
        connection.execute(sa.text("set row_security = off"))
        with pytest.raises(sa.exc.ProgrammingError, match="would be affected by row-level security"):
            connection.execute(sa.text("select * from core.fct_village_center"))


def test_what_a_new_database_lets_everybody_do(server: postgres.Server) -> None:
    """deploy/databases.sql takes it back: temporary tables and functions, large objects, the locks that loads wait for."""
    url = server.url("wentong_analyst").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        for statement in (
            "create temporary table fct_village_center (n int)",
            "create function pg_temp.max(bigint) returns bigint language sql as 'select 1'",
            "select lo_from_bytea(0, 'x')",
            "select pg_advisory_lock(0)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_wentong_query_reads_as_they_do(counties: Site) -> None:
    assert len(warehouse.ask(counties.engine, "select distinct county_code from marts.observations")) == 2
    for source in ("ops.findings", "personal.fct_issue_ledger"):
        with pytest.raises(WentongError, match="permission denied"):
            warehouse.ask(counties.engine, f"select * from {source}")


def test_nothing_goes_round_the_policies(counties: Site) -> None:
    """Neither a table that was forgotten, nor a view or function that reads with its owner's rights."""
    open_tables = """
        select cast(c.oid as regclass) from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attname in ('county_code', 'plan_code')
        where c.relkind = 'r' and not c.relrowsecurity and has_any_column_privilege('wentong_analyst', c.oid, 'select')
            and c.relnamespace in ('core'::regnamespace, 'ops'::regnamespace, 'personal'::regnamespace)
    """
    assert counties.rows(open_tables) == []
    of_owner = """
        select cast(cast(oid as regclass) as text) from pg_class where relkind = 'v'
            and relnamespace in ('core'::regnamespace, 'ops'::regnamespace, 'marts'::regnamespace)
            and not coalesce('security_invoker=true' = any(reloptions), false)
        union all
        select cast(proname as text) from pg_proc where pronamespace = 'marts'::regnamespace and prosecdef
    """
    assert counties.rows(of_owner) == []


def test_accounts(databases: Databases, counties: Site) -> None:
    read = sa.text("select distinct county_code from core.fct_village_center order by 1")
    with warehouse.engine(counties.settings, "wentong_owner") as owner:
        with analyst(databases, counties, COUNTY, name="wang") as engine, engine.connect() as connection:
            assert connection.scalars(read).all() == [COUNTY]
            connection.rollback()
            assert warehouse.grant_analyst(owner, "wang", [OTHER_COUNTY, COUNTY], PASSWORD) == ["邻县", "示例县"]
            assert connection.scalars(read).all() == [COUNTY, OTHER_COUNTY]
            connection.rollback()
            assert warehouse.grant_analyst(owner, "wang", [OTHER_COUNTY], PASSWORD) == ["邻县"]
            assert connection.scalars(read).all() == [OTHER_COUNTY]
            connection.rollback()
            assert warehouse.grant_analyst(owner, "wang", [], PASSWORD) == []
            assert connection.scalars(read).all() == [COUNTY, OTHER_COUNTY]
            warehouse.revoke_analyst(owner, "wang")
            with pytest.raises(sa.exc.OperationalError, match="terminat"):
                connection.execute(read)
            warehouse.grant_analyst(owner, "wang", [], PASSWORD)  # for the block to end
        with pytest.raises(WentongError, match="There is no analyst wang"):
            warehouse.revoke_analyst(owner, "wang")
        for name, given, password, says in (
            ("wentong_etl", [], PASSWORD, "cannot be an account"),
            ('x"; drop', [], PASSWORD, "cannot be an account"),
            ("postgres", [], PASSWORD, "no analyst's account"),
            ("zhao", [TOWN_A], PASSWORD, f"{TOWN_A} is no county of the register"),
            ("zhao", [], "short", "too short"),
        ):
            with pytest.raises(WentongError, match=says):
                warehouse.grant_analyst(owner, name, given, password)
        for name in ("wentong_analyst", "airflow"):
            with pytest.raises(WentongError, match="no analyst's account"):
                warehouse.revoke_analyst(owner, name)
