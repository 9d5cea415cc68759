"""Answers from outside: what a sender finds in the file that comes back."""

import errno
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from wentong import answers, archive, grid, readers
from wentong.answers import LISTED, answer
from wentong.errors import EnvironmentProblem
from wentong.findings import Finding, finding_types
from wentong.forms import find_form
from wentong.marks import FEEDBACK_TITLE, MARK_SHEET, is_feedback_sheet, is_reference_sheet, plain_name, read_mark
from wentong.periods import Period
from wentong.returns import Judgement, Row
from wentong.templates import DEMO_BANNER, GUIDE_SHEET, save, write_mark, write_return

NOW = datetime(2026, 10, 8, 1, 30, tzinfo=UTC)
SHEET = "基文01"
BAD_BOOKS = Finding("number_expected", SHEET, 8, 7, "books_total", "一千多本", {"label": "图书藏量", "example": "1200"})
ABOUT_BOOKS = Finding("approximate_number", SHEET, 8, 7, "books_total", "约9", {"label": "图书藏量", "value": "9"})
NO_AREA = Finding("required_missing", SHEET, 9, 5, "floor_area_m2", "", {"label": "建筑面积"})
LOST_VILLAGE = Finding(
    "unknown_village", SHEET, 10, 2, "village_name", "东村", {"town": "水口镇", "nearest": "最接近的是:东方村委会。"}
)
NOTICE = Finding("unchanged_return")

