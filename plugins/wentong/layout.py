"""Where the data stands in a sheet: headings, rows, totals, titles, footers. Knows forms, not values or places.

A sheet is read top to bottom. Text above a header row is a title (it may name unit and period); rows below it are data
until the next header; totals, notes, index rows and signature footers are told apart by what they say. A header that
comes again (each printed page, the next town) goes on with the same table. A sheet without a header row may hold
vertical label/value forms, one per village.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, lru_cache

from wentong import values
from wentong.findings import Finding
from wentong.forms import Field, Form, Table, forms, units_of_measure
from wentong.grid import Cell, Sheet
from wentong.headings import PERSONAL, Heading, match_levels, match_one
from wentong.places import plain
from wentong.signatures import is_signature_line, read_signatures

Coordinates = tuple[int, int]
Cells = dict[str, tuple[Coordinates, Cell | None]]


@dataclass(frozen=True, slots=True)
class Column:
    """One matched heading: where a field's cells are. Number 0: the column is there but cannot be told."""

    field: Field
    number: int
    heading: str
    unit: str | None
    """The unit written in the heading, the unit row or the title, if any."""


@dataclass(frozen=True, slots=True)
class Title:
    """A text that is no data: above a table, or between its rows."""

    row: int
    column: int
    text: str


@dataclass(slots=True)
class RawRow:
    """One data row before its cells are given meaning. Absent cells are blank."""

    row: int
    cells: Cells
    heard: int = 0
    """How many of the block's titles stand above this row."""
    has_reason: bool = False
    """Something is written in 备注 or 说明."""

    def cell(self, name: str) -> Cell | None:
        return self.cells[name][1] if name in self.cells else None


@dataclass(slots=True)
class TotalRow:
    """A 合计 or 小计 row. Rows are counted as indices into Block.rows."""

    row: int
    cells: Cells
    position: int
    """How many data rows stand above."""
    is_partial: bool
    """其中, 平均 and the like: not the sum of whole rows."""


@dataclass(slots=True)
class Block:
    """One table: its columns, its rows and the texts above and between them."""

    sheet: Sheet
    form: Form
    table: Table
    columns: dict[str, Column]
    span: range
    """The columns of the sheet that belong to it, where tables stand side by side."""
    titles: list[Title] = field(default_factory=list)
    rows: list[RawRow] = field(default_factory=list)
    totals: list[TotalRow] = field(default_factory=list)
    sections: list[int] = field(default_factory=list)
    """Where titles or repeated headers divide the rows."""
    findings: list[Finding] = field(default_factory=list)
    reasons: tuple[int, ...] = ()
    """Columns in which a reason may stand: 备注, 说明."""
    ways: tuple[tuple[str, int, str], ...] = ()
    """Field and number of each column that can be told, and what its cells do for the row: values, keys, titles (both are
    part of the key), or names."""

    @property
    def identity(self) -> tuple[Column, ...]:
        """The columns that say which row it is: of village name and code, the name first."""
        found = (self.columns.get(name) for name in self.table.identity)
        return tuple(column for column in found if column)

    def holds_more_than_key(self, raw: RawRow) -> bool:
        """Whether anything is written in a row but what a template brings along."""
        given = {self.table.issued_key, *self.table.item_key}
        return any(raw.cell(f.name) is not None for f in self.table.stored if f.name not in given)


@dataclass(slots=True)
class SheetLayout:
    """What was found in one visible sheet."""

    sheet: Sheet
    blocks: list[Block] = field(default_factory=list)
    titles: list[Title] = field(default_factory=list)
    """Texts above the first table; all texts where there is none."""
    signatures: dict[str, str] = field(default_factory=dict)
    near_miss: frozenset[str] = frozenset()
    """Where no table was found: the fields of the row that came nearest to a header."""


