"""A migrated warehouse for the tests of SQL, emptied before every test."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from small_county import Warehouse

from wentong import postgres
from wentong.settings import Settings
from wentong.warehouse import connections
from wentong.warehouse.migrate import migrate


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse on a server of its own: other tests drop the database of the shared one."""
    home = tmp_path_factory.mktemp("sql")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    settings = replace(Settings.from_environment(), home=home, database_url=None, owner_database_url=None)
    with (
        postgres.server(home),
        connections.engine(settings, "wentong_owner") as owner,
        connections.engine(settings) as engine,
        connections.engine(settings, "wentong_analyst") as analyst,
    ):
        migrate(settings)
        yield Warehouse(owner, engine, analyst)


@pytest.fixture
def empty_warehouse(migrated: Warehouse) -> Warehouse:
    """Tables without rows."""
    migrated.empty()
    return migrated


@pytest.fixture
def warehouse(empty_warehouse: Warehouse) -> Warehouse:
    """The small county and its plan."""
    empty_warehouse.register()
    empty_warehouse.plan()
    return empty_warehouse
