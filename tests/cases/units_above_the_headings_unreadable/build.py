"""Books counted by title, areas in a unit that nobody can convert: withheld."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
村名 | 是否建成 | 建筑面积(间) | 图书藏量(种) | 阅览座位(个)
永安村 | 是 | 3 | 1500 | 20
泮南村 | 是 | 200㎡ | 1600册 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
