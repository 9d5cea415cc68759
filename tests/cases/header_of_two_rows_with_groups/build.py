"""Groups over columns, names merged over both rows, this quarter beside the year so far, rooms beside squares."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
水口镇2026年第三季度基层综合性文化服务中心情况统计表
序号 | 村(居)名称 | 是否建成 | 面积(㎡) | | 图书藏量 | 活动场次 | | 参加人次 | | 培训 | | 备注
 | | | 室内 | 室外 | (册) | 本季度 | 本年累计 | 本季度 | 累计 | 场次 | 参加人次 |
1 | 永安村 | 是 | 220 | 500 | 1600 | 3 | 9 | 150 | 450 | 1 | 30 |
2 | 泮南村 | 是 | 180 | 400 | 1700 | 2 | 8 | 110 | 410 | 1 | 20 |
合计 | | | 400 | 900 | 3300 | 5 | 17 | 260 | 860 | 2 | 50 |
填表人:黄三 审核人:李二 单位负责人:陈一 报出日期:2026.10.8
"""
MERGED = ("A1:M1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "G2:H2", "I2:J2", "K2:L2", "M2:M3", "A6:C6")


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=MERGED)))
