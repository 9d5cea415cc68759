"""From the cells of a table's row to a village and typed values."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from wentong import values
from wentong.evidence import unit_in_name, unit_in_title
from wentong.findings import Finding
from wentong.forms import Field, Table
from wentong.grid import Cell
from wentong.layout import Block, Column, RawRow
from wentong.periods import Period
from wentong.places import Place, Register, Resolved, plain
from wentong.returns import Row

_SAME_AS_ABOVE = {"同上", "〃", "″", '"', "''", "“"}
_LONGEST_NAME = 99


class Towns:
    """Which town the rows of a block belong to, as far as titles, section rows and the sheet's name say."""

    def __init__(self, block: Block, register: Register, county_code: str) -> None:
        self.block, self.register, self.county_code = block, register, county_code
        named = unit_in_name(block.sheet.name, register, county_code)
        town = named.code if named else None
        self._by_title: list[str | None] = [town]
        for title in block.titles:
            town = self._named(title.text) or town
            self._by_title.append(town)
        self._summaries = {raw.row for raw in block.rows if self.is_summary(raw)}
        self._by_row = self._section_rows() if block.rows and block.rows[0].row in self._summaries else {}

    def of(self, raw: RawRow) -> str | None:
        """The code of a row's town, its own town cell apart."""
        return self._by_row.get(raw.row) or self._by_title[raw.heard]

    def is_summary(self, raw: RawRow) -> bool:
        """Whether a row of villages is named for a town, the county or the like: it sums up others."""
        if self.block.table.unit != "village":
            return False
        name = raw.cell(_name(self.block))
        return name is not None and self.register.is_summary_name(name.raw[:_LONGEST_NAME], self.county_code)

    def is_own(self, raw: RawRow) -> bool:
        """Whether it is a row of data, and no summary of others."""
        return raw.row not in self._summaries

    def _named(self, text: str) -> str | None:
        alone = self.register.town_written(text[:_LONGEST_NAME], self.county_code)
        town = alone or unit_in_title(text, self.register, self.county_code).town
        return town.code if town else None

    def _section_rows(self) -> dict[int, str]:
        """Towns by the rows that head their villages (一 | 水口镇 | totals), where such a row comes first."""
        towns: dict[int, str] = {}
        current: Place | None = None
        for raw in self.block.rows:
            if raw.row in self._summaries:
                name = raw.cell(_name(self.block))
                current = self.register.town_written(name.raw, self.county_code) if name else None
            elif current:
                towns[raw.row] = current.code
        return towns


def _name(block: Block) -> str:
    return next((column.field.name for column in block.identity), "")


def town_cells(block: Block, register: Register, county_code: str) -> dict[int, tuple[Cell, Place | None]]:
    """Row -> its town cell and the town meant. A blank or 同上 below a town repeats it."""
    declared = block.table.role("town")
    if declared is None or declared.name not in block.columns:
        return {}
    found: dict[int, tuple[Cell, Place | None]] = {}
    known: dict[str, Place | None] = {}
    above: tuple[Cell, Place | None] | None = None
    for raw in block.rows:
        cell = raw.cell(declared.name)
        written = plain(cell.raw[:_LONGEST_NAME]) if cell else ""
        if cell is not None and written and written not in _SAME_AS_ABOVE:
            if written not in known:
                known[written] = register.town_written(written, county_code)
            above = cell, known[written]
        if above:
            found[raw.row] = above
    return found


class _Way(NamedTuple):
    """How the cells of a column are read."""

    name: str
    field: Field
    unit: str | None
    period: Period | None
    """Later dates are withheld; None: they may lie ahead."""
    date1904: bool
    is_theirs: bool
    """Whether the reporter's word counts there."""
    numbers: dict[Cell, values.Parsed]
    """What was read before: a number means the same in every row of a column, and long columns repeat them."""
    is_silent_blank: bool
    """Whether a blank there says nothing: of a county that adds its own columns to what its towns have reported."""


