"""How fast the rest of a plan must go: pace, forecast, and the backward schedule (倒排). Pure arithmetic of days.

The specification is domain §4.4. All figures are those of a day's end: what is left of the time begins on the day after
`today` and goes up to and including the milestone's last day. The calendar is handed in; numbers are whole or fractions.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from statistics import median

from wentong.deadlines import Calendar
from wentong.periods import Period

_ONE_DAY = timedelta(days=1)
_MONTHS_LOOKED_AT = 3


# -- pace --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """How many must still be accepted until a milestone's last day, and how much time is left for it."""

    next_due: int
    working_days: int
    """0 when the last day has come or gone, or only days off are left."""
    months: Fraction
    """Calendar months, see `months_between`; 0 when the last day has come or gone."""
    is_provisional: bool
    """True where the working days of a year without a published table are counted."""

    @property
    def per_working_day(self) -> Fraction | None:
        """Exact; None without a working day left."""
        return Fraction(self.next_due, self.working_days) if self.working_days else None

    @property
    def per_month(self) -> Fraction | None:
        """Exact; None without a working day left. The last month counts as a whole one however little of it is left:
        four in its last ten days are four a month, not twelve."""
        return self.next_due / max(self.months, Fraction(1)) if self.working_days else None

    @property
    def per_month_rounded_up(self) -> int | None:
        """What is shown (domain §4.4); `per_month` stays beside it."""
        return None if self.per_month is None else ceil(self.per_month)


def pace(next_due: int, today: date, period_end: date, calendar: Calendar) -> Pace:
    """The pace that `next_due` more acceptances until `period_end` ask for, as of the end of `today`."""
    first = today + _ONE_DAY
    return Pace(
        next_due,
        calendar.working_days(first, period_end),
        months_between(today, period_end),
        any(calendar.is_provisional(date(year, 1, 1)) for year in range(first.year, period_end.year + 1)),
    )


def months_between(today: date, last_day: date) -> Fraction:
    """Calendar months after `today` up to and including `last_day`: a whole month is 1 however long, a part of one is its
    share of that month's days. 2026-02-15 to 2026-03-31: 13/28 + 1. 0 when `last_day` is not after `today`."""
    return max(_months_since_year_0(last_day) - _months_since_year_0(today), Fraction(0))


def _months_since_year_0(day: date) -> Fraction:
    """At the day's end."""
    return 12 * day.year + day.month - 1 + Fraction(day.day, monthrange(day.year, day.month)[1])


# -- forecast ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many would be accepted on the milestone's last day if the months to come went like those just past.

    Whoever shows it says 预测,不是统计数, and cuts it down to whole numbers: a village half accepted is not accepted.
    """

    slowest: Fraction
    median: Fraction
    fastest: Fraction


def full_months(since: date, today: date) -> list[Period]:
    """The last three months that lie whole between the day the plan began and the end of `today`, oldest first. Fewer
    where the plan is younger."""
    found: list[Period] = []
    last_day = today if (today + _ONE_DAY).day == 1 else today.replace(day=1) - _ONE_DAY
    while len(found) < _MONTHS_LOOKED_AT and last_day.replace(day=1) >= since:
        found.insert(0, Period(last_day.replace(day=1), last_day))
        last_day = found[0].first_day - _ONE_DAY
    return found


def forecast(tasks: int, accepted: int, by_month: Sequence[int], months: Fraction) -> Forecast | None:
    """min(N, A + m × months left), m the slowest, median and fastest of `by_month` (domain §4.4).

    `by_month` are the net acceptances of the last full months, see `full_months`: what came minus what fell back, so
    one may be negative; no forecast is. None with fewer than two months: that is too little to say anything.
    """
    if len(by_month) < 2:
        return None
    exact = [Fraction(net) for net in by_month]
    slowest, middle, fastest = (
        min(Fraction(tasks), max(Fraction(0), accepted + net * months))
        for net in (min(exact), median(exact), max(exact))
    )
    return Forecast(slowest, middle, fastest)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a milestone to come asks for, and where the last months lead."""

    pace: Pace
    by_month: tuple[tuple[Period, int], ...]
    """The full months the forecast rests on, with their net acceptances."""
    forecast: Forecast | None


