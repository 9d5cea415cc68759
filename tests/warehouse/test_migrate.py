"""Migration, form tables, marts, roles, and what the tables refuse."""

import importlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from sites import A1, Databases, Site, row

from wentong import forms as forms_module
from wentong import warehouse
from wentong.errors import DeclarationError, EnvironmentProblem, WentongError
from wentong.forms import Field, Form
from wentong.settings import Settings
from wentong.warehouse import schema
from wentong.warehouse.migrate import alembic_config, build_order

migrate_module = importlib.import_module("wentong.warehouse.migrate")  # the package exports the function of that name


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> dict[str, Form]:
    """The declared forms, to be changed by a test."""
    declared = dict(forms_module.forms())
    monkeypatch.setattr(migrate_module, "forms", lambda: declared)
    return declared


@pytest.fixture
def marts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder of marts."""
    folder = tmp_path / "marts"
    folder.mkdir()
    monkeypatch.setattr(migrate_module, "MARTS", folder)
    monkeypatch.setattr(migrate_module, "marts_of_forms", lambda forms: {})
    return folder


def change_fields(form: Form, *fields: Field) -> Form:
    """The form with these fields in the place of those of their name, or after all others."""
    table = form.tables[0]
    changed = {field.name: field for field in (*table.fields, *fields)}
    return replace(form, tables=(replace(table, fields=tuple(changed.values())),))


def run(settings: Settings, statement: str, role: str = "wentong_owner") -> list[tuple[object, ...]]:
    with warehouse.engine(settings, role) as engine, engine.begin() as connection:  # type: ignore[arg-type]
        result = connection.execute(sa.text(statement))
        return [tuple(found) for found in result] if result.returns_rows else []


def columns(settings: Settings, table: str = "village_center") -> list[object]:
    query = (
        f"select attname from pg_attribute where attrelid = 'core.fct_{table}'::regclass and attnum > 0 order by attnum"
    )
    return [name for (name,) in run(settings, query)]


def test_migrate_from_empty_and_again(empty_database: Settings) -> None:
    with warehouse.engine(empty_database, "wentong_owner") as owner:
        assert not warehouse.is_made(owner)
        warehouse.migrate(empty_database)
        assert warehouse.is_made(owner)
    before = run(empty_database, "select oid, relname, relkind from pg_class order by oid")
    warehouse.migrate(empty_database)
    assert run(empty_database, "select oid, relname, relkind from pg_class order by oid") == before
    assert run(empty_database, "select kind, count(*) from core.dim_period group by kind order by kind") == [
        ("month", 168),
        ("quarter", 56),
        ("year", 14),
    ]
    assert run(empty_database, "select form_code, period_kind, due_working_days from core.dim_form order by 1") == [
        (form.code, form.period, form.due_working_days) for form in forms_module.forms().values()
    ]


def test_two_migrations_at_once(empty_database: Settings) -> None:
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            try:
                warehouse.migrate(empty_database)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert run(empty_database, "select version_num from ops.alembic_version") == [("0007",)]


def test_migrations_and_declared_tables_agree(empty_site: Site) -> None:
    with warehouse.engine(empty_site.settings, "wentong_owner") as owner, owner.connect() as connection:
        command.check(alembic_config(connection))


FIRST_RELEASE = """
insert into ops.loads (load_id, kind, journal_seq, loaded_at) values (1, 'register', 1, now());
insert into core.orgs values (1, 1);
insert into core.dim_org (org_id, org_type, place_code, name, owes_returns, valid_from, from_load)
values (1, 'town_station', '990001100000', '甲镇', true, '1900-01-01', 1);
insert into core.dim_form values ('基文01', 'village_centers', '基本情况', '2026', 'quarter', 'town', 5);
insert into core.dim_period values ('2026Q3', 'quarter', '2026-07-01', '2026-09-30', '2026年第3季度');
insert into ops.submissions (
    submission_id, sha256, county_code, folder, file_name, size_bytes, file_modified_at, received_at, archive_name, outcome,
    form_code, table_names, period, unit_code, judged_at
)
select n, repeat('0', 64), '990001000000', '', 'a.xlsx', 1, now(), now(), 'a', outcome, '基文01', '{village_center}', '2026Q3',
    '990001100000', now()
