"""Which return is it: the period and the reporting unit, from everything that names them.

Sources in order of weight: the template's hidden mark, the titles of the tables, sheet names, the folder, the file
name. They may be silent; when two of them speak and disagree, the file is held and its sender asked (design: journey).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

from wentong.findings import Finding
from wentong.forms import Form
from wentong.periods import Period
from wentong.places import Place, Register, plain


@dataclass(frozen=True, slots=True)
class Source:
    """One place that speaks of the return: what it is called in messages, and its text."""

    title: str
    text: str
    at: tuple[str, int, int] | None = field(default=None, compare=False)
    """Sheet, row and column of its cell, if it has one."""

    def __str__(self) -> str:
        return f"{self.title}“{self.text.strip()[:40]}”"


# -- period ------------------------------------------------------------------------------------------------------------

_NUMBERS = {word: n for n, word in enumerate([*"一二三四五六七八九十", "十一", "十二"], 1)}
_NUMBERS |= {"I": 1, "II": 2, "III": 3, "IV": 4}
_CHINESE_DIGITS = str.maketrans("〇○O零一二三四五六七八九", "0000123456789")
_MONTH = r"(?:0?[1-9]|1[0-2]|十[一二]?|[一二三四五六七八九])"
_ONE = r"(?:0?[1-4]|[一二三四]|I{1,3}V?|IV)"
_TO = r"[-—–~至到]+"

_CHINESE_YEAR = re.compile(r"二[〇○O零][〇○O零一二三四五六七八九]{2}(?=年|第)")
_NOT_THE_PERIOD = re.compile(
    r"(填报|报出|上报|制表|打印|报送|填表|编制|印发|审核|报告|截止|更新|导出)(日期|时间)(\([^)]*\))?[::]?[\d年月日./:-]*"
    r"|有效期至?[::]?[\d年月日./-]*"
    r"|(统一编码|[行政统计用]*区划代码|代码|编码|电话|手机)(\([^)]*\))?[::]?[\dA-Z-]*"
    r"|[〔\[(【](20)?\d\d[〕\])】]第?\d*号|[^::,,。;;]{0,8}文号[::]\S*"
)
"""Dates of filling in, validity, document numbers and codes say nothing about the period."""
_RANGE_OF_DAYS = re.compile(rf"({_MONTH})[月.]0?1日?{_TO}(?:20\d\d[年.])?({_MONTH})[月.](28|29|30|31)日?(?!\d)")
_DATE = re.compile(
    r"(?<!\d)(20\d\d)[-年./]\d{1,2}[-月./]\d{1,2}[日号]?(?!\d)|(?<!\d)20\d\d[01]\d[0-3]\d(?!\d)"
    r"|(?<!\d)\d{1,2}月\d{1,2}[日号]|(?<!\d)\d{11,18}(?!\d)"
)
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?![\d人平册个㎡m元本场次户亩号])")
_SHORT_YEAR = re.compile(
    rf"(?<!\d)(\d\d)年?(?=[-_.]?Q[1-4])|(?<!\d)(\d\d)年(?=度?第?{_ONE}个?季|{_MONTH}月?{_TO}{_MONTH}月)"
)
_SEVERAL = re.compile(
    rf"前[二三四2-4两]个?季|[一二三四]{{2,4}}个?季|(?<!\d){_ONE}(?:个?季度?)?(?:{_TO}|[、,,和及与])第?{_ONE}个?季|[上下]半年|[1-4]Q?{_TO}Q[1-4]"
)
_QUARTER = re.compile(
    rf"第({_ONE})个?季|(?<!\d)({_ONE})个?季(?=度|报|末)|(?<![A-Za-z])[Qq]0?([1-4])(?!\d)|(?<!\d)([1-4])[Qq](?![A-Za-z])"
)
_MONTHS = re.compile(rf"(?<![\d.])({_MONTH})月?(?:份)?{_TO}(?:20\d\d[年.-])?({_MONTH})月")
_DOTTED_MONTHS = re.compile(rf"20\d\d\.({_MONTH}){_TO}(?:20\d\d\.)?({_MONTH})(?!\d)")


@lru_cache(maxsize=4096)
def quarters_in(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """(years, quarters) named in a text; several quarters at once (1-9月, 前三季度) count as quarter 0."""
    written = _CHINESE_YEAR.sub(lambda m: m[0].translate(_CHINESE_DIGITS).replace("二", "2"), plain(text[:300]))
    written = _NOT_THE_PERIOD.sub(" ", written)
    quarters: set[int] = set()
    for pattern in (_RANGE_OF_DAYS, _MONTHS, _DOTTED_MONTHS):
        for match in pattern.finditer(written):
            quarters.add(_quarter_of_months(_number(match[1]), _number(match[2])))
    years = {int(match[1]) for match in _RANGE_YEAR.finditer(written)} | {
        2000 + int(match[1] or match[2]) for match in _SHORT_YEAR.finditer(written)
    }
    written = _MONTHS.sub(" ", _DATE.sub(" ", _RANGE_OF_DAYS.sub(" ", written)))
    years |= {int(match[1]) for match in _YEAR.finditer(written)}
    if _SEVERAL.search(written):
        quarters.add(0)
    else:
        quarters |= {_number(word) for match in _QUARTER.finditer(written) for word in match.groups() if word}
    return frozenset(years), frozenset(quarters)


_RANGE_YEAR = re.compile(rf"(?<!\d)(20\d\d)[年.-](?={_MONTH}(?:月份?|[月.]\d{{1,2}}日?)?{_TO})")


def _number(word: str) -> int:
    return _NUMBERS.get(word) or int(word)


def _quarter_of_months(first: int, last: int) -> int:
    return last // 3 if last % 3 == 0 and last - first == 2 else 0


_MONTH_ALONE = re.compile(
    rf"(?<![\d.])({_MONTH})月(?!\d{{1,2}}[日号])|(?<!\d)20\d\d[-./](0?[1-9]|1[0-2])(?![\d./-])|(?<!\d)20\d\d(0[1-9]|1[0-2])(?!\d)"
)
_YEAR_OF_MONTH = re.compile(r"(?<!\d)(20\d\d)(?:0[1-9]|1[0-2])(?!\d)")


@lru_cache(maxsize=4096)
def months_in(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """(years, months) named in a text; several months or a quarter count as month 0."""
    years, quarters = quarters_in(text)
    written = _NOT_THE_PERIOD.sub(" ", plain(text[:300]))
    years |= {int(year) for year in _YEAR_OF_MONTH.findall(written)}
    if quarters:
        return years, frozenset({0})
    written = _DATE.sub(" ", written)
    return years, frozenset(
        _number(word) for match in _MONTH_ALONE.finditer(written) for word in match.groups() if word
    )


def _years_in(text: str) -> tuple[frozenset[int], frozenset[int]]:
    """(years, {1} if any): the year as the only part of a year."""
    years, _ = quarters_in(text)
    return years, frozenset({1} if years else ())


_PARTS: dict[str, Callable[[str], tuple[frozenset[int], frozenset[int]]]] = {
    "quarter": quarters_in,
    "month": months_in,
    "year": _years_in,
}


def _period(kind: str, year: int, part: int) -> Period:
    return Period.parse({"quarter": f"{year}Q{part}", "month": f"{year}-{part:02}", "year": f"{year}"}[kind])


def period_of(
    sources: Iterable[Source], assumed: Period | None, today: date, kind: str
) -> tuple[Period | None, Finding | None]:
    """The period (of this kind: month, quarter, year) a return reports, and the finding that holds the file when its
    sources are silent or disagree.

    `assumed` serves only where every source is silent, and if it is of this kind. In a conflict the weightiest source
    gives the period, so that a county may release the file as it is.
    """
    assumed = assumed if assumed and assumed.kind == kind else None
    years: dict[int, str] = {}
    parts: dict[int, str] = {}
    for source in sources:
        named_years, named_parts = _PARTS[kind](source.text)
        if len(named_parts) > 1 or 0 in named_parts:
            return assumed, Finding("period_mixed", raw=source.text.strip()[:60], params={"place": source.title})
        for year in named_years if len(named_years) == 1 else ():
            years.setdefault(year, str(source))
        for part in named_parts:
            parts.setdefault(part, str(source))
    if assumed and not years:
        years[assumed.first_day.year] = ""
    if assumed and not parts:
        month = assumed.last_day.month
        parts[{"quarter": month // 3, "month": month, "year": 1}[kind]] = ""
    if not years or not parts:
        return None, Finding("period_unknown")
    period = _period(kind, next(iter(years)), next(iter(parts)))
    conflicting = [said for said in (years, parts) if len(said) > 1]
    if conflicting:
        places = "、".join(dict.fromkeys(where for said in conflicting for where in said.values()))
        return period, Finding("period_conflict", params={"places": places})
    if period.first_day > today:
        return period, Finding("period_future", params={"period": period.title})
    return period, None


# -- unit: what one text says ------------------------------------------------------------------------------------------

_UNIT_LABEL = re.compile(r"(?:填报|报送|上报|填表|编制)?单位(?:\([^)]*\))?:([^\s,;:]+)")
_CODE_LABEL = re.compile(r"(?:统一编码|行政区划代码|区划代码|单位代码|代码|编码):?(\d{12}|\d{9})(?![\dA-Z])")
_SEVERAL_TOWNS = re.compile(
    r"等?[\d一二三四五六七八九十两]+个?(?:镇|街道|乡|镇街)(?!\w*(?:村|站))|各(?:镇|街道|乡)|全[市县区]"
)
_TOWN_ENDING = re.compile(r"([镇乡]|街道)(?:人民政府|政府|办事处|[综合]*文化站|文体?服务中心)?$")


@dataclass(frozen=True, slots=True)
class UnitNamed:
    """What one text says of the reporting unit: towns, or the whole county."""

    towns: tuple[Place, ...] = ()
    county: bool = False
    code: str | None = None
    """A unit code written beside or instead of a name."""
    unknown: str | None = None
    """What stands behind 填报单位 and is the name of no town of the register."""

    @property
    def town(self) -> Place | None:
        """The one town that is named."""
        return self.towns[0] if len(self.towns) == 1 and not self.county else None


def unit_in_title(text: str, register: Register, county_code: str) -> UnitNamed:
    """The towns a title names, and the unit code it states."""
    written = plain(text[:300])
    towns = tuple(register.towns_named(written, county_code))
    named = register.county_named(written)
    code = _CODE_LABEL.search(written)
    unit_code = code[1] if code else None
    if towns and (len(towns) > 1 or _SEVERAL_TOWNS.search(written)):
        return UnitNamed(towns, county=True, code=unit_code)
    label = _UNIT_LABEL.search(written)
    if label and not towns:
        if meant := register.town_written(label[1], county_code):
            towns = (meant,)
        elif _TOWN_ENDING.search(label[1]):
            return UnitNamed(code=unit_code, unknown=label[1])
    return UnitNamed(towns, not towns and named is not None and named.code == county_code, unit_code)


def unit_in_name(text: str, register: Register, county_code: str) -> Place | None:
    """The one town a folder, sheet or file name speaks of; short names count there."""
    if exact := register.town_written(text, county_code):
        return exact
    if _SEVERAL_TOWNS.search(plain(text)) or register.is_village_name(text, county_code):
        return None
    towns = register.towns_named(text, county_code, short=True)
    return towns[0] if len(towns) == 1 else None


# -- unit: the decision ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class UnitClaims:
    """Everything that speaks of the reporting unit of one file."""

    mark: str | None
    """The unit of the template's hidden mark."""
    titles: Sequence[Source]
    sheets: Sequence[Source]
    """Names of the sheets that hold rows."""
    names: Sequence[Source]
    """Folders and file name."""
    sections: set[str]
    """Codes of the towns that titles or sheets divide the rows among."""
    town_column: Counter[str]
    """Rows per town as the town column says."""
    codes: Counter[str]
    """Rows per town as the village codes say."""
    all_coded: bool
    """Every row has the complete code of a village."""
    assumed: str | None


