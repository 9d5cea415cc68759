"""The audit of the warehouse: what must hold of its tables whatever was handed in, executed by Great Expectations in SQL.

`_suite` declares it, from the forms and from include/sql/assertions, one statement per check, which returns the rows that
break it. Rows stay in the database: only counts and a few examples come back. An audit sees one moment, for it is one
transaction, and leaves rows in ops.audits, ops.audit_results and ops.audit_figures. It mends nothing.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from wentong.archive import Archive, Receipt
from wentong.bronze import bronze_path
from wentong.forms import Field, Form, Table, code_titles, forms
from wentong.periods import CHINA
from wentong.warehouse import schema
from wentong.warehouse.connections import filled, run
from wentong.warehouse.obligations import REPORTERS
from wentong.warehouse.schema import PLACE_LEVELS, form_table

FEW_ROWS = 20
"""A share of fewer rows says nothing about a drop."""
MAY_DROP = 0.2
"""By how much the share of rows in which a field is filled in may fall from one audit to the next."""
EXAMPLES = 20
"""Rows shown of each result; the count says how many there are."""
TITLES = 3
"""Named to the supervisor; engineers see all."""
FILES_AT_ONCE = 64

_IN_ARCHIVE = ("table_name", "sheet", "row_number", "status", "division_code", "town_code", "row_key")


class _Check(NamedTuple):
    """What one code means, for people."""

    title: str
    expected: str
    severity: Literal["error", "warning"] = "error"


_CHECKS = {
    "limits": _Check("数值超出范围", "在表式规定的范围内"),
    "codes": _Check("代码不在代码表中", "代码表中的代码"),
    "versions": _Check("同一行的各版本重叠或中断", "各版本首尾相接,现行版本只有一个"),
    "units": _Check("单位或区划不在名录中", "名录中有,且类型相符"),
    "periods": _Check("报告期不存在或种类不符", "报告期存在,且与表式的周期一致"),
    "sources": _Check("表中的行在存档里找不到出处", "每行都出自一份已入库文件的一行"),
    "rows": _Check("存档里已接收的行不在表中", "每行都已入表,或被之后的报表取代"),
    "history": _Check("以前的数据变了", "同一入库号的行数、填写数与上次通过核查时相同"),
    "filled": _Check("填写率大幅下降", f"比上次核查下降不超过{MAY_DROP * 100:.0f}个百分点", "warning"),
    "receipts": _Check("流水中的收件与收件表不一致", "逐份一致"),
    "verdicts": _Check("存档的行数与审核记录不一致", "逐份一致"),
    "loads": _Check("入库记录中断,或与文件对不上", "入库号连续,每份已入库的文件各有一个"),
}
"""Code of a check -> what it says. Codes but `limits` and `codes` are names of files in include/sql/assertions."""


class Result(NamedTuple):
    """One expectation, and how many rows do not meet it."""

    code: str
    table_name: str
    field: str | None
    severity: str
    expected: str
    found: int
    examples: list[dict[str, Any]]

    @property
    def is_passed(self) -> bool:
        return self.found == 0

    @property
    def title(self) -> str:
        return _CHECKS[self.code].title


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found at one moment."""

    audit_id: int
    audited_at: datetime
    load_id: int | None
    """The last load it saw."""
    results: Sequence[Result]

    @property
    def faults(self) -> list[Result]:
        """What is wrong, through us: nothing is published until it is mended."""
        return [result for result in self.results if result.severity == "error" and not result.is_passed]

    @property
    def warnings(self) -> list[Result]:
        """What is only to be looked at."""
        return [result for result in self.results if result.severity == "warning" and not result.is_passed]


def audit(engine: sa.Engine, archive: Archive, now: datetime) -> Audit:
    """Audit the warehouse against itself, the archive and the last audits, and keep the results.

    Raises RuntimeError when an expectation could not be evaluated; then nothing is kept.
    """
    with _one_moment(engine) as (connection, driver):
        _stage_archive(connection, archive)
        load_id = connection.scalar(sa.select(sa.func.max(schema.loads.c.load_id)))
        before = run(connection, "audits", "standing").one()
        row = {"audited_at": now, "load_id": load_id}
        audit_id = connection.scalar(schema.audits.insert().values(row).returning(schema.audits.c.audit_id))
        assert audit_id is not None
        _count(connection, schema.audit_figures, {"audit_id": audit_id}, load_id)
        if before.load_passed:
            _count(connection, _figures_again, {}, before.load_passed)
        suite = list(_suite(audit_id, before))
        connection.exec_driver_sql("analyze archive_receipts, archive_rows, figures_again")
        results = _validate(driver, suite)
        connection.execute(
            schema.audit_results.insert(),
            [
                {"audit_id": audit_id, "result_number": number, **result._asdict(), "is_passed": result.is_passed}
                for number, result in enumerate(results, start=1)
            ],
        )
    return Audit(audit_id, now, load_id, results)


