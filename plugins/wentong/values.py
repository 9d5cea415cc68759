"""What a cell means: the one grammar that turns what people write into a value.

Source: design: what a cell means, and domain §3.0 where that is silent. Every way of writing either has one certain
meaning here, or it is withheld with a finding. Nothing is guessed: `二三十`, `十多万`, `1,50`, `5天` among hours,
`2018.1` as a number (January, or October without its zero?), a lone `一` among figures (one, or a dash?) have no value.
"""

import csv
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import NamedTuple

from wentong.forms import SCHEMAS, Field, code_titles, codes, units_of_measure
from wentong.grid import Cell
from wentong.periods import Period
from wentong.returns import Value

Findings = tuple[tuple[str, dict[str, str]], ...]


class Parsed(NamedTuple):
    """One cell's meaning. State `withheld` always comes with a finding of severity error."""

    value: Value
    """Count: int; number: Decimal in the declared unit; enum: code; date: ISO text, partial as `2018-03`; text."""
    state: str | None
    """None: plain; else blank, not_applicable, unknown, masked, approximate, withheld, partial_date."""
    findings: Findings = ()
    """(finding code, params); label, unit, raw and place are the caller's to fill in."""


BLANK = Parsed(None, "blank")


def parse(
    cell: Cell | None,
    field: Field,
    *,
    heading_unit: str | None = None,
    period: Period | None = None,
    above: Parsed | None = None,
    has_reason: bool = False,
    date1904: bool = False,
) -> Parsed:
    """The meaning of a cell in the column of `field`. Never raises.

    heading_unit: the column's unit as `heading_unit()` found it. period: the period reported; later dates are withheld.
    above: the meaning of the cell above, for 同上. has_reason: the row has a 说明, so that `—` says "not applicable".
    date1904: bare numbers are days since 1904. Whether a blank may be, and limits, are checked elsewhere.
    """
    if cell is None:
        return BLANK
    kind = cell.kind
    measured = field.type == "count" or field.type == "number"
    if measured and (whole := _plain_digits(cell)) is not None and _heading_factor(field.unit, heading_unit) is _ONE:
        return Parsed(whole if field.type == "count" else Decimal(whole), None)
    if kind == "error":
        return _withheld("formula_error")
    if kind == "uncalculated":
        return _withheld("formula_uncalculated")
    if kind == "text" and (said := _said_in_words(_text_of(cell), field, above, has_reason)):
        return said
    if measured:
        return _parse_quantity(cell, field, heading_unit)
    if field.type == "date":
        return _parse_date(cell, period, date(1904, 1, 1) if date1904 else _DAY_0)
    if field.type == "set":
        return _parse_set(cell, field)
    return _parse_enum(cell, field) if field.type == "enum" else _parse_text(cell)


def _plain_digits(cell: Cell) -> int | None:
    """A whole number written in nothing but digits: most cells by far, so they are looked at first."""
    value, kind, raw, _ = cell
    if kind == "number" and "%" not in raw:
        if type(value) is int:
            return value
        if type(value) is float and value.is_integer() and abs(value) < _EXACT:
            return int(value)
    elif kind == "text" and type(value) is str and len(value) <= _DIGITS and value.isascii() and value.isdigit():
        return int(value)
    return None


def _withheld(code: str, **params: str) -> Parsed:
    return Parsed(None, "withheld", ((code, params),))


def _text_of(cell: Cell) -> str:
    """What is written in a cell of text, without outer white space."""
    return (cell.value if isinstance(cell.value, str) else cell.raw).strip(_OUTER)


# --- one spelling ---------------------------------------------------------------------------------

_FOLD: dict[int, str | None] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full-width ASCII
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"), " "),
    **dict.fromkeys(
        [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xAD, 0xFEFF, 0xFE0E, 0xFE0F]
    ),
    ord("\u2212"): "-",  # minus sign
    ord("\uff61"): "。",
}
_SPACES = re.compile(r"\s+")
_OUTER = " \t\r\n\v\f\u0085\u00a0\u1680\u2028\u2029\u3000\u200b\u2060\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_LONGEST = 80
"""No number, date or status takes more characters; longer texts are not looked at closely."""


def _fold(text: str) -> str:
    """Half-width, ordinary spaces, nothing invisible, no outer space.

    Not NFKC, which makes 5² into 52 and ① into 1.
    """
    return text.translate(_FOLD).strip()


