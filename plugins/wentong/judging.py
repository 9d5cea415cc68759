"""From one file to a draft verdict: read, find the tables, give each cell its meaning, establish each village.

Runs in the lean reading workers and never imports Great Expectations; the rules across cells are added by `checks`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from wentong import evidence, layout, readers, templates, values
from wentong.answers import is_feedback_sheet
from wentong.evidence import Source
from wentong.findings import Finding
from wentong.forms import Field, forms
from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.periods import Period
from wentong.places import Place, Register
from wentong.returns import Judgement, Row


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file to judge and what its place in the share says."""

    path: Path
    """Where its bytes lie (the archive)."""
    name: str
    """The name its sender gave it."""
    sha256: str
    folders: tuple[str, ...] = ()
    """Folders between the inbox and the file."""
    county_code: str = ""
    assumed_period: str | None = None
    assumed_unit: str | None = None
    """Used only where the file and its place say nothing (`wentong check --period --unit`)."""


def draft(file: Incoming, register: Register, today: date) -> Judgement:
    """Everything that one file alone tells, rules across cells excepted. Never raises for bad input."""
    verdict = Judgement(file.name, file.sha256, "reject")
    try:
        book = readers.read(file.path, file.name)
    except Unreadable as problem:
        verdict.findings.append(Finding(problem.code, params=problem.params))
        return verdict
    verdict.format = book.format
    verdict.findings += [Finding(code) for code in book.notices]
    return _Reading(file, register, today, book, verdict).judged()


