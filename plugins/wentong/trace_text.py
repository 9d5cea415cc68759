"""A trace as an auditor reads it, in Chinese, and as JSON. Columns and cells are named as they are in the sheets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from wentong.findings import finding_types
from wentong.forms import Field, Form, Table, code_titles, forms
from wentong.indicators import Indicator
from wentong.periods import CHINA, Period
from wentong.reports import OUTCOMES, SAMPLE_NOTE, STATES, STATUSES, one_line, plain_table
from wentong.tracing import Coverage, Figure, Found, Part, Rate, Source, Task, Total, Version, Written
from wentong.warehouse.lineage import Unit

ORIGINALS = {"intact": "在存档中,与 SHA-256 一致", "missing": "存档中没有!", "damaged": "存档中的内容与 SHA-256 不符!"}
SEVERITIES = {"critical": "整份", "row": "整行", "error": "错误", "warning": "请说明", "notice": "提示"}


def text(found: Sequence[Figure | Total | Rate | Coverage], sources: Mapping[int, Source], sample: bool = False) -> str:
    """Everything that was found, and below it the files. `sample` labels it as invented data."""
    if len(found) > 1 and all(isinstance(one, Figure) for one in found):
        lines = list(_row_lines([one for one in found if isinstance(one, Figure)]))
    else:
        lines = [line for one in found for line in (*_lines(one), "")]
    note = [f"【{SAMPLE_NOTE}】"] if sample else []
    return "\n".join([*note, *lines, *_files(sources.values())]).rstrip()


def as_json(found: Figure | Total | Rate | Coverage, sources: Mapping[int, Source]) -> dict[str, Any]:
    """One object with what was found and the files behind it."""
    return {"kind": type(found).__name__.lower(), **_plain(found), "files": _plain(list(sources.values()))}


def _plain(thing: Any) -> Any:
    """What JSON has words for; declared things by their names."""
    match thing:
        case Form() | Indicator():
            return thing.code
        case Table() | Field():
            return thing.name
        case Unit():
            return thing._asdict()
        case Decimal():
            return int(thing) if thing == thing.to_integral_value() else float(thing)
        case Total():
            return {**_fields(thing), "total": _plain(thing.total)}
        case Mapping():
            return {name: _plain(value) for name, value in thing.items()}
        case tuple() | list():
            return [_plain(each) for each in thing]
    return _fields(thing) if is_dataclass(thing) else thing


def _fields(thing: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}


def _lines(found: Figure | Total | Rate | Coverage) -> Iterator[str]:
    match found:
        case Figure():
            yield from _figure_lines(found)
        case Total():
            yield from _total_lines(found)
        case Rate():
            yield from _rate_lines(found)
        case Coverage():
            yield from _coverage_lines(found)


# -- one value ---------------------------------------------------------------------------------------------------------


def _figure_lines(figure: Figure) -> Iterator[str]:
    yield _heading(figure)
    if figure.present:
        yield f"现值:{_value(figure.present, figure.field)}"
        yield from _version_lines(figure.present, figure.field)
    elif figure.versions:
        yield f"现值:没有,入库 {figure.versions[0].to_load} 时已撤销。"
    else:
        yield "现值:没有入库过。"
    earlier = [version for version in figure.versions if version is not figure.present]
    if earlier:
        yield f"以前的版本({len(earlier)} 个,由近到远):"
    for version in earlier:
        yield f"  {_value(version, figure.field)}"
        yield from _version_lines(version, figure.field)
    if figure.relations:
        yield "与其他报告期、其他报表比对:"
        yield from (f"  {_found(finding)}" for finding in figure.relations)
    if figure.mentions:
        yield "也写到这个数、没有形成新版本的文件:"
    for mention in figure.mentions:
        verdict = OUTCOMES[mention.outcome] + {"released": ",后放行", "returned": ",后退回"}.get(
            mention.decision or "", ""
        )
        yield f"  第{mention.written.submission_id}号({verdict};该行{STATUSES[mention.status]}):{_written(mention.written)}"
        yield from (f"    {_found(finding)}" for finding in mention.written.findings)


def _version_lines(version: Version, field: Field) -> Iterator[str]:
    until = f",至入库 {version.to_load} 为止" if version.to_load else ""
    yield f"    自入库 {version.from_load}({_time(version.loaded_at)})起{until}"
    yield f"    出处:{_cited(version)}"
    yield from (f"      {_found(finding)}" for finding in version.written.findings)
    if version.instead_of:
        later = version.instead_of
        why = "没有采用,沿用上面的数" if version.is_contested else "没有说到这一栏,沿用上面的数"
        yield f"    后来的第{later.submission_id}号 {_written(later)}:{why}"
        yield from (f"      {_found(finding)}" for finding in later.findings)


def _row_lines(figures: Sequence[Figure]) -> Iterator[str]:
    """All fields of a unit's row: one line each."""
    yield _heading(figures[0], with_field=False)
    rows = []
    for figure in figures:
        shown = figure.present
        notes = [*figure.relations, *(shown.written.findings if shown else ())]
        rows.append(
            {
                "栏目": figure.field.title,
                "现值": _value(shown, figure.field) if shown else "没有",
                "出处": _cited(shown) if shown else "",
                "版本数": len(figure.versions),
                "审核、比对": "、".join(dict.fromkeys(_title(finding.code) for finding in notes)),
            }
        )
    yield plain_table(rows)
    yield ""


