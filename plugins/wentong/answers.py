"""What a sender gets back: a receipt, or the sender's own workbook with coloured, commented cells and a list in front.

A corrected copy is dropped back and read like any return: colours and comments are no cell values, the list and the
hidden mark are skipped (`is_feedback_sheet`, `marks.MARK_SHEET`). Answers are written whole or not at all and never
over an existing file.
"""

import logging
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from io import BytesIO
from itertools import count, groupby
from math import ceil, isfinite
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple, quote_sheetname
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.hyperlink import Hyperlink

from wentong import archive, grid
from wentong.errors import EnvironmentProblem
from wentong.findings import SEVERITIES, Finding, Severity, most_important_first
from wentong.forms import forms
from wentong.marks import (
    CHOICES_SHEET,
    FEEDBACK_TITLE,
    MARK_SHEET,
    is_feedback_sheet,
    is_reference_sheet,
    plain_name,
    read_mark,
)
from wentong.periods import CHINA, Period
from wentong.returns import Judgement
from wentong.templates import DEMO_BANNER, printable, put_text, save, text_width, write_mark

log = logging.getLogger(__name__)


LISTED = 300
"""Findings shown on the first sheet; the rest are counted."""
COMMENTED = 2000
"""Cells that get a comment; further ones are coloured only, as drawing many thousand boxes makes Excel crawl."""

_COLOURS: dict[Severity, str] = {
    "critical": "FFFF9C9B", "row": "FFFF9C9B", "error": "FFFFC8CD", "warning": "FFFFEB9D", "notice": "FFDCEBF8",
}  # fmt: skip
"""Off the colours Excel offers by one step, so that only our own marks are taken away from a corrected copy."""
_EFFECTS = {
    "reject": "整份退回", "hold": "整份暂存", "quarantine": "整行未入库", "withhold": "该值未入库",
    "contest": "存疑,暂不计入",
}  # fmt: skip
_HOW_TO_EXPLAIN = (
    "写错了的直接改正;情况属实的,在这一行的“备注”栏写“情况属实”和原因(例如:情况属实,去年底扩建),再把文件放回收件箱。"
    "表头、表尾等不在哪一行里的,补齐即可。"
)
_COMMENT_HEAD = "—— 文统审核意见 ——"

_MOST_ROWS, _MOST_SHEET_BYTES, _MOST_BYTES, _MOST_MERGED = 20_000, 12 << 20, 64 << 20, 200_000
"""Beyond these openpyxl takes too long or too much memory to keep the sender's own workbook."""
_MOST_CELLS = 400_000
"""Beyond this no annotated copy is made at all, as that takes more than ten seconds: the findings are listed as text."""


@dataclass(frozen=True)
class _Case:
    """One file to be answered."""

    original: Path
    book: grid.Book | None
    judgement: Judgement
    submission_id: int | None
    received_at: datetime
    file_name: str
    unit_name: str | None

    @cached_property
    def findings(self) -> list[Finding]:
        return most_important_first(self.judgement.findings)

    @cached_property
    def to_mend(self) -> int:
        return sum(f.is_to_mend for f in self.findings)

    @cached_property
    def to_explain(self) -> int:
        return sum(f.is_to_explain for f in self.findings)

    @property
    def is_clean(self) -> bool:
        return self.judgement.outcome == "load" and not self.to_mend and not self.to_explain

    @property
    def summons(self) -> str:
        """What the sender should do, in the name of the file and of its first sheet: 需修改3处."""
        if self.to_mend or self.judgement.outcome != "load":
            return f"需修改{self.to_mend}处"
        return f"需说明{self.to_explain}处"

    @cached_property
    def mark(self) -> dict[str, str]:
        return read_mark(self.book) if self.book else {}

    @cached_property
    def is_demo(self) -> bool:
        """Whether the file says of itself that it is made up: then its answer says so too."""
        first = (c.raw for s in (self.book.sheets if self.book else ()) for (r, _), c in s.cells.items() if r <= 10)
        return any(DEMO_BANNER in raw for raw in first)


