"""The cell grammar for any input: it never raises, never returns a value silently that is not what was written."""

import re
import string
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wentong.findings import finding_types
from wentong.forms import Field, codes, forms, units_of_measure
from wentong.grid import Cell
from wentong.periods import Period
from wentong.values import Parsed, heading_unit, parse, parse_date

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

TABLE = forms()["基文01"].tables[0]
FIELDS = TABLE.fields
BOOKS = TABLE.field("books_total")
AREA = TABLE.field("floor_area_m2")
BUILT_ON = TABLE.field("built_on")
STATUS = TABLE.field("build_status")
REMARK = TABLE.field("remark")
Q3 = Period.parse("2026Q3")
STATES = {None, "blank", "not_applicable", "unknown", "masked", "approximate", "withheld", "partial_date"}
FULL_WIDTH = {ord(char): chr(ord(char) + 0xFEE0) for char in string.digits + ",.-"}

# What people write, cut into pieces that may come together in any order.
PIECES = st.sampled_from(
    [*"0123456789", *"〇零一二两三十百千万余多约近负年月日号.,-/—…×√是否无建成 '()%*:", "1", "5", "，", "．", "－", "（", "册", "万册",
     "㎡",
     "亩", "人次", "小时", "以上", "左右", "同上", "不详", "统计中", "不适用", "=", "+", "@", "#REF!", "\u3000",
     "\u00a0", "\u200b", "²", "①", "٣",
     "TRUE", "E+", "2026", "2018.3", "30", "二〇一九年", "Q3", "\n", "<b>"]
)  # fmt: skip
WRITTEN = st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=20))
CELLS = st.one_of(
    st.builds(lambda text: Cell(text, "text", text), WRITTEN),
    st.builds(
        Cell,
        value=st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(max_size=5),
            st.dates(),
            st.datetimes(),
            st.times(),
        ),
        kind=st.sampled_from(["text", "number", "boolean", "date", "error", "uncalculated"]),
        raw=WRITTEN,
        formula=st.booleans(),
    ),
)
UNITS = st.sampled_from([None, None, None, "册", "万册", "平方米", "亩", "分钟", "百人次", "种", "", "册、万册"])


def text(written: str) -> Cell:
    return Cell(written, "text", written)


def said(parsed: Parsed) -> list[str]:
    return [code for code, _ in parsed.findings]


# --- anything ---------------------------------------------------------------------------------------


@settings(max_examples=3000)
@given(
    cell=st.none() | CELLS,
    field=st.sampled_from(FIELDS),
    unit=UNITS,
    period=st.sampled_from([None, Q3]),
    above=st.sampled_from([None, Parsed(None, "blank"), Parsed("built", None)]),
    has_reason=st.booleans(),
)
def test_any_cell_has_a_sound_meaning(cell, field, unit, period, above, has_reason):
    parsed = parse(cell, field, heading_unit=unit, period=period, above=above, has_reason=has_reason)
    assert parsed.state in STATES
    errors = 0
    for code, params in parsed.findings:
        kind = finding_types()[code]
        errors += kind.severity == "error"
        known = {"label": "", "raw": "", "unit": "", "row": "", "cell": "", **params}
        assert "{" not in kind.message.format_map(known).replace("{", "", sum(v.count("{") for v in params.values()))
        kind.fix.format_map(known)
    assert (parsed.state == "withheld") == (errors > 0)
    if parsed.state in ("blank", "not_applicable", "unknown", "masked", "withheld"):
        assert parsed.value is None
    else:
        assert parsed.value is not None
        if said(parsed) != ["same_as_above"]:
            expected: type = {"count": int, "number": Decimal}.get(field.type, str)
            assert type(parsed.value) is expected