Answer = Callable[..., Path]


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A return of 15 villages as our template makes it, with one bad cell."""
    form = find_form("基文01")
    rows: list[dict[str, object]] = [
        {
            "village_name": f"示例{n}村委会", "division_code": f"4407831172{n:02}", "build_status": "built",
            "floor_area_m2": 200.5 + n, "books_total": 1000 + n, "built_on": date(2026, 7, n),
        }
        for n in range(1, 16)
    ]  # fmt: skip
    rows[1]["books_total"] = "一千多本"
    rows[3]["remark"] = "=1+1"
    path = tmp_path / "received.xlsx"
    write_return(
        path, form, Period.parse("2026Q3"), "440783117000", "开平市水口镇", {"village_center": rows}, banner=DEMO_BANNER
    )
    return path


@pytest.fixture
def answered(tmp_path: Path) -> Answer:
    """Answer a file with the given findings."""

    def give(
        original: Path,
        findings: Iterable[Finding],
        *,
        outcome: str = "load",
        book: grid.Book | None = None,
        number: int = 12,
        name: str = "水口镇2026年3季度.xlsx",
    ) -> Path:
        book = book or readers.read(original, name)
        rows = [Row(SHEET, row) for row in range(7, 22)]
        verdict = Judgement(name, "ab" * 32, outcome, "基文01", ("village_center",), "2026Q3", "440783117000")  # type: ignore[arg-type]
        verdict.rows, verdict.findings = rows, list(findings)
        return answer(original, book, verdict, number, NOW, tmp_path / "回执", name, unit_name="水口镇")

    return give


def sheet_texts(sheet: Any) -> str:
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def colour(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.patternType else None


# -- clean returns and unreadable files ------------------------------------------------------------------------------


def test_clean_return_gets_a_receipt(original: Path, answered: Answer) -> None:
    path = answered(original, [NOTICE])
    content = path.read_bytes()
    assert path.name == "水口镇2026年3季度_回执_第12号.txt"
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    text = content.decode("utf-8-sig")
    for expected in (
        "回执号:第12号", "收到时间:2026-10-08 09:30:00", "文件名:水口镇2026年3季度.xlsx", "abababababababab\r\n", "2026年第3季度",
        "水口镇(440783117000)", "入库行数:15", "1. 这份表与目前已入库的内容完全相同", DEMO_BANNER,
    ):  # fmt: skip
        assert expected in text


def test_unreadable_file_gets_reason_and_advice(tmp_path: Path) -> None:
    verdict = Judgement("扫描.xlsx", "ab" * 32, "reject")
    verdict.findings = [Finding("not_a_spreadsheet", params={"kind": "PDF 文档"})]
    path = answer(tmp_path / "x.xlsx", None, verdict, 7, NOW, tmp_path / "out", "扫描.xlsx")
    assert path.name == "需重新报送_扫描_第7号.txt"
    text = path.read_text("utf-8-sig")
    assert "这个文件是PDF 文档" in text
    assert "怎么办:请把数据填入报表模板" in text


def test_loaded_file_that_cannot_be_marked_is_not_asked_for_again(tmp_path: Path) -> None:
    """Its reader died while the copy was made: the findings are told in words."""
    verdict = Judgement("大.xlsx", "ab" * 32, "load", findings=[BAD_BOOKS])
    path = answer(tmp_path / "x.xlsx", None, verdict, 7, NOW, tmp_path / "out", "大.xlsx")
    assert path.name == "需修改1处_大_第7号.txt"
    assert "1. 【该值未入库】基文01!G8:“图书藏量”写的是“一千多本”" in path.read_text("utf-8-sig")


def test_ignored_files_are_not_answered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ignored"):
        answer(tmp_path / "x", None, Judgement("~$x.xlsx", "", "ignore"), 7, NOW, tmp_path, "~$x.xlsx")


# -- the sender's own workbook ---------------------------------------------------------------------------------------


def test_own_workbook_comes_back_marked(original: Path, answered: Answer) -> None:
    path = answered(original, [NO_AREA, ABOUT_BOOKS, LOST_VILLAGE, BAD_BOOKS, NOTICE])
    assert path.name == "需修改3处_水口镇2026年3季度_第12号.xlsx"
    workbook = load_workbook(path)
    assert workbook.sheetnames == ["需修改3处", SHEET, GUIDE_SHEET, MARK_SHEET]
    assert workbook[MARK_SHEET].sheet_state == "veryHidden"
    sheet = workbook[SHEET]
    comment = sheet["G8"].comment.text
    assert "【该值未入库】“图书藏量”写的是“一千多本”,这里要填数字。" in comment
    assert "【请核对】“图书藏量”写的是“约9”" in comment
    colours = [colour(sheet[cell]) for cell in ("B10", "G8", "E9", "E8")]
    assert len(set(colours)) == 3  # row, value (twice), untouched
    assert colours[1] == colours[2]
    assert colours[3] is None
    assert sheet.freeze_panes == "C7"
    assert sheet["C9"].value == "440783117203"
    assert sheet["J10"].value is None


def test_list_in_front_is_grouped_and_linked(original: Path, answered: Answer) -> None:
    front: Any = load_workbook(answered(original, [NO_AREA, LOST_VILLAGE, BAD_BOOKS, ABOUT_BOOKS])).worksheets[0]
    assert front["A1"].value == FEEDBACK_TITLE
    text = sheet_texts(front)
    assert "直接放回收件箱" in text
    assert "不用删除批注和本页" in text
    assert "情况属实" in text
    assert DEMO_BANNER in text
    groups = [
        "整行未入库:1处(名录里没有这个村 1)",
        "该值未入库:2处(应填数字 1、必填项没有填 1)",
        "请核对:1处(请填实际数 1)",
    ]
    assert [line for line in text.split("\n") if line in groups] == groups
    listed = [[cell.value for cell in row] for row in front.iter_rows() if isinstance(row[0].value, int)]
    assert [(row[0], row[2], row[3]) for row in listed] == [
        (1, "B10", "东村"), (2, "G8", "一千多本"), (3, "E9", None), (4, "G8", "约9"),
    ]  # fmt: skip
    links = {cell.value: cell.hyperlink.location for row in front.iter_rows() for cell in row if cell.hyperlink}
    assert links == {"B10": "'基文01'!B10", "G8": "'基文01'!G8", "E9": "'基文01'!E9"}


def test_warnings_only_asks_for_an_explanation(original: Path, answered: Answer) -> None:
    path = answered(original, [ABOUT_BOOKS, NOTICE])
    assert path.name == "需说明1处_水口镇2026年3季度_第12号.xlsx"
    text = sheet_texts(load_workbook(path).worksheets[0])
    assert "可以入库的有15行" in text
    assert "怎么改:" not in text


def test_corrected_copy_reads_like_the_original(original: Path, answered: Answer, tmp_path: Path) -> None:
    marked = answered(original, [BAD_BOOKS, LOST_VILLAGE, NO_AREA])
    workbook = load_workbook(marked)
    workbook[SHEET]["G8"] = 1002
    workbook.save(tmp_path / "corrected.xlsx")
    before, after = readers.read(original, "a.xlsx"), readers.read(tmp_path / "corrected.xlsx", marked.name)
    mark = read_mark(after)
    own = [s for s in after.sheets if s.name != MARK_SHEET and not is_reference_sheet(s)]
    data = [s for s in own if not is_feedback_sheet(s, mark)]
    assert [sheet.name for sheet in data] == [SHEET]
    (mine,) = [sheet for sheet in before.sheets if sheet.name == SHEET]
    changed = {place for place in mine.cells | data[0].cells if mine.cells.get(place) != data[0].cells.get(place)}
    assert changed == {(8, 7)}
    assert data[0].cells[8, 7].value == 1002
    assert sorted(data[0].merged) == sorted(mine.merged)
    assert mark == {
        "form": "基文01", "edition": "2026", "unit": "440783117000", "period": "2026Q3",
        "submission": "12", "feedback_sheet": "需修改3处",
    }  # fmt: skip


def test_second_answer_replaces_the_marks_of_the_first(original: Path, answered: Answer, tmp_path: Path) -> None:
    """A corrected cell is no longer coloured, the old list is gone, the sender's own comments and colours stay."""
    workbook = load_workbook(original)
    workbook[SHEET]["G8"].comment = Comment("问过村里", "张三")
    workbook[SHEET]["F8"].fill = PatternFill("solid", fgColor="FF92D050")
    workbook.save(tmp_path / "own.xlsx")
    first = answered(tmp_path / "own.xlsx", [BAD_BOOKS, NO_AREA])
    comment: Any = load_workbook(first)[SHEET]["G8"].comment
    assert comment.text.startswith("问过村里\n")
    assert comment.author == "张三"
    second = answered(first, [NO_AREA], number=13, name=first.name)
    assert second.name == "需修改1处_水口镇2026年3季度_第13号.xlsx"
    workbook = load_workbook(second)
    sheet = workbook[SHEET]
    assert workbook.sheetnames == ["需修改1处", SHEET, GUIDE_SHEET, MARK_SHEET]
    assert sheet["G8"].comment.text == "问过村里"
    assert colour(sheet["G8"]) is None
    assert colour(sheet["F8"]) == "FF92D050"
    assert sheet["E9"].comment.text.count("没有填写") == 1
    assert read_mark(readers.read(second, "x.xlsx"))["submission"] == "13"


