"""The declared rules of a form, executed by Great Expectations over the rows of a whole batch of files.

The only module that says great_expectations. One suite is generated per form table; rows carry our own ids through it,
so that every failure comes back to its file, sheet and cell. Importing the library takes seconds: import this module
inside tasks, never in the reading workers.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import and_
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.row_conditions import Column

from wentong.findings import SEVERITIES, Finding, finding_types
from wentong.forms import Field, Rule, Table, code_titles, find_form
from wentong.places import Register
from wentong.returns import Judgement, Row, Value

logging.getLogger("great_expectations").setLevel(logging.WARNING)

_ROW_ID = "row_id"
_STATE = "__state"


@dataclass(frozen=True, slots=True)
class _Failure:
    """One expectation that one row does not meet."""

    row_id: int
    finding: str
    field: str
    rule: Rule | None


def check(judgements: Sequence[Judgement], register: Register) -> None:
    """Run the rules of each form over all readable files at once; add findings, withhold values, quarantine rows.

    Values that fail an `error` are set to None with state `withheld`; a failing `row` rule quarantines its row. Files
    refused as a whole are left alone.
    """
    by_table: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        if judgement.outcome in ("load", "quarantine_file") and judgement.form and judgement.table:
            by_table[judgement.form, judgement.table].append(judgement)
    for (form_code, table_name), group in by_table.items():
        table = next(t for t in find_form(form_code).tables if t.name == table_name)
        rows = [(judgement, row) for judgement in group for row in judgement.rows if row.status != "duplicate"]
        for row_id, failures in _by_row(_failures(table, [row for _, row in rows])):
            _apply(table, *rows[row_id], failures, register)


def _apply(table: Table, judgement: Judgement, row: Row, failures: Sequence[_Failure], register: Register) -> None:
    """Turn one row's failures into findings, the widest first; what an error explains is not said again."""
    failures = sorted(failures, key=lambda f: SEVERITIES.index(finding_types()[f.finding].severity))
    settled: set[str] = set()
    place = register.by_code.get(row.division_code or "")
    village = place.name if place else row.cells.get("village_name", (0, 0, ""))[2]
    about_row = [f for f in failures if f.rule and f.rule.about_row]
    if about_row and row.status == "accept":
        filled = "、".join(table.field(f.field).title for f in about_row)
        row.status = "quarantine"
        judgement.findings.append(_at_row(row, about_row[0].finding, {"village": village, "filled": filled}))
    for failure in failures:
        if failure in about_row or failure.field in settled:
            continue
        declared = table.field(failure.field)
        line, column, raw = row.cells[failure.field]
        params = {"village": village, **_params(declared, row, failure)}
        finding = Finding(failure.finding, row.sheet, line, column, failure.field, raw, params)
        judgement.findings.append(finding)
        settled.add(failure.field)
        if finding.type.effect == "withhold" and row.values.get(failure.field) is not None:
            row.values[failure.field] = None
            row.states[failure.field] = "withheld"


def _at_row(row: Row, code: str, params: dict[str, str]) -> Finding:
    """A finding about a whole row sits where the row says so: at the status, else at the identity cell."""
    for name in ("build_status", "village_name", "division_code"):
        if name in row.cells:
            line, column, raw = row.cells[name]
            return Finding(code, row.sheet, line, column, name, raw, params)
    return Finding(code, row.sheet, row.row, params=params)


def _params(declared: Field, row: Row, failure: _Failure) -> dict[str, str]:
    value = row.values.get(declared.name)
    rule = failure.rule
    return {
        "label": declared.title,
        "unit": declared.unit or "",
        "value": _shown(declared, value),
        "limit": f"{declared.maximum:g}" if declared.maximum is not None else "",
        "low": f"{rule.minimum:g}" if rule and rule.minimum is not None else "",
        "high": f"{rule.maximum:g}" if rule and rule.maximum is not None else "",
    }


def _shown(declared: Field, value: Value) -> str:
    if declared.codes and isinstance(value, str):
        return code_titles(declared.codes)[value]
    return "" if value is None else f"{value}"


# -- Great Expectations ------------------------------------------------------------------------------------------------


