"""Rules that look beyond the file: rows compared with other periods, other forms and other units (forms.RELATIONS).

Evaluated in the database after the load, in its transaction, for the counties and periods it touched and for what is
compared with them. They change nothing that was loaded: findings are added, those no longer true are closed, and a cell
with an open finding of effect `contest` does not count. What is open afterwards follows from the current versions
alone, in whatever batches and order they came.

The statements are include/sql/relations/<kind>.sql, filled with what the rule declares.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from wentong.errors import DeclarationError
from wentong.findings import Finding
from wentong.forms import Field, Form, Rule, Table, code_titles, find_form, forms
from wentong.journal import Entry, Journal
from wentong.periods import Period
from wentong.settling import explains
from wentong.thresholds import thresholds
from wentong.warehouse.connections import literal, query, run
from wentong.warehouse.schema import form_table, relation_findings

UNIT_SLIP = "unit_slip"
HISTORY = ("change_within", "accumulates", "never_back", "stays", "balances", "after_lock")
"""Kinds that compare a row with the unit's own earlier ones."""


class Scope(NamedTuple):
    """Rows of one table, county and period."""

    table_name: str
    county_code: str
    period: str


class Related(NamedTuple):
    """A finding of which the sender does not know yet."""

    submission_id: int
    table_name: str
    period: str
    org_id: int
    row_key: str
    field: str
    from_load: int
    finding: Finding


def relate_rules(connection: sa.Connection, touched: Collection[Scope], last_load: int) -> int:
    """Bring the findings in line with the rows, where these are touched by the loads after `last_load`, of this
    transaction. Returns how many are new. Repeating it changes nothing."""
    if not touched:
        return 0
    run(connection, "relations", "found")
    add = sa.text("insert into touched values (:table_name, :county_code, :period)")
    connection.execute(add, [scope._asdict() for scope in sorted(touched)])
    connection.exec_driver_sql("analyze touched")  # or all facts are read for the few counties
    tables = [(form, table) for form in forms().values() for table in form.tables if _is_compared(table)]
    names = {scope.table_name for scope in touched}
    looked_at = []
    for form, table in tables:
        of_table = _names(form, table)
        compared_with = _compared_with(table) & names
        if table.name in names:
            run(connection, "relations", "scope_own", of_table)
        for other in sorted(compared_with):
            run(connection, "relations", "scope_dependent", {**of_table, "other_table": literal(other)})
        if table.name in names or compared_with:
            looked_at.append((form, table))
    connection.exec_driver_sql("analyze relation_scopes")
    for form, table in looked_at:
        run(connection, "relations", "pairs", {**_names(form, table), **_pairs(table)})
        for name, slots in _statements(form, table):
            run(connection, "relations", name, {**_names(form, table), **slots})
        run(connection, "relations", "clear_pairs")
    new = _settle(connection, last_load)
    for _, table in looked_at:
        _hear_reasons(connection, table)
    connection.exec_driver_sql("drop table touched, relation_scopes, found_relations")
    return new


def listed_scopes(connection: sa.Connection, county_code: str) -> set[Scope]:
    """What a load of a plan touches: the county's rows that must be those of its task list."""
    touched = set()
    for table in (table for form in forms().values() for table in form.tables):
        if any(rule.kind == "on_list" for rule in table.rules):
            first = sa.text(f"select min(period) from {_facts(table)} where county_code = :county and to_load is null")
            if period := connection.scalar(first, {"county": county_code}):
                touched.add(Scope(table.name, county_code, period))
    return touched


def untold_relations(engine: sa.Engine) -> list[Related]:
    """What senders do not know yet, by submission."""
    with engine.connect() as connection:
        found = connection.execute(query("untold_relations")).mappings().all()
    return [Related(**{name: row[name] for name in Related._fields[:-1]}, finding=_worded(row)) for row in found]


def note_told(engine: sa.Engine, journal: Journal, told: Sequence[Related], at: datetime) -> None:
    """Note that the senders of some submissions were told of these findings."""
    key = ("table_name", "period", "org_id", "row_key", "field", "from_load")
    columns = relation_findings.c
    statement = relation_findings.update().where(
        columns.code == sa.bindparam("b_code"), *(columns[name] == sa.bindparam(f"b_{name}") for name in key)
    )
    rows = [{"b_code": one.finding.code, **{f"b_{name}": getattr(one, name) for name in key}} for one in told]
    if rows:
        with engine.begin() as connection:
            journal.append("told", {"submission_ids": sorted({one.submission_id for one in told})}, at)
            connection.execute(statement.values(told_at=at), rows)


