"""What judging one file yields: the contract between reading, checking, answering and loading."""

from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Literal

from wentong.findings import Finding

Outcome = Literal["load", "quarantine_file", "reject", "ignore"]
RowStatus = Literal["accept", "quarantine", "duplicate"]
Value = str | int | Decimal | None
"""Dates are ISO text (`2018-03` when partial), counts int, measures Decimal in the declared unit."""


@dataclass(slots=True)
class Row:
    """One unit's row in one sheet of a return. In a vertical form `row` is the row of the village's name."""

    sheet: str
    row: int
    status: RowStatus = "accept"
    division_code: str | None = None
    """The established unit (12 digits)."""
    town_code: str | None = None
    """Its town; the county for the county's own rows."""
    values: dict[str, Value] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    """Fields whose cell is not a plain value -> blank, not_applicable, unknown, masked, approximate, withheld,
    contested, partial_date."""
    cells: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    """Field -> (row, column, raw text); a blank cell of an existing column is listed with raw ''."""
    table: str = ""
    """The form table it belongs to."""
    key: str = ""
    """What tells it apart from other rows of its unit, table and period; empty where a unit has one row."""

    def __reduce__(self) -> tuple[object, ...]:  # quicker than by name: tens of thousands leave a reading worker
        return Row, _in_order(self)


_in_order = attrgetter(*Row.__slots__)


@dataclass(slots=True)
class Judgement:
    """The verdict on one file."""

    file: str
    sha256: str
    outcome: Outcome
    form: str | None = None
    tables: tuple[str, ...] = ()
    """The tables of the form that the file has, with rows or without."""
    period: str | None = None
    unit: str | None = None
    """Reporting town or county (12 digits)."""
    format: str | None = None
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)
    """preparer, reviewer, head, reported_on as written in the footer."""
    answers_submission: int | None = None
    """The submission whose marked copy this file is, from the hidden mark."""
    is_zero: bool = False
    """Nothing happened in the period, as the sender confirms (零报)."""
