"""Party service centres have buildings, hours and activities; their title says whose they are."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇村级党群服务中心阵地建设情况表
序号 | 村(社区) | 是否建成 | 建筑面积 | 室外面积 | 专职人员 | 开放时间 | 活动场次 | 建成时间
1 | 永安村 | 是 | 500 | 300 | 2 | 40 | 3 | 2020年5月
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