def _squeeze(text: str) -> str:
    """A word as it is looked up: folded, without any space, leading apostrophe or final 。"""
    word = _SPACES.sub("", _fold(text)).removeprefix("'")
    return word.removesuffix("。") if len(word) > 1 else word


# --- words in place of a value --------------------------------------------------------------------

_PLACEHOLDER = re.compile(r"[-/‐‑‒–—―─━﹘﹣]*|[…⋯]+|\.{3,}")
_NOT_APPLICABLE = re.compile(r"[–—―─━]+|不适用|未设")
_UNKNOWN = frozenset(("不详", "统计中", "正在统计", "正在统计中", "未知"))
_MASKED = re.compile(r"\*+|[Xx×]{2,}")
_SAME_AS_ABOVE = frozenset(("同上", "〃"))
_ERROR_TEXT = re.compile(r"#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|GETTING_DATA)|Err:[0-9]{3}")


def _said_in_words(text: str, field: Field, above: Parsed | None, has_reason: bool) -> Parsed | None:
    """Blanks and words that mean the same in every column; None when the text has to be read by type."""
    if len(text) > _LONGEST:
        return None
    word = _squeeze(text)
    if word in _SAME_AS_ABOVE:
        return _as_above(field, above)
    if _ERROR_TEXT.fullmatch(word):
        return _withheld("formula_error")
    if field.type == "text":
        return BLANK if word == "无" or _PLACEHOLDER.fullmatch(word) else None
    if _NOT_APPLICABLE.fullmatch(word):
        return Parsed(None, "not_applicable") if has_reason else BLANK
    if _PLACEHOLDER.fullmatch(word):
        return BLANK
    if word in _UNKNOWN:
        return Parsed(None, "unknown", (("unknown_value", {}),))
    if _MASKED.fullmatch(word):
        return Parsed(None, "masked", (("unknown_value", {}),))
    return _withheld("formula_uncalculated") if word.startswith("=") else None


def _as_above(field: Field, above: Parsed | None) -> Parsed:
    if above is None or above.value is None:
        return _withheld("nothing_above")
    return Parsed(above.value, above.state, (("same_as_above", {"value": _shown(above.value, field)}),))


def _shown(value: Value, field: Field) -> str:
    """A value as a sentence quotes it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return code_titles(field.codes).get(str(value), str(value)) if field.codes else str(value)


# --- counts and measures --------------------------------------------------------------------------

_ONE = Fraction(1)
_DIGITS = 15
"""Significant digits a spreadsheet keeps; what lies beyond is binary noise."""
_EXACT = 10**_DIGITS
_ROUND_TO_DIGITS = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)
_EXAMPLE = {"count": "12", "number": "35.5"}

_SIMPLE_NUMERALS = str.maketrans(
    "〇○壹贰貳两兩叁叄參肆伍陆陸柒捌玖拾佰仟萬",
    "零零一二二二二三三三四五六六七八九十百千万",
)
_NUMERALS = "零一二三四五六七八九"
_MULTIPLYING = re.compile("[百佰千仟万萬]")
_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_NUMBER = r"""
    (?P<before> 约 | 大约 | 近 | 将近 | 接近 )? \s*
    (?P<sign> - | 负 )?
    (?: (?P<digits> [0-9]+ | [1-9][0-9]{0,2} (?P<separator>[,\ ]) [0-9]{3} (?: (?P=separator) [0-9]{3} )* )
        (?P<decimals> \.[0-9]+ )? \s* (?P<times> [百千万] )?
      | (?P<words> [〇○零一二三四五六七八九十百千万壹贰貳两兩叁叄參肆伍陆陸柒捌玖拾佰仟萬]+ ) )
    \s* (?P<more> 余 | 多 )?
    \s* (?P<unit> UNITS )?
    \s* (?P<after> 左右 | 上下 | 以上 )?
"""


@cache
def _quantity_grammar(unit: str | None) -> re.Pattern[str]:
    """A number as people write it, with the units of one quantity. Multipliers (万册) are apart from the unit (册)."""
    words = [word for word in _units(unit) if word[0] not in _POWERS]
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)"
    return re.compile(_NUMBER.replace("UNITS", known), re.VERBOSE)


def _units(unit: str | None) -> dict[str, Fraction]:
    return units_of_measure(unit) if unit else {}


@cache
def _heading_factor(unit: str | None, heading_unit: str | None) -> Fraction | None:
    """Declared units in one unit of the heading; None when the heading's cannot be converted."""
    factor = _ONE if heading_unit is None or heading_unit == unit else _units(unit).get(heading_unit)
    return _ONE if factor == 1 else factor


