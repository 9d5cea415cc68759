"""Approved changes of a plan's list: the adjusted list follows, the frozen one stays, and what was known stays as it was."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sites import A1, A2, A3, AT, B1, B2, COUNTY, FORM, TOWN_B, Site, row

from wentong import cli, warehouse
from wentong.errors import DeclarationError, WentongError
from wentong.warehouse import Change

PLAN = {
    "code": "plan_2026",
    "title": "示例县建设任务",
    "year": 2026,
    "county_code": COUNTY,
    "document": "示例",
    "frozen_on": "2026-01-01",
    "form": FORM,
    "table": "village_center",
    "completion_stage": "met_in_return",
    "minimum_floor_area_m2": 200,
    "task_list": "list.csv",
    "milestones": [
        {"number": 1, "period": "2026Q2", "share": "1/2"},
        {"number": 2, "period": "2026Q3", "share": "1/1"},
    ],
}
NUMBER = "示民函〔2026〕12号"
DAY = date(2026, 8, 30)
MERGED = Change("plan_2026", "remove", A3, DAY, NUMBER, "撤并", A2)
BUILT = {"build_status": "built", "floor_area_m2": 300}


@pytest.fixture
def planned(site: Site, tmp_path: Path) -> Site:
    """Four of the five villages are on the list; two of 甲镇 met the standard in September, the third did not."""
    import_plan(site, tmp_path, A1, A2, A3, B1)
    unbuilt = {"build_status": "not_built"}
    site.load(site.submit(row(A1, **BUILT), row(A2, **BUILT), row(A3, **unbuilt), row(B1, **BUILT), row(B2, **BUILT)))
    return site


def import_plan(site: Site, folder: Path, *codes: str, why: str | None = None) -> warehouse.Imported:
    (folder / "plan.yml").write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
    (folder / "list.csv").write_text("\n".join(["division_code", *codes]), encoding="utf-8")
    return warehouse.import_plan(site.engine, site.archive.journal, folder / "plan.yml", None, AT, why)


def change(site: Site, *changes: Change) -> int:
    return warehouse.change_plan(site.engine, site.archive.journal, changes, "王局长", AT)


def board(site: Site, day: date = DAY, load: int | None = None, number: int = 2) -> dict[str, Any]:
    """The county's milestone, seen from a day."""
    rows = warehouse.coverage(site.engine, "plan_2026", load, day)
    (found,) = (r for r in rows if (r["scope_code"], r["milestone_number"]) == (COUNTY, number))
    return dict(found)


def everything(site: Site, load: int) -> list[str]:
    marts = [f"marts.{name}(:load)" for name in ("coverage_board", "task_progress", "gap_list", "plan_days")]
    marts.append("marts.milestones(:load, '2026-12-31')")
    return [str(found) for mart in marts for found in sorted(map(repr, site.rows(f"select * from {mart}", load=load)))]


def test_a_merged_village_leaves_the_adjusted_list_from_its_day_on(planned: Site) -> None:
    change(planned, MERGED)
    before, since = board(planned, DAY - timedelta(1)), board(planned)
    frozen = {"tasks": 4, "required": 4, "due_units": 5}
    assert before | frozen | {"adjusted_tasks": 4, "approvals": None} == before
    assert since | frozen | {"adjusted_tasks": 3, "adjusted_required": 3, "approvals": NUMBER} == since
    after = board(planned, date(2026, 9, 30))
    counts = {"accepted": 3, "short": 1, "verdict": "not_met", "adjusted_accepted": 3, "adjusted_verdict": "met"}
    assert after | counts == after
    assert after["list_id"] == before["list_id"] == "plan_2026@2", "the frozen list is the same"
    (village,) = planned.rows(
        "select role, removed_on, approval_no from marts.task_progress where milestone_number = 2 and removed_on is not null"
    )
    assert village == ("task", DAY, NUMBER)


def test_a_new_village_is_on_the_adjusted_list_only(planned: Site) -> None:
    change(planned, Change("plan_2026", "add", B2, DAY, NUMBER, "新增安置村"))
    before, since = board(planned, DAY - timedelta(1)), board(planned)
    assert [(each["tasks"], each["adjusted_tasks"], each["due_units"]) for each in (before, since)] == [
        (4, 4, 5),
        (4, 5, 5),
    ]
    after = board(planned, date(2026, 9, 30))
    assert (after["accepted"], after["adjusted_accepted"], after["adjusted_required"]) == (3, 4, 5)


def test_a_town_with_added_villages_only_is_judged_by_them(planned: Site, tmp_path: Path) -> None:
    import_plan(planned, tmp_path, A1, A2, A3, why="示文〔2026〕1号")
    change(planned, Change("plan_2026", "add", B2, DAY, NUMBER, "新增安置村"))
    (town,) = (
        found
        for found in warehouse.coverage(planned.engine, "plan_2026", None, date(2026, 9, 30))
        if (found["scope_code"], found["milestone_number"]) == (TOWN_B, 2)
    )
    assert (town["tasks"], town["verdict"], town["light"]) == (0, None, None)
    assert (town["adjusted_tasks"], town["adjusted_verdict"]) == (1, "met")


def test_a_change_made_in_error_is_withdrawn(planned: Site) -> None:
    as_it_was = board(planned, date(2026, 9, 30))
    wrong = change(planned, MERGED)
    change(planned, Change("plan_2026", "withdraw", A3, None, "示民函〔2026〕13号", "文号录错"))
    assert board(planned, date(2026, 9, 30)) == as_it_was
    assert board(planned, date(2026, 9, 30), wrong)["adjusted_tasks"] == 3, "what was known then stays"
    change(planned, Change("plan_2026", "add", B2, DAY, NUMBER, "新增"))
    change(planned, Change("plan_2026", "withdraw", B2, None, "示民函〔2026〕13号", "录错"))
    assert board(planned, date(2026, 9, 30)) == as_it_was


