"""A bulletin as PDF, set by Typst. What is printed goes to the template as data, never as markup."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from wentong.bulletins.charts import svg
from wentong.bulletins.document import Document, Table, shown
from wentong.bulletins.facts import Light
from wentong.errors import EnvironmentProblem
from wentong.settings import INCLUDE
from wentong.templates import printable

TEMPLATE = INCLUDE / "templates" / "bulletin.typ"
SERIF = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Source Han Serif CN",
    "FangSong",
    "STFangsong",
    "SimSun",
    "Songti SC",
)
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "SimHei", "Microsoft YaHei", "PingFang SC")
"""Chinese fonts, those first that are free; the first that is installed is taken."""


def pdf(document: Document, at: datetime) -> bytes:
    """The bulletin as PDF, dated `at`: the same document and day give the same bytes.

    Raises EnvironmentProblem, in Chinese, when the machine has no Chinese font.
    """
    import typst  # tens of megabytes, which the limited workers that read files would inherit

    return typst.compile(TEMPLATE, format="pdf", sys_inputs=inputs(document), timestamp=int(at.timestamp()))


def inputs(document: Document) -> dict[str, str]:
    """What the template reads: the words of the document and the fonts to set them in."""
    serif, sans = fonts()
    return {"document": json.dumps(_data(document), ensure_ascii=False), "serif": serif, "sans": sans}


@cache
def fonts() -> tuple[str, str]:
    """A Chinese font for the text and one for headings; one may stand in for the other."""
    import typst

    installed = typst.Fonts(include_embedded_fonts=False).families()
    serif = next((name for name in SERIF if name in installed), None)
    sans = next((name for name in SANS if name in installed), None)
    found = serif or sans
    if found is None:
        raise EnvironmentProblem(
            "没有生成PDF：本机没有中文字体。请安装 Noto（思源）中文字体后重新执行，"
            "Debian、Ubuntu 上为 apt-get install fonts-noto-cjk；Excel 和网页已经生成。"
        )
    return found, sans or found


def _data(document: Document) -> dict[str, Any]:
    words = {
        name: printable(getattr(document, name))
        for name in ("masthead", "number", "issued_on", "title", "status", "headline", "foot")
    }
    return {
        **words,
        "banner": document.banner,
        "notes": [printable(note) for note in document.notes],
        "signatures": list(document.signatures),
        "sections": [
            {
                "title": printable(section.title),
                "paragraphs": [printable(text) for text in section.paragraphs],
                "tables": [_table(table) for table in section.tables],
            }
            for section in document.sections
        ],
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": printable(table.caption),
        "columns": [{"title": column.title, "width": column.width, "align": column.align} for column in table.columns],
        "rows": [
            [
                {"words": printable(shown(value)), "light": value.value if isinstance(value, Light) else None}
                for value in row
            ]
            for row in table.rows
        ],
        "has_total": table.has_total,
        "chart": {"title": table.chart.title, "svg": svg(table)} if table.chart and table.rows else None,
    }
