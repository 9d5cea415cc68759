"""From a figure back to what it is made of: versions, rows, cells, files (`wentong trace`). Reads only.

A figure is a value of one unit, a sum over a town's or a county's rows, an indicator, or the progress of a plan. Each leads
to cells as they were written, which the bronze file beside each original keeps letter for letter.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from wentong import bronze
from wentong.errors import WentongError
from wentong.findings import column_letters
from wentong.forms import Field, Form, Table, find_form, forms
from wentong.indicators import Figure as IndicatorFigure
from wentong.indicators import Indicator
from wentong.periods import Period
from wentong.returns import Row
from wentong.warehouse import lineage

Original = Literal["intact", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file behind a figure, and what the archive still has of it."""

    submission_id: int
    share_name: str
    file_path: str
    """Where it lay, below the share."""
    sha256: str
    archive_name: str
    original: Original
    """The archived file: with the bytes of its hash, missing, or other bytes."""
    is_readable: bool
    """Whether there is what was read from it, cell by cell."""
    received_at: datetime
    load_id: int | None
    loaded_at: datetime | None
    decision: str | None
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A finding on a figure; `from_load` to `to_load` if it came from comparing rows with others."""

    submission_id: int
    code: str
    severity: str
    message: str
    fix: str
    cell: str | None = None
    explanation: str | None = None
    waiver_id: int | None = None
    from_load: int | None = None
    to_load: int | None = None

    @property
    def contests(self) -> bool:
        """Whether the figure does not count on account of it."""
        return (
            self.from_load is not None and self.to_load is None and self.severity == "error" and self.waiver_id is None
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What a file has in the place of a figure. Without a cell: no such column, or nothing is left to look it up in."""

    submission_id: int
    sheet: str
    row_number: int
    cell: str | None
    raw: str | None
    findings: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A value as it held from one load to another."""

    unit_code: str
    unit_name: str
    row_key: str
    field: str
    value: str | None
    state: str | None
    is_contested: bool
    """What came later could not be taken, or contradicts other rows: it is shown and does not count."""
    from_load: int
    to_load: int | None
    loaded_at: datetime
    written: Written
    instead_of: Written | None
    """What the file has whose load made this version, where the value was kept from an earlier one."""
    contradicted: tuple[Found, ...]
    """Open findings from comparing it with other rows on account of which it does not count."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A file that says something about the figure and made no version of it."""

    outcome: str
    decision: str | None
    status: str
    """Of the row: accept, quarantine, duplicate."""
    written: Written


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one unit with its history."""

    form: Form
    table: Table
    field: Field
    unit: lineage.Unit
    period: str
    row_key: str
    known_at: int
    versions: tuple[Version, ...]
    """Newest first; the first is the present one if it has not ended."""
    relations: tuple[Found, ...]
    mentions: tuple[Mention, ...]

    @property
    def present(self) -> Version | None:
        return self.versions[0] if self.versions and self.versions[0].to_load is None else None


@dataclass(frozen=True, slots=True)
class Part:
    """One row of a sum. `left_out`: why it does not count, as a state; None: it does."""

    version: Version
    left_out: str | None


@dataclass(frozen=True, slots=True)
class Total:
    """One field over the rows of a town or a county, or over several rows of one unit."""

    form: Form
    table: Table
    field: Field
    unit: lineage.Unit
    period: str
    known_at: int
    parts: tuple[Part, ...]
    silent: tuple[str, ...]
    """Names of the units below that have no row."""

    @property
    def counted(self) -> list[Part]:
        return [part for part in self.parts if part.left_out is None]

    @property
    def total(self) -> Decimal | None:
        """Of a field that holds numbers; None where none is counted."""
        if not self.field.is_number or not self.counted:
            return None
        return sum((Decimal(part.version.value or 0) for part in self.counted), Decimal(0))

    @property
    def by_value(self) -> dict[str, int]:
        """How many rows have which value, of a field that holds none."""
        values = [part.version.value or "" for part in self.counted]
        return {value: values.count(value) for value in sorted(set(values))}


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one row of a return adds to an indicator, and the cells it follows from."""

    unit_name: str
    division_code: str
    item: str
    numerator: Decimal | None
    denominator: Decimal | None
    outcome: str
    """counted, contested or missing."""
    table_name: str
    reported_period: str
    row_key: str
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """An indicator of one unit in one period."""

    indicator: Indicator
    unit: lineage.Unit
    period: str
    known_at: int
    values: tuple[Mapping[str, Any], ...]
    """One per item: numerator, denominator, value, and why there is none."""
    contributions: tuple[Contribution, ...]
    units: tuple[str, ...]
    """Names of the units of the register that are the denominator."""