class _Reading:
    """One book on its way to a verdict; holds what the steps share."""

    def __init__(self, file: Incoming, register: Register, today: date, book: Book, verdict: Judgement) -> None:
        self.file, self.register, self.today, self.verdict = file, register, today, verdict
        self.mark = templates.read_mark(book)
        sheets = [
            s
            for s in book.sheets
            if s.visible and s.name != templates.MARK_SHEET and not is_feedback_sheet(s, self.mark)
        ]
        self.layouts = [layout.read_sheet(sheet) for sheet in sheets]
        self.blocks = [block for sheet in self.layouts for block in sheet.blocks]
        self.period: Period | None = None

    def judged(self) -> Judgement:
        verdict = self.verdict
        if submission := self.mark.get("submission"):
            verdict.answers_submission = int(submission) if submission.isdigit() else None
        if not self.blocks:
            verdict.findings.append(self._unknown_form())
            return verdict
        form, table = self.blocks[0].form, self.blocks[0].table
        verdict.form, verdict.table = form.code, table.name
        status = next(f for f in table.stored if f.required)
        if not all(status.name in block.columns for block in self.blocks):
            block = next(b for b in self.blocks if status.name not in b.columns)
            verdict.findings.append(
                Finding("missing_key_column", block.sheet.name, field=status.name, params={"label": status.title})
            )
        holds = self._identify()
        for sheet in self.layouts:
            for key, text in sheet.signatures.items():
                verdict.signatures.setdefault(key, text)
        if verdict.findings and verdict.findings[-1].code == "missing_key_column":
            return verdict
        summaries = self._read_rows()
        if not verdict.rows:
            code = "summary_only" if summaries else "blank_template"
            verdict.findings.append(Finding(code, self.blocks[0].sheet.name))
            return verdict
        if all(self._is_empty(row) for row in verdict.rows):
            verdict.rows.clear()
            verdict.findings.append(Finding("blank_template", self.blocks[0].sheet.name))
            return verdict
        for block in self.blocks:
            verdict.findings += block.findings
        self._signatures()
        self._absent_units()
        verdict.outcome = "quarantine_file" if holds else "load"
        return verdict

    # -- which return ---------------------------------------------------------------------------------------------------

    def _identify(self) -> bool:
        """Establish period and unit; True when the file must be held."""
        texts = [Source("表头", text) for sheet in self.layouts for _, text in sheet.titles]
        texts += [Source("表头", text) for block in self.blocks for _, text in block.titles]
        sheets = [Source("工作表名", block.sheet.name) for block in self.blocks if block.sheet.name]
        names = evidence.name_sources(self.file.folders, self.file.name)
        marked = [Source("模板标记", self.mark["period"])] if self.mark.get("period") else []
        assumed = Period.parse(self.file.assumed_period) if self.file.assumed_period else None
        self.period, doubt = evidence.period_of(
            dict.fromkeys([*marked, *texts, *sheets, *names]), assumed, self.today
        )
        self.verdict.period = str(self.period) if self.period else None
        held = [finding for finding in (doubt, self._unit(texts)) if finding]
        self.verdict.findings += held
        return bool(held)

    def _unit(self, titles: Sequence[Source]) -> Finding | None:
        """Set the reporting unit; the finding that holds the file when its sources disagree or are silent."""
        county = self.file.county_code
        register = self.register
        said: dict[str, str] = {}  # unit code -> where it was said
        county_wide = False
        if mark := self.mark.get("unit"):
            said[mark] = "模板标记"
        for source in dict.fromkeys(titles):
            named = evidence.unit_in_title(source.text, register, county)
            for finding in named.findings:
                if finding.severity == "critical":
                    return finding
                if finding not in self.verdict.findings:
                    self.verdict.findings.append(finding)
            county_wide |= len(named.towns) > 1 or named.county
            if len(named.towns) == 1:
                said.setdefault(named.towns[0].code, f"表头“{source.text.strip()[:30]}”")
        for name in dict.fromkeys(block.sheet.name for block in self.blocks):
            for town in evidence.unit_in_name(name, register, county).towns:
                said.setdefault(town.code, f"工作表名“{name}”")
        in_titles = [code for code in said if code in register.by_code and register.by_code[code].level == 4]
        several = len(in_titles) > 1 and self._several_towns()
        for source in evidence.name_sources(self.file.folders, self.file.name):
            towns = evidence.unit_in_name(source.text, register, county).towns
            if len(towns) == 1:
                if towns[0].code not in said and (several or self._town_columns_disagree(towns[0].code)):
                    said.setdefault(towns[0].code, f"{source.title}“{source.text}”")
                    return self._unit_conflict(said, county)
                said.setdefault(towns[0].code, f"{source.title}“{source.text}”")
        self.reporting_town: str | None = None
        if several or (county_wide and not said) or (not said and self._town_columns()):
            self.verdict.unit = county
            return None
        if len(said) > 1:
            return self._unit_conflict(said, county)
        if not said and self.file.assumed_unit:
            said[self.file.assumed_unit[:9].ljust(12, "0")] = "命令行"
        if not said:
            if self._codes_settle():
                self.verdict.unit = county
                return None
            return Finding("unit_unknown")
        code = next(iter(said))
        self.verdict.unit = code
        place = register.by_code.get(code)
        if place is not None and place.level == 4:
            self.reporting_town = code
        return None

    def _unit_conflict(self, said: dict[str, str], county: str) -> Finding:
        self.reporting_town = next(iter(said)) if next(iter(said)) in self.register.by_code else None
        self.verdict.unit = self.reporting_town or county
        places = "、".join(
            f"{where}是{self.register.by_code[code].name if code in self.register.by_code else code}"
            for code, where in said.items()
        )
        return Finding("unit_conflict", params={"places": places})

    def _several_towns(self) -> bool:
        """Whether the tables are divided among towns by their titles, sheets or block titles."""
        towns = {self._block_town(block) for block in self.blocks} | {
            self._title_town(row.town_title) for block in self.blocks for row in block.rows if row.town_title
        }
        return len(towns - {None}) > 1

    def _town_columns(self) -> set[str]:
        """Towns written in the town columns of all tables."""
        found = set()
        for block in self.blocks:
            for row in block.rows:
                if (cell := row.cell("town_name")) and (
                    town := self.register.town_written(cell.raw, self.file.county_code)
                ):
                    found.add(town.code)
        return found

    def _town_columns_disagree(self, town: str) -> bool:
        return len(self._town_columns() - {town}) > 1

    def _codes_settle(self) -> bool:
        """Without town column, title or sheet the codes decide: every row has one."""
        rows = [row for block in self.blocks for row in block.rows]
        return bool(rows) and all(row.cell("division_code") is not None for row in rows)

    def _block_town(self, block: layout.Block) -> str | None:
        for _, text in reversed(block.titles):
            towns = evidence.unit_in_title(text, self.register, self.file.county_code).towns
            if len(towns) == 1:
                return towns[0].code
        towns = evidence.unit_in_name(block.sheet.name, self.register, self.file.county_code).towns
        return towns[0].code if len(towns) == 1 else None

    def _title_town(self, text: str | None) -> str | None:
        if text is None:
            return None
        place = self.register.town_written(text, self.file.county_code)
        towns = [place] if place else self.register.towns_named(text, self.file.county_code)
        return towns[0].code if len(towns) == 1 and towns[0] else None

    # -- rows -----------------------------------------------------------------------------------------------------------

    def _read_rows(self) -> int:
        """Fill verdict.rows; returns how many rows summed up others."""
        summaries = 0
        for block in self.blocks:
            town = self._block_town(block) if self.verdict.unit == self.file.county_code else self.reporting_town
            above: dict[str, values.Parsed] = {}
            read: list[Row | None] = []
            for raw in block.rows:
                name = raw.cell("village_name")
                if name and self.register.is_summary_name(name.raw, self.file.county_code):
                    summaries += 1
                    read.append(None)
                    continue
                row = self._read_row(block, raw, self._title_town(raw.town_title) or town, above)
                read.append(row)
                self.verdict.rows.append(row)
            summaries += len(block.totals)
            self._check_totals(block, read)
        self._mark_repeats()
        return summaries

    def _read_row(
        self, block: layout.Block, raw: layout.RawRow, town: str | None, above: dict[str, values.Parsed]
    ) -> Row:
        sheet = block.sheet
        row = Row(sheet.name, raw.row)
        cell = raw.cell("town_name")
        if cell is not None:
            written = self.register.town_written(cell.raw, self.file.county_code)
            if written is not None and self.reporting_town and written.code != self.reporting_town:
                self._quarantine(row, raw, Finding("wrong_town_village", field="village_name", raw=_raw(raw.cell("village_name")), params={
                    "other_town": written.name, "town": self.register.by_code[self.reporting_town].name}))
            if written is not None:
                town = written.code
        row.town_code = town
        resolved = self.register.resolve(
            raw.cell("village_name"), raw.cell("division_code"), town, self.file.county_code
        )
        for finding in resolved.findings:
            if finding.severity == "row":
                if row.status == "accept":
                    self._quarantine(row, raw, finding)
            else:
                self._place_finding(row, raw, finding)
        if resolved.place is not None:
            row.division_code, row.town_code = resolved.place.code, resolved.place.parent_code
        if raw.row in sheet.hidden_rows:
            self._place_finding(row, raw, Finding("hidden_row", field="village_name"))
        reason = raw.cell("remark") is not None
        for declared in block.table.stored:
            if declared.name in raw.cells:
                self._read_value(block, row, raw, declared, above, reason)
        return row

    def _read_value(
        self,
        block: layout.Block,
        row: Row,
        raw: layout.RawRow,
        declared: Field,
        above: dict[str, values.Parsed],
        has_reason: bool,
    ) -> None:
        (number, column), cell = raw.cells[declared.name]
        parsed = values.parse(
            cell,
            declared,
            heading_unit=block.columns[declared.name].unit,
            period=self.period,
            above=above.get(declared.name),
            has_reason=has_reason and declared.name != "remark",
        )
        above[declared.name] = parsed
        row.values[declared.name] = parsed.value
        row.cells[declared.name] = (number, column, cell.raw if cell else "")
        if parsed.state:
            row.states[declared.name] = parsed.state
        for code, params in parsed.findings:
            self.verdict.findings.append(
                Finding(
                    code,
                    block.sheet.name,
                    number,
                    column,
                    declared.name,
                    cell.raw if cell else "",
                    {"label": declared.title, "unit": declared.unit or "", **params},
                )
            )

    def _quarantine(self, row: Row, raw: layout.RawRow, finding: Finding) -> None:
        row.status = "quarantine"
        self._place_finding(row, raw, finding)

    def _place_finding(self, row: Row, raw: layout.RawRow, finding: Finding) -> None:
        """Give a finding about a row its cell: the code cell when the code is at fault, else the name cell."""
        field = finding.field if finding.field in raw.cells else "village_name"
        if field not in raw.cells:
            field = "division_code"
        (number, column), _ = raw.cells[field]
        self.verdict.findings.append(replace(finding, sheet=row.sheet, row=number, col=column, field=field))

    def _is_empty(self, row: Row) -> bool:
        return all(state == "blank" for name, state in row.states.items()) and all(
            value is None for value in row.values.values()
        )

    # -- across rows ----------------------------------------------------------------------------------------------------

    def _mark_repeats(self) -> None:
        """Of identical rows for one village the first loads; of different ones none (design: decided further, 2)."""
        by_village: dict[str, list[Row]] = defaultdict(list)
        for row in self.verdict.rows:
            if row.division_code and row.status == "accept":
                by_village[row.division_code].append(row)
        for code, rows in by_village.items():
            if len(rows) == 1:
                continue
            same = all(row.values == rows[0].values for row in rows[1:])
            numbers = "、".join(str(row.row) for row in rows)
            params = {"village": self.register.by_code[code].name, "count": str(len(rows)), "rows": numbers}
            for row in rows[1:] if same else rows:
                row.status = "duplicate" if same else "quarantine"
                self.verdict.findings.append(
                    _at_identity(row, self.blocks, "identical_rows" if same else "conflicting_rows", params)
                )

    def _check_totals(self, block: layout.Block, read: Sequence[Row | None]) -> None:
        """Totals are recomputed; one that agrees with none of the sums it may mean is a warning at its cell."""
        for total in block.totals:
            for name, ((number, column), cell) in total.cells.items():
                declared = block.columns[name].field
                if cell is None or declared.type not in ("count", "number") or declared.unit == "小时":
                    continue
                parsed = values.parse(cell, declared, heading_unit=block.columns[name].unit, period=self.period)
                if parsed.value is None or parsed.findings:
                    continue
                sums = [_sum(read, span, name) for span in total.spans]
                if None in sums[:1] or parsed.value in sums:
                    continue
                params = {"label": declared.title, "sum": f"{sums[0]:f}" if sums[0] is not None else ""}
                self.verdict.findings.append(
                    Finding("total_mismatch", block.sheet.name, number, column, name, cell.raw, params)
                )

    def _signatures(self) -> None:
        titles = {"preparer": "填表人", "reviewer": "审核人", "head": "单位负责人", "reported_on": "报出日期"}
        missing = [title for key, title in titles.items() if key not in self.verdict.signatures]
        if missing:
            self.verdict.findings.append(
                Finding("signature_missing", self.blocks[-1].sheet.name, params={"missing": "、".join(missing)})
            )

    def _absent_units(self) -> None:
        """Villages on the roll that a town's return leaves out keep their last version and are named."""
        if not self.reporting_town:
            return
        present = {row.division_code for row in self.verdict.rows}
        absent = [v for v in self.register.villages(self.reporting_town) if v.code not in present]
        if absent:
            names = "、".join(v.name for v in absent[:20]) + ("等" if len(absent) > 20 else "")
            self.verdict.findings.append(
                Finding("units_absent", self.blocks[0].sheet.name, params={"count": str(len(absent)), "names": names})
            )

    def _unknown_form(self) -> Finding:
        form = next(iter(forms().values()))
        title = next((text.strip() for sheet in self.layouts for _, text in sheet.titles if len(text.strip()) > 3), "")
        looks_like = f"表头看起来是“{title[:40]}”。" if title else ""
        return Finding("unknown_form", params={"form_title": form.title, "looks_like": looks_like})


def _raw(cell: Cell | None) -> str:
    return cell.raw if cell else ""


def _sum(read: Sequence[Row | None], span: range, name: str) -> Decimal | None:
    """The sum of a column over part of a table; None when a value there is withheld and the sum means nothing."""
    total = Decimal(0)
    for index in span:
        row = read[index]
        if row is None:
            continue
        if row.states.get(name) == "withheld":
            return None
        value = row.values.get(name)
        total += value if isinstance(value, (int, Decimal)) else 0
    return total


def _at_identity(row: Row, blocks: Sequence[layout.Block], code: str, params: dict[str, str]) -> Finding:
    """A finding at a row's name cell, or its code cell when the table has no names."""
    for block in blocks:
        if block.sheet.name != row.sheet:
            continue
        for raw in block.rows:
            if raw.row == row.row:
                for field in ("village_name", "division_code"):
                    if field in raw.cells:
                        (number, column), cell = raw.cells[field]
                        return Finding(code, row.sheet, number, column, field, _raw(cell), params)
    return Finding(code, row.sheet, row.row, None, None, None, params)


__all__ = ["Incoming", "Place", "Sheet", "draft"]
