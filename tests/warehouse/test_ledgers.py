"""Tables whose later return states everything anew, and tables that two levels fill in turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sites import A1, A2, B1, COUNTY, TOWN_A, TOWN_B, UNITS, Databases, Site, row_of

from wentong import warehouse
from wentong.archive import Archive
from wentong.returns import Row, RowStatus

PERIOD = "2027-01"


def event(title: str, code: str = TOWN_A, status: RowStatus = "accept", **values: Any) -> Row:
    usual = {"started_on": "2027-01-05", "ended_on": "2027-01-05", "venue": "广场", "sessions": 1, "attendance": 10}
    return row_of("activity", code, status, **{**usual, "title": title, **values})


def issue(number: str, code: str = A1, **values: Any) -> Row:
    return row_of("issue_ledger", code, issue_id=number, **values)


def hand_in(
    site: Site, *rows: Row, unit: str = TOWN_A, form: str = "基文03", table: str = "activity", **more: Any
) -> int:
    return site.submit(*rows, form=form, tables=[table], period=PERIOD, unit=unit, **more)


def events(site: Site) -> list[tuple[Any, ...]]:
    """Town, title, first and last load of every version."""
    return site.rows("select town_code, title, from_load, to_load from core.fct_activity order by from_load, row_key")


def current(site: Site) -> list[tuple[Any, ...]]:
    """Unit, title and attendance, as they stand."""
    return site.rows(
        "select division_code, title, attendance, cell_states - 'remark' ->> '_row' from core.fct_activity "
        "where to_load is null order by division_code, title"
    )


# -------------------------------------------------------------------------------------------------- withdrawing


def test_absent_rows_are_withdrawn(site: Site) -> None:
    site.load(hand_in(site, event("一"), event("二")))
    (loaded,) = site.load(hand_in(site, event("二"), event("三")))
    assert (loaded.inserted, loaded.unchanged, loaded.withdrawn, loaded.has_changed) == (1, 1, 1, True)
    assert events(site) == [(TOWN_A, "一", 2, 3), (TOWN_A, "二", 2, None), (TOWN_A, "三", 3, None)]


def test_withdrawn_and_back_again(site: Site) -> None:
    for titles in ("一二", "二", "一二"):
        site.load(hand_in(site, *map(event, titles)))
    assert events(site) == [(TOWN_A, "一", 2, 3), (TOWN_A, "二", 2, None), (TOWN_A, "一", 4, None)]


def test_only_withdrawing_is_a_change(site: Site) -> None:
    site.load(hand_in(site, event("一"), event("二")))
    assert site.load(hand_in(site, event("一")))[0].has_changed


def test_other_towns_and_periods_are_left(site: Site) -> None:
    site.load(hand_in(site, event("一")), hand_in(site, event("二", TOWN_B), unit=TOWN_B))
    site.load(site.submit(event("二月"), form="基文03", period="2027-02", unit=TOWN_A))
    site.load(hand_in(site, event("三")))
    assert [title for _, title, _, to_load in events(site) if to_load is None] == ["二", "二月", "三"]


def test_a_county_wide_file_states_the_towns_it_lists(site: Site) -> None:
    site.load(hand_in(site, event("一"), event("二", A1)), hand_in(site, event("三", TOWN_B), unit=TOWN_B))
    site.load(hand_in(site, event("一"), unit=COUNTY))
    assert current(site) == [(TOWN_A, "一", 10, None), (TOWN_B, "三", 10, None)]


def test_a_later_receipt_that_was_loaded_first_prevails(site: Site) -> None:
    first, later = hand_in(site, event("一"), event("二")), hand_in(site, event("二", attendance=20))
    site.load(later)
    site.load(first)
    assert current(site) == [(TOWN_A, "二", 20, None)]


def test_a_quarantined_row_may_be_the_one_that_is_absent(site: Site) -> None:
    site.load(hand_in(site, event("一"), event("二")))
    site.load(hand_in(site, event("一"), event("三", status="quarantine")))
    assert current(site) == [(TOWN_A, "一", 10, None), (TOWN_A, "二", 10, None)]
    site.load(hand_in(site, event("一", status="quarantine", attendance=99)))
    assert current(site) == [(TOWN_A, "一", 10, "contested"), (TOWN_A, "二", 10, None)]


def test_a_zero_report_withdraws_all(site: Site) -> None:
    site.expect(("基文03", PERIOD, date(2027, 2, 5)))
    site.load(hand_in(site, event("一"), event("二", A1)))
    site.load(hand_in(site, is_zero=True))
    assert current(site) == []
    duty = "select unit_name, submission, label from marts.submission_matrix order by unit_code"
    assert site.rows(duty) == [("甲镇", "zero", "零报(已确认)"), ("乙镇", "none", "未报")]


def test_a_file_without_the_table_withdraws_nothing(site: Site) -> None:
    meeting = row_of("joint_meeting", COUNTY, meeting_kind="joint_meeting", held_on="2027-01-05", attendee_count=5)
    site.load(site.submit(meeting, period="2027Q1", unit=COUNTY))
    item = row_of("unify_item", COUNTY, unify_item="plaque", is_done="yes")
    site.load(site.submit(item, period="2027Q1", unit=COUNTY))
    assert site.rows("select attendee_count, to_load from core.fct_joint_meeting") == [(5, None)]


def test_a_village_that_moved_to_another_town_meanwhile_is_not_lost(site: Site) -> None:
    """Judged when the village was TOWN_A's, loaded after the register said otherwise: it stays in what TOWN_A stated."""
    first = site.submit(event("庙会", A1), event("灯会", TOWN_A), period=PERIOD)
    site.register(UNITS.replace(f"{A1},甲一村,{TOWN_A}", f"{A1},甲一村,{TOWN_B}"))
    (loaded,) = site.load(first)
    assert loaded.inserted == 2
    assert site.load(site.submit(event("灯会", TOWN_A), period=PERIOD))[0].withdrawn == 1


