"""Loads and their history: who wins, what stays visible, and that batches, orders and kills leave no trace."""

import itertools
import os
import signal
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sites import A1, A2, A3, AT, B1, COUNTY, TOWN_B, UNITS, Databases, Site, row

from wentong import warehouse
from wentong.archive import Archive
from wentong.errors import WentongError
from wentong.returns import Row
from wentong.warehouse import Loaded


def test_a_return_becomes_versions_with_types_and_states(site: Site) -> None:
    number = site.submit(
        row(
            A1,
            build_status="built",
            floor_area_m2=Decimal("666.67"),
            books_total=0,
            built_on="2018-03",
            remark="情况属实, “新” ",
            states={"built_on": "partial_date", "floor_area_m2": "approximate", "reading_seats": "unknown"},
            number=7,
        )
    )
    assert site.load(number) == [Loaded(number, 2, "2026Q3", "village_center", 1, 0, 0, 0)]
    assert site.rows("select * from core.fct_village_center") == [
        (
            3, A1, "990001100000", COUNTY, "2026Q3", "",
            "built", Decimal("666.67"), None, 0, None, None, None, None, None, None, date(2018, 3, 1), "情况属实, “新” ",
            {
                "built_on": "partial_date", "floor_area_m2": "approximate", "reading_seats": "unknown",
                "outdoor_area_m2": "blank", "full_time_staff": "blank", "weekly_open_hours": "blank",
                "activity_sessions": "blank", "activity_attendance": "blank", "volunteer_count": "blank",
            },
            number, "表", 7, {}, number, 2, None,
        )
    ]  # fmt: skip
    assert site.rows("select kind, submission_id, loaded_at from ops.loads order by load_id") == [
        ("register", None, AT),
        ("return", number, AT),
    ]
    assert site.rows("select load_id, loaded_at from ops.submissions") == [(2, AT)]


@pytest.mark.parametrize(
    ("written", "day"), [("2019", "2019-01-01"), ("2019-05", "2019-05-01"), ("2019-05-06", "2019-05-06")]
)
def test_partial_dates_are_stored_as_their_first_day(site: Site, written: str, day: str) -> None:
    site.load(site.submit(row(A1, built_on=written)))
    assert site.rows("select built_on from core.fct_village_center") == [(date.fromisoformat(day),)]


def test_a_column_the_file_does_not_have_says_so(site: Site) -> None:
    site.load(
        site.submit(
            Row(
                "表",
                5,
                "accept",
                A1,
                None,
                {"build_status": "built"},
                {"floor_area_m2": "withheld"},
                table="village_center",
            )
        )
    )
    ((states,),) = site.rows("select cell_states from core.fct_village_center")
    assert (states.pop("floor_area_m2"), set(states.values())) == ("withheld", {"no_column"})
    assert "build_status" not in states


def test_v1_v2_v1(site: Site) -> None:
    for books in (100, 200, 100, 100):
        site.load(site.submit(row(A1, books_total=books)))
    assert site.history("books_total") == [(A1, 100, 2, 2, 3), (A1, 200, 3, 3, 4), (A1, 100, 4, 4, None)]


def test_the_same_content_again_is_loaded_and_changes_nothing(site: Site) -> None:
    first, again = (site.submit(row(A1, floor_area_m2=Decimal(area))) for area in ("200", "200.00"))
    assert site.load(first, again) == [
        Loaded(first, 2, "2026Q3", "village_center", 1, 0, 0, 0),
        Loaded(again, 3, "2026Q3", "village_center", 0, 0, 1, 0),
    ]
    assert site.history("floor_area_m2") == [(A1, Decimal("200"), first, 2, None)]


def test_loading_again_is_a_no_op(site: Site) -> None:
    number = site.submit(row(A1, books_total=1))
    site.load(number)
    before = site.everything(), site.rows("select * from ops.loads order by load_id")
    assert site.load(number, number) == []
    assert (site.everything(), site.rows("select * from ops.loads order by load_id")) == before
    assert warehouse.pending(site.engine, "load") == []


def test_absent_rows_keep_theirs(site: Site) -> None:
    site.load(site.submit(row(A1, books_total=1), row(A2, books_total=2)))
    site.load(site.submit(row(A2, books_total=3)))
    assert site.history("books_total") == [(A1, 1, 2, 2, None), (A2, 2, 2, 2, 3), (A2, 3, 3, 3, None)]


def test_periods_and_units_are_apart(site: Site) -> None:
    site.load(site.submit(row(A1, books_total=1)), site.submit(row(A1, books_total=1), period="2016Q4"))
    assert site.rows("select period, from_load, to_load from core.fct_village_center order by period") == [
        ("2016Q4", 3, None),
        ("2026Q3", 2, None),
    ]
    assert site.rows("select kind, title from core.dim_period where period = '2016Q4'") == [
        ("quarter", "2016年第4季度")
    ]


