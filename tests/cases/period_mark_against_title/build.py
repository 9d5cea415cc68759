"""The template of one quarter under the title of another: held, with the template's period."""

from handed_in import TITLE, HandedIn, Sheet, built, official, workbook

MARK = """
form | 基文01
unit | '440783117000
period | 2026Q3
"""


def build() -> HandedIn:
    text = official(built(1, "永安村"), head=(TITLE, "填报单位:水口镇 | | | | 报告期:2026年第2季度"))
    return HandedIn(workbook(Sheet(text), Sheet(MARK, "文统标记", state="veryHidden")), "报表.xlsx")
