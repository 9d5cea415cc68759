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


def plain_name(file_name: str) -> str:
    """The sender's own name for a file, without its ending and without what answers add to it.

    需修改3处_水口镇2026年3季度_第12号.xlsx -> 水口镇2026年3季度
    """
    name = Path(file_name.replace("\\", "/")).name
    stem = name[: name.rindex(".")] if "." in name[1:] else name
    while (bare := _ANSWER_SUFFIX.sub("", _ANSWER_PREFIX.sub("", stem))) != stem:
        stem = bare
    return stem