@dataclass(frozen=True, slots=True)
class Task:
    """A village of a plan's list: whether it counts at a milestone, and the row that says so."""

    unit_name: str
    town_name: str
    org_id: int
    division_code: str
    town_code: str
    is_accepted: bool
    is_regressed: bool
    event_on: date | None
    kind: str | None
    period: str | None
    submission_id: int | None
    from_load: int | None
    reason: str | None
    """Why it does not count."""
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a plan is in a county or a town, task by task."""

    board: Mapping[str, Any]
    """The row of marts.coverage_board."""
    table: Table
    known_at: int
    tasks: tuple[Task, ...]


_SHOWS_COMPLETION = ("build_status", "floor_area_m2", "built_on")
"""Fields from which acceptances follow."""


@dataclass(slots=True)
class Tracer:
    """Looks things up as known at one load, each file once. `sources` are the files that came up."""

    connection: Any
    archive: Path
    known_at: int
    sources: dict[int, Source] = field(default_factory=dict)
    _rows: dict[tuple[int, str], dict[str, list[Row]]] = field(default_factory=dict)

    def unit(self, code: str) -> lineage.Unit:
        """Raises WentongError if the register did not have it."""
        found = lineage.find_unit(self.connection, code.ljust(12, "0"), self.known_at)
        if found is None:
            raise WentongError(f"{code} is no unit of the register as known at load {self.known_at}.")
        return found

    def figures(
        self, form: Form, unit: lineage.Unit, period: Period, name: str | None, row_key: str | None = None
    ) -> list[Figure | Total]:
        """What lies behind a field of a form (None: behind all of them, of one unit): a figure of the unit, or a total
        of the rows that belong to it. Raises WentongError, saying what to write."""
        if period.kind != form.period:
            raise WentongError(f"{form.code} is a return for a {form.period}; {period} is a {period.kind}.")
        found: list[Figure | Total] = []
        for table, fields in _asked(form, name):
            if _is_own(form, table, unit):
                found += self._of_unit(form, table, fields, unit, period, row_key)
            elif name is None:
                raise WentongError(f"The rows of {unit.unit_name} are added up; name one field with --field.")
            else:
                found += [self.total(form, table, each, unit, period, row_key) for each in fields]
        return found

    def total(
        self, form: Form, table: Table, of: Field, unit: lineage.Unit, period: Period, row_key: str | None = None
    ) -> Total:
        """The rows of a table that belong to a unit: its own, its town's or its county's."""
        cells = lineage.cells(
            self.connection,
            table.name,
            str(period),
            [of.name],
            _scope(unit, is_own=_is_own(form, table, unit)),
            self.known_at,
            row_key=row_key,
            is_present=True,
        )
        return self._total(form, table, of, unit, period, cells)

    def _of_unit(
        self, form: Form, table: Table, fields: Sequence[Field], unit: lineage.Unit, period: Period, row_key: str | None
    ) -> list[Figure | Total]:
        """A figure for every field and row of the unit; a total for each field where it has several rows."""
        names = [each.name for each in fields]
        scope = _scope(unit, is_own=True)
        cells = lineage.cells(self.connection, table.name, str(period), names, scope, self.known_at, row_key=row_key)
        present = [cell for cell in cells if cell["to_load"] is None]
        if len({cell["row_key"] for cell in present}) > 1:
            return [
                self._total(form, table, each, unit, period, [c for c in present if c["field"] == each.name])
                for each in fields
            ]
        versions = self._versions(table, str(period), cells)
        keys = {cell["row_key"] for cell in present} or {cell["row_key"] for cell in cells} or {row_key or ""}
        relations = self._relations(table, str(period), names, {unit.org_id} - {None})
        made_by = {number for cell in cells for number in (cell["submission_id"], cell["loaded_submission_id"])}
        codes = {unit.unit_code, *(cell["division_code"] for cell in cells)}
        mentions = self._mentions(form, table, unit, codes, str(period), made_by)
        return [
            Figure(
                form,
                table,
                each,
                unit,
                str(period),
                key,
                self.known_at,
                tuple(v for v in versions if (v.field, v.row_key) == (each.name, key)),
                tuple(relations.get((unit.org_id or 0, key, each.name), ())),
                tuple(mention for name, row_key, mention in mentions if (name, row_key) == (each.name, key)),
            )
            for each in fields
            for key in sorted(keys)
        ]

    def _total(
        self, form: Form, table: Table, of: Field, unit: lineage.Unit, period: Period, cells: lineage.Rows
    ) -> Total:
        parts = tuple(Part(version, _left_out(version)) for version in self._versions(table, str(period), cells))
        level = "village" if table.is_complete_roll else "town"
        is_roll = table.is_complete_roll or (table.unit == "town" and not table.item_key)
        there = {part.version.unit_code for part in parts}
        silent = self._absent(unit, level, period, there) if is_roll and not _is_own(form, table, unit) else ()
        return Total(form, table, of, unit, str(period), self.known_at, parts, silent)

    def _absent(self, unit: lineage.Unit, level: str, period: Period, there: Collection[str]) -> tuple[str, ...]:
        """The names of the register's villages or towns below a unit that are not there."""
        listed = lineage.registered(self.connection, unit.unit_code, level, period.last_day, self.known_at)
        absent = [code for code in listed if code not in there]
        names = lineage.names(self.connection, absent, self.known_at)
        return tuple(names.get(code, code) for code in absent)

    # -- indicators and plans -----------------------------------------------------------------------------------------

    def rate(self, indicator: Indicator, unit: lineage.Unit, period: Period) -> Rate:
        """What an indicator of a unit is made of. Raises WentongError where there is no such figure."""
        level = {5: "village", 4: "town", 3: "county"}.get(unit.level, "")
        if level not in indicator.levels or period.kind != indicator.period:
            raise WentongError(
                f"{indicator.code} is a figure of a {' or '.join(indicator.levels)} and a {indicator.period}; "
                f"{unit.unit_code} in {period} is none."
            )
        asked = (self.connection, indicator.code, unit, level, str(period), self.known_at)
        adds_up = level != "town" or any(figure.asked == "count" or figure.below for figure in indicator.figures)
        rows = lineage.parts(*asked, adds_up=adds_up)
        found: dict[tuple[str, str, str, str], list[Version]] = {}
        tables = {table.name: table for form in forms().values() for table in form.tables}
        for name, reported in sorted({(row["table_name"], row["reported_period"]) for row in rows}):
            read = [each for figure in indicator.figures for each in _read_by(figure, name)]
            scope = _scope(unit, is_own=level == "village")
            cells = lineage.cells(
                self.connection, name, reported, list(dict.fromkeys(read)), scope, self.known_at, is_present=True
            )
            wanted = {(r["division_code"], r["row_key"]) for r in rows if r["table_name"] == name}
            cells = [cell for cell in cells if (cell["division_code"], cell["row_key"]) in wanted]
            for version in self._versions(tables[name], reported, cells):
                found.setdefault((name, reported, version.unit_code, version.row_key), []).append(version)
        names = lineage.names(self.connection, {row["division_code"] for row in rows}, self.known_at)
        contributions = tuple(
            Contribution(
                names.get(row["division_code"], ""),
                **row,
                versions=tuple(
                    found.get((row["table_name"], row["reported_period"], row["division_code"], row["row_key"]), ())
                ),
            )
            for row in rows
        )
        units: tuple[str, ...] = ()
        if indicator.denominator and indicator.denominator.asked == "units":
            kinds, (of,) = indicator.denominator.kinds, indicator.denominator.of
            codes = lineage.registered(self.connection, unit.unit_code, of, period.last_day, self.known_at, kinds)
            listed = lineage.names(self.connection, codes, self.known_at)
            units = tuple(listed.get(code, code) for code in codes)
        values = tuple(lineage.indicator(*asked))
        return Rate(indicator, unit, str(period), self.known_at, values, contributions, units)

    def coverage(self, plan_code: str, number: int | None, unit_code: str | None) -> Coverage:
        """The rows behind the coverage of a plan at a milestone (None: its last), of its county or one of its towns.
        Raises WentongError where there is none such."""
        boards = lineage.milestones(self.connection, plan_code, self.known_at)
        code = unit_code.ljust(12, "0") if unit_code else next((row["county_code"] for row in boards), "")
        number = number or max((row["milestone_number"] for row in boards), default=0)
        board = next((r for r in boards if (r["scope_code"], r["milestone_number"]) == (code, number)), None)
        if board is None:
            raise WentongError(
                f"There is no milestone {number} of a plan {plan_code} for {unit_code or 'a county'}; "
                "`wentong milestones` shows those that are there."
            )
        rows = lineage.tasks(self.connection, plan_code, number, code, self.known_at)
        (table,) = {find_form(row.pop("form_code")).table(row.pop("table_name")) for row in rows}
        fields = [each.name for each in table.stored if each.name in _SHOWS_COMPLETION]
        found: dict[tuple[str, str], list[Version]] = {}
        for period in sorted({row["period"] for row in rows if row["period"]}):
            scope = _scope(self.unit(code), is_own=False)
            wanted = {row["org_id"] for row in rows if row["period"] == period}
            cells = lineage.cells(self.connection, table.name, period, fields, scope, self.known_at, is_present=True)
            for version in self._versions(table, period, [cell for cell in cells if cell["org_id"] in wanted]):
                found.setdefault((period, version.unit_code), []).append(version)
        names = lineage.names(
            self.connection, {row[word] for row in rows for word in ("division_code", "town_code")}, self.known_at
        )
        tasks = tuple(
            Task(
                names.get(row["division_code"], ""),
                names.get(row["town_code"], ""),
                **row,
                versions=tuple(found.get((row["period"], row["division_code"]), ())),
            )
            for row in rows
        )
        return Coverage(board, table, self.known_at, tasks)

    # -- cells --------------------------------------------------------------------------------------------------------

    def _versions(self, table: Table, period: str, cells: lineage.Rows) -> list[Version]:
        """The versions in the order of their cells."""
        numbers = {cell["submission_id"] for cell in cells} | {cell["loaded_submission_id"] for cell in cells}
        codes = {cell["division_code"] for cell in cells}
        self._know(numbers, table, codes)
        names = lineage.names(self.connection, codes, self.known_at)
        relations = self._relations(
            table, period, sorted({cell["field"] for cell in cells}), {cell["org_id"] for cell in cells}
        )
        wanted = []
        for cell in cells:
            own = self._row(cell["submission_id"], table, cell, (cell["sheet"], cell["row_number"]))
            is_kept = cell["loaded_submission_id"] != cell["submission_id"]
            later = self._row(cell["loaded_submission_id"], table, cell, None) if is_kept else None
            wanted.append((cell, own, later))
        findings = self._findings([row for _, *rows in wanted for row in rows if row])
        made = []
        for cell, own, later in wanted:
            compared = relations.get((cell["org_id"], cell["row_key"], cell["field"]), ())
            contradicted = tuple(f for f in compared if f.contests and cell["to_load"] is None)
            is_in_doubt = cell["state"] == "contested" or cell["is_row_contested"] or bool(contradicted)
            place = (cell["submission_id"], cell["sheet"], cell["row_number"])
            made.append(
                Version(
                    cell["division_code"],
                    names.get(cell["division_code"], ""),
                    cell["row_key"],
                    cell["field"],
                    cell["value"],
                    cell["state"],
                    is_in_doubt,
                    cell["from_load"],
                    cell["to_load"],
                    cell["loaded_at"],
                    _written(cell["field"], own[1], findings, own[0]) if own else Written(*place, None, None),
                    _written(cell["field"], later[1], findings, later[0]) if later else None,
                    contradicted,
                )
            )
        return made

    def _mentions(
        self, form: Form, table: Table, unit: lineage.Unit, codes: set[str], period: str, made_by: Collection[int]
    ) -> list[tuple[str, str, Mention]]:
        """Field, row key and mention of the files that are about the unit and made no version."""
        spoken_for = {unit.unit_code, lineage.county_of(unit.unit_code), *filter(None, [unit.parent_code])}
        listed = lineage.mentions(self.connection, form.code, period, spoken_for, self.known_at)
        others = {one["submission_id"]: one for one in listed if one["submission_id"] not in made_by}
        self._know(others, table, codes)
        rows = [
            (number, row)
            for number in others
            for code in sorted(codes)
            for row in self._rows.get((number, table.name), {}).get(code, [])
        ]
        findings = self._findings(rows)
        for number in others.keys() - {number for number, _ in rows}:
            del self.sources[number]  # it is about other units
        return [
            (
                each.name,
                row.key,
                Mention(
                    others[number]["outcome"],
                    others[number]["decision"],
                    row.status,
                    _written(each.name, row, findings, number),
                ),
            )
            for number, row in rows
            for each in table.stored
        ]

    def _row(
        self, number: int, table: Table, cell: Mapping[str, Any], place: tuple[str, int] | None
    ) -> tuple[int, Row] | None:
        """A file's row about the unit of a cell: that of this place, if it is known."""
        rows = [
            row
            for row in self._rows.get((number, table.name), {}).get(cell["division_code"], [])
            if row.key == cell["row_key"] and (place is None or (row.sheet, row.row) == place)
        ]
        return (number, rows[0]) if rows else None

    def _know(self, numbers: Iterable[int], table: Table, codes: set[str]) -> None:
        """Look up these files, and their rows about these places."""
        unread = {n for n in numbers if not codes <= self._rows.get((n, table.name), {}).keys()}
        for one in lineage.files(self.connection, unread):
            number, sha256 = one["submission_id"], one["sha256"]
            read: list[Row] = []
            is_readable = True
            try:
                read = bronze.read_rows(self.archive, sha256, number, table.name, codes)
            except (OSError, pa.ArrowInvalid):
                is_readable = False
            rows = self._rows.setdefault((number, table.name), {})
            rows.update({code: [row for row in read if row.division_code == code] for code in codes})
            if number not in self.sources:
                original = _look_at(self.archive / one["archive_name"], sha256)
                self.sources[number] = Source(**one, original=original, is_readable=is_readable)

    # -- findings -----------------------------------------------------------------------------------------------------

    def _findings(self, rows: Sequence[tuple[int, Row]]) -> dict[tuple[int, str], list[dict[str, Any]]]:
        """File and sheet -> what was found in the lines of these rows."""
        lines = {line for _, row in rows for line in (row.row, *(line for line, _, _ in row.cells.values()))}
        found: dict[tuple[int, str], list[dict[str, Any]]] = {}
        for one in lineage.findings(self.connection, {number for number, _ in rows}, lines):
            found.setdefault((one["submission_id"], one["sheet"]), []).append(one)
        return found

    def _relations(
        self, table: Table, period: str, names: Sequence[str], org_ids: Collection[int | None]
    ) -> dict[tuple[int, str, str], list[Found]]:
        """Organisation, row key and field -> findings; those about the whole row are on each of these fields."""
        found: dict[tuple[int, str, str], list[Found]] = {}
        ids = {org_id for org_id in org_ids if org_id is not None}
        for one in lineage.relations(self.connection, table.name, period, names, ids, self.known_at):
            org_id, row_key, about = (one.pop(word) for word in ("org_id", "row_key", "field"))
            for name in [about] if about else names:
                found.setdefault((org_id, row_key, name), []).append(Found(**one))
        return found