# ------------------------------------------------------------------------------------------- of county-reported forms


def issues(site: Site) -> list[tuple[Any, ...]]:
    return site.rows("select issue_id, from_load, to_load from core.fct_issue_ledger order by from_load, issue_id")


def test_a_countys_ledger_states_all_its_towns(site: Site) -> None:
    of_county = {"unit": COUNTY, "form": "基文06", "table": "issue_ledger"}
    site.load(hand_in(site, issue("1", A1), issue("2", B1), issue("3", COUNTY), **of_county))
    assert issues(site) == [("1", 2, None), ("2", 2, None), ("3", 2, None)]
    site.load(hand_in(site, issue("1", A1), issue("4", TOWN_A), **of_county))
    assert issues(site) == [("1", 2, None), ("2", 2, 3), ("3", 2, 3), ("4", 3, None)]


def test_a_town_that_reports_for_the_county_withdraws_nothing(site: Site) -> None:
    of_county = {"form": "基文06", "table": "issue_ledger"}
    site.load(hand_in(site, issue("1", A1), issue("2", B1), unit=COUNTY, **of_county))
    site.load(hand_in(site, issue("3", A2), unit=TOWN_A, **of_county))
    assert issues(site) == [("1", 2, None), ("2", 2, None), ("3", 3, None)]


# --------------------------------------------------------------------------------------------------- any order

STORIES = st.lists(
    st.tuples(
        st.sampled_from([TOWN_A, TOWN_B, COUNTY]),
        st.lists(
            st.tuples(
                st.sampled_from([TOWN_A, A1, TOWN_B, B1]),
                st.sampled_from("一二"),
                st.sampled_from(["accept", "accept", "quarantine"]),
                st.integers(1, 2),
            ),
            max_size=3,
            unique_by=lambda written: written[:2],
        ),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES, cut=st.integers(1, 5))
def test_history_does_not_depend_on_batches(
    databases: Databases, migrated: str, tmp_path_factory: pytest.TempPathFactory, story: list[Any], cut: int
) -> None:
    """One by one, all at once, and in two batches: the same rows with the same loads."""

    def told(*batches: slice) -> list[Any]:
        with _site(databases, migrated, tmp_path_factory) as site:
            numbers = _tell(site, story)
            for batch in batches:
                site.load(*numbers[batch])
            return site.rows("select to_jsonb(f) from core.fct_activity as f order by org_id, row_key, from_load")

    one_by_one = told(*(slice(n, n + 1) for n in range(len(story))))
    assert told(slice(None)) == one_by_one
    assert told(slice(None, cut), slice(cut, None)) == one_by_one


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), story=STORIES)
def test_what_stands_does_not_depend_on_the_order_of_loads(
    databases: Databases, migrated: str, tmp_path_factory: pytest.TempPathFactory, data: Any, story: list[Any]
) -> None:
    """Clean returns of towns, loaded in any order: what the latest receipt of each town says."""
    clean = [
        (unit, [(code, title, "accept", books) for code, title, _, books in rows if code[:9] == unit[:9]])
        for unit, rows in story
        if unit != COUNTY
    ]
    order = data.draw(st.permutations(range(len(clean))))
    with _site(databases, migrated, tmp_path_factory) as site:
        numbers = _tell(site, clean)
        for index in order:
            site.load(numbers[index])
        latest = dict(clean)
        said = sorted((code, title, books, None) for rows in latest.values() for code, title, _, books in rows)
        assert sorted(current(site)) == said


def _tell(site: Site, story: list[Any]) -> list[int]:
    numbers = []
    for unit, rows in story:
        own = [one for one in rows if unit == COUNTY or one[0][:9] == unit[:9]]
        numbers.append(hand_in(site, *(event(t, code, status, attendance=n) for code, t, status, n in own), unit=unit))
    return numbers