# -- what is made of many rows -----------------------------------------------------------------------------------------


def _total_lines(total: Total) -> Iterator[str]:
    yield _heading(total)
    unit = total.field.unit or ""
    if total.field.is_number:
        shown = "没有可计入的数" if total.total is None else f"{_number(total.total)} {unit}"
        yield f"合计:{shown}({len(total.counted)} 行相加,{len(total.parts) - len(total.counted)} 行不计入)"
    else:
        counts = [f"{_coded(value, total.field)} {count}" for value, count in total.by_value.items()]
        yield f"共 {len(total.counted)} 行:{'、'.join(counts) or '没有'}"
    yield plain_table(
        {
            "单位": _row_of(part.version.unit_name, part.version.unit_code, part.version.row_key),
            "数": _value(part.version, total.field),
            "计入": "计入" if part.left_out is None else _why_not(part),
            "出处": _cited(part.version),
        }
        for part in total.parts
    )
    if total.silent:
        yield f"没有数据的单位({len(total.silent)} 个):{'、'.join(total.silent)}"


def _why_not(part: Part) -> str:
    version = part.version
    found = [*version.contradicted, *(version.instead_of or version.written).findings]
    titles = "、".join(dict.fromkeys(_title(one.code) for one in found if one.severity in ("row", "error")))
    return f"不计入:{STATES.get(part.left_out or '', part.left_out)}" + (f"({titles})" if titles else "")


def _rate_lines(rate: Rate) -> Iterator[str]:
    indicator = rate.indicator
    yield f"{indicator.title}({indicator.code})  {_place(rate.unit)}  {Period.parse(rate.period).title}  {_known(rate.known_at)}"
    yield f"计算:{indicator.formula}"
    for value in rate.values:
        item = f"{value['item']}:" if value["item"] else ""
        divided = f" = {_number(value['numerator'])}"
        if indicator.denominator:
            divided += f" ÷ {_number(value['denominator'])}" + (f" × {indicator.times}" if indicator.times != 1 else "")
        shown = value["without_value"] or f"{_number(value['value'])} {indicator.unit}{divided}"
        yield f"{item}{shown}(计入 {value['rows_counted']} 行,存疑 {value['rows_contested']} 行,缺 {value['rows_missing']} 行)"
    if not rate.values:
        yield "没有任何单位报过。"
    tables = {table.name: table for form in forms().values() for table in form.tables}
    yield plain_table(
        {
            "单位": _row_of(one.unit_name, one.division_code, one.row_key),
            "分子": _number(one.numerator),
            "分母": _number(one.denominator) if indicator.denominator and not rate.units else "—",
            "结果": STATES.get(one.outcome, one.outcome),
            "依据": _evidence(tables[one.table_name], one.reported_period, one.versions),
        }
        for one in rate.contributions
    )
    if rate.units:
        yield f"分母:名录中的 {len(rate.units)} 个单位:{'、'.join(rate.units)}"


def _coverage_lines(coverage: Coverage) -> Iterator[str]:
    board = coverage.board
    yield (
        f"{board['plan_title']}({board['plan_code']})  {board['scope_name']}  第{board['milestone_number']}个节点 "
        + (f"{Period.parse(board['period']).title}  {_known(coverage.known_at)}")
    )
    yield f"已达标 {board['accepted']} ÷ 任务 {board['tasks']}(清单 {board['list_id']});以下逐个列出。"
    yield plain_table(
        {
            "镇(街)": task.town_name,
            "村(社区)": _row_of(task.unit_name, task.division_code),
            "结果": _standing(task),
            "依据": _evidence(coverage.table, task.period or "", task.versions),
        }
        for task in coverage.tasks
    )


