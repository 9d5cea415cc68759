"""The embedded PostgreSQL: who may do what in it, and that it survives whatever happens to the processes around it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from wentong import postgres
from wentong.errors import EnvironmentProblem
from wentong.settings import PROJECT

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def ask(server: postgres.Server, role: postgres.Role, query: str, database: str | None = None) -> Any:
    url = server.url(role).replace("+psycopg", "")
    with psycopg.connect(url, **({"dbname": database} if database else {})) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


def postmaster(home: Path) -> psutil.Process | None:
    """The live server process of this home."""
    for process in psutil.process_iter():
        try:
            cmdline = process.cmdline()
            if process.name() == "postgres" and str(home / "postgres" / "data") in cmdline:
                return process
        except psutil.Error:
            continue
    return None


@contextmanager
def another_user(home: Path, *prefix: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the server of this home until its standard input is closed."""
    program = (
        "import signal, sys; from pathlib import Path; from wentong import postgres\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs behind it\n"
        "with postgres.server(Path(sys.argv[1])) as server:\n"
        "    print(server.url('wentong_etl'), flush=True); sys.stdin.read()"
    )
    command = [*prefix, sys.executable, "-c", program, str(home)]
    user = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert user.stdout is not None
        assert user.stdout.readline().startswith("postgresql+psycopg://wentong_etl:")
        yield user
    finally:
        user.communicate(timeout=60)