def answer(
    original: Path,
    book: grid.Book | None,
    judgement: Judgement,
    submission_id: int | None,
    received_at: datetime,
    out_dir: Path,
    file_name: str,
    *,
    unit_name: str | None = None,
    share: Path | None = None,
) -> Path:
    """Write the answer to one judged file into `out_dir` and return its path.

    `original` holds the bytes as received, `book` the cells as read (None: unreadable), `file_name` the sender's name
    for the file, `submission_id` the receipt number (None: a pre-check, which is no submission). A clean return gets a
    receipt (.txt), a faulty one an annotated .xlsx (or, where none can be made, the list of findings as .txt), an
    unreadable one a .txt with the reason. Called again for the same verdict it finds its answer there and writes
    nothing. Files with outcome `ignore` are not answered: ValueError. Raises EnvironmentProblem if the folder cannot be
    written, or if a link in it leads out of `share`.
    """
    if judgement.outcome == "ignore":
        raise ValueError(f"{file_name}: ignored files are not answered")
    case = _Case(original, book, judgement, submission_id, received_at, file_name, unit_name)
    if case.is_clean:
        kind = "_预审通过" if submission_id is None else "_回执"
        return _deliver(out_dir, share, "", case, kind, ".txt", _as_text(_receipt_lines(case)))
    if book is None and judgement.outcome == "reject":
        return _deliver(out_dir, share, "需重新报送", case, "", ".txt", _as_text(_refusal_lines(case)))
    content = (_own_copy(case, book) or _grid_copy(case, book)) if book else None
    if content is None:
        return _deliver(out_dir, share, case.summons, case, "", ".txt", _as_text(_list_lines(case)))
    return _deliver(out_dir, share, case.summons, case, "", ".xlsx", content)


def tell_decision(
    share: Path, out_dir: Path, file_name: str, submission_id: int, is_released: bool, reason: str, at: datetime
) -> Path:
    """Say in the sender's folder what the county decided about a held file: 已放行_…txt or 已退回_….txt."""
    word = "已放行" if is_released else "已退回"
    follows = "数据已按原样入库,不需要再做什么。" if is_released else "没有入库。请按下面的理由改正后,重新放入收件箱。"
    lines = [
        f"文统 {word}",
        "",
        f"回执号:第{submission_id}号",
        f"文件名:{_one_line(file_name)}",
        f"时间:{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        f"结果:县级管理员{word[1:]}了这个文件,{follows}",
        f"理由:{_one_line(reason)}",
    ]
    return _write(out_dir, share, f"{word}_{_safe_stem(file_name)}_第{submission_id}号", ".txt", _as_text(lines))


def tell_relations(
    share: Path, out_dir: Path, file_name: str, submission_id: int, findings: Sequence[Finding], at: datetime
) -> Path:
    """Say in the sender's folder what was found when a loaded file was compared with others: 表间核对_….txt."""
    contested = sum(f.type.effect == "contest" for f in findings)
    to_explain = sum(f.severity == "warning" for f in findings)
    steps = [
        *([f"存疑的{contested}处暂不计入,请改正写错的那张表,重新放入收件箱。"] if contested else []),
        *([f"请核对的{to_explain}处:写错了的改正后重新放入收件箱;属实的在“备注”栏写明原因。"] if to_explain else []),
    ]
    lines = [
        "文统 表间核对",
        "",
        f"回执号:第{submission_id}号",
        f"文件名:{_one_line(file_name)}",
        f"时间:{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        f"结果:这份表已入库;与以前各期、其他报表和其他单位的数据核对后,发现{len(findings)}处。",
        *steps,
        "",
        *_listed(most_important_first(findings)),
    ]
    return _write(out_dir, share, f"表间核对_{_safe_stem(file_name)}_第{submission_id}号", ".txt", _as_text(lines))


def verdict_text(file_name: str, judgement: Judgement) -> str:
    """The same verdict for a terminal (`wentong check`): what the file is, what would become of it, every finding."""
    if judgement.outcome == "ignore":
        return f"{_one_line(file_name)}\n  临时文件或系统文件,不处理。"
    form = forms().get(judgement.form or "")
    known = [f"{form.code} {form.title}" if form else "", _period_title(judgement.period), judgement.unit or ""]
    lines = ["  ".join(filter(None, known)), _conclusion(judgement), *_listed(most_important_first(judgement.findings))]
    return "\n".join([_one_line(file_name), *(f"  {line}" for line in lines if line)])


# -- files -------------------------------------------------------------------------------------------------------------


def _deliver(
    out_dir: Path, share: Path | None, summons: str, case: _Case, kind: str, ending: str, content: bytes
) -> Path:
    """Write under a name that Windows takes."""
    number = f"{kind}_第{case.submission_id}号" if case.submission_id is not None else kind or "_预审"
    stem = f"{summons}_{_safe_stem(case.file_name)}" if summons else _safe_stem(case.file_name)
    return _write(out_dir, share, f"{stem}{number}", ending, content)


def _write(out_dir: Path, share: Path | None, stem: str, ending: str, content: bytes) -> Path:
    """Write once; a different file of that name is left and gets a neighbour (2). Never out of the share."""
    try:
        if share is None:
            out_dir.mkdir(parents=True, exist_ok=True)
        return archive.write_once(share or out_dir, out_dir, stem, ending, content)
    except OSError as error:
        raise EnvironmentProblem(f"Cannot write answers to {out_dir}: {error.strerror}.") from error


