"""Every format a town office sends, read into the same grid; everything else refused with the right answer."""

import contextlib
import io
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import spreadsheet_files as build
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from wentong import readers
from wentong.findings import column_letters
from wentong.grid import Book, Cell, Sheet, Unreadable
from wentong.readers import read
from wentong.workers import Pool


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Book]:
    def load(content: bytes | str, name: str = "报表.xlsx") -> Book:
        path = tmp_path / "content"  # the name must not matter
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, name)

    return load


Load = Callable[..., Book]


def seen(sheet: Sheet) -> dict[str, Any]:
    """Address -> value; errors and uncalculated formulas as their kind and raw text."""
    return {
        f"{column_letters(column)}{row}": f"{cell.kind} {cell.raw}".strip()
        if cell.kind in ("error", "uncalculated")
        else cell.value
        for (row, column), cell in sheet.cells.items()
    }


def only(book: Book) -> dict[str, Any]:
    assert len(book.sheets) == 1
    return seen(book.sheets[0])


def refusal(load: Load, content: bytes | str, name: str = "报表.xlsx") -> tuple[str, dict[str, str]]:
    with pytest.raises(Unreadable) as caught:
        load(content, name)
    return caught.value.code, caught.value.params


# --- xlsx -------------------------------------------------------------------------------------------------------------