def blocks_publication(connection: sa.Connection, known_at: int | None = None) -> str | None:
    """Why what was known at a load (None: now) must not be published: the last audit failed, or has not seen that load.

    A sentence in Chinese; None if nothing speaks against it.
    """
    last = connection.execute(sa.select(schema.audits).order_by(schema.audits.c.audit_id.desc()).limit(1)).one_or_none()
    if last is None:
        return "数据还没有核查过:请管理员先运行 wentong audit。"
    standing = run(connection, "audits", "standing").one()
    if standing.last_passed != last.audit_id:
        results = schema.audit_results.c
        failed = connection.scalars(
            sa.select(results.code)
            .where(results.audit_id == last.audit_id, results.severity == "error", ~results.is_passed)
            .order_by(results.result_number)
        )
        titles = list(dict.fromkeys(_CHECKS[code].title for code in failed))
        named = "、".join(titles[:TITLES]) + (f"等{len(titles)}类问题" if len(titles) > TITLES else "")
        return f"最近一次数据核查({_day(last.audited_at)})没有通过:{named}。请管理员先排除。"
    if known_at is None:
        known_at = connection.scalar(sa.select(sa.func.max(schema.loads.c.load_id)))
    if (known_at or 0) > (last.load_id or 0):
        return f"最近一次数据核查({_day(last.audited_at)})以后又有变动:请管理员再运行一次 wentong audit。"
    return None


def _day(moment: datetime) -> str:
    there = moment.astimezone(CHINA)
    return f"{there.month}月{there.day}日 {there:%H:%M}"


# -- what is expected --------------------------------------------------------------------------------------------------


_NO_ROWS = "UnexpectedRowsExpectation"


@dataclass(frozen=True, slots=True)
class _Expectation:
    """What one check expects of one table."""

    code: str
    table_name: str
    """With its schema."""
    kind: str
    """Class of Great Expectations; all but `_NO_ROWS` are about the current rows of a form table."""
    limits: Mapping[str, Any]
    """What that class is called with."""
    field: str | None = None
    expected: str = ""


def _suite(audit_id: int, before: Any) -> Iterator[_Expectation]:
    """Everything that is expected. `before`: the audits to compare with, as include/sql/audits/standing.sql says."""
    for form in forms().values():
        for table in form.tables:
            name = form_table(table).fullname
            for declared in table.stored:
                yield from _of_field(name, declared)
            yield from _of_table(form, table, name, audit_id, before)
    for versioned in schema.metadata.sorted_tables:
        if {"from_load", "to_load"} <= set(versioned.columns.keys()):
            key = ", ".join(column.name for column in versioned.primary_key if column.name != "from_load")
            slots = {"facts": versioned.fullname, "key": key, "shown": key, "may_pause": "true"}
            yield _no_rows("versions", versioned.fullname, slots)
    for code in ("receipts", "verdicts"):
        yield _no_rows(code, schema.submissions.fullname, {})
    yield _no_rows("loads", schema.loads.fullname, {})


def _of_field(table_name: str, declared: Field) -> Iterator[_Expectation]:
    def expect(code: str, kind: str, expected: str, **limits: Any) -> _Expectation:
        return _Expectation(code, table_name, kind, {"column": declared.name, **limits}, declared.name, expected)

    if declared.is_number:
        low, high = declared.minimum or 0, declared.maximum
        said = f"不小于{low:g}" if high is None else f"{low:g}至{high:g}"
        yield expect("limits", "ExpectColumnValuesToBeBetween", said, min_value=low, max_value=high)
    elif declared.codes:
        known = list(code_titles(declared.codes))
        said = "、".join(known) if len(known) <= EXAMPLES else f"{declared.codes}.csv 中的代码"
        if declared.type == "set":
            word = f"({'|'.join(known)})"
            yield expect("codes", "ExpectColumnValuesToMatchRegex", said, regex=f"^{word}(,{word})*$")
        else:
            yield expect("codes", "ExpectColumnValuesToBeInSet", said, value_set=known)