@dataclass(slots=True)
class Unit:
    """The decision: a reporting town, or the whole county."""

    code: str | None = None
    town: str | None = None
    """None for a county's workbook, whose rows say their town."""
    held: Finding | None = None
    findings: list[Finding] = field(default_factory=list)


def unit_of(claims: UnitClaims, register: Register, county_code: str, form: Form) -> Unit:
    """Whose return it is. Sources that disagree, a unit nobody knows and silence hold the file."""
    unit = Unit()
    said, county_titled = _towns_said(claims, register, county_code, unit)
    if unit.held:
        unit.held = _closed_reporter(claims, register, county_code) or unit.held
        return unit
    if form.reported_by == "county":
        if said:
            unit.held = Finding(
                "wrong_level", params={"form": f"{form.code} {form.title}", "where": next(iter(said.values()))}
            )
        unit.code = county_code
        return unit
    if conflict := _sheet_against_title(claims, register, county_code):
        return Unit(next(iter(said)), None, conflict, unit.findings)
    among = claims.sections if len(claims.sections) > 1 else set()
    if not among and len(claims.town_column) > 1 and not _is_mostly(claims.town_column, set(said)):
        among = set(claims.town_column)
    if among:
        outside = {code: where for code, where in said.items() if not where.startswith(("表头", "工作表名"))}
        unit.code = county_code
        if outside:
            places = {**outside, county_code: "表中各行"}
            unit.held = _conflict(places, register, "包含几个镇(街)的数据")
        return unit
    if not said and claims.mark != county_code:
        said = _towns_of_rows(claims)
    if not said and (claims.mark == county_code or (county_titled and not claims.codes and _tells_no_town(form))):
        unit.code = county_code  # its own rows
        return unit
    by_codes = bool(claims.codes) and (county_titled or claims.all_coded)
    if not said and claims.assumed and not (county_titled and claims.codes):
        assumed = register.place(claims.assumed[:9] + "000")
        said = {assumed.code if assumed else claims.assumed[:9] + "000": "命令行"}
    if not said and not by_codes:
        unit.held = _closed_reporter(claims, register, county_code) or Finding("unit_unknown")
        return unit
    if len(said) > 1:
        unit.held = _conflict(said, register)
    unit.code = next(iter(said), county_code)
    place = register.by_code.get(unit.code)
    unit.town = unit.code if place and place.level == 4 else None
    return unit