def test_a_workbook_as_openpyxl_writes_it(load: Load) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "水口镇 "
    sheet["A1"] = "开平市2026年3季度"
    sheet.merge_cells("A1:C1")
    for row in (["序号", "村名", "面积\n(㎡)"], [1, "泮村", 120.5], [2, "  ", None], [True, date(2018, 3, 5), "=A2*2"]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    for state in ("hidden", "veryHidden"):
        workbook.create_sheet(state).sheet_state = state
    stream = io.BytesIO()
    workbook.save(stream)

    book = load(stream.getvalue())

    assert (book.format, book.notices) == ("xlsx", [])
    first = book.sheets[0]
    assert seen(first) == {
        "A1": "开平市2026年3季度",
        "A2": "序号", "B2": "村名", "C2": "面积\n(㎡)",
        "A3": 1, "B3": "泮村", "C3": 120.5,
        "A4": 2,
        "A5": True, "B5": date(2018, 3, 5), "C5": "uncalculated",
    }  # fmt: skip
    assert first.cells[5, 3] == Cell(None, "uncalculated", "", True)
    assert (first.name, first.merged, first.hidden_rows, first.hidden_columns) == ("水口镇 ", [(1, 1, 1, 3)], {3}, {2})
    assert [(sheet.name, sheet.visible) for sheet in book.sheets] == [
        ("水口镇 ", True), ("hidden", False), ("veryHidden", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<c><v>35</v></c>", Cell(35, "number", "35")),
        ("<c><v>-5</v></c>", Cell(-5, "number", "-5")),
        ("<c><v>0.30000000000000004</v></c>", Cell(0.3, "number", "0.3")),
        ("<c><v>35.0</v></c>", Cell(35, "number", "35")),
        ("<c><v>4.40783113001E+11</v></c>", Cell(440783113001, "number", "440783113001")),
        ("<c><v>4.40783199001011E+17</v></c>", Cell(4.40783199001011e17, "number", "4.40783199001011E+17")),
        ("<c><v> 12 </v></c>", Cell(12, "number", "12")),
        ("<c><v>１２</v></c>", Cell("１２", "text", "１２")),
        ("<c><v>nan</v></c>", Cell("nan", "text", "nan")),
        ("<c><v>1_000</v></c>", Cell("1_000", "text", "1_000")),
        ('<c t="b"><v>1</v></c>', Cell(True, "boolean", "TRUE")),
        ('<c t="e"><v>#REF!</v></c>', Cell("#REF!", "error", "#REF!")),
        ('<c t="e"><f>A9</f><v>#N/A</v></c>', Cell("#N/A", "error", "#N/A", True)),
        ("<c><f>1+1</f><v>2</v></c>", Cell(2, "number", "2", True)),
        ("<c><f>1+1</f></c>", Cell(None, "uncalculated", "", True)),
        ("<c><f>1+1</f><v/></c>", Cell(None, "uncalculated", "", True)),
        ('<c t="str"><f>A9</f></c>', Cell(None, "uncalculated", "", True)),
        ('<c t="str"><f>A9</f><v>建成</v></c>', Cell("建成", "text", "建成", True)),
        ('<c t="str"><f>A9</f><v></v></c>', None),
        ("<c><v></v></c>", None),
        ('<c s="1"/>', None),
        ('<c t="inlineStr"><is><t>行内</t></is></c>', Cell("行内", "text", "行内")),
        (
            '<c t="inlineStr"><is><r><t>一</t></r><r><t>二</t></r><rPh><t>yi</t></rPh></is></c>',
            Cell("一二", "text", "一二"),
        ),
        ('<c t="s"><v>0</v></c>', Cell("共享", "text", "共享")),
        ('<c t="s"><v>1</v></c>', Cell("两段", "text", "两段")),
        ('<c t="s"><v>2</v></c>', Cell("上\n下", "text", "上\n下")),
        ('<c t="s"><v>3</v></c>', Cell("_x000D_", "text", "_x000D_")),
        ('<c t="s"><v>4</v></c>', Cell("😀\ufffd", "text", "😀\ufffd")),
        ('<c t="s"><v>5</v></c>', None),
        ('<c t="d"><v>2018-03-05T00:00:00.000Z</v></c>', Cell(date(2018, 3, 5), "date", "2018-03-05")),
        (
            '<c t="d"><v>2018-03-05T08:30:00</v></c>',
            Cell(datetime.combine(date(2018, 3, 5), time(8, 30)), "date", "2018-03-05 08:30:00"),
        ),
        ('<c t="d"><v>建成</v></c>', Cell("建成", "text", "建成")),
    ],
)
def test_a_cell_of_xlsx(load: Load, cell: str, expected: Cell | None) -> None:
    strings = (
        "<si><t>共享</t></si><si><r><t>两</t></r><r><t>段</t></r><rPh><t>liang</t></rPh></si><si><t>上_x000D_\n下</t></si>"
        "<si><t>_x005F_x000D_</t></si><si><t>_xD83D__xDE00__x0000_</t></si><si><t>　 </t></si>"
    )
    book = load(build.xlsx(f'<row r="1">{cell}</row>', strings=strings, styles=[0, 14]))
    assert book.sheets[0].cells.get((1, 1)) == expected


@pytest.mark.parametrize(
    ("format", "serial", "expected"),
    [
        (14, "43164", date(2018, 3, 5)),
        (31, "43164", date(2018, 3, 5)),
        (57, "43164", date(2018, 3, 5)),
        ("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", "43164", date(2018, 3, 5)),
        ("yyyy年m月", "43164", date(2018, 3, 5)),
        ("[DBNum1][$-804]yyyy&quot;年&quot;m&quot;月&quot;;@", "43164", date(2018, 3, 5)),
        ("e/m/d", "43164", date(2018, 3, 5)),
        ("yyyy/m/d h:mm", "43164.354166666664", datetime.combine(date(2018, 3, 5), time(8, 30))),
        ("yyyy/m/d", "43164.99999999", date(2018, 3, 6)),
        ("h:mm:ss", "0.354166666666667", time(8, 30)),
        ("mm:ss.0", "0.0005", time(0, 0, 43)),
        ("[h]:mm", "2.3333333333333335", "56:00:00"),
        ("yyyy/m/d", "1", date(1900, 1, 1)),
        ("yyyy/m/d", "60", "1900-02-29"),
        ("yyyy/m/d", "61", date(1900, 3, 1)),
        ("yyyy/m/d", "-1", "error ########"),
        ("yyyy/m/d", "440783113001", "error ########"),
        ("0&quot;册&quot;", "43164", 43164),
        ("#,##0.00_ ", "43164", 43164),
        ("0.00E+00", "43164", 43164),
        ("General", "43164", 43164),
        ("G/通用格式", "43164", 43164),
        ("G/通用格式&quot;册&quot;", "43164", 43164),
        ("[Red]0;[Blue]-0", "43164", 43164),
        ("0\\d", "43164", 43164),
        ("@", "43164", 43164),
        (9, "0.95", 0.95),
        (49, "43164", 43164),
    ],
)
def test_a_number_format_makes_a_date(load: Load, format: int | str, serial: str, expected: object) -> None:
    number = format if isinstance(format, int) else 176
    formats = {176: format} if isinstance(format, str) else {}
    book = load(build.xlsx(f'<row><c s="1"><v>{serial}</v></c></row>', formats=formats, styles=[0, number]))
    assert only(book) == {"A1": expected}


def test_the_1904_calendar(load: Load) -> None:
    parts = {"styles": [0, 14], "workbook": '<workbookPr date1904="1"/>'}
    assert only(load(build.xlsx('<row><c s="1"><v>41702</v></c></row>', **parts))) == {"A1": date(2018, 3, 5)}


def test_placeholder_results_of_formulas_are_not_values(load: Load) -> None:
    """Libraries write 0 for what they cannot calculate, and ask for a calculation on loading."""
    rows = "<row><c><f>A9</f><v>0</v></c><c><f>B9</f><v>7</v></c><c><v>0</v></c></row>"
    stale = load(build.xlsx(rows, workbook='<calcPr fullCalcOnLoad="1"/>'))
    assert only(stale) == {"A1": "uncalculated", "B1": 7, "C1": 0}
    assert only(load(build.xlsx(rows))) == {"A1": 0, "B1": 7, "C1": 0}


def test_addresses_may_be_missing_or_anywhere(load: Load) -> None:
    book = load(
        build.xlsx(
            "<row><c><v>1</v></c><c/><c><v>2</v></c></row>",
            '<row r="5"><c r="D5"><v>3</v></c><c><v>4</v></c></row>',
            '<row><c r="b6"><v>5</v></c></row>',
            '<row r="1048576"><c r="XFD1048576"><v>6</v></c></row>',
        )
    )
    assert only(book) == {"A1": 1, "C1": 2, "D5": 3, "E5": 4, "B6": 5, "XFD1048576": 6}


def test_what_a_merged_cell_covers_is_not_seen(load: Load) -> None:
    rows = ["<row><c><v>1</v></c><c><v>2</v></c></row>", "<row><c><v>3</v></c><c><v>4</v></c></row>"]
    book = load(
        build.xlsx(*rows, after='<mergeCells><mergeCell ref="$A$1:A2"/><mergeCell ref="C1:XFD9"/></mergeCells>')
    )
    assert only(book) == {"A1": 1, "B1": 2, "B2": 4}
    assert book.sheets[0].merged == [(1, 1, 2, 1), (1, 3, 9, 16384)]


def test_hidden_rows_and_columns_end_with_the_used_area(load: Load) -> None:
    columns = '<cols><col min="2" max="2" width="0"/><col min="3" max="16384" hidden="1"/></cols>'
    rows = [
        '<row r="1" hidden="1"><c><v>1</v></c></row>',
        '<row r="2"><c r="C2"><v>1</v></c></row>',
        '<row r="9" hidden="1"/>',
    ]
    sheet = load(build.xlsx(*rows, before=columns)).sheets[0]
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({1}, {2, 3})


def test_strict_ooxml(load: Load) -> None:
    row = '<row r="1"><c r="A1" t="d" s="1"><v>2018-03-05</v></c><c r="B1" t="s"><v>0</v></c></row>'
    options = {"strings": "<si><t>建成</t></si>", "main": build.STRICT_MAIN, "base": build.STRICT_RELATIONS}
    assert only(load(build.xlsx(row, **options))) == {"A1": date(2018, 3, 5), "B1": "建成"}


@pytest.mark.parametrize(
    "rename",
    [str.upper, str.lower, lambda name: name.replace("/", "\\"), lambda name: "/" + name],
    ids=["upper case", "lower case", "backslashes", "leading slash"],
)
def test_odd_names_of_parts(load: Load, rename: Callable[[str], str]) -> None:
    parts = build.xlsx_parts("<row><c><v>1</v></c></row>")
    renamed = {rename(name): content for name, content in reversed(parts.items())}
    assert only(load(build.zipped(renamed))) == {"A1": 1}


def test_namespace_prefixes_and_byte_order_marks(load: Load) -> None:
    parts = build.xlsx_parts()
    parts["xl/worksheets/sheet1.xml"] = (
        f'\ufeff<?xml version="1.0"?><x:worksheet xmlns:x="{build.MAIN}"><x:sheetData><x:row r="2">'
        '<x:c r="B2"><x:v>7</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert only(load(build.zipped(parts))) == {"B2": 7}


def test_chart_sheets_are_no_sheets_and_modules_none_either(load: Load) -> None:
    parts = build.xlsx_parts("<row><c><v>1</v></c></row>")
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        "</sheets>", '<sheet name="图" sheetId="2" r:id="rId9"/><sheet name="模块" sheetId="3" r:id=""/></sheets>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        parts["xl/_rels/workbook.xml.rels"]
        .replace("/styles", "/styles")
        .replace(
            "</Relationships>",
            f'<Relationship Id="rId9" Type="{build.RELATIONS}/chartsheet" Target="c.xml"/></Relationships>',
        )
    )
    assert [sheet.name for sheet in load(build.zipped(parts)).sheets] == ["表一"]


def test_macros_are_ignored_with_a_notice(load: Load) -> None:
    parts = build.xlsx_parts("<row><c><v>1</v></c></row>")
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="rId9" Type="{build.RELATIONS}/vbaProject" Target="vba.bin"/></Relationships>',
    )
    book = load(build.zipped(parts), "报表.xlsm")
    assert (book.format, book.notices) == ("xlsm", ["macros_ignored"])


