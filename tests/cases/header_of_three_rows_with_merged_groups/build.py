"""Parts above groups above figures, merged as people merge; the same words below different groups."""

from handed_in import HandedIn, Sheet, workbook

TEXT = """
水口镇2026年第三季度综合性文化服务中心情况
序号 | 村(社区)名称 | 一、建设情况 | | | | 二、服务情况 | | | | | 备注
 | | 是否建成 | 面积 | | 建成日期 | 图书 | | 本季度活动 | | 志愿者人数 |
 | | | 建筑面积(平方米) | 室外活动场地(平方米) | | 藏量(册) | 阅览座位(个) | 场次 | 人次 | |
1 | 黎村 | 建成 | 210 | 400 | 2018-03-05 | 1500 | 24 | 4 | 250 | 12 |
2 | 永乐村 | 在建 | | | | | | | | |
"""
MERGED = (
    "A1:L1", "A2:A4", "B2:B4", "C2:F2", "G2:K2", "L2:L4", "C3:C4", "D3:E3", "F3:F4", "G3:H3", "I3:J3", "K3:K4",
)  # fmt: skip


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(TEXT, merged=MERGED)))