def _closed_reporter(claims: UnitClaims, register: Register, county_code: str) -> Finding | None:
    """What to say if a title, a sheet, a folder or the file's name names a town that is no more."""
    texts = (source.text for source in (*claims.titles, *claims.sheets, *claims.names))
    return next((found for text in texts if (found := register.closed_town(text, county_code))), None)


def _tells_no_town(form: Form) -> bool:
    """Whether rows of the form may be the county's own."""
    return all(table.unit in ("any", "reporter") for table in form.tables)


def _sheet_against_title(claims: UnitClaims, register: Register, county_code: str) -> Finding | None:
    """A sheet named for one town whose titles name just one other holds the file."""
    for sheet in claims.sheets:
        titled = {}
        for source in claims.titles:
            if (
                source.at
                and source.at[0] == sheet.text
                and (town := unit_in_title(source.text, register, county_code).town)
            ):
                titled[town.code] = str(source)
        named = unit_in_name(sheet.text, register, county_code)
        if named and len(titled) == 1 and named.code not in titled:
            return _conflict({**titled, named.code: str(sheet)}, register)
    return None


def _towns_of_rows(claims: UnitClaims) -> dict[str, str]:
    """The one town that all rows name, by their town column or their codes."""
    codes = claims.codes if claims.all_coded else Counter()
    for towns, where in ((claims.town_column, "所属镇(街)一栏"), (codes, "行政区划代码一栏")):
        if len(towns) == 1:
            return {next(iter(towns)): where}
    return {}


