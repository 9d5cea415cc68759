"""What a cell means, as tables: the rows of the design's table and its nine further decisions, each in several spellings."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from wentong.findings import finding_types
from wentong.forms import Field, forms
from wentong.grid import Cell
from wentong.periods import Period
from wentong.values import Parsed, heading_unit, parse, parse_date

TABLE = forms()["基文01"].tables[0]
BOOKS = TABLE.field("books_total")
AREA = TABLE.field("floor_area_m2")
HOURS = TABLE.field("weekly_open_hours")
SESSIONS = TABLE.field("activity_sessions")
ATTENDANCE = TABLE.field("activity_attendance")
STAFF = TABLE.field("full_time_staff")
STATUS = TABLE.field("build_status")
BUILT_ON = TABLE.field("built_on")
REMARK = TABLE.field("remark")
Q3 = Period.parse("2026Q3")


def text(written: str) -> Cell:
    return Cell(written, "text", written)


def number(value: float, raw: str | None = None) -> Cell:
    return Cell(value, "number", f"{value:.15G}" if raw is None else raw)


def dated(value: date | datetime | time, raw: str | None = None) -> Cell:
    return Cell(value, "date", str(value) if raw is None else raw)


def read(written: Any, field: Field, **context: Any) -> tuple[Any, str | None, list[str]]:
    """Value, state and codes of the findings."""
    cell = written if isinstance(written, Cell) else text(written) if isinstance(written, str) else number(written)
    parsed = parse(cell, field, **{"period": Q3, **context})
    for code, params in parsed.findings:
        known = {"label": field.title, "unit": field.unit or "", "raw": cell.raw, "cell": "E7", "row": "7", **params}
        for template in (finding_types()[code].message, finding_types()[code].fix):
            assert "{" not in template.format_map(known)
    errors = [code for code, _ in parsed.findings if finding_types()[code].severity == "error"]
    assert (parsed.state == "withheld") == bool(errors)
    assert parsed.state != "withheld" or parsed.value is None
    return parsed.value, parsed.state, [code for code, _ in parsed.findings]


# --- blanks and words -----------------------------------------------------------------------------

BLANKS = [
    "", " ", "\u3000", "\u00a0", "\u200b", " \u3000\t\n", "/", "\uff0f", "//", "-", "\uff0d", "--", "---", "—", "——",
    "– –",
    "──", "…", "……", "⋯", "...", "'", "'-", "\ufeff—", "- -",
]  # fmt: skip


@pytest.mark.parametrize("field", [BOOKS, AREA, STATUS, BUILT_ON, REMARK], ids=lambda f: f.name)
@pytest.mark.parametrize("written", BLANKS, ids=ascii)
def test_blank_is_missing_and_never_zero(written, field):
    assert read(written, field) == (None, "blank", [])


def test_an_absent_cell_is_blank():
    assert parse(None, BOOKS) == Parsed(None, "blank")


@pytest.mark.parametrize("written", ["—", "——", "–", "不适用", " 不 适 用 ", "不适用。", "未设"])
def test_a_dash_with_a_reason_is_not_applicable(written):
    assert read(written, BOOKS, has_reason=True) == (None, "not_applicable", [])
    assert read(written, STATUS, has_reason=True) == (None, "not_applicable", [])
    assert read(written, BOOKS) == (None, "blank", [])


@pytest.mark.parametrize("written", ["/", "-", "", "…"])
def test_other_placeholders_stay_blank_beside_a_reason(written):
    assert read(written, BOOKS, has_reason=True) == (None, "blank", [])


@pytest.mark.parametrize("field", [BOOKS, AREA, STATUS, BUILT_ON], ids=lambda f: f.name)
@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("不详", "unknown"), ("不 详", "unknown"), ("统计中", "unknown"), ("统计中。", "unknown"),
        ("正在统计", "unknown"),
        ("***", "masked"), ("*", "masked"), ("\uff0a\uff0a", "masked"), ("XX", "masked"), ("xxx", "masked"),
        ("\uff38\uff38", "masked"), ("××", "masked"),
    ],
)  # fmt: skip
def test_unknown_and_masked(written, state, field):
    assert read(written, field) == (None, state, ["unknown_value"])


@pytest.mark.parametrize("written", ["无", "没有", " 无 ", "无。", "没 有"])
def test_none_in_a_count_is_zero_with_a_warning(written):
    assert read(written, BOOKS) == (0, None, ["zero_in_words"])


def test_none_elsewhere():
    assert read("无", AREA) == (None, "withheld", ["number_expected"])
    assert read("无", BUILT_ON) == (None, "withheld", ["date_impossible"])
    assert read("无", REMARK) == (None, "blank", [])


@pytest.mark.parametrize("written", ["0", "\uff10", "0.0", "'0", "0册", 0, 0.0, -0.0])
def test_zero_is_zero(written):
    assert read(written, BOOKS) == (0, None, [])


# --- counts ---------------------------------------------------------------------------------------

PLAIN_COUNTS = [
    ("１２３", 123), ("1,500", 1500), ("1\uff0c500", 1500), ("1 500", 1500), ("1\u00a0500", 1500), ("1\u3000500", 1500),
    ("12,345,678", 12_345_678), (" 35 ", 35), ("\u300035\u3000", 35), ("3\u200b5", 35), ("\ufeff35", 35), ("'300", 300),
    ("\uff07300", 300), ("‘300", 300), ("’300", 300), ("1200册", 1200), ("1200 册", 1200), ("1,200本", 1200),
    ("１２００册", 1200),
    ("0.5千册", 500), ("1.2万册", 12_000), ("2万本", 20_000), ("3千册", 3000), ("5百册", 500), ("12.0", 12),
    ("12.00册", 12),
    ("35\n", 35), ("0035", 35), (12, 12), (12.0, 12), (1200.0000000000002, 1200), (" " * 200 + "7", 7),
]  # fmt: skip


@pytest.mark.parametrize(("written", "value"), PLAIN_COUNTS)
def test_plain_counts(written, value):
    assert read(written, BOOKS) == (value, None, [])
    assert type(read(written, BOOKS)[0]) is int


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ("12场", SESSIONS, 12), ("12场次", SESSIONS, 12), ("12次", SESSIONS, 12), ("3人", STAFF, 3), ("3 名", STAFF, 3),
        ("2位", STAFF, 2), ("35百人次", ATTENDANCE, 3500), ("1.5万人次", ATTENDANCE, 15_000),
        ("300人次", ATTENDANCE, 300),
    ],
)  # fmt: skip
def test_counts_with_their_unit(written, field, value):
    assert read(written, field) == (value, None, [])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("约200", 200), ("约 200 册", 200), ("大约200", 200), ("200余", 200), ("200余册", 200), ("近300", 300),
        ("接近300册", 300),
        ("将近300", 300), ("300多", 300), ("300 多", 300), ("300多册", 300), ("300册以上", 300), ("300以上", 300),
        ("300左右", 300),
        ("300册左右", 300), ("300上下", 300), ("约300余册", 300), ("约39.6万册", 396_000), ("1.2万余册", 12_000),
        ("3千多", 3000),
        ("两百多", 200), ("二百余册", 200), ("约三百", 300), ("一千多本", 1000), ("近１，５００册", 1500),
        ("近1,500", 1500),
    ],
)  # fmt: skip
def test_approximate_numbers(written, value):
    assert read(written, BOOKS) == (value, "approximate", ["approximate_number"])


def test_approximate_sessions():
    assert read("300场以上", SESSIONS) == (300, "approximate", ["approximate_number"])
    assert read("300多场次", SESSIONS) == (300, "approximate", ["approximate_number"])
    assert read("40余次", SESSIONS) == (40, "approximate", ["approximate_number"])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("三十", 30), ("二百", 200), ("两百", 200), ("一千二百", 1200), ("一千二百零五", 1205), ("一千〇五", 1005),
        ("十", 10),
        ("十二", 12), ("一百一十", 110), ("一百十五", 115), ("〇", 0), ("零", 0), ("一册", 1), ("三十册", 30),
        ("叁佰", 300),
        ("壹仟贰佰", 1200), ("壹拾贰", 12), ("貳萬", 20_000), ("两万", 20_000), ("一万零五百", 10_500),
        ("一万二千三百四十五", 12_345),
        ("十二万三千", 123_000), ("二〇〇", 200), ("二○", 20), ("一二三四", 1234), ("三千册", 3000), ("1.2万", 12_000),
        ("3千", 3000),
        ("5百", 500), ("3 千", 3000),
    ],
)  # fmt: skip
def test_numbers_in_words(written, value):
    assert read(written, BOOKS) == (value, None, ["number_in_words"])


WITHHELD_COUNTS = [
    "12场次(含讲座3场)", "12(含讲座3场)", "八百来册", "很多", "有", "是", "×", "√", "x", "O", "○", "一", "ー", "十几",
    "几十", "数百",
    "二三十", "三五", "一两百", "百余", "万", "千", "一千二", "三百五", "一万二", "千二百", "一千零二百", "二百零零五",
    "一万万", "廿", "10多万",
    "十多万", "1万2千", "3千5百", "1,50", "1,5000", "12,34", "0,500", "1,,500", ",500", "1,500 000", "1 50", "12 34",
    "1、500",
    "1'500", "1\n500", "1.5.2", "12.", ".5", "35。5", "35。", "1.2E+4", "1e3", "50%", "100-200", "100~200", "100至200",
    "3-5",
    "3/5", "2+3", "12+", ">300", "+5", "(5)", "（5）", "—5", "–5", "--5", "- 5", "5-", "5²", "①", "½", "٣", "二1",
    "TRUE",
    "2026-09-30", "3月5日", "不足300", "300以下", "超过300", "300种", "300元", "5天", "200人", "300多多", "0x10",
    "1_000", "N/A", "nan",
    "inf", "12册3本", "共300册", "300册(含电子书)", "1234567890123456", "三"*60, "9" * 100, "，", "。",
]  # fmt: skip


@pytest.mark.parametrize("written", WITHHELD_COUNTS)
def test_what_is_no_certain_number_is_withheld(written):
    assert read(written, BOOKS) == (None, "withheld", ["number_expected"])


@pytest.mark.parametrize(
    "cell",
    [
        Cell(True, "boolean", "TRUE"), Cell(False, "boolean", "FALSE"), dated(date(2026, 3, 5)),
        dated(datetime.fromisoformat("2026-03-05 08:00")),
        dated(time(8, 30)), number(float("nan"), "nan"), number(float("inf"), "inf"), number(1.0, "100%"),
        number(0.5, "50%"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", [BOOKS, AREA], ids=lambda f: f.name)
def test_other_kinds_of_cells_are_no_numbers(cell, field):
    assert read(cell, field) == (None, "withheld", ["number_expected"])


@pytest.mark.parametrize("written", ["1.5", "1.5册", "约1.5", "0.0005千册", "1.23456万册", 1.5, 0.1, 12.01])
def test_part_of_a_thing_cannot_be_counted(written):
    assert read(written, BOOKS) == (None, "withheld", ["whole_number_expected"])


@pytest.mark.parametrize("written", ["-5", "\uff0d5", "−5", "-5册", "-5.0", -5, -5.0])
def test_negative_numbers_are_read_and_judged_elsewhere(written):
    assert read(written, BOOKS) == (-5, None, [])


def test_minus_in_words():
    assert read("负5", BOOKS) == (-5, None, ["number_in_words"])


# --- measures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("200㎡", "200"), ("200平方米", "200"), ("200 m²", "200"), ("200m2", "200"), ("200M2", "200"),
        ("２００ｍ２", "200"), ("200平", "200"),
        ("200平方", "200"), ("120.50", "120.5"), ("1,200.25平方米", "1200.25"), ("3亩", "2000"), ("1亩", "666.67"),
        ("2亩", "1333.33"),
        ("0.5 亩", "333.33"), ("１.５亩", "1000"), ("0.05万平方米", "500"), ("0.02公顷", "200"),
        ("0.12345678公顷", "1234.57"), (120, "120"),
        (120.5, "120.5"), (0.1 + 0.2, "0.3"), (333.33333333333337, "333.333333333333"),
        ("333.33333333333337", "333.333333333333"),
        ("120.567", "120.567"), (1e21, "1" + "0" * 21),
    ],
)  # fmt: skip
def test_areas(written, value):
    result = read(written, AREA)
    assert result == (Decimal(value), None, [])
    assert str(result[0]) == value


def test_half_a_cent_of_a_converted_area_goes_up():
    assert read("0.0000005万平方米", AREA)[0] == Decimal("0.01")  # 0.005
    assert read("-0.0000005万平方米", AREA)[0] == Decimal("-0.01")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("35小时", "35"),
        ("35个小时", "35"),
        ("35h", "35"),
        ("35.5H", "35.5"),
        ("90分钟", "1.5"),
        ("50分钟", "0.83"),
        ("40小时/周", "40"),
    ],
)
def test_hours(written, value):
    assert read(written, HOURS) == (Decimal(value), None, [])


@pytest.mark.parametrize(
    "written",
    [
        "8:30-17:30",
        "8:30",
        "8：30—17：30",
        "8时",
        "5天",
        "8小时/天",
        "每天8小时",
        "周一至周五",
        "全天",
        "8小时30分",
        "24h×7",
        "40:00:00",
    ],
)
def test_opening_times_are_no_hours(written):
    assert read(written, HOURS) == (None, "withheld", ["number_expected"])


@pytest.mark.parametrize("unit", ["平方米", "㎡", "平方"])
def test_same_unit_in_heading_and_cell_is_no_disagreement(unit):
    assert read("200平米", AREA, heading_unit=unit) == (Decimal(200), None, [])
    assert read("200", AREA, heading_unit=unit) == (Decimal(200), None, [])


@pytest.mark.parametrize(
    ("written", "field", "unit", "value"),
    [
        ("3", AREA, "亩", Decimal(2000)), (3, AREA, "亩", Decimal(2000)), (0.5, AREA, "亩", Decimal("333.33")),
        ("0.5亩", AREA, "亩", Decimal("333.33")), (0.05, AREA, "万平方米", Decimal(500)), ("1.5", BOOKS, "千册", 1500),
        (1.2, BOOKS, "万册", 12_000), (0.0007, BOOKS, "万册", 7), ("1.2万册", BOOKS, "万册", 12_000),
        ("12", ATTENDANCE, "百人次", 1200),
        (35, BOOKS, "本", 35), ("-1", BOOKS, "千册", -1000),
    ],
)  # fmt: skip
def test_the_headings_unit_converts(written, field, unit, value):
    assert read(written, field, heading_unit=unit) == (value, None, [])


@pytest.mark.parametrize(
    ("written", "field", "unit", "value"),
    [
        ("3亩", AREA, "平方米", Decimal(2000)), ("200平方米", AREA, "亩", Decimal(200)),
        ("1200册", BOOKS, "万册", 1200),
        ("1.2万册", BOOKS, "册", 12_000), ("1200册", BOOKS, "种", 1200), ("12人次", ATTENDANCE, "百人次", 12),
    ],
)  # fmt: skip
def test_a_unit_in_the_cell_beats_the_headings_and_is_said(written, field, unit, value):
    assert read(written, field, heading_unit=unit) == (value, None, ["unit_conflict_in_cell"])


def test_a_heading_unit_that_cannot_be_converted_withholds():
    assert read(1200, BOOKS, heading_unit="种") == (None, "withheld", ["heading_unit_unclear"])
    assert read("三百", BOOKS, heading_unit="种") == (None, "withheld", ["heading_unit_unclear"])
    assert read("3千", BOOKS, heading_unit="册、万册") == (None, "withheld", ["heading_unit_unclear"])


def test_a_multiplier_in_the_cell_below_a_multiplying_heading():
    assert read("1.2万", BOOKS, heading_unit="册") == (12_000, None, ["number_in_words"])
    assert read("1.2万", BOOKS, heading_unit="万册") == (12_000, None, ["number_in_words"])
    assert read("1.2万", BOOKS, heading_unit="千册") == (None, "withheld", ["number_expected"])
    assert read("三千", BOOKS, heading_unit="千册") == (None, "withheld", ["number_expected"])
    assert read("三十", BOOKS, heading_unit="千册") == (30_000, None, ["number_in_words"])
    assert read("约3", BOOKS, heading_unit="千册") == (3000, "approximate", ["approximate_number"])


@pytest.mark.parametrize(
    ("heading", "field", "unit"),
    [
        ("建筑面积(亩)", AREA, "亩"), ("建筑面积（亩）", AREA, "亩"), ("建筑面积\n（单位：亩）", AREA, "亩"),
        ("建筑面积[㎡]", AREA, "㎡"),
        ("建筑面积【 平方米 】", AREA, "平方米"), ("室内建筑面积(含共建共享，亩)", AREA, "亩"),
        ("图书藏量(万册)", BOOKS, "万册"),
        ("图书藏量(万)", BOOKS, "万"), ("图书藏量(ｍ２)", AREA, "m2"), ("参加人次(百人次)", ATTENDANCE, "百人次"),
        ("图书藏量 单位:万册", BOOKS, "万册"),
        ("图书藏量单位:万册", BOOKS, "万册"), ("图书藏量计量单位：万册", BOOKS, "万册"),
        ("图书藏量 万册", BOOKS, "万册"), ("图书藏量万册", BOOKS, "万册"),
        ("图书藏量/册", BOOKS, "册"), ("3.图书藏量万册", BOOKS, "万册"), ("参加人次 百人次", ATTENDANCE, "百人次"),
        ("参加人次百人次", ATTENDANCE, "百人次"),
        ("万册", BOOKS, "万册"), ("(万册)", BOOKS, "万册"), ("单位:万册", BOOKS, "万册"), ("建筑面积", AREA, None),
        ("室外广场(活动场地)面积", AREA, None), ("建筑面积(室内)", AREA, None), ("人次", ATTENDANCE, None),
        ("参加人次", ATTENDANCE, None),
        ("活动场次", SESSIONS, None), ("室 外 广 场", TABLE.field("outdoor_area_m2"), None),
        ("1 室 外 活 动 广 场", AREA, None),
        ("阅览座位", TABLE.field("reading_seats"), None), ("图书藏量(种)", BOOKS, "种"),
        ("每周开放时间(天)", HOURS, "天"),
        ("图书藏量(册)(万册)", BOOKS, "册、万册"), ("图书藏量(册、本)", BOOKS, "册"), ("图书藏量(册/人)", BOOKS, None),
        ("备注(册)", REMARK, None),
        ("是否建成", STATUS, None), ("", BOOKS, None),
    ],
)  # fmt: skip
def test_units_in_headings(heading, field, unit):
    assert heading_unit(heading, field) == unit


# --- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("built", ["是", "有", "√", "✓", "✔", "✔\ufe0f", "Y", "y", "Ｙ", "1", "１", "建成", "已建成", "已建", " 是 ", "是。",
                   "已 建 成", "已建成 。", "\u3000是\u200b", "'是", 1, 1.0]),
        ("under_construction", ["在建", "建设中", "正在建设", "在建。", " 在 建"]),
        ("not_built", ["否", "无", "×", "N", "n", "0", "未建", "未建成", "否。", "无。", "✗", "✘", 0, 0.0]),
    ],
)  # fmt: skip
def test_statuses(code, spellings):
    for written in spellings:
        assert read(written, STATUS) == (code, None, []), written


@pytest.mark.parametrize(
    "written",
    [
        "基本建成", "基本达标", "达标", "部分建成", "已建成(2019年)", "是/否", "是否", "√/×", "已完成", "完工", "拟建",
        "规划中", "不是", "没有",
        "☑是 □否", "①", "2", "x", "YES", "是,", "建成?", "1.0", "8", "是" * 99, 2, 0.5, -1, dated(date(2019, 3, 5)),
        number(1, "100%"),
    ],
)  # fmt: skip
def test_anything_else_is_no_status(written):
    assert read(written, STATUS) == (None, "withheld", ["status_unclear"])


@pytest.mark.parametrize("cell", [Cell(True, "boolean", "TRUE"), text("TRUE"), text("true")])
def test_a_logical_value_is_read_and_said(cell):
    assert read(cell, STATUS) == ("built", None, ["logical_status"])


def test_logical_false():
    assert read(Cell(False, "boolean", "FALSE"), STATUS) == ("not_built", None, ["logical_status"])


# --- dates ----------------------------------------------------------------------------------------

FULL_DATES = [
    "2018-03-05", "2018-3-5", "2018.3.5", "2018.03.05", "2018/3/5", "2018年3月5日", "2018年03月05号",
    "2018 年 3 月 5 日", "2018. 3. 5",
    "20180305", "２０１８．３．５", "2018-03-05 00:00:00", "2018/3/5 0:00", "2018-03-05T00:00:00",
    "2018-03-05 14:30:00.000",
    "2018年3月5日 8:30", "2018年3月5日8:30", "二〇一八年三月五日", "二○一八年三月五日", "二零一八年三月五日",
    "二O一八年三月五日", "二0一八年三月五日",
    "2018年三月五日", "'2018-03-05", " 2018-03-05 ", "43164", "43164.5",
]  # fmt: skip


@pytest.mark.parametrize("written", FULL_DATES)
def test_dates_in_writing(written):
    assert read(written, BUILT_ON) == ("2018-03-05", None, [])
    assert parse_date(written) == "2018-03-05"


@pytest.mark.parametrize(
    "cell",
    [
        dated(date(2018, 3, 5)), dated(datetime.fromisoformat("2018-03-05")),
        dated(datetime.fromisoformat("2018-03-05 08:30")), number(43164), number(43164.0),
        number(43164.75), number(20180305), number(20180305.0),
    ],
)  # fmt: skip
def test_dates_in_cells(cell):
    assert read(cell, BUILT_ON) == ("2018-03-05", None, [])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("二〇一九年九月三十日", "2019-09-30"), ("二〇一〇年十二月三十一日", "2010-12-31"),
        ("二〇二〇年十月二十日", "2020-10-20"),
        ("2026.9.30", "2026-09-30"), ("2026年9月30日", "2026-09-30"), ("20260930", "2026-09-30"),
        ("2024-2-29", "2024-02-29"),
        ("1949-10-01", "1949-10-01"),
    ],
)  # fmt: skip
def test_more_dates(written, value):
    assert read(written, BUILT_ON) == (value, None, [])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2018年3月", "2018-03"), ("2018年3月份", "2018-03"), ("2018.3", "2018-03"), ("2018.03", "2018-03"),
        ("2018-3", "2018-03"),
        ("2018/03", "2018-03"), ("2018.1", "2018-01"), ("2018.10", "2018-10"), ("二〇一八年十月", "2018-10"),
        ("18年3月", "2018-03"),
        ("2019", "2019"), ("2019年", "2019"), ("二〇一九年", "2019"), (2019, "2019"), (2019.0, "2019"),
        (2018.3, "2018-03"),
        (2018.11, "2018-11"), (2018.12, "2018-12"), (2018.01, "2018-01"), ("2026", "2026"), ("2026年9月", "2026-09"),
        (dated(date(2018, 3, 1), "2018年3月"), "2018-03"), (dated(date(2018, 1, 1), "2018年"), "2018"),
    ],
)  # fmt: skip
def test_partial_dates(written, value):
    assert read(written, BUILT_ON) == (value, "partial_date", ["partial_date"])


@pytest.mark.parametrize("written", ["18.3.5", "18.03.05", "18年3月5日"])
def test_two_digit_years(written):
    assert read(written, BUILT_ON) == ("2018-03-05", None, ["two_digit_year"])


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-30", "2025.2.29", "2026.13.1", "2026-00-10", "2018.3.0", "2018年13月", "2018.13", "2018.0",
        "20261301", "1935-03-05",
        "2180-03-05", "0000-00-00", "3月5日", "三月五日", "3-5", "18.3", "18年", "18/3/5", "18-3-5", "5/3/18",
        "3/5/2018", "05-Mar-18",
        "98.3.5", "99.12.31", "2018.3-5", "2018-3.5", "2018.3.5-2018.5.1", "2018-2019", "2018年底", "2018年上半年",
        "2018年第三季度",
        "去年", "已建成", "是", "无", "201803", "180305", "2018。3。5", "2018,3,5", "2018年3月5日前", "2019 8:30",
        "12345", "99999",
        "二〇一九年十三月一日", "二〇一九年二月三十日", "一九年三月五日", "2018-03-05T00:00:00Z", "2018-3-5 25:99",
        "9" * 100,
        2018.1, 201803, 180305, 3.5, 0, 1, -1, 12345, 99999, 1e300, 2018.13, float("nan"),
        Cell(True, "boolean", "TRUE"),
        dated(time(8, 30)), dated(date(1905, 7, 11)), dated(date(1900, 1, 5)), dated(date(2918, 3, 5)),
    ],
)  # fmt: skip
def test_what_is_no_date_is_withheld(written):
    assert read(written, BUILT_ON) == (None, "withheld", ["date_impossible"])


@pytest.mark.parametrize(
    "written", ["2026-10-01", "2026年10月", "2027", "20270101", 20270101, dated(date(2026, 10, 1)), 46296]
)
def test_dates_after_the_period_are_withheld(written):
    assert read(written, BUILT_ON) == (None, "withheld", ["date_future"])
    assert read(written, BUILT_ON, period=None)[0] is not None


@pytest.mark.parametrize(
    "written", ["2026-09-30", "2026-09-30 23:59:59", dated(datetime.fromisoformat("2026-09-30 23:59")), 46295]
)
def test_the_last_day_of_the_period_is_not_future(written):
    assert read(written, BUILT_ON) == ("2026-09-30", None, [])


def test_the_footers_date_needs_no_period():
    assert parse_date("2026年 10 月 8 日") == "2026-10-08"
    assert parse_date("2026年10月") == "2026-10"
    assert parse_date("2026.10.8") == "2026-10-08"
    for nothing in ("", "年 月 日", "填表人", "9" * 1000):
        assert parse_date(nothing) is None


# --- the same as above ----------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["同上", " 同 上 ", "同上。", "〃"])
def test_same_as_above(written):
    assert read(written, BOOKS, above=Parsed(300, None)) == (300, None, ["same_as_above"])
    assert read(written, STATUS, above=Parsed("built", None)) == ("built", None, ["same_as_above"])
    assert read(written, REMARK, above=Parsed("共建", None)) == ("共建", None, ["same_as_above"])


def test_same_as_above_keeps_the_state_above_and_shows_what_it_is():
    above = Parsed(300, "approximate", (("approximate_number", {"value": "300"}),))
    assert read("同上", BOOKS, above=above) == (300, "approximate", ["same_as_above"])
    assert parse(text("同上"), STATUS, above=Parsed("built", None)).findings == (
        ("same_as_above", {"value": "已建成"}),
    )


@pytest.mark.parametrize("above", [None, Parsed(None, "blank"), Parsed(None, "withheld"), Parsed(None, "unknown")])
@pytest.mark.parametrize("field", [BOOKS, AREA, STATUS, BUILT_ON, REMARK], ids=lambda f: f.name)
def test_nothing_above(above, field):
    assert read("同上", field, above=above) == (None, "withheld", ["nothing_above"])


# --- formulas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", [BOOKS, AREA, STATUS, BUILT_ON, REMARK], ids=lambda f: f.name)
def test_broken_formulas_are_never_blank_or_zero(field):
    assert read(Cell("#REF!", "error", "#REF!", True), field) == (None, "withheld", ["formula_error"])
    assert read(Cell(None, "uncalculated", "=A1+B1", True), field) == (None, "withheld", ["formula_uncalculated"])
    for written in ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "Err:502"):
        assert read(written, field) == (None, "withheld", ["formula_error"])


def test_cached_values_are_plain():
    assert read(Cell(300, "number", "300", True), BOOKS) == (300, None, [])
    assert read(Cell("是", "text", "是", True), STATUS) == ("built", None, [])
    assert read(Cell("", "text", "", True), BOOKS) == (None, "blank", [])


def test_a_formula_kept_as_text_is_no_number():
    assert read("=SUM(B2:B5)", BOOKS) == (None, "withheld", ["formula_uncalculated"])
    assert read("=1+1", BUILT_ON) == (None, "withheld", ["formula_uncalculated"])


# --- text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (" 情况属实 ", "情况属实"), ("\u3000与小学共用\n", "与小学共用"), ("ＡＢＣ１２３", "ＡＢＣ１２３"),
        ("體育館  改建", "體育館  改建"), ("'共建", "'共建"),
        ("没有", "没有"), ("不详", "不详"), ("***", "***"), ("无线网络", "无线网络"), ("a < b", "a < b"),
        ("第1行\n第2行", "第1行\n第2行"),
        ("\ufeff说明\u200b", "说明"), (12, "12"), (12.5, "12.5"), (Cell(True, "boolean", "TRUE"), "TRUE"),
        (dated(date(2018, 3, 5)), "2018-03-05"), ("长" * 10_000, "长" * 10_000), ("5²", "5²"),
    ],
)  # fmt: skip
def test_text_is_kept_as_written(written, value):
    assert read(written, REMARK) == (value, None, [])


@pytest.mark.parametrize("written", ["=1+1", "+86", "-5", "@村委", '=HYPERLINK("x")', "\uff1d1", "  =A1", "-无"])
def test_text_that_looks_like_a_formula(written):
    assert read(written, REMARK) == (written.strip(), None, ["formula_like_text"])


@pytest.mark.parametrize("written", ["<script>alert(1)</script>", "<b>粗</b>", "见<!-- x -->", "<img src=x>"])
def test_markup(written):
    assert read(written, REMARK) == (written, None, ["markup_text"])
