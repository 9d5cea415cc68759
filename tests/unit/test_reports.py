"""Console tables: what they say and that they line up."""

from datetime import date, datetime
from typing import Any

import pytest

from wentong.reports import approvals_table, pad, status_table, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("abc", 3), ("水口镇", 6), ("差k个", 5), ("镇(街)", 6), ("镇（街）", 8), ("e\u0301", 1)],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 10)) == width(pad(text, 10, right=True)) == 10


def duty(
    unit: str,
    name: str,
    period: str,
    label: str,
    errors: int = 0,
    late: bool | None = None,
    form: tuple[str, str] = ("基文01", "季报"),
) -> dict[str, Any]:
    return {
        "unit_code": unit,
        "unit_name": name,
        "form_code": form[0],
        "form_title": form[1],
        "period": period,
        "due_on": date(2026, 7, 7) if period == "2026Q2" else date(2026, 10, 13),
        "label": label,
        "submission": "accepted" if label in ("已报", "待改正") else "none",
        "submitted_at": datetime(2026, 7, 8).astimezone() if late else None,
        "is_late": late,
        "open_errors": errors,
    }


def test_status_table() -> None:
    rows = [
        duty("2", "水口镇", "2026Q3", "未报"),
        duty("1", "三埠街道", "2026Q3", "待改正", errors=3),
        duty("2", "水口镇", "2026Q2", "已报", late=True),
        duty("1", "三埠街道", "2026Q2", "已报"),
    ]
    lines = status_table(rows).splitlines()
    assert lines[0] == "报送情况"
    assert lines[2].split("│")[1:] == [" 基文01 2026Q2   ", " 基文01 2026Q3"]
    assert lines[3].split("│")[1:] == [" 截止 2026-07-07 ", " 截止 2026-10-13"]
    assert [cell.strip() for cell in lines[5].split("│")] == ["三埠街道", "已报", "待改正(3处)"]
    assert [cell.strip() for cell in lines[6].split("│")] == ["水口镇", "已报(迟报)", "未报"]
    assert lines[8:] == ["基文01《季报》2026年第2季度:应报2 已报2", "基文01《季报》2026年第3季度:应报2 待改正1 未报1"]
    assert status_table([]) == "本期没有应报的报表。"


def test_forms_of_towns_and_of_the_county_stand_apart() -> None:
    activities, issues = ("基文03", "活动台账"), ("基文06", "问题整改台账")
    rows = [
        duty("440783001000", "三埠街道", "2026Q3", "已报"),
        duty("440783001000", "三埠街道", "2026-09", "零报(已确认)", form=activities),
        duty("440783117000", "水口镇", "2026-09", "缓报(已批准)", form=activities),
        duty("440783000000", "开平市", "2026-09", "未报", form=issues),
    ]
    table = status_table(rows)
    grids = [[cell.strip() for cell in line.split("│")] for line in table.splitlines() if "│" in line]
    assert grids == [
        ["填报单位", "基文01 2026Q3", "基文03 2026-09"],
        ["", "截止 2026-10-13", "截止 2026-10-13"],
        ["三埠街道", "已报", "零报(已确认)"],
        ["水口镇", "—", "缓报(已批准)"],
        ["填报单位", "基文06 2026-09"],
        ["", "截止 2026-10-13"],
        ["开平市", "未报"],
    ]
    assert "基文03《活动台账》2026年9月:应报2 零报(已确认)1 缓报(已批准)1" in table
    assert "基文06《问题整改台账》2026年9月:应报1 未报1" in table


def test_approvals_table() -> None:
    scope = {
        "form_code": "基文01", "unit_code": "440783117000", "unit_name": "水口镇", "period": "2026Q3", "reason": "全镇\n停电",
        "approved_by": "王局长", "valid_until": date(2026, 12, 31),
    }  # fmt: skip
    waiver = {**scope, "approval_id": 7, "code": "built_with_zero", "field": "floor_area_m2"}
    table = approvals_table([waiver, {**scope, "approval_id": 8, "code": None, "field": None}])
    assert table.splitlines() == [
        "第7号  豁免  基文01 2026年第3季度 水口镇(440783117000)  已建成却填0(built_with_zero,栏目 floor_area_m2)  至2026-12-31"
        "  批准:王局长  理由:全镇\ufffd停电",
        "第8号  缓报  基文01 2026年第3季度 水口镇(440783117000)  改为2026-12-31截止  批准:王局长  理由:全镇\ufffd停电",
    ]
    assert approvals_table([]) == "没有生效的豁免和缓报。"
