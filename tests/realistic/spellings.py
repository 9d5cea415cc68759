"""How people write one cell, and what it then means: the right value, and whether somebody must be told.

The meanings follow the table "What a cell means" of the design and, where that is silent, the list of how people really
write cells (domain 3.0); they are written down here a second time on purpose, independently of the parser under test.
"""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from writers import Content, Fault, Formula, Styled

Expected = str | Decimal | None


@dataclass(frozen=True, slots=True)
class Spelling:
    """What stands in a cell and what may come of it."""

    content: Content
    values: tuple[Expected, ...]
    """The values that may load, the best first."""
    finding: Literal["never", "may", "must"] = "never"
    """Of severity warning or worse, at this very cell."""
    severities: frozenset[str] = frozenset({"warning", "error"})
    open: bool = False
    """The documents are silent: any value may load as long as the cell is flagged."""
    kind: str = "plain"
    """What this is an example of; shown in reports."""

    @property
    def plain(self) -> bool:
        """One value, and nobody is told."""
        return self.finding == "never" and len(self.values) == 1


WARNING = frozenset({"warning"})
ERROR = frozenset({"error"})
ANY = frozenset({"warning", "error", "row"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A numeric column as the sheet at hand has it."""

    field: str
    whole: bool
    limit: int
    heading_unit: str | None
    """The unit that the heading or the unit row states, None: none."""
    factor: Decimal = Decimal(1)
    """Value in the declared unit = written number × factor."""
    required: bool = False

    @property
    def in_declared_unit(self) -> bool:
        return self.factor == 1


UNITS = {
    "floor_area_m2": ("平方米", "㎡", "m²", "m2", "平方", "平", "M²"),
    "outdoor_area_m2": ("平方米", "㎡", "m²", "m2", "平方", "平米"),
    "books_total": ("册", "本"),
    "reading_seats": ("个", "座", "席", "位"),
    "full_time_staff": ("人", "名"),
    "weekly_open_hours": ("小时", "个小时", "h"),
    "activity_sessions": ("场次", "场", "次"),
    "activity_attendance": ("人次", "人"),
    "volunteer_count": ("人", "名"),
}
"""The declared unit first."""

LARGER = {
    "floor_area_m2": (("亩", Decimal(2000) / 3), ("万平方米", Decimal(10000))),
    "outdoor_area_m2": (("亩", Decimal(2000) / 3), ("万平方米", Decimal(10000))),
    "books_total": (("千册", Decimal(1000)), ("万册", Decimal(10000)), ("百册", Decimal(100))),
    "activity_attendance": (("百人次", Decimal(100)), ("千人次", Decimal(1000)), ("万人次", Decimal(10000))),
}

_WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")


def as_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def plain_text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def in_words(number: int) -> str:
    """三十, 二百, 一千五百二十, as people write them."""
    digits, units = "零一二三四五六七八九", ("", "十", "百", "千")
    if number >= 10000:
        rest = number % 10000
        middle = "零" if rest and rest < 1000 else ""
        return in_words(number // 10000) + "万" + middle + (in_words(rest) if rest else "")
    words, gap = "", False
    for place in range(len(str(number)) - 1, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if gap else "") + digits[digit] + units[place]
            gap = False
        else:
            gap = bool(words)
    return words.removeprefix("一") if 10 <= number < 20 else words


def number(rng: random.Random, measure: Measure, value: Decimal | None, can: frozenset[str], mess: float) -> Spelling:
    """One numeric cell whose true value, in the declared unit, is `value`; None: nothing is to be reported."""
    if value is None:
        return _nothing(rng, measure, can)
    # a heading in mu or thousands: what is written must come back to the true value exactly
    written = value / measure.factor
    text = plain_text(written)
    if not measure.in_declared_unit:
        places = Decimal("0.01") if measure.heading_unit == "亩" else Decimal("0.0001")
        written = written.quantize(places)
        value = (written * measure.factor).quantize(Decimal("0.000001"))
        if measure.whole and value != value.to_integral_value():
            written = Decimal(int(written) + 1)
            value = written * measure.factor
        text = plain_text(written)
    roll = rng.random()
    if roll >= mess:
        if "text" not in can:
            return Spelling(as_number(written), (value,))
        return Spelling(text, (value,))
    choices = [_odd_but_right] * 45 + [_warned] * 22 + [_withheld] * 20 + [_silent] * 10 + [_placeholder] * 8
    return rng.choice(choices)(rng, measure, value, written, text, can)


def _odd_but_right(
    rng: random.Random, measure: Measure, value: Decimal, written: Decimal, text: str, can: frozenset[str]
) -> Spelling:
    """Right beyond doubt: nobody needs to be told."""

    def right(content: Content, kind: str, finding: Literal["never", "may"] = "never") -> Spelling:
        return Spelling(content, (value,), finding, kind=kind)

    declared = UNITS[measure.field][0]
    ways = [
        right(text, "number as text"),
        right(text.translate(_WIDE), "full-width digits"),
        right("'" + text, "apostrophe"),
    ]
    if "spaces" in can:
        ways += [right(f" {text} ", "spaces around"), right(f"{text}　", "wide space after")]
        ways += [right(f"{text}\n", "line break after", "may"), right(f"\u00a0{text}", "no-break space", "may")]
    if "typed" in can:
        ways += [right(float(written), "float"), right(text, "number as text")]
    if "cached" in can:
        ways += [right(Formula(f"={text}*1", as_number(written)), "calculated formula")] * 2
        ways += [right(Formula(f'="{text}"&""', text), "formula with text result", "may")]
    if measure.in_declared_unit:
        if written >= 1000:
            grouped = f"{int(written):,}" + (text[text.index(".") :] if "." in text else "")
            ways += [right(grouped, "thousands")] * 2 + [right(grouped.replace(",", " "), "thousands by spaces")]
            ways += [right(grouped.replace(",", "，"), "wide thousands", "may")]
        ways += [right(text + declared, "with unit")] * 3
        ways += [right(text + unit, f"unit {unit}", "may") for unit in UNITS[measure.field][1:]]
        if "spaces" in can:
            ways += [right(f"{text} {declared}", "unit after a space")]
        if measure.heading_unit is None and measure.field == "outdoor_area_m2":
            mu = Decimal(rng.randint(1, 9)) / 2
            ways += [Spelling(f"{plain_text(mu)}亩", (mu * 2000 / 3,), "may", WARNING, kind="mu")]
        if measure.heading_unit is None and measure.field == "books_total" and value >= 1000:
            ways += [right(f"{plain_text(value / 1000)}千册", "thousand in cell", "may")]
            ways += [right(f"{plain_text(value / 10000)}万册", "ten thousand in cell", "may")]
    return rng.choice(ways)


def _warned(
    rng: random.Random, measure: Measure, value: Decimal, written: Decimal, text: str, can: frozenset[str]
) -> Spelling:
    """The number loads, but the steward is asked for the actual one."""

    def warned(content: Content, kind: str, expected: Expected = value) -> Spelling:
        return Spelling(content, (expected,), "must", WARNING, kind=kind)

    ways = []
    unit = UNITS[measure.field][0] if measure.in_declared_unit else measure.heading_unit or ""
    if value > 0:
        ways += [warned(mark + text, "approximate") for mark in ("约", "近")]
        ways += [warned(f"约{text}{unit}", "approximate with unit"), warned(f"{text}{unit}以上", "at least")]
        if written == written.to_integral_value() and written >= 10:
            ways += [warned(text + mark, "approximate") for mark in ("余", "多")]
            if measure.in_declared_unit:  # 20多百册 nobody writes
                ways += [
                    warned(f"{text}余{unit}", "approximate with unit"),
                    warned(f"{text}多{unit}", "approximate with unit"),
                ]
                ways += [warned(in_words(int(written)), "words")] * 2 + [warned(in_words(int(written)) + unit, "words")]
                ways += [warned(f"约{in_words(int(written))}", "approximate words")]
    if value == 0 and measure.whole:
        ways += [warned("无", "zero in words"), warned("没有", "zero in words")] * 3
    if measure.heading_unit and measure.field in LARGER and value > 0:
        for larger, factor in LARGER[measure.field]:
            if larger == measure.heading_unit:
                if measure.in_declared_unit:
                    continue
                declared = UNITS[measure.field][0]
                ways += [warned(plain_text(value) + declared, "cell and heading disagree")]
                continue
            in_larger = value / factor
            if larger != "亩" and in_larger >= 1 and in_larger == in_larger.quantize(Decimal("0.0001")):
                ways += [warned(plain_text(in_larger) + larger, "cell and heading disagree")]
    severities = WARNING | ERROR if measure.required else WARNING
    for mark in ("不详", "统计中", "***"):
        ways.append(Spelling(mark, (None,), "must", severities, kind="unknown"))
    return rng.choice(ways)


def _withheld(
    rng: random.Random, measure: Measure, value: Decimal, written: Decimal, text: str, can: frozenset[str]
) -> Spelling:
    """No number comes of it."""

    def wrong(content: Content, kind: str) -> Spelling:
        return Spelling(content, (None,), "must", ERROR, kind=kind)

    beyond = plain_text(Decimal(measure.limit * rng.choice((2, 3, 10)) + 1) / measure.factor)
    ways = [
        wrong("-" + (text if written else "5"), "negative"),
        wrong(beyond, "above the limit"),
        wrong("见附件", "text"),
        wrong("已上报", "text"),
        wrong(
            f"{text}场次(含讲座3场)" if measure.field == "activity_sessions" else f"{text}(含借用)",
            "number with a story",
        ),
    ]
    if "typed" in can:
        ways += [wrong(-as_number(written or Decimal(5)), "negative"), wrong(True, "logical")]
        if measure.in_declared_unit:
            ways.append(wrong(measure.limit * 3 + 1, "above the limit"))
    else:
        ways.append(wrong("TRUE", "logical"))
    if measure.whole and measure.in_declared_unit:
        ways += [wrong(as_number(value + Decimal("0.5")) if "typed" in can else f"{text}.5", "fraction in a count")] * 2
        ways += [wrong(f"{text}.5", "fraction in a count")]
    if measure.field == "weekly_open_hours":
        ways += [wrong("8:30-17:30", "opening hours")] * 4
        ways += [wrong("8:30—11:30,14:30—17:30", "opening hours"), wrong("9:00至17:00", "opening hours")]
    if "errors" in can:
        ways += [wrong(Fault(fault), "error cell") for fault in ("#REF!", "#VALUE!", "#N/A", "#DIV/0!")]
    if "errors" in can and "cached" in can:
        ways += [
            wrong(Formula("=A1/0", Fault("#DIV/0!")), "formula error"),
            wrong(Formula("=X!A1", Fault("#REF!")), "formula error"),
        ]
    if "text" in can:
        ways += [wrong("#REF!", "error text"), wrong("#DIV/0!", "error text")]
    if "uncalculated" in can:
        ways += [wrong(Formula(f"=SUM({text},0)", None), "formula never calculated")] * 2
    return rng.choice(ways)


def _silent(
    rng: random.Random, measure: Measure, value: Decimal, written: Decimal, text: str, can: frozenset[str]
) -> Spelling:
    """Neither document says what it means: flagged in any case, never guessed in silence."""

    def flagged(content: Content, kind: str = "undecided") -> Spelling:
        return Spelling(content, (None,), "must", ANY, open=True, kind=kind)

    more = plain_text(written + 5)
    ways = [
        flagged(shape.format(a=text, b=more))
        for shape in (
            "{a}左右", "大约{a}", "{a}上下", "≥{a}", ">{a}", "<{a}", "{a}-{b}", "{a}～{b}", "{a}/{b}", "{a}+5", "{a}*2",
            "{a}×2", "{a}%", "上季{a}", "{a}?", "{a}(估)", "{a}、{b}", "{a}元", "{a}种", "{a}+", "{a}→{b}", "({a})", "{a}人{b}人",
            "同前", "〃", "壹佰", "若干", "几十", "十几", "暂无", "未统计", "待定", "1.2.3", "1,5", "5,00", "每村{a}", "共{a}", "{a}\\{b}",
            "Ｏ", "l0", "{a}O", "0x1F", "数十", "半", "{a}个村", "本季{a}", "{a}(去年{b})", "缺", "待补", "请见备注", "{a}e", "１，５",
        )
    ]  # fmt: skip
    if written == 0:
        ways.append(flagged("零"))
    # how may be right in silence where only one reading makes sense
    ways.append(Spelling(f"{text};", (value,), "may", ANY, open=True, kind="stray mark"))
    ways.append(Spelling("N/A", (None,), "may", ANY, open=True, kind="undecided placeholder"))
    if measure.required:
        ways.pop()
    if "typed" in can:
        ways += [flagged(date(2026, rng.randint(1, 9), rng.randint(1, 28)), "date in a number")] * 5
        ways += [flagged(datetime(2026, 3, 5), "date in a number")]  # noqa: DTZ001
    if "styled" in can and "typed" in can:
        ways += [flagged(Styled(8.5 / 24, "time", "8:30"), "time in a number")] * 4
        ways += [flagged(Styled(35 / 24, "duration", "35:00"), "duration in a number")] * 3
        ways += [flagged(Styled(0.35, "percent", "35%"), "percentage in a number")] * 3
    if measure.field == "weekly_open_hours":
        ways += [
            flagged("7小时/天"),
            flagged("每天7小时"),
            flagged("全天"),
            flagged("每周5天"),
            flagged("周一至周五"),
            flagged("7×5"),
        ] * 2
    return rng.choice(ways)


def _placeholder(
    rng: random.Random, measure: Measure, value: Decimal, written: Decimal, text: str, can: frozenset[str]
) -> Spelling:
    """A forgotten cell, or a dash for it."""
    return _nothing(rng, measure, can)


def _nothing(rng: random.Random, measure: Measure, can: frozenset[str]) -> Spelling:
    blank: Content = rng.choice([None, None, None, None, None, None, "/", "—", "-", "…", "——", "--"])
    if "spaces" in can and rng.random() < 0.1:
        blank = rng.choice([" ", "　"])
    if measure.required:
        return Spelling(blank, (None,), "must", ERROR if blank != "--" else ANY, kind="required and missing")
    undecided = blank in ("--", "——")
    return Spelling(blank, (None,), "may" if undecided else "never", kind="blank")


# -- built or not ------------------------------------------------------------------------------------------------------

STATUS = {
    "built": ("是", "有", "√", "✓", "✔", "Y", "1", "建成", "已建成", "已建"),
    "under_construction": ("在建", "建设中", "正在建设"),
    "not_built": ("否", "无", "×", "N", "0", "未建", "未建成"),
}
USUAL_STATUS = {
    "built": ("是", "已建成", "√", "建成"),
    "under_construction": ("在建",),
    "not_built": ("否", "未建成", "未建"),
}


def status(rng: random.Random, value: str, can: frozenset[str], mess: float, usual: int) -> Spelling:
    """The one cell that every row must have."""
    roll = rng.random()
    if roll >= mess:
        ways = USUAL_STATUS[value]
        return Spelling(ways[usual % len(ways)], (value,))
    if roll < mess * 0.6:
        text = rng.choice(STATUS[value])
        if text in ("1", "0") and "typed" in can and rng.random() < 0.7:
            return Spelling(rng.choice((int(text), float(text))), (value,), kind="status as number")
        if "spaces" in can and rng.random() < 0.3:
            text = f" {text} "
        elif rng.random() < 0.2:
            text += "。"
        return Spelling(text, (value,), kind="status")
    if roll < mess * 0.75:
        text = rng.choice(["基本建成", "基本达标", "即将建成", "部分建成", "拟建", "待建", "计划明年建", "装修中", "筹建", "√?",
                           "已立项", "完工", "2", "基本完成", "是/否", "已建未用", "建了", "未启用"])  # fmt: skip
        return Spelling(text, (None,), "must", ERROR, kind="status unclear")
    if roll < mess * 0.85:
        return Spelling(rng.choice([None, None, "/", "—"]), (None,), "must", ERROR, kind="required and missing")
    if roll < mess * 0.9 and "typed" in can:
        flag = value == "built"
        return Spelling(flag, ("built" if flag else "not_built",), "must", ANY, open=True, kind="logical status")
    if roll < mess * 0.95:
        text = rng.choice(["不详", "统计中", "***"])
        return Spelling(text, (None,), "must", ANY, kind="unknown status")
    text = rng.choice(
        ["x", "yes", "达标", "?", "是(2019年)", "在建/已建", "合格", "有(共用)", "V", "正常", "是否", "建"]
    )
    return Spelling(text, (None,), "must", ANY, open=True, kind="status undecided")


# -- dates -------------------------------------------------------------------------------------------------------------


def day(
    rng: random.Random,
    value: date | None,
    last_day: date,
    can: frozenset[str],
    mess: float,
    style: int,
    epoch_1904: bool,
) -> Spelling:
    """One date cell; `style` is how the file usually writes dates."""
    if value is None:
        return Spelling(rng.choice([None, None, None, None, "/", "—", "-"]), (None,), kind="blank")
    iso = (value.isoformat(),)
    year, month, dom = value.year, value.month, value.day
    usual: list[Content] = [
        value if "typed" in can else f"{year}/{month}/{dom}",
        f"{year}.{month}.{dom}",
        f"{year}年{month}月{dom}日",
        f"{year}-{month:02}-{dom:02}",
        f"{year}/{month}/{dom}",
        f"{year}{month:02}{dom:02}",
    ]
    roll = rng.random()
    if roll >= mess:
        return Spelling(usual[style % len(usual)], iso)
    if roll < mess * 0.45:
        days = (value - (date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30))).days
        words = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
        ways: list[Content] = [
            *usual,
            f"{words}年{in_words(month)}月{in_words(dom)}日",
            f"{year}-{month:02}-{dom:02} 00:00:00",
            f"{year}.{month:02}.{dom:02}",
            f"{year}年{month:02}月{dom:02}日".translate(_WIDE),
        ]
        if "typed" in can:
            ways += [days, days, year * 10000 + month * 100 + dom, datetime(year, month, dom)]  # noqa: DTZ001
        elif not epoch_1904:
            ways += [str(days)]
        content = rng.choice(ways)
        if isinstance(content, str) and "spaces" in can and rng.random() < 0.2:
            content = f" {content} "
        return Spelling(content, iso, kind="date")
    if roll < mess * 0.7:
        if rng.random() < 0.35:
            mark = rng.choice("../-")
            # 18.3.5 is decided; 19/3/25 may as well end in its year
            severities = WARNING if mark == "." else ANY
            text = f"{year % 100:02}{mark}{month}{mark}{dom}"
            return Spelling(text, iso, "must", severities, open=mark != ".", kind="two-digit year")
        if rng.random() < 0.5:
            text = rng.choice(
                [f"{year}年{month}月", f"{year}-{month:02}", f"{year}/{month:02}", f"{year}年{month:02}月份"]
            )
            return Spelling(
                text,
                (f"{year}-{month:02}",),
                "must",
                ANY if "份" in text else WARNING,
                open="份" in text,
                kind="month only",
            )
        if rng.random() < 0.25 and "typed" in can:
            # 2018.1 may be January or October: which was typed cannot be known
            return Spelling(
                float(f"{year}.{month}"), (f"{year}-{month:02}",), "must", ANY, open=True, kind="month as number"
            )
        year_only: Content = rng.choice([year if "typed" in can else str(year), f"{year}年", str(year)])
        return Spelling(year_only, (str(year),), "must", WARNING, kind="year only")
    if roll < mess * 0.88:
        later = last_day + timedelta(days=rng.randint(1, 500))
        wrong: list[Content] = [
            f"{year}年2月30日", f"{year}.13.{dom}", f"{year}0231", f"{year}-9-31", f"{year}/4/31", f"{year}.0.5", f"{year}年{month}月32日",
            later if "typed" in can else later.isoformat(), f"{later.year}年{later.month}月{later.day}日", later.isoformat(), "2109-09-30",
            "待定", "去年", "明年", "即将",
        ]  # fmt: skip
        if "errors" in can:
            wrong.append(Fault("#REF!"))
        if "typed" in can:
            wrong += [True, -5, 0.5]
        return Spelling(rng.choice(wrong), (None,), "must", ERROR, kind="date impossible or future")
    doubtful: list[Content] = [
        f"{year}年{month}月底", f"{year}年{month}月{dom}日前", f"{year}-{year + 1}", f"{year}年3季度", f"{dom}/{month}/{year}", "5/3/2019",
        f"{month}月{dom}日", f"{year}年上半年", "Sep-19", f"{year % 100:02}年{month}月", f"{year}.{month}.{dom}、{year}.{month}.{dom}",
        f"约{year}年", f"{year}年前", f"{year}年{month}月上旬", f"{year}年初", "90年代",
    ]  # fmt: skip
    return Spelling(rng.choice(doubtful), (None,), "must", ANY, open=True, kind="date undecided")


# -- text --------------------------------------------------------------------------------------------------------------

_REMARKS = (
    "与党群服务中心共建共享",
    "2025年改造后重新开放",
    "電子閱覽室正在維修",
    "已配电脑5台,投影1套",
    "上季度因台风闭馆2周",
    "（含共享面积）",
    "面积约300平方米",
    "联系镇文化站核实",
    "２楼为活动室",
    "与2026年2季度相比增加活动3场",
    "情况属实",
    "合计含分馆",
    "小计未含自然村",
    "原月山镇祠堂改建",
)


def remark(rng: random.Random, can: frozenset[str], mess: float) -> Spelling:
    roll = rng.random()
    if roll < 0.7:
        return Spelling(None, (None,), kind="blank")
    if roll >= 0.7 + 0.3 * mess:
        text = rng.choice(_REMARKS)
        return Spelling(text, (text,))
    if rng.random() < 0.35:
        text = rng.choice(["无", "/", "—", "-", "没有", "…"])
        # only a lone placeholder and 无 are named in the design
        return Spelling(text, (None,) if text != "没有" else (None, text), kind="empty remark")
    if rng.random() < 0.6:
        text = rng.choice(
            [
                "=去年数+新增",
                "+2名义工",
                "-见附表",
                "@文化站",
                "=1+1",
                "<b>加急</b>",
                "<script>alert(1)</script>",
                "+86 750 222",
            ]
        )
        return Spelling(text, (text,), "must", WARNING, kind="formula-like or markup")
    text = rng.choice(
        [
            "'见附页",
            "ＡＢＣ１２３",
            "圖書館",
            "１,２",
            "㎡核实",
            "“共用”",
            "1",
            "300",
            "①②",
            "&amp;",
            "a<b且c>d的",
            "100%",
        ]
    )
    if text == "a<b且c>d的":
        return Spelling(text, (text,), "may", WARNING, kind="text kept verbatim")
    if "spaces" in can and rng.random() < 0.4:
        return Spelling(f"  {text} ", (text,), kind="text kept verbatim")
    return Spelling(text, (text,), kind="text kept verbatim")
