"""A long list of one town folded into two columns of tables to save paper."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
水口镇2026年第三季度综合性文化服务中心情况
序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | 序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量
1 | 永安村 | 是 | 200 | 1000 | 3 | 黎村 | 是 | 220 | 1200
2 | 泮南村 | 是 | 210 | 1100 | 4 | 泮村 | 否 | |
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=("A1:J1",))))