def test_one_file_for_the_whole_county(site: Site) -> None:
    site.load(site.submit(row(A1, books_total=1), row(B1, books_total=2), unit=COUNTY))
    assert site.rows("select division_code, town_code, county_code from core.fct_village_center order by 1") == [
        (A1, "990001100000", COUNTY),
        (B1, TOWN_B, COUNTY),
    ]


# ------------------------------------------------------------------------------------------------- contested

OLD = {"floor_area_m2": Decimal("200"), "books_total": 100}


def shown(site: Site, *attempts: Row) -> tuple[Any, ...]:
    """Area, books and states after an accepted first return and further attempts."""
    for attempt in attempts:
        site.load(site.submit(attempt))
    (current,) = [
        version for version in site.history("floor_area_m2", "books_total", states=True) if version[-1] is None
    ]
    return current[1:4]


ACCEPTED = row(A1, **OLD)
WITHHELD = row(A1, books_total=150, states={"floor_area_m2": "withheld"})
CONTESTED = row(A1, floor_area_m2=Decimal("9"), books_total=150, states={"floor_area_m2": "contested"})
QUARANTINED = row(A1, "quarantine", books_total=999)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([ACCEPTED, WITHHELD], (200, 150, {"floor_area_m2": "contested"})),
        ([ACCEPTED, CONTESTED], (200, 150, {"floor_area_m2": "contested"})),
        ([ACCEPTED, QUARANTINED], (200, 100, {"_row": "contested"})),
        ([WITHHELD], (None, 150, {"floor_area_m2": "withheld"})),
        ([CONTESTED], (9, 150, {"floor_area_m2": "contested"})),
        ([ACCEPTED, WITHHELD, QUARANTINED], (200, 150, {"floor_area_m2": "contested", "_row": "contested"})),
        ([ACCEPTED, QUARANTINED, WITHHELD], (200, 150, {"floor_area_m2": "contested"})),
        ([ACCEPTED, WITHHELD, WITHHELD, ACCEPTED], (200, 100, {})),
        ([ACCEPTED, QUARANTINED, QUARANTINED, ACCEPTED], (200, 100, {})),
        ([ACCEPTED, row(A1, books_total=100), WITHHELD], (None, 150, {"floor_area_m2": "withheld"})),
    ],
)
def test_what_stays_visible(site: Site, attempts: list[Row], expected: tuple[Any, ...]) -> None:
    assert shown(site, *attempts) == expected


def test_what_is_kept_names_the_file_it_stands_in(site: Site) -> None:
    """A whole row by its own source, a field by kept_from, also through further attempts."""
    sources: list[tuple[Any, ...]] = []
    first = row(A1, number=8, **OLD)
    for attempt in (first, row(A1, "quarantine", number=9, books_total=9), WITHHELD, QUARANTINED, CONTESTED, first):
        number = site.submit(attempt)
        site.load(number)
        sources += site.rows(
            "select submission_id, row_number, kept_from, confirmed_by from core.fct_village_center "
            "where to_load is null"
        )
    kept = {"floor_area_m2": {"submission_id": 2, "sheet": "表", "row_number": 8}}
    assert sources == [
        (2, 8, {}, 2), (2, 8, {}, 3), (4, 5, kept, 4), (4, 5, kept, 5), (6, 5, kept, 6), (7, 8, {}, 7),
    ]  # fmt: skip


def test_a_quarantined_row_without_predecessor_is_nowhere(site: Site) -> None:
    number = site.submit(QUARANTINED, row(None, "quarantine"), row("990001999999", "quarantine"))
    assert site.load(number) == [Loaded(number, 2, "2026Q3", "village_center", 0, 0, 0, 0)]
    assert site.history() == []


def test_a_contest_is_one_version_however_often_it_is_repeated(site: Site) -> None:
    for attempt in (ACCEPTED, QUARANTINED, QUARANTINED):
        site.load(site.submit(attempt))
    assert site.history("books_total", states=True) == [
        (A1, 100, {}, 2, 2, 3),
        (A1, 100, {"_row": "contested"}, 2, 3, None),
    ]


def test_several_quarantined_rows_of_one_village_contest_once(site: Site) -> None:
    site.load(site.submit(ACCEPTED))
    twice = [row(A1, "quarantine", number=number, books_total=number) for number in (8, 9)]
    site.load(site.submit(*twice, row(A1, "duplicate", number=10)))
    assert site.rows("select row_number, to_load from core.fct_village_center order by from_load") == [
        (5, 3),
        (5, None),
    ]


# ------------------------------------------------------------------------------------- precedence and batches


def test_an_earlier_receipt_never_overwrites_a_later_one(site: Site) -> None:
    late, first = site.submit(row(A1, books_total=1), row(A2, books_total=1)), site.submit(row(A1, books_total=2))
    site.load(first)
    assert site.load(late) == [Loaded(late, 3, "2026Q3", "village_center", 1, 0, 0, 1)]
    assert site.history("books_total") == [(A1, 2, first, 2, None), (A2, 1, late, 3, None)]


