"""Three rows of headings, a row of units, a row of column numbers, blank rows and columns before all."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
综合性文化服务中心季报

填报单位:水口镇 | | | 2026年7-9月
一、基本情况 | | | | 二、图书 | 三、活动 | |
序号 | 行政村 | 建设情况 | 建筑面积 | 图书 | 文体活动 | | 备注
 | | | | 藏量 | 场次 | 人次 |
计量单位 | | | 亩 | 千册 | 场 | 百人次 |
甲 | 乙 | 1 | 2 | 3 | 4 | 5 | 6
1 | 黎村 | 建成 | 0.3 | 1.5 | 4 | 2.5 |
2 | 永乐村 | 在建 | | | | |
填表人:黄三;审核人:李二;负责人:陈一;报出日期:2026年10月8日
"""
MERGED = ("C6:F6", "H6:J6", "C7:C8", "D7:D8", "E7:E8", "F7:F8", "H7:I7", "J7:J8")


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, first_row=3, first_column=3, merged=MERGED)), "季报.xlsx")
