"""Units over time: mergers, divisions, new codes and closings, in the register, in what is owed, and on the maps."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sites import A1, A2, A3, AT, B1, B2, COUNTY, FORM, TOWN_A, TOWN_B, Site, row

from wentong import warehouse
from wentong.errors import DeclarationError
from wentong.places import Register
from wentong.warehouse import UnitsImported

LATER = datetime(2026, 10, 9, 9, tzinfo=UTC)
DAY = date(2026, 8, 1)
NEW, NEW_TOWN, N1, N2 = "990001100204", "990001001000", "990001001001", "990001001002"
HEADING = "division_code,name,parent_code,level,kind,owes_returns,valid_from,status,change,successors"


def units(*lines: str) -> str:
    """A list of units whose lines are complete but for trailing commas."""
    return "\n".join([HEADING, *(line + "," * (HEADING.count(",") - line.count(",")) for line in lines)]) + "\n"


COUNTY_LINE = f"{COUNTY},示例县,,3,county,no"
TOWN_A_LINE = f"{TOWN_A},甲镇,{COUNTY},4,town,yes"
A2_LINE = f"{A2},甲二村,{TOWN_A},5,village,no"
MERGER = units(A2_LINE, f"{A1},甲一村,{TOWN_A},5,village,no,2026-08-01,closed,merged,{A2}")
RECODED = units(
    f"{A1},甲一村,{TOWN_A},5,village,no,2026-08-01,closed,recoded,{NEW}", f"{NEW},甲新村,{TOWN_A},5,village,no"
)
UPGRADE = units(
    f"{TOWN_B},乙镇,{COUNTY},4,town,yes,2026-08-01,closed,upgraded,{NEW_TOWN}",
    f"{NEW_TOWN},新城街道,{COUNTY},4,subdistrict,yes",
    f"{B1},乙一村,{TOWN_B},5,village,no,2026-08-01,closed,recoded,{N1}",
    f"{B2},乙二村,{TOWN_B},5,village,no,2026-08-01,closed,recoded,{N2}",
    f"{N1},乙一社区,{NEW_TOWN},5,community,no",
    f"{N2},乙二社区,{NEW_TOWN},5,community,no",
)
TOWN_MERGER = units(
    f"{TOWN_B},乙镇,{COUNTY},4,town,yes,2026-08-01,closed,merged,{TOWN_A}",
    TOWN_A_LINE,
    f"{B1},乙一村,{TOWN_A},5,village,no",
    f"{B2},乙二村,{TOWN_A},5,village,no",
)


def organisations(site: Site, *codes: str) -> list[tuple[Any, ...]]:
    """Place, organisation, day and whether it is closed from then on, of the present versions."""
    return site.rows(
        "select place_code, org_id, valid_from, is_closed from core.dim_org "
        "where to_load is null and place_code = any(:codes) order by 3, 1",
        codes=list(codes),
    )


def expect(site: Site, *periods: str, at: datetime = AT) -> None:
    expected = [(FORM, period, date(2026, 10, 15)) for period in periods]
    warehouse.open_obligations(site.engine, site.archive.journal, expected, at)


def duties(site: Site) -> dict[tuple[str, str], str]:
    found = site.rows("select unit_code, period, duty from marts.submission_matrix")
    return {(unit, period): duty for unit, period, duty in found}


def totals(site: Site, which: str, period: str) -> dict[str | None, tuple[int, int]]:
    """Town -> villages reported and books."""
    found = site.rows(
        "select town_code, villages_reported, cast(books_total as int) from marts.town_totals "
        "where map = :map and period = :period and county_code = :county",
        map=which, period=period, county=COUNTY,
    )  # fmt: skip
    return {town: (villages, books) for town, villages, books in found}


def report(site: Site, period: str, town: str, **books: int) -> None:
    """A town's return with villages by the names of this module."""
    villages = [row(globals()[name], number=n, books_total=total) for n, (name, total) in enumerate(books.items())]
    site.load(site.submit(*villages, period=period, unit=town))


def on(site: Site, day: date) -> Register:
    return Register(warehouse.read_places(site.engine)).on(day)


# -- lists ------------------------------------------------------------------------------------------------------------


