"""The invented demonstration returns: right in number, labelled, reproducible, and judged as intended."""

import csv
import io
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from wentong import judging, readers
from wentong.marks import MARK_SHEET
from wentong.places import Place, Register
from wentong.returns import Judgement
from wentong.samples import PERIODS, SILENT, TASKS, UNITS, Sample, expected_completion, samples, write_samples
from wentong.settings import INCLUDE
from wentong.templates import DEMO_BANNER


@pytest.fixture(scope="module")
def given() -> list[Sample]:
    return samples()


@pytest.fixture(scope="module")
def units() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(UNITS.read_text("utf-8"))))


@pytest.fixture(scope="module")
def tasks() -> set[str]:
    return {row["division_code"] for row in csv.DictReader(io.StringIO(TASKS.read_text("utf-8-sig")))}


def of(given: list[Sample], town: str, period: str) -> list[Sample]:
    return [sample for sample in given if (sample.town, sample.period) == (town, period)]


def test_every_town_reports_every_quarter_but_one(given: list[Sample], units: list[dict[str, str]]) -> None:
    towns = [row["name"] for row in units if row["owes_returns"] == "yes"]
    assert len(towns) == 15
    missing = {(town, period) for town in towns for period in PERIODS if not of(given, town, period)}
    assert missing == {SILENT}


def test_samples_are_written_into_the_inboxes_and_are_reproducible(tmp_path: Path) -> None:
    first, second = write_samples(tmp_path / "a"), write_samples(tmp_path / "b")
    assert len(set(first)) == len(first) == 46
    assert [path.relative_to(tmp_path / "a").parts[:2] for path in first] == [("开平市", "收件箱")] * len(first)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_one_quarter_can_be_written_alone(given: list[Sample]) -> None:
    assert samples(("2026Q2",)) == [sample for sample in given if sample.period == "2026Q2"]


def test_every_readable_sample_says_that_it_is_invented(given: list[Sample], tmp_path: Path) -> None:
    for number, sample in enumerate(given):
        if "not_a_spreadsheet" in sample.findings:
            assert b"invented" in sample.content
            continue
        path = tmp_path / f"{number}{sample.path.suffix}"
        path.write_bytes(sample.content)
        visible = [sheet for sheet in readers.read(path, sample.path.name).sheets if sheet.visible]
        assert all(any(cell.raw == DEMO_BANNER for cell in sheet.cells.values()) for sheet in visible)


def test_a_clean_workbook_looks_official(given: list[Sample]) -> None:
    (sample,) = of(given, "水口镇", "2026Q1")
    workbook = load_workbook(io.BytesIO(sample.content))
    sheet: Any = workbook["基文01"]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    for expected in (
        "《基层综合性文化服务中心情况季报》", "表号:基文01", "批准文号:〔待主管部门填写〕", "填报单位(盖章):开平市水口镇",
        "统一编码:440783117000", "报告期:2026年第1季度", "建筑面积\n(平方米)", "单位负责人:示例甲",
    ):  # fmt: skip
        assert expected in texts
    assert sheet["C7"].value == "440783117001"
    assert sheet["C7"].number_format == "@"
    assert sheet["N7"].is_date
    limited = {str(limit.sqref): limit.type for limit in sheet.data_validations.dataValidation}
    assert (limited["D7:D36"], limited["G7:G36"], limited["N7:N36"]) == ("list", "whole", "date")
    assert sheet.freeze_panes == "C7"
    assert workbook[MARK_SHEET].sheet_state == "veryHidden"
    assert sheet.page_setup.orientation == "landscape"


@pytest.mark.parametrize(
    ("day", "required", "completed"), [("2026-03-31", 124, 122), ("2026-06-30", 224, 216), ("2026-09-30", 248, 232)]
)
def test_the_county_ends_each_quarter_just_short(
    day: str, required: int, completed: int, given: list[Sample], tasks: set[str]
) -> None:
    done = expected_completion(given)
    assert len(tasks) == 248
    assert sum(code in tasks and on <= date.fromisoformat(day) for code, on in done.items()) == completed < required


def test_demonstration_points_stood_before_2026(
    given: list[Sample], tasks: set[str], units: list[dict[str, str]]
) -> None:
    towns = {row["division_code"] for row in units if row["owes_returns"] == "yes"}
    points = {row["division_code"] for row in units if row["parent_code"] in towns} - tasks
    assert len(points) == 21
    done = expected_completion(given)
    undated = {on for code, on in done.items() if code in points if on.year == 2026}
    assert undated <= {date(2026, 3, 31)}  # an undated centre counts at the end of the first quarter reported
    assert points <= set(done)


def test_small_centres_do_not_count(given: list[Sample]) -> None:
    areas = []
    for sample in given:
        if not sample.findings and sample.path.suffix == ".xlsx":
            sheet: Any = load_workbook(io.BytesIO(sample.content))["基文01"]
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7) if row[3].value == "已建成"]
            areas += [(row[2] in sample.met, row[4] >= 200) for row in rows]
    assert set(areas) == {(True, True), (False, False)}


def judged(given: list[Sample], folder: Path) -> list[Judgement]:
    with open(INCLUDE / "schemas" / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    register = Register(
        Place(r["division_code"], r["name"], int(r["level"]), r["parent_code"], r["kind"], r["owes_returns"] == "yes")
        for r in rows
    )
    verdicts = []
    for number, sample in enumerate(given):
        path = folder / f"{number}{sample.path.suffix}"
        path.write_bytes(sample.content)
        file = judging.Incoming(
            path, sample.path.name, sha256(sample.content).hexdigest(), (sample.town,), "440783000000"
        )
        verdicts.append(judging.draft(file, register, date(2026, 11, 22)))
    return verdicts


def test_samples_are_judged_as_intended(given: list[Sample], tmp_path: Path) -> None:
    """All that one file tells; `unusual_value` is a rule across cells and found by the validation suite."""
    for sample, verdict in zip(given, judged(given, tmp_path), strict=True):
        codes = {finding.code for finding in verdict.findings if finding.severity != "notice"}
        assert verdict.outcome == sample.outcome, sample.path
        assert codes == sample.findings - {"unusual_value"}, sample.path
        assert verdict.period in (sample.period, None)
        if sample.outcome == "load":
            met = {
                row.division_code
                for row in verdict.rows
                if row.status == "accept"
                and row.values.get("build_status") == "built"
                and float(row.values.get("floor_area_m2") or 0) >= 200
            }
            assert met == set(sample.met), sample.path
