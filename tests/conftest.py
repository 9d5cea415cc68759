"""Shared by all tests: one embedded PostgreSQL per run, in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from wentong import postgres


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A running server with the roles and empty databases of a new site."""
    folder = tmp_path_factory.mktemp("site")
    let_enter(folder)
    with postgres.server(folder) as running:
        yield running


@pytest.fixture
def fresh_database(server: postgres.Server) -> Iterator[Callable[[postgres.Role], str]]:
    """The database `wentong` empty again: a function from role to SQLAlchemy URL. Others must have left it."""
    yield server.url
    superuser = {"host": "127.0.0.1", "port": server.port, "user": "postgres", "password": server.passwords["postgres"]}
    with psycopg.connect(**superuser, autocommit=True) as connection:
        connection.execute("drop database wentong with (force)")
    (server.home / "postgres" / "prepared").unlink()
    with postgres.server(server.home):
        pass


@pytest.fixture
def database_url(fresh_database: Callable[[postgres.Role], str]) -> str:
    """An empty warehouse as its owner, for one test."""
    return fresh_database("wentong_owner")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A new home below a folder everybody may enter, with a name that quoting must survive."""
    let_enter(tmp_path)
    folder = tmp_path / "文统 site's home"
    folder.mkdir()
    return folder


def let_enter(folder: Path) -> None:
    """Let everybody enter a folder: as root the server may run as nobody, who must get there."""
    for place in (folder, *folder.parents):
        if place.stat().st_mode & 0o005 == 0o005:
            return
        place.chmod(0o755)
