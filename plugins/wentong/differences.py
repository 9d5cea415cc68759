"""What became of figures between two loads: which rows of the marts are others, and what made them so."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wentong.errors import WentongError
from wentong.packages import Relation, relations
from wentong.periods import Period
from wentong.warehouse.connections import query

NO_FIGURES = {
    "sheet", "row_number", "kept_from", "cell_states", "from_load", "title", "unit", "level", "scope_level", "times",
    "period_end", "duty", "submission",
}  # fmt: skip
"""Columns that say where figures come from or what they are about; so do names, titles, codes and numbers of things.
What became of a return stands in its label."""
NAMES = {
    "division_code": "village_name", "unit_code": "unit_name", "scope_code": "scope_name", "town_code": "town_name",
    "place_code": "name", "indicator_code": "title",
}  # fmt: skip
"""Column of a key -> column that names it."""
NOTHING_LOADED = {"verdict", "decision_return", "extension", "opened"}
"""Causes that only concern how returns stand."""
PLACES = ("division_code", "unit_code", "scope_code", "place_code", "town_code", "county_code")
"""Columns that say which place a row is about, the narrowest first."""

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """A load that may have changed a row: of its unit, form and period, or of its plan."""

    load_id: int
    cause: str
    """return, verdict (held or rejected), decision_release, decision_return, waiver, extension, opened (what a period
    owes), register, plan."""
    unit_code: str | None
    form_code: str | None
    period: str | None
    plan_code: str | None
    submission_id: int | None
    folder: str | None
    file_name: str | None
    received_at: Any
    reason: str | None
    approved_by: str | None
    loaded_at: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a mart that differs: of a changed row the changed figures, of one that came or went all of them."""

    mart: str
    key: Figures
    names: Figures
    """Columns of the key that have a name -> that name."""
    old: Figures | None
    """None: there was no such row."""
    new: Figures | None
    """None: there is none any more."""
    causes: tuple[Cause, ...]


def compared_marts(connection: sa.Connection, names: list[str]) -> list[Relation]:
    """The marts of these names, or those that are compared anyway. Raises WentongError for a name that is none."""
    found = {one.name: one for one in relations(connection) if one.schema == "marts" and one.key}
    if unknown := [name for name in names if name not in found]:
        raise WentongError(f"There is no mart {unknown[0]} to compare; there are {', '.join(found)}.")
    return [one for name, one in found.items() if (name in names if names else one.is_compared)]


def differences(connection: sa.Connection, mart: Relation, old_load: int, new_load: int) -> Iterator[Difference]:
    """The rows of a mart of which a figure differs between two loads, by their key."""
    figures = [column.name for column in mart.columns if _is_figure(column.name, mart)]
    causes = _causes(connection, *sorted((old_load, new_load)))
    near_by_place: dict[str, list[Cause]] = {}
    for row in connection.execution_options(yield_per=1000).execute(_compared(mart, figures, old_load, new_load)):
        both = row._mapping
        key = {name: both[f"k_{name}"] for name in mart.key}
        old = {name: both[f"o_{name}"] for name in figures} if both["is_old"] else None
        new = {name: both[f"n_{name}"] for name in figures} if both["is_new"] else None
        if old is not None and new is not None:
            changed = [name for name in figures if old[name] != new[name]]
            old, new = {name: old[name] for name in changed}, {name: new[name] for name in changed}
        about = {**key, **{name: both[f"p_{name}"] for name in _places(mart)}}
        near = near_by_place.setdefault(_stem(_place(about))[:6], [])
        if not near:
            near += [one for county, some in causes.items() if _overlap(county, _place(about)) for one in some]
        found = {one.load_id: one for one in reversed(near) if _concerns(one, about)}
        names = {name: both[f"p_{NAMES[name]}"] for name in _named(mart)}
        yield Difference(mart.name, key, names, old, new, tuple(found[load_id] for load_id in sorted(found)))


def _is_figure(name: str, mart: Relation) -> bool:
    return name not in NO_FIGURES and name not in mart.key and not name.endswith(("_name", "_title", "_code", "_id"))


