"""The wording of a bulletin: facts in, a document of sections, sentences and tables out, in the style of a 通报.

The three renderers write this document as it is, each in its own format, and word nothing themselves. Sources of the
rules: domain §4.2 to §4.7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal

from wentong.bulletins.facts import Bulletin, Gap, Light, Milestone, Standing
from wentong.forms import code_titles
from wentong.milestones import EVENTS, LIGHTS, VERDICTS, largest_remainder, percentage
from wentong.pace import Outlook, Schedule
from wentong.periods import CHINA, Period
from wentong.templates import DEMO_BANNER

NOTHING = "—"
STRENGTHS = {"must": "力保", "stretch": "力争"}
MOST_BARS = 40
"""What a chart on one page holds."""
WEEKS_SHOWN = 14
"""A quarter; what comes later is added up."""
NUMERALS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many. Without a whole there is no rate."""

    part: int
    whole: int


Value = str | int | Rate | Fraction | Decimal | date | Light | None
"""What stands in a cell of a table. A fraction is printed with one decimal, a decimal number as it is."""


def shown(value: Value) -> str:
    """A value as it is printed: 45.0%, 5.1, 2018-03-31, 黄; — for nothing."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, Light):
        return LIGHTS[value]
    if isinstance(value, Rate):
        return percentage(value.part, value.whole)
    if isinstance(value, Fraction):
        return str(rounded(value))
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def plain(value: Fraction) -> Decimal:
    """A measure as far as four decimals go."""
    return rounded(value, "0.0001").normalize()


def rounded(value: Fraction, places: str = "0.1") -> Decimal:
    """Half up."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(places), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: int
    """Characters; a Chinese one counts twice."""
    align: Literal["left", "right", "center"] = "right"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of the table it belongs to: the first column names the points."""

    kind: Literal["line", "bars"]
    title: str
    series: tuple[int, ...]
    """Columns drawn. A line: what was reached, then the target. Bars: accepted, required, all tasks."""


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    caption: str = ""
    has_total: bool = False
    """Whether the first row is that of the whole area."""
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    sheet: str
    """What its sheet in a workbook is called."""
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    banner: str | None
    """Says that the figures are invented, when they are."""
    masthead: str
    """文头, the red line."""
    number: str
    issued_on: str
    title: str
    status: str
    """初步数据, or what it was published as."""
    headline: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    signatures: tuple[str, ...]
    foot: str


def compose(facts: Bulletin) -> Document:
    """Word a bulletin. Sections without anything to say are left out."""
    area = facts.area
    sections = [
        *(_progress(facts, area) if area else ()),
        *_verdicts(facts),
        *_towns(facts),
        *_trend(facts),
        *_ahead(facts),
        *_gaps(facts),
        *(_check(area) if area else ()),
        *_standards(facts),
        *_targets(facts),
        *_phases(facts),
        *_branches(facts),
        *_issues(facts),
        *_returns(facts),
        *_quality(facts),
        *_events(facts),
    ]
    return Document(
        banner=DEMO_BANNER if facts.is_sample else None,
        masthead=f"{facts.plan.area_name}基层公共文化服务统计通报",
        number=f"编号 {facts.code}",
        issued_on=_day(facts.issued_on),
        title=f"关于《{facts.plan.title}》{facts.period.title}进展情况的通报",
        status=_status(facts),
        headline=_headline(facts, area) if area else _headline_without_tasks(facts),
        sections=tuple(
            replace(one, title=f"{_numeral(number)}、{one.title}") for number, one in enumerate(sections, start=1)
        ),
        notes=tuple(_notes(facts)),
        signatures=("制发单位（盖章）：", "制表：", "审核：", "负责人：", "日期："),
        foot=_foot(facts),
    )


# -- sentences ---------------------------------------------------------------------------------------------------------


def _status(facts: Bulletin) -> str:
    if facts.release is None:
        return "初步数据（本期尚未公布）"
    if facts.release.load_id == facts.known_at:
        return f"公布数据（{facts.release.name}）"
    return f"最新资料（本期已按 {facts.release.name} 公布）"


def _headline(facts: Bulletin, area: Standing) -> str:
    """What a reader in a hurry takes along: tasks, accepted, rate, how many are missing, verdict."""
    milestone = _milestone(facts)
    tasks = area.tasks if area.published_tasks is None else area.published_tasks
    accepted = area.accepted if area.published_accepted is None else area.published_accepted
    begin = f"截至{_day(facts.as_of)}，{_whole(facts)}任务{tasks}个，已验收达标{accepted}个，完成率{percentage(accepted, tasks)}"
    if area.required is None:
        return f"{begin}，尚未完成{tasks - accepted}个。"
    name, short = milestone_name(facts, milestone), max(0, area.required - accepted)
    if facts.as_of < milestone.period.last_day:
        ahead = f"已达到{name}要求" if short == 0 else f"距{name}要求（{area.required}个）还差{short}个"
        return f"{begin}，{ahead}，考核日{_day(milestone.period.last_day)}未到。"
    judged = f"距{name}要求差{short}个，未达成" if short else f"达到{name}要求（{area.required}个），达成"
    return f"{begin}，{judged}。{_restated(area, name)}"


def _headline_without_tasks(facts: Bulletin) -> str:
    whole = next((part for part in facts.standards if part.part_kind == "programme"), None)
    if whole is not None:
        short = f"差{whole.short}条" if whole.short else "已够"
        veto = f"，一票否决的{whole.veto_failed}条未达标" if whole.veto_failed else ""
        return (
            f"截至{_day(facts.as_of)}，标准{whole.items}条，已核实达标{whole.verified}条"
            f"（{percentage(whole.verified, whole.items)}），要求{whole.required}条，{short}{veto}，"
            f"{'达到要求' if whole.is_met else '未达到要求'}。"
        )
    met = sum(target.is_met is True for target in facts.targets)
    return f"截至{_day(facts.as_of)}，承诺指标{len(facts.targets)}项，已达到{met}项。"


def _restated(area: Standing, name: str) -> str:
    """The published figure stays; what came later is said beside it (domain §4.3)."""
    if not area.is_restated:
        return ""
    changes = ((area.added_late, "补报"), (area.corrected, "更正"), (area.withdrawn, "核减"))
    later = "、".join(f"{count}个在公布后{word}" for count, word in changes if count)
    begin = f"另有{later}，" if later else ""
    end = f"，{VERDICTS[area.verdict]}" if area.verdict else ""
    return f"{begin}按最新资料{name}为{percentage(area.accepted, area.tasks)}（{area.accepted}个）{end}。"


def verdict(one: Standing, adjusted: bool = False) -> str:
    """The verdict's word; what there is to say before the day, and of a town that sent nothing."""
    if found := (one.adjusted_verdict if adjusted else one.verdict):
        late = f"（{one.days_late}天）" if found == "met_late" and one.days_late and not adjusted else ""
        return VERDICTS[found] + late if one.units_reported else "未报"
    if one.required is None:
        return NOTHING
    return "未到期"