def apply_told(connection: sa.Connection, entry: Entry) -> None:
    """Note again that the senders of some submissions were told, of what was open then."""
    untold = relation_findings.update().where(
        relation_findings.c.submission_id.in_(entry["submission_ids"]),
        relation_findings.c.told_at.is_(None),
        relation_findings.c.to_load.is_(None),
    )
    connection.execute(untold.values(told_at=datetime.fromisoformat(entry["at"])))


_COPIED = (
    "form_code", "table_name", "period", "org_id", "row_key", "field", "code", "town_code", "county_code",
    "submission_id", "sheet", "row_number", "params", "told_at", "waiver_id",
)  # fmt: skip
_KEY = ("org_id", "table_name", "period", "row_key", "field", "code", "from_load")


def _settle(connection: sa.Connection, last_load: int) -> int:
    """Close what is found no more, and add what is new."""
    top = connection.scalar(sa.text("select max(load_id) from ops.loads"))
    run(connection, "relations", "waived", {"top_load": str(top)})
    run(connection, "relations", "settle", {"last_load": str(last_load), "top_load": str(top)})
    rows = []
    for row in run(connection, "relations", "new_findings").mappings():
        finding = _worded(row)
        said = {"severity": finding.severity, "message": finding.message, "fix": finding.fix}
        rows.append({**{name: row[name] for name in _COPIED}, **said, "from_load": row["since"]})
    if rows:
        connection.execute(relation_findings.insert(), rows)
    return len(rows)


def _hear_reasons(connection: sa.Connection, table: Table) -> None:
    """Note with each open warning what its row's remark explains, in its latest version."""
    if table.reason_field is None:
        return
    slots = {"facts": _facts(table), "of_table": literal(table.name), "reason": table.reason_field}
    changed = []
    for row in run(connection, "relations", "remarks", slots).mappings():
        reason = row["remark"] if explains(row["remark"], row["is_correction"]) else None
        if reason != row["explanation"]:
            changed.append({f"b_{name}": row[name] for name in _KEY} | {"reason": reason})
    if changed:
        one = [relation_findings.c[name] == sa.bindparam(f"b_{name}") for name in _KEY]
        connection.execute(relation_findings.update().where(*one).values(explanation=sa.bindparam("reason")), changed)


# ------------------------------------------------------------------------------ what follows from a declaration


def _rules(table: Table) -> list[Rule]:
    return [rule for rule in table.rules if rule.is_relation]


def _is_compared(table: Table) -> bool:
    return bool(_rules(table) or _figures(table))


def _compared_with(table: Table) -> set[str]:
    """The tables whose rows this one's are compared with."""
    return {other.split(".")[0] for rule in _rules(table) for other in rule.others if "." in other}


def _figures(table: Table) -> list[Field]:
    """Fields that may be in the wrong unit. Rows of a ledger are about different things, and once each."""
    if table.resubmission == "ledger":
        return []
    return [field for field in table.stored if field.is_number and field.unit]


def _names(form: Form, table: Table) -> dict[str, str]:
    return {"facts": _facts(table), "of_form": literal(form.code), "of_table": literal(table.name)}


def _facts(table: Table) -> str:
    return form_table(table).fullname


def _pairs(table: Table) -> dict[str, str]:
    """The fields that rules compare, in the row and in the unit's earlier ones."""
    compared = {field.name for field in _figures(table)}
    for rule in _rules(table):
        compared |= {*rule.fields, *rule.when, *rule.others, *rule.by}
    fields = [field.name for field in table.stored if field.name in compared]
    has_history = bool(_figures(table)) or any(rule.kind in HISTORY for rule in _rules(table))
    return {
        "fields": ", ".join(f"here.{name}" for name in fields),
        "last_fields": ", ".join(f"last_report.{name} as last_{name}" for name in fields),
        "year_fields": ", ".join(f"year_report.{name} as year_{name}" for name in fields),
        "with_history": literal(has_history),
        "with_last_year": literal(any("last_year" in rule.codes for rule in _rules(table))),
    }


def _statements(form: Form, table: Table) -> list[tuple[str, dict[str, str]]]:
    """Which statements evaluate the rules of a table, with what fills them."""
    statements = [
        (name, {"finding": literal(rule.finding), **slots})
        for rule in _rules(table)
        for name, slots in _of_rule(form, table, rule)
    ]
    if figures := _figures(table):
        slots = {
            "finding": literal(UNIT_SLIP),
            "names": ", ".join(literal(field.name) for field in figures),
            "amounts": ", ".join(_amount(field.name) for field in figures),
            "medians": ", ".join(
                f"case when count(pairs.{field.name}) > 5 "
                f"then percentile_cont(0.5) within group (order by {_amount(field.name)}) end"
                for field in figures
            ),
            "last_amounts": ", ".join(f"cast({_last_amount(field.name)} as double precision)" for field in figures),
            "is_far_off": " or ".join(_is_far_off(field.name, number) for number, field in enumerate(figures, start=1)),
            "with_peers": literal(not table.item_key),
        }
        statements.append((UNIT_SLIP, slots))
    return statements