def test_nor_one_that_only_confirmed_what_was_there(site: Site) -> None:
    first, held, again = (site.submit(row(A1, books_total=n)) for n in (1, 2, 1))
    site.load(first, again)
    assert site.load(held)[0].superseded == 1
    assert site.history("books_total") == [(A1, 1, first, 2, None)]


STORIES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from([A1, A2]),
            st.sampled_from(["accept", "quarantine", "withheld", "contested"]),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=2,
        unique_by=lambda written: written[0],
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

    def told(*batches: slice) -> str:
        databases.empty(migrated)
        folder = tmp_path_factory.mktemp("story")
        with warehouse.engine(databases.settings(migrated)) as engine:
            site = Site(databases.settings(migrated), Archive(folder / "archive"), engine)
            site.register(UNITS)
            numbers = [site.submit(*(_written(*one) for one in submission)) for submission in story]
            for batch in batches:
                site.load(*numbers[batch])
            return site.everything()

    one_by_one = told(*(slice(n, n + 1) for n in range(len(story))))
    assert told(slice(None)) == one_by_one
    assert told(slice(None, cut), slice(cut, None)) == one_by_one


def _written(code: str, what: str, books: int) -> Row:
    if what in ("accept", "quarantine"):
        return row(code, what, books_total=books, floor_area_m2=Decimal(books))
    value = None if what == "withheld" else books
    return row(code, books_total=value, floor_area_m2=Decimal(1), states={"books_total": what})


def test_a_batch_is_loaded_in_order_of_receipt(site: Site) -> None:
    numbers = [site.submit(row(A1, books_total=n), row(A3, books_total=7)) for n in (1, 2, 3)]
    loaded = site.load(*reversed(numbers))
    assert [(one.submission_id, one.inserted, one.changed, one.unchanged) for one in loaded] == [
        (numbers[0], 2, 0, 0),
        (numbers[1], 0, 1, 1),
        (numbers[2], 0, 1, 1),
    ]
    assert site.history("books_total") == [(A1, 1, 2, 2, 3), (A1, 2, 3, 3, 4), (A1, 3, 4, 4, None), (A3, 7, 2, 2, None)]


def test_loads_at_once_wait_for_each_other(site: Site) -> None:
    numbers = [site.submit(row(A1, books_total=n)) for n in range(8)]
    site.engine.dispose()
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            try:
                with warehouse.engine(site.settings) as engine:
                    for number in numbers:
                        warehouse.load(engine, site.archive.root, [number], AT)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    expected = [(A1, n, numbers[n], n + 2, n + 3) for n in range(7)] + [(A1, 7, numbers[7], 9, None)]
    assert site.history("books_total") == expected


def test_killed_in_the_middle_of_a_load(site: Site) -> None:
    numbers = [site.submit(row(A1, books_total=n), row(A2, books_total=1)) for n in (1, 2)]
    site.engine.dispose()
    for line in itertools.count(10, 37):
        child = os.fork()
        if not child:
            _kill_at(line)
            with warehouse.engine(site.settings) as engine:
                warehouse.load(engine, site.archive.root, numbers, AT)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        found = site.rows("select load_id from ops.submissions where load_id is not null")
        assert found in ([], [(2,), (3,)])
    site.load(*numbers)
    assert site.history("books_total") == [(A1, 1, 2, 2, 3), (A1, 2, 3, 3, None), (A2, 1, 2, 2, None)]


def _kill_at(line: int) -> None:
    left = line

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        if not frame.f_code.co_filename.endswith("warehouse/loads.py"):
            return None
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- our own faults


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row("990001999999", books_total=1)], "990001999999 is accepted, but not in the register"),
        ([row(A1, books_total=1), row(A1, books_total=2, number=6)], f"two rows of {A1} are accepted"),
    ],
)
def test_what_judging_must_not_let_through_loads_nothing(site: Site, rows: list[Row], message: str) -> None:
    good, bad = site.submit(row(A1, books_total=1)), site.submit(*rows)
    with pytest.raises(WentongError, match=message):
        site.load(good, bad)
    assert site.history() == []
    assert site.rows("select count(*) from ops.loads") == [(1,)]


def test_a_missing_archive_file_is_named(site: Site) -> None:
    number = site.submit(row(A1, books_total=1))
    for path in Path(site.archive.root).rglob("*.parquet"):
        path.unlink()
    with pytest.raises(WentongError, match=f"lacks the judged rows of submission {number}"):
        site.load(number)


@pytest.mark.parametrize("outcome", ["reject", "quarantine_file", "ignore"])
def test_only_what_was_let_through_is_loaded(site: Site, outcome: Any) -> None:
    number = site.submit(row(A1, books_total=1), outcome=outcome)
    assert site.load(number) == []
    assert site.history() == []
