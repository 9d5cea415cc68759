"""The register of places and organisations: imported lists in, the tree out."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from wentong.archive import Archive
from wentong.errors import DeclarationError
from wentong.journal import Entry
from wentong.periods import CHINA
from wentong.places import ALWAYS, Ending, Place
from wentong.warehouse.connections import begin_load, lock_loads, query
from wentong.warehouse.consequences import keep_obligations, seal, settle
from wentong.warehouse.schema import GOES_ON, PLACE_LEVELS, dim_org, dim_place, orgs, place_alias, place_succession

COLUMNS = ("division_code", "name", "parent_code", "level", "kind", "owes_returns")
OPTIONAL = ("aliases", "valid_from", "status", "successors", "change")
SUCCESSORS = {"closed": "none", "merged": "one", **dict.fromkeys(GOES_ON, "one"), "split": "two or more"}
"""Change by which a unit is closed -> how many successors it has."""
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
    """One line of a list. A closed unit has the day from which on it is no more, and what became of it."""

    line: int
    code: str
    name: str
    parent_code: str | None
    level: int
    kind: str
    owes_returns: bool
    aliases: frozenset[str] | None
    valid_from: date | None
    closed_on: date | None
    change: str
    successors: frozenset[str]

    @property
    def place(self) -> tuple[Any, ...]:
        return (self.name, self.level, self.parent_code, self.kind, self.closed_on is not None)

    @property
    def org_type(self) -> str | None:
        return ORG_TYPES.get(self.level)

    def org(self, is_closed: bool = False) -> tuple[Any, ...]:
        return (self.org_type, self.code, self.name, self.owes_returns, is_closed)


def import_units(engine: sa.Engine, archive: Archive, path: Path, at: datetime) -> UnitsImported:
    """Bring a list of units (CSV: division_code, name, parent_code, level, kind, owes_returns; optional aliases, valid_from,
    status, successors and change) into the register, after keeping it in the archive and noting it in the journal.

    The same list again changes nothing and is not noted. What changed becomes a new version from the line's
    `valid_from`, else from the day of `at`; what was said of that day and later ones is replaced. A line with status
    closed says by which `change` its unit is no more from `valid_from` on, and who its `successors` are; a unit that is
    renamed, recoded or upgraded stays the same organisation under its successor's code. Units a list does not name stay.
    Raises DeclarationError naming line and column of what is wrong.
    """
    units = _read_list(path)
    with engine.begin() as connection:
        lock_loads(connection)
        register = _Register(connection, units)
        named = {unit.code for unit in units}
        absent = tuple(code for code in register.open_places() if code not in named and _is_of(code, named))
        added, changed = register.take(path, units, at.astimezone(CHINA).date())
        counts = (added, changed, len(units) - added - changed, absent)
        if not added + changed:
            return UnitsImported(None, *counts)
        sha256, archive_name = archive.keep(path)
        payload = {"list": path.name, "sha256": sha256, "archive_name": archive_name}
        entry = begin_load(connection, archive.journal, "register", "units_imported", payload, at)
        _apply(connection, register, entry)
        seal(connection, archive.journal, entry["load_id"], at)
    return UnitsImported(entry["load_id"], *counts)


def apply_units(connection: sa.Connection, archive: Archive, entry: Entry) -> None:
    """Let a journaled list of units take effect, read from the archive."""
    path = archive.original(entry["archive_name"])
    units = _read_list(path)
    register = _Register(connection, units)
    register.take(path, units, datetime.fromisoformat(entry["at"]).astimezone(CHINA).date())
    _apply(connection, register, entry)


def _apply(connection: sa.Connection, register: "_Register", entry: Entry) -> None:
    register.write(connection, entry["load_id"])
    for because in ("closed", "extended"):
        keep_obligations(connection, entry["load_id"], because)
    settle(connection, entry["load_id"], (), datetime.fromisoformat(entry["at"]))


def read_places(engine: sa.Engine, county_code: str | None = None, known_at: int = 2**63 - 1) -> list[Place]:
    """The register as known at a load (by default now), with all that was and will be: the versions of a county's places,
    or of all counties', in order of codes and days."""
    with engine.connect() as connection:
        rows = connection.execute(query("places_of_register"), {"county_code": county_code, "known_at": known_at})
        return [
            Place(
                row.code, row.name, row.level, row.parent_code, row.kind, row.owes_returns,
                tuple(row.aliases), tuple(row.codes), row.valid_from,
                Ending(row.ending, tuple(row.successors)) if row.is_closed else None,
            )
            for row in rows
        ]  # fmt: skip


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
                    f"write the heading {','.join(COLUMNS)} (and {', '.join(OPTIONAL)} if needed)"
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
                is_closed, change, successors = _ending(cells, valid_from, wrong)
                units[code] = _Unit(
                    reader.line_num,
                    code,
                    cells["name"],
                    parent or None,
                    int(cells["level"]),
                    cells["kind"],
                    cells["owes_returns"] == "yes",
                    frozenset(cells["aliases"].split()) if "aliases" in (reader.fieldnames or ()) else None,
                    valid_from,
                    valid_from if is_closed else None,
                    change,
                    successors,
                )
        except (UnicodeDecodeError, csv.Error) as error:
            raise DeclarationError(f"{path.name}: not a CSV file in UTF-8 ({error}); save it as CSV UTF-8") from error
    if not units:
        raise DeclarationError(f"{path.name} names no unit; write one line per place below the heading")
    return [units[code] for code in sorted(units)]