def test_results_of_formulas_survive(answered: Answer, tmp_path: Path) -> None:
    """openpyxl saves formulas without results; a copy dropped back unopened must still have its numbers."""
    results = {
        "=1+2": b"3",
        '="a"&"<b>"': b"a&lt;b&gt;",
        "=1/0": b"#DIV/0!",
        "=TRUE()": b"1",
        "=DATE(2026,9,30)": b"46295",
    }
    kinds = {'="a"&"<b>"': "str", "=1/0": "e", "=TRUE()": "b"}
    workbook = Workbook()
    sheet: Any = workbook.worksheets[0]
    for row, formula in enumerate([*results, "=9+9"], 1):
        sheet.cell(row, 1, formula)
    sheet["A5"].number_format = "yyyy-mm-dd"

    def calculate(part: str, content: bytes) -> bytes:
        for row, (formula, result) in enumerate(results.items(), 1):
            head = f'r="A{row}"'.encode()
            at = content.find(head)
            if part.endswith("sheet1.xml") and at >= 0:
                kind = f' t="{kinds[formula]}"'.encode() if formula in kinds else b""
                end = content.index(b"<v", at)
                close = content.index(b"</c>", end)
                content = (
                    content[:at]
                    + head
                    + kind
                    + content[at + len(head) : end]
                    + b"<v>"
                    + result
                    + b"</v>"
                    + content[close:]
                )
        return content

    save(workbook, tmp_path / "f.xlsx", calculate)
    before = readers.read(tmp_path / "f.xlsx", "f.xlsx")
    assert [cell.value for cell in before.sheets[0].cells.values()][:4] == [3, "a<b>", "#DIV/0!", True]
    name = before.sheets[0].name
    marked = answered(tmp_path / "f.xlsx", [Finding("formula_uncalculated", name, 6, 1, params={"label": "图书藏量"})])
    after = readers.read(marked, marked.name)
    assert after.sheets[1].cells == before.sheets[0].cells
    assert load_workbook(marked)[name]["A1"].value == "=1+2"


