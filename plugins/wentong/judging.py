"""From one file to a draft verdict: read, find the tables, tell which return it is, give each row its meaning.

Runs in the lean reading workers and never imports Great Expectations; the rules across cells are added by `checks`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wentong import evidence, layout, marks, readers
from wentong.evidence import Source, UnitClaims
from wentong.findings import Finding
from wentong.forms import Form, Table, forms
from wentong.grid import Book, Unreadable
from wentong.layout import Block, RawRow
from wentong.periods import Period
from wentong.places import Register, plain, read_code
from wentong.returns import Judgement, Row
from wentong.rows import RowReader, Towns, mark_repeats, town_cells
from wentong.signatures import TITLES
from wentong.totals import check_totals


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


_FOLLOWS_UNIT = frozenset({"town_unknown", "wrong_town_village", "unknown_village", "units_absent"})
"""Not worth saying of the rows as long as it is not known whose return this is."""

_FOLLOWS_PERIOD = frozenset({"identical_rows", "conflicting_rows"})
"""Not worth saying of a workbook with sheets of several quarters."""


class _Refused(Exception):
    """The file as a whole is not the return it should be."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class _Reading:
    """One book on its way to a verdict; holds what the steps share."""

    def __init__(self, file: Incoming, register: Register, today: date, book: Book, verdict: Judgement) -> None:
        self.file, self.today, self.book, self.verdict = file, today, book, verdict
        self.register = register.on(today)
        self.county = file.county_code
        self.mark = marks.read_mark(book)
        named = layout.named_forms([self.mark.get("form", ""), marks.plain_name(file.name)])
        self.layouts = [
            layout.read_sheet(sheet, named)
            for sheet in book.sheets
            if sheet.visible
            and sheet.name != marks.MARK_SHEET
            and not marks.is_reference_sheet(sheet)
            and not marks.is_feedback_sheet(sheet, self.mark)
        ]
        self.titles_of_file = [self.mark.get("form", ""), marks.plain_name(file.name)]

    def judged(self) -> Judgement:
        """The verdict. A refusal says one thing only: why the file is not a return."""
        if (submission := self.mark.get("submission", "")).isdigit():
            self.verdict.answers_submission = int(submission)
        try:
            self._judge()
        except _Refused as refused:
            self.verdict.rows.clear()
            self.verdict.signatures = {}
            self.verdict.outcome = "reject"
            self.verdict.findings = [f for f in self.verdict.findings if not f.sheet and f.severity != "critical"]
            self.verdict.findings.append(refused.finding)
        return self.verdict

    def _judge(self) -> None:
        verdict = self.verdict
        own = self._own_blocks()
        blocks = self._blocks_with_rows(own)
        doubt = self._find_period(blocks)
        if self._is_of_another_time():
            blocks = self._blocks_with_rows(own)
        held = self._identify(blocks, doubt)
        reader = RowReader(self.register, self.county, verdict.unit, self.period)
        read: list[tuple[Row, RawRow]] = []
        for block, towns in blocks:
            rows = reader.read(block, towns)
            verdict.findings += [*block.findings, *check_totals(block, rows)]
            read += [(row, raw) for row, raw in zip(rows, block.rows, strict=True) if row is not None]
        verdict.rows = [row for row, _ in read]
        verdict.signatures = self._signatures(blocks)
        self._hear_zero([block for block, _ in blocks])
        repeats = mark_repeats(read, {table.name: table for table in self.form.tables}, self.register)
        repeated = {(row.sheet, row.row) for row in verdict.rows if row.status == "duplicate"}
        verdict.findings += [f for f in reader.findings if (f.sheet, f.row) not in repeated]
        verdict.findings += [*repeats, *self._signature_findings(blocks), *self._absent_units(blocks)]
        verdict.findings = _said_once(f for f in verdict.findings if f.code not in self.follows)
        verdict.outcome = "quarantine_file" if held else "load"

    # -- which tables ---------------------------------------------------------------------------------------------------

    def _own_blocks(self) -> list[Block]:
        """The tables of one form; other tables in the file are left alone. Raises _Refused when there is none."""
        found = [(block, self._standing(sheet, block)) for sheet in self.layouts for block in sheet.blocks]
        own = [block for block, standing in found if standing == "own"]
        if not own:
            raise _Refused(self._why_not([block for block, standing in found if standing == "incomplete"]))
        form = own[0].form
        self._name_others([block for block in own if block.form is not form])
        own = [block for block in own if block.form is form]
        self._is_of(form, *dict.fromkeys(block.table.name for block in own))
        for block, standing in found:
            if standing == "incomplete" and len(_figures(block)) >= _ENOUGH_TO_MISS:
                raise _Refused(_missing_key(block))
        return own

    def _name_others(self, blocks: list[Block]) -> None:
        """Say which sheets hold another form: only one is read of a file, and the others must be handed in, too."""
        filled = [block for block in blocks if any(map(block.holds_more_than_key, block.rows))]
        for sheet, form in {block.sheet.name: block.form for block in filled}.items():
            self.verdict.findings.append(Finding("other_form", sheet, params={"form": f"{form.code} {form.title}"}))

    def _is_of(self, form: Form, *tables: str) -> None:
        self.form = form
        self.verdict.form, self.verdict.tables = form.code, tables

    def _standing(self, sheet: layout.SheetLayout, block: Block) -> str:
        """own, incomplete (the form, but what every row must say is missing) or foreign, by headings and titles."""
        figures = len(_figures(block))
        has_key = all(name in block.columns for name in block.table.essential)
        said = [title.text for title in (*sheet.titles, *block.titles)]
        if figures < _figures_needed([*said, block.sheet.name, *self.titles_of_file], said, block.form):
            return "foreign"
        return "own" if has_key else "incomplete"

    def _why_not(self, incomplete: list[Block]) -> Finding:
        if incomplete:
            self._is_of(incomplete[0].form, incomplete[0].table.name)
            return _missing_key(incomplete[0])
        for form in forms().values():
            for table in form.tables:
                figures = {f.name for f in table.stored if f.type != "text"}
                town = table.role("town")
                name = table.role("place_name")
                for sheet in self.layouts:
                    if len(sheet.near_miss & figures) < _ENOUGH_TO_MISS:
                        continue
                    self._is_of(form, table.name)
                    if town and town.name in sheet.near_miss:
                        return Finding("summary_only", sheet.sheet.name)
                    label = name.title if name else ""
                    return Finding("missing_key_column", sheet.sheet.name, params={"label": label})
        return Finding("unknown_form", params={"looks_like": self._looks_like()})

    def _looks_like(self) -> str:
        """What a foreign file seems to be: hidden sheets of the form, else its title, else its first words."""
        hidden = [sheet for sheet in self.book.sheets if not sheet.visible]
        if names := [f"“{sheet.name}”" for sheet in hidden if layout.read_sheet(sheet).blocks]:
            return f"隐藏的工作表{'、'.join(names[:5])}没有读取;数据在里面的,请先取消隐藏再保存。"
        texts = [t.text.strip() for sheet in self.layouts for t in _all_titles(sheet) if len(t.text.strip()) > 3]
        named = [text for text in texts if re.search(r"(表|台账|清单|名册|花名册|统计|情况|通知)$", plain(text[:80]))]
        title = next(iter(named or texts), "")
        return f"表头看起来是“{title[:40]}”。" if title else ""

    def _blocks_with_rows(self, blocks: list[Block]) -> list[tuple[Block, Towns]]:
        """The tables that hold rows of their own; summaries beside them are no data and no evidence."""
        found = [(block, Towns(block, self.register, self.county)) for block in blocks]
        kept = [
            (block, towns)
            for block, towns in found
            if block.table.resubmission == "ledger" or any(map(towns.is_own, block.rows))
        ]
        if not kept:
            is_summary = any(block.rows or block.totals for block in blocks)
            raise _Refused(Finding("summary_only" if is_summary else "blank_template", blocks[0].sheet.name))
        return kept

    def _signatures(self, blocks: list[tuple[Block, Towns]]) -> dict[str, str]:
        """What the sheets with rows are signed with, the first sheet first."""
        sheets = {block.sheet.name for block, _ in blocks}
        return {
            key: name
            for sheet in reversed(self.layouts)
            if sheet.sheet.name in sheets
            for key, name in sheet.signatures.items()
        }

    def _hear_zero(self, blocks: list[Block]) -> None:
        """Nothing happened: ticked in so many words, or every figure is 0 and the return is signed. Raises _Refused when
        nothing is written at all: a form that was sent back as it came is no report of nothing.

        Where a form has several tables, the tick is about the ledger of its sheet; a ledger without rows and without a
        tick states nothing, and withdraws nothing.
        """
        verdict, first = self.verdict, blocks[0].sheet.name
        ticked = {
            sheet.sheet.name
            for sheet in self.layouts
            if any(marks.is_zero_line(title.text) for title in _all_titles(sheet))
        }
        filled = {row.table for row in verdict.rows}
        idle = [b for b in blocks if b.table.resubmission == "ledger" and b.table.name not in filled]
        is_ledger = all(table.resubmission == "ledger" for table in self.form.tables)
        if ticked and is_ledger and not verdict.rows:
            verdict.is_zero = True
            return
        if not any(self._is_written(row) for row in verdict.rows):
            raise _Refused(Finding("blank_template", first))
        if ticked - {block.sheet.name for block in idle}:
            verdict.findings.append(Finding("zero_with_rows", first))
        elif self._is_all_zero() and TITLES.keys() <= verdict.signatures.keys():
            verdict.is_zero = True
        silent = {b.table.name for b in idle} - {b.table.name for b in idle if b.sheet.name in ticked}
        verdict.tables = tuple(name for name in verdict.tables if name not in silent)

    def _is_all_zero(self) -> bool:
        """Whether there are figures, all of them are 0, and no row says that something happened."""
        tables = {table.name: table for table in self.form.tables}
        if any(tables[row.table].resubmission == "ledger" for row in self.verdict.rows):
            return False
        dates = {table.name: [f.name for f in table.stored if f.type == "date"] for table in self.form.tables}
        if any(row.values.get(name) is not None for row in self.verdict.rows for name in dates[row.table]):
            return False
        numbers = {table.name: [f.name for f in table.stored if f.is_number] for table in self.form.tables}
        figures = (row.values.get(name) for row in self.verdict.rows for name in numbers[row.table])
        known = (figure for figure in figures if figure is not None)
        return next(known, 1) == 0 and not any(known)

    def _is_written(self, row: Row) -> bool:
        """Whether anything was written in a row but what the template brought along."""
        table = self.form.table(row.table)
        given = {table.issued_key, *(table.item_key if table.is_listed else ())}
        return any(raw.strip() for name, (_, _, raw) in row.cells.items() if name not in given)

    # -- which return ---------------------------------------------------------------------------------------------------

    def _find_period(self, blocks: list[tuple[Block, Towns]]) -> Finding | None:
        """Establish the period; returns what is doubtful about it."""
        titles, sheets, names = self._sources(blocks)
        headings = [Source("表头", c.heading) for block, _ in blocks for c in block.columns.values()]
        marked = [Source("模板标记", self.mark["period"])] if self.mark.get("period") else []
        assumed = Period.parse(self.file.assumed_period) if self.file.assumed_period else None
        sources = dict.fromkeys([*marked, *titles, *headings, *sheets, *names])
        self.period, doubt = evidence.period_of(sources, assumed, self.today, self.form.period)
        self.verdict.period = str(self.period) if self.period else None
        return doubt

    def _is_of_another_time(self) -> bool:
        """Turn to the register of the period's last day, which decides what there is to report; whether it is another."""
        register = self.register.on(self.period.last_day) if self.period else self.register
        county = register.place(self.county)
        if register is self.register or county is None:
            return False
        self.register, self.county = register, county.code
        return True

    def _sources(self, blocks: list[tuple[Block, Towns]]) -> tuple[list[Source], list[Source], list[Source]]:
        """What titles, names of sheets with rows, and folders with the file's name say."""
        sheets = list(dict.fromkeys(block.sheet.name for block, _ in blocks))
        names = [Source("文件夹", folder) for folder in self.file.folders]
        names.append(Source("文件名", marks.plain_name(self.file.name)))
        return self._titles_of(sheets, blocks), [Source("工作表名", name) for name in sheets if name], names

    def _identify(self, blocks: list[tuple[Block, Towns]], doubt: Finding | None) -> bool:
        """Establish the unit; True when the file must be held."""
        sheets = {block.sheet.name for block, _ in blocks}
        claims = self._claims(blocks, *self._sources(blocks))
        unit = evidence.unit_of(claims, self.register, self.county, self.form)
        self.verdict.unit, self.town = unit.code, unit.town
        held = [finding for finding in (doubt, unit.held) if finding]
        self.follows = (_FOLLOWS_UNIT if unit.held else frozenset()) | (
            _FOLLOWS_PERIOD if doubt and len(sheets) > 1 else frozenset()
        )
        self.verdict.findings += [*held, *unit.findings]
        return bool(held)

    def _titles_of(self, sheets: list[str], blocks: list[tuple[Block, Towns]]) -> list[Source]:
        """The titles of sheets that hold rows; explanations of the form are no evidence."""
        above = [(sheet.sheet.name, t) for sheet in self.layouts if sheet.sheet.name in sheets for t in sheet.titles]
        within = [(block.sheet.name, t) for block, _ in blocks for t in block.titles]
        sources = [Source("表头", t.text, (name, t.row, t.column)) for name, t in [*above, *within]]
        return [source for source in dict.fromkeys(sources) if not layout.is_note(source.text)]

    def _claims(
        self, blocks: list[tuple[Block, Towns]], titles: list[Source], sheets: list[Source], names: list[Source]
    ) -> UnitClaims:
        sections: set[str] = set()
        columns: Counter[str] = Counter()
        codes: Counter[str] = Counter()
        coded = True
        for block, towns in blocks:
            rows = [raw for raw in block.rows if towns.is_own(raw)]
            sections |= {town for raw in rows if (town := towns.of(raw))}
            columns.update(t.code for _, t in town_cells(block, self.register, self.county).values() if t)
            for raw in rows:
                code = block.table.role("place_code")
                place = self.register.place(read_code(raw.cell(code.name)).digits) if code else None
                coded = coded and place is not None and place.level >= 4
                if place:
                    codes[place.parent_code if place.level == 5 else place.code] += 1
        mark = self.mark.get("unit")
        return UnitClaims(mark, titles, sheets, names, sections, columns, codes, coded, self.file.assumed_unit)

    # -- about the whole file -------------------------------------------------------------------------------------------

    def _signature_findings(self, blocks: list[tuple[Block, Towns]]) -> list[Finding]:
        """Who has not signed, and whether the one who answers for the return is the one who filled it in."""
        signed, sheet = self.verdict.signatures, blocks[-1][0].sheet.name
        missing = [title for key, title in TITLES.items() if key not in signed]
        findings = [Finding("signature_missing", sheet, params={"missing": "、".join(missing)})] if missing else []
        preparer, head = (plain(signed.get(key, "")) for key in ("preparer", "head"))
        return [*findings, *([Finding("same_signer", sheet, raw=signed["head"])] if head and head == preparer else [])]

    def _absent_units(self, blocks: list[tuple[Block, Towns]]) -> list[Finding]:
        """Villages on the roll that a town's return leaves out keep their last version and are named.

        Rows of which the village is not known yet may be just these.
        """
        if not self.town or not any(block.table.is_complete_roll for block, _ in blocks):
            return []
        present = {row.division_code for row in self.verdict.rows}
        absent = [v for v in self.register.villages(self.town) if v.code not in present]
        unknown = sum(row.division_code is None for row in self.verdict.rows)
        if len(absent) <= unknown:
            return []
        names = "、".join(v.name for v in absent[:20]) + ("等" if len(absent) > 20 else "")
        return [Finding("units_absent", blocks[0][0].sheet.name, params={"count": str(len(absent)), "names": names})]