def milestone_name(facts: Bulletin, milestone: Milestone) -> str:
    """第一季度; with the year where it is not the bulletin's."""
    period = milestone.period
    year = "" if period.last_day.year == facts.period.last_day.year else f"{period.last_day.year}年"
    if period.kind == "quarter":
        return f"{year}第{NUMERALS[period.last_day.month // 3 - 1]}季度"
    return f"{year}{period.last_day.month}月" if period.kind == "month" else period.title


def _numeral(number: int) -> str:
    """一, 十, 十一, 二十, 二十一: up to 99."""
    tens, ones = divmod(number, 10)
    end = NUMERALS[ones - 1] if ones else ""
    return f"{NUMERALS[tens - 1] if tens > 1 else ''}{'十' if tens else ''}{end}"


def _milestone(facts: Bulletin) -> Milestone:
    found = facts.milestone(facts.focus)
    assert found is not None, "a bulletin is about a milestone of its plan"
    return found


def _whole(facts: Bulletin) -> str:
    """全市, 全县, 全区: as the area calls itself."""
    last = facts.plan.area_name[-1:]
    return f"全{last}" if last in "市县区旗州盟" else facts.plan.area_name


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


# -- sections ----------------------------------------------------------------------------------------------------------


def _progress(facts: Bulletin, area: Standing) -> Iterator[Section]:
    name = milestone_name(facts, _milestone(facts))
    paragraphs = []
    if area.is_adjusted:
        frozen = f"{area.accepted}/{area.tasks}（{percentage(area.accepted, area.tasks)}）"
        rate = percentage(area.adjusted_accepted, area.adjusted_tasks)
        adjusted = f"{area.adjusted_accepted}/{area.adjusted_tasks}（{rate}）"
        if area.required is not None:
            frozen, adjusted = f"{frozen}、{verdict(area)}", f"{adjusted}、{verdict(area, adjusted=True)}"
        paragraphs.append(
            f"按冻结清单{frozen}；按经批准调整后的清单{adjusted}；批准文号：{area.approvals or NOTHING}。"
        )
    tables = [_lists(area, name), *_vintages(area), _readings(area)]
    yield Section("总体进展", "总体进展", tuple(paragraphs), tuple(tables))


