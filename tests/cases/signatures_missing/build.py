"""No footer at all, and one left blank to be signed."""

from handed_in import HandedIn, built, official, workbook


def build() -> HandedIn:
    blank = "单位负责人:____ | | 审核人:(签名) | | 填表人:黄三 | | 报出日期:20__年__月__日"
    return HandedIn(workbook(official(built(1, "永安村"), foot=(blank,))))
