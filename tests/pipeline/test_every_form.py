"""Every form: its template is issued, filled in, dropped into the share and collected; the tables hold it, nothing is found."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from good_rows import GOOD_ROWS

from wentong import pipeline, templates, warehouse
from wentong.forms import Form, Table, code_titles, forms
from wentong.periods import CHINA, Period
from wentong.settings import Settings
from wentong.warehouse.schema import form_table

NOW = datetime(2027, 4, 6, 9, tzinfo=CHINA)
TOWN, COUNTY = "440783117000", "440783000000"
PERIODS = {"month": "2027-01", "quarter": "2027Q1", "year": "2026"}
EVERY_FORM = pytest.mark.parametrize("form", forms().values(), ids=[form.name for form in forms().values()])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site without Airflow, with the sample county."""
    home = tmp_path_factory.mktemp("forms")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, NOW):
        yield made


def rows(settings: Settings, sql: str, **binds: object) -> list[tuple[Any, ...]]:
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


def unit_of(form: Form) -> str:
    return COUNTY if form.reported_by == "county" else TOWN


def template(settings: Settings, form: Form, folder: Path) -> openpyxl.Workbook:
    path = folder / "template.xlsx"
    pipeline.write_template(settings, form, unit_of(form), Period.parse(PERIODS[form.period]), path)
    return openpyxl.load_workbook(path)


def header(sheet: Any, table: Table) -> tuple[int, dict[str, int]]:
    """The header row and the column of each field."""
    titles = {templates.heading(field): field.name for field in table.fields}
    for row in sheet.iter_rows():
        found = {titles[cell.value]: cell.column for cell in row if cell.value in titles}
        if len(found) > 3:
            return row[0].row, found
    raise AssertionError(f"{sheet.title} has no header")


def written(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a steward writes: titles of codes, several with 、 between."""
    shown = dict(values)
    for field in table.fields:
        if field.codes and shown.get(field.name):
            names = code_titles(field.codes)
            shown[field.name] = "、".join(names[code] for code in str(shown[field.name]).split(","))
    return shown


def fill(workbook: openpyxl.Workbook, form: Form) -> dict[str, int]:
    """Fill in every table and the signatures; returns table -> rows written."""
    counts = {}
    for table in form.tables:
        sheet = workbook[templates.sheet_name(form, table)]
        top, columns = header(sheet, table)
        good = [written(table, values) for values in GOOD_ROWS[table.name]]
        named = [columns[name] for name in table.identity if name in columns and name != table.issued_key]
        prefilled = [
            row for row in range(top + 1, sheet.max_row + 1)
            if any(sheet.cell(row, c).value and sheet.cell(row, c).border.left.style for c in named)
        ]  # fmt: skip
        targets = prefilled or range(top + 1, top + 1 + len(good))
        for number, row in enumerate(targets):
            for name, value in good[number % len(good)].items():
                if name in columns and not (prefilled and columns[name] in named):
                    sheet.cell(row, columns[name]).value = value
        counts[table.name] = len(targets)
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.endswith((":", ":")):
                    cell.value += {"单位负责人": "甲", "审核人": "乙", "填表人": "丙", "报出日期": "2027年4月2日"}.get(
                        cell.value[:-1], ""
                    )
    return counts


def drop(settings: Settings, form: Form, workbook: openpyxl.Workbook, name: str) -> None:
    inbox = settings.share / "开平市" / "收件箱"
    folder = inbox / "水口镇" if unit_of(form) == TOWN else inbox
    folder.mkdir(parents=True, exist_ok=True)
    stream = io.BytesIO()
    workbook.save(stream)
    (folder / f"{name}.xlsx").write_bytes(stream.getvalue())


@EVERY_FORM
def test_template_filled_collected_loaded(settings: Settings, form: Form, tmp_path: Path) -> None:
    workbook = template(settings, form, tmp_path)
    counts = fill(workbook, form)
    drop(settings, form, workbook, f"{form.code}上报")
    (submission,) = pipeline.collect(settings, NOW)
    said = rows(
        settings,
        "select code, sheet, row_number, message from ops.findings where submission_id = :n",
        n=submission.submission_id,
    )
    assert said == []
    assert (submission.outcome, submission.form_code, submission.unit_code) == ("load", form.code, unit_of(form))
    assert submission.period == PERIODS[form.period]
    for table in form.tables:
        facts = form_table(table).fullname
        loaded = rows(settings, f"select count(*) from {facts} where submission_id = :n", n=submission.submission_id)
        assert loaded == [(counts[table.name],)], table.name
    answer = settings.share / str(submission.answer_path)
    assert "检查通过" in answer.read_text(encoding="utf-8-sig")


@EVERY_FORM
def test_values_arrive_as_they_were_written(settings: Settings, form: Form) -> None:
    for table in form.tables:
        first = GOOD_ROWS[table.name][0]
        names = [field.name for field in table.stored if first.get(field.name) is not None]
        facts = form_table(table).fullname
        found = rows(settings, f"select {', '.join(names)} from {facts} where to_load is null order by row_number")
        assert list(found[0]) == [first[name] for name in names]


@pytest.mark.parametrize(
    "name", [form.name for form in forms().values() if all(table.resubmission == "ledger" for table in form.tables)]
)
def test_nothing_happened(settings: Settings, name: str, tmp_path: Path) -> None:
    """本期无活动 ticked: the rows reported before are withdrawn, and the return is a report of nothing."""
    form = next(form for form in forms().values() if form.name == name)
    workbook = template(settings, form, tmp_path)
    (table,) = form.tables
    sheet = workbook[templates.sheet_name(form, table)]
    line = next(c for row in sheet.iter_rows() for c in row if isinstance(c.value, str) and "本期无活动" in c.value)
    line.value = line.value.replace("(  )", "(√)").replace("(  )", "(√)")
    assert "√)" in line.value or "√)" in line.value
    drop(settings, form, workbook, f"{form.code}零报")
    (submission,) = pipeline.collect(settings, NOW)
    assert submission.outcome == "load"
    assert rows(settings, f"select count(*) from core.fct_{table.name} where to_load is null") == [(0,)]
    zero = "select is_zero from ops.submission_scopes where submission_id = :n"
    assert rows(settings, zero, n=submission.submission_id) == [(True,)]


def test_an_empty_template_is_sent_back(settings: Settings, tmp_path: Path) -> None:
    form = forms()["基文03"]
    drop(settings, form, template(settings, form, tmp_path), "空表")
    (submission,) = pipeline.collect(settings, NOW)
    assert submission.outcome == "reject"
    assert rows(settings, "select code from ops.findings where submission_id = :n", n=submission.submission_id) == [
        ("blank_template",)
    ]
