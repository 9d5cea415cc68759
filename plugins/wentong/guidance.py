"""What a column asks for, in a steward's words and as limits: the drop-downs, hints and explanations of a template.

Derived from the form alone, so that a template asks for what is checked.
"""

from collections.abc import Sequence
from datetime import date

from openpyxl.worksheet.datavalidation import DataValidation

from wentong.forms import Field, Table, code_titles
from wentong.periods import Period

HAND_IN = (
    "填好后保存,把这个文件放进共享文件夹“收件箱”里本单位的文件夹。",
    "过一分钟左右到“回执”文件夹看结果:有回执就是已经入库;有标了颜色的表格,就照第一页的清单改好,再放回“收件箱”。",
    "报错了、报漏了,改好再放一次,以最后一次为准;灰色的格子和锁定的格子不用填。",
)
"""How to hand in a template, in three sentences."""

_DAY_0, _FIRST_DAY, _LAST_DAY = date(1899, 12, 30), date(1949, 1, 1), date(2100, 12, 31)
_LONGEST_TITLE, _LONGEST_TEXT = 32, 255
"""What Excel takes in a hint; longer ones make it repair the file."""
_UNKNOWN, _ALWAYS = "不清楚填“不详”", "必填。"


def choices(field: Field) -> list[str]:
    """What may be written in the column of an enum or a set."""
    return list(code_titles(field.codes).values()) if field.codes else []


def validation(table: Table, field: Field, period: Period, source: str | None = None) -> DataValidation | None:
    """The input limits and the hint of a column, without cells yet; None where anything goes.

    `source` is the formula of the drop-down. Whatever breaks a limit may still be written after a warning: 不详 and — do.
    """
    if source:
        kind = DataValidation(type="list", formula1=source)
    elif field.type in ("count", "number"):
        kind = DataValidation(type="whole" if field.type == "count" else "decimal", formula1=_plain(_low(field)))
        kind.operator = "greaterThanOrEqual" if field.maximum is None else "between"
        kind.formula2 = None if field.maximum is None else _plain(field.maximum)
    elif field.type == "date":
        first, last = (str((day - _DAY_0).days) for day in (_FIRST_DAY, _last_day(field, period)))
        kind = DataValidation(type="date", operator="between", formula1=first, formula2=last)
    elif field.type == "set" or field.name == table.issued_key:
        kind = DataValidation()
    else:
        return None
    kind.allow_blank = True
    kind.showInputMessage, kind.promptTitle = True, field.title[:_LONGEST_TITLE]
    hint = f"单位:{field.unit}。{_asked(table, field, period)}" if field.unit else _asked(table, field, period)
    kind.prompt = _cut(hint)
    if kind.type:
        kind.errorStyle, kind.showErrorMessage = "warning", True
        kind.errorTitle = kind.promptTitle
        kind.error = _cut(hint, "\n确实要这样填的,请点“是”。")
    return kind


def requirement(table: Table, field: Field, period: Period, *, locked: bool) -> str:
    """The line of a column in 填表说明."""
    if field.filled_by == "county" and locked:
        return "由县里填写,本单位不用填。"
    if locked:
        return "已经填好,不用改。"
    return f"{_duty(table, field)}{_asked(table, field, period)}"


def _duty(table: Table, field: Field) -> str:
    """必填, or when."""
    if field.required:
        return _ALWAYS
    for rule in table.rules:
        if rule.kind != "required_when" or field.name not in rule.fields:
            continue
        conditions = [_either(f, rule.when[f.name]) for f in table.fields if f.name in rule.when]
        return f"{'、'.join(conditions)}时必填。" if conditions else _ALWAYS
    return ""


def _either(field: Field, codes: Sequence[str]) -> str:
    """“是否建成”是“已建成”."""
    titles = code_titles(field.codes) if field.codes else {}
    return f"“{field.title}”是{'或'.join(f'“{titles.get(code, code)}”' for code in codes)}"


def _asked(table: Table, field: Field, period: Period) -> str:
    """What to write in the column, and what when there is nothing or it is not known."""
    if field.name == table.issued_key:
        return "已编好号,不用改;补报以前编过号的,填原来的编号。"
    match field.role, field.type:
        case "place_name", _:
            return f"按名录写全称{';不写就是本填报单位' if table.unit == 'any' else ''}。"
        case "place_code", _:
            return "12位代码,不清楚可以空着,只写名称。"
        case "town", _:
            return "写全称。"
        case _, "count" | "number":
            whole = "填整数" if field.type == "count" else "填数字,可以有小数"
            low = _low(field)
            limits = f"不小于{_plain(low)}" if field.maximum is None else f"{_plain(low)}至{_plain(field.maximum)}"
            none = "没有填0," if low <= 0 else ""
            return f"{whole},{limits}。{none}{_UNKNOWN},不适用填“—”并在备注写原因。"
        case _, "date":
            latest = "" if field.may_be_future else f",不晚于{period.last_day}"
            none = "" if _duty(table, field) == _ALWAYS else "没有的空着,"
            return f"按“{period.last_day}”的样式填写{latest}。{none}{_UNKNOWN}。"
        case _, "enum":
            return f"从下拉框选一项:{'、'.join(choices(field))}。{_UNKNOWN}。"
        case _, "set":
            return f"可以填几项,用顿号隔开:{'、'.join(choices(field))}。没有填“无”,{_UNKNOWN}。"
    return "只写姓名,不写电话、身份证号。" if field.personal else "填文字。"


def _last_day(field: Field, period: Period) -> date:
    return _LAST_DAY if field.may_be_future else period.last_day


def _low(field: Field) -> float:
    return field.minimum if field.minimum is not None else 0


def _plain(number: float) -> str:
    """1000000, not 1e+06."""
    return f"{number:.15g}"


def _cut(text: str, end: str = "") -> str:
    """The text within what Excel takes, the end whole."""
    room = _LONGEST_TEXT - len(end)
    return (text if len(text) <= room else text[: room - 1] + "…") + end
