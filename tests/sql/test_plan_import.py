"""Importing a plan and its frozen list: journaled first, once, and with the line named where it is wrong."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml
from small_county import AT, COUNTY, FORM, TOWN_A, TOWN_B, Warehouse, mark

from wentong.errors import DeclarationError, WentongError
from wentong.journal import Entry, Journal
from wentong.warehouse.connections import take_load
from wentong.warehouse.programmes import apply_plan, import_plan

VILLAGES = ["990001001201", "990001001202", "990001001203", "990001002201", "990001002202"]
PLAN = {
    "code": "county_2026",
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
    "milestones": [{"number": 1, "period": "2026Q1", "share": "1/2"}, {"number": 2, "period": "2026Q4"}],
}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def imports(journal: Journal) -> list[Entry]:
    return [entry for entry in journal.read() if entry["event"] == "plan_imported"]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A plan file and the list beside it."""
    plan, listed = tmp_path / "plan.yml", tmp_path / "list.csv"
    plan.write_text(yaml.safe_dump(PLAN, allow_unicode=True), encoding="utf-8")
    write(listed, VILLAGES)
    return plan, listed


def write(path: Path, codes: list[str]) -> None:
    path.write_text("\n".join(["division_code", *codes]) + "\n", encoding="utf-8")


@pytest.fixture
def county(empty_warehouse: Warehouse) -> Warehouse:
    empty_warehouse.register()
    return empty_warehouse


TASKS = (
    "select org_id, town_code, from_load, to_load from core.plan_tasks where role is null order by from_load, org_id"
)
OUTSIDE = "select org_id, town_code, role, from_load, to_load from core.plan_tasks where role is not null order by 4, 1"


def test_a_plan_is_imported_once(county: Warehouse, files: tuple[Path, Path], journal: Journal) -> None:
    found = import_plan(county.engine, journal, files[0], None, AT)
    assert (found.tasks, found.added, found.removed, found.load_id) == (5, 5, 0, 2)
    (entry,) = imports(journal)
    assert (entry["load_id"], entry["tasks"], entry["baseline"]) == (2, VILLAGES, ["990001001204"])
    assert county.rows("select kind, journal_seq from ops.loads where load_id = 2") == [
        {"kind": "plan", "journal_seq": 1}
    ]
    assert [row["town_code"] for row in county.rows(TASKS)] == [TOWN_A] * 3 + [TOWN_B] * 2
    assert county.rows(OUTSIDE) == [
        {"org_id": 7, "town_code": TOWN_A, "role": "baseline", "from_load": 2, "to_load": None}
    ]
    milestones = (
        "select number, period, share_numerator as a, share_denominator as b from core.plan_milestones order by number"
    )
    assert county.rows(milestones) == [
        {"number": 1, "period": "2026Q1", "a": 1, "b": 2},
        {"number": 2, "period": "2026Q4", "a": None, "b": None},
    ]

    again = import_plan(county.engine, journal, *files, AT)
    assert (again.added, again.removed, again.load_id) == (0, 0, None)
    assert len(imports(journal)) == 1
    assert county.rows("select max(load_id) as last from ops.loads") == [{"last": 2}]


def test_a_check_without_share_is_on_the_board(county: Warehouse, files: tuple[Path, Path], journal: Journal) -> None:
    import_plan(county.engine, journal, *files, AT)
    county.report(TOWN_A, "2026Q1", {201: {"build_status": "built", "floor_area_m2": 250}})
    mark(county.engine, "county_2026", AT)
    board = "select milestone_number as k, tasks, accepted, required, short, is_met from marts.coverage_board "
    assert county.rows(board + "where scope_level = 'county' order by 1") == [
        {"k": 1, "tasks": 5, "accepted": 1, "required": 3, "short": 2, "is_met": False},
        {"k": 2, "tasks": 5, "accepted": 1, "required": None, "short": None, "is_met": None},
    ]


def test_a_frozen_list_is_not_replaced_in_passing(
    county: Warehouse, files: tuple[Path, Path], journal: Journal
) -> None:
    import_plan(county.engine, journal, *files, AT)
    write(files[1], [*VILLAGES[1:], "990001001204"])
    with pytest.raises(WentongError, match="1 added, 1 removed"):
        import_plan(county.engine, journal, *files, AT)
    assert len(imports(journal)) == 1
    found = import_plan(county.engine, journal, *files, AT, why="示文〔2026〕1号")
    assert (found.added, found.removed, found.load_id) == (1, 1, 3)
    assert [(row["org_id"], row["from_load"], row["to_load"]) for row in county.rows(TASKS)] == [
        (4, 2, 3), (5, 2, None), (6, 2, None), (8, 2, None), (9, 2, None), (7, 3, None),
    ]  # fmt: skip
    assert [(row["org_id"], row["from_load"], row["to_load"]) for row in county.rows(OUTSIDE)] == [
        (7, 2, 3), (4, 3, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("990001001299", "list.csv, line 4: there is no village 990001001299"),
        ("990001001000", "list.csv, line 4: there is no village"),
    ],
)
def test_an_unknown_village_is_named_with_its_line(
    county: Warehouse, files: tuple[Path, Path], journal: Journal, code: str, says: str
) -> None:
    write(files[1], [*VILLAGES[:2], code, *VILLAGES[2:]])
    with pytest.raises(DeclarationError, match=says):
        import_plan(county.engine, journal, *files, AT)
    assert imports(journal) == []