def _lists(area: Standing, name: str) -> Table:
    """The frozen list, and the adjusted one where it differs. Each figure in its line."""
    lines: list[tuple[str, Value, Value]] = [
        ("任务（个）", area.tasks, area.adjusted_tasks),
        ("已开工（个）", area.started, None),
        ("已建成（个）", area.built, None),
        ("其中：建成待验收（个）", area.waiting, None),
        ("累计通过验收（个）", area.gross, None),
        ("其中：回潮（个）", area.regressed, None),
        ("已验收达标（个）", area.accepted, area.adjusted_accepted),
        ("完成率", Rate(area.accepted, area.tasks), Rate(area.adjusted_accepted, area.adjusted_tasks)),
    ]
    if area.required is not None:
        lines += [
            (f"{name}要求（个）", area.required, area.adjusted_required),
            ("差（个）", area.short, area.adjusted_short),
            ("结论", verdict(area), verdict(area, adjusted=True)),
            ("首次达到要求", area.reached_on, area.adjusted_reached_on),
        ]
    columns = [Column("项目", 24, "left"), Column("冻结清单", 16)]
    if area.is_adjusted:
        columns.append(Column("按调整后清单", 16))
    return Table(tuple(columns), tuple(line[: len(columns)] for line in lines), f"{name}完成情况")


def _vintages(area: Standing) -> Iterator[Table]:
    """What was published beside what is known now."""
    if area.published_accepted is None or area.published_tasks is None or not area.is_restated:
        return
    published, tasks = area.published_accepted, area.published_tasks
    rows: tuple[tuple[Value, ...], ...] = (
        ("任务（个）", tasks, area.tasks, area.tasks - tasks),
        ("已验收达标（个）", published, area.accepted, area.accepted - published),
        ("完成率", Rate(published, tasks), Rate(area.accepted, area.tasks), None),
        ("补报（个）", None, None, area.added_late),
        ("更正（个）", None, None, area.corrected),
        ("核减（个）", None, None, area.withdrawn),
    )
    columns = (Column("项目", 24, "left"), Column("公布数", 12), Column("最新数", 12), Column("差异", 12))
    yield Table(columns, rows, f"公布数与最新数（公布：{area.published_release or NOTHING}）")


def _readings(area: Standing) -> Table:
    rows: tuple[tuple[Value, ...], ...] = (
        ("任务口径（任务清单）", area.accepted, area.tasks, Rate(area.accepted, area.tasks)),
        ("覆盖口径（应设单位）", area.covered_units, area.due_units, Rate(area.covered_units, area.due_units)),
    )
    columns = (Column("口径", 24, "left"), Column("达标（个）", 12), Column("总数（个）", 12), Column("比率", 12))
    return Table(columns, rows, "两种口径")


def _verdicts(facts: Bulletin) -> Iterator[Section]:
    """All milestones that have come, each as it stands now: verdicts change with what is reported and found later."""
    come = [one for one in facts.milestones if one.share is not None and one.period.last_day <= facts.as_of]
    found = [(milestone_name(facts, one), facts.at(one.number)[0]) for one in come]
    if all(one.milestone_number == facts.focus for _, one in found):
        return
    columns = (
        Column("节点", 14, "left"), Column("要求（个）", 9), Column("公布数", 9), Column("最新数", 9), Column("完成率", 9),
        Column("差（个）", 8), Column("结论", 18, "center"), Column("首次达到", 13, "center"),
        Column("按调整后清单", 14, "center"),
    )  # fmt: skip
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            name, one.required, one.published_accepted, one.accepted, Rate(one.accepted, one.tasks), one.short,
            verdict(one), one.reached_on, verdict(one, adjusted=True) if one.is_adjusted else None,
        )
        for name, one in found
    )  # fmt: skip
    yield Section("各节点情况", "各节点情况", (), (_said(Table(columns, rows)),))


