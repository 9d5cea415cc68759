"""The marts that are made from the forms: every cell in one long table, and the data dictionary as tables."""

import csv
from collections.abc import Iterable
from functools import cache

from wentong.forms import SCHEMAS, Field, Form, Table, code_titles
from wentong.forms import forms as declared_forms
from wentong.warehouse.connections import filled, literal
from wentong.warehouse.schema import form_table

FOLDER = "from_forms"


def marts_of_forms(forms: Iterable[Form]) -> dict[str, str]:
    """Name -> the statements that make it. Fields that name persons are in none of them. No forms make none."""
    tables = [(form, table) for form in forms for table in form.tables]
    if not tables:
        return {}
    branches = [_observations(form, table) for form, table in tables]
    titled = _values((name, title) for name, title in titles_of_warehouse().items() if "." not in name)
    titled_tables = _values((*name.split("."), title) for name, title in titles_of_warehouse().items() if "." in name)
    named = _values((table.name, table.title, form.code) for form, table in tables)
    fields = [
        (table.name, field.name, field.title, field.unit, _codes(field))
        for _, table in tables
        for field in shown(table)
    ]
    return {
        "observations": filled(FOLDER, "observations", {"tables": "\nunion all\n".join(branches)}),
        "dictionary_tables": filled(FOLDER, "dictionary_tables", {"declared": named, "titles": titled_tables}),
        "dictionary_columns": filled(FOLDER, "dictionary_columns", {"declared": _values(fields), "titles": titled}),
    }


def shown(table: Table) -> list[Field]:
    """The stored fields that do not name persons."""
    return [field for field in table.stored if not field.personal]


@cache
def titles_of_warehouse() -> dict[str, str]:
    """Column, or table with its schema -> Chinese title. A column is called as the first field of its name, if no other
    way (include/schemas/warehouse_titles.csv)."""
    fields = [field for form in declared_forms().values() for table in form.tables for field in table.stored]
    with open(SCHEMAS / "warehouse_titles.csv", encoding="utf-8", newline="") as stream:
        titles = {row["name"]: row["title"] for row in csv.DictReader(stream)}
    return {field.name: field.title for field in reversed(fields)} | titles


def _observations(form: Form, table: Table) -> str:
    fields = shown(table)
    slots = {
        "of_form": literal(form.code),
        "of_table": literal(table.name),
        "facts": f"core.{form_table(table).name}",
        "names": ", ".join(literal(field.name) for field in fields),
        "texts": ", ".join(f"cast(report.{field.name} as text)" for field in fields),
        "numbers": ", ".join(f"report.{field.name}" if field.is_number else "null" for field in fields),
    }
    return filled(FOLDER, "observations_of_table", slots)


def _codes(field: Field) -> str | None:
    if field.codes is None:
        return None
    return ", ".join(f"{code} {title}" for code, title in code_titles(field.codes).items())


def _values(rows: Iterable[tuple[str | None, ...]]) -> str:
    """The rows of a `values` list; of a column that is NULL throughout the type must be said."""
    words = (["cast(null as text)" if word is None else literal(word) for word in row] for row in rows)
    return ",\n".join(f"({', '.join(row)})" for row in words)
