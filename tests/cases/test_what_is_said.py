"""What senders are told: one fault is said once, and every sentence is complete."""

from pathlib import Path

import pytest
from handed_in import NAMES, HandedIn, built, official, workbook
from test_stories import draft, handed_in, kaiping


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1 | 永安村 | | 看情况"], ["D4 status_unclear"]),
        (["1 | 永安村 | | #REF! | 200"], ["D4 formula_error"]),
        (["1 | 永安村 | | 已建成 | 200 | | | | | | 好多 | 120"], ["K4 number_expected"]),
        (["1 | 永安村 | | 已建成 | 200 | | | | | | #N/A | 120"], ["K4 formula_error"]),
        (["1 | 永安村 | | 未建成 | 很大"], ["E4 number_expected"]),
        (["1 | 永安村 | | 已建成 | -20"], ["E4 negative_number"]),
        (["1 | 永安村 | | 已建成 | 999999"], ["E4 above_limit"]),
        (["1 | 永安村 | | 已建成 | 很大", " | 合计 | | | 900"], ["E4 number_expected"]),
        (["1 | 永安村 | | 已建成 | 200", "2 | 幸福里 | | 已建成 | 300", " | 合计 | | | 500"], ["B5 unknown_village"]),
        (["1 | 永安村 | | 已建成 | 约200", " | 合计 | | | 900"], ["E4 approximate_number"]),
        (["1 | | | 已建成 | 200"], ["B4 village_missing"]),
    ],
)  # fmt: skip
def test_what_follows_from_a_fault_is_not_said(tmp_path: Path, rows: list[str], said: list[str]) -> None:
    """No missing area where the status is unclear, no doubt about totals over withheld values, and so on."""
    from wentong import checks

    verdict = draft(HandedIn(workbook(official(*rows))), tmp_path)
    checks.check([verdict], kaiping())
    assert [f"{f.cell} {f.code}" for f in verdict.findings if f.code != "units_absent"] == said


def test_a_column_that_is_missing_is_missed_once(tmp_path: Path) -> None:
    rows = [f"{n} | {name} | 已建成 | 1500 | 20 | 3" for n, name in enumerate(NAMES)]
    text = "\n".join(
        ["水口镇2026年3季度文化服务中心", "序号 | 村名 | 是否建成 | 图书藏量 | 阅览座位数 | 活动场次", *rows]
    )
    verdict = draft(HandedIn(workbook(text)), tmp_path)
    about_area = [finding.code for finding in verdict.findings if finding.field == "floor_area_m2"]
    assert about_area == ["missing_column"]


def test_a_held_file_is_asked_one_question(tmp_path: Path) -> None:
    """Whose return it is comes first: no village is unknown, of another town or absent before."""
    text = official(built(1, "永安村"), built(2, "幸福里"), head=("综合性文化服务中心季报 2026年第3季度",))
    verdict = draft(HandedIn(workbook(text), "报表.xlsx", ()), tmp_path)
    assert [finding.code for finding in verdict.findings] == ["unit_unknown"]


@pytest.mark.parametrize(
    ("story", "sentence"),
    [
        ("all_data_in_hidden_sheets", "隐藏的工作表“季报”没有读取;数据在里面的,请先取消隐藏再保存。"),
        ("no_sheet_is_visible", "隐藏的工作表“季报”没有读取;数据在里面的,请先取消隐藏再保存。"),
        ("farmland_table", "表头看起来是“水口镇高标准农田建设情况表”。"),
        ("period_mark_against_title", "模板标记“2026Q3”、表头“报告期:2026年第2季度”。"),
        ("xlsm_with_macros", "宏没有运行,只读取了数据"),
    ],
)
def test_the_sentence(tmp_path: Path, story: str, sentence: str) -> None:
    assert sentence in "".join(finding.message for finding in draft(handed_in(story), tmp_path).findings)