class TestAccess:
    @pytest.mark.parametrize("role", postgres.DATABASES)
    def test_each_role_reaches_its_own_database_only(self, server: postgres.Server, role: postgres.Role) -> None:
        assert (
            ask(server, role, "select current_user || ' in ' || current_database()") == f"{role} in {server_of(role)}"
        )
        for other in {"airflow", "wentong", "postgres"} - {server_of(role)}:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                ask(server, role, "select 1", database=other)

    @pytest.mark.parametrize("role", postgres.DATABASES)
    def test_no_role_is_powerful(self, server: postgres.Server, role: postgres.Role) -> None:
        assert (
            ask(
                server,
                role,
                "select rolsuper or rolcreatedb or rolbypassrls or (rolcreaterole and rolname <> 'wentong_owner') "
                "from pg_roles where rolname = current_user",
            )
            is False
        )

    @pytest.mark.parametrize(
        "statement",
        [
            "alter role wentong_etl password 'mine'",
            "alter role airflow nologin",
            "alter role postgres password 'mine'",
            "drop role airflow",
            "grant wentong_etl to wentong_owner",
            "grant airflow to wentong_owner",
            "grant pg_execute_server_program to wentong_owner",
            "create role other superuser",
            "create role other createdb",
            "create role other replication",
            "create role other bypassrls",
            "alter role wentong_owner bypassrls",
        ],
    )
    def test_who_makes_accounts_of_analysts_makes_nothing_more(self, server: postgres.Server, statement: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(server, "wentong_owner", statement)

    def test_a_wrong_password_is_refused(self, server: postgres.Server) -> None:
        url = server.url("wentong_etl").replace("+psycopg", "").replace(server.passwords["wentong_etl"], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)

    @pytest.mark.parametrize(
        ("query", "answer"),
        [
            ("show listen_addresses", "127.0.0.1"),
            ("show timezone", "Asia/Shanghai"),
            ("show server_encoding", "UTF8"),
            ("show password_encryption", "scram-sha-256"),
            ("show data_checksums", "on"),
            ("select datlocale from pg_database where datname = current_database()", "C.UTF-8"),
            ("select pg_get_userbyid(datdba) from pg_database where datname = current_database()", "wentong_owner"),
        ],
    )
    def test_settings(self, server: postgres.Server, query: str, answer: str) -> None:
        assert ask(server, "wentong_etl", query) == answer

    def test_secrets_are_private_and_not_shown(self, server: postgres.Server) -> None:
        assert (server.home / "secrets.json").stat().st_mode & 0o777 == 0o600
        assert len(set(server.passwords.values())) == len(server.passwords) == 5
        assert not any(password in repr(server) for password in server.passwords.values())


def server_of(role: postgres.Role) -> str:
    return postgres.DATABASES[role]


class TestLife:
    def test_it_stops_with_its_last_user_and_comes_back_the_same(self, home: Path) -> None:
        with postgres.server(home) as first:
            ask(first, "wentong_owner", "create schema kept create table kept (n integer default 7)")
            ask(first, "wentong_owner", "insert into kept.kept default values")
            with postgres.server(home) as second:
                assert second == first
            assert postmaster(home)
            assert postgres.is_running(home)
        assert not postmaster(home)
        assert not postgres.is_running(home)
        with postgres.server(home) as again:
            assert again == first
            assert ask(again, "wentong_owner", "select n from kept.kept") == 7

    def test_it_outlives_the_one_who_started_it(self, home: Path) -> None:
        with another_user(home):
            started = postmaster(home)
            with postgres.server(home):
                assert postmaster(home) == started
            assert postmaster(home) == started
        assert not postmaster(home)

    def test_a_server_left_by_a_killed_process_is_found_and_stopped(self, home: Path) -> None:
        with another_user(home) as user:
            started = postmaster(home)
            user.kill()
        assert postmaster(home) == started
        with postgres.server(home):
            assert postmaster(home) == started
        assert not postmaster(home)

    def test_left_servers_can_be_stopped_without_using_them(self, home: Path) -> None:
        with another_user(home) as user:
            postgres.stop_if_unused(home)
            assert postmaster(home)
            user.kill()
        postgres.stop_if_unused(home)
        assert not postmaster(home)

    def test_many_at_once_share_one_server(self, home: Path) -> None:
        program = (
            "import sys, psycopg; from pathlib import Path; from wentong import postgres\n"
            "for _ in range(3):\n"
            "    with postgres.server(Path(sys.argv[1])) as server:\n"
            "        psycopg.connect(server.url('wentong_etl').replace('+psycopg', '')).execute('select 1')"
        )
        users = [subprocess.Popen([sys.executable, "-c", program, str(home)]) for _ in range(6)]
        assert [user.wait(timeout=120) for user in users] == [0] * 6
        assert not postmaster(home)

    def test_a_killed_server_is_started_again(self, home: Path) -> None:
        with postgres.server(home) as first:
            ask(first, "wentong_owner", "create schema kept create table kept (n integer default 7)")
            ask(first, "wentong_owner", "insert into kept.kept default values")
            killed = postmaster(home)
            assert killed
            killed.kill()
        with postgres.server(home) as again:
            assert ask(again, "wentong_owner", "select n from kept.kept") == 7

    def test_a_stale_pid_file_naming_another_program_is_survived(self, home: Path) -> None:
        with postgres.server(home):
            text = (home / "postgres" / "data" / "postmaster.pid").read_text()
        _, _, rest = text.partition("\n")
        (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{rest}")
        with postgres.server(home) as again:
            assert ask(again, "wentong_etl", "select 1") == 1

    def test_an_interrupted_first_start_is_begun_anew(self, home: Path) -> None:
        (home / "postgres" / "data.part" / "base").mkdir(parents=True)
        with postgres.server(home) as server:
            assert ask(server, "wentong_etl", "select 1") == 1

    def test_a_taken_port_is_avoided(self, home: Path) -> None:
        with postgres.server(home) as first:
            pass
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", first.port))
            other.listen()
            with postgres.server(home) as again:
                assert again.port != first.port

    def test_an_interrupt_leaves_nothing_behind(self, home: Path) -> None:
        with another_user(home) as user:
            user.send_signal(signal.SIGINT)
            user.wait(timeout=30)
        assert not postmaster(home)


class TestUsers:
    @as_root
    @pytest.mark.parametrize("user", [1, 4242], ids=["with a name", "without a name"])
    def test_as_an_ordinary_user(self, home: Path, user: int) -> None:
        os.chown(home, user, user)
        prefix = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
        reachable = subprocess.run([*prefix, sys.executable, "-c", "import wentong"], capture_output=True)
        if reachable.returncode:
            pytest.skip("an ordinary user cannot reach this Python")
        with another_user(home, *prefix):
            running = postmaster(home)
            assert running
            assert running.uids().real == user
        assert not postmaster(home)

    @as_root
    @pytest.mark.parametrize("allowed", [["unshare"], ["setpriv"], ["unshare", "setpriv"]], ids=" or ".join)
    def test_as_root(self, home: Path, monkeypatch: pytest.MonkeyPatch, allowed: list[str]) -> None:
        found = shutil.which
        monkeypatch.setattr(postgres.shutil, "which", lambda name: found(name) if name in allowed else None)
        with postgres.server(home) as server:
            assert ask(server, "wentong_etl", "select 1") == 1
        monkeypatch.undo()
        with postgres.server(home) as server:  # the data of the one way can be opened in the other
            assert ask(server, "wentong_etl", "select 1") == 1


class TestProblems:
    def test_no_binaries(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "find_spec", lambda name: None)
        monkeypatch.setattr(postgres.shutil, "which", lambda name: None if name == "pg_config" else shutil.which(name))
        with pytest.raises(EnvironmentProblem, match=r"No PostgreSQL 18 was found: run `make setup`"):
            postgres.binaries()

    def test_data_of_another_major_version(self, home: Path) -> None:
        with postgres.server(home):
            pass
        (home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
        with pytest.raises(EnvironmentProblem, match="made by PostgreSQL 17"), postgres.server(home):
            pass

    def test_broken_settings_are_quoted(self, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        shutil.copytree(PROJECT / "deploy", tmp_path / "deploy")
        with open(tmp_path / "deploy" / "postgresql.conf", "a") as settings:
            settings.write("shared_bufers = 1MB\n")
        monkeypatch.setattr(postgres, "DEPLOY", tmp_path / "deploy")
        began = time.monotonic()
        with pytest.raises(EnvironmentProblem, match="PostgreSQL does not start"), postgres.server(home):
            pass
        assert time.monotonic() - began < 30
        assert not postmaster(home)

    def test_damaged_secrets(self, home: Path) -> None:
        (home / "secrets.json").write_text("{")
        with pytest.raises(EnvironmentProblem, match=r"secrets\.json is damaged"), postgres.server(home):
            pass