def _towns(facts: Bulletin) -> Iterator[Section]:
    """The towns, below the line of the whole area; of a prefecture its counties first."""
    if facts.area is None:
        return
    area, *others = facts.at(facts.focus)
    counties = [one for one in others if one.scope_level == "county"]
    towns = [one for one in others if one.scope_level == "town"]
    if counties:
        yield Section("分县（市、区）进展", "分县进展", (), (_standings(facts, "县（市、区）", [area, *counties]),))
    if towns:
        table = _standings(facts, "镇（街）", towns if counties else [area, *towns])
        yield Section("分镇（街）进展", "分镇进展", (), (table,))


def _standings(facts: Bulletin, first: str, listed: Sequence[Standing]) -> Table:
    columns = (
        Column(first, 18, "left"), Column("任务", 7), Column("已验收", 8), Column("完成率", 9), Column("要求", 7),
        Column("分解数", 8), Column("差（个）", 8), Column("建成待验收", 11), Column("回潮", 7), Column("信号", 7, "center"),
        Column("结论", 14, "center"), Column("报送", 12, "center"),
    )  # fmt: skip
    area = facts.area
    sizes = {one.scope_code: one.tasks for one in listed if one.scope_code != facts.plan.area_code}
    split = largest_remainder(area.required, sizes) if area and area.required is not None else {}
    rows = []
    for one in listed:
        is_whole = one.scope_code == facts.plan.area_code
        rows.append(
            (
                f"{_whole(facts)}合计" if is_whole else one.scope_name, one.tasks, one.accepted,
                Rate(one.accepted, one.tasks), one.required, one.required if is_whole else split.get(one.scope_code),
                one.short, one.waiting, one.regressed,
                Light(one.light) if one.light else None, verdict(one), _reported(one),
            )
        )  # fmt: skip
    has_total = listed[0].scope_code == facts.plan.area_code
    chart = Chart("bars", "各地已验收、要求与任务（个）", (2, 4, 1)) if len(rows) <= MOST_BARS else None
    return Table(columns, tuple(rows), "", has_total, chart)


def _reported(one: Standing) -> str:
    if one.scope_level != "town":
        return f"{one.units_reported}/{one.units_due}"
    return "已报" if one.is_reported else "未报"


def _trend(facts: Bulletin) -> Iterator[Section]:
    if not facts.trend:
        return
    rows: list[tuple[Value, ...]] = []
    before = 0
    for point in facts.trend:
        added = None if point.accepted is None else point.accepted - before
        behind = None if point.accepted is None else point.accepted - point.target
        rows.append((point.day, point.accepted, point.target, added, behind))
        before = point.accepted if point.accepted is not None else before
    columns = (
        Column("日期", 13, "center"), Column("累计已验收（个）", 16), Column("目标线（个）", 14),
        Column("比上期增减（个）", 16), Column("比目标线（个）", 14),
    )  # fmt: skip
    chart = Chart("line", "累计已验收与目标线（个）", (1, 2))
    yield Section("进度走势", "进度走势", (), (Table(columns, tuple(rows), chart=chart),))


def _ahead(facts: Bulletin) -> Iterator[Section]:
    """What the next milestone asks for: carried over, pace, forecast, and the weeks until then (domain §4.4)."""
    if facts.ahead is None:
        return
    area, outlook = facts.ahead.area, facts.ahead.outlook
    after = facts.milestone(area.milestone_number)
    assert after is not None, "what lies ahead is a milestone of the plan"
    name = milestone_name(facts, after)
    sentences = [_due(area, name, after, facts.ahead.day), _pace(outlook), _forecast(outlook)]
    if area.waiting:
        sentences.append(f"现有建成待验收{area.waiting}个。")
    schedules = [(town, made) for town, made in facts.ahead.schedules if made.weeks]
    if not schedules:
        yield Section(f"下一节点：{name}", "下一节点", tuple(sentences))
        return
    plans = tuple(
        (
            town, made.next_due, len(made.tasks), len(made.overdue), made.weeks[-1].planned_by_then, len(made.later),
            len(made.undated), made.shortage,
        )
        for town, made in schedules
    )  # fmt: skip
    columns = (
        Column("镇（街）", 18, "left"), Column("还要（个）", 9), Column("未完成（个）", 10), Column("其中：计划已逾期", 11),
        Column("计划在节点前", 11), Column("计划在节点后", 11), Column("没有计划日期", 11), Column("按计划差（个）", 11),
    )  # fmt: skip
    yield Section(f"下一节点：{name}", "下一节点", tuple(sentences), (Table(columns, plans),))
    note = "各周应验收的个数按剩余工作日均摊并进位取整，合计等于还要的个数；没有工作日的周不安排。"
    yield Section(f"倒排进度（{name}）", "倒排进度", (note,), (_weeks(schedules),))