@settings(max_examples=2000)
@given(WRITTEN)
def test_a_plain_count_is_what_its_digits_say(written):
    parsed = parse(text(written), BOOKS)
    if parsed.value is None or parsed.findings:
        return
    digits = re.sub(r"[\s,'\u200b\u2018\u2019册本]|[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f\xad]", "",
                    unicodedata.normalize("NFKC", written)).replace("−", "-")  # fmt: skip
    times = {"百": 100, "千": 1000, "万": 10_000}.get(digits[-1:], 1)
    exact = Decimal(digits.rstrip("百千万")) * times
    assert parsed.value == exact


@settings(max_examples=1000)
@given(WRITTEN)
def test_blank_only_where_nothing_but_placeholders_is_written(written):
    if parse(text(written), BOOKS).state == "blank":
        assert not any(
            unicodedata.category(char)[0] in "LN" for char in written.replace("不适用", "").replace("未设", "")
        )


@settings(max_examples=1000)
@given(WRITTEN)
def test_text_is_a_verbatim_part_of_what_was_written(written):
    value = parse(text(written), REMARK).value
    assert value is None or (isinstance(value, str) and value in written)


@settings(max_examples=1000)
@given(WRITTEN, st.sampled_from(FIELDS))
def test_units_in_any_heading(heading, field):
    unit = heading_unit(heading, field)
    assert unit is None or field.unit


@settings(max_examples=1000)
@given(WRITTEN)
def test_a_date_read_from_anything_exists(written):
    iso = parse_date(written)
    assert iso is None or date.fromisoformat((iso + "-01-01")[:10])


# --- round trips ------------------------------------------------------------------------------------


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


COUNT_SPELLINGS = [
    str,
    lambda n: str(n).translate(FULL_WIDTH),
    lambda n: grouped(n, ","),
    lambda n: grouped(n, "，"),
    lambda n: grouped(n, " "),
    lambda n: grouped(n, "\u00a0"),
    lambda n: grouped(n, ",").translate(FULL_WIDTH),
    lambda n: f"'{n}",
    lambda n: f"\u3000{n} ",
    lambda n: f"\u200b{n}\ufeff",
    lambda n: f"{n}.0",
    lambda n: f"{n}册",
    lambda n: f"{n} 本",
    lambda n: f"{grouped(n, ',')}册",
    lambda n: f"{Decimal(n) / 1000:f}千册",
    lambda n: f"{Decimal(n) / 10_000:f}万册",
    lambda n: f"{Decimal(n) / 100:f} 百册",
]


@pytest.mark.parametrize("spell", COUNT_SPELLINGS)
@given(n=st.integers(0, 10**9))
def test_counts_read_back(spell, n):
    assert parse(text(spell(n)), BOOKS) == Parsed(n, None)


@given(n=st.integers(-(10**12), 10**12))
def test_number_cells_read_back(n):
    assert parse(Cell(n, "number", str(n)), BOOKS) == Parsed(n, None)
    assert parse(Cell(float(n), "number", str(n)), BOOKS) == Parsed(n, None)


@given(
    n=st.integers(0, 10**6),
    spell=st.sampled_from(["约{}", "{}余", "近{}", "{}多", "{}册以上", "{}多册", "{}左右", "约 {} 册", "大约{}余本"]),
)
def test_approximate_counts_read_back_and_say_so(n, spell):
    assert parse(text(spell.format(n)), BOOKS) == Parsed(n, "approximate", (("approximate_number", {"value": str(n)}),))


def in_words(number: int, numerals: str = "零一二三四五六七八九", powers: str = "十百千") -> str:
    """Digit by digit, runs of zeros shortened: another way than the one under test."""

    def section(n: int, width: int) -> str:
        digits = str(n).zfill(width)
        words = "".join(numerals[int(d)] + (powers[len(digits) - i - 2] if i < len(digits) - 1 and d != "0" else "")
                        for i, d in enumerate(digits))  # fmt: skip
        return re.sub(f"{numerals[0]}+", numerals[0], words).rstrip(numerals[0])

    high, low = divmod(number, 10_000)
    if not high:
        return section(low, len(str(low))) or numerals[0]
    return section(high, len(str(high))) + ("萬" if powers[0] == "拾" else "万") + section(low, 4)