def _asked(form: Form, name: str | None) -> list[tuple[Table, list[Field]]]:
    """The tables and fields that are meant: `field`, or `table.field` where several tables have it; none that name persons."""
    shown = [(table, [each for each in table.stored if not each.personal]) for table in form.tables]
    if name is None:
        return shown
    table_name, _, bare = name.rpartition(".")
    found = [
        (table, [each])
        for table, fields in shown
        for each in fields
        if each.name == bare and table_name in ("", table.name)
    ]
    if not found:
        listed = ", ".join(each.name for _, fields in shown for each in fields)
        raise WentongError(f"{form.code} has no field {name} that can be shown; it has {listed}.")
    if len(found) > 1:
        raise WentongError(
            f"Several tables of {form.code} have {name}; write {' or '.join(f'{t.name}.{bare}' for t, _ in found)}."
        )
    return found


def _is_own(form: Form, table: Table, unit: lineage.Unit) -> bool:
    """Whether rows of the table are about units of this one's level, and not about what lies below it."""
    reporter = {"town": 4, "county": 3}[form.reported_by]
    own = {"village": 5, "town": 4, "reporter": reporter, "any": 5}[table.unit]
    return unit.level >= own


def _scope(unit: lineage.Unit, *, is_own: bool) -> lineage.Scope:
    if is_own:
        return lineage.Scope(org_id=unit.org_id or 0)
    if unit.level == 4:
        return lineage.Scope(town_code=unit.unit_code, county_code=lineage.county_of(unit.unit_code))
    return lineage.Scope(county_code=unit.unit_code)