# --- xls --------------------------------------------------------------------------------------------------------------


def text_result() -> bytes:
    return b"\x00\0\0\0\0\0\xff\xff"


def test_a_workbook_of_excel_97(load: Load) -> None:
    strings = (
        struct.pack("<II", 2, 2)
        + struct.pack("<HB", 2, 1)
        + "泮村".encode("utf-16-le")
        + struct.pack("<HB", 2, 0)
        + b"ab"
    )
    cells = [
        build.label(0, 0, "标题"),
        build.record(0xFD, struct.pack("<HHHI", 1, 0, 0, 0)),
        build.record(0xFD, struct.pack("<HHHI", 1, 1, 0, 1)),
        build.number(1, 2, 0.1 + 0.2),
        build.number(1, 3, 43164, style=1),
        build.record(0x27E, struct.pack("<HHHi", 1, 4, 0, 12345 << 2 | 3)),
        build.record(0xBD, struct.pack("<HHHiHiH", 2, 1, 0, 7 << 2 | 2, 1, 43164 << 2 | 2, 2)),
        build.record(0x205, struct.pack("<HHHBB", 3, 0, 0, 1, 0)),
        build.record(0x205, struct.pack("<HHHBB", 3, 1, 0, 0x17, 1)),
        build.formula(4, 0, struct.pack("<d", 2.0)),
        build.formula(4, 1, text_result()),
        build.record(0x207, struct.pack("<HB", 2, 1) + "建".encode("utf-16-le")),
        build.record(0x3C, b"\x01" + "成".encode("utf-16-le")),
        build.formula(4, 2, b"\x02\0\x2a\0\0\0\xff\xff"),
        build.formula(4, 3, b"\x03\0\0\0\0\0\xff\xff"),
        build.formula(4, 4, struct.pack("<d", 0.0)),
        build.formula(4, 5, struct.pack("<d", 0.0), flags=2),
        build.record(0x208, struct.pack("<HHHHHHI", 2, 0, 9, 255, 0, 0, 0x20)),
        build.record(0x7D, struct.pack("<HHHHH", 3, 4, 2048, 0, 1)),
        build.record(0xE5, struct.pack("<HHHHH", 1, 0, 0, 0, 2)),
    ]
    book = load(build.xls(*cells, extra=build.record(0xFC, strings)), "报表.et")
    assert (book.format, book.notices) == ("xls", [])
    assert only(book) == {
        "A1": "标题",
        "A2": "泮村", "B2": "ab", "C2": 0.3, "D2": date(2018, 3, 5), "E2": 123.45,
        "B3": 7, "C3": date(2018, 3, 5),
        "A4": True, "B4": "error #REF!",
        "A5": 2, "B5": "建成", "C5": "error #N/A", "E5": 0, "F5": "uncalculated",
    }  # fmt: skip
    assert {at for at, cell in book.sheets[0].cells.items() if cell.formula} == {(5, 1), (5, 2), (5, 3), (5, 5), (5, 6)}
    sheet = book.sheets[0]
    assert (sheet.merged, sheet.hidden_rows, sheet.hidden_columns) == ([(1, 1, 1, 3)], {3}, {4, 5})


def test_a_string_cut_between_records(load: Load) -> None:
    """The second part may be of another width than the first."""
    table = struct.pack("<II", 2, 2) + struct.pack("<HB", 3, 1) + "泮村".encode("utf-16-le")
    rest = b"\x00a" + struct.pack("<HB", 1, 0) + b"b"
    cells = [build.record(0xFD, struct.pack("<HHHI", 0, column, 0, column)) for column in (0, 1)]
    extra = build.record(0xFC, table) + build.record(0x3C, rest)
    assert only(load(build.xls(*cells, extra=extra))) == {"A1": "泮村a", "B1": "b"}


