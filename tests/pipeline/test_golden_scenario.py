"""A year of an invented county with three towns and twenty tasks (domain §4.8), played through the share and compared figure
by figure: what was published, what came late, what was lost and found again, and a merger on the adjusted list."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
import stated_returns as returns

from wentong import cli, pipeline, releases, warehouse
from wentong.archive import Archive
from wentong.forms import find_form
from wentong.periods import CHINA, Period
from wentong.settings import Settings
from wentong.templates import write_return

pytestmark = pytest.mark.slow
FORM = find_form("基文04")

COUNTY = "990301000000"
TOWNS = {"990301101000": ("甲镇", 8), "990301102000": ("乙镇", 7), "990301103000": ("丙镇", 5)}
JIA, YI, BING = TOWNS
VILLAGES = [
    (f"{town[:9]}{201 + n}", f"{name[0]}{n + 1}村", town) for town, (name, count) in TOWNS.items() for n in range(count)
]
LISTED = "division_code,name,parent_code,level,kind,owes_returns,valid_from"
PLAN = f"""\
code: golden_2018
title: 示例县基层综合性文化服务中心建设任务(虚构)
year: 2018
county_code: "{COUNTY}"
document: 示例
frozen_on: 2018-01-01
form: 基文04
table: construction_task
completion_stage: county_accepted
minimum_floor_area_m2: 200
milestones:
  - {{number: 1, period: 2018Q1, share: 1/2}}
  - {{number: 2, period: 2018Q2, share: 9/10}}
  - {{number: 3, period: 2018Q3, share: 1/1}}
  - {{number: 4, period: 2018Q4}}
"""
APPROVAL = "示民函〔2018〕12号"
MERGED, SUCCESSOR = 14, 13
"""The last village open, and the one it was merged into: places in VILLAGES."""
CHECKED = date(2018, 11, 10)
"""In the fourth quarter all but the merged one were looked at again."""


def at(month: int, day: int, year: int = 2018) -> datetime:
    return datetime(year, month, day, 9, tzinfo=CHINA)


@dataclass
class Task:
    """What the county's office knows of a village."""

    accepted_on: date | None = None
    recheck: tuple[date, str] | None = None
    times: int = 0
    """How often it was accepted: every time with a report of its own."""

    def accept(self, on: date) -> None:
        self.accepted_on, self.recheck, self.times = on, None, self.times + 1


@dataclass
class Office:
    """The towns' and the county's office: what they know, and the workbooks that say so."""

    settings: Settings
    tasks: list[Task]

    def accept(self, on: date, *numbers: int) -> None:
        for number in numbers:
            self.tasks[number].accept(on)

    def recheck(self, on: date, result: str, *numbers: int) -> None:
        for number in numbers:
            self.tasks[number].recheck = (on, result)

    def report(self, period: str, *towns: str, name: str = "") -> None:
        """Put a month's returns of towns into the share, and the county's with the days of its own acceptance."""
        accepted = []
        for town in towns:
            rows = [self._row(n) for n, (_, _, of_town) in enumerate(VILLAGES) if of_town == town]
            self._hand_in(town, f"示例县{TOWNS[town][0]}", TOWNS[town][0], f"基文04_{period}{name}", rows)
            accepted += [
                {**_named(n), "county_accepted_on": task.accepted_on}
                for n, task in enumerate(self.tasks)
                if VILLAGES[n][2] == town and task.accepted_on
            ]
        self._hand_in(COUNTY, "示例县", "", f"基文04_{period}验收{name}", accepted)

    def _row(self, number: int) -> dict[str, Any]:
        task = self.tasks[number]
        row = {
            **_named(number),
            "task_id": f"T{number + 1:02}",
            "responsible_person": f"村{number}",
            "town_leader": "镇长",
            "build_mode": "new_build",
            "planned_start_on": date(2018, 1, 10),
            "planned_complete_on": date(2018, 8, 31),
            "planned_accept_on": date(2018, 9, 20),
            "task_stage": "not_started",
        }
        if task.accepted_on:
            row |= {
                "task_stage": "town_accepted",
                "works_started_on": date(2018, 1, 15),
                "built_on": date(2018, 3, 1),
                "town_accepted_on": min(task.accepted_on, date(2018, 3, 10)) if task.times == 1 else task.accepted_on,
                "acceptance_doc_no": f"验字〔2018〕{number + 1}-{task.times}号",
                "accepted_area_m2": 260,
                "acceptance_result": "met",
                "invested_yuan": 300_000,
            }
        if task.recheck:
            rechecked_on, result = task.recheck
            row |= {"rechecked_on": rechecked_on, "recheck_result": result}
            if result == "not_met":
                row |= {"task_stage": "regressed", "regression_reason": "活动室被占用"}
        return row

    def _hand_in(self, code: str, name: str, folder: str, file_name: str, rows: list[dict[str, Any]]) -> None:
        stream = io.BytesIO()
        period = Period.parse(file_name.split("_")[1][:7])
        write_return(stream, FORM, period, code, name, {"construction_task": rows}, signatures=returns.SIGNED)
        inbox = self.settings.share / "示例县" / "收件箱" / folder
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / f"{file_name}.xlsx").write_bytes(stream.getvalue())


