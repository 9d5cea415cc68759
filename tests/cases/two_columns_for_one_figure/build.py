"""Two columns claim to be the books: neither is read. A column of catalogued books is another thing."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度
村名 | 是否建成 | 建筑面积 | 藏书量 | 图书数量 | 图书(已编目) | 累计活动场次 | 阅览座位
永安村 | 是 | 200 | 1500 | 1600 | 900 | 9 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
