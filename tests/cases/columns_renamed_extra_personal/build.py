"""Columns in another order, under other names, some missing, some that nobody asked for."""

from handed_in import HandedIn, workbook

TEXT = """
水口镇综合性文化服务中心2026年三季度报表
备注 | 参加活动人次 | 藏书量(万册) | 管理员姓名 | 联系电话 | 文体广场面积 | 室内面积 | 建成否 | 区划代码 | 村居 | 说明
 | 120 | 0.15 | 张三 | 13800000000 | 300 | 200 | 建成 | 440783117200 | 永安 | 见附件
 | — | 0.2 | 李四 | 13800000001 | 300 | 200 | 建成 | 440783117201 | 泮南 | 本季度装修
"""


def build() -> HandedIn:
    return HandedIn(workbook(TEXT))
