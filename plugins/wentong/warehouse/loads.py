"""Loading: verdicts become known, and the rows of accepted returns become versions of the fact tables.

Every verdict and every decision takes one load, in the order in which the journal has their causes. Everything is
set-based. Rows are staged by COPY straight from the bronze files; rows of one unit, period and key that occur in several
submissions of a batch are applied one after the other, so that history does not depend on how receipts were
put into batches. The rules are those of design "one return's journey":

* only changed rows become new versions; a version of a later receipt is never overwritten by an earlier one;
* absent rows of a roll keep what they have, those of a ledger are withdrawn;
* columns that are another level's to fill, or that the file of such a table lacks, keep what they have;
* what the sender got wrong leaves the last accepted value visible, marked contested: the whole row (`_row`) if the new
  one is quarantined, single fields if they are withheld or contested; where there was none, a withheld field is NULL;
* what is kept goes on naming the file, sheet and row it stands in.
"""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import sqlalchemy as sa

from wentong.archive import Archive
from wentong.bronze import LOADED, bronze_path
from wentong.errors import WentongError
from wentong.forms import Field, Form, Table, find_form
from wentong.journal import Entry
from wentong.warehouse.connections import literal, lock_loads, query, run
from wentong.warehouse.consequences import seal, settle
from wentong.warehouse.migrate import keep_periods
from wentong.warehouse.obligations import expect
from wentong.warehouse.relations import Scope
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
    withdrawn: int = 0

    @property
    def has_changed(self) -> bool:
        """Whether anything that is read of this period is another now."""
        return bool(self.inserted or self.changed or self.withdrawn)


DueOn = Callable[[str, str], date | None]
"""Form and period -> the day on which its returns are due; None where nobody owes them."""


def load(
    engine: sa.Engine, archive: Path, submission_ids: Sequence[int], at: datetime, due_on: DueOn | None = None
) -> list[Loaded]:
    """Let verdicts and decisions about submissions take effect, in one transaction, one load number each.

    Those that are known already are passed over. With `due_on`, returns for a period of which nobody is expected to
    return anything yet make it expected. Raises WentongError, and changes nothing, when the archive lacks what was
    judged or a row names a unit that the register does not know.
    """
    journal = Archive(archive).journal
    with engine.begin() as connection:
        last = lock_loads(connection)
        waiting = connection.execute(query("waiting_turns"), {"submission_ids": list(submission_ids)}).all()
        if not waiting:
            return []
        turns = [_Turn(last + count, *row) for count, row in enumerate(waiting, start=1)]
        expected = _expected(connection, turns, due_on) if due_on else []
        done = _apply(connection, archive, turns, expected, at)
        order = [[turn.journal_seq, turn.kind, turn.submission_id] for turn in turns]
        journal.append("loaded", {"load_id": last + 1, "turns": order, "expected": expected}, at)
        seal(connection, journal, last + 1, at)
    return done


def apply_loads(connection: sa.Connection, archive: Path, entry: Entry) -> list[Loaded]:
    """Let the loads of a journal entry take effect again, as they did."""
    ids = [submission_id for _, _, submission_id in entry["turns"]]
    found = {
        row.submission_id: tuple(row)[1:] for row in connection.execute(query("submissions_to_load"), {"ids": ids})
    }
    turns = [
        _Turn(entry["load_id"] + count, seq, kind, submission_id, *found[submission_id])
        for count, (seq, kind, submission_id) in enumerate(entry["turns"])
    ]
    return _apply(connection, archive, turns, entry["expected"], datetime.fromisoformat(entry["at"]))


class _Turn(NamedTuple):
    """A verdict or a decision whose turn it is."""

    load_id: int
    journal_seq: int
    kind: str
    submission_id: int
    sha256: str
    form_code: str
    table_names: list[str]
    period: str
    unit_code: str | None
    county_code: str


def _expected(connection: sa.Connection, turns: Sequence[_Turn], due_on: DueOn) -> list[list[Any]]:
    """What these returns make expected: form, period, due day, and the load of the first of them."""
    first: dict[tuple[str, str], int] = {}
    for turn in turns:
        if turn.form_code and turn.period:
            first.setdefault((turn.form_code, turn.period), turn.load_id)
    asked = {"form_codes": [form for form, _ in first], "periods": [period for _, period in first]}
    new = [(form, period) for form, period in connection.execute(query("unexpected_returns"), asked)]
    found = [(form, period, due_on(form, period), first[form, period]) for form, period in new]
    return [[form, period, str(day), load_id] for form, period, day, load_id in sorted(found, key=itemgetter(3)) if day]


def _apply(
    connection: sa.Connection, archive: Path, turns: Sequence[_Turn], expected: Sequence[Sequence[Any]], at: datetime
) -> list[Loaded]:
    # a nation's quarter is sorted and joined by these statements
    connection.exec_driver_sql("set local work_mem = '128MB'")
    keep_periods(connection, sorted({turn.period for turn in turns if turn.kind == "return"}))
    done: list[Loaded] = []
    for part in _parts(turns):
        of_part = [one for one in expected if part[0].load_id <= one[3] <= part[-1].load_id]
        done += _apply_part(connection, archive, part, of_part, at)
    return sorted(done, key=lambda one: (one.load_id, one.table))


