"""The register of places and organisations: imported lists in, the tree out."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from wentong.archive import Archive
from wentong.errors import DeclarationError
from wentong.periods import CHINA
from wentong.places import Place
from wentong.warehouse.connections import lock_loads, next_load, query
from wentong.warehouse.schema import PLACE_LEVELS, dim_org, dim_place, orgs, place_alias

ALWAYS = date(1900, 1, 1)
"""`valid_from` of what the first list of a county says: so since before the register begins."""
COLUMNS = ("division_code", "name", "parent_code", "level", "kind", "owes_returns")
OPTIONAL = ("aliases", "valid_from")
ORG_TYPES = {level: org_type for org_type, level in PLACE_LEVELS.items()}


class UnitsImported(NamedTuple):
    """What a list changed. `load_id` is None if nothing; `absent` are codes of its counties that it does not name."""

    load_id: int | None
    added: int
    changed: int
    unchanged: int
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Unit:
    """One line of a list."""

    code: str
    name: str
    parent_code: str | None
    level: int
    kind: str
    owes_returns: bool
    aliases: frozenset[str] | None
    valid_from: date | None

    @property
    def place(self) -> tuple[Any, ...]:
        return (self.name, self.level, self.parent_code, self.kind)

    @property
    def org(self) -> tuple[Any, ...]:
        return (self.name, self.owes_returns)


def import_units(engine: sa.Engine, archive: Archive, path: Path, at: datetime) -> UnitsImported:
    """Bring a list of units (CSV: division_code, name, parent_code, level, kind, owes_returns; optional aliases and
    valid_from) into the register, after keeping it in the archive and noting it in the journal.

    The same list again changes nothing and is not noted. What changed becomes a new version from the line's
    `valid_from`, else from the day of `at`; given the day the present version began, it replaces that version. Units a
    list does not name stay. Raises DeclarationError naming line and column of what is wrong.
    """
    units = _read_list(path)
    with engine.begin() as connection:
        lock_loads(connection)
        register = _Register(connection, {unit.code[:6] for unit in units})
        _check_parents(path, units, register)
        changes = register.changes(units, at.astimezone(CHINA).date())
        named = {unit.code for unit in units}
        absent = tuple(code for code in sorted(register.places) if code not in named and _is_of(code, named))
        counts = (changes.added, changes.changed, len(units) - changes.added - changes.changed, absent)
        if changes.are_none:
            return UnitsImported(None, *counts)
        sha256, archive_name = archive.keep(path)
        payload = {"list": path.name, "sha256": sha256, "archive_name": archive_name}
        load_id = next_load(connection, "register", archive.journal.append("units_imported", payload, at), at)
        changes.apply(connection, load_id)
    return UnitsImported(load_id, *counts)


def read_places(engine: sa.Engine, county_code: str | None = None) -> list[Place]:
    """The present register in order of codes: a county with its towns and villages, or all counties."""
    with engine.connect() as connection:
        rows = connection.execute(query("places_of_register"), {"county_code": county_code})
        return [Place(**{**row, "aliases": tuple(row["aliases"])}) for row in rows.mappings()]


# -------------------------------------------------------------------------------------------------- the list


def _read_list(path: Path) -> list[_Unit]:
    def wrong(column: str, problem: str, write: str) -> DeclarationError:
        return DeclarationError(f"{path.name}, line {reader.line_num}, column {column}: {problem}; write {write}")

    try:
        stream = open(path, encoding="utf-8-sig", newline="")  # noqa: SIM115 - closed below
    except OSError as error:
        raise DeclarationError(f"Cannot read the list {path}: {error.strerror}") from error
    units: dict[str, _Unit] = {}
    with stream:
        reader = csv.DictReader(stream)
        try:
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise DeclarationError(
                    f"{path.name}, line 1: there is no column {missing[0]}; "
                    f"write the heading {','.join(COLUMNS)} (and {' or '.join(OPTIONAL)} if needed)"
                )
            for line in reader:
                cells = {name: (line.get(name) or "").strip() for name in (*COLUMNS, *OPTIONAL)}
                code = cells["division_code"]
                if not re.fullmatch(r"[0-9]{12}", code):
                    raise wrong("division_code", f"{code!r} is no division code", "12 digits, a town as 440783117000")
                if code in units:
                    raise wrong("division_code", f"{code} is there twice", "each place once")
                if not cells["name"]:
                    raise wrong("name", "it is empty", "the official name")
                if cells["level"] not in tuple("12345"):
                    raise wrong("level", f"{cells['level']!r} is no level", "1 province … 3 county, 4 town, 5 village")
                parent = cells["parent_code"]
                if not re.fullmatch(r"[0-9]{12}", parent) and (parent or cells["level"] in "45"):
                    raise wrong(
                        "parent_code", f"{parent!r} is no division code", "the 12-digit code of the place above"
                    )
                if not cells["kind"]:
                    raise wrong("kind", "it is empty", "town, subdistrict, special_zone, village, community …")
                if cells["owes_returns"] not in ("yes", "no"):
                    raise wrong("owes_returns", f"{cells['owes_returns']!r} is neither", "yes or no")
                try:
                    valid_from = date.fromisoformat(cells["valid_from"]) if cells["valid_from"] else None
                except ValueError as error:
                    raise wrong("valid_from", f"{cells['valid_from']!r} is no date", "it as 2026-08-01") from error
                units[code] = _Unit(
                    code,
                    cells["name"],
                    parent or None,
                    int(cells["level"]),
                    cells["kind"],
                    cells["owes_returns"] == "yes",
                    frozenset(cells["aliases"].split()) if "aliases" in (reader.fieldnames or ()) else None,
                    valid_from,
                )
        except (UnicodeDecodeError, csv.Error) as error:
            raise DeclarationError(f"{path.name}: not a CSV file in UTF-8 ({error}); save it as CSV UTF-8") from error
    if not units:
        raise DeclarationError(f"{path.name} names no unit; write one line per place below the heading")
    return [units[code] for code in sorted(units)]


def _check_parents(path: Path, units: Sequence[_Unit], register: "_Register") -> None:
    levels = {code: version[1][1] for code, version in register.places.items()} | {u.code: u.level for u in units}
    for unit in units:
        if unit.parent_code and levels.get(unit.parent_code, 9) >= unit.level:
            problem = "is not above it" if unit.parent_code in levels else "is neither in this list nor in the register"
            raise DeclarationError(
                f"{path.name}, place {unit.code} {unit.name}, column parent_code: {unit.parent_code} {problem}; "
                "write the code of the place it belongs to, and list that place too"
            )


def _is_of(code: str, named: set[str]) -> bool:
    """Whether a place belongs to a county that the list names."""
    return code.endswith("000000") is False and f"{code[:6]}000000" in named


# ---------------------------------------------------------------------------------------------- the register


class _Changes:
    """What a list adds to the register, gathered first so that nothing happens when there is nothing."""

    def __init__(self) -> None:
        self.added = self.changed = 0
        self.closed: dict[sa.Table, list[dict[str, Any]]] = {dim_place: [], dim_org: [], place_alias: []}
        self.opened: dict[sa.Table, list[dict[str, Any]]] = {orgs: [], dim_place: [], dim_org: [], place_alias: []}

    @property
    def are_none(self) -> bool:
        return not any(self.closed.values()) and not any(self.opened.values())

    def apply(self, connection: sa.Connection, load_id: int) -> None:
        for table, keys in self.closed.items():
            if keys:
                matches = [table.c[name] == sa.bindparam(f"key_{name}") for name in keys[0]]
                statement = table.update().where(*matches, table.c.to_load.is_(None)).values(to_load=load_id)
                connection.execute(statement, [{f"key_{name}": key[name] for name in key} for key in keys])
        for table, rows in self.opened.items():
            copy_rows(connection, table, ({**row, "from_load": load_id} for row in rows))


class _Register:
    """The present versions of the places with these first six digits, and of their organisations."""

    def __init__(self, connection: sa.Connection, counties: Iterable[str]) -> None:
        keys = {"counties": sorted(counties)}
        self.places: dict[str, tuple[date, tuple[Any, ...]]] = {}
        for code, valid_from, *content in connection.execute(query("register_places"), keys):
            self.places[code] = (valid_from, tuple(content))
        self.organisations: dict[str, tuple[date, tuple[Any, ...], int]] = {}
        for code, valid_from, org_id, *content in connection.execute(query("register_organisations"), keys):
            self.organisations[code] = (valid_from, tuple(content), org_id)
        self.aliases: dict[str, set[str]] = {}
        for code, alias in connection.execute(query("register_aliases"), keys):
            self.aliases.setdefault(code, set()).add(alias)
        self._last_org: int = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(orgs.c.org_id), 0))) or 0
        self._counties = {code[:6] for code in self.places}

    def changes(self, units: Sequence[_Unit], today: date) -> _Changes:
        changes = _Changes()
        for unit in units:
            first = today if unit.code[:6] in self._counties else ALWAYS
            is_new = unit.code not in self.places
            place_changes = self._place(unit, unit.valid_from or (first if is_new else today), changes)
            org_changes = self._organisation(unit, unit.valid_from or (first if is_new else today), changes)
            alias_changes = self._aliases(unit, changes)
            if is_new:
                changes.added += 1
            elif place_changes or org_changes or alias_changes:
                changes.changed += 1
        return changes

    def _place(self, unit: _Unit, valid_from: date, changes: _Changes) -> bool:
        known = self.places.get(unit.code)
        if known and known[1] == unit.place:
            return False
        if known and valid_from <= known[0]:
            changes.closed[dim_place].append({"place_code": unit.code, "valid_from": known[0]})
        row = dict(zip(("name", "level", "parent_code", "kind"), unit.place, strict=True))
        changes.opened[dim_place].append({"place_code": unit.code, "valid_from": valid_from, **row})
        return True

    def _organisation(self, unit: _Unit, valid_from: date, changes: _Changes) -> bool:
        org_type = ORG_TYPES.get(unit.level)
        known = self.organisations.get(unit.code)
        if org_type is None or (known and known[1] == unit.org):
            return False
        if known is None:
            self._last_org += 1
            changes.opened[orgs].append({"org_id": self._last_org})
        elif valid_from <= known[0]:
            changes.closed[dim_org].append({"org_id": known[2], "valid_from": known[0]})
        changes.opened[dim_org].append(
            {
                "org_id": known[2] if known else self._last_org,
                "org_type": org_type,
                "place_code": unit.code,
                "name": unit.name,
                "owes_returns": unit.owes_returns,
                "valid_from": valid_from,
            }
        )
        return True

    def _aliases(self, unit: _Unit, changes: _Changes) -> bool:
        if unit.aliases is None:
            return False
        known = self.aliases.get(unit.code, set())
        new, gone = sorted(unit.aliases - known), sorted(known - unit.aliases)
        changes.opened[place_alias] += [{"place_code": unit.code, "alias": alias} for alias in new]
        changes.closed[place_alias] += [{"place_code": unit.code, "alias": alias} for alias in gone]
        return bool(new or gone)


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows, all with the same keys, by COPY."""
    cursor = connection.connection.cursor()
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    names = ", ".join(first)
    with cursor.copy(f"copy {table.schema}.{table.name} ({names}) from stdin") as copy:
        copy.write_row(tuple(first.values()))
        for row in iterator:
            copy.write_row(tuple(row.values()))