_TOTAL = re.compile(r"(.{0,15}(小计|合计|总计|共计|汇总)|总数|累计|平均[值数]?)(\d*[个村]*|[:(、].*)|其中.*")
_BARE_TOTAL = re.compile(r"(小计|合计|总计|共计|总数|累计|平均[值数]?)(\d*[个条场次项]*|[:(、].*)")
"""What makes a total of a ledger's row where its title is written: 年度成果汇总 may be the title of an activity."""
_PARTIAL = re.compile(r"其中|平均|累计")
_NOTE = re.compile(
    r"[*※]?(注|说明|填表说明|填报说明|备注|附注|填写说明|填报要求|要求|提示|补充资料|指标解释)\d*([::.、]|$)"
    r"|(填表|填报|填写)说明|\(?注[::]"
)
_SENTENCE = re.compile(r"。|;|以上数据|此表|本表")
_TOWN_TITLE = re.compile(
    r"[【\[〔《(■●◆★]?([一二三四五六七八九十\d]{1,3}[、.])?[^,。]{1,12}(镇|街道|街道办|街道办事处|乡|新区)[】\]〕》)]?([:(].*)?"
)
_NAMES_TOWN = re.compile(r"[镇鎮乡鄉]|街道|新[区區]")
_TITLE = re.compile(
    r"^(填报|填表|报送|上报|编制)?单位(\([^)]*\))?[::]|^(报告期|填报期|所属期|报告时间|统计时间|统计期|时间|表号|制定机关|"
    r"批准|备案|批准文号|备案文号|有效期至?|计量单位|统一编码|行政区划代码|单位代码)[^::]{0,8}[::]"
    r"|^单位名称:|(20\d\d|二[〇○O零][〇○O零一二三四五六七八九]{2})年|20\d\d-?Q[1-4]|(统计表|情况表|季报|年报|月报|报表|一览表|汇总表)$|续表|本期无活动"
)
_INDEX = re.compile(r"[((]?(\d{1,2}|[甲乙丙丁戊己庚A-Z])[))]?(=.*)?")
_INVISIBLE = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
_MOST_HEADER_ROWS = 4
_MOST_MERGED = 100_000
_LONGEST_HEADING = 60


def read_sheet(sheet: Sheet, named: Set[str] = frozenset()) -> SheetLayout:
    """All tables of one sheet with the texts around them. `named`: codes of the forms that the file is said to be of."""
    rows = _Rows(sheet)
    layout = _Scan(rows, named).read()
    if not layout.blocks:
        layout.blocks = _vertical_blocks(rows, layout)
    return layout


# -- a sheet row by row ------------------------------------------------------------------------------------------------


class _Rows:
    """A sheet row by row, with merged ranges spread over the cells they cover."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.by_row: dict[int, dict[int, Cell]] = defaultdict(dict)
        for (row, column), cell in sheet.cells.items():
            if cell.kind != "text" or cell.raw.strip(_INVISIBLE):
                self.by_row[row][column] = cell
        self.anchor: dict[Coordinates, Coordinates] = {}
        self.merged: dict[Coordinates, tuple[int, int, int, int]] = {}
        for area in sheet.merged:
            top, left, bottom, right = area
            if left in self.by_row.get(top, {}) and (bottom - top + 1) * (right - left + 1) <= _MOST_MERGED:
                self.merged[top, left] = area
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        self.anchor[row, column] = (top, left)
        self.numbers = sorted(self.by_row.keys() | {row for row, _ in self.anchor})
        self.columns = sorted(set[int]().union(*self.by_row.values(), (column for _, column in self.anchor)))

    def cells(self, row: int) -> dict[int, Cell]:
        return self.by_row.get(row, _NOTHING)

    def at(self, row: int, column: int) -> Cell | None:
        """The cell written just there (the first cell of a merged range)."""
        return self.by_row.get(row, _NOTHING).get(column)

    def spread(self, row: int, column: int) -> Cell | None:
        """The cell there, or the merged cell that covers it."""
        return self.at(row, column) or self.at(*self.anchor.get((row, column), (0, 0)))

    def width(self, row: int, column: int) -> int:
        area = self.merged.get((row, column))
        return area[3] - area[1] + 1 if area else 1

    def may_head(self, row: int) -> bool:
        """Whether a row could be part of a header: words only, no numbers and no dashes. Cheap: it is asked of every row."""
        cells = self.cells(row)
        return bool(cells) and all(
            cell.kind == "text"
            and (not cell.raw[:1].isdigit() or (len(cell.raw) > 3 and not cell.raw.isdigit()))
            and _WORD.search(cell.raw)
            for cell in cells.values()
        )

    def in_header(self, row: int) -> bool:
        """Whether a row can be part of a header: several texts or one over several columns, none of them a title."""
        cells = self.cells(row)
        if not self.may_head(row) or any(is_title(cell.raw) for cell in cells.values()):
            return False
        if len(cells) == 1:
            ((column, cell),) = cells.items()
            return 1 < self.width(row, column) <= len(self.columns) // 2 and not _TOWN_TITLE.fullmatch(_short(cell))
        return True

    def heading_text(self, row: int, column: int) -> str | None:
        cell = self.spread(row, column)
        return cell.raw.strip() if cell and cell.kind == "text" and len(cell.raw) <= _LONGEST_HEADING else None

    def levels(self, top: int, bottom: int, column: int) -> list[str]:
        """The heading texts of a column from group to column; a group without merging reaches over blanks to its right."""
        found = []
        for row in range(top, bottom + 1):
            text = self.heading_text(row, column)
            if text is None and row < bottom and (row, column) not in self.anchor:
                text = self._group_at_left(row, bottom, column)
            if text and text not in found:
                found.append(text)
        return found

    def _group_at_left(self, row: int, bottom: int, column: int) -> str | None:
        """The unmerged group heading left of a blank cell, if both it and the blank have headings below."""
        if all(self.at(below, column) is None for below in range(row + 1, bottom + 1)):
            return None
        left = max((c for c in self.cells(row) if c < column), default=None)
        if left is None or (row, left) in self.merged or not any(self.at(r, left) for r in range(row + 1, bottom + 1)):
            return None
        return self.heading_text(row, left)


_NOTHING: dict[int, Cell] = {}
_WORD = re.compile(r"\w")


def _short(cell: Cell) -> str:
    """A cell's text as it is compared; long ones are not looked at to their end."""
    return plain(cell.raw[:200])