def _safe_stem(file_name: str) -> str:
    """The sender's name within 70 characters and 180 bytes (a Linux name holds 255), without what Windows forbids."""
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]', "_", plain_name(file_name)).strip(" .~$") or "文件"
    if len(stem) <= 70 and len(stem.encode()) <= 180:
        return stem
    keep = 29  # both ends: names often tell the period last
    return f"{stem[:keep]}…{stem[-keep:]}"


def _as_text(lines: Iterable[str]) -> bytes:
    """Text that Notepad on any office machine shows right."""
    return ("\ufeff" + "".join(f"{printable(line)}\r\n" for line in lines)).encode("utf-8")


def _head_lines(case: _Case) -> list[str]:
    """Which file this is about."""
    received = case.received_at
    local = received.astimezone(CHINA) if received.tzinfo else received
    lines = [
        f"回执号:第{case.submission_id}号" if case.submission_id is not None else "预审:只检查,不作为正式报送",
        f"收到时间:{local:%Y-%m-%d %H:%M:%S}",
        f"文件名:{_one_line(case.file_name)}",
    ]
    return [*lines, *([f"注意:原文件标明为{DEMO_BANNER}。"] if case.is_demo else [])]


def _receipt_lines(case: _Case) -> list[str]:
    verdict = case.judgement
    form = forms().get(verdict.form or "")
    unit = case.unit_name or verdict.unit or ""
    settled = [f for f in case.findings if f.is_settled]
    notices = [f for f in case.findings if not f.is_settled]
    return [
        "文统 预审结果" if case.submission_id is None else "文统 回执",
        "",
        *_head_lines(case),
        f"文件指纹(SHA-256 前16位):{verdict.sha256[:16]}",
        f"报表:{form.code} {form.title}" if form else f"报表:{verdict.form or ''}",
        f"报告期:{_period_title(verdict.period)}",
        f"填报单位:{unit}{f'({verdict.unit})' if verdict.unit and verdict.unit != unit else ''}",
        f"入库行数:{_accepted(case.judgement)}",
        "",
        "结果:检查通过,可以放进收件箱正式报送。"
        if case.submission_id is None
        else "结果:检查通过,数据已接收入库,不需要再做什么。",
        *(["", f"已说明或已豁免({len(settled)}条,不需要再说明):", *_numbered(settled)] if settled else []),
        *(["", f"提示({len(notices)}条,不需要重新报送):", *_numbered(notices)] if notices else []),
    ]


def _numbered(findings: Sequence[Finding]) -> list[str]:
    return [f"  {n}. {_message(f)}{_todo(f)}" for n, f in enumerate(findings[:LISTED], 1)]


def _refusal_lines(case: _Case) -> list[str]:
    reasons = [f for f in case.findings if f.is_to_mend] or case.findings
    said = [line for f in reasons for line in (f"原因:{_message(f)}", f"怎么办:{_fix(f)}")]
    fallback = ["原因:文件没有通过检查。", "怎么办:请核对后重新放入收件箱。"]
    return ["文统 审核结果:需要重新报送", "", *_head_lines(case), "", *(said or fallback)]


def _list_lines(case: _Case) -> list[str]:
    """The findings as text, where no annotated copy can be made."""
    return [
        f"文统 审核结果:{case.summons}", "", *_head_lines(case), _conclusion(case.judgement),
        "文件太大或太复杂,没有另做标色的表格;请按下面的位置在自己的表格里改正,再放入收件箱。",
        *([f"请核对的:{_HOW_TO_EXPLAIN}"] if case.to_explain else []), "", *_listed(case.findings),
    ]  # fmt: skip


def _listed(findings: Sequence[Finding]) -> list[str]:
    """Numbered lines below a heading for each effect."""
    lines: list[str] = []
    numbers = count(1)
    for heading, found in _groups(findings):
        lines += [
            heading,
            *(f"{next(numbers)}. 【{_effect(f)}】{_place(f, True)}:{_message(f)}{_todo(f)}" for f in found),
        ]
    return [*lines, *_unlisted(findings)]


# -- the sender's own workbook -----------------------------------------------------------------------------------------


