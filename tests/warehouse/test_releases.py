"""Releases: the same figures for ever, packages that others can open, what changed and why, and the cookbook over both."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import frictionless
import pytest
import sqlalchemy as sa
import yaml
from sites import A1, A2, A3, AT, B1, B2, COUNTY, FORM, TABLE, TOWN_A, TOWN_B, UNITS, Databases, Site, row, row_of

from wentong import cli, differences, packages, pipeline, releases, warehouse
from wentong.archive import Archive
from wentong.errors import WentongError
from wentong.forms import find_form
from wentong.periods import Period
from wentong.settings import INCLUDE, SAMPLE_MARK

COOKBOOK = INCLUDE / "sql" / "cookbook"
QUESTIONS = sorted(path.stem for path in COOKBOOK.glob("*.sql") if ".duckdb" not in path.suffixes)
Q3 = Period.parse("2026Q3")


def center(code: str, area: int, number: int = 5, states: dict[str, str] | None = None, **more: Any) -> Any:
    """A built centre, accepted from 200 m² on."""
    figures = {"activity_sessions": 4, "activity_attendance": 250, "books_total": 1500, "full_time_staff": 1, **more}
    return row(
        code, states=states, number=number, build_status="built", floor_area_m2=area, built_on="2020-05-01", **figures
    )


def plan(site: Site, *codes: str) -> None:
    """A plan that lists these villages."""
    folder = site.archive.root.parent
    shares = enumerate(["1/2", "9/10", "1/1"], start=1)
    declared = {
        "code": "plan_2026", "title": "建设任务", "year": 2026, "county_code": COUNTY, "document": "示例", "form": FORM,
        "frozen_on": "2026-01-01", "table": TABLE, "completion_stage": "met_in_return", "minimum_floor_area_m2": 200,
        "task_list": "list.csv", "milestones": [{"number": n, "period": f"2026Q{n}", "share": s} for n, s in shares],
    }  # fmt: skip
    (folder / "plan.yml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    (folder / "list.csv").write_text("\n".join(["division_code", *codes]), encoding="utf-8")
    warehouse.import_plan(site.engine, site.archive.journal, folder / "plan.yml", None, AT, "批文1号")


def publish(site: Site, name: str | None = None) -> dict[str, Any]:
    """Publish after an audit of which no expectation failed; audits themselves have tests of their own."""
    with site.engine.begin() as connection:
        connection.execute(
            sa.text("insert into ops.audits (audited_at, load_id) select :at, max(load_id) from ops.loads"), {"at": AT}
        )
    return pipeline.publish(site.settings, AT, Q3, name, None, "某人")


def damages(site: Site) -> list[str]:
    return list(releases.damages(site.engine, site.archive.journal, site.settings.releases))


def first_load(site: Site) -> int:
    with site.engine.connect() as connection:
        return warehouse.load_of(connection, "2026Q3-1")


@pytest.fixture(scope="module")
def published(databases: Databases, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A county with two releases: after the first came a correction, a new name, another task and a waiver."""
    databases.empty(migrated)
    home = tmp_path_factory.mktemp("releases")
    own = {"home": home, "archive": home / "archive", "share": home / "share"}
    settings = replace(databases.settings(migrated), **own, county_code=COUNTY)
    (home / SAMPLE_MARK).touch()
    with warehouse.engine(settings) as engine:
        site = Site(settings, Archive(settings.archive), engine)
        site.register(UNITS)
        plan(site, A1, A2, B1, B2)
        due = [(FORM, f"2026Q{n}", date(2026, 3 * n, 28)) for n in (1, 2, 3)]
        warehouse.open_obligations(engine, site.archive.journal, due, AT)
        for quarter in ("2026Q1", "2026Q2", "2026Q3"):
            site.load(site.submit(center(A1, 250), center(A2, 150, 6), center(A3, 90, 7), period=quarter))
        site.load(site.submit(center(B1, 260), center(B2, 120, 6, books_total=None), period="2026Q3", unit=TOWN_B))
        site.load(site.submit(center(A2, 150, 6, {"books_total": "withheld"}, books_total=None)))
        of_village = {"resident_population": 700, "build_mode": "new_build"}
        profiles = [row_of("village_profile", code, **of_village) for code in (A1, A2, B1)]
        site.load(site.submit(*profiles, period="2026", unit=TOWN_A))
        publish(site)
        site.load(site.submit(center(B2, 230), period="2026Q3", unit=TOWN_B))
        site.register(UNITS.replace("乙镇", "乙二镇"))
        plan(site, A1, A2, A3, B1, B2)
        approval = warehouse.Approval("已核实", "县统计科", AT)
        waived = ("built_with_zero", find_form(FORM), TOWN_B, Q3, None, date(2026, 12, 31))
        warehouse.waive(engine, site.archive.journal, *waived, approval)
        publish(site)
        yield site


