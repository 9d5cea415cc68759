"""What closes a finding, from the steward's workbook to the tables: an explanation, a waiver; and how long a return may take."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from good_rows import GOOD_ROWS

from wentong import cli, pipeline, warehouse
from wentong.archive import Archive
from wentong.forms import Form, find_form
from wentong.periods import CHINA, Period
from wentong.places import Register
from wentong.settings import Settings
from wentong.templates import write_return
from wentong.warehouse import Approval

NOW = datetime(2026, 10, 12, 9, tzinfo=CHINA)
FORM, PERIOD = find_form("基文01"), Period.parse("2026Q1")
LAST_DAY = date(2026, 12, 31)
APPROVAL = Approval("村里停电", "王局长", NOW)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A site without Airflow, with the sample county."""
    home = tmp_path_factory.mktemp("settled")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(made, NOW):
        yield made


def report(settings: Settings, town: str, *changes: dict[str, object]) -> bytes:
    """A town's return with one finished centre for each change of a good row."""
    with warehouse.engine(settings) as engine:
        register = Register(warehouse.read_places(engine))
    (unit,) = [place for place in register.towns(settings.county_code) if place.name == town]
    villages = register.villages(unit.code)
    rows = [
        {**GOOD_ROWS["village_center"][0], **change, "village_name": village.name, "division_code": village.code}
        for village, change in zip(villages, changes, strict=False)
    ]
    signed = {"head": "陈一", "reviewer": "李二", "preparer": "黄三", "reported_on": "2026年4月7日"}
    stream = BytesIO()
    write_return(stream, FORM, PERIOD, unit.code, f"开平市{town}", {"village_center": rows}, signatures=signed)
    return stream.getvalue()


def remarked(file: Path, line: int, remark: str) -> bytes:
    """A workbook that came back, with a remark in a line (the first is 0)."""
    workbook = openpyxl.load_workbook(file)
    cells = [cell for sheet in workbook.worksheets for row in sheet.iter_rows() for cell in row]
    heading: Any = next(cell for cell in cells if cell.value == "备注")
    number: Any = next(
        cell for cell in cells if cell.parent is heading.parent and cell.column == 1 and cell.value == line + 1
    )
    heading.parent.cell(number.row, heading.column).value = remark
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def front(answer: Path) -> str:
    """What the first sheet of a marked copy says."""
    sheet: Any = openpyxl.load_workbook(answer).worksheets[0]
    return "\n".join(str(cell) for line in sheet.values for cell in line if cell)


def hand_in(settings: Settings, town: str, content: bytes, name: str = "季报.xlsx") -> tuple[int, Path]:
    """Drop a file and collect: its number and the answer."""
    folder = settings.share / "开平市" / "收件箱" / town
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    (received,) = pipeline.collect(settings, NOW)
    return received.submission_id, settings.share / str(received.answer_path)


def rows(settings: Settings, sql: str, **binds: object) -> list[tuple[Any, ...]]:
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


def settled(settings: Settings, number: int, code: str) -> list[tuple[Any, ...]]:
    """Explanation and waiver of a submission's findings of one type, as the sheet reads."""
    return rows(
        settings,
        "select explanation, waiver_id from ops.findings where submission_id = :n and code = :code order by row_number",
        n=number,
        code=code,
    )


def test_an_explanation_closes_a_warning(settings: Settings) -> None:
    small = report(settings, "水口镇", {"floor_area_m2": 20}, {"floor_area_m2": 21}, {})
    number, answer = hand_in(settings, "水口镇", small)
    assert answer.name.startswith("需说明2处_")
    assert "在这一行的“备注”栏写“情况属实”和原因" in front(answer)
    assert settled(settings, number, "unusual_value") == [(None, None), (None, None)]

    number, answer = hand_in(settings, "水口镇", remarked(answer, 0, "老祠堂改建"), answer.name)
    assert answer.name.startswith("需说明1处_")
    assert "已说明:1处(数值偏大或偏小 1)" in front(answer)
    assert "您的说明:老祠堂改建" in front(answer)
    assert settled(settings, number, "unusual_value") == [("老祠堂改建", None), (None, None)]

    remarks = ({"remark": "情况属实,祠堂"}, {"remark": "已核实"})
    changes = [{"floor_area_m2": 20 + n, **remark} for n, remark in enumerate(remarks)]
    number, answer = hand_in(settings, "水口镇", report(settings, "水口镇", *changes, {}))
    assert answer.name.endswith(f"_回执_第{number}号.txt")
    receipt = answer.read_text("utf-8-sig")
    assert "已说明或已豁免(2条,不需要再说明):" in receipt
    assert "您的说明:情况属实,祠堂" in receipt
    assert settled(settings, number, "unusual_value") == [("情况属实,祠堂", None), ("已核实", None)]


def test_an_error_cannot_be_explained_away(settings: Settings) -> None:
    content = report(settings, "塘口镇", {"floor_area_m2": "很大", "remark": "情况属实"}, {})
    number, answer = hand_in(settings, "塘口镇", content)
    assert answer.name.startswith("需修改1处_")
    assert settled(settings, number, "number_expected") == [(None, None)]