from (values (2, 'load'), (4, 'quarantine_file')) as given (n, outcome);
insert into ops.decisions values (6, 'release', 4, 'x', 'y', now());
update ops.submissions set decision = 'released' where submission_id = 4;
insert into ops.loads (load_id, kind, submission_id, loaded_at) values (2, 'return', 2, now()), (3, 'return', 4, now());
insert into core.fct_obligation (org_id, form_code, period, due_on, submission, submission_id)
values (1, '基文01', '2026Q3', '2026-10-14', 'received', 4);
"""


def test_the_first_releases_data_is_kept(empty_database: Settings) -> None:
    with warehouse.engine(empty_database, "wentong_owner") as owner, owner.begin() as connection:
        connection.execute(sa.text("create schema ops; create schema core"))
        command.upgrade(alembic_config(connection), "0001")
        connection.exec_driver_sql(FIRST_RELEASE)
    warehouse.migrate(empty_database)
    assert run(empty_database, "select load_id, journal_seq from ops.loads order by 1") == [(1, 1), (2, 2), (3, 6)]
    assert run(empty_database, "select submission_id, journal_seq from ops.submissions order by 1") == [(2, 2), (4, 4)]
    duty = "select county_code, submission, submission_id, from_load, to_load from core.fct_obligation"
    assert run(empty_database, duty) == [("990001000000", "none", None, 3, None)]
    assert run(empty_database, "select is_closed from core.dim_org") == [(False,)]


def test_every_table_and_column_is_explained(empty_site: Site) -> None:
    unexplained = """
        select c.oid::regclass::text, a.attname from pg_class as c
        left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace in ('ops'::regnamespace, 'core'::regnamespace, 'personal'::regnamespace, 'marts'::regnamespace)
            and c.relkind in ('r', 'v')
            and (obj_description(c.oid, 'pg_class') is null or col_description(c.oid, a.attnum) is null)
    """
    assert empty_site.rows(unexplained) == []
    functions = (
        "select proname from pg_proc where pronamespace = 'marts'::regnamespace and obj_description(oid) is null"
    )
    assert empty_site.rows(functions) == []
    schemas = (
        "select count(*) from pg_namespace where obj_description(oid, 'pg_namespace') like 'W%' or "
        "nspname in ('ops', 'core', 'personal', 'marts') and obj_description(oid, 'pg_namespace') <> ''"
    )
    assert empty_site.rows(schemas) == [(4,)]


def test_a_server_that_does_not_answer(empty_database: Settings) -> None:
    nowhere = replace(empty_database, owner_database_url="postgresql://wentong_owner@127.0.0.1:9/wentong")
    with pytest.raises(EnvironmentProblem, match=r"The warehouse at 127\.0\.0\.1:9 does not answer"):
        warehouse.migrate(nowhere)


# --------------------------------------------------------------------------------------------- form tables


def test_a_new_field_becomes_a_column_and_a_retired_one_stays(empty_database: Settings, forms: dict[str, Form]) -> None:
    warehouse.migrate(empty_database)
    before = columns(empty_database)
    retired = replace(forms["基文01"].tables[0].field("remark"), retired=True)
    forms["基文01"] = replace(
        change_fields(forms["基文01"], retired, Field("wifi", "无线网", "count", unit="个")), edition="2027"
    )
    warehouse.migrate(empty_database)
    assert columns(empty_database) == [*before, "wifi"]
    assert run(empty_database, "select col_description('core.fct_village_center'::regclass, :n)".replace(":n", str(len(before) + 1))) == [
        ("无线网 个",)
    ]  # fmt: skip
    assert run(empty_database, "select edition from core.dim_form where form_code = '基文01'") == [("2027",)]


def test_a_field_that_comes_to_name_persons_is_kept_apart(empty_database: Settings, forms: dict[str, Form]) -> None:
    warehouse.migrate(empty_database)
    declared, before = forms["基文02"], columns(empty_database, "town_station")
    kept = "select cast(oid as bigint) from pg_class where relname = 'fct_town_station' and relkind = 'r'"
    oid = run(empty_database, kept)
    personal = replace(declared.tables[0].field("remark"), title="联系人", personal=True)
    forms["基文02"] = change_fields(declared, personal, Field("wifi", "无线网", "count", unit="个"))
    warehouse.migrate(empty_database)
    assert columns(empty_database, "town_station") == [*(name for name in before if name != "remark"), "wifi"]
    assert run(empty_database, "select remark, wifi from personal.fct_town_station", "wentong_etl") == []
    assert run(empty_database, "select * from marts.observations", "wentong_etl") == []
    said = "select col_description('personal.fct_town_station'::regclass, attnum) from pg_attribute where attname = 'remark' "
    assert run(empty_database, f"{said} and attrelid = 'personal.fct_town_station'::regclass") == [("联系人",)]
    forms["基文02"] = change_fields(forms["基文02"], declared.tables[0].field("remark"))
    warehouse.migrate(empty_database)
    assert columns(empty_database, "town_station") == [*before, "wifi"]
    assert run(empty_database, kept) == oid


@pytest.mark.parametrize("name", ["remark", "note"])
def test_a_field_is_neither_removed_nor_renamed(empty_database: Settings, forms: dict[str, Form], name: str) -> None:
    warehouse.migrate(empty_database)
    before = columns(empty_database)
    table = forms["基文01"].tables[0]
    other = tuple(replace(field, name=name) for field in table.fields[-1:] if name != "remark")
    forms["基文01"] = replace(forms["基文01"], tables=(replace(table, fields=(*table.fields[:-1], *other)),))
    with pytest.raises(
        DeclarationError, match=r"form 基文01, village_center, field remark: .* with `retired: true` if"
    ):
        warehouse.migrate(empty_database)
    assert columns(empty_database) == before


def test_a_field_keeps_its_type(empty_database: Settings, forms: dict[str, Form]) -> None:
    warehouse.migrate(empty_database)
    forms["基文01"] = change_fields(forms["基文01"], Field("remark", "备注", "count"))
    with pytest.raises(DeclarationError, match="field remark: it is stored as text and now declared as bigint"):
        warehouse.migrate(empty_database)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("period", "every form table has a column period of its own"),
        ("order", "order is a word of SQL or of loads; name the field otherwise"),
        ("wave", "wave is a word of SQL or of loads"),
    ],
)
def test_a_field_cannot_take_a_name_that_means_something_else(forms: dict[str, Form], name: str, says: str) -> None:
    form = change_fields(forms["基文01"], Field(name, "期", "text"))
    with pytest.raises(DeclarationError, match=says):
        schema.form_table(form.tables[0])


# --------------------------------------------------------------------------------------------------- marts


def test_marts_are_made_in_order_of_their_references(empty_database: Settings, marts: Path) -> None:
    (marts / "a.sql").write_text("-- not marts.c\ncreate view marts.a as select * from marts.b(1)")
    (marts / "b.sql").write_text(
        "create function marts.b(l bigint) returns table (n bigint) language sql stable as $$ select n from marts.c $$"
    )
    (marts / "c.sql").write_text("create view marts.c as select 1::bigint as n where '5%' like '%'")
    warehouse.migrate(empty_database)
    assert run(empty_database, "select * from marts.a") == [(1,)]
    oid = run(empty_database, "select 'marts.a'::regclass::oid")
    warehouse.migrate(empty_database)
    assert run(empty_database, "select 'marts.a'::regclass::oid") == oid
    (marts / "a.sql").unlink()
    warehouse.migrate(empty_database)
    assert run(empty_database, "select relname from pg_class where relnamespace = 'marts'::regnamespace") == [("c",)]
    assert run(empty_database, "select n from marts.b(1)", "wentong_etl") == [(1,)]


def test_build_order() -> None:
    assert build_order({"a": "marts.b", "b": "/* marts.a */ marts.c", "c": "marts.c.x marts.unknown"}) == [
        "c",
        "b",
        "a",
    ]
    with pytest.raises(DeclarationError, match="a -> b -> a refer to each other in a circle"):
        build_order({"a": "from marts.b", "b": "from marts.a"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "create view marts.a as select nothing from core.orgs",
            r'include/sql/marts/a.sql: column "nothing" does not exist',
        ),
        ("create view marts.b as select 1", "include/sql/marts/a.sql does not make marts.a"),
    ],
)
def test_a_mart_at_fault_is_named_and_nothing_is_left(
    empty_database: Settings, marts: Path, text: str, message: str
) -> None:
    (marts / "a.sql").write_text(text)
    with pytest.raises(DeclarationError, match=message):
        warehouse.migrate(empty_database)
    assert run(empty_database, "select count(*) from pg_namespace where nspname = 'core'") == [(0,)]


# --------------------------------------------------------------------------------------------------- roles


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("wentong_analyst", "select * from ops.submissions"),
        ("wentong_analyst", "select * from ops.findings"),
        ("wentong_analyst", "select responsible_person from personal.fct_construction_task"),
        ("wentong_analyst", "select * from personal.fct_village_profile"),
        ("wentong_analyst", "insert into core.orgs values (1, 1)"),
        ("wentong_analyst", "update core.fct_village_center set books_total = 0"),
        ("wentong_analyst", "delete from core.fct_village_center"),
        ("wentong_analyst", "create table core.mine (n int)"),
        ("wentong_etl", "delete from core.fct_village_center"),
        ("wentong_etl", "update core.fct_village_center set books_total = 0"),
        ("wentong_etl", "update core.fct_village_center set submission_id = 1"),
        ("wentong_etl", "update ops.findings set message = ''"),
        ("wentong_etl", "update ops.findings set explanation = 'x'"),
        ("wentong_etl", "update ops.decisions set reason = ''"),
        ("wentong_etl", "update ops.waivers set valid_until = '2099-12-31'"),
        ("wentong_etl", "delete from ops.waivers"),
        ("wentong_etl", "update ops.extensions set due_on = '2099-12-31'"),
        ("wentong_analyst", "select * from ops.waivers"),
        ("wentong_etl", "update ops.loads set loaded_at = now()"),
        ("wentong_etl", "update ops.audit_results set found = 0"),
        ("wentong_etl", "delete from ops.submissions"),
        ("wentong_etl", "truncate core.fct_village_center"),
        ("wentong_etl", "drop table core.fct_village_center"),
        ("wentong_etl", "alter table core.orgs add column x int"),
        ("wentong_etl", "create table core.mine (n int)"),
        ("wentong_etl", "update ops.alembic_version set version_num = 'x'"),
    ],
)
def test_what_roles_may_not_do(databases: Databases, empty_site: Site, role: str, statement: str) -> None:
    url = databases.url(role, str(empty_site.engine.url.database))
    with sa.create_engine(url).connect() as connection:
        connection.execute(sa.text("set transaction read write"))  # analysts begin with reading only
        with pytest.raises(sa.exc.ProgrammingError) as raised:
            connection.execute(sa.text(statement))
    assert any(word in str(raised.value.orig) for word in ("permission denied", "must be owner"))


def test_analysts_read_facts(databases: Databases, site: Site) -> None:
    site.load(site.submit(row(A1, books_total=3)))
    url = databases.url("wentong_analyst", str(site.engine.url.database))
    with sa.create_engine(url).connect() as connection:
        assert connection.scalar(sa.text("select books_total from core.fct_village_center")) == 3


def test_columns_of_one_name_are_not_dropped_silently(site: Site) -> None:
    with pytest.raises(WentongError, match="Two columns are called a"):
        warehouse.ask(site.engine, "select 1 as a, 2 as a")


# --------------------------------------------------------------------------------- wrong states are impossible


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("update core.fct_village_center set to_load = from_load", "ends_after_it_begins"),
        ("update core.fct_village_center set to_load = 99", "to_load_fk"),
        ("update core.fct_village_center set org_id = 99", "org_id_fk"),
        ("update core.fct_village_center set period = '2026Q5'", "period_fk"),
        ("update core.fct_village_center set submission_id = 99, confirmed_by = 99", "center_submission_id_fk"),
        ("update core.fct_village_center set cell_states = '[]'", "cell_states_is_an_object"),
        ("update core.fct_village_center set town_code = '990001100'", "town_code_has_12_digits"),
        (
            "insert into core.fct_village_center (org_id, division_code, town_code, county_code, period, submission_id, sheet, "
            "row_number, confirmed_by, from_load) select org_id, division_code, town_code, county_code, period, submission_id, "
            "sheet, row_number, confirmed_by, 1 from core.fct_village_center",
            "current_key",
        ),
        ("update ops.submissions set outcome = 'maybe', load_id = null, loaded_at = null", "outcome_is_known"),
        ("update ops.submissions set judged_at = null", "verdict_has_time"),
        ("update ops.submissions set outcome = 'reject'", "loaded_when_allowed"),
        ("update ops.submissions set decision = 'released'", "decided_when_held"),
        ("update ops.submissions set period = null", "load_has_scope"),
        ("insert into ops.loads values (9, 'return', 2, 9, now())", "loads_submission_id_key"),
        ("insert into ops.loads values (9, 'register', 2, 9, now())", "return_has_submission"),
        ("insert into ops.journal_position values (false, 1, '')", "is_one_row"),
        ("insert into ops.findings values (2, 1, 'x', 'error', '', 5, 1, 'f', 'r', 'm', 'f', '属实')", "only_warnings_are_explained"),
        ("insert into ops.findings values (2, 1, 'x', 'row', '', 5, 1, 'f', 'r', 'm', 'f', null, 1)", "only_little_is_waived"),
        ("insert into ops.findings values (2, 1, 'x', 'error', '', 5, 1, 'f', 'r', 'm', 'f', null, 1)", "waiver_id_fk"),
        ("update core.dim_place set level = 6", "level_is_known"),
        ("update core.dim_place set parent_code = place_code", "is_not_its_own_parent"),
        ("insert into core.fct_obligation (org_id, county_code, form_code, period, due_on, submission, from_load) "
         "values (1, '990001000000', '基文01', '2026Q3', '2026-10-14', 'held', 1)", "return_is_named"),
    ],
)  # fmt: skip
def test_what_the_tables_refuse(site: Site, statement: str, constraint: str) -> None:
    site.load(site.submit(row(A1, books_total=1)))
    with (
        warehouse.engine(site.settings, "wentong_owner") as owner,
        owner.connect() as connection,
        pytest.raises(sa.exc.IntegrityError, match=constraint),
    ):
        connection.execute(sa.text(statement))
