"""One row per town: nothing to load, and the sender is told so."""

from handed_in import HandedIn, workbook

TEXT = """
开平市2026年第三季度综合性文化服务中心情况汇总表
序号 | 镇(街) | 是否建成 | 建筑面积 | 图书藏量 | 活动场次 | 参加人次
1 | 水口镇 | 30 | 6000 | 45000 | 90 | 3600
2 | 月山镇 | 20 | 4000 | 30000 | 60 | 2400
合计 | | 50 | 10000 | 75000 | 150 | 6000
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT), "汇总.xlsx", ())
