"""The whole site as `make up` runs it: real processes, started, killed and stopped."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from wentong import postgres, site
from wentong.errors import EnvironmentProblem
from wentong.settings import Settings

UP = """
import sys
from wentong import site
from wentong.settings import Settings
site.MIGRATIONS = site.MIGRATIONS[:1]  # the warehouse has tests of its own
site.up(Settings.from_environment(), lambda sentence: print(sentence, flush=True))
"""


@pytest.fixture
def settings(home: Path) -> Settings:
    folders = {"home": home, "share": home / "share", "archive": home / "archive"}
    return replace(Settings.from_environment(), **folders, database_url=None, ui_port=postgres.free_port())


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Start `up` in a process of its own and wait until it says that it is up."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        places = {"WENTONG_HOME": settings.home, "WENTONG_SHARE": settings.share, "WENTONG_ARCHIVE": settings.archive}
        variables = {name: str(folder) for name, folder in places.items()}
        process = subprocess.Popen(
            [sys.executable, "-c", UP],
            env={**os.environ, **variables, "WENTONG_UI_PORT": str(settings.ui_port)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert any("Ctrl-C" in line for line in process.stdout), "it ended before it was up"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    site.down(settings, lambda _: None)


def belonging(settings: Settings) -> list[psutil.Process]:
    """The live processes of this site: its manager's session, and its PostgreSQL."""
    found = []
    for process in psutil.process_iter():
        try:
            in_session = os.getsid(process.pid) == manager(settings)
            if in_session or str(settings.home / "postgres" / "data") in process.cmdline():
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return alive(found)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def manager(settings: Settings) -> int | None:
    """The process manager's number, while the session is on record."""
    record = settings.home / "run" / "session"
    return int(record.read_text().split()[0]) if record.exists() else None


def component(settings: Settings, name: str) -> list[psutil.Process]:
    """The process the manager started for this component."""
    found = []
    for process in belonging(settings):
        try:
            if process.ppid() == manager(settings) and site.COMPONENTS[name] in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue  # gone since it was listed
    return found


def soon(condition: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return bool(holds)


@pytest.mark.slow
class TestUp:
    def test_a_life(self, settings: Settings, start: Callable[[], "subprocess.Popen[str]"]) -> None:
        """Up, one only, on this machine only; a killed scheduler comes back; Ctrl-C leaves nothing, orphans neither."""
        up = start()
        with pytest.raises(EnvironmentProblem, match=rf"already running .*process {up.pid}"), site.running(settings):
            pass

        connections = [each for process in belonging(settings) for each in process.net_connections("inet")]
        assert {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        for private in ("secrets.json", "airflow/passwords.json", "airflow/airflow.cfg"):
            assert (settings.home / private).stat().st_mode & 0o077 == 0, private

        before = belonging(settings)
        (scheduler,) = component(settings, "scheduler")
        scheduler.kill()
        assert soon(lambda: [each for each in component(settings, "scheduler") if each != scheduler])

        before += belonging(settings)
        up.send_signal(signal.SIGINT)
        assert up.wait(timeout=90) == 0
        assert not alive(before)

    def test_down_tidies_up_after_a_killed_up(
        self, settings: Settings, start: Callable[[], "subprocess.Popen[str]"]
    ) -> None:
        up = start()
        before = belonging(settings)
        up.kill()
        up.wait()
        said: list[str] = []
        site.down(settings, said.append)
        assert said == ["Stopped."]
        assert not alive(before)

        up = start()  # and the next one starts as if nothing had been
        before = belonging(settings)
        site.down(settings, lambda _: None)
        assert up.wait(timeout=10) == 0
        assert not alive(before)


class TestProblems:
    def test_a_taken_port(self, settings: Settings) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", settings.ui_port))
            other.listen()
            with pytest.raises(EnvironmentProblem, match=f"Port {settings.ui_port} is taken"), site.running(settings):
                pass

    def test_a_failing_migration_names_its_log(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(site, "MIGRATIONS", ("airflow no-such-command",))
        with (
            pytest.raises(EnvironmentProblem, match=r"`airflow no-such-command` failed: .*migrate\.log"),
            site.running(settings),
        ):
            pass
        assert not belonging(settings)

    @pytest.mark.slow
    def test_a_component_that_keeps_stopping(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(site, "MIGRATIONS", ())
        monkeypatch.setattr(site, "COMPONENTS", {"scheduler": "airflow no-such-command"})
        with (
            pytest.raises(EnvironmentProblem, match=r"scheduler keeps stopping: .*scheduler\.log"),
            site.running(settings),
        ):
            pass
        assert not belonging(settings)

    def test_down_where_nothing_runs(self, settings: Settings) -> None:
        said: list[str] = []
        site.down(settings, said.append)
        assert said == ["No site is running here."]
