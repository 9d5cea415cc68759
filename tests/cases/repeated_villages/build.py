"""Identical rows load once, different rows not at all, rows of unknown villages are not compared."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度
村名 | 行政区划代码 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
永安村 | | 是 | 200 | 1500 | 20
永安村委会 | '440783117200 | 是 | 200 | 1500 | 20
泮南村 | | 是 | 200 | 1500 | 20
泮南村 | | 是 | 200 | 1600 | 20
幸福里 | | 是 | 200 | 1500 | 20
幸福里 | | 是 | 200 | 1500 | 20
黎村 | | 是 | 约200 | 1500 | 20
黎村 | | 是 | 约200 | 1500 | 20
永乐村 | | 是 | 二三十 | 1500 | 20
永乐村 | | 是 | 三四十 | 1500 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
