"""Full-width punctuation and digits, traditional characters, spaces within words, line breaks in headings."""

from handed_in import TITLE, HandedIn, full_width, workbook

ROWS = r"""
序  号 | 村 ( 社區 )\n名  称 | 是否\n建成 | 建築面積\n(㎡) | 圖書藏量\n(册) | 專職管理員人數 | 備註
'1 | 人民社區 | 已建成 | '350 | '1500 | '1 | 完好
'2 | 紅花村 | 是 | '0.3亩 | '1200册 | '2 |
"""


def build() -> HandedIn:
    head = full_width("填报单位(盖章):水口镇 | | 报告期:2026年第三季度")
    foot = full_width("单位负责人:陈一  审核人:李二  填表人:黄三  报出日期:2026年10月8日")
    rows = ROWS.strip().replace("350", full_width("350")).replace("(", full_width("(")).replace(")", full_width(")"))
    return HandedIn(workbook("\n".join([TITLE, head, rows, foot])))
