"""Packages of figures: all that analysts may read, as known at a load, as Parquet files with a Data Package descriptor.

The same load gives the same bytes, whenever it is written: rows are sorted, nothing tells the time of writing. Figures
travel through COPY and files, never through memory as a whole.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import sqlalchemy as sa
import yaml

from wentong.errors import WentongError
from wentong.forms import SCHEMAS, Field, forms
from wentong.warehouse.connections import query
from wentong.warehouse.from_forms import titles_of_warehouse
from wentong.warehouse.schema import form_table, metadata

DESCRIPTOR = "datapackage.json"
VIEWS = "duckdb.sql"
"""Gives the files of a package the names they have in the warehouse, for DuckDB."""
BLOCK = 1 << 22
"""Bytes of text that become one row group."""
NOT_KNOWN_THEN = {"to_load", "confirmed_by"}
"""Columns that later loads write into versions; no part of what was known."""
TYPES: Mapping[str, tuple[pa.DataType, str]] = {
    "boolean": (pa.bool_(), "boolean"),
    "smallint": (pa.int64(), "integer"),
    "integer": (pa.int64(), "integer"),
    "bigint": (pa.int64(), "integer"),
    "double precision": (pa.float64(), "number"),
    "date": (pa.date32(), "date"),
    "timestamp with time zone": (pa.timestamp("us", tz="Asia/Shanghai"), "datetime"),
    "jsonb": (pa.string(), "object"),
}
"""Type in the warehouse -> type in Parquet, type in the descriptor; text is whatever is not here. Decimals are as exact
as the values need."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that analysts may read."""

    name: str
    type: str
    """As PostgreSQL says: bigint, numeric, timestamp with time zone …"""
    title: str
    unit: str | None
    comment: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table of core, or a mart. `key` tells its rows apart; empty: nothing is said about that."""

    schema: str
    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    has_history: bool
    """Its rows are known at a load; otherwise (periods, forms) they just are."""
    has_ends: bool = False
    """A later load can replace or withdraw them."""
    is_packaged: bool = True
    """Part of packages."""
    is_compared: bool = False
    """Shown by `wentong diff` unless it is told which."""

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    def known_at(self, load_id: int) -> str:
        """A from-clause and its condition: the rows known at a load."""
        if self.schema == "marts":
            return f"{self.full_name}({load_id}) as known"
        if not self.has_history:
            return f"{self.full_name} as known"
        still = f" and (known.to_load is null or known.to_load > {load_id})" if self.has_ends else ""
        return f"{self.full_name} as known where known.from_load <= {load_id}{still}"


def relations(connection: sa.Connection) -> list[Relation]:
    """All that analysts may read of core and marts, by name. Personal fields are none of it."""
    found = connection.execute(query("relations_to_export")).mappings()
    return [
        _relation(schema, name, [dict(row) for row in rows])
        for (schema, name), rows in groupby(found, key=lambda row: (row["schema_name"], row["relation_name"]))
    ]


def _relation(schema: str, name: str, rows: list[dict[str, Any]]) -> Relation:
    own = _fields().get(name.removeprefix("fct_"), {})
    columns = tuple(
        Column(row["column_name"], row["type_name"], *_title(row["column_name"], own), row["column_comment"] or "")
        for row in rows
        if row["column_name"] not in NOT_KNOWN_THEN
    )
    title = titles_of_warehouse().get(f"{schema}.{name}")
    if schema == "marts":
        declared = _marts().get(name, {})
        key = tuple(declared.get("key", ()))
        is_packaged, is_compared = declared.get("packaged", True), declared.get("compared", False)
        title = title or name
        return Relation(schema, name, title, columns, key, True, is_packaged=is_packaged, is_compared=is_compared)
    table = metadata.tables[f"core.{name}"] if f"core.{name}" in metadata.tables else _form_tables()[name]
    title = title or str(table.comment).partition(":")[0]
    key = tuple(column.name for column in table.primary_key if column.name != "from_load")
    return Relation(schema, name, title, columns, key, "from_load" in table.c, "to_load" in table.c)


def _title(name: str, own: Mapping[str, Field]) -> tuple[str, str | None]:
    """Title and unit of a column: as its form says, else as the warehouse calls it."""
    field = own.get(name) or next((table[name] for table in _fields().values() if name in table), None)
    title = own[name].title if name in own else titles_of_warehouse().get(name, name)
    return title, field.unit if field else None


@cache
def _marts() -> Any:
    return yaml.safe_load((SCHEMAS / "marts.yml").read_text(encoding="utf-8"))


@cache
def _form_tables() -> dict[str, sa.Table]:
    return {made.name: made for form in forms().values() for made in map(form_table, form.tables)}


@cache
def _fields() -> dict[str, dict[str, Field]]:
    return {table.name: {f.name: f for f in table.stored} for form in forms().values() for table in form.tables}


# ------------------------------------------------------------------------------------------------------------- writing


def write_package(
    connection: sa.Connection, folder: Path, name: str, title: str, load_id: int, banner: str | None
) -> None:
    """Write a package of what was known at a load into an empty folder. A banner says that the figures are invented."""
    found = [relation for relation in relations(connection) if relation.is_packaged]
    _settle_formats(connection)
    resources = [_write_relation(connection, folder, relation, load_id) for relation in found]
    views = folder / VIEWS
    views.write_text(_views(found), encoding="utf-8")
    loaded_at = connection.scalar(sa.text("select loaded_at from ops.loads where load_id = :load"), {"load": load_id})
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"wentong-{name.lower()}",
        "title": f"{title}【{banner}】" if banner else title,
        "description": f"按入库号 {load_id} 时已知的情况。" + (f"{banner}。" if banner else ""),
        **({"created": loaded_at.isoformat()} if loaded_at else {}),
        "version": name,
        "load_id": load_id,
        "is_sample": banner is not None,
        "resources": [
            *resources,
            {"name": "duckdb", "path": VIEWS, "title": "在 DuckDB 中打开", **_hashed(views)},
        ],
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTOR).write_text(text, encoding="utf-8")


def _write_relation(connection: sa.Connection, folder: Path, relation: Relation, load_id: int) -> dict[str, Any]:
    """Write one relation; returns its resource in the descriptor."""
    path = folder / relation.schema / f"{relation.name}.parquet"
    path.parent.mkdir(exist_ok=True)
    text, digest = path.with_suffix(".csv"), hashlib.sha256()
    with open(text, "wb") as spool:
        for chunk in _rows(connection, relation, load_id, [column.name for column in relation.columns]):
            digest.update(chunk)
            spool.write(chunk)
    rows = _to_parquet(text, path, relation)
    text.unlink()
    return {
        "name": relation.full_name,
        "path": path.relative_to(folder).as_posix(),
        "type": "table",
        "title": relation.title,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **_hashed(path),
        "rows": rows,
        **({"figures_sha256": digest.hexdigest()} if relation.has_history else {}),
        "schema": {
            "fields": [_field(column) for column in relation.columns],
            **({"primaryKey": list(relation.key)} if relation.key else {}),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    kind = "number" if column.type == "numeric" else TYPES.get(column.type, (None, "string"))[1]
    about = [f"单位:{column.unit}。" if column.unit else "", column.comment]
    field = {"name": column.name, "type": kind, "title": column.title, "description": "".join(about)}
    # The tool `frictionless` reads whole numbers of Parquet through pandas, to which a missing one is "nan".
    return {**field, "missingValues": ["", "nan"]} if kind == "integer" else field


def _hashed(path: Path) -> dict[str, Any]:
    """Not `bytes`: of Parquet files the tool `frictionless` cannot count them, and would call every one damaged."""
    return {"hash": f"sha256:{sha256(path)}", "size_bytes": path.stat().st_size}


def sha256(path: Path) -> str:
    """Of a file. Raises OSError."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def figures_sha256(connection: sa.Connection, relation: Relation, load_id: int, columns: list[str]) -> str:
    """Of these columns of a relation as known at a load, however they are stored: the same figures, the same digest."""
    _settle_formats(connection)
    digest = hashlib.sha256()
    for chunk in _rows(connection, relation, load_id, columns):
        digest.update(chunk)
    return digest.hexdigest()


