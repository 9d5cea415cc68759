"""What bulletins read from the warehouse, as known at a load; and how the command and the pipeline issue them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from small_county import AT, COUNTY, TOWN_A, TOWN_B, Warehouse, mark

from wentong import bulletins, cli, pipeline, postgres
from wentong.bulletins import document
from wentong.bulletins.facts import Bulletin, Seal
from wentong.errors import WentongError
from wentong.journal import Journal
from wentong.periods import Period
from wentong.settings import SAMPLE_MARK, Settings
from wentong.warehouse import connections
from wentong.warehouse.migrate import migrate

BUILT = {"build_status": "built", "floor_area_m2": 250}
SEAL = Seal(7, "ab" * 32)


@pytest.fixture(scope="module")
def migrated(server: postgres.Server) -> Iterator[Warehouse]:
    settings = replace(
        Settings.from_environment(),
        database_url=server.url("wentong_etl"),
        owner_database_url=server.url("wentong_owner"),
    )
    migrate(settings)
    with connections.engine(settings, "wentong_owner") as owner, connections.engine(settings) as engine:
        yield Warehouse(owner, engine, engine)


@pytest.fixture
def warehouse(migrated: Warehouse) -> Warehouse:
    """The small county and its plan: 5 villages in two towns, 3 / 5 / 5 of them due."""
    migrated.empty()
    migrated.register()
    migrated.plan()
    return migrated


def first_quarter(warehouse: Warehouse) -> int:
    """Two of three reported in time; returns the load."""
    warehouse.report(TOWN_A, "2026Q1", {201: {**BUILT, "built_on": "2026-01-05"}, 202: {"build_status": "not_built"}})
    load = warehouse.report(TOWN_B, "2026Q1", {201: {**BUILT, "built_on": "2026-03-05"}})
    mark(warehouse.engine, "plan_2026", AT)
    return load


def gathered(warehouse: Warehouse, period: str, load: int) -> Bulletin:
    with warehouse.engine.connect() as connection:
        return bulletins.gather(connection, "plan_2026", Period.parse(period), load, date(2026, 7, 2), SEAL, False)


def test_a_quarter_that_fell_short(warehouse: Warehouse) -> None:
    facts = gathered(warehouse, "2026Q1", first_quarter(warehouse))
    made = document.compose(facts)
    assert made.headline == "截至2026年3月31日，全县任务5个，已验收达标2个，完成率40.0%，距第一季度要求差1个，未达成。"
    assert made.status.startswith("初步数据")
    assert made.foot.endswith("存档流水第7号，校验 abababababababab")
    assert [(gap.town_name, gap.village_name) for gap in facts.gaps if gap.role == "task"] == [
        ("甲镇", "甲2村"), ("甲镇", "甲3村"), ("乙镇", "乙2村"),
    ]  # fmt: skip
    towns = {one.scope_name: (one.tasks, one.accepted, one.required) for one in facts.at(1)}
    assert towns == {"示例县": (5, 2, 3), "甲镇": (3, 1, 2), "乙镇": (2, 1, 1)}
    assert facts.at(1)[0].scope_code == COUNTY


def test_the_line_to_the_milestones_is_straight_by_days(warehouse: Warehouse) -> None:
    facts = gathered(warehouse, "2026Q1", first_quarter(warehouse))
    trend = {point.day: (point.accepted, point.target) for point in facts.trend}
    assert trend[date(2026, 1, 31)] == (1, Fraction(3 * 31, 90))
    assert trend[date(2026, 3, 31)] == (2, Fraction(3))
    assert trend[date(2026, 4, 30)] == (None, 3 + Fraction(2 * 30, 91))
    assert trend[date(2026, 9, 30)] == (None, Fraction(5))


def test_what_lies_ahead_is_seen_from_the_day_of_what_is_known(warehouse: Warehouse) -> None:
    ahead = gathered(warehouse, "2026Q1", first_quarter(warehouse)).ahead
    assert ahead is not None
    assert (ahead.day, ahead.area.milestone_number, ahead.area.next_due) == (date(2026, 7, 1), 3, 3)
    assert ahead.outlook.pace.working_days == 65  # 2 July to 30 September; 25 September is off, Sunday 20 is worked
    assert {town: [task.name for task in made.tasks] for town, made in ahead.schedules} == {
        "甲镇": ["甲2村", "甲3村"], "乙镇": ["乙2村"],
    }  # fmt: skip


def test_a_late_report_leaves_what_was_published_and_stands_beside_it(warehouse: Warehouse) -> None:
    load = first_quarter(warehouse)
    release = {"name": "2026Q1-1", "period": "2026Q1", "load_id": load, "title": "发布", "published_at": AT}
    warehouse.insert("ops.releases", {**release, "published_by": "某人", "journal_seq": 99, "sha256": "0" * 64})
    published = gathered(warehouse, "2026Q1", load)
    late = warehouse.report(TOWN_A, "2026Q1", {203: {**BUILT, "built_on": "2026-03-29"}})
    mark(warehouse.engine, "plan_2026", AT)

    assert document.compose(published).status == "公布数据（2026Q1-1）"
    assert gathered(warehouse, "2026Q1", load) == published, "what was known at a load is known for ever"
    made = document.compose(gathered(warehouse, "2026Q1", late))
    assert made.status == "最新资料（本期已按 2026Q1-1 公布）"
    assert made.headline.endswith(
        "已验收达标2个，完成率40.0%，距第一季度要求差1个，未达成。另有1个在公布后补报，按最新资料第一季度为60.0%（3个），补报后达成。"
    )


def test_a_month_is_about_the_milestone_to_come(warehouse: Warehouse) -> None:
    facts = gathered(warehouse, "2026-02", first_quarter(warehouse))
    assert (facts.as_of, facts.focus) == (date(2026, 2, 28), 1)
    assert (
        "已验收达标1个，完成率20.0%，距第一季度要求（3个）还差2个，考核日2026年3月31日未到。"
        in document.compose(facts).headline
    )


def test_what_has_not_begun_or_does_not_exist_is_refused(warehouse: Warehouse) -> None:
    load = first_quarter(warehouse)
    with pytest.raises(WentongError, match="2026Q4 had not begun"):
        gathered(warehouse, "2026Q4", load)
    with warehouse.engine.connect() as connection, pytest.raises(WentongError, match="no plan nothing"):
        bulletins.gather(connection, "nothing", Period.parse("2026Q1"), load, AT.date(), None, False)


def test_the_command_writes_three_files_of_every_plan(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WENTONG_HOME", str(home))
    (home / SAMPLE_MARK).touch()
    with postgres.server(home):
        assert cli.main(["bulletin", "2026Q1"]) == cli.FINE
        written = [Path(line) for line in capsys.readouterr().out.split("\n") if line]
        assert [path.suffix for path in written] == [".xlsx", ".html", ".pdf"]
        assert {path.parent for path in written} == {home / "bulletins" / "2026Q1"}
        assert written[1].name.startswith("kaiping_2026-2026Q1-")
        page = written[1].read_text(encoding="utf-8")
        assert "示例数据" in page
        assert "存档流水第" in page
        elsewhere = home / "there"
        assert cli.main(["bulletin", "2026-02", "--plan", "kaiping_2026", "-o", str(elsewhere)]) == cli.FINE
        assert len(list(elsewhere.iterdir())) == 3
        assert cli.main(["bulletin", "2026Q1", "--plan", "nothing"]) == cli.FAULT
        assert "nothing" in capsys.readouterr().err

        at = AT.replace(month=4, day=16)
        issued = pipeline.issue_ended_bulletins(Settings.from_environment(), at)
        assert sorted({path.parent.name for path in issued}) == ["2026-03", "2026Q1"]


def test_the_seal_is_the_last_complete_entry_of_the_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.head() is None
    for number in range(1, 400):
        journal.append("noted", {"text": "x" * 1000}, AT)
        if number in (1, 399):
            head = journal.head()
            assert head is not None
            assert head["seq"] == number
    with open(journal.path, "ab") as stream:
        stream.write(b'{"torn":')
    assert journal.head() == head