def _parts(turns: Sequence[_Turn]) -> Iterator[list[_Turn]]:
    """Turns that can be applied together and leave the same history as one by one. What contradicts another row can only
    be mended by stating a unit again, or by the county beside its towns: then a new part begins."""
    part: list[_Turn] = []
    stated: set[str] = set()
    for turn in turns:
        is_of_county = turn.unit_code == turn.county_code
        if (
            turn.unit_code in stated
            or turn.county_code in stated
            or (is_of_county and any(other.county_code == turn.county_code for other in part))
        ):
            yield part
            part, stated = [], set()
        part.append(turn)
        if turn.unit_code:
            stated.add(turn.unit_code)
    yield part


def _apply_part(
    connection: sa.Connection, archive: Path, turns: Sequence[_Turn], expected: Sequence[Sequence[Any]], at: datetime
) -> list[Loaded]:
    last = turns[0].load_id - 1
    returns = [turn for turn in turns if turn.kind == "return"]
    numbers = [
        {
            "load_id": turn.load_id,
            "kind": turn.kind,
            "submission_id": turn.submission_id if turn.kind == "return" else None,
            "journal_seq": turn.journal_seq,
            "loaded_at": at,
        }
        for turn in turns
    ]
    connection.execute(loads.insert(), numbers)
    for form_code, period, due_on, load_id in expected:
        expect(connection, (form_code, period, date.fromisoformat(due_on)), load_id)
    done: list[Loaded] = []
    touched: set[Scope] = set()
    for form_code in sorted({turn.form_code for turn in returns}):
        form = find_form(form_code)
        for table in form.tables:
            group = [turn for turn in returns if turn.form_code == form_code and table.name in turn.table_names]
            if group:
                done += _load_table(connection, archive, form, table, group, last, touched)
    connection.execute(query("note_loaded"), {"last_load": last})
    settle(connection, last + 1, touched, at)
    return done


def _load_table(
    connection: sa.Connection,
    archive: Path,
    form: Form,
    table: Table,
    group: list[_Turn],
    last_load: int,
    touched: set[Scope],
) -> list[Loaded]:
    """Rows of one table, of all these submissions. `last_load` is the last load before this batch; what changes is added
    to `touched`."""
    _stage(connection, archive, table, group)
    slots = {**_slots(table), "scope": f"{form.reported_by}_code"}
    run(connection, "staging", "typed_rows", slots)
    _check_units(connection)
    is_ledger = table.resubmission == "ledger"
    if is_ledger:
        names = {"form_code": f"'{form.code}'", "table_name": f"'{table.name}'", "last_load": str(last_load)}
        run(connection, "staging", "ledger_scopes", {**names, "reporter": _REPORTERS[form.reported_by]})
        run(connection, "staging", "ledger_waves", slots)
    waves = connection.scalar(query("count_ledger_waves" if is_ledger else "count_waves")) or 0
    counts: dict[int, Counter[str]] = {one.submission_id: Counter() for one in group}
    for wave in range(1, waves + 1):
        of_wave = {**slots, "wave": str(wave)}
        run(connection, "staging", "changes", of_wave)
        for submission_id, action, rows in connection.execute(query("count_changes")):
            counts[submission_id][action] += rows
        touched |= {Scope(table.name, one.county_code, one.period) for one in run(connection, "staging", "touched")}
        for step in ("close_changed", "insert_changed", "confirm_kept"):
            run(connection, "staging", step, slots)
        if is_ledger:
            for one in run(connection, "staging", "withdraw", of_wave):
                counts[one.submission_id]["withdraw"] += 1
                touched.add(Scope(table.name, one.county_code, one.period))
    run(connection, "staging", "clear")
    actions = ("insert", "change", "keep", "superseded", "withdraw")
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


# --------------------------------------------------------------------------------------------------- staging


def _stage(connection: sa.Connection, archive: Path, table: Table, group: list[_Turn]) -> None:
    """Put the rows of these submissions into incoming_rows, as text and JSON, without looking into them."""
    run(connection, "staging", "incoming_rows")
    cursor = connection.connection.cursor()
    columns = ", ".join([*OF_SUBMISSION, *LOADED])
    with cursor.copy(f"copy incoming_rows ({columns}) from stdin (format csv)") as copy:
        for text in _csv(archive, table, group):
            copy.write(text)
    run(connection, "staging", "analyze_incoming_rows")


