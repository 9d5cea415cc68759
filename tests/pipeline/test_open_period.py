"""A period is opened: who owes what is fixed, templates lie in the share, and what is filled in comes back as a return."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from wentong import archive, pipeline, warehouse
from wentong.errors import EnvironmentProblem, WentongError
from wentong.forms import find_form, forms
from wentong.marks import REFERENCE_TITLE
from wentong.periods import CHINA, Period
from wentong.samples import samples
from wentong.settings import Settings
from wentong.templates import REFERENCE_SHEET

NOW = datetime(2026, 4, 1, 6, tzinfo=CHINA)
SECOND = Period.parse("2026Q2")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site with the sample county, of which two towns have reported the first quarter."""
    home = tmp_path_factory.mktemp("open")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    made = replace(
        Settings.from_environment(), home=home, share=home / "share", archive=home / "archive", database_url=None
    )
    given = [s for s in samples(("2026Q1",)) if s.town in ("水口镇", "塘口镇") and s.outcome == "load"]
    with pipeline.ready(made, NOW):
        for sample in given:
            (made.share / sample.path).parent.mkdir(parents=True, exist_ok=True)
            (made.share / sample.path).write_bytes(sample.content)
        pipeline.collect(made, datetime(2026, 4, 3, 9, tzinfo=CHINA))
        yield made


@pytest.fixture(scope="module")
def templates(settings: Settings) -> list[Path]:
    return pipeline.open_period(settings, NOW, SECOND)


def texts(path: Path, sheet: str) -> set[str]:
    return {str(value) for row in load_workbook(path)[sheet].iter_rows(values_only=True) for value in row if value}


def test_every_unit_that_owes_a_form_finds_its_template(settings: Settings, templates: list[Path]) -> None:
    owed = [form for form in forms().values() if form.period == "quarter" and form.first_period <= "2026Q2"]
    with warehouse.engine(settings) as engine:
        duties = warehouse.matrix(engine, NOW.date(), "2026Q2")
    folder = settings.share / "开平市" / "模板"
    assert set(templates) == {folder / duty["unit_name"] / f"{duty['form_code']}_2026Q2.xlsx" for duty in duties}
    assert {duty["form_code"] for duty in duties} == {form.code for form in owed}
    assert {duty["due_on"] for duty in duties if duty["form_code"] == "基文01"} == {date(2026, 7, 7)}
    assert all(path.is_file() for path in templates)


def test_figures_before_are_those_of_the_same_town(settings: Settings, templates: list[Path]) -> None:
    (own,) = [path for path in templates if path.parent.name == "水口镇" and path.name.startswith("基文01_")]
    (other,) = [path for path in templates if path.parent.name == "苍城镇" and path.name.startswith("基文01_")]
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        areas = connection.execute(
            sa.text(
                "select trim_scale(floor_area_m2)::text from core.fct_village_center"
                " where town_code = '440783117000' and to_load is null and floor_area_m2 is not null"
            )
        ).scalars()
        assert set(areas) <= texts(own, REFERENCE_SHEET)
    assert {REFERENCE_TITLE, "基层综合性文化服务中心(2026年第1季度)"} <= texts(own, REFERENCE_SHEET)
    assert REFERENCE_SHEET not in load_workbook(other).sheetnames, "it has reported nothing yet"


def test_opening_again_changes_nothing_and_overwrites_nothing(settings: Settings, templates: list[Path]) -> None:
    before = {path: path.stat().st_mtime_ns for path in templates}
    assert pipeline.open_period(settings, NOW, SECOND) == templates
    assert {path: path.stat().st_mtime_ns for path in templates} == before
    filled, content = templates[0], templates[0].read_bytes()
    filled.write_bytes(b"half filled in")
    again = pipeline.open_period(settings, NOW, SECOND)
    assert again[0] == filled.with_name(f"{filled.stem}(2).xlsx")
    assert again[0].read_bytes() == content
    assert filled.read_bytes() == b"half filled in"
    again[0].replace(filled)


def test_templates_are_no_returns(settings: Settings, templates: list[Path], tmp_path: Path) -> None:
    assert list(archive.look(settings.share)) == []
    bare = replace(settings, share=tmp_path / "share")  # without 收件箱 it is itself the inbox
    written = pipeline.open_period(bare, NOW, SECOND)
    (bare.share / "水口镇.xlsx").write_bytes(b"a return")
    assert len(written) == len(templates)
    assert [file.path.name for file in archive.look(bare.share)] == ["水口镇.xlsx"]


def test_a_month_without_forms_opens_nothing(settings: Settings) -> None:
    assert pipeline.open_period(settings, NOW, Period.parse("2020-02")) == []


def test_the_first_of_april_opens_the_quarter(settings: Settings, templates: list[Path]) -> None:
    assert pipeline.open_begun_periods(settings, NOW) == templates, "no form is owed by the month in 2026"
    assert pipeline.open_begun_periods(settings, NOW.replace(month=5)) == []


def test_one_template_for_whoever_asks(settings: Settings, tmp_path: Path, templates: list[Path]) -> None:
    form = find_form("基文01")
    pipeline.write_template(settings, form, "440783117", SECOND, tmp_path / "t.xlsx")
    (laid,) = [path for path in templates if path.parent.name == "水口镇" and path.name.startswith("基文01_")]
    assert (tmp_path / "t.xlsx").read_bytes() == laid.read_bytes()
    for unit, period, problem in (
        ("440783999", "2026Q2", "440783999 is no town or county of the register"),
        ("440783", "2026Q2", "基文01 is reported by every town; 440783000000 开平市 is none"),
        ("440783117", "2026-05", "基文01 is a return for a quarter; 2026-05 is a month"),
    ):
        with pytest.raises(WentongError, match=problem):
            pipeline.write_template(settings, form, unit, Period.parse(period), tmp_path / "t.xlsx")
    with pytest.raises(EnvironmentProblem, match="Cannot write"):
        pipeline.write_template(settings, form, "440783117", SECOND, tmp_path / "nowhere" / "t.xlsx")


def test_a_link_does_not_lead_templates_out_of_the_share(settings: Settings, tmp_path: Path) -> None:
    trapped = replace(settings, share=tmp_path / "share")
    (trapped.share / "开平市").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (trapped.share / "开平市" / "模板").symlink_to(tmp_path / "outside")
    with pytest.raises(EnvironmentProblem, match="a link leads out of the shared folder"):
        pipeline.open_period(trapped, NOW, SECOND)
    assert list((tmp_path / "outside").iterdir()) == []
