"""Seeded, realistic, messy quarterly returns (form 基文01) of Kaiping's towns, each with the truth about every cell.

`make(seed)` is one file as a town office might drop it: bytes, name and folder, and what an honest reader of the
documents (design 3 to 5 and 9, domain 2.1 and 3) would say about it. Nothing here is taken from the code under test.
"""

import csv
import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal

import spellings
from spellings import ANY, ERROR, LARGER, UNITS, WARNING, Measure, Spelling
from writers import Book, Content, Format, Formula, Sheet, formats, macro_enabled, shown, strict

REGISTER = Path(__file__).parents[2] / "include" / "schemas" / "units" / "440783.csv"
TODAY = date(2026, 11, 20)
COUNTY = "440783000000"
ZONE = "440783400000"
PERIODS = ("2026Q3", "2026Q3", "2026Q3", "2026Q2", "2026Q1", "2025Q4")


# -- the truth ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class CellTruth:
    row: int
    column: int
    raw: str
    spelling: Spelling


@dataclass(slots=True)
class RowTruth:
    """What must become of one village's row."""

    sheet: str
    row: int
    statuses: frozenset[str]
    codes: frozenset[str | None]
    """Acceptable division codes; empty: any."""
    cells: dict[str, CellTruth]
    """Data fields; the places of name and code are in `identity`."""
    identity: dict[str, CellTruth] = field(default_factory=dict)
    must_be_flagged: frozenset[str] | None = None
    """Severities of which one finding must lie in this row."""
    at: tuple[str, ...] = ()
    """The columns of which one must hold that finding; none: anywhere in the row."""
    story: str = ""
    """What is the matter with the row as a whole."""
    loose: bool = False
    """The documents are silent on this row: any result with a finding in the row will do."""


@dataclass(slots=True)
class FileTruth:
    outcomes: frozenset[str]
    period: str | None
    unit: str | None
    rows: list[RowTruth] = field(default_factory=list)
    hidden_rows: list[tuple[str, int]] = field(default_factory=list)
    """Data rows that are hidden: a warning each, but not at a cell."""
    hidden_columns: list[tuple[str, int]] = field(default_factory=list)
    totals: list[tuple[str, int, int, bool]] = field(default_factory=list)
    """(sheet, row, column, right) of totals of which it is certain whether they add up."""
    missing_columns: set[str] = field(default_factory=set)
    personal_columns: list[tuple[str, int]] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    code_warned: bool = False
    """A warning about the code in the heading must be there."""
    said: set[str] = field(default_factory=set)
    """Findings about the whole file that must be there."""
    rivals: set[str] = field(default_factory=set)
    """Fields of which the sheet has a second column for another time: withholding both, with a word, is as right."""


@dataclass(slots=True)
class Return:
    """One file with its truth."""

    seed: int
    name: str
    folders: tuple[str, ...]
    content: bytes
    truth: FileTruth


# -- the register ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Village:
    code: str
    name: str
    town: str
    town_code: str

    @property
    def stem(self) -> str:
        """The bare name: without 村委会 or 社区居委会."""
        return re.sub("(社区居委会|村委会)$", "", self.name)

    @property
    def community(self) -> bool:
        return self.name.endswith("社区居委会")


