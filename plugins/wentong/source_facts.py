"""Facts of the source documents as declared in include/schemas/source_facts.yml, and where the warehouse holds each."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from wentong.declarations import Source, unknown_code
from wentong.forms import SCHEMAS, Field, codes, forms, units_of_measure
from wentong.indicators import Figure, catalogue, figure_of


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One thing that a document says."""

    id: str
    """Document and number: S002-20."""
    fact: str
    """In our own words."""
    value: float | str | None
    """None: the document names no number."""
    unit: str
    qualifier: str
    """eq, ge (以上), approx (约), approx_ge (多, 余), target."""
    as_of: str
    """The day, month, year or span it holds for; empty: unknown."""
    held_as: str
    """statistic: a figure of a form or of the register; derived: an indicator; target: a plan or a threshold;
    document_only: no statistic; not_collected: a statistic that no form asks for."""
    level: str
    """Whose figure: of a village, or of all places of a town, county or prefecture together."""
    figure: Figure | None
    """What of which table, in which rows; None where it is no figure of a form or of the register."""
    held_in: str
    """Code of the indicator, or the file of include/schemas that declares it, and where in a plan."""
    note: str

    @property
    def where_held(self) -> str:
        """Form and figure, the indicator, or the file: 基文01 count(village_center where build_status in (built))."""
        if self.figure is None:
            return self.held_in
        owners = {table.name: form.code for form in forms().values() for table in form.tables}
        of_forms = dict.fromkeys(owners[name] for name in self.figure.tables)
        return " ".join((*of_forms, self.figure.words))


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The documents (id -> what it is) and all facts in the order of the file."""

    documents: Mapping[str, str]
    facts: tuple[SourceFact, ...]


@cache
def source_facts() -> SourceFacts:
    """The declared facts. Raises DeclarationError as `read_source_facts` does."""
    return read_source_facts(SCHEMAS / "source_facts.yml")


def read_source_facts(path: Path) -> SourceFacts:
    """Read and check the facts. Raises DeclarationError naming the line of one that is not held where it says."""
    source = Source(path, "source_facts")
    documents: Mapping[str, str] = source.declared["documents"]
    seen: set[str] = set()
    for position, declared in enumerate(source.declared["facts"]):
        name, document = declared["id"], declared["id"].partition("-")[0]
        sentence = f"{name} is declared twice" if name in seen else ""
        if document not in documents:
            sentence = f"there is no document {document}; write one of {', '.join(documents)}"
        if sentence := sentence or _wrong_in_fact(declared):
            source.fail(["facts", position], f"fact {name}: {sentence}")
        seen.add(name)
    return SourceFacts(documents, tuple(map(_fact, source.declared["facts"])))


def _fact(declared: Mapping[str, Any]) -> SourceFact:
    figure = declared.get("figure")
    lists = (f"codes/{name}.csv: {', '.join(counted)}" for name, counted in declared.get("codes", {}).items())
    return SourceFact(
        **{word: declared[word] for word in ("id", "fact", "qualifier")},
        value=declared.get("value"),
        unit=declared.get("unit", ""),
        as_of=declared.get("as_of", ""),
        held_as=declared["class"],
        level=(figure or declared).get("level", ""),
        figure=figure and figure_of(figure),
        held_in=declared.get("indicator")
        or " ".join(filter(None, map(declared.get, ("held_in", "at"))))
        or "; ".join(lists),
        note=declared.get("note", ""),
    )


_ASKED = dict.fromkeys(("sum", "value", "count", "distinct", "units"))
_NEEDED = {
    "statistic": ("figure",),
    "derived": ("indicator",),
    "target": ("figure", "held_in"),
    "document_only": ("note",),
    "not_collected": ("note",),
}
"""Class -> words of which one says where the fact is held, or why nowhere."""


def _wrong_in_fact(declared: Mapping[str, Any]) -> str:
    """What is wrong with a fact, and what to write; empty: nothing."""
    needed = _NEEDED[declared["class"]]
    if not declared.keys() & set(needed):
        return f"a fact of class {declared['class']} needs `{'` or `'.join(needed)}`"
    if (code := declared.get("indicator")) and code not in {indicator.code for indicator in catalogue().indicators}:
        return f"there is no indicator {code} in indicators.yml"
    if (file := declared.get("held_in")) and not (SCHEMAS / file).is_file():
        return f"there is no file include/schemas/{file}"
    if file and (place := declared.get("at")):
        said = _said_in_plan(SCHEMAS / file, place)
        if said != (_exact(declared["value"]) if "value" in declared else None):
            return f"{file} says {said} at {place}, and the fact is {declared.get('value')}"
    for name, counted in declared.get("codes", {}).items():
        if not (SCHEMAS / "codes" / f"{name}.csv").is_file():
            return f"there is no list include/schemas/codes/{name}.csv"
        if sentence := unknown_code(name, name, counted):
            return sentence
        if len(set(counted)) != declared.get("value"):
            return f"{len(set(counted))} codes are listed, and the fact is {declared.get('value')}"
    return _wrong_in_figure(declared) if "figure" in declared else ""


def _said_in_plan(path: Path, place: str) -> Fraction | str | None:
    """What a plan says at a place (milestones/1/share: lists are counted from 1): a share as per cent, a phase as its span
    of months, other words as they are; None: nothing."""
    said: Any = Source(path, "plan").declared
    for step in place.split("/"):
        named = {str(n): one for n, one in enumerate(said, start=1)} if isinstance(said, list) else said or {}
        said = named.get(step)
    match said:
        case None:
            return None
        case {"first_period": first, "last_period": last}:
            return f"{first}/{last}"
        case str() if "/" in said:
            return Fraction(said) * 100
    return _exact(said)


def _exact(written: float | str) -> Fraction | str:
    """A number exactly; other words as they are."""
    try:
        return Fraction(str(written))
    except ValueError:
        return str(written)


def _wrong_in_figure(declared: Mapping[str, Any]) -> str:
    written = declared["figure"]
    if len(_ASKED & written.keys()) != 1:
        return f"write one of {', '.join(_ASKED)}"
    figure = figure_of(written)
    tables = {table.name: table for form in forms().values() for table in form.tables}
    if unknown := next((name for name in figure.tables if name not in tables), None):
        return f"there is no table {unknown}; write one of {', '.join(tables)}"
    for name in figure.tables:
        stored = {field.name: field for field in tables[name].stored}
        for counted in figure.fields_of(name):
            if sentence := _wrong_in_field(declared, figure.asked, f"{name}.{counted}", stored.get(counted)):
                return sentence
        for looked_at in (*figure.where, *figure.at_least, *([figure.filled] if figure.filled else [])):
            if looked_at not in stored:
                return f"{name} has no field {looked_at} to look at; write one of {', '.join(stored)}"
        for looked_at, chosen in figure.where.items():
            listed = stored[looked_at].codes
            if listed and (sentence := unknown_code(looked_at, listed, chosen)):
                return sentence
    for threshold in figure.at_least.values():
        if not (SCHEMAS / "thresholds" / f"{threshold}.csv").is_file():
            return f"there is no list include/schemas/thresholds/{threshold}.csv"
    return ""


def _wrong_in_field(declared: Mapping[str, Any], asked: str, written: str, field: Field | None) -> str:
    """Whether a field can have the fact as its value, in its unit."""
    if field is None:
        return f"no form has a field {written}"
    if asked == "sum" and not field.is_number:
        return f"{written} is no number that can be added up"
    if asked == "distinct" or "value" not in declared:
        return ""
    if field.codes:
        known = declared["value"] in codes(field.codes)
        return "" if known else f"{declared['value']} is no word of codes/{field.codes}.csv"
    return "" if factor(declared.get("unit", ""), field) else f"{declared.get('unit')} cannot be made {field.unit}"


def factor(unit: str, field: Field) -> Fraction | None:
    """How many of the field's units a unit of the documents is: 10000 for 万元 and a field in 元; None: not comparable."""
    return Fraction(1) if unit == (field.unit or "") else units_of_measure(field.unit or "").get(unit)