def _ending(
    cells: Mapping[str, str], valid_from: date | None, wrong: Callable[[str, str, str], DeclarationError]
) -> tuple[bool, str, frozenset[str]]:
    """Whether a line closes its unit, by which change, and who takes it over."""
    status, successors = cells["status"] or "open", cells["successors"].split()
    if status not in ("open", "closed"):
        raise wrong("status", f"{status!r} is neither", "open or closed")
    if status == "open":
        for column in ("change", "successors"):
            if cells[column]:
                raise wrong(column, f"{cells[column]!r} is said of a unit that is open", "it beside status closed")
        return False, "", frozenset()
    change = cells["change"] or ("" if successors else "closed")
    if change not in SUCCESSORS:
        raise wrong("change", f"{change!r} is no change", f"one of {', '.join(SUCCESSORS)}")
    if valid_from is None:
        raise wrong("valid_from", "it is empty", "the first day on which the unit is no more, as 2026-08-01")
    for code in successors:
        if not re.fullmatch(r"[0-9]{12}", code):
            raise wrong("successors", f"{code!r} is no division code", "12-digit codes with blanks between them")
        if code == cells["division_code"]:
            raise wrong("successors", f"{code} is the unit itself", "the codes of the units that take it over")
    counted = {0: "none", 1: "one"}.get(len(set(successors)), "two or more")
    if counted != SUCCESSORS[change]:
        raise wrong("successors", f"{change} with {counted}", f"{SUCCESSORS[change]}, or another change")
    return True, change, frozenset(successors)


def _check_parents(path: Path, units: Sequence[_Unit], register: "_Register") -> None:
    levels = {code: versions[-1].content[1] for code, versions in register.places.items()}
    levels |= {unit.code: unit.level for unit in units}
    for unit in units:
        if unit.parent_code and levels.get(unit.parent_code, 9) >= unit.level:
            problem = "is not above it" if unit.parent_code in levels else "is neither in this list nor in the register"
            raise _wrong(
                path, unit, "parent_code", f"{unit.parent_code} {problem}",
                "the code of the place it belongs to, and list that place too",
            )  # fmt: skip
        for code in sorted(unit.successors):
            if levels.get(code) != unit.level:
                problem = "is of another level" if code in levels else "is neither in this list nor in the register"
                raise _wrong(
                    path, unit, "successors", f"{code} {problem}",
                    "the code of a unit of its kind, and list that unit too",
                )  # fmt: skip


def _check_times(path: Path, units: Sequence[_Unit], register: "_Register") -> None:
    """Who takes a unit over is there when it ends, and nothing belongs to a unit that is no more."""
    named = {unit.code: unit for unit in units}
    for unit in units:
        for code in sorted(unit.successors):
            if unit.closed_on and not _is_open(register.places[code], unit.closed_on):
                raise _wrong(
                    path, unit, "successors", f"{code} is not there on {unit.closed_on}",
                    "a valid_from for it that is not later, or its own successor",
                )  # fmt: skip
    for code in register.without_organisation():
        raise DeclarationError(
            f"{path.name}, column division_code: the unit that went on as {code} is back under its former code; "
            f"write a line for {code}, too: closed, or open as a unit of its own"
        )
    gone = {code: spans for code, versions in register.places.items() if (spans := _closed_spans(versions))}
    for code, versions in register.places.items() if gone else ():
        for version, until in _spans(versions):
            name, _, parent_code, _, is_closed = version.content
            for closed_on, reopened_on in gone.get(parent_code, ()) if not is_closed else ():
                if until > closed_on and version.valid_from < reopened_on:
                    said = named.get(parent_code) or named.get(code)
                    raise DeclarationError(
                        f"{path.name}, {f'line {said.line}, ' if said else ''}column status: {parent_code} is closed on "
                        f"{closed_on}, but {code} {name} still belongs to it; write a line for that place with "
                        f"valid_from {closed_on}: the parent it has from then on, or closed"
                    )


