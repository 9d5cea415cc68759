"""From a figure back to what a steward wrote: real workbooks through the pipeline, then `wentong trace` and `rejudge --diff`."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from wentong import pipeline, trace_text, warehouse
from wentong.archive import Archive
from wentong.cli import main
from wentong.errors import WentongError
from wentong.forms import find_form
from wentong.indicators import find_indicator
from wentong.periods import CHINA, Period
from wentong.samples import samples
from wentong.settings import PROJECT, Settings
from wentong.tracing import Figure, Tracer

NOW = datetime(2026, 10, 12, 9, tzinfo=CHINA)
FORM, PERIOD = "基文01", Period.parse("2026Q1")
COUNTY, TOWN = "440783000000", "440783117000"
SHEET = "基文01"


class Books:
    """A site to which one town handed in its return three times, with other figures in the column of books."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        (self.sample,) = [
            s for s in samples(("2026Q1",)) if s.town == "水口镇" and s.outcome == "load" and not s.findings
        ]
        self.loads: list[int] = []

    def hand_in(self, at: datetime, **files: dict[int, object]) -> None:
        """The town's return, once for each name, with these figures of books by row."""
        for number, (name, books) in enumerate(files.items()):
            path = self.settings.share / self.sample.path.with_name(f"{name}.xlsx")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.sample.content)
            workbook = openpyxl.load_workbook(path)
            for row, value in books.items():
                workbook.worksheets[0][f"G{row}"] = value
            workbook.save(path)
            os.utime(path, (1_700_000_000 + number,) * 2)
        self.loads += [one.load_id or 0 for one in pipeline.collect(self.settings, at)]

    def ask(self, sql: str, **binds: object) -> list[tuple[Any, ...]]:
        with warehouse.engine(self.settings) as engine, engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql), binds)]