@dataclass(frozen=True, slots=True)
class County:
    towns: dict[str, str]
    """Code -> name of every town that owes returns."""
    villages: dict[str, list[Village]]
    """By town code."""

    @classmethod
    def read(cls) -> "County":
        with open(REGISTER, encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        names = {row["division_code"]: row["name"] for row in rows}
        towns = {
            row["division_code"]: row["name"] for row in rows if row["level"] == "4" and row["owes_returns"] == "yes"
        }
        villages: dict[str, list[Village]] = {}
        for row in rows:
            if row["level"] == "5":
                parent = row["parent_code"]
                villages.setdefault(parent, []).append(
                    Village(row["division_code"], row["name"], names[parent], parent)
                )
        return cls(towns, villages)


COUNTY_REGISTER = County.read()


# -- the columns -------------------------------------------------------------------------------------------------------

NUMBERS = (
    "floor_area_m2", "outdoor_area_m2", "books_total", "reading_seats", "full_time_staff", "weekly_open_hours",
    "activity_sessions", "activity_attendance", "volunteer_count",
)  # fmt: skip
WHOLE = {
    "books_total",
    "reading_seats",
    "full_time_staff",
    "activity_sessions",
    "activity_attendance",
    "volunteer_count",
}
LIMITS = {
    "floor_area_m2": 5000, "outdoor_area_m2": 50000, "books_total": 200000, "reading_seats": 2000, "full_time_staff": 50,
    "weekly_open_hours": 112, "activity_sessions": 1000, "activity_attendance": 500000, "volunteer_count": 5000,
}  # fmt: skip
OPTIONAL = (*NUMBERS[1:], "built_on", "remark")
HEADINGS = {
    "town_name": ("所属镇(街)", "镇(街)", "乡镇(街道)", "所在镇街", "乡镇", "镇街", "所属镇街"),
    "village_name": (
        "村(社区)名称",
        "村(社区)",
        "村名",
        "行政村",
        "行政村(社区)名称",
        "村(居)委会名称",
        "村居名称",
        "单位名称",
        "村(社区)名称",
    ),
    "division_code": ("行政区划代码", "统一编码", "区划代码", "村代码", "统计用区划代码", "编码", "12位区划代码"),
    "build_status": ("是否建成", "是否建成", "建设情况", "建成情况", "是否已建成", "建设状态", "中心是否建成"),
    "floor_area_m2": ("建筑面积", "室内面积", "面积", "室内建筑面积", "中心建筑面积", "房屋建筑面积", "使用面积"),
    "outdoor_area_m2": (
        "室外广场(活动场地)面积",
        "室外面积",
        "广场面积",
        "室外活动场地面积",
        "文体广场面积",
        "室外广场面积",
    ),
    "books_total": ("图书藏量", "藏书", "藏书量", "图书册数", "图书总藏量", "图书数量"),
    "reading_seats": ("阅览座位数", "阅览座位", "座位数", "阅览席位", "阅览坐席"),
    "full_time_staff": ("专职管理员人数", "专职管理员", "管理员人数", "专职人员", "文化管理员", "专职人数"),
    "weekly_open_hours": ("每周开放时间", "周开放时间", "每周开放小时数", "每周开放时长", "开放时间", "周开放小时"),
    "activity_sessions": ("本季度活动场次", "活动场次", "本季活动场次", "开展活动场次", "活动次数", "文体活动场次"),
    "activity_attendance": ("参加人次", "活动人次", "参与人次", "参加活动人次", "惠及人次", "服务人次", "参加人数"),
    "volunteer_count": ("志愿者人数", "文化志愿者", "志愿者", "文化志愿者人数", "志愿者数量"),
    "built_on": ("建成日期", "建成时间", "竣工日期", "建成年月", "投入使用时间", "竣工时间"),
    "remark": ("备注", "说明", "情况说明", "备注(说明)", "备注栏"),
}
"""The first is the form's own title, the others are aliases it declares."""

STRANGERS: tuple[tuple[str, Callable[[random.Random], Content], bool], ...] = (
    ("联系人", lambda rng: rng.choice(["张伟", "李秀英", "陈志强"]), False),
    ("联系电话", lambda rng: f"1382{rng.randint(1000000, 9999999)}", True),
    ("管理员身份证号", lambda rng: f"44078319{rng.randint(70, 99)}0101{rng.randint(1000, 9999)}", True),
    ("占地面积", lambda rng: rng.randint(2000, 9000), False),
    ("上季度活动场次", lambda rng: rng.randint(20, 90), False),
    ("上年参加人次", lambda rng: rng.randint(2000, 9000), False),
    ("本年累计活动场次", lambda rng: rng.randint(90, 200), False),
    ("计划建成日期", lambda rng: f"2027-0{rng.randint(1, 9)}-01", False),
    ("图书种数", lambda rng: rng.randint(400, 900), False),
    ("其中:少儿图书", lambda rng: rng.randint(100, 300), False),
    ("资金投入(万元)", lambda rng: rng.randint(1, 30), False),
    ("兼职管理员人数", lambda rng: rng.randint(1, 3), False),
    ("是否达标", lambda rng: rng.choice(["是", "否"]), False),
    ("电子阅览座位数", lambda rng: rng.randint(3, 9), False),
    ("常住人口", lambda rng: rng.randint(800, 6000), False),
    ("负责人", lambda rng: rng.choice(["黄建国", "谭小燕"]), False),
)
"""Columns people add: none is in the form, some sound like one that is. (Heading, what is in it, personal.)"""


@dataclass(slots=True)
class Column:
    field: str | None
    """None: a stranger."""
    heading: str
    unit: str | None = None
    """As the sheet states it for this column."""
    factor: Decimal = Decimal(1)
    group: str | None = None
    part: str | None = None
    """The part of the form it belongs to, above the groups."""
    hidden: bool = False
    filler: Callable[[random.Random], Content] | None = None
    personal: bool = False
    index: int = 0
    written: str = ""
    """The heading as it came to stand in the sheet."""


GROUPS = (
    ("文体活动开展情况", ("activity_sessions", "activity_attendance"), ("场次", "人次")),
    ("本季度活动", ("activity_sessions", "activity_attendance"), ("活动场次", "参加人次")),
    ("设施情况", ("floor_area_m2", "outdoor_area_m2"), ("室内建筑面积", "室外面积")),
    ("人员情况", ("full_time_staff", "volunteer_count"), ("专职管理员", "志愿者")),
    ("图书阅览", ("books_total", "reading_seats"), ("藏书", "阅览座位")),
)


# -- what a village reports --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Planned:
    """One row before it has a place in a sheet."""

    village: Village | None
    cells: dict[str, Spelling]
    name: Spelling
    code: Spelling
    town: Content
    statuses: frozenset[str] = frozenset({"accept"})
    codes: frozenset[str | None] = frozenset()
    must_be_flagged: frozenset[str] | None = None
    at: tuple[str, ...] = ()
    """Where a finding about the row as a whole must lie: identity columns or build_status."""
    story: str = ""
    loose: bool = False


def last_day(period: str) -> date:
    year, quarter = int(period[:4]), int(period[-1])
    return date(year + quarter // 4, quarter % 4 * 3 + 1, 1) - timedelta(days=1)


@dataclass(slots=True)
class Style:
    """How one office writes: chosen once for a file."""

    format: Format
    mess: float
    """Share of cells that are written in an unusual way."""
    status_style: int
    date_style: int
    name_style: int
    code_style: int
    period: str
    epoch_1904: bool
    more: random.Random
    """A second source of chance for the rarer stories: adding one leaves the others of a seed as they were."""
    shape: random.Random
    """A third one for the shape of headings."""

    @property
    def can(self) -> frozenset[str]:
        return self.format.can


def plan_row(rng: random.Random, village: Village, style: Style, columns: Sequence[Column]) -> Planned:
    """Figures of one village as its steward means them, then as they are written."""
    roll = rng.random()
    state = "built" if roll < 0.8 else "under_construction" if roll < 0.88 else "not_built"
    sessions = rng.choice([0, *range(2, 15)]) if rng.random() < 0.15 else rng.randint(2, 15)
    end = last_day(style.period)
    meant: dict[str, Decimal | None] = dict.fromkeys(NUMBERS)
    opened: date | None = None
    if state == "built":
        meant |= {
            "floor_area_m2": Decimal(
                rng.choice([rng.randint(120, 900), rng.randint(1200, 9000) / 10, 200, 300])
            ).quantize(Decimal("0.1")),
            "outdoor_area_m2": Decimal(rng.randint(100, 3000)),
            "books_total": Decimal(rng.choice([rng.randint(1500, 6000), 1500, 2000, 3200])),
            "reading_seats": Decimal(rng.randint(10, 60)),
            "full_time_staff": Decimal(rng.randint(1, 3)),
            "weekly_open_hours": Decimal(rng.choice([35, 40, 42, 48, 56, 38.5])),
            "activity_sessions": Decimal(sessions),
            "activity_attendance": Decimal(sessions * rng.randint(20, 150)),
            "volunteer_count": Decimal(rng.choice([0, rng.randint(5, 80), rng.randint(5, 80)])),
        }
        opened = end - timedelta(days=rng.randint(5, 3500))
        for name, unusual in (
            ("floor_area_m2", (0, 30, "48.5", 1600, 4000)),
            ("weekly_open_hours", (0, 7, "19.5", 91, 112)),
        ):
            if style.more.random() < 0.03:
                meant[name] = Decimal(style.more.choice(unusual))
    elif state == "under_construction" and rng.random() < 0.5:
        meant["floor_area_m2"] = Decimal(rng.randint(150, 600))
    mess = style.mess
    cells = {"build_status": spellings.status(rng, state, style.can, mess, style.status_style)}
    certain_built = cells["build_status"].values == ("built",) and not cells["build_status"].open
    quiet = mess if state == "built" else mess / 3
    by_field = {column.field: column for column in columns if column.field}
    for name in NUMBERS:
        column = by_field.get(name)
        heading_unit = column.unit if column else None
        factor = column.factor if column else Decimal(1)
        measure = Measure(
            name, name in WHOLE, LIMITS[name], heading_unit, factor, name == "floor_area_m2" and certain_built
        )
        spelling = spellings.number(rng, measure, meant[name], style.can, quiet)
        cells[name] = spelling
    cells["built_on"] = spellings.day(rng, opened, end, style.can, quiet, style.date_style, style.epoch_1904)
    cells["remark"] = spellings.remark(rng, style.can, mess)
    row = Planned(village, cells, Spelling(None, ()), Spelling(None, ()), village.town)
    row.codes = frozenset({village.code})
    row.name = Spelling(_usual_name(village, style.name_style), ())
    row.code = Spelling(_usual_code(village.code, style), ())
    return row


def settle(row: Planned, present: set[str]) -> None:
    """Apply the rules between the cells of one row; `present` are the fields the sheet has."""
    cells = row.cells
    reason = "remark" in present and cells["remark"].values != (None,)
    if reason:
        # a dash with a reason beside it is "not applicable": enough (Y01), or still missing, both can be read
        for name in ("build_status", "floor_area_m2"):
            if cells[name].content in ("—", "——"):
                cells[name] = replace(cells[name], finding="may")
    state = cells["build_status"]
    area = cells["floor_area_m2"]
    if "floor_area_m2" in present and state.open and area.values[0] is None:
        cells["floor_area_m2"] = replace(area, finding="may")
    for name, low, high in (
        (("floor_area_m2", 50, 1500), ("weekly_open_hours", 20, 84)) if state.values[0] == "built" else ()
    ):
        figure, value = cells[name], cells[name].values[0]
        if name in present and isinstance(value, Decimal) and not figure.open and not low <= value <= high:
            allowed = ERROR if value == 0 else WARNING
            cells[name] = replace(figure, finding="may" if state.open else "must", severities=allowed)
    sessions, attendance = cells["activity_sessions"], cells["activity_attendance"]
    came = attendance.values[0]
    if "activity_attendance" in present and isinstance(came, Decimal) and came > 0 and not attendance.open:
        held = sessions.values[0] if "activity_sessions" in present else None
        excused = reason and sessions.content == "—"
        certain = (sessions.kind == "blank" and sessions.finding == "never" and not excused) or held == 0
        if held in (None, 0) and "activity_sessions" in present:
            if certain and attendance.finding == "never":
                cells["activity_attendance"] = replace(attendance, finding="must", severities=WARNING)
            elif attendance.finding == "never":
                cells["activity_attendance"] = replace(attendance, finding="may")
        if held is None and sessions.finding == "never":
            cells["activity_sessions"] = replace(sessions, finding="may")
        if attendance.finding == "never" and (sessions.open or "activity_sessions" not in present):
            cells["activity_attendance"] = replace(cells["activity_attendance"], finding="may")
    if came == 0 and sessions.finding == "never":
        cells["activity_sessions"] = replace(sessions, finding="may")
        if attendance.finding == "never":
            cells["activity_attendance"] = replace(attendance, finding="may")
    _settle_not_built(row, present)


def _settle_not_built(row: Planned, present: set[str]) -> None:
    state = row.cells["build_status"]
    figures = [row.cells[name] for name in (*NUMBERS, "built_on") if name in present]
    certain = [s for s in figures if s.values[0] not in (None, Decimal(0)) and not s.open]
    doubtful = [
        s for s in figures if s.open or s.values[0] == 0 or (s.values[0] is None and s.kind not in ("blank", "plain"))
    ]
    if state.values[0] != "not_built" or "accept" not in row.statuses:
        return
    if certain and not state.open:
        row.statuses, row.story = frozenset({"quarantine"}), "not built with figures"
        row.must_be_flagged, row.at = frozenset({"row"}), ("build_status",)
    elif certain or doubtful:
        # zeros, and cells of which nothing comes, are no figures for certain
        row.statuses = row.statuses | {"quarantine"}


def _usual_name(village: Village, style: int) -> str:
    stem = village.stem
    if stem == village.name:
        return village.name
    if village.community:
        return (village.name, f"{stem}社区", f"{stem}居委会", village.name)[style % 4]
    village_name = stem if stem.endswith("村") else f"{stem}村"
    return (village.name, village_name, f"{stem}村委会", f"{stem}村民委员会")[style % 4]


def _usual_code(code: str, style: Style) -> Content:
    if style.code_style == 1 and "typed" in style.can:
        return int(code)
    return code


_TRADITIONAL = str.maketrans(
    "会区东龙马冈红联丰乐华边岭门桥兴园长围头陈风宝锋黄业开岗台罗旺场连义强亚阳双关广厂间芦灵树护坚两组泽",
    "會區東龍馬岡紅聯豐樂華邊嶺門橋興園長圍頭陳風寶鋒黃業開崗臺羅旺場連義強亞陽雙關廣廠間蘆靈樹護堅兩組澤",
)


def odd_name(rng: random.Random, village: Village, can: frozenset[str]) -> tuple[str, str]:
    """Another way to write the name that must still find the village; with its kind."""
    stem, town = village.stem, village.town
    usual = _usual_name(village, rng.randint(0, 3))
    ways = [
        (town + usual, "town prefix"),
        ("开平市" + town + usual, "county and town prefix"),
        (usual[:1] + " " + usual[1:], "inner space"),
        ("　".join(usual) if "spaces" in can else " ".join(usual), "inner spaces"),
        (usual + rng.choice(["(示范点)", "（共建）", "(新)"]), "bracketed note"),
        (usual + rng.choice(["*", "★", "、", "。"]), "trailing mark"),
        (usual.translate(_TRADITIONAL), "traditional"),
        (usual + "综合性文化服务中心", "name of the centre"),
        (usual + "文化室", "name of the centre"),
    ]
    if stem != village.name:
        ways += [(stem, "bare name")] * 2
        if not village.community:
            ways += [
                (f"{stem}村委", "村委"),
                (f"{stem}行政村", "行政村"),
                (f"{stem}农家书屋", "name of the library"),
            ]

        else:
            ways += [(f"{stem}社区居民委员会", "full name"), (f"{stem}社区居委", "short name")]
    if "spaces" in can:
        ways += [(f" {usual} ", "outer spaces"), (f"{usual}\n", "line break after")]
    return rng.choice(ways)


def odd_code(rng: random.Random, code: str, style: Style) -> tuple[Content, bool | None, str]:
    """A code that is hurt; whether a warning must be given (None: may); its kind."""
    number = int(code)
    ways: list[tuple[Content, bool | None, str]] = [
        (code[:9], True, "town code"),
        (code[:9] + "000", True, "town code"),
        (code[:-1], True, "short code"),
        ("4.40783E+11", True, "scientific code"),
        (f"{number:.5E}".replace("+0", "+"), True, "scientific code"),
        (code.translate(str.maketrans("0123456789", "０１２３４５６７８９")), None, "full-width code"),
        (f"{code[:6]} {code[6:9]} {code[9:]}", None, "spaced code"),
        ("'" + code, None, "apostrophe code"),
        (None, False, "no code"),
        ("/", None, "no code"),
    ]
    if "typed" in style.can:
        ways += [
            (float(number), None, "float code"),
            (440783000000, True, "rounded code"),
            (int(code[:9]), True, "town code"),
        ]
    else:
        ways += [(f"{code}.0", None, "float code")]
    return rng.choice(ways)


def hurt_identity(rng: random.Random, row: Planned, style: Style, present: set[str], towns: Sequence[str]) -> None:
    """One human mistake about which village a row is, or one unusual but good way to say it."""
    village = row.village
    assert village is not None
    named, coded = "village_name" in present, "division_code" in present
    roll = rng.random()

    def lost(story: str, *at: str, codes: Iterable[str | None] = ()) -> None:
        row.statuses, row.story, row.at = frozenset({"quarantine"}), story, at
        row.must_be_flagged, row.codes, row.village = frozenset({"row"}), frozenset(codes), None

    if roll < 0.45 and named:
        text, kind = odd_name(rng, village, style.can)
        row.name = Spelling(text, (), "never", kind=kind)
        if kind == "short name":
            # 居委 is in no list: found with a word about it, by its code, or not at all
            row.name = replace(row.name, finding="may")
            row.statuses = frozenset({"accept", "quarantine"})
        return
    if roll < 0.62 and coded and named:
        content, warned, kind = odd_code(rng, village.code, style)
        finding: Literal["never", "may", "must"] = "may" if warned is None else "must" if warned else "never"
        row.code = Spelling(
            content,
            (),
            finding,
            ANY if kind == "rounded code" or content == village.code[:9] + "000" else WARNING,
            kind=kind,
        )
        if kind == "rounded code" or (isinstance(content, str) and content.endswith("000") and len(content) == 12):
            # a complete code, of the county or the town: repaired with a warning or not believed, both can be argued
            row.statuses = frozenset({"accept", "quarantine"})
        return
    if not named:
        if roll < 0.8:
            row.code = Spelling(village.code[:9] + "997", (), kind="unknown code")
            lost("unknown code", "division_code")
        return
    has_code = coded and row.code.content is not None
    others = [v for town in towns for v in COUNTY_REGISTER.villages[town] if town != village.town_code]
    if roll < 0.7:
        wrong = rng.choice(
            ["幸福村委会", "文明社区居委会", village.stem + "二队", "新光明村", "测试村委会", f"{village.stem}东村委会"]
        )
        if wrong.endswith("东村委会") and any(
            v.stem == village.stem + "东" for v in COUNTY_REGISTER.villages[village.town_code]
        ):
            wrong = "幸福村委会"
        row.name = Spelling(wrong, (), "may", kind="unknown village")
        if not has_code:
            lost("unknown village", "village_name")
        else:
            # the exact code may win, but not in silence
            row.statuses, row.must_be_flagged, row.story = (
                frozenset({"accept", "quarantine"}),
                ANY,
                "unknown name beside a code",
            )
            row.at = ("village_name", "division_code")
            row.codes = frozenset({village.code, None})
    elif roll < 0.78 and others:
        other = rng.choice(others)
        row.name = Spelling(other.name, (), kind="village of another town")
        if coded:
            row.code = Spelling(other.code, ())
        row.town = village.town
        lost("village of another town", "village_name", "division_code")
    elif roll < 0.86 and coded:
        siblings = [v for v in COUNTY_REGISTER.villages[village.town_code] if v.code != village.code]
        row.code = Spelling(rng.choice(siblings).code, (), kind="code of another village")
        lost("code and name disagree", "village_name", "division_code")
    elif roll < 0.93 and coded:
        strange = rng.choice(
            [village.code[:9] + "998", "440784" + village.code[6:], "211121" + village.code[6:], "530422101201"]
        )
        row.code = Spelling(strange, (), kind="unknown or foreign code")
        lost("unknown or foreign code", "division_code")
    else:
        row.name = Spelling(None, (), kind="no name")
        row.code = Spelling(None, ())
        lost("no name", "village_name", "division_code")


# -- sheets ------------------------------------------------------------------------------------------------------------


class Page:
    """A sheet being filled; knows the truth that grows with it."""

    def __init__(self, name: str, truth: FileTruth, style: Style) -> None:
        self.sheet = Sheet(name)
        self.truth = truth
        self.style = style
        # text files and HTML tables have no sheet to name
        self.reported_name = "" if "text" in style.can else name

    def put(self, row: int, column: int, content: Content) -> None:
        if content is not None:
            self.sheet.cells[row, column] = content

    def merge(self, first_row: int, first_column: int, last_row: int, last_column: int) -> None:
        if (first_row, first_column) != (last_row, last_column) and "merges" in self.style.can:
            self.sheet.merges.append((first_row, first_column, last_row, last_column))


def choose_columns(
    rng: random.Random, style: Style, *, with_town: bool, truth: FileTruth, name_only: bool = False
) -> list[Column]:
    """The columns of a file: order, headings, units, what is missing and what is more."""
    fields = ["village_name", "division_code", "build_status", *NUMBERS, "built_on", "remark"]
    roll = rng.random()
    if roll < 0.3 or name_only:
        fields.remove("division_code")
    elif roll < 0.34 and not name_only:
        fields.remove("village_name")
    if with_town:
        fields.insert(0, "town_name")
    if rng.random() < 0.12:
        for absent in rng.sample(OPTIONAL, rng.randint(1, 3)):
            fields.remove(absent)
            truth.missing_columns.add(absent)
    titles = rng.random() < 0.4
    columns = [Column(name, HEADINGS[name][0] if titles else rng.choice(HEADINGS[name])) for name in fields]
    if rng.random() < 0.2:
        fixed = 1 if with_town else 0
        moving = columns[fixed + 1 :]
        rng.shuffle(moving)
        columns = columns[: fixed + 1] + moving
    if rng.random() < 0.15:
        truth.stories.append("groups")
        _group(rng, columns)
    for name, larger in LARGER.items():
        for column in columns:
            if column.field == name and rng.random() < 0.05:
                column.unit, column.factor = rng.choice(larger)
                truth.stories.append(f"heading in {column.unit}")
    if rng.random() < 0.75:
        for column in columns:
            if column.field in UNITS and column.unit is None and rng.random() < 0.85:
                column.unit = (
                    rng.choice(UNITS[column.field][:2]) if column.field.endswith("m2") else UNITS[column.field][0]
                )
    if rng.random() < 0.3:
        for heading, filler, personal in rng.sample(STRANGERS, rng.randint(1, 3)):
            at = rng.randint(2 if with_town else 1, len(columns))
            inside = 0 < at < len(columns) and columns[at - 1].group and columns[at - 1].group == columns[at].group
            columns.insert(len(columns) if inside else at, Column(None, heading, filler=filler, personal=personal))
            truth.stories.append(f"column {heading}")
    if rng.random() < 0.55:
        columns.insert(0, Column("sequence_number", rng.choice(["序号", "序号", "编号", "序", "No"])))
    if style.more.random() < 0.06 and {"activity_sessions", "activity_attendance"} <= set(fields):
        _rivals(style.more, columns, truth)
    if style.shape.random() < (0.5 if any(column.group for column in columns) else 0.1):
        _part(style.shape, columns, truth)
    if rng.random() < 0.06 and "hidden" in style.can:
        hideable = [column for column in columns if column.field in (*NUMBERS, "remark", "built_on")]
        rng.choice(hideable).hidden = True
        truth.stories.append("hidden column")
    return columns


def _rivals(rng: random.Random, columns: list[Column], truth: FileTruth) -> None:
    """This quarter's figures beside last quarter's or the year's, under the same two words."""
    found = [c for name in ("activity_sessions", "activity_attendance") for c in columns if c.field == name]
    if any(column.group or column.unit or column.factor != 1 for column in found):
        return
    ours, theirs = rng.choice(
        [("本季度", "上季度"), ("本季数", "本年累计数"), ("本期数", "上年同期数"), ("本季度", "本年累计")]
    )
    at = min(columns.index(column) for column in found)
    for column in found:
        columns.remove(column)
        column.heading = {"activity_sessions": "活动场次", "activity_attendance": "参加人次"}[column.field or ""]
        column.group = ours
    rivals = [
        Column(None, found[0].heading, group=theirs, filler=lambda rng: rng.randint(100, 300)),
        Column(None, found[1].heading, group=theirs, filler=lambda rng: rng.randint(5000, 9000)),
    ]
    columns[at:at] = [*found, *rivals] if rng.random() < 0.6 else [*rivals, *found]
    truth.rivals = {"activity_sessions", "activity_attendance"}
    truth.stories.append("rival columns")


def _group(rng: random.Random, columns: list[Column]) -> None:
    """Bring members of a group together under a common heading."""
    for title, members, names in rng.sample(GROUPS, rng.randint(1, 2)):
        found = [column for column in columns if column.field in members]
        if len(found) != len(members) or any(column.group for column in found):
            continue
        at = min(columns.index(column) for column in found)
        for column in found:
            columns.remove(column)
        for offset, (member, name) in enumerate(zip(members, names, strict=True)):
            column = next(c for c in found if c.field == member)
            column.heading, column.group = name, title
            columns.insert(at + offset, column)


PARTS = (
    ("一、基本情况", {"build_status", "floor_area_m2", "outdoor_area_m2", "built_on"}),
    ("设施设备情况", {"floor_area_m2", "outdoor_area_m2", "books_total", "reading_seats"}),
    ("三、服务和活动情况", {"weekly_open_hours", "activity_sessions", "activity_attendance"}),
    ("二、人员情况", {"full_time_staff", "volunteer_count"}),
)


def _part(rng: random.Random, columns: Sequence[Column], truth: FileTruth) -> None:
    """A third heading row: a title over neighbours that belong together, some of them in a group of their own."""
    for title, members in rng.sample(PARTS, 2):
        runs: list[list[Column]] = [[]]
        for column in columns:
            if column.field in members and not column.part:
                runs[-1].append(column)
            elif runs[-1]:
                runs.append([])
        widest = max(runs, key=len)
        outside = {column.group for column in columns if column not in widest}
        if len(widest) > 1 and not outside & {column.group for column in widest if column.group}:
            for column in widest:
                column.part = title
            truth.stories.append("parts")


def _heading_text(rng: random.Random, column: Column, *, in_heading: bool, breaks: bool) -> str:
    text = column.heading
    if column.unit and in_heading:
        shape = rng.choice(["{}({})", "{}（{}）", "{}\n({})"]) if breaks else "{}({})"
        text = shape.format(text, column.unit)
    if breaks and len(column.heading) >= 4 and rng.random() < 0.3:
        text = text[:2] + "\n" + text[2:]
    elif rng.random() < 0.03 and len(column.heading) == 2:
        text = text[0] + "  " + text[1:]
    return text


def put_header(rng: random.Random, page: Page, columns: Sequence[Column], top: int, left: int) -> int:
    """Write one to three heading rows, a row of units, one of numbers; returns the row below."""
    for offset, column in enumerate(columns):
        column.index = left + offset
    depth = 1 + any(column.part for column in columns) + any(column.group for column in columns)
    unit_row = rng.random() < 0.15 and any(column.unit for column in columns)
    breaks = rng.random() < 0.3
    bottom = top + depth - 1
    for column in columns:
        column.written = _heading_text(rng, column, in_heading=not unit_row, breaks=breaks)
        at = bottom if column.group else top + (column.part is not None)
        page.put(at, column.index, column.written)
        page.merge(at, column.index, bottom, column.index)
    for part, run in groupby(columns, lambda column: column.part):
        if part:
            _put_title(page, part, list(run), top, top)
    for (part, group), run in groupby(columns, lambda column: (column.part, column.group)):
        if group:
            _put_title(page, group, list(run), top + (part is not None), bottom - 1)
    row = top + depth
    if unit_row:
        for column in columns:
            page.put(row, column.index, column.unit or ("—" if rng.random() < 0.3 else None))
        first = columns[0]
        if first.unit is None:
            words = "计量单位" if page.style.shape.random() < 0.7 else "单位"
            page.put(row, first.index, words if rng.random() < 0.5 else None)
        row += 1
    if rng.random() < 0.12:
        letters = iter("甲乙丙丁戊己庚辛")
        count = 0
        for column in columns:
            if column.field in NUMBERS or column.field is None:
                count += 1
                page.put(row, column.index, count if "typed" in page.style.can else str(count))
            else:
                page.put(row, column.index, next(letters, "—"))
        row += 1
    return row


def _put_title(page: Page, title: str, over: Sequence[Column], row: int, last_row: int) -> None:
    page.put(row, over[0].index, title)
    page.merge(row, over[0].index, last_row, over[-1].index)


def put_rows(
    rng: random.Random,
    page: Page,
    columns: Sequence[Column],
    rows: Sequence[Planned],
    top: int,
    *,
    repeat_header: bool = False,
    gaps: bool = False,
) -> int:
    """Write villages' rows and note their truth; returns the row below."""
    row_number = top
    for count, planned in enumerate(rows, start=1):
        if repeat_header and count == len(rows) // 2 + 1 and not any(c.group or c.part for c in columns):
            for column in columns:
                page.put(row_number, column.index, column.written)
            row_number += 1
        if gaps and rng.random() < 0.15:
            row_number += 1
        _put_row(rng, page, columns, planned, row_number, count)
        row_number += 1
    return row_number


def _put_row(rng: random.Random, page: Page, columns: Sequence[Column], planned: Planned, row: int, count: int) -> None:
    cells: dict[str, CellTruth] = {}
    identity: dict[str, CellTruth] = {}
    typed = "typed" in page.style.can
    for column in columns:
        if column.field is None:
            content: Content = column.filler(rng) if column.filler else None
            page.put(row, column.index, content)
            continue
        if column.field == "sequence_number":
            page.put(row, column.index, count if typed else str(count))
            continue
        if column.field == "town_name":
            page.put(row, column.index, planned.town)
            continue
        if column.field in ("village_name", "division_code"):
            spelling = planned.name if column.field == "village_name" else planned.code
            identity[column.field] = CellTruth(row, column.index, shown(spelling.content), spelling)
        else:
            spelling = planned.cells[column.field]
            cells[column.field] = CellTruth(row, column.index, shown(spelling.content), spelling)
        page.put(row, column.index, spelling.content)
    page.truth.rows.append(
        RowTruth(
            page.reported_name,
            row,
            planned.statuses,
            planned.codes,
            cells,
            identity,
            planned.must_be_flagged,
            planned.at,
            planned.story,
            planned.loose,
        )
    )


def put_total(
    rng: random.Random, page: Page, columns: Sequence[Column], rows: Sequence[Planned], row: int, word: str
) -> None:
    """A total row as people add it; wrong now and then."""
    place = next(c for c in columns if c.field in ("town_name", "village_name", "division_code", "build_status"))
    first = columns[0]
    if first is not place and rng.random() < 0.3:
        page.put(row, first.index, word)
        if rng.random() < 0.5:
            page.merge(row, first.index, row, place.index)
    else:
        page.put(row, place.index, word)
    clean_rows = all(r.statuses == {"accept"} and not r.must_be_flagged for r in rows)
    for column in columns:
        if column.field not in NUMBERS or column.field == "weekly_open_hours":
            continue
        parts = [r.cells[column.field] for r in rows]
        clean = clean_rows and all(
            s.plain and s.kind in ("plain", "number as text", "with unit", "float", "blank") for s in parts
        )
        total = sum((s.values[0] for s in parts if isinstance(s.values[0], Decimal)), Decimal(0)) / column.factor
        right = rng.random() >= 0.06
        if not right:
            total += 7
        written = spellings.as_number(total.quantize(Decimal("0.0001")))
        content: Content = written
        if "typed" not in page.style.can:
            content = shown(float(written)) if isinstance(written, float) else str(written)
        elif "cached" in page.style.can and rng.random() < 0.4:
            content = Formula(f"=SUM({written},0)", written)
        page.put(row, column.index, content)
        if clean and word in ("合计", "合  计", "总计") and column.factor == 1:
            page.truth.totals.append((page.reported_name, row, column.index, right))


# -- where the period and the unit are written -------------------------------------------------------------------------

_QUARTER_WORDS = "一二三四"


def period_words(rng: random.Random, period: str) -> str:
    year, quarter = period[:4], int(period[-1])
    word = _QUARTER_WORDS[quarter - 1]
    months = (quarter - 1) * 3 + 1
    return rng.choice(
        [
            f"{year}年第{word}季度", f"{year}年第{quarter}季度", f"{year}年{word}季度", f"{year}年{quarter}季度", f"{year}Q{quarter}",
            f"{year}年{months}-{months + 2}月", f"{year}年{months}—{months + 2}月", f"{year} 年 第 {word} 季度", f"{year}年第{word}季",
            f"{year.translate(spellings._WIDE)}年第{word}季度", f"{year}-Q{quarter}", f"{year}年度第{word}季度",
            "".join("〇一二三四五六七八九"[int(digit)] for digit in year) + f"年第{word}季度",
        ]
    )  # fmt: skip


@dataclass(slots=True)
class Evidence:
    """Which places say the period and the unit, and what they say."""

    title: str = ""
    subtitle: list[str] = field(default_factory=list)
    sheet: str = "Sheet1"
    file: str = ""
    folders: tuple[str, ...] = ()


def other_period(rng: random.Random, period: str) -> str:
    return rng.choice([p for p in ("2026Q3", "2026Q2", "2026Q1", "2025Q4", "2025Q3") if p != period])


def choose_evidence(
    rng: random.Random, truth: FileTruth, town: str | None, style: Style, *, sheets_have_names: bool = False
) -> Evidence:
    """Say period and unit in one or more places; `town` None: the county speaks."""
    period = style.period
    whom = town or "开平市"
    period_places = {p for p in ("title", "subtitle", "sheet", "file") if rng.random() < 0.45}
    unit_places = {p for p in ("title", "subtitle", "folder", "file", "sheet") if rng.random() < 0.4}
    if "text" in style.can or sheets_have_names:
        period_places.discard("sheet")
        unit_places.discard("sheet")
    if town is None:
        unit_places -= {"folder", "sheet"}
    if not period_places - {"sheet"} or rng.random() < 0.2:
        period_places.add(rng.choice(["title", "subtitle", "file"]))
    if not unit_places - {"sheet"}:
        unit_places.add(
            rng.choice(["title", "subtitle", "file", "folder"]) if town else rng.choice(["title", "subtitle"])
        )
    periods = dict.fromkeys(period_places, period)
    units = dict.fromkeys(unit_places, whom)
    roll = rng.random()
    if roll < 0.03 and len(period_places) >= 2:
        at = rng.choice(sorted(period_places))
        periods[at] = other_period(rng, period)
        truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
        truth.stories.append(f"period conflict at {at}")
    elif roll < 0.06 and len(unit_places) >= 2 and town:
        at = rng.choice(sorted(unit_places))
        units[at] = rng.choice([name for name in COUNTY_REGISTER.towns.values() if name != town])
        truth.outcomes, truth.unit = frozenset({"quarantine_file"}), None
        truth.stories.append(f"unit conflict at {at}")
    elif roll < 0.075:
        periods = {}
        truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
        truth.stories.append("no period")
    elif roll < 0.09 and town:
        # where codes or a town column tell the town, that may do
        units = {}
        truth.outcomes = frozenset({"quarantine_file", "load"})
        truth.stories.append("no unit")
    elif roll < 0.1:
        periods = {"title": "2027Q2"}
        truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
        truth.stories.append("future period")
    elif style.more.random() < 0.015:
        periods = {
            "title": style.more.choice(["2026年第一、二季度", "2026年一至三季度", "2026年1、2季度", "2026年二三季度"])
        }
        truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
        truth.stories.append("several quarters")
    elif style.more.random() < 0.02:
        # the year in one place, the quarter in another: put together, or asked for
        year, quarter = period[:4], period[-1]
        places = style.more.choice([("title", "file"), ("file", "title"), ("subtitle", "title")])
        word = style.more.choice([f"第{_QUARTER_WORDS[int(quarter) - 1]}季度", f"{quarter}季度"])
        periods = {places[0]: f"{year}年", places[1]: word}
        truth.outcomes = frozenset({"load", "quarantine_file"})
        truth.stories.append("year and quarter apart")
    evidence = Evidence()

    def when(place: str) -> str:
        said = periods.get(place, "")
        return period_words(rng, said) if re.fullmatch(r"\d{4}Q\d", said) else said

    def who(place: str) -> str:
        return units.get(place, "")

    county = "开平市" if rng.random() < 0.4 and who("title") != "开平市" else ""
    subject = rng.choice(
        ["基层综合性文化服务中心情况季报", "村(社区)综合性文化服务中心情况表", "基层综合性文化服务中心建设情况统计表"]
    )
    if rng.random() < 0.85 or when("title") or who("title"):
        evidence.title = county + who("title") + when("title") + subject
    if who("subtitle"):
        label = rng.choice(["填报单位", "填报单位(盖章)", "填报单位（盖章）", "单位名称", "报送单位"])
        body = (
            rng.choice(["{}", "{}", "{}文化站", "{}人民政府", "{}综合文化站", "开平市{}"])
            if town
            else rng.choice(["{}", "{}文化广电旅游体育局"])
        )
        evidence.subtitle.append(f"{label}:{body.format(who('subtitle'))}".replace("开平市开平市", "开平市"))
    if when("subtitle"):
        evidence.subtitle.append(rng.choice(["报告期:{}", "报告期：{}", "{}", "统计时间:{}"]).format(when("subtitle")))
    if rng.random() < 0.3:
        evidence.subtitle.append(
            rng.choice(
                [
                    "计量单位:见各栏",
                    "单位:平方米、册、人",
                    "填报日期:2026年10月8日",
                    "表号:基文01表",
                    "有效期至:2027年6月",
                ]
            )
        )
    if when("sheet") or who("sheet"):
        evidence.sheet = (who("sheet") + when("sheet")).replace("/", "-")[:31]
        if rng.random() < 0.1:
            evidence.sheet = f" {evidence.sheet}"
    elif rng.random() < 0.5:
        evidence.sheet = rng.choice(["Sheet1", "Sheet1", "基文01", "村级情况", "明细表", "表1", "Sheet 1 "])
    noise = rng.choice(["", "", "(1)", "-最终版", "(修改2)", " 副本", "_20261009", "_终稿", "(已核)"])
    body = rng.choice(
        [
            "{who}{when}",
            "{who}{when}",
            "{when}{who}",
            "附件1:{who}{when}文化中心统计表",
            "{who}({when})",
            "报表-{who}-{when}",
        ]
    )
    stem = body.format(who=who("file"), when=when("file")).replace(":", "：").replace("/", "-")
    evidence.file = (
        stem if who("file") or when("file") else rng.choice(["报表", "文化中心情况", "村级汇总上报", "新建工作表"])
    ) + noise
    if who("folder"):
        evidence.folders = (who("folder"),)
        if rng.random() < 0.15:
            evidence.folders = (who("folder"), rng.choice(["报表", "文化站", "上报"]))
    return evidence


def put_heading_lines(rng: random.Random, page: Page, evidence: Evidence, left: int, width: int, top: int) -> int:
    row = top
    if width >= 8 and page.style.more.random() < 0.1:
        lines = (
            "表    号:基文01表",
            "制定机关:〔待主管部门填写〕",
            "批准文号:开文广旅〔2025〕12号",
            "有效期至:2027年12月",
        )
        for text in lines[: page.style.more.randint(1, 4)]:
            page.put(row, left + width - 2, text)
            row += 1
    if evidence.title:
        page.put(row, left, evidence.title)
        page.merge(row, left, row, left + width - 1)
        row += 1
    if evidence.subtitle:
        if width < 6 or rng.random() < 0.5:
            page.put(row, left, "    ".join(evidence.subtitle))
            page.merge(row, left, row, left + width - 1)
        else:
            at = [left, left + width // 2, left + width - 1]
            for column, text in zip(at, evidence.subtitle, strict=False):
                page.put(row, column, text)
        row += 1
    return row


def put_footer(rng: random.Random, page: Page, left: int, width: int, top: int) -> None:
    row = top
    if rng.random() < 0.35:
        note = rng.choice(
            [
                "注:1.建筑面积指室内使用面积;2.活动场次填本季度数。", "说明:本表由各镇(街)文化站填报,于2026年10月10日前报送。",
                "备注:与2026年2季度相比,新增2个中心。", "填表说明:未建成的村不填其他栏。", "注：“是否建成”填是或否。",
            ]
        )  # fmt: skip
        page.put(row, left, note)
        if rng.random() < 0.5:
            page.merge(row, left, row, left + width - 1)
        row += 1
        if rng.random() < 0.3:
            page.put(row, left, "2.图书藏量含农家书屋1500册。")
            row += 1
    if rng.random() < 0.65:
        row += rng.choice([0, 0, 1])
        parts = ["单位负责人:谭国强", "审核人:李秀英", "填表人:张伟", "联系电话:0750-2212345", "报出日期:2026年10月8日"]
        if rng.random() < 0.2:
            parts = [f"{part.split(':')[0]}：" for part in parts]
        if rng.random() < 0.4:
            page.put(row, left, "    ".join(parts))
        else:
            for n, part in enumerate(parts):
                page.put(row, left + n * max(1, width // 5), part)


# -- whole files -------------------------------------------------------------------------------------------------------


def make(seed: int) -> Return:
    """One return, always the same for the same seed."""
    rng = random.Random(f"wentong realistic {seed}")
    choices = list(formats())
    chosen = rng.choices([f for f, _ in choices], [weight for _, weight in choices])[0]
    period = rng.choice(PERIODS)
    style = Style(
        chosen,
        mess=rng.choice([0.0, 0.02, 0.05, 0.05, 0.12, 0.35]),
        status_style=rng.randint(0, 3),
        date_style=rng.choice([0, 0, 0, 1, 2, 3, 4, 5]),
        name_style=rng.randint(0, 3),
        code_style=rng.choice([0, 0, 1]),
        period=period,
        epoch_1904="epoch" in chosen.can and rng.random() < 0.04,
        more=random.Random(f"wentong more {seed}"),
        shape=random.Random(f"wentong shape {seed}"),
    )
    truth = FileTruth(frozenset({"load"}), period, None)
    layouts: list[tuple[Callable[..., Book], int]] = [
        (_one_table, 62),
        (_county_table, 9),
        (_stacked, 6),
        (_vertical, 7),
    ]
    if "sheets" in chosen.can:
        layouts += [(_sheet_per_town, 8), (_side_by_side, 4)]
    if rng.random() < 0.05:
        layouts = [(_not_a_return, 1)]
    layout = rng.choices([one for one, _ in layouts], [weight for _, weight in layouts])[0]
    truth.stories.append(layout.__name__.strip("_"))
    truth.stories.append(chosen.name)
    evidence = Evidence()
    book = layout(rng, truth, style, evidence)
    if style.epoch_1904:
        book.epoch_1904 = True
        truth.stories.append("1904")
    name = f"{evidence.file}.{chosen.extension}"
    roll = rng.random()
    if roll < 0.04:
        name = name[: -len(chosen.extension)] + chosen.extension.upper()
    elif roll < 0.06:
        name = name[: -len(chosen.extension)] + ("xls" if chosen.extension == "xlsx" else "xlsx")
    name, content = _in_another_dress(style.shape, name, chosen, chosen.write(book), truth)
    return Return(seed, name, evidence.folders, content, truth)


def _in_another_dress(
    rng: random.Random, name: str, chosen: Format, content: bytes, truth: FileTruth
) -> tuple[str, bytes]:
    """Some workbooks have macros, some are saved as Strict Open XML."""
    roll = rng.random() if chosen.extension == "xlsx" else 1
    if roll < 0.05:
        truth.stories.append("macros")
        truth.said.add("macros_ignored")
        return name[: -len("xlsx")] + "xlsm" if name.lower().endswith("xlsx") else name, macro_enabled(content)
    if roll < 0.1:
        truth.stories.append("strict")
        return name, strict(content)
    return name, content


def _copy(target: Evidence, source: Evidence) -> None:
    for name in ("title", "subtitle", "sheet", "file", "folders"):
        setattr(target, name, getattr(source, name))


def plan_town(
    rng: random.Random,
    town_code: str,
    style: Style,
    columns: Sequence[Column],
    truth: FileTruth,
    *,
    limited: bool = True,
    most: int = 25,
) -> list[Planned]:
    """All or most villages of a town, with the mistakes people make."""
    present = {column.field for column in columns if column.field}
    villages = list(COUNTY_REGISTER.villages[town_code])
    if rng.random() < 0.2:
        villages = rng.sample(villages, min(len(villages), max(3, len(villages) - rng.randint(1, 5))))
    if rng.random() < 0.1:
        rng.shuffle(villages)
    villages = villages[:most]
    rows = [plan_row(rng, village, style, columns) for village in villages]
    wrong = 0.5 * style.mess + 0.01
    for row in rows:
        if rng.random() < wrong:
            # without a limit to one town, a village of another town is no mistake
            hurt_identity(rng, row, style, present, list(COUNTY_REGISTER.towns) if limited else [])
        settle(row, present)
    if rng.random() < 0.12:
        _duplicate(rng, rows, present, truth)
    _same_as_above(style, rows, present, truth)
    _preprinted(style, rows, present, truth)
    return rows


def _same_as_above(style: Style, rows: Sequence[Planned], present: set[str], truth: FileTruth) -> None:
    """同上 below a good value: that value with a word about it (the design), or a refusal (only in names, the domain)."""
    if style.more.random() > 0.06:
        return
    name = style.more.choice(
        [n for n in ("weekly_open_hours", "reading_seats", "built_on") if n in present] or ["build_status"]
    )
    for above, below in pairwise(rows):
        pair = [row.cells[name] for row in (above, below)]
        good = all(spelling.plain and spelling.values[0] is not None for spelling in pair)
        calm = all(
            row.statuses == {"accept"} and not row.must_be_flagged and not _twins(row, rows) for row in (above, below)
        )
        if good and calm and style.more.random() < 0.3:
            below.cells[name] = Spelling("同上", pair[0].values, "must", ANY, open=True, kind="same as above")
            truth.stories.append("same as above")
            return


def _twins(row: Planned, rows: Sequence[Planned]) -> bool:
    return sum(other.village == row.village for other in rows) > 1


def _preprinted(style: Style, rows: Sequence[Planned], present: set[str], truth: FileTruth) -> None:
    """Villages that stand in the form but were not filled in: the missing status must be asked for."""
    if style.more.random() > 0.04 or len(rows) < 5:
        return
    for row in style.more.sample(list(rows), 2):
        if row.statuses != {"accept"} or row.must_be_flagged or _twins(row, rows):
            continue
        row.cells = {name: Spelling(None, (None,), "may", kind="blank") for name in row.cells}
        row.cells["build_status"] = Spelling(None, (None,), "must", ANY, kind="required and missing")
        row.story = "preprinted"
        truth.stories.append("preprinted")


def _duplicate(rng: random.Random, rows: list[Planned], present: set[str], truth: FileTruth) -> None:
    """The same village twice: alike or not."""
    good = [
        row for row in rows
        if row.village and row.statuses == {"accept"} and not row.must_be_flagged and all(s.plain for s in row.cells.values())
    ]  # fmt: skip
    if not good:
        return
    first = rng.choice(good)
    second = Planned(first.village, dict(first.cells), first.name, first.code, first.town, codes=first.codes)
    if rng.random() < 0.5:
        second.statuses, second.story = frozenset({"duplicate"}), "identical rows"
        second.must_be_flagged = WARNING
        truth.stories.append("identical rows")
    else:
        numbers = [name for name in ("books_total", "volunteer_count", "outdoor_area_m2") if name in present]
        numbers = [name for name in numbers if isinstance(first.cells[name].values[0], Decimal)]
        if not numbers or first.cells["build_status"].values[0] != "built":
            return
        name = numbers[0]
        value = first.cells[name].values[0]
        assert isinstance(value, Decimal)
        changed = value + 1000
        text = spellings.plain_text(value)
        if shown(first.cells[name].content) != text:
            return
        second.cells[name] = Spelling(spellings.plain_text(changed), (changed,))
        for row in (first, second):
            row.statuses, row.story = frozenset({"quarantine"}), "conflicting rows"
            row.must_be_flagged, row.at = frozenset({"row"}), ("village_name", "division_code")
        truth.stories.append("conflicting rows")
    rows.insert(rng.randint(rows.index(first) + 1, len(rows)), second)


def _town_file(
    rng: random.Random, truth: FileTruth, style: Style, target: Evidence, *, sheets_have_names: bool = False
) -> tuple[str, str]:
    code, town = rng.choice(sorted(COUNTY_REGISTER.towns.items()))
    truth.unit = code
    _copy(target, choose_evidence(rng, truth, town, style, sheets_have_names=sheets_have_names))
    return code, town


def _without_unit(truth: FileTruth, columns: Sequence[Column]) -> None:
    """Nobody said whose file it is: only codes or a town column can tell, and then each row for itself."""
    if "no unit" not in truth.stories:
        return
    truth.unit = None  # the town of all codes, or the county: nobody said
    said = "code in the heading" in truth.stories
    if not said and not {"division_code", "town_name"} & {column.field for column in columns}:
        truth.outcomes = frozenset({"quarantine_file"})
    for row in truth.rows:
        if row.story == "village of another town":
            row.statuses, row.must_be_flagged, truth.unit = row.statuses | {"accept"}, None, None
        elif not row.identity.get("division_code") or row.identity["division_code"].spelling.kind != "plain":
            row.loose = True


def _finish(rng: random.Random, page: Page, columns: Sequence[Column]) -> None:
    """Hide what is to be hidden, and note where headings of strangers are."""
    _without_unit(page.truth, columns)
    for column in columns:
        if column.hidden:
            page.sheet.hidden_columns.add(column.index)
            page.truth.hidden_columns.append((page.reported_name, column.index))
        if column.personal:
            page.truth.personal_columns.append((page.reported_name, column.index))
    if "hidden" in page.style.can and rng.random() < 0.06:
        rows = [row for row in page.truth.rows if row.sheet == page.reported_name and row.statuses == {"accept"}]
        if rows:
            row = rng.choice(rows)
            page.sheet.hidden_rows.add(row.row)
            page.truth.hidden_rows.append((page.reported_name, row.row))
            page.truth.stories.append("hidden row")


def _one_table(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """The usual return: one town, one table."""
    code, town = _town_file(rng, truth, style, target)
    with_town = rng.random() < 0.25
    columns = choose_columns(rng, style, with_town=with_town, truth=truth)
    page = Page(target.sheet, truth, style)
    left = 1 + (rng.choice([1, 1, 2]) if rng.random() < 0.15 else 0)
    top = 1 + (rng.randint(1, 3) if rng.random() < 0.12 else 0)
    row = put_heading_lines(rng, page, target, left, len(columns), top)
    if rng.random() < 0.08 and target.title:
        shown_code = code if rng.random() < 0.6 else "440783" + f"{rng.randint(200, 299)}000"
        page.put(row, left, f"统一编码:{shown_code}")
        if shown_code != code and town in target.title + "".join(target.subtitle):
            truth.code_warned = truth.outcomes == {"load"}
            truth.stories.append("civil-affairs code in the heading")
        elif shown_code != code:
            page.put(row, left, f"统一编码:{code}")
        truth.stories.append("code in the heading")
        row += 1
    row = put_header(rng, page, columns, row, left)
    rows = plan_town(rng, code, style, columns, truth)
    if with_town and rng.random() < 0.5:
        for planned in rows:
            planned.town = rng.choice([town, town, f"{town} ", f"开平市{town}"]) if "spaces" in style.can else town
    total = rng.random()
    if total < 0.06:
        put_total(rng, page, columns, rows, row, "合计")
        row += 1
    first_data = row
    row = put_rows(rng, page, columns, rows, row, repeat_header=rng.random() < 0.06, gaps=rng.random() < 0.06)
    if with_town and "merges" in style.can and rng.random() < 0.5 and row - first_data == len(rows):
        _merge_town(page, columns, first_data, row - 1, town, rows)
    if 0.06 <= total < 0.5:
        put_total(
            rng,
            page,
            columns,
            rows,
            row,
            rng.choice(["合计", "合计", "合  计", "总计", "小计", "全镇合计", "本镇合计", "共计"]),
        )
        row += 1
        if rng.random() < 0.2:
            put_total(
                rng, page, columns, rows[: len(rows) // 2], row, rng.choice(["其中:社区", "其中：示范点", "#其中:社区"])
            )
            row += 1
    put_footer(rng, page, left, len(columns), row + rng.choice([0, 0, 1, 2]))
    _merge_figures(page)
    _finish(rng, page, columns)
    sheets = [page.sheet]
    if "sheets" in style.can:
        _bystanders(rng, sheets, style, town, truth)
        if style.more.random() < 0.02 and "no period" not in truth.stories:
            _keep_last_quarter(rng, sheets, style, code, town, truth)
    return Book(sheets)


def _merge_figures(page: Page) -> None:
    """Two villages share one merged cell: it counts for the first, and the second has none."""
    more, rows = page.style.more, page.truth.rows
    if "merges" not in page.style.can or more.random() > 0.08 or len(rows) < 4:
        return
    name = more.choice(["remark", "outdoor_area_m2", "volunteer_count", "build_status", "floor_area_m2"])
    at = more.randrange(len(rows) - 1)
    first, second = rows[at : at + 2]
    if name not in first.cells or second.row != first.row + 1:
        return
    if any(row.statuses != {"accept"} or row.must_be_flagged or row.story for row in (first, second)):
        return
    if any(not row.cells[field].spelling.plain for row in (first, second) for field in (name, "build_status")):
        return
    if any(sum(other.codes == row.codes for other in rows) > 1 for row in (first, second)):
        return
    upper, lower = first.cells[name], second.cells[name]
    if any(span[:2] == (upper.row, upper.column) for span in page.sheet.merges):
        return
    page.sheet.cells.pop((lower.row, lower.column), None)
    page.merge(upper.row, upper.column, lower.row, lower.column)
    built = second.cells["build_status"].spelling.values == ("built",)
    required = name == "build_status" or (name == "floor_area_m2" and built)
    lower.raw, lower.spelling = "", Spelling(None, (None,), "must" if required else "may", ERROR, kind="merged away")
    if name == "build_status" and "floor_area_m2" in second.cells:
        area = second.cells["floor_area_m2"]
        area.spelling = replace(area.spelling, finding="may")
    page.truth.totals = [total for total in page.truth.totals if total[2] != upper.column]
    page.truth.stories.append("merged figures")


def _keep_last_quarter(
    rng: random.Random, sheets: list[Sheet], style: Style, code: str, town: str, truth: FileTruth
) -> None:
    """The office keeps the year in one workbook, a sheet a quarter: nobody can tell which one is reported."""
    earlier = other_period(rng, style.period)
    past = FileTruth(frozenset({"load"}), earlier, code)
    columns = [
        Column(name, HEADINGS[name][0]) for name in ("village_name", "build_status", "floor_area_m2", "books_total")
    ]
    page = Page(f"{earlier[:4]}年{earlier[-1]}季度", past, replace(style, mess=0.0, more=random.Random(0)))
    page.put(1, 1, f"{town}{earlier[:4]}年第{earlier[-1]}季度基层综合性文化服务中心情况季报")
    row = put_header(rng, page, columns, 2, 1)
    put_rows(rng, page, columns, plan_town(rng, code, page.style, columns, past), row)
    sheets.insert(0, page.sheet)
    truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
    truth.stories.append("last quarter kept")


def _merge_town(
    page: Page, columns: Sequence[Column], first: int, last: int, town: str, rows: Sequence[Planned]
) -> None:
    column = next(c for c in columns if c.field == "town_name")
    if any(row.town not in (town, f"{town} ", f"开平市{town}") for row in rows):
        return
    for row in range(first + 1, last + 1):
        page.sheet.cells.pop((row, column.index), None)
    page.merge(first, column.index, last, column.index)


def _bystanders(rng: random.Random, sheets: list[Sheet], style: Style, town: str, truth: FileTruth) -> None:
    """Sheets that are not data: instructions, a summary, an empty one, last quarter's figures hidden away."""
    roll = rng.random()
    if roll < 0.1:
        sheets.insert(
            rng.choice([0, len(sheets)]),
            Sheet("填表说明", {(1, 1): "填表说明", (2, 1): "1.“是否建成”填是或否。", (3, 1): "2.2026年1季度起执行。"}),
        )
        truth.stories.append("instructions sheet")
    elif roll < 0.16:
        sheets.append(Sheet("Sheet9"))
        truth.stories.append("empty sheet")
    elif roll < 0.22 and "hidden" in style.can:
        past = Sheet("2025年4季度", hidden=True)
        head = ["村(社区)名称", "是否建成", "建筑面积(平方米)", "图书藏量(册)"]
        for column, text in enumerate(head, start=1):
            past.cells[1, column] = text
        for n, village in enumerate(COUNTY_REGISTER.villages[truth.unit or "440783117000"][:5], start=2):
            past.cells |= {(n, 1): village.name, (n, 2): "是", (n, 3): 111, (n, 4): 1111}
        sheets.append(past)
        truth.stories.append("hidden sheet of another quarter")
    elif roll < 0.28:
        sheets.append(
            Sheet(
                "汇总",
                {
                    (1, 1): f"{town}汇总表",
                    (2, 1): "项目",
                    (2, 2): "数量",
                    (3, 1): "已建成中心数",
                    (3, 2): 12,
                    (4, 1): "图书总藏量",
                    (4, 2): 30000,
                },
            )
        )
        truth.stories.append("summary sheet")


def _county_table(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """Several towns in one sheet: by a town column, by block titles, or by codes alone."""
    truth.unit = COUNTY
    _copy(target, choose_evidence(rng, truth, None, style))
    manner = rng.choice(["column", "column", "merged", "blocks", "blocks with headers", "codes"])
    if manner == "merged" and "merges" not in style.can:
        manner = "column"
    truth.stories.append(f"towns by {manner}")
    columns = choose_columns(rng, style, with_town=manner in ("column", "merged"), truth=truth)
    if manner == "codes" and not any(column.field == "division_code" for column in columns):
        columns.insert(1, Column("division_code", "行政区划代码"))
    page = Page(target.sheet, truth, style)
    top = put_heading_lines(rng, page, target, 1, len(columns), 1)
    towns = rng.sample(sorted(COUNTY_REGISTER.towns), rng.randint(2, 4))
    if style.more.random() < 0.2:
        towns.append(ZONE)  # resolves and loads, though it owes no return
    row = top
    header_each = manner == "blocks with headers"
    if not header_each:
        row = put_header(rng, page, columns, row, 1)
    everything: list[Planned] = []
    shape = rng.choice(["{}", "{}:", "一、{}", "【{}】", "{}(填报)"])
    for town_code in towns:
        town = COUNTY_REGISTER.towns.get(town_code, "翠山湖新区")
        if manner.startswith("blocks"):
            page.put(row, 1, shape.format(town))
            if rng.random() < 0.5:
                page.merge(row, 1, row, len(columns))
            row += 1
            if header_each:
                row = put_header(rng, page, columns, row, 1)
        rows = plan_town(rng, town_code, style, columns, truth, limited=manner != "codes", most=8)
        if manner == "codes":
            for planned in rows:
                if planned.code.content is None or planned.code.kind in (
                    "town code",
                    "short code",
                    "scientific code",
                    "rounded code",
                    "no code",
                    "float code",
                ):
                    _needs_its_town(planned)
        first = row
        if manner == "column" and style.more.random() < 0.3:
            _town_said_once(rows)
            truth.stories.append("town said once")
        row = put_rows(rng, page, columns, rows, row)
        if manner == "merged":
            _merge_town(page, columns, first, row - 1, town, rows)
        everything += rows
        if rng.random() < 0.5:
            put_total(rng, page, columns, rows, row, "小计")
            row += 1
        if header_each and rng.random() < 0.5:
            row += 1
    if rng.random() < 0.5 and not header_each:
        put_total(rng, page, columns, everything, row, "合计")
        row += 1
    put_footer(rng, page, 1, len(columns), row)
    _finish(rng, page, columns)
    return Book([page.sheet])


def _town_said_once(rows: Sequence[Planned]) -> None:
    """The town stands in its first row only, not merged: filled down, found by code, or asked for."""
    for planned in rows[1:]:
        planned.town = None
        planned.loose = True
        if "duplicate" not in planned.statuses:
            planned.statuses = planned.statuses | {"accept", "quarantine"}
        planned.must_be_flagged = None if planned.story == "village of another town" else planned.must_be_flagged


def _needs_its_town(planned: Planned) -> None:
    """A name without a town and without a good code: refused, or resolved with a word about it."""
    planned.statuses = frozenset({"accept", "quarantine"})
    if planned.code.finding != "may":  # the whole code, kept as a float, may be good enough
        planned.must_be_flagged = ANY
    planned.story, planned.loose = planned.story or "no town and no code", True


def _sheet_per_town(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """A county workbook with one sheet a town, and the sheets people add."""
    truth.unit = COUNTY
    _copy(target, choose_evidence(rng, truth, None, style, sheets_have_names=True))
    county_said = "开平市" in target.title + "".join(target.subtitle)
    period_said = bool(re.search("季|Q|-\\d+月|—\\d+月", target.title + "".join(target.subtitle) + target.file))
    sheets: list[Sheet] = []
    shared = Evidence(target.title, target.subtitle)
    for town_code in rng.sample(sorted(COUNTY_REGISTER.towns), rng.randint(2, 4)):
        town = COUNTY_REGISTER.towns[town_code]
        page = Page(rng.choice([town, town, f"{town} ", f"{len(sheets) + 1}.{town}"]), truth, style)
        columns = choose_columns(rng, style, with_town=False, truth=truth)
        row = put_heading_lines(rng, page, shared, 1, len(columns), 1)
        row = put_header(rng, page, columns, row, 1)
        rows = plan_town(rng, town_code, style, columns, truth, most=10)
        row = put_rows(rng, page, columns, rows, row)
        if rng.random() < 0.4:
            put_total(rng, page, columns, rows, row, "合计")
            row += 1
        put_footer(rng, page, 1, len(columns), row)
        _finish(rng, page, columns)
        sheets.append(page.sheet)
    if not county_said:
        truth.unit = None
    if not period_said and truth.outcomes == {"load"}:
        truth.outcomes, truth.period = frozenset({"quarantine_file"}), None
    _bystanders(rng, sheets, style, "全市", _with_some_town(truth))
    return Book(sheets)


def _with_some_town(truth: FileTruth) -> FileTruth:
    """Bystander sheets want a town; the county has one to lend. The stories stay shared."""
    return replace(truth, unit="440783117000", stories=truth.stories)


def _stacked(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """One town, two tables below each other: villages, then communities, each with its own heading rows."""
    code, _ = _town_file(rng, truth, style, target)
    page = Page(target.sheet, truth, style)
    columns = choose_columns(rng, style, with_town=False, truth=truth)
    rows = plan_town(rng, code, style, columns, truth)
    rows = [row for row in rows if "rows" not in row.story]
    cut = max(1, len(rows) // 2)
    row = put_heading_lines(rng, page, target, 1, len(columns), 1)
    for part in (rows[:cut], rows[cut:]):
        if rng.random() < 0.4:
            page.put(row, 1, rng.choice(["(一)行政村", "表一:行政村", "社区部分"]))
            row += 1
        row = put_header(rng, page, columns, row, 1)
        row = put_rows(rng, page, columns, part, row)
        if rng.random() < 0.4:
            put_total(rng, page, columns, part, row, rng.choice(["小计", "合计"]))
            row += 1
        row += rng.randint(1, 2)
    put_footer(rng, page, 1, len(columns), row)
    # a wrong total below the second table might be meant for both, with a withheld cell to account for it
    truth.totals = [total for total in truth.totals if total[3]]
    _finish(rng, page, columns)
    return Book([page.sheet])


def _side_by_side(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """Two tables beside each other, to save paper."""
    code, _ = _town_file(rng, truth, style, target)
    page = Page(target.sheet, truth, style)
    first = choose_columns(rng, style, with_town=False, truth=truth)
    for column in first:
        column.hidden = False
    second = [replace(column) for column in first]
    rows = plan_town(rng, code, style, first, truth)
    rows = [row for row in rows if "rows" not in row.story]
    cut = (len(rows) + 1) // 2
    gap = rng.choice([0, 1, 1])
    width = len(first) * 2 + gap
    top = put_heading_lines(rng, page, target, 1, width, 1)
    state = rng.getstate()
    row = put_header(rng, page, first, top, 1)
    rng.setstate(state)  # the second header is the first one again
    put_header(rng, page, second, top, 1 + len(first) + gap)
    below = put_rows(rng, page, first, rows[:cut], row)
    put_rows(rng, page, second, rows[cut:], row)
    put_footer(rng, page, 1, width, below + 1)
    _finish(rng, page, [*first, *second])
    truth.hidden_columns.clear()
    return Book([page.sheet])


def _vertical(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """One form of labels and values a village: stacked in a sheet, or a sheet each."""
    separate = "sheets" in style.can and rng.random() < 0.4
    code, _town = _town_file(rng, truth, style, target, sheets_have_names=separate)
    columns = choose_columns(rng, style, with_town=False, truth=truth)
    columns = [c for c in columns if c.field not in (None, "sequence_number")]
    for column in columns:
        column.hidden, column.group, column.part = False, None, None
        if column.heading in ("场次", "人次"):
            column.heading = {"场次": "活动场次", "人次": "参加人次"}[column.heading]
    if not any(column.field == "village_name" for column in columns):
        columns.insert(0, Column("village_name", "村(社区)名称"))
    columns.sort(key=lambda c: (c.field != "village_name", c.field != "division_code"))
    rows = plan_town(rng, code, style, columns, truth, most=6)
    rows = [row for row in rows if "rows" not in row.story and row.story != "no name"]
    pairs = rng.choice([1, 1, 2])
    sheets: list[Sheet] = []
    page = Page(target.sheet, truth, style)
    top = 1
    breaks = False
    for n, planned in enumerate(rows):
        if separate:
            name = planned.village.stem if planned.village else f"村{n}"
            page = Page(name, truth, style)
            top = 1
        if separate or n == 0:
            top = put_heading_lines(rng, page, target, 1, pairs * 2, top)
        _put_form(rng, page, columns, planned, top, pairs, breaks)
        top += (len(columns) + pairs - 1) // pairs + rng.choice([1, 1, 2])
        if separate:
            sheets.append(page.sheet)
    truth.hidden_columns.clear()
    _without_unit(truth, columns)
    return Book(sheets or [page.sheet])


def _put_form(
    rng: random.Random, page: Page, columns: Sequence[Column], planned: Planned, top: int, pairs: int, breaks: bool
) -> None:
    cells: dict[str, CellTruth] = {}
    identity: dict[str, CellTruth] = {}
    for n, column in enumerate(columns):
        row, at = top + n // pairs, 1 + n % pairs * 2
        page.put(row, at, _heading_text(rng, column, in_heading=True, breaks=breaks))
        assert column.field
        spelling = {"village_name": planned.name, "division_code": planned.code}.get(column.field) or planned.cells[
            column.field
        ]
        target = identity if column.field in ("village_name", "division_code") else cells
        target[column.field] = CellTruth(row, at + 1, shown(spelling.content), spelling)
        page.put(row, at + 1, spelling.content)
    page.truth.rows.append(
        RowTruth(
            page.reported_name,
            identity["village_name"].row,
            planned.statuses,
            planned.codes,
            cells,
            identity,
            planned.must_be_flagged,
            planned.at,
            planned.story,
            planned.loose,
        )
    )


def _not_a_return(rng: random.Random, truth: FileTruth, style: Style, target: Evidence) -> Book:
    """A file that must be refused: empty form, summary only, another department's table, no status column."""
    code, town = _town_file(rng, truth, style, target)
    truth.outcomes, truth.period, truth.unit = frozenset({"reject"}), None, None
    kind = rng.choice(
        ["blank form", "names only", "summary only", "another form", "empty", "no status column", "no identity"]
    )
    truth.stories.append(kind)
    page = Page(target.sheet, truth, style)
    columns = choose_columns(rng, style, with_town=False, truth=truth)
    columns = [c for c in columns if c.filler is None]
    for column in columns:
        column.hidden = False
    if kind == "no status column":
        columns = [c for c in columns if c.field != "build_status"]
    if kind == "no identity":
        columns = [c for c in columns if c.field not in ("village_name", "division_code")]
    row = put_heading_lines(rng, page, target, 1, len(columns), 1)
    if kind == "another form":
        for n, text in enumerate(["序号", "文物名称", "级别", "保护范围", "管理单位"], start=1):
            page.put(row, n, text)
        for n in range(3):
            for at, content in enumerate([str(n + 1), f"{town}碉楼{n}", "省级", "本体外延30米", "文物所"], start=1):
                page.put(row + n + 1, at, content)
        return Book([page.sheet])
    if kind == "empty":
        page.sheet.cells.clear()
        page.put(1, 1, rng.choice([" ", "　", town]))
        return Book([page.sheet])
    row = put_header(rng, page, columns, row, 1)
    rows = plan_town(rng, code, replace(style, mess=0.0), columns, truth)
    if kind == "names only":
        for n, planned in enumerate(rows):
            for column in columns:
                if column.field in ("village_name", "division_code"):
                    page.put(
                        row + n,
                        column.index,
                        planned.name.content if column.field == "village_name" else planned.code.content,
                    )
    elif kind == "summary only":
        put_total(rng, page, columns, rows, row, "合计")
    elif kind in ("no status column", "no identity"):
        put_rows(rng, page, columns, rows, row)
    truth.rows.clear()
    truth.totals.clear()
    truth.missing_columns.clear()
    truth.personal_columns.clear()
    return Book([page.sheet])
