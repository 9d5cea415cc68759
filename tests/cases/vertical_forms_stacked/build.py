"""Two forms on one sheet, two pairs of label and value on each line."""

from handed_in import HandedIn, workbook

FORM = """
水口镇综合性文化服务中心登记表 | | 报告期: | 2026年第3季度
村名 | 永安村 | 是否建成 | 是
建筑面积(㎡) | 200 | 室外面积(㎡) | 300
图书藏量 | 1500 | 阅览座位数 | 24
志愿者人数 | | 每周开放时间 | 42小时
备注 | 完好
"""


def build() -> HandedIn:
    return HandedIn(workbook(FORM + "\n" + FORM.replace("永安", "泮南").replace("| 是\n", "| 否\n")))