def _named(number: int) -> dict[str, Any]:
    code, name, town = VILLAGES[number]
    return {"division_code": code, "village_name": name, "town_name": TOWNS[town][0]}


@dataclass(frozen=True)
class Year:
    """The site at the end of the year, and the load that was the last one at the end of each chapter."""

    settings: Settings
    engine: sa.Engine
    tasks: list[Task] = field(default_factory=lambda: [Task() for _ in VILLAGES])
    loads: dict[str, int] = field(default_factory=dict)

    def note(self, chapter: str) -> None:
        """A chapter is over."""
        with self.engine.connect() as connection:
            self.loads[chapter] = connection.scalar(sa.text("select max(load_id) from ops.loads")) or 0

    def board(self, chapter: str, day: date | None = None) -> dict[tuple[str, int], dict[str, Any]]:
        """Scope and number -> the milestone as known at the end of a chapter, seen from a day (None: that of the load)."""
        rows = warehouse.coverage(self.engine, "golden_2018", self.loads[chapter], day)
        return {(row["scope_code"], row["milestone_number"]): dict(row) for row in rows}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    home = tmp_path_factory.mktemp("golden")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive", "county_code": COUNTY}
    settings = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(settings, at(1, 5), sample=False), warehouse.engine(settings) as engine:
        played = Year(settings, engine)
        play(played)
        yield played


def play(year: Year) -> None:
    """The year, chapter by chapter."""
    settings, engine = year.settings, year.engine
    kept, office = Archive(settings.archive), Office(settings, year.tasks)

    def collect(chapter: str, now: datetime) -> None:
        found = pipeline.collect(settings, now)
        assert {one.outcome for one in found} == {"load"}, [(one.file_name, one.outcome) for one in found]
        year.note(chapter)

    write_files(settings.home)
    warehouse.import_units(engine, kept, settings.home / "units.csv", at(1, 5))
    warehouse.import_plan(engine, kept.journal, settings.home / "plan.yml", settings.home / "tasks.csv", at(1, 5))

    office.accept(date(2018, 3, 20), 0, 1, 2, 3, 4, 8, 9, 10, 11)
    office.report("2018-03", JIA, YI)
    collect("lock", at(4, 9))
    assert not pipeline.audit(settings, at(4, 10)).faults
    pipeline.publish(settings, at(4, 10), Period.parse("2018Q1"), None, None, "王局长")

    office.accept(date(2018, 3, 29), 15)
    office.report("2018-03", BING, name="补报")
    collect("late report", at(4, 15))

    office.recheck(date(2018, 5, 20), "not_met", 8)
    office.report("2018-05", *TOWNS)
    collect("recheck", at(6, 5))
    office.accept(date(2018, 6, 20), 5, 6, 7, 12, 13, 16, 17)
    office.report("2018-06", *TOWNS)
    collect("second quarter", at(7, 5))

    office.accept(date(2018, 7, 15), 8)
    office.report("2018-07", *TOWNS)
    collect("accepted again", at(8, 5))
    merged, successor = (VILLAGES[number][0] for number in (MERGED, SUCCESSOR))
    merger = warehouse.Change("golden_2018", "remove", merged, date(2018, 8, 30), APPROVAL, "村庄合并", successor)
    warehouse.change_plan(engine, kept.journal, [merger], "王局长", at(9, 3))
    year.note("merger")
    office.accept(date(2018, 9, 10), 18)
    office.accept(date(2018, 9, 20), 19)
    office.report("2018-09", *TOWNS)
    collect("third quarter", at(10, 8))

    standing = [number for number in range(20) if number != MERGED]
    office.recheck(CHECKED, "met", *standing)
    office.recheck(CHECKED, "not_met", 0, 15)
    office.report("2018-11", *TOWNS)
    collect("checked", at(12, 5))
    office.recheck(date(2018, 12, 10), "met", 15)
    office.report("2018-12", *TOWNS)
    collect("fourth quarter", at(1, 7, 2019))


