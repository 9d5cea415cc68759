"""A migrated warehouse, emptied for every test."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sites import UNITS, Databases, Site

from wentong import postgres, warehouse
from wentong.archive import Archive
from wentong.settings import Settings


@pytest.fixture(scope="session")
def databases(server: postgres.Server) -> Databases:
    return Databases(server)


@pytest.fixture(scope="session")
def migrated(databases: Databases) -> str:
    """The name of a migrated database."""
    name = databases.make()
    warehouse.migrate(databases.settings(name))
    return name


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[Settings]:
    """A database in which nothing was made."""
    name = databases.make()
    yield databases.settings(name)
    databases.drop(name)


@pytest.fixture
def empty_site(databases: Databases, migrated: str, tmp_path: Path) -> Iterator[Site]:
    """A migrated warehouse without a register."""
    databases.empty(migrated)
    settings = replace(databases.settings(migrated), archive=tmp_path / "archive", share=tmp_path / "share")
    with warehouse.engine(settings) as engine:
        yield Site(settings, Archive(settings.archive), engine)


@pytest.fixture
def site(empty_site: Site) -> Site:
    """A county with two towns, five villages and a zone without any; load 1 is the register."""
    empty_site.register(UNITS)
    return empty_site