def _settle_formats(connection: sa.Connection) -> None:
    """How dates and times are written, until the end of the transaction, whatever the server prefers."""
    for setting in ("datestyle to 'ISO, YMD'", "timezone to 'Asia/Shanghai'", "extra_float_digits to 1"):
        connection.exec_driver_sql(f"set local {setting}")


def _rows(connection: sa.Connection, relation: Relation, load_id: int, columns: list[str]) -> Iterator[bytes]:
    """The rows as CSV with a heading, sorted by their key and then by all columns, in pieces."""
    types = {column.name: column.type for column in relation.columns}
    shown = ", ".join(f'known."{name}"' for name in columns)
    order = [name for name in relation.key if name in types] + [c for c in columns if c not in relation.key]
    sorting = ", ".join(f'known."{name}"' + (' collate "C"' if types[name] == "text" else "") for name in order)
    statement = f"select {shown} from {relation.known_at(load_id)} order by {sorting}"
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy ({statement}) to stdout (format csv, header)") as copy:
        for piece in copy:
            yield bytes(piece)


def _to_parquet(text: Path, path: Path, relation: Relation) -> int:
    """Turn the CSV into Parquet, block by block; returns the number of rows."""
    types = {column.name: TYPES.get(column.type, (pa.string(), ""))[0] for column in relation.columns}
    try:
        for name, scale in _scales(
            text, [column.name for column in relation.columns if column.type == "numeric"]
        ).items():
            types[name] = pa.decimal128(38, scale)
        rows = 0
        with _blocks(text, types) as reader, pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    except (pa.ArrowInvalid, ValueError) as error:
        raise WentongError(f"{relation.full_name} cannot be written as Parquet: {error}") from error
    return rows


