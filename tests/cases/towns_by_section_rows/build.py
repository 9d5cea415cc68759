"""Each town's villages below a row with its number, its name and its totals."""

from handed_in import HandedIn, workbook

TEXT = """
开平市2026年第三季度综合性文化服务中心情况
序号 | 单位名称 | 是否建成 | 建筑面积 | 图书藏量
一 | 水口镇 | | 410 | 2100
1 | 永安村 | 是 | 200 | 1000
2 | 泮南村 | 是 | 210 | 1100
二 | 月山镇 | | 220 | 1200
1 | 金村 | 是 | 220 | 1200
合计 | | | 630 | 3300
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT), "三季度.xlsx", ())