def _parse_quantity(cell: Cell, field: Field, heading: str | None) -> Parsed:
    factor = _heading_factor(field.unit, heading)
    if cell.kind == "number" and type(cell.value) in (int, float) and "%" not in cell.raw:
        number = _stored_number(cell.value)  # type: ignore[arg-type]
        if number is None:
            return _no_number(field)
        return _in_declared_unit(number, factor, field, heading)
    text = _text_of(cell)
    if cell.kind != "text" or len(text) > _LONGEST:
        return _no_number(field)
    if field.type == "count" and _squeeze(text) in ("无", "没有"):
        return Parsed(0, None, (("zero_in_words", {}),))
    text = _fold(text)
    if text[:1] in ("'", "‘", "’"):  # the mark that makes a number text, typed where it became part of it
        text = text[1:].lstrip()
    match = _quantity_grammar(field.unit).fullmatch(text)
    return _parse_written(match, field, heading, factor) if match else _no_number(field)


def _no_number(field: Field) -> Parsed:
    return _withheld("number_expected", example=_EXAMPLE[field.type])


def _stored_number(value: int | float) -> Decimal | None:
    """A number cell's value without binary noise; None for infinity and the like."""
    if isinstance(value, int):
        return Decimal(value)
    return _canonical(Decimal(format(value, f".{_DIGITS}g"))) if value - value == 0 else None


def _canonical(number: Decimal) -> Decimal:
    """Without trailing zeros and exponent, so that equal values look the same everywhere."""
    whole = number.to_integral_value()
    return Decimal(int(whole)) if number == whole else number.normalize()


def _parse_written(match: re.Match[str], field: Field, heading: str | None, heading_factor: Fraction | None) -> Parsed:
    """A number in writing: which unit holds, and what has to be said about it."""
    number, times = _written_number(match), _POWERS.get(match["times"] or "")
    if number is None:
        return _no_number(field)
    unit, factor = match["unit"], heading_factor
    if unit:
        factor = _units(field.unit)[unit] * (times or 1)
    elif factor is not None and (times or _MULTIPLYING.search(match["words"] or "")):
        # 三千 below 千册 may be 3 000 or 3 000 000. Clear is what stands below the declared unit, and 3千 below 千册.
        if factor not in (1, times or 1):
            return _no_number(field)
        factor = Fraction(times or 1)
    parsed = _in_declared_unit(number, factor, field, heading)
    if parsed.value is None:
        return parsed
    shown, findings = _shown(parsed.value, field), []
    approximate = bool(match["before"] or match["more"] or match["after"])
    if approximate:
        findings.append(("approximate_number", {"value": shown}))
    elif match["words"] or match["sign"] == "负" or (times and not unit):
        findings.append(("number_in_words", {"value": shown}))
    if unit and heading and factor != heading_factor:
        findings.append(("unit_conflict_in_cell", {"heading_unit": heading, "value": shown, "unit": field.unit or ""}))
    return Parsed(parsed.value, "approximate" if approximate else None, tuple(findings))


def _written_number(match: re.Match[str]) -> Decimal | None:
    """The number as written, before its unit. None when the words are no number or nobody counts so far."""
    if words := match["words"]:
        if words == match.group().strip() and words in ("一", "○"):
            return None  # a dash or a tick, for all one can see
        whole = _number_in_words(words)
        number = None if whole is None else Decimal(whole)
    else:
        digits = re.sub(r"[, ]", "", match["digits"])
        if len(digits.lstrip("0")) > _DIGITS:
            return None
        number = _canonical(_ROUND_TO_DIGITS.create_decimal(digits + (match["decimals"] or "")))
    return number if number is None or not match["sign"] else _canonical(-number)


def _in_declared_unit(number: Decimal, factor: Fraction | None, field: Field, heading: str | None) -> Parsed:
    """Counts are converted exactly; a converted measure is rounded half up to 2 decimals, any other kept as it is."""
    if factor is None:
        return _withheld("heading_unit_unclear", heading_unit=heading or "", unit=field.unit or "")
    if field.type == "number" and factor == 1:
        return Parsed(number, None)
    exact = Fraction(number) * factor
    if field.type == "number":
        hundredths = int(abs(exact) * 100 + Fraction(1, 2))
        return Parsed(_canonical(Decimal(hundredths if exact >= 0 else -hundredths).scaleb(-2)), None)
    if exact.denominator != 1:
        return _withheld("whole_number_expected", unit=field.unit or "个")
    return Parsed(int(exact), None)