@settings(max_examples=500)
@given(n=st.integers(0, 99_999_999) | st.integers(0, 3000))
def test_numbers_in_words_read_back(n):
    expected = Parsed(n, None, (("number_in_words", {"value": str(n)}),))
    words = in_words(n)
    if words != "一":
        assert parse(text(words), BOOKS) == expected
        assert parse(text(re.sub("二(?=[百千万])", "两", words)), BOOKS) == expected
        assert parse(text(words.replace("零", "〇")), BOOKS) == expected
    assert parse(text(in_words(n, "零壹贰叁肆伍陆柒捌玖", "拾佰仟")), BOOKS) == expected
    assert parse(text(words + "册"), BOOKS) == expected


@settings(max_examples=1500)
@given(st.text("零一二三四五六七八九十百千万两", min_size=2, max_size=7))
def test_words_have_a_value_only_if_they_are_its_name(words):
    value = parse(text(words), BOOKS).value
    if value is not None and re.search("[十百千万]", words):
        assert in_words(int(value)).replace("一十", "十") == words.replace("两", "二").replace("一十", "十")


@given(n=st.integers(0, 10**8), unit=st.sampled_from(["", "㎡", "平方米", " m2", "平", "平方"]))
def test_areas_read_back(n, unit):
    area = Decimal(n) / 100
    assert parse(text(f"{area:f}{unit}"), AREA) == Parsed(area, None)
    assert parse(text(f"{area:.3f}{unit}".translate(FULL_WIDTH)), AREA) == Parsed(area, None)
    assert parse(Cell(float(area), "number", str(area)), AREA) == Parsed(area, None)
    assert parse(Cell(float(area) * (1 + 2**-52), "number", str(area)), AREA) == Parsed(area, None)


@given(n=st.integers(0, 10**6))
def test_areas_in_mu(n):
    mu = Decimal(n) / 1000
    expected = (mu * 2000 / 3).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert parse(text(f"{mu:f}亩"), AREA) == Parsed(expected, None)
    assert parse(Cell(float(mu), "number", str(mu)), AREA, heading_unit="亩") == Parsed(expected, None)
    assert parse(text(f"{mu:f}"), AREA, heading_unit="亩") == Parsed(expected, None)


UNITS_OF_FIELDS = [
    (field, unit, factor)
    for field in FIELDS
    for unit, factor in (units_of_measure(field.unit) if field.unit else {}).items()
    if unit not in ("百", "千", "万")
]


@settings(max_examples=500)
@given(n=st.integers(0, 10**5), of=st.sampled_from(UNITS_OF_FIELDS), spell=st.sampled_from(["{}{}", "{} {}", " {}{}"]))
def test_every_unit_converts_in_the_cell_and_in_the_heading(n, of, spell):
    field, unit, factor = of
    exact = Fraction(n) * factor
    if field.type == "number":
        cents = Decimal(int(exact * 100 + Fraction(1, 2))) / 100
        expected = Parsed(Decimal(n) if factor == 1 else cents, None)
    elif exact.denominator == 1:
        expected = Parsed(int(exact), None)
    else:
        expected = Parsed(None, "withheld", (("whole_number_expected", {"unit": field.unit}),))
    assert parse(text(spell.format(n, unit)), field) == expected
    assert parse(text(str(n).translate(FULL_WIDTH)), field, heading_unit=unit) == expected
    assert parse(Cell(n, "number", str(n)), field, heading_unit=unit) == expected
    assert units_of_measure(field.unit)[heading_unit(f"{field.title}({unit})", field)] == factor
    assert parse(text(f"{n}{unit}"), field, heading_unit=unit) == expected