@lru_cache(maxsize=4096)
def is_title(text: str) -> bool:
    """Whether a text names unit, period, form number and the like, as only titles do."""
    return len(text) <= 200 and _TITLE.search(plain(text)) is not None


def is_note(text: str) -> bool:
    """Whether a text explains the form: it names neither period nor unit of a return."""
    written = plain(text[:200])
    return _NOTE.match(written) is not None or len(text) > 120


# -- headers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Header:
    """Rows read as one header of a form table."""

    form: Form
    table: Table
    top: int
    bottom: int
    matched: Mapping[int, Heading]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(heading.field.name for heading in self.matched.values())

    @property
    def identity(self) -> list[int]:
        return [c for c, h in self.matched.items() if h.field.name in self.table.identity]


def _best_header(rows: _Rows, top: int, named: Set[str]) -> _Header | None:
    """The reading of the rows from `top` on as a table's header; None if they match no heading.

    A table of a form that the texts around name (`named`, by codes) goes before all others; else the one that matches
    most headings with the fewest rows.
    """
    if not rows.may_head(top) or not rows.in_header(top):
        return None
    best: tuple[tuple[bool, bool, int, int, int], _Header] | None = None
    for depth in range(1, _MOST_HEADER_ROWS + 1):
        bottom = top + depth - 1
        if depth > 1 and not rows.in_header(bottom):
            break
        for header in _headers_at(rows, top, bottom):
            is_named = header.form.code in named and _is_table(header)
            quality = (is_named, not _goes_on(rows, header), len(header.names), -len(header.matched), -depth)
            if best is None or quality > best[0]:
                best = quality, header
    return best[1] if best else None


@cache
def _tables() -> tuple[tuple[Form, Table], ...]:
    return tuple((form, table) for form in forms().values() for table in form.tables)


def _headers_at(rows: _Rows, top: int, bottom: int) -> list[_Header]:
    """The rows read as a header of each table that has any of their headings, in order of the forms."""
    matched: dict[int, dict[int, Heading]] = defaultdict(dict)
    for column in rows.columns:
        for number, heading in _meanings(tuple(rows.levels(top, bottom, column))):
            matched[number][column] = heading
    return [_Header(*_tables()[number], top, bottom, found) for number, found in sorted(matched.items())]


@lru_cache(maxsize=8192)
def _meanings(levels: tuple[str, ...]) -> list[tuple[int, Heading]]:
    """What a column's heading means in each table that has it."""
    found = ((number, match_levels(table, levels)) for number, (_, table) in enumerate(_tables()) if levels)
    return [(number, heading) for number, heading in found if heading]