def _own_copy(case: _Case, book: grid.Book) -> bytes | None:
    """The sender's workbook with marks, or None where openpyxl cannot carry it over whole."""
    if book.format not in ("xlsx", "xlsm"):
        return None
    try:
        lost = _lost_parts(case.original)
        if lost is None or _is_large(book):
            return None
        with warnings.catch_warnings(), open(case.original, "rb") as stream:
            warnings.simplefilter("ignore")  # about extensions it does not keep; the first sheet says so
            workbook = load_workbook(stream)
        if not _same_cells(workbook, book):
            log.info("%s: openpyxl reads other cells than we did; answering with a copy of the cells", case.file_name)
            return None
        _take_old_marks_away(workbook, book, case.mark)
        notes = [*lost, *(["文件里的宏没有保留。"] if book.format == "xlsm" else [])]
        titles = {s.name: s.name for s in book.sheets if _may_hold_data(s) and s.name in workbook.sheetnames}
        return _annotated(case, book, workbook, titles, notes)
    except Exception:  # foreign packages make openpyxl fail in every way; the copy of the cells always works
        log.warning("%s: openpyxl cannot carry this workbook over", case.file_name, exc_info=True)
        return None


def _lost_parts(original: Path) -> list[str] | None:
    """What openpyxl will drop, as notes for the sender; None if the package is too large to try."""
    with ZipFile(original) as package:
        parts = package.infolist()
    sheets = sum(p.file_size for p in parts if "worksheets/" in p.filename.lower())
    if sheets > _MOST_SHEET_BYTES or sum(p.file_size for p in parts) > _MOST_BYTES:
        return None
    drawn = re.compile(r"xl/(media/|charts/|diagrams/|drawings/drawing|ctrlProps/|activeX/|embeddings/)", re.IGNORECASE)
    if any(drawn.match(p.filename.replace("\\", "/").lstrip("/")) for p in parts):
        return ["原表格里有图片、图形、图表或控件,本文件里可能没有保留;原件已完整存档。"]
    return []


def _is_large(book: grid.Book) -> bool:
    merged = sum((r2 - r1 + 1) * (c2 - c1 + 1) for sheet in book.sheets for r1, c1, r2, c2 in sheet.merged)
    rows = max((row for sheet in book.sheets for row, _ in sheet.cells), default=0)
    return rows > _MOST_ROWS or merged > _MOST_MERGED


def _same_cells(workbook: Workbook, book: grid.Book) -> bool:
    """Whether openpyxl found every cell we read, at its place and of its kind: a copy must not lose or turn any."""
    names = {sheet.title for sheet in workbook.worksheets}
    for sheet in book.sheets:
        if sheet.name not in names:
            return False
        theirs: Any = workbook[sheet.name]
        for place, cell in sheet.cells.items():
            found = theirs._cells.get(place)
            if found is None or found.value is None:
                return False
            if found.data_type != "f" and (found.data_type == "e") != (cell.kind == "error"):
                return False
            if "_x" in cell.raw and cell.value != found.value:  # openpyxl does not undo Excel's escapes
                return False
    return True


def _take_old_marks_away(workbook: Workbook, book: grid.Book, mark: Mapping[str, str]) -> None:
    """Undo an earlier answer: its first sheet, its part of every comment, its colours. The sender's comments stay."""
    for sheet in book.sheets:
        if is_feedback_sheet(sheet, mark):
            del workbook[sheet.name]
    worksheets: list[Any] = list(workbook.worksheets)
    for worksheet in worksheets:
        for cell in worksheet._cells.values():
            if cell.comment is not None:
                own = cell.comment.text.split(_COMMENT_HEAD)[0].rstrip()
                cell.comment = _comment(own, cell.comment.author) if own else None
            if "feedback_sheet" in mark and cell.has_style and cell.fill.fgColor.rgb in _COLOURS.values():
                cell.fill = PatternFill()


# -- a copy of the cells -----------------------------------------------------------------------------------------------


def _grid_copy(case: _Case, book: grid.Book) -> bytes | None:
    """The same cells at the same places in a new workbook; None if there are too many for one."""
    places = [place for sheet in book.sheets for place in sheet.cells]
    if len(places) > _MOST_CELLS or any(row > 1 << 20 or column > 1 << 14 for row, column in places):
        return None
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])  # before any of the sender's sheets can share its name
    titles: dict[str, str] = {}
    taken = {MARK_SHEET.casefold()}
    for sheet in book.sheets:
        if sheet.name != MARK_SHEET and not is_feedback_sheet(sheet, case.mark):
            title = _sheet_title(sheet.name, taken)
            _copy_sheet(workbook.create_sheet(title), sheet)
            if _may_hold_data(sheet):
                titles[sheet.name] = title
    if case.mark:
        write_mark(workbook, case.mark)
    notes = [
        "本文件由原文件的内容转成,单元格的位置不变,字体、边框等格式可能没有保留,图片和图形没有保留;原件已完整存档。"
    ]
    if any(len(cell.raw) > 32767 for sheet in book.sheets for cell in sheet.cells.values()):
        notes.append("有单元格的文字超过32767个字,超出的部分放不进表格,没有显示。")
    return _annotated(case, book, workbook, titles, notes)


