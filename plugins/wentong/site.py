"""The whole site on one machine: the embedded PostgreSQL, and Airflow's components under a process manager.

docker-compose.yml runs the same commands with the same settings (deploy/airflow.env) in containers.
"""

import ctypes
import fcntl
import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import IO, NoReturn

import psutil
import psycopg

from wentong import postgres
from wentong.errors import EnvironmentProblem
from wentong.settings import INCLUDE, PROJECT, Settings

COMPONENTS: Mapping[str, str] = {
    "api-server": "airflow api-server",
    "scheduler": "airflow scheduler --skip-serve-logs",
    "dag-processor": "airflow dag-processor",
    "triggerer": "airflow triggerer --skip-serve-logs",
}
"""Airflow's components and the commands that run them, the same as in docker-compose.yml.

Nobody serves logs over the network: all components share one log folder.
"""
MIGRATIONS = ("airflow db migrate", "wentong migrate")
"""What brings the two databases up to date before the components start."""
HEALTHY_SECONDS = 240
"""Longest time to wait for all components: 30 s here, more on a slow disk with cold caches."""
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CLOCK_DRIFT_SECONDS = 60
"""How far the start time of a process may seem to move when the clock is set."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Site:
    """A running site: good for as long as the `with running(…)` block lasts."""

    settings: Settings
    database: postgres.Server
    user: str
    password: str = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    """For programs that belong to the site, such as the `airflow` command."""
    _manager: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def url(self) -> str:
        """Airflow's pages."""
        return _url(self.settings)

    @property
    def logs(self) -> Path:
        """One log file per component, and the tasks' logs below."""
        return self.settings.home / "logs"

    def check(self) -> None:
        """Raise EnvironmentProblem if the site has gone down. Components that die alone are restarted, and no reason."""
        if self._manager.poll() is not None:
            raise EnvironmentProblem(f"The process manager stopped; see {self.logs / 'supervisord.log'}.")


def up(settings: Settings, say: Say = print) -> None:
    """Run the site until Ctrl-C, SIGTERM or `down`; returns when everything is stopped."""
    try:
        with running(settings, say) as site:
            say(f"文统 Wentong 已启动  {site.url}  用户 user: {site.user}  密码 password: {site.password}")
            say(f"收件箱所在 share: {settings.share}   日志 logs: {site.logs}   Ctrl-C 停止 stops everything")
            while True:
                site.check()
                time.sleep(0.5)
    except KeyboardInterrupt:
        say("Stopped.")


def down(settings: Settings, say: Say = print) -> None:
    """Stop the running site of this home, and whatever a killed one left behind."""
    lock_file = settings.home / "run" / "site.lock"
    stopped = False
    if lock_file.exists():
        with open(lock_file, "r+") as lock:
            if not _locked(lock):
                pid = _written_number(lock)
                say(f"Stopping the site (process {pid})")
                os.kill(pid, signal.SIGTERM)
                if not _wait(lambda: _locked(lock), seconds=90):
                    raise EnvironmentProblem(f"The site (process {pid}) does not stop; see {settings.home / 'logs'}.")
                stopped = True
            stopped = _sweep(settings.home) or stopped
    postgres.stop_if_unused(settings.home)
    say("Stopped." if stopped else "No site is running here.")


def _written_number(lock: IO[str]) -> int:
    """The process number in the lock file, once the process that holds it has written it there."""
    for _ in range(100):
        lock.seek(0)
        if written := lock.read().strip():
            return int(written)
        time.sleep(0.1)
    raise EnvironmentProblem(f"A site is starting but does not say its process number in {lock.name}.")


@contextmanager
def running(settings: Settings, say: Say = lambda _: None) -> Iterator[Site]:
    """Start the site, yield when all its components are healthy, stop them all on leaving.

    `say` gets a sentence for each step. SIGTERM and SIGHUP arrive as KeyboardInterrupt, so that leaving always happens.

    Raises EnvironmentProblem: a site already runs here, a port is taken, a component does not become healthy.
    """
    home = settings.home
    try:
        for folder in (home / "run", home / "logs", home / "airflow", settings.share, settings.archive):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(f"Cannot create {error.filename}: {error.strerror}.") from error
    with ExitStack() as stack:
        stack.enter_context(_signals_as_interrupt())
        stack.enter_context(_only_one(home))
        _sweep(home)
        _require_free_port(settings.ui_port)
        say("Starting PostgreSQL")
        database = stack.enter_context(postgres.server(home))
        environment, password = _environment(settings, database)
        _migrate(settings, database, environment, say)
        say(f"Starting Airflow: {', '.join(COMPONENTS)}")
        manager = stack.enter_context(_supervised(home, environment))
        site = Site(settings, database, "admin", password, environment, manager)
        stack.callback(_ignore_signals)
        _wait_until_healthy(site, say)
        yield site