def test_never_calculated_formulas_of_a_library_without_summary(load: Load) -> None:
    cells = [build.label(0, 0, "x"), build.formula(0, 1, b"\x03\0\0\0\0\0\xff\xff")]
    assert only(load(build.container({"Workbook": build.xls_stream(*cells)}))) == {"A1": "x", "B1": "uncalculated"}


def test_excel_95_in_chinese_is_read_and_other_code_pages_refused(load: Load) -> None:
    def excel95(encoding: str, code_page: int | None) -> bytes:
        cells = [build.label(0, 0, "水口镇", encoding), build.number(0, 1, 35)]
        stream = build.xls_stream(*cells, version=0x0500, code_page=code_page, name="表一".encode(encoding))
        return build.container({"Book": stream})

    book = load(excel95("gbk", 936), "报表.xls")
    assert only(book) == {"A1": "水口镇", "B1": 35}
    assert book.sheets[0].name == "表一"
    for encoding, code_page in [("gbk", 1252), ("gbk", None)]:
        assert refusal(load, excel95(encoding, code_page)) == ("old_format", {})
    torn = build.xls_stream(
        build.record(0x204, struct.pack("<HHHH", 0, 0, 0, 1) + b"\xcb"), version=0x0500, code_page=936
    )
    assert refusal(load, build.container({"Book": torn})) == ("old_format", {})


@pytest.mark.parametrize("start", ["09000400020010", "090206000000100000", "090406000000100000"], ids=["2", "3", "4"])
def test_excel_before_version_5_is_refused(load: Load, start: str) -> None:
    assert refusal(load, bytes.fromhex(start) + bytes(500)) == ("old_format", {})


def test_password_protected_xls_is_refused_also_with_the_default_password(load: Load) -> None:
    assert refusal(load, build.xls(extra=build.record(0x2F, bytes(54)))) == ("encrypted_file", {})


def test_macros_in_xls(load: Load) -> None:
    streams = {"Workbook": build.xls_stream(build.label(0, 0, "x")), "_VBA_PROJECT_CUR": b"-"}
    assert load(build.container(streams), "报表.xls").notices == ["macros_ignored"]


# --- xlsb -------------------------------------------------------------------------------------------------------------


def test_a_binary_workbook(load: Load) -> None:
    def at(column: int, style: int = 0) -> bytes:
        return struct.pack("<II", column, style)

    row = build.binary_record(0, struct.pack("<IIHBB4x", 0, 0, 300, 0, 0))
    hidden = build.binary_record(0, struct.pack("<IIHBB4x", 2, 0, 300, 0, 0x10))
    rest = struct.pack("<HI", 0, 0)
    records = [
        row,
        build.binary_record(7, at(0) + struct.pack("<I", 0)),
        build.binary_record(2, at(1) + struct.pack("<i", 35 << 2 | 2)),
        build.binary_record(5, at(2) + struct.pack("<d", 0.1 + 0.2)),
        build.binary_record(5, at(3, 1) + struct.pack("<d", 43164)),
        build.binary_record(4, at(4) + b"\1"),
        build.binary_record(3, at(5) + b"\x17"),
        build.binary_record(6, at(6) + build.wide("行内")),
        build.binary_record(1, at(7)),
        hidden,
        build.binary_record(8, at(0) + build.wide("文") + rest),
        build.binary_record(9, at(1) + struct.pack("<d", 2) + rest),
        build.binary_record(10, at(2) + b"\0" + rest),
        build.binary_record(11, at(3) + b"\x2a" + rest),
        build.binary_record(62, at(4) + b"\0" + build.wide("丰富") + rest),
    ]
    after = build.binary_record(176, struct.pack("<IIII", 0, 1, 9, 9))
    book = load(build.xlsb(*records, after=after, strings=["泮村"]), "报表.xlsb")
    assert (book.format, book.notices) == ("xlsb", [])
    assert only(book) == {
        "A1": "泮村", "B1": 35, "C1": 0.3, "D1": date(2018, 3, 5), "E1": True, "F1": "error #REF!", "G1": "行内",
        "A3": "文", "B3": 2, "C3": False, "D3": "error #N/A", "E3": "丰富",
    }  # fmt: skip
    assert (book.sheets[0].merged, book.sheets[0].hidden_rows) == ([(1, 10, 2, 10)], {3})


def test_short_records_stand_right_of_the_cell_before(load: Load) -> None:
    style = struct.pack("<I", 0)
    records = [
        build.binary_record(0, struct.pack("<IIHBB4x", 0, 0, 300, 0, 0)),
        build.binary_record(7, struct.pack("<III", 2, 0, 0)),
        build.binary_record(12, style),
        build.binary_record(13, style + struct.pack("<i", 7 << 2 | 2)),
        build.binary_record(14, style + b"\x07"),
        build.binary_record(15, style + b"\1"),
        build.binary_record(16, style + struct.pack("<d", 1.5)),
        build.binary_record(17, style + build.wide("短")),
        build.binary_record(18, style + struct.pack("<I", 0)),
    ]
    assert only(load(build.xlsb(*records, strings=["泮村"]))) == {
        "C1": "泮村", "E1": 7, "F1": "error #DIV/0!", "G1": True, "H1": 1.5, "I1": "短", "J1": "泮村",
    }  # fmt: skip


# --- ods --------------------------------------------------------------------------------------------------------------