def _may_hold_data(sheet: grid.Sheet) -> bool:
    return sheet.name not in (MARK_SHEET, CHOICES_SHEET) and not is_reference_sheet(sheet)


def _sheet_title(name: str, taken: set[str]) -> str:
    """A title Excel takes (text files have none), different from those `taken`."""
    plain = printable(re.sub(r"[\[\]:*?/\\]", "_", name)).strip("'")[:31] or "数据"
    title = plain
    for number in count(2):
        if title.casefold() not in taken and title.casefold() != "history":
            break
        title = f"{plain[:26]}({number})"
    taken.add(title.casefold())
    return title


def _copy_sheet(target: Any, sheet: grid.Sheet) -> None:
    """Cells as plain values, merged ranges, hidden rows and columns."""
    for (row, column), cell in sheet.cells.items():
        _copy_cell(target.cell(row, column), cell)
    spanned = _copy_merged(target, sheet)
    _make_readable(target, sheet, spanned)
    last_row = max((row for row, _ in sheet.cells), default=0)
    for row in sheet.hidden_rows:
        if row <= last_row:
            target.row_dimensions[row].hidden = True
    for column in sheet.hidden_columns:
        if column <= 1 << 14:
            target.column_dimensions[get_column_letter(column)].hidden = True
    target.sheet_state = "visible" if sheet.visible else "hidden"


def _copy_merged(target: Any, sheet: grid.Sheet) -> set[tuple[int, int]]:
    """Merge what is merged; returns the first cells of the ranges."""
    spanned = set()
    for (r1, c1), (r2, c2), _ in _merged_ranges(sheet):
        target.merged_cells.add(CellRange(min_row=r1, min_col=c1, max_row=r2, max_col=c2))
        target.cell(r1, c1).alignment = _MIDDLE
        spanned.add((r1, c1))
    return spanned


def _merged_ranges(sheet: grid.Sheet) -> Iterator[tuple[tuple[int, int], tuple[int, int], list[tuple[int, int]]]]:
    """First cell, last cell and covered cells of each merged range, until they are more than any person merges. Ranges
    that would hide a value are left out."""
    left = _MOST_MERGED
    for r1, c1, r2, c2 in sheet.merged:
        left -= (r2 - r1 + 1) * (c2 - c1 + 1)
        if left >= 0 and r2 <= 1 << 20 and c2 <= 1 << 14:
            covered = [(row, column) for row in range(r1, r2 + 1) for column in range(c1, c2 + 1)][1:]
            if not any(place in sheet.cells for place in covered):
                yield (r1, c1), (r2, c2), covered


def _make_readable(target: Any, sheet: grid.Sheet, spanned: set[tuple[int, int]]) -> None:
    """Column widths, lines around what looks like table rows, one page wide when printed."""
    widths: dict[int, int] = defaultdict(int)
    filled = Counter(row for row, column in sheet.cells if (row, column) not in spanned)
    room = 7 * max(filled.values(), default=0)
    for (row, column), cell in sheet.cells.items():
        # a title runs on over the empty cells beside it
        runs_on = filled[row] == 1 and "\n" not in cell.raw and text_width(cell.raw) <= room
        if row > 200 or runs_on or (row, column) in spanned:
            continue
        widths[column] = max(widths[column], *map(text_width, cell.raw[:100].split("\n")))
        lines = cell.raw.count("\n") + max(1, ceil(text_width(cell.raw) / _WIDEST))
        if lines > 1:
            target.cell(row, column).alignment = _WRAP
            height = max(target.row_dimensions[row].height or 0, 15 * min(lines, 20))
            target.row_dimensions[row].height = height
    for column, width in widths.items():
        target.column_dimensions[get_column_letter(column)].width = min(max(width + 2, 7), _WIDEST)
    if len(widths) <= 100:
        for row in sorted(row for row, number in filled.items() if number >= 3)[:1000]:
            for column in widths:
                target.cell(row, column).border = _BOX
    target.page_setup.orientation, target.page_setup.paperSize = "landscape", 9
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, 0
    target.sheet_properties.pageSetUpPr.fitToPage = True


def _copy_cell(target: Any, cell: grid.Cell) -> None:
    """A value of the same kind; formulas become their results, which is what was read and judged."""
    value = cell.value
    if isinstance(value, bool) or (isinstance(value, int | float) and isfinite(value)):
        target.value = value
    elif cell.kind == "error" and value in ERROR_CODES:
        target._value, target.data_type = value, "e"
    elif cell.kind == "date" and value is not None and (not isinstance(value, date) or value.year >= 1900):
        target.value = value.replace(tzinfo=None) if isinstance(value, datetime) else value
    else:
        put_text(target, value if isinstance(value, str) else cell.raw)


