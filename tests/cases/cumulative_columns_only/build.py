"""Only figures of the year so far: never taken for the quarter's."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位 | 1-9月 |  | 累计参加人次
 | | | | | 活动场次 | 参加人次 |
永安村 | 是 | 200 | 1500 | 20 | 9 | 360 | 360
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=("F2:G2", "A2:A3", "B2:B3", "C2:C3", "D2:D3", "E2:E3", "H2:H3"))))