def write_files(folder: Path) -> None:
    units = [f"{COUNTY},示例县,,3,county,no,2017-01-01"]
    units += [f"{code},{name},{COUNTY},4,town,yes,2017-01-01" for code, (name, _) in TOWNS.items()]
    units += [f"{code},{name},{town},5,village,no,2017-01-01" for code, name, town in VILLAGES]
    (folder / "units.csv").write_text("\n".join([LISTED, *units]), encoding="utf-8")
    (folder / "plan.yml").write_text(PLAN, encoding="utf-8")
    codes = [code for code, *_ in VILLAGES]
    (folder / "tasks.csv").write_text("\n".join(["division_code", *codes]), encoding="utf-8")


EXPECTED: list[tuple[str, int, dict[str, object]]] = [
    ("lock", 1, {"gross": 9, "regressed": 0, "accepted": 9, "tasks": 20, "required": 10, "short": 1, "is_met": False,
                 "light": "yellow", "verdict": "not_met", "published_release": None, "units_reported": 2}),
    ("late report", 1, {"accepted": 10, "short": 0, "is_met": True, "verdict": "met_by_late_reports",
                        "published_release": "2018Q1-1", "published_accepted": 9, "published_tasks": 20,
                        "added_late": 1, "corrected": 0, "withdrawn": 0, "reached_on": date(2018, 3, 29)}),
    ("recheck", 1, {"accepted": 10, "accepted_now": 9, "regressed_now": 1, "verdict": "fell_back", "next_due": 1}),
    ("recheck", 2, {"gross": 10, "regressed": 1, "accepted": 9, "required": 18, "verdict": None, "carried": 0}),
    ("second quarter", 1, {"accepted": 10, "verdict": "met_by_late_reports", "published_accepted": 9}),
    ("second quarter", 2, {"gross": 17, "regressed": 1, "accepted": 16, "required": 18, "short": 2, "is_met": False,
                           "verdict": "not_met", "adjusted_verdict": "not_met", "light": "yellow", "approvals": None}),
    ("second quarter", 3, {"required": 20, "next_due": 4, "carried": 2, "verdict": None}),
    ("accepted again", 2, {"gross": 17, "regressed": 1, "accepted": 16, "accepted_now": 17, "verdict": "not_met"}),
    ("accepted again", 3, {"gross": 17, "regressed": 0, "accepted": 17, "next_due": 3, "carried": 2}),
    ("merger", 3, {"tasks": 20, "adjusted_tasks": 19, "adjusted_accepted": 17, "approvals": APPROVAL}),
    ("third quarter", 2, {"accepted": 16, "verdict": "met_late", "reached_on": date(2018, 9, 10), "days_late": 72,
                          "adjusted_tasks": 20, "approvals": None}),
    ("third quarter", 3, {"accepted": 19, "tasks": 20, "required": 20, "short": 1, "verdict": "not_met",
                          "adjusted_accepted": 19, "adjusted_tasks": 19, "adjusted_required": 19, "adjusted_short": 0,
                          "adjusted_is_met": True, "adjusted_verdict": "met", "approvals": APPROVAL,
                          "adjusted_reached_on": date(2018, 9, 20), "due_units": 20, "covered_units": 19}),
    ("checked", 4, {"rechecked": 19, "recheck_base": 19, "defects_found": 2, "defects_closed": 0, "regressed": 2,
                    "verdict": None, "required": None}),
    ("fourth quarter", 1, {"accepted": 10, "published_accepted": 9, "published_tasks": 20,
                           "verdict": "met_by_late_reports", "added_late": 1, "list_id": "golden_2018@2"}),
    ("fourth quarter", 3, {"accepted": 19, "short": 1, "verdict": "not_met", "adjusted_verdict": "fell_back",
                           "adjusted_reached_on": date(2018, 9, 20), "adjusted_accepted": 19, "next_due": 2,
                           "adjusted_accepted_now": 18, "adjusted_tasks_now": 19}),
    ("fourth quarter", 4, {"rechecked": 19, "recheck_base": 19, "defects_found": 2, "defects_closed": 1,
                           "regressed_now": 1, "accepted": 18, "tasks": 20, "adjusted_accepted": 18,
                           "adjusted_tasks": 19, "regressed": 1, "approvals": APPROVAL}),
]  # fmt: skip
"""Chapter, milestone, and what is said of the county at the chapter's last load, on its day."""