def named_forms(texts: Iterable[str]) -> frozenset[str]:
    """Codes of the forms that texts name by their number or official title."""
    written = " ".join(plain(text[:300]) for text in texts)
    return frozenset(
        form.code
        for form in forms().values()
        if plain(form.title) in written or re.search(rf"{plain(form.code)}(?![0-9A-Za-z])", written)
    )


def _goes_on(rows: _Rows, header: _Header) -> bool:
    """Whether the row below still belongs to the header: texts under groups, and nothing of its own at the names."""
    below = header.bottom + 1
    if any(area[0] <= header.bottom < area[2] for (r, _), area in rows.merged.items() if r >= header.top):
        return True
    if not header.identity or len(rows.cells(below)) < 2 or not rows.in_header(below) or _is_unit_row(rows, below):
        return False
    return all(rows.at(below, column) is None for column in header.identity)


def _is_table(header: _Header) -> bool:
    return bool(header.identity) and len(header.names) >= 3


def _tables_across(header: _Header) -> list[dict[int, Heading]]:
    """The headings of each table, where tables stand side by side: each has names and all required columns."""
    parts: list[dict[int, Heading]] = []
    seen: set[str] = set()
    for column, heading in sorted(header.matched.items()):
        if not parts or (heading.field.role != "value" and heading.field.name in seen):
            parts.append({})
            seen = set()
        parts[-1][column] = heading
        seen.add(heading.field.name)
    needed, identity = set(header.table.essential), set(header.table.identity)
    names = [{heading.field.name for heading in part.values()} for part in parts]
    whole = all(needed <= part and identity & part for part in names)
    return parts if whole else [dict(header.matched)]


def _open_blocks(rows: _Rows, header: _Header) -> list[Block]:
    """One block per table of the header."""
    parts = _tables_across(header)
    starts = [min(rows.columns), *(min(part) for part in parts[1:])]
    ends = [*starts[1:], max(rows.columns) + 1]
    return [_block(rows, header, part, range(start, end)) for part, start, end in zip(parts, starts, ends, strict=True)]


def _block(rows: _Rows, header: _Header, matched: Mapping[int, Heading], span: range) -> Block:
    block = Block(rows.sheet, header.form, header.table, {}, span)
    by_field: dict[str, list[tuple[int, int, Heading]]] = defaultdict(list)
    for column, heading in matched.items():
        by_field[heading.field.name].append((heading.rank, column, heading))
    left_over = set(span) - set(matched)
    for found in by_field.values():
        found.sort(key=lambda each: each[:2])
        declared = found[0][2].field
        same = [column for rank, column, _ in found if rank == found[0][0]]
        if len(same) > 1 and declared.role == "value" and declared.type != "text":
            _refuse_duplicates(block, header, found)
            continue
        _, column, heading = found[0]
        unit = _unit_below(rows, header.bottom, span, column, declared) or values.heading_unit(heading.text, declared)
        block.columns[declared.name] = Column(declared, column, heading.text, unit)
        left_over |= {other for _, other, _ in found[1:] if declared.role not in ("ignored",)}
        if column in rows.sheet.hidden_columns:
            block.findings.append(_about_heading(rows, header, column, "hidden_column", declared))
    reasons = by_field.get(header.table.reason_field or "", [])
    block.reasons = tuple(column for _, column, _ in reasons)
    block.ways = tuple((name, c.number, _says(header.table, c.field)) for name, c in block.columns.items() if c.number)
    block.findings += _about_other_columns(rows, header, left_over)
    block.findings += _about_missing_columns(block)
    return block


def _says(table: Table, declared: Field) -> str:
    if declared.role != "value":
        return "names"
    if declared.name not in table.item_key:
        return "values"
    return "titles" if declared.type == "text" and table.resubmission == "ledger" else "keys"


def _refuse_duplicates(block: Block, header: _Header, found: Sequence[tuple[int, int, Heading]]) -> None:
    """Two columns claim to be one field: none is read. A required field is then as good as missing."""
    declared = found[0][2].field
    for _, column, heading in found:
        params = {"label": declared.title}
        block.findings.append(
            Finding("duplicate_column", block.sheet.name, header.bottom, column, declared.name, heading.text, params)
        )
    if declared.name not in block.table.essential:
        block.columns[declared.name] = Column(declared, 0, found[0][2].text, None)