def _due(area: Standing, name: str, after: Milestone, day: date) -> str:
    accepted = f"截至{_day(day)}已验收达标{area.accepted_now}个"
    begin = f"{name}（{_day(after.period.last_day)}）要求{area.required}个，{accepted}"
    if not area.next_due:
        return f"{begin}，已够要求。"
    carried = area.carried or 0
    return f"{begin}，还要{area.next_due}个，其中上一节点结转欠账{carried}个，本节点新增{area.next_due - carried}个。"


def _pace(outlook: Outlook) -> str:
    pace = outlook.pace
    if not pace.next_due:
        return f"距节点还有{pace.working_days}个工作日。"
    if pace.per_month is None or pace.per_working_day is None:
        return "距节点已没有工作日。"
    provisional = "（放假安排尚未公布的年份只按周末推算）" if pace.is_provisional else ""
    daily = rounded(pace.per_working_day, "0.01")
    return (
        f"距节点还有{pace.working_days}个工作日{provisional}，平均每月须验收{pace.per_month_rounded_up}个"
        f"（进位取整，精确值{pace.per_month}），每个工作日{daily}个。"
    )


def _forecast(outlook: Outlook) -> str:
    if outlook.forecast is None:
        return "不足两个完整的月，不作预测。"
    months = "、".join(f"{month.title}净增{net}个" for month, net in outlook.by_month)
    made = outlook.forecast
    return (
        f"预测，不是统计数：按最近各月（{months}）最慢、居中、最快的进度推算，届时分别为"
        f"{int(made.slowest)}个、{int(made.median)}个、{int(made.fastest)}个。"
    )


def _weeks(schedules: Sequence[tuple[str, Schedule]]) -> Table:
    """How many a town must have accepted in which week; weeks far ahead are added up."""
    weeks = schedules[0][1].weeks
    named, has_more = weeks[:WEEKS_SHOWN], len(weeks) > WEEKS_SHOWN
    columns = [Column("镇（街）", 14, "left"), Column("还要", 6)]
    columns += [Column(f"{week.first_day:%m-%d}至{week.last_day:%m-%d}", 8) for week in named]
    columns += [Column("其后", 6)] if has_more else []
    rows: list[tuple[Value, ...]] = []
    for town, made in schedules:
        needed = [week.needed for week in made.weeks]
        rows.append((town, made.next_due, *needed[:WEEKS_SHOWN], *([sum(needed[WEEKS_SHOWN:])] if has_more else [])))
    return Table(tuple(columns), tuple(rows))


def _gaps(facts: Bulletin) -> Iterator[Section]:
    """The villages by name, the latest first: of the list, and outside it those that are not covered."""
    columns = (
        Column("序号", 7, "center"), Column("责任镇（街）", 14, "left"), Column("村（社区）", 16, "left"),
        Column("责任人", 10, "left"), Column("现状", 14, "left"), Column("阶段", 10, "left"),
        Column("计划验收日", 13, "center"), Column("逾期（天）", 9), Column("下一步", 22, "left"), Column("备注", 22, "left"),
    )  # fmt: skip
    stages = code_titles("task_stage")
    outside = [gap for gap in facts.gaps if gap.role == "baseline"]
    listed = [gap for gap in facts.gaps if gap.role != "baseline"]
    for title, sheet, gaps in (("未完成任务清单", "未完成清单", listed), ("清单外未覆盖单位", "清单外未覆盖", outside)):
        rows: list[tuple[Value, ...]] = [
            (
                number, gap.town_name or gap.town_code, gap.village_name or gap.division_code,
                gap.responsible_person, gap.reason, stages.get(gap.task_stage or ""), gap.planned_accept_on,
                gap.days_late, gap.next_step, _approved(gap),
            )
            for number, gap in enumerate(gaps, start=1)
        ]  # fmt: skip
        if rows:
            day = min(_milestone(facts).period.last_day, facts.known_day)
            sentence = f"截至{_day(day)}未验收达标的，共{len(rows)}个。"
            yield Section(title, sheet, (sentence,), (_said(Table(columns, tuple(rows))),))


