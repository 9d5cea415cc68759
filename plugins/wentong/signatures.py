"""The footer of a return: who filled it in, who checked it, who answers for it, and when it was handed in."""

import re
import unicodedata
from collections.abc import Sequence

from wentong.grid import Cell
from wentong.places import plain

TITLES = {"preparer": "填表人", "reviewer": "审核人", "head": "单位负责人", "reported_on": "报出日期"}
"""What a return is signed with, in the words of the official form."""

_WORDS = {
    "head": ("单位负责人", "主要负责人", "分管负责人", "分管领导", "单位领导", "领导签字", "负责人"),
    "reviewer": ("审核人", "复核人", "审核"),
    "preparer": ("填表人", "填报人", "制表人", "经办人", "联系人"),
    "reported_on": ("报出日期", "填表日期", "填报日期", "上报日期", "报送日期", "填报时间", "上报时间", "填表时间"),
}
_OTHERS = (
    "联系电话",
    "办公电话",
    "电话",
    "手机",
    "填报单位",
    "单位(盖章)",
    "单位盖章",
    "盖章",
    "(盖章)",
    "(公章)",
    "公章",
)
_ALL = sorted({word for words in _WORDS.values() for word in words} | set(_OTHERS), key=len, reverse=True)
_BETWEEN = r"\s*"
_LABEL = "|".join(_BETWEEN.join(map(re.escape, word)) for word in _ALL)
_NOTE = r"(?:\s*[(](?:签[名字章]|盖章|公章|手写)[)])?"
_STARTS = re.compile(rf"\s*(?:{_LABEL}){_NOTE}\s*(?:[:_]|\s|$)")
_PART = re.compile(rf"(?P<label>{_LABEL}){_NOTE}\s*:?\s*(?P<said>.*?)(?=\s*(?:{_LABEL})|$)", re.DOTALL)
_KEYS = {word: key for key, words in _WORDS.items() for word in words}
_AROUND = " _\t\r\n:,。;"
_LONGEST = 400


def is_signature_line(cells: Sequence[Cell]) -> bool:
    """Whether a row of cells asks for signatures: it begins with such a label, alone or before a colon or a blank."""
    first = next(iter(cells), None)
    return (
        first is not None
        and first.kind == "text"
        and _STARTS.match(unicodedata.normalize("NFKC", first.raw[:40])) is not None
    )


def read_signatures(cells: Sequence[Cell], signatures: dict[str, str]) -> None:
    """Add what `填表人:张三 审核人:李四` says, in one cell or in several, to `signatures`; blanks to fill say nothing."""
    line = unicodedata.normalize("NFKC", "  ".join(cell.raw[:_LONGEST] for cell in cells)[:_LONGEST])
    for match in _PART.finditer(line):
        key = _KEYS.get(plain(match["label"]))
        said = match["said"].strip(_AROUND)
        if key and _is_filled(key, said):
            signatures.setdefault(key, said)


def _is_filled(key: str, said: str) -> bool:
    if key == "reported_on":
        return re.search(r"\d\s*[日号./-]|[./-]\s*\d|月\s*\d|\d{5,8}|[一二三四五六七八九十]\s*日", said) is not None
    return re.search(r"\w", re.sub(r"[_年月日\s]|签[名字章]|盖章|手写", "", said)) is not None
