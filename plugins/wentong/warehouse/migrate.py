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
from wentong.warehouse.connections import engine, filled, literal, run
from wentong.warehouse.figures import completed
from wentong.warehouse.from_forms import marts_of_forms
from wentong.warehouse.schema import SCHEMAS, dim_form, dim_period, form_table, type_name

MIGRATING = 0x77656E02
"""Advisory lock under which migrations run, one at a time."""
MARTS = INCLUDE / "sql" / "marts"
YEARS = range(2017, 2031)
"""Years whose periods are known from the beginning; others are added when a return speaks of them."""

GRANTS = """
grant usage on schema ops, core, personal, marts to wentong_etl;
grant select, insert, update on all tables in schema ops, core, personal to wentong_etl;
revoke update on
    ops.loads, ops.findings, ops.relation_findings, ops.submission_scopes, ops.evidence, ops.decisions, ops.waivers, ops.extensions,
    ops.releases, ops.audits, ops.audit_results, ops.audit_figures, core.orgs, core.milestone_crossings, {figures}
from wentong_etl;
grant update (to_load, told_at, explanation) on ops.relation_findings to wentong_etl;
{closing}
grant usage on all sequences in schema ops, core to wentong_etl;
grant select on all tables in schema marts to wentong_etl;
grant execute on all functions in schema marts to wentong_etl;
revoke insert, update on ops.alembic_version, ops.analyst_counties from wentong_etl;
grant usage on schema ops, core, marts to wentong_analyst;
grant select on ops.loads, ops.releases, ops.evidence, ops.analyst_counties to wentong_analyst;
grant select (org_id, county_code, town_code, table_name, period, row_key, field, severity, waiver_id, from_load, to_load)
    on ops.relation_findings to wentong_analyst;
grant select (submission_id, severity, explanation, waiver_id) on ops.findings to wentong_analyst;
grant select (
    submission_id, journal_seq, county_code, unit_code, form_code, period, rows_accepted, rows_quarantined, received_at,
    share, inbox, folder, file_name, sha256, archive_name
) on ops.submissions to wentong_analyst;
{lineage}
grant select on all tables in schema core, marts to wentong_analyst;
grant execute on all functions in schema marts to wentong_analyst;
{personal}
"""
"""Who may do what. Nobody but the owner deletes or defines. What was found, decided and loaded is never altered: of the
figures the loads can only close a version. Analysts read facts and marts, and of the ledgers what these are made of;
an analyst limited to counties is a member of wentong_county_analyst, which is one of wentong_analyst."""

OF_OWN_COUNTIES = (
    "county_code = any(array("
    "select mine.county_code from ops.analyst_counties as mine where mine.role_name = current_user))"
)
OF_OWN_PLANS = "plan_code in (select plan.plan_code from core.plans as plan)"
OF_OWN_FILES = "submission_id in (select receipt.submission_id from ops.submissions as receipt)"
OWN_ROWS = {
    "ops.analyst_counties": "role_name = current_user",
    "ops.evidence": OF_OWN_COUNTIES,
    "ops.submissions": OF_OWN_COUNTIES,
    "ops.submission_scopes": OF_OWN_FILES,
    "ops.findings": OF_OWN_FILES,
    "ops.relation_findings": OF_OWN_COUNTIES,
    "core.fct_obligation": OF_OWN_COUNTIES,
    "core.plans": OF_OWN_COUNTIES,
    "core.plan_milestones": OF_OWN_PLANS,
    "core.plan_tasks": OF_OWN_PLANS,
    "core.plan_standards": OF_OWN_PLANS,
    "core.plan_targets": OF_OWN_PLANS,
    "core.plan_phases": OF_OWN_PLANS,
    "core.plan_scorecard": OF_OWN_PLANS,
    "core.acceptance_events": OF_OWN_PLANS,
    "core.milestone_crossings": OF_OWN_PLANS,
}
"""Table -> which rows an analyst limited to counties may read: OF_OWN_COUNTIES also of every form table. Names of places and
organisations are no secret. Subqueries that do not depend on the row are evaluated once, and the index on county_code serves."""

