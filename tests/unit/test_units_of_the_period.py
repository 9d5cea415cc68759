"""A return is judged by the register of its period: what existed on its last day, under the names and codes of then."""

import hashlib
import pickle
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from good_rows import GOOD_ROWS

from wentong import judging
from wentong.forms import find_form
from wentong.periods import Period
from wentong.places import Ending, Place, Register
from wentong.returns import Judgement
from wentong.templates import write_return

FORM = find_form("基文01")
DAY, TODAY = date(2026, 8, 1), date(2026, 10, 12)
COUNTY, TOWN, OLD_TOWN, NEW_TOWN = "990001000000", "990001100000", "990001101000", "990001001000"
A1, A2, A3, B1, N1 = "990001100201", "990001100202", "990001100203", "990001101201", "990001001001"
TOWNS, VILLAGES = (OLD_TOWN, NEW_TOWN), (B1, N1)
REGISTER = Register(
    [
        Place(NEW_TOWN, "新城街道", 4, COUNTY, "subdistrict", True, ("乙镇",), TOWNS, DAY),
        Place(N1, "乙一社区", 5, NEW_TOWN, "community", False, ("乙一村",), VILLAGES, DAY),
        Place(COUNTY, "示例县", 3, "", "county"),
        Place(TOWN, "甲镇", 4, COUNTY, "town", True),
        Place(A1, "甲一村", 5, TOWN, "village"),
        Place(A1, "甲一村", 5, TOWN, "village", valid_from=DAY, ending=Ending("merged", (A2,))),
        Place(A2, "甲二村", 5, TOWN, "village"),
        Place(A3, "甲三村", 5, TOWN, "village", valid_from=DAY),
        Place(OLD_TOWN, "乙镇", 4, COUNTY, "town", True, ("新城街道",), TOWNS),
        Place(OLD_TOWN, "乙镇", 4, COUNTY, "town", True, (), TOWNS, DAY, Ending("upgraded", (NEW_TOWN,))),
        Place(B1, "乙一村", 5, OLD_TOWN, "village", False, ("乙一社区",), VILLAGES),
        Place(B1, "乙一村", 5, OLD_TOWN, "village", False, (), VILLAGES, DAY, Ending("recoded", (N1,))),
    ]
)


def judged(
    folder: Path,
    period: str,
    villages: Sequence[tuple[str, str]],
    unit: str = TOWN,
    name: str = "甲镇",
    register: Register = REGISTER,
    empty: str = "",
) -> Judgement:
    """The verdict on a return with these names and codes in its rows, of which one may have no figures."""
    good = GOOD_ROWS["village_center"][0]
    rows = [
        {**(good if code != empty or not code else {}), "village_name": name, "division_code": code or None}
        for name, code in villages
    ]
    stream = BytesIO()
    write_return(stream, FORM, Period.parse(period), unit, f"示例县{name}", {"village_center": rows})
    path = folder / "季报.xlsx"
    path.write_bytes(stream.getvalue())
    file = judging.Incoming(path, path.name, hashlib.sha256(stream.getvalue()).hexdigest(), (name,), COUNTY)
    return judging.draft(file, pickle.loads(pickle.dumps(register)), TODAY)


def units(verdict: Judgement) -> list[tuple[str | None, str | None, str]]:
    return [(row.division_code, row.town_code, row.status) for row in verdict.rows]


def said(verdict: Judgement, code: str) -> list[str]:
    return [finding.message + finding.fix for finding in verdict.findings if finding.code == code]


@pytest.mark.parametrize("village", [("甲一村", A1), ("甲一村", ""), ("", A1)])
def test_a_merged_village_still_reports_for_the_time_before(tmp_path: Path, village: tuple[str, str]) -> None:
    verdict = judged(tmp_path, "2026Q2", [village, ("甲二村", A2)])
    assert units(verdict) == [(A1, TOWN, "accept"), (A2, TOWN, "accept")]
    assert not said(verdict, "units_absent")


@pytest.mark.parametrize("village", [("甲一村", A1), ("甲一", ""), ("", A1)])
def test_a_merged_village_is_told_under_whom_to_report(tmp_path: Path, village: tuple[str, str]) -> None:
    verdict = judged(tmp_path, "2026Q3", [village, ("甲二村", A2), ("甲三村", A3)])
    assert units(verdict) == [(None, None, "quarantine"), (A2, TOWN, "accept"), (A3, TOWN, "accept")]
    assert said(verdict, "unit_closed") == [
        "“甲一村”从2026年8月1日起已并入“甲镇甲二村”,本期不再单独填报。"
        "请删去这一行,数据填在“甲镇甲二村”一行。确有出入的,请联系县级管理员核对名录。"
    ]
    assert not said(verdict, "units_absent")


def test_a_merged_village_that_a_template_brought_along_may_stay_empty(tmp_path: Path) -> None:
    verdict = judged(tmp_path, "2026Q3", [("甲一村", A1), ("甲二村", A2)], empty=A1)
    assert units(verdict) == [(A2, TOWN, "accept")]
    assert not said(verdict, "unit_closed")


def test_a_new_village_does_not_report_for_the_time_before(tmp_path: Path) -> None:
    verdict = judged(tmp_path, "2026Q2", [("甲三村", A3), ("甲二村", A2)])
    assert units(verdict) == [(None, None, "quarantine"), (A2, TOWN, "accept")]
    assert said(verdict, "unit_not_yet")[0].startswith("“甲三村”从2026年8月1日起才有")


@pytest.mark.parametrize(("unit", "name"), [(OLD_TOWN, "乙镇"), (NEW_TOWN, "新城街道")])
@pytest.mark.parametrize(("period", "town", "village"), [("2026Q2", OLD_TOWN, B1), ("2026Q3", NEW_TOWN, N1)])
@pytest.mark.parametrize("written", [("乙一村", B1), ("乙一社区", N1), ("乙一村", "")])
def test_a_town_that_becomes_a_subdistrict_is_known_by_its_names_and_codes(
    tmp_path: Path, unit: str, name: str, period: str, town: str, village: str, written: tuple[str, str]
) -> None:
    verdict = judged(tmp_path, period, [written], unit, name)
    assert (verdict.outcome, verdict.unit, units(verdict)) == ("load", town, [(village, town, "accept")])
    assert bool(said(verdict, "code_of_other_time")) == (written[1] not in ("", village))


def test_a_closed_town_does_not_report(tmp_path: Path) -> None:
    closed = Place(TOWN, "甲镇", 4, COUNTY, "town", True, valid_from=DAY, ending=Ending("merged", (NEW_TOWN,)))
    villages = [
        Place(code, "甲一村", 5, TOWN, "village", valid_from=DAY, ending=Ending("closed")) for code in (A1, A2, A3)
    ]
    register = Register([*REGISTER.versions, closed, *villages])
    verdict = judged(tmp_path, "2026Q3", [("甲一村", "")], register=register)
    assert verdict.outcome == "quarantine_file"
    assert said(verdict, "reporter_closed")[0].startswith("“甲镇”从2026年8月1日起已并入“新城街道”,本期不再填报。")
    assert judged(tmp_path, "2026Q2", [("甲一村", "")], register=register).outcome == "load"
