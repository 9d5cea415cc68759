"""Accounts of analysts: roles that log in and read, figures of all counties or of some (deploy/databases.sql)."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg.errors
import sqlalchemy as sa

from wentong.errors import EnvironmentProblem, WentongError
from wentong.warehouse.connections import literal
from wentong.warehouse.schema import analyst_counties, dim_place

LEAST_PASSWORD = 12
"""Characters."""


def grant_analyst(owner: sa.Engine, name: str, counties: Sequence[str], password: str) -> list[str]:
    """Make an analyst's account, or give it these counties and this password in place of those it had.

    Returns the names of the counties; none given means all. Raises WentongError when the name, a county or the password
    will not do.
    """
    if not re.fullmatch(r"(?!pg_|wentong_)[a-z][a-z0-9_]{0,62}", name):
        raise WentongError(
            f"{name!r} cannot be an account: write small Latin letters, digits and _, not wentong_ first."
        )
    if len(password) < LEAST_PASSWORD:
        raise WentongError(f"The password is too short: at least {LEAST_PASSWORD} characters.")
    with _changing(owner) as connection:
        names = [_county_name(connection, county) for county in counties]
        if not _is_analyst(connection, name):
            connection.exec_driver_sql(f'create role "{name}"')
        driver = connection.connection.driver_connection
        assert driver is not None
        hashed = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        connection.exec_driver_sql(f'alter role "{name}" login password {literal(hashed)}')
        connection.exec_driver_sql(f'alter role "{name}" set default_transaction_read_only = on')
        connection.exec_driver_sql(f'revoke wentong_analyst, wentong_county_analyst from "{name}"')
        group = "wentong_county_analyst" if counties else "wentong_analyst"
        connection.exec_driver_sql(f'grant {group} to "{name}" with inherit true, set false')
        connection.execute(analyst_counties.delete().where(analyst_counties.c.role_name == name))
        if counties:
            rows = [{"role_name": name, "county_code": county} for county in dict.fromkeys(counties)]
            connection.execute(analyst_counties.insert(), rows)
    return names


def revoke_analyst(owner: sa.Engine, name: str) -> None:
    """Remove an analyst's account and end its sessions. Raises WentongError if there is none."""
    with _changing(owner) as connection:
        if not _is_analyst(connection, name):
            raise WentongError(f"There is no analyst {name}.")
        connection.execute(analyst_counties.delete().where(analyst_counties.c.role_name == name))
        connection.exec_driver_sql(f'alter role "{name}" nologin')
        connection.exec_driver_sql(f'grant "{name}" to current_user with inherit true')  # may end its sessions then
        connection.execute(
            sa.text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :name"), {"name": name}
        )
        connection.exec_driver_sql(f'drop role "{name}"')


@contextmanager
def _changing(owner: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with owner.begin() as connection:
            yield connection
    except sa.exc.ProgrammingError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise
        raise EnvironmentProblem(
            "The database does not let us make accounts: run deploy/databases.sql as its superuser, and this command as "
            "the role wentong_owner (WENTONG_OWNER_DATABASE_URL)."
        ) from error


def _is_analyst(connection: sa.Connection, name: str) -> bool:
    """Whether it is an account made here. Raises WentongError if it is a role of another kind."""
    role = sa.text("select oid from pg_roles where rolname = :name")
    if (oid := connection.scalar(role, {"name": name})) is None:
        return False
    groups = sa.text("select array_agg(cast(cast(roleid as regrole) as text)) from pg_auth_members where member = :oid")
    found = set(connection.scalar(groups, {"oid": oid}) or ())
    if name.startswith("wentong_") or not found & {"wentong_analyst", "wentong_county_analyst"}:
        raise WentongError(f"{name} is no analyst's account; choose another name.")
    return True


def _county_name(connection: sa.Connection, county: str) -> str:
    place = dim_place.c
    wanted = sa.select(place.name).where(place.place_code == county, place.level == 3, place.to_load.is_(None))
    name: str | None = connection.scalar(wanted.order_by(place.valid_from.desc()).limit(1))
    if name is None:
        raise WentongError(f"{county} is no county of the register.")
    return name