def test_a_unit_without_duty_to_report_cannot_be_a_task(
    county: Warehouse, files: tuple[Path, Path], journal: Journal
) -> None:
    county.do("update core.dim_org set owes_returns = false where place_code = :town", town=TOWN_B)
    with pytest.raises(DeclarationError, match=r"line 5: 990001002201 乙1村 .* owes no returns"):
        import_plan(county.engine, journal, *files, AT)


def test_the_journal_alone_gives_the_same_plan(county: Warehouse, files: tuple[Path, Path], journal: Journal) -> None:
    import_plan(county.engine, journal, *files, AT)
    tables = ("core.plans", "core.plan_milestones", "core.plan_tasks")
    before = [county.rows(f"select * from {table} order by 1, 2") for table in tables]
    county.empty()
    county.register()
    with county.engine.begin() as connection:
        (entry,) = imports(journal)
        take_load(connection, "plan", entry["load_id"], entry)
        apply_plan(connection, entry)
    assert [county.rows(f"select * from {table} order by 1, 2") for table in tables] == before
    with county.engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from core.plan_tasks")) == 6


def test_what_was_known_before_another_import_stays(
    county: Warehouse, files: tuple[Path, Path], journal: Journal
) -> None:
    """Terms, milestones and list change; the figures of the loads before do not."""
    import_plan(county.engine, journal, *files, AT)
    county.report(TOWN_A, "2026Q1", {number: {"build_status": "built", "floor_area_m2": 250} for number in (201, 202)})
    then = county.report(TOWN_B, "2026Q1", {201: {"build_status": "built", "floor_area_m2": 600}})
    mark(county.engine, "county_2026", AT)
    marts = [f"select * from marts.{mart}({then})" for mart in ("coverage_board", "task_progress", "gap_list")]
    before = [sorted(map(repr, county.rows(mart))) for mart in marts]
    board = "select milestone_number as k, period, tasks, accepted, required, short from marts.coverage_board({}) "
    board += "where scope_level = 'county' order by 1"
    assert county.rows(board.format(then)) == [
        {"k": 1, "period": "2026Q1", "tasks": 5, "accepted": 3, "required": 3, "short": 0},
        {"k": 2, "period": "2026Q4", "tasks": 5, "accepted": 3, "required": None, "short": None},
    ]

    terms = {"title": "新的任务", "minimum_floor_area_m2": 500}
    milestones = [{"number": 1, "period": "2026Q2", "share": "4/5"}]
    files[0].write_text(yaml.safe_dump({**PLAN, **terms, "milestones": milestones}, allow_unicode=True))
    write(files[1], VILLAGES[1:])
    now = import_plan(county.engine, journal, *files, AT, why="示文〔2026〕1号").load_id
    for _ in range(2):
        mark(county.engine, "county_2026", AT)
        assert [sorted(map(repr, county.rows(mart))) for mart in marts] == before
        assert county.rows(board.format(now)) == [
            {"k": 1, "period": "2026Q2", "tasks": 4, "accepted": 1, "required": 4, "short": 3}
        ]
    assert county.rows("select from_load, to_load from core.plans order by 1") == [
        {"from_load": 2, "to_load": now},
        {"from_load": now, "to_load": None},
    ]
    assert import_plan(county.engine, journal, *files, AT).load_id is None  # it is there: nothing differs


def test_a_lower_requirement_is_crossed_by_what_was_there(
    county: Warehouse, files: tuple[Path, Path], journal: Journal
) -> None:
    import_plan(county.engine, journal, *files, AT)
    county.report(TOWN_A, "2026Q1", {201: {"build_status": "built", "floor_area_m2": 250}})
    assert mark(county.engine, "county_2026", AT) == []
    easier = [{"number": 1, "period": "2026Q1", "share": "1/5"}, PLAN["milestones"][1]]  # type: ignore[index]
    files[0].write_text(yaml.safe_dump({**PLAN, "milestones": easier}, allow_unicode=True))
    now = import_plan(county.engine, journal, *files, AT, why="示文〔2026〕2号").load_id
    crossed = county.rows("select scope_code, required, from_load from core.milestone_crossings order by 1")
    assert crossed == [
        {"scope_code": scope, "required": 1, "from_load": now} for scope in (COUNTY, TOWN_A)
    ]  # fmt: skip
    assert county.rows("select number, from_load, to_load from core.plan_milestones order by 1, 2") == [
        {"number": 1, "from_load": 2, "to_load": now},
        {"number": 1, "from_load": now, "to_load": None},
        {"number": 2, "from_load": 2, "to_load": None},
    ]


def test_two_imports_at_once_are_one(county: Warehouse, files: tuple[Path, Path], journal: Journal) -> None:
    with ThreadPoolExecutor(2) as pool:
        loads = list(pool.map(lambda _: import_plan(county.engine, journal, *files, AT).load_id, range(2)))
    assert sorted(map(repr, loads)) == ["2", "None"]
    assert len(imports(journal)) == 1
