"""The SQL that follows from the indicators: what every row of a return contributes to which indicator.

Fills the slots of include/sql/marts: `:reported_figures`, `:indicator_levels` and `:indicators`. What is done with it, and
what a row must have to count, stands there; the formulas stand in include/schemas/indicators.yml and nowhere else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from wentong.forms import Form, Table, forms
from wentong.indicators import Figure, Indicator, catalogue
from wentong.thresholds import thresholds
from wentong.warehouse.connections import literal
from wentong.warehouse.schema import form_table

KNOWN = "{0}.from_load <= known_at and ({0}.to_load is null or {0}.to_load > known_at)"


def completed(text: str) -> str:
    """The text of a mart with what follows from the indicators in the place of its slots."""
    return re.sub(rf":({'|'.join(_SLOTS)})\b", lambda found: _SLOTS[found[1]](), text)


# ------------------------------------------------------------------------------------------- the catalogue as rows


def _levels() -> Iterator[Sequence[str]]:
    """indicator_code, level, and whether a unit of that level adds up the rows of the units below it."""
    for indicator in catalogue().indicators:
        is_below = any(figure.asked == "count" or figure.below for figure in indicator.figures)
        for level in indicator.levels:
            adds_up = level in ("county", "prefecture") or (level == "town" and is_below)
            yield literal(indicator.code), literal(level), literal(adds_up)


def _described() -> Iterator[Sequence[str]]:
    """indicator_code, name, title, unit, times, whether figures of units may be added up, whether there is a
    denominator, its tables, and of which units of the register it is: level, kinds, times the months."""
    for indicator in catalogue().indicators:
        units = indicator.denominator if indicator.denominator and indicator.denominator.asked == "units" else None
        tables = "+".join(indicator.denominator.tables) if indicator.denominator else ""
        yield (
            *map(literal, (indicator.code, indicator.name, indicator.title, indicator.unit)),
            str(indicator.times),
            literal(indicator.numerator.asked != "value"),
            literal(indicator.denominator is not None),
            literal(tables) if tables else "cast(null as text)",
            literal(units.of[0]) if units else "cast(null as text)",
            _array(units.kinds) if units and units.kinds else "cast(null as text[])",
            literal(units is not None and units.months),
        )


# ----------------------------------------------------------------------------------------- what a row contributes


def _branches() -> Iterator[str]:
    """One query per table and kind of period for which there are indicators."""
    for form in forms().values():
        for table in form.tables:
            for period in ("month", "quarter", "year"):
                meant = [i for i in catalogue().indicators if i.period == period and _reads(i, table)]
                if meant:
                    yield _branch(form, table, period, meant)


def _reads(indicator: Indicator, table: Table) -> bool:
    return any(table.name in figure.tables for figure in indicator.figures)


def _branch(form: Form, table: Table, period: str, indicators: Sequence[Indicator]) -> str:
    """One row per row of the table and indicator. Of a form that comes more often than the indicator, the report at the
    end of the indicator's period counts."""
    figures = [figure for indicator in indicators for figure in indicator.figures]
    lists = sorted({listed for figure in figures for listed in figure.at_least.values()})
    has_place = table.unit == "village" or bool(lists) or any(figure.kinds for figure in figures)
    has_town = any(_is_of_register(indicator) for indicator in indicators)
    is_same = form.period == period
    joined = [_CONTESTS.format(table=table.name, known=KNOWN.format("finding"))]
    if has_place or has_town or not is_same:
        joined.append("inner join core.dim_period as reported on report.period = reported.period")
    if has_place:
        joined.append(_PLACE.format(alias="place", code="division_code", known=KNOWN.format("version")))
    if has_town:
        joined.append(_PLACE.format(alias="town", code="town_code", known=KNOWN.format("version")))
    joined += [_threshold(name) for name in lists]
    if not is_same:
        joined.append(
            f"inner join core.dim_period as period on reported.last_day = period.last_day and period.kind = {literal(period)}"
        )
    return f"""
    select
        report.county_code, report.town_code, report.division_code,
        {"place.name" if table.unit == "village" else "cast(null as text)"} as village_name,
        {"report.period" if is_same else "period.period"} as period, part.indicator_code, part.item, part.numerator,
        part.denominator, part.wanted,
        part.states && array['contested', 'withheld'] or coalesce(contest.fields && part.fields, false) as is_contested,
        {literal(table.name)} as table_name, report.period as reported_period, report.row_key, report.submission_id,
        report.sheet, report.row_number, report.from_load
    from core.{form_table(table).name} as report
    {" ".join(joined)}
    cross join lateral {_values(_parts(table, indicators))}
        as part (indicator_code, item, states, fields, wanted, numerator, denominator)
    where {KNOWN.format("report")}
    """


_CONTESTS = """
    left join lateral (
        select array_agg(finding.field) as fields
        from ops.relation_findings as finding
        where
            finding.org_id = report.org_id
            and finding.table_name = '{table}'
            and finding.period = report.period
            and finding.row_key = report.row_key
            and finding.severity = 'error'
            and finding.waiver_id is null
            and {known}
    ) as contest on true
"""
"""Fields of the row that a comparison with other rows contests after the load; empty: the row as a whole."""

