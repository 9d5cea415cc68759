"""Tables for the console, in Chinese: who has reported, what is held, what differs. Columns line up whatever the script."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from unicodedata import combining, east_asian_width

from wentong.differences import Cause, Difference
from wentong.findings import finding_types
from wentong.forms import code_titles
from wentong.milestones import LIGHTS, percentage
from wentong.packages import Relation
from wentong.periods import Period

SAMPLE_NOTE = "示例数据(虚构)"
"""How invented data is labelled wherever it shows."""

OUTCOMES = {"load": "入库", "quarantine_file": "暂存", "reject": "退回", "ignore": "忽略"}
"""What a verdict on a file is called."""
STATUSES = {"accept": "采用", "quarantine": "整行未采用", "duplicate": "与另一行相同"}
"""What a verdict on a row is called."""
STATES = {
    "blank": "空白", "no_column": "表中没有这一栏", "not_applicable": "不适用", "unknown": "不详", "masked": "已隐去",
    "approximate": "约数", "withheld": "写法不符,未采用", "contested": "存疑", "partial_date": "日期不完整",
    "not_theirs": "不由该级填报", "missing": "没有这个数", "counted": "计入",
}  # fmt: skip
"""Why a value is missing or not to be taken as it stands, and what became of a row in an indicator."""

Row = Mapping[str, Any]


def status_table(rows: Iterable[Row], sample: bool = False) -> str:
    """Rows of marts.submission_matrix (one per unit, form and period) as tables of units by form and period.

    The forms that the county reports itself stand in a table of their own. Below: what each form is called, and how
    many returns stand how.
    """
    listed = list(rows)
    if not listed:
        return "本期没有应报的报表。"
    of_counties = {_column(row) for row in listed if str(row["unit_code"]).endswith("000000")}
    parts = [[row for row in listed if (_column(row) in of_counties) is is_county] for is_county in (False, True)]
    title = "报送情况" + (f"  【{SAMPLE_NOTE}】" if sample else "")
    return "\n".join([title, *(line for part in parts if part for line in _status_lines(part))])


def _status_lines(rows: Sequence[Row]) -> list[str]:
    columns = sorted({_column(row) for row in rows}, key=lambda column: (column[0], _first_day(column[1])))
    found = {(row["unit_code"], *_column(row)): row for row in rows}
    names = {row["unit_code"]: str(row["unit_name"] or row["unit_code"]) for row in rows}
    titles = {row["form_code"]: str(row["form_title"] or "") for row in rows}

    heading = ["填报单位", *(f"{form} {period}" for form, period in columns)]
    due = ["", *(f"截止 {_due(rows, column)}" for column in columns)]
    body = [[names[unit], *(_status(found.get((unit, *column))) for column in columns)] for unit in sorted(names)]
    totals = [
        f"{form}《{titles[form]}》{Period.parse(period).title}:"
        + _totals(row for row in rows if _column(row) == (form, period))
        for form, period in columns
    ]
    return [*grid(heading, due, body, [1] * len(heading), right=False), *totals]


def _column(row: Row) -> tuple[str, str]:
    return row["form_code"], row["period"]


def held_table(rows: Iterable[Row]) -> str:
    """Held files, one after the other: number, file, what it would load as, reason, and what can be done."""
    listed = [
        f"第{row['submission_id']}号  {_file(row['folder'], row['file_name'])}"
        f"  放行后入库为:{row['period'] or '报告期不明'} {row['unit_code'] or '单位不明'}\n    {one_line(row['reason'])}"
        for row in rows
    ]
    if not listed:
        return "没有暂存的文件。"
    return "\n".join([*listed, "放行:wentong release 号 --why 理由    退回:wentong return 号 --why 理由"])


def issues_table(rows: Iterable[Row], sample: bool = False) -> str:
    """Rows of marts.issue_board, one line each, and below how many are open, overdue and closed in name only.

    What stands against closing a problem is shown where the ledger says that it is closed, or asks for it.
    """
    listed = list(rows)
    if not listed:
        return "台账里没有问题。"
    sources, states = code_titles("issue_source"), code_titles("issue_state")
    lines = [
        {
            "编号": row["issue_id"],
            "单位": row["unit_name"] or row["division_code"],
            "来源": sources.get(row["issue_source"]),
            "时限": row["due_on"],
            "状态": states.get(row["issue_state"]),
            "灯": LIGHTS.get(row["light"]),
            "超期": f"{row['days_overdue']}天" if row["days_overdue"] else None,
            "备注": _issue_notes(row),
            "问题": " ".join((row["description"] or "").split()),
        }
        for row in listed
    ]
    settled = sum(row["is_settled"] for row in listed)
    in_name = sum(row["issue_state"] == "closed" and not row["is_settled"] for row in listed)
    overdue = sum(row["light"] == "red" for row in listed)
    return "\n".join(
        [
            "问题整改台账" + (f"  【{SAMPLE_NOTE}】" if sample else ""),
            plain_table(lines),
            f"共{len(listed)}个:已销号{settled}个({percentage(settled, len(listed))}),未销号{len(listed) - settled}个,"
            f"其中超期{overdue}个,台账写已销号但条件不全{in_name}个",
        ]
    )


def _issue_notes(row: Row) -> str:
    notes = [
        f"不能销号:{row['blocked_by']}" if row["blocked_by"] and row["issue_state"] in ASKED_TO_CLOSE else "",
        f"重开({row['reopen_of']})" if row["reopen_of"] else "重开" if row["is_reopened"] else "",
        f"批准延期({row['extension_doc']})" if row["extension_doc"] else "",
        "后来的台账漏列" if row["is_left_out"] else "",
    ]
    return ";".join(filter(None, notes))


ASKED_TO_CLOSE = ("closing_requested", "verifying", "closed")
"""States of a problem from which on it matters what stands against closing it."""


def plain_table(rows: Iterable[Row]) -> str:
    """Any rows under the names of their columns, lined up."""
    found = list(rows)
    cells = (["" if value is None else one_line(str(value)) for value in row.values()] for row in found)
    lines = [list(found[0]) if found else [], *cells]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    shown = ("  ".join(map(pad, line, widths)).rstrip() for line in lines)
    return "\n".join(shown) if found else "没有记录。"


def approvals_table(rows: Iterable[Row]) -> str:
    """Waivers and extensions in force, one line each: number, what it holds for and until when, who approved it, why."""
    lines = []
    for row in rows:
        unit = f"{row['unit_name'] or ''}({row['unit_code']})"
        scope = f"{row['form_code']} {Period.parse(row['period']).title} {unit}"
        if row["code"]:
            field = f",栏目 {row['field']}" if row["field"] else ""
            what = f"豁免  {scope}  {finding_types()[row['code']].title}({row['code']}{field})  至{row['valid_until']}"
        else:
            what = f"缓报  {scope}  改为{row['valid_until']}截止"
        lines.append(f"第{row['approval_id']}号  {what}  批准:{row['approved_by']}  理由:{row['reason']}")
    return "\n".join(map(one_line, lines)) or "没有生效的豁免和缓报。"


def difference_lines(mart: Relation, differences: Iterable[Difference]) -> Iterator[str]:
    """Rows of a mart that differ between two loads, as they come: what each is about, its figures before and after, why.

    Nothing at all where nothing differs.
    """
    titles = {column.name: column.title for column in mart.columns}
    for number, one in enumerate(differences):
        if not number:
            yield f"【{mart.title}】"
        words = [_key_word(name, one.names.get(name) or value) for name, value in one.key.items()]
        old, new = dict(one.old or {}), dict(one.new or {})
        sides = [(name, old.get(name), new.get(name)) for name in old | new]
        if one.old is not None and one.new is not None:
            sign, figures = "", [f"{titles[n]} {_short(a, b)} → {_short(b, a)}" for n, a, b in sides]
        else:
            sign = "新增," if one.old is None else "不再有,"
            figures = [f"{titles[n]} {_short(b if a is None else a)}" for n, a, b in sides if (a, b) != (None, None)]
        yield one_line(f"  {' '.join(filter(None, words))}:{sign}{';'.join(figures)}")
        causes = list(dict.fromkeys(map(_cause, one.causes)))
        more = f";等{len(causes)}项" if len(causes) > SHOWN_CAUSES else ""
        yield one_line(f"    原因:{';'.join(causes[:SHOWN_CAUSES]) or '不明'}{more}")


SHOWN_CAUSES = 5


def _key_word(name: str, value: Any) -> str:
    if name == "milestone_number":
        return f"第{value}阶段"
    if name == "period":
        return Period.parse(value).title
    return "" if value is None else str(value)


def _short(value: Any, other: Any = None) -> str:
    """A figure for people; decimals are cut as far as it still differs from the other."""
    if isinstance(value, Decimal):
        is_close = isinstance(other, Decimal) and round(value, 2) == round(other, 2)
        text = f"{value if is_close else round(value, 2):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


def _cause(cause: Cause) -> str:
    """What a load was: a return by its number and file, a decision by its reason, a list by its kind."""
    load = f"入库号 {cause.load_id},{cause.loaded_at:%Y-%m-%d}"
    scope = " ".join(filter(None, [cause.form_code, cause.period and Period.parse(cause.period).title]))
    file = f"第{cause.submission_id}号 {_file(cause.folder or '', cause.file_name or '')}"
    why = f"理由:{cause.reason},批准:{cause.approved_by}"
    match cause.cause:
        case "return":
            return f"{file}({scope},{load})"
        case "verdict":
            return f"{file}未能入库({scope},{load})"
        case "decision_release":
            return f"{file}经放行入库({load};{why})"
        case "decision_return":
            return f"{file}已退回({load};{why})"
        case "waiver" | "extension":
            return f"{'豁免' if cause.cause == 'waiver' else '缓报'} {scope}({load};{why})"
        case "opened":
            return f"报告期应报开始 {scope}({load})"
        case "register":
            return f"名录变更({load})"
        case _:
            return f"计划或任务清单变更({load})"


def collected_table(received: Iterable[Any], to_mend: Mapping[int, int]) -> str:
    """What one collection received: one line a file with how many places must be mended, then the counts."""
    listed = list(received)
    lines = []
    for one in listed:
        mend = f"  需修改{to_mend[one.submission_id]}处" if one.submission_id in to_mend else ""
        file = _file(one.folder, one.file_name)
        lines.append(
            f"第{one.submission_id}号 {OUTCOMES[one.outcome]}{mend}  {file}  → {one_line(one.answer_path or '')}"
        )
    counts = "  ".join(f"{title} {sum(one.outcome == key for one in listed)}" for key, title in OUTCOMES.items())
    return "\n".join([*lines, f"收到 {len(listed)} 个文件:{counts}"])


def _file(folder: str, name: str) -> str:
    return one_line("/".join(filter(None, (folder, name))))


def one_line(text: str) -> str:
    """What strangers wrote, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _first_day(period: str) -> str:
    return Period.parse(period).first_day.isoformat()


