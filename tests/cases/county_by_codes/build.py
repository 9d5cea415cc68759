"""Codes of two towns: a county's workbook."""

from handed_in import HandedIn, workbook

TEXT = """
开平市综合性文化服务中心2026年第三季度
区划代码 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
'440783117200 | 永安 | 是 | 200 | 1500 | 20
'440783115221 | | 是 | 200 | 1500 | 20
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT), "季报.xlsx", ())