class RowReader:
    """Reads the rows of one file's blocks; findings gather in `findings`."""

    def __init__(self, register: Register, county_code: str, unit_code: str | None, period: Period | None) -> None:
        self.register, self.county_code, self.period = register, county_code, period
        self.reporter = register.by_code.get(unit_code or "")
        self.reporting_town = unit_code if self.reporter and self.reporter.level == 4 else None
        self.findings: list[Finding] = []

    def read(self, block: Block, towns: Towns) -> list[Row | None]:
        """The block's rows in order; None for rows that sum up others, or that were brought along and left empty."""
        written = town_cells(block, self.register, self.county_code)
        above: dict[str, values.Parsed] = {}
        columns = [block.columns[field.name] for field in block.table.stored if field.name in block.columns]
        in_turn = block.form.reported_by == "town" and any(field.filled_by for field in block.table.fields)
        ways = [self._way(column, block.sheet.date1904, in_turn) for column in columns]
        return [
            self._read_row(block, ways, raw, towns.of(raw), written.get(raw.row), above)
            if towns.is_own(raw) and not _is_unused(block.table, raw)
            else None
            for raw in block.rows
        ]

    def _read_row(
        self,
        block: Block,
        ways: Sequence["_Way"],
        raw: RawRow,
        town: str | None,
        town_cell: tuple[Cell, Place | None] | None,
        above: dict[str, values.Parsed],
    ) -> Row | None:
        row = Row(block.sheet.name, raw.row, table=block.table.name)
        resolved = self._resolve(block.table, raw, town, town_cell)
        if any(f.code == "unit_closed" for f in resolved.findings) and not block.holds_more_than_key(raw):
            return None  # left over from a template that was issued before
        if (place := resolved.place) is not None:
            row.division_code, row.town_code = place.code, place.parent_code if place.level == 5 else place.code
        if any(finding.severity == "row" for finding in resolved.findings):
            row.status = "quarantine"
        said = [*resolved.findings, *([Finding("hidden_row")] if raw.row in block.sheet.hidden_rows else [])]
        self.findings += [at_identity(finding, block.table, row.sheet, raw) for finding in said]
        for way in ways:
            if way.name in raw.cells:
                self._read_value(way, row, raw, above)
        if block.table.item_key:
            self._set_key(block.table, row, raw)
        return row

    def _set_key(self, table: Table, row: Row, raw: RawRow) -> None:
        """What tells the row apart from others of its unit. A row without it cannot be loaded."""
        issued = table.issued_key and row.values.get(table.issued_key)
        parts = [issued] if issued else [row.values.get(name) for name in table.item_key]
        missing = [n for n, part in zip(table.item_key, parts, strict=False) if part is None] if not issued else []
        if missing and row.status == "accept":
            row.status = "quarantine"
            params = {"label": "、".join(table.field(name).title for name in missing)}
            self.findings.append(
                at_identity(Finding("key_missing", field=missing[0], params=params), table, row.sheet, raw)
            )
        row.key = "" if missing else "|".join(str(part) for part in parts)

    def _resolve(
        self, table: Table, raw: RawRow, town: str | None, town_cell: tuple[Cell, Place | None] | None
    ) -> Resolved:
        """The row's unit. A village's is sought within the town that its own cell, else its section, else the whole
        return names."""
        if table.unit == "reporter":
            return Resolved(self.reporter)
        roles = (table.role("place_name"), table.role("place_code"))
        name, code = (raw.cell(each.name) if each else None for each in roles)
        town = self.reporting_town or town
        if table.unit != "village":
            return self._resolve_unit(table, raw, name, code, town)
        if town_cell is not None:
            cell, own = town_cell
            if own is None:
                return self._in_unknown_town(cell, name, code)
            if self.reporting_town not in (None, own.code):
                params = {"other_town": own.name, "town": self.register.by_code[self.reporting_town or ""].name}
                written = (name or code or cell).raw
                return Resolved(
                    None, (Finding("wrong_town_village", field="village_name", raw=written, params=params),)
                )
            town = own.code
        return self.register.resolve(name, code, town, self.county_code)

    def _resolve_unit(
        self, table: Table, raw: RawRow, name: Cell | None, code: Cell | None, section: str | None
    ) -> Resolved:
        """Whichever unit a row names; in a county's return within the town that its own cell, else its section names."""
        declared = None if self.reporting_town else table.role("town")
        cell = raw.cell(declared.name) if declared else None
        written = plain(cell.raw[:_LONGEST_NAME]) if cell else ""
        town = None if self.reporting_town else self.register.by_code.get(section or "")
        if cell is not None and written and written not in _SAME_AS_ABOVE:
            town = self.register.town_written(written, self.county_code)
            is_of_county = self.register.is_summary_name(written, self.county_code)
            if town is None and not is_of_county and not any(each and plain(each.raw[:99]) for each in (name, code)):
                return Resolved(
                    None, (Finding("unknown_town", field="village_name", raw="", params={"town": cell.raw}),)
                )
        towns_only = table.unit == "town"
        return self.register.resolve_unit(name, code, self.reporter, self.county_code, towns_only=towns_only, town=town)

    def _in_unknown_town(self, town: Cell, name: Cell | None, code: Cell | None) -> Resolved:
        """A town nobody knows: only a complete code settles such a row, for the name may be another county's village."""
        resolved = self.register.resolve(name, code, None, self.county_code)
        if resolved.place is not None and code is not None:
            return resolved
        broken = tuple(f for f in resolved.findings if f.field == "division_code")
        unknown = Finding("unknown_town", field="village_name", raw=name.raw if name else "", params={"town": town.raw})
        return Resolved(None, broken or (unknown,))

    def _way(self, column: Column, date1904: bool, is_filled_in_turn: bool) -> "_Way":
        declared = column.field
        period = None if declared.may_be_future else self.period
        is_theirs = declared.filled_by is None or self.reporting_town is None
        is_silent = self.reporting_town is None and declared.filled_by is None and is_filled_in_turn
        return _Way(declared.name, declared, column.unit, period, date1904, is_theirs, {}, is_silent)

    def _read_value(self, way: "_Way", row: Row, raw: RawRow, above: dict[str, values.Parsed]) -> None:
        name, declared, unit, period, date1904, is_theirs, numbers, is_silent_blank = way
        (line, number), cell = raw.cells[name]
        if cell is None:
            parsed = values.BLANK
        elif cell in numbers:
            parsed = numbers[cell]
        else:
            parsed = values.parse(
                cell,
                declared,
                heading_unit=unit,
                period=period,
                above=above.get(name),
                has_reason=raw.has_reason,
                date1904=date1904,
            )
            if cell.kind == "number":
                numbers[cell] = parsed
        above[name] = parsed
        value, state, findings = parsed
        text = cell.raw if cell else ""
        if not is_theirs:  # whatever they write there
            findings = () if value is None else (("not_theirs", {}),)
            value, state = None, "not_theirs"
        elif is_silent_blank and state == "blank":
            state = "not_theirs"
        row.values[name] = value
        row.cells[name] = (line, number, text)
        if state:
            row.states[name] = state
        for code, params in findings:
            told = {"label": declared.title, "unit": declared.unit or "", **params}
            self.findings.append(Finding(code, row.sheet, line, number, name, text, told))


