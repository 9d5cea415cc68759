"""Indicators as declared in include/schemas/indicators.yml: what is divided by what, in terms of the forms' tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wentong.declarations import Source, unknown_code
from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS, Table, forms

Range = tuple[float | None, float | None]
"""Least and most; None: no limit on that side."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A numerator or a denominator."""

    asked: str
    """sum, value, count, distinct or units."""
    of: tuple[str, ...]
    """table.field of a sum or value; the table of a count; village or town of units."""
    where: Mapping[str, tuple[str, ...]]
    filled: str | None
    at_least: Mapping[str, str]
    kinds: tuple[str, ...]
    months: bool
    below: bool

    @property
    def words(self) -> str:
        """count(village_center where build_status in (built))"""
        conditions = [f"{name} in ({', '.join(written)})" for name, written in self.where.items()]
        conditions += [f"{self.filled} is filled in"] if self.filled else []
        conditions += [f"{name} >= {listed}" for name, listed in self.at_least.items()]
        conditions += [f"kind of place in ({', '.join(self.kinds)})"] if self.kinds else []
        where = f" where {' and '.join(conditions)}" if conditions else ""
        what = (" or " if self.asked == "value" else " + ").join(self.of)
        below = ", villages of a town included" if self.below else ""
        words = f"{self.asked}({what}{where}{below})"
        return f"({words} × months)" if self.months else words

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables it is read from, each once; none for units of the register."""
        return () if self.asked == "units" else tuple(dict.fromkeys(name.partition(".")[0] for name in self.of))

    def fields_of(self, table: str) -> tuple[str, ...]:
        """The fields of a table that are added up, or of which one is the value."""
        written = (name.partition(".") for name in self.of)
        return tuple(field for name, _, field in written if name == table and field)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of the catalogue: numerator / denominator x times."""

    code: str
    title: str
    name: str
    unit: str
    period: str
    levels: tuple[str, ...]
    numerator: Figure
    denominator: Figure | None
    times: int
    hard: Range
    soft: Mapping[str, Range]
    """By level."""
    note: str
    source: str

    @property
    def formula(self) -> str:
        """How it is computed, in one line."""
        divided = f"{self.numerator.words} / {self.denominator.words}" if self.denominator else self.numerator.words
        return f"{divided} × {self.times}" if self.times != 1 else divided

    @property
    def figures(self) -> tuple[Figure, ...]:
        return (self.numerator, self.denominator) if self.denominator else (self.numerator,)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All indicators in the order of the file, and those that the forms cannot supply, with the reason."""

    indicators: tuple[Indicator, ...]
    left_out: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """The declared indicators. Raises DeclarationError as `read_catalogue` does."""
    return read_catalogue(SCHEMAS / "indicators.yml")


def find_indicator(word: str) -> Indicator:
    """An indicator by its code or its name. Raises DeclarationError listing what there is."""
    for indicator in catalogue().indicators:
        if word in (indicator.code, indicator.name):
            return indicator
    listed = ", ".join(indicator.code for indicator in catalogue().indicators)
    raise DeclarationError(f"there is no indicator {word}; there are: {listed}")


def read_catalogue(path: Path) -> Catalogue:
    """Read and check the indicators. Raises DeclarationError naming the line of a figure that no form supplies."""
    source = Source(path, "indicators")
    periods = {table.name: (table, form.period) for form in forms().values() for table in form.tables}
    seen: set[str] = set()
    for position, declared in enumerate(source.declared["indicators"]):
        for word in ("code", "name"):
            if declared[word] in seen:
                source.fail(["indicators", position, word], f"{declared[word]} is declared twice")
            seen.add(declared[word])
        for part in ("numerator", "denominator"):
            if sentence := _wrong_in_figure(declared, part, periods):
                source.fail(["indicators", position, part], f"indicator {declared['code']}, {part}: {sentence}")
    return Catalogue(tuple(map(_indicator, source.declared["indicators"])), source.declared["left_out"])


def _indicator(declared: Mapping[str, Any]) -> Indicator:
    return Indicator(
        **{word: declared[word] for word in ("code", "title", "name", "unit", "period", "source")},
        levels=tuple(declared["levels"]),
        numerator=figure_of(declared["numerator"]),
        denominator=figure_of(declared["denominator"]) if "denominator" in declared else None,
        times=declared.get("times", 1),
        hard=_range(declared.get("hard", {})),
        soft={level: _range(limits) for level, limits in declared.get("soft", {}).items()},
        note=declared.get("note", ""),
    )


def _range(limits: Mapping[str, float]) -> Range:
    return limits.get("minimum"), limits.get("maximum")


def figure_of(declared: Mapping[str, Any]) -> Figure:
    """A figure as a file declares it. source_facts.yml asks for different values, too (distinct)."""
    (asked,) = _ASKED & declared.keys()
    of = declared[asked]
    return Figure(
        asked,
        (of,) if isinstance(of, str) else tuple(of),
        {name: tuple(written) for name, written in declared.get("where", {}).items()},
        declared.get("filled"),
        declared.get("at_least", {}),
        tuple(declared.get("kinds", ())),
        declared.get("months", False),
        declared.get("below", False),
    )


_ASKED = {"sum", "value", "count", "distinct", "units"}
_LENGTHS = {"month": 1, "quarter": 3, "year": 12}


def _wrong_in_figure(declared: Mapping[str, Any], part: str, periods: Mapping[str, tuple[Table, str]]) -> str:
    """What is wrong with a figure, and what to write; empty: nothing."""
    figure = declared.get(part)
    if figure is None:
        return ""
    if len(_ASKED & figure.keys()) != 1:
        return "write one of sum, value, count, units"
    for written in (*figure.get("sum", ()), *figure.get("value", ())):
        table_name, _, name = written.partition(".")
        stored = {f.name: f for f in periods[table_name][0].stored} if table_name in periods else {}
        if name not in stored or not stored[name].is_number:
            return f"no form has a figure {written}; write table.field of a count or a number"
    if "count" in figure and figure["count"] not in periods:
        return f"there is no table {figure['count']}; write one of {', '.join(periods)}"
    read = [periods[name] for name in figure_of(figure).tables]
    fields = {f.name: f for table, _ in read for f in table.stored}
    for name in (
        *figure.get("where", ()),
        *figure.get("at_least", ()),
        *([figure["filled"]] if "filled" in figure else []),
    ):
        if name not in fields:
            return f"there is no field {name} to look at; write one of {', '.join(fields)}"
    for name, written in figure.get("where", {}).items():
        if fields[name].type == "text" and fields[name].required:
            continue  # a word that every row has, as the round of an evaluation
        if sentence := unknown_code(name, fields[name].codes, written):
            return sentence
    for listed in figure.get("at_least", {}).values():
        if not (SCHEMAS / "thresholds" / f"{listed}.csv").is_file():
            return f"there is no list include/schemas/thresholds/{listed}.csv"
    for table, period in read:
        if _LENGTHS[period] > _LENGTHS[declared["period"]]:
            return f"{table.name} is reported once a {period}; let the indicator be of a {period}, too"
    of_villages = all(table.unit == "village" for table, _ in read)
    if {"sum", "value"} & figure.keys() and "town" in declared["levels"] and of_villages and not figure.get("below"):
        return "no table is about towns; write `below: true` to add up a town's villages, or leave out the level town"
    return ""
