"""What stands in a unit's template: its units by name, numbers, and what it reported last. Knows neither folders nor SQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from wentong.errors import WentongError
from wentong.forms import Form, Table, code_titles
from wentong.periods import Period
from wentong.places import Place, Register
from wentong.templates import write_return

LEVELS = {"town": 4, "county": 3}
"""Who reports a form -> level of the places that do."""
_SAID = {"not_applicable": "—", "unknown": "不详", "masked": "不详"}
"""State of a cell without a value -> what its sender wrote."""


def is_owed(form: Form, period: Period) -> bool:
    """Whether a form is to be reported for a period."""
    return form.period == period.kind and bool(form.first_period) and Period.parse(form.first_period) <= period


def template(
    register: Register,
    form: Form,
    unit: Place,
    period: Period,
    last_rows: Callable[[Table], Sequence[Mapping[str, Any]]],
    banner: str | None = None,
) -> bytes:
    """The workbook in which a unit reports a form for a period, of whose last day the register is. `last_rows` gives the
    warehouse's rows of the unit's latest return before. Raises WentongError when the form is not that unit's, or not for such a period."""
    if unit.level != LEVELS[form.reported_by]:
        raise WentongError(f"{form.code} is reported by every {form.reported_by}; {unit.code} {unit.name} is none")
    if period.kind != form.period:
        raise WentongError(f"{form.code} is a return for a {form.period}; {period} is a {period.kind}")
    county = register.by_code.get(unit.parent_code) if unit.level > LEVELS["county"] else None
    stream = BytesIO()
    write_return(
        stream,
        form,
        period,
        unit.code,
        f"{county.name if county else ''}{unit.name}",
        {table.name: list(_rows_to_fill(table, register, unit)) for table in form.tables},
        banner=banner,
        last={table.name: [_as_reported(table, register, row) for row in last_rows(table)] for table in form.tables},
        places=[place.name for place in _with_places_below(register, unit)],
    )
    return stream.getvalue()


def _rows_to_fill(table: Table, register: Register, reporter: Place) -> Iterator[dict[str, object]]:
    """The rows that are given: one per unit, or per unit and code of a list; none in tables that are filled in freely."""
    if not table.is_listed:
        return
    level = {"village": 5, "town": 4}.get(table.unit, reporter.level)
    for unit in _with_places_below(register, reporter):
        if unit.level != level:
            continue
        identity = _identity(table, register, unit)
        yield from ({**identity, name: code} for name in table.item_key for code in code_titles(_list_of(table, name)))
        if not table.item_key:
            yield identity


def _list_of(table: Table, name: str) -> str:
    codes = table.field(name).codes
    assert codes, "a listed table has no other keys"
    return codes


def _with_places_below(register: Register, reporter: Place) -> Iterator[Place]:
    """A unit with its towns and villages, in order of codes."""
    yield reporter
    for place in (*register.towns(reporter.code), *register.villages(reporter.code)):
        yield from _with_places_below(register, place)


def _identity(table: Table, register: Register, unit: Place) -> dict[str, object]:
    """Name, code and town of a unit, in the columns that the table has for them."""
    town = register.ever(unit.parent_code) if unit.level == 5 else unit
    said = {"place_name": unit.name, "place_code": unit.code, "town": town.name if town else ""}
    return {field.name: said[field.role] for field in table.fields if field.role in said}


def _as_reported(table: Table, register: Register, row: Mapping[str, Any]) -> dict[str, object]:
    """A row of the warehouse as its sender wrote it."""
    unit = register.ever(row["division_code"])
    values = {field.name: row.get(field.name) for field in table.stored}
    said = {name: _SAID[state] for name, state in row["cell_states"].items() if state in _SAID}
    shown = {name: value if value is not None else said.get(name) for name, value in values.items()}
    return {**(_identity(table, register, unit) if unit else {}), **shown, "period": row["period"]}
