"""Which field a heading names. A heading that only resembles one is no match: its column is left out and named."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from wentong.forms import Field, Table, forms, units_of_measure
from wentong.places import plain


class Heading(NamedTuple):
    """A matched heading."""

    field: Field
    rank: int
    """0: the official title; else how far down the aliases, for the identity columns; 1 for all others."""
    text: str
    """As written, groups first."""


PERSONAL = re.compile(r"电话|手机|身份证|联系方式|银行卡|银行账号|(?<!台)账号|家庭住址|住址|微信|出生")
"""Columns that hold what no return asks for."""

_OTHER_MEANING = re.compile(
    r"室外|室内|累计|全年|本年|当年|年初|至今|以来|上年|上季|上期|去年|同期|同比|环比|增|计划|目标|任务|兼职|拟|应|电子|编目"
    r"|人均|其中|率|上月|年度|上半年|下半年|前.季度|占地|未|线上|网络|借阅|培训|不含"
)
"""Words that make another figure out of a known one."""
_MONTHS = re.compile(r"(\d{1,2})月?[-—~至到](\d{1,2})月")
_PERIOD_PREFIX = re.compile(r"^(期末|本期末?|本季度末?|本季末?|现有|实有|截至(本季度?|期|季)末)")
_NUMBERING = re.compile(r"^([(]?\d{1,2}[)、.]|[(]?[一二三四五六七八九十]{1,2}[)、.])")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕")
_MARKS = re.compile(r"[\s*※★:、,。·/\"“”'‘’_\-—#]")
_FIGURE_OF_GROUP = re.compile(r"(本季度?|本期|当季|期末|数量|数|总数|合计)(数量?)?")
"""Sub-headings that mean the group itself: 活动场次 | 本季度."""
_NEUTRAL_GROUP = re.compile(
    r"(基本|建设|设施|设备|场地|场所|硬件|软件|服务|效能|活动|文化|文体|文艺|群众|公共|开展|组织|举办|本季度?数?|本期数?|当季数?|人员|"
    r"队伍|管理|图书|阅览|阅读|藏书|使用|情况|信息|数据|指标|村|社区|中心|综合性?|基层|其[他它]|开放|配备|配置|概况|内容|项目|"
    r"填报|时间|运行|状况|保障|资源|面积|及|和|与)*"
)
"""Groups that only say what part of the form a column is in."""
_GENERIC = {"场次", "人次", "次数", "人数", "参加人数", "参与人数", "参加人次", "参与人次", "服务人次"}
"""Headings that say nothing without a group of activities (培训 | 场次 is another figure)."""
_THIS_PERIOD = re.compile(r"(本季度?|本期|当季)(数|情况)?")
_AREA_GROUP = re.compile(r"(基本|建设|设施|设备|中心|情况|概况|信息|建筑|房屋|室内)*")


def _letters(text: str) -> str:
    """A heading reduced to what is compared: no brackets, marks or white space."""
    return _MARKS.sub("", re.sub(r"[()\[\]【】〔〕]", "", plain(text))).lower()


@cache
def _index(table: Table) -> dict[str, tuple[Field, int]]:
    """Reduced heading -> field and rank."""
    index: dict[str, tuple[Field, int]] = {}
    for declared in table.fields:
        for rank, heading in enumerate(declared.headings):
            index.setdefault(_letters(heading), (declared, min(rank, 1) if declared.role == "value" else rank))
    return index


@lru_cache(maxsize=8192)
def match_one(table: Table, text: str) -> Heading | None:
    """The field one heading names. Bracketed notes and units are dropped unless they change the meaning."""
    written = _NUMBERING.sub("", plain(text))
    index = _index(table)
    candidates = [written]
    candidates.append(_BRACKETS.sub(lambda note: note[0] if _changes_meaning(note[0]) else "", written))
    candidates += [_PERIOD_PREFIX.sub("", c) for c in candidates]
    candidates += [_without_unit(c) for c in list(candidates)]
    found = next((index[key] for c in candidates if (key := _letters(c)) in index), None)
    return Heading(*found, text) if found else None


@lru_cache(maxsize=8192)
def match_levels(table: Table, levels: tuple[str, ...]) -> Heading | None:
    """The field that a heading below groups names: (室外, 面积), (活动场次, 本季度), (基本情况, 图书藏量).

    A group with another meaning (本年累计) makes another figure of every heading below it.
    """
    text = "".join(levels)
    if found := match_one(table, text):
        return found
    for start in range(1, len(levels)):
        group = "".join(levels[:start])
        found = match_one(table, "".join(levels[start:]) + group)
        if found is None:
            if _changes_meaning(plain(group)):
                return None
            found = _inside(table, group, levels[start:])
        if found:
            return Heading(found.field, found.rank, text)
    return None


def _inside(table: Table, group: str, inner: tuple[str, ...]) -> Heading | None:
    """What the headings below a group name by themselves."""
    if len(inner) == 1 and _FIGURE_OF_GROUP.fullmatch(_letters(_BRACKETS.sub("", plain(inner[0])))):
        return match_one(table, group)
    return match_one(table, "".join(inner)) if _is_neutral(group, "".join(inner)) else None


def _is_neutral(group: str, last: str) -> bool:
    """Whether a heading means below a group what it means alone."""
    around = _letters(_BRACKETS.sub("", _NUMBERING.sub("", plain(group))))
    alone = _letters(_without_unit(_BRACKETS.sub("", plain(last))))
    if alone in _GENERIC and "活动" not in around:
        return _THIS_PERIOD.fullmatch(around) is not None
    if alone == "面积":
        return _AREA_GROUP.fullmatch(around) is not None
    return _NEUTRAL_GROUP.fullmatch(around) is not None


def _changes_meaning(note: str) -> bool:
    """Whether words in brackets or above make another figure; months do unless they are just one quarter."""
    months = [(int(first), int(last)) for first, last in _MONTHS.findall(note)]
    return _OTHER_MEANING.search(note) is not None or any(last % 3 or last - first != 2 for first, last in months)


def _without_unit(heading: str) -> str:
    """`建筑面积㎡`, `图书藏量单位:册` -> the heading alone."""
    shortened = re.sub(r"[,]?(计量)?单位:?.+$", "", heading)
    for unit in _units():
        if len(unit) < len(shortened) - 1 and shortened.endswith(unit):
            return shortened.removesuffix(unit)
    return shortened


@cache
def _units() -> tuple[str, ...]:
    """Every unit that some field can be written in, the longest first."""
    quantities = {f.unit for form in forms().values() for table in form.tables for f in table.fields if f.unit}
    words = {plain(word) for quantity in quantities for word in units_of_measure(quantity)}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