def _said(table: Table) -> Table:
    """Without the columns in which nothing stands."""
    kept = [number for number in range(len(table.columns)) if any(row[number] is not None for row in table.rows)]
    rows = tuple(tuple(row[number] for number in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[number] for number in kept), rows=rows)


def _approved(gap: Gap) -> str | None:
    """What a change of the list says about it."""
    if gap.removed_on:
        return f"{_day(gap.removed_on)}起核减（{gap.approval_no}）"
    return f"经批准新增（{gap.approval_no}）" if gap.role == "added" else None


def _returns(facts: Bulletin) -> Iterator[Section]:
    area = facts.area
    begin = f"本任务应报单位{area.units_due}个，已报{area.units_reported}个。" if area else ""
    if not facts.late_returns:
        if area:
            yield Section("报送情况", "报送情况", (f"{begin}已到期的报表都已报送。",))
        return
    columns = (
        Column("报表", 40, "left"), Column("报告期", 15, "center"), Column("截止日", 13, "center"),
        Column("逾期（天）", 9), Column("未报（个）", 9), Column("未报单位", 40, "left"),
    )  # fmt: skip
    rows = []
    for _, group in groupby(facts.late_returns, key=lambda one: (one.form_code, one.period, one.due_on)):
        listed = list(group)
        first = listed[0]
        units = "、".join(one.unit_name if one.label == "未报" else f"{one.unit_name}（{one.label}）" for one in listed)
        form = f"{first.form_code}《{first.form_title}》"
        rows.append((form, first.period.title, first.due_on, first.days_late, len(listed), units))
    sentence = f"{begin}截至{_day(facts.known_day)}，{facts.period.title}逾期未报{len(facts.late_returns)}份："
    yield Section("报送情况", "报送情况", (sentence,), (Table(columns, tuple(rows)),))


def _quality(facts: Bulletin) -> Iterator[Section]:
    if not any(one.returns_due for one in facts.quality):
        return
    columns = (
        Column("单位", 18, "left"), Column("应报", 7), Column("按时", 7), Column("迟报", 7), Column("未报", 7),
        Column("退回", 7), Column("未采用的数", 12), Column("存疑的数", 10), Column("质量分", 9),
    )  # fmt: skip
    rows = [
        (
            f"{_whole(facts)}合计" if one.is_area else one.scope_name, one.returns_due, one.returns_in_time,
            one.returns_late, one.returns_missing, one.sent_back, one.withheld, one.contested, one.score,
        )
        for one in facts.quality
    ]  # fmt: skip
    note = "未采用和存疑的数不计入完成数。质量分由及时、一次报对、差错、数据、说明五项加权，满分100分。"
    table = Table(columns, tuple(rows), has_total=facts.quality[0].is_area)
    yield Section(f"数据质量（{facts.period.title}）", "数据质量", (note,), (table,))


def _events(facts: Bulletin) -> Iterator[Section]:
    if not facts.events:
        return
    columns = (
        Column("日期", 13, "center"), Column("单位", 18, "left"), Column("节点", 16, "center"),
        Column("事项", 24, "center"), Column("已验收（个）", 10), Column("要求（个）", 10), Column("任务（个）", 10),
    )  # fmt: skip
    names = {one.number: milestone_name(facts, one) for one in facts.milestones}
    rows = [
        (
            one.event_on, one.scope_name, names[one.milestone_number], EVENTS[one.event], one.accepted, one.required,
            one.tasks,
        )
        for one in facts.events
    ]  # fmt: skip
    sentence = f"{_day(facts.period.first_day)}至{_day(facts.known_day)}的事项。"
    yield Section("节点事项", "节点事项", (sentence,), (Table(columns, tuple(rows)),))