def _of_table(form: Form, table: Table, name: str, audit_id: int, before: Any) -> Iterator[_Expectation]:
    of_reporter = {"town": "missing.town_code", "county": "rpad(left(missing.division_code, 6), 12, '0')"}
    of_scope = {"town": "scopes.unit_code", "county": "rpad(left(scopes.unit_code, 6), 12, '0')"}
    is_ledger = table.resubmission == "ledger"
    org_types = {"village": ["village_center"], "town": ["town_station"], "reporter": [REPORTERS[form.reported_by]]}
    slots = {
        "facts": name,
        "table_name": f"'{table.name}'",
        "key": "org_id, period, row_key",
        "shown": "division_code, org_id, period, row_key",
        "may_pause": str(is_ledger).lower(),
        "org_types": ", ".join(f"'{word}'" for word in org_types.get(table.unit, PLACE_LEVELS)),
        "period_kind": f"'{form.period}'",
        "form_code": f"'{form.code}'",
        "is_ledger": str(is_ledger).lower(),
        "reporter_code": of_reporter[form.reported_by],
        "scope_code": of_scope[form.reported_by],
    }
    for code in ("versions", "units", "periods", "sources", "rows"):
        yield _no_rows(code, name, slots)
    if before.load_passed:
        then = {"audit_before": str(before.last_passed), "known_at": str(before.load_passed)}
        yield _no_rows("history", name, {**slots, **then, "empty_fields": _empty_fields(table)})
    if before.last_audit:
        shares = {"audit_id": str(audit_id), "audit_before": str(before.last_audit)}
        yield _no_rows("filled", name, {**slots, **shares, "is_said": str(FEW_ROWS), "may_drop": str(MAY_DROP)})


def _empty_fields(table: Table) -> str:
    names = ", ".join(
        f"case when facts.{one.name} is null and not facts.cell_states ? '{one.name}' then '{one.name}' end"
        for one in table.stored
    )
    return f"array_remove(array[{names}], null)"


def _no_rows(code: str, table_name: str, slots: Mapping[str, str]) -> _Expectation:
    """That include/sql/assertions/<code>.sql returns no rows."""
    text = filled("assertions", code, slots)
    # It names its tables itself; braces and colons mean something to Great Expectations and SQLAlchemy.
    escaped = text.replace("{", "{{").replace("}", "}}").replace(":", "\\:")
    return _Expectation(code, table_name, _NO_ROWS, {"unexpected_rows_query": f"/* {{batch}} */ {escaped}"})


# -- one moment --------------------------------------------------------------------------------------------------------


class _OneTransaction(psycopg.Connection[Any]):
    """Whatever is said on it belongs to one transaction; others' commits, such as those between expectations, are void."""

    def commit(self) -> None:
        pass

    def rollback(self) -> None:
        pass

    def commit_all(self) -> None:
        super().commit()


@contextmanager
def _one_moment(engine: sa.Engine) -> Iterator[tuple[sa.Connection, _OneTransaction]]:
    """A transaction in which nothing changes but by us, committed at the end, with the driver's connection to share it."""
    arguments, options = engine.dialect.create_connect_args(engine.url)
    driver = _OneTransaction.connect(*arguments, **options)
    try:
        driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with sa.create_engine(engine.url, creator=lambda: driver, poolclass=StaticPool).connect() as connection:
            yield connection, driver
        driver.commit_all()
    finally:
        driver.close()


# -- the archive, and what was counted ---------------------------------------------------------------------------------

_figures_again = sa.table("figures_again", *(sa.column(name) for name in ("table_name", "period", "row_count")))
_figures_again.append_column(sa.column("filled", schema.audit_figures.c.filled.type))


def _stage_archive(connection: sa.Connection, archive: Archive) -> None:
    """Put what the archive says beside the tables, for the time of the audit."""
    run(connection, "audits", "archive_tables")
    files = run(connection, "audits", "judged_files").all()
    cursor = connection.connection.cursor()
    with cursor.copy("copy archive_receipts from stdin") as copy:
        for receipt in (Receipt.from_entry(entry) for entry in archive.journal.read() if entry["event"] == "received"):
            copy.write_row((receipt.submission_id, receipt.journal_seq, receipt.sha256))
    with cursor.copy(f"copy archive_rows (submission_id, {', '.join(_IN_ARCHIVE)}) from stdin (format csv)") as copy:
        for text in _csv(archive.root, files):
            copy.write(text)


