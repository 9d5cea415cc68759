"""Totals that senders write are never loaded: they are recomputed, and one that does not add up is pointed at."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate

from wentong import values
from wentong.findings import Finding
from wentong.forms import units_of_measure
from wentong.layout import Block, Column, TotalRow
from wentong.returns import Row

_NOT_ADDED = {"小时"}
"""Units of fields of which a sum says nothing."""
_UNKNOWN = {"withheld", "unknown", "masked", "approximate"}


def check_totals(block: Block, rows: Sequence[Row | None]) -> Iterator[Finding]:
    """Findings at totals that agree with none of the sums they may mean.

    `rows` are the block's rows in order, None for rows that are sums themselves. A sum over rows of which one has no
    certain value is not known, and a total that may mean it is let be.
    """
    checked = [total for total in block.totals if not total.is_partial]
    if not checked:
        return
    for name, column in block.columns.items():
        declared = column.field
        if declared.type not in ("count", "number") or declared.unit in _NOT_ADDED:
            continue
        sums = _Sums(rows, name)
        for total in checked:
            if name not in total.cells:
                continue
            (line, number), cell = total.cells[name]
            parsed = values.parse(cell, declared, heading_unit=column.unit)
            if parsed.value is None or isinstance(parsed.value, str) or parsed.state:
                continue
            expected = [sums.over(span) for span in _spans(block, total)]
            if (
                cell is None
                or None in expected
                or any(
                    abs(parsed.value - sum_) <= _rounding(column, len(rows)) for sum_ in expected if sum_ is not None
                )
            ):
                continue
            params = {"label": declared.title, "sum": f"{expected[0]:f}"}
            yield Finding("total_mismatch", block.sheet.name, line, number, name, cell.raw, params)


def _rounding(column: Column, rows: int) -> Decimal:
    """How far sums of converted figures (亩) may be off: each is rounded to two decimals."""
    factor = units_of_measure(column.field.unit or "").get(column.unit or "", 1)
    return Decimal("0.005") * (rows + 1) if factor != 1 else Decimal(0)


class _Sums:
    """Sums of one column over any stretch of rows."""

    def __init__(self, rows: Sequence[Row | None], name: str) -> None:
        numbers = [_number(row, name) for row in rows]
        self.sums = [Decimal(0), *accumulate(number or Decimal(0) for number in numbers)]
        self.unknown = [0, *accumulate(number is None for number in numbers)]

    def over(self, span: range) -> Decimal | None:
        if self.unknown[span.stop] > self.unknown[span.start]:
            return None
        return self.sums[span.stop] - self.sums[span.start]


def _number(row: Row | None, name: str) -> Decimal | None:
    """What a row adds to a sum; None when that is not known."""
    if row is None:
        return Decimal(0)
    if row.states.get(name) in _UNKNOWN:
        return None
    value = row.values.get(name)
    return Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(0)


def _spans(block: Block, total: TotalRow) -> list[range]:
    """The rows a total may sum: its section above or below, or the whole table; the likeliest first."""
    here, last = total.position, len(block.rows)
    marks = sorted({0, last, *block.sections, *(other.position for other in block.totals)})
    before = max((mark for mark in marks if mark < here), default=here)
    after = min((mark for mark in marks if mark > here), default=here)
    above, below = range(before, here), range(here, after)
    section = range(max((mark for mark in block.sections if mark < here), default=0), here)
    spans = [range(last), section, above, below]
    if here and here < last:
        spans = [above, section, below, range(last)]
    return list(dict.fromkeys(span for span in spans if span)) or [range(last)]
