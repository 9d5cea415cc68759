"""Two towns' tables one below the other, each with title, headings and signatures."""

from handed_in import TITLE, HandedIn, built, official, workbook


def build() -> HandedIn:
    first = official(built(1, "永安村"), built(2, "泮南村"))
    second = official(
        built(1, "金村"), built(2, "大岗村"), head=(TITLE, "填报单位(盖章):月山镇 | | | | 报告期:2026年第3季度")
    )
    return HandedIn(workbook(first + "\n\n" + second), "两镇.xlsx", ())
