"""The declared rules of a form, executed by Great Expectations over the rows of a whole batch of files.

The only module that says great_expectations. Every rule makes a column of the batch, one figure or code per row, NaN or
None where there is nothing to compare, and expects something plain of it; the frame's index is the row's place in the
batch, so that every failure comes back to its file, sheet and cell. Importing the library takes seconds: import this
module inside tasks, never in the reading workers.
"""

import logging
from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wentong.findings import SEVERITIES, Finding, finding_types
from wentong.forms import Field, Rule, Table, code_titles, find_form
from wentong.periods import Period
from wentong.places import Register, plain
from wentong.returns import Judgement, Row, Value
from wentong.rows import row_numbers
from wentong.settling import Waiver, waived
from wentong.thresholds import in_force

logging.getLogger("great_expectations").setLevel(logging.WARNING)

Truths = NDArray[np.bool_]
Figures = NDArray[np.float64]
Told = Mapping[str, Sequence[float | str] | Figures]
"""Further words of a message, one for each row."""

_BLANK = "没有填"
_ENOUGH_FOR_A_RATIO = 1
"""The small-number guard of `ratio_within`; other rules on shares declare a `minimum` of their own."""
_HAIR = 1e-6
"""What sums of decimals may be off."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """One expectation that one row does not meet."""

    finding: str
    field: str
    number: int = -1
    """Of the rule in its table; -1: what holds of every field (required, limits)."""
    rule: Rule | None = None
    told: Mapping[str, str] = dataclass_field(default_factory=dict)


def check(judgements: Sequence[Judgement], register: Register, waivers: Sequence[Waiver] = ()) -> None:
    """Run the rules of each form over all readable files at once; add findings, act on values and rows.

    A value is withheld (None), two that contradict each other are contested (they stay, the states say so), or a row is
    quarantined, as the finding's type says; what the county waives contests nothing. Files refused as a whole are left
    alone.
    """
    by_table: dict[tuple[str, str], list[tuple[Judgement, Row]]] = defaultdict(list)
    for judgement in judgements:
        if judgement.outcome in ("load", "quarantine_file") and judgement.form:
            for row in judgement.rows:
                if row.status != "duplicate":
                    by_table[judgement.form, row.table].append((judgement, row))
    errors: dict[int, set[_Place]] = {}
    for (form_code, table_name), rows in by_table.items():
        table = find_form(form_code).table(table_name)
        for place, failures in sorted(_failures(_Batch(table, rows, register)).items()):
            judgement, row = rows[place]
            if id(judgement) not in errors:
                errors[id(judgement)] = _errors_said(judgement)
            _Verdict(table, judgement, row, register, waivers).add(failures, errors[id(judgement)])


# -- what follows from it ----------------------------------------------------------------------------------------------

_Place = tuple[str, int | None, int | None]
_ERROR = SEVERITIES.index("error")


def _errors_said(judgement: Judgement) -> set[_Place]:
    """Cells of which reading has already said what is wrong."""
    return {(f.sheet, f.row, f.col) for f in judgement.findings if SEVERITIES.index(f.severity) <= _ERROR}


class _Verdict:
    """One row with its failures: what is said of it, and what becomes of its values."""

    def __init__(
        self, table: Table, judgement: Judgement, row: Row, register: Register, waivers: Sequence[Waiver]
    ) -> None:
        self.table, self.judgement, self.row, self.waivers = table, judgement, row, waivers
        self.name = _name(table, row, register)

    def add(self, failures: Sequence[_Failure], said: set[_Place]) -> None:
        """Turn the failures into findings, the widest first; what an error explains is not said again."""
        about_row: dict[int, list[_Failure]] = defaultdict(list)
        about_cell: list[_Failure] = []
        for failure in sorted(failures, key=_by_severity):
            is_of_row = failure.rule is not None and failure.rule.about_row
            (about_row[failure.number] if is_of_row else about_cell).append(failure)
        for group in about_row.values():
            self._say_of_row(group)
        settled: set[str] = set()
        explained: set[str] = set()
        for failure in about_cell:
            line, column, _ = self.row.cells[failure.field]
            others = failure.rule.others if failure.rule else ()
            severity = _severity(failure)
            if (
                failure.field in settled
                or (severity > _ERROR and failure.field in explained)
                or (self.row.sheet, line, column) in said
                or any(self.row.states.get(other) == "withheld" for other in others)
            ):
                continue
            settled.add(failure.field)
            if severity <= _ERROR:
                explained.update(others)
            self._say_of_cell(failure)

    def _say_of_row(self, group: Sequence[_Failure]) -> None:
        """One finding about the row, at what its state is said with, else at what it is named with."""
        row, rule = self.row, group[0].rule
        if row.status != "accept" or rule is None:
            return
        filled = "、".join(self.table.field(failure.field).title for failure in group)
        words = {**self._words(group[0]), "filled": filled}
        name = next((name for name in (*rule.when, *self.table.identity) if name in row.cells), None)
        line, column, raw = row.cells[name] if name else (row.row, None, None)
        self._add(Finding(group[0].finding, row.sheet, line, column, name, raw, words), group[0])

    def _say_of_cell(self, failure: _Failure) -> None:
        line, column, raw = self.row.cells[failure.field]
        words = self._words(failure)
        self._add(Finding(failure.finding, self.row.sheet, line, column, failure.field, raw, words), failure)

    def _add(self, finding: Finding, failure: _Failure) -> None:
        row = self.row
        finding = waived(finding, row, self.judgement, self.waivers)
        self.judgement.findings.append(finding)
        match finding.type.effect:
            case "quarantine":
                row.status = "quarantine"
            case "withhold" if row.values.get(failure.field) is not None:
                row.values[failure.field] = None
                row.states[failure.field] = "withheld"
            case "contest" if finding.waiver is None:
                involved = (*failure.rule.others, *failure.rule.when) if failure.rule else ()
                for name in (failure.field, *involved):
                    if row.states.get(name) != "withheld":
                        row.states[name] = "contested"

    def _words(self, failure: _Failure) -> dict[str, str]:
        """Everything a message may want to say of the failure."""
        table, rule, declared = self.table, failure.rule, self.table.field(failure.field)
        words = {
            "village": self.name,
            "label": declared.title,
            "unit": declared.unit or "",
            "value": self._shown(failure.field),
            "period": Period.parse(self.judgement.period).title if self.judgement.period else "本期",
        }
        if rule is None:
            limit = declared.minimum if failure.finding == "below_limit" else declared.maximum
            return words | ({} if limit is None else {"limit": _number(limit)})
        if rule.minimum is not None:
            words["low"] = _number(rule.minimum)
        if rule.maximum is not None:
            words["high"] = words["limit"] = _number(rule.maximum)
        if rule.others:
            words["other_label"] = "、".join(table.field(name).title for name in rule.others)
            words["other_value"] = "、".join(map(self._shown, rule.others))
        if rule.when:
            named = next(iter(rule.when))
            words |= {"when_label": table.field(named).title, "when_value": self._shown(named)}
        return {**words, **rule.params, **failure.told}

    def _shown(self, name: str) -> str:
        return _shown(self.table.field(name), self.row.values.get(name))


def _severity(failure: _Failure) -> int:
    return SEVERITIES.index(finding_types()[failure.finding].severity)


def _by_severity(failure: _Failure) -> tuple[int, int]:
    return _severity(failure), failure.number


def _name(table: Table, row: Row, register: Register) -> str:
    """What a message calls the row: its unit, and what tells it from other rows of the unit in words."""
    place = register.ever(row.division_code or "")
    unit = place.name if place and table.unit != "reporter" else ""
    items = (_item(table.field(name), row.values.get(name)) for name in table.item_key)
    return " ".join(filter(None, (unit, *items))) or f"第{row.row}行"


def _item(declared: Field, value: Value) -> str:
    if value is None:
        return ""
    return f"{declared.title}{value}" if declared.is_number else _shown(declared, value)


def _shown(declared: Field, value: Value) -> str:
    """A value as a sentence quotes it: codes by their titles, dates in ISO."""
    if value is None:
        return _BLANK
    if declared.codes:
        titles = code_titles(declared.codes)
        return "、".join(titles[code] for code in str(value).split(","))
    return f"{value}"


def _number(figure: float) -> str:
    return f"{figure:.2f}".rstrip("0").rstrip(".")


# -- the columns of a batch --------------------------------------------------------------------------------------------


class _Batch:
    """The rows of one table over many files; columns are made when they are asked for."""

    def __init__(self, table: Table, rows: Sequence[tuple[Judgement, Row]], register: Register) -> None:
        self.table, self.rows, self.register = table, rows, register
        self._numbers: dict[str, Figures] = {}

    def _is_not_theirs(self, name: str) -> Callable[[Judgement], bool]:
        """Of what the county fills in, a town's file says nothing."""
        if self.table.field(name).filled_by != "county":
            return lambda _: False
        return lambda judgement: not (judgement.unit or "").endswith("000000")

    def values(self, name: str) -> list[Value]:
        """What is known; None for all that is blank, unknown, withheld or not theirs to say."""
        if self.table.field(name).filled_by is None:
            return [row.values.get(name) for _, row in self.rows]
        is_not_theirs = self._is_not_theirs(name)
        return [None if is_not_theirs(judgement) else row.values.get(name) for judgement, row in self.rows]

    def numbers(self, name: str) -> Figures:
        if name not in self._numbers:
            values = self.values(name)
            self._numbers[name] = np.array([np.nan if value is None else float(value) for value in values])
        return self._numbers[name]

    def is_blank(self, name: str) -> Truths:
        """Where the cell is there and nothing is written in it."""
        is_not_theirs = self._is_not_theirs(name)
        return np.array(
            [row.states.get(name) == "blank" and not is_not_theirs(judgement) for judgement, row in self.rows]
        )

    def holds(self, rule: Rule) -> Truths:
        """Where every field of `when` is known to have one of its codes."""
        held = np.ones(len(self.rows), bool)
        for name, codes in rule.when.items():
            held &= np.array([value in codes for value in self.values(name)])
        return held

    def days(self, name: str) -> tuple[Figures, Figures]:
        """The first and the last day that a date, known to the day, the month or the year, may be; as day numbers."""
        spans = [_UNKNOWN_SPAN if value is None else _span(str(value)) for value in self.values(name)]
        return _two_columns(spans)

    def period_days(self) -> tuple[Figures, Figures]:
        """The first and the last day of each row's period."""
        return _two_columns([_period_span(judgement.period) for judgement, _ in self.rows])

    def months(self) -> Figures:
        """How many months each row's period has."""
        return np.array([_months(judgement.period) if judgement.period else np.nan for judgement, _ in self.rows])

    def villages(self) -> Figures:
        """How many villages and communities the town of each row has by the register."""
        counts = [len(self._register_of(judgement).villages(row.town_code or "")) for judgement, row in self.rows]
        return np.array([count or np.nan for count in counts])

    def _register_of(self, judgement: Judgement) -> Register:
        """The places that existed on the last day of a return's period."""
        return self.register.on(_last_day(judgement.period)) if judgement.period else self.register

    def thresholds(self, name: str, *, at_end: bool = False) -> list[tuple[float, ...]]:
        """What a list says of each row's unit in its period, or at its end; empty where it says nothing."""
        found: list[tuple[float, ...]] = []
        for judgement, row in self.rows:
            place = self._register_of(judgement).by_code.get(row.division_code or "")
            if place is None or judgement.period is None:
                found.append(())
            else:
                found.append(_threshold(name, place.code[:9], place.kind, judgement.period, at_end))
        return found