def _about_heading(rows: _Rows, header: _Header, column: int, code: str, declared: Field | None = None) -> Finding:
    """A finding at the cell of a heading; in a merged one, at its first cell."""
    row = next(r for r in range(header.bottom, header.top - 1, -1) if rows.heading_text(r, column))
    text = "".join(rows.levels(header.top, header.bottom, column))
    row, column = rows.anchor.get((row, column), (row, column))
    params = {"label": declared.title} if declared else {}
    return Finding(code, rows.sheet.name, row, column, declared.name if declared else None, text, params)


def _about_other_columns(rows: _Rows, header: _Header, columns: Iterable[int]) -> Iterator[Finding]:
    for column in sorted(columns):
        if text := "".join(rows.levels(header.top, header.bottom, column)):
            code = "personal_data_column" if PERSONAL.search(text) else "extra_column"
            yield _about_heading(rows, header, column, code)


def _about_missing_columns(block: Block) -> Iterator[Finding]:
    for declared in block.table.stored:
        if declared.name in block.columns or declared.name in block.table.essential or declared.retired:
            continue
        if declared.type != "text":
            params = {"label": declared.title}
            yield Finding("missing_column", block.sheet.name, field=declared.name, params=params)


# -- rows below a header that are no data -------------------------------------------------------------------------------


@cache
def _measured_fields() -> tuple[Field, ...]:
    return tuple(f for _, table in _tables() for f in table.fields if f.unit)


@lru_cache(maxsize=4096)
def _is_unit(text: str) -> bool:
    return (
        len(text) <= 8
        and not set(text) & set("()[]")
        and any(values.heading_unit(f"({text})", f) == text for f in _measured_fields()[:1])
    )


def _is_unit_row(rows: _Rows, row: int) -> bool:
    """Whether a row below the header only names units (㎡, 册, 人)."""
    named = False
    for cell in rows.cells(row).values():  # ends at the first word that is neither: at once, in a row of data
        text = _short(cell).strip("()")
        if _is_unit(text):
            named = True
        elif text not in _BESIDE_UNITS:
            return False
    return named


_BESIDE_UNITS = frozenset(("计量单位", "单位", "年月日", "年/月/日", "日期", "—", "-", "--", "/", "文字", "是/否"))
_AROUND_UNIT = " ()\uff08\uff09\u3000\r\n"


def _unit_below(rows: _Rows, bottom: int, span: range, column: int, declared: Field) -> str | None:
    """What a unit row says below a heading."""
    if not declared.unit or not _is_unit_row(rows, bottom + 1):
        return None
    cell = rows.spread(bottom + 1, column)
    return values.heading_unit(f"({cell.raw.strip(_AROUND_UNIT)})", declared) if cell else None


def _is_index_row(rows: _Rows, row: int, blocks: Sequence[Block]) -> bool:
    """Whether a row only numbers the columns (甲 乙 1 2 3)."""
    cells = {c: cell for c, cell in rows.cells(row).items() if c in blocks[0].span}  # the same in each table beside it
    texts = [_short(cell) for cell in cells.values()]
    if len(texts) < 3 or len(set(texts)) != len(texts) or not all(_INDEX.fullmatch(text) for text in texts):
        return False
    names = [column for block in blocks for column in block.identity]
    named = [cell for column in names if (cell := cells.get(column.number))]
    numbers = [int(text) for text in texts if text.isdigit()]
    return all(_INDEX.fullmatch(_short(cell)) for cell in named) and numbers == sorted(numbers)


def _first_row_below(rows: _Rows, row: int, blocks: Sequence[Block]) -> int:
    """The first row after the header that is neither a row of units nor one of column numbers."""
    while row in rows.by_row and (_is_unit_row(rows, row) or _is_index_row(rows, row, blocks)):
        row += 1
    return row


_UNIT_LABEL = re.compile(r"(填报|报送|填表|上报)?单位(\([^)]*\))?:")
_UNIT_TITLE = re.compile(r"单位[::]([^::]*)")