def shared_settings() -> dict[str, str]:
    """deploy/airflow.env."""
    lines = (PROJECT / "deploy" / "airflow.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.ui_port}"


def _environment(settings: Settings, database: postgres.Server) -> tuple[dict[str, str], str]:
    """The components' environment, and the password of the user admin."""
    home = settings.home
    kept = postgres.keep_secrets(
        home,
        {
            "airflow.admin_password": lambda: secrets.token_urlsafe(9),
            "airflow.fernet_key": lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "airflow.secret_key": secrets.token_urlsafe,
            "airflow.jwt_secret": lambda: secrets.token_urlsafe(64),
        },
    )
    passwords_file = home / "airflow" / "passwords.json"
    postgres.write_private(passwords_file, json.dumps({"admin": kept["airflow.admin_password"]}))
    own = {
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW_CONFIG": str(home / "airflow" / "airflow.cfg"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{_url(settings)}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": kept["airflow.fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.url("airflow"),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.ui_port),
        "AIRFLOW__API__BASE_URL": _url(settings),
        "AIRFLOW__API__SECRET_KEY": kept["airflow.secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": kept["airflow.jwt_secret"],
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs" / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag-files"),
        "WENTONG_HOME": str(home),
        "WENTONG_INCLUDE": str(INCLUDE),
        "WENTONG_SHARE": str(settings.share),
        "WENTONG_ARCHIVE": str(settings.archive),
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT / "deploy" / "airflow")]),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"])),
        "no_proxy": ",".join(filter(None, [os.environ.get("no_proxy"), "127.0.0.1"])),
    }
    return {**os.environ, **shared_settings(), **own}, kept["airflow.admin_password"]


def _migrate(settings: Settings, database: postgres.Server, environment: Mapping[str, str], say: Say) -> None:
    """Bring both databases up to date. Airflow's takes 6 s to say that it is, so its state is remembered."""
    done = settings.home / "airflow" / "migrated"
    for command in MIGRATIONS:
        is_airflow = command.startswith("airflow")
        if is_airflow and done.exists() and done.read_text() == _airflow_state(database):
            continue
        say(f"Preparing the database: {command}")
        log = settings.home / "logs" / "migrate.log"
        with open(log, "ab") as output:
            run = subprocess.run(_found(command, environment), env=environment, stdout=output, stderr=output)
        if run.returncode:
            raise EnvironmentProblem(f"`{command}` failed: {_last_line(log)} (see {log}).")
        if is_airflow:
            done.write_text(_airflow_state(database))


def _airflow_state(database: postgres.Server) -> str:
    """The installed version of Airflow and the revision its database has."""
    with psycopg.connect(database.url("airflow").replace("+psycopg", "")) as connection:
        row = connection.execute("select to_regclass('alembic_version') is not null").fetchone()
        revision = row and row[0] and connection.execute("select version_num from alembic_version").fetchone()
    return f"{version('apache-airflow-core')} {revision[0] if revision else None}"


def _found(command: str, environment: Mapping[str, str]) -> list[str]:
    """The command with the full path of its program, which lies beside the running Python."""
    program, *arguments = shlex.split(command)
    path = Path(environment["PATH"].split(os.pathsep)[0]) / program
    if not path.exists():
        raise EnvironmentProblem(f"{path} is missing: run `make setup`.")
    return [str(path), *arguments]


