"""A village's name merged over two rows: the second row is the same village again."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度
序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
1 | 永安村 | 是 | 200 | 1500 | 20
 | | 是 | 90 | 300 | 6
2 | 泮南村 | 是 | 200 | 1500 | 20
 | | | | |
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=("B3:B4", "B5:B6"))))