_UNKNOWN_SPAN = (np.nan, np.nan)


@lru_cache(maxsize=1 << 14)
def _span(iso: str) -> tuple[float, float]:
    """2018-03 -> the numbers of 1 and of 31 March 2018."""
    year, month, day = (int(iso[start:end] or 0) for start, end in ((0, 4), (5, 7), (8, 10)))
    last_month = month or 12
    first = date(year, month or 1, day or 1)
    last = date(year, last_month, day or monthrange(year, last_month)[1])
    return first.toordinal(), last.toordinal()


@cache
def _last_day(period: str) -> date:
    return Period.parse(period).last_day


@cache
def _period_span(period: str | None) -> tuple[float, float]:
    if period is None:
        return _UNKNOWN_SPAN
    parsed = Period.parse(period)
    return parsed.first_day.toordinal(), parsed.last_day.toordinal()


@cache
def _months(period: str) -> int:
    return {"month": 1, "quarter": 3, "year": 12}[Period.parse(period).kind]


@cache
def _threshold(name: str, town: str, kind: str, period: str, at_end: bool) -> tuple[float, ...]:
    days = Period.parse(period)
    return in_force(name, town, kind, days.last_day if at_end else days.first_day, days.last_day)


def _two_columns(spans: Sequence[tuple[float, float]]) -> tuple[Figures, Figures]:
    both = np.array(spans, float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


# -- the kinds of rules ------------------------------------------------------------------------------------------------


class _Expected(NamedTuple):
    """What a rule makes of a batch and expects of it."""

    column: Any
    """One figure or code per row; NaN or None where there is nothing to compare."""
    expectation: Any
    limits: Mapping[str, Any]
    """The same for every batch."""
    told: Told = MappingProxyType({})


def _between(column: Figures, where: Truths, told: Told | None = None, **limits: Any) -> _Expected:
    return _Expected(np.where(where, column, np.nan), gxe.ExpectColumnValuesToBeBetween, limits, told or {})


def _filled(batch: _Batch, where: Truths, name: str) -> _Expected:
    column = np.where(batch.is_blank(name) & where, np.nan, 1.0)
    return _Expected(column, gxe.ExpectColumnValuesToNotBeNull, {})


def _required_when(batch: _Batch, rule: Rule, name: str) -> _Expected:
    return _filled(batch, batch.holds(rule), name)


def _absent_when(batch: _Batch, rule: Rule, name: str) -> _Expected:
    where = batch.holds(rule)
    if batch.table.field(name).is_number:
        return _zero(batch.numbers(name), where)
    return _Expected(_written(batch, where, name), gxe.ExpectColumnValuesToBeNull, {})


def _written(batch: _Batch, where: Truths, name: str) -> list[Value]:
    return [value if is_meant else None for value, is_meant in zip(batch.values(name), where, strict=True)]


def _zero(column: Figures, where: Truths) -> _Expected:
    return _Expected(np.where(where, column, np.nan), gxe.ExpectColumnValuesToBeInSet, {"value_set": [0]})


def _zero_together(batch: _Batch, rule: Rule, name: str) -> _Expected:
    other = rule.others[0]
    none = batch.numbers(other) == 0
    if not batch.table.field(other).required:  # else a blank is missing, and that is said there
        none |= batch.is_blank(other)
    return _zero(batch.numbers(name), none & batch.holds(rule))


def _within(batch: _Batch, rule: Rule, name: str) -> _Expected:
    return _between(batch.numbers(name), batch.holds(rule), min_value=rule.minimum, max_value=rule.maximum)


def _positive_when(batch: _Batch, rule: Rule, name: str) -> _Expected:
    return _between(batch.numbers(name), batch.holds(rule), min_value=0, strict_min=True)


def _one_of_when(batch: _Batch, rule: Rule, name: str) -> _Expected:
    column = _written(batch, batch.holds(rule), name)
    return _Expected(column, gxe.ExpectColumnValuesToBeInSet, {"value_set": list(rule.codes)})


def _at_most(batch: _Batch, rule: Rule, name: str) -> _Expected:
    most = np.sum([batch.numbers(other) for other in rule.others], axis=0)
    return _between(batch.numbers(name) - most, batch.holds(rule), max_value=_HAIR)


def _not_after(batch: _Batch, rule: Rule, name: str) -> _Expected:
    earliest, latest = batch.days(name)[0], batch.days(rule.others[0])[1]
    return _between(earliest - latest, batch.holds(rule), max_value=0)


def _days_between(batch: _Batch, rule: Rule, name: str) -> _Expected:
    (first, last), (first_other, last_other) = batch.days(name), batch.days(rule.others[0])
    fewest, most = first - last_other, last - first_other
    too_few = most < (-np.inf if rule.minimum is None else rule.minimum)
    days = np.where(too_few, most, fewest)
    # What may still be enough, as far as it is known, counts as enough.
    days = days if rule.minimum is None else np.where(too_few, days, np.maximum(days, rule.minimum))
    limits = {"min_value": rule.minimum, "max_value": rule.maximum}
    return _between(days, batch.holds(rule), {"days": days}, **limits)


def _in_period(batch: _Batch, rule: Rule, name: str) -> _Expected:
    (first, last), (begin, end) = batch.days(name), batch.period_days()
    return _between(np.maximum(begin - last, first - end), batch.holds(rule), max_value=0)


def _days_of_period(batch: _Batch, rule: Rule, name: str) -> _Expected:
    first, last = batch.period_days()
    days = last - first + 1
    return _between(batch.numbers(name) - days, batch.holds(rule), {"limit": days}, max_value=0)


def _per_village(batch: _Batch, rule: Rule, name: str) -> _Expected:
    villages = batch.villages()
    once = villages * batch.months()
    most = (rule.maximum or 0) * once
    told = {"count": villages, "expected": (rule.minimum or 0) * once, "limit": most}
    return _between(batch.numbers(name) - most, batch.holds(rule), told, max_value=0)


def _ratio_within(batch: _Batch, rule: Rule, name: str) -> _Expected:
    above, below = batch.numbers(name), batch.numbers(rule.others[0])
    enough = (above >= _ENOUGH_FOR_A_RATIO) & (below >= _ENOUGH_FOR_A_RATIO)
    ratio = np.divide(above, below, out=np.full(len(above), np.nan), where=enough)
    limits = {"min_value": rule.minimum, "max_value": rule.maximum}
    return _between(ratio, batch.holds(rule), {"ratio": ratio}, **limits)


def _per_day(batch: _Batch, rule: Rule, name: str) -> _Expected:
    begin, end = rule.others
    days = batch.days(end)[1] - batch.days(begin)[0] + 1
    most = (rule.maximum or 0) * days
    return _between(batch.numbers(name) - most, batch.holds(rule) & (days >= 1), {"days": days}, max_value=0)


def _differs(batch: _Batch, rule: Rule, name: str) -> _Expected:
    pairs = zip(batch.values(name), batch.values(rule.others[0]), strict=True)
    same = [np.nan if one is None or two is None else float(plain(str(one)) == plain(str(two))) for one, two in pairs]
    return _zero(np.array(same), batch.holds(rule))


def _unique(batch: _Batch, rule: Rule, name: str) -> _Expected:
    """How often the values of a row, jointly, are in its file; the code of a place is that of the row's unit."""
    code = batch.table.role("place_code")
    columns = [
        [row.division_code for _, row in batch.rows] if code and each == code.name else batch.values(each)
        for each in rule.fields
    ]
    same: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, (is_meant, *values) in enumerate(zip(batch.holds(rule), *columns, strict=True)):
        judgement, row = batch.rows[place]
        if is_meant and row.status == "accept" and None not in values:
            same[id(judgement), *(plain(str(value)) for value in values)].append(place)
    times, others = np.full(len(batch.rows), np.nan), [""] * len(batch.rows)
    for places in same.values():
        times[places] = len(places)
        for place in places if len(places) > 1 else ():
            others[place] = row_numbers([batch.rows[each][1] for each in places if each != place])
    return _between(times, np.ones(len(times), bool), {"rows": others}, max_value=1)


def _in_force_now(batch: _Batch, rule: Rule, name: str) -> _Expected:
    allowed = batch.thresholds(rule.table or "")
    numbers = batch.numbers(name)
    is_none = [
        float(number not in values) if values else np.nan for number, values in zip(numbers, allowed, strict=True)
    ]
    told = {"expected": ["或".join(map(_number, values)) for values in allowed]}
    column = np.where(np.isnan(numbers), np.nan, is_none)
    return _zero(column, batch.holds(rule))._replace(told=told)


def _meets_threshold(batch: _Batch, rule: Rule, name: str) -> _Expected:
    least = np.array([values[-1] if values else np.nan for values in batch.thresholds(rule.table or "", at_end=True)])
    return _between(batch.numbers(name) - least, batch.holds(rule), {"limit": least}, min_value=0)


_KINDS: dict[str, Callable[[_Batch, Rule, str], _Expected]] = {
    "required_when": _required_when,
    "absent_when": _absent_when,
    "zero_together": _zero_together,
    "within": _within,
    "positive_when": _positive_when,
    "one_of_when": _one_of_when,
    "at_most": _at_most,
    "not_after": _not_after,
    "days_between": _days_between,
    "in_period": _in_period,
    "days_of_period": _days_of_period,
    "per_village": _per_village,
    "ratio_within": _ratio_within,
    "per_day": _per_day,
    "differs": _differs,
    "unique": _unique,
    "in_force": _in_force_now,
    "meets_threshold": _meets_threshold,
}


def _looked_at(table: Table, rule: Rule) -> tuple[str, ...]:
    """The fields a rule speaks of one by one; of those that are unique jointly, the one that is written."""
    if rule.kind != "unique":
        return rule.fields
    return tuple(name for name in rule.fields if table.field(name).role == "value")[-1:]


def _of_every_field(batch: _Batch) -> Iterator[tuple[str, _Expected]]:
    """What holds without a rule: required fields are filled in, figures lie within their hard limits."""
    everywhere = np.ones(len(batch.rows), bool)
    for declared in batch.table.stored:
        if declared.required:
            yield declared.name, _filled(batch, everywhere, declared.name)
        if declared.is_number:
            limits = {"min_value": declared.minimum or 0, "max_value": declared.maximum}
            yield declared.name, _Expected(batch.numbers(declared.name), gxe.ExpectColumnValuesToBeBetween, limits)


def _of_rules(batch: _Batch) -> Iterator[tuple[str, int, _Expected]]:
    for number, rule in enumerate(batch.table.rules):
        if not rule.is_relation:
            for name in _looked_at(batch.table, rule):
                yield name, number, _KINDS[rule.kind](batch, rule, name)


# -- Great Expectations ------------------------------------------------------------------------------------------------


def _failures(batch: _Batch) -> dict[int, list[_Failure]]:
    """Place of a row in the batch -> every expectation of the table that it does not meet."""
    table = batch.table
    expected = {
        **{f"{name}, {each.expectation.__name__}": (name, None, each) for name, each in _of_every_field(batch)},
        **{f"{name}, rule {number}": (name, number, each) for name, number, each in _of_rules(batch)},
    }
    expected = {column: known for column, known in expected.items() if _may_fail(known[2])}
    frame = pd.DataFrame({column: each.column for column, (_, _, each) in expected.items()})
    suite = [_expectation(table, column, *known) for column, known in expected.items()]
    found: dict[int, list[_Failure]] = defaultdict(list)
    for expectation, places in _unmet(table.name, frame, suite):
        told, meta = expected[expectation.column][2].told, expectation.meta
        number, rule = (-1, None) if meta["rule"] is None else (meta["rule"], table.rules[meta["rule"]])
        for place in places:
            finding = meta["finding"] or _beyond(table.field(meta["field"]), frame[expectation.column][place])
            words = {key: _word(each[place]) for key, each in told.items()}
            found[place].append(_Failure(finding, meta["field"], number, rule, words))
    return found


def _may_fail(expected: _Expected) -> bool:
    """Whether there is anything in the column that could; an expectation costs a hundredth of a second."""
    is_none = pd.isna(expected.column)
    looks_for_none = expected.expectation is gxe.ExpectColumnValuesToNotBeNull
    return bool(is_none.any() if looks_for_none else not is_none.all())


def _beyond(declared: Field, figure: float) -> str:
    """Which hard limit a figure does not keep."""
    if figure < (declared.minimum or 0):
        return "below_limit" if declared.minimum else "negative_number"
    return "above_limit"


def _word(told: float | str) -> str:
    return told if isinstance(told, str) else _number(told)


_made: dict[tuple[Table, str], Any] = {}


def _expectation(table: Table, column: str, name: str, number: int | None, expected: _Expected) -> Any:
    """The expectation of a column, made once; `meta` leads a failure back to field, rule and finding."""
    if (table, column) not in _made:
        if number is not None:
            finding: str | None = table.rules[number].finding
        else:
            finding = "required_missing" if expected.expectation is gxe.ExpectColumnValuesToNotBeNull else None
        meta = {"field": name, "rule": number, "finding": finding}
        _made[table, column] = expected.expectation(column=column, meta=meta, **expected.limits)
    return _made[table, column]


def _unmet(name: str, frame: pd.DataFrame, suite: Sequence[Any]) -> Iterator[tuple[Any, list[int]]]:
    """The expectations that rows do not meet, and which rows: all are asked for yes or no, only the failed for more."""
    if not suite:
        return
    batch = _batches().get_batch({"dataframe": frame})
    quick = _validated(batch, name, suite, {"result_format": "BOOLEAN_ONLY"})
    failed = [expectation for expectation, result in quick if not result.success]
    if not failed:
        return
    detailed = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    for expectation, result in _validated(batch, f"{name}, failed", failed, detailed):
        yield expectation, result.result["unexpected_index_list"]


def _validated(batch: Any, name: str, suite: Sequence[Any], result_format: Any) -> Iterator[tuple[Any, Any]]:
    """Each expectation with its result. An exception inside one is our fault, never the sender's."""
    by_column = {expectation.column: expectation for expectation in suite}
    results = batch.validate(gx.ExpectationSuite(name=name, expectations=list(suite)), result_format=result_format)
    for result in results.results:
        if result.exception_info.get("raised_exception") is not False:
            raise RuntimeError(f"{result.expectation_config}: {result.exception_info}")
        yield by_column[result.expectation_config.kwargs["column"]], result


@cache
def _batches() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("returns")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )
