"""Where the data stands in a sheet: headings, rows, totals, titles, footers. Knows forms, not values.

A sheet is read top to bottom. Text above a header row is a title (it may name unit and period); rows below it are data
until the next header; totals, notes, index rows and signature footers are told apart by what they say. A sheet without
a header row may be one vertical label/value form per village.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from wentong import values
from wentong.findings import Finding
from wentong.forms import Field, Form, Table, forms, units_of_measure
from wentong.grid import Cell, Sheet
from wentong.places import plain

Coordinates = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Column:
    """One matched heading: where a field's cells are."""

    field: Field
    number: int
    heading: str
    unit: str | None
    """The unit written in the heading or the unit row, if any."""
    heading_row: int


@dataclass(slots=True)
class Block:
    """One table in a sheet: header, rows and what stood above it."""

    sheet: Sheet
    form: Form
    table: Table
    header_row: int
    columns: dict[str, Column]
    titles: list[tuple[Coordinates, str]] = field(default_factory=list)
    rows: list["RawRow"] = field(default_factory=list)
    totals: list["TotalRow"] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class RawRow:
    """One data row before its cells are given meaning. Absent cells are blank."""

    row: int
    cells: dict[str, tuple[Coordinates, Cell | None]]
    town_title: str | None = None
    """The text of the last block title inside the table (水口镇 on a line of its own)."""

    def cell(self, name: str) -> Cell | None:
        return self.cells[name][1] if name in self.cells else None


@dataclass(slots=True)
class TotalRow:
    """A 合计 or 小计 row and the data rows it may sum up (indices into Block.rows)."""

    row: int
    cells: dict[str, tuple[Coordinates, Cell | None]]
    spans: list[range]
    """It is right if it agrees with any of these."""


@dataclass(slots=True)
class SheetLayout:
    """What was found in one visible sheet."""

    sheet: Sheet
    blocks: list[Block]
    titles: list[tuple[Coordinates, str]]
    """All texts above and between the tables."""
    signatures: dict[str, str]
    near_miss: tuple[Form, Table, set[str]] | None = None
    """When no table was found: the form whose headings came closest, and the fields that were seen."""


_TOTAL = re.compile(r"(小计|合计|总计|共计|总数|累计|平均|汇总|[本全](镇|街道|市|县|区)(合|总|小)计?)[::]?\d*个?")
_TOTAL_EDGE = re.compile(r"^(小计|合计|总计|共计|其中|总数|平均)|(小计|合计|总计|汇总)$")
_NOTE = re.compile(r"^(注|说明|填表说明|填报说明|备注|附注|填写说明|要求|提示|补充资料)\d*[::.、]|^(填表|填报|填写)说明$|^\*?注[1-9]?[::]?$")
_FOOTER = re.compile(r"(单位负责人|分管领导|负责人|审核人|审核|复核人|填表人|填报人|制表人|经办人|报出日期|填表日期|填报日期|上报日期|联系电话|盖章)")
_SIGNATURES = {
    "head": ("单位负责人", "负责人", "分管领导", "单位领导"),
    "reviewer": ("审核人", "复核人", "审核"),
    "preparer": ("填表人", "填报人", "制表人", "经办人"),
    "reported_on": ("报出日期", "填表日期", "填报日期", "上报日期", "报送日期"),
}
_PERSONAL = re.compile(r"电话|手机|身份证|联系方式|银行卡|银行账号|账号|家庭住址|住址|微信")
_OTHER_MEANING = re.compile(
    r"室外|室内|累计|全年|本年|上年|上季|上期|去年|同期|同比|环比|增|计划|目标|任务|兼职|拟|应|电子|编目|人均|其中|率|上月|年度"
)
_PERIOD_PREFIX = re.compile(r"^(期末|本期末?|本季度末?|本季末?|现有|实有|截至\S*?末)")
_NUMBERING = re.compile(r"^([((]?\d{1,2}[))、..]|[一二三四五六七八九十]{1,2}[、..])")
_GROUP = re.compile(r"(基本|建设|使用|开展|配备)?(情况|信息|数据|指标)$")
_TOWN_TITLE = re.compile(r"^\S{2,12}(镇|街道|街道办|街道办事处|乡|新区)([::(].*)?$")
_TITLE = re.compile(r"^[^(]{2,}[::]|20\d\d年|报告期|填报单位|统计表$|季报|年报|月报")
_INDEX = re.compile(r"[((]?(\d{1,2}|[甲乙丙丁戊])[))]?")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕")
_MARKS = re.compile(r"[\s*※★:：、,，。·/\"“”'‘’_\-—]")


# -- headings ----------------------------------------------------------------------------------------------------------


def _letters(text: str) -> str:
    """A heading reduced to what is compared: no brackets, marks or white space."""
    return _MARKS.sub("", re.sub(r"[()\[\]【】〔〕]", "", plain(text))).lower()


@cache
def _heading_index(table: Table) -> dict[str, tuple[Field, int]]:
    """Reduced heading -> (field, rank); rank 0 is the official title, 1 an alias."""
    index: dict[str, tuple[Field, int]] = {}
    for declared in table.fields:
        for rank, heading in enumerate(declared.headings):
            index.setdefault(_letters(heading), (declared, min(rank, 1)))
    return index


@cache
def match_heading(table: Table, text: str) -> tuple[Field, int] | None:
    """The field a heading names, with its rank, or None. Brackets are dropped unless they change the meaning."""
    written = _NUMBERING.sub("", plain(text))
    index = _heading_index(table)
    candidates = [written]
    notes = [next(g for g in match.groups() if g is not None) for match in _BRACKETS.finditer(written)]
    if notes and not any(_OTHER_MEANING.search(note) for note in notes):
        candidates.append(_BRACKETS.sub("", written))
    candidates += [_PERIOD_PREFIX.sub("", c) for c in candidates]
    candidates += [_without_unit(c) for c in list(candidates)]
    return next((index[key] for c in candidates if (key := _letters(c)) in index), None)


def _without_unit(heading: str) -> str:
    """`建筑面积㎡`, `图书藏量单位:册` -> the heading alone."""
    shortened = re.sub(r"[,,]?(计量)?单位[::]?.*$", "", heading)
    for unit in sorted(_all_units(), key=len, reverse=True):
        if len(unit) < len(shortened) - 1 and shortened.endswith(unit):
            return shortened.removesuffix(unit)
    return shortened


@cache
def _all_units() -> frozenset[str]:
    quantities = {f.unit for form in forms().values() for table in form.tables for f in table.fields if f.unit}
    return frozenset(plain(word) for quantity in quantities for word in units_of_measure(quantity))


def _header_at(sheet: "_Rows", table: Table, top: int, depth: int) -> dict[int, tuple[Field, int, str]]:
    """Columns matched when rows top..top+depth-1 are read as one header: column -> (field, rank, heading as written)."""
    matched = {}
    for column in sheet.columns:
        levels = [text for row in range(top, top + depth) if (text := sheet.heading_text(row, column))]
        levels = list(dict.fromkeys(levels))
        if not levels:
            continue
        if sheet.heading_text(top + depth - 1, column) is None and depth > 1:
            continue  # nothing reaches down to the last header row here
        joined = "".join(levels)
        found = match_heading(table, joined)
        if not found and len(levels) > 1 and not _OTHER_MEANING.search("".join(levels[:-1])):
            group = _GROUP.sub("", plain(levels[-2]))
            found = match_heading(table, group + levels[-1]) or (
                match_heading(table, levels[-1]) if not group or len(_letters(levels[-1])) > 2 else None
            )
        if found:
            matched[column] = (*found, joined)
    return matched


