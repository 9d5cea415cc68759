"""Only the sheet's name says the quarter, only the file name the year."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
综合性文化服务中心
村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
永安村 | 是 | 200 | 1500 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, "三季度")), "水口镇2026年.xlsx", ("水口镇",))