def _named(mart: Relation) -> list[str]:
    return [name for name in mart.key if NAMES.get(name) in [column.name for column in mart.columns]]


def _places(mart: Relation) -> list[str]:
    return [column.name for column in mart.columns if column.name in PLACES]


def _compared(mart: Relation, figures: list[str], old_load: int, new_load: int) -> sa.TextClause:
    """Both versions of the rows side by side. Names are those of the catalogue, loads are numbers."""

    def side(alias: str, names: list[str], prefix: str) -> list[str]:
        return [f'{alias}."{name}" as "{prefix}_{name}"' for name in names]

    def either(names: tuple[str, ...] | list[str], prefix: str) -> list[str]:
        return [f'coalesce(after."{name}", before."{name}") as "{prefix}_{name}"' for name in names]

    def values(alias: str) -> str:
        return "row(" + ", ".join(f'{alias}."{name}"' for name in figures) + ")"

    first = mart.key[0]
    shown = [
        *either(mart.key, "k"), *either([*_places(mart), *(NAMES[name] for name in _named(mart))], "p"),
        *side("before", figures, "o"), *side("after", figures, "n"),
        f'before."{first}" is not null as is_old', f'after."{first}" is not null as is_new',
    ]  # fmt: skip
    # only plain equality can be hashed; keys of several columns may have nulls in all but the first
    same_key = " and ".join(
        f"coalesce(cast(before.\"{name}\" as text), '') = coalesce(cast(after.\"{name}\" as text), '')"
        for name in mart.key
    )
    order = ", ".join(f'"k_{name}"' for name in mart.key)
    return sa.text(
        f"select {', '.join(shown)} from {mart.full_name}({old_load}) as before "
        f"full join {mart.full_name}({new_load}) as after on {same_key} "
        f'where before."{first}" is null or after."{first}" is null '
        f"or {values('before')} is distinct from {values('after')} order by {order}"
    )


def _causes(connection: sa.Connection, old_load: int, new_load: int) -> dict[str | None, list[Cause]]:
    """What happened between two loads, by the county it concerns; None: any."""
    by_county: dict[str | None, list[Cause]] = {}
    binds = {"old_load": old_load, "new_load": new_load}
    for row in connection.execute(query("changes_between"), binds).mappings():
        cause = Cause(**row)
        by_county.setdefault(cause.unit_code and f"{cause.unit_code[:6]}000000", []).append(cause)
    return by_county


def _place(about: Figures) -> str | None:
    """The narrowest place that a row is about."""
    return next((about[name] for name in PLACES if about.get(name)), None)


def _concerns(cause: Cause, about: Figures) -> bool:
    """Whether a cause may have changed a row that is about this place, form, period and plan.

    Periods need only overlap: a year's figures follow from its quarters. What a plan counts also follows from returns
    for earlier periods.
    """
    if cause.plan_code:
        return about.get("plan_code") == cause.plan_code
    if cause.cause in NOTHING_LOADED and about.keys() & {"plan_code", "indicator_code"}:
        return False
    if not _overlap(cause.unit_code, _place(about)):
        return False
    if cause.form_code and about.get("form_code") not in (None, cause.form_code):
        return False
    if cause.period and about.get("period"):
        of_cause, of_row = Period.parse(cause.period), Period.parse(about["period"])
        if "plan_code" in about:
            return of_cause.last_day <= of_row.last_day
        return of_cause.first_day <= of_row.last_day and of_row.first_day <= of_cause.last_day
    return True


def _overlap(one: str | None, other: str | None) -> bool:
    """Whether one place lies in the other; None is everywhere."""
    return _stem(one).startswith(_stem(other)) or _stem(other).startswith(_stem(one))


def _stem(code: str | None) -> str:
    """The digits that the codes of all places below begin with."""
    if code is None:
        return ""
    zeros = next((zeros for zeros in (10, 8, 6, 3) if code.endswith("0" * zeros)), 0)
    return code[: 12 - zeros]