def _said_once(findings: Iterable[Finding]) -> list[Finding]:
    """Without repetitions: forms stacked in a sheet all lack the same columns."""
    kept: dict[tuple[object, ...], Finding] = {}
    for f in findings:
        kept.setdefault((f.code, f.sheet, f.row, f.col, f.field, "" if f.row else f.raw), f)
    return list(kept.values())


# -- is it this form ---------------------------------------------------------------------------------------------------

_ENOUGH_TO_MISS = 4
"""So many figures of the form in a table without names or statuses make it this form, incomplete."""
_OWN, _UNTITLED, _FOREIGN = 2, 4, 8
"""Figures of the form that a table must have: below its own title, below none, below another's."""
_COMMON = re.compile(
    r"20\d\d|[第一二三四1-4]+季度?|\d+|[年月日度]|截至|关于|开展|填报|报送|统计|调查|摸底|情况|汇总|一览|登记|明细|台账|报表|季报|年报"
    r"|月报|数据|信息|表|各|全|村|居|社区|镇|街道|乡|新区|市|县|区|省|级|基层|综合|报告期|单位|盖章|计量|编码|代码|统一|示例|虚构|仅供演示"
    r"|制定机关|批准|备案|文号|有效期至?|表号|待主管部门填写|[^\w]|_|更正|最终|副本|修改|版|Q|附件|公章|时间|人|平方米|册|场次|个|小时"
)