def _towns_said(claims: UnitClaims, register: Register, county_code: str, unit: Unit) -> tuple[dict[str, str], bool]:
    """Town code -> where it was said, in order of weight; and whether a title names the county or several towns."""
    said: dict[str, str] = {}
    county = False
    if claims.mark:
        place = register.place(claims.mark)
        if place is None:
            unit.held = Finding("unit_not_registered", raw=claims.mark)
        elif place.level == 4:
            said[place.code] = "模板标记"
    codes: list[tuple[str, Source]] = []
    for source in claims.titles:
        named = unit_in_title(source.text, register, county_code)
        if named.unknown:
            unit.held = unit.held or _at(source, Finding("unit_not_registered", raw=named.unknown))
        if named.code:
            codes.append((named.code, source))
        county |= named.county
        if named.town:
            said.setdefault(named.town.code, str(source))
    _hear_codes(codes, said, county, register, unit)
    for source in (*claims.sheets, *claims.names):
        if town := unit_in_name(source.text, register, county_code):
            said.setdefault(town.code, str(source))
        elif (whole := register.county_named(source.text)) and whole.code == county_code:
            county = True
    return said, county


def _hear_codes(
    codes: Sequence[tuple[str, Source]], said: dict[str, str], county: bool, register: Register, unit: Unit
) -> None:
    """Unit codes of titles: beside a town's name they decide nothing, and one that disagrees is a warning."""
    named = [register.by_code[code] for code in said]
    for code, source in codes:
        place = register.place(code[:9] + "000")
        if len(named) == 1 and place != named[0]:
            params = {"town": named[0].name, "code": named[0].code}
            unit.findings.append(_at(source, Finding("unit_code_differs", raw=code, params=params)))
        elif not named and not county and place and place.level == 4:
            said.setdefault(place.code, str(source))


def _at(source: Source, finding: Finding) -> Finding:
    """The finding at the cell of its source."""
    if source.at is None:
        return finding
    sheet, row, column = source.at
    return replace(finding, sheet=sheet, row=row, col=column)


def _is_mostly(town_column: Counter[str], said: set[str]) -> bool:
    """Whether the town column belongs to the one town said, with a few stray rows of others."""
    return len(said) == 1 and 2 * sum(town_column[code] for code in said) > sum(town_column.values())


def _conflict(said: dict[str, str], register: Register, about_county: str = "") -> Finding:
    def name(code: str) -> str:
        place = register.by_code.get(code)
        if about_county and (place is None or place.level == 3):
            return about_county
        return f"是{place.name}" if place else f"是{code}"

    places = "、".join(f"{where}{name(code)}" for code, where in said.items())
    return Finding("unit_conflict", params={"places": places})
