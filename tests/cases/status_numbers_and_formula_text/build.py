"""1 and 0 for the status, numbers stored as text, apostrophes, formula-like names."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇2026年三季度综合性文化服务中心情况
村名 | 是否建成 | 建筑面积 | 图书藏量 | 阅览座位 | 备注
永安村 | 1 | '200.50 | '1 500 | '20 | ===
泮南村 | 0 | | | | -
黎村 | '√ | '200㎡ | '1500本 | '20个 | @cmd
+永乐村 | 是 | 200 | 1500 | 20 |
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