_TABLE_TITLE = re.compile(r"(表|台账|情况|统计|清单|册)[\])》]*$")


def _figures(block: Block) -> list[str]:
    return [name for name, column in block.columns.items() if column.field in _counted(block.table)]


def _counted(table: Table) -> list[object]:
    return [f for f in table.stored if f.type != "text"]


def _figures_needed(texts: list[str], titles: list[str], form: Form) -> int:
    """How many figures of the form a table needs to be taken for it, given what its titles say it is."""
    core = plain(form.title).removeprefix("基层").removesuffix("季报").removesuffix("情况")
    said = [plain(text[:100]) for text in texts if text]
    subject = "文化服务中心" if "文化服务中心" in form.title else core
    if form.code in layout.named_forms(texts) or any(core in text or subject in text for text in said):
        return _OWN
    named = [plain(text) for text in titles if len(text) <= 60]
    subjects = [_COMMON.sub("", text) for text in named if _TABLE_TITLE.search(text)]
    foreign = any(len(subject) > 2 and "文" not in subject for subject in subjects)
    return _FOREIGN if foreign else _UNTITLED


def _missing_key(block: Block) -> Finding:
    missing = next(name for name in block.table.essential if name not in block.columns)
    return Finding(
        "missing_key_column", block.sheet.name, field=missing, params={"label": block.table.field(missing).title}
    )


def _all_titles(sheet: layout.SheetLayout) -> list[layout.Title]:
    return [*sheet.titles, *(title for block in sheet.blocks for title in block.titles)]


__all__ = ["Incoming", "draft"]