# -- marks -------------------------------------------------------------------------------------------------------------


def _annotated(case: _Case, book: grid.Book, workbook: Workbook, titles: Mapping[str, str], notes: list[str]) -> bytes:
    """Colour, comment, put the list in front, renew the mark; the finished workbook's bytes."""
    commented = 0
    for (name, row, column), found in _by_cell((f for f in case.findings if not f.is_settled), book).items():
        if name in titles:
            cell: Any = workbook[titles[name]].cell(row, column)
            cell.fill = PatternFill("solid", fgColor=_COLOURS[found[0].severity])
            commented += 1
            if commented <= COMMENTED:
                _add_comment(cell, found)
    if commented > COMMENTED:
        notes = [*notes, f"标色的单元格很多,只有前{COMMENTED}个加了批注。"]
    title = _sheet_title(case.summons, {name.casefold() for name in workbook.sheetnames})
    sheet = workbook.create_sheet(title, 0)
    _write_list(sheet, case, titles, notes)
    _show_first(workbook)
    write_mark(workbook, {**_renewed(case), "feedback_sheet": title})
    stream = BytesIO()
    save(workbook, stream, _with_results(workbook, book, titles))
    return stream.getvalue()


def _by_cell(findings: Iterable[Finding], book: grid.Book) -> dict[tuple[str, int, int], list[Finding]]:
    """Findings by the cell that shows them (the first of a merged range), the most important first."""
    shown_at = {
        (sheet.name, *place): first
        for sheet in book.sheets
        for first, _, covered in _merged_ranges(sheet)
        for place in covered
    }
    grouped: dict[tuple[str, int, int], list[Finding]] = defaultdict(list)
    for f in findings:
        if f.row and f.col and f.row <= 1 << 20 and f.col <= 1 << 14:
            row, column = shown_at.get((f.sheet, f.row, f.col), (f.row, f.col))
            grouped[f.sheet, row, column].append(f)
    return grouped


def _add_comment(cell: Any, found: list[Finding]) -> None:
    """One comment a cell: what the sender wrote there before, then a line for each finding."""
    lines = [_COMMENT_HEAD, *(f"【{_effect(f)}】{_message(f)}{_todo(f)}" for f in found[:20])]
    if len(found) > 20:
        lines.append(f"(还有{len(found) - 20}条)")
    before = cell.comment
    text = "\n".join([before.text, *lines] if before else lines)
    cell.comment = _comment(printable(text)[:32000], before.author if before else "文统")


def _comment(text: str, author: str | None) -> Comment:
    """A comment in a box that shows all of its text."""
    lines = sum(max(1, ceil(text_width(line) / 40)) for line in text.split("\n"))
    return Comment(text, author or "", width=320, height=min(30 + 18 * lines, 420))


def _show_first(workbook: Any) -> None:
    """Open on the list; sheets left selected together would all be edited at once."""
    workbook.active = 0
    for number, sheet in enumerate(workbook._sheets):  # chart sheets have views too, of their own kind
        views = getattr(sheet, "views", None) or getattr(sheet, "sheetViews", None)
        for view in views.sheetView if views else ():
            view.tabSelected = number == 0
    for window in workbook.views:
        window.activeTab = window.firstSheet = 0


def _renewed(case: _Case) -> dict[str, str]:
    """The answer's own entries of the mark. A template's unit or period that is in dispute is emptied: the sender can
    correct what he sees, but not a hidden mark."""
    disputed = {f.code.split("_")[0] for f in case.findings if f.severity == "critical"} & {"period", "unit"}
    number = "" if case.submission_id is None else str(case.submission_id)
    return {"submission": number, **{key: "" for key in disputed if key in case.mark}}


def _with_results(workbook: Workbook, book: grid.Book, titles: Mapping[str, str]) -> Callable[[str, bytes], bytes]:
    """Put formulas' results back into sheets on their way into the package: openpyxl saves formulas without any, and a
    copy dropped back unopened would have lost its numbers."""
    ours = {titles[sheet.name]: sheet for sheet in book.sheets if sheet.name in titles}
    parts = {
        f"xl/worksheets/sheet{number}.xml": ours[sheet.title]
        for number, sheet in enumerate(workbook.worksheets, 1)
        if sheet.title in ours
    }

    def edit(part: str, content: bytes) -> bytes:
        if part not in parts or b"<f" not in content:
            return content
        cells = parts[part].cells
        return _EMPTY_RESULT.sub(lambda found: _result(found, cells, workbook.epoch), content)

    return edit