# --- numbers in words -----------------------------------------------------------------------------


def _number_in_words(words: str) -> int | None:
    """一千二百零五 -> 1205, 二〇〇 -> 200. None for what has no certain value: 一千二 (1200?), 三五 (a few), 万."""
    words = words.translate(_SIMPLE_NUMERALS)
    if all(char in _NUMERALS for char in words):
        certain = len(words) == 1 or (words[0] != "零" and (2 < len(words) <= _DIGITS or words[1:] == "零"))
        return int("".join(str(_NUMERALS.index(char)) for char in words)) if certain else None
    myriads = section = digit = 0
    for char in words:
        if char == "万":
            myriads, section, digit = (section + digit) * 10_000, 0, 0
        elif char in _POWERS:
            section, digit = section + (digit or 1) * _POWERS[char], 0
        else:
            digit = _NUMERALS.index(char)
    number = myriads + section + digit
    # What was understood must be what was written: this refuses every loose, doubled or misplaced word.
    return number if number < 10**8 and _in_words(number) == words.replace("一十", "十") else None


def _in_words(number: int) -> str:
    """1205 -> 一千二百零五, for 1 … 99 999 999; ten is always 十."""
    myriads, rest = divmod(number, 10_000)
    words = _section_in_words(rest) if rest or not myriads else ""
    if myriads:
        words = f"{_section_in_words(myriads)}万{'零' if words and rest < 1000 else ''}{words}"
    return words.replace("一十", "十")


def _section_in_words(number: int) -> str:
    words, gap = "", False
    for char, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, number = divmod(number, power)
        if digit:
            words += ("零" if gap and words else "") + _NUMERALS[digit] + char
        gap = not digit
    return words


# --- units in headings ----------------------------------------------------------------------------

_BRACKETED = re.compile(r"[(\[【〔〖{]([^()\[\]【】〔〕〖〗{}]*)[)\]】〕〗}]")
_BETWEEN = re.compile(r"[\s,、;:]+")
_UNIT_LABEL = re.compile(r"(?:计量)?单位$")


@lru_cache(maxsize=4096)  # the same headings come in every file
def heading_unit(heading: str, field: Field) -> str | None:
    """The unit written in a heading: `建筑面积(亩)` -> 亩, `图书藏量 单位:万册` -> 万册, `(万册)` -> 万册.

    None when there is none. A unit that cannot be converted (`种` for books counted in 册) and units that disagree are
    returned as written, too: `parse` then withholds every number without a unit of its own, instead of taking it for
    the declared unit.
    """
    if not field.unit:
        return None
    written = _bracketed_units(heading) or _trailing_unit(heading, field)
    factors = {_heading_factor(field.unit, word) for word in written}
    return "、".join(written) if len(factors) > 1 else next(iter(written), None)


def _bracketed_units(heading: str) -> list[str]:
    notes = [match[1] for match in _BRACKETED.finditer(_fold(heading))]
    parts = [_SPACES.sub("", part) for note in notes for part in (note, *_BETWEEN.split(note))]
    return list(dict.fromkeys(word for part in parts if (word := re.sub("^(计量)?单位", "", part)) in _all_units()))


def _trailing_unit(heading: str, field: Field) -> list[str]:
    """The unit after a name (`图书藏量万册`, `图书藏量/册`) or alone, unless the name itself ends so (`人次`)."""
    names = {_SPACES.sub("", _BRACKETED.sub("", _fold(name))) for name in field.headings}
    written = _BRACKETED.sub("", _fold(heading))
    if _SPACES.sub("", written) in names:
        return []
    *before, last = _BETWEEN.split(written)
    if last in _all_units() and (not before or max(map(len, before)) > 1):  # else it is a name with spaces: 广 场
        return [last]
    written = _BETWEEN.sub("", written)
    for unit in _all_units():
        name = _UNIT_LABEL.sub("", written.removesuffix(unit).rstrip("/_-"))
        if written.endswith(unit) and any(name.endswith(known) for known in names):
            return [unit]
    return []


@cache
def _all_units() -> dict[str, None]:
    """Every unit of measure there is a word for, the longest first; 其他 are those that no form converts."""
    with open(SCHEMAS / "codes" / "units_of_measure.csv", encoding="utf-8", newline="") as stream:
        words = [word for row in csv.DictReader(stream) for word in row["written"].split()]
    return dict.fromkeys(sorted(words, key=len, reverse=True))


# --- statuses -------------------------------------------------------------------------------------

