"""From the cells of a table's row to a village and typed values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from wentong import values
from wentong.evidence import unit_in_name, unit_in_title
from wentong.findings import Finding
from wentong.forms import Field
from wentong.grid import Cell
from wentong.layout import Block, RawRow
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
        """Whether a row's name is a town, the county or the like: it sums up others."""
        name = raw.cell(_name(self.block))
        return name is not None and self.register.is_summary_name(name.raw[:_LONGEST_NAME], self.county_code)

    def is_village(self, raw: RawRow) -> bool:
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


class RowReader:
    """Reads the rows of one file's blocks; findings gather in `findings`."""

    def __init__(self, register: Register, county_code: str, reporting_town: str | None, period: Period | None) -> None:
        self.register, self.county_code = register, county_code
        self.reporting_town, self.period = reporting_town, period
        self.findings: list[Finding] = []

    def read(self, block: Block, towns: Towns) -> list[Row | None]:
        """The block's rows in order; None for rows that sum up others."""
        written = town_cells(block, self.register, self.county_code)
        above: dict[str, values.Parsed] = {}
        return [
            self._read_row(block, raw, towns.of(raw), written.get(raw.row), above) if towns.is_village(raw) else None
            for raw in block.rows
        ]

    def _read_row(
        self,
        block: Block,
        raw: RawRow,
        town: str | None,
        town_cell: tuple[Cell, Place | None] | None,
        above: dict[str, values.Parsed],
    ) -> Row:
        row = Row(block.sheet.name, raw.row)
        resolved = self._resolve(raw, town, town_cell)
        if resolved.place is not None:
            row.division_code, row.town_code = resolved.place.code, resolved.place.parent_code
        if any(finding.severity == "row" for finding in resolved.findings):
            row.status = "quarantine"
        self.findings += [at_identity(finding, row.sheet, raw) for finding in resolved.findings]
        if raw.row in block.sheet.hidden_rows:
            self.findings.append(at_identity(Finding("hidden_row", field="village_name"), row.sheet, raw))
        for declared in block.table.stored:
            if declared.name in raw.cells:
                self._read_value(block, row, raw, declared, above)
        return row

    def _resolve(self, raw: RawRow, town: str | None, town_cell: tuple[Cell, Place | None] | None) -> Resolved:
        """The row's village, within the town that its own cell, else its section, else the whole return names."""
        name, code = raw.cell("village_name"), raw.cell("division_code")
        town = self.reporting_town or town
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

    def _in_unknown_town(self, town: Cell, name: Cell | None, code: Cell | None) -> Resolved:
        """A town nobody knows: only a complete code settles such a row, for the name may be another county's village."""
        resolved = self.register.resolve(name, code, None, self.county_code)
        if resolved.place is not None and code is not None:
            return resolved
        broken = tuple(f for f in resolved.findings if f.field == "division_code")
        unknown = Finding("unknown_town", field="village_name", raw=name.raw if name else "", params={"town": town.raw})
        return Resolved(None, broken or (unknown,))

    def _read_value(
        self, block: Block, row: Row, raw: RawRow, declared: Field, above: dict[str, values.Parsed]
    ) -> None:
        place, cell = raw.cells[declared.name]
        parsed = values.parse(
            cell,
            declared,
            heading_unit=block.columns[declared.name].unit,
            period=self.period,
            above=above.get(declared.name),
            has_reason=raw.has_reason,
            date1904=block.sheet.date1904,
        )
        above[declared.name] = parsed
        text = cell.raw if cell else ""
        row.values[declared.name] = parsed.value
        row.cells[declared.name] = (*place, text)
        if parsed.state:
            row.states[declared.name] = parsed.state
        for code, params in parsed.findings:
            told = {"label": declared.title, "unit": declared.unit or "", **params}
            self.findings.append(Finding(code, row.sheet, *place, declared.name, text, told))


def at_identity(finding: Finding, sheet: str, raw: RawRow) -> Finding:
    """A finding about a row at its cell: the code cell when the code is at fault, else the name cell."""
    wanted = (finding.field or "village_name", "village_name", "division_code")
    name = next((each for each in wanted if each in raw.cells), None)
    if name is None:
        return replace(finding, sheet=sheet, row=raw.row)
    (line, column), cell = raw.cells[name]
    text = finding.raw if finding.raw is not None else cell.raw if cell else ""
    return replace(finding, sheet=sheet, row=line, col=column, field=name, raw=text)


# -- several rows of one village ----------------------------------------------------------------------------------------


def mark_repeats(rows: Sequence[tuple[Row, RawRow]], register: Register) -> list[Finding]:
    """Rows of one village: identical ones load once, different ones not at all. Returns what is to be said."""
    by_village: dict[str, list[tuple[Row, RawRow]]] = defaultdict(list)
    for row, raw in rows:
        if row.division_code and row.status == "accept":
            by_village[row.division_code].append((row, raw))
    findings = []
    for code, same in by_village.items():
        if len(same) == 1:
            continue
        identical = all(_content(row) == _content(same[0][0]) for row, _ in same[1:])
        params = {"village": register.by_code[code].name, "count": str(len(same)), "rows": _row_numbers(same)}
        for row, raw in same[1:] if identical else same:
            row.status = "duplicate" if identical else "quarantine"
            finding = Finding(
                "identical_rows" if identical else "conflicting_rows", field="village_name", params=params
            )
            findings.append(at_identity(finding, row.sheet, raw))
    return findings


def _content(row: Row) -> dict[str, object]:
    """What two rows must share to be the same; where a value is withheld, what was written."""
    return {
        name: value
        if value is not None or row.states.get(name) == "blank"
        else (row.states.get(name), row.cells[name][2])
        for name, value in row.values.items()
    }


def _row_numbers(rows: Sequence[tuple[Row, RawRow]]) -> str:
    shown = rows[:20]
    across = len({row.sheet for row, _ in rows}) > 1
    numbers = "、".join(f"{row.sheet}!{row.row}" if across else f"{row.row}" for row, _ in shown)
    return numbers + ("等" if len(rows) > len(shown) else "")