_EMPTY_RESULT = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*)>(<f(?:[^>]*/>|[^>]*>[^<]*</f>))<v(?:/>|></v>)</c>')


def _result(found: re.Match[bytes], cells: Mapping[tuple[int, int], grid.Cell], epoch: datetime) -> bytes:
    cell = cells.get(coordinate_to_tuple(found[1].decode()))
    value = cell.value if cell else None
    if cell is None or value is None:
        return found[0]
    if isinstance(value, bool):
        kind, text = "b", str(int(value))
    elif isinstance(value, int | float):
        kind, text = "n", repr(value)
    elif isinstance(value, str):
        kind, text = ("e" if cell.kind == "error" else "str"), escape(printable(value))
    else:
        kind, text = "n", repr(to_excel(value, epoch))  # type: ignore[no-untyped-call]
    return b'<c r="%b"%b t="%b">%b<v>%b</v></c>' % (found[1], found[2], kind.encode(), found[3], text.encode())


# -- the list in front -------------------------------------------------------------------------------------------------

_COLUMNS = {"序号": 6, "严重程度": 15, "位置": 16, "原内容": 24, "问题": 56, "怎么改": 52}
_THIN = Side(style="thin", color="FFA6A6A6")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_WRAP = Alignment(vertical="center", wrap_text=True)
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_FONT = "宋体"
_WIDEST = 22
"""Characters; longer texts of a copied sheet are wrapped."""


def _write_list(sheet: Any, case: _Case, titles: Mapping[str, str], notes: list[str]) -> None:
    """The first sheet: what happened, what to do, every finding with a link to its cell."""
    for number, width in enumerate(_COLUMNS.values(), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    row = 1
    for text in (FEEDBACK_TITLE, case.summons, *_introduction(case, notes)):
        _write_line(sheet, row, text, Font(name=_FONT, size=14 if row <= 2 else 11, bold=row <= 2))
        row += 1
    for number, heading in enumerate(_COLUMNS, 1):
        _write_cell(sheet.cell(row, number), heading, Font(name=_FONT, size=11, bold=True))
        sheet.cell(row, number).alignment = _MIDDLE
    sheet.print_title_rows = f"{row}:{row}"
    _write_findings(sheet, row + 1, case, titles)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.sheet_properties.tabColor = _COLOURS["critical" if case.to_mend else "warning"]


def _introduction(case: _Case, notes: list[str]) -> list[str]:
    if any(f.cell and f.is_to_mend for f in case.findings):
        how = "① 点“位置”一栏,跳到标了颜色的单元格,按批注改正"
    else:
        how = "① 按“怎么改”一栏改正,表头或文件名写错的也要改"
    mend = f"怎么改:{how};② 保存;③ 把本文件直接放回收件箱(本镇的文件夹)。不用删除批注和本页。"
    explain = f"请核对的:{_HOW_TO_EXPLAIN}"
    steps = [*([mend] if case.to_mend else []), *([explain] if case.to_explain else [])]
    return [";".join(_head_lines(case)), _conclusion(case.judgement), *steps, *(f"说明:{note}" for note in notes)]


def _conclusion(judgement: Judgement) -> str:
    """What became of the data."""
    if judgement.outcome == "reject":
        return "结果:整份没有入库,请改正后重新报送。"
    if judgement.outcome == "quarantine_file":
        return "结果:整份暂存,没有入库;改正后重新报送,或由县级管理员核对后放行。"
    refused = sum(row.status == "quarantine" for row in judgement.rows)
    effects = Counter(f.type.effect for f in judgement.findings if not f.is_settled)
    parts = [f"通过检查、可以入库的有{_accepted(judgement)}行"]
    parts += [f"没有入库的有{refused}行"] if refused else []
    parts += [f"没有入库的数值有{effects['withhold']}个"] if effects["withhold"] else []
    return f"结果:{','.join(parts)}。"


def _write_findings(sheet: Any, row: int, case: _Case, titles: Mapping[str, str]) -> None:
    """Grouped by effect, the gravest first; then as the sheets read."""
    many = len(titles) > 1
    numbers = count(1)
    for heading, found in _groups(case.findings):
        _write_line(sheet, row, heading, Font(name=_FONT, size=11, bold=True))
        row += 1
        for f in found:
            _write_finding(sheet, row, next(numbers), f, titles.get(f.sheet), many)
            row += 1
    for text in _unlisted(case.findings):
        _write_line(sheet, row, text, Font(name=_FONT, size=11, bold=True))


def _write_finding(sheet: Any, row: int, number: int, f: Finding, title: str | None, many: bool) -> None:
    font = Font(name=_FONT, size=11)
    raw = _one_line(f.raw or "")[:100]
    texts = (str(number), _effect(f), _place(f, many, title), raw, _message(f), _todo(f))
    for column, text in enumerate(texts, 1):
        _write_cell(sheet.cell(row, column), text, font)
    sheet.cell(row, 1).value, sheet.cell(row, 1).alignment = number, _MIDDLE
    sheet.cell(row, 2).alignment = sheet.cell(row, 3).alignment = _MIDDLE
    sheet.cell(row, 2).fill = PatternFill("solid", fgColor=_COLOURS["notice" if f.is_settled else f.severity])
    if title and f.row:
        link = sheet.cell(row, 3)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"{quote_sheetname(title)}!{f.cell or f'A{f.row}'}")
        link.font = Font(name=_FONT, size=11, color="FF0563C1", underline="single")
    lines = max(ceil(text_width(text) * 1.1 / width) for text, width in zip(texts, _COLUMNS.values(), strict=True))
    sheet.row_dimensions[row].height = min(max(1, lines) * 15 + 5, 400)


