"""What closes a finding without a correction: explanations and waivers."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from wentong.findings import Finding
from wentong.returns import Judgement, Row
from wentong.settling import Waiver, explains, settle

COUNTY, TOWN, OTHER_TOWN = "440783000000", "440783117000", "440783001000"
VILLAGE, NEIGHBOUR = "440783117201", "440783117202"
UNUSUAL = Finding("unusual_value", "表", 5, 4, "floor_area_m2", "20")
ZERO = Finding("built_with_zero", "表", 5, 4, "floor_area_m2", "0")


def judgement(*findings: Finding, remark: str | None = None, answers: int | None = None, **more: Any) -> Judgement:
    """A town's return with one village in line 5, its area in D5."""
    row = Row("表", 5, "accept", VILLAGE, TOWN, {"remark": remark}, table="village_center")
    row.cells = {"floor_area_m2": (5, 4, "20"), "remark": (5, 9, remark or "")}
    scope = {"form": "基文01", "period": "2026Q3", "unit": TOWN, "rows": [row], **more}
    return Judgement("x.xlsx", "0" * 64, "load", findings=list(findings), answers_submission=answers, **scope)


@pytest.mark.parametrize(
    ("remark", "explained", "in_a_corrected_copy"),
    [
        ("情况属实,去年扩建", True, True),
        ("经核实无误", True, True),
        ("说明:新馆", True, True),
        (" (原因)搬迁", True, True),
        ("示范点", False, True),
        ("待核实", False, True),
        ("需进一步核实", False, True),
        ("未经核实", False, True),
        ("无法核实", False, True),
        ("是否属实请镇里看", False, True),
        ("不完全属实", False, True),
        ("原因不明", False, True),
        ("没有变化,情况属实", True, True),
        ("无", False, False),
        ("—", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_what_a_remark_explains(remark: str | None, explained: bool, in_a_corrected_copy: bool) -> None:
    assert explains(remark, is_correction=False) is explained
    assert explains(remark, is_correction=True) is in_a_corrected_copy


def test_a_remark_explains_the_warnings_of_its_row_and_nothing_else() -> None:
    found = [
        UNUSUAL,
        Finding("hidden_row", "表", 5),
        Finding("unusual_value", "表", 6, 4, "floor_area_m2"),
        Finding("signature_missing", "表"),
        Finding("number_expected", "表", 5, 4, "floor_area_m2"),
        Finding("special_zone", "表", 5),
    ]
    judged = judgement(*found, remark="情况属实")
    settle([judged])
    assert [f.explanation for f in judged.findings] == ["情况属实", "情况属实", None, None, None, None]
    assert [f.is_to_explain for f in judged.findings] == [False, False, True, True, False, False]
    assert [f.is_to_mend for f in judged.findings] == [False, False, False, False, True, False]


def test_a_vertical_form_finds_its_row_by_the_cell() -> None:
    judged = judgement(Finding("unusual_value", "表", 9, 2, "floor_area_m2"), remark="情况属实")
    judged.rows[0].cells = {"floor_area_m2": (9, 2, "20")}
    settle([judged])
    assert judged.findings[0].explanation == "情况属实"


def waiver(number: int = 7, **more: Any) -> Waiver:
    terms: dict[str, Any] = {
        "code": "built_with_zero", "form_code": "基文01", "unit_code": TOWN, "period": "2026Q3", "field": None, "reason": "停电",
        "approved_by": "王", "approved_at": datetime(2026, 10, 1, tzinfo=UTC), "valid_until": date(2026, 12, 31),
    }  # fmt: skip
    return Waiver(number, **{**terms, **more})


@pytest.mark.parametrize(
    ("terms", "is_waived"),
    [
        ({}, True),
        ({"unit_code": COUNTY}, True),
        ({"unit_code": VILLAGE}, True),
        ({"field": "floor_area_m2"}, True),
        ({"unit_code": NEIGHBOUR}, False),
        ({"unit_code": OTHER_TOWN}, False),
        ({"field": "weekly_open_hours"}, False),
        ({"period": "2026Q2"}, False),
        ({"form_code": "基文02"}, False),
        ({"code": "unusual_value"}, False),
    ],
)
def test_what_a_waiver_is_about(terms: dict[str, Any], is_waived: bool) -> None:
    judged = judgement(ZERO)
    settle([judged], [waiver(**terms)])
    assert judged.findings[0].waiver == (7 if is_waived else None)
    assert judged.findings[0].is_to_mend is not is_waived


def test_a_countys_file_is_everybodys_and_each_row_its_towns() -> None:
    judged = judgement(ZERO, Finding("signature_missing", "表"), unit=COUNTY)
    settle([judged], [waiver(), waiver(8, code="signature_missing")])
    assert [f.waiver for f in judged.findings] == [7, None]


@pytest.mark.parametrize("code", ["number_expected", "unknown_village", "period_conflict", "extra_column"])
def test_what_is_kept_out_is_never_waived(code: str) -> None:
    judged = judgement(ZERO, Finding(code, "表", 5, 4))
    settle([judged], [waiver(code=code, unit_code=COUNTY)])
    assert judged.findings[1].waiver is None