@contextmanager
def _supervised(home: Path, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The components under supervisord, which restarts those that die."""
    # Paths are relative to the working directory: supervisord would read % and ; in them as its own.
    sections = ["[supervisord]\nnodaemon=true\nsilent=true\nlogfile=../logs/supervisord.log\npidfile=supervisord.pid"]
    if os.geteuid() == 0:
        sections[0] += "\nuser=root"
    for name, command in COMPONENTS.items():
        sections.append(
            f"[program:{name}]\ncommand={command}\nautorestart=true\nstartsecs=5\nstartretries=1000000\n"
            "stopsignal=TERM\nstopasgroup=true\nkillasgroup=true\nstopwaitsecs=15\n"
            f"redirect_stderr=true\nstdout_logfile=../logs/{name}.log\n"
            "stdout_logfile_maxbytes=10MB\nstdout_logfile_backups=5"
        )
    sections.append(f"[group:airflow]\nprograms={','.join(COMPONENTS)}")  # one group: they stop at the same time
    config = home / "run" / "supervisord.conf"
    config.write_text("\n\n".join(sections) + "\n")
    manager = subprocess.Popen(
        [*_found("supervisord", environment), "-c", config.name],
        cwd=config.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    started = psutil.Process(manager.pid).create_time()
    (home / "run" / "session").write_text(f"{manager.pid} {started}")
    try:
        yield manager
    finally:
        manager.terminate()
        try:
            manager.wait(timeout=30)
        except subprocess.TimeoutExpired:
            manager.kill()
            manager.wait()
        _sweep(home)


def _die_with_parent() -> None:
    """Have the kernel end this process in good order when its parent is killed (Linux only)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _wait_until_healthy(site: Site, say: Say) -> None:
    """Until Airflow reports every component healthy; gives up early on one that keeps dying."""
    log = site.logs / "supervisord.log"
    start, began = (log.stat().st_size if log.exists() else 0), time.monotonic()
    healthy: set[str] = set()
    while len(healthy) < len(COMPONENTS):
        site.check()
        for name in COMPONENTS.keys() & _healthy(site.url) - healthy:
            healthy.add(name)
            say(f"  {name} is healthy ({len(healthy)} of {len(COMPONENTS)}, {time.monotonic() - began:.0f} s)")
        for name, times in _deaths(log, start).items():
            if times >= 3:
                _give_up(site, name, "keeps stopping")
        if time.monotonic() - began > HEALTHY_SECONDS:
            _give_up(site, next(name for name in COMPONENTS if name not in healthy), "does not become healthy")
        time.sleep(0.25)


def _give_up(site: Site, component: str, what: str) -> NoReturn:
    log = site.logs / f"{component}.log"
    raise EnvironmentProblem(f"Airflow's {component} {what}: {_last_line(log)} (see {log}).")


def _healthy(url: str) -> set[str]:
    """The components Airflow reports healthy; none while it does not answer."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/api/v2/monitor/health", timeout=5) as response:
            report = json.load(response)
    except (OSError, ValueError):
        return set()
    return {"api-server"} | {
        name.replace("_", "-") for name, state in report.items() if state and state.get("status") == "healthy"
    }


def _deaths(supervisor_log: Path, start: int) -> Counter[str]:
    """How often each component ended by itself since this place of the process manager's log."""
    if not supervisor_log.exists():
        return Counter()
    lines = supervisor_log.read_bytes()[start:].decode(errors="replace").splitlines()
    return Counter(line.partition("exited: ")[2].split(" ")[0] for line in lines if "exited: " in line)


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EnvironmentProblem(
                f"Port {port} is taken by another program: stop that one, or choose another port, such as WENTONG_UI_PORT=8090."
            ) from error


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """One site per home. The lock file holds the process that `down` is to stop."""
    with open(home / "run" / "site.lock", "a+") as lock:
        if not _locked(lock):
            lock.seek(0)
            raise EnvironmentProblem(
                f"A site is already running in {home} (process {lock.read()}); `make down` stops it."
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """Make SIGTERM and SIGHUP end a `with` block as Ctrl-C does; a second one does not disturb the tidying up."""
    if current_thread() is not main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in ENDING_SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _ignore_signals() -> None:
    if current_thread() is main_thread():
        for each in ENDING_SIGNALS:
            signal.signal(each, signal.SIG_IGN)


def _sweep(home: Path) -> bool:
    """End what is left of this home's last session. True if there was anything.

    The process manager leads a session, and whatever it starts stays in it: orphans of a killed scheduler and tasks in
    process groups of their own too. The kernel does not reuse the number while the session has members; the times
    rule out a session of the same number before a reboot or after the last member went.
    """
    record = home / "run" / "session"
    if not record.exists():
        return False
    number, started = record.read_text().split()
    leader, started_at = int(number), float(started)
    left = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.create_time() > started_at - CLOCK_DRIFT_SECONDS:
                left.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile
    is_reused = any(each.pid == leader and each.create_time() > started_at + CLOCK_DRIFT_SECONDS for each in left)
    if is_reused or psutil.boot_time() > started_at:
        return False
    # The manager first, if there still is one: it knows how to stop its children.
    for group, seconds in (([each for each in left if each.pid == leader], 30), (left, 3)):
        for process in group:
            _send(process.terminate)
        for process in psutil.wait_procs(group, timeout=seconds)[1]:
            _send(process.kill)
    psutil.wait_procs(left, timeout=5)
    record.unlink()
    return bool(left)


def _send(deliver: Callable[[], None]) -> None:
    try:
        deliver()
    except psutil.NoSuchProcess:
        return


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return holds


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"
