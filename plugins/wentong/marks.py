"""What a workbook of ours says of itself, so that what comes back is recognised: the hidden mark, the list of findings.

Read in the reading workers, hence without the libraries that write workbooks.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from wentong import grid

MARK_SHEET = "文统标记"
"""A very hidden sheet of two columns, key and value: form, edition, unit, period; in answers also submission and
feedback_sheet."""
FEEDBACK_TITLE = "文统审核结果(本页由系统生成,不是填报内容)"
"""Stands in A1 of the first sheet of every annotated copy, so that the sheet is known even when renamed."""

REFERENCE_TITLE = "上期数据,仅供参考,不用填写"
GUIDE_TITLE = "填表说明(本页供阅读,不用填写)"
"""Stand in A1 of the sheets that a template adds for reading only, so that these are known even when renamed."""
CHOICES_SHEET = "文统选项"
"""A very hidden sheet of a template: the lists that are too long to stand in a drop-down itself."""

ZERO_LINE = "本期无活动"
"""What a sender ticks, in a form of things that happened, to say that nothing did."""

_TICKED = re.compile(ZERO_LINE + r"[^\w□☐]{0,3}?(?:[√✓✔☑](?!\W?[否不])|是(?!\W{0,2}否))")
"""Ticked, or 是; but neither ☑否 nor a choice that nobody made (是/否, □是 □否)."""
_FEEDBACK_NAME = re.compile(r"需(修改|说明)\d+处(\(\d+\))?")
_ANSWER_PREFIX = re.compile(r"^需(?:(?:修改|说明)\d+处|重新报送)_")
_ANSWER_SUFFIX = re.compile(r"(?:(?:_回执)?_第\d+号|_预审(?:通过)?)(?:\(\d+\))?$")


def read_mark(book: grid.Book) -> dict[str, str]:
    """The hidden mark of a workbook as it was read, without empty entries; empty if there is none."""
    for sheet in book.sheets:
        if sheet.name == MARK_SHEET:
            return {
                key.raw.strip(): sheet.cells[row, 2].raw.strip()
                for (row, column), key in sorted(sheet.cells.items())
                if column == 1 and (row, 2) in sheet.cells
            }
    return {}


def is_feedback_sheet(sheet: grid.Sheet, mark: Mapping[str, str]) -> bool:
    """Whether a sheet is the list of findings that an earlier answer put in front, and so never data."""
    head = sheet.cells.get((1, 1))
    if head is not None and head.raw.strip() == FEEDBACK_TITLE:
        return True
    return sheet.name == mark.get("feedback_sheet") and _FEEDBACK_NAME.fullmatch(sheet.name) is not None


def is_reference_sheet(sheet: grid.Sheet) -> bool:
    """Whether a sheet is one that a template adds for reading only (last period's values, the explanations)."""
    head = sheet.cells.get((1, 1))
    return head is not None and head.raw.strip() in (REFERENCE_TITLE, GUIDE_TITLE)


def is_zero_line(text: str) -> bool:
    """Whether a text says, ticked, that nothing happened: 本期无活动(√)."""
    return ZERO_LINE in text and _TICKED.search("".join(text.split())) is not None


def plain_name(file_name: str) -> str:
    """The sender's own name for a file, without its ending and without what answers add to it.

    需修改3处_水口镇2026年3季度_第12号.xlsx -> 水口镇2026年3季度
    """
    name = Path(file_name.replace("\\", "/")).name
    stem = name[: name.rindex(".")] if "." in name[1:] else name
    while (bare := _ANSWER_SUFFIX.sub("", _ANSWER_PREFIX.sub("", stem))) != stem:
        stem = bare
    return stem