def outlook(
    tasks: int,
    accepted: int,
    next_due: int,
    by_day: Mapping[date, int],
    since: date,
    today: date,
    period_end: date,
    calendar: Calendar,
) -> Outlook:
    """Pace and forecast of one scope for a milestone.

    `accepted` are the net acceptances at the end of `today`, `by_day` those at the end of every day on which they
    changed; `since` is the day the plan began.
    """

    def known(day: date) -> int:
        return by_day[max(earlier)] if (earlier := [d for d in by_day if d <= day]) else 0

    needed = pace(next_due, today, period_end, calendar)
    by_month = tuple(
        (month, known(month.last_day) - known(month.first_day - _ONE_DAY)) for month in full_months(since, today)
    )
    return Outlook(needed, by_month, forecast(tasks, accepted, [net for _, net in by_month], needed.months))


# -- backward schedule -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that is not accepted yet."""

    code: str
    """The village, 12 digits."""
    name: str
    planned_on: date | None
    """When the town means to have it accepted; None: it has not said."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday to Sunday, as far as it lies after today and not after the milestone."""

    first_day: date
    last_day: date
    working_days: int
    needed: int
    """How many must be accepted in it. Over all weeks these add up to what is due."""
    needed_by_then: int
    planned: tuple[OpenTask, ...]
    """Those the town plans for it. In the first week also those that are overdue, and those of today."""
    planned_by_then: int

    @property
    def label(self) -> str:
        """The ISO week: 2026-W28."""
        year, week, _ = self.first_day.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def short(self) -> int:
        """How many the planned dates stay behind what is needed by the week's end."""
        return max(0, self.needed_by_then - self.planned_by_then)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What one town must have accepted week by week until a milestone, and what it plans."""

    next_due: int
    today: date
    period_end: date
    weeks: tuple[Week, ...]
    """None are left when the milestone's last day has come or gone."""
    tasks: tuple[OpenTask, ...]
    """All that are open, by planned date; those without one come last."""

    @property
    def overdue(self) -> tuple[OpenTask, ...]:
        """Planned for a day that has passed."""
        return tuple(task for task in self.tasks if task.planned_on and self._is_overdue(task.planned_on))

    @property
    def later(self) -> tuple[OpenTask, ...]:
        """Planned for a day to come, but after the milestone."""
        dated = ((task, task.planned_on) for task in self.tasks if task.planned_on)
        return tuple(task for task, day in dated if day > self.period_end and not self._is_overdue(day))

    @property
    def undated(self) -> tuple[OpenTask, ...]:
        return tuple(task for task in self.tasks if task.planned_on is None)

    @property
    def shortage(self) -> int:
        """How many of those due the planned dates do not bring in time. Overdue ones count as if they came at once."""
        return max(0, self.next_due - (self.weeks[-1].planned_by_then if self.weeks else 0))

    @property
    def enough_on(self) -> date | None:
        """By when the planned dates bring as many as are due; None when they never do, or nothing is due."""
        dates = [task.planned_on for task in self.tasks if task.planned_on]
        return dates[self.next_due - 1] if 0 < self.next_due <= len(dates) else None

    def _is_overdue(self, planned_on: date) -> bool:
        return planned_on < self.today or planned_on <= self.period_end <= self.today


def schedule(next_due: int, tasks: Iterable[OpenTask], today: date, period_end: date, calendar: Calendar) -> Schedule:
    """Spread what is due over the working days left, week by week, and set the planned dates beside it.

    By the end of a week ⌈due × working days gone by ÷ working days left today⌉ are needed, so that the weeks add up to
    what is due and a week without a working day gets none. Where no working day is left nothing can be spread.
    """
    by_date = tuple(sorted(tasks, key=lambda task: (task.planned_on or date.max, task.code)))
    dated = [task for task in by_date if task.planned_on]
    total = calendar.working_days(today + _ONE_DAY, period_end)
    weeks: list[Week] = []
    elapsed = needed_before = planned_before = 0
    for first_day, last_day in _weeks(today + _ONE_DAY, period_end):
        worked = calendar.working_days(first_day, last_day)
        elapsed += worked
        needed = -(-next_due * elapsed // total) if total else 0
        planned = tuple(task for task in dated[planned_before:] if task.planned_on and task.planned_on <= last_day)
        weeks.append(
            Week(
                first_day,
                last_day,
                worked,
                needed - needed_before,
                needed,
                planned,
                planned_before + len(planned),
            )
        )
        needed_before, planned_before = needed, planned_before + len(planned)
    return Schedule(next_due, today, period_end, tuple(weeks), by_date)


def _weeks(first_day: date, last_day: date) -> Iterator[tuple[date, date]]:
    """The days from first to last, cut after every Sunday."""
    while first_day <= last_day:
        sunday = first_day + timedelta(days=6 - first_day.weekday())
        yield first_day, min(sunday, last_day)
        first_day = sunday + _ONE_DAY