def _check(area: Standing) -> Iterator[Section]:
    """第四季度查漏补缺 (domain §4.6)."""
    if area.required is not None or area.recheck_base is None:
        return
    rows: tuple[tuple[Value, ...], ...] = (
        ("应复查（个）", area.recheck_base),
        ("已复查（个）", area.rechecked),
        ("复查率", Rate(area.rechecked or 0, area.recheck_base)),
        ("发现问题（个）", area.defects_found),
        ("已整改（个）", area.defects_closed),
        ("现仍回潮（个）", area.regressed),
        ("从未验收（个）", area.tasks - area.gross),
    )
    table = Table((Column("项目", 24, "left"), Column("数量", 14)), rows)
    yield Section("查漏补缺", "查漏补缺", (), (table,))


def _standards(facts: Bulletin) -> Iterator[Section]:
    if not facts.standards:
        return
    columns = (
        Column("范围", 22, "left"), Column("标准（条）", 9), Column("自评达标", 9), Column("核实达标", 9),
        Column("核实率", 9), Column("自评达标未核实", 11), Column("推进可达标", 9), Column("需努力达标", 9),
        Column("要求", 7), Column("差（条）", 8), Column("信号", 7, "center"),
    )  # fmt: skip
    rows = [
        (
            one.part, one.items, one.claimed, one.verified, Rate(one.verified, one.items), one.claimed_not_verified,
            one.on_course, one.needs_effort, one.required, one.short, Light(one.light),
        )
        for one in facts.standards
    ]  # fmt: skip
    whole = facts.standards[0]
    note = f"取自{Period.parse(whole.period).title}的报表；达标以核实为准，自评不计入。曾经核实、现已不达标{whole.lost}条。"
    yield Section("标准达标情况", "标准达标", (note,), (Table(columns, tuple(rows), has_total=True),))
    if facts.standard_gaps:
        gap_columns = (
            Column("序号", 7, "center"), Column("标准", 44, "left"), Column("一票否决", 8, "center"),
            Column("责任单位", 18, "left"), Column("计划达标日", 13, "center"), Column("逾期（天）", 9),
            Column("下一步", 24, "left"),
        )  # fmt: skip
        gaps = [
            (
                one.item_no, one.title, "是" if one.is_veto else "否", one.responsible_unit, one.expected_on, one.days_late,
                one.next_step,
            )
            for one in facts.standard_gaps
        ]  # fmt: skip
        yield Section("未核实达标的标准", "未达标标准", (f"共{len(gaps)}条。",), (Table(gap_columns, tuple(gaps)),))


def _targets(facts: Bulletin) -> Iterator[Section]:
    if not facts.targets:
        return
    columns = (
        Column("指标", 36, "left"), Column("性质", 8, "center"), Column("单位", 12, "center"), Column("应达到", 10),
        Column("期限", 15, "center"), Column("现值", 12), Column("时间", 15, "center"), Column("信号", 7, "center"),
        Column("没有现值的原因", 22, "left"),
    )  # fmt: skip
    rows = [
        (
            one.title, STRENGTHS[one.strength], one.unit, plain(one.at_least), Period.parse(one.due_period).title,
            None if one.value is None else plain(one.value), Period.parse(one.period).title, Light(one.light),
            one.without_value,
        )
        for one in facts.targets
    ]  # fmt: skip
    yield Section("承诺指标", "承诺指标", (), (Table(columns, tuple(rows)),))


def _phases(facts: Bulletin) -> Iterator[Section]:
    if not facts.phases:
        return
    columns = (
        Column("阶段", 6, "center"), Column("内容", 40, "left"), Column("起", 13, "center"), Column("止", 13, "center"),
        Column("状态", 10, "center"), Column("剩余（天）", 9), Column("备注", 24, "left"),
    )  # fmt: skip
    rows = [
        (
            one.phase_number, one.title, one.first_day, one.last_day, one.phase_state, one.days_left,
            "文件印发前已结束" if one.ended_before_issue else None,
        )
        for one in facts.phases
    ]  # fmt: skip
    sentence = f"状态为{_day(facts.known_day)}的情况。"
    yield Section("工作阶段", "工作阶段", (sentence,), (_said(Table(columns, tuple(rows))),))


def _branches(facts: Bulletin) -> Iterator[Section]:
    if not facts.branches:
        return
    columns = (
        Column("名次", 7, "center"), Column("镇（街）", 18, "left"), Column("得分", 9), Column("有数指标的满分", 12),
        Column("满分", 7), Column("缺数指标", 36, "left"),
    )  # fmt: skip
    rows = [
        (one.rank, one.town_name, one.total_points, one.measured_weight, one.full_weight, one.missing_titles)
        for one in facts.branches
    ]
    note = "缺数的指标不得分，缺数的分馆不排名次。"
    yield Section(f"分馆评分（{facts.period.title}）", "分馆评分", (note,), (Table(columns, tuple(rows)),))