@given(
    n=st.integers(1, 9999),
    times=st.sampled_from([("百", 100), ("千", 1000), ("万", 10_000)]),
    spell=st.sampled_from(["{}{}", "{} {}"]),
)
def test_multiplied_counts_read_back_and_say_so(n, times, spell):
    word, factor = times
    value = str(n * factor)
    assert parse(text(spell.format(n, word)), BOOKS) == Parsed(
        n * factor, None, (("number_in_words", {"value": value}),)
    )


@given(n=st.integers(1, 10**8), spell=st.sampled_from(["-{}", "－{}", "−{}", "负{}"]))
def test_negative_numbers_keep_their_sign(n, spell):
    for field in (BOOKS, AREA):
        assert parse(text(spell.format(n)), field).value == -n


def chinese_date(day: date) -> str:
    year = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(day.year))
    month, number = (in_words(n).replace("一十", "十") for n in (day.month, day.day))
    return f"{year}年{month}月{number}日"


DATE_SPELLINGS = [
    lambda d: d.isoformat(),
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d:%Y-%m-%d} 00:00:00",
    lambda d: f"{d:%Y.%m.%d}".translate(FULL_WIDTH),
    lambda d: f" {d.year} 年 {d.month} 月 {d.day} 日 ",
    lambda d: str((d - date(1899, 12, 30)).days),
    chinese_date,
]


@pytest.mark.parametrize("spell", DATE_SPELLINGS)
@given(day=st.dates(date(1949, 1, 1), Q3.last_day))
def test_dates_read_back(spell, day):
    assert parse(text(spell(day)), BUILT_ON, period=Q3) == Parsed(day.isoformat(), None)


@given(day=st.dates(date(1949, 1, 1), Q3.last_day), at=st.times())
def test_date_cells_read_back(day, at):
    serial = (day - date(1899, 12, 30)).days
    compact = int(f"{day:%Y%m%d}")
    for cell in (
        Cell(day, "date", day.isoformat()),
        Cell(datetime.combine(day, at), "date", day.isoformat()),
        Cell(serial, "number", str(serial)),
        Cell(float(serial), "number", str(serial)),
        Cell(compact, "number", str(compact)),
    ):
        assert parse(cell, BUILT_ON, period=Q3) == Parsed(day.isoformat(), None)
    assert parse(Cell(at, "date", str(at)), BUILT_ON).state == "withheld"


PARTIAL_SPELLINGS = [
    lambda d: f"{d.year}年{d.month}月",
    lambda d: f"{d.year}年{d.month:02}月份",
    lambda d: f"{d.year}.{d.month}",
    lambda d: f"{d.year}-{d.month:02}",
    lambda d: f"{d.year} / {d.month}",
    lambda d: f"{d:%Y.%m}".translate(FULL_WIDTH),
    lambda d: chinese_date(d).partition("月")[0] + "月",
]


@given(day=st.dates(date(1949, 1, 1), Q3.last_day), spell=st.sampled_from(PARTIAL_SPELLINGS))
def test_months_read_back_and_say_so(day, spell):
    month = day.isoformat()[:7]
    said = (("partial_date", {"precision": "月", "value": month}),)
    assert parse(text(spell(day)), BUILT_ON, period=Q3) == Parsed(month, "partial_date", said)
    shown = Cell(day, "date", f"{day.year}年{day.month}月")
    assert parse(shown, BUILT_ON, period=Q3) == Parsed(month, "partial_date", said)


@given(year=st.integers(1949, 2026), spell=st.sampled_from(["{}", "{}年", " {} 年"]))
def test_years_read_back_and_say_so(year, spell):
    expected = Parsed(str(year), "partial_date", (("partial_date", {"precision": "年", "value": str(year)}),))
    assert parse(text(spell.format(year)), BUILT_ON, period=Q3) == expected
    assert parse(Cell(year, "number", str(year)), BUILT_ON, period=Q3) == expected


