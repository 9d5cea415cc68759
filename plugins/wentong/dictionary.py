"""docs/data-dictionary.md: every form, table, field, rule, code list, threshold and indicator, as declared in include/."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from wentong.findings import finding_types
from wentong.forms import SCHEMAS, Field, Form, Rule, Table, forms
from wentong.indicators import Indicator, Range, catalogue
from wentong.warehouse.schema import OWN_COLUMNS, form_table

_HEAD = """\
# Data dictionary

Made from `include/schemas` by `wentong dictionary -o docs/data-dictionary.md`; change the declarations, not this file.
Every table is `core.fct_<table>`. How to declare a form: [adding-a-form.md](adding-a-form.md).
"""
_DUE = "{form.due_working_days} working days after the {form.period}"
_RESUBMISSION = {"roll": "keep their last version (roll)", "ledger": "are withdrawn (ledger)"}
_ABOUT = {
    "village": "a village or community",
    "town": "a town",
    "any": "any unit of the county",
    "reporter": "the reporter",
}


def dictionary() -> str:
    """The whole document. Raises DeclarationError when a declaration is at fault."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    yield from _section(
        "Forms", ("form", "title", "edition", "reported by", "due", "from", "tables"), map(_form_row, forms().values())
    )
    for form in forms().values():
        yield f"## {form.code} {form.title}\n"
        for table in form.tables:
            yield from _of_table(table)
    yield from _section("Columns of every table", ("column", "meaning"), _own_columns())
    yield "## Code lists\n"
    for path in sorted((SCHEMAS / "codes").glob("*.csv")):
        if path.stem != "units_of_measure":
            yield from _of_file(path)
    yield "## Units of measure\n"
    yield from _of_file(SCHEMAS / "codes" / "units_of_measure.csv")
    yield "## Thresholds\n"
    for path in sorted((SCHEMAS / "thresholds").glob("*.csv")):
        yield from _of_file(path)
    heads = ("code", "title", "name", "unit", "period", "levels", "formula", "hard", "soft", "note", "source")
    yield from _section("Indicators", heads, map(_indicator_row, catalogue().indicators))
    yield from _section("Indicators that no form supplies", ("code", "why"), catalogue().left_out.items())


def _form_row(form: Form) -> Sequence[str]:
    tables = ", ".join(table.name for table in form.tables)
    return form.code, form.title, form.edition, form.reported_by, _DUE.format(form=form), form.first_period, tables


def _of_table(table: Table) -> Iterator[str]:
    yield f"### {table.name} {table.title}\n"
    yield f"- grain: {table.grain}; about {_ABOUT[table.unit]}"
    yield f"- key: {', '.join(table.key)}" + (f"; or the issued {table.issued_key}" if table.issued_key else "")
    yield f"- rows that a later return lacks {_RESUBMISSION[table.resubmission]}"
    if table.essential:
        yield f"- a file without {', '.join(table.essential)} is not this return"
    yield ""
    yield from _table(("field", "title", "type", "unit", "limits", "codes", "notes"), map(_field_row, table.fields))
    if table.rules:
        yield from _table(("rule", "about", "declared", "finding", "severity"), map(_rule_row, table.rules))


def _field_row(field: Field) -> Sequence[str]:
    if field.role != "value":
        return field.name, field.title, f"({field.role})", "", "", "", ""
    low = field.minimum if field.minimum is not None else 0 if field.is_number else None
    notes = {
        "required": field.required,
        "filled in by the county": field.filled_by == "county",
        "may lie in the future": field.may_be_future,
        "personal": field.personal,
        "retired": field.retired,
    }
    said = ", ".join(note for note, holds in notes.items() if holds)
    return field.name, field.title, field.type, field.unit or "", _limits((low, field.maximum)), field.codes or "", said


def _rule_row(rule: Rule) -> Sequence[str]:
    kind = finding_types()[rule.finding]
    words = {
        "with": ", ".join(rule.others),
        "codes": ", ".join(rule.codes),
        "list": rule.table or "",
        "by": ", ".join(rule.by),
        "limits": _limits((rule.minimum, rule.maximum)),
        "when": "; ".join(f"{name} in ({', '.join(codes)})" for name, codes in rule.when.items()),
    }
    declared = " · ".join(f"{word} {text}" for word, text in words.items() if text)
    return (
        rule.kind,
        ", ".join(rule.fields),
        declared,
        f"{rule.finding} {kind.title}",
        f"{kind.severity}, {kind.effect}",
    )


def _own_columns() -> Iterator[Sequence[str]]:
    first = next(iter(forms().values())).tables[0]
    for column in form_table(first).columns:
        if column.name in OWN_COLUMNS:
            key = "What tells rows of one unit and period apart; empty where a unit has one row."
            yield column.name, key if column.name == "row_key" else column.comment or ""


def _of_file(path: Path) -> Iterator[str]:
    """A CSV file as a table, under its name."""
    with open(path, encoding="utf-8", newline="") as stream:
        heads, *rows = csv.reader(stream)
    yield f"### {path.stem}\n"
    yield from _table(heads, rows)


def _indicator_row(indicator: Indicator) -> Sequence[str]:
    soft = "; ".join(f"{level} {_limits(limits)}" for level, limits in indicator.soft.items())
    return (
        indicator.code, indicator.title, indicator.name, indicator.unit, indicator.period, ", ".join(indicator.levels),
        indicator.formula, _limits(indicator.hard), soft, indicator.note, indicator.source,
    )  # fmt: skip


def _limits(limits: Range) -> str:
    """0–5000, from 0, up to 5000."""
    low, high = (None if limit is None else f"{limit:.15g}" for limit in limits)
    if low is None:
        return f"up to {high}" if high else ""
    return f"{low}–{high}" if high else f"from {low}"


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield from _table(heads, rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        cells = (cell.replace("|", r"\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""
