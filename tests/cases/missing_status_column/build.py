"""The column that says what is built is missing: not this return."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度
村名 | 建筑面积 | 图书藏量 | 阅览座位 | 活动场次
永安村 | 200 | 1500 | 20 | 3
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
