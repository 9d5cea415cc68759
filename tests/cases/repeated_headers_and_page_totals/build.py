"""Headings come again on each printed page; subtotals per page, one of them wrong, and a grand total."""

from handed_in import HandedIn, workbook

HEAD = "序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量"
TEXT = f"""
填报单位:水口镇 | | 报告期:2026年第3季度 | 综合性文化服务中心
{HEAD}
1 | 永安村 | 是 | 200 | 1000
2 | 泮南村 | 是 | 210 | 1100
本页小计 | | | 410 | 2100
填报单位:水口镇 | | 报告期:2026年第3季度 | 综合性文化服务中心
{HEAD}
3 | 黎村 | 是 | 220 | 1200
4 | 永乐村 | 是 | 230 | 1300
小 计 | | | 450 | 2600
合  计 | | | 860 | 4600
其中:社区 | | | 0 | 0
平均 | | | 215 | 1150
注:1.建筑面积指室内。
2.图书按册计。
单位负责人:陈一 | | 审核人:李二 | 填表人:黄三 | 报出日期:2026/10/8
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
