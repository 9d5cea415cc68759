"""The figures of the source documents: returns that state them are collected, and the tables and marts hold them to the
digit; when a return is changed, what depends on it moves and nothing else."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import stated_returns as returns

from wentong import pipeline, warehouse
from wentong.archive import Archive
from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS, codes, forms
from wentong.indicators import Figure
from wentong.periods import CHINA, Period
from wentong.places import Place
from wentong.plans import load_plan
from wentong.settings import Settings
from wentong.source_facts import SourceFact, factor, read_source_facts, source_facts
from wentong.thresholds import in_force

NOW = datetime(2026, 11, 20, 9, tzinfo=CHINA)
EXAMPLES = ("panjin_2017", "chengjiang_2019", "county_2018", "grades_2021")
SPEECH, REPORT, PANJIN, KAIPING, CHENGJIANG = "9901", "990201", "2111", "440783", "530481"


@dataclass(eq=False)
class Stated:
    """A site in which the documents' returns are loaded, and after them some that were changed."""

    engine: sa.Engine

    def rows(self, sql: str, **binds: object) -> list[sa.RowMapping]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(sql), binds).mappings())

    @cached_property
    def changed(self) -> list[int]:
        """The loads of the changed returns, in the order of CHANGES."""
        found = self.rows("select load_id from ops.submissions where file_name like '%更正%' order by submission_id")
        return [row["load_id"] for row in found]

    @property
    def load(self) -> int:
        """The last load before anything was changed."""
        return self.changed[0] - 1


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stated]:
    home = tmp_path_factory.mktemp("facts")
    for parent in (home, home.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": home, "share": home / "share", "archive": home / "archive"}
    settings = replace(Settings.from_environment(), **own, database_url=None)
    with pipeline.ready(settings, NOW), warehouse.engine(settings) as engine:
        warehouse.import_units(engine, Archive(settings.archive), returns.write_list(home / "units.csv"), NOW)
        kaiping = warehouse.read_places(engine, f"{KAIPING}000000")
        journal, villages = Archive(settings.archive).journal, returns.write_villages(home / "villages.csv")
        for name in EXAMPLES:
            plan = SCHEMAS / "plans" / "examples" / f"{name}.yml"
            warehouse.import_plan(engine, journal, plan, villages if load_plan(plan).form else None, NOW)
        returns.speech(settings.share)
        returns.county_report(settings.share)
        returns.city_report(settings.share)
        returns.full_coverage(settings.share, kaiping)
        returns.network_plan(settings.share)
        for change, _ in CHANGES:
            change(settings.share, kaiping)
        collected = pipeline.collect(settings, NOW)
        assert [one.file_name for one in collected if one.outcome != "load"] == []
        yield Stated(engine)


# -- figures -----------------------------------------------------------------------------------------------------------


FACTS = {fact.id: fact for fact in source_facts().facts}
STATED: list[tuple[str, object, str, str]] = [
    ("S000-01", 17, SPEECH, "2021Q4"), ("S000-02", 7, SPEECH, "2021Q4"), ("S000-03", 6, SPEECH, "2021Q4"),
    ("S000-04", 4, SPEECH, "2021Q4"),
    ("S001-01", 11, REPORT, "2018Q3"), ("S001-02", 800, REPORT, "2018Q3"), ("S001-03", 83, REPORT, "2018Q3"),
    ("S001-04", 300, REPORT, "2017Q4"), ("S001-05", 700, REPORT, "2018Q3"), ("S001-06", 1, REPORT, "2018"),
    ("S001-07", 1, REPORT, "2018"), ("S001-08", "second", REPORT, "2018Q3"), ("S001-09", "third", REPORT, "2018Q3"),
    ("S002-01", 7, PANJIN, "2017-05"), ("S002-02", 32, PANJIN, "2017-05"), ("S002-03", 94, PANJIN, "2017-05"),
    ("S002-06", 28, PANJIN, "2017-05"), ("S002-07", 32, PANJIN, "2017-05"), ("S002-08", 34, PANJIN, "2017-05"),
    ("S002-10", 41, PANJIN, "2016Q4"), ("S002-13", 300, PANJIN, "2016Q4"), ("S002-14", 3550, PANJIN, "2016Q4"),
    ("S002-15", 24, PANJIN, "2016Q4"), ("S002-17", 0, PANJIN, "2016Q4"), ("S002-19", 502, PANJIN, ""),
    ("S002-20", 173, PANJIN, "2017Q1"), ("S002-21", 173, PANJIN, "2017Q1"), ("S002-22", "132.6", PANJIN, "2017Q1"),
    ("S002-23", "70.2", PANJIN, "2017Q1"), ("S002-24", "15.6", PANJIN, "2017Q1"), ("S002-25", 4, PANJIN, ""),
    ("S002-26", "167.4", PANJIN, "2017Q1"), ("S002-27", 105, PANJIN, "2017Q1"), ("S002-28", "927.4", PANJIN, "2017Q1"),
    ("S002-29", 865, PANJIN, "2017Q1"), ("S002-30", 6, PANJIN, "2016Q4"), ("S002-31", 0, PANJIN, "2016Q4"),
    ("S002-33", 144, PANJIN, "2016"), ("S002-35", "146.5", PANJIN, "2016 2016Q4"),
    ("S002-36", "50.6", PANJIN, "2016Q4"), ("S002-37", "95.9", PANJIN, "2016"),
    ("S002-38", "39.6", PANJIN, "2016 2016Q4"), ("S002-44", 4, PANJIN, "2017-05"),
    ("S003-01", 15, KAIPING, "2017Q4"), ("S003-02", 15, KAIPING, "2017Q4"), ("S003-03", 5, KAIPING, "2017Q4"),
    ("S003-04", 21, KAIPING, "2017"), ("S003-05", 315, KAIPING, "2017"), ("S003-07", 300, KAIPING, "2017Q4"),
    ("S004-06", 5, CHENGJIANG, "2019Q4"), ("S004-07", 4, CHENGJIANG, "2019Q4"), ("S004-08", 3, CHENGJIANG, "2019"),
    ("S004-09", 3, CHENGJIANG, "2019Q4"),
]  # fmt: skip
"""Fact, what the warehouse holds (in the document's unit), the place's first digits, and the periods of the returns."""


TABLES = {table.name: table for form in forms().values() for table in form.tables}


def held(stated: Stated, fact: SourceFact, area: str, periods: str, known: int) -> object:
    """What the map of facts leads to, in the document's unit: the code of an enum, else a number."""
    figure = fact.figure
    assert figure
    if figure.asked == "units":
        level = {"county": 3, "village": 5}[figure.of[0]]
        places = stated.rows(
            "select * from marts.places(:known) where place_code like :area || '%'", known=known, area=area
        )
        return sum(place["level"] == level and is_of_kind(place, figure) for place in places)
    found: list[Any] = []
    for table in figure.tables:
        rows = [row for row in read(stated, table, area, periods, known) if is_asked(row, figure)]
        found += rows if figure.asked == "count" else []
        for field in map(TABLES[table].field, figure.fields_of(table)):
            measured = factor(fact.unit, field) if field.is_number and figure.asked != "distinct" else None
            values = [exact(row[field.name]) for row in rows if row[field.name] is not None]
            found += [value / measured for value in values] if measured else values
    match figure.asked:
        case "sum":
            return sum(found)
        case "value":
            (value,) = set(found)
            return value
    return len(set(found)) if figure.asked == "distinct" else len(found)


def exact(value: object) -> object:
    return Fraction(value) if isinstance(value, int | Decimal) else value


def read(stated: Stated, table: str, area: str, periods: str, known: int) -> list[sa.RowMapping]:
    """The rows of a table in an area and some periods as known at a load."""
    return stated.rows(
        f"""select fact.*, place.kind from core.fct_{table} as fact
            join marts.places(:known) as place on place.place_code = fact.division_code
            where fact.county_code like :area || '%' and fact.period = any(:periods)
                and fact.from_load <= :known and (fact.to_load is null or fact.to_load > :known)""",
        known=known, area=area, periods=periods.split(),
    )  # fmt: skip


def is_of_kind(row: sa.RowMapping, figure: Figure) -> bool:
    return not figure.kinds or row["kind"] in figure.kinds


def is_asked(row: sa.RowMapping, figure: Figure) -> bool:
    """Whether a row meets the conditions of a figure."""
    period = Period.parse(row["period"])
    about = (row["division_code"], row["kind"], period.first_day, period.last_day)
    return (
        is_of_kind(row, figure)
        and all(row[name] in chosen for name, chosen in figure.where.items())
        and (figure.filled is None or row[figure.filled] is not None)
        and all((row[name] or 0) >= in_force(listed, *about)[-1] for name, listed in figure.at_least.items())
    )


@pytest.mark.parametrize(("name", "expected", "area", "periods"), STATED, ids=[line[0] for line in STATED])
def test_the_warehouse_holds_what_the_document_says(
    stated: Stated, name: str, expected: object, area: str, periods: str
) -> None:
    assert held(stated, FACTS[name], area, periods, stated.load) == number(expected)


def number(expected: object) -> object:
    """A number written as text is exact."""
    return Fraction(expected) if isinstance(expected, str) and re.fullmatch("[0-9.]+", expected) else expected


# -- marts -------------------------------------------------------------------------------------------------------------


def indicator(code: str, area: str, period: str, value: str = "round(value, 2)") -> str:
    return f"""select {value} from marts.indicators(:known)
        where indicator_code = '{code}' and unit_code = '{area.ljust(12, "0")}' and period = '{period}'"""


def stipend(check: str, post: str | None = None) -> str:
    of_post = f"post = '{post}'" if post else "post is null"
    return f"""select sum(expected) from marts.stipend_checks(:known)
        where unit_code = '990201000000' and period = '2018Q3' and check_code = '{check}' and {of_post}"""


def grades(column: str) -> str:
    return f"select {column} from marts.grade_summary(:known) where scope_code = '990100000000' and round_number = 5"


def tiers(value: str, tier: str = "") -> str:
    return f"""select {value} from marts.finance_checks(:known)
        where unit_code = '211101000000' and check_code = 'payers_make_total' and item like '%{tier}'"""


def board(mart: str, value: str, plan: str, which: str) -> str:
    return f"select {value} from marts.{mart}(:known) where plan_code = '{plan}' and {which}"


def standards(value: str) -> str:
    return board("standards_board", value, "panjin_2017", "part_kind = 'programme' and period = '2017-05'")


def books(value: str) -> str:
    return board("books_tradeoff", value, "panjin_2017", "period = '2016'")


FIRST_GRADE = """select count(*) from core.fct_town_station where county_code = '440783000000' and grade = 'first'
    and from_load <= :known and (to_load is null or to_load > :known)"""

COMPUTED: list[tuple[str, object, str]] = [
    ("17 = 7 + 6 + 4", "17 = 一级7 + 二级6 + 三级4", grades("breakdown")),
    ("S000-05", 17, grades("without_base")),
    ("11 x 800", 8_800, stipend("monthly", "town_station_manager")),
    ("83 x 700", 58_100, stipend("monthly", "reading_room_manager")),
    ("83 x (700 - 300)", 33_200, stipend("increase", "reading_room_manager")),
    ("83 x (700 - 300) x 12", 398_400, stipend("increase_yearly", "reading_room_manager")),
    ("(8800 + 58100) x 12", 802_800, stipend("yearly")),
    ("S001-10", 100, indicator("CO12", REPORT, "2018Q3")),
    ("S001-11", 100, indicator("FA12", REPORT, "2018")),
    ("28 + 32 + 34", 94, indicator("AS01", PANJIN, "2017-05", "denominator")),
    ("28 / 94", "29.79", indicator("AS01", PANJIN, "2017-05")),
    ("173 / 502", "34.46", indicator("FA05", PANJIN, "2017Q1")),
    ("502 - 173", 329, indicator("FA05", PANJIN, "2017Q1", "denominator - numerator")),
    ("70.2 + 4 x 15.6", 1_326_000, tiers("expected", "first")),
    ("105 + 4 x 15.6", 1_674_000, tiers("expected", "second")),
    ("865 + 4 x 15.6", 9_274_000, tiers("expected", "third")),
    ("tiers are as stated", True, tiers("bool_and(is_right)")),
    ("50.6 + 95.9", 1_465_000, indicator("CO06", PANJIN, "2016", "numerator")),
    ("146.5 / 144", "1.0174", indicator("CO06", PANJIN, "2016", "round(value, 4)")),
    ("39.6 / 144", "0.2750", indicator("CO07", PANJIN, "2016", "round(value, 4)")),
    ("39.6 / 146.5", "27.03", indicator("CO03", PANJIN, "2016")),
    ("databases", 6, indicator("CO13", PANJIN, "2016Q4")),
    ("15 - 5", 10, FIRST_GRADE),
    ("demonstration points", 21, indicator("FA08", KAIPING, "2017")),
    ("farmhouse libraries", 315, indicator("FA09", KAIPING, "2017")),
    ("S003-06", 100, indicator("FA10", KAIPING, "2017")),
    ("S004-05", 1, indicator("NE03", CHENGJIANG, "2019Q4")),
    ("S002-05", 90, standards("required")),
    ("90 - 28, 90 - 28 - 32, 30 / 34, 94 - 90", "62 30 0.8824 4 red", standards(
        "concat_ws(' ', short, on_course_missing, round(hard_share, 4), slack, light)"
    )),
    ("named gaps", 66, board("standards_gaps", "count(*)", "panjin_2017", "period = '2017-05' and responsible_unit is not null")),
    ("173 of 502 by the plan", "502 173", board(
        "coverage_board", "concat_ws(' ', due_units, covered_units)", "panjin_2017",
        "scope_level = 'prefecture' and milestone_number = 1"
    )),
    ("S002-34", 144, books("books_required / 10000")),
    ("146.5 - 144, 144 - 39.6, 146.5 - 39.6", "25000 1044000 1069000 yellow", books(
        "concat_ws(' ', books_to_weed, catalogued_gap, books_uncatalogued, light)"
    )),
    ("phases over before the issue", "1、2", board(
        "plan_phases", "string_agg(phase_number::text, '、' order by phase_number)", "chengjiang_2019", "ended_before_issue"
    )),
    ("promises of the county", 6, board("target_board", "count(distinct target_number)", "county_2018", "is_met")),
    ("17 grades, 7 of them first: missing", "0 0", board(
        "target_board", "string_agg(missing::text, ' ' order by target_number)", "grades_2021", "period = '2021Q4'"
    )),
]  # fmt: skip
"""Fact, or sum of the documents; what it comes to; where it is computed. S000-05: all 17 have nothing to compare with."""


def computed(stated: Stated, query: str, known: int) -> object:
    (row,) = stated.rows(query, known=known)
    (value,) = row.values()
    return exact(value)


@pytest.mark.parametrize(("name", "expected", "query"), COMPUTED, ids=[line[0] for line in COMPUTED])
def test_the_marts_compute_what_follows(stated: Stated, name: str, expected: object, query: str) -> None:
    assert computed(stated, query, stated.load) == number(expected)


# -- how it was said ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["S002-13", "S002-14", "S002-38", "S003-07"])
def test_about_and_at_least_are_kept(stated: Stated, name: str) -> None:
    """约15万册, 12场以上 and 20多场次 are numbers, and it stays known that they are not exact."""
    (area, periods), states = next(line[2:] for line in STATED if line[0] == name), set()
    figure = FACTS[name].figure
    assert figure
    for table, field in (written.split(".") for written in figure.of):
        states |= {row["cell_states"].get(field) for row in read(stated, table, area, periods, stated.load)}
    assert "approximate" in states


def test_no_station_is_not_an_unknown_station(stated: Stated) -> None:
    """未设 with its reason: the sub-districts reported, and have none."""
    rows = [row for row in read(stated, "town_station", PANJIN, "2016Q4", stated.load) if row["kind"] == "subdistrict"]
    assert [row["cell_states"]["staff_total"] for row in rows] == ["not_applicable"] * 4


# -- what is changed moves ---------------------------------------------------------------------------------------------


def one_more_center_is_met(share: Path, _: Sequence[Place]) -> None:
    returns.centers(share, returns.OF_PANJIN[3], [True] + [False] * 181, "更正")


def the_city_pays_more(share: Path, _: Sequence[Place]) -> None:
    returns.option_costs(share, "866万元", "更正")


def one_house_falls(share: Path, _: Sequence[Place]) -> None:
    returns.graded_center(share, returns.GRADED[0], "second", "更正")


def one_station_falls(share: Path, kaiping: Sequence[Place]) -> None:
    returns.stations(share, kaiping, 4, "更正")


CHANGES: list[tuple[Callable[[Path, Sequence[Place]], None], dict[str, object]]] = [
    (
        one_more_center_is_met,
        {"S002-20": 174, "S002-21": 174, "173 / 502": "34.66", "502 - 173": 328, "173 of 502 by the plan": "502 174"},
    ),
    (
        the_city_pays_more,
        {"S002-28": "928.4", "S002-29": 866, "865 + 4 x 15.6": 9_284_000, "tiers are as stated": False},
    ),
    (
        one_house_falls,
        {
            "S000-02": 6,
            "S000-03": 7,
            "17 = 7 + 6 + 4": "17 = 一级6 + 二级7 + 三级4",
            "17 grades, 7 of them first: missing": "0 1",
        },
    ),
    (one_station_falls, {"S003-03": 4, "15 - 5": 11}),
]


@pytest.mark.parametrize("n", range(len(CHANGES)), ids=[change.__name__ for change, _ in CHANGES])
def test_what_is_changed_moves_and_nothing_else(stated: Stated, n: int) -> None:
    before, after = (all_figures(stated, stated.changed[n] - step) for step in (1, 0))
    changed = {name: value for name, value in after.items() if value != before[name]}
    assert changed == {name: number(value) for name, value in CHANGES[n][1].items()}


@cache
def all_figures(stated: Stated, known: int) -> dict[str, object]:
    figures = {name: held(stated, FACTS[name], area, periods, known) for name, _, area, periods in STATED}
    return figures | {name: computed(stated, query, known) for name, _, query in COMPUTED}


# -- the map -----------------------------------------------------------------------------------------------------------


def test_every_figure_of_the_documents_is_stated_here() -> None:
    """All statistics and indicators; and what is stated is what the document says."""
    named = {name for name, *_ in (*STATED, *COMPUTED)}
    wanted = {name for name, fact in FACTS.items() if fact.held_as in ("statistic", "derived")}
    assert wanted <= named
    for name, expected, *_ in (*STATED, *COMPUTED):
        if (fact := FACTS.get(name)) is None or fact.value is None:
            continue
        if isinstance(fact.value, str):
            assert codes("grade")[fact.value] == expected
        elif fact.qualifier in ("ge", "approx_ge"):
            assert float(expected) >= fact.value  # type: ignore[arg-type, operator]
        else:
            assert number(expected) == Fraction(str(fact.value))


def test_every_target_is_held_by_a_plan_and_stored() -> None:
    """By its place in a plan, which must say the same; by the register; or by what follows from both."""
    computed_here = {name for name, *_ in (*STATED, *COMPUTED)}
    targets = [fact for fact in FACTS.values() if fact.held_as == "target"]
    assert len(targets) == 16
    assert [fact.id for fact in targets if " " not in fact.held_in and fact.id not in computed_here] == []


def test_targets_that_are_declared_are_in_the_warehouse(stated: Stated) -> None:
    steps = stated.rows("select * from core.plan_milestones where plan_code = 'kaiping_2026' order by number")
    shares_of = [100 * s["share_numerator"] / s["share_denominator"] if s["share_numerator"] else None for s in steps]
    assert shares_of == [FACTS[f"S003-{n:02}"].value for n in range(8, 12)]
    phases = stated.rows("select * from core.plan_phases where plan_code = 'chengjiang_2019' order by number")
    spans = [f"{phase['first_day']:%Y-%m}/{phase['last_day']:%Y-%m}" for phase in phases]
    assert spans == [FACTS[f"S004-{n:02}"].value for n in range(1, 5)]
    checks = stated.rows("select period from core.plan_milestones where plan_code = 'panjin_2017' order by number")
    assert [check["period"] for check in checks] == [FACTS["S002-40"].value, FACTS["S002-41"].value]
    (zone,) = stated.rows("select * from core.plans where plan_code = 'panjin_2017'")
    assert zone["pass_numerator"] * 100 / zone["pass_denominator"] == FACTS["S002-04"].value
    assert zone["minimum_floor_area_m2"] == FACTS["S002-18"].value
    assert in_force("village_floor_area_m2", PANJIN, "village", date(2017, 1, 1), date(2017, 3, 31)) == (
        FACTS["S002-18"].value,
    )
    (books_per_head,) = stated.rows(
        "select at_least from core.plan_targets where plan_code = 'panjin_2017' and indicator_code = 'CO06'"
    )
    assert books_per_head["at_least"] == FACTS["S002-32"].value


def test_stipends_are_printed_with_what_they_assume(stated: Stated) -> None:
    printed = stated.rows(
        """select assumption from marts.stipend_checks(:known)
        where unit_code = '990201000000' and period = '2018Q3' and check_code = 'yearly' and post is null""",
        known=stated.load,
    )
    assert [row["assumption"] for row in printed] == ["每处1名补助人员,全年人数和标准不变"]


MAP = """\
documents: {S009: 示例}
facts:
  - {id: S009-01, fact: 示例, value: 12, unit: 万元, qualifier: eq, class: statistic,
     figure: {sum: [fund_line.fund_budget_yuan], where: {fund_source: [county]}, level: county}}
  - {id: S009-02, fact: 示例, value: 3, qualifier: eq, class: document_only, codes: {build_mode: [reuse, swap, new_build]}, note: 示例}
  - {id: S009-03, fact: 示例, value: 90, unit: "%", qualifier: target, class: target,
     held_in: plans/kaiping_2026.yml, at: milestones/2/share}
"""


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("fund_budget_yuan", "budget", "line 3: fact S009-01: no form has a field fund_line.budget"),
        ("[fund_line.", "[funds.", "line 3: fact S009-01: there is no table funds; write one of "),
        ("fund_source:", "source:", "line 3: fact S009-01: fund_line has no field source to look at; write one of "),
        ("[county]", "[县级]", "line 3: fact S009-01: 县级 is no code of fund_source; write one of "),
        ("万元", "万册", "line 3: fact S009-01: 万册 cannot be made 元"),
        ("class: statistic", "class: derived", "line 3: fact S009-01: a fact of class derived needs `indicator`"),
        ("S009-02", "S009-01", "line 5: fact S009-01: S009-01 is declared twice"),
        ("S009-02", "S008-02", "line 5: fact S008-02: there is no document S008; write one of S009"),
        (", swap", "", "line 5: fact S009-02: 2 codes are listed, and the fact is 3"),
        ("swap", "rent", "line 5: fact S009-02: rent is no code of build_mode; write one of "),
        (
            "/2/",
            "/1/",
            "line 6: fact S009-03: plans/kaiping_2026.yml says 50 at milestones/1/share, and the fact is 90",
        ),
        (
            "/2/",
            "/7/",
            "line 6: fact S009-03: plans/kaiping_2026.yml says None at milestones/7/share, and the fact is 90",
        ),
        ("held_in: plans/kaiping_2026.yml, ", "", "line 6: `facts`: 'held_in' is a dependency of 'at'"),
    ],
)
def test_a_fact_that_is_not_held_where_it_says(tmp_path: Path, before: str, after: str, says: str) -> None:
    path = tmp_path / "source_facts.yml"
    path.write_text(MAP.replace(before, after), encoding="utf-8")
    with pytest.raises(DeclarationError, match=re.escape(f"source_facts.yml, {says}")):
        read_source_facts(path)
