"""Pace, forecast and backward schedule: worked examples on the calendar of 2026, and what must hold for every plan."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wentong.deadlines import china
from wentong.pace import Forecast, OpenTask, forecast, full_months, months_between, outlook, pace, schedule

D = date.fromisoformat


# -- pace --------------------------------------------------------------------------------------------------------------


def test_pace_of_a_quarter() -> None:
    """16 of 20 by the end of June, all due by the end of September: 4 in 66 working days and three months."""
    needed = pace(4, D("2026-06-30"), D("2026-09-30"), china())
    assert (needed.working_days, needed.months) == (66, 3)
    assert (needed.per_working_day, needed.per_month, needed.per_month_rounded_up) == (
        Fraction(2, 33),
        Fraction(4, 3),
        2,
    )
    assert not needed.is_provisional


@pytest.mark.parametrize(
    ("today", "last_day", "months"),
    [
        ("2026-02-15", "2026-03-31", Fraction(41, 28)),
        ("2026-02-28", "2026-03-31", 1),
        ("2026-09-20", "2026-09-30", Fraction(1, 3)),
        ("2025-12-31", "2026-12-31", 12),
        ("2028-02-28", "2028-02-29", Fraction(1, 29)),
        ("2026-09-30", "2026-09-30", 0),
        ("2026-10-15", "2026-09-30", 0),
    ],
)
def test_months(today: str, last_day: str, months: Fraction) -> None:
    assert months_between(D(today), D(last_day)) == months


def test_the_day_after_today_is_the_first_and_the_last_day_counts() -> None:
    assert pace(1, D("2026-09-28"), D("2026-09-30"), china()).working_days == 2
    assert pace(1, D("2026-09-29"), D("2026-09-30"), china()).per_working_day == 1


def test_the_last_month_is_not_blown_up() -> None:
    needed = pace(4, D("2026-09-20"), D("2026-09-30"), china())
    assert needed.months == Fraction(1, 3)
    assert (needed.per_month, needed.per_working_day) == (4, Fraction(4, 7))


@pytest.mark.parametrize(
    ("today", "last_day"),
    [
        ("2026-09-30", "2026-09-30"),  # the day has come
        ("2026-11-02", "2026-09-30"),  # and gone
        ("2026-09-24", "2026-09-27"),  # Mid-Autumn: only days off are left
    ],
)
def test_without_a_working_day_left_there_is_no_pace(today: str, last_day: str) -> None:
    needed = pace(4, D(today), D(last_day), china())
    assert (needed.next_due, needed.working_days) == (4, 0)
    assert needed.per_working_day is needed.per_month is needed.per_month_rounded_up is None


def test_years_without_a_table_are_provisional() -> None:
    assert pace(4, D("2026-12-30"), D("2027-03-31"), china()).is_provisional
    assert pace(4, D("2026-12-31"), D("2027-03-31"), china()).is_provisional
    assert not pace(4, D("2024-12-31"), D("2026-12-31"), china()).is_provisional  # the first day counted is in 2025


# -- forecast ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "today", "months"),
    [
        ("2026-01-01", "2026-02-27", ["2026-01"]),
        ("2026-01-01", "2026-02-28", ["2026-01", "2026-02"]),  # the month that ends today is full
        ("2026-01-02", "2026-02-28", ["2026-02"]),
        ("2025-06-01", "2026-02-15", ["2025-11", "2025-12", "2026-01"]),
        ("2026-05-01", "2026-02-15", []),
    ],
)
def test_full_months(since: str, today: str, months: list[str]) -> None:
    assert [str(month) for month in full_months(D(since), D(today))] == months


@pytest.mark.parametrize(
    ("accepted", "by_month", "months", "expected"),
    [
        (16, (0, 5, 2), Fraction(1), (16, 18, 20)),  # 16 + 5 is more than the list holds
        (9, (3, 4), Fraction(3, 2), (Fraction(27, 2), Fraction(57, 4), 15)),
        (3, (-2, 1, 0), Fraction(3), (0, 3, 6)),  # more fell back than came
        (9, (3, 4, 5), Fraction(0), (9, 9, 9)),
    ],
)
def test_forecast(accepted: int, by_month: tuple[int, ...], months: Fraction, expected: tuple[Fraction, ...]) -> None:
    made = forecast(20, accepted, by_month, months)
    assert made is not None
    assert (made.slowest, made.median, made.fastest) == expected


def test_one_month_says_nothing() -> None:
    assert forecast(20, 9, (9,), Fraction(1)) is forecast(20, 0, (), Fraction(1)) is None


def test_the_outlook_of_the_golden_scenario() -> None:
    """Domain §4.8 on 30 June: nine by March, one of them told late, seven more in the second quarter, one fell back."""
    accepted = {D("2026-02-10"): 4, D("2026-03-20"): 9, D("2026-03-29"): 10, D("2026-04-01"): 11, D("2026-05-11"): 12}
    accepted |= {D("2026-05-31"): 11, D("2026-06-15"): 16}
    accepted |= {D("2026-07-15"): 17}  # not known of on 30 June
    made = outlook(20, 16, 4, accepted, D("2026-01-01"), D("2026-06-30"), D("2026-09-30"), china())
    assert [(str(month), net) for month, net in made.by_month] == [("2026-04", 1), ("2026-05", 0), ("2026-06", 5)]
    assert made.pace == pace(4, D("2026-06-30"), D("2026-09-30"), china())
    assert made.forecast == Forecast(Fraction(16), Fraction(19), Fraction(20))


def test_an_outlook_before_anything_was_accepted() -> None:
    made = outlook(20, 0, 10, {}, D("2026-01-01"), D("2026-02-28"), D("2026-03-31"), china())
    assert made.forecast == Forecast(Fraction(0), Fraction(0), Fraction(0))
    assert outlook(20, 0, 10, {}, D("2026-01-01"), D("2026-02-27"), D("2026-03-31"), china()).forecast is None


# -- backward schedule -------------------------------------------------------------------------------------------------


def task(number: int, planned_on: str | None) -> OpenTask:
    return OpenTask(f"440783117{number}", f"{number}村", D(planned_on) if planned_on else None)


def test_schedule_over_the_national_day() -> None:
    """Wednesday 23 September to Friday 16 October: five weeks, one of them without a working day."""
    planned = [
        task(205, None),
        task(201, "2026-09-01"),
        task(204, "2026-10-20"),
        task(202, "2026-10-09"),
        task(203, "2026-10-09"),
    ]
    made = schedule(5, planned, D("2026-09-23"), D("2026-10-16"), china())
    assert [
        (w.label, str(w.first_day)[5:], str(w.last_day)[5:], w.working_days, w.needed, w.needed_by_then, w.short)
        for w in made.weeks
    ] == [
        ("2026-W39", "09-24", "09-27", 1, 1, 1, 0),
        ("2026-W40", "09-28", "10-04", 3, 1, 2, 1),
        ("2026-W41", "10-05", "10-11", 3, 1, 3, 0),
        ("2026-W42", "10-12", "10-16", 5, 2, 5, 2),
    ]
    assert [[t.name for t in week.planned] for week in made.weeks] == [["201村"], [], ["202村", "203村"], []]
    assert [[t.name for t in part] for part in (made.overdue, made.later, made.undated)] == [
        ["201村"],
        ["204村"],
        ["205村"],
    ]
    assert (made.shortage, made.enough_on) == (2, None)


def test_a_week_of_days_off_gets_none() -> None:
    made = schedule(3, [], D("2026-02-14"), D("2026-02-28"), china())
    assert [(str(w.first_day), w.working_days, w.needed) for w in made.weeks] == [
        ("2026-02-15", 0, 0),
        ("2026-02-16", 0, 0),
        ("2026-02-23", 5, 3),
    ]


def test_plans_that_come_too_late_say_when_they_are_enough() -> None:
    planned = [task(201, "2026-09-10"), task(202, "2026-10-12"), task(203, "2026-11-02")]
    made = schedule(2, planned, D("2026-09-01"), D("2026-09-30"), china())
    assert (made.shortage, made.enough_on) == (1, D("2026-10-12"))
    assert schedule(1, planned, D("2026-09-01"), D("2026-09-30"), china()).shortage == 0
    assert schedule(0, planned, D("2026-09-01"), D("2026-09-30"), china()).enough_on is None


@pytest.mark.parametrize(("day", "is_overdue"), [("2026-09-14", True), ("2026-09-15", False), ("2026-09-16", False)])
def test_what_is_planned_for_today_is_not_overdue(day: str, is_overdue: bool) -> None:
    made = schedule(1, [task(201, day)], D("2026-09-15"), D("2026-09-30"), china())
    assert bool(made.overdue) == is_overdue
    assert (len(made.weeks[0].planned), made.shortage) == (1, 0)


@pytest.mark.parametrize("today", ["2026-09-30", "2026-10-08"])
def test_after_the_last_day_everything_planned_until_then_is_overdue(today: str) -> None:
    planned = [task(201, "2026-09-30"), task(202, "2026-10-08"), task(203, None)]
    made = schedule(2, planned, D(today), D("2026-09-30"), china())
    assert made.weeks == ()
    assert [t.name for t in made.overdue] == ["201村"]
    assert [t.name for t in made.later] == ["202村"]
    assert made.shortage == 2


# -- what must hold for every plan -------------------------------------------------------------------------------------

days = st.dates(D("2025-01-01"), D("2027-12-31"))
spans = st.tuples(days, st.integers(-20, 400)).map(lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1])))
counts = st.integers(0, 400)
tasks = st.lists(st.builds(OpenTask, st.text("0123456789", max_size=4), st.just("村"), st.none() | days), max_size=30)


@given(counts, spans)
def test_the_pace_kept_every_day_is_exactly_enough(due: int, span: tuple[date, date]) -> None:
    needed = pace(due, *span, china())
    if needed.per_working_day is None:
        assert needed.working_days == 0
    else:
        assert needed.per_working_day * needed.working_days == due
        assert needed.per_month_rounded_up is not None
        assert needed.per_month_rounded_up <= due
        assert needed.per_month_rounded_up * max(needed.months, 1) >= due


@given(days, days, days)
def test_months_add_up(one: date, other: date, third: date) -> None:
    first, middle, last = sorted((one, other, third))
    assert months_between(first, middle) + months_between(middle, last) == months_between(first, last)
    assert (months_between(first, last) == 0) == (first == last)


@given(counts, st.data())
def test_a_forecast_stays_on_the_list_and_in_order(size: int, data: st.DataObject) -> None:
    accepted = data.draw(st.integers(0, size))
    by_month = data.draw(st.lists(st.integers(-20, 50), min_size=2, max_size=3))
    months = data.draw(st.fractions(0, 12))
    made = forecast(size, accepted, by_month, months)
    assert made is not None
    assert 0 <= made.slowest <= made.median <= made.fastest <= size
    assert made == forecast(size, accepted, sorted(by_month), months)


@given(counts, tasks, spans)
def test_the_weeks_add_up(due: int, planned: list[OpenTask], span: tuple[date, date]) -> None:
    today, period_end = span
    made = schedule(due, planned, today, period_end, china())
    needed = pace(due, today, period_end, china())
    assert sum(week.working_days for week in made.weeks) == needed.working_days
    assert sum(week.needed for week in made.weeks) == (due if needed.working_days else 0)
    assert all(week.needed >= 0 if week.working_days else week.needed == 0 for week in made.weeks)
    in_order = [day for week in made.weeks for day in (week.first_day, week.last_day)]
    assert in_order == sorted(in_order)
    assert all(week.last_day.weekday() == 6 for week in made.weeks[:-1])
    assert len({week.label for week in made.weeks}) == len(made.weeks)


@given(counts, tasks, spans)
def test_every_open_task_stands_in_one_place(due: int, planned: list[OpenTask], span: tuple[date, date]) -> None:
    made = schedule(due, planned, *span, china())
    coming = [task for week in made.weeks for task in week.planned if task not in made.overdue]
    shown = [*made.overdue, *coming, *made.later, *made.undated]
    assert sorted(shown, key=repr) == sorted(planned, key=repr)
    assert made == schedule(due, reversed(planned), *span, china())
