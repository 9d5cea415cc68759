"""A workbook as a person sees it: sheets of cells with 1-based coordinates, whatever the file format was."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal, NamedTuple

Kind = Literal["text", "number", "boolean", "date", "error", "uncalculated"]


class Cell(NamedTuple):
    """One cell that is not blank.

    `value` is str for text, int or float for number, bool, date/datetime/time for date, the error text for error
    (`#REF!`), None for a formula that was never calculated. `raw` is what a person would say is written there; it is
    kept in the archive and quoted in messages. Dates are already on the right calendar (1900 or 1904).
    """

    value: str | int | float | bool | date | datetime | time | None
    kind: Kind
    raw: str
    formula: bool = False


@dataclass(slots=True)
class Sheet:
    """One worksheet. Blank cells are absent from `cells`, however they are styled."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    """(row, column), both 1-based as Excel shows them."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged ranges as (first row, first column, last row, last column)."""
    visible: bool = True
    hidden_rows: set[int] = field(default_factory=set)
    """Rows hidden by hand or by a filter."""
    hidden_columns: set[int] = field(default_factory=set)
    date1904: bool = False
    """Bare numbers in columns of dates count from 1904, not from 1900. Cells formatted as dates are dates already."""


@dataclass(slots=True)
class Book:
    """One file that could be read."""

    format: str
    """By content: xlsx, xlsm, xls, xlsb, ods, csv, html, xml (SpreadsheetML 2003)."""
    sheets: list[Sheet]
    notices: list[str] = field(default_factory=list)
    """Codes of findings about the whole file that do not stop reading (`macros_ignored`, `extension_mismatch`)."""


class Unreadable(Exception):
    """The file cannot be read safely and right. `code` is the finding its sender gets; `params` fill its message."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def __reduce__(self) -> tuple[object, ...]:  # keeps params across process borders
        return _unreadable, (self.code, self.params)


def _unreadable(code: str, params: dict[str, str]) -> Unreadable:
    return Unreadable(code, **params)
