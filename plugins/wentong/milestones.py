"""The arithmetic of plans: requirements, shortfalls, percentages; what verdicts are called. Whole numbers and fractions only.

The specification is domain §4. Nothing here reads a file or a database, and nothing is a binary float: `ceil(0.55*100)`
is 56. The marts compute `required` and `short` in SQL by the same integer formula; a test compares the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

VERDICTS = {
    "met": "达成", "met_by_late_reports": "补报后达成", "met_late": "延期达成", "fell_back": "达成后回落", "not_met": "未达成",
}  # fmt: skip
"""What the verdicts of the marts are called (domain §4.3)."""
LIGHTS = {"green": "绿", "yellow": "黄", "red": "红", "grey": "灰", "watch": "关注"}
"""What their lights are called (domain §4.7)."""
EVENTS = {"crossed": "达到要求", "fell_below": "回潮后跌破要求", "missed": "未按期达到要求"}
"""What the events of marts.milestone_events are called."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A milestone reached for the first time, in one town or the county. Recorded once, never taken back."""

    plan_code: str
    scope_code: str
    """Town or county, 12 digits."""
    number: int
    """The milestone's number in the plan."""
    reached_on: date
    """The first day on which accepted >= required."""
    accepted: int
    """Accepted on that day, as known at `from_load`."""
    required: int
    from_load: int
    """The load that made it known."""


def required(share: Fraction, tasks: int) -> int:
    """How many of `tasks` a cumulative share asks for: the ceiling, in integers (domain §4.1, req_k).

    A town's requirement is the ceiling of its own list: together the towns may owe more than the county (domain §4.5).
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    return (share.numerator * tasks + share.denominator - 1) // share.denominator


def shortfall(required: int, accepted: int) -> int:
    """How many are still missing: 差k个. Never negative."""
    return max(0, required - accepted)


def percentage(accepted: int, tasks: int) -> str:
    """`45.0%`: one decimal, half up (domain §4.5). 100.0% only if accepted = tasks, 0.0% only if accepted = 0.

    Without tasks there is no rate: `—`.
    """
    if tasks == 0:
        return "—"
    exact = Decimal(100 * accepted) / Decimal(tasks)
    shown = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    if shown == 0 and accepted > 0:
        shown = Decimal("0.1")
    if shown == 100 and accepted < tasks:
        shown = Decimal("99.9")
    return f"{shown}%"


def largest_remainder(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """Split `total` over the parts in proportion to their sizes so that the parts add up to it (domain §4.5).

    Whole shares first; what is left goes one by one to the largest remainders, among equals to the smaller key.
    """
    whole = sum(sizes.values())
    if not 0 <= total <= whole:
        raise ValueError(f"cannot split {total} over {whole} tasks")
    if whole == 0:
        return dict.fromkeys(sizes, 0)
    parts = {key: total * size // whole for key, size in sizes.items()}
    by_remainder = sorted(sizes, key=lambda key: (-(total * sizes[key] % whole), key))
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return parts