def _read_by(figure: IndicatorFigure, table_name: str) -> list[str]:
    """The fields of a table that a numerator or denominator looks at."""
    if table_name not in figure.tables:
        return []
    looked_at = [*figure.where, *figure.at_least, *([figure.filled] if figure.filled else [])]
    return [*figure.fields_of(table_name), *looked_at]


def _left_out(version: Version) -> str | None:
    """Why a value is not added up."""
    if version.is_contested:
        return "contested"
    return (version.state or "blank") if version.value is None else None


def _written(
    name: str, row: Row, findings: Mapping[tuple[int, str], Sequence[Mapping[str, Any]]], number: int
) -> Written:
    """What stands in a row's cell for a field, with the findings on it, or on its row as a whole."""
    own = {(line, column) for line, column, _ in row.cells.values()} | {(row.row, None)}
    line, column, raw = row.cells.get(name, (row.row, None, None))
    about = []
    for one in findings.get((number, row.sheet), ()):
        place = (one["row_number"], one["column_number"])
        if place in own and (one["field"] == name or place == (line, column) or one["severity"] == "row"):
            said = {word: one[word] for word in ("code", "severity", "message", "fix", "explanation", "waiver_id")}
            about.append(Found(number, cell=_address(*place), **said))
    return Written(number, row.sheet, line, _address(line, column), raw, tuple(about))


def _address(line: int | None, column: int | None) -> str | None:
    return f"{column_letters(column)}{line}" if line and column else None


def _look_at(path: Path, sha256: str) -> Original:
    try:
        with open(path, "rb") as stream:
            return "intact" if hashlib.file_digest(stream, "sha256").hexdigest() == sha256 else "damaged"
    except OSError:
        return "missing"