def _issues(facts: Bulletin) -> Iterator[Section]:
    if not facts.issue_counts:
        return
    columns = (
        Column("单位", 18, "left"), Column("问题（个）", 9), Column("未销号", 8), Column("其中：已逾期", 9),
        Column("已销号", 8), Column("销号率", 9), Column("名销实未销", 10), Column("反弹", 7),
    )  # fmt: skip
    rows = [
        (
            one.scope_name, one.issues, one.open, one.overdue, one.closed, Rate(one.closed, one.issues),
            one.closed_in_name, one.reopened,
        )
        for one in facts.issue_counts
    ]  # fmt: skip
    is_county = facts.issue_counts[0].scope_level == "county" and facts.plan.area_level == "county"
    yield Section("问题整改", "问题整改", (), (Table(columns, tuple(rows), has_total=is_county),))
    if facts.issues:
        issue_columns = (
            Column("编号", 14, "left"), Column("单位", 16, "left"), Column("问题", 36, "left"),
            Column("责任单位", 16, "left"), Column("整改期限", 13, "center"), Column("逾期（天）", 9),
            Column("信号", 7, "center"), Column("销号还缺", 22, "left"),
        )  # fmt: skip
        issues = [
            (
                one.issue_id, one.unit_name, one.description, one.responsible_unit, one.due_on, one.days_overdue,
                Light(one.light) if one.light else None, one.blocked_by,
            )
            for one in facts.issues
        ]  # fmt: skip
        table = Table(issue_columns, tuple(issues))
        yield Section("未销号问题", "未销号问题", (f"共{len(issues)}个。",), (table,))


# -- notes -------------------------------------------------------------------------------------------------------------


def _notes(facts: Bulletin) -> Iterator[str]:
    area, whole = facts.area, _whole(facts)
    if area is None:
        yield f"依据：{facts.plan.document or NOTHING}。百分比四舍五入保留一位小数；是否达到按个数比较。"
        return
    yield (
        f"完成率=已验收达标÷任务。任务取自{_day(facts.plan.frozen_on)}冻结的任务清单（清单编号 {area.list_id}，"
        f"{area.tasks}个；依据：{facts.plan.document}）。各镇（街）完成率不作平均。"
    )
    yield "已验收达标按验收日期计，不按填报日期计；建成未验收、验收后回潮的不计入。"
    yield f"各镇（街）的要求按本镇清单进位取整，合计可能多于{whole}要求；{whole}按{whole}清单取整。"
    yield "分解数是把合计的要求按任务数用最大余数法分给各地，相加正好等于合计；是否达成仍看各地自己的要求。"
    yield "是否达成按个数比较，不按百分比比较。百分比四舍五入保留一位小数，未全部完成的不写作100.0%。"
    yield (
        "信号：绿为达到或快于进度，黄为差1个或不超过任务的10%，红为差得更多，灰为未报或不适用。"
        "任务不多于5个的镇（街）差1个为黄，差2个及以上为红。"
    )
    if area.required is not None and area.units_reported < area.units_due:
        yield "未报的镇（街）沿用以前已验收的数，信号为灰。"
    if area.published_release:
        if area.is_restated:
            yield f"公布数为 {area.published_release} 公布时所知，公布后不改；之后的补报、更正、核减只反映在最新数里。"
        else:
            yield f"公布数为 {area.published_release} 公布时所知；公布以来没有补报、更正和核减。"
    if area.is_adjusted:
        yield f"调整后清单为冻结清单减去经批准核减、合并的，加上经批准新增的（批准文号：{area.approvals or NOTHING}）。"
    yield "覆盖口径的总数为应设基层综合性文化服务中心的全部单位，清单冻结以前已达标的从一开始就计入。"


def _foot(facts: Bulletin) -> str:
    known = facts.known_on.astimezone(CHINA)
    load = f"数据截至入库号{facts.known_at}（{known:%Y-%m-%d %H:%M}）"
    if facts.seal is None:
        return load
    return f"{load}；存档流水第{facts.seal.seq}号，校验 {facts.seal.hash[:16]}"