@given(
    day=st.dates(date(2000, 1, 1), Q3.last_day),
    spell=st.sampled_from(["{:02}.{}.{}", "{:02}年{}月{}日", "{:02}年{}月{}号"]),
)
def test_years_of_two_digits_read_back_and_say_so(day, spell):
    written = text(spell.format(day.year % 100, day.month, day.day))
    said = (("two_digit_year", {"value": day.isoformat()}),)
    assert parse(written, BUILT_ON, period=Q3) == Parsed(day.isoformat(), None, said)


@given(
    day=st.dates(date(1949, 1, 1), Q3.last_day),
    at=st.times(),
    spell=st.sampled_from(["{} {:%H:%M}", "{} {:%H:%M:%S}", "{}T{:%H:%M:%S}"]),
)
def test_a_time_behind_a_date_is_left_out(day, at, spell):
    assert parse(text(spell.format(day, at)), BUILT_ON, period=Q3) == Parsed(day.isoformat(), None)


@given(day=st.dates(date(1949, 1, 1), Q3.last_day))
def test_bare_days_count_from_1904_where_the_workbook_says_so(day):
    serial = (day - date(1904, 1, 1)).days
    for cell in (Cell(serial, "number", str(serial)), Cell(float(serial), "number", str(serial)), text(str(serial))):
        assert parse(cell, BUILT_ON, period=Q3, date1904=True) == Parsed(day.isoformat(), None)


@given(days=st.integers(1, 20_000))
def test_no_future_date_is_accepted(days):
    day = Q3.last_day + timedelta(days)
    for spell in DATE_SPELLINGS:
        assert said(parse(text(spell(day)), BUILT_ON, period=Q3)) == ["date_future"]


@given(padding=st.text(" \t\u3000\u00a0\u200b", max_size=3), end=st.sampled_from(["", "。"]),
       written=st.sampled_from([("已建成", "built"), ("在建", "under_construction"), ("未建成", "not_built"), ("y", "built")]))  # fmt: skip
def test_statuses_read_back(padding, end, written):
    word, code = written
    spaced = padding.join(word)
    assert parse(text(f"{padding}{spaced}{end}{padding}"), STATUS) == Parsed(code, None)


@given(
    listed=st.sampled_from(sorted(codes("build_status").items())), padding=st.text(" \t\u3000\u00a0\u200b", max_size=3)
)
def test_every_listed_status_reads_back(listed, padding):
    word, code = listed
    for spelling in (word, word.lower(), word.translate(FULL_WIDTH), f"'{word}"):
        assert parse(text(f"{padding}{spelling}{padding}"), STATUS) == Parsed(code, None)


@pytest.mark.parametrize(
    ("cell", "code", "title"),
    [
        (Cell(True, "boolean", "TRUE"), "built", "已建成"),
        (Cell(False, "boolean", "FALSE"), "not_built", "未建成"),
        (Cell("TRUE", "text", "TRUE"), "built", "已建成"),
        (Cell("false", "text", "false"), "not_built", "未建成"),
    ],
)
def test_logical_statuses_read_back_and_say_so(cell, code, title):
    assert parse(cell, STATUS) == Parsed(code, None, (("logical_status", {"value": title}),))
    number = int(code == "built")
    assert parse(Cell(number, "number", str(number)), STATUS) == Parsed(code, None)


@settings(max_examples=1000)
@given(WRITTEN)
def test_a_status_is_one_of_the_listed_words(written):
    parsed = parse(text(written), STATUS)
    if parsed.value is not None and not parsed.findings:
        bare = re.sub(
            r"[\s'。\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufe0e\ufe0f\xad]",
            "",
            unicodedata.normalize("NFKC", written),
        )
        listed = codes("build_status")
        assert bare.upper() in listed


@given(st.sampled_from([time(0), time(8, 30)]), st.sampled_from([f for f in FIELDS if f.type != "text"]))
def test_a_time_of_day_is_never_a_value(at: time, field: Field):
    assert parse(Cell(at, "date", str(at)), field).state == "withheld"
