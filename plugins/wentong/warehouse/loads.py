"""Loading: the rows of judged returns become versions of the fact tables.

Everything is set-based. Rows are staged by COPY straight from the bronze files; rows of one unit and period that occur
in several submissions of a batch are applied one after the other, so that history does not depend on how receipts were
put into batches. The rules are those of design "one return's journey":

* only changed rows become new versions; a version of a later receipt is never overwritten by an earlier one;
* absent units keep what they have (roll tables);
* what the sender got wrong leaves the last accepted value visible, marked contested: the whole row (`_row`) if the new
  one is quarantined, single fields if they are withheld or contested; where there was none, a withheld field is NULL;
* what is kept goes on naming the file, sheet and row it stands in.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import sqlalchemy as sa

from wentong.bronze import LOADED, bronze_path
from wentong.errors import WentongError
from wentong.forms import Field, Table, find_form
from wentong.settings import INCLUDE
from wentong.warehouse.connections import lock_loads, query
from wentong.warehouse.migrate import keep_periods
from wentong.warehouse.schema import form_table, loads

FILES_AT_ONCE = 64
"""Read before they are sent on: many enough to be quick with small files, few enough for memory with large ones."""
READERS = 2
OF_SUBMISSION = ("load_id", "submission_id", "period")


class Loaded(NamedTuple):
    """What one submission changed. `superseded` rows were stated anew by a later receipt already."""

    submission_id: int
    load_id: int
    period: str
    table: str
    inserted: int
    changed: int
    unchanged: int
    superseded: int


def load(engine: sa.Engine, archive: Path, submission_ids: Sequence[int], at: datetime) -> list[Loaded]:
    """Let judged submissions take effect, in one transaction, in order of receipt, one load number each.

    Those that are loaded already, or have no verdict that allows it, are passed over. Raises WentongError, and changes
    nothing, when the archive lacks what was judged or a row names a unit that the register does not know.
    """
    with engine.begin() as connection:
        last = lock_loads(connection)
        waiting = connection.execute(query("loadable"), {"submission_ids": list(submission_ids)}).all()
        if not waiting:
            return []
        numbered = [_Waiting(last + count, *row) for count, row in enumerate(waiting, start=1)]
        connection.execute(
            loads.insert(),
            [
                {"load_id": one.load_id, "kind": "return", "submission_id": one.submission_id, "loaded_at": at}
                for one in numbered
            ],
        )
        keep_periods(connection, sorted({one.period for one in numbered}))
        done: list[Loaded] = []
        for (form, name), group in groupby(sorted(numbered, key=_table_of), key=_table_of):
            table = next(table for table in find_form(form).tables if table.name == name)
            if table.resubmission != "roll":
                raise WentongError(f"Table {name} is a ledger; only roll tables can be loaded so far.")
            done += _load_table(connection, archive, table, list(group))
        connection.execute(query("note_loaded"), {"last_load": last})
    return sorted(done, key=lambda one: one.load_id)


class _Waiting(NamedTuple):
    """A submission in its turn."""

    load_id: int
    submission_id: int
    sha256: str
    form_code: str
    table_name: str
    period: str


def _table_of(one: _Waiting) -> tuple[str, str]:
    return one.form_code, one.table_name


def _load_table(connection: sa.Connection, archive: Path, table: Table, group: list[_Waiting]) -> list[Loaded]:
    _stage(connection, archive, group)
    slots = _slots(table)
    _run(connection, "typed_rows", slots)
    _check_units(connection)
    counts: dict[int, Counter[str]] = {one.submission_id: Counter() for one in group}
    for wave in range(1, (connection.scalar(query("count_waves")) or 0) + 1):
        _run(connection, "changes", {**slots, "wave": str(wave)})
        for submission_id, action, rows in connection.execute(query("count_changes")):
            counts[submission_id][action] += rows
        for step in ("close_changed", "insert_changed", "confirm_kept"):
            _run(connection, step, slots)
    _run(connection, "clear")
    actions = ("insert", "change", "keep", "superseded")
    return [
        Loaded(
            one.submission_id,
            one.load_id,
            one.period,
            table.name,
            *(counts[one.submission_id][action] for action in actions),
        )
        for one in group
    ]


def _run(connection: sa.Connection, name: str, slots: Mapping[str, str] | None = None) -> None:
    """Run include/sql/staging/<name>.sql, whose `:words` are filled with what follows from the form."""
    text = (INCLUDE / "sql" / "staging" / f"{name}.sql").read_text(encoding="utf-8")
    for word, filling in (slots or {}).items():
        text = re.sub(rf"(?<![:\w]):{word}\b", filling, text)
    connection.exec_driver_sql(text, execution_options={"no_parameters": True})


# --------------------------------------------------------------------------------------------------- staging


def _stage(connection: sa.Connection, archive: Path, group: list[_Waiting]) -> None:
    """Put the rows of these submissions into incoming_rows, as text and JSON, without looking into them."""
    _run(connection, "incoming_rows")
    cursor = connection.connection.cursor()
    columns = ", ".join([*OF_SUBMISSION, *LOADED])
    with cursor.copy(f"copy incoming_rows ({columns}) from stdin (format csv)") as copy:
        for text in _csv(archive, group):
            copy.write(text)
    _run(connection, "analyze_incoming_rows")


def _csv(archive: Path, group: list[_Waiting]) -> Iterator[pa.Buffer]:
    """The loadable bronze rows as CSV, a few files at a time."""
    options = pa_csv.WriteOptions(
        include_header=False,
        quoting_style="all_valid",  # so that an empty text is not taken for NULL
    )
    with ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(group), FILES_AT_ONCE):
            part = group[start : start + FILES_AT_ONCE]
            tables = list(pool.map(partial(_bronze_rows, archive), part))
            rows = pa.concat_tables(tables)
            for name in reversed(OF_SUBMISSION):
                repeated = [
                    pa.repeat(pa.scalar(getattr(one, name)), len(table))
                    for one, table in zip(part, tables, strict=True)
                ]
                rows = rows.add_column(0, name, pa.chunked_array(repeated))
            sink = pa.BufferOutputStream()
            pa_csv.write_csv(_one_row_per_unit(rows), sink, options)
            yield sink.getvalue()


def _bronze_rows(archive: Path, one: _Waiting) -> pa.Table:
    path = bronze_path(archive, one.sha256, one.submission_id)
    try:
        rows = pq.ParquetFile(path, pre_buffer=False).read(columns=LOADED, use_threads=False)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise WentongError(f"The archive lacks the judged rows of submission {one.submission_id}: {path}.") from error
    return rows.replace_schema_metadata()


def _one_row_per_unit(rows: pa.Table) -> pa.Table:
    """The rows about known units. Where a file quarantines several rows of one unit, the first stands for all.

    Raises WentongError where a file has two accepted rows of one unit: judging must not let that happen.
    """
    known = rows.filter(pc.and_(pc.is_valid(rows["division_code"]), pc.not_equal(rows["status"], "duplicate")))
    keys = known.select(["submission_id", "division_code"])
    if len(keys.group_by(keys.column_names).aggregate([])) == len(keys):
        return known
    first: dict[tuple[int, str], int] = {}
    statuses = known["status"].to_pylist()
    for index, key in enumerate(zip(*(column.to_pylist() for column in keys.columns), strict=True)):
        other = first.setdefault(key, index)
        if other != index and statuses[index] == "accept":
            if statuses[other] == "accept":
                raise WentongError(f"Submission {key[0]}: two rows of {key[1]} are accepted.")
            first[key] = index
    return known.take(sorted(first.values()))


def _check_units(connection: sa.Connection) -> None:
    problem = connection.execute(query("unknown_units")).first()
    if problem:
        raise WentongError(
            f"Submission {problem.submission_id}, sheet {problem.sheet!r}, row {problem.row_number}: "
            f"{problem.division_code} is accepted, but not in the register; import the list of units again."
        )


# ----------------------------------------------------------------------------------- what follows from a form


def _slots(table: Table) -> dict[str, str]:
    """The lists that staging statements leave open, one entry per stored field. Field names are checked identifiers."""
    fields = table.stored
    names = [field.name for field in fields]
    return {
        "facts": f"core.{form_table(table).name}",
        "fields": ", ".join(names),
        "typed_fields": ", ".join(f"{_typed(field)} as {field.name}" for field in fields),
        "absent_fields": ", ".join(
            f"'{name}', case when row_values ->> '{name}' is null and not row_states ? '{name}' then 'no_column' end"
            for name in names
        ),
        "merged_fields": ", ".join(
            f"case when incoming.is_quarantined or ({_is_in_doubt(name)}) then known.{name} else incoming.{name} end as {name}"
            for name in names
        ),
        "kept_fields": ", ".join(f"'{name}', case when {_is_in_doubt(name)} then 'contested' end" for name in names),
        "kept_sources": ", ".join(
            f"'{name}', case when {_is_in_doubt(name)} then coalesce(known.kept_from -> '{name}', {_SOURCE}) end"
            for name in names
        ),
        "is_unchanged": " and ".join(f"merged.{name} is not distinct from known.{name}" for name in names),
    }


_SOURCE = (
    "jsonb_build_object('submission_id', known.submission_id, 'sheet', known.sheet, 'row_number', known.row_number)"
)
"""Where the values of the version before stand."""


def _typed(field: Field) -> str:
    text = f"row_values ->> '{field.name}'"
    match field.type:
        case "count":
            return f"cast({text} as bigint)"
        case "number":
            return f"cast({text} as numeric)"
        case "date":  # partial dates as their first day; the state says partial_date
            return f"cast({text} || case length({text}) when 4 then '-01-01' when 7 then '-01' else '' end as date)"
        case _:
            return text


def _is_in_doubt(name: str) -> str:
    """The sender's value cannot be taken, and there is an earlier one to show."""
    return f"incoming.cell_states ->> '{name}' in ('withheld', 'contested') and known.{name} is not null"