def _is_unused(table: Table, raw: RawRow) -> bool:
    """Whether a row has nothing but the number that was issued with it."""
    if table.issued_key is None:
        return False
    return all(
        cell is None or name == table.issued_key for name, (_, cell) in raw.cells.items() if _is_filled_in(table, name)
    )


def _is_filled_in(table: Table, name: str) -> bool:
    return table.field(name).role != "ignored"


def at_identity(finding: Finding, table: Table, sheet: str, raw: RawRow) -> Finding:
    """A finding about a row at its cell: the one at fault, else the first of those that say which row it is."""
    roles = {"village_name": table.role("place_name"), "division_code": table.role("place_code")}
    meant = roles.get(finding.field or "village_name")
    wanted = (meant.name if meant else finding.field, *table.identity)
    name = next((each for each in wanted if each in raw.cells), None)
    if name is None:
        return Finding(finding.code, sheet, raw.row, None, finding.field, finding.raw, finding.params)
    (line, column), cell = raw.cells[name]
    text = finding.raw if finding.raw is not None else cell.raw if cell else ""
    return Finding(finding.code, sheet, line, column, name, text, finding.params)


# -- several rows of one unit ----------------------------------------------------------------------------------------


def mark_repeats(rows: Sequence[tuple[Row, RawRow]], tables: Mapping[str, Table], register: Register) -> list[Finding]:
    """Rows of one unit and key: identical ones load once, different ones not at all. Returns what is to be said."""
    by_key: dict[tuple[str, str, str], list[tuple[Row, RawRow]]] = defaultdict(list)
    for row, raw in rows:
        if row.division_code and row.status == "accept":
            by_key[row.table, row.division_code, row.key].append((row, raw))
    findings = []
    for (name, code, key), same in by_key.items():
        if len(same) == 1:
            continue
        first = _content(same[0][0])
        identical = all(_content(row) == first for row, _ in same[1:])
        table = tables[name]
        params = {
            "village": key.replace("|", " ") or register.by_code[code].name,
            "count": str(len(same)),
            "rows": row_numbers([row for row, _ in same]),
        }
        for row, raw in same[1:] if identical else same:
            row.status = "duplicate" if identical else "quarantine"
            finding = Finding(
                "identical_rows" if identical else "conflicting_rows", field="village_name", params=params
            )
            findings.append(at_identity(finding, table, row.sheet, raw))
    return findings


def _content(row: Row) -> dict[str, object]:
    """What two rows must share to be the same; where a value is withheld, what was written."""
    return {
        name: value
        if value is not None or row.states.get(name) == "blank"
        else (row.states.get(name), row.cells[name][2])
        for name, value in row.values.items()
    }


def row_numbers(rows: Sequence[Row]) -> str:
    """Where rows stand, for a message: 5、7、9, with the sheet where there are several."""
    shown = rows[:20]
    across = len({row.sheet for row in rows}) > 1
    numbers = "、".join(f"{row.sheet}!{row.row}" if across else f"{row.row}" for row in shown)
    return numbers + ("等" if len(rows) > len(shown) else "")