def test_an_opendocument_spreadsheet(load: Load) -> None:
    styles = '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
    tables = """
      <table:table table:name="表一">
        <table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>
        <table:table-row>
          <table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="1"><text:p>标<text:s text:c="2"/>题</text:p>
            <office:annotation><text:p>批注</text:p></office:annotation></table:table-cell>
          <table:covered-table-cell><text:p>看不见</text:p></table:covered-table-cell>
          <table:table-cell table:number-columns-repeated="16382"/>
        </table:table-row>
        <table:table-row table:number-rows-repeated="2">
          <table:table-cell office:value-type="float" office:value="35"><text:p>35册</text:p></table:table-cell>
          <table:table-cell table:number-columns-repeated="2" office:value-type="string">
            <text:p>上</text:p><text:p>下</text:p></table:table-cell>
        </table:table-row>
        <table:table-row table:visibility="filter">
          <table:table-cell office:value-type="date" office:date-value="2018-03-05"/>
          <table:table-cell office:value-type="time" office:time-value="PT08H30M00S"/>
          <table:table-cell office:value-type="time" office:time-value="PT56H00M00S"/>
          <table:table-cell office:value-type="boolean" office:boolean-value="true"/>
          <table:table-cell office:value-type="percentage" office:value="0.9"/>
        </table:table-row>
        <table:table-row>
          <table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>
          <table:table-cell table:formula="of:=1+1"/>
          <table:table-cell table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>
          <table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error">
            <text:p>#DIV/0!</text:p></table:table-cell>
          <table:table-cell table:formula="of:=x" office:value-type="float" office:value="0"><text:p>Err:508</text:p></table:table-cell>
        </table:table-row>
        <table:table-row table:number-rows-repeated="1048570" table:visibility="collapse">
          <table:table-cell table:number-columns-repeated="16384"/>
        </table:table-row>
      </table:table>
      <table:table table:name="隐藏" table:style-name="ta2"/>"""
    book = load(build.ods(tables, styles), "报表.ods")
    assert (book.format, [(sheet.name, sheet.visible) for sheet in book.sheets]) == (
        "ods",
        [("表一", True), ("隐藏", False)],
    )
    sheet = book.sheets[0]
    assert seen(sheet) == {
        "A1": "标  题",
        "A2": 35, "B2": "上\n下", "C2": "上\n下", "A3": 35, "B3": "上\n下", "C3": "上\n下",
        "A4": date(2018, 3, 5), "B4": time(8, 30), "C4": "56:00:00", "D4": True, "E4": 0.9,
        "A5": 2, "B5": "uncalculated", "D5": "error #DIV/0!", "E5": "error Err:508",
    }  # fmt: skip
    assert (sheet.merged, sheet.hidden_rows, sheet.hidden_columns) == ([(1, 1, 1, 2)], {4}, {3})


def test_millions_of_repeated_cells_with_content_are_refused(load: Load) -> None:
    rows = (
        '<table:table table:name="x"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row></table:table>'
    )
    assert refusal(load, build.ods(rows)) == ("unsafe_file", {"reason": "单元格过多"})


# --- text -------------------------------------------------------------------------------------------------------------

TABLE = '村名,面积,备注\n泮村,120,"两行\n文字"\n\n第二村,"1,500",说"明\n'
TABLE_SEEN = {
    "A1": "村名", "B1": "面积", "C1": "备注", "A2": "泮村", "B2": "120", "C2": "两行\n文字",
    "A4": "第二村", "B4": "1,500", "C4": '说"明',
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_encodings_of_text(load: Load, encoding: str) -> None:
    book = load(TABLE.encode(encoding), "报表.csv")
    assert (book.format, book.notices, book.sheets[0].name) == ("csv", [], "")
    assert only(book) == TABLE_SEEN
    assert {cell.kind for cell in book.sheets[0].cells.values()} == {"text"}


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "，"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(load: Load, delimiter: str, newline: str) -> None:
    rows = [["开平市三季度报表"], [], ["村名", "面积", "说明"], ["泮村", "120", "有。无"], ["第二村", "35", "好"]]
    text = newline.join(delimiter.join(row) for row in rows)
    assert only(load(text, "报表.txt")) == {
        "A1": "开平市三季度报表",
        "A3": "村名", "B3": "面积", "C3": "说明", "A4": "泮村", "B4": "120", "C4": "有。无", "A5": "第二村", "B5": "35", "C5": "好",
    }  # fmt: skip


def test_the_delimiter_is_not_what_stands_within_texts(load: Load) -> None:
    text = "村名\t册数\t说明\n泮村\t1,500\t一，二；三|四\n第二村\t2,500\t五\n"
    assert only(load(text))["C2"] == "一，二；三|四"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\na;b\n", {"A1": "a", "B1": "b"}),
        ('="00123",2\n', {"A1": "00123", "B1": "2"}),
        ("=1+1,+2,@x\n", {"A1": "=1+1", "B1": "+2", "C1": "@x"}),
        ("one column\nonly", {"A1": "one column", "A2": "only"}),
        ("a,b\n1,2\n\x1a", {"A1": "a", "B1": "b", "A2": "1", "B2": "2"}),
        (" a ,b\n", {"A1": " a ", "B1": "b"}),
    ],
)
def test_oddities_of_text(load: Load, text: str, expected: dict[str, str]) -> None:
    assert only(load(text)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n", "empty_file"),
        (b"\0" * 5000, "damaged_file"),
        (b"a,b\n1,\0\x01\xff", "not_a_spreadsheet"),
        (b"a,b\x07\n1,2", "not_a_spreadsheet"),
        (TABLE.encode()[:-20] + b"\xe6\x9d", "text_encoding"),
        (TABLE.encode("utf-16")[:-1], "text_encoding"),
        ("鄉鎮名稱,書籍數量,備註說明\n開平,水庫,沒有圖書館".encode("big5"), "text_encoding"),
        (b"caf\xe9;na\xefve;\xe0 la carte\n", "text_encoding"),
        (b'a,b\n"1,2\n3,4\n', "damaged_file"),
        (b"a,b\n" + b"x" * 200_000, "unsafe_file"),
    ],
)
def test_text_that_cannot_be_read_with_certainty(load: Load, content: bytes, expected: str) -> None:
    assert refusal(load, content, "报表.csv")[0] == expected


# --- HTML and SpreadsheetML 2003 --------------------------------------------------------------------------------------


