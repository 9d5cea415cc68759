"""Reporting periods: 2026 (year), 2026Q3 (quarter), 2026-09 (month). The text is the key everywhere."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from wentong.errors import WentongError

CHINA = ZoneInfo("Asia/Shanghai")
"""The one clock of all deadlines, receipts and reports."""

_TEXT = re.compile(r"(?P<year>20\d\d)(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """One reporting period, ordered by its first day."""

    first_day: date
    last_day: date

    @classmethod
    def parse(cls, text: str) -> "Period":
        """`2026`, `2026Q3` or `2026-09`. Raises WentongError for anything else."""
        match = _TEXT.fullmatch(text.strip().upper())
        if not match:
            raise WentongError(f"{text!r} is no period; write 2026Q3 (quarter), 2026-09 (month) or 2026 (year)")
        year = int(match["year"])
        if match["quarter"]:
            return cls.quarter(year, int(match["quarter"]))
        if match["month"]:
            month = int(match["month"])
            return cls(date(year, month, 1), date(year, month, monthrange(year, month)[1]))
        return cls(date(year, 1, 1), date(year, 12, 31))

    @classmethod
    def quarter(cls, year: int, quarter: int) -> "Period":
        last_month = quarter * 3
        return cls(date(year, last_month - 2, 1), date(year, last_month, monthrange(year, last_month)[1]))

    @classmethod
    def of_year(cls, kind: Literal["month", "quarter", "year"], year: int) -> "list[Period]":
        """The year's periods of one kind, in order."""
        if kind == "month":
            return [cls.parse(f"{year}-{month:02}") for month in range(1, 13)]
        return [cls.quarter(year, n) for n in range(1, 5)] if kind == "quarter" else [cls.parse(str(year))]

    @classmethod
    def begun_in(cls, day: date) -> "list[Period]":
        """The periods that begin in the month of `day`: the month, in January, April, July and October the quarter, and
        in January the year."""
        begun = [cls.parse(f"{day:%Y-%m}")]
        if day.month % 3 == 1:
            begun.append(cls.quarter(day.year, (day.month + 2) // 3))
        if day.month == 1:
            begun.append(cls.parse(str(day.year)))
        return begun

    def __str__(self) -> str:
        months = self.last_day.month - self.first_day.month + 1
        if months == 1:
            return f"{self.first_day:%Y-%m}"
        return f"{self.first_day.year}Q{self.last_day.month // 3}" if months == 3 else str(self.first_day.year)

    @property
    def kind(self) -> Literal["month", "quarter", "year"]:
        kinds: dict[int, Literal["month", "quarter", "year"]] = {1: "month", 3: "quarter", 12: "year"}
        return kinds[self.last_day.month - self.first_day.month + 1]

    @property
    def title(self) -> str:
        """As a steward writes it: 2026年第3季度."""
        year, months = self.first_day.year, self.last_day.month - self.first_day.month + 1
        if months == 1:
            return f"{year}年{self.last_day.month}月"
        return f"{year}年第{self.last_day.month // 3}季度" if months == 3 else f"{year}年度"