@pytest.mark.parametrize(
    ("chapter", "number", "says"), EXPECTED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_board_at_every_step(year: Year, chapter: str, number: int, says: dict[str, object]) -> None:
    assert {name: year.board(chapter)[COUNTY, number][name] for name in says} == says


@pytest.mark.parametrize(
    ("chapter", "number", "says"), EXPECTED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_command_says_the_same(
    year: Year,
    chapter: str,
    number: int,
    says: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: year.settings)
    words = ["milestones", "--json", "--plan", "golden_2018", "--known-at", str(year.loads[chapter])]
    assert cli.main(words) == cli.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (row,) = (one for one in found if (one["scope_code"], one["milestone_number"]) == (COUNTY, number))
    assert {name: row[name] for name in says} == json.loads(json.dumps(says, default=str))


@pytest.mark.parametrize(
    ("chapter", "sentence"),
    [
        ("late report", "公布数 9/20 45.0%(2018Q1-1),最新数 10/20 50.0%;补报1个、更正0个、核减0个。"),
        ("second quarter", "还要4个(上一节点结转2个)"),
        ("third quarter", f"按调整后清单 19/19 100.0%,要求19,差0个,达成(批准文号:{APPROVAL})。"),
        ("third quarter", "第2季度延期达成:示例县2018-09-10(迟72天)"),
        ("fourth quarter", f"按调整后清单 19/19 100.0%,要求19,差0个,达成后回落(现18个)(批准文号:{APPROVAL})。"),
        ("fourth quarter", f"按调整后清单 18/19 94.7%(批准文号:{APPROVAL})。"),
        ("fourth quarter", "应复查19个,已复查19个(100.0%),发现问题2个,已整改1个,回潮1个;达标 18/20 90.0%。"),
    ],
)
def test_the_table_for_people(
    year: Year, chapter: str, sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Settings, "from_environment", lambda: year.settings)
    words = ["milestones", "--plan", "golden_2018", "--known-at", str(year.loads[chapter])]
    assert cli.main(words) == cli.FINE
    assert sentence in capsys.readouterr().out


def test_requirements_of_each_scope(year: Year) -> None:
    """Every scope has its own ceiling, so those of the towns add up to more."""
    asked = {key: row["required"] for key, row in year.board("lock").items()}
    assert [asked[COUNTY, number] for number in (1, 2, 3, 4)] == [10, 18, 20, None]
    assert [[asked[town, number] for town in TOWNS] for number in (1, 2, 3)] == [[4, 4, 3], [8, 7, 5], [8, 7, 5]]


def test_a_town_without_a_return_is_grey_and_not_red(year: Year) -> None:
    of_lock, of_report = year.board("lock"), year.board("late report")
    assert [of_lock[town, 1]["light"] for town in TOWNS] == ["green", "green", "grey"]
    assert [of_lock[town, 1]["is_reported"] for town in TOWNS] == [True, True, False]
    assert (of_report[BING, 1]["light"], of_report[BING, 1]["short"]) == ("red", 2)


def test_the_county_is_the_sum_of_its_towns(year: Year) -> None:
    counts = ("tasks", "started", "built", "gross", "accepted", "regressed", "adjusted_tasks", "adjusted_accepted",
              "due_units", "covered_units", "rechecked", "defects_found", "defects_closed", "recheck_base")  # fmt: skip
    for chapter in year.loads:
        board = year.board(chapter)
        for number in (1, 2, 3, 4):
            for name in counts:
                of_towns = [board[town, number][name] for town in TOWNS]
                total = None if None in of_towns else sum(of_towns)
                assert board[COUNTY, number][name] == total, (chapter, number, name)


def test_what_was_published_is_never_rewritten(year: Year) -> None:
    """The release still holds 9 of 20, and its figures come out the same from the tables of today."""
    with year.engine.connect() as connection:
        published = connection.execute(
            sa.text("select * from marts.coverage_board(:load) where scope_level = 'county' and milestone_number = 1"),
            {"load": year.loads["lock"]},
        ).mappings().one()  # fmt: skip
    assert (published["accepted"], published["tasks"], published["verdict"]) == (9, 20, "not_met")
    kept = Archive(year.settings.archive)
    assert list(releases.damages(year.engine, kept.journal, year.settings.releases)) == []


def test_the_first_quarter_seen_from_its_own_day(year: Year) -> None:
    """Knowledge and day are two things: as known now, ten were accepted by the end of March; as known then, nine."""
    for chapter, accepted in (("lock", 9), ("fourth quarter", 10)):
        row = year.board(chapter, date(2018, 3, 31))[COUNTY, 1]
        assert (row["as_of"], row["accepted"], row["accepted_now"]) == (date(2018, 3, 31), accepted, accepted)
    row = year.board("fourth quarter", date(2018, 3, 25))[COUNTY, 1]
    assert (row["accepted"], row["verdict"], row["next_due"]) == (9, None, 1)


# -- the bulletins -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bulletins(year: Year, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Chapter -> what its workbook says, and what its page says, without blanks."""
    said = {}
    for chapter, period, now in (
        ("late report", "2018Q1", at(4, 16)),
        ("second quarter", "2018Q2", at(7, 6)),
        ("third quarter", "2018Q3", at(10, 9)),
        ("fourth quarter", "2018Q4", at(1, 8, 2019)),
    ):
        folder = tmp_path_factory.mktemp("bulletin")
        load = str(year.loads[chapter])
        pipeline.issue_bulletins(year.settings, now, Period.parse(period), "golden_2018", load, folder)
        (workbook,), (page,) = folder.glob("*.xlsx"), folder.glob("*.html")
        sheets = openpyxl.load_workbook(workbook).worksheets
        cells = "|".join(
            str(cell.value) for sheet in sheets for line in sheet.iter_rows() for cell in line if cell.value is not None
        )
        text = re.sub(r"<[^>]*>", "|", re.sub(r"(?s)<(style|svg).*?</\1>", "", page.read_text(encoding="utf-8")))
        said[chapter] = [re.sub(r"\|+", "|", re.sub(r"\s", "", words)) for words in (cells, text)]
    return said


SENTENCES = [
    ("late report", "已验收达标9个，完成率45.0%，距第一季度要求差1个，未达成。"),
    ("late report", "另有1个在公布后补报，按最新资料第一季度为50.0%（10个），补报后达成。"),
    ("second quarter", "已验收达标16个，完成率80.0%，距第二季度要求差2个，未达成。"),
    ("third quarter", "已验收达标19个，完成率95.0%，距第三季度要求差1个，未达成。"),
    (
        "third quarter",
        f"按冻结清单19/20（95.0%）、未达成；按经批准调整后的清单19/19（100.0%）、达成；批准文号：{APPROVAL}。",
    ),
    ("fourth quarter", f"按冻结清单18/20（90.0%）；按经批准调整后的清单18/19（94.7%）；批准文号：{APPROVAL}。"),
]
ROWS = [
    ("late report", "已验收达标（个）|9|10|1", None),
    ("late report", "补报（个）|—|—|1", None),
    ("late report", "完成率|0.45|0.5|—", "完成率|45.0%|50.0%|—"),
    ("second quarter", "累计通过验收（个）|17|其中：回潮（个）|1|已验收达标（个）|16", None),
    ("second quarter", "第二季度要求（个）|18|差（个）|2|结论|未达成", None),
    (
        "second quarter",
        "全县合计|20|16|0.8|18|18|2|0|1|黄|未达成|3/3",
        "全县合计|20|16|80.0%|18|18|2|0|1|黄|未达成|3/3",
    ),
    ("third quarter", "第三季度要求（个）|20|19|差（个）|1|0|结论|未达成|达成", None),
    ("fourth quarter", "完成率|0.9|0.947", "完成率|90.0%|94.7%"),
    (
        "fourth quarter",
        "第三季度|20|—|19|0.95|1|未达成|—|达成后回落",
        "第三季度|20|—|19|95.0%|1|未达成|—|达成后回落",
    ),
    (
        "fourth quarter",
        "第一季度|10|9|10|0.5|0|补报后达成|2018-03-2900:00:00|—",
        "第一季度|10|9|10|50.0%|0|补报后达成|2018-03-29|—",
    ),
]
"""Chapter, a row of the workbook, and the same row of the page where it is written otherwise."""


@pytest.mark.parametrize(("chapter", "sentence"), SENTENCES)
def test_the_bulletins_say_so(bulletins: dict[str, list[str]], chapter: str, sentence: str) -> None:
    assert [sentence in words for words in bulletins[chapter]] == [True, True]


@pytest.mark.parametrize(("chapter", "in_workbook", "on_page"), ROWS)
def test_the_bulletins_count_so(
    bulletins: dict[str, list[str]], chapter: str, in_workbook: str, on_page: str | None
) -> None:
    workbook, page = bulletins[chapter]
    assert in_workbook in workbook
    assert (on_page or in_workbook) in page


# -- changes -----------------------------------------------------------------------------------------------------------


def test_one_corrected_return_moves_just_its_figures(year: Year) -> None:
    """The last recheck had found the defect still there."""
    day = date(2019, 1, 9)
    before = year.board("fourth quarter", day)
    office = Office(year.settings, [replace(task) for task in year.tasks])
    office.recheck(date(2018, 12, 10), "not_met", 15)
    office.report("2018-12", BING, name="更正")
    assert {one.outcome for one in pipeline.collect(year.settings, at(1, 9, 2019))} == {"load"}
    year.note("correction")
    after = year.board("correction", day)
    moved = {
        key: {name: (row[name], after[key][name]) for name in row if row[name] != after[key][name]}
        for key, row in before.items()
        if row != after[key]
    }
    now = {
        COUNTY: {"accepted_now": (18, 17), "regressed_now": (1, 2), "adjusted_accepted_now": (18, 17)},
        BING: {"accepted_now": (5, 4), "regressed_now": (0, 1), "adjusted_accepted_now": (5, 4)},
    }
    missing = {"next_due": (0, 1), "light": ("green", "yellow"), "adjusted_verdict": ("met_late", "fell_back")}
    missing |= {"verdict": ("met_late", "fell_back")}
    checked = {"accepted": (18, 17), "regressed": (1, 2), "adjusted_accepted": (18, 17), "covered_units": (18, 17)}
    assert moved == {
        (COUNTY, 1): now[COUNTY],
        (COUNTY, 2): {**now[COUNTY], **missing, "light": ("green", "red")},
        (COUNTY, 3): {**now[COUNTY], "next_due": (2, 3)},
        (COUNTY, 4): {**now[COUNTY], **checked, "defects_closed": (1, 0)},
        (BING, 1): now[BING],
        (BING, 2): {**now[BING], **missing},
        (BING, 3): {**now[BING], **missing, "verdict": ("met", "fell_back"), "adjusted_verdict": ("met", "fell_back")},
        (BING, 4): {
            **now[BING],
            **{name: (was - 13, is_now - 13) for name, (was, is_now) in checked.items() if name != "regressed"},
            "regressed": (0, 1),
            "defects_closed": (1, 0),
        },
    }
    assert year.board("fourth quarter", day) == before


def test_the_year_after_stands_beside_it(year: Year) -> None:
    """Another plan changes nothing of this one's rows."""
    last = list(year.loads)[-1]
    before = year.board(last, date(2019, 2, 1))
    text = PLAN.replace("2018", "2019").replace("示例县", "示例县第二年")
    (year.settings.home / "plan_2019.yml").write_text(text, encoding="utf-8")
    journal = Archive(year.settings.archive).journal
    plan, tasks = year.settings.home / "plan_2019.yml", year.settings.home / "tasks.csv"
    warehouse.import_plan(year.engine, journal, plan, tasks, at(1, 20, 2019))
    year.note("second plan")
    assert year.board("second plan", date(2019, 2, 1)) == before
    rows = warehouse.coverage(year.engine, None, year.loads["second plan"], date(2019, 2, 1))
    assert {row["plan_code"] for row in rows} == {"golden_2018", "golden_2019"}
    assert [row["tasks"] for row in rows if row["scope_code"] == COUNTY] == [20] * 8
