"""A column of towns in a town's own return, one of them misspelt beside a right code."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
所属镇街 | 村名 | 区划代码 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
水口镇 | 永安村 | | 是 | 200 | 1500 | 20
水囗镇 | 泮南村 | '440783117201 | 是 | 200 | 1500 | 20
水囗镇 | 黎村 | | 是 | 200 | 1500 | 20
开平市水口镇人民政府 | 永乐村 | | 是 | 200 | 1500 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
