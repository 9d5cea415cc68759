"""A web page named .xls."""

from handed_in import HandedIn, html

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
1 | 永安村 | 是 | 200 | 1,500 | 20
合计 | | | 200 | 1500 | 20
"""


def build() -> HandedIn:
    return HandedIn(html(TEXT), "水口镇.xls")
