"""`wentong migrate`: bring a database to what this version of Wentong and its forms declare."""

import graphlib
import hashlib
import re

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.schema import CreateColumn

from wentong.errors import DeclarationError, EnvironmentProblem
from wentong.forms import Form, Table, forms
from wentong.periods import Period
from wentong.settings import INCLUDE, PROJECT, Settings
from wentong.warehouse.connections import engine
from wentong.warehouse.schema import SCHEMAS, dim_form, dim_period, form_table

MIGRATING = 0x77656E02
"""Advisory lock under which migrations run, one at a time."""
MARTS = INCLUDE / "sql" / "marts"
YEARS = range(2017, 2031)
"""Years whose periods are known from the beginning; others are added when a return speaks of them."""

GRANTS = """
grant usage on schema ops, core, marts to wentong_etl;
grant select, insert, update on all tables in schema ops, core to wentong_etl;
revoke update on
    ops.loads, ops.findings, ops.relation_findings, ops.submission_scopes, ops.evidence, ops.decisions, ops.waivers, ops.extensions,
    core.orgs, core.milestone_crossings, {figures}
from wentong_etl;
grant update (to_load, told_at, explanation) on ops.relation_findings to wentong_etl;
{closing}
grant usage on all sequences in schema ops, core to wentong_etl;
grant select on all tables in schema marts to wentong_etl;
grant execute on all functions in schema marts to wentong_etl;
revoke insert, update on ops.alembic_version from wentong_etl;
grant usage on schema core, marts to wentong_analyst;
grant select on all tables in schema core, marts to wentong_analyst;
grant execute on all functions in schema marts to wentong_analyst;
{personal}
"""
"""Who may do what. Nobody but the owner deletes or defines. What was found, decided and loaded is never altered: of the
figures the loads can only close a version. Analysts read facts and marts, not the ledgers."""

ALEMBIC_COMMENTS = """
comment on table ops.alembic_version is 'Which migration the tables are at; one row, kept by Alembic.';
comment on column ops.alembic_version.version_num is 'Its number, as in migrations/versions.';
"""


def migrate(settings: Settings) -> None:
    """Bring the warehouse up to date, in one transaction: fixed tables, form tables, dimensions, marts, grants.

    Repeating it changes nothing; two at once wait for each other. Raises DeclarationError when a form or a mart is at
    fault, EnvironmentProblem when the server or its roles are.
    """
    with engine(settings, "wentong_owner") as owner, owner.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
        _check_roles(connection)
        for schema in SCHEMAS:
            connection.execute(sa.text(f"create schema if not exists {schema}"))
        command.upgrade(alembic_config(connection), "head")
        _run(connection, ALEMBIC_COMMENTS)
        for form in forms().values():
            _keep_form(connection, form)
        _keep_periods(connection)
        _make_marts(connection)
        for schema, comment in SCHEMAS.items():
            if schema != "marts":  # whose comment also says what it was made from
                _run(connection, f"comment on schema {schema} is '{comment}'")
        _grant(connection)


def is_made(engine: sa.Engine) -> bool:
    """Whether the warehouse has the tables of this version of Wentong. Form tables and marts are not looked at."""
    with engine.connect() as connection:
        wanted = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
        found = MigrationContext.configure(connection, opts={"version_table_schema": "ops"}).get_current_revision()
    return found == wanted


