"""Which return is it: the period and the reporting unit, from everything that names them.

Sources in order of weight: the template's hidden mark, the titles above the tables, sheet names, the folder, the file
name. They may be silent; when two of them speak and disagree, the file is held and its sender asked (design: journey).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from wentong.findings import Finding
from wentong.periods import Period
from wentong.places import Place, Register, plain

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "〇": 0, "零": 0, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?=年|[-._/Qq第一二三四\s]|季|$|(?:0?[1-9]|1[0-2])月|[\u4e00-\u9fff])|([二][〇零○O0][一二三四五六七八九〇零○]{2})年")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d\d)年(?=第?[一二三四1-4]季|[1-4]季|Q[1-4])")
_QUARTER = re.compile(r"第?([一二三四1234])(?:个)?季(?:度)?|[Qq]([1-4])(?!\d)|([1-4])[Qq](?![a-zA-Z])")
_MONTHS = re.compile(r"(?<![\d.])(0?[1-9]|1[0-2]|[一二三四五六七八九十]{1,2})月?\s*[-—~至到]+\s*(0?[1-9]|1[0-2]|[一二三四五六七八九十]{1,2})月")
_DATE = re.compile(r"20\d\d[-年./]\d{1,2}[-月./]\d{1,2}日?|(?<!\d)20\d{6}(?!\d)")
_MONTH_NUMBER = {word: n for n, word in enumerate("一 二 三 四 五 六 七 八 九 十 十一 十二".split(), 1)}
_UNIT_LABEL = re.compile(r"(?:填报|报送|上报|填表)单位(?:\([^)]*\))?[::]\s*([^\s,,;;::]+)")
_CODE_LABEL = re.compile(r"(?:统一编码|行政区划代码|区划代码|单位代码|代码|编码)[::]?\s*(\d{9,12})")


@dataclass(frozen=True, slots=True)
class Source:
    """One place that speaks of the return: what it is called in messages, and its text."""

    title: str
    text: str


def quarters_in(text: str) -> tuple[set[int], set[int]]:
    """(years, quarters) named in a text; a range of months that is no quarter counts as quarter 0."""
    written = _DATE.sub(" ", plain(text).replace("_", " "))
    years = set()
    for match in _YEAR.finditer(written):
        years.add(int(match[1]) if match[1] else int("".join(str(_DIGITS.get(c, 0)) for c in match[2])))
    years |= {2000 + int(match[1]) for match in _SHORT_YEAR.finditer(written)}
    quarters = {int(q) if q.isdigit() else _DIGITS[q] for m in _QUARTER.finditer(written) for q in m.groups() if q}
    for match in _MONTHS.finditer(written):
        first, last = (_MONTH_NUMBER.get(m) or int(m) for m in match.groups())
        quarters.add(last // 3 if last % 3 == 0 and last - first == 2 else 0)
    return years, quarters


def period_of(
    sources: Iterable[Source], assumed: Period | None, today: date
) -> tuple[Period | None, Finding | None]:
    """The quarter a return reports, and the finding that holds the file when its sources are silent or disagree.

    `assumed` serves only where every source is silent. In a conflict the weightiest source gives the period, so that a
    county may release the file as it is.
    """
    years: dict[int, str] = {}
    quarters: dict[int, str] = {}
    for source in sources:
        named_years, named_quarters = quarters_in(source.text)
        if len(named_quarters) > 1 or 0 in named_quarters:
            return assumed, Finding("period_mixed", raw=source.text, params={"place": source.title})
        for year in named_years if len(named_years) == 1 else ():
            years.setdefault(year, f"{source.title}“{source.text.strip()[:40]}”")
        for quarter in named_quarters:
            quarters.setdefault(quarter, f"{source.title}“{source.text.strip()[:40]}”")
    year = next(iter(years), assumed.first_day.year if assumed else None)
    quarter = next(iter(quarters), assumed.last_day.month // 3 if assumed else None)
    if year is None or quarter is None:
        return None, Finding("period_unknown")
    period = Period.quarter(year, quarter)
    if len(years) > 1 or len(quarters) > 1:
        said = dict.fromkeys([*(years.values() if len(years) > 1 else ()), *(quarters.values() if len(quarters) > 1 else ())])
        return period, Finding("period_conflict", params={"places": "、".join(said)})
    if period.first_day > today:
        return period, Finding("period_future", params={"period": period.title})
    return period, None


@dataclass(frozen=True, slots=True)
class UnitNamed:
    """What one source says of the reporting unit: towns, or the whole county."""

    towns: tuple[Place, ...]
    county: bool
    findings: tuple[Finding, ...] = ()


def unit_in_title(text: str, register: Register, county_code: str) -> UnitNamed:
    """The towns a title names. Beside a name, a code that disagrees is only a warning: the name decides."""
    towns = tuple(register.towns_named(text, county_code))
    named_county = register.county_named(text)
    county = bool(named_county and named_county.code == county_code and not towns)
    findings: list[Finding] = []
    written = plain(text)
    label = _UNIT_LABEL.search(written)
    if label and not towns:
        meant = register.town_written(label[1], county_code)
        if meant:
            towns, county = (meant,), False
        elif re.search(r"[镇乡]$|街道$|[镇乡街道].{0,8}(站|中心|办事处)$", label[1]) and not county:
            findings.append(Finding("unit_not_registered", raw=label[1]))
    code = _CODE_LABEL.search(written)
    if code:
        by_code = register.by_code.get(code[1][:9].ljust(12, "0"))
        if len(towns) == 1 and (by_code is None or by_code.code != towns[0].code):
            findings.append(
                Finding("unit_code_differs", raw=code[1], params={"town": towns[0].name, "code": towns[0].code})
            )
        elif not towns and not county and by_code is not None and by_code.level == 4:
            towns = (by_code,)
    return UnitNamed(towns, county, tuple(findings))


def unit_in_name(text: str, register: Register, county_code: str) -> UnitNamed:
    """The town a folder, sheet or file name speaks of; short names count there."""
    exact = register.town_written(text, county_code)
    towns = (exact,) if exact else tuple(register.towns_named(text, county_code, short=True))
    return UnitNamed(towns, county=False)


def name_sources(folders: Iterable[str], file_name: str) -> list[Source]:
    """The folders below the inbox and the file's name as sources."""
    return [*(Source("文件夹", folder) for folder in folders), Source("文件名", PurePath(file_name).stem)]