def _amount(name: str) -> str:
    return f"cast(pairs.{name} as double precision)"


def _last_amount(name: str) -> str:
    """The last value; what counts from the beginning of the year begins anew then."""
    if "ytd" in name.split("_"):
        return f"case when left(pairs.last_period, 4) = left(pairs.period, 4) then pairs.last_{name} end"
    return f"pairs.last_{name}"


def _is_far_off(name: str, number: int) -> str:
    """The value is less than a seventh, or more than seven times, of the last one or of its peers' median, of this number
    in the list. A row's own values are compared as they are, which is quicker than as floating point numbers."""
    last = _last_amount(name)
    return (
        f"case when {last} is not null then pairs.{name} > 7 * {last} or 7 * pairs.{name} < {last} "
        f"else {_amount(name)} not between peers.medians[{number}] / 7 and peers.medians[{number}] * 7 end"
    )


def _of_rule(form: Form, table: Table, rule: Rule) -> list[tuple[str, dict[str, str]]]:
    """One statement per field, or one for the row."""
    if rule.kind == "on_list":  # of a plan; other lists are data that the form does not know
        return [("on_list", {})] if table.unit == "village" else []
    if rule.kind == "reported_once":
        what, day, place = rule.fields
        same = " and ".join(f"pairs.{name} = other.{name}" for name in rule.fields)
        return [("reported_once", {"what": what, "day": day, "place": place, "is_same": same})]
    statements = []
    for name in rule.fields:
        slots = {"field": name, "last_field": f"last_{name}", "year_field": f"year_{name}", "of_field": literal(name)}
        kind, further = _of_kind(form, table, rule, name)
        statements.append((kind, {**slots, **further}))
    return statements


def _of_kind(form: Form, table: Table, rule: Rule, name: str) -> tuple[str, dict[str, str]]:
    """The statement for one field of a rule, and what only its kind declares."""
    match rule.kind:
        case "change_within":
            limits = {"minimum": f"{rule.minimum or 0:g}", "maximum": f"{rule.maximum or 0:g}"}
            return rule.kind, {"codes": _list(rule.codes), **limits}
        case "accumulates":
            return rule.kind, {"other": rule.others[0]}
        case "never_back":
            order = [code for code in code_titles(table.field(name).codes or "") if code not in rule.codes]
            return rule.kind, {"in_order": _list(order)}
        case "stays":
            return rule.kind, {"codes": _list(rule.codes)}
        case "balances":
            return rule.kind, {"plus": rule.others[0], "minus": rule.others[1]}
        case "after_lock":
            return rule.kind, {"reporter": f"{form.reported_by}_code"}
        case "equals_sum":
            counted = {column.split(".")[-1]: allowed for column, allowed in rule.when.items()}
            same = " and ".join(f"pairs.{column} is not distinct from other.{column}" for column in rule.by)
            return rule.kind, {
                **_elsewhere(rule),
                "is_counted": _holds("other", counted),
                "same_group": same or "true",
                "maximum": f"{rule.maximum or 0:g}",
            }
        case "needs_elsewhere":
            meant = {**_elsewhere(rule), "is_meant": _holds("pairs", rule.when)}
            if rule.table:
                return "needs_threshold", {**meant, **_thresholds(rule.table)}
            return rule.kind, {**meant, "codes": _list(rule.codes)}
    raise DeclarationError(f"form {form.code}, table {table.name}: nothing evaluates rules of kind {rule.kind}")


def _elsewhere(rule: Rule) -> dict[str, str]:
    table, field = _other_field(rule)
    return {"other_facts": _facts(table), "other": field.name}


def _other_field(rule: Rule) -> tuple[Table, Field]:
    """What `table.field` names."""
    table_name, name = rule.others[0].split(".")
    for form in forms().values():
        for table in form.tables:
            if table.name == table_name and any(field.name == name for field in table.fields):
                return table, table.field(name)
    raise DeclarationError(f"rule {rule.kind}: there is no {rule.others[0]} in any form")