LINEAGE_COMMENT = "Where every figure comes from; one row per form table, unit, period, row key, field and version."
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
        _make_lineage(connection)
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
    wanted = {"wentong_etl", "wentong_analyst", "wentong_county_analyst"}
    found = connection.scalars(
        sa.text("select rolname from pg_roles where rolname = any(:names)"), {"names": list(wanted)}
    )
    if missing := sorted(wanted - set(found)):
        raise EnvironmentProblem(
            f"The database server has no role {missing[0]}: run deploy/databases.sql as its superuser."
        )


def _grant(connection: sa.Connection) -> None:
    tables = [table for form in forms().values() for table in form.tables]
    figures = [form_table(table).fullname for table in tables]
    closing = "".join(f"grant update (to_load, confirmed_by) on {name} to wentong_etl;" for name in figures)
    personal = "".join(_without_persons(connection, table) for table in tables)
    names = ", ".join(figures or ["ops.alembic_version"])
    lineage = "grant select on ops.lineage to wentong_analyst;" if tables else ""
    _run(connection, GRANTS.format(figures=names, closing=closing, personal=personal, lineage=lineage))
    for name, rows in {**OWN_ROWS, **dict.fromkeys(figures, OF_OWN_COUNTIES)}.items():
        _limit_rows(connection, name, rows)


def _without_persons(connection: sa.Connection, table: Table) -> str:
    """Of a table with personal fields, analysts and writers may only use what the view in core shows; it asks for the
    rights of whoever reads it."""
    declared = form_table(table)
    if declared.schema == "core":
        return ""
    shown = ", ".join(_shown(connection, table))
    return (
        f"revoke insert, update on core.{declared.name} from wentong_etl;"
        f"revoke all on {declared.fullname} from wentong_analyst;"
        f"grant select ({shown}) on {declared.fullname} to wentong_analyst;"
    )


def _limit_rows(connection: sa.Connection, name: str, rows: str) -> None:
    """Let analysts limited to counties read these rows of a table only, unless that is so already."""
    found = sa.text(
        "select obj_description(oid, 'pg_policy') from pg_policy where polrelid = to_regclass(:name) and polname = 'own_rows'"
    )
    if connection.scalar(found, {"name": name}) != rows:
        _run(
            connection,
            f"""
            alter table {name} enable row level security;
            drop policy if exists all_rows on {name};
            drop policy if exists own_rows on {name};
            create policy all_rows on {name} using (true);
            create policy own_rows on {name} as restrictive to wentong_county_analyst using ({rows});
            comment on policy own_rows on {name} is '{rows}';
            """,
        )


# ----------------------------------------------------------------------------------------------------- forms


def _keep_form(connection: sa.Connection, form: Form) -> None:
    for table in form.tables:
        declared = form_table(table)
        _keep_apart(connection, declared)
        found = _columns(connection, declared)
        if not found:
            declared.create(connection)
        elif missing := _missing_columns(connection, declared, found, form):
            for column in missing:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(sa.text(f"alter table {declared.fullname} add column {definition}"))
        _keep_references(connection, declared)
        _keep_comments(connection, declared, declared.fullname)
        if declared.schema == "personal":
            _keep_view(connection, table)
            _keep_comments(connection, declared, f"core.{declared.name}")
    row = {
        "form_code": form.code,
        "name": form.name,
        "title": form.title,
        "edition": form.edition,
        "period_kind": form.period,
        "reported_by": form.reported_by,
        "due_working_days": form.due_working_days,
        "lists_villages": any(table.is_complete_roll for table in form.tables),
    }
    connection.execute(insert(dim_form).values(row).on_conflict_do_update(index_elements=["form_code"], set_=row))


def _keep_apart(connection: sa.Connection, declared: sa.Table) -> None:
    """Move a form table of which a field came to name persons, or no longer does."""
    other = "core" if declared.schema == "personal" else "personal"
    found = sa.text(
        "select exists (select from pg_class where relnamespace = to_regnamespace(:other) and relname = :name and relkind = 'r')"
    )
    if connection.scalar(found, {"other": other, "name": declared.name}):
        _drop_readers(connection)
        if other == "personal":
            _run(connection, f"drop view core.{declared.name}")
        _run(connection, f"alter table {other}.{declared.name} set schema {declared.schema}")


