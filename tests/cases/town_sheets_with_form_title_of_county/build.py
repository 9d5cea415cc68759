"""A sheet per town, each titled with the county; the towns stand in 填报单位 in a cell of their own."""

from handed_in import TITLE, HandedIn, Sheet, built, official, workbook


def build() -> HandedIn:
    def sheet(town: str, *names: str) -> Sheet:
        head = ("开平市" + TITLE, f"填报单位: | {town} | | 报告期: | 2026年三季度")
        return Sheet(official(*(built(n, name) for n, name in enumerate(names, 1)), head=head), town)

    return HandedIn(workbook(sheet("水口镇", "永安村", "泮南村"), sheet("月山镇", "金村村委会")), "报市.xlsx", ())
