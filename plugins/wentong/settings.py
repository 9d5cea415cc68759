"""Where everything lies. The only module that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wentong.errors import EnvironmentProblem

Number = TypeVar("Number", int, float)

PROJECT = Path(__file__).resolve().parents[2]
"""The checkout: the folder that holds dags/, plugins/ and include/."""

INCLUDE = Path(os.environ.get("WENTONG_INCLUDE") or PROJECT / "include").resolve()
"""What is declared: forms, code lists, thresholds, SQL, texts. Another folder is for trying a form out on a copy."""

SAMPLE_MARK = "sample"
"""A file of this name in a home says that its figures are invented."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One site. With nothing set, everything lives under `var/site` of the checkout and nothing needs a server."""

    home: Path
    """Embedded servers, their data, logs and generated secrets."""
    share: Path
    """The stewards' shared folder: `<share>/<county>/收件箱/<town>/…`."""
    archive: Path
    """Originals by content hash, parsed rows, and the journal."""
    database_url: str | None
    """SQLAlchemy URL of the warehouse; None means the embedded PostgreSQL under `home`."""
    owner_database_url: str | None
    """The same database as the role that owns the tables (`wentong migrate`); None: `database_url` may do that too."""
    county_code: str
    """The county a share belongs to when its folders do not say (12 digits)."""
    batch_size: int
    """Files judged together: one Great Expectations pass, one mapped task."""
    parse_seconds: float
    """Longest time one file may take to read before its worker is stopped."""
    parse_bytes: int
    """Most memory a reading worker may take, in bytes of address space."""
    ui_port: int
    """Where Airflow's pages and API listen on 127.0.0.1."""

    @property
    def releases(self) -> Path:
        """Published figures: one Data Package a release, `<release>/datapackage.json`."""
        return self.home / "releases"

    @property
    def exports(self) -> Path:
        """`latest`: the figures of last night as a Data Package."""
        return self.home / "exports"

    @property
    def bulletins(self) -> Path:
        """Bulletins: `<period>/<plan>-<period>-<load>` as .xlsx, .html and .pdf."""
        return self.home / "bulletins"

    @property
    def is_sample(self) -> bool:
        """Whether the home is the demonstration's: whatever is shown of it says that it is invented."""
        return (self.home / SAMPLE_MARK).exists()

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read WENTONG_* from the environment; relative paths are taken from the current folder."""

        def path(name: str, default: Path) -> Path:
            return Path(os.environ.get(name) or default).resolve()  # one name for one place, whatever links lead there

        def number(name: str, default: str, of: type[Number]) -> Number:
            written = os.environ.get(name) or default
            try:
                found = of(written)
            except ValueError:
                found = of(0)
            if found <= 0:
                raise EnvironmentProblem(f"{name} is {written!r}; write a number above 0.")
            return found

        home = path("WENTONG_HOME", PROJECT / "var" / "site")
        return cls(
            home=home,
            share=path("WENTONG_SHARE", home / "share"),
            archive=path("WENTONG_ARCHIVE", home / "archive"),
            database_url=os.environ.get("WENTONG_DATABASE_URL") or None,
            owner_database_url=os.environ.get("WENTONG_OWNER_DATABASE_URL") or None,
            county_code=os.environ.get("WENTONG_COUNTY", "440783").ljust(12, "0"),
            batch_size=number("WENTONG_BATCH_SIZE", "500", int),
            parse_seconds=number("WENTONG_PARSE_SECONDS", "20", float),
            parse_bytes=number("WENTONG_PARSE_BYTES", str(1 << 30), int),
            ui_port=number("WENTONG_UI_PORT", "8080", int),
        )
