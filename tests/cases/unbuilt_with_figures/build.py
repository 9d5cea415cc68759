"""Not built with figures is quarantined, with zeros or dashes it loads; under construction may have figures."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度
村名 | 行政区划代码 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
永安村 | | 否 | 200 | 1500 | 20
泮南村 | | 未建 | 0 | 0 | 0
黎村 | | 未建成 | - | / |
永乐村 | | 在建 | 100 | 300 | 5
唐联村 | | 否 | 约200 | |
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