def _keep_references(connection: sa.Connection, declared: sa.Table) -> None:
    """Leave what the foreign keys of a form table say to a trigger that checks all rows of a statement at once."""
    found = sa.text(
        "select conname from pg_constraint where conrelid = to_regclass(:name) and contype = 'f' and conenforced"
    )
    if enforced := connection.scalars(found, {"name": declared.fullname}).all():
        for name in enforced:
            _run(connection, f"alter table {declared.fullname} alter constraint {name} not enforced")
        run(connection, "form_tables", "references", {"facts": declared.fullname})


def _keep_view(connection: sa.Connection, table: Table) -> None:
    """`core.fct_<table>`: what there is of a form table besides names of persons."""
    declared = form_table(table)
    shown = _shown(connection, table)
    if list(_columns(connection, declared, "core")) == shown:
        return
    _drop_readers(connection)
    columns = ", ".join(f"report.{name}" for name in shown)
    view = f"core.{declared.name}"
    _run(
        connection,
        f"""
        drop view if exists {view};
        create view {view} with (security_invoker = true) as select {columns} from {declared.fullname} as report;
        comment on view {view} is {literal(f"{declared.comment} Without the fields that name persons.")};
        """,
    )


def _keep_comments(connection: sa.Connection, declared: sa.Table, name: str) -> None:
    """Let the columns of a form table, or of its view, say what the form says now."""
    found = sa.text(
        "select attname, coalesce(col_description(attrelid, attnum), '') from pg_attribute "
        "where attrelid = to_regclass(:name) and attnum > 0 and not attisdropped"
    )
    for column, said in connection.execute(found, {"name": name}).all():
        if (comment := declared.columns[column].comment or "") != said:
            _run(connection, f"comment on column {name}.{column} is {literal(comment)}")


def _drop_readers(connection: sa.Connection) -> None:
    """Drop the views that read form tables and are made anew from their texts."""
    _run(connection, "drop view if exists ops.lineage; drop schema marts cascade; create schema marts")


def _shown(connection: sa.Connection, table: Table) -> list[str]:
    """The columns of a form table but those that name persons, in their order."""
    persons = {field.name for field in table.stored if field.personal}
    return [name for name in _columns(connection, form_table(table)) if name not in persons]


def _columns(connection: sa.Connection, table: sa.Table, schema: str | None = None) -> dict[str, str]:
    """Column -> type, as the database says, of a form table or of its view in another schema; empty if there is none."""
    found = connection.execute(
        sa.text(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = :schema and table_name = :name order by ordinal_position"
        ),
        {"schema": schema or table.schema, "name": table.name},
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
        wanted = type_name(column)
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


def mart_texts() -> dict[str, str]:
    """Mart -> the statements that make it."""
    texts = {path.stem: completed(path.read_text(encoding="utf-8")) for path in sorted(MARTS.glob("*.sql"))}
    return texts | marts_of_forms(forms().values())


def _make_marts(connection: sa.Connection) -> None:
    """Drop and make anew what include/sql/marts and the forms declare, unless it was made from just these texts."""
    texts = mart_texts()
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


def _make_lineage(connection: sa.Connection) -> None:
    """Make ops.lineage anew from the forms, unless it was made from just these."""
    branches = []
    for form in forms().values():
        for table in form.tables:
            fields = [field.name for field in table.stored if not field.personal]
            slots = {
                "of_form": f"'{form.code}'",
                "of_table": f"'{table.name}'",
                "facts": f"core.{form_table(table).name}",
                "names": ", ".join(f"'{name}'" for name in fields),
                "amounts": ", ".join(f"cast(report.{name} as text)" for name in fields),
            }
            branches.append(filled("lineage", "cells_of_table", slots))
    text = filled("lineage", "lineage", {"cells_of_tables": "\nunion all\n".join(branches)})
    digest = hashlib.sha256(text.encode()).hexdigest()
    comment = f"{LINEAGE_COMMENT} Made from {digest}."
    if connection.scalar(sa.text("select obj_description(to_regclass('ops.lineage'), 'pg_class')")) == comment:
        return
    _run(connection, "drop view if exists ops.lineage")
    if branches:
        _run(connection, f"{text}; comment on view ops.lineage is '{comment}'")


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