def test_published_figures_come_out_the_same_after_any_change(published: Site, tmp_path: Path) -> None:
    assert damages(published) == []
    first = published.settings.releases / "2026Q3-1"
    descriptor = json.loads((first / packages.DESCRIPTOR).read_text())
    with published.engine.begin() as connection:
        packages.write_package(
            connection,
            tmp_path,
            "2026Q3-1",
            "2026年第3季度基层文化统计数据",
            descriptor["load_id"],
            pipeline.DEMO_BANNER,
        )
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    unchanged = [name for name in files if (first / name).read_bytes() == (tmp_path / name).read_bytes()]
    assert unchanged == files


def test_a_package_validates_and_says_what_it_holds(published: Site) -> None:
    folder = published.settings.releases / "2026Q3-2"
    report = frictionless.validate(str(folder / packages.DESCRIPTOR))
    assert report.valid, report.flatten(["type", "message"])[:5]
    descriptor = json.loads((folder / packages.DESCRIPTOR).read_text())
    assert "虚构" in descriptor["title"]
    tables = {one["name"]: one for one in descriptor["resources"] if one["path"].endswith(".parquet")}
    assert {
        "marts.coverage_board",
        "marts.submission_matrix",
        "core.fct_village_center",
        "core.dim_org",
    } <= tables.keys()
    columns = {(name, one["name"]): one for name, table in tables.items() for one in table["schema"]["fields"]}
    assert columns["marts.village_center", "floor_area_m2"]["title"] == "建筑面积"
    assert "平方米" in columns["marts.village_center", "floor_area_m2"]["description"]
    assert tables["core.fct_village_center"]["schema"]["primaryKey"] == ["org_id", "period", "row_key"]
    assert {name for _, name in columns}.isdisjoint({"responsible_person", "archivist_name", "to_load"})


def test_everything_that_is_exported_has_a_chinese_title_and_marts_have_a_key(published: Site) -> None:
    with published.engine.connect() as connection:
        found = packages.relations(connection)
    untitled = [f"{one.full_name} {c.name}" for one in found for c in one.columns if c.title.isascii()]
    untitled += [one.full_name for one in found if one.title.isascii()]
    assert untitled == [], "name them in include/schemas/warehouse_titles.csv"
    assert [one.full_name for one in found if not one.key] == [], (
        "say in include/schemas/marts.yml what tells the rows apart"
    )


def test_what_was_published_is_not_published_twice_and_names_are_unique(published: Site) -> None:
    assert publish(published)["name"] == "2026Q3-2"
    assert publish(published, "2026Q3-2")["name"] == "2026Q3-2"
    for taken in ("2026Q3-1", "2026q3-1", "17", "a/b"):
        with pytest.raises(WentongError):
            publish(published, taken)
    assert [one for (one,) in published.rows("select name from ops.releases order by journal_seq")] == [
        "2026Q3-1",
        "2026Q3-2",
    ]


def test_what_no_audit_has_passed_is_not_published(published: Site) -> None:
    with published.engine.begin() as connection:
        audit = (
            "insert into ops.audits (audited_at, load_id) select now(), max(load_id) from ops.loads returning audit_id"
        )
        failed = connection.scalar(sa.text(audit))
        result = "insert into ops.audit_results values (:audit, 1, 'rows', 'core.x', null, 'error', false, '', 1)"
        connection.execute(sa.text(result), {"audit": failed})
    with pytest.raises(WentongError, match="核查"):
        pipeline.publish(published.settings, AT, Q3, "unaudited", None, "某人")


def test_damage_is_named(published: Site) -> None:
    releases_folder = published.settings.releases
    path = releases_folder / "2026Q3-1" / "marts" / "coverage_board.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    hidden = (releases_folder / "2026Q3-2").rename(releases_folder / "hidden")
    change = "update core.fct_village_center set floor_area_m2 = floor_area_m2 + {} where division_code = :code"
    with warehouse.engine(published.settings, "wentong_owner") as owner:
        with owner.begin() as connection:
            connection.execute(sa.text(change.format(500)), {"code": A2})
        named = damages(published)
        with owner.begin() as connection:
            connection.execute(sa.text(change.format(-500)), {"code": A2})
    path.write_bytes(content)
    hidden.rename(releases_folder / "2026Q3-2")
    assert "发布 2026Q3-1:marts/coverage_board.parquet 与发布时不一致" in named
    assert f"发布 2026Q3-1:marts.village_center 按入库号 {first_load(published)} 重算,与发布的数不一致" in named
    assert [text for text in named if "2026Q3-2" in text] == [
        "发布 2026Q3-2:datapackage.json:No such file or directory"
    ]
    assert damages(published) == []


def test_the_nightly_snapshot_takes_the_place_of_the_one_before(published: Site) -> None:
    settings = published.settings
    latest = pipeline.export(settings, AT)
    first = latest.resolve()
    assert pipeline.export(settings, AT.replace(minute=5)) == latest == settings.exports / "latest"
    assert frictionless.Package(str(latest / packages.DESCRIPTOR)).title.endswith(f"【{pipeline.DEMO_BANNER}】")
    assert not first.exists()
    assert sorted(path.name for path in settings.exports.iterdir()) == sorted([latest.resolve().name, "latest"])