def test_finding_in_a_merged_range_shows_at_its_first_cell(original: Path, answered: Answer) -> None:
    path = answered(original, [Finding("unit_code_differs", SHEET, 4, 8, raw="1", params={"town": "a", "code": "b"})])
    sheet: Any = load_workbook(path)[SHEET]
    assert sheet["G4"].comment is not None
    assert "统一编码" in sheet["G4"].value


def test_only_the_list_is_selected(original: Path, answered: Answer) -> None:
    """Sheets left selected together would all be edited at once."""
    workbook = load_workbook(answered(original, [BAD_BOOKS]))
    assert workbook.active is not None
    assert workbook.active.title == "需修改1处"
    assert [sheet.sheet_view.tabSelected for sheet in workbook.worksheets] == [True, False, False, False]


@pytest.mark.parametrize(
    "part",
    [
        "xl/media/image1.png", "xl/drawings/drawing1.xml", "xl/charts/chart1.xml", "XL/Diagrams/data1.xml",
        "xl/ctrlProps/ctrlProp1.xml", "xl/activeX/activeX1.bin", "xl/embeddings/oleObject1.bin",
    ],
)  # fmt: skip
def test_dropped_pictures_are_confessed(part: str, original: Path, answered: Answer, tmp_path: Path) -> None:
    with_picture = tmp_path / "picture.xlsx"
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(with_picture, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr(part, b"\x89PNG")
    assert "没有保留;原件已完整存档" in sheet_texts(load_workbook(answered(with_picture, [BAD_BOOKS])).worksheets[0])
    assert "图片" not in sheet_texts(load_workbook(answered(original, [BAD_BOOKS], number=13)).worksheets[0])


def test_template_period_in_dispute_is_emptied(original: Path, answered: Answer) -> None:
    """The sender can correct the title but not a hidden mark, which would hold the file for ever."""
    path = answered(original, [Finding("period_conflict", params={"places": "…"})], outcome="quarantine_file")
    mark = read_mark(readers.read(path, path.name))
    assert "period" not in mark
    assert mark["unit"] == "440783117000"


def test_list_stops_at_300_and_counts_the_rest(original: Path, answered: Answer) -> None:
    many = [
        Finding("required_missing", SHEET, 7 + n % 15, 5 + n % 8, params={"label": "x"}) for n in range(LISTED + 45)
    ]
    path = answered(original, many)
    assert path.name.startswith("需修改345处_")
    front: Any = load_workbook(path).worksheets[0]
    assert sum(isinstance(row[0].value, int) for row in front.iter_rows()) == LISTED
    assert "还有45处没有列出(该值未入库 45处)" in sheet_texts(front)


def test_where_comments_stop_is_said(original: Path, answered: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "COMMENTED", 2)
    workbook = load_workbook(answered(original, [BAD_BOOKS, NO_AREA, LOST_VILLAGE]))
    assert [cell for cell in ("B10", "G8", "E9") if workbook[SHEET][cell].comment] == ["B10", "G8"]
    assert colour(workbook[SHEET]["E9"]) is not None
    assert "只有前2个加了批注" in sheet_texts(workbook.worksheets[0])


def test_a_verdict_in_words_is_grouped_like_the_list() -> None:
    """What `wentong check` prints."""
    verdict = Judgement("水口镇.xlsx", "ab" * 32, "load", "基文01", period="2026Q3", unit="440783117000")
    verdict.rows = [Row(SHEET, 7), Row(SHEET, 10, "quarantine")]
    verdict.findings = [NOTICE, ABOUT_BOOKS, BAD_BOOKS, LOST_VILLAGE, NO_AREA]
    assert answers.verdict_text("水口镇.xlsx", verdict).split("\n") == [
        "水口镇.xlsx",
        "  基文01 基层综合性文化服务中心情况季报  2026年第3季度  440783117000",
        "  结果:通过检查、可以入库的有1行,没有入库的有1行,没有入库的数值有2个。",
        "  整行未入库:1处(名录里没有这个村 1)",
        f"  1. 【整行未入库】基文01!B10:{LOST_VILLAGE.message}{LOST_VILLAGE.fix}",
        "  该值未入库:2处(应填数字 1、必填项没有填 1)",
        f"  2. 【该值未入库】基文01!G8:{BAD_BOOKS.message}{BAD_BOOKS.fix}",
        f"  3. 【该值未入库】基文01!E9:{NO_AREA.message}{NO_AREA.fix}",
        "  请核对:1处(请填实际数 1)",
        f"  4. 【请核对】基文01!G8:{ABOUT_BOOKS.message}{ABOUT_BOOKS.fix}",
        "  提示:1处(与上次相同 1)",
        f"  5. 【提示】整个文件:{NOTICE.message}{NOTICE.fix}",
    ]


def test_a_long_verdict_in_words_lists_300_and_counts_the_rest() -> None:
    verdict = Judgement("水口镇.xlsx", "ab" * 32, "load")
    verdict.findings = [Finding("village_missing", SHEET, n) for n in range(1, LISTED + 1)] + [NO_AREA, ABOUT_BOOKS] * 5
    lines = answers.verdict_text("水口镇.xlsx", verdict).split("\n")
    assert sum("【整行未入库】" in line for line in lines) == LISTED
    assert lines[-1] == "  还有10处没有列出(该值未入库 5处、请核对 5处),请先改正以上各处。"
    assert len(lines) == LISTED + 4


HOSTILE = '=HYPERLINK("http://x","y")'


def test_what_senders_wrote_is_never_a_formula(original: Path, answered: Answer) -> None:
    raws = (HOSTILE, "+1", "-1", "@SUM(A1)", "a\x01b\ud800", "_x0041_")
    findings = [
        Finding("number_expected", SHEET, 8 + n, 7, raw=r, params={"label": r, "example": "1"})
        for n, r in enumerate(raws)
    ]
    path = answered(original, findings)
    front: Any = load_workbook(path).worksheets[0]
    cells = [cell for row in front.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert HOSTILE in [cell.value for cell in cells]
    seen = [cell.raw for cell in readers.read(path, path.name).sheets[0].cells.values()]
    assert "_x0041_" in seen
    assert "a\ufffdb\ufffd" in seen


def test_every_finding_type_can_be_answered(original: Path, answered: Answer) -> None:
    """Also with placeholders that nobody filled in."""
    path = answered(original, [Finding(code, SHEET, 7, 2) for code in finding_types()], outcome="reject")
    assert load_workbook(path)[SHEET]["B7"].comment is not None


# -- copies of the cells ---------------------------------------------------------------------------------------------


def text_book(format: str = "csv", name: str = "") -> grid.Book:
    cells = {
        (1, 1): grid.Cell("村名", "text", "村名"), (1, 2): grid.Cell("图书藏量\n(册)", "text", "图书藏量\n(册)"),
        (3, 1): grid.Cell("=cmd|' /C calc'!A0", "text", "=cmd|' /C calc'!A0"), (3, 2): grid.Cell(12.5, "number", "12.5"),
        (4, 1): grid.Cell("#N/A", "text", "#N/A"), (4, 2): grid.Cell("#N/A", "error", "#N/A"),
        (5, 1): grid.Cell(date(2026, 9, 30), "date", "2026-09-30"), (5, 2): grid.Cell(None, "uncalculated", "=A1", True),
        (6, 1): grid.Cell(True, "boolean", "TRUE"), (6, 2): grid.Cell("440783117001", "text", "440783117001"),
    }  # fmt: skip
    return grid.Book(format, [grid.Sheet(name, cells, merged=[(1, 3, 2, 4), (3, 1, 3, 2)], hidden_rows={4})])


def same_kind(cells: Mapping[tuple[int, int], grid.Cell]) -> dict[tuple[int, int], tuple[str, str]]:
    return {place: (cell.kind, cell.raw) for place, cell in cells.items()}


def test_other_formats_come_back_as_xlsx_of_the_same_cells(answered: Answer, tmp_path: Path) -> None:
    book = text_book()
    (tmp_path / "a.csv").write_bytes(b"x")
    path = answered(
        tmp_path / "a.csv",
        [Finding("number_expected", "", 3, 2, raw="x", params={"label": "图书", "example": "1"})],
        book=book,
        name="水口.csv",
    )
    assert path.name == "需修改1处_水口_第12号.xlsx"
    again = readers.read(path, path.name)
    assert [sheet.name for sheet in again.sheets] == ["需修改1处", "数据", MARK_SHEET]
    expected = same_kind(book.sheets[0].cells) | {(5, 2): ("text", "=A1")}
    assert same_kind(again.sheets[1].cells) == expected
    assert again.sheets[1].merged == [(1, 3, 2, 4)]  # merging the other would hide a value
    assert again.sheets[1].hidden_rows == {4}
    assert "原件已完整存档" in sheet_texts(load_workbook(path).worksheets[0])
    assert load_workbook(path)["数据"]["B3"].comment is not None


@pytest.mark.parametrize("name", ["Sheet", "a" * 40, "a/b:c*?[d]", "需修改1处", "'x'", "history", "文统标记2"])
def test_any_sheet_name_can_be_copied(name: str, answered: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.ods").write_bytes(b"x")
    book = grid.Book("ods", [*text_book("ods", name).sheets, *text_book("ods", "第二张").sheets])
    path = answered(tmp_path / "a.ods", [Finding("hidden_row", name, 4)], book=book)
    assert len(load_workbook(path).sheetnames) == 4


def test_workbook_that_openpyxl_cannot_open_is_copied(answered: Answer, tmp_path: Path) -> None:
    (tmp_path / "odd.xlsx").write_bytes(b"PK\x03\x04 not really")
    book = text_book("xlsx", "表")
    path = answered(tmp_path / "odd.xlsx", [Finding("hidden_row", "表", 4)], book=book)
    assert load_workbook(path).sheetnames == ["需说明1处", "表", MARK_SHEET]


def test_workbook_that_openpyxl_reads_otherwise_is_copied(original: Path, answered: Answer) -> None:
    book = readers.read(original, "a.xlsx")
    (sheet,) = [sheet for sheet in book.sheets if sheet.name == SHEET]
    sheet.cells[40, 3] = grid.Cell("我们读到而 openpyxl 没有读到的", "text", "我们读到而 openpyxl 没有读到的")
    marked: Any = load_workbook(answered(original, [BAD_BOOKS], book=book))
    assert marked[SHEET]["C40"].value == "我们读到而 openpyxl 没有读到的"
    assert "字体、边框等格式可能没有保留" in sheet_texts(marked.worksheets[0])


def test_more_cells_than_a_copy_can_hold_are_answered_in_words(answered: Answer, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    book = grid.Book("csv", [grid.Sheet("", {(2_000_000, 1): grid.Cell("x", "text", "x")})])
    path = answered(tmp_path / "a.csv", [Finding("hidden_row", "", 2_000_000)], book=book, name="大.csv")
    assert path.suffix == ".txt"
    assert "第2000000行" in path.read_text("utf-8-sig")


def test_old_mark_and_list_of_a_copied_workbook_are_renewed(answered: Answer, tmp_path: Path) -> None:
    """A marked copy saved as .xls: its list is not copied, its mark is kept."""
    front = grid.Sheet("需修改9处", {(1, 1): grid.Cell(FEEDBACK_TITLE, "text", FEEDBACK_TITLE)})
    pairs = (("form", "基文01"), ("submission", "3"))
    mark = {(r, c): grid.Cell(t, "text", t) for r, pair in enumerate(pairs, 1) for c, t in enumerate(pair, 1)}
    book = grid.Book("xls", [front, *text_book("xls", "表").sheets, grid.Sheet(MARK_SHEET, mark, visible=False)])
    (tmp_path / "a.xls").write_bytes(b"x")
    path = answered(tmp_path / "a.xls", [Finding("hidden_row", "表", 4)], book=book)
    assert load_workbook(path).sheetnames == ["需说明1处", "表", MARK_SHEET]
    assert read_mark(readers.read(path, path.name)) == {
        "form": "基文01",
        "submission": "12",
        "feedback_sheet": "需说明1处",
    }


# -- marks and names -------------------------------------------------------------------------------------------------


def first_cell(name: str, text: str) -> grid.Sheet:
    return grid.Sheet(name, {(1, 1): grid.Cell(text, "text", text)})


@pytest.mark.parametrize(
    ("sheet", "mark", "expected"),
    [
        (first_cell("需修改3处", FEEDBACK_TITLE), {}, True),
        (first_cell("改名了", FEEDBACK_TITLE), {}, True),
        (first_cell("需修改3处", "挪动过"), {"feedback_sheet": "需修改3处"}, True),
        (first_cell("需修改3处", "水口镇报表"), {}, False),
        (first_cell("Sheet1", "水口镇报表"), {"feedback_sheet": "Sheet1"}, False),
        (grid.Sheet("空"), {}, False),
    ],
)
def test_feedback_sheet_is_known(sheet: grid.Sheet, mark: dict[str, str], expected: bool) -> None:
    assert is_feedback_sheet(sheet, mark) is expected


def test_mark_keeps_what_is_there(tmp_path: Path) -> None:
    workbook = Workbook()
    write_mark(workbook, {"form": "基文01", "unit": "440783117000"})
    write_mark(workbook, {"submission": "5", "unit": ""})
    workbook.save(tmp_path / "m.xlsx")
    assert read_mark(readers.read(tmp_path / "m.xlsx", "m.xlsx")) == {"form": "基文01", "submission": "5"}


def test_answers_never_overwrite(original: Path, answered: Answer) -> None:
    first = answered(original, [BAD_BOOKS])
    assert answered(original, [BAD_BOOKS]) == first  # a second run finds its answer there
    first.write_bytes(b"the sender is working on it")
    second = answered(original, [BAD_BOOKS])
    assert second.name == "需修改1处_水口镇2026年3季度_第12号(2).xlsx"
    assert first.read_bytes() == b"the sender is working on it"
    assert {path.suffix for path in first.parent.iterdir()} == {".xlsx"}


def test_a_folder_that_cannot_be_written_is_said_in_one_sentence(
    original: Path, answered: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(archive, "_create", refuse)
    with pytest.raises(EnvironmentProblem, match=r"Cannot write answers to .*/回执: Read-only file system\."):
        answered(original, [BAD_BOOKS])
    monkeypatch.undo()
    assert list((tmp_path / "回执").iterdir()) == []
    (tmp_path / "回执").rmdir()
    (tmp_path / "回执").write_bytes(b"a file where the folder should be")
    with pytest.raises(EnvironmentProblem, match=r"Cannot write answers to .*/回执: "):
        answered(original, [BAD_BOOKS])


def test_an_answer_is_not_written_through_a_link(original: Path, tmp_path: Path) -> None:
    share, outside = tmp_path / "share", tmp_path / "outside"
    for folder in (share / "回执", outside):
        folder.mkdir(parents=True)
    (share / "回执/水口镇").symlink_to(outside)
    verdict = Judgement("a.xlsx", "ab" * 32, "reject")
    give = partial(answer, original, None, verdict, 12, NOW, file_name="a.xlsx", share=share)
    with pytest.raises(EnvironmentProblem, match="回执/水口镇: a link leads out of the shared folder"):
        give(out_dir=share / "回执/水口镇")
    (share / "回执/需重新报送_a_第12号.txt").symlink_to(outside / "planted")
    assert give(out_dir=share / "回执").name == "需重新报送_a_第12号(2).txt"
    assert list(outside.iterdir()) == []
    with pytest.raises(EnvironmentProblem, match="No such file or directory"):
        answer(original, None, verdict, 12, NOW, tmp_path / "none/回执", "a.xlsx", share=tmp_path / "none")
    assert not (tmp_path / "none").exists(), "a share that is not there is not made up"


@pytest.mark.parametrize(
    "name",
    [
        'a<b>:"c|d?*.xlsx',
        "村" * 200 + "2026年3季度.xlsx",
        "..\\..\\x.xlsx",
        "../../x.xlsx",
        "尾点. .xlsx",
        ".xlsx",
        "\udcff.xlsx",
        "a\nb",
    ],
)
def test_names_are_safe_on_windows_and_linux(name: str, original: Path, answered: Answer, tmp_path: Path) -> None:
    for findings in ([], [BAD_BOOKS]):
        path = answered(original, findings, name=name, book=readers.read(original, "x.xlsx"))
        assert path.parent == tmp_path / "回执"
        assert len(path.name) <= 120
        assert len(path.name.encode()) <= 240
        assert not set(path.name) & set('<>:"/\\|?*\n')


def test_long_names_keep_their_end(original: Path, answered: Answer) -> None:
    """The end of a name often tells the period."""
    path = answered(original, [BAD_BOOKS], name="村" * 200 + "2026年3季度.xlsx")
    assert path.name.endswith("2026年3季度_第12号.xlsx")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("需修改3处_水口镇2026年3季度_第12号.xlsx", "水口镇2026年3季度"),
        ("需修改1处_需修改3处_水口_第12号_第13号(2).xlsx", "水口"),
        ("需重新报送_水口_第1号.txt", "水口"),
        ("水口_回执_第1号.txt", "水口"),
        ("水口.2026.xls", "水口.2026"),
        (".xlsx", ".xlsx"),
    ],
)
def test_plain_name(name: str, plain: str) -> None:
    assert plain_name(name) == plain
