"""Which field a heading names, alone and below groups."""

import pytest

from wentong.forms import find_form
from wentong.headings import PERSONAL, match_levels

TABLE = find_form("基文01").tables[0]


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        (("建筑面积(㎡)",), "floor_area_m2"),
        (("面积", "室外"), "outdoor_area_m2"),
        (("室内", "面积"), "floor_area_m2"),
        (("活动场次", "本季度"), "activity_sessions"),
        (("本季度", "活动场次"), "activity_sessions"),
        (("三、活动", "文体活动", "场次"), "activity_sessions"),
        (("一、基本情况", "图书", "藏量(册)"), "books_total"),
        (("活动场次(7-9月)",), "activity_sessions"),
        (("活动场次", "累计"), None),
        (("本年累计", "活动场次"), None),
        (("培训", "场次"), None),
        (("志愿服务", "人次"), None),
        (("活动场次(1-9月)",), None),
        (("图书(电子)",), None),
        (("计划建成日期",), None),
        (("场地", "面积"), None),
    ],
)
def test_heading(levels: tuple[str, ...], field: str | None) -> None:
    found = match_levels(TABLE, levels)
    assert (found.field.name if found else None) == field


@pytest.mark.parametrize(
    ("heading", "personal"), [("台账号", False), ("银行账号", True), ("账号", True), ("联系电话", True)]
)
def test_the_number_in_a_ledger_is_no_account(heading: str, personal: bool) -> None:
    assert bool(PERSONAL.search(heading)) is personal
