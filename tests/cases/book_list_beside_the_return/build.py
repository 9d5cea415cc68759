"""Another sheet with villages and books is not the return and hinders nothing."""

from handed_in import HandedIn, Sheet, built, official, workbook

OTHER = """
农家书屋图书台账
村名 | 图书 | 管理员
永安村 | 1500 | 张三
"""


def build() -> HandedIn:
    return HandedIn(workbook(Sheet(official(built(1, "永安村")), "季报"), Sheet(OTHER, "书屋")))