def _with_units_of_title(column: Column, titles: Sequence[Title]) -> Column:
    """A column without a unit of its own takes the one a title states for its quantity (单位:亩、万册)."""
    if column.unit or not column.field.unit:
        return column
    factors = units_of_measure(column.field.unit)
    said = [w for t in titles for m in _UNIT_TITLE.finditer(plain(t.text)) for w in re.split(r"[、,;/和\s]", m[1])]
    units = {word for word in said if word in factors}
    if not units or any(factors[word] == 1 for word in units):
        return column
    return Column(column.field, column.number, column.heading, "、".join(sorted(units)))


# -- one sheet, top to bottom -------------------------------------------------------------------------------------------


class _Scan:
    """One pass over a sheet: which table is open, and which texts wait for the next one."""

    def __init__(self, rows: _Rows, named: Set[str]) -> None:
        self.rows = rows
        self.named = named | named_forms([rows.sheet.name])
        self.layout = SheetLayout(rows.sheet)
        self.open: list[Block] = []
        self.waiting: list[Title] = []
        self.after_table = False

    def read(self) -> SheetLayout:
        skip_until = 0
        for row in self.rows.numbers:
            if row < skip_until:
                continue
            header = self._header_from(row)
            if header and _is_table(header):
                blocks = self._take_header(header)
                skip_until = _first_row_below(self.rows, header.bottom + 1, blocks)
                continue
            if header and len(header.names) > len(self.layout.near_miss):
                self.layout.near_miss = header.names
            self._take_row(row)
        if self.layout.blocks:
            self.layout.near_miss = frozenset()
        return self.layout

    def _header_from(self, row: int) -> _Header | None:
        if not self.rows.may_head(row):
            return None
        said = [title.text for title in (*self.layout.titles, *self.waiting)]
        return _best_header(self.rows, row, named_forms(said) or self.named)

    def _take_header(self, header: _Header) -> list[Block]:
        """Open new tables, or go on with those that have the same columns."""
        blocks = _open_blocks(self.rows, header)
        if self.open and [_places(b) for b in blocks] == [_places(b) for b in self.open]:
            blocks = self.open
        else:
            self.waiting = [*_trailing_titles(self.open), *self.waiting]
            self.layout.blocks += blocks
            self.open = blocks
        own = [[t for t in self.waiting if self._stands_over(t, block)] for block in blocks]
        divided = all(
            any(_NAMES_TOWN.search(t.text) and self._stands_over_one(t, blocks) for t in over) for over in own
        )
        for block, over in zip(blocks, own, strict=True):
            block.sections.append(len(block.rows))
            titles = over if divided else self.waiting
            block.titles += titles
            if not block.rows:
                block.columns = {n: _with_units_of_title(c, titles) for n, c in block.columns.items()}
        self.waiting, self.after_table = [], False
        return blocks

    def _stands_over(self, title: Title, block: Block) -> bool:
        last = title.column + self.rows.width(title.row, title.column) - 1
        return title.column < block.span.stop and last >= block.span.start

    def _stands_over_one(self, title: Title, blocks: Sequence[Block]) -> bool:
        return sum(self._stands_over(title, block) for block in blocks) == 1

    def _take_row(self, row: int) -> None:
        texts = sorted(self.rows.cells(row).items())
        if is_signature_line([cell for _, cell in texts]):
            read_signatures([cell for _, cell in texts], self.layout.signatures)
            self.after_table = bool(self.open)
            if any(_UNIT_LABEL.match(_short(cell)) for _, cell in texts):
                self._take_titles(row, texts)
        elif not self.open or (texts and self._is_text(row, texts)):
            self._take_titles(row, texts)
        else:
            for block in self.open:
                _take_data(self.rows, block, row, alone=len(self.open) == 1)

    def _take_titles(self, row: int, texts: Sequence[tuple[int, Cell]]) -> None:
        """Texts outside the rows. Inside a table they head the rows that follow, and what comes after it."""
        titles = [Title(row, c, cell.raw) for c, cell in texts if cell.kind == "text" and not is_note(cell.raw)]
        if not self.open:
            self.layout.titles += titles
        if any(is_note(cell.raw) for _, cell in texts):
            self.after_table = bool(self.open)
        if self.after_table or not self.open:
            self.waiting += titles
            return
        for block in self.open:
            block.titles += titles
            block.sections.append(len(block.rows))

    def _is_text(self, row: int, texts: Sequence[tuple[int, Cell]]) -> bool:
        """Whether a row below a header holds titles or notes instead of data."""
        if any(cell.kind != "text" for _, cell in texts):
            return False
        if all(is_title(cell.raw) for _, cell in texts) or (is_note(texts[0][1].raw) and len(texts) <= 2):
            return True
        if self.after_table and len(texts) < 3:
            return True
        return len(texts) == 1 and (self._is_running_text(row, *texts[0]) or self._heads_next_table(row))

    def _heads_next_table(self, row: int) -> bool:
        """Whether a header follows at once: then a lone text is its title (表二:社区)."""
        following = bisect_right(self.rows.numbers, row)
        header = self._header_from(self.rows.numbers[following]) if following < len(self.rows.numbers) else None
        return header is not None and _is_table(header)

    def _is_running_text(self, row: int, column: int, cell: Cell) -> bool:
        """A lone text in a table is a title or note, unless it is a village's name or a total without figures."""
        written = _short(cell)
        if _TOTAL.fullmatch(written):
            return False
        if self.rows.width(row, column) >= 3 or len(written) > 30 or is_title(cell.raw) or _SENTENCE.search(written):
            return True
        names = {column.number for block in self.open for column in block.identity}
        return column not in names or _TOWN_TITLE.fullmatch(written) is not None