def _scales(text: Path, decimals: list[str]) -> dict[str, int]:
    """Decimal column -> how many decimals its values have."""
    scales = dict.fromkeys(decimals, 0)
    if decimals:
        with _blocks(text, dict.fromkeys(decimals, pa.string())) as reader:
            for batch in reader:
                for name in decimals:
                    point = pc.find_substring(batch[name], ".")
                    after = pc.subtract(pc.subtract(pc.binary_length(batch[name]), 1), point)
                    longest = pc.max(pc.if_else(pc.greater_equal(point, 0), after, 0)).as_py()
                    scales[name] = max(scales[name], longest or 0)
    return scales


def _blocks(text: Path, types: Mapping[str, pa.DataType]) -> pa_csv.CSVStreamingReader:
    """The CSV as batches of these columns."""
    return pa_csv.open_csv(
        text,
        read_options=pa_csv.ReadOptions(block_size=BLOCK),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=types,
            include_columns=list(types),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,  # PostgreSQL quotes an empty text, and writes NULL as nothing
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _views(found: list[Relation]) -> str:
    lines = [
        "-- 在本文件夹里运行:duckdb -init duckdb.sql。之后各表与数据库里同名,同样的 SQL 即可查询。",
        "create schema if not exists core;",
        "create schema if not exists marts;",
    ]
    for relation in found:
        shown = [f'cast("{c.name}" as json) as "{c.name}"' for c in relation.columns if c.type == "jsonb"]
        replaced = f" replace ({', '.join(shown)})" if shown else ""
        current = ", cast(null as bigint) as to_load" if relation.schema == "core" and relation.has_history else ""
        source = f"'{relation.schema}/{relation.name}.parquet'"
        lines.append(f"create view {relation.full_name} as select *{replaced}{current} from {source};")
    return "\n".join(lines) + "\n"