def test_differences_name_the_changed_figures_and_why(published: Site) -> None:
    with published.engine.connect() as connection:
        loads = [warehouse.load_of(connection, f"2026Q3-{n}") for n in (1, 2)]
        (mart,) = differences.compared_marts(connection, ["coverage_board"])
        found = list(differences.differences(connection, mart, *loads))
        same = list(differences.differences(connection, mart, loads[1], loads[1]))
    (town,) = [one for one in found if one.key["scope_code"] == TOWN_B and one.key["milestone_number"] == 3]
    counts = ("gross", "accepted", "adjusted_accepted", "covered_units", "accepted_now", "adjusted_accepted_now")
    missing = ("short", "adjusted_short", "carried", "next_due")
    release = ("published_release", "published_tasks", "published_accepted", "added_late", "corrected", "withdrawn")
    reached, met = ("reached_on", "adjusted_reached_on"), ("is_met", "adjusted_is_met")
    assert (town.old, town.new) == (
        {
            **dict.fromkeys(counts, 1), **dict.fromkeys(missing, 1), **dict.fromkeys((*release, *reached)),
            **dict.fromkeys(met, False), "verdict": "not_met", "adjusted_verdict": "not_met", "light": "yellow",
        },
        {
            **dict.fromkeys(counts, 2), **dict.fromkeys(missing, 0), **dict.fromkeys(reached, date(2020, 5, 1)),
            **dict(zip(release, ("2026Q3-1", 2, 1, 0, 1, 0), strict=True)), **dict.fromkeys(met, True),
            "verdict": "met_by_late_reports", "adjusted_verdict": "met", "light": "green",
        },
    )  # fmt: skip
    assert [(one.cause, one.file_name) for one in town.causes] == [
        ("return", "季报.xlsx"),
        ("register", None),
        ("plan", None),
        ("waiver", None),
    ]
    assert same == []


def test_the_command_prints_differences_for_people(
    published: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = published.settings
    monkeypatch.setenv("WENTONG_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("WENTONG_OWNER_DATABASE_URL", str(settings.owner_database_url))
    monkeypatch.setenv("WENTONG_HOME", str(settings.home))
    assert cli.main(["diff", "2026Q3-1", "2026Q3-2", "--mart", "coverage_board"]) == cli.FINDINGS
    text = capsys.readouterr().out
    assert "乙二镇 第3阶段:验收总数 1 → 2;已达标数 1 → 2;还差 1 → 0;是否完成 否 → 是" in text
    assert "季报.xlsx" in text
    assert cli.main(["diff", "2026Q3-2", "2026Q3-2"]) == cli.FINE
    assert cli.main(["diff", "2026Q3-2", "nothing"]) == cli.FAULT


@pytest.fixture(scope="module")
def package(published: Site) -> Iterator[duckdb.DuckDBPyConnection]:
    """The second release in DuckDB, as its duckdb.sql opens it."""
    folder = published.settings.releases / "2026Q3-2"
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{folder}'")
        connection.execute((folder / packages.VIEWS).read_text())
        connection.execute("set variable older = '../2026Q3-1'")
        yield connection


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_cookbook_answers_alike_from_the_warehouse_and_from_a_package(
    published: Site, package: duckdb.DuckDBPyConnection, databases: Databases, migrated: str, question: str
) -> None:
    text = (COOKBOOK / f"{question}.sql").read_text()
    variant = COOKBOOK / f"{question}.duckdb.sql"
    with sa.create_engine(databases.url("wentong_analyst", migrated)).connect() as analyst:
        here = analyst.execute(sa.text(text.replace(":", r"\:")))
        names, expected = list(here.keys()), [tuple(map(plain, found)) for found in here]
    there = package.execute(variant.read_text() if variant.exists() else text)
    assert [column[0] for column in there.description] == names
    assert [tuple(map(plain, found)) for found in there.fetchall()] == expected
    assert expected, "the example must have an answer"


def plain(value: Any) -> Any:
    return float(value) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else value


def test_the_cookbook_of_the_documentation_is_this_one() -> None:
    told = (INCLUDE.parent / "docs" / "cookbook.md").read_text()
    assert [name for name in QUESTIONS if f"cookbook/{name}.sql" not in told] == []


def test_a_publication_that_was_killed_is_made_up_for(published: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    # last in this file: it adds a release
    leftover = published.settings.releases / "draft"  # killed before the journal
    shutil.copytree(published.settings.releases / "2026Q3-1", leftover)
    with monkeypatch.context() as patch:  # killed after the journal, before the commit
        patch.setattr(releases, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(published, "draft")
    warehouse.reconcile(published.engine, published.archive.journal)
    assert published.rows("select name from ops.releases where name = 'draft'") == [("draft",)]
    assert damages(published) == []