class _Rows:
    """A sheet row by row, with merged ranges spread over the cells they cover."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.anchor: dict[Coordinates, Coordinates] = {}
        for top, left, bottom, right in sheet.merged:
            if (bottom - top + 1) * (right - left + 1) <= 100_000 and (top, left) in sheet.cells:
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        self.anchor[row, column] = (top, left)
        self.by_row: dict[int, dict[int, Cell]] = defaultdict(dict)
        for (row, column), cell in sheet.cells.items():
            if not (cell.kind == "text" and not plain(cell.raw)):
                self.by_row[row][column] = cell
        covered = {row for row, _ in self.anchor}
        self.numbers = sorted(self.by_row.keys() | covered)
        self.columns = sorted({c for cells in self.by_row.values() for c in cells} | {c for _, c in self.anchor})

    def at(self, row: int, column: int) -> Cell | None:
        """The cell written just there (the first cell of a merged range)."""
        return self.by_row.get(row, {}).get(column)

    def spread(self, row: int, column: int) -> Cell | None:
        """The cell there, or the merged cell that covers it."""
        return self.at(row, column) or self.at(*self.anchor.get((row, column), (0, 0)))

    def may_head(self, row: int) -> bool:
        """Whether a row could begin a header: texts only, none of them a number. Cheap, for it is asked of every row."""
        cells = self.by_row.get(row, {})
        return bool(cells) and all(
            cell.kind == "text" and not cell.raw[:1].isdigit() or len(cell.raw) > 8 for cell in cells.values()
        )

    def in_header(self, row: int) -> bool:
        """Whether a row can be part of a header: several texts or one over several columns, none of them a title."""
        cells = self.by_row.get(row, {})
        if not self.may_head(row) or any(_TITLE.search(plain(cell.raw)) for cell in cells.values()):
            return False
        if len(cells) == 1:
            ((column, _),) = cells.items()
            width = max((m[3] - m[1] + 1 for m in self.sheet.merged if (m[0], m[1]) == (row, column)), default=1)
            return 1 < width <= len(self.columns) // 2
        return True

    def heading_text(self, row: int, column: int) -> str | None:
        cell = self.spread(row, column)
        return cell.raw.strip() if cell and cell.kind == "text" and len(cell.raw) <= 60 else None


# -- one sheet ---------------------------------------------------------------------------------------------------------


def read_sheet(sheet: Sheet) -> SheetLayout:
    """All tables of one sheet with the texts around them."""
    rows = _Rows(sheet)
    layout = SheetLayout(sheet, [], [], {})
    best: tuple[Form, Table, set[str]] | None = None
    open_blocks: list[Block] = []
    town_title: str | None = None
    titles_since: list[tuple[Coordinates, str]] = []
    skip_until = 0
    for row in rows.numbers:
        if row < skip_until:
            continue
        header = _find_header(rows, row)
        if header:
            form, table, depth, matched = header
            if best is None or len({f.name for f, _, _ in matched.values()}) > len(best[2]):
                best = (form, table, {f.name for f, _, _ in matched.values()})
            blocks = list(_open_blocks(rows, form, table, row, depth, matched))
            if blocks:
                repeated = open_blocks and [b.columns.keys() for b in blocks] == [b.columns.keys() for b in open_blocks]
                for block in blocks:
                    block.titles = titles_since or (open_blocks[0].titles if repeated and open_blocks else [])
                layout.blocks += blocks
                open_blocks, titles_since = blocks, []
                if not repeated:
                    town_title = None
                skip_until = _skip_index_rows(rows, row + depth, blocks)
                continue
        texts = [(column, cell) for column, cell in sorted(rows.by_row.get(row, {}).items())]
        if not texts and not open_blocks:
            continue
        if _is_footer(texts):
            _read_signatures(texts, layout.signatures)
            continue
        if not open_blocks:
            titles_since += [((row, column), cell.raw) for column, cell in texts]
            layout.titles += [((row, column), cell.raw) for column, cell in texts]
            continue
        if len(texts) == 1 and texts[0][1].kind == "text" and _is_running_text(texts[0], rows, row, open_blocks):
            text = texts[0][1].raw
            if not _NOTE.match(plain(text)) and not _TOTAL_EDGE.search(plain(text)):
                town_title = text
                titles_since.append(((row, texts[0][0]), text))
                layout.titles.append(((row, texts[0][0]), text))
            continue
        for block in open_blocks:
            _read_row(rows, block, row, town_title)
    if not layout.blocks:
        layout.blocks = list(_vertical_blocks(rows, layout))
    if not layout.blocks:
        layout.near_miss = best
    for block in layout.blocks:
        _assign_totals(block)
    return layout


def _find_header(rows: _Rows, row: int) -> tuple[Form, Table, int, dict[int, tuple[Field, int, str]]] | None:
    """The form table whose header starts in this row, one to three rows deep; the fewest rows that match the most."""
    if not rows.may_head(row):
        return None
    best = None
    depths = [depth for depth in (1, 2, 3) if all(rows.in_header(r) for r in range(row, row + depth))]
    for form in forms().values():
        for table in form.tables:
            for depth in depths:
                matched = _header_at(rows, table, row, depth)
                names = {f.name for f, _, _ in matched.values()}
                quality = (len(names), len(names) - len(matched))
                if best is None or quality > best[0]:
                    best = (quality, form, table, depth, matched, names)
    if best is None:
        return None
    _, form, table, depth, matched, names = best
    identity = {f.name for f in table.fields if f.role in ("place_name", "place_code")}
    return (form, table, depth, matched) if names & identity and len(names) >= 3 else None


def _open_blocks(
    rows: _Rows, form: Form, table: Table, top: int, depth: int, matched: dict[int, tuple[Field, int, str]]
) -> Iterator[Block]:
    """One block per table in the header; tables side by side start where an identity field comes again."""
    name = table.role("place_name")
    starts: list[int] = []
    seen: set[str] = set()
    for column, (declared, _, _) in sorted(matched.items()):
        if not starts or (declared.name in seen and _starts_again(declared, name, seen)):
            starts.append(column)
            seen = set()
        seen.add(declared.name)
    bounds = [*starts[1:], max(rows.columns) + 1]
    for start, end in zip(starts, bounds, strict=True):
        part = {c: m for c, m in matched.items() if start <= c < end}
        first = min(rows.columns) if start == starts[0] else start
        yield _block(rows, form, table, top, depth, part, range(first, end))


def _starts_again(declared: Field, name: Field | None, seen: set[str]) -> bool:
    return declared.role in ("ignored", "town", "place_name", "place_code") and (name is None or name.name in seen)


def _block(
    rows: _Rows, form: Form, table: Table, top: int, depth: int, matched: dict[int, tuple[Field, int, str]], span: range
) -> Block:
    bottom = top + depth - 1
    unit_row = _unit_row(rows, bottom + 1, span)
    by_field: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for column, (declared, rank, heading) in matched.items():
        by_field[declared.name].append((rank, column, heading))
    block = Block(rows.sheet, form, table, bottom, {})
    used: set[int] = set()
    for name, found in by_field.items():
        found.sort()
        declared = table.field(name)
        used |= {column for _, column, _ in found}
        if len(found) > 1 and found[0][0] == found[1][0]:
            if declared.role == "value":
                for _, column, heading in found:
                    block.findings.append(
                        Finding(
                            "duplicate_column", rows.sheet.name, bottom, column, name, heading, {"label": declared.title}
                        )
                    )
                block.columns[name] = Column(declared, 0, found[0][2], None, bottom)  # column 0: present, not readable
                continue
            if declared.role == "ignored":
                continue
        _, column, heading = found[0]
        unit = values.heading_unit(heading, declared)
        if unit_row and (cell := rows.spread(bottom + 1, column)):
            unit = values.heading_unit(f"({cell.raw})", declared) or unit
        block.columns[name] = Column(declared, column, heading, unit, bottom)
        if column in rows.sheet.hidden_columns:
            block.findings.append(
                Finding("hidden_column", rows.sheet.name, bottom, column, name, heading, {"label": declared.title})
            )
    for column in span:
        if column in used:
            continue
        heading = "".join(
            dict.fromkeys(text for row in range(top, bottom + 1) if (text := rows.heading_text(row, column)))
        )
        if heading:
            code = "personal_data_column" if _PERSONAL.search(heading) else "extra_column"
            place = next(r for r in range(bottom, top - 1, -1) if rows.heading_text(r, column))
            place, column = rows.anchor.get((place, column), (place, column))
            block.findings.append(Finding(code, rows.sheet.name, place, column, None, heading))
    for declared in table.stored:
        if declared.name not in block.columns and not declared.required and declared.name != "remark":
            block.findings.append(
                Finding("missing_column", rows.sheet.name, field=declared.name, params={"label": declared.title})
            )
    return block


def _unit_row(rows: _Rows, row: int, span: range) -> bool:
    """Whether a row below the header only names units (㎡, 册, 人)."""
    texts = [plain(cell.raw).strip("()") for column, cell in rows.by_row.get(row, {}).items() if column in span]
    units = [text for text in texts if text in _all_units() or text in ("计量单位", "单位", "年月日", "—", "-", "/")]
    return len(units) >= 2 and len(units) == len(texts) and any(text in _all_units() for text in texts)


def _skip_index_rows(rows: _Rows, row: int, blocks: list[Block]) -> int:
    """The first row after the header that is neither a row of units nor one of column numbers (甲 乙 1 2 3)."""
    span = range(min(rows.columns), max(rows.columns) + 1)
    while row in rows.by_row:
        texts = [plain(cell.raw) for cell in rows.by_row[row].values()]
        index = len(texts) >= 3 and all(_INDEX.fullmatch(text) for text in texts) and len(set(texts)) == len(texts)
        name = blocks[0].columns.get(_name_field(blocks[0].table))
        named = rows.at(row, name.number) if name else None
        if _unit_row(rows, row, span) or (index and (named is None or _INDEX.fullmatch(plain(named.raw)))):
            row += 1
            continue
        break
    return row


def _name_field(table: Table) -> str:
    role = table.role("place_name") or table.role("place_code")
    assert role is not None, "every table has an identity column"
    return role.name


def _is_running_text(text: tuple[int, Cell], rows: _Rows, row: int, blocks: list[Block]) -> bool:
    """A lone text in a table is a title or note, unless it is a village name waiting for its figures."""
    column, cell = text
    names = {b.columns[n].number for b in blocks if (n := _name_field(b.table)) in b.columns}
    merged = next((m for m in rows.sheet.merged if m[0] == row and m[1] == column), None)
    if merged and merged[3] - merged[1] >= 2:
        return True
    written = plain(cell.raw)
    return column not in names or len(written) > 30 or bool(_TITLE.search(written) or _TOWN_TITLE.match(written))


def _read_row(rows: _Rows, block: Block, row: int, town_title: str | None) -> None:
    """Put one row of a block where it belongs: data, total, or nothing."""
    cells: dict[str, tuple[Coordinates, Cell | None]] = {}
    filled = False
    for name, column in block.columns.items():
        if not column.number:
            continue
        own = rows.at(row, column.number)
        identity = column.field.role in ("town", "place_name", "place_code")
        cells[name] = ((row, column.number), rows.spread(row, column.number) if identity else own)
        if own is not None and column.field.role in ("place_name", "place_code", "value"):
            filled = True
    if not filled:
        if not any(cells[n][1] for n in cells if block.columns[n].field.role in ("place_name", "place_code")):
            return
        if all(cell is None for n, (_, cell) in cells.items() if block.columns[n].field.role == "value"):
            return  # below a merged name with nothing written: part of the same entry
    labels = [
        plain(cell.raw)
        for n, (_, cell) in cells.items()
        if cell and cell.kind == "text" and block.columns[n].field.role != "value"
    ]
    labels += [
        plain(cell.raw)
        for column, cell in rows.by_row.get(row, {}).items()
        if cell.kind == "text" and column < min(c.number for c in block.columns.values() if c.number)
    ]
    if any(_NOTE.match(label) for label in labels) and _values_in(cells, block) == 0:
        return
    name = cells.get(_name_field(block.table), (None, None))[1]
    if any(_TOTAL.fullmatch(label) for label in labels) or any(_TOTAL_EDGE.search(label) for label in labels):
        block.totals.append(TotalRow(row, cells, [range(len(block.rows), len(block.rows))]))
        return
    if name is not None and name.kind == "text" and _TOTAL.fullmatch(plain(name.raw)):
        return
    block.rows.append(RawRow(row, cells, town_title))


def _values_in(cells: dict[str, tuple[Coordinates, Cell | None]], block: Block) -> int:
    return sum(cell is not None for n, (_, cell) in cells.items() if block.columns[n].field.role == "value")


def _assign_totals(block: Block) -> None:
    """Which rows each total may sum: its own section above or below, or the whole table."""
    marks = [total.spans[0].start for total in block.totals]
    everything = range(len(block.rows))
    for number, total in enumerate(block.totals):
        above = range(marks[number - 1] if number else 0, marks[number])
        below = range(marks[number], marks[number + 1] if number + 1 < len(marks) else len(block.rows))
        total.spans = [everything, above, below]


# -- vertical forms ----------------------------------------------------------------------------------------------------


def _vertical_blocks(rows: _Rows, layout: SheetLayout) -> Iterator[Block]:
    """One block of one row per village for sheets that write `label | value` downwards."""
    best: list[Block] = []
    for form in forms().values():
        for table in form.tables:
            found = list(_vertical(rows, form, table))
            if max((len(b.columns) for b in found), default=0) < 4:
                continue  # a few words that happen to be headings
            if sum(len(b.columns) for b in found) > sum(len(b.columns) for b in best):
                best = found
    if best:
        first = min(min(position[0] for position, _ in b.rows[0].cells.values()) for b in best)
        for block in best:
            block.titles = [t for t in layout.titles if t[0][0] < first]
    yield from best


def _vertical(rows: _Rows, form: Form, table: Table) -> Iterator[Block]:
    block: Block | None = None
    for row in rows.numbers:
        taken: set[int] = set()
        for column, cell in sorted(rows.by_row.get(row, {}).items()):
            if column in taken or cell.kind != "text" or not (found := match_heading(table, cell.raw)):
                continue
            declared = found[0]
            right = max(
                (m[3] for m in rows.sheet.merged if (m[0], m[1]) == (row, column)), default=column
            )
            value = rows.at(row, right + 1)
            if value is not None and value.kind == "text" and match_heading(table, value.raw):
                value = None
            taken.add(right + 1)
            if declared.role == "ignored":
                continue
            if block is None or declared.name in block.columns:
                if block is not None and declared.role not in ("town", "place_name", "place_code"):
                    continue
                if block is not None:
                    yield _finished(block)
                block = Block(rows.sheet, form, table, row, {})
                block.rows = [RawRow(row, {})]
            after = rows.at(row, right + 2)
            unit = values.heading_unit(cell.raw, declared)
            if after is not None and after.kind == "text":
                unit = values.heading_unit(f"({after.raw})", declared) or unit
            block.columns[declared.name] = Column(declared, right + 1, cell.raw, unit, row)
            block.rows[0].cells[declared.name] = ((row, right + 1), value)
            if declared.role == "place_name":
                block.rows[0].row = row
    if block is not None:
        yield _finished(block)


def _finished(block: Block) -> Block:
    for declared in block.table.stored:
        if declared.name not in block.columns and not declared.required and declared.name != "remark":
            block.findings.append(
                Finding("missing_column", block.sheet.name, field=declared.name, params={"label": declared.title})
            )
    return block


# -- footers -----------------------------------------------------------------------------------------------------------


def _is_footer(texts: list[tuple[int, Cell]]) -> bool:
    """A row that asks for signatures: a label followed by a colon or blank, and no other table data."""
    joined = "|".join(cell.raw for _, cell in texts if cell.kind == "text" and len(cell.raw) > 2)
    if not re.search(r"人|日\s*期|电\s*话|盖\s*章|领\s*导", joined):
        return False  # most rows: no label that asks for a signature
    labels = _FOOTER.findall(plain(joined))
    return len(set(labels)) >= 2 or bool(re.match(_FOOTER.pattern + "(\\(.*?\\))?[::]", plain(joined)))


def _read_signatures(texts: list[tuple[int, Cell]], signatures: dict[str, str]) -> None:
    """Fill preparer, reviewer, head and reported_on from `填表人:张三 审核人:李四`, in one cell or in several."""
    line = " ".join(cell.raw for _, cell in texts)
    stops = "|".join(word for words in _SIGNATURES.values() for word in words) + "|联系电话|电话|盖章|单位"
    for key, words in _SIGNATURES.items():
        for word in words:
            match = re.search(rf"{word}\s*(?:[((][^))]*[))])?\s*[::]?\s*(.*?)(?=\s*(?:{stops})|$)", line)
            if match and (name := match[1].strip(" _ \t\u3000::,,。")):
                if re.search(r"\w", name.replace("_", "")) and name not in ("年月日",):
                    signatures.setdefault(key, name)
                break


def seen_headings(layouts: Iterable[SheetLayout]) -> Counter[str]:
    """Field names seen over all sheets, for saying what a foreign table looks like."""
    return Counter(name for layout in layouts if layout.near_miss for name in layout.near_miss[2])