def test_what_was_known_before_a_change_stays(planned: Site) -> None:
    (known,) = planned.rows("select max(load_id) from ops.loads")[0]
    before = everything(planned, known)
    change(planned, MERGED, Change("plan_2026", "add", B2, date(2026, 3, 1), NUMBER, "新增"))
    assert everything(planned, known) == before
    assert everything(planned, known + 1) != before


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(MERGED, plan_code="plan_2031"), "there is no plan plan_2031; import it first"),
        (replace(MERGED, approval_no=" "), f"plan_2026, {A3}: .* needs the number of its approval and a reason"),
        (replace(MERGED, why=""), "needs the number of its approval and a reason"),
        (replace(MERGED, effective_on=None), "from the day of freezing on, 2026-01-01"),
        (replace(MERGED, effective_on=date(2025, 12, 31)), "from the day of freezing on, 2026-01-01"),
        (replace(MERGED, division_code=B2), f"plan_2026, {B2}: it is not on the list"),
        (replace(MERGED, division_code="990001100299"), "there is no village 990001100299 in the register"),
        (replace(MERGED, into_code="990001100299"), "there is no village 990001100299 in the register"),
        (replace(MERGED, into_code=A3), "a village is not merged with itself"),
        (replace(MERGED, kind="add", into_code=None), "it is on the list already"),
        (replace(MERGED, kind="withdraw"), "there is no change to withdraw"),
    ],
)
def test_what_is_refused(planned: Site, wrong: Change, says: str) -> None:
    tasks = planned.rows("select * from core.plan_tasks order by org_id, from_load")
    entries = len(list(planned.archive.journal.read()))
    with pytest.raises((WentongError, DeclarationError), match=says):
        change(planned, wrong)
    assert planned.rows("select * from core.plan_tasks order by org_id, from_load") == tasks
    assert len(list(planned.archive.journal.read())) == entries


def test_a_village_is_taken_off_once(planned: Site) -> None:
    with pytest.raises(WentongError, match=f"{A3}: it is named twice"):
        change(planned, MERGED, MERGED)
    change(planned, MERGED)
    with pytest.raises(WentongError, match=f"it is off the list from 2026-08-30 on already .{NUMBER}"):
        change(planned, MERGED)
    change(planned, Change("plan_2026", "add", B2, DAY, NUMBER, "新增"))
    with pytest.raises(WentongError, match=f"{B2}: it is on the list from 2026-08-30 on .{NUMBER}.; withdraw that"):
        change(planned, Change("plan_2026", "remove", B2, DAY, NUMBER, "撤并"))
    change(planned, Change("plan_2026", "remove", B2, date(2026, 9, 15), NUMBER, "撤并"))
    assert [board(planned, date(2026, 9, day))["adjusted_tasks"] for day in (14, 15)] == [4, 3]


def test_the_same_list_again_leaves_approved_changes(planned: Site, tmp_path: Path) -> None:
    change(planned, MERGED, Change("plan_2026", "add", B2, DAY, NUMBER, "新增"))
    before = board(planned)
    assert import_plan(planned, tmp_path, A1, A2, A3, B1).load_id is None
    renamed = yaml.safe_dump({**PLAN, "title": "新的题目"}, allow_unicode=True)
    (tmp_path / "plan.yml").write_text(renamed, encoding="utf-8")
    journal = planned.archive.journal
    done = warehouse.import_plan(planned.engine, journal, tmp_path / "plan.yml", None, AT, "改题目")
    assert (done.added, done.removed) == (0, 0)
    assert board(planned) == {**before, "plan_title": "新的题目"}


@pytest.fixture
def command(planned: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("WENTONG_DATABASE_URL", str(planned.settings.database_url))
    monkeypatch.setenv("WENTONG_OWNER_DATABASE_URL", str(planned.settings.owner_database_url))
    monkeypatch.setenv("WENTONG_HOME", str(planned.archive.root.parent))
    monkeypatch.setenv("WENTONG_ARCHIVE", str(planned.archive.root))
    return planned


def test_the_command(command: Site, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["plan", "change", "plan_2026", "remove", A3, "--why", "撤并", "--into", A2]
    with pytest.raises(SystemExit):
        cli.main([*words, "--effective", "2026-08-30"])
    assert "--approval" in capsys.readouterr().err
    assert cli.main([*words, "--approval", NUMBER]) == cli.FAULT
    assert "from the day of freezing on" in capsys.readouterr().err
    assert cli.main([*words, "--approval", NUMBER, "--effective", "2026-08-30"]) == cli.FINE
    assert f"计划 plan_2026 的任务清单已变动:1 个,批准文号 {NUMBER}" in capsys.readouterr().out
    (entry,) = (one for one in command.archive.journal.read() if one["event"] == "plan_changed")
    (kept,) = entry["changes"]
    assert kept == {
        "plan_code": "plan_2026", "kind": "remove", "division_code": A3, "effective_on": "2026-08-30",
        "approval_no": NUMBER, "why": "撤并", "into_code": A2,
    }  # fmt: skip
    into = "select place_code from core.plan_tasks join core.dim_org on into_org_id = dim_org.org_id"
    assert command.rows(into) == [(A2,)]
    assert board(command)["adjusted_tasks"] == 3
    undone = ["plan", "change", "plan_2026", "withdraw", A3, "--approval", NUMBER, "--why", "录错"]
    assert cli.main(undone) == cli.FINE
    assert board(command)["adjusted_tasks"] == 4