@contextmanager
def _site(databases: Databases, migrated: str, folders: pytest.TempPathFactory) -> Iterator[Site]:
    databases.empty(migrated)
    with warehouse.engine(databases.settings(migrated)) as engine:
        site = Site(databases.settings(migrated), Archive(folders.mktemp("story") / "archive"), engine)
        site.register(UNITS)
        yield site


# ----------------------------------------------------------------------------------------- two levels fill in turn


def task(states: dict[str, str] | None = None, number: int = 5, **values: Any) -> Row:
    return row_of("construction_task", A1, states=states, number=number, **values)


def stated(site: Site, *names: str) -> tuple[Any, ...]:
    columns = ", ".join(names)
    (found,) = site.rows(f"select {columns}, cell_states from core.fct_construction_task where to_load is null")
    return (*found[:-1], {name: found[-1].get(name) for name in names})


def without(row: Row, *kept: str) -> Row:
    """The row of a file that has these columns only."""
    row.values = {name: value for name, value in row.values.items() if name in kept}
    row.states = {name: state for name, state in row.states.items() if name in kept}
    return row


OF_COUNTY, OF_TOWN = "county_accepted_on", "town_accepted_on"
ACCEPTED, LATER = date(2027, 1, 20), date(2027, 1, 25)


def test_a_towns_file_never_overwrites_what_the_county_fills(site: Site) -> None:
    site.load(
        site.submit(task(county_accepted_on="2027-01-20", town_accepted_on="2027-01-12"), period=PERIOD, unit=COUNTY)
    )
    again = task({OF_COUNTY: "not_theirs"}, town_accepted_on="2027-01-25")
    site.load(site.submit(again, period=PERIOD))
    assert stated(site, OF_COUNTY, OF_TOWN) == (ACCEPTED, LATER, {OF_COUNTY: None, OF_TOWN: None})
    site.load(site.submit(without(task(town_accepted_on="2027-01-20"), OF_TOWN), period=PERIOD))
    assert stated(site, OF_COUNTY, OF_TOWN) == (ACCEPTED, ACCEPTED, {OF_COUNTY: None, OF_TOWN: None})


def test_what_is_kept_for_another_level_names_its_file(site: Site) -> None:
    of_county = site.submit(task(county_accepted_on="2027-01-20"), period=PERIOD, unit=COUNTY)
    site.load(of_county)
    for day in ("2027-01-12", "2027-01-13"):
        site.load(site.submit(task({OF_COUNTY: "not_theirs"}, town_accepted_on=day, number=9), period=PERIOD))
    (kept_from,) = site.rows("select kept_from from core.fct_construction_task where to_load is null")[0]
    assert kept_from == {OF_COUNTY: {"submission_id": of_county, "sheet": "表", "row_number": 5}}


def test_what_a_town_writes_there_first_is_nowhere(site: Site) -> None:
    site.load(site.submit(task({OF_COUNTY: "not_theirs"}, town_accepted_on="2027-01-20"), period=PERIOD))
    assert stated(site, OF_COUNTY, OF_TOWN) == (None, ACCEPTED, {OF_COUNTY: "not_theirs", OF_TOWN: None})


def test_a_countys_file_without_a_column_keeps_the_towns(site: Site) -> None:
    site.load(
        site.submit(task({OF_COUNTY: "not_theirs"}, town_accepted_on="2027-01-20", task_stage="built"), period=PERIOD)
    )
    only = without(task(county_accepted_on="2027-01-25"), OF_COUNTY)
    site.load(site.submit(only, period=PERIOD, unit=COUNTY))
    expected = {OF_COUNTY: None, OF_TOWN: None, "remark": "blank"}
    assert stated(site, OF_COUNTY, OF_TOWN, "remark") == (LATER, ACCEPTED, None, expected)
    assert site.rows("select task_stage from core.fct_construction_task where to_load is null") == [("built",)]
    (again,) = site.load(
        site.submit(without(task(county_accepted_on="2027-01-25"), OF_COUNTY), period=PERIOD, unit=COUNTY)
    )
    assert again.unchanged == 1


def test_a_withheld_date_of_the_county_leaves_the_accepted_one(site: Site) -> None:
    site.load(site.submit(task(county_accepted_on="2027-01-20"), period=PERIOD, unit=COUNTY))
    site.load(site.submit(without(task({OF_COUNTY: "withheld"}), OF_COUNTY), period=PERIOD, unit=COUNTY))
    assert stated(site, OF_COUNTY) == (ACCEPTED, {OF_COUNTY: "contested"})
    site.load(site.submit(task({OF_COUNTY: "not_theirs"}, town_accepted_on="2027-01-12"), period=PERIOD))
    assert stated(site, OF_COUNTY) == (ACCEPTED, {OF_COUNTY: "contested"})