def _wrong(path: Path, unit: _Unit, column: str, problem: str, write: str) -> DeclarationError:
    return DeclarationError(
        f"{path.name}, line {unit.line}, {unit.code} {unit.name}, column {column}: {problem}; write {write}"
    )


def _is_of(code: str, named: set[str]) -> bool:
    """Whether a place belongs to a county that the list names."""
    return code.endswith("000000") is False and f"{code[:6]}000000" in named


# ---------------------------------------------------------------------------------------------- the register


class _Version(NamedTuple):
    """What holds of a place or an organisation from a day on, until its next version."""

    valid_from: date
    content: tuple[Any, ...]
    """As in the columns of _CONTENT; the last one says whether it is closed."""


_Versions = tuple[_Version, ...]
_CONTENT: Mapping[sa.Table, tuple[str, ...]] = {
    dim_place: ("name", "level", "parent_code", "kind", "is_closed"),
    dim_org: ("org_type", "place_code", "name", "owes_returns", "is_closed"),
}


def _from(versions: _Versions, day: date, content: tuple[Any, ...]) -> _Versions:
    """The versions of something that is so from a day on: what was said of later days is no longer."""
    if versions and versions[-1].content == content:
        return versions
    before = tuple(version for version in versions if version.valid_from < day)
    return before if before and before[-1].content == content else (*before, _Version(day, content))


def _closed_from(versions: _Versions, day: date, content: tuple[Any, ...]) -> _Versions:
    """The same for a closing, of which the day counts, too: one that is known for another day is corrected."""
    if versions and versions[-1].content[-1] and versions[-1].valid_from != day:
        versions = versions[:-1]
    return _from(versions, day, content)


def _begun(versions: _Versions, known_day: date, day: date) -> _Versions:
    """The versions of something that did not begin on a day that was known, but on another one."""
    if not versions or versions[0].valid_from != known_day:
        return versions
    return (_Version(day, versions[0].content), *(version for version in versions[1:] if version.valid_from > day))


def _spans(versions: _Versions) -> Iterator[tuple[_Version, date]]:
    """Versions with the day on which they end."""
    return zip(versions, (*(version.valid_from for version in versions[1:]), date.max), strict=True)


def _closed_spans(versions: _Versions) -> list[tuple[date, date]]:
    return [(version.valid_from, until) for version, until in _spans(versions) if version.content[-1]]


def _is_open(versions: _Versions, day: date) -> bool:
    held = [version for version in versions if version.valid_from <= day]
    return bool(held) and not held[-1].content[-1]


_Succession = tuple[str, date, frozenset[str]]
"""Change, first day without the predecessor, and its successors."""


