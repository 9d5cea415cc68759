"""Periods: which begin when."""

from datetime import date

import pytest

from wentong.periods import Period


@pytest.mark.parametrize(
    ("day", "begun"),
    [
        ("2027-01-01", ["2027-01", "2027Q1", "2027"]),
        ("2027-02-28", ["2027-02"]),
        ("2027-04-01", ["2027-04", "2027Q2"]),
        ("2027-10-31", ["2027-10", "2027Q4"]),
        ("2027-12-01", ["2027-12"]),
    ],
)
def test_periods_begun_in_the_month_of_a_day(day: str, begun: list[str]) -> None:
    assert [str(period) for period in Period.begun_in(date.fromisoformat(day))] == begun


@pytest.mark.parametrize(("text", "kind"), [("2027-03", "month"), ("2027Q1", "quarter"), ("2027", "year")])
def test_kind(text: str, kind: str) -> None:
    assert Period.parse(text).kind == kind
