"""Forms as declared in include/schemas/forms: what a return contains. Knows no technology.

Declared things are compared by identity: there is one of each.

A form has tables, a table has fields and rules. The heading map, the cell grammar, the validation suite, the warehouse
table and the answers are each derived from this by the module that owns the technology.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Literal

from wentong.errors import DeclarationError
from wentong.settings import INCLUDE

SCHEMAS = INCLUDE / "schemas"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One column of a form."""

    name: str
    title: str
    """The official heading, without its unit."""
    type: Literal["count", "number", "enum", "set", "date", "text"] = "text"
    """count: whole number; number: measure with decimals; enum: a code of `codes`; set: several of them, joined by
    commas in the order of the list; date: day, month or year."""
    role: Literal["value", "ignored", "town", "place_name", "place_code"] = "value"
    unit: str | None = None
    """The declared unit of measure; every stored value is in it."""
    codes: str | None = None
    """For enum and set: the list in include/schemas/codes."""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    """Hard limits: beyond them the value is withheld."""
    aliases: tuple[str, ...] = ()
    filled_by: Literal["county"] | None = None
    """Whose word it is: what a town writes there is not taken."""
    may_be_future: bool = False
    """For dates: planned ones may lie after the period; all others are withheld then."""
    personal: bool = False
    """Names of persons: kept apart from what analysts read."""
    retired: bool = False
    """No longer asked for: not in templates, still read from old files, its column stays."""

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading people write for this column, the official one first."""
        return (self.title, *self.aliases)

    @property
    def is_number(self) -> bool:
        return self.type in ("count", "number")


RELATIONS = (
    "change_within", "accumulates", "never_back", "stays", "balances", "equals_sum", "needs_elsewhere", "reported_once",
    "after_lock", "on_list",
)  # fmt: skip
"""Kinds of rules that look beyond the file: at earlier periods, other forms, other units. They are evaluated in the
warehouse after the load, only add findings and contest cells, and never change what was loaded."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One declared check. The closed list of kinds, with what each needs, is in form.schema.json."""

    kind: str
    finding: str
    fields: tuple[str, ...]
    """The field (or fields) the finding is about."""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The rule holds only where every named field has one of these codes."""
    others: tuple[str, ...] = ()
    """Fields it is compared with."""
    about_row: bool = False
    minimum: float | None = None
    maximum: float | None = None
    codes: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    table: str | None = None
    """Another form table, or a list in include/schemas, that it is compared with."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Words for the message, such as what two columns count."""

    @property
    def other(self) -> str | None:
        return self.others[0] if self.others else None

    @property
    def is_relation(self) -> bool:
        return self.kind in RELATIONS


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table of a form: one row per listed unit (roll) or per thing that happened or is kept track of (ledger)."""

    name: str
    title: str
    grain: str
    key: tuple[str, ...]
    """What tells rows apart: `unit`, `period`, and fields."""
    unit: Literal["village", "town", "any", "reporter"]
    """What a row is about: a village or a town of its own, any unit of the county (the reporter if none is named), or
    always the reporter."""
    resubmission: Literal["roll", "ledger"]
    """What a later return does to rows it lacks: a roll keeps them, a ledger withdraws them."""
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()
    essential: tuple[str, ...] = ()
    """Columns without which a file is not this return; by default those of the key."""
    issued_key: str | None = None
    """A number issued with the template; where a row has it, it stands for the rest of the key."""
    stored: tuple[Field, ...] = field(init=False)
    """The fields that are loaded: everything but identity helpers and ignored columns."""
    item_key: tuple[str, ...] = field(init=False)
    """The fields that tell apart several rows of one unit and period; none where a unit has one row."""
    _roles: Mapping[str, Field] = field(init=False, repr=False)
    identity: tuple[str, ...] = field(init=False)
    """The fields that say which row it is: those of its unit, and of its key where a unit may have several."""

    def __post_init__(self) -> None:
        of_unit = tuple(f.name for f in self.fields if f.role in ("place_name", "place_code"))
        item_key = tuple(name for name in self.key if name not in ("unit", "period"))
        object.__setattr__(self, "stored", tuple(f for f in self.fields if f.role == "value"))
        object.__setattr__(self, "_roles", {f.role: f for f in reversed(self.fields)})
        object.__setattr__(self, "item_key", item_key)
        object.__setattr__(self, "identity", (*of_unit, *item_key))

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def role(self, role: str) -> Field | None:
        return self._roles.get(role)

    @property
    def reason_field(self) -> str | None:
        """The text field in which reasons are written (备注): the last one."""
        return next((f.name for f in reversed(self.stored) if f.type == "text"), None)

    @property
    def is_complete_roll(self) -> bool:
        """Whether every village of the reporting town must have its row: not where a plan's list says which."""
        return self.unit == "village" and not any(rule.kind == "on_list" for rule in self.rules)

    @property
    def is_listed(self) -> bool:
        """Whether the rows are given (one per unit, or per unit and code of a list) and not added as things happen."""
        if self.unit == "any":
            return False
        return not self.item_key or (len(self.item_key) == 1 and self.field(self.item_key[0]).type == "enum")


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form in one edition."""

    code: str
    """The number stewards know: 基文01."""
    name: str
    title: str
    edition: str
    period: Literal["month", "quarter", "year"]
    reported_by: Literal["town", "county"]
    due_working_days: int
    tables: tuple[Table, ...]
    first_period: str = ""
    """The first period it is owed for; before, it may be reported and nobody is reminded."""
    headers_to_fill: Mapping[str, str] = field(default_factory=dict)
    """What only the authority that approves the form can say, as it stands at the head of the template."""

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)


@cache
def forms() -> dict[str, Form]:
    """All declared forms by code (基文01), in order of their codes."""
    from wentong.declarations import read_forms  # which builds what is defined here

    return read_forms(SCHEMAS / "forms")


def find_form(word: str) -> Form:
    """A form by its code or its name. Raises DeclarationError listing what there is."""
    for form in forms().values():
        if word in (form.code, form.name):
            return form
    raise DeclarationError(f"there is no form {word}; there are: {', '.join(forms())}")


@cache
def codes(name: str) -> dict[str, str]:
    """Written form -> code for one code list, e.g. 已建成 -> built. Raises DeclarationError where one word means two codes."""
    found: dict[str, str] = {}
    with open(SCHEMAS / "codes" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for word in row["written"].split():
                if found.setdefault(word, row["code"]) != row["code"]:
                    raise DeclarationError(
                        f"codes/{name}.csv: {word} is written for {found[word]} and for {row['code']}"
                    )
    return found


@cache
def code_titles(name: str) -> dict[str, str]:
    """Code -> Chinese title for one code list, e.g. built -> 已建成."""
    with open(SCHEMAS / "codes" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        return {row["code"]: row["title"] for row in csv.DictReader(stream)}


@cache
def quantities() -> tuple[str, ...]:
    """The declared units of measure (平方米, 册, …) that others are converted to."""
    with open(SCHEMAS / "codes" / "units_of_measure.csv", encoding="utf-8", newline="") as stream:
        return tuple(dict.fromkeys(row["quantity"] for row in csv.DictReader(stream)))


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
