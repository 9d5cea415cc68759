"""Working days and due dates. Knows dates only, no database.

The days off and the make-up working days are declared in include/schemas/calendars/china.yml, one table a year as the
State Council publishes it (domain §5.2). A year without a table counts weekends only and is provisional.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from wentong.errors import DeclarationError
from wentong.periods import Period
from wentong.settings import INCLUDE

log = logging.getLogger(__name__)

Rule = Literal["next_workday", "statutory_only", "previous_workday"]
"""What a due date does on a day off. next_workday moves on, make-up Saturdays count as working days. statutory_only moves
on inside a statutory holiday, an ordinary weekend stays. previous_workday moves back: for dates a higher level sets."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked."""

    years: frozenset[int]
    """The years whose table is published."""
    off: frozenset[date]
    """Statutory days off, the weekend days inside a holiday too."""
    work: frozenset[date]
    """Weekend days that are worked to make up for a holiday."""

    def is_working_day(self, day: date) -> bool:
        return day in self.work or (day not in self.off and day.weekday() < 5)

    def is_provisional(self, day: date) -> bool:
        """True in a year without a published table: weekends only, to be computed again when the table arrives."""
        return day.year not in self.years

    def working_days(self, first: date, last: date) -> int:
        """How many working days lie from `first` to `last`, both included; 0 when `last` is earlier."""
        return sum(self.is_working_day(day) for day in _days(first, last))

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`; `day` itself when count is 0."""
        while count > 0:
            day += _ONE_DAY
            count -= self.is_working_day(day)
        return day

    def shift(self, nominal: date, rule: Rule = "next_workday", period_end: date | None = None) -> date:
        """Where a due date goes when it falls on a day off (domain §5.2).

        `previous_workday` never lands on or before `period_end`, where nothing can be reported yet: then the date moves
        on instead, with a warning in the log.
        """
        if self.is_working_day(nominal) or (rule == "statutory_only" and nominal not in self.off):
            return nominal
        if rule == "previous_workday":
            earlier = nominal
            while not self.is_working_day(earlier):
                earlier -= _ONE_DAY
            if period_end is None or earlier > period_end:
                return earlier
            log.warning("%s: the working day before is not after the period's end %s; moved on", nominal, period_end)
        return self.add_working_days(nominal, 1)

    def days_late(self, due: date, today: date) -> int:
        """Working days gone by since `due`, `today` included; 0 until the first working day after it."""
        return self.working_days(due + _ONE_DAY, today)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _ONE_DAY


def load_calendar(path: Path) -> Calendar:
    """Read a calendar file. Raises DeclarationError naming the file and the entry that is wrong."""
    off: set[date] = set()
    work: set[date] = set()
    try:
        years = yaml.safe_load(path.read_text(encoding="utf-8"))["years"]
        for year, table in years.items():
            named_off = {day for entry in table["holidays"] for day in _range(path, year, entry)}
            named_work = {day for entry in table["make_up_days"] for day in _range(path, year, entry)}
            if wrong := sorted(day for day in named_work if day.weekday() < 5 or day in named_off):
                raise DeclarationError(
                    f"{path.name}, {year}: {wrong[0]} is no make-up day: those are weekend days outside the holidays"
                )
            off |= named_off
            work |= named_work
    except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
        raise DeclarationError(f"{path.name}: write years, each with holidays and make_up_days: {error!r}") from error
    return Calendar(frozenset(years), frozenset(off), frozenset(work))


def _range(path: Path, year: int, entry: object) -> list[date]:
    """`2026-10-01` or `2026-10-01/2026-10-07` as days."""
    first, _, last = str(entry).partition("/")
    try:
        days = list(_days(date.fromisoformat(first), date.fromisoformat(last or first)))
    except ValueError:
        days = []
    if not days or days[0].year != year:
        raise DeclarationError(f"{path.name}, {year}: {entry!r}: write a day as {year}-10-01 or first/last")
    return days


@cache
def china() -> Calendar:
    """The calendar that ships: include/schemas/calendars/china.yml."""
    return load_calendar(INCLUDE / "schemas" / "calendars" / "china.yml")


def is_working_day(day: date) -> bool:
    return china().is_working_day(day)


def is_provisional(day: date) -> bool:
    return china().is_provisional(day)


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`."""
    return china().add_working_days(day, count)


def due_on(working_days: int, period: Period) -> date:
    """The due date of a return: so many working days after the period's last day (design §7, domain §5.1)."""
    return add_working_days(period.last_day, working_days)
