"""Returns through the real site: dropped into the share, picked up by the scheduler, answered, corrected, counted."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest
import sqlalchemy as sa

from wentong import pipeline, postgres, site, warehouse
from wentong.periods import CHINA
from wentong.samples import Sample, samples
from wentong.settings import Settings

pytestmark = pytest.mark.slow
SECONDS_TO_ANSWER = 60
"""What stewards are promised."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A running site of its own, with the sample county and its plan."""
    home = tmp_path_factory.mktemp("returns")
    for parent in (home, home.parent):
        parent.chmod(0o755)
    own = {"home": home, "share": home / "share", "archive": home / "archive", "ui_port": postgres.free_port()}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, datetime.now(CHINA)), site.running(made):
        yield made


@pytest.fixture(scope="module")
def first_quarter() -> dict[str, Sample]:
    """Town -> its clean first-quarter return."""
    return {s.town: s for s in samples(("2026Q1",)) if s.outcome == "load" and not s.findings}


def drop(settings: Settings, sample: Sample, name: str | None = None, content: bytes | None = None) -> Path:
    path = settings.share / sample.path
    path = path.with_name(name or path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sample.content if content is None else content)
    return path


def answers(settings: Settings, town: str) -> set[Path]:
    folder = settings.share / "开平市" / "回执" / town
    return {path for path in folder.glob("*") if path.suffix != ".tmp"}


def soon(condition: Callable[[], object], seconds: float = SECONDS_TO_ANSWER) -> bool:
    end = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < end:
        time.sleep(0.5)
    return bool(holds)


def heading(sheet: Any, title: str) -> Any:
    """The header cell of a column."""
    return next(cell for row in sheet.iter_rows(max_row=10) for cell in row if str(cell.value or "").startswith(title))


def query(settings: Settings, sql: str, **binds: object) -> list[tuple[object, ...]]:
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


def board(settings: Settings) -> dict[str, int]:
    """Scope -> accepted tasks at the first milestone."""
    with warehouse.engine(settings) as engine:
        return {row["scope_code"]: row["accepted"] for row in warehouse.coverage(engine) if row["period"] == "2026Q1"}


def test_a_clean_return_is_receipted_and_counted(settings: Settings, first_quarter: dict[str, Sample]) -> None:
    sample = first_quarter["水口镇"]
    path = drop(settings, sample)
    assert soon(lambda: answers(settings, "水口镇"))
    (receipt,) = answers(settings, "水口镇")
    assert receipt.suffix == ".txt"
    assert "检查通过" in receipt.read_text(encoding="utf-8-sig")
    assert not path.exists()
    assert (settings.share / "开平市/收件箱/已收/水口镇" / path.name).read_bytes() == sample.content
    expected = sum(day.isoformat() <= "2026-03-31" for day in sample.met.values())
    assert soon(lambda: board(settings)["440783117000"] > 0)
    listed = query(settings, "select count(*) from core.plan_tasks where town_code = '440783117000' and role is null")
    assert board(settings)["440783117000"] <= expected
    assert listed == [(28,)]