def _standing(task: Task) -> str:
    event = f"{task.event_on} {'达标' if task.kind == 'accepted' else '退出'}" if task.event_on else ""
    return event if task.is_accepted else f"不计入:{' '.join(filter(None, (task.reason, event)))}"


def _evidence(table: Table, period: str, versions: Sequence[Version]) -> str:
    """The cells of one row, one after the other."""
    cells = [f"{table.field(v.field).title} {_value(v, table.field(v.field))},{_cited(v)}" for v in versions]
    return f"{period}:{';'.join(cells)}" if cells else ""


# -- files -------------------------------------------------------------------------------------------------------------


def _files(sources: Iterable[Source]) -> Iterator[str]:
    listed = sorted(sources, key=lambda source: source.submission_id)
    if listed:
        yield "文件:"
    for source in listed:
        yield f"  第{source.submission_id}号 {one_line(source.file_path)}(共享文件夹 {one_line(source.share_name)})"
        yield f"    SHA-256 {source.sha256}"
        yield f"    原件 {source.archive_name}({ORIGINALS[source.original]})" + (
            "" if source.is_readable else ";存档中没有逐格读取的记录,原文无从显示!"
        )
        loaded = f",入库 {source.load_id}({_time(source.loaded_at)})" if source.loaded_at else ",没有入库"
        yield f"    收到 {_time(source.received_at)}{loaded}"
        if source.decision:
            decided = "放行" if source.decision == "release" else "退回"
            yield (
                f"    暂存后由 {one_line(source.decided_by or '')} 于 {_time(source.decided_at)} {decided}:"
                f"{one_line(source.reason or '')}"
            )


# -- words -------------------------------------------------------------------------------------------------------------


def _heading(found: Figure | Total, with_field: bool = True) -> str:
    title = f"{found.field.title}({found.field.name})" if with_field else found.table.title
    key = f"  {found.row_key}" if isinstance(found, Figure) and found.row_key else ""
    return f"{title}  {found.form.code} {Period.parse(found.period).title}  {_place(found.unit)}{key}  {_known(found.known_at)}"


def _place(unit: Any) -> str:
    return f"{unit.unit_name}({unit.unit_code})"


def _row_of(unit_name: str, code: str, row_key: str = "") -> str:
    return " ".join(filter(None, (f"{unit_name}({code})", one_line(row_key))))


def _known(load_id: int) -> str:
    return f"截至入库 {load_id} 所知"


def _value(version: Version, field: Field) -> str:
    value = f"{_coded(version.value, field)} {field.unit or ''}".rstrip() if version.value is not None else "空"
    states = [version.state] if version.state else []
    if version.is_contested and "contested" not in states:
        states.append("contested")
    return f"{value}({'、'.join(STATES.get(state, state) for state in states)})" if states else value


def _coded(value: str | None, field: Field) -> str:
    titles = code_titles(field.codes) if field.codes else {}
    return "、".join(titles.get(one, one) for one in (value or "").split(",")) if titles else one_line(value or "")


def _written(written: Written) -> str:
    sheet = f"{one_line(written.sheet)}!" if written.sheet else ""
    if written.cell is None:
        return f"{sheet}第{written.row_number}行"
    raw = f"“{one_line(written.raw)}”" if written.raw else "空格子"
    return f"{sheet}{written.cell} 写的是{raw}" if written.raw else f"{sheet}{written.cell} {raw}"


def _cited(version: Version) -> str:
    return f"第{version.written.submission_id}号 {_written(version.written)}"


def _found(finding: Found) -> str:
    closed = [f"至入库 {finding.to_load} 已消除"] if finding.to_load else []
    closed += [f"填报人说明:{one_line(finding.explanation)}"] if finding.explanation else []
    closed += [f"豁免 {finding.waiver_id}"] if finding.waiver_id else []
    place = f"{finding.cell} " if finding.cell else ""
    since = f"(入库 {finding.from_load} 起)" if finding.from_load else ""
    ended = f"({';'.join(closed)})" if closed else ""
    return f"【{SEVERITIES[finding.severity]}】{place}{_title(finding.code)}:{one_line(finding.message)}{since}{ended}"


def _title(code: str) -> str:
    return finding_types()[code].title if code in finding_types() else code


def _number(value: Decimal | None) -> str:
    """Without zeros at the end; figures that were divided to four places."""
    if value is None:
        return "—"
    shown = f"{value:.4f}" if -(value.as_tuple().exponent) > 4 else f"{value:f}"  # type: ignore[operator]
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" if moment else "—"