def _csv(archive: Path, table: Table, group: list[_Turn]) -> Iterator[pa.Buffer]:
    """The loadable bronze rows as CSV, a few files at a time; the next ones are read while these are sent."""
    parts = [group[start : start + FILES_AT_ONCE] for start in range(0, len(group), FILES_AT_ONCE)]
    with ThreadPoolExecutor(READERS) as pool:
        ahead: deque[Future[pa.Buffer]] = deque()
        for part in parts:
            ahead.append(pool.submit(_csv_of, archive, table, part))
            if len(ahead) > READERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _csv_of(archive: Path, table: Table, part: list[_Turn]) -> pa.Buffer:
    tables = [_bronze_rows(archive, table, one) for one in part]
    rows = pa.concat_tables(tables)
    for name in reversed(OF_SUBMISSION):
        repeated = [
            pa.repeat(pa.scalar(getattr(one, name)), len(rows_of)) for one, rows_of in zip(part, tables, strict=True)
        ]
        rows = rows.add_column(0, name, pa.chunked_array(repeated))
    sink = pa.BufferOutputStream()
    # all valid values are quoted, so that an empty text is not taken for NULL
    pa_csv.write_csv(
        _one_row_per_unit(rows), sink, pa_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    )
    return sink.getvalue()


def _bronze_rows(archive: Path, table: Table, one: _Turn) -> pa.Table:
    path = bronze_path(archive, one.sha256, one.submission_id)
    try:
        rows = pq.ParquetFile(path, pre_buffer=False).read(columns=["table_name", *LOADED], use_threads=False)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise WentongError(f"The archive lacks the judged rows of submission {one.submission_id}: {path}.") from error
    of_table = pc.equal(rows["table_name"], table.name)
    return rows.filter(of_table).select(LOADED).replace_schema_metadata()


def _one_row_per_unit(rows: pa.Table) -> pa.Table:
    """The rows about known units. Where a file quarantines several rows of one unit and key, the first stands for all.

    Raises WentongError where a file has two such rows accepted: judging must not let that happen.
    """
    known = rows.filter(pc.and_(pc.is_valid(rows["division_code"]), pc.not_equal(rows["status"], "duplicate")))
    keys = known.select(["submission_id", "division_code", "row_key"])
    if len(keys.group_by(keys.column_names).aggregate([])) == len(keys):
        return known
    first: dict[tuple[Any, ...], int] = {}
    statuses = known["status"].to_pylist()
    for index, key in enumerate(zip(*(column.to_pylist() for column in keys.columns), strict=True)):
        other = first.setdefault(key, index)
        if other != index and statuses[index] == "accept":
            if statuses[other] == "accept":
                raise WentongError(f"Submission {key[0]}: two rows of {' '.join(filter(None, key[1:]))} are accepted.")
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
        "facts": form_table(table).fullname,
        "fields": ", ".join(names),
        # a ledger is replaced town by town, as it was judged: a unit may belong to another town by now
        "town": "coalesce(typed.stated_town, units.town_code)" if table.resubmission == "ledger" else "units.town_code",
        "typed_fields": ", ".join(f"{_typed(field)} as {field.name}" for field in fields),
        "absent_states": literal(json.dumps(dict.fromkeys(names, "no_column"))),
        "stated_fields": ", ".join(
            f"case when row_values ->> '{name}' is not null then '{name}' end" for name in names
        ),
        "merged_fields": ", ".join(
            f"case when known.org_id is not null and (incoming.is_quarantined or ({_is_in_doubt(name)}) "
            f"or ({_is_not_stated(table, name)})) then known.{name} else incoming.{name} end as {name}"
            for name in names
        ),
        "stated_states": _states(table),
        "kept_fields": ", ".join(f"'{name}', case when {_is_in_doubt(name)} then 'contested' end" for name in names),
        "kept_sources": ", ".join(
            f"'{name}', case when ({_is_in_doubt(name)}) or ({_is_not_stated(table, name)} and known.{name} is not null) "
            f"then coalesce(known.kept_from -> '{name}', {_SOURCE}) end"
            for name in names
        ),
        "is_unchanged": " and ".join(
            f"(incoming.{name} is not distinct from known.{name} or ({_is_in_doubt(name)}) or "
            f"({_is_not_stated(table, name)}))"
            for name in names
        ),
    }


_REPORTERS = {"town": "scopes.unit_code", "county": "rpad(left(scopes.unit_code, 6), 12, '0')"}
"""Level that reports a form -> the unit of it that a scope of a submission belongs to."""
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


def _is_not_stated(table: Table, name: str) -> str:
    """The file does not speak of this field: it is another level's to fill, or of a table that levels fill in turn and
    has no such column."""
    silent = ["not_theirs", *(["no_column"] if any(field.filled_by for field in table.fields) else [])]
    return f"incoming.cell_states ->> '{name}' in ({', '.join(map(repr, silent))})"


def _states(table: Table) -> str:
    """The incoming states, but of fields that the file does not speak of the known ones."""
    if not any(field.filled_by for field in table.fields):
        return "incoming.cell_states"
    known = ", ".join(
        f"'{field.name}', case when {_is_not_stated(table, field.name)} then known.cell_states ->> '{field.name}' "
        f"else incoming.cell_states ->> '{field.name}' end"
        for field in table.stored
    )
    return f"jsonb_strip_nulls(jsonb_build_object({known}))"


def _is_in_doubt(name: str) -> str:
    """The sender's value cannot be taken, and there is an earlier one to show."""
    return f"incoming.cell_states ->> '{name}' in ('withheld', 'contested') and known.{name} is not null"