def test_an_html_table_named_xls(load: Load) -> None:
    page = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
      <style>td {mso-number-format:"\\@"}</style></head><body><table border=1>
      <tr><td colspan=3>开平市<br>报表</td></tr>
      <tr><th rowspan="2">镇</th><th>村&nbsp;名</th><th>面积</th></tr>
      <tr style="display: none"><td>泮村</td><td> 1,500\n  ㎡ </td></tr>
      <tr><td>&nbsp;</td><td><p>镕</p><p>二</p></td><td><span style='display:none'>x</span><font>5</font></td></tr>
      </table></body></html>"""
    book = load(page.encode("gb18030"), "报表.xls")
    assert (book.format, book.notices) == ("html", ["extension_mismatch"])
    sheet = book.sheets[0]
    assert seen(sheet) == {
        "A1": "开平市\n报表",
        "A2": "镇", "B2": "村 名", "C2": "面积",
        "B3": "泮村", "C3": "1,500 ㎡",
        "B4": "镕\n二", "C4": "5",
    }  # fmt: skip
    assert (sheet.name, sheet.merged, sheet.hidden_rows) == ("", [(1, 1, 1, 3), (2, 1, 3, 1)], {3})


def test_layout_tables_do_not_swallow_the_data(load: Load) -> None:
    page = """<table><tr><td>单位：水口镇<table><tr><td>泮村</td><td>35</td></tr></table></td></tr>
      <tr><td>填表人：张三</td></tr></table><table><tr><td>&nbsp;</td></tr></table>"""
    assert [seen(sheet) for sheet in load(page).sheets] == [
        {"A1": "单位：水口镇", "A2": "填表人：张三"},
        {"A1": "泮村", "B1": "35"},
    ]


@pytest.mark.parametrize("charset", ["utf-8", "gb2312", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_of_html_is_what_fits(load: Load, encoding: str, charset: str) -> None:
    meta = f"<meta charset={charset}>" if charset else ""
    page = f"<html>{meta}<table><tr><td>水口镇文化站</td></tr></table></html>"
    assert only(load(page.encode(encoding))) == {"A1": "水口镇文化站"}


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<html><body>没有表</body></html>", "not_a_spreadsheet"),
        ("<html><table><tr><td>泮村</td></tr><tr><td>没有传", "damaged_file"),
        ("<table>" + "<tr><td><div>" * 5000 + "x</table>", "unsafe_file"),
        ("<?xml version='1.0'?><project/>", "not_a_spreadsheet"),
        (
            '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table><Row/></Table></Workbook>',
            "damaged_file",
        ),
        ("MIME-Version: 1.0\nContent-Type: multipart/related\n\n<html><table></table>", "not_a_spreadsheet"),
    ],
)
def test_markup_that_is_refused(load: Load, page: str, expected: str) -> None:
    assert refusal(load, page)[0] == expected


def spreadsheet_2003(content: str) -> str:
    return f"""<?xml version="1.0" encoding="gb2312"?><?mso-application progid="Excel.Sheet"?>
      <Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"
        xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:html="http://www.w3.org/TR/REC-html40">{content}</Workbook>"""


def test_spreadsheetml_2003(load: Load) -> None:
    content = spreadsheet_2003("""
      <Worksheet ss:Name="表一"><Table><Column ss:Index="2" ss:Hidden="1" ss:Span="1"/>
        <Row><Cell ss:MergeAcross="1" ss:MergeDown="1"><Data ss:Type="String">标&#10;题&#7;</Data>
            <Comment><ss:Data>批注</ss:Data></Comment></Cell><Cell><Data ss:Type="Number">120.5</Data></Cell></Row>
        <Row><Cell><Data ss:Type="Boolean">1</Data></Cell></Row>
        <Row ss:Index="5" ss:Hidden="1"><Cell ss:Index="3"><Data ss:Type="DateTime">2018-03-05T00:00:00.000</Data></Cell>
          <Cell><Data ss:Type="DateTime">1899-12-31T08:30:00.000</Data></Cell>
          <Cell><Data ss:Type="Error">#REF!</Data></Cell>
          <Cell ss:Formula="=1+1"><Data ss:Type="Number">2</Data></Cell><Cell ss:Formula="=1+1"/>
          <Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>粗</B>体镕</ss:Data></Cell></Row>
      </Table></Worksheet>
      <Worksheet ss:Name="隐藏"><Table/><WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel">
        <Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>""")
    book = load(content.encode("gb18030"), "报表.xls")
    assert (book.format, [(sheet.name, sheet.visible) for sheet in book.sheets]) == (
        "xml",
        [("表一", True), ("隐藏", False)],
    )
    sheet = book.sheets[0]
    assert seen(sheet) == {
        "A1": "标\n题\ufffd", "C1": 120.5, "C2": True,
        "C5": date(2018, 3, 5), "D5": time(8, 30), "E5": "error #REF!", "F5": 2, "G5": "uncalculated", "H5": "粗体镕",
    }  # fmt: skip
    assert (sheet.merged, sheet.hidden_rows, sheet.hidden_columns) == ([(1, 1, 2, 2)], {5}, {2, 3})


# --- what it is called ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "notices"),
    [
        ("报表.xlsx", []),
        ("报表．ＸＬＳＸ", []),
        ("报表.XLSX", []),
        ("报表", []),
        ("2026.3季度.水口镇", []),
        ("报表.xls", ["extension_mismatch"]),
        ("报表.CSV", ["extension_mismatch"]),
        ("报表.xlsm", ["extension_mismatch"]),
    ],
)
def test_an_extension_of_another_format_is_a_notice(load: Load, name: str, notices: list[str]) -> None:
    assert load(build.xlsx("<row><c><v>1</v></c></row>"), name).notices == notices


# --- what is no spreadsheet -------------------------------------------------------------------------------------------

OOXML = {"[Content_Types].xml": f'<Types xmlns="{build.PACKAGE}/content-types"/>'}


@pytest.mark.parametrize(
    ("content", "code", "params"),
    [
        (b"%PDF-1.7\n...", "not_a_spreadsheet", {"kind": "PDF文件"}),
        (b"\x89PNG\r\n\x1a\n\0\0", "not_a_spreadsheet", {"kind": "图片"}),
        (b"\xff\xd8\xff\xe0\0\0", "not_a_spreadsheet", {"kind": "图片"}),
        (b"BM\x36\0\0\0", "not_a_spreadsheet", {"kind": "图片"}),
        (b"MZ\x90\0\x03\0", "not_a_spreadsheet", {"kind": "程序"}),
        (b"{\\rtf1\\ansi", "not_a_spreadsheet", {"kind": "Word文档(RTF)"}),
        (b"Rar!\x1a\x07\x01\0", "archive_file", {"kind": "rar"}),
        (b"7z\xbc\xaf\x27\x1c\0\4", "archive_file", {"kind": "7z"}),
        (b"\x1f\x8b\x08\0", "archive_file", {"kind": "gz"}),
        (build.zipped({"水口镇/报表.xlsx": b"x", "说明.txt": b"y"}), "archive_file", {"kind": "zip"}),
        (build.zipped({"OFD.xml": b"<x/>"}), "not_a_spreadsheet", {"kind": "OFD文件"}),
        (build.zipped({**OOXML, "word/document.xml": b"<x/>"}), "not_a_spreadsheet", {"kind": "Word文档"}),
        (build.zipped({**OOXML, "ppt/presentation.xml": b"<x/>"}), "not_a_spreadsheet", {"kind": "演示文稿"}),
        (build.zipped({**OOXML, "xl/other.xml": b"<x/>"}), "damaged_file", {}),
        (build.ods("", kind="text"), "not_a_spreadsheet", {"kind": "OpenDocument文档"}),
        (build.ods(""), "no_sheets", {}),
        (build.container({"WordDocument": b"x"}), "not_a_spreadsheet", {"kind": "Word文档"}),
        (build.container({"PowerPoint Document": b"x"}), "not_a_spreadsheet", {"kind": "演示文稿"}),
        (build.container({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "encrypted_file", {}),
        (build.container({"Contents": b"x"}), "not_a_spreadsheet", {"kind": "其他程序的文档"}),
    ],
)
def test_what_is_no_spreadsheet(load: Load, content: bytes, code: str, params: dict[str, str]) -> None:
    assert refusal(load, content) == (code, params)


# --- hostile files ----------------------------------------------------------------------------------------------------


def with_part(name: str, content: str | bytes) -> bytes:
    return build.zipped({**build.xlsx_parts("<row><c><v>1</v></c></row>"), name: content})


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [BOMB, OUTSIDE], ids=["bomb", "outside"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_documents_that_define_entities_are_refused(load: Load, doctype: str, part: str, encoding: str) -> None:
    strings = "<si><t>&a;</t></si>" if part == "xl/sharedStrings.xml" else "<si><t>a</t></si>"
    parts = build.xlsx_parts('<row><c t="s"><v>0</v></c></row>', strings=strings)
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    parts[part] = (head + doctype + parts[part]).encode(encoding)  # type: ignore[assignment]
    assert refusal(load, build.zipped(parts)) == ("unsafe_file", {"reason": "含有外部定义"})


def test_a_large_sheet_that_defines_entities_is_refused(load: Load) -> None:
    parts = build.xlsx_parts(*["<row><c><v>1</v></c></row>"] * 60_000)
    parts["xl/worksheets/sheet1.xml"] = f"<!--{'x' * 3_000_000}-->{BOMB}" + parts["xl/worksheets/sheet1.xml"]
    assert refusal(load, build.zipped(parts)) == ("unsafe_file", {"reason": "含有外部定义"})


def test_spreadsheetml_with_entities_is_refused(load: Load) -> None:
    assert refusal(load, spreadsheet_2003("").replace("<Workbook", BOMB + "<Workbook"))[0] == "unsafe_file"


def test_a_cell_of_fifty_megabytes_is_refused(load: Load) -> None:
    row = f'<row><c t="inlineStr"><is><t>{"x" * 50_000_000}</t></is></c></row>'
    assert refusal(load, build.xlsx(row)) == ("unsafe_file", {"reason": "单元格中的文字过长"})
    strings = f"<si><t>{'x' * 200_000}</t></si>"
    assert refusal(load, build.xlsx('<row><c t="s"><v>0</v></c></row>', strings=strings))[0] == "unsafe_file"


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_is_unpacked(load: Load) -> None:
    content = io.BytesIO(build.zipped({n: p for n, p in build.xlsx_parts().items() if "sheet1" not in n}))
    with (
        zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream,
    ):
        for _ in range(1100):
            stream.write(bytes(1 << 20))
    assert refusal(load, content.getvalue()) == ("unsafe_file", {"reason": "解压后过大"})


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_parts_that_unpack_to_too_much_are_refused(load: Load, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_PART", 1 << 20)
    monkeypatch.setattr(readers, "MAX_STREAMED", 1 << 20)
    assert refusal(load, with_part(part, bytes(2 << 20))) == ("unsafe_file", {"reason": "解压后过大"})


def test_a_zip_that_lies_about_sizes_is_damaged(load: Load) -> None:
    parts = build.xlsx_parts("<row><c><v>1</v></c></row>" * 5000)
    honest = build.zipped(parts)
    size = struct.pack("<I", len(parts["xl/worksheets/sheet1.xml"].encode()))
    assert honest.count(size) == 2
    assert refusal(load, honest.replace(size, struct.pack("<I", 1000))) == ("damaged_file", {})


def test_path_traversal_harms_nobody(load: Load, tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.iterdir())
    assert only(load(with_part("../../../evil.xml", "<x/>"))) == {"A1": 1}
    assert sorted(tmp_path.parent.iterdir()) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(load: Load) -> None:
    content = io.BytesIO(build.xlsx("<row><c><v>1</v></c></row>"))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("XL/worksheets/SHEET1.xml", "<x/>")
    assert refusal(load, content.getvalue()) == ("damaged_file", {})


@pytest.mark.parametrize(
    "row",
    [
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="1"><c r="1"><v>1</v></c></row>',
        '<row r="1"><c r="A0"><v>1</v></c></row>',
        '<row r="-1"><c><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        "<row",
    ],
)
def test_a_sheet_that_contradicts_itself_is_damaged(load: Load, row: str) -> None:
    assert refusal(load, build.xlsx(row)) == ("damaged_file", {})


def test_styled_empty_cells_are_left_out_without_moving_others(load: Load) -> None:
    """The filter for large sheets must give the same grid as the plain way for small ones."""
    generator = random.Random(1)
    rows = []
    for row in range(1, 3001):
        cells = []
        for column in "ABCDEFGHIJ":
            address = f'r="{column}{row}" ' if generator.random() < 0.9 else ""
            content = f"<v>{row}</v></c>" if generator.random() < 0.2 else "</c>"
            cells.append(f'<c {address}s="0">{content}' if "v" in content else f'<c {address}s="0"/>')
        number = f'r="{row}" ' if generator.random() < 0.9 else ""
        rows.append(f'<row {number}spans="1:10">{"".join(cells)}</row>')
    small, large = (
        rows,
        [*rows, f'<row r="5000"><c r="A5000" t="inlineStr"><is><t/></is></c><!--{"x" * (1 << 20)}--></row>'],
    )
    assert only(load(build.xlsx(*small))) == only(load(build.xlsx(*large)))


def test_look_alikes_of_empty_cells_in_a_large_sheet_are_kept(load: Load) -> None:
    text = '<c r="A1"/><c r="B1"/>'
    row = f'<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[{text}]]></t></is></c></row>'
    assert only(load(build.xlsx(row, after=f"<!--{'x' * (1 << 20)}-->"))) == {"A1": text}


def outcome(path: Path) -> str:
    """What a worker process finds in the file."""
    try:
        return str([seen(sheet) for sheet in read(path, "报表.xlsx").sheets])
    except Unreadable as refused:
        return refused.code


def million_rows(cell: str) -> Iterator[str]:
    for row in range(1, 1_048_576):
        yield f'<row r="{row}">' + "".join(cell.replace("@", f"{column}{row}") for column in "ABCDEFGH") + "</row>"
    yield '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (million_rows('<c r="@" s="3"/>'), "[{'XFD1048576': 1}]"),
        (("<row><c/><c s='1'/></row>" for _ in range(1_048_576)), "[{}]"),
        (('<row hidden="1"/>' for _ in range(1_048_576)), "[{}]"),
        (million_rows('<c r="@"><v>1</v></c>'), "unsafe_file"),
    ],
    ids=["styled empty", "without addresses", "hidden", "eight million values"],
)
def test_a_million_rows_within_the_limits_of_a_worker(tmp_path: Path, rows: Iterator[str], expected: str) -> None:
    path = tmp_path / "百万行"
    head, tail = build.xlsx_parts()["xl/worksheets/sheet1.xml"].split("<sheetData>")
    path.write_bytes(build.zipped({n: p for n, p in build.xlsx_parts().items() if "sheet1" not in n}))
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as stream,
    ):
        stream.write(f"{head}<sheetData>".encode())
        stream.writelines(row.encode() for row in rows)
        stream.write(tail.encode())
    with Pool(outcome, size=1, seconds=20, bytes=1 << 30) as workers:
        assert list(workers.map([path])) == [(path, expected)]


def test_a_hundred_thousand_styled_columns(load: Load) -> None:
    row = "".join(f'<c r="{column_letters(min(column, 18278))}1" s="0"/>' for column in range(1, 100_001))
    assert only(load(build.xlsx(f'<row r="1"><c r="A1"><v>1</v></c>{row}</row>'))) == {"A1": 1}


# --- broken files -----------------------------------------------------------------------------------------------------

ROWS = [f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c><c r="B{n}"><v>{n}.5</v></c></row>' for n in range(1, 30)]
WHOLE = {
    "xlsx": build.xlsx(*ROWS, strings="<si><t>泮村</t></si>"),
    "xls": build.xls(*[build.label(n, 0, "泮村") + build.number(n, 1, n) for n in range(30)]),
    "xlsb": build.xlsb(
        build.binary_record(0, struct.pack("<IIHBB4x", 0, 0, 300, 0, 0)),
        *[build.binary_record(6, struct.pack("<II", n, 0) + build.wide("泮村")) for n in range(50)],
    ),
    "ods": build.ods('<table:table table:name="x"><table:table-row><table:table-cell office:value-type="float" '
                     'office:value="1"/></table:table-row></table:table>'),
    "csv": TABLE.encode("gb18030"),
    "html": "<html><table><tr><td>泮村</td><td>35</td></tr></table></html>".encode(),
    "xml": spreadsheet_2003('<Worksheet ss:Name="x"><Table><Row><Cell><Data ss:Type="Number">1</Data></Cell></Row></Table>'
                            "</Worksheet>").encode(),
}  # fmt: skip


@pytest.mark.parametrize("format", WHOLE)
def test_a_whole_file_is_read(load: Load, format: str) -> None:
    assert load(WHOLE[format]).format == format


@pytest.mark.parametrize("format", ["xlsx", "xls", "xlsb", "ods", "html", "xml"])
def test_a_file_cut_short_is_refused(load: Load, format: str) -> None:
    whole = WHOLE[format]
    for end in range(8, len(whole) - 600 if format == "xls" else len(whole) - 16, max(len(whole) // 40, 1)):
        assert refusal(load, whole[:end])[0] in ("damaged_file", "not_a_spreadsheet", "archive_file", "text_encoding")


@pytest.mark.parametrize("format", WHOLE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_a_book_or_a_refusal(load: Load, format: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[format])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    with contextlib.suppress(Unreadable):
        assert load(bytes(content)).sheets
