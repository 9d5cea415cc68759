"""The files of include/schemas/forms, read and checked: every mistake is named with file, line and what to write.

The JSON schema says which words there are; what it cannot say (references between words, files and lists) is checked
here. Whatever passes can be issued, read, judged and stored.
"""

import json
import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from wentong.errors import DeclarationError
from wentong.findings import finding_types
from wentong.forms import RELATIONS, SCHEMAS, Field, Form, Rule, Table, code_titles, quantities, units_of_measure
from wentong.periods import Period


def read_forms(folder: Path) -> dict[str, Form]:
    """All forms of a folder by code, in order of their codes. Raises DeclarationError, also where two contradict."""
    loaded = {path: load_form(path) for path in sorted(folder.glob("*.yml"))}
    declared = {table.name: table for form in loaded.values() for table in form.tables}
    for path, form in loaded.items():
        for other_path, other in loaded.items():
            if other_path <= path:
                _tell_apart(path, form, other_path, other)
        for number, table in enumerate(form.tables):
            for position, rule in enumerate(table.rules):
                if sentence := _wrong_elsewhere(rule, declared):
                    Source(path).fail(["tables", number, "rules", position], f"rule {rule.kind}: {sentence}")
    return {form.code: form for form in sorted(loaded.values(), key=lambda form: form.code)}


def load_form(path: Path) -> Form:
    """Read and check one form file. Raises DeclarationError naming the file, the line and what to write."""
    source = Source(path)
    declared = source.declared
    if (period := declared.get("first_period")) and Period.parse(period).kind != declared["period"]:
        source.fail(["first_period"], f"{period} is no {declared['period']}, which the form is reported for")
    for number, table in enumerate(declared["tables"]):
        _take_shared(source, number, table)
        _check_table(source, number, table)
    return Form(
        **{key: declared[key] for key in ("code", "name", "title", "edition", "period", "reported_by")},
        due_working_days=declared["due"]["working_days"],
        tables=tuple(_table(table) for table in declared["tables"]),
        first_period=declared.get("first_period", ""),
        headers_to_fill=declared.get("headers_to_fill", {}),
    )


def _table(declared: dict[str, Any]) -> Table:
    fields = tuple(Field(**{**f, "aliases": tuple(f.get("aliases", ()))}) for f in declared["fields"])
    return Table(
        **{key: declared[key] for key in ("name", "title", "grain", "unit", "resubmission")},
        key=tuple(declared["key"]),
        fields=fields,
        rules=tuple(_rule(rule) for rule in declared.get("rules", ())),
        essential=tuple(
            declared.get("essential", [name for name in declared["key"] if name not in ("unit", "period")])
        ),
        issued_key=declared.get("issued_key"),
    )


def _rule(declared: dict[str, Any]) -> Rule:
    return Rule(
        kind=declared["kind"],
        finding=declared["finding"],
        fields=_rule_fields(declared),
        when={name: tuple(codes) for name, codes in declared.get("when", {}).items()},
        others=_listed(declared.get("with", [])),
        about_row=declared.get("row", False),
        minimum=declared.get("minimum"),
        maximum=declared.get("maximum"),
        codes=tuple(declared.get("codes", ())),
        by=tuple(declared.get("by", ())),
        table=declared.get("table"),
        params=declared.get("params", {}),
    )


def _rule_fields(declared: dict[str, Any]) -> tuple[str, ...]:
    return tuple(declared.get("fields") or _listed(declared.get("field", [])))


def _listed(word: str | list[str]) -> tuple[str, ...]:
    return (word,) if isinstance(word, str) else tuple(word)


@cache
def shared_fields() -> dict[str, dict[str, Any]]:
    """include/schemas/fields.yml: name -> what the field is in every form."""
    shared: dict[str, dict[str, Any]] = yaml.safe_load((SCHEMAS / "fields.yml").read_text(encoding="utf-8"))
    return shared


# -- what a form file must keep to -------------------------------------------------------------------------------------

Steps = Sequence[str | int]
"""The way to a part of a file: words of mappings, positions in lists."""

_TYPES = {
    "string": "a text; put numbers, dates, yes and no in quotes",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list: [one, two]",
    "object": "words with values below it",
}
_INDENTATION = (
    "words of one level stand exactly below each other, two spaces deeper than the word they belong to; "
    "a text with `: ` or ` #` in it stands in quotes"
)


