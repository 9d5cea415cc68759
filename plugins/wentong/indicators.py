"""Indicators as declared in include/schemas/indicators.yml: what is divided by what, in terms of the forms' tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wentong.declarations import Source, unknown_code
from wentong.forms import SCHEMAS, Table, forms

Range = tuple[float | None, float | None]
"""Least and most; None: no limit on that side."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of the catalogue: numerator / denominator x times."""

    code: str
    title: str
    name: str
    unit: str
    period: str
    levels: tuple[str, ...]
    numerator: str
    """The figure in words: count(village_center where build_status = built)."""
    denominator: str | None
    times: int
    hard: Range
    soft: Mapping[str, Range]
    """By level."""
    note: str
    source: str

    @property
    def formula(self) -> str:
        """How it is computed, in one line."""
        divided = f"{self.numerator} / {self.denominator}" if self.denominator else self.numerator
        return f"{divided} × {self.times}" if self.times != 1 else divided


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All indicators in the order of the file, and those that the forms cannot supply, with the reason."""

    indicators: tuple[Indicator, ...]
    left_out: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """The declared indicators. Raises DeclarationError as `read_catalogue` does."""
    return read_catalogue(SCHEMAS / "indicators.yml")


def read_catalogue(path: Path) -> Catalogue:
    """Read and check the indicators. Raises DeclarationError naming the line of a figure that no form supplies."""
    source = Source(path, "indicators")
    tables = {table.name: table for form in forms().values() for table in form.tables}
    seen: set[str] = set()
    for position, declared in enumerate(source.declared["indicators"]):
        for word in ("code", "name"):
            if declared[word] in seen:
                source.fail(["indicators", position, word], f"{declared[word]} is declared twice")
            seen.add(declared[word])
        for part in ("numerator", "denominator"):
            if sentence := _wrong_in_figure(declared.get(part), tables):
                source.fail(["indicators", position, part], f"indicator {declared['code']}, {part}: {sentence}")
    return Catalogue(tuple(map(_indicator, source.declared["indicators"])), source.declared["left_out"])


def _indicator(declared: Mapping[str, Any]) -> Indicator:
    return Indicator(
        **{word: declared[word] for word in ("code", "title", "name", "unit", "period", "source")},
        levels=tuple(declared["levels"]),
        numerator=_in_words(declared["numerator"]),
        denominator=_in_words(declared["denominator"]) if "denominator" in declared else None,
        times=declared.get("times", 1),
        hard=_range(declared.get("hard", {})),
        soft={level: _range(limits) for level, limits in declared.get("soft", {}).items()},
        note=declared.get("note", ""),
    )


def _range(limits: Mapping[str, float]) -> Range:
    return limits.get("minimum"), limits.get("maximum")


def _in_words(figure: Mapping[str, Any]) -> str:
    conditions = [f"{name} in ({', '.join(written)})" for name, written in figure.get("where", {}).items()]
    conditions += [f"{figure['filled']} is filled in"] if "filled" in figure else []
    conditions += [f"{name} >= {listed}" for name, listed in figure.get("at_least", {}).items()]
    conditions += [f"kind of place in ({', '.join(figure['kinds'])})"] if "kinds" in figure else []
    where = f" where {' and '.join(conditions)}" if conditions else ""
    (word,) = _ASKED & figure.keys()
    joint = " or " if word == "value" else " + "
    what = figure[word] if isinstance(figure[word], str) else joint.join(figure[word])
    words = f"{word}({what}{where})"
    return f"({words} × months)" if figure.get("months") else words


_ASKED = {"sum", "value", "count", "units"}


def _wrong_in_figure(figure: Mapping[str, Any] | None, tables: Mapping[str, Table]) -> str:
    """What is wrong with a figure, and what to write; empty: nothing."""
    if figure is None:
        return ""
    if len(_ASKED & figure.keys()) != 1:
        return "write one of sum, value, count, units"
    for written in (*figure.get("sum", ()), *figure.get("value", ())):
        table_name, _, name = written.partition(".")
        stored = {f.name: f for f in tables[table_name].stored} if table_name in tables else {}
        if name not in stored or not stored[name].is_number:
            return f"no form has a figure {written}; write table.field of a count or a number"
    counted = tables.get(figure.get("count", ""))
    if "count" in figure and counted is None:
        return f"there is no table {figure['count']}; write one of {', '.join(tables)}"
    fields = {f.name: f for f in counted.stored} if counted else {}
    for name in (
        *figure.get("where", ()),
        *figure.get("at_least", ()),
        *([figure["filled"]] if "filled" in figure else []),
    ):
        if name not in fields:
            return f"there is no field {name} to look at; write one of {', '.join(fields)}"
    for name, written in figure.get("where", {}).items():
        if sentence := unknown_code(name, fields[name].codes, written):
            return sentence
    for listed in figure.get("at_least", {}).values():
        if not (SCHEMAS / "thresholds" / f"{listed}.csv").is_file():
            return f"there is no list include/schemas/thresholds/{listed}.csv"
    return ""