_PLACE = """
    left join lateral (
        select version.name, version.kind
        from core.dim_place as version
        where version.place_code = report.{code} and version.valid_from <= reported.last_day and {known}
        order by version.valid_from desc
        limit 1
    ) as {alias} on true
"""


def _threshold(name: str) -> str:
    """What a list says of the row's place on the last day: the smallest area wins, in it a line for the place's kind."""
    listed = _values(
        (literal(t.place), literal(t.kind), f"date '{t.first_day}'", f"date '{t.last_day}'", f"{t.value:.15g}")
        for t in thresholds(name)
    )
    return f"""
    left join lateral (
        select threshold.least
        from {listed} as threshold (prefix, kind, valid_from, valid_to, least)
        where
            starts_with(report.division_code, threshold.prefix)
            and threshold.valid_from <= reported.last_day
            and threshold.valid_to >= reported.last_day
            and threshold.kind in ('', place.kind)
        order by length(threshold.prefix) desc, threshold.kind desc, threshold.valid_from desc
        limit 1
    ) as {name} on true
    """


def _parts(table: Table, indicators: Iterable[Indicator]) -> Iterator[Sequence[str]]:
    """indicator_code, item, states of the row and of the fields looked at, these fields (empty: the row), how many of the
    parts the row must give, numerator, denominator."""
    for indicator in indicators:
        given = [figure if figure and table.name in figure.tables else None for figure in _both(indicator)]
        looked_at = dict.fromkeys(name for figure in given if figure for name in _fields(table, figure))
        numerator, denominator = (
            _amount(table, figure, _is_of_register(indicator)) if figure else "cast(null as numeric)"
            for figure in given
        )
        item = "report.row_key" if indicator.numerator.asked == "value" else "''"
        wanted = sum(figure is not None for figure in given)
        states = ", ".join(f"report.cell_states ->> {literal(name)}" for name in ("_row", *looked_at))
        fields = _array(('""', *looked_at))
        yield literal(indicator.code), item, f"array[{states}]", fields, str(wanted), numerator, denominator


def _both(indicator: Indicator) -> tuple[Figure, Figure | None]:
    return indicator.numerator, indicator.denominator


def _is_of_register(indicator: Indicator) -> bool:
    """Whether it is divided by units of the register: then rows of special zones, which owe nothing, are no part of it."""
    return indicator.denominator is not None and indicator.denominator.asked == "units"


def _fields(table: Table, figure: Figure) -> Iterator[str]:
    """Those that decide what the row contributes."""
    stored = {field.name for field in table.stored}
    yield from figure.fields_of(table.name)
    yield from (name for name in (*figure.where, *figure.at_least, figure.filled) if name and name in stored)


def _amount(table: Table, figure: Figure, is_of_register: bool) -> str:
    """What the row contributes: null where that cannot be said, 0 where it does not meet the conditions."""
    conditions = list(_conditions(table, figure, is_of_register))
    joint = " and ".join(conditions)
    if figure.asked == "count":
        return f"cast(cast({joint} as integer) as numeric)" if conditions else "cast(1 as numeric)"
    amount = " + ".join(f"cast(report.{name} as numeric)" for name in figure.fields_of(table.name))
    return f"case when {joint} then {amount} when not ({joint}) then 0 end" if conditions else amount


def _conditions(table: Table, figure: Figure, is_of_register: bool) -> Iterator[str]:
    """A blank of a field that need not be filled in says no; of a required one it says nothing."""
    stored = {field.name: field for field in table.stored}
    for name, written in figure.where.items():
        if name in stored:
            meant = f"report.{name} in ({', '.join(map(literal, written))})"
            yield f"({meant})" if stored[name].required else f"coalesce({meant}, false)"
    if figure.filled and figure.filled in stored:
        state = f"report.cell_states ->> {literal(figure.filled)}"
        yield f"({state} is null)" if stored[figure.filled].personal else f"(report.{figure.filled} is not null)"
    yield from (f"(report.{name} >= {listed}.least)" for name, listed in figure.at_least.items() if name in stored)
    if figure.kinds:
        yield f"(place.kind = any({_array(figure.kinds)}))"
    if is_of_register:
        yield "(coalesce(town.kind, '') <> 'special_zone')"


# ------------------------------------------------------------------------------------------------------- as SQL


def _values(rows: Iterable[Sequence[str]]) -> str:
    return f"(values {', '.join('(' + ', '.join(row) + ')' for row in rows)})"


def _array(words: Iterable[str]) -> str:
    return f"cast('{{{','.join(words)}}}' as text[])"


_SLOTS: Mapping[str, Callable[[], str]] = {
    "reported_figures": lambda: f"({' union all '.join(_branches())})",
    "indicator_levels": lambda: _values(_levels()),
    "indicators": lambda: _values(_described()),
}