def _thresholds(name: str) -> dict[str, str]:
    """A list of thresholds, column by column."""
    listed = thresholds(name)
    return {
        "prefixes": ", ".join(literal(each.place) for each in listed),
        "kinds": ", ".join(literal(each.kind) for each in listed),
        "first_days": ", ".join(f"date '{each.first_day.isoformat()}'" for each in listed),
        "last_days": ", ".join(f"date '{each.last_day.isoformat()}'" for each in listed),
        "figures": ", ".join(f"cast({each.value:.15g} as numeric)" for each in listed),
    }


def _holds(row: str, when: Mapping[str, Sequence[str]]) -> str:
    return " and ".join(f"{row}.{name} = any({_list(allowed)})" for name, allowed in when.items()) or "true"


def _list(words: Sequence[str]) -> str:
    return f"cast(array[{', '.join(map(literal, words))}] as text[])"


# ------------------------------------------------------------------------------------------------- wording


def _worded(row: Mapping[Any, Any]) -> Finding:
    """A finding with its Chinese words, from the figures that were compared."""
    table = find_form(row["form_code"]).table(row["table_name"])
    field = table.field(row["field"]) if row["field"] else None
    rule = next((r for r in _rules(table) if r.finding == row["code"] and (not field or field.name in r.fields)), None)
    params: Mapping[str, Any] = row["params"]
    words = {
        "village": _subject(table, row["row_key"], row["unit_name"]),
        "period": Period.parse(row["period"]).title,
        "label": field.title if field else "",
        "unit": field.unit or "" if field else "",
        **(_declared_words(table, rule) if rule else {}),
    }
    for name, value in params.items():
        words[name] = (
            Period.parse(value).title if name == "period" else _shown(_described_by(name, table, field, rule), value)
        )
    if rule and rule.kind == "reported_once":
        words |= {"village": words["what"], "other_unit": row["other_unit_name"] or ""}
    if rule and rule.kind == "balances":
        words |= {"plus_label": table.field(rule.others[0]).title, "minus_label": table.field(rule.others[1]).title}
    if "last" in params and field and field.is_number:
        words |= {"compared": _compared(row["code"], params), "change": _change(field, params)}
    if row["code"] == UNIT_SLIP and Decimal(str(params["value"])) < Decimal(str(params["last"])):
        words["times"] = f"{1 / Decimal(str(params['times'])):f}"
    return Finding(row["code"], row["sheet"], row["row_number"], None, row["field"] or None, None, words)


def _declared_words(table: Table, rule: Rule) -> dict[str, str]:
    """What the rule itself says, as the rules within one file say it."""
    words = {"low": _shown(None, rule.minimum), "high": _shown(None, rule.maximum), "limit": _shown(None, rule.maximum)}
    if rule.others:
        other = _other_field(rule)[1] if "." in rule.others[0] else table.field(rule.others[0])
        words["other_label"] = other.title
    return {**words, **rule.params}


def _subject(table: Table, row_key: str, unit_name: str) -> str:
    """What a row is about: its unit, or what tells it apart from others of the unit."""
    parts = row_key.split("|")
    if not table.item_key or len(parts) != len(table.item_key):
        return row_key or unit_name
    fields = [table.field(name) for name in table.item_key]
    return " ".join(
        f"{field.title}{part}" if field.is_number else _shown(field, part)
        for field, part in zip(fields, parts, strict=True)
    )


def _described_by(name: str, table: Table, field: Field | None, rule: Rule | None) -> Field | None:
    """The field a compared figure is a value of."""
    if name == "other_value" and rule and "." in rule.others[0]:
        return _other_field(rule)[1]
    if name == "other_value" and rule:
        return table.field(rule.others[0])
    return field if name in ("value", "last") else None


def _shown(field: Field | None, value: Any) -> str:
    if isinstance(value, list):
        return "、".join(value[:10]) + (f"等{len(value)}个" if len(value) > 10 else "")
    if isinstance(value, str) and field and field.codes:
        return code_titles(field.codes).get(value, value)
    if isinstance(value, int | float):
        plain = f"{Decimal(str(value)):f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "" if value is None else str(value)


def _compared(code: str, params: Mapping[str, Any]) -> str:
    if params.get("last_period") is None:
        return "本县各单位中间值"
    title = Period.parse(params["last_period"]).title
    return f"{title}填报的" if code == UNIT_SLIP else title


def _change(field: Field, params: Mapping[str, Any]) -> str:
    value, last = Decimal(str(params["value"])), Decimal(str(params["last"]))
    word = "增加" if value > last else "减少"
    if not last:
        return f"{word}{_shown(field, float(abs(value - last)))}{field.unit or ''}"
    return f"{word}{abs(value - last) * 100 / last:.0f}%"