@pytest.fixture
def wentong(books: Books, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints; of one that fails what it says."""
    monkeypatch.setenv("WENTONG_HOME", str(books.settings.home))

    def run(*arguments: str, status: int = 0) -> str:
        assert main(list(arguments)) == status
        printed = capsys.readouterr()
        return printed.err if status == 2 else printed.out

    return run


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    home = tmp_path_factory.mktemp("trace")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    settings = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(settings, NOW):
        made = Books(settings)
        made.hand_in(NOW, 一季度={7: 1000, 8: 1111, 10: "好几千"})
        made.hand_in(
            NOW + timedelta(days=1),
            更正={7: "1,500", 8: "约200", 10: "好几千"},
            再更正={7: "1,500", 8: "很多", 10: "好几千"},
        )
        yield made


@pytest.fixture
def tracer(books: Books) -> Iterator[Tracer]:
    with warehouse.engine(books.settings) as engine, engine.connect() as connection:
        yield Tracer(connection, books.settings.archive, warehouse.known_at(connection, None))


def village(books: Books, row: int) -> str:
    ((code,),) = books.ask(
        "select distinct division_code from core.fct_village_center where town_code = :town and row_number = :row",
        town=TOWN,
        row=row,
    )
    return str(code)


def figure(tracer: Tracer, code: str) -> Figure:
    (found,) = tracer.figures(find_form(FORM), tracer.unit(code), PERIOD, "books_total")
    assert isinstance(found, Figure)
    return found


def written(found: Figure) -> list[tuple[Any, ...]]:
    """Value, state, cell and raw text of every version, newest first."""
    return [(v.value, v.state, v.written.cell, v.written.raw) for v in found.versions]


def test_a_corrected_value_has_both_versions_with_their_files(books: Books, tracer: Tracer) -> None:
    found = figure(tracer, village(books, 7))
    assert written(found) == [("1500", None, "G7", "1,500"), ("1000", None, "G7", "1000")]
    assert [(v.from_load, v.to_load) for v in found.versions] == [
        (books.loads[1], None),
        (books.loads[0], books.loads[1]),
    ]
    for version, name in zip(found.versions, ("更正.xlsx", "一季度.xlsx"), strict=True):
        source = tracer.sources[version.written.submission_id]
        content = (books.settings.archive / source.archive_name).read_bytes()
        assert (source.original, hashlib.sha256(content).hexdigest()) == ("intact", source.sha256)
        assert source.file_path == f"开平市/收件箱/水口镇/{name}"
    # the third file says the same again: it made no version, and is named all the same
    assert [mention.written.raw for mention in found.mentions] == ["1,500"]


def test_a_value_kept_from_an_earlier_file_names_both(
    books: Books, tracer: Tracer, wentong: Callable[..., str]
) -> None:
    present, second, first = figure(tracer, village(books, 8)).versions
    assert (present.value, present.state, present.is_contested) == ("200", "contested", True)
    assert (present.written.raw, present.written.submission_id) == ("约200", second.written.submission_id)
    assert present.instead_of is not None
    assert (present.instead_of.raw, [f.code for f in present.instead_of.findings]) == ("很多", ["number_expected"])
    assert ([f.code for f in second.written.findings], first.written.raw) == (["approximate_number"], "1111")
    shown = wentong(
        "trace", "--form", FORM, "--unit", village(books, 8), "--period", "2026Q1", "--field", "books_total"
    )
    assert "基文01!G8 写的是“约200”" in shown
    assert "基文01!G8 写的是“很多”:没有采用,沿用上面的数" in shown
    assert "【错误】G8 应填数字" in shown


def test_a_withheld_value(books: Books, tracer: Tracer) -> None:
    (version,) = figure(tracer, village(books, 10)).versions
    assert (version.value, version.state, version.written.raw) == (None, "withheld", "好几千")
    assert [finding.code for finding in version.written.findings] == ["number_expected"]


def test_the_parts_of_a_sum_add_up_to_it(books: Books, tracer: Tracer) -> None:
    (total,) = tracer.figures(find_form(FORM), tracer.unit(TOWN), PERIOD, "books_total")
    assert not isinstance(total, Figure)
    sheet = openpyxl.load_workbook(
        books.settings.archive / tracer.sources[min(tracer.sources)].archive_name
    ).worksheets[0]
    figures = {row: sheet[f"G{row}"].value for row in range(7, 37)} | {7: 1500, 8: None, 10: None}
    assert total.total == sum(value for value in figures.values() if value is not None)
    left_out = {part.version.written.cell: part.left_out for part in total.parts if part.left_out}
    assert left_out == {"G8": "contested", "G10": "withheld"} | {
        f"G{row}": "blank" for row, value in figures.items() if value is None and row not in (8, 10)
    }
    told = trace_text.as_json(total, tracer.sources)
    assert Decimal(told["total"]) == total.total
    (of_county,) = tracer.figures(find_form(FORM), tracer.unit(COUNTY), PERIOD, "books_total")
    assert not isinstance(of_county, Figure)
    assert (of_county.total, len(of_county.silent)) == (total.total, 269 - 30)


def test_as_known_before(books: Books, wentong: Callable[..., str]) -> None:
    code, day = village(books, 7), (NOW + timedelta(hours=1)).isoformat()
    for known_at in (str(books.loads[0]), day, "2026-10-12"):
        asked = ("trace", "--form", FORM, "--unit", code, "--period", "2026Q1", "--field", "books_total")
        (told,) = wentong(*asked, "--known-at", known_at, "--json").splitlines()
        assert [version["value"] for version in json.loads(told)["versions"]] == ["1000"]
    early = wentong("milestones", "--known-at", "2026-10-12", "--json").splitlines()
    assert early == wentong("milestones", "--known-at", str(books.loads[0]), "--json").splitlines()
    (county,) = (row for row in map(json.loads, early) if row["scope_code"] == COUNTY and row["milestone_number"] == 1)
    assert (county["as_of"], county["months_left"]) == (NOW.date().isoformat(), None)
    said = wentong("milestones", "--known-at", "never", status=2)
    assert said.startswith("wentong: 'never' is neither a load number nor a time")


def test_milestones_seen_from_a_day(wentong: Callable[..., str]) -> None:
    """A month before the end of the third quarter everything of it is still ahead, whatever has been reported since."""
    seen_from = ("milestones", "--plan", "kaiping_2026", "--as-of", "2026-08-31")
    rows = [json.loads(line) for line in wentong(*seen_from, "--json").splitlines()]
    ahead = [row for row in rows if row["milestone_number"] == 3]
    assert {row["as_of"] for row in rows} == {"2026-08-31"}
    assert {(row["working_days_left"], row["months_left"], row["verdict"]) for row in ahead} == {(22, "1", None)}
    schedules = [json.loads(line) for line in wentong(*seen_from, "--schedule", "--json").splitlines()]
    due = {row["scope_code"]: row["next_due"] for row in ahead if row["scope_level"] == "town"}
    assert {one["scope_code"]: sum(week["needed"] for week in one["weeks"]) for one in schedules} == due
    assert "到2026年9月30日,还有22个工作日:" in wentong(*seen_from)
    assert f"水口镇:到2026年9月30日要求28个,还要{due[TOWN]}个,剩22个工作日。" in wentong(*seen_from, "--schedule")


def test_an_indicator_leads_to_the_rows_of_both_its_parts(tracer: Tracer) -> None:
    rate = tracer.rate(find_indicator("FA05"), tracer.unit(COUNTY), PERIOD)
    (value,) = rate.values
    met = [one for one in rate.contributions if one.numerator]
    assert (value["numerator"], value["denominator"]) == (len(met), len(rate.units))
    for one in met:
        status, area = sorted(one.versions, key=lambda version: version.field)
        assert (status.value, Decimal(area.value or 0) > 0) == ("built", True)
        assert (status.written.sheet, area.written.raw is not None) == (SHEET, True)


def test_coverage_leads_to_the_acceptances_and_their_rows(tracer: Tracer) -> None:
    coverage = tracer.coverage("kaiping_2026", 1, TOWN)
    accepted = [task for task in coverage.tasks if task.is_accepted]
    assert (len(accepted), len(coverage.tasks)) == (coverage.board["accepted"], coverage.board["tasks"])
    assert all(task.reason for task in coverage.tasks if not task.is_accepted)
    for task in accepted:
        by_field = {version.field: version for version in task.versions}
        assert by_field["build_status"].value == "built"
        assert Decimal(by_field["floor_area_m2"].value or 0) >= 200
        assert by_field["build_status"].written.submission_id == task.submission_id


def test_what_the_archive_lacks_is_said(books: Books, tracer: Tracer, tmp_path: Path) -> None:
    copied = tmp_path / "archive"
    shutil.copytree(books.settings.archive, copied)
    found = figure(tracer, village(books, 7))
    (first, second) = (tracer.sources[v.written.submission_id] for v in reversed(found.versions))
    (copied / first.archive_name).write_bytes(b"something else")
    (copied / second.archive_name).unlink()
    (copied / second.sha256[:2] / f"{second.sha256}.{second.submission_id}.parquet").unlink()
    again = Tracer(tracer.connection, copied, tracer.known_at)
    present, earlier = figure(again, village(books, 7)).versions
    assert (present.value, present.written.raw, earlier.written.raw) == ("1500", None, "1000")
    shown = trace_text.text([figure(again, village(books, 7))], again.sources)
    for said in ("与 SHA-256 不符!", "存档中没有!", "原文无从显示!"):
        assert said in shown


@pytest.mark.parametrize(
    ("unit", "name", "says"),
    [
        ("440783999", "books_total", "440783999 is no unit of the register"),
        (TOWN, None, "name one field with --field"),
        (TOWN, "books", "基文01 has no field books that can be shown; it has build_status"),
    ],
)
def test_what_cannot_be_traced(tracer: Tracer, unit: str, name: str | None, says: str) -> None:
    with pytest.raises(WentongError, match=says):
        tracer.figures(find_form(FORM), tracer.unit(unit), PERIOD, name)


# -- rejudge -----------------------------------------------------------------------------------------------------------


def everything(books: Books) -> dict[str, object]:
    """All bytes of the archive and all rows of the warehouse."""
    tables = books.ask(
        "select schemaname || '.' || tablename from pg_tables where schemaname in ('ops', 'core', 'personal') order by 1"
    )
    rows = {
        name: books.ask(f"select md5(string_agg(cast(t as text), '|' order by cast(t as text))) from {name} as t")
        for (name,) in tables
    }
    files = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in books.settings.archive.rglob("*") if p.is_file()}
    return {**rows, **files}


def test_the_same_rules_give_the_same_verdicts(books: Books, wentong: Callable[..., str], tmp_path: Path) -> None:
    """Whatever became of the list of units, and whatever was waived, since the verdicts were given."""
    later = NOW + timedelta(days=2)
    renamed = tmp_path / "units.csv"
    heading = "division_code,name,parent_code,level,kind,owes_returns,valid_from"
    renamed.write_text(f"{heading}\n{village(books, 7)},改名村,{TOWN},5,village,no,1900-01-01\n", encoding="utf-8")
    approval = warehouse.Approval("核实过", "县局", later)
    asked = (find_form(FORM), TOWN, PERIOD, None, later.date() + timedelta(days=90), approval)
    with warehouse.engine(books.settings) as engine:
        archive = Archive(books.settings.archive)
        assert warehouse.import_units(engine, archive, renamed, later).changed == 1
        warehouse.waive(engine, archive.journal, "approximate_number", *asked)
    assert wentong("rejudge", "--diff").startswith("比较 3 个文件:结论相同 3 个,会有不同 0 个")


def test_stricter_rules_show_what_they_would_change_and_change_nothing(books: Books, tmp_path: Path) -> None:
    before = everything(books)
    shutil.copytree(PROJECT / "include", tmp_path / "include")
    path = tmp_path / "include/schemas/forms/village_centers.yml"
    declared = path.read_text(encoding="utf-8")
    assert "maximum: 200000" in declared
    path.write_text(declared.replace("maximum: 200000", "maximum: 3500", 1), encoding="utf-8")
    lines = rejudged_with(tmp_path / "include", books, "--since", "2026-10-13", "--json").splitlines()
    *told, last = map(json.loads, lines)
    sheet = openpyxl.load_workbook(books.settings.archive / tracer_file(books)).worksheets[0]
    over = {
        f"G{row}" for row in range(7, 37) if isinstance(sheet[f"G{row}"].value, int) and sheet[f"G{row}"].value > 3500
    }
    assert over
    for one in told:
        assert {said["cell"] for said in one["appeared"]} == over
        assert {said["field"] for said in one["appeared"]} == {"books_total"}
        assert one["gone"] == []
        assert {f"G{change['row']}" for change in one["changes"]} == over
        assert {change["after"][0] for change in one["changes"]} == {None}
    counts = last["summary"]
    assert (counts["compared"], counts["same"], counts["untold"], len(told)) == (2, 0, 0, 2)
    assert (sum(counts["appeared"].values()), counts["gone"]) == (2 * len(over), {})
    assert everything(books) == before


def tracer_file(books: Books) -> str:
    ((name,),) = books.ask("select archive_name from ops.submissions order by submission_id limit 1")
    return str(name)


def rejudged_with(include: Path, books: Books, *options: str) -> str:
    """What `rejudge --diff` prints in a process of its own, for declarations are read once."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WENTONG_")}
    places = {"WENTONG_HOME": str(books.settings.home), "WENTONG_INCLUDE": str(include)}
    done = subprocess.run(
        [sys.executable, "-m", "wentong.cli", "rejudge", "--diff", *options],
        env={**own, "PYTHONPATH": str(PROJECT / "plugins"), **places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout
