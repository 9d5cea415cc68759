"""Values that a place sets and changes from time to time, as listed in include/schemas/thresholds. Knows no technology."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache

from wentong.forms import SCHEMAS


@dataclass(frozen=True, slots=True)
class Threshold:
    """One line of a list: a value in the unit that the list's name ends in."""

    place: str
    """The first digits of the codes of a town (9), a county (6), a prefecture (4) or a province (2); none: anywhere."""
    kind: str
    """Kind of place (village, community, town, subdistrict); none: any."""
    first_day: date
    last_day: date
    value: float

    def holds(self, code: str, kind: str, first_day: date, last_day: date) -> bool:
        is_there = code.startswith(self.place) and self.kind in ("", kind)
        return is_there and self.first_day <= last_day and first_day <= self.last_day


@cache
def thresholds(name: str) -> tuple[Threshold, ...]:
    """A whole list, by the first day."""
    with open(SCHEMAS / "thresholds" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        listed = [
            Threshold(
                _digits(line["place_code"]),
                line["kind"],
                date.fromisoformat(line["valid_from"]) if line["valid_from"] else date.min,
                date.fromisoformat(line["valid_to"]) if line["valid_to"] else date.max,
                float(line["value"]),
            )
            for line in csv.DictReader(stream)
        ]
    return tuple(sorted(listed, key=lambda threshold: threshold.first_day))


def _digits(code: str) -> str:
    """What the codes of a place and of all places in it begin with."""
    return next((code[:length] for length in (0, 2, 4, 6, 9) if not code[length:].strip("0")), code)


@cache
def in_force(name: str, code: str, kind: str, first_day: date, last_day: date) -> tuple[float, ...]:
    """What a list says of places of a kind, whose codes begin with `code`, on any of these days, the latest last; empty:
    nothing. The smallest area wins, then a line for this kind over one for any.
    """
    held = [threshold for threshold in thresholds(name) if threshold.holds(code, kind, first_day, last_day)]
    rank = max(((len(each.place), bool(each.kind)) for each in held), default=None)
    return tuple(each.value for each in held if (len(each.place), bool(each.kind)) == rank)
