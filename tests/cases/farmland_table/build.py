"""Farmland under construction has areas and dates, too, and is not ours."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇高标准农田建设情况表
序号 | 行政村 | 是否建成 | 面积(亩) | 建成时间 | 管理员 | 备注
1 | 永安村 | 是 | 500 | 2020年5月 | 1 |
2 | 泮南村 | 否 | | | |
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
