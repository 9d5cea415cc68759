"""What the archive has and what the tables have: the same, or the damage is named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sites import A1, A2, A3, AT, B1, COUNTY, FORM, TOWN_A, TOWN_B, UNITS, Databases, Site, row, row_of

from wentong import rebuilding, warehouse
from wentong.archive import Archive
from wentong.bronze import bronze_path
from wentong.errors import WentongError
from wentong.findings import Finding
from wentong.forms import find_form
from wentong.periods import Period
from wentong.warehouse import Approval, consequences

PLAN = """\
code: plan_2026
title: 示例县建设任务
year: 2026
county_code: "990001000000"
document: 示例
frozen_on: 2026-01-01
form: 基文01
table: village_center
completion_stage: met_in_return
minimum_floor_area_m2: 200
milestones:
  - {number: 1, period: 2026Q3, share: 1/2}
"""
WRONG = Finding("number_expected", "表", 5, 4, "books_total", "很多", {"label": "图书藏量", "example": "300"})


@pytest.fixture
def lived_in(site: Site, tmp_path: Path) -> Site:
    """A site to which everything has happened that the journal knows."""
    (tmp_path / "plan.yml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "tasks.csv").write_text(f"division_code\n{A1}\n{A2}\n", encoding="utf-8")
    warehouse.import_plan(site.engine, site.archive.journal, tmp_path / "plan.yml", tmp_path / "tasks.csv", AT)
    merged = warehouse.Change("plan_2026", "remove", A2, date(2026, 8, 1), "示民〔2026〕9号", "并村", A1)
    added = warehouse.Change("plan_2026", "add", B1, date(2026, 8, 1), "示民〔2026〕9号", "新增")
    warehouse.change_plan(site.engine, site.archive.journal, [merged, added], "王局长", AT)
    site.expect((FORM, "2026Q2", date(2026, 7, 7)))
    due = {FORM: date(2026, 10, 14)}

    def load(*submission_ids: int) -> None:
        warehouse.load(site.engine, site.archive.root, submission_ids, AT, lambda form, _: due.get(form))

    built = {"build_status": "built", "floor_area_m2": 300}
    first = site.submit(row(A1, **built), row(A2, books_total=1), row(B1, "quarantine"))
    held = site.submit(row(A2, **built), outcome="quarantine_file", period="2026Q2")
    load(first, held, site.submit(row(A2, states={"books_total": "withheld"}, **built), findings=[WRONG]))
    form, period, until = find_form(FORM), Period.parse("2026Q3"), date(2026, 10, 21)
    approval = Approval("停电", "王局长", AT)
    journal = site.archive.journal
    warehouse.extend(site.engine, journal, form, TOWN_B, period, until, approval)
    warehouse.waive(site.engine, journal, "built_without_rooms", form, A1, period, None, until, approval)
    load(site.submit(row_of("village_profile", A1, function_room_count=0), period="2026"))
    warehouse.decide(site.engine, site.archive.journal, held, "release", "已核实", "王", AT)
    load(held, site.submit(row(A1, **built, books_total=5)), site.submit(row(A1, **built)))
    load(site.submit(outcome="reject", findings=[Finding("empty_file")]))
    given_back = site.submit(row(B1), outcome="quarantine_file", unit=TOWN_B)
    load(given_back)
    warehouse.decide(site.engine, site.archive.journal, given_back, "return", "不是本期", "王", AT)
    load(given_back)
    site.register(UNITS.replace("甲三社区", "甲三新社区"), AT + timedelta(days=1))
    warehouse.note_told(site.engine, site.archive.journal, warehouse.untold_relations(site.engine), AT)
    warehouse.record_answers(site.engine, site.archive.journal, {first: "回执/甲镇/a.xlsx"}, AT)
    site.judge(site.hand_in(), row(A3))  # not loaded yet
    warehouse.reconcile(site.engine, site.archive.journal)
    return site


@pytest.fixture
def empty(site: Site, databases: Databases) -> Iterator[Site]:
    """The same archive beside an empty warehouse."""
    name = databases.make()
    settings = databases.settings(name)
    warehouse.migrate(settings)
    engine = sa.create_engine(str(settings.database_url), connect_args={"options": "-c timezone=Asia/Shanghai"})
    yield Site(replace(settings, home=site.settings.home), site.archive, engine)
    engine.dispose()
    databases.drop(name)


def differences(one: Site, other: Site) -> list[str]:
    return [
        said
        for table in rebuilding._compared_tables()
        for said in rebuilding._differences(table, one.engine, other.engine)
    ]


def found(site: Site) -> list[str]:
    return [*rebuilding.damages_of_archive(site.archive), *rebuilding.damages_of_tables(site.engine, site.archive)]


def test_made_anew_it_is_the_same_history_included(lived_in: Site, empty: Site) -> None:
    assert found(lived_in) == []
    kinds = lived_in.rows("select kind, count(*) from ops.loads group by kind order by kind")
    assert kinds == [("decision", 4), ("plan", 2), ("register", 2), ("return", 6), ("verdict", 3)]
    assert list(rebuilding.rebuild(empty.settings, empty.archive)) == []
    assert differences(lived_in, empty) == []
    assert lived_in.rows("select count(*) > 20 from core.fct_obligation where to_load is not null") == [(False,)]
    warehouse.reconcile(empty.engine, empty.archive.journal)  # reads on where the old one stopped
    with pytest.raises(WentongError, match="only made anew where it is empty"):
        list(rebuilding.rebuild(empty.settings, empty.archive))


def test_on_a_server_of_its_own(lived_in: Site, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    settings = replace(lived_in.settings, home=tmp_path / "home")
    assert [
        (len(damages)) for _, damages in rebuilding.proofs(settings, lived_in.engine, lived_in.archive, full=True)
    ] == [0] * 4
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("edit", "sealed", "row_named"),
    [
        ("update core.fct_village_center set floor_area_m2 = 301 where division_code = '990001100201' and to_load is null",
         "core.fct_village_center:第", "floor_area_m2 表中为 301,按存档应为 300"),
        ("delete from core.fct_village_center where division_code = '990001100202' and period = '2026Q2'",
         "core.fct_village_center:第", "表中缺这一行"),
        ("update core.fct_obligation set due_on = due_on + 1 where to_load is null and period = '2026Q2'",
         "core.fct_obligation:第", "due_on 表中为"),
        ("update core.dim_org set name = '乙' where place_code = '990001101000'", "core.dim_org:第", "name 表中为 乙"),
        ("update ops.submissions set file_name = 'x.xlsx' where submission_id = 2", None, "file_name 表中为 x.xlsx"),
        ("update ops.findings set message = '没有问题' where finding_number = 1", None, "message 表中为 没有问题"),
    ],
)  # fmt: skip
def test_an_edited_row_is_named(
    lived_in: Site, empty: Site, databases: Databases, edit: str, sealed: str | None, row_named: str
) -> None:
    database = str(lived_in.settings.database_url).rpartition("/")[2]
    databases._run(database, edit)
    damages = list(rebuilding.damages_of_tables(lived_in.engine, lived_in.archive))
    assert [damage.startswith(str(sealed)) for damage in damages[:1]] == ([True] if sealed else [])
    assert list(rebuilding.replay(empty.engine, empty.archive)) == []
    said = differences(lived_in, empty)
    assert [row_named in sentence for sentence in said] == [True] * max(len(said), 1)


def test_a_flipped_byte_is_named(lived_in: Site) -> None:
    ((sha256, number, name),) = lived_in.rows(
        "select sha256, submission_id, file_name from ops.submissions where submission_id = 2"
    )
    path = bronze_path(lived_in.archive.root, sha256, number)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert [
        f"第2号 {name} 的审核记录):与审核时写下的不一致" in damage for damage in found(lived_in) if ".parquet" in damage
    ] == [True]


def test_an_entry_that_came_to_nothing_is_void(site: Site, empty: Site) -> None:
    """Killed after the entry, before the commit: the next one carries its load number."""
    journal = site.archive.journal
    last: int = site.rows("select max(load_id) from ops.loads")[0][0]
    void: dict[str, Any] = {
        "load_id": last + 1, "form_code": FORM, "unit_code": TOWN_A, "period": "2026Q3", "reason": "x", "by": "王",
        "until": "2026-10-21", "code": "built_with_zero", "field": None,
    }  # fmt: skip
    journal.append("waive", void, AT)
    site.load(site.submit(row(A1, books_total=1)))
    assert list(rebuilding.replay(empty.engine, empty.archive)) == []
    assert empty.rows("select * from ops.waivers") == []
    assert differences(site, empty) == []


def test_the_same_receipts_in_any_batches(site: Site, empty: Site, tmp_path: Path) -> None:
    """History follows from the receipts alone, also of what is contradicted for a while, as by a profile without rooms."""
    other = Site(empty.settings, Archive(tmp_path / "archive"), empty.engine)
    other.register(UNITS)
    (tmp_path / "plan.yml").write_text(PLAN, encoding="utf-8")
    (tmp_path / "tasks.csv").write_text(f"division_code\n{A1}\n{A2}\n", encoding="utf-8")
    for of in (site, other):
        warehouse.import_plan(of.engine, of.archive.journal, tmp_path / "plan.yml", tmp_path / "tasks.csv", AT)
    built = {"build_status": "built", "floor_area_m2": 300}

    def load(of: Site, *numbers: int) -> None:
        warehouse.load(of.engine, of.archive.root, numbers, AT, lambda *_: date(2027, 1, 14))

    def submit(of: Site) -> Iterator[int]:
        yield of.submit(row(A1, **built), row(A2, books_total=1))
        yield of.submit(row_of("village_profile", A1, function_room_count=0), period="2026")
        yield of.submit(row(A2, books_total=2), outcome="quarantine_file")
        yield of.submit(row(B1, **built), unit=TOWN_B)
        yield of.submit(row_of("village_profile", A1, function_room_count=5), period="2026")
        yield of.submit(row(A1, **built), row(A2, **built), row(B1, **built), unit=COUNTY)
        yield of.submit(row(A1, **built), row(A2, books_total=1))

    for number in submit(site):
        load(site, number)
    load(other, *submit(other))
    histories = []
    for of in (site, other):
        with of.engine.connect() as connection:
            histories.append(consequences.digests_by_load(connection, 1, 50))
    assert {"ops.relation_findings", "core.acceptance_events", "core.milestone_crossings"} <= histories[0].keys()
    assert histories[0] == histories[1]
