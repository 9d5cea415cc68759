"""Plan files and frozen lists, as they ship and as they are written wrong."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS
from wentong.milestones import required
from wentong.plans import load_plan, load_task_list

KAIPING = SCHEMAS / "plans" / "kaiping_2026.yml"


def test_the_plan_of_kaiping() -> None:
    plan = load_plan(KAIPING)
    assert (plan.code, plan.county_code, plan.form, plan.table) == (
        "kaiping_2026",
        "440783000000",
        "基文01",
        "village_center",
    )
    assert plan.title == "开平市基层综合性文化服务中心建设任务(任务清单为虚构示例)"
    assert plan.minimum_floor_area_m2 == Decimal(200)
    assert plan.frozen_on == date(2026, 1, 1)
    assert [(str(m.period), m.share) for m in plan.milestones] == [
        ("2026Q1", Fraction(1, 2)),
        ("2026Q2", Fraction(9, 10)),
        ("2026Q3", Fraction(1)),
        ("2026Q4", None),
    ]


def test_the_list_of_kaiping() -> None:
    """269 units of the 15 towns, less 21 that met the standard before, at least one in each town."""
    plan = load_plan(KAIPING)
    assert plan.task_list is not None
    tasks = load_task_list(plan.task_list)
    with open(SCHEMAS / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        units = list(csv.DictReader(stream))
    towns = {unit["division_code"] for unit in units if unit["level"] == "4" and unit["owes_returns"] == "yes"}
    villages = {unit["division_code"]: unit["parent_code"] for unit in units if unit["parent_code"] in towns}
    assert (len(towns), len(villages), len(tasks)) == (15, 269, 248)
    met_before = Counter(town for village, town in villages.items() if village not in tasks)
    assert sum(met_before.values()) == 21
    assert met_before.keys() == towns
    assert tasks.keys() < villages.keys()
    assert "440783400498" not in tasks
    assert [required(m.share, len(tasks)) for m in plan.milestones if m.share is not None] == [124, 224, 248]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"year": "next"}, "year"),
        ({"form": "基文99"}, "基文99"),
        ({"table": "libraries"}, "libraries"),
        ({"surprise": 1}, "surprise"),
        ({"frozen_on": "2026-02-30"}, "frozen_on"),
        (
            {"milestones": [{"number": 1, "period": "2026Q1", "share": "50%"}]},
            r"line \d+: `share` is 50%; write a fraction, 9/10",
        ),
        ({"milestones": [{"number": 2, "period": "2026Q1", "share": "1/2"}]}, "number the milestones"),
        ({"milestones": [{"number": 1, "period": "2025Q4", "share": "1/2"}]}, "does not end in 2026"),
        ({"milestones": [{"number": 1, "period": "2026Q1", "share": "3/2"}]}, "at most 1/1"),
        (
            {
                "milestones": [
                    {"number": 1, "period": "2026Q1", "share": "9/10"},
                    {"number": 2, "period": "2026Q2", "share": "1/2"},
                ]
            },
            "cumulative",
        ),
        (
            {
                "milestones": [
                    {"number": 1, "period": "2026Q2", "share": "1/2"},
                    {"number": 2, "period": "2026Q1", "share": "1/1"},
                ]
            },
            "after the milestone before",
        ),
    ],
)
def test_a_wrong_plan_says_where(tmp_path: Path, change: dict[str, object], says: str) -> None:
    declared = yaml.safe_load(KAIPING.read_text(encoding="utf-8"))
    path = tmp_path / "plan.yml"
    path.write_text(yaml.safe_dump({**declared, **change}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DeclarationError, match=f"plan.yml.*{says}"):
        load_plan(path)


@pytest.mark.parametrize("content", [None, "code: [", "- 1", ""])
def test_what_is_no_plan_at_all(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "plan.yml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"plan\.yml"):
        load_plan(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("code\n1\n", "line 1: .*division_code"),
        ("division_code\n440783001020\n44078300\n", "line 3: '44078300' is no code"),
        ("division_code,village\n440783001020,甲\n440783001021,乙\n440783001020,甲\n", "line 4: .*already, in line 2"),
        ("division_code\n", "empty"),
    ],
)
def test_a_wrong_list_says_where(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DeclarationError, match=f"list.csv.*{says}"):
        load_task_list(path)


def test_a_list_saved_by_excel(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("\ufeffdivision_code,village\r\n440783001020,甲村\r\n".encode())
    assert load_task_list(path) == {"440783001020": 2}
    path.write_bytes("division_code,village\r\n440783001020,甲村\r\n".encode("gb18030"))
    with pytest.raises(DeclarationError, match="UTF-8"):
        load_task_list(path)