def alembic_config(connection: sa.Connection) -> Config:
    """For Alembic's commands, working on this connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    return config


def _check_roles(connection: sa.Connection) -> None:
    wanted = {"wentong_etl", "wentong_analyst"}
    found = connection.scalars(
        sa.text("select rolname from pg_roles where rolname = any(:names)"), {"names": list(wanted)}
    )
    if missing := sorted(wanted - set(found)):
        raise EnvironmentProblem(
            f"The database server has no role {missing[0]}: run deploy/databases.sql as its superuser."
        )


def _grant(connection: sa.Connection) -> None:
    figures = [f"core.{form_table(table).name}" for form in forms().values() for table in form.tables]
    closing = "".join(f"grant update (to_load, confirmed_by) on {name} to wentong_etl;" for name in figures)
    personal = "".join(_without_persons(connection, table) for form in forms().values() for table in form.tables)
    names = ", ".join(figures or ["ops.alembic_version"])
    _run(connection, GRANTS.format(figures=names, closing=closing, personal=personal))


def _without_persons(connection: sa.Connection, table: Table) -> str:
    """Analysts read all of a form table but its personal fields."""
    persons = {field.name for field in table.stored if field.personal}
    if not persons:
        return ""
    name = form_table(table).name
    readable = ", ".join(column for column in _columns(connection, name) if column not in persons)
    return f"revoke select on core.{name} from wentong_analyst; grant select ({readable}) on core.{name} to wentong_analyst;"


# ----------------------------------------------------------------------------------------------------- forms


def _keep_form(connection: sa.Connection, form: Form) -> None:
    for table in form.tables:
        declared = form_table(table)
        found = _columns(connection, declared.name)
        if not found:
            declared.create(connection)
        elif missing := _missing_columns(connection, declared, found, form):
            for column in missing:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"alter table core.{declared.name} add column {definition}"))
                connection.execute(sa.schema.SetColumnComment(column))
    row = {
        "form_code": form.code,
        "name": form.name,
        "title": form.title,
        "edition": form.edition,
        "period_kind": form.period,
        "reported_by": form.reported_by,
        "due_working_days": form.due_working_days,
    }
    connection.execute(insert(dim_form).values(row).on_conflict_do_update(index_elements=["form_code"], set_=row))


def _columns(connection: sa.Connection, table_name: str) -> dict[str, str]:
    """Column -> type, as the database says, of a form table; empty if there is none."""
    found = connection.execute(
        sa.text(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'core' and table_name = :table_name"
        ),
        {"table_name": table_name},
    )
    return {row.column_name: row.data_type for row in found}


def _missing_columns(
    connection: sa.Connection, declared: sa.Table, found: dict[str, str], form: Form
) -> list[sa.Column[object]]:
    """Columns to add. A column of a retired field stays. Raises DeclarationError for a field that is gone, or has
    another type: what was reported under its name would lose its meaning."""
    if gone := sorted(found.keys() - {column.name for column in declared.columns}):
        raise DeclarationError(
            f"form {form.code}, {declared.name.removeprefix('fct_')}, field {gone[0]}: it is stored and not declared any "
            "more. A field is neither removed nor renamed: declare it again, with `retired: true` if it is no longer asked "
            "for; for another title change its title and keep its name"
        )
    missing: list[sa.Column[object]] = []
    for column in declared.columns:
        wanted = str(column.type.compile(dialect=connection.dialect)).lower()
        if column.name not in found:
            missing.append(column)
        elif found[column.name] != wanted:
            raise DeclarationError(
                f"form {form.code}, field {column.name}: it is stored as {found[column.name]} and now declared as {wanted}; "
                "a field keeps its type for ever: retire it and declare a new one under another name"
            )
    return missing


def _keep_periods(connection: sa.Connection) -> None:
    keys = [
        key
        for year in YEARS
        for key in (f"{year}", *(f"{year}Q{n}" for n in range(1, 5)), *(f"{year}-{n:02}" for n in range(1, 13)))
    ]
    known = connection.scalar(sa.select(sa.func.count()).select_from(dim_period).where(dim_period.c.period.in_(keys)))
    if known != len(keys):
        keep_periods(connection, keys)


def keep_periods(connection: sa.Connection, keys: list[str]) -> None:
    """Make sure that these periods are in dim_period."""
    rows = []
    for key in keys:
        period = Period.parse(key)
        kind = "year" if len(key) == 4 else "quarter" if "Q" in key else "month"
        rows.append(
            {
                "period": key,
                "kind": kind,
                "first_day": period.first_day,
                "last_day": period.last_day,
                "title": period.title,
            }
        )
    if rows:
        connection.execute(insert(dim_period).on_conflict_do_nothing(), rows)


# ----------------------------------------------------------------------------------------------------- marts


def _make_marts(connection: sa.Connection) -> None:
    """Drop and make anew what include/sql/marts declares, unless it was made from just these texts."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MARTS.glob("*.sql"))}
    digest = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()
    comment = f"{SCHEMAS['marts']} Made from {digest}."
    if connection.scalar(sa.text("select obj_description('marts'::regnamespace, 'pg_namespace')")) == comment:
        return
    _run(connection, "drop schema marts cascade; create schema marts")
    for name in build_order(texts):
        try:
            _run(connection, texts[name])
        except psycopg.Error as error:
            raise DeclarationError(f"include/sql/marts/{name}.sql: {str(error).strip()}") from error
        made = connection.scalar(
            sa.text(
                "select to_regclass(:name) is not null or exists ("
                "select from pg_proc where pronamespace = 'marts'::regnamespace and proname = :bare)"
            ),
            {"name": f"marts.{name}", "bare": name},
        )
        if not made:
            raise DeclarationError(
                f"include/sql/marts/{name}.sql does not make marts.{name}; a file is named as its object"
            )
    _run(connection, f"comment on schema marts is '{comment}'")


def build_order(texts: dict[str, str]) -> list[str]:
    """Names such that each comes after those its text refers to as `marts.<name>`.

    Read from the text, comments apart, because most marts are functions, whose bodies are strings to a parser.
    """
    code = {name: re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL) for name, text in texts.items()}
    references = {
        name: sorted((set(re.findall(r"\bmarts\.(\w+)", text)) & texts.keys()) - {name})
        for name, text in sorted(code.items())
    }
    try:
        return list(graphlib.TopologicalSorter(references).static_order())
    except graphlib.CycleError as error:
        raise DeclarationError(
            f"include/sql/marts: {' -> '.join(error.args[1])} refer to each other in a circle"
        ) from error


def _run(connection: sa.Connection, text: str) -> None:
    """Run a text of one or more statements as it stands: no binds, and per cent signs mean nothing."""
    connection.connection.driver_connection.execute(text)  # type: ignore[union-attr]