def test_a_marked_workbook_comes_back_corrected(
    settings: Settings, first_quarter: dict[str, Sample], tmp_path: Path
) -> None:
    """A wrong figure is answered in the sender's own workbook; the corrected workbook is the next version."""
    sample = first_quarter["塘口镇"]
    faulty = tmp_path / "faulty.xlsx"
    faulty.write_bytes(sample.content)
    workbook = openpyxl.load_workbook(faulty)
    sheet = workbook.worksheets[0]
    column = heading(sheet, "图书藏量").column
    right = sheet.cell(9, column).value
    sheet.cell(9, column).value = "好多书"
    workbook.save(faulty)
    drop(settings, sample, content=faulty.read_bytes())
    assert soon(lambda: answers(settings, "塘口镇"))
    (marked,) = answers(settings, "塘口镇")
    assert marked.name.startswith("需修改1处_")
    workbook = openpyxl.load_workbook(marked)
    assert workbook.worksheets[0].title == "需修改1处"
    sheet = workbook.worksheets[1]
    assert "好多书" in str(sheet.cell(9, column).comment.text)
    sheet.cell(9, column).value = right
    corrected = tmp_path / "corrected.xlsx"
    workbook.save(corrected)
    drop(settings, sample, marked.name, corrected.read_bytes())
    assert soon(lambda: len(answers(settings, "塘口镇")) == 2)
    assert any(path.name.endswith(".txt") for path in answers(settings, "塘口镇"))
    code = sheet.cell(9, heading(sheet, "行政区划代码").column).value
    history = query(
        settings,
        "select books_total, to_load is null from core.fct_village_center"
        " where division_code = :code and period = '2026Q1' order by from_load",
        code=str(code),
    )
    assert history == [(None, False), (right, True)]


def test_one_village_more_moves_the_table_by_one(
    settings: Settings, first_quarter: dict[str, Sample], tmp_path: Path
) -> None:
    sample = first_quarter["苍城镇"]
    drop(settings, sample)
    assert soon(lambda: answers(settings, "苍城镇"))
    assert soon(lambda: board(settings)["440783104000"] > 0)
    before = board(settings)
    tasks = {
        str(row[0])
        for row in query(
            settings, "select place_code from core.plan_tasks join core.dim_org using (org_id) where role is null"
        )
    }
    edited = tmp_path / "edited.xlsx"
    edited.write_bytes(sample.content)
    workbook = openpyxl.load_workbook(edited)
    sheet = workbook.worksheets[0]
    code, area = heading(sheet, "行政区划代码"), heading(sheet, "建筑面积")
    row = next(r for r in range(code.row + 1, 60) if str(sheet.cell(r, code.column).value) in tasks & {*sample.met})
    sheet.cell(row, area.column).value = 150  # below the plan's 200
    workbook.save(edited)
    drop(settings, sample, "苍城镇2026年第1季度(更正).xlsx", edited.read_bytes())
    expected = {**before, "440783104000": before["440783104000"] - 1, "440783000000": before["440783000000"] - 1}
    assert soon(lambda: board(settings) == expected)


def test_files_and_a_killed_scheduler(settings: Settings, first_quarter: dict[str, Sample]) -> None:
    """Good and bad files together, the scheduler killed in the middle: each is answered, none twice."""
    towns = ["沙塘镇", "龙胜镇", "大沙镇", "马冈镇", "赤坎镇"]
    dropped = [drop(settings, first_quarter[town]) for town in towns if town in first_quarter]
    dropped.append(drop(settings, first_quarter["大沙镇"], "不是表格.xlsx", b"%PDF-1.4 not a workbook"))
    dropped.append(drop(settings, first_quarter["大沙镇"], "坏的.xlsx", first_quarter["大沙镇"].content[:2000]))
    time.sleep(4)
    for process in psutil.process_iter():
        try:
            if "airflow scheduler" in " ".join(process.cmdline()) and str(settings.home) in process.environ().get(
                "WENTONG_HOME", ""
            ):
                os.kill(process.pid, signal.SIGKILL)
        except (psutil.Error, ProcessLookupError):
            continue
    files = {(path.parent.name, path.name) for path in dropped}

    def counted() -> dict[tuple[object, ...], tuple[object, ...]]:
        sql = "select folder, file_name, count(*), count(answered_at) from ops.submissions group by 1, 2"
        return {row[:2]: row[2:] for row in query(settings, sql) if row[:2] in files}

    assert soon(lambda: all(counted().get(file, (0, 0))[1] for file in files), 240)
    assert counted() == dict.fromkeys(files, (1, 1))
    unloaded = "select count(*) from ops.submissions where outcome = 'load' and loaded_at is null"
    assert soon(lambda: query(settings, unloaded) == [(0,)], 120)
