"""A ledger of problems from the county's workbook to the console: what is closed, and what only says so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
import stated_returns as returns

from wentong import cli, pipeline, warehouse
from wentong.periods import CHINA
from wentong.reports import issues_table
from wentong.settings import Settings

NOW = datetime(2026, 11, 20, 9, tzinfo=CHINA)
CLOSED = {
    "issue_state": "closed", "done_on": date(2018, 1, 20), "evidence_ids": "ZP-201", "verified_by": "何某",
    "check_result": "passed", "closed_on": date(2018, 1, 25),
}  # fmt: skip
DATES = {"found_on": date(2018, 1, 5), "due_on": date(2018, 3, 1)}
ISSUES = [
    {"issue_id": "2018-Q1-001", **DATES, **CLOSED},
    {"issue_id": "2018-Q1-002", **DATES, **CLOSED, "verified_by": "林某"},
    {"issue_id": "2018-Q1-003", **DATES, **CLOSED, "verified_by": None},
    {"issue_id": "2018-Q1-004", **DATES, "description": "架上图书\n没有编目,读者查不到"},
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site without Airflow, with the sample county and its ledger of January 2018."""
    home = tmp_path_factory.mktemp("issues")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, NOW):
        rows = [returns.good("issue_ledger", **issue) for issue in ISSUES]
        returns.hand_in(made.share, returns.KAIPING, "基文06", "2018-01", issue_ledger=rows)
        assert [one.outcome for one in pipeline.collect(made, NOW)] == ["load"]
        yield made


def test_a_problem_is_closed_by_evidence_and_another_persons_check(settings: Settings) -> None:
    """Judging contests what one person both did and checked; the board reads that, not the names."""
    with warehouse.engine(settings) as engine:
        table = issues_table(warehouse.issues(engine, date(2018, 3, 10)), sample=True)
    title, heading, *lines, counts = table.splitlines()
    assert title == "问题整改台账  【示例数据(虚构)】"
    assert heading.split() == ["编号", "单位", "来源", "时限", "状态", "灯", "超期", "备注", "问题"]
    assert [" ".join(line.split()) for line in lines] == [
        "2018-Q1-002 水口镇 自查 2018-03-01 已销号 红 9天 不能销号:核查人与责任人为同一人 水口文化站周末没有按公告时间开放",
        "2018-Q1-003 水口镇 自查 2018-03-01 已销号 红 9天 不能销号:缺核查人 水口文化站周末没有按公告时间开放",
        "2018-Q1-004 水口镇 自查 2018-03-01 整改中 红 9天 架上图书 没有编目,读者查不到",
        "2018-Q1-001 水口镇 自查 2018-03-01 已销号 水口文化站周末没有按公告时间开放",
    ]
    assert counts == "共4个:已销号1个(25.0%),未销号3个,其中超期3个,台账写已销号但条件不全2个"


def test_issues_of_a_county_that_are_open(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    assert cli.main(["issues", "--county", "440783", "--open", "--json"]) == cli.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["issue_id"] for one in found] == ["2018-Q1-002", "2018-Q1-003", "2018-Q1-004"]
    assert {"responsible_person", "verified_by"}.isdisjoint(found[0])
    assert cli.main(["issues", "--county", "440784"]) == cli.FINE
    assert capsys.readouterr().out == "台账里没有问题。\n"
