"""The programmes of the source documents as plans: they load, say what is invented, and what cannot be shown is refused."""

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS
from wentong.milestones import required
from wentong.plans import load_plan

EXAMPLES = sorted((SCHEMAS / "plans" / "examples").glob("*.yml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_loads_and_says_what_is_invented(path: Path) -> None:
    plan = load_plan(path)
    assert plan.code == path.stem
    assert "虚构" in plan.title
    assert "# INVENTED: " in path.read_text(encoding="utf-8")


def test_the_standards_of_panjin() -> None:
    standards = load_plan(SCHEMAS / "plans" / "examples" / "panjin_2017.yml").standards
    assert standards is not None
    assert [item.item_no for item in standards.items] == list(range(1, 95))
    assert len({item.task_no for item in standards.items}) == 7
    assert len({item.indicator_no for item in standards.items}) == 32
    task_of = {item.indicator_no: item.task_no for item in standards.items}
    assert all(task_of[item.indicator_no] == item.task_no for item in standards.items)
    assert all("虚构" in item.title for item in standards.items)
    assert (standards.pass_share, required(standards.pass_share, 94)) == (Fraction(19, 20), 90)


def test_the_scorecard_of_chengjiang_gives_a_hundred_points() -> None:
    plan = load_plan(SCHEMAS / "plans" / "examples" / "chengjiang_2019.yml")
    assert sum(line.weight for line in plan.scorecard) == 100
    assert Counter(target.strength for target in plan.targets) == {"must": 6, "stretch": 1}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("indicator: NE03", "indicator: NE99", "there is no indicator NE99"),
        ("indicator: NE03", "indicator: OP03", "OP03 is no figure of a county, only of: village"),
        ("indicator: OP01, weight", "indicator: CO12, weight", "CO12 is no figure of a town, only of: county"),
        ('"530481000000"', '"530400000000"', "NE01-T is no figure of a prefecture, only of: county"),
        ("number: 2, title: 建", "number: 3, title: 建", "number the phases 1, 2, 3"),
        ("last_period: 2018-12", "last_period: 2018-07", "phase 1 ends before it begins"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    text = (SCHEMAS / "plans" / "examples" / "chengjiang_2019.yml").read_text(encoding="utf-8")
    path = tmp_path / "plan.yml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(DeclarationError, match=says):
        load_plan(path)