def _write_cell(cell: Any, text: str, font: Font) -> None:
    put_text(cell, text)
    cell.font, cell.border, cell.alignment = font, _BOX, _WRAP


def _write_line(sheet: Any, row: int, text: str, font: Font) -> None:
    """One text across all columns."""
    cell = sheet.cell(row, 1)
    put_text(cell, text)
    cell.font, cell.alignment = font, _WRAP
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(_COLUMNS))
    lines = ceil(text_width(text) * (font.size or 11) / 10 / sum(_COLUMNS.values()))
    sheet.row_dimensions[row].height = max(1, lines) * ((font.size or 11) + 5) + 3


def _groups(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings to be listed by their effect, the gravest first, each group with a heading that counts all of it."""
    left = LISTED
    ranked = sorted(most_important_first(findings), key=_rank)
    for effect, group in groupby(ranked, key=_effect):
        found = list(group)
        counted = "、".join(f"{title} {n}" for title, n in Counter(f.type.title for f in found).most_common(12))
        if left:
            yield f"{effect}:{len(found)}处({counted})", found[:left]
        left -= min(left, len(found))


def _rank(f: Finding) -> tuple[bool, int, str]:
    """The gravest effect first; what nobody need act on last."""
    return (True, 0, _effect(f)) if f.is_settled else (False, SEVERITIES.index(f.severity), f.type.effect)


def _unlisted(findings: Sequence[Finding]) -> list[str]:
    left = findings[LISTED:]
    counted = Counter(_effect(f) for f in left)
    told = "、".join(f"{effect} {n}处" for effect, n in counted.items())
    return [f"还有{len(left)}处没有列出({told}),请先改正以上各处。"] if left else []


# -- wording -----------------------------------------------------------------------------------------------------------


def _effect(f: Finding) -> str:
    """What happened to the data, in a word; or why nothing is asked."""
    if f.is_settled:
        return "已豁免" if f.waiver else "已说明"
    return _EFFECTS.get(f.type.effect) or {"warning": "请核对", "notice": "提示"}.get(f.severity, "请改正")


def _message(f: Finding) -> str:
    try:
        return _one_line(f.message)[:1000]
    except (KeyError, ValueError, IndexError):  # a placeholder was not given: our fault, not the sender's
        log.exception("finding %s cannot be worded", f.code)
        return f.type.title


def _fix(f: Finding) -> str:
    try:
        return _one_line(f.fix)[:1000]
    except (KeyError, ValueError, IndexError):
        log.exception("the fix of finding %s cannot be worded", f.code)
        return "请核对后改正。"


def _todo(f: Finding) -> str:
    """What to do; of what is settled, why there is nothing to do."""
    if f.waiver:
        return f"县级已批准豁免(编号{f.waiver}),不需要处理。"
    return f"您的说明:{_one_line(f.explanation)[:200]}" if f.explanation else _fix(f)


def _place(f: Finding, many: bool, title: str | None = None) -> str:
    """Where a finding is, as people say it."""
    sheet = title or f.sheet
    spot = f.cell or (f"第{f.row}行" if f.row else "")
    if not spot:
        return f"工作表“{sheet}”" if f.sheet and many else "整个文件"
    return f"{sheet}!{spot}" if many and sheet else spot


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\t\v\f\u2028\u2029]+", " ", printable(text))


def _accepted(judgement: Judgement) -> int:
    return sum(row.status == "accept" for row in judgement.rows)


def _period_title(period: str | None) -> str:
    return Period.parse(period).title if period else ""