def test_a_merged_village_is_closed_and_its_successor_known(site: Site) -> None:
    assert site.register(MERGER, LATER)[1:4] == (0, 1, 1)
    assert organisations(site, A1) == [(A1, 3, date(1900, 1, 1), False), (A1, 3, DAY, True)]
    assert site.rows(
        "select place_code, is_closed, change, successor_code from marts.places where change is not null"
    ) == [(A1, True, "merged", A2)]
    before, after = on(site, date(2026, 7, 31)), on(site, DAY)
    assert ({A1, A2} <= before.by_code.keys(), A1 in after.by_code, A2 in after.by_code) == (True, False, True)
    assert site.register(MERGER, LATER) == UnitsImported(None, 0, 0, 2, ())


def test_what_ended_on_another_day_is_corrected(site: Site) -> None:
    site.register(RECODED, LATER)
    corrected = RECODED.replace("2026-08-01", "2026-07-01")
    assert site.register(corrected, LATER).load_id is not None
    day = date(2026, 7, 1)
    assert organisations(site, A1, NEW) == [(A1, 3, date(1900, 1, 1), False), (NEW, 3, day, False)]
    assert on(site, day).by_code.keys() & {A1, NEW} == {NEW}
    assert on(site, date(2026, 6, 30)).by_code.keys() & {A1, NEW} == {A1}
    assert site.register(corrected, LATER).load_id is None


def test_an_organisation_outlives_its_code(site: Site) -> None:
    site.register(UPGRADE, LATER)
    assert organisations(site, TOWN_B, NEW_TOWN, B1, N1) == [
        (TOWN_B, 6, date(1900, 1, 1), False),
        (B1, 7, date(1900, 1, 1), False),
        (NEW_TOWN, 6, DAY, False),
        (N1, 7, DAY, False),
    ]
    now = on(site, date(2026, 9, 30))
    assert (now.place(TOWN_B), now.place(B1)) == (now.by_code[NEW_TOWN], now.by_code[N1])
    assert now.by_code[N1].aliases == ("乙一村",)
    assert site.register(UPGRADE, LATER).load_id is None


def test_a_closing_that_is_taken_back(site: Site) -> None:
    before = site.rows("select place_code, name, valid_from from core.dim_place where to_load is null order by 1")
    site.register(TOWN_MERGER, LATER)
    back = units(
        f"{TOWN_B},乙镇,{COUNTY},4,town,yes,2026-08-01", f"{B1},乙一村,{TOWN_B},5,village,no,2026-08-01",
        f"{B2},乙二村,{TOWN_B},5,village,no,2026-08-01",
    )  # fmt: skip
    site.register(back, LATER)
    assert (
        site.rows("select place_code, name, valid_from from core.dim_place where to_load is null order by 1") == before
    )
    assert site.rows("select count(*) from core.place_succession where to_load is null") == [(0,)]
    assert site.register(back, LATER).load_id is None


def test_a_first_list_may_tell_of_earlier_units(empty_site: Site) -> None:
    """A unit that it closes existed until then; a successor that says no day exists from then on."""
    empty_site.register(units(COUNTY_LINE, TOWN_A_LINE, *RECODED.splitlines()[1:]), LATER)
    assert organisations(empty_site, A1, NEW) == [(A1, 1, date(1900, 1, 1), False), (NEW, 1, DAY, False)]
    assert on(empty_site, DAY).by_code.keys() == {COUNTY, TOWN_A, NEW}


