"""A sheet per quarter: several periods in one file are held."""

from handed_in import TITLE, HandedIn, Sheet, built, official, workbook


def build() -> HandedIn:
    def sheet(quarter: str) -> Sheet:
        head = (TITLE, f"填报单位:水口镇 | | | 报告期:2026年第{quarter}季度")
        return Sheet(official(built(1, "永安村"), head=head), f"{quarter}季度")

    return HandedIn(workbook(sheet("一"), sheet("二"), sheet("三")), "水口镇2026年.xlsx")
