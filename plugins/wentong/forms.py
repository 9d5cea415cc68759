"""Forms as declared in include/schemas/forms: what a return contains. Knows no technology.

Declared things are compared by identity: there is one of each.

A form has tables, a table has fields and rules. The heading map, the cell grammar, the validation suite, the warehouse
table and the answers are each derived from this by the module that owns the technology.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from wentong.errors import DeclarationError
from wentong.settings import INCLUDE

SCHEMAS = INCLUDE / "schemas"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One column of a form."""

    name: str
    title: str
    """The official heading, without its unit."""
    type: Literal["count", "number", "enum", "date", "text"] = "text"
    """count: whole number; number: measure with decimals; enum: a code of `codes`; date: day, month or year."""
    role: Literal["value", "ignored", "town", "place_name", "place_code"] = "value"
    unit: str | None = None
    """The declared unit; every stored value is in it."""
    codes: str | None = None
    """For enum: the list in include/schemas/codes."""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    """Hard limits: beyond them the value is withheld."""
    aliases: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading people write for this column, the official one first."""
        return (self.title, *self.aliases)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One declared check across the cells of a row. The closed list of kinds is in form.schema.json."""

    kind: Literal["required_when", "absent_when", "zero_together", "within"]
    finding: str
    fields: tuple[str, ...]
    """The field (or fields) the finding is about."""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rule holds only where every named field has one of these codes."""
    other: str | None = None
    about_row: bool = False
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table of a form: one row per unit (roll) or per event (ledger)."""

    name: str
    title: str
    grain: str
    key: tuple[str, ...]
    resubmission: Literal["roll", "ledger"]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def role(self, role: str) -> Field | None:
        return next((f for f in self.fields if f.role == role), None)

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that are loaded: everything but identity helpers and ignored columns."""
        return tuple(f for f in self.fields if f.role == "value")


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form in one edition."""

    code: str
    """The number stewards know: 基文01."""
    name: str
    title: str
    edition: str
    period: Literal["month", "quarter", "year", "none"]
    reported_by: Literal["village", "town", "county"]
    due_working_days: int
    tables: tuple[Table, ...]


def load_form(path: Path) -> Form:
    """Read and check one form file. Raises DeclarationError naming the file, the place and what to write."""
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path.name}: not valid YAML: {error}") from error
    import jsonschema  # a tenth of a second that only this needs

    schema = json.loads((SCHEMAS / "form.schema.json").read_text(encoding="utf-8"))
    problems = sorted(jsonschema.Draft202012Validator(schema).iter_errors(declared), key=lambda e: list(e.path))
    if problems:
        place = "/".join(str(step) for step in problems[0].absolute_path) or "top level"
        raise DeclarationError(f"{path.name}, at {place}: {problems[0].message}")
    form = Form(
        **{key: declared[key] for key in ("code", "name", "title", "edition", "period", "reported_by")},
        due_working_days=declared["due"]["working_days"],
        tables=tuple(_table(table) for table in declared["tables"]),
    )
    _check_names(path, form)
    return form


def _table(declared: dict[str, Any]) -> Table:
    fields = tuple(Field(**{**f, "aliases": tuple(f.get("aliases", ()))}) for f in declared["fields"])
    return Table(
        **{key: declared[key] for key in ("name", "title", "grain", "resubmission")},
        key=tuple(declared["key"]),
        fields=fields,
        rules=tuple(_rule(rule) for rule in declared.get("rules", ())),
    )


def _rule(declared: dict[str, Any]) -> Rule:
    return Rule(
        kind=declared["kind"],
        finding=declared["finding"],
        fields=tuple(declared.get("fields") or [declared["field"]]),
        when={name: tuple(codes) for name, codes in declared.get("when", {}).items()},
        other=declared.get("with"),
        about_row=declared.get("row", False),
        minimum=declared.get("minimum"),
        maximum=declared.get("maximum"),
    )


def _check_names(path: Path, form: Form) -> None:
    """What the JSON schema cannot say: references between parts of the file."""
    for table in form.tables:
        names = [f.name for f in table.fields]
        for name in names:
            if names.count(name) > 1:
                raise DeclarationError(f"{path.name}, table {table.name}: field {name} is declared twice")
        for rule in table.rules:
            for name in (*rule.fields, *rule.when, *([rule.other] if rule.other else [])):
                if name not in names:
                    raise DeclarationError(
                        f"{path.name}, table {table.name}, rule {rule.kind}: there is no field {name}; "
                        f"write one of {', '.join(names)}"
                    )
        for f in table.fields:
            if f.type == "enum" and not (f.codes and (SCHEMAS / "codes" / f"{f.codes}.csv").is_file()):
                raise DeclarationError(
                    f"{path.name}, field {f.name}: an enum needs `codes:` naming a file of include/schemas/codes"
                )


@cache
def forms() -> dict[str, Form]:
    """All declared forms by code (基文01), in order of their codes."""
    loaded = [load_form(path) for path in sorted((SCHEMAS / "forms").glob("*.yml"))]
    return {form.code: form for form in sorted(loaded, key=lambda form: form.code)}


def find_form(word: str) -> Form:
    """A form by its code or its name. Raises DeclarationError listing what there is."""
    for form in forms().values():
        if word in (form.code, form.name):
            return form
    raise DeclarationError(f"there is no form {word}; there are: {', '.join(forms())}")


@cache
def codes(name: str) -> dict[str, str]:
    """Written form -> code for one code list, e.g. 已建成 -> built."""
    with open(SCHEMAS / "codes" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        return {word: row["code"] for row in csv.DictReader(stream) for word in row["written"].split()}


@cache
def code_titles(name: str) -> dict[str, str]:
    """Code -> Chinese title for one code list, e.g. built -> 已建成."""
    with open(SCHEMAS / "codes" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        return {row["code"]: row["title"] for row in csv.DictReader(stream)}


@cache
def units_of_measure(quantity: str) -> dict[str, Fraction]:
    """Written unit -> factor to the declared unit `quantity`, e.g. for 平方米: 亩 -> 2000/3."""
    with open(SCHEMAS / "codes" / "units_of_measure.csv", encoding="utf-8", newline="") as stream:
        return {
            word: Fraction(int(row["numerator"]), int(row["denominator"]))
            for row in csv.DictReader(stream)
            if row["quantity"] == quantity
            for word in row["written"].split()
        }