CLOSED = f"{A1},甲一村,{TOWN_A},5,village,no"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([f"{CLOSED},,closed"], "line 2, column valid_from: it is empty; write the first day on which the unit is no more"),
        ([f"{CLOSED},2026-08-01,shut"], "line 2, column status: 'shut' is neither; write open or closed"),
        ([f"{CLOSED},2026-08-01,open,merged,{A2}"], "line 2, column change: 'merged' is said of a unit that is open"),
        ([f"{CLOSED},2026-08-01,closed,swallowed,{A2}"], "line 2, column change: 'swallowed' is no change; write one of"),
        ([f"{CLOSED},2026-08-01,closed,,{A2}"], "line 2, column change: '' is no change"),
        ([f"{CLOSED},2026-08-01,closed,merged,{A1}"], f"line 2, column successors: {A1} is the unit itself"),
        ([f"{CLOSED},2026-08-01,closed,merged,甲二村"], "line 2, column successors: '甲二村' is no division code"),
        ([f"{CLOSED},2026-08-01,closed,split,{A2}"], "line 2, column successors: split with one; write two or more"),
        ([f"{CLOSED},2026-08-01,closed,merged"], "line 2, column successors: merged with none; write one"),
        ([f"{CLOSED},2026-08-01,closed,merged,{NEW}"], f"line 2, {A1} 甲一村, column successors: {NEW} is neither in this"),
        ([f"{CLOSED},2026-08-01,closed,merged,{TOWN_B}"], f"column successors: {TOWN_B} is of another level"),
        ([f"{CLOSED},2026-08-01,closed,recoded,{A2}"], f"column change: recoded, but {A2} is a unit of its own already"),
        (
            [f"{CLOSED},2026-08-01,closed,merged,{NEW}", f"{NEW},甲新村,{TOWN_A},5,village,no,2026-09-01"],
            f"line 2, {A1} 甲一村, column successors: {NEW} is not there on 2026-08-01",
        ),
        (
            [f"{CLOSED},2026-08-01,closed,merged,{A2}", f"{A2},甲二村,{TOWN_A},5,village,no,2026-08-01,closed,merged,{A1}"],
            "is not there on 2026-08-01",
        ),
        (
            [f"{TOWN_A},甲镇,{COUNTY},4,town,yes,2026-08-01,closed"],
            f"line 2, column status: {TOWN_A} is closed on 2026-08-01, but {A1} 甲一村 still belongs to it",
        ),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_is_refused(site: Site, lines: list[str], says: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        site.register(units(*lines), LATER)
    assert says in str(raised.value)
    assert site.rows("select count(*) from ops.loads") == [(1,)]


# -- what is owed -------------------------------------------------------------------------------------------------------


def test_a_closed_unit_owes_nothing_from_its_closing(site: Site) -> None:
    expect(site, "2026Q2", "2026Q3")
    site.register(TOWN_MERGER, LATER)
    expect(site, "2026Q4", at=LATER)
    of_b = {period: duty for (unit, period), duty in duties(site).items() if unit == TOWN_B}
    assert of_b == {"2026Q2": "due", "2026Q3": "not_applicable"}
    assert {period for unit, period in duties(site) if unit == TOWN_A} == {"2026Q2", "2026Q3", "2026Q4"}
    site.register(TOWN_MERGER.replace("2026-08-01", "2026-10-01"), LATER)
    assert duties(site)[TOWN_B, "2026Q3"] == "due", "the closing was another day"


def test_who_goes_on_under_another_code_goes_on_owing(site: Site) -> None:
    expect(site, "2026Q3")
    report(site, "2026Q3", TOWN_B, B1=90)  # before the new code was known
    site.register(UPGRADE, LATER)
    expect(site, "2026Q3", "2026Q4", at=LATER)
    assert {key: duty for key, duty in duties(site).items() if key[0] in (TOWN_B, NEW_TOWN)} == {
        (NEW_TOWN, "2026Q3"): "due",
        (NEW_TOWN, "2026Q4"): "due",
    }
    how = "select unit_code, label, submission_id from marts.submission_matrix where period = '2026Q3' and submission <> 'none'"
    assert [row[:2] for row in site.rows(how)] == [(NEW_TOWN, "已报")]
    report(site, "2026Q3", NEW_TOWN, N1=100)
    ((*_, latest),) = site.rows(how)
    assert site.rows(
        "select submission_id, division_code, books_total from core.fct_village_center where to_load is null"
    ) == [(latest, N1, 100)]


def test_the_roster_is_that_of_the_last_day(site: Site) -> None:
    expect(site, "2026Q2", "2026Q3")
    site.register(MERGER, LATER)
    listed = "select division_code from marts.roster where town_code = :town and period = :period order by 1"
    assert site.rows(listed, town=TOWN_A, period="2026Q2") == [(A1,), (A2,), (A3,)]
    assert site.rows(listed, town=TOWN_A, period="2026Q3") == [(A2,), (A3,)]
    (load,) = site.rows("select max(load_id) - 1 from ops.loads")
    assert site.rows(f"select count(*) from marts.roster({load[0]}) where period = '2026Q3'") == [(5,)]


# -- figures ------------------------------------------------------------------------------------------------------------


def test_a_merged_village_counts_in_its_own_name_and_then_in_its_successors(site: Site) -> None:
    report(site, "2026Q2", TOWN_A, A1=100, A2=200)
    report(site, "2026Q3", TOWN_A, A1=100, A2=200)  # before the merger was known
    site.register(MERGER, LATER)
    report(site, "2026Q3", TOWN_A, A2=300)
    assert totals(site, "as_reported", "2026Q2") == {TOWN_A: (2, 300)}
    assert totals(site, "as_reported", "2026Q3") == totals(site, "today", "2026Q3") == {TOWN_A: (1, 300)}


def test_the_map_of_then_and_the_map_of_today(site: Site) -> None:
    report(site, "2026Q2", TOWN_A, A1=100, A3=1)
    report(site, "2026Q2", TOWN_B, B1=20, B2=4)
    site.register(TOWN_MERGER, LATER)
    report(site, "2026Q3", TOWN_A, A1=100, B1=20)
    report(site, "2026Q1", TOWN_B, B1=7)  # late: that quarter the village belonged to 乙镇
    assert totals(site, "as_reported", "2026Q2") == {TOWN_A: (2, 101), TOWN_B: (2, 24)}
    assert totals(site, "today", "2026Q2") == {TOWN_A: (4, 125)}
    assert totals(site, "as_reported", "2026Q3") == totals(site, "today", "2026Q3") == {TOWN_A: (2, 120)}
    assert totals(site, "as_reported", "2026Q1") == {TOWN_B: (1, 7)}
    known = "select map, sum(books_total)::int from marts.town_totals({}) where town_code = :town group by 1 order by 1"
    assert site.rows(known.format(3), town=TOWN_B) == [("as_reported", 24), ("today", 24)], "as it was known then"


def test_rows_of_one_unit_under_two_codes_are_versions_of_one_row(site: Site) -> None:
    old = site.submit(row(B1, books_total=10), period="2026Q3", unit=TOWN_B)  # judged before the new code was known
    site.register(UPGRADE, LATER)
    new = site.submit(row(N1, books_total=11), period="2026Q3", unit=NEW_TOWN)
    site.load(old, new)
    assert site.rows(
        "select division_code, town_code, books_total, to_load is null from core.fct_village_center order by from_load"
    ) == [(N1, NEW_TOWN, 10, False), (N1, NEW_TOWN, 11, True)]


def test_every_place_ever_known_on_todays_map(site: Site) -> None:
    """Followed through several changes; what was divided lies in the town in which all its parts are."""
    site.register(MERGER, LATER)
    site.register(
        units(
            f"{A2},甲二村,{TOWN_A},5,village,no,2026-09-01,closed,merged,{B1}", f"{B1},乙一村,{TOWN_B},5,village,no",
            f"{A3},甲三社区,{TOWN_A},5,community,no,2026-09-01,closed,split,{NEW} 990001100205",
            f"{NEW},甲新村,{TOWN_A},5,village,no", f"990001100205,甲五村,{TOWN_A},5,village,no",
            f"{B2},乙二村,{TOWN_B},5,village,no,2026-09-01,closed",
        ),
        LATER,
    )  # fmt: skip
    assert site.rows("select * from marts.present_places where place_code < '990001101300' order by 1") == [
        (COUNTY, COUNTY, None, COUNTY),
        (TOWN_A, TOWN_A, TOWN_A, COUNTY),
        (A1, B1, TOWN_B, COUNTY),
        (A2, B1, TOWN_B, COUNTY),
        (A3, None, TOWN_A, COUNTY),
        (NEW, NEW, TOWN_A, COUNTY),
        ("990001100205", "990001100205", TOWN_A, COUNTY),
        (TOWN_B, TOWN_B, TOWN_B, COUNTY),
        (B1, B1, TOWN_B, COUNTY),
        (B2, None, TOWN_B, COUNTY),
    ]