_LOGICAL = {"TRUE": "1", "FALSE": "0"}


@cache
def _enum_words(name: str) -> dict[str, str]:
    return {_squeeze(word).upper(): code for word, code in codes(name).items()}


def _parse_enum(cell: Cell, field: Field) -> Parsed:
    """A code of the list, or withheld: 基本建成 is neither built nor unbuilt until its sender says which."""
    unclear = _unclear(field)
    word = _text_of(cell)
    if cell.kind == "boolean":
        word = str(cell.value)
    elif cell.kind == "number" and cell.value in (0, 1) and "%" not in cell.raw:
        word = "1" if cell.value else "0"
    if cell.kind == "date" or not field.codes or len(word) > _LONGEST:
        return unclear
    word = _squeeze(word).upper()
    code = _enum_words(field.codes).get(_LOGICAL.get(word, word))
    if code is None:
        return unclear
    return Parsed(code, None, (("logical_status", {"value": _shown(code, field)}),) if word in _LOGICAL else ())


def _unclear(field: Field) -> Parsed:
    if field.codes == "build_status":
        return _withheld("status_unclear")
    return _withheld("not_in_list", choices="、".join(code_titles(field.codes or "").values()))


_LISTED = re.compile(r"[,、;/\s]+")


def _parse_set(cell: Cell, field: Field) -> Parsed:
    """Several codes of the list, joined by commas in its order; 无 is none of them. One unknown word withholds all."""
    known = _enum_words(field.codes or "")
    words = [_squeeze(word).upper() for word in _LISTED.split(_fold(_text_of(cell).replace("\uff0c", ",")))]
    found = {known.get(word) for word in words if word}
    if found == {None} and words == ["无"]:
        return Parsed("", None)
    if cell.kind != "text" or None in found:
        return _unclear(field)
    return Parsed(",".join(code for code in code_titles(field.codes or "") if code in found), None)


# --- dates ----------------------------------------------------------------------------------------

_FIRST_YEAR, _LAST_YEAR = 1949, 2100
"""Outside these a date is a slip: a day count or a bare year shown as a date, a digit too many."""

_TIME_OF_DAY = re.compile(r"(?:\s+|(?<=[0-9])T|(?<=日))[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?$")
_SPACED_SEPARATOR = re.compile(r"\s*([年月日号./-])\s*")
_SEPARATED_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?P<separator>[-./])(?P<month>[0-9]{1,2})(?:(?P=separator)(?P<day>[0-9]{1,2}))?"
)
_SHORT_DATE = re.compile(r"(?P<year>[0-9]{2})\.(?P<month>[0-9]{1,2})\.(?P<day>[0-9]{1,2})")
_CHINESE_DATE = re.compile(
    r"(?P<year>[0-9]{4}|[〇○零OoO0一二三四五六七八九]{4})年"
    r"(?:(?P<month>[0-9]{1,2}|[一二三四五六七八九十]{1,2})月(?:份|(?P<day>[0-9]{1,2}|[一二三四五六七八九十]{1,3})[日号])?)?"
)
_SHORT_CHINESE_DATE = re.compile(r"(?P<year>[0-9]{2})年(?P<month>[0-9]{1,2})月(?:(?P<day>[0-9]{1,2})[日号])?")
_COMPACT_DATE = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_BARE_YEAR = re.compile(r"(?P<year>[0-9]{4})")
_DATE_FORMS = (_SEPARATED_DATE, _CHINESE_DATE, _COMPACT_DATE, _BARE_YEAR, _SHORT_DATE, _SHORT_CHINESE_DATE)
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_LOST_ZERO = re.compile(r"[0-9]{4}\.1")
"""2018.1 as a number is January, or October written 2018.10."""
_DAY_0 = date(1899, 12, 30)
"""Day 0 of the calendar that all but old Macintosh workbooks use."""
_CHINESE_YEAR = str.maketrans("〇○零OoO一二三四五六七八九", "000000123456789")


class _WrittenDate(NamedTuple):
    iso: str
    two_digit_year: bool = False


def parse_date(text: str) -> str | None:
    """A date in writing as ISO text, as far as it goes (`2018-03-05`, `2018-03`, `2018`); None when it is no date.

    Two-digit years are of this century. Five digits are a day count of the 1900 calendar.
    """
    written = _read_date(text)
    return written.iso if written else None


