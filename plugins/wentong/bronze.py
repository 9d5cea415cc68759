"""The bronze layer: what was read from a file, cell by cell, with the verdicts, kept as Parquet beside the original.

Loading reads from here and from nowhere else, so the warehouse can be rebuilt with the verdicts as they were given.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wentong.findings import Finding
from wentong.journal import flush_folder, private_folder
from wentong.returns import Judgement, Row, Value

SCHEMA = pa.schema(
    [
        ("table_name", pa.string()),
        ("sheet", pa.string()),
        ("row_number", pa.int32()),
        ("status", pa.string()),
        ("division_code", pa.string()),
        ("town_code", pa.string()),
        ("row_key", pa.string()),
        ("row_values", pa.string()),
        ("row_states", pa.string()),
        ("row_cells", pa.string()),
    ]
)
"""One row per row of the return; the last three are JSON objects by field. Cells are [row, column, raw text]."""
LOADED = ["sheet", "row_number", "status", "division_code", "town_code", "row_key", "row_values", "row_states"]
"""The columns that loading needs."""
VERDICT = b"wentong.verdict"
"""Key of the file's metadata: the judgement without its rows, as JSON."""


def bronze_path(archive: Path, sha256: str, submission_id: int) -> Path:
    """`<archive>/ab/<sha256>.<submission>.parquet`."""
    return archive / sha256[:2] / f"{sha256}.{submission_id}.parquet"


def write_bronze(archive: Path, submission_id: int, judgement: Judgement) -> str:
    """Keep a judgement beside the original it is about, in one step; returns the SHA-256 of what was written.

    Writing it again replaces it, so write only while the submission has no recorded verdict
    (`warehouse.record_judgements` calls this under its lock).
    """
    table = _table(judgement)
    path = bronze_path(archive, judgement.sha256, submission_id)
    private_folder(path.parent.parent)
    private_folder(path.parent)
    part = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(6)}.part")
    sink = pa.BufferOutputStream()
    # Most files have a few dozen rows: dictionaries and statistics would be half of them, and half of the time.
    pq.write_table(table, sink, compression="zstd", use_dictionary=False, write_statistics=False)
    content = sink.getvalue()
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    flush_folder(path.parent)
    return hashlib.sha256(content).hexdigest()


def read_bronze(archive: Path, sha256: str, submission_id: int) -> Judgement:
    """The judgement as it was written."""
    return _judgement(pq.read_table(bronze_path(archive, sha256, submission_id), partitioning=None))


def as_kept(judgement: Judgement) -> Judgement:
    """What reading a judgement back would give, had it been written."""
    return _judgement(_table(judgement))


def read_rows(archive: Path, sha256: str, submission_id: int, table_name: str, codes: Collection[str]) -> list[Row]:
    """The rows of one table that are about these places (12 digits), in their order; of a large file only these are built.

    Raises FileNotFoundError if nothing was kept, pyarrow.ArrowInvalid if it is damaged.
    """
    table = pq.read_table(bronze_path(archive, sha256, submission_id), partitioning=None)
    is_wanted = pc.and_(
        pc.equal(table["table_name"], table_name),
        pc.is_in(table["division_code"], pa.array(sorted(codes), pa.string())),
    )
    return [_row(kept) for kept in table.filter(is_wanted).to_pylist()]


def _table(judgement: Judgement) -> pa.Table:
    rows = judgement.rows
    columns = [
        [row.table for row in rows],
        [_text(row.sheet) for row in rows],
        [row.row for row in rows],
        [row.status for row in rows],
        [row.division_code for row in rows],
        [row.town_code for row in rows],
        [_text(row.key) for row in rows],
        [_values(row.values) for row in rows],
        [json.dumps(row.states) for row in rows],
        [_json(row.cells) for row in rows],
    ]
    verdict = {name: getattr(judgement, name) for name in Judgement.__slots__ if name not in ("rows", "findings")}
    verdict["findings"] = [{**asdict(finding), "params": dict(finding.params)} for finding in judgement.findings]
    return pa.table(columns, schema=SCHEMA.with_metadata({VERDICT: json.dumps(verdict).encode()}))


def _judgement(table: pa.Table) -> Judgement:
    verdict: dict[str, Any] = json.loads(table.schema.metadata[VERDICT])
    findings = [Finding(**finding) for finding in verdict.pop("findings")]
    verdict["tables"] = tuple(verdict["tables"])
    return Judgement(**verdict, findings=findings, rows=[_row(row) for row in table.to_pylist()])


def _row(kept: Mapping[str, Any]) -> Row:
    return Row(
        table=kept["table_name"],
        sheet=kept["sheet"],
        row=kept["row_number"],
        status=kept["status"],
        division_code=kept["division_code"],
        town_code=kept["town_code"],
        key=kept["row_key"],
        values=json.loads(kept["row_values"], parse_float=Decimal),
        states=json.loads(kept["row_states"]),
        cells={name: (row, column, raw) for name, (row, column, raw) in json.loads(kept["row_cells"]).items()},
    )


def _values(values: Mapping[str, Value]) -> str:
    """A JSON object with decimals as exact numbers, which json.dumps cannot write."""
    return "{" + ", ".join(f"{json.dumps(name)}: {_value(value)}" for name, value in values.items()) + "}"


def _value(value: Value) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return json.dumps(_text(value), ensure_ascii=False)
    return json.dumps(value)


def _text(text: str) -> str:
    """Text a database can hold: no NUL, no half characters. The cell as it was written stays in `row_cells`."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")