class _LOADER(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Ten times as fast where LibYAML is there: every reading worker reads all forms. Dates stay text, as JSON has them."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML wants it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class Source:
    """A YAML file as it is written, so that what is wrong can be shown in its line.

    Raises DeclarationError where it is no YAML or does not keep to include/schemas/<schema>.schema.json.
    """

    def __init__(self, path: Path, schema: str = "form") -> None:
        self.path = path
        text = path.read_text(encoding="utf-8")
        try:
            self.lines = yaml.compose(text, _LOADER)
            self.declared: dict[str, Any] = yaml.load(text, _LOADER)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            is_tab = "\t" in text.splitlines()[min(line, text.count("\n") + 1) - 1]
            hint = "indent with spaces, not with tabs" if is_tab else _INDENTATION
            raise DeclarationError(f"{path.name}, line {line}: not valid YAML ({error.problem}): {hint}") from error
        except yaml.YAMLError as error:
            raise DeclarationError(f"{path.name}: not valid YAML: {error}") from error
        for key in _repeated(self.lines):
            raise DeclarationError(f"{path.name}, line {key.start_mark.line + 1}: `{key.value}` stands here twice")
        self._keep_to_schema(_schema(schema))

    def fail(self, steps: Steps, sentence: str) -> NoReturn:
        """Raise a DeclarationError about a part of the file."""
        raise DeclarationError(f"{self.path.name}, line {_line(self.lines, steps)}: {sentence}")

    def _keep_to_schema(self, schema: dict[str, Any]) -> None:
        import jsonschema  # a tenth of a second that only this needs

        faults = [_plainly(each) for each in jsonschema.Draft202012Validator(schema).iter_errors(self.declared)]
        for steps, sentence in sorted(faults, key=lambda fault: _line(self.lines, fault[0])):
            self.fail(steps, sentence)


@cache
def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def _plainly(error: Any) -> tuple[list[str | int], str]:
    """Where a schema is not kept to, and what to write there."""
    steps, wanted = list(error.absolute_path), error.validator_value
    name = next((f"`{step}`" for step in reversed(steps) if isinstance(step, str)), "the file")
    match error.validator:
        case "additionalProperties":
            known = list(error.schema["properties"])
            extra = next(word for word in error.instance if word not in known)
            return [*steps, extra], f"`{extra}` is no word that belongs here; write one of {', '.join(known)}"
        case "required":
            missing = next(word for word in wanted if word not in error.instance)
            return steps, f"`{missing}` is missing here"
        case "enum":
            return steps, f"{name} is {_as_written(error.instance)}; write one of {', '.join(wanted)}"
        case "type":
            return steps, f"{name} is {_as_written(error.instance)}; write {_TYPES[wanted]}"
        case "pattern" | "oneOf" | "maxLength":
            return steps, f"{name} is {_as_written(error.instance)}; write {error.schema['x-write']}"
        case "minItems":
            return steps, f"{name} is an empty list; write what belongs there"
    return steps, f"{name}: {error.message}"


def _as_written(value: object) -> str:
    """A value as YAML writes it: true, not True."""
    return str(yaml.safe_dump(value, allow_unicode=True, default_flow_style=True)).removesuffix("\n...\n").strip()


def _repeated(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """Keys that a mapping has twice; YAML would silently take the last."""
    below = [] if node is None or isinstance(node, yaml.ScalarNode) else node.value
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from (key for place, (key, _) in enumerate(node.value) if key.value in keys[:place])
        below = [value for _, value in node.value]
    for each in below:
        yield from _repeated(each)


def _line(node: yaml.Node | None, steps: Steps) -> int:
    """The line (1-based) at which a part of the file stands, or that of the part around it which is there."""
    mark = node
    for step in steps:
        below: tuple[yaml.Node, yaml.Node] | None = None
        if isinstance(node, yaml.MappingNode):
            below = next(((key, value) for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            below = (node.value[step],) * 2
        if below is None:
            break
        mark, node = below
    return int(mark.start_mark.line) + 1 if mark else 1


def _take_shared(source: Source, number: int, table: dict[str, Any]) -> None:
    """Fill in what the shared dictionary says of the table's fields. Raises DeclarationError where they contradict it."""
    for position, declared in enumerate(table["fields"]):
        shared = shared_fields().get(declared["name"], {})
        steps: Steps = ["tables", number, "fields", position]
        for word in ("type", "unit", "codes", "role"):
            if word in declared and declared[word] != shared.get(word, declared[word]):
                source.fail(
                    [*steps, word],
                    f"field {declared['name']}: {word} is {shared[word]} in every form (fields.yml); "
                    "a field that is something else has another name",
                )
        table["fields"][position] = {**shared, **declared}
        if "title" not in table["fields"][position]:
            source.fail(steps, f"field {declared['name']}: it needs a title, the official heading")


def _check_table(source: Source, number: int, table: dict[str, Any]) -> None:
    """What the JSON schema cannot say of a table. Raises DeclarationError."""

    def fail(steps: Steps, sentence: str) -> NoReturn:
        source.fail(["tables", number, *steps], f"table {table['name']}: {sentence}")

    fields: dict[str, dict[str, Any]] = {}
    headings: dict[str, str] = {}
    for position, declared in enumerate(table["fields"]):
        name = declared["name"]
        sentence = "it is declared twice" if name in fields else _wrong_in_field(declared)
        for heading in (declared["title"], *declared.get("aliases", ())):
            other = headings.setdefault(_compared(heading), name)
            if other != name:
                sentence = sentence or f"{other} is headed {heading}, too; a heading names one field"
        if sentence:
            fail(["fields", position], f"field {name}: {sentence}")
        fields[name] = declared
    if table["unit"] != "reporter" and not any(str(each.get("role")).startswith("place_") for each in fields.values()):
        fail(["unit"], f"rows about a {table['unit']} name it; add a field village_name or division_code")
    for name in ("unit", "period"):
        if name not in table["key"]:
            fail(["key"], f"key: {name} is missing; write [unit, …, period]")
    for word, names in (("key", table["key"]), *((w, _listed(table.get(w, []))) for w in ("essential", "issued_key"))):
        for name in names:
            if name not in fields and not (word == "key" and name in ("unit", "period")):
                fail([word], f"{word}: there is no field {name}; write one of {', '.join(fields)}")
    for position, rule in enumerate(table.get("rules", ())):
        if sentence := _wrong_in_rule(rule, fields):
            fail(["rules", position], f"rule {rule['kind']}: {sentence}")


def _compared(heading: str) -> str:
    """A heading without what people write differently: width, brackets, marks, spaces."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", heading)).lower()


def _wrong_in_field(declared: Mapping[str, Any]) -> str:
    """What is wrong with a field by itself, and what to write; empty: nothing."""
    name, kind = declared.get("codes"), declared.get("type", "text")
    if kind in ("enum", "set"):
        if not name:
            return f"a field of type {kind} needs `codes:` naming a file of include/schemas/codes"
        if not (SCHEMAS / "codes" / f"{name}.csv").is_file():
            return f"there is no list include/schemas/codes/{name}.csv; add it, or write another"
    elif name:
        return f"codes belong to fields of type enum or set, and this is {kind}"
    if (unit := declared.get("unit")) and not units_of_measure(unit):
        return (
            f"{unit} is no quantity of include/schemas/codes/units_of_measure.csv; add a line there, "
            f"or write one of {', '.join(quantities())}"
        )
    return ""


def _wrong_in_rule(rule: dict[str, Any], fields: Mapping[str, dict[str, Any]]) -> str:
    """What is wrong with a rule as far as its own table tells, and what to write; empty: nothing."""
    kind, about, others = rule["kind"], _rule_fields(rule), _listed(rule.get("with", []))
    described = _schema("form")["$defs"]["rule"]["properties"]["kind"]
    for needed in described["x-needs"].get(kind, ["field"]):
        if not any(word in rule or (word == "field" and about) for word in needed.split("|")):
            return f"it needs `{needed.replace('|', '` or `')}`: {described['x-meaning'][kind]}"
    for name in (*about, *others, *rule.get("when", ()), *rule.get("by", ())):
        if name not in fields and "." not in name:
            return f"there is no field {name}; write one of {', '.join(fields)}"
    if kind == "reported_once" and [fields[name].get("type", "text") == "date" for name in about] != [
        False,
        True,
        False,
    ]:
        return "it needs just three `fields`: what it is, the day (a date), and where; another text may stand for the place"
    wanted = described["x-types"].get(kind)
    for name in (*about, *(name for name in others if name in fields)):
        if wanted and fields[name].get("type", "text") not in wanted:
            return f"it reads fields of type {' or '.join(wanted)}, and {name} is {fields[name].get('type', 'text')}"
    compared = {name: rule.get("codes", ()) for name in about} if kind in ("one_of_when", "never_back", "stays") else {}
    for name, codes_written in (*rule.get("when", {}).items(), *compared.items()):
        if name in fields and (sentence := unknown_code(name, fields[name].get("codes"), codes_written)):
            return sentence
    list_name = rule.get("table")
    if list_name and not (SCHEMAS / "thresholds" / f"{list_name}.csv").is_file():
        return f"there is no list include/schemas/thresholds/{list_name}.csv; add it, or write another"
    return _wrong_in_finding(rule, about, described["x-tells"][kind])


def unknown_code(name: str, codes: str | None, written: Sequence[str]) -> str:
    """Which of the codes written a field cannot have; empty: none."""
    if not codes:
        return f"{name} has no codes to compare with"
    known = code_titles(codes)
    unknown = next((code for code in written if code not in known), None)
    return f"{unknown} is no code of {codes}; write one of {', '.join(known)}" if unknown else ""


_ALWAYS_TOLD = ("village", "label", "unit", "value", "period", "raw", "cell", "row", "sheet")
_TOLD_WITH = {
    "minimum": ("low",), "maximum": ("high", "limit"), "with": ("other_label", "other_value"),
    "when": ("when_label", "when_value"), "row": ("filled",),
}  # fmt: skip
"""Word of a rule -> placeholders of a message that it fills."""


def _wrong_in_finding(rule: Mapping[str, Any], about: Sequence[str], tells: Sequence[str]) -> str:
    """Whether the message of a rule exists and says only what its kind tells (`tells`) and every rule does."""
    code = rule["finding"]
    if code not in finding_types():
        near = get_close_matches(code, finding_types(), 1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"there is no finding {code}{meant}; add a row to include/schemas/finding_types.csv"
    told = {*_ALWAYS_TOLD, *tells, *rule.get("params", ())}
    for word, words in _TOLD_WITH.items():
        is_told = rule.get(word) is not None and not (rule["kind"] in RELATIONS and word in ("when", "row"))
        told |= set(words) if is_told else set()
    kind = finding_types()[code]
    asked = {name for text in (kind.message, kind.fix) for _, name, _, _ in string.Formatter().parse(text) if name}
    if unknown := sorted(asked - told):
        return (
            f"finding {code} says {{{unknown[0]}}}, which this rule does not tell; it tells {', '.join(sorted(told))}"
        )
    return ""


def _tell_apart(path: Path, form: Form, other_path: Path, other: Form) -> None:
    """Two forms (or one with itself) share no code, name, title or table. Raises DeclarationError."""
    for word in ("code", "name", "title") if form is not other else ():
        if (value := getattr(form, word)) == getattr(other, word):
            Source(path).fail([word], f"{word} {value} is that of {other_path.name}; every form has its own")
    names = [table.name for table in other.tables]
    for number, table in enumerate(form.tables):
        if table.name in (names[:number] if form is other else names):
            steps: Steps = ["tables", number, "name"]
            Source(path).fail(steps, f"{other_path.name} has a table {table.name}; every table has its own name")


def _wrong_elsewhere(rule: Rule, declared: Mapping[str, Table]) -> str:
    """What is wrong with the fields of other tables (table.field) that a rule names, and what to write; empty: nothing."""
    for name in (*rule.others, *rule.when):
        table_name, _, field_name = name.rpartition(".")
        if not table_name:
            continue
        if table_name not in declared:
            return f"{name}: there is no table {table_name}; write one of {', '.join(declared)}"
        stored = {each.name: each for each in declared[table_name].stored}
        if field_name not in stored:
            return f"{name}: table {table_name} has no field {field_name}; write one of {', '.join(stored)}"
        compared = rule.when.get(name) or (rule.codes if rule.kind == "needs_elsewhere" else ())
        if compared and (sentence := unknown_code(name, stored[field_name].codes, compared)):
            return sentence
    return ""