class _Register:
    """What is known of the places with these first six digits and of their organisations, and what a list makes of it."""

    def __init__(self, connection: sa.Connection, units: Sequence[_Unit]) -> None:
        keys = {"counties": sorted({code[:6] for unit in units for code in (unit.code, *unit.successors)})}
        self.places: dict[str, _Versions] = {}
        for code, valid_from, *content in connection.execute(query("register_places"), keys):
            self.places[code] = (*self.places.get(code, ()), _Version(valid_from, tuple(content)))
        self.organisations: dict[int, _Versions] = {}
        for org_id, valid_from, *content in connection.execute(query("register_organisations"), keys):
            version = _Version(valid_from, tuple(content))
            self.organisations[org_id] = (*self.organisations.get(org_id, ()), version)
        self.successions: dict[str, _Succession] = {}
        for code, change, effective_on, successors in connection.execute(query("register_successions"), keys):
            self.successions[code] = (change, effective_on, frozenset(successors))
        self.aliases: dict[str, frozenset[str]] = {}
        for code, aliases in connection.execute(query("register_aliases"), keys):
            self.aliases[code] = frozenset(aliases)
        self._org_at = {version.content[1]: org for org, known in self.organisations.items() for version in known}
        self._last_org: int = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(orgs.c.org_id), 0))) or 0
        self._known = (self.places.copy(), self.organisations.copy(), self.successions.copy(), self.aliases.copy())
        self._counties = {code[:6] for code in self.places}
        self._left: set[str] = set()

    def without_organisation(self) -> list[str]:
        """Places that are there, but whose organisation a list has put elsewhere."""
        return sorted(code for code in self._left - self._org_at.keys() if not self.places[code][-1].content[-1])

    def open_places(self) -> list[str]:
        return sorted(code for code, versions in self.places.items() if not versions[-1].content[-1])

    def take(self, path: Path, units: Sequence[_Unit], today: date) -> tuple[int, int]:
        """Let a list take effect in memory; returns how many of its units are new and how many others it changes."""
        _check_parents(path, units, self)
        self._named = {unit.code: unit for unit in units}
        closed = sorted((unit.closed_on, unit.code) for unit in units if unit.closed_on)
        begins = {heir: day for day, code in reversed(closed) for heir in self._named[code].successors}
        # units that are back come first: their organisation may have gone on elsewhere
        back = {unit.code for unit in units if (known := self.places.get(unit.code)) and known[-1].content[-1]}
        for day, code in closed:
            self._close(path, self._named[code], day, begins.get(code, ALWAYS))
        for unit in sorted((unit for unit in units if not unit.closed_on), key=lambda unit: unit.code not in back):
            self._keep(unit, unit.valid_from or self._first_day(unit, begins, today))
        for unit in units:
            if unit.aliases is not None and unit.aliases != self.aliases.get(unit.code, frozenset()):
                self.aliases[unit.code] = unit.aliases
        _check_times(path, units, self)
        places, organisations, successions, aliases = self._known
        added = [unit.code for unit in units if unit.code not in places]
        changed = {code for code, versions in self.places.items() if versions != places.get(code)}
        changed |= {
            version.content[1]
            for org_id, versions in self.organisations.items()
            if versions != organisations.get(org_id)
            for version in {*versions} ^ {*organisations.get(org_id, ())}
        }
        changed |= {code for code, said in self.aliases.items() if said != aliases.get(code)}
        changed |= {unit.code for unit in units if self.successions.get(unit.code) != successions.get(unit.code)}
        return len(added), len((changed & self._named.keys()) - set(added))

    def _first_day(self, unit: _Unit, begins: Mapping[str, date], today: date) -> date:
        """Since when a line holds that does not say it: of a list's new successors since the day they take over, of what
        belonged to a unit that the list closes since that day."""
        known = self.places.get(unit.code)
        if known is None:
            return begins.get(unit.code) or (today if unit.code[:6] in self._counties else ALWAYS)
        parent = self._named.get(known[-1].content[2])
        return parent.closed_on if parent and parent.closed_on and parent.code != unit.parent_code else today

    def _keep(self, unit: _Unit, day: date) -> None:
        self.places[unit.code] = _from(self.places.get(unit.code, ()), day, unit.place)
        self.successions.pop(unit.code, None)
        if unit.org_type:
            self._set_org(self._org_at.get(unit.code) or self._new_org(), _from, day, unit.org())

    def _close(self, path: Path, unit: _Unit, day: date, since: date) -> None:
        _, known_day, known_successors = self.successions.get(unit.code, ("", day, frozenset()))
        for code in known_successors & self.places.keys() if known_day != day else ():
            self.places[code] = _begun(self.places[code], known_day, day)
            if org_id := self._org_at.get(code):
                own = tuple(v for v in self.organisations[org_id] if v.content[1] == code)
                others = tuple(v for v in self.organisations[org_id] if v.content[1] != code)
                self.organisations[org_id] = tuple(sorted((*others, *_begun(own, known_day, day))))
        is_new = unit.code not in self.places
        known = self.places.get(unit.code) or (_Version(since, (*unit.place[:-1], False)),)
        self.places[unit.code] = _closed_from(known, day, unit.place)
        if unit.successors:
            self.successions[unit.code] = (unit.change, day, unit.successors)
        else:
            self.successions.pop(unit.code, None)
        if unit.org_type is None:
            return
        org_id = self._org_at.get(unit.code)
        if org_id is None and is_new:
            org_id = self._new_org()
            self._set_org(org_id, _from, since, unit.org())
        if org_id is None:
            return
        if unit.change in GOES_ON:
            self._go_on(path, unit, org_id, day)
        else:
            self._set_org(org_id, _closed_from, day, unit.org(is_closed=True))

    def _go_on(self, path: Path, unit: _Unit, org_id: int, day: date) -> None:
        """The organisation has another code from that day on."""
        (code,) = unit.successors
        other = self._org_at.get(code)
        if other is None and code in self._named:
            self._set_org(org_id, _from, day, self._named[code].org())
        elif other != org_id:
            raise _wrong(
                path, unit, "change", f"{unit.change}, but {code} is a unit of its own already",
                "merged, or the code under which this unit goes on",
            )  # fmt: skip

    def _new_org(self) -> int:
        self._last_org += 1
        return self._last_org

    def _set_org(
        self,
        org_id: int,
        changed: Callable[[_Versions, date, tuple[Any, ...]], _Versions],
        day: date,
        content: tuple[Any, ...],
    ) -> None:
        before = self.organisations.get(org_id, ())
        after = self.organisations[org_id] = changed(before, day, content)
        for code in {version.content[1] for version in before} - {version.content[1] for version in after}:
            del self._org_at[code]
            self._left.add(code)
        self._org_at |= {version.content[1]: org_id for version in after}

    # -- what has changed ----------------------------------------------------------------------------------------------

    def write(self, connection: sa.Connection, load_id: int) -> None:
        """Close what is another now, and open what it has become."""
        for table, (closed, opened) in self.changes().items():
            if closed:
                matches = [table.c[name] == sa.bindparam(f"key_{name}") for name in closed[0]]
                statement = table.update().where(*matches, table.c.to_load.is_(None)).values(to_load=load_id)
                connection.execute(statement, [{f"key_{name}": key[name] for name in key} for key in closed])
            copy_rows(connection, table, ({**row, "from_load": load_id} for row in opened))

    def changes(self) -> dict[sa.Table, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
        """Table -> keys of the rows to close, and rows to open."""
        places, organisations, successions, aliases = self._known
        new = [{"org_id": org_id} for org_id in self.organisations if org_id not in organisations]
        return {
            orgs: ([], new),
            dim_place: _difference(dim_place, "place_code", places, self.places),
            dim_org: _difference(dim_org, "org_id", organisations, self.organisations),
            place_alias: _rows_that_differ(
                {(code, alias) for code, said in aliases.items() for alias in said},
                {(code, alias) for code, said in self.aliases.items() for alias in said},
                ("place_code", "alias"),
                2,
            ),
            place_succession: _rows_that_differ(
                {(code, heir, change, day) for code, (change, day, heirs) in successions.items() for heir in heirs},
                {
                    (code, heir, change, day)
                    for code, (change, day, heirs) in self.successions.items()
                    for heir in heirs
                },
                ("predecessor_code", "successor_code", "change", "effective_on"),
                2,
            ),
        }


def _difference(
    table: sa.Table, key: str, known: Mapping[Any, _Versions], now: Mapping[Any, _Versions]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    closed: list[dict[str, Any]] = []
    opened: list[dict[str, Any]] = []
    for code, versions in now.items():
        before = known.get(code, ())
        if versions != before:
            closed += [{key: code, "valid_from": v.valid_from} for v in before if v not in versions]
            opened += [
                {key: code, "valid_from": v.valid_from, **dict(zip(_CONTENT[table], v.content, strict=True))}
                for v in versions
                if v not in before
            ]
    return closed, opened


def _rows_that_differ(
    known: set[tuple[Any, ...]], now: set[tuple[Any, ...]], names: Sequence[str], of_key: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Keys (the first columns) of rows that are no longer, and rows that are new."""
    closed = [dict(zip(names[:of_key], row[:of_key], strict=True)) for row in sorted(known - now)]
    return closed, [dict(zip(names, row, strict=True)) for row in sorted(now - known)]


def copy_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows, all with the same keys, by COPY; by way of a temporary table, for COPY is refused where row-level
    security holds."""
    cursor = connection.connection.cursor()
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        return
    names = ", ".join(first)
    cursor.execute(f"create temporary table copied on commit drop as select {names} from {table.fullname} limit 0")
    with cursor.copy(f"copy copied ({names}) from stdin") as copy:
        copy.write_row(tuple(first.values()))
        for row in iterator:
            copy.write_row(tuple(row.values()))
    cursor.execute(f"insert into {table.fullname} ({names}) select {names} from copied")
    cursor.execute("drop table copied")
