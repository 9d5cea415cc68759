"""Numbers shown as dates -> dates. A spreadsheet stores 46 295 and a number format; the sender saw 2026-09-30.

Two calendars are in use: days since 1900, with a 29 February 1900 that never was, and days since 1904 (Macintosh). Whether
a number is a date at all is only in its number format, `yyyy"年"m"月"` or a built-in number that Chinese Excel assigns.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from wentong.grid import Cell
from wentong.readers import cells

DateStyle = Literal["", "date", "month", "elapsed", "percent"]
"""What a number format makes of a number: nothing, a date or time of day, a month (2018年3月, of which Excel stores the
first day), a duration such as [h]:mm, hundredths."""

_BUILT_IN: Final = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59), *range(71, 82)}
"""Format numbers that are dates without being declared: western, Chinese (27–36, 50–58) and Thai."""
_MONTHS: Final = {17, 27, 36, 50, 52, 57}
"""Those of them that show year and month only."""
_PERCENT: Final = {9, 10}
_LITERALS: Final = re.compile(r'"[^"]*"?|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.I | re.S)
_FRACTIONS: Final = re.compile(r"s\.0+", re.I)


def date_style(number: int, code: str | None) -> DateStyle:
    """What the number format does to a number. Literal text, colours, conditions and locales say nothing about it."""
    if code is None:
        built_in: dict[DateStyle, set[int]] = {
            "elapsed": {46},
            "percent": _PERCENT,
            "month": _MONTHS,
            "date": _BUILT_IN,
        }
        return next((style for style, numbers in built_in.items() if number in numbers), "")
    bare = _LITERALS.sub("", code).partition(";")[0].lower()
    if "general" in bare or "通用格式" in bare:
        return ""
    if re.search(r"\[(h+|m+|s+)\]", bare):
        return "elapsed"
    if re.search(r"[0#?@]", _FRACTIONS.sub("s", bare)):
        return "percent" if "%" in bare else ""
    if re.fullmatch(r"[^a-z]*(y+[^a-z]*m+|m+[^a-z]*y+)[^a-z]*", bare):
        return "month"
    return "date" if re.search(r"[ymdhse]", bare) else ""


def dated(number: float, style: DateStyle, date1904: bool, formula: bool = False) -> Cell:
    """The cell of a number shown as date, time or duration."""
    if not 0 <= number < 2_958_466:
        return _too_wide(formula)
    days, seconds = divmod(round(number * 86_400), 86_400)
    if number < 1 and days == 0:
        return _moment(_time(seconds), formula)
    if style == "elapsed":
        hours, rest = divmod(days * 86_400 + seconds, 3600)
        shown = f"{hours}:{rest // 60:02}:{rest % 60:02}"
        return Cell(shown, "text", shown, formula)
    if date1904:
        day = date(1904, 1, 1)
    elif days == 60:  # Excel's 29 February 1900, a day that never was
        return Cell("1900-02-29", "text", "1900-02-29", formula)
    else:
        day = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    try:
        day += timedelta(days)
    except OverflowError:  # beyond 9999, on the 1904 calendar
        return _too_wide(formula)
    if style == "month":
        return Cell(day, "date", f"{day:%Y-%m}", formula)
    return _moment(datetime.combine(day, _time(seconds)) if seconds else day, formula)


def hundredths(number: float, formula: bool = False) -> Cell:
    """The cell of a number shown in percent: 0.35 is stored, 35% is what the sender wrote."""
    return Cell(number, "number", f"{number * 100:.13G}%", formula)


def iso_moment(text: str, formula: bool = False) -> Cell:
    """The cell of a date stored as ISO text. Day 0 of the calendar with a time is a time of day."""
    try:
        value = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return Cell(text, "text", text, formula)
    if value.microsecond:
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if value.date() in (date(1899, 12, 30), date(1899, 12, 31)) and "T" in text:
        return _moment(value.time(), formula)
    return _moment(value if value.time() != time() else value.date(), formula)


def _time(seconds: int) -> time:
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _moment(value: date | datetime | time, formula: bool) -> Cell:
    return Cell(value, "date", value.isoformat(" ") if isinstance(value, datetime) else value.isoformat(), formula)


def _too_wide(formula: bool) -> Cell:
    """What the program shows for a number that is no day of its calendar."""
    return cells.error("########", formula)
