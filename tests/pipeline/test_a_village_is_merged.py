"""A merger, from the list and the stewards' workbooks to the tables: who reports what, and for which quarter."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from good_rows import GOOD_ROWS

from wentong import pipeline, warehouse
from wentong.archive import Archive
from wentong.forms import find_form
from wentong.periods import CHINA, Period
from wentong.settings import Settings
from wentong.templates import write_return

NOW = datetime(2026, 10, 12, 9, tzinfo=CHINA)
FORM = find_form("基文01")
TOWN, MERGED, SUCCESSOR = "440783117000", "440783117201", "440783117202"
LIST = f"""\
division_code,name,parent_code,level,kind,owes_returns,valid_from,status,change,successors
{MERGED},合并前村,{TOWN},5,village,no,2026-08-01,closed,merged,{SUCCESSOR}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site with the sample county, of which one village was merged in August."""
    home = tmp_path_factory.mktemp("merged")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    made = replace(
        Settings.from_environment(), home=home, share=home / "share", archive=home / "archive", database_url=None
    )
    with pipeline.ready(made, NOW):
        with warehouse.engine(made) as engine:
            named = {place.code: place.name for place in warehouse.read_places(engine)}
            path = home / "合并.csv"
            path.write_text(LIST.replace("合并前村", named[MERGED]), encoding="utf-8")
            warehouse.import_units(engine, Archive(made.archive), path, NOW)
        yield made


def report(settings: Settings, period: str) -> bytes:
    """A late return of the town about both villages."""
    with warehouse.engine(settings) as engine:
        named = {place.code: place.name for place in warehouse.read_places(engine)}
    good = GOOD_ROWS["village_center"][0]
    rows = [{**good, "village_name": named[code], "division_code": code} for code in (MERGED, SUCCESSOR)]
    signed = {"head": "陈一", "reviewer": "李二", "preparer": "黄三", "reported_on": "2026年10月9日"}
    stream = BytesIO()
    write_return(stream, FORM, Period.parse(period), TOWN, "开平市水口镇", {"village_center": rows}, signatures=signed)
    return stream.getvalue()


def test_the_quarter_before_counts_it_and_the_one_after_names_its_successor(settings: Settings) -> None:
    folder = settings.share / "开平市" / "收件箱" / "水口镇"
    folder.mkdir(parents=True)
    for period in ("2026Q2", "2026Q3"):
        (folder / f"{period}.xlsx").write_bytes(report(settings, period))
    received = {one.file_name: one for one in pipeline.collect(settings, NOW)}
    answer: Path = settings.share / str(received["2026Q3.xlsx"].answer_path)
    texts = [str(cell) for line in openpyxl.load_workbook(answer).worksheets[0].values for cell in line if cell]
    assert any("从2026年8月1日起已并入“水口镇" in text for text in texts)
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        found = connection.execute(
            sa.text("select period, division_code from marts.village_center where town_code = :town order by 1, 2"),
            {"town": TOWN},
        )
        assert [tuple(row) for row in found] == [("2026Q2", MERGED), ("2026Q2", SUCCESSOR), ("2026Q3", SUCCESSOR)]


@pytest.mark.parametrize(("period", "is_listed"), [("2026Q2", True), ("2026Q3", False)])
def test_a_template_lists_the_villages_of_its_period(
    settings: Settings, tmp_path: Path, period: str, is_listed: bool
) -> None:
    pipeline.write_template(settings, FORM, TOWN, Period.parse(period), tmp_path / "模板.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "模板.xlsx").worksheets[0]
    texts = {str(cell) for line in sheet.values for cell in line}
    assert (SUCCESSOR in texts, MERGED in texts) == (True, is_listed)
