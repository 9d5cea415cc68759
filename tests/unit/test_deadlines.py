"""The test vectors of domain §5.2 and what surrounds them."""

import logging
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wentong.deadlines import add_working_days, china, due_on, is_provisional, is_working_day, load_calendar
from wentong.errors import DeclarationError
from wentong.periods import Period

D = date.fromisoformat


@pytest.mark.parametrize(
    ("nominal", "next_workday", "statutory_only"),
    [
        ("2026-01-03", "2026-01-04", "2026-01-04"),  # to a Sunday that is worked
        ("2026-02-20", "2026-02-24", "2026-02-24"),  # Spring Festival
        ("2026-02-28", "2026-02-28", "2026-02-28"),  # a Saturday that is worked
        ("2026-04-05", "2026-04-07", "2026-04-07"),  # Qingming
        ("2026-05-05", "2026-05-06", "2026-05-06"),
        ("2026-07-05", "2026-07-06", "2026-07-05"),  # a plain Sunday: the two rules differ
        ("2026-09-05", "2026-09-07", "2026-09-05"),  # a plain Saturday
        ("2026-10-05", "2026-10-08", "2026-10-08"),
        ("2026-10-10", "2026-10-10", "2026-10-10"),
        ("2025-01-26", "2025-01-26", "2025-01-26"),
        ("2025-10-05", "2025-10-09", "2025-10-09"),
    ],
)
def test_shifting(nominal: str, next_workday: str, statutory_only: str) -> None:
    assert china().shift(D(nominal), "next_workday") == D(next_workday)
    assert china().shift(D(nominal), "statutory_only") == D(statutory_only)


def test_previous_workday_does_not_land_in_the_period(caplog: pytest.LogCaptureFixture) -> None:
    assert china().shift(D("2026-07-05"), "previous_workday", period_end=D("2026-06-30")) == D("2026-07-03")
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        assert china().shift(D("2026-10-05"), "previous_workday", period_end=D("2026-09-30")) == D("2026-10-08")
    assert "2026-09-30" in caplog.text


@pytest.mark.parametrize(
    ("period", "count", "due"),
    [
        ("2026Q3", 5, "2026-10-13"),
        ("2026Q1", 5, "2026-04-08"),
        ("2026Q2", 5, "2026-07-07"),
        ("2026-01", 4, "2026-02-05"),
    ],
)
def test_due_dates(period: str, count: int, due: str) -> None:
    assert due_on(count, Period.parse(period)) == D(due)


@pytest.mark.parametrize(("quarter", "days"), [(1, 59), (2, 61), (3, 66), (4, 62)])
def test_working_days_of_2026(quarter: int, days: int) -> None:
    period = Period.quarter(2026, quarter)
    assert china().working_days(period.first_day, period.last_day) == days


def test_days_late_counts_working_days_only() -> None:
    due = D("2026-09-24")
    assert china().days_late(due, due) == 0
    assert china().days_late(due, D("2026-09-27")) == 0  # Mid-Autumn
    assert china().days_late(due, D("2026-09-28")) == 1
    assert china().days_late(due, D("2026-10-08")) == 4


def test_an_unpublished_year_is_weekends_only_and_provisional() -> None:
    assert is_working_day(D("2027-10-01"))
    assert not is_working_day(D("2027-10-02"))
    assert is_provisional(D("2027-10-01"))
    assert not is_provisional(D("2026-10-01"))


@given(st.dates(D("2024-06-01"), D("2027-06-01")), st.integers(1, 40))
def test_adding_lands_on_a_working_day_and_counts_back(day: date, count: int) -> None:
    later = add_working_days(day, count)
    assert is_working_day(later)
    assert china().days_late(day, later) == count


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("years: {2026: {holidays: [2025-10-01], make_up_days: []}}", "2025-10-01|2025, 10, 1"),
        ("years: {2026: {holidays: [2026-10-07/2026-10-01], make_up_days: []}}", "first/last"),
        ("years: {2026: {holidays: [], make_up_days: [2026-10-09]}}", "2026-10-09"),
        ("years: {2026: {holidays: []}}", "make_up_days"),
        ("2026: [", "china.yml"),
    ],
)
def test_a_wrong_calendar_says_where(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "china.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match=says):
        load_calendar(path)