def _due(rows: Iterable[Row], column: tuple[str, str]) -> str:
    days = {row["due_on"] for row in rows if (row["form_code"], row["period"]) == column and row["due_on"]}
    return "、".join(day.isoformat() for day in sorted(days)) or "—"


def _status(row: Row | None) -> str:
    if row is None:
        return "—"
    label = str(row["label"])
    if label == "待改正" and row["open_errors"]:
        label += f"({row['open_errors']}处)"
    return label + ("(迟报)" if row["is_late"] and row["submission"] in ("accepted", "zero") else "")


def _totals(rows: Iterable[Row]) -> str:
    """应报15 已报13 未报1 …: those due first, then every label that occurs."""
    labels = [str(row["label"]) for row in rows]
    due = sum(label != "不适用" for label in labels)
    order = ("已报", "零报(已确认)", "待改正", "暂存待处理", "正在处理", "缓报(已批准)", "未报")
    return " ".join([f"应报{due}", *(f"{label}{labels.count(label)}" for label in order if label in labels)])


# ---------------------------------------------------------------------------------------------- lining up


def width(text: str) -> int:
    """Columns a text takes on a terminal: two for full-width characters, none for combining ones."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def pad(text: str, columns: int, right: bool = False) -> str:
    """Fill up with blanks to so many terminal columns; `right` puts the text at the right."""
    blanks = " " * max(0, columns - width(text))
    return blanks + text if right else text + blanks


def grid(
    heading: Sequence[str],
    subheading: Sequence[str],
    body: Sequence[Sequence[str]],
    groups: Sequence[int],
    right: bool = True,
) -> list[str]:
    """Lines of a table. A heading may span its group of columns; all columns but the first are set to the right."""
    widths = [max(width(line[column]) for line in (subheading, *body)) for column in range(len(heading))]
    first = 0
    for span in groups:
        last = first + span - 1
        inner = sum(widths[first : last + 1]) + 2 * (span - 1)
        widths[last] += max(0, width(heading[first]) - inner)
        first = last + 1

    def line(cells: Sequence[str]) -> str:
        parts, at = [], 0
        for span in groups:
            shown = [pad(cells[column], widths[column], right and column > 0) for column in range(at, at + span)]
            parts.append("  ".join(shown))
            at += span
        return " │ ".join(parts).rstrip()

    top, at = [], 0
    for span in groups:
        inner = sum(widths[at : at + span]) + 2 * (span - 1)
        top.append(pad(heading[at], inner))
        at += span
    head = " │ ".join(top).rstrip()
    rule = "─" * max(width(text) for text in (head, line(subheading), *map(line, body)))
    return [rule, head, line(subheading), rule, *map(line, body), rule]
