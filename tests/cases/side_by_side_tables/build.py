"""Two towns side by side, each table below its own title."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
综合性文化服务中心2026年第三季度
水口镇 | | | | | | 月山镇
序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | | 序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量
1 | 永安村 | 是 | 200 | 1000 | | 1 | 金村 | 是 | 220 | 1200
2 | 泮南村 | 是 | 210 | 1100 | | 2 | 大岗村 | 否 | |
3 | 黎村 | 否 | | | | | | | |
合计 | | | 410 | 2100 | | 合计 | | | 230 | 1200
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=("A2:E2", "G2:K2"))), "两镇.xlsx", ())