def _read_date(text: str, day_0: date = _DAY_0) -> _WrittenDate | None:
    if len(text) > _LONGEST:
        return None
    text, has_time = _TIME_OF_DAY.subn("", _fold(text).lstrip("'‘’"))
    text = _SPACED_SEPARATOR.sub(r"\1", text)
    if serial := _SERIAL.fullmatch(text):
        return _within_bounds(day_0 + timedelta(int(serial[1])))
    match = next((match for form in _DATE_FORMS if (match := form.fullmatch(text))), None)
    if match is None:
        return None
    parts = match.groupdict()
    if has_time and not parts.get("day"):
        return None
    return _assembled(parts["year"], parts.get("month"), parts.get("day"))


def _assembled(year: str, month: str | None, day: str | None) -> _WrittenDate | None:
    short = len(year) == 2
    number = int(year.translate(_CHINESE_YEAR)) + (2000 if short else 0)
    if not _FIRST_YEAR <= number <= _LAST_YEAR:
        return None
    if month is None:
        return _WrittenDate(f"{number}")
    month_number = _digits_or_words(month)
    if month_number is None or not 1 <= month_number <= 12:
        return None
    if day is None:
        return _WrittenDate(f"{number}-{month_number:02}", short)
    day_number = _digits_or_words(day)
    if day_number is None or not 1 <= day_number <= monthrange(number, month_number)[1]:
        return None
    return _WrittenDate(f"{number}-{month_number:02}-{day_number:02}", short)


def _digits_or_words(text: str) -> int | None:
    return int(text) if text.isascii() else _number_in_words(text)


def _within_bounds(day: date) -> _WrittenDate | None:
    return _WrittenDate(day.isoformat()) if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _parse_date(cell: Cell, period: Period | None, day_0: date) -> Parsed:
    reader = _DATE_READERS.get(cell.kind)
    written = reader(cell, day_0) if reader else None
    if written is None:
        return _withheld("date_impossible")
    iso, two_digit_year = written
    # ISO texts compare as dates do, a partial one by its beginning: 2026-10 is after 2026-09-30, 2026 is not.
    if period is not None and iso > period.last_day.isoformat():
        if two_digit_year:
            return _withheld("date_impossible")
        return _withheld("date_future", limit=period.last_day.isoformat())
    if len(iso) < 10:
        precision = "月" if len(iso) == 7 else "年"
        return Parsed(iso, "partial_date", (("partial_date", {"precision": precision, "value": iso}),))
    return Parsed(iso, None, (("two_digit_year", {"value": iso}),) if two_digit_year else ())


def _date_in_text(cell: Cell, day_0: date) -> _WrittenDate | None:
    return _read_date(_text_of(cell), day_0)


def _date_in_number(cell: Cell, day_0: date) -> _WrittenDate | None:
    if type(cell.value) not in (int, float):
        return None
    number = _stored_number(cell.value)  # type: ignore[arg-type]
    text = f"{number:f}" if number is not None and abs(number) < _EXACT else ""
    return None if _LOST_ZERO.fullmatch(text) else _read_date(text, day_0)


def _date_in_date(cell: Cell, _: date) -> _WrittenDate | None:
    """A date cell; one that shows less than a day (2018年3月, which Excel turns into 1 March) is known no further."""
    value = cell.value.date() if isinstance(cell.value, datetime) else cell.value
    if not isinstance(value, date):
        return None
    exact = _within_bounds(value)
    if exact and cell.raw.startswith(exact.iso):
        return exact
    shown = _read_date(cell.raw)
    partial = exact and shown and len(shown.iso) < len(exact.iso) and exact.iso.startswith(shown.iso)
    return shown if partial else exact


_DATE_READERS: dict[str, Callable[[Cell, date], _WrittenDate | None]] = {
    "text": _date_in_text,
    "number": _date_in_number,
    "date": _date_in_date,
}


# --- text -----------------------------------------------------------------------------------------

_FORMULA_START = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""Full-width signs start a formula in some programs, too."""
_MARKUP = re.compile(r"<[A-Za-z/!?][^<>]*>")


def _parse_text(cell: Cell) -> Parsed:
    """Verbatim but for outer white space (design: decided further, 5); what may act as formula or markup is flagged."""
    text = _text_of(cell) if cell.kind == "text" else cell.raw.strip(_OUTER)
    if not text:
        return BLANK
    findings: list[tuple[str, dict[str, str]]] = []
    if text.startswith(_FORMULA_START) and cell.kind == "text":
        findings.append(("formula_like_text", {}))
    if _MARKUP.search(text):
        findings.append(("markup_text", {}))
    return Parsed(text, None, tuple(findings))