def _csv(root: Path, files: Sequence[Any]) -> Iterator[pa.Buffer]:
    """The rows that are kept of judged files, and one for each file that can be read; some files at a time."""
    options = pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    for start in range(0, len(files), FILES_AT_ONCE):
        read = {file.submission_id: _kept_rows(root, file) for file in files[start : start + FILES_AT_ONCE]}
        kept = {number: rows for number, rows in read.items() if rows is not None}
        if kept:
            numbers = pa.array(np.repeat(list(kept), [len(rows) for rows in kept.values()]))
            rows = pa.concat_tables(kept.values()).add_column(0, "submission_id", numbers)
            of_files = pa.table({"submission_id": list(kept), "status": ["file"] * len(kept)})
            both = pa.concat_tables([rows, of_files], promote_options="default")
            one_chunk = both.combine_chunks()  # after a chunk without rows pyarrow 26 writes rubbish
            sink = pa.BufferOutputStream()
            pa_csv.write_csv(one_chunk, sink, options)
            yield sink.getvalue()


def _kept_rows(root: Path, file: Any) -> pa.Table | None:
    path = bronze_path(root, file.sha256, file.submission_id)
    try:
        return pq.ParquetFile(path, pre_buffer=False).read(columns=list(_IN_ARCHIVE), use_threads=False)
    except (OSError, pa.ArrowInvalid):
        return None


def _count(connection: sa.Connection, into: Any, also: Mapping[str, Any], known_at: int | None) -> None:
    """Note of every form table how many rows are known at a load, and of how many each field is filled in."""
    for form in forms().values():
        for table in form.tables:
            counts = ", ".join(f"'{one.name}', count({one.name})" for one in table.stored)
            slots = {"facts": form_table(table).fullname, "known_at": str(known_at or 0), "filled": counts}
            found = run(connection, "audits", "figures", slots).mappings().all()
            if found:
                connection.execute(sa.insert(into), [{**also, "table_name": table.name, **row} for row in found])


# -- Great Expectations ------------------------------------------------------------------------------------------------


def _validate(driver: _OneTransaction, suite: Sequence[_Expectation]) -> list[Result]:
    """All are asked for yes or no, only the failed for how many rows and which."""
    import great_expectations as gx  # takes seconds
    import great_expectations.expectations as gxe

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    warehouse = context.data_sources.add_postgres(
        "warehouse",
        connection_string="postgresql+psycopg://wentong_etl@warehouse/wentong",  # names it; the connection is ours
        kwargs={"creator": lambda: driver, "poolclass": StaticPool},
    )

    def evaluated(batch: Any, name: str, expectations: Sequence[Any], result_format: Any) -> Iterator[tuple[int, Any]]:
        """Each result with the number of its expectation. An exception inside one is our fault, and no finding."""
        found = batch.validate(gx.ExpectationSuite(name, expectations=expectations), result_format=result_format)
        for result in found.results:
            if result.exception_info.get("raised_exception") is not False:
                raise RuntimeError(f"{result.expectation_config}: {result.exception_info}")
            yield result.expectation_config.meta["number"], result

    suites: dict[str, list[Any]] = defaultdict(list)
    for number, one in enumerate(suite):
        of = "archive_rows" if one.kind == _NO_ROWS else f"current_{one.table_name.partition('.')[2]}"
        if of not in suites and one.kind != _NO_ROWS:  # a view, for of a query Great Expectations reads every row
            driver.execute(f"create temporary view {of} as select * from {one.table_name} where to_load is null")
        suites[of].append(getattr(gxe, one.kind)(**one.limits, meta={"number": number}))
    details: dict[int, Any] = {}
    for of, expectations in suites.items():
        batch = warehouse.add_table_asset(of, table_name=of).add_batch_definition_whole_table("all").get_batch()
        quick = dict(evaluated(batch, of, expectations, "BOOLEAN_ONLY"))
        if failed := [each for each in expectations if not quick[each.meta["number"]].success]:
            details.update(evaluated(batch, f"{of}, failed", failed, _DETAILED))
    return [_result(one, *_found(details.get(number))) for number, one in enumerate(suite)]


_DETAILED = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["division_code", "period", "row_key"],
    "return_unexpected_index_query": False,
}


def _found(detail: Any) -> tuple[int, list[dict[str, Any]]]:
    """How many rows do not meet an expectation, and the first of them."""
    if detail is None:
        return 0, []
    found = detail.result
    if "details" in found:
        return found["observed_value"], found["details"]["unexpected_rows"][:EXAMPLES]
    return found["unexpected_count"], found["unexpected_index_list"][:EXAMPLES]


def _result(one: _Expectation, found: int, examples: list[dict[str, Any]]) -> Result:
    check = _CHECKS[one.code]
    shown = json.loads(json.dumps(examples, default=str))
    return Result(one.code, one.table_name, one.field, check.severity, one.expected or check.expected, found, shown)