def _trailing_titles(blocks: Sequence[Block]) -> list[Title]:
    """Titles below the last row of tables side by side: they belong to what comes next."""
    found = {title: None for block in blocks for title in block.titles[block.rows[-1].heard if block.rows else 0 :]}
    return list(found)


def _places(block: Block) -> dict[str, tuple[int, str | None]]:
    return {
        name: (column.number, values.heading_unit(column.heading, column.field))
        for name, column in block.columns.items()
    }


def _take_data(rows: _Rows, block: Block, row: int, alone: bool) -> None:
    """Put one row of a block where it belongs: data, total, or nothing.

    What the row is, its texts say: in the columns that are no figures, and left of the first column.
    """
    own = rows.cells(row)
    cells: Cells = {}
    naming: list[Cell] = []
    titled: list[Cell] = []
    valued = False
    for name, number, says in block.ways:
        cell = own.get(number)
        if says == "names":
            cell = cell or rows.spread(row, number)
        elif cell is not None:
            valued = True
        if cell is not None and says != "values":
            (titled if says == "titles" else naming).append(cell)
        cells[name] = ((row, number), cell)
    if not valued and not any(own.get(column.number) for column in block.identity):
        return  # blank, a mere sequence number, or the rest of a merged name with nothing beside it
    if alone:
        first = min((number for _, number, _ in block.ways), default=0)
        naming += [cell for column, cell in own.items() if column < first]
    labels = [_short(cell).lstrip("#*※") for cell in naming if cell.kind == "text"]
    total = next((label for label in labels if _TOTAL.fullmatch(label)), None)
    total = total or next((label for label in map(_short, titled) if _BARE_TOTAL.fullmatch(label)), None)
    if total:
        block.totals.append(TotalRow(row, cells, len(block.rows), _PARTIAL.search(total) is not None))
    elif valued or not any(_NOTE.match(label) for label in labels):
        reason = any(column in own and _is_reason(own[column]) for column in block.reasons)
        block.rows.append(RawRow(row, cells, len(block.titles), reason))


def _is_reason(cell: Cell | None) -> bool:
    """Whether words are written there, not a dash or 无."""
    return cell is not None and _WORD.search(cell.raw[:200]) is not None and _short(cell) != "无"


# -- vertical forms ----------------------------------------------------------------------------------------------------