def test_check_tells_of_explanations(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "马冈镇.xlsx"
    file.write_bytes(report(settings, "马冈镇", {"floor_area_m2": 20, "remark": "情况属实,祠堂"}))
    assert verb(settings, monkeypatch, "check", str(file), "--json") == cli.FINDINGS
    found = {f["code"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert (found["unusual_value"]["explanation"], found["unusual_value"]["waiver"]) == ("情况属实,祠堂", None)
    assert found["units_absent"]["explanation"] is None
    verb(settings, monkeypatch, "check", str(file))
    assert "已说明:1处" in capsys.readouterr().out


def test_a_waived_error_contests_nothing(settings: Settings) -> None:
    content = report(settings, "赤坎镇", {"weekly_open_hours": 0}, {"weekly_open_hours": 0}, {})
    before, answer = hand_in(settings, "赤坎镇", content)
    assert answer.name.startswith("需修改2处_")
    states = (
        "select division_code, cell_states ->> 'weekly_open_hours', cell_states ->> 'build_status'"
        " from core.fct_village_center where submission_id = :n and to_load is null order by row_number limit 2"
    )
    (village, *doubts), other = rows(settings, states, n=before)
    assert doubts == [*other[1:]] == ["contested", "contested"]

    journal = Archive(settings.archive).journal
    terms = ("built_with_zero", FORM)
    with warehouse.engine(settings) as engine:
        waiver = warehouse.waive(engine, journal, *terms, village, PERIOD, "weekly_open_hours", LAST_DAY, APPROVAL)
    after, answer = hand_in(settings, "赤坎镇", content)
    assert answer.name.startswith("需修改1处_")
    assert f"县级已批准豁免(编号{waiver}),不需要处理。" in front(answer)
    assert settled(settings, after, "built_with_zero") == [(None, waiver), (None, None)]
    assert rows(settings, states, n=after)[0] == (village, None, None)
    errors = "select open_errors from ops.submission_scopes where submission_id = :n"
    assert rows(settings, errors, n=after) == [(1,)]

    with warehouse.engine(settings) as engine:
        town = f"{village[:9]}000"
        warehouse.waive(engine, journal, *terms, town, PERIOD, None, LAST_DAY, APPROVAL)
    last, answer = hand_in(settings, "赤坎镇", content)
    assert "_回执_" in answer.name
    assert rows(settings, errors, n=last) == [(0,)]


def verb(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command on this site."""
    monkeypatch.setattr(Settings, "from_environment", lambda: settings)
    return cli.main(list(words))


SCOPE = ("--form", "基文01", "--unit", "440783116", "--period", "2026Q3", "--reason", "台风", "--by", "王局长")


def test_the_commands(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    assert verb(settings, monkeypatch, "extend", *SCOPE, "--until", "2099-01-31") == cli.FINE
    assert "基文01 2026年第3季度改为2099-01-31截止" in capsys.readouterr().out
    assert verb(settings, monkeypatch, "waive", "built_with_zero", *SCOPE, "--until", "2099-01-31") == cli.FINE
    capsys.readouterr()
    assert verb(settings, monkeypatch, "waivers") == cli.FINE
    listed = capsys.readouterr().out
    assert "缓报  基文01 2026年第3季度 " in listed
    assert "已建成却填0(built_with_zero)" in listed
    assert "批准:王局长  理由:台风" in listed
    assert verb(settings, monkeypatch, "waive", "required_missing", *SCOPE, "--until", "2099-01-31") == cli.FAULT
    assert "required_missing (必填项没有填) cannot be waived" in capsys.readouterr().err
    assert verb(settings, monkeypatch, "status", "--period", "2026Q3") == cli.FINE
    assert "缓报(已批准)1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "first_period", "today", "periods"),
    [
        ("quarter", "2026Q1", date(2026, 10, 12), ["2026Q1", "2026Q2", "2026Q3"]),
        ("quarter", "2026Q1", date(2027, 1, 5), ["2026Q4"]),
        ("quarter", "2026Q1", date(2027, 4, 1), ["2026Q4", "2027Q1"]),
        ("quarter", "2025Q1", date(2026, 4, 1), ["2025Q4", "2026Q1"]),
        ("quarter", "2026Q1", date(2026, 3, 31), []),
        ("month", "2027-01", date(2027, 3, 1), ["2027-01", "2027-02"]),
        ("month", "2026-12", date(2027, 3, 1), ["2026-12", "2027-01", "2027-02"]),
        ("year", "2026", date(2026, 12, 31), []),
        ("year", "2026", date(2027, 1, 1), ["2026"]),
        ("year", "2026", date(2029, 6, 1), ["2028"]),
        ("quarter", "", date(2026, 10, 12), []),
    ],
)
def test_ended_periods(kind: Any, first_period: str, today: date, periods: list[str]) -> None:
    form: Form = replace(FORM, period=kind, first_period=first_period)
    assert [str(period) for period in pipeline.ended_periods(form, today)] == periods


def test_every_form_is_expected_of_who_reports_it(settings: Settings) -> None:
    pipeline.build(settings, datetime(2027, 4, 1, 9, tzinfo=CHINA))
    found = rows(
        settings,
        "select form_code, period, count(*), min(right(unit_code, 6)) = '000000' from marts.submission_matrix"
        " where period like '2027%' or period = '2026' group by form_code, period order by form_code, period",
    )
    months, towns = ("2027-01", "2027-02", "2027-03"), 15
    assert found == [
        ("基文01", "2027Q1", towns, False),
        ("基文01A", "2026", towns, False),
        ("基文02", "2027Q1", towns, False),
        *(("基文03", month, towns, False) for month in months),
        *(("基文04", month, towns, False) for month in months),
        *(("基文05", month, 1, True) for month in months),
        *(("基文06", month, 1, True) for month in months),
        ("基文07", "2027Q1", 1, True),
        ("基文08", "2027Q1", 1, True),
    ]
    assert rows(settings, "select count(*) from core.fct_obligation where period < '2026'") == [(0,)]
