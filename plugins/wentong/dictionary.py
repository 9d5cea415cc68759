"""docs/data-dictionary.md: every form, table, field, rule, code list, threshold and indicator, as declared in include/, and
every table and view of the warehouse."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from wentong.findings import finding_types
from wentong.forms import SCHEMAS as DECLARED
from wentong.forms import Field, Form, Rule, Table, forms
from wentong.indicators import Indicator, Range, catalogue
from wentong.source_facts import SourceFact, source_facts
from wentong.warehouse.connections import filled
from wentong.warehouse.from_forms import titles_of_warehouse
from wentong.warehouse.migrate import ALEMBIC_COMMENTS, LINEAGE_COMMENT, mart_texts
from wentong.warehouse.schema import OWN_COLUMNS, SCHEMAS, form_table, metadata, type_name

_HEAD = """\
# 数据字典 Data dictionary

由声明生成,请改声明,不要改本文件。数据库里的同一内容:`marts.dictionary_tables`、`marts.dictionary_columns`。
每张报表的数据在 `core.fct_<table>`;人员姓名另放在 `personal`,分析账户读不到。

Made from `include/` by `wentong dictionary -o docs/data-dictionary.md`; change the declarations, not this file. The same as tables:
`marts.dictionary_tables`, `marts.dictionary_columns`. The rows of every form table are in `core.fct_<table>`; names of persons are
apart, in `personal`, which analysts cannot read. How to declare a form: [adding-a-form.md](adding-a-form.md).
"""
_OF_FACTS = (
    "编号 id", "原文所说 fact", "数值 value", "单位 unit", "限定 qualifier", "时点 as of", "类别 class", "级别 level",
    "在哪里 held in", "说明 note",
)  # fmt: skip
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
        "报表 Forms",
        ("表号 form", "表名 title", "版本 edition", "谁报 reported by", "期限 due", "起始 from", "数据表 tables"),
        map(_form_row, forms().values()),
    )
    for form in forms().values():
        yield f"## {form.code} {form.title}\n"
        for table in form.tables:
            yield from _of_table(table)
    yield from _section(
        "每张表都有的列 Columns of every table", ("列 column", "名称 title", "说明 meaning"), _own_columns()
    )
    yield "## 代码表 Code lists\n"
    for path in sorted((DECLARED / "codes").glob("*.csv")):
        if path.stem != "units_of_measure":
            yield from _of_file(path)
    yield "## 计量单位 Units of measure\n"
    yield from _of_file(DECLARED / "codes" / "units_of_measure.csv")
    yield "## 标准 Thresholds\n"
    for path in sorted((DECLARED / "thresholds").glob("*.csv")):
        yield from _of_file(path)
    heads = ("code", "title", "name", "unit", "period", "levels", "formula", "hard", "soft", "note", "source")
    yield from _section("指标 Indicators", heads, map(_indicator_row, catalogue().indicators))
    yield from _section(
        "没有报表提供的指标 Indicators that no form supplies", ("代码 code", "原因 why"), catalogue().left_out.items()
    )
    yield from _section("来源文件 Source documents", ("编号 id", "文件 document"), source_facts().documents.items())
    yield from _section("来源文件中的数字 Source facts", _OF_FACTS, map(_fact_row, source_facts().facts))
    for schema, meaning in SCHEMAS.items():
        if schema != "personal":
            yield f"## 数据库 {schema} Warehouse {schema}\n\n{meaning}\n"
            yield from _of_schema(schema)


def _form_row(form: Form) -> Sequence[str]:
    tables = ", ".join(table.name for table in form.tables)
    return form.code, form.title, form.edition, form.reported_by, _DUE.format(form=form), form.first_period, tables


def _of_table(table: Table) -> Iterator[str]:
    yield f"### {table.name} {table.title}\n"
    yield f"- grain: {table.grain}; about {_ABOUT[table.unit]}"
    yield f"- key: {', '.join(table.key)}" + (f"; or the issued {table.issued_key}" if table.issued_key else "")
    yield f"- rows that a later return lacks {_RESUBMISSION[table.resubmission]}"
    if persons := [field.name for field in table.stored if field.personal]:
        yield f"- names of persons ({', '.join(persons)}) are in personal.{form_table(table).name} only"
    if table.essential:
        yield f"- a file without {', '.join(table.essential)} is not this return"
    yield ""
    yield from _table(
        ("字段 field", "名称 title", "类型 type", "单位 unit", "范围 limits", "代码 codes", "说明 notes"),
        map(_field_row, table.fields),
    )
    if table.rules:
        yield from _table(
            ("规则 rule", "对象 about", "声明 declared", "问题 finding", "程度 severity"), map(_rule_row, table.rules)
        )


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
            said = key if column.name == "row_key" else column.comment or ""
            yield column.name, titles_of_warehouse().get(column.name, ""), said


def _of_schema(schema: str) -> Iterator[str]:
    """Every table and view with its columns, but for form tables, which are described with their forms."""
    described = [
        (table.name, table.comment or "", [(c.name, type_name(c), c.comment or "") for c in table.columns])
        for table in metadata.tables.values()
        if table.schema == schema
    ]
    for name, comment, columns in sorted([*described, *_commented(schema)]):
        yield f"### {schema}.{name} {titles_of_warehouse().get(f'{schema}.{name}', '')}\n\n{comment}\n"
        rows = [(column, titles_of_warehouse().get(column, ""), kind, said) for column, kind, said in columns]
        yield from _table(("列 column", "名称 title", "类型 type", "说明 meaning"), rows)


_COMMENT = re.compile(r"comment on (?:table|view|column) (\w+)\.(\w+)(?:\.(\w+))?\s+is\s+'((?:[^']|'')*)'")
_RETURNS = re.compile(r"function marts\.(\w+)\([^)]*\)\s+returns table \((.*?)\n\)", re.DOTALL)


def _commented(schema: str) -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """The tables and views that statements make: their comments and columns, with the types where a function says them."""
    lineage = filled("lineage", "lineage", {}) + f"; comment on view ops.lineage is '{LINEAGE_COMMENT}'"
    text = "\n".join([ALEMBIC_COMMENTS, lineage, *mart_texts().values()])
    types = {
        (mart, *line.split(maxsplit=1)[:1]): line.split(maxsplit=1)[1].rstrip(",")
        for mart, columns in _RETURNS.findall(text)
        for line in columns.strip().splitlines()
    }
    found: dict[str, tuple[list[str], list[tuple[str, str, str]]]] = {}
    for where, name, column, said in _COMMENT.findall(text):
        if where == schema:
            comments, columns = found.setdefault(name, ([], []))
            comment = said.replace("''", "'")
            if column:
                columns.append((column, types.get((name, column), ""), comment))
            else:
                comments.append(comment)
    for name, (comments, columns) in found.items():
        yield name, " ".join(comments), columns


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


def _fact_row(fact: SourceFact) -> Sequence[str]:
    value = f"{fact.value:.15g}" if isinstance(fact.value, int | float) else fact.value or ""
    return (
        fact.id, fact.fact, value, fact.unit, fact.qualifier, fact.as_of, fact.held_as, fact.level, fact.where_held, fact.note
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