_FEWEST_PAIRS = 4
"""Fewer are a few words that happen to be headings."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """A label and the cell of its value."""

    row: int
    column: int
    heading: Heading
    value: tuple[Coordinates, Cell | None]
    unit: str | None


def _vertical_blocks(rows: _Rows, layout: SheetLayout) -> list[Block]:
    """One block of one row per village for sheets that write `label | value` downwards."""
    best: list[Block] = []
    for form, table in _tables():
        pairs = list(_pairs(rows, table))
        found = [_vertical_block(rows, form, table, part) for part in _per_village(pairs) if len(part) >= _FEWEST_PAIRS]
        found = [block for block in found if len(block.columns) >= _FEWEST_PAIRS and block.identity]
        if sum(len(b.columns) for b in found) > sum(len(b.columns) for b in best):
            best = found
    start = 0
    above = layout.titles
    layout.titles = []
    for block in best:
        first = min(row for (row, _), _ in block.rows[0].cells.values())
        block.titles = [title for title in above if start <= title.row < first and not is_note(title.text)]
        block.rows[0].heard = len(block.titles)
        start = max(row for (row, _), _ in block.rows[0].cells.values()) + 1
    return best


def _pairs(rows: _Rows, table: Table) -> Iterator[_Pair]:
    """Labels with the cell at their right, row by row. Two labels side by side are a header, and no pair."""
    for row in rows.numbers:
        taken = 0
        for column, cell in sorted(rows.cells(row).items()):
            if column <= taken or cell.kind != "text" or len(cell.raw) > _LONGEST_HEADING:
                continue
            label, colon, rest = cell.raw.replace("\uff1a", ":").partition(":")
            heading = match_one(table, label if colon else cell.raw)
            if heading is None:
                continue
            right = column + rows.width(row, column)
            value = rows.at(row, right)
            if colon and rest.strip():
                right, value = column, Cell(rest.strip(), "text", rest.strip())
            elif value is not None and value.kind == "text" and match_one(table, value.raw):
                if not rows.width(row, column) > 1 and match_one(table, value.raw) != heading:
                    continue
                value = None
            taken = right
            after = rows.at(row, right + rows.width(row, right))
            unit = values.heading_unit(cell.raw, heading.field)
            if after is not None and _is_unit_beside(table, after):
                unit = values.heading_unit(f"({after.raw.strip(_AROUND_UNIT)})", heading.field) or unit
            yield _Pair(row, column, heading, ((row, right), value), unit)


def _is_unit_beside(table: Table, cell: Cell) -> bool:
    """Whether the cell after a value is its unit, and not the next label."""
    return cell.kind == "text" and _is_unit(_short(cell).strip("()")) and match_one(table, cell.raw) is None


def _per_village(pairs: Iterable[_Pair]) -> Iterator[list[_Pair]]:
    """Pairs divided where an identity label comes again."""
    part: list[_Pair] = []
    seen: set[str] = set()
    for pair in pairs:
        declared = pair.heading.field
        if declared.role != "value" and declared.role != "ignored" and declared.name in seen:
            yield part
            part, seen = [], set()
        part.append(pair)
        seen.add(declared.name)
    yield part


def _vertical_block(rows: _Rows, form: Form, table: Table, pairs: Sequence[_Pair]) -> Block:
    columns = {pair.value[0][1] for pair in pairs}
    block = Block(rows.sheet, form, table, {}, range(min(columns, default=1), max(columns, default=1) + 1))
    raw = RawRow(0, {})
    by_field: dict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.heading.field.role != "ignored":
            by_field[pair.heading.field.name].append(pair)
    for name, found in by_field.items():
        found.sort(key=lambda pair: pair.heading.rank)
        pair = found[0]
        if len(found) > 1 and found[1].heading.rank == pair.heading.rank and pair.heading.field.role == "value":
            for twin in found:
                params = {"label": pair.heading.field.title}
                block.findings.append(
                    Finding("duplicate_column", rows.sheet.name, twin.row, twin.column, name, twin.heading.text, params)
                )
            continue
        block.columns[name] = Column(pair.heading.field, pair.value[0][1], pair.heading.text, pair.unit)
        raw.cells[name] = pair.value
    identity = [raw.cells[column.field.name][0] for column in block.identity]
    raw.row = identity[0][0] if identity else 0
    reason = raw.cells.get(table.reason_field or "")
    raw.has_reason = reason is not None and _is_reason(reason[1])
    block.rows.append(raw)
    block.findings += [*_personal_labels(rows, raw), *_about_missing_columns(block)]
    return block


def _personal_labels(rows: _Rows, raw: RawRow) -> Iterator[Finding]:
    """Labels of personal data between the first and the last line of a vertical form."""
    lines = [row for (row, _), _ in raw.cells.values()] or [0]
    for row in range(min(lines), max(lines) + 1):
        for column, cell in rows.cells(row).items():
            if cell.kind == "text" and len(cell.raw) <= 12 and PERSONAL.search(cell.raw):
                yield Finding("personal_data_column", rows.sheet.name, row, column, None, cell.raw)
