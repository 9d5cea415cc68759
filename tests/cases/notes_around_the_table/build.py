"""Notes above and below, in one cell and in many, numbered and not."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
填报说明:一季度报表于4月5日前报送,二季度于7月5日前
单位:平方米、册、人
序号 | 村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位
1 | 永安村 | 是 | 200 | 1500 | 20
注:
 | 1.面积指室内面积
 | 建筑面积以房产证为准
以上数据已经核实。
负责人:陈一 审核人:李二 制表人:黄三 上报时间:2026年10月8日
 | 联系人
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