def _failures(table: Table, rows: Sequence[Row]) -> Iterator[_Failure]:
    """Every row that does not meet an expectation of the table's suite."""
    if not rows:
        return
    batch = _batches().get_batch({"dataframe": _frame(table, rows)})
    quick = batch.validate(
        gx.ExpectationSuite(name=table.name, expectations=_suite(table)), result_format="BOOLEAN_ONLY"
    )
    _raise_on_fault(quick)
    failed = [result.expectation_config.to_domain_obj() for result in quick.results if not result.success]
    if not failed:
        return
    thorough = batch.validate(
        gx.ExpectationSuite(name=f"{table.name}, failed", expectations=failed),
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [_ROW_ID]},
    )
    _raise_on_fault(thorough)
    for result in thorough.results:
        meta = result.expectation_config.meta
        rule = table.rules[meta["rule"]] if meta["rule"] is not None else None
        for place in result.result["unexpected_index_list"]:
            yield _Failure(int(place[_ROW_ID]), meta["finding"], meta["field"], rule)


def _raise_on_fault(results: Any) -> None:
    """An exception inside an expectation is our fault, never the sender's."""
    for result in results.results:
        if result.exception_info.get("raised_exception"):
            raise RuntimeError(f"{result.expectation_config}: {result.exception_info['exception_message']}")


def _frame(table: Table, rows: Sequence[Row]) -> pd.DataFrame:
    """One line per row: each stored field as number or text, and its state; `absent` where the file has no column."""
    columns: dict[str, Any] = {_ROW_ID: range(len(rows))}
    for declared in table.stored:
        values = [row.values.get(declared.name) for row in rows]
        if declared.type in ("count", "number"):
            numbers = [None if value is None else float(value) for value in values]
            columns[declared.name] = pd.array(numbers, dtype="float64")
        else:
            columns[declared.name] = pd.Series(values, dtype="object")
        columns[declared.name + _STATE] = [
            row.states.get(declared.name, "plain") if declared.name in row.cells else "absent" for row in rows
        ]
    return pd.DataFrame(columns)


@cache
def _batches() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("returns")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )


def _suite(table: Table) -> list[Any]:
    """The expectations of a form table, most severe first; `meta` leads a failure back to field, rule and finding."""
    suite: list[Any] = []

    def expect(kind: Any, finding: str, field: str, rule: int | None = None, when: Any = None, **limits: Any) -> None:
        meta = {"finding": finding, "field": field, "rule": rule}
        suite.append(kind(column=field, row_condition=when, meta=meta, **limits))

    for number, rule in enumerate(table.rules):
        if rule.kind == "absent_when":
            for name in rule.fields:
                if table.field(name).type in ("count", "number"):
                    zero = {"value_set": [0]}
                    expect(gxe.ExpectColumnValuesToBeInSet, rule.finding, name, number, _when(rule), **zero)
                else:
                    expect(gxe.ExpectColumnValuesToBeNull, rule.finding, name, number, _when(rule))
    for declared in table.stored:
        blank = Column(declared.name + _STATE) == "blank"
        if declared.required:
            expect(gxe.ExpectColumnValuesToNotBeNull, "required_missing", declared.name, when=blank)
        if declared.type in ("count", "number"):
            expect(gxe.ExpectColumnValuesToBeBetween, "negative_number", declared.name, min_value=declared.minimum or 0)
        if declared.maximum is not None:
            expect(gxe.ExpectColumnValuesToBeBetween, "above_limit", declared.name, max_value=declared.maximum)
    for number, rule in enumerate(table.rules):
        name = rule.fields[0]
        if rule.kind == "required_when":
            when = _when(rule) & (Column(name + _STATE) == "blank")
            expect(gxe.ExpectColumnValuesToNotBeNull, rule.finding, name, number, when)
        elif rule.kind == "zero_together":
            known = Column(f"{rule.other}{_STATE}").is_in(["plain", "blank"])
            none = (known & Column(rule.other).is_null()) | (known & (Column(rule.other) == 0))
            expect(gxe.ExpectColumnValuesToBeInSet, rule.finding, name, number, none, value_set=[0])
        elif rule.kind == "within":
            limits = {"min_value": rule.minimum, "max_value": rule.maximum}
            expect(gxe.ExpectColumnValuesToBeBetween, rule.finding, name, number, _when(rule), **limits)
    return suite


def _when(rule: Rule) -> Any:
    return reduce(and_, (Column(name).is_in(list(codes)) for name, codes in rule.when.items()))


def _by_row(failures: Iterator[_Failure]) -> Iterator[tuple[int, list[_Failure]]]:
    grouped: dict[int, list[_Failure]] = defaultdict(list)
    for failure in failures:
        grouped[failure.row_id].append(failure)
    yield from sorted(grouped.items())
